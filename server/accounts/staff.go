package accounts

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	staffapi "portalverbund/api/staff"
	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/idempotency"
	"portalverbund/server/platform/paging"
	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/secret"
)

const invitedWithin = 7 * 24 * time.Hour

// Audit keeps who did what.
type Audit interface {
	// Record adds an entry for the caller of ctx, in its transaction.
	Record(ctx context.Context, action, object, detail string) error
}

// StaffHandlers answers the operations of the contract's tag staff.
type StaffHandlers struct{ service *Service }

var _ staffapi.StrictServerInterface = (*StaffHandlers)(nil)

// NewStaffHandlers makes the handlers of a Service.
func NewStaffHandlers(s *Service) *StaffHandlers { return &StaffHandlers{service: s} }

func errNoRole() error {
	return problem.Forbidden("role-missing", "Dafür haben Sie an diesem Portal keine Berechtigung.", "You are not allowed to do this at this portal.")
}

func errOtherUnit() error {
	return problem.Forbidden("unit-other", "Das betrifft auch andere Organisationseinheiten.", "This concerns other organisational units, too.").
		With(problem.Text{De: "Bitte wenden Sie sich an die Verwaltung des ganzen Portals.", En: "Please turn to those who administer the whole portal."})
}

// administrator refuses whoever administers neither the portal nor a unit. The contract has done so before; here it protects against a
// contract that forgets.
func administrator(ctx context.Context) error {
	if httpx.CallerOf(ctx).HasRoleSomewhere(string(types.Admin)) {
		return nil
	}
	return errNoRole()
}

// ListStaff answers GET /api/v1/admin/staff.
func (h *StaffHandlers) ListStaff(ctx context.Context, r staffapi.ListStaffRequestObject) (staffapi.ListStaffResponseObject, error) {
	if err := administrator(ctx); err != nil {
		return nil, err
	}
	limit := defaultLimit
	if r.Params.Limit != nil {
		limit = *r.Params.Limit
	}
	var after staffPlace
	if r.Params.Cursor != nil {
		id, err := decodeCursor(*r.Params.Cursor)
		if err != nil {
			return nil, err
		}
		row, err := h.service.account(ctx, id)
		if err != nil {
			return nil, paging.NoSuchPage()
		}
		after = staffPlace{row.Email, row.ID}
	}
	list, err := h.service.Staff(ctx, limit, after)
	return staffapi.ListStaff200JSONResponse(list), err
}

// InviteStaff answers POST /api/v1/admin/staff.
func (h *StaffHandlers) InviteStaff(ctx context.Context, r staffapi.InviteStaffRequestObject) (staffapi.InviteStaffResponseObject, error) {
	if err := administrator(ctx); err != nil {
		return nil, err
	}
	member, err := h.service.Invite(ctx, r.Params.IdempotencyKey, *r.Body)
	return staffapi.InviteStaff201JSONResponse(member), err
}

// SetStaffRoles answers PUT /api/v1/admin/staff/{staffId}/roles.
func (h *StaffHandlers) SetStaffRoles(ctx context.Context, r staffapi.SetStaffRolesRequestObject) (staffapi.SetStaffRolesResponseObject, error) {
	if err := administrator(ctx); err != nil {
		return nil, err
	}
	member, err := h.service.ChangeRoles(ctx, r.StaffId, *r.Body)
	return staffapi.SetStaffRoles200JSONResponse(member), err
}

// EndStaff answers DELETE /api/v1/admin/staff/{staffId}.
func (h *StaffHandlers) EndStaff(ctx context.Context, r staffapi.EndStaffRequestObject) (staffapi.EndStaffResponseObject, error) {
	if err := administrator(ctx); err != nil {
		return nil, err
	}
	return staffapi.EndStaff204Response{}, h.service.EndStaff(ctx, r.StaffId)
}

