package signin_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	accountsapi "portalverbund/api/accounts"
	clientsapi "portalverbund/api/clients"
	credentialsapi "portalverbund/api/credentials"
	signinapi "portalverbund/api/signin"
	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/db/dbtest"
	"portalverbund/server/accounts"
	"portalverbund/server/audit"
	"portalverbund/server/credentials"
	"portalverbund/server/oidc"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/jobs"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/mail"
	"portalverbund/server/platform/outbound"
	"portalverbund/server/platform/problem"
	"portalverbund/server/signin"
)

const password = "vier Kühe grasen am Emsdeich"

// clock is a time that tests move forward.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Now().UTC().Truncate(time.Microsecond)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// newLog keeps what the portals log, and shows it when the test fails.
func newLog(t testing.TB) *slog.Logger {
	t.Helper()
	lines := &buffer{}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(lines.String())
		}
	})
	return slog.New(slog.NewTextHandler(lines, nil))
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

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

// mails keeps what would be sent: like the queue, only once it is committed.
type mails struct {
	db   *db.DB
	mu   sync.Mutex
	sent []mail.Message
}

func (m *mails) Enqueue(ctx context.Context, message mail.Message) error {
	m.db.AfterCommit(ctx, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.sent = append(m.sent, message)
	})
	return nil
}

func (m *mails) all() []mail.Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]mail.Message(nil), m.sent...)
}

// services knows the services of these tests.
type services map[uuid.UUID]map[string]string

func (s services) ServiceTitle(_ context.Context, id uuid.UUID) (map[string]string, error) {
	if title, ok := s[id]; ok {
		return title, nil
	}
	return nil, problem.NotFound("service-unknown", "Diese Leistung gibt es nicht.", "There is no such service.")
}

// ProfileItems has every form ask for everything.
func (services) ProfileItems(context.Context, uuid.UUID) ([]types.ProfileItem, error) {
	return accounts.Items(), nil
}

// association is several portals in this process; the first is an account home, and the next ones where it has several.
type association struct {
	t       testing.TB
	clock   *clock
	log     *slog.Logger
	client  *http.Client
	service uuid.UUID
	other   uuid.UUID
	portals []*portal
	clients []oidc.Client
	levels  []string // that the account home proves
	homes   int      // how many of the portals are account homes
	removed sync.Map // entity ids of members that were removed
}

// portal is one portal with its rooms.
type portal struct {
	ref         types.PortalReference
	keys        *keys.Set
	db          *db.DB
	mails       *mails
	jobs        *jobs.Client
	accounts    *accounts.Service
	credentials *credentials.Service
	signin      *signin.Service
	oidc        *oidc.Service
	server      *httptest.Server
}

// newAssociation starts an account home and so many other portals.
func newAssociation(t testing.TB, others int, clients ...oidc.Client) *association {
	t.Helper()
	return newAssociationWith(t, others, []string{"low", "substantial", "high"}, clients...)
}

// newAssociationWith starts one whose account home proves certain trust levels.
func newAssociationWith(t testing.TB, others int, levels []string, clients ...oidc.Client) *association {
	t.Helper()
	return newAssociationOf(t, 1, others, levels, clients...)
}

// newAssociationOf starts one with several account homes and so many other portals.
func newAssociationOf(t testing.TB, homes, others int, levels []string, clients ...oidc.Client) *association {
	t.Helper()
	a := &association{
		homes: homes, t: t, clock: newClock(), log: newLog(t), service: uuid.Must(uuid.NewV7()), other: uuid.Must(uuid.NewV7()), clients: clients, levels: levels,
		client: outbound.Client(outbound.Options{AllowLoopback: true, Timeout: 5 * time.Second}),
	}
	t.Cleanup(a.client.CloseIdleConnections)
	names := []string{"Landkreis Emsland", "Stadt Meppen", "Samtgemeinde Lathen", "Stadt Haren (Ems)"}
	for i := range homes + others {
		server := httptest.NewUnstartedServer(nil)
		// A name, since passkeys belong to names.
		address := "http://" + strings.Replace(server.Listener.Addr().String(), "127.0.0.1", "localhost", 1)
		k, err := keys.New(true)
		must(t, err)
		a.portals = append(a.portals, &portal{
			ref: types.PortalReference{Id: address, Url: address, Name: names[i], Kind: types.Municipality}, keys: k, server: server, mails: &mails{},
		})
	}
	for _, p := range a.portals {
		a.build(p)
		p.server.Start()
		t.Cleanup(p.server.Close)
	}
	return a
}

func (a *association) home() *portal { return a.portals[0] }

// homesAt are the account homes as a portal knows them.
type homesAt struct {
	a    *association
	self types.PortalReference
}

