package accounts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm/clause"
)

type deletionRow struct {
	AccountID   uuid.UUID `gorm:"primaryKey"`
	RequestedAt time.Time
	DueAt       time.Time
}

func (deletionRow) TableName() string { return "account_deletions" }

// scheduleDeletion sets when an account is deleted; one that is asked for again is deleted at the new time.
func (s *Service) scheduleDeletion(ctx context.Context, row deletionRow) error {
	if err := s.DB.From(ctx).Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error; err != nil {
		return fmt.Errorf("schedule deletion: %w", err)
	}
	return nil
}

func (s *Service) deletionOf(ctx context.Context, id uuid.UUID) (deletionRow, bool, error) {
	return one[deletionRow](s.DB.From(ctx).Where("account_id = ?", id), "deletion")
}

func (s *Service) dueDeletions(ctx context.Context, limit int) (ids []uuid.UUID, err error) {
	err = s.DB.From(ctx).Raw("SELECT account_id FROM account_deletions WHERE due_at <= ? ORDER BY due_at LIMIT ?", s.Now(), limit).Scan(&ids).Error
	if err != nil {
		return nil, fmt.Errorf("find accounts to delete: %w", err)
	}
	return ids, nil
}

// deleteAccountRows deletes an account; what belongs to it goes with it by the database's own rules.
func (s *Service) deleteAccountRows(ctx context.Context, row accountRow) error {
	if row.Email != "" {
		if err := errors.Join(s.dropRegistrations(ctx, row.Email), s.arrives(ctx, row.Email)); err != nil {
			return err
		}
	}
	if err := s.DB.From(ctx).Where("id = ?", row.ID).Delete(&accountRow{}).Error; err != nil {
		return fmt.Errorf("delete account: %w", err)
	}
	return nil
}
