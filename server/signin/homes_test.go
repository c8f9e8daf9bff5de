package signin_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/problem"
)

// twoHomes starts an association with two account homes, where Clara has an account at each, and one other portal.
func twoHomes(t *testing.T) (a *association, first, second, other *portal) {
	t.Helper()
	a = newAssociationOf(t, 2, 1, []string{"low", "substantial"})
	first, second, other = a.portals[0], a.portals[1], a.portals[2]
	for _, home := range []*portal{first, second} {
		a.citizenAt(home, "clara@example.org")
	}
	return a, first, second, other
}

// start begins a sign-in at a portal, without going on.
func (b *browser) start(p *portal, query url.Values) reply {
	return b.visit(p.ref.Url + "/api/v1/signin/start?" + query.Encode())
}

// personsAt gives issuer and subject of everybody who is signed in at a portal.
func personsAt(t *testing.T, p *portal) (people []string) {
	t.Helper()
	must(t, p.db.From(t.Context()).Raw("SELECT issuer || ' ' || subject FROM sessions WHERE account_id IS NULL ORDER BY created_at").Scan(&people).Error)
	return people
}

func TestHomes_Several_PeopleChoose_AndTheLastIsRemembered(t *testing.T) {
	t.Parallel()
	a, first, second, other := twoHomes(t)
	b := newBrowser(t)
	if r := b.start(other, url.Values{"returnTo": {"/antrag"}}); r.status != http.StatusFound || r.location != "/anmelden?returnTo=%2Fantrag" {
		t.Fatalf("without a choice: %d %s", r.status, r.location)
	}
	if s := b.session(other); s.LastAccountHome != nil {
		t.Errorf("remembered before anybody has signed in: %s", *s.LastAccountHome)
	}
	if r := b.start(first, url.Values{"returnTo": {"/"}}); r.location != "/anmelden?returnTo=%2F" {
		t.Errorf("an account home uses itself first: %s", r.location)
	}
	a.signInBy(b, other, second, "/antrag")
	s := b.session(other)
	if s.AccountHome == nil || s.AccountHome.Id != second.ref.Id || *s.AccountUrl != second.ref.Url+"/konto" {
		t.Errorf("account home %+v, account at %v", s.AccountHome, s.AccountUrl)
	}
	// While signed in, a way without a choice leads to the home of this person: for more trust, and for a consent.
	for _, query := range []url.Values{{"level": {"substantial"}}, {"serviceId": {a.service.String()}}, {}} {
		if r := b.start(other, query); !strings.HasPrefix(r.location, second.ref.Url+"/oauth2/authorize?") {
			t.Errorf("%v leads to %s", query, r.location)
		}
	}
	b.call(http.MethodDelete, other, "/api/v1/session", nil)
	if s := b.session(other); s.SignedIn || s.LastAccountHome == nil || *s.LastAccountHome != second.ref.Id {
		t.Errorf("after signing out: %+v", s)
	}
	if s := newBrowser(t).session(other); s.LastAccountHome != nil {
		t.Error("another browser is offered it, too")
	}
	a.removed.Store(second.ref.Id, true)
	if s := b.session(other); s.LastAccountHome != nil {
		t.Error("a home that is none any more is offered")
	}
	if r := b.start(other, url.Values{}); !strings.HasPrefix(r.location, first.ref.Url+"/oauth2/authorize?") {
		t.Errorf("the only home left is not gone to: %s", r.location)
	}
}

