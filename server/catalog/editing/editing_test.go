package editing_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/db/dbtest"
	"portalverbund/server/audit"
	"portalverbund/server/catalog"
	"portalverbund/server/catalog/editing"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/jobs"
	"portalverbund/server/platform/problem"
)

type portals struct{}

func (portals) Self() types.PortalReference {
	return types.PortalReference{Id: "https://meppen.example", Name: "Meppen"}
}
func (p portals) Members() []types.PortalReference { return []types.PortalReference{p.Self()} }

type places struct{}

func (places) Former(context.Context, []string) (map[string][]string, error) { return nil, nil }

func (places) Place(_ context.Context, ars string) (types.Place, error) {
	return types.Place{Ars: ars, Name: "Meppen, Stadt", Level: types.Gemeinde}, nil
}

// knownForm is the only form that is offered.
const knownForm = "0197a3c2-7c3e-7d41-9a53-1f0c2b117e99"

type formsOf []string

func (f formsOf) Offered(_ context.Context, words string, _ int) ([]types.EditorialForm, error) {
	var list []types.EditorialForm
	for _, id := range f {
		if words == "" || words == id {
			list = append(list, types.EditorialForm{Id: uuid.MustParse(id), Version: 1, Title: "Formular", Own: true})
		}
	}
	return list, nil
}

// publisher keeps what linked portals are told, in the order in which they are.
type publisher struct {
	mu   sync.Mutex
	told []string
}

func (p *publisher) PublishCatalogEntries(_ context.Context, entries []types.CatalogEntry) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range entries {
		text, _ := json.Marshal(e)
		p.told = append(p.told, string(text))
	}
	return nil
}

// portal is a desk with its catalog, and people at it.
type portal struct {
	*editing.Service
	catalog   *catalog.Service
	publisher *publisher
	db        *db.DB
	jobs      *jobs.Client
	// Anna and Ben write and release, Carl only writes, Dora sets up.
	anna, ben, carl, dora context.Context
}

func newPortal(t *testing.T) *portal {
	t.Helper()
	p := &portal{db: dbtest.New(t), publisher: &publisher{}}
	p.connect(t, time.Now)
	person := func(name string, roles ...string) context.Context {
		return httpx.WithCaller(t.Context(), httpx.Caller{Kind: httpx.SessionCaller, AccountID: uuid.New(), DisplayName: name, Roles: roles})
	}
	p.anna, p.ben = person("Anna", "editor", "publisher"), person("Ben", "editor", "publisher")
	p.carl, p.dora = person("Carl", "editor"), person("Dora", "admin")
	return p
}

