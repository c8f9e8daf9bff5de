package catalog

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/platform/httpx"
)

func TestAlphabetical_UmlautsQuotesAndDigits_StandWherePeopleLook(t *testing.T) {
	t.Parallel()
	for title, want := range map[string][2]string{
		"Öffentliche Feste":   {"O", "offentliche feste"},
		"Straßenfest":         {"S", "strassenfest"},
		"„Kleiner“ Schein":    {"K", "kleiner schein"},
		"§ 43 Belehrung":      {otherLetter, "43 belehrung"},
		"Übergang":            {"U", "ubergang"}, // as u and a combining mark
		"…":                   {otherLetter, ""},
		"Ђ":                   {otherLetter, "ђ"},
		"Kita-Platz anmelden": {"K", "kita platz anmelden"},
	} {
		if letter, order := alphabetical(title); letter != want[0] || order != want[1] {
			t.Errorf("%s: %s %q", title, letter, order)
		}
	}
}

func TestRegister_EachServiceOnce_ByLetterAndLanguage(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, service(1, "99102013104000", "Ärztin werden"), service(2, "", "Zebra halten", `"synonyms":{}`), service(3, "", "Angeln"))
	p.replicates(t, landkrs, service(11, "99102013104000", "Arzt werden"), service(12, "", "2. Wohnsitz"))
	r, err := p.Register(t.Context(), "A", 0, "")
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(r.Letters); got != "[{0-9 1} {A 2} {Z 1}]" {
		t.Errorf("letters %s", got)
	}
	if r.Total != 2 || r.Items[0].Title != "Angeln" || r.Items[1].Title != "Ärztin werden" {
		t.Errorf("under A: %+v", r.Items)
	}
	first, err := p.Register(t.Context(), "A", 1, "")
	if err != nil || len(first.Items) != 1 || first.NextCursor == nil {
		t.Fatalf("%+v %v", first, err)
	}
	second, err := p.Register(t.Context(), "A", 1, *first.NextCursor)
	if err != nil || second.Items[0].Title != "Ärztin werden" || second.NextCursor != nil {
		t.Errorf("%+v %v", second, err)
	}
	if none, err := p.Register(t.Context(), "Q", 0, ""); err != nil || none.Total != 0 || none.Items == nil {
		t.Errorf("%+v %v", none, err)
	}
	if all, err := p.Register(t.Context(), "", 0, ""); err != nil || all.Total != 4 || len(all.Items) != 0 {
		t.Errorf("%+v %v", all, err)
	}
	english, err := p.Register(httpx.WithLanguage(t.Context(), "en"), "A", 0, "")
	if err != nil || english.Total != 2 {
		t.Errorf("without English titles the German ones stand in: %+v %v", english, err)
	}
}

func TestRegister_CatalogChanges_FollowsOnceOld(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	p.now = func() time.Time { return now }
	p.imports(t, service(1, "", "Angeln"))
	total := func() int {
		r, err := p.Register(t.Context(), "", 0, "")
		if err != nil {
			t.Fatal(err)
		}
		return r.Total
	}
	if total() != 1 {
		t.Fatal("not one service")
	}
	p.imports(t, service(1, "", "Angeln"), service(2, "", "Jagen"))
	if total() != 1 {
		t.Error("made anew although the one before is young")
	}
	now = now.Add(answerAge)
	if total() != 2 {
		t.Error("did not follow the change")
	}
}

func TestPopular_ByViewsThenByPortals(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	p.now = func() time.Time { return now }
	p.imports(t, service(1, "99102013104000", "Angeln"), service(2, "", "Jagen"), service(3, "99050012104000", "Zelten"))
	p.replicates(t, landkrs, service(13, "99050012104000", "Zelten"))
	titles := func() (list []string) {
		items, err := p.Popular(t.Context(), inMeppen)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range items {
			list = append(list, i.Title)
		}
		return list
	}
	if got := fmt.Sprint(titles()); got != "[Zelten Angeln Jagen]" {
		t.Errorf("without views: %s", got)
	}
	for range 3 {
		p.views.add(num(2))
	}
	p.views.add(num(1))
	p.views.add(num(99)) // unknown: not counted
	if err := p.writeViews(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(titles()); got != "[Jagen Angeln Zelten]" {
		t.Errorf("by views: %s", got)
	}
	now = now.AddDate(0, 0, 120)
	if got := fmt.Sprint(titles()); got != "[Zelten Angeln Jagen]" {
		t.Errorf("at another time of the year: %s", got)
	}
	now = now.AddDate(0, 0, 364-120)
	if got := fmt.Sprint(titles()); got != "[Jagen Angeln Zelten]" {
		t.Errorf("a year later: %s", got)
	}
	now = now.AddDate(0, 0, 364)
	p.views.add(num(1))
	if err := p.writeViews(t.Context()); err != nil {
		t.Fatal(err)
	}
	var weeks int
	if err := p.db.Pgx(t.Context()).QueryRow(t.Context(), `SELECT count(DISTINCT week) FROM catalog_views`).Scan(&weeks); err != nil || weeks != 1 {
		t.Errorf("old weeks are kept: %d %v", weeks, err)
	}
}

func TestViews_ManyUnknownIds_MemoryStaysBounded(t *testing.T) {
	t.Parallel()
	v := views{count: map[uuid.UUID]int64{}}
	for range 2 * viewsAtOnce {
		v.add(uuid.New())
	}
	if len(v.count) != viewsAtOnce {
		t.Errorf("%d counted", len(v.count))
	}
}
