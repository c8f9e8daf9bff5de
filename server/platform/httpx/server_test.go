package httpx

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"portalverbund/server/platform/problem"
)

const testContract = `
openapi: 3.0.3
info: {title: test, version: "1"}
paths:
  /open:
    get:
      operationId: open
      security: []
      x-cache-control: public, max-age=60
      parameters:
        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 10}}
      responses: {'200': {description: ok}}
  /mine:
    get:
      operationId: mine
      security: [{session: []}, {oauth2: ['things:read']}]
      responses: {'200': {description: ok}}
    post:
      operationId: make
      security: [{session: []}, {oauth2: ['things:write']}]
      x-max-body: 200
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              additionalProperties: false
              required: [name]
              properties:
                name: {type: string, minLength: 2}
                age: {type: integer}
      responses: {'200': {description: ok}}
  /desk:
    get:
      operationId: desk
      security: [{session: []}]
      x-roles: [clerk]
      responses: {'200': {description: ok}}
  /peer:
    post:
      operationId: peer
      security: [{member: []}]
      responses: {'200': {description: ok}}
  /sign-in:
    post:
      operationId: signIn
      security: [{}]
      responses: {'200': {description: ok}}
components:
  securitySchemes:
    session: {type: apiKey, in: cookie, name: __Host-session}
    member: {type: http, scheme: bearer}
    oauth2: {type: oauth2, flows: {clientCredentials: {tokenUrl: /t, scopes: {'things:read': r, 'things:write': w}}}}
`

type fakeAuth struct{}

func (fakeAuth) Session(r *http.Request) (Caller, bool, error) {
	c, err := r.Cookie("s")
	if err != nil {
		return Caller{}, false, nil //nolint:nilerr // no cookie, no session
	}
	caller := Caller{Kind: SessionCaller, CSRFToken: "right"}
	if c.Value == "clerk" {
		caller.Roles = []string{"clerk"}
	}
	return caller, true, nil
}

func (fakeAuth) Token(r *http.Request) (Caller, error) {
	token, _ := presented(r)
	if token == "broken" {
		return Caller{}, errors.New("not a token")
	}
	return Caller{Kind: TokenCaller, Scopes: []string{token}}, nil
}

func (fakeAuth) Member(_ context.Context, token string) (Caller, error) {
	if token != "member" {
		return Caller{}, errors.New("stranger")
	}
	return Caller{Kind: MemberCaller, MemberID: "https://a.example"}, nil
}