// ResetStaffFactors answers DELETE /api/v1/admin/staff/{staffId}/factors.
func (h *StaffHandlers) ResetStaffFactors(ctx context.Context, r staffapi.ResetStaffFactorsRequestObject) (staffapi.ResetStaffFactorsResponseObject, error) {
	if err := administrator(ctx); err != nil {
		return nil, err
	}
	return staffapi.ResetStaffFactors204Response{}, h.service.ResetFactors(ctx, r.StaffId)
}

// staffPlace is where somebody stands in the list of staff; the zero value is before all.
type staffPlace struct {
	email string
	id    uuid.UUID
}

// Staff lists those who work here, by address, after one: for who administers some units, those who have a role there.
func (s *Service) Staff(ctx context.Context, limit int, after staffPlace) (types.StaffList, error) {
	reach, err := s.reach(ctx)
	if err != nil {
		return types.StaffList{}, err
	}
	query := s.DB.From(ctx).Where("(roles <> '' OR directory <> '') AND (COALESCE(email, ''), id) > (?, ?)", after.email, after.id)
	if !reach.Everywhere {
		query = query.Where("string_to_array(roles, ' ') && string_to_array(?, ' ')", strings.Join(rolesWithin(reach), " "))
	}
	var rows []accountRow
	if err := query.Order("COALESCE(email, ''), id").Limit(limit + 1).Find(&rows).Error; err != nil {
		return types.StaffList{}, fmt.Errorf("read staff: %w", err)
	}
	names, err := s.unitNames(ctx, rows...)
	if err != nil {
		return types.StaffList{}, err
	}
	list := types.StaffList{Items: make([]types.StaffMember, 0, len(rows))}
	for i, row := range rows {
		if i == limit {
			next := base64.RawURLEncoding.EncodeToString(rows[i-1].ID[:])
			list.NextCursor = &next
			break
		}
		member, err := s.describeStaff(ctx, row, names)
		if err != nil {
			return list, err
		}
		list.Items = append(list.Items, member)
	}
	return list, nil
}

// Invite makes an account without a password for someone who works here, and has a mail sent by which they choose one. An
// address that has an account is account-exists (409).
func (s *Service) Invite(ctx context.Context, key string, who types.StaffInvitation) (types.StaffMember, error) {
	roles, err := s.roleWords(ctx, who.Roles, who.UnitRoles)
	if err != nil {
		return types.StaffMember{}, err
	}
	email, err := foldEmail(who.Email)
	if err != nil {
		return types.StaffMember{}, err
	}
	scope := "staff " + httpx.CallerOf(ctx).AccountID.String()
	return idempotency.Do(ctx, s.DB, scope, key, who, func(ctx context.Context) (types.StaffMember, error) {
		id, created, err := s.insertAccount(ctx, email, "", profile{StaffName: strings.TrimSpace(who.Name)}, roles)
		if err != nil {
			return types.StaffMember{}, err
		}
		if !created {
			return types.StaffMember{}, problem.Conflict("account-exists", "Zu dieser Adresse gibt es schon ein Konto.", "There is an account for this address already.")
		}
		token, hash := secret.New()
		if err := s.DB.From(ctx).Create(&resetRow{TokenHash: hash, AccountID: id, ExpiresAt: s.Now().Add(invitedWithin)}).Error; err != nil {
			return types.StaffMember{}, fmt.Errorf("keep invitation: %w", err)
		}
		if err := s.send(ctx, email, mailInvitation(), s.Self.Url+PageNewPassword+"#token="+token); err != nil {
			return types.StaffMember{}, err
		}
		if err := s.record(aboutRoles(ctx, roles), "staff.invite", id, strings.Join(roles, " ")); err != nil {
			return types.StaffMember{}, err
		}
		return s.staffMember(ctx, id)
	})
}

