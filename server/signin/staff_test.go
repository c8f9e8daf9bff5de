package signin_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"portalverbund/api/types"
)

func TestStaff_WithoutASecondFactor_HaveNoRoles_AndAreNoCitizens(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 0, provider())
	home := a.home()
	home.signin.StaffSecondFactor = true
	_, err := home.accounts.CreateStaff(t.Context(), "leitung@example.org", "Lena Landrat", password, []string{"admin"})
	must(t, err)
	b := newBrowser(t)
	var s types.Session
	b.signIn(home, "leitung@example.org", password).decode(t, &s)
	if !s.SignedIn || len(s.Roles) != 0 || s.SecondFactorNeeded == nil || !*s.SecondFactorNeeded {
		t.Fatalf("%+v", s)
	}
	if r := b.call(http.MethodGet, home, "/api/v1/admin/clients", nil); r.code() != "role-missing" {
		t.Errorf("administers: %d %s", r.status, r.body)
	}
	if r := b.call(http.MethodGet, home, "/api/v1/account/profile", nil); r.status < 400 {
		t.Errorf("has a citizen's profile: %d", r.status)
	}
	if location := b.visit(a.authorizeURL("prompt", "none")).location; a.answer(location).Get("error") != "login_required" {
		t.Errorf("signs in elsewhere as a citizen: %s", location)
	}
	var setup types.OneTimeCodeSetup
	b.call(http.MethodPost, home, "/api/v1/account/credentials/one-time-codes", nil).decode(t, &setup)
	code := func() string {
		c, err := totp.GenerateCode(setup.Secret, a.clock.Now())
		must(t, err)
		return c
	}
	if r := b.call(http.MethodPost, home, "/api/v1/account/credentials/one-time-codes/confirm", types.OneTimeCode{Code: code()}); r.status != http.StatusOK {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if r := b.call(http.MethodGet, home, "/api/v1/admin/clients", nil); r.code() != "role-missing" {
		t.Errorf("has set one up, but not proved it: %d", r.status)
	}
	a.clock.advance(time.Minute)
	b = newBrowser(t)
	b.signIn(home, "leitung@example.org", password)
	one := code()
	b.call(http.MethodPost, home, "/api/v1/session/second-factor", types.SecondFactorProof{Code: &one}).decode(t, &s)
	if len(s.Roles) != 1 {
		t.Fatalf("%+v", s)
	}
	if r := b.call(http.MethodGet, home, "/api/v1/admin/clients", nil); r.status != http.StatusOK {
		t.Errorf("with the second factor: %d %s", r.status, r.body)
	}
}

// TestStaff_PasswordAlone_ReplacesNoSecondFactor: whoever knows the password of somebody who has a passkey neither adds a factor, nor takes one
// away, nor changes the password; with the passkey all that goes.
func TestStaff_PasswordAlone_ReplacesNoSecondFactor(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 0)
	home := a.home()
	home.signin.StaffSecondFactor = true
	id, err := home.accounts.CreateStaff(t.Context(), "kim@example.org", "Kim Klar", password, []string{"clerk"})
	must(t, err)
	owner := newBrowser(t)
	owner.signIn(home, "kim@example.org", password)
	d := newDevice(home, id)
	if r := d.add(owner, home, "Dienstgerät"); r.status != http.StatusCreated {
		t.Fatalf("the first factor: %d %s", r.status, r.body)
	}
	var has types.Credentials
	owner.call(http.MethodGet, home, "/api/v1/account/credentials", nil).decode(t, &has)
	const credentials = "/api/v1/account/credentials"
	changes := map[string]func(b *browser) reply{
		"another passkey": func(b *browser) reply { return newDevice(home, id).add(b, home, "Fremdes Gerät") },
		"one-time codes":  func(b *browser) reply { return b.call(http.MethodPost, home, credentials+"/one-time-codes", nil) },
		"confirmed codes": func(b *browser) reply {
			return b.call(http.MethodPost, home, credentials+"/one-time-codes/confirm", types.OneTimeCode{Code: "123456"})
		},
		"recovery codes": func(b *browser) reply { return b.call(http.MethodPost, home, credentials+"/recovery-codes", nil) },
		"no codes":       func(b *browser) reply { return b.call(http.MethodDelete, home, credentials+"/one-time-codes", nil) },
		"no passkey": func(b *browser) reply {
			return b.call(http.MethodDelete, home, credentials+"/passkeys/"+has.Passkeys[0].Id.String(), nil)
		},
		"another password": func(b *browser) reply {
			return b.call(http.MethodPut, home, credentials+"/password", types.PasswordBody{Password: "elf Fischer am Hase-Ufer"})
		},
		"no password": func(b *browser) reply { return b.call(http.MethodDelete, home, credentials+"/password", nil) },
	}
	thief := newBrowser(t)
	thief.signIn(home, "kim@example.org", password)
	for _, b := range []*browser{thief, owner} { // the owner's session has not proved the passkey either
		for name, change := range changes {
			if r := change(b); r.status != http.StatusForbidden || r.code() != "second-factor-needed" {
				t.Errorf("%s: %d %s", name, r.status, r.body)
			}
		}
	}
	if r, s := owner.signInWith(home, d.answer(owner, home)); r.status != http.StatusOK || len(s.Roles) != 1 {
		t.Fatalf("with the passkey: %d %s", r.status, r.body)
	}
	for _, name := range []string{"another passkey", "one-time codes", "another password"} {
		if r := changes[name](owner); r.status >= http.StatusBadRequest {
			t.Errorf("%s with the passkey: %d %s", name, r.status, r.body)
		}
	}
}

// TestStaff_FactorsSetBack_AreSetUpAnew goes the way of somebody who has lost their passkey.
func TestStaff_FactorsSetBack_AreSetUpAnew(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 0)
	home := a.home()
	home.signin.StaffSecondFactor = true
	id, err := home.accounts.CreateStaff(t.Context(), "kim@example.org", "Kim Klar", password, []string{"clerk"})
	must(t, err)
	b := newBrowser(t)
	b.signIn(home, "kim@example.org", password)
	lost := newDevice(home, id)
	if r := lost.add(b, home, "Verloren"); r.status != http.StatusCreated {
		t.Fatalf("%d %s", r.status, r.body)
	}
	must(t, home.accounts.ResetFactorsByOperator(t.Context(), id.String()))
	if r := b.call(http.MethodGet, home, "/api/v1/account/credentials", nil); r.status != http.StatusUnauthorized {
		t.Errorf("the session goes on: %d", r.status)
	}
	b = newBrowser(t)
	if r := b.signIn(home, "kim@example.org", password); r.status != http.StatusUnauthorized {
		t.Errorf("the password goes on: %d", r.status)
	}
	if r, _ := b.signInWith(home, lost.answer(b, home)); r.status != http.StatusUnauthorized {
		t.Errorf("the passkey that is lost goes on: %d", r.status)
	}
	token := home.tokenOfMail(t, "Ihre Anmeldung wurde zurückgesetzt")
	must(t, home.accounts.ConfirmPasswordReset(t.Context(), token, "elf Fischer am Hase-Ufer"))
	if r := b.signIn(home, "kim@example.org", "elf Fischer am Hase-Ufer"); r.status != http.StatusOK {
		t.Fatalf("%d %s", r.status, r.body)
	}
	found := newDevice(home, id)
	if r := found.add(b, home, "Neu"); r.status != http.StatusCreated {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if r, s := b.signInWith(home, found.answer(b, home)); r.status != http.StatusOK || len(s.Roles) != 1 {
		t.Errorf("with the new one: %d %s", r.status, r.body)
	}
}
