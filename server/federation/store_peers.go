package federation

import (
	"context"
	"time"
)

// claimProbe lets one process at a time try whether a portal out of reach is back.
func (st store) claimProbe(ctx context.Context, id string, now, lease time.Time) (bool, error) {
	res := st.db.From(ctx).Exec(`UPDATE federation_peers SET retry_at = ? WHERE id = ? AND failures > 0 AND retry_at <= ?`, lease, id, now)
	return res.RowsAffected == 1, res.Error
}

// peerFailed notes that a portal could not be reached, and until when it is left alone. failures is the number of
// failures known before the attempt: attempts that ran side by side count once.
func (st store) peerFailed(ctx context.Context, id string, failures int, now, retryAt time.Time, failure string) error {
	return st.db.From(ctx).Exec(`
		INSERT INTO federation_peers AS p (id, failures, retry_at, last_error, last_error_at)
		VALUES (@id, 1, @retry, @failure, @now)
		ON CONFLICT (id) DO UPDATE SET failures = @failures + 1, retry_at = @retry, last_error = @failure, last_error_at = @now
			WHERE p.failures <= @failures`,
		map[string]any{"id": id, "failures": failures, "retry": retryAt, "failure": failure, "now": now}).Error
}

// peerReached notes that a portal answers. It says whether that is news: it was out of reach before, or spoke up by
// itself longer than quiet after its queue was woken last.
func (st store) peerReached(ctx context.Context, id string, now time.Time, spokeUp bool, quiet time.Time) (news bool, err error) {
	err = st.db.From(ctx).Raw(`
		INSERT INTO federation_peers AS p (id, last_contact, woken_at) VALUES (@id, @now, @now)
		ON CONFLICT (id) DO UPDATE SET failures = 0, retry_at = 'epoch', last_contact = @now, woken_at = @now
			WHERE p.failures > 0 OR (@spoke AND p.woken_at <= @quiet)
		RETURNING true`,
		map[string]any{"id": id, "now": now, "spoke": spokeUp, "quiet": quiet}).Scan(&news).Error
	return news, err
}

// peerIsNews says whether peerReached would find news, without writing anything.
func (st store) peerIsNews(ctx context.Context, id string, spokeUp bool, quiet time.Time) (news bool, err error) {
	err = st.db.Pgx(ctx).QueryRow(ctx, `SELECT coalesce((SELECT failures > 0 OR ($2 AND woken_at <= $3) FROM federation_peers WHERE id = $1), true)`,
		id, spokeUp, quiet).Scan(&news)
	return news, err
}

// seen notes the time of the last contact.
func (st store) seen(ctx context.Context, id string, now time.Time) error {
	return st.db.From(ctx).Exec("UPDATE federation_peers SET last_contact = ? WHERE id = ?", now, id).Error
}

// wake makes everything that waits for a portal due now.
func (st store) wake(ctx context.Context, recipient string, now time.Time) (int64, error) {
	res := st.db.From(ctx).Exec(`UPDATE federation_outbox SET next_at = ?
		WHERE recipient = ? AND head AND state = 'queued' AND next_at > ?`, now, recipient, now)
	return res.RowsAffected, res.Error
}
