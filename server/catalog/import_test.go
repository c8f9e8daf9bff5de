package catalog

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"portalverbund/api/types"
	"portalverbund/server/catalog/jsonl"
	"portalverbund/server/catalog/muenchen"
	"portalverbund/server/platform/problem"
)

func small() []string {
	return []string{
		category("moving", "Umziehen", 1),
		organisation(100, "Stadt Meppen"),
		service(1, "99102013104000", "Hund anmelden"),
		competence(200, 1, 100, "034540035035"),
		specialisation(300, "034540035035", `"notes":{"de":"<p>In Meppen anders</p>"}`),
		onlineService(400, "Hund online anmelden"),
		onlineCompetence(500, 400, "034540035035"),
	}
}

func TestImport_Twice_SecondTimeNothingChanges(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	first := p.imports(t, small()...)
	for _, kind := range catalogKinds() {
		if c := *first.Of(kind); c != (Counts{Added: 1}) {
			t.Errorf("first import of %s: %+v", kind, c)
		}
	}
	if p.publisher.calls != len(small()) {
		t.Errorf("%d entries published, want %d", p.publisher.calls, len(small()))
	}
	second := p.imports(t, small()...)
	for _, kind := range catalogKinds() {
		if c := *second.Of(kind); c != (Counts{Unchanged: 1}) {
			t.Errorf("second import of %s: %+v", kind, c)
		}
	}
	if p.publisher.calls != len(small()) {
		t.Errorf("the second import published again")
	}
}

func TestImport_ChangedService_IsPublishedAndAnswered(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, small()...)
	report := p.imports(t, service(1, "99102013104000", "Hundesteuer anmelden"))
	if c := *report.Of(KindService); c != (Counts{Changed: 1}) {
		t.Errorf("counts %+v", c)
	}
	var published ServiceEntry
	if err := json.Unmarshal(*p.publisher.entries["service "+num(1).String()].Payload, &published); err != nil {
		t.Fatal(err)
	}
	if title := published.Title["de"]; title != "Hundesteuer anmelden" {
		t.Errorf("published title %q", title)
	}
	got, err := p.Service.Service(t.Context(), num(1), "")
	if err != nil || got.Title != "Hundesteuer anmelden" {
		t.Errorf("answered %q, %v", got.Title, err)
	}
}

func TestImport_BadLines_SkippedWithLineAndReason(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	bad := []struct{ line, reason string }{
		{`{"kind":"service"`, "not a JSON object"},
		{`[1,2]`, "not a JSON object"},
		{`{"id":"x"}`, "no kind"},
		{`{"kind":"wombat","id":"x"}`, "unknown"},
		{`{"kind":"service","id":"nope","title":{"de":"x"}}`, "can't be read"},
		{`{"kind":"service","id":"00000000-0000-0000-0000-000000000000","title":{"de":"x"},"updatedAt":"2026-01-02T03:04:05Z"}`, "id is missing"},
		{service(2, "123", "LeiKa"), "leikaKey"},
		{service(2, "", ""), "title is missing"},
		{service(2, "", strings.Repeat("x", 301)), "title/de is longer than 300"},
		{service(2, "", "Gebühr", `"fees":[{"label":{"de":"x"},"kind":"fixed"}]`), "fees/0/amount is missing"},
		{service(2, "", "Gebühr", `"fees":[{"label":{"de":"x"},"kind":"range","amount":5,"max":4}]`), "fees/0/max is below"},
		{service(2, "", "Zielgruppe", `"audiences":["wombat"]`), "audience"},
		{service(2, "", "Recht", `"legalBasis":[{"title":{"de":"x"},"url":"javascript:alert(1)"}]`), "not a web address"},
		{service(2, "", "Sprache", `"description":{"DE!":"x"}`), "language"},
		{organisation(101, "Post") + " ", ""}, // good
		{`{"kind":"organisation","id":"` + num(102).String() + `","name":{"de":"x"},"email":"a@b@c"}`, "mail address"},
		{`{"kind":"organisation","id":"` + num(102).String() + `","name":{"de":"x"},"openingHours":[{"days":["mo"],"from":"8","to":"12:00"}]}`, "openingHours/0/from"},
		{competence(201, 1, 100, "0345"), "ARS"},
		{competence(201, 1, 100, "Meppen"), "ARS"},
		{competence(201, 1, 100, "03454", `"onlineService":{"type":"form"}`), "onlineService/formId is missing"},
		{competence(201, 1, 100, "03454", `"onlineService":{"type":"link","url":"ftp://x"}`), "not a web address"},
		{category("Moving House", "x", 1), "id"},
		{organisation(101, "Post"), "twice, first in line 15"},
		{"{\"kind\":\"organisation\",\"id\":\"\xff\"}", "UTF-8"},
		{`{"kind":"service","x":"` + strings.Repeat("x", 1<<20) + `"}`, "longer than 1024 KiB"},
	}
	var lines []string
	for _, b := range bad {
		lines = append(lines, b.line)
	}
	report := p.imports(t, lines...)
	if report.Of(KindOrganisation).Added != 1 || report.SkippedCount != len(bad)-1 {
		t.Errorf("report: %s", report)
	}
	at := map[int]string{}
	for _, s := range report.Skipped {
		at[s.Line] = s.Text
	}
	for i, b := range bad {
		if got := at[i+1]; b.reason == "" && got != "" || !strings.Contains(got, b.reason) {
			t.Errorf("line %d: %q, want something about %q", i+1, got, b.reason)
		}
	}
}

