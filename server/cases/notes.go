package cases

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/idempotency"
)

// Note is what a clerk writes into the file for colleagues. The citizen does not get it.
type Note struct {
	ID     uuid.UUID
	At     time.Time
	Author uuid.UUID
	Text   string
}

const sealNote = "cases note"

type noteRow struct {
	ID     uuid.UUID `gorm:"primaryKey"`
	CaseID uuid.UUID
	At     time.Time
	Author uuid.UUID
	Text   []byte
}

func (noteRow) TableName() string { return "case_notes" }

// Note writes an internal note once for the caller's key, also on a finished case.
func (s *Service) Note(ctx context.Context, id uuid.UUID, key, text string) (Case, error) {
	caller := httpx.CallerOf(ctx).AccountID
	_, err := idempotency.Do(ctx, s.db, "case.note:"+caller.String(), key, []string{id.String(), text}, func(ctx context.Context) (done, error) {
		r, err := s.lockCase(ctx, id)
		if err != nil {
			return done{}, err
		}
		if ctx, err = s.within(ctx, r); err != nil {
			return done{}, err
		}
		if err := s.insertNote(ctx, r, caller, text); err != nil {
			return done{}, err
		}
		if err := s.setState(ctx, r, r.State); err != nil {
			return done{}, err
		}
		if err := s.audit.Record(ctx, "case.note", object(id), ""); err != nil {
			return done{}, err
		}
		return done{Version: r.Version + 1}, s.changed(ctx, r)
	})
	if err != nil {
		return Case{}, err
	}
	return s.again(ctx, id)
}

func (s *Service) insertNote(ctx context.Context, r caseRow, author uuid.UUID, text string) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make id: %w", err)
	}
	sealed, err := s.keys.Seal(sealNote, []byte(text), eventContext(r.ID, id))
	if err != nil {
		return err
	}
	if err := s.db.From(ctx).Create(&noteRow{ID: id, CaseID: r.ID, At: s.now(), Author: author, Text: sealed}).Error; err != nil {
		return fmt.Errorf("insert note: %w", err)
	}
	return nil
}

func (s *Service) notes(ctx context.Context, caseID uuid.UUID) ([]Note, error) {
	var rows []noteRow
	if err := s.db.From(ctx).Where("case_id = ?", caseID).Order("id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read notes: %w", err)
	}
	notes := make([]Note, 0, len(rows))
	for _, r := range rows {
		plain, err := s.keys.Open(sealNote, r.Text, eventContext(caseID, r.ID))
		if err != nil {
			return nil, err
		}
		notes = append(notes, Note{ID: r.ID, At: r.At, Author: r.Author, Text: string(plain)})
	}
	return notes, nil
}