// ChangeRoles replaces the roles of someone who works here; their sessions end.
func (s *Service) ChangeRoles(ctx context.Context, id uuid.UUID, wanted types.StaffRoles) (member types.StaffMember, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		row, err := s.checkOther(ctx, id)
		if err != nil {
			return err
		}
		var roles []string
		if row.Directory == "" || len(wanted.Roles) > 0 || wanted.UnitRoles != nil && len(*wanted.UnitRoles) > 0 {
			if roles, err = s.roleWords(ctx, wanted.Roles, wanted.UnitRoles); err != nil {
				return err
			}
		}
		if err := s.SetRoles(ctx, id, roles); err != nil {
			return err
		}
		if err := s.record(aboutRoles(ctx, roles), "staff.roles", id, strings.Join(roles, " ")); err != nil {
			return err
		}
		member, err = s.staffMember(ctx, id)
		return err
	})
	return member, err
}

// EndStaff ends the access of someone who works here.
func (s *Service) EndStaff(ctx context.Context, id uuid.UUID) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		row, err := s.checkOther(ctx, id)
		if err != nil {
			return err
		}
		if err := s.Disable(ctx, id); err != nil {
			return err
		}
		if err := s.dropResets(ctx, id); err != nil {
			return err
		}
		return s.record(aboutRoles(ctx, strings.Fields(row.Roles)), "staff.end", id, "")
	})
}

// checkOther refuses what concerns the caller's own account, a citizen's, or none: an administrator must not lock everybody
// out, and has no business with citizens' accounts. Who administers some units changes those only who have roles nowhere else.
func (s *Service) checkOther(ctx context.Context, id uuid.UUID) (row accountRow, err error) {
	if id == httpx.CallerOf(ctx).AccountID {
		return row, problem.Conflict("own-account", "Das eigene Konto kann nur jemand anderes ändern.", "Only somebody else can change your own account.")
	}
	if err := s.stillAdministrates(ctx); err != nil {
		return row, err
	}
	row, found, err := s.accountShared(ctx, id)
	if err != nil {
		return row, err
	}
	if !found || !row.worksHere() {
		return row, errNoAccount()
	}
	reach, err := s.reach(ctx)
	if err != nil || reach.Everywhere {
		return row, err
	}
	everywhere, units := httpx.ReadRoles(row.Roles)
	inside := slices.ContainsFunc(units, func(r httpx.UnitRole) bool { return reach.Has(r.Unit) })
	outside := len(everywhere) > 0 || slices.ContainsFunc(units, func(r httpx.UnitRole) bool { return !reach.Has(r.Unit) })
	switch {
	case !inside:
		return row, errNoAccount()
	case outside:
		return row, errOtherUnit()
	}
	return row, nil
}

// stillAdministrates locks the caller's account and sees whether they still have the role that they came with: of two administrators who
// take it from each other at once, one stays.
func (s *Service) stillAdministrates(ctx context.Context) error {
	caller := httpx.CallerOf(ctx)
	row, found, err := one[accountRow](s.DB.From(ctx).Raw("SELECT * FROM accounts WHERE id = ? AND disabled_at IS NULL FOR UPDATE", caller.AccountID), "account")
	if err != nil {
		return err
	}
	now := httpx.Caller{}
	now.Roles, now.UnitRoles = httpx.ReadRoles(row.Roles)
	if admin := string(types.Admin); !found || !now.HasRoleSomewhere(admin) || caller.HasRole(admin) && !now.HasRole(admin) {
		return errNoRole()
	}
	return nil
}

func (s *Service) staffMember(ctx context.Context, id uuid.UUID) (types.StaffMember, error) {
	row, err := s.account(ctx, id)
	if err != nil {
		return types.StaffMember{}, err
	}
	names, err := s.unitNames(ctx, row)
	if err != nil {
		return types.StaffMember{}, err
	}
	return s.describeStaff(ctx, row, names)
}

func (s *Service) describeStaff(ctx context.Context, row accountRow, names map[uuid.UUID]map[string]string) (types.StaffMember, error) {
	p, err := s.openProfile(row)
	if err != nil {
		return types.StaffMember{}, err
	}
	out := types.StaffMember{Id: row.ID, Email: row.Email, Name: p.StaffName, CreatedAt: row.CreatedAt.Truncate(time.Second), EndedAt: row.DisabledAt, Directory: s.directoryOf(ctx, row, names)}
	if row.Directory != "" {
		out.Email = p.StaffEmail
	}
	out.Roles, out.UnitRoles = describeRoles(ctx, row.given(), names)
	return out, nil
}

