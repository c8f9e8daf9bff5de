package places

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"portalverbund/db/dbtest"
	"portalverbund/server/platform/problem"
)

func arsOf(t *testing.T, s *Service, key string) string {
	t.Helper()
	p, err := s.Place(t.Context(), key)
	if problem.Is(err, "place-unknown") {
		return "unknown"
	}
	if err != nil {
		t.Fatal(err)
	}
	return p.Ars
}

func TestEnsure_HanauIsAKreisOfItsOwn_TheOldKeyLeadsThere(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for _, key := range []string{"064350014014", "064150000000"} {
		p, err := s.Place(t.Context(), key)
		if err != nil || p.Ars != "064150000000" || p.Name != "Hanau, Brüder-Grimm-Stadt" || p.Level != "gemeinde" {
			t.Errorf("Place(%s) = %+v, %v", key, p, err)
		}
		var parents []string
		for _, parent := range p.Parents {
			parents = append(parents, parent.Ars)
		}
		if got := strings.Join(parents, " "); got != "064000000000 060000000000" {
			t.Errorf("%s lies in %s: the Main-Kinzig-Kreis is no longer competent", key, got)
		}
	}
	for _, q := range []string{"Hanau", "63450", "63457 Hanau"} {
		if found, err := s.Find(t.Context(), q, 10, nil); err != nil || len(found) == 0 || found[0].Ars != "064150000000" || slices.Contains(names(found[1:]), "Hanau, Brüder-Grimm-Stadt") {
			t.Errorf("Find(%s): %v, %v", q, names(found), err)
		}
	}
}

func TestEnsure_PortalThatWasFilledBefore_TakesInTheChangesOnce(t *testing.T) {
	t.Parallel()
	s := New(dbtest.New(t), nil)
	importText(t, s, shipped)
	if got := arsOf(t, s, "064350014014"); got != "064350014014" {
		t.Fatalf("before: %s", got)
	}
	if _, done, err := s.Ensure(t.Context()); done || err != nil {
		t.Fatalf("%v, %v", done, err)
	}
	if got := arsOf(t, s, "064350014014"); got != "064150000000" {
		t.Errorf("after: %s", got)
	}
	importText(t, s, columnsLine+"064150000000,06415000,gemeinde,61,Hanau am Main,63450,98000,76.47,50.1,8.9\n") // a newer register says more
	if _, _, err := s.Ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p, err := s.Place(t.Context(), "064350014014"); err != nil || p.Name != "Hanau am Main" {
		t.Errorf("the newer register was overwritten: %+v, %v", p, err)
	}
}

const mergerLine = "ars,ags,level,kind,name,postal_codes,population,area_km2,lat,lon,replaces,since\n"

