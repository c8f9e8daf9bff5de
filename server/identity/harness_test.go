package identity_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	accountsapi "portalverbund/api/accounts"
	credentialsapi "portalverbund/api/credentials"
	identityapi "portalverbund/api/identity"
	signinapi "portalverbund/api/signin"
	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/db/dbtest"
	"portalverbund/server/accounts"
	"portalverbund/server/credentials"
	"portalverbund/server/identity"
	"portalverbund/server/identity/saml"
	"portalverbund/server/oidc"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/jobs"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/mail"
	"portalverbund/server/platform/outbound"
	"portalverbund/server/platform/problem"
	"portalverbund/server/signin"
	"portalverbund/server/standins/bundid/account"
)

const (
	clara    = "clara@example.org"
	password = "vier Kühe grasen am Emsdeich"
	office   = "0b7a4f0e-5f0e-5c41-9d6c-3f3a5e0b7a11"
)

type mails struct {
	mu   sync.Mutex
	sent []mail.Message
}

func (m *mails) Enqueue(_ context.Context, message mail.Message) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sent = append(m.sent, message)
	return nil
}

// to gives the mails to an address.
func (m *mails) to(address string) []mail.Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []mail.Message
	for _, message := range m.sent {
		if message.To == address {
			out = append(out, message)
		}
	}
	return out
}

// trail keeps what would be audited, without the ids of accounts.
type trail struct {
	mu    sync.Mutex
	lines []string
}

func (t *trail) Record(_ context.Context, action, _, detail string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = append(t.lines, action+" "+detail)
	return nil
}

// units has one unit, with none below it.
type units struct{}

func (units) Below(_ context.Context, ids []uuid.UUID) ([]uuid.UUID, error) { return ids, nil }

func (units) OwnUnitNames(_ context.Context, ids []uuid.UUID) (map[uuid.UUID]map[string]string, error) {
	out := map[uuid.UUID]map[string]string{}
	for _, id := range ids {
		if id.String() == office {
			out[id] = map[string]string{"de": "Bürgeramt"}
		}
	}
	return out, nil
}

type services struct{}

func (services) ServiceTitle(context.Context, uuid.UUID) (map[string]string, error) {
	return nil, problem.NotFound("service-unknown", "Diese Leistung gibt es nicht.", "There is no such service.")
}

// home is an account home with its rooms, and stand-ins for the national accounts.
type home struct {
	t        *testing.T
	ref      types.PortalReference
	db       *db.DB
	mails    *mails
	audited  *trail
	now      func() time.Time
	ahead    time.Duration
	accounts *accounts.Service
	signin   *signin.Service
	oidc     *oidc.Service
	creds    *credentials.Service
	identity *identity.Service
	keys     *keys.Set
	list     []map[string]any             // of its identity providers
	handler  atomic.Pointer[http.Handler] // what answers: the portal's first process, or another
	server   *httptest.Server
}

// onlyHome is an association's only account home.
type onlyHome struct{ ref types.PortalReference }

// All implements signin.Homes.
func (o onlyHome) All() []types.PortalReference { return []types.PortalReference{o.ref} }

// Home implements signin.Homes.
func (o onlyHome) Home(id string) (types.PortalReference, bool) { return o.ref, id == o.ref.Id }

// newHome starts an account home. more are further identity providers, as their file lists them.
func newHome(t *testing.T, more ...map[string]any) *home {
	t.Helper()
	return startHome(t, func(portal string) []map[string]any { return append(standins(t, portal), more...) })
}

// startHome starts an account home with the identity providers that are made for its address.
func startHome(t *testing.T, providers func(portal string) []map[string]any) *home {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	address := "http://" + strings.Replace(server.Listener.Addr().String(), "127.0.0.1", "localhost", 1)
	h := &home{t: t, server: server, db: dbtest.New(t), mails: &mails{}, audited: &trail{}, ref: types.PortalReference{Id: address, Url: address, Name: "Landkreis Emsland", Kind: types.County}}
	h.now = func() time.Time { return time.Now().Add(h.ahead).UTC() }
	var err error
	h.keys, err = keys.New(true)
	require.NoError(t, err)
	h.list = providers(address)
	h.build()
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*h.handler.Load()).ServeHTTP(w, r) })
	server.Start()
	t.Cleanup(server.Close)
	return h
}

