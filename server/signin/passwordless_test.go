package signin_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"
	"github.com/google/uuid"

	"portalverbund/api/types"
)

// tokenOfMail reads the token of the last mail with that subject.
func (p *portal) tokenOfMail(t testing.TB, subject string) string {
	t.Helper()
	sent := p.mails.all()
	for _, m := range slices.Backward(sent) {
		if m.Subject != subject {
			continue
		}
		_, rest, _ := strings.Cut(m.Text, "#token=")
		if rest == "" {
			t.Fatalf("no token in %q", m.Text)
		}
		return strings.Fields(rest)[0]
	}
	t.Fatalf("no mail %q of %d", subject, len(sent))
	return ""
}

// made has a device make the passkey that options ask for. Its account is the one that the options name.
func (b *browser) made(p *portal, path string, body any, name string) (*device, types.NewPasskey) {
	b.t.Helper()
	r := b.call(http.MethodPost, p, path, body)
	if r.status != http.StatusOK {
		b.t.Fatalf("%s: %d %s", path, r.status, r.body)
	}
	var ceremony types.PasskeyCeremony
	r.decode(b.t, &ceremony)
	parsed, err := virtualwebauthn.ParseAttestationOptions(options(b.t, ceremony))
	must(b.t, err)
	d := newDevice(p, uuid.Nil)
	d.authenticator.Options.UserHandle = []byte(parsed.UserID)
	response := virtualwebauthn.CreateAttestationResponse(d.party, d.authenticator, d.passkey, *parsed)
	d.authenticator.AddCredential(d.passkey)
	return d, types.NewPasskey{CeremonyId: ceremony.CeremonyId, Name: name, Response: asMap(b.t, response)}
}

const (
	registrations = "/api/v1/account/registrations"
	recoveries    = "/api/v1/account/recoveries"
	mailConfirm   = "Bitte bestätigen Sie Ihre E-Mail-Adresse"
	mailRecovery  = "Wieder in Ihr Konto kommen"
)

// registerWithout begins a registration without a password and gives the token of the mail.
func (b *browser) registerWithout(p *portal, email string) string {
	b.t.Helper()
	r := b.call(http.MethodPost, p, registrations,
		types.Registration{Email: email, GivenName: "Peer", FamilyName: "Beispiel"}, "Idempotency-Key", uuid.NewString())
	if r.status != http.StatusAccepted {
		b.t.Fatalf("register: %d %s", r.status, r.body)
	}
	return p.tokenOfMail(b.t, mailConfirm)
}

// registered is Peer, who has nothing but a passkey.
func registered(t *testing.T) (a *association, p *portal, b *browser, d *device, codes []string) {
	t.Helper()
	a = newAssociation(t, 0)
	p, b = a.home(), newBrowser(t)
	token := b.registerWithout(p, "peer@example.org")
	d, made := b.made(p, registrations+"/passkey-options", types.TokenBody{Token: token}, "Telefon")
	r := b.call(http.MethodPost, p, registrations+"/confirm", types.RegistrationConfirmation{Token: token, Passkey: &made})
	if r.status != http.StatusOK {
		t.Fatalf("confirm: %d %s", r.status, r.body)
	}
	var done types.RegistrationConfirmed
	r.decode(t, &done)
	if done.RecoveryCodes == nil || len(*done.RecoveryCodes) != 10 {
		t.Fatalf("recovery codes: %s", r.body)
	}
	return a, p, b, d, *done.RecoveryCodes
}

func TestRegister_WithAPasskeyAlone_SignedInAndSignsInAgain(t *testing.T) {
	t.Parallel()
	_, p, b, d, _ := registered(t)
	if s := b.session(p); !s.SignedIn || !slices.Contains(*s.Methods, "hwk") {
		t.Errorf("session after registering: %+v", s)
	}
	var c types.Credentials
	b.call(http.MethodGet, p, "/api/v1/account/credentials", nil).decode(t, &c)
	if c.HasPassword || len(c.Passkeys) != 1 || c.RecoveryCodesLeft != 10 {
		t.Errorf("credentials: %+v", c)
	}
	if sent := p.mails.all(); len(sent) != 1 {
		t.Errorf("mails: %+v", sent)
	}
	another := newBrowser(t)
	if r, s := another.signInWith(p, d.answer(another, p)); r.status != http.StatusOK || !s.SignedIn {
		t.Errorf("sign in: %d %s", r.status, r.body)
	}
	for _, guess := range []string{password, " "} {
		if r := newBrowser(t).signIn(p, "peer@example.org", guess); r.status != http.StatusUnauthorized {
			t.Errorf("a password signs in: %d %s", r.status, r.body)
		}
	}
}

