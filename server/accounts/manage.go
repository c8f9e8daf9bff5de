package accounts

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// CreateStaff makes an account for someone who works at this portal, with at least one of the roles clerk,
// editor, publisher, admin, auditor, each for the whole portal, or with a unit's id behind @ for that unit.
// An address that has an account is account-exists (409); a password against the rules and a unit that is not there are 422.
func (s *Service) CreateStaff(ctx context.Context, email, name, password string, roles []string) (uuid.UUID, error) {
	if err := checkRoles(roles); err != nil {
		return uuid.Nil, err
	}
	_, units := httpx.ReadRoles(strings.Join(roles, " "))
	if err := s.checkUnits(ctx, idsOf(units)); err != nil {
		return uuid.Nil, err
	}
	return s.create(ctx, email, password, profile{StaffName: strings.TrimSpace(name)}, roles)
}

// idsOf gives the units that roles are for.
func idsOf(roles []httpx.UnitRole) []uuid.UUID {
	ids := make([]uuid.UUID, 0, len(roles))
	for _, r := range roles {
		ids = append(ids, r.Unit)
	}
	return ids
}

// CreateCitizen makes a confirmed citizen's account, at an account home. Errors as CreateStaff.
func (s *Service) CreateCitizen(ctx context.Context, email, password string, data types.ProfileData) (uuid.UUID, error) {
	if err := s.requireHome(); err != nil {
		return uuid.Nil, err
	}
	return s.create(ctx, email, password, profile{ProfileData: data}, nil)
}

func (s *Service) create(ctx context.Context, email, password string, p profile, roles []string) (uuid.UUID, error) {
	folded, err := foldEmail(email)
	if err != nil {
		return uuid.Nil, err
	}
	if err := s.checkPassword(password, append(p.words(), emailWords(folded)...)); err != nil {
		return uuid.Nil, err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return uuid.Nil, err
	}
	id, created, err := s.insertAccount(ctx, folded, hash, p, roles)
	if err != nil {
		return uuid.Nil, err
	}
	if !created {
		return uuid.Nil, problem.Conflict("account-exists", "Zu dieser Adresse gibt es schon ein Konto.", "There is an account for this address already.")
	}
	return id, nil
}

// SetRoles replaces the roles that administrators gave to a staff account; without any it is useless, unless a directory gives some.
// Its sessions end.
func (s *Service) SetRoles(ctx context.Context, id uuid.UUID, roles []string) error {
	if len(roles) > 0 {
		if err := checkRoles(roles); err != nil {
			return err
		}
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		row, err := s.lockedAccount(ctx, id)
		if err != nil {
			return err
		}
		columns := map[string]any{"roles": strings.Join(roles, " ")}
		if row.Directory != "" {
			columns = map[string]any{"local_roles": strings.Join(roles, " "), "roles": strings.Join(union(strings.Fields(row.DirectoryRoles), roles), " ")}
		}
		if err := s.updateAccount(ctx, id, columns); err != nil {
			return err
		}
		return s.rooms.Sessions.EndAccountSessions(ctx, id)
	})
}

// Disable closes an account: nobody signs in with it any more, and its sessions end.
func (s *Service) Disable(ctx context.Context, id uuid.UUID) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.updateAccount(ctx, id, map[string]any{"disabled_at": s.Now()}); err != nil {
			return err
		}
		return s.rooms.Sessions.EndAccountSessions(ctx, id)
	})
}

// AccountID finds an account by its address; 404 when there is none. For the administrator's commands, not for requests.
func (s *Service) AccountID(ctx context.Context, email string) (uuid.UUID, error) {
	folded, err := foldEmail(email)
	if err != nil {
		return uuid.Nil, err
	}
	row, found, err := s.accountByEmail(ctx, folded)
	if err == nil && !found {
		err = errNoAccount()
	}
	return row.ID, err
}

func checkRoles(roles []string) error {
	known := []string{string(types.Clerk), string(types.Editor), string(types.Publisher), string(types.Admin), string(types.Auditor), string(types.Treasurer)}
	if len(roles) == 0 {
		return problem.Invalid(problem.FieldError{Pointer: "/roles", Code: "minItems", Params: map[string]any{"minItems": 1}})
	}
	everywhere, units := httpx.ReadRoles(strings.Join(roles, " "))
	for i, role := range everywhere {
		if !slices.Contains(known, role) {
			return problem.Invalid(problem.FieldError{Pointer: fmt.Sprintf("/roles/%d", i), Code: "enum"})
		}
	}
	for i, r := range units {
		if !slices.Contains(known, r.Role) {
			return problem.Invalid(problem.FieldError{Pointer: fmt.Sprintf("/unitRoles/%d/role", i), Code: "enum"})
		}
	}
	if len(everywhere)+len(units) != len(roles) {
		return problem.Invalid(problem.FieldError{Pointer: "/unitRoles", Code: "format"})
	}
	return nil
}

func errNoAccount() *problem.Error {
	return problem.NotFound("account-unknown", "Dieses Konto gibt es nicht.", "There is no such account.")
}
