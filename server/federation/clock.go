package federation

import (
	"context"
	"time"
)

// clockBack is how far this machine's clock must have been set back, between two sweeps, to count.
const clockBack = 2 * time.Second

const (
	// stragglers is how long after the clock went back an attempt that began before may still note a time by the old clock.
	stragglers = callTimeout + finishTime
	// leaseDoubt is how much later than this process's own a lease may be that another process has taken a moment ago.
	leaseDoubt = time.Minute
)

// drift notices a clock that is set back. What was to be done at times by the old clock would wait for them, up to as long as
// the clock was wrong.
type drift struct {
	wall, steady time.Time
	again        time.Time // by the steady clock; zero when nothing is to be looked for once more
}

// setBack says whether the clock went back since it was asked last, and says it once more when no attempt from before can be
// under way any longer. The first time it says so, too: nobody knows what was while no process was running.
func (d *drift) setBack(wall, steady time.Time) bool {
	wall = wall.Round(0) // without the reading of the steady clock
	first := d.wall.IsZero()
	back := !first && steady.Sub(d.steady)-wall.Sub(d.wall) > clockBack
	d.wall, d.steady = wall, steady
	switch {
	case back:
		d.again = steady.Add(stragglers)
		return true
	case !d.again.IsZero() && !steady.Before(d.again):
		d.again = time.Time{}
		return true
	default:
		return first
	}
}

// forgetFuture makes due now what waits for a later time, and takes back marks from times that have not come yet. Leases that end
// by longestLease are left alone: they may be another process's, which is at work.
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
