package editing_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/db/dbtest"
	"portalverbund/server/audit"
	"portalverbund/server/catalog"
	"portalverbund/server/catalog/editing"
	"portalverbund/server/platform/jobs"
)

// childURL names the database of a test to a process of its own.
const childURL = "PORTALVERBUND_TEST_RELEASES"

// table keeps what linked portals are told in a table, in the transaction of the release.
type table struct{ db *db.DB }

func (p table) PublishCatalogEntries(ctx context.Context, entries []types.CatalogEntry) error {
	for _, e := range entries {
		if _, err := p.db.Pgx(ctx).Exec(ctx, "INSERT INTO told (id) VALUES ($1)", e.Id); err != nil {
			return fmt.Errorf("tell: %w", err)
		}
	}
	return nil
}

// processOn makes the rooms of a process, which tells linked portals by a table.
func processOn(d *db.DB) (*jobs.Client, *editing.Service, error) {
	client, err := jobs.New(d, slog.New(slog.DiscardHandler), jobs.Options{DeadAfter: 300 * time.Millisecond, PollInterval: 50 * time.Millisecond})
	if err != nil {
		return nil, nil, err
	}
	c := catalog.New(catalog.Config{DB: d, Portals: portals{}, Places: places{}, Publisher: table{d}, Area: []string{"034540035035"}})
	s := editing.New(editing.Config{DB: d, Catalog: c, Jobs: client, Audit: audit.New(d, time.Now)})
	editing.Register(client, s)
	return client, s, nil
}

// TestChild_Releases is no test: it is the process that another test kills.
func TestChild_Releases(t *testing.T) {
	url := os.Getenv(childURL)
	if url == "" {
		t.Skip("is started by TestRelease_ProcessKilledInBetween_DoneOnce")
	}
	d, err := db.Open(t.Context(), url, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	client, _, err := processOn(d)
	if err == nil {
		err = client.Start(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(dbtest.ChildRuns)
	time.Sleep(3 * time.Minute) // until it is killed
}

// TestRelease_ProcessKilledInBetween_DoneOnce holds a process that releases at a date before each of its steps, by a lock on the
// table that the step needs, and kills it there (kill -9). A second process does the release: once, and nothing of it is lost.
func TestRelease_ProcessKilledInBetween_DoneOnce(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"catalog_services", "catalog_versions", "told", "audit_entries"} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			killedAt(t, step)
		})
	}
}

func killedAt(t *testing.T, step string) {
	p := newPortal(t)
	ctx := t.Context()
	if _, err := p.db.Pgx(ctx).Exec(ctx, "CREATE TABLE told (id text)"); err != nil {
		t.Fatal(err)
	}
	client, desk, err := processOn(p.db)
	if err != nil {
		t.Fatal(err)
	}
	p.jobs, p.Service = client, desk
	e := p.newService(t, p.anna, "Hund")
	e = must(p.Release(p.anna, e.Ref, e.ETag(), "", later()))(t)

	// Its date has come: the process takes the job at once, and not when its scheduler looks next.
	if _, err := p.db.Pgx(ctx).Exec(ctx, "UPDATE river_job SET state = 'available', scheduled_at = now() WHERE state = 'scheduled'"); err != nil {
		t.Fatal(err)
	}
	hold, err := p.db.Pool().Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = hold.Rollback(context.WithoutCancel(ctx)) }() // whatever comes: the pool can't close before
	if _, err := hold.Exec(ctx, "LOCK TABLE "+step+" IN EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	child := dbtest.Child(t, "TestChild_Releases", childURL+"="+p.db.Pool().Config().ConnString())
	until(t, "the process waits for "+step, func() bool {
		return p.count(t, `SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE NOT l.granted AND c.relname = $1`, step) > 0
	})
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // killed
	if err := hold.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	if n := p.count(t, "SELECT count(*) FROM told"); n != 0 || p.title(t, e.ID) != "" {
		t.Fatalf("half a release is there: %d told, shown as %q", n, p.title(t, e.ID))
	}
	p.start(t)
	until(t, "the job is done", func() bool { return p.count(t, dueJobs) == 0 })
	versions := p.count(t, "SELECT count(*) FROM catalog_versions WHERE entry_id = $1", e.ID)
	told := p.count(t, "SELECT count(*) FROM told")
	released := p.count(t, "SELECT count(*) FROM audit_entries WHERE action = 'catalog.release'")
	if p.title(t, e.ID) != "Hund" || versions != 1 || told != 1 || released != 1 {
		t.Errorf("shown as %q, %d versions, told %d times, %d acts", p.title(t, e.ID), versions, told, released)
	}
	if e = must(p.Entry(p.anna, e.Ref))(t); e.HasDraft || e.State != types.EditorialStateReleased {
		t.Errorf("the desk says %s, draft %t", e.State, e.HasDraft)
	}
}
