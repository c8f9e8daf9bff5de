package signin_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	oidcclient "github.com/coreos/go-oidc/v3/oidc"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
	"golang.org/x/oauth2"

	"portalverbund/api/types"
	"portalverbund/server/oidc"
	"portalverbund/server/platform/httpx"
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

func TestAuthorize_RedirectURIVariants_NeverRedirectThere(t *testing.T) {
	t.Parallel()
	a, b := signedIn(t)
	variants := []string{
		"", "https://entsorgung.example/zurueck/", "https://entsorgung.example/zurueck?x=1", "https://entsorgung.example/zurueck#x", "https://entsorgung.example/zurueck/../x",
		"https://entsorgung.example/Zurueck", "https://Entsorgung.example/zurueck", "HTTPS://entsorgung.example/zurueck", "http://entsorgung.example/zurueck",
		"https://entsorgung.example:443/zurueck", "https://entsorgung.example:8443/zurueck", "https://user@entsorgung.example/zurueck",
		"https://entsorgung.example@evil.example/zurueck", "https://entsorgung.example.evil.example/zurueck", "https://evil.example/zurueck",
		"https://entsorgung.example%2e.evil.example/zurueck", "https://entsorgung.example%2Fzurueck", "https://entsorgung.example/%7aurueck",
		"https://entsorgung.example\\@evil.example/zurueck", "//entsorgung.example/zurueck", "/zurueck", "javascript:alert(1)", "data:text/html,x",
		"https://entsorgung.example/zurueck%00", "https://entsorgung.example/zurueck\n", " https://entsorgung.example/zurueck", "https://entsorgung.example//zurueck",
		"https://www.entsorgung.example/zurueck", "https://entsorgung.example/zurueck;x", "https://xn--entsorgung.example/zurueck", "entsorgung:zurueck",
	}
	for _, variant := range variants {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.authorizeURL("redirect_uri", variant), nil)
		must(t, err)
		if got := b.do(r); got.status != http.StatusBadRequest || got.location != "" {
			t.Errorf("%q: %d %s", variant, got.status, got.location)
		}
		if got := b.visit(a.authorizeURL("redirect_uri", variant)); got.location != "/anmelden?error=failed" {
			t.Errorf("%q in a browser: %d %s", variant, got.status, got.location)
		}
	}
	if got := b.visit(a.authorizeURL() + "&redirect_uri=" + url.QueryEscape("https://evil.example/")); got.status != http.StatusBadRequest || got.location != "" {
		t.Errorf("twice: %d %s", got.status, got.location)
	}
}

func TestAuthorize_WrongRequests_AreToldToTheClient(t *testing.T) {
	t.Parallel()
	a, b := signedIn(t)
	for name, c := range map[string]struct {
		changes []string
		want    string
	}{
		"no PKCE":        {[]string{"code_challenge", "", "code_challenge_method", ""}, "invalid_request"},
		"plain PKCE":     {[]string{"code_challenge_method", "plain"}, "invalid_request"},
		"no method":      {[]string{"code_challenge_method", ""}, "invalid_request"},
		"token":          {[]string{"response_type", "id_token token"}, "unauthorized_client"},
		"no openid":      {[]string{"scope", "profile"}, "invalid_scope"},
		"fragment":       {[]string{"response_mode", "fragment"}, "unsupported_response_mode"},
		"request object": {[]string{"request", "x.y.z"}, "request_not_supported"},
		"request_uri":    {[]string{"request_uri", "https://evil.example/"}, "request_uri_not_supported"},
	} {
		got := a.answer(b.visit(a.authorizeURL(c.changes...)).location)
		if got.Get("error") != c.want || got.Get("state") != "zustand" || got.Get("iss") != a.home().ref.Id || got.Get("code") != "" {
			t.Errorf("%s: %v", name, got)
		}
	}
	code := a.code(b, "scope", "openid person:read purpose:"+a.service.String()+" mailbox:read deliveries:read")
	if got := a.token(redeemForm(code)); got.Scope != "openid deliveries:read" {
		t.Errorf("scopes that the client may not have: %q", got.Scope)
	}
}

