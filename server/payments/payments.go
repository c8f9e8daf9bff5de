// Package payments asks people for fees and keeps the books about them. At the portal whose money it is, a payment is a state machine whose
// steps are only ever added to; each event that moves money is booked once, in a double-entry ledger that the database itself checks. At
// the portal where somebody applied, the person's side of it (a claim) is what they see and pay. Between the two travel messages, which one and the same portal
// hands to itself.
//
// That somebody has paid is known from the provider's answer to a question of ours, and from nothing else: neither the way back of the
// browser nor a notification says more than that it is time to ask.
package payments

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/jobs"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/notify"
	"portalverbund/server/platform/outbound"
	"portalverbund/server/platform/problem"
)

// Times of payments.
const (
	DueAfter    = 30 * 24 * time.Hour // in which a fee is to be paid
	PageLife    = 30 * time.Minute    // of a provider's page; then another one may be opened
	GiveUpAfter = 30 * 24 * time.Hour // after which an attempt of which the provider says nothing final is left to the reconciliation
	openFor     = 15 * time.Minute    // how long a provider that does not answer is asked to open a page
)

// States of a payment, in words of the contract.
const (
	created     = types.PaymentCreated
	started     = types.PaymentStarted
	paid        = types.PaymentPaid
	failed      = types.PaymentFailed
	cancelled   = types.PaymentCancelled
	expired     = types.PaymentExpired
	withdrawn   = types.PaymentWithdrawn
	refundAsked = types.PaymentRefundAsked
	refunded    = types.PaymentRefunded
	writtenOff  = types.PaymentWrittenOff
)

// States of an attempt: a transaction at the provider.
const (
	attemptCreated   = "created"
	attemptOpen      = "open"
	attemptPaid      = "paid"
	attemptFailed    = "failed"
	attemptCancelled = "cancelled"
	attemptExpired   = "expired" // its page is too old; money may still come
	attemptLost      = "lost"    // opened at the provider or not, nobody has seen its page
)

// payable says whether a payment in this state can be paid: its fee is owed, and nothing has been paid of it.
func payable(s types.PaymentState) bool {
	switch s {
	case created, started, failed, cancelled, expired:
		return true
	}
	return false
}

// Status is what a provider says of a transaction.
type Status int

// The states that XBezahldienste knows.
const (
	Initial Status = iota + 1
	Paid
	Failed
	Cancelled
)

// Order asks a provider for a transaction.
type Order struct {
	RequestID uuid.UUID // ours; placed once
	At        time.Time
	Amount    Cents
	Reference string // Kassenzeichen
	Budget    string // Haushaltsstelle
	Purpose   string // what the person reads there
	ReturnURL string
	NotifyURL string // for providers that notify
}

// Transaction is what a provider says.
type Transaction struct {
	ID        string
	RequestID string // ours, as the provider has it; empty when it does not say
	Status    Status
	Amount    Cents
	Currency  string
	PayURL    string // of the page where it is paid; while it is Initial
	Method    string
}

// What a provider can say beside an answer. Any other error leaves open whether it has had an effect.
var (
	// ErrPlaced: a transaction with this request id was placed before.
	ErrPlaced = errors.New("this request was placed before")
	// ErrRefused: the provider will never take this.
	ErrRefused = errors.New("refused by the payment provider")
	// ErrNoTransaction: the provider has no such transaction.
	ErrNoTransaction = errors.New("no such transaction at the payment provider")
	// ErrNoList: the provider gives no list of transactions.
	ErrNoList = errors.New("this payment provider gives no list")
)

// Provider is a payment service. Its calls end by themselves.
type Provider interface {
	// Open places an order; ErrPlaced, ErrRefused.
	Open(ctx context.Context, o Order) (Transaction, error)
	// Ask gives a transaction as it is; ErrNoTransaction.
	Ask(ctx context.Context, id string) (Transaction, error)
	// List gives the transactions that were paid on days, both included; ErrNoList.
	List(ctx context.Context, from, to time.Time) ([]Transaction, error)
}

// Applications knows the applications of this portal's citizens.
type Applications interface {
	// PayerOf says who applied and in which language, of an application that was handed to the portal of; problem.NotFound for any other.
	PayerOf(ctx context.Context, of string, applicationID uuid.UUID) (Payer, error)
}

