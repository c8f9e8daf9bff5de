// Package applications is the citizen's side of an application (Antrag), at the portal where it was started: the draft with
// its attachments, the submission, and what is heard of it afterwards. Once another portal is competent and has receipted the
// content, only reference, state, timeline and hash stay here.
package applications

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/server/platform/blob"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/jobs"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/mail"
	"portalverbund/server/platform/notify"
	"portalverbund/server/platform/paging"
	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/scan"
)

// Limits of this room.
const (
	DraftLife     = 30 * 24 * time.Hour // a draft that is not changed is deleted after this
	MaxAttachment = 10 << 20            // bytes of one file that comes in one request
	MaxUpload     = 200 << 20           // bytes of one file that comes in parts
	MaxFiles      = 20                  // of one application
	MaxBytes      = 500 << 20           // of all files of one application
	MaxDraftBytes = 2 << 30             // of all files in one person's drafts
	MaxDrafts     = 100                 // of one person
	MaxText       = 4000                // characters of an answer
)

// Application is an application as this portal keeps it.
type Application struct {
	ID             uuid.UUID
	Person         httpx.Person
	State          types.ApplicationState
	Revision       int64  // grows with every change of draft or state
	Number         string // for people, with check character; empty for drafts
	OfferID        uuid.UUID
	ServiceID      uuid.UUID
	OrganisationID uuid.UUID
	FormID         uuid.UUID
	FormVersion    int
	Portal         types.PortalReference // the competent one
	Place          types.PlaceReference
	ServiceTitle   map[string]string
	AuthorityName  map[string]string
	NeededLevel    types.TrustLevel // what the service asks for
	TrustLevel     types.TrustLevel // of the sign-in at submission
	ActsFor        *types.ActsFor   // who made it, and for whom; nil for people who act for themselves
	Principal      httpx.Person     // whose it is, where somebody else submitted it by a power of attorney; zero else
	PowerUntil     *time.Time       // when that power ends by itself
	PowerEndedAt   *time.Time       // when it was withdrawn
	Language       string           // of the person, for what is written to them
	Step           string           // where the person was in the form
	Data           map[string]any   // the answers; nil when they are not here any more
	ContentHash    string
	Receipt        string // the competent portal's, a compact JWS
	ArrivedAt      *time.Time
	SubmittedAt    *time.Time
	CreatedAt      time.Time
	ChangedAt      time.Time
	Attachments    []types.Attachment
	CoApplicants   []CoApplicant            // who makes it together with the person
	Joint          *Joint                   // where the form provides for that; of one that is read by itself
	Uploads        []types.UnfinishedUpload // of drafts
	Answer         types.AnswerInPreparation
	Timeline       []types.TimelineEvent
	Errors         []problem.FieldError  // of drafts: what submission would refuse
	Fee            *types.ApplicationFee // of drafts: what it costs

	authorityAt *time.Time
	takesPart   types.CoApplicantState // in a list, how the person stands to what somebody else has filled in
}

// ETag is the version of an application for HTTP.
func (a Application) ETag() string { return etag(a.Revision) }

func etag(revision int64) string { return fmt.Sprintf(`"%d"`, revision) }

// DeleteAt says when a draft is deleted unless it is changed.
func (a Application) DeleteAt() time.Time { return a.ChangedAt.Add(DraftLife) }

// Topic is what is told of the changes of one application, with its new ETag as payload.
func Topic(id uuid.UUID) string { return "application:" + id.String() }

// Offers knows who is competent where, here and at linked portals; problem.NotFound for unknown ones. ChooseOffer checks that an
// offer counts at a place today, CheckOffer that it is valid at a moment; a problem says why not.
type Offers interface {
	ChooseOffer(ctx context.Context, id uuid.UUID, ars string) error
	CheckOffer(ctx context.Context, id uuid.UUID, moment time.Time) error
	OfferByID(ctx context.Context, id uuid.UUID) (offer types.Offer, channel string, serviceTitle, organisationName map[string]string, err error)
}

// Forms keeps form definitions and judges answers by them.
type Forms interface {
	Form(ctx context.Context, id uuid.UUID, version int) (types.Form, error)
	Answers(form types.Form, data map[string]any) map[string]any
	Validate(form types.Form, data map[string]any) []problem.FieldError
	CheckDraft(form types.Form, data map[string]any) []problem.FieldError
}

// Places knows the places of Germany; problem.NotFound for unknown ones.
type Places interface {
	Place(ctx context.Context, ars string) (types.Place, error)
}

