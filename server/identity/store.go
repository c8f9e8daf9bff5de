package identity

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"portalverbund/api/types"
	"portalverbund/server/platform/jobs"
)

const sealFlow = "identity/flow"

// Stages of a flow.
const (
	stageBegun    = "begun"
	stageAnswered = "answered"
	stageArrived  = "arrived"
)

type flowRow struct {
	ID        uuid.UUID `gorm:"primaryKey"`
	Browser   []byte
	Provider  string
	Stage     string
	Sealed    []byte
	CreatedAt time.Time
	ExpiresAt time.Time
}

func (flowRow) TableName() string { return "identity_flows" }

type linkRow struct {
	ID          uuid.UUID `gorm:"primaryKey"`
	AccountID   uuid.UUID
	Provider    string
	Subject     []byte
	Level       string
	LinkedAt    time.Time
	LastUsedAt  *time.Time
	Items       string
	TakenOverAt *time.Time
}

func (linkRow) TableName() string { return "identity_links" }

// one reads the row of a query that finds one at most.
func one[T any](q *gorm.DB, what string) (row T, found bool, err error) {
	var rows []T
	if err := q.Find(&rows).Error; err != nil {
		return row, false, fmt.Errorf("read %s: %w", what, err)
	}
	if len(rows) == 0 {
		return row, false, nil
	}
	return rows[0], true, nil
}

func (s *Service) seal(id uuid.UUID, f flow) ([]byte, error) {
	plain, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("keep sign-in: %w", err)
	}
	return s.Keys.Seal(sealFlow, plain, id[:])
}

func (s *Service) open(row flowRow) (flow, error) {
	var f flow
	plain, err := s.Keys.Open(sealFlow, row.Sealed, row.ID[:])
	if err != nil {
		return f, err
	}
	if err := json.Unmarshal(plain, &f); err != nil {
		return f, fmt.Errorf("read sign-in: %w", err)
	}
	return f, nil
}

func (s *Service) insertFlow(ctx context.Context, id uuid.UUID, browser []byte, f flow) error {
	sealed, err := s.seal(id, f)
	if err != nil {
		return err
	}
	now := s.Now()
	row := flowRow{ID: id, Browser: browser, Provider: f.Provider, Stage: stageBegun, Sealed: sealed, CreatedAt: now, ExpiresAt: now.Add(flowLife)}
	if err := s.DB.From(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("keep sign-in: %w", err)
	}
	return nil
}

// begunFlow reads a flow that waits for the identity provider's answer.
func (s *Service) begunFlow(ctx context.Context, id uuid.UUID, provider string) (flow, bool, error) {
	row, found, err := one[flowRow](s.DB.From(ctx).Where("id = ? AND provider = ? AND stage = ? AND expires_at > ?", id, provider, stageBegun, s.Now()), "sign-in")
	if err != nil || !found {
		return flow{}, false, err
	}
	f, err := s.open(row)
	return f, err == nil, err
}

// answerFlow writes the answer to a flow, once.
func (s *Service) answerFlow(ctx context.Context, id uuid.UUID, f flow) (bool, error) {
	sealed, err := s.seal(id, f)
	if err != nil {
		return false, err
	}
	res := s.DB.From(ctx).Exec("UPDATE identity_flows SET stage = ?, sealed = ? WHERE id = ? AND stage = ?", stageAnswered, sealed, id, stageBegun)
	if res.Error != nil {
		return false, fmt.Errorf("keep answer: %w", res.Error)
	}
	return res.RowsAffected == 1, nil
}

// arriveFlow takes an answered flow in the browser that began it, once.
func (s *Service) arriveFlow(ctx context.Context, id uuid.UUID, browser []byte) (flow, bool, error) {
	row, found, err := one[flowRow](s.DB.From(ctx).Raw(`UPDATE identity_flows SET stage = ?, expires_at = ?
		WHERE id = ? AND browser = ? AND stage = ? AND expires_at > ? RETURNING *`, stageArrived, s.Now().Add(flowLife), id, browser, stageAnswered, s.Now()), "sign-in")
	if err != nil || !found {
		return flow{}, false, err
	}
	f, err := s.open(row)
	return f, err == nil, err
}

