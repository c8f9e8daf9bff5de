// Package accounts keeps local accounts: of citizens at an account home, of staff at their own portal. It holds the
// profile, the consents to read it, and the log of who has read it. Accounts of citizens exist at an account home only;
// any other portal reads a profile there, at the moment of need (prefill).
package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/mail"
	"portalverbund/server/platform/problem"
)

// Pages of the single-page application that mails and answers lead to. Tokens stand behind #, which no server and no log
// sees.
const (
	PageConfirm     = "/registrieren/bestaetigen" // #token=
	PageNewPassword = "/passwort-neu"             // #token=
	PageForgotten   = "/passwort-vergessen"
	PageSignIn      = "/anmelden" // ?request=
)

// Mail puts a mail into the outgoing queue, in the transaction of ctx.
type Mail interface {
	Enqueue(ctx context.Context, m mail.Message) error
}

// Post hands a mail to the mail server.
type Post interface {
	Send(ctx context.Context, m mail.Message) error
}

// Returns knows from which addresses mails came back, so that none goes there any more.
type Returns interface {
	// Stopped says since when; nil when mails go.
	Stopped(ctx context.Context, address string) (*time.Time, error)
	// Arrives forgets that, in ctx's transaction.
	Arrives(ctx context.Context, address string) error
	Counts(ctx context.Context) (mail.Counts, error)
}

// Jobs enqueues background work in the transaction of ctx.
type Jobs interface {
	Insert(ctx context.Context, args river.JobArgs, opts *river.InsertOpts) error
}

// Sessions are the browsers that are signed in.
type Sessions interface {
	// SignInAccount makes a session for a local account, which has proved itself by methods (RFC 8176), and gives its cookie; the
	// browser's old session ends.
	SignInAccount(ctx context.Context, accountID uuid.UUID, methods []string) (*http.Cookie, error)
	// ListSessions gives the sessions of the person who calls.
	ListSessions(ctx context.Context) ([]types.SessionInfo, error)
	// EndSession ends one of the caller's sessions.
	EndSession(ctx context.Context, id uuid.UUID) error
	// EndAccountSessions ends all sessions of an account, and the tokens given under them, in the transaction of ctx.
	EndAccountSessions(ctx context.Context, accountID uuid.UUID) error
}

// Tokens are the access tokens that this portal's OpenID Provider gave.
type Tokens interface {
	// EndPurpose ends the tokens that a recipient has for a purpose, in the transaction of ctx.
	EndPurpose(ctx context.Context, accountID uuid.UUID, recipient, purpose string) error
	// PendingRequest says whether a sign-in request waits to be answered.
	PendingRequest(ctx context.Context, id uuid.UUID) (bool, error)
}

// Services names services.
type Services interface {
	// ServiceTitle gives a service's title by language; a problem with status 404 when it is unknown.
	ServiceTitle(ctx context.Context, id uuid.UUID) (map[string]string, error)
}

// Forms knows what services ask people for.
type Forms interface {
	// ProfileItems lists the items of a profile that the forms of a service ask for; all of them when its forms are not known here.
	ProfileItems(ctx context.Context, serviceID uuid.UUID) ([]types.ProfileItem, error)
}

// Messages sends signed messages to linked portals, in ctx's transaction. A handler's error of class 4xx refuses a message for good.
type Messages interface {
	Send(ctx context.Context, to, kind string, subject uuid.UUID, payload any) (messageID uuid.UUID, err error)
	Handle(kind string, fn func(ctx context.Context, from string, payload json.RawMessage) error)
}

// Subjects knows which account a linked portal means.
type Subjects interface {
	// AccountOf finds the account behind a pairwise subject; a problem with status 404 when there is none.
	AccountOf(ctx context.Context, clientID, subject string) (uuid.UUID, error)
	// SubjectFor gives how a client knows an account.
	SubjectFor(ctx context.Context, clientID string, accountID uuid.UUID) (string, error)
	// SubjectsOf lists the clients that know an account, and how.
	SubjectsOf(ctx context.Context, accountID uuid.UUID) (byClient map[string]string, err error)
}

// Applications are what was applied for at this portal.
type Applications interface {
	// Objection hands an objection to the authority of a person's application, once, in ctx's transaction.
	Objection(ctx context.Context, person httpx.Person, applicationID, id uuid.UUID, at time.Time, text string) error
	// Standing counts a person's drafts and applications, and names those that are open.
	Standing(ctx context.Context, person httpx.Person) (open []string, drafts, handedIn int, err error)
	// JointStanding names the drafts of others that a person takes part in, and counts what was handed in with their consent.
	JointStanding(ctx context.Context, person httpx.Person) (drafts []string, handedIn int, err error)
}

// Mailbox holds messages to people.
type Mailbox interface {
	Count(ctx context.Context, person httpx.Person) (int, error)
}

