package mail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/riverqueue/river"

	"portalverbund/server/platform/jobs"
	"portalverbund/server/platform/keys"
)

const (
	// QueueName is the queue of jobs that send mails: a slow mail server holds up nothing else.
	QueueName   = "mail"
	workers     = 4 // mails sent at once; as many jobs are fetched at once
	sealPurpose = "mail/message"
)

// sendArgs is a mail on its way. It is sealed: the queue keeps jobs for a while, and mails hold addresses and tokens.
type sendArgs struct {
	Sealed []byte `json:"sealed"`
}

// Kind names the job.
func (sendArgs) Kind() string { return "mail.send" }

// InsertOpts keeps mails in their queue.
func (sendArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: QueueName} }

// Queue takes mails that are to be sent.
type Queue struct {
	jobs *jobs.Client
	keys *keys.Set
}

// NewQueue makes a queue on the portal's jobs.
func NewQueue(c *jobs.Client, k *keys.Set) *Queue { return &Queue{jobs: c, keys: k} }

// Enqueue has a mail sent once the transaction of ctx is committed; at once when there is none.
func (q *Queue) Enqueue(ctx context.Context, m Message) error {
	if err := m.check(); err != nil {
		return err
	}
	plain, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("enqueue mail: %w", err)
	}
	sealed, err := q.keys.Seal(sealPurpose, plain, nil)
	if err != nil {
		return err
	}
	return q.jobs.Insert(ctx, sendArgs{Sealed: sealed}, nil)
}

// Register has the client send mails of the queue. It must have the keys that the queue sealed with.
func Register(c *jobs.Client, k *keys.Set, s *Sender) {
	if s.config.Returns != nil {
		c.Sweep("mail", s.config.Returns.Sweep)
	}
	c.Queue(QueueName, workers)
	jobs.Register(c, &sendWorker{keys: k, sender: s})
}

type sendWorker struct {
	river.WorkerDefaults[sendArgs]
	keys   *keys.Set
	sender *Sender
}

// Work sends one mail.
func (w *sendWorker) Work(ctx context.Context, job *river.Job[sendArgs]) error {
	plain, err := w.keys.Open(sealPurpose, job.Args.Sealed, nil)
	if err != nil {
		return river.JobCancel(err)
	}
	var m Message
	if err := json.Unmarshal(plain, &m); err != nil {
		return river.JobCancel(errors.New("not a mail"))
	}
	return Outcome(w.sender.Send(ctx, m))
}

// Outcome is what a job that has sent a mail ends with: a refusal for good is not tried again.
func Outcome(err error) error {
	if errors.Is(err, ErrRefused) || errors.Is(err, ErrInvalid) {
		return river.JobCancel(err)
	}
	return err
}
