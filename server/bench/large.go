package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"

	"portalverbund/db"
	"portalverbund/server/app"
	"portalverbund/server/catalog"
)

const (
	largeClients  = 2 // one for each core that the figures are about
	largeQueries  = 3000
	largeDuration = 20 * time.Second // at most
)

// measureLarge looks at search in a catalog as large as a whole federal state's: how long a portal takes until it can
// search after its start, and the times of answers, none of them from memory.
func (b *bench) measureLarge(ctx context.Context) error {
	services, database, err := b.fillLarge(ctx)
	if err != nil {
		return err
	}
	config, err := b.configure(ctx, database)
	if err != nil {
		return err
	}
	if err := app.Prepare(ctx, config, app.Seed{Name: "none.jsonl"}, slog.New(slog.DiscardHandler)); err != nil { // the register of places
		return err
	}
	b.portal.stop() // two cores are for this one alone
	say("Starting a portal with it …")
	portal, err := b.serve(ctx, database, config)
	if err != nil {
		return err
	}
	b.portal = portal
	ready := time.Now()
	before := cpuOfChildren(b.postgres.PID())
	if err := b.waitIndexed(ctx, portal, services); err != nil {
		return err
	}
	b.figures.IndexBuild = rounded(time.Since(ready).Seconds(), 1)
	b.table.note("index of %d services\tours\t%.1f s until it answers", b.Services, *b.figures.IndexBuild)
	if own, known := cpu(portal.cmd.Process.Pid); known {
		b.table.note("processor time for it\tours\t%.1f s, PostgreSQL %.1f s", own.Seconds(), (cpuOfChildren(b.postgres.PID()) - before).Seconds())
	}
	if memory, ok := rss(portal.cmd.Process.Pid); ok {
		b.table.note("memory with it\tours\t%.0f MiB", memory)
	}
	asked := questions(services, largeQueries)
	if b.figures.SearchP99, err = b.times(ctx, "search among them", asked, "/api/v1/services?q="); err != nil {
		return err
	}
	if b.figures.SuggestP99, err = b.times(ctx, "suggestions among them", typed(asked), "/api/v1/services/suggest?q="); err != nil {
		return err
	}
	for _, way := range []struct{ what, path string }{{"search over everything", "/api/v1/search?q="}, {"the same for a place", "/api/v1/search?ars=034540035035&q="}} {
		if _, err := b.times(ctx, way.what, asked, way.path); err != nil {
			return err
		}
	}
	if err := b.measureChanges(ctx, config); err != nil {
		return err
	}
	if b.Alone {
		return nil
	}
	b.portal.stop() // for them, too, the two cores
	if err := b.measureRival(ctx, database, asked); err != nil {
		return err
	}
	return b.measureBleve(ctx, database, asked)
}

// times asks each question once, after some to warm up, and gives the 99th percentile in milliseconds.
func (b *bench) times(ctx context.Context, what string, asked []string, path string) (*float64, error) {
	say("%s: %d questions, %d clients …", what, len(asked), largeClients)
	next := func(i int) []byte { return get(b.portal.address(), path+url.QueryEscape(asked[i%len(asked)])) }
	warm := len(asked) / 10
	l := load{address: b.portal.address(), clients: largeClients, count: warm, do: singly(next)}
	if _, _, err := l.run(ctx); err != nil {
		return nil, err
	}
	l.count, l.time, l.do = len(asked)-warm, largeDuration, singly(func(i int) []byte { return next(warm + i) })
	own, known := cpu(b.portal.cmd.Process.Pid)
	database := cpuOfChildren(b.postgres.PID())
	took, whole, err := l.run(ctx)
	if err != nil {
		return nil, err
	}
	s := &side{name: "ours", rates: []float64{float64(len(took)) / whole.Seconds()}, times: took, known: known}
	ownAfter, _ := cpu(b.portal.cmd.Process.Pid)
	s.own, s.database = ownAfter-own, cpuOfChildren(b.postgres.PID())-database
	b.table.lines = append(b.table.lines, s.line(what, ""))
	return rounded(milliseconds(percentile(took, 0.99)), 2), nil
}

// typed are the beginnings of questions, as they come while somebody types.
func typed(asked []string) []string {
	random := rand.New(rand.NewPCG(3, 3)) //nolint:gosec // no secrets
	var list []string
	for _, q := range asked {
		letters := []rune(q)
		list = append(list, string(letters[:3+random.IntN(len(letters)-2)]))
	}
	return list
}

// fillLarge makes a database with the large catalog. The rows are put where an import would have put them, which takes minutes
// for so many.
func (b *bench) fillLarge(ctx context.Context) (some []catalog.ServiceEntry, database string, err error) {
	database = "large"
	say("Filling a database with %d services …", b.Services)
	if err := b.postgres.CreateDatabase(ctx, database); err != nil {
		return nil, "", err
	}
	if err := db.Migrate(ctx, b.postgres.URL(database)); err != nil {
		return nil, "", err
	}
	conn, err := pgx.Connect(ctx, b.postgres.URL(database))
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = conn.Close(ctx) }()
	g := newGenerator(2)
	var claims [][]any
	made := 0
	rows := pgx.CopyFromFunc(func() ([]any, error) {
		if made == b.Services {
			return nil, nil
		}
		e, c := g.service()
		if made%(b.Services/largeQueries+1) == 0 {
			some = append(some, e)
		}
		made++
		claim, err := row(c, c.ID, c.ServiceID, c.OrganisationID, c.Area, c.OnlineService != nil)
		claims = append(claims, claim)
		if err != nil {
			return nil, err
		}
		return row(e, e.ID, e.LeikaKey, e.Title, e.Teaser)
	})
	columns := func(own ...string) []string { return append(own, "owner", "source", "payload", "digest") }
	if _, err := conn.CopyFrom(ctx, pgx.Identifier{"catalog_services"}, columns("id", "leika_key", "title", "teaser"), rows); err != nil {
		return nil, "", err
	}
	_, err = conn.CopyFrom(ctx, pgx.Identifier{"catalog_competences"}, columns("id", "service_id", "organisation_id", "area", "online"), pgx.CopyFromRows(claims))
	if err != nil {
		return nil, "", err
	}
	var offices [][]any
	for _, e := range g.offices() {
		office, err := row(e, e.ID, e.Name)
		if err != nil {
			return nil, "", err
		}
		offices = append(offices, office)
	}
	if _, err = conn.CopyFrom(ctx, pgx.Identifier{"catalog_organisations"}, columns("id", "name"), pgx.CopyFromRows(offices)); err != nil {
		return nil, "", err
	}
	_, err = conn.Exec(ctx, "ANALYZE")
	return some, database, err
}

// row gives an entry's own columns, and those that all tables of the catalog have.
func row(entry any, own ...any) ([]any, error) {
	payload, err := json.Marshal(entry)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(payload)
	return append(own, "", "large", payload, digest[:16]), nil
}
