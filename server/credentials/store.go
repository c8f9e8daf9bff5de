package credentials

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"portalverbund/api/types"
	"portalverbund/server/platform/jobs"
	"portalverbund/server/platform/problem"
)

var (
	errUnknownPasskey = errors.New("no account has this passkey")
	errCopied         = errors.New("the signature counter went back: the passkey seems to be copied")
)

type passkeyRow struct {
	ID           uuid.UUID `gorm:"primaryKey"`
	AccountID    uuid.UUID
	CredentialID []byte
	Record       []byte
	Name         string
	Synced       bool
	CreatedAt    time.Time
	LastUsedAt   *time.Time
}

func (passkeyRow) TableName() string { return "passkeys" }

func (r passkeyRow) described() types.Passkey {
	return types.Passkey{Id: r.ID, Name: r.Name, CreatedAt: r.CreatedAt, LastUsedAt: r.LastUsedAt, Synced: r.Synced}
}

type ceremonyRow struct {
	ID        uuid.UUID `gorm:"primaryKey"`
	Browser   []byte
	Sealed    []byte
	ExpiresAt time.Time
}

func (ceremonyRow) TableName() string { return "passkey_ceremonies" }

type codeRow struct {
	AccountID   uuid.UUID `gorm:"primaryKey"`
	Secret      []byte
	ConfirmedAt *time.Time
	LastStep    int64
}

func (codeRow) TableName() string { return "one_time_codes" }

type recoveryRow struct {
	AccountID uuid.UUID `gorm:"primaryKey"`
	Hash      []byte    `gorm:"primaryKey"`
}

func (recoveryRow) TableName() string { return "recovery_codes" }

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

func (s *Service) passkeysOf(ctx context.Context, accountID uuid.UUID) (rows []passkeyRow, err error) {
	if err := s.DB.From(ctx).Where("account_id = ?", accountID).Order("id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read passkeys: %w", err)
	}
	return rows, nil
}

// lockedPasskeysOf reads the passkeys of an account, which nobody else adds to or takes from until the transaction ends.
func (s *Service) lockedPasskeysOf(ctx context.Context, accountID uuid.UUID) ([]passkeyRow, error) {
	if err := s.DB.From(ctx).Exec("SELECT FROM accounts WHERE id = ? FOR UPDATE", accountID).Error; err != nil {
		return nil, fmt.Errorf("lock account: %w", err)
	}
	return s.passkeysOf(ctx, accountID)
}

func (s *Service) passkeyByCredential(ctx context.Context, credentialID []byte) (passkeyRow, bool, error) {
	return one[passkeyRow](s.DB.From(ctx).Where("credential_id = ?", credentialID), "passkey")
}

// userOf gives an account as the library asks for it, with the passkeys of rows.
func (s *Service) userOf(ctx context.Context, accountID uuid.UUID, rows []passkeyRow) (*user, error) {
	given, family, email, err := s.rooms.Accounts.PersonNames(ctx, accountID)
	if err != nil {
		return nil, err
	}
	u := &user{id: accountID, name: email, displayName: given + " " + family}
	for _, row := range rows {
		plain, err := s.Keys.Open(sealPasskey, row.Record, row.ID[:])
		if err != nil {
			return nil, err
		}
		var credential webauthn.Credential
		if err := json.Unmarshal(plain, &credential); err != nil {
			return nil, fmt.Errorf("read passkey: %w", err)
		}
		u.passkeys = append(u.passkeys, credential)
	}
	return u, nil
}

func (s *Service) newPasskeyRow(accountID uuid.UUID, name string, credential *webauthn.Credential) (passkeyRow, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return passkeyRow{}, fmt.Errorf("make id: %w", err)
	}
	row := passkeyRow{
		ID: id, AccountID: accountID, CredentialID: credential.ID, Name: name, Synced: credential.Flags.BackupEligible, CreatedAt: s.Now(),
	}
	row.Record, err = s.sealPasskey(id, credential)
	return row, err
}

