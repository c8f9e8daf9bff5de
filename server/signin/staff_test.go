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
