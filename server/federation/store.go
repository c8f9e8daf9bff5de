package federation

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/db"
)

// store holds the queries of this room. They run in the transaction of their context where there is one.
type store struct{ db *db.DB }

// outboxRow is a message to another portal, as far as delivery needs it.
type outboxRow struct {
	ID            uuid.UUID
	Recipient     string
	Kind          string
	Subject       uuid.UUID
	Seq           int64
	ContentHash   []byte
	Payload       []byte // sealed
	State         string
	Attempts      int
	Since         time.Time
	LeasedUntil   time.Time // tells one claim from another
	PrevDelivered int64     // number of the message of the lane that was delivered last
}

// States of a message in the outbox.
const (
	stateQueued    = "queued"
	stateDelivered = "delivered"
	stateParked    = "parked"
	stateRefused   = "refused"
)

// addMessage writes a message with the next number of its lane, and locks the lane until the transaction ends: numbers are in commit
// order. It is the head of its lane when the one before is settled: they are settled in order, so nothing further ahead is open. Here and
// in settle no row is looked for by its state, as that would lead the planner through all that waits for the portal.
func (st store) addMessage(ctx context.Context, r outboxRow, now time.Time) (head bool, err error) {
	batch := &pgx.Batch{}
	batch.Queue(`INSERT INTO federation_outbox_lanes AS l (recipient, subject, last_seq) VALUES ($1, $2, 1)
		ON CONFLICT (recipient, subject) DO UPDATE SET last_seq = l.last_seq + 1`, r.Recipient, r.Subject)
	// A statement of its own: it must see what was committed while the one before waited for the lane.
	batch.Queue(`INSERT INTO federation_outbox (id, recipient, kind, subject, seq, content_hash, payload, head, since, next_at, created_at)
		SELECT $1, l.recipient, $4, l.subject, l.last_seq, $5, $6, coalesce((
			SELECT state NOT IN ('queued', 'parked') FROM federation_outbox WHERE recipient = $2 AND subject = $3 AND seq = l.last_seq - 1
		), true), $7, $7, $7
		FROM federation_outbox_lanes l WHERE l.recipient = $2 AND l.subject = $3
		RETURNING head`, r.ID, r.Recipient, r.Subject, r.Kind, r.ContentHash, r.Payload, now).
		QueryRow(func(row pgx.Row) error { return row.Scan(&head) })
	err = st.db.Pgx(ctx).SendBatch(ctx, batch).Close()
	return head, err
}

// claim takes the message to a recipient that is due longest, for as long as the lease runs, and counts the attempt. A
// claim that is lost in a crash runs out by itself, so it does not wait for the disk. It takes none to a portal that was out of reach
// when only those in reach are wanted.
func (st store) claim(ctx context.Context, recipient string, now, lease time.Time, inReach bool) (outboxRow, bool, error) {
	var r outboxRow
	res := st.db.From(ctx).Raw(`
		WITH due AS (
			SELECT id, set_config('synchronous_commit', 'off', true) FROM federation_outbox
			WHERE recipient = @recipient AND head AND state = 'queued' AND next_at <= @now AND leased_until <= @now
				AND NOT (@inReach AND EXISTS (SELECT FROM federation_peers WHERE id = @recipient AND failures > 0))
			ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED
		)
		UPDATE federation_outbox o SET leased_until = @lease, attempts = attempts + 1 FROM due
		WHERE o.id = due.id
		RETURNING o.id, o.recipient, o.kind, o.subject, o.seq, o.content_hash, o.payload, o.state, o.attempts, o.since, o.leased_until,
			(SELECT delivered_seq FROM federation_outbox_lanes l WHERE l.recipient = o.recipient AND l.subject = o.subject)
			AS prev_delivered`,
		map[string]any{"recipient": recipient, "now": now, "lease": lease, "inReach": inReach}).Scan(&r)
	return r, res.RowsAffected == 1, res.Error
}

// readiness says how often a portal was out of reach in a row, and whether anything to it could be claimed.
func (st store) readiness(ctx context.Context, recipient string, now time.Time) (failures int, due bool, err error) {
	var r struct {
		Failures int
		Due      bool
	}
	err = st.db.From(ctx).Raw(`SELECT coalesce((SELECT failures FROM federation_peers WHERE id = @recipient), 0) AS failures,
		EXISTS (SELECT FROM federation_outbox
			WHERE recipient = @recipient AND head AND state = 'queued' AND next_at <= @now AND leased_until <= @now) AS due`,
		map[string]any{"recipient": recipient, "now": now}).Scan(&r).Error
	return r.Failures, r.Due, err
}

// lockMessage locks a message for settling it and gives its state.
func (st store) lockMessage(ctx context.Context, id uuid.UUID) (outboxRow, error) {
	var r outboxRow
	res := st.db.From(ctx).Raw(`SELECT id, recipient, kind, subject, seq, content_hash, payload, state, attempts, since
		FROM federation_outbox WHERE id = ? FOR UPDATE`, id).Scan(&r)
	if res.Error == nil && res.RowsAffected == 0 {
		return r, errNoMessage
	}
	return r, res.Error
}

