package catalog

import (
	"encoding/json"
	"fmt"
	"iter"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// stream gives n services of a few kilobytes, as a directory would, without holding them.
func stream(b *testing.B, n int) iter.Seq2[Incoming, error] {
	b.Helper()
	text := Text{"de": "<p>" + strings.Repeat("Sie kommen mit Ihrem Ausweis ins Amt. ", 60) + "</p>"}
	return func(yield func(Incoming, error) bool) {
		for i := range n {
			e := ServiceEntry{ID: num(i + 1), UpdatedAt: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
			e.Title, e.Description = Text{"de": fmt.Sprintf("Leistung %d", i)}, text
			payload, err := json.Marshal(e)
			if !yield(Incoming{Kind: KindService, Payload: payload, Line: i + 1}, err) || err != nil {
				return
			}
		}
	}
}

// BenchmarkApply measures taking in new services, the same services again, and as the floor a bare COPY of payloads as large
// into a table without indexes, in one run. Live heap must not grow with their number.
func BenchmarkApply(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprintf("%d_services", n), func(b *testing.B) {
			var copying, adding, again time.Duration
			peak := uint64(0)
			for b.Loop() {
				b.StopTimer()
				p := newPortal(b)
				p.Service.publisher = nil
				before := live()
				b.StartTimer()
				begin := time.Now()
				copyFloor(b, p, n)
				copying += time.Since(begin)
				for _, spent := range []*time.Duration{&adding, &again} {
					begin = time.Now()
					if _, err := p.Apply(b.Context(), "bench", watched(stream(b, n), &peak, before), ApplyOptions{}); err != nil {
						b.Fatal(err)
					}
					*spent += time.Since(begin)
				}
			}
			b.ReportMetric(float64(n*b.N)/adding.Seconds(), "new/s")
			b.ReportMetric(copying.Seconds()/adding.Seconds(), "new-to-copy")
			b.ReportMetric(copying.Seconds()/again.Seconds(), "unchanged-to-copy")
			b.ReportMetric(float64(peak)/(1<<20), "MiB-live")
		})
	}
}

func copyFloor(b *testing.B, p *portal, n int) {
	b.Helper()
	pool := p.db.Pool()
	if _, err := pool.Exec(b.Context(), "CREATE TABLE floor (id uuid, payload json)"); err != nil {
		b.Fatal(err)
	}
	next, stop := iter.Pull2(stream(b, n))
	defer stop()
	i := 0
	_, err := pool.CopyFrom(b.Context(), pgx.Identifier{"floor"}, []string{"id", "payload"}, pgx.CopyFromFunc(func() ([]any, error) {
		in, err, more := next()
		if !more || err != nil {
			return nil, err
		}
		i++
		return []any{num(i), in.Payload}, nil
	}))
	if err != nil {
		b.Fatal(err)
	}
}

// watched notes the most live heap beyond what was there before, at a few moments.
func watched(entries iter.Seq2[Incoming, error], peak *uint64, before uint64) iter.Seq2[Incoming, error] {
	return func(yield func(Incoming, error) bool) {
		n := 0
		for in, err := range entries {
			if n++; n%900 == 0 {
				now := live()
				*peak = max(*peak, now-min(now, before))
			}
			if !yield(in, err) {
				return
			}
		}
	}
}

// live is the heap that is in use, after what is unused has been freed.
func live() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
