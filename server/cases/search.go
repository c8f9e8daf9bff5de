package cases

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/paging"
)

const (
	// common is the share of all cases from which on nobody need count what fits a search.
	common = 0.04
	// leastLooked and mostLooked are how many of the first cases of a list are looked through: as many as have two pages of what is searched, if that
	// is spread evenly. What would take more is cheaper to find by the index of words.
	leastLooked, mostLooked = 500, 4000
	// mostYears are how many years of numbers a search can name; nobody means more than one.
	mostYears = 3
	// between are the characters between words, as the column cases.words has them.
	between = " \t\r\n!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\u00a0\u00b7\u2013\u2014\u2018\u2019\u201a\u201c\u201d\u201e"
)

// searched gives the words of a search, folded; those typed with a dash or the like between them belong together.
func searched(text string) [][]string {
	var words [][]string
	for _, typed := range strings.Fields(fold(text)) {
		parts := strings.FieldsFunc(typed, func(r rune) bool { return strings.ContainsRune(between, r) })
		if len(parts) > 0 {
			words = append(words, parts)
		}
	}
	return words
}

// asked is the search as the index of words is asked: each word begins one of the number or of the name, or is in the title of the service.
// Of what is typed with dashes, all but the last part are whole words, and that too where it is the check character of a number, or its year.
func asked(words [][]string, titles map[uuid.UUID]string, years map[string]bounds) string {
	all := make([]string, len(words))
	for i, parts := range words {
		last := len(parts) - 1
		whole := make([]string, len(parts))
		for k, part := range parts {
			whole[k] = "'" + part + "'"
		}
		_, year := years[strings.Join(parts, "-")]
		if last == 0 || len(parts[last]) > 1 && !year {
			whole[last] += ":*"
		}
		either := []string{"(" + strings.Join(whole, " & ") + ")"}
		for id, title := range titles {
			if strings.Contains(title, strings.Join(parts, " ")) {
				either = append(either, markService(id))
			}
		}
		all[i] = "(" + strings.Join(either, " | ") + ")"
	}
	return strings.Join(all, " & ")
}

// bounds are when the first and the last of some cases were received.
type bounds struct{ first, last time.Time }

var yearOfNumber = regexp.MustCompile(`^[a-z]+-\d\d$`)

