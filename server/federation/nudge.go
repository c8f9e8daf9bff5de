package federation

import (
	"context"
	"net/http"
	"time"

	"portalverbund/server/platform/problem"
)

const (
	nudgesAtOnce  = 32 // each waits for a round trip and does next to nothing
	nudgeTimeout  = 2 * time.Second
	settleTimeout = 2 * time.Second
	settlePause   = 5 * time.Millisecond
	nudgePace     = 100 * time.Millisecond // between rounds: well below what members take
	nudgeAgain    = 2 * time.Second        // after one that was lost
	nudgeLatest   = 10 * time.Minute
)

// signalChange asks for a nudge to all members; many requests make one.
func (s *Service) signalChange() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// announce nudges the others after changes of this portal's catalog, and once at the start: they then know that this
// portal is back, and send what has waited for it. A nudge that is lost is repeated; should this process end before, the periodic
// reading makes good.
func (s *Service) announce(ctx context.Context) {
	s.signalChange()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.changed:
		}
		settled := s.waitSettled(ctx)
		ids, err := s.others(ctx)
		if err != nil {
			s.log.ErrorContext(ctx, "nudge the others", "error", err)
			continue
		}
		s.nudges.add(ids...)
		if !settled {
			s.signalChange() // readers did not get everything yet
		}
		select { // changes in quick succession make one round
		case <-ctx.Done():
			return
		case <-time.After(nudgePace):
		}
	}
}

// waitSettled waits until readers get all that was committed: a nudge before that would find nothing. It gives up when
// an older transaction runs for long.
func (s *Service) waitSettled(ctx context.Context) bool {
	for end := time.Now().Add(settleTimeout); ; {
		waiting, err := s.store.unsettled(ctx)
		if err != nil || !waiting {
			return true // without the database there is nothing to read either
		}
		if time.Now().After(end) {
			return false
		}
		select {
		case <-ctx.Done():
			return true
		case <-time.After(settlePause):
		}
	}
}

// nudge tells a member that there is something new.
func (s *Service) nudge(ctx context.Context, id string) {
	to, err := s.trust.Member(ctx, id)
	if err != nil {
		s.untold.settled(id) // removed meanwhile
		return
	}
	ctx, cancel := context.WithTimeout(ctx, nudgeTimeout)
	defer cancel()
	response, err := s.call(ctx, s.calls, http.MethodPost, to, "/federation/v1/nudge", nil)
	if err != nil {
		s.metrics.nudges.WithLabelValues("lost").Inc()
		s.log.DebugContext(ctx, "nudge", "portal", id, "error", err)
		s.untold.later(id, nudgeAgain, nudgeLatest, func() { s.nudges.add(id) })
		return
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusNoContent {
		s.metrics.nudges.WithLabelValues("refused").Inc()
		s.log.DebugContext(ctx, "nudge", "portal", id, "status", response.StatusCode)
		first, longest := nudgeAgain, nudgeLatest
		if response.StatusCode == http.StatusTooManyRequests { // it says itself when it takes more
			first = max(time.Second, retryAfter(response.Header.Get("Retry-After")))
			longest = first
		}
		s.untold.later(id, first, longest, func() { s.nudges.add(id) })
		return
	}
	s.untold.settled(id)
	s.metrics.nudges.WithLabelValues("sent").Inc()
	s.reached(ctx, id, true, false)
}

// Nudged takes a member's word that its catalog has changed or that it is back: its catalog is read, and what waits for
// it is sent at once. It answers problem.TooMany to a member that does not stop.
func (s *Service) Nudged(ctx context.Context, member string) error {
	if !s.nudged.allow(member, s.now()) {
		return problem.TooMany(time.Second)
	}
	if t, ok := s.trust.(interface{ Nudged(id string) }); ok {
		t.Nudged(member)
	}
	s.pulls.add(member)
	s.reached(ctx, member, false, true)
	return nil
}