func TestHomes_SignInAtOne_PersonOfThatHomeOnly(t *testing.T) {
	t.Parallel()
	a, first, second, other := twoHomes(t)
	one, two := newBrowser(t), newBrowser(t)
	a.signInBy(one, other, first, "/")
	a.signInBy(two, other, second, "/")
	people := personsAt(t, other)
	if len(people) != 2 || !strings.HasPrefix(people[0], first.ref.Id+" ") || !strings.HasPrefix(people[1], second.ref.Id+" ") {
		t.Fatalf("people at the portal: %v", people)
	}
	for b, home := range map[*browser]*portal{one: first, two: second} {
		issuer, _, err := other.signin.HomeToken(a.asCaller(b, other))
		if err != nil || issuer != home.ref.Id {
			t.Errorf("token of %s for a person of %s: %v", issuer, home.ref.Id, err)
		}
	}
	// The same browser goes over to the account at the other home: another person, in a session of their own.
	before := one.cookie(other)
	a.signInBy(one, other, second, "/")
	if s := one.session(other); s.AccountHome.Id != second.ref.Id || one.cookie(other) == before {
		t.Errorf("still %+v", s.AccountHome)
	}
	if people := personsAt(t, other); slices.ContainsFunc(people, func(p string) bool { return strings.HasPrefix(p, first.ref.Id+" ") }) {
		t.Errorf("the first person's session goes on in a browser of the second: %v", people)
	}
}

func TestHomes_EqualSubjectsOfTwoHomes_AreTwoPeople(t *testing.T) {
	t.Parallel()
	a, first, second, other := twoHomes(t)
	one, two := newBrowser(t), newBrowser(t)
	a.signInBy(one, other, first, "/")
	a.signInBy(two, other, second, "/")
	must(t, other.db.From(t.Context()).Exec("UPDATE sessions SET subject = 'the same', home_session = 'the same'").Error)
	var list types.SessionList
	one.call(http.MethodGet, other, "/api/v1/account/sessions", nil).decode(t, &list)
	if len(list.Items) != 1 {
		t.Fatalf("one person sees the other's sessions: %+v", list.Items)
	}
	var id uuid.UUID
	must(t, other.db.From(t.Context()).Raw("SELECT id FROM sessions WHERE issuer = ?", second.ref.Id).Row().Scan(&id))
	one.session(other)
	if r := one.call(http.MethodDelete, other, "/api/v1/account/sessions/"+id.String(), nil); r.status != http.StatusNotFound {
		t.Errorf("ended a session of the other person: %d", r.status)
	}
	if r := tellLogout(t, a, first, other, "the same", first.ref.Id); r != http.StatusOK {
		t.Fatalf("logout by the first home: %d", r)
	}
	if one.session(other).SignedIn || !two.session(other).SignedIn {
		t.Error("a home has ended what it has not begun")
	}
}

// tellLogout has a home tell a portal that a session there has ended, in the name of an issuer.
func tellLogout(t *testing.T, a *association, home, p *portal, session, issuer string) int {
	t.Helper()
	now := a.clock.Now()
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
		"iss": issuer, "aud": p.ref.Id, "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(), "jti": uuid.NewString(), "sid": session,
		"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
	})
	token.Header["typ"], token.Header["kid"] = "logout+jwt", home.keys.Signing.KeyID
	signed, err := token.SignedString(home.keys.Private())
	must(t, err)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.ref.Url+"/oauth2/backchannel-logout", strings.NewReader(url.Values{"logout_token": {signed}}.Encode()))
	must(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return newBrowser(t).do(r).status
}