// Delivery hands over to the competent authority, in ctx's transaction.
type Delivery interface {
	// Submit gives what the authority says of it at once: that it was received. nil when it is heard of later.
	Submit(ctx context.Context, portalID, channel string, app types.MessageApplication) (*types.TimelineEvent, error)
	CitizenEvent(ctx context.Context, portalID string, applicationID uuid.UUID, event types.TimelineEvent) error
	// Opened says that the person has opened a document of the authority for the first time.
	Opened(ctx context.Context, portalID string, m types.MessageDocumentOpened) error
}

// Fees says what applications cost: nothing where it gives none, and not yet known where it gives no amount.
type Fees interface {
	FeeOf(ctx context.Context, offer types.Offer, answers map[string]any) (*types.ApplicationFee, error)
}

// Powers are the powers of attorney of the association's account homes. Use checks at the caller's account home that they may do something for
// somebody now, and gives the proof of it.
type Powers interface {
	Use(ctx context.Context, powerID uuid.UUID, use types.PowerUse) (types.PowerProof, error)
}

// Documents are what people keep in the safe at their account home. Release lets this portal read one of the caller's documents
// (problem.NotFound for others); OpenReleased reads it there, problem.NotFound when it is gone.
type Documents interface {
	Release(ctx context.Context, documentID uuid.UUID, use types.DocumentUse) (types.DocumentRelease, error)
	OpenReleased(ctx context.Context, home string, id uuid.UUID) (io.ReadCloser, error)
}

// Mailbox writes to people, in ctx's transaction.
type Mailbox interface {
	Notify(ctx context.Context, person httpx.Person, m types.MessageMailbox) error
}

// Mail puts a mail into the outgoing queue, in ctx's transaction.
type Mail interface {
	Enqueue(ctx context.Context, m mail.Message) error
}

// Portals knows this portal and the members of the association.
type Portals interface {
	Self() types.PortalReference
	Member(id string) (types.PortalReference, bool)
}

// Config is what New needs. All of it, but Log, Now and Random.
type Config struct {
	DB           *db.DB
	Keys         *keys.Set
	Store        *blob.Store
	Jobs         *jobs.Client
	Hub          *notify.Hub
	Offers       Offers
	Forms        Forms
	Places       Places
	Delivery     Delivery
	Mailbox      Mailbox
	Portals      Portals
	Powers       Powers           // nil: nobody acts by a power
	Fees         Fees             // nil: nothing costs anything
	Accesses     AccessLog        // nil: nobody is told
	Documents    Documents        // nil: there is no safe
	Scanner      *scan.Scanner    // nil: files are not checked
	Mail         Mail             // nil: nobody is invited by mail
	Papers       Papers           // where documents come from that authorities and providers send
	NumberPrefix string           // two to four capital letters, such as MEP
	PublicURL    string           // of this portal, for links to the application
	Log          *slog.Logger     // default: nothing is logged
	Now          func() time.Time // default: the machine's clock
	Random       io.Reader        // default: the machine's
}

// Service holds the rules of applications. It is safe for use by several goroutines.
type Service struct {
	db       *db.DB
	keys     *keys.Set
	store    *blob.Store
	jobs     *jobs.Client
	hub      *notify.Hub
	offers   Offers
	forms    Forms
	places   Places
	delivery Delivery
	mailbox  Mailbox
	portals  Portals
	powers   Powers
	fees     Fees
	accesses AccessLog
	safe     Documents
	scanner  *scan.Scanner
	papers   Papers
	mail     Mail
	prefix   string
	url      string
	log      *slog.Logger
	now      func() time.Time
	random   io.Reader
}

var validPrefix = regexp.MustCompile(`^[A-Z]{2,4}$`)

