package accounts

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

// trail keeps what would be audited.
type trail []string

func (t *trail) Record(_ context.Context, action, object, detail string) error {
	*t = append(*t, action+" "+object+" "+detail)
	return nil
}

// administration is a portal with an administrator, and what is audited there.
func administration(t *testing.T) (*world, context.Context, uuid.UUID, *trail) {
	t.Helper()
	w, audited := newWorld(t), &trail{}
	w.service.Audit = audited
	id, err := w.service.CreateStaff(t.Context(), "leitung@emsland.example", "Lena Landrat", testPassword, []string{"admin"})
	must(t, err)
	return w, httpx.WithCaller(t.Context(), httpx.Caller{Kind: httpx.SessionCaller, AccountID: id, Roles: []string{"admin"}}), id, audited
}

func invitation(email string, roles ...types.Role) types.StaffInvitation {
	return types.StaffInvitation{Email: email, Name: "Kim Klar", Roles: roles}
}

func TestInvite_ChoosesAPassword_WithinSevenDays_Once(t *testing.T) {
	t.Parallel()
	w, ctx, _, audited := administration(t)
	member, err := w.service.Invite(ctx, "k1", invitation("Kim@emsland.example", types.Clerk, types.Clerk))
	must(t, err)
	again, err := w.service.Invite(ctx, "k1", invitation("Kim@emsland.example", types.Clerk, types.Clerk))
	must(t, err)
	if len(w.mails) != 1 || again.Id != member.Id || member.Email != "kim@emsland.example" || !slices.Equal(member.Roles, []types.Role{types.Clerk}) {
		t.Fatalf("%d mails, %+v, %+v", len(w.mails), member, again)
	}
	if _, err := w.service.Authenticate(t.Context(), "kim@emsland.example", ""); code(err) == "" {
		t.Error("signs in without a password")
	}
	token := w.lastToken()
	w.now = w.now.Add(6 * 24 * time.Hour)
	must(t, w.service.ConfirmPasswordReset(t.Context(), token, testPassword))
	if id, err := w.service.Authenticate(t.Context(), "kim@emsland.example", testPassword); err != nil || id != member.Id {
		t.Errorf("%v %v", id, err)
	}
	if err := w.service.ConfirmPasswordReset(t.Context(), token, testPassword+"!"); code(err) == "" {
		t.Error("the link works twice")
	}
	if _, err := w.service.Invite(ctx, "k2", invitation("kim@emsland.example", types.Editor)); code(err) != "account-exists" {
		t.Errorf("invited twice: %v", err)
	}
	if want := "staff.invite account:" + member.Id.String() + " clerk"; !slices.Equal(*audited, trail{want}) {
		t.Errorf("audited %v", *audited)
	}
	late, err := w.service.Invite(ctx, "k3", invitation("spaet@emsland.example", types.Auditor))
	must(t, err)
	token = w.lastToken()
	w.now = w.now.Add(7*24*time.Hour + time.Second)
	if err := w.service.ConfirmPasswordReset(t.Context(), token, testPassword); code(err) == "" {
		t.Errorf("%s chose a password after seven days", late.Email)
	}
}

