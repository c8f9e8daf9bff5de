package federation

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	api "portalverbund/api/federation"
	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/db/dbtest"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/jobs"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/outbound"
)

// Kinds of messages in these tests.
const (
	kindNote = "test.note"
)

// note is a message's content here. Handlers write it into the table notes.
type note struct {
	Text string `json:"text"`
}

// clock is the machine's clock, moved.
type clock struct{ offset atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.offset.Load())) }
func (c *clock) forward(d time.Duration) { c.offset.Add(int64(d)) }

// portal is a linked portal on a database and a port of its own.
type portal struct {
	*Service
	t       testing.TB
	id      string
	keys    *keys.Set
	url     string
	db      *db.DB
	clock   *clock
	trust   *TrustFile
	log     *logSpy
	server  *httptest.Server
	front   atomic.Pointer[front]
	handler atomic.Pointer[http.Handler]

	// refuse lets the handler of notes fail.
	refuse atomic.Pointer[func(ctx context.Context, n note) error]
}

// front stands between the network and the portal.
type front func(w http.ResponseWriter, r *http.Request, portal http.Handler)

type harness struct {
	idle bool // neither jobs nor Run
	opts []dbtest.Option
}

// portals makes linked portals that are up and running; the first is the anchor.
func portals(t testing.TB, n int, h harness) []*portal {
	t.Helper()
	all := make([]*portal, n)
	t.Cleanup(func() {
		if t.Failed() {
			for i, p := range all {
				for _, line := range p.log.last(60) {
					t.Logf("portal %d: %s", i, line)
				}
			}
		}
	})
	shared := &clock{}
	for i := range all {
		set, err := keys.New(true)
		require.NoError(t, err)
		p := &portal{t: t, keys: set, clock: shared, log: &logSpy{}}
		p.server = httptest.NewUnstartedServer(nil)
		p.id = "http://" + p.server.Listener.Addr().String()
		all[i] = p
	}
	list := filepath.Join(t.TempDir(), "members.json")
	writeMembers(t, list, all...)
	for _, p := range all {
		var err error
		p.trust, err = ReadTrustFile(list, slog.New(p.log))
		require.NoError(t, err)
		p.url = dbtest.URL(t, h.opts...)
		p.db, err = db.Open(t.Context(), p.url, db.Options{MaxConns: 12})
		require.NoError(t, err)
		t.Cleanup(p.db.Close)
		require.NoError(t, p.db.From(t.Context()).Exec("CREATE TABLE notes (id serial, sender text, text text)").Error)
		client := p.open()
		p.serve()
		if !h.idle {
			p.run(client)
		}
	}
	return all
}

func writeMembers(t testing.TB, path string, members ...*portal) {
	t.Helper()
	a := association{Name: "Testverbund"}
	for i, p := range members {
		m := Member{ID: p.id, URL: p.id, Name: "Portal", Kind: "municipality", Areas: []string{"0345400000" + string(rune('0'+i)) + "0"}, Roles: []string{RolePortal}, Keys: p.keys.Public()}
		if i == 0 {
			m.Kind, m.Areas, m.Roles = "county", []string{"03454"}, []string{RoleAnchor, RoleAccountHome, RolePortal}
		}
		a.Members = append(a.Members, m)
	}
	data, err := json.Marshal(a)
	require.NoError(t, err)
	half := path + ".half"
	require.NoError(t, os.WriteFile(half, data, 0o600))
	require.NoError(t, os.Rename(half, path))
}

// open makes the portal's service on its database, as a process of it does.
func (p *portal) open() *jobs.Client {
	p.t.Helper()
	log := slog.New(p.log)
	client, err := jobs.New(p.db, log, jobs.Options{})
	require.NoError(p.t, err)
	p.Service, err = New(context.Background(), Config{
		ID: p.id, DB: p.db, Keys: p.keys, Trust: p.trust, Jobs: client, Now: p.clock.now, Log: log,
		Outbound: outbound.Options{AllowLoopback: true}, Metrics: prometheus.NewRegistry(),
	})
	require.NoError(p.t, err)
	p.Handle(kindNote, func(ctx context.Context, from string, payload json.RawMessage) error {
		var n note
		if err := json.Unmarshal(payload, &n); err != nil {
			return err
		}
		if err := p.db.From(ctx).Exec("INSERT INTO notes (sender, text) VALUES (?, ?)", from, n.Text).Error; err != nil {
			return err
		}
		if refuse := p.refuse.Load(); refuse != nil {
			return (*refuse)(ctx, n)
		}
		return nil
	})
	Register(client, p.Service)
	routes := p.routes()
	p.handler.Store(&routes)
	return client
}

