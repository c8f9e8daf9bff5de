package sources

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/adapter"
)

const (
	stagePage    = 200       // records of a page at most
	stageBytes   = 4 << 20   // of their payloads, about
	maxPayload   = 512 << 10 // of one record
	maxText      = 500       // bytes of a place, a reason, a warning
	maxWarnings  = 20        // of one record
	deleteAtOnce = 5000
)

// page gathers records to be staged. Of a key that comes twice, the last record counts.
type page struct {
	position int64 // of the last record
	bytes    int
	records  int
	byKey    map[string]int
	rows     stagedRows
}

// stagedRows are the columns of staged records.
type stagedRows struct {
	kinds, keys, payloads, places, skips, warnings []string
	positions                                      []int64
	lines                                          []int32
	deleted                                        []bool
}

func newPage(position int64) *page { return &page{position: position, byKey: map[string]int{}} }

func (p *page) full() bool { return p.records >= stagePage || p.bytes >= stageBytes }

func (p *page) clear() {
	p.bytes, p.records, p.rows = 0, 0, stagedRows{}
	clear(p.byKey)
}

// add takes in a record that says something of an entry.
func (p *page) add(r adapter.Record) {
	p.position++
	p.records++
	if r.Skip == "" && !r.Deleted {
		switch {
		case len(r.Payload) > maxPayload:
			r.Skip = fmt.Sprintf("is larger than %d KiB", maxPayload>>10)
		case !utf8.Valid(r.Payload):
			r.Skip = "is not UTF-8"
		}
	}
	key := catalog.NormalKey(r.Kind, r.ID)
	if key == "" {
		key = catalog.KeyOf(r.Kind, r.Payload)
	}
	if r.Skip != "" || r.Deleted {
		r.Payload = nil
	}
	if key == "" { // the same record read again is the same
		sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d\x00%s\x00%s\x00%s", r.At, r.Line, r.Skip, r.ID, r.Payload))
		key = "#" + hex.EncodeToString(sum[:16])
	}
	kind := text(r.Kind)
	at, twice := p.byKey[kind+"\x00"+key]
	if !twice {
		at = len(p.rows.keys)
		p.byKey[kind+"\x00"+key] = at
		p.rows.grow()
	} else if before := p.rows.lines[at]; before > 0 && !p.rows.deleted[at] && !r.Deleted {
		r.Warnings = append(r.Warnings, fmt.Sprintf("is there twice, first in line %d; the last counts", before))
	}
	p.rows.set(at, kind, key, p.position, r)
	p.bytes += len(r.Payload)
}

func (s *stagedRows) grow() {
	s.kinds, s.keys, s.payloads, s.places = append(s.kinds, ""), append(s.keys, ""), append(s.payloads, ""), append(s.places, "")
	s.skips, s.warnings = append(s.skips, ""), append(s.warnings, "")
	s.positions, s.lines, s.deleted = append(s.positions, 0), append(s.lines, 0), append(s.deleted, false)
}

func (s *stagedRows) set(i int, kind, key string, position int64, r adapter.Record) {
	if len(r.Warnings) > maxWarnings {
		r.Warnings = append(r.Warnings[:maxWarnings:maxWarnings], fmt.Sprintf("and %d more", len(r.Warnings)-maxWarnings))
	}
	warnings := make([]string, 0, len(r.Warnings))
	for _, w := range r.Warnings {
		warnings = append(warnings, strings.ReplaceAll(text(w), "\n", " "))
	}
	s.kinds[i], s.keys[i], s.payloads[i], s.places[i], s.skips[i] = kind, key, string(r.Payload), text(r.At), text(r.Skip)
	s.warnings[i], s.positions[i], s.lines[i], s.deleted[i] = strings.Join(warnings, "\n"), position, int32(r.Line), r.Deleted
}

// text brings what a source says into a form that the database takes.
func text(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "")
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "") + " …"
	}
	return s
}

