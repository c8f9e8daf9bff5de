// Package catalog knows what the portals of the association offer: public services (Leistungen), the offices that are
// competent for them and where, and the life situations by which they are grouped.
//
// A portal keeps its own entries and copies of those of the linked portals, each with its owner, never mixed. Services of
// different portals that are the same carry the same LeiKa key; people see such a service once, in the variant that is right
// for their place. Who is competent follows from the stated competences alone: the one with the most specific area wins,
// whichever portal states it.
package catalog

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/db"
)

// Topic is the name under which all processes of the portal hear that the catalog has changed.
const Topic = "catalog"

// Portals knows this portal and those that it is linked with. What a portal published that is no longer among them is not
// shown.
type Portals interface {
	Self() types.PortalReference
	Members() []types.PortalReference
}

// Places knows the places of Germany. An unknown place is an error for people.
type Places interface {
	Place(ctx context.Context, ars string) (types.Place, error)
	// Former gives the keys that are no longer in use and stand for places now, by the place's key; all have 12 digits.
	Former(ctx context.Context, places []string) (map[string][]string, error)
}

// Areas says for which areas a linked portal may state competences. area is an ARS without padding.
type Areas interface {
	MayClaim(owner, area string) bool
}

// Publisher tells linked portals of changes, inside the transaction of ctx. No two entries have the same kind and id.
type Publisher interface {
	PublishCatalogEntries(ctx context.Context, entries []types.CatalogEntry) error
}

// Forms takes in form definitions, which stand in the same files.
type Forms interface {
	Import(ctx context.Context, payload json.RawMessage) error
}

// Hub tells all processes of the portal what one of them has changed (platform/notify).
type Hub interface {
	Publish(ctx context.Context, topic, payload string) error
	Subscribe(topic string) (messages <-chan string, cancel func())
}

// Config is what New needs. Areas, Publisher, Forms and Hub may be missing where a program only reads or only imports.
type Config struct {
	DB        *db.DB
	Portals   Portals
	Places    Places
	Areas     Areas
	Publisher Publisher
	Forms     Forms
	Hub       Hub
	Area      []string         // the portal's own areas, ARS with or without padding
	Secret    []byte           // of the hashes that stand for searches without a result
	Log       *slog.Logger     // default: nothing is logged
	Now       func() time.Time // default: the machine's clock
}

// Service answers what the association offers, and takes in what changes. It is safe for use by several goroutines. Run must
// run beside it for its answers to be true.
type Service struct {
	store     store
	portals   Portals
	places    Places
	areas     Areas
	publisher Publisher
	forms     Forms
	hub       Hub
	home      []area
	log       *slog.Logger
	now       func() time.Time
	reader    reader
	search    *search
	answers   *answers
	offers    *offers
	placed    *lately[*place]
	covered   *lately[[]cover]
	registers registers
	trees     trees
	views     views
	missed    *missed
	lands     atomic.Pointer[map[string]string] // by postal code, for holidays
}

// New makes the Service.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	s := &Service{
		store: store{c.DB}, portals: c.Portals, places: c.Places, areas: c.Areas, publisher: c.Publisher, forms: c.Forms,
		hub: c.Hub, log: c.Log, now: c.Now, reader: newReader(), search: newSearch(), answers: newAnswers(c.Now), offers: newOffers(c.Now), placed: newLately[*place](c.Now), covered: newLately[[]cover](c.Now),
		registers: registers{byLanguage: map[string]*register{}}, views: views{count: map[uuid.UUID]int64{}}, missed: newMissed(c.Secret),
	}
	for _, ars := range c.Area {
		if a, err := parseArea(ars); err == nil {
			s.home = append(s.home, a)
		}
	}
	return s
}

// Generation is a number that is another one after each change of the catalog.
func (s *Service) Generation() uint64 { return s.answers.current() }

// ownOwner is the owner of this portal's own rows.
const ownOwner = ""

// owners gives the portals whose entries may be shown, by the owner of their rows.
func (s *Service) owners() map[string]types.PortalReference {
	self := s.portals.Self()
	members := s.portals.Members()
	owners := make(map[string]types.PortalReference, len(members)+1)
	for _, m := range members {
		if m.Id != self.Id {
			owners[m.Id] = m
		}
	}
	owners[ownOwner] = self
	return owners
}
