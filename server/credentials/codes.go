package credentials

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"portalverbund/api/types"
	"portalverbund/server/platform/problem"
)

// One-time codes as all authenticator apps know them (RFC 6238 with its defaults).
const (
	codePeriod    = 30 // seconds
	codeSkew      = 1  // steps before and after, for clocks that are a little off
	secretBytes   = 20 // RFC 4226, section 4, R6
	recoveryCount = 10
	recoveryBytes = 8 // 64 bits: 13 characters in base32, of which 12 are shown
	sealSecret    = "credentials/code"
)

// BeginOneTimeCodes makes the secret for an app. It counts once it is confirmed; until then the account is as before.
func (s *Service) BeginOneTimeCodes(ctx context.Context) (types.OneTimeCodeSetup, error) {
	c, err := s.recent(ctx)
	if err != nil {
		return types.OneTimeCodeSetup{}, err
	}
	goesWith, err := s.hasFirstFactor(ctx, c.AccountID)
	if err != nil {
		return types.OneTimeCodeSetup{}, err
	}
	if !goesWith {
		return types.OneTimeCodeSetup{}, problem.Conflict("no-password", "Einmal-Codes ergänzen ein Passwort. Ihr Konto hat keines.", "One-time codes go with a password. Your account has none.")
	}
	_, _, email, err := s.rooms.Accounts.PersonNames(ctx, c.AccountID)
	if err != nil {
		return types.OneTimeCodeSetup{}, err
	}
	if email == "" { // somebody whose directory names no address
		email = c.DisplayName
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: s.Self.Name, AccountName: email, Period: codePeriod, SecretSize: secretBytes, Digits: otp.DigitsSix})
	if err != nil {
		return types.OneTimeCodeSetup{}, fmt.Errorf("make secret: %w", err)
	}
	sealed, err := s.Keys.Seal(sealSecret, []byte(key.Secret()), c.AccountID[:])
	if err != nil {
		return types.OneTimeCodeSetup{}, err
	}
	kept, err := s.storeUnconfirmed(ctx, c.AccountID, sealed)
	if err == nil && !kept {
		err = problem.Conflict("codes-exist", "Einmal-Codes sind schon eingerichtet.", "One-time codes are set up already.").
			With(problem.Text{De: "Entfernen Sie sie zuerst, um eine andere App zu verwenden.", En: "Remove them first to use another app."})
	}
	if err != nil {
		return types.OneTimeCodeSetup{}, err
	}
	return types.OneTimeCodeSetup{Secret: key.Secret(), Uri: key.URL()}, nil
}

// ConfirmOneTimeCodes takes the first code of the app, and gives recovery codes.
func (s *Service) ConfirmOneTimeCodes(ctx context.Context, code string) (codes []string, err error) {
	c, err := s.recent(ctx)
	if err != nil {
		return nil, err
	}
	right, err := s.rooms.Accounts.Attempt(ctx, c.AccountID, "code")
	if err != nil {
		return nil, err
	}
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		row, found, err := s.lockedCodeOf(ctx, c.AccountID)
		if err != nil {
			return err
		}
		if !found || row.ConfirmedAt != nil {
			return problem.NotFound("codes-unknown", "Es gibt nichts zu bestätigen.", "There is nothing to confirm.").
				With(problem.Text{De: "Beginnen Sie noch einmal mit dem Einrichten.", En: "Begin the set-up again."})
		}
		step, err := s.stepOf(row, code)
		if err != nil {
			return err
		}
		if step == 0 {
			return problem.Invalid(wrongCode())
		}
		if err := s.confirmCode(ctx, c.AccountID, step); err != nil {
			return err
		}
		if codes, err = s.newRecoveryCodes(ctx, c.AccountID); err != nil {
			return err
		}
		return s.tell(ctx, c.AccountID, problem.Text{
			De: "Die Anmeldung mit Passwort verlangt jetzt zusätzlich einen Einmal-Code.", En: "Signing in with the password now also asks for a one-time code.",
		})
	})
	if err != nil {
		return nil, err
	}
	return codes, right(ctx)
}

// RemoveOneTimeCodes takes one-time codes and recovery codes of the caller away.
func (s *Service) RemoveOneTimeCodes(ctx context.Context) error {
	c, err := s.recent(ctx)
	if err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		row, found, err := s.lockedCodeOf(ctx, c.AccountID)
		if err != nil {
			return err
		}
		if !found || row.ConfirmedAt == nil {
			return errNoCodes()
		}
		if err := s.dropCodes(ctx, c.AccountID); err != nil {
			return err
		}
		return s.tell(ctx, c.AccountID, problem.Text{
			De: "Die Anmeldung verlangt keinen Einmal-Code mehr.", En: "Signing in asks for no one-time code any more.",
		})
	})
}

// mayHaveRecoveryCodes refuses (404 codes-unknown) an account that recovery codes are of no use to: they stand for the one-time code, or, of
// an account without a password, for passkeys that are lost. The account stays as it is until the transaction ends.
func (s *Service) mayHaveRecoveryCodes(ctx context.Context, accountID uuid.UUID) error {
	passkeys, err := s.lockedPasskeysOf(ctx, accountID)
	if err != nil {
		return err
	}
	more, err := s.hasFirstFactor(ctx, accountID)
	if err != nil || (!more && len(passkeys) > 0) {
		return err
	}
	row, found, err := s.lockedCodeOf(ctx, accountID)
	if err == nil && (!found || row.ConfirmedAt == nil) {
		err = errNoCodes()
	}
	return err
}

