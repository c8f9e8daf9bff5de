// Package oidc is the portal as OpenID Provider: linked portals sign their citizens in with the accounts kept here, and
// providers and apps get access tokens. Requests are parsed, checked and answered by zitadel/oidc (which is certified as a
// client, not as a provider); this room decides what they mean, and keeps requests, codes and tokens in the database.
//
// A person is known to each client by another subject (pairwise). All tokens that came from one code are a family; when
// it ends, none of them is good any more.
package oidc

import (
	"context"
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
	"portalverbund/server/platform/jobs"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/outbound"
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
	scopePowersRead   = "powers:read"
	scopePowersUse    = "powers:use"
	scopeDocsRead     = "documents:read"
	scopeDocsUse      = "documents:use"
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
	purposeLife = 30 * time.Minute // an access token for one purpose: it can't be refreshed, and a form takes its time
	memberLife  = 8 * time.Hour    // a linked portal's family: as long as its session
	appLife     = 90 * 24 * time.Hour
	replyGrace  = 10 * time.Second // a refresh token that comes again so soon is the repeat after a lost reply, not theft
)

// pageSignIn is the page of the single-page application that answers a request (?request=) or tells of a failure (?error=).
const pageSignIn = "/anmelden"

// Members are the linked portals.
type Members interface {
	// Member gives a linked portal by its entity id.
	Member(id string) (types.PortalReference, bool)
	// SigningKey gives the public key with an id that it signs with.
	SigningKey(memberID, keyID string) (*jose.JSONWebKey, bool)
}

// Accounts are the persons of this portal and what they have consented to.
type Accounts interface {
	// Standing gives an account's roles; a problem (401) when it is closed. In a transaction it stays so until the end.
	Standing(ctx context.Context, id uuid.UUID) (name string, roles []string, err error)
	// PersonNames gives how a linked portal may call the person.
	PersonNames(ctx context.Context, id uuid.UUID) (givenName, familyName, email string, err error)
	// ReadConsented gives a recipient what the person has consented to for a purpose, and logs it for the person; a problem
	// with status 403 without a consent.
	ReadConsented(ctx context.Context, accountID uuid.UUID, recipient, purpose string) (types.Profile, error)
	// ActiveConsent says whether the person lets a recipient read for a purpose.
	ActiveConsent(ctx context.Context, accountID uuid.UUID, recipient, purpose string) (bool, error)
	// RecordConsent records that they do.
	RecordConsent(ctx context.Context, accountID uuid.UUID, recipient, recipientName, purpose string, title map[string]string, items []types.ProfileItem) error
}

// Sessions are the browsers that are signed in here.
type Sessions interface {
	// Session finds who is signed in.
	Session(r *http.Request) (httpx.Caller, bool, error)
	// ActsFor says who acts in a session and for which organisation; both are empty for people who act for themselves.
	ActsFor(ctx context.Context, sessionID uuid.UUID) (actingPerson, organisation string, err error)
	// EndBrowserSession ends the browser's session when it is this account's, and gives the cookie that clears it.
	EndBrowserSession(ctx context.Context, r *http.Request, accountID uuid.UUID) (*http.Cookie, error)
}

// Services names services.
type Services interface {
	// ServiceTitle gives a service's title by language; a problem with status 404 when it is unknown.
	ServiceTitle(ctx context.Context, id uuid.UUID) (map[string]string, error)
}

// Audit keeps who did what.
type Audit interface {
	// Record adds an entry for the caller of ctx, in its transaction.
	Record(ctx context.Context, action, object, detail string) error
}

// Forms knows what services ask people for.
type Forms interface {
	// ProfileItems lists the items of a profile that the forms of a service ask for.
	ProfileItems(ctx context.Context, serviceID uuid.UUID) ([]types.ProfileItem, error)
}

// Config is what the Service is made of.
type Config struct {
	DB          *db.DB
	Keys        *keys.Set
	Issuer      string   // entity id of this portal
	AccountHome bool     // whether citizens have accounts here
	Forms       Forms    // what a consent for a service covers
	Levels      []string // trust levels that can be proved here, the lowest first; default low
	Clients     []Client // providers and apps
	Members     Members
	Accounts    Accounts
	Sessions    Sessions
	Services    Services
	Audit       Audit        // nil: nothing is recorded
	Client      *http.Client // for calls to clients' addresses; default: public addresses only
	Loopback    bool         // whether clients may be on this machine, by plain http; never in production
	Log         *slog.Logger
	Now         func() time.Time
}

// Service is the OpenID Provider of one portal.
type Service struct {
	Config
	clients  map[string]*client // of the configuration
	handler  http.Handler
	jobs     *jobs.Client
	ring     ring
	keyCache keyCache
}

// New checks the registered clients and makes the Service.
func New(c Config) (*Service, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Client == nil {
		c.Client = outbound.Client(outbound.Options{AllowLoopback: c.Loopback})
	}
	if len(c.Levels) == 0 {
		c.Levels = []string{string(types.Low)}
	}
	s := &Service{Config: c, clients: map[string]*client{}}
	for _, registered := range c.Clients {
		made, err := registered.prepare(c.AccountHome)
		if err != nil {
			return nil, err
		}
		made.signInURL = s.pageOf
		s.clients[registered.ID] = made
	}
	s.handler = s.newHandler()
	return s, nil
}

// pageOf gives the address of the page for a request.
func (s *Service) pageOf(requestID string) string {
	return s.Issuer + pageSignIn + "?" + url.Values{"request": {requestID}}.Encode()
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