func TestStaff_RolesAndEnd_EndSessions_AndAreAudited(t *testing.T) {
	t.Parallel()
	w, ctx, _, audited := administration(t)
	member, err := w.service.Invite(ctx, "k1", invitation("kim@emsland.example", types.Clerk))
	must(t, err)
	token := w.lastToken()
	changed, err := w.service.ChangeRoles(ctx, member.Id, types.StaffRoles{Roles: []types.Role{types.Editor, types.Auditor}})
	must(t, err)
	if !slices.Equal(changed.Roles, []types.Role{types.Editor, types.Auditor}) || !slices.Equal(w.ended, []uuid.UUID{member.Id}) {
		t.Errorf("%+v, ended %v", changed, w.ended)
	}
	must(t, w.service.EndStaff(ctx, member.Id))
	if len(w.ended) != 2 {
		t.Error("the sessions go on")
	}
	if err := w.service.ConfirmPasswordReset(t.Context(), token, testPassword); code(err) == "" {
		t.Error("the invitation outlives the access")
	}
	list, err := w.service.Staff(ctx, 1, staffPlace{})
	must(t, err)
	rest, err := w.service.Staff(ctx, 10, staffPlace{list.Items[0].Email, list.Items[0].Id})
	must(t, err)
	if list.NextCursor == nil || len(list.Items) != 1 || len(rest.Items) != 1 || list.Items[0].EndedAt == nil || rest.Items[0].Name != "Lena Landrat" {
		t.Errorf("%+v %+v", list, rest)
	}
	of := " account:" + member.Id.String() + " "
	if want := (trail{"staff.invite" + of + "clerk", "staff.roles" + of + "editor auditor", "staff.end" + of}); !slices.Equal(*audited, want) {
		t.Errorf("audited %v, want %v", *audited, want)
	}
}

func TestStaff_OwnAccountAndCitizens_AreOutOfReach(t *testing.T) {
	t.Parallel()
	w, ctx, self, _ := administration(t)
	citizen := w.citizen("clara@example.org")
	for name, tt := range map[string]struct {
		id   uuid.UUID
		want string
	}{"own": {self, "own-account"}, "a citizen's": {citizen, "account-unknown"}, "nobody's": {uuid.New(), "account-unknown"}} {
		if _, err := w.service.ChangeRoles(ctx, tt.id, types.StaffRoles{Roles: []types.Role{types.Clerk}}); code(err) != tt.want {
			t.Errorf("roles of %s: %v", name, err)
		}
		if err := w.service.EndStaff(ctx, tt.id); code(err) != tt.want {
			t.Errorf("end of %s: %v", name, err)
		}
	}
	list, err := w.service.Staff(ctx, 10, staffPlace{})
	must(t, err)
	if len(list.Items) != 1 {
		t.Errorf("citizens among the staff: %+v", list)
	}
}

func limited(role types.Role, unit uuid.UUID) *[]types.UnitRoleGrant {
	return &[]types.UnitRoleGrant{{Role: role, OrganisationId: unit}}
}

