package catalog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
)

// ErrChangedSince says that entries have been changed after the import that is to be undone.
var ErrChangedSince = errors.New("entries have been changed since")

// RestoreOptions say how Restore works.
type RestoreOptions struct {
	// Force puts also those entries back that have been changed since; without it they make the whole fail.
	Force bool
	// Changed and Progress are as in ApplyOptions.
	Changed  func(ctx context.Context, changes []Change) error
	Progress func(ctx context.Context, entries int) error
}

// Restore puts entries of this portal back to what they were before an import made these changes, and publishes that: all of
// it in one transaction, or part of the one that ctx carries. Each batch of changes is of one kind, and no key comes twice.
func (s *Service) Restore(ctx context.Context, source string, changes iter.Seq2[[]Change, error], o RestoreOptions) (Report, error) {
	var report Report
	err := s.store.db.Tx(ctx, func(ctx context.Context) error {
		if err := s.store.lockImports(ctx); err != nil {
			return err
		}
		run := importRun{service: s, report: newReport(source), touched: newTouched(), options: ApplyOptions{Changed: o.Changed}}
		for batch, err := range changes {
			if err != nil {
				return err
			}
			if err := run.restore(ctx, batch, o.Force); err != nil {
				return fmt.Errorf("undo import of %s: %w", source, err)
			}
			run.looked += len(batch)
			if o.Progress != nil {
				if err := o.Progress(ctx, run.looked); err != nil {
					return err
				}
			}
		}
		report = run.report
		return s.announce(ctx, run.touched)
	})
	if err != nil {
		return Report{}, err
	}
	return report, nil
}

// restore puts entries of one kind back.
func (run *importRun) restore(ctx context.Context, batch []Change, force bool) error {
	if len(batch) == 0 {
		return nil
	}
	kind := batch[0].Kind
	keys := make([]string, 0, len(batch))
	for _, c := range batch {
		keys = append(keys, c.Key)
	}
	now, err := run.service.store.images(ctx, kind, keys)
	if err != nil {
		return err
	}
	var gone []string
	bySource := map[string][]prepared{}
	for _, c := range batch {
		if !force && !bytes.Equal(now[c.Key].digest, c.Digest) {
			return ErrChangedSince
		}
		if c.Before == nil {
			gone = append(gone, c.Key)
			continue
		}
		p, err := run.service.reader.prepare(kind, c.Before)
		if err != nil {
			return fmt.Errorf("%s %s as it was: %w", kind, c.Key, err)
		}
		bySource[c.Source] = append(bySource[c.Source], p)
	}
	for source, group := range bySource {
		run.origin = origin{owner: ownOwner, source: source}
		if err := run.write(ctx, kind, group); err != nil {
			return err
		}
	}
	if len(gone) == 0 {
		return nil
	}
	_, err = run.remove(ctx, kind, gone)
	return err
}

// ChangedSince counts those of some changes, all of one kind, whose entries are not any more as the changes left them, and
// gives the keys of the first few.
func (s *Service) ChangedSince(ctx context.Context, batch []Change) (keys []string, err error) {
	if len(batch) == 0 {
		return nil, nil
	}
	all := make([]string, 0, len(batch))
	for _, c := range batch {
		all = append(all, c.Key)
	}
	now, err := s.store.images(ctx, batch[0].Kind, all)
	if err != nil {
		return nil, err
	}
	for _, c := range batch {
		if !bytes.Equal(now[c.Key].digest, c.Digest) {
			keys = append(keys, c.Key)
		}
	}
	return keys, nil
}
