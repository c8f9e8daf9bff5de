package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
)

const (
	calmSubmits  = 300  // from which what the portal can carry is reckoned
	floodSubmits = 1500 // with the calm ones no more than the citizens may have as drafts
	calmClients  = 16
	tenTimes     = 10
	floodAtMost  = 3 * time.Minute
)

// flood is what became of requests that were sent at a rate of their own, however slowly they were answered.
type flood struct {
	mu       sync.Mutex
	answered []time.Duration // taken and done
	refused  []time.Duration // 429 or 503, with the time after which to try again
	numbers  map[string]bool // that were given
	failed   error
}

// measureOverload has ten times as many applications submitted each second as the portal can carry: how fast it refuses, how much it goes on doing, and
// whether what it has answered is there, once, and nothing else.
func (b *bench) measureOverload(ctx context.Context) error {
	say("Preparing %d drafts …", calmSubmits+floodSubmits)
	drafts, _, err := b.draft(ctx, calmSubmits+floodSubmits)
	if err != nil {
		return err
	}
	before, err := b.countCases(ctx)
	if err != nil {
		return err
	}
	calm := load{address: b.portal.address(), clients: calmClients, do: singly(func(i int) []byte { return drafts[i] }), count: calmSubmits}
	took, whole, err := calm.run(ctx)
	if err != nil {
		return err
	}
	carries := float64(len(took)) / whole.Seconds()
	if err := b.waitForJobs(ctx); err != nil {
		return err
	}
	offered := tenTimes * carries
	say("Submitting %.0f applications a second, where it carries %.0f …", offered, carries)
	f := flood{numbers: map[string]bool{}}
	rested, stop := b.watchMemory(ctx)
	begun := time.Now()
	err = f.run(ctx, b.portal.address(), drafts[calmSubmits:], time.Duration(float64(time.Second)/offered))
	flooded := time.Since(begun)
	memory := stop()
	if err != nil {
		return err
	}
	if len(f.refused) == 0 {
		return errors.New("nothing was refused: that was no overload")
	}
	after, err := b.countCases(ctx)
	if err != nil {
		return err
	}
	if after-before != calmSubmits+len(f.numbers) || len(f.numbers) != floodSubmits {
		return fmt.Errorf("%d applications were answered, and there are %d", calmSubmits+len(f.numbers), after-before)
	}
	goodput := float64(len(f.answered)) / flooded.Seconds() / carries
	quick := float64(percentile(f.refused, 0.5)) / float64(percentile(f.answered, 0.5))
	b.figures.Overload, b.figures.Refusal = rounded(goodput, 2), rounded(quick, 3)
	b.table.note("ten times too many submissions\tours\t%.0f", float64(len(f.answered))/flooded.Seconds())
	b.table.remarks = append(b.table.remarks, fmt.Sprintf(
		"Ten times as many submissions as it carries (%.0f a second, of %.0f): %d refused, p50 %.2f ms, p99 %.2f ms; all %d taken in the end, p50 %.0f ms; %.2f of what it carries in calm; memory %.0f MiB at most, %.0f before.",
		carries, offered, len(f.refused), milliseconds(percentile(f.refused, 0.5)), milliseconds(percentile(f.refused, 0.99)), len(f.answered),
		milliseconds(percentile(f.answered, 0.5)), goodput, memory, rested))
	return nil
}

// countCases gives how many cases there are; it fails when an application has been submitted without a case, or has two.
func (b *bench) countCases(ctx context.Context) (n int, err error) {
	conn, err := pgx.Connect(ctx, b.config.Database)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close(ctx) }()
	var submitted, applications int
	err = conn.QueryRow(ctx, "SELECT (SELECT count(*) FROM cases), (SELECT count(*) FROM applications WHERE state <> 'draft'), (SELECT count(DISTINCT application_id) FROM cases)").
		Scan(&n, &submitted, &applications)
	if err == nil && (n != submitted || n != applications) {
		err = fmt.Errorf("%d applications are submitted, and there are %d cases of %d", submitted, n, applications)
	}
	return n, err
}

// watchMemory gives the memory of the portal, and a function that ends watching and gives the most that it was.
func (b *bench) watchMemory(ctx context.Context) (before float64, stop func() float64) {
	before, _ = rss(b.portal.cmd.Process.Pid)
	ctx, cancel := context.WithCancel(ctx)
	most := before
	var wait sync.WaitGroup
	wait.Go(func() {
		every := time.NewTicker(50 * time.Millisecond)
		defer every.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-every.C:
				if now, ok := rss(b.portal.cmd.Process.Pid); ok {
					most = max(most, now)
				}
			}
		}
	})
	return before, func() float64 {
		cancel()
		wait.Wait()
		return most
	}
}

// run sends a request each time that so much time has passed, each on a connection of its own, until all were answered. One that is refused is sent again
// later, as its sender would.
func (f *flood) run(ctx context.Context, address string, requests [][]byte, pause time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, floodAtMost)
	defer cancel()
	waiting := make(chan []byte, len(requests))
	for _, r := range requests {
		waiting <- r
	}
	var left atomic.Int64
	left.Store(int64(len(requests)))
	done := make(chan struct{})
	every := time.NewTicker(pause)
	defer every.Stop()
	var wait sync.WaitGroup
	defer wait.Wait()
	for {
		select {
		case <-done:
			return f.failed
		case <-ctx.Done():
			return fmt.Errorf("%d submissions were not taken: %w", left.Load(), ctx.Err())
		case <-every.C:
		}
		select {
		case r := <-waiting:
			wait.Go(func() {
				again, err := f.send(ctx, address, r)
				switch {
				case err != nil:
					f.mu.Lock()
					f.failed = err
					f.mu.Unlock()
				case again:
					waiting <- r
					return
				}
				if left.Add(-1) == 0 {
					close(done)
				}
			})
		default: // all that is left is under way
		}
	}
}

// send makes a request, and says whether it was refused for the load.
func (f *flood) send(ctx context.Context, address string, request []byte) (again bool, err error) {
	begun := time.Now()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(begun.Add(floodAtMost)); err != nil {
		return false, err
	}
	if _, err := conn.Write(request); err != nil {
		return false, err
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return false, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return false, err
	}
	took := time.Since(begun)
	f.mu.Lock()
	defer f.mu.Unlock()
	switch res.StatusCode {
	case http.StatusOK:
		var a types.Application
		if err := json.Unmarshal(body, &a); err != nil || a.Number == nil {
			return false, fmt.Errorf("an application without a number: %w", err)
		}
		f.answered, f.numbers[*a.Number] = append(f.answered, took), true
		return false, nil
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		if res.Header.Get("Retry-After") == "" {
			return false, errors.New("refused without saying when to try again")
		}
		f.refused = append(f.refused, took)
		return true, nil
	}
	return false, fmt.Errorf("%s: %.300s", res.Status, body)
}
