package cases

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/paging"
)

// maxCount is where counting the cases of a state ends: it must not get slower with the years.
const maxCount = 1000

// Filter chooses cases of the inbox.
type Filter struct {
	State    types.CaseState // empty: all
	Search   string          // beginnings of words of number, applicant's name or title; all must occur
	Open     bool            // only those on which there is something to do
	Assignee *uuid.UUID      // uuid.Nil: open ones that nobody has
	Service  *uuid.UUID
	Overdue  bool
	// Agreement chooses those in which a decision of somebody else waits.
	Agreement bool
	Sort      types.CaseSort // empty: newest
	Limit     int
	Cursor    string

	from string // behind which place the list begins; empty: it has no cases to leave out
}

// List is a page of the inbox.
type List struct {
	Items  []Summary
	Next   string                  // empty at the end
	Counts map[types.CaseState]int // of all cases that fit the filter but for its state; maxCount at most. nil: too many fit a search
}

// order is how the inbox is sorted: by what, the comparison that goes on behind a place, and the one that ends at it, where the list goes the way in
// which cases are written.
type order struct {
	by, behind, within string
	place              func(Summary) time.Time
}

func (f Filter) order() order {
	received := func(c Summary) time.Time { return c.ReceivedAt }
	switch f.Sort {
	case types.OldestFirst:
		return order{"received_at, id", "(received_at, id) > (%s, %s)", "received_at <= %s", received}
	case types.DueFirst:
		return order{"due_on, id", "(due_on, id) > (%s::date, %s)", "due_on <= %s::date", func(c Summary) time.Time { return c.DueOn }}
	default:
		return order{"received_at DESC, id DESC", "(received_at, id) < (%s, %s)", "", received}
	}
}

// List gives a page of the inbox, and how many cases there are in each state.
func (s *Service) List(ctx context.Context, f Filter) (List, error) {
	reach, err := s.reach(ctx)
	if err != nil {
		return List{}, err
	}
	if f.Agreement {
		return s.waiting(ctx, f, reach)
	}
	if words := searched(f.Search); len(words) > 0 {
		return s.search(ctx, f, reach, words)
	}
	q := &query{}
	part, err := s.part(q, f, reach, f.Limit+1)
	if err != nil {
		return List{}, err
	}
	var items []Summary
	if len(f.states(f.State)) > 0 {
		if items, err = s.summaries(ctx, f, "("+part+")", q); err != nil {
			return List{}, err
		}
	}
	counts, err := s.counts(ctx, f, reach)
	return f.cut(items, counts), err
}

// cut makes a page of what was read for it and, if there is one, the next case.
func (f Filter) cut(items []Summary, counts map[types.CaseState]int) List {
	l := List{Items: items, Counts: counts}
	if len(items) > f.Limit {
		l.Items = items[:f.Limit]
		last := l.Items[f.Limit-1]
		l.Next = paging.Cursor(f.order().place(last), last.ID)
	}
	return l
}

// array writes ids as an array of PostgreSQL.
func array(ids []uuid.UUID) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = id.String()
	}
	return "{" + strings.Join(words, ",") + "}"
}

// query is a statement that is being written.
type query struct{ args []any }

// arg gives the place of a value in the statement.
func (q *query) arg(value any) string {
	q.args = append(q.args, value)
	return fmt.Sprintf("$%d", len(q.args))
}

// summaries reads the cases that a table expression with the column id gives, in the order of the filter.
func (s *Service) summaries(ctx context.Context, f Filter, ids string, q *query) ([]Summary, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, `SELECT id, number, state, service_title, applicant_name, organisation_name, origin, received_at, changed_at, assignee, due_on,
			EXISTS (SELECT FROM case_proposals WHERE case_id = cases.id) AS proposed
		FROM cases WHERE id IN (SELECT id FROM `+ids+` AS chosen (id)) ORDER BY `+f.order().by, q.args...)
	if err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	items, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c Summary, err error) {
		err = row.Scan(&c.ID, &c.Number, &c.State, &c.ServiceTitle, &c.ApplicantName, &c.OrganisationName, &c.Origin, &c.ReceivedAt, &c.ChangedAt, &c.Assignee, &c.DueOn, &c.Proposed)
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	return items, nil
}

