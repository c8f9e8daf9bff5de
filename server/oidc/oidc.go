// Package oidc is the portal as OpenID Provider: linked portals and providers' software let people sign in with the
// account that they have here. The protocol is zitadel/oidc's; what stands here is who may ask for what, what the person
// must agree to, and what is kept.
//
// Subjects are pairwise, access tokens are opaque, and every token belongs to a family that can be ended at once.
package oidc

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
	"github.com/zitadel/oidc/v3/pkg/op"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/problem"
)

// Scopes beyond those of OpenID Connect; the contract's oauth2 scheme lists them.
const (
	scopePerson       = "person:read"
	scopeMailboxRead  = "mailbox:read"
	scopeMailboxWrite = "mailbox:write"
	scopePurpose      = "purpose:" // followed by the id of the service that data is read for
)

// purposeSignIn is the purpose under which a consent to sign in at a provider is kept.
const purposeSignIn = "signin"

// How long things live.
const (
	requestLifetime = 30 * time.Minute // from the request to the person's answer
	codeLifetime    = 60 * time.Second
	accessLifetime  = 10 * time.Minute
	purposeLifetime = 30 * time.Minute
	refreshLifetime = 12 * time.Hour
	idTokenLifetime = 10 * time.Minute
	lostReplyGrace  = 10 * time.Second // a refresh token used again so soon is a repeat of a lost reply, not theft
)

// Members are the linked portals.
type Members interface {
	Member(id string) (types.PortalReference, bool)
	// SigningKey gives a member's public key by its id.
	SigningKey(memberID, keyID string) (*jose.JSONWebKey, bool)
}

// Accounts are the people who have their account here.
type Accounts interface {
	PersonNames(ctx context.Context, id uuid.UUID) (givenName, familyName, email string, err error)
	ActiveConsent(ctx context.Context, accountID uuid.UUID, recipient, purpose string) (bool, error)
	RecordConsent(ctx context.Context, accountID uuid.UUID, recipient, recipientName, purpose string, title map[string]string, items []types.ProfileItem) error
}

// Services names services; a problem with status 404 when one is unknown.
type Services interface {
	ServiceTitle(ctx context.Context, id uuid.UUID) (map[string]string, error)
}

// Sessions are the browsers that are signed in here.
type Sessions interface {
	Session(r *http.Request) (httpx.Caller, bool, error)
	EndOwnSession(ctx context.Context, sessionID uuid.UUID) error
}

// Client is software of a provider or an app, registered by an administrator.
type Client struct {
	ID           string
	Name         string
	URL          string
	Secret       string // random, at least 16 bytes; empty for apps that cannot keep one (RFC 8252)
	RedirectURIs []string
	Scopes       []string
	Native       bool
}

// Config is what the Service is made of.
type Config struct {
	DB       *db.DB
	Keys     *keys.Set
	Issuer   string // the portal's entity id
	Insecure bool   // plain http, outside production only
	Members  Members
	Clients  []Client
	Accounts Accounts
	Services Services
	Sessions Sessions
	Items    []types.ProfileItem // what a consent to person:read covers
	Log      *slog.Logger
	Now      func() time.Time
}

// Service is the OpenID Provider of one portal.
type Service struct {
	Config
	clients  map[string]Client
	provider *op.Provider
	pairwise [32]byte
}

