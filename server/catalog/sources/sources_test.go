package sources

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/db/dbtest"
	"portalverbund/server/catalog"
	"portalverbund/server/catalog/adapter"
	"portalverbund/server/platform/blob"
	"portalverbund/server/platform/collect"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/problem"
)

type portals struct{}

func (portals) Self() types.PortalReference {
	return types.PortalReference{Id: "https://meppen.example", Name: "Meppen"}
}
func (portals) Members() []types.PortalReference { return nil }

// feed keeps what is published, the latest state of each entry.
type feed struct {
	mu      sync.Mutex
	entries map[string]types.CatalogEntry
}

func (f *feed) PublishCatalogEntries(_ context.Context, entries []types.CatalogEntry) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range entries {
		f.entries[e.Kind+" "+e.Id] = e
	}
	return nil
}

// queued keeps the jobs that were inserted.
type queued struct {
	mu   sync.Mutex
	runs []uuid.UUID
}

func (q *queued) Insert(ctx context.Context, args river.JobArgs, _ *river.InsertOpts) error {
	return q.InsertMany(ctx, []river.InsertManyParams{{Args: args}})
}

func (q *queued) InsertMany(_ context.Context, jobs []river.InsertManyParams) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, j := range jobs {
		q.runs = append(q.runs, j.Args.(runArgs).RunID)
	}
	return nil
}

type noAudit struct{}

func (noAudit) Record(context.Context, string, string, string) error { return nil }

// directory is another system in a test: what it gives can change, and it can die half-way.
type directory struct {
	mu      sync.Mutex
	records []adapter.Record
	diesAt  int // after so many records, if not 0
	err     error
	whole   bool
	asked   []string // cursors
	gate    chan struct{}
	reached chan struct{}
}

func (d *directory) Whole(cursor string) bool { return d.whole && cursor == "" }

