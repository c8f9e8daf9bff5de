// Package delivery knows to whom and how an application goes: to this portal's own clerks, to a linked portal by a signed
// message, to a regional provider's software by its web service, to an authority by FIT-Connect or, in the last resort, by encrypted mail; and how events come back to the citizen.
//
// The portal where a citizen applies is the portal of origin; the one whose authority is competent decides the channel:
// "desk" for its clerks, "provider:<id>" for a provider, "fit-connect:<id>" for a connection to FIT-Connect, "mail:<id>" for an office that gets
// encrypted mail. A channel is looked up in the competent portal's own catalog and never taken from a message.
package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/server/delivery/fitconnect"
	"portalverbund/server/platform/blob"
	"portalverbund/server/platform/jobs"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/outbound"
	"portalverbund/server/platform/revocation"
	"portalverbund/server/platform/scan"
	"portalverbund/server/platform/smime"
)

// Kinds of messages between portals.
const (
	KindSubmitted = "application.submitted"
	KindWithdrawn = "application.withdrawn"
	KindMessage   = "application.message"
	KindStatus    = "application.status"
	KindDecision  = "application.decision"
)

// Channels of an offer.
const (
	channelDesk     = "desk"
	channelProvider = "provider:" // and the provider's id
)

// Cases is the clerks' side of this portal's authorities.
type Cases interface {
	// Open gives the event that says that all of the application is here; nil when files are still to be fetched, after
	// which it is reported, or when the case was there already.
	Open(ctx context.Context, origin string, app types.MessageApplication) (received *types.TimelineEvent, err error)
	ApplyCitizenEvent(ctx context.Context, origin string, applicationID uuid.UUID, event types.TimelineEvent) error
	// DocumentOpened notes when a person first opened what came with an event.
	DocumentOpened(ctx context.Context, origin string, m types.MessageDocumentOpened) error
}

// Applications is the citizens' side of this portal.
type Applications interface {
	// ApplyEvent puts an event of the authority on an application that was handed to the portal from.
	ApplyEvent(ctx context.Context, from string, applicationID uuid.UUID, event types.TimelineEvent) error
	// Arrived keeps the receipt of the portal that an application was handed to.
	Arrived(ctx context.Context, from string, applicationID uuid.UUID, receipt string, at time.Time) error
	// Accessed tells the person who has read their application at the portal from.
	Accessed(ctx context.Context, from string, m types.MessageAccess) error
	// Undeliverable: the competent portal will never take it.
	Undeliverable(ctx context.Context, applicationID uuid.UUID) error
}

// Offers knows this portal's offers and those of linked portals. It answers with problem.NotFound for unknown ones. CheckOffer checks
// that one is valid at a moment; else it is a conflict.
type Offers interface {
	CheckOffer(ctx context.Context, id uuid.UUID, moment time.Time) error
	OfferByID(ctx context.Context, id uuid.UUID) (offer types.Offer, channel string, serviceTitle, organisationName map[string]string, err error)
	// LeikaKey gives the key by which the federation knows a service (14 digits); empty for a service that has none.
	LeikaKey(ctx context.Context, serviceID uuid.UUID) (string, error)
}

// Powers says who acts for whom in an application that arrives here, by the proof that came with it. What is not proved, or is for
// something else, is refused for good (problem.Unprocessable).
type Powers interface {
	Verify(ctx context.Context, origin string, app types.MessageApplication, needed types.TrustLevel) (*types.ActsFor, error)
}

// Fees are what applications cost that this portal's authorities take, in ctx's transaction.
type Fees interface {
	Assess(ctx context.Context, origin string, offer types.Offer, app types.MessageApplication) error
	Withdrawn(ctx context.Context, origin string, applicationID uuid.UUID) error
}

// Messages carries signed messages between portals. A handler's error of class 4xx refuses a message for good; others make
// the sender try again.
type Messages interface {
	Send(ctx context.Context, to, kind string, subject uuid.UUID, payload any) (messageID uuid.UUID, err error)
	Handle(kind string, fn func(ctx context.Context, from string, payload json.RawMessage) error)
	OnReceipt(kind string, fn func(ctx context.Context, subject, messageID uuid.UUID, receipt string, arrivedAt time.Time) error)
	OnRefused(kind string, fn func(ctx context.Context, subject, messageID uuid.UUID, reason string) error)
}

// Audit records who did what, in the transaction of ctx.
type Audit interface {
	Record(ctx context.Context, action, object, detail string) error
}

