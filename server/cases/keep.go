package cases

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

const (
	// keepMonths is how long closed cases are kept where nobody has set anything.
	keepMonths = 120
	// keptAfterChange is how many days longer a case is kept when a period was made shorter: there may be a mistake in it.
	keptAfterChange = 7
)

// rule is what is set for the portal, for a service, or for a service at one office.
type rule struct {
	ID         uuid.UUID `gorm:"primaryKey"`
	ServiceID  *uuid.UUID
	Unit       *uuid.UUID
	KeepMonths *int
	FourEyes   *bool
	ChangedAt  time.Time `gorm:"autoUpdateTime:false"` // when KeepMonths was changed
}

func (rule) TableName() string { return "case_rules" }

// competence is a service at an office.
type competence struct {
	Unit, Service           uuid.UUID
	ServiceTitle, Organised map[string]string // texts of one of its cases
}

// weight says how particular a rule is; negative where it is for something else.
func (r rule) weight(c competence) int {
	switch {
	case r.ServiceID == nil:
		return 0
	case *r.ServiceID != c.Service, r.Unit != nil && *r.Unit != c.Unit:
		return -1
	case r.Unit == nil:
		return 1
	}
	return 2
}

// keeping is how long cases are kept, and on which day that was changed last.
type keeping struct {
	months  int
	changed time.Time
}

// keepingOf chooses among rules what counts for a competence.
func keepingOf(rules []rule, c competence) keeping {
	k, best := keeping{months: keepMonths}, -1
	for _, r := range rules {
		weight := r.weight(c)
		if weight < 0 {
			continue
		}
		if r.ChangedAt.After(k.changed) {
			k.changed = r.ChangedAt
		}
		if r.KeepMonths != nil && weight > best {
			k.months, best = *r.KeepMonths, weight
		}
	}
	return k
}

// fourEyesOf says whether decisions of a competence need a second clerk.
func fourEyesOf(rules []rule, c competence) bool {
	asked, best := false, -1
	for _, r := range rules {
		if weight := r.weight(c); r.FourEyes != nil && weight > best {
			asked, best = *r.FourEyes, weight
		}
	}
	return asked
}

// deleteOn gives the day on which a case goes that was closed then.
func (s *Service) deleteOn(closed time.Time, k keeping) time.Time {
	day := s.dayOf(closed).AddDate(0, k.months, 0)
	if earliest := s.dayOf(k.changed).AddDate(0, 0, keptAfterChange); !k.changed.IsZero() && day.Before(earliest) {
		return earliest
	}
	return day
}

// closedAt is when a closed case was closed, as far as it is known.
func (r caseRow) closedAt() time.Time {
	if r.ClosedAt != nil {
		return *r.ClosedAt
	}
	return r.ChangedAt
}

// rulesOf reads the rules that can count for a competence.
func (s *Service) rulesOf(ctx context.Context, service, unit uuid.UUID) ([]rule, error) {
	var rules []rule
	err := s.db.From(ctx).Raw("SELECT * FROM case_rules WHERE service_id IS NULL OR (service_id = ? AND (unit IS NULL OR unit = ?))", service, unit).Scan(&rules).Error
	if err != nil {
		return nil, fmt.Errorf("read rules of cases: %w", err)
	}
	return rules, nil
}

func (s *Service) allRules(ctx context.Context) ([]rule, error) {
	var rules []rule
	if err := s.db.From(ctx).Find(&rules).Error; err != nil {
		return nil, fmt.Errorf("read rules of cases: %w", err)
	}
	return rules, nil
}

// competencesQuery reads each service at an office of which there are cases, one by one by the index.
const competencesQuery = `WITH RECURSIVE competence AS (
	(SELECT organisation_id, service_id, service_title, organisation_name FROM cases ORDER BY organisation_id, service_id LIMIT 1)
	UNION ALL
	SELECT next.* FROM competence, LATERAL (SELECT organisation_id, service_id, service_title, organisation_name FROM cases
		WHERE (organisation_id, service_id) > (competence.organisation_id, competence.service_id) ORDER BY organisation_id, service_id LIMIT 1) AS next
) SELECT organisation_id, service_id, service_title, organisation_name FROM competence`

func (s *Service) competences(ctx context.Context) ([]competence, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, competencesQuery)
	if err != nil {
		return nil, fmt.Errorf("read competences of cases: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c competence, err error) {
		err = row.Scan(&c.Unit, &c.Service, &c.ServiceTitle, &c.Organised)
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("read competences of cases: %w", err)
	}
	return all, nil
}

