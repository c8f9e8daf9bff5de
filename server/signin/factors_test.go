package signin_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"
	"github.com/google/uuid"
	"github.com/pquerna/otp/totp"

	"portalverbund/api/types"
)

// device is an authenticator with a passkey of its own at one portal.
type device struct {
	party         virtualwebauthn.RelyingParty
	authenticator virtualwebauthn.Authenticator
	passkey       virtualwebauthn.Credential
}

func newDevice(p *portal, account uuid.UUID) *device {
	host := strings.Split(strings.TrimPrefix(p.ref.Url, "http://"), ":")[0]
	d := &device{party: virtualwebauthn.RelyingParty{ID: host, Name: p.ref.Name, Origin: p.ref.Url}, authenticator: virtualwebauthn.NewAuthenticator()}
	d.authenticator.Options.UserHandle = account[:]
	// The library writes coordinates without their leading zeros, which RFC 9053 §7.1.1 forbids and the portal
	// refuses: one key in 128 has such a coordinate.
	for len(d.passkey.ID) == 0 || len(d.passkey.Key.AttestationData()) != coseKeySize {
		d.passkey = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	}
	return d
}

// coseKeySize is the length in bytes of a P-256 public key as COSE_Key with both coordinates whole.
const coseKeySize = 77

func asMap(t testing.TB, text string) map[string]any {
	t.Helper()
	var out map[string]any
	must(t, json.Unmarshal([]byte(text), &out))
	return out
}

func options(t testing.TB, c types.PasskeyCeremony) string {
	t.Helper()
	raw, err := json.Marshal(map[string]any{"publicKey": c.Options})
	must(t, err)
	return string(raw)
}

// add makes a passkey on the device for whoever is signed in in the browser.
func (d *device) add(b *browser, p *portal, name string) reply {
	b.t.Helper()
	begun := b.call(http.MethodPost, p, "/api/v1/account/credentials/passkey-options", nil)
	if begun.status != http.StatusOK {
		return begun
	}
	var ceremony types.PasskeyCeremony
	begun.decode(b.t, &ceremony)
	parsed, err := virtualwebauthn.ParseAttestationOptions(options(b.t, ceremony))
	must(b.t, err)
	response := virtualwebauthn.CreateAttestationResponse(d.party, d.authenticator, d.passkey, *parsed)
	d.authenticator.AddCredential(d.passkey)
	return b.call(http.MethodPost, p, "/api/v1/account/credentials/passkeys",
		types.NewPasskey{CeremonyId: ceremony.CeremonyId, Name: name, Response: asMap(b.t, response)})
}

// answer signs a challenge of the portal for the browser.
func (d *device) answer(b *browser, p *portal) types.PasskeyAnswer {
	b.t.Helper()
	b.session(p)
	var ceremony types.PasskeyCeremony
	begun := b.call(http.MethodPost, p, "/api/v1/session/passkey-options", nil)
	if begun.status != http.StatusOK {
		b.t.Fatalf("begin: %d %s", begun.status, begun.body)
	}
	begun.decode(b.t, &ceremony)
	parsed, err := virtualwebauthn.ParseAssertionOptions(options(b.t, ceremony))
	must(b.t, err)
	d.passkey.Counter++
	response := virtualwebauthn.CreateAssertionResponse(d.party, d.authenticator, d.passkey, *parsed)
	return types.PasskeyAnswer{CeremonyId: ceremony.CeremonyId, Response: asMap(b.t, response)}
}

func (b *browser) signInWith(p *portal, answer types.PasskeyAnswer) (reply, types.Session) {
	b.t.Helper()
	r := b.call(http.MethodPost, p, "/api/v1/session/passkey", answer)
	var s types.Session
	if r.status == http.StatusOK {
		r.decode(b.t, &s)
		b.csrf[p.ref.Id] = s.CsrfToken
	}
	return r, s
}

// signedInCitizen is Clara in a browser at the account home.
func signedInCitizen(t *testing.T) (a *association, p *portal, b *browser, account uuid.UUID) {
	t.Helper()
	a = newAssociation(t, 0)
	p, b = a.home(), newBrowser(t)
	account = a.citizen("clara@example.org")
	if r := b.signIn(p, "clara@example.org", password); r.status != http.StatusOK {
		t.Fatalf("sign in: %d %s", r.status, r.body)
	}
	return a, p, b, account
}

