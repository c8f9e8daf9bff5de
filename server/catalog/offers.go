package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

const maxOffers = 100

// Offers says who is competent for a service at a place, over all portals. It follows from the stated competences alone: the
// most specific area that covers the place wins. Services of other portals with the same LeiKa key count as the same.
//
// Without a place, or with one above a municipality, the answer is found only if it is the same everywhere there.
func (s *Service) Offers(ctx context.Context, serviceID uuid.UUID, ars string) (types.OfferList, error) {
	owners := s.owners()
	if _, err := s.store.service(ctx, serviceID, owners); err != nil {
		return types.OfferList{}, err
	}
	at, err := s.place(ctx, ars)
	if err != nil {
		return types.OfferList{}, err
	}
	answer := types.OfferList{Items: []types.Offer{}}
	where := ""
	if at != nil {
		answer.Place = &at.reference
		where = string(at.area)
	}
	if at == nil || !at.area.isMunicipality(string(at.level)) {
		same, err := s.store.sameBelow(ctx, serviceID, owners, where)
		if err != nil {
			return types.OfferList{}, err
		}
		switch {
		case same.competences == 0 && at == nil:
			answer.Resolution = types.None
			return answer, nil
		case !same.everywhere:
			answer.Resolution = types.PlaceNeeded
			return answer, nil
		case at == nil:
			where = same.area
		}
	}
	rows, err := s.store.offers(ctx, serviceID, owners, area(where))
	if err != nil {
		return types.OfferList{}, err
	}
	if answer.Items, err = s.offersOf(ctx, rows, owners); err != nil {
		return types.OfferList{}, err
	}
	answer.Resolution = resolutionOf(rows)
	return answer, nil
}

func resolutionOf(rows []offerRow) types.OfferListResolution {
	units := map[uuid.UUID]bool{}
	for _, r := range rows {
		units[r.OrganisationID] = true
	}
	switch len(units) {
	case 0:
		return types.None
	case 1:
		return types.Found
	}
	return types.Choose
}

// readOffer reads what OfferByID gives.
func (s *Service) readOffer(ctx context.Context, id uuid.UUID) (offer types.Offer, channel string, serviceTitle, organisationName map[string]string, err error) {
	owners := s.owners()
	rows, err := s.store.offerRows(ctx, offerQuery, id, ownerKeys(owners))
	if err != nil {
		return types.Offer{}, "", nil, nil, err
	}
	if len(rows) == 0 {
		return types.Offer{}, "", nil, nil, problem.NotFound("offer-unknown", "Dieses Angebot gibt es nicht mehr.", "This offer no longer exists.").
			With(problem.Text{De: "Rufen Sie die Leistung neu auf und beginnen Sie dort.", En: "Open the service again and start from there."})
	}
	offers, err := s.offersOf(ctx, rows, owners)
	if err != nil {
		return types.Offer{}, "", nil, nil, err
	}
	if rows[0].entry.OnlineService != nil {
		channel = rows[0].entry.OnlineService.Channel
	}
	return offers[0], channel, rows[0].ServiceTitle, rows[0].OrganisationName, nil
}

// offerRow is a competence with its unit and service.
type offerRow struct {
	Owner            string
	ServiceID        uuid.UUID
	OrganisationID   uuid.UUID
	Area             string
	Competence       []byte
	Organisation     []byte
	OrganisationName Text
	ParentName       Text
	ServiceTitle     Text
	TrustLevel       string

	entry CompetenceEntry `db:"-"`
}

const offerColumns = `
	c.owner, c.service_id, c.organisation_id, c.area, c.payload, o.payload, o.name, p.name, s.title, s.payload->>'trustLevel'`

const offerJoins = `
	JOIN catalog_services s ON s.id = c.service_id AND s.owner = c.owner
	JOIN catalog_organisations o ON o.id = c.organisation_id AND o.owner = c.owner
	LEFT JOIN catalog_organisations p ON p.id = o.parent_id AND p.owner = o.owner`

const offerQuery = `
	SELECT ` + offerColumns + ` FROM catalog_competences c ` + offerJoins + `
	WHERE c.id = $1 AND c.owner = ANY ($2)`

// sameServices are the service $1, and those of other portals with the same LeiKa key, of the owners $2.
const sameServices = `
	WITH same AS (
		SELECT id, owner FROM catalog_services WHERE id = $1 AND owner = ANY ($2)
		UNION ALL
		SELECT v.id, v.owner FROM catalog_services s JOIN catalog_services v ON v.leika_key = s.leika_key AND v.leika_key <> '' AND v.owner <> s.owner
		WHERE s.id = $1 AND v.owner = ANY ($2)
	)`

// $3 are the areas that cover the place.
const offersQuery = sameServices + `, ranked AS (
		SELECT c.*, rank() OVER (ORDER BY length(c.area) DESC) AS rank
		FROM same JOIN catalog_competences c ON c.service_id = same.id AND c.owner = same.owner
		WHERE c.area = ANY ($3) AND EXISTS (SELECT FROM catalog_organisations o WHERE o.id = c.organisation_id AND o.owner = c.owner)
	)
	SELECT ` + offerColumns + ` FROM ranked c ` + offerJoins + ` WHERE c.rank = 1 LIMIT $4`

