// Package cases is the clerk's side of an application: the inbox, the case (Vorgang), questions to the citizen, and the
// decision (Bescheid). What a clerk does is reported to the portal of origin in the same transaction.
package cases

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/server/platform/blob"
	"portalverbund/server/platform/jobs"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/notify"
	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/scan"
)

// Topic is where a changed case is told to the processes of this portal, by its id and that of its organisational unit, with a space
// between.
const Topic = "cases"

// MaxAttachment is the largest file that is fetched from the portal of origin, in bytes.
const MaxAttachment = 250 << 20

// Case (Vorgang) is an application at the competent authority.
type Case struct {
	ID               uuid.UUID
	Origin           string // entity id of the portal where it was applied for
	ApplicationID    uuid.UUID
	Number           string
	State            types.CaseState
	ServiceID        uuid.UUID
	ServiceTitle     map[string]string
	OrganisationID   uuid.UUID
	OrganisationName map[string]string
	ApplicantName    string
	ActsFor          *types.ActsFor              // who applied, and for which organisation; nil for people who act for themselves
	CoApplicants     *[]types.ConsentedApplicant // who made it together with them; nil for nobody
	ARS              string
	FormID           uuid.UUID
	FormVersion      int
	Language         string // of the citizen
	TrustLevel       types.TrustLevel
	ContentHash      string
	Data             map[string]any
	Attachments      []Attachment
	Timeline         []types.TimelineEvent // in the order of arrival here
	SubmittedAt      time.Time
	ReceivedAt       time.Time
	ChangedAt        time.Time
	Assignee         *uuid.UUID // nil: nobody
	DueOn            time.Time  // the day, at midnight UTC
	Notes            []Note
	DeleteOn         *time.Time     // the day, at midnight UTC; nil while it is open
	Hold             *Hold          // nil: nothing keeps it from being deleted then
	Decision         *DecisionPaper // as it went out; nil before, and of cases that were decided without one
	Proposal         *Proposal      // a decision that waits; nil: none does
	FourEyes         bool           // whether a decision would wait
	Version          int
}

// Summary is a line of the inbox.
type Summary struct {
	ID               uuid.UUID
	Number           string
	State            types.CaseState
	ServiceTitle     map[string]string
	ApplicantName    string
	OrganisationName map[string]string
	Origin           string
	ReceivedAt       time.Time
	ChangedAt        time.Time
	Assignee         *uuid.UUID // nil: nobody
	DueOn            time.Time  // the day, at midnight UTC
	Proposed         bool       // a decision waits
}

// Attachment is a file of a case.
type Attachment struct {
	ID        uuid.UUID
	Name      string
	Field     string // JSON pointer of the form's field
	MediaType string // as the citizen's browser said; for display only
	Size      int64
	SHA256    string // hexadecimal
	State     AttachmentState
	Origin    *types.AttachmentOrigin // of a document of the person's safe; nil for others
}

// AttachmentState says whether a file has been fetched.
type AttachmentState string

// States of an attachment.
const (
	AttachmentPending   AttachmentState = "pending"
	AttachmentAvailable AttachmentState = "available"
	AttachmentParked    AttachmentState = "parked"  // given up
	AttachmentRefused   AttachmentState = "refused" // something harmful was found in it; it is deleted
)

// Offers knows this portal's offers. It answers with problem.NotFound for unknown ones.
type Offers interface {
	OfferByID(ctx context.Context, id uuid.UUID) (offer types.Offer, channel string, serviceTitle, organisationName map[string]string, err error)
}

// Services knows the services of this portal and of linked ones.
type Services interface {
	// ServiceTitles gives titles by language; unknown services are missing.
	ServiceTitles(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]map[string]string, error)
}

// Fees knows what applications cost.
type Fees interface {
	// OfApplication gives what was asked for an application, with its steps, and what is still to be set.
	OfApplication(ctx context.Context, origin string, applicationID uuid.UUID) (types.CasePayments, error)
}

// Reports carries an event to the citizen at the portal of origin, in ctx's transaction.
type Reports interface {
	Report(ctx context.Context, origin string, applicationID uuid.UUID, event types.TimelineEvent) error
	// ReportAccess tells who has read the application.
	ReportAccess(ctx context.Context, origin string, m types.MessageAccess) error
}

// Files reads an attachment at the portal where the citizen has added it (which may be this one), from an offset on.
type Files interface {
	Fetch(ctx context.Context, member string, id uuid.UUID, offset int64) (io.ReadCloser, error)
}

// Store keeps files.
type Store interface {
	Put(ctx context.Context, key string, content io.Reader, limit int64) (blob.Info, error)
	Open(ctx context.Context, key string) (io.ReadSeekCloser, int64, error)
	Delete(ctx context.Context, key string) error
}

// Audit records who did what, in ctx's transaction.
type Audit interface {
	Record(ctx context.Context, action, object, detail string) error
}

// Portals names linked portals.
type Portals interface {
	Member(id string) (types.PortalReference, bool)
}

// Places names places.
type Places interface {
	Place(ctx context.Context, ars string) (types.Place, error)
}

// Units knows which organisational units belong to which.
type Units interface {
	// Below gives some units with all that belong to them.
	Below(ctx context.Context, units []uuid.UUID) ([]uuid.UUID, error)
	// Above gives a unit with all to which it belongs.
	Above(ctx context.Context, unit uuid.UUID) ([]uuid.UUID, error)
}

