package demo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

// links are the ways to the portals of an association.
type links struct {
	t      *testing.T
	server *toxiproxy.ApiServer
	seed   uint64
}

func newLinks(t *testing.T, seed uint64) *links {
	t.Helper()
	return &links{t: t, server: toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop()), seed: seed}
}

// link is the way that the others take to a portal: what happens to a message (lost replies, doubles, another order)
// is made by an HTTP proxy, what happens to a connection by a TCP proxy behind it.
type link struct {
	t      *testing.T
	url    string // what the others call
	portal *url.URL
	tcp    *toxiproxy.Proxy
	client *http.Client

	mu     sync.Mutex
	random *rand.Rand
	chance mishaps
	old    [][]byte // messages that came before
}

// mishaps are what may happen to a message on its way, each with its probability.
type mishaps struct{ double, late, old, reply float64 }

// open makes the way to the portal at an address.
func (ls *links) open(name, portal string) *link {
	ls.t.Helper()
	u, err := url.Parse(portal)
	require.NoError(ls.t, err)
	l := &link{t: ls.t, portal: u, random: rand.New(rand.NewPCG(ls.seed, uint64(len(name))))}
	l.tcp = toxiproxy.NewProxy(ls.server, name, "127.0.0.1:0", "127.0.0.1:"+u.Port())
	require.NoError(ls.t, l.tcp.Start())
	ls.t.Cleanup(l.tcp.Stop)
	l.client = &http.Client{
		Timeout:       20 * time.Second,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 8, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	web := httptest.NewServer(l)
	ls.t.Cleanup(web.Close)
	l.url = web.URL
	return l
}

// happen changes what may happen to messages.
func (l *link) happen(m mishaps) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.chance = m
}

// luck decides what happens to the next message.
func (l *link) luck(body []byte) (double, late, reply bool, old []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	hit := func(p float64) bool { return l.random.Float64() < p }
	double, late, reply = hit(l.chance.double), hit(l.chance.late), hit(l.chance.reply)
	if len(l.old) > 0 && hit(l.chance.old) {
		old = l.old[l.random.IntN(len(l.old))]
	}
	if len(l.old) < 1000 {
		l.old = append(l.old, body)
	}
	return double, late, reply, old
}

// ServeHTTP passes a request on to the portal.
func (l *link) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if r.URL.Path == "/federation/v1/inbox" {
		double, late, reply, old := l.luck(body)
		if late {
			pause(r.Context(), 400*time.Millisecond)
		}
		if old != nil {
			l.drop(l.pass(r, old))
		}
		if double {
			l.drop(l.pass(r, body))
		}
		if reply {
			l.drop(l.pass(r, body))
			panic(http.ErrAbortHandler)
		}
	}
	response, err := l.pass(r, body)
	if err != nil {
		panic(http.ErrAbortHandler) // as a broken connection
	}
	defer response.Body.Close()
	for name, values := range response.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(response.StatusCode)
	if _, err := io.Copy(w, response.Body); err != nil {
		panic(http.ErrAbortHandler)
	}
}

func (l *link) drop(response *http.Response, err error) {
	if err == nil {
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
	}
}

func (l *link) pass(r *http.Request, body []byte) (*http.Response, error) {
	l.mu.Lock()
	address := l.tcp.Listen
	l.mu.Unlock()
	request, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+address+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header = r.Header.Clone()
	request.Host = l.portal.Host
	return l.client.Do(request)
}

// spoil does something to the connections (github.com/Shopify/toxiproxy names what there is); the function ends it.
func (l *link) spoil(kind, stream string, toxicity float64, attributes map[string]any) func() {
	l.t.Helper()
	toxic, err := json.Marshal(map[string]any{"name": kind + stream, "type": kind, "stream": stream, "toxicity": toxicity, "attributes": attributes})
	require.NoError(l.t, err)
	_, err = l.tcp.Toxics.AddToxicJson(strings.NewReader(string(toxic)))
	require.NoError(l.t, err)
	l.client.CloseIdleConnections()
	return func() { _ = l.tcp.Toxics.RemoveToxic(l.t.Context(), kind+stream) }
}

