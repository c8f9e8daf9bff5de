package oidc

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"portalverbund/server/platform/secret"
)

// storage is what the library asks for, in its words.
type storage struct{ *Service }

var (
	_ op.Storage                        = storage{}
	_ op.ClientCredentialsStorage       = storage{}
	_ op.CanSetUserinfoFromRequest      = storage{}
	_ op.CanTerminateSessionFromRequest = storage{}
)

// CreateAuthRequest keeps what a client asks for, after the checks that the library leaves to us: PKCE with S256, the
// answer in the query only, and at most one purpose, which is a service.
func (s storage) CreateAuthRequest(ctx context.Context, r *oidc.AuthRequest, _ string) (op.AuthRequest, error) {
	if r.CodeChallenge == "" || r.CodeChallengeMethod != oidc.CodeChallengeMethodS256 {
		return nil, oidc.ErrInvalidRequest().WithDescription("code_challenge with S256 is required")
	}
	if r.ResponseMode != "" && r.ResponseMode != oidc.ResponseModeQuery {
		return nil, oidc.ErrInvalidRequest().WithDescription("response_mode must be query")
	}
	if !slices.Contains(r.Scopes, oidc.ScopeOpenID) {
		return nil, oidc.ErrInvalidScope().WithDescription("scope openid is required")
	}
	purpose, ok, err := purposeOf(r.Scopes)
	if err != nil {
		return nil, oidc.ErrInvalidScope().WithDescription("person:read needs exactly one purpose:<service id>").WithParent(err)
	}
	if ok {
		if _, err := s.Services.ServiceTitle(ctx, purpose); err != nil {
			return nil, oidc.ErrInvalidScope().WithDescription("unknown service").WithParent(err)
		}
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	now := s.Now()
	row := requestRow{
		ID: id, ClientID: r.ClientID, RedirectURI: r.RedirectURI, Scopes: strings.Join(r.Scopes, " "), State: r.State, Nonce: r.Nonce,
		CodeChallenge: r.CodeChallenge, AskConsent: slices.Contains(r.Prompt, oidc.PromptConsent), Silent: slices.Contains(r.Prompt, oidc.PromptNone),
		FreshAfter: fresh(now, r.MaxAge), CreatedAt: now, ExpiresAt: now.Add(requestLifetime),
	}
	return authRequest{row, s.Service}, s.insertRequest(ctx, row)
}

// AuthRequestByID finds a request that has not run out.
func (s storage) AuthRequestByID(ctx context.Context, id string) (op.AuthRequest, error) {
	parsed, err := uuid.Parse(id)
	if err != nil {
		return nil, err
	}
	row, err := s.request(ctx, parsed)
	return authRequest{row, s.Service}, err
}

// AuthRequestByCode finds the request of a code. A code that was redeemed before ends the tokens it gave (RFC 6749 section
// 4.1.2).
func (s storage) AuthRequestByCode(ctx context.Context, code string) (op.AuthRequest, error) {
	hash := secret.Hash(code)
	row, err := s.requestByCode(ctx, hash)
	if errors.Is(err, errNone) {
		return nil, errors.Join(err, s.endReusedCode(ctx, hash))
	}
	if err == nil && !s.Now().Before(row.ExpiresAt) {
		err = errNone
	}
	return authRequest{row, s.Service}, err
}

func (s storage) endReusedCode(ctx context.Context, hash []byte) error {
	outside := s.DB.Outside(ctx) // this stays although the redemption is refused
	family, err := s.familyByCode(outside, hash)
	if errors.Is(err, errNone) {
		return nil
	}
	if err != nil {
		return err
	}
	s.Log.WarnContext(ctx, "authorization code used twice, its tokens are ended", "family", family.ID, "client", family.ClientID)
	return s.endFamilies(outside, "id = ?", family.ID)
}

// SaveAuthCode keeps a code's hash and lets it live for a minute.
func (s storage) SaveAuthCode(ctx context.Context, id, code string) error {
	parsed, err := uuid.Parse(id)
	if err != nil {
		return err
	}
	return s.saveCode(ctx, parsed, secret.Hash(code), s.Now().Add(codeLifetime))
}

// DeleteAuthRequest forgets a request once it has become tokens.
func (s storage) DeleteAuthRequest(ctx context.Context, id string) error {
	parsed, err := uuid.Parse(id)
	if err != nil {
		return err
	}
	return s.deleteRequest(ctx, parsed)
}

// CreateAccessToken begins a family, or goes on with a refreshed one.
func (s storage) CreateAccessToken(ctx context.Context, request op.TokenRequest) (string, time.Time, error) {
	family, err := s.familyFor(ctx, request, purposeLifetime)
	if err != nil {
		return "", time.Time{}, err
	}
	lifetime := accessLifetime
	if family.Purpose != "" {
		lifetime = purposeLifetime
	}
	expires := s.Now().Add(lifetime)
	return tokenID(family.ID, expires), expires, nil
}

// CreateAccessAndRefreshTokens does the same with a refresh token, which replaces the one that was used.
func (s storage) CreateAccessAndRefreshTokens(ctx context.Context, request op.TokenRequest, current string) (string, string, time.Time, error) {
	family, err := s.familyFor(ctx, request, refreshLifetime)
	if err != nil {
		return "", "", time.Time{}, err
	}
	refresh, err := s.newRefreshToken(ctx, family.ID, current)
	expires := s.Now().Add(accessLifetime)
	return tokenID(family.ID, expires), refresh, expires, err
}

func (s storage) familyFor(ctx context.Context, request op.TokenRequest, lifetime time.Duration) (familyRow, error) {
	switch r := request.(type) {
	case authRequest:
		return s.newFamily(ctx, familyRow{
			ClientID: r.row.ClientID, AccountID: r.row.AccountID, SessionID: r.row.SessionID, Scopes: r.row.Scopes,
			TrustLevel: r.row.TrustLevel, AuthTime: r.row.AuthTime, CodeHash: r.row.CodeHash,
		}, lifetime)
	case *refreshRequest:
		return r.family, nil
	case clientRequest:
		return s.newFamily(ctx, familyRow{ClientID: r.clientID, Scopes: strings.Join(r.scopes, " ")}, lifetime)
	}
	return familyRow{}, fmt.Errorf("token request of kind %T", request)
}

// TokenRequestByRefreshToken finds what a refresh token stands for.
func (s storage) TokenRequestByRefreshToken(ctx context.Context, token string) (op.RefreshTokenRequest, error) {
	family, err := s.refresh(ctx, token)
	if err != nil {
		return nil, err
	}
	return &refreshRequest{family: family, service: s.Service}, nil
}

// TerminateSession is replaced by TerminateSessionFromRequest.
func (s storage) TerminateSession(context.Context, string, string) error {
	return errors.New("not used")
}

// TerminateSessionFromRequest ends the browser's session here when the client's id_token_hint is about the person who is
// signed in: nobody can be signed out by a stray link.
func (s storage) TerminateSessionFromRequest(ctx context.Context, r *op.EndSessionRequest) (string, error) {
	caller := browserOf(ctx)
	if r.IDTokenHintClaims == nil || !citizen(caller) || s.subjectOf(r.ClientID, caller.AccountID) != r.UserID {
		return r.RedirectURI, nil
	}
	return r.RedirectURI, s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.EndSessionTokens(ctx, caller.SessionID); err != nil {
			return err
		}
		return s.Sessions.EndOwnSession(ctx, caller.SessionID)
	})
}