// arrivedFlow reads what has arrived in a browser. In a transaction nobody else works with it.
func (s *Service) arrivedFlow(ctx context.Context, id uuid.UUID, browser []byte) (flow, bool, error) {
	query := "SELECT * FROM identity_flows WHERE id = ? AND browser = ? AND stage = ? AND expires_at > ?"
	if s.DB.InTx(ctx) {
		query += " FOR UPDATE"
	}
	row, found, err := one[flowRow](s.DB.From(ctx).Raw(query, id, browser, stageArrived, s.Now()), "arrival")
	if err != nil || !found {
		return flow{}, false, err
	}
	f, err := s.open(row)
	return f, err == nil, err
}

func (s *Service) deleteFlow(ctx context.Context, id uuid.UUID) error {
	if err := s.DB.From(ctx).Where("id = ?", id).Delete(&flowRow{}).Error; err != nil {
		return fmt.Errorf("end sign-in: %w", err)
	}
	return nil
}

// noteAssertion notes an assertion's id; fresh is false when it was taken before, by whichever process.
func (s *Service) noteAssertion(ctx context.Context, provider, id string, until time.Time) (fresh bool, err error) {
	res := s.DB.From(ctx).Exec("INSERT INTO identity_assertions (provider, id, expires_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", provider, id, until)
	if res.Error != nil {
		return false, fmt.Errorf("note assertion: %w", res.Error)
	}
	return res.RowsAffected == 1, nil
}

func (s *Service) linkOf(ctx context.Context, provider, subject string) (linkRow, bool, error) {
	return one[linkRow](s.DB.From(ctx).Where("provider = ? AND subject = ?", provider, s.subjectOf(provider, subject)), "identity")
}

func (s *Service) linksOf(ctx context.Context, accountID uuid.UUID) (rows []linkRow, err error) {
	if err := s.DB.From(ctx).Where("account_id = ?", accountID).Order("linked_at, id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read identities: %w", err)
	}
	return rows, nil
}

func (s *Service) insertLink(ctx context.Context, accountID uuid.UUID, f flow) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make id: %w", err)
	}
	now := s.Now()
	row := linkRow{
		ID: id, AccountID: accountID, Provider: f.Provider, Subject: s.subjectOf(f.Provider, f.Statement.Subject), Level: string(f.Statement.Level),
		LinkedAt: now, LastUsedAt: &now,
	}
	if err := s.DB.From(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("link identity: %w", err)
	}
	return nil
}

func (s *Service) usedLink(ctx context.Context, id uuid.UUID, level types.TrustLevel) error {
	if err := s.DB.From(ctx).Exec("UPDATE identity_links SET last_used_at = ?, level = ? WHERE id = ?", s.Now(), string(level), id).Error; err != nil {
		return fmt.Errorf("note use of identity: %w", err)
	}
	return nil
}

func (s *Service) takenOver(ctx context.Context, id uuid.UUID, items []types.ProfileItem) error {
	names := make([]string, 0, len(items))
	for _, item := range items {
		names = append(names, string(item))
	}
	err := s.DB.From(ctx).Exec("UPDATE identity_links SET items = ?, taken_over_at = ? WHERE id = ?", strings.Join(names, " "), s.Now(), id).Error
	if err != nil {
		return fmt.Errorf("note data taken over: %w", err)
	}
	return nil
}

func (s *Service) deleteLink(ctx context.Context, id uuid.UUID) error {
	if err := s.DB.From(ctx).Where("id = ?", id).Delete(&linkRow{}).Error; err != nil {
		return fmt.Errorf("unlink identity: %w", err)
	}
	return nil
}

// Sweep deletes what has run out, some thousand rows at a time, and says how many of the kind with most.
func (s *Service) Sweep(ctx context.Context) (int64, error) {
	flows := s.DB.From(ctx).Exec("DELETE FROM identity_flows WHERE id IN (SELECT id FROM identity_flows WHERE expires_at < ? LIMIT ?)", s.Now(), jobs.SweepBatch)
	if flows.Error != nil {
		return 0, fmt.Errorf("sweep sign-ins: %w", flows.Error)
	}
	assertions := s.DB.From(ctx).Exec(`DELETE FROM identity_assertions WHERE (provider, id) IN (
		SELECT provider, id FROM identity_assertions WHERE expires_at < ? LIMIT ?)`, s.Now(), jobs.SweepBatch)
	if assertions.Error != nil {
		return 0, fmt.Errorf("sweep assertions: %w", assertions.Error)
	}
	return max(flows.RowsAffected, assertions.RowsAffected), nil
}
