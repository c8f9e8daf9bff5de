package editing

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"portalverbund/server/platform/jobs"
)

// releaseArgs asks for a release at a date, of the draft as it stood when that was decided.
type releaseArgs struct {
	EntryKind string `json:"kind"`
	EntryID   string `json:"id"`
	Revision  int64  `json:"revision"`
}

// Kind names the job.
func (releaseArgs) Kind() string { return "catalog.release" }

// Register adds the room's workers.
func Register(c *jobs.Client, s *Service) { jobs.Register(c, &releaseWorker{s: s}) }

func (s *Service) schedule(ctx context.Context, ref Ref, revision int64, at time.Time) error {
	return s.jobs.Insert(ctx, releaseArgs{EntryKind: ref.Kind, EntryID: ref.ID, Revision: revision}, &river.InsertOpts{ScheduledAt: at})
}

type releaseWorker struct {
	river.WorkerDefaults[releaseArgs]
	s *Service
}

// Work releases, and ends the job in the same transaction: however often it is begun, the release is done once.
func (w *releaseWorker) Work(ctx context.Context, job *river.Job[releaseArgs]) error {
	return w.s.db.Tx(ctx, func(ctx context.Context) error {
		if err := w.s.releaseScheduled(ctx, Ref{Kind: job.Args.EntryKind, ID: job.Args.EntryID}, job.Args.Revision); err != nil {
			return err
		}
		return jobs.Complete(ctx, w.s.jobs, job)
	})
}