// Holder is a room that holds something about people.
type Holder interface {
	// PersonalData gives it away, one thing at a time, each with the section that it belongs to.
	PersonalData(ctx context.Context, person httpx.Person, add func(section string, data any) error) error
	// ErasePerson deletes it in ctx's transaction, but for what the law has the portal keep.
	ErasePerson(ctx context.Context, person httpx.Person) error
}

// Linked reads at linked portals.
type Linked interface {
	// FetchPerson gives what a linked portal holds about a person, one PersonalDataItem a line; to be closed.
	FetchPerson(ctx context.Context, member, subject string) (io.ReadCloser, error)
}

// Portals names the members of the association.
type Portals interface {
	Member(id string) (types.PortalReference, bool)
}

// Purposes holds access tokens of the account home for one purpose, for the session of ctx.
type Purposes interface {
	// PurposeToken gives the token for a service; ok is false when the person must consent first.
	PurposeToken(ctx context.Context, serviceID uuid.UUID) (token string, ok bool, err error)
	// DropPurpose forgets it.
	DropPurpose(ctx context.Context, serviceID uuid.UUID) error
}

// Powers are the powers of attorney by which people act for others.
type Powers interface {
	// Profile gives the data of the person for whom the caller acts, as far as the power allows; ok is false when it allows none.
	Profile(ctx context.Context, powerID, serviceID uuid.UUID) (data types.Profile, ok bool, err error)
}

// Homes are the account homes of the association, as it vouches for them now.
type Homes interface {
	// All lists them; this portal first when it is one.
	All() []types.PortalReference
	// Home gives one by its entity id; false for everybody else's.
	Home(id string) (types.PortalReference, bool)
}

// Config is what the Service is made of.
type Config struct {
	DB    *db.DB
	Keys  *keys.Set
	Self  types.PortalReference // this portal
	Homes Homes                 // where citizens have their accounts; this portal may be one
	Mail  Mail
	Post  Post // for jobs that send mails themselves
	// Returns are what mails came back. Nil: nobody knows.
	Returns Returns
	// MailsReturn says whether there is an address that mails come back to.
	MailsReturn bool
	Jobs        Jobs
	Audit       Audit        // nil: nothing is recorded
	Client      *http.Client // for reading at the account home; with limits on time and size
	Log         *slog.Logger
	Now         func() time.Time
	// Address gives the network address of who makes the request. Default: that of the connection.
	Address func(ctx context.Context) string
}

// Rooms are the other rooms that this one works with.
type Rooms struct {
	Sessions Sessions
	Tokens   Tokens
	Services Services
	Purposes Purposes
	Forms    Forms
	Messages Messages
	Subjects Subjects
	Portals  Portals

	Applications Applications
	Mailbox      Mailbox
	Powers       Powers
	Passkeys     Passkeys
	Files        Files // nil: there are none
	Linked       Linked
	Units        Units
	Directories  Directories // nil: staff have local accounts only
	Holders      []Holder    // but for this room itself
}

// Service is the accounts of one portal.
type Service struct {
	Config
	rooms  Rooms
	hasher *hasher
}

// New makes the Service. Connect it before it serves requests.
func New(c Config) *Service {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Address == nil {
		c.Address = connectionAddress
	}
	return &Service{Config: c, hasher: newHasher(max(2, runtime.GOMAXPROCS(0)))}
}

// Connect tells the Service its neighbours, and takes the messages of its kinds at an account home.
func (s *Service) Connect(r Rooms) {
	s.rooms = r
	if r.Messages == nil {
		return
	}
	r.Messages.Handle(kindObjection, s.receiveObjection)
	r.Messages.Handle(kindClosed, s.receiveClosed)
	if s.isHome() {
		r.Messages.Handle(kindProposal, s.receiveProposal)
		r.Messages.Handle(kindAccessed, s.receiveAccess)
	}
}

// isHome says whether citizens have accounts at this portal.
func (s *Service) isHome() bool {
	_, here := s.Homes.Home(s.Self.Id)
	return here
}

// elsewhere says whether the caller is a citizen whose account is at another portal, and at which.
func (s *Service) elsewhere(ctx context.Context) (home types.PortalReference, elsewhere bool) {
	issuer := httpx.CallerOf(ctx).Person.Issuer
	if issuer == "" || issuer == s.Self.Id {
		return s.Self, false
	}
	home, _ = s.Homes.Home(issuer)
	return home, true
}

// requireHome refuses what only an account home can do, and names where to go.
func (s *Service) requireHome() error {
	if s.isHome() {
		return nil
	}
	refused := problem.NotFound("not-account-home", "An diesem Portal gibt es keine Konten.", "There are no accounts at this portal.")
	all := s.Homes.All()
	if len(all) == 1 {
		return refused.With(accountAt(all[0]))
	}
	names := make([]string, 0, len(all))
	for _, home := range all {
		names = append(names, fmt.Sprintf("%s (%s)", home.Name, home.Url))
	}
	return refused.With(problem.Text{
		De: "Konten gibt es bei: " + strings.Join(names, ", ") + ".",
		En: "Accounts are kept at: " + strings.Join(names, ", ") + ".",
	})
}

