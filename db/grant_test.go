package db_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"portalverbund/db"
	"portalverbund/db/dbtest"
)

const insufficientPrivilege = "42501"

// TestMigrateFor_WorkingRole_WorksWithRowsAndNothingElse tries by SQL what the role of DATABASE_URL may do where another role owns the tables.
func TestMigrateFor_WorkingRole_WorksWithRowsAndNothingElse(t *testing.T) {
	t.Parallel()
	work, owner := dbtest.Roles(t)
	if work == "" {
		t.Skip("no role can be made here")
	}
	role, err := db.WorkingRole(work)
	if err != nil {
		t.Fatal(err)
	}
	admin, err := pgx.Connect(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = admin.Close(t.Context()) }()
	for _, statement := range []string{ // what an operator may have given, and another schema beside the portal's
		"GRANT ALL ON audit_entries, accounts TO " + role, "CREATE SCHEMA elsewhere", "CREATE TABLE elsewhere.secrets (word text)",
	} {
		if _, err := admin.Exec(t.Context(), statement); err != nil {
			t.Fatal(statement, err)
		}
	}
	for range 2 { // the second time nothing is left to do
		if err := db.MigrateFor(t.Context(), owner, role); err != nil {
			t.Fatal(err)
		}
	}
	worker, err := pgx.Connect(t.Context(), work)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = worker.Close(t.Context()) }()
	for _, statement := range []string{
		"INSERT INTO audit_entries (id, at, actor_kind, actor, action, object) VALUES (gen_random_uuid(), now(), 'none', '', 'test', 'portal')",
		"SELECT FROM audit_entries", "SELECT FROM goose_db_version", "SELECT FROM river_migration",
		"INSERT INTO idempotency_keys (scope, key, request_hash) VALUES ('s', 'k', '')", "UPDATE idempotency_keys SET request_hash = 'x'",
		"DELETE FROM idempotency_keys", "SELECT pg_notify('portal', 'x')", "CREATE TEMPORARY TABLE mine (LIKE places)",
	} {
		if _, err := worker.Exec(t.Context(), statement); err != nil {
			t.Errorf("%s: %v", statement, err)
		}
	}
	for _, statement := range []string{
		"UPDATE audit_entries SET action = 'x'", "DELETE FROM audit_entries", "TRUNCATE audit_entries", "DROP TABLE audit_entries",
		"ALTER TABLE audit_entries DISABLE TRIGGER ALL", "DROP TRIGGER audit_entries_are_kept ON audit_entries",
		"UPDATE ledger_lines SET amount = 1", "DELETE FROM ledger_bookings", "UPDATE payment_steps SET what = 'x'", "UPDATE federation_log SET outcome = 'x'", "DELETE FROM federation_log", "TRUNCATE federation_log",
		"ALTER TABLE accounts ADD COLUMN x text", "DROP TABLE accounts", "TRUNCATE accounts", "CREATE INDEX x ON accounts (id)",
		"CREATE TRIGGER x BEFORE INSERT ON accounts FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
		"CREATE TABLE x (id int)", "CREATE SCHEMA x", "CREATE FUNCTION x() RETURNS int LANGUAGE sql AS 'SELECT 1'",
		"DELETE FROM goose_db_version", "UPDATE river_migration SET version = 0", "SELECT FROM elsewhere.secrets",
		"CREATE ROLE x", "GRANT portal TO CURRENT_USER", "SET ROLE " + ownerOf(t, owner), "COPY accounts TO PROGRAM 'true'",
	} {
		_, err := worker.Exec(t.Context(), statement)
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.Code != insufficientPrivilege && !strings.Contains(refused.Message, "must be owner") {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

func ownerOf(t *testing.T, url string) string {
	t.Helper()
	role, err := db.WorkingRole(url)
	if err != nil {
		t.Fatal(err)
	}
	return role
}

// TestMigrateFor_RoleThatOwns_IsRefused: rights that a role could give itself protect nothing.
func TestMigrateFor_RoleThatOwns_IsRefused(t *testing.T) {
	t.Parallel()
	owner := dbtest.URL(t)
	if err := db.MigrateFor(t.Context(), owner, ownerOf(t, owner)); !errors.Is(err, db.ErrOwner) {
		t.Errorf("the owner itself: %v", err)
	}
	if err := db.MigrateFor(t.Context(), owner, "nobody-of-that-name"); err == nil {
		t.Error("a role that there is not")
	}
}