// years gives, of the words of a search, those with which numbers of cases begin up to their year, such as mep-26, and when these cases came in.
func (s *Service) years(ctx context.Context, words [][]string) (map[string]bounds, error) {
	years := map[string]bounds{}
	var typed []string
	for _, parts := range words {
		if one := strings.Join(parts, "-"); yearOfNumber.MatchString(one) && len(typed) < mostYears {
			typed = append(typed, one)
		}
	}
	if len(typed) == 0 {
		return years, nil
	}
	const numbers = "SELECT received_at FROM cases WHERE lower(split_part(number, '-', 1) || '-' || split_part(number, '-', 2)) = typed ORDER BY received_at"
	rows, err := s.db.Pgx(ctx).Query(ctx, "SELECT typed, ("+numbers+" LIMIT 1), ("+numbers+" DESC LIMIT 1) FROM unnest($1::text[]) AS typed", typed)
	if err != nil {
		return nil, fmt.Errorf("read when numbers of a year came in: %w", err)
	}
	var year string
	var first, last *time.Time
	_, err = pgx.ForEachRow(rows, []any{&year, &first, &last}, func() error {
		if first != nil && last != nil {
			years[year] = bounds{*first, *last}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read when numbers of a year came in: %w", err)
	}
	return years, nil
}

// begin gives the place before which a list has nothing that fits, where numbers of a year are searched: none of these is received before the first
// of them, nor due. Empty: not known, or a service is called so.
func (f Filter) begin(years map[string]bounds, titles map[uuid.UUID]string) string {
	for typed, b := range years {
		for _, title := range titles {
			if strings.Contains(title, strings.ReplaceAll(typed, "-", " ")) {
				return ""
			}
		}
		switch f.Sort {
		case types.OldestFirst:
			return paging.Cursor(b.first, uuid.Nil)
		case types.DueFirst:
			return paging.Cursor(b.first.AddDate(0, 0, -2), uuid.Max) // before it by any clock
		default:
			return paging.Cursor(b.last, uuid.Max)
		}
	}
	return ""
}

// What lists are narrowed by, as the column cases.words has it.
func markUnit(id uuid.UUID) string    { return "'#" + id.String() + "'" }
func markService(id uuid.UUID) string { return "'+" + id.String() + "'" }
func markAssignee(id string) string   { return "'@" + id + "'" }
func markState(state string) string   { return "'=" + state + "'" }
func either[T any](all []T, mark func(T) string) string {
	words := []string{"'-'"} // no word, where there are none
	for _, one := range all {
		words = append(words, mark(one))
	}
	return "(" + strings.Join(words, " | ") + ")"
}

// narrowed adds to a search what the index of words has of a filter: all but the dates.
func narrowed(words string, f Filter, reach httpx.Reach) string {
	if !reach.Everywhere {
		words += " & " + either(reach.Units, markUnit)
	}
	if f.Service != nil {
		words += " & " + markService(*f.Service)
	}
	switch {
	case f.Assignee != nil && *f.Assignee == uuid.Nil:
		words += " & " + markAssignee("")
	case f.Assignee != nil:
		words += " & " + markAssignee(f.Assignee.String())
	}
	if f.State != "" || f.onlyOpen() {
		words += " & " + either(f.states(f.State), markState)
	}
	return words
}

// titlesQuery reads each service of which there are cases, one by one by the index, with the title that a case of it has.
const titlesQuery = `WITH RECURSIVE service AS (
	(SELECT service_id, service_title FROM cases ORDER BY service_id LIMIT 1)
	UNION ALL
	SELECT next.service_id, next.service_title FROM service,
		LATERAL (SELECT service_id, service_title FROM cases WHERE service_id > service.service_id ORDER BY service_id LIMIT 1) AS next
) SELECT service_id, service_title FROM service`

// titles gives the titles of the services of which there are cases within reach, and of the person of the filter, folded.
func (s *Service) titles(ctx context.Context, f Filter, reach httpx.Reach) (map[uuid.UUID]string, error) {
	q := &query{}
	var where []string
	if f.Service != nil {
		where = append(where, "service_id = "+q.arg(*f.Service))
	}
	if f.Assignee != nil && *f.Assignee != uuid.Nil {
		where = append(where, "service_id = ANY (ARRAY(SELECT DISTINCT service_id FROM cases WHERE assignee = "+q.arg(*f.Assignee)+"))")
	}
	if !reach.Everywhere {
		where = append(where, "EXISTS (SELECT FROM cases c WHERE c.organisation_id = ANY ("+q.arg(reach.Units)+"::uuid[]) AND c.service_id = service.service_id)")
	}
	text := titlesQuery
	if len(where) > 0 {
		text += " WHERE " + strings.Join(where, " AND ")
	}
	rows, err := s.db.Pgx(ctx).Query(ctx, text, q.args...)
	if err != nil {
		return nil, fmt.Errorf("read titles: %w", err)
	}
	titles := map[uuid.UUID]string{}
	var id uuid.UUID
	var title map[string]string
	_, err = pgx.ForEachRow(rows, []any{&id, &title}, func() error {
		text := fold(title["de"] + " " + title["en"])
		titles[id] = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(between, r) }), " ")
		title = nil
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read titles: %w", err)
	}
	return titles, nil
}

// hit is a case that fits a search.
type hit struct {
	id         uuid.UUID
	state      types.CaseState
	receivedAt time.Time
	dueOn      time.Time
}

// search gives a page of the cases that fit a search. What many fit is found among the first cases of the list; what few fit, by the index
// of words. Either would take seconds for the other.
func (s *Service) search(ctx context.Context, f Filter, reach httpx.Reach, words [][]string) (List, error) {
	titles, err := s.titles(ctx, f, reach)
	if err != nil {
		return List{}, err
	}
	years, err := s.years(ctx, words)
	if err != nil {
		return List{}, err
	}
	f.from = f.begin(years, titles)
	text := asked(words, titles, years)
	share, err := s.share(ctx, text)
	if err != nil {
		return List{}, err
	}
	if share < common {
		anyState := f
		anyState.State = ""
		found, err := s.find(ctx, anyState, reach, text, maxCount+1)
		if err != nil {
			return List{}, err
		}
		if len(found) <= maxCount {
			return s.page(ctx, f, found, countHits(found))
		}
	}
	looked := max(leastLooked, int(2*float64(f.Limit+1)/max(share, 0.001)))
	if looked > mostLooked {
		hits, err := s.findFirst(ctx, f, reach, text)
		if err != nil {
			return List{}, err
		}
		return s.page(ctx, f, hits, nil)
	}
	return s.searchCommon(ctx, f, reach, text, looked)
}

