package sources

import (
	"context"
	"errors"
	"fmt"

	"portalverbund/server/catalog"
)

// Report gives what came of a run, as a report on an import. A run that changed nothing because it did not get through, or is held
// back, is an error in words for whoever administers the portal.
func (s *Service) Report(ctx context.Context, run Run) (catalog.Report, error) {
	switch {
	case run.State == StateHeld && run.Failure == FailureEmptied:
		return catalog.Report{}, fmt.Errorf("import %s: held back, as it brings nothing and would delete all %d entries that came from there", run.Title, run.Lost)
	case run.State == StateHeld:
		return catalog.Report{}, fmt.Errorf("import %s: held back, as it would delete %d of the %d entries that came from there", run.Title, run.Lost, run.Had)
	case run.State != StateDone && run.State != StateChecked:
		return catalog.Report{}, fmt.Errorf("import %s: %w", run.Title, because(run))
	}
	report := catalog.Report{Source: run.Origin, Kinds: run.Counts, SkippedCount: int(run.Skipped), WarningCount: int(run.Warnings)}
	notes, _, err := s.Notes(ctx, run.ID, catalog.KeptNotes*2, "", NoteFilter{})
	if err != nil {
		return report, err
	}
	for _, n := range notes {
		list := &report.Warnings
		if n.Skipped {
			list = &report.Skipped
		}
		*list = append(*list, catalog.Note{At: n.Place, Line: n.Line, Text: n.Text})
	}
	return report, nil
}

// because says why a run did not get through.
func because(run Run) error {
	if run.Detail != "" {
		return errors.New(run.Detail)
	}
	return fmt.Errorf("%s %s", run.State, run.Failure)
}
