package federation

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
	"portalverbund/server/platform/problem"
)

// settled waits until all that was published can be read.
func (p *portal) settled() {
	p.t.Helper()
	until(p.t, "readable", func() bool {
		waiting, err := p.store.unsettled(context.Background())
		require.NoError(p.t, err)
		return !waiting
	})
}

func TestPull_EpochChanged_SnapshotDropsWhatIsGone(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	c := b.keepCopy()
	for i := range 30 {
		a.publishTitle(t.Context(), fmt.Sprint(i), "before")
	}
	a.settled()
	require.NoError(t, b.Pull(t.Context(), a.id))
	require.Len(t, c.all(), 30)
	// The owner's database is set back: some entries are gone without a trace, others are new.
	g := a.db.From(t.Context())
	require.NoError(t, g.Exec("DELETE FROM federation_feed WHERE id IN ('3', '17')").Error)
	require.NoError(t, g.Exec("UPDATE federation_feed_epoch SET origin = 'elsewhere'").Error)
	a.open()
	a.publishTitle(t.Context(), "new", "after")
	a.settled()
	require.NoError(t, b.Pull(t.Context(), a.id))
	got := c.all()
	require.Len(t, got, 29)
	require.NotContains(t, got, "service/3")
	require.NotContains(t, got, "service/17")
	require.Contains(t, got, "service/new")
	require.Equal(t, 29, value[int](b, "SELECT entries FROM federation_replicas"))
}

func TestPull_SnapshotInterrupted_GoesOnWithTheNextPage(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	c := b.keepCopy()
	var entries []types.CatalogEntry
	for i := range 2500 {
		entries = append(entries, types.CatalogEntry{Kind: "service", Id: fmt.Sprint(i), Payload: raw(map[string]any{"title": "x"})})
	}
	require.NoError(t, a.PublishCatalogEntries(t.Context(), entries))
	a.settled()
	var pages atomic.Int64
	a.set(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if pages.Add(1) == 2 {
			writeProblem(w, http.StatusInternalServerError, "internal")
			return
		}
		next.ServeHTTP(w, r)
	})
	require.Error(t, b.Pull(t.Context(), a.id))
	require.Len(t, c.all(), askedEntries)
	require.True(t, value[bool](b, "SELECT snapshot FROM federation_replicas"))
	require.NoError(t, a.PublishCatalog(t.Context(), "service", "5", nil)) // was on the first page
	a.settled()
	require.NoError(t, b.Pull(t.Context(), a.id))
	require.Len(t, c.all(), 2499)
	require.EqualValues(t, 1, value[int](b, "SELECT generation FROM federation_replicas"), "not from the beginning")
	require.False(t, value[bool](b, "SELECT snapshot FROM federation_replicas"))
}

func TestPull_HandlerRefuses_PageAndCursorRolledBack(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	c := b.keepCopy()
	// As the catalog does: a member speaks for its own areas only.
	c.fail = func(entries []types.CatalogEntry) error {
		for _, e := range entries {
			var payload struct{ Area string }
			if json.Unmarshal(*e.Payload, &payload) == nil && payload.Area != "" && !b.MayClaim(a.id, payload.Area) {
				return problem.Forbidden("foreign-area", "Fremdes Gebiet.", "Foreign area.")
			}
		}
		return nil
	}
	b.HandleCatalog(func(ctx context.Context, owner string, entries []types.CatalogEntry) error {
		return b.db.From(ctx).Exec("INSERT INTO notes (sender, text) VALUES (?, ?)", owner, fmt.Sprint(len(entries))).Error
	})
	require.NoError(t, a.PublishCatalog(t.Context(), "competence", "1", map[string]any{"area": "034540035035"}))
	a.settled()
	require.NoError(t, b.Pull(t.Context(), a.id))
	cursor := value[string](b, "SELECT cursor FROM federation_replicas")
	require.NoError(t, a.PublishCatalog(t.Context(), "competence", "2", map[string]any{"area": "091620000000"}))
	a.settled()
	err := b.Pull(t.Context(), a.id)
	require.True(t, problem.Is(err, "foreign-area"), "%v", err)
	require.Equal(t, cursor, value[string](b, "SELECT cursor FROM federation_replicas"))
	require.Equal(t, []string{"1"}, b.notes())
	status, err := b.Status(t.Context())
	require.NoError(t, err)
	require.Contains(t, status[0].CatalogError, "foreign-area")

	require.NoError(t, a.PublishCatalog(t.Context(), "competence", "2", map[string]any{"area": "034540000000"}))
	a.settled()
	require.NoError(t, b.Pull(t.Context(), a.id))
	status, err = b.Status(t.Context())
	require.NoError(t, err)
	require.Empty(t, status[0].CatalogError)
}

func TestPull_SeveralProcessesAtOnce_EachEntryOnce(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	one := b.keepCopy()
	first := b.Service
	b.open()
	second := b.Service
	other := b.keepCopy()
	for i := range 50 {
		a.publishTitle(t.Context(), fmt.Sprint(i), "x")
	}
	a.settled()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := first.Pull(context.Background(), a.id); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if err := second.Pull(context.Background(), a.id); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Len(t, append(one.taken, other.taken...), 50)
}

func TestFollow_MemberRemoved_ItsEntriesAreGone(t *testing.T) {
	t.Parallel()
	ps := portals(t, 3, harness{idle: true})
	a, b, c := ps[0], ps[1], ps[2]
	copied := b.keepCopy()
	a.publishTitle(t.Context(), "1", "x")
	c.publishTitle(t.Context(), "2", "x")
	c.settled()
	require.NoError(t, b.Pull(t.Context(), a.id))
	require.NoError(t, b.Pull(t.Context(), c.id))
	require.Len(t, copied.all(), 2)
	writeMembers(t, b.trust.path, a, b)
	require.NoError(t, b.trust.Reload())
	ids, err := b.others(t.Context())
	require.NoError(t, err)
	require.NoError(t, b.forgetStrangers(t.Context(), ids))
	require.Equal(t, map[string]string{"service/1": "x"}, copied.all())
	require.ErrorIs(t, b.Pull(t.Context(), c.id), ErrNotMember)
}

