package signin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
)

const clerk = "clerk@example.org"

func (a *association) staff(p *portal) uuid.UUID {
	a.t.Helper()
	id, err := p.accounts.CreateStaff(a.t.Context(), clerk, "Knut Muster", password, []string{"clerk"})
	must(a.t, err)
	return id
}

func TestSignIn_StaffAtTheirPortal_GetTheirRoles(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1)
	p := a.portals[1]
	a.staff(p)
	b := newBrowser(t)
	if r := b.signIn(p, "Clerk@Example.org ", password); r.status != http.StatusOK {
		t.Fatalf("%d %s", r.status, r.body)
	}
	s := b.session(p)
	if !s.SignedIn || len(s.Roles) != 1 || s.Roles[0] != types.Clerk || *s.DisplayName != "Knut Muster" || s.AccountUrl != nil {
		t.Errorf("%+v", s)
	}
}

func TestSignIn_WrongPasswordOrUnknownAddress_SameAnswer(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 0)
	a.citizen("clara@example.org")
	b := newBrowser(t)
	wrong := b.signIn(a.home(), "clara@example.org", "ein falsches Passwort")
	unknown := b.signIn(a.home(), "niemand@example.org", "ein falsches Passwort")
	invalid := b.signIn(a.home(), "keine Adresse", "ein falsches Passwort")
	for _, r := range []reply{wrong, unknown, invalid} {
		if r.status != http.StatusUnauthorized || r.code() != "credentials-wrong" || len(r.body) != len(wrong.body) {
			t.Errorf("%d %s", r.status, r.body)
		}
	}
}

func TestSignIn_CookieOfBefore_IsNotTheCookieOfAfter(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 0)
	a.citizen("clara@example.org")
	b := newBrowser(t)
	b.session(a.home())
	before, csrfBefore := b.cookie(a.home()), b.csrf[a.home().ref.Id]
	b.signIn(a.home(), "clara@example.org", password)
	first, csrfFirst := b.cookie(a.home()), b.csrf[a.home().ref.Id]
	b.signIn(a.home(), "clara@example.org", password)
	second := b.cookie(a.home())
	if before == "" || first == before || second == first || csrfFirst == csrfBefore {
		t.Errorf("cookies %q, %q, %q", before, first, second)
	}
	for _, old := range []string{before, first} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.home().ref.Url+"/api/v1/account/sessions", nil)
		must(t, err)
		r.AddCookie(&http.Cookie{Name: "session_" + r.URL.Port(), Value: old})
		if got := newBrowser(t).do(r); got.status != http.StatusUnauthorized {
			t.Errorf("an old cookie still works: %d", got.status)
		}
	}
}

func TestSignIn_WithoutThisPortalsToken_IsRefused(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 0)
	a.citizen("clara@example.org")
	body := types.SignIn{Email: "clara@example.org", Password: password}
	post := func(prepare func(b *browser), headers ...string) reply {
		b := newBrowser(t)
		prepare(b)
		return b.call(http.MethodPost, a.home(), "/api/v1/session", body, headers...)
	}
	none := func(*browser) {}
	seen := func(b *browser) { b.session(a.home()) }
	for name, r := range map[string]reply{
		"no cookie":           post(none),
		"no token":            post(seen, "X-CSRF-Token", ""),
		"another token":       post(seen, "X-CSRF-Token", strings.Repeat("A", 43)),
		"another site":        post(seen, "Origin", "https://evil.example"),
		"another site's page": post(seen, "Sec-Fetch-Site", "cross-site"),
	} {
		if r.status != http.StatusForbidden || r.code() != "csrf" {
			t.Errorf("%s: %d %s", name, r.status, r.code())
		}
	}
}

func TestSession_ChangesNeedTheToken(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 0)
	a.citizen("clara@example.org")
	b := newBrowser(t)
	b.signIn(a.home(), "clara@example.org", password)
	if r := b.call(http.MethodDelete, a.home(), "/api/v1/session", nil, "X-CSRF-Token", ""); r.status != http.StatusForbidden {
		t.Errorf("without token: %d", r.status)
	}
	if r := b.call(http.MethodDelete, a.home(), "/api/v1/session", nil); r.status != http.StatusOK {
		t.Errorf("with token: %d", r.status)
	}
	if b.session(a.home()).SignedIn {
		t.Error("still signed in")
	}
}

func TestSession_EndsAfterIdleAndAbsoluteTime(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 0)
	a.citizen("clara@example.org")
	b := newBrowser(t)
	b.signIn(a.home(), "clara@example.org", password)
	a.clock.advance(29 * time.Minute)
	if !b.session(a.home()).SignedIn {
		t.Fatal("ended before the idle time")
	}
	a.clock.advance(31 * time.Minute)
	if b.session(a.home()).SignedIn {
		t.Error("alive after the idle time")
	}
	b.signIn(a.home(), "clara@example.org", password)
	for range 23 {
		a.clock.advance(20 * time.Minute)
		if !b.session(a.home()).SignedIn {
			t.Fatal("ended although it was used")
		}
	}
	a.clock.advance(21 * time.Minute)
	if b.session(a.home()).SignedIn {
		t.Error("alive after the absolute time")
	}
}

