// Package identity links an account home with identity providers: the national accounts (BundID, Mein Unternehmenskonto),
// accounts of a Land, eID services. Each is configuration: by SAML 2.0 (saml) or OpenID Connect (openid), with a mapping
// of what it says to what this portal knows. An identity signs in to an account, proves a trust level, and offers data that
// the person may have taken over.
//
// An identity leads to an account by a link alone, which is made by who has proved both. A mail address never leads to one.
package identity

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/problem"
)

// Pages of the single-page application that one is led to.
const (
	pageSignIn  = "/anmelden"          // ?request=&error=&returnTo=
	pageArrival = "/anmelden/nachweis" // ?vorgang=

	pageStaffSignIn = "/mitarbeit/anmelden" // ?error=&returnTo=
	pageDesk        = "/mitarbeit"
)

// Reasons that the page for signing in explains.
const (
	reasonCancelled    = "access_denied"   // the person gave up, or the identity provider could not do it
	reasonExpired      = "expired"         // begun too long ago, or in another browser
	reasonOther        = "other_identity"  // the identity belongs to another account than the one signed in
	reasonLevel        = "level"           // a lower level than needed was reached
	reasonSecondFactor = "second_factor"   // the account asks for more than this identity proves
	reasonUnreachable  = "identity_down"   // the identity provider is out of reach
	reasonFailed       = "identity_failed" // anything else
	reasonNoRole       = "no_role"         // the directory gives no role at this portal
	reasonClosed       = "access_ended"    // an administrator has ended the access
)

// Accounts are the accounts of this portal.
type Accounts interface {
	// Standing gives the name to show and the roles; a problem (401) when the account is closed.
	Standing(ctx context.Context, id uuid.UUID) (name string, roles []string, err error)
	// CreateLinked makes an account without password, in the transaction of ctx: of a person, or of an organisation when that
	// is not empty.
	CreateLinked(ctx context.Context, givenName, familyName string, organisation map[string]string) (uuid.UUID, error)
	// UpdateOrganisation writes what an identity provider says of an organisation, and at which level.
	UpdateOrganisation(ctx context.Context, id uuid.UUID, provider, level string, organisation map[string]string) error
	// DataOf gives a person's data by item; dates as YYYY-MM-DD.
	DataOf(ctx context.Context, id uuid.UUID) (map[types.ProfileItem]string, error)
	// TakeOver writes data by item; origin and level say where they come from and how well they are proved.
	TakeOver(ctx context.Context, id uuid.UUID, origin, level string, data map[types.ProfileItem]string) error
	// ConfirmAddress sends a link to a mail address, which becomes the account's once the link is opened.
	ConfirmAddress(ctx context.Context, id uuid.UUID, email string) error
	// HasPassword says whether an account can sign in with a password.
	HasPassword(ctx context.Context, id uuid.UUID) (bool, error)
	// CreateFromDirectory makes an account for somebody whom a directory gives a role, in the transaction of ctx; made is false when it gives
	// none that there is here.
	CreateFromDirectory(ctx context.Context, directory, name, email string, roles []string) (id uuid.UUID, made bool, err error)
	// UpdateFromDirectory gives an account what the directory gives now, in the transaction of ctx; works is false when no role is left. A
	// problem (401) when the access was ended here.
	UpdateFromDirectory(ctx context.Context, id uuid.UUID, directory, name, email string, roles []string) (works bool, err error)
	// CredentialChanged tells the owner that what the account proves itself with has changed, in the transaction of ctx.
	CredentialChanged(ctx context.Context, id uuid.UUID, what problem.Text) error
}

// Credentials are what accounts prove themselves with beside the password.
type Credentials interface {
	// SecondFactor says which second factors an account asks for after its password; none when it has none.
	SecondFactor(ctx context.Context, accountID uuid.UUID) ([]types.SecondFactorMethods, error)
	// HasPasskey says whether an account can sign in with a passkey.
	HasPasskey(ctx context.Context, accountID uuid.UUID) (bool, error)
}

// Sessions are the browsers that are signed in.
type Sessions interface {
	// SignInIdentity signs in an account by an identity, with what that has proved, in the transaction of ctx. actingPerson is
	// who acts for an organisation.
	SignInIdentity(ctx context.Context, accountID uuid.UUID, provider, level string, methods []string, actingPerson string) (types.Session, []*http.Cookie, error)
	// SignInDirectory signs in staff whom a directory has named, with the methods that it states, in the transaction of ctx; pending is true
	// when they are still to prove their second factor here.
	SignInDirectory(ctx context.Context, accountID uuid.UUID, directory string, methods []string) (pending bool, cookies []*http.Cookie, err error)
	// CheckForgery refuses (403) a request that another site makes in this browser.
	CheckForgery(r *http.Request) error
}

