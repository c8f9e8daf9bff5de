package pvog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/adapter"
	"portalverbund/server/catalog/codes"
	"portalverbund/server/platform/collect"
	"portalverbund/server/platform/outbound"
	"portalverbund/server/standins/behoerdenfinder/finder"
)

func de(text string) catalog.Text { return catalog.Text{"de": text} }

func ptr[T any](v T) *T { return &v }

func set(values ...string) map[string]bool {
	m := map[string]bool{}
	for _, v := range values {
		m[v] = true
	}
	return m
}

func TestSearch_DescriptionWithEverything_EachFieldInItsPlace(t *testing.T) {
	t.Parallel()
	g := newGateway(t, finder.Options{})
	c := collectAll(t.Context(), g.search(t), "")
	if c.err != nil {
		t.Fatal(c.err)
	}
	got, record := read[catalog.ServiceEntry](t, c, catalog.KindService, "L100042.LB.101")
	want := catalog.ServiceEntry{
		ID: uuid.MustParse(idOf(catalog.KindService, "L100042.LB.101")), LeikaKey: "99115003012000",
		ModulesEntry: catalog.ModulesEntry{
			Title: de("Meldebescheinigung beantragen"), Designation: de("Meldebescheinigung Ausstellung"),
			Teaser:  de("Mit der Meldebescheinigung weisen Sie nach, wo Sie gemeldet sind."),
			Summary: de("<ul><li>Meldebescheinigung ausstellen</li></ul>"),
			// what is dangerous in it goes when the catalog takes it in
			Description:   de("<p>Die Bescheinigung nennt Namen und Anschrift.</p><img src=x onerror=alert(1)>"),
			LegalBasis:    []catalog.LegalEntry{{Title: de("§ 18 Bundesmeldegesetz"), URL: "https://www.gesetze-im-internet.de/bmg/__18.html"}},
			DocumentsText: de("<p>Ausweis</p>"), Requirements: de("<p>Sie sind in Meppen gemeldet.</p>"), Procedure: de("<p>Online oder am Schalter.</p>"),
			FormsText: de("<p>Keine</p>"), Notes: de("<p>Gilt meist drei Monate.</p>"), Author: de("Redaktion Beispiel"), CompetentBody: de("<p>Das Bürgeramt</p>"),
			LegalRemedy: de("<p>Widerspruch</p>"), ProcessingTime: &catalog.TimeEntry{Text: de("<p>sofort</p>")},
			DeadlinesText: de("<p>keine</p>"), Deadlines: []catalog.DeadlineEntry{{Text: de("Gültigkeit: 3 Monate")}},
			FeesText: de("<p>10 Euro</p>"), Fees: []catalog.FeeEntry{{Label: de("Gebühr"), Kind: "fixed", Amount: ptr(int64(1000)), Currency: "EUR"}},
			OtherTexts: []catalog.OtherTextEntry{{Type: catalog.CodeEntry{Code: "42", Name: "Neues Modul"}, Text: de("<p>Noch unbekannt</p>")}},
			Links: []catalog.LinkEntry{
				{Module: "description", URL: "https://www.example.org/melden", Title: "Mehr zum Melden"},
				{Module: "forms", URL: "https://formulare.example.org/melde.pdf", Title: "Antrag als PDF"},
			},
		},
		Release:       &catalog.ReleaseEntry{Date: "2026-05-04", By: de("Ministerium (Beispiel)")},
		SourceEntry:   catalog.SourceEntry{Origin: &catalog.IdentifierEntry{Agency: "L100042", Scheme: "LB", Value: "101"}},
		SourcePortals: []catalog.SourcePortalEntry{{URL: "https://www.example.org/meppen/melde", Title: "Portal Meppen"}},
		ValidIn:       []string{"034540035035"}, UpdatedAt: time.Date(2026, 10, 30, 9, 15, 0, 0, time.UTC),
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", dump(t, got), dump(t, want))
	}
	if len(record.Warnings) != 1 || !strings.Contains(record.Warnings[0], `module "42" (Neues Modul) is unknown`) {
		t.Errorf("warnings %q", record.Warnings)
	}
}

