package federation

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// busyNames counts who is at work, by name.
type busyNames struct {
	mu    sync.Mutex
	names map[string]int
	again map[string]bool // there is more to do
}

func (l *busyNames) enter(name string, limit int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.names == nil {
		l.names = map[string]int{}
	}
	if l.names[name] >= limit {
		return false
	}
	l.names[name]++
	return true
}

// leave says whether there came more to do meanwhile, which nobody else looks for.
func (l *busyNames) leave(name string) (again bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.names[name]--; l.names[name] == 0 {
		delete(l.names, name)
	}
	again = l.again[name]
	delete(l.again, name)
	return again
}

// full says whether as many are at work as may be.
func (l *busyNames) full(name string, limit int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.names[name] >= limit
}

// more tells whoever is at work that there is more to do; false when others may come to do it.
func (l *busyNames) more(name string, limit int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.names[name] < limit {
		return false
	}
	if l.again == nil {
		l.again = map[string]bool{}
	}
	l.again[name] = true
	return true
}

// contacts remembers when a portal was last seen, so that not each call is written down.
type contacts struct {
	mu   sync.Mutex
	last map[string]time.Time
}

// stale says whether the last contact should be written down again, and takes it as done.
func (c *contacts) stale(id string, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if since := now.Sub(c.last[id]); since >= 0 && since < contactStale { // after now: the clock was set back
		return false
	}
	if c.last == nil {
		c.last = map[string]time.Time{}
	}
	c.last[id] = now
	return true
}

// How many nudges a member may send.
const (
	nudgesPerSecond = 20
	nudgeBurst      = 100
)

// limiter limits each member's nudges.
type limiter struct {
	mu      sync.Mutex
	members map[string]*rate.Limiter
}

func (l *limiter) allow(id string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.members == nil {
		l.members = map[string]*rate.Limiter{}
	}
	if l.members[id] == nil {
		l.members[id] = rate.NewLimiter(nudgesPerSecond, nudgeBurst)
	}
	return l.members[id].AllowN(now, 1)
}
