package cases_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/cases"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// clock is a time that a test sets.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = at
}

func atNoon(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 11, 0, 0, 0, time.UTC)
}

func (x setup) count(t *testing.T, query string, args ...any) (n int) {
	t.Helper()
	if err := x.d.From(t.Context()).Raw(query, args...).Row().Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func (x setup) deleteDue(t *testing.T, want int64) {
	t.Helper()
	if deleted, err := x.s.DeleteDue(t.Context()); err != nil || deleted != want {
		t.Errorf("%d deleted, %v, want %d", deleted, err, want)
	}
}

func (x setup) decided(t *testing.T, files ...[]byte) uuid.UUID {
	t.Helper()
	id := x.open(t, x.application(files...))
	if _, err := x.s.Decide(x.clerk, id, "key-"+id.String(), granted("Ja.")); err != nil {
		t.Fatal(err)
	}
	return id
}

func (x setup) keep(t *testing.T, service, unit *uuid.UUID, months int) {
	t.Helper()
	if err := x.s.SetRule(x.clerk, service, unit, &months, nil); err != nil {
		t.Fatal(err)
	}
}

func TestDeleteDue_PeriodPassed_AllIsGoneButNumberAndFigures(t *testing.T) {
	t.Parallel()
	c := &clock{now: atNoon(2026, 3, 2)}
	x := newSetupAt(t, c.Now)
	x.run()
	x.keep(t, nil, nil, 6)
	id := x.decided(t, []byte("Impfpass"))
	waitFor(t, "the file", func() bool {
		return x.count(t, "SELECT count(*) FROM case_attachments WHERE state = 'available'") == 1
	})
	if _, err := x.s.Note(x.clerk, id, "key-00001", "Rücksprache gehalten."); err != nil {
		t.Fatal(err)
	}
	read := x.read(t, id)
	if read.DeleteOn == nil || read.DeleteOn.Format(time.DateOnly) != "2026-09-02" {
		t.Errorf("deleted on %v", read.DeleteOn)
	}
	stillOpen := x.open(t, x.application())
	c.set(atNoon(2026, 9, 1))
	x.deleteDue(t, 0)
	c.set(atNoon(2026, 9, 2))
	x.deleteDue(t, 1)
	_, err := x.s.Read(x.clerk, id)
	wantStatus(t, err, http.StatusNotFound, "case-unknown")
	x.read(t, stillOpen)
	for _, table := range []string{"case_events", "case_attachments", "case_notes", "case_reads", "case_holds"} {
		if n := x.count(t, fmt.Sprintf("SELECT count(*) FROM %s WHERE case_id = ?", table), id); n != 0 {
			t.Errorf("%d rows of %s are left", n, table)
		}
	}
	if n := x.count(t, "SELECT count(*) FROM case_remains r WHERE id = ? AND number = 'MEP-26-4F7K-2P9T-X' AND content_hash = 'aa' AND NOT r::text LIKE '%Clara%'", id); n != 1 {
		t.Error("nothing is known of the case any more, or too much")
	}
	waitFor(t, "the file's end", func() bool {
		return x.count(t, "SELECT count(*) FROM river_job WHERE kind = 'cases.delete_files' AND state = 'completed'") == 1
	})
	if _, err := x.s.Attachment(x.clerk, id, read.Attachments[0].ID); err == nil {
		t.Error("the file can be read")
	}
	statistics, err := x.s.Statistics(x.clerk, cases.Period{From: *day("2026-01-01"), To: *day("2026-12-31")})
	if err != nil || statistics.Total.Received != 2 || statistics.Total.Granted != 1 || statistics.Total.MedianDays == nil {
		t.Errorf("figures %+v, %v", statistics.Total, err)
	}
	found := false
	for _, s := range x.told(t, "audit") {
		found = found || s.Kind == "case.delete" && s.Who == uuid.Nil.String() && s.Body == "case:"+id.String()+" 6 months"
	}
	if !found {
		t.Error("the audit does not say that it was deleted")
	}
}

func TestDeleteDue_Held_StaysUntilTheHoldEnds(t *testing.T) {
	t.Parallel()
	c := &clock{now: atNoon(2026, 3, 2)}
	x := newSetupAt(t, c.Now)
	x.keep(t, nil, nil, 1)
	id := x.decided(t)
	held, err := x.s.Hold(x.clerk, id, "Klage von Seltenername")
	if err != nil || held.Hold == nil || held.Hold.Reason != "Klage von Seltenername" || held.Hold.By != httpx.CallerOf(x.clerk).AccountID {
		t.Fatalf("hold %+v, %v", held.Hold, err)
	}
	if x.count(t, "SELECT count(*) FROM case_holds r WHERE encode(reason, 'escape') LIKE '%Seltenername%'") != 0 {
		t.Error("the reason is not sealed")
	}
	c.set(atNoon(2027, 1, 1))
	x.deleteDue(t, 0)
	_, stranger := x.hire(t, "Fred Fremd", uuid.New())
	_, err = x.s.EndHold(stranger, id)
	wantStatus(t, err, http.StatusNotFound, "case-unknown")
	if ended, err := x.s.EndHold(x.clerk, id); err != nil || ended.Hold != nil {
		t.Fatalf("hold %+v, %v", ended.Hold, err)
	}
	x.deleteDue(t, 1)
	var actions []string
	for _, s := range x.told(t, "audit") {
		if s.Kind == "case.hold" || s.Kind == "case.hold.end" {
			actions = append(actions, s.Kind)
		}
	}
	wantEqual(t, "audit", actions, []string{"case.hold", "case.hold.end"})
}

func TestRules_TheMostParticularCounts_ShorterOnesNotAtOnce(t *testing.T) {
	t.Parallel()
	c := &clock{now: atNoon(2026, 3, 2)}
	x := newSetupAt(t, c.Now)
	id := x.decided(t)
	service, unit := x.offerID, x.offerID
	deleteOn := func(want string) {
		t.Helper()
		if got := x.read(t, id).DeleteOn.Format(time.DateOnly); got != want {
			t.Errorf("deleted on %s, want %s", got, want)
		}
	}
	deleteOn("2036-03-02")
	x.keep(t, nil, nil, 24)
	deleteOn("2028-03-02")
	x.keep(t, &service, nil, 12)
	deleteOn("2027-03-02")
	x.keep(t, &service, &unit, 36)
	deleteOn("2029-03-02")
	rules, err := x.s.Rules(t.Context())
	if err != nil || rules.KeepMonths != 24 || len(rules.Items) != 2 || rules.Items[0].KeptMonths != 12 || rules.Items[1].KeptMonths != 36 || *rules.Items[1].Unit != unit {
		t.Errorf("rules %+v, %v", rules, err)
	}
	c.set(atNoon(2027, 6, 1))
	if err := x.s.SetRule(x.clerk, &service, &unit, nil, nil); err != nil { // the service's twelve months have passed
		t.Fatal(err)
	}
	deleteOn("2027-06-08")
	x.deleteDue(t, 0)
	c.set(atNoon(2027, 6, 8))
	x.deleteDue(t, 1)

	months, other := 1, uuid.New()
	x.keep(t, &unasked, nil, 5)
	rules, err = x.s.Rules(t.Context())
	if err != nil || len(rules.Items) == 0 || *rules.Items[0].KeepMonths != 5 || rules.Items[0].ServiceTitle["de"] != "Angeln" {
		t.Errorf("rules %+v, %v", rules, err)
	}
	for name, err := range map[string]error{
		"/serviceId unknown":   x.s.SetRule(x.clerk, &other, nil, &months, nil),
		"/unit unknown":        x.s.SetRule(x.clerk, &unasked, &unit, &months, nil),
		"/serviceId required":  x.s.SetRule(x.clerk, nil, &unit, &months, nil),
		"/keepMonths required": x.s.SetRule(x.clerk, nil, nil, nil, nil),
	} {
		wantField(t, name, err)
	}
}

func TestDeleteDue_ManyAtOnce_InTwoProcesses_EachOnce(t *testing.T) {
	t.Parallel()
	c := &clock{now: atNoon(2026, 3, 2)}
	x := newSetupAt(t, c.Now)
	x.keep(t, nil, nil, 1)
	for range 20 {
		x.decided(t)
	}
	c.set(atNoon(2026, 5, 1))
	var all sync.WaitGroup
	counts := make([]int64, 2)
	for i := range counts {
		all.Go(func() {
			var err error
			if counts[i], err = x.s.DeleteDue(context.WithoutCancel(t.Context())); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if counts[0]+counts[1] != 20 || x.count(t, "SELECT count(*) FROM case_remains") != 20 || x.count(t, "SELECT count(*) FROM cases") != 0 {
		t.Errorf("deleted %v", counts)
	}
}

func TestDecide_AfterItWasDeleted_OtherEventsAreRefused(t *testing.T) {
	t.Parallel()
	c := &clock{now: atNoon(2026, 3, 2)}
	x := newSetupAt(t, c.Now)
	x.keep(t, nil, nil, 1)
	app := x.application()
	id := x.open(t, app)
	if _, err := x.s.Decide(x.clerk, id, "key-00001", granted("Ja.")); err != nil {
		t.Fatal(err)
	}
	c.set(atNoon(2026, 5, 1))
	x.deleteDue(t, 1)
	text := "Noch eine Frage"
	err := x.s.ApplyCitizenEvent(t.Context(), origin, app.ApplicationId, types.TimelineEvent{Id: uuid.New(), At: c.Now(), Kind: types.Message, By: types.EventAuthorCitizen, Text: &text})
	wantStatus(t, err, http.StatusNotFound, "case-unknown")
}

// wantField looks for an error at a field, named by its pointer and code.
func wantField(t *testing.T, want string, err error) {
	t.Helper()
	p := problem.From(err)
	if err == nil || p.Status != http.StatusUnprocessableEntity || p.Fields[0].Pointer+" "+p.Fields[0].Code != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
