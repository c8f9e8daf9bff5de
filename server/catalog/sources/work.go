package sources

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/adapter"
	"portalverbund/server/platform/collect"
)

const progressEvery = 500 * time.Millisecond

// opener makes the source of a run.
type opener func(ctx context.Context, run Run) (adapter.Source, error)

// work takes a run up and brings it to its end, or as far as it gets. It may be called again after any interruption. last says
// that nobody will try again.
func (s *Service) work(ctx context.Context, run Run, open opener, last bool) error {
	working, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	beating := make(chan struct{})
	go func() {
		defer close(beating)
		s.beatUntil(working, run, stop)
	}()
	err := s.perform(working, run, open)
	cause := context.Cause(working)
	stop(nil)
	<-beating
	switch {
	case err == nil:
		return nil
	case errors.Is(cause, errTakenOver) || errors.Is(err, errTakenOver):
		return nil
	case errors.Is(cause, errCancelled) || errors.Is(err, errCancelled):
		return s.end(ctx, run, StateCancelled, "", nil)
	case ctx.Err() != nil:
		return err // the program ends; somebody else goes on
	}
	failure, again := classify(err)
	if again && !last {
		if err := s.store.set(ctx, run, `state = 'waiting', failure = $3, detail = $4`, failure, text(err.Error())); err != nil {
			return err
		}
		return err
	}
	return s.end(ctx, run, StateFailed, failure, err)
}

// beatUntil shows that the run lives, and ends it when it is not wanted any more.
func (s *Service) beatUntil(ctx context.Context, run Run, stop context.CancelCauseFunc) {
	ticker := time.NewTicker(s.beat)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := s.store.beat(ctx, run, s.now())
		if errors.Is(err, errCancelled) || errors.Is(err, errTakenOver) {
			stop(err)
			return
		}
	}
}

// classify says why a run failed, and whether it may succeed later.
func classify(err error) (failure string, again bool) {
	var settings settingsError
	switch {
	case errors.As(err, &settings):
		return FailureSettings, false
	case errors.Is(err, collect.ErrRefused):
		return FailureRefused, false
	case errors.Is(err, collect.ErrUnavailable):
		return FailureUnavailable, true
	case errors.Is(err, collect.ErrAnswer), errors.Is(err, collect.ErrNotFound), errors.Is(err, collect.ErrTooMany):
		return FailureAnswer, false
	case errors.Is(err, catalog.ErrChangedSince):
		return FailureChanged, false
	case errors.Is(err, errFile):
		return FailureFile, false
	}
	return FailureInternal, true
}

// end writes how a run ended that did not get through.
func (s *Service) end(ctx context.Context, run Run, state State, failure string, cause error) error {
	detail := ""
	if cause != nil {
		detail = text(cause.Error())
		if failure == FailureInternal { // what happened inside is for the log
			s.log.ErrorContext(ctx, "import failed", "run", run.ID, "error", cause)
			detail = ""
		}
	}
	return s.store.set(ctx, run, `state = $3, failure = $4, detail = $5, finished_at = $6`, state, failure, detail, s.now())
}

func (s *Service) perform(ctx context.Context, run Run, open opener) error {
	if run.Action == ActionUndo {
		return s.undo(ctx, run)
	}
	if !run.collected {
		if err := s.collect(ctx, &run, open); err != nil {
			return err
		}
	}
	if !run.DryRun && !run.Forced {
		held, err := s.holdBack(ctx, run)
		if err != nil || held {
			return err
		}
	}
	return s.apply(ctx, run)
}

