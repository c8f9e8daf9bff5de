package infodienste

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

const apiKey = "test-key"

func now() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) }

// areas knows what the tests need of the register of places.
type areas map[string]string

func (a areas) AreaOfAGS(_ context.Context, ags string) (string, error) { return a[ags], nil }

func register() areas { return areas{"03454": "03454", "03454035": "034540035035", "03": "03"} }

// directory is a running stand-in, before which a test may stand.
type directory struct {
	url string

	mu     sync.Mutex
	asked  []string
	before func(w http.ResponseWriter, r *http.Request, n int) bool // answers by itself, and says so
}

func newDirectory(t *testing.T, o finder.Options) *directory {
	t.Helper()
	o.APIKey = apiKey
	f, err := finder.New(o)
	if err != nil {
		t.Fatal(err)
	}
	d := &directory{}
	handler := f.Handler()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		d.asked = append(d.asked, r.URL.RequestURI())
		n, before := len(d.asked), d.before
		d.mu.Unlock()
		if before == nil || !before(w, r, n) {
			handler.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	d.url = server.URL
	return d
}

func (d *directory) requests(part string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := 0
	for _, uri := range d.asked {
		if strings.Contains(uri, part) {
			n++
		}
	}
	return n
}

func (d *directory) settings(more ...string) adapter.Settings {
	s := adapter.Settings{
		"url": d.url + "/infodienste", "areasUrl": d.url + "/gebiete/", "apiKey": apiKey, "areaIds": "10345", "agency": "L1", "rate": "10000",
	}
	for i := 0; i < len(more); i += 2 {
		s[more[i]] = more[i+1]
	}
	return s
}

func (d *directory) source(t *testing.T, more ...string) adapter.Source {
	t.Helper()
	s, err := Kind().New(d.settings(more...), adapter.Tools{
		HTTP: outbound.Client(outbound.Options{AllowLoopback: true, MaxResponse: 1 << 20}), Areas: register(), Now: now,
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
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

func (c collected) ids(kind string) map[string]bool {
	ids := map[string]bool{}
	for _, r := range c.records {
		if r.Kind == kind && r.Skip == "" {
			ids[r.ID] = true
		}
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

func id(kind, value string) string {
	return catalog.EntryID(kind, catalog.IdentifierEntry{Agency: "L1", Value: value}).String()
}

// read gives the entry of a kind with an id of the directory.
func read[T any](t *testing.T, c collected, kind, value string) (T, adapter.Record) {
	t.Helper()
	var entry T
	for _, r := range c.records {
		if r.Kind == kind && r.ID == id(kind, value) && r.Skip == "" {
			if err := json.Unmarshal(r.Payload, &entry); err != nil {
				t.Fatal(err)
			}
			return entry, r
		}
	}
	t.Fatalf("no %s %s", kind, value)
	return entry, adapter.Record{}
}
