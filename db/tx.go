package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/gorm"
)

const (
	txAttempts    = 3
	endTxTimeout  = 10 * time.Second // for COMMIT and ROLLBACK, which go on when the caller has left
	firstTxPause  = 5 * time.Millisecond
	serialization = "40001"
	deadlock      = "40P01"
	changedPlan   = "0A000" // "cached plan must not change result type": a migration ran beside us
)

// ErrRolledBack is returned by Tx when fn ended without an error although a part that had joined the transaction
// failed. The transaction is rolled back: nothing of it may stay half done.
var ErrRolledBack = errors.New("transaction rolled back because a part of it failed")

// transaction is one physical connection with an open transaction, shared by gorm and pgx.
type transaction struct {
	pgx         pgxTx
	still       func(do func() error) error // does something on the connection, unless database/sql has let go of it
	gorm        *gorm.DB
	failed      error
	lazy, firm  bool // whether the commit waits for the disk
	afterCommit []func()
}

// txKey holds the running transaction of one database in a context; two databases in one process do not mix.
type txKey struct{ db *DB }

func (d *DB) running(ctx context.Context) *transaction {
	t, _ := ctx.Value(txKey{d}).(*transaction)
	return t
}

// InTx says whether ctx carries a transaction of this database.
func (d *DB) InTx(ctx context.Context) bool { return d.running(ctx) != nil }

// PgxTx gives the pgx transaction that ctx carries, for parts that ask for one by type. Neither commit it nor roll it
// back: Tx does.
func (d *DB) PgxTx(ctx context.Context) (pgx.Tx, bool) {
	if t := d.running(ctx); t != nil {
		return t.pgx, true
	}
	return nil, false
}

// Outside gives a context without the transaction that ctx carries: for what must stay even when the transaction is
// rolled back. It takes a second connection from the pool, so do not use it where many run at once.
func (d *DB) Outside(ctx context.Context) context.Context {
	return context.WithValue(ctx, txKey{d}, (*transaction)(nil))
}

// AfterCommit runs fn once the outermost transaction of ctx is committed, at once when there is none, and never after a
// rollback. fn must be short and can't fail; work that must not get lost is a job instead.
func (d *DB) AfterCommit(ctx context.Context, fn func()) {
	if t := d.running(ctx); t != nil {
		t.afterCommit = append(t.afterCommit, fn)
		return
	}
	fn()
}

// Tx runs fn in a transaction (read committed) that its context carries. It commits when fn returns nil, and rolls back
// when fn returns an error or panics.
//
// When ctx already carries a transaction, fn joins it: no savepoint, and an error of fn makes the outermost Tx roll
// back, with ErrRolledBack if nobody else reports one. Only the outermost Tx retries, at most twice, after a
// serialization failure or a deadlock; so fn must have no effect but on the database and by AfterCommit. The context
// given to fn ends with the transaction and belongs to one goroutine.
func (d *DB) Tx(ctx context.Context, fn func(ctx context.Context) error) error {
	if t := d.running(ctx); t != nil {
		err := fn(ctx)
		if err != nil && t.failed == nil {
			t.failed = err
		}
		return err
	}
	pause := firstTxPause
	for attempt := 1; ; attempt++ {
		err := d.once(ctx, fn)
		if err == nil || attempt == txAttempts || !retriable(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause + rand.N(pause)): //nolint:gosec // only spreads repeats
			pause *= 4
		}
	}
}

