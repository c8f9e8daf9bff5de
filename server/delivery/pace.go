package delivery

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	pushesAtOnce  = 2                // to one provider, of one process
	anotherMoment = time.Second      // until a push is tried again for which there was no room
	longestWait   = 24 * time.Hour   // that a provider may ask for
	politeness    = 20 * time.Second // at most is added to that, so that not everything comes at once
)

// room counts the pushes to each provider, so that a slow one does not keep the others waiting.
type room struct {
	mu  sync.Mutex
	now map[string]int
}

// enter takes a place, if there is one.
func (r *room) enter(provider string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now == nil {
		r.now = map[string]int{}
	}
	if r.now[provider] >= pushesAtOnce {
		return false
	}
	r.now[provider]++
	return true
}

func (r *room) leave(provider string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now[provider]--
}

// notTakenError is a provider's answer that is no success.
type notTakenError struct {
	status int
	after  time.Duration // that the provider asks to wait; 0: it does not say
}

func (e *notTakenError) Error() string { return fmt.Sprintf("answered with status %d", e.status) }

// notTaken reads an answer that is no success.
func notTaken(response *http.Response, now time.Time) error {
	return &notTakenError{status: response.StatusCode, after: retryAfter(response.Header.Get("Retry-After"), now)}
}

// retryAfter reads how long a server asks to wait (RFC 9110: seconds or a date), a day at most.
func retryAfter(text string, now time.Time) time.Duration {
	text = strings.TrimSpace(text)
	wait := time.Duration(0)
	if seconds, err := strconv.ParseInt(text, 10, 32); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), longestWait)
}

// patience adds a little to what was asked for: never less, and not all at the same moment.
func patience(after time.Duration) time.Duration {
	return after + rand.N(min(after/4, politeness)+time.Millisecond) //nolint:gosec // no secret
}

// gone says whether a provider has said that it takes nothing more at its address.
func (s *Service) gone(ctx context.Context, p provider) (gone bool, err error) {
	err = s.db.From(ctx).Raw("SELECT EXISTS (SELECT FROM delivery_gone WHERE provider = ? AND url = ?)", p.ID, p.DeliveryURL).Scan(&gone).Error
	if err != nil {
		return false, fmt.Errorf("is %s gone: %w", p.ID, err)
	}
	return gone, nil
}

// setGone notes that a provider takes nothing more at its address.
func (s *Service) setGone(ctx context.Context, p provider) error {
	err := s.db.From(ctx).Exec("INSERT INTO delivery_gone (provider, url, gone_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", p.ID, p.DeliveryURL, s.now()).Error
	if err != nil {
		return fmt.Errorf("note that %s is gone: %w", p.ID, err)
	}
	return nil
}