// standins starts the national accounts, and gives them as the file of identity providers lists them.
func standins(t *testing.T, portal string) []map[string]any {
	t.Helper()
	var list []map[string]any
	for _, kind := range []account.Kind{account.BundID, account.MUK} {
		idp := httptest.NewUnstartedServer(nil)
		url := "http://" + idp.Listener.Addr().String()
		played, err := account.New(account.Options{
			Kind: kind, PublicURL: url, Portal: portal + "/identity/" + string(kind) + "/metadata", Data: t.TempDir(), Log: slog.New(slog.DiscardHandler),
		})
		require.NoError(t, err)
		idp.Config.Handler = played.Handler()
		idp.Start()
		t.Cleanup(idp.Close)
		list = append(list, map[string]any{
			"id": kind, "kind": "saml", "profile": kind, "name": map[string]string{"de": "Konto " + string(kind)}, "metadata": url + "/metadata", "key": keyFile(t),
		})
	}
	return list
}

func keyFile(t *testing.T) string {
	t.Helper()
	text, err := saml.NewKey("portal.example", true, time.Now())
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "key.pem")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

// anotherProcess has a second process of the portal answer from now on: it shares the database, the keys and the configuration.
func (h *home) anotherProcess() { h.build() }

func (h *home) build() {
	t := h.t
	lines := &buffer{}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(lines.String())
		}
	})
	log := slog.New(slog.NewTextHandler(lines, nil))
	k := h.keys
	client := outbound.Client(outbound.Options{AllowLoopback: true, Timeout: 5 * time.Second})
	t.Cleanup(client.CloseIdleConnections)
	j, err := jobs.New(h.db, log, jobs.Options{})
	require.NoError(t, err)
	h.accounts = accounts.New(accounts.Config{DB: h.db, Keys: k, Self: h.ref, Homes: onlyHome{h.ref}, Mail: h.mails, Jobs: j, Client: client, Log: log, Now: h.now, Audit: h.audited})
	h.signin = signin.New(signin.Config{DB: h.db, Keys: k, Self: h.ref, Homes: onlyHome{h.ref}, Client: client, Log: log, Now: h.now})
	h.creds, err = credentials.New(credentials.Config{DB: h.db, Keys: k, Self: h.ref, Log: log, Now: h.now})
	require.NoError(t, err)
	text, err := json.Marshal(map[string]any{"providers": h.list})
	require.NoError(t, err)
	providers, err := identity.Parse(text, "", identity.Loading{Self: h.ref, Client: client, Log: log, Now: h.now})
	require.NoError(t, err)
	h.identity = identity.New(identity.Config{DB: h.db, Keys: k, Self: h.ref, Providers: providers, Log: log, Now: h.now})
	h.oidc, err = oidc.New(oidc.Config{
		DB: h.db, Keys: k, Issuer: h.ref.Id, AccountHome: true, Levels: h.identity.Levels(), Members: members{}, Accounts: h.accounts,
		Sessions: h.signin, Services: services{}, Log: log, Now: h.now,
	})
	require.NoError(t, err)
	require.NoError(t, h.oidc.BeginKeys(t.Context()))
	h.accounts.Connect(accounts.Rooms{Sessions: h.signin, Tokens: h.oidc, Services: services{}, Purposes: h.signin, Units: units{}, Directories: h.identity})
	h.creds.Connect(credentials.Rooms{Accounts: h.accounts, Sessions: h.signin})
	h.signin.Connect(signin.Rooms{Accounts: h.accounts, Credentials: h.creds, Provider: h.oidc})
	h.identity.Connect(identity.Rooms{Accounts: h.accounts, Credentials: h.creds, Sessions: h.signin})
	handler := h.http(log)
	h.handler.Store(&handler)
}

