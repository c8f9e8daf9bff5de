package accounts

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"portalverbund/server/platform/jobs"
)

const (
	sweepEvery  = 10 * time.Minute
	sweepBatch  = 5000 // rows of one table in one statement
	sweepRounds = 100
)

// resetArgs orders the mail to set a new password; sealed, because it holds an address.
type resetArgs struct {
	Sealed []byte `json:"sealed"`
}

// Kind names the job.
func (resetArgs) Kind() string { return "accounts.reset" }

type resetWorker struct {
	river.WorkerDefaults[resetArgs]
	service *Service
}

// Work sends the mail when the address has an account.
func (w *resetWorker) Work(ctx context.Context, job *river.Job[resetArgs]) error {
	return w.service.sendReset(ctx, job.Args.Sealed)
}

type sweepArgs struct{}

// Kind names the job.
func (sweepArgs) Kind() string { return "accounts.sweep" }

type sweepWorker struct {
	river.WorkerDefaults[sweepArgs]
	service *Service
}

// Work deletes what has run out.
func (w *sweepWorker) Work(ctx context.Context, _ *river.Job[sweepArgs]) error {
	for range sweepRounds {
		if n, err := w.service.Sweep(ctx); err != nil || n < sweepBatch {
			return err
		}
	}
	return nil
}

// Register has the client do this room's background work.
func Register(c *jobs.Client, s *Service) {
	jobs.Register(c, &resetWorker{service: s})
	jobs.Register(c, &sweepWorker{service: s})
	c.Periodic(river.NewPeriodicJob(river.PeriodicInterval(sweepEvery), func() (river.JobArgs, *river.InsertOpts) { return sweepArgs{}, nil }, nil))
}
