package signin_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"portalverbund/api/types"
	"portalverbund/server/oidc"
)

const librarySecret = "fedcba9876543210fedcba9876543210"

// startPeer starts an OpenID Provider that nobody here wrote, with the same clients, and gives its address. `npm test` brings its packages.
func startPeer(t *testing.T) string {
	t.Helper()
	if _, err := os.Stat(filepath.Join("..", "..", "node_modules", "oidc-provider")); err != nil && os.Getenv("PORTALVERBUND_BIN") == "" {
		t.Skip("needs the Node packages: npm ci")
	}
	grants := []string{"authorization_code", "refresh_token"}
	clients, err := json.Marshal([]map[string]any{
		{
			"client_id": "entsorgung", "client_secret": providerSecret, "redirect_uris": []string{providerBack}, "response_types": []string{"code"},
			"grant_types": append(grants, "client_credentials"), "scope": "openid profile email offline_access deliveries:read",
		},
		{"client_id": "bibliothek", "client_secret": librarySecret, "redirect_uris": []string{library}, "response_types": []string{"code"}, "grant_types": grants},
		{
			"client_id": "app", "token_endpoint_auth_method": "none", "application_type": "native", "redirect_uris": []string{"http://127.0.0.1/zurueck"},
			"response_types": []string{"code"}, "grant_types": grants,
		},
	})
	must(t, err)
	command := exec.CommandContext(t.Context(), "node", "--no-deprecation", "--no-warnings", filepath.Join("testdata", "peer.mjs"), string(clients))
	var complaints bytes.Buffer
	command.Stderr = &complaints
	input, err := command.StdinPipe() // it ends when this is closed
	must(t, err)
	output, err := command.StdoutPipe()
	must(t, err)
	must(t, command.Start())
	t.Cleanup(func() {
		_ = input.Close()
		_ = command.Wait() // its end is all that is wanted
		if t.Failed() {
			t.Log(complaints.String())
		}
	})
	line, err := bufio.NewReader(output).ReadString('\n')
	must(t, err)
	return strings.TrimSpace(line)
}

// side is one of two providers that are asked the same.
type side struct {
	a    *association
	base string
	b    *browser // of Clara, who is signed in there
}

// authorize sends an authorization request, as a program, and gives the answer. Nobody is signed in when b is nil.
func (s side) authorize(b *browser, method string, changes ...string) reply {
	s.a.t.Helper()
	address, query, _ := strings.Cut(strings.Replace(s.a.authorizeURL(changes...), s.a.home().ref.Url, s.base, 1), "?")
	if b == nil {
		b = newBrowser(s.a.t)
	}
	if method == http.MethodPost {
		return b.do(s.form(address, query, ""))
	}
	r, err := http.NewRequestWithContext(s.a.t.Context(), method, address+"?"+query, nil)
	must(s.a.t, err)
	r.Header.Set("Accept", "application/json")
	return b.do(r)
}

// form is a request with parameters in its body, of a client with a secret or of none.
func (s side) form(address, body, basic string) *http.Request {
	s.a.t.Helper()
	r, err := http.NewRequestWithContext(s.a.t.Context(), http.MethodPost, address, strings.NewReader(body))
	must(s.a.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	if basic != "" {
		r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(basic)))
	}
	return r
}

const asProvider, asLibrary = "entsorgung:" + providerSecret, "bibliothek:" + librarySecret

func (s side) post(path, basic string, form url.Values) reply {
	s.a.t.Helper()
	return newBrowser(s.a.t).do(s.form(s.base+path, form.Encode(), basic))
}

// code goes through a right request, consents, and gives the code.
func (s side) code() string {
	s.a.t.Helper()
	address := strings.Replace(s.a.authorizeURL("prompt", "consent"), s.a.home().ref.Url, s.base, 1)
	for range 6 {
		if strings.HasPrefix(address, s.base+"/anmelden?request=") {
			s.b.session(s.a.home())
			var to types.Redirect
			s.b.call(http.MethodPost, s.a.home(), "/api/v1/signin/requests/"+requestID(s.a.t, address)+"/approve", nil).decode(s.a.t, &to)
			address = *to.RedirectTo
		}
		if code := s.a.answer(address).Get("code"); code != "" {
			return code
		}
		u, err := url.Parse(address)
		must(s.a.t, err)
		next, err := u.Parse(s.b.visit(address).location)
		must(s.a.t, err)
		address = next.String()
	}
	s.a.t.Fatalf("no code at %s: %s", s.base, address)
	return ""
}

