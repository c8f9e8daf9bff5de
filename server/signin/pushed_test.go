package signin_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// push sends an authorization request to the provider's side, as a client with a secret.
func (a *association) push(basic string, changes ...string) (string, reply) {
	a.t.Helper()
	_, query, _ := strings.Cut(a.authorizeURL(changes...), "?")
	s := side{a: a, base: a.home().ref.Url}
	r := newBrowser(a.t).do(s.form(s.base+"/oauth2/par", query, basic))
	var out struct {
		Address string `json:"request_uri"`
		Life    int    `json:"expires_in"`
	}
	r.decode(a.t, &out)
	if (r.status == http.StatusCreated) != (out.Life == 60 && strings.HasPrefix(out.Address, "urn:ietf:params:oauth:request_uri:")) {
		a.t.Errorf("pushed: %d %s", r.status, r.body)
	}
	return out.Address, r
}

// brought is the authorization request by which a browser brings a pushed one.
func (a *association) brought(client, address string) string {
	return a.home().ref.Url + "/oauth2/authorize?" + url.Values{"client_id": {client}, "request_uri": {address}}.Encode()
}

func TestPushed_Request_IsUsedOnceByItsClientWithinAMinute(t *testing.T) {
	t.Parallel()
	a, b := signedIn(t)
	a.code(b) // consents
	address, _ := a.push(asProvider)
	if r := b.visit(a.brought("app", address)); r.location != "/anmelden?error=failed" {
		t.Errorf("another client: %d %s", r.status, r.location)
	}
	// What the browser adds counts for nothing.
	answer := a.answer(b.visit(a.brought("entsorgung", address) + "&scope=openid&state=anders&redirect_uri=https://evil.example/").location)
	if answer.Get("state") != "zustand" || answer.Get("iss") != a.home().ref.Id {
		t.Fatalf("%v", answer)
	}
	if got := a.token(redeemForm(answer.Get("code"))); got.Refresh == "" || got.Scope != "openid profile email offline_access" {
		t.Errorf("%+v", got)
	}
	if r := b.visit(a.brought("entsorgung", address)); r.location != "/anmelden?error=failed" {
		t.Errorf("again: %d %s", r.status, r.location)
	}
	address, _ = a.push(asProvider)
	a.clock.advance(61 * time.Second)
	if r := b.visit(a.brought("entsorgung", address)); r.location != "/anmelden?error=failed" {
		t.Errorf("after a minute: %d %s", r.status, r.location)
	}
	address, _ = a.push(asProvider)
	var wg sync.WaitGroup
	codes := make(chan string, 10)
	for range 10 {
		wg.Go(func() {
			u, _ := url.Parse(b.visit(a.brought("entsorgung", address)).location)
			codes <- u.Query().Get("code")
		})
	}
	wg.Wait()
	close(codes)
	given := 0
	for code := range codes {
		if code != "" {
			given++
		}
	}
	if given != 1 {
		t.Errorf("%d codes for one pushed request", given)
	}
}

func TestPushed_WrongRequests_AreToldToTheClientItself(t *testing.T) {
	t.Parallel()
	a, _ := signedIn(t)
	for name, c := range map[string]struct {
		basic   string
		changes []string
		status  int
		want    string
	}{
		"wrong secret":        {"entsorgung:falsch", nil, http.StatusUnauthorized, "invalid_client"},
		"no secret":           {"", nil, http.StatusUnauthorized, "invalid_client"},
		"two ways":            {asProvider, []string{"client_secret", providerSecret}, http.StatusUnauthorized, "invalid_client"},
		"in another's name":   {asProvider, []string{"client_id", "app"}, http.StatusBadRequest, "invalid_request"},
		"another address":     {asProvider, []string{"redirect_uri", "https://evil.example/"}, http.StatusBadRequest, "invalid_request"},
		"no PKCE":             {asProvider, []string{"code_challenge", ""}, http.StatusBadRequest, "invalid_request"},
		"another type":        {asProvider, []string{"response_type", "token"}, http.StatusBadRequest, "unauthorized_client"},
		"without openid":      {asProvider, []string{"scope", "profile"}, http.StatusBadRequest, "invalid_scope"},
		"a pushed one inside": {asProvider, []string{"request_uri", "urn:ietf:params:oauth:request_uri:x"}, http.StatusBadRequest, "invalid_request"},
		"a request object":    {asProvider, []string{"request", "x.y.z"}, http.StatusBadRequest, "request_not_supported"},
		"max_age is no time":  {asProvider, []string{"max_age", "bald"}, http.StatusBadRequest, "invalid_request"},
	} {
		_, r := a.push(c.basic, c.changes...)
		var out struct{ Error string }
		r.decode(t, &out)
		if r.status != c.status || out.Error != c.want || r.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
}

func TestPushed_LevelHigh_IsNotAskedForByTheBrowserAlone(t *testing.T) {
	t.Parallel()
	a, b := signedIn(t)
	if got := a.answer(b.visit(a.authorizeURL("acr_values", "high")).location); got.Get("error") != "invalid_request" {
		t.Errorf("not pushed: %v", got)
	}
	if got := b.visit(a.authorizeURL("acr_values", "substantial")).location; !strings.Contains(got, "/anmelden?request=") {
		t.Errorf("substantial: %s", got)
	}
	address, _ := a.push(asProvider, "acr_values", "high")
	if got := b.visit(a.brought("entsorgung", address)).location; !strings.Contains(got, "/anmelden?request=") {
		t.Errorf("pushed: %s", got)
	}
}