// New makes the provider.
func New(c Config) (*Service, error) {
	s := &Service{Config: c, clients: map[string]Client{}, pairwise: c.Keys.Derive("oidc/pairwise")}
	for _, client := range c.Clients {
		s.clients[client.ID] = client
	}
	options := []op.Option{
		op.WithCrypto(op.NewAES256GCMCrypto(c.Keys.Derive("oidc/tokens"), "1")),
		op.WithCORSOptions(nil),
		op.WithCustomEndpoints(op.NewEndpoint("oauth2/authorize"), op.NewEndpoint("oauth2/token"), op.NewEndpoint("oauth2/userinfo"),
			op.NewEndpoint("oauth2/revoke"), op.NewEndpoint("oauth2/end-session"), op.NewEndpoint("oauth2/keys")),
		op.WithCustomIntrospectionEndpoint(op.NewEndpoint("oauth2/introspect")),
	}
	if c.Insecure {
		options = append(options, op.WithAllowInsecure())
	}
	provider, err := op.NewProvider(&op.Config{
		CryptoKey: c.Keys.Derive("oidc/tokens"), CryptoKeyId: "1", DefaultLogoutRedirectURI: c.Issuer + "/",
		CodeMethodS256: true, AuthMethodPost: true, AuthMethodPrivateKeyJWT: true, GrantTypeRefreshToken: true,
		SupportedClaims: []string{"sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "name", "given_name", "family_name", "email", "email_verified"},
		SupportedScopes: []string{"openid", "profile", "email", "offline_access", scopePerson, scopeMailboxRead, scopeMailboxWrite},
	}, storage{s}, op.StaticIssuer(c.Issuer), options...)
	if err != nil {
		return nil, fmt.Errorf("openid provider: %w", err)
	}
	s.provider = provider
	return s, nil
}

// subjectOf gives the identifier that a client knows an account by: different for every client (pairwise), always the same.
func (s *Service) subjectOf(clientID string, accountID uuid.UUID) string {
	mac := hmac.New(sha256.New, s.pairwise[:])
	_, _ = mac.Write([]byte(clientID + "\x00" + accountID.String())) // never fails
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// AccountOf finds the account behind a client's subject; 404 when the client has never learnt of such a person.
func (s *Service) AccountOf(ctx context.Context, clientID, subject string) (uuid.UUID, error) {
	id, err := s.accountOf(ctx, clientID, subject)
	if errors.Is(err, errNone) {
		return uuid.Nil, problem.NotFound("person-unknown", "Diese Person ist hier nicht bekannt.", "This person is not known here.")
	}
	return id, err
}

// client finds a linked portal or a registered client.
func (s *Service) client(id string) (Client, bool) {
	if c, ok := s.clients[id]; ok {
		return c, true
	}
	member, ok := s.Members.Member(id)
	if !ok || id == s.Issuer {
		return Client{}, false
	}
	return Client{
		ID: id, Name: member.Name, URL: member.Url, RedirectURIs: []string{id + "/api/v1/signin/callback"},
		Scopes: []string{"openid", "profile", "offline_access", scopePerson, scopeMailboxRead, scopeMailboxWrite},
	}, true
}

// isMember says whether a client is a linked portal: it may sign people in without asking them each for consent.
func (s *Service) isMember(clientID string) bool {
	_, registered := s.clients[clientID]
	return !registered
}

func (c Client) allows(scope string) bool {
	if strings.HasPrefix(scope, scopePurpose) {
		return slices.Contains(c.Scopes, scopePerson)
	}
	return slices.Contains(c.Scopes, scope)
}

// purposeOf finds the service among the scopes; ok is false when there is none, an error when there are several or it is
// no service's id.
func purposeOf(scopes []string) (id uuid.UUID, ok bool, err error) {
	for _, scope := range scopes {
		value, found := strings.CutPrefix(scope, scopePurpose)
		if !found {
			continue
		}
		if ok {
			return uuid.Nil, false, errors.New("more than one purpose")
		}
		if id, err = uuid.Parse(value); err != nil {
			return uuid.Nil, false, fmt.Errorf("purpose: %w", err)
		}
		ok = true
	}
	if !ok && slices.Contains(scopes, scopePerson) {
		return uuid.Nil, false, errors.New("person:read without a purpose")
	}
	return id, ok, nil
}

// citizen gives the caller if it is a person with an account here; staff sign in to the desk, not to other portals.
func citizen(c httpx.Caller) bool {
	return c.Kind == httpx.SessionCaller && c.AccountID != uuid.Nil && len(c.Roles) == 0
}