// Rules are how long cases are kept, and whether their decisions need a second clerk.
type Rules struct {
	KeepMonths int
	FourEyes   bool
	Items      []Rule // a service, and behind it its offices
}

// Rule is what is set for a service, or for a service at one office.
type Rule struct {
	ServiceID        uuid.UUID
	ServiceTitle     map[string]string
	Unit             *uuid.UUID // nil: the service everywhere
	OrganisationName map[string]string
	KeepMonths       *int  // nil: nothing is set
	KeptMonths       int   // what counts
	FourEyes         *bool // nil: nothing is set
	NeedsFourEyes    bool  // what counts
}

// Rules gives what is set for the portal, for each competence of which there are cases, and for services of which there are none yet.
func (s *Service) Rules(ctx context.Context) (Rules, error) {
	rules, err := s.allRules(ctx)
	if err != nil {
		return Rules{}, err
	}
	all, err := s.competences(ctx)
	if err != nil {
		return Rules{}, err
	}
	if all, err = s.withRuled(ctx, all, rules); err != nil {
		return Rules{}, err
	}
	slices.SortFunc(all, func(a, b competence) int {
		return cmp.Or(cmp.Compare(fold(localized(a.ServiceTitle, "de")), fold(localized(b.ServiceTitle, "de"))), cmp.Compare(a.Service.String(), b.Service.String()),
			cmp.Compare(fold(localized(a.Organised, "de")), fold(localized(b.Organised, "de"))), cmp.Compare(a.Unit.String(), b.Unit.String()))
	})
	out := Rules{KeepMonths: keepingOf(rules, competence{}).months, FourEyes: fourEyesOf(rules, competence{})}
	for i, c := range all {
		if everywhere := (competence{Service: c.Service, ServiceTitle: c.ServiceTitle}); i == 0 || all[i-1].Service != c.Service {
			out.Items = append(out.Items, describeRule(rules, everywhere, 1))
		}
		if c.Unit == uuid.Nil {
			continue
		}
		office := describeRule(rules, c, 2)
		office.Unit, office.OrganisationName = &c.Unit, c.Organised
		out.Items = append(out.Items, office)
	}
	return out, nil
}

// withRuled adds to competences the services for which something is set, without an office, where they are not among them.
func (s *Service) withRuled(ctx context.Context, all []competence, rules []rule) ([]competence, error) {
	var added []uuid.UUID
	for _, r := range rules {
		if r.Unit == nil && r.ServiceID != nil && (r.KeepMonths != nil || r.FourEyes != nil) && !slices.ContainsFunc(all, func(c competence) bool { return c.Service == *r.ServiceID }) {
			added = append(added, *r.ServiceID)
		}
	}
	titles, err := s.services.ServiceTitles(ctx, added)
	if err != nil {
		return nil, fmt.Errorf("read titles of services: %w", err)
	}
	for _, id := range added {
		title := titles[id]
		if title == nil { // it has left the catalog
			title = map[string]string{"de": id.String()}
		}
		all = append(all, competence{Service: id, ServiceTitle: title})
	}
	return all, nil
}

// describeRule gives what counts for a competence, and what the rule of this weight says itself.
func describeRule(rules []rule, c competence, weight int) Rule {
	out := Rule{ServiceID: c.Service, ServiceTitle: c.ServiceTitle, KeptMonths: keepingOf(rules, c).months, NeedsFourEyes: fourEyesOf(rules, c)}
	for _, r := range rules {
		if r.weight(c) == weight {
			out.KeepMonths, out.FourEyes = r.KeepMonths, r.FourEyes
		}
	}
	return out
}