func TestImport_HTML_IsReducedToWhatMayBeShown(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`<p onclick="x()">Hallo <strong>Welt</strong></p>`:                   `<p>Hallo <strong>Welt</strong></p>`,
		`<script>alert(1)</script><p>x</p>`:                                  `<p>x</p>`,
		`<a href="javascript:alert(1)">x</a>`:                                `x`,
		`<a href="/relative">x</a>`:                                          `x`,
		`<a href="https://x.example/?a=1&b=2" target="_blank" rel="x">x</a>`: `<a href="https://x.example/?a=1&amp;b=2" rel="nofollow noopener">x</a>`,
		`<a href="mailto:a@b.example">x</a>`:                                 `<a href="mailto:a@b.example" rel="nofollow noopener">x</a>`,
		`<img src=x onerror=alert(1)>Bild`:                                   `Bild`,
		`<svg><p>x</p></svg><iframe src="https://x.example"></iframe>`:       `<p>x</p>`,
		`<ul><li>eins<li>zwei</ul>`:                                          `<ul><li>eins<li>zwei</ul>`,
		`<table><tr><td>a</td><td>b</td></tr></table>`:                       `a b`,
		"<a href=\"java\u00adscript:alert(1)\">x</a>":                        `x`,
		"<p style=\"background:url(x)\">&lt;script&gt;</p>":                  `<p>&lt;script&gt;</p>`,
		`rel="nofollow" und <a href="https://x.example">rel="nofollow"</a>`:  `rel=&#34;nofollow&#34; und <a href="https://x.example" rel="nofollow noopener">rel=&#34;nofollow&#34;</a>`,
	} {
		c := checker{policy: newPolicy()}
		got := c.html("description", Text{"de": in})["de"]
		if strings.Join(strings.Fields(got), " ") != want {
			t.Errorf("%s\n gives %s\n want  %s", in, got, want)
		}
		if again := c.html("description", Text{"de": got})["de"]; again != got {
			t.Errorf("%s\n twice gives %s", got, again)
		}
	}
}

