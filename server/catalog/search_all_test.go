package catalog

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"portalverbund/api/types"
)

func ask(t *testing.T, p *portal, q SearchQuery) types.SearchResult {
	t.Helper()
	r, err := p.Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func words(q string) SearchQuery { return SearchQuery{ListQuery: ListQuery{Words: q}} }

func at(q, ars string) SearchQuery { return SearchQuery{ListQuery: ListQuery{Words: q, ARS: ars}} }

func TestSearchAll_OneQuery_AllSections(t *testing.T) {
	t.Parallel()
	p := town(t)
	p.imports(t,
		`{"kind":"organisation","id":"`+num(110).String()+`","name":{"de":"Standesamt"},"parentId":"`+num(100).String()+`","address":{"street":"Markt","houseNumber":"1","postalCode":"49716","city":"Meppen"}}`,
		`{"kind":"onlineService","id":"`+num(120).String()+`","title":{"de":"Digitale Hundemarke"},"links":[{"type":"01","url":"https://hund.example"}],"updatedAt":"2026-01-02T03:04:05Z"}`,
		service(12, "", "Kita-Platz anmelden", `"links":[{"module":"forms","language":"de","url":"https://kita.example/m.pdf","title":"Merkblatt zur Platzvergabe"}]`),
	)
	office := ask(t, p, words("standesamt"))
	if office.Offices.Total != 1 || office.Offices.Items[0].Id != num(110) || *office.Offices.Items[0].ParentName != "Bürgerbüro" || *office.Offices.Items[0].City != "Meppen" {
		t.Errorf("offices %+v", office.Offices)
	}
	situation := ask(t, p, words("umziehen"))
	if situation.Situations.Total != 1 || situation.Situations.Items[0].Id != "moving" {
		t.Errorf("situations %+v", situation.Situations)
	}
	form := ask(t, p, words("hundemarke"))
	if form.Forms.Total != 1 || !form.Forms.Items[0].Online || *form.Forms.Items[0].Url != "https://hund.example" || form.Services.Items[0].Id != num(1) {
		t.Errorf("forms %+v", form.Forms)
	}
	leaflet := ask(t, p, words("merkblatt platzvergabe"))
	if leaflet.Forms.Total != 1 || leaflet.Forms.Items[0].Online || *leaflet.Forms.Items[0].ServiceId != num(12) {
		t.Errorf("forms %+v", leaflet.Forms)
	}
	only := words("hundemarke")
	only.Kind = types.SearchKindForm
	if r := ask(t, p, only); len(r.Services.Items) != 0 || r.Services.Total == 0 || len(r.Forms.Items) != 1 {
		t.Errorf("only forms: %+v", r)
	}
}

// TestSearchAll_OfficeRenamed_ItsNewNameEverywhere: names of offices are in memory, beside services and under the offices below.
func TestSearchAll_OfficeRenamed_ItsNewNameEverywhere(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	rest := []string{
		`{"kind":"organisation","id":"` + num(101).String() + `","name":{"de":"Schalter 3"},"parentId":"` + num(100).String() + `"}`,
		service(1, dog, "Hund anmelden"), competence(200, 1, 100, inMeppen),
	}
	p.imports(t, append(rest, organisation(100, "Steueramt"))...)
	named := func() string {
		t.Helper()
		service, office := ask(t, p, at("hund", inMeppen)), ask(t, p, words("schalter 3"))
		if len(service.Services.Items) != 1 || len(office.Offices.Items) != 1 {
			t.Fatalf("%+v, %+v", service.Services, office.Offices)
		}
		return value(service.Services.Items[0].AuthorityName) + ", " + value(office.Offices.Items[0].ParentName)
	}
	if got := named(); got != "Steueramt, Steueramt" {
		t.Errorf("named %q", got)
	}
	if _, err := p.Import(t.Context(), "test", strings.NewReader(strings.Join(append(rest, organisation(100, "Finanzservice")), "\n")), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := p.follow(t.Context(), heard(`{"beside":true}`)); err != nil {
		t.Fatal(err)
	}
	if got := named(); got != "Finanzservice, Finanzservice" {
		t.Errorf("after the office was renamed: %q", got)
	}
}

func TestSearchAll_OfficeOfThePlace_First(t *testing.T) {
	t.Parallel()
	p := town(t)
	p.replicates(t, lathen, organisation(130, "Bürgerbüro"), service(131, "", "Etwas im Norden"), competence(132, 131, 130, inLathen))
	for place, want := range map[string]int{inMeppen: 100, inLathen: 130} {
		r := ask(t, p, at("bürgerbüro", place))
		if r.Offices.Total != 2 || r.Offices.Items[0].Id != num(want) {
			t.Errorf("at %s: %+v", place, r.Offices.Items)
		}
	}
}

func TestSearchAll_SituationOfSeveralPortals_OnceInOwnWords(t *testing.T) {
	t.Parallel()
	p := town(t)
	p.replicates(t, landkrs, category("moving", "Umziehen im Kreis", 9))
	r := ask(t, p, words("umziehen"))
	if r.Situations.Total != 1 || r.Situations.Items[0].Title != "Umziehen" {
		t.Errorf("%+v", r.Situations)
	}
}

func TestSearchAll_Pages_OfOneSection(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	var lines []string
	for i := range 7 {
		lines = append(lines, organisation(200+i, fmt.Sprintf("Bürgerbüro %c", 'A'+i)))
	}
	p.imports(t, lines...)
	if r := ask(t, p, words("bürgerbüro")); r.Offices.Total != 7 || len(r.Offices.Items) != besideServices {
		t.Errorf("beside services: %+v", r.Offices)
	}
	q := words("bürgerbüro")
	q.Kind, q.Limit = types.SearchKindOffice, 4
	seen := map[string]bool{}
	for range 2 {
		r := ask(t, p, q)
		for _, o := range r.Offices.Items {
			seen[o.Name] = true
		}
		q.Cursor = value(r.Offices.NextCursor)
	}
	if len(seen) != 7 || q.Cursor != "" {
		t.Errorf("%v, next %q", seen, q.Cursor)
	}
}

func reasonsIn(r types.SearchResult, n int) string {
	for _, i := range r.Services.Items {
		if i.Id != num(n) || i.Reasons == nil {
			continue
		}
		var list []string
		for _, reason := range *i.Reasons {
			list = append(list, strings.TrimSpace(fmt.Sprintf("%s %s→%s", reason.Kind, value(reason.Typed), value(reason.Matched))))
		}
		return strings.Join(list, ", ")
	}
	return ""
}

func TestReasons_WhatTheTitleDoesNotTell(t *testing.T) {
	t.Parallel()
	p := town(t)
	p.imports(t, service(14, "", "Hauptuntersuchung"), service(15, "", "Luftfahrt", `"description":{"de":"Auch für einen Zeppelin."}`))
	for _, c := range []struct {
		q    SearchQuery
		n    int
		want string
	}{
		{words("Hund anmelden"), 1, ""},
		{words("TÜV"), 14, "synonym TÜV→hauptuntersuchung"},
		{words("Heirat"), 9, "alsoCalled →Heirat"},
		{words("sperrmühl"), 6, "spelling sperrmühl→sperrmüll"},
		{words("Zeppelin"), 15, "text Zeppelin→"},
		{at("Hund anmelden", inMeppen), 1, "place →"},
		{at("Hund anmelden", inHaren), 1, "elsewhere →"},
		{at("Reisepass", inHaren), 4, ""}, // nothing is stated about it
	} {
		if got := reasonsIn(ask(t, p, c.q), c.n); got != c.want {
			t.Errorf("%q at %q: %q, want %q", c.q.Words, c.q.ARS, got, c.want)
		}
	}
}

func TestJudge_SameScoreAsTheRanking(t *testing.T) {
	t.Parallel()
	p := town(t)
	x := p.search.index
	all := x.all(func(*document) bool { return true })
	list := make([]listed, 0, len(all))
	for _, h := range all {
		list = append(list, listed{document: h.document})
	}
	for _, q := range []string{"hund anmelden", "perso verloren", "speermüll", "carport", "dog tax", "bürgersprechstunde"} {
		judgedSome := false
		x.judged(q, p.search.words(), list, func(d *document, j judgement, asked *question) {
			if score := d.score(asked, x); j.score != score {
				t.Errorf("%q, %s: judged %f, ranked %f", q, d.order, j.score, score)
			}
			judgedSome = judgedSome || j.score > 0
		})
		if !judgedSome {
			t.Errorf("%q fits nothing", q)
		}
	}
}

func TestCorrection_OfferedForWhatNobodySays(t *testing.T) {
	t.Parallel()
	p := town(t)
	for q, want := range map[string]string{
		"Hundesteur":             "Hundesteuer",
		"personalauswies":        "personalausweis",
		"speermüll abholen":      "sperrmüll abholen",
		"knölchen bezahlen":      "knöllchen bezahlen", // what people say
		"hund anmelden":          "",
		"perso":                  "", // a synonym
		"sperrm":                 "", // the beginning of a word
		"anwohnerparkausweis":    "", // a compound
		"hundesteuer meppen":     "", // a place
		"quantenchromodynamik":   "",
		"xqzwxqzw":               "",
		"99102013104000":         "",
		"fuehrerschein umtausch": "",
		"\xff\xfe ***":           "",
	} {
		if got := p.search.index.correction(q, p.search.words()); got != want {
			t.Errorf("%q: %q, want %q", q, got, want)
		}
	}
}

func TestSearchAll_NothingTyped_FindsTheCorrected_UnlessAskedAsTyped(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, service(1, "", "Ausländerrechtliche Verpflichtungserklärung"))
	q := words("Verflichtunserklärunk")
	r := ask(t, p, q)
	if r.Correction == nil || r.Services.Total == 0 && !r.Correction.Applied {
		t.Skipf("found without a correction: %+v", r.Correction)
	}
	q.AsTyped = true
	if r := ask(t, p, q); r.Correction != nil && r.Correction.Applied {
		t.Errorf("%+v", r)
	}
}

func TestSearchAll_NothingFound_SaysWhereToAsk(t *testing.T) {
	t.Parallel()
	p := town(t)
	p.imports(t, `{"kind":"organisation","id":"`+num(140).String()+`","name":{"de":"Stadt Meppen"},"administers":["034540035035"]}`)
	r := ask(t, p, at("xqzwxqzw", inMeppen))
	if !isEmpty(r) || r.TurnTo == nil || len(*r.TurnTo) != 2 || (*r.TurnTo)[0].Name != "Stadt Meppen" {
		t.Errorf("%+v", r)
	}
	if r := ask(t, p, words("xqzwxqzw")); r.TurnTo != nil {
		t.Errorf("no place: %+v", r.TurnTo)
	}
}

func TestSuggestAll_KindsAndPlaces(t *testing.T) {
	t.Parallel()
	p := town(t)
	suggest := func(q string) []string {
		list, err := p.SuggestAll(t.Context(), q, "")
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		if list.RecognisedPlace != nil {
			found = append(found, "in "+list.RecognisedPlace.Place.Name)
		}
		for _, i := range list.Items {
			found = append(found, string(i.Kind)+" "+i.Title)
		}
		return found
	}
	for q, want := range map[string]string{
		"hun":         "service Hund anmelden",
		"hund meppen": "in Meppen, Stadt",
		"meppen hun":  "service Hund anmelden",
		"hund mep":    "query hund Meppen",
		"bürgerb":     "office Bürgerbüro",
		"umzie":       "situation Umziehen",
	} {
		if found := suggest(q); !slices.Contains(found, want) {
			t.Errorf("%q suggests %q, want %q", q, found, want)
		}
	}
	for _, q := range []string{"", "h", "xqzw", "\xff\xfe", strings.Repeat("a ", 100)} {
		if found := suggest(q); len(found) > 0 && q != strings.Repeat("a ", 100) {
			t.Errorf("%q suggests %q", q, found)
		}
	}
}

func TestThings_ChangeOfAnOffice_Followed(t *testing.T) {
	t.Parallel()
	p := town(t)
	ctx := t.Context()
	if _, err := p.Import(ctx, "test", strings.NewReader(organisation(101, "Kämmerei")+"\n"+organisation(150, "Fundbüro")), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := p.follow(ctx, heard(`{}`)); err != nil {
		t.Fatal(err)
	}
	for q, want := range map[string]int{"kämmerei": 1, "fundbüro": 1, "steueramt": 0} {
		if r := ask(t, p, words(q)); r.Offices.Total != want {
			t.Errorf("%q finds %d offices, want %d", q, r.Offices.Total, want)
		}
	}
	if _, err := p.db.Pgx(ctx).Exec(ctx, `DELETE FROM catalog_organisations WHERE id = $1`, num(150)); err != nil {
		t.Fatal(err)
	}
	if err := p.follow(ctx, heard(`{"beside":true}`)); err != nil {
		t.Fatal(err)
	}
	if r := ask(t, p, words("fundbüro")); r.Offices.Total != 0 {
		t.Errorf("an office that has gone: %+v", r.Offices)
	}
}
