package catalog

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	api "portalverbund/api/catalog"
	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

func office(n int, name, city string, more ...string) string {
	extra := ""
	if len(more) > 0 {
		extra = "," + strings.Join(more, ",")
	}
	return fmt.Sprintf(`{"kind":"organisation","id":%q,"name":{"de":%q,"en":"Office %d"},"address":{"street":"Markt","houseNumber":"1","postalCode":"49716","city":%q}%s}`, num(n), name, n, city, extra)
}

// offices gives a portal with its own offices and a linked portal's.
func offices(t *testing.T) *portal {
	t.Helper()
	p := newPortal(t)
	p.imports(t, office(100, "Stadt Meppen", "Meppen", `"administers":["034540035035"]`), office(101, "Ärztliche Stelle", "Meppen"),
		office(102, "Bürgerbüro Meppen", "Meppen", `"parentId":"`+num(100).String()+`"`), office(103, "115-Servicecenter", "Haren (Ems)"), office(104, "Altes Amt", "Meppen"),
		service(1, "", "Hund"), service(2, "", "Pass"),
		competence(200, 1, 102, inMeppen), competence(201, 2, 102, inMeppen, `"role":"03"`), competence(202, 2, 101, inHaren),
		competence(203, 1, 104, inMeppen, `"validity":[{"to":"2001-01-01T00:00:00Z"}]`), competence(204, 1, 103, inMeppen, `"role":"05"`))
	p.replicates(t, landkrs, office(110, "Straßenverkehrsamt", "Meppen"), office(111, "Bürgerbüro Lathen", "Lathen"), service(3, "", "Kennzeichen"),
		competence(210, 3, 110, "03454"), competence(211, 3, 111, inLathen))
	return p
}

func wantOffices(t *testing.T, p *portal, q OfficeQuery, want ...string) types.OrganisationList {
	t.Helper()
	list, err := p.Organisations(t.Context(), q)
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	var names []string
	for _, o := range list.Items {
		names = append(names, o.Name)
	}
	if !slices.Equal(names, want) {
		t.Errorf("%+v lists %q, want %q", q, names, want)
	}
	return list
}

func TestOrganisations_All_InAlphabeticalOrderPartByPart(t *testing.T) {
	t.Parallel()
	p := offices(t)
	all := []string{"115-Servicecenter", "Altes Amt", "Ärztliche Stelle", "Bürgerbüro Lathen", "Bürgerbüro Meppen", "Stadt Meppen", "Straßenverkehrsamt"}
	list := wantOffices(t, p, OfficeQuery{}, all...)
	if !slices.Equal(list.Letters, []string{"0-9", "A", "B", "S"}) || list.NextCursor != nil {
		t.Errorf("letters %q, next %v", list.Letters, list.NextCursor)
	}
	if o := list.Items[4]; value(o.ParentName) != "Stadt Meppen" || value(o.City) != "Meppen" || o.Portal.Id != meppen || list.Items[6].Portal.Id != landkrs {
		t.Errorf("%+v", o)
	}
	wantOffices(t, p, OfficeQuery{Letter: "A"}, "Altes Amt", "Ärztliche Stelle")
	wantOffices(t, p, OfficeQuery{Letter: "0-9"}, "115-Servicecenter")
	wantOffices(t, p, OfficeQuery{Letter: "Q"})
	var names []string
	for cursor := ""; ; {
		part, err := p.Organisations(t.Context(), OfficeQuery{Limit: 2, Cursor: cursor})
		if err != nil || len(part.Items) > 2 {
			t.Fatalf("%+v, %v", part, err)
		}
		for _, o := range part.Items {
			names = append(names, o.Name)
		}
		if cursor = value(part.NextCursor); cursor == "" {
			break
		}
	}
	if !slices.Equal(names, all) {
		t.Errorf("part by part %q", names)
	}
	english, err := p.Organisations(httpx.WithLanguage(t.Context(), "en"), OfficeQuery{Letter: "B"})
	if err != nil || english.Items[1].Name != "Office 102" {
		t.Errorf("%+v, %v", english, err)
	}
	p.portals.members = nil
	wantOffices(t, p, OfficeQuery{Letter: "S"}, "Stadt Meppen")
}

