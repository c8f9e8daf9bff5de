package catalog

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	openapi "github.com/oapi-codegen/runtime/types"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

const maxOffers = 100

// Offers says who is competent for a service at a place, over all portals. It follows from the stated competences alone: of
// those that are valid now and hold for who asks, the most specific area that covers the place wins. Services of other portals
// with the same LeiKa key count as the same.
//
// Without a place, or with one above a municipality, the answer is found only if it is the same everywhere there.
func (s *Service) Offers(ctx context.Context, serviceID uuid.UUID, ars string, who Asker) (types.OfferList, error) {
	c, err := s.consider(ctx, serviceID, ars, who)
	if err != nil {
		return types.OfferList{}, err
	}
	answer := types.OfferList{Items: []types.Offer{}, ContactPoints: []types.Offer{}, TurnTo: []types.TurnTo{}, Resolution: c.resolution}
	if c.at != nil {
		answer.Place = &c.at.reference
	}
	if c.resolution == types.PlaceNeeded {
		return answer, nil
	}
	offers, err := s.offersFor(ctx, c)
	if err != nil {
		return types.OfferList{}, err
	}
	answer.Items, answer.ContactPoints = offers(c.authorities.winners), offers(c.contacts.winners)
	if c.resolution == types.Choose {
		distinguish(answer.Items)
		answer.Question = questionIn(httpx.LanguageOf(ctx), c.authorities.question, c.statements)
	}
	if c.resolution == types.None {
		if answer.TurnTo, err = s.turnTo(ctx, c.areas, c.owners); err != nil {
			return types.OfferList{}, err
		}
	}
	return answer, nil
}

// considered is what there is to say about who is competent for a service at a place.
type considered struct {
	owners      map[string]types.PortalReference
	service     servicePayload
	at          *place // nil when none was given
	resolution  types.OfferResolution
	areas       []cover
	statements  []statement
	authorities decision
	contacts    decision
}

// consider reads what is stated for a service at a place and decides.
func (s *Service) consider(ctx context.Context, serviceID uuid.UUID, ars string, who Asker) (*considered, error) {
	c := &considered{owners: s.owners(), resolution: types.None}
	var err error
	if c.service, err = s.store.service(ctx, serviceID, c.owners); err != nil {
		return nil, err
	}
	if c.at, err = s.place(ctx, ars); err != nil {
		return nil, err
	}
	where := area("")
	if c.at != nil {
		where = c.at.area
	}
	if c.at == nil || !c.at.area.isMunicipality(string(c.at.level)) {
		same, err := s.store.sameBelow(ctx, serviceID, c.owners, where, s.now())
		switch {
		case err != nil:
			return nil, err
		case same.competences == 0 && c.at == nil:
			return c, nil
		case !same.everywhere:
			c.resolution = types.PlaceNeeded
		case c.at == nil:
			where = area(same.area)
		}
	}
	if c.areas, err = s.covering(ctx, where, ars); err != nil {
		return nil, err
	}
	if c.statements, err = s.store.statements(ctx, serviceID, c.owners, c.areas); err != nil {
		return nil, err
	}
	var audiences struct {
		Audiences []string `json:"audiences"`
	}
	if err := json.Unmarshal(c.service.Payload, &audiences); err != nil {
		return nil, fmt.Errorf("read service %s: %w", serviceID, err)
	}
	c.authorities = decide(c.statements, roleAuthority, who, audiences.Audiences, s.now())
	c.contacts = decide(c.statements, roleContactPoint, who, audiences.Audiences, s.now())
	if c.resolution != types.PlaceNeeded {
		c.resolution = c.authorities.resolution()
	}
	return c, nil
}

func (d *decision) resolution() types.OfferResolution {
	switch {
	case d.units == 0:
		return types.None
	case d.clear:
		return types.Found
	}
	return types.Choose
}

// readOffer reads what OfferByID gives.
func (s *Service) readOffer(ctx context.Context, id uuid.UUID) (knownOffer, error) {
	owners := s.owners()
	rows, err := s.store.offers(ctx, []uuid.UUID{id}, owners)
	if err != nil {
		return knownOffer{}, err
	}
	if len(rows) == 0 {
		return knownOffer{}, problem.NotFound("offer-unknown", "Dieses Angebot gibt es nicht mehr.", "This offer no longer exists.").
			With(problem.Text{De: "Rufen Sie die Leistung neu auf und beginnen Sie dort.", En: "Open the service again and start from there."})
	}
	offers, err := s.offersOf(ctx, rows, area(rows[0].Area).chain(), owners)
	if err != nil {
		return knownOffer{}, err
	}
	known := knownOffer{offer: offers[0], serviceTitle: rows[0].ServiceTitle, organisationName: rows[0].OrganisationName, validity: rows[0].entry.Validity}
	if rows[0].entry.OnlineService != nil {
		known.channel = rows[0].entry.OnlineService.Channel
	}
	return known, nil
}

