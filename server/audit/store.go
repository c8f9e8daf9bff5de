package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/platform/httpx"
)

type entry struct {
	ID        uuid.UUID `gorm:"primaryKey"`
	At        time.Time
	ActorKind string
	Actor     string
	Issuer    string
	Action    string
	Object    string
	Detail    string
	RequestID string
	Unit      *uuid.UUID
}

func (entry) TableName() string { return "audit_entries" }

// Filter says which entries are meant; what is empty does not count.
type Filter struct {
	Actor, Action, Object string // Action: how the word begins
	From, Until           time.Time
	Before                uuid.UUID // entries before this one only
	Limit                 int
	Reach                 httpx.Reach // of the reader
}

// entries reads one more than the limit, the newest first. Ids are in the order of time (UUIDv7), so that every filter
// goes by an index that ends in them.
func (s *Service) entries(ctx context.Context, f Filter) (rows []entry, err error) {
	q := s.db.From(ctx).Order("id DESC").Limit(f.Limit + 1)
	if !f.Reach.Everywhere {
		q = q.Where("unit IN ?", f.Reach.Units)
	}
	if f.Actor != "" {
		q = q.Where("actor = ?", f.Actor)
	}
	if f.Action != "" {
		q = q.Where(`action COLLATE "C" >= ? AND action COLLATE "C" < ?`, f.Action, f.Action+"~")
	}
	if f.Object != "" {
		q = q.Where("object = ?", f.Object)
	}
	if !f.From.IsZero() {
		q = q.Where("id >= ?", firstIDAt(f.From))
	}
	if !f.Until.IsZero() {
		q = q.Where("id < ?", firstIDAt(f.Until))
	}
	if f.Before != uuid.Nil {
		q = q.Where("id < ?", f.Before)
	}
	if err := q.Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read audit entries: %w", err)
	}
	return rows, nil
}

// firstIDAt is the lowest UUIDv7 of a time.
func firstIDAt(at time.Time) uuid.UUID {
	var id uuid.UUID
	ms := at.UnixMilli()
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	return id
}

func (s *Service) insert(ctx context.Context, e entry) error {
	if err := s.db.From(ctx).Create(&e).Error; err != nil {
		return fmt.Errorf("audit %s: %w", e.Action, err)
	}
	return nil
}
