package signin_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	oidcclient "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"portalverbund/api/types"
	"portalverbund/server/oidc"
)

const (
	providerSecret = "0123456789abcdef0123456789abcdef"
	providerBack   = "https://entsorgung.example/zurueck"
	verifier       = "abcdefghijklmnopqrstuvwxyz0123456789-._~ABCDEFGHIJ"
)

// provider is a registered provider: people sign in at its portal, and its software fetches deliveries.
func provider() oidc.Client {
	return oidc.Client{
		ID: "entsorgung", Name: "Entsorgung Emsland (Beispiel)", URL: "https://entsorgung.example", Secret: providerSecret,
		Scopes:       []string{"openid", "profile", "email", "offline_access", "deliveries:read", "deliveries:write"},
		RedirectURIs: []string{providerBack}, PostLogoutRedirectURIs: []string{"https://entsorgung.example/"},
	}
}

// app is software on people's phones.
func app() oidc.Client {
	return oidc.Client{ID: "app", Name: "Eine App", Native: true, Scopes: []string{"openid", "mailbox:read", "offline_access"}, RedirectURIs: []string{"http://127.0.0.1/zurueck"}}
}

func s256(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// authorizeURL is a right authorization request of the provider, with changes.
func (a *association) authorizeURL(changes ...string) string {
	q := url.Values{
		"client_id": {"entsorgung"}, "redirect_uri": {providerBack}, "response_type": {"code"}, "scope": {"openid profile email offline_access"},
		"state": {"zustand"}, "nonce": {"einmalig"}, "code_challenge": {s256(verifier)}, "code_challenge_method": {"S256"},
	}
	for i := 0; i+1 < len(changes); i += 2 {
		if changes[i+1] == "" {
			q.Del(changes[i])
			continue
		}
		q.Set(changes[i], changes[i+1])
	}
	return a.home().ref.Url + "/oauth2/authorize?" + q.Encode()
}

// answer reads what an authorization request is answered with at the client's address.
func (a *association) answer(location string) url.Values {
	a.t.Helper()
	u, err := url.Parse(location)
	must(a.t, err)
	if u.Fragment != "" {
		q, err := url.ParseQuery(u.EscapedFragment())
		must(a.t, err)
		return q
	}
	return u.Query()
}

// code goes through an authorization request of the provider, consents where asked, and gives the code.
func (a *association) code(b *browser, changes ...string) string {
	a.t.Helper()
	location := b.visit(a.authorizeURL(changes...)).location
	if strings.HasPrefix(location, a.home().ref.Url+"/anmelden?request=") {
		b.session(a.home())
		var to types.Redirect
		r := b.call(http.MethodPost, a.home(), "/api/v1/signin/requests/"+requestID(a.t, location)+"/approve", nil)
		r.decode(a.t, &to)
		if to.RedirectTo == nil {
			a.t.Fatalf("approve: %d %s", r.status, r.body)
		}
		location = *to.RedirectTo
	}
	code := a.answer(location).Get("code")
	if code == "" {
		a.t.Fatalf("no code in %s", location)
	}
	return code
}

// tokens is an answer of the token endpoint.
type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	ID      string `json:"id_token"`
	Scope   string `json:"scope"`
	Expires int    `json:"expires_in"`
	Error   string `json:"error"`
	status  int
}

// token calls the token endpoint as the provider.
func (a *association) token(form url.Values) tokens {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, a.home().ref.Url+"/oauth2/token", strings.NewReader(form.Encode()))
	must(a.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if !form.Has("client_id") && !form.Has("client_assertion") {
		r.SetBasicAuth("entsorgung", providerSecret)
	}
	got := newBrowser(a.t).do(r)
	if got.header.Get("Cache-Control") != "no-store" {
		a.t.Errorf("Cache-Control of the token endpoint: %q", got.header.Get("Cache-Control"))
	}
	out := tokens{status: got.status}
	got.decode(a.t, &out)
	return out
}

func redeemForm(code string, changes ...string) url.Values {
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {providerBack}, "code_verifier": {verifier}}
	for i := 0; i+1 < len(changes); i += 2 {
		form.Del(changes[i])
		if changes[i+1] != "" {
			form.Set(changes[i], changes[i+1])
		}
	}
	return form
}

