package catalog

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// town gives a portal with some services as people know them.
func town(t testing.TB) *portal {
	t.Helper()
	p := newPortal(t)
	p.imports(t,
		category("moving", "Umziehen", 2), category("animals", "Tiere", 1), category("empty", "Leer", 3),
		organisation(100, "Bürgerbüro"), organisation(101, "Steueramt"),
		service(1, "99102013104000", "Hund anmelden", `"synonyms":{"de":["Hundesteuer","Hundemarke"],"en":["dog tax"]}`, `"categories":["animals","moving"]`, `"audiences":["citizen"]`),
		service(2, "99115005104000", "Wohnsitz anmelden oder ummelden", `"synonyms":{"de":["Umzug","Ummeldung"]}`, `"categories":["moving"]`, `"audiences":["citizen"]`),
		service(3, "", "Personalausweis beantragen", `"synonyms":{"de":["Perso"]}`),
		service(4, "", "Reisepass beantragen"),
		service(5, "", "Parkausweis für Bewohner"),
		service(6, "", "Sperrmüll abholen lassen", `"teaser":{"de":"Möbel holt der Entsorger ab."}`),
		service(7, "99050012104000", "Gewerbe anmelden", `"audiences":["business"]`),
		service(8, "", "Führerschein umtauschen"),
		service(9, "", "Eheschließung anmelden", `"synonyms":{"de":["Heirat","Trauung"]}`),
		service(10, "", "Baugenehmigung", `"description":{"de":"<p>Auch für einen Carport.</p>"}`),
		service(11, "", "Bürger*innen-Sprechstunde", `"title":{"de":"Bürger*innensprechstunde","en":"Mayor's surgery"}`),
		competence(201, 1, 101, inMeppen, `"onlineService":{"type":"link","url":"https://x.example","title":{"de":"x"}}`), competence(202, 2, 100, inMeppen), competence(203, 3, 100, inMeppen),
	)
	return p
}

func titles(list []listed) []string {
	var found []string
	for _, l := range list {
		found = append(found, l.document.order)
	}
	return found
}

func TestSearch_WhatPeopleType_TheMeantServiceFirst(t *testing.T) {
	t.Parallel()
	p := town(t)
	for q, want := range map[string]int{
		"hund anmelden":                        1,
		"hunde anmelden":                       1, // inflection
		"Hundesteuer":                          1, // synonym
		"hundesteur":                           1, // typing error
		"hund":                                 1,
		"hundeanmeldung":                       1, // compound
		"dog tax":                              1, // English
		"ich melde meinen Hund an":             1, // a verb in two parts
		"Hunde anzumelden":                     1, // an infinitive with zu
		"angemeldeter Hund":                    1, // a participle
		"den Hund bei der Stadt anmelden":      1, // words that belong together, apart
		"Sperr Müll":                           6, // one word typed as two
		"Führer schein":                        8,
		"99102013104000":                       1, // LeiKa key
		"perso":                                3,
		"personalausweiß":                      3,
		"personalauswies":                      3,
		"ausweis":                              3, // part of a compound
		"pass":                                 4,
		"anwohnerparkausweis":                  5, // colloquial, compound
		"parken anwohner":                      5,
		"sperrmuell":                           6, // umlaut written as ue
		"sperrmull":                            6,
		"SPERRMÜLL":                            6,
		"speermüll":                            6,
		"sofa abholen möbel":                   6, // teaser
		"umzug":                                2,
		"ich möchte mich ummelden":             2,
		"wie kann ich meinen perso beantragen": 3,
		"fuehrerschein":                        8,
		"fuhrerschein":                         8,
		"heiraten":                             9,
		"hochzeit":                             9,
		"gewerbeanmeldung":                     7,
		"carport":                              10, // in the body only, or by synonym
		"bürgersprechstunde":                   11,
		"sprechstunde":                         11,
	} {
		list, err := p.list(t.Context(), filter{query: q})
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 || list[0].document.id != num(want) {
			t.Errorf("%q finds %q, want %s first", q, titles(list), p.search.index.documents[num(want)].order)
		}
	}
}

func TestSearch_NothingFits_Empty(t *testing.T) {
	t.Parallel()
	p := town(t)
	for _, q := range []string{"xqzwxqzw", "%", "***", "\x00", "\xff\xfe", "🦔", "quantenchromodynamik", strings.Repeat("a", 5000)} {
		list, err := p.list(t.Context(), filter{query: q})
		if err != nil || len(list) != 0 {
			t.Errorf("%.40q finds %q, %v", q, titles(list), err)
		}
	}
}

