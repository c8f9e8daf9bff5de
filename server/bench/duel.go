package main

import (
	"context"
	"fmt"
	"time"
)

// side is one of the two that are compared.
type side struct {
	name    string
	process *process
	do      func(c *client, i int) error    // makes the i-th request, or those that belong together
	settle  func(ctx context.Context) error // waits, after a round, until its background work is done; may be nil
	at      int                             // the next request

	rates    []float64 // requests a second, of each round
	times    []time.Duration
	own      time.Duration // processor time of the process
	database time.Duration // and of PostgreSQL
	known    bool          // whether the processor time is
}

// duel asks ours and the floor in turns, so that what else happens on the machine meets both, and gives the ratio of the
// medians. count is the number of requests of a round; 0: as many as there is time for.
func (b *bench) duel(ctx context.Context, what string, ours, floor *side, count int) (float64, error) {
	say("%s: %d rounds each, %d clients …", what, b.Rounds, b.Clients)
	sides := []*side{ours, floor}
	for _, s := range sides {
		if _, err := b.round(ctx, s, b.Duration/2, count/2); err != nil { // warm-up
			return 0, fmt.Errorf("%s: %w", s.name, err)
		}
		s.times, s.own, s.database = nil, 0, 0
	}
	for range b.Rounds {
		for _, s := range sides {
			rate, err := b.round(ctx, s, b.Duration, count)
			if err != nil {
				return 0, fmt.Errorf("%s: %w", s.name, err)
			}
			s.rates = append(s.rates, rate)
		}
	}
	ratio := median(ours.rates) / median(floor.rates)
	b.table.add(what, ours, floor, ratio)
	return ratio, nil
}

// round loads one side and adds what was measured.
func (b *bench) round(ctx context.Context, s *side, length time.Duration, count int) (rate float64, err error) {
	own, ok := cpu(s.process.cmd.Process.Pid)
	database := cpuOfChildren(b.postgres.PID())
	if count > 0 {
		length = 0
	}
	l := load{
		address: s.process.address(), clients: b.Clients, time: length, count: count,
		do: func(c *client, i int) error { return s.do(c, s.at+i) },
	}
	times, whole, err := l.run(ctx)
	if err != nil {
		return 0, err
	}
	s.at += len(times)
	if s.settle != nil {
		if err := s.settle(ctx); err != nil {
			return 0, err
		}
	}
	if ok {
		ownAfter, _ := cpu(s.process.cmd.Process.Pid)
		databaseAfter := cpuOfChildren(b.postgres.PID())
		s.own, s.database, s.known = s.own+ownAfter-own, s.database+databaseAfter-database, true
	}
	s.times = append(s.times, times...)
	return float64(len(times)) / whole.Seconds(), nil
}
