package places

import (
	"context"
	"slices"
	"strings"
	"testing"

	"portalverbund/api/types"
	"portalverbund/db/dbtest"
	"portalverbund/server/platform/problem"
)

// emsland is the area of the portal in these tests.
var emsland = []string{"03454"}

func newService(t testing.TB) *Service {
	t.Helper()
	s := New(dbtest.New(t), emsland)
	if _, _, err := s.Ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func names(places []types.Place) []string {
	list := make([]string, 0, len(places))
	for _, p := range places {
		list = append(list, p.Name)
	}
	return list
}

func find(t *testing.T, s *Service, q string) []string {
	t.Helper()
	found, err := s.Find(t.Context(), q, 10, emsland)
	if err != nil {
		t.Fatalf("Find(%q): %v", q, err)
	}
	return names(found)
}

func TestFind_WhatPeopleType_TheMeantPlaceFirst(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for q, want := range map[string]string{
		"49716":               "Meppen, Stadt",
		"D-49716":             "Meppen, Stadt",
		"49716 Meppen":        "Meppen, Stadt",
		"Meppen 49716":        "Meppen, Stadt",
		"D 49716 Meppen":      "Meppen, Stadt",
		"meppen":              "Meppen, Stadt",
		"Stadt Meppen":        "Meppen, Stadt",
		"Meppen, Stadt":       "Meppen, Stadt",
		"mepp":                "Meppen, Stadt",
		"Mepen":               "Meppen, Stadt",
		"Mpepen":              "Meppen, Stadt",
		"Meppne":              "Meppen, Stadt",
		"49762 Renkenberge":   "Renkenberge",
		"lahten":              "Lathen",
		"Köln":                "Köln, Stadt",
		"Koeln":               "Köln, Stadt",
		"Koln":                "Köln, Stadt",
		"MUENCHEN":            "München, Landeshauptstadt",
		"munchen":             "München, Landeshauptstadt",
		"Muenchn":             "München, Landeshauptstadt",
		"Haselünne":           "Haselünne, Stadt",
		"Haseluenne":          "Haselünne, Stadt",
		"haslünne":            "Haselünne, Stadt",
		"Lingen":              "Lingen (Ems), Stadt",
		"Lingen (Ems)":        "Lingen (Ems), Stadt",
		"Ligen":               "Lingen (Ems), Stadt",
		"Papnburg":            "Papenburg, Stadt",
		"Frankfurt Main":      "Frankfurt am Main, Stadt",
		"Frankfurt":           "Frankfurt am Main, Stadt",
		"Rothenfelde":         "Bad Rothenfelde",
		"Giessen":             "Gießen, Universitätsstadt",
		"Rhede":               "Rhede (Ems)", // the one in the portal's area, though the other is larger
		"Neuenhaus":           "Neuenhaus, Stadt",
		"Cottbus":             "Cottbus/Chóśebuz, Stadt",
		"  hamburg  ":         "Hamburg, Freie und Hansestadt",
		"Freie Hansestadt Hb": "Freiensteinau",
	} {
		found := find(t, s, q)
		if q == "Freie Hansestadt Hb" {
			continue // only must not fail
		}
		if len(found) == 0 || found[0] != want {
			t.Errorf("Find(%q) = %q, want %q first", q, found, want)
		}
	}
}

func TestFind_NothingAlike_Empty(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for _, q := range []string{"", "   ", "xqzwxqzw", "99999", "%", "_", `'; DROP TABLE places; --`, "\x00", "\xff", strings.Repeat("ä", 500), "🦔"} {
		if found := find(t, s, q); len(found) != 0 {
			t.Errorf("Find(%q) = %q, want nothing", q, found)
		}
	}
}

func TestFind_PostalCodeInSeveralPlaces_AllOfThem(t *testing.T) {
	t.Parallel()
	found := find(t, newService(t), "49762")
	for _, want := range []string{"Lathen", "Fresenburg", "Renkenberge", "Sustrum"} {
		if !slices.Contains(found, want) {
			t.Errorf("49762 gives %q, %q is missing", found, want)
		}
	}
}

func TestFind_BeginningOfPostalCode_PortalsAreaFirst(t *testing.T) {
	t.Parallel()
	s := newService(t)
	found, err := s.Find(t.Context(), "4", 12, emsland)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range found {
		if !strings.HasPrefix(p.Ars, "03454") {
			t.Errorf("place %d is %s (%s), not in the Emsland", i, p.Name, p.Ars)
		}
	}
	if found[0].Name != "Lingen (Ems), Stadt" {
		t.Errorf("first is %s, want the one with most inhabitants", found[0].Name)
	}
}

func TestFind_WordInsideName_FoundBesideNamesThatBeginWithIt(t *testing.T) {
	t.Parallel()
	found := find(t, newService(t), "Essen")
	if found[0] != "Essen (Oldenburg)" && found[0] != "Essen, Stadt" {
		t.Errorf("first is %q", found[0])
	}
	if !slices.Contains(found, "Bad Essen") {
		t.Errorf("Bad Essen is missing: %q", found)
	}
}

func TestPlace_AnyLevel_WithWhatItLiesIn(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for ars, want := range map[string]string{
		"034540035035": "gemeinde Meppen, Stadt < kreis Emsland < regierungsbezirk Statistische Region Weser-Ems < land Niedersachsen",
		"034545404029": "gemeinde Lathen < gemeindeverband Lathen < kreis Emsland < regierungsbezirk Statistische Region Weser-Ems < land Niedersachsen",
		"034545404000": "gemeindeverband Lathen < kreis Emsland < regierungsbezirk Statistische Region Weser-Ems < land Niedersachsen",
		"034540000000": "kreis Emsland < regierungsbezirk Statistische Region Weser-Ems < land Niedersachsen",
		"03454":        "kreis Emsland < regierungsbezirk Statistische Region Weser-Ems < land Niedersachsen",
		"030000000000": "land Niedersachsen",
		"091620000000": "gemeinde München, Landeshauptstadt < regierungsbezirk Oberbayern < land Bayern",
		"020000000000": "gemeinde Hamburg, Freie und Hansestadt",
		"000000000000": "country Deutschland",
	} {
		p, err := s.Place(t.Context(), ars)
		if err != nil {
			t.Errorf("Place(%s): %v", ars, err)
			continue
		}
		got := string(p.Level) + " " + p.Name
		for _, parent := range p.Parents {
			got += " < " + string(parent.Level) + " " + parent.Name
			if len(parent.Ars) != 12 {
				t.Errorf("parent %s of %s does not have 12 digits", parent.Ars, ars)
			}
		}
		if got != want {
			t.Errorf("Place(%s) = %s, want %s", ars, got, want)
		}
		if len(p.Ars) != 12 {
			t.Errorf("Place(%s).Ars = %s", ars, p.Ars)
		}
	}
}

func TestPlace_Unknown_SaysSoInWords(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for _, ars := range []string{"999999999999", "034540035036", "", "x", "0345400350350", "03454003503५"} {
		_, err := s.Place(t.Context(), ars)
		if !problem.Is(err, "place-unknown") {
			t.Errorf("Place(%q): %v, want place-unknown", ars, err)
			continue
		}
		if e := problem.From(err); e.Status != 404 || e.Title.De == "" || e.Detail.En == "" {
			t.Errorf("Place(%q): %+v has no words", ars, e)
		}
	}
}

func TestPlace_KeyNoLongerInUse_ThePlaceThatTookOver(t *testing.T) {
	t.Parallel()
	s := newService(t)
	_, err := s.store.db.Pool().Exec(t.Context(), "INSERT INTO place_successors VALUES ('034540999999', '034540035035', '2021-11-01')")
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Place(t.Context(), "034540999999")
	if err != nil {
		t.Fatal(err)
	}
	if p.Ars != "034540035035" {
		t.Errorf("got %s, want Meppen", p.Ars)
	}
}

// TestQueries_Explained_EachUsesAnIndex asks PostgreSQL how it would run each query over all places.
func TestQueries_Explained_EachUsesAnIndex(t *testing.T) {
	t.Parallel()
	s := newService(t)
	near := nearness(emsland)
	for name, c := range map[string]struct {
		sql  string
		args []any
	}{
		"place":       {placeQuery, []any{[]string{"034540035035", "034540035"}, "034540035035"}},
		"postal code": {postalCodeQuery, []any{near.area, near.kreis, near.land, "49716", after("49716"), "meppen", 20}},
		"name":        {nameQuery, []any{near.area, near.kreis, near.land, "mepp", after("mepp"), 20}},
		"alike":       {similarQuery, []any{near.area, near.kreis, near.land, typoHashes("mepen"), "mepen", 20}},
		"around":      {aroundQuery, []any{52.69, 7.29, 52.6, 52.8, 7.1, 7.4, 12.0, 20}},
		"former":      {formerQuery, []any{[]string{"03454", "034540035035"}, maxFormer}},
		"references":  {referencesQuery, []any{[]string{"03454", "034", "03"}}},
	} {
		if plan := explain(t, s, c.sql, c.args...); strings.Contains(plan, "Seq Scan on places") || strings.Contains(plan, "Seq Scan on place_postal_codes") ||
			strings.Contains(plan, "Seq Scan on place_successors") {
			t.Errorf("%s reads a whole table:\n%s", name, plan)
		}
	}
}

func explain(t *testing.T, s *Service, sql string, args ...any) string {
	t.Helper()
	rows, err := s.store.db.Pool().Query(t.Context(), "EXPLAIN "+sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(plan, "\n")
}

func FuzzFind_AnyInput_NoErrorAndNoMoreThanAskedFor(f *testing.F) {
	for _, q := range []string{"49716 Meppen", "Mepen", "", "ß", "%_\\", "\xff\x00", "D-4", "a e o u"} {
		f.Add(q)
	}
	s := newService(f)
	f.Fuzz(func(t *testing.T, q string) {
		found, err := s.Find(context.Background(), q, 5, emsland)
		if err != nil {
			t.Fatalf("Find(%q): %v", q, err)
		}
		if len(found) > 5 {
			t.Fatalf("Find(%q) gives %d places", q, len(found))
		}
	})
}

// BenchmarkFind measures what the box for the place asks while a person types.
func BenchmarkFind(b *testing.B) {
	s := newService(b)
	for _, q := range []string{"4", "49716", "m", "mepp", "mepen", "rothenfelde", "frankfurt main", "xqzwxqzw"} {
		b.Run(strings.ReplaceAll(q, " ", "_"), func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Find(b.Context(), q, 10, emsland); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestAround_Meppen_NeighboursByDistance(t *testing.T) {
	t.Parallel()
	s := newService(t)
	found, err := s.Around(t.Context(), 52.6911, 7.2918, 8)
	if err != nil || len(found) != 8 {
		t.Fatalf("%d places, %v", len(found), err)
	}
	if found[0].Ars != "034540035035" || found[0].DistanceKm > 3 {
		t.Errorf("the nearest is %+v", found[0])
	}
	for i, p := range found[1:] {
		if p.DistanceKm < found[i].DistanceKm || p.DistanceKm > 35 || p.Position.Lat == 0 || p.Population == nil {
			t.Errorf("%+v after %+v", p, found[i])
		}
	}
	if all, err := s.Around(t.Context(), 52.6911, 7.2918, 1000); err != nil || len(all) != maxAround {
		t.Errorf("%d places, %v", len(all), err)
	}
}

func TestAround_FarFromGermany_Nothing(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for _, at := range [][2]float64{{0, 0}, {90, 0}, {-90, 180}, {40.4, -3.7}} {
		if found, err := s.Around(t.Context(), at[0], at[1], 0); err != nil || len(found) != 0 {
			t.Errorf("around %v: %d, %v", at, len(found), err)
		}
	}
}

func TestFormer_MergedPlace_KeysOfThoseBefore(t *testing.T) {
	t.Parallel()
	s := newService(t)
	if _, err := s.store.db.Pool().Exec(t.Context(), `INSERT INTO place_successors VALUES
		('034540999999', '034540035035', '2021-11-01'), ('034540999998', '034540035035', '2021-11-01'), ('034990000000', '03454', '2021-11-01')`); err != nil {
		t.Fatal(err)
	}
	former, err := s.Former(t.Context(), []string{"034540035035", "034540000000", "000000000000", "091620000000", "nonsense"})
	if err != nil || len(former) != 2 || !slices.Equal(former["034540035035"], []string{"034540999998", "034540999999"}) || !slices.Equal(former["034540000000"], []string{"034990000000"}) {
		t.Errorf("%v, %v", former, err)
	}
}

func TestPostalCodeLands_WholeRegister_OnlyWhatIsClear(t *testing.T) {
	t.Parallel()
	s := newService(t)
	lands, err := s.PostalCodeLands(t.Context())
	if err != nil || len(lands) < 8_000 {
		t.Fatalf("%d postal codes, %v", len(lands), err)
	}
	for code, want := range map[string]string{"49716": "03", "80331": "09", "01067": "14", "10115": "11", "21039": "", "97896": "", "00000": ""} {
		if lands[code] != want {
			t.Errorf("%s lies in %q, want %q", code, lands[code], want)
		}
	}
}

func TestPositionsOf_MunicipalityItsOwn_KreisTheMiddleOfItsMunicipalities(t *testing.T) {
	t.Parallel()
	s := newService(t)
	found, err := s.PositionsOf(t.Context(), []string{"034540035035", "03454", "034540000000", "99", "", "Meppen", "034540035035"})
	if err != nil {
		t.Fatal(err)
	}
	place, err := s.Place(t.Context(), "034540035035")
	if err != nil || found["034540035035"] != *place.Position {
		t.Errorf("Meppen is at %v, not at %v: %v", found["034540035035"], place.Position, err)
	}
	kreis := found["03454"]
	if len(found) != 3 || kreis != found["034540000000"] || kreis.Lat < 52.4 || kreis.Lat > 53.1 || kreis.Lon < 7 || kreis.Lon > 7.8 {
		t.Errorf("%v", found)
	}
}
