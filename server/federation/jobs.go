package federation

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"portalverbund/server/platform/jobs"
)

const (
	queue        = "federation"
	queueWorkers = 12
	forgetBatch  = 1000
	forgetEvery  = 24 * time.Hour
)

// deliverArgs asks for what is due to a portal to be sent.
type deliverArgs struct {
	Recipient string `json:"recipient"`
}

// Kind names the job.
func (deliverArgs) Kind() string { return "federation_deliver" }

// InsertOpts keeps deliveries in a queue of their own. A job that fails is not the last one: Run looks for messages that
// nobody sends.
func (deliverArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queue, MaxAttempts: 3}
}

type deliverWorker struct {
	river.WorkerDefaults[deliverArgs]
	service *Service
}

func (w *deliverWorker) Work(ctx context.Context, job *river.Job[deliverArgs]) error {
	return w.service.Deliver(ctx, job.Args.Recipient)
}

// forgetArgs asks for deletions of long ago to be dropped from the feed.
type forgetArgs struct{}

// Kind names the job.
func (forgetArgs) Kind() string { return "federation_forget_deleted" }

type forgetWorker struct {
	river.WorkerDefaults[forgetArgs]
	service *Service
}

func (w *forgetWorker) Work(ctx context.Context, _ *river.Job[forgetArgs]) error {
	for {
		n, err := w.service.ForgetDeleted(ctx, forgetBatch)
		if err != nil || n < forgetBatch {
			return err
		}
	}
}

// Register lets a client run this room's jobs.
func Register(c *jobs.Client, s *Service) {
	c.Queue(queue, queueWorkers)
	jobs.Register(c, &deliverWorker{service: s})
	jobs.Register(c, &forgetWorker{service: s})
	c.Periodic(river.NewPeriodicJob(river.PeriodicInterval(forgetEvery), func() (river.JobArgs, *river.InsertOpts) {
		return forgetArgs{}, nil
	}, nil))
}