func TestAuthorize_Prompts(t *testing.T) {
	t.Parallel()
	a, b := signedIn(t)
	stranger := newBrowser(t)
	if got := a.answer(stranger.visit(a.authorizeURL("prompt", "none")).location).Get("error"); got != "login_required" {
		t.Errorf("prompt=none, not signed in: %s", got)
	}
	if got := a.answer(b.visit(a.authorizeURL("prompt", "none")).location).Get("error"); got != "consent_required" {
		t.Errorf("prompt=none, no consent: %s", got)
	}
	a.code(b)
	if got := a.answer(b.visit(a.authorizeURL("prompt", "none")).location); got.Get("code") == "" {
		t.Errorf("prompt=none, all given: %v", got)
	}
	a.clock.advance(time.Minute)
	for _, again := range [][]string{{"prompt", "login"}, {"max_age", "0"}, {"max_age", "59"}} {
		location := b.visit(a.authorizeURL(again...)).location
		var request types.SignInRequest
		path := "/api/v1/signin/requests/" + requestID(t, location)
		b.call(http.MethodGet, a.home(), path, nil).decode(t, &request)
		if request.Step != types.SignInRequestStepSignIn {
			t.Errorf("%v: %s", again, request.Step)
		}
		if r := b.call(http.MethodPost, a.home(), path+"/approve", nil); r.status != http.StatusConflict {
			t.Errorf("%v: approved without signing in again: %d", again, r.status)
		}
	}
	if got := a.answer(b.visit(a.authorizeURL("max_age", "61")).location); got.Get("code") == "" {
		t.Errorf("max_age=61: %v", got)
	}
	location := b.visit(a.authorizeURL("prompt", "login")).location
	b.signIn(a.home(), "clara@example.org", password)
	var request types.SignInRequest
	b.call(http.MethodGet, a.home(), "/api/v1/signin/requests/"+requestID(t, location), nil).decode(t, &request)
	if request.Step != types.SignInRequestStepContinue {
		t.Errorf("after signing in again: %+v", request)
	}
}

func TestAuthorize_Staff_AreNoCitizens(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 0, provider())
	a.staff(a.home())
	b := newBrowser(t)
	b.signIn(a.home(), clerk, password)
	location := b.visit(a.authorizeURL()).location
	var request types.SignInRequest
	b.call(http.MethodGet, a.home(), "/api/v1/signin/requests/"+requestID(t, location), nil).decode(t, &request)
	if request.Step != types.SignInRequestStepSignIn {
		t.Errorf("a staff account signs in as a citizen: %+v", request)
	}
}

func TestCode_SecondUse_EndsTheTokensOfTheFirst(t *testing.T) {
	t.Parallel()
	a, b := signedIn(t)
	code := a.code(b)
	first := a.token(redeemForm(code))
	if _, err := a.home().oidc.VerifyToken(t.Context(), first.Access); err != nil {
		t.Fatalf("%+v: %v", first, err)
	}
	if second := a.token(redeemForm(code)); second.Error != "invalid_grant" || second.status != http.StatusBadRequest {
		t.Errorf("%+v", second)
	}
	if _, err := a.home().oidc.VerifyToken(t.Context(), first.Access); err == nil {
		t.Error("the first token still works")
	}
	if refreshed := a.token(refreshForm(first.Refresh)); refreshed.Error != "invalid_grant" {
		t.Errorf("the first refresh token still works: %+v", refreshed)
	}
}

func TestCode_RedeemedManyTimesAtOnce_OnceWithTokens(t *testing.T) {
	t.Parallel()
	a, b := signedIn(t)
	code := a.code(b)
	var wg sync.WaitGroup
	results := make([]tokens, 20)
	for i := range results {
		wg.Go(func() { results[i] = a.token(redeemForm(code)) })
	}
	wg.Wait()
	given := 0
	for _, r := range results {
		if r.Access != "" {
			given++
		} else if r.Error != "invalid_grant" {
			t.Errorf("%+v", r)
		}
	}
	if given != 1 {
		t.Errorf("%d times tokens for one code", given)
	}
}

