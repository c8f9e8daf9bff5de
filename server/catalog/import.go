package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/catalog/jsonl"
)

const importBatch = 200

// ImportOptions change what an import does.
type ImportOptions struct {
	// Complete says that the file is all that its source has: what came from that source before and is not in the file any
	// more is deleted. Skipped lines count as being in the file if their id can be read.
	Complete bool
}

// Incoming is what an import says of one entry.
type Incoming struct {
	Kind     string
	Key      string          // of a deletion; else it is in the payload
	Payload  json.RawMessage // none with Deleted or Skip
	Deleted  bool            // the entry is gone; that it was never there is no error
	At       string          // where it stands: a file, an address; for the report
	Line     int             // from 1; 0 where there are no lines
	Skip     string          // why it can't be taken
	Warnings []string        // what of it was left out
}

// Change is what an import does to one entry of this portal.
type Change struct {
	Kind, Key     string
	Before, After json.RawMessage // nil: not there
	Source        string          // where Before came from
	Digest        []byte          // of After; nil where there is none
}

// ApplyOptions say how Apply works.
type ApplyOptions struct {
	// DryRun finds out what would become of each entry, and changes nothing.
	DryRun bool
	// Absent, where the entries are all that their source has, gives those of some keys, in order, that are not among them.
	Absent func(ctx context.Context, kind string, keys []string) ([]string, error)
	// Changed, where set, is told of the changes, batch by batch, in the transaction that makes them.
	Changed func(ctx context.Context, changes []Change) error
	// Progress, where set, hears from time to time how many of the entries have been looked at; its error ends the import.
	Progress func(ctx context.Context, entries int) error

	seen seenLines // where a key may come twice: the first counts
}

// Import takes in entries of this portal from JSON Lines. Lines that can't be taken are skipped and named in the report;
// what has not changed is left alone. All of it is one transaction, in which the changes are published, so that nobody sees
// half an import. source names where the entries come from; an id that came from another source moves to this one.
//
// Form definitions are handed to the forms room, one by one.
func (s *Service) Import(ctx context.Context, source string, r io.Reader, o ImportOptions) (Report, error) {
	return s.importLines(ctx, source, jsonl.Read(r), o)
}

func (s *Service) importLines(ctx context.Context, source string, lines iter.Seq2[jsonl.Line, error], o ImportOptions) (Report, error) {
	return s.ImportEntries(ctx, source, func(yield func(Incoming, error) bool) {
		for line, err := range lines {
			in := Incoming{Kind: line.Kind, Payload: line.Payload, Line: line.Number, Skip: line.Skip, Warnings: line.Warnings}
			if !yield(in, err) || err != nil {
				return
			}
		}
	}, o)
}

// ImportEntries is Import for entries of any format. Their keys are held in memory; of those that come twice the first counts.
func (s *Service) ImportEntries(ctx context.Context, source string, entries iter.Seq2[Incoming, error], o ImportOptions) (Report, error) {
	begun := false
	options := ApplyOptions{seen: seenLines{}}
	if o.Complete {
		options.Absent = options.seen.absent
	}
	return s.Apply(ctx, source, func(yield func(Incoming, error) bool) {
		if begun { // after a deadlock; the file is read already
			yield(Incoming{}, errors.New("another change got in the way, import again"))
			return
		}
		begun = true
		for in, err := range entries {
			if !yield(in, err) || err != nil {
				return
			}
		}
	}, options)
}

// seenLines are the lines of each key, by kind.
type seenLines map[string]map[string]int

// mark notes a line, and gives the one before with the same key.
func (seen seenLines) mark(kind, key string, line int) (before int, twice bool) {
	if seen == nil || key == "" {
		return 0, false
	}
	if seen[kind] == nil {
		seen[kind] = map[string]int{}
	}
	if before, twice = seen[kind][key]; !twice {
		seen[kind][key] = line
	}
	return before, twice
}

func (seen seenLines) absent(_ context.Context, kind string, keys []string) ([]string, error) {
	return slices.DeleteFunc(slices.Clone(keys), func(key string) bool { _, there := seen[kind][key]; return there }), nil
}

// KeyOf gives the key of an entry in the form in which the catalog keeps it; empty if it has none.
func KeyOf(kind string, payload json.RawMessage) string {
	var head struct {
		ID string `json:"id"`
	}
	if newEntry(kind) == nil || json.Unmarshal(payload, &head) != nil {
		return ""
	}
	return NormalKey(kind, head.ID)
}

