package accounts

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/secret"
)

// PageFirstDevice and PageRecovery are where mails lead to for accounts without a password. Tokens stand behind #.
const (
	PageFirstDevice = "/registrieren/passkey" // #token=
	PageRecovery    = "/passkey-neu"          // #token=
)

// Passkeys makes passkeys for people who are not signed in, but have proved a mail address.
type Passkeys interface {
	// BeginPasskeyOf gives the options by which a browser makes a passkey of an account. proof is what only that browser knows, hashed.
	BeginPasskeyOf(ctx context.Context, proof []byte, accountID uuid.UUID, email, name string) (types.PasskeyCeremony, error)
	// VerifyPasskeyOf verifies what that browser made, once, and gives whose it is and what keeps it in a transaction.
	VerifyPasskeyOf(ctx context.Context, proof []byte, made types.NewPasskey) (accountID uuid.UUID, keep func(context.Context) error, err error)
	// HasPasskey says whether an account can sign in with a passkey.
	HasPasskey(ctx context.Context, accountID uuid.UUID) (bool, error)
	// DropFactors takes passkeys, one-time codes and recovery codes of an account away, in the transaction of ctx.
	DropFactors(ctx context.Context, accountID uuid.UUID) error
	// NewRecoveryCodes replaces the recovery codes of an account, in the transaction of ctx.
	NewRecoveryCodes(ctx context.Context, accountID uuid.UUID) ([]string, error)
	// RecoveryCodesLeft counts those that are not used up.
	RecoveryCodesLeft(ctx context.Context, accountID uuid.UUID) (int, error)
	// HasRecoveryCode says whether a code is one of an account's, and leaves it as it is.
	HasRecoveryCode(ctx context.Context, accountID uuid.UUID, code string) (bool, error)
	// ProveRecoveryCode uses a recovery code up, in the transaction of ctx (401 when it is wrong).
	ProveRecoveryCode(ctx context.Context, accountID uuid.UUID, code string) error
}

// Ways by which somebody signs in right after confirming the address (RFC 8176).
func byPassword() []string { return []string{"pwd"} }
func byPasskey() []string  { return []string{"hwk", "user", "mfa"} }

// BeginRegistrationPasskey gives the options for the passkey of a registration without a password, whose token stays as it is.
// Errors: token-used (410), password-chosen (409).
func (s *Service) BeginRegistrationPasskey(ctx context.Context, token string) (types.PasskeyCeremony, error) {
	if err := s.requireHome(); err != nil {
		return types.PasskeyCeremony{}, err
	}
	row, p, err := s.registration(ctx, secret.Hash(token))
	if err != nil {
		return types.PasskeyCeremony{}, err
	}
	if p.PasswordHash != "" {
		return types.PasskeyCeremony{}, problem.Conflict("password-chosen", "Für dieses Konto ist ein Passwort gewählt.", "A password was chosen for this account.")
	}
	return s.rooms.Passkeys.BeginPasskeyOf(ctx, s.mac("passkey", "registration", token), p.Account, row.Email, p.GivenName+" "+p.FamilyName)
}

// confirmWithPasskey makes the account of a registration without a password, with its passkey and recovery codes.
func (s *Service) confirmWithPasskey(ctx context.Context, token string, made *types.NewPasskey) (done Confirmed, err error) {
	if made == nil {
		return done, problem.Conflict("passkey-needed", "Für dieses Konto wird ein Passkey gebraucht.", "This account needs a passkey.")
	}
	id, keep, err := s.rooms.Passkeys.VerifyPasskeyOf(ctx, s.mac("passkey", "registration", token), *made)
	if err != nil {
		return done, err
	}
	return s.confirm(ctx, token, byPasskey(), func(ctx context.Context, accountID uuid.UUID) ([]string, error) {
		if id != accountID {
			return nil, errTokenUsed()
		}
		if err := keep(ctx); err != nil {
			return nil, err
		}
		return s.rooms.Passkeys.NewRecoveryCodes(ctx, id)
	})
}