// Provider is a regional provider with software of its own, such as waste disposal.
type Provider struct {
	ID            string
	Name          string               // for people
	DeliveryURL   string               // takes Standard Webhooks; empty for a provider that fetches
	WebhookSecret string               // whsec_ and base64
	ClientID      string               // of its access tokens
	FITConnect    *fitconnect.Settings // for a connection to FIT-Connect, which has none of the others
	Mail          *MailSettings        // for an office that gets encrypted mail, which has none of the others
}

// Hash computes the hash that the receipt of an application speaks of.
type Hash func(app types.MessageApplication) (string, error)

// Config is what a Service works with.
type Config struct {
	DB            *db.DB
	Keys          *keys.Set
	Jobs          *jobs.Client
	Self          string // entity id of this portal
	Offers        Offers
	Messages      Messages
	Powers        Powers // nil: nobody acts by a power
	Fees          Fees   // nil: nothing costs anything
	Audit         Audit
	Mail          Mail          // nil: nobody is told by mail what was given up
	AlertTo       string        // who is; empty: nobody
	Sealed        SealedMail    // nil: no office gets encrypted mail
	Signer        *smime.Signer // nil: such mail is not signed
	Papers        Papers
	Hash          Hash // default: what applications say of themselves is not checked
	ConsentHash   Hash // of what co-applicants have consented to
	Providers     []Provider
	Store         *blob.Store // what files are kept in
	Files         Files
	Scanner       *scan.Scanner // nil: files are not checked
	AllowLoopback bool          // deliver to this machine, also by plain http; never in production
	Log           *slog.Logger
	Now           func() time.Time
	Backoff       func(attempt int) time.Duration       // pause before the next push; default: up to an hour, jittered
	Follow        func(age time.Duration) time.Duration // pause before an event log is read again; default: longer with its age
}

// Service holds the rules of delivery.
type Service struct {
	db           *db.DB
	keys         *keys.Set
	jobs         *jobs.Client
	self         string
	offers       Offers
	messages     Messages
	powers       Powers
	fees         Fees
	hash         Hash
	consentHash  Hash
	audit        Audit
	mail         Mail
	alertTo      string
	sealed       SealedMail
	signer       *smime.Signer
	papers       Papers
	store        *blob.Store
	files        Files
	scanner      *scan.Scanner
	cases        Cases
	applications Applications
	providers    map[string]provider
	clients      map[string]string // provider by client id
	client       *http.Client
	revocation   *revocation.Checker
	loopback     bool
	room         room
	log          *slog.Logger
	now          func() time.Time
	backoff      func(attempt int) time.Duration
	followAgain  func(age time.Duration) time.Duration
}

type provider struct {
	Provider
	webhook     *standardwebhooks.Webhook
	former      *standardwebhooks.Webhook // signs too, for a while
	formerUntil *time.Time
	fetchedAt   *time.Time
	fit         *fitconnect.Client // nil: not by FIT-Connect
	mail        *mailWay           // nil: not by encrypted mail
	clientID    string             // of FIT-Connect, as set now
	login       bool               // whether credentials of FIT-Connect are set
}

// New makes a Service, and says what is wrong with the configured providers. Connect must be called before it is used.
func New(c Config) (*Service, error) {
	s := &Service{
		db: c.DB, keys: c.Keys, jobs: c.Jobs, self: c.Self, offers: c.Offers, messages: c.Messages, powers: c.Powers, fees: c.Fees, hash: c.Hash, consentHash: c.ConsentHash, audit: c.Audit, mail: c.Mail, alertTo: c.AlertTo, sealed: c.Sealed, signer: c.Signer, papers: c.Papers, store: c.Store, files: c.Files, scanner: c.Scanner, log: c.Log, backoff: c.Backoff, followAgain: c.Follow,
		providers: map[string]provider{}, clients: map[string]string{}, loopback: c.AllowLoopback,
		client: outbound.Client(outbound.Options{Timeout: pushTimeout, AllowLoopback: c.AllowLoopback, MaxResponse: maxAnswer}),
		now:    func() time.Time { return c.Now().UTC().Truncate(time.Microsecond) }, // as the database keeps it
	}
	s.revocation = revocation.New(outbound.Options{AllowLoopback: c.AllowLoopback}, s.now)
	if s.backoff == nil {
		s.backoff = backoff
	}
	if s.followAgain == nil {
		s.followAgain = followPause
	}
	for _, p := range c.Providers {
		if err := s.addProvider(p); err != nil {
			return nil, fmt.Errorf("provider %q: %w", p.ID, err)
		}
	}
	return s, nil
}

