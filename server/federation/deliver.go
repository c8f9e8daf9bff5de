package federation

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"portalverbund/api/types"
	"portalverbund/server/federation/fault"
)

const (
	callTimeout = 10 * time.Second // for one message and its receipt
	maxAnswer   = 64 << 10         // of a receipt or a problem
	lease       = callTimeout + 2*time.Second
	drainTime   = 30 * time.Second // how long one job goes on
	finishTime  = 10 * time.Second // for noting what has happened when the process is asked to end

	firstPause = time.Second
	lastPause  = time.Hour
	maxAge     = 14 * 24 * time.Hour // then a message is parked

	sweepEvery   = time.Second
	sweepGrace   = 500 * time.Millisecond // jobs are this quick when all is well
	sweepAgain   = 5 * time.Second        // asks for another job only then
	drainsAtOnce = 4                      // to one portal, of one process

	contactStale = 10 * time.Second
	wakeQuiet    = 30 * time.Second
)

// Deliver sends what is due to a portal, message by message, until nothing is left that this process may send. Several
// may run at the same time: each message is leased to one of them.
func (s *Service) Deliver(ctx context.Context, recipient string) error {
	for end := time.Now().Add(drainTime); time.Now().Before(end); {
		if !s.drains.enter(recipient, drainsAtOnce) {
			return nil // those who are at it look once more before they end
		}
		err := s.drain(ctx, recipient, end)
		if again := s.drains.leave(recipient); err == nil && again {
			continue
		}
		if err != nil {
			return err
		}
		// Somebody may have been turned away by enter for a message that came after the last claim.
		failures, due, err := s.store.readiness(ctx, recipient, s.now())
		if err != nil || !due || failures > 0 {
			return err
		}
	}
	return s.jobs.Insert(ctx, deliverArgs{Recipient: recipient}, nil) // give others their turn
}

// drain sends until nothing can be claimed or the time is over.
func (s *Service) drain(ctx context.Context, recipient string, end time.Time) error {
	for time.Now().Before(end) {
		if err := ctx.Err(); err != nil {
			return err
		}
		r, failures, found, err := s.next(ctx, recipient)
		if err != nil || !found {
			return err
		}
		if err := s.deliver(ctx, r, failures); err != nil {
			return err
		}
	}
	return nil
}

// next claims a message that may be sent now, and says how often the portal was out of reach before.
func (s *Service) next(ctx context.Context, recipient string) (r outboxRow, failures int, found bool, err error) {
	now := s.now()
	if r, found, err = s.store.claim(ctx, recipient, now, now.Add(lease), true); err != nil || found {
		return r, 0, found, claimError(recipient, err)
	}
	failures, due, err := s.store.readiness(ctx, recipient, now)
	if err != nil || !due {
		return r, 0, false, err
	}
	if failures > 0 { // one process at a time tries whether it is back
		probe, err := s.store.claimProbe(ctx, recipient, now, now.Add(lease))
		if err != nil || !probe {
			return r, 0, false, err
		}
	}
	r, found, err = s.store.claim(ctx, recipient, now, now.Add(lease), false)
	return r, failures, found, claimError(recipient, err)
}

func claimError(recipient string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("claim message to %s: %w", recipient, err)
}

// deliver makes one attempt and notes its outcome. failures is how often the portal was out of reach before.
func (s *Service) deliver(ctx context.Context, r outboxRow, failures int) error {
	out := s.attempt(ctx, r)
	// What has happened is noted even if the process is asked to end: else the receiver would be asked once more.
	note, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer cancel()
	if ctx.Err() != nil && out.kind != accepted {
		return errors.Join(ctx.Err(), s.store.postpone(note, r, s.now(), fault.Write(types.LinkFaultCodeOwn, "interrupted")))
	}
	s.metrics.sent.WithLabelValues(r.Kind, out.kind.String()).Inc()
	var err error
	switch out.kind {
	case accepted:
		err = s.delivered(note, r, out.receipt)
	case refusedForGood:
		err = s.refusedBy(note, r, out)
	case unreachable:
		err = s.unreachable(note, r, failures, out)
	case tryLater:
		err = s.tryLater(note, r, out)
	}
	if err != nil {
		// The message stays leased until the lease runs out, and is then tried again.
		return fmt.Errorf("note outcome of message %s: %w", r.ID, err)
	}
	if out.answered {
		s.reached(note, r.Recipient, failures > 0, false)
	}
	return nil
}

