package federation

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/server/platform/problem"
)

func TestDeliver_SameSubject_KeepsOrderOfCommits(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{})
	a, b := ps[0], ps[1]
	// The network is bad: every other message is answered with an error before it reaches the portal.
	var calls atomic.Int64
	b.set(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if strings.HasSuffix(r.URL.Path, "/inbox") && calls.Add(1)%2 == 0 {
			writeProblem(w, http.StatusInternalServerError, "internal")
			return
		}
		next.ServeHTTP(w, r)
	})
	const lanes, each = 5, 10
	var wg sync.WaitGroup
	for lane := range lanes {
		subject := uuid.New()
		wg.Go(func() {
			for i := range each {
				a.send(b, subject, fmt.Sprintf("%d/%02d", lane, i))
			}
		})
	}
	wg.Wait()
	until(t, "all delivered", func() bool {
		a.clock.forward(2 * time.Second) // past the pauses
		return value[int](a, "SELECT count(*) FROM federation_outbox WHERE state <> 'delivered'") == 0
	})
	byLane := map[byte][]string{}
	for _, text := range b.notes() {
		byLane[text[0]] = append(byLane[text[0]], text)
	}
	require.Len(t, byLane, lanes)
	for lane, texts := range byLane {
		require.Len(t, texts, each, "lane %c", lane)
		require.True(t, sort.StringsAreSorted(texts), "lane %c: %v", lane, texts)
	}
	require.EqualValues(t, lanes*each, b.wholeLog())
}

func TestDeliver_ReplyLostAfterCommit_OneEffectSameReceipt(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{})
	a, b := ps[0], ps[1]
	var lost atomic.Int64
	b.set(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if strings.HasSuffix(r.URL.Path, "/inbox") && lost.Add(1) <= 3 {
			next.ServeHTTP(httptest.NewRecorder(), r) // has its effect
			hangUp(w)
			return
		}
		next.ServeHTTP(w, r)
	})
	id := a.send(b, uuid.New(), "once")
	until(t, "delivered", func() bool {
		a.clock.forward(2 * time.Second)
		return a.state(id) == stateDelivered
	})
	require.Greater(t, lost.Load(), int64(3))
	require.Equal(t, []string{"once"}, b.notes())
	require.EqualValues(t, 1, a.wholeLog())
	require.EqualValues(t, 1, b.wholeLog())
}

func TestDeliver_ReceiverDownThenUp_AllArriveInOrder(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{})
	a, b := ps[0], ps[1]
	down := atomic.Bool{}
	down.Store(true)
	b.set(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if down.Load() {
			hangUp(w)
			return
		}
		next.ServeHTTP(w, r)
	})
	subject := uuid.New()
	for i := range 5 {
		a.send(b, subject, fmt.Sprint(i))
	}
	other := a.send(b, uuid.New(), "other")
	// Not at once: b also says that it has started, and a takes it for back until the next attempt fails.
	until(t, "noticed", func() bool {
		status, err := a.Status(t.Context())
		require.NoError(t, err)
		return status[0].Queued == 6 && status[0].RetryAt != nil && status[0].LastError != ""
	})
	down.Store(false)
	// No clock moves on: b tells that it is back, and its messages are due at once.
	require.NoError(t, a.db.From(t.Context()).Exec("UPDATE federation_peers SET retry_at = now() + interval '1 hour', failures = 20").Error)
	b.signalChange()
	until(t, "delivered", func() bool {
		return a.state(other) == stateDelivered && value[int](a, "SELECT count(*) FROM federation_outbox WHERE state = 'delivered'") == 6
	})
	var inLane []string
	for _, text := range b.notes() {
		if text != "other" {
			inLane = append(inLane, text)
		}
	}
	require.Equal(t, []string{"0", "1", "2", "3", "4"}, inLane)
	require.Zero(t, value[int](a, "SELECT failures FROM federation_peers WHERE id = ?", b.id))
}

