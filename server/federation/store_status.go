package federation

import (
	"context"
	"time"
)

// statusRow is what is known of another portal, from all tables.
type statusRow struct {
	ID                      string
	Failures                int
	RetryAt                 *time.Time
	LastContact             *time.Time
	LastError               string
	Queued, Parked, Refused int
	OldestQueued            *time.Time
	PulledAt                *time.Time
	Failure                 string
	Entries                 int
	CertificateUntil        *time.Time
}

// status gives what is known of all other portals, by id.
func (st store) status(ctx context.Context) (map[string]statusRow, error) {
	var rows []statusRow
	err := st.db.From(ctx).Raw(`
		WITH queue AS (
			SELECT recipient,
				count(*) FILTER (WHERE state = 'queued') AS queued,
				count(*) FILTER (WHERE state = 'parked') AS parked,
				count(*) FILTER (WHERE state = 'refused' AND resent_as IS NULL) AS refused,
				min(created_at) FILTER (WHERE state = 'queued') AS oldest_queued
			FROM federation_outbox WHERE state <> 'delivered' GROUP BY recipient
		), ids AS (
			SELECT id FROM federation_peers UNION SELECT recipient FROM queue UNION SELECT owner FROM federation_replicas
		)
		SELECT ids.id, coalesce(p.failures, 0) AS failures, p.retry_at, p.last_contact,
			CASE WHEN p.failures > 0 THEN p.last_error ELSE '' END AS last_error,
			coalesce(q.queued, 0) AS queued, coalesce(q.parked, 0) AS parked, coalesce(q.refused, 0) AS refused, q.oldest_queued,
			r.pulled_at, coalesce(r.failure, '') AS failure, coalesce(r.entries, 0) AS entries, r.certificate_until
		FROM ids
		LEFT JOIN federation_peers p ON p.id = ids.id
		LEFT JOIN queue q ON q.recipient = ids.id
		LEFT JOIN federation_replicas r ON r.owner = ids.id`).Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	byID := make(map[string]statusRow, len(rows))
	for _, r := range rows {
		byID[r.ID] = r
	}
	return byID, nil
}

// stuck gives messages that are not delivered, oldest first.
func (st store) stuck(ctx context.Context, recipient string, n int) ([]StuckMessage, error) {
	var found []StuckMessage
	err := st.db.From(ctx).Raw(`SELECT id, recipient, kind, subject, state, attempts, last_error, created_at, next_at
		FROM federation_outbox
		WHERE recipient = ? AND state <> 'delivered' AND (state <> 'queued' OR attempts > 0) AND resent_as IS NULL
		ORDER BY created_at, id LIMIT ?`, recipient, n).Scan(&found).Error
	return found, err
}
