package accounts

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm/clause"

	"portalverbund/server/platform/problem"
)

type proposalRow struct {
	ID        uuid.UUID `gorm:"primaryKey"`
	AccountID uuid.UUID
	Origin    string
	EntryID   uuid.UUID
	FromName  string
	Purpose   map[string]string `gorm:"serializer:json"`
	Data      []byte
	At        time.Time
	ExpiresAt time.Time
}

func (proposalRow) TableName() string { return "account_proposals" }

// lockedAccount reads an account and keeps it from being changed by others until the transaction ends; 404 when it is unknown.
func (s *Service) lockedAccount(ctx context.Context, id uuid.UUID) (accountRow, error) {
	row, found, err := one[accountRow](s.DB.From(ctx).Raw("SELECT * FROM accounts WHERE id = ? FOR UPDATE", id), "account")
	if err == nil && !found {
		err = errNoAccount()
	}
	return row, err
}

// insertProposal keeps a proposal once. The oldest of the person go when there are too many.
func (s *Service) insertProposal(ctx context.Context, row proposalRow) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.DB.From(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&row).Error; err != nil {
			return fmt.Errorf("keep proposal: %w", err)
		}
		err := s.DB.From(ctx).Exec(`DELETE FROM account_proposals WHERE id IN (
			SELECT id FROM account_proposals WHERE account_id = ? ORDER BY id DESC OFFSET ?)`, row.AccountID, maxProposals).Error
		if err != nil {
			return fmt.Errorf("keep proposal: %w", err)
		}
		return nil
	})
}

func (s *Service) proposals(ctx context.Context, accountID uuid.UUID) (rows []proposalRow, err error) {
	err = s.DB.From(ctx).Where("account_id = ? AND expires_at > ?", accountID, s.Now()).Order("id DESC").Limit(maxProposals).Find(&rows).Error
	return rows, err
}

// takeProposal takes a proposal of a person out; 404 when there is none.
func (s *Service) takeProposal(ctx context.Context, accountID, id uuid.UUID) (proposalRow, error) {
	row, found, err := one[proposalRow](s.DB.From(ctx).Raw(
		"DELETE FROM account_proposals WHERE id = ? AND account_id = ? AND expires_at > ? RETURNING *", id, accountID, s.Now()), "proposal")
	if err == nil && !found {
		err = problem.NotFound("proposal-unknown", "Diesen Vorschlag gibt es nicht.", "There is no such proposal.")
	}
	return row, err
}
