package places

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// changes are what has changed since the register that comes with the program: places with the keys that they replace.
//
//go:embed data/changes.csv
var changes string

// Columns that may stand beside those of header: the keys, separated by spaces, of places that this one took over from
// (mergers, a new key), and the day from which on.
const (
	columnReplaces = "replaces"
	columnSince    = "since"
)

// replacement says that a key is no longer in use, and which place took over.
type replacement struct {
	key       string // padded
	successor string // as the register has it
	since     *time.Time
}

// replacements reads which places a line's place took over from, or says why the line can't be taken.
func (l *lines) replacements(record []string, ars string) ([]replacement, string) {
	field := func(name string) string {
		if i, there := l.column[name]; there && i < len(record) {
			return strings.TrimSpace(record[i])
		}
		return ""
	}
	var since *time.Time
	if text := field(columnSince); text != "" {
		day, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return nil, fmt.Sprintf("%s %.40q is not a day such as 2026-01-31", columnSince, text)
		}
		since = &day
	}
	var list []replacement
	for _, key := range strings.Fields(field(columnReplaces)) {
		switch {
		case !wellFormed(key) || unpad(key) == "":
			return nil, fmt.Sprintf("%s %.40q is not an ARS", columnReplaces, key)
		case pad(key) == pad(ars):
			return nil, fmt.Sprintf("replaces itself (%s)", key)
		}
		list = append(list, replacement{key: pad(key), successor: strings.Clone(ars), since: since})
	}
	return list, ""
}

// ensureChanges takes in what has changed since the shipped register, unless it is known: a newer register that was
// imported may say more.
func (s *Service) ensureChanges(ctx context.Context) error {
	var report Report
	lines, err := newLines(strings.NewReader(changes), &report)
	if err != nil {
		return err
	}
	for {
		values, err := lines.next()
		if err != nil {
			return err
		}
		if values == nil {
			break
		}
	}
	keys := make([]string, 0, len(lines.replaced))
	for _, r := range lines.replaced {
		keys = append(keys, r.key)
	}
	known, err := s.store.replaced(ctx, keys)
	if err != nil || known == len(keys) {
		return err
	}
	_, err = s.Import(ctx, strings.NewReader(changes))
	return err
}

const replacedQuery = `SELECT count(*) FROM place_successors WHERE ars = ANY ($1)`

// replaced counts which of some padded keys are known to be no longer in use.
func (s store) replaced(ctx context.Context, keys []string) (int, error) {
	var n int
	if err := s.db.Pgx(ctx).QueryRow(ctx, replacedQuery, keys).Scan(&n); err != nil {
		return 0, fmt.Errorf("read places: %w", err)
	}
	return n, nil
}

// retireQuery leaves out of the staged places those whose key is no longer in use: an older register must not bring them back. It
// counts them.
const retireQuery = `
	WITH gone AS (DELETE FROM places_staged s USING place_successors x WHERE x.ars = rpad(s.ars, 12, '0') RETURNING 1)
	SELECT count(*) FROM gone`

// What leads to a place that is no longer in use leads to its successor: $1 are the keys as the register has them, padded
// ($2), and $3 their successors.
const inheritQuery = `
	UPDATE place_successors s SET successor = r.successor FROM unnest($1::text[], $2::text[], $3::text[]) AS r (key, padded, successor)
	WHERE s.successor IN (r.key, r.padded) AND s.ars <> rpad(r.successor, 12, '0')`

// A successor may be out of use itself by now: then its own successor takes over.
const succeedQuery = `
	INSERT INTO place_successors (ars, successor, since)
	SELECT r.padded, p.ars, r.since FROM unnest($1::text[], $2::text[], $3::date[]) AS r (padded, successor, since)
	LEFT JOIN place_successors x ON x.ars = rpad(r.successor, 12, '0')
	JOIN places p ON p.ars = coalesce(x.successor, r.successor)
	WHERE rpad(p.ars, 12, '0') <> r.padded
	ON CONFLICT (ars) DO UPDATE SET successor = excluded.successor, since = coalesce(excluded.since, place_successors.since)`

// The places that are no longer in use go, with their postal codes; $1 are the keys as the register has them, padded ($2).
const dropQuery = `
	DELETE FROM places p USING unnest($1::text[], $2::text[]) AS r (key, padded), place_successors x
	WHERE x.ars = r.padded AND p.ars IN (r.key, r.padded)`

// succeed keeps the replacements that lines told of.
func (s store) succeed(ctx context.Context, list []replacement) error {
	if len(list) == 0 {
		return nil
	}
	var keys, padded, successors []string
	var days []*time.Time
	seen := map[string]string{}
	for _, r := range list {
		if other, twice := seen[r.key]; twice {
			return fmt.Errorf("%w: %s is replaced by %s and by %s", ErrFormat, r.key, other, r.successor)
		}
		seen[r.key] = r.successor
		keys, padded, successors, days = append(keys, unpad(r.key)), append(padded, r.key), append(successors, r.successor), append(days, r.since)
	}
	for _, step := range []struct {
		query string
		args  []any
	}{
		{inheritQuery, []any{keys, padded, successors}}, {succeedQuery, []any{padded, successors, days}}, {dropQuery, []any{keys, padded}},
	} {
		if _, err := s.db.Pgx(ctx).Exec(ctx, step.query, step.args...); err != nil {
			return fmt.Errorf("import places: %w", err)
		}
	}
	return nil
}

const (
	agsQuery          = `SELECT ars FROM places WHERE ags = $1 ORDER BY length(ars) DESC LIMIT 1`
	agsSuccessorQuery = `SELECT successor FROM place_successors WHERE left(ars, 5) || right(ars, 3) = $1 LIMIT 1`
)

// AreaOfAGS gives the key of the place that an AGS (8 digits, 5 for a Kreis, 2 for a Land) stands for, as the register has
// it, or of the place that took over from it; empty if there is none.
func (s *Service) AreaOfAGS(ctx context.Context, ags string) (string, error) {
	for _, query := range []string{agsQuery, agsSuccessorQuery} {
		var ars string
		err := s.store.db.Pgx(ctx).QueryRow(ctx, query, strings.TrimSpace(ags)).Scan(&ars)
		if err == nil {
			return unpad(ars), nil
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return "", fmt.Errorf("read places: %w", err)
		}
	}
	return "", nil
}
