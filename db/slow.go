package db

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// slowQueries logs statements that took longer than threshold, with their placeholders: values are personal data. It
// sees every statement, whether gorm, pgx or the job queue sent it, alone or in a batch.
type slowQueries struct {
	log       *slog.Logger
	threshold time.Duration
}

type startedKey struct{}

type started struct {
	at  time.Time
	sql string
}

func (slowQueries) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	return context.WithValue(ctx, startedKey{}, started{at: time.Now(), sql: data.SQL})
}

func (s slowQueries) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	query, _ := ctx.Value(startedKey{}).(started)
	s.judge(ctx, query, data.CommandTag)
}

func (s slowQueries) judge(ctx context.Context, query started, tag pgconn.CommandTag) {
	if took := time.Since(query.at); took >= s.threshold {
		s.log.WarnContext(ctx, "slow query", "sql", query.sql, "rows", tag.RowsAffected(), "ms", took.Milliseconds())
	}
}

func (slowQueries) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

// TraceBatchQuery counts a statement's time from when the one before it was done.
func (s slowQueries) TraceBatchQuery(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	s.judge(ctx, started{at: data.ReadStartTime, sql: data.SQL}, data.CommandTag)
}

func (slowQueries) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}
