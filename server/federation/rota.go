package federation

import (
	"slices"
	"sync"
	"time"
)

// How often the others' catalogs are read though nobody has said that they have changed. Changes come by nudge, and a nudge that
// fails is repeated: reading makes good only what both have missed. So a portal of many members asks each less often, and all of
// them together as often as twenty.
const (
	readEvery  = time.Minute
	readAtMost = 20 // members each minute, unless that would take longer than readLatest
	readLatest = 10 * time.Minute
)

// readPeriod says after which time a catalog is read again.
func readPeriod(members int) time.Duration {
	return min(max(readEvery, readEvery*time.Duration(members)/readAtMost), readLatest)
}

// rota says whose catalog is to be read next.
type rota struct {
	mu     sync.Mutex
	period time.Duration
	last   map[string]time.Time // when a member's catalog was read
}

// due gives the members whose turn it is, who waited longest first. What was never read, or could not be, is due at once.
func (r *rota) due(members []string, now time.Time) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.period = readPeriod(len(members))
	before := now.Add(readEvery - r.period) // due is asked every readEvery
	var ids []string
	for _, id := range members {
		if !r.last[id].After(before) {
			ids = append(ids, id)
		}
	}
	slices.SortStableFunc(ids, func(a, b string) int { return r.last[a].Compare(r.last[b]) })
	return ids
}

// read notes that a member's catalog was read. The first time counts as some part of a period before, so that members which were
// all read at the start come one by one from then on.
func (r *rota) read(id string, now time.Time, part float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last == nil {
		r.last = map[string]time.Time{}
	}
	if r.last[id].IsZero() {
		now = now.Add(-time.Duration(part * float64(r.period)))
	}
	r.last[id] = now
}

// forget makes a member due again.
func (r *rota) forget(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.last, id)
}

// again lets what has failed for somebody be done once more, later each time.
type again struct {
	mu    sync.Mutex
	after map[string]*retry
}

type retry struct {
	pause   time.Duration
	waiting bool
}

// later runs fn for a name: after first when it has not failed before, else after four times as long as the time before, but
// after longest at the latest. Nothing happens when fn waits for that name already.
func (a *again) later(name string, first, longest time.Duration, fn func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.after == nil {
		a.after = map[string]*retry{}
	}
	r := a.after[name]
	if r == nil {
		r = &retry{pause: first / 4}
		a.after[name] = r
	}
	if r.waiting {
		return
	}
	r.waiting, r.pause = true, min(4*r.pause, longest)
	time.AfterFunc(r.pause, func() {
		a.mu.Lock()
		r.waiting = false
		a.mu.Unlock()
		fn()
	})
}

// settled forgets that something has failed.
func (a *again) settled(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r := a.after[name]; r != nil && !r.waiting {
		delete(a.after, name)
	}
}
