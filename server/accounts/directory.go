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

// Directories knows the directories that staff sign in by.
type Directories interface {
	// DirectoryName names one in the language of ctx; its id when it is no longer configured.
	DirectoryName(ctx context.Context, id string) string
}

const (
	maxDirectoryRoles = 100 // words that one person has from a directory
	maxRolesInAudit   = 1000
)

// colleague is somebody as the authority's directory names them at a sign-in.
type colleague struct {
	directory string   // its id
	name      string   // to show to colleagues
	email     string   // to show to administrators; it leads to no account
	roles     []string // words, as an account has them
}

// CreateFromDirectory makes an account for somebody whom a directory gives at least one role that there is here, in the transaction of
// ctx; made is false when it gives none. The name is shown to colleagues; the address to administrators, and it leads to no account.
func (s *Service) CreateFromDirectory(ctx context.Context, directory, name, email string, given []string) (id uuid.UUID, made bool, err error) {
	who := colleague{directory, name, email, given}
	roles, err := s.rolesHere(ctx, who)
	if err != nil || len(roles) == 0 {
		return uuid.Nil, false, err
	}
	if id, err = uuid.NewV7(); err != nil {
		return id, false, fmt.Errorf("make id: %w", err)
	}
	sealed, err := s.sealedProfile(id, who.profile(profile{}))
	if err != nil {
		return id, false, err
	}
	words, now := strings.Join(roles, " "), s.Now()
	err = s.DB.From(ctx).Exec(`INSERT INTO accounts (id, password_hash, directory, roles, directory_roles, profile, created_at, confirmed_at)
		VALUES (?, '', ?, ?, ?, ?, ?, ?)`, id, who.directory, words, words, sealed, now, now).Error
	if err != nil {
		return id, false, fmt.Errorf("make account: %w", err)
	}
	return id, true, s.record(aboutRoles(byDirectory(ctx), roles), "staff.join", id, changeOfRoles(who.directory, nil, roles))
}

// UpdateFromDirectory gives an account what the directory gives now, in the transaction of ctx: where that differs from what it gave
// before, the sessions of the account end. works is false when no role is left, neither from there nor from here. An account whose access
// an administrator has ended is account-closed (401).
func (s *Service) UpdateFromDirectory(ctx context.Context, id uuid.UUID, directory, name, email string, roles []string) (works bool, err error) {
	who := colleague{directory, name, email, roles}
	row, before, err := s.lockedProfile(ctx, id)
	if err != nil {
		return false, err
	}
	if row.DisabledAt != nil {
		return false, errClosed()
	}
	given, err := s.rolesHere(ctx, who)
	if err != nil {
		return false, err
	}
	if after := who.profile(before); after.StaffName != before.StaffName || after.StaffEmail != before.StaffEmail {
		if row.Revision, err = s.storeProfile(ctx, row, after); err != nil {
			return false, err
		}
		if err := s.record(aboutRoles(byDirectory(ctx), strings.Fields(row.Roles)), "staff.name", id, changeOfName(who.directory, before, after)); err != nil {
			return false, err
		}
	}
	had, has := strings.Fields(row.Roles), union(given, strings.Fields(row.LocalRoles))
	if strings.Join(given, " ") == row.DirectoryRoles && strings.Join(has, " ") == row.Roles {
		return len(has) > 0, nil
	}
	columns := map[string]any{"roles": strings.Join(has, " "), "directory_roles": strings.Join(given, " "), "directory": who.directory}
	if err := s.updateAccount(ctx, id, columns); err != nil {
		return false, err
	}
	if err := s.rooms.Sessions.EndAccountSessions(ctx, id); err != nil {
		return false, err
	}
	return len(has) > 0, s.record(aboutRoles(byDirectory(ctx), has), "staff.directory", id, changeOfRoles(who.directory, had, has))
}

// DirectoryOf gives the directory by which alone an account is signed in to; empty for a local account.
func (s *Service) DirectoryOf(ctx context.Context, id uuid.UUID) (string, error) {
	row, err := s.account(ctx, id)
	return row.Directory, err
}

// profile writes what the directory says of somebody over what is kept.
func (c colleague) profile(p profile) profile {
	if p.StaffName = c.name; p.StaffName == "" {
		p.StaffName = c.email
	}
	p.StaffEmail = c.email
	return p
}

