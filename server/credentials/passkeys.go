package credentials

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

const (
	sealCeremony = "credentials/ceremony"
	sealPasskey  = "credentials/passkey"
)

// user is an account as the library asks for it.
type user struct {
	id          uuid.UUID
	name        string
	displayName string
	passkeys    []webauthn.Credential
}

// WebAuthnID is the user handle: the account's id, which says nothing about the person.
func (u *user) WebAuthnID() []byte { return u.id[:] }

// WebAuthnName is what the person signs in with.
func (u *user) WebAuthnName() string { return u.name }

// WebAuthnDisplayName is how the person is called.
func (u *user) WebAuthnDisplayName() string { return u.displayName }

// WebAuthnCredentials are the passkeys that the account has.
func (u *user) WebAuthnCredentials() []webauthn.Credential { return u.passkeys }

func (s *Service) havePasskeys() error {
	if s.passkeys == nil {
		return problem.Conflict("passkeys-need-a-name", "Unter dieser Adresse gibt es keine Passkeys.", "There are no passkeys at this address.").
			With(problem.Text{De: "Rufen Sie das Portal mit seinem Namen auf.", En: "Open the portal by its name."})
	}
	return nil
}

// BeginPasskey gives the options by which the caller's browser makes a passkey.
func (s *Service) BeginPasskey(ctx context.Context) (types.PasskeyCeremony, error) {
	if err := s.havePasskeys(); err != nil {
		return types.PasskeyCeremony{}, err
	}
	c, err := s.recent(ctx)
	if err != nil {
		return types.PasskeyCeremony{}, err
	}
	rows, err := s.passkeysOf(ctx, c.AccountID)
	if err != nil {
		return types.PasskeyCeremony{}, err
	}
	if len(rows) >= maxPasskeys {
		return types.PasskeyCeremony{}, errTooManyPasskeys()
	}
	u, err := s.userOf(ctx, c.AccountID, rows)
	if err != nil {
		return types.PasskeyCeremony{}, err
	}
	options, data, err := s.passkeys.BeginRegistration(u, webauthn.WithExclusions(webauthn.Credentials(u.passkeys).CredentialDescriptors()))
	if err != nil {
		return types.PasskeyCeremony{}, fmt.Errorf("begin passkey: %w", err)
	}
	return s.ceremony(ctx, c.SessionID[:], data, options.Response)
}

// ceremony keeps what a passkey ceremony must be finished with, and gives the options for the browser.
func (s *Service) ceremony(ctx context.Context, browser []byte, data *webauthn.SessionData, options any) (types.PasskeyCeremony, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return types.PasskeyCeremony{}, fmt.Errorf("make id: %w", err)
	}
	plain, err := json.Marshal(data)
	if err != nil {
		return types.PasskeyCeremony{}, fmt.Errorf("keep ceremony: %w", err)
	}
	row := ceremonyRow{ID: id, Browser: browser, ExpiresAt: s.Now().Add(ceremonyLife)}
	if row.Sealed, err = s.Keys.Seal(sealCeremony, plain, id[:]); err != nil {
		return types.PasskeyCeremony{}, err
	}
	if err := s.DB.From(ctx).Create(&row).Error; err != nil {
		return types.PasskeyCeremony{}, fmt.Errorf("keep ceremony: %w", err)
	}
	out := types.PasskeyCeremony{CeremonyId: id}
	encoded, err := json.Marshal(options)
	if err != nil {
		return out, fmt.Errorf("write options: %w", err)
	}
	if err := json.Unmarshal(encoded, &out.Options); err != nil {
		return out, fmt.Errorf("write options: %w", err)
	}
	return out, nil
}

// takeCeremony takes a ceremony out; it is finished once, by the browser that began it (else 410 ceremony-used).
func (s *Service) takeCeremony(ctx context.Context, id uuid.UUID, browser []byte) (webauthn.SessionData, error) {
	var data webauthn.SessionData
	row, found, err := s.ceremonyOnce(ctx, id, browser)
	if err != nil {
		return data, err
	}
	if !found {
		return data, problem.Gone("ceremony-used", "Das hat zu lange gedauert oder wurde schon abgeschlossen.", "This took too long, or is complete already.").
			With(problem.Text{De: "Bitte versuchen Sie es noch einmal.", En: "Please try again."})
	}
	plain, err := s.Keys.Open(sealCeremony, row.Sealed, row.ID[:])
	if err != nil {
		return data, err
	}
	if err := json.Unmarshal(plain, &data); err != nil {
		return data, fmt.Errorf("read ceremony: %w", err)
	}
	return data, nil
}