// close lets nobody through, and cuts who is on the way.
func (l *link) close() func() {
	l.tcp.Stop()
	return l.reopen
}

// reopen lets connections through again.
func (l *link) reopen() {
	_, _, err := net.SplitHostPort(l.tcp.Listen)
	require.NoError(l.t, err)
	require.Eventually(l.t, func() bool { return l.tcp.Start() == nil }, 10*time.Second, 20*time.Millisecond)
}

// fault is something that goes wrong at a portal until it is ended.
type fault struct {
	name  string
	begin func(f *faulty, l *linked) (end func())
}

var faults = []fault{
	{"slow link", func(_ *faulty, l *linked) func() {
		return l.link.spoil("latency", "upstream", 1, map[string]any{"latency": 400, "jitter": 300})
	}},
	{"half of the connections lose all that is sent", func(_ *faulty, l *linked) func() {
		return l.link.spoil("timeout", "upstream", 0.5, map[string]any{"timeout": 0})
	}},
	{"connections half open: requests arrive, answers do not", func(_ *faulty, l *linked) func() {
		return l.link.spoil("timeout", "downstream", 1, map[string]any{"timeout": 0})
	}},
	{"connections reset", func(_ *faulty, l *linked) func() {
		return l.link.spoil("reset_peer", "downstream", 0.7, map[string]any{"timeout": 5})
	}},
	{"answers cut in the middle", func(_ *faulty, l *linked) func() {
		return l.link.spoil("limit_data", "downstream", 0.8, map[string]any{"bytes": 300})
	}},
	{"messages cut in the middle", func(_ *faulty, l *linked) func() {
		return l.link.spoil("limit_data", "upstream", 0.8, map[string]any{"bytes": 1500})
	}},
	{"connections close slowly", func(_ *faulty, l *linked) func() {
		return l.link.spoil("slow_close", "downstream", 1, map[string]any{"delay": 1500})
	}},
	{"out of reach", func(_ *faulty, l *linked) func() { return l.link.close() }},
	{"replies lost after the commit", func(_ *faulty, l *linked) func() {
		l.link.happen(mishaps{reply: 0.7})
		return func() { l.link.happen(mishaps{}) }
	}},
	{"messages doubled, late and old ones again", func(_ *faulty, l *linked) func() {
		l.link.happen(mishaps{double: 0.6, late: 0.6, old: 0.6})
		return func() { l.link.happen(mishaps{}) }
	}},
	{"server killed (kill -9)", func(f *faulty, l *linked) func() {
		pause(f.t.Context(), time.Duration(f.random.IntN(80))*time.Millisecond)
		_ = l.program.kill()
		return func() {}
	}},
	{"server killed while people work", func(f *faulty, l *linked) func() {
		delay := time.Duration(f.random.IntN(500)) * time.Millisecond
		struck := make(chan struct{})
		go func() { defer close(struck); pause(f.t.Context(), delay); _ = l.program.kill() }()
		return func() { <-struck }
	}},
	{"database killed while people work", func(f *faulty, l *linked) func() {
		delay := time.Duration(f.random.IntN(500)) * time.Millisecond
		struck := make(chan struct{})
		go func() { defer close(struck); pause(f.t.Context(), delay); l.killDatabase() }()
		return func() { <-struck }
	}},
	{"disk full: the database writes nothing while people work", func(f *faulty, l *linked) func() {
		return f.forAWhile(func() func() { return l.diskFull("BEFORE INSERT OR UPDATE") })
	}},
	{"disk full at the commit while people work", func(f *faulty, l *linked) func() {
		return f.forAWhile(func() func() { return l.diskFull("AFTER INSERT OR UPDATE") })
	}},
	{"no room for documents while people work", func(f *faulty, l *linked) func() {
		return f.forAWhile(l.noRoomForDocuments)
	}},
	{"clock an hour ahead", func(_ *faulty, l *linked) func() {
		l.set(time.Hour)
		return func() { l.set(0) }
	}},
	{"clock an hour behind", func(_ *faulty, l *linked) func() {
		l.set(-time.Hour)
		return func() { l.set(0) }
	}},
}