func TestOrganisations_ByWords_BeginningsUmlautsTownsAndMistakes(t *testing.T) {
	t.Parallel()
	p := offices(t)
	for q, want := range map[string][]string{
		"bürgerbüro":          {"Bürgerbüro Lathen", "Bürgerbüro Meppen"},
		"buergerbuero lathen": {"Bürgerbüro Lathen"},
		"BURGER":              {"Bürgerbüro Lathen", "Bürgerbüro Meppen"},
		"haren":               {"115-Servicecenter"},
		"office 110":          {"Straßenverkehrsamt"},
		"strassenverkehr":     {"Straßenverkehrsamt"},
		"bürgebüro lathen":    {"Bürgerbüro Lathen"},
		"xqzj":                nil,
		"!!!":                 nil,
		"a' | :* & !\x00<->":  {"Altes Amt", "Ärztliche Stelle"},
	} {
		list := wantOffices(t, p, OfficeQuery{Words: q}, want...)
		if (len(list.Letters) == 0) != (len(want) == 0) {
			t.Errorf("%q: letters %q", q, list.Letters)
		}
	}
	wantOffices(t, p, OfficeQuery{Words: "meppen", Letter: "B"}, "Bürgerbüro Meppen")
	wantOffices(t, p, OfficeQuery{Words: strings.Repeat("meppen ", 14)}, "Altes Amt", "Ärztliche Stelle", "Bürgerbüro Meppen", "Stadt Meppen", "Straßenverkehrsamt")
}

func TestOrganisations_ForAPlace_ThoseThatAreStatedToDoSomethingThere(t *testing.T) {
	t.Parallel()
	p := offices(t)
	list := wantOffices(t, p, OfficeQuery{ARS: inMeppen}, "Bürgerbüro Meppen", "Stadt Meppen", "Straßenverkehrsamt")
	if !slices.Equal(list.Letters, []string{"B", "S"}) {
		t.Errorf("letters %q", list.Letters)
	}
	wantOffices(t, p, OfficeQuery{ARS: inHaren}, "Ärztliche Stelle", "Straßenverkehrsamt")
	wantOffices(t, p, OfficeQuery{ARS: inLathen}, "Bürgerbüro Lathen", "Straßenverkehrsamt")
	wantOffices(t, p, OfficeQuery{ARS: verband}, "Bürgerbüro Lathen", "Straßenverkehrsamt")
	wantOffices(t, p, OfficeQuery{ARS: kreis}, "Ärztliche Stelle", "Bürgerbüro Lathen", "Bürgerbüro Meppen", "Straßenverkehrsamt")
	wantOffices(t, p, OfficeQuery{ARS: inMuenchen})
	wantOffices(t, p, OfficeQuery{ARS: inMeppen, Words: "burger"}, "Bürgerbüro Meppen")
	if list := wantOffices(t, p, OfficeQuery{ARS: "000000000000"}, "115-Servicecenter", "Altes Amt", "Ärztliche Stelle", "Bürgerbüro Lathen", "Bürgerbüro Meppen", "Stadt Meppen", "Straßenverkehrsamt"); len(list.Letters) != 4 {
		t.Errorf("letters %q", list.Letters)
	}
}

func TestOrganisations_BadInput_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	p := offices(t)
	if _, err := p.Organisations(t.Context(), OfficeQuery{ARS: "999999999999"}); !problem.Is(err, "place-unknown") {
		t.Errorf("unknown place: %v", err)
	}
	for _, cursor := range []string{"%%%", "bm9uc2Vuc2U", "eyJrIjoiXHUwMDAwIn0"} {
		if _, err := p.Organisations(t.Context(), OfficeQuery{Cursor: cursor}); !problem.Is(err, "cursor-invalid") || problem.From(err).Status != http.StatusBadRequest {
			t.Errorf("cursor %s: %v", cursor, err)
		}
		if _, err := p.OrganisationServices(t.Context(), num(102), 0, cursor); !problem.Is(err, "cursor-invalid") {
			t.Errorf("cursor %s: %v", cursor, err)
		}
	}
	if _, err := p.OrganisationServices(t.Context(), num(999), 0, ""); !problem.Is(err, "organisation-unknown") || problem.From(err).Detail.De == "" {
		t.Errorf("unknown office: %v", err)
	}
	if list, err := p.Organisations(t.Context(), OfficeQuery{Limit: 1_000_000}); err != nil || len(list.Items) != 7 {
		t.Errorf("%d, %v", len(list.Items), err)
	}
}

