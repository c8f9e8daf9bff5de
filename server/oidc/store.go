package oidc

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

// errNone says that there is no such row.
var errNone = errors.New("none")

type requestRow struct {
	ID            uuid.UUID
	ClientID      string
	RedirectURI   string
	Scopes        string
	State         string
	Nonce         string
	CodeChallenge string
	AskConsent    bool
	Silent        bool
	FreshAfter    *time.Time
	CreatedAt     time.Time
	ExpiresAt     time.Time
	CodeHash      []byte
	AccountID     *uuid.UUID
	SessionID     *uuid.UUID
	AuthTime      *time.Time
	TrustLevel    string
}

func (requestRow) TableName() string { return "oidc_auth_requests" }

type familyRow struct {
	ID         uuid.UUID
	ClientID   string
	AccountID  *uuid.UUID
	SessionID  *uuid.UUID
	Scopes     string
	Purpose    string
	TrustLevel string
	AuthTime   *time.Time
	CodeHash   []byte
	CreatedAt  time.Time
	ExpiresAt  time.Time
	EndedAt    *time.Time
}

func (familyRow) TableName() string { return "oidc_families" }

type refreshRow struct {
	TokenHash []byte
	FamilyID  uuid.UUID
	CreatedAt time.Time
	UsedAt    *time.Time
}

func (refreshRow) TableName() string { return "oidc_refresh_tokens" }

// first reads one row by a query; errNone when there is none.
func first[T any](tx *gorm.DB, query string, args ...any) (T, error) {
	var row T
	res := tx.Raw(query, args...).Scan(&row)
	if res.Error == nil && res.RowsAffected == 0 {
		return row, errNone
	}
	return row, res.Error
}

func (s *Service) insertRequest(ctx context.Context, row requestRow) error {
	return s.DB.From(ctx).Create(&row).Error
}

func (s *Service) requestByID(ctx context.Context, id uuid.UUID) (requestRow, error) {
	return first[requestRow](s.DB.From(ctx), "SELECT * FROM oidc_auth_requests WHERE id = ?", id)
}

// requestByCode locks the row, so that of two redemptions at the same time one finds it gone.
func (s *Service) requestByCode(ctx context.Context, hash []byte) (requestRow, error) {
	return first[requestRow](s.DB.From(ctx), "SELECT * FROM oidc_auth_requests WHERE code_hash = ? FOR UPDATE", hash)
}

func (s *Service) answerRequest(ctx context.Context, id, accountID, sessionID uuid.UUID, authTime time.Time, trustLevel string) error {
	return s.DB.From(ctx).Exec("UPDATE oidc_auth_requests SET account_id = ?, session_id = ?, auth_time = ?, trust_level = ? WHERE id = ?",
		accountID, sessionID, authTime, trustLevel, id).Error
}

// saveCode keeps a code's hash, once: a request gives one code only.
func (s *Service) saveCode(ctx context.Context, id uuid.UUID, hash []byte, expires time.Time) error {
	res := s.DB.From(ctx).Exec("UPDATE oidc_auth_requests SET code_hash = ?, expires_at = ? WHERE id = ? AND code_hash IS NULL", hash, expires, id)
	if res.Error == nil && res.RowsAffected == 0 {
		return errNone
	}
	return res.Error
}

func (s *Service) deleteRequest(ctx context.Context, id uuid.UUID) error {
	return s.DB.From(ctx).Exec("DELETE FROM oidc_auth_requests WHERE id = ?", id).Error
}

func (s *Service) insertFamily(ctx context.Context, row familyRow) error {
	return s.DB.From(ctx).Create(&row).Error
}

func (s *Service) familyByID(ctx context.Context, id uuid.UUID) (familyRow, error) {
	return first[familyRow](s.DB.From(ctx), "SELECT * FROM oidc_families WHERE id = ?", id)
}

func (s *Service) familyByCode(ctx context.Context, hash []byte) (familyRow, error) {
	return first[familyRow](s.DB.From(ctx), "SELECT * FROM oidc_families WHERE code_hash = ?", hash)
}

func (s *Service) endFamilies(ctx context.Context, where string, args ...any) error {
	return s.DB.From(ctx).Model(&familyRow{}).Where("ended_at IS NULL").Where(where, args...).Update("ended_at", s.Now()).Error
}

func (s *Service) insertRefreshToken(ctx context.Context, hash []byte, family uuid.UUID) error {
	return s.DB.From(ctx).Create(&refreshRow{TokenHash: hash, FamilyID: family, CreatedAt: s.Now()}).Error
}

func (s *Service) refreshToken(ctx context.Context, hash []byte) (refreshRow, error) {
	return first[refreshRow](s.DB.From(ctx), "SELECT * FROM oidc_refresh_tokens WHERE token_hash = ? FOR UPDATE", hash)
}

func (s *Service) useRefreshToken(ctx context.Context, hash []byte) error {
	return s.DB.From(ctx).Exec("UPDATE oidc_refresh_tokens SET used_at = COALESCE(used_at, ?) WHERE token_hash = ?", s.Now(), hash).Error
}

func (s *Service) insertSubject(ctx context.Context, clientID, subject string, accountID uuid.UUID) error {
	return s.DB.From(ctx).Exec("INSERT INTO oidc_subjects (client_id, subject, account_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", clientID, subject, accountID).Error
}

func (s *Service) accountOf(ctx context.Context, clientID, subject string) (uuid.UUID, error) {
	row, err := first[struct{ AccountID uuid.UUID }](s.DB.From(ctx), "SELECT account_id FROM oidc_subjects WHERE client_id = ? AND subject = ?", clientID, subject)
	return row.AccountID, err
}

// useAssertion keeps the id of a client assertion; false when it was used before.
func (s *Service) useAssertion(ctx context.Context, clientID, jti string, expires time.Time) (bool, error) {
	res := s.DB.From(ctx).Exec("INSERT INTO oidc_assertions (client_id, jti, expires_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", clientID, jti, expires)
	return res.RowsAffected == 1, res.Error
}

// Sweep deletes what has run out, a bounded number of each, and says how many rows went.
func (s *Service) Sweep(ctx context.Context) (int64, error) {
	var gone int64
	for _, query := range []string{
		"DELETE FROM oidc_auth_requests WHERE id IN (SELECT id FROM oidc_auth_requests WHERE expires_at < ? LIMIT 5000)",
		"DELETE FROM oidc_families WHERE id IN (SELECT id FROM oidc_families WHERE expires_at < ? LIMIT 5000)",
		"DELETE FROM oidc_assertions WHERE (client_id, jti) IN (SELECT client_id, jti FROM oidc_assertions WHERE expires_at < ? LIMIT 5000)",
	} {
		res := s.DB.From(ctx).Exec(query, s.Now().Add(-time.Hour))
		if res.Error != nil {
			return gone, res.Error
		}
		gone += res.RowsAffected
	}
	return gone, nil
}
