package mailbox

import (
	"context"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"portalverbund/server/platform/jobs"
	"portalverbund/server/platform/mail"
)

// noticeArgs tells the owner of the mailbox by mail about a message.
type noticeArgs struct {
	MessageID uuid.UUID `json:"messageId"`
}

// Kind names the job.
func (noticeArgs) Kind() string { return "mailbox.notice" }

// InsertOpts has it done where mails are sent.
func (noticeArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: mail.QueueName} }

// Register adds the room's workers.
func Register(c *jobs.Client, s *Service) {
	jobs.Register(c, &noticeWorker{s: s})
	jobs.Register(c, &keepWorker{s: s})
}

type noticeWorker struct {
	river.WorkerDefaults[noticeArgs]
	s *Service
}

// Work sends the notice. When the process is killed before that is noted, it is sent again.
func (w *noticeWorker) Work(ctx context.Context, job *river.Job[noticeArgs]) error {
	return mail.Outcome(w.s.notice(ctx, job.Args.MessageID))
}
