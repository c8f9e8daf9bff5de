package cases

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

const (
	// dueWithin is when a case should be done where nobody says anything else, in days.
	dueWithin = 28
	// farthestDue is how far away a date can be set, in years.
	farthestDue = 10
)

// berlin gives the zone in which the offices are; without a database of zones, that of the Greenwich meridian.
func berlin() *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		return time.UTC
	}
	return zone
}

// dayOf gives the day of a moment in Berlin, at midnight UTC, as the database keeps days.
func (s *Service) dayOf(at time.Time) time.Time {
	year, month, day := at.In(s.zone).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// overdue says whether a case should be done by now and is not.
func (s *Service) overdue(state types.CaseState, dueOn time.Time) bool {
	return open(state) && dueOn.Before(s.dayOf(s.now()))
}

// Plan is what changes in whose a case is, and when it should be done; nil leaves it.
type Plan struct {
	Assignee *uuid.UUID // uuid.Nil: nobody
	DueOn    *time.Time // the day, at midnight UTC
}

// Plan gives a case to somebody, or sets its date. ifMatch is the ETag of the case that the caller has seen; another one is refused
// (412), and a finished case (409). Only a clerk of the case's unit can be given it (422).
func (s *Service) Plan(ctx context.Context, id uuid.UUID, ifMatch string, p Plan) (Case, error) {
	var r caseRow
	err := s.db.Tx(ctx, func(ctx context.Context) (err error) {
		if r, err = s.lockCase(ctx, id); err != nil {
			return err
		}
		if ctx, err = s.within(ctx, r); err != nil {
			return err
		}
		if ifMatch != tag(r.Version) && ifMatch != "*" {
			return problem.Changed()
		}
		if !open(r.State) {
			return errFinished(r.State)
		}
		return s.plan(ctx, &r, p)
	})
	if err != nil {
		return Case{}, err
	}
	return s.full(ctx, r)
}

// plan changes a locked case.
func (s *Service) plan(ctx context.Context, r *caseRow, p Plan) error {
	if err := s.checkPlan(ctx, *r, p); err != nil {
		return err
	}
	if p.Assignee != nil {
		r.Assignee = p.Assignee
		if *p.Assignee == uuid.Nil {
			r.Assignee = nil
		}
	}
	if p.DueOn != nil {
		r.DueOn = *p.DueOn
	}
	r.ChangedAt = s.now()
	r.Version++
	err := s.db.From(ctx).Exec("UPDATE cases SET assignee = ?, due_on = ?::date, changed_at = ?, version = ? WHERE id = ?", r.Assignee, r.DueOn, r.ChangedAt, r.Version, r.ID).Error
	if err != nil {
		return fmt.Errorf("plan case: %w", err)
	}
	if p.Assignee != nil {
		if err := s.audit.Record(ctx, "case.assign", object(r.ID), p.Assignee.String()); err != nil {
			return err
		}
	}
	if p.DueOn != nil {
		if err := s.audit.Record(ctx, "case.due", object(r.ID), p.DueOn.Format(time.DateOnly)); err != nil {
			return err
		}
	}
	return s.changed(ctx, *r)
}

func (s *Service) checkPlan(ctx context.Context, r caseRow, p Plan) error {
	if p.Assignee != nil && *p.Assignee != uuid.Nil {
		names, err := s.clerksOf(ctx, r)
		if err != nil {
			return err
		}
		if _, ok := names[*p.Assignee]; !ok {
			return problem.Invalid(problem.FieldError{Pointer: "/assignee", Code: "unknown"})
		}
	}
	if today := s.dayOf(s.now()); p.DueOn != nil && (p.DueOn.Before(today) || p.DueOn.After(today.AddDate(farthestDue, 0, 0))) {
		return problem.Invalid(problem.FieldError{Pointer: "/dueOn", Code: "date"})
	}
	return nil
}

// clerksOf gives the names of those who may be given a case.
func (s *Service) clerksOf(ctx context.Context, r caseRow) (map[uuid.UUID]string, error) {
	units, err := s.units.Above(ctx, r.OrganisationID)
	if err != nil {
		return nil, err
	}
	return s.colleagues.StaffWithRole(ctx, roleClerk, units)
}

// Colleague is a clerk, with the open cases that they have within the reach of who asks.
type Colleague struct {
	ID      uuid.UUID
	Name    string
	Open    int
	Overdue int
}

// Clerks gives the clerks of the units in which the caller of ctx is one or, for a case, those who may be given it.
func (s *Service) Clerks(ctx context.Context, caseID *uuid.UUID) ([]Colleague, error) {
	reach, err := s.reach(ctx)
	if err != nil {
		return nil, err
	}
	names, err := s.clerkNames(ctx, reach, caseID)
	if err != nil {
		return nil, err
	}
	loads, err := s.loads(ctx, reach)
	if err != nil {
		return nil, err
	}
	all := make([]Colleague, 0, len(names))
	for id, name := range names {
		load := loads[id]
		all = append(all, Colleague{ID: id, Name: name, Open: load.Open, Overdue: load.Overdue})
	}
	return all, nil
}

func (s *Service) clerkNames(ctx context.Context, reach httpx.Reach, caseID *uuid.UUID) (map[uuid.UUID]string, error) {
	if caseID != nil {
		r, err := s.readCase(ctx, *caseID)
		if err == nil && !reach.Has(r.OrganisationID) {
			err = errUnknown
		}
		if err != nil {
			return nil, err
		}
		return s.clerksOf(ctx, r)
	}
	if reach.Everywhere {
		return s.colleagues.StaffWithRole(ctx, roleClerk, nil)
	}
	return s.colleagues.StaffWithRole(ctx, roleClerk, reach.Units)
}

// loads counts the open cases within a reach by who has them; uuid.Nil has those that nobody has.
func (s *Service) loads(ctx context.Context, reach httpx.Reach) (map[uuid.UUID]Colleague, error) {
	var rows []struct {
		Assignee *uuid.UUID
		Open     int
		Overdue  int
	}
	query := s.db.From(ctx).Model(&caseRow{}).Where("open").Group("assignee").
		Select("assignee, count(*) AS open, count(*) FILTER (WHERE due_on < ?::date) AS overdue", s.dayOf(s.now()))
	if !reach.Everywhere {
		query = query.Where("organisation_id = ANY (?::uuid[])", array(reach.Units))
	}
	if err := query.Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("count cases by person: %w", err)
	}
	loads := make(map[uuid.UUID]Colleague, len(rows))
	for _, r := range rows {
		id := uuid.Nil
		if r.Assignee != nil {
			id = *r.Assignee
		}
		loads[id] = Colleague{ID: id, Open: r.Open, Overdue: r.Overdue}
	}
	return loads, nil
}
