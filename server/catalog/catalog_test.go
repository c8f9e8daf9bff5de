package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/db/dbtest"
	"portalverbund/server/platform/problem"
)

// Portals of the association in these tests.
const (
	meppen   = "https://meppen.example"
	landkrs  = "https://emsland.example"
	lathen   = "https://lathen.example"
	stranger = "https://stranger.example"
)

type fakePortals struct {
	self    types.PortalReference
	members []types.PortalReference
}

func (f *fakePortals) Self() types.PortalReference      { return f.self }
func (f *fakePortals) Members() []types.PortalReference { return f.members }

func reference(id string) types.PortalReference {
	return types.PortalReference{Id: id, Url: id, Name: id, Kind: types.Municipality}
}

// fakePlaces knows a few places around Meppen, and München.
type fakePlaces struct {
	former map[string][]string // keys no longer in use, by the place that took over
}

func (f fakePlaces) Former(_ context.Context, places []string) (map[string][]string, error) {
	former := map[string][]string{}
	for _, ars := range places {
		if keys := f.former[ars]; keys != nil {
			former[ars] = keys
		}
	}
	return former, nil
}

func (f fakePlaces) Place(_ context.Context, ars string) (types.Place, error) {
	for successor, keys := range f.former {
		if slices.Contains(keys, ars) {
			ars = successor
		}
	}
	places := map[string]types.Place{
		"034540035035": {Name: "Meppen, Stadt", Level: types.Gemeinde},
		"034540018018": {Name: "Haren (Ems), Stadt", Level: types.Gemeinde},
		"034540032032": {Name: "Lingen (Ems), Stadt", Level: types.Gemeinde},
		"034540041041": {Name: "Papenburg, Stadt", Level: types.Gemeinde},
		"034545404029": {Name: "Lathen", Level: types.Gemeinde},
		"034545404052": {Name: "Sustrum", Level: types.Gemeinde},
		"034545404000": {Name: "Lathen", Level: types.Gemeindeverband},
		"034540000000": {Name: "Emsland", Level: types.Kreis},
		"030000000000": {Name: "Niedersachsen", Level: types.Land},
		"091620000000": {Name: "München, Landeshauptstadt", Level: types.Gemeinde},
		"000000000000": {Name: "Deutschland", Level: types.Country},
	}
	p, ok := places[ars]
	if !ok {
		return p, problem.NotFound("place-unknown", "Diesen Ort kennen wir nicht.", "We do not know this place.")
	}
	p.Ars = ars
	return p, nil
}

func (fakePlaces) Municipalities(context.Context) ([]types.PlaceReference, error) {
	return []types.PlaceReference{
		{Ars: "091620000000", Name: "München, Landeshauptstadt"}, {Ars: "034540035035", Name: "Meppen, Stadt"}, {Ars: "034540018018", Name: "Haren (Ems), Stadt"},
		{Ars: "099999999999", Name: "Hund"},
	}, nil
}

type fakeAreas map[string][]string

func (f fakeAreas) MayClaim(owner, area string) bool {
	return slices.ContainsFunc(f[owner], func(own string) bool { return strings.HasPrefix(area, own) })
}

// fakePublisher keeps what is published, the latest state of each entry.
type fakePublisher struct {
	entries map[string]types.CatalogEntry
	calls   int
	err     error
}

func (f *fakePublisher) PublishCatalogEntries(_ context.Context, entries []types.CatalogEntry) error {
	for _, e := range entries {
		f.entries[e.Kind+" "+e.Id] = e
		f.calls++
	}
	return f.err
}

type fakeForms struct {
	taken []string
	err   error
}

func (f *fakeForms) Import(_ context.Context, payload json.RawMessage) error {
	f.taken = append(f.taken, string(payload))
	return f.err
}

// portal is a catalog under test with its surroundings.
type portal struct {
	*Service
	portals   *fakePortals
	publisher *fakePublisher
	forms     *fakeForms
	db        *db.DB
}

func newPortal(t testing.TB) *portal {
	t.Helper()
	p := &portal{
		portals:   &fakePortals{self: reference(meppen), members: []types.PortalReference{reference(landkrs), reference(lathen)}},
		publisher: &fakePublisher{entries: map[string]types.CatalogEntry{}},
		forms:     &fakeForms{},
		db:        dbtest.New(t),
	}
	p.Service = New(Config{
		DB: p.db, Portals: p.portals, Places: fakePlaces{}, Areas: fakeAreas{landkrs: {"03454"}, lathen: {"034545404"}},
		Publisher: p.publisher, Forms: p.forms, Area: []string{"034540035035"},
	})
	return p
}

// imports takes in lines and builds the index anew.
func (p *portal) imports(t testing.TB, lines ...string) Report {
	t.Helper()
	report, err := p.Import(t.Context(), "test", strings.NewReader(strings.Join(lines, "\n")), ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p.index(t)
	return report
}

func (p *portal) index(t testing.TB) {
	t.Helper()
	if err := p.rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.answers.forget()
}

// replicates takes in lines as another portal's.
func (p *portal) replicates(t testing.TB, owner string, lines ...string) {
	t.Helper()
	var entries []types.CatalogEntry
	for _, line := range lines {
		var e types.CatalogEntry // a line carries its kind and id
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		payload := json.RawMessage(line)
		entries = append(entries, types.CatalogEntry{Kind: e.Kind, Id: e.Id, Payload: &payload})
	}
	if err := p.Replicate(t.Context(), owner, entries); err != nil {
		t.Fatal(err)
	}
	p.index(t)
}

// num makes an id that is easy to tell.
func num(n int) uuid.UUID { return uuid.MustParse(fmt.Sprintf("00000000-0000-7000-8000-%012d", n)) }

func service(n int, leika, title string, more ...string) string {
	extra := strings.Join(append(more, `"trustLevel":"low"`), ",")
	return fmt.Sprintf(`{"kind":"service","id":%q,"leikaKey":%q,"title":{"de":%q},"teaser":{"de":"Teaser"},"updatedAt":"2026-01-02T03:04:05Z",%s}`, num(n), leika, title, extra)
}

func organisation(n int, name string) string {
	return fmt.Sprintf(`{"kind":"organisation","id":%q,"name":{"de":%q}}`, num(n), name)
}

func competence(n, service, organisation int, area string, more ...string) string {
	extra := ""
	if len(more) > 0 {
		extra = "," + strings.Join(more, ",")
	}
	return fmt.Sprintf(`{"kind":"competence","id":%q,"serviceId":%q,"organisationId":%q,"area":%q%s}`, num(n), num(service), num(organisation), area, extra)
}

func category(id, title string, position int) string {
	return fmt.Sprintf(`{"kind":"category","id":%q,"title":{"de":%q,"en":"In English"},"icon":"home","position":%d}`, id, title, position)
}

// shared finds the folder with real data beside the repository.
func shared(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("PORTALVERBUND_TESTDATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		t.Skipf("%s is not there; it is not shipped with the repository because its texts are not ours (PORTALVERBUND_TESTDATA names its folder)", name)
	}
	return path
}