func refreshForm(token string) url.Values {
	return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
}

// signedIn gives an account home with the provider and a browser that is signed in there.
func signedIn(t *testing.T) (*association, *browser) {
	t.Helper()
	a := newAssociation(t, 0, provider(), app())
	a.citizen("clara@example.org")
	b := newBrowser(t)
	if r := b.signIn(a.home(), "clara@example.org", password); r.status != http.StatusOK {
		t.Fatal(r.status)
	}
	return a, b
}

func TestProvider_IndependentClient_SignsIn(t *testing.T) {
	t.Parallel()
	a, b := signedIn(t)
	ctx := oidcclient.ClientContext(t.Context(), a.client)
	op, err := oidcclient.NewProvider(ctx, a.home().ref.Id)
	must(t, err)
	config := oauth2.Config{ClientID: "entsorgung", ClientSecret: providerSecret, Endpoint: op.Endpoint(), RedirectURL: providerBack, Scopes: []string{"openid", "profile", "email"}}
	secret := oauth2.GenerateVerifier()
	page := b.visit(config.AuthCodeURL("s1", oidcclient.Nonce("n1"), oauth2.S256ChallengeOption(secret))).location
	var to types.Redirect
	b.call(http.MethodPost, a.home(), "/api/v1/signin/requests/"+requestID(t, page)+"/approve", nil).decode(t, &to)
	answer := a.answer(*to.RedirectTo)
	if answer.Get("state") != "s1" || answer.Get("iss") != a.home().ref.Id {
		t.Errorf("answer %v", answer)
	}
	token, err := config.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(secret))
	must(t, err)
	id, err := op.Verifier(&oidcclient.Config{ClientID: "entsorgung", SupportedSigningAlgs: []string{oidcclient.ES256}}).Verify(ctx, token.Extra("id_token").(string))
	must(t, err)
	must(t, id.VerifyAccessToken(token.AccessToken))
	var claims struct {
		ACR      string   `json:"acr"`
		AMR      []string `json:"amr"`
		AuthTime int64    `json:"auth_time"`
		Name     string   `json:"name"`
	}
	must(t, id.Claims(&claims))
	if id.Nonce != "n1" || claims.ACR != "low" || !slices.Equal(claims.AMR, []string{"pwd"}) || claims.AuthTime == 0 || claims.Name != "" {
		t.Errorf("ID token %+v %+v", id, claims)
	}
	info, err := op.UserInfo(ctx, oauth2.StaticTokenSource(token))
	must(t, err)
	if info.Subject != id.Subject || info.Email != "clara@example.org" || !info.EmailVerified {
		t.Errorf("userinfo %+v", info)
	}
	var log types.AccessList
	b.call(http.MethodGet, a.home(), "/api/v1/account/access-log", nil).decode(t, &log)
	if len(log.Items) != 1 || log.Items[0].Who != "Entsorgung Emsland (Beispiel)" || !slices.Equal(log.Items[0].Items, []string{"givenName", "familyName", "email"}) {
		t.Errorf("access log %+v", log.Items)
	}
}

func TestProvider_ConsentToSignIn_IsAskedForOnceAndForEachScope(t *testing.T) {
	t.Parallel()
	a, b := signedIn(t)
	a.code(b, "scope", "openid profile")
	if location := b.visit(a.authorizeURL("scope", "openid profile")).location; !strings.HasPrefix(location, providerBack+"?") {
		t.Errorf("asked again: %s", location)
	}
	if location := b.visit(a.authorizeURL("scope", "openid profile email")).location; !strings.Contains(location, "/anmelden?request=") {
		t.Errorf("not asked for more: %s", location)
	}
	if location := b.visit(a.authorizeURL("scope", "openid profile", "prompt", "consent")).location; !strings.Contains(location, "/anmelden?request=") {
		t.Errorf("prompt=consent does not ask: %s", location)
	}
}