// SetRule sets how long closed cases are kept, and whether decisions need a second clerk: of the portal, of a service (and of one office, with unit). nil
// takes back what was set. A service that nobody knows, or an office that has no cases of it, is refused (422).
func (s *Service) SetRule(ctx context.Context, service, unit *uuid.UUID, months *int, fourEyes *bool) error {
	switch {
	case service == nil && unit != nil:
		return problem.Invalid(problem.FieldError{Pointer: "/serviceId", Code: "required"})
	case service == nil && months == nil:
		return problem.Invalid(problem.FieldError{Pointer: "/keepMonths", Code: "required"})
	case service != nil:
		var known bool
		err := s.db.From(ctx).Raw(`SELECT EXISTS (SELECT FROM cases WHERE service_id = ? AND organisation_id = COALESCE(?, organisation_id))
			OR EXISTS (SELECT FROM case_rules WHERE service_id = ? AND unit IS NOT DISTINCT FROM ?::uuid)`, *service, unit, *service, unit).Scan(&known).Error
		switch {
		case err != nil:
			return fmt.Errorf("look for cases: %w", err)
		case known:
		case unit != nil:
			return problem.Invalid(problem.FieldError{Pointer: "/unit", Code: "unknown"})
		default:
			if err := s.knownService(ctx, service, "/serviceId"); err != nil {
				return err
			}
		}
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make id: %w", err)
	}
	return s.db.Tx(ctx, func(ctx context.Context) error {
		err := s.db.From(ctx).Exec(`INSERT INTO case_rules AS r (id, service_id, unit, keep_months, four_eyes, changed_at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT ON CONSTRAINT case_rules_competence DO UPDATE SET keep_months = excluded.keep_months, four_eyes = excluded.four_eyes,
				changed_at = CASE WHEN r.keep_months IS DISTINCT FROM excluded.keep_months THEN excluded.changed_at ELSE r.changed_at END`,
			id, service, unit, months, fourEyes, s.now()).Error
		if err != nil {
			return fmt.Errorf("set rule of cases: %w", err)
		}
		of, kept := "portal", "none"
		if service != nil {
			of = "service:" + service.String()
		}
		if unit != nil {
			of += " organisation:" + unit.String()
		}
		if months != nil {
			kept = fmt.Sprintf("%d months", *months)
		}
		if fourEyes != nil {
			kept += fmt.Sprintf(", four eyes: %t", *fourEyes)
		}
		return s.audit.Record(ctx, "case.rule", of, kept)
	})
}

// Hold keeps a case from being deleted.
type Hold struct {
	Reason string
	By     uuid.UUID
	At     time.Time
}

const sealHold = "cases hold"

type holdRow struct {
	CaseID uuid.UUID `gorm:"primaryKey"`
	Reason []byte
	SetBy  uuid.UUID
	At     time.Time
}

func (holdRow) TableName() string { return "case_holds" }

func (s *Service) holdOf(ctx context.Context, caseID uuid.UUID) (*Hold, error) {
	var r holdRow
	err := s.db.From(ctx).Raw("SELECT * FROM case_holds WHERE case_id = ?", caseID).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read hold: %w", err)
	}
	reason, err := s.keys.Open(sealHold, r.Reason, caseID[:])
	if err != nil {
		return nil, err
	}
	return &Hold{Reason: string(reason), By: r.SetBy, At: r.At}, nil
}

// Hold keeps a case from being deleted, for a reason; a hold that is there gets the new one.
func (s *Service) Hold(ctx context.Context, id uuid.UUID, reason string) (Case, error) {
	return s.onHold(ctx, id, "case.hold", func(ctx context.Context, by uuid.UUID) error {
		sealed, err := s.keys.Seal(sealHold, []byte(reason), id[:])
		if err != nil {
			return err
		}
		return s.db.From(ctx).Exec(`INSERT INTO case_holds (case_id, reason, set_by, at) VALUES (?, ?, ?, ?)
			ON CONFLICT (case_id) DO UPDATE SET reason = excluded.reason, set_by = excluded.set_by, at = excluded.at`, id, sealed, by, s.now()).Error
	})
}

// EndHold lets a case be deleted again when its period has passed.
func (s *Service) EndHold(ctx context.Context, id uuid.UUID) (Case, error) {
	return s.onHold(ctx, id, "case.hold.end", func(ctx context.Context, _ uuid.UUID) error {
		return s.db.From(ctx).Exec("DELETE FROM case_holds WHERE case_id = ?", id).Error
	})
}

func (s *Service) onHold(ctx context.Context, id uuid.UUID, action string, fn func(ctx context.Context, by uuid.UUID) error) (Case, error) {
	err := s.db.Tx(ctx, func(ctx context.Context) error {
		r, err := s.lockCase(ctx, id)
		if err != nil {
			return err
		}
		if ctx, err = s.within(ctx, r); err != nil {
			return err
		}
		if err := fn(ctx, httpx.CallerOf(ctx).AccountID); err != nil {
			return fmt.Errorf("%s: %w", action, err)
		}
		if err := s.db.From(ctx).Exec("UPDATE cases SET version = version + 1 WHERE id = ?", id).Error; err != nil {
			return fmt.Errorf("change case: %w", err)
		}
		if err := s.audit.Record(ctx, action, object(id), ""); err != nil {
			return err
		}
		return s.changed(ctx, r)
	})
	if err != nil {
		return Case{}, err
	}
	return s.again(ctx, id)
}
