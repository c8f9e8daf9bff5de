package federation

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// pageOf makes a page of n entries of about 1,500 bytes, as a catalog has on average.
func pageOf(tb testing.TB, s *Service, n int) []byte {
	tb.Helper()
	p := feedPage{claims: pageClaims{Cursor: "e.0.0", Snapshot: true, First: true}, limit: n}
	p.begin()
	for i := range n {
		var text bytes.Buffer
		fmt.Fprintf(&text, `{"id":"%d","title":{"de":"Leistung %d","en":"Service %d"}`, i, i, i)
		for j := range 12 {
			fmt.Fprintf(&text, `,"field%d":{"de":"<p>Die Genehmigung %d müssen Sie beantragen, wenn ein Bescheid %d vorliegt und die Gebühr bezahlt ist.</p>"}`, j, i*j, i+j)
		}
		text.WriteByte('}')
		payload := text.String()
		require.NoError(tb, p.add(feedRow{Kind: "service", ID: fmt.Sprint(i), Payload: &payload}))
	}
	data, err := p.end(s, s.id)
	require.NoError(tb, err)
	return data
}

// end gives the page for a reader.
func (p *feedPage) end(s *Service, reader string) ([]byte, error) {
	lines, err := p.finish()
	if err != nil {
		return nil, err
	}
	return s.endPage(lines, reader)
}

// BenchmarkReadPage measures reading and checking a page, from its compressed bytes to its entries.
func BenchmarkReadPage(b *testing.B) {
	const n = 1000
	s := offline(b)
	data := pageOf(b, s, n)
	b.ReportAllocs()
	for b.Loop() {
		_, err := s.readPage(b.Context(), bytes.NewReader(data), s.id, "")
		require.NoError(b, err)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/entry")
}

// BenchmarkWritePage measures making a page of rows that were read.
func BenchmarkWritePage(b *testing.B) {
	const n = 1000
	s := offline(b)
	b.ReportAllocs()
	for b.Loop() {
		pageOf(b, s, n)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/entry")
}
