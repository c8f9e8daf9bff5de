package oidc

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/secret"
)

var errToken = problem.Unauthorized("token-invalid", "Das Zugriffstoken ist nicht gültig oder abgelaufen.", "The access token is not valid or has run out.")

// tokenID is what an access token says inside its encryption: its family and its end.
func tokenID(family uuid.UUID, expires time.Time) string {
	return family.String() + "." + strconv.FormatInt(expires.Unix(), 10)
}

func parseTokenID(id string) (family uuid.UUID, expires time.Time, err error) {
	first, second, found := strings.Cut(id, ".")
	if !found {
		return uuid.Nil, time.Time{}, errors.New("not a token id")
	}
	seconds, err := strconv.ParseInt(second, 10, 64)
	if err != nil {
		return uuid.Nil, time.Time{}, fmt.Errorf("token id: %w", err)
	}
	if family, err = uuid.Parse(first); err != nil {
		return uuid.Nil, time.Time{}, fmt.Errorf("token id: %w", err)
	}
	return family, time.Unix(seconds, 0), nil
}

// live finds the family of a token id if both still live.
func (s *Service) live(ctx context.Context, id string) (familyRow, error) {
	family, expires, err := parseTokenID(id)
	if err != nil || !s.Now().Before(expires) {
		return familyRow{}, errToken
	}
	row, err := s.familyByID(ctx, family)
	if errors.Is(err, errNone) || (err == nil && (row.EndedAt != nil || !s.Now().Before(row.ExpiresAt))) {
		return familyRow{}, errToken
	}
	return row, err
}

// VerifyToken finds who an access token of this provider speaks for. A token that has run out, was revoked, or whose
// sign-in has ended, is refused with 401.
func (s *Service) VerifyToken(ctx context.Context, token string) (httpx.Caller, error) {
	plain, err := s.provider.Crypto().Decrypt(token)
	if err != nil {
		return httpx.Caller{}, errToken.Because(err)
	}
	id, _, found := strings.Cut(plain, ":")
	if !found {
		return httpx.Caller{}, errToken
	}
	row, err := s.live(ctx, id)
	if err != nil {
		return httpx.Caller{}, err
	}
	c := httpx.Caller{Kind: httpx.TokenCaller, ClientID: row.ClientID, Scopes: strings.Fields(row.Scopes), TrustLevel: row.TrustLevel}
	if _, ok := s.client(row.ClientID); !ok {
		return httpx.Caller{}, errToken // removed since
	}
	if row.AccountID != nil {
		c.AccountID = *row.AccountID
		c.Person = httpx.Person{Issuer: s.Issuer, Subject: row.AccountID.String()}
	}
	return c, nil
}

// EndPurpose ends the tokens that a recipient has for a purpose, in the transaction of ctx.
func (s *Service) EndPurpose(ctx context.Context, accountID uuid.UUID, recipient, purpose string) error {
	if purpose == purposeSignIn {
		return s.endFamilies(ctx, "account_id = ? AND client_id = ?", accountID, recipient)
	}
	return s.endFamilies(ctx, "account_id = ? AND client_id = ? AND purpose = ?", accountID, recipient, purpose)
}

// EndSessionTokens ends the tokens given under a session of this portal, in the transaction of ctx.
func (s *Service) EndSessionTokens(ctx context.Context, sessionID uuid.UUID) error {
	return s.endFamilies(ctx, "session_id = ?", sessionID)
}

// EndAccountTokens ends all tokens of an account, in the transaction of ctx.
func (s *Service) EndAccountTokens(ctx context.Context, accountID uuid.UUID) error {
	return s.endFamilies(ctx, "account_id = ?", accountID)
}

// newFamily begins a token family.
func (s *Service) newFamily(ctx context.Context, row familyRow, lifetime time.Duration) (familyRow, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return familyRow{}, fmt.Errorf("make id: %w", err)
	}
	row.ID, row.CreatedAt = id, s.Now()
	row.ExpiresAt = row.CreatedAt.Add(lifetime)
	if purpose, ok, err := purposeOf(strings.Fields(row.Scopes)); err == nil && ok {
		row.Purpose = purpose.String()
	}
	return row, s.insertFamily(ctx, row)
}

// newRefreshToken gives a family another refresh token, and marks the one it came from as used.
func (s *Service) newRefreshToken(ctx context.Context, family uuid.UUID, current string) (string, error) {
	if current != "" {
		if err := s.useRefreshToken(ctx, secret.Hash(current)); err != nil {
			return "", err
		}
	}
	value, hash := secret.New()
	return value, s.insertRefreshToken(ctx, hash, family)
}

// refresh finds the family of a refresh token. One that was used before ends its family, for it may have been stolen,
// unless it comes so soon that it is a repeat after a lost reply.
func (s *Service) refresh(ctx context.Context, token string) (familyRow, error) {
	row, err := s.refreshToken(ctx, secret.Hash(token))
	if err != nil {
		return familyRow{}, err
	}
	if row.UsedAt != nil && s.Now().Sub(*row.UsedAt) > lostReplyGrace {
		s.Log.WarnContext(ctx, "refresh token used twice, its family is ended", "family", row.FamilyID)
		return familyRow{}, errors.Join(errReused, s.endFamilies(s.DB.Outside(ctx), "id = ?", row.FamilyID))
	}
	family, err := s.familyByID(ctx, row.FamilyID)
	if err == nil && (family.EndedAt != nil || !s.Now().Before(family.ExpiresAt)) {
		return familyRow{}, errNone
	}
	return family, err
}

var errReused = errors.New("used before")