func TestDeliver_OutOfReachForTwoWeeks_ParkedThenSentAgain(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{})
	a, b := ps[0], ps[1]
	var down atomic.Bool
	down.Store(true)
	b.set(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if down.Load() {
			hangUp(w)
			return
		}
		next.ServeHTTP(w, r)
	})
	subject := uuid.New()
	first, second := a.send(b, subject, "first"), a.send(b, subject, "second")
	until(t, "tried", func() bool { return value[int](a, "SELECT attempts FROM federation_outbox WHERE id = ?", first) > 0 })
	a.clock.forward(15 * 24 * time.Hour)
	until(t, "parked", func() bool { return a.state(first) == stateParked })
	require.Equal(t, stateQueued, a.state(second), "what follows waits behind it")
	stuck, err := a.Stuck(t.Context(), b.id, 10)
	require.NoError(t, err)
	require.Equal(t, first, stuck[0].ID)

	down.Store(false)
	again, err := a.Resend(t.Context(), first)
	require.NoError(t, err)
	require.Equal(t, first, again)
	until(t, "delivered", func() bool { return a.state(second) == stateDelivered })
	require.Equal(t, []string{"first", "second"}, b.notes())
	_, err = a.Resend(t.Context(), first)
	require.True(t, problem.Is(err, "message-not-stuck"), "%v", err)
}

func TestDeliver_HandlerRefuses_FinalLoggedAndNextGoesOn(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{})
	a, b := ps[0], ps[1]
	refuse := func(_ context.Context, n note) error {
		if n.Text == "wrong" {
			return problem.NotFound("case-unknown", "Diesen Vorgang gibt es nicht.", "There is no such case.")
		}
		return nil
	}
	b.refuse.Store(&refuse)
	subject := uuid.New()
	told := make(chan uuid.UUID, 1)
	a.OnRefused(kindNote, func(_ context.Context, about, _ uuid.UUID, _ string) error {
		told <- about
		return nil
	})
	before, wrong, after := a.send(b, subject, "before"), a.send(b, subject, "wrong"), a.send(b, subject, "after")
	until(t, "settled", func() bool { return a.state(after) == stateDelivered })
	require.Equal(t, stateDelivered, a.state(before))
	require.Equal(t, stateRefused, a.state(wrong))
	require.Equal(t, subject, <-told, "whoever sent it learns of it")
	require.Contains(t, value[string](a, "SELECT last_error FROM federation_outbox WHERE id = ?", wrong), "case-unknown")
	require.Equal(t, []string{"before", "after"}, b.notes(), "the refused one must leave nothing behind")
	require.EqualValues(t, 3, a.wholeLog())
	require.EqualValues(t, 3, b.wholeLog())

	b.refuse.Store(nil)
	again, err := a.Resend(t.Context(), wrong)
	require.NoError(t, err)
	require.NotEqual(t, wrong, again)
	until(t, "delivered", func() bool { return a.state(again) == stateDelivered })
	require.Equal(t, []string{"before", "after", "wrong"}, b.notes())
	_, err = a.Resend(t.Context(), wrong)
	require.True(t, problem.Is(err, "message-not-stuck"), "sent again once: %v", err)
}

func TestDeliver_HandlerFails_RolledBackAndTriedAgain(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{})
	a, b := ps[0], ps[1]
	var fails atomic.Int64
	refuse := func(context.Context, note) error {
		if fails.Add(1) <= 2 {
			return errors.New("disk full")
		}
		return nil
	}
	b.refuse.Store(&refuse)
	id := a.send(b, uuid.New(), "once")
	until(t, "failed", func() bool { return fails.Load() > 0 })
	until(t, "delivered", func() bool {
		a.clock.forward(2 * time.Second)
		return a.state(id) == stateDelivered
	})
	require.Equal(t, []string{"once"}, b.notes())
	require.Zero(t, value[int](a, "SELECT failures FROM federation_peers WHERE id = ?", b.id), "the portal itself was in reach")
}

