package health

import (
	"context"

	"github.com/riverqueue/river"

	"portalverbund/server/platform/jobs"
)

// sampleArgs asks for a look at all links.
type sampleArgs struct{}

// Kind names the job.
func (sampleArgs) Kind() string { return "federation_sample" }

// InsertOpts: the next minute's job makes good for one that fails.
func (sampleArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 1} }

type sampleWorker struct {
	river.WorkerDefaults[sampleArgs]
	service *Service
}

func (w *sampleWorker) Work(ctx context.Context, _ *river.Job[sampleArgs]) error {
	return w.service.Sample(ctx)
}

// Register lets a client take samples.
func Register(c *jobs.Client, s *Service) {
	jobs.Register(c, &sampleWorker{service: s})
	c.Periodic(river.NewPeriodicJob(river.PeriodicInterval(sampleEvery), func() (river.JobArgs, *river.InsertOpts) {
		return sampleArgs{}, nil
	}, &river.PeriodicJobOpts{RunOnStart: true}))
}