// stage keeps a page.
func (s store) stage(ctx context.Context, stage uuid.UUID, r stagedRows) error {
	if len(r.keys) == 0 {
		return nil
	}
	_, err := s.db.Pgx(ctx).Exec(ctx, `
		INSERT INTO catalog_import_staged AS t (stage, kind, key, position, payload, deleted, place, line, skip, warnings)
		SELECT $1, x.kind, x.key, x.position, x.payload, x.deleted, x.place, x.line, x.skip, coalesce(string_to_array(nullif(x.warnings, ''), E'\n'), '{}')
		FROM unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::boolean[], $7::text[], $8::integer[], $9::text[], $10::text[])
			AS x (kind, key, position, payload, deleted, place, line, skip, warnings)
		ON CONFLICT (stage, kind, key) DO UPDATE SET position = excluded.position, payload = excluded.payload, deleted = excluded.deleted,
			place = excluded.place, line = excluded.line, skip = excluded.skip,
			warnings = CASE WHEN t.line > 0 AND t.line <> excluded.line AND NOT t.deleted AND NOT excluded.deleted
				THEN excluded.warnings || format('is there twice, first in line %s; the last counts', t.line) ELSE excluded.warnings END`,
		stage, r.kinds, r.keys, r.positions, r.payloads, r.deleted, r.places, r.lines, r.skips, r.warnings)
	if err != nil {
		return fmt.Errorf("stage records: %w", err)
	}
	return nil
}

// lastPosition says where the stage ends.
func (s store) lastPosition(ctx context.Context, stage uuid.UUID) (int64, error) {
	var last int64
	err := s.db.Pgx(ctx).QueryRow(ctx, `SELECT coalesce(max(position), 0) FROM catalog_import_staged WHERE stage = $1`, stage).Scan(&last)
	if err != nil {
		return 0, fmt.Errorf("read stage: %w", err)
	}
	return last, nil
}

// staged counts the records, and those that bring an entry.
func (s store) staged(ctx context.Context, stage uuid.UUID) (records, entries int64, err error) {
	err = s.db.Pgx(ctx).QueryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE NOT deleted AND skip = '') FROM catalog_import_staged WHERE stage = $1`, stage).
		Scan(&records, &entries)
	if err != nil {
		return 0, 0, fmt.Errorf("read stage: %w", err)
	}
	return records, entries, nil
}

const stagedQuery = `SELECT position, kind, key, payload, deleted, place, line, skip, warnings FROM catalog_import_staged
	WHERE stage = $1 AND position > $2 ORDER BY position LIMIT $3`

// records gives what is staged, in order.
func (s store) records(ctx context.Context, stage uuid.UUID) iter.Seq2[catalog.Incoming, error] {
	return func(yield func(catalog.Incoming, error) bool) {
		var position int64
		for {
			rows, err := s.db.Pgx(ctx).Query(ctx, stagedQuery, stage, position, stagePage)
			if err != nil {
				yield(catalog.Incoming{}, fmt.Errorf("read stage: %w", err))
				return
			}
			part, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (catalog.Incoming, error) {
				var in catalog.Incoming
				var payload string
				err := row.Scan(&position, &in.Kind, &in.Key, &payload, &in.Deleted, &in.At, &in.Line, &in.Skip, &in.Warnings)
				in.Payload = []byte(payload)
				return in, err
			})
			if err != nil {
				yield(catalog.Incoming{}, fmt.Errorf("read stage: %w", err))
				return
			}
			for _, in := range part {
				if !yield(in, nil) {
					return
				}
			}
			if len(part) < stagePage {
				return
			}
		}
	}
}

const absentQuery = `SELECT k FROM unnest($3::text[]) AS k
	WHERE NOT EXISTS (SELECT FROM catalog_import_staged t WHERE t.stage = $1 AND t.kind = $2 AND t.key = k) ORDER BY k`

// absent gives those of some keys that the stage does not name.
func (s store) absent(ctx context.Context, stage uuid.UUID, kind string, keys []string) ([]string, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, absentQuery, stage, kind, keys)
	if err != nil {
		return nil, fmt.Errorf("read stage: %w", err)
	}
	absent, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read stage: %w", err)
	}
	return absent, nil
}

const deletionsQuery = `SELECT key FROM catalog_import_staged WHERE stage = $1 AND kind = $2 AND key > $3 AND deleted ORDER BY key LIMIT $4`

// deletions gives the keys of a kind that are staged for deletion and come after one.
func (s store) deletions(ctx context.Context, stage uuid.UUID, kind, after string, limit int) ([]string, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, deletionsQuery, stage, kind, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read stage: %w", err)
	}
	keys, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read stage: %w", err)
	}
	return keys, nil
}

// clearStage deletes what is staged, in parts.
func (s store) clearStage(ctx context.Context, stage uuid.UUID) error {
	for {
		tag, err := s.db.Pgx(ctx).Exec(ctx, `DELETE FROM catalog_import_staged WHERE stage = $1 AND position IN
			(SELECT position FROM catalog_import_staged WHERE stage = $1 ORDER BY position LIMIT $2)`, stage, deleteAtOnce)
		if err != nil {
			return fmt.Errorf("clear stage: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return nil
		}
	}
}