// StaffWithRole gives the names of those who have a role for the whole portal or for one of some units, by one query; nil means any unit.
func (s *Service) StaffWithRole(ctx context.Context, role string, units []uuid.UUID) (map[uuid.UUID]string, error) {
	query := s.DB.From(ctx).Where("roles <> '' AND disabled_at IS NULL")
	if units == nil {
		query = query.Where("roles ~ ('(^| )' || ? || '( |@|$)')", role)
	} else {
		words := []string{role}
		for _, unit := range units {
			words = append(words, httpx.UnitRole{Role: role, Unit: unit}.Word())
		}
		query = query.Where("string_to_array(roles, ' ') && string_to_array(?, ' ')", strings.Join(words, " "))
	}
	return s.staffNames(query)
}

// StaffNames gives the names of those who work here by their ids, by one query.
func (s *Service) StaffNames(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]string, error) {
	if len(ids) == 0 {
		return map[uuid.UUID]string{}, nil
	}
	return s.staffNames(s.DB.From(ctx).Where("id IN ? AND (roles <> '' OR directory <> '')", ids))
}

// StaffAddresses gives the mail addresses of those who work here, by their ids.
func (s *Service) StaffAddresses(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]string, error) {
	var rows []accountRow
	if err := s.DB.From(ctx).Where("id IN ? AND roles <> '' AND disabled_at IS NULL AND email IS NOT NULL", ids).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read addresses of staff: %w", err)
	}
	addresses := make(map[uuid.UUID]string, len(rows))
	for _, row := range rows {
		addresses[row.ID] = row.Email
	}
	return addresses, nil
}

func (s *Service) staffNames(query *gorm.DB) (map[uuid.UUID]string, error) {
	var rows []accountRow
	if err := query.Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read staff: %w", err)
	}
	names := make(map[uuid.UUID]string, len(rows))
	for _, row := range rows {
		p, err := s.openProfile(row)
		if err != nil {
			return nil, err
		}
		names[row.ID] = p.StaffName
	}
	return names, nil
}

func (s *Service) record(ctx context.Context, action string, id uuid.UUID, detail string) error {
	if s.Audit == nil {
		return nil
	}
	return s.Audit.Record(ctx, action, "account:"+id.String(), detail)
}

// mailInvitation leads someone who works here to their first password.
func mailInvitation() letter {
	return letter{
		subject: problem.Text{De: "Ihr Zugang zum Portal", En: "Your access to the portal"},
		text: problem.Text{
			De: `Guten Tag,

für Sie wurde ein Zugang für Beschäftigte bei {portal} eingerichtet.

Öffnen Sie diesen Link und wählen Sie ein Passwort:

{link}

Der Link gilt sieben Tage und nur einmal.

Freundliche Grüße
{portal}
`,
			En: `Hello,

access for staff at {portal} has been set up for you.

Open this link and choose a password:

{link}

The link is valid for seven days, and once only.

Kind regards
{portal}
`,
		},
	}
}

// GetMailState answers GET /api/v1/admin/mail.
func (h *StaffHandlers) GetMailState(ctx context.Context, _ staffapi.GetMailStateRequestObject) (staffapi.GetMailStateResponseObject, error) {
	state, err := h.service.MailState(ctx)
	return staffapi.GetMailState200JSONResponse(state), err
}

// MailState says whether mails go out, and from how many addresses they came back.
func (s *Service) MailState(ctx context.Context) (types.MailState, error) {
	if !httpx.CallerOf(ctx).HasRole(string(types.Admin)) {
		return types.MailState{}, errNoRole()
	}
	state := types.MailState{Sends: s.Post != nil, TakesReturns: s.MailsReturn}
	if s.Returns == nil {
		return state, nil
	}
	counts, err := s.Returns.Counts(ctx)
	state.Stopped, state.Returned = counts.Stopped, counts.Returned
	return state, err
}
