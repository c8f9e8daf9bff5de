package sources

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/server/catalog"
	"portalverbund/server/platform/problem"
)

// changesRows are the columns of changes.
type changesRows struct {
	numbers       []int64
	kinds, keys   []string
	titles, parts []string
	before, after []*string
	sources       []string
	digests       [][]byte
}

// keepChanges adds what a run does to entries; first is the number of the first one.
func (s store) keepChanges(ctx context.Context, run uuid.UUID, first int64, changes []catalog.Change) error {
	var r changesRows
	for i, c := range changes {
		title, parts := describe(c)
		r.numbers = append(r.numbers, first+int64(i))
		r.kinds, r.keys, r.titles, r.parts = append(r.kinds, c.Kind), append(r.keys, c.Key), append(r.titles, title), append(r.parts, strings.Join(parts, ","))
		r.before, r.after = append(r.before, jsonOrNull(c.Before)), append(r.after, jsonOrNull(c.After))
		r.sources, r.digests = append(r.sources, c.Source), append(r.digests, c.Digest)
	}
	_, err := s.db.Pgx(ctx).Exec(ctx, `
		INSERT INTO catalog_import_changes (run_id, number, kind, key, title, parts, before, after, source, digest)
		SELECT $1, x.number, x.kind, x.key, x.title, coalesce(string_to_array(nullif(x.parts, ''), ','), '{}'), x.before::json, x.after::json, x.source, x.digest
		FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bytea[])
			AS x (number, kind, key, title, parts, before, after, source, digest)`,
		run, r.numbers, r.kinds, r.keys, r.titles, r.parts, r.before, r.after, r.sources, r.digests)
	if err != nil {
		return fmt.Errorf("keep changes: %w", err)
	}
	return nil
}

func jsonOrNull(raw json.RawMessage) *string {
	if raw == nil {
		return nil
	}
	text := string(raw)
	return &text
}

// describe names an entry for people, and what of it differs.
func describe(c catalog.Change) (title string, parts []string) {
	var before, after map[string]json.RawMessage
	_ = json.Unmarshal(c.Before, &before) // what the catalog keeps can be read; nothing gives nothing
	_ = json.Unmarshal(c.After, &after)
	for _, entry := range []map[string]json.RawMessage{after, before} {
		if title = named(entry); title != "" {
			break
		}
	}
	if c.Before == nil || c.After == nil {
		return title, nil
	}
	for name := range after {
		if !bytes.Equal(before[name], after[name]) {
			parts = append(parts, name)
		}
	}
	for name := range before {
		if _, there := after[name]; !there {
			parts = append(parts, name)
		}
	}
	slices.Sort(parts)
	return title, parts
}

// named gives the title or name of an entry, in German where there is one.
func named(entry map[string]json.RawMessage) string {
	for _, member := range []string{"title", "name"} {
		var byLanguage map[string]string
		if json.Unmarshal(entry[member], &byLanguage) != nil {
			continue
		}
		if german := byLanguage["de"]; german != "" {
			return text(german)
		}
		for _, other := range byLanguage {
			return text(other)
		}
	}
	return ""
}

func (s store) dropChanges(ctx context.Context, run uuid.UUID) error {
	for {
		tag, err := s.db.Pgx(ctx).Exec(ctx, `DELETE FROM catalog_import_changes WHERE run_id = $1 AND number IN
			(SELECT number FROM catalog_import_changes WHERE run_id = $1 ORDER BY number LIMIT $2)`, run, deleteAtOnce)
		if err != nil {
			return fmt.Errorf("drop changes: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return nil
		}
	}
}

const changesQuery = `SELECT number, kind, key, before, source, digest FROM catalog_import_changes WHERE run_id = $1 AND number > $2 ORDER BY number LIMIT $3`

// changes gives what a run did, in batches of one kind.
func (s store) changes(ctx context.Context, run uuid.UUID) iter.Seq2[[]catalog.Change, error] {
	return func(yield func([]catalog.Change, error) bool) {
		for number := int64(0); ; {
			rows, err := s.db.Pgx(ctx).Query(ctx, changesQuery, run, number, stagePage)
			if err != nil {
				yield(nil, fmt.Errorf("read changes: %w", err))
				return
			}
			part, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (catalog.Change, error) {
				var c catalog.Change
				return c, row.Scan(&number, &c.Kind, &c.Key, &c.Before, &c.Source, &c.Digest)
			})
			if err != nil {
				yield(nil, fmt.Errorf("read changes: %w", err))
				return
			}
			for rest := part; len(rest) > 0; {
				other := slices.IndexFunc(rest, func(c catalog.Change) bool { return c.Kind != rest[0].Kind })
				if other < 0 {
					other = len(rest)
				}
				if !yield(rest[:other], nil) {
					return
				}
				rest = rest[other:]
			}
			if len(part) < stagePage {
				return
			}
		}
	}
}

