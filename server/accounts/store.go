package accounts

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
	"portalverbund/server/platform/problem"
)

type accountRow struct {
	ID           uuid.UUID `gorm:"primaryKey"`
	Email        string    // empty: none is confirmed
	Kind         string
	PasswordHash string
	Roles        string // all that somebody has
	Profile      []byte
	Revision     int64
	CreatedAt    time.Time
	ConfirmedAt  time.Time
	DisabledAt   *time.Time

	Directory      string // whose directory names them; empty for a local account
	DirectoryRoles string
	LocalRoles     string // of somebody from a directory: what administrators gave
}

// given are the roles that administrators gave.
func (r accountRow) given() string {
	if r.Directory != "" {
		return r.LocalRoles
	}
	return r.Roles
}

// worksHere says whether this is the account of staff, also of such as have no role left.
func (r accountRow) worksHere() bool { return r.Roles != "" || r.Directory != "" }

func (accountRow) TableName() string { return "accounts" }

type registrationRow struct {
	TokenHash []byte `gorm:"primaryKey"`
	Email     string
	Sealed    []byte
	ExpiresAt time.Time
}

func (registrationRow) TableName() string { return "account_registrations" }

type resetRow struct {
	TokenHash []byte `gorm:"primaryKey"`
	AccountID uuid.UUID
	ExpiresAt time.Time
}

func (resetRow) TableName() string { return "account_resets" }

type consentRow struct {
	ID            uuid.UUID `gorm:"primaryKey"`
	AccountID     uuid.UUID
	Recipient     string
	RecipientName string
	Purpose       string
	PurposeTitle  map[string]string `gorm:"serializer:json"`
	Items         string
	GivenAt       time.Time
	WithdrawnAt   *time.Time
}

func (consentRow) TableName() string { return "consents" }

type accessRow struct {
	ID           uuid.UUID `gorm:"primaryKey"`
	AccountID    uuid.UUID
	At           time.Time
	Who          string
	WhoName      string
	Purpose      string
	PurposeTitle map[string]string `gorm:"serializer:json"`
	Items        string
	Ground       string

	WhoKind       string
	Origin        string     // the portal where it happened, when it came from a room or by message
	EntryID       *uuid.UUID // its id there
	Reference     string
	ApplicationID *uuid.UUID
	ObjectedAt    *time.Time
}

func (accessRow) TableName() string { return "accesses" }

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

func (s *Service) accountByEmail(ctx context.Context, email string) (row accountRow, found bool, err error) {
	return one[accountRow](s.DB.From(ctx).Where("email = ?", email), "account")
}

// accountShared reads an account and, in a transaction, keeps it from being changed until the end.
func (s *Service) accountShared(ctx context.Context, id uuid.UUID) (row accountRow, found bool, err error) {
	return one[accountRow](s.DB.From(ctx).Raw("SELECT * FROM accounts WHERE id = ? FOR SHARE", id), "account")
}

// account reads an account; 404 when it is unknown.
func (s *Service) account(ctx context.Context, id uuid.UUID) (accountRow, error) {
	row, found, err := one[accountRow](s.DB.From(ctx).Where("id = ?", id), "account")
	if err == nil && !found {
		err = errNoAccount()
	}
	return row, err
}

func (s *Service) openProfile(row accountRow) (profile, error) {
	var p profile
	plain, err := s.Keys.Open(sealProfile, row.Profile, row.ID[:])
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(plain, &p); err != nil {
		return p, fmt.Errorf("read profile: %w", err)
	}
	return p, nil
}

func (s *Service) sealedProfile(id uuid.UUID, p profile) ([]byte, error) {
	plain, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("seal profile: %w", err)
	}
	return s.Keys.Seal(sealProfile, plain, id[:])
}

// insertAccount makes an account; created is false when the address has one.
func (s *Service) insertAccount(ctx context.Context, email, hash string, p profile, roles []string) (id uuid.UUID, created bool, err error) {
	if id, err = uuid.NewV7(); err != nil {
		return id, false, fmt.Errorf("make id: %w", err)
	}
	created, err = s.insertAccountAs(ctx, id, email, hash, p, roles)
	return id, created, err
}

