package oidc

import (
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// authRequest shows a request to the library.
type authRequest struct {
	row     requestRow
	service *Service
}

func (r authRequest) GetID() string         { return r.row.ID.String() }
func (r authRequest) GetACR() string        { return r.row.TrustLevel }
func (r authRequest) GetAMR() []string      { return []string{"pwd"} }
func (r authRequest) GetAudience() []string { return []string{r.row.ClientID} }
func (r authRequest) GetClientID() string   { return r.row.ClientID }
func (r authRequest) GetCodeChallenge() *oidc.CodeChallenge {
	return &oidc.CodeChallenge{Challenge: r.row.CodeChallenge, Method: oidc.CodeChallengeMethodS256}
}
func (r authRequest) GetNonce() string                   { return r.row.Nonce }
func (r authRequest) GetRedirectURI() string             { return r.row.RedirectURI }
func (r authRequest) GetResponseType() oidc.ResponseType { return oidc.ResponseTypeCode }
func (r authRequest) GetResponseMode() oidc.ResponseMode { return oidc.ResponseModeQuery }
func (r authRequest) GetScopes() []string                { return r.row.scopes() }
func (r authRequest) GetState() string                   { return r.row.State }
func (r authRequest) Done() bool                         { return r.row.AccountID != nil }

func (r authRequest) GetAuthTime() time.Time {
	if r.row.AuthTime == nil {
		return time.Time{}
	}
	return *r.row.AuthTime
}

func (r authRequest) GetSubject() string {
	if r.row.AccountID == nil {
		return ""
	}
	return r.service.subjectOf(r.row.ClientID, *r.row.AccountID)
}

// refreshRequest shows a token family to the library when it is refreshed.
type refreshRequest struct {
	family  familyRow
	service *Service
	scopes  []string
}

func (r *refreshRequest) GetAMR() []string                 { return []string{"pwd"} }
func (r *refreshRequest) GetAudience() []string            { return []string{r.family.ClientID} }
func (r *refreshRequest) GetClientID() string              { return r.family.ClientID }
func (r *refreshRequest) SetCurrentScopes(scopes []string) { r.scopes = scopes }

func (r *refreshRequest) GetAuthTime() time.Time {
	if r.family.AuthTime == nil {
		return time.Time{}
	}
	return *r.family.AuthTime
}

func (r *refreshRequest) GetScopes() []string {
	if r.scopes != nil {
		return r.scopes
	}
	return strings.Fields(r.family.Scopes)
}

func (r *refreshRequest) GetSubject() string {
	if r.family.AccountID == nil {
		return ""
	}
	return r.service.subjectOf(r.family.ClientID, *r.family.AccountID)
}

// clientRequest is a client asking on its own behalf.
type clientRequest struct {
	clientID string
	scopes   []string
}

func (r clientRequest) GetSubject() string    { return r.clientID }
func (r clientRequest) GetAudience() []string { return []string{r.clientID} }
func (r clientRequest) GetScopes() []string   { return r.scopes }

type signingKey struct{ key jose.JSONWebKey }

func (k signingKey) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.ES256 }
func (k signingKey) Key() any                                    { return k.key.Key }
func (k signingKey) ID() string                                  { return k.key.KeyID }

type publicKey struct{ key jose.JSONWebKey }

func (k publicKey) ID() string                         { return k.key.KeyID }
func (k publicKey) Algorithm() jose.SignatureAlgorithm { return jose.ES256 }
func (k publicKey) Use() string                        { return "sig" }
func (k publicKey) Key() any                           { return k.key.Key }

// opClient shows a client to the library.
type opClient struct {
	Client
	member   bool
	insecure bool
}

func (c opClient) GetID() string          { return c.ID }
func (c opClient) RedirectURIs() []string { return c.Client.RedirectURIs }

// PostLogoutRedirectURIs are the start pages of the client's own addresses.
func (c opClient) PostLogoutRedirectURIs() []string {
	return []string{strings.TrimSuffix(c.URL, "/") + "/", c.URL}
}

func (c opClient) ApplicationType() op.ApplicationType {
	if c.Native {
		return op.ApplicationTypeNative
	}
	return op.ApplicationTypeWeb
}

func (c opClient) AuthMethod() oidc.AuthMethod {
	switch {
	case c.member:
		return oidc.AuthMethodPrivateKeyJWT
	case c.Secret == "":
		return oidc.AuthMethodNone
	}
	return oidc.AuthMethodBasic
}

func (c opClient) ResponseTypes() []oidc.ResponseType {
	return []oidc.ResponseType{oidc.ResponseTypeCode}
}

func (c opClient) GrantTypes() []oidc.GrantType {
	grants := []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeRefreshToken}
	if c.Secret != "" {
		grants = append(grants, oidc.GrantTypeClientCredentials)
	}
	return grants
}

func (c opClient) LoginURL(id string) string           { return loginPath + "?id=" + id }
func (c opClient) AccessTokenType() op.AccessTokenType { return op.AccessTokenTypeBearer }
func (c opClient) IDTokenLifetime() time.Duration      { return idTokenLifetime }
func (c opClient) DevMode() bool                       { return c.insecure }
func (c opClient) RestrictAdditionalIdTokenScopes() func([]string) []string {
	return func(scopes []string) []string { return scopes }
}

func (c opClient) RestrictAdditionalAccessTokenScopes() func([]string) []string {
	return func(scopes []string) []string { return scopes }
}
func (c opClient) IsScopeAllowed(scope string) bool     { return c.allows(scope) }
func (c opClient) IDTokenUserinfoClaimsAssertion() bool { return true }
func (c opClient) ClockSkew() time.Duration             { return 0 }
