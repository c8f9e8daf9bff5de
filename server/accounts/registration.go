package accounts

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/idempotency"
	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/secret"
)

const (
	confirmWithin = 24 * time.Hour
	resetWithin   = 10 * time.Minute
)

// pending is what becomes an account once its mail is confirmed; sealed in the database.
type pending struct {
	PasswordHash string    // empty: the account gets a passkey
	Account      uuid.UUID // id of the account to be; passkeys name it
	GivenName    string
	FamilyName   string
	Request      *uuid.UUID // sign-in request that it began with
}

// Register begins a registration and sends the mail that confirms it. For an address that has an account it does and
// answers the same, but sends another mail. Wrong fields are 422, too many attempts 429, a portal that is no account home
// 404.
func (s *Service) Register(ctx context.Context, key string, r types.Registration) error {
	if err := s.requireHome(); err != nil {
		return err
	}
	email, err := s.checkRegistration(&r)
	if err != nil {
		return err
	}
	if err := s.charge(ctx, []bucket{{key: s.mac("bucket", "newcomer", networkOf(s.Address(ctx))), limits: perNewcomer()}}); err != nil {
		return err
	}
	p := pending{GivenName: r.GivenName, FamilyName: r.FamilyName, Request: r.RequestId}
	if p.Account, err = uuid.NewV7(); err != nil {
		return fmt.Errorf("make id: %w", err)
	}
	password := ""
	if r.Password != nil {
		password = *r.Password
		if p.PasswordHash, err = s.hasher.hash(ctx, password); err != nil {
			return err
		}
	}
	// The password goes into the kept fingerprint as a keyed hash only.
	fingerprint := []any{email, s.mac("fingerprint", password), r.GivenName, r.FamilyName, r.RequestId}
	_, err = idempotency.Do(ctx, s.DB, "accounts.register", key, fingerprint, func(ctx context.Context) (bool, error) {
		return true, s.beginRegistration(ctx, email, p)
	})
	return err
}

func (s *Service) checkRegistration(r *types.Registration) (email string, err error) {
	r.GivenName, r.FamilyName = strings.TrimSpace(r.GivenName), strings.TrimSpace(r.FamilyName)
	var fields []problem.FieldError
	if email, err = foldEmail(r.Email); err != nil {
		fields = append(fields, problem.From(err).Fields...)
	}
	fields = append(fields, missingNames(r.GivenName, r.FamilyName)...)
	if r.Password != nil {
		words := append(emailWords(email), strings.Fields(r.GivenName+" "+r.FamilyName)...)
		if err := s.checkPassword(*r.Password, words); err != nil {
			fields = append(fields, problem.From(err).Fields...)
		}
	}
	if len(fields) > 0 {
		return "", problem.Invalid(fields...)
	}
	return email, nil
}

// beginRegistration keeps the registration and sends the mail. It writes the same for a known address: the token that is
// kept then was told to nobody.
func (s *Service) beginRegistration(ctx context.Context, email string, p pending) error {
	token, hash := secret.New()
	plain, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("keep registration: %w", err)
	}
	sealed, err := s.Keys.Seal(sealRegistration, plain, hash)
	if err != nil {
		return err
	}
	row := registrationRow{TokenHash: hash, Email: email, Sealed: sealed, ExpiresAt: s.Now().Add(confirmWithin)}
	if err := s.DB.From(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("keep registration: %w", err)
	}
	_, known, err := s.accountByEmail(ctx, email)
	if err != nil {
		return err
	}
	may, err := s.mayMail(ctx, email)
	if err != nil || !may {
		return err
	}
	if known {
		return s.send(ctx, email, mailKnown(), s.Self.Url+PageSignIn)
	}
	page := PageConfirm
	if p.PasswordHash == "" {
		page = PageFirstDevice
	}
	return s.send(ctx, email, mailConfirm(), s.Self.Url+page+"#token="+token)
}

// ConfirmRegistration makes the account and signs it in; made is the passkey of one without a password. A token that is used or has
// run out is token-used (410), a passkey that is missing passkey-needed (409), one that does not fit 422.
func (s *Service) ConfirmRegistration(ctx context.Context, token string, made *types.NewPasskey) (Confirmed, error) {
	if err := s.requireHome(); err != nil {
		return Confirmed{}, err
	}
	_, p, err := s.registration(ctx, secret.Hash(token))
	if err != nil {
		return Confirmed{}, err
	}
	if p.PasswordHash == "" {
		return s.confirmWithPasskey(ctx, token, made)
	}
	return s.confirm(ctx, token, byPassword(), func(context.Context, uuid.UUID) ([]string, error) { return nil, nil })
}

// confirm makes the account of a registration and signs it in; equip gives it what it proves itself with, and answers recovery codes.
func (s *Service) confirm(ctx context.Context, token string, methods []string, equip func(context.Context, uuid.UUID) ([]string, error)) (done Confirmed, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		row, p, err := s.takeRegistration(ctx, secret.Hash(token))
		if err != nil {
			return err
		}
		data := profile{ProfileData: types.ProfileData{GivenName: p.GivenName, FamilyName: p.FamilyName}}
		created, err := s.insertAccountAs(ctx, p.Account, row.Email, p.PasswordHash, data, nil)
		if err != nil {
			return err
		}
		if !created {
			return errTokenUsed()
		}
		if err := errors.Join(s.dropRegistrations(ctx, row.Email), s.arrives(ctx, row.Email)); err != nil {
			return err
		}
		if done.RecoveryCodes, err = equip(ctx, p.Account); err != nil {
			return err
		}
		if done.RedirectTo, err = s.goOn(ctx, p.Request); err != nil {
			return err
		}
		done.Cookie, err = s.rooms.Sessions.SignInAccount(ctx, p.Account, methods)
		return err
	})
	if err != nil {
		return Confirmed{}, err
	}
	return done, nil
}