// NormalKey brings a key of a kind to the form in which the catalog keeps it; empty if it can be none.
func NormalKey(kind, key string) string {
	if id, err := uuid.Parse(key); kind != KindCategory && err == nil {
		key = id.String()
	}
	if newEntry(kind) == nil || !validKey(kind, key) {
		return ""
	}
	return key
}

// Apply takes in entries of this portal, as Import does, from wherever they come. Unless it is a dry run, all of it is one
// transaction, or part of the one that ctx carries; the entries are read again if that has to be repeated. No key may come
// twice. Memory does not grow with the number of entries.
func (s *Service) Apply(ctx context.Context, source string, entries iter.Seq2[Incoming, error], o ApplyOptions) (Report, error) {
	var report Report
	apply := func(ctx context.Context) error {
		run := importRun{service: s, report: newReport(source), origin: origin{owner: ownOwner, source: source}, options: o, touched: newTouched()}
		if err := run.all(ctx, entries); err != nil {
			return fmt.Errorf("import %s: %w", source, err)
		}
		report = run.report
		if o.DryRun {
			return nil
		}
		return s.announce(ctx, run.touched)
	}
	var err error
	if o.DryRun {
		err = apply(ctx)
	} else {
		err = s.store.db.Tx(ctx, func(ctx context.Context) error {
			if err := s.store.lockImports(ctx); err != nil {
				return err
			}
			return apply(ctx)
		})
	}
	if err != nil {
		return Report{}, err
	}
	return report, nil
}

// importRun is one import under way.
type importRun struct {
	service *Service
	report  Report
	origin  origin
	options ApplyOptions
	batch   []prepared
	gone    map[string][]string // keys to delete, by kind
	waiting int                 // in batch and gone
	looked  int                 // entries so far
	touched *touched
}

func (run *importRun) all(ctx context.Context, entries iter.Seq2[Incoming, error]) error {
	run.gone = map[string][]string{}
	for in, err := range entries {
		if err != nil {
			return err
		}
		if err := run.one(ctx, in); err != nil {
			return err
		}
		if run.waiting >= importBatch {
			if err := run.flush(ctx); err != nil {
				return err
			}
		}
	}
	if err := run.flush(ctx); err != nil {
		return err
	}
	if run.options.Absent == nil {
		return nil
	}
	return run.removeMissing(ctx)
}

func (run *importRun) one(ctx context.Context, in Incoming) error {
	run.looked++
	for _, text := range in.Warnings {
		run.report.warn(in, text)
	}
	switch {
	case in.Skip != "":
		run.report.skip(in, "%s", in.Skip)
	case in.Kind == KindForm && !in.Deleted:
		return run.form(ctx, in)
	case newEntry(in.Kind) == nil:
		run.report.skip(in, "kind %.40q is unknown", in.Kind)
	case in.Deleted:
		key := NormalKey(in.Kind, in.Key)
		if key == "" {
			run.report.skip(in, "id %.80q of a deletion is none", in.Key)
			return nil
		}
		run.gone[in.Kind] = append(run.gone[in.Kind], key)
		run.waiting++
	default:
		p, err := run.service.reader.prepare(in.Kind, in.Payload)
		if err != nil {
			run.report.skip(in, "%v", err)
			run.options.seen.mark(in.Kind, KeyOf(in.Kind, in.Payload), in.Line) // what is in the catalog under its id stays
			return nil
		}
		if before, twice := run.options.seen.mark(in.Kind, p.entry.key(), in.Line); twice {
			run.report.skip(in, "id %s is there twice, first in line %d", p.entry.key(), before)
			return nil
		}
		p.from = in
		p.from.Payload = nil // it is in the entry
		run.batch = append(run.batch, p)
		run.waiting++
	}
	return nil
}

// form hands a form definition on, in a transaction of its own: what the forms room refuses must not undo the rest.
func (run *importRun) form(ctx context.Context, in Incoming) error {
	if run.service.forms == nil {
		run.report.skip(in, "forms are not taken in here")
		return nil
	}
	if !run.options.DryRun {
		if err := run.service.forms.Import(run.service.store.db.Outside(ctx), in.Payload); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			run.report.skip(in, "%v", err)
			return nil
		}
	}
	run.report.Of(KindForm).HandedOn++
	return nil
}

