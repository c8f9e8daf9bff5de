package cases_test

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/cases"
)

// plain is a case as a list of all of them is read, without any index.
type plain struct {
	ID, ServiceID, OrganisationID uuid.UUID
	Assignee                      *uuid.UUID
	State                         types.CaseState
	Search, Title                 string
	ReceivedAt                    time.Time
	DueOn                         time.Time
	Proposed                      bool // by somebody else
}

func (c plain) open() bool {
	return c.State == types.CaseStateReceived || c.State == types.CaseStateInProgress || c.State == types.CaseStateQuestion
}

// fits says whether a case is in a list of every state.
func (c plain) fits(f cases.Filter, unit *uuid.UUID, today time.Time) bool {
	nobody := f.Assignee != nil && *f.Assignee == uuid.Nil
	switch {
	case unit != nil && c.OrganisationID != *unit,
		(f.Open || f.Overdue || f.Sort == types.DueFirst || nobody) && !c.open(),
		nobody && c.Assignee != nil,
		f.Assignee != nil && !nobody && (c.Assignee == nil || *c.Assignee != *f.Assignee),
		f.Service != nil && c.ServiceID != *f.Service,
		f.Agreement && !c.Proposed,
		f.Overdue && !c.DueOn.Before(today):
		return false
	}
	for _, word := range strings.Fields(f.Search) {
		if !strings.Contains(strings.ReplaceAll(" "+c.Search, "-", " "), " "+strings.ReplaceAll(word, "-", " ")) && !strings.Contains(c.Title, word) {
			return false
		}
	}
	return true
}

// Whatever a clerk asks for, each page has the cases that a plain reading of all of them gives, and the counts are right.
func TestList_EachKind_LikeAPlainReading(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	if err := x.d.From(t.Context()).Exec(million, 1, 6000).Error; err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{proposals, "VACUUM ANALYZE cases"} {
		if err := x.d.From(t.Context()).Exec(query).Error; err != nil {
			t.Fatal(err)
		}
	}
	var all []plain
	if err := x.d.From(t.Context()).Raw("SELECT *, lower(service_title->>'de') AS title, EXISTS (SELECT FROM case_proposals WHERE case_id = id) AS proposed FROM cases").Scan(&all).Error; err != nil {
		t.Fatal(err)
	}
	var unit, service, me uuid.UUID
	if err := x.d.From(t.Context()).Raw("SELECT md5('unit8')::uuid, md5('service8')::uuid, md5('clerk7')::uuid").Row().Scan(&unit, &service, &me); err != nil {
		t.Fatal(err)
	}
	year, month, day := time.Now().In(berlin(t)).Date()
	today := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	listed := 0
	for name, f := range lists(me, service) {
		listed += comparePages(t, name+" everywhere", x.clerk, x.s, f, plainly(all, f, nil, today))
		listed += comparePages(t, name+" in a unit", inUnit(t.Context(), me, unit), x.s, f, plainly(all, f, &unit, today))
	}
	if listed < 1000 {
		t.Errorf("only %d cases were listed", listed)
	}
}

// What many cases fit, none of which is near the beginning of the list, is found by the index of words: the same pages again.
func TestList_ManyFitFarFromTheBeginning_LikeAPlainReading(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	// A few are at the other end, so that the second page is far from the first.
	const mark = `UPDATE cases SET state = 'received', search = search || CASE WHEN (received_at < now() - interval '27000 minutes')
		<> (received_at > now() - interval '355 minutes' OR received_at < now() - interval '39650 minutes') THEN ' early' ELSE ' late' END`
	for n := 3001; n > 0; n -= 1000 { // written as time goes
		if err := x.d.From(t.Context()).Exec(million, n, n+999).Error; err != nil {
			t.Fatal(err)
		}
	}
	if err := x.d.From(t.Context()).Exec(mark).Error; err != nil {
		t.Fatal(err)
	}
	if err := x.d.From(t.Context()).Exec("VACUUM ANALYZE cases").Error; err != nil {
		t.Fatal(err)
	}
	var all []plain
	if err := x.d.From(t.Context()).Raw("SELECT *, lower(service_title->>'de') AS title FROM cases").Scan(&all).Error; err != nil {
		t.Fatal(err)
	}
	for _, f := range []cases.Filter{
		{Search: "early", Sort: types.NewestFirst}, {Search: "early", State: types.CaseStateReceived, Sort: types.NewestFirst}, {Search: "early", State: types.CaseStateGranted, Sort: types.NewestFirst},
		{Search: "late", Sort: types.OldestFirst}, {Search: "late", Sort: types.DueFirst}, {Search: "late ems", Open: true, Sort: types.OldestFirst},
	} {
		name := strings.Join([]string{f.Search, string(f.State), string(f.Sort)}, "/")
		comparePages(t, name, x.clerk, x.s, f, plainly(all, f, nil, time.Now()))
	}
}

