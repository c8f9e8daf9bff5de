package federation

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

const logBatch = 1000

// logHead is the signed end of the message log.
type logHead struct {
	Seq       int64
	Hash      []byte
	Signature string
}

// lockLogHead gives the end of the chain and keeps others from appending until the transaction ends. The statements of before are
// sent with it, and run first.
func (st store) lockLogHead(ctx context.Context, before *pgx.Batch) (logHead, error) {
	var h logHead
	before.Queue("SELECT seq, hash, signature FROM federation_log_head FOR UPDATE").
		QueryRow(func(row pgx.Row) error { return row.Scan(&h.Seq, &h.Hash, &h.Signature) })
	err := st.db.Pgx(ctx).SendBatch(ctx, before).Close()
	return h, err
}

// appendLog adds an entry and moves the end, with the commit.
func (st store) appendLog(ctx context.Context, e logEntry, signature string) error {
	return errors.Join(st.db.Later(ctx, "add entry", `INSERT INTO federation_log
			(seq, at, direction, outcome, peer, message_id, kind, subject_hash, content_hash, receipt, prev_hash, hash)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		e.Seq, e.At, e.Direction, e.Outcome, e.Peer, e.MessageID, e.Kind, e.SubjectHash, e.ContentHash, e.Receipt, e.PrevHash, e.Hash),
		st.db.Later(ctx, "move its end", "UPDATE federation_log_head SET seq = $1, hash = $2, signature = $3", e.Seq, e.Hash, signature))
}

// walkLog reads the log from its beginning as it was at one moment, and gives its end.
func (st store) walkLog(ctx context.Context, visit func(logEntry) error) (logHead, error) {
	var head logHead
	tx, err := st.db.Pool().BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return head, fmt.Errorf("read message log: %w", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	err = tx.QueryRow(ctx, "SELECT seq, hash, signature FROM federation_log_head").Scan(&head.Seq, &head.Hash, &head.Signature)
	if err != nil {
		return head, fmt.Errorf("read message log: %w", err)
	}
	last := int64(-1)
	for {
		rows, err := tx.Query(ctx, `SELECT seq, at, direction, outcome, peer, message_id, kind, subject_hash, content_hash, receipt,
			prev_hash, hash FROM federation_log WHERE seq > $1 ORDER BY seq LIMIT $2`, last, logBatch)
		if err != nil {
			return head, fmt.Errorf("read message log: %w", err)
		}
		entries, err := pgx.CollectRows(rows, pgx.RowToStructByPos[logEntry])
		if err != nil {
			return head, fmt.Errorf("read message log: %w", err)
		}
		for _, e := range entries {
			if err := visit(e); err != nil {
				return head, err
			}
			last = e.Seq
		}
		if len(entries) < logBatch {
			return head, nil
		}
	}
}