// offerRow is a competence with its unit and service.
type offerRow struct {
	Owner            string
	ServiceID        uuid.UUID
	OrganisationID   uuid.UUID
	Area             string
	Role             string
	Competence       []byte
	Organisation     []byte
	OrganisationName Text
	ParentName       Text
	ServiceTitle     Text
	TrustLevel       string

	entry CompetenceEntry `db:"-"`
}

const offersQuery = `
	SELECT c.owner, c.service_id, c.organisation_id, c.area, c.role, c.payload, o.payload, o.name, p.name, s.title, s.payload->>'trustLevel'
	FROM catalog_competences c
	JOIN catalog_services s ON s.id = c.service_id AND s.owner = c.owner
	JOIN catalog_organisations o ON o.id = c.organisation_id AND o.owner = c.owner
	LEFT JOIN catalog_organisations p ON p.id = o.parent_id AND p.owner = o.owner
	WHERE c.id = ANY ($1) AND c.owner = ANY ($2)`

// offers reads competences by id, with their units and services.
func (s store) offers(ctx context.Context, ids []uuid.UUID, owners map[string]types.PortalReference) ([]offerRow, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, offersQuery, ids, ownerKeys(owners))
	if err != nil {
		return nil, fmt.Errorf("read offers: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (offerRow, error) {
		var r offerRow
		err := row.Scan(&r.Owner, &r.ServiceID, &r.OrganisationID, &r.Area, &r.Role, &r.Competence, &r.Organisation, &r.OrganisationName, &r.ParentName,
			&r.ServiceTitle, &r.TrustLevel)
		return r, errors.Join(err, json.Unmarshal(r.Competence, &r.entry))
	})
	if err != nil {
		return nil, fmt.Errorf("read offers: %w", err)
	}
	return list, nil
}

// offersFor reads the offers behind the decisions; what it gives picks those of some statements.
func (s *Service) offersFor(ctx context.Context, c *considered) (func(winners []int) []types.Offer, error) {
	var ids []uuid.UUID
	for _, list := range [][]int{c.authorities.winners, c.contacts.winners} {
		for _, i := range list[:min(len(list), maxOffers)] {
			ids = append(ids, c.statements[i].id)
		}
	}
	if len(ids) == 0 {
		return func([]int) []types.Offer { return []types.Offer{} }, nil
	}
	rows, err := s.store.offers(ctx, ids, c.owners)
	if err != nil {
		return nil, err
	}
	chain := make([]string, 0, len(c.areas))
	for _, a := range c.areas {
		chain = append(chain, string(a.area))
	}
	all, err := s.offersOf(ctx, rows, chain, c.owners)
	if err != nil {
		return nil, err
	}
	former := map[uuid.UUID]string{}
	for i := range c.statements {
		former[c.statements[i].id] = c.statements[i].former
	}
	for i := range all {
		all[i].Distinction = formerIn(httpx.LanguageOf(ctx), former[all[i].Id])
	}
	return func(winners []int) []types.Offer {
		picked := []types.Offer{}
		for _, o := range all {
			if slices.ContainsFunc(winners, func(i int) bool { return c.statements[i].id == o.Id }) {
				picked = append(picked, o)
			}
		}
		return picked
	}, nil
}

func formerIn(language, ars string) *string {
	if ars == "" {
		return nil
	}
	return optional(Text{"de": "Gebiet mit dem früheren Schlüssel " + ars, "en": "area with the former key " + ars}.in(language))
}