func (h *home) http(log *slog.Logger) http.Handler {
	doc, err := types.GetSwagger()
	require.NoError(h.t, err)
	contract, err := httpx.NewContract(doc)
	require.NoError(h.t, err)
	server, err := httpx.New(httpx.Config{Origin: h.ref.Url, RequestTimeout: 20 * time.Second, MaxConcurrent: 256}, contract, h, log, prometheus.NewRegistry())
	require.NoError(h.t, err)
	signinapi.RegisterHandlers(server.Echo, signinapi.NewStrictHandler(signin.NewHandlers(h.signin), nil))
	credentialsapi.RegisterHandlers(server.Echo, credentialsapi.NewStrictHandler(credentials.NewHandlers(h.creds), nil))
	accountsapi.RegisterHandlers(server.Echo, accountsapi.NewStrictHandler(accounts.NewHandlers(h.accounts), nil))
	identityapi.RegisterHandlers(server.Echo, identityapi.NewStrictHandler(identity.NewHandlers(h.identity), nil))
	server.Echo.Any("/identity/*", echo.WrapHandler(h.identity.Protocol()))
	server.Echo.Any("/oauth2/*", echo.WrapHandler(h.oidc.Handler()))
	return server.Echo
}

// Session, Token and Member implement httpx.Authenticator.
func (h *home) Session(r *http.Request) (httpx.Caller, bool, error) { return h.signin.Session(r) }

func (h *home) Token(r *http.Request) (httpx.Caller, error) { return h.oidc.VerifyRequest(r) }

func (h *home) Member(context.Context, string) (httpx.Caller, error) {
	return httpx.Caller{}, errors.New("no members here")
}

type buffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

// browser is a person's browser.
type browser struct {
	h      *home
	client *http.Client
	csrf   string
}

