package oidc

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/secret"
)

// redeem exchanges a code for tokens, once. A code that comes a second time ends the tokens of the first (RFC 9700,
// section 4.5.3). key is the thumbprint of the key that the tokens are bound to; empty: to none.
func (s *Service) redeem(ctx context.Context, c *client, r *oidc.AccessTokenRequest, key string) (tokens *oidc.AccessTokenResponse, err error) {
	var refused error // told to the client; what was written before stays
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		tokens, refused = nil, nil
		hash := secret.Hash(r.Code)
		row, found, err := s.requestByCode(ctx, hash)
		if err != nil {
			return err
		}
		if !found {
			refused = oidc.ErrInvalidGrant().WithDescription("invalid code")
			return s.codeReused(ctx, hash)
		}
		if refused = s.checkCode(c, row, r, key); refused != nil {
			return nil //nolint:nilerr // told after the transaction
		}
		if err := s.deleteRequest(ctx, row.ID); err != nil {
			return err
		}
		if _, _, err := s.Accounts.Standing(ctx, *row.AccountID); err != nil {
			refused = oidc.ErrInvalidGrant().WithDescription("invalid code")
			return nonProblem(err)
		}
		f, err := s.beginFamily(ctx, c, row, key)
		if err != nil {
			return err
		}
		tokens, err = s.tokensFor(ctx, c, f, strings.Fields(f.Scopes), row.Nonce, key)
		return err
	})
	if err == nil {
		err = refused
	}
	return tokens, err
}

// checkCode compares a code's request with who redeems it.
func (s *Service) checkCode(c *client, row requestRow, r *oidc.AccessTokenRequest, key string) error {
	switch {
	case row.ProofKey != "" && row.ProofKey != key, row.ClientID != c.id, !s.Now().Before(row.ExpiresAt):
		return oidc.ErrInvalidGrant().WithDescription("invalid code")
	case row.RedirectURI != r.RedirectURI:
		return oidc.ErrInvalidGrant().WithDescription("redirect_uri does not correspond")
	}
	return op.AuthorizeCodeChallenge(r.CodeVerifier, &oidc.CodeChallenge{Challenge: row.CodeChallenge, Method: oidc.CodeChallengeMethodS256})
}

// codeReused ends the tokens that a code has been exchanged for before.
func (s *Service) codeReused(ctx context.Context, hash []byte) error {
	ended, err := s.endFamilies(ctx, "code_hash = ?", hash)
	if ended > 0 {
		s.Log.WarnContext(ctx, "authorization code used twice; its tokens are ended")
	}
	return err
}

// nonProblem drops a problem that the client is told of in another way, and keeps what is our own trouble.
func nonProblem(err error) error {
	if problem.From(err).Status < 500 {
		return nil
	}
	return err
}

// beginFamily begins the tokens of one code.
func (s *Service) beginFamily(ctx context.Context, c *client, row requestRow, key string) (familyRow, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return familyRow{}, fmt.Errorf("make id: %w", err)
	}
	now := s.Now()
	scopes, life := strings.Fields(row.Scopes), memberLife
	switch {
	case slices.Contains(scopes, scopePerson):
		life = purposeLife
	case !slices.Contains(scopes, scopeOffline):
		life = accessLife
	case !c.member:
		life = appLife
	}
	f := familyRow{
		ID: id, ClientID: c.id, AccountID: row.AccountID, SessionID: row.SessionID, Scopes: row.Scopes, Purpose: consentPurpose(c, row),
		TrustLevel: row.TrustLevel, Methods: row.Methods, AuthTime: row.AuthTime, CodeHash: row.CodeHash, CreatedAt: now, ExpiresAt: now.Add(life), ProofKey: key,
	}
	return f, s.insertFamily(ctx, f)
}

// tokensFor makes what a client gets: an access token, an ID token when the family is new, and a refresh token where it
// may have one.
func (s *Service) tokensFor(ctx context.Context, c *client, f familyRow, scopes []string, nonce, key string) (*oidc.AccessTokenResponse, error) {
	subject := s.subject(c.id, *f.AccountID)
	access, life, err := s.accessToken(ctx, f, subject, scopes, key)
	if err != nil {
		return nil, err
	}
	out := &oidc.AccessTokenResponse{AccessToken: access, TokenType: typeOf(key), ExpiresIn: uint64(life.Seconds()), Scope: scopes}
	if f.CodeHash != nil && !f.refreshed {
		if err := s.storeSubject(ctx, c.id, subject, *f.AccountID); err != nil {
			return nil, err
		}
		if err := s.storeSignin(ctx, c, f); err != nil {
			return nil, err
		}
		if out.IDToken, err = s.idToken(ctx, c, f, subject, nonce, access); err != nil {
			return nil, err
		}
	}
	if slices.Contains(c.grants, oidc.GrantTypeRefreshToken) && slices.Contains(strings.Fields(f.Scopes), scopeOffline) {
		token, hash := secret.New()
		if err := s.insertRefreshToken(ctx, refreshRow{TokenHash: hash, FamilyID: f.ID, CreatedAt: s.Now()}); err != nil {
			return nil, err
		}
		out.RefreshToken = token
	}
	return out, nil
}