// offersOf turns competences into offers: forms first, then links, then counters, each by name. chain are the areas that cover the
// place.
func (s *Service) offersOf(ctx context.Context, rows []offerRow, chain []string, owners map[string]types.PortalReference) ([]types.Offer, error) {
	language := httpx.LanguageOf(ctx)
	areas := map[string]types.PlaceReference{}
	offers := make([]types.Offer, 0, len(rows))
	for _, r := range rows {
		organisation, err := s.organisationIn(language, r.Organisation, r.ParentName)
		if err != nil {
			return nil, err
		}
		where, known := areas[r.Area]
		if !known { // offers for a place have at most as many areas as there are levels
			if where, err = s.areaReference(ctx, area(r.Area)); err != nil {
				return nil, err
			}
			areas[r.Area] = where
		}
		level := types.TrustLevel(r.TrustLevel)
		offer := types.Offer{
			Id: r.entry.ID, ServiceId: r.ServiceID, Area: where, Organisation: organisation, Portal: owners[r.Owner],
			Channel: types.OfferChannelCounter, Note: optional(r.entry.Note.in(language)), TrustLevel: &level,
			Role: roleIn(r.Role), AppliesTo: optional(r.entry.words(language)),
		}
		if _, to := spanOf(r.entry.Validity); to != nil {
			offer.ValidTo = &openapi.Date{Time: to.In(localTime())}
		}
		if o := r.entry.OnlineService; o != nil && o.Type == "form" {
			offer.Channel, offer.FormId, offer.Fee = types.OfferChannelForm, o.FormID, o.Fee.wire()
		} else if o != nil {
			offer.Channel, offer.Url = types.OfferChannelLink, optional(o.URL)
		}
		offers = append(offers, offer)
	}
	if err := s.applyOnline(ctx, offers, rows, chain, owners); err != nil {
		return nil, err
	}
	slices.SortStableFunc(offers, func(a, b types.Offer) int {
		return cmp.Or(channelRank(a.Channel)-channelRank(b.Channel), strings.Compare(a.Organisation.Name, b.Organisation.Name),
			strings.Compare(a.Id.String(), b.Id.String()))
	})
	return offers, nil
}

// wire is a fee in the contract's words; nil where there is none.
func (f *FeeAsked) wire() *types.OnlineFee {
	if f == nil {
		return nil
	}
	fee := &types.OnlineFee{Pointer: optional(f.Pointer), Purpose: types.LocalizedText(f.Purpose), BudgetAccount: f.BudgetAccount}
	if f.Amount != nil {
		fee.Amount = &types.Money{Amount: *f.Amount, Currency: "EUR"}
	}
	if f.Range != nil {
		fee.Range = &types.FeeRange{From: types.Money{Amount: f.Range.From, Currency: "EUR"}, To: types.Money{Amount: f.Range.To, Currency: "EUR"}}
	}
	if len(f.LegalBasis) > 0 {
		basis := types.LocalizedText(f.LegalBasis)
		fee.LegalBasis = &basis
	}
	return fee
}

func channelRank(c types.OfferChannel) int {
	return slices.Index([]types.OfferChannel{types.OfferChannelForm, types.OfferChannelLink, types.OfferChannelCounter}, c)
}

func roleIn(code string) types.OfferRole {
	switch code {
	case roleAuthority:
		return types.OfferRoleAuthority
	case roleContactPoint:
		return types.OfferRoleContactPoint
	}
	return types.OfferRoleOther
}

// distinguish adds what tells candidates apart: for whom each is, and where it is.
func distinguish(offers []types.Offer) {
	for i := range offers {
		o := &offers[i]
		var parts []string
		for _, part := range []*string{o.AppliesTo, o.Distinction, o.Organisation.ParentName} {
			if part != nil {
				parts = append(parts, *part)
			}
		}
		if a := o.Organisation.Address; a != nil {
			if where := strings.TrimSpace(a.Street + " " + a.HouseNumber); where != "" {
				parts = append(parts, where)
			}
			if a.City != "" {
				parts = append(parts, a.City)
			}
		}
		if len(parts) == 0 {
			parts = []string{o.Portal.Name}
		}
		o.Distinction = optional(strings.Join(parts, " · "))
	}
}

// questionIn gives the question in the words of a language.
func questionIn(language string, q *inquiry, statements []statement) *types.OfferQuestion {
	english := language == "en"
	asked := &types.OfferQuestion{About: types.OfferQuestionAbout(q.about), Options: make([]types.OfferQuestionOption, 0, len(q.options))}
	for _, o := range q.options {
		var label string
		switch q.about {
		case conditionSurname:
			label = surnameWords(o.first, o.last, english)
		case conditionAge:
			label = ageWords(o.first, o.last, english)
		default:
			label = audienceWords(o.value, english)
		}
		ids := make([]uuid.UUID, 0, len(o.winners))
		for _, i := range o.winners {
			ids = append(ids, statements[i].id)
		}
		asked.Options = append(asked.Options, types.OfferQuestionOption{Value: o.value, Label: label, OfferIds: ids})
	}
	return asked
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