func (h *home) browser() *browser {
	jar, err := cookiejar.New(nil)
	require.NoError(h.t, err)
	transport := &http.Transport{}
	h.t.Cleanup(transport.CloseIdleConnections)
	return &browser{h: h, client: &http.Client{
		Jar: jar, Transport: transport, Timeout: 20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

type reply struct {
	status   int
	location string
	body     []byte
	header   http.Header
}

func (b *browser) do(r *http.Request) reply {
	b.h.t.Helper()
	response, err := b.client.Do(r)
	require.NoError(b.h.t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(b.h.t, err)
	return reply{status: response.StatusCode, location: response.Header.Get("Location"), body: body, header: response.Header}
}

func (b *browser) visit(address string) reply {
	b.h.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = b.h.ref.Url + address
	}
	r, err := http.NewRequestWithContext(b.h.t.Context(), http.MethodGet, address, nil)
	require.NoError(b.h.t, err)
	return b.do(r)
}

// send sends a form to another site: without the cookies of that site, as SameSite=Lax has it.
func (b *browser) send(f form) reply {
	b.h.t.Helper()
	r, err := http.NewRequestWithContext(b.h.t.Context(), http.MethodPost, f.action, strings.NewReader(f.values.Encode()))
	require.NoError(b.h.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	bare := *b.client
	bare.Jar = nil
	other := browser{h: b.h, client: &bare}
	return other.do(r)
}

// call makes a request of the single-page application.
func (b *browser) call(method, path string, body, into any) reply {
	b.h.t.Helper()
	var content io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		require.NoError(b.h.t, err)
		content = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(b.h.t.Context(), method, b.h.ref.Url+path, content)
	require.NoError(b.h.t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", b.h.ref.Url)
	r.Header.Set("X-CSRF-Token", b.csrf)
	answer := b.do(r)
	if into != nil {
		require.Less(b.h.t, answer.status, 300, "%s", answer.body)
		require.NoError(b.h.t, json.Unmarshal(answer.body, into))
		if s, ok := into.(*types.Session); ok {
			b.csrf = s.CsrfToken
		}
	}
	return answer
}

func (b *browser) session() types.Session {
	var s types.Session
	b.call(http.MethodGet, "/api/v1/session", nil, &s)
	return s
}

func (b *browser) signIn() {
	b.h.t.Helper()
	b.session()
	var s types.Session
	b.call(http.MethodPost, "/api/v1/session", types.SignIn{Email: clara, Password: password}, &s)
	require.True(b.h.t, s.SignedIn)
}

// citizen makes a local account.
func (h *home) citizen(email string) uuid.UUID {
	h.t.Helper()
	id, err := h.accounts.CreateCitizen(h.t.Context(), email, password, types.ProfileData{GivenName: "Clara", FamilyName: "Beispiel"})
	require.NoError(h.t, err)
	return id
}

// form is a form of a page.
type form struct {
	action string
	values url.Values
}

// formIn reads the form of a page.
func formIn(t *testing.T, page, base string) form {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	f := form{values: url.Values{}}
	attribute := func(n *html.Node, name string) string {
		for _, a := range n.Attr {
			if a.Key == name {
				return a.Val
			}
		}
		return ""
	}
	for n := range root.Descendants() {
		switch n.Data {
		case "form":
			at, err := url.Parse(base)
			require.NoError(t, err)
			to, err := at.Parse(attribute(n, "action"))
			require.NoError(t, err)
			f.action = to.String()
		case "input":
			if attribute(n, "type") == "hidden" {
				f.values.Set(attribute(n, "name"), attribute(n, "value"))
			}
		}
	}
	require.NotEmpty(t, f.action, page)
	return f
}

// start begins at the portal and gives the form that goes to the identity provider.
func (b *browser) start(provider, query string) form {
	b.h.t.Helper()
	r := b.visit("/api/v1/identity/providers/" + provider + "/start?" + query)
	require.Equal(b.h.t, http.StatusOK, r.status, "%s %s", r.location, r.body)
	return formIn(b.h.t, string(r.body), b.h.ref.Url)
}

// prove chooses at the identity provider, and gives the form that comes back to the portal.
func (b *browser) prove(f form, who, method string) form {
	b.h.t.Helper()
	page := b.send(f)
	require.Equal(b.h.t, http.StatusOK, page.status, "%s", page.body)
	choice := formIn(b.h.t, string(page.body), f.action)
	choice.values.Set("person", who)
	if given, family, other := strings.Cut(who, " "); other {
		choice.values.Set("person", "other")
		choice.values.Set("givenName", given)
		choice.values.Set("familyName", family)
	}
	choice.values.Set("method", method)
	choice.values.Set("answer", "1")
	page = b.send(choice)
	require.Equal(b.h.t, http.StatusOK, page.status, "%s", page.body)
	return formIn(b.h.t, string(page.body), f.action)
}

// comeBack takes the answer to the portal and gives the page that is reached.
func (b *browser) comeBack(f form) string {
	b.h.t.Helper()
	r := b.send(f)
	require.Equal(b.h.t, http.StatusSeeOther, r.status, "%s", r.body)
	if !strings.HasPrefix(r.location, "/api/") {
		return r.location
	}
	r = b.visit(r.location)
	require.Equal(b.h.t, http.StatusFound, r.status, "%s", r.body)
	return r.location
}

// through goes the whole way and gives the page that is reached.
func (b *browser) through(provider, query, who, method string) string {
	b.h.t.Helper()
	return b.comeBack(b.prove(b.start(provider, query), who, method))
}

var arrivalID = regexp.MustCompile(`^/anmelden/nachweis\?vorgang=([0-9a-f-]{36})$`)

// arrived reads the id in the address of the page that asks what to do with an identity.
func (b *browser) arrived(page string) (path string, a types.Arrival) {
	b.h.t.Helper()
	found := arrivalID.FindStringSubmatch(page)
	require.NotNil(b.h.t, found, page)
	path = "/api/v1/identity/arrivals/" + found[1]
	b.call(http.MethodGet, path, nil, &a)
	return path, a
}

// register signs in by an identity that is new, and makes an account.
func (b *browser) register(who, method string) {
	b.h.t.Helper()
	path, _ := b.arrived(b.through("bundid", "", who, method))
	b.session()
	var s types.Session
	b.call(http.MethodPost, path+"/account", types.ArrivalAccount{Items: []types.ProfileItem{}}, &s)
	require.True(b.h.t, s.SignedIn)
}

func codeOf(r reply) string {
	var p types.Problem
	if json.Unmarshal(r.body, &p) != nil || p.Code == nil {
		return fmt.Sprint(r.status)
	}
	return *p.Code
}
