package federation

import (
	"context"
	"sync"
	"time"
)

// clockBack is how far this machine's clock must have been set back, between two readings, to count.
const clockBack = 2 * time.Second

const (
	// stragglers is how long after the clock went back an attempt that began before may still note a time by the old clock.
	stragglers = callTimeout + finishTime
	// leaseDoubt is how much later than this process's own a lease may be that another process has taken a moment ago.
	leaseDoubt = time.Minute
)

// watch reads the machine's clock, and notices when it is set back: what was to be done at times by the old clock would wait for
// them, up to as long as the clock was wrong. Each reading counts, so nothing has got a time from it that went unnoticed.
type watch struct {
	read  func() time.Time
	since func() time.Duration // by a clock that nobody sets
	begin time.Time

	mu    sync.Mutex
	ahead time.Duration // of the steady clock, the most that was read since it was asked last
	asked bool
	again time.Duration // by the steady clock; zero when nothing is to be looked for once more
}

func newWatch(read func() time.Time) *watch {
	begin := time.Now()
	return &watch{read: read, since: func() time.Duration { return time.Since(begin) }, begin: begin.Round(0)}
}

// now reads the clock.
func (c *watch) now() time.Time {
	wall, ahead := c.look()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead = max(c.ahead, ahead)
	return wall
}

// look reads the clock, and how far it is ahead of the steady one.
func (c *watch) look() (wall time.Time, ahead time.Duration) {
	wall = c.read()
	return wall, wall.Round(0).Sub(c.begin) - c.since()
}

// setBack says whether the clock went back since it was asked last, and says it once more when no attempt from before can be
// under way any longer. The first time it says so, too: nobody knows what was while no process was running.
func (c *watch) setBack() bool {
	_, ahead := c.look()
	c.mu.Lock()
	defer c.mu.Unlock()
	first, back := !c.asked, c.asked && c.ahead-ahead > clockBack
	c.ahead, c.asked = ahead, true
	steady := c.since()
	switch {
	case back:
		c.again = steady + stragglers
		return true
	case c.again != 0 && steady >= c.again:
		c.again = 0
		return true
	default:
		return first
	}
}

// askAgain makes the next answer of setBack a yes.
func (c *watch) askAgain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = false
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