func (d *directory) Collect(ctx context.Context, cursor string) iter.Seq2[adapter.Record, error] {
	return func(yield func(adapter.Record, error) bool) {
		d.mu.Lock()
		records, diesAt, err := slices.Clone(d.records), d.diesAt, d.err
		d.asked = append(d.asked, cursor)
		d.mu.Unlock()
		begin := 0
		if n, ok := strings.CutPrefix(cursor, "at:"); ok {
			_, _ = fmt.Sscan(n, &begin)
		}
		for i := begin; i < len(records); i++ {
			if diesAt > 0 && i == diesAt {
				if d.gate != nil {
					close(d.reached)
					select {
					case <-d.gate:
					case <-ctx.Done():
					}
				}
				yield(adapter.Record{}, err)
				return
			}
			r := records[i]
			if (i+1)%10 == 0 {
				r.Cursor = fmt.Sprintf("at:%d", i+1)
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

func (d *directory) set(change func(d *directory)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(d)
}

type bench struct {
	*Service
	catalog   *catalog.Service
	feed      *feed
	queue     *queued
	directory *directory
	db        *db.DB
}

func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{feed: &feed{entries: map[string]types.CatalogEntry{}}, queue: &queued{}, directory: &directory{whole: true}, db: dbtest.New(t)}
	b.catalog = catalog.New(catalog.Config{DB: b.db, Portals: portals{}, Publisher: b.feed, Area: []string{"034540035035"}})
	set, err := keys.New(true)
	if err != nil {
		t.Fatal(err)
	}
	files, err := blob.New(t.Context(), t.TempDir(), set.Derive("blob"))
	if err != nil {
		t.Fatal(err)
	}
	kind := adapter.Kind{
		ID: "directory",
		Fields: []adapter.Field{
			{Name: "url", Type: adapter.FieldURL, Required: true}, {Name: "key", Type: adapter.FieldSecret},
		},
		New: func(adapter.Settings, adapter.Tools) (adapter.Source, error) { return b.directory, nil },
	}
	b.Service = New(Config{
		DB: b.db, Catalog: b.catalog, Keys: set, Store: files, Jobs: b.queue, Audit: noAudit{}, Kinds: []adapter.Kind{kind},
		Tools: adapter.Tools{HTTP: http.DefaultClient}, Beat: 10 * time.Millisecond,
	})
	return b
}

func num(n int) uuid.UUID { return uuid.MustParse(fmt.Sprintf("00000000-0000-7000-8000-%012d", n)) }

func service(n int, title string) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"kind":"service","id":%q,"title":{"de":%q},"updatedAt":"2026-01-02T03:04:05Z"}`, num(n), title))
}

// say gives records of services with ids from 1.
func say(titles ...string) []adapter.Record {
	records := make([]adapter.Record, 0, len(titles))
	for i, title := range titles {
		records = append(records, adapter.Record{Kind: catalog.KindService, ID: num(i + 1).String(), Payload: service(i+1, title), At: "page 1"})
	}
	return records
}

func many(n int) []adapter.Record {
	titles := make([]string, n)
	for i := range titles {
		titles[i] = fmt.Sprintf("Leistung %d", i+1)
	}
	return say(titles...)
}

var keyNumber = struct {
	sync.Mutex
	n int
}{}

func key() string {
	keyNumber.Lock()
	defer keyNumber.Unlock()
	keyNumber.n++
	return fmt.Sprintf("key-%d-abcdef", keyNumber.n)
}

func (b *bench) source(t testing.TB) Source {
	t.Helper()
	s, err := b.Create(t.Context(), "test", key(), Draft{Kind: "directory", Name: "Verzeichnis", Settings: adapter.Settings{"url": "https://directory.example", "key": "geheim"}, Enabled: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// start begins a run of a source and works on it once.
func (b *bench) start(t testing.TB, source uuid.UUID, dryRun bool) Run {
	t.Helper()
	run, err := b.Start(t.Context(), "test", key(), source, dryRun, false)
	if err != nil {
		t.Fatal(err)
	}
	return b.run(t, run.ID)
}

// run works on a run once, as the last of its attempts.
func (b *bench) run(t testing.TB, id uuid.UUID) Run {
	t.Helper()
	b.attempt(t, id, true)
	return b.read(t, id)
}

func (b *bench) attempt(t testing.TB, id uuid.UUID, last bool) {
	t.Helper()
	run, mine, err := b.store.take(t.Context(), id, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if mine {
		_ = b.work(t.Context(), run, b.openRun, last)
	}
}

func (b *bench) read(t testing.TB, id uuid.UUID) Run {
	t.Helper()
	run, err := b.Run(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// titles gives what the catalog shows, by the number of the service.
func (b *bench) titles(t testing.TB) map[string]string {
	t.Helper()
	rows, err := b.db.Pool().Query(t.Context(), `SELECT id::text, title->>'de' FROM catalog_services`)
	if err != nil {
		t.Fatal(err)
	}
	titles := map[string]string{}
	for rows.Next() {
		var id, title string
		if err := rows.Scan(&id, &title); err != nil {
			t.Fatal(err)
		}
		titles[strings.TrimLeft(id[24:], "0")] = title
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	return titles
}

func (b *bench) wantTitles(t testing.TB, want map[string]string) {
	t.Helper()
	if got := b.titles(t); !maps.Equal(got, want) {
		t.Errorf("the catalog has %v, want %v", got, want)
	}
}

func wantState(t testing.TB, run Run, want State) {
	t.Helper()
	if run.State != want {
		t.Fatalf("the run is %s (%s %s), want %s", run.State, run.Failure, run.Detail, want)
	}
}

func wantProblem(t testing.TB, err error, code string) {
	t.Helper()
	if !problem.Is(err, code) {
		t.Fatalf("error %v, want %s", err, code)
	}
}

var errDied = fmt.Errorf("%w: connection reset", collect.ErrUnavailable)

func TestRun_FullDelivery_CountsAndDeletesWhatIsGone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	source := b.source(t)
	b.directory.records = append(say("Hund", "Sperrmüll", "Wohnsitz"), adapter.Record{Skip: "has no name", At: "page 2", Line: 7})
	b.directory.records[1].Warnings = []string{"a fee was left out"}
	run := b.start(t, source.ID, false)
	wantState(t, run, StateDone)
	if c := *run.Counts["service"]; c != (Counts{Added: 3}) || run.Skipped != 1 || run.Warnings != 1 || run.Differences != 3 || !run.Complete {
		t.Errorf("run %+v %+v", c, run)
	}
	notes, _, err := b.Notes(t.Context(), run.ID, 10, "", NoteFilter{})
	if err != nil || len(notes) != 2 || notes[0].Text != "has no name" || notes[0].Line != 7 || notes[1].Place != "page 1" {
		t.Errorf("notes %+v, %v", notes, err)
	}
	if len(b.feed.entries) != 3 {
		t.Errorf("%d entries published", len(b.feed.entries))
	}
	b.directory.records = append(say("Hund", "Sperrgut"), adapter.Record{Kind: "service", ID: num(77).String(), Deleted: true})
	run = b.start(t, source.ID, false)
	wantState(t, run, StateDone)
	if c := *run.Counts["service"]; c != (Counts{Changed: 1, Unchanged: 1, Deleted: 1, Unknown: 1}) {
		t.Errorf("second run %+v", c)
	}
	b.wantTitles(t, map[string]string{"1": "Hund", "2": "Sperrgut"})
	if !b.feed.entries["service "+num(3).String()].Deleted {
		t.Error("the deletion was not published")
	}
	if left := b.stagedRows(t); left != 0 {
		t.Errorf("%d records are still staged", left)
	}
}

func (b *bench) stagedRows(t testing.TB) (n int) {
	t.Helper()
	if err := b.db.Pool().QueryRow(t.Context(), `SELECT count(*) FROM catalog_import_staged`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestRun_DryRun_SameReportNothingChanged_ThenApplied(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	source := b.source(t)
	b.directory.records = say("Hund", "Sperrmüll")
	wantState(t, b.start(t, source.ID, false), StateDone)
	b.directory.records = say("Hund und Katze")
	dry := b.start(t, source.ID, true)
	wantState(t, dry, StateChecked)
	if c := *dry.Counts["service"]; c != (Counts{Changed: 1, Deleted: 1}) || dry.Differences != 2 {
		t.Errorf("dry run %+v, %d differences", c, dry.Differences)
	}
	b.wantTitles(t, map[string]string{"1": "Hund", "2": "Sperrmüll"})
	list, _, err := b.Differences(t.Context(), dry.ID, 10, "", "", "")
	if err != nil || len(list) != 2 || list[0].Title != "Hund und Katze" || !slices.Equal(list[0].Parts, []string{"title"}) || !list[1].Gone {
		t.Fatalf("differences %+v, %v", list, err)
	}
	one, err := b.Difference(t.Context(), dry.ID, list[0].Number)
	if err != nil || !strings.Contains(string(one.Before), `"Hund"`) || !strings.Contains(string(one.After), "Katze") {
		t.Errorf("difference %s → %s, %v", one.Before, one.After, err)
	}
	b.directory.records = nil // what was read counts, not what the source says now
	applied, err := b.ApplyRun(t.Context(), "test", key(), dry.ID)
	if err != nil {
		t.Fatal(err)
	}
	applied = b.run(t, applied.ID)
	wantState(t, applied, StateDone)
	b.wantTitles(t, map[string]string{"1": "Hund und Katze"})
	if _, err := b.ApplyRun(t.Context(), "test", key(), dry.ID); !problem.Is(err, "import-not-applicable") {
		t.Errorf("applied twice: %v", err)
	}
}

func TestRun_SourceDiesHalfWay_NothingShownThenGoesOn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	source := b.source(t)
	b.directory.records, b.directory.diesAt, b.directory.err = many(1000), 555, errDied
	run, err := b.Start(t.Context(), "test", key(), source.ID, false, false)
	if err != nil {
		t.Fatal(err)
	}
	b.attempt(t, run.ID, false)
	run = b.read(t, run.ID)
	wantState(t, run, StateWaiting)
	if run.Failure != FailureUnavailable || len(b.titles(t)) != 0 {
		t.Errorf("failure %q, %d services are shown", run.Failure, len(b.titles(t)))
	}
	b.directory.set(func(d *directory) { d.diesAt = 0 })
	run = b.run(t, run.ID)
	wantState(t, run, StateDone)
	if want := []string{"", "at:550"}; !slices.Equal(b.directory.asked, want) {
		t.Errorf("asked from %q, want %q", b.directory.asked, want)
	}
	if len(b.titles(t)) != 1000 || run.Counts["service"].Added != 1000 || run.Read != 1000 {
		t.Errorf("%d services, run %+v", len(b.titles(t)), run)
	}
}

func TestRun_FailedForGood_CanBeGoneOnWith(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	source := b.source(t)
	b.directory.records, b.directory.diesAt, b.directory.err = many(50), 25, collect.ErrRefused
	run := b.start(t, source.ID, false)
	wantState(t, run, StateFailed)
	if run.Failure != FailureRefused || !run.CanResume {
		t.Errorf("failure %q, resumable %t", run.Failure, run.CanResume)
	}
	b.directory.set(func(d *directory) { d.diesAt = 0 })
	if _, err := b.Resume(t.Context(), "test", key(), run.ID); err != nil {
		t.Fatal(err)
	}
	run = b.run(t, run.ID)
	wantState(t, run, StateDone)
	if got := b.directory.asked[len(b.directory.asked)-1]; got != "at:20" {
		t.Errorf("went on from %q", got)
	}
}

func TestRun_SuddenlyEmptyOrMostGone_HeldUntilSomebodySaysSo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	source := b.source(t)
	b.directory.records = many(20)
	wantState(t, b.start(t, source.ID, false), StateDone)
	for want, records := range map[string][]adapter.Record{FailureEmptied: nil, FailureLost: many(9)} {
		b.directory.records = records
		run := b.start(t, source.ID, false)
		wantState(t, run, StateHeld)
		if run.Failure != want || run.Had != 20 || run.Lost != int64(20-len(records)) || len(b.titles(t)) != 20 {
			t.Errorf("%s: %+v", want, run)
		}
		_, err := b.Start(t.Context(), "test", key(), source.ID, false, false)
		wantProblem(t, err, "import-running")
		if _, err := b.Cancel(t.Context(), run.ID); err != nil {
			t.Fatal(err)
		}
	}
	b.directory.records = many(9)
	run := b.start(t, source.ID, false)
	if _, err := b.ApplyRun(t.Context(), "test", key(), run.ID); err != nil {
		t.Fatal(err)
	}
	wantState(t, b.run(t, run.ID), StateDone)
	if len(b.titles(t)) != 9 {
		t.Errorf("%d services after it was confirmed", len(b.titles(t)))
	}
}

func TestRun_DeltaThatDeletesMost_Held(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	source := b.source(t)
	b.directory.records = append(many(20), adapter.Record{Next: "delta"})
	wantState(t, b.start(t, source.ID, false), StateDone)
	b.directory.records = nil
	for i := range 11 {
		b.directory.records = append(b.directory.records, adapter.Record{Kind: "service", ID: num(i + 1).String(), Deleted: true})
	}
	run := b.start(t, source.ID, false)
	wantState(t, run, StateHeld)
	if run.Complete || run.Lost != 11 {
		t.Errorf("%+v", run)
	}
}

func TestStart_TwoOfOneSourceAtOnce_SecondIsTold(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	source, other := b.source(t), b.source(t)
	if _, err := b.Start(t.Context(), "test", key(), source.ID, false, false); err != nil {
		t.Fatal(err)
	}
	_, err := b.Start(t.Context(), "test", key(), source.ID, false, false)
	wantProblem(t, err, "import-running")
	b.directory.records = say("Hund")
	wantState(t, b.start(t, other.ID, false), StateDone)
}

func TestStart_SameKeyTwice_OneRun(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	source := b.source(t)
	first, err := b.Start(t.Context(), "test", "same-key-1", source.ID, false, false)
	if err != nil {
		t.Fatal(err)
	}
	second, err := b.Start(t.Context(), "test", "same-key-1", source.ID, false, false)
	if err != nil || first.ID != second.ID || len(b.queue.runs) != 1 {
		t.Errorf("%v, %v, %d jobs", first.ID == second.ID, err, len(b.queue.runs))
	}
}

func TestUndo_LastRun_EverythingAsBefore(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	source := b.source(t)
	b.directory.records = append(say("Hund", "Sperrmüll", "Wohnsitz"), adapter.Record{Next: "first"})
	first := b.start(t, source.ID, false)
	b.directory.whole = true
	b.directory.records = []adapter.Record{
		{Kind: "service", ID: num(1).String(), Payload: service(1, "Hunde")}, {Kind: "service", ID: num(2).String(), Deleted: true},
		{Kind: "service", ID: num(4).String(), Payload: service(4, "Neu")}, {Next: "second"},
	}
	run := b.start(t, source.ID, false)
	wantState(t, run, StateDone)
	b.wantTitles(t, map[string]string{"1": "Hunde", "3": "Wohnsitz", "4": "Neu"})
	_, err := b.Undo(t.Context(), "test", key(), first.ID, false)
	wantProblem(t, err, "import-not-undoable")
	undo, err := b.Undo(t.Context(), "test", key(), run.ID, false)
	if err != nil {
		t.Fatal(err)
	}
	undo = b.run(t, undo.ID)
	wantState(t, undo, StateDone)
	b.wantTitles(t, map[string]string{"1": "Hund", "2": "Sperrmüll", "3": "Wohnsitz"})
	if c := *undo.Counts["service"]; c != (Counts{Added: 1, Changed: 1, Deleted: 1}) || undo.Differences != 3 {
		t.Errorf("undo %+v", c)
	}
	if got := b.feed.entries["service "+num(4).String()]; !got.Deleted {
		t.Error("the linked portals were not told")
	}
	now, err := b.Source(t.Context(), source.ID)
	if err != nil || now.Cursor != "first" {
		t.Errorf("the source goes on from %q, %v: what was undone would never come again", now.Cursor, err)
	}
	if run = b.read(t, run.ID); !run.Undone || run.CanUndo || !b.read(t, first.ID).CanUndo {
		t.Errorf("undone %t, can be undone %t; the one before %t", run.Undone, run.CanUndo, b.read(t, first.ID).CanUndo)
	}
}

func TestUndo_ChangedSince_RefusedUnlessForced(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	source := b.source(t)
	b.directory.records = say("Hund", "Sperrmüll")
	run := b.start(t, source.ID, false)
	if _, err := b.catalog.Import(t.Context(), "hand", strings.NewReader(string(service(1, "Hund, verbessert"))), catalog.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	_, err := b.Undo(t.Context(), "test", key(), run.ID, false)
	wantProblem(t, err, "import-changed-since")
	if p := problem.From(err); !strings.Contains(p.Detail.De, "1: Hund") {
		t.Errorf("says %q", p.Detail.De)
	}
	undo, err := b.Undo(t.Context(), "test", key(), run.ID, true)
	if err != nil {
		t.Fatal(err)
	}
	wantState(t, b.run(t, undo.ID), StateDone)
	b.wantTitles(t, map[string]string{})
}

func TestUndo_ChangedAfterItWasAsked_FailsAndChangesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	source := b.source(t)
	b.directory.records = say("Hund", "Sperrmüll")
	run := b.start(t, source.ID, false)
	undo, err := b.Undo(t.Context(), "test", key(), run.ID, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.catalog.Import(t.Context(), "hand", strings.NewReader(string(service(2, "Sperrgut"))), catalog.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	undo = b.run(t, undo.ID)
	wantState(t, undo, StateFailed)
	if undo.Failure != FailureChanged {
		t.Errorf("failure %q", undo.Failure)
	}
	b.wantTitles(t, map[string]string{"1": "Hund", "2": "Sperrgut"})
}

func TestCancel_WhileReading_EndsAndShowsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	source := b.source(t)
	b.directory.records, b.directory.diesAt, b.directory.err = many(300), 250, errDied
	b.directory.gate, b.directory.reached = make(chan struct{}), make(chan struct{})
	run, err := b.Start(t.Context(), "test", key(), source.ID, false, false)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b.attempt(t, run.ID, false)
	}()
	<-b.directory.reached
	if now := b.read(t, run.ID); now.State != StateReading || now.Read < 200 {
		t.Errorf("while it reads: %s, %d read", now.State, now.Read)
	}
	if _, err := b.Cancel(t.Context(), run.ID); err != nil {
		t.Fatal(err)
	}
	<-ended
	wantState(t, b.read(t, run.ID), StateCancelled)
	if len(b.titles(t)) != 0 {
		t.Error("something is shown")
	}
}

func TestRun_TakenUpTwice_FirstOneStops(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	source := b.source(t)
	b.directory.records = say("Hund")
	run, err := b.Start(t.Context(), "test", key(), source.ID, false, false)
	if err != nil {
		t.Fatal(err)
	}
	stale, _, err := b.store.take(t.Context(), run.ID, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	wantState(t, b.run(t, run.ID), StateDone)
	b.directory.records = say("Katze")
	if err := b.work(t.Context(), stale, b.openRun, true); err != nil && !errors.Is(err, errTakenOver) {
		t.Fatal(err)
	}
	b.wantTitles(t, map[string]string{"1": "Hund"})
}

func TestRun_SameIDAgain_LastCountsAndIsNamed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	run, err := b.Upload(t.Context(), "test", key(), Upload{Name: "leistungen.jsonl", Content: strings.NewReader(
		string(service(1, "Erst")) + "\n" + string(service(2, "Anderes")) + "\n" + string(service(1, "Zuletzt")) + "\n{broken\n")})
	if err != nil {
		t.Fatal(err)
	}
	run = b.run(t, run.ID)
	wantState(t, run, StateDone)
	b.wantTitles(t, map[string]string{"1": "Zuletzt", "2": "Anderes"})
	notes, _, err := b.Notes(t.Context(), run.ID, 10, "", NoteFilter{})
	if err != nil || len(notes) != 2 || notes[0].Line != 4 || !strings.Contains(notes[1].Text, "first in line 1") || notes[1].Line != 3 {
		t.Errorf("notes %+v, %v", notes, err)
	}
}

func TestUpload_UnknownFormatOrSameKey(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, err := b.Upload(t.Context(), "test", key(), Upload{Name: "bild.png", Content: strings.NewReader("\x89PNG")})
	wantProblem(t, err, "import-format")
	text := string(service(1, "Hund"))
	first, err := b.Upload(t.Context(), "test", "upload-key-1", Upload{Name: "x.jsonl", Content: strings.NewReader(text)})
	if err != nil {
		t.Fatal(err)
	}
	again, err := b.Upload(t.Context(), "test", "upload-key-1", Upload{Name: "x.jsonl", Content: strings.NewReader(text)})
	if err != nil || again.ID != first.ID {
		t.Errorf("the same key: %v, %v", again.ID, err)
	}
	_, err = b.Upload(t.Context(), "test", key(), Upload{Name: "x.jsonl", Content: strings.NewReader(text)})
	wantProblem(t, err, "import-running")
}

func TestSource_Secrets_SealedAndNeverGivenAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	source := b.source(t)
	if source.Settings["key"] != "" || !slices.Equal(source.SecretsSet, []string{"key"}) {
		t.Errorf("settings %v, secrets %v", source.Settings, source.SecretsSet)
	}
	var leaked bool
	if err := b.db.Pool().QueryRow(t.Context(), `SELECT position('geheim' IN s::text) > 0 OR position(convert_to('geheim', 'UTF8') IN secrets) > 0
		FROM catalog_sources s`).Scan(&leaked); err != nil || leaked {
		t.Errorf("the secret is readable in the database: %t, %v", leaked, err)
	}
	changed, err := b.Update(t.Context(), source.ID, source.Tag(), Draft{Name: "Anders", Settings: adapter.Settings{"url": "https://other.example"}})
	if err != nil || !slices.Equal(changed.SecretsSet, []string{"key"}) || changed.Name != "Anders" {
		t.Errorf("changed %+v, %v", changed, err)
	}
	_, err = b.Update(t.Context(), source.ID, source.Tag(), Draft{Name: "Zu spät", Settings: changed.Settings})
	wantProblem(t, err, "changed-meanwhile")
	_, err = b.Update(t.Context(), source.ID, changed.Tag(), Draft{Settings: adapter.Settings{"url": "no"}, Schedule: Schedule{Every: "day", At: "25:00"}})
	p := problem.From(err)
	var at []string
	for _, f := range p.Fields {
		at = append(at, f.Pointer)
	}
	if want := []string{"/name", "/schedule/at", "/settings/url"}; !slices.Equal(at, want) {
		t.Errorf("complains about %v, want %v", at, want)
	}
}

func TestDue_SeveralProcessesAtOnce_OneRun(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	source, err := b.Create(t.Context(), "test", key(), Draft{
		Kind: "directory", Name: "Nachts", Settings: adapter.Settings{"url": "https://directory.example"}, Enabled: true, Schedule: Schedule{Every: "day", At: "03:00"},
	})
	if err != nil || source.NextRunAt == nil {
		t.Fatalf("%+v, %v", source, err)
	}
	at := source.NextRunAt.Add(time.Second)
	b.now = func() time.Time { return at }
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			if err := b.Due(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(b.queue.runs) != 1 {
		t.Errorf("%d runs were begun", len(b.queue.runs))
	}
	now, err := b.Source(t.Context(), source.ID)
	if err != nil || now.NextRunAt == nil || now.NextRunAt.Sub(*source.NextRunAt) < 22*time.Hour {
		t.Errorf("the next one is at %v, %v", now.NextRunAt, err)
	}
}
