package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	api "portalverbund/api/catalog"
	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

// specialisation is one of the service 1.
func specialisation(n int, area string, modules ...string) string {
	return fmt.Sprintf(`{"kind":"specialisation","id":%q,"serviceId":%q,"areas":[%q],"updatedAt":"2026-02-02T03:04:05Z",%s}`,
		num(n), num(1), area, strings.Join(modules, ","))
}

func onlineService(n int, title string, more ...string) string {
	extra := strings.Join(append(more, `"trustLevel":"substantial"`), ",")
	return fmt.Sprintf(`{"kind":"onlineService","id":%q,"title":{"de":%q},"links":[{"type":"01","url":"https://antrag.example/%d"}],"updatedAt":"2026-01-02T03:04:05Z",%s}`,
		num(n), title, n, extra)
}

func onlineCompetence(n, online int, area string) string {
	return fmt.Sprintf(`{"kind":"onlineCompetence","id":%q,"serviceId":%q,"onlineServiceId":%q,"areas":[%q]}`, num(n), num(1), num(online), area)
}

// read reads the service 1.
func (p *portal) read(t *testing.T, language, ars string) types.Service {
	t.Helper()
	s, err := p.Service.Service(httpx.WithLanguage(t.Context(), language), num(1), ars)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestService_SpecialisedForPlace_ItsModulesReplaceTheServicesOwn(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t,
		service(1, dog, "Hund anmelden", `"description":{"de":"<p>Überall</p>"}`, `"fees":[{"kind":"fixed","amount":5000,"label":"Im Jahr"}]`, `"feesText":{"de":"Allgemein"}`,
			`"links":[{"module":"fees","url":"https://alt.example/"},{"module":"notes","url":"https://bleibt.example/"}]`),
		specialisation(300, "03454", `"fees":[{"kind":"fixed","amount":6000,"label":"Im Landkreis"}]`, `"notes":{"de":"Kreis"}`),
		specialisation(301, inMeppen, `"fees":[{"kind":"rule","basis":{"de":"Nach der Satzung"}}]`),
		specialisation(302, inMeppen, `"notes":{"de":"Abgelaufen"}`, `"validity":[{"to":"2001-01-01T00:00:00Z"}]`),
	)
	anywhere := p.read(t, "de", "")
	if *anywhere.Fees[0].Amount != (types.Money{Amount: 5000, Currency: "EUR"}) || anywhere.Notes != nil || anywhere.FeesText == nil {
		t.Errorf("without a place: %+v", anywhere)
	}
	here := p.read(t, "de", inMeppen)
	if len(here.Fees) != 1 || here.Fees[0].Kind != types.Rule || *here.Fees[0].Basis != "Nach der Satzung" || here.Fees[0].Label != "Gebühr" || here.FeesText != nil {
		t.Errorf("fees in Meppen %+v, %v", here.Fees, here.FeesText)
	}
	if *here.Notes != "Kreis" || *here.Description != "<p>Überall</p>" {
		t.Errorf("texts in Meppen %v, %v", here.Notes, here.Description)
	}
	if len(here.Links) != 0 {
		t.Errorf("links of replaced modules stay: %+v", here.Links)
	}
	if kreis := p.read(t, "de", "034540018018"); kreis.Fees[0].Amount.Amount != 6000 {
		t.Errorf("fees in Haren %+v", kreis.Fees)
	}
}

func TestService_OnlineServices_OfTheMostSpecificAreaOfEachPortal(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, service(1, dog, "Hund anmelden"), onlineService(400, "Für alle"), onlineService(401, "In Meppen", `"payments":[{"code":"001","name":"Kreditkarte"}]`),
		onlineCompetence(500, 400, "000000000000"), onlineCompetence(501, 401, inMeppen))
	if got := p.read(t, "de", "").OnlineServices; len(got) != 0 {
		t.Errorf("without a place %+v", got)
	}
	here := p.read(t, "de", inMeppen).OnlineServices
	if len(here) != 1 || here[0].Title != "In Meppen" || *here[0].Url != "https://antrag.example/401" || *here[0].TrustLevel != types.Substantial || !slices.Equal(here[0].Payments, []string{"Kreditkarte"}) {
		t.Errorf("in Meppen %+v", here)
	}
	if there := p.read(t, "de", "091620000000").OnlineServices; len(there) != 1 || there[0].Title != "Für alle" {
		t.Errorf("in München %+v", there)
	}
}

func TestService_LeichteSprache_FallsBackToGerman(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, service(1, dog, "Hund anmelden", `"description":{"de":"<p>Schwer</p>","de-x-ls":"<p>Leicht</p>","en":"<p>Hard</p>"}`, `"procedure":{"de":"<p>Ablauf</p>","en":"<p>How</p>"}`))
	got := p.read(t, "de-x-ls", "")
	if *got.Description != "<p>Leicht</p>" || *got.Procedure != "<p>Ablauf</p>" || got.Language != "de-x-ls" {
		t.Errorf("%v %v in %s", *got.Description, *got.Procedure, got.Language)
	}
	if !slices.Equal(got.Languages, []string{"de", "de-x-ls", "en"}) {
		t.Errorf("languages %v", got.Languages)
	}
}

