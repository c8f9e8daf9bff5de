package federation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// inboxRow is what is kept of a message that arrived.
type inboxRow struct {
	Sender      string
	ID          uuid.UUID
	Kind        string
	Subject     uuid.UUID
	Seq         int64
	ContentHash []byte
	Outcome     string
	Receipt     string
	Refusal     json.RawMessage
	ArrivedAt   time.Time
}

// enterLane locks the lane of a sender and subject until the transaction ends. It gives the last number that arrived, and
// what is kept of the message if it arrived before.
func (st store) enterLane(ctx context.Context, m message) (last int64, known inboxRow, found bool, err error) {
	batch := &pgx.Batch{}
	batch.Queue(`INSERT INTO federation_inbox_lanes AS l (sender, subject, last_seq) VALUES ($1, $2, 0)
		ON CONFLICT (sender, subject) DO UPDATE SET last_seq = l.last_seq
		RETURNING last_seq`, m.From, m.Subject).QueryRow(func(row pgx.Row) error { return row.Scan(&last) })
	batch.Queue(`SELECT sender, id, kind, subject, seq, content_hash, outcome, receipt, refusal, arrived_at
		FROM federation_inbox WHERE sender = $1 AND id = $2`, m.From, m.ID).Query(func(rows pgx.Rows) error {
		known, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[inboxRow])
		if found = err == nil; errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	err = st.db.Pgx(ctx).SendBatch(ctx, batch).Close()
	return last, known, found, err
}

// addArrived gives the statements that keep a message that arrived and move its lane on.
func (st store) addArrived(r inboxRow) *pgx.Batch {
	batch := &pgx.Batch{}
	batch.Queue(`INSERT INTO federation_inbox (sender, id, kind, subject, seq, content_hash, outcome, receipt, refusal, arrived_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		r.Sender, r.ID, r.Kind, r.Subject, r.Seq, r.ContentHash, r.Outcome, r.Receipt, r.Refusal, r.ArrivedAt)
	batch.Queue("UPDATE federation_inbox_lanes SET last_seq = $1 WHERE sender = $2 AND subject = $3", r.Seq, r.Sender, r.Subject)
	return batch
}

// ApplicationReceipt gives this portal's signed receipt for an application that came from a member; empty when none did.
func (s *Service) ApplicationReceipt(ctx context.Context, sender string, id uuid.UUID) (receipt string, err error) {
	err = s.db.Pgx(ctx).QueryRow(ctx, `SELECT receipt FROM federation_inbox WHERE sender = $1 AND subject = $2 AND kind = 'application.submitted' AND outcome = 'accepted'
		ORDER BY arrived_at LIMIT 1`, sender, id).Scan(&receipt)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read receipt: %w", err)
	}
	return receipt, nil
}
