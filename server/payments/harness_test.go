package payments_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/db/dbtest"
	"portalverbund/server/payments"
	"portalverbund/server/payments/xbezahldienste"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/jobs"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/notify"
	"portalverbund/server/platform/outbound"
	"portalverbund/server/platform/problem"
	"portalverbund/server/standins/payment/service"
)

const (
	meppen    = "https://meppen.example"
	landkreis = "https://landkreis.example"
)

// standIn is the payment service in this process, behind its real protocol.
type standIn struct {
	*service.Service

	provider payments.Provider
	url      string
}

func newStandIn(t testing.TB) *standIn {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	s, err := service.New(service.Options{PublicURL: "http://" + server.Listener.Addr().String(), Clients: []service.Client{{ID: "portal", Secret: "geheim", Originator: "meppen"}}})
	require.NoError(t, err)
	server.Config.Handler = s.Handler()
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.Start()
	t.Cleanup(server.Close)
	provider, err := xbezahldienste.New(xbezahldienste.Settings{
		URL: server.URL, OriginatorID: "meppen", EndPointID: "kasse", TokenURL: server.URL + "/oauth/token", ClientID: "portal", ClientSecret: "geheim",
		ListURL: server.URL + "/liste/meppen/kasse",
	}, outbound.Options{AllowLoopback: true})
	require.NoError(t, err)
	return &standIn{Service: s, provider: provider, url: server.URL}
}

// world is a portal with a database, and the rooms around payments played.
type world struct {
	t    testing.TB
	db   *db.DB
	keys *keys.Set
	jobs *jobs.Client
	pay  *standIn

	mu       sync.Mutex
	letters  []types.MessageMailbox
	told     []string                     // people by the cases room
	acts     []string                     // in the audit
	payers   map[uuid.UUID]payments.Payer // by application
	handed   map[uuid.UUID]string         // to which portal
	sent     []message
	handlers map[string]func(ctx context.Context, from string, payload json.RawMessage) error
	above    map[uuid.UUID]uuid.UUID // units by those below them
	outbound outbound.Options
}

// Above gives a unit and those above it.
func (w *world) Above(_ context.Context, unit uuid.UUID) ([]uuid.UUID, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := []uuid.UUID{unit}
	for next, known := w.above[unit]; known; next, known = w.above[next] {
		list = append(list, next)
	}
	return list, nil
}

// OwnUnitNames knows every unit that is below or above another.
func (w *world) OwnUnitNames(_ context.Context, ids []uuid.UUID) (map[uuid.UUID]map[string]string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	names := map[uuid.UUID]map[string]string{}
	for _, id := range ids {
		for below, above := range w.above {
			if id == below || id == above {
				names[id] = map[string]string{"de": "Amt " + id.String()[:4]}
			}
		}
	}
	return names, nil
}

// place is where the configured service is.
func (w *world) place() string {
	if w.pay == nil {
		return ""
	}
	return payments.Place(w.pay.url, "meppen", "kasse")
}

type message struct {
	to, kind string
	payload  json.RawMessage
}

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	set, err := keys.New(true)
	require.NoError(t, err)
	client, err := jobs.New(d, slog.New(slog.DiscardHandler), jobs.Options{})
	require.NoError(t, err)
	return &world{
		t: t, db: d, keys: set, jobs: client, payers: map[uuid.UUID]payments.Payer{}, handed: map[uuid.UUID]string{},
		above: map[uuid.UUID]uuid.UUID{}, outbound: outbound.Options{AllowLoopback: true},
		handlers: map[string]func(ctx context.Context, from string, payload json.RawMessage) error{},
	}
}

func alone(t testing.TB) *world {
	w := newWorld(t, dbtest.New(t))
	w.pay = newStandIn(t)
	return w
}

// at is the room of a portal with a clock of its own.
func (w *world) at(portal string, now func() time.Time) *payments.Service {
	var provider payments.Provider
	if w.pay != nil {
		provider = w.pay.provider
	}
	return w.with(portal, provider, now)
}

