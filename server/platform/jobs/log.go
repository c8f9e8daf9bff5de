package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// errorLog logs failed jobs by kind and id. A job's arguments, and the values in the messages of the database and of
// panics, may be personal data: they stay out. The whole error is in the job's row.
type errorLog struct{ log *slog.Logger }

func (l errorLog) HandleError(ctx context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	level := slog.LevelWarn
	if job.Attempt >= job.MaxAttempts {
		level = slog.LevelError
	}
	l.log.Log(ctx, level, "job failed", append(about(job), slog.String("error", describe(err)))...)
	return nil
}

func (l errorLog) HandlePanic(ctx context.Context, job *rivertype.JobRow, value any, trace string) *river.ErrorHandlerResult {
	what := fmt.Sprintf("%T", value)
	if err, ok := value.(runtime.Error); ok {
		what = err.Error()
	}
	l.log.ErrorContext(ctx, "job panicked", append(about(job), slog.String("panic", what), slog.String("trace", trace))...)
	return nil
}

func about(job *rivertype.JobRow) []any {
	return []any{
		slog.String("kind", job.Kind), slog.Int64("job", job.ID),
		slog.Int("attempt", job.Attempt), slog.Int("of", job.MaxAttempts),
	}
}

func describe(err error) string {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		return "database: SQLSTATE " + pgErr.Code + " " + pgErr.ConstraintName
	}
	return err.Error()
}

// quiet passes on River's warnings and errors, without the values of panics.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(quietHandler{log.Handler()}) }

type quietHandler struct{ slog.Handler }

func (h quietHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

func (h quietHandler) Handle(ctx context.Context, record slog.Record) error {
	clean := slog.NewRecord(record.Time, record.Level, record.Message, record.PC)
	record.Attrs(func(attr slog.Attr) bool {
		if attr.Key != "panic_val" {
			clean.AddAttrs(attr)
		}
		return true
	})
	return h.Handler.Handle(ctx, clean)
}

func (h quietHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return quietHandler{h.Handler.WithAttrs(attrs)}
}

func (h quietHandler) WithGroup(name string) slog.Handler {
	return quietHandler{h.Handler.WithGroup(name)}
}