func TestHomes_SignOutAtOne_EndsWhatItBegan_AndNothingElse(t *testing.T) {
	t.Parallel()
	a, first, second, other := twoHomes(t)
	a.work(first)
	a.work(second)
	one, two := newBrowser(t), newBrowser(t)
	a.signInBy(one, other, first, "/")
	a.signInBy(one, second, first, "/") // an account home is a portal for the people of the other, too
	a.signInBy(two, other, second, "/")
	if s := one.session(second); s.AccountHome == nil || s.AccountHome.Id != first.ref.Id {
		t.Fatalf("at the other home: %+v", s)
	}
	var session string
	must(t, other.db.From(t.Context()).Raw("SELECT home_session FROM sessions WHERE issuer = ?", first.ref.Id).Row().Scan(&session))
	for name, status := range map[string]int{
		"by another home in its own name":     tellLogout(t, a, second, other, session, second.ref.Id), // taken, and ends nothing
		"by another home in the first's name": tellLogout(t, a, second, other, session, first.ref.Id),
		"by a portal that is no home":         tellLogout(t, a, other, second, session, other.ref.Id),
		"by the portal itself":                tellLogout(t, a, second, second, session, second.ref.Id),
	} {
		if (status == http.StatusOK) != (name == "by another home in its own name") {
			t.Errorf("%s: %d", name, status)
		}
	}
	if !one.session(other).SignedIn {
		t.Fatal("ended by somebody else")
	}
	one.session(first)
	if r := one.call(http.MethodDelete, first, "/api/v1/session", nil); r.status != http.StatusOK {
		t.Fatalf("sign out: %d %s", r.status, r.body)
	}
	eventually(t, func() bool { return !one.session(other).SignedIn && !one.session(second).SignedIn })
	if !two.session(other).SignedIn || !two.session(second).SignedIn {
		t.Error("the person of the other home is signed out, too")
	}
	// Signing out at the portal leads to the home that the person came from.
	two.session(other)
	var to types.Redirect
	two.call(http.MethodDelete, other, "/api/v1/session", nil).decode(t, &to)
	if to.RedirectTo == nil || !strings.HasPrefix(*to.RedirectTo, second.ref.Url+"/oauth2/end-session?") {
		t.Errorf("signing out leads to %v", to.RedirectTo)
	}
}

