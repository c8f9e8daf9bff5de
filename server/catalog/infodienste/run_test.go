package infodienste

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/adapter"
	"portalverbund/server/platform/collect"
	"portalverbund/server/platform/outbound"
	"portalverbund/server/standins/behoerdenfinder/finder"
)

func dump(t *testing.T, value any) string {
	t.Helper()
	text, err := json.MarshalIndent(value, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func everyService() map[string]bool {
	ids := map[string]bool{}
	for _, n := range []string{"9001", "9002", "9003", "9004", "9005"} {
		ids[id(catalog.KindService, n)] = true
	}
	return ids
}

func TestCollect_SmallPages_AllOfThemOnce(t *testing.T) {
	t.Parallel()
	d := newDirectory(t, finder.Options{PageSize: 2})
	c := collectAll(t.Context(), d.source(t), "")
	if c.err != nil || !maps.Equal(c.ids(catalog.KindService), everyService()) || len(c.ids(catalog.KindOrganisation)) != 3 {
		t.Errorf("%v, services %v", c.err, c.ids(catalog.KindService))
	}
	if n := d.requests("/pst/find"); n != 3 {
		t.Errorf("%d pages of services, want 3", n)
	}
}

func TestCollect_OffsetBeginsAtOne_NothingIsMissing(t *testing.T) {
	t.Parallel()
	d := newDirectory(t, finder.Options{PageSize: 3})
	d.before = func(_ http.ResponseWriter, r *http.Request, _ int) bool {
		q := r.URL.Query()
		if at := q.Get("offset"); at != "" && at != "0" { // the nth hit is at n
			var n int
			_, _ = fmt.Sscan(at, &n)
			q.Set("offset", fmt.Sprint(n-1))
			r.URL.RawQuery = q.Encode()
		}
		return false
	}
	c := collectAll(t.Context(), d.source(t), "")
	if c.err != nil || !maps.Equal(c.ids(catalog.KindService), everyService()) || len(c.ids(catalog.KindOrganisation)) != 3 || len(c.ids(catalog.KindCompetence)) != 6 {
		t.Errorf("%v, services %v", c.err, c.ids(catalog.KindService))
	}
}

func TestCollect_EndlessPaging_EndsWithAnError(t *testing.T) {
	t.Parallel()
	for name, hit := range map[string]func(n int) string{
		"the same again and again": func(int) string { return "1" },
		"always new ones":          func(n int) string { return fmt.Sprint(n) },
	} {
		d := newDirectory(t, finder.Options{})
		d.before = func(w http.ResponseWriter, r *http.Request, n int) bool {
			if !strings.Contains(r.URL.Path, "/ou/find") {
				return false
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"count":1,"totalCount":1000000,"results":[{"object":{"id":"%s","name":"x"}}]}`, hit(n))
			return true
		}
		c := collectAll(t.Context(), d.source(t), "")
		if !errors.Is(c.err, collect.ErrTooMany) || c.next != "" {
			t.Errorf("%s: %v", name, c.err)
		}
	}
}

func TestCollect_BusyAndBrokenInBetween_AllOfItAnyway(t *testing.T) {
	t.Parallel()
	d := newDirectory(t, finder.Options{})
	d.before = func(w http.ResponseWriter, _ *http.Request, n int) bool {
		switch n % 3 {
		case 1:
			w.Header().Set("Retry-After", "2")
			w.WriteHeader(http.StatusTooManyRequests)
		case 2:
			w.WriteHeader(http.StatusBadGateway)
		default:
			return false
		}
		return true
	}
	if c := collectAll(t.Context(), d.source(t), ""); c.err != nil || !maps.Equal(c.ids(catalog.KindService), everyService()) || len(c.ids(catalog.KindCompetence)) != 6 {
		t.Errorf("%v", c.err)
	}
}

func TestCollect_DiesHalfWay_GoesOnFromItsCursor(t *testing.T) {
	t.Parallel()
	d := newDirectory(t, finder.Options{})
	dead := func(w http.ResponseWriter, r *http.Request, _ int) bool {
		if strings.Contains(r.URL.Path, "/pst/9003") {
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		}
		return false
	}
	d.before = dead
	first := collectAll(t.Context(), d.source(t), "")
	if !errors.Is(first.err, collect.ErrUnavailable) || first.cursor == "" || first.next != "" || len(first.ids(catalog.KindService)) != 2 {
		t.Fatalf("%v, cursor %q", first.err, first.cursor)
	}
	d.before = nil
	second := collectAll(t.Context(), d.source(t), first.cursor)
	if second.err != nil || len(second.ids(catalog.KindService)) != 3 || len(second.ids(catalog.KindCompetence)) != 6 {
		t.Fatalf("%v, %v", second.err, second.ids(catalog.KindService))
	}
	both := first.ids(catalog.KindService)
	maps.Copy(both, second.ids(catalog.KindService))
	if !maps.Equal(both, everyService()) || d.requests("/pst/9001") != 1 {
		t.Errorf("%v, first service asked for %d times", both, d.requests("/pst/9001"))
	}
}

func TestCollect_NextRun_AsksOnlyForWhatChanged(t *testing.T) {
	t.Parallel()
	d := newDirectory(t, finder.Options{})
	s := d.source(t)
	first := collectAll(t.Context(), s, "")
	if first.err != nil || first.next == "" || !s.Whole("") || s.Whole(first.next) {
		t.Fatalf("%v, next %q", first.err, first.next)
	}
	before := d.requests("/pst/9")
	d.before = func(w http.ResponseWriter, r *http.Request, _ int) bool {
		if !strings.Contains(r.URL.Path, "/pst/find") {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"totalCount":3,"results":[{"object":{"id":"9001","lastUpdated":"2026-10-05T08:30:00+02:00"}},
			{"object":{"id":"9003","lastUpdated":"2026-11-20T15:00:00+01:00"}},{"object":{"id":"9004"}}]}`)
		return true
	}
	second := collectAll(t.Context(), s, first.next)
	want := map[string]bool{id(catalog.KindService, "9003"): true, id(catalog.KindService, "9004"): true}
	if second.err != nil || !maps.Equal(second.ids(catalog.KindService), want) || d.requests("/pst/9") != before+2 {
		t.Errorf("%v, services %v", second.err, second.ids(catalog.KindService))
	}
	old := cursor{Full: now().AddDate(0, 0, -7), Since: now().AddDate(0, 0, -1)}.String()
	if third := collectAll(t.Context(), s, old); third.err != nil || third.next != "" || !s.Whole("nonsense") {
		t.Errorf("after a week everything is asked for again: %q, %v", third.next, third.err)
	}
}

func TestCollect_BadAnswers_SaidClearly(t *testing.T) {
	t.Parallel()
	answer := func(path string, status int, contentType, body string) func(http.ResponseWriter, *http.Request, int) bool {
		return func(w http.ResponseWriter, r *http.Request, _ int) bool {
			if !strings.Contains(r.URL.Path, path) {
				return false
			}
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
			return true
		}
	}
	for name, tt := range map[string]struct {
		before func(http.ResponseWriter, *http.Request, int) bool
		want   error
	}{
		"wrong key":         {answer("/", 401, "text/plain", ""), collect.ErrRefused},
		"maintenance page":  {answer("/ou/find", 200, "text/html", "<h1>Wartung"), collect.ErrAnswer},
		"no JSON":           {answer("/pst/find", 200, "application/json", `{"results":[`), collect.ErrAnswer},
		"too large":         {answer("/form/find", 200, "application/json", `"`+strings.Repeat("x", 2<<20)+`"`), outbound.ErrResponseTooLarge},
		"areas not at home": {answer("/PoliticalArea/", 200, "text/html", ""), collect.ErrAnswer},
	} {
		d := newDirectory(t, finder.Options{})
		d.before = tt.before
		if c := collectAll(t.Context(), d.source(t), ""); !errors.Is(c.err, tt.want) || strings.Contains(c.err.Error(), apiKey) {
			t.Errorf("%s: %v", name, c.err)
		}
	}
}

func TestCollect_OneBadService_SkippedAndTheRestIsThere(t *testing.T) {
	t.Parallel()
	d := newDirectory(t, finder.Options{})
	d.before = func(w http.ResponseWriter, r *http.Request, _ int) bool {
		var body string
		switch {
		case strings.HasSuffix(r.URL.Path, "/pst/9001"):
			body = `{"id":"9001","name":["x"],"textBlocks":"?"}`
		case strings.HasSuffix(r.URL.Path, "/pst/9002"):
			w.WriteHeader(http.StatusNotFound)
			return true
		case strings.HasSuffix(r.URL.Path, "/pst/9003"): // odd, but with what is needed
			body = `{"id":9003,"name":"Umweltplakette","leikaKeys":["12",99036001001000],"textBlocks":null,"charges":[{"type":"NEU","name":"x"},{"type":"FIX"}],
				"periods":[{"type":"SPAN","timeSpan":3,"periodUnit":"MOND"},{"type":"EWIG","name":"immer"}],"trustLevel":{"key":"99"},"receivers":[{"key":"x"}],"restrictedAreas":[{"id":"10399"}]}`
		default:
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body)
		return true
	}
	c := collectAll(t.Context(), d.source(t), "")
	if c.err != nil {
		t.Fatal(c.err)
	}
	i := slices.IndexFunc(c.records, func(r adapter.Record) bool { return r.Kind == catalog.KindService && r.Skip != "" })
	if i < 0 || c.records[i].ID != id(catalog.KindService, "9001") {
		t.Errorf("the bad one is not named, so it would be deleted: %q", c.skips())
	}
	if n := len(c.ids(catalog.KindService)); n != 3 {
		t.Errorf("%d services", n)
	}
	got, record := read[catalog.ServiceEntry](t, c, catalog.KindService, "9003")
	if got.LeikaKey != "99036001001000" || got.Fees[0].Kind != "rule" || got.Fees[1].Kind != "rule" || got.Deadlines[0].Duration != nil || got.UpdatedAt != longAgo() {
		t.Errorf("%s", dump(t, got))
	}
	text := strings.Join(record.Warnings, "\n")
	for _, part := range []string{"no LeiKa key", `"NEU" is unknown`, `"MOND" is unknown`, `"EWIG" is unknown`, `trust level "99"`, `receiver "x"`, `area "10399"`, "last change"} {
		if !strings.Contains(text, part) {
			t.Errorf("no warning about %s in\n%s", part, text)
		}
	}
}

func TestCollect_AreaWithoutServices_IsAnErrorAndDeletesNothing(t *testing.T) {
	t.Parallel()
	d := newDirectory(t, finder.Options{})
	if c := collectAll(t.Context(), d.source(t, "areaIds", "4711"), ""); c.err == nil || !strings.Contains(c.err.Error(), "4711") || c.next != "" {
		t.Errorf("%v", c.err)
	}
}

func TestCollect_ListenerLeaves_NothingMoreIsAsked(t *testing.T) {
	t.Parallel()
	d := newDirectory(t, finder.Options{})
	for _, err := range d.source(t).Collect(t.Context(), "") {
		if err != nil {
			t.Error(err)
		}
		break
	}
	if n := d.requests(""); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestKind_Settings_AreChecked(t *testing.T) {
	t.Parallel()
	problems := Kind().Check(adapter.Settings{"url": "ftp://x", "apiKey": " ", "rate": "viel", "wombat": "1"})
	fields := map[string]bool{}
	for _, p := range problems {
		fields[p.Field] = true
		if p.Words.De == "" || p.Words.En == "" {
			t.Errorf("%s: no words", p.Field)
		}
	}
	if want := map[string]bool{"url": true, "apiKey": true, "areaIds": true, "rate": true, "wombat": true}; !maps.Equal(fields, want) {
		t.Errorf("problems with %v", fields)
	}
	for _, f := range Kind().Fields {
		if f.Label.De == "" || f.Label.En == "" || f.Help.De == "" || f.Help.En == "" {
			t.Errorf("%s: no words", f.Name)
		}
	}
	if _, err := Kind().New(adapter.Settings{}, adapter.Tools{}); err == nil {
		t.Error("a source without settings was made")
	}
}