// Config is what the Service is made of.
type Config struct {
	DB        *db.DB
	Keys      *keys.Set
	Self      types.PortalReference // this portal, an account home
	Providers []*Provider
	Audit     Audit // nil: nothing is recorded
	Log       *slog.Logger
	Now       func() time.Time
}

// Rooms are the other rooms that this one works with.
type Rooms struct {
	Accounts    Accounts
	Credentials Credentials
	Sessions    Sessions
}

// Service is the identity providers of one portal.
type Service struct {
	Config
	rooms  Rooms
	cookie cookie
}

// New makes the Service. Connect it before it serves requests.
func New(c Config) *Service {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{Config: c, cookie: newCookie(c.Self.Url)}
	for _, p := range s.Providers {
		p.connect(s)
	}
	return s
}

// Connect tells the Service its neighbours.
func (s *Service) Connect(r Rooms) { s.rooms = r }

// Statement is what an identity provider says of a person or an organisation, in this portal's words.
type Statement struct {
	Subject string            // the identifier there, for this portal only
	Level   types.TrustLevel  // reached
	Methods []string          // Authentication Method References (RFC 8176), and the provider's id
	Roles   []string          // of staff: what the directory's claim gives
	Data    map[string]string // by item, as dataItems has them
}

// name is how to call the person or the organisation.
func (st Statement) name() string {
	if st.organisation() {
		return st.Data[itemOrganisation]
	}
	return st.person()
}

func (st Statement) person() string { return joined(st.Data[itemGivenName], st.Data[itemFamilyName]) }

func (st Statement) organisation() bool { return st.Data[itemOrganisation] != "" }

// actingPerson is who acts for an organisation; empty for a person.
func (st Statement) actingPerson() string {
	if !st.organisation() {
		return ""
	}
	return st.person()
}

func (s *Service) provider(id string) (*Provider, error) {
	i := slices.IndexFunc(s.Providers, func(p *Provider) bool { return p.ID == id })
	if i < 0 {
		return nil, problem.NotFound("identity-provider-unknown", "Diese Art der Anmeldung gibt es hier nicht.", "There is no such way to sign in here.")
	}
	return s.Providers[i], nil
}

// describe puts a provider into the words of the contract.
func (p *Provider) describe(ctx context.Context) types.IdentityProvider {
	return types.IdentityProvider{Id: p.ID, Name: httpx.Localized(ctx, p.Name), Subjects: p.Subjects, Levels: p.levels()}
}

// List gives the identity providers.
func (s *Service) List(ctx context.Context) []types.IdentityProvider {
	out := []types.IdentityProvider{}
	for _, p := range s.Providers {
		if p.staff == nil {
			out = append(out, p.describe(ctx))
		}
	}
	return out
}

// subjectOf is a keyed hash of an identity: it is recognised, and not kept.
func (s *Service) subjectOf(provider, subject string) []byte {
	key := s.Keys.Derive("identity/subject")
	h := hmac.New(sha256.New, key[:])
	_, _ = fmt.Fprintf(h, "%d:%s%s", len(provider), provider, subject) // never fails
	return h.Sum(nil)
}

// citizen gives the account of the citizen who calls with a session.
func citizen(ctx context.Context) (uuid.UUID, error) {
	c := httpx.CallerOf(ctx)
	if c.Kind != httpx.SessionCaller || c.AccountID == uuid.Nil {
		return uuid.Nil, problem.Unauthorized("not-signed-in", "Bitte melden Sie sich an.", "Please sign in.")
	}
	if c.IsStaff() {
		return uuid.Nil, problem.NotFound("staff-account", "Ein Dienstkonto hat kein Bürgerprofil.", "A staff account has no citizen's profile.")
	}
	return c.AccountID, nil
}

// citizenHere is the account of the citizen who is signed in in this browser; nil when there is none.
func citizenHere(ctx context.Context) *uuid.UUID {
	id, err := citizen(ctx)
	if err != nil {
		return nil
	}
	return &id
}

// Levels are the trust levels that can be proved here, the lowest first. The lowest always can, with an account's own credentials.
func (s *Service) Levels() []string {
	out := []string{string(types.Low)}
	for _, level := range []types.TrustLevel{types.Substantial, types.High} {
		if slices.ContainsFunc(s.Providers, func(p *Provider) bool { return slices.Contains(p.levels(), level) }) {
			out = append(out, string(level))
		}
	}
	return out
}
