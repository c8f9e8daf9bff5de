package sources

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/adapter"
	"portalverbund/server/catalog/infodienste"
	"portalverbund/server/catalog/pvog"
	"portalverbund/server/catalog/xzufi"
	"portalverbund/server/platform/outbound"
	"portalverbund/server/standins/behoerdenfinder/finder"
)

type register map[string]string

func (r register) AreaOfAGS(_ context.Context, ags string) (string, error) { return r[ags], nil }

// finderBench is a bench with the real kinds of directories and a stand-in for them, which can be told to fail.
type finderBench struct {
	*bench
	finder *finder.Finder
	url    string

	mu   sync.Mutex
	fail string // answers 503 to addresses with this in it
}

func newFinderBench(t *testing.T) *finderBench {
	t.Helper()
	f, err := finder.New(finder.Options{APIKey: "key", ClientID: "client", ClientSecret: "secret", PageSize: 2})
	if err != nil {
		t.Fatal(err)
	}
	b := &finderBench{bench: newBench(t), finder: f}
	handler := f.Handler()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		fails := b.fail != "" && strings.Contains(r.URL.RequestURI(), b.fail)
		b.mu.Unlock()
		if fails {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	b.url = server.URL
	b.kinds = append(b.kinds, infodienste.Kind(), pvog.SearchKind(), pvog.DeliveryKind(xzufi.Format(xzufi.Options{})))
	b.tools = adapter.Tools{
		HTTP: outbound.Client(outbound.Options{AllowLoopback: true, MaxResponse: adapter.MaxAnswer}), Now: time.Now,
		Areas: register{"03454": "03454", "03454035": "034540035035"},
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
	return b
}

func (b *finderBench) fails(part string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fail = part
}

func (b *finderBench) create(t *testing.T, kind string, settings adapter.Settings) Source {
	t.Helper()
	settings["rate"] = "10000"
	s, err := b.Create(t.Context(), "test", key(), Draft{Kind: kind, Name: kind, Settings: settings, Enabled: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func wantCounts(t *testing.T, run Run, want map[string]Counts) {
	t.Helper()
	for kind, c := range want {
		if run.Counts[kind] == nil || *run.Counts[kind] != c {
			t.Errorf("%s: %+v, want %+v", kind, run.Counts[kind], c)
		}
	}
}

func TestInfodienste_IntoTheCatalog_ThenNothingNewThenUndone(t *testing.T) {
	t.Parallel()
	b := newFinderBench(t)
	source := b.create(t, infodienste.ID, adapter.Settings{"url": b.url + "/infodienste", "areasUrl": b.url + "/gebiete", "apiKey": "key", "areaIds": "10345"})
	if source.Settings["apiKey"] != "" || len(source.SecretsSet) != 1 {
		t.Errorf("the key is shown: %v", source.Settings)
	}
	run := b.start(t, source.ID, false)
	wantState(t, run, StateDone)
	wantCounts(t, run, map[string]Counts{
		catalog.KindService: {Added: 5}, catalog.KindSpecialisation: {Added: 1}, catalog.KindOrganisation: {Added: 3}, catalog.KindCompetence: {Added: 6},
		catalog.KindOnlineService: {Added: 1}, catalog.KindOnlineCompetence: {Added: 1},
	})
	if run.Skipped != 2 || run.Warnings == 0 { // competences without a place
		t.Errorf("%d skipped, %d warnings", run.Skipped, run.Warnings)
	}
	var description string
	if err := b.db.Pool().QueryRow(t.Context(), `SELECT payload->'description'->>'de' FROM catalog_services WHERE title->>'de' = 'Kurzzeitkennzeichen beantragen'`).Scan(&description); err != nil ||
		strings.Contains(description, "script") || !strings.Contains(description, "<strong>") {
		t.Errorf("the description is %q, %v", description, err)
	}
	again := b.start(t, source.ID, false) // asks for what changed since, and deletes nothing
	wantState(t, again, StateDone)
	if again.Differences != 0 || again.Complete {
		t.Errorf("%d differences, complete: %v", again.Differences, again.Complete)
	}
	if n := len(b.titles(t)); n != 5 {
		t.Errorf("%d services", n)
	}
}

func TestInfodienste_DiesHalfWay_NothingIsShownAndItGoesOn(t *testing.T) {
	t.Parallel()
	b := newFinderBench(t)
	source := b.create(t, infodienste.ID, adapter.Settings{"url": b.url + "/infodienste", "areasUrl": b.url + "/gebiete", "apiKey": "key", "areaIds": "10345"})
	b.fails("/pst/9004")
	run := b.start(t, source.ID, false)
	wantState(t, run, StateFailed)
	if run.Failure != FailureUnavailable || len(b.titles(t)) != 0 || !run.CanResume {
		t.Fatalf("%s, %d services are shown", run.Failure, len(b.titles(t)))
	}
	b.fails("")
	if _, err := b.Resume(t.Context(), "test", key(), run.ID); err != nil {
		t.Fatal(err)
	}
	run = b.run(t, run.ID)
	wantState(t, run, StateDone)
	wantCounts(t, run, map[string]Counts{catalog.KindService: {Added: 5}, catalog.KindCompetence: {Added: 6}})
}

func TestPVOG_BothWays_TheSameServiceStaysOne(t *testing.T) {
	t.Parallel()
	b := newFinderBench(t)
	search := b.create(t, pvog.SearchID, adapter.Settings{"url": b.url + "/suchdienst/api", "clientId": "client", "ars": "034540035035"})
	run := b.start(t, search.ID, false)
	wantState(t, run, StateDone)
	wantCounts(t, run, map[string]Counts{
		catalog.KindService: {Added: 4}, catalog.KindOrganisation: {Added: 2}, catalog.KindCompetence: {Added: 3}, catalog.KindOnlineService: {Added: 5},
	})
	delivery := b.create(t, pvog.DeliveryID, adapter.Settings{
		"url": b.url + "/bereitstelldienst/api/v3/verwaltungsobjekte/xzufi-2-3-1", "tokenUrl": b.url + "/token", "clientId": "client", "clientSecret": "secret",
	})
	run = b.start(t, delivery.ID, false)
	wantState(t, run, StateDone)
	if n := len(b.titles(t)); n != 4 {
		t.Errorf("%d services", n)
	}
	b.finder.Deliver(`<x:transfer xmlns:x="http://xoev.de/schemata/xzufi/2_3_1"><x:nachrichtenkopf/>
		<x:loesche klasse="Leistung"><x:id schemeAgencyID="L100042">101</x:id></x:loesche>
		<x:loesche klasse="Leistung"><x:id schemeAgencyID="L100042">nie da</x:id></x:loesche></x:transfer>`)
	run = b.start(t, delivery.ID, false)
	wantState(t, run, StateDone)
	wantCounts(t, run, map[string]Counts{catalog.KindService: {Deleted: 1, Unknown: 1}})
	if n := len(b.titles(t)); n != 3 || run.Complete {
		t.Errorf("%d services are left", n)
	}
}
