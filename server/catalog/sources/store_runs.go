package sources

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/db"
	"portalverbund/server/platform/problem"
)

const oneAtATime = "catalog_import_runs_one"

// keepStage is how long what was read can be applied after a dry run, or gone on with after a failure.
const keepStage = 7 * 24 * time.Hour

// runColumns end with what can be done about the run: to apply a dry run or a held run, to go on with a failed one, to undo.
const runColumns = `r.id, r.source_id, r.origin, r.title, r.action, r.undoes, r.undone, r.state, r.by_command, r.dry_run, r.complete, r.forced, r.cancelled,
	r.fence, r.stage, r.file, r.started_by, r.started_name, r.begin_cursor, r.cursor, r.next_cursor, r.collected, r.entries_read, r.applied, r.counts,
	r.skipped, r.warnings, r.differences, r.had, r.lost, r.kept, r.failure, r.detail, r.created_at, r.started_at, r.alive_at, r.finished_at,
	r.state = 'held' OR r.state = 'checked' AND r.collected AND NOT EXISTS (` + laterRuns + `),
	r.state = 'failed' AND r.action = 'import' AND (r.collected OR r.source_id IS NOT NULL OR r.file <> '') AND NOT EXISTS (` + laterRuns + `),
	r.state = 'done' AND r.action = 'import' AND NOT r.undone AND r.differences > 0 AND r.kept
		AND NOT EXISTS (` + laterRuns + ` AND l.differences > 0)`

// laterRuns are those that have changed the catalog after a run, and count.
const laterRuns = `SELECT FROM catalog_import_runs l WHERE l.origin = r.origin AND l.id > r.id AND l.action = 'import' AND l.state = 'done' AND NOT l.undone`

func scanRun(row pgx.CollectableRow) (Run, error) {
	var r Run
	var counts []byte
	err := row.Scan(&r.ID, &r.SourceID, &r.Origin, &r.Title, &r.Action, &r.Undoes, &r.Undone, &r.State, &r.ByCommand, &r.DryRun, &r.Complete, &r.Forced,
		&r.Cancelled, &r.fence, &r.stage, &r.file, &r.StartedBy, &r.StartedName, &r.beginCursor, &r.cursor, &r.nextCursor, &r.collected, &r.Read,
		&r.Applied, &counts, &r.Skipped, &r.Warnings, &r.Differences, &r.Had, &r.Lost, &r.Kept, &r.Failure, &r.Detail, &r.CreatedAt, &r.StartedAt, &r.AliveAt,
		&r.FinishedAt, &r.CanApply, &r.CanResume, &r.CanUndo)
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(counts, &r.Counts)
}

// insertRun writes a new run. Another one of its origin under way is a problem import-running (409).
func (s store) insertRun(ctx context.Context, r Run) error {
	_, err := s.db.Pgx(ctx).Exec(ctx, `
		INSERT INTO catalog_import_runs (id, source_id, origin, title, action, undoes, state, by_command, dry_run, complete, forced, stage, file, started_by,
			started_name, begin_cursor, cursor, next_cursor, collected, entries_read, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)`,
		r.ID, r.SourceID, r.Origin, r.Title, r.Action, r.Undoes, r.State, r.ByCommand, r.DryRun, r.Complete, r.Forced, r.stage, r.file, r.StartedBy,
		r.StartedName, r.beginCursor, r.cursor, r.nextCursor, r.collected, r.Read, r.CreatedAt)
	return busy(err)
}

// busy translates what the database says when an origin has a run under way.
func busy(err error) error {
	if constraint, ok := db.UniqueViolation(err); ok && constraint == oneAtATime {
		return problem.Conflict("import-running", "Aus dieser Quelle wird gerade schon importiert, oder ein Import wartet auf eine Entscheidung.",
			"An import from this source is already running, or waits for a decision.").
			With(problem.Text{De: "Warten Sie, bis er fertig ist, oder brechen Sie ihn ab.", En: "Wait until it is done, or cancel it."})
	}
	if err != nil {
		return fmt.Errorf("write import run: %w", err)
	}
	return nil
}

const runQuery = `SELECT ` + runColumns + ` FROM catalog_import_runs r WHERE r.id = $1`

// run gives one. In a transaction, it is locked until its end.
func (s store) run(ctx context.Context, id uuid.UUID) (Run, error) {
	query := runQuery
	if s.db.InTx(ctx) {
		query += " FOR NO KEY UPDATE OF r"
	}
	r, err := s.oneRun(ctx, query, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return r, problem.NotFound("import-run-unknown", "Diesen Import gibt es nicht.", "There is no such import.")
	}
	return r, err
}

func (s store) oneRun(ctx context.Context, query string, args ...any) (Run, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, query, args...)
	if err != nil {
		return Run{}, fmt.Errorf("read import run: %w", err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, scanRun)
	if err != nil {
		return r, fmt.Errorf("read import run: %w", err)
	}
	return r, nil
}

const (
	runsQuery         = `SELECT ` + runColumns + ` FROM catalog_import_runs r WHERE r.id < $1 ORDER BY r.id DESC LIMIT $2`
	runsOfSourceQuery = `SELECT ` + runColumns + ` FROM catalog_import_runs r WHERE r.source_id = $3 AND r.id < $1 ORDER BY r.id DESC LIMIT $2`
	lastRunsQuery     = `SELECT ` + runColumns + ` FROM unnest($1::uuid[]) AS s (id)
		JOIN LATERAL (SELECT id FROM catalog_import_runs WHERE source_id = s.id AND NOT dry_run ORDER BY id DESC LIMIT 1) last ON true
		JOIN catalog_import_runs r ON r.id = last.id`
)

