package oidc

import (
	"context"
	"fmt"
	"time"

	"portalverbund/server/platform/jobs"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

type requestRow struct {
	ID            uuid.UUID `gorm:"primaryKey"`
	ClientID      string
	RedirectURI   string
	Scopes        string
	State         string
	Nonce         string
	CodeChallenge string
	AskConsent    bool
	NeededLevel   string
	FreshAfter    *time.Time
	CreatedAt     time.Time
	ExpiresAt     time.Time
	CodeHash      []byte
	AccountID     *uuid.UUID
	SessionID     *uuid.UUID
	AuthTime      *time.Time
	TrustLevel    string
	Methods       string
	ProofKey      string
}

func (requestRow) TableName() string { return "oidc_auth_requests" }

type familyRow struct {
	ID         uuid.UUID `gorm:"primaryKey"`
	ClientID   string
	AccountID  *uuid.UUID
	SessionID  *uuid.UUID
	Scopes     string
	Purpose    string
	TrustLevel string
	Methods    string
	AuthTime   *time.Time
	CodeHash   []byte
	CreatedAt  time.Time
	ExpiresAt  time.Time
	EndedAt    *time.Time
	ProofKey   string

	Registered bool `gorm:"->"` // whether an administrator has registered the client, and it is active; read only

	refreshed bool // not the first tokens of the family
}

func (familyRow) TableName() string { return "oidc_families" }

type refreshRow struct {
	TokenHash []byte `gorm:"primaryKey"`
	FamilyID  uuid.UUID
	CreatedAt time.Time
	UsedAt    *time.Time
	Family    familyRow `gorm:"-"`
}

func (refreshRow) TableName() string { return "oidc_refresh_tokens" }

type subjectRow struct {
	ClientID  string `gorm:"primaryKey"`
	Subject   string `gorm:"primaryKey"`
	AccountID uuid.UUID
}

func (subjectRow) TableName() string { return "oidc_subjects" }

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

func (s *Service) storeRequest(ctx context.Context, row requestRow) error {
	if err := s.DB.From(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("keep sign-in request: %w", err)
	}
	return nil
}

// waitingRequest reads a request without an answer. In a transaction it is locked until the end.
func (s *Service) waitingRequest(ctx context.Context, id uuid.UUID) (row requestRow, found bool, err error) {
	query := "SELECT * FROM oidc_auth_requests WHERE id = ? AND code_hash IS NULL AND expires_at > ?"
	if s.DB.InTx(ctx) {
		query += " FOR UPDATE"
	}
	return one[requestRow](s.DB.From(ctx).Raw(query, id, s.Now()), "sign-in request")
}

// answerRequest writes the answer to a request, once.
func (s *Service) answerRequest(ctx context.Context, row requestRow) (bool, error) {
	res := s.DB.From(ctx).Exec(`UPDATE oidc_auth_requests
		SET code_hash = ?, account_id = ?, session_id = ?, auth_time = ?, trust_level = ?, methods = ?, expires_at = ? WHERE id = ? AND code_hash IS NULL`,
		row.CodeHash, row.AccountID, row.SessionID, row.AuthTime, row.TrustLevel, row.Methods, row.ExpiresAt, row.ID)
	if res.Error != nil {
		return false, fmt.Errorf("answer sign-in request: %w", res.Error)
	}
	return res.RowsAffected == 1, nil
}

// requestByCode reads the request that a code answers; two that redeem it wait for each other.
func (s *Service) requestByCode(ctx context.Context, hash []byte) (row requestRow, found bool, err error) {
	return one[requestRow](s.DB.From(ctx).Raw("SELECT * FROM oidc_auth_requests WHERE code_hash = ? FOR UPDATE", hash), "code")
}

func (s *Service) deleteRequest(ctx context.Context, id uuid.UUID) error {
	return s.deleteRequests(ctx, "id = ?", id)
}

func (s *Service) deleteRequests(ctx context.Context, condition string, value any) error {
	if err := s.DB.From(ctx).Where(condition, value).Delete(&requestRow{}).Error; err != nil {
		return fmt.Errorf("delete sign-in request: %w", err)
	}
	return nil
}

func (s *Service) insertFamily(ctx context.Context, f familyRow) error {
	if err := s.DB.From(ctx).Create(&f).Error; err != nil {
		return fmt.Errorf("keep tokens: %w", err)
	}
	return nil
}

func (s *Service) family(ctx context.Context, id uuid.UUID) (row familyRow, found bool, err error) {
	return one[familyRow](s.DB.From(ctx).Raw(`SELECT f.*, EXISTS (SELECT FROM oidc_clients c WHERE c.id = f.client_id AND c.active) AS registered
		FROM oidc_families f WHERE f.id = ?`, id), "tokens")
}

// endFamilies ends families and says how many were still going.
func (s *Service) endFamilies(ctx context.Context, condition string, values ...any) (int64, error) {
	res := s.DB.From(ctx).Model(&familyRow{}).Where("ended_at IS NULL").Where(condition, values...).Update("ended_at", s.Now())
	if res.Error != nil {
		return 0, fmt.Errorf("end tokens: %w", res.Error)
	}
	return res.RowsAffected, nil
}

func (s *Service) insertRefreshToken(ctx context.Context, row refreshRow) error {
	if err := s.DB.From(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("keep refresh token: %w", err)
	}
	return nil
}

// lockedRefreshToken reads a refresh token with its family; two that use it wait for each other.
func (s *Service) lockedRefreshToken(ctx context.Context, hash []byte) (row refreshRow, found bool, err error) {
	row, found, err = one[refreshRow](s.DB.From(ctx).Raw("SELECT * FROM oidc_refresh_tokens WHERE token_hash = ? FOR UPDATE", hash), "refresh token")
	if err != nil || !found {
		return row, false, err
	}
	row.Family, found, err = one[familyRow](s.DB.From(ctx).Raw("SELECT * FROM oidc_families WHERE id = ? FOR UPDATE", row.FamilyID), "tokens")
	return row, found, err
}

func (s *Service) useRefreshToken(ctx context.Context, hash []byte) error {
	if err := s.DB.From(ctx).Exec("UPDATE oidc_refresh_tokens SET used_at = ? WHERE token_hash = ? AND used_at IS NULL", s.Now(), hash).Error; err != nil {
		return fmt.Errorf("use refresh token: %w", err)
	}
	return nil
}

func (s *Service) storeSubject(ctx context.Context, clientID, subject string, accountID uuid.UUID) error {
	err := s.DB.From(ctx).Exec("INSERT INTO oidc_subjects (client_id, subject, account_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", clientID, subject, accountID).Error
	if err != nil {
		return fmt.Errorf("keep subject: %w", err)
	}
	return nil
}

func (s *Service) subjectRow(ctx context.Context, clientID, subject string) (row subjectRow, found bool, err error) {
	return one[subjectRow](s.DB.From(ctx).Where("client_id = ? AND subject = ?", clientID, subject), "subject")
}

// storeAssertion notes the id of a client's assertion; fresh is false when it was used before.
func (s *Service) storeAssertion(ctx context.Context, clientID, id string, until time.Time) (fresh bool, err error) {
	res := s.DB.From(ctx).Exec("INSERT INTO oidc_assertions (client_id, jti, expires_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", clientID, id, until)
	if res.Error != nil {
		return false, fmt.Errorf("note client assertion: %w", res.Error)
	}
	return res.RowsAffected == 1, nil
}

type signinRow struct {
	SessionID uuid.UUID
	ClientID  string
	AccountID uuid.UUID
}

// storeSignin keeps where a session has signed the person in.
func (s *Service) storeSignin(ctx context.Context, c *client, f familyRow) error {
	if f.SessionID == nil || c.logoutURL == "" {
		return nil
	}
	err := s.DB.From(ctx).Exec(`INSERT INTO oidc_visits (session_id, client_id, account_id, expires_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (session_id, client_id) DO UPDATE SET expires_at = EXCLUDED.expires_at`, *f.SessionID, c.id, *f.AccountID, s.Now().Add(signinKept)).Error
	if err != nil {
		return fmt.Errorf("keep sign-in: %w", err)
	}
	return nil
}

// takeSignins deletes what was kept of sessions, and gives it.
func (s *Service) takeSignins(ctx context.Context, condition string, values ...any) (rows []signinRow, err error) {
	err = s.DB.From(ctx).Raw("DELETE FROM oidc_visits WHERE "+condition+" RETURNING session_id, client_id, account_id", values...).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read sign-ins: %w", err)
	}
	return rows, nil
}

