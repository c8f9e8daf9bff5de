package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
	"portalverbund/server/app"
	"portalverbund/server/catalog"
)

const (
	rivalQueries = 300
	rivalTime    = 30 * time.Second // at most
	changes      = 10
)

// The same texts for PostgreSQL's own search: German full text, any word of the query, with trigrams of the title for typing errors.
const (
	rivalTable = `CREATE EXTENSION IF NOT EXISTS pg_trgm;
		CREATE TABLE rival AS SELECT id, lower(title->>'de') AS title, setweight(to_tsvector('german', title->>'de'), 'A')
			|| setweight(to_tsvector('german', coalesce(payload->'synonyms'->>'de', '')), 'B') || setweight(to_tsvector('german', coalesce(teaser->>'de', '')), 'C')
			|| setweight(to_tsvector('german', coalesce(payload->'description'->>'de', '')), 'D') AS words FROM catalog_services;
		CREATE INDEX ON rival USING gin (words); CREATE INDEX ON rival USING gin (title gin_trgm_ops); ANALYZE rival`
	rivalQuery = `SELECT id FROM rival, (SELECT replace(plainto_tsquery('german', $1)::text, '&', '|')::tsquery) any_word (q)
		WHERE words @@ q OR title % lower($1) ORDER BY ts_rank(words, q) + similarity(title, lower($1)) DESC LIMIT 20`
	rivalTyped = `SELECT id FROM rival WHERE title ILIKE '%' || $1 || '%' OR title % lower($1) ORDER BY similarity(title, lower($1)) DESC LIMIT 8`
)

// measureRival asks PostgreSQL's full text with trigrams the same questions over the same services, without the portal between.
func (b *bench) measureRival(ctx context.Context, database string, asked []string) error {
	say("The same questions to PostgreSQL's full text with trigrams …")
	conn, err := pgx.Connect(ctx, b.postgres.URL(database))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	begun := time.Now()
	if _, err := conn.Exec(ctx, rivalTable, pgx.QueryExecModeSimpleProtocol); err != nil {
		b.table.note("PostgreSQL full text with trigrams\trival\tnot here: %v", err)
		return nil // an installation without pg_trgm is no fault of the portal
	}
	b.table.note("index of %d services\tPostgreSQL\t%.1f s", b.Services, time.Since(begun).Seconds())
	for _, part := range []struct {
		what, query string
		asked       []string
	}{{"search among them", rivalQuery, asked}, {"suggestions among them", rivalTyped, typed(asked)}} {
		s, err := b.rivalTimes(ctx, database, part.query, part.asked[:min(rivalQueries, len(part.asked))])
		if err != nil {
			return err
		}
		b.table.lines = append(b.table.lines, s.line(part.what, ""))
	}
	return nil
}

// What bleve reads of a service, a line each.
const bleveCatalog = `COPY (SELECT replace(json_build_object('id', id, 'title', title->>'de', 'synonyms', payload->'synonyms'->'de', 'teaser', teaser->>'de',
	'description', regexp_replace(payload->'description'->>'de', '<[^>]*>', ' ', 'g'))::text, E'\n', ' ') FROM catalog_services) TO STDOUT (FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02')`

// measureBleve asks bleve, the search library in Go, the same questions over the same texts, with typing errors, without a server between.
// It is built from a module of its own in .ci/rivals, so that the product neither links nor downloads it.
func (b *bench) measureBleve(ctx context.Context, database string, asked []string) error {
	say("The same questions to bleve …")
	program := filepath.Join(b.dir, "rivals")
	if said, err := exec.CommandContext(ctx, "go", "build", "-C", filepath.Join(".ci", "rivals"), "-o", program, ".").CombinedOutput(); err != nil { //nolint:gosec // builds this repository
		b.table.note("bleve\trival\tnot here: %v", err)
		say("bleve cannot be built here: %.300s", said)
		return nil // a machine without the network is no fault of the portal
	}
	texts, questions, beginnings := filepath.Join(b.dir, "texts.jsonl"), filepath.Join(b.dir, "questions"), filepath.Join(b.dir, "beginnings")
	if err := b.copyOut(ctx, database, bleveCatalog, texts); err != nil {
		return err
	}
	for path, list := range map[string][]string{questions: asked, beginnings: typed(asked)} {
		if err := os.WriteFile(path, []byte(strings.Join(list, "\n")), 0o600); err != nil {
			return err
		}
	}
	command := exec.CommandContext(ctx, program, "--folder", filepath.Join(b.dir, "bleve"), "--catalog", texts, "--questions", questions, "--typed", beginnings,
		"--clients", strconv.Itoa(largeClients))
	command.Stderr = os.Stderr
	line, err := command.Output()
	if err != nil {
		return fmt.Errorf("bleve: %w", err)
	}
	var found struct {
		BuildSeconds    float64
		Search, Suggest []time.Duration
	}
	if err := json.Unmarshal(line, &found); err != nil {
		return fmt.Errorf("bleve: %w", err)
	}
	b.table.note("index of %d services\tbleve\t%.1f s", b.Services, found.BuildSeconds)
	for _, part := range []struct {
		what string
		took []time.Duration
	}{{"search among them", found.Search}, {"suggestions among them", found.Suggest}} {
		whole := time.Duration(0)
		for _, t := range part.took {
			whole += t
		}
		s := &side{name: "bleve", rates: []float64{largeClients * float64(len(part.took)) / whole.Seconds()}, times: part.took}
		b.table.lines = append(b.table.lines, s.line(part.what, ""))
	}
	return nil
}