func (s *Service) addProvider(p Provider) error {
	if _, taken := s.providers[p.ID]; taken || p.ID == "" {
		return errors.New("the id is missing, or used twice")
	}
	if _, taken := s.clients[p.ClientID]; taken && p.ClientID != "" {
		return errors.New("the client id is used twice")
	}
	known := provider{Provider: p}
	if p.FITConnect != nil {
		if err := s.addFIT(&known); err != nil {
			return err
		}
		known.clientID, known.login = p.FITConnect.ClientID, p.FITConnect.ClientSecret != ""
	}
	if p.Mail != nil {
		if err := s.addMail(&known); err != nil {
			return err
		}
	}
	if p.DeliveryURL != "" {
		u, err := url.Parse(p.DeliveryURL)
		if err != nil || u.Host == "" || u.User != nil {
			return errors.New("the delivery address is not valid")
		}
		known.webhook, err = standardwebhooks.NewWebhook(p.WebhookSecret)
		if err != nil || len(p.WebhookSecret) < minSecret {
			return errors.New("the webhook secret must be whsec_ and at least 24 bytes in base64")
		}
	}
	s.providers[p.ID] = known
	if p.ClientID != "" {
		s.clients[p.ClientID] = p.ID
	}
	return nil
}

// Connect gives the Service the rooms that need it themselves, and takes the messages of its kinds. It is called once,
// before the portal answers anybody.
func (s *Service) Connect(cases Cases, applications Applications) {
	s.cases, s.applications = cases, applications
	s.messages.Handle(KindSubmitted, s.receiveSubmitted)
	s.messages.Handle(KindWithdrawn, s.receiveEvent)
	s.messages.Handle(KindMessage, s.receiveEvent)
	s.messages.Handle(KindStatus, s.receiveEvent)
	s.messages.Handle(KindDecision, s.receiveEvent)
	s.messages.Handle(KindAccessed, s.receiveAccess)
	s.messages.Handle(KindOpened, s.receiveOpened)
	s.messages.OnReceipt(KindSubmitted, s.receipted)
	s.messages.OnRefused(KindSubmitted, s.refused)
}

// Submit hands an application over to the competent portal, in ctx's transaction: to this portal's own authority at once,
// to a linked portal by message. The channel is the one that the portal of origin knows; the competent portal looks it up
// again. What this portal's own authority says of it at once is given, and not reported: it is for the caller to put it on
// the application.
func (s *Service) Submit(ctx context.Context, portalID, _ string, app types.MessageApplication) (*types.TimelineEvent, error) {
	if portalID == s.self {
		return s.accept(ctx, s.self, app)
	}
	if _, err := s.messages.Send(ctx, portalID, KindSubmitted, app.ApplicationId, app); err != nil {
		return nil, fmt.Errorf("send application: %w", err)
	}
	return nil, nil
}

// CitizenEvent hands an answer or a withdrawal of the citizen to the authority of the competent portal, in ctx's
// transaction.
func (s *Service) CitizenEvent(ctx context.Context, portalID string, applicationID uuid.UUID, event types.TimelineEvent) error {
	if portalID == s.self {
		return s.applyCitizenEvent(ctx, s.self, applicationID, event)
	}
	kind := KindMessage
	if event.Kind == types.Withdrawn {
		kind = KindWithdrawn
	}
	if _, err := s.messages.Send(ctx, portalID, kind, applicationID, types.MessageEvent{ApplicationId: applicationID, Event: event}); err != nil {
		return fmt.Errorf("send %s: %w", kind, err)
	}
	return nil
}

// Report hands an event of the authority, or of a provider, to the citizen at the portal of origin, in ctx's transaction.
func (s *Service) Report(ctx context.Context, origin string, applicationID uuid.UUID, event types.TimelineEvent) error {
	if origin == s.self {
		return s.applications.ApplyEvent(ctx, s.self, applicationID, event)
	}
	kind := kindOf(event.Kind)
	if _, err := s.messages.Send(ctx, origin, kind, applicationID, types.MessageEvent{ApplicationId: applicationID, Event: event}); err != nil {
		return fmt.Errorf("send %s: %w", kind, err)
	}
	return nil
}

// kindOf says by which message an event travels to the portal of origin.
func kindOf(event types.EventKind) string {
	switch event {
	case types.Question, types.Message:
		return KindMessage
	case types.Granted, types.Refused:
		return KindDecision
	}
	return KindStatus
}

// areaDigits are the lengths of an ARS at its levels: country, Land, Regierungsbezirk, Kreis, Gemeindeverband, Gemeinde.
func areaDigits() []int { return []int{0, 2, 3, 5, 9, 12} }

// contains says whether a place lies in an area or is the same; both are 12 digits, padded with zeros.
func contains(area, place string) bool {
	if len(area) != 12 || len(place) != 12 {
		return false
	}
	for _, digits := range areaDigits() {
		if strings.Trim(area[digits:], "0") == "" {
			return area[:digits] == place[:digits]
		}
	}
	return false
}
