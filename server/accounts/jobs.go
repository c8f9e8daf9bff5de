package accounts

import (
	"context"

	"github.com/riverqueue/river"

	"portalverbund/server/platform/jobs"
)

// resetArgs orders the mail to set a new password; sealed, because it holds an address.
type resetArgs struct {
	Sealed []byte `json:"sealed"`
}

// Kind names the job.
func (resetArgs) Kind() string { return "accounts.reset" }

type resetWorker struct {
	river.WorkerDefaults[resetArgs]
	service *Service
}

// Work sends the mail when the address has an account.
func (w *resetWorker) Work(ctx context.Context, job *river.Job[resetArgs]) error {
	return w.service.sendReset(ctx, job.Args.Sealed)
}

// Register has the client do this room's background work.
func Register(c *jobs.Client, s *Service) {
	jobs.Register(c, &resetWorker{service: s})
	c.Sweep("accounts", s.Sweep)
}
