package db

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	notifyPause   = 5 * time.Millisecond // between two rounds: what comes in between goes together
	notifyRetry   = 200 * time.Millisecond
	notifyTimeout = 5 * time.Second
	notifyEnd     = 2 * time.Second // for the last ones, when the database is closed
)

// Hint sends a message on a channel (NOTIFY) soon after the transaction that ctx carries is committed; at once without one.
// A channel that begins with a dot is one of the current schema. Equal hints that wait are sent once.
//
// A NOTIFY inside a transaction would make all of them commit one after another, each waiting for its own flush to disk, and
// wake every listener for each. So what may follow a little later follows in a round of its own, some milliseconds at most. It
// gets lost when the process is killed in between: whoever relies on it looks again by itself, too.
func (d *DB) Hint(ctx context.Context, channel, payload string) {
	d.AfterCommit(ctx, func() { d.hints.add(hint{channel, payload}) })
}

type hint struct{ channel, payload string }

// hints are sent in rounds, one after another.
type hints struct {
	pool   *pgxpool.Pool
	ending context.Context
	end    context.CancelFunc

	mu      sync.Mutex
	waiting []hint
	running sync.WaitGroup
	runs    bool
}

func newHints(pool *pgxpool.Pool) *hints {
	h := &hints{pool: pool}
	h.ending, h.end = context.WithCancel(context.Background())
	return h
}

func (h *hints) add(m hint) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if slices.Contains(h.waiting, m) {
		return
	}
	h.waiting = append(h.waiting, m)
	if !h.runs {
		h.runs = true
		h.running.Go(h.run)
	}
}

// run sends rounds until nothing waits.
func (h *hints) run() {
	for {
		h.mu.Lock()
		round := h.waiting
		h.waiting = nil
		h.runs = len(round) > 0
		h.mu.Unlock()
		if len(round) == 0 {
			return
		}
		for h.send(round) != nil && h.pause(notifyRetry) {
		}
		h.pause(notifyPause)
	}
}

// pause waits; false, at once, when the database is being closed.
func (h *hints) pause(d time.Duration) bool {
	select {
	case <-h.ending.Done():
		return false
	case <-time.After(d):
		return true
	}
}

func (h *hints) send(round []hint) error {
	channels, payloads := make([]string, 0, len(round)), make([]string, 0, len(round))
	for _, m := range round {
		channels, payloads = append(channels, m.channel), append(payloads, m.payload)
	}
	ctx, cancel := context.WithTimeout(context.Background(), notifyTimeout)
	defer cancel()
	_, err := h.pool.Exec(ctx, `SELECT pg_notify(CASE WHEN starts_with(channel, '.') THEN current_schema() || channel ELSE channel END, payload)
		FROM unnest($1::text[], $2::text[]) AS round (channel, payload)`, channels, payloads)
	return err
}

// close sends what waits, if that is quick.
func (h *hints) close() {
	h.end()
	done := make(chan struct{})
	go func() {
		h.running.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(notifyEnd):
	}
}
