package mailbox

import (
	"context"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"portalverbund/server/platform/jobs"
)

// noticeArgs tells the owner of the mailbox by mail about a message.
type noticeArgs struct {
	MessageID uuid.UUID `json:"messageId"`
}

// Kind names the job.
func (noticeArgs) Kind() string { return "mailbox.notice" }

// Register adds the room's workers.
func Register(c *jobs.Client, s *Service) {
	jobs.Register(c, &noticeWorker{s: s, jobs: c})
	jobs.Register(c, &keepWorker{s: s})
}

type noticeWorker struct {
	river.WorkerDefaults[noticeArgs]
	s    *Service
	jobs *jobs.Client
}

// Work puts the notice on its way, once.
func (w *noticeWorker) Work(ctx context.Context, job *river.Job[noticeArgs]) error {
	return w.s.db.Tx(ctx, func(ctx context.Context) error {
		if err := w.s.notice(ctx, job.Args.MessageID); err != nil {
			return err
		}
		return jobs.Complete(ctx, w.jobs, job)
	})
}
