package identity

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"portalverbund/server/platform/jobs"
)

const (
	sweepEvery  = 10 * time.Minute
	sweepBatch  = 5000 // rows in one statement
	sweepRounds = 100
)

type sweepArgs struct{}

// Kind names the job.
func (sweepArgs) Kind() string { return "identity.sweep" }

type sweepWorker struct {
	river.WorkerDefaults[sweepArgs]
	service *Service
}

// Work deletes sign-ins and noted assertions that have run out.
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
	jobs.Register(c, &sweepWorker{service: s})
	c.Periodic(river.NewPeriodicJob(river.PeriodicInterval(sweepEvery), func() (river.JobArgs, *river.InsertOpts) { return sweepArgs{}, nil }, nil))
}