// copyOut writes what a COPY statement gives to a file.
func (b *bench) copyOut(ctx context.Context, database, statement, path string) error {
	conn, err := pgx.Connect(ctx, b.postgres.URL(database))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = conn.PgConn().CopyTo(ctx, file, statement)
	return err
}

// rivalTimes asks by as many clients as the portal is asked by.
func (b *bench) rivalTimes(ctx context.Context, database, query string, asked []string) (*side, error) {
	var turn atomic.Int64
	times, errs := make([][]time.Duration, largeClients), make([]error, largeClients)
	begun := time.Now()
	var wait sync.WaitGroup
	for n := range largeClients {
		wait.Go(func() {
			conn, err := pgx.Connect(ctx, b.postgres.URL(database))
			if err != nil {
				errs[n] = err
				return
			}
			defer func() { _ = conn.Close(ctx) }()
			for i := int(turn.Add(1)) - 1; i < len(asked) && time.Since(begun) < rivalTime; i = int(turn.Add(1)) - 1 {
				at := time.Now()
				rows, err := conn.Query(ctx, query, asked[i])
				if err == nil {
					_, err = pgx.CollectRows(rows, pgx.RowTo[[16]byte])
				}
				if err != nil {
					errs[n] = err
					return
				}
				times[n] = append(times[n], time.Since(at))
			}
		})
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	all := slices.Concat(times...)
	return &side{name: "PostgreSQL", rates: []float64{float64(len(all)) / time.Since(begun).Seconds()}, times: all}, nil
}

// measureChanges imports services in another process than the portal's, this one, and looks how long after that the portal finds them.
func (b *bench) measureChanges(ctx context.Context, c app.Config) error {
	say("How long until a change is found …")
	var took []time.Duration
	for n := range changes {
		title := fmt.Sprintf("Nagelneue Leistung %c", 'A'+rune(n))
		path := filepath.Join(b.dir, fmt.Sprintf("change-%d.jsonl", n))
		id := newGenerator(byte(100 + n)).id()
		line := fmt.Sprintf(`{"kind":%q,"id":%q,"title":{"de":%q},"trustLevel":"low","updatedAt":"2026-01-01T00:00:00Z"}`, catalog.KindService, id, title)
		if err := os.WriteFile(path, []byte(line+"\n"), 0o600); err != nil {
			return err
		}
		var report strings.Builder
		if err := app.Import(ctx, c, []string{path}, app.ImportOptions{}, &report); err != nil {
			return err
		}
		imported := time.Now()
		for found := false; !found; {
			list, err := search(ctx, b.portal, title)
			if err != nil {
				return err
			}
			if found = slices.ContainsFunc(list.Items, func(s types.ServiceSummary) bool { return s.Id == id }); time.Since(imported) > time.Minute {
				return fmt.Errorf("a change is not found after a minute: %s", report.String())
			}
		}
		took = append(took, time.Since(imported))
	}
	b.table.note("a change, found in another process\tours\t%.0f ms, at most %.0f ms", milliseconds(percentile(took, 0.5)), milliseconds(slices.Max(took)))
	b.figures.ChangeFound = rounded(milliseconds(slices.Max(took)), 0)
	return nil
}