func TestSearch_AllLevels_FromThePlaceToTheFederation(t *testing.T) {
	t.Parallel()
	for levels, want := range map[string]map[string]bool{
		"":            set("101", "102", "103", "104"),
		"ort":         set("101"),
		"Kreis, Land": set("102", "103"),
		"bund":        set("104"),
	} {
		g := newGateway(t, finder.Options{})
		c := collectAll(t.Context(), g.search(t, "levels", levels), "")
		if got := c.origins(t, catalog.KindService); c.err != nil || !maps.Equal(got, want) {
			t.Errorf("%q: %v, want %v, %v", levels, got, want, c.err)
		}
	}
}

func TestAskedFor_MemberOfAGemeindeverband_TheVerbandToo(t *testing.T) {
	t.Parallel()
	all := []string{"ort", "kreis", "land", "bund"}
	for place, want := range map[string][]string{
		"034545404030": {"034545404030", "034545404000", "034540000000", "030000000000", "000000000000"},
		"034545404":    {"034545404000", "034540000000", "030000000000", "000000000000"},
		"03454":        {"034540000000", "030000000000", "000000000000"},
		"000000000000": {"000000000000"},
	} {
		s := &search{}
		for _, at := range askedFor(place, all) {
			if len(s.places) == 0 || s.places[len(s.places)-1] != at {
				s.places = append(s.places, at)
			}
		}
		if !reflect.DeepEqual(s.places, want) {
			t.Errorf("%s: %v, want %v", place, s.places, want)
		}
	}
}