func (s *Service) sealPasskey(id uuid.UUID, credential *webauthn.Credential) ([]byte, error) {
	plain, err := json.Marshal(credential)
	if err != nil {
		return nil, fmt.Errorf("seal passkey: %w", err)
	}
	return s.Keys.Seal(sealPasskey, plain, id[:])
}

func (s *Service) insertPasskey(ctx context.Context, row passkeyRow) error {
	res := s.DB.From(ctx).Exec(`INSERT INTO passkeys (id, account_id, credential_id, record, name, synced, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (credential_id) DO NOTHING`,
		row.ID, row.AccountID, row.CredentialID, row.Record, row.Name, row.Synced, row.CreatedAt)
	if res.Error != nil {
		return fmt.Errorf("keep passkey: %w", res.Error)
	}
	if res.RowsAffected == 0 {
		return problem.Conflict("passkey-known", "Diesen Passkey gibt es schon.", "This passkey is known already.")
	}
	return nil
}

func (s *Service) renamePasskey(ctx context.Context, accountID, id uuid.UUID, name string) (passkeyRow, bool, error) {
	return one[passkeyRow](s.DB.From(ctx).Raw("UPDATE passkeys SET name = ? WHERE id = ? AND account_id = ? RETURNING *", name, id, accountID), "passkey")
}

func (s *Service) deletePasskey(ctx context.Context, id uuid.UUID) error {
	if err := s.DB.From(ctx).Where("id = ?", id).Delete(&passkeyRow{}).Error; err != nil {
		return fmt.Errorf("remove passkey: %w", err)
	}
	return nil
}

// dropPasskeys takes all passkeys of an account away.
func (s *Service) dropPasskeys(ctx context.Context, accountID uuid.UUID) error {
	if err := s.DB.From(ctx).Where("account_id = ?", accountID).Delete(&passkeyRow{}).Error; err != nil {
		return fmt.Errorf("remove passkeys: %w", err)
	}
	return nil
}

// used keeps what a sign-in says about a passkey: its counter, and that it was used.
func (s *Service) used(ctx context.Context, row passkeyRow, credential *webauthn.Credential) error {
	record, err := s.sealPasskey(row.ID, credential)
	if err != nil {
		return err
	}
	err = s.DB.From(ctx).Exec("UPDATE passkeys SET record = ?, last_used_at = ? WHERE id = ?", record, s.Now(), row.ID).Error
	if err != nil {
		return fmt.Errorf("write passkey: %w", err)
	}
	return nil
}

// ceremonyOnce takes out a ceremony that has not run out.
func (s *Service) ceremonyOnce(ctx context.Context, id uuid.UUID, browser []byte) (ceremonyRow, bool, error) {
	return one[ceremonyRow](s.DB.From(ctx).Raw(
		"DELETE FROM passkey_ceremonies WHERE id = ? AND browser = ? AND expires_at > ? RETURNING *", id, browser, s.Now()), "ceremony")
}

func (s *Service) codeOf(ctx context.Context, accountID uuid.UUID) (codeRow, bool, error) {
	return one[codeRow](s.DB.From(ctx).Where("account_id = ?", accountID), "one-time codes")
}

// lockedCodeOf reads the secret of an account, which nobody else uses or changes until the transaction ends.
func (s *Service) lockedCodeOf(ctx context.Context, accountID uuid.UUID) (codeRow, bool, error) {
	return one[codeRow](s.DB.From(ctx).Raw("SELECT * FROM one_time_codes WHERE account_id = ? FOR UPDATE", accountID), "one-time codes")
}

// storeUnconfirmed keeps a new secret in place of one that was not confirmed; kept is false when there is a confirmed one.
func (s *Service) storeUnconfirmed(ctx context.Context, accountID uuid.UUID, sealed []byte) (kept bool, err error) {
	res := s.DB.From(ctx).Exec(`INSERT INTO one_time_codes AS c (account_id, secret) VALUES (?, ?)
		ON CONFLICT (account_id) DO UPDATE SET secret = EXCLUDED.secret, last_step = 0 WHERE c.confirmed_at IS NULL`, accountID, sealed)
	if res.Error != nil {
		return false, fmt.Errorf("keep secret: %w", res.Error)
	}
	return res.RowsAffected == 1, nil
}