func TestList_NoQuery_AllInAlphabeticalOrder(t *testing.T) {
	t.Parallel()
	p := town(t)
	list, err := p.List(t.Context(), ListQuery{Limit: 100})
	if err != nil || list.Total != 11 || len(list.Items) != 11 || list.NextCursor != nil {
		t.Fatalf("%+v, %v", list, err)
	}
	var found []string
	for _, i := range list.Items {
		found = append(found, surface(strings.ToLower(i.Title)))
	}
	if !slices.IsSorted(found) {
		t.Errorf("order %q", found)
	}
}

func TestList_Pages_EachServiceOnce(t *testing.T) {
	t.Parallel()
	p := town(t)
	for _, words := range []string{"", "anmelden beantragen"} {
		seen := map[uuid.UUID]bool{}
		cursor, pages := "", 0
		var total int
		for {
			list, err := p.List(t.Context(), ListQuery{Words: words, Limit: 2, Cursor: cursor})
			if err != nil {
				t.Fatal(err)
			}
			if total = list.Total; len(list.Items) > 2 {
				t.Fatalf("%d items", len(list.Items))
			}
			for _, i := range list.Items {
				if seen[i.Id] {
					t.Errorf("%s is there twice", i.Title)
				}
				seen[i.Id] = true
			}
			if pages++; list.NextCursor == nil {
				break
			}
			cursor = *list.NextCursor
		}
		if len(seen) != total || pages != (total+1)/2 {
			t.Errorf("%q: %d services on %d pages, total %d", words, len(seen), pages, total)
		}
	}
	for _, cursor := range []string{"x", "LTE", "MTA", "!!!"} {
		if list, err := p.List(t.Context(), ListQuery{Cursor: cursor}); !problem.Is(err, "cursor-invalid") && len(list.Items) > 1 {
			t.Errorf("cursor %q: %d items, %v", cursor, len(list.Items), err)
		}
	}
}

func TestList_Filters_ByCategoryAndAudience(t *testing.T) {
	t.Parallel()
	p := town(t)
	for _, c := range []struct {
		q    ListQuery
		want int
	}{
		{ListQuery{Category: "moving"}, 2},
		{ListQuery{Category: "animals"}, 1},
		{ListQuery{Category: "unknown"}, 0},
		{ListQuery{Audience: "business"}, 9}, // a service that names no audience is for all
		{ListQuery{Audience: "citizen"}, 10},
		{ListQuery{Words: "anmelden", Category: "moving"}, 2},
	} {
		if list, err := p.List(t.Context(), c.q); err != nil || list.Total != c.want {
			t.Errorf("%+v: %d, want %d, %v", c.q, list.Total, c.want, err)
		}
	}
	if _, err := p.List(t.Context(), ListQuery{ARS: "999999999999"}); !problem.Is(err, "place-unknown") {
		t.Errorf("unknown place: %v", err)
	}
}

func TestList_SeveralPortals_VariantOfThePlaceElseThisPortals(t *testing.T) {
	t.Parallel()
	p := association(t)
	for ars, want := range map[string]int{inMeppen: 1, inLathen: 2, inSustrum: 2, inHaren: 3, "": 1, inMuenchen: 1} {
		for _, words := range []string{"", "hund anmelden"} {
			list, err := p.List(t.Context(), ListQuery{Words: words, ARS: ars})
			if err != nil || list.Total != 1 || list.Items[0].Id != num(want) {
				t.Errorf("%q at %q: %+v, %v, want %d", words, ars, list.Items, err, want)
			}
		}
		service, err := p.Service.Service(t.Context(), num(3), ars)
		if ars == "" || ars == inMuenchen {
			want = 3 // nobody does it there: the one that was asked for
		}
		if err != nil || service.Id != num(want) {
			t.Errorf("service at %q: %s, %v, want %d", ars, service.Id, err, want)
		}
	}
}