// RevokeToken ends the family of an access or refresh token, for the client that it was given to.
func (s storage) RevokeToken(ctx context.Context, token, _, clientID string) *oidc.Error {
	id, _, err := parseTokenID(token)
	if err != nil {
		row, err := s.refreshToken(ctx, secret.Hash(token))
		if errors.Is(err, errNone) {
			return nil // RFC 7009: an unknown token is as good as revoked
		}
		if err != nil {
			return oidc.ErrServerError().WithParent(err)
		}
		id = row.FamilyID
	}
	if err := s.endFamilies(ctx, "id = ? AND client_id = ?", id, clientID); err != nil {
		return oidc.ErrServerError().WithParent(err)
	}
	return nil
}

// GetRefreshTokenInfo says whether a token is a refresh token.
func (s storage) GetRefreshTokenInfo(ctx context.Context, _, token string) (string, string, error) {
	if _, err := s.refreshToken(ctx, secret.Hash(token)); err != nil {
		return "", "", op.ErrInvalidRefreshToken
	}
	return "", token, nil
}

// SigningKey gives the portal's signing key.
func (s storage) SigningKey(context.Context) (op.SigningKey, error) {
	return signingKey{s.Keys.Signing}, nil
}

// SignatureAlgorithms are those of the keys published.
func (s storage) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.ES256}, nil
}

// KeySet gives the public keys that ID tokens verify with. Keys that are rotated out stay here until nothing signed with
// them can be in flight.
func (s storage) KeySet(context.Context) ([]op.Key, error) {
	return []op.Key{publicKey{s.Keys.Signing.Public()}}, nil
}

// GetClientByClientID finds a client.
func (s storage) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	c, ok := s.client(id)
	if !ok {
		return nil, errors.New("unknown client")
	}
	return opClient{c, s.isMember(id), s.Insecure}, nil
}

