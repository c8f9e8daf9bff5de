package federation

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
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
		entries = append(entries, types.CatalogEntry{Kind: "service", Id: fmt.Sprint(i), Payload: &map[string]any{"title": "x"}})
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
	require.Len(t, c.all(), 1000)
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
			if area, ok := (*e.Payload)["area"].(string); ok && !b.MayClaim(a.id, area) {
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
func pageLines(t *testing.T, p *portal, reader string) []string {
	t.Helper()
	zipped, err := p.CatalogPage(t.Context(), reader, "", 0)
	require.NoError(t, err)
	unzipped, err := gzip.NewReader(bytes.NewReader(zipped))
	require.NoError(t, err)
	data, err := io.ReadAll(unzipped)
	require.NoError(t, err)
	return strings.SplitAfter(strings.TrimSuffix(string(data), "\n"), "\n")
}

func zipped(text string) *bytes.Buffer {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return &b
}

func TestReadPage_NotWhatTheOwnerSigned_Refused(t *testing.T) {
	t.Parallel()
	ps := portals(t, 3, harness{idle: true})
	a, b, c := ps[0], ps[1], ps[2]
	for i := range 3 {
		a.publishTitle(t.Context(), fmt.Sprint(i), "x")
	}
	a.settled()
	lines := pageLines(t, a, b.id)
	require.Len(t, lines, 4)
	end := func(change func(e *types.CatalogPageEnd)) string {
		var e types.CatalogPageEnd
		require.NoError(t, json.Unmarshal([]byte(lines[3]), &e))
		change(&e)
		data, err := json.Marshal(e)
		require.NoError(t, err)
		return lines[0] + lines[1] + lines[2] + string(data) + "\n"
	}
	signed := func(by *portal, change func(c *pageClaims)) string {
		return end(func(e *types.CatalogPageEnd) {
			var claims pageClaims
			require.NoError(t, b.verify(t.Context(), e.Digest, typPage, b.id, 0, &claims))
			claims.stamp = by.newStamp(b.id)
			change(&claims)
			digest, err := by.sign(typPage, claims)
			require.NoError(t, err)
			e.Digest, e.Cursor, e.More, e.Snapshot = digest, claims.Cursor, claims.More, &claims.Snapshot
		})
	}
	whole := strings.Join(lines, "")
	if !strings.HasSuffix(whole, "\n") {
		whole += "\n"
	}
	_, err := b.readPage(t.Context(), zipped(whole), a.id, "")
	require.NoError(t, err, "the page itself")
	_, err = b.readPage(t.Context(), zipped(signed(a, func(*pageClaims) {})), a.id, "")
	require.NoError(t, err, "signed anew")
	for name, text := range map[string]string{
		"empty":                  "",
		"no end":                 lines[0] + lines[1] + lines[2],
		"cut in a line":          strings.TrimSuffix(whole, "\n"),
		"a line missing":         lines[0] + lines[2] + lines[3] + "\n",
		"lines swapped":          lines[1] + lines[0] + lines[2] + lines[3] + "\n",
		"a line twice":           lines[0] + lines[0] + lines[1] + lines[2] + lines[3] + "\n",
		"a letter changed":       strings.Replace(whole, `"title":"x"`, `"title":"y"`, 1),
		"a space more":           strings.Replace(whole, `"title":"x"`, `"title": "x"`, 1),
		"more after the end":     whole + lines[0],
		"no JSON":                "x\n" + whole,
		"digest flipped":         end(func(e *types.CatalogPageEnd) { e.Digest = flip(e.Digest, 2, 8) }),
		"digest of nobody":       end(func(e *types.CatalogPageEnd) { e.Digest = "" }),
		"another cursor":         end(func(e *types.CatalogPageEnd) { e.Cursor += "1" }),
		"pretends more":          end(func(e *types.CatalogPageEnd) { e.More = true }),
		"no snapshot":            end(func(e *types.CatalogPageEnd) { e.Snapshot = nil }),
		"signed by another":      signed(c, func(*pageClaims) {}),
		"for another reader":     signed(a, func(p *pageClaims) { p.Audience = c.id }),
		"from another cursor on": signed(a, func(p *pageClaims) { p.After = "x" }),
		"of last week":           signed(a, func(p *pageClaims) { p.IssuedAt -= 7 * 24 * 3600 }),
		"other count":            signed(a, func(p *pageClaims) { p.Count++ }),
		"without cursor":         signed(a, func(p *pageClaims) { p.Cursor = "" }),
		"endless cursor":         signed(a, func(p *pageClaims) { p.Cursor = strings.Repeat("x", 101) }),
		"first of nothing":       signed(a, func(p *pageClaims) { p.Snapshot = false }),
		"from the middle":        signed(a, func(p *pageClaims) { p.First = false }),
		"a line too long":        `{"kind":"service","id":"1","deleted":true,"x":"` + strings.Repeat("x", maxLine) + "\"}\n" + whole,
		"a bomb":                 strings.Repeat(" ", maxPageSize) + "\n" + whole,
		"many short lines":       strings.Repeat(`{"kind":"a","id":"b","deleted":true}`+"\n", 1_000_000),
		"without a payload":      `{"kind":"service","id":"9","deleted":false}` + "\n" + whole,
		"deleted with a payload": `{"kind":"service","id":"9","deleted":true,"payload":{}}` + "\n" + whole,
		"without an id":          `{"kind":"service","id":"","deleted":true}` + "\n" + whole,
		"with NUL":               `{"kind":"service","id":"a\u0000","deleted":true}` + "\n" + whole,
	} {
		_, err := b.readPage(t.Context(), zipped(text), a.id, "")
		require.ErrorIs(t, err, errPage, name)
	}
	_, err = b.readPage(t.Context(), strings.NewReader(whole), a.id, "")
	require.ErrorIs(t, err, errPage, "not compressed")
}

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
		p := feedPage{claims: pageClaims{stamp: a.newStamp(b.id), After: r.URL.Query().Get("after"), Cursor: "same", More: true}}
		p.claims.First = p.claims.After == ""
		p.claims.Snapshot = true
		p.limit = 10
		p.begin()
		text := "{}"
		require.NoError(t, p.add(feedRow{Kind: "service", ID: "1", Payload: &text}))
		data, err := p.end(a.Service)
		require.NoError(t, err)
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(data)
	})
	require.ErrorIs(t, b.Pull(t.Context(), a.id), errPage)
	require.EqualValues(t, 2, asked.Load())
}