const namedConflicts = 5

// titles names some of the entries that a run changed, for people.
func (s store) titles(ctx context.Context, run uuid.UUID, kind string, keys []string) ([]string, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, `SELECT coalesce(nullif(title, ''), kind || ' ' || key) FROM catalog_import_changes
		WHERE run_id = $1 AND kind = $2 AND key = ANY ($3) ORDER BY number LIMIT $4`, run, kind, keys, namedConflicts)
	if err != nil {
		return nil, fmt.Errorf("read changes: %w", err)
	}
	titles, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read changes: %w", err)
	}
	return titles, nil
}

const differencesQuery = `SELECT number, kind, key, title, parts, before IS NULL, after IS NULL FROM catalog_import_changes
	WHERE run_id = $1 AND number > $2 AND ($4 = '' OR kind = $4)
		AND ($5 = '' OR $5 = CASE WHEN before IS NULL THEN 'added' WHEN after IS NULL THEN 'deleted' ELSE 'changed' END)
	ORDER BY number LIMIT $3`

// differences gives what a run did to entries, without their contents.
func (s store) differences(ctx context.Context, run uuid.UUID, after int64, limit int, kind, outcome string) ([]Difference, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, differencesQuery, run, after, limit, kind, outcome)
	if err != nil {
		return nil, fmt.Errorf("read differences: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Difference, error) {
		var d Difference
		return d, row.Scan(&d.Number, &d.Kind, &d.Key, &d.Title, &d.Parts, &d.Added, &d.Gone)
	})
	if err != nil {
		return nil, fmt.Errorf("read differences: %w", err)
	}
	return list, nil
}

const differenceQuery = `SELECT number, kind, key, title, parts, before IS NULL, after IS NULL, before, after FROM catalog_import_changes
	WHERE run_id = $1 AND number = $2`

// difference gives one with its contents.
func (s store) difference(ctx context.Context, run uuid.UUID, number int64) (Difference, error) {
	var d Difference
	err := s.db.Pgx(ctx).QueryRow(ctx, differenceQuery, run, number).
		Scan(&d.Number, &d.Kind, &d.Key, &d.Title, &d.Parts, &d.Added, &d.Gone, &d.Before, &d.After)
	if errors.Is(err, pgx.ErrNoRows) {
		return d, problem.NotFound("difference-unknown", "Diese Änderung ist nicht aufbewahrt.", "This change is not kept.")
	}
	if err != nil {
		return d, fmt.Errorf("read difference: %w", err)
	}
	return d, nil
}

// keepNotes replaces the notes of a run.
func (s store) keepNotes(ctx context.Context, run uuid.UUID, r catalog.Report) error {
	var numbers []int64
	var skipped []bool
	var places, texts []string
	var lines []int32
	for i, list := range [][]catalog.Note{r.Skipped, r.Warnings} {
		for _, n := range list {
			numbers, skipped = append(numbers, int64(len(numbers)+1)), append(skipped, i == 0)
			places, lines, texts = append(places, text(n.At)), append(lines, int32(n.Line)), append(texts, text(n.Text))
		}
	}
	if _, err := s.db.Pgx(ctx).Exec(ctx, `DELETE FROM catalog_import_notes WHERE run_id = $1`, run); err != nil {
		return fmt.Errorf("keep notes: %w", err)
	}
	_, err := s.db.Pgx(ctx).Exec(ctx, `INSERT INTO catalog_import_notes (run_id, number, skipped, place, line, text)
		SELECT $1, x.* FROM unnest($2::bigint[], $3::boolean[], $4::text[], $5::integer[], $6::text[]) AS x`, run, numbers, skipped, places, lines, texts)
	if err != nil {
		return fmt.Errorf("keep notes: %w", err)
	}
	return nil
}

// notesQuery looks through the notes of one run, which are few.
const notesQuery = `SELECT number, skipped, place, line, text FROM catalog_import_notes WHERE run_id = $1 AND number > $2
	AND ($4::boolean IS NULL OR skipped = $4) AND ($5 = '' OR position(lower($5) IN lower(place || ' ' || text)) > 0) ORDER BY number LIMIT $3`

func (s store) notes(ctx context.Context, run uuid.UUID, after int64, limit int, f NoteFilter) ([]Note, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, notesQuery, run, after, limit, f.Skipped, f.Text)
	if err != nil {
		return nil, fmt.Errorf("read notes: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Note])
	if err != nil {
		return nil, fmt.Errorf("read notes: %w", err)
	}
	return list, nil
}
