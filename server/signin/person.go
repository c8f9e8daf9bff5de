package signin

import (
	"context"
	"fmt"

	"portalverbund/server/platform/httpx"
)

// PersonalData gives a person's sessions at this portal.
func (s *Service) PersonalData(ctx context.Context, p httpx.Person, add func(section string, data any) error) error {
	var rows []sessionRow
	if err := s.DB.From(ctx).Where("issuer = ? AND subject = ?", p.Issuer, p.Subject).Order("id").Find(&rows).Error; err != nil {
		return fmt.Errorf("read sessions: %w", err)
	}
	for _, row := range rows {
		err := add("sessions", map[string]any{"browser": row.Browser, "createdAt": row.CreatedAt, "lastSeenAt": row.LastSeenAt})
		if err != nil {
			return err
		}
	}
	return nil
}

// ErasePerson ends and deletes a person's sessions at this portal, in ctx's transaction.
func (s *Service) ErasePerson(ctx context.Context, p httpx.Person) error {
	if err := s.DB.From(ctx).Where("issuer = ? AND subject = ?", p.Issuer, p.Subject).Delete(&sessionRow{}).Error; err != nil {
		return fmt.Errorf("erase sessions: %w", err)
	}
	return nil
}