var errNoMessage = errors.New("no such message")

// settle gives the statements that end a message, delivered or refused, and make the next one of its lane the head. The payload
// goes with delivery. The message must be locked.
func (st store) settle(r outboxRow, state, receipt, failure string, now time.Time) *pgx.Batch {
	batch := &pgx.Batch{}
	// The lane first: Send holds it while it looks for open messages.
	batch.Queue(`UPDATE federation_outbox_lanes SET delivered_seq = CASE WHEN $3 THEN $4 ELSE delivered_seq END
		WHERE recipient = $1 AND subject = $2`, r.Recipient, r.Subject, state == stateDelivered, r.Seq)
	batch.Queue(`UPDATE federation_outbox SET state = $2, head = false, receipt = $3, last_error = $4, settled_at = $5,
		payload = CASE WHEN $2 = 'delivered' THEN NULL ELSE payload END WHERE id = $1`, r.ID, state, receipt, failure, now)
	batch.Queue(`UPDATE federation_outbox SET head = true, since = $4, next_at = $4 WHERE id = (
		SELECT CASE state WHEN 'queued' THEN id END FROM federation_outbox WHERE recipient = $1 AND subject = $2 AND seq > $3
		ORDER BY seq LIMIT 1)`, r.Recipient, r.Subject, r.Seq, now)
	return batch
}

// postpone puts a claimed message back, to be tried at a later time, unless the claim has run out and others have it.
func (st store) postpone(ctx context.Context, r outboxRow, nextAt time.Time, failure string) error {
	return st.db.From(ctx).Exec(`UPDATE federation_outbox SET next_at = ?, leased_until = 'epoch', last_error = ?
		WHERE id = ? AND state = 'queued' AND leased_until = ?`, nextAt, failure, r.ID, r.LeasedUntil).Error
}

// park ends the tries for a claimed message. It stays the first of its lane and can be sent again.
func (st store) park(ctx context.Context, r outboxRow, failure string, now time.Time) error {
	return st.db.From(ctx).Exec(`UPDATE federation_outbox SET state = 'parked', last_error = ?, settled_at = ?
		WHERE id = ? AND state = 'queued' AND leased_until = ?`, failure, now, r.ID, r.LeasedUntil).Error
}

// anyQueued says whether any message waits to be sent, cheaply.
func (st store) anyQueued(ctx context.Context) (found bool, err error) {
	err = st.db.Pgx(ctx).QueryRow(ctx, "SELECT EXISTS (SELECT FROM federation_outbox WHERE head AND state = 'queued')").Scan(&found)
	return found, err
}

// parkOld ends the tries for messages that have waited since before a time: their portal was out of reach all along.
func (st store) parkOld(ctx context.Context, now, since time.Time) ([]outboxRow, error) {
	var parked []outboxRow
	err := st.db.From(ctx).Raw(`UPDATE federation_outbox SET state = 'parked', settled_at = ?
		WHERE head AND state = 'queued' AND since < ? AND leased_until <= ? RETURNING id, recipient, kind`, now, since, now).Scan(&parked).Error
	return parked, err
}

// unpark puts a parked message back into the queue.
func (st store) unpark(ctx context.Context, id uuid.UUID, now time.Time) error {
	return st.db.From(ctx).Exec(`UPDATE federation_outbox SET state = 'queued', since = ?, next_at = ?,
		leased_until = 'epoch', settled_at = NULL WHERE id = ?`, now, now, id).Error
}

// resentAs notes under which id a refused message goes out again.
func (st store) resentAs(ctx context.Context, id, as uuid.UUID) error {
	return st.db.From(ctx).Exec("UPDATE federation_outbox SET resent_as = ?, payload = NULL WHERE id = ?", as, id).Error
}

// stranded finds recipients with messages that were due at ready and that nobody sends, and notes that jobs are asked
// for now. It leaves out recipients for which that was done after before, and those out of reach until it is time.
func (st store) stranded(ctx context.Context, now, ready, before time.Time) ([]string, error) {
	var recipients []string
	err := st.db.From(ctx).Raw(`
		WITH RECURSIVE waiting AS (
			(SELECT recipient FROM federation_outbox WHERE head AND state = 'queued' ORDER BY recipient LIMIT 1)
			UNION ALL
			SELECT (SELECT recipient FROM federation_outbox
				WHERE head AND state = 'queued' AND recipient > w.recipient ORDER BY recipient LIMIT 1)
			FROM waiting w WHERE w.recipient IS NOT NULL
		)
		INSERT INTO federation_peers AS p (id, enqueued_at)
		SELECT w.recipient, @now FROM waiting w WHERE EXISTS (SELECT FROM federation_outbox o
			WHERE o.recipient = w.recipient AND o.head AND o.state = 'queued' AND o.next_at <= @ready AND o.leased_until <= @now)
		ON CONFLICT (id) DO UPDATE SET enqueued_at = @now
			WHERE p.enqueued_at <= @before AND (p.failures = 0 OR p.retry_at <= @now)
		RETURNING id`,
		map[string]any{"now": now, "ready": ready, "before": before}).Scan(&recipients).Error
	return recipients, err
}