// Payer is who pays, and for what.
type Payer struct {
	Person       httpx.Person
	Language     string
	Number       string
	ServiceTitle map[string]string
}

// Cases knows the clerk's cases.
type Cases interface {
	// ApplicationOf gives portal of origin and id of the application of a case that the caller may see; problem.NotFound for others.
	ApplicationOf(ctx context.Context, caseID uuid.UUID) (origin string, applicationID uuid.UUID, err error)
	// Remedy gives the words in which an office says how one can object to what it asks for; empty where it has none.
	Remedy(ctx context.Context, unit uuid.UUID) (string, error)
	// Tell writes to the citizen of a case, in their language and in ctx's transaction.
	Tell(ctx context.Context, caseID uuid.UUID, text problem.Text) error
}

// Messages carries signed messages between portals. A handler's error of class 4xx refuses a message for good; others make
// the sender try again.
type Messages interface {
	Send(ctx context.Context, to, kind string, subject uuid.UUID, payload any) (messageID uuid.UUID, err error)
	Handle(kind string, fn func(ctx context.Context, from string, payload json.RawMessage) error)
}

// Mailbox writes to people, in ctx's transaction.
type Mailbox interface {
	Notify(ctx context.Context, person httpx.Person, m types.MessageMailbox) error
}

// Portals knows this portal and the members of the association.
type Portals interface {
	Self() types.PortalReference
	Member(id string) (types.PortalReference, bool)
}

// Audit records who did what, in the transaction of ctx.
type Audit interface {
	Record(ctx context.Context, action, object, detail string) error
}

// Config is what a Service works with. All of it is needed, but for Provider with its Place, Account, and those that say so.
type Config struct {
	DB          *db.DB
	Keys        *keys.Set
	Jobs        *jobs.Client
	Hub         *notify.Hub
	Provider    Provider     // the configured one; nil: nobody can pay online here, unless administrators set a service
	Place       string       // of Provider, as Place gives it
	Account     *BankAccount // the configured one; nil: nobody can transfer here, unless administrators set one; checked
	Dial        func(Connection) (Provider, error)
	Outbound    outbound.Options // of calls to services that administrators set
	Units       Units
	Messages    Messages
	Mailbox     Mailbox
	Portals     Portals
	Audit       Audit
	FourEyes    Cents // refunds of more need a second person
	Log         *slog.Logger
	Now         func() time.Time
	NoReminders bool // do not ask providers by the clock, for tests that do it themselves
}

// Service holds the rules of payments.
type Service struct {
	Config
	dialled      dialled
	applications Applications
	cases        Cases
}

// New makes a Service and takes the messages of its kinds. Connect must be called before it is used.
func New(c Config) *Service {
	now := c.Now
	c.Now = func() time.Time { return now().UTC().Truncate(time.Microsecond) } // as the database keeps it
	s := &Service{Config: c, dialled: dialled{list: map[uuid.UUID]dial{}}}
	c.Messages.Handle(kindRequested, s.receiveClaim)
	c.Messages.Handle(kindChanged, s.receiveClaim)
	c.Messages.Handle(kindStart, s.receiveStart)
	c.Messages.Handle(kindCheck, s.receiveCheck)
	return s
}

// Connect gives the Service the rooms that need it themselves.
func (s *Service) Connect(a Applications, c Cases) { s.applications, s.cases = a, c }

func (s *Service) self() string { return s.Portals.Self().Id }

var (
	errUnknown    = problem.NotFound("payment-unknown", "Diese Zahlung gibt es nicht.", "There is no such payment.")
	errNotPayable = problem.Conflict("not-payable", "Diese Zahlung kann jetzt nicht online bezahlt werden.", "This payment cannot be paid online now.").
			With(problem.Text{De: "Sie ist schon bezahlt oder wird nicht mehr verlangt.", En: "It has been paid already, or is not asked for any more."})
	errNoNotice  = problem.Conflict("no-notice", "Diese Gebühr wird nicht mehr verlangt.", "This fee is not asked for any more.")
	errNoReceipt = problem.Conflict("not-paid", "Diese Gebühr ist noch nicht bezahlt.", "This fee has not been paid yet.")
)
