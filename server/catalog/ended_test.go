package catalog

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/problem"
)

func titlesIn(items []types.ServiceSummary) []string {
	list := make([]string, 0, len(items))
	for _, i := range items {
		list = append(list, i.Title)
	}
	return list
}

func TestService_TakenAway_410AndWhatThereIsInstead(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, service(1, dog, "Hund anmelden"), service(2, "", "Hund anmelden im Zwinger"), service(3, "", "Heiraten"))
	p.replicates(t, landkrs, service(4, dog, "Hundesteuer: Hund anmelden"))
	if err := p.Remove(t.Context(), KindService, num(1).String()); err != nil {
		t.Fatal(err)
	}
	p.index(t)
	_, err := p.Service.Service(t.Context(), num(1), "")
	if got := problem.From(err); err == nil || got.Status != http.StatusGone || got.Code != "service-ended" {
		t.Errorf("got %v", err)
	}
	was, err := p.Alternatives(t.Context(), num(1), "")
	if err != nil {
		t.Fatal(err)
	}
	if was.Title != "Hund anmelden" || was.State != types.Ended || was.Since == nil || was.Owner == nil || was.Owner.Id != meppen {
		t.Errorf("%+v", was)
	}
	if got := titlesIn(was.Items); len(got) < 2 || got[0] != "Hundesteuer: Hund anmelden" || !slices.Contains(got, "Hund anmelden im Zwinger") {
		t.Errorf("instead: %q", got)
	}
	if _, err := p.Alternatives(t.Context(), num(99), ""); !problem.Is(err, "service-unknown") {
		t.Errorf("never there: %v", err)
	}
	// It comes back: nobody is told any more that it has gone.
	p.imports(t, service(1, dog, "Hund anmelden"))
	if s := p.read(t, "de", ""); s.Title != "Hund anmelden" {
		t.Errorf("%+v", s)
	}
}

