// Package db opens the PostgreSQL database of a portal, carries transactions by context, runs the migrations, and
// starts a PostgreSQL of its own where none is given.
//
// One pgx pool serves everything: gorm (through database/sql), plain pgx queries, and the job queue. A transaction
// opened by Tx is one physical connection that gorm and pgx share, so that rows, jobs and notifications commit or
// vanish together.
package db

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// Options tune a DB. The zero value is fit for a portal on a small machine.
type Options struct {
	// ApplicationName is what pg_stat_activity shows. Default "portalverbund".
	ApplicationName string
	// MaxConns limits the pool. Default 16. A transaction holds one connection, the job queue and the notification hub
	// hold one each. Flushes have one more of their own.
	MaxConns int32
	// MinConns keeps so many connections open. Default 0.
	MinConns int32
	// ConnectTimeout limits one attempt to connect. Default 5 s.
	ConnectTimeout time.Duration
	// StatementTimeout ends a statement that runs longer. Default 30 s; negative: no limit.
	StatementTimeout time.Duration
	// LockTimeout ends a statement that waits longer for a lock. Default 10 s; negative: no limit.
	LockTimeout time.Duration
	// IdleInTransactionTimeout ends a session that leaves a transaction open and does nothing. Default 60 s; negative:
	// no limit.
	IdleInTransactionTimeout time.Duration
	// SlowQuery logs statements that took longer, without their values. Zero: none.
	SlowQuery time.Duration
	// Log receives slow queries. Default: nothing is logged.
	Log *slog.Logger
	// Now is the clock for gorm's own timestamps. Default: the machine's.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	if o.ApplicationName == "" {
		o.ApplicationName = "portalverbund"
	}
	if o.MaxConns == 0 {
		o.MaxConns = 16
	}
	o.ConnectTimeout = orDefault(o.ConnectTimeout, 5*time.Second)
	o.StatementTimeout = orDefault(o.StatementTimeout, 30*time.Second)
	o.LockTimeout = orDefault(o.LockTimeout, 10*time.Second)
	o.IdleInTransactionTimeout = orDefault(o.IdleInTransactionTimeout, time.Minute)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

func orDefault(d, fallback time.Duration) time.Duration {
	if d == 0 {
		return fallback
	}
	return d
}

// DB is an open database. It is safe for use by several goroutines; the context of one transaction is not.
type DB struct {
	pool    *pgxpool.Pool
	single  *pgxpool.Pool // one connection, for flushes: they end what others wait for, and must not wait behind those
	sql     *sql.DB
	gorm    *gorm.DB
	hints   *hints
	flushes flushes
}

// Open connects to the PostgreSQL at url (a postgres:// URL or a keyword string) and checks that it answers.
func Open(ctx context.Context, url string, opts Options) (*DB, error) {
	opts = opts.withDefaults()
	config, err := poolConfig(url, opts)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("connect to database: %w", err)
	}
	sqlDB := stdlib.OpenDBFromPool(pool)
	gormDB, err := gorm.Open(postgres.New(postgres.Config{Conn: sqlDB}), &gorm.Config{
		SkipDefaultTransaction: true,
		PrepareStmt:            false, // pgx caches statements already
		QueryFields:            true,  // names columns, so that a column added by a newer version harms no cached plan
		TranslateError:         true,
		DisableAutomaticPing:   true,
		Logger:                 logger.Discard, // it would write values; errors go to the caller
		NowFunc:                func() time.Time { return opts.Now().UTC().Truncate(time.Microsecond) },
	})
	if err != nil {
		_ = sqlDB.Close()
		pool.Close()
		return nil, fmt.Errorf("open gorm: %w", err)
	}
	alone := config.Copy()
	alone.MaxConns, alone.MinConns = 1, 0
	single, err := pgxpool.NewWithConfig(ctx, alone)
	if err != nil {
		_ = sqlDB.Close()
		pool.Close()
		return nil, fmt.Errorf("open database for flushes: %w", err)
	}
	d := &DB{pool: pool, single: single, sql: sqlDB, gorm: gormDB, hints: newHints(pool)}
	d.flushes.flush = d.flush
	return d, nil
}

func poolConfig(url string, opts Options) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read database URL: %w", err) // pgx leaves the password out of its message
	}
	config.MaxConns = opts.MaxConns
	config.MinConns = opts.MinConns
	config.MaxConnLifetime = time.Hour
	config.MaxConnLifetimeJitter = 10 * time.Minute
	config.MaxConnIdleTime = 5 * time.Minute
	config.ConnConfig.ConnectTimeout = opts.ConnectTimeout
	params := config.ConnConfig.RuntimeParams
	params["application_name"] = opts.ApplicationName
	params["timezone"] = "UTC"
	setTimeout(params, "statement_timeout", opts.StatementTimeout)
	setTimeout(params, "lock_timeout", opts.LockTimeout)
	setTimeout(params, "idle_in_transaction_session_timeout", opts.IdleInTransactionTimeout)
	config.AfterConnect = scanTimesAsUTC
	if opts.SlowQuery > 0 {
		config.ConnConfig.Tracer = slowQueries{log: opts.Log, threshold: opts.SlowQuery}
	}
	return config, nil
}

// setTimeout writes a session timeout in milliseconds; one that the URL names already stays.
func setTimeout(params map[string]string, name string, d time.Duration) {
	if _, given := params[name]; given {
		return
	}
	params[name] = strconv.FormatInt(max(d, 0).Milliseconds(), 10)
}

// scanTimesAsUTC makes timestamptz values arrive in UTC instead of the machine's zone.
func scanTimesAsUTC(_ context.Context, conn *pgx.Conn) error {
	conn.TypeMap().RegisterType(&pgtype.Type{
		Name:  "timestamptz",
		OID:   pgtype.TimestamptzOID,
		Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	})
	return nil
}

// Close waits for running statements, sends hints that wait, and closes all connections.
func (d *DB) Close() {
	d.hints.close()
	_ = d.sql.Close()
	d.pool.Close()
	d.single.Close()
}

// Ping checks that the database answers.
func (d *DB) Ping(ctx context.Context) error {
	if err := d.pool.Ping(ctx); err != nil {
		return fmt.Errorf("ping database: %w", err)
	}
	return nil
}

// Pool is the pgx pool below everything. Statements on it run outside any transaction of the context.
func (d *DB) Pool() *pgxpool.Pool { return d.pool }

// SQL is the same pool as database/sql. Statements on it run outside any transaction of the context.
func (d *DB) SQL() *sql.DB { return d.sql }

// From gives gorm on the transaction that ctx carries, else on the pool.
func (d *DB) From(ctx context.Context) *gorm.DB {
	if t := d.running(ctx); t != nil {
		return t.gorm.WithContext(ctx)
	}
	return d.gorm.WithContext(ctx)
}

// Querier is what a pgx transaction and a pgx pool have in common.
type Querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults
	CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error)
}

// Pgx gives plain pgx on the transaction that ctx carries, else on the pool: for hot reads, batches and COPY.
func (d *DB) Pgx(ctx context.Context) Querier {
	if t := d.running(ctx); t != nil {
		return t.pgx
	}
	return d.pool
}
