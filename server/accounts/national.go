package accounts

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// organisationName is the item of an organisation's data by which it is called.
const organisationName = "organisationName"

// Kinds of accounts.
const (
	kindPerson       = "person"
	kindOrganisation = "organisation"
)

// CreateLinked makes an account without password and without mail address, which an identity provider signs in to: of a person, or of an
// organisation when that is not empty.
func (s *Service) CreateLinked(ctx context.Context, givenName, familyName string, organisation map[string]string) (uuid.UUID, error) {
	if err := s.requireHome(); err != nil {
		return uuid.Nil, err
	}
	kind, p := kindPerson, profile{ProfileData: types.ProfileData{GivenName: givenName, FamilyName: familyName}}
	if len(organisation) > 0 {
		kind, p = kindOrganisation, profile{Organisation: organisation}
	}
	id, err := uuid.NewV7()
	if err != nil {
		return id, fmt.Errorf("make id: %w", err)
	}
	sealed, err := s.sealedProfile(id, p)
	if err != nil {
		return id, err
	}
	now := s.Now()
	err = s.DB.From(ctx).Exec("INSERT INTO accounts (id, kind, password_hash, profile, created_at, confirmed_at) VALUES (?, ?, '', ?, ?, ?)", id, kind, sealed, now, now).Error
	if err != nil {
		return id, fmt.Errorf("make account: %w", err)
	}
	return id, nil
}

// lockedProfile reads an account and its profile, which nobody else changes until the transaction ends; 404 when it is unknown.
func (s *Service) lockedProfile(ctx context.Context, id uuid.UUID) (accountRow, profile, error) {
	row, err := s.lockedAccount(ctx, id)
	if err != nil {
		return row, profile{}, err
	}
	p, err := s.openProfile(row)
	return row, p, err
}

// DataOf gives a person's data that are text by item; dates as YYYY-MM-DD.
func (s *Service) DataOf(ctx context.Context, id uuid.UUID) (map[types.ProfileItem]string, error) {
	row, err := s.account(ctx, id)
	if err != nil {
		return nil, err
	}
	p, err := s.openProfile(row)
	if err != nil {
		return nil, err
	}
	items, err := parts(p.ProfileData)
	if err != nil {
		return nil, err
	}
	out := map[types.ProfileItem]string{}
	for item, raw := range items {
		var text string
		if json.Unmarshal(raw, &text) == nil { // what is no text is none of an identity provider's
			out[item] = text
		}
	}
	return out, nil
}

// TakeOver writes data by item that the person wants taken over from an identity provider. origin and level say which one, and how well they
// are proved.
func (s *Service) TakeOver(ctx context.Context, id uuid.UUID, origin, level string, data map[types.ProfileItem]string) error {
	raw := map[types.ProfileItem]json.RawMessage{}
	for item, value := range data {
		text, err := json.Marshal(value)
		if err != nil {
			return fmt.Errorf("take over data: %w", err)
		}
		raw[item] = text
	}
	var part types.ProfilePart
	if err := joined(raw, &part); err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		row, p, err := s.lockedProfile(ctx, id)
		if err != nil {
			return err
		}
		if p.ProfileData, err = p.with(part, nil); err != nil {
			return err
		}
		from, origins := originOf(origin, level, s.Now()), maps.Clone(p.Origins)
		if origins == nil {
			origins = map[types.ProfileItem]itemOrigin{}
		}
		for item := range data {
			origins[item] = from
		}
		p.Origins = origins
		s.Log.InfoContext(ctx, "data taken over", "account", id, "origin", origin, "level", level, "items", len(data))
		_, err = s.storeProfile(ctx, row, p)
		return err
	})
}

// originOf says where data of an identity provider come from. They are verified from the level on at which the person has proved who
// they are.
func originOf(provider, level string, at time.Time) itemOrigin {
	from := itemOrigin{Verified: httpx.LevelRank(level) >= httpx.LevelRank(string(types.Substantial)), At: at}
	switch provider {
	case string(types.Bundid), string(types.Muk):
		from.Origin = types.ItemOriginOrigin(provider)
	default:
		from.Origin, from.By = types.Authority, provider
	}
	return from
}

// ConfirmAddress sends a link to a mail address. It becomes the account's once the link is opened, if no other account has it by then.
func (s *Service) ConfirmAddress(ctx context.Context, id uuid.UUID, email string) error {
	folded, err := foldEmail(strings.TrimSpace(email))
	if err != nil {
		return err
	}
	if err := s.charge(ctx, []bucket{{key: s.mac("bucket", "newcomer", networkOf(s.Address(ctx))), limits: perNewcomer()}}); err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		row, err := s.account(ctx, id)
		if err != nil {
			return err
		}
		if row.Email == folded {
			return problem.Conflict("address-confirmed", "Diese Adresse gilt schon.", "This address counts already.")
		}
		return s.beginEmailChange(ctx, row, folded)
	})
}
