package catalog

import (
	"encoding/json"
	"strings"
	"testing"

	"portalverbund/api/types"
	"portalverbund/server/platform/problem"
)

func entryOf(kind, id string, payload map[string]any) types.CatalogEntry {
	text, err := json.Marshal(payload)
	if err != nil {
		panic(err) // what tests write can be written
	}
	raw := json.RawMessage(text)
	return types.CatalogEntry{Kind: kind, Id: id, Payload: &raw}
}

func (p *portal) count(t testing.TB, table, owner string) (n int) {
	t.Helper()
	if err := p.db.Pool().QueryRow(t.Context(), "SELECT count(*) FROM "+table+" WHERE owner = $1", owner).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestReplicate_IdOfAnotherOwner_RefusedAndTheRestTaken(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, service(1, "", "Unsere Leistung"))
	p.replicates(t, landkrs, service(2, "", "Des Landkreises"))
	p.replicates(t, lathen, service(1, "", "Gekapert"), service(2, "", "Gekapert"), service(3, "", "Eigene"))
	for n, want := range map[int]string{1: "Unsere Leistung", 2: "Des Landkreises", 3: "Eigene"} {
		if got, err := p.Service.Service(t.Context(), num(n), ""); err != nil || got.Title != want {
			t.Errorf("service %d is %q, %v, want %q", n, got.Title, err, want)
		}
	}
}

func TestReplicate_Deletion_OnlyOfItsOwn(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, service(1, "", "Unsere Leistung"), category("moving", "Umziehen", 1))
	p.replicates(t, landkrs, service(2, "", "Des Landkreises"), category("moving", "Umziehen im Kreis", 1))
	err := p.Replicate(t.Context(), landkrs, []types.CatalogEntry{
		{Kind: KindService, Id: num(1).String(), Deleted: true},
		{Kind: KindService, Id: num(2).String(), Deleted: true},
		{Kind: KindCategory, Id: "moving", Deleted: true},
		{Kind: KindService, Id: "never heard of", Deleted: true},
		{Kind: KindService, Id: num(77).String(), Deleted: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	p.index(t)
	if _, err := p.Service.Service(t.Context(), num(1), ""); err != nil {
		t.Errorf("our own service is gone: %v", err)
	}
	if _, err := p.Service.Service(t.Context(), num(2), ""); !problem.Is(err, "service-ended") {
		t.Errorf("their service is still there: %v", err)
	}
	if p.count(t, "catalog_categories", landkrs) != 0 || p.count(t, "catalog_categories", ownOwner) != 1 {
		t.Error("the wrong category is gone")
	}
}

func TestReplicate_AreaOfAnother_Refused(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.replicates(t, lathen, organisation(101, "Lathen"), service(2, "", "Leistung"), competence(201, 2, 101, "034545404"), competence(202, 2, 101, "03454"),
		competence(203, 2, 101, "000000000000"), competence(204, 2, 101, inMeppen))
	if n := p.count(t, "catalog_competences", lathen); n != 1 {
		t.Errorf("%d competences, want the one for its own area", n)
	}
}

func TestReplicate_ChangeThatCanNotBeTaken_OutdatedStateGoes(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.replicates(t, lathen, organisation(101, "Lathen"), service(2, "", "Leistung"), competence(201, 2, 101, "034545404"))
	p.replicates(t, lathen, competence(201, 2, 101, inMeppen))
	if n := p.count(t, "catalog_competences", lathen); n != 0 {
		t.Errorf("%d competences: the outdated one is still there", n)
	}
}

func TestReplicate_HostileEntries_LeftOutAndHTMLSanitised(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	deep := map[string]any{}
	for range 50 {
		deep = map[string]any{"x": deep}
	}
	err := p.Replicate(t.Context(), lathen, []types.CatalogEntry{
		{Kind: KindService, Id: num(1).String()}, // empty
		entryOf(KindService, num(2).String(), map[string]any{"id": num(3).String(), "title": map[string]any{"de": "Andere Id"}, "updatedAt": "2026-01-01T00:00:00Z"}),
		entryOf(KindService, "../../etc", map[string]any{}),
		entryOf(KindService, num(4).String(), map[string]any{"id": num(4).String(), "title": map[string]any{"de": strings.Repeat("x", 1000)}}),
		entryOf(KindService, num(5).String(), map[string]any{"id": num(5).String(), "title": deep}),
		entryOf(KindService, num(6).String(), map[string]any{"id": num(6).String(), "title": map[string]any{"de": "Groß"}, "description": map[string]any{"de": strings.Repeat("<p>x</p>", 100_000)}}),
		entryOf("wombat", "x", map[string]any{}),
		entryOf(KindForm, "x", map[string]any{}),
		entryOf(KindService, num(7).String(), map[string]any{"id": num(7).String(), "title": map[string]any{"de": "Gut"}, "updatedAt": "2026-01-01T00:00:00Z",
			"description": map[string]any{"de": "<p onclick=x>Text<script>alert(1)</script></p>"}}),
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := p.count(t, "catalog_services", lathen); n != 1 {
		t.Errorf("%d services, want the good one", n)
	}
	got, err := p.store.service(t.Context(), num(7), p.owners())
	if err != nil || strings.Contains(string(got.Payload), "alert") || strings.Contains(string(got.Payload), "onclick") {
		t.Errorf("%s, %v", got.Payload, err)
	}
}

func TestReplicate_SameEntryTwiceInOnePage_TheLastCounts(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.replicates(t, lathen, service(1, "", "Erst"), service(1, "", "Dann"))
	if got, err := p.store.service(t.Context(), num(1), p.owners()); err != nil || got.Title["de"] != "Dann" {
		t.Errorf("%v, %v", got.Title, err)
	}
}

func TestReplicate_Itself_Refused(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	for _, owner := range []string{"", meppen} {
		if err := p.Replicate(t.Context(), owner, nil); err == nil {
			t.Errorf("took in a copy of %q", owner)
		}
	}
}

func TestReplicate_Copies_SayWhenTheyWereRead(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, service(1, dog, "Unsere"))
	p.replicates(t, landkrs, service(2, dog, "Ihre"))
	own, err := p.Service.Service(t.Context(), num(1), "")
	if err != nil || own.CopiedAt != nil || own.Owner.Id != meppen || len(own.Variants) != 1 || own.Variants[0] != num(2) {
		t.Errorf("%+v, %v", own, err)
	}
	copied, err := p.Service.Service(t.Context(), num(2), "")
	if err != nil || copied.CopiedAt == nil || copied.Owner.Id != landkrs || len(copied.Variants) != 1 || copied.Variants[0] != num(1) {
		t.Errorf("%+v, %v", copied, err)
	}
}
