package cases

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// Views gives what the caller has narrowed the inbox by, and saved.
func (s *Service) Views(ctx context.Context) ([]types.CaseView, error) {
	var row struct {
		Views []types.CaseView `gorm:"serializer:json"`
	}
	err := s.db.From(ctx).Table("case_views").Where("account_id = ?", httpx.CallerOf(ctx).AccountID).Take(&row).Error
	if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, fmt.Errorf("read views: %w", err)
	}
	return row.Views, nil
}

// SaveViews replaces them. Two of the same name are refused (422).
func (s *Service) SaveViews(ctx context.Context, views []types.CaseView) error {
	names := make(map[string]bool, len(views))
	for i := range views {
		views[i].Name = strings.TrimSpace(views[i].Name)
		code := ""
		switch {
		case views[i].Name == "":
			code = "required"
		case names[fold(views[i].Name)]:
			code = "duplicate"
		}
		if code != "" {
			return problem.Invalid(problem.FieldError{Pointer: "/items/" + strconv.Itoa(i) + "/name", Code: code})
		}
		names[fold(views[i].Name)] = true
	}
	kept, err := json.Marshal(views)
	if err != nil {
		return err
	}
	err = s.db.From(ctx).Exec(`INSERT INTO case_views (account_id, views) VALUES (?, ?)
		ON CONFLICT (account_id) DO UPDATE SET views = excluded.views`, httpx.CallerOf(ctx).AccountID, string(kept)).Error
	if err != nil {
		return fmt.Errorf("save views: %w", err)
	}
	return nil
}

// DeskSettings gives how the caller works at the desk.
func (s *Service) DeskSettings(ctx context.Context) (types.DeskSettings, error) {
	settings := types.DeskSettings{Shortcuts: true}
	err := s.db.From(ctx).Table("case_views").Select("shortcuts").Where("account_id = ?", httpx.CallerOf(ctx).AccountID).Take(&settings).Error
	if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		return types.DeskSettings{}, fmt.Errorf("read settings of the desk: %w", err)
	}
	return settings, nil
}

// SaveDeskSettings changes them; the caller's views stay as they are.
func (s *Service) SaveDeskSettings(ctx context.Context, settings types.DeskSettings) error {
	err := s.db.From(ctx).Exec(`INSERT INTO case_views (account_id, shortcuts) VALUES (?, ?)
		ON CONFLICT (account_id) DO UPDATE SET shortcuts = excluded.shortcuts`, httpx.CallerOf(ctx).AccountID, settings.Shortcuts).Error
	if err != nil {
		return fmt.Errorf("save settings of the desk: %w", err)
	}
	return nil
}
