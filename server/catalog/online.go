package catalog

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

const maxOnlineServices = 200

// onlineRow is an online service that takes applications for a service in an area.
type onlineRow struct {
	service uuid.UUID
	owner   string
	reach   int // digits of the most specific area that covers the place
	entry   OnlineServiceEntry
}

// $1 are services, $2 the areas that cover a place, $5 is now. The most specific come first.
const onlineServicesQuery = `
	SELECT c.service_id, o.owner, r.reach, o.payload
	FROM catalog_online_competences c
	CROSS JOIN LATERAL (SELECT max(length(a)) AS reach FROM unnest(c.areas) AS a WHERE a = ANY ($2)) r
	JOIN catalog_online_services o ON o.id = c.online_service_id AND o.owner = c.owner
	WHERE c.service_id = ANY ($1) AND c.areas && $2 AND c.owner = ANY ($3)
		AND (o.valid_from IS NULL OR o.valid_from <= $5) AND (o.valid_to IS NULL OR o.valid_to >= $5)
	ORDER BY r.reach DESC, o.id LIMIT $4`

// onlineServices reads the online services that take applications for services at a place, as far as they are valid: for each
// service those of each portal with the most specific area, each once.
func (s store) onlineServices(ctx context.Context, services []uuid.UUID, chain []string, owners map[string]types.PortalReference, now time.Time) ([]onlineRow, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, onlineServicesQuery, services, chain, ownerKeys(owners), maxOnlineServices, now)
	if err != nil {
		return nil, fmt.Errorf("read online services: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (onlineRow, error) {
		var r onlineRow
		err := row.Scan(&r.service, &r.owner, &r.reach, &r.entry)
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("read online services: %w", err)
	}
	type of struct {
		service uuid.UUID
		owner   string
	}
	reach := map[of]int{}
	kept := list[:0]
	for _, r := range list {
		if !validAt(r.entry.Validity, now) {
			continue
		}
		best, known := reach[of{r.service, r.owner}]
		same := func(k onlineRow) bool { return k.service == r.service && k.entry.ID == r.entry.ID }
		if known && best > r.reach || slices.ContainsFunc(kept, same) {
			continue
		}
		reach[of{r.service, r.owner}] = r.reach
		kept = append(kept, r)
	}
	return kept, nil
}

// applyOnline makes offers without an online way of their own lead to the online service that the same portal states for the
// service at the place.
func (s *Service) applyOnline(ctx context.Context, offers []types.Offer, rows []offerRow, chain []string, owners map[string]types.PortalReference) error {
	var services []uuid.UUID
	for i := range offers {
		if offers[i].Channel == types.OfferChannelCounter && offers[i].Role == types.OfferRoleAuthority {
			services = append(services, offers[i].ServiceId)
		}
	}
	if len(services) == 0 {
		return nil
	}
	online, err := s.store.onlineServices(ctx, services, chain, owners, s.now())
	if err != nil {
		return err
	}
	language := httpx.LanguageOf(ctx)
	for i := range offers {
		o := &offers[i]
		if o.Channel != types.OfferChannelCounter || o.Role != types.OfferRoleAuthority {
			continue
		}
		for _, r := range online {
			link := r.entry.link(language)
			if r.service != o.ServiceId || r.owner != rows[i].Owner || link == "" {
				continue
			}
			o.Channel, o.Url = types.OfferChannelLink, &link
			if level := types.TrustLevel(r.entry.TrustLevel); level != "" {
				o.TrustLevel = &level
			}
			break
		}
	}
	return nil
}

// $1 are online services.
const onlineForQuery = `SELECT DISTINCT service_id FROM catalog_online_competences WHERE online_service_id = ANY ($1) LIMIT $2`

// servicesOf adds to what has changed the services that online services which have changed are for.
func (s store) servicesOf(ctx context.Context, t *touched) error {
	if len(t.online) == 0 || t.all() {
		return nil
	}
	rows, err := s.db.Pgx(ctx).Query(ctx, onlineForQuery, slices.Collect(maps.Keys(t.online)), namedServices+1)
	if err != nil {
		return fmt.Errorf("read what online services are for: %w", err)
	}
	services, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return fmt.Errorf("read what online services are for: %w", err)
	}
	for _, id := range services {
		t.service(id)
	}
	return nil
}
