// Package federation is the link between portals: who is a member of the association and what a member may speak for,
// messages that arrive exactly once with a signed receipt, the exchange of catalogs, files by reference, and the log
// that proves what was exchanged.
//
// # Messages
//
// Send writes a message to the outbox in the transaction of what causes it. A job seals it (JWE to the receiver, JWS by
// this portal) and hands it to the receiver's inbox. There it is verified, made effective by the handler of its kind,
// logged and receipted in one transaction; the same message again is answered with the same receipt. Messages to one
// portal about one subject form a lane: they arrive in the order of their commits. A portal out of reach is tried again
// with growing pauses, a message for 14 days; then it is parked until somebody sends it again.
//
// # Catalog
//
// PublishCatalog writes the latest state of an entry to the feed, in the transaction of the change. Members are nudged
// after the commit and read the feed from their cursor on, page by page, each page signed.
package federation

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/outbound"
)

// Jobs enqueues background work in the transaction of ctx.
type Jobs interface {
	Insert(ctx context.Context, args river.JobArgs, opts *river.InsertOpts) error
}

// Config is what a Service is made of.
type Config struct {
	ID       string                // entity id of this portal
	DB       *db.DB                // with the migrations of this room
	Keys     *keys.Set             // this portal's, for what it keeps
	Keyring  Keyring               // this portal's, for others; default: those of Keys
	Trust    Trust                 // must list this portal with its public keys
	Jobs     Jobs                  // runs Deliver
	Outbound outbound.Options      // how other portals are called; timeouts and size limits are set here
	Now      func() time.Time      // default: the machine's clock
	Log      *slog.Logger          // default: none
	Metrics  prometheus.Registerer // default: none
}

// Handler makes a message effective. It runs in the transaction in which the message arrives: either all of it happens
// or nothing. An error of class problem 4xx refuses the message for good; after any other the sender tries again.
type Handler func(ctx context.Context, from string, payload json.RawMessage) error

// ReceiptHandler learns that a message of ours has arrived, in the transaction that stores the receipt.
type ReceiptHandler func(ctx context.Context, subject, messageID uuid.UUID, receipt string, arrivedAt time.Time) error

// RefusalHandler learns that a message of ours was refused for good, in the transaction that settles it. reason is the
// receiver's, for the log.
type RefusalHandler func(ctx context.Context, subject, messageID uuid.UUID, reason string) error

// CatalogHandler takes changes of another portal's catalog, in their order, in the transaction that moves the cursor.
// Deleted entries have no payload. An error refuses the page, and it is read again later. Entries of kinds that it does
// not know are passed over.
type CatalogHandler func(ctx context.Context, owner string, entries []types.CatalogEntry) error

// CatalogReader reads and checks changes of another portal's catalog, and gives what takes them in as a CatalogHandler does. It
// runs ahead, while what came before them is still being taken in, so it has only the entries to look at. The transaction may
// be tried again, and take with it.
type CatalogReader func(ctx context.Context, owner string, entries []types.CatalogEntry) (take func(ctx context.Context) error)

// AttachmentSource opens a file for a member. It answers problem.NotFound for a file that is unknown or not for it.
type AttachmentSource func(ctx context.Context, member string, id uuid.UUID) (name, mediaType string, size int64, content io.ReadSeekCloser, err error)

// Service links this portal with the others. Handlers are registered before Run and before the first request.
type Service struct {
	id     string
	store  store
	db     *db.DB
	keys   *keys.Set
	ring   Keyring
	trust  Trust
	jobs   Jobs
	now    func() time.Time
	clock  *watch
	jitter func() float64 // in [0, 1)
	log    *slog.Logger

	calls     *http.Client // short calls, answered in memory
	transfers *http.Client // long answers, read as they come
	persons   PersonSource

	handlers    map[string]Handler
	onReceipt   map[string]ReceiptHandler
	onRefused   map[string]RefusalHandler
	catalog     []CatalogReader
	attachments AttachmentSource

	drains   busyNames // limits deliveries to one portal
	contacts contacts
	changed  chan struct{}
	nudges   *workQueue // members to be told of changes
	pulls    *workQueue // members whose catalog is to be read
	rota     rota
	untold   again // members that could not be told of changes
	nudged   limiter
	metrics  metrics
	pages    chan struct{} // limits pages made at the same time
	lines    sharedPages
}

