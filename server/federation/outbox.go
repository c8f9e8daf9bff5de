package federation

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"portalverbund/server/platform/problem"
)

// sealPayload is the purpose for which payloads are sealed while they wait in the outbox.
const sealPayload = "federation-outbox"

// Send puts a message to another member into the outbox, in the transaction of ctx (or one of its own). It is delivered
// after the commit, after all messages to the same member about the same subject whose transactions committed before.
// The payload is written as JSON, at most MaxContent bytes.
func (s *Service) Send(ctx context.Context, to, kind string, subject uuid.UUID, payload any) (messageID uuid.UUID, err error) {
	content, err := json.Marshal(payload)
	if err != nil {
		return uuid.Nil, fmt.Errorf("send %s: %w", kind, err)
	}
	if len(content) > MaxContent {
		return uuid.Nil, problem.TooLarge("message-too-large", "Die Nachricht ist zu groß.", "The message is too large.").
			Because(fmt.Errorf("%s of %d bytes", kind, len(content)))
	}
	if kind == "" || len(kind) > maxKind {
		return uuid.Nil, fmt.Errorf("send %q: not a kind of message", kind)
	}
	if to == s.id {
		return uuid.Nil, fmt.Errorf("send %s: %s is this portal itself", kind, to)
	}
	if _, err := s.trust.Member(ctx, to); err != nil {
		return uuid.Nil, problem.NotFound("portal-unknown", "Dieses Portal gehört nicht zum Portalverbund.", "This portal is not a member of the association.").Because(err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, fmt.Errorf("send %s: %w", kind, err)
	}
	err = s.db.Tx(ctx, func(ctx context.Context) error { return s.enqueue(ctx, id, to, kind, subject, content) })
	if err != nil {
		return uuid.Nil, fmt.Errorf("send %s to %s: %w", kind, to, err)
	}
	return id, nil
}

func (s *Service) enqueue(ctx context.Context, id uuid.UUID, to, kind string, subject uuid.UUID, content []byte) error {
	sealed, err := s.keys.Seal(sealPayload, content, id[:])
	if err != nil {
		return err
	}
	hash := sha256.Sum256(content)
	r := outboxRow{ID: id, Recipient: to, Kind: kind, Subject: subject, ContentHash: hash[:], Payload: sealed}
	head, err := s.store.addMessage(ctx, r, s.now())
	if err != nil {
		return err
	}
	s.db.Firmly(ctx) // once a message is sent its number is used up, also after a crash
	if !head {
		return nil // behind another one, whose delivery brings it along
	}
	if s.drains.full(to, drainsAtOnce) { // another one would be turned away
		s.db.AfterCommit(ctx, func() { s.sendMore(to) })
		return nil
	}
	return s.jobs.Insert(ctx, deliverArgs{Recipient: to}, nil)
}

// sendMore lets those who are sending to a portal look once more, or asks for a job when one of them has ended meanwhile. Should the
// process be killed before, whoever looks for messages that nobody sends finds this one.
func (s *Service) sendMore(to string) {
	if s.drains.more(to, drainsAtOnce) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), finishTime)
	defer cancel()
	if err := s.jobs.Insert(ctx, deliverArgs{Recipient: to}, nil); err != nil {
		s.log.WarnContext(ctx, "ask for a delivery", "portal", to, "error", err)
	}
}

// Resend sends a parked or refused message again, and gives the id under which it goes: a parked one keeps its id and
// place; a refused one, for which the receiver has settled the id, becomes a new message at the end of its lane.
func (s *Service) Resend(ctx context.Context, id uuid.UUID) (messageID uuid.UUID, err error) {
	err = s.db.Tx(ctx, func(ctx context.Context) error {
		r, err := s.store.lockMessage(ctx, id)
		if err != nil {
			return problem.NotFound("message-unknown", "Diese Nachricht ist nicht bekannt.", "This message is not known.").Because(err)
		}
		switch {
		case r.State == stateParked:
			messageID = id
			if err := s.store.unpark(ctx, id, s.now()); err != nil {
				return err
			}
			return s.jobs.Insert(ctx, deliverArgs{Recipient: r.Recipient}, nil)
		case r.State == stateRefused && r.Payload != nil:
			messageID, err = s.resendRefused(ctx, r)
			return err
		default:
			return problem.Conflict("message-not-stuck", "Diese Nachricht wartet nicht darauf, noch einmal gesendet zu werden.", "This message is not waiting to be sent again.")
		}
	})
	return messageID, err
}

func (s *Service) resendRefused(ctx context.Context, r outboxRow) (uuid.UUID, error) {
	content, err := s.keys.Open(sealPayload, r.Payload, r.ID[:])
	if err != nil {
		return uuid.Nil, err
	}
	again, err := s.Send(ctx, r.Recipient, r.Kind, r.Subject, json.RawMessage(content))
	if err != nil {
		return uuid.Nil, err
	}
	return again, s.store.resentAs(ctx, r.ID, again)
}