func TestList_ManyElsewhereWithTheSameWords_TheOneHereIsFound(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	lines := []string{organisation(100, "Bürgerbüro"), service(1, "", "Ausstellung von Ausweisen: Personalausweis"), competence(1001, 1, 100, inMeppen)}
	for n := 2; n < 2*candidates; n++ {
		lines = append(lines, service(n, "", fmt.Sprintf("Personalausweis %d", n)), competence(1000+n, n, 100, inMuenchen))
	}
	p.imports(t, lines...)
	list, err := p.List(t.Context(), ListQuery{Words: "personalausweis", ARS: inMeppen})
	if err != nil || len(list.Items) == 0 || list.Items[0].Id != num(1) {
		t.Errorf("%+v, %v", list.Items[:1], err)
	}
}

func TestList_DoneInAPartOfTheArea_IsNotElsewhere(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.imports(t, organisation(100, "Bürgerbüro"),
		service(1, "", "Umweltprüfung bestellen für Vereine"), competence(201, 1, 100, inMeppen),
		service(2, "", "Umweltprüfung vorlegen für Vereine"), competence(202, 2, 100, "03454"),
		service(3, "", "Umweltprüfung bestellen für Vereine"), competence(203, 3, 100, "03454"),
	)
	for _, ars := range []string{"034540000000", inHaren} {
		list, err := p.List(t.Context(), ListQuery{Words: "umweltprüfung bestellen für vereine", ARS: ars})
		if err != nil {
			t.Fatal(err)
		}
		want := []uuid.UUID{num(3), num(1), num(2)} // the whole area before a part, a part before other words
		if ars == inHaren {
			want = []uuid.UUID{num(3), num(2), num(1)} // Meppen is elsewhere
		}
		var got []uuid.UUID
		for _, item := range list.Items {
			got = append(got, item.Id)
		}
		if !slices.Equal(got, want) {
			t.Errorf("at %s: %v, want %v", ars, got, want)
		}
	}
}

func TestList_PlaceGiven_NamesTheUnitAndWhetherOnline(t *testing.T) {
	t.Parallel()
	p := town(t)
	at, err := p.List(t.Context(), ListQuery{Words: "hund anmelden", ARS: inMeppen})
	if err != nil || *at.Items[0].AuthorityName != "Steueramt" || !at.Items[0].Online || at.Items[0].Owner.Id != meppen {
		t.Errorf("%+v, %v", at.Items[0], err)
	}
	elsewhere, err := p.List(t.Context(), ListQuery{Words: "hund anmelden", ARS: inHaren})
	if err != nil || elsewhere.Items[0].AuthorityName != nil || elsewhere.Items[0].Online {
		t.Errorf("%+v, %v", elsewhere.Items[0], err)
	}
	anywhere, err := p.List(t.Context(), ListQuery{Words: "hund anmelden"})
	if err != nil || anywhere.Items[0].AuthorityName != nil || !anywhere.Items[0].Online {
		t.Errorf("%+v, %v", anywhere.Items[0], err)
	}
}

func TestList_SeveralUnits_NoneIsNamed(t *testing.T) {
	t.Parallel()
	p := town(t)
	p.imports(t, competence(205, 1, 100, inMeppen))
	at, err := p.List(t.Context(), ListQuery{Words: "hund anmelden", ARS: inMeppen})
	if err != nil || at.Items[0].AuthorityName != nil {
		t.Errorf("%+v, %v", at.Items[0], err)
	}
}

func TestSuggest_FromTheSecondLetterOn(t *testing.T) {
	t.Parallel()
	p := town(t)
	for q, want := range map[string]int{"hu": 1, "hun": 1, "hund anm": 1, "sperr": 6, "perso": 3, "personalausw": 3, "fü": 8, "fue": 8, "gewer": 7} {
		items, err := p.Suggest(t.Context(), q, inMeppen)
		if err != nil || len(items) == 0 || items[0].ServiceId != num(want) {
			t.Errorf("%q suggests %+v, %v, want %d first", q, items, err, want)
		}
	}
	for _, q := range []string{"", "h", " h ", "xq"} {
		if items, err := p.Suggest(t.Context(), q, ""); err != nil || len(items) != 0 {
			t.Errorf("%q suggests %+v, %v", q, items, err)
		}
	}
	if items, err := p.Suggest(t.Context(), "hund", "999999999999"); err != nil || len(items) == 0 {
		t.Errorf("an unknown place stops the suggestions: %+v, %v", items, err)
	}
}

