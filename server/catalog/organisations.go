package catalog

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/paging"
	"portalverbund/server/platform/problem"
)

const (
	maxSubunits   = 100
	maxTurnTo     = 5
	maxNamedAreas = 20
)

// Organisation reads an office in the language of ctx, with the units above and below it. An unknown one is a problem
// organisation-unknown (404).
func (s *Service) Organisation(ctx context.Context, id uuid.UUID) (types.Organisation, error) {
	owners := s.owners()
	var owner string
	var copiedAt *time.Time
	var payload []byte
	var parent Text
	var parentID *uuid.UUID
	err := s.store.db.Pgx(ctx).QueryRow(ctx, organisationQuery, id, ownerKeys(owners)).Scan(&owner, &copiedAt, &payload, &parentID, &parent)
	if errors.Is(err, pgx.ErrNoRows) {
		return types.Organisation{}, unknownOrganisation()
	}
	if err != nil {
		return types.Organisation{}, fmt.Errorf("read organisation: %w", err)
	}
	language := httpx.LanguageOf(ctx)
	o, err := s.organisationIn(language, payload, parent)
	if err != nil {
		return types.Organisation{}, err
	}
	if parentID != nil {
		o.Parent = &types.OrganisationReference{Id: *parentID, Name: parent.in(language)}
	}
	portal := owners[owner]
	o.Portal, o.CopiedAt = &portal, copiedAt
	units, err := s.subunits(ctx, id, owner)
	if err != nil {
		return types.Organisation{}, err
	}
	o.Units = &units
	return o, nil
}

func unknownOrganisation() error {
	return problem.NotFound("organisation-unknown", "Diese Stelle kennen wir nicht.", "We do not know this office.").
		With(problem.Text{De: "Vielleicht gibt es sie nicht mehr. Suchen Sie die Leistung, um die es Ihnen geht.", En: "It may no longer exist. Search for the service that you need."})
}

const organisationQuery = `
	SELECT o.owner, o.copied_at, o.payload, p.id, p.name FROM catalog_organisations o
	LEFT JOIN catalog_organisations p ON p.id = o.parent_id AND p.owner = o.owner
	WHERE o.id = $1 AND o.owner = ANY ($2)`

const subunitsQuery = `
	SELECT id, name FROM catalog_organisations WHERE parent_id = $1 AND owner = $2 ORDER BY name_key, id LIMIT $3`

// subunits gives the units right below one.
func (s *Service) subunits(ctx context.Context, id uuid.UUID, owner string) ([]types.OrganisationReference, error) {
	rows, err := s.store.db.Pgx(ctx).Query(ctx, subunitsQuery, id, owner, maxSubunits)
	if err != nil {
		return nil, fmt.Errorf("read units: %w", err)
	}
	language := httpx.LanguageOf(ctx)
	units, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (types.OrganisationReference, error) {
		var r types.OrganisationReference
		var name Text
		err := row.Scan(&r.Id, &name)
		r.Name = name.in(language)
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("read units: %w", err)
	}
	return units, nil
}

// organisationIn gives an office in one language, with the name of what it belongs to.
func (s *Service) organisationIn(language string, payload []byte, parent Text) (types.Organisation, error) {
	var e OrganisationEntry
	if err := json.Unmarshal(payload, &e); err != nil {
		return types.Organisation{}, fmt.Errorf("read organisation: %w", err)
	}
	now := s.now()
	o := types.Organisation{
		Id: e.ID, Name: e.Name.in(language), ParentName: optional(parent.in(language)), Phone: optional(e.Phone), Email: optional(e.Email),
		Url: optional(e.URL), HoursNote: optional(e.HoursNote.in(language)), Accessibility: optional(e.Accessibility.in(language)),
		AppointmentUrl: optional(e.AppointmentURL), OpeningHours: make([]types.OpeningHours, 0, len(e.OpeningHours)),
		SpecialHours: e.specialHoursIn(language, now), Open: e.openState(now, s.landOf(&e), language),
	}
	if e.Address != nil {
		o.Address = &types.Address{Street: e.Address.Street, HouseNumber: e.Address.HouseNumber, PostalCode: e.Address.PostalCode, City: e.Address.City}
	}
	if e.Position != nil {
		o.Position = &types.Position{Lat: e.Position.Lat, Lon: e.Position.Lon}
	}
	for _, h := range e.OpeningHours {
		days := make([]types.OpeningHoursDays, 0, len(h.Days))
		for _, d := range slices.Compact(h.Days) {
			days = append(days, types.OpeningHoursDays(d))
		}
		o.OpeningHours = append(o.OpeningHours, types.OpeningHours{Days: days, From: h.From, To: h.To})
	}
	return o, nil
}

