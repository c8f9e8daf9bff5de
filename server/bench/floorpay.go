package main

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// pay writes, in one transaction, the rows that the portal has when a fee is paid, each once: the key of the request, the transaction at the
// provider, the payment with its three steps, the person's side of it, the booking with its two lines, the letter, and the four jobs. It asks no provider
// and checks nothing.
func (f floor) pay(w http.ResponseWriter, r *http.Request) {
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		answer(w, nil, err)
		return
	}
	err = pgx.BeginFunc(r.Context(), f.pool, func(tx pgx.Tx) error { return writePayment(r.Context(), tx, id, time.Now()) })
	answer(w, map[string]any{"id": id, "state": "paid", "paidAt": time.Now()}, err)
}

func writePayment(ctx context.Context, tx pgx.Tx, id uuid.UUID, now time.Time) error {
	attempt, message := uuid.New(), uuid.Must(uuid.NewV7())
	sealed := make([]byte, 100)
	batch := &pgx.Batch{}
	batch.Queue("INSERT INTO idempotency_keys (scope, key, request_hash, response) VALUES ($1, $2, $3, '{}')", "payments.start http://localhost clara", uuid.NewString(), sealed[:32])
	batch.Queue(`INSERT INTO payment_attempts (id, payment_id, state, amount, received, transaction_id, redirect, callback, token, created_at, expires_at, asked_at, asks, final)
		VALUES ($1, $2, 'paid', $3, $3, $4, $5, $6, $5, $7, $7, $7, 1, true)`, attempt, id, paidCents, attempt.String(), sealed, attempt[:], now)
	batch.Queue("UPDATE payments SET state = 'paid', version = 4, method = 'CREDITCARD', changed_at = $2, paid_at = $2 WHERE id = $1", id, now)
	batch.Queue(`INSERT INTO payment_steps (payment_id, n, at, state, what, attempt_id)
		VALUES ($1, 2, $3, 'started', 'started', $2), ($1, 3, $3, 'started', 'provider-opened', $2), ($1, 4, $3, 'paid', 'paid', $2)`, id, attempt, now)
	batch.Queue("UPDATE payment_claims SET state = 'paid', version = 4, revision = 5, content = $2, changed_at = $3, paid_at = $3 WHERE id = $1", id, make([]byte, 500), now)
	batch.Queue(`WITH b AS (INSERT INTO ledger_bookings (kind, reference, payment_id, day, at) VALUES ('paid', $1, $2, ($3::timestamptz)::date, $3) RETURNING id)
		INSERT INTO ledger_lines (booking_id, n, account, amount) SELECT id, n, account, amount
		FROM b, (VALUES (1, 'provider', $4::bigint), (2, 'receivable', -$4::bigint)) AS l (n, account, amount)`, attempt.String(), id, now, paidCents)
	batch.Queue("INSERT INTO mailbox_messages (id, account_id, origin, message_id, content, at, received_at) VALUES ($1, $2, 'http://localhost', $3, $4, $5, $5)",
		message, id, uuid.New(), make([]byte, 400), now)
	batch.Queue(`INSERT INTO river_job (kind, args, max_attempts, queue) VALUES ('payments.open', $1, 10000, 'payments'), ('payments.ask', $1, 10000, 'payments'),
		('payments.ask', $1, 10000, 'payments'), ('mailbox.notice', $1, 25, 'default')`, map[string]any{"attemptId": attempt})
	return tx.SendBatch(ctx, batch).Close()
}
