package editing

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/catalog"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// Whose an entry is: an office is its own unit's (or that of the unit above, until it is released), a competence its office's, a service
// of those units that are competent for it here. Everything else is the whole portal's. Who writes for some units only writes what is
// theirs, before and after, and moves no office out of them or under others: the tree of units says who sees which cases.

func roles(names ...string) []string { return names }

// belonging is what of an entry's content says whose it is.
type belonging struct {
	ParentID       *uuid.UUID `json:"parentId"`
	OrganisationID uuid.UUID  `json:"organisationId"`
}

func belongingOf(content json.RawMessage) belonging {
	var b belonging
	_ = json.Unmarshal(content, &b) // a draft may be of any form: what is not there belongs to nobody
	return b
}

// unit is the organisational unit that the audit names for an entry; nil for what is the whole portal's.
func (d *desk) unit() uuid.UUID {
	switch d.ref.Kind {
	case catalog.KindOrganisation:
		return d.id()
	case catalog.KindCompetence:
		return belongingOf(d.content()).OrganisationID
	}
	return uuid.Nil
}

// id is that of an entry of a kind that has UUIDs.
func (d *desk) id() uuid.UUID {
	id, _ := uuid.Parse(d.ref.ID) // it was checked to be one
	return id
}

// within gives the reach of the caller of ctx by some roles, and refuses (403 unit-other) when the entry lies outside of it.
func (s *Service) within(ctx context.Context, d *desk, roles ...string) (httpx.Reach, error) {
	reach, err := httpx.ReachOf(ctx, s.catalog, roles...)
	if err != nil || reach.Everywhere {
		return reach, err
	}
	contents, err := s.contents(ctx, d)
	if err != nil {
		return reach, err
	}
	if len(contents) == 0 {
		return reach, errOtherUnit()
	}
	for _, content := range contents {
		theirs, err := s.theirs(ctx, d, content, reach)
		if err != nil {
			return reach, err
		}
		if !theirs {
			return reach, errOtherUnit()
		}
	}
	return reach, nil
}

// may says whether the caller of ctx may deal with an entry by a role.
func (s *Service) may(ctx context.Context, d *desk, role string) (bool, error) {
	if caller := httpx.CallerOf(ctx); caller.HasRole(role) || !caller.HasRoleSomewhere(role) {
		return caller.HasRole(role), nil
	}
	_, err := s.within(ctx, d, role)
	if problem.Is(err, unitOther) {
		return false, nil
	}
	return err == nil, err
}

// contents are all that an entry says and may come to say: what is released, the draft, and what a deletion would bring back.
func (s *Service) contents(ctx context.Context, d *desk) ([]json.RawMessage, error) {
	var all []json.RawMessage
	if d.released {
		all = append(all, d.own.Content)
	}
	if d.row.Draft != nil {
		all = append(all, d.row.Draft)
	}
	if d.correction != nil && !d.released {
		all = append(all, d.sourceSays())
	}
	if d.row.DeletedAt == nil {
		return all, nil
	}
	last, found, err := s.store.version(ctx, d.ref, "number > $3", 0)
	if err == nil && found && last.Action == types.EntryVersionActionDeleted {
		all = append(all, last.Content)
	}
	return all, err
}

// staysWithin refuses a draft that would take an entry out of the caller's reach, or into it.
func (s *Service) staysWithin(ctx context.Context, d *desk, reach httpx.Reach) error {
	if reach.Everywhere || d.row.Draft == nil {
		return nil
	}
	theirs, err := s.theirs(ctx, d, d.row.Draft, reach)
	if err == nil && !theirs {
		err = errOtherUnit()
	}
	return err
}

// theirs says whether an entry with some content is within reach.
func (s *Service) theirs(ctx context.Context, d *desk, content json.RawMessage, reach httpx.Reach) (bool, error) {
	b := belongingOf(content)
	switch d.ref.Kind {
	case catalog.KindOrganisation:
		if b.ParentID != nil && reach.Has(*b.ParentID) {
			return !d.released || reach.Has(d.unit()), nil
		}
		return d.released && reach.Has(d.unit()) && sameParent(b, belongingOf(d.own.Content)), nil
	case catalog.KindCompetence:
		return reach.Has(b.OrganisationID), nil
	case catalog.KindService:
		units, err := s.catalog.UnitsOfService(ctx, d.id())
		return len(units) > 0 && !slices.ContainsFunc(units, func(unit uuid.UUID) bool { return !reach.Has(unit) }), err
	}
	return false, nil
}

func sameParent(a, b belonging) bool {
	return a.ParentID == nil && b.ParentID == nil || a.ParentID != nil && b.ParentID != nil && *a.ParentID == *b.ParentID
}

const unitOther = "unit-other"

func errOtherUnit() error {
	return problem.Forbidden(unitOther, "Das gehört nicht zu Ihrer Organisationseinheit.", "This does not belong to your organisational unit.").
		With(problem.Text{De: "Ändern kann es, wer für das ganze Portal oder für diese Einheit schreibt.", En: "Those who write for the whole portal or for that unit can change it."})
}
