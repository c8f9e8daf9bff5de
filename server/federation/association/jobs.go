package association

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"portalverbund/server/platform/jobs"
)

const rotateEvery = 6 * time.Hour

// rotateArgs asks for keys to be changed whose time has come.
type rotateArgs struct{}

// Kind names the job.
func (rotateArgs) Kind() string { return "association_rotate_keys" }

type rotateWorker struct {
	river.WorkerDefaults[rotateArgs]
	service *Service
}

func (w *rotateWorker) Work(ctx context.Context, _ *river.Job[rotateArgs]) error {
	made, err := w.service.ring.Rotate(ctx, false)
	if err == nil && len(made) > 0 {
		w.service.announce()
	}
	return err
}

// Register lets a client run this room's jobs.
func Register(c *jobs.Client, s *Service) {
	jobs.Register(c, &rotateWorker{service: s})
	c.Periodic(river.NewPeriodicJob(river.PeriodicInterval(rotateEvery), func() (river.JobArgs, *river.InsertOpts) {
		return rotateArgs{}, nil
	}, &river.PeriodicJobOpts{RunOnStart: true}))
}
