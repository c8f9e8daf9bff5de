package federation

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/server/platform/problem"
)

type openFile struct {
	*bytes.Reader
	closed *atomic.Int64
}

func (f openFile) Close() error { f.closed.Add(1); return nil }

// serveFile lets a portal give one file to one member.
func (p *portal) serveFile(reader *portal, id uuid.UUID, content []byte) *atomic.Int64 {
	var closed atomic.Int64
	p.ServeAttachments(func(_ context.Context, member string, asked uuid.UUID) (string, string, int64, io.ReadSeekCloser, error) {
		if member != reader.id || asked != id {
			return "", "", 0, nil, problem.NotFound("attachment-unknown", "Unbekannt.", "Unknown.")
		}
		return "Gehaltsnachweis \"März\".pdf", "application/pdf", int64(len(content)), openFile{bytes.NewReader(content), &closed}, nil
	})
	return &closed
}

func randomBytes(n int) []byte {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(rand.Uint32())
	}
	return data
}

func TestFetchAttachment_Whole_AndFromAnOffset(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	id, content := uuid.New(), randomBytes(100_000)
	closed := a.serveFile(b, id, content)
	for _, offset := range []int64{0, 1, 99_999, 100_000} {
		r, err := b.FetchAttachment(t.Context(), a.id, id, offset)
		require.NoError(t, err)
		got, err := io.ReadAll(r)
		require.NoError(t, err)
		require.NoError(t, r.Close())
		require.True(t, bytes.Equal(content[offset:], got), "from %d", offset)
	}
	_, err := b.FetchAttachment(t.Context(), a.id, id, 100_001)
	require.ErrorContains(t, err, "no byte 100001")
	until(t, "files are closed", func() bool { return closed.Load() == 5 })
}

func TestFetchAttachment_TransferBreaks_GoesOnWhereItBroke(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	id, content := uuid.New(), randomBytes(1<<20)
	a.serveFile(b, id, content)
	var requests, sent atomic.Int64
	a.set(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		n := requests.Add(1)
		if n == 3 {
			writeProblem(w, http.StatusServiceUnavailable, "overload")
			return
		}
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.Header().Set("Content-Length", strconv.Itoa(answer.Body.Len()))
		w.WriteHeader(answer.Code)
		part := answer.Body.Bytes()
		if n < 8 {
			part = part[:100_000]
		}
		sent.Add(int64(len(part)))
		_, _ = w.Write(part)
		if n < 8 {
			_ = http.NewResponseController(w).Flush()
			hangUp(w)
		}
	})
	r, err := b.FetchAttachment(t.Context(), a.id, id, 0)
	require.NoError(t, err)
	defer func() { _ = r.Close() }()
	got, err := io.ReadAll(r)
	require.NoError(t, err)
	require.Equal(t, sha256.Sum256(content), sha256.Sum256(got))
	require.EqualValues(t, 8, requests.Load())
	require.EqualValues(t, len(content), sent.Load(), "no byte twice")
}

func TestFetchAttachment_BrokenForGood_SaysWhere(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	id, content := uuid.New(), randomBytes(100_000)
	a.serveFile(b, id, content)
	var requests atomic.Int64
	a.set(func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		if requests.Add(1) > 1 {
			writeProblem(w, http.StatusInternalServerError, "internal")
			return
		}
		w.Header().Set("Content-Length", "100000")
		_, _ = w.Write(content[:40_000])
		_ = http.NewResponseController(w).Flush()
		hangUp(w)
	})
	r, err := b.FetchAttachment(t.Context(), a.id, id, 0)
	require.NoError(t, err)
	got, err := io.ReadAll(r)
	require.ErrorContains(t, err, "broke at byte 40000")
	require.Len(t, got, 40_000)
	require.EqualValues(t, 1+resumeTries, requests.Load())
}

func TestFetchAttachment_AnotherFileOnResume_NotContinued(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	var requests atomic.Int64
	a.set(func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		w.Header().Set("ETag", strconv.FormatInt(requests.Add(1), 10))
		if r.Header.Get("Range") != "" {
			w.Header().Set("Content-Range", "bytes 10-19/20")
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write([]byte("0123456789"))
			return
		}
		w.Header().Set("Content-Length", "20")
		_, _ = w.Write([]byte("0123456789"))
		_ = http.NewResponseController(w).Flush()
		hangUp(w)
	})
	r, err := b.FetchAttachment(t.Context(), a.id, uuid.New(), 0)
	require.NoError(t, err)
	_, err = io.ReadAll(r)
	require.ErrorContains(t, err, "changed meanwhile")
}

func TestFetchAttachment_NotForThisMember_Gone(t *testing.T) {
	t.Parallel()
	ps := portals(t, 3, harness{idle: true})
	a, b, c := ps[0], ps[1], ps[2]
	id := uuid.New()
	a.serveFile(b, id, []byte("secret"))
	_, err := c.FetchAttachment(t.Context(), a.id, id, 0)
	require.ErrorIs(t, err, ErrAttachmentGone)
	_, err = b.FetchAttachment(t.Context(), a.id, uuid.New(), 0)
	require.ErrorIs(t, err, ErrAttachmentGone)
	_, err = b.FetchAttachment(t.Context(), c.id, id, 0)
	require.ErrorIs(t, err, ErrAttachmentGone, "a portal that gives no files at all")
	_, err = b.FetchAttachment(t.Context(), "https://stranger.example", id, 0)
	require.ErrorIs(t, err, ErrNotMember)
}

func TestFetchAttachment_OverHTTP_HeadersAndAccess(t *testing.T) {
	t.Parallel()
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	id := uuid.New()
	a.serveFile(b, id, []byte("0123456789"))
	get := func(token, ranges string) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.id+"/federation/v1/attachments/"+id.String(), nil)
		require.NoError(t, err)
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		r.Header.Set("Range", ranges)
		response, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		t.Cleanup(func() { _ = response.Body.Close() })
		return response
	}
	require.Equal(t, http.StatusUnauthorized, get("", "").StatusCode)
	forOther, err := b.Token("https://other.example")
	require.NoError(t, err)
	require.Equal(t, http.StatusUnauthorized, get(forOther, "").StatusCode)
	token, err := b.Token(a.id)
	require.NoError(t, err)
	response := get(token, "bytes=2-4")
	require.Equal(t, http.StatusPartialContent, response.StatusCode)
	data, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, "234", string(data))
	require.Equal(t, "application/octet-stream", response.Header.Get("Content-Type"))
	require.Equal(t, "nosniff", response.Header.Get("X-Content-Type-Options"))
	require.True(t, strings.HasPrefix(response.Header.Get("Content-Disposition"), "attachment;"), response.Header.Get("Content-Disposition"))
	require.Equal(t, http.StatusRequestedRangeNotSatisfiable, get(token, "bytes=20-").StatusCode)
}
