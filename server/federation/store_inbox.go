package federation

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
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

// arrived gives what is kept of a message, if it arrived before.
func (st store) arrived(ctx context.Context, sender string, id uuid.UUID) (inboxRow, bool, error) {
	var r inboxRow
	res := st.db.From(ctx).Raw(`SELECT sender, id, kind, subject, seq, content_hash, outcome, receipt, refusal, arrived_at
		FROM federation_inbox WHERE sender = ? AND id = ?`, sender, id).Scan(&r)
	return r, res.RowsAffected == 1, res.Error
}

// lockInboxLane locks the lane of a sender and subject until the transaction ends, and gives the last number that
// arrived.
func (st store) lockInboxLane(ctx context.Context, sender string, subject uuid.UUID) (int64, error) {
	var last int64
	err := st.db.From(ctx).Raw(`
		INSERT INTO federation_inbox_lanes AS l (sender, subject, last_seq) VALUES (?, ?, 0)
		ON CONFLICT (sender, subject) DO UPDATE SET last_seq = l.last_seq
		RETURNING last_seq`, sender, subject).Scan(&last).Error
	return last, err
}

// addArrived keeps a message that arrived and moves its lane on.
func (st store) addArrived(ctx context.Context, r inboxRow) error {
	var refusal any
	if r.Refusal != nil {
		refusal = string(r.Refusal)
	}
	err := st.db.From(ctx).Exec(`
		INSERT INTO federation_inbox (sender, id, kind, subject, seq, content_hash, outcome, receipt, refusal, arrived_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.Sender, r.ID, r.Kind, r.Subject, r.Seq, r.ContentHash, r.Outcome, r.Receipt, refusal, r.ArrivedAt).Error
	if err != nil {
		return err
	}
	return st.db.From(ctx).Exec("UPDATE federation_inbox_lanes SET last_seq = ? WHERE sender = ? AND subject = ?",
		r.Seq, r.Sender, r.Subject).Error
}