func TestReadCatalog_OverHTTP_MembersOnlyAndPlainOnRequest(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	a.publishTitle(t.Context(), "1", "x")
	a.settled()
	get := func(token, encoding string) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.id+"/federation/v1/catalog", nil)
		require.NoError(t, err)
		r.Header.Set("Accept-Encoding", encoding)
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		response, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		t.Cleanup(func() { _ = response.Body.Close() })
		return response
	}
	require.Equal(t, http.StatusUnauthorized, get("", "gzip").StatusCode)
	token, err := b.Token(a.id)
	require.NoError(t, err)
	plain := get(token, "identity")
	require.Equal(t, http.StatusOK, plain.StatusCode)
	require.Equal(t, "application/x-ndjson", plain.Header.Get("Content-Type"))
	require.Empty(t, plain.Header.Get("Content-Encoding"))
	text, err := io.ReadAll(plain.Body)
	require.NoError(t, err)
	require.Contains(t, string(text), `{"kind":"service","id":"1","deleted":false,"payload":{"title":"x"}}`+"\n")
	packed := get(token, "br, gzip;q=0.5")
	require.Equal(t, "gzip", packed.Header.Get("Content-Encoding"))
	require.Empty(t, get(token, "gzip;q=0").Header.Get("Content-Encoding"))
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

func TestNudged_FloodByOneMember_Refused(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	var err error
	for range nudgeBurst + 50 {
		if err = a.Nudged(t.Context(), b.id); err != nil {
			break
		}
	}
	require.True(t, problem.Is(err, "too-many-requests"), "%v", err)
	require.NoError(t, a.Nudged(t.Context(), "https://another.example"), "others are not held back")
}

func TestWorkQueue_AddedWhileWorkedOn_WorkedOnOnceMore(t *testing.T) {
	t.Parallel()
	q := newWorkQueue()
	began, goOn := make(chan string), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		q.run(ctx, 3, func(_ context.Context, name string) { began <- name; <-goOn })
	}()
	q.add("a")
	require.Equal(t, "a", <-began)
	for range 10 {
		q.add("a")
	}
	q.add("b")
	require.Equal(t, "b", <-began, "others do not wait for a")
	select {
	case name := <-began:
		t.Fatalf("%s is worked on twice at the same time", name)
	case <-time.After(20 * time.Millisecond):
	}
	goOn <- struct{}{}
	goOn <- struct{}{}
	require.Equal(t, "a", <-began)
	goOn <- struct{}{}
	select {
	case name := <-began:
		t.Fatalf("%s once too often", name)
	case <-time.After(20 * time.Millisecond):
	}
	cancel()
	<-done
}
