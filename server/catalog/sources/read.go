package sources

import (
	"context"
	"strconv"

	"portalverbund/server/platform/paging"

	"github.com/google/uuid"
)

// Runs gives the runs, the newest first; of a source, where there is one. next is the cursor of the following page.
func (s *Service) Runs(ctx context.Context, source *uuid.UUID, limit int, cursor string) (list []Run, next string, err error) {
	before := uuid.Max
	if cursor != "" {
		if before, err = uuid.Parse(cursor); err != nil {
			return nil, "", badCursor()
		}
	}
	list, err = s.store.runs(ctx, source, before, limit+1)
	if err != nil || len(list) <= limit {
		return list, "", err
	}
	return list[:limit], list[limit-1].ID.String(), nil
}

// NoteFilter chooses notes.
type NoteFilter struct {
	Skipped *bool  // not taken at all, or only left out of what was taken; nil: both
	Text    string // letters in the place or text
}

// Notes gives what a run skipped and left out.
func (s *Service) Notes(ctx context.Context, run uuid.UUID, limit int, cursor string, f NoteFilter) (list []Note, next string, err error) {
	after, err := s.numbered(ctx, run, cursor)
	if err != nil {
		return nil, "", err
	}
	list, err = s.store.notes(ctx, run, after, limit+1, f)
	if err != nil || len(list) <= limit {
		return list, "", err
	}
	return list[:limit], strconv.FormatInt(list[limit-1].Number, 10), nil
}

// Differences gives what a run did to entries, or would do: those of a kind, where there is one, and with an outcome (added,
// changed, deleted).
func (s *Service) Differences(ctx context.Context, run uuid.UUID, limit int, cursor, kind, outcome string) (list []Difference, next string, err error) {
	after, err := s.numbered(ctx, run, cursor)
	if err != nil {
		return nil, "", err
	}
	list, err = s.store.differences(ctx, run, after, limit+1, kind, outcome)
	if err != nil || len(list) <= limit {
		return list, "", err
	}
	return list[:limit], strconv.FormatInt(list[limit-1].Number, 10), nil
}

// Difference gives one, with the entry before and after.
func (s *Service) Difference(ctx context.Context, run uuid.UUID, number int64) (Difference, error) {
	return s.store.difference(ctx, run, number)
}

// numbered reads the cursor of a list of a run.
func (s *Service) numbered(ctx context.Context, run uuid.UUID, cursor string) (int64, error) {
	if _, err := s.store.run(ctx, run); err != nil || cursor == "" {
		return 0, err
	}
	after, err := strconv.ParseInt(cursor, 10, 64)
	if err != nil {
		return 0, badCursor()
	}
	return after, nil
}

func badCursor() error {
	return paging.NoSuchPage()
}
