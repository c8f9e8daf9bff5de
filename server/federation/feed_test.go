package federation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
)

// copyOf is what a reader has of another portal's catalog.
type copyOf struct {
	mu      sync.Mutex
	entries map[string]string // kind/id → title
	taken   []string          // in the order in which they came
	fail    func(entries []types.CatalogEntry) error
}

// follows lets a portal keep a copy of what it reads.
func (p *portal) keepCopy() *copyOf {
	c := &copyOf{entries: map[string]string{}}
	p.HandleCatalog(func(_ context.Context, _ string, entries []types.CatalogEntry) error {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.fail != nil {
			if err := c.fail(entries); err != nil {
				return err
			}
		}
		for _, e := range entries {
			key := e.Kind + "/" + e.Id
			if e.Deleted {
				c.taken = append(c.taken, "-"+key)
				delete(c.entries, key)
				continue
			}
			var payload struct{ Title any }
			if err := json.Unmarshal(*e.Payload, &payload); err != nil {
				return err
			}
			title := fmt.Sprint(payload.Title)
			c.taken = append(c.taken, key+"="+title)
			c.entries[key] = title
		}
		return nil
	})
	return c
}

func (c *copyOf) all() map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.entries)
}

type titled struct {
	Title string `json:"title"`
}

func (p *portal) publishTitle(ctx context.Context, id, title string) {
	p.t.Helper()
	require.NoError(p.t, p.PublishCatalog(ctx, "service", id, titled{title}))
}

func TestCatalog_ChangeAtOwner_FoundAtPeerAtOnce(t *testing.T) {
	t.Parallel()
	ps := portals(t, 3, harness{})
	a := ps[0]
	copies := []*copyOf{ps[1].keepCopy(), ps[2].keepCopy()}
	waitAll := func(what string, want map[string]string) {
		for _, c := range copies {
			until(t, what, func() bool { return maps.Equal(c.all(), want) })
		}
	}
	start := time.Now()
	a.publishTitle(t.Context(), "1", "Hund anmelden")
	waitAll("created", map[string]string{"service/1": "Hund anmelden"})
	require.Less(t, time.Since(start), 10*time.Second, "by nudge, not by the periodic reading")
	a.publishTitle(t.Context(), "1", "Hund abmelden")
	waitAll("changed", map[string]string{"service/1": "Hund abmelden"})
	require.NoError(t, a.PublishCatalog(t.Context(), "service", "1", nil))
	waitAll("deleted", map[string]string{})
}

func TestPublishCatalog_RolledBack_NotInFeed(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	c := b.keepCopy()
	_ = a.db.Tx(t.Context(), func(ctx context.Context) error {
		a.publishTitle(ctx, "1", "never")
		return errors.New("no")
	})
	a.publishTitle(t.Context(), "2", "ever")
	a.settled()
	require.NoError(t, b.Pull(t.Context(), a.id))
	require.Equal(t, map[string]string{"service/2": "ever"}, c.all())
}

func TestPublishCatalog_Unchanged_NotReadAgain(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	c := b.keepCopy()
	for range 3 {
		a.publishTitle(t.Context(), "1", "same")
		a.settled()
		require.NoError(t, b.Pull(t.Context(), a.id))
	}
	require.Equal(t, []string{"service/1=same"}, c.taken)
}

func TestPublishCatalog_NotAnEntry_Error(t *testing.T) {
	t.Parallel()
	ps := portals(t, 1, harness{idle: true})
	for _, err := range []error{
		ps[0].PublishCatalog(t.Context(), "", "1", titled{}),
		ps[0].PublishCatalog(t.Context(), "service", "", titled{}),
		ps[0].PublishCatalog(t.Context(), "service", "1", "text"),
		ps[0].PublishCatalog(t.Context(), "service", "1", titled{string(make([]byte, maxEntry))}),
	} {
		require.Error(t, err)
	}
}

