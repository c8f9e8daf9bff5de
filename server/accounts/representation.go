package accounts

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"portalverbund/api/types"
)

// Names gives the names of accounts that are open, by id.
func (s *Service) Names(ctx context.Context, ids ...uuid.UUID) (map[uuid.UUID]string, error) {
	out := make(map[uuid.UUID]string, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	var rows []accountRow
	if err := s.DB.From(ctx).Where("id IN ? AND disabled_at IS NULL", ids).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	for _, row := range rows {
		p, err := s.openProfile(row)
		if err != nil {
			return nil, err
		}
		out[row.ID] = p.displayName()
	}
	return out, nil
}

// OwnAddress says whether an e-mail address is that of an account; what is no address is refused (422).
func (s *Service) OwnAddress(ctx context.Context, id uuid.UUID, email string) (bool, error) {
	folded, err := foldEmail(email)
	if err != nil {
		return false, err
	}
	row, err := s.account(ctx, id)
	return err == nil && row.Email == folded, err
}

// ReadForRepresentative gives items of a person's profile to somebody who acts for them at a portal, and enters the read in the access logs of
// both, in one transaction: for the one it was read by the representative, for the other it was their own doing.
func (s *Service) ReadForRepresentative(ctx context.Context, principal, representative uuid.UUID, where, serviceID string, title map[string]string, items []types.ProfileItem) (data types.Profile, err error) {
	names, err := s.Names(ctx, principal, representative)
	if err != nil {
		return data, err
	}
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		row, err := s.account(ctx, principal)
		if err != nil {
			return err
		}
		p, err := s.openProfile(row)
		if err != nil {
			return err
		}
		if data, err = pick(row.Email, p, items); err != nil {
			return err
		}
		return s.insertRepresented(ctx, []accessRow{
			{AccountID: principal, WhoName: names[representative] + ", " + where, Ground: string(types.AccessGroundConsent), PurposeTitle: title},
			{AccountID: representative, WhoName: names[representative] + ", " + where, Ground: string(types.AccessGroundOwn), PurposeTitle: forWhom(names[principal], title)},
		}, serviceID, items)
	})
	return data, err
}

// forWhom says for whom a service is.
func forWhom(name string, title map[string]string) map[string]string {
	out := make(map[string]string, len(title))
	for language, text := range title {
		before := "Daten von "
		if language != "de" {
			before = "Data of "
		}
		out[language] = before + name + ": " + text
	}
	return out
}

func (s *Service) insertRepresented(ctx context.Context, rows []accessRow, serviceID string, items []types.ProfileItem) error {
	for i := range rows {
		id, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("make id: %w", err)
		}
		rows[i].ID, rows[i].At, rows[i].Who, rows[i].Purpose = id, s.Now(), s.Self.Id, serviceID
		rows[i].WhoKind, rows[i].Items = string(types.ReadByRepresentative), joinItems(items)
		if rows[i].PurposeTitle == nil {
			rows[i].PurposeTitle = map[string]string{}
		}
	}
	if err := s.DB.From(ctx).Create(&rows).Error; err != nil {
		return fmt.Errorf("write access log: %w", err)
	}
	return nil
}