func TestRegister_PasskeyNotRight_NoAccountAndTheLinkStaysGood(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 0)
	p, b := a.home(), newBrowser(t)
	token := b.registerWithout(p, "peer@example.org")
	other := b.registerWithout(p, "dora@example.org")
	confirm := func(token string, made *types.NewPasskey) reply {
		return b.call(http.MethodPost, p, registrations+"/confirm", types.RegistrationConfirmation{Token: token, Passkey: made})
	}
	if r := confirm(token, nil); r.code() != "passkey-needed" {
		t.Errorf("without a passkey: %d %s", r.status, r.body)
	}
	begin := func(token string) types.NewPasskey {
		_, made := b.made(p, registrations+"/passkey-options", types.TokenBody{Token: token}, "Telefon")
		return made
	}
	strange := begin(other)
	if r := confirm(token, &strange); r.code() != "ceremony-used" {
		t.Errorf("a passkey of another registration: %d %s", r.status, r.body)
	}
	late := begin(token)
	a.clock.advance(6 * time.Minute)
	if r := confirm(token, &late); r.code() != "ceremony-used" {
		t.Errorf("after six minutes: %d %s", r.status, r.body)
	}
	forged := begin(token)
	forged.Response = begin(token).Response // signed for another challenge
	if r := confirm(token, &forged); r.status != http.StatusUnprocessableEntity {
		t.Errorf("another challenge: %d %s", r.status, r.body)
	}
	made := begin(token)
	if r := confirm(token, &made); r.status != http.StatusOK {
		t.Fatalf("in the end: %d %s", r.status, r.body)
	}
	if r := confirm(token, &made); r.code() != "token-used" {
		t.Errorf("twice: %d %s", r.status, r.body)
	}
	if r := b.call(http.MethodPost, p, registrations+"/passkey-options", types.TokenBody{Token: token}); r.code() != "token-used" {
		t.Errorf("options of a link that was used: %d %s", r.status, r.body)
	}
}

// forgot asks for a new password and has the job send the mail.
func (b *browser) forgot(p *portal, email string) {
	b.t.Helper()
	before := len(p.mails.all())
	if r := b.call(http.MethodPost, p, "/api/v1/account/password-resets", types.EmailBody{Email: email}); r.status != http.StatusAccepted {
		b.t.Fatalf("forgot: %d %s", r.status, r.body)
	}
	eventually(b.t, func() bool { return len(p.mails.all()) > before })
}

func TestRecovery_NeedsMailAndRecoveryCode_AndAddsAPasskey(t *testing.T) {
	t.Parallel()
	a, p, b, lost, codes := registered(t)
	must(t, p.jobs.Start(t.Context()))
	thief := newBrowser(t)
	thief.forgot(p, "peer@example.org")
	token := p.tokenOfMail(t, mailRecovery)
	if r := thief.call(http.MethodPost, p, "/api/v1/account/password-resets/confirm", types.NewPassword{Token: token, Password: password}); r.code() != "no-password" {
		t.Errorf("a password by mail alone: %d %s", r.status, r.body)
	}
	wrong := types.RecoveryProof{Token: token, RecoveryCode: "AAAA-BBBB-CCCC"}
	if r := thief.call(http.MethodPost, p, recoveries+"/passkey-options", wrong); r.status != http.StatusUnprocessableEntity || !strings.Contains(string(r.body), "/recoveryCode") {
		t.Errorf("a wrong code: %d %s", r.status, r.body)
	}
	if r := thief.call(http.MethodPost, p, recoveries+"/passkey-options", types.RecoveryProof{Token: "x", RecoveryCode: codes[0]}); r.code() != "token-used" {
		t.Errorf("a code without the mail: %d %s", r.status, r.body)
	}

	owner := newBrowser(t)
	typed := strings.ToLower(strings.ReplaceAll(codes[4], "-", " "))
	found, made := owner.made(p, recoveries+"/passkey-options", types.RecoveryProof{Token: token, RecoveryCode: typed}, "Neues Telefon")
	if r := owner.call(http.MethodPost, p, recoveries, types.Recovery{Token: token, RecoveryCode: "AAAA-BBBB-CCCC", Passkey: made}); r.status != http.StatusUnprocessableEntity {
		t.Errorf("the passkey with a wrong code: %d %s", r.status, r.body)
	}
	if r := owner.call(http.MethodPost, p, recoveries, types.Recovery{Token: token, RecoveryCode: typed, Passkey: made}); r.status != http.StatusNoContent {
		t.Fatalf("recover: %d %s", r.status, r.body)
	}
	if b.session(p).SignedIn {
		t.Error("sessions of before live on")
	}
	if owner.session(p).SignedIn {
		t.Error("signed in without a sign-in")
	}
	if r, s := owner.signInWith(p, found.answer(owner, p)); r.status != http.StatusOK || !s.SignedIn {
		t.Fatalf("sign in with the new passkey: %d %s", r.status, r.body)
	}
	var c types.Credentials
	owner.call(http.MethodGet, p, "/api/v1/account/credentials", nil).decode(t, &c)
	if c.HasPassword || len(c.Passkeys) != 2 || c.RecoveryCodesLeft != 9 {
		t.Errorf("credentials: %+v", c)
	}
	again := types.RecoveryProof{Token: token, RecoveryCode: codes[5]}
	if r := owner.call(http.MethodPost, p, recoveries+"/passkey-options", again); r.code() != "token-used" {
		t.Errorf("the link twice: %d %s", r.status, r.body)
	}
	owner.forgot(p, "peer@example.org")
	token = p.tokenOfMail(t, mailRecovery)
	used := types.RecoveryProof{Token: token, RecoveryCode: codes[4]}
	if r := owner.call(http.MethodPost, p, recoveries+"/passkey-options", used); r.status != http.StatusUnprocessableEntity {
		t.Errorf("the code twice: %d %s", r.status, r.body)
	}
	a.clock.advance(11 * time.Minute)
	late := types.RecoveryProof{Token: token, RecoveryCode: codes[5]}
	if r := owner.call(http.MethodPost, p, recoveries+"/passkey-options", late); r.code() != "token-used" {
		t.Errorf("after ten minutes: %d %s", r.status, r.body)
	}
	_ = lost
}

