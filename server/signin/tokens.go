package signin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"golang.org/x/oauth2"

	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

const (
	sealPurpose = "signin/purpose"
	spare       = 30 * time.Second // a token that runs out within it is not used any more
)

// HomeToken gives the access token of the session of ctx at the account home, and the account home's entity id. It is
// refreshed when it has run out, once at a time for a session. Who must sign in again is home-sign-in-ended (401); an account
// home out of reach is 503.
func (s *Service) HomeToken(ctx context.Context) (issuer, accessToken string, err error) {
	row, err := s.callersSession(ctx)
	if err != nil {
		return "", "", err
	}
	if row.Issuer == "" || row.Issuer == s.Self.Id {
		return "", "", problem.Unauthorized("no-account-home", "Dieses Konto liegt an diesem Portal.", "This account is at this portal.")
	}
	p, err := s.openPerson(row)
	if err != nil {
		return "", "", err
	}
	if s.usable(p.Tokens) {
		return row.Issuer, p.Tokens.Access, nil
	}
	select {
	case s.refreshes <- struct{}{}:
		defer func() { <-s.refreshes }()
	case <-ctx.Done():
		return "", "", ctx.Err()
	}
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		accessToken, err = s.refreshed(ctx, row.ID)
		return err
	})
	return row.Issuer, accessToken, err
}

// refreshInTime refreshes, or gives up before those who wait for the row do.
func (s *Service) refreshInTime(ctx context.Context, issuer, refreshToken string) (*oauth2.Token, error) {
	ctx, cancel := context.WithTimeout(ctx, refreshLimit)
	defer cancel()
	p, err := s.provider(ctx, issuer, discoveryKept)
	if err != nil {
		return nil, err
	}
	return s.refresh(ctx, p, refreshToken)
}

func (s *Service) usable(t tokens) bool {
	return t.Access != "" && s.Now().Add(spare).Before(t.ExpiresAt)
}

// refreshed refreshes the tokens of a session while it holds the session's row: the account home takes a refresh token once
// only, so two processes must not use the same one.
func (s *Service) refreshed(ctx context.Context, id uuid.UUID) (string, error) {
	row, found, err := s.lockedSession(ctx, id)
	if err != nil {
		return "", err
	}
	if !found {
		return "", errNotSignedIn()
	}
	p, err := s.openPerson(row)
	if err != nil {
		return "", err
	}
	if s.usable(p.Tokens) { // another request has done it
		return p.Tokens.Access, nil
	}
	if p.Tokens.Refresh == "" {
		return "", errSignInEnded(errors.New("no refresh token"))
	}
	token, err := s.refreshInTime(ctx, row.Issuer, p.Tokens.Refresh)
	if errors.Is(err, errRefused) || errors.Is(err, errNoHome) {
		return "", errSignInEnded(err)
	}
	if err != nil {
		return "", errHomeUnreachable(err)
	}
	p.Tokens = s.tokensOf(token, nil, p.Tokens)
	sealed, err := s.sealPerson(row.ID, p)
	if err != nil {
		return "", err
	}
	return p.Tokens.Access, s.storeSealed(ctx, row.ID, sealed)
}

// tokensOf takes over what the account home gave; what it left out stays as it was.
func (s *Service) tokensOf(token *oauth2.Token, claims *oidc.IDTokenClaims, old tokens) tokens {
	t := tokens{Access: token.AccessToken, ExpiresAt: s.expiryOf(token), Refresh: token.RefreshToken, ID: old.ID}
	if t.Refresh == "" {
		t.Refresh = old.Refresh
	}
	if raw, ok := token.Extra("id_token").(string); ok && raw != "" && claims != nil {
		t.ID = raw
	}
	return t
}

// expiryOf counts expires_in from this portal's clock.
func (s *Service) expiryOf(token *oauth2.Token) time.Time {
	return s.Now().Add(time.Duration(token.ExpiresIn) * time.Second)
}

// PurposeToken gives the access token for reading the profile for a service, for the session of ctx. ok is false when there
// is none that is still good: then the browser goes to /api/v1/signin/start with the service.
func (s *Service) PurposeToken(ctx context.Context, serviceID uuid.UUID) (token string, ok bool, err error) {
	c := httpx.CallerOf(ctx)
	if c.Kind != httpx.SessionCaller {
		return "", false, errNotSignedIn()
	}
	row, found, err := s.purpose(ctx, c.SessionID, serviceID.String())
	if err != nil || !found || !s.Now().Add(spare).Before(row.ExpiresAt) {
		return "", false, err
	}
	plain, err := s.Keys.Open(sealPurpose, row.Sealed, append(row.SessionID[:], row.Purpose...))
	if err != nil {
		return "", false, fmt.Errorf("read token: %w", err)
	}
	return string(plain), true, nil
}

// DropPurpose forgets the token for a service.
func (s *Service) DropPurpose(ctx context.Context, serviceID uuid.UUID) error {
	return s.deletePurpose(ctx, httpx.CallerOf(ctx).SessionID, serviceID.String())
}

func errSignInEnded(cause error) error {
	return problem.Unauthorized("home-sign-in-ended", "Ihre Anmeldung beim Konto ist abgelaufen.", "Your sign-in at the account has ended.").
		With(problem.Text{De: "Bitte melden Sie sich noch einmal an.", En: "Please sign in again."}).Because(cause)
}