// AuthorizeClientIDSecret compares a secret in constant time.
func (s storage) AuthorizeClientIDSecret(_ context.Context, id, value string) error {
	c, ok := s.clients[id]
	want, got := sha256.Sum256([]byte(c.Secret)), sha256.Sum256([]byte(value))
	if subtle.ConstantTimeCompare(want[:], got[:]) != 1 || !ok || c.Secret == "" {
		return errors.New("wrong client or secret")
	}
	return nil
}

// ClientCredentials proves a client for a token on its own behalf.
func (s storage) ClientCredentials(ctx context.Context, id, value string) (op.Client, error) {
	if err := s.AuthorizeClientIDSecret(ctx, id, value); err != nil {
		return nil, err
	}
	return s.GetClientByClientID(ctx, id)
}

// ClientCredentialsTokenRequest gives a client the scopes that it asks for on its own behalf and may have.
func (s storage) ClientCredentialsTokenRequest(_ context.Context, id string, scopes []string) (op.TokenRequest, error) {
	c, ok := s.clients[id]
	if !ok {
		return nil, errors.New("unknown client")
	}
	granted := slices.DeleteFunc(slices.Clone(scopes), func(scope string) bool {
		return !c.allows(scope) || !strings.HasPrefix(scope, "deliveries:")
	})
	if len(granted) == 0 {
		return nil, oidc.ErrInvalidScope().WithDescription("none of these scopes is granted to this client on its own behalf")
	}
	return clientRequest{clientID: id, scopes: granted}, nil
}

// SetUserinfoFromScopes is replaced by SetUserinfoFromRequest.
func (s storage) SetUserinfoFromScopes(context.Context, *oidc.UserInfo, string, string, []string) error {
	return nil
}

// SetUserinfoFromRequest puts the name, and the mail address where it was asked for, into the ID token.
func (s storage) SetUserinfoFromRequest(ctx context.Context, info *oidc.UserInfo, request op.IDTokenRequest, scopes []string) error {
	switch r := request.(type) {
	case authRequest:
		return s.setNames(ctx, info, r.row.AccountID, scopes)
	case *refreshRequest:
		return s.setNames(ctx, info, r.family.AccountID, scopes)
	}
	return nil
}

func (s storage) setNames(ctx context.Context, info *oidc.UserInfo, accountID *uuid.UUID, scopes []string) error {
	if accountID == nil || (!slices.Contains(scopes, oidc.ScopeProfile) && !slices.Contains(scopes, oidc.ScopeEmail)) {
		return nil
	}
	given, family, email, err := s.Accounts.PersonNames(ctx, *accountID)
	if err != nil {
		return err
	}
	if slices.Contains(scopes, oidc.ScopeProfile) {
		info.Name, info.GivenName, info.FamilyName = strings.TrimSpace(given+" "+family), given, family
	}
	if slices.Contains(scopes, oidc.ScopeEmail) {
		info.Email, info.EmailVerified = email, true
	}
	return nil
}

// SetUserinfoFromToken answers the userinfo endpoint.
func (s storage) SetUserinfoFromToken(ctx context.Context, info *oidc.UserInfo, id, subject, _ string) error {
	family, err := s.live(ctx, id)
	if err != nil {
		return err
	}
	info.Subject = subject
	return s.setNames(ctx, info, family.AccountID, strings.Fields(family.Scopes))
}

// SetIntrospectionFromToken tells a client about a token of its own.
func (s storage) SetIntrospectionFromToken(ctx context.Context, answer *oidc.IntrospectionResponse, id, subject, clientID string) error {
	family, err := s.live(ctx, id)
	if err != nil {
		return err
	}
	if family.ClientID != clientID {
		return errors.New("another client's token")
	}
	answer.Active, answer.Subject, answer.ClientID = true, subject, clientID
	answer.Scope = strings.Fields(family.Scopes)
	return nil
}

// GetPrivateClaimsFromScopes adds nothing: access tokens are opaque.
func (s storage) GetPrivateClaimsFromScopes(context.Context, string, string, []string) (map[string]any, error) {
	return map[string]any{}, nil
}

// GetKeyByIDAndClientID gives a linked portal's key, to verify its client assertion.
func (s storage) GetKeyByIDAndClientID(_ context.Context, keyID, clientID string) (*jose.JSONWebKey, error) {
	key, ok := s.Members.SigningKey(clientID, keyID)
	if !ok {
		return nil, errors.New("unknown key")
	}
	return key, nil
}

// ValidateJWTProfileScopes belongs to a grant that is not offered.
func (s storage) ValidateJWTProfileScopes(context.Context, string, []string) ([]string, error) {
	return nil, errors.New("not offered")
}

// Health is the database's.
func (s storage) Health(ctx context.Context) error { return s.DB.Ping(ctx) }
