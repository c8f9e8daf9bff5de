package db

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Later writes in the transaction that ctx carries, without waiting for it: the statement goes to the database together with
// the next one that is waited for, at the latest with the COMMIT. what names it in errors, which come with that one; so
// use it for statements that fail only when something is wrong, or whose violation the caller of Tx handles. Without
// a transaction it is done at once.
func (d *DB) Later(ctx context.Context, what, sql string, args ...any) error {
	t := d.running(ctx)
	if t == nil {
		if _, err := d.pool.Exec(ctx, sql, args...); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		return nil
	}
	t.pgx.add(what, sql, args...)
	return nil
}

// waiting is what a transaction has not given to the database yet, BEGIN included. Everything that goes to the database in
// the transaction goes through it, so that the order stays.
type waiting struct {
	conn       *pgx.Conn
	begun      pgx.Tx // nil until BEGIN was sent
	statements []statement
}

type statement struct {
	what string
	sql  string
	args []any
}

func (w *waiting) add(what, sql string, args ...any) {
	w.statements = append(w.statements, statement{what, sql, args})
}

func (w *waiting) nothing() bool { return w.begun != nil && len(w.statements) == 0 }

// sendWith gives everything to the database, and more behind it, in one go. It has read the results of what waited when it
// returns, tag is the last one; those of more are to be read from results.
func (w *waiting) sendWith(ctx context.Context, more ...*pgx.QueuedQuery) (results pgx.BatchResults, tag pgconn.CommandTag, err error) {
	batch, statements := &pgx.Batch{}, w.statements
	w.statements = nil
	begins := w.begun == nil
	if begins {
		batch.BeginTx(pgx.TxOptions{})
		statements = append([]statement{{what: "begin"}}, statements...)
	}
	for _, s := range statements {
		if s.sql != "" {
			batch.Queue(s.sql, s.args...)
		}
	}
	batch.QueuedQueries = append(batch.QueuedQueries, more...)
	results = w.conn.SendBatch(ctx, batch)
	for _, s := range statements {
		if tag, err = results.Exec(); err != nil {
			err = fmt.Errorf("%s: %w", s.what, err)
			break
		}
	}
	if begins {
		w.begun = results.Tx()
	}
	return results, tag, err
}

// send gives everything to the database, in one go, and waits for it. tag is that of the last statement.
func (w *waiting) send(ctx context.Context) (tag pgconn.CommandTag, err error) {
	if w.nothing() {
		return tag, nil
	}
	results, tag, err := w.sendWith(ctx)
	if ended := results.Close(); err == nil {
		err = ended
	}
	return tag, err
}

// pgxTx is a transaction as pgx knows it. Commit and rollback stay with Tx.
type pgxTx struct{ *waiting }

var _ pgx.Tx = pgxTx{}

func (t pgxTx) commit(ctx context.Context, lazily bool) error {
	if t.begun == nil && len(t.statements) == 0 {
		return nil // nothing was done
	}
	if lazily {
		t.add("commit lazily", "SET LOCAL synchronous_commit = off")
	}
	t.add("commit", "commit")
	tag, err := t.send(ctx)
	if err == nil && tag.String() == "ROLLBACK" {
		err = pgx.ErrTxCommitRollback
	}
	return err
}

func (t pgxTx) rollback(ctx context.Context) error {
	t.statements = nil
	if t.begun == nil {
		return nil
	}
	return t.begun.Rollback(ctx)
}

func (pgxTx) Commit(context.Context) error   { return errNotYours }
func (pgxTx) Rollback(context.Context) error { return errNotYours }
func (t pgxTx) Conn() *pgx.Conn              { return t.conn }
func (pgxTx) LargeObjects() pgx.LargeObjects { panic("large objects are not used") }

// Begin makes a savepoint.
func (t pgxTx) Begin(ctx context.Context) (pgx.Tx, error) {
	if _, err := t.send(ctx); err != nil {
		return nil, err
	}
	return t.begun.Begin(ctx)
}

func (t pgxTx) Prepare(ctx context.Context, name, sql string) (*pgconn.StatementDescription, error) {
	if _, err := t.send(ctx); err != nil {
		return nil, err
	}
	return t.conn.Prepare(ctx, name, sql)
}

func (t pgxTx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if t.nothing() {
		return t.conn.Exec(ctx, sql, args...)
	}
	t.add("execute", sql, args...)
	return t.send(ctx)
}

func (t pgxTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if _, err := t.send(ctx); err != nil {
		return pgx.FailedBatchResults(&pgx.Batch{}, err).Query()
	}
	return t.conn.Query(ctx, sql, args...)
}

func (t pgxTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	if _, err := t.send(ctx); err != nil {
		return pgx.FailedBatchResults(&pgx.Batch{}, err).QueryRow()
	}
	return t.conn.QueryRow(ctx, sql, args...)
}

func (t pgxTx) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error) {
	if _, err := t.send(ctx); err != nil {
		return 0, err
	}
	return t.conn.CopyFrom(ctx, table, columns, rows)
}

// SendBatch sends what waits and the batch in one go.
func (t pgxTx) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	if t.nothing() {
		return t.conn.SendBatch(ctx, b)
	}
	results, _, err := t.sendWith(ctx, b.QueuedQueries...)
	if err != nil {
		_ = results.Close() // says the same
		return pgx.FailedBatchResults(b, err)
	}
	return results
}