// Colleagues knows who works at this portal.
type Colleagues interface {
	// StaffWithRole gives the names of those who have a role for the whole portal or for one of some units; nil means any unit.
	StaffWithRole(ctx context.Context, role string, units []uuid.UUID) (map[uuid.UUID]string, error)
	// StaffNames gives the names of those who work or worked here, as far as they are known.
	StaffNames(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]string, error)
	// StaffAddresses gives the mail addresses of those who work here.
	StaffAddresses(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]string, error)
}

// Config is what a Service works with. All of it is needed.
type Config struct {
	DB         *db.DB
	Keys       *keys.Set
	Jobs       *jobs.Client
	Hub        *notify.Hub
	Offers     Offers
	Services   Services
	Fees       Fees
	Reports    Reports
	Files      Files
	Store      Store
	Scanner    *scan.Scanner // nil: files are not checked
	Audit      Audit
	Portals    Portals
	Places     Places
	Units      Units
	Colleagues Colleagues
	Receipts   Receipts
	Mail       Mail
	Self       types.PortalReference
	Now        func() time.Time

	Authorities Authorities
	Forms       Forms
}

// Service holds the rules of cases.
type Service struct {
	db         *db.DB
	keys       *keys.Set
	jobs       *jobs.Client
	hub        *notify.Hub
	offers     Offers
	services   Services
	fees       Fees
	reports    Reports
	files      Files
	store      Store
	scanner    *scan.Scanner
	audit      Audit
	portals    Portals
	places     Places
	units      Units
	colleagues Colleagues
	receipts   Receipts
	mail       Mail
	self       types.PortalReference
	now        func() time.Time
	zone       *time.Location // of the offices

	authorities Authorities
	forms       Forms
}

// New makes a Service.
func New(c Config) *Service {
	return &Service{
		db: c.DB, keys: c.Keys, jobs: c.Jobs, hub: c.Hub, offers: c.Offers, services: c.Services, fees: c.Fees, reports: c.Reports, files: c.Files, store: c.Store, scanner: c.Scanner,
		audit: c.Audit, portals: c.Portals, places: c.Places, units: c.Units, colleagues: c.Colleagues, zone: berlin(), authorities: c.Authorities, forms: c.Forms, receipts: c.Receipts, mail: c.Mail, self: c.Self,
		now: func() time.Time { return c.Now().UTC().Truncate(time.Microsecond) }, // as the database keeps it
	}
}

var errUnknown = problem.NotFound("case-unknown", "Diesen Vorgang gibt es nicht.", "There is no such case.")

// errFinished refuses what a finished case no longer allows.
func errFinished(state types.CaseState) error {
	return problem.Conflict("case-state", "Das ist in diesem Stand des Vorgangs nicht mehr möglich.", "This is not possible any more in the present state of the case.").
		With(problem.Text{De: "Stand: " + stateWord(state).De, En: "State: " + stateWord(state).En})
}

func stateWord(state types.CaseState) problem.Text {
	switch state {
	case types.CaseStateReceived:
		return problem.Text{De: "eingegangen", En: "received"}
	case types.CaseStateInProgress:
		return problem.Text{De: "in Bearbeitung", En: "in progress"}
	case types.CaseStateQuestion:
		return problem.Text{De: "Rückfrage gestellt", En: "question asked"}
	case types.CaseStateGranted:
		return problem.Text{De: "bewilligt", En: "granted"}
	case types.CaseStateRefused:
		return problem.Text{De: "abgelehnt", En: "refused"}
	case types.CaseStateWithdrawn:
		return problem.Text{De: "zurückgezogen", En: "withdrawn"}
	default:
		return problem.Text{De: "abgeschlossen", En: "closed"}
	}
}

// open says whether a clerk can still work on a case in this state.
func open(state types.CaseState) bool {
	switch state {
	case types.CaseStateReceived, types.CaseStateInProgress, types.CaseStateQuestion:
		return true
	}
	return false
}

// localized picks a text in a language: that one, else German, else any.
func localized(text map[string]string, language string) string {
	for _, l := range []string{language, "de"} {
		if t := text[l]; t != "" {
			return t
		}
	}
	for _, t := range text {
		return t
	}
	return ""
}

// content is what is sealed of an application: the answers, and what is known of its files.
type content struct {
	Data    map[string]any `json:"data"`
	ActsFor *types.ActsFor `json:"actsFor,omitempty"`

	CoApplicants *[]types.ConsentedApplicant `json:"coApplicants,omitempty"`

	Attachments []fileContent `json:"attachments"`
}

type fileContent struct {
	ID        uuid.UUID `json:"id"`
	Name      string    `json:"name"`
	Field     string    `json:"field"`
	MediaType string    `json:"mediaType"`

	Origin *types.AttachmentOrigin `json:"origin,omitempty"` // of a document of the person's safe
}

const (
	sealContent = "cases content"
	sealEvent   = "cases event"
)

func (s *Service) sealContent(id uuid.UUID, c content) ([]byte, error) {
	plain, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	return s.keys.Seal(sealContent, plain, id[:])
}

func (s *Service) openContent(id uuid.UUID, sealed []byte) (content, error) {
	var c content
	plain, err := s.keys.Open(sealContent, sealed, id[:])
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(plain, &c)
}