func TestService_OfAPortalThatIsNoLongerLinked_NothingIsSaidOfIt(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.replicates(t, landkrs, service(2, "", "Sperrmüll"))
	if _, err := p.store.db.Pgx(t.Context()).Exec(t.Context(), "UPDATE catalog_services SET owner = $1", stranger); err != nil {
		t.Fatal(err)
	}
	if _, err := p.store.db.Pgx(t.Context()).Exec(t.Context(), "DELETE FROM catalog_services"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Service.Service(t.Context(), num(2), ""); !problem.Is(err, "service-unknown") {
		t.Errorf("%v", err)
	}
	if _, err := p.Alternatives(t.Context(), num(2), ""); !problem.Is(err, "service-unknown") {
		t.Errorf("%v", err)
	}
}

func TestService_NotValidToday_IsReadButNotListed(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	p.now = func() time.Time { return now }
	p.imports(t, service(1, "", "Hund anmelden", `"validity":[{"from":"2026-01-01T00:00:00Z","to":"2026-06-30T00:00:00Z"}]`, `"categories":["pets"]`),
		category("pets", "Tiere", 1), service(2, "", "Hund abmelden"))
	seen := func() (state types.ServiceState, list, suggested []string, atoz, inCategory int, own []bool) {
		t.Helper()
		p.answers.forget()
		found, err := p.List(t.Context(), ListQuery{Words: "hund"})
		if err != nil {
			t.Fatal(err)
		}
		hints, err := p.Suggest(t.Context(), "hund", "")
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range hints {
			suggested = append(suggested, h.Title)
		}
		az, err := p.Register(t.Context(), "H", 10, "")
		if err != nil {
			t.Fatal(err)
		}
		categories, err := p.Categories(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		entries, err := p.Own(t.Context(), uuid.Nil, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			own = append(own, e.Over)
		}
		return p.read(t, "de", "").State, titlesIn(found.Items), suggested, az.Total, categories[0].Services, own
	}
	state, list, suggested, listed, inCategory, own := seen()
	if state != types.Current || len(list) != 2 || len(suggested) != 2 || listed != 2 || inCategory != 1 || own[0] {
		t.Errorf("valid: %s %q %q %d %d %v", state, list, suggested, listed, inCategory, own)
	}
	for _, turn := range []struct {
		at    time.Time
		state types.ServiceState
	}{{now.AddDate(0, 2, 0), types.Ended}, {now.AddDate(-1, 0, 0), types.Upcoming}} {
		now = turn.at
		p.registers.byLanguage = map[string]*register{}
		state, list, suggested, listed, inCategory, own = seen()
		if state != turn.state || slices.Contains(list, "Hund anmelden") || slices.Contains(suggested, "Hund anmelden") || listed != 1 || inCategory != 0 || !own[0] || own[1] {
			t.Errorf("%s: %s %q %q %d %d %v", turn.state, state, list, suggested, listed, inCategory, own)
		}
		was, err := p.Alternatives(t.Context(), num(1), "")
		if err != nil || was.State != turn.state || was.Since == nil || !slices.Equal(titlesIn(was.Items), []string{"Hund abmelden"}) {
			t.Errorf("%s: instead %+v, %v", turn.state, was, err)
		}
	}
}

func TestStateAt_SeveralTimes(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	before, long, later := now.AddDate(0, -1, 0), now.AddDate(-1, 0, 0), now.AddDate(0, 1, 0)
	for name, c := range map[string]struct {
		periods []PeriodEntry
		state   types.ServiceState
		turn    *time.Time
	}{
		"none":          {nil, types.Current, nil},
		"over":          {[]PeriodEntry{{From: &long, To: &before}}, types.Ended, &before},
		"over twice":    {[]PeriodEntry{{To: &before}, {To: &long}}, types.Ended, &before},
		"begins again":  {[]PeriodEntry{{To: &before}, {From: &later}}, types.Upcoming, &later},
		"has begun":     {[]PeriodEntry{{From: &before}}, types.Current, nil},
		"of two, one":   {[]PeriodEntry{{To: &before}, {From: &before, To: &later}}, types.Current, nil},
		"begins, first": {[]PeriodEntry{{From: &later}}, types.Upcoming, &later},
	} {
		if got := stateAt(c.periods, now); got != c.state {
			t.Errorf("%s: %s", name, got)
		}
		if got := turn(c.periods, now); c.state != types.Current && (got == nil || !got.Equal(*c.turn)) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestCategories_ServicesOfAPartCountForTheWhole(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, category("living", "Wohnen", 1), `{"kind":"category","id":"moving","title":{"de":"Umziehen"},"parentId":"living"}`,
		`{"kind":"category","id":"registry","title":{"de":"Melden"},"parentId":"moving"}`,
		`{"kind":"category","id":"a","title":{"de":"A"},"parentId":"b"}`, `{"kind":"category","id":"b","title":{"de":"B"},"parentId":"a"}`,
		`{"kind":"category","id":"lost","title":{"de":"Verwaist"},"parentId":"nowhere"}`,
		service(1, "", "Ummelden", `"categories":["registry","moving"]`), service(2, "", "Wohngeld", `"categories":["living"]`), service(3, "", "Kreis", `"categories":["a"]`))
	list, err := p.Categories(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][2]any{}
	for _, c := range list {
		got[c.Id] = [2]any{value(c.ParentId), c.Services}
	}
	for id, want := range map[string][2]any{
		"living": {"", 2}, "moving": {"living", 1}, "registry": {"moving", 1}, "a": {"", 1}, "b": {"", 0}, "lost": {"", 0},
	} {
		if got[id] != want {
			t.Errorf("%s: %v, want %v", id, got[id], want)
		}
	}
	for id, want := range map[string]int{"living": 2, "moving": 1, "registry": 1, "a": 1, "b": 0, "nowhere": 0} {
		found, err := p.List(t.Context(), ListQuery{Category: id})
		if err != nil || found.Total != want {
			t.Errorf("%s: %d services, want %d, %v", id, found.Total, want, err)
		}
		for _, c := range found.Counts.Categories {
			if c.Value == "living" && c.Services != 2 {
				t.Errorf("%s: counts %+v", id, found.Counts.Categories)
			}
		}
	}
}

func TestService_TextsInAnotherLanguage_AreNamed(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, strings.ReplaceAll(`{"kind":"service","id":"`+num(1).String()+`","title":{"de":"Hund","en":"Dog"},"teaser":{"de":"Kurz","en":"Short"},"description":{"de":"<p>Lang</p>"},
		"requirements":{"de":"<p>Ein Hund</p>","de-x-ls":"<p>Sie haben einen Hund.</p>"},"documents":[{"title":{"de":"Pass","en":"Passport"},"note":{"de":"<p>Kopie</p>"},"required":true}],
		"fees":[{"kind":"free","currency":"EUR","basis":{"uk":"безкоштовно"}}],"deadlines":[{"duration":{"value":2,"unit":"week"}}],
		"links":[{"module":"fees","url":"https://a.example/","title":"Tabelle","language":"de"}],"languageVersions":[{"language":"de"},{"language":"en","machine":true}],
		"trustLevel":"low","updatedAt":"2026-01-02T03:04:05Z"}`, "\n", ""))
	for language, want := range map[string][]string{
		"de":      {"/fees/0/basis uk"},
		"en":      {"/description de", "/requirements de", "/documents/0/note de", "/fees/0/basis uk", "/links/0/title de"},
		"de-x-ls": {"/title de", "/teaser de", "/description de", "/documents/0/title de", "/documents/0/note de", "/fees/0/basis uk", "/links/0/title de"},
	} {
		s := p.read(t, language, "")
		var got []string
		for _, o := range s.OtherLanguages {
			got = append(got, o.Pointer+" "+o.Language)
		}
		if s.Language != language || !slices.Equal(got, want) {
			t.Errorf("%s (%s): %q, want %q", language, s.Language, got, want)
		}
		if machine := s.MachineTranslated != nil && *s.MachineTranslated; machine != (language == "en") {
			t.Errorf("%s: machine %t", language, machine)
		}
	}
	// Nothing is there in the language that was asked for: the whole page is in another one, and nothing else is to be named.
	if s := p.read(t, "fr", ""); s.Language != "de" || len(s.OtherLanguages) != 1 {
		t.Errorf("%s %v", s.Language, s.OtherLanguages)
	}
}