// insertAccountAs makes an account with an id that is known before; created is false when the address has one.
func (s *Service) insertAccountAs(ctx context.Context, id uuid.UUID, email, hash string, p profile, roles []string) (created bool, err error) {
	sealed, err := s.sealedProfile(id, p)
	if err != nil {
		return false, err
	}
	now := s.Now()
	res := s.DB.From(ctx).Exec(`INSERT INTO accounts (id, email, password_hash, roles, profile, created_at, confirmed_at)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (email) DO NOTHING`, id, email, hash, strings.Join(roles, " "), sealed, now, now)
	if res.Error != nil {
		return false, fmt.Errorf("make account: %w", res.Error)
	}
	return res.RowsAffected == 1, nil
}

// updateAccount changes columns of an account; 404 when it is unknown.
func (s *Service) updateAccount(ctx context.Context, id uuid.UUID, columns map[string]any) error {
	res := s.DB.From(ctx).Model(&accountRow{}).Where("id = ?", id).Updates(columns)
	if res.Error != nil {
		return fmt.Errorf("change account: %w", res.Error)
	}
	if res.RowsAffected == 0 {
		return errNoAccount()
	}
	return nil
}

func (s *Service) rehash(ctx context.Context, id uuid.UUID, password string) error {
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.updateAccount(ctx, id, map[string]any{"password_hash": hash})
}

// storeProfile writes a profile over the version that was read and gives the new version.
func (s *Service) storeProfile(ctx context.Context, row accountRow, p profile) (int64, error) {
	sealed, err := s.sealedProfile(row.ID, p)
	if err != nil {
		return 0, err
	}
	res := s.DB.From(ctx).Exec("UPDATE accounts SET profile = ?, revision = revision + 1 WHERE id = ? AND revision = ?", sealed, row.ID, row.Revision)
	if res.Error != nil {
		return 0, fmt.Errorf("write profile: %w", res.Error)
	}
	if res.RowsAffected == 0 {
		return 0, problem.Changed()
	}
	return row.Revision + 1, nil
}

// takeRegistration takes a registration out by its token.
func (s *Service) takeRegistration(ctx context.Context, tokenHash []byte) (registrationRow, pending, error) {
	var p pending
	row, found, err := one[registrationRow](s.DB.From(ctx).Raw(
		"DELETE FROM account_registrations WHERE token_hash = ? AND expires_at > ? RETURNING *", tokenHash, s.Now()), "registration")
	if err != nil {
		return row, p, err
	}
	if !found {
		return row, p, errTokenUsed()
	}
	return s.openRegistration(row)
}

// registration reads one and leaves it as it is.
func (s *Service) registration(ctx context.Context, tokenHash []byte) (registrationRow, pending, error) {
	row, found, err := one[registrationRow](s.DB.From(ctx).Where("token_hash = ? AND expires_at > ?", tokenHash, s.Now()), "registration")
	if err == nil && !found {
		err = errTokenUsed()
	}
	if err != nil {
		return row, pending{}, err
	}
	return s.openRegistration(row)
}

func (s *Service) openRegistration(row registrationRow) (registrationRow, pending, error) {
	var p pending
	plain, err := s.Keys.Open(sealRegistration, row.Sealed, row.TokenHash)
	if err != nil {
		return row, p, err
	}
	if err := json.Unmarshal(plain, &p); err != nil {
		return row, p, fmt.Errorf("read registration: %w", err)
	}
	if p.Account == uuid.Nil { // kept before accounts had their id from the beginning
		p.Account, err = uuid.NewV7()
	}
	return row, p, err
}

func (s *Service) dropRegistrations(ctx context.Context, email string) error {
	return s.DB.From(ctx).Where("email = ?", email).Delete(&registrationRow{}).Error
}

func (s *Service) accountOfReset(ctx context.Context, tokenHash []byte) (accountRow, error) {
	row, found, err := one[accountRow](s.DB.From(ctx).Raw(`SELECT a.* FROM account_resets r JOIN accounts a ON a.id = r.account_id
		WHERE r.token_hash = ? AND r.expires_at > ? AND a.disabled_at IS NULL`, tokenHash, s.Now()), "reset")
	if err == nil && !found {
		err = errTokenUsed()
	}
	return row, err
}

// takeReset uses a reset of an account up; its mail has arrived.
func (s *Service) takeReset(ctx context.Context, row accountRow, tokenHash []byte) error {
	res := s.DB.From(ctx).Exec("DELETE FROM account_resets WHERE token_hash = ? AND expires_at > ?", tokenHash, s.Now())
	if res.Error != nil {
		return fmt.Errorf("take reset: %w", res.Error)
	}
	if res.RowsAffected == 0 {
		return errTokenUsed()
	}
	return s.arrives(ctx, row.Email)
}