// runs gives runs before one, the newest first; of a source, where there is one.
func (s store) runs(ctx context.Context, source *uuid.UUID, before uuid.UUID, limit int) ([]Run, error) {
	if source == nil {
		return s.manyRuns(ctx, runsQuery, before, limit)
	}
	return s.manyRuns(ctx, runsOfSourceQuery, before, limit, *source)
}

// lastRuns gives the last run of each source that has one, without dry runs.
func (s store) lastRuns(ctx context.Context, sources []uuid.UUID) (map[uuid.UUID]*Run, error) {
	list, err := s.manyRuns(ctx, lastRunsQuery, sources)
	if err != nil {
		return nil, err
	}
	last := make(map[uuid.UUID]*Run, len(list))
	for i := range list {
		last[*list[i].SourceID] = &list[i]
	}
	return last, nil
}

func (s store) manyRuns(ctx context.Context, query string, args ...any) ([]Run, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read import runs: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanRun)
	if err != nil {
		return nil, fmt.Errorf("read import runs: %w", err)
	}
	return list, nil
}

// take takes a run up, unless it has ended or waits for somebody: whoever had it before loses it.
func (s store) take(ctx context.Context, id uuid.UUID, now time.Time) (run Run, mine bool, err error) {
	tag, err := s.db.Pgx(ctx).Exec(ctx, `
		UPDATE catalog_import_runs SET fence = fence + 1, state = CASE WHEN collected OR action = 'undo' THEN 'applying' ELSE 'reading' END,
			started_at = coalesce(started_at, $2), alive_at = $2, failure = '', detail = ''
		WHERE id = $1 AND state IN ('waiting', 'reading', 'applying')`, id, now)
	if err != nil {
		return run, false, fmt.Errorf("take up import run: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return run, false, nil
	}
	run, err = s.run(ctx, id)
	return run, err == nil, err
}

// beat shows that a run lives, and says whether somebody wants it to end, or has taken it over.
func (s store) beat(ctx context.Context, run Run, now time.Time) error {
	var cancelled bool
	err := s.db.Pgx(ctx).QueryRow(ctx, `UPDATE catalog_import_runs SET alive_at = $3 WHERE id = $1 AND fence = $2 RETURNING cancelled`, run.ID, run.fence, now).Scan(&cancelled)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return errTakenOver
	case err != nil:
		return fmt.Errorf("write import run: %w", err)
	case cancelled:
		return errCancelled
	}
	return nil
}

// set changes a run that is still this process's: assignments begin with $3.
func (s store) set(ctx context.Context, run Run, assignments string, args ...any) error {
	tag, err := s.db.Pgx(ctx).Exec(ctx, `UPDATE catalog_import_runs SET `+assignments+` WHERE id = $1 AND fence = $2`, append([]any{run.ID, run.fence}, args...)...)
	if err != nil {
		return busy(err)
	}
	if tag.RowsAffected() == 0 {
		return errTakenOver
	}
	return nil
}

// insertScheduled writes runs of several sources; those with a run under way are left out. It gives the ids of the others.
func (s store) insertScheduled(ctx context.Context, runs []Run) ([]uuid.UUID, error) {
	ids, sources, stages := make([]uuid.UUID, 0, len(runs)), make([]*uuid.UUID, 0, len(runs)), make([]uuid.UUID, 0, len(runs))
	origins, titles, cursors := make([]string, 0, len(runs)), make([]string, 0, len(runs)), make([]string, 0, len(runs))
	for _, r := range runs {
		ids, sources, stages = append(ids, r.ID), append(sources, r.SourceID), append(stages, r.stage)
		origins, titles, cursors = append(origins, r.Origin), append(titles, r.Title), append(cursors, r.beginCursor)
	}
	rows, err := s.db.Pgx(ctx).Query(ctx, `
		INSERT INTO catalog_import_runs (id, source_id, stage, origin, title, begin_cursor, cursor, action, state, created_at)
		SELECT x.id, x.source, x.stage, x.origin, x.title, x.cursor, x.cursor, 'import', 'waiting', $7
		FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[]) AS x (id, source, stage, origin, title, cursor)
		ON CONFLICT (origin) WHERE state IN ('waiting', 'reading', 'applying', 'held') DO NOTHING RETURNING id`,
		ids, sources, stages, origins, titles, cursors, runs[0].CreatedAt)
	if err != nil {
		return nil, fmt.Errorf("write import runs: %w", err)
	}
	begun, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, fmt.Errorf("write import runs: %w", err)
	}
	return begun, nil
}

// markUndone says that a run counts no more.
func (s store) markUndone(ctx context.Context, id uuid.UUID) error {
	if _, err := s.db.Pgx(ctx).Exec(ctx, `UPDATE catalog_import_runs SET undone = true WHERE id = $1`, id); err != nil {
		return fmt.Errorf("write import run: %w", err)
	}
	return nil
}

// lastOf gives the last run of an origin that can be undone.
func (s store) lastOf(ctx context.Context, origin string) (Run, error) {
	return s.oneRun(ctx, `SELECT * FROM (SELECT `+runColumns+` FROM catalog_import_runs r WHERE r.origin = $1 AND r.action = 'import' AND r.state = 'done'
		AND NOT r.undone AND r.differences > 0 ORDER BY r.id DESC LIMIT 1) last`, origin)
}
