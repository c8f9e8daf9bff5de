package db

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
)

// slowQueries logs statements that took longer than threshold, with their placeholders: values are personal data. It
// sees every statement, whether gorm, pgx or the job queue sent it.
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
	if took := time.Since(query.at); took >= s.threshold {
		s.log.WarnContext(ctx, "slow query", "sql", query.sql, "rows", data.CommandTag.RowsAffected(), "ms", took.Milliseconds())
	}
}
