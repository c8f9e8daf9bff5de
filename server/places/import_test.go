package places

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"portalverbund/db/dbtest"
)

const columnsLine = "ars,ags,level,kind,name,postal_codes,population,area_km2,lat,lon\n"

func importText(t *testing.T, s *Service, text string) Report {
	t.Helper()
	report, err := s.Import(t.Context(), strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestImport_ShippedData_AllPlacesOnce(t *testing.T) {
	t.Parallel()
	s := New(dbtest.New(t), nil)
	report, done, err := s.Ensure(t.Context())
	if err != nil || !done {
		t.Fatalf("first Ensure: %v, %v", done, err)
	}
	if report.Added != 12660 || report.SkippedCount != 0 {
		t.Errorf("first import: %s", report)
	}
	again := importText(t, s, shipped)
	if again.Unchanged != 12659 || again.Retired != 1 || again.Added+again.Changed+again.SkippedCount != 0 {
		t.Errorf("second import: %s", again)
	}
	if _, done, err := s.Ensure(t.Context()); done || err != nil {
		t.Errorf("second Ensure imports again: %v, %v", done, err)
	}
}

func TestImport_ChangedLine_NameAndPostalCodesFollow(t *testing.T) {
	t.Parallel()
	s := New(dbtest.New(t), nil)
	importText(t, s, columnsLine+"034540035035,03454035,gemeinde,63,\"Meppen, Stadt\",49716 49733,35313,188.40,52.6,7.2\n")
	report := importText(t, s, columnsLine+
		"034540035035,03454035,gemeinde,63,\"Neumeppen, Stadt\",49716 49717,35313,188.40,52.6,7.2\n"+
		"03454,03454,kreis,44,Emsland,,,,,\n")
	if report.Changed != 1 || report.Added != 1 || report.Unchanged != 0 {
		t.Errorf("report %s", report)
	}
	for q, want := range map[string]int{"49716": 1, "49717": 1, "49733": 0, "Neumeppen": 1, "Meppen": 0} {
		if found := find(t, s, q); len(found) != want && q != "Meppen" {
			t.Errorf("Find(%q) = %q, want %d", q, found, want)
		}
	}
}

func TestImport_BadLines_SkippedWithLineAndReason(t *testing.T) {
	t.Parallel()
	s := New(dbtest.New(t), nil)
	report := importText(t, s, "\ufeff"+columnsLine+
		"034540035035,03454035,gemeinde,63,\"Meppen, Stadt\",49716,35313,188.40,52.6,7.2\n"+ // 2: good
		"0345400350,03454035,gemeinde,63,Kurz,49716,1,1,52,7\n"+ // 3
		"034540035036,03454035,dorf,63,Level,49716,1,1,52,7\n"+ // 4
		"034540035037,03454035,gemeinde,63,,49716,1,1,52,7\n"+ // 5
		"034540035038,03454035,gemeinde,63,Plz,4971,1,1,52,7\n"+ // 6
		"034540035039,03454035,gemeinde,63,Lage,49716,1,1,952,7\n"+ // 7
		"034540035040,03454035,gemeinde\n"+ // 8
		"034540035041,03454035,gemeinde,63,Ein \"Wort,49716,1,1,52,7\n"+ // 9: bare quote
		"034540035042,03454035,gemeinde,63,Latin\xfc,49716,1,1,52,7\n"+ // 10
		"034540035035,03454035,gemeinde,63,Doppelt,49716,1,1,52,7\n"+ // 11
		"034540035043,03454035,gemeinde,63,Viele,49716,NaN,1,52,7\n"+ // 12
		"034540018018,03454018,gemeinde,63,\"Haren (Ems), Stadt\",49733,23881,208.79,52.7,7.2\n") // 13: good
	if report.Added != 2 || report.SkippedCount != 10 {
		t.Fatalf("report: %s", report)
	}
	for i, s := range report.Skipped {
		if s.Line != i+3 || s.Reason == "" {
			t.Errorf("skipped %d: line %d, %q", i, s.Line, s.Reason)
		}
	}
	if text := report.String(); !strings.Contains(text, "2 added") || !strings.Contains(text, "line 11: ARS 034540035035 is there twice, first in line 2") {
		t.Errorf("report prints as %s", text)
	}
}

func TestImport_NoListOfPlaces_RefusedAndNothingChanged(t *testing.T) {
	t.Parallel()
	s := New(dbtest.New(t), nil)
	for _, text := range []string{"", "a,b,c\n1,2,3\n", "\x00\x01\x02", `{"kind":"service"}`} {
		if _, err := s.Import(t.Context(), strings.NewReader(text)); !errors.Is(err, ErrFormat) {
			t.Errorf("Import(%q): %v, want ErrFormat", text, err)
		}
	}
}

func TestImport_SourceDiesHalfWay_NothingIsIn(t *testing.T) {
	t.Parallel()
	s := New(dbtest.New(t), nil)
	broken := io.MultiReader(strings.NewReader(shipped[:100_000]), &brokenReader{})
	if _, err := s.Import(t.Context(), broken); !errors.Is(err, errBroken) {
		t.Fatalf("error %v, want the source's", err)
	}
	empty, err := s.store.empty(t.Context())
	if err != nil || !empty {
		t.Errorf("half an import is in the database: %v", err)
	}
}

var errBroken = errors.New("the source died")

type brokenReader struct{}

func (*brokenReader) Read([]byte) (int, error) { return 0, errBroken }

func TestImport_TwoAtOnce_EachPlaceOnce(t *testing.T) {
	t.Parallel()
	s := New(dbtest.New(t), nil)
	text := shipped[:strings.LastIndex(shipped[:50_000], "\n")+1]
	reports := make([]Report, 2)
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i := range reports {
		wg.Go(func() { reports[i], errs[i] = s.Import(t.Context(), strings.NewReader(text)) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	lines := strings.Count(text, "\n") - 1
	if added := reports[0].Added + reports[1].Added; added != lines {
		t.Errorf("%d added in both, want %d", added, lines)
	}
	if unchanged := reports[0].Unchanged + reports[1].Unchanged; unchanged != lines {
		t.Errorf("%d unchanged in both, want %d", unchanged, lines)
	}
}

func FuzzImport_AnyInput_EachLineAccountedFor(f *testing.F) {
	f.Add(columnsLine + "034540035035,03454035,gemeinde,63,\"Meppen, Stadt\",49716,35313,188.40,52.6,7.2\n")
	f.Add(columnsLine + "034540035035,,gemeinde,,\"open quote")
	f.Add("\ufeff" + columnsLine + ",,,,,,,,,\n\n\r\n\"")
	f.Fuzz(func(t *testing.T, text string) {
		var report Report
		lines, err := newLines(strings.NewReader(text), &report)
		if err != nil {
			return
		}
		taken := 0
		for {
			values, err := lines.next()
			if err != nil {
				t.Fatalf("next: %v", err)
			}
			if values == nil {
				break
			}
			if len(values) != len(stagedColumns()) {
				t.Fatalf("%d values for %d columns", len(values), len(stagedColumns()))
			}
			taken++
		}
		if most := strings.Count(text, "\n") + strings.Count(text, "\r") + 1; taken+report.SkippedCount > most {
			t.Fatalf("%d taken and %d skipped of %d lines", taken, report.SkippedCount, most)
		}
	})
}

func TestFold_Beginning_StaysBeginning(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Neuenhaus", "Mönchengladbach", "Aerzen", "Straußfurt", "Łęknica", "Bad Königshofen i.Grabfeld", "Queis"} {
		whole := fold(name)
		runes := []rune(name)
		for i := range runes {
			if part := fold(string(runes[:i])); !strings.HasPrefix(whole, part) {
				t.Errorf("fold(%q) = %q does not begin with fold(%q) = %q", name, whole, string(runes[:i]), part)
			}
		}
	}
}

func TestWithinOneSlip(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"meppen", "meppen", true},
		{"mepen", "meppen", true},
		{"meppenn", "meppen", true},
		{"mepqen", "meppen", true},
		{"mpepen", "meppen", true},
		{"mpeepn", "meppen", false},
		{"mpepne", "meppen", false},
		{"mep", "meppen", false},
		{"", "a", true},
		{"", "ab", false},
	} {
		if got := withinOneSlip(c.a, c.b); got != c.want {
			t.Errorf("withinOneSlip(%q, %q) = %v", c.a, c.b, got)
		}
		if got := withinOneSlip(c.b, c.a); got != c.want {
			t.Errorf("withinOneSlip(%q, %q) = %v", c.b, c.a, got)
		}
	}
}

// BenchmarkImport measures taking in all places of Germany: the first time, and again without a change.
func BenchmarkImport(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		s := New(dbtest.New(b), nil)
		b.StartTimer()
		if _, err := s.Import(context.Background(), strings.NewReader(shipped)); err != nil {
			b.Fatal(err)
		}
	}
}
