package oidc

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"portalverbund/server/platform/secret"
)

const (
	minSecret        = 32 // characters; secrets are made by machines
	callbackPath     = "/api/v1/signin/callback"
	maxAssertionLife = 5 * time.Minute
	clockSkew        = 10 * time.Second
)

// Client is a provider or an app of the portal's configuration.
type Client struct {
	ID                     string   `json:"id"`   // not a URL: those name linked portals
	Name                   string   `json:"name"` // shown to people
	URL                    string   `json:"url,omitempty"`
	Secret                 string   `json:"secret,omitempty"`                 // at least 32 characters; none when Native
	Native                 bool     `json:"native,omitempty"`                 // an app on the person's device, which can keep no secret (RFC 8252)
	Scopes                 []string `json:"scopes"`                           // that it may ask for
	RedirectURIs           []string `json:"redirectUris,omitempty"`           // compared letter by letter
	PostLogoutRedirectURIs []string `json:"postLogoutRedirectUris,omitempty"` // compared letter by letter
	LogoutURI              string   `json:"backChannelLogoutUri,omitempty"`   // learns when a session ends
}

// client is a linked portal, or a provider or app, as zitadel/oidc knows clients.
type client struct {
	id, name, url string
	privacyURL    string
	purpose       map[string]string // what it is for, by language; none of members and of the configuration
	member        bool
	native        bool // no secret; the person is asked each time, as anything may pose as an app
	redirects     []string
	afterLogout   []string
	logoutURL     string
	scopes        []string
	grants        []oidc.GrantType
	secretHashes  [][]byte
	keys          func(ctx context.Context, keyID string) (*jose.JSONWebKey, error) // of those who prove themselves by private_key_jwt
	signInURL     func(requestID string) string
}

var _ op.Client = (*client)(nil)

// prepare checks a registered client.
func (c Client) prepare(accountHome bool) (*client, error) {
	switch {
	case c.ID == "" || strings.Contains(c.ID, "/") || c.Name == "":
		return nil, fmt.Errorf("client %q: needs a name, and an id without slashes", c.ID)
	case c.Native && c.Secret != "":
		return nil, fmt.Errorf("client %q: an app on people's devices has no secret", c.ID)
	case !c.Native && len(c.Secret) < minSecret:
		return nil, fmt.Errorf("client %q: the secret needs at least %d characters", c.ID, minSecret)
	}
	known := append(personScopes(), scopeDeliverRead, scopeDeliverWrite)
	for _, scope := range c.Scopes {
		if !slices.Contains(known, scope) {
			return nil, fmt.Errorf("client %q: unknown scope %q", c.ID, scope)
		}
	}
	for _, address := range slices.Concat(c.RedirectURIs, c.PostLogoutRedirectURIs) {
		u, err := url.Parse(address)
		web := err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
		own := err == nil && c.Native && strings.Contains(u.Scheme, ".") // a private-use scheme (RFC 8252, section 7.1)
		if (!web && !own) || u.Fragment != "" || u.User != nil {
			return nil, fmt.Errorf("client %q: %q is not an address to come back to", c.ID, address)
		}
	}
	made := &client{
		id: c.ID, name: c.Name, url: c.URL, redirects: c.RedirectURIs, afterLogout: c.PostLogoutRedirectURIs,
		scopes: c.Scopes, native: c.Native, logoutURL: c.LogoutURI,
	}
	if !c.Native {
		made.secretHashes = [][]byte{secret.Hash(c.Secret)}
	}
	if !c.Native && (slices.Contains(c.Scopes, scopeDeliverRead) || slices.Contains(c.Scopes, scopeDeliverWrite)) {
		made.grants = append(made.grants, oidc.GrantTypeClientCredentials)
	}
	if accountHome && len(c.RedirectURIs) > 0 {
		made.grants = append(made.grants, oidc.GrantTypeCode)
		if slices.Contains(c.Scopes, scopeOffline) {
			made.grants = append(made.grants, oidc.GrantTypeRefreshToken)
		}
	}
	return made, nil
}

// personScopes are about a person; they are granted by them or, to linked portals, by the association's rules.
func personScopes() []string {
	return []string{
		scopeOpenID, scopeProfile, scopeEmail, scopeOffline, scopePerson,
		scopeMailboxRead, scopeMailboxWrite, scopePowersRead, scopePowersUse, scopeDocsRead, scopeDocsUse, scopeAppsRead, scopeAppsWrite,
	}
}

