package db_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"

	"portalverbund/db"
	"portalverbund/db/dbtest"
)

// note is the row that these tests write.
type note struct {
	ID        int `gorm:"primaryKey;autoIncrement:false"`
	Text      string
	CreatedAt time.Time
}

func newNotes(t *testing.T) *db.DB {
	t.Helper()
	d := dbtest.New(t, dbtest.Empty)
	_, err := d.Pool().Exec(t.Context(), `CREATE TABLE notes (
		id integer PRIMARY KEY,
		text text NOT NULL CONSTRAINT notes_text_key UNIQUE,
		created_at timestamptz NOT NULL DEFAULT now())`)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func write(ctx context.Context, d *db.DB, id int, text string) error {
	return d.From(ctx).Create(&note{ID: id, Text: text}).Error
}

func wantNotes(t *testing.T, d *db.DB, want ...int) {
	t.Helper()
	var got []int
	if err := d.From(t.Context()).Model(&note{}).Order("id").Pluck("id", &got).Error; err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Fatalf("notes %v, want %v", got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("notes %v, want %v", got, want)
		}
	}
}

func wantIdle(t *testing.T, d *db.DB) {
	t.Helper()
	deadline := time.After(5 * time.Second) // the pool throws a broken connection away in the background
	for d.Pool().Stat().AcquiredConns() != 0 {
		select {
		case <-deadline:
			t.Fatalf("%d connections were not given back", d.Pool().Stat().AcquiredConns())
		case <-time.After(time.Millisecond):
		}
	}
}