func TestPasskey_Added_SignsInAlone(t *testing.T) {
	t.Parallel()
	_, p, b, account := signedInCitizen(t)
	d := newDevice(p, account)
	if r := d.add(b, p, "  Mein   Telefon "); r.status != http.StatusCreated || !strings.Contains(string(r.body), `"Mein Telefon"`) {
		t.Fatalf("add: %d %s", r.status, r.body)
	}
	if mails := p.mails.all(); len(mails) != 1 || !strings.Contains(mails[0].Text, "Mein Telefon") {
		t.Errorf("mails: %+v", mails)
	}
	another := newBrowser(t)
	r, s := another.signInWith(p, d.answer(another, p))
	if r.status != http.StatusOK || !s.SignedIn || s.Methods == nil || !slices.Contains(*s.Methods, "hwk") {
		t.Fatalf("sign in: %d %s", r.status, r.body)
	}
	var c types.Credentials
	another.call(http.MethodGet, p, "/api/v1/account/credentials", nil).decode(t, &c)
	if len(c.Passkeys) != 1 || c.Passkeys[0].LastUsedAt == nil || !c.HasPassword {
		t.Errorf("credentials: %+v", c)
	}
}

func TestPasskey_NotRight_IsRefused(t *testing.T) {
	t.Parallel()
	a, p, b, account := signedInCitizen(t)
	d := newDevice(p, account)
	if r := d.add(b, p, "Telefon"); r.status != http.StatusCreated {
		t.Fatalf("add: %d %s", r.status, r.body)
	}
	other := a.citizen("dora@example.org")
	cases := map[string]func(b *browser) types.PasskeyAnswer{
		"another origin": func(b *browser) types.PasskeyAnswer {
			evil := *d
			evil.party.Origin = "https://landkreis-emsland.example"
			return evil.answer(b, p)
		},
		"another relying party": func(b *browser) types.PasskeyAnswer {
			evil := *d
			evil.party.ID = "example.org"
			return evil.answer(b, p)
		},
		"challenge of another browser": func(*browser) types.PasskeyAnswer { return d.answer(newBrowser(t), p) },
		"challenge used before": func(b *browser) types.PasskeyAnswer {
			answer := d.answer(b, p)
			if r, _ := b.signInWith(p, answer); r.status != http.StatusOK {
				t.Fatalf("first use: %d %s", r.status, r.body)
			}
			b.session(p)
			return answer
		},
		"challenge run out": func(b *browser) types.PasskeyAnswer {
			answer := d.answer(b, p)
			a.clock.advance(6 * time.Minute)
			return answer
		},
		"person not verified": func(b *browser) types.PasskeyAnswer {
			silent := *d
			silent.authenticator.Options.UserNotVerified = true
			return silent.answer(b, p)
		},
		"handle of another account": func(b *browser) types.PasskeyAnswer {
			swapped := *d
			swapped.authenticator.Options.UserHandle = other[:]
			return swapped.answer(b, p)
		},
		"a passkey that nobody has": func(b *browser) types.PasskeyAnswer {
			stranger := newDevice(p, account)
			stranger.authenticator.AddCredential(stranger.passkey)
			return stranger.answer(b, p)
		},
		"signature counter back": func(b *browser) types.PasskeyAnswer {
			d.passkey.Counter += 50
			ahead := newBrowser(t)
			if r, _ := ahead.signInWith(p, d.answer(ahead, p)); r.status != http.StatusOK {
				t.Fatalf("ahead: %d %s", r.status, r.body)
			}
			copied := *d
			copied.passkey.Counter = 1
			return copied.answer(b, p)
		},
		"another signature": func(b *browser) types.PasskeyAnswer {
			answer := d.answer(b, p)
			inner := answer.Response["response"].(map[string]any)
			later := d.answer(newBrowser(t), p).Response["response"].(map[string]any)
			inner["signature"] = later["signature"]
			return answer
		},
	}
	for name, make := range cases {
		b := newBrowser(t)
		b.session(p)
		answer := make(b)
		if r, s := b.signInWith(p, answer); r.status != http.StatusUnauthorized || s.SignedIn || r.code() != "passkey-wrong" {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
}

func TestPasskey_LastWayIn_CannotBeRemoved(t *testing.T) {
	t.Parallel()
	_, p, b, account := signedInCitizen(t)
	first, second := newDevice(p, account), newDevice(p, account)
	var one types.Passkey
	first.add(b, p, "Telefon").decode(t, &one)
	if r := b.call(http.MethodDelete, p, "/api/v1/account/credentials/password", nil); r.code() != "passkeys-needed" {
		t.Fatalf("password removed with one passkey: %d %s", r.status, r.body)
	}
	var two types.Passkey
	second.add(b, p, "Schlüssel").decode(t, &two)
	if r := b.call(http.MethodDelete, p, "/api/v1/account/credentials/password", nil); r.status != http.StatusNoContent {
		t.Fatalf("remove password: %d %s", r.status, r.body)
	}
	if r := newBrowser(t).signIn(p, "clara@example.org", password); r.status != http.StatusUnauthorized {
		t.Errorf("a removed password signs in: %d", r.status)
	}
	if r := b.call(http.MethodDelete, p, "/api/v1/account/credentials/passkeys/"+one.Id.String(), nil); r.status != http.StatusNoContent {
		t.Fatalf("remove: %d %s", r.status, r.body)
	}
	if r := b.call(http.MethodDelete, p, "/api/v1/account/credentials/passkeys/"+two.Id.String(), nil); r.code() != "last-passkey" {
		t.Errorf("last passkey removed: %d %s", r.status, r.body)
	}
	another := newBrowser(t)
	if r, _ := another.signInWith(p, second.answer(another, p)); r.status != http.StatusOK {
		t.Errorf("sign in with what is left: %d %s", r.status, r.body)
	}
}

func TestCredentials_OfAnother_AreUnknown(t *testing.T) {
	t.Parallel()
	a, p, b, account := signedInCitizen(t)
	var passkey types.Passkey
	newDevice(p, account).add(b, p, "Telefon").decode(t, &passkey)
	a.citizen("dora@example.org")
	dora := newBrowser(t)
	dora.signIn(p, "dora@example.org", password)
	path := "/api/v1/account/credentials/passkeys/" + passkey.Id.String()
	for _, r := range []reply{
		dora.call(http.MethodPatch, p, path, types.PasskeyName{Name: "meins"}), dora.call(http.MethodDelete, p, path, nil),
	} {
		if r.code() != "passkey-unknown" {
			t.Errorf("another's passkey: %d %s", r.status, r.body)
		}
	}
}

// setUpCodes gives the secret of one-time codes and the recovery codes.
func (b *browser) setUpCodes(a *association, p *portal) (secret string, recovery []string) {
	b.t.Helper()
	var setup types.OneTimeCodeSetup
	b.call(http.MethodPost, p, "/api/v1/account/credentials/one-time-codes", nil).decode(b.t, &setup)
	var codes types.RecoveryCodes
	r := b.call(http.MethodPost, p, "/api/v1/account/credentials/one-time-codes/confirm", types.OneTimeCode{Code: codeAt(b.t, setup.Secret, a.clock.Now())})
	r.decode(b.t, &codes)
	if r.status != http.StatusOK || len(codes.Codes) != 10 {
		b.t.Fatalf("confirm: %d %s", r.status, r.body)
	}
	return setup.Secret, codes.Codes
}

func codeAt(t testing.TB, secret string, at time.Time) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, at)
	must(t, err)
	return code
}