// rolesHere brings the roles that a directory gives into an order, each once, without those for units that this portal does not have.
func (s *Service) rolesHere(ctx context.Context, who colleague) ([]string, error) {
	words := slices.Compact(slices.Sorted(slices.Values(who.roles)))
	if len(words) > maxDirectoryRoles {
		s.Log.WarnContext(ctx, "a directory gives somebody more roles than are kept", "directory", who.directory, "given", len(words), "kept", maxDirectoryRoles)
		words = words[:maxDirectoryRoles]
	}
	everywhere, units := httpx.ReadRoles(strings.Join(words, " "))
	ids := idsOf(units)
	known := map[uuid.UUID]map[string]string{}
	if len(ids) > 0 {
		var err error
		if known, err = s.rooms.Units.OwnUnitNames(ctx, ids); err != nil {
			return nil, err
		}
	}
	out := everywhere
	for _, r := range units {
		if _, here := known[r.Unit]; !here {
			s.Log.WarnContext(ctx, "a directory gives a role for a unit that this portal does not have", "directory", who.directory, "unit", r.Unit)
			continue
		}
		if !slices.Contains(everywhere, r.Role) {
			out = append(out, r.Word())
		}
	}
	return out, nil
}

// union gives the words of both, those for the whole portal first, without those for a unit where there is the same for the whole portal.
func union(a, b []string) []string {
	everywhere, units := httpx.ReadRoles(strings.Join(append(slices.Clone(a), b...), " "))
	out := slices.Compact(slices.Sorted(slices.Values(everywhere)))
	for _, r := range units {
		if !slices.Contains(out, r.Role) && !slices.Contains(out, r.Word()) {
			out = append(out, r.Word())
		}
	}
	return out
}

// changeOfName says for the audit what of somebody's name and address a directory has changed, without what they are.
func changeOfName(directory string, before, after profile) string {
	words := []string{"directory:" + directory}
	if before.StaffName != after.StaffName {
		words = append(words, "name")
	}
	if before.StaffEmail != after.StaffEmail {
		words = append(words, "email")
	}
	return strings.Join(words, " ")
}

// changeOfRoles says for the audit what a directory has given and taken.
func changeOfRoles(directory string, had, has []string) string {
	words := []string{"directory:" + directory}
	for _, word := range has {
		if !slices.Contains(had, word) {
			words = append(words, "+"+word)
		}
	}
	for _, word := range had {
		if !slices.Contains(has, word) {
			words = append(words, "-"+word)
		}
	}
	if len(has) == 0 {
		words = append(words, "none-left")
	}
	text := strings.Join(words, " ")
	if len(text) > maxRolesInAudit {
		text = fmt.Sprintf("directory:%s from %d to %d roles", directory, len(had), len(has))
	}
	return text
}

// describeRoles puts words for roles into the terms of the contract.
func describeRoles(ctx context.Context, words string, names map[uuid.UUID]map[string]string) ([]types.Role, []types.UnitRole) {
	everywhere, units := httpx.ReadRoles(words)
	roles, limited := make([]types.Role, 0, len(everywhere)), make([]types.UnitRole, 0, len(units))
	for _, role := range everywhere {
		roles = append(roles, types.Role(role))
	}
	for _, r := range units {
		name := httpx.Localized(ctx, names[r.Unit])
		if name == "" {
			name = r.Unit.String() // it is no longer in the catalog
		}
		limited = append(limited, types.UnitRole{Role: types.Role(r.Role), OrganisationId: r.Unit, OrganisationName: name})
	}
	return roles, limited
}

// directoryOf describes what a directory gives to an account; nil for a local one.
func (s *Service) directoryOf(ctx context.Context, row accountRow, names map[uuid.UUID]map[string]string) *types.DirectoryRoles {
	if row.Directory == "" {
		return nil
	}
	out := types.DirectoryRoles{Id: row.Directory, Name: row.Directory}
	if s.rooms.Directories != nil {
		out.Name = s.rooms.Directories.DirectoryName(ctx, row.Directory)
	}
	out.Roles, out.UnitRoles = describeRoles(ctx, row.DirectoryRoles, names)
	return &out
}

// byDirectory is ctx without its caller: whoever was signed in in the browser before has nothing to do with what a directory says.
func byDirectory(ctx context.Context) context.Context { return httpx.WithCaller(ctx, httpx.Caller{}) }

func errClosed() error {
	return problem.Unauthorized("account-closed", "Dieses Konto ist nicht mehr aktiv.", "This account is no longer active.")
}