// connect makes the rooms of a process.
func (p *portal) connect(t *testing.T, now func() time.Time) {
	t.Helper()
	client, err := jobs.New(p.db, slog.New(slog.DiscardHandler), jobs.Options{DeadAfter: 100 * time.Millisecond, PollInterval: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	p.jobs = client
	p.catalog = catalog.New(catalog.Config{DB: p.db, Portals: portals{}, Places: places{}, Publisher: p.publisher, Area: []string{"034540035035"}})
	p.Service = editing.New(editing.Config{DB: p.db, Catalog: p.catalog, Jobs: client, Audit: audit.New(p.db, now), Forms: formsOf{knownForm}, Now: now})
	editing.Register(client, p.Service)
}

func content(title string) map[string]any {
	return map[string]any{"title": map[string]any{"de": title}, "teaser": map[string]any{"de": "Kurz gesagt"}}
}

// newService begins a service as somebody.
func (p *portal) newService(t *testing.T, by context.Context, title string) editing.Entry {
	t.Helper()
	return must(p.Create(by, uuid.NewString(), "service", content(title)))(t)
}

// must gives a value, or ends the test.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func wantProblem(t *testing.T, err error, status int, code string) {
	t.Helper()
	if p := problem.From(err); err == nil || p.Status != status || p.Code != code {
		t.Errorf("got %v, want %d %s", err, status, code)
	}
}

func (p *portal) fourEyes(t *testing.T, on bool) {
	t.Helper()
	s := must(p.Settings(t.Context()))(t)
	before := s.ETag()
	s.FourEyes = on
	must(p.SetSettings(p.dora, before, s))(t)
}

// title is what citizens read; empty when the service is not there.
func (p *portal) title(t *testing.T, id string) string {
	t.Helper()
	s, err := p.catalog.Service(t.Context(), uuid.MustParse(id), "")
	if problem.Is(err, "service-unknown") || problem.Is(err, "service-ended") {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	return s.Title
}

func (p *portal) imports(t *testing.T, lines ...string) {
	t.Helper()
	report := must(p.catalog.Import(t.Context(), "bus.jsonl", strings.NewReader(strings.Join(lines, "\n")), catalog.ImportOptions{Complete: true}))(t)
	if report.SkippedCount > 0 {
		t.Fatal(report)
	}
}

func imported(id, title, teaser string) string {
	return fmt.Sprintf(`{"kind":"service","id":%q,"title":{"de":%q},"teaser":{"de":%q},"trustLevel":"low","updatedAt":"2026-01-02T03:04:05Z"}`, id, title, teaser)
}

func TestRelease_CitizensAndLinkedPortalsHaveIt_AndAVersionIsKept(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	e := p.newService(t, p.anna, "Hund anmelden")
	if e.State != types.EditorialStateNew || p.title(t, e.ID) != "" {
		t.Fatalf("a draft is %s and shown as %q", e.State, p.title(t, e.ID))
	}
	e = must(p.Release(p.anna, e.Ref, e.ETag(), "Neu", time.Time{}))(t)
	if e.State != types.EditorialStateReleased || e.HasDraft || p.title(t, e.ID) != "Hund anmelden" {
		t.Errorf("released: %s, draft %t, shown as %q", e.State, e.HasDraft, p.title(t, e.ID))
	}
	if told := p.publisher.told; len(told) != 1 || !strings.Contains(told[0], "Hund anmelden") {
		t.Errorf("linked portals were told %v", told)
	}
	e = must(p.Save(p.ben, e.Ref, e.ETag(), content("Hund richtig anmelden"), ""))(t)
	if e.State != types.EditorialStateChanged || p.title(t, e.ID) != "Hund anmelden" {
		t.Errorf("a draft of what is released: %s, shown as %q", e.State, p.title(t, e.ID))
	}
	e = must(p.Release(p.ben, e.Ref, e.ETag(), "Besser", time.Time{}))(t)
	versions := must(p.Versions(p.ben, e.Ref, 0, 10))(t)
	if len(versions) != 2 || versions[0].By != "Ben" || versions[0].Note != "Besser" || versions[1].By != "Anna" || p.title(t, e.ID) != "Hund richtig anmelden" {
		t.Errorf("versions %+v", versions)
	}
	var acts []string
	if err := p.db.From(t.Context()).Raw("SELECT action FROM audit_entries WHERE object LIKE 'catalog-%' ORDER BY id").Scan(&acts).Error; err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(acts, " "); got != "catalog.draft catalog.release catalog.draft catalog.release" {
		t.Errorf("audit: %s", got)
	}
}

func TestSave_SomebodyElseSavedMeanwhile_RefusedAndNothingLost(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	e := p.newService(t, p.anna, "Hund")
	must(p.Save(p.ben, e.Ref, e.ETag(), content("Bens Hund"), ""))(t)
	_, err := p.Save(p.anna, e.Ref, e.ETag(), content("Annas Hund"), "")
	wantProblem(t, err, http.StatusPreconditionFailed, "changed-meanwhile")
	for _, act := range []func() (editing.Entry, error){
		func() (editing.Entry, error) { return p.Submit(p.anna, e.Ref, e.ETag(), "") },
		func() (editing.Entry, error) { return p.Release(p.anna, e.Ref, e.ETag(), "", time.Time{}) },
		func() (editing.Entry, error) { return p.Delete(p.anna, e.Ref, e.ETag()) },
	} {
		_, err := act()
		wantProblem(t, err, http.StatusPreconditionFailed, "changed-meanwhile")
	}
	if now := must(p.Entry(p.anna, e.Ref))(t); now.Title != "Bens Hund" {
		t.Errorf("the draft is %q", now.Title)
	}
}

func TestSave_ManyAtOnce_EachSeesTheOneBefore(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	e := p.newService(t, p.anna, "0")
	var saved, refused sync.Map
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			if _, err := p.Save(p.anna, e.Ref, e.ETag(), content(fmt.Sprint(i)), ""); err == nil {
				saved.Store(i, true)
			} else if problem.Is(err, "changed-meanwhile") {
				refused.Store(i, true)
			}
		})
	}
	all.Wait()
	count := func(m *sync.Map) (n int) {
		m.Range(func(any, any) bool { n++; return true })
		return n
	}
	if count(&saved) != 1 || count(&refused) != 7 {
		t.Errorf("%d were saved and %d refused of 8 on the same revision", count(&saved), count(&refused))
	}
}

