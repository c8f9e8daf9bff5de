package jobs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"portalverbund/db"
	"portalverbund/db/dbtest"
	"portalverbund/server/platform/jobs"
)

// childURL tells the test binary to act as a portal's process that takes up a job and never finishes it.
const childURL = "JOBS_TEST_URL"

func TestMain(m *testing.M) {
	if url := os.Getenv(childURL); url != "" {
		if err := hang(url); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// errand is the job of these tests.
type errand struct {
	Name string `json:"name"`
}

func (errand) Kind() string { return "errand" }

// worker does what its function says, and tells when it began.
type worker struct {
	river.WorkerDefaults[errand]
	work  func(ctx context.Context, job *river.Job[errand]) error
	began chan begin
}

type begin struct {
	name string
	at   time.Time
}

func (w *worker) Work(ctx context.Context, job *river.Job[errand]) error {
	w.began <- begin{job.Args.Name, time.Now()}
	if w.work == nil {
		return nil
	}
	return w.work(ctx, job)
}

// NextRetry is at once.
func (w *worker) NextRetry(*river.Job[errand]) time.Time { return time.Now() }

func newWorker(work func(context.Context, *river.Job[errand]) error) *worker {
	return &worker{work: work, began: make(chan begin, 1000)}
}

func (w *worker) next(t *testing.T) begin {
	t.Helper()
	select {
	case b := <-w.began:
		return b
	case <-time.After(30 * time.Second):
		t.Fatal("no job began")
		return begin{}
	}
}

// byNotification are options with which a job would wait an hour for the poll of its queue.
func byNotification() jobs.Options { return jobs.Options{PollInterval: time.Hour} }

func newClient(t *testing.T, d *db.DB, w *worker, log *slog.Logger, opts jobs.Options) *jobs.Client {
	t.Helper()
	c, err := jobs.New(d, log, opts)
	if err != nil {
		t.Fatal(err)
	}
	jobs.Register(c, w)
	return c
}

func start(t *testing.T, c *jobs.Client) {
	t.Helper()
	if err := c.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, c) })
}

func stop(t *testing.T, c *jobs.Client) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := c.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// untilState waits until so many jobs are in the state.
func untilState(t *testing.T, d *db.DB, state string, want int) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		var got int
		if err := d.From(t.Context()).Raw("SELECT count(*) FROM river_job WHERE state::text = ?", state).Scan(&got).Error; err != nil {
			t.Fatal(err)
		}
		if got == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d jobs are %s, want %d", got, state, want)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestInsert_Rollback_NoJob(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	c := newClient(t, d, newWorker(nil), discard(), jobs.Options{})
	failed := errors.New("no")
	err := d.Tx(t.Context(), func(ctx context.Context) error {
		if err := c.Insert(ctx, errand{"a"}, nil); err != nil {
			return err
		}
		return failed
	})
	if !errors.Is(err, failed) {
		t.Fatal(err)
	}
	var n int
	if err := d.From(t.Context()).Raw("SELECT count(*) FROM river_job").Scan(&n).Error; err != nil {
		t.Fatal(err)
	}
	if n != 0 {
		t.Errorf("%d jobs after a rollback", n)
	}
}

func TestInsert_Commit_JobBeginsWithinMilliseconds(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	w := newWorker(nil)
	c := newClient(t, d, w, discard(), byNotification())
	start(t, c)
	if err := c.Insert(t.Context(), errand{"warm"}, nil); err != nil {
		t.Fatal(err)
	}
	w.next(t)
	fastest := time.Hour
	for i := range 10 {
		name := fmt.Sprint(i)
		err := d.Tx(t.Context(), func(ctx context.Context) error {
			if err := c.Insert(ctx, errand{name}, nil); err != nil {
				return err
			}
			return d.From(ctx).Exec("SELECT pg_sleep(0.05)").Error // the job must not begin before the commit
		})
		committed := time.Now()
		if err != nil {
			t.Fatal(err)
		}
		b := w.next(t)
		if b.name != name {
			t.Fatalf("job %s began, want %s", b.name, name)
		}
		fastest = min(fastest, b.at.Sub(committed))
	}
	t.Logf("fastest: %v after the commit", fastest)
	if fastest > 50*time.Millisecond {
		t.Errorf("the fastest of 10 jobs began %v after its commit", fastest)
	}
	untilState(t, d, "completed", 11)
}

