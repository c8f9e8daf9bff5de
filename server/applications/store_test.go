package applications_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"
)

// The plan is asked for without sequential scans: in a table of a few rows one would always be cheaper.
func TestQueries_ThatPeopleAndJobsMake_FindAnIndex(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	id := uuid.New()
	for index, query := range map[string]string{
		"applications_person ":                 "SELECT id FROM applications WHERE issuer = 'i' AND subject = 's' AND (changed_at, id) < (now(), $1) ORDER BY changed_at DESC, id DESC LIMIT 21",
		"applications_person_state ":           "SELECT id FROM applications WHERE issuer = 'i' AND subject = 's' AND state = 'received' AND (changed_at, id) < (now(), $1) ORDER BY changed_at DESC, id DESC LIMIT 21",
		"applications_drafts ":                 "SELECT id FROM applications WHERE state = 'draft' AND changed_at <= now() AND id <> $1 ORDER BY changed_at LIMIT 200",
		"application_events_pkey ":             "SELECT * FROM application_events WHERE application_id = $1 ORDER BY at, position",
		"application_attachments_application ": "SELECT * FROM application_attachments WHERE application_id = $1 AND ready ORDER BY created_at, id",
		"application_attachments_due ":         "SELECT id FROM application_attachments WHERE delete_at <= now() AND deleted_at IS NULL AND id <> $1 ORDER BY delete_at LIMIT 200",
	} {
		tx, err := x.db.Pool().Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off"); err != nil {
			t.Fatal(err)
		}
		rows, err := tx.Query(t.Context(), "EXPLAIN "+query, id)
		if err != nil {
			t.Fatal(err)
		}
		var plan strings.Builder
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			plan.WriteString(line + "\n")
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(plan.String(), index) || strings.Contains(plan.String(), "Seq Scan") {
			t.Errorf("%s\nis not found by %s:\n%s", query, index, &plan)
		}
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
