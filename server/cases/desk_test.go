package cases_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	api "portalverbund/api/cases"
	"portalverbund/api/types"
	"portalverbund/server/cases"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// hire adds a clerk of a unit; the nil unit is the whole portal.
func (x setup) hire(t *testing.T, name string, unit uuid.UUID) (uuid.UUID, context.Context) {
	t.Helper()
	caller := httpx.Caller{Kind: httpx.SessionCaller, AccountID: uuid.New(), Roles: []string{"clerk"}}
	if unit != uuid.Nil {
		caller.Roles, caller.UnitRoles = nil, []httpx.UnitRole{{Role: "clerk", Unit: unit}}
	}
	x.staff[caller.AccountID] = colleague{name, unit}
	return caller.AccountID, httpx.WithCaller(t.Context(), caller)
}

func (x setup) plan(t *testing.T, id uuid.UUID, p cases.Plan) {
	t.Helper()
	if _, err := x.s.Plan(x.clerk, id, "*", p); err != nil {
		t.Fatal(err)
	}
}

func (x setup) list(t *testing.T, ctx context.Context, f cases.Filter) []uuid.UUID {
	t.Helper()
	if f.Limit == 0 {
		f.Limit = 50
	}
	l, err := x.s.List(ctx, f)
	if err != nil {
		t.Fatal(err)
	}
	ids := make([]uuid.UUID, 0, len(l.Items))
	for _, i := range l.Items {
		ids = append(ids, i.ID)
	}
	return ids
}

func day(text string) *time.Time {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return &at
}

func TestPlan_GivenToAColleague_OfTheUnitOnly(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	id := x.open(t, x.application())
	inside, _ := x.hire(t, "Inge Innen", x.offerID)
	above, _ := x.hire(t, "Olaf Oben", x.above)
	outside, stranger := x.hire(t, "Fred Fremd", uuid.New())
	for who, want := range map[uuid.UUID]bool{inside: true, above: true, httpx.CallerOf(x.clerk).AccountID: true, outside: false, uuid.New(): false} {
		c, err := x.s.Plan(x.clerk, id, "*", cases.Plan{Assignee: &who})
		if (err == nil) != want || want && (c.Assignee == nil || *c.Assignee != who) {
			t.Errorf("%s: %v, %+v", x.staff[who].name, err, c.Assignee)
		}
		if err != nil {
			if p := problem.From(err); p.Status != http.StatusUnprocessableEntity || p.Fields[0].Pointer != "/assignee" {
				t.Errorf("%s: %v", x.staff[who].name, err)
			}
		}
	}
	_, err := x.s.Plan(stranger, id, "*", cases.Plan{Assignee: &outside})
	wantStatus(t, err, http.StatusNotFound, "case-unknown")
	got, err := x.s.Clerks(x.clerk, &id)
	if err != nil || len(got) != 3 {
		t.Errorf("may be given it: %+v, %v", got, err)
	}
	if _, err := x.s.Clerks(stranger, &id); err == nil {
		t.Error("a stranger learns whom a case can be given to")
	}
}

func TestPlan_TwoTakeTheSame_OneHasIt(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	id := x.open(t, x.application())
	first, ctx := x.hire(t, "Erste", uuid.Nil)
	second, other := x.hire(t, "Zweiter", uuid.Nil)
	seen := `"1"`
	if _, err := x.s.Plan(ctx, id, seen, cases.Plan{Assignee: &first}); err != nil {
		t.Fatal(err)
	}
	_, err := x.s.Plan(other, id, seen, cases.Plan{Assignee: &second})
	wantStatus(t, err, http.StatusPreconditionFailed, "changed-meanwhile")
	if c := x.read(t, id); *c.Assignee != first || c.Version != 2 {
		t.Errorf("case %+v", c)
	}
}

