package audit_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	openapitypes "github.com/oapi-codegen/runtime/types"

	api "portalverbund/api/audit"
	"portalverbund/api/types"
	"portalverbund/db/dbtest"
	"portalverbund/server/audit"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

type names map[uuid.UUID]string

func (n names) StaffNames(context.Context, []uuid.UUID) (map[uuid.UUID]string, error) { return n, nil }

// tree says of each unit what is below it.
type tree map[uuid.UUID][]uuid.UUID

func (t tree) Below(_ context.Context, units []uuid.UUID) (all []uuid.UUID, err error) {
	for _, unit := range units {
		all = append(append(all, unit), t[unit]...)
	}
	return all, nil
}

func TestListAuditEntries_OfAUnit_OnlyWhatWasDoneThere(t *testing.T) {
	t.Parallel()
	d, unit, below, other := dbtest.New(t), uuid.New(), uuid.New(), uuid.New()
	s := audit.New(d, time.Now)
	clerk := httpx.WithCaller(t.Context(), httpx.Caller{Kind: httpx.SessionCaller, AccountID: uuid.New(), UnitRoles: []httpx.UnitRole{{Role: "clerk", Unit: unit}}})
	for object, in := range map[string]uuid.UUID{"case:own": unit, "case:below": below, "case:other": other, "case:nowhere": uuid.Nil} {
		if err := s.Record(httpx.WithUnit(clerk, in), "case.read", object, ""); err != nil {
			t.Fatal(err)
		}
	}
	auditor := httpx.WithCaller(t.Context(), httpx.Caller{Kind: httpx.SessionCaller, AccountID: uuid.New(), UnitRoles: []httpx.UnitRole{{Role: "auditor", Unit: unit}}})
	answer, err := audit.NewHandlers(s, names{}, tree{unit: {below}}).ListAuditEntries(auditor, api.ListAuditEntriesRequestObject{})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, item := range answer.(api.ListAuditEntries200JSONResponse).Items {
		seen[item.Object] = true
		if item.ActorKind != types.ActorStaff {
			t.Errorf("%s was done by %s", item.Object, item.ActorKind)
		}
	}
	if len(seen) != 2 || !seen["case:own"] || !seen["case:below"] {
		t.Errorf("sees %v", seen)
	}
	if _, err := audit.NewHandlers(s, names{}, tree{}).ListAuditEntries(clerk, api.ListAuditEntriesRequestObject{}); !problem.Is(err, "role-missing") {
		t.Errorf("a clerk: %v", err)
	}
}

func TestListAuditEntries_FiltersAndPages_AndIsAnEntryItself(t *testing.T) {
	t.Parallel()
	d, clerk := dbtest.New(t), uuid.New()
	now := time.Now().UTC()
	s := audit.New(d, func() time.Time { return now })
	as := func(role string, id uuid.UUID) context.Context {
		return httpx.WithCaller(t.Context(), httpx.Caller{Kind: httpx.SessionCaller, AccountID: id, Roles: []string{role}})
	}
	for _, act := range [][2]string{{"case.read", "case:1"}, {"case.decide", "case:1"}, {"client.create", "client:a"}} {
		if err := s.Record(as("clerk", clerk), act[0], act[1], ""); err != nil {
			t.Fatal(err)
		}
	}
	h, auditor := audit.NewHandlers(s, names{clerk: "Kim Klar"}, tree{}), as("auditor", uuid.New())
	list := func(p types.ListAuditEntriesParams) types.AuditList {
		t.Helper()
		answer, err := h.ListAuditEntries(auditor, api.ListAuditEntriesRequestObject{Params: p})
		if err != nil {
			t.Fatal(err)
		}
		return types.AuditList(answer.(api.ListAuditEntries200JSONResponse))
	}
	word := func(s string) *string { return &s }
	acts := func(l types.AuditList) string {
		var out []string
		for _, item := range l.Items {
			out = append(out, item.Action)
		}
		return strings.Join(out, " ")
	}
	limit := 2
	first := list(types.ListAuditEntriesParams{Limit: &limit})
	if acts(first) != "audit.read client.create" || first.NextCursor == nil || first.Items[1].ActorName == nil || *first.Items[1].ActorName != "Kim Klar" {
		t.Fatalf("%+v", first)
	}
	if second := list(types.ListAuditEntriesParams{Limit: &limit, Cursor: first.NextCursor}); acts(second) != "case.decide case.read" || second.NextCursor != nil {
		t.Errorf("%+v", second)
	}
	day := func(at time.Time) *openapitypes.Date { return &openapitypes.Date{Time: at.Truncate(24 * time.Hour)} }
	for name, tt := range map[string]struct {
		params types.ListAuditEntriesParams
		want   string
	}{
		"by act":     {types.ListAuditEntriesParams{Action: word("case.")}, "case.decide case.read"},
		"by object":  {types.ListAuditEntriesParams{Object: word("client:a")}, "client.create"},
		"by actor":   {types.ListAuditEntriesParams{Actor: word(clerk.String())}, "client.create case.decide case.read"},
		"today":      {types.ListAuditEntriesParams{Action: word("case.read"), From: day(now), Until: day(now)}, "case.read"},
		"yesterday":  {types.ListAuditEntriesParams{Until: day(now.AddDate(0, 0, -1))}, ""},
		"to come":    {types.ListAuditEntriesParams{From: day(now.AddDate(0, 0, 1))}, ""},
		"of nothing": {types.ListAuditEntriesParams{Object: word("' OR 1=1 --")}, ""},
	} {
		if got := acts(list(tt.params)); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
	for _, role := range []string{"admin", "clerk"} {
		_, err := h.ListAuditEntries(as(role, clerk), api.ListAuditEntriesRequestObject{})
		var p *problem.Error
		if !errors.As(err, &p) || p.Code != "role-missing" {
			t.Errorf("%s reads the trail: %v", role, err)
		}
	}
}