func TestImport_Complete_DeletesWhatTheSourceNoLongerHas(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, append(small(), service(2, "", "Bleibt trotz Fehlers"))...)
	if _, err := p.Import(t.Context(), "other", strings.NewReader(service(3, "", "Aus anderer Quelle")), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	now := strings.Join([]string{category("moving", "Umziehen", 1), organisation(100, "Stadt Meppen"), service(2, "", "")}, "\n")
	report, err := p.Import(t.Context(), "test", strings.NewReader(now), ImportOptions{Complete: true})
	if err != nil {
		t.Fatal(err)
	}
	if report.Of(KindService).Deleted != 1 || report.Of(KindCompetence).Deleted != 1 || report.Of(KindOrganisation).Deleted != 0 {
		t.Errorf("report: %s", report)
	}
	if e := p.publisher.entries["service "+num(1).String()]; !e.Deleted {
		t.Errorf("the deletion was not published: %+v", e)
	}
	for n, there := range map[int]bool{1: false, 2: true, 3: true} {
		_, err := p.Service.Service(t.Context(), num(n), "")
		if there != (err == nil) {
			t.Errorf("service %d: %v", n, err)
		}
	}
}

func TestImport_PublisherFails_NothingIsIn(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.publisher.err = errors.New("feed is full")
	if _, err := p.Import(t.Context(), "test", strings.NewReader(strings.Join(small(), "\n")), ImportOptions{}); !errors.Is(err, p.publisher.err) {
		t.Fatalf("error %v", err)
	}
	wantNoRows(t, p)
}

func TestImport_SourceDiesHalfWay_NothingIsIn(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	died := errors.New("the source died")
	var text strings.Builder
	for n := range 3 * importBatch {
		text.WriteString(service(n+1, "", "Leistung") + "\n")
	}
	source := io.MultiReader(strings.NewReader(text.String()), readerFunc(func([]byte) (int, error) { return 0, died }))
	if _, err := p.Import(t.Context(), "test", source, ImportOptions{}); !errors.Is(err, died) {
		t.Fatalf("error %v", err)
	}
	wantNoRows(t, p)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

func wantNoRows(t *testing.T, p *portal) {
	t.Helper()
	var rows int
	err := p.db.Pool().QueryRow(t.Context(), `SELECT (SELECT count(*) FROM catalog_services) + (SELECT count(*) FROM catalog_organisations)
		+ (SELECT count(*) FROM catalog_competences) + (SELECT count(*) FROM catalog_categories)`).Scan(&rows)
	if err != nil || rows != 0 {
		t.Errorf("%d rows are in the catalog, %v", rows, err)
	}
}

func TestImport_FormLines_GoToTheFormsRoomAndDoNotStopTheRest(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.forms.err = problem.Unprocessable("form-invalid", "Falsch", "Wrong")
	report := p.imports(t, append(small(), `{"kind":"form","id":"x","version":1}`)...)
	if len(p.forms.taken) != 1 || report.SkippedCount != 1 || report.Of(KindService).Added != 1 {
		t.Errorf("taken %q, report %s", p.forms.taken, report)
	}
	p.forms.err = nil
	if report := p.imports(t, `{"kind":"form","id":"x","version":1}`); report.SkippedCount != 0 || report.Kinds[KindForm] == nil {
		t.Errorf("report %s", report)
	}
}

func TestImport_IdOfALinkedPortal_SkippedAndTheirsStays(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.replicates(t, landkrs, service(1, "", "Vom Landkreis"))
	report := p.imports(t, service(1, "", "Gekapert"))
	if report.SkippedCount != 1 || report.Of(KindService).Added != 0 {
		t.Errorf("report %s", report)
	}
	if got, err := p.Service.Service(t.Context(), num(1), ""); err != nil || got.Title != "Vom Landkreis" {
		t.Errorf("service is now %q, %v", got.Title, err)
	}
}

func TestImport_DemoCatalogs_WithoutComplaint(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"landkreis", "meppen", "lathen"} {
		path := "../demo/data/" + name + ".jsonl"
		if _, err := os.Stat(path); err != nil {
			t.Fatal(err)
		}
		p := newPortal(t)
		if r := importFile(t, p, path, ImportOptions{}); r.SkippedCount != 0 || r.Of(KindService).Added == 0 || r.Of(KindForm).HandedOn == 0 {
			t.Errorf("%s: %s", name, r)
		}
	}
}