func testServer(t *testing.T, config Config) *echo.Echo {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData([]byte(testContract))
	require.NoError(t, err)
	contract, err := NewContract(doc)
	require.NoError(t, err)
	if config.MaxConcurrent == 0 {
		config.MaxConcurrent = 10
	}
	config.Origin = "https://portal.example"
	s, err := New(config, contract, fakeAuth{}, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	require.NoError(t, err)
	ok := func(c echo.Context) error { return c.JSON(http.StatusOK, map[string]bool{"ok": true}) }
	s.Echo.GET("/open", ok)
	s.Echo.GET("/mine", ok)
	s.Echo.POST("/mine", func(c echo.Context) error {
		var body map[string]any
		if err := c.Bind(&body); err != nil {
			return err
		}
		return c.JSON(http.StatusOK, body)
	})
	s.Echo.GET("/desk", ok)
	s.Echo.POST("/peer", ok)
	s.Echo.POST("/sign-in", ok)
	s.Echo.GET("/panics", func(echo.Context) error { panic("secret detail") })
	s.Echo.GET("/fails", func(echo.Context) error { return errors.New("secret detail") })
	s.Echo.GET("/left", func(echo.Context) error { return problem.From(fmt.Errorf("begin: %w", context.Canceled)) })
	s.Echo.GET("/waits", func(echo.Context) error { return problem.TooMany(7e9) })
	return s.Echo
}

func call(e *echo.Echo, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(context.Background(), method, target, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w
}

func TestContract_OperationWithoutSecurity_Refused(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData([]byte(`{"openapi":"3.0.3","info":{"title":"t","version":"1"},"paths":{"/x":{"get":{"operationId":"x","responses":{"200":{"description":"ok"}}}}}}`))
	require.NoError(t, err)
	_, err = NewContract(doc)
	require.ErrorContains(t, err, "declares no security")
}

func TestAuthorisation_ByContract(t *testing.T) {
	t.Parallel()
	e := testServer(t, Config{})
	const json = "application/json"
	cases := []struct {
		name, method, target, body string
		headers                    []string
		status                     int
		code                       string
	}{
		{"public needs nothing", "GET", "/open", "", nil, 200, ""},
		{"nobody is refused", "GET", "/mine", "", nil, 401, "not-signed-in"},
		{"session is let in", "GET", "/mine", "", []string{"Cookie", "s=citizen"}, 200, ""},
		{"token with scope is let in", "GET", "/mine", "", []string{"Authorization", "Bearer things:read"}, 200, ""},
		{"token without scope is refused", "GET", "/mine", "", []string{"Authorization", "Bearer other"}, 403, "scope-missing"},
		{"broken token is refused even with a session", "GET", "/mine", "", []string{"Authorization", "Bearer broken", "Cookie", "s=citizen"}, 401, "token-invalid"},
		{"token where only a session counts", "GET", "/desk", "", []string{"Authorization", "Bearer things:read", "Cookie", "s=clerk"}, 401, "token-invalid"},
		{"citizen is no clerk", "GET", "/desk", "", []string{"Cookie", "s=citizen"}, 403, "role-missing"},
		{"clerk is let in", "GET", "/desk", "", []string{"Cookie", "s=clerk"}, 200, ""},
		{"member is let in", "POST", "/peer", "", []string{"Authorization", "Bearer member"}, 200, ""},
		{"stranger is refused", "POST", "/peer", "", []string{"Authorization", "Bearer stranger"}, 401, "token-invalid"},
		{"change without forgery token", "POST", "/mine", `{"name":"Rex"}`, []string{"Cookie", "s=c", "Content-Type", json}, 403, "csrf"},
		{"change with wrong forgery token", "POST", "/mine", `{"name":"Rex"}`, []string{"Cookie", "s=c", "Content-Type", json, "X-CSRF-Token", "wrong"}, 403, "csrf"},
		{"change from another origin", "POST", "/mine", `{"name":"Rex"}`, []string{"Cookie", "s=c", "Content-Type", json, "X-CSRF-Token", "right", "Origin", "https://evil.example"}, 403, "csrf"},
		{"sign-in from another site", "POST", "/sign-in", "", []string{"Origin", "https://evil.example"}, 403, "csrf"},
		{"change from this portal", "POST", "/mine", `{"name":"Rex"}`, []string{"Cookie", "s=c", "Content-Type", json, "X-CSRF-Token", "right", "Origin", "https://portal.example"}, 200, ""},
		{"change by token needs no forgery token", "POST", "/mine", `{"name":"Rex"}`, []string{"Authorization", "Bearer things:write", "Content-Type", json}, 200, ""},
		{"unknown path", "GET", "/nowhere", "", nil, 404, "not-found"},
		{"method not allowed", "DELETE", "/open", "", nil, 405, "method-not-allowed"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := call(e, c.method, c.target, c.body, c.headers...)
			require.Equal(t, c.status, w.Code, w.Body.String())
			if c.code == "" {
				return
			}
			var p wireProblem
			require.NoError(t, decode(w.Body.Bytes(), &p))
			require.Equal(t, c.code, p.Code)
			require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
			require.Equal(t, w.Header().Get("X-Request-Id"), p.RequestID)
		})
	}
}

func decode(data []byte, into any) error { return json.Unmarshal(data, into) }

func TestValidation_BadInput_NamedAndNotRepeated(t *testing.T) {
	t.Parallel()
	e := testServer(t, Config{})
	token := []string{"Authorization", "Bearer things:write", "Content-Type", "application/json"}
	cases := []struct {
		name, body    string
		status        int
		code          string
		pointer, word string
	}{
		{"missing field", `{}`, 422, "invalid", "/name", "required"},
		{"too short", `{"name":"X"}`, 422, "invalid", "/name", "minLength"},
		{"wrong type", `{"name":"Rex","age":"geheim"}`, 422, "invalid", "/age", "type"},
		{"unknown field", `{"name":"Rex","admin":true}`, 422, "invalid", "", "additionalProperties"},
		{"no JSON", `{"name":`, 400, "json", "", ""},
		{"duplicate name", `{"name":"Rex","name":"Max"}`, 400, "json", "", ""},
		{"deep nesting", strings.Repeat("[", 99) + strings.Repeat("]", 99), 400, "json", "", ""},
		{"two values", `{"name":"Rex"} {"name":"Rex"}`, 400, "json", "", ""},
		{"NUL", `{"name":"a\u0000b"}`, 400, "json", "", ""},
		{"number out of range", `{"name":"Rex","age":1e400}`, 400, "json", "", ""},
		{"too large", `{"name":"` + strings.Repeat("x", 300) + `"}`, 413, "too-large", "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := call(e, "POST", "/mine", c.body, token...)
			require.Equal(t, c.status, w.Code, w.Body.String())
			var p wireProblem
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p))
			require.Equal(t, c.code, p.Code)
			require.NotContains(t, w.Body.String(), "geheim")
			if c.word != "" {
				require.Len(t, p.Errors, 1)
				require.Equal(t, c.pointer, p.Errors[0].Pointer)
				require.Equal(t, c.word, p.Errors[0].Code)
				require.NotEmpty(t, p.Errors[0].Message)
			}
		})
	}
}

