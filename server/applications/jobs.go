package applications

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"portalverbund/server/platform/jobs"
)

// sweepEvery is how often old drafts and files are looked for.
const sweepEvery = time.Hour

const (
	uploadQueue  = "application-uploads"
	assemblers   = 2                // uploads that become attachments at once in a process
	assembleTime = 15 * time.Minute // for one of them
)

// deleteObjectsArgs asks to delete files from the object store; a key that ends with a slash stands for all that lies under it.
type deleteObjectsArgs struct {
	Keys []string `json:"keys"`
}

// Kind names the job.
func (deleteObjectsArgs) Kind() string { return "applications.delete_objects" }

// sweepArgs asks to delete drafts and files whose time has come.
type sweepArgs struct{}

// Kind names the job.
func (sweepArgs) Kind() string { return "applications.sweep" }

// Register adds the room's workers, and looks for what has run out once an hour.
func Register(c *jobs.Client, s *Service) {
	jobs.Register(c, &deleteWorker{s: s})
	jobs.Register(c, &sweepWorker{s: s})
	c.Queue(uploadQueue, assemblers)
	jobs.Register(c, &assembleWorker{s: s})
	jobs.Register(c, &checkWorker{s: s})
	jobs.Register(c, &remindWorker{s: s})
	c.Queue(documentQueue, documentFetchers)
	jobs.Register(c, &fetchDocumentWorker{s: s})
	c.Periodic(river.NewPeriodicJob(river.PeriodicInterval(sweepEvery), func() (river.JobArgs, *river.InsertOpts) {
		return sweepArgs{}, nil
	}, &river.PeriodicJobOpts{RunOnStart: true}))
}

type deleteWorker struct {
	river.WorkerDefaults[deleteObjectsArgs]
	s *Service
}

// Work deletes the files; those that are gone already are no error.
func (w *deleteWorker) Work(ctx context.Context, job *river.Job[deleteObjectsArgs]) error {
	if err := w.s.deleteObjects(ctx, job.Args.Keys); err != nil {
		return fmt.Errorf("delete objects: %w", err)
	}
	return nil
}

// assembleArgs asks to make an attachment of an upload that has arrived whole.
type assembleArgs struct {
	UploadID uuid.UUID `json:"uploadId"`
}

// Kind names the job.
func (assembleArgs) Kind() string { return "applications.assemble" }

// InsertOpts keeps large files from holding up other jobs.
func (assembleArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: uploadQueue} }

type assembleWorker struct {
	river.WorkerDefaults[assembleArgs]
	s *Service
}

// Work assembles the parts.
func (w *assembleWorker) Work(ctx context.Context, job *river.Job[assembleArgs]) error {
	return w.s.assemble(ctx, job.Args.UploadID)
}

// Timeout is for one file.
func (*assembleWorker) Timeout(*river.Job[assembleArgs]) time.Duration { return assembleTime }

type sweepWorker struct {
	river.WorkerDefaults[sweepArgs]
	s *Service
}

// Work sweeps in batches, until nothing is left.
func (w *sweepWorker) Work(ctx context.Context, _ *river.Job[sweepArgs]) error {
	for _, sweep := range []func(context.Context) (int, error){w.s.SweepDrafts, w.s.WarnJoint, w.s.SweepFiles, w.s.sweepInvitations} {
		for swept := sweepBatch; swept == sweepBatch; {
			var err error
			if swept, err = sweep(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}
