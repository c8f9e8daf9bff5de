package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
	"portalverbund/server/app"
	"portalverbund/server/catalog"
)

const (
	readServices = 2000                   // that a portal of a county may have, beside those of the demonstration
	requests     = 8192                   // different ones, asked in turns
	indexTime    = 200 * time.Millisecond // at most, for each service that is waited for
)

// pages are the requests for one figure, the same for both.
type pages struct {
	what        string
	ours, floor []string // paths
	set         func(*figures, *float64)
}

// measureReads compares what everybody reads: the page of a service, a list, a search.
func (b *bench) measureReads(ctx context.Context) error {
	services, err := b.growCatalog(ctx, b.config, readServices)
	if err != nil {
		return err
	}
	if err := b.prepareFloor(ctx); err != nil {
		return err
	}
	floor, err := b.floor(ctx, "floor", b.config.Database)
	if err != nil {
		return err
	}
	defer floor.stop()
	if err := b.waitIndexed(ctx, b.portal, services); err != nil {
		return err
	}
	for _, p := range []pages{servicePages(services), listPages(), searchPages(services)} {
		if err := b.sameSize(ctx, p, floor); err != nil {
			return err
		}
		ratio, err := b.duel(ctx, p.what, reader("ours", b.portal, p.ours), reader("floor", floor, p.floor), 0)
		if err != nil {
			return fmt.Errorf("%s: %w", p.what, err)
		}
		p.set(&b.figures, rounded(ratio, 2))
	}
	return nil
}

func reader(name string, p *process, paths []string) *side {
	raw := make([][]byte, 0, len(paths))
	for _, path := range paths {
		raw = append(raw, get(p.address(), path))
	}
	return &side{name: name, process: p, do: singly(func(i int) []byte { return raw[i%len(raw)] })}
}

// growCatalog adds generated services to a portal, which may be running.
func (b *bench) growCatalog(ctx context.Context, c app.Config, services int) ([]catalog.ServiceEntry, error) {
	file, err := os.Create(filepath.Join(b.dir, "generated.jsonl"))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	kept, err := newGenerator(1).write(file, services)
	if err != nil {
		return nil, fmt.Errorf("generate services: %w", err)
	}
	var report strings.Builder
	if err := app.Import(ctx, c, []string{file.Name()}, app.ImportOptions{}, &report); err != nil {
		return nil, err
	}
	if strings.Contains(report.String(), "skipped") && !strings.Contains(report.String(), "0 skipped") {
		return nil, fmt.Errorf("generated services were not taken: %s", report.String())
	}
	return kept, nil
}

// prepareFloor gives the floor the indexes that it answers from: a category's services by title, and words for full text.
func (b *bench) prepareFloor(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, b.config.Database)
	if err != nil {
		return fmt.Errorf("prepare the floor: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, `
		CREATE SCHEMA floor;
		CREATE TABLE floor.categories AS
			SELECT c.category, s.title->>'de' AS title, s.id FROM catalog_services s, json_array_elements_text(s.payload->'categories') AS c (category);
		CREATE INDEX ON floor.categories (category, title, id);
		CREATE TABLE floor.words AS
			SELECT id, to_tsvector('german', concat_ws(' ', title->>'de', teaser->>'de', payload->'synonyms', payload->'description'->>'de')) AS words FROM catalog_services;
		CREATE INDEX ON floor.words USING gin (words);
		ANALYZE`)
	if err != nil {
		return fmt.Errorf("prepare the floor: %w", err)
	}
	return nil
}

// waitIndexed waits until the portal finds a service of the generated catalog.
func (b *bench) waitIndexed(ctx context.Context, p *process, services []catalog.ServiceEntry) error {
	last := services[len(services)-1]
	ctx, cancel := context.WithTimeout(ctx, max(2*time.Minute, time.Duration(len(services))*indexTime))
	defer cancel()
	for {
		list, err := search(ctx, p, last.Title["de"])
		if err == nil && len(list.Items) > 0 && list.Items[0].Id == last.ID {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%q is not found: %w", last.Title["de"], ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func search(ctx context.Context, p *process, words string) (list types.ServiceList, err error) {
	text, err := fetch(ctx, p.url+"/api/v1/services?q="+url.QueryEscape(words), "identity")
	if err == nil {
		err = json.Unmarshal(text, &list)
	}
	return list, err
}

// servicePages are the pages of all services; some are read far more often than others, as everywhere.
func servicePages(services []catalog.ServiceEntry) pages {
	p := pages{what: "a service's page", set: func(f *figures, v *float64) { f.ReadService = v }}
	random := rand.New(rand.NewPCG(1, 1)) //nolint:gosec // no secrets
	popular := rand.NewZipf(random, 1.1, 10, uint64(len(services)-1))
	for range requests {
		id := services[popular.Uint64()].ID.String()
		p.ours = append(p.ours, "/api/v1/services/"+id)
		p.floor = append(p.floor, "/services/"+id)
	}
	return p
}

func listPages() pages {
	p := pages{what: "a list of 20", set: func(f *figures, v *float64) { f.ReadList = v }}
	for _, category := range situations() {
		p.ours = append(p.ours, "/api/v1/services?category="+category)
		p.floor = append(p.floor, "/services?category="+category)
	}
	return p
}

// searchPages ask for two words of a service, one of them from its title. Hardly any question comes twice, so that none is
// answered from memory.
func searchPages(services []catalog.ServiceEntry) pages {
	p := pages{what: "a search", set: func(f *figures, v *float64) { f.Search = v }}
	for _, q := range questions(services, 4*requests) {
		p.ours = append(p.ours, "/api/v1/services?q="+url.QueryEscape(q))
		p.floor = append(p.floor, "/search?q="+url.QueryEscape(q))
	}
	return p
}

// questions are what people might type.
func questions(services []catalog.ServiceEntry, n int) []string {
	random := rand.New(rand.NewPCG(2, 2)) //nolint:gosec // no secrets
	var list []string
	for range n {
		e := services[random.IntN(len(services))]
		title := strings.Fields(e.Title["de"])
		more := strings.Fields(strings.NewReplacer(".", "", ",", "").Replace(e.Teaser["de"]) + " " + strings.Join(e.Synonyms["de"], " "))
		list = append(list, strings.ToLower(title[random.IntN(min(2, len(title)))]+" "+more[random.IntN(len(more))]))
	}
	return list
}

// sameSize refuses to compare answers of which one is far smaller.
func (b *bench) sameSize(ctx context.Context, p pages, floor *process) error {
	var ours, theirs int
	for i := range 12 {
		at := i * len(p.ours) / 12
		mine, err := fetch(ctx, b.portal.url+p.ours[at], "identity")
		if err != nil {
			return err
		}
		bare, err := fetch(ctx, floor.url+p.floor[at], "identity")
		if err != nil {
			return err
		}
		ours, theirs = ours+len(mine), theirs+len(bare)
	}
	say("%s: %d bytes on average, the floor's %d", p.what, ours/12, theirs/12)
	if theirs > 2*ours {
		return fmt.Errorf("%s: the floor answers %d bytes, the portal only %d", p.what, theirs/12, ours/12)
	}
	return nil
}