func TestImport_Merger_OldKeysLeadToTheSuccessorOverSeveralSteps(t *testing.T) {
	t.Parallel()
	s := New(dbtest.New(t), nil)
	importText(t, s, columnsLine+
		"031510001001,03151001,gemeinde,64,Altdorf,38100,100,1,52,10\n"+
		"031510002002,03151002,gemeinde,64,Neudorf,38101,100,1,52,10\n"+
		"03151,03151,kreis,44,Altkreis,,,,,\n")
	first := importText(t, s, mergerLine+"031510003003,03151003,gemeinde,64,Doppeldorf,38100 38101,200,2,52,10,031510001001 031510002002,2021-11-01\n")
	if first.Added != 1 || first.Replaced != 2 || first.SkippedCount != 0 || !strings.Contains(first.String(), "2 keys replaced") {
		t.Errorf("%s", first)
	}
	for _, key := range []string{"031510001001", "031510002002", "031510003003"} {
		if got := arsOf(t, s, key); got != "031510003003" {
			t.Errorf("%s leads to %s", key, got)
		}
	}
	for _, q := range []string{"Altdorf", "38100"} {
		if found := find(t, s, q); len(found) > 1 || q == "38100" && (len(found) != 1 || found[0] != "Doppeldorf") || q == "Altdorf" && len(found) == 1 && found[0] == "Altdorf" {
			t.Errorf("Find(%s) = %v", q, found)
		}
	}
	second := importText(t, s, mergerLine+
		"03159,03159,kreis,44,Neukreis,,,,,,03151,2024-01-01\n"+
		"031590003003,03159003,gemeinde,64,Doppeldorf,38100 38101,200,2,52,10,031510003003,2024-01-01\n")
	if second.Replaced != 2 {
		t.Errorf("%s", second)
	}
	for key, want := range map[string]string{
		"031510001001": "031590003003", "031510003003": "031590003003", "03151": "031590000000", "031510000000": "031590000000", "031510009009": "unknown",
	} {
		if got := arsOf(t, s, key); got != want {
			t.Errorf("%s leads to %s, want %s", key, got, want)
		}
	}
	for ags, want := range map[string]string{"03159003": "031590003003", "03151001": "031590003003", "03151003": "031590003003", "03159": "03159", "03151": "", "99": "", "": ""} {
		if got, err := s.AreaOfAGS(t.Context(), ags); err != nil || got != want {
			t.Errorf("AGS %q is %q, want %q, %v", ags, got, want, err)
		}
	}
	old := importText(t, s, mergerLine+
		"031510001001,03151001,gemeinde,64,Altdorf,38100,100,1,52,10,,\n"+
		"031510003003,03151003,gemeinde,64,Doppeldorf,38100,200,2,52,10,031510001001,2021-11-01\n")
	if old.Retired != 2 || old.Added+old.Changed != 0 || !strings.Contains(old.String(), "2 no longer in use") {
		t.Errorf("an older register brought places back: %s", old)
	}
	if got := arsOf(t, s, "031510001001"); got != "031590003003" {
		t.Errorf("after the older register it leads to %s", got)
	}
}

func TestImport_BadReplacements_SkippedOrRefused(t *testing.T) {
	t.Parallel()
	s := New(dbtest.New(t), nil)
	report := importText(t, s, mergerLine+
		"031510003003,03151003,gemeinde,64,Doppeldorf,,,,,,Altdorf,\n"+
		"031510003004,03151004,gemeinde,64,Selbst,,,,,,031510003004,\n"+
		"031510003005,03151005,gemeinde,64,Wann,,,,,,031510001001,gestern\n"+
		"031510003006,03151006,gemeinde,64,Gut,,,,,,031510001001,\n")
	if report.Added != 1 || report.SkippedCount != 3 || report.Replaced != 1 {
		t.Errorf("%s", report)
	}
	for i, part := range []string{"not an ARS", "itself", "not a day"} {
		if !strings.Contains(report.Skipped[i].Reason, part) {
			t.Errorf("line %d: %s", report.Skipped[i].Line, report.Skipped[i].Reason)
		}
	}
	_, err := s.Import(t.Context(), strings.NewReader(mergerLine+
		"031510003007,03151007,gemeinde,64,Eins,,,,,,031510001009,\n031510003008,03151008,gemeinde,64,Zwei,,,,,,031510001009,\n"))
	if !errors.Is(err, ErrFormat) || arsOf(t, s, "031510003007") != "unknown" {
		t.Errorf("a key that two places replace: %v", err)
	}
}

func TestAreaOfAGS_EveryLevel_AsEntriesWriteIt(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for ags, want := range map[string]string{
		"03454035": "034540035035", "03454": "03454", "03": "03", "06611000": "06611", "06435014": "06415", "06415000": "06415", "11000000": "11", "03454999": "",
	} {
		if got, err := s.AreaOfAGS(t.Context(), ags); err != nil || got != want {
			t.Errorf("AGS %s is %q, want %q, %v", ags, got, want, err)
		}
	}
}

func TestChangesQueries_Explained_EachUsesAnIndex(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for name, c := range map[string]struct {
		sql  string
		args []any
	}{
		"AGS":           {agsQuery, []any{"03454035"}},
		"drop":          {dropQuery, []any{[]string{"064350014014"}, []string{"064350014014"}}},
		"AGS, replaced": {agsSuccessorQuery, []any{"03454035"}},
	} {
		if plan := explain(t, s, c.sql, c.args...); strings.Contains(plan, "Seq Scan on places") {
			t.Errorf("%s reads a whole table:\n%s", name, plan)
		}
	}
}
