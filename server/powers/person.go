package powers

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

// PersonalData gives the powers of a person, on both sides.
func (s *Service) PersonalData(ctx context.Context, p httpx.Person, add func(section string, data any) error) error {
	account, err := uuid.Parse(p.Subject)
	if err != nil || p.Issuer != s.Self.Id {
		return nil //nolint:nilerr // people of another account home have no powers here
	}
	rows, err := s.all(ctx, account)
	if err != nil {
		return err
	}
	list, err := s.list(ctx, rows, account)
	if err != nil {
		return err
	}
	for _, power := range list {
		if err := add("powers", power); err != nil {
			return err
		}
	}
	return nil
}

// ErasePerson ends a person's powers, tells the others, and deletes them, in ctx's transaction.
func (s *Service) ErasePerson(ctx context.Context, p httpx.Person) error {
	account, err := uuid.Parse(p.Subject)
	if err != nil || p.Issuer != s.Self.Id {
		return nil //nolint:nilerr // people of another account home have no powers here
	}
	var rows []row
	err = s.DB.From(ctx).Raw(`SELECT * FROM powers WHERE (principal_id = ? OR representative_id = ?) AND representative_id IS NOT NULL
		AND state IN ('accepted', 'active') AND valid_until > ? FOR UPDATE`, account, account, s.Now()).Find(&rows).Error
	if err != nil {
		return fmt.Errorf("read powers: %w", err)
	}
	for _, r := range rows { // as many as a person may have
		by := types.PowerReceived
		if r.PrincipalID == account {
			by = types.PowerGranted
		}
		if err := s.end(ctx, r, by); err != nil {
			return err
		}
	}
	if err := s.DB.From(ctx).Exec("DELETE FROM powers WHERE principal_id = ? OR representative_id = ?", account, account).Error; err != nil {
		return fmt.Errorf("erase powers: %w", err)
	}
	return nil
}