func TestOrganisationServices_RolesAreasAndTime_EachServiceOnce(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, organisation(100, "Bürgerbüro"), organisation(101, "Leeres Amt"), service(1, "", "Pass"), service(2, "", "Ausweis"), service(3, "", "Zelt"), service(4, "", "Alt"),
		competence(200, 1, 100, inMeppen, `"role":"03"`), competence(201, 1, 100, inHaren), competence(202, 2, 100, "03454", `"role":"03"`),
		competence(203, 3, 100, "000000000000", `"onlineService":{"type":"link","url":"https://x.example","title":{"de":"x"}}`),
		competence(204, 4, 100, inMeppen, `"validity":[{"to":"2001-01-01T00:00:00Z"}]`), competence(205, 1, 100, "034549999999"))
	list, err := p.OrganisationServices(t.Context(), num(100), 0, "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range list.Items {
		var areas []string
		for _, a := range s.Areas {
			areas = append(areas, a.Name)
		}
		got = append(got, fmt.Sprintf("%s %s %t %s", s.Title, s.Role, s.Online, strings.Join(areas, ",")))
	}
	want := []string{
		"Ausweis contactPoint false Emsland", "Pass authority false Haren (Ems), Stadt,Meppen, Stadt,034549999999", "Zelt authority true Deutschland",
	}
	if !slices.Equal(got, want) || list.NextCursor != nil {
		t.Errorf("%q, want %q", got, want)
	}
	first, err := p.OrganisationServices(t.Context(), num(100), 2, "")
	if err != nil || len(first.Items) != 2 || first.NextCursor == nil {
		t.Fatalf("%+v, %v", first, err)
	}
	rest, err := p.OrganisationServices(t.Context(), num(100), 2, *first.NextCursor)
	if err != nil || len(rest.Items) != 1 || rest.Items[0].Title != "Zelt" || rest.NextCursor != nil {
		t.Errorf("%+v, %v", rest, err)
	}
	if none, err := p.OrganisationServices(t.Context(), num(101), 0, ""); err != nil || none.Items == nil || len(none.Items) != 0 {
		t.Errorf("%+v, %v", none, err)
	}
}

func TestHandlers_OfficesAndExplanation_AnswerAsTheContractSays(t *testing.T) {
	t.Parallel()
	p := offices(t)
	h := NewHandlers(p.Service)
	ctx := t.Context()
	q, ars, letter := " burger ", inMeppen, "B"
	list, err := h.ListOrganisations(ctx, api.ListOrganisationsRequestObject{Params: types.ListOrganisationsParams{Q: &q, Ars: &ars, Letter: &letter}})
	check(t, err, func(w http.ResponseWriter) error { return list.VisitListOrganisationsResponse(w) }, `"items":[{"city":"Meppen","id":"`+num(102).String())
	services, err := h.ListOrganisationServices(ctx, api.ListOrganisationServicesRequestObject{OrganisationId: num(102)})
	check(t, err, func(w http.ResponseWriter) error { return services.VisitListOrganisationServicesResponse(w) }, `"title":"Hund"`)
	why, err := h.ExplainOffers(ctx, api.ExplainOffersRequestObject{ServiceId: num(1), Params: types.ExplainOffersParams{Ars: ars}})
	check(t, err, func(w http.ResponseWriter) error { return why.VisitExplainOffersResponse(w) }, `"verdict":"competent"`)
	again, err := h.ListOrganisations(ctx, api.ListOrganisationsRequestObject{})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if err := again.VisitListOrganisationsResponse(w); err != nil || strings.Count(w.Body.String(), `"portal"`) != 7 {
		t.Errorf("the answer of another question is remembered: %s, %v", w.Body, err)
	}
}