// goOn gives the page that continues a sign-in request that still waits.
func (s *Service) goOn(ctx context.Context, request *uuid.UUID) (string, error) {
	if request == nil {
		return "", nil
	}
	waits, err := s.rooms.Tokens.PendingRequest(ctx, *request)
	if err != nil || !waits {
		return "", err
	}
	return PageSignIn + "?request=" + url.QueryEscape(request.String()), nil
}

// resetOrder is what RequestPasswordReset hands to the job that does the work.
type resetOrder struct{ Email, Language string }

// RequestPasswordReset has a mail sent with a link to set a new password, when the address has an account. The work is
// done by a job, so that neither answer nor time tell whether it has.
func (s *Service) RequestPasswordReset(ctx context.Context, email string) error {
	folded, err := foldEmail(email)
	if err != nil {
		return err
	}
	if err := s.charge(ctx, []bucket{{key: s.mac("bucket", "newcomer", networkOf(s.Address(ctx))), limits: perNewcomer()}}); err != nil {
		return err
	}
	plain, err := json.Marshal(resetOrder{Email: folded, Language: httpx.LanguageOf(ctx)})
	if err != nil {
		return fmt.Errorf("order a reset: %w", err)
	}
	sealed, err := s.Keys.Seal(sealReset, plain, nil)
	if err != nil {
		return err
	}
	return s.Jobs.Insert(ctx, resetArgs{Sealed: sealed}, nil)
}

// sendReset does what RequestPasswordReset ordered.
func (s *Service) sendReset(ctx context.Context, sealed []byte) error {
	plain, err := s.Keys.Open(sealReset, sealed, nil)
	if err != nil {
		return err
	}
	var order resetOrder
	if err := json.Unmarshal(plain, &order); err != nil {
		return fmt.Errorf("read the order of a reset: %w", err)
	}
	ctx = httpx.WithLanguage(ctx, order.Language)
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		row, found, err := s.accountByEmail(ctx, order.Email)
		if err != nil || !found || row.DisabledAt != nil {
			return err
		}
		may, err := s.mayMail(ctx, row.Email)
		if err != nil || !may {
			return err
		}
		l, page, err := s.letterOfReset(ctx, row)
		if err != nil {
			return err
		}
		if page == "" {
			return s.send(ctx, row.Email, l, s.Self.Url+PageSignIn)
		}
		token, hash := secret.New()
		reset := resetRow{TokenHash: hash, AccountID: row.ID, ExpiresAt: s.Now().Add(resetWithin)}
		if err := s.DB.From(ctx).Create(&reset).Error; err != nil {
			return fmt.Errorf("keep reset: %w", err)
		}
		return s.send(ctx, row.Email, l, s.Self.Url+page+"#token="+token)
	})
}

// ConfirmPasswordReset sets a new password, ends all sessions of the account and sends a notice. A token that is used or
// older than ten minutes is token-used (410); a password against the rules is 422 and leaves the token as it is; an account that does
// without a password gets none (no-password, 409).
func (s *Service) ConfirmPasswordReset(ctx context.Context, token, password string) error {
	tokenHash := secret.Hash(token)
	row, err := s.accountOfReset(ctx, tokenHash)
	if err != nil {
		return err
	}
	if without, err := s.withoutPassword(ctx, row); err != nil || without {
		return cmp.Or(err, error(errNoPassword()))
	}
	p, err := s.openProfile(row)
	if err != nil {
		return err
	}
	if err := s.checkPassword(password, append(p.words(), emailWords(row.Email)...)); err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.takeReset(ctx, row, tokenHash); err != nil {
			return err
		}
		if err := s.updateAccount(ctx, row.ID, map[string]any{"password_hash": hash}); err != nil {
			return err
		}
		if err := s.dropResets(ctx, row.ID); err != nil {
			return err
		}
		if err := s.rooms.Sessions.EndAccountSessions(ctx, row.ID); err != nil {
			return err
		}
		s.Log.InfoContext(ctx, "password changed by mail", "account", row.ID)
		return s.send(ctx, row.Email, mailChanged(), s.Self.Url+PageForgotten)
	})
}

func errNoPassword() *problem.Error {
	return problem.Conflict("no-password", "Dieses Konto hat kein Passwort.", "This account has no password.").
		With(problem.Text{De: "Fordern Sie einen neuen Link an, um wieder hineinzukommen.", En: "Ask for a new link to get in again."})
}

func errTokenUsed() error {
	return problem.Gone("token-used", "Dieser Link ist abgelaufen oder wurde schon benutzt.", "This link has run out or has been used already.").
		With(problem.Text{De: "Bitte fordern Sie einen neuen an.", En: "Please ask for a new one."})
}
