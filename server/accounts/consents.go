package accounts

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/paging"
	"portalverbund/server/platform/problem"
)

// Scopes of access tokens that this room looks at.
const (
	scopePurpose = "purpose:" // followed by a service's id
)

// ActiveConsent says whether a person lets a recipient read for a purpose.
func (s *Service) ActiveConsent(ctx context.Context, accountID uuid.UUID, recipient, purpose string) (bool, error) {
	_, found, err := s.activeConsent(ctx, accountID, recipient, purpose)
	return found, err
}

// RecordConsent records that a person lets a recipient read items for a purpose, as it was shown to them. Consenting
// again to the same replaces the consent before.
func (s *Service) RecordConsent(ctx context.Context, accountID uuid.UUID, recipient, recipientName, purpose string, title map[string]string, items []types.ProfileItem) error {
	_, err := s.recordConsent(ctx, consentRow{
		AccountID: accountID, Recipient: recipient, RecipientName: recipientName,
		Purpose: purpose, PurposeTitle: title, Items: joinItems(items),
	})
	return err
}

func (s *Service) recordConsent(ctx context.Context, row consentRow) (consentRow, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return consentRow{}, fmt.Errorf("make id: %w", err)
	}
	row.ID, row.GivenAt = id, s.Now()
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.withdrawActive(ctx, row.AccountID, row.Recipient, row.Purpose); err != nil {
			return err
		}
		return s.insertConsent(ctx, row)
	})
	return row, err
}

// GiveConsent records that the caller lets this portal, the account home, read the profile for one of its services.
func (s *Service) GiveConsent(ctx context.Context, serviceID uuid.UUID) (types.Consent, error) {
	id, err := s.citizen(ctx)
	if err != nil {
		return types.Consent{}, err
	}
	title, err := s.rooms.Services.ServiceTitle(ctx, serviceID)
	if err != nil {
		return types.Consent{}, err
	}
	items, err := s.rooms.Forms.ProfileItems(ctx, serviceID)
	if err != nil {
		return types.Consent{}, err
	}
	row, err := s.recordConsent(ctx, consentRow{
		AccountID: id, Recipient: s.Self.Id, RecipientName: s.Self.Name,
		Purpose: serviceID.String(), PurposeTitle: title, Items: joinItems(items),
	})
	if err != nil {
		return types.Consent{}, err
	}
	return row.toAPI(ctx), nil
}

// Consents lists the caller's consents, newest first, those that were withdrawn too.
func (s *Service) Consents(ctx context.Context) ([]types.Consent, error) {
	id, err := s.citizen(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := s.consents(ctx, id)
	if err != nil {
		return nil, err
	}
	out := make([]types.Consent, 0, len(rows))
	for _, row := range rows {
		out = append(out, row.toAPI(ctx))
	}
	return out, nil
}

// WithdrawConsent ends one of the caller's consents, and the tokens given under it. A consent of somebody else is unknown
// (404); one that was withdrawn before stays so.
func (s *Service) WithdrawConsent(ctx context.Context, consentID uuid.UUID) error {
	id, err := s.citizen(ctx)
	if err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		row, err := s.consentOf(ctx, id, consentID)
		if err != nil {
			return err
		}
		if row.WithdrawnAt != nil {
			return nil
		}
		if err := s.withdrawActive(ctx, id, row.Recipient, row.Purpose); err != nil {
			return err
		}
		return s.rooms.Tokens.EndPurpose(ctx, id, row.Recipient, row.Purpose)
	})
}

// ReadForToken gives a linked portal or an app what the person has consented to for the purpose of its token, and enters
// the read in the person's access log, in one transaction with the check of the consent. Without a purpose, or when the
// consent was withdrawn, it is 403.
func (s *Service) ReadForToken(ctx context.Context) (types.Profile, string, error) {
	if err := s.requireHome(); err != nil {
		return types.Profile{}, "", err
	}
	c := httpx.CallerOf(ctx)
	purpose := purposeOf(c.Scopes)
	if c.Kind != httpx.TokenCaller || c.AccountID == uuid.Nil || purpose == "" {
		return types.Profile{}, "", problem.Forbidden("purpose-missing", "Dieses Zugriffstoken nennt keinen Zweck.", "This access token names no purpose.")
	}
	return s.read(ctx, c.AccountID, c.ClientID, purpose)
}

// ReadConsented gives a recipient what the person has consented to for a purpose, and enters the read in the person's access
// log. Without a consent it is consent-missing (403).
func (s *Service) ReadConsented(ctx context.Context, accountID uuid.UUID, recipient, purpose string) (types.Profile, error) {
	data, _, err := s.read(ctx, accountID, recipient, purpose)
	return data, err
}

// read reads under a consent.
func (s *Service) read(ctx context.Context, accountID uuid.UUID, recipient, purpose string) (data types.Profile, tag string, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		consent, found, err := s.activeConsent(ctx, accountID, recipient, purpose)
		if err != nil {
			return err
		}
		if !found {
			return problem.Forbidden("consent-missing", "Dafür liegt keine Einwilligung vor.", "There is no consent for this.")
		}
		row, err := s.account(ctx, accountID)
		if err != nil {
			return err
		}
		p, err := s.openProfile(row)
		if err != nil {
			return err
		}
		if data, err = pick(row.Email, p, splitItems(consent.Items)); err != nil {
			return err
		}
		tag = etag(row.Revision)
		return s.insertAccess(ctx, consent)
	})
	return data, tag, err
}

// Accesses lists who has read the caller's data, newest first.
func (s *Service) Accesses(ctx context.Context, limit int, cursor string) (types.AccessList, error) {
	id, err := s.citizen(ctx)
	if err != nil {
		return types.AccessList{}, err
	}
	before := uuid.Max
	if cursor != "" {
		if before, err = decodeCursor(cursor); err != nil {
			return types.AccessList{}, err
		}
	}
	rows, err := s.accesses(ctx, id, before, limit+1)
	if err != nil {
		return types.AccessList{}, err
	}
	list := types.AccessList{Items: make([]types.Access, 0, limit)}
	for i, row := range rows {
		if i == limit {
			next := base64.RawURLEncoding.EncodeToString(rows[i-1].ID[:])
			list.NextCursor = &next
			break
		}
		list.Items = append(list.Items, row.toAPI(ctx))
	}
	return list, nil
}

func decodeCursor(cursor string) (uuid.UUID, error) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(raw) != 16 {
		return uuid.Nil, paging.NoSuchPage()
	}
	return uuid.UUID(raw), nil
}

func (r consentRow) toAPI(ctx context.Context) types.Consent {
	return types.Consent{
		Id: r.ID, Recipient: r.RecipientName, Purpose: httpx.Localized(ctx, r.PurposeTitle), Items: splitItems(r.Items),
		GivenAt: r.GivenAt.Truncate(time.Second), WithdrawnAt: r.WithdrawnAt,
	}
}

// purposeOf finds the one purpose among a token's scopes.
func purposeOf(scopes []string) string {
	i := slices.IndexFunc(scopes, func(scope string) bool { return strings.HasPrefix(scope, scopePurpose) })
	if i < 0 {
		return ""
	}
	return strings.TrimPrefix(scopes[i], scopePurpose)
}

func joinItems(items []types.ProfileItem) string {
	words := make([]string, 0, len(items))
	for _, item := range items {
		words = append(words, string(item))
	}
	return strings.Join(words, " ")
}

func splitItems(items string) []types.ProfileItem {
	words := strings.Fields(items)
	out := make([]types.ProfileItem, 0, len(words))
	for _, word := range words {
		out = append(out, types.ProfileItem(word))
	}
	return out
}