// memberScopes are what linked portals may ask for. The person works in them, so their name and mailbox need no consent;
// the profile does, for each purpose.
func memberScopes() []string {
	return []string{scopeOpenID, scopeProfile, scopeOffline, scopePerson, scopeMailboxRead, scopeMailboxWrite, scopePowersRead, scopePowersUse, scopeDocsRead, scopeDocsUse}
}

var (
	errUnknownClient = errors.New("unknown client")
	errUnknownKey    = errors.New("unknown key")
)

// client finds a linked portal, a client of the configuration or a registered one; errUnknownClient when there is none.
func (s *Service) client(ctx context.Context, id string) (*client, error) {
	if c, ok := s.clients[id]; ok {
		return c, nil
	}
	if strings.Contains(id, "/") { // an entity id
		return s.memberClient(id)
	}
	return s.registeredClient(ctx, id)
}

// configured says whether an id is that of a client of the configuration or of a linked portal.
func (s *Service) configured(id string) bool {
	if _, ok := s.clients[id]; ok {
		return true
	}
	_, err := s.memberClient(id)
	return err == nil
}

func (s *Service) memberClient(id string) (*client, error) {
	if !s.AccountHome || id == s.Issuer {
		return nil, errUnknownClient
	}
	member, ok := s.Members.Member(id)
	if !ok {
		return nil, errUnknownClient
	}
	return &client{
		id: member.Id, name: member.Name, url: member.Url, member: true,
		redirects: []string{member.Id + callbackPath}, afterLogout: []string{member.Id + "/"}, logoutURL: member.Id + logoutPath,
		scopes: memberScopes(), grants: []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeRefreshToken},
		keys: func(_ context.Context, keyID string) (*jose.JSONWebKey, error) {
			if key, ok := s.Members.SigningKey(member.Id, keyID); ok {
				return key, nil
			}
			return nil, errUnknownKey
		},
		signInURL: s.pageOf,
	}, nil
}

// GetID gives the client_id.
func (c *client) GetID() string { return c.id }

// RedirectURIs gives the addresses that an answer may go to.
func (c *client) RedirectURIs() []string { return c.redirects }

// PostLogoutRedirectURIs gives the addresses to go to after signing out.
func (c *client) PostLogoutRedirectURIs() []string { return c.afterLogout }

// ApplicationType tells servers, which keep a secret, from apps on people's devices.
func (c *client) ApplicationType() op.ApplicationType {
	if c.native {
		return op.ApplicationTypeNative
	}
	return op.ApplicationTypeWeb
}

// AuthMethod is private_key_jwt for linked portals and who has registered keys, none for apps on people's devices, else a secret.
func (c *client) AuthMethod() oidc.AuthMethod {
	switch {
	case c.keys != nil:
		return oidc.AuthMethodPrivateKeyJWT
	case c.native:
		return oidc.AuthMethodNone
	}
	return oidc.AuthMethodBasic
}

// ResponseTypes is code, for who may use it.
func (c *client) ResponseTypes() []oidc.ResponseType {
	if slices.Contains(c.grants, oidc.GrantTypeCode) {
		return []oidc.ResponseType{oidc.ResponseTypeCode}
	}
	return nil
}

// GrantTypes gives what the client may use.
func (c *client) GrantTypes() []oidc.GrantType { return c.grants }

// LoginURL gives the page that answers a request.
func (c *client) LoginURL(requestID string) string { return c.signInURL(requestID) }

// AccessTokenType is JWT.
func (c *client) AccessTokenType() op.AccessTokenType { return op.AccessTokenTypeJWT }

// IDTokenLifetime is short: an ID token says who is there now.
func (c *client) IDTokenLifetime() time.Duration { return accessLife }

// DevMode is off: plain http is allowed to confidential clients with a registered address only.
func (c *client) DevMode() bool { return false }

// RestrictAdditionalIdTokenScopes takes nothing away.
func (c *client) RestrictAdditionalIdTokenScopes() func([]string) []string { //nolint:revive // the name is the library's
	return slices.Clone[[]string]
}

// RestrictAdditionalAccessTokenScopes takes nothing away.
func (c *client) RestrictAdditionalAccessTokenScopes() func([]string) []string {
	return slices.Clone[[]string]
}

