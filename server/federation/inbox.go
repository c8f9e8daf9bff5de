package federation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// Receive takes an envelope that another portal hands over, and answers the receipt. Verified, it is made effective,
// stored, logged and receipted in one transaction. The same message again gets the same receipt and has no effect.
//
// Errors are problems: 400, 401, 403 for an envelope that is not right, not from a member, not for this portal or not
// fresh; 409 (sequence-gap, sequence-passed) for one that is out of order; 422 for a kind that is not known, and for what
// the handler refused. A refusal by the handler is stored too: it is the answer to this message for good.
func (s *Service) Receive(ctx context.Context, envelope string) (receipt string, err error) {
	if len(envelope) > maxEnvelope {
		return "", s.refused(ctx, "message", "", fmt.Errorf("%d bytes: %w", len(envelope), errTooLarge))
	}
	m, err := s.open(ctx, envelope)
	if err == nil && s.handlers[m.Kind] == nil {
		err = fmt.Errorf("%q: %w", shortened(m.Kind), errKind)
	}
	if err != nil {
		return "", s.refused(ctx, "message", m.From, err)
	}
	receipt, err = s.accept(ctx, m)
	var refusal *problem.Error
	if errors.As(err, &refusal) && errors.Is(err, errHandler) && refusal.Status >= 400 && refusal.Status < 500 {
		return s.storeRefusal(ctx, m, refusal)
	}
	if err != nil {
		s.metrics.received.WithLabelValues(m.Kind, "failed").Inc()
		return "", fmt.Errorf("message %s (%s) from %s: %w", m.ID, m.Kind, m.From, err)
	}
	return receipt, nil
}

// errHandler marks errors of the room that takes the message, as against our own.
var errHandler = errors.New("handler")

// accept makes a message effective.
func (s *Service) accept(ctx context.Context, m message) (receipt string, err error) {
	err = s.db.Tx(ctx, func(ctx context.Context) error {
		known, found, err := s.enterLane(ctx, m)
		if err != nil {
			return err
		}
		if found {
			receipt, err = s.answerAgain(m, known)
			return err
		}
		arrivedAt := s.now().UTC().Truncate(time.Microsecond) // before what it causes
		inside := httpx.WithCaller(ctx, httpx.Caller{Kind: httpx.MemberCaller, MemberID: m.From})
		if err := s.handlers[m.Kind](inside, m.From, m.Content); err != nil {
			return fmt.Errorf("%w: %w", errHandler, err)
		}
		row := m.arrival(outcomeAccepted, arrivedAt)
		if receipt, err = s.receiptFor(m, row.ArrivedAt); err != nil {
			return err
		}
		row.Receipt = receipt
		s.db.Lazily(ctx) // so that nobody waits for the end of the log while the disk writes
		s.db.AfterCommit(ctx, func() { s.metrics.received.WithLabelValues(m.Kind, outcomeAccepted).Inc() })
		return s.appendLog(ctx, s.store.addArrived(row), directionReceived, outcomeAccepted, m.From, m, receipt)
	})
	if err != nil {
		return "", err
	}
	return receipt, s.db.Flushed(ctx) // also one from before, which another request may still be waiting for
}

// enterLane waits for its turn among the messages of the same lane and checks the order. When the message has arrived
// before, perhaps just now, it gives what is kept of it.
func (s *Service) enterLane(ctx context.Context, m message) (known inboxRow, found bool, err error) {
	last, known, found, err := s.store.enterLane(ctx, m)
	switch {
	case err != nil || found:
		return known, found, err
	case m.Prev > last:
		return inboxRow{}, false, problem.Conflict("sequence-gap", "Eine frühere Nachricht fehlt noch.", "An earlier message is still missing.").
			Because(fmt.Errorf("message %d after %d, last is %d", m.Seq, m.Prev, last))
	case m.Seq <= last:
		return inboxRow{}, false, problem.Conflict("sequence-passed", "Eine spätere Nachricht ist schon angekommen.", "A later message has arrived already.").
			Because(fmt.Errorf("message %d, last is %d", m.Seq, last))
	}
	return inboxRow{}, false, nil
}

// refusal is what is kept of a message that the handler refused: the words of its problem.
type refusal struct {
	Code   string       `json:"code"`
	Title  problem.Text `json:"title"`
	Detail problem.Text `json:"detail"`
}

// problem gives a refusal as the answer: always 422, which senders take as final.
func (r refusal) problem() *problem.Error {
	return &problem.Error{Status: http.StatusUnprocessableEntity, Code: r.Code, Title: r.Title, Detail: r.Detail}
}

// storeRefusal keeps that a message was refused, after its transaction was rolled back. Its number is used up, so that
// the next one of the lane can come.
func (s *Service) storeRefusal(ctx context.Context, m message, cause *problem.Error) (receipt string, err error) {
	r := refusal{Code: cause.Code, Title: cause.Title, Detail: cause.Detail}
	words, err := json.Marshal(r)
	if err != nil {
		return "", err
	}
	answered := false
	err = s.db.Tx(ctx, func(ctx context.Context) error {
		known, found, err := s.enterLane(ctx, m)
		if err != nil {
			return err
		}
		if answered = found; found {
			receipt, err = s.answerAgain(m, known)
			return err
		}
		row := m.arrival(outcomeRefused, s.now().UTC().Truncate(time.Microsecond))
		row.Refusal = words
		return s.appendLog(ctx, s.store.addArrived(row), directionReceived, outcomeRefused, m.From, m, "")
	})
	if err != nil || answered {
		return receipt, err
	}
	s.metrics.received.WithLabelValues(m.Kind, outcomeRefused).Inc()
	s.log.WarnContext(ctx, "message was refused for good", "from", m.From, "message", m.ID, "kind", m.Kind, "reason", cause.Code, "error", cause)
	return "", r.problem().Because(cause)
}

// answerAgain answers a repeated message with what was answered first.
func (s *Service) answerAgain(m message, known inboxRow) (receipt string, err error) {
	s.metrics.received.WithLabelValues(m.Kind, "repeated").Inc()
	if !bytes.Equal(known.ContentHash, m.Hash[:]) || known.Subject != m.Subject || known.Kind != m.Kind {
		return "", problem.Unprocessable("message-id-reused", "Diese Nachrichtennummer wurde schon für eine andere Nachricht benutzt.", "This message id has been used for another message.")
	}
	if known.Outcome == outcomeRefused {
		var r refusal
		if err := json.Unmarshal(known.Refusal, &r); err != nil {
			return "", fmt.Errorf("stored refusal of message %s: %w", m.ID, err)
		}
		return "", r.problem()
	}
	return known.Receipt, nil
}

// arrival gives what is kept of a message.
func (m message) arrival(outcome string, at time.Time) inboxRow {
	return inboxRow{
		Sender: m.From, ID: m.ID, Kind: m.Kind, Subject: m.Subject, Seq: m.Seq,
		ContentHash: m.Hash[:], Outcome: outcome, ArrivedAt: at,
	}
}