// withoutPassword says whether an account does without a password, so that none may be set by mail alone. Who was invited to work here
// has none yet.
func (s *Service) withoutPassword(ctx context.Context, row accountRow) (bool, error) {
	if row.PasswordHash != "" {
		return false, nil
	}
	if row.Roles == "" {
		return true, nil
	}
	return s.rooms.Passkeys.HasPasskey(ctx, row.ID)
}

// letterOfReset gives the mail for who cannot sign in any more, and whether it carries a token: to a new password; for an account without
// one to a new passkey, if there is a recovery code that must come with it. A mail alone leads into no such account.
func (s *Service) letterOfReset(ctx context.Context, row accountRow) (l letter, page string, err error) {
	without, err := s.withoutPassword(ctx, row)
	if err != nil || !without {
		return mailReset(), PageNewPassword, err
	}
	left, err := s.rooms.Passkeys.RecoveryCodesLeft(ctx, row.ID)
	if err != nil || left == 0 {
		return mailNoPassword(), "", err
	}
	return mailRecovery(), PageRecovery, nil
}

// accountToRecover finds the account of a recovery's token, and refuses a recovery code that is wrong (422) or tried too often (429).
func (s *Service) accountToRecover(ctx context.Context, token, code string) (row accountRow, right func(context.Context) error, err error) {
	if row, err = s.accountOfReset(ctx, secret.Hash(token)); err != nil {
		return row, nil, err
	}
	without, err := s.withoutPassword(ctx, row)
	if err != nil {
		return row, nil, err
	}
	if !without {
		return row, nil, problem.Conflict("password-exists", "Dieses Konto hat ein Passwort.", "This account has a password.").
			With(problem.Text{De: "Fordern Sie einen neuen Link an, um ein neues Passwort zu setzen.", En: "Ask for a new link to set a new password."})
	}
	if right, err = s.Attempt(ctx, row.ID, "kba"); err != nil {
		return row, nil, err
	}
	is, err := s.rooms.Passkeys.HasRecoveryCode(ctx, row.ID, code)
	if err == nil && !is {
		s.Log.InfoContext(ctx, "recovery refused", "account", row.ID, "requestId", httpx.RequestIDOf(ctx))
		err = errRecoveryCode()
	}
	return row, right, err
}

// BeginRecovery gives the options for a new passkey of an account without a password, to who has its mail and a recovery code; both stay
// as they are. Errors: token-used (410), a wrong code (422), too many attempts (429).
func (s *Service) BeginRecovery(ctx context.Context, proof types.RecoveryProof) (types.PasskeyCeremony, error) {
	row, right, err := s.accountToRecover(ctx, proof.Token, proof.RecoveryCode)
	if err != nil {
		return types.PasskeyCeremony{}, err
	}
	p, err := s.openProfile(row)
	if err != nil {
		return types.PasskeyCeremony{}, err
	}
	if err := right(ctx); err != nil {
		return types.PasskeyCeremony{}, err
	}
	return s.rooms.Passkeys.BeginPasskeyOf(ctx, s.mac("passkey", "recovery", proof.Token), row.ID, row.Email, p.displayName())
}

