package cases_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/db"
	"portalverbund/db/dbtest"
	"portalverbund/server/platform/keys"
)

const (
	childDatabase = "CASES_TEST_DATABASE"
	childFolder   = "CASES_TEST_FOLDER"
)

// TestChild_DeletesDue is the process that another test kills: it deletes what is due, far in the future.
func TestChild_DeletesDue(t *testing.T) {
	url := os.Getenv(childDatabase)
	if url == "" {
		t.Skip("of another test")
	}
	d, err := db.Open(t.Context(), url, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	set, err := keys.New(true)
	if err != nil {
		t.Fatal(err)
	}
	s, _, _ := serviceOn(t, d, &rooms{d: d}, set, os.Getenv(childFolder), func() time.Time { return atNoon(2030, 1, 1) }, nil)
	fmt.Println(dbtest.ChildRuns)
	for t.Context().Err() == nil {
		if _, err := s.DeleteDue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// child starts the process, and waits until it works.
func (x setup) child(t *testing.T) *exec.Cmd {
	t.Helper()
	return dbtest.Child(t, "TestChild_DeletesDue", childDatabase+"="+x.d.Pool().Config().ConnString(), childFolder+"="+x.folder)
}

// half looks at each case: whether all of it is there, or nothing but what remains; and says how many are gone.
func (x setup) half(t *testing.T, ids []uuid.UUID) (gone int) {
	t.Helper()
	for _, id := range ids {
		remains := x.count(t, "SELECT count(*) FROM case_remains WHERE id = ?", id)
		rows := x.count(t, `SELECT (SELECT count(*) FROM cases WHERE id = @id) + (SELECT count(*) FROM case_attachments WHERE case_id = @id)
			+ (SELECT count(*) FROM case_decisions WHERE case_id = @id) + least(1, (SELECT count(*) FROM case_events WHERE case_id = @id))`, map[string]any{"id": id})
		acts := x.count(t, "SELECT count(*) FROM said WHERE what = 'audit' AND kind = 'case.delete' AND body LIKE ?", "case:"+id.String()+"%")
		files := x.count(t, "SELECT count(*) FROM river_job WHERE kind = 'cases.delete_files' AND args::text LIKE ?", "%"+id.String()+"%")
		switch {
		case remains == 1 && rows == 0 && acts == 1 && files == 1:
			gone++
		case remains == 0 && rows == 4 && acts == 0 && files == 0:
			c := x.read(t, id)
			if d, err := x.s.Attachment(x.clerk, id, c.Attachments[0].ID); err != nil || string(read(t, d.Content)) != "Impfpass" {
				t.Errorf("the file of a case that is there: %v", err)
			}
		default:
			t.Errorf("half of %s is there: remains %d, rows %d, acts %d, files to delete %d", id, remains, rows, acts, files)
		}
	}
	return gone
}

// The process that deletes is killed inside of a transaction at each of its steps, then wherever it is: a case is there with all that belongs to it, or gone.
func TestDeleteDue_KilledInTheMiddle_NothingHalfDeleted(t *testing.T) {
	t.Parallel()
	c := &clock{now: atNoon(2026, 3, 2)}
	x := newSetupAt(t, c.Now)
	x.run()
	x.keep(t, nil, nil, 1)
	ids := make([]uuid.UUID, 30)
	for i := range ids {
		ids[i] = x.decided(t, []byte("Impfpass"))
	}
	waitFor(t, "the files", func() bool {
		return x.count(t, "SELECT count(*) FROM case_attachments WHERE state = 'available'") == len(ids)
	})
	for _, step := range []string{"river_job", "case_remains", "said"} {
		x.killAt(t, step)
		if gone := x.half(t, ids); gone != 0 {
			t.Errorf("%d are gone, although all wait for %s", gone, step)
		}
	}
	for before := 0; before < len(ids)/2; {
		child := x.child(t)
		waitFor(t, "some are gone", func() bool { return x.count(t, "SELECT count(*) FROM case_remains") > before })
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait() // killed
		before = x.half(t, ids)
	}
	c.set(atNoon(2030, 1, 1))
	if _, err := x.s.DeleteDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	if gone := x.half(t, ids); gone != len(ids) {
		t.Errorf("%d of %d are gone", gone, len(ids))
	}
	waitFor(t, "the end of the files", func() bool {
		left := 0
		err := filepath.WalkDir(x.folder, func(_ string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Type().IsRegular() {
				left++
			}
			return nil // a folder may go meanwhile
		})
		return err == nil && left == 0
	})
}

// killAt kills the process when it waits to write to a table in the middle of deleting a case.
func (x setup) killAt(t *testing.T, table string) {
	t.Helper()
	ctx := t.Context()
	hold, err := x.d.Pool().Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = hold.Rollback(context.WithoutCancel(ctx)) }() // whatever comes: the pool can't close before
	if _, err := hold.Exec(ctx, "LOCK TABLE "+table+" IN EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	child := x.child(t)
	waitFor(t, "the process waits for "+table, func() bool {
		return x.count(t, `SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_stat_activity a USING (pid)
			WHERE NOT l.granted AND c.relname = ? AND a.pid <> pg_backend_pid() AND a.wait_event_type = 'Lock'`, table) > 0
	})
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // killed
}
