package safe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"portalverbund/server/platform/httpx"
)

// PersonFiles gives the files of a person's documents, the newest first, one open at a time. A file that cannot be read ends it.
func (s *Service) PersonFiles(ctx context.Context, p httpx.Person, add func(name string, at time.Time, content io.Reader) error) error {
	account, err := uuid.Parse(p.Subject)
	if err != nil || p.Issuer != s.Self.Id || !s.IsHome {
		return nil //nolint:nilerr // people of another account home have no documents here
	}
	rows, err := s.all(ctx, account)
	if err != nil {
		return err
	}
	for _, r := range rows {
		f, err := s.open(ctx, r)
		if err != nil {
			return err
		}
		err = add(f.Name, r.CreatedAt, f.Content)
		if err := errors.Join(err, f.Content.Close()); err != nil {
			return err
		}
	}
	return nil
}

// PersonalData gives what the safe knows of a person's documents; PersonFiles gives the files.
func (s *Service) PersonalData(ctx context.Context, p httpx.Person, add func(section string, data any) error) error {
	account, err := uuid.Parse(p.Subject)
	if err != nil || p.Issuer != s.Self.Id || !s.IsHome {
		return nil //nolint:nilerr // people of another account home have no documents here
	}
	list, err := s.listOf(ctx, account)
	if err != nil {
		return err
	}
	for _, d := range list.Items {
		if err := add("documents", d); err != nil {
			return err
		}
	}
	return nil
}

// ErasePerson deletes a person's documents with their keys, in ctx's transaction, and has jobs delete the files: at once, and once more when
// an upload that is under way now must have ended.
func (s *Service) ErasePerson(ctx context.Context, p httpx.Person) error {
	account, err := uuid.Parse(p.Subject)
	if err != nil || p.Issuer != s.Self.Id {
		return nil //nolint:nilerr // people of another account home have no documents here
	}
	var ids []uuid.UUID
	if err := s.DB.From(ctx).Raw("DELETE FROM safe_documents WHERE account_id = ? RETURNING id", account).Scan(&ids).Error; err != nil {
		return fmt.Errorf("erase documents: %w", err)
	}
	if len(ids) == 0 {
		return nil
	}
	objects := make([]string, 0, len(ids))
	for _, id := range ids {
		objects = append(objects, objectKey(id))
	}
	return s.Jobs.InsertMany(ctx, []river.InsertManyParams{
		{Args: deleteObjectsArgs{Keys: objects}},
		{Args: deleteObjectsArgs{Keys: objects}, InsertOpts: &river.InsertOpts{ScheduledAt: s.Now().Add(uploadTime)}},
	})
}