func TestCode_WrongRedemption_IsRefused(t *testing.T) {
	t.Parallel()
	a, b := signedIn(t)
	for name, c := range map[string]struct {
		changes []string
		want    string
	}{
		"wrong verifier": {[]string{"code_verifier", strings.Repeat("x", 43)}, "invalid_grant"},
		"no verifier":    {[]string{"code_verifier", ""}, "invalid_request"},
		"challenge sent": {[]string{"code_verifier", s256(verifier)}, "invalid_grant"},
		"other address":  {[]string{"redirect_uri", "https://entsorgung.example/"}, "invalid_grant"},
		"other client":   {[]string{"client_id", "app"}, "invalid_grant"},
		"unknown code":   {[]string{"code", "nothing"}, "invalid_grant"},
	} {
		code := a.code(b)
		if got := a.token(redeemForm(code, c.changes...)); got.Error != c.want || got.Access != "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	code := a.code(b)
	a.clock.advance(61 * time.Second)
	if got := a.token(redeemForm(code)); got.Error != "invalid_grant" {
		t.Errorf("after a minute: %+v", got)
	}
}

func TestRefreshToken_UsedAgainLater_EndsTheFamily(t *testing.T) {
	t.Parallel()
	a, b := signedIn(t)
	first := a.token(redeemForm(a.code(b)))
	second := a.token(refreshForm(first.Refresh))
	if second.Refresh == "" || second.Refresh == first.Refresh || second.Access == "" || second.ID != "" {
		t.Fatalf("%+v", second)
	}
	if repeat := a.token(refreshForm(first.Refresh)); repeat.Access == "" {
		t.Errorf("the repeat after a lost reply is refused: %+v", repeat)
	}
	a.clock.advance(11 * time.Second)
	if stolen := a.token(refreshForm(first.Refresh)); stolen.Error != "invalid_grant" {
		t.Errorf("%+v", stolen)
	}
	if after := a.token(refreshForm(second.Refresh)); after.Error != "invalid_grant" {
		t.Errorf("the successor still works: %+v", after)
	}
	if _, err := a.home().oidc.VerifyToken(t.Context(), second.Access); err == nil {
		t.Error("the access token still works")
	}
}

func TestRefreshToken_OfAClosedAccount_IsRefused(t *testing.T) {
	t.Parallel()
	a, b := signedIn(t)
	first := a.token(redeemForm(a.code(b)))
	id, err := a.home().accounts.AccountID(t.Context(), "clara@example.org")
	must(t, err)
	must(t, a.home().accounts.Disable(t.Context(), id))
	if got := a.token(refreshForm(first.Refresh)); got.Error != "invalid_grant" {
		t.Errorf("%+v", got)
	}
}

func TestClientCredentials_GiveATokenWithoutAPerson(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1, provider())
	p := a.portals[1] // deliveries are fetched where the authority is
	got := a.tokenAt(p, url.Values{"grant_type": {"client_credentials"}, "scope": {"deliveries:read"}}, providerSecret)
	caller, err := p.oidc.VerifyToken(t.Context(), got.Access)
	must(t, err)
	if caller.Kind != httpx.TokenCaller || caller.ClientID != "entsorgung" || !slices.Equal(caller.Scopes, []string{"deliveries:read"}) || caller.Person != (httpx.Person{}) || caller.AccountID != uuid.Nil {
		t.Errorf("%+v", caller)
	}
	if got := a.tokenAt(p, url.Values{"grant_type": {"client_credentials"}, "scope": {"openid"}}, providerSecret); got.Error != "invalid_scope" {
		t.Errorf("openid without a person: %+v", got)
	}
	if got := a.tokenAt(p, url.Values{"grant_type": {"client_credentials"}}, "wrong"); got.Error != "invalid_client" || got.status != http.StatusUnauthorized {
		t.Errorf("wrong secret: %+v", got)
	}
	if _, err := a.home().oidc.VerifyToken(t.Context(), got.Access); err == nil {
		t.Error("a token of one portal works at another")
	}
	a.clock.advance(10*time.Minute + time.Second)
	if _, err := p.oidc.VerifyToken(t.Context(), got.Access); err == nil {
		t.Error("the token does not run out")
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

func TestToken_ParametersInTheAddressOrTwice_AreRefused(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 0, provider())
	post := func(address, body string) reply {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.home().ref.Url+address, strings.NewReader(body))
		must(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.SetBasicAuth("entsorgung", providerSecret)
		return newBrowser(t).do(r)
	}
	if r := post("/oauth2/token?grant_type=client_credentials", ""); r.status != http.StatusBadRequest {
		t.Errorf("in the address: %d", r.status)
	}
	if r := post("/oauth2/token", "grant_type=client_credentials&scope=deliveries:read&scope=deliveries:write"); r.status != http.StatusBadRequest {
		t.Errorf("twice: %d", r.status)
	}
	if r := newBrowser(t).visit(a.home().ref.Url + "/oauth2/token?grant_type=client_credentials"); r.status != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", r.status)
	}
}