func TestDiscovery_ListsOnlyWhatWorks(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1, provider())
	read := func(p *portal) map[string]any {
		var d map[string]any
		newBrowser(t).visit(p.ref.Url+"/.well-known/openid-configuration").decode(t, &d)
		return d
	}
	home, other := read(a.home()), read(a.portals[1])
	if home["issuer"] != a.home().ref.Id || home["request_uri_parameter_supported"] != false || home["authorization_response_iss_parameter_supported"] != true {
		t.Errorf("%v", home)
	}
	list := func(d map[string]any, key string) string {
		raw, _ := json.Marshal(d[key])
		return string(raw)
	}
	if got := list(home, "grant_types_supported"); got != `["client_credentials","authorization_code","refresh_token"]` {
		t.Errorf("grants at the account home: %s", got)
	}
	if got := list(home, "subject_types_supported") + list(home, "response_types_supported") + list(home, "code_challenge_methods_supported"); got != `["pairwise"]["code"]["S256"]` {
		t.Errorf("%s", got)
	}
	if got := list(other, "grant_types_supported"); got != `["client_credentials"]` || other["authorization_endpoint"] != nil {
		t.Errorf("at a portal without accounts: %s %v", got, other["authorization_endpoint"])
	}
	if r := newBrowser(t).visit(a.portals[1].ref.Url + "/oauth2/authorize"); r.status != http.StatusNotFound {
		t.Errorf("authorize at a portal without accounts: %d", r.status)
	}
}

// tokenAt calls the token endpoint of a portal as the provider, with a secret.
func (a *association) tokenAt(p *portal, form url.Values, secret string) tokens {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, p.ref.Url+"/oauth2/token", strings.NewReader(form.Encode()))
	must(a.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("entsorgung", secret)
	got := newBrowser(a.t).do(r)
	out := tokens{status: got.status}
	got.decode(a.t, &out)
	return out
}

func TestApp_WithoutSecret_AsksEachTimeAndTakesAnyLoopbackPort(t *testing.T) {
	t.Parallel()
	a, b := signedIn(t)
	changes := []string{"client_id", "app", "redirect_uri", "http://127.0.0.1:53911/zurueck", "scope", "openid mailbox:read"}
	code := a.code(b, changes...)
	got := a.token(redeemForm(code, "client_id", "app", "redirect_uri", "http://127.0.0.1:53911/zurueck"))
	caller, err := a.home().caller(t.Context(), got.Access)
	must(t, err)
	if caller.ClientID != "app" || !caller.HasScope("mailbox:read") {
		t.Errorf("%+v", caller)
	}
	if location := b.visit(a.authorizeURL(changes...)).location; !strings.Contains(location, "/anmelden?request=") {
		t.Errorf("not asked again: %s", location)
	}
	if got := a.token(url.Values{"grant_type": {"client_credentials"}, "client_id": {"app"}}); got.Access != "" {
		t.Errorf("an app gets a token of its own: %+v", got)
	}
}

func TestEndSession_WithoutAnIDToken_EndsNothing(t *testing.T) {
	t.Parallel()
	a, b := signedIn(t)
	got := a.token(redeemForm(a.code(b)))
	visit := func(q url.Values) reply { return b.visit(a.home().ref.Url + "/oauth2/end-session?" + q.Encode()) }
	for name, q := range map[string]url.Values{
		"nothing":        {"post_logout_redirect_uri": {"https://evil.example/"}},
		"client only":    {"client_id": {"entsorgung"}, "post_logout_redirect_uri": {"https://entsorgung.example/"}},
		"access token":   {"id_token_hint": {got.Access}},
		"another client": {"id_token_hint": {got.ID}, "client_id": {"app"}},
		"broken":         {"id_token_hint": {got.ID[:len(got.ID)-4] + "AAAA"}},
	} {
		if r := visit(q); r.location != a.home().ref.Url+"/" {
			t.Errorf("%s: %d %s", name, r.status, r.location)
		}
		if !b.session(a.home()).SignedIn {
			t.Fatalf("%s: signed out", name)
		}
	}
	if r := visit(url.Values{"id_token_hint": {got.ID}, "post_logout_redirect_uri": {"https://evil.example/"}}); r.location != a.home().ref.Url+"/" {
		t.Errorf("leads to %s", r.location)
	}
	if b.session(a.home()).SignedIn {
		t.Error("still signed in")
	}
}
