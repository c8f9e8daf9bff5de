package applications

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"portalverbund/server/platform/jobs"
)

// sweepEvery is how often old drafts and files are looked for.
const sweepEvery = time.Hour

// deleteObjectsArgs asks to delete files from the object store.
type deleteObjectsArgs struct {
	Keys []string `json:"keys"`
}

// Kind names the job.
func (deleteObjectsArgs) Kind() string { return "applications.delete_objects" }

// sweepArgs asks to delete drafts and files whose time has come.
type sweepArgs struct{}

// Kind names the job.
func (sweepArgs) Kind() string { return "applications.sweep" }

// Register adds the room's workers, and looks for what has run out once an hour.
func Register(c *jobs.Client, s *Service) {
	jobs.Register(c, &deleteWorker{s: s})
	jobs.Register(c, &sweepWorker{s: s})
	c.Queue(documentQueue, documentFetchers)
	jobs.Register(c, &fetchDocumentWorker{s: s})
	c.Periodic(river.NewPeriodicJob(river.PeriodicInterval(sweepEvery), func() (river.JobArgs, *river.InsertOpts) {
		return sweepArgs{}, nil
	}, &river.PeriodicJobOpts{RunOnStart: true}))
}

type deleteWorker struct {
	river.WorkerDefaults[deleteObjectsArgs]
	s *Service
}

// Work deletes the files; those that are gone already are no error.
func (w *deleteWorker) Work(ctx context.Context, job *river.Job[deleteObjectsArgs]) error {
	for _, key := range job.Args.Keys {
		if err := w.s.store.Delete(ctx, key); err != nil {
			return fmt.Errorf("delete objects: %w", err)
		}
	}
	return nil
}

type sweepWorker struct {
	river.WorkerDefaults[sweepArgs]
	s *Service
}

// Work sweeps in batches, until nothing is left.
func (w *sweepWorker) Work(ctx context.Context, _ *river.Job[sweepArgs]) error {
	for _, sweep := range []func(context.Context) (int, error){w.s.SweepDrafts, w.s.SweepFiles} {
		for swept := sweepBatch; swept == sweepBatch; {
			var err error
			if swept, err = sweep(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}
