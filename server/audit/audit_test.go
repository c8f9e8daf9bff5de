package audit_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/db"
	"portalverbund/db/dbtest"
	"portalverbund/server/audit"
	"portalverbund/server/platform/httpx"
)

type entry struct {
	At                                                          time.Time
	ActorKind, Actor, Issuer, Action, Object, Detail, RequestID string
}

func entries(t *testing.T, d *db.DB) []entry {
	t.Helper()
	var got []entry
	if err := d.From(t.Context()).Raw("SELECT * FROM audit_entries ORDER BY id").Scan(&got).Error; err != nil {
		t.Fatal(err)
	}
	return got
}

func TestRecord_NamesWhoByIDOnly(t *testing.T) {
	t.Parallel()
	account := uuid.MustParse("01934d2c-5d50-7b7e-a5d3-8a4f1f0c2b11")
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		caller              httpx.Caller
		kind, actor, issuer string
	}{
		"staff":              {httpx.Caller{Kind: httpx.SessionCaller, AccountID: account, DisplayName: "Kim Klar", Roles: []string{"clerk"}}, "staff", account.String(), ""},
		"own citizen":        {httpx.Caller{Kind: httpx.SessionCaller, AccountID: account, DisplayName: "Clara Beispiel"}, "person", account.String(), ""},
		"citizen of another": {httpx.Caller{Kind: httpx.SessionCaller, Person: httpx.Person{Issuer: "https://home.example", Subject: "abc"}}, "person", "abc", "https://home.example"},
		"integrator":         {httpx.Caller{Kind: httpx.TokenCaller, ClientID: "waste"}, "client", "waste", ""},
		"linked portal":      {httpx.Caller{Kind: httpx.MemberCaller, MemberID: "https://b.example"}, "member", "https://b.example", ""},
		"nobody":             {httpx.Caller{}, "none", "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := dbtest.New(t)
			ctx := httpx.WithRequestID(httpx.WithCaller(t.Context(), tt.caller), "r-1")
			if err := audit.New(d, func() time.Time { return now }).Record(ctx, "case.read", "case:1", "x"); err != nil {
				t.Fatal(err)
			}
			want := entry{now, tt.kind, tt.actor, tt.issuer, "case.read", "case:1", "x", "r-1"}
			if got := entries(t, d); len(got) != 1 || got[0] != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestRecord_TransactionFails_NoEntry(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	s := audit.New(d, time.Now)
	_ = d.Tx(t.Context(), func(ctx context.Context) error {
		if err := s.Record(ctx, "case.decide", "case:1", ""); err != nil {
			t.Error(err)
		}
		return errors.New("the decision failed")
	})
	if got := entries(t, d); len(got) != 0 {
		t.Errorf("entries of what was not done: %+v", got)
	}
}

func TestRecord_LongDetail_IsRefused(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	if err := audit.New(d, time.Now).Record(t.Context(), "case.read", "case:1", strings.Repeat("x", 1201)); err == nil {
		t.Error("a text was recorded as detail")
	}
}

func TestEntries_CannotBeChanged(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	if err := audit.New(d, time.Now).Record(t.Context(), "case.read", "case:1", ""); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		"UPDATE audit_entries SET actor = 'someone else'",
		"DELETE FROM audit_entries",
		"TRUNCATE audit_entries",
	} {
		if err := d.From(t.Context()).Exec(statement).Error; err == nil {
			t.Errorf("%s was allowed", statement)
		}
	}
	if got := entries(t, d); len(got) != 1 {
		t.Errorf("%d entries are left", len(got))
	}
}
