// Package powers keeps powers of attorney (Vollmachten) at the account home: who may act for whom, for which services, and until when. A
// power is granted by the person themselves (the principal), accepted by the one who acts (the representative), and confirmed by the
// principal, who then knows who it is. Either ends it at once; it ends by itself on its last day. Any portal of the association asks here
// when somebody acts, and gets a signed proof that travels with the application.
//
// Not covered are parents who act for their children, and guardians: what the law gives needs no power, and there is no register
// to read it from.
package powers

import (
	"context"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/mail"
	"portalverbund/server/platform/problem"
)

// Limits of this room.
const (
	MaxYears       = 3                   // that a power lasts at most
	MaxGranted     = 20                  // powers of one person that wait or are in force
	MaxReceived    = 50                  // powers that one person holds
	MaxScopes      = 30                  // services and groups of one power
	InvitationLife = 14 * 24 * time.Hour // in which an invitation is accepted
	perDay         = 10                  // invitations of one person
	perAddressDay  = 3                   // invitations to one address, by all people
	maxUses        = 100                 // that are shown
	maxListed      = 200                 // powers of a list
)

// Pages of the single-page application.
const (
	pagePower  = "/vollmachten/"          // and the id
	pageAccept = "/vollmachten/annehmen#" // token=
)

// kindEnded is the message by which the account home tells portals that a power no longer counts.
const kindEnded = "power.ended"

// Accounts are the people of an account home.
type Accounts interface {
	// Names gives the names of accounts that are open, by id.
	Names(ctx context.Context, ids ...uuid.UUID) (map[uuid.UUID]string, error)
	// OwnAddress says whether an e-mail address is that of an account.
	OwnAddress(ctx context.Context, id uuid.UUID, email string) (bool, error)
	// ReadForRepresentative gives items of a person's profile to somebody who acts for them, and enters the read in both access logs. where is
	// the portal, by name.
	ReadForRepresentative(ctx context.Context, principal, representative uuid.UUID, where, serviceID string, title map[string]string, items []types.ProfileItem) (types.Profile, error)
}

// Services knows the catalog of the association.
type Services interface {
	// ServiceTitles gives titles by language; unknown services are missing.
	ServiceTitles(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]map[string]string, error)
	// GroupTitles gives titles of life situations by language; unknown ones are missing.
	GroupTitles(ctx context.Context, ids []string) (map[string]map[string]string, error)
	// Belongs gives under which ids portals have a service, and the life situations that it belongs to, with those that they are a part of.
	Belongs(ctx context.Context, serviceID uuid.UUID) (same []uuid.UUID, groups []string, err error)
}

// Forms knows what services ask people for.
type Forms interface {
	ProfileItems(ctx context.Context, serviceID uuid.UUID) ([]types.ProfileItem, error)
}

// Mail puts a mail into the outgoing queue, in the transaction of ctx.
type Mail interface {
	Enqueue(ctx context.Context, m mail.Message) error
}

// Mailbox writes to people, in ctx's transaction.
type Mailbox interface {
	Notify(ctx context.Context, person httpx.Person, m types.MessageMailbox) error
}

// Subjects knows how linked portals call accounts.
type Subjects interface {
	// Introduce gives how a client knows an account, and has it known from now on.
	Introduce(ctx context.Context, clientID string, accountID uuid.UUID) (subject string, err error)
	// SubjectsOf lists the clients that know an account, and how.
	SubjectsOf(ctx context.Context, accountID uuid.UUID) (byClient map[string]string, err error)
}

// Portals knows the members of the association.
type Portals interface {
	Member(id string) (types.PortalReference, bool)
}

// HomeKeys gives the public keys of account homes of the association, and of nobody else.
type HomeKeys interface {
	HomeKey(issuer, keyID string) (*ecdsa.PublicKey, bool)
}

// Messages sends signed messages to linked portals, in ctx's transaction. A handler's error of class 4xx refuses a message for good.
type Messages interface {
	Send(ctx context.Context, to, kind string, subject uuid.UUID, payload any) (messageID uuid.UUID, err error)
	Handle(kind string, fn func(ctx context.Context, from string, payload json.RawMessage) error)
}

// Home asks at the account home with the access token of the session of ctx. A refusal comes as problem.Error with the account home's code
// and words.
type Home interface {
	Ask(ctx context.Context, method, path string, body, into any) error
}

// Listener learns that a power of an account home no longer counts, in ctx's transaction.
type Listener interface {
	PowerEnded(ctx context.Context, issuer string, powerID uuid.UUID, at time.Time) error
}

// Config is what a Service works with. All of it is needed.
type Config struct {
	DB       *db.DB
	Keys     *keys.Set
	Self     types.PortalReference // this portal
	IsHome   bool                  // whether citizens have accounts at this portal
	Accounts Accounts
	Services Services
	Forms    Forms
	Mail     Mail
	Mailbox  Mailbox
	Subjects Subjects
	Portals  Portals
	HomeKeys HomeKeys
	Messages Messages
	AtHome   Home
	Log      *slog.Logger
	Now      func() time.Time
}

// Service holds the rules of powers.
type Service struct {
	Config
	listeners []Listener
}

// New makes a Service and takes the messages of its kind.
func New(c Config) *Service {
	now := c.Now
	c.Now = func() time.Time { return now().UTC().Truncate(time.Microsecond) } // as the database keeps it
	s := &Service{Config: c}
	c.Messages.Handle(kindEnded, s.receiveEnded)
	return s
}

// Listen adds who learns of powers that have ended. It is called before the portal answers anybody.
func (s *Service) Listen(l ...Listener) { s.listeners = append(s.listeners, l...) }

