package accounts

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// Units knows this portal's organisational units.
type Units interface {
	// Below gives some units with all that belong to them.
	Below(ctx context.Context, units []uuid.UUID) ([]uuid.UUID, error)
	// OwnUnitNames gives the names, by language, of those units that there are.
	OwnUnitNames(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]map[string]string, error)
}

// reach says where the caller of ctx gives and takes roles.
func (s *Service) reach(ctx context.Context) (httpx.Reach, error) {
	return httpx.ReachOf(ctx, s.rooms.Units, string(types.Admin))
}

func allRoles() []types.Role {
	return []types.Role{types.Clerk, types.Editor, types.Publisher, types.Admin, types.Auditor}
}

// rolesWithin are all words for roles in the units of a reach.
func rolesWithin(reach httpx.Reach) []string {
	words := make([]string, 0, len(reach.Units)*len(allRoles()))
	for _, unit := range reach.Units {
		for _, role := range allRoles() {
			words = append(words, httpx.UnitRole{Role: string(role), Unit: unit}.Word())
		}
	}
	return words
}

// unitNames gives the names of the units in which accounts have roles.
func (s *Service) unitNames(ctx context.Context, rows ...accountRow) (map[uuid.UUID]map[string]string, error) {
	var ids []uuid.UUID
	for _, row := range rows {
		_, units := httpx.ReadRoles(row.Roles)
		ids = append(ids, idsOf(units)...)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return s.rooms.Units.OwnUnitNames(ctx, ids)
}

// roleWords brings roles to the words by which an account keeps them, each once; one for a unit is left out where there is the same for
// the whole portal. Units must be this portal's (422). Roles that the caller of ctx cannot give are unit-other (403).
func (s *Service) roleWords(ctx context.Context, everywhere []types.Role, units *[]types.UnitRoleGrant) ([]string, error) {
	words := make([]string, 0, len(everywhere))
	add := func(word string) {
		if !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	for _, role := range everywhere {
		add(string(role))
	}
	var ids []uuid.UUID
	if units != nil {
		for _, r := range *units {
			ids = append(ids, r.OrganisationId)
			if !slices.Contains(everywhere, r.Role) {
				add(httpx.UnitRole{Role: string(r.Role), Unit: r.OrganisationId}.Word())
			}
		}
	}
	if err := checkRoles(words); err != nil {
		return nil, err
	}
	if err := s.checkUnits(ctx, ids); err != nil {
		return nil, err
	}
	return words, s.mayGive(ctx, len(everywhere) > 0, ids)
}

func (s *Service) checkUnits(ctx context.Context, ids []uuid.UUID) error {
	if len(ids) == 0 {
		return nil
	}
	known, err := s.rooms.Units.OwnUnitNames(ctx, ids)
	if err != nil {
		return err
	}
	for i, id := range ids {
		if _, there := known[id]; !there {
			return problem.Invalid(problem.FieldError{Pointer: fmt.Sprintf("/unitRoles/%d/organisationId", i), Code: "unknown", Message: problem.Text{
				De: "Diese Organisationseinheit gibt es an diesem Portal nicht.", En: "There is no such organisational unit at this portal.",
			}})
		}
	}
	return nil
}

// mayGive refuses roles beyond what the caller of ctx administers.
func (s *Service) mayGive(ctx context.Context, everywhere bool, units []uuid.UUID) error {
	reach, err := s.reach(ctx)
	if err != nil || reach.Everywhere {
		return err
	}
	if everywhere || slices.ContainsFunc(units, func(id uuid.UUID) bool { return !reach.Has(id) }) {
		return errOtherUnit()
	}
	return nil
}

// aboutRoles names the unit for the audit when roles are for units only: the first one's. Words for the whole portal stand before others.
func aboutRoles(ctx context.Context, words []string) context.Context {
	if len(words) == 0 {
		return ctx
	}
	if _, units := httpx.ReadRoles(words[0]); len(units) == 1 {
		return httpx.WithUnit(ctx, units[0].Unit)
	}
	return ctx
}