func TestDeliver_ReceiptHookFails_NotDeliveredUntilItWorks(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{})
	a, b := ps[0], ps[1]
	var calls atomic.Int64
	a.OnReceipt(kindNote, func(context.Context, uuid.UUID, uuid.UUID, string, time.Time) error {
		if calls.Add(1) == 1 {
			return errors.New("not now")
		}
		return nil
	})
	id := a.send(b, uuid.New(), "once")
	until(t, "hook failed", func() bool { return calls.Load() == 1 })
	until(t, "delivered", func() bool {
		a.clock.forward(2 * time.Second)
		return a.state(id) == stateDelivered
	})
	require.EqualValues(t, 2, calls.Load())
	require.Equal(t, []string{"once"}, b.notes())
}

func TestDeliver_FalseReceipts_NotBelieved(t *testing.T) {
	t.Parallel()
	ps := portals(t, 3, harness{})
	a, b, c := ps[0], ps[1], ps[2]
	target := message{Kind: kindNote, Subject: uuid.New()}
	target.ID = a.send(b, target.Subject, "x")
	_ = target
	until(t, "delivered", func() bool { return a.state(target.ID) == stateDelivered })
	earlier := value[string](a, "SELECT receipt FROM federation_outbox WHERE id = ?", target.ID)

	receiptBy := func(p *portal, m message) string {
		m.From = a.id
		text, err := p.receiptFor(m, time.Now())
		require.NoError(t, err)
		return text
	}
	var answer atomic.Pointer[func(m message) string]
	b.set(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		f := answer.Load()
		if f == nil || !strings.HasSuffix(r.URL.Path, "/inbox") {
			next.ServeHTTP(w, r)
			return
		}
		m, err := b.Service.open(r.Context(), body(r))
		require.NoError(t, err)
		w.Header().Set("Content-Type", "application/jose")
		_, _ = w.Write([]byte((*f)(m)))
	})
	for name, f := range map[string]func(m message) string{
		"of another message":  func(message) string { return earlier },
		"by another portal":   func(m message) string { return receiptBy(c, m) },
		"for other content":   func(m message) string { m.Hash[0]++; return receiptBy(b, m) },
		"for another sender":  func(m message) string { m.From = c.id; text, _ := b.receiptFor(m, time.Now()); return text },
		"changed":             func(m message) string { return flip(receiptBy(b, m), 1, 20) },
		"a member token":      func(message) string { token, _ := b.Token(a.id); return token },
		"nothing":             func(message) string { return "" },
		"something unlimited": func(message) string { return strings.Repeat("x", maxAnswer+1) },
	} {
		answer.Store(&f)
		id := a.send(b, uuid.New(), name)
		until(t, "refused a receipt "+name, func() bool {
			return value[string](a, "SELECT last_error FROM federation_outbox WHERE id = ?", id) != ""
		})
		require.Equal(t, stateQueued, a.state(id), name)
		answer.Store(nil)
		until(t, "delivered after a receipt "+name, func() bool {
			a.clock.forward(2 * time.Second)
			return a.state(id) == stateDelivered
		})
	}
}

// The receiver keeps to the receipt that it gave first, so nobody waits until its time has come.
func TestDeliver_ReceiptByAClockThatWasAhead_Believed(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{})
	a, b := ps[0], ps[1]
	var lost atomic.Bool
	b.set(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if !strings.HasSuffix(r.URL.Path, "/inbox") || lost.Swap(true) {
			next.ServeHTTP(w, r)
			return
		}
		m, err := b.Service.open(r.Context(), body(r))
		require.NoError(t, err)
		b.clock.forward(time.Hour)
		receipt, err := b.receiptFor(m, b.now())
		require.NoError(t, err)
		b.clock.forward(-time.Hour)
		w.Header().Set("Content-Type", "application/jose")
		_, _ = w.Write([]byte(receipt))
	})
	id := a.send(b, uuid.New(), "x")
	until(t, "delivered", func() bool { return a.state(id) == stateDelivered })
	require.Equal(t, 1, value[int](a, "SELECT attempts FROM federation_outbox WHERE id = ?", id))
	require.EqualValues(t, 1, a.wholeLog())
}

