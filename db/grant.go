package db

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// appendOnly are the tables that the program adds to and never changes: what staff did, the log of messages, the ledger and the steps of payments. Triggers refuse it to
// everybody; the working role has no right to it in the first place, nor to take the triggers away.
func appendOnly() []string {
	return []string{"audit_entries", "federation_log", "ledger_bookings", "ledger_lines", "ledger_closings", "payment_steps"}
}

// migrationsTables say which migrations ran; the working role reads them.
func migrationsTables() []string { return []string{"goose_db_version", "river_migration"} }

// maintained are the tables whose indexes or statistics the program keeps in order by itself; PostgreSQL 17 and later have a right for it.
func maintained() []string { return []string{"places", "place_postal_codes", "river_job"} }

const maintainSince = 170000 // server_version_num

// WorkingRole gives the role that url connects with.
func WorkingRole(url string) (string, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return "", fmt.Errorf("read database URL: %w", err)
	}
	return config.ConnConfig.User, nil
}

// grant gives a role what the program needs to work, and no more: it reads and writes rows, of append-only tables it adds and reads them.
// It makes, changes and removes no table, empties none, and is no owner. What an older version gave, or an operator, is taken back.
func grant(ctx context.Context, pool *pgxpool.Pool, role string) error {
	name := pgx.Identifier{role}.Sanitize()
	statements := []string{
		"REVOKE CREATE ON SCHEMA public FROM PUBLIC",
		"REVOKE ALL ON SCHEMA public FROM " + name,
		"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM " + name,
		"GRANT USAGE ON SCHEMA public TO " + name,
		"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO " + name,
		"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO " + name,
	}
	for _, table := range appendOnly() {
		statements = append(statements, "REVOKE UPDATE, DELETE ON "+table+" FROM "+name)
	}
	for _, table := range migrationsTables() {
		statements = append(statements, "REVOKE INSERT, UPDATE, DELETE ON "+table+" FROM "+name)
	}
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		done, maintain, err := granted(ctx, tx, role)
		if err != nil || done {
			return err
		}
		if maintain {
			for _, table := range maintained() {
				statements = append(statements, "GRANT MAINTAIN ON "+table+" TO "+name)
			}
		}
		for _, statement := range statements {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
}

// ErrOwner says that the role to work with could give itself every right: it owns the tables, belongs to the role that does, or is a superuser.
var ErrOwner = errors.New("the role of DATABASE_URL must not own the tables, belong to the role that does, or be a superuser")

// granted says whether a role has these rights already and no others, and whether there is one to maintain tables.
func granted(ctx context.Context, tx pgx.Tx, role string) (done, maintain bool, err error) {
	const query = `SELECT current_setting('server_version_num')::int >= $4,
		pg_has_role($1, (SELECT relowner FROM pg_class WHERE oid = 'audit_entries'::regclass), 'MEMBER'),
		has_schema_privilege($1, 'public', 'USAGE') AND NOT has_schema_privilege($1, 'public', 'CREATE') AND NOT EXISTS (
			SELECT FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND (
				c.relkind = 'S' AND NOT has_sequence_privilege($1, c.oid, 'USAGE')
				OR c.relkind IN ('r', 'p') AND (
					NOT has_table_privilege($1, c.oid, 'SELECT') OR has_table_privilege($1, c.oid, 'TRUNCATE, REFERENCES, TRIGGER')
					OR has_table_privilege($1, c.oid, 'INSERT') = (c.relname = ANY ($3::text[]))
					OR has_table_privilege($1, c.oid, 'UPDATE') = (c.relname = ANY ($2::text[] || $3::text[]))
					OR has_table_privilege($1, c.oid, 'DELETE') = (c.relname = ANY ($2::text[] || $3::text[])))))`
	var owns bool
	if err := tx.QueryRow(ctx, query, role, appendOnly(), migrationsTables(), maintainSince).Scan(&maintain, &owns, &done); err != nil {
		return false, false, err
	}
	if owns {
		return false, false, ErrOwner
	}
	if done && maintain {
		const all = "SELECT NOT EXISTS (SELECT FROM unnest($2::text[]) t WHERE NOT has_table_privilege($1, t, 'MAINTAIN'))"
		err = tx.QueryRow(ctx, all, role, maintained()).Scan(&done)
	}
	return done, maintain, err
}

// Maintains says whether the role of d may rebuild the indexes of a table: as its owner, or, since PostgreSQL 17, by a right of its own.
func (d *DB) Maintains(ctx context.Context, table string) (may bool, err error) {
	const query = `SELECT pg_has_role(c.relowner, 'USAGE') OR (current_setting('server_version_num')::int >= $2 AND EXISTS (
			SELECT FROM aclexplode(c.relacl) a WHERE a.privilege_type = 'MAINTAIN' AND a.grantee <> 0 AND pg_has_role(a.grantee, 'USAGE')))
		FROM pg_class c WHERE c.oid = to_regclass($1)`
	if err := d.pool.QueryRow(ctx, query, table, maintainSince).Scan(&may); err != nil {
		return false, fmt.Errorf("rights to %s: %w", table, err)
	}
	return may, nil
}