// AddPasskey keeps the passkey that the caller's browser has made. One that does not fit the ceremony is 422.
func (s *Service) AddPasskey(ctx context.Context, new types.NewPasskey) (types.Passkey, error) {
	c, err := s.recent(ctx)
	if err != nil {
		return types.Passkey{}, err
	}
	name, err := passkeyName(new.Name)
	if err != nil {
		return types.Passkey{}, err
	}
	data, err := s.takeCeremony(ctx, new.CeremonyId, c.SessionID[:])
	if err != nil {
		return types.Passkey{}, err
	}
	u, err := s.userOf(ctx, c.AccountID, nil)
	if err != nil {
		return types.Passkey{}, err
	}
	row, err := s.madeRow(ctx, u, data, name, new.Response)
	if err != nil {
		return types.Passkey{}, err
	}
	return row.described(), s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.keepPasskey(ctx, row); err != nil {
			return err
		}
		return s.tell(ctx, row.AccountID, problem.Text{
			De: "Ein Passkey wurde hinzugefügt: „" + row.Name + "“.", En: "A passkey was added: “" + row.Name + "”.",
		})
	})
}

// madeRow verifies what a browser made for an account; what does not fit the ceremony is 422.
func (s *Service) madeRow(ctx context.Context, u *user, data webauthn.SessionData, name string, response map[string]any) (passkeyRow, error) {
	credential, err := s.created(u, data, response)
	if err != nil {
		s.Log.InfoContext(ctx, "passkey refused", "account", u.id, "error", reasonOf(err), "requestId", httpx.RequestIDOf(ctx))
		return passkeyRow{}, problem.Invalid(problem.FieldError{Pointer: "/response", Code: "passkey-refused", Message: problem.Text{
			De: "Dieser Passkey konnte nicht geprüft werden.", En: "This passkey could not be verified.",
		}})
	}
	return s.newPasskeyRow(u.id, name, credential)
}

// keepPasskey adds a passkey to its account, in the transaction of ctx.
func (s *Service) keepPasskey(ctx context.Context, row passkeyRow) error {
	rows, err := s.lockedPasskeysOf(ctx, row.AccountID)
	if err != nil {
		return err
	}
	if len(rows) >= maxPasskeys {
		return errTooManyPasskeys()
	}
	return s.insertPasskey(ctx, row)
}

func (s *Service) created(u *user, data webauthn.SessionData, response map[string]any) (*webauthn.Credential, error) {
	raw, err := json.Marshal(response)
	if err != nil {
		return nil, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(raw)
	if err != nil {
		return nil, err
	}
	return s.passkeys.CreateCredential(u, data, parsed)
}

// RenamePasskey changes the name of one of the caller's passkeys.
func (s *Service) RenamePasskey(ctx context.Context, id uuid.UUID, name string) (types.Passkey, error) {
	c, err := owner(ctx)
	if err != nil {
		return types.Passkey{}, err
	}
	if name, err = passkeyName(name); err != nil {
		return types.Passkey{}, err
	}
	row, found, err := s.renamePasskey(ctx, c.AccountID, id, name)
	if err == nil && !found {
		err = errNoPasskey()
	}
	return row.described(), err
}

// RemovePasskey takes one of the caller's passkeys away; not the last one of an account without a password (409).
func (s *Service) RemovePasskey(ctx context.Context, id uuid.UUID) error {
	c, err := s.recent(ctx)
	if err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		rows, err := s.lockedPasskeysOf(ctx, c.AccountID)
		if err != nil {
			return err
		}
		name, found := "", false
		for _, row := range rows {
			if row.ID == id {
				name, found = row.Name, true
			}
		}
		if !found {
			return errNoPasskey()
		}
		more, err := s.hasFirstFactor(ctx, c.AccountID)
		if err != nil {
			return err
		}
		if !more && len(rows) == 1 {
			return problem.Conflict("last-passkey", "Das ist Ihr letzter Passkey.", "This is your last passkey.").
				With(problem.Text{De: "Setzen Sie zuerst ein Passwort, oder fügen Sie einen anderen Passkey hinzu.", En: "Set a password first, or add another passkey."})
		}
		if err := s.deletePasskey(ctx, id); err != nil {
			return err
		}
		return s.tell(ctx, c.AccountID, problem.Text{De: "Ein Passkey wurde entfernt: „" + name + "“.", En: "A passkey was removed: “" + name + "”."})
	})
}