func TestUserInfo_OnlyWithAnAccessTokenInTheHeader(t *testing.T) {
	t.Parallel()
	a, b := signedIn(t)
	got := a.token(redeemForm(a.code(b)))
	get := func(query, header string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.home().ref.Url+"/oauth2/userinfo"+query, nil)
		must(t, err)
		r.Header.Set("Authorization", header)
		return newBrowser(t).do(r).status
	}
	if status := get("", "Bearer "+got.Access); status != http.StatusOK {
		t.Errorf("access token: %d", status)
	}
	if status := get("?access_token="+got.Access, ""); status != http.StatusUnauthorized {
		t.Errorf("in the address: %d", status)
	}
	if status := get("", "Bearer "+got.ID); status != http.StatusUnauthorized {
		t.Errorf("ID token as access token: %d", status)
	}
	if _, err := a.home().oidc.VerifyToken(t.Context(), got.ID); err == nil {
		t.Error("an ID token passes as access token")
	}
}

func TestRevocationAndIntrospection(t *testing.T) {
	t.Parallel()
	a, b := signedIn(t)
	got := a.token(redeemForm(a.code(b)))
	post := func(path string, form url.Values) reply {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.home().ref.Url+path, strings.NewReader(form.Encode()))
		must(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.SetBasicAuth("entsorgung", providerSecret)
		return newBrowser(t).do(r)
	}
	active := func() bool {
		var out struct{ Active bool }
		post("/oauth2/introspect", url.Values{"token": {got.Access}}).decode(t, &out)
		return out.Active
	}
	if !active() {
		t.Error("not active")
	}
	if r := post("/oauth2/revoke", url.Values{"token": {got.Refresh}}); r.status != http.StatusOK {
		t.Errorf("revoke: %d %s", r.status, r.body)
	}
	if active() {
		t.Error("active after revocation")
	}
	if r := post("/oauth2/revoke", url.Values{"token": {"unknown"}}); r.status != http.StatusOK {
		t.Errorf("unknown token: %d", r.status)
	}
}