// elsewhere says whether the caller is a citizen whose account is at another portal.
func (s *Service) elsewhere(ctx context.Context) bool {
	c := httpx.CallerOf(ctx)
	return c.Person.Issuer != "" && c.Person.Issuer != s.Self.Id
}

// errElsewhere says where the caller's account is.
func (s *Service) errElsewhere(ctx context.Context) error {
	home, known := s.Portals.Member(httpx.CallerOf(ctx).Person.Issuer)
	if !known {
		return errNotHome
	}
	return errNotHome.With(problem.Text{De: "Ihr Konto liegt bei: " + home.Name + ".", En: "Your account is at: " + home.Name + "."})
}

// Problems that people meet.
var (
	errUnknown  = problem.NotFound("power-unknown", "Diese Vollmacht gibt es nicht.", "There is no such power of attorney.")
	errNotHome  = problem.NotFound("not-account-home", "An diesem Portal gibt es keine Konten.", "There are no accounts at this portal.")
	errOneself  = problem.Conflict("power-for-oneself", "Für sich selbst brauchen Sie keine Vollmacht.", "You need no power of attorney for yourself.")
	errChain    = problem.Conflict("power-chain", "Wer für eine andere Person handelt, kann keine Vollmacht erteilen.", "Who acts for somebody else cannot grant a power of attorney.")
	errTokenOld = problem.Gone("token-used", "Diese Einladung gilt nicht mehr.", "This invitation is no longer valid.").
			With(problem.Text{De: "Sie wurde schon beantwortet, zurückgezogen oder ist älter als 14 Tage.", En: "It has been answered, withdrawn, or is older than 14 days."})
)

// errEnded says that a power does not count now, and why.
func errEnded(state types.PowerState) error {
	why := problem.Text{De: "Die Vollmacht ist noch nicht bestätigt.", En: "The power of attorney has not been confirmed yet."}
	switch state {
	case types.PowerWithdrawn:
		why = problem.Text{De: "Sie wurde zurückgezogen.", En: "It has been withdrawn."}
	case types.PowerExpired:
		why = problem.Text{De: "Sie ist abgelaufen.", En: "It has expired."}
	case types.PowerDeclined:
		why = problem.Text{De: "Sie wurde abgelehnt.", En: "It was declined."}
	}
	why.De += " Ihr Entwurf bleibt gespeichert. Sie können für diese Person nichts mehr einreichen."
	why.En += " Your draft stays saved. You can submit nothing more for this person."
	return problem.Forbidden("power-ended", "Diese Vollmacht gilt nicht.", "This power of attorney does not count.").With(why)
}

func errScope() error {
	return problem.Forbidden("power-other-service", "Ihre Vollmacht gilt nicht für diese Leistung.", "Your power of attorney does not cover this service.").
		With(problem.Text{De: "Bitten Sie die Person, für die Sie handeln, um eine passende Vollmacht. Ihr Entwurf bleibt gespeichert.", En: "Ask the person whom you act for to grant one that covers it. Your draft stays saved."})
}

func errPowerLevel() error {
	return problem.Forbidden("power-level", "Für diese Leistung reicht das Vertrauensniveau der Vollmacht nicht.", "The trust level of the power of attorney is too low for this service.").
		With(problem.Text{
			De: "Die Person, für die Sie handeln, muss die Vollmacht mit einer sichereren Anmeldung erteilen, zum Beispiel mit der BundID. Ihr Entwurf bleibt gespeichert.",
			En: "The person whom you act for must grant it with a more secure sign-in, such as the BundID. Your draft stays saved.",
		})
}

func errLevel() error {
	return problem.Forbidden("step-up-needed", "Für diese Leistung brauchen Sie eine sicherere Anmeldung.", "This service needs a more secure sign-in.").
		With(problem.Text{
			De: "Weisen Sie Ihre Identität nach, zum Beispiel mit der BundID. Ihr Entwurf bleibt gespeichert.",
			En: "Prove your identity, with the BundID for instance. Your draft stays saved.",
		})
}

func errHelper() error {
	return problem.Forbidden("helper-cannot-submit", "Als Helferin oder Helfer können Sie nicht einreichen.", "As a helper you cannot submit.").
		With(problem.Text{De: "Übergeben Sie den Entwurf. Die Person prüft ihn und reicht ihn selbst ein.", En: "Hand the draft over. The person checks it and submits it themselves."})
}

// citizen gives the account of the citizen who calls with a session at their account home.
func (s *Service) citizen(ctx context.Context) (uuid.UUID, httpx.Caller, error) {
	c := httpx.CallerOf(ctx)
	if s.elsewhere(ctx) || !s.IsHome {
		return uuid.Nil, c, s.errElsewhere(ctx)
	}
	if c.Kind != httpx.SessionCaller || c.AccountID == uuid.Nil {
		return uuid.Nil, c, problem.Unauthorized("not-signed-in", "Bitte melden Sie sich an.", "Please sign in.")
	}
	if c.IsStaff() {
		return uuid.Nil, c, errStaff()
	}
	return c.AccountID, c, nil
}

func errStaff() error {
	return problem.NotFound("staff-account", "Mit einem Dienstkonto gibt es keine Vollmachten.", "There are no powers of attorney with a staff account.").
		With(problem.Text{De: "Melden Sie sich mit Ihrem persönlichen Konto an.", En: "Sign in with your personal account."})
}

// mac names an address without telling it.
func (s *Service) mac(address string) []byte {
	key := s.Keys.Derive("powers/address")
	h := hmac.New(sha256.New, key[:])
	_, _ = h.Write([]byte(address)) // never fails
	return h.Sum(nil)
}