func (s side) tokens() tokens {
	s.a.t.Helper()
	r := s.post("/oauth2/token", asProvider, redeemForm(s.code()))
	out := tokens{status: r.status}
	r.decode(s.a.t, &out)
	if out.Access == "" || out.Refresh == "" || out.ID == "" {
		s.a.t.Fatalf("%s: %d %s", s.base, r.status, r.body)
	}
	return out
}

func (s side) userinfo(method, query, authorization, body string) reply {
	s.a.t.Helper()
	r := s.form(s.base+"/oauth2/userinfo"+query, body, "")
	r.Method = method
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	return newBrowser(s.a.t).do(r)
}

// outline says of an answer what a client can rely on: where it goes, its status, its error, which members it has, its challenge, and whether it
// may be kept.
func (s side) outline(r reply) string {
	var words []string
	if back, err := url.Parse(r.location); err == nil && r.location != "" {
		if !strings.HasPrefix(r.location, providerBack) && !strings.HasPrefix(r.location, library) {
			return "a page for the person"
		}
		q := back.Query()
		if back.Fragment != "" {
			q, _ = url.ParseQuery(back.EscapedFragment()) // what cannot be read has no members
			words = append(words, "fragment")
		}
		words = append(words, "to the client")
		for _, name := range slices.Sorted(maps.Keys(q)) {
			switch name {
			case "error":
				words = append(words, q.Get(name))
			case "code", "state", "iss":
				words = append(words, "+"+name)
			}
		}
		return strings.Join(words, " ")
	}
	words = append(words, http.StatusText(r.status))
	members := map[string]any{}
	if json.Unmarshal(r.body, &members) == nil {
		if text, ok := members["error"].(string); ok {
			words = append(words, text)
		}
		for _, name := range []string{"access_token", "id_token", "refresh_token", "sub", "email", "active"} {
			if value, ok := members[name]; ok && value != false {
				words = append(words, "+"+name)
			}
		}
	}
	if challenge := r.header.Get("WWW-Authenticate"); challenge != "" {
		scheme, rest, _ := strings.Cut(challenge, " ")
		words = append(words, "challenge "+scheme)
		if _, after, ok := strings.Cut(rest, `error="`); ok {
			words = append(words, strings.SplitN(after, `"`, 2)[0])
		}
	}
	if strings.Contains(r.header.Get("Cache-Control"), "no-store") {
		words = append(words, "no-store")
	}
	return strings.Join(words, ", ")
}

// question is a request that both providers get.
type question struct {
	name string
	ask  func(s side) reply
}