func TestUnitRoles_GivenForAUnit_KeptShownAndRead(t *testing.T) {
	t.Parallel()
	w, ctx, _, audited := administration(t)
	who := invitation("kim@emsland.example", types.Editor)
	who.UnitRoles = &[]types.UnitRoleGrant{{Role: types.Clerk, OrganisationId: w.units[0]}, {Role: types.Editor, OrganisationId: w.units[0]}}
	member, err := w.service.Invite(ctx, "k1", who)
	must(t, err)
	if !slices.Equal(member.Roles, []types.Role{types.Editor}) || len(member.UnitRoles) != 1 ||
		member.UnitRoles[0] != (types.UnitRole{Role: types.Clerk, OrganisationId: w.units[0], OrganisationName: "Ordnungsamt"}) {
		t.Errorf("%+v", member)
	}
	_, words, err := w.service.Standing(t.Context(), member.Id)
	must(t, err)
	everywhere, units := httpx.ReadRoles(strings.Join(words, " "))
	if !slices.Equal(everywhere, []string{"editor"}) || !slices.Equal(units, []httpx.UnitRole{{Role: "clerk", Unit: w.units[0]}}) {
		t.Errorf("%v %v", everywhere, units)
	}
	if last := (*audited)[len(*audited)-1]; !strings.HasSuffix(last, " editor clerk@"+w.units[0].String()) {
		t.Errorf("audited %q", last)
	}
	for name, bad := range map[string]types.StaffRoles{
		"none at all":  {Roles: []types.Role{}},
		"unknown unit": {UnitRoles: limited(types.Clerk, uuid.New())},
		"unknown role": {UnitRoles: limited("mayor", w.units[0])},
	} {
		if _, err := w.service.ChangeRoles(ctx, member.Id, bad); code(err) != "invalid" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUnitAdministrator_GivesAndTakesRoles_InTheirUnitOnly(t *testing.T) {
	t.Parallel()
	w, portal, _, _ := administration(t)
	invite := func(ctx context.Context, email string, roles types.StaffRoles) (types.StaffMember, error) {
		return w.service.Invite(ctx, "key "+email, types.StaffInvitation{Email: email, Name: "Kim Klar", Roles: roles.Roles, UnitRoles: roles.UnitRoles})
	}
	unit, other, below := w.units[0], w.units[1], w.units[2]
	admin, err := invite(portal, "amt@emsland.example", types.StaffRoles{UnitRoles: limited(types.Admin, unit)})
	must(t, err)
	ctx := httpx.WithCaller(t.Context(), httpx.Caller{Kind: httpx.SessionCaller, AccountID: admin.Id, UnitRoles: []httpx.UnitRole{{Role: "admin", Unit: unit}}})
	own, err := invite(ctx, "a@emsland.example", types.StaffRoles{UnitRoles: limited(types.Clerk, below)})
	must(t, err)
	strange, err := invite(portal, "b@emsland.example", types.StaffRoles{UnitRoles: limited(types.Clerk, other)})
	must(t, err)
	both, err := invite(portal, "c@emsland.example", types.StaffRoles{Roles: []types.Role{types.Editor}, UnitRoles: limited(types.Clerk, unit)})
	must(t, err)
	for name, roles := range map[string]types.StaffRoles{"the portal": {Roles: []types.Role{types.Clerk}}, "another unit": {UnitRoles: limited(types.Clerk, other)}} {
		if _, err := invite(ctx, "d@emsland.example", roles); code(err) != "unit-other" {
			t.Errorf("invites for %s: %v", name, err)
		}
		if _, err := w.service.ChangeRoles(ctx, own.Id, roles); code(err) != "unit-other" {
			t.Errorf("gives roles for %s: %v", name, err)
		}
	}
	for _, tt := range []struct {
		id   uuid.UUID
		want string
	}{{strange.Id, "account-unknown"}, {both.Id, "unit-other"}, {httpx.CallerOf(portal).AccountID, "account-unknown"}, {admin.Id, "own-account"}, {own.Id, ""}} {
		if _, err := w.service.ChangeRoles(ctx, tt.id, types.StaffRoles{UnitRoles: limited(types.Editor, unit)}); code(err) != tt.want {
			t.Errorf("changes: %v, want %q", err, tt.want)
		}
		if err := w.service.EndStaff(ctx, tt.id); code(err) != tt.want {
			t.Errorf("ends: %v, want %q", err, tt.want)
		}
	}
	list, err := w.service.Staff(ctx, 10, staffPlace{})
	must(t, err)
	if len(list.Items) != 3 { // themselves, their own clerk, and who is theirs too
		t.Errorf("sees %+v", list.Items)
	}
}

func TestAdministrators_TakeItFromEachOtherAtOnce_OneStays(t *testing.T) {
	t.Parallel()
	w, first, firstID, _ := administration(t)
	w.service.Audit = nil // the list of the test is not for two at once
	secondID, err := w.service.CreateStaff(t.Context(), "zweite@emsland.example", "Zita Zwei", testPassword, []string{"admin"})
	must(t, err)
	second := httpx.WithCaller(t.Context(), httpx.Caller{Kind: httpx.SessionCaller, AccountID: secondID, Roles: []string{"admin"}})
	errs := make(chan error, 2)
	go func() { errs <- w.service.EndStaff(first, secondID) }()
	go func() { errs <- w.service.EndStaff(second, firstID) }()
	a, b := <-errs, <-errs
	if (a == nil) == (b == nil) {
		t.Errorf("%v, %v: want one of both to have done it", a, b)
	}
	var left int
	must(t, w.service.DB.From(t.Context()).Raw("SELECT count(*) FROM accounts WHERE disabled_at IS NULL AND roles <> ''").Row().Scan(&left))
	if left != 1 {
		t.Errorf("%d administrators are left", left)
	}
}

func TestResetFactors_SignInIsSetUpAnew_NothingOfBeforeCounts_Audited(t *testing.T) {
	t.Parallel()
	w, ctx, _, audited := administration(t)
	member, err := w.service.Invite(ctx, "k1", invitation("kim@emsland.example", types.Clerk))
	must(t, err)
	must(t, w.service.ConfirmPasswordReset(t.Context(), w.lastToken(), testPassword))
	must(t, w.service.RequestPasswordReset(t.Context(), "kim@emsland.example"))
	must(t, w.service.sendReset(t.Context(), w.resets[0]))
	before := w.lastToken()
	w.ended = nil
	must(t, w.service.ResetFactors(ctx, member.Id))
	if !slices.Equal(w.ended, []uuid.UUID{member.Id}) {
		t.Errorf("sessions ended: %v", w.ended)
	}
	if _, err := w.service.Authenticate(t.Context(), "kim@emsland.example", testPassword); code(err) != "credentials-wrong" {
		t.Errorf("the password still counts: %v", err)
	}
	if err := w.service.ConfirmPasswordReset(t.Context(), before, testPassword); code(err) != "token-used" {
		t.Errorf("a link of before still counts: %v", err)
	}
	if mail := w.mails[len(w.mails)-1]; mail.To != "kim@emsland.example" || !strings.Contains(mail.Subject, "zurückgesetzt") {
		t.Errorf("mail %+v", mail)
	}
	token := w.lastToken()
	w.now = w.now.Add(23 * time.Hour)
	must(t, w.service.ConfirmPasswordReset(t.Context(), token, testPassword+" wieder"))
	if id, err := w.service.Authenticate(t.Context(), "kim@emsland.example", testPassword+" wieder"); err != nil || id != member.Id {
		t.Errorf("%v %v", id, err)
	}
	if want := "staff.factors account:" + member.Id.String() + " "; (*audited)[len(*audited)-1] != want {
		t.Errorf("audited %v", *audited)
	}
	must(t, w.service.ResetFactors(ctx, member.Id))
	token = w.lastToken()
	w.now = w.now.Add(24*time.Hour + time.Second)
	if err := w.service.ConfirmPasswordReset(t.Context(), token, testPassword); code(err) != "token-used" {
		t.Errorf("the link counts for more than a day: %v", err)
	}
}

func TestResetFactors_OwnCitizensOrEnded_Refused_TheOperatorHelpsTheLastAdministrator(t *testing.T) {
	t.Parallel()
	w, ctx, self, audited := administration(t)
	citizen := w.citizen("clara@example.org")
	gone, err := w.service.Invite(ctx, "k1", invitation("kim@emsland.example", types.Clerk))
	must(t, err)
	must(t, w.service.EndStaff(ctx, gone.Id))
	for name, tt := range map[string]struct {
		id   uuid.UUID
		want string
	}{"own": {self, "own-account"}, "a citizen's": {citizen, "account-unknown"}, "nobody's": {uuid.New(), "account-unknown"}, "ended": {gone.Id, "access-ended"}} {
		if err := w.service.ResetFactors(ctx, tt.id); code(err) != tt.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	for who, want := range map[string]string{"clara@example.org": "account-unknown", citizen.String(): "account-unknown", "niemand@example.org": "account-unknown"} {
		if err := w.service.ResetFactorsByOperator(t.Context(), who); code(err) != want {
			t.Errorf("%s by the operator: %v", who, err)
		}
	}
	if _, err := w.service.Authenticate(t.Context(), "leitung@emsland.example", testPassword); err != nil {
		t.Fatalf("before: %v", err)
	}
	must(t, w.service.ResetFactorsByOperator(t.Context(), "Leitung@emsland.example"))
	must(t, w.service.ConfirmPasswordReset(t.Context(), w.lastToken(), testPassword+" neu"))
	if want := "staff.factors account:" + self.String() + " "; (*audited)[len(*audited)-1] != want {
		t.Errorf("audited %v", *audited)
	}
}
