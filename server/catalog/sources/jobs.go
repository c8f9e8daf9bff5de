package sources

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"portalverbund/server/platform/jobs"
)

const (
	queue       = "imports"
	workers     = 2 // imports at once in a process
	maxAttempts = 8
	runTimeout  = 12 * time.Hour
	firstPause  = 30 * time.Second
	longPause   = 30 * time.Minute
	lookEvery   = time.Minute // for sources whose time has come
	sweepEvery  = time.Hour
)

// runArgs asks to work on a run.
type runArgs struct {
	RunID uuid.UUID `json:"runId"`
}

// Kind names the job.
func (runArgs) Kind() string { return "sources.run" }

// InsertOpts keeps large imports from holding up other jobs.
func (runArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queue, MaxAttempts: maxAttempts}
}

// dueArgs asks to begin the runs whose time has come.
type dueArgs struct{}

// Kind names the job.
func (dueArgs) Kind() string { return "sources.due" }

// sweepArgs asks to drop what is kept no longer.
type sweepArgs struct{}

// Kind names the job.
func (sweepArgs) Kind() string { return "sources.sweep" }

// Register adds the room's workers.
func Register(c *jobs.Client, s *Service) {
	c.Queue(queue, workers)
	jobs.Register(c, &runWorker{s: s})
	jobs.Register(c, &dueWorker{s: s})
	jobs.Register(c, &sweepWorker{s: s})
	once := river.UniqueOpts{ByPeriod: lookEvery}
	c.Periodic(river.NewPeriodicJob(river.PeriodicInterval(lookEvery),
		func() (river.JobArgs, *river.InsertOpts) {
			return dueArgs{}, &river.InsertOpts{MaxAttempts: 1, UniqueOpts: once}
		},
		&river.PeriodicJobOpts{RunOnStart: true}))
	c.Periodic(river.NewPeriodicJob(river.PeriodicInterval(sweepEvery),
		func() (river.JobArgs, *river.InsertOpts) { return sweepArgs{}, &river.InsertOpts{MaxAttempts: 1} }, nil))
}

type runWorker struct {
	river.WorkerDefaults[runArgs]
	s *Service
}

// Work works on the run.
func (w *runWorker) Work(ctx context.Context, job *river.Job[runArgs]) error {
	run, mine, err := w.s.store.take(ctx, job.Args.RunID, w.s.now())
	if err != nil || !mine {
		return err
	}
	return w.s.work(ctx, run, w.s.openRun, job.Attempt >= job.MaxAttempts)
}

// Timeout is for a whole import, with waiting for a slow source.
func (w *runWorker) Timeout(*river.Job[runArgs]) time.Duration { return runTimeout }

// NextRetry doubles the pause after each failure.
func (w *runWorker) NextRetry(job *river.Job[runArgs]) time.Time {
	return w.s.now().Add(min(firstPause<<max(job.Attempt-1, 0), longPause))
}

type dueWorker struct {
	river.WorkerDefaults[dueArgs]
	s *Service
}

// Work begins the runs.
func (w *dueWorker) Work(ctx context.Context, _ *river.Job[dueArgs]) error { return w.s.Due(ctx) }

type sweepWorker struct {
	river.WorkerDefaults[sweepArgs]
	s *Service
}

// Work drops what is kept no longer.
func (w *sweepWorker) Work(ctx context.Context, _ *river.Job[sweepArgs]) error { return w.s.Sweep(ctx) }

// Due begins the runs of the sources whose time has come. A source with a run under way, or one that waits for somebody, is
// passed over this time. However many processes look at once, each source begins once.
func (s *Service) Due(ctx context.Context) error {
	if err := s.store.endDead(ctx, s.now()); err != nil {
		return err
	}
	return s.store.db.Tx(ctx, func(ctx context.Context) error {
		due, err := s.store.due(ctx, s.now())
		if err != nil || len(due) == 0 {
			return err
		}
		ids, next := make([]uuid.UUID, 0, len(due)), make([]*time.Time, 0, len(due))
		runs := make([]Run, 0, len(due))
		for _, row := range due {
			ids, next = append(ids, row.ID), append(next, row.Schedule.next(s.now(), germany()))
			run, err := s.runOf(ctx, row, false)
			if err != nil {
				return err
			}
			runs = append(runs, run)
		}
		begun, err := s.store.insertScheduled(ctx, runs)
		if err != nil {
			return err
		}
		if err := s.store.setNext(ctx, ids, next); err != nil {
			return err
		}
		jobs := make([]river.InsertManyParams, 0, len(begun))
		for _, id := range begun {
			jobs = append(jobs, river.InsertManyParams{Args: runArgs{RunID: id}})
		}
		return s.jobs.InsertMany(ctx, jobs)
	})
}
