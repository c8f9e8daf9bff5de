// Package signin keeps the sessions of browsers: of staff and of an account home's citizens with a local account, and of
// citizens who come from their account home by OpenID Connect. It is the relying party of the account home and holds
// its tokens.
package signin

import (
	"context"
	"crypto/ecdsa"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/server/platform/keys"
)

// Pages of the single-page application that the sign-in leads to.
const (
	pageSignIn  = "/anmelden" // ?returnTo=&error=
	pageAccount = "/konto"    // the person's account pages, at the account home
)

// Reasons that the page for signing in explains when it was led to after a failure.
const (
	reasonUnreachable = "unavailable"   // the account home cannot be reached
	reasonDenied      = "access_denied" // the person refused
	reasonExpired     = "expired"       // begun too long ago, or in another browser
	reasonOtherPerson = "other_account" // another account is signed in at the account home
	reasonLevel       = "level"         // the account home proves a lower level than needed
	reasonNoHome      = "no_home"       // the account home that was wanted is none
	reasonFailed      = "failed"        // anything else
)

// Life is how long sessions live.
type Life struct {
	Idle     time.Duration // since the last request
	Absolute time.Duration // since the sign-in
}

// Accounts are the local accounts of this portal.
type Accounts interface {
	// Authenticate checks an address and a password; a problem when they are wrong (401) or tried too often (429).
	Authenticate(ctx context.Context, email, password string) (uuid.UUID, error)
	// Standing gives the name to show and the roles; a problem (401) when the account is closed. In a transaction the
	// account stays as it is until the end.
	Standing(ctx context.Context, id uuid.UUID) (name string, roles []string, err error)
	// DirectoryOf gives the directory by which alone an account of staff is signed in to; empty for a local account.
	DirectoryOf(ctx context.Context, id uuid.UUID) (string, error)
	// Reauthenticate checks the password of an account that is signed in; errors as Authenticate.
	Reauthenticate(ctx context.Context, id uuid.UUID, password string) error
	// NewDevice tells the owner of a sign-in with a browser that is not known yet, in the transaction of ctx.
	NewDevice(ctx context.Context, id uuid.UUID, browser string) error
	// Attempt counts an attempt to guess something of an account (429 when there were too many); right takes it back.
	Attempt(ctx context.Context, id uuid.UUID, what string) (right func(ctx context.Context) error, err error)
}

// Credentials are what local accounts prove themselves with beside the password.
type Credentials interface {
	// SecondFactor says which second factors an account asks for after its password; none when it has none.
	SecondFactor(ctx context.Context, accountID uuid.UUID) ([]types.SecondFactorMethods, error)
	// ProveCode uses a one-time code up, in the transaction of ctx (401 when it is wrong).
	ProveCode(ctx context.Context, accountID uuid.UUID, code string) error
	// ProveRecoveryCode uses a recovery code up, in the transaction of ctx (401 when it is wrong).
	ProveRecoveryCode(ctx context.Context, accountID uuid.UUID, code string) error
	// BeginPasskeySignIn gives the options for a browser, which is named by the hash of its cookie.
	BeginPasskeySignIn(ctx context.Context, browser []byte) (types.PasskeyCeremony, error)
	// PasskeySignIn verifies the answer of that browser and gives whose passkey it is (401 when it is wrong).
	PasskeySignIn(ctx context.Context, browser []byte, answer types.PasskeyAnswer) (accountID uuid.UUID, methods []string, err error)
}

// Provider is this portal's OpenID Provider.
type Provider interface {
	// SignInRequest describes a request for the caller of ctx.
	SignInRequest(ctx context.Context, id uuid.UUID) (types.SignInRequest, error)
	// ApproveRequest answers it with the caller's consent and gives the address to go to.
	ApproveRequest(ctx context.Context, id uuid.UUID) (redirectTo string, err error)
	// DenyRequest refuses it and gives the address to go to.
	DenyRequest(ctx context.Context, id uuid.UUID) (redirectTo string, err error)
	// EndSessionTokens ends all tokens given under a session, in the transaction of ctx.
	EndSessionTokens(ctx context.Context, sessionID uuid.UUID) error
	// EndSessionsTokens ends all tokens given under several sessions, in the transaction of ctx.
	EndSessionsTokens(ctx context.Context, sessionIDs []uuid.UUID) error
	// EndAccountTokens ends all tokens of an account, in the transaction of ctx.
	EndAccountTokens(ctx context.Context, accountID uuid.UUID) error
}

// Powers are the powers of attorney of the association's account homes.
type Powers interface {
	// Held gives one of the powers in force that the caller holds, and when it ends; any other is unknown (404).
	Held(ctx context.Context, id uuid.UUID) (types.Power, time.Time, error)
}

// Config is what the Service is made of.
type Config struct {
	DB       *db.DB
	Keys     *keys.Set
	Signer   Signer                // proves this portal to the account home; default: the signing key of Keys
	Self     types.PortalReference // this portal
	Homes    Homes                 // where citizens have their accounts; this portal may be one
	Citizens Life                  // default 30 minutes, 8 hours
	Staff    Life                  // default 1 hour, 12 hours

	StaffSecondFactor bool // staff have their roles only when they signed in with a second factor or a passkey

	Client *http.Client // for calls to the account home; with limits on time and size
	Log    *slog.Logger
	Now    func() time.Time
}

// Homes are the account homes of the association, as it vouches for them now.
type Homes interface {
	// All lists them; this portal first when it is one.
	All() []types.PortalReference
	// Home gives one by its entity id; false for everybody else's.
	Home(id string) (types.PortalReference, bool)
}

// Signer gives the key that this portal signs with, which changes while it runs.
type Signer interface {
	Signing(ctx context.Context) (id string, private *ecdsa.PrivateKey, err error)
}

// Rooms are the other rooms that this one works with.
type Rooms struct {
	Accounts    Accounts
	Credentials Credentials
	Provider    Provider
	Powers      Powers
}

// Service is the sign-in of one portal.
type Service struct {
	Config
	rooms     Rooms
	cookies   cookies
	homes     homesRead
	refreshes chan struct{} // limits how many refreshes hold a connection of the database at once
}

const refreshesAtOnce = 4

// New makes the Service. Connect it before it serves requests.
func New(c Config) *Service {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Citizens == (Life{}) {
		c.Citizens = Life{Idle: 30 * time.Minute, Absolute: 8 * time.Hour}
	}
	if c.Staff == (Life{}) {
		c.Staff = Life{Idle: time.Hour, Absolute: 12 * time.Hour}
	}
	return &Service{Config: c, cookies: newCookies(c.Self.Url), refreshes: make(chan struct{}, refreshesAtOnce)}
}

// Connect tells the Service its neighbours.
func (s *Service) Connect(r Rooms) { s.rooms = r }

// isHome says whether citizens have accounts at this portal.
func (s *Service) isHome() bool {
	_, here := s.Homes.Home(s.Self.Id)
	return here
}

func (s *Service) lifeOf(roles string) Life {
	if roles != "" {
		return s.Staff
	}
	return s.Citizens
}

// withQuery adds a parameter to a local path.
func withQuery(path, name, value string) string {
	u, err := url.Parse(path)
	if err != nil {
		return "/"
	}
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
	return u.String()
}