// The beginning of numbers, up to the year, is found wherever the year is in the list: the same pages again.
func TestList_NumbersOfAYear_LikeAPlainReading(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	for _, n := range []int{120_000, 60_000, 0} { // years apart
		if err := x.d.From(t.Context()).Exec(million, n+1, n+2000).Error; err != nil {
			t.Fatal(err)
		}
	}
	if err := x.d.From(t.Context()).Exec("VACUUM ANALYZE cases").Error; err != nil {
		t.Fatal(err)
	}
	var all []plain
	if err := x.d.From(t.Context()).Raw("SELECT *, lower(service_title->>'de') AS title FROM cases").Scan(&all).Error; err != nil {
		t.Fatal(err)
	}
	var unit uuid.UUID
	if err := x.d.From(t.Context()).Raw("SELECT md5('unit8')::uuid").Row().Scan(&unit); err != nil {
		t.Fatal(err)
	}
	year, month, day := time.Now().In(berlin(t)).Date()
	today := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	for years := range 3 {
		numbers := "ems-" + time.Now().UTC().AddDate(-years, 0, 0).Format("06")
		for _, search := range []string{numbers, numbers + " clara", "hund " + numbers} {
			for _, order := range []types.CaseSort{types.NewestFirst, types.OldestFirst, types.DueFirst} {
				for _, state := range []types.CaseState{"", types.CaseStateGranted, types.CaseStateReceived} {
					f := cases.Filter{Search: search, Sort: order, State: state}
					name := strings.Join([]string{search, string(state), string(order)}, "/")
					comparePages(t, name, x.clerk, x.s, f, plainly(all, f, nil, today))
					comparePages(t, name+" in a unit", inUnit(t.Context(), uuid.New(), unit), x.s, f, plainly(all, f, &unit, today))
				}
			}
		}
	}
}

// plainly gives the cases of a list in every state, in its order.
func plainly(all []plain, f cases.Filter, unit *uuid.UUID, today time.Time) []plain {
	var fit []plain
	for _, c := range all {
		if c.fits(f, unit, today) {
			fit = append(fit, c)
		}
	}
	slices.SortFunc(fit, func(a, b plain) int {
		order := a.ReceivedAt.Compare(b.ReceivedAt)
		if f.Sort == types.DueFirst {
			order = a.DueOn.Compare(b.DueOn)
		}
		if order == 0 {
			order = bytes.Compare(a.ID[:], b.ID[:])
		}
		if f.Sort == types.NewestFirst {
			order = -order
		}
		return order
	})
	return fit
}

// comparePages reads two pages of a list, and says how many cases were on them.
func comparePages(t *testing.T, name string, ctx context.Context, s *cases.Service, f cases.Filter, fit []plain) int {
	t.Helper()
	counts := map[types.CaseState]int{}
	var want, got []uuid.UUID
	for _, c := range fit {
		counts[c.State] = min(counts[c.State]+1, 1000)
		if f.State == "" || c.State == f.State {
			want = append(want, c.ID)
		}
	}
	f.Limit = 30
	for range 2 {
		l, err := s.List(ctx, f)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, c := range l.Items {
			got = append(got, c.ID)
		}
		if l.Counts != nil && !maps.Equal(l.Counts, counts) || l.Counts == nil && f.Cursor == "" && len(fit) < 200 {
			t.Errorf("%s: counts %v, want %v", name, l.Counts, counts)
		}
		if (l.Next != "") != (len(want) > len(got)) {
			t.Errorf("%s: next %q after %d of %d", name, l.Next, len(got), len(want))
		}
		if f.Cursor = l.Next; f.Cursor == "" {
			break
		}
	}
	if want = want[:min(len(want), 60)]; !slices.Equal(got, want) {
		t.Errorf("%s:\n got %v\nwant %v", name, got, want)
	}
	return len(got)
}

func berlin(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	return zone
}
