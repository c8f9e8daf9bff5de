package federation

import (
	"context"
	"time"
)

// clockBack is how far this machine's clock must have been set back, between two sweeps, to count.
const clockBack = 2 * time.Second

// drift notices a clock that is set back. What was to be done at times by the old clock would wait for them, up to as long as
// the clock was wrong.
type drift struct {
	wall, steady time.Time
}

// setBack says whether the clock went back since it was asked last. The first time it says so, too: nobody knows what was while
// no process was running.
func (d *drift) setBack(wall, steady time.Time) bool {
	wall = wall.Round(0) // without the reading of the steady clock
	back := d.wall.IsZero() || steady.Sub(d.steady)-wall.Sub(d.wall) > clockBack
	d.wall, d.steady = wall, steady
	return back
}

// forgetFuture makes due now what waits for a later time, and takes back marks from times that have not come yet.
func (st store) forgetFuture(ctx context.Context, now, longestLease time.Time) error {
	err := st.db.From(ctx).Exec(`UPDATE federation_outbox SET next_at = least(next_at, @now), since = least(since, @now),
			leased_until = CASE WHEN leased_until > @lease THEN 'epoch' ELSE leased_until END
		WHERE head AND state = 'queued' AND (next_at > @now OR since > @now OR leased_until > @lease)`,
		map[string]any{"now": now, "lease": longestLease}).Error
	if err != nil {
		return err
	}
	return st.db.From(ctx).Exec(`UPDATE federation_peers SET retry_at = least(retry_at, @now), last_contact = least(last_contact, @now),
			woken_at = least(woken_at, @now), enqueued_at = CASE WHEN enqueued_at > @now THEN 'epoch' ELSE enqueued_at END
		WHERE retry_at > @now OR last_contact > @now OR woken_at > @now OR enqueued_at > @now`, map[string]any{"now": now}).Error
}