func TestFeed_OlderTransactionCommitsLater_NotPassedOver(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	c := b.keepCopy()
	published, mayCommit, committed := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		committed <- a.db.Tx(context.Background(), func(ctx context.Context) error {
			err := a.PublishCatalog(ctx, "service", "older", titled{"x"})
			close(published)
			<-mayCommit
			return err
		})
	}()
	<-published
	a.publishTitle(t.Context(), "younger", "x") // commits while the older one still runs
	require.NoError(t, b.Pull(t.Context(), a.id))
	waiting, err := a.store.unsettled(t.Context())
	require.NoError(t, err)
	require.True(t, waiting)
	close(mayCommit)
	require.NoError(t, <-committed)
	until(t, "no older transaction runs", func() bool {
		waiting, err := a.store.unsettled(t.Context())
		require.NoError(t, err)
		return !waiting
	})
	require.NoError(t, b.Pull(t.Context(), a.id))
	require.Equal(t, map[string]string{"service/older": "x", "service/younger": "x"}, c.all())
}

func TestFeed_ManyWritersInAnyOrder_CopyIsComplete(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	c := b.keepCopy()
	var writers sync.WaitGroup
	for range 6 {
		writers.Go(func() {
			for range 30 {
				_ = a.db.Tx(context.Background(), func(ctx context.Context) error {
					for _, id := range []int{rand.IntN(10), 10 + rand.IntN(10)} { // in order: no deadlocks
						payload := any(titled{fmt.Sprint(rand.IntN(1000))})
						if rand.IntN(5) == 0 {
							payload = nil
						}
						if err := a.PublishCatalog(ctx, "service", fmt.Sprint(id), payload); err != nil {
							t.Error(err)
						}
					}
					if err := a.db.From(ctx).Exec("SELECT pg_sleep(?)", rand.Float64()/100).Error; err != nil {
						return err
					}
					if rand.IntN(10) == 0 {
						return errors.New("rolled back")
					}
					return nil
				})
			}
		})
	}
	done := make(chan struct{})
	go func() { writers.Wait(); close(done) }()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		require.NoError(t, b.Pull(t.Context(), a.id))
	}
	want := map[string]string{}
	rows := []struct{ Kind, ID, Payload string }{}
	require.NoError(t, a.db.From(t.Context()).Raw("SELECT kind, id, payload FROM federation_feed WHERE payload IS NOT NULL").Scan(&rows).Error)
	for _, r := range rows {
		var p titled
		require.NoError(t, json.Unmarshal([]byte(r.Payload), &p))
		want[r.Kind+"/"+r.ID] = p.Title
	}
	until(t, "the copy is complete", func() bool {
		require.NoError(t, b.Pull(t.Context(), a.id)) // transactions of other tests may still run
		return maps.Equal(want, c.all())
	})
	status, err := b.Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, len(want), status[0].CatalogEntries)
}

func TestAnnounce_OlderTransactionStillRuns_NudgedWhenItEnds(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{})
	a, b := ps[0], ps[1]
	c := b.keepCopy()
	published, mayCommit := make(chan struct{}), make(chan struct{})
	done := make(chan error)
	go func() {
		done <- a.db.Tx(context.Background(), func(ctx context.Context) error {
			err := a.db.From(ctx).Exec("INSERT INTO notes (text) VALUES ('x')").Error
			close(published)
			<-mayCommit
			return err
		})
	}()
	<-published
	a.publishTitle(t.Context(), "1", "x")
	require.Empty(t, c.all())
	close(mayCommit)
	require.NoError(t, <-done)
	until(t, "found", func() bool { return len(c.all()) == 1 })
}