func TestPlan_DaysThatCannotBe_AreRefused(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 23, 30, 0, 0, time.UTC) // the 30th in Berlin
	x := newSetupAt(t, func() time.Time { return now })
	id := x.open(t, x.application())
	if c := x.read(t, id); c.DueOn.Format(time.DateOnly) != "2026-12-28" {
		t.Errorf("due on %s, want four weeks after the day in Berlin", c.DueOn)
	}
	for text, want := range map[string]bool{"2026-11-29": false, "2026-11-30": true, "2027-01-15": true, "2040-01-01": false} {
		_, err := x.s.Plan(x.clerk, id, "*", cases.Plan{DueOn: day(text)})
		if (err == nil) != want {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := x.s.Decide(x.clerk, id, "key-00001", granted("Ja.")); err != nil {
		t.Fatal(err)
	}
	_, err := x.s.Plan(x.clerk, id, "*", cases.Plan{DueOn: day("2027-01-15")})
	wantStatus(t, err, http.StatusConflict, "case-state")
}

func TestList_ByPersonDateAndService_InEveryOrderOverPages(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	x := newSetupAt(t, func() time.Time { return now })
	me := httpx.CallerOf(x.clerk).AccountID
	var ids []uuid.UUID
	for i := range 6 {
		ids = append(ids, x.open(t, x.application()))
		x.plan(t, ids[i], cases.Plan{DueOn: day("2026-11-" + []string{"20", "12", "18", "04", "16", "05"}[i])})
		now = now.Add(time.Minute)
	}
	for _, i := range []int{1, 3, 4} {
		x.plan(t, ids[i], cases.Plan{Assignee: &me})
	}
	if _, err := x.s.Decide(x.clerk, ids[4], "key-00001", granted("Ja.")); err != nil {
		t.Fatal(err)
	}
	now = time.Date(2026, 11, 12, 9, 0, 0, 0, time.UTC)
	nobody, service, other := uuid.Nil, x.offerID, uuid.New()
	pick := func(wanted ...int) (some []uuid.UUID) {
		for _, i := range wanted {
			some = append(some, ids[i])
		}
		return some
	}
	_, inUnit := x.hire(t, "Inge Innen", x.above)
	_, outside := x.hire(t, "Fred Fremd", uuid.New())
	for name, tt := range map[string]struct {
		f    cases.Filter
		want []uuid.UUID
	}{
		"newest":          {cases.Filter{}, pick(5, 4, 3, 2, 1, 0)},
		"oldest":          {cases.Filter{Sort: types.OldestFirst}, pick(0, 1, 2, 3, 4, 5)},
		"due":             {cases.Filter{Sort: types.DueFirst}, pick(3, 5, 1, 2, 0)},
		"open":            {cases.Filter{Open: true}, pick(5, 3, 2, 1, 0)},
		"mine":            {cases.Filter{Assignee: &me}, pick(4, 3, 1)},
		"mine, due":       {cases.Filter{Assignee: &me, Sort: types.DueFirst}, pick(3, 1)},
		"nobody's":        {cases.Filter{Assignee: &nobody}, pick(5, 2, 0)},
		"another's":       {cases.Filter{Assignee: &other}, nil},
		"overdue":         {cases.Filter{Overdue: true}, pick(5, 3)}, // not what is due today
		"mine, overdue":   {cases.Filter{Overdue: true, Assignee: &me}, pick(3)},
		"service":         {cases.Filter{Service: &service, State: types.CaseStateGranted}, pick(4)},
		"another service": {cases.Filter{Service: &other}, nil},
	} {
		for who, ctx := range map[string]context.Context{"everywhere": x.clerk, "in the unit": inUnit} {
			wantEqual(t, name+" "+who, x.list(t, ctx, tt.f), tt.want)
			var paged []uuid.UUID
			for f := tt.f; ; {
				f.Limit = 2
				l, err := x.s.List(ctx, f)
				if err != nil {
					t.Fatal(err)
				}
				for _, i := range l.Items {
					paged = append(paged, i.ID)
				}
				if f.Cursor = l.Next; f.Cursor == "" {
					break
				}
			}
			wantEqual(t, name+" by pages "+who, paged, tt.want)
		}
		wantEqual(t, name+" elsewhere", x.list(t, outside, tt.f), nil)
	}
	l, err := x.s.List(x.clerk, cases.Filter{Assignee: &me, Limit: 1})
	if err != nil || l.Counts[types.CaseStateReceived] != 2 || l.Counts[types.CaseStateGranted] != 1 {
		t.Errorf("counts of what is mine: %v, %v", l.Counts, err)
	}
}

func TestStart_WhatNobodyHas_BecomesMine(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	free, given := x.open(t, x.application()), x.open(t, x.application())
	other, _ := x.hire(t, "Andere", uuid.Nil)
	x.plan(t, given, cases.Plan{Assignee: &other})
	for id, want := range map[uuid.UUID]uuid.UUID{free: httpx.CallerOf(x.clerk).AccountID, given: other} {
		c, err := x.s.Start(x.clerk, id, uuid.NewString())
		if err != nil || c.Assignee == nil || *c.Assignee != want {
			t.Errorf("%+v, %v, want %s", c.Assignee, err, want)
		}
	}
}

func TestNote_ForColleaguesOnly_OnceAndSealed(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	id := x.open(t, x.application())
	before := len(x.told(t, "report"))
	for range 2 {
		if _, err := x.s.Note(x.clerk, id, "key-00001", "Seltenerinhalt"); err != nil {
			t.Fatal(err)
		}
	}
	c := x.read(t, id)
	if len(c.Notes) != 1 || c.Notes[0].Text != "Seltenerinhalt" || c.Notes[0].Author != httpx.CallerOf(x.clerk).AccountID || c.State != types.CaseStateReceived {
		t.Errorf("case %+v", c)
	}
	if after := len(x.told(t, "report")); after != before {
		t.Error("the citizen was told of a note")
	}
	for _, table := range []string{"case_notes", "cases", "said", "idempotency_keys"} {
		var leaked bool
		if err := x.d.From(t.Context()).Raw("SELECT EXISTS (SELECT FROM " + table + " r WHERE r::text LIKE '%Seltenerinhalt%')").Scan(&leaked).Error; err != nil || leaked {
			t.Errorf("readable in %s: %v, %v", table, leaked, err)
		}
	}
	if _, err := x.s.Decide(x.clerk, id, "key-00002", granted("Ja.")); err != nil {
		t.Fatal(err)
	}
	if c, err := x.s.Note(x.clerk, id, "key-00003", "Nachtrag"); err != nil || len(c.Notes) != 2 || c.State != types.CaseStateGranted {
		t.Errorf("on a finished case: %+v, %v", c, err)
	}
	_, stranger := x.hire(t, "Fred Fremd", uuid.New())
	_, err := x.s.Note(stranger, id, "key-00004", "x")
	wantStatus(t, err, http.StatusNotFound, "case-unknown")
}

func TestTemplates_OfUnits_SeenAndChangedThere(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	write := func(ctx context.Context, title string, unit *uuid.UUID) (cases.Template, error) {
		return x.s.CreateTemplate(ctx, uuid.NewString(), types.CaseTemplateText{Use: types.TemplateForQuestion, Title: title, Text: "Guten Tag {name}", Unit: unit})
	}
	_, inUnit := x.hire(t, "Inge Innen", x.above)
	_, outside := x.hire(t, "Fred Fremd", uuid.New())
	everywhere, err := write(x.clerk, "Für alle", nil)
	if err != nil {
		t.Fatal(err)
	}
	local, err := write(inUnit, "Nur hier", &x.offerID)
	if err != nil {
		t.Fatal(err)
	}
	_, err = write(inUnit, "Anderswo", ptr(uuid.New()))
	wantStatus(t, err, http.StatusUnprocessableEntity, "invalid")
	_, err = write(inUnit, "Überall", nil)
	wantStatus(t, err, http.StatusForbidden, "unit-other")
	_, err = write(x.clerk, "   ", nil)
	wantStatus(t, err, http.StatusUnprocessableEntity, "invalid")
	for who, tt := range map[string]struct {
		ctx  context.Context
		want []string
	}{"everywhere": {x.clerk, []string{"Für alle", "Nur hier"}}, "in the unit": {inUnit, []string{"Für alle", "Nur hier"}}, "elsewhere": {outside, []string{"Für alle"}}} {
		all, _, err := x.s.Templates(tt.ctx)
		if err != nil {
			t.Fatal(err)
		}
		var titles []string
		for _, template := range all {
			titles = append(titles, template.Title)
		}
		wantEqual(t, who, titles, tt.want)
	}
	change := types.CaseTemplateText{Use: types.TemplateForNote, Title: "Neu", Text: "Neu"}
	_, err = x.s.ChangeTemplate(outside, local.ID, change)
	if err == nil {
		t.Error("changed by a stranger")
	}
	wantStatus(t, x.s.DeleteTemplate(outside, local.ID), http.StatusNotFound, "template-unknown")
	wantStatus(t, x.s.DeleteTemplate(inUnit, everywhere.ID), http.StatusForbidden, "unit-other")
	change.Unit = &x.offerID
	if got, err := x.s.ChangeTemplate(inUnit, local.ID, change); err != nil || got.Title != "Neu" || got.Use != types.TemplateForNote {
		t.Errorf("%+v, %v", got, err)
	}
	if err := x.s.DeleteTemplate(inUnit, local.ID); err != nil {
		t.Error(err)
	}
	if all, _, _ := x.s.Templates(x.clerk); len(all) != 1 {
		t.Errorf("left: %+v", all)
	}
}

func ptr[T any](v T) *T { return &v }

// withAccounts gives these people a row in the table of accounts, on which what is theirs hangs.
func (x setup) withAccounts(t *testing.T, people ...context.Context) {
	t.Helper()
	for _, ctx := range people {
		if err := x.d.From(t.Context()).Exec("INSERT INTO accounts (id, email, password_hash, profile, created_at, confirmed_at) VALUES (?, ?, '', '', now(), now())", httpx.CallerOf(ctx).AccountID, httpx.CallerOf(ctx).AccountID.String()).Error; err != nil {
			t.Fatal(err)
		}
	}
}

func TestViews_AreTheCallersOwn(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	_, other := x.hire(t, "Andere", uuid.Nil)
	x.withAccounts(t, x.clerk, other)
	mine := []types.CaseView{{Name: " Meine Hunde ", Q: ptr("hund"), Assignee: ptr("me")}, {Name: "Überfällig", Overdue: ptr(true)}}
	if err := x.s.SaveViews(x.clerk, mine); err != nil {
		t.Fatal(err)
	}
	got, err := x.s.Views(x.clerk)
	if err != nil || len(got) != 2 || got[0].Name != "Meine Hunde" || *got[0].Q != "hund" || !*got[1].Overdue {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := x.s.Views(other); err != nil || len(got) != 0 {
		t.Errorf("another's: %+v, %v", got, err)
	}
	err = x.s.SaveViews(x.clerk, []types.CaseView{{Name: "Hunde"}, {Name: "hunde"}})
	if p := problem.From(err); err == nil || p.Fields[0].Pointer != "/items/1/name" {
		t.Errorf("two of one name: %v", err)
	}
	if err := x.s.SaveViews(x.clerk, nil); err != nil {
		t.Fatal(err)
	}
	if got, _ := x.s.Views(x.clerk); len(got) != 0 {
		t.Errorf("left: %+v", got)
	}
}

func TestDeskSettings_AreTheCallersOwn_BesideTheirViews(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	_, other := x.hire(t, "Andere", uuid.Nil)
	x.withAccounts(t, x.clerk, other)
	if got, err := x.s.DeskSettings(x.clerk); err != nil || !got.Shortcuts {
		t.Errorf("at first: %+v, %v", got, err)
	}
	if err := x.s.SaveDeskSettings(x.clerk, types.DeskSettings{Shortcuts: false}); err != nil {
		t.Fatal(err)
	}
	if views, err := x.s.Views(x.clerk); err != nil || len(views) != 0 {
		t.Errorf("views: %+v, %v", views, err)
	}
	if err := x.s.SaveViews(x.clerk, []types.CaseView{{Name: "Hunde"}}); err != nil {
		t.Fatal(err)
	}
	if got, err := x.s.DeskSettings(x.clerk); err != nil || got.Shortcuts {
		t.Errorf("turned off: %+v, %v", got, err)
	}
	if got, err := x.s.DeskSettings(other); err != nil || !got.Shortcuts {
		t.Errorf("another's: %+v, %v", got, err)
	}
	if err := x.s.SaveDeskSettings(x.clerk, types.DeskSettings{Shortcuts: true}); err != nil {
		t.Fatal(err)
	}
	if got, err := x.s.DeskSettings(x.clerk); err != nil || !got.Shortcuts {
		t.Errorf("turned on again: %+v, %v", got, err)
	}
	if views, err := x.s.Views(x.clerk); err != nil || len(views) != 1 {
		t.Errorf("views: %+v, %v", views, err)
	}
}

func TestStatistics_FiguresOfThePeriod_AsTableToo(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 10, 1, 9, 0, 0, 0, time.UTC)
	x := newSetupAt(t, func() time.Time { return now })
	me := httpx.CallerOf(x.clerk).AccountID
	var ids []uuid.UUID
	for range 5 {
		ids = append(ids, x.open(t, x.application()))
	}
	x.plan(t, ids[4], cases.Plan{Assignee: &me})
	for i, days := range []int{2, 4, 9} {
		now = time.Date(2026, 10, 1+days, 9, 0, 0, 0, time.UTC)
		decision := granted("Ja.")
		if i == 2 {
			decision.Outcome = types.DecisionOutcomeRefused
		}
		if _, err := x.s.Decide(x.clerk, ids[i], uuid.NewString(), decision); err != nil {
			t.Fatal(err)
		}
	}
	now = time.Date(2026, 11, 9, 9, 0, 0, 0, time.UTC)
	x.open(t, x.application())
	if _, err := x.s.Note(x.clerk, ids[0], "key-00001", "Akte abgelegt."); err != nil { // which decides nothing anew
		t.Fatal(err)
	}
	st, err := x.s.Statistics(x.clerk, cases.Period{From: *day("2026-10-01"), To: *day("2026-10-31")})
	if err != nil || len(st.Services) != 1 {
		t.Fatalf("%+v, %v", st, err)
	}
	f := st.Total
	if f.Received != 5 || f.Open != 2 || f.Overdue != 2 || f.Granted != 2 || f.Refused != 1 || f.Withdrawn != 0 || *f.MedianDays != 4 || *f.SlowDays != 9 || *f.OldestDays != 39 {
		t.Errorf("figures %+v, median %v, slow %v, oldest %v", f, *f.MedianDays, *f.SlowDays, *f.OldestDays)
	}
	if len(st.People) != 2 || st.People[0].ID != uuid.Nil || st.People[0].Open != 2 || st.People[1].Name != "Bernd Beispiel" || st.People[1].Overdue != 1 {
		t.Errorf("people %+v", st.People)
	}
	_, outside := x.hire(t, "Fred Fremd", uuid.New())
	if st, err := x.s.Statistics(outside, cases.Period{}); err != nil || st.Total.Received != 0 || len(st.People) != 0 {
		t.Errorf("elsewhere: %+v, %v", st, err)
	}
	for _, p := range []cases.Period{{From: *day("2026-10-02"), To: *day("2026-10-01")}, {From: *day("2020-01-01"), To: *day("2026-10-01")}} {
		if _, err := x.s.Statistics(x.clerk, p); err == nil || problem.From(err).Status != http.StatusUnprocessableEntity {
			t.Errorf("%+v: %v", p, err)
		}
	}
	answer, err := x.h.ExportCaseStatistics(httpx.WithLanguage(x.clerk, "de"), api.ExportCaseStatisticsRequestObject{})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if err := answer.VisitExportCaseStatisticsResponse(w); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimPrefix(w.Body.String(), "\uFEFF"), "\r\n")
	if !slices.Contains(lines, "Hund anmelden;6;3;2;2;1;0;0;4,0;9,0;39") || !slices.Contains(lines, "Alle;6;3;2;2;1;0;0;4,0;9,0;39") {
		t.Errorf("table:\n%s", w.Body)
	}
}
