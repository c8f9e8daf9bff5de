package delivery

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"portalverbund/server/platform/jobs"
)

const (
	queue       = "deliveries"
	pushers     = 16   // deliveries that are pushed at once in a process, pushesAtOnce of them to one provider
	maxAttempts = 2000 // never reached: PushFor ends earlier
)

// pushArgs gives a delivery, or the news that it was taken back, to its provider.
type pushArgs struct {
	DeliveryID uuid.UUID `json:"deliveryId"`
	Cancelled  bool      `json:"cancelled,omitempty"`
}

// Kind names the job.
func (pushArgs) Kind() string { return "delivery.push" }

// InsertOpts keeps slow providers from holding up other jobs.
func (pushArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queue, MaxAttempts: maxAttempts}
}

// Register adds the room's workers.
func Register(c *jobs.Client, s *Service) {
	c.Queue(queue, pushers)
	jobs.Register(c, &pushWorker{s: s})
	jobs.Register(c, &pushMessageWorker{s: s})
}

type pushWorker struct {
	river.WorkerDefaults[pushArgs]
	s *Service
}

// Work tries once.
func (w *pushWorker) Work(ctx context.Context, job *river.Job[pushArgs]) error {
	return w.s.push(ctx, job.Args.DeliveryID, job.Args.Cancelled)
}

// NextRetry is after the room's own pause.
func (w *pushWorker) NextRetry(job *river.Job[pushArgs]) time.Time {
	return time.Now().Add(w.s.backoff(job.Attempt))
}

// pushMessageArgs gives what a citizen has written to the provider of a delivery.
type pushMessageArgs struct {
	MessageID uuid.UUID `json:"messageId"`
}

// Kind names the job.
func (pushMessageArgs) Kind() string { return "delivery.push-message" }

// InsertOpts keeps slow providers from holding up other jobs.
func (pushMessageArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queue, MaxAttempts: maxAttempts}
}

type pushMessageWorker struct {
	river.WorkerDefaults[pushMessageArgs]
	s *Service
}

// Work tries once.
func (w *pushMessageWorker) Work(ctx context.Context, job *river.Job[pushMessageArgs]) error {
	return w.s.pushMessage(ctx, job.Args.MessageID)
}

// NextRetry is after the room's own pause.
func (w *pushMessageWorker) NextRetry(job *river.Job[pushMessageArgs]) time.Time {
	return time.Now().Add(w.s.backoff(job.Attempt))
}
