package delivery_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/db/dbtest"
	"portalverbund/server/delivery"
	"portalverbund/server/platform/blob"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/jobs"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/problem"
)

const (
	self  = "https://landkreis.example"
	other = "https://meppen.example"
)

// rooms plays all that delivery asks of others. What it is told in a transaction it writes to the database, so that a
// rollback takes it back.
type rooms struct {
	d        *db.DB
	offers   map[uuid.UUID]offer
	handlers map[string]func(context.Context, string, json.RawMessage) error
	receipts map[string]func(context.Context, uuid.UUID, uuid.UUID, string, time.Time) error
	refusals map[string]func(context.Context, uuid.UUID, uuid.UUID, string) error
	refuse   error                // what ApplyEvent and Open answer
	received *types.TimelineEvent // what Open answers

	mu      sync.Mutex
	files   map[string]string // by member and id
	fetched int
}

type offer struct {
	types.Offer
	channel string
	until   time.Time // zero: always valid
}

// said is one thing that a room was told.
type said struct {
	What, Who, Kind, Body string
	Subject               uuid.UUID
}

func newRooms(t *testing.T, d *db.DB) *rooms {
	t.Helper()
	err := d.From(t.Context()).Exec("CREATE TABLE said (id bigint GENERATED ALWAYS AS IDENTITY, what text, who text, kind text, body text, subject uuid)").Error
	if err != nil {
		t.Fatal(err)
	}
	return &rooms{
		d: d, files: map[string]string{}, offers: map[uuid.UUID]offer{}, handlers: map[string]func(context.Context, string, json.RawMessage) error{},
		receipts: map[string]func(context.Context, uuid.UUID, uuid.UUID, string, time.Time) error{}, refusals: map[string]func(context.Context, uuid.UUID, uuid.UUID, string) error{},
	}
}

func (r *rooms) say(ctx context.Context, s said) error {
	return r.d.From(ctx).Exec("INSERT INTO said (what, who, kind, body, subject) VALUES (?, ?, ?, ?, ?)", s.What, s.Who, s.Kind, s.Body, s.Subject).Error
}

func (r *rooms) told(t *testing.T) []said {
	t.Helper()
	var all []said
	if err := r.d.From(t.Context()).Raw("SELECT what, who, kind, body, subject FROM said ORDER BY id").Scan(&all).Error; err != nil {
		t.Fatal(err)
	}
	return all
}

func (r *rooms) Open(ctx context.Context, origin string, app types.MessageApplication) (*types.TimelineEvent, error) {
	return r.received, errors.Join(r.refuse, r.say(ctx, said{"open", origin, "", app.Number, app.ApplicationId}))
}

func (r *rooms) ApplyCitizenEvent(ctx context.Context, origin string, id uuid.UUID, e types.TimelineEvent) error {
	return r.say(ctx, said{"citizen", origin, string(e.Kind), text(e), id})
}

func (r *rooms) DocumentOpened(ctx context.Context, origin string, m types.MessageDocumentOpened) error {
	return r.say(ctx, said{"opened", origin, "", m.DocumentId.String(), m.ApplicationId})
}

func (r *rooms) ApplyEvent(ctx context.Context, from string, id uuid.UUID, e types.TimelineEvent) error {
	return errors.Join(r.refuse, r.say(ctx, said{"event", from, string(e.Kind), text(e), id}))
}

func (r *rooms) Accessed(ctx context.Context, from string, m types.MessageAccess) error {
	return r.say(ctx, said{"accessed", from, string(m.Kind), m.Who, *m.ApplicationId})
}

func (r *rooms) Arrived(ctx context.Context, from string, id uuid.UUID, receipt string, _ time.Time) error {
	return r.say(ctx, said{"arrived", from, "", receipt, id})
}

// Fetch gives a file of the portal of origin, as far as it has one.
func (r *rooms) Fetch(_ context.Context, member string, id uuid.UUID, offset int64) (io.ReadCloser, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fetched++
	body, ok := r.files[member+" "+id.String()]
	if !ok {
		return nil, errors.New("away")
	}
	return io.NopCloser(strings.NewReader(body[offset:])), nil
}

// file puts a file at the linked portal.
func (r *rooms) file(id uuid.UUID, body string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.files[other+" "+id.String()] = body
}

func (r *rooms) OfferByID(_ context.Context, id uuid.UUID) (types.Offer, string, map[string]string, map[string]string, error) {
	o, ok := r.offers[id]
	if !ok {
		return types.Offer{}, "", nil, nil, problem.NotFound("offer-unknown", "unbekannt", "unknown")
	}
	return o.Offer, o.channel, map[string]string{"de": "Sperrmüll abholen lassen"}, map[string]string{"de": "Amt"}, nil
}

func (*rooms) LeikaKey(context.Context, uuid.UUID) (string, error) { return leikaKey, nil }

func (r *rooms) CheckOffer(_ context.Context, id uuid.UUID, moment time.Time) error {
	if until := r.offers[id].until; !until.IsZero() && moment.After(until) {
		return problem.Conflict("offer-ended", "nicht mehr zuständig", "no longer competent")
	}
	return nil
}

func (r *rooms) Send(ctx context.Context, to, kind string, subject uuid.UUID, payload any) (uuid.UUID, error) {
	body, err := json.Marshal(payload)
	if err != nil {
		return uuid.Nil, err
	}
	return uuid.New(), r.say(ctx, said{"send", to, kind, string(body), subject})
}

