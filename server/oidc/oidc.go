// Package oidc is the portal as OpenID Provider: linked portals sign their citizens in with the accounts kept here, and
// providers and apps get access tokens. Requests are parsed, checked and answered by zitadel/oidc (which is certified as a
// client, not as a provider); this room decides what they mean, and keeps requests, codes and tokens in the database.
//
// A person is known to each client by another subject (pairwise). All tokens that came from one code are a family; when
// it ends, none of them is good any more.
package oidc

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
	"github.com/zitadel/oidc/v3/pkg/op"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/keys"
)

// Scopes.
const (
	scopeOpenID       = "openid"
	scopeProfile      = "profile"
	scopeEmail        = "email"
	scopeOffline      = "offline_access"
	scopePerson       = "person:read"
	scopePurpose      = "purpose:" // followed by a service's id
	scopeMailboxRead  = "mailbox:read"
	scopeMailboxWrite = "mailbox:write"
	scopeAppsRead     = "applications:read"
	scopeAppsWrite    = "applications:write"
	scopeDeliverRead  = "deliveries:read"
	scopeDeliverWrite = "deliveries:write"
)

// Lives of what is given out.
const (
	requestLife = time.Hour        // a sign-in request: time enough to register and confirm the mail
	codeLife    = time.Minute      // an authorization code
	accessLife  = 10 * time.Minute // an access token, and an ID token
	memberLife  = 8 * time.Hour    // a linked portal's family: as long as its session
	appLife     = 90 * 24 * time.Hour
)

// Pages of the single-page application that a request leads to.
const (
	pageSignIn  = "/anmelden"         // ?anfrage=
	pageConsent = "/einwilligung"     // ?anfrage=
	pageFailed  = "/anmeldung/fehler" // ?grund=
)

// Members are the linked portals.
type Members interface {
	// Member gives a linked portal by its entity id.
	Member(id string) (types.PortalReference, bool)
	// SigningKeys gives the public keys that it signs with.
	SigningKeys(ctx context.Context, id string) (jose.JSONWebKeySet, error)
}

// Accounts are the persons of this portal and what they have consented to.
type Accounts interface {
	// Standing gives an account's roles; a problem (401) when it is closed. In a transaction it stays so until the end.
	Standing(ctx context.Context, id uuid.UUID) (name string, roles []string, err error)
	// PersonNames gives what the scopes profile and email are about.
	PersonNames(ctx context.Context, id uuid.UUID) (givenName, familyName, email string, err error)
	// ActiveConsent says whether the person lets a recipient read for a purpose.
	ActiveConsent(ctx context.Context, accountID uuid.UUID, recipient, purpose string) (bool, error)
	// RecordConsent records that they do.
	RecordConsent(ctx context.Context, accountID uuid.UUID, recipient, recipientName, purpose string, title map[string]string, items []types.ProfileItem) error
}

// Sessions are the browsers that are signed in here.
type Sessions interface {
	// Session finds who is signed in.
	Session(r *http.Request) (httpx.Caller, bool, error)
	// SignedInAt says when they proved themselves.
	SignedInAt(ctx context.Context, sessionID uuid.UUID) (time.Time, error)
	// EndBrowserSession ends the browser's session when it is this account's, and gives the cookie that clears it.
	EndBrowserSession(ctx context.Context, r *http.Request, accountID uuid.UUID) (*http.Cookie, error)
}

// Services names services.
type Services interface {
	// ServiceTitle gives a service's title by language; a problem with status 404 when it is unknown.
	ServiceTitle(ctx context.Context, id uuid.UUID) (map[string]string, error)
}

// Config is what the Service is made of.
type Config struct {
	DB          *db.DB
	Keys        *keys.Set
	Retired     []jose.JSONWebKey     // public keys that signed before a rotation: still published, still verified
	Self        types.PortalReference // this portal; its id is the issuer
	AccountHome bool                  // whether citizens have accounts here
	Clients     []Client              // providers and apps
	Log         *slog.Logger
	Now         func() time.Time
}

// Rooms are the other rooms that this one works with.
type Rooms struct {
	Members  Members
	Accounts Accounts
	Sessions Sessions
	Services Services
}

// Service is the OpenID Provider of one portal.
type Service struct {
	Config
	rooms   Rooms
	clients map[string]*client
	handler http.Handler
}

// New makes the Service. Connect it before it serves requests.
func New(c Config) (*Service, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{Config: c, clients: map[string]*client{}}
	for _, registered := range c.Clients {
		made, err := registered.prepare(c.AccountHome)
		if err != nil {
			return nil, err
		}
		made.signInURL = s.pageOf(pageSignIn)
		s.clients[registered.ID] = made
	}
	s.handler = s.newHandler()
	return s, nil
}

// Connect tells the Service its neighbours.
func (s *Service) Connect(r Rooms) { s.rooms = r }

// Issuer is the portal's entity id: the iss of its tokens.
func (s *Service) Issuer() string { return s.Self.Id }

// pageOf gives the address of a page for a request.
func (s *Service) pageOf(page string) func(requestID string) string {
	return func(requestID string) string {
		return s.Issuer() + page + "?" + url.Values{"anfrage": {requestID}}.Encode()
	}
}

func (s *Service) endpoints() op.Endpoints {
	return op.Endpoints{
		Authorization: op.NewEndpoint("/oauth2/authorize"),
		Token:         op.NewEndpoint("/oauth2/token"),
		Introspection: op.NewEndpoint("/oauth2/introspect"),
		Userinfo:      op.NewEndpoint("/oauth2/userinfo"),
		Revocation:    op.NewEndpoint("/oauth2/revoke"),
		EndSession:    op.NewEndpoint("/oauth2/end-session"),
		JwksURI:       op.NewEndpoint("/oauth2/keys"),
	}
}

// purposeOf finds the purpose among scopes; ok is false when there is more than one, or one that is no service's id.
func purposeOf(scopes []string) (purpose string, ok bool) {
	for _, scope := range scopes {
		id, found := strings.CutPrefix(scope, scopePurpose)
		if !found {
			continue
		}
		parsed, err := uuid.Parse(id)
		if purpose != "" || err != nil || parsed.String() != id {
			return "", false
		}
		purpose = id
	}
	return purpose, true
}

func sha256Of(value string) []byte {
	sum := sha256.Sum256([]byte(value))
	return sum[:]
}
