package signin_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

func TestHomeToken_RunOut_IsRefreshedOnceForManyRequests(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1)
	a.citizen("clara@example.org")
	p, b := a.portals[1], newBrowser(t)
	a.signInAt(b, p, "/")
	ctx := a.asCaller(b, p)
	_, first, err := p.signin.HomeToken(ctx)
	must(t, err)
	a.clock.advance(11 * time.Minute)
	var wg sync.WaitGroup
	tokens := make([]string, 8)
	for i := range tokens {
		wg.Go(func() {
			_, token, err := p.signin.HomeToken(ctx)
			if err != nil {
				t.Error(err)
			}
			tokens[i] = token
		})
	}
	wg.Wait()
	for _, token := range tokens {
		if token == first || token != tokens[0] {
			t.Error("not one new token for all")
		}
	}
	caller, err := a.home().caller(t.Context(), tokens[0])
	must(t, err)
	if caller.Kind != httpx.TokenCaller || caller.ClientID != p.ref.Id || !caller.HasScope("mailbox:read") || caller.HasScope("person:read") {
		t.Errorf("%+v", caller)
	}
	var refreshed int
	must(t, a.home().db.From(t.Context()).Raw("SELECT count(*) FROM oidc_refresh_tokens WHERE used_at IS NOT NULL").Row().Scan(&refreshed))
	if refreshed != 1 {
		t.Errorf("%d refresh tokens were used", refreshed)
	}
}

func TestHomeToken_SignedOutAtTheAccountHome_SignInAgain(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1)
	a.citizen("clara@example.org")
	p, b := a.portals[1], newBrowser(t)
	a.signInAt(b, p, "/")
	ctx := a.asCaller(b, p)
	_, token, err := p.signin.HomeToken(ctx)
	must(t, err)
	b.session(a.home())
	b.call(http.MethodDelete, a.home(), "/api/v1/session", nil)
	if _, err := a.home().caller(t.Context(), token); !problem.Is(err, "token-invalid") {
		t.Errorf("the token outlives the sign-in: %v", err)
	}
	a.clock.advance(11 * time.Minute)
	if _, _, err := p.signin.HomeToken(ctx); !problem.Is(err, "home-sign-in-ended") {
		t.Errorf("%v", err)
	}
}

func TestHomeToken_AccountHomeDown_503(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1)
	a.citizen("clara@example.org")
	p, b := a.portals[1], newBrowser(t)
	a.signInAt(b, p, "/")
	ctx := a.asCaller(b, p)
	a.consent(b, p, a.service)
	a.home().server.Close()
	if got := b.call(http.MethodGet, p, "/api/v1/account/prefill?serviceId="+a.service.String(), nil); got.status != http.StatusServiceUnavailable {
		t.Errorf("prefill: %d %s", got.status, got.body)
	}
	a.clock.advance(11 * time.Minute)
	if _, _, err := p.signin.HomeToken(ctx); !problem.Is(err, "account-home-unreachable") {
		t.Errorf("%v", err)
	}
}

func TestFinishSignIn_AnswerOfAnotherIssuer_IsRefused(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1)
	a.citizen("clara@example.org")
	p, b := a.portals[1], newBrowser(t)
	b.signIn(a.home(), "clara@example.org", password)
	start := b.visit(p.ref.Url + "/api/v1/signin/start?returnTo=/")
	callback, err := url.Parse(b.visit(start.location).location)
	must(t, err)
	q := callback.Query()
	if q.Get("iss") != a.home().ref.Id || q.Get("code") == "" {
		t.Fatalf("answer %v", q)
	}
	for name, change := range map[string]func(url.Values){
		"another issuer": func(q url.Values) { q.Set("iss", "https://evil.example") },
		"no issuer":      func(q url.Values) { q.Del("iss") },
	} {
		changed := url.Values{}
		for key := range q {
			changed.Set(key, q.Get(key))
		}
		change(changed)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.ref.Url+callback.Path+"?"+changed.Encode(), nil)
		must(t, err)
		u, _ := url.Parse(p.ref.Url)
		for _, cookie := range b.client.Jar.Cookies(u) {
			r.AddCookie(cookie)
		}
		if got := newBrowser(t).do(r); !strings.HasPrefix(got.location, "/anmelden?error=failed") {
			t.Errorf("%s: %d %s", name, got.status, got.location)
		}
	}
}