func (r *rooms) Handle(kind string, fn func(context.Context, string, json.RawMessage) error) {
	r.handlers[kind] = fn
}

func (r *rooms) OnReceipt(kind string, fn func(context.Context, uuid.UUID, uuid.UUID, string, time.Time) error) {
	r.receipts[kind] = fn
}

func (r *rooms) OnRefused(kind string, fn func(context.Context, uuid.UUID, uuid.UUID, string) error) {
	r.refusals[kind] = fn
}

func (r *rooms) Undeliverable(ctx context.Context, id uuid.UUID) error {
	return r.say(ctx, said{"undeliverable", "", "", "", id})
}

// receive plays a message from a linked portal, in a transaction as the inbox does.
func (r *rooms) receive(ctx context.Context, t *testing.T, from, kind string, payload any) error {
	t.Helper()
	body, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	return r.d.Tx(ctx, func(ctx context.Context) error { return r.handlers[kind](ctx, from, body) })
}

func text(e types.TimelineEvent) string {
	if e.Text == nil {
		return ""
	}
	return *e.Text
}

// setup is a portal with its delivery, and the rooms around it.
type setup struct {
	*rooms
	s     *delivery.Service
	audit *audited

	folder string // of the object store
}

// objects counts what is in the object store.
func (x setup) objects(t *testing.T) (n int) {
	t.Helper()
	err := filepath.WalkDir(x.folder, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func secretOf(name string) string {
	return "whsec_" + base64.StdEncoding.EncodeToString([]byte("a secret of 32 bytes for "+name+"12345678"))
}

// newSetup makes a portal whose providers push to url; with run, its jobs run.
func newSetup(t *testing.T, url string, now func() time.Time, run bool, more ...func(*delivery.Config)) setup {
	t.Helper()
	d := dbtest.New(t)
	set, err := keys.New(true)
	if err != nil {
		t.Fatal(err)
	}
	client, err := jobs.New(d, slog.New(slog.DiscardHandler), jobs.Options{PollInterval: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	r := newRooms(t, d)
	water, acts := url, &audited{}
	if water != "" {
		water += "/water"
	}
	folder := t.TempDir()
	store, err := blob.New(t.Context(), folder, [32]byte{7})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	c := delivery.Config{
		Store: store, Files: r,
		DB: d, Keys: set, Jobs: client, Self: self, Offers: r, Messages: r, Audit: acts, AllowLoopback: true, Log: slog.New(slog.DiscardHandler), Now: now,
		Backoff: func(int) time.Duration { return 10 * time.Millisecond },
		Providers: []delivery.Provider{
			{ID: "waste", Name: "Entsorgung (Beispiel)", DeliveryURL: url, WebhookSecret: secretOf("waste"), ClientID: "waste-client"},
			{ID: "water", Name: "Wasser (Beispiel)", DeliveryURL: water, WebhookSecret: secretOf("waste"), ClientID: "water-client"},
			{ID: "energy", Name: "Energie (Beispiel)", ClientID: "energy-client"},
		},
	}
	for _, change := range more {
		change(&c)
	}
	s, err := delivery.New(c)
	if err != nil {
		t.Fatal(err)
	}
	s.Connect(r, r)
	delivery.Register(client, s)
	if run {
		if err := client.Start(context.WithoutCancel(t.Context())); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			if err := client.Stop(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	return setup{rooms: r, s: s, audit: acts, folder: folder}
}

// offer adds an offer of this portal, for the county of Emsland.
func (x setup) offer(channel string) uuid.UUID {
	form, id := uuid.New(), uuid.New()
	x.offers[id] = offer{Offer: types.Offer{
		Id: id, FormId: &form, ServiceId: uuid.New(), Portal: types.PortalReference{Id: self}, Area: types.PlaceReference{Ars: "034540000000"},
	}, channel: channel}
	return id
}

// application is one that fits an offer.
func (x setup) application(offerID uuid.UUID) types.MessageApplication {
	return types.MessageApplication{
		ApplicationId: uuid.New(), Number: "EL-26-4F7K-2P9T-X", SubmittedAt: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC), OfferId: offerID,
		FormId: *x.offers[offerID].FormId, FormVersion: 1, Ars: "034540035035", Language: "de", TrustLevel: types.Low, ApplicantName: "Clara Beispiel",
		Data: map[string]any{"items": map[string]any{"objects": []any{map[string]any{"kind": "sofa", "count": 2.0}}}}, ContentHash: "aa", Attachments: []types.Attachment{},
		ServiceTitle: types.LocalizedText{"de": "Sperrmüll"},
	}
}

func provider(ctx context.Context, clientID string) context.Context {
	return httpx.WithCaller(ctx, httpx.Caller{Kind: httpx.TokenCaller, ClientID: clientID, Scopes: []string{"deliveries:read", "deliveries:write"}})
}

// waitFor waits until a condition holds.
func waitFor(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for !condition() {
		select {
		case <-deadline:
			t.Fatalf("waited in vain: %s", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func wantStatus(t *testing.T, err error, status int, code string) {
	t.Helper()
	var p *problem.Error
	if !errors.As(err, &p) || p.Status != status || (code != "" && p.Code != code) {
		t.Errorf("error %v, want %d %s", err, status, code)
	}
}

func wantSaid(t *testing.T, got, want []said) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("rooms were told %+v, want %+v", got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("rooms were told %+v, want %+v", got[i], want[i])
		}
	}
}
