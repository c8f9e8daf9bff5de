package app

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
)

// backup keeps all rows of the database as they are now; what it gives brings them back, and takes away what came since.
func backup(t *testing.T, a *App) (restore func()) {
	t.Helper()
	owner := a.config.DatabaseOwner
	if owner == "" {
		owner = a.config.Database
	}
	run := func(statements ...string) {
		t.Helper()
		conn, err := pgx.Connect(t.Context(), owner)
		require.NoError(t, err)
		defer func() { _ = conn.Close(t.Context()) }()
		for _, statement := range statements {
			_, err := conn.Exec(t.Context(), statement)
			require.NoError(t, err, statement)
		}
	}
	var rows []struct{ TableName, Columns string }
	require.NoError(t, a.db.From(t.Context()).Raw(`SELECT c.table_name, string_agg(quote_ident(c.column_name), ', ') AS columns FROM information_schema.columns c
		JOIN information_schema.tables t USING (table_schema, table_name)
		WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.is_generated = 'NEVER' GROUP BY c.table_name`).Scan(&rows).Error)
	var references []struct{ TableName, Name, Definition string }
	require.NoError(t, a.db.From(t.Context()).Raw(`SELECT conrelid::regclass::text AS table_name, quote_ident(conname) AS name, pg_get_constraintdef(oid) AS definition
		FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace`).Scan(&references).Error)
	keep := []string{"CREATE SCHEMA backup"}
	var back []string
	for _, r := range references { // nothing is checked on the way
		back = append(back, fmt.Sprintf("ALTER TABLE %s DROP CONSTRAINT %s", r.TableName, r.Name))
	}
	for _, r := range rows {
		keep = append(keep, fmt.Sprintf("CREATE TABLE backup.%[1]s AS SELECT %[2]s FROM public.%[1]s", r.TableName, r.Columns))
		back = append(back, fmt.Sprintf("ALTER TABLE public.%s DISABLE TRIGGER USER", r.TableName), fmt.Sprintf("DELETE FROM public.%s", r.TableName),
			fmt.Sprintf("INSERT INTO public.%[1]s (%[2]s) OVERRIDING SYSTEM VALUE SELECT %[2]s FROM backup.%[1]s", r.TableName, r.Columns),
			fmt.Sprintf("ALTER TABLE public.%s ENABLE TRIGGER USER", r.TableName))
	}
	for _, r := range references {
		back = append(back, fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s %s", r.TableName, r.Name, r.Definition))
	}
	run(keep...)
	return func() {
		t.Helper()
		run(back...)
	}
}

// TestErase_BackupRestored_WhoWasDeletedIsDeletedAgain restores yesterday's backup, in which somebody still is who has been deleted since, and
// deletes by the list that was kept outside.
func TestErase_BackupRestored_WhoWasDeletedIsDeletedAgain(t *testing.T) {
	t.Parallel()
	a, handler := newApp(t)
	clara, err := a.accounts.CreateCitizen(t.Context(), "clara.kanarienvogel@example.org", testPassword, types.ProfileData{GivenName: "Clara", FamilyName: "Kanarienvogel"})
	require.NoError(t, err)
	bernd, err := a.accounts.CreateCitizen(t.Context(), "bernd@example.org", testPassword, types.ProfileData{GivenName: "Bernd", FamilyName: "Beispiel"})
	require.NoError(t, err)
	b := signedIn(t, a, handler, clara)
	signedIn(t, a, handler, bernd)
	belongings(t, a, clara)
	belongings(t, a, bernd)
	handIn(t, a, clara)
	restore := backup(t, a)

	w := b.call(t.Context(), http.MethodPost, "/api/v1/account/deletion", []byte(`{"when": "now"}`))
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	var list bytes.Buffer
	n, err := a.accounts.Erasures(t.Context(), &list)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.NotContains(t, list.String(), clara.String())

	restore()
	require.Greater(t, len(remains(t, a, clara.String(), "kanarienvogel")), 8, "the backup does not have her")
	before := remains(t, a, bernd.String())
	w = b.call(t.Context(), http.MethodGet, "/api/v1/account/profile", nil)
	require.Equal(t, http.StatusOK, w.Code, "before the list is applied her session is back, too")

	for range 2 { // the second time changes nothing more
		n, err = a.accounts.Erase(t.Context(), strings.NewReader(list.String()))
		require.NoError(t, err)
		require.Equal(t, 1, n)
		require.Empty(t, remains(t, a, clara.String(), "kanarienvogel"))
		require.Equal(t, before, remains(t, a, bernd.String()), "somebody else has lost something")
	}
	w = b.call(t.Context(), http.MethodGet, "/api/v1/account/profile", nil)
	require.Equal(t, http.StatusUnauthorized, w.Code)
	var again bytes.Buffer
	_, err = a.accounts.Erasures(t.Context(), &again)
	require.NoError(t, err)
	require.JSONEq(t, list.String(), again.String(), "the list is whole again")

	other, _ := newApp(t)
	_, err = other.accounts.Erase(t.Context(), strings.NewReader(list.String()))
	require.ErrorContains(t, err, "line 1", "another portal's list")
}