func (d *DB) once(ctx context.Context, fn func(ctx context.Context) error) error {
	txCtx, cancel := context.WithCancel(ctx)
	t, release, err := d.begin(txCtx)
	if err != nil {
		cancel()
		return err
	}
	committed := false
	defer func() {
		if !committed { // also on panic and runtime.Goexit
			endCtx, endCancel := context.WithTimeout(context.WithoutCancel(ctx), endTxTimeout)
			// A connection that can't roll back is closed, which does the same.
			_ = t.still(func() error { return t.pgx.rollback(endCtx) })
			endCancel()
		}
		cancel() // closes rows that fn forgot, else release would wait for them
		release()
		if committed {
			for _, hook := range t.afterCommit {
				hook()
			}
		}
	}()
	if err := fn(context.WithValue(txCtx, txKey{d}, t)); err != nil {
		if left := ctx.Err(); left != nil && errors.Is(err, driver.ErrBadConn) { // what database/sql says of it
			return fmt.Errorf("%w: %w", left, err)
		}
		return err
	}
	if t.failed != nil {
		return fmt.Errorf("%w: %w", ErrRolledBack, t.failed)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	// From here on the caller's leaving must not make the outcome unknown.
	endCtx, endCancel := context.WithTimeout(context.WithoutCancel(ctx), endTxTimeout)
	defer endCancel()
	if err := t.still(func() error { return t.pgx.commit(endCtx, t.lazy && !t.firm) }); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	committed = true
	return nil
}

// begin takes one connection out of the pool and gives it to pgx and gorm. BEGIN goes with the first statement.
func (d *DB) begin(ctx context.Context) (t *transaction, release func(), err error) {
	conn, err := d.sql.Conn(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("begin: %w", err)
	}
	var raw *pgx.Conn
	err = conn.Raw(func(driverConn any) error {
		std, ok := driverConn.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("connection is a %T, not pgx", driverConn)
		}
		raw = std.Conn()
		return nil
	})
	if err != nil {
		_ = conn.Close()
		return nil, nil, fmt.Errorf("begin: %w", err)
	}
	w := &waiting{conn: raw}
	g := d.gorm.Session(&gorm.Session{NewDB: true, Context: ctx})
	g.Statement.ConnPool = txConn{conn, w}
	return &transaction{pgx: pgxTx{w}, gorm: g, still: stillOpen(conn)}, func() { _ = conn.Close() }, nil
}

// stillOpen keeps COMMIT and ROLLBACK away from a connection that is no longer the transaction's: when a statement can't even be
// begun, as its caller has left, database/sql gives the connection back at once, and the pool closes it. Two at a time on one
// connection end the process.
func stillOpen(conn *sql.Conn) func(do func() error) error {
	return func(do func() error) error {
		return conn.Raw(func(any) error { return do() })
	}
}

// txConn is the connection of a transaction as gorm sees it: what waits goes before each of its statements. That it can
// commit tells gorm that a transaction is running, so that gorm's own nested transactions become savepoints; commit and
// rollback stay with Tx.
//
// It holds gorm's interface and not *sql.Conn, which has a BeginTx: a second BEGIN would let gorm commit what belongs
// to Tx.
type txConn struct {
	conn    gorm.ConnPool
	waiting *waiting
}

func (c txConn) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	if _, err := c.waiting.send(ctx); err != nil {
		return nil, err
	}
	return c.conn.PrepareContext(ctx, query)
}

func (c txConn) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if _, err := c.waiting.send(ctx); err != nil {
		return nil, err
	}
	return c.conn.ExecContext(ctx, query, args...)
}

func (c txConn) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if _, err := c.waiting.send(ctx); err != nil {
		return nil, err
	}
	return c.conn.QueryContext(ctx, query, args...)
}

// QueryRowContext is not used by gorm for statements of ours. An error of what waits comes again with the statement: the
// transaction is aborted.
func (c txConn) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	_, _ = c.waiting.send(ctx)
	return c.conn.QueryRowContext(ctx, query, args...)
}

var errNotYours = errors.New("the transaction is committed or rolled back by db.Tx")

func (txConn) Commit() error   { return errNotYours }
func (txConn) Rollback() error { return errNotYours }

func retriable(err error) bool {
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) {
		return false
	}
	return pgErr.Code == serialization || pgErr.Code == deadlock || pgErr.Code == changedPlan
}