func authorizeQuestions() []question {
	asked := func(name string, changes ...string) question {
		return question{"authorize: " + name, func(s side) reply { return s.authorize(s.b, http.MethodGet, changes...) }}
	}
	return []question{
		asked("right"),
		{"authorize: right, by POST", func(s side) reply { return s.authorize(s.b, http.MethodPost) }},
		{"authorize: nobody is signed in", func(s side) reply { return s.authorize(nil, http.MethodGet) }},
		{"authorize: prompt=none, nobody is signed in", func(s side) reply { return s.authorize(nil, http.MethodGet, "prompt", "none") }},
		asked("prompt=none, right", "prompt", "none"),
		asked("prompt=none, no consent", "prompt", "none", "client_id", "bibliothek", "redirect_uri", library, "scope", "openid profile"),
		asked("prompt=none login", "prompt", "none login"),
		asked("prompt unknown", "prompt", "tanz"),
		asked("prompt=login", "prompt", "login"),
		asked("max_age=0", "max_age", "0"),
		asked("max_age is no number", "max_age", "bald"),
		asked("max_age negative", "max_age", "-1"),
		asked("no client_id", "client_id", ""),
		asked("unknown client", "client_id", "niemand"),
		asked("no redirect_uri", "redirect_uri", ""),
		asked("another redirect_uri", "redirect_uri", providerBack+"/"),
		asked("redirect_uri of another client", "redirect_uri", library),
		asked("no PKCE", "code_challenge", "", "code_challenge_method", ""),
		asked("PKCE plain", "code_challenge_method", "plain"),
		asked("PKCE without method", "code_challenge_method", ""),
		asked("PKCE method unknown", "code_challenge_method", "S512"),
		asked("PKCE challenge too short", "code_challenge", "kurz"),
		asked("no response_type", "response_type", ""),
		asked("response_type=token", "response_type", "token"),
		asked("response_type=code id_token", "response_type", "code id_token"),
		asked("response_type unknown", "response_type", "tanz"),
		asked("response_mode=fragment", "response_mode", "fragment"),
		asked("response_mode unknown", "response_mode", "tanz"),
		asked("no scope", "scope", ""),
		asked("scope without openid", "scope", "profile"),
		asked("scope unknown beside others", "scope", "openid profile email offline_access tanz"),
		asked("request", "request", "x.y.z"),
		asked("request_uri", "request_uri", "https://evil.example/"),
		asked("registration", "registration", "{}"),
		asked("claims", "claims", `{"userinfo":{"birthdate":null}}`),
		asked("id_token_hint broken", "id_token_hint", "x.y.z"),
		{"authorize: id_token_hint of who is signed in", func(s side) reply {
			return s.authorize(s.b, http.MethodGet, "prompt", "none", "id_token_hint", s.tokens().ID)
		}},
		{"authorize: id_token_hint, nobody is signed in", func(s side) reply {
			return s.authorize(nil, http.MethodGet, "prompt", "none", "id_token_hint", s.tokens().ID)
		}},
		asked("state left out", "state", ""),
		{"authorize: state twice", func(s side) reply {
			address := strings.Replace(s.a.authorizeURL(), s.a.home().ref.Url, s.base, 1)
			r, err := http.NewRequestWithContext(s.a.t.Context(), http.MethodGet, address+"&state=noch+einer", nil)
			must(s.a.t, err)
			r.Header.Set("Accept", "application/json")
			return s.b.do(r)
		}},
	}
}

