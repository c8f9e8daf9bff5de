package federation

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

func TestSweep_ClockSetBackAnHour_NothingWaitsForTheOldTime(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{})
	a, b := ps[0], ps[1]
	a.clock.forward(time.Hour)
	b.set(func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { hangUp(w) })
	id := a.send(b, uuid.New(), "sent by a clock that was wrong")
	until(t, "it was tried again, so that sweeps have seen the wrong clock", func() bool {
		return value[bool](a, "SELECT attempts > 2 AND next_at > now() + interval '50 minutes' FROM federation_outbox WHERE id = ?", id)
	})
	a.clock.forward(-time.Hour)
	b.set(nil)
	until(t, "it has arrived", func() bool { return a.state(id) == stateDelivered })
	require.Equal(t, []string{"sent by a clock that was wrong"}, b.notes())
}

// A process that starts looks for times by a wrong clock; what another one is sending meanwhile stays that one's.
func TestForgetFuture_LeaseOfAnotherProcess_Stays(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	id := a.send(b, uuid.New(), "x")
	now := a.now()
	later := now.Add(3 * time.Second) // the other process has read the clock after this one
	_, found, err := a.store.claim(t.Context(), b.id, later, later.Add(lease), false)
	require.NoError(t, err)
	require.True(t, found)
	require.NoError(t, a.store.forgetFuture(t.Context(), now, now.Add(lease+leaseDoubt)))
	require.True(t, value[bool](a, "SELECT leased_until > now() FROM federation_outbox WHERE id = ?", id))
	require.NoError(t, a.store.forgetFuture(t.Context(), now.Add(-time.Hour), now.Add(-time.Hour+lease+leaseDoubt)))
	require.False(t, value[bool](a, "SELECT leased_until > now() FROM federation_outbox WHERE id = ?", id), "by a clock an hour ahead")
}

func TestWatch_SetBack_NotForwardAndNotSlowly(t *testing.T) {
	t.Parallel()
	var wall, steady time.Duration
	c := newWatch(nil)
	c.read = func() time.Time { return c.begin.Add(wall) }
	c.since = func() time.Duration { return steady }
	at := func(w, s time.Duration) bool {
		wall, steady = w, s
		return c.setBack()
	}
	require.True(t, at(0, 0), "nobody knows what was before")
	require.False(t, at(time.Second, time.Second))
	require.False(t, at(time.Hour, 2*time.Second), "forward")
	require.False(t, at(time.Hour, 3*time.Second), "stood for a second")
	require.True(t, at(4*time.Second, 4*time.Second), "back")
	require.False(t, at(5*time.Second, 5*time.Second), "said")
	require.True(t, at(4*time.Second+stragglers, 4*time.Second+stragglers), "for what was under way")
	require.False(t, at(5*time.Second+stragglers, 5*time.Second+stragglers), "and no more")
	wall, steady = time.Hour, time.Minute
	c.now() // somebody sees the wrong clock between two sweeps
	require.True(t, at(61*time.Second, 61*time.Second), "forward and back")
	c.askAgain()
	require.True(t, at(62*time.Second, 62*time.Second), "asked again")
}
