package safe

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"portalverbund/server/platform/jobs"
)

const (
	sweepBatch = 500
	strayTime  = 24 * time.Hour // what a killed writer has left half written goes then
)

// deleteObjectsArgs asks to delete files from the object store.
type deleteObjectsArgs struct {
	Keys []string `json:"keys"`
}

// Kind names the job.
func (deleteObjectsArgs) Kind() string { return "safe.delete_objects" }

// Register adds the room's workers, and sweeps.
func Register(c *jobs.Client, s *Service) {
	jobs.Register(c, &deleteWorker{s: s})
	c.Sweep("safe", s.Sweep)
}

type deleteWorker struct {
	river.WorkerDefaults[deleteObjectsArgs]
	s *Service
}

// Work deletes the files; those that are gone already are no error.
func (w *deleteWorker) Work(ctx context.Context, job *river.Job[deleteObjectsArgs]) error {
	for _, key := range job.Args.Keys {
		if err := w.s.Store.Delete(ctx, key); err != nil {
			return fmt.Errorf("delete objects: %w", err)
		}
	}
	return nil
}

// Sweep deletes documents that can no longer be taken back and what broken uploads have left, wraps keys by the present master key, and
// says how many rows it has deleted.
func (s *Service) Sweep(ctx context.Context) (int64, error) {
	if !s.IsHome {
		return 0, nil
	}
	var deleted int64
	for more := true; more; {
		objects, err := s.sweepDue(ctx)
		if err != nil {
			return deleted, err
		}
		deleted += int64(len(objects))
		more = len(objects) == sweepBatch
	}
	released, err := s.sweepReleases(ctx)
	if err != nil {
		return deleted, err
	}
	deleted += released
	if _, err := s.Store.Sweep(ctx, s.Now().Add(-strayTime)); err != nil {
		return deleted, err
	}
	return deleted, s.Rewrap(ctx)
}

// sweepDue deletes rows, and with them the keys of the files, and has a job delete the files.
func (s *Service) sweepDue(ctx context.Context) (objects []string, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		if objects, err = s.takeDue(ctx, sweepBatch); err != nil || len(objects) == 0 {
			return err
		}
		return s.Jobs.Insert(ctx, deleteObjectsArgs{Keys: objects}, nil)
	})
	return objects, err
}

// Rewrap wraps the keys of documents by the present master key that older ones have wrapped. The files stay as they are.
func (s *Service) Rewrap(ctx context.Context) error {
	master, err := s.Master.Current()
	if err != nil {
		return err
	}
	after := uuid.Nil
	for {
		rows, err := s.wrappedBefore(ctx, master, after, sweepBatch)
		if err != nil || len(rows) == 0 {
			return err
		}
		var ids []string
		var wrapped [][]byte
		for _, r := range rows {
			after = r.ID
			key, err := s.Master.Unwrap(r.Wrapped, r.ID[:])
			if err != nil {
				s.Log.ErrorContext(ctx, "the master key of a document is missing", "document", r.ID)
				continue
			}
			again, err := s.Master.Wrap(key, r.ID[:])
			if err != nil {
				return err
			}
			ids, wrapped = append(ids, r.ID.String()), append(wrapped, again)
		}
		if err := s.keepWrapped(ctx, master, ids, wrapped); err != nil {
			return err
		}
	}
}
