package catalog

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

const rememberedOffers = 2000

// OfferByID gives an offer in the language of ctx. Beside it: where an application by its form goes (desk or provider:<id>,
// empty when there is no form), and the names of service and competent unit by language, which are shared and must not be
// changed. An offer that is unknown, or of a portal that is no longer linked, is a problem offer-unknown (404). Like answers,
// offers are remembered until the catalog changes, ten seconds at most.
func (s *Service) OfferByID(ctx context.Context, id uuid.UUID) (offer types.Offer, channel string, serviceTitle, organisationName map[string]string, err error) {
	key := offerKey{id, httpx.LanguageOf(ctx)}
	known, generation, ok := s.offers.get(key)
	if !ok {
		known.offer, known.channel, known.serviceTitle, known.organisationName, err = s.readOffer(ctx, id)
		if err == nil {
			s.offers.put(key, known, generation)
		}
	}
	return known.offer, known.channel, known.serviceTitle, known.organisationName, err
}

type offerKey struct {
	id       uuid.UUID
	language string
}

type knownOffer struct {
	offer            types.Offer
	channel          string
	serviceTitle     map[string]string
	organisationName map[string]string
	until            time.Time
}

// offers remembers offers until the catalog changes.
type offers struct {
	now func() time.Time

	mu         sync.Mutex
	generation uint64
	byKey      map[offerKey]knownOffer
}

func newOffers(now func() time.Time) *offers {
	return &offers{now: now, byKey: map[offerKey]knownOffer{}}
}

// forget drops everything: something has changed.
func (o *offers) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.generation++
	clear(o.byKey)
}

func (o *offers) get(key offerKey) (known knownOffer, generation uint64, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	known, ok = o.byKey[key]
	return known, o.generation, ok && o.now().Before(known.until)
}

// put remembers what was read in a generation, unless something has changed since.
func (o *offers) put(key offerKey, known knownOffer, generation uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.generation != generation {
		return
	}
	if len(o.byKey) >= rememberedOffers {
		clear(o.byKey)
	}
	known.until = o.now().Add(answerAge)
	o.byKey[key] = known
}

// maxForms bounds the forms of one service: each of some hundred portals has its own.
const maxForms = 2000

// formsOf lists the forms of the competences for a service.
func (s store) formsOf(ctx context.Context, service uuid.UUID) ([]uuid.UUID, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, `SELECT DISTINCT (payload->'onlineService'->>'formId')::uuid FROM catalog_competences
		WHERE service_id = $1 AND payload->'onlineService'->>'type' = 'form' LIMIT $2`, service, maxForms)
	if err != nil {
		return nil, fmt.Errorf("find forms: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, fmt.Errorf("find forms: %w", err)
	}
	return ids, nil
}