// refresh exchanges a refresh token, once. One that comes a second time later on was stolen, or its successor was: the
// family ends (RFC 9700, section 4.14.2). One that is bound to a key is good with that key alone.
func (s *Service) refresh(ctx context.Context, c *client, r *oidc.RefreshTokenRequest, key string) (tokens *oidc.AccessTokenResponse, err error) {
	var refused error
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		tokens, refused = nil, nil
		row, found, err := s.lockedRefreshToken(ctx, secret.Hash(r.RefreshToken))
		if err != nil {
			return err
		}
		if !found || row.Family.ClientID != c.id || row.Family.EndedAt != nil || !s.Now().Before(row.Family.ExpiresAt) || (row.Family.ProofKey != "" && row.Family.ProofKey != key) {
			refused = oidc.ErrInvalidGrant().WithDescription("invalid refresh token")
			return nil
		}
		if row.UsedAt != nil && s.Now().After(row.UsedAt.Add(replyGrace)) {
			refused = oidc.ErrInvalidGrant().WithDescription("invalid refresh token")
			s.Log.WarnContext(ctx, "refresh token used twice; its family is ended", "client", c.id)
			_, err := s.endFamilies(ctx, "id = ?", row.Family.ID)
			return err
		}
		scopes, ok := narrowed(strings.Fields(row.Family.Scopes), r.Scopes)
		if !ok {
			refused = oidc.ErrInvalidScope()
			return nil
		}
		if _, _, err := s.Accounts.Standing(ctx, *row.Family.AccountID); err != nil {
			refused = oidc.ErrInvalidGrant().WithDescription("invalid refresh token")
			return nonProblem(err)
		}
		if err := s.useRefreshToken(ctx, row.TokenHash); err != nil {
			return err
		}
		row.Family.refreshed = true
		tokens, err = s.tokensFor(ctx, c, row.Family, scopes, "", key)
		return err
	})
	if err == nil {
		err = refused
	}
	return tokens, err
}

// narrowed gives the scopes asked for, which must have been granted; all of them when none is asked for.
func narrowed(granted, asked []string) ([]string, bool) {
	if len(asked) == 0 {
		return granted, true
	}
	for _, scope := range asked {
		if !slices.Contains(granted, scope) {
			return nil, false
		}
	}
	return asked, true
}

// clientCredentials gives a client a token on its own behalf, for the scopes about deliveries.
func (s *Service) clientCredentials(ctx context.Context, c *client, asked []string, key string) (*oidc.AccessTokenResponse, error) {
	own := slices.DeleteFunc(slices.Clone(c.scopes), func(scope string) bool { return scope != scopeDeliverRead && scope != scopeDeliverWrite })
	scopes, ok := narrowed(own, asked)
	if !ok {
		return nil, oidc.ErrInvalidScope()
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("make id: %w", err)
	}
	now := s.Now()
	f := familyRow{ID: id, ClientID: c.id, Scopes: strings.Join(scopes, " "), CreatedAt: now, ExpiresAt: now.Add(accessLife), ProofKey: key}
	if err := s.insertFamily(ctx, f); err != nil {
		return nil, err
	}
	access, life, err := s.accessToken(ctx, f, c.id, scopes, key)
	if err != nil {
		return nil, err
	}
	return &oidc.AccessTokenResponse{AccessToken: access, TokenType: typeOf(key), ExpiresIn: uint64(life.Seconds()), Scope: scopes}, nil
}

// revoke ends the family of a refresh or access token when it is the client's.
func (s *Service) revoke(ctx context.Context, clientID, token string) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		row, found, err := s.lockedRefreshToken(ctx, secret.Hash(token))
		if err != nil {
			return err
		}
		family := row.Family
		if !found {
			if _, family, err = s.verify(ctx, token); err != nil {
				return nil //nolint:nilerr // no token, or none any more
			}
		}
		if family.ClientID != clientID {
			return oidc.ErrInvalidRequest().WithDescription("the token is another client's") // RFC 7009, section 2.1
		}
		_, err = s.endFamilies(ctx, "id = ?", family.ID)
		return err
	})
}

// EndPurpose ends the tokens that a recipient has for a purpose, in the transaction of ctx. Who may no longer know the person
// signs them out.
func (s *Service) EndPurpose(ctx context.Context, accountID uuid.UUID, recipient, purpose string) error {
	if _, err := s.endFamilies(ctx, "account_id = ? AND client_id = ? AND purpose = ?", accountID, recipient, purpose); err != nil {
		return err
	}
	if word, _, _ := strings.Cut(purpose, " "); word != purposeSignIn {
		return nil
	}
	return s.tellOfLogout(ctx, "account_id = ? AND client_id = ?", accountID, recipient)
}

// EndSessionTokens ends all tokens given under a session, and what waits to be redeemed, in the transaction of ctx.
func (s *Service) EndSessionTokens(ctx context.Context, sessionID uuid.UUID) error {
	return s.endWhere(ctx, "session_id = ?", sessionID)
}

// EndAccountTokens ends all tokens of an account, and what waits to be redeemed, in the transaction of ctx.
func (s *Service) EndAccountTokens(ctx context.Context, accountID uuid.UUID) error {
	return s.endWhere(ctx, "account_id = ?", accountID)
}

// EndSessionsTokens ends all tokens given under several sessions, and what waits to be redeemed, in the transaction of ctx.
func (s *Service) EndSessionsTokens(ctx context.Context, sessionIDs []uuid.UUID) error {
	if len(sessionIDs) == 0 {
		return nil
	}
	return s.endWhere(ctx, "session_id IN ?", sessionIDs)
}

func (s *Service) endWhere(ctx context.Context, condition string, id any) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.deleteRequests(ctx, condition, id); err != nil {
			return err
		}
		if _, err := s.endFamilies(ctx, condition, id); err != nil {
			return err
		}
		return s.tellOfLogout(ctx, condition, id)
	})
}

// lifeOf is how long an access token of a family is good: never longer than the family.
func (s *Service) lifeOf(f familyRow) time.Duration {
	life := accessLife
	if slices.Contains(strings.Fields(f.Scopes), scopePerson) {
		life = purposeLife
	}
	return min(life, f.ExpiresAt.Sub(s.Now()))
}
