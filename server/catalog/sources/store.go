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

// store reads and writes the tables of sources and runs.
type store struct{ db *db.DB }

// sourceRow is a source with its secrets as they are kept.
type sourceRow struct {
	Source
	sealed []byte
}

const sourceColumns = `id, revision, kind, name, settings, secrets, enabled, complete, every, at, weekday, next_run_at, cursor, succeeded_at, created_at`

func scanSource(row pgx.CollectableRow) (sourceRow, error) {
	var r sourceRow
	var settings []byte
	err := row.Scan(&r.ID, &r.Revision, &r.Kind, &r.Name, &settings, &r.sealed, &r.Enabled, &r.Complete, &r.Schedule.Every, &r.Schedule.At,
		&r.Schedule.Weekday, &r.NextRunAt, &r.Cursor, &r.SucceededAt, &r.CreatedAt)
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(settings, &r.Settings)
}

const sourcesQuery = `SELECT ` + sourceColumns + ` FROM catalog_sources ORDER BY lower(name), id LIMIT $1`

// sources gives all, by name.
func (s store) sources(ctx context.Context) ([]sourceRow, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, sourcesQuery, maxSources)
	if err != nil {
		return nil, fmt.Errorf("read sources: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanSource)
	if err != nil {
		return nil, fmt.Errorf("read sources: %w", err)
	}
	return list, nil
}

const sourceQuery = `SELECT ` + sourceColumns + ` FROM catalog_sources WHERE id = $1`

// source gives one. In a transaction, it is locked until its end.
func (s store) source(ctx context.Context, id uuid.UUID) (sourceRow, error) {
	query := sourceQuery
	if s.db.InTx(ctx) {
		query += " FOR UPDATE"
	}
	rows, err := s.db.Pgx(ctx).Query(ctx, query, id)
	if err != nil {
		return sourceRow{}, fmt.Errorf("read source: %w", err)
	}
	row, err := pgx.CollectExactlyOneRow(rows, scanSource)
	if errors.Is(err, pgx.ErrNoRows) {
		return row, problem.NotFound("source-unknown", "Diese Quelle gibt es nicht.", "There is no such source.")
	}
	if err != nil {
		return row, fmt.Errorf("read source: %w", err)
	}
	return row, nil
}

func (s store) insertSource(ctx context.Context, r sourceRow) error {
	settings, err := json.Marshal(r.Settings)
	if err != nil {
		return fmt.Errorf("write source: %w", err)
	}
	tag, err := s.db.Pgx(ctx).Exec(ctx, `
		INSERT INTO catalog_sources (id, kind, name, settings, secrets, enabled, complete, every, at, weekday, next_run_at, created_at)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 WHERE (SELECT count(*) FROM catalog_sources) < $13`,
		r.ID, r.Kind, r.Name, settings, r.sealed, r.Enabled, r.Complete, r.Schedule.Every, r.Schedule.At, r.Schedule.Weekday, r.NextRunAt, r.CreatedAt, maxSources)
	if err != nil {
		return fmt.Errorf("write source: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return problem.Conflict("too-many-sources", "Mehr Quellen sind nicht möglich.", "No more sources are possible.")
	}
	return nil
}

// updateSource writes what people can change. Where the source itself changes, the next run begins at the beginning.
func (s store) updateSource(ctx context.Context, r sourceRow) error {
	settings, err := json.Marshal(r.Settings)
	if err != nil {
		return fmt.Errorf("write source: %w", err)
	}
	_, err = s.db.Pgx(ctx).Exec(ctx, `
		UPDATE catalog_sources SET revision = revision + 1, name = $2, settings = $3, secrets = $4, enabled = $5, complete = $6, every = $7, at = $8,
			weekday = $9, next_run_at = $10, cursor = $11 WHERE id = $1`,
		r.ID, r.Name, settings, r.sealed, r.Enabled, r.Complete, r.Schedule.Every, r.Schedule.At, r.Schedule.Weekday, r.NextRunAt, r.Cursor)
	if err != nil {
		return fmt.Errorf("write source: %w", err)
	}
	return nil
}

func (s store) deleteSource(ctx context.Context, id uuid.UUID) error {
	if _, err := s.db.Pgx(ctx).Exec(ctx, `DELETE FROM catalog_sources WHERE id = $1`, id); err != nil {
		return fmt.Errorf("delete source: %w", err)
	}
	return nil
}

const dueQuery = `SELECT ` + sourceColumns + ` FROM catalog_sources WHERE enabled AND next_run_at <= $1 ORDER BY next_run_at LIMIT $2 FOR UPDATE SKIP LOCKED`

// due gives the sources whose time has come, locked until the end of the transaction.
func (s store) due(ctx context.Context, now time.Time) ([]sourceRow, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, dueQuery, now, maxSources)
	if err != nil {
		return nil, fmt.Errorf("read sources: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanSource)
	if err != nil {
		return nil, fmt.Errorf("read sources: %w", err)
	}
	return list, nil
}

// setNext writes when sources are collected from next.
func (s store) setNext(ctx context.Context, ids []uuid.UUID, next []*time.Time) error {
	_, err := s.db.Pgx(ctx).Exec(ctx, `
		UPDATE catalog_sources s SET next_run_at = x.next FROM unnest($1::uuid[], $2::timestamptz[]) AS x (id, next) WHERE s.id = x.id`, ids, next)
	if err != nil {
		return fmt.Errorf("write sources: %w", err)
	}
	return nil
}

// setCursor writes from where the next run begins.
func (s store) setCursor(ctx context.Context, id uuid.UUID, cursor string, succeeded *time.Time) error {
	_, err := s.db.Pgx(ctx).Exec(ctx, `UPDATE catalog_sources SET cursor = $2, succeeded_at = coalesce($3, succeeded_at) WHERE id = $1`, id, cursor, succeeded)
	if err != nil {
		return fmt.Errorf("write source: %w", err)
	}
	return nil
}