// forAWhile lets something go wrong while people work, and ends it by itself: they try until it works.
func (f *faulty) forAWhile(begin func() (end func())) func() {
	lasts := time.Duration(300+f.random.IntN(900)) * time.Millisecond
	end := begin()
	over := make(chan struct{})
	go func() {
		defer close(over)
		pause(f.t.Context(), lasts)
		end()
	}()
	return func() { <-over }
}

// diskFull lets the portal's database refuse to write, as it does when its disk is full (SQLSTATE 53100): each statement, or, after
// statements that seem to have worked, their commit. No disk is filled for it, so it works for everybody.
func (l *linked) diskFull(when string) func() {
	l.t.Helper()
	kind, later := "TRIGGER", ""
	if strings.HasPrefix(when, "AFTER") {
		kind, later = "CONSTRAINT TRIGGER", "DEFERRABLE INITIALLY DEFERRED"
	}
	tables := []string{"federation_outbox", "federation_inbox", "federation_log", "federation_outbox_lanes", "applications", "cases"}
	statements := []string{"CREATE SEQUENCE IF NOT EXISTS no_room_refused", `CREATE OR REPLACE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
		BEGIN PERFORM nextval('no_room_refused'); RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$`}
	var ends []string
	for _, table := range tables {
		statements = append(statements, fmt.Sprintf("CREATE %s no_room %s ON %s %s FOR EACH ROW EXECUTE FUNCTION no_room()", kind, when, table, later))
		ends = append(ends, "DROP TRIGGER IF EXISTS no_room ON "+table)
	}
	l.write(statements)
	return func() {
		l.write(ends)
		l.tellRefused()
	}
}

// tellRefused logs how many writes were refused: a sequence counts although the transaction is undone.
func (l *linked) tellRefused() {
	conn, err := pgx.Connect(l.t.Context(), l.config.DatabaseOwner)
	if err != nil {
		l.t.Logf("how many writes were refused at %s is not known: %v", l.site.Name, err)
		return
	}
	defer func() { _ = conn.Close(l.t.Context()) }()
	var refused int
	err = conn.QueryRow(l.t.Context(), "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM no_room_refused").Scan(&refused)
	l.t.Logf("%d writes refused at %s so far, %v", refused, l.site.Name, err)
}

// write runs statements in the portal's database, again and again until they have worked: it may be busy, or just starting.
func (l *linked) write(statements []string) {
	for _, statement := range statements {
		var err error
		for end := time.Now().Add(settleTime); time.Now().Before(end); pause(l.t.Context(), 50*time.Millisecond) {
			var conn *pgx.Conn
			if conn, err = pgx.Connect(l.t.Context(), l.config.DatabaseOwner); err != nil {
				continue
			}
			_, err = conn.Exec(l.t.Context(), statement)
			_ = conn.Close(l.t.Context())
			if err == nil || strings.Contains(err.Error(), "already exists") {
				err = nil
				break
			}
		}
		if err != nil {
			l.t.Errorf("%s: %v", statement, err)
		}
	}
}

// noRoomForDocuments lets nothing be written to the folder of files: a file lies in its place.
func (l *linked) noRoomForDocuments() func() {
	l.t.Helper()
	aside := l.config.Blob + ".aside"
	require.NoError(l.t, os.MkdirAll(l.config.Blob, 0o700))
	require.NoError(l.t, os.Rename(l.config.Blob, aside))
	require.NoError(l.t, os.WriteFile(l.config.Blob, nil, 0o600))
	return func() {
		if err := errors.Join(os.Remove(l.config.Blob), os.Rename(aside, l.config.Blob)); err != nil {
			l.t.Error(err)
		}
	}
}
