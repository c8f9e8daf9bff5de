package payments

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"portalverbund/server/platform/jobs"
)

const (
	queue       = "payments"
	askers      = 8 // calls to the provider at once in a process
	callTimeout = 30 * time.Second
	maxAttempts = 10000 // never reached: attempts become final before
	longestWait = time.Hour
	firstAsk    = 5 * time.Second
	sweepEvery  = time.Hour
	sweepBatch  = 500
)

// openArgs asks to open a transaction at the provider.
type openArgs struct {
	AttemptID uuid.UUID `json:"attemptId"`
}

// Kind names the job.
func (openArgs) Kind() string { return "payments.open" }

// InsertOpts keeps a slow provider from holding up other jobs.
func (openArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queue, MaxAttempts: maxAttempts}
}

// askArgs asks the provider how a transaction is. Of a chain, the next one follows until it is final.
type askArgs struct {
	AttemptID uuid.UUID `json:"attemptId"`
	Chain     bool      `json:"chain"`
}

// Kind names the job.
func (askArgs) Kind() string { return "payments.ask" }

// InsertOpts keeps a slow provider from holding up other jobs.
func (askArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queue, MaxAttempts: maxAttempts}
}

// sweepArgs looks for transactions that have not been asked for, for long.
type sweepArgs struct{}

// Kind names the job.
func (sweepArgs) Kind() string { return "payments.sweep" }

// Register adds the room's workers.
func Register(c *jobs.Client, s *Service) {
	c.Queue(queue, askers)
	jobs.Register(c, &openWorker{s: s})
	jobs.Register(c, &askWorker{s: s})
	jobs.Register(c, &sweepWorker{s: s})
	c.Periodic(river.NewPeriodicJob(river.PeriodicInterval(sweepEvery), func() (river.JobArgs, *river.InsertOpts) { return sweepArgs{}, nil }, nil))
}

// askLater begins the chain of questions about a transaction, in ctx's transaction.
func (s *Service) askLater(ctx context.Context, id uuid.UUID, pause time.Duration) error {
	if s.NoReminders {
		return nil
	}
	return s.Jobs.Insert(ctx, askArgs{AttemptID: id, Chain: true}, &river.InsertOpts{ScheduledAt: s.Now().Add(pause)})
}

// askNow asks once, as soon as possible.
func (s *Service) askNow(ctx context.Context, ids ...uuid.UUID) error {
	list := make([]river.InsertManyParams, 0, len(ids))
	for _, id := range ids {
		list = append(list, river.InsertManyParams{Args: askArgs{AttemptID: id}})
	}
	return s.Jobs.InsertMany(ctx, list)
}

func retry(attempt int) time.Time {
	return time.Now().Add(min(time.Second<<min(max(attempt-1, 0), 12), longestWait))
}

type openWorker struct {
	river.WorkerDefaults[openArgs]
	s *Service
}

// Work opens the transaction.
func (w *openWorker) Work(ctx context.Context, job *river.Job[openArgs]) error {
	return w.s.open(ctx, job.Args.AttemptID)
}

// Timeout is for one call.
func (w *openWorker) Timeout(*river.Job[openArgs]) time.Duration { return callTimeout }

// NextRetry doubles the pause up to a minute: somebody may be waiting.
func (w *openWorker) NextRetry(job *river.Job[openArgs]) time.Time {
	return time.Now().Add(min(time.Second<<min(max(job.Attempt-1, 0), 6), time.Minute))
}

type askWorker struct {
	river.WorkerDefaults[askArgs]
	s *Service
}

// Work asks.
func (w *askWorker) Work(ctx context.Context, job *river.Job[askArgs]) error {
	final, err := w.s.ask(ctx, job.Args.AttemptID)
	if err != nil || final || !job.Args.Chain {
		return err
	}
	a, err := w.s.attempt(ctx, job.Args.AttemptID)
	if err != nil {
		return err
	}
	return river.JobSnooze(pauseAfter(a.Asks))
}

// Timeout is for one call.
func (w *askWorker) Timeout(*river.Job[askArgs]) time.Duration { return callTimeout }

// NextRetry doubles the pause up to an hour.
func (w *askWorker) NextRetry(job *river.Job[askArgs]) time.Time { return retry(job.Attempt) }

type sweepWorker struct {
	river.WorkerDefaults[sweepArgs]
	s *Service
}

// Work asks again for what has not been asked for in two hours, as its chain was lost, and forgets secrets of services that are out of use.
func (w *sweepWorker) Work(ctx context.Context, _ *river.Job[sweepArgs]) error {
	list, err := many[struct{ ID uuid.UUID }](ctx, w.s, "attempts", `SELECT id FROM payment_attempts WHERE NOT final AND transaction_id IS NOT NULL
		AND coalesce(asked_at, created_at) < $1 ORDER BY created_at LIMIT $2`, w.s.Now().Add(-2*sweepEvery), sweepBatch)
	if err != nil {
		return err
	}
	ids := make([]uuid.UUID, 0, len(list))
	for _, a := range list {
		ids = append(ids, a.ID)
	}
	return firstOf(w.s.askNow(ctx, ids...), w.s.forgetSecrets(ctx))
}
