package pvog

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/adapter"
	"portalverbund/server/platform/outbound"
	"portalverbund/server/standins/behoerdenfinder/finder"
)

const (
	clientID     = "portal"
	clientSecret = "geheim"
)

func now() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) }

// gateway is a running stand-in, before which a test may stand.
type gateway struct {
	*finder.Finder
	url string

	mu     sync.Mutex
	asked  []string
	before func(w http.ResponseWriter, r *http.Request, n int) bool // answers by itself, and says so
}

func newGateway(t *testing.T, o finder.Options) *gateway {
	t.Helper()
	o.ClientID, o.ClientSecret = clientID, clientSecret
	f, err := finder.New(o)
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{Finder: f}
	handler := f.Handler()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		g.asked = append(g.asked, r.URL.RequestURI())
		n, before := len(g.asked), g.before
		g.mu.Unlock()
		if before == nil || !before(w, r, n) {
			handler.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	g.url = server.URL
	return g
}

func (g *gateway) requests(part string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := 0
	for _, uri := range g.asked {
		if strings.Contains(uri, part) {
			n++
		}
	}
	return n
}

func tools() adapter.Tools {
	return adapter.Tools{
		HTTP: outbound.Client(outbound.Options{AllowLoopback: true, MaxResponse: 1 << 20}), Now: now,
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
}

func with(s adapter.Settings, more []string) adapter.Settings {
	for i := 0; i < len(more); i += 2 {
		s[more[i]] = more[i+1]
	}
	return s
}

// search makes a source that asks the Suchdienst for Meppen.
func (g *gateway) search(t *testing.T, more ...string) adapter.Source {
	t.Helper()
	s, err := SearchKind().New(with(adapter.Settings{"url": g.url + "/suchdienst/api", "clientId": clientID, "ars": "034540035035", "rate": "10000"}, more), tools())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// collected is what a run gave.
type collected struct {
	records []adapter.Record
	cursor  string
	next    string
	err     error
}

func collectAll(ctx context.Context, s adapter.Source, from string) collected {
	var c collected
	for r, err := range s.Collect(ctx, from) {
		if err != nil {
			c.err = err
			break
		}
		if r.Cursor != "" {
			c.cursor = r.Cursor
		}
		if r.Next != "" {
			c.next = r.Next
		}
		if r.Kind != "" {
			c.records = append(c.records, r)
		}
	}
	return c
}

// origins gives the ids that the entries of a kind have in the PVOG.
func (c collected) origins(t *testing.T, kind string) map[string]bool {
	t.Helper()
	ids := map[string]bool{}
	for _, r := range c.records {
		if r.Kind != kind || r.Skip != "" || r.Deleted {
			continue
		}
		var e struct{ Origin catalog.IdentifierEntry }
		if err := json.Unmarshal(r.Payload, &e); err != nil {
			t.Fatal(err)
		}
		ids[e.Origin.Value] = true
	}
	return ids
}

func (c collected) skips() map[string]string {
	skips := map[string]string{}
	for _, r := range c.records {
		if r.Skip != "" {
			skips[r.Kind+" "+r.At] = r.Skip
		}
	}
	return skips
}

func idOf(kind, id string) string {
	uid, _, _ := entryID(kind, id)
	return uid.String()
}

// read gives the entry of a kind with an id of the PVOG.
func read[T any](t *testing.T, c collected, kind, id string) (T, adapter.Record) {
	t.Helper()
	var entry T
	for _, r := range c.records {
		if r.Kind == kind && r.ID == idOf(kind, id) && r.Skip == "" {
			if err := json.Unmarshal(r.Payload, &entry); err != nil {
				t.Fatal(err)
			}
			return entry, r
		}
	}
	t.Fatalf("no %s %s", kind, id)
	return entry, adapter.Record{}
}

func dump(t *testing.T, value any) string {
	t.Helper()
	text, err := json.MarshalIndent(value, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
