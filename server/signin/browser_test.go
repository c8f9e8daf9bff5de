package signin_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"portalverbund/api/types"
)

// browser is a person's browser: it keeps cookies and stops at every redirect.
type browser struct {
	t      testing.TB
	client *http.Client
	csrf   map[string]string // by portal
}

func newBrowser(t testing.TB) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	must(t, err)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &browser{t: t, csrf: map[string]string{}, client: &http.Client{
		Jar: jar, Transport: transport, Timeout: 20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// reply is an answer that has been read.
type reply struct {
	status   int
	header   http.Header
	location string
	body     []byte
}

func (r reply) decode(t testing.TB, into any) {
	t.Helper()
	if err := json.Unmarshal(r.body, into); err != nil {
		t.Fatalf("answer %d is not JSON: %s", r.status, r.body)
	}
}

// code gives the stable word of a problem.
func (r reply) code() string {
	var p types.Problem
	if json.Unmarshal(r.body, &p) != nil || p.Code == nil {
		return ""
	}
	return *p.Code
}

func (b *browser) do(r *http.Request) reply {
	b.t.Helper()
	response, err := b.client.Do(r)
	must(b.t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	must(b.t, err)
	return reply{status: response.StatusCode, header: response.Header, location: response.Header.Get("Location"), body: body}
}

// visit opens an address as a page.
func (b *browser) visit(address string) reply {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, address, nil)
	must(b.t, err)
	r.Header.Set("Accept", "text/html")
	return b.do(r)
}

// call makes a request of the single-page application of a portal, with its token for changes.
func (b *browser) call(method string, p *portal, path string, body any, headers ...string) reply {
	b.t.Helper()
	var content io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		must(b.t, err)
		content = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, p.ref.Url+path, content)
	must(b.t, err)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Origin", p.ref.Url)
	r.Header.Set("X-CSRF-Token", b.csrf[p.ref.Id])
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return b.do(r)
}

// session reads the browser's session at a portal and keeps the token for changes.
func (b *browser) session(p *portal) types.Session {
	b.t.Helper()
	var s types.Session
	b.call(http.MethodGet, p, "/api/v1/session", nil).decode(b.t, &s)
	b.csrf[p.ref.Id] = s.CsrfToken
	return s
}

// signIn signs in with a local account.
func (b *browser) signIn(p *portal, email, password string) reply {
	b.t.Helper()
	b.session(p)
	r := b.call(http.MethodPost, p, "/api/v1/session", types.SignIn{Email: email, Password: password})
	if r.status == http.StatusOK {
		var s types.Session
		r.decode(b.t, &s)
		b.csrf[p.ref.Id] = s.CsrfToken
	}
	return r
}

// cookie gives the session cookie's value at a portal.
func (b *browser) cookie(p *portal) string {
	b.t.Helper()
	u, err := url.Parse(p.ref.Url)
	must(b.t, err)
	for _, c := range b.client.Jar.Cookies(u) {
		if c.Name == "session_"+u.Port() {
			return c.Value
		}
	}
	return ""
}

// follow goes through redirects between portals until a page of the single-page application is reached.
func (b *browser) follow(address string) string {
	b.t.Helper()
	for range 12 {
		u, err := url.Parse(address)
		must(b.t, err)
		if !strings.HasPrefix(u.Path, "/api/") && !strings.HasPrefix(u.Path, "/oauth2/") {
			return address
		}
		r := b.visit(address)
		if r.status != http.StatusFound {
			b.t.Fatalf("GET %s: %d %s", u.Path, r.status, r.body)
		}
		next, err := u.Parse(r.location)
		must(b.t, err)
		address = next.String()
	}
	b.t.Fatal("redirected in circles")
	return ""
}