// delivered stores the receipt, tells whoever waits for it, and makes the next message of the lane due.
func (s *Service) delivered(ctx context.Context, r outboxRow, receipt string) error {
	claims, err := s.checkReceipt(ctx, receipt, r.Recipient, r.ID, hashOf(r))
	if err != nil {
		s.metrics.turnedAway.WithLabelValues("receipt", "receipt").Inc()
		s.log.ErrorContext(ctx, "refused a receipt", "from", r.Recipient, "message", r.ID, "error", err)
		return s.tryLater(ctx, r, outcome{kind: tryLater, failure: fault.Write(types.LinkFaultCodeReceipt, err.Error())})
	}
	err = s.db.Tx(ctx, func(ctx context.Context) error {
		current, err := s.store.lockMessage(ctx, r.ID)
		if err != nil || current.State == stateDelivered {
			return err // another process was quicker
		}
		if hook := s.onReceipt[r.Kind]; hook != nil {
			if err := hook(ctx, r.Subject, r.ID, receipt, claims.ArrivedAt); err != nil {
				return fmt.Errorf("receipt of %s: %w", r.Kind, err)
			}
		}
		s.db.Lazily(ctx) // what gets lost here is sent again, and the receiver answers the same
		settled := s.store.settle(r, stateDelivered, receipt, "", s.now())
		return s.appendLog(ctx, settled, directionSent, outcomeAccepted, r.Recipient, r.message(), receipt)
	})
	if err != nil { // of our own making: the receiver has the message and will answer the same receipt
		s.log.ErrorContext(ctx, "store receipt", "message", r.ID, "error", err)
		return s.tryLater(ctx, r, outcome{kind: tryLater, failure: fault.Write(types.LinkFaultCodeOwn, "store receipt: "+err.Error())})
	}
	return nil
}

// refusedBy settles a message that the receiver will never take. It stays with its payload, for administrators.
func (s *Service) refusedBy(ctx context.Context, r outboxRow, out outcome) error {
	s.log.ErrorContext(ctx, "message was refused for good", "to", r.Recipient, "message", r.ID, "kind", r.Kind, "reason", out.failure)
	return s.db.Tx(ctx, func(ctx context.Context) error {
		current, err := s.store.lockMessage(ctx, r.ID)
		if err != nil || current.State != stateQueued {
			return err
		}
		if hook := s.onRefused[r.Kind]; hook != nil {
			if err := hook(ctx, r.Subject, r.ID, out.failure); err != nil {
				return fmt.Errorf("refusal of %s: %w", r.Kind, err)
			}
		}
		settled := s.store.settle(r, stateRefused, "", out.failure, s.now())
		return s.appendLog(ctx, settled, directionSent, outcomeRefused, r.Recipient, r.message(), "")
	})
}

// unreachable leaves the portal alone for a while, and with it all that waits for it.
func (s *Service) unreachable(ctx context.Context, r outboxRow, failures int, out outcome) error {
	now := s.now()
	pause := max(s.pause(failures+1), out.after)
	if err := s.store.peerFailed(ctx, r.Recipient, failures, now, now.Add(pause), out.failure); err != nil {
		return err
	}
	s.log.InfoContext(ctx, "portal is out of reach", "portal", r.Recipient, "failures", failures+1, "pause", pause, "error", out.failure)
	return s.putBack(ctx, r, now, out.failure)
}

// tryLater leaves the message alone for a while; others go on.
func (s *Service) tryLater(ctx context.Context, r outboxRow, out outcome) error {
	pause := max(s.pause(r.Attempts), out.after)
	if t, ok := s.trust.(Refresher); ok && strings.Contains(out.failure, "key-unknown") {
		t.Refresh(ctx, r.Recipient) // it has changed its keys
	}
	s.log.WarnContext(ctx, "message was not taken", "to", r.Recipient, "message", r.ID, "kind", r.Kind, "attempts", r.Attempts, "pause", pause, "reason", out.failure)
	return s.putBack(ctx, r, s.now().Add(pause), out.failure)
}