func tokenQuestions() []question {
	redeemed := func(name string, changes ...string) question {
		return question{"token: " + name, func(s side) reply { return s.post("/oauth2/token", asProvider, redeemForm(s.code(), changes...)) }}
	}
	sent := func(name, basic string, form url.Values) question {
		return question{"token: " + name, func(s side) reply { return s.post("/oauth2/token", basic, form) }}
	}
	own := url.Values{"grant_type": {"client_credentials"}, "scope": {"deliveries:read"}}
	return []question{
		redeemed("right"),
		redeemed("wrong verifier", "code_verifier", strings.Repeat("x", 43)),
		redeemed("no verifier", "code_verifier", ""),
		redeemed("verifier too short", "code_verifier", "kurz"),
		redeemed("another redirect_uri", "redirect_uri", library),
		redeemed("no redirect_uri", "redirect_uri", ""),
		redeemed("unknown code", "code", "nichts"),
		redeemed("no code", "code", ""),
		redeemed("no grant_type", "grant_type", ""),
		redeemed("grant_type unknown", "grant_type", "tanz"),
		redeemed("grant_type=password", "grant_type", "password"),
		{"token: code of another client", func(s side) reply { return s.post("/oauth2/token", asLibrary, redeemForm(s.code())) }},
		{"token: code again", func(s side) reply {
			code := s.code()
			s.post("/oauth2/token", asProvider, redeemForm(code))
			return s.post("/oauth2/token", asProvider, redeemForm(code))
		}},
		{"token: refresh after the code was used again", func(s side) reply {
			code := s.code()
			var got tokens
			s.post("/oauth2/token", asProvider, redeemForm(code)).decode(s.a.t, &got)
			s.post("/oauth2/token", asProvider, redeemForm(code))
			return s.post("/oauth2/token", asProvider, refreshForm(got.Refresh))
		}},
		sent("wrong secret", "entsorgung:falsch", own),
		sent("wrong secret in the body", "", url.Values{"grant_type": {"client_credentials"}, "client_id": {"entsorgung"}, "client_secret": {"falsch"}}),
		sent("unknown client", "niemand:falsch", own),
		sent("no client", "", own),
		sent("client_id without its secret", "", url.Values{"grant_type": {"client_credentials"}, "client_id": {"entsorgung"}}),
		sent("client credentials", asProvider, own),
		sent("client credentials, scope not granted", asProvider, url.Values{"grant_type": {"client_credentials"}, "scope": {"deliveries:write:all"}}),
		sent("client credentials of a client that has none", asLibrary, url.Values{"grant_type": {"client_credentials"}}),
		sent("client credentials of an app without secret", "", url.Values{"grant_type": {"client_credentials"}, "client_id": {"app"}}),
		sent("two ways to authenticate", asProvider, url.Values{"grant_type": {"client_credentials"}, "client_id": {"entsorgung"}, "client_secret": {providerSecret}}),
		sent("client_id of another beside the header", asProvider, url.Values{"grant_type": {"client_credentials"}, "client_id": {"bibliothek"}}),
		sent("parameter twice", asProvider, url.Values{"grant_type": {"client_credentials"}, "scope": {"deliveries:read", "openid"}}),
		sent("client assertion broken", "", url.Values{
			"grant_type": {"client_credentials"}, "client_assertion": {"x.y.z"}, "client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		}),
		{"token: GET", func(s side) reply {
			return newBrowser(s.a.t).visit(s.base + "/oauth2/token?" + own.Encode())
		}},
		{"token: JSON", func(s side) reply {
			r := s.form(s.base+"/oauth2/token", `{"grant_type":"client_credentials"}`, asProvider)
			r.Header.Set("Content-Type", "application/json")
			return newBrowser(s.a.t).do(r)
		}},
		{"token: refresh", func(s side) reply { return s.post("/oauth2/token", asProvider, refreshForm(s.tokens().Refresh)) }},
		sent("refresh with an unknown token", asProvider, refreshForm("nichts")),
		sent("refresh without a token", asProvider, url.Values{"grant_type": {"refresh_token"}}),
		{"token: refresh of another client", func(s side) reply { return s.post("/oauth2/token", asLibrary, refreshForm(s.tokens().Refresh)) }},
		{"token: refresh with an access token", func(s side) reply { return s.post("/oauth2/token", asProvider, refreshForm(s.tokens().Access)) }},
		{"token: refresh with more scope", func(s side) reply {
			form := refreshForm(s.tokens().Refresh)
			form.Set("scope", "openid profile email offline_access deliveries:read")
			return s.post("/oauth2/token", asProvider, form)
		}},
		{"token: refresh with less scope", func(s side) reply {
			form := refreshForm(s.tokens().Refresh)
			form.Set("scope", "openid profile")
			return s.post("/oauth2/token", asProvider, form)
		}},
		{"token: refresh token of before, after the next two", func(s side) reply {
			first := s.tokens()
			var second, third tokens
			s.post("/oauth2/token", asProvider, refreshForm(first.Refresh)).decode(s.a.t, &second)
			s.post("/oauth2/token", asProvider, refreshForm(second.Refresh)).decode(s.a.t, &third)
			s.a.clock.advance(11 * time.Second)
			return s.post("/oauth2/token", asProvider, refreshForm(first.Refresh))
		}},
	}
}

func protectedQuestions() []question {
	about := func(path, name, basic string, form func(got tokens) url.Values) question {
		return question{path + ": " + name, func(s side) reply { return s.post("/oauth2/"+path, basic, form(s.tokens())) }}
	}
	token := func(pick func(tokens) string) func(tokens) url.Values {
		return func(got tokens) url.Values { return url.Values{"token": {pick(got)}} }
	}
	access := func(got tokens) string { return got.Access }
	refresh := func(got tokens) string { return got.Refresh }
	broken := func(tokens) string { return "nichts" }
	nothing := func(tokens) url.Values { return url.Values{} }
	asked := func(name, method string, ask func(got tokens) (query, authorization, body string)) question {
		return question{"userinfo: " + name, func(s side) reply {
			query, authorization, body := ask(s.tokens())
			return s.userinfo(method, query, authorization, body)
		}}
	}
	out := []question{
		asked("right", http.MethodGet, func(got tokens) (string, string, string) { return "", "Bearer " + got.Access, "" }),
		asked("right, by POST", http.MethodPost, func(got tokens) (string, string, string) { return "", "Bearer " + got.Access, "" }),
		asked("no token", http.MethodGet, func(tokens) (string, string, string) { return "", "", "" }),
		asked("broken token", http.MethodGet, func(tokens) (string, string, string) { return "", "Bearer nichts", "" }),
		asked("another scheme", http.MethodGet, func(got tokens) (string, string, string) { return "", "Tanz " + got.Access, "" }),
		asked("ID token", http.MethodGet, func(got tokens) (string, string, string) { return "", "Bearer " + got.ID, "" }),
		asked("refresh token", http.MethodGet, func(got tokens) (string, string, string) { return "", "Bearer " + got.Refresh, "" }),
		asked("token in the address", http.MethodGet, func(got tokens) (string, string, string) { return "?access_token=" + got.Access, "", "" }),
		asked("token in the body", http.MethodPost, func(got tokens) (string, string, string) { return "", "", "access_token=" + got.Access }),
		{"userinfo: token that was revoked", func(s side) reply {
			got := s.tokens()
			s.post("/oauth2/revoke", asProvider, url.Values{"token": {got.Access}})
			return s.userinfo(http.MethodGet, "", "Bearer "+got.Access, "")
		}},
		{"userinfo: token of the client itself", func(s side) reply {
			var got tokens
			s.post("/oauth2/token", asProvider, url.Values{"grant_type": {"client_credentials"}, "scope": {"deliveries:read"}}).decode(s.a.t, &got)
			return s.userinfo(http.MethodGet, "", "Bearer "+got.Access, "")
		}},
		{"introspect: token that was revoked", func(s side) reply {
			got := s.tokens()
			s.post("/oauth2/revoke", asProvider, url.Values{"token": {got.Access}})
			return s.post("/oauth2/introspect", asProvider, url.Values{"token": {got.Access}})
		}},
		about("revoke", "token type unknown", asProvider, func(got tokens) url.Values { return url.Values{"token": {got.Access}, "token_type_hint": {"tanz"}} }),
	}
	for _, path := range []string{"introspect", "revoke"} {
		out = append(
			out,
			about(path, "access token", asProvider, token(access)),
			about(path, "refresh token", asProvider, token(refresh)),
			about(path, "unknown token", asProvider, token(broken)),
			about(path, "no token", asProvider, nothing),
			about(path, "token of another client", asLibrary, token(access)),
			about(path, "refresh token of another client", asLibrary, token(refresh)),
			about(path, "wrong secret", "entsorgung:falsch", token(access)),
			about(path, "no client", "", token(access)),
		)
	}
	return out
}

// difference is an answer that is another one than the peer's, and why.
type difference struct{ ours, theirs, why string }

// explained are the differences that are meant.
func explained() map[string]difference {
	return map[string]difference{
		"authorize: right, by POST": {"to the client +code +iss +state", "Not Found",
			"OpenID Connect Core 1.0, section 3.1.2.1, demands both methods; with the peer, POST is a setting that needs https"},
		"authorize: max_age is no number": {"Bad Request, invalid_request, no-store", "to the client invalid_request +iss +state",
			"a request that cannot be read names no address that could be trusted: the library stops before it looks for the client"},
		"authorize: max_age negative": {"Bad Request, invalid_request, no-store", "to the client invalid_request +iss +state",
			"a request that cannot be read names no address that could be trusted: the library stops before it looks for the client"},
		"authorize: no client_id": {"Bad Request, invalid_request, no-store", "Bad Request, no-store",
			"the peer has a page where programs get JSON here; neither leads on"},
		"authorize: unknown client": {"Bad Request, invalid_request, no-store", "Bad Request, no-store",
			"the peer has a page where programs get JSON here; neither leads on"},
		"authorize: no redirect_uri": {"Bad Request, invalid_request, no-store", "to the client +code +iss +state",
			"OpenID Connect Core 1.0, section 3.1.2.1, demands it; the peer takes the only one that is registered"},
		"authorize: another redirect_uri": {"Bad Request, invalid_request, no-store", "Bad Request, no-store",
			"the peer has a page where programs get JSON here; neither leads on"},
		"authorize: redirect_uri of another client": {"Bad Request, invalid_request, no-store", "Bad Request, no-store",
			"the peer has a page where programs get JSON here; neither leads on"},
		"authorize: response_type=token": {"to the client unauthorized_client +iss +state", "fragment to the client unsupported_response_type +iss +state",
			"there is one response type here and one place for its answers: the query"},
		"authorize: response_type=code id_token": {"to the client unauthorized_client +iss +state", "fragment to the client invalid_request +iss +state",
			"there is one response type here and one place for its answers: the query"},
		"authorize: response_type unknown": {"to the client unauthorized_client +iss +state", "to the client unsupported_response_type +iss +state",
			"no client may use another response type than code (RFC 6749, section 4.1.2.1)"},
		"authorize: response_mode=fragment": {"to the client unsupported_response_mode +iss +state", "fragment to the client +code +iss +state",
			"query only, as the discovery document says"},
		"authorize: scope without openid": {"to the client invalid_scope +iss +state", "to the client invalid_request +iss +state",
			"without openid nobody is signed in here; the peer would give a token without an ID token, and refuses offline_access and claims"},
		"authorize: state twice": {"Bad Request, invalid_request, no-store", "to the client invalid_request +iss",
			"a request with a parameter twice is ambiguous (RFC 6749, section 3.1): none of its parts is used, the address neither"},
		"token: no verifier": {"Bad Request, invalid_request, no-store", "Bad Request, invalid_grant, no-store",
			"a missing parameter is invalid_request (RFC 6749, section 5.2)"},
		"token: verifier too short": {"Bad Request, invalid_grant, no-store", "Bad Request, invalid_request, no-store",
			"a verifier that does not fit is invalid_grant (RFC 7636, section 4.6), also one that could not fit"},
		"token: no redirect_uri": {"Bad Request, invalid_request, no-store", "OK, +access_token, +id_token, +refresh_token, no-store",
			"RFC 6749, section 4.1.3, demands it where it was in the request"},
		"token: wrong secret": {"Unauthorized, invalid_client, challenge Basic, no-store", "Unauthorized, invalid_client, challenge Basic, invalid_client, no-store",
			"the challenge names the scheme; the error stands in the body (RFC 6749, section 5.2)"},
		"token: wrong secret in the body": {"Unauthorized, invalid_client, challenge Basic, no-store", "Unauthorized, invalid_client, no-store",
			"every 401 has a challenge (RFC 9110, section 15.5.2)"},
		"token: unknown client": {"Unauthorized, invalid_client, challenge Basic, no-store", "Unauthorized, invalid_client, challenge Basic, invalid_client, no-store",
			"the challenge names the scheme; the error stands in the body (RFC 6749, section 5.2)"},
		"token: client_id without its secret": {"Unauthorized, invalid_client, challenge Basic, no-store", "Unauthorized, invalid_client, no-store",
			"every 401 has a challenge (RFC 9110, section 15.5.2)"},
		"token: client credentials, scope not granted": {"Bad Request, invalid_scope, no-store", "OK, +access_token, no-store",
			"what a client may not have is refused and not left out, since nobody chose the scopes of its token"},
		"token: client credentials of a client that has none": {"Bad Request, unauthorized_client, no-store", "Bad Request, invalid_request, no-store",
			"unauthorized_client is the word for a grant that a client may not use (RFC 6749, section 5.2)"},
		"token: client credentials of an app without secret": {"Bad Request, unauthorized_client, no-store", "Bad Request, invalid_request, no-store",
			"unauthorized_client is the word for a grant that a client may not use (RFC 6749, section 5.2)"},
		"token: client assertion broken": {"Unauthorized, invalid_client, challenge Basic, no-store", "Bad Request, invalid_request, no-store",
			"a client that fails to prove itself is invalid_client (RFC 7521, section 4.2.1)"},
		"token: GET": {"Method Not Allowed, no-store", "Not Found",
			"the address is there, the method is not (RFC 9110, section 15.5.6)"},
		"token: refresh": {"OK, +access_token, +refresh_token, no-store", "OK, +access_token, +id_token, +refresh_token, no-store",
			"an ID token tells of a sign-in, and a refresh is none (OpenID Connect Core 1.0, section 12.2: might not contain one)"},
		"token: refresh with less scope": {"OK, +access_token, +refresh_token, no-store", "OK, +access_token, +id_token, +refresh_token, no-store",
			"an ID token tells of a sign-in, and a refresh is none (OpenID Connect Core 1.0, section 12.2: might not contain one)"},
		"userinfo: another scheme": {"Unauthorized, invalid_token, challenge Bearer, no-store", "Bad Request, invalid_request, challenge Bearer, invalid_request, no-store",
			"what is not in the header is not looked at, so that no token is in addresses and logs"},
		"userinfo: token in the address": {"Unauthorized, invalid_token, challenge Bearer, no-store", "Bad Request, invalid_request, challenge Bearer, invalid_request, no-store",
			"what is not in the header is not looked at, so that no token is in addresses and logs"},
		"userinfo: token in the body": {"Unauthorized, invalid_token, challenge Bearer, no-store", "OK, +sub, +email, no-store",
			"what is not in the header is not looked at (RFC 6750, section 2.2, leaves the choice)"},
		"revoke: token type unknown": {"OK, no-store", "OK",
			"no answer of these addresses is kept anywhere"},
		"introspect: refresh token": {"OK, no-store", "OK, +sub, +active, no-store",
			"refresh tokens are nobody's business but this portal's; only what is shown to a service can be asked about"},
		"introspect: token of another client": {"OK, no-store", "OK, +sub, +active, no-store",
			"a stranger learns nothing; the peer leaves that to a policy"},
		"introspect: refresh token of another client": {"OK, no-store", "OK, +sub, +active, no-store",
			"a stranger learns nothing; the peer leaves that to a policy"},
		"introspect: wrong secret": {"Unauthorized, invalid_client, challenge Basic, no-store", "Unauthorized, invalid_client, challenge Basic, invalid_client, no-store",
			"the challenge names the scheme; the error stands in the body (RFC 6749, section 5.2)"},
		"revoke: access token": {"OK, no-store", "OK",
			"no answer of these addresses is kept anywhere"},
		"revoke: refresh token": {"OK, no-store", "OK",
			"no answer of these addresses is kept anywhere"},
		"revoke: unknown token": {"OK, no-store", "OK",
			"no answer of these addresses is kept anywhere"},
		"revoke: no token": {"Bad Request, invalid_request, no-store", "Bad Request, invalid_request",
			"no answer of these addresses is kept anywhere"},
		"revoke: token of another client": {"Bad Request, invalid_request, no-store", "Bad Request, invalid_request",
			"no answer of these addresses is kept anywhere"},
		"revoke: refresh token of another client": {"Bad Request, invalid_request, no-store", "Bad Request, invalid_request",
			"no answer of these addresses is kept anywhere"},
		"revoke: wrong secret": {"Unauthorized, invalid_client, challenge Basic, no-store", "Unauthorized, invalid_client, challenge Basic, invalid_client",
			"the challenge names the scheme; the error stands in the body (RFC 6749, section 5.2)"},
		"revoke: no client": {"Bad Request, invalid_request, no-store", "Bad Request, invalid_request",
			"no answer of these addresses is kept anywhere"},
	}
}

// TestAnswers_BesideThoseOfAnotherProvider_DifferOnlyAsExplained: what is asked wrongly and rightly gets the answer that panva's certified
// provider gives, or another one with a reason.
func TestAnswers_BesideThoseOfAnotherProvider_DifferOnlyAsExplained(t *testing.T) {
	t.Parallel()
	peer := startPeer(t)
	a := newAssociation(t, 0, provider(), app(), oidc.Client{
		ID: "bibliothek", Name: "Bibliothek", URL: "https://bibliothek.example", Secret: librarySecret, Scopes: []string{"openid", "profile", "offline_access"}, RedirectURIs: []string{library},
	})
	a.citizen("clara@example.org")
	ours, theirs := side{a, a.home().ref.Url, newBrowser(t)}, side{a, peer, newBrowser(t)}
	if r := ours.b.signIn(a.home(), "clara@example.org", password); r.status != http.StatusOK {
		t.Fatal(r.status)
	}
	ours.code()
	theirs.code()
	a.clock.advance(time.Second) // who is asked to sign in again has not just done it
	asked := map[string]bool{}
	for _, q := range slices.Concat(authorizeQuestions(), tokenQuestions(), protectedQuestions()) {
		asked[q.name] = true
		here, there := ours.outline(q.ask(ours)), theirs.outline(q.ask(theirs))
		known := explained()[q.name]
		switch {
		case here == there && known == (difference{}):
		case here == there:
			t.Errorf("%s: no longer different: %s", q.name, here)
		case here != known.ours || there != known.theirs:
			t.Errorf("%s: here %q, there %q; explained is %q", q.name, here, there, known)
		}
	}
	for name, known := range explained() {
		if !asked[name] || known.why == "" {
			t.Errorf("%s is explained and not asked, or has no reason", name)
		}
	}
}