func (s *Service) dropResets(ctx context.Context, id uuid.UUID) error {
	return s.DB.From(ctx).Where("account_id = ?", id).Delete(&resetRow{}).Error
}

// activeConsent reads the consent that counts now; in a transaction it can't be withdrawn until the end.
func (s *Service) activeConsent(ctx context.Context, accountID uuid.UUID, recipient, purpose string) (row consentRow, found bool, err error) {
	return one[consentRow](s.DB.From(ctx).Raw(`SELECT * FROM consents
		WHERE account_id = ? AND recipient = ? AND purpose = ? AND withdrawn_at IS NULL FOR SHARE`, accountID, recipient, purpose), "consent")
}

func (s *Service) withdrawActive(ctx context.Context, accountID uuid.UUID, recipient, purpose string) error {
	err := s.DB.From(ctx).Exec(`UPDATE consents SET withdrawn_at = ?
		WHERE account_id = ? AND recipient = ? AND purpose = ? AND withdrawn_at IS NULL`, s.Now(), accountID, recipient, purpose).Error
	if err != nil {
		return fmt.Errorf("withdraw consent: %w", err)
	}
	return nil
}

func (s *Service) insertConsent(ctx context.Context, row consentRow) error {
	if err := s.DB.From(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("record consent: %w", err)
	}
	return nil
}

func (s *Service) consents(ctx context.Context, accountID uuid.UUID) (rows []consentRow, err error) {
	err = s.DB.From(ctx).Where("account_id = ?", accountID).Order("id DESC").Find(&rows).Error
	return rows, err
}

func (s *Service) consentOf(ctx context.Context, accountID, id uuid.UUID) (consentRow, error) {
	row, found, err := one[consentRow](s.DB.From(ctx).Where("id = ? AND account_id = ?", id, accountID), "consent")
	if err == nil && !found {
		err = problem.NotFound("consent-unknown", "Diese Einwilligung gibt es nicht.", "There is no such consent.")
	}
	return row, err
}

func (s *Service) insertAccess(ctx context.Context, consent consentRow) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make id: %w", err)
	}
	row := accessRow{
		ID: id, AccountID: consent.AccountID, At: s.Now(), Who: consent.Recipient, WhoName: consent.RecipientName,
		Purpose: consent.Purpose, PurposeTitle: consent.PurposeTitle, Items: consent.Items, Ground: string(types.AccessGroundConsent),
		WhoKind: string(s.recipientKind(consent.Recipient)),
	}
	if err := s.DB.From(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("write access log: %w", err)
	}
	return nil
}

func (s *Service) accesses(ctx context.Context, accountID, before uuid.UUID, limit int) (rows []accessRow, err error) {
	err = s.DB.From(ctx).Where("account_id = ? AND id < ?", accountID, before).Order("id DESC").Limit(limit).Find(&rows).Error
	return rows, err
}

// Sweep deletes registrations, resets, changes of addresses and buckets that have run out, some thousand at a time, and says how many.
func (s *Service) Sweep(ctx context.Context) (int64, error) {
	var total int64
	for _, sweep := range []struct {
		table, key, column string
		before             time.Time
	}{
		{"account_registrations", "token_hash", "expires_at", s.Now()},
		{"account_resets", "token_hash", "expires_at", s.Now()},
		{"account_email_changes", "token_hash", "expires_at", s.Now()},
		{"account_proposals", "id", "expires_at", s.Now()},
		{"account_buckets", "key", "at", s.Now().Add(-24 * time.Hour)},
		{"account_erasures", "id", "erased_at", s.Now().Add(-ErasuresKept)},
	} {
		res := s.DB.From(ctx).Exec(fmt.Sprintf("DELETE FROM %[1]s WHERE %[2]s IN (SELECT %[2]s FROM %[1]s WHERE %[3]s < ? LIMIT ?)",
			sweep.table, sweep.key, sweep.column), sweep.before, jobs.SweepBatch)
		if res.Error != nil {
			return total, fmt.Errorf("sweep %s: %w", sweep.table, res.Error)
		}
		total += res.RowsAffected
	}
	deleted, err := s.DeleteDue(ctx)
	return total + int64(deleted), err
}