// IsScopeAllowed says whether the client may ask for a scope.
func (c *client) IsScopeAllowed(scope string) bool {
	if strings.HasPrefix(scope, scopePurpose) {
		scope = scopePerson
	}
	return slices.Contains(c.scopes, scope)
}

// IDTokenUserinfoClaimsAssertion is off: names are read at the userinfo endpoint.
func (c *client) IDTokenUserinfoClaimsAssertion() bool { return false }

// ClockSkew is none: times are stated as they are.
func (c *client) ClockSkew() time.Duration { return 0 }

// authenticate proves a client by its secret or by an assertion (RFC 7523).
func (s *Service) authenticate(ctx context.Context, cc *op.ClientCredentials) (*client, error) {
	if cc.ClientAssertion != "" {
		c, err := s.authenticateByKey(ctx, cc)
		if err != nil {
			s.Log.WarnContext(ctx, "client assertion refused", "error", err)
			return nil, errInvalidClient()
		}
		return c, nil
	}
	c, err := s.client(ctx, cc.ClientID)
	switch {
	case errors.Is(err, errUnknownClient):
		return nil, errInvalidClient()
	case err != nil:
		return nil, err
	case c.keys != nil:
		return nil, errInvalidClient()
	case c.native && cc.ClientSecret == "": // PKCE ties the code to who began
		return c, nil
	case c.native, !c.knowsSecret(cc.ClientSecret):
		return nil, errInvalidClient()
	}
	return c, nil
}

// knowsSecret compares a secret with those that are good, all of them.
func (c *client) knowsSecret(given string) bool {
	hash, right := secret.Hash(given), 0
	for _, known := range c.secretHashes {
		right |= subtle.ConstantTimeCompare(known, hash)
	}
	return right == 1
}

// assertionAlgs are the algorithms of client assertions.
func assertionAlgs() []string { return []string{string(jose.ES256), string(jose.PS256)} }

func (s *Service) authenticateByKey(ctx context.Context, cc *op.ClientCredentials) (*client, error) {
	var claims jwt.RegisteredClaims
	var c *client
	_, err := jwt.ParseWithClaims(cc.ClientAssertion, &claims, func(t *jwt.Token) (any, error) {
		var err error
		if c, err = s.client(ctx, claims.Issuer); err != nil {
			return nil, err
		}
		if c.keys == nil {
			return nil, errors.New("not a client with keys")
		}
		typ, named := t.Header["typ"]
		if (named || c.member) && typ != "client-authentication+jwt" && typ != "JWT" {
			return nil, fmt.Errorf("a token of type %.40v", typ)
		}
		kid, _ := t.Header["kid"].(string)
		key, err := c.keys(ctx, kid)
		if err != nil {
			return nil, err
		}
		if !key.IsPublic() || (key.Algorithm != "" && key.Algorithm != t.Method.Alg()) {
			return nil, errUnknownKey
		}
		return key.Key, nil
	}, jwt.WithValidMethods(assertionAlgs()), jwt.WithIssuedAt(), jwt.WithExpirationRequired(), jwt.WithTimeFunc(s.Now), jwt.WithLeeway(clockSkew))
	if err != nil {
		return nil, err
	}
	switch {
	case len(claims.Audience) != 1 || claims.Audience[0] != s.Issuer: // the issuer and nobody else
		return nil, errors.New("not for this portal")
	case claims.Subject != claims.Issuer || (cc.ClientID != "" && cc.ClientID != claims.Issuer):
		return nil, errors.New("issuer, subject and client_id differ")
	case claims.ID == "" || len(claims.ID) > 100 || claims.IssuedAt == nil:
		return nil, errors.New("jti or iat is missing")
	case claims.ExpiresAt.Sub(claims.IssuedAt.Time) > maxAssertionLife:
		return nil, errors.New("valid for too long")
	}
	fresh, err := s.storeAssertion(ctx, c.id, claims.ID, claims.ExpiresAt.Add(clockSkew))
	if err != nil {
		return nil, err
	}
	if !fresh {
		return nil, errors.New("used before")
	}
	return c, nil
}

func errInvalidClient() error {
	return op.NewStatusError(oidc.ErrInvalidClient().WithDescription("client authentication failed"), http.StatusUnauthorized)
}
