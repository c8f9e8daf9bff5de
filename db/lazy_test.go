package db

import (
	"context"
	"errors"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFlushed_ServerKilledAfterwards_EverythingBeforeIsThere(t *testing.T) {
	t.Parallel()
	eachPostgres(t, func(t *testing.T, opts EmbeddedOptions) {
		opts.Settings = map[string]string{"wal_writer_delay": "10s"} // nobody else brings it to the disk
		e := start(t, opts)
		d := open(t, e)
		insert := func(n int) error {
			return d.Tx(t.Context(), func(ctx context.Context) error {
				d.Lazily(ctx)
				_, err := d.Pgx(ctx).Exec(ctx, "INSERT INTO kept VALUES ($1)", n)
				return err
			})
		}
		_, err := d.Pool().Exec(t.Context(), "CREATE TABLE kept (n integer)")
		require.NoError(t, err)
		var all sync.WaitGroup
		for n := range 20 {
			all.Go(func() {
				if err := errors.Join(insert(n), d.Flushed(t.Context())); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		before := e.PID()
		require.NoError(t, syscall.Kill(before, syscall.SIGKILL))
		until(t, "the server answers again", func() bool {
			_, err := tryQuery(t.Context(), e.URL("lazy"), "SELECT 1")
			return err == nil && e.PID() != before
		})
		require.Equal(t, "20", query(t, e.URL("lazy"), "SELECT count(*) FROM kept"))
	})
}

func TestFlushed_AllConnectionsTaken_DoesNotWaitForThem(t *testing.T) {
	t.Parallel()
	d := open(t, start(t, EmbeddedOptions{DataDir: dataFolder(t)}))
	for range d.Pool().Config().MaxConns {
		taken, err := d.Pool().Acquire(t.Context())
		require.NoError(t, err)
		t.Cleanup(taken.Release)
	}
	require.NoError(t, d.Flushed(t.Context()))
}

// A trigger that runs with the commit says how it is made.
func TestLazily_CommitDoesNotWait_UnlessFirmly(t *testing.T) {
	t.Parallel()
	e := start(t, EmbeddedOptions{DataDir: dataFolder(t)})
	d := open(t, e)
	_, err := d.Pool().Exec(t.Context(), `CREATE TABLE notes (said text, how text);
		CREATE FUNCTION how() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			UPDATE notes SET how = current_setting('synchronous_commit') WHERE said = NEW.said; RETURN NULL;
		END $$;
		CREATE CONSTRAINT TRIGGER how AFTER INSERT ON notes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION how()`)
	require.NoError(t, err)
	for said, how := range map[string]struct {
		say  func(ctx context.Context)
		want string
	}{
		"nothing":           {func(context.Context) {}, "on"},
		"lazily":            {d.Lazily, "off"},
		"firmly":            {d.Firmly, "on"},
		"lazily and firmly": {func(ctx context.Context) { d.Lazily(ctx); d.Firmly(ctx) }, "on"},
		"firmly and lazily": {func(ctx context.Context) { d.Firmly(ctx); d.Lazily(ctx) }, "on"},
	} {
		require.NoError(t, d.Tx(t.Context(), func(ctx context.Context) error {
			how.say(ctx)
			return d.Later(ctx, "note", "INSERT INTO notes (said) VALUES ($1)", said)
		}))
		require.Equal(t, how.want, query(t, e.URL("lazy"), "SELECT how FROM notes WHERE said = $1", said), said)
	}
	require.Equal(t, "on", query(t, e.URL("lazy"), "SHOW synchronous_commit"), "of the next transaction")
}

func open(t *testing.T, e *Embedded) *DB {
	t.Helper()
	require.NoError(t, e.CreateDatabase(t.Context(), "lazy"))
	d, err := Open(t.Context(), e.URL("lazy"), Options{MaxConns: 4})
	require.NoError(t, err)
	t.Cleanup(d.Close)
	return d
}

func TestFlushes_WhoComesWhileOneRuns_SharesTheNext(t *testing.T) {
	t.Parallel()
	begun, end := make(chan struct{}), make(chan error)
	f := &flushes{flush: func(context.Context) error {
		begun <- struct{}{}
		return <-end
	}}
	first := f.join()
	<-begun
	second, third := f.join(), f.join()
	require.NotSame(t, first, second, "what was committed since may not be in the one that runs")
	require.Same(t, second, third)
	failed := errors.New("disk")
	end <- nil
	<-begun
	end <- failed
	<-first.done
	<-third.done
	require.NoError(t, first.err)
	require.ErrorIs(t, third.err, failed)
}