func (s *Service) confirmCode(ctx context.Context, accountID uuid.UUID, step int64) error {
	err := s.DB.From(ctx).Exec("UPDATE one_time_codes SET confirmed_at = ?, last_step = ? WHERE account_id = ?", s.Now(), step, accountID).Error
	if err != nil {
		return fmt.Errorf("confirm one-time codes: %w", err)
	}
	return nil
}

func (s *Service) useStep(ctx context.Context, accountID uuid.UUID, step int64) error {
	if err := s.DB.From(ctx).Exec("UPDATE one_time_codes SET last_step = ? WHERE account_id = ?", step, accountID).Error; err != nil {
		return fmt.Errorf("use code: %w", err)
	}
	return nil
}

// dropCodes takes one-time codes and recovery codes of an account away.
func (s *Service) dropCodes(ctx context.Context, accountID uuid.UUID) error {
	for _, row := range []any{&codeRow{}, &recoveryRow{}} {
		if err := s.DB.From(ctx).Where("account_id = ?", accountID).Delete(row).Error; err != nil {
			return fmt.Errorf("remove one-time codes: %w", err)
		}
	}
	return nil
}

// dropOneTimeCodes takes one-time codes of an account away, and leaves its recovery codes.
func (s *Service) dropOneTimeCodes(ctx context.Context, accountID uuid.UUID) error {
	if err := s.DB.From(ctx).Where("account_id = ?", accountID).Delete(&codeRow{}).Error; err != nil {
		return fmt.Errorf("remove one-time codes: %w", err)
	}
	return nil
}

func (s *Service) hasRecoveryRow(ctx context.Context, accountID uuid.UUID, hash []byte) (bool, error) {
	_, found, err := one[recoveryRow](s.DB.From(ctx).Where("account_id = ? AND hash = ?", accountID, hash), "recovery code")
	return found, err
}

func (s *Service) countRecoveryCodes(ctx context.Context, accountID uuid.UUID) (int, error) {
	var n int64
	if err := s.DB.From(ctx).Model(&recoveryRow{}).Where("account_id = ?", accountID).Count(&n).Error; err != nil {
		return 0, fmt.Errorf("count recovery codes: %w", err)
	}
	return int(n), nil
}

func (s *Service) replaceRecoveryRows(ctx context.Context, accountID uuid.UUID, rows []recoveryRow) error {
	if err := s.DB.From(ctx).Where("account_id = ?", accountID).Delete(&recoveryRow{}).Error; err != nil {
		return fmt.Errorf("replace recovery codes: %w", err)
	}
	if err := s.DB.From(ctx).Create(&rows).Error; err != nil {
		return fmt.Errorf("replace recovery codes: %w", err)
	}
	return nil
}

func (s *Service) takeRecoveryCode(ctx context.Context, accountID uuid.UUID, hash []byte) (bool, error) {
	res := s.DB.From(ctx).Where("account_id = ? AND hash = ?", accountID, hash).Delete(&recoveryRow{})
	if res.Error != nil {
		return false, fmt.Errorf("use recovery code: %w", res.Error)
	}
	return res.RowsAffected == 1, nil
}

// Sweep deletes ceremonies that have run out, some thousand at a time, and says how many.
func (s *Service) Sweep(ctx context.Context) (int64, error) {
	res := s.DB.From(ctx).Exec("DELETE FROM passkey_ceremonies WHERE id IN (SELECT id FROM passkey_ceremonies WHERE expires_at < ? LIMIT ?)", s.Now(), jobs.SweepBatch)
	if res.Error != nil {
		return 0, fmt.Errorf("sweep ceremonies: %w", res.Error)
	}
	return res.RowsAffected, nil
}

// reasonOf gives what the library found wrong, without the values that it found.
func reasonOf(err error) string {
	var p *protocol.Error
	if errors.As(err, &p) {
		return p.Type
	}
	if errors.Is(err, errUnknownPasskey) || errors.Is(err, errCopied) {
		return err.Error()
	}
	return "not an answer of Web Authentication"
}