// putBack makes a message due again at a time, or parks it when it has waited for too long.
func (s *Service) putBack(ctx context.Context, r outboxRow, nextAt time.Time, failure string) error {
	if now := s.now(); now.Sub(r.Since) > maxAge {
		s.log.ErrorContext(ctx, "message is parked", "to", r.Recipient, "message", r.ID, "kind", r.Kind, "reason", failure)
		return s.store.park(ctx, r, failure, now)
	}
	return s.store.postpone(ctx, r, nextAt, failure)
}

// pause gives the time before the next try: a second after the first failure, doubled each time, an hour at most, give
// or take a quarter.
func (s *Service) pause(failures int) time.Duration {
	pause := lastPause
	if failures < 13 { // 2^12 s is more than an hour
		pause = min(firstPause<<max(failures-1, 0), lastPause)
	}
	return min(time.Duration(float64(pause)*(0.75+s.jitter()/2)), lastPause)
}

// reached notes that a portal answers. When it was out of reach before, or spoke up by itself as it does when it starts,
// all that waits for it is due at once.
func (s *Service) reached(ctx context.Context, id string, wasAway, spokeUp bool) {
	now := s.now()
	if !s.contacts.stale(id, now) {
		if !wasAway && !spokeUp {
			return
		}
		news, err := s.store.peerIsNews(ctx, id, spokeUp, now.Add(-wakeQuiet)) // mostly not: nothing is written then
		if err == nil && !news {
			return
		}
	}
	err := s.db.Tx(ctx, func(ctx context.Context) error {
		s.db.Lazily(ctx) // should that get lost, the next contact is as good
		news, err := s.store.peerReached(ctx, id, now, spokeUp, now.Add(-wakeQuiet))
		if err != nil || !news {
			return errors.Join(err, s.store.seen(ctx, id, now))
		}
		woken, err := s.store.wake(ctx, id, now)
		if err != nil || woken == 0 && !wasAway {
			return err
		}
		s.db.Firmly(ctx) // messages were waiting
		return s.jobs.Insert(ctx, deliverArgs{Recipient: id}, nil)
	})
	if err != nil {
		s.log.WarnContext(ctx, "note that a portal is in reach", "portal", id, "error", err)
	}
}

// sweep asks for jobs where messages lie waiting and nobody sends them: their time has come after a failure, or the
// process that had them was killed.
func (s *Service) sweep(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		if s.clock.setBack() {
			now := s.now()
			if err := s.store.forgetFuture(ctx, now, now.Add(lease+leaseDoubt)); err != nil {
				s.clock.askAgain()
			}
		}
		if err := s.sweepOnce(ctx); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "look for waiting messages", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (s *Service) sweepOnce(ctx context.Context) error {
	if open, err := s.store.anyQueued(ctx); err != nil || !open {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context) error {
		now := s.now()
		parked, err := s.store.parkOld(ctx, now, now.Add(-maxAge))
		if err != nil {
			return err
		}
		for _, r := range parked {
			s.log.ErrorContext(ctx, "message is parked", "to", r.Recipient, "message", r.ID, "kind", r.Kind)
		}
		recipients, err := s.store.stranded(ctx, now, now.Add(-sweepGrace), now.Add(-sweepAgain))
		if err != nil {
			return err
		}
		for _, recipient := range recipients {
			if err := s.jobs.Insert(ctx, deliverArgs{Recipient: recipient}, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

func hashOf(r outboxRow) [sha256.Size]byte {
	var hash [sha256.Size]byte
	copy(hash[:], r.ContentHash)
	return hash
}

// message gives what the envelope and the log say of a row.
func (r outboxRow) message() message {
	return message{ID: r.ID, Kind: r.Kind, Subject: r.Subject, Seq: r.Seq, Prev: r.PrevDelivered, Hash: hashOf(r)}
}
