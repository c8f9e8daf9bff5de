package db

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// flushTimeout ends the wait for the disk: whoever waits doesn't know then what is on it.
const flushTimeout = 10 * time.Second

// Lazily lets the transaction that ctx carries be committed without waiting for the disk: others see it at once, and its locks are
// free, but a crash of the database may undo it within the next moments. So it is for what would then be done once more. Whatever is
// committed later with a wait brings it to the disk too, so a job that it inserts runs only once it is there. Firmly goes before it.
func (d *DB) Lazily(ctx context.Context) {
	if t := d.running(ctx); t != nil {
		t.lazy = true
	}
}

// Firmly has the transaction that ctx carries wait for the disk, whatever else is said of it: for what others come to see without
// another commit in between.
func (d *DB) Firmly(ctx context.Context) {
	if t := d.running(ctx); t != nil {
		t.firm = true
	}
}

// Flushed waits until the disk has whatever was committed before. Those who wait at the same time share one write.
func (d *DB) Flushed(ctx context.Context) error {
	r := d.flushes.join()
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return fmt.Errorf("wait for the disk: %w", ctx.Err())
	}
}

// flushes are made one after another. Whoever comes while one runs waits for the next, as that one may be past what they have committed.
type flushes struct {
	flush func(ctx context.Context) error
	turn  sync.Mutex // whose flush runs

	mu   sync.Mutex
	next *flush // has not begun
}

type flush struct {
	done chan struct{}
	err  error
}

func (f *flushes) join() *flush {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.next == nil {
		f.next = &flush{done: make(chan struct{})}
		go f.run(f.next)
	}
	return f.next
}

func (f *flushes) run(r *flush) {
	f.turn.Lock()
	defer f.turn.Unlock()
	f.mu.Lock()
	f.next = nil
	f.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	r.err = f.flush(ctx)
	close(r.done)
}

// flush writes a record that nobody reads and commits it with a wait, which ends when the disk, and a standby that commits wait for, has all
// records up to it.
func (d *DB) flush(ctx context.Context) error {
	if _, err := d.single.Exec(ctx, "SELECT pg_logical_emit_message(true, 'flush', '')"); err != nil {
		return fmt.Errorf("wait for the disk: %w", err)
	}
	return nil
}