func TestHomes_PersonOfAnotherHome_HasNoAccountHere_AndCarriesItNoFurther(t *testing.T) {
	t.Parallel()
	a, first, second, other := twoHomes(t)
	b := newBrowser(t)
	a.signInBy(b, second, first, "/")
	b.session(second)
	for _, path := range []string{"/api/v1/account/profile", "/api/v1/account/consents", "/api/v1/account/access-log"} {
		if r := b.call(http.MethodGet, second, path, nil); r.status != http.StatusNotFound || r.code() != "not-account-home" || !strings.Contains(string(r.body), first.ref.Name) {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
	// Prefilled is from the person's own home: with a consent there.
	var p types.Prefill
	b.call(http.MethodGet, second, "/api/v1/account/prefill?serviceId="+a.service.String(), nil).decode(t, &p)
	if p.State != types.ConsentNeeded || p.Origin.Id != first.ref.Id {
		t.Errorf("prefill: %+v", p)
	}
	// The second home signs nobody in elsewhere who is not its own.
	page := b.follow(other.ref.Url + "/api/v1/signin/start?" + url.Values{"home": {second.ref.Id}}.Encode())
	var request types.SignInRequest
	b.call(http.MethodGet, second, "/api/v1/signin/requests/"+requestID(t, page), nil).decode(t, &request)
	if request.Step != types.SignInRequestStepSignIn || request.RedirectTo != nil {
		t.Errorf("request: %+v", request)
	}
	if r := b.call(http.MethodPost, second, "/api/v1/signin/requests/"+requestID(t, page)+"/approve", nil); r.status < 400 {
		t.Errorf("approved: %d %s", r.status, r.body)
	}
}

func TestHomes_UnknownOrForeign_IsRefused(t *testing.T) {
	t.Parallel()
	a, _, second, other := twoHomes(t)
	a.removed.Store(second.ref.Id, true)
	for _, home := range []string{"https://evil.example", other.ref.Id, second.ref.Id, a.home().ref.Id + "/", strings.ToUpper(a.home().ref.Id), "x"} {
		q := url.Values{"home": {home}, "returnTo": {"/antrag"}}
		program := newBrowser(t).call(http.MethodGet, other, "/api/v1/signin/start?"+q.Encode(), nil)
		if program.status != http.StatusBadRequest || program.code() != "home-unknown" || program.location != "" {
			t.Errorf("%s: %d %s", home, program.status, program.body)
		}
		if page := newBrowser(t).start(other, q); page.location != "/anmelden?error=no_home&returnTo=%2Fantrag" || page.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: a person is led to %s", home, page.location)
		}
	}
}

func TestHomes_MixedUp_IsRefused(t *testing.T) {
	t.Parallel()
	a, first, second, other := twoHomes(t)
	b := newBrowser(t)
	for _, home := range []*portal{first, second} {
		if r := b.signIn(home, "clara@example.org", password); r.status != http.StatusOK {
			t.Fatalf("sign in: %d %s", r.status, r.body)
		}
	}
	answerOf := func(home *portal) url.Values {
		start := b.start(other, url.Values{"home": {home.ref.Id}})
		callback, err := url.Parse(b.visit(start.location).location)
		must(t, err)
		return callback.Query()
	}
	finish := func(q url.Values) reply { return b.visit(other.ref.Url + "/api/v1/signin/callback?" + q.Encode()) }
	for name, mix := range map[string]func(mine, theirs url.Values){
		"the second home's code, in its own name":     func(mine, theirs url.Values) { mine["code"], mine["iss"] = theirs["code"], theirs["iss"] },
		"the second home's code, in the first's name": func(mine, theirs url.Values) { mine["code"] = theirs["code"] },
		"the first home's code, in the second's name": func(mine, theirs url.Values) { mine["iss"] = theirs["iss"] },
		"the first home's code, in nobody's name":     func(mine, _ url.Values) { mine.Del("iss") },
		"the first home's answer, in a portal's name": func(mine, _ url.Values) { mine.Set("iss", other.ref.Id) },
		"an error of the second in the first's sign-in": func(mine, theirs url.Values) {
			mine.Del("code")
			mine.Set("error", "access_denied")
			mine["iss"] = theirs["iss"]
		},
		"the first home's answer after it was removed": func(url.Values, url.Values) { a.removed.Store(first.ref.Id, true) },
	} {
		mine := answerOf(first)
		theirs := answerOf(second)
		mix(mine, theirs)
		if r := finish(mine); !strings.HasPrefix(r.location, "/anmelden?error=failed&home="+url.QueryEscape(first.ref.Id)) {
			t.Errorf("%s: %d %s", name, r.status, r.location)
		}
		if b.session(other).SignedIn {
			t.Fatalf("%s: signed in", name)
		}
		a.removed.Delete(first.ref.Id)
	}
	if people := personsAt(t, other); len(people) != 0 {
		t.Errorf("sessions: %v", people)
	}
	right := answerOf(second)
	if r := finish(right); r.location != "/" || !b.session(other).SignedIn {
		t.Errorf("a right answer: %s", r.location)
	}
}

func TestHomes_OneDown_OthersGoOn_AndItIsSaid(t *testing.T) {
	t.Parallel()
	a, first, second, other := twoHomes(t)
	b := newBrowser(t)
	first.server.Close()
	if r := b.start(other, url.Values{"home": {first.ref.Id}, "returnTo": {"/antrag"}}); r.location != "/anmelden?error=unavailable&home="+url.QueryEscape(first.ref.Id)+"&returnTo=%2Fantrag" {
		t.Errorf("%d %s", r.status, r.location)
	}
	a.signInBy(b, other, second, "/antrag")
}

func TestHomes_Removed_ItsPeopleAreSignedOut(t *testing.T) {
	t.Parallel()
	a, first, second, other := twoHomes(t)
	one, two := newBrowser(t), newBrowser(t)
	a.signInBy(one, other, first, "/")
	a.signInBy(two, other, second, "/")
	ctx := a.asCaller(one, other)
	a.removed.Store(first.ref.Id, true)
	if one.session(other).SignedIn || !two.session(other).SignedIn {
		t.Error("only those of the removed home are signed out")
	}
	a.clock.advance(11 * time.Minute)
	if _, _, err := other.signin.HomeToken(ctx); !problem.Is(err, "home-sign-in-ended") {
		t.Errorf("token at a removed home: %v", err)
	}
	if status := tellLogout(t, a, first, other, "x", first.ref.Id); status != http.StatusBadRequest {
		t.Errorf("logout by a removed home: %d", status)
	}
}