func TestSearch_Offices_OnlyThoseWithTheRoleAreCompetent(t *testing.T) {
	t.Parallel()
	g := newGateway(t, finder.Options{})
	c := collectAll(t.Context(), g.search(t), "")
	if c.err != nil {
		t.Fatal(c.err)
	}
	if got := c.origins(t, catalog.KindOrganisation); !maps.Equal(got, set("201", "202")) {
		t.Errorf("offices %v", got)
	}
	if got := c.origins(t, catalog.KindCompetence); !maps.Equal(got, set("L100042.LB.101/L100042.OE.201/034540035035", "L100042.LB.101/L100042.OE.202/034540035035/03", "L100042.LB.102/L100042.OE.202/03454")) {
		t.Errorf("competences %v", got)
	}
	roles := map[string]string{}
	for _, r := range c.records {
		var k catalog.CompetenceEntry
		if r.Kind == catalog.KindCompetence && r.Skip == "" && json.Unmarshal(r.Payload, &k) == nil {
			roles[k.Origin.Value] = k.Role
		}
	}
	if roles["L100042.LB.101/L100042.OE.202/034540035035/03"] != codes.RoleContact || roles["L100042.LB.101/L100042.OE.201/034540035035"] != codes.RoleCompetent {
		t.Errorf("roles %v", roles)
	}
	if n := g.requests("q=L100042.OE.202"); n != 1 {
		t.Errorf("an office of two services was asked for %d times", n)
	}
	if skip := c.skips()["competence L100042.LB.102, L100042.OE.299"]; skip != "the office is not there" {
		t.Errorf("skips %q", c.skips())
	}
	got, _ := read[catalog.OrganisationEntry](t, c, catalog.KindOrganisation, "L100042.OE.201")
	want := catalog.OrganisationEntry{
		ID: uuid.MustParse(idOf(catalog.KindOrganisation, "L100042.OE.201")), Name: de("Bürgeramt Meppen (Beispiel)"),
		Address: &catalog.AddressEntry{Street: "Markt", HouseNumber: "43", PostalCode: "49716", City: "Meppen"}, Phone: "030 23125 300", Email: "amt@finder.example",
		URL: "https://www.example.org/amt", OpeningHours: []catalog.HoursEntry{},
		SourceEntry: catalog.SourceEntry{Origin: &catalog.IdentifierEntry{Agency: "L100042", Scheme: "OE", Value: "201"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", dump(t, got), dump(t, want))
	}
	second, _ := read[catalog.OrganisationEntry](t, c, catalog.KindOrganisation, "L100042.OE.202")
	if second.Address.Street != "Musterallee" || second.Address.HouseNumber != "9 a" {
		t.Errorf("a post office box was taken for the place to go to: %+v", second.Address)
	}
}

func TestSearch_OnlineServices_JoinedWithTheirServicesOverAllPages(t *testing.T) {
	t.Parallel()
	g := newGateway(t, finder.Options{})
	g.before = func(w http.ResponseWriter, r *http.Request, _ int) bool { // one service names an address that is not listed
		if !strings.Contains(r.URL.Path, "LB.103/detail") {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"id":"L100042.LB.103","name":"Jagdabgabe zahlen","ars":["030000000000"],"lastUpdate":"2026-10-01","onlineServiceLinks":[{"title":"","uri":"https://antrag.example.org/jagd"}]}`)
		return true
	}
	c := collectAll(t.Context(), g.search(t), "")
	if c.err != nil {
		t.Fatal(c.err)
	}
	if got := c.origins(t, catalog.KindOnlineService); !maps.Equal(got, set("301", "302", "303", "304", "305", "")) {
		t.Errorf("online services %v", got)
	}
	joined := map[string]int{}
	for _, r := range c.records {
		if r.Kind == catalog.KindOnlineCompetence {
			joined[r.At]++
		}
	}
	want := map[string]int{"L100042.OD.301": 1, "L100042.OD.302": 1, "S100002.OD.303": 1, "S100002.OD.304": 1, "S100002.OD.305": 1, "L100042.LB.103": 1}
	if !maps.Equal(joined, want) {
		t.Errorf("joined %v", joined)
	}
}

func TestSearch_ByKey_OnlyThoseServicesPageByPage(t *testing.T) {
	t.Parallel()
	g := newGateway(t, finder.Options{PageSize: 1})
	c := collectAll(t.Context(), g.search(t, "leikaKeys", "99115003012000 99049001001000"), "")
	if got := c.origins(t, catalog.KindService); c.err != nil || !maps.Equal(got, set("101", "104")) || g.requests("/csv") != 0 {
		t.Errorf("%v, %v", got, c.err)
	}
}

func TestSearch_PathsHaveVersionsOfTheirOwn(t *testing.T) {
	t.Parallel()
	g := newGateway(t, finder.Options{})
	g.before = func(_ http.ResponseWriter, r *http.Request, _ int) bool {
		r.URL.Path = strings.Replace(r.URL.Path, "/v7/", "/v6/", 1)
		return false
	}
	c := collectAll(t.Context(), g.search(t, "pathDetail", "/v7/servicedescriptions/{id}/detail"), "")
	if c.err != nil || g.requests("/v7/") != 4 || g.requests("/v6/") != 0 || g.requests("ars=034540035035&validDate=2026-11-20") == 0 {
		t.Errorf("%v, %d", c.err, g.requests("/v7/"))
	}
}

func TestSearch_NearestRowsOfAnotherPlace_AreNotTaken(t *testing.T) {
	t.Parallel()
	g := newGateway(t, finder.Options{})
	g.before = func(w http.ResponseWriter, r *http.Request, _ int) bool {
		if !strings.Contains(r.URL.Path, "/csv") || r.URL.Query().Get("ars") != "034540035035" {
			return false
		}
		w.Header().Set("Content-Type", "text/csv")
		_, _ = io.WriteString(w, "\ufeffName,\"ID-LB\"\n\"Fern,seh\"\"turm\",L100042.LB.105\nMelde,L100042.LB.101\n")
		return true
	}
	c := collectAll(t.Context(), g.search(t, "levels", "ort"), "")
	if got := c.origins(t, catalog.KindService); c.err != nil || !maps.Equal(got, set("101")) || !strings.Contains(c.skips()["service L100042.LB.105"], "holds elsewhere") {
		t.Errorf("%v, %q, %v", got, c.skips(), c.err)
	}
}

func TestSearch_WrongARS_IsAnErrorAndDeletesNothing(t *testing.T) {
	t.Parallel()
	g := newGateway(t, finder.Options{})
	c := collectAll(t.Context(), g.search(t, "ars", "099999999999", "levels", "ort, kreis, land"), "")
	if c.err == nil || !strings.Contains(c.err.Error(), "099999999999") {
		t.Errorf("%v", c.err)
	}
	for _, ars := range []string{"Meppen", "1234567890123", "12345678"} {
		if _, err := SearchKind().New(adapter.Settings{"ars": ars}, tools()); err == nil {
			t.Errorf("%s was taken", ars)
		}
	}
}

func TestSearch_BusyAndBrokenInBetween_AllOfItAnyway(t *testing.T) {
	t.Parallel()
	g := newGateway(t, finder.Options{})
	g.before = func(w http.ResponseWriter, _ *http.Request, n int) bool {
		switch n % 3 {
		case 1:
			w.Header().Set("Retry-After", "3")
			w.WriteHeader(http.StatusTooManyRequests)
		case 2:
			w.WriteHeader(http.StatusInternalServerError)
		default:
			return false
		}
		return true
	}
	if c := collectAll(t.Context(), g.search(t), ""); c.err != nil || len(c.origins(t, catalog.KindService)) != 4 {
		t.Errorf("%v", c.err)
	}
}

func TestSearch_DiesHalfWay_GoesOnFromItsCursor(t *testing.T) {
	t.Parallel()
	g := newGateway(t, finder.Options{})
	g.before = func(w http.ResponseWriter, r *http.Request, _ int) bool {
		if !strings.Contains(r.URL.Path, "LB.103/detail") {
			return false
		}
		w.WriteHeader(http.StatusBadGateway)
		return true
	}
	first := collectAll(t.Context(), g.search(t), "")
	if !errors.Is(first.err, collect.ErrUnavailable) || !maps.Equal(first.origins(t, catalog.KindService), set("101", "102")) {
		t.Fatalf("%v", first.err)
	}
	g.before = nil
	second := collectAll(t.Context(), g.search(t), first.cursor)
	if second.err != nil || !maps.Equal(second.origins(t, catalog.KindService), set("103", "104")) || g.requests("LB.101/detail") != 1 {
		t.Errorf("%v, %v", second.err, second.origins(t, catalog.KindService))
	}
}

func TestSearch_BadAnswers_SaidClearly(t *testing.T) {
	t.Parallel()
	answer := func(path, contentType, body string) func(http.ResponseWriter, *http.Request, int) bool {
		return func(w http.ResponseWriter, r *http.Request, _ int) bool {
			if !strings.Contains(r.URL.Path, path) {
				return false
			}
			w.Header().Set("Content-Type", contentType)
			_, _ = io.WriteString(w, body)
			return true
		}
	}
	for name, tt := range map[string]struct {
		before func(http.ResponseWriter, *http.Request, int) bool
		want   error
	}{
		"list is a page":           {answer("/csv", "text/html", "<h1>Wartung"), collect.ErrAnswer},
		"list without ids":         {answer("/csv", "text/csv", "a;b\n1;2\n3;4\n"), collect.ErrAnswer},
		"list too large":           {answer("/csv", "text/csv", strings.Repeat("L1.LB.1\n", 1<<18)), outbound.ErrResponseTooLarge},
		"online services are none": {answer("/onlineservices", "application/json", `[]`), collect.ErrAnswer},
		"online services endless":  {answer("/onlineservices", "application/json", `{"onlineservices":[],"nextPageToken":"x"}`), collect.ErrTooMany},
	} {
		g := newGateway(t, finder.Options{})
		g.before = tt.before
		if c := collectAll(t.Context(), g.search(t), ""); !errors.Is(c.err, tt.want) {
			t.Errorf("%s: %v", name, c.err)
		}
	}
	g := newGateway(t, finder.Options{})
	if c := collectAll(t.Context(), g.search(t, "clientId", "wrong"), ""); !errors.Is(c.err, collect.ErrRefused) {
		t.Errorf("wrong client: %v", c.err)
	}
}

func TestSearch_ByKeyEndless_EndsWithAnError(t *testing.T) {
	t.Parallel()
	for name, id := range map[string]func(n int) string{
		"the same again and again": func(int) string { return "L1.LB.1" },
		"always new ones":          func(n int) string { return fmt.Sprintf("L1.LB.%d", n) },
	} {
		g := newGateway(t, finder.Options{})
		g.before = func(w http.ResponseWriter, r *http.Request, n int) bool {
			if !strings.Contains(r.URL.Path, "/leikaid") {
				return false
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"content":[{"id":%q}],"totalPages":1000000}`, id(n))
			return true
		}
		if c := collectAll(t.Context(), g.search(t, "leikaKeys", "99115003012000"), ""); !errors.Is(c.err, collect.ErrTooMany) {
			t.Errorf("%s: %v", name, c.err)
		}
	}
}