func (b *browser) prove(p *portal, proof types.SecondFactorProof) reply {
	b.t.Helper()
	r := b.call(http.MethodPost, p, "/api/v1/session/second-factor", proof)
	if r.status == http.StatusOK {
		var s types.Session
		r.decode(b.t, &s)
		b.csrf[p.ref.Id] = s.CsrfToken
	}
	return r
}

func TestOneTimeCode_AskedForAfterThePassword_GoodOnce(t *testing.T) {
	t.Parallel()
	a, p, b, _ := signedInCitizen(t)
	secret, _ := b.setUpCodes(a, p)
	a.clock.advance(time.Minute)
	phone := newBrowser(t)
	r := phone.signIn(p, "clara@example.org", password)
	var s types.Session
	r.decode(t, &s)
	if r.status != http.StatusOK || s.SignedIn || s.SecondFactor == nil || len(s.SecondFactor.Methods) != 2 {
		t.Fatalf("after the password: %d %s", r.status, r.body)
	}
	if phone.session(p).SignedIn {
		t.Fatal("signed in by the password alone")
	}
	code := codeAt(t, secret, a.clock.Now())
	if r := newBrowser(t).prove(p, types.SecondFactorProof{Code: &code}); r.status != http.StatusForbidden {
		t.Errorf("a browser that proved no password: %d %s", r.status, r.body)
	}
	stranger := newBrowser(t)
	stranger.session(p)
	if r := stranger.prove(p, types.SecondFactorProof{Code: &code}); r.code() != "second-factor-used" {
		t.Errorf("another browser: %d %s", r.status, r.body)
	}
	if r := phone.prove(p, types.SecondFactorProof{Code: &code}); r.status != http.StatusOK {
		t.Fatalf("prove: %d %s", r.status, r.body)
	}
	if s := phone.session(p); !s.SignedIn || !slices.Equal(*s.Methods, []string{"pwd", "otp", "mfa"}) {
		t.Errorf("session: %+v", s)
	}
	tablet := newBrowser(t)
	tablet.signIn(p, "clara@example.org", password)
	if r := tablet.prove(p, types.SecondFactorProof{Code: &code}); r.code() != "code-wrong" {
		t.Errorf("a code used before: %d %s", r.status, r.body)
	}
}