func TestCatalogPage_Pages_ContinueWhereTheLastEnded(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	c := b.keepCopy()
	const n = 10_000
	entries := make([]types.CatalogEntry, n)
	for i := range entries {
		entries[i] = types.CatalogEntry{Kind: "service", Id: fmt.Sprint(i), Payload: raw(map[string]any{"title": fmt.Sprint(i)})}
	}
	require.NoError(t, a.PublishCatalogEntries(t.Context(), entries))
	until(t, "readable", func() bool { // other tests' transactions delay it
		require.NoError(t, b.Pull(t.Context(), a.id))
		return len(c.all()) == n
	})
	require.Len(t, c.taken, n, "each once")
	require.Equal(t, "service/0=0", c.taken[0])
	require.Equal(t, fmt.Sprintf("service/%d=%d", n-1, n-1), c.taken[n-1])
}

func TestCatalogPage_LargeEntries_PageEndsEarly(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	c := b.keepCopy()
	var entries []types.CatalogEntry
	for i := range 20 {
		text := make([]byte, maxEntry/4) // random, so that it does not shrink
		for j := range text {
			text[j] = byte('a' + rand.IntN(26))
		}
		entries = append(entries, types.CatalogEntry{Kind: "service", Id: fmt.Sprint(i), Payload: raw(map[string]any{"title": fmt.Sprint(i), "text": string(text)})})
	}
	require.NoError(t, a.PublishCatalogEntries(t.Context(), entries))
	until(t, "read", func() bool {
		require.NoError(t, b.Pull(t.Context(), a.id))
		return len(c.all()) == len(entries)
	})
	page, err := a.CatalogPage(t.Context(), b.id, "", 5000)
	require.NoError(t, err)
	require.Less(t, len(page), pageBytes+maxEntry)
}

func TestStartEpoch_RestoredDatabase_BeginsAnother(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a := ps[0]
	a.publishTitle(t.Context(), "1", "x")
	epoch := func() string { return value[string](a, "SELECT epoch FROM federation_feed_epoch") }
	first := epoch()
	a.open()
	require.Equal(t, first, epoch(), "a restart changes nothing")
	require.NoError(t, a.db.From(t.Context()).Exec("UPDATE federation_feed_epoch SET origin = 'another server'").Error)
	a.open()
	second := epoch()
	require.NotEqual(t, first, second)
	require.NoError(t, a.db.From(t.Context()).Exec("UPDATE federation_feed SET xid = xid + 1000000").Error)
	a.open()
	require.NotEqual(t, second, epoch(), "transaction numbers went back")
	require.Zero(t, value[int](a, "SELECT count(*) FROM federation_feed WHERE xid > pg_current_xact_id()::text::bigint"))
}

func TestForgetDeleted_OldCursor_GetsSnapshot(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	c := b.keepCopy()
	pull := func() {
		a.settled()
		require.NoError(t, b.Pull(t.Context(), a.id))
	}
	a.publishTitle(t.Context(), "1", "x")
	a.publishTitle(t.Context(), "2", "x")
	pull()
	require.NoError(t, a.PublishCatalog(t.Context(), "service", "1", nil))
	a.clock.forward(keepDeleted + time.Hour)
	n, err := a.ForgetDeleted(t.Context(), 100)
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	pull()
	require.Equal(t, map[string]string{"service/2": "x"}, c.all())
	before := value[int64](b, "SELECT generation FROM federation_replicas")
	require.EqualValues(t, 2, before, "by a second snapshot")
	pull()
	pull()
	require.EqualValues(t, 2, value[int64](b, "SELECT generation FROM federation_replicas"), "and only one")
}

func TestCursor_RoundTrip(t *testing.T) {
	t.Parallel()
	for _, c := range []cursor{{"e", 0, 0, false}, {"abc", 1 << 62, 1<<63 - 1, true}} {
		parsed, ok := parseCursor(c.String())
		require.True(t, ok)
		require.Equal(t, c, parsed)
	}
	for _, text := range []string{"", "e", "e.1", "e.1.2.x", "e.-1.2", "e.1.2.s.s", "e.01.2", "e.1.Z"} {
		_, ok := parseCursor(text)
		require.False(t, ok, text)
	}
	require.LessOrEqual(t, len(cursor{"abcdefghijkl", 1<<63 - 1, 1<<63 - 1, true}.String()), maxCursor)
}