func TestRelease_FourEyes_CannotBeBypassed(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.fourEyes(t, true)
	e := p.newService(t, p.anna, "Hund")
	_, err := p.Release(p.anna, e.Ref, e.ETag(), "", time.Time{})
	wantProblem(t, err, http.StatusForbidden, "four-eyes")
	_, err = p.Release(p.ben, e.Ref, e.ETag(), "", time.Time{})
	wantProblem(t, err, http.StatusConflict, "review-needed")

	e = must(p.Submit(p.carl, e.Ref, e.ETag(), "bitte"))(t)
	_, err = p.Release(p.anna, e.Ref, e.ETag(), "", time.Time{}) // handed in by another
	wantProblem(t, err, http.StatusForbidden, "four-eyes")
	_, err = p.Release(p.anna, e.Ref, e.ETag(), "", time.Now().Add(time.Hour))
	wantProblem(t, err, http.StatusForbidden, "four-eyes")

	reviewed := e.ETag()
	_, err = p.Save(p.anna, e.Ref, e.ETag(), content("Katze"), "") // changed in review
	wantProblem(t, err, http.StatusConflict, "draft-fixed")
	e = must(p.Reopen(p.anna, e.Ref, e.ETag()))(t)
	e = must(p.Save(p.anna, e.Ref, e.ETag(), content("Katze"), ""))(t)
	e = must(p.Submit(p.anna, e.Ref, e.ETag(), ""))(t)
	_, err = p.Release(p.ben, e.Ref, reviewed, "", time.Time{}) // what Ben has read is not what is there
	wantProblem(t, err, http.StatusPreconditionFailed, "changed-meanwhile")

	e = must(p.Return(p.ben, e.Ref, e.ETag(), "Katzen sind frei."))(t)
	if len(e.Comments) == 0 || e.Comments[0].Text != "Katzen sind frei." || e.Comments[0].By != "Ben" {
		t.Errorf("comments %+v", e.Comments)
	}
	e = must(p.Save(p.ben, e.Ref, e.ETag(), content("Hund"), ""))(t) // now Ben is an author
	e = must(p.Submit(p.ben, e.Ref, e.ETag(), ""))(t)
	_, err = p.Release(p.ben, e.Ref, e.ETag(), "", time.Time{})
	wantProblem(t, err, http.StatusForbidden, "four-eyes")
	if p.title(t, e.ID) != "" {
		t.Error("it was released all the same")
	}
}