func TestOneTimeCode_Guessing_StartsOverAndIsSlowed(t *testing.T) {
	t.Parallel()
	a, p, b, _ := signedInCitizen(t)
	b.setUpCodes(a, p)
	guesser, wrong, refused := newBrowser(t), "000000", map[string]int{}
	for range 3 {
		guesser.signIn(p, "clara@example.org", password)
		for range 6 {
			refused[guesser.prove(p, types.SecondFactorProof{Code: &wrong}).code()]++
		}
	}
	if refused["code-wrong"] != 10 || refused["second-factor-used"] < 2 || refused["too-many-requests"] == 0 {
		t.Errorf("answers: %v", refused)
	}
}

func TestRecoveryCode_WorksOnce_AsPeopleTypeIt(t *testing.T) {
	t.Parallel()
	a, p, b, _ := signedInCitizen(t)
	_, codes := b.setUpCodes(a, p)
	typed := strings.ToLower(strings.ReplaceAll(codes[3], "-", " "))
	for i, want := range []int{http.StatusOK, http.StatusUnauthorized} {
		phone := newBrowser(t)
		phone.signIn(p, "clara@example.org", password)
		if r := phone.prove(p, types.SecondFactorProof{RecoveryCode: &typed}); r.status != want {
			t.Errorf("use %d: %d %s", i+1, r.status, r.body)
		}
	}
	var c types.Credentials
	b.call(http.MethodGet, p, "/api/v1/account/credentials", nil).decode(t, &c)
	if c.RecoveryCodesLeft != 9 {
		t.Errorf("%d codes are left", c.RecoveryCodesLeft)
	}
}

func TestCredentials_OldProof_AsksAgain(t *testing.T) {
	t.Parallel()
	a, p, b, account := signedInCitizen(t)
	a.clock.advance(11 * time.Minute)
	for _, call := range [][2]string{
		{http.MethodDelete, "password"}, {http.MethodPost, "passkey-options"}, {http.MethodPost, "one-time-codes"},
		{http.MethodDelete, "one-time-codes"}, {http.MethodPost, "recovery-codes"}, {http.MethodDelete, "passkeys/" + account.String()},
	} {
		if r := b.call(call[0], p, "/api/v1/account/credentials/"+call[1], nil); r.code() != "reauthentication-needed" {
			t.Errorf("%s %s: %d %s", call[0], call[1], r.status, r.body)
		}
	}
	before := b.cookie(p)
	if r := b.call(http.MethodPost, p, "/api/v1/session/reauthentication", types.PasswordBody{Password: "ganz etwas anderes"}); r.status != http.StatusUnauthorized {
		t.Errorf("wrong password: %d %s", r.status, r.body)
	}
	if r := b.call(http.MethodPost, p, "/api/v1/session/reauthentication", types.PasswordBody{Password: password}); r.status != http.StatusOK {
		t.Fatalf("reauthenticate: %d %s", r.status, r.body)
	}
	if b.cookie(p) == before {
		t.Error("the cookie of before is the cookie of after")
	}
	b.session(p)
	if r := b.call(http.MethodPost, p, "/api/v1/account/credentials/passkey-options", nil); r.status != http.StatusOK {
		t.Errorf("after proving again: %d %s", r.status, r.body)
	}
}

func TestSetPassword_EndsOtherSessionsAndTheirTokens(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1)
	a.citizen("clara@example.org")
	p, here, there := a.home(), newBrowser(t), newBrowser(t)
	here.signIn(p, "clara@example.org", password)
	a.signInAt(there, a.portals[1], "/")
	if r := here.call(http.MethodPut, p, "/api/v1/account/credentials/password", types.PasswordBody{Password: "kurz"}); r.status != http.StatusUnprocessableEntity {
		t.Errorf("against the rules: %d %s", r.status, r.body)
	}
	if r := here.call(http.MethodPut, p, "/api/v1/account/credentials/password", types.PasswordBody{Password: "fünf Möwen über der Hase"}); r.status != http.StatusNoContent {
		t.Fatalf("set password: %d %s", r.status, r.body)
	}
	if !here.session(p).SignedIn {
		t.Error("the session that changed it has ended")
	}
	if there.session(p).SignedIn {
		t.Error("another session goes on")
	}
	if r := newBrowser(t).signIn(p, "clara@example.org", password); r.status != http.StatusUnauthorized {
		t.Errorf("the old password signs in: %d", r.status)
	}
}