func TestSearch_OneBadDescription_SkippedAndKept(t *testing.T) {
	t.Parallel()
	g := newGateway(t, finder.Options{})
	g.before = func(w http.ResponseWriter, r *http.Request, _ int) bool {
		var body string
		switch {
		case strings.Contains(r.URL.Path, "LB.101/detail"):
			body = `{"id":101}`
		case strings.Contains(r.URL.Path, "LB.102/detail"):
			body = `{"id":"L100042.LB.999","name":"etwas anderes","ars":["034540000000"]}`
		case strings.Contains(r.URL.Path, "LB.103/detail"):
			w.WriteHeader(http.StatusNotFound)
			return true
		case strings.Contains(r.URL.Path, "LB.104/detail"):
			body = `{"id":"S100002.LB.104","ars":["x"],"leikakeys":["1"],"details":[{"code":"02","text":"<b>Nur</b> der Name"},{"code":"93","date":"bald"},{"code":"98","placeholder":true,"text":"nicht angegeben"}]}`
			body = strings.Replace(body, `["x"]`, `["000000000000","x"]`, 1)
		default:
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body)
		return true
	}
	c := collectAll(t.Context(), g.search(t), "")
	if c.err != nil {
		t.Fatal(c.err)
	}
	kept := 0
	for _, r := range c.records {
		if r.Kind == catalog.KindService && r.Skip != "" && (r.ID == idOf(catalog.KindService, "L100042.LB.101") || r.ID == idOf(catalog.KindService, "L100042.LB.102")) {
			kept++
		}
	}
	if kept != 2 {
		t.Errorf("skips that name no id would delete: %q", c.skips())
	}
	got, record := read[catalog.ServiceEntry](t, c, catalog.KindService, "S100002.LB.104")
	if got.Title["de"] != "Nur der Name" || got.FeesText != nil || got.Release != nil || !reflect.DeepEqual(got.ValidIn, []string{adapter.Country}) {
		t.Errorf("%s", dump(t, got))
	}
	text := strings.Join(record.Warnings, "\n")
	for _, part := range []string{`"x" is no ARS`, "no LeiKa key", "no date of a release", "last change"} {
		if !strings.Contains(text, part) {
			t.Errorf("no warning about %s in\n%s", part, text)
		}
	}
}

func TestAmounts_WhatTextsSay(t *testing.T) {
	t.Parallel()
	a := newAmounts()
	show := func(n *int64) string {
		if n == nil {
			return "-"
		}
		return fmt.Sprint(*n)
	}
	for text, want := range map[string]string{
		"10,00 EUR": "fixed 1000 -", "10 €": "fixed 1000 -", "1.250,5 Euro.": "fixed 125050 -", "5 bis 10 Euro": "range 500 1000", "von 5,50 € – 10 €": "range 550 1000",
		"10": "rule - -", "kostenlos": "free - -", "Es fallen keine Gebühren an.": "free - -", "10 Euro je Tag": "rule - -", "20 bis 10 Euro": "rule - -", "": "rule - -",
		"10\u00a0EUR": "fixed 1000 -", "99999999999 EUR": "rule - -",
	} {
		kind, from, to := a.read(text)
		if got := kind + " " + show(from) + " " + show(to); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