// OrganisationServices lists what an office is stated to be competent for, in the language of ctx and by German title.
func (s *Service) OrganisationServices(ctx context.Context, id uuid.UUID, limit int, cursor string) (types.OrganisationServiceList, error) {
	list := types.OrganisationServiceList{Items: []types.OrganisationService{}}
	owners := s.owners()
	var known bool
	if err := s.store.db.Pgx(ctx).QueryRow(ctx, organisationKnownQuery, id, ownerKeys(owners)).Scan(&known); err != nil {
		return list, fmt.Errorf("read organisation: %w", err)
	}
	if !known {
		return list, unknownOrganisation()
	}
	after, err := readCursor(cursor)
	if err != nil {
		return list, err
	}
	limit = limitOf(limit)
	rows, err := s.store.db.Pgx(ctx).Query(ctx, organisationServicesQuery, id, ownerKeys(owners), s.now(), after.Key, after.ID, limit+1, maxNamedAreas)
	if err != nil {
		return list, fmt.Errorf("read services of an organisation: %w", err)
	}
	type row struct {
		ID     uuid.UUID
		Key    string
		Title  Text
		Role   string
		Online bool
		Areas  []string
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	if err != nil {
		return list, fmt.Errorf("read services of an organisation: %w", err)
	}
	if len(found) > limit {
		found = found[:limit]
		list.NextCursor = optional(listCursor{Key: found[limit-1].Key, ID: found[limit-1].ID}.written())
	}
	names := map[string]types.PlaceReference{}
	for _, r := range found {
		item := types.OrganisationService{
			ServiceId: r.ID, Title: r.Title.in(httpx.LanguageOf(ctx)), Role: roleIn(r.Role), Online: r.Online, Areas: make([]types.PlaceReference, 0, len(r.Areas)),
		}
		for _, a := range r.Areas {
			if _, known := names[a]; !known { // an office has few areas, whatever it does
				if names[a], err = s.areaReference(ctx, area(a)); err != nil {
					return list, err
				}
			}
			item.Areas = append(item.Areas, names[a])
		}
		list.Items = append(list.Items, item)
	}
	return list, nil
}

const organisationKnownQuery = `SELECT EXISTS (SELECT FROM catalog_organisations WHERE id = $1 AND owner = ANY ($2))`

// The role that a unit has most is its role for a service: 01 comes before 03.
const organisationServicesQuery = `
	SELECT id, key, title, role, online, areas FROM (
		SELECT s.id, lower(coalesce(s.title ->> 'de', s.title ->> 'en', '')) COLLATE "C" AS key, s.title, min(c.role) AS role,
			bool_or(c.online OR EXISTS (
				SELECT FROM catalog_online_competences w JOIN catalog_online_services d ON d.id = w.online_service_id AND d.owner = w.owner CROSS JOIN LATERAL unnest(w.areas) AS a (area)
				WHERE c.role = '01' AND w.service_id = c.service_id AND w.owner = c.owner AND (starts_with(c.area, a.area) OR starts_with(a.area, c.area))
			)) AS online, (array_agg(DISTINCT c.area))[1:$7] AS areas
		FROM catalog_competences c
		JOIN catalog_organisations o ON o.id = c.organisation_id AND o.owner = c.owner
		JOIN catalog_services s ON s.id = c.service_id AND s.owner = c.owner
		WHERE c.organisation_id = $1 AND c.owner = ANY ($2) AND (c.valid_from IS NULL OR c.valid_from <= $3) AND (c.valid_to IS NULL OR c.valid_to >= $3)
		GROUP BY s.id
	) x WHERE (key, id) > ($4, $5::uuid) ORDER BY key, id LIMIT $6`

// turnTo says where people can turn when nobody is known to be competent: the offices that are stated to be the administration
// of the place and of the areas around it, the nearest first, and the telephone number of all authorities.
func (s *Service) turnTo(ctx context.Context, areas []cover, owners map[string]types.PortalReference) ([]types.TurnTo, error) {
	stated := make([]string, 0, len(areas))
	for _, c := range areas {
		if c.former == "" {
			stated = append(stated, c.stated())
		}
	}
	rows, err := s.store.db.Pgx(ctx).Query(ctx, administrationsQuery, stated, ownerKeys(owners), maxTurnTo)
	if err != nil {
		return nil, fmt.Errorf("read administrations: %w", err)
	}
	type row struct {
		Area    string
		Payload []byte
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	if err != nil {
		return nil, fmt.Errorf("read administrations: %w", err)
	}
	language := httpx.LanguageOf(ctx)
	list := make([]types.TurnTo, 0, len(found)+1)
	for _, r := range found {
		o, err := s.organisationIn(language, r.Payload, nil)
		if err != nil {
			return nil, err
		}
		where, err := s.areaReference(ctx, area(r.Area)) // at most one for each level
		if err != nil {
			return nil, err
		}
		list = append(list, types.TurnTo{
			Kind: types.Administration, Name: o.Name, Area: &where, OrganisationId: &o.Id, Phone: o.Phone, Email: o.Email, Url: o.Url,
		})
	}
	hotline := "115"
	return append(list, types.TurnTo{
		Kind: types.Hotline, Name: Text{"de": "Behördennummer 115", "en": "115, the number of all public authorities"}.in(language), Phone: &hotline,
	}), nil
}

// One administration for each area: an own one before a linked portal's.
const administrationsQuery = `
	SELECT area, payload FROM (
		SELECT DISTINCT ON (a.area) a.area, o.payload FROM catalog_organisations o CROSS JOIN LATERAL unnest(o.administers) AS a (area)
		WHERE o.administers && $1 AND o.administers <> '{}' AND o.owner = ANY ($2) AND a.area = ANY ($1)
		ORDER BY a.area, o.owner, o.id
	) x ORDER BY length(area) DESC LIMIT $3`

// listCursor is where a page of a list ended.
type listCursor struct {
	Key string    `json:"k"`
	ID  uuid.UUID `json:"i"`
}

func (c listCursor) written() string {
	b, err := json.Marshal(c)
	if err != nil {
		panic(err) // strings can always be written
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func readCursor(text string) (listCursor, error) {
	var c listCursor
	if text == "" {
		return c, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err != nil || !utf8.ValidString(c.Key) || strings.ContainsRune(c.Key, 0) {
		return c, paging.NoSuchPage()
	}
	return c, nil
}

func limitOf(limit int) int {
	if limit <= 0 {
		return defaultLimit
	}
	return min(limit, maxLimit)
}