// New checks that this portal is a member of its association with the keys it has, and makes its link.
func New(ctx context.Context, c Config) (*Service, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Keyring == nil {
		c.Keyring = fixedKeys{c.Keys}
	}
	clock := newWatch(c.Now)
	s := &Service{
		id: c.ID, store: store{c.DB}, db: c.DB, keys: c.Keys, ring: c.Keyring, trust: c.Trust, jobs: c.Jobs,
		now: clock.now, clock: clock, jitter: rand.Float64, log: c.Log,
		calls: outbound.Client(callOptions(c.Outbound)), transfers: outbound.Client(transferOptions(c.Outbound)),
		handlers: map[string]Handler{}, onReceipt: map[string]ReceiptHandler{}, onRefused: map[string]RefusalHandler{},
		changed: make(chan struct{}, 1), nudges: newWorkQueue(), pulls: newWorkQueue(),
		pages: make(chan struct{}, pagesAtOnce),
	}
	if err := s.checkSelf(ctx); err != nil {
		return nil, err
	}
	if err := s.startEpoch(ctx); err != nil {
		return nil, fmt.Errorf("start catalog feed: %w", err)
	}
	if err := s.register(c.Metrics); err != nil {
		return nil, err
	}
	return s, nil
}

func callOptions(o outbound.Options) outbound.Options {
	o.Timeout, o.MaxResponse = callTimeout, maxAnswer
	return o
}

func transferOptions(o outbound.Options) outbound.Options {
	o.Timeout, o.MaxResponse = -1, -1
	return o
}

// checkSelf compares the association's entry for this portal with the portal's own keys.
func (s *Service) checkSelf(ctx context.Context) error {
	self, err := s.trust.Member(ctx, s.id)
	if err != nil {
		return fmt.Errorf("this portal (%s) is missing in the list of members: %w", s.id, err)
	}
	published, err := s.ring.Published(ctx)
	if err != nil {
		return err
	}
	for _, own := range published.Keys {
		print, err := thumbprint(own)
		if err != nil {
			return err
		}
		found := false
		for _, listed := range self.Keys.Keys {
			other, err := thumbprint(listed)
			found = found || err == nil && other == print && listed.KeyID == own.KeyID && listed.Use == own.Use
		}
		if !found {
			return fmt.Errorf("the list of members names other keys for this portal (%s): its key %q (%s) is not among them", s.id, own.KeyID, own.Use)
		}
	}
	return nil
}

// Handle registers what makes messages of a kind effective.
func (s *Service) Handle(kind string, fn Handler) { s.handlers[kind] = fn }

// OnReceipt registers who learns of the receipts for messages of a kind.
func (s *Service) OnReceipt(kind string, fn ReceiptHandler) { s.onReceipt[kind] = fn }

// OnRefused registers who learns that messages of a kind were refused for good.
func (s *Service) OnRefused(kind string, fn RefusalHandler) { s.onRefused[kind] = fn }

// HandleCatalog registers one more receiver of other portals' catalogs. What a full snapshot no longer contains, and
// what belongs to a portal that is no member any more, arrives as deleted entries.
func (s *Service) HandleCatalog(fn CatalogHandler) {
	s.ReadCatalog(func(_ context.Context, owner string, entries []types.CatalogEntry) func(context.Context) error {
		return func(ctx context.Context) error { return fn(ctx, owner, entries) }
	})
}

// ReadCatalog does what HandleCatalog does for a receiver that reads and checks ahead.
func (s *Service) ReadCatalog(fn CatalogReader) { s.catalog = append(s.catalog, fn) }