func TestSession_RoleTakenOrAccountClosed_EndsAtTheNextRequest(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 0)
	p := a.home()
	id := a.staff(p)
	b := newBrowser(t)
	b.signIn(p, clerk, password)
	must(t, p.accounts.SetRoles(t.Context(), id, []string{"editor"}))
	if b.session(p).SignedIn {
		t.Error("signed in with roles that were taken")
	}
	b.signIn(p, clerk, password)
	if s := b.session(p); len(s.Roles) != 1 || s.Roles[0] != types.Editor {
		t.Errorf("roles %v", s.Roles)
	}
	must(t, p.accounts.Disable(t.Context(), id))
	if b.session(p).SignedIn {
		t.Error("signed in with a closed account")
	}
	if r := b.signIn(p, clerk, password); r.code() != "credentials-wrong" {
		t.Errorf("a closed account signs in: %d", r.status)
	}
}

func TestSessions_PersonSeesAndEndsOnlyTheirOwn(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 0)
	a.citizen("clara@example.org")
	a.citizen("bert@example.org")
	home := a.home()
	phone, laptop, stranger := newBrowser(t), newBrowser(t), newBrowser(t)
	phone.signIn(home, "clara@example.org", password)
	laptop.signIn(home, "clara@example.org", password)
	stranger.signIn(home, "bert@example.org", password)
	var list types.SessionList
	laptop.call(http.MethodGet, home, "/api/v1/account/sessions", nil).decode(t, &list)
	if len(list.Items) != 2 {
		t.Fatalf("%d sessions", len(list.Items))
	}
	var other types.SessionInfo
	for _, s := range list.Items {
		if !s.Current {
			other = s
		}
	}
	if r := stranger.call(http.MethodDelete, home, "/api/v1/account/sessions/"+other.Id.String(), nil); r.status != http.StatusNotFound {
		t.Errorf("a stranger ends the session: %d", r.status)
	}
	if r := laptop.call(http.MethodDelete, home, "/api/v1/account/sessions/"+other.Id.String(), nil); r.status != http.StatusNoContent {
		t.Errorf("the owner cannot end it: %d %s", r.status, r.body)
	}
	if phone.session(home).SignedIn || !laptop.session(home).SignedIn {
		t.Error("the wrong session has ended")
	}
}

func TestSignOut_AtALinkedPortal_EndsTheSignInAtTheAccountHomeToo(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1)
	a.citizen("clara@example.org")
	p, b := a.portals[1], newBrowser(t)
	a.signInAt(b, p, "/")
	b.session(p)
	var to types.Redirect
	b.call(http.MethodDelete, p, "/api/v1/session", nil).decode(t, &to)
	if to.RedirectTo == nil {
		t.Fatal("no way to the account home")
	}
	if strings.Contains(*to.RedirectTo, "Clara") {
		t.Error("the address holds the person's name")
	}
	if page := b.follow(*to.RedirectTo); page != p.ref.Url+"/" {
		t.Errorf("came back to %s", page)
	}
	if b.session(a.home()).SignedIn || b.session(p).SignedIn {
		t.Error("still signed in")
	}
}

func TestStartSignIn_AccountHomeDown_SaysSo(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1)
	p, b := a.portals[1], newBrowser(t)
	a.home().server.Close()
	r := b.visit(p.ref.Url + "/api/v1/signin/start?returnTo=/antrag")
	if r.status != http.StatusFound || r.location != "/anmelden?error=unavailable&home="+url.QueryEscape(a.home().ref.Id)+"&returnTo=%2Fantrag" {
		t.Errorf("browser: %d %s", r.status, r.location)
	}
	program := b.call(http.MethodGet, p, "/api/v1/signin/start?returnTo=/antrag", nil)
	if program.status != http.StatusServiceUnavailable || program.code() != "account-home-unreachable" || program.header.Get("Retry-After") == "" {
		t.Errorf("program: %d %s", program.status, program.body)
	}
}

func TestStartSignIn_AtTheAccountHome_LeadsToItsOwnPage(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 0)
	r := newBrowser(t).visit(a.home().ref.Url + "/api/v1/signin/start?returnTo=/antrag")
	if r.location != "/anmelden?returnTo=%2Fantrag" {
		t.Errorf("%d %s", r.status, r.location)
	}
}

func TestStartSignIn_ReturnToElsewhere_IsRefused(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1)
	for _, target := range []string{"//evil.example", "https://evil.example", "/%5Cevil.example", "/%09/evil.example", "/api/v1/session", "%2F%2Fevil.example"} {
		r := newBrowser(t).visit(a.portals[1].ref.Url + "/api/v1/signin/start?returnTo=" + target)
		if r.status != http.StatusBadRequest || r.location != "" {
			t.Errorf("%s: %d %s", target, r.status, r.location)
		}
	}
}
