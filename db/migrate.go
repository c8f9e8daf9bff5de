package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

const (
	// migrationLock is the advisory lock that lets one process at a time migrate a database.
	migrationLock     = int64(0x706f7274616c) // "portal"
	migrationLockPoll = 50 * time.Millisecond
	migrationAttempts = 5
	lockNotAvailable  = "55P03"
)

// Migrate brings the database at url up to date: the job queue's own tables, then the files of db/migrations in the
// order of their numbers. Files are named NNNNN_<room>.sql; a room's later files may have numbers below those of other
// rooms that ran already. Several processes may call it at once: one works, the others wait for it.
//
// Migrations run beside the old version of the program: they wait 5 s at most for a lock and are then tried again.
func Migrate(ctx context.Context, url string) error { return MigrateFor(ctx, url, "") }

// MigrateFor does the same as the owner of the tables, and then gives the rights to work with them to another role, unless that is empty.
func MigrateFor(ctx context.Context, url, role string) error {
	config, err := poolConfig(url, Options{
		ApplicationName:  "portalverbund-migrate",
		MaxConns:         4,
		StatementTimeout: -1,
		LockTimeout:      5 * time.Second,
	}.withDefaults())
	if err != nil {
		return err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	defer pool.Close()
	unlock, err := lockMigrations(ctx, pool)
	if err != nil {
		return fmt.Errorf("migrate: wait for other processes: %w", err)
	}
	defer unlock()
	for attempt := 1; ; attempt++ {
		err := migrate(ctx, pool)
		if err == nil && role != "" {
			if err = grant(ctx, pool, role); err != nil {
				err = fmt.Errorf("give %s the rights to work: %w", role, err)
			}
		}
		var pgErr *pgconn.PgError
		busy := errors.As(err, &pgErr) && pgErr.Code == lockNotAvailable
		if err == nil || !busy || attempt == migrationAttempts {
			return err
		}
	}
}

func migrate(ctx context.Context, pool *pgxpool.Pool) error {
	quiet := slog.New(slog.DiscardHandler)
	jobs, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: quiet})
	if err != nil {
		return fmt.Errorf("migrate jobs: %w", err)
	}
	if _, err := jobs.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate jobs: %w", err)
	}
	sqlDB := stdlib.OpenDBFromPool(pool)
	defer func() { _ = sqlDB.Close() }()
	own, err := migrations(sqlDB)
	if err != nil {
		return err
	}
	if _, err := own.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

func migrations(sqlDB *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, sqlDB, files,
		goose.WithDisableGlobalRegistry(true),
		goose.WithAllowOutofOrder(true),
		goose.WithSlog(slog.New(slog.DiscardHandler)),
	)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return provider, nil
}

// lockMigrations takes the advisory lock on a connection of its own. It asks again and again instead of waiting inside
// PostgreSQL, where the waiting statement would hold up a CREATE INDEX CONCURRENTLY of the one that works.
func lockMigrations(ctx context.Context, pool *pgxpool.Pool) (unlock func(), err error) {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	for {
		var got bool
		if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", migrationLock).Scan(&got); err != nil {
			conn.Release()
			return nil, err
		}
		if got {
			return func() {
				_ = conn.Hijack().Close(context.WithoutCancel(ctx)) // ends the session, and with it the lock
			}, nil
		}
		select {
		case <-ctx.Done():
			conn.Release()
			return nil, ctx.Err()
		case <-time.After(migrationLockPoll):
		}
	}
}

// SchemaVersion names the state that Migrate leads to: a short hash over all migrations, the job queue's included.
func SchemaVersion() (string, error) {
	jobs, err := rivermigrate.New(riverpgxv5.New(nil), nil)
	if err != nil {
		return "", fmt.Errorf("read job migrations: %w", err)
	}
	hash := sha256.New()
	for _, m := range jobs.AllVersions() {
		_, _ = fmt.Fprintln(hash, m.Version, m.SQLUp) // a hash takes every write
	}
	files, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		return "", fmt.Errorf("read migrations: %w", err)
	}
	for _, name := range files {
		text, err := fs.ReadFile(migrationFiles, name)
		if err != nil {
			return "", fmt.Errorf("read migrations: %w", err)
		}
		_, _ = fmt.Fprintf(hash, "%s %d\n%s", name, len(text), text)
	}
	return hex.EncodeToString(hash.Sum(nil)[:6]), nil
}