func TestCategories_EachWithItsServices_OwnWordsFirst(t *testing.T) {
	t.Parallel()
	p := town(t)
	p.replicates(t, landkrs, category("moving", "Umziehen im Kreis", 9), category("building", "Bauen", 0), service(50, "99115005104000", "Wohnsitz", `"categories":["moving"]`),
		service(51, "", "Bauantrag", `"categories":["building"]`))
	got, err := p.Categories(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var text []string
	for _, c := range got {
		text = append(text, fmt.Sprintf("%s %s %d", c.Id, c.Title, c.Services))
	}
	if want := []string{"building Bauen 1", "animals Tiere 1", "moving Umziehen 2", "empty Leer 0"}; !slices.Equal(text, want) {
		t.Errorf("%q, want %q", text, want)
	}
	got, err = p.Categories(httpx.WithLanguage(t.Context(), "en"))
	if err != nil || got[0].Title != "In English" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestService_MissingLanguage_SaysWhichItIs(t *testing.T) {
	t.Parallel()
	p := town(t)
	en := httpx.WithLanguage(t.Context(), "en")
	for n, want := range map[int]string{11: "en", 1: "de"} {
		if got, err := p.Service.Service(en, num(n), ""); err != nil || got.Language != want {
			t.Errorf("%d is in %q, %v, want %s", n, got.Language, err, want)
		}
	}
	if _, err := p.Service.Service(en, num(999), ""); !problem.Is(err, "service-unknown") {
		t.Errorf("unknown service: %v", err)
	}
	if _, err := p.Service.Service(en, num(1), "999999999999"); !problem.Is(err, "place-unknown") {
		t.Errorf("unknown place: %v", err)
	}
	if _, err := p.Organisation(en, num(999)); !problem.Is(err, "organisation-unknown") {
		t.Errorf("unknown organisation: %v", err)
	}
}

func TestSynonyms_BuiltIn_EachLineCanBeRead(t *testing.T) {
	t.Parallel()
	s, err := parseSynonyms(synonymText + "\n" + languageText)
	if err != nil || len(s.byFirst) < 100 {
		t.Errorf("%d, %v", len(s.byFirst), err)
	}
	for _, bad := range []string{"a b", "= b", "a =", ", = ,"} {
		if _, err := parseSynonyms(bad); err == nil {
			t.Errorf("%q is no line", bad)
		}
	}
}

func TestWords_OneFormForWhatMeansTheSame(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{
		{"Führerschein", "Fuehrerschein", "Fuhrerschein", "führerscheins"},
		{"Anmeldung", "anmelden", "Anmeldungen"},
		{"Straße", "Strasse", "strassen"},
		{"Steuer", "Steuern"},
		{"Frau", "Frauen"},
		{"Ärzte", "Aerzte"},
	} {
		for _, other := range same[1:] {
			if a, b := stemGerman(strings.ToLower(same[0])), stemGerman(strings.ToLower(other)); a != b {
				t.Errorf("%s is %q, %s is %q", same[0], a, other, b)
			}
		}
	}
	l := newLexicon()
	for word, want := range map[string]string{
		"hundesteuer": "hunde steuer", "personalausweis": "personal ausweis", "staatsangehörigkeit": "staats angehorigkeit", "gewerbe": "", "kfzkennzeichen": "kfz kennzeichen",
		"schulamt": "schul amt", "anmeldung": "", "fischereischein": "fischerei schein", "friedhof": "",
	} {
		got := strings.Join(l.parts(word), " ")
		if got != want {
			t.Errorf("%s is %q, want %q", word, got, want)
		}
	}
	if got := strings.Join(splitWords("Bürger*innen, Kfz-Halter/-innen: E‑Mail § 5 „Antrag“"), " "); got != "bürger kfz halter e mail 5 antrag" {
		t.Errorf("split into %q", got)
	}
}

func FuzzSearch_AnyQuery_NoErrorAndNoPanic(f *testing.F) {
	for _, q := range []string{"hund", "Bürger*innen", "ae oe ue ß", "\xff", "a*in", "99102013104000", "perso perso perso führerschein weg heiraten"} {
		f.Add(q, true)
	}
	p := town(f)
	f.Fuzz(func(t *testing.T, q string, typing bool) {
		keep := func(*document) bool { return true }
		if _, _, err := p.find(t.Context(), filter{query: q}, typing, p.search.words(), keep); err != nil {
			t.Fatalf("%q: %v", q, err)
		}
	})
}