// searchCommon gives a page of a search that many cases fit, most likely some of those looked through first. They are counted only where the
// list is no longer than these.
func (s *Service) searchCommon(ctx context.Context, f Filter, reach httpx.Reach, words string, looked int) (List, error) {
	if f.State != "" && f.Cursor == "" {
		anyState := f
		anyState.State = ""
		short, err := s.shorter(ctx, anyState, reach, looked)
		if err != nil {
			return List{}, err
		}
		if short {
			hits, _, err := s.look(ctx, anyState, reach, words, looked)
			if err != nil {
				return List{}, err
			}
			return s.page(ctx, f, hits, countHits(hits))
		}
	}
	hits, all, err := s.look(ctx, f, reach, words, looked)
	if err != nil {
		return List{}, err
	}
	if all && f.State == "" && f.Cursor == "" {
		return s.page(ctx, f, hits, countHits(hits))
	}
	if !all && len(hits) <= f.Limit {
		if hits, err = s.findFirst(ctx, f, reach, words); err != nil {
			return List{}, err
		}
	}
	return s.page(ctx, f, hits, nil)
}

// shorter says whether the list of a filter but for its search has fewer cases than that.
func (s *Service) shorter(ctx context.Context, f Filter, reach httpx.Reach, than int) (bool, error) {
	q := &query{}
	part, err := s.part(q, f, reach, than)
	if err != nil {
		return false, err
	}
	var count int
	if err := s.db.Pgx(ctx).QueryRow(ctx, "SELECT count(*) FROM ("+part+") AS first", q.args...).Scan(&count); err != nil {
		return false, fmt.Errorf("count cases: %w", err)
	}
	return count < than, nil
}

func countHits(hits []hit) map[types.CaseState]int {
	counts := map[types.CaseState]int{}
	for _, h := range hits {
		counts[h.state]++
	}
	return counts
}

// share estimates the share of all cases that fit a search, as the planner knows the most common words of the column. For what is not among
// these it says one in fifty at most.
func (s *Service) share(ctx context.Context, words string) (float64, error) {
	var plans []struct {
		Plan struct {
			Plans []struct {
				Rows float64 `json:"Plan Rows"`
			}
		}
	}
	err := s.db.Pgx(ctx).QueryRow(ctx, "EXPLAIN (FORMAT JSON) SELECT FROM cases UNION ALL SELECT FROM cases WHERE words @@ $1::tsquery", words).Scan(&plans)
	if err != nil || len(plans) != 1 || len(plans[0].Plan.Plans) != 2 {
		return 0, fmt.Errorf("estimate a search: %w", err)
	}
	return plans[0].Plan.Plans[1].Rows / max(plans[0].Plan.Plans[0].Rows, 1), nil
}

// look looks through the first cases of a filter, behind its cursor, for what is searched. all says that there are no more.
func (s *Service) look(ctx context.Context, f Filter, reach httpx.Reach, words string, looked int) (hits []hit, all bool, err error) {
	q := &query{}
	part, err := s.part(q, f, reach, looked)
	if err != nil {
		return nil, false, err
	}
	fits := "FILTER (WHERE c.words @@ " + q.arg(words) + "::tsquery)"
	var count int
	var ids []uuid.UUID
	var states []types.CaseState
	var received, due []time.Time
	err = s.db.Pgx(ctx).QueryRow(ctx, `SELECT count(*), array_agg(c.id) `+fits+`, array_agg(c.state) `+fits+`, array_agg(c.received_at) `+fits+`, array_agg(c.due_on) `+fits+`
		FROM (`+part+`) AS first JOIN cases c ON c.id = first.id`, q.args...).Scan(&count, &ids, &states, &received, &due)
	if err != nil {
		return nil, false, fmt.Errorf("look through cases: %w", err)
	}
	hits = make([]hit, len(ids))
	for i := range ids {
		hits[i] = hit{ids[i], states[i], received[i], due[i]}
	}
	return hits, count < looked, nil
}

// find asks the index of words for cases that fit a search and a filter, for so many at most, in no order, wherever the cursor is.
func (s *Service) find(ctx context.Context, f Filter, reach httpx.Reach, words string, most int) ([]hit, error) {
	q := &query{}
	return s.hits(ctx, q, s.fitting(q, f, reach, words)+fmt.Sprintf(" LIMIT %d", most))
}