// ReplaceRecoveryCodes makes new recovery codes for the caller; the old ones work no more.
func (s *Service) ReplaceRecoveryCodes(ctx context.Context) (codes []string, err error) {
	c, err := s.recent(ctx)
	if err != nil {
		return nil, err
	}
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.mayHaveRecoveryCodes(ctx, c.AccountID); err != nil {
			return err
		}
		if codes, err = s.newRecoveryCodes(ctx, c.AccountID); err != nil {
			return err
		}
		return s.tell(ctx, c.AccountID, problem.Text{De: "Neue Wiederherstellungs-Codes wurden erstellt.", En: "New recovery codes were made."})
	})
	return codes, err
}

// ProveCode checks a one-time code of an account, in the transaction of ctx. A wrong one, or one used before, is code-wrong
// (401).
func (s *Service) ProveCode(ctx context.Context, accountID uuid.UUID, code string) error {
	row, found, err := s.lockedCodeOf(ctx, accountID)
	if err != nil {
		return err
	}
	if !found || row.ConfirmedAt == nil {
		return errCodeWrong()
	}
	step, err := s.stepOf(row, code)
	if err != nil {
		return err
	}
	if step == 0 {
		return errCodeWrong()
	}
	return s.useStep(ctx, accountID, step)
}

// ProveRecoveryCode uses a recovery code up, in the transaction of ctx, and tells the owner. A wrong one is code-wrong (401).
func (s *Service) ProveRecoveryCode(ctx context.Context, accountID uuid.UUID, code string) error {
	used, err := s.takeRecoveryCode(ctx, accountID, s.recoveryHash(accountID, code))
	if err != nil {
		return err
	}
	if !used {
		return errCodeWrong()
	}
	left, err := s.countRecoveryCodes(ctx, accountID)
	if err != nil {
		return err
	}
	return s.tell(ctx, accountID, problem.Text{
		De: fmt.Sprintf("Ein Wiederherstellungs-Code wurde benutzt. Es sind noch %d übrig.", left),
		En: fmt.Sprintf("A recovery code was used. There are %d left.", left),
	})
}

// stepOf gives the time step that a code belongs to, after the one used last; 0 when it is wrong.
func (s *Service) stepOf(row codeRow, code string) (int64, error) {
	secret, err := s.Keys.Open(sealSecret, row.Secret, row.AccountID[:])
	if err != nil {
		return 0, err
	}
	code, current := strings.ReplaceAll(code, " ", ""), s.Now().Unix()/codePeriod
	for skew := int64(-codeSkew); skew <= codeSkew; skew++ {
		step := current + skew
		if step <= row.LastStep {
			continue
		}
		right, err := totp.ValidateCustom(code, string(secret), time.Unix(step*codePeriod, 0), totp.ValidateOpts{Period: codePeriod, Skew: 0, Digits: otp.DigitsSix})
		if err == nil && right {
			return step, nil
		}
	}
	return 0, nil
}

// newRecoveryCodes replaces the recovery codes of an account.
func (s *Service) newRecoveryCodes(ctx context.Context, accountID uuid.UUID) ([]string, error) {
	codes := make([]string, 0, recoveryCount)
	rows := make([]recoveryRow, 0, recoveryCount)
	for range recoveryCount {
		b := make([]byte, recoveryBytes)
		_, _ = rand.Read(b) // never fails
		text := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)[:12]
		codes = append(codes, text[:4]+"-"+text[4:8]+"-"+text[8:])
		rows = append(rows, recoveryRow{AccountID: accountID, Hash: s.recoveryHash(accountID, text)})
	}
	return codes, s.replaceRecoveryRows(ctx, accountID, rows)
}

// recoveryHash reads a code as people type it: in any case, with or without dashes, 0 for O and 1 for I.
func (s *Service) recoveryHash(accountID uuid.UUID, code string) []byte {
	plain := strings.NewReplacer("-", "", " ", "", "0", "O", "1", "I", "8", "B").Replace(strings.ToUpper(code))
	return s.mac("recovery", accountID[:], []byte(plain))
}

func wrongCode() problem.FieldError {
	return problem.FieldError{Pointer: "/code", Code: "code-wrong", Message: problem.Text{
		De: "Dieser Code stimmt nicht oder wurde schon benutzt. Bitte geben Sie den Code ein, den die App gerade zeigt.",
		En: "This code is wrong or was used already. Please enter the code that the app shows now.",
	}}
}

func errCodeWrong() error {
	return problem.Unauthorized("code-wrong", "Dieser Code stimmt nicht oder wurde schon benutzt.", "This code is wrong or was used already.").
		With(problem.Text{De: "Bitte geben Sie den Code ein, den die App gerade zeigt.", En: "Please enter the code that the app shows now."})
}

func errNoCodes() error {
	return problem.NotFound("codes-unknown", "Einmal-Codes sind nicht eingerichtet.", "One-time codes are not set up.")
}