func TestValidation_Parameter_BadRequestNamed(t *testing.T) {
	t.Parallel()
	e := testServer(t, Config{})
	for _, query := range []string{"limit=0", "limit=11", "limit=x", "limit=%00", "limit=%ff"} {
		w := call(e, "GET", "/open?"+query, "", "Accept-Language", "en-GB,de;q=0.5")
		require.Equal(t, 400, w.Code, w.Body.String())
		var p wireProblem
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p))
		require.Equal(t, "#/query/limit", p.Errors[0].Pointer)
		require.Equal(t, "en", w.Header().Get("Content-Language"))
	}
}

// TestValidation_ParameterIsNoText_BadRequestNamed: what the database would refuse is no failure of the server, also where no schema looks at it.
func TestValidation_ParameterIsNoText_BadRequestNamed(t *testing.T) {
	t.Parallel()
	e := testServer(t, Config{})
	for _, query := range []string{"words=a%00b", "words=a%ffb"} {
		w := call(e, "GET", "/open?"+query, "")
		require.Equal(t, 400, w.Code, w.Body.String())
		require.Contains(t, w.Body.String(), "#/query/words")
	}
}

func TestBody_NotJSON_Unsupported(t *testing.T) {
	t.Parallel()
	w := call(testServer(t, Config{}), "POST", "/mine", `{"name":"Rex"}`, "Authorization", "Bearer things:write", "Content-Type", "text/plain")
	require.Equal(t, 415, w.Code)
}

func TestErrors_InternalDetail_NeverShown(t *testing.T) {
	t.Parallel()
	e := testServer(t, Config{})
	for _, path := range []string{"/panics", "/fails"} {
		w := call(e, "GET", path, "")
		require.Equal(t, 500, w.Code)
		require.NotContains(t, w.Body.String(), "secret")
		require.Contains(t, w.Body.String(), "internal")
	}
	w := call(e, "GET", "/waits", "")
	require.Equal(t, "7", w.Header().Get("Retry-After"))
}

// TestErrors_ClientHasLeft_CountsAsNoFailure: an application that is left while it saves, say.
func TestErrors_ClientHasLeft_CountsAsNoFailure(t *testing.T) {
	t.Parallel()
	require.Equal(t, statusClientLeft, call(testServer(t, Config{}), "GET", "/left", "").Code)
}

func TestHeaders_OnEveryAnswer(t *testing.T) {
	t.Parallel()
	e := testServer(t, Config{HSTS: true})
	for _, path := range []string{"/open", "/mine", "/nowhere", "/panics"} {
		w := call(e, "GET", path, "")
		for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Strict-Transport-Security", "X-Request-Id", "X-Frame-Options"} {
			require.NotEmpty(t, w.Header().Get(name), "%s on %s", name, path)
		}
	}
	require.Equal(t, "public, max-age=60", call(e, "GET", "/open", "").Header().Get("Cache-Control"))
	require.Equal(t, "no-store", call(e, "GET", "/open?limit=0", "").Header().Get("Cache-Control"), "an error is not kept")
	require.Equal(t, "no-store", call(e, "GET", "/mine", "", "Cookie", "s=c").Header().Get("Cache-Control"))
}

func TestLimits_TooManyFromOneAddress_429(t *testing.T) {
	t.Parallel()
	e := testServer(t, Config{RatePerSecond: 0.001, RateBurst: 2})
	require.Equal(t, 200, call(e, "GET", "/open", "").Code)
	require.Equal(t, 200, call(e, "GET", "/open", "").Code)
	w := call(e, "GET", "/open", "")
	require.Equal(t, 429, w.Code)
	require.NotEmpty(t, w.Header().Get("Retry-After"))
}

func TestLanguage_Accepted(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"": "de", "en": "en", "de-DE,de;q=0.9,en;q=0.8": "de", "fr,en;q=0.3": "en", "fr": "de", "en;q=0.1,de;q=0.2": "de", "en;q=x": "de",
	} {
		require.Equal(t, want, acceptedLanguage(header), header)
	}
}

func FuzzCheckJSON(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":null}]}`))
	f.Add([]byte(`{"a":1,"a":2}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/", bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		if checkJSON(r) == nil {
			var v any
			if json.Unmarshal(body, &v) != nil {
				t.Fatalf("accepted what encoding/json refuses: %q", body)
			}
		}
	})
}