// All implements signin.Homes.
func (h homesAt) All() (all []types.PortalReference) {
	for _, p := range h.a.portals[:h.a.homes] {
		switch ref, member := h.a.Member(p.ref.Id); {
		case member && ref.Id == h.self.Id:
			all = append([]types.PortalReference{ref}, all...)
		case member:
			all = append(all, ref)
		}
	}
	return all
}

// Home implements signin.Homes.
func (h homesAt) Home(id string) (types.PortalReference, bool) {
	for _, home := range h.All() {
		if home.Id == id {
			return home, true
		}
	}
	return types.PortalReference{}, false
}

// Member implements oidc.Members.
func (a *association) Member(id string) (types.PortalReference, bool) {
	if _, gone := a.removed.Load(id); gone {
		return types.PortalReference{}, false
	}
	for _, p := range a.portals {
		if p.ref.Id == id {
			return p.ref, true
		}
	}
	return types.PortalReference{}, false
}

// SigningKey implements oidc.Members.
func (a *association) SigningKey(memberID, keyID string) (*jose.JSONWebKey, bool) {
	for _, p := range a.portals {
		if p.ref.Id == memberID && p.keys.Signing.KeyID == keyID {
			public := p.keys.Signing.Public()
			return &public, true
		}
	}
	return nil, false
}

func (a *association) build(p *portal) {
	t := a.t
	p.db = dbtest.New(t)
	log := a.log
	homes, known := homesAt{a, p.ref}, services{a.service: {"de": "Hund anmelden", "en": "Register a dog"}, a.other: {"de": "Sperrmüll"}}
	var err error
	p.jobs, err = jobs.New(p.db, log, jobs.Options{})
	must(t, err)
	p.accounts = accounts.New(accounts.Config{
		DB: p.db, Keys: p.keys, Self: p.ref, Homes: homes, Mail: p.mails, Jobs: p.jobs, Client: a.client, Log: log, Now: a.clock.Now,
	})
	p.mails.db = p.db
	p.signin = signin.New(signin.Config{DB: p.db, Keys: p.keys, Self: p.ref, Homes: homes, Client: a.client, Log: log, Now: a.clock.Now})
	_, isHome := homes.Home(p.ref.Id)
	p.oidc, err = oidc.New(oidc.Config{
		DB: p.db, Keys: p.keys, Issuer: p.ref.Id, AccountHome: isHome, Forms: known, Levels: a.levels, Clients: a.clients,
		Members: a, Accounts: p.accounts, Sessions: p.signin, Services: known, Log: log, Now: a.clock.Now,
		Client: a.client, Loopback: true, Audit: audit.New(p.db, a.clock.Now),
	})
	must(t, err)
	must(t, p.oidc.BeginKeys(t.Context()))
	p.credentials, err = credentials.New(credentials.Config{DB: p.db, Keys: p.keys, Self: p.ref, Log: log, Now: a.clock.Now})
	must(t, err)
	p.accounts.Connect(accounts.Rooms{Sessions: p.signin, Tokens: p.oidc, Services: known, Purposes: p.signin, Forms: known, Passkeys: p.credentials})
	p.credentials.Connect(credentials.Rooms{Accounts: p.accounts, Sessions: p.signin})
	p.signin.Connect(signin.Rooms{Accounts: p.accounts, Credentials: p.credentials, Provider: p.oidc})
	accounts.Register(p.jobs, p.accounts)
	signin.Register(p.jobs, p.signin)
	oidc.Register(p.jobs, p.oidc)
	p.server.Config.Handler = a.handler(p)
}

// handler is the portal's HTTP side, with the contract enforced as in a real one.
func (a *association) handler(p *portal) http.Handler {
	t := a.t
	doc, err := types.GetSwagger()
	must(t, err)
	contract, err := httpx.NewContract(doc)
	must(t, err)
	server, err := httpx.New(httpx.Config{Origin: p.ref.Url, RequestTimeout: 20 * time.Second, MaxConcurrent: 256}, contract,
		authenticator{p}, a.log, prometheus.NewRegistry())
	must(t, err)
	signinapi.RegisterHandlers(server.Echo, signinapi.NewStrictHandler(signin.NewHandlers(p.signin), nil))
	credentialsapi.RegisterHandlers(server.Echo, credentialsapi.NewStrictHandler(credentials.NewHandlers(p.credentials), nil))
	accountsapi.RegisterHandlers(server.Echo, accountsapi.NewStrictHandler(accounts.NewHandlers(p.accounts), nil))
	server.Echo.Any("/.well-known/openid-configuration", echo.WrapHandler(p.oidc.Handler()))
	clientsapi.RegisterHandlers(server.Echo, clientsapi.NewStrictHandler(oidc.NewHandlers(p.oidc), nil))
	server.Echo.POST("/oauth2/backchannel-logout", echo.WrapHandler(p.signin.LogoutHandler()))
	server.Echo.Any("/oauth2/*", echo.WrapHandler(p.oidc.Handler()))
	return server.Echo
}