// page gives the lines of a page that a portal answers.
func TestPull_CursorDoesNotMove_Ends(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	b.keepCopy()
	a.publishTitle(t.Context(), "1", "x")
	a.settled()
	// A member that signs page after page without an end.
	var asked atomic.Int64
	a.set(func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		asked.Add(1)
		p := feedPage{claims: pageClaims{After: r.URL.Query().Get("after"), Cursor: "same", More: true}}
		p.claims.First = p.claims.After == ""
		p.claims.Snapshot = true
		p.limit = 10
		p.begin()
		text := "{}"
		require.NoError(t, p.add(feedRow{Kind: "service", ID: "1", Payload: &text}))
		data, err := p.end(a.Service, b.id)
		require.NoError(t, err)
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(data)
	})
	require.ErrorIs(t, b.Pull(t.Context(), a.id), errPage)
	require.EqualValues(t, 2, asked.Load())
}

func TestPull_NothingNew_OnlyThatIsNoted(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	c := b.keepCopy()
	a.publishTitle(t.Context(), "1", "x")
	a.settled()
	require.NoError(t, b.Pull(t.Context(), a.id))
	require.NoError(t, b.store.replicaFailed(t.Context(), a.id, b.now(), "it was away"))
	state := func() string {
		return value[string](b, "SELECT concat_ws(' ', cursor, generation, snapshot, entries) FROM federation_replicas")
	}
	before, read := state(), value[time.Time](b, "SELECT pulled_at FROM federation_replicas")
	b.clock.forward(time.Hour)
	require.NoError(t, b.Pull(t.Context(), a.id))
	require.Equal(t, before, state())
	require.WithinDuration(t, read.Add(time.Hour), value[time.Time](b, "SELECT pulled_at FROM federation_replicas"), 30*time.Second)
	require.Empty(t, value[string](b, "SELECT failure FROM federation_replicas"))
	a.publishTitle(t.Context(), "1", "y")
	a.settled()
	require.NoError(t, b.Pull(t.Context(), a.id))
	require.Equal(t, "y", c.all()["service/1"])
}

func TestNudge_LostOnes_PeriodicReadingMakesGood(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	c := b.keepCopy()
	a.publishTitle(t.Context(), "1", "x")
	a.settled()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { _ = b.Run(ctx) }() // reads once at the start, and nobody nudges it
	until(t, "read", func() bool { return len(c.all()) == 1 })
}

func TestAnnounce_MemberTakesNoMoreNudges_ToldAgainLater(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{})
	a, b := ps[0], ps[1]
	c := b.keepCopy()
	var refused atomic.Int64
	b.set(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if strings.HasSuffix(r.URL.Path, "/nudge") && refused.Add(1) <= 2 {
			writeProblem(w, http.StatusTooManyRequests, "too-many-requests")
			return
		}
		next.ServeHTTP(w, r)
	})
	until(t, "refused", func() bool { a.signalChange(); return refused.Load() > 0 })
	a.publishTitle(t.Context(), "1", "x")
	until(t, "found", func() bool { return len(c.all()) == 1 })
}

func TestNudge_LostOne_IsRepeated(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	c := b.keepCopy()
	var read, lost atomic.Int64
	a.set(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		next.ServeHTTP(w, r)
		if strings.HasSuffix(r.URL.Path, "/catalog") {
			read.Add(1)
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { _ = b.Run(ctx) }()
	until(t, "read at the start", func() bool { return read.Load() > 0 }) // and by itself in a minute again
	b.set(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if strings.HasSuffix(r.URL.Path, "/nudge") && lost.Add(1) == 1 {
			writeProblem(w, http.StatusServiceUnavailable, "unavailable")
			return
		}
		next.ServeHTTP(w, r)
	})
	a.publishTitle(t.Context(), "1", "x")
	go func() { _ = a.Run(ctx) }() // nudges at once, as it has begun to run
	until(t, "found", func() bool { return len(c.all()) == 1 })
	if lost.Load() < 2 {
		t.Error("found without a nudge")
	}
}

func TestAnnounce_ManyChanges_FewNudges(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{})
	a, b := ps[0], ps[1]
	c := b.keepCopy()
	var nudges atomic.Int64
	b.set(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if strings.HasSuffix(r.URL.Path, "/nudge") {
			nudges.Add(1)
		}
		next.ServeHTTP(w, r)
	})
	start := time.Now()
	for i := range 200 {
		a.publishTitle(t.Context(), fmt.Sprint(i), "x")
	}
	until(t, "found", func() bool { return len(c.all()) == 200 })
	require.LessOrEqual(t, nudges.Load(), int64(time.Since(start)/nudgePace)+3)
}

func TestNudged_FloodByOneMember_Refused(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	at := time.Now()
	a.now = func() time.Time { return at } // however long a nudge takes here
	var err error
	for range nudgeBurst + 1 {
		if err = a.Nudged(t.Context(), b.id); err != nil {
			break
		}
	}
	require.True(t, problem.Is(err, "too-many-requests"), "%v", err)
	require.NoError(t, a.Nudged(t.Context(), "https://another.example"), "others are not held back")
}

// FuzzReadPage feeds the reader of catalog pages: what the owner has not signed is refused, and nothing panics.