type signingKeyRow struct {
	ID             string `gorm:"primaryKey"`
	Sealed         []byte
	Public         []byte
	CreatedAt      time.Time
	ActiveFrom     time.Time
	PublishedUntil *time.Time
}

func (signingKeyRow) TableName() string { return "oidc_signing_keys" }

// ringLock is the advisory lock of whoever changes the signing keys.
const ringLock = 240_001

func (s *Service) ringTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.DB.From(ctx).Exec("SELECT pg_advisory_xact_lock(?)", ringLock).Error; err != nil {
			return fmt.Errorf("signing keys: %w", err)
		}
		return fn(ctx)
	})
}

// signingKeyRows reads the keys, the newest first.
func (s *Service) signingKeyRows(ctx context.Context) (rows []signingKeyRow, err error) {
	if err := s.DB.From(ctx).Raw("SELECT * FROM oidc_signing_keys ORDER BY active_from DESC, id").Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read signing keys: %w", err)
	}
	return rows, nil
}

func (s *Service) insertSigningKey(ctx context.Context, row signingKeyRow) error {
	err := s.DB.From(ctx).Exec("INSERT INTO oidc_signing_keys (id, sealed, public, created_at, active_from) VALUES (?, ?, ?::jsonb, ?, ?)",
		row.ID, row.Sealed, string(row.Public), row.CreatedAt, row.ActiveFrom).Error
	if err != nil {
		return fmt.Errorf("keep signing key: %w", err)
	}
	return nil
}

