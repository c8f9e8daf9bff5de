package signin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/jobs"
)

type sessionRow struct {
	ID         uuid.UUID `gorm:"primaryKey"`
	TokenHash  []byte
	AccountID  *uuid.UUID
	Issuer     string
	Subject    string
	Roles      string
	TrustLevel string
	Methods    string
	Directory  string // by which staff began it; empty: by a local account
	LevelBy    string
	LevelAt    *time.Time
	Sealed     []byte
	Browser    string
	AuthTime   time.Time
	CreatedAt  time.Time
	LastSeenAt time.Time
	ExpiresAt  time.Time

	HomeSession string     // how the account home names the session there that this one came from
	ActingPower *uuid.UUID // the power of attorney by which it acts for somebody
}

func (sessionRow) TableName() string { return "sessions" }

func (r sessionRow) samePerson(other sessionRow) bool {
	if r.AccountID != nil || other.AccountID != nil {
		return r.AccountID != nil && other.AccountID != nil && *r.AccountID == *other.AccountID
	}
	return r.Issuer == other.Issuer && r.Subject == other.Subject
}

type purposeRow struct {
	SessionID uuid.UUID `gorm:"primaryKey"`
	Purpose   string    `gorm:"primaryKey"`
	Sealed    []byte
	ExpiresAt time.Time
}

func (purposeRow) TableName() string { return "session_purposes" }

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

// sessionQuery is asked with nearly every request.
const sessionQuery = `SELECT id, token_hash, account_id, issuer, subject, roles, trust_level, methods, directory, level_by, level_at, sealed, browser, auth_time, created_at, last_seen_at,
	expires_at, home_session, acting_power FROM sessions WHERE token_hash = $1`

func (s *Service) sessionByToken(ctx context.Context, hash []byte) (row sessionRow, found bool, err error) {
	rows, _ := s.DB.Pgx(ctx).Query(ctx, sessionQuery, hash) // the error comes with the row
	row, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[sessionRow])
	if errors.Is(err, pgx.ErrNoRows) {
		return row, false, nil
	}
	if err != nil {
		return row, false, fmt.Errorf("read session: %w", err)
	}
	return row, true, nil
}

func (s *Service) session(ctx context.Context, id uuid.UUID) (row sessionRow, found bool, err error) {
	return one[sessionRow](s.DB.From(ctx).Where("id = ?", id), "session")
}

// lockedSession reads a session and keeps others from changing it until the transaction ends.
func (s *Service) lockedSession(ctx context.Context, id uuid.UUID) (row sessionRow, found bool, err error) {
	return one[sessionRow](s.DB.From(ctx).Raw("SELECT * FROM sessions WHERE id = ? FOR UPDATE", id), "session")
}

// sessionsOf reads the sessions of the person who calls.
func (s *Service) sessionsOf(ctx context.Context, c httpx.Caller) (rows []sessionRow, err error) {
	q := s.DB.From(ctx).Order("created_at DESC")
	switch {
	case c.Kind != httpx.SessionCaller:
		return nil, errNotSignedIn()
	case c.AccountID != uuid.Nil:
		q = q.Where("account_id = ?", c.AccountID)
	default:
		q = q.Where("issuer = ? AND subject = ? AND subject <> ''", c.Person.Issuer, c.Person.Subject)
	}
	if err := q.Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read sessions: %w", err)
	}
	return rows, nil
}

// seen notes that the browser was heard of, at most once a minute.
func (s *Service) seen(ctx context.Context, row *sessionRow) error {
	now := s.Now()
	if now.Sub(row.LastSeenAt) < seenEvery {
		return nil
	}
	row.LastSeenAt = now
	err := s.DB.From(ctx).Exec("UPDATE sessions SET last_seen_at = ? WHERE id = ? AND last_seen_at < ?", now, row.ID, now).Error
	if err != nil {
		return fmt.Errorf("write session: %w", err)
	}
	return nil
}