func TestDeliver_ProxyAnswers_NeverFinal(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{})
	a, b := ps[0], ps[1]
	for _, answer := range []func(w http.ResponseWriter, r *http.Request){
		func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		},
		func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "bad", http.StatusBadRequest) },
		func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		},
		func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>maintenance</html>")) },
		func(w http.ResponseWriter, _ *http.Request) {
			writeProblem(w, http.StatusUnauthorized, "signature-invalid")
		},
		func(w http.ResponseWriter, _ *http.Request) { writeProblem(w, http.StatusForbidden, "member-unknown") },
		func(w http.ResponseWriter, _ *http.Request) { writeProblem(w, http.StatusConflict, "sequence-gap") },
		func(w http.ResponseWriter, _ *http.Request) {
			writeProblem(w, http.StatusTooManyRequests, "too-many-requests")
		},
	} {
		b.set(func(w http.ResponseWriter, r *http.Request, _ http.Handler) { answer(w, r) })
		id := a.send(b, uuid.New(), "x")
		until(t, "tried", func() bool {
			return value[string](a, "SELECT last_error FROM federation_outbox WHERE id = ?", id) != ""
		})
		require.Equal(t, stateQueued, a.state(id))
		b.set(nil)
		until(t, "delivered", func() bool {
			a.clock.forward(2 * time.Second)
			return a.state(id) == stateDelivered
		})
	}
}

func TestDeliver_MemberRemoved_WaitsAndGoesOnWhenItIsBack(t *testing.T) {
	t.Parallel()
	ps := portals(t, 3, harness{})
	a, b, c := ps[0], ps[1], ps[2]
	b.set(func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { hangUp(w) })
	id := a.send(b, uuid.New(), "x")
	until(t, "tried", func() bool { return value[int](a, "SELECT attempts FROM federation_outbox WHERE id = ?", id) > 0 })
	writeMembers(t, a.trust.path, a, c)
	require.NoError(t, a.trust.Reload())
	keptBack := func() bool {
		a.clock.forward(2 * time.Second)
		return strings.Contains(value[string](a, "SELECT last_error FROM federation_outbox WHERE id = ?", id), "not a member")
	}
	until(t, "kept back", keptBack)
	b.set(nil)
	tried := value[int](a, "SELECT attempts FROM federation_outbox WHERE id = ?", id)
	until(t, "kept back again", func() bool {
		return keptBack() && value[int](a, "SELECT attempts FROM federation_outbox WHERE id = ?", id) > tried+1
	})
	require.Empty(t, b.notes())
	status, err := a.Status(t.Context())
	require.NoError(t, err)
	require.False(t, status[len(status)-1].Member)
	writeMembers(t, a.trust.path, a, b, c)
	require.NoError(t, a.trust.Reload())
	until(t, "delivered", func() bool {
		a.clock.forward(2 * time.Second)
		return a.state(id) == stateDelivered
	})
}

func TestPause_DoublesUpToAnHour(t *testing.T) {
	t.Parallel()
	s := &Service{jitter: func() float64 { return 0.5 }}
	require.Equal(t, time.Second, s.pause(1))
	require.Equal(t, 2*time.Second, s.pause(2))
	require.Equal(t, 1024*time.Second, s.pause(11))
	for _, failures := range []int{13, 60, 64, 1000} {
		require.Equal(t, time.Hour, s.pause(failures))
	}
	s.jitter = func() float64 { return 0 }
	require.Equal(t, 750*time.Millisecond, s.pause(1))
}