func TestRelease_FourEyes_DraftDiscardedAndRestored_AuthorStaysAuthor(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	e := p.newService(t, p.anna, "Hund")
	e = must(p.Release(p.anna, e.Ref, e.ETag(), "", time.Time{}))(t)
	p.fourEyes(t, true)
	e = must(p.Save(p.anna, e.Ref, e.ETag(), content("Annas Hund"), ""))(t)
	e = must(p.Discard(p.anna, e.Ref, e.ETag()))(t)
	discarded := must(p.Versions(p.carl, e.Ref, 0, 1))(t)[0]
	e = must(p.Restore(p.carl, e.Ref, e.ETag(), discarded.Number))(t)
	if e.Title != "Annas Hund" {
		t.Errorf("restored %q", e.Title)
	}
	e = must(p.Submit(p.carl, e.Ref, e.ETag(), ""))(t)
	_, err := p.Release(p.anna, e.Ref, e.ETag(), "", time.Time{})
	wantProblem(t, err, http.StatusForbidden, "four-eyes")
	e = must(p.Release(p.ben, e.Ref, e.ETag(), "", time.Time{}))(t)
	if v := must(p.Versions(p.ben, e.Ref, 0, 1))(t)[0]; v.By != "Ben" || v.ReviewedFor != "Carl" {
		t.Errorf("version %+v", v)
	}
}

func TestRelease_ContentWithErrors_RefusedAtTheField(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	e := must(p.Create(p.anna, uuid.NewString(), "service", map[string]any{"teaser": map[string]any{"de": "x"}}))(t)
	_, err := p.Release(p.anna, e.Ref, e.ETag(), "", time.Time{})
	wantProblem(t, err, http.StatusUnprocessableEntity, "invalid")
	e = must(p.Save(p.anna, e.Ref, e.ETag(), map[string]any{
		"title": map[string]any{"de": strings.Repeat("x", 301)},
		"fees":  []any{map[string]any{"kind": "fixed"}, map[string]any{"kind": "range", "amount": 2, "max": 1}},
		"links": []any{map[string]any{"module": "forms", "url": "javascript:alert(1)"}},
	}, ""))(t)
	_, err = p.Submit(p.anna, e.Ref, e.ETag(), "")
	wantProblem(t, err, http.StatusUnprocessableEntity, "invalid")
	var got []string
	for _, f := range problem.From(err).Fields {
		got = append(got, f.Pointer+" "+f.Code)
	}
	slices.Sort(got)
	want := "/fees/0/amount required, /fees/1/max minimum, /links/0/url format, /title/de maxLength"
	if strings.Join(got, ", ") != want || len(e.Findings) < 4 {
		t.Errorf("got %v, findings %v", got, e.Findings)
	}
	e = must(p.Save(p.anna, e.Ref, e.ETag(), map[string]any{"title": 7}, ""))(t)
	_, err = p.Submit(p.anna, e.Ref, e.ETag(), "")
	if f := problem.From(err).Fields; len(f) != 1 || f[0].Code != "type" {
		t.Errorf("fields %+v", f)
	}
}

func TestRestore_OldVersion_IsTheDraft(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	e := p.newService(t, p.anna, "eins")
	e = must(p.Release(p.anna, e.Ref, e.ETag(), "", time.Time{}))(t)
	e = must(p.Save(p.anna, e.Ref, e.ETag(), content("zwei"), ""))(t)
	e = must(p.Release(p.anna, e.Ref, e.ETag(), "", time.Time{}))(t)
	e = must(p.Save(p.anna, e.Ref, e.ETag(), content("drei"), ""))(t)
	e = must(p.Restore(p.ben, e.Ref, e.ETag(), 1))(t)
	if e.Title != "eins" || p.title(t, e.ID) != "zwei" {
		t.Errorf("draft %q, released %q", e.Title, p.title(t, e.ID))
	}
	if v := must(p.Version(p.ben, e.Ref, 3))(t); v.Action != types.EntryVersionActionDiscarded || !strings.Contains(string(v.Content), "drei") {
		t.Errorf("the draft before was lost: %+v", v)
	}
	e = must(p.Release(p.ben, e.Ref, e.ETag(), "", time.Time{}))(t)
	if p.title(t, e.ID) != "eins" {
		t.Errorf("released %q", p.title(t, e.ID))
	}
	_, err := p.Restore(p.ben, e.Ref, e.ETag(), 99)
	wantProblem(t, err, http.StatusNotFound, "version-unknown")
}