// BeginPasskeySignIn gives the options by which a browser signs in with a passkey. browser names it (hash of its cookie).
func (s *Service) BeginPasskeySignIn(ctx context.Context, browser []byte) (types.PasskeyCeremony, error) {
	if err := s.havePasskeys(); err != nil {
		return types.PasskeyCeremony{}, err
	}
	options, data, err := s.passkeys.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return types.PasskeyCeremony{}, fmt.Errorf("begin sign-in with a passkey: %w", err)
	}
	return s.ceremony(ctx, browser, data, options.Response)
}

// PasskeySignIn verifies a browser's answer and gives whose it is. Anything that does not fit is passkey-wrong (401): a
// signature of another origin, a challenge of another browser or used before, a passkey that is unknown or seems to be
// copied.
func (s *Service) PasskeySignIn(ctx context.Context, browser []byte, answer types.PasskeyAnswer) (accountID uuid.UUID, methods []string, err error) {
	data, err := s.takeCeremony(ctx, answer.CeremonyId, browser)
	if problem.Is(err, "ceremony-used") {
		return uuid.Nil, nil, errPasskeyWrong(err)
	}
	if err != nil {
		return uuid.Nil, nil, err
	}
	raw, err := json.Marshal(answer.Response)
	if err != nil {
		return uuid.Nil, nil, errPasskeyWrong(err)
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(raw)
	if err != nil {
		return uuid.Nil, nil, s.refused(ctx, uuid.Nil, err)
	}
	row, found, err := s.passkeyByCredential(ctx, parsed.RawID)
	if err != nil {
		return uuid.Nil, nil, err
	}
	if !found {
		return uuid.Nil, nil, s.refused(ctx, uuid.Nil, errUnknownPasskey)
	}
	u, err := s.userOf(ctx, row.AccountID, []passkeyRow{row})
	if err != nil {
		return uuid.Nil, nil, err
	}
	credential, err := s.passkeys.ValidateDiscoverableLogin(func(_, handle []byte) (webauthn.User, error) {
		if string(handle) != string(row.AccountID[:]) {
			return nil, errUnknownPasskey
		}
		return u, nil
	}, data, parsed)
	if err == nil && credential.Authenticator.CloneWarning {
		err = errCopied
	}
	if err != nil {
		return uuid.Nil, nil, s.refused(ctx, row.AccountID, err)
	}
	if err := s.used(ctx, row, credential); err != nil {
		return uuid.Nil, nil, err
	}
	return row.AccountID, []string{MethodPasskey, MethodUserVerified, MethodMultiFactor}, nil
}

func (s *Service) refused(ctx context.Context, accountID uuid.UUID, cause error) error {
	s.Log.InfoContext(ctx, "sign-in refused", "account", accountID, "reason", reasonOf(cause), "requestId", httpx.RequestIDOf(ctx))
	return errPasskeyWrong(cause)
}

func errPasskeyWrong(cause error) error {
	return problem.Unauthorized("passkey-wrong", "Die Anmeldung mit dem Passkey hat nicht geklappt.", "Signing in with the passkey did not work.").
		With(problem.Text{De: "Versuchen Sie es noch einmal, oder melden Sie sich auf andere Weise an.", En: "Try again, or sign in another way."}).Because(cause)
}

func errTooManyPasskeys() error {
	return problem.Conflict("too-many-passkeys", "Mehr als 20 Passkeys kann ein Konto nicht haben.", "An account cannot have more than 20 passkeys.").
		With(problem.Text{De: "Entfernen Sie zuerst einen, den Sie nicht mehr brauchen.", En: "First remove one that you no longer need."})
}

func errNoPasskey() error {
	return problem.NotFound("passkey-unknown", "Diesen Passkey gibt es nicht.", "There is no such passkey.")
}

func passkeyName(name string) (string, error) {
	if name = strings.Join(strings.Fields(name), " "); name != "" {
		return name, nil
	}
	return "", problem.Invalid(problem.FieldError{Pointer: "/name", Code: "required", Message: problem.Text{
		De: "Geben Sie einen Namen ein, an dem Sie den Passkey erkennen.", En: "Enter a name by which you know the passkey.",
	}})
}
