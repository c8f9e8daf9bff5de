package signin_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"portalverbund/server/platform/httpx"
)

func TestCode_SecondUse_EndsTheTokensOfTheFirst(t *testing.T) {
	t.Parallel()
	a, b := signedIn(t)
	code := a.code(b)
	first := a.token(redeemForm(code))
	if _, err := a.home().caller(t.Context(), first.Access); err != nil {
		t.Fatalf("%+v: %v", first, err)
	}
	if second := a.token(redeemForm(code)); second.Error != "invalid_grant" || second.status != http.StatusBadRequest {
		t.Errorf("%+v", second)
	}
	if _, err := a.home().caller(t.Context(), first.Access); err == nil {
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
	results := make([]tokens, 50)
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
	if _, err := a.home().caller(t.Context(), second.Access); err == nil {
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
	caller, err := p.caller(t.Context(), got.Access)
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
	if _, err := a.home().caller(t.Context(), got.Access); err == nil {
		t.Error("a token of one portal works at another")
	}
	a.clock.advance(10*time.Minute + time.Second)
	if _, err := p.caller(t.Context(), got.Access); err == nil {
		t.Error("the token does not run out")
	}
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
	if _, err := a.home().caller(t.Context(), got.ID); err == nil {
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
	if _, err := a.home().caller(context.Background(), token); err == nil {
		t.Error("a removed member's token works")
	}
	start := b.visit(p.ref.Url + "/api/v1/signin/start?returnTo=/")
	if got := b.visit(start.location); got.location != "/anmelden?error=failed" {
		t.Errorf("a removed member signs people in: %s", got.location)
	}
}