type authenticator struct{ p *portal }

func (a authenticator) Session(r *http.Request) (httpx.Caller, bool, error) {
	return a.p.signin.Session(r)
}

func (a authenticator) Token(r *http.Request) (httpx.Caller, error) { return a.p.oidc.VerifyRequest(r) }

// caller says who calls with a token that is presented alone.
func (p *portal) caller(ctx context.Context, token string) (httpx.Caller, error) {
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, p.ref.Url+"/api/v1/account", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return p.oidc.VerifyRequest(r)
}

func (a authenticator) Member(context.Context, string) (httpx.Caller, error) {
	return httpx.Caller{}, errors.New("no members here")
}

// requestID reads the id of a sign-in request from the address of its page.
func requestID(t testing.TB, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	must(t, err)
	id := u.Query().Get("request")
	if id == "" {
		t.Fatalf("no sign-in request in %s", address)
	}
	return id
}

// citizen makes a confirmed account at the account home.
func (a *association) citizen(email string) uuid.UUID {
	a.t.Helper()
	return a.citizenAt(a.home(), email)
}

// citizenAt makes one at one of several account homes.
func (a *association) citizenAt(home *portal, email string) uuid.UUID {
	a.t.Helper()
	city := "Meppen"
	id, err := home.accounts.CreateCitizen(a.t.Context(), email, password, types.ProfileData{
		GivenName: "Clara", FamilyName: "Beispiel", City: &city, BirthDate: accounts.Birthday(1988, time.April, 12),
	})
	must(a.t, err)
	return id
}

// signInAt goes as Clara from a portal through the account home and back: with the password when the home asks for it.
func (a *association) signInAt(b *browser, p *portal, returnTo string) {
	a.t.Helper()
	a.signInBy(b, p, a.home(), returnTo)
}

// signInBy goes through one of several account homes.
func (a *association) signInBy(b *browser, p, home *portal, returnTo string) {
	a.t.Helper()
	page := b.follow(p.ref.Url + "/api/v1/signin/start?" + url.Values{"returnTo": {returnTo}, "home": {home.ref.Id}}.Encode())
	if strings.HasPrefix(page, home.ref.Url+"/anmelden?") {
		if r := b.signIn(home, "clara@example.org", password); r.status != http.StatusOK {
			a.t.Fatalf("sign in at the account home: %d %s", r.status, r.body)
		}
		page = a.goOnAt(b, home, page)
	}
	if page != p.ref.Url+returnTo {
		a.t.Fatalf("came back to %s, want %s", page, p.ref.Url+returnTo)
	}
}

// goOn does what the page of a sign-in request does once the person is signed in, and gives the page that is reached.
func (a *association) goOn(b *browser, page string) string {
	a.t.Helper()
	return a.goOnAt(b, a.home(), page)
}

func (a *association) goOnAt(b *browser, home *portal, page string) string {
	a.t.Helper()
	var request types.SignInRequest
	b.call(http.MethodGet, home, "/api/v1/signin/requests/"+requestID(a.t, page), nil).decode(a.t, &request)
	if request.Step != types.SignInRequestStepContinue || request.RedirectTo == nil {
		a.t.Fatalf("sign-in request: %+v", request)
	}
	return b.follow(*request.RedirectTo)
}

// consent goes to the page where the person consents for a service, and consents.
func (a *association) consent(b *browser, p *portal, service uuid.UUID) {
	a.t.Helper()
	page := b.follow(p.ref.Url + "/api/v1/signin/start?" + url.Values{"returnTo": {"/antrag"}, "serviceId": {service.String()}}.Encode())
	if strings.HasPrefix(page, a.home().ref.Url+"/anmelden?request=") {
		b.session(a.home())
		r := b.call(http.MethodPost, a.home(), "/api/v1/signin/requests/"+requestID(a.t, page)+"/approve", nil)
		var to types.Redirect
		r.decode(a.t, &to)
		if to.RedirectTo == nil {
			a.t.Fatalf("approve: %d %s", r.status, r.body)
		}
		page = b.follow(*to.RedirectTo)
	}
	if page != p.ref.Url+"/antrag" {
		a.t.Fatalf("came back to %s", page)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// asCaller gives the context of a request that the browser makes at a portal.
func (a *association) asCaller(b *browser, p *portal) context.Context {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), http.MethodGet, p.ref.Url, nil)
	must(a.t, err)
	for _, cookie := range b.client.Jar.Cookies(r.URL) {
		r.AddCookie(cookie)
	}
	caller, ok, err := p.signin.Session(r)
	must(a.t, err)
	if !ok {
		a.t.Fatal("not signed in")
	}
	return httpx.WithCaller(httpx.WithRequest(a.t.Context(), r), caller)
}