func (w *world) with(portal string, provider payments.Provider, now func() time.Time) *payments.Service {
	s := payments.New(payments.Config{
		DB: w.db, Keys: w.keys, Jobs: w.jobs, Hub: notify.New(w.db, slog.New(slog.DiscardHandler)), Provider: provider, Messages: w, Mailbox: w,
		Portals: portals(portal), Audit: w, FourEyes: 10_000, Log: slog.New(slog.DiscardHandler), Now: now, NoReminders: true,
		Account: &payments.BankAccount{Holder: "Stadt Meppen", IBAN: iban}, Units: w, Outbound: w.outbound, Place: w.place(),
		Dial: func(c payments.Connection) (payments.Provider, error) { return xbezahldienste.Dial(c, w.outbound) },
	})
	s.Connect(w, w)
	return s
}

type portals string

func (p portals) Self() types.PortalReference {
	return types.PortalReference{Id: string(p), Url: string(p), Name: string(p)}
}

func (p portals) Member(id string) (types.PortalReference, bool) {
	return types.PortalReference{Id: id, Url: id, Name: id}, true
}

func (w *world) Send(_ context.Context, to, kind string, _ uuid.UUID, payload any) (uuid.UUID, error) {
	text, err := json.Marshal(payload)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent = append(w.sent, message{to: to, kind: kind, payload: text})
	return uuid.New(), err
}

func (w *world) Handle(kind string, fn func(ctx context.Context, from string, payload json.RawMessage) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.handlers[kind] = fn
}

func (w *world) Notify(_ context.Context, _ httpx.Person, m types.MessageMailbox) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.letters = append(w.letters, m)
	return nil
}

func (w *world) Record(_ context.Context, action, _, _ string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.acts = append(w.acts, action)
	return nil
}

func (w *world) Tell(_ context.Context, caseID uuid.UUID, text problem.Text) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, caseID.String()+" "+text.De)
	return nil
}

func (w *world) PayerOf(_ context.Context, of string, application uuid.UUID) (payments.Payer, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p, known := w.payers[application]; known && w.handed[application] == of {
		return p, nil
	}
	return payments.Payer{}, problem.NotFound("application-unknown", "unbekannt", "unknown")
}

// Remedy is said by all offices.
func (*world) Remedy(context.Context, uuid.UUID) (string, error) {
	return "Widerspruch ist beim Bürgerbüro zu erheben.", nil
}

// ApplicationOf knows the case of an application by the application's id.
func (w *world) ApplicationOf(_ context.Context, id uuid.UUID) (string, uuid.UUID, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, known := w.payers[id]; known {
		return meppen, id, nil
	}
	return "", uuid.Nil, problem.NotFound("case-unknown", "unbekannt", "unknown")
}

var clara = httpx.Person{Issuer: landkreis, Subject: "clara"}

// applied is an application of Clara's that was handed to a portal.
func (w *world) applied(to string) types.MessageApplication {
	id := uuid.New()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.payers[id] = payments.Payer{Person: clara, Language: "de", Number: "MEP-26-TEST", ServiceTitle: map[string]string{"de": "Bewohnerparkausweis"}}
	w.handed[id] = to
	return types.MessageApplication{ApplicationId: id, Number: "MEP-26-TEST", Data: map[string]any{}}
}

// offer costs so many cents.
func offer(cents int64) types.Offer {
	return types.Offer{Organisation: types.Organisation{Id: uuid.New(), Name: "Bürgerbüro"}, Fee: &types.OnlineFee{
		Amount: &types.Money{Amount: cents, Currency: "EUR"}, Purpose: map[string]string{"de": "Gebühr für den Bewohnerparkausweis"}, BudgetAccount: "12200.43110",
	}}
}

func as(ctx context.Context, p httpx.Person) context.Context {
	return httpx.WithCaller(ctx, httpx.Caller{Kind: httpx.SessionCaller, Person: p})
}

func asStaff(ctx context.Context, account uuid.UUID) context.Context {
	return httpx.WithCaller(ctx, httpx.Caller{Kind: httpx.SessionCaller, AccountID: account, Roles: []string{"treasurer"}})
}