func TestInsert_OtherTransactionRolledBackJustBefore_StillNotified(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	w := newWorker(nil)
	c := newClient(t, d, w, discard(), byNotification())
	start(t, c)
	for i := range 20 {
		_ = d.Tx(t.Context(), func(ctx context.Context) error {
			_ = c.Insert(ctx, errand{"never"}, nil)
			return errors.New("no")
		})
		if err := c.Insert(t.Context(), errand{fmt.Sprint(i)}, nil); err != nil {
			t.Fatal(err)
		}
		if b := w.next(t); b.name != fmt.Sprint(i) {
			t.Fatalf("job %s began", b.name)
		}
	}
}

func TestInsert_NotificationLost_JobRunsAnyway(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	w := newWorker(func(_ context.Context, job *river.Job[errand]) error {
		if job.Attempt == 1 {
			return errors.New("once more")
		}
		return nil
	})
	c := newClient(t, d, w, discard(), byNotification())
	c.Queue("mail", 1)
	start(t, c)
	if err := c.Insert(t.Context(), errand{"warm"}, nil); err != nil {
		t.Fatal(err)
	}
	w.next(t)
	w.next(t) // nobody notifies of a second attempt
	for _, queue := range []string{river.QueueDefault, "mail"} {
		err := d.From(t.Context()).Exec(`INSERT INTO river_job (kind, args, queue, max_attempts, state)
			VALUES ('errand', json_build_object('name', ?::text), ?, 5, 'available')`, queue, queue).Error
		if err != nil {
			t.Fatal(err)
		}
		if b := w.next(t); b.name != queue {
			t.Fatalf("job %s began, want %s", b.name, queue)
		}
		w.next(t)
	}
	untilState(t, d, "completed", 3)
}

func TestWork_ErrorThenPanicThenSuccess_LogsNoPersonalData(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	var out lockedBuffer
	w := newWorker(func(ctx context.Context, job *river.Job[errand]) error {
		switch job.Attempt {
		case 1:
			return d.From(ctx).Exec("SELECT ?::uuid", job.Args.Name).Error // PostgreSQL repeats the value
		case 2:
			panic("panic about " + job.Args.Name)
		}
		return nil
	})
	c := newClient(t, d, w, slog.New(slog.NewTextHandler(&out, nil)), jobs.Options{})
	start(t, c)
	if err := c.Insert(t.Context(), errand{"Mustermann"}, nil); err != nil {
		t.Fatal(err)
	}
	untilState(t, d, "completed", 1)
	for _, part := range []string{"job failed", "SQLSTATE 22P02", "job panicked", "kind=errand"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("the log lacks %q:\n%s", part, out.String())
		}
	}
	if strings.Contains(out.String(), "Mustermann") {
		t.Errorf("the log names the person:\n%s", out.String())
	}
}

func TestComplete_InTransaction_JobIsDoneWithIt(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	var c *jobs.Client
	w := newWorker(func(ctx context.Context, job *river.Job[errand]) error {
		err := d.Tx(ctx, func(ctx context.Context) error { return jobs.Complete(ctx, c, job) })
		if err != nil {
			return err
		}
		return errors.New("too late to fail")
	})
	c = newClient(t, d, w, discard(), jobs.Options{})
	start(t, c)
	if err := c.Insert(t.Context(), errand{"a"}, nil); err != nil {
		t.Fatal(err)
	}
	untilState(t, d, "completed", 1)
	stop(t, c) // flushes what the worker returned
	untilState(t, d, "completed", 1)
}

func TestQueue_SlowOne_DoesNotHoldUpOthers(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	release := make(chan struct{})
	w := newWorker(func(_ context.Context, job *river.Job[errand]) error {
		if job.Args.Name == "slow" {
			<-release
		}
		return nil
	})
	c := newClient(t, d, w, discard(), byNotification())
	c.Queue("mail", 1)
	start(t, c)
	defer close(release)
	for range 3 {
		if err := c.Insert(t.Context(), errand{"slow"}, &river.InsertOpts{Queue: "mail"}); err != nil {
			t.Fatal(err)
		}
	}
	w.next(t)
	if err := c.Insert(t.Context(), errand{"quick"}, nil); err != nil {
		t.Fatal(err)
	}
	if b := w.next(t); b.name != "quick" {
		t.Errorf("%s began, want quick: the queue takes one at a time", b.name)
	}
}