// importFile imports a file of this product, or of the services or offices of München, by its name.
func importFile(t testing.TB, p *portal, path string, o ImportOptions) Report {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	read := jsonl.Read
	switch filepath.Base(path) {
	case "services-muenchen.jsonl":
		read = muenchen.Services
	case "offices-muenchen.jsonl":
		read = muenchen.Offices
	}
	report, err := p.importLines(t.Context(), filepath.Base(path), read(file), o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestImport_Muenchen_AllOfItTwice(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	services, offices := shared(t, "services-muenchen.jsonl"), shared(t, "offices-muenchen.jsonl")
	want := map[string]Counts{KindService: {Added: 286}, KindCompetence: {Added: 525}, KindOrganisation: {Added: 118}}
	for range 2 {
		for _, path := range []string{services, offices} {
			r := importFile(t, p, path, ImportOptions{Complete: true})
			if r.SkippedCount != 0 {
				t.Errorf("%s", r)
			}
			for kind, c := range r.Kinds {
				if *c != want[kind] {
					t.Errorf("%s: %+v, want %+v", kind, *c, want[kind])
				}
			}
		}
		for kind, c := range want {
			want[kind] = Counts{Unchanged: c.Added}
		}
	}
	got, err := p.Service.Service(t.Context(), muenchen.ServiceID("1063423"), "")
	if err != nil || got.Title != "Gewerbe-Anmeldung" || got.Fees[0].Kind != types.Rule || *got.LeikaKey != "99050012104000" {
		t.Errorf("%+v, %v", got, err)
	}
	p.index(t)
	offers, err := p.Offers(t.Context(), got.Id, "091620000000", Asker{})
	if err != nil || offers.Resolution != types.Found || offers.Items[0].Organisation.Name != "Gewerbeamt" || *offers.Items[0].Organisation.ParentName != "Kreisverwaltungsreferat" {
		t.Errorf("%+v, %v", offers, err)
	}
}

func TestPublishAll_EverythingOfItsOwnAndNothingElse(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, small()...)
	p.replicates(t, landkrs, service(9, "", "Vom Landkreis"))
	clear(p.publisher.entries)
	if err := p.PublishAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(p.publisher.entries) != len(small()) {
		t.Errorf("published %d entries", len(p.publisher.entries))
	}
}

// FuzzPrepare checks that whatever comes in, what is taken stays the same when it is taken again (as a linked portal does)
// and holds no markup that runs.
func FuzzPrepare(f *testing.F) {
	for _, line := range append(small(), service(2, "", "x", `"description":{"de":"<p>&amp;<a href='https://x.example'>x</a><ul><li>"}`, `"fees":[{"label":"x","kind":"free"}]`)) {
		f.Add(line)
	}
	r := newReader()
	f.Fuzz(func(t *testing.T, line string) {
		for _, kind := range catalogKinds() {
			p, err := r.prepare(kind, []byte(line))
			if err != nil {
				continue
			}
			again, err := r.prepare(kind, p.payload)
			if err != nil {
				t.Fatalf("what was taken is refused: %v\n%s", err, p.payload)
			}
			if !slices.Equal(p.digest, again.digest) {
				t.Fatalf("taken twice it differs:\n%s\n%s", p.payload, again.payload)
			}
			if e, ok := p.entry.(*ServiceEntry); ok {
				for _, html := range e.Description {
					if low := strings.ToLower(html); strings.Contains(low, "<script") || strings.Contains(low, "javascript:") && strings.Contains(low, "href") {
						t.Fatalf("runs: %s", html)
					}
				}
			}
			if !json.Valid(p.payload) {
				t.Fatalf("no JSON: %s", p.payload)
			}
		}
	})
}
