package signin_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

// proves has the account in a browser at the account home prove a level by an identity provider.
func (a *association) proves(b *browser, account uuid.UUID, level string, methods ...string) {
	a.t.Helper()
	_, cookies, err := a.home().signin.SignInIdentity(a.asCaller(b, a.home()), account, "bundid", level, methods, "")
	must(a.t, err)
	at, err := url.Parse(a.home().ref.Url)
	must(a.t, err)
	b.client.Jar.SetCookies(at, cookies)
	b.session(a.home())
}

func TestStepUp_LinkedPortalNeedsALevel_AccountHomeProvesIt(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1)
	id := a.citizen("clara@example.org")
	b, meppen := newBrowser(t), a.portals[1]
	a.signInAt(b, meppen, "/")
	before, cookieBefore := b.session(meppen), b.cookie(meppen)
	if *before.TrustLevel != types.Low || !slices.Equal(*before.Methods, []string{"pwd"}) {
		t.Fatalf("session = %+v", before)
	}
	draft := "/antraege/1/bearbeiten?schritt=pruefen"
	page := b.follow(meppen.ref.Url + "/api/v1/signin/start?" + url.Values{"returnTo": {draft}, "level": {"substantial"}}.Encode())
	if !strings.HasPrefix(page, a.home().ref.Url+"/anmelden?request=") {
		t.Fatalf("led to %s", page)
	}
	var request types.SignInRequest
	address := "/api/v1/signin/requests/" + requestID(t, page)
	b.call(http.MethodGet, a.home(), address, nil).decode(t, &request)
	if request.Step != types.SignInRequestStepStepUp || request.NeededLevel == nil || *request.NeededLevel != types.Substantial {
		t.Fatalf("request = %+v", request)
	}
	b.session(a.home())
	if r := b.call(http.MethodPost, a.home(), address+"/approve", nil); r.code() != "step-up-needed" {
		t.Fatalf("approved without: %d %s", r.status, r.body)
	}
	a.proves(b, id, "substantial", "bundid", "mfa")
	if reached := a.goOn(b, page); reached != meppen.ref.Url+draft {
		t.Fatalf("came back to %s", reached)
	}
	after := b.session(meppen)
	if *after.TrustLevel != types.Substantial || !slices.Equal(*after.Methods, []string{"bundid", "mfa"}) {
		t.Fatalf("session = %+v", after)
	}
	if b.cookie(meppen) == cookieBefore {
		t.Error("the cookie of before the step-up is the one of after")
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, meppen.ref.Url, nil)
	must(t, err)
	r.AddCookie(&http.Cookie{Name: "session_" + r.URL.Port(), Value: cookieBefore})
	if _, ok, err := meppen.signin.Session(r); ok || err != nil {
		t.Errorf("the old cookie still works: %v %v", ok, err)
	}
}

// TestStepUp_ProvedBefore_GoesStraight: what the session has proved is not asked for again.
func TestStepUp_ProvedBefore_GoesStraight(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1)
	id := a.citizen("clara@example.org")
	b, meppen := newBrowser(t), a.portals[1]
	a.signInAt(b, meppen, "/")
	a.proves(b, id, "high", "bundid", "mfa")
	start := meppen.ref.Url + "/api/v1/signin/start?returnTo=/konto&level=substantial"
	if page := b.follow(start); page != meppen.ref.Url+"/konto" {
		t.Fatalf("led to %s", page)
	}
	if s := b.session(meppen); *s.TrustLevel != types.High {
		t.Errorf("level = %s", *s.TrustLevel)
	}
	// Proving less again takes nothing away, and does not make the higher level fresh.
	a.clock.advance(5 * time.Minute)
	if r := b.signIn(a.home(), "clara@example.org", password); r.status != http.StatusOK {
		t.Fatalf("sign in: %d", r.status)
	}
	if s := b.session(a.home()); *s.TrustLevel != types.High || !slices.Equal(*s.Methods, []string{"pwd", "bundid", "mfa"}) {
		t.Errorf("session = %+v", s)
	}
	caller := httpx.CallerOf(a.asCaller(b, a.home()))
	if d := caller.AuthTime.Sub(caller.LevelTime); d != 5*time.Minute {
		t.Errorf("level proved %v before", d)
	}
}

// TestStepUp_LowerLevelComesBack_IsRefused: a portal does not take less than it asked for.
func TestStepUp_LowerLevelComesBack_IsRefused(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1)
	a.citizen("clara@example.org")
	b, meppen := newBrowser(t), a.portals[1]
	a.signInAt(b, meppen, "/")
	r := b.visit(meppen.ref.Url + "/api/v1/signin/start?returnTo=/konto&level=substantial")
	at, err := url.Parse(r.location)
	must(t, err)
	q := at.Query()
	if q.Get("acr_values") != "substantial" {
		t.Fatalf("acr_values = %q", q.Get("acr_values"))
	}
	q.Del("acr_values") // somebody takes the wish out on the way
	at.RawQuery = q.Encode()
	page := b.follow(at.String())
	if !strings.HasPrefix(page, meppen.ref.Url+"/anmelden?error=level&") {
		t.Fatalf("led to %s", page)
	}
	if s := b.session(meppen); *s.TrustLevel != types.Low {
		t.Errorf("level = %s", *s.TrustLevel)
	}
}

// TestStepUp_LevelThatNobodyProvesThere_IsSaid: an account home without identity providers says so at once.
func TestStepUp_LevelThatNobodyProvesThere_IsSaid(t *testing.T) {
	t.Parallel()
	a := newAssociationWith(t, 1, []string{"low"})
	a.citizen("clara@example.org")
	b, meppen := newBrowser(t), a.portals[1]
	a.signInAt(b, meppen, "/")
	page := b.follow(meppen.ref.Url + "/api/v1/signin/start?returnTo=/konto&level=high")
	if !strings.HasPrefix(page, meppen.ref.Url+"/anmelden?error=level&") {
		t.Fatalf("led to %s", page)
	}
}

// TestActsFor_LinkedPortalLearnsWhoActsForWhom carries an organisation's sign-in to a linked portal.
func TestActsFor_LinkedPortalLearnsWhoActsForWhom(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1)
	id, err := a.home().accounts.CreateLinked(t.Context(), "", "", map[string]string{"organisationName": "Beispiel Bau GmbH"})
	must(t, err)
	b, meppen := newBrowser(t), a.portals[1]
	page := b.follow(meppen.ref.Url + "/api/v1/signin/start?returnTo=/antraege")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.home().ref.Url, nil)
	must(t, err)
	_, cookies, err := a.home().signin.SignInIdentity(httpx.WithRequest(t.Context(), r), id, "muk", "substantial", []string{"muk", "mfa"}, "Erika Muster")
	must(t, err)
	b.client.Jar.SetCookies(r.URL, cookies)
	if reached := a.goOn(b, page); reached != meppen.ref.Url+"/antraege" {
		t.Fatalf("came back to %s", reached)
	}
	s := b.session(meppen)
	if s.ActsFor == nil || *s.ActsFor != (types.ActsFor{Name: "Beispiel Bau GmbH", Person: "Erika Muster"}) || *s.DisplayName != "Erika Muster" {
		t.Errorf("session = %+v", s)
	}
}
