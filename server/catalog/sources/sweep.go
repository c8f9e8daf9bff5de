package sources

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const (
	stuckAfter    = 15 * time.Minute     // a run that shows no sign of life, and that nobody takes up
	keepCompare   = 3                    // runs of an origin whose differences are kept
	keepRuns      = 400 * 24 * time.Hour // the record itself
	sweepAtOnce   = 100
	sweepRunsOnce = 1000
)

// Sweep drops what is kept no longer: what was staged, uploaded files, differences of runs that can't be undone any more, and
// at last the records of the runs.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.now()
	left, err := s.store.left(ctx, now)
	if err != nil {
		return err
	}
	for _, run := range left {
		if err := s.store.clearStage(ctx, run.stage); err != nil {
			return err
		}
		if run.file != "" {
			if err := s.blobs.Delete(ctx, run.file); err != nil {
				return fmt.Errorf("drop an uploaded file: %w", err)
			}
		}
	}
	if err := s.store.markSwept(ctx, left); err != nil {
		return err
	}
	old, err := s.store.comparedEnough(ctx, now)
	if err != nil {
		return err
	}
	for _, id := range old {
		if err := s.store.dropChanges(ctx, id); err != nil {
			return err
		}
	}
	return s.store.dropRuns(ctx, now)
}

// endDead ends runs that show no sign of life: of commands soon, of jobs when nobody has taken them up again for long.
func (s store) endDead(ctx context.Context, now time.Time) error {
	_, err := s.db.Pgx(ctx).Exec(ctx, `
		UPDATE catalog_import_runs SET state = 'failed', failure = $1, fence = fence + 1, finished_at = $2
		WHERE state IN ('waiting', 'reading', 'applying', 'held')
			AND (by_command AND state <> 'held' AND coalesce(alive_at, created_at) < $3 OR state IN ('reading', 'applying') AND alive_at < $4)`,
		FailureInterrupted, now, now.Add(-deadAfter), now.Add(-stuckAfter))
	if err != nil {
		return fmt.Errorf("end import runs: %w", err)
	}
	return nil
}

const leftQuery = `SELECT id, stage, file FROM catalog_import_runs
	WHERE NOT swept AND finished_at < $1 AND (state IN ('done', 'cancelled') OR finished_at < $2) ORDER BY finished_at LIMIT $3`

// left gives runs that have something staged or a file kept, and need it no more.
func (s store) left(ctx context.Context, now time.Time) ([]Run, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, leftQuery, now.Add(-time.Minute), now.Add(-keepStage), sweepAtOnce)
	if err != nil {
		return nil, fmt.Errorf("read import runs: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Run, error) {
		var r Run
		return r, row.Scan(&r.ID, &r.stage, &r.file)
	})
	if err != nil {
		return nil, fmt.Errorf("read import runs: %w", err)
	}
	return list, nil
}

// markSwept notes that nothing is left of runs; to go on with one of them is to begin anew.
func (s store) markSwept(ctx context.Context, runs []Run) error {
	ids := make([]uuid.UUID, 0, len(runs))
	for _, r := range runs {
		ids = append(ids, r.ID)
	}
	_, err := s.db.Pgx(ctx).Exec(ctx, `UPDATE catalog_import_runs SET swept = true, collected = false, file = '', cursor = begin_cursor WHERE id = ANY ($1)`, ids)
	if err != nil {
		return fmt.Errorf("write import runs: %w", err)
	}
	return nil
}

const comparedQuery = `UPDATE catalog_import_runs SET kept = false WHERE id IN (
	SELECT r.id FROM catalog_import_runs r WHERE r.kept AND r.differences > 0 AND (r.dry_run AND r.finished_at < $1 OR NOT r.dry_run AND $2 <=
		(SELECT count(*) FROM catalog_import_runs l WHERE l.origin = r.origin AND l.id > r.id AND NOT l.dry_run AND l.differences > 0))
	ORDER BY r.id LIMIT $3) RETURNING id`

// comparedEnough gives runs whose differences are kept no longer.
func (s store) comparedEnough(ctx context.Context, now time.Time) ([]uuid.UUID, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, comparedQuery, now.Add(-keepStage), keepCompare, sweepAtOnce)
	if err != nil {
		return nil, fmt.Errorf("read import runs: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, fmt.Errorf("read import runs: %w", err)
	}
	return ids, nil
}

// dropRuns deletes old records, in the order of their ids, which is that of their time.
func (s store) dropRuns(ctx context.Context, now time.Time) error {
	_, err := s.db.Pgx(ctx).Exec(ctx, `DELETE FROM catalog_import_runs WHERE id IN
		(SELECT id FROM catalog_import_runs WHERE created_at < $1 AND finished_at IS NOT NULL ORDER BY id LIMIT $2)`, now.Add(-keepRuns), sweepRunsOnce)
	if err != nil {
		return fmt.Errorf("drop import runs: %w", err)
	}
	return nil
}
