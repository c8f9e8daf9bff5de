package main

import (
	"context"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"portalverbund/db"
	"portalverbund/server/app"
	"portalverbund/server/catalog"
)

// The benchmarks run a portal inside of the test, so that -cpuprofile shows where its time goes. The figures of npm run bench
// come from a process of its own.

// newBench starts PostgreSQL, and ends it with the benchmark.
func newBench(b *testing.B) *bench {
	b.Helper()
	ctx, stop := context.WithCancel(context.Background())
	p := &bench{runCommand: runCommand{SPA: b.TempDir(), Services: 100_000}, dir: b.TempDir()}
	var err error
	p.mails, err = takeMails(ctx)
	require.NoError(b, err)
	p.postgres, err = db.StartEmbedded(ctx, db.EmbeddedOptions{DataDir: p.dir})
	require.NoError(b, err)
	b.Cleanup(func() {
		stopping, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		require.NoError(b, p.postgres.Stop(stopping))
		stop()
	})
	return p
}

// serveHere runs a portal inside of the test until the benchmark ends.
func serveHere(b *testing.B, p *bench, database string, fill func(context.Context, app.Config) error) {
	b.Helper()
	ctx, end := context.WithCancel(context.Background())
	var err error
	p.config, err = p.configure(ctx, database)
	require.NoError(b, err)
	p.config.LogLevel = "warn"
	if fill != nil {
		require.NoError(b, fill(ctx, p.config))
	}
	p.portal = &process{name: "portal", url: "http://" + p.config.Listen}
	ended := make(chan error, 1)
	go func() { ended <- app.Serve(ctx, p.config) }()
	b.Cleanup(func() {
		end()
		require.NoError(b, <-ended)
	})
	require.NoError(b, p.portal.waitReady(ctx))
}

// newPortal runs a portal filled with the demonstration's catalogs.
func newPortal(b *testing.B) *bench {
	b.Helper()
	p := newBench(b)
	serveHere(b, p, "portal", prepare)
	return p
}

// ask makes the i-th request from several clients.
func ask(b *testing.B, p *bench, do func(c *client, i int) error) {
	b.Helper()
	var turn atomic.Int64
	b.SetParallelism(4)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		c, err := dial(b.Context(), p.portal.address())
		if err != nil {
			b.Error(err)
			return
		}
		defer c.conn.Close()
		for pb.Next() {
			if err := do(c, int(turn.Add(1))-1); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.StopTimer()
}

func benchmarkPages(b *testing.B, pages func(p *bench) pages) {
	b.Helper()
	p := newPortal(b)
	list := pages(p)
	ask(b, p, reader("portal", p.portal, list.ours).do)
}

// grown adds generated services.
func grown(b *testing.B, p *bench) []catalog.ServiceEntry {
	b.Helper()
	services, err := p.growCatalog(b.Context(), p.config, readServices)
	require.NoError(b, err)
	require.NoError(b, p.waitIndexed(b.Context(), p.portal, services))
	return services
}

func BenchmarkReadService(b *testing.B) {
	benchmarkPages(b, func(p *bench) pages { return servicePages(grown(b, p)) })
}

func BenchmarkReadList(b *testing.B) {
	benchmarkPages(b, func(p *bench) pages { grown(b, p); return listPages() })
}

func BenchmarkSearch(b *testing.B) {
	benchmarkPages(b, func(p *bench) pages { return searchPages(grown(b, p)) })
}

func BenchmarkSubmit(b *testing.B) {
	p := newPortal(b)
	drafts, _, err := p.draft(b.Context(), b.N)
	require.NoError(b, err)
	ask(b, p, singly(func(i int) []byte { return drafts[i] }))
}

func BenchmarkSearchLarge(b *testing.B) {
	benchmarkLarge(b, "/api/v1/services?q=", func(asked []string) []string { return asked })
}

func BenchmarkSuggestLarge(b *testing.B) {
	benchmarkLarge(b, "/api/v1/services/suggest?q=", typed)
}

func benchmarkLarge(b *testing.B, path string, asked func([]string) []string) {
	b.Helper()
	p := newBench(b)
	services, database, err := p.fillLarge(b.Context())
	require.NoError(b, err)
	serveHere(b, p, database, nil)
	begun := time.Now()
	require.NoError(b, p.waitIndexed(b.Context(), p.portal, services))
	b.ReportMetric(time.Since(begun).Seconds(), "s/index")
	var raw [][]byte
	for _, q := range asked(questions(services, largeQueries)) {
		raw = append(raw, get(p.portal.address(), path+url.QueryEscape(q)))
	}
	ask(b, p, singly(func(i int) []byte { return raw[i%len(raw)] }))
}