func TestPeriodic_RunOnStart_Runs(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	w := newWorker(nil)
	c := newClient(t, d, w, discard(), jobs.Options{})
	c.Periodic(river.NewPeriodicJob(river.PeriodicInterval(time.Hour),
		func() (river.JobArgs, *river.InsertOpts) { return errand{"hourly"}, nil },
		&river.PeriodicJobOpts{RunOnStart: true}))
	start(t, c)
	if b := w.next(t); b.name != "hourly" {
		t.Errorf("%s began", b.name)
	}
}

func TestStop_RunningJob_IsWaitedFor(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	release := make(chan struct{})
	w := newWorker(func(context.Context, *river.Job[errand]) error {
		<-release
		return nil
	})
	c := newClient(t, d, w, discard(), jobs.Options{})
	start(t, c)
	if err := c.Insert(t.Context(), errand{"a"}, nil); err != nil {
		t.Fatal(err)
	}
	w.next(t)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		stop(t, c)
	}()
	select {
	case <-stopped:
		t.Error("stopped while a job was running")
	case <-time.After(100 * time.Millisecond):
	}
	close(release)
	<-stopped
	untilState(t, d, "completed", 1)
}

func TestStop_DeadlineOver_JobIsCancelledAndAvailable(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	w := newWorker(func(ctx context.Context, _ *river.Job[errand]) error {
		<-ctx.Done()
		return ctx.Err()
	})
	c := newClient(t, d, w, discard(), jobs.Options{})
	start(t, c)
	if err := c.Insert(t.Context(), errand{"a"}, nil); err != nil {
		t.Fatal(err)
	}
	w.next(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	untilState(t, d, "available", 1)
}

func TestStart_ProcessKilled_ItsJobRunsAgainSoon(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	d, err := db.Open(t.Context(), url, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	w := newWorker(nil)
	c := newClient(t, d, w, discard(), jobs.Options{DeadAfter: 200 * time.Millisecond})
	if err := c.Insert(t.Context(), errand{"a"}, nil); err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childURL+"="+url)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	untilState(t, d, "running", 1)
	start(t, c)
	periodicLooks := time.After(time.Second)
	select {
	case <-w.began:
		t.Fatal("took a job from a process that lives")
	case <-periodicLooks:
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	killed := time.Now()
	b := w.next(t)
	t.Logf("ran again %v after the kill", b.at.Sub(killed))
	if took := b.at.Sub(killed); took > 10*time.Second {
		t.Errorf("ran again only %v after the kill", took)
	}
	untilState(t, d, "completed", 1)
	untilLeader(t, d)
}

// untilLeader waits until a living process leads, after the leader was killed.
func untilLeader(t *testing.T, d *db.DB) {
	t.Helper()
	begin := time.Now()
	for {
		var alive int
		err := d.From(t.Context()).Raw(`SELECT count(*) FROM river_leader WHERE hashtext(leader_id)::oid IN
			(SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2)`).Scan(&alive).Error
		if err != nil {
			t.Fatal(err)
		}
		if alive == 1 {
			return
		}
		if time.Since(begin) > 10*time.Second { // River alone would take 15
			t.Fatal("nobody leads")
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// hang is the killed process: it begins a job and never ends it.
func hang(url string) error {
	ctx := context.Background()
	d, err := db.Open(ctx, url, db.Options{})
	if err != nil {
		return err
	}
	c, err := jobs.New(d, discard(), jobs.Options{})
	if err != nil {
		return err
	}
	jobs.Register(c, newWorker(func(context.Context, *river.Job[errand]) error { select {} }))
	if err := c.Start(ctx); err != nil {
		return err
	}
	select {}
}

func TestRetryAfter_GrowsToALimit(t *testing.T) {
	t.Parallel()
	for failed, want := range map[int]time.Duration{0: time.Second, 3: 8 * time.Second, 8: 256 * time.Second, 9: 5 * time.Minute, 1000: 5 * time.Minute} {
		got := jobs.RetryAfter(failed)
		if got < want*8/10 || got > want*12/10 {
			t.Errorf("after %d failures: %v, want about %v", failed, got, want)
		}
	}
}

// lockedBuffer takes log lines from several goroutines.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
