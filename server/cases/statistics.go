package cases

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

const (
	defaultPeriod = 90 // days
	longestPeriod = 3  // years
)

// Period is from the first to the last day, both included; days at midnight UTC, meant in Berlin.
type Period struct{ From, To time.Time }

// Figures say how the cases of a period went.
type Figures struct {
	ServiceID    *uuid.UUID        // nil: of all services
	ServiceTitle map[string]string `gorm:"serializer:json"`
	Received     int
	Open         int
	Overdue      int
	Granted      int
	Refused      int
	Withdrawn    int
	Closed       int      // without a decision
	MedianDays   *float64 // from arrival to decision; nil: nothing is decided
	SlowDays     *float64 // nine of ten took no longer
	OldestDays   *int     // of the open ones; nil: there are none
}

// Statistics are the figures of a period, and who has what now.
type Statistics struct {
	Period
	Services []Figures // most received first
	Total    Figures
	People   []Colleague // with open cases, most first; uuid.Nil: nobody
}

// One reading gives the figures by service and, by the second grouping set, of all of them; deleted cases are counted as they were.
const figuresQuery = `
	SELECT service_id, (array_agg(service_title ORDER BY received_at DESC))[1] AS service_title, count(*) AS received,
		count(*) FILTER (WHERE open) AS open,
		count(*) FILTER (WHERE open AND due_on < CAST(@today AS date)) AS overdue,
		count(*) FILTER (WHERE state = 'granted') AS granted,
		count(*) FILTER (WHERE state = 'refused') AS refused,
		count(*) FILTER (WHERE state = 'withdrawn') AS withdrawn,
		count(*) FILTER (WHERE state = 'closed') AS closed,
		percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM decided_at - received_at) / 86400) AS median_days,
		percentile_disc(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM decided_at - received_at) / 86400) AS slow_days,
		floor(extract(epoch FROM CAST(@now AS timestamptz) - min(received_at) FILTER (WHERE open)) / 86400)::integer AS oldest_days
	FROM (
		SELECT service_id, service_title, received_at, decided_at, state, open, due_on FROM cases
		WHERE state IN ('received', 'inProgress', 'question', 'granted', 'refused', 'withdrawn', 'closed') -- all, as the index has them one by one
			AND received_at >= @from AND received_at < @until AND (@everywhere OR organisation_id = ANY (CAST(@units AS uuid[])))
		UNION ALL
		SELECT service_id, service_title, received_at, decided_at, state, false, NULL FROM case_remains
		WHERE received_at >= @from AND received_at < @until AND (@everywhere OR organisation_id = ANY (CAST(@units AS uuid[])))
	) AS cases
	GROUP BY GROUPING SETS ((service_id), ())
	ORDER BY received DESC, service_id`

// Statistics gives the figures of the cases of the caller's units that arrived in a period; zero days take the last 90. A period that
// ends before it begins, or is longer than three years, is refused (422).
func (s *Service) Statistics(ctx context.Context, p Period) (Statistics, error) {
	p, err := s.period(p)
	if err != nil {
		return Statistics{}, err
	}
	reach, err := s.reach(ctx)
	if err != nil {
		return Statistics{}, err
	}
	var rows []Figures
	err = s.db.From(ctx).Raw(figuresQuery, map[string]any{
		"today": s.dayOf(s.now()), "now": s.now(), "from": s.beginOf(p.From), "until": s.beginOf(p.To.AddDate(0, 0, 1)),
		"everywhere": reach.Everywhere, "units": array(reach.Units),
	}).Scan(&rows).Error
	if err != nil {
		return Statistics{}, fmt.Errorf("read figures: %w", err)
	}
	out := Statistics{Period: p}
	for _, f := range rows {
		if f.ServiceID == nil {
			f.ServiceTitle = nil
			out.Total = f
		} else {
			out.Services = append(out.Services, f)
		}
	}
	out.People, err = s.people(ctx, reach)
	return out, err
}

// people gives who has open cases within a reach.
func (s *Service) people(ctx context.Context, reach httpx.Reach) ([]Colleague, error) {
	loads, err := s.loads(ctx, reach)
	if err != nil {
		return nil, err
	}
	ids := make([]uuid.UUID, 0, len(loads))
	all := make([]Colleague, 0, len(loads))
	for id := range loads {
		ids = append(ids, id)
	}
	names, err := s.colleagues.StaffNames(ctx, ids)
	if err != nil {
		return nil, err
	}
	for id, load := range loads {
		load.Name = names[id]
		all = append(all, load)
	}
	slices.SortFunc(all, func(a, b Colleague) int {
		return cmp.Or(cmp.Compare(b.Open, a.Open), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID.String(), b.ID.String()))
	})
	return all, nil
}

func (s *Service) period(p Period) (Period, error) {
	if p.To.IsZero() {
		p.To = s.dayOf(s.now())
	}
	if p.From.IsZero() {
		p.From = p.To.AddDate(0, 0, 1-defaultPeriod)
	}
	switch {
	case p.To.Before(p.From):
		return p, problem.Invalid(problem.FieldError{Pointer: "#/query/to", Code: "date", Message: problem.Text{
			De: "Der letzte Tag liegt vor dem ersten.", En: "The last day is before the first.",
		}})
	case p.To.After(p.From.AddDate(longestPeriod, 0, 0)):
		return p, problem.Invalid(problem.FieldError{Pointer: "#/query/from", Code: "date", Message: problem.Text{
			De: "Mehr als drei Jahre auf einmal gehen nicht.", En: "No more than three years at once.",
		}})
	}
	return p, nil
}

// beginOf gives the moment at which a day begins in Berlin.
func (s *Service) beginOf(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, s.zone)
}
