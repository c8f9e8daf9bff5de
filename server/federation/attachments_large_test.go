package federation

import (
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/server/platform/problem"
)

// endless is a large file that nobody has to keep: a block, again and again.
type endless struct {
	block    []byte
	size, at int64
}

func (e *endless) Read(p []byte) (int, error) {
	if e.at >= e.size {
		return 0, io.EOF
	}
	n := copy(p[:min(int64(len(p)), e.size-e.at)], e.block[e.at%int64(len(e.block)):])
	e.at += int64(n)
	return n, nil
}

func (e *endless) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += e.at
	case io.SeekEnd:
		offset += e.size
	}
	if offset < 0 {
		return 0, errors.New("before the beginning")
	}
	e.at = offset
	return offset, nil
}

func (e *endless) Close() error { return nil }

// cutter ends the connection after some bytes.
type cutter struct {
	http.ResponseWriter

	left int64
	sent *atomic.Int64
}

func (c *cutter) Write(p []byte) (int, error) {
	if c.left <= 0 {
		hangUp(c.ResponseWriter)
	}
	n, err := c.ResponseWriter.Write(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	c.sent.Add(int64(n))
	if err == nil && n < len(p) {
		_ = http.NewResponseController(c.ResponseWriter).Flush()
		hangUp(c.ResponseWriter)
	}
	return n, err
}

func (c *cutter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// peak hashes what it gets, and looks at the memory on the way.
type peak struct {
	hash.Hash

	written, looked int64
	heap            uint64
}

func (p *peak) Write(data []byte) (int, error) {
	if p.written += int64(len(data)); p.written-p.looked > 4<<20 {
		p.looked = p.written
		p.heap = max(p.heap, heap())
	}
	return p.Hash.Write(data)
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

// Not in parallel with others: it looks at the memory of the process, in which both portals are.
func TestFetchAttachment_200MegabytesCutSeveralTimes_WholeWithFlatMemory(t *testing.T) {
	ps := portals(t, 2, harness{idle: true})
	a, b := ps[0], ps[1]
	const size, part = 200 << 20, 31 << 20
	id, block := uuid.New(), randomBytes(1<<20-7)
	a.ServeAttachments(func(_ context.Context, member string, asked uuid.UUID) (string, string, int64, io.ReadSeekCloser, error) {
		if member != b.id || asked != id {
			return "", "", 0, nil, problem.NotFound("attachment-unknown", "Unbekannt.", "Unknown.")
		}
		return "Bauplan.pdf", "application/pdf", size, &endless{block: block, size: size}, nil
	})
	var requests, sent atomic.Int64
	a.set(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		requests.Add(1)
		next.ServeHTTP(&cutter{ResponseWriter: w, left: part, sent: &sent}, r)
	})
	want := sha256.New()
	_, err := io.Copy(want, &endless{block: block, size: size})
	require.NoError(t, err)
	runtime.GC()
	before := heap()
	r, err := b.FetchAttachment(t.Context(), a.id, id, 0)
	require.NoError(t, err)
	got := &peak{Hash: sha256.New()}
	n, err := io.Copy(got, r)
	require.NoError(t, err)
	require.NoError(t, r.Close())
	require.EqualValues(t, size, n)
	require.Equal(t, want.Sum(nil), got.Sum(nil))
	require.EqualValues(t, 1+(size-1)/part, requests.Load(), "a connection for each part")
	require.Less(t, sent.Load(), int64(size)+int64(size)/10, "nearly no byte twice")
	if got.heap > before {
		require.Less(t, got.heap-before, uint64(32<<20), "memory")
	}
	t.Logf("%d connections, %d MiB sent, memory %d MiB before and %d MiB at most", requests.Load(), sent.Load()>>20, before>>20, got.heap>>20)
}
