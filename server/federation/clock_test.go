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
	_, found, err := a.store.claim(t.Context(), b.id, later, later.Add(lease))
	require.NoError(t, err)
	require.True(t, found)
	require.NoError(t, a.store.forgetFuture(t.Context(), now, now.Add(lease+leaseDoubt)))
	require.True(t, value[bool](a, "SELECT leased_until > now() FROM federation_outbox WHERE id = ?", id))
	require.NoError(t, a.store.forgetFuture(t.Context(), now.Add(-time.Hour), now.Add(-time.Hour+lease+leaseDoubt)))
	require.False(t, value[bool](a, "SELECT leased_until > now() FROM federation_outbox WHERE id = ?", id), "by a clock an hour ahead")
}

func TestDrift_SetBack_NotForwardAndNotSlowly(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	at := func(d *drift, wall, steady time.Duration) bool { return d.setBack(begin.Add(wall), begin.Add(steady)) }
	var d drift
	require.True(t, at(&d, 0, 0), "nobody knows what was before")
	require.False(t, at(&d, time.Second, time.Second))
	require.False(t, at(&d, time.Hour, 2*time.Second), "forward")
	require.False(t, at(&d, time.Hour, 3*time.Second), "stood for a second")
	require.True(t, at(&d, 4*time.Second, 4*time.Second), "back")
	require.False(t, at(&d, 5*time.Second, 5*time.Second), "said")
	require.True(t, at(&d, 4*time.Second+stragglers, 4*time.Second+stragglers), "for what was under way")
	require.False(t, at(&d, 5*time.Second+stragglers, 5*time.Second+stragglers), "and no more")
}