// run starts what a process of the portal runs in the background, until the test ends.
func (p *portal) run(client *jobs.Client) {
	p.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	require.NoError(p.t, client.Start(ctx))
	done := make(chan struct{})
	service := p.Service
	go func() { defer close(done); _ = service.Run(ctx) }()
	p.t.Cleanup(func() {
		stopCtx, stop := context.WithTimeout(context.Background(), 10*time.Second)
		defer stop()
		_ = client.Stop(stopCtx)
		cancel()
		<-done
	})
}

// serve starts the portal's HTTP side, with all that the contract asks for.
func (p *portal) serve() {
	p.t.Helper()
	p.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler := *p.handler.Load()
		if f := p.front.Load(); f != nil {
			(*f)(w, r, handler)
			return
		}
		handler.ServeHTTP(w, r)
	})
	p.server.Start()
	p.t.Cleanup(p.server.Close)
}

func (p *portal) routes() http.Handler {
	doc, err := types.GetSwagger()
	require.NoError(p.t, err)
	contract, err := httpx.NewContract(doc)
	require.NoError(p.t, err)
	server, err := httpx.New(httpx.Config{Origin: p.id, MaxConcurrent: 2000, RequestTimeout: 20 * time.Second}, contract, memberAuth{p}, slog.New(p.log), prometheus.NewRegistry())
	require.NoError(p.t, err)
	api.RegisterHandlers(server.Echo, api.NewStrictHandler(NewHandlers(p.Service), nil))
	return server.Echo
}

// set puts something between the network and the portal; nil takes it away.
func (p *portal) set(f front) {
	if f == nil {
		p.front.Store(nil)
		return
	}
	p.front.Store(&f)
}

// memberAuth knows linked portals only.
type memberAuth struct{ p *portal }

func (memberAuth) Session(*http.Request) (httpx.Caller, bool, error) {
	return httpx.Caller{}, false, nil
}

func (memberAuth) Token(*http.Request) (httpx.Caller, error) {
	return httpx.Caller{}, errors.New("no tokens here")
}

func (a memberAuth) Member(ctx context.Context, token string) (httpx.Caller, error) {
	return a.p.VerifyMember(ctx, token)
}

// send puts a note into the outbox.
func (p *portal) send(to *portal, subject uuid.UUID, text string) uuid.UUID {
	p.t.Helper()
	id, err := p.Send(context.Background(), to.id, kindNote, subject, note{text})
	require.NoError(p.t, err)
	return id
}

// notes gives the texts that arrived, in their order.
func (p *portal) notes() []string {
	p.t.Helper()
	var texts []string
	require.NoError(p.t, p.db.From(context.Background()).Raw("SELECT text FROM notes ORDER BY id").Scan(&texts).Error)
	return texts
}

// value reads one value from the portal's database.
func value[T any](p *portal, query string, args ...any) T {
	p.t.Helper()
	var v T
	require.NoError(p.t, p.db.From(context.Background()).Raw(query, args...).Scan(&v).Error)
	return v
}

func (p *portal) state(id uuid.UUID) string {
	p.t.Helper()
	return value[string](p, "SELECT state FROM federation_outbox WHERE id = ?", id)
}

// until waits for a condition.
func until(t testing.TB, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// wholeLog checks a portal's message log and says how long it is.
func (p *portal) wholeLog() int64 {
	p.t.Helper()
	report, err := p.VerifyLog(context.Background())
	require.NoError(p.t, err)
	return report.Entries
}

// logSpy keeps the messages of the log.
type logSpy struct {
	mu    sync.Mutex
	lines []string
}

func (l *logSpy) Enabled(context.Context, slog.Level) bool { return true }
func (l *logSpy) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *logSpy) WithGroup(string) slog.Handler            { return l }

func (l *logSpy) Handle(_ context.Context, r slog.Record) error {
	line := r.Level.String() + " " + r.Message
	r.Attrs(func(a slog.Attr) bool { line += " " + a.String(); return true })
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
	return nil
}

func (l *logSpy) last(n int) []string {
	lines := l.all()
	return lines[max(0, len(lines)-n):]
}

func (l *logSpy) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.lines...)
}

// hangUp ends the connection without an answer.
func hangUp(http.ResponseWriter) { panic(http.ErrAbortHandler) }

func writeProblem(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"type": "urn:x", "title": "Nein", "status": status, "code": code})
}

func body(r *http.Request) string {
	data, _ := io.ReadAll(r.Body)
	return string(data)
}

// flip changes one letter in a part of a token.
func flip(token string, part, at int) string {
	parts := strings.Split(token, ".")
	letters := []byte(parts[part])
	at %= len(letters)
	if letters[at] == 'A' {
		letters[at] = 'B'
	} else {
		letters[at] = 'A'
	}
	parts[part] = string(letters)
	return strings.Join(parts, ".")
}

// raw gives a payload as entries carry it.
func raw(payload map[string]any) *json.RawMessage {
	text, err := json.Marshal(payload)
	if err != nil {
		panic(err) // what tests write can be written
	}
	raw := json.RawMessage(text)
	return &raw
}