// part writes a statement that gives id, received_at and due_on of the first cases of a filter but for its search, in its order, from one
// index and without reading the cases. Most are asked for state by state and unit by unit, each of which an index has in this order.
func (s *Service) part(q *query, f Filter, reach httpx.Reach, limit int) (string, error) {
	o := f.order()
	where := s.where(q, f, reach)
	if from := cmp.Or(f.Cursor, f.from); from != "" {
		at, id, err := paging.Position(from)
		if err != nil {
			return "", err
		}
		where = append(where, fmt.Sprintf(o.behind, q.arg(at), q.arg(id)))
	}
	end := fmt.Sprintf(" ORDER BY %s LIMIT %d", o.by, limit)
	const columns = "SELECT id, received_at, due_on FROM cases WHERE "
	if f.openOfUnits(reach) {
		if f.State != "" {
			where = append(where, "state = "+q.arg(f.State))
		}
		return columns + strings.Join(where, " AND ") + end, nil
	}
	cells := "unnest(" + q.arg(f.states(f.State)) + "::text[]) AS s (state)"
	where = append(where, "state = s.state")
	if f.byUnit(reach) {
		cells += ", unnest(" + q.arg(reach.Units) + "::uuid[]) AS u (unit)"
		where = append(where, "organisation_id = u.unit")
	}
	return "SELECT c.* FROM " + cells + ", LATERAL (" + columns + strings.Join(where, " AND ") + end + ") AS c" + end, nil
}

// where gives the conditions of a filter but for its search, state and, where lists are by unit, the units.
func (s *Service) where(q *query, f Filter, reach httpx.Reach) []string {
	where := []string{}
	if f.amongOpen() && !f.byOwn() { // their states say so
		where = append(where, "open")
	}
	switch {
	case f.Assignee != nil && *f.Assignee == uuid.Nil:
		where = append(where, "assignee IS NULL")
	case f.Assignee != nil:
		where = append(where, "assignee = "+q.arg(*f.Assignee))
	}
	if f.Service != nil {
		where = append(where, "service_id = "+q.arg(*f.Service))
	}
	if f.Overdue {
		where = append(where, "due_on < "+q.arg(s.dayOf(s.now()))+"::date")
	}
	if !reach.Everywhere && !f.byUnit(reach) {
		where = append(where, "organisation_id = ANY ("+q.arg(reach.Units)+"::uuid[])")
	}
	return where
}

// counts counts the cases of each state, by an index each, up to maxCount; the open ones of units, which are few, all at once.
func (s *Service) counts(ctx context.Context, f Filter, reach httpx.Reach) (map[types.CaseState]int, error) {
	q := &query{}
	where := s.where(q, f, reach)
	var text string
	if f.openOfUnits(reach) {
		text = fmt.Sprintf("SELECT state, least(count(*), %d) FROM cases WHERE %s GROUP BY state", maxCount, strings.Join(where, " AND "))
	} else {
		if f.byUnit(reach) {
			where = append(where, "organisation_id = ANY ("+q.arg(reach.Units)+"::uuid[])")
		}
		where = append(where, "state = s.state")
		text = fmt.Sprintf(`SELECT s.state, c.count FROM unnest(%s::text[]) AS s (state),
			LATERAL (SELECT count(*) AS count FROM (SELECT FROM cases WHERE %s LIMIT %d) AS counted) AS c WHERE c.count > 0`,
			q.arg(f.states("")), strings.Join(where, " AND "), maxCount)
	}
	rows, err := s.db.Pgx(ctx).Query(ctx, text, q.args...)
	if err != nil {
		return nil, fmt.Errorf("count cases: %w", err)
	}
	counts := map[types.CaseState]int{}
	var state types.CaseState
	var count int
	if _, err := pgx.ForEachRow(rows, []any{&state, &count}, func() error { counts[state] = count; return nil }); err != nil {
		return nil, fmt.Errorf("count cases: %w", err)
	}
	return counts, nil
}

// states are those that cases of a filter may be in: of these only one, if it is given.
func (f Filter) states(only types.CaseState) []string {
	states := []string{string(types.CaseStateReceived), string(types.CaseStateInProgress), string(types.CaseStateQuestion)}
	if !f.onlyOpen() {
		states = append(states, string(types.CaseStateGranted), string(types.CaseStateRefused), string(types.CaseStateWithdrawn), string(types.CaseStateClosed))
	}
	if only != "" {
		states = slices.DeleteFunc(states, func(state string) bool { return state != string(only) })
	}
	return states
}

// onlyOpen says whether a filter chooses open cases only.
func (f Filter) onlyOpen() bool { return f.Open || f.amongOpen() }

// amongOpen says whether a filter leads to open cases only, whatever states it names: the indexes of these have what it asks for.
func (f Filter) amongOpen() bool {
	return f.Overdue || f.Sort == types.DueFirst || f.Assignee != nil && *f.Assignee == uuid.Nil
}

// byOwn says whether cases of a service or of a person are asked for, which have indexes of their own.
func (f Filter) byOwn() bool { return f.Service != nil || f.Assignee != nil && *f.Assignee != uuid.Nil }

// openOfUnits says whether the index of the open cases by unit answers a filter.
func (f Filter) openOfUnits(reach httpx.Reach) bool {
	return f.amongOpen() && !reach.Everywhere && !f.byOwn()
}

// byUnit says whether a list is put together of those of single units. Cases of a person and of a service have their own.
func (f Filter) byUnit(reach httpx.Reach) bool {
	return !reach.Everywhere && !f.amongOpen() && f.Assignee == nil && f.Service == nil
}