func TestRecovery_GuessingCodes_IsSlowed(t *testing.T) {
	t.Parallel()
	_, p, b, _, codes := registered(t)
	must(t, p.jobs.Start(t.Context()))
	b.forgot(p, "peer@example.org")
	token, refused := p.tokenOfMail(t, mailRecovery), map[int]int{}
	for range 12 {
		r := b.call(http.MethodPost, p, recoveries+"/passkey-options", types.RecoveryProof{Token: token, RecoveryCode: "AAAA-BBBB-CCCC"})
		refused[r.status]++
	}
	if refused[http.StatusUnprocessableEntity] != 10 || refused[http.StatusTooManyRequests] != 2 {
		t.Errorf("answers: %v", refused)
	}
	if r := b.call(http.MethodPost, p, recoveries+"/passkey-options", types.RecoveryProof{Token: token, RecoveryCode: codes[0]}); r.status != http.StatusTooManyRequests {
		t.Errorf("the right one after that: %d %s", r.status, r.body)
	}
}

func TestReset_AccountWithPasskeysAndNoCodes_MailLeadsToNothing(t *testing.T) {
	t.Parallel()
	_, p, b, account := signedInCitizen(t)
	for _, name := range []string{"Telefon", "Schlüssel"} {
		newDevice(p, account).add(b, p, name)
	}
	must(t, p.jobs.Start(t.Context()))
	b.forgot(p, "clara@example.org")
	before := p.tokenOfMail(t, "Neues Passwort setzen")
	if r := b.call(http.MethodDelete, p, "/api/v1/account/credentials/password", nil); r.status != http.StatusNoContent {
		t.Fatalf("remove password: %d %s", r.status, r.body)
	}
	if r := b.call(http.MethodPost, p, "/api/v1/account/password-resets/confirm", types.NewPassword{Token: before, Password: password}); r.code() != "no-password" {
		t.Errorf("a link from before: %d %s", r.status, r.body)
	}
	b.forgot(p, "clara@example.org")
	sent := p.mails.all()
	if last := sent[len(sent)-1]; last.Subject != "So melden Sie sich an Ihrem Konto an" || strings.Contains(last.Text, "#token") {
		t.Errorf("mail: %+v", last)
	}
	var codes types.RecoveryCodes
	if r := b.call(http.MethodPost, p, "/api/v1/account/credentials/recovery-codes", nil); r.status != http.StatusOK {
		t.Fatalf("recovery codes without a password: %d %s", r.status, r.body)
	} else {
		r.decode(t, &codes)
	}
	b.forgot(p, "clara@example.org")
	newBrowser(t).made(p, recoveries+"/passkey-options", types.RecoveryProof{Token: p.tokenOfMail(t, mailRecovery), RecoveryCode: codes.Codes[9]}, "Neu")
}
