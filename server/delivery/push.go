package delivery

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"portalverbund/api/types"
	"portalverbund/server/delivery/fitconnect"
)

const (
	pushTimeout = 10 * time.Second
	maxAnswer   = 64 << 10
	minSecret   = 32 // characters: 24 bytes in base64
	maxError    = 300

	// PushFor is how long a provider that does not take a delivery is tried.
	PushFor = 14 * 24 * time.Hour

	firstPause = 2 * time.Second
	longPause  = time.Hour
)

// backoff doubles the pause with every attempt up to an hour, and varies it by a quarter so that many do not come at once.
func backoff(attempt int) time.Duration {
	pause := longPause
	if attempt < 12 {
		pause = min(firstPause<<max(attempt-1, 0), longPause)
	}
	return pause - pause/4 + rand.N(pause/2) //nolint:gosec // no secret
}

// push tries once to give a delivery, or the news that it was taken back, to its provider. An error means: again later.
func (s *Service) push(ctx context.Context, id uuid.UUID, cancelled bool) error {
	name, wanted, err := s.providerOf(ctx, id)
	if err != nil || !wanted {
		return err
	}
	if !s.room.enter(name) {
		return river.JobSnooze(anotherMoment)
	}
	defer s.room.leave(name)
	r, wanted, err := s.beginPush(ctx, id, cancelled)
	if err != nil || !wanted {
		return err
	}
	p, known, err := s.current(ctx, r.Provider)
	if err != nil {
		return err
	}
	began := s.now()
	switch {
	case !known:
		err = errNotConfigured
	case p.fit != nil:
		err = s.submit(ctx, p, r)
		if errors.Is(err, errFilesPending) {
			return river.JobSnooze(filesAgain)
		}
		if errors.Is(err, errTakenBack) {
			return nil
		}
	case p.mail != nil:
		err = s.sendMail(ctx, p, r)
		if errors.Is(err, errFilesPending) {
			return river.JobSnooze(filesAgain)
		}
	case p.DeliveryURL == "": // it fetches now
		return nil
	default:
		err = s.offer(ctx, p, func() error { return s.post(ctx, p, r) })
	}
	if noteErr := s.noteAnswer(ctx, id, err, s.now().Sub(began)); noteErr != nil {
		return noteErr
	}
	if err == nil {
		return s.arrived(ctx, p, id)
	}
	if ctx.Err() != nil {
		return err // the process is ending
	}
	if (p.fit != nil || p.mail != nil) && !cancelled && (final(err) || s.now().Sub(since(r)) > PushFor) {
		return s.giveUp(ctx, p, r, err)
	}
	if errors.Is(err, errGone) || final(err) || s.now().Sub(since(r)) > PushFor {
		s.log.ErrorContext(ctx, "delivery parked", "delivery", id, "provider", r.Provider, "error", err)
		return s.db.Tx(ctx, func(ctx context.Context) error {
			return errors.Join(s.park(ctx, id, err), s.alarm(ctx, p, id))
		})
	}
	if after := asked(err); after > 0 {
		return errors.Join(river.JobSnooze(patience(after)), s.noteError(ctx, id, err))
	}
	return errors.Join(fmt.Errorf("deliver %s to %s: %w", id, r.Provider, err), s.noteError(ctx, id, err))
}

// asked is how long who was pushed to asks to wait; 0 when it does not say.
func asked(err error) time.Duration {
	var answer *notTakenError
	var status *fitconnect.StatusError
	switch {
	case errors.As(err, &answer):
		return answer.after
	case errors.As(err, &status):
		return status.After
	}
	return 0
}

// arrived marks a delivery as handed over.
func (s *Service) arrived(ctx context.Context, p provider, id uuid.UUID) error {
	if p.fit != nil {
		return s.submitted(ctx, p, id)
	}
	if p.mail != nil {
		return s.mailed(ctx, p, id)
	}
	return s.pushed(ctx, p, id)
}

var errNotConfigured = errors.New("the provider is not configured")

// errGone is the cause of an error when a provider takes nothing more at its address.
var errGone = errors.New("the provider takes nothing more at its address (410 Gone)")

// offer sends something to a provider, unless that one has said that it takes nothing more.
func (s *Service) offer(ctx context.Context, p provider, send func() error) error {
	gone, err := s.gone(ctx, p)
	if err != nil {
		return err
	}
	if gone {
		return errGone
	}
	err = send()
	var answer *notTakenError
	if errors.As(err, &answer) && answer.status == http.StatusGone {
		s.log.ErrorContext(ctx, "provider takes nothing more at its address; it gets no pushes until it has another one", "provider", p.ID)
		return errors.Join(errGone, s.setGone(ctx, p))
	}
	return err
}

// since is from when on the present push has been tried.
func since(r row) time.Time {
	if r.CancelledAt != nil {
		return *r.CancelledAt
	}
	if r.TriedSince != nil {
		return *r.TriedSince
	}
	return r.CreatedAt
}

// post sends a delivery as Standard Webhooks describe it: the id is the same for every attempt, the time is new.
func (s *Service) post(ctx context.Context, p provider, r row) error {
	d, err := s.full(r)
	if err != nil {
		return err
	}
	if err := s.available(ctx, []Delivery{d}); err != nil {
		return err
	}
	body, err := json.Marshal(wire(d, "de"))
	if err != nil {
		return fmt.Errorf("write delivery: %w", err)
	}
	return s.webhook(ctx, p, webhookID(r), body)
}

// webhook posts a body under an id.
func (s *Service) webhook(ctx context.Context, p provider, id string, body []byte) error {
	at := s.now()
	signature, err := p.sign(id, at, body)
	if err != nil {
		return fmt.Errorf("sign delivery: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, pushTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.DeliveryURL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "Portalverbund")
	request.Header.Set(standardwebhooks.HeaderWebhookID, id)
	request.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	request.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	response, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()                                                  // it was only read
	_, _ = io.Copy(io.Discard, response.Body)                                                     // so that the connection can be used again
	if response.StatusCode < http.StatusOK || response.StatusCode >= http.StatusMultipleChoices { // a redirect is no answer either
		return notTaken(response, s.now())
	}
	return nil
}

// webhookID names a push; that an application was taken back is another one.
func webhookID(r row) string {
	if r.State == types.Cancelled {
		return r.ID.String() + ".cancelled"
	}
	return r.ID.String()
}

// pushed marks a delivery as handed over, and tells the citizen. What the provider has reported meanwhile stays.
func (s *Service) pushed(ctx context.Context, p provider, id uuid.UUID) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		r, err := s.read(ctx, p.ID, id, true)
		if err != nil {
			return err
		}
		if err := s.noteError(ctx, id, nil); err != nil || r.State != types.Pending {
			return err
		}
		if err := s.setState(ctx, id, types.Delivered); err != nil || r.DeliveredAt != nil { // once more, on an administrator's word
			return err
		}
		if err := s.tellAccess(ctx, p, r); err != nil {
			return err
		}
		return s.tell(ctx, types.EventAuthorProvider, p.Name, r, types.Transmitted, nil)
	})
}

func shorten(text string) string {
	if len(text) > maxError {
		return text[:maxError]
	}
	return text
}