func (s *Service) publishUntil(ctx context.Context, id string, until time.Time) error {
	if err := s.DB.From(ctx).Exec("UPDATE oidc_signing_keys SET published_until = ? WHERE id = ?", until, id).Error; err != nil {
		return fmt.Errorf("retire signing key: %w", err)
	}
	return nil
}

func (s *Service) deleteSigningKey(ctx context.Context, id string) error {
	if err := s.DB.From(ctx).Where("id = ?", id).Delete(&signingKeyRow{}).Error; err != nil {
		return fmt.Errorf("forget signing key: %w", err)
	}
	return nil
}

func (s *Service) deleteOtherSigningKeys(ctx context.Context, but string) error {
	if err := s.DB.From(ctx).Where("id <> ?", but).Delete(&signingKeyRow{}).Error; err != nil {
		return fmt.Errorf("withdraw signing keys: %w", err)
	}
	return nil
}

// keepEnded is how long an ended family is kept, so that a code or refresh token that comes again is still noticed.
const keepEnded = time.Hour

// Sweep deletes requests, families and noted ids that have run out, some thousand at a time, and says how many.
func (s *Service) Sweep(ctx context.Context) (int64, error) {
	var total int64
	for _, sweep := range []struct {
		statement string
		before    time.Time
	}{
		{"DELETE FROM oidc_auth_requests WHERE id IN (SELECT id FROM oidc_auth_requests WHERE expires_at < ? LIMIT ?)", s.Now()},
		{"DELETE FROM oidc_pushed_requests WHERE uri_hash IN (SELECT uri_hash FROM oidc_pushed_requests WHERE expires_at < ? LIMIT ?)", s.Now()},
		{"DELETE FROM oidc_families WHERE id IN (SELECT id FROM oidc_families WHERE expires_at < ? LIMIT ?)", s.Now().Add(-keepEnded)},
		{"DELETE FROM oidc_visits WHERE (session_id, client_id) IN (SELECT session_id, client_id FROM oidc_visits WHERE expires_at < ? LIMIT ?)", s.Now()},
		{"DELETE FROM oidc_client_secrets WHERE id IN (SELECT id FROM oidc_client_secrets WHERE expires_at < ? LIMIT ?)", s.Now()},
		{"DELETE FROM oidc_assertions WHERE (client_id, jti) IN (SELECT client_id, jti FROM oidc_assertions WHERE expires_at < ? LIMIT ?)", s.Now()},
	} {
		res := s.DB.From(ctx).Exec(sweep.statement, sweep.before, jobs.SweepBatch)
		if res.Error != nil {
			return total, fmt.Errorf("sweep: %w", res.Error)
		}
		total += res.RowsAffected
	}
	return total, nil
}
