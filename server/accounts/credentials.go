package accounts

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/mail"
	"portalverbund/server/platform/problem"
)

// PageSecurity is where people change what their account proves itself with.
const PageSecurity = "/konto/sicherheit"

// perSecret limits failures at guessing one secret of one account, from anywhere. It is wide, since who guesses here knows
// the password already, and must not keep the owner out for long.
func perSecret() limits { return limits{capacity: 100, interval: 36 * time.Second} }

// HasPassword says whether an account can sign in with a password.
func (s *Service) HasPassword(ctx context.Context, id uuid.UUID) (bool, error) {
	row, err := s.account(ctx, id)
	return row.PasswordHash != "", err
}

// SetPassword sets an account's password. One against the rules is 422.
func (s *Service) SetPassword(ctx context.Context, id uuid.UUID, password string) error {
	row, err := s.account(ctx, id)
	if err != nil {
		return err
	}
	p, err := s.openProfile(row)
	if err != nil {
		return err
	}
	if err := s.checkPassword(password, append(p.words(), emailWords(row.Email)...)); err != nil {
		return err
	}
	return s.rehash(ctx, id, password)
}

// RemovePassword takes an account's password away: none signs in any more.
func (s *Service) RemovePassword(ctx context.Context, id uuid.UUID) error {
	return s.updateAccount(ctx, id, map[string]any{"password_hash": ""})
}

// Reauthenticate checks the password of an account that is signed in. Errors as Authenticate.
func (s *Service) Reauthenticate(ctx context.Context, id uuid.UUID, password string) error {
	row, err := s.account(ctx, id)
	if err != nil {
		return err
	}
	_, err = s.Authenticate(ctx, row.Email, password)
	return err
}

// Attempt counts an attempt to guess something of an account before it is made, by account and network address and by
// account alone; 429 when there were too many. right takes it back.
func (s *Service) Attempt(ctx context.Context, id uuid.UUID, what string) (right func(ctx context.Context) error, err error) {
	buckets := []bucket{
		{key: s.mac("bucket", what, id.String(), networkOf(s.Address(ctx))), limits: perAccount()},
		{key: s.mac("bucket", what, id.String()), limits: perSecret()},
	}
	if err := s.charge(ctx, buckets); err != nil {
		return nil, err
	}
	return func(ctx context.Context) error { return s.refund(ctx, buckets) }, nil
}

// CredentialChanged tells the owner by mail that what the account proves itself with has changed.
func (s *Service) CredentialChanged(ctx context.Context, id uuid.UUID, what problem.Text) error {
	return s.alarm(ctx, id, mailCredential(), what)
}

// NewDevice tells the owner by mail of a sign-in with a browser that the account was not signed in with before.
func (s *Service) NewDevice(ctx context.Context, id uuid.UUID, browser string) error {
	if browser == "" {
		browser = "–"
	}
	return s.alarm(ctx, id, mailNewDevice(), problem.Text{De: browser, En: browser})
}

// alarm sends a letter about an account to its owner; what is filled in.
func (s *Service) alarm(ctx context.Context, id uuid.UUID, l letter, what problem.Text) error {
	row, err := s.account(ctx, id)
	if err != nil || row.Email == "" { // an account of a national account without an address that is confirmed
		return err
	}
	language := httpx.LanguageOf(ctx)
	fill := strings.NewReplacer("{portal}", s.Self.Name, "{link}", s.Self.Url+PageSecurity, "{what}", what.In(language), "{when}", when(s.Now(), language))
	return s.Mail.Enqueue(ctx, mail.Message{To: row.Email, Language: language, Subject: l.subject.In(language), Text: fill.Replace(l.text.In(language))})
}

// when writes a moment as people in Germany read it.
func when(t time.Time, language string) string {
	if berlin, err := time.LoadLocation("Europe/Berlin"); err == nil {
		t = t.In(berlin)
	}
	if language == "en" {
		return t.Format("2 January 2006, 15:04 MST")
	}
	return t.Format("02.01.2006, 15:04") + " Uhr"
}

func mailCredential() letter {
	return letter{
		subject: problem.Text{De: "Änderung an der Anmeldung zu Ihrem Konto", En: "How you sign in to your account has changed"},
		text: problem.Text{
			De: `Guten Tag,

an Ihrem Konto bei {portal} hat sich etwas geändert ({when}):

{what}

Das waren nicht Sie? Dann setzen Sie bitte sofort ein neues Passwort und sehen
Sie nach, womit man sich an Ihrem Konto anmelden kann:

{link}

Freundliche Grüße
{portal}
`,
			En: `Hello,

something has changed in your account at {portal} ({when}):

{what}

That was not you? Then please set a new password at once and check by what one
can sign in to your account:

{link}

Kind regards
{portal}
`,
		},
	}
}

func mailNewDevice() letter {
	return letter{
		subject: problem.Text{De: "Anmeldung mit einem neuen Gerät", En: "Sign-in with a new device"},
		text: problem.Text{
			De: `Guten Tag,

an Ihrem Konto bei {portal} hat sich jemand mit einem Browser angemeldet, den
wir noch nicht kennen:

{what}
{when}

Das waren Sie? Dann müssen Sie nichts tun.
Das waren nicht Sie? Dann setzen Sie bitte sofort ein neues Passwort. Damit
enden alle anderen Anmeldungen:

{link}

Freundliche Grüße
{portal}
`,
			En: `Hello,

someone has signed in to your account at {portal} with a browser that we do not
know yet:

{what}
{when}

That was you? Then you need not do anything.
That was not you? Then please set a new password at once. All other sign-ins
end with it:

{link}

Kind regards
{portal}
`,
		},
	}
}
