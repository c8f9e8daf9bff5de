package catalog

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/db"
)

// store reads and writes the catalog's tables.
type store struct{ db *db.DB }

// outcome is what became of an entry that was to be written.
type outcome int

const (
	unchanged outcome = iota
	added
	changed
	foreign // the id belongs to another owner
)

// touched gathers what a transaction changed, to tell all processes.
type touched struct {
	services map[uuid.UUID]bool // at most one more than can be named
	online   map[uuid.UUID]bool // online services: what they are for changes, too; no more than of services
	other    bool               // organisations, categories or online services
	written  int                // services that were written or deleted themselves
}

func newTouched() *touched {
	return &touched{services: map[uuid.UUID]bool{}, online: map[uuid.UUID]bool{}}
}

// service notes that a service changes. When there are too many to name, others need not be known.
func (t *touched) service(id uuid.UUID) {
	if len(t.services) <= namedServices {
		t.services[id] = true
	}
}

// onlineService notes that an online service changes.
func (t *touched) onlineService(id uuid.UUID) {
	t.other = true
	if len(t.online) <= namedServices {
		t.online[id] = true
	}
}

// all says whether more has changed than can be named.
func (t *touched) all() bool { return len(t.services) > namedServices || len(t.online) > namedServices }

// origin says whose rows are written, and where they come from.
type origin struct {
	owner    string
	source   string
	copiedAt *time.Time // nil for own rows
}

// write stores entries of one kind that differ from what is there, and says what became of each, in order. No id may be in
// batch twice. Rows of another owner are left alone.
func (s store) write(ctx context.Context, kind string, from origin, batch []prepared, t *touched) ([]outcome, error) {
	outcomes, differ, err := s.compare(ctx, kind, from.owner, batch, t)
	if err != nil || len(differ) == 0 {
		return outcomes, err
	}
	written := slices.DeleteFunc(slices.Clone(outcomes), func(o outcome) bool { return o == unchanged || o == foreign })
	var fresh, known []prepared
	for i, p := range differ {
		if written[i] == added {
			fresh = append(fresh, p)
		} else {
			known = append(known, p)
		}
	}
	if len(fresh) < worthCopying {
		return outcomes, s.put(ctx, kind, from, differ)
	}
	if err := s.copyIn(ctx, kind, from, fresh); err != nil || len(known) == 0 {
		return outcomes, err
	}
	return outcomes, s.put(ctx, kind, from, known)
}

// worthCopying is from how many entries on COPY is the faster way.
const worthCopying = 50

// copyIn stores entries whose ids nobody had when compare looked; it fails if somebody has taken one since.
func (s store) copyIn(ctx context.Context, kind string, from origin, batch []prepared) error {
	table := tableOf(kind)
	rows := pgx.CopyFromSlice(len(batch), func(i int) ([]any, error) { return table.row(batch[i], from), nil })
	if _, err := s.db.Pgx(ctx).CopyFrom(ctx, pgx.Identifier{table.name}, table.columns, rows); err != nil {
		return fmt.Errorf("write %s: %w", table.name, err)
	}
	return nil
}

// compare says what would become of each entry, in order, and gives those that differ from what is there. In a transaction,
// the rows that are there are locked until its end.
func (s store) compare(ctx context.Context, kind, owner string, batch []prepared, t *touched) (outcomes []outcome, differ []prepared, err error) {
	known, err := s.known(ctx, tableOf(kind), owner, batch)
	if err != nil {
		return nil, nil, err
	}
	outcomes = make([]outcome, len(batch))
	for i, p := range batch {
		before, exists := known[p.entry.key()]
		switch {
		case exists && before.owner != owner:
			outcomes[i] = foreign
			continue
		case exists && bytes.Equal(before.digest, p.digest):
			continue
		case exists:
			outcomes[i] = changed
		default:
			outcomes[i] = added
		}
		differ = append(differ, p)
		t.add(p.entry, before.service)
	}
	return outcomes, differ, nil
}

