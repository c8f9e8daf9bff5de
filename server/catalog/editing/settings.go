package editing

import (
	"context"
	"fmt"

	"portalverbund/server/platform/problem"
)

// Settings say how this portal edits.
type Settings struct {
	Revision       int64
	FourEyes       bool     // somebody else than the authors must release
	Languages      []string // in which texts should be there (BCP 47)
	StaleAfterDays int      // after so many days without a change a text counts as old
	WarnDaysBefore int      // so many days before the end of validity editors are warned
}

// ETag names the state of the settings, for If-Match.
func (s Settings) ETag() string { return etag(s.Revision) }

// Settings reads how this portal edits.
func (s *Service) Settings(ctx context.Context) (Settings, error) {
	var out Settings
	err := s.db.Pgx(ctx).QueryRow(ctx, `SELECT revision, four_eyes, languages, stale_after_days, warn_days_before FROM catalog_editing_settings`).
		Scan(&out.Revision, &out.FourEyes, &out.Languages, &out.StaleAfterDays, &out.WarnDaysBefore)
	if err != nil {
		return Settings{}, fmt.Errorf("read settings: %w", err)
	}
	return out, nil
}

// SetSettings changes how this portal edits; problem.Changed when the settings are not those of ifMatch any more.
func (s *Service) SetSettings(ctx context.Context, ifMatch string, n Settings) (Settings, error) {
	err := s.db.Tx(ctx, func(ctx context.Context) error {
		before, err := s.Settings(ctx)
		if err != nil {
			return err
		}
		if before.ETag() != ifMatch {
			return problem.Changed()
		}
		tag, err := s.db.Pgx(ctx).Exec(ctx, `UPDATE catalog_editing_settings SET revision = revision + 1, four_eyes = $1, languages = $2,
			stale_after_days = $3, warn_days_before = $4 WHERE revision = $5`, n.FourEyes, n.Languages, n.StaleAfterDays, n.WarnDaysBefore, before.Revision)
		if err != nil {
			return fmt.Errorf("write settings: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return problem.Changed()
		}
		detail := "four-eyes-off"
		if n.FourEyes {
			detail = "four-eyes-on"
		}
		return s.audit.Record(ctx, "catalog.settings", "catalog:editing", detail)
	})
	if err != nil {
		return Settings{}, err
	}
	return s.Settings(ctx)
}

// FourEyes says whether somebody else than the authors must release at this portal.
func (s *Service) FourEyes(ctx context.Context) (bool, error) {
	settings, err := s.Settings(ctx)
	return settings.FourEyes, err
}
