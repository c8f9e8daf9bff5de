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
	maxAttempts = 2000 // never reached: PushFor and FetchFor end earlier

	fileQueue    = "provider-files"
	fetchers     = 4                // attachments that are fetched at once in a process
	fetchTimeout = 15 * time.Minute // for one of them
	sweepEvery   = time.Hour
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
	c.Queue(fitQueue, fitAtOnce)
	jobs.Register(c, &fitWorker{s: s})
	c.Queue(followQueue, followers)
	jobs.Register(c, &followWorker{s: s})
	c.Queue(mailQueue, mailAtOnce)
	jobs.Register(c, &mailWorker{s: s})
	jobs.Register(c, &certificatesWorker{s: s})
	c.Periodic(river.NewPeriodicJob(river.PeriodicInterval(lookAtKeys), func() (river.JobArgs, *river.InsertOpts) {
		return certificatesArgs{}, nil
	}, &river.PeriodicJobOpts{RunOnStart: true}))
	c.Queue(fileQueue, fetchers)
	jobs.Register(c, &fetchWorker{s: s})
	jobs.Register(c, &sweepWorker{s: s})
	jobs.Register(c, &pushWaitingWorker{s: s})
	c.Periodic(river.NewPeriodicJob(river.PeriodicInterval(sweepEvery), func() (river.JobArgs, *river.InsertOpts) {
		return sweepArgs{}, nil
	}, &river.PeriodicJobOpts{RunOnStart: true}))
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

// fetchArgs asks for one file from the portal of origin.
type fetchArgs struct {
	DeliveryID   uuid.UUID `json:"deliveryId"`
	AttachmentID uuid.UUID `json:"attachmentId"`
}

// Kind names the job.
func (fetchArgs) Kind() string { return "delivery.fetch" }

// InsertOpts keeps slow portals from holding up other jobs.
func (fetchArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: fileQueue, MaxAttempts: maxAttempts}
}

type fetchWorker struct {
	river.WorkerDefaults[fetchArgs]
	s *Service
}

// Work tries once.
func (w *fetchWorker) Work(ctx context.Context, job *river.Job[fetchArgs]) error {
	return w.s.Fetch(ctx, job.Args.DeliveryID, job.Args.AttachmentID)
}

// Timeout is for one file.
func (w *fetchWorker) Timeout(*river.Job[fetchArgs]) time.Duration { return fetchTimeout }

// NextRetry is after the room's own pause.
func (w *fetchWorker) NextRetry(job *river.Job[fetchArgs]) time.Time {
	return time.Now().Add(w.s.backoff(job.Attempt))
}

// sweepArgs asks to delete files whose time has come.
type sweepArgs struct{}

// Kind names the job.
func (sweepArgs) Kind() string { return "delivery.sweep" }

type sweepWorker struct {
	river.WorkerDefaults[sweepArgs]
	s *Service
}

// Work sweeps until nothing is left.
func (w *sweepWorker) Work(ctx context.Context, _ *river.Job[sweepArgs]) error {
	return w.s.Sweep(ctx)
}

// pushWaitingArgs asks to push what waits for a provider that has an address now.
type pushWaitingArgs struct {
	Provider string `json:"provider"`
}

// Kind names the job.
func (pushWaitingArgs) Kind() string { return "delivery.push_waiting" }

type pushWaitingWorker struct {
	river.WorkerDefaults[pushWaitingArgs]
	s *Service
}

// Work starts the pushes.
func (w *pushWaitingWorker) Work(ctx context.Context, job *river.Job[pushWaitingArgs]) error {
	return w.s.pushWaiting(ctx, job.Args.Provider)
}
