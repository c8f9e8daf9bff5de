package catalog

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

const rememberedOffers = 2000

// OfferByID gives an offer in the language of ctx. Beside it: where an application by its form goes (desk, provider:<id>, fit-connect:<id> or mail:<id>,
// empty when there is no form), and the names of service and competent unit by language, which are shared and must not be
// changed. An offer that is unknown, or of a portal that is no longer linked, is a problem offer-unknown (404); one that is not valid
// is given all the same (CheckOffer). Like answers, offers are remembered until the catalog changes, ten seconds at most.
func (s *Service) OfferByID(ctx context.Context, id uuid.UUID) (offer types.Offer, channel string, serviceTitle, organisationName map[string]string, err error) {
	known, err := s.knownOffer(ctx, id)
	return known.offer, known.channel, known.serviceTitle, known.organisationName, err
}

// LeikaKey gives the key by which the federation knows a service (14 digits); empty for a service that has none, or is not here.
func (s *Service) LeikaKey(ctx context.Context, serviceID uuid.UUID) (key string, err error) {
	err = s.store.db.Pgx(ctx).QueryRow(ctx, "SELECT coalesce(max(leika_key), '') FROM catalog_services WHERE id = $1 AND owner = ANY ($2)", serviceID, ownerKeys(s.owners())).Scan(&key)
	if err != nil {
		return "", fmt.Errorf("read key of service %s: %w", serviceID, err)
	}
	return key, nil
}

// CheckOffer checks that an offer is valid at a moment: the problem is offer-unknown (404), offer-ended or offer-not-yet (409).
func (s *Service) CheckOffer(ctx context.Context, id uuid.UUID, moment time.Time) error {
	known, err := s.knownOffer(ctx, id)
	if err != nil || validAt(known.validity, moment) {
		return err
	}
	office := known.offer.Organisation.Name
	if slices.ContainsFunc(known.validity, func(p PeriodEntry) bool { return p.From != nil && p.From.After(moment) }) {
		return problem.Conflict("offer-not-yet", office+" ist noch nicht zuständig.", office+" is not competent yet.").With(offerAgain())
	}
	return problem.Conflict("offer-ended", office+" ist nicht mehr zuständig.", office+" is no longer competent.").With(offerAgain())
}

func offerAgain() problem.Text {
	return problem.Text{
		De: "Auf der Seite der Leistung steht, wer jetzt zuständig ist. Beginnen Sie bitte dort neu.",
		En: "The page of the service says who is competent now. Please start again there.",
	}
}

// ChooseOffer checks that an offer counts at a place today: its unit is competent there, or is one of several who may be. Else the
// problem is one of CheckOffer, or says in the field ars that another office is competent.
func (s *Service) ChooseOffer(ctx context.Context, id uuid.UUID, ars string) error {
	if err := s.CheckOffer(ctx, id, s.now()); err != nil {
		return err
	}
	known, err := s.knownOffer(ctx, id)
	if err != nil {
		return err
	}
	c, err := s.consider(ctx, known.offer.ServiceId, ars, Asker{})
	if err != nil {
		return err
	}
	for _, i := range c.authorities.winners {
		if c.statements[i].id == id {
			return nil
		}
	}
	return problem.Invalid(problem.FieldError{Pointer: "/ars", Code: "place", Message: problem.Text{
		De: "Für diesen Ort ist eine andere Stelle zuständig.", En: "Another office is competent for this place.",
	}})
}

func (s *Service) knownOffer(ctx context.Context, id uuid.UUID) (knownOffer, error) {
	key := offerKey{id, httpx.LanguageOf(ctx)}
	known, generation, ok := s.offers.get(key)
	if ok {
		return known, nil
	}
	known, err := s.readOffer(ctx, id)
	if err == nil {
		s.offers.put(key, known, generation)
	}
	return known, err
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
	validity         []PeriodEntry
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