func TestMember_ClientAssertion_IsCheckedInEveryPart(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1)
	member := a.portals[1]
	now := a.clock.Now()
	right := func() (jwt.MapClaims, map[string]any, any) {
		return jwt.MapClaims{
			"iss": member.ref.Id, "sub": member.ref.Id, "aud": a.home().ref.Id, "jti": uuid.NewString(), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
		}, map[string]any{"kid": member.keys.Signing.KeyID, "typ": "client-authentication+jwt"}, member.keys.Private()
	}
	try := func(change func(c jwt.MapClaims, header map[string]any, key *any)) tokens {
		claims, header, key := right()
		change(claims, header, &key)
		token := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
		for name, value := range header {
			token.Header[name] = value
		}
		signed, err := token.SignedString(key)
		must(t, err)
		return a.token(url.Values{
			"grant_type": {"authorization_code"}, "code": {"unknown"}, "redirect_uri": {"x"}, "code_verifier": {verifier}, "client_assertion": {signed},
			"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		})
	}
	// A right assertion gets past the client's authentication, to the code, which is wrong.
	if got := try(func(jwt.MapClaims, map[string]any, *any) {}); got.Error != "invalid_grant" {
		t.Fatalf("right assertion: %+v", got)
	}
	for name, change := range map[string]func(c jwt.MapClaims, header map[string]any, key *any){
		"for another portal":     func(c jwt.MapClaims, _ map[string]any, _ *any) { c["aud"] = "https://other.example" },
		"for the token endpoint": func(c jwt.MapClaims, _ map[string]any, _ *any) { c["aud"] = a.home().ref.Id + "/oauth2/token" },
		"for two": func(c jwt.MapClaims, _ map[string]any, _ *any) {
			c["aud"] = []string{a.home().ref.Id, "https://other.example"}
		},
		"about another": func(c jwt.MapClaims, _ map[string]any, _ *any) { c["sub"] = a.home().ref.Id },
		"of a stranger": func(c jwt.MapClaims, _ map[string]any, _ *any) {
			c["iss"], c["sub"] = "https://x.example", "https://x.example"
		},
		"run out":                 func(c jwt.MapClaims, _ map[string]any, _ *any) { c["exp"] = now.Add(-time.Minute).Unix() },
		"without an end":          func(c jwt.MapClaims, _ map[string]any, _ *any) { delete(c, "exp") },
		"for a day":               func(c jwt.MapClaims, _ map[string]any, _ *any) { c["exp"] = now.Add(24 * time.Hour).Unix() },
		"of tomorrow":             func(c jwt.MapClaims, _ map[string]any, _ *any) { c["iat"] = now.Add(time.Hour).Unix() },
		"without an id":           func(c jwt.MapClaims, _ map[string]any, _ *any) { delete(c, "jti") },
		"with an unknown key":     func(_ jwt.MapClaims, h map[string]any, _ *any) { h["kid"] = "unknown" },
		"with another's key":      func(_ jwt.MapClaims, _ map[string]any, k *any) { *k = a.home().keys.Private() },
		"made for something else": func(_ jwt.MapClaims, h map[string]any, _ *any) { h["typ"] = "member+jwt" },
	} {
		if got := try(change); got.Error != "invalid_client" || got.status != http.StatusUnauthorized {
			t.Errorf("%s: %+v", name, got)
		}
	}
	id := uuid.NewString()
	same := func(c jwt.MapClaims, _ map[string]any, _ *any) { c["jti"] = id }
	if got := try(same); got.Error != "invalid_grant" {
		t.Errorf("first use: %+v", got)
	}
	if got := try(same); got.Error != "invalid_client" {
		t.Errorf("second use: %+v", got)
	}
}

func TestMember_Removed_IsRefusedEverywhere(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1)
	a.citizen("clara@example.org")
	p, b := a.portals[1], newBrowser(t)
	a.signInAt(b, p, "/")
	_, token, err := p.signin.HomeToken(a.asCaller(b, p))
	must(t, err)
	a.removed.Store(p.ref.Id, true)
	if _, err := a.home().oidc.VerifyToken(context.Background(), token); err == nil {
		t.Error("a removed member's token works")
	}
	start := b.visit(p.ref.Url + "/api/v1/signin/start?returnTo=/")
	if got := b.visit(start.location); got.location != "/anmelden?error=failed" {
		t.Errorf("a removed member signs people in: %s", got.location)
	}
}

func TestApp_WithoutSecret_AsksEachTimeAndTakesAnyLoopbackPort(t *testing.T) {
	t.Parallel()
	a, b := signedIn(t)
	changes := []string{"client_id", "app", "redirect_uri", "http://127.0.0.1:53911/zurueck", "scope", "openid mailbox:read"}
	code := a.code(b, changes...)
	got := a.token(redeemForm(code, "client_id", "app", "redirect_uri", "http://127.0.0.1:53911/zurueck"))
	caller, err := a.home().oidc.VerifyToken(t.Context(), got.Access)
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

func TestAuthorize_DataWithoutAKnownPurpose_IsRefused(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1)
	a.citizen("clara@example.org")
	b := newBrowser(t)
	b.signIn(a.home(), "clara@example.org", password)
	member := a.portals[1].ref.Id
	for _, scope := range []string{
		"openid person:read", "openid purpose:" + a.service.String(), "openid person:read purpose:" + uuid.NewString(), "openid person:read purpose:x",
		"openid person:read purpose:" + a.service.String() + " purpose:" + a.other.String(), "openid person:read mailbox:read purpose:" + a.service.String(),
	} {
		got := a.answer(b.visit(a.authorizeURL("client_id", member, "redirect_uri", member+"/api/v1/signin/callback", "scope", scope)).location)
		if got.Get("error") != "invalid_scope" {
			t.Errorf("%s: %v", scope, got)
		}
	}
}