func TestTx_NoError_GormAndPgxCommitTogether(t *testing.T) {
	t.Parallel()
	d := newNotes(t)
	err := d.Tx(t.Context(), func(ctx context.Context) error {
		if err := write(ctx, d, 1, "by gorm"); err != nil {
			return err
		}
		if _, err := d.Pgx(ctx).Exec(ctx, "INSERT INTO notes (id, text) VALUES (2, 'by pgx')"); err != nil {
			return err
		}
		tx, ok := d.PgxTx(ctx)
		if !ok {
			return errors.New("no pgx transaction in the context")
		}
		_, err := tx.CopyFrom(ctx, pgx.Identifier{"notes"}, []string{"id", "text"}, pgx.CopyFromRows([][]any{{3, "by copy"}}))
		if err != nil {
			return err
		}
		wantNotes(t, d) // from outside, nothing is there yet
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	wantNotes(t, d, 1, 2, 3)
	wantIdle(t, d)
}

func TestTx_Error_RollsBack(t *testing.T) {
	t.Parallel()
	d := newNotes(t)
	want := errors.New("no")
	err := d.Tx(t.Context(), func(ctx context.Context) error {
		if err := write(ctx, d, 1, "a"); err != nil {
			return err
		}
		return want
	})
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
	wantNotes(t, d)
	wantIdle(t, d)
}

func TestTx_Panic_RollsBackAndGoesOn(t *testing.T) {
	t.Parallel()
	d := newNotes(t)
	func() {
		defer func() {
			if recover() != "boom" {
				t.Error("the panic was swallowed")
			}
		}()
		_ = d.Tx(t.Context(), func(ctx context.Context) error {
			if err := write(ctx, d, 1, "a"); err != nil {
				return err
			}
			panic("boom")
		})
	}()
	wantNotes(t, d)
	wantIdle(t, d)
}

func TestTx_Nested_JoinsOuter(t *testing.T) {
	t.Parallel()
	d := newNotes(t)
	want := errors.New("outer fails after inner")
	err := d.Tx(t.Context(), func(ctx context.Context) error {
		err := d.Tx(ctx, func(ctx context.Context) error { return write(ctx, d, 1, "inner") })
		if err != nil {
			return err
		}
		return want
	})
	if !errors.Is(err, want) {
		t.Fatal(err)
	}
	wantNotes(t, d)
}

func TestTx_NestedFailsAndOuterIgnoresIt_RollsBack(t *testing.T) {
	t.Parallel()
	d := newNotes(t)
	inner := errors.New("inner")
	err := d.Tx(t.Context(), func(ctx context.Context) error {
		_ = d.Tx(ctx, func(ctx context.Context) error {
			if err := write(ctx, d, 1, "half"); err != nil {
				return err
			}
			return inner
		})
		return nil
	})
	if !errors.Is(err, db.ErrRolledBack) || !errors.Is(err, inner) {
		t.Fatalf("error %v, want ErrRolledBack with its cause", err)
	}
	wantNotes(t, d)
}

func TestTx_GormTransactionInside_IsSavepoint(t *testing.T) {
	t.Parallel()
	d := newNotes(t)
	err := d.Tx(t.Context(), func(ctx context.Context) error {
		if err := write(ctx, d, 1, "a"); err != nil {
			return err
		}
		err := d.From(ctx).Transaction(func(g *gorm.DB) error {
			return g.Create(&note{ID: 2, Text: "a"}).Error // breaks the unique index
		})
		if constraint, ok := db.UniqueViolation(err); !ok || constraint != "notes_text_key" {
			t.Errorf("error %v, want a violation of notes_text_key", err)
		}
		if !errors.Is(err, gorm.ErrDuplicatedKey) {
			t.Errorf("error %v, want gorm.ErrDuplicatedKey", err)
		}
		return write(ctx, d, 3, "c")
	})
	if err != nil {
		t.Fatal(err)
	}
	wantNotes(t, d, 1, 3)
}

func TestTx_CanceledBeforeCommit_RollsBack(t *testing.T) {
	t.Parallel()
	d := newNotes(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := d.Tx(ctx, func(ctx context.Context) error {
		defer cancel()
		return write(ctx, d, 1, "a")
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want context.Canceled", err)
	}
	wantNotes(t, d)
	wantIdle(t, d)
}

func TestTx_RowsLeftOpen_FailsInsteadOfHanging(t *testing.T) {
	t.Parallel()
	d := newNotes(t)
	err := d.Tx(t.Context(), func(ctx context.Context) error {
		rows, err := d.From(ctx).Raw("SELECT generate_series(1, 100000)").Rows()
		if err != nil {
			return err
		}
		rows.Next()
		return rows.Err() // and forgets Close
	})
	if err == nil {
		t.Fatal("committed with open rows")
	}
	wantIdle(t, d)
}

func TestTx_Deadlock_OutermostIsRunAgain(t *testing.T) {
	t.Parallel()
	d := newNotes(t)
	for id, text := range map[int]string{1: "a", 2: "b"} {
		if err := write(t.Context(), d, id, text); err != nil {
			t.Fatal(err)
		}
	}
	bothHold := newBarrier(2)
	runs := make([]int, 2)
	hooks := make([]int, 2)
	touch := func(ctx context.Context, id int) error {
		return d.From(ctx).Exec("UPDATE notes SET text = text || '!' WHERE id = ?", id).Error
	}
	var wg sync.WaitGroup
	for i, order := range [][2]int{{1, 2}, {2, 1}} {
		wg.Go(func() {
			err := d.Tx(t.Context(), func(ctx context.Context) error {
				runs[i]++
				d.AfterCommit(ctx, func() { hooks[i]++ })
				return d.Tx(ctx, func(ctx context.Context) error {
					if err := touch(ctx, order[0]); err != nil {
						return err
					}
					if runs[i] == 1 {
						bothHold.wait()
					}
					return touch(ctx, order[1])
				})
			})
			if err != nil {
				t.Errorf("transaction %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if runs[0]+runs[1] != 3 {
		t.Errorf("ran %v times, want one of them twice", runs)
	}
	if hooks[0] != 1 || hooks[1] != 1 {
		t.Errorf("AfterCommit ran %v times, want once each", hooks)
	}
	var texts []string
	if err := d.From(t.Context()).Model(&note{}).Order("id").Pluck("text", &texts).Error; err != nil {
		t.Fatal(err)
	}
	if texts[0] != "a!!" || texts[1] != "b!!" {
		t.Errorf("texts %v, want each updated twice", texts)
	}
}

func TestTx_SerializationFailureForever_GivesUpAfterThree(t *testing.T) {
	t.Parallel()
	d := newNotes(t)
	runs := 0
	err := d.Tx(t.Context(), func(ctx context.Context) error {
		runs++
		return d.From(ctx).Exec(`DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$`).Error
	})
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) || pgErr.Code != "40001" {
		t.Fatalf("error %v, want 40001", err)
	}
	if runs != 3 {
		t.Errorf("ran %d times, want 3", runs)
	}
}

func TestAfterCommit_RunsOnceAfterOutermostCommitOnly(t *testing.T) {
	t.Parallel()
	d := newNotes(t)
	ran := 0
	err := d.Tx(t.Context(), func(ctx context.Context) error {
		err := d.Tx(ctx, func(ctx context.Context) error {
			d.AfterCommit(ctx, func() {
				ran++
				wantNotes(t, d, 1)
				wantIdle(t, d)
			})
			return write(ctx, d, 1, "a")
		})
		if ran != 0 {
			t.Error("ran before the outermost commit")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if ran != 1 {
		t.Errorf("ran %d times, want 1", ran)
	}
	_ = d.Tx(t.Context(), func(ctx context.Context) error {
		d.AfterCommit(ctx, func() { t.Error("ran after a rollback") })
		return errors.New("no")
	})
	d.AfterCommit(t.Context(), func() { ran++ })
	if ran != 2 {
		t.Error("without a transaction it must run at once")
	}
}

func TestOutside_StaysWhenTransactionRollsBack(t *testing.T) {
	t.Parallel()
	d := newNotes(t)
	_ = d.Tx(t.Context(), func(ctx context.Context) error {
		out := d.Outside(ctx)
		if d.InTx(out) || !d.InTx(ctx) {
			t.Error("Outside must leave the transaction, and only for its own context")
		}
		if err := write(out, d, 1, "stays"); err != nil {
			return err
		}
		return errors.New("no")
	})
	wantNotes(t, d, 1)
}

func TestTx_TwoDatabases_DoNotMix(t *testing.T) {
	t.Parallel()
	a, b := newNotes(t), newNotes(t)
	_ = a.Tx(t.Context(), func(ctx context.Context) error {
		if b.InTx(ctx) {
			t.Error("b sees the transaction of a")
		}
		if err := write(ctx, b, 1, "in b"); err != nil {
			return err
		}
		return errors.New("rolls back a only")
	})
	wantNotes(t, a)
	wantNotes(t, b, 1)
}

// barrier lets n goroutines go on together.
type barrier struct{ wg sync.WaitGroup }

func newBarrier(n int) *barrier {
	b := &barrier{}
	b.wg.Add(n)
	return b
}

func (b *barrier) wait() {
	b.wg.Done()
	b.wg.Wait()
}

func BenchmarkTx(b *testing.B) {
	d := dbtest.New(b)
	ctx := b.Context()
	if _, err := d.Pool().Exec(ctx, "CREATE TABLE notes (id bigserial PRIMARY KEY, text text NOT NULL, created_at timestamptz)"); err != nil {
		b.Fatal(err)
	}
	type note struct {
		ID        int64
		Text      string
		CreatedAt time.Time
	}
	const insert = "INSERT INTO notes (text, created_at) VALUES ($1, now())"
	b.Run("floor: pgx alone", func(b *testing.B) {
		for b.Loop() {
			tx, err := d.Pool().Begin(ctx)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := tx.Exec(ctx, insert, "a"); err != nil {
				b.Fatal(err)
			}
			if err := tx.Commit(ctx); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Tx with pgx", func(b *testing.B) {
		for b.Loop() {
			err := d.Tx(ctx, func(ctx context.Context) error {
				_, err := d.Pgx(ctx).Exec(ctx, insert, "a")
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Tx with gorm", func(b *testing.B) {
		for b.Loop() {
			err := d.Tx(ctx, func(ctx context.Context) error {
				return d.From(ctx).Create(&note{Text: "a"}).Error
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}