// findFirst asks the index of words for the first cases of a page that fit a search and a filter, however many do.
func (s *Service) findFirst(ctx context.Context, f Filter, reach httpx.Reach, words string) ([]hit, error) {
	q, o := &query{}, f.order()
	text := s.fitting(q, f, reach, words)
	if from := cmp.Or(f.Cursor, f.from); from != "" {
		at, id, err := paging.Position(from)
		if err != nil {
			return nil, err
		}
		text += " AND " + fmt.Sprintf(o.behind, q.arg(at), q.arg(id))
	}
	if o.within != "" {
		some, err := s.hits(ctx, q, text+fmt.Sprintf(" LIMIT %d", maxCount+1))
		if err != nil || len(some) <= maxCount {
			return some, err
		}
		// Those are the first ones that were written, and so the first ones of the list or nearly: none that belongs on the page is behind as many of them.
		slices.SortFunc(some, f.compare)
		last := some[f.Limit]
		text += " AND state = ANY (" + q.arg(f.states(f.State)) + "::text[]) AND " + fmt.Sprintf(o.within, q.arg(o.place(Summary{ReceivedAt: last.receivedAt, DueOn: last.dueOn})))
	}
	return s.hits(ctx, q, "WITH fitting AS MATERIALIZED ("+text+") SELECT * FROM fitting ORDER BY "+o.by+fmt.Sprintf(" LIMIT %d", f.Limit+1))
}

// fitting writes a statement that gives the cases that fit a search and a filter but for its cursor.
func (s *Service) fitting(q *query, f Filter, reach httpx.Reach, words string) string {
	text := "SELECT id, state, received_at, due_on FROM cases WHERE words @@ " + q.arg(narrowed(words, f, reach)) + "::tsquery"
	if f.Overdue {
		text += " AND due_on < " + q.arg(s.dayOf(s.now())) + "::date"
	}
	return text
}

func (s *Service) hits(ctx context.Context, q *query, text string) (hits []hit, err error) {
	err = s.db.Tx(ctx, func(ctx context.Context) error {
		// The planner can only guess how many cases a beginning of a word fits; where few do, reading all cases would take seconds.
		if err := s.db.Later(ctx, "ask the index", "SET LOCAL enable_seqscan = off"); err != nil {
			return err
		}
		rows, err := s.db.Pgx(ctx).Query(ctx, text, q.args...)
		if err != nil {
			return err
		}
		hits, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (h hit, err error) {
			err = row.Scan(&h.id, &h.state, &h.receivedAt, &h.dueOn)
			return h, err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find cases: %w", err)
	}
	return hits, nil
}

// page reads a page of hits: of the filter's state, and behind its cursor.
func (s *Service) page(ctx context.Context, f Filter, hits []hit, counts map[types.CaseState]int) (List, error) {
	if f.State != "" {
		hits = slices.DeleteFunc(hits, func(h hit) bool { return h.state != f.State })
	}
	slices.SortFunc(hits, f.compare)
	if f.Cursor != "" {
		at, id, err := paging.Position(f.Cursor)
		if err != nil {
			return List{}, err
		}
		behind := hit{id: id, receivedAt: at, dueOn: at}
		hits = slices.DeleteFunc(hits, func(h hit) bool { return f.compare(h, behind) <= 0 })
	}
	ids := make([]uuid.UUID, 0, f.Limit+1)
	for _, h := range hits[:min(len(hits), f.Limit+1)] {
		ids = append(ids, h.id)
	}
	if len(ids) == 0 {
		return List{Counts: counts}, nil
	}
	q := &query{}
	items, err := s.summaries(ctx, f, "unnest("+q.arg(ids)+"::uuid[])", q)
	return f.cut(items, counts), err
}

// compare is the order of the filter.
func (f Filter) compare(a, b hit) int {
	switch f.Sort {
	case types.OldestFirst:
		return cmp.Or(a.receivedAt.Compare(b.receivedAt), bytes.Compare(a.id[:], b.id[:]))
	case types.DueFirst:
		return cmp.Or(a.dueOn.Compare(b.dueOn), bytes.Compare(a.id[:], b.id[:]))
	default:
		return cmp.Or(b.receivedAt.Compare(a.receivedAt), bytes.Compare(b.id[:], a.id[:]))
	}
}
