package signin_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestSweep_DeletesSessionsAndTokensThatHaveRunOut(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1)
	a.citizen("clara@example.org")
	p, b := a.portals[1], newBrowser(t)
	a.signInAt(b, p, "/")
	a.consent(b, p, a.service)
	b.visit(p.ref.Url + "/api/v1/signin/start?returnTo=/") // and one that is left open
	count := func(p *portal, table string) (n int) {
		must(t, p.db.From(t.Context()).Raw("SELECT count(*) FROM "+table).Row().Scan(&n))
		return n
	}
	if n, err := a.home().oidc.Sweep(t.Context()); n != 0 || err != nil {
		t.Errorf("swept %d too early: %v", n, err)
	}
	a.clock.advance(10 * time.Hour)
	for _, sweep := range []func(context.Context) (int64, error){a.home().oidc.Sweep, a.home().signin.Sweep, p.signin.Sweep} {
		if n, err := sweep(t.Context()); n == 0 || err != nil {
			t.Errorf("swept %d: %v", n, err)
		}
	}
	for _, table := range []string{"sessions", "oidc_auth_requests", "oidc_families", "oidc_refresh_tokens", "oidc_assertions"} {
		if n := count(a.home(), table); n != 0 {
			t.Errorf("%d rows are left in %s", n, table)
		}
	}
	if n := count(p, "session_purposes"); n != 0 {
		t.Errorf("%d tokens for purposes are left", n)
	}
	if n := count(a.home(), "oidc_subjects"); n != 1 {
		t.Error("the way back from a subject is lost")
	}
}

// Statements as the rooms make them; each must find its rows by an index, however large the table.
func TestQueries_UseAnIndex(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 0)
	d, id, hash := a.home().db, uuid.New(), []byte("hash")
	for _, q := range []struct {
		statement string
		values    []any
	}{
		{"SELECT * FROM sessions WHERE token_hash = ?", []any{hash}},
		{"SELECT * FROM sessions WHERE account_id = ?", []any{id}},
		{"SELECT * FROM sessions WHERE issuer = ? AND subject = ? AND subject <> ''", []any{"i", "s"}},
		{"SELECT id FROM sessions WHERE expires_at < ?", []any{time.Now()}},
		{"SELECT * FROM session_purposes WHERE session_id = ? AND purpose = ?", []any{id, "p"}},
		{"SELECT * FROM oidc_auth_requests WHERE code_hash = ?", []any{hash}},
		{"SELECT * FROM oidc_auth_requests WHERE account_id = ?", []any{id}},
		{"SELECT * FROM oidc_auth_requests WHERE session_id = ?", []any{id}},
		{"SELECT id FROM oidc_auth_requests WHERE expires_at < ?", []any{time.Now()}},
		{"SELECT * FROM oidc_families WHERE ended_at IS NULL AND code_hash = ?", []any{hash}},
		{"SELECT * FROM oidc_families WHERE ended_at IS NULL AND session_id = ?", []any{id}},
		{"SELECT * FROM oidc_families WHERE ended_at IS NULL AND account_id = ? AND client_id = ? AND purpose = ?", []any{id, "c", "p"}},
		{"SELECT id FROM oidc_families WHERE expires_at < ?", []any{time.Now()}},
		{"SELECT * FROM oidc_refresh_tokens WHERE token_hash = ?", []any{hash}},
		{"SELECT * FROM oidc_refresh_tokens WHERE family_id = ?", []any{id}},
		{"SELECT * FROM oidc_subjects WHERE client_id = ? AND subject = ?", []any{"c", "s"}},
		{"SELECT * FROM oidc_assertions WHERE expires_at < ?", []any{time.Now()}},
		{"SELECT * FROM accounts WHERE email = ?", []any{"e"}},
		{"SELECT * FROM account_registrations WHERE token_hash = ? AND expires_at > ?", []any{hash, time.Now()}},
		{"SELECT * FROM account_registrations WHERE email = ?", []any{"e"}},
		{"SELECT * FROM account_resets WHERE account_id = ?", []any{id}},
		{"SELECT * FROM consents WHERE account_id = ? AND recipient = ? AND purpose = ? AND withdrawn_at IS NULL", []any{id, "r", "p"}},
		{"SELECT * FROM consents WHERE account_id = ? ORDER BY id DESC", []any{id}},
		{"SELECT * FROM accesses WHERE account_id = ? AND id < ? ORDER BY id DESC LIMIT 21", []any{id, id}},
		{"SELECT * FROM account_buckets WHERE at < ?", []any{time.Now()}},
	} {
		err := d.Tx(t.Context(), func(ctx context.Context) error {
			if err := d.From(ctx).Exec("SET LOCAL enable_seqscan = off").Error; err != nil {
				return err
			}
			var lines []string
			if err := d.From(ctx).Raw("EXPLAIN "+q.statement, q.values...).Scan(&lines).Error; err != nil {
				return err
			}
			if plan := strings.Join(lines, "\n"); strings.Contains(plan, "Seq Scan") {
				t.Errorf("%s\n%s", q.statement, plan)
			}
			return nil
		})
		must(t, err)
	}
}

func TestSignOut_AccountHomeDown_EndsTheSessionHere(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1)
	a.citizen("clara@example.org")
	p, b := a.portals[1], newBrowser(t)
	a.signInAt(b, p, "/")
	b.session(p)
	a.home().server.Close()
	if r := b.call(http.MethodDelete, p, "/api/v1/session", nil); r.status != http.StatusOK {
		t.Errorf("%d %s", r.status, r.body)
	}
	if b.session(p).SignedIn {
		t.Error("still signed in")
	}
}
