package sources

import (
	"context"

	"portalverbund/server/catalog"
)

// A delivery that deletes more than half of what its source had before, and at least so many entries, is held back.
const fewLosses = 5

// holdBack lets a run wait for somebody if it would delete most of what its source had, or all.
func (s *Service) holdBack(ctx context.Context, run Run) (held bool, err error) {
	had, err := s.catalog.SourceSize(ctx, run.Origin)
	if err != nil || had == 0 {
		return false, err
	}
	lost, err := s.losses(ctx, run)
	if err != nil {
		return false, err
	}
	_, entries, err := s.store.staged(ctx, run.stage)
	if err != nil {
		return false, err
	}
	var failure string
	switch {
	case run.Complete && entries == 0 && lost > 0:
		failure = FailureEmptied
	case lost >= fewLosses && 2*lost > had:
		failure = FailureLost
	default:
		return false, nil
	}
	return true, s.store.set(ctx, run, `state = 'held', failure = $3, had = $4, lost = $5`, failure, had, lost)
}

// losses counts what a run would delete.
func (s *Service) losses(ctx context.Context, run Run) (int, error) {
	lost := 0
	if run.Complete {
		missing, err := s.catalog.Missing(ctx, run.Origin, func(ctx context.Context, kind string, keys []string) ([]string, error) {
			return s.store.absent(ctx, run.stage, kind, keys)
		})
		if err != nil {
			return 0, err
		}
		lost = missing
	}
	for _, kind := range catalog.Kinds() {
		for after := ""; ; {
			keys, err := s.store.deletions(ctx, run.stage, kind, after, stagePage)
			if err != nil {
				return 0, err
			}
			if len(keys) == 0 {
				break
			}
			known, err := s.catalog.Present(ctx, kind, keys)
			if err != nil {
				return 0, err
			}
			lost += known
			after = keys[len(keys)-1]
		}
	}
	return lost, nil
}
