package federation

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
	"portalverbund/db/dbtest"
)

// BenchmarkMessages measures messages from one portal to another, end to end, on databases that write through.
func BenchmarkMessages(b *testing.B) {
	ps := portals(b, 2, harness{opts: []dbtest.Option{dbtest.Durable}})
	from, to := ps[0], ps[1]
	from.send(to, uuid.New(), "warm")
	until(b, "warm", func() bool { return len(to.notes()) == 1 })
	synced := writtenThrough(from)
	b.ResetTimer()
	start := time.Now()
	var people sync.WaitGroup
	for n := range 4 {
		people.Go(func() {
			for range b.N/4 + min(1, max(0, b.N%4-n)) {
				from.send(to, uuid.New(), "x")
			}
		})
	}
	people.Wait()
	for value[bool](from, "SELECT EXISTS (SELECT FROM federation_outbox WHERE head AND state = 'queued')") { // cheap to ask
		time.Sleep(10 * time.Millisecond)
	}
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "messages/s")
	if synced >= 0 {
		b.ReportMetric((writtenThrough(from)-synced)/float64(b.N), "fsyncs/message")
	}
}

// writtenThrough says how often the server of all portals has waited for the disk with its log; negative where it does not say
// (PostgreSQL before 18). Sessions tell it about once a second.
func writtenThrough(p *portal) (n float64) {
	err := p.db.Pool().QueryRow(p.t.Context(), "SELECT coalesce(sum(fsyncs), 0)::float8 FROM pg_stat_io WHERE object = 'wal'").Scan(&n)
	if err != nil {
		return -1
	}
	return n
}

// BenchmarkLatency measures the time from a commit to the effect at the other portal.
func BenchmarkLatency(b *testing.B) {
	ps := portals(b, 2, harness{opts: []dbtest.Option{dbtest.Durable}})
	from, to := ps[0], ps[1]
	for i := range b.N {
		from.send(to, uuid.New(), "x")
		for len(to.notes()) != i+1 {
			time.Sleep(time.Millisecond)
		}
	}
}

// BenchmarkFirstSync measures the first reading of a catalog of 10,000 entries of about 500 bytes.
func BenchmarkFirstSync(b *testing.B) {
	ps := portals(b, 2, harness{idle: true, opts: []dbtest.Option{dbtest.Durable}})
	owner, reader := ps[0], ps[1]
	copied := reader.keepCopy()
	const n = 10_000
	entries := make([]types.CatalogEntry, n)
	for i := range entries {
		payload := map[string]any{"title": fmt.Sprint(i)}
		for j := range 10 {
			payload[fmt.Sprintf("field%d", j)] = "Eine kurze Angabe zur Leistung"
		}
		entries[i] = types.CatalogEntry{Kind: "service", Id: fmt.Sprint(i), Payload: raw(payload)}
	}
	require.NoError(b, owner.PublishCatalogEntries(b.Context(), entries))
	owner.settled()
	b.ResetTimer()
	start := time.Now()
	for range b.N {
		require.NoError(b, reader.db.From(b.Context()).Exec("DELETE FROM federation_replicas").Error)
		require.NoError(b, reader.db.From(b.Context()).Exec("DELETE FROM federation_replica_entries").Error)
		require.NoError(b, reader.Pull(b.Context(), owner.id))
	}
	b.ReportMetric(float64(b.N*n)/time.Since(start).Seconds(), "entries/s")
	require.Len(b, copied.all(), n)
}

// BenchmarkPullNothingNew measures the periodic reading of a catalog in which nothing has changed.
func BenchmarkPullNothingNew(b *testing.B) {
	ps := portals(b, 2, harness{idle: true, opts: []dbtest.Option{dbtest.Durable}})
	owner, reader := ps[0], ps[1]
	reader.keepCopy()
	owner.publishTitle(b.Context(), "1", "x")
	owner.settled()
	for b.Loop() {
		require.NoError(b, reader.Pull(b.Context(), owner.id))
	}
}

// BenchmarkPropagation measures the time from a change at its owner to its copy at a peer.
func BenchmarkPropagation(b *testing.B) {
	ps := portals(b, 2, harness{opts: []dbtest.Option{dbtest.Durable}})
	owner, reader := ps[0], ps[1]
	copied := reader.keepCopy()
	for i := range b.N {
		owner.publishTitle(b.Context(), "1", fmt.Sprint(i))
		for copied.all()["service/1"] != fmt.Sprint(i) {
			time.Sleep(time.Millisecond)
		}
	}
}

// BenchmarkSealOpen measures the cryptography of one message: sealed, opened, receipted and checked.
func BenchmarkSealOpen(b *testing.B) {
	ps := portals(b, 2, harness{idle: true})
	from, to := ps[0], ps[1]
	member, err := from.trust.Member(b.Context(), to.id)
	require.NoError(b, err)
	m := message{ID: uuid.Must(uuid.NewV7()), Kind: kindNote, Subject: uuid.New(), Seq: 1, Content: []byte(`{"text":"x"}`)}
	for b.Loop() {
		envelope, err := from.seal(member, m)
		require.NoError(b, err)
		opened, err := to.Service.open(b.Context(), envelope)
		require.NoError(b, err)
		receipt, err := to.receiptFor(opened, time.Now())
		require.NoError(b, err)
		_, err = from.checkReceipt(b.Context(), receipt, to.id, m.ID, opened.Hash)
		require.NoError(b, err)
	}
}