func TestExplain_EachVerdict_IsGiven(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, organisation(100, "Steueramt"), organisation(101, "Telefon"), organisation(102, "Archiv"), organisation(103, "Altes Amt"), organisation(104, "Neues Amt"), organisation(105, "Landkreis"),
		organisation(106, "Firmenamt"), organisation(107, "Allgemeines Amt"), service(1, "", "Hund"),
		competence(200, 1, 100, inMeppen, `"audiences":["citizen"]`), competence(201, 1, 101, inMeppen, `"role":"03"`), competence(202, 1, 102, inMeppen, `"role":"02"`),
		competence(203, 1, 103, inMeppen, `"validity":[{"to":"2020-12-31T22:59:59Z"}]`), competence(204, 1, 104, inMeppen, `"validity":[{"from":"2999-01-01T00:00:00+01:00"}]`),
		competence(205, 1, 105, "03454"), competence(206, 1, 106, inMeppen, `"audiences":["business"]`), competence(207, 1, 107, inMeppen), competence(208, 1, 999, inMeppen),
		competence(209, 1, 105, inHaren))
	e, err := p.Explain(t.Context(), num(1), inMeppen, Asker{Audience: "citizen"})
	if err != nil || e.Resolution != types.Found || e.Elsewhere != 1 || e.ServiceTitle != "Hund" || e.Place.Ars != inMeppen {
		t.Fatalf("%+v, %v", e, err)
	}
	got := map[int]types.ExplainedCompetenceVerdict{}
	for i, level := range e.Levels {
		for _, c := range level.Competences {
			for n := 200; n < 210; n++ {
				if c.Id == num(n) {
					got[n] = c.Verdict
				}
			}
			if (c.Id == num(205)) != (level.Area.Level == types.Kreis) || level.Area.Level != types.Kreis && i != 0 {
				t.Errorf("%s stands at %s", c.Id, level.Area.Name)
			}
			if c.Id == num(203) && (c.ValidTo == nil || c.ValidTo.String() != "2020-12-31") || c.Id == num(204) && (c.ValidFrom == nil || c.ValidFrom.String() != "2999-01-01") {
				t.Errorf("valid from %v to %v", c.ValidFrom, c.ValidTo)
			}
			if c.Id == num(208) && c.Organisation != nil || c.Id == num(200) && (value(c.AppliesTo) != "Privatpersonen" || value(c.Source) != "test") {
				t.Errorf("%+v", c)
			}
		}
	}
	want := map[int]types.ExplainedCompetenceVerdict{
		200: "competent", 201: "contactPoint", 202: "otherRole", 203: "noLongerValid", 204: "notYetValid", 205: "lessSpecificArea", 206: "conditionNotMet", 207: "lessSpecificRule", 208: "unitUnknown",
	}
	for n, v := range want {
		if got[n] != v {
			t.Errorf("competence %d: %q, want %q", n, got[n], v)
		}
	}
	if e, err = p.Explain(t.Context(), num(1), inMeppen, Asker{}); err != nil || e.Resolution != types.Choose {
		t.Errorf("%s, %v", e.Resolution, err)
	}
	if e, err = p.Explain(t.Context(), num(1), inMuenchen, Asker{}); err != nil || e.Resolution != types.None || e.Elsewhere != 10 || len(e.Levels) == 0 {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestExplain_BadInput_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	p := association(t)
	if _, err := p.Explain(t.Context(), num(999), inMeppen, Asker{}); !problem.Is(err, "service-unknown") {
		t.Errorf("unknown service: %v", err)
	}
	if _, err := p.Explain(t.Context(), num(1), "999999999999", Asker{}); !problem.Is(err, "place-unknown") {
		t.Errorf("unknown place: %v", err)
	}
	e, err := p.Explain(t.Context(), num(1), kreis, Asker{})
	if err != nil || e.Resolution != types.PlaceNeeded || e.Place.Ars != kreis {
		t.Errorf("above a municipality: %+v, %v", e, err)
	}
}