func TestDelete_Undo_EverythingAsItWas(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	e := p.newService(t, p.anna, "Hund")
	e = must(p.Release(p.anna, e.Ref, e.ETag(), "", time.Time{}))(t)
	e = must(p.Save(p.anna, e.Ref, e.ETag(), content("Entwurf"), ""))(t)
	_, err := p.Delete(p.carl, e.Ref, e.ETag())
	wantProblem(t, err, http.StatusForbidden, "role-missing")
	e = must(p.Delete(p.anna, e.Ref, e.ETag()))(t)
	if e.State != types.EditorialStateDeleted || p.title(t, e.ID) != "" || !strings.Contains(p.publisher.told[1], `"deleted":true`) {
		t.Errorf("deleted: %s, shown as %q, told %v", e.State, p.title(t, e.ID), p.publisher.told)
	}
	_, err = p.Save(p.anna, e.Ref, e.ETag(), content("x"), "")
	wantProblem(t, err, http.StatusConflict, "entry-deleted")
	e = must(p.Undelete(p.anna, e.Ref, e.ETag()))(t)
	if e.State != types.EditorialStateChanged || e.Title != "Entwurf" || p.title(t, e.ID) != "Hund" || e.ReleasedMeanwhile {
		t.Errorf("after undo: %s, draft %q, shown as %q, meanwhile %t", e.State, e.Title, p.title(t, e.ID), e.ReleasedMeanwhile)
	}
}

func TestWithdraw_OffThePortal_StaysADraft(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	e := p.newService(t, p.anna, "Hund")
	e = must(p.Release(p.anna, e.Ref, e.ETag(), "", time.Time{}))(t)
	e = must(p.Withdraw(p.anna, e.Ref, e.ETag(), "veraltet"))(t)
	if e.State != types.EditorialStateWithdrawn || e.Title != "Hund" || p.title(t, e.ID) != "" {
		t.Errorf("withdrawn: %s, %q, shown as %q", e.State, e.Title, p.title(t, e.ID))
	}
	e = must(p.Release(p.anna, e.Ref, e.ETag(), "", time.Time{}))(t)
	if e.State != types.EditorialStateReleased || p.title(t, e.ID) != "Hund" {
		t.Errorf("released again: %s", e.State)
	}
}

func TestImportedEntry_Corrected_ImportDoesNotUndoIt(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	id := uuid.NewString()
	p.imports(t, imported(id, "Hund", "alt"))
	entry := editing.Ref{Kind: "service", ID: id}
	e := must(p.Entry(p.anna, entry))(t)
	if e.Source != "bus.jsonl" || e.State != types.EditorialStateReleased {
		t.Fatalf("imported: %+v", e)
	}
	e = must(p.Save(p.anna, entry, e.ETag(), map[string]any{"title": map[string]any{"de": "Hund anmelden"}, "teaser": map[string]any{"de": "alt"}, "trustLevel": "low"}, ""))(t)
	must(p.Release(p.anna, entry, e.ETag(), "verständlicher", time.Time{}))(t)
	versions := must(p.Versions(p.anna, entry, 0, 10))(t)
	if len(versions) != 2 || versions[1].Action != types.EntryVersionActionImported {
		t.Errorf("versions %+v", versions)
	}

	p.imports(t, imported(id, "Hund", "neu"))
	e = must(p.Entry(p.anna, entry))(t)
	if p.title(t, id) != "Hund anmelden" || !strings.Contains(string(e.Released), "neu") || len(e.Correction.Conflicts) > 0 {
		t.Errorf("after an import: shown as %q, released %s, conflicts %v", p.title(t, id), e.Released, e.Correction.Conflicts)
	}
	p.imports(t, imported(id, "Hundehaltung", "neu"))
	e = must(p.Entry(p.anna, entry))(t)
	if p.title(t, id) != "Hund anmelden" || strings.Join(e.Correction.Conflicts, " ") != "/title/de" {
		t.Errorf("both changed the title: shown as %q, conflicts %v", p.title(t, id), e.Correction.Conflicts)
	}
	tasks, counts, _, err := p.Tasks(p.anna, types.EditorialTaskKindConflict, 10, "")
	if err != nil || len(tasks) != 1 || tasks[0].ID != id || counts["conflict"] != 1 {
		t.Errorf("tasks %v, counts %v, %v", tasks, counts, err)
	}
	e = must(p.FollowSource(p.anna, entry, e.ETag()))(t)
	if p.title(t, id) != "Hundehaltung" || e.Correction != nil {
		t.Errorf("following the source: shown as %q", p.title(t, id))
	}
}