// $3 is a place, $4 the areas that cover it. Competences below the place make the answer depend on where exactly one is; for the
// country as a whole (no place), all must cover one and the same area by one and the same unit.
const sameBelowQuery = sameServices + `
	SELECT count(*), count(DISTINCT c.area), count(DISTINCT c.organisation_id), coalesce(min(c.area), ''),
		count(*) FILTER (WHERE starts_with(c.area, $3) AND c.area <> $3)
	FROM same JOIN catalog_competences c ON c.service_id = same.id AND c.owner = same.owner
	WHERE EXISTS (SELECT FROM catalog_organisations o WHERE o.id = c.organisation_id AND o.owner = c.owner)`

// sameness says how much the answer depends on the place.
type sameness struct {
	competences int
	everywhere  bool   // the answer is the same everywhere below the place
	area        string // that all competences are for, when there is no place
}

func (s store) sameBelow(ctx context.Context, service uuid.UUID, owners map[string]types.PortalReference, where string) (sameness, error) {
	var same sameness
	var areas, units, below int
	err := s.db.Pgx(ctx).QueryRow(ctx, sameBelowQuery, service, ownerKeys(owners), where).Scan(&same.competences, &areas, &units, &same.area, &below)
	if err != nil {
		return same, fmt.Errorf("read competences: %w", err)
	}
	if where == "" {
		same.everywhere = areas == 1 && units == 1
	} else {
		same.everywhere = below == 0
	}
	return same, nil
}

// offers reads the competences for a service with the most specific area that covers the place.
func (s store) offers(ctx context.Context, service uuid.UUID, owners map[string]types.PortalReference, where area) ([]offerRow, error) {
	return s.offerRows(ctx, offersQuery, service, ownerKeys(owners), where.chain(), maxOffers)
}

func (s store) offerRows(ctx context.Context, sql string, args ...any) ([]offerRow, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read offers: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (offerRow, error) {
		var r offerRow
		err := row.Scan(&r.Owner, &r.ServiceID, &r.OrganisationID, &r.Area, &r.Competence, &r.Organisation, &r.OrganisationName, &r.ParentName,
			&r.ServiceTitle, &r.TrustLevel)
		return r, errors.Join(err, json.Unmarshal(r.Competence, &r.entry))
	})
	if err != nil {
		return nil, fmt.Errorf("read offers: %w", err)
	}
	return list, nil
}

// offersOf turns competences into offers: forms first, then links, then counters, each by name.
func (s *Service) offersOf(ctx context.Context, rows []offerRow, owners map[string]types.PortalReference) ([]types.Offer, error) {
	language := httpx.LanguageOf(ctx)
	areas := map[string]types.PlaceReference{}
	offers := make([]types.Offer, 0, len(rows))
	for _, r := range rows {
		organisation, err := organisationIn(language, r.Organisation, r.ParentName)
		if err != nil {
			return nil, err
		}
		where, known := areas[r.Area]
		if !known { // offers for a place have one area in common
			if where, err = s.areaReference(ctx, area(r.Area)); err != nil {
				return nil, err
			}
			areas[r.Area] = where
		}
		level := types.TrustLevel(r.TrustLevel)
		offer := types.Offer{
			Id: r.entry.ID, ServiceId: r.ServiceID, Area: where, Organisation: organisation, Portal: owners[r.Owner],
			Channel: types.OfferChannelCounter, Note: optional(r.entry.Note.in(language)), TrustLevel: &level,
		}
		if o := r.entry.OnlineService; o != nil && o.Type == "form" {
			offer.Channel, offer.FormId = types.OfferChannelForm, o.FormID
		} else if o != nil {
			offer.Channel, offer.Url = types.OfferChannelLink, optional(o.URL)
		}
		offers = append(offers, offer)
	}
	slices.SortStableFunc(offers, func(a, b types.Offer) int {
		if c := channelRank(a.Channel) - channelRank(b.Channel); c != 0 {
			return c
		}
		if c := strings.Compare(a.Organisation.Name, b.Organisation.Name); c != 0 {
			return c
		}
		return strings.Compare(a.Id.String(), b.Id.String())
	})
	return offers, nil
}

func channelRank(c types.OfferChannel) int {
	return slices.Index([]types.OfferChannel{types.OfferChannelForm, types.OfferChannelLink, types.OfferChannelCounter}, c)
}

// areaReference names an area. One that the register does not know is named by its key.
func (s *Service) areaReference(ctx context.Context, a area) (types.PlaceReference, error) {
	found, err := s.places.Place(ctx, a.padded())
	if err == nil {
		return types.PlaceReference{Ars: found.Ars, Level: found.Level, Name: found.Name}, nil
	}
	if problem.From(err).Status >= 500 {
		return types.PlaceReference{}, err
	}
	return types.PlaceReference{Ars: a.padded(), Level: levelOf(a), Name: a.padded()}, nil
}

func levelOf(a area) types.PlaceLevel {
	switch len(a) {
	case 0:
		return types.Country
	case 2:
		return types.Land
	case 3:
		return types.Regierungsbezirk
	case 5:
		return types.Kreis
	case 9:
		return types.Gemeindeverband
	}
	return types.Gemeinde
}
