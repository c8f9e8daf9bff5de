package delivery_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"portalverbund/api/types"
	"portalverbund/server/delivery"
)

func (x setup) handIn(t *testing.T, channel string) types.MessageApplication {
	t.Helper()
	app := x.application(x.offer(channel))
	if err := x.receive(t.Context(), t, other, delivery.KindSubmitted, app); err != nil {
		t.Fatal(err)
	}
	return app
}

func TestPush_OneReceiverHangs_TheOthersAreNotHeldUp(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	var hanging atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/water") {
			return
		}
		hanging.Add(1)
		defer hanging.Add(-1)
		select { // as a receiver that answers after a minute
		case <-r.Context().Done():
		case <-ended:
		}
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(ended) })
	x := newSetup(t, server.URL, time.Now, true)
	for range 30 {
		x.handIn(t, "provider:waste")
	}
	waitFor(t, "pushes that hang", func() bool { return hanging.Load() > 0 })
	begun := time.Now()
	app := x.handIn(t, "provider:water")
	waitFor(t, "delivered", func() bool { return x.state(t, app) == types.Delivered })
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("the other provider waited %v", took)
	}
	if n := hanging.Load(); n > 2 {
		t.Errorf("%d pushes at once to a provider that hangs", n)
	}
}

func TestPush_RetryAfter_IsKept(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var times []time.Time
	var ids []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		times, ids = append(times, time.Now()), append(ids, r.Header.Get("webhook-id"))
		if len(times) == 1 {
			w.Header().Set("Retry-After", "2")
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}))
	t.Cleanup(server.Close)
	x := newSetup(t, server.URL, time.Now, true) // without it, the next try comes after 10 ms
	app := x.handIn(t, "provider:waste")
	waitFor(t, "delivered", func() bool { return x.state(t, app) == types.Delivered })
	mu.Lock()
	defer mu.Unlock()
	if len(times) != 2 || times[1].Sub(times[0]) < 2*time.Second {
		t.Errorf("tries at %v", times)
	}
	if ids[0] != ids[1] {
		t.Errorf("ids %v", ids)
	}
}

func TestPush_Gone_NothingIsPushedThereAgain(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	e.answer(http.StatusGone)
	x := newSetup(t, e.url, time.Now, true)
	first := x.handIn(t, "provider:waste")
	waitFor(t, "parked", func() bool { return x.state(t, first) == types.Parked })
	e.answer(0)
	second := x.handIn(t, "provider:waste")
	waitFor(t, "parked, too", func() bool { return x.state(t, second) == types.Parked })
	if n := len(e.seen()); n != 1 {
		t.Errorf("%d pushes, want the one that was answered with 410", n)
	}
	// Fetching still works: the provider has all of them.
	list, err := x.s.Get(provider(t.Context(), "waste-client"), x.id(t, second))
	if err != nil || list.Number != second.Number {
		t.Errorf("fetched %+v, %v", list, err)
	}
}