func TestImportedEntry_SourceChangesWhileADraftIsWritten_ReleaseAsksToMerge(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	id := uuid.NewString()
	p.imports(t, imported(id, "Hund", "alt"))
	entry := editing.Ref{Kind: "service", ID: id}
	e := must(p.Entry(p.anna, entry))(t)
	must(p.Save(p.anna, entry, e.ETag(), content("Hund anmelden"), ""))(t)
	p.imports(t, imported(id, "Hund", "neu"))
	e = must(p.Entry(p.anna, entry))(t)
	if !e.ReleasedMeanwhile {
		t.Error("nobody says that what is released has changed")
	}
	_, err := p.Release(p.anna, entry, e.ETag(), "", time.Time{})
	wantProblem(t, err, http.StatusConflict, "released-meanwhile")
	_, err = p.Save(p.anna, entry, e.ETag(), content("Hund anmelden"), "0123")
	wantProblem(t, err, http.StatusPreconditionFailed, "changed-meanwhile")
	e = must(p.Save(p.anna, entry, e.ETag(), content("Hund anmelden"), e.ReleasedTag))(t)
	must(p.Release(p.anna, entry, e.ETag(), "", time.Time{}))(t)
	if p.title(t, id) != "Hund anmelden" {
		t.Errorf("shown as %q", p.title(t, id))
	}
}

func TestImportedEntry_Withdrawn_ImportDoesNotBringItBack(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	id := uuid.NewString()
	p.imports(t, imported(id, "Hund", "alt"))
	entry := editing.Ref{Kind: "service", ID: id}
	e := must(p.Entry(p.anna, entry))(t)
	e = must(p.Delete(p.anna, entry, e.ETag()))(t)
	p.imports(t, imported(id, "Hund", "neu"))
	if p.title(t, id) != "" {
		t.Error("an import brought a deleted entry back")
	}
	must(p.Undelete(p.anna, entry, e.ETag()))(t)
	if p.title(t, id) != "Hund" {
		t.Errorf("after undo shown as %q", p.title(t, id))
	}
}

func TestComment_SameKeyTwice_SaidOnce(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	e := p.newService(t, p.anna, "Hund")
	must(p.Comment(p.ben, e.Ref, "key-12345", "Gebühr?"))(t)
	e = must(p.Comment(p.ben, e.Ref, "key-12345", "Gebühr?"))(t)
	if len(e.Comments) != 1 {
		t.Errorf("comments %+v", e.Comments)
	}
}

func TestEntry_OfNobody_Unknown(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	for _, r := range []editing.Ref{{Kind: "service", ID: uuid.NewString()}, {Kind: "service", ID: "moving"}, {Kind: "form", ID: uuid.NewString()}} {
		_, err := p.Entry(p.anna, r)
		wantProblem(t, err, http.StatusNotFound, "entry-unknown")
		_, err = p.Save(p.anna, r, `"0"`, content("x"), "")
		wantProblem(t, err, http.StatusNotFound, "entry-unknown")
	}
}

