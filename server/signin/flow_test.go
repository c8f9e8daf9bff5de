package signin_test

import (
	"net/http"
	"strings"
	"testing"

	"portalverbund/api/types"
)

func TestSignIn_ThroughAccountHome_ComesBackSignedIn(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 2)
	a.citizen("clara@example.org")
	b := newBrowser(t)
	first, second := a.portals[1], a.portals[2]

	a.signInAt(b, first, "/leistungen/1?schritt=2")
	s := b.session(first)
	if !s.SignedIn || *s.DisplayName != "Clara Beispiel" || *s.TrustLevel != types.Low || len(s.Roles) != 0 {
		t.Errorf("session at the first portal: %+v", s)
	}
	if *s.AccountUrl != a.home().ref.Url+"/konto" {
		t.Errorf("account is at %s", *s.AccountUrl)
	}

	// The second portal needs no password and no page in between.
	page := b.follow(second.ref.Url + "/api/v1/signin/start?returnTo=/")
	if page != second.ref.Url+"/" {
		t.Errorf("the second sign-in stopped at %s", page)
	}
	if s := b.session(second); !s.SignedIn {
		t.Error("not signed in at the second portal")
	}
}

func TestSignIn_TwoPortals_KnowThePersonByDifferentSubjects(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 2)
	account := a.citizen("clara@example.org")
	b := newBrowser(t)
	var subjects []string
	for _, p := range a.portals[1:] {
		a.signInAt(b, p, "/")
		var subject, issuer string
		must(t, p.db.From(t.Context()).Raw("SELECT subject, issuer FROM sessions").Row().Scan(&subject, &issuer))
		if issuer != a.home().ref.Id || strings.Contains(subject, account.String()) {
			t.Errorf("issuer %s, subject %s", issuer, subject)
		}
		id, err := a.home().oidc.AccountOf(t.Context(), p.ref.Id, subject)
		must(t, err)
		if id != account {
			t.Errorf("the way back leads to %s, want %s", id, account)
		}
		subjects = append(subjects, subject)
	}
	if subjects[0] == subjects[1] {
		t.Error("two portals know the person by the same subject")
	}
	if _, err := a.home().oidc.AccountOf(t.Context(), a.portals[2].ref.Id, subjects[0]); err == nil {
		t.Error("a portal can use another's subject")
	}
}

func TestSignIn_StateOfAnotherBrowser_IsRefused(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1)
	a.citizen("clara@example.org")
	attacker, victim := newBrowser(t), newBrowser(t)
	p := a.portals[1]
	page := attacker.follow(p.ref.Url + "/api/v1/signin/start?returnTo=/")
	if r := attacker.signIn(a.home(), "clara@example.org", password); r.status != http.StatusOK {
		t.Fatalf("sign in: %d %s", r.status, r.body)
	}
	var request types.SignInRequest
	attacker.call(http.MethodGet, a.home(), "/api/v1/signin/requests/"+requestID(t, page), nil).decode(t, &request)
	if request.RedirectTo == nil {
		t.Fatalf("request: %+v", request)
	}
	callback := attacker.visit(*request.RedirectTo).location

	r := victim.visit(callback)
	if r.status != http.StatusFound || !strings.HasPrefix(r.location, "/anmelden?error=expired") {
		t.Errorf("the victim's browser is led to %d %s", r.status, r.location)
	}
	if victim.session(p).SignedIn {
		t.Error("the victim is signed in as the attacker")
	}
}