// flush writes the batch, kind by kind, and publishes what changed.
func (run *importRun) flush(ctx context.Context) error {
	byKind := map[string][]prepared{}
	for _, p := range run.batch {
		byKind[p.entry.kind()] = append(byKind[p.entry.kind()], p)
	}
	run.batch, run.waiting = run.batch[:0], 0
	for _, kind := range slices.Sorted(maps.Keys(byKind)) {
		if err := run.write(ctx, kind, byKind[kind]); err != nil {
			return err
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(run.gone)) {
		unknown, err := run.remove(ctx, kind, run.gone[kind])
		if err != nil {
			return err
		}
		run.report.Of(kind).Unknown += unknown
	}
	clear(run.gone)
	if run.options.Progress != nil {
		return run.options.Progress(ctx, run.looked)
	}
	return nil
}

// write writes entries of one kind.
func (run *importRun) write(ctx context.Context, kind string, batch []prepared) error {
	batch, err := run.corrected(ctx, kind, batch)
	if err != nil {
		return err
	}
	outcomes, differ, err := run.service.store.compare(ctx, kind, run.origin.owner, batch, run.touched)
	if err != nil {
		return err
	}
	counts := run.report.Of(kind)
	for i, p := range batch {
		switch outcomes[i] {
		case foreign:
			run.report.skip(p.from, "id %s belongs to a linked portal", p.entry.key())
		case unchanged:
			counts.Unchanged++
		case added:
			counts.Added++
		case changed:
			counts.Changed++
		}
	}
	if len(differ) == 0 {
		return nil
	}
	if err := run.tell(ctx, kind, differ); err != nil || run.options.DryRun {
		return err
	}
	if err := run.service.store.put(ctx, kind, run.origin, differ); err != nil {
		return err
	}
	return run.service.publishWritten(ctx, kind, differ)
}

// remove deletes entries of one kind, and says how many of the keys were not there.
func (run *importRun) remove(ctx context.Context, kind string, keys []string) (unknown int, err error) {
	if keys, err = run.keptBack(ctx, kind, keys); err != nil {
		return 0, err
	}
	if run.options.DryRun || run.options.Changed != nil {
		images, err := run.service.store.images(ctx, kind, keys)
		if err != nil {
			return 0, err
		}
		if err := run.tellGone(ctx, kind, images); err != nil {
			return 0, err
		}
		unknown, keys = len(keys)-len(images), slices.Sorted(maps.Keys(images))
	}
	if run.options.DryRun {
		run.report.Of(kind).Deleted += len(keys)
		return unknown, nil
	}
	gone, err := run.service.store.remove(ctx, kind, ownOwner, keys, run.touched)
	if err != nil {
		return 0, err
	}
	run.report.Of(kind).Deleted += len(gone)
	return unknown + len(keys) - len(gone), run.service.publishDeleted(ctx, kind, gone)
}

// removeMissing deletes what its source no longer has.
func (run *importRun) removeMissing(ctx context.Context) error {
	for _, kind := range catalogKinds() {
		err := run.service.eachOfSource(ctx, kind, run.origin.source, func(keys []string) error {
			absent, err := run.options.Absent(ctx, kind, keys)
			if err != nil || len(absent) == 0 {
				return err
			}
			_, err = run.remove(ctx, kind, absent)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// tell says what is about to be written to those who want to know.
func (run *importRun) tell(ctx context.Context, kind string, batch []prepared) error {
	if run.options.Changed == nil {
		return nil
	}
	keys := make([]string, 0, len(batch))
	for _, p := range batch {
		keys = append(keys, p.entry.key())
	}
	images, err := run.service.store.images(ctx, kind, keys)
	if err != nil {
		return err
	}
	changes := make([]Change, 0, len(batch))
	for i, p := range batch {
		before := images[keys[i]]
		changes = append(changes, Change{Kind: kind, Key: keys[i], Before: before.payload, Source: before.source, After: p.payload, Digest: p.digest})
	}
	return run.options.Changed(ctx, changes)
}

// tellGone says what is about to be deleted.
func (run *importRun) tellGone(ctx context.Context, kind string, images map[string]image) error {
	if run.options.Changed == nil || len(images) == 0 {
		return nil
	}
	changes := make([]Change, 0, len(images))
	for _, key := range slices.Sorted(maps.Keys(images)) {
		changes = append(changes, Change{Kind: kind, Key: key, Before: images[key].payload, Source: images[key].source})
	}
	return run.options.Changed(ctx, changes)
}

func (s *Service) publishWritten(ctx context.Context, kind string, written []prepared) error {
	news := make([]types.CatalogEntry, 0, len(written))
	for _, p := range written {
		news = append(news, published(kind, p.entry.key(), p.payload))
	}
	return s.publish(ctx, news)
}

func (s *Service) publishDeleted(ctx context.Context, kind string, keys []string) error {
	news := make([]types.CatalogEntry, 0, len(keys))
	for _, key := range keys {
		news = append(news, types.CatalogEntry{Kind: kind, Id: key, Deleted: true})
	}
	return s.publish(ctx, news)
}