// New makes a Service. It refuses a number prefix that is not two to four capital letters.
func New(c Config) (*Service, error) {
	if !validPrefix.MatchString(c.NumberPrefix) {
		return nil, fmt.Errorf("applications: the prefix of numbers %q must be two to four capital letters", c.NumberPrefix)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	return &Service{
		db: c.DB, keys: c.Keys, store: c.Store, jobs: c.Jobs, hub: c.Hub, offers: c.Offers, forms: c.Forms, places: c.Places,
		delivery: c.Delivery, mailbox: c.Mailbox, portals: c.Portals, powers: c.Powers, fees: c.Fees, accesses: c.Accesses, safe: c.Documents, scanner: c.Scanner, papers: c.Papers, mail: c.Mail, prefix: c.NumberPrefix,
		url: strings.TrimRight(c.PublicURL, "/"), log: c.Log, random: c.Random,
		now: func() time.Time { return c.Now().UTC().Truncate(time.Microsecond) }, // as the database keeps it
	}, nil
}

var (
	errUnknown           = problem.NotFound("application-unknown", "Diesen Antrag gibt es nicht.", "There is no such application.")
	errAttachmentUnknown = problem.NotFound("attachment-unknown", "Diese Anlage gibt es hier nicht.", "There is no such attachment here.")
	errSubmitted         = problem.Conflict("already-submitted", "Dieser Antrag ist schon eingereicht.", "This application has already been submitted.")
	errDraft             = problem.Conflict("not-submitted", "Dieser Antrag ist noch nicht eingereicht.", "This application has not been submitted yet.")
	errFinished          = problem.Conflict("already-finished", "Dieser Antrag ist schon abgeschlossen.", "This application is already finished.")
)

// person gives who the caller is, as a citizen.
func person(ctx context.Context) (httpx.Caller, error) {
	caller := httpx.CallerOf(ctx)
	if caller.Person == (httpx.Person{}) {
		return caller, problem.Forbidden("person-needed", "Das geht nur mit einem Bürgerkonto.", "This needs a citizen's account.").
			With(problem.Text{De: "Melden Sie sich mit Ihrem Bürgerkonto an.", En: "Sign in with your citizen's account."})
	}
	return caller, nil
}

// reached says whether a trust level is at least the one needed.
func reached(level string, needed types.TrustLevel) bool {
	order := []types.TrustLevel{types.Low, types.Substantial, types.High}
	return slices.Index(order, types.TrustLevel(level)) >= max(slices.Index(order, needed), 0)
}

func checkLevel(caller httpx.Caller, needed types.TrustLevel) error {
	if reached(caller.TrustLevel, needed) {
		return nil
	}
	return problem.Forbidden("step-up-needed", "Für diese Leistung brauchen Sie eine sicherere Anmeldung.", "This service needs a more secure sign-in.").
		With(problem.Text{
			De: "Weisen Sie Ihre Identität nach, zum Beispiel mit der BundID. Ihr Entwurf bleibt gespeichert.",
			En: "Prove your identity, with the BundID for instance. Your draft stays saved.",
		})
}

// Get gives one of the caller's applications; problem.NotFound for others'.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (Application, error) {
	caller, err := person(ctx)
	if err != nil {
		return Application{}, err
	}
	a, err := s.readVisible(ctx, caller.Person, id)
	if err != nil {
		return Application{}, err
	}
	if j, err := s.joint(ctx, a); err == nil {
		a.Joint = &j
	} else if a.State == types.ApplicationStateDraft && !problem.Is(err, errNotJoint.Code) {
		return Application{}, err
	}
	if a.State == types.ApplicationStateDraft {
		form, err := s.forms.Form(ctx, a.FormID, a.FormVersion)
		if err != nil {
			return Application{}, fmt.Errorf("read form of draft: %w", err)
		}
		c, refused := s.judge(form, a)
		a.Errors = refused
		if a.Fee, err = s.feeOf(ctx, a.OfferID, c.data); err != nil && problem.From(err).Status != http.StatusUnprocessableEntity { // the answers are not right yet
			return Application{}, err
		}
	}
	return a, nil
}

// judge gives what would be submitted of a draft, and what submission would refuse.
func (s *Service) judge(form types.Form, a Application) (content, []problem.FieldError) {
	c := contentOf(form, s.forms.Answers(form, a.Data), a.Attachments)
	return c, append(s.forms.Validate(form, a.Data), c.errors...)
}

// Filter narrows a list.
type Filter struct {
	State  types.ApplicationState // empty: all
	Limit  int                    // 1 to 100
	Cursor string                 // of the page before
}

// List gives the caller's applications, the one changed last first, without content and timeline, and the cursor of the next
// page (empty at the end).
func (s *Service) List(ctx context.Context, f Filter) (items []Application, next string, err error) {
	caller, err := person(ctx)
	if err != nil {
		return nil, "", err
	}
	items, err = s.page(ctx, caller.Person, f)
	if err != nil {
		return nil, "", err
	}
	if len(items) > f.Limit {
		items = items[:f.Limit]
		next = paging.Cursor(items[f.Limit-1].ChangedAt, items[f.Limit-1].ID)
	}
	return items, next, nil
}

// changed tells those who watch an application, once the transaction is committed.
func (s *Service) changed(ctx context.Context, a Application) error {
	return s.hub.Hint(ctx, Topic(a.ID), a.ETag())
}

// Receipt gives what the receipt of a submission says; problem.Conflict for a draft.
func (s *Service) Receipt(ctx context.Context, id uuid.UUID) (Application, error) {
	a, err := s.Get(ctx, id)
	if err == nil && a.State == types.ApplicationStateDraft {
		err = errDraft
	}
	return a, err
}
