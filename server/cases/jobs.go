package cases

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"portalverbund/server/platform/jobs"
)

const (
	queue        = "attachments"
	fetchers     = 4                // files that are fetched at once in a process
	fetchTimeout = 15 * time.Minute // for one file
	maxAttempts  = 2000             // never reached: FetchFor ends earlier

	firstPause = time.Second
	longPause  = time.Hour
)

// fetchArgs asks for one file from the portal of origin.
type fetchArgs struct {
	CaseID       uuid.UUID `json:"caseId"`
	AttachmentID uuid.UUID `json:"attachmentId"`
}

// Kind names the job.
func (fetchArgs) Kind() string { return "cases.fetch" }

// InsertOpts keeps slow portals from holding up other jobs.
func (fetchArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queue, MaxAttempts: maxAttempts}
}

// completeArgs says of a case without files that all is here: of one that the version before this one opened.
type completeArgs struct {
	CaseID uuid.UUID `json:"caseId"`
}

// Kind names the job.
func (completeArgs) Kind() string { return "cases.complete" }

// Register adds the room's workers.
func Register(c *jobs.Client, s *Service) {
	c.Queue(queue, fetchers)
	jobs.Register(c, &fetchWorker{s: s})
	jobs.Register(c, &completeWorker{s: s})
	jobs.Register(c, &deleteFilesWorker{s: s})
	c.Sweep("cases", s.DeleteDue)
	c.Sweep("cases.reminders", s.Remind)
}

type fetchWorker struct {
	river.WorkerDefaults[fetchArgs]
	s *Service
}

// Work fetches the file.
func (w *fetchWorker) Work(ctx context.Context, job *river.Job[fetchArgs]) error {
	return w.s.fetch(ctx, job.Args.CaseID, job.Args.AttachmentID)
}

// Timeout is for one file.
func (w *fetchWorker) Timeout(*river.Job[fetchArgs]) time.Duration { return fetchTimeout }

// NextRetry doubles the pause up to an hour, and varies it by a quarter.
func (w *fetchWorker) NextRetry(job *river.Job[fetchArgs]) time.Time {
	pause := longPause
	if job.Attempt < 13 {
		pause = min(firstPause<<max(job.Attempt-1, 0), longPause)
	}
	return time.Now().Add(pause - pause/4 + rand.N(pause/2)) //nolint:gosec // no secret
}

type completeWorker struct {
	river.WorkerDefaults[completeArgs]
	s *Service
}

// Work tells the citizen that the application was received completely.
func (w *completeWorker) Work(ctx context.Context, job *river.Job[completeArgs]) error {
	return w.s.finish(ctx, job.Args.CaseID)
}
