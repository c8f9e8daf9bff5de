// Package credentials keeps what a local account proves itself with beside its password: passkeys (Web Authentication),
// one-time codes of an authenticator app (RFC 6238) and recovery codes. Passkeys sign in by themselves; a one-time code is
// asked for after the password. Changes need a proof that is not older than ten minutes, and are told to the owner by mail.
package credentials

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/problem"
)

const (
	ceremonyLife = 5 * time.Minute
	maxPasskeys  = 20 // of one account
	// leastPasskeys must be there before the password goes: the loss of one must lock nobody out.
	leastPasskeys = 2
)

// Methods by which a sign-in proves itself, Authentication Method References of RFC 8176.
const (
	MethodPassword     = "pwd"
	MethodPasskey      = "hwk"
	MethodUserVerified = "user"
	MethodCode         = "otp"
	MethodRecoveryCode = "kba"
	MethodMultiFactor  = "mfa"
)

// Accounts are the local accounts of this portal.
type Accounts interface {
	// PersonNames gives names and address of an account.
	PersonNames(ctx context.Context, id uuid.UUID) (givenName, familyName, email string, err error)
	// HasPassword says whether the account can sign in with a password.
	HasPassword(ctx context.Context, id uuid.UUID) (bool, error)
	// DirectoryOf gives the directory by which alone an account of staff is signed in to; empty for a local account.
	DirectoryOf(ctx context.Context, id uuid.UUID) (string, error)
	// SetPassword sets a password, in the transaction of ctx; one against the rules is 422.
	SetPassword(ctx context.Context, id uuid.UUID, password string) error
	// RemovePassword takes the password away, in the transaction of ctx.
	RemovePassword(ctx context.Context, id uuid.UUID) error
	// Attempt counts an attempt to guess something of an account before it is made (429 when there were too many), and gives
	// what takes it back when it was right.
	Attempt(ctx context.Context, id uuid.UUID, what string) (right func(ctx context.Context) error, err error)
	// CredentialChanged tells the owner by mail, when the transaction of ctx is committed.
	CredentialChanged(ctx context.Context, id uuid.UUID, what problem.Text) error
}

// Sessions are the browsers that are signed in.
type Sessions interface {
	// EndOtherSessions ends all sessions of an account but one, and the tokens given under them, in the transaction of ctx.
	EndOtherSessions(ctx context.Context, accountID, but uuid.UUID) error
}

// Config is what the Service is made of.
type Config struct {
	DB   *db.DB
	Keys *keys.Set
	Self types.PortalReference // this portal
	Log  *slog.Logger
	Now  func() time.Time
}

// Rooms are the other rooms that this one works with.
type Rooms struct {
	Accounts Accounts
	Sessions Sessions
}

// Service is the credentials of one portal's local accounts.
type Service struct {
	Config
	rooms    Rooms
	passkeys *webauthn.WebAuthn // nil at a portal that has no name
}

// New makes the Service. Connect it before it serves requests. A portal that is reached by a bare IP address has no passkeys.
func New(c Config) (*Service, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	u, err := url.Parse(c.Self.Url)
	if err != nil {
		return nil, fmt.Errorf("address of the portal: %w", err)
	}
	s := &Service{Config: c}
	if net.ParseIP(u.Hostname()) != nil { // passkeys belong to names
		return s, nil
	}
	s.passkeys, err = webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: c.Self.Name, RPOrigins: []string{u.Scheme + "://" + u.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("passkeys of %s: %w", c.Self.Url, err)
	}
	return s, nil
}

// Connect tells the Service its neighbours.
func (s *Service) Connect(r Rooms) { s.rooms = r }

// owner gives the account of the caller of ctx.
func owner(ctx context.Context) (httpx.Caller, error) {
	c := httpx.CallerOf(ctx)
	if c.Kind != httpx.SessionCaller {
		return c, problem.Unauthorized("not-signed-in", "Bitte melden Sie sich an.", "Please sign in.")
	}
	if c.AccountID == uuid.Nil {
		return c, problem.NotFound("not-account-home", "Ihr Konto liegt nicht an diesem Portal.", "Your account is not at this portal.").
			With(problem.Text{De: "Ändern Sie es dort, wo Sie es angelegt haben.", En: "Change it where you registered it."})
	}
	return c, nil
}

// recent gives the account of the caller, whose proof must be fresh (else 403 reauthentication-needed). Staff who have a second factor and
// have not proved it change nothing (403 second-factor-needed): else a password that has become known would be enough to replace it.
func (s *Service) recent(ctx context.Context) (httpx.Caller, error) {
	c, err := owner(ctx)
	if err != nil {
		return c, err
	}
	if err := c.CheckRecentProof(s.Now()); err != nil || !c.Unproved() {
		return c, err
	}
	has, err := s.hasSecondFactor(ctx, c.AccountID)
	if err == nil && has {
		err = problem.Forbidden("second-factor-needed", "Dafür müssen Sie sich mit Ihrem zweiten Faktor anmelden.", "For that you must sign in with your second factor.").
			With(problem.Text{
				De: "Haben Sie ihn nicht mehr? Dann setzt jemand, der das Portal verwaltet, Ihre Anmeldung zurück.",
				En: "You no longer have it? Then somebody who administers the portal sets your sign-in back.",
			})
	}
	return c, err
}

// hasSecondFactor says whether an account has a passkey, or one-time codes that count.
func (s *Service) hasSecondFactor(ctx context.Context, accountID uuid.UUID) (bool, error) {
	rows, err := s.passkeysOf(ctx, accountID)
	if err != nil || len(rows) > 0 {
		return len(rows) > 0, err
	}
	code, found, err := s.codeOf(ctx, accountID)
	return found && code.ConfirmedAt != nil, err
}