// collect reads everything that the source gives and stages it.
func (s *Service) collect(ctx context.Context, run *Run, open opener) error {
	if run.cursor == run.beginCursor {
		if err := s.store.clearStage(ctx, run.stage); err != nil {
			return err
		}
		run.Read = 0
	}
	source, err := open(ctx, *run)
	if err != nil {
		return err
	}
	position, err := s.store.lastPosition(ctx, run.stage)
	if err != nil {
		return err
	}
	page := newPage(position)
	for record, err := range source.Collect(ctx, run.cursor) {
		if err != nil {
			return errors.Join(err, s.turn(ctx, run, page)) // what came before it is true
		}
		if record.Kind != "" || record.Skip != "" || record.Deleted {
			page.add(record)
		}
		if record.Next != "" {
			run.nextCursor = record.Next
		}
		if record.Cursor != "" {
			run.cursor = record.Cursor
		}
		if page.full() {
			if err := s.turn(ctx, run, page); err != nil {
				return err
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.turn(ctx, run, page); err != nil {
		return err
	}
	if run.Read, _, err = s.store.staged(ctx, run.stage); err != nil {
		return err
	}
	if run.SourceID != nil {
		run.Complete = source.Whole(run.beginCursor)
	}
	run.collected = true
	return s.store.set(ctx, *run, `collected = true, state = 'applying', complete = $3, entries_read = $4`, run.Complete, run.Read)
}

// turn stages a page and begins the next one.
func (s *Service) turn(ctx context.Context, run *Run, page *page) error {
	run.Read += int64(page.records)
	err := s.store.db.Tx(ctx, func(ctx context.Context) error {
		if err := s.store.set(ctx, *run, `cursor = $3, next_cursor = $4, entries_read = $5`, run.cursor, run.nextCursor, run.Read); err != nil {
			return err
		}
		return s.store.stage(ctx, run.stage, page.rows)
	})
	page.clear()
	return err
}

// apply brings what is staged into the catalog: all of it in one transaction, or none of it for a dry run.
func (s *Service) apply(ctx context.Context, run Run) error {
	if run.DryRun {
		if err := s.store.dropChanges(ctx, run.ID); err != nil { // of an attempt that was interrupted
			return err
		}
		if err := s.applyStage(ctx, run); err != nil {
			return err
		}
		return nil
	}
	if err := s.store.db.Tx(ctx, func(ctx context.Context) error { return s.applyStage(ctx, run) }); err != nil {
		return err
	}
	s.cleanUp(ctx, run)
	return nil
}

func (s *Service) applyStage(ctx context.Context, run Run) error {
	var differences int64
	options := catalog.ApplyOptions{
		DryRun:   run.DryRun,
		Progress: s.progress(run),
		Changed: func(ctx context.Context, changes []catalog.Change) error {
			return s.change(ctx, run, &differences, changes)
		},
	}
	if run.Complete {
		options.Absent = func(ctx context.Context, kind string, keys []string) ([]string, error) {
			return s.store.absent(ctx, run.stage, kind, keys)
		}
	}
	report, err := s.catalog.Apply(ctx, run.Origin, s.store.records(ctx, run.stage), options)
	if err != nil {
		return err
	}
	if err := s.finish(ctx, run, report, differences); err != nil {
		return err
	}
	if run.SourceID == nil || run.DryRun {
		return nil
	}
	now := s.now()
	return s.store.setCursor(ctx, *run.SourceID, run.nextCursor, &now)
}

func (s *Service) change(ctx context.Context, run Run, differences *int64, changes []catalog.Change) error {
	first := *differences + 1
	*differences += int64(len(changes))
	return s.store.keepChanges(ctx, run.ID, first, changes)
}

// progress tells how far a run is, from time to time, beside its transaction.
func (s *Service) progress(run Run) func(ctx context.Context, entries int) error {
	var last time.Time
	return func(ctx context.Context, entries int) error {
		if now := time.Now(); now.Sub(last) < progressEvery {
			return nil
		}
		last = time.Now()
		return s.store.set(s.store.db.Outside(ctx), run, `applied = $3`, entries)
	}
}

// finish writes what came of a run.
func (s *Service) finish(ctx context.Context, run Run, report catalog.Report, differences int64) error {
	counts, err := json.Marshal(report.Kinds)
	if err != nil {
		return fmt.Errorf("write import run: %w", err)
	}
	if err := s.store.keepNotes(ctx, run.ID, report); err != nil {
		return err
	}
	state := StateDone
	if run.DryRun {
		state = StateChecked
	}
	return s.store.set(ctx, run, `state = $3, counts = $4, skipped = $5, warnings = $6, differences = $7, applied = entries_read, finished_at = $8`,
		state, counts, report.SkippedCount, report.WarningCount, differences, s.now())
}

// undo puts everything back that the run changed which it undoes.
func (s *Service) undo(ctx context.Context, run Run) error {
	if run.Undoes == nil {
		return errors.New("an undo that undoes nothing")
	}
	return s.store.db.Tx(ctx, func(ctx context.Context) error {
		undone, err := s.store.run(ctx, *run.Undoes)
		if err != nil {
			return err
		}
		var differences int64
		report, err := s.catalog.Restore(ctx, run.Origin, s.store.changes(ctx, undone.ID), catalog.RestoreOptions{
			Force: run.Forced, Progress: s.progress(run),
			Changed: func(ctx context.Context, changes []catalog.Change) error {
				return s.change(ctx, run, &differences, changes)
			},
		})
		if err != nil {
			return err
		}
		if err := s.finish(ctx, run, report, differences); err != nil {
			return err
		}
		if err := s.store.markUndone(ctx, undone.ID); err != nil || undone.SourceID == nil {
			return err
		}
		return s.store.setCursor(ctx, *undone.SourceID, undone.beginCursor, nil)
	})
}

// cleanUp drops what a run does not need any more. What is left behind, the sweeping takes later.
func (s *Service) cleanUp(ctx context.Context, run Run) {
	err := s.store.clearStage(ctx, run.stage)
	if err == nil && run.file != "" {
		err = s.blobs.Delete(ctx, run.file)
	}
	if err != nil {
		s.log.WarnContext(ctx, "clean up after an import", "run", run.ID, "error", err)
	}
}
