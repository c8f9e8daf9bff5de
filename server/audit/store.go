package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
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
}

func (entry) TableName() string { return "audit_entries" }

func (s *Service) insert(ctx context.Context, e entry) error {
	if err := s.db.From(ctx).Create(&e).Error; err != nil {
		return fmt.Errorf("audit %s: %w", e.Action, err)
	}
	return nil
}
