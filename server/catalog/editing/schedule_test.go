package editing_test

import (
	"context"
	"testing"
	"time"

	"portalverbund/api/types"
	"portalverbund/server/catalog/editing"
)

// until waits for a condition.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain: %s", what)
		case <-tick.C:
		}
	}
}

func (p *portal) start(t *testing.T) {
	t.Helper()
	client := p.jobs
	if err := client.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Second)
		defer cancel()
		_ = client.Stop(ctx)
	})
}

func (p *portal) count(t *testing.T, sql string, args ...any) (n int) {
	t.Helper()
	if err := p.db.Pgx(t.Context()).QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// later is a date that does not come while a test runs, however slow the machine is; p.comes makes it come.
func later() time.Time { return time.Now().Add(time.Hour) }

// comes makes the date of what is scheduled come.
func (p *portal) comes(t *testing.T) {
	t.Helper()
	if _, err := p.db.Pgx(t.Context()).Exec(t.Context(), "UPDATE river_job SET scheduled_at = now() WHERE kind = 'catalog.release' AND state = 'scheduled'"); err != nil {
		t.Fatal(err)
	}
}

const dueJobs = `SELECT count(*) FROM river_job WHERE kind = 'catalog.release' AND state NOT IN ('completed')`

func TestRelease_AtADate_DoneThenAndOnceThoughBegunTwice(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	e := p.newService(t, p.anna, "Hund")
	e = must(p.Release(p.anna, e.Ref, e.ETag(), "", later()))(t)
	if e.State != types.EditorialStateScheduled || p.title(t, e.ID) != "" {
		t.Fatalf("scheduled: %s, shown as %q", e.State, p.title(t, e.ID))
	}
	// The process that had begun the job was killed before it could say so: the job is there a second time.
	if _, err := p.db.Pgx(t.Context()).Exec(t.Context(), `INSERT INTO river_job (kind, args, max_attempts, priority, queue, state, scheduled_at, metadata)
		SELECT kind, args, max_attempts, priority, queue, state, scheduled_at, metadata FROM river_job WHERE kind = 'catalog.release'`); err != nil {
		t.Fatal(err)
	}
	p.comes(t)
	p.start(t)
	p.connect(t, time.Now) // a second process
	p.start(t)
	until(t, "both jobs are done", func() bool { return p.count(t, dueJobs) == 0 })
	if p.title(t, e.ID) != "Hund" || len(p.publisher.told) != 1 {
		t.Errorf("shown as %q, told %v", p.title(t, e.ID), p.publisher.told)
	}
	if n := p.count(t, `SELECT count(*) FROM catalog_versions WHERE entry_id = $1`, e.ID); n != 1 {
		t.Errorf("%d versions", n)
	}
}

func TestRelease_AtADate_TakenBack_NotDone(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	e := p.newService(t, p.anna, "Hund")
	e = must(p.Release(p.anna, e.Ref, e.ETag(), "", later()))(t)
	e = must(p.Reopen(p.anna, e.Ref, e.ETag()))(t)
	p.comes(t)
	p.start(t)
	until(t, "the job is done", func() bool { return p.count(t, dueJobs) == 0 })
	if p.title(t, e.ID) != "" {
		t.Error("it was released all the same")
	}
}

func TestRelease_AtADate_ReleasedChangesBefore_AuthorsAreAsked(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	id := "0197a3c2-7c3e-7d41-9a53-1f0c2b117e8a"
	p.imports(t, imported(id, "Hund", "alt"))
	e := must(p.Entry(p.anna, refOf(id)))(t)
	e = must(p.Save(p.anna, e.Ref, e.ETag(), content("Hund anmelden"), ""))(t)
	must(p.Release(p.anna, e.Ref, e.ETag(), "", later()))(t)
	p.imports(t, imported(id, "Hund", "neu"))
	p.comes(t)
	p.start(t)
	until(t, "the job is done", func() bool { return p.count(t, dueJobs) == 0 })
	e = must(p.Entry(p.anna, e.Ref))(t)
	if p.title(t, id) != "Hund" || e.State != types.EditorialStateChanged || len(e.Comments) == 0 || e.Comments[0].What != types.EditorialCommentKindNotReleased {
		t.Errorf("shown as %q, %s, comments %+v", p.title(t, id), e.State, e.Comments)
	}
	if tasks, _, _, err := p.Tasks(p.anna, types.EditorialTaskKindNotReleased, 10, ""); err != nil || len(tasks) != 1 {
		t.Errorf("tasks %v, %v", tasks, err)
	}
}

func TestRelease_AtADate_FourEyesSwitchedOnBefore_NotByItsAuthor(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	e := p.newService(t, p.anna, "Hund")
	e = must(p.Release(p.anna, e.Ref, e.ETag(), "", later()))(t)
	p.fourEyes(t, true)
	p.comes(t)
	p.start(t)
	until(t, "the job is done", func() bool { return p.count(t, dueJobs) == 0 })
	if p.title(t, e.ID) != "" {
		t.Error("an author has released alone")
	}
}

func refOf(id string) editing.Ref { return editing.Ref{Kind: "service", ID: id} }