func TestService_StructuredTermsWithoutWords_GetWords(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, service(1, dog, "x",
		`"deadlines":[{"duration":{"value":2,"unit":"week"}},{"duration":{"value":1,"unit":"month","max":3}},{"from":"2026-03-31","to":"2026-04-01"},{"to":"--09-30"}]`,
		`"processingTime":{"terms":[{"duration":{"value":2,"unit":"workday","max":4,"maxUnit":"week"}}]}`))
	for language, want := range map[string][]string{
		"de": {"2 Wochen", "1 bis 3 Monate", "Vom 31.03.2026 bis zum 01.04.2026", "Bis zum 30.09.", "2 Arbeitstage bis 4 Wochen"},
		"en": {"2 weeks", "1 to 3 months", "From 31/03/2026 to 01/04/2026", "By 30/09", "2 working days to 4 weeks"},
	} {
		e := ServiceEntry{}
		row, err := p.store.service(context.Background(), num(1), p.owners())
		if err != nil || json.Unmarshal(row.Payload, &e) != nil {
			t.Fatal(err)
		}
		e.Title = Text{language: "x"}
		got := serviceIn(language, &e)
		words := make([]string, 0, len(got.Deadlines)+1)
		for _, d := range got.Deadlines {
			words = append(words, d.Text)
		}
		words = append(words, got.ProcessingTime.Text)
		if !slices.Equal(words, want) || *got.ProcessingTime.Days != 28 {
			t.Errorf("%s: %q, %d days", language, words, *got.ProcessingTime.Days)
		}
	}
}

func TestService_CategoriesWithParents_AreNamedFromTheWidest(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, service(1, dog, "Hund anmelden", `"categories":["dogs","circle"]`),
		`{"kind":"category","id":"animals","title":{"de":"Tiere"}}`, `{"kind":"category","id":"pets","title":{"de":"Haustiere"},"parentId":"animals"}`,
		`{"kind":"category","id":"dogs","title":{"de":"Hunde"},"parentId":"pets","class":"Fachlich"}`,
		`{"kind":"category","id":"circle","title":{"de":"Kreis"},"parentId":"circle"}`)
	got := p.read(t, "de", "").CategoryPaths
	if len(got) != 2 || got[0].Title != "Hunde" || !slices.Equal(got[0].Parents, []string{"Tiere", "Haustiere"}) {
		t.Errorf("%+v", got)
	}
	list, err := p.Categories(t.Context())
	if err != nil || slices.ContainsFunc(list, func(c types.Category) bool { return c.Id == "dogs" }) {
		t.Errorf("a category of another scheme is listed as a life situation: %+v, %v", list, err)
	}
}

func TestReplicate_SpecialisationForAnothersArea_Refused(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, service(1, dog, "Hund anmelden"))
	p.replicates(t, lathen, specialisation(300, inMeppen, `"notes":{"de":"Falsch"}`), specialisation(301, "034545404", `"notes":{"de":"Richtig"}`),
		onlineService(400, "x"), onlineCompetence(500, 400, inMeppen))
	if here := p.read(t, "de", inMeppen); here.Notes != nil || len(here.OnlineServices) != 0 {
		t.Errorf("Lathen speaks for Meppen: %v, %v", *here.Notes, here.OnlineServices)
	}
	if there := p.read(t, "de", "034545404029"); there.Notes == nil || *there.Notes != "Richtig" {
		t.Errorf("Lathen may not speak for itself: %v", there.Notes)
	}
	p.portals.members = nil
	if gone := p.read(t, "de", "034545404029"); gone.Notes != nil {
		t.Errorf("a portal that left still specialises: %v", *gone.Notes)
	}
}

func TestPrepare_LabelAndNoteOfAFee_HaveOneForm(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ label, note string }{
		`"label":"Gebühr"`:                                 {"Gebühr", ""},
		`"note":"nur kurz & klar"`:                         {"nur kurz & klar", ""},
		`"note":"<strong>Eilig</strong> morgen"`:           {"Eilig", "morgen"},
		`"label":"L","note":"<strong>N</strong>"`:          {"L", "<strong>N</strong>"},
		`"note":"<p>Absatz</p>"`:                           {"", "<p>Absatz</p>"},
		`"label":{"de":"L"},"note":"<b>x</b><script>a(1)"`: {"L", "<strong>x</strong>"},
	}
	for fee, want := range cases {
		prepared, err := newReader().prepare(KindService, []byte(service(1, "", "x", `"fees":[{"kind":"rule",`+fee+`}]`)))
		if err != nil {
			t.Fatal(err)
		}
		got := prepared.entry.(*ServiceEntry).Fees[0] //nolint:forcetypeassert // of this kind
		if got.Label["de"] != want.label || got.Note["de"] != want.note {
			t.Errorf("%s: label %q, note %q", fee, got.Label["de"], got.Note["de"])
		}
	}
}

func TestGetService_LanguageAskedFor_PrevailsOverTheBrowsers(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, service(1, dog, "Hund anmelden", `"description":{"de":"<p>Schwer</p>","de-x-ls":"<p>Leicht</p>","en":"<p>Hard</p>"}`))
	h := NewHandlers(p.Service)
	language := "de-x-ls"
	for _, ask := range []struct {
		language *string
		want     string
	}{{nil, "<p>Schwer</p>"}, {&language, "<p>Leicht</p>"}, {nil, "<p>Schwer</p>"}} { // the answers are remembered
		r, err := h.GetService(t.Context(), api.GetServiceRequestObject{ServiceId: num(1), Params: types.GetServiceParams{Language: ask.language}})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		if err := r.VisitGetServiceResponse(w); err != nil {
			t.Fatal(err)
		}
		var body types.Service
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || *body.Description != ask.want {
			t.Errorf("%v: %s, %v", ask.language, w.Body, err)
		}
	}
}