// storeSession inserts a session, or replaces the one with its id.
func (s *Service) storeSession(ctx context.Context, row sessionRow) error {
	err := s.DB.From(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, UpdateAll: true}).Create(&row).Error
	if err != nil {
		return fmt.Errorf("write session: %w", err)
	}
	return nil
}

func (s *Service) storeSealed(ctx context.Context, id uuid.UUID, sealed []byte) error {
	if err := s.DB.From(ctx).Exec("UPDATE sessions SET sealed = ? WHERE id = ?", sealed, id).Error; err != nil {
		return fmt.Errorf("write session: %w", err)
	}
	return nil
}

func (s *Service) deleteSession(ctx context.Context, id uuid.UUID) error {
	if err := s.DB.From(ctx).Where("id = ?", id).Delete(&sessionRow{}).Error; err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

func (s *Service) deleteAccountSessions(ctx context.Context, accountID uuid.UUID) error {
	if err := s.DB.From(ctx).Where("account_id = ?", accountID).Delete(&sessionRow{}).Error; err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}

// deleteSessionsFrom deletes the sessions that came from one at the account home, and says how many there were.
func (s *Service) deleteSessionsFrom(ctx context.Context, issuer, homeSession string) (int64, error) {
	res := s.DB.From(ctx).Where("home_session = ? AND home_session <> '' AND issuer = ?", homeSession, issuer).Delete(&sessionRow{})
	if res.Error != nil {
		return 0, fmt.Errorf("end sessions: %w", res.Error)
	}
	return res.RowsAffected, nil
}

// deleteOtherSessions deletes the sessions of an account but one, and gives their ids.
func (s *Service) deleteOtherSessions(ctx context.Context, accountID, but uuid.UUID) ([]uuid.UUID, error) {
	var rows []sessionRow
	err := s.DB.From(ctx).Raw("DELETE FROM sessions WHERE account_id = ? AND id <> ? RETURNING id", accountID, but).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("end sessions: %w", err)
	}
	ids := make([]uuid.UUID, 0, len(rows))
	for _, row := range rows {
		ids = append(ids, row.ID)
	}
	return ids, nil
}

func (s *Service) purpose(ctx context.Context, sessionID uuid.UUID, purpose string) (row purposeRow, found bool, err error) {
	return one[purposeRow](s.DB.From(ctx).Where("session_id = ? AND purpose = ?", sessionID, purpose), "token")
}

func (s *Service) storePurpose(ctx context.Context, row purposeRow) error {
	err := s.DB.From(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "session_id"}, {Name: "purpose"}}, UpdateAll: true}).Create(&row).Error
	if err != nil {
		return fmt.Errorf("keep token: %w", err)
	}
	return nil
}

func (s *Service) deletePurpose(ctx context.Context, sessionID uuid.UUID, purpose string) error {
	return s.DB.From(ctx).Where("session_id = ? AND purpose = ?", sessionID, purpose).Delete(&purposeRow{}).Error
}

// Sweep deletes sessions, begun sign-ins and browsers that have run out, some thousand at a time, and says how many of the kind with most.
func (s *Service) Sweep(ctx context.Context) (int64, error) {
	res := s.DB.From(ctx).Exec("DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at < ? LIMIT ?)", s.Now(), jobs.SweepBatch)
	if res.Error != nil {
		return 0, fmt.Errorf("sweep sessions: %w", res.Error)
	}
	pending := s.DB.From(ctx).Exec("DELETE FROM pending_factors WHERE token_hash IN (SELECT token_hash FROM pending_factors WHERE expires_at < ? LIMIT ?)", s.Now(), jobs.SweepBatch)
	if pending.Error != nil {
		return 0, fmt.Errorf("sweep sign-ins: %w", pending.Error)
	}
	devices, err := s.sweepDevices(ctx)
	return max(res.RowsAffected, pending.RowsAffected, devices), err
}
