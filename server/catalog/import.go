package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

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

// Import takes in entries of this portal from JSON Lines. Lines that can't be taken are skipped and named in the report;
// what has not changed is left alone. All of it is one transaction, in which the changes are published, so that nobody sees
// half an import. source names where the entries come from; an id that came from another source moves to this one.
//
// Form definitions are handed to the forms room, one by one.
func (s *Service) Import(ctx context.Context, source string, r io.Reader, o ImportOptions) (Report, error) {
	return s.importLines(ctx, source, jsonl.Read(r), o)
}

func (s *Service) importLines(ctx context.Context, source string, lines iter.Seq2[jsonl.Line, error], o ImportOptions) (Report, error) {
	var report Report
	begun := false
	err := s.store.db.Tx(ctx, func(txCtx context.Context) error {
		if begun { // after a deadlock; the file is read already
			return fmt.Errorf("import %s: another change got in the way, import again", source)
		}
		begun = true
		if err := s.store.lockImports(txCtx); err != nil {
			return err
		}
		run := importRun{
			service: s, report: newReport(source), origin: origin{owner: ownOwner, source: source},
			seen: map[string]map[string]int{}, touched: newTouched(),
		}
		if err := run.lines(txCtx, lines); err != nil {
			return err
		}
		if o.Complete {
			if err := run.removeMissing(txCtx); err != nil {
				return err
			}
		}
		report = run.report
		return s.announce(txCtx, run.touched)
	})
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
	batch   []prepared
	seen    map[string]map[string]int // line of each key, by kind
	touched *touched
}

func (run *importRun) lines(ctx context.Context, lines iter.Seq2[jsonl.Line, error]) error {
	for line, err := range lines {
		if err != nil {
			return fmt.Errorf("import %s: %w", run.origin.source, err)
		}
		for _, text := range line.Warnings {
			run.report.warn(line.Number, text)
		}
		switch {
		case line.Skip != "":
			run.report.skip(line.Number, "%s", line.Skip)
		case line.Kind == KindForm:
			err = run.form(ctx, line)
		case newEntry(line.Kind) == nil:
			run.report.skip(line.Number, "kind %.40q is unknown", line.Kind)
		default:
			run.add(line)
		}
		if err == nil && len(run.batch) >= importBatch {
			err = run.flush(ctx)
		}
		if err != nil {
			return err
		}
	}
	return run.flush(ctx)
}

// add puts an entry into the batch.
func (run *importRun) add(line jsonl.Line) {
	p, err := run.service.reader.prepare(line.Kind, line.Payload)
	if err != nil {
		run.report.skip(line.Number, "%v", err)
		run.stays(line)
		return
	}
	p.line = line.Number
	key := p.entry.key()
	if before, twice := run.mark(line.Kind, key, line.Number); twice {
		run.report.skip(line.Number, "id %s is there twice, first in line %d", key, before)
		return
	}
	run.batch = append(run.batch, p)
}

// stays keeps an entry that is in the database when its new state can't be taken.
func (run *importRun) stays(line jsonl.Line) {
	var head struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(line.Payload, &head) == nil && head.ID != "" {
		run.mark(line.Kind, head.ID, line.Number)
	}
}

func (run *importRun) mark(kind, key string, line int) (before int, twice bool) {
	if run.seen[kind] == nil {
		run.seen[kind] = map[string]int{}
	}
	if before, twice = run.seen[kind][key]; !twice {
		run.seen[kind][key] = line
	}
	return before, twice
}

// form hands a form definition on, in a transaction of its own: what the forms room refuses must not undo the rest.
func (run *importRun) form(ctx context.Context, line jsonl.Line) error {
	if run.service.forms == nil {
		run.report.skip(line.Number, "forms are not taken in here")
		return nil
	}
	if err := run.service.forms.Import(run.service.store.db.Outside(ctx), line.Payload); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		run.report.skip(line.Number, "%v", err)
		return nil
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
	run.batch = run.batch[:0]
	var news []types.CatalogEntry
	for kind, batch := range byKind {
		outcomes, err := run.service.store.write(ctx, kind, run.origin, batch, run.touched)
		if err != nil {
			return err
		}
		counts := run.report.Of(kind)
		for i, p := range batch {
			switch outcomes[i] {
			case foreign:
				run.report.skip(p.line, "id %s belongs to a linked portal", p.entry.key())
				continue
			case unchanged:
				counts.Unchanged++
				continue
			case added:
				counts.Added++
			case changed:
				counts.Changed++
			}
			entry, err := published(kind, p.entry.key(), p.payload)
			if err != nil {
				return err
			}
			news = append(news, entry)
		}
	}
	return run.service.publish(ctx, news)
}

// removeMissing deletes what its source no longer has.
func (run *importRun) removeMissing(ctx context.Context) error {
	for _, kind := range catalogKinds() {
		keep := make([]string, 0, len(run.seen[kind]))
		for key := range run.seen[kind] {
			if validKey(kind, key) {
				keep = append(keep, key)
			}
		}
		gone, err := run.service.store.removeMissing(ctx, kind, ownOwner, run.origin.source, keep, run.touched)
		if err != nil {
			return err
		}
		if len(gone) == 0 {
			continue
		}
		run.report.Of(kind).Deleted += len(gone)
		news := make([]types.CatalogEntry, 0, len(gone))
		for _, key := range gone {
			news = append(news, types.CatalogEntry{Kind: kind, Id: key, Deleted: true})
		}
		if err := run.service.publish(ctx, news); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) publish(ctx context.Context, entries []types.CatalogEntry) error {
	if s.publisher == nil || len(entries) == 0 {
		return nil
	}
	if err := s.publisher.PublishCatalogEntries(ctx, entries); err != nil {
		return fmt.Errorf("publish catalog: %w", err)
	}
	return nil
}

func published(kind, key string, payload []byte) (types.CatalogEntry, error) {
	var object map[string]any
	if err := json.Unmarshal(payload, &object); err != nil {
		return types.CatalogEntry{}, fmt.Errorf("publish %s %s: %w", kind, key, err)
	}
	return types.CatalogEntry{Kind: kind, Id: key, Payload: &object}, nil
}

// PublishAll publishes all of this portal's entries, for linked portals that lost them or see the portal for the first time.
// What they know already does not change.
func (s *Service) PublishAll(ctx context.Context) error {
	if s.publisher == nil {
		return errors.New("publish catalog: nobody to publish to")
	}
	for _, kind := range catalogKinds() {
		if err := s.publishKind(ctx, kind); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) publishKind(ctx context.Context, kind string) error {
	after := ""
	for {
		entries, err := s.store.own(ctx, kind, after, importBatch)
		if err != nil || len(entries) == 0 {
			return err
		}
		news := make([]types.CatalogEntry, 0, len(entries))
		for _, e := range entries {
			entry, err := published(kind, e.key, e.payload)
			if err != nil {
				return err
			}
			news = append(news, entry)
		}
		if err := s.publish(ctx, news); err != nil {
			return err
		}
		after = entries[len(entries)-1].key
	}
}
