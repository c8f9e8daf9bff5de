package httpx

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// UnitRole is a role for one organisational unit of this portal, and what belongs to it.
type UnitRole struct {
	Role string
	Unit uuid.UUID
}

// unitMark stands between a role and its unit, where roles are words separated by spaces.
const unitMark = "@"

// Word writes the role as accounts and sessions keep it: clerk@0198….
func (r UnitRole) Word() string { return r.Role + unitMark + r.Unit.String() }

// ReadRoles reads words separated by spaces: a role alone is for the whole portal, one with a unit's id behind @ for that unit.
// Words of no sense give no right.
func ReadRoles(words string) (everywhere []string, units []UnitRole) {
	for _, word := range strings.Fields(words) {
		role, unit, limited := strings.Cut(word, unitMark)
		if !limited {
			everywhere = append(everywhere, role)
			continue
		}
		if id, err := uuid.Parse(unit); err == nil {
			units = append(units, UnitRole{Role: role, Unit: id})
		}
	}
	return everywhere, units
}

// IsStaff says whether the caller works at this portal, with whichever rights.
func (c Caller) IsStaff() bool { return len(c.Roles) > 0 || len(c.UnitRoles) > 0 }

// HasRole says whether the caller has the role for the whole portal.
func (c Caller) HasRole(role string) bool { return slices.Contains(c.Roles, role) }

// HasRoleSomewhere says whether the caller has the role for the whole portal or for some unit of it. Who asks must then look at
// ReachOf.
func (c Caller) HasRoleSomewhere(role string) bool {
	return c.HasRole(role) || slices.ContainsFunc(c.UnitRoles, func(r UnitRole) bool { return r.Role == role })
}

// Units knows which organisational units belong to which.
type Units interface {
	// Below gives some units with all that belong to them, each once.
	Below(ctx context.Context, units []uuid.UUID) ([]uuid.UUID, error)
}

// Reach is where somebody may act: everywhere, or in some units.
type Reach struct {
	Everywhere bool
	Units      []uuid.UUID // empty: nowhere, unless Everywhere
}

// Has says whether a unit is within reach.
func (r Reach) Has(unit uuid.UUID) bool { return r.Everywhere || slices.Contains(r.Units, unit) }

// ReachOf says where the caller of ctx may act by one of some roles. It asks for units only where roles are limited to some.
func ReachOf(ctx context.Context, units Units, roles ...string) (Reach, error) {
	c := CallerOf(ctx)
	if slices.ContainsFunc(roles, c.HasRole) {
		return Reach{Everywhere: true}, nil
	}
	var own []uuid.UUID
	for _, r := range c.UnitRoles {
		if slices.Contains(roles, r.Role) && !slices.Contains(own, r.Unit) {
			own = append(own, r.Unit)
		}
	}
	if len(own) == 0 {
		return Reach{}, nil
	}
	all, err := units.Below(ctx, own)
	return Reach{Units: all}, err
}

type unitKey struct{}

// WithUnit says in which organisational unit something is done, for the audit.
func WithUnit(ctx context.Context, unit uuid.UUID) context.Context {
	return context.WithValue(ctx, unitKey{}, unit)
}

// UnitOf gives the organisational unit in which something is done; nil where it concerns none, or the whole portal.
func UnitOf(ctx context.Context) *uuid.UUID {
	if unit, ok := ctx.Value(unitKey{}).(uuid.UUID); ok && unit != uuid.Nil {
		return &unit
	}
	return nil
}
