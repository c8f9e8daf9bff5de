package oidc

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"portalverbund/server/platform/jobs"
)

const rotateEvery = time.Hour

type rotateArgs struct{}

// Kind names the job.
func (rotateArgs) Kind() string { return "oidc.rotate-keys" }

type rotateWorker struct {
	river.WorkerDefaults[rotateArgs]
	service *Service
}

// Work makes the next signing key when it is time.
func (w *rotateWorker) Work(ctx context.Context, _ *river.Job[rotateArgs]) error {
	return w.service.RotateKeys(ctx, false)
}

// Register has the client do this room's background work, before it starts.
func Register(c *jobs.Client, s *Service) {
	s.jobs = c
	registerLogouts(c, s)
	jobs.Register(c, &rotateWorker{service: s})
	c.Periodic(river.NewPeriodicJob(river.PeriodicInterval(rotateEvery), func() (river.JobArgs, *river.InsertOpts) { return rotateArgs{}, nil }, nil))
	c.Sweep("oidc", s.Sweep)
}