// PersonSource writes what this portal holds about a person of an account home, one PersonalDataItem a line.
type PersonSource func(ctx context.Context, issuer, subject string, w io.Writer) error

// ServePersons registers who tells account homes what is held about their people.
func (s *Service) ServePersons(fn PersonSource) { s.persons = fn }

// ServeAttachments registers who opens the files that other members may fetch.
func (s *Service) ServeAttachments(fn AttachmentSource) { s.attachments = fn }

// Run keeps the link alive until ctx ends: it looks for messages that nobody sends, reads the catalogs of the others and
// tells them of changes. Every process of a portal runs it.
func (s *Service) Run(ctx context.Context) error {
	var all sync.WaitGroup
	all.Go(func() { s.sweep(ctx) })
	all.Go(func() { s.announce(ctx) })
	all.Go(func() { s.follow(ctx) })
	all.Go(func() { s.nudges.run(ctx, nudgesAtOnce, s.nudge) })
	all.Go(func() { s.pulls.run(ctx, pullsAtOnce, s.pullAndLog) })
	if w, ok := s.trust.(interface{ Watch(context.Context) }); ok {
		all.Go(func() { w.Watch(ctx) })
	}
	all.Wait()
	return nil
}

// Announce tells all members soon that something has changed here.
func (s *Service) Announce() { s.signalChange() }

// Self gives this portal as others see it.
func (s *Service) Self() types.PortalReference {
	ref, _ := s.Member(s.id)
	return ref
}

// Member gives a portal of the association by its entity id.
func (s *Service) Member(id string) (types.PortalReference, bool) {
	m, err := s.trust.Member(context.Background(), id)
	if err != nil {
		return types.PortalReference{}, false
	}
	return m.Reference(), true
}

// Members gives all portals of the association, this one included.
func (s *Service) Members() []types.PortalReference { return s.MembersWithRole("") }

// MembersWithRole gives the portals of the association that have a role; all for the empty role.
func (s *Service) MembersWithRole(role string) []types.PortalReference {
	members, err := s.trust.Members(context.Background())
	if err != nil {
		s.log.Error("list members", "error", err)
		return nil
	}
	refs := make([]types.PortalReference, 0, len(members))
	for _, m := range members {
		if role == "" || m.HasRole(role) {
			refs = append(refs, m.Reference())
		}
	}
	return refs
}

// Association gives the name of the association.
func (s *Service) Association() string {
	name, err := s.trust.Association(context.Background())
	if err != nil {
		s.log.Error("name of the association", "error", err)
	}
	return name
}

// Trusted gives what the association vouches for: a member's areas, roles and public keys; ErrNotMember for strangers.
func (s *Service) Trusted(ctx context.Context, id string) (Member, error) {
	return s.trust.Member(ctx, id)
}

// MayClaim says whether a portal may speak for an area (ARS or ARS prefix): the area must lie in one of those that the
// association has granted it.
func (s *Service) MayClaim(owner, area string) bool {
	m, err := s.trust.Member(context.Background(), owner)
	return err == nil && m.speaksFor(area)
}

// listed gives the ids of all who belong to the association, also of those that are not trusted at the moment.
func (s *Service) listed(ctx context.Context, members []string) ([]string, error) {
	if t, ok := s.trust.(interface {
		Listed(ctx context.Context) ([]string, error)
	}); ok {
		return t.Listed(ctx)
	}
	return members, nil
}

// others gives the ids of all members but this portal.
func (s *Service) others(ctx context.Context) ([]string, error) {
	members, err := s.trust.Members(ctx)
	if err != nil {
		return nil, fmt.Errorf("list members: %w", err)
	}
	ids := make([]string, 0, len(members))
	for _, m := range members {
		if m.ID != s.id {
			ids = append(ids, m.ID)
		}
	}
	return ids, nil
}