// requireOwn refuses what a portal does for its own people only.
func (s *Service) requireOwn(ctx context.Context) error {
	home, elsewhere := s.elsewhere(ctx)
	if !elsewhere {
		return s.requireHome()
	}
	return problem.NotFound("not-account-home", "Ihr Konto liegt bei einem anderen Portal.", "Your account is at another portal.").With(accountAt(home))
}

func accountAt(home types.PortalReference) problem.Text {
	return problem.Text{
		De: fmt.Sprintf("Ihr Konto liegt bei: %s (%s).", home.Name, home.Url),
		En: fmt.Sprintf("Your account is at: %s (%s).", home.Name, home.Url),
	}
}

// mac is a keyed hash of what must be compared but not kept.
func (s *Service) mac(purpose string, parts ...string) []byte {
	key := s.Keys.Derive("accounts/" + purpose)
	h := hmac.New(sha256.New, key[:])
	for _, part := range parts {
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part) // never fails
	}
	return h.Sum(nil)
}

func connectionAddress(ctx context.Context) string {
	r := httpx.RequestOf(ctx)
	if r == nil {
		return ""
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// citizen gives the account of the citizen who calls with a session at their account home.
func (s *Service) citizen(ctx context.Context) (uuid.UUID, error) {
	if err := s.requireOwn(ctx); err != nil {
		return uuid.Nil, err
	}
	c := httpx.CallerOf(ctx)
	if c.Kind != httpx.SessionCaller || c.AccountID == uuid.Nil {
		return uuid.Nil, problem.Unauthorized("not-signed-in", "Bitte melden Sie sich an.", "Please sign in.")
	}
	if c.IsStaff() {
		return uuid.Nil, errStaff()
	}
	return c.AccountID, nil
}

func errStaff() error {
	return problem.NotFound("staff-account", "Ein Dienstkonto hat kein Bürgerprofil.", "A staff account has no citizen's profile.").
		With(problem.Text{De: "Melden Sie sich mit Ihrem persönlichen Konto an.", En: "Sign in with your personal account."})
}

// Authenticate checks an address and a password and gives the account. It takes the same time for an unknown address, and
// slows down who guesses (429), by address and network address, so that nobody can lock the owner out. Anything else that
// is wrong is credentials-wrong (401).
func (s *Service) Authenticate(ctx context.Context, email, password string) (uuid.UUID, error) {
	address := networkOf(s.Address(ctx))
	folded, err := foldEmail(email)
	known := err == nil
	buckets := []bucket{
		{key: s.mac("bucket", "signin", folded, address), limits: perAccount()},
		{key: s.mac("bucket", "signin", address), limits: perAddress()},
	}
	if err := s.charge(ctx, buckets); err != nil {
		return uuid.Nil, err
	}
	var row accountRow
	if known {
		if row, known, err = s.accountByEmail(ctx, folded); err != nil {
			return uuid.Nil, err
		}
	}
	if known = known && row.PasswordHash != ""; !known {
		row.PasswordHash = s.hasher.dummy
	}
	right, outdated, err := s.hasher.verify(ctx, row.PasswordHash, password)
	if err != nil {
		return uuid.Nil, err
	}
	if !known || !right || row.DisabledAt != nil {
		s.Log.InfoContext(ctx, "sign-in refused", "account", row.ID, "requestId", httpx.RequestIDOf(ctx))
		return uuid.Nil, problem.Unauthorized("credentials-wrong", "E-Mail-Adresse oder Passwort stimmen nicht.", "The e-mail address or the password is wrong.")
	}
	if err := s.refund(ctx, buckets); err != nil {
		return uuid.Nil, err
	}
	if outdated {
		if err := s.rehash(ctx, row.ID, password); err != nil {
			return uuid.Nil, err
		}
	}
	return row.ID, nil
}

// Standing gives the name to show for an account and its roles. In a transaction the account stays as it is until the
// end. A disabled or unknown account is account-closed (401).
func (s *Service) Standing(ctx context.Context, id uuid.UUID) (name string, roles []string, err error) {
	row, found, err := s.accountShared(ctx, id)
	if err != nil {
		return "", nil, err
	}
	if !found || row.DisabledAt != nil || row.Directory != "" && row.Roles == "" {
		return "", nil, errClosed()
	}
	p, err := s.openProfile(row)
	if err != nil {
		return "", nil, err
	}
	return p.displayName(), strings.Fields(row.Roles), nil
}

// PersonNames gives how a linked portal may call the person, who works there. Nobody else learns it without a consent:
// ReadConsented.
func (s *Service) PersonNames(ctx context.Context, id uuid.UUID) (givenName, familyName, email string, err error) {
	row, err := s.account(ctx, id)
	if err != nil {
		return "", "", "", err
	}
	p, err := s.openProfile(row)
	if err != nil {
		return "", "", "", err
	}
	if row.Directory != "" {
		return p.StaffName, "", p.StaffEmail, nil
	}
	return p.GivenName, p.FamilyName, row.Email, nil
}