func TestList_ReleasedAndDrafts_ByTitleAndState(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, imported(uuid.NewString(), "Ärztin", "x"), imported(uuid.NewString(), "Zebra", "x"))
	e := p.newService(t, p.anna, "Hund 100 %")
	var got []string
	cursor := ""
	for {
		list, next, err := p.List(p.anna, editing.ListQuery{Kind: "service", Limit: 2, Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range list {
			got = append(got, s.Title+" "+string(s.State)+" "+s.Source)
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	if want := "Ärztin released bus.jsonl, Hund 100 % new , Zebra released bus.jsonl"; strings.Join(got, ", ") != want {
		t.Errorf("got %v", got)
	}
	for words, want := range map[string]int{"100 %": 1, "%": 1, "hund": 1, "ä": 1, "": 3, "nichts": 0} {
		list, _, err := p.List(p.anna, editing.ListQuery{Kind: "service", Words: words, Limit: 10})
		if err != nil || len(list) != want {
			t.Errorf("%q found %v, %v", words, list, err)
		}
	}
	must(p.Delete(p.anna, e.Ref, e.ETag()))(t)
	for state, want := range map[types.EditorialState]int{types.EditorialStateNew: 0, types.EditorialStateDeleted: 1, types.EditorialStateReleased: 2} {
		list, _, err := p.List(p.anna, editing.ListQuery{Kind: "service", State: state, Limit: 10})
		if err != nil || len(list) != want {
			t.Errorf("%s: %v, %v", state, list, err)
		}
	}
	for _, kind := range []string{"organisation", "competence", "category"} {
		if _, _, err := p.List(p.anna, editing.ListQuery{Kind: kind, Limit: 10}); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestTasks_WhatEditorsShouldLookAt(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	service, office := uuid.NewString(), uuid.NewString()
	p.imports(t, imported(service, "Hund", "x"),
		fmt.Sprintf(`{"kind":"competence","id":%q,"serviceId":%q,"organisationId":%q,"area":"034540035035"}`, uuid.NewString(), service, office),
		fmt.Sprintf(`{"kind":"organisation","id":%q,"name":{"de":"Amt","en":"Office"}}`, uuid.NewString()))
	e := p.newService(t, p.anna, "Katze")
	must(p.Submit(p.anna, e.Ref, e.ETag(), ""))(t)
	p.connect(t, func() time.Time { return time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC) })
	tasks, counts, _, err := p.Tasks(p.anna, "", 100, "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, task := range tasks {
		got = append(got, fmt.Sprintf("%s %s %s", task.Task, task.Title, task.Detail))
	}
	want := "review Katze Anna|brokenReference Hund – 034540035035 |missingLanguage Hund en|stale Hund 2026-01-02"
	if strings.Join(got, "|") != want || counts["review"] != 1 {
		t.Errorf("got %s, counts %v", strings.Join(got, "|"), counts)
	}
	first, _, next, err := p.Tasks(p.anna, "", 1, "")
	if err != nil || len(first) != 1 || next == "" {
		t.Fatal(first, next, err)
	}
	if rest, _, _, err := p.Tasks(p.anna, "", 100, next); err != nil || len(rest) != len(tasks)-1 {
		t.Errorf("the rest %v, %v", rest, err)
	}
}

func TestEntry_FormThatNobodyOffers_IsWarnedOf(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	for form, want := range map[string]bool{knownForm: false, uuid.NewString(): true, "": false} {
		e := must(p.Create(p.anna, uuid.NewString(), "competence", map[string]any{"onlineService": map[string]any{"type": "form", "formId": form}}))(t)
		warned := slices.ContainsFunc(e.Findings, func(f editing.Finding) bool { return f.Pointer == "/onlineService/formId" && f.Warning })
		if warned != want {
			t.Errorf("form %q: %+v", form, e.Findings)
		}
	}
}

func TestPreview_OfASpecialisation_IsTheServiceWithWhatIsSpecial(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	id := "0197a3c2-7c3e-7d41-9a53-1f0c2b117e8a"
	p.imports(t, imported(id, "Hund", "überall"))
	e := must(p.Create(p.anna, uuid.NewString(), "specialisation", map[string]any{"serviceId": id, "areas": []any{"034540035035"}, "teaser": map[string]any{"de": "in Meppen"}}))(t)
	shown := must(p.Preview(p.anna, e.Ref, "de"))(t)
	if shown.Service == nil || shown.Service.Title != "Hund" || shown.Service.Teaser != "in Meppen" {
		t.Errorf("%+v", shown.Service)
	}
	if p.title(t, id) != "Hund" {
		t.Error("the preview has changed the service")
	}
}