// Recover adds the new passkey, uses up token and recovery code, and ends all sessions of the account. Errors as BeginRecovery.
func (s *Service) Recover(ctx context.Context, r types.Recovery) error {
	row, right, err := s.accountToRecover(ctx, r.Token, r.RecoveryCode)
	if err != nil {
		return err
	}
	id, keep, err := s.rooms.Passkeys.VerifyPasskeyOf(ctx, s.mac("passkey", "recovery", r.Token), r.Passkey)
	if err != nil {
		return err
	}
	if id != row.ID {
		return errTokenUsed()
	}
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.takeReset(ctx, row, secret.Hash(r.Token)); err != nil {
			return err
		}
		err := s.rooms.Passkeys.ProveRecoveryCode(ctx, row.ID, r.RecoveryCode)
		if problem.Is(err, "code-wrong") { // used up meanwhile
			return errRecoveryCode()
		}
		if err != nil {
			return err
		}
		if err := keep(ctx); err != nil {
			return err
		}
		if err := s.dropResets(ctx, row.ID); err != nil {
			return err
		}
		if err := s.CredentialChanged(ctx, row.ID, problem.Text{
			De: "Mit einem Wiederherstellungs-Code wurde ein neuer Passkey angelegt. Alle Anmeldungen wurden beendet.",
			En: "A new passkey was made with a recovery code. All sign-ins were ended.",
		}); err != nil {
			return err
		}
		s.Log.InfoContext(ctx, "account recovered", "account", row.ID, "requestId", httpx.RequestIDOf(ctx))
		return s.rooms.Sessions.EndAccountSessions(ctx, row.ID)
	})
	if err != nil {
		return err
	}
	return right(ctx)
}

// Confirmed is what a confirmed registration gives: the session's cookie, where to go on, and the recovery codes of an account without a
// password.
type Confirmed struct {
	Cookie        *http.Cookie
	RedirectTo    string
	RecoveryCodes []string
}

func errRecoveryCode() error {
	return problem.Invalid(problem.FieldError{Pointer: "/recoveryCode", Code: "code-wrong", Message: problem.Text{
		De: "Dieser Wiederherstellungs-Code stimmt nicht oder wurde schon benutzt.", En: "This recovery code is wrong or was used already.",
	}})
}

// mailRecovery leads into an account without a password, together with a recovery code.
func mailRecovery() letter {
	return letter{
		subject: problem.Text{De: "Wieder in Ihr Konto kommen", En: "Get back into your account"},
		text: problem.Text{
			De: `Guten Tag,

Sie kommen nicht mehr in Ihr Konto bei {portal}? Das Konto hat kein Passwort,
nur Passkeys.

Mit diesem Link und einem Ihrer Wiederherstellungs-Codes legen Sie einen
neuen Passkey an:

{link}

Der Link gilt 10 Minuten und nur einmal.

Das waren nicht Sie? Dann öffnen Sie den Link bitte nicht, und geben Sie
niemandem einen Ihrer Wiederherstellungs-Codes.

Freundliche Grüße
{portal}
`,
			En: `Hello,

you can no longer get into your account at {portal}? The account has no
password, only passkeys.

With this link and one of your recovery codes you make a new passkey:

{link}

The link is valid for 10 minutes, and once only.

That was not you? Then please do not open the link, and do not give any of
your recovery codes to anybody.

Kind regards
{portal}
`,
		},
	}
}

// mailNoPassword says how one signs in to an account that has no password and no recovery code.
func mailNoPassword() letter {
	return letter{
		subject: problem.Text{De: "So melden Sie sich an Ihrem Konto an", En: "How to sign in to your account"},
		text: problem.Text{
			De: `Guten Tag,

für Ihr Konto bei {portal} wurde ein neues Passwort angefordert. Das Konto hat
kein Passwort, und damit niemand es mit Ihrem Postfach allein übernehmen
kann, lässt sich per E-Mail auch keines setzen.

Melden Sie sich bitte mit einem Ihrer Passkeys an, oder mit dem Nutzerkonto,
mit dem Sie das Konto verbunden haben (zum Beispiel BundID):

{link}

Das waren nicht Sie? Dann müssen Sie nichts tun. An Ihrem Konto wurde nichts
geändert.

Freundliche Grüße
{portal}
`,
			En: `Hello,

a new password was requested for your account at {portal}. The account has no
password, and so that nobody can take it over with your mailbox alone, none
can be set by mail.

Please sign in with one of your passkeys, or with the user account that you
have linked (BundID, for instance):

{link}

That was not you? Then you need not do anything. Nothing was changed in your
account.

Kind regards
{portal}
`,
		},
	}
}