// put stores entries of one kind.
func (s store) put(ctx context.Context, kind string, from origin, batch []prepared) error {
	table := tableOf(kind)
	args := append([]any{from.owner, from.source, from.copiedAt}, table.values(batch)...)
	tag, err := s.db.Pgx(ctx).Exec(ctx, table.upsert, args...)
	if err != nil {
		return fmt.Errorf("write %s: %w", table.name, err)
	}
	if int(tag.RowsAffected()) != len(batch) { // someone else took an id since compare looked
		return fmt.Errorf("write %s: %d of %d rows belong to another portal", table.name, len(batch)-int(tag.RowsAffected()), len(batch))
	}
	return nil
}

// add notes that an entry changes; before is the service that a competence stood for until now.
func (t *touched) add(e entry, before *uuid.UUID) {
	switch e := e.(type) {
	case *ServiceEntry:
		t.service(e.ID)
		t.written++
	case *CompetenceEntry:
		t.service(e.ServiceID)
	case *SpecialisationEntry:
		t.service(e.ServiceID)
	case *OnlineCompetenceEntry:
		t.service(e.ServiceID)
	case *OnlineServiceEntry:
		t.onlineService(e.ID)
	default:
		t.other = true
	}
	if before != nil {
		t.service(*before)
	}
}

// knownRow is what a table says about an id.
type knownRow struct {
	owner   string
	digest  []byte
	service *uuid.UUID // of a competence
}

func (s store) known(ctx context.Context, table table, owner string, batch []prepared) (map[string]knownRow, error) {
	keys := make([]string, 0, len(batch))
	for _, p := range batch {
		keys = append(keys, p.entry.key())
	}
	args := []any{keys}
	if table.byOwner {
		args = append(args, owner)
	}
	rows, err := s.db.Pgx(ctx).Query(ctx, table.known, args...)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", table.name, err)
	}
	known := make(map[string]knownRow, len(batch))
	var key string
	var row knownRow
	_, err = pgx.ForEachRow(rows, []any{&key, &row.owner, &row.digest, &row.service}, func() error {
		known[key] = row
		row = knownRow{}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", table.name, err)
	}
	return known, nil
}

// remove deletes rows of an owner by key, and gives the keys of those that were there.
func (s store) remove(ctx context.Context, kind, owner string, keys []string, t *touched) ([]string, error) {
	table := tableOf(kind)
	return s.deleteRows(ctx, kind, table.name, table.remove, t, owner, keys)
}

func (s store) deleteRows(ctx context.Context, kind, name, statement string, t *touched, args ...any) ([]string, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, statement, args...)
	if err != nil {
		return nil, fmt.Errorf("delete from %s: %w", name, err)
	}
	var gone []string
	var key string
	var service *uuid.UUID
	_, err = pgx.ForEachRow(rows, []any{&key, &service}, func() error {
		gone = append(gone, key)
		switch {
		case service != nil:
			t.service(*service)
		case kind == KindService:
			t.service(uuid.MustParse(key)) // the column is a uuid
			t.written++
		case kind == KindOnlineService:
			t.onlineService(uuid.MustParse(key))
		default:
			t.other = true
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("delete from %s: %w", name, err)
	}
	return gone, nil
}

// ownEntry is an entry of this portal as it is published.
type ownEntry struct {
	key     string
	payload json.RawMessage
}

// own gives entries of this portal of one kind whose key comes after a key, in order, at most limit.
func (s store) own(ctx context.Context, kind, after string, limit int) ([]ownEntry, error) {
	table := tableOf(kind)
	rows, err := s.db.Pgx(ctx).Query(ctx, table.own, ownOwner, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", table.name, err)
	}
	entries, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (ownEntry, error) {
		var e ownEntry
		err := row.Scan(&e.key, &e.payload)
		return e, err
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", table.name, err)
	}
	return entries, nil
}

// importLock makes imports of this portal's own entries wait for each other.
const importLock = int64(0x636174616c6f67) // "catalog"

// lockImports waits for its turn, longer than statements wait for rows: the import before may be a large one.
func (s store) lockImports(ctx context.Context) error {
	for _, statement := range []string{"SET LOCAL lock_timeout = '30min'", fmt.Sprintf("SELECT pg_advisory_xact_lock(%d)", importLock), "SET LOCAL lock_timeout TO DEFAULT"} {
		if _, err := s.db.Pgx(ctx).Exec(ctx, statement); err != nil {
			return fmt.Errorf("wait for another import: %w", err)
		}
	}
	return nil
}