// DropFactors takes passkeys, one-time codes and recovery codes of an account away, in the transaction of ctx.
func (s *Service) DropFactors(ctx context.Context, accountID uuid.UUID) error {
	if _, err := s.lockedPasskeysOf(ctx, accountID); err != nil {
		return err
	}
	if err := s.dropPasskeys(ctx, accountID); err != nil {
		return err
	}
	return s.dropCodes(ctx, accountID)
}

// Credentials says what the caller's account proves itself with.
func (s *Service) Credentials(ctx context.Context) (types.Credentials, error) {
	c, err := owner(ctx)
	if err != nil {
		return types.Credentials{}, err
	}
	out := types.Credentials{Passkeys: []types.Passkey{}}
	if out.HasPassword, err = s.rooms.Accounts.HasPassword(ctx, c.AccountID); err != nil {
		return out, err
	}
	rows, err := s.passkeysOf(ctx, c.AccountID)
	if err != nil {
		return out, err
	}
	for _, row := range rows {
		out.Passkeys = append(out.Passkeys, row.described())
	}
	code, found, err := s.codeOf(ctx, c.AccountID)
	if err != nil {
		return out, err
	}
	if found && code.ConfirmedAt != nil {
		out.OneTimeCodes, out.OneTimeCodesSince = true, code.ConfirmedAt
	}
	out.RecoveryCodesLeft, err = s.countRecoveryCodes(ctx, c.AccountID)
	return out, err
}

// SetPassword sets the caller's password, ends all other sessions and tells the owner. Who signs in by a directory has none here (409
// directory-account).
func (s *Service) SetPassword(ctx context.Context, password string) error {
	c, err := s.recent(ctx)
	if err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		directory, err := s.rooms.Accounts.DirectoryOf(ctx, c.AccountID)
		if err != nil {
			return err
		}
		if directory != "" {
			return problem.Conflict("directory-account", "Sie melden sich über das Verzeichnis Ihrer Behörde an. Ihr Passwort ändern Sie dort.",
				"You sign in by the directory of your authority. You change your password there.")
		}
		if err := s.rooms.Accounts.SetPassword(ctx, c.AccountID, password); err != nil {
			return err
		}
		if err := s.rooms.Sessions.EndOtherSessions(ctx, c.AccountID, c.SessionID); err != nil {
			return err
		}
		return s.tell(ctx, c.AccountID, problem.Text{
			De: "Das Passwort wurde geändert. Alle anderen Anmeldungen wurden beendet.",
			En: "The password was changed. All other sign-ins were ended.",
		})
	})
}

// RemovePassword leaves the caller with passkeys only; there must be two at least (409 passkeys-needed).
func (s *Service) RemovePassword(ctx context.Context) error {
	c, err := s.recent(ctx)
	if err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		rows, err := s.lockedPasskeysOf(ctx, c.AccountID)
		if err != nil {
			return err
		}
		if len(rows) < leastPasskeys {
			return problem.Conflict("passkeys-needed", "Dafür brauchen Sie mindestens zwei Passkeys.", "For that you need at least two passkeys.").
				With(problem.Text{De: "So kommen Sie noch in Ihr Konto, wenn ein Gerät verloren geht.", En: "That way you still get into your account when a device is lost."})
		}
		if err := s.rooms.Accounts.RemovePassword(ctx, c.AccountID); err != nil {
			return err
		}
		// They are asked for after a password only. Recovery codes stay: they lead in again when all passkeys are lost.
		if err := s.dropOneTimeCodes(ctx, c.AccountID); err != nil {
			return err
		}
		return s.tell(ctx, c.AccountID, problem.Text{
			De: "Das Passwort wurde entfernt. Sie melden sich jetzt nur noch mit Passkeys an.",
			En: "The password was removed. From now on you sign in with passkeys only.",
		})
	})
}

// SecondFactor says which second factors an account asks for after its password; none when it has none.
func (s *Service) SecondFactor(ctx context.Context, accountID uuid.UUID) ([]types.SecondFactorMethods, error) {
	code, found, err := s.codeOf(ctx, accountID)
	if err != nil || !found || code.ConfirmedAt == nil {
		return nil, err
	}
	methods := []types.SecondFactorMethods{types.SecondFactorCode}
	left, err := s.countRecoveryCodes(ctx, accountID)
	if left > 0 {
		methods = append(methods, types.SecondFactorRecoveryCode)
	}
	return methods, err
}

// hasFirstFactor says whether an account is signed in to by something before its passkeys and codes: a password, or a directory.
func (s *Service) hasFirstFactor(ctx context.Context, accountID uuid.UUID) (bool, error) {
	has, err := s.rooms.Accounts.HasPassword(ctx, accountID)
	if err != nil || has {
		return has, err
	}
	directory, err := s.rooms.Accounts.DirectoryOf(ctx, accountID)
	return directory != "", err
}

func (s *Service) tell(ctx context.Context, accountID uuid.UUID, what problem.Text) error {
	s.Log.InfoContext(ctx, "credentials changed", "account", accountID, "requestId", httpx.RequestIDOf(ctx))
	return s.rooms.Accounts.CredentialChanged(ctx, accountID, what)
}

// mac is a keyed hash of what must be compared but not kept.
func (s *Service) mac(purpose string, parts ...[]byte) []byte {
	key := s.Keys.Derive("credentials/" + purpose)
	h := hmac.New(sha256.New, key[:])
	for _, part := range parts {
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part) // never fails
	}
	return h.Sum(nil)
}

// HasPasskey says whether an account can sign in with a passkey.
func (s *Service) HasPasskey(ctx context.Context, accountID uuid.UUID) (bool, error) {
	rows, err := s.passkeysOf(ctx, accountID)
	return len(rows) > 0, err
}
