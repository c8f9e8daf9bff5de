package signin_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
)

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
		"https://entsorgung.example./zurueck", "https://entsorgung.example/zurueck?", "https://entsorgung.example/zurueck#", "https://:@entsorgung.example/zurueck",
		"https://entsorgung.example:/zurueck", "https:entsorgung.example/zurueck", "https:///entsorgung.example/zurueck", "https://localhost/zurueck",
		"https://127.0.0.1/zurueck", "https://entsorgung.example/zur%75eck", "https://entsorgung.example/./zurueck", "https://entsorgung.example/zurueck\t",
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
	code := a.code(b, "scope", "openid person:read purpose:"+a.service.String()+" mailbox:read deliveries:read profile")
	if got := a.token(redeemForm(code)); got.Scope != "openid profile" { // deliveries are the client's own business, not the person's
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

func TestAuthorize_HintOfSomebodyElse_IsRefused(t *testing.T) {
	t.Parallel()
	a, b := signedIn(t)
	got := a.token(redeemForm(a.code(b)))
	_, err := a.home().accounts.CreateCitizen(t.Context(), "bernd@example.org", password, types.ProfileData{GivenName: "Bernd", FamilyName: "Beispiel"})
	must(t, err)
	bernd := newBrowser(t)
	bernd.signIn(a.home(), "bernd@example.org", password)
	for name, c := range map[string]struct {
		b    *browser
		hint string
		want string
	}{
		"of who is signed in": {b, got.ID, ""},
		"of somebody else":    {bernd, got.ID, "login_required"},
		"an access token":     {b, got.Access, "invalid_request"},
		"changed":             {b, got.ID + "x", "invalid_request"},
	} {
		if answer := a.answer(c.b.visit(a.authorizeURL("prompt", "none", "id_token_hint", c.hint)).location); answer.Get("error") != c.want {
			t.Errorf("%s: %v", name, answer)
		}
	}
	back := "http://127.0.0.1/zurueck"
	if answer := a.answer(b.visit(a.authorizeURL("client_id", "app", "scope", "openid", "redirect_uri", back, "id_token_hint", got.ID)).location); answer.Get("error") != "invalid_request" {
		t.Errorf("another client's: %v", answer)
	}
}
