package catalog

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
)

// maxListedStatements is how many competences are looked at for each service of a list. Where there are more, nobody is named.
const maxListedStatements = 50

// $1 are services of a list, $2 their variants for which something is stated at the place; $4 the areas that cover it.
const authoritiesQuery = `
	SELECT w.asked, ` + statementColumns + `
	FROM unnest($1::uuid[], $2::uuid[]) AS w (asked, variant) JOIN catalog_services s ON s.id = w.variant AND s.owner = ANY ($3)
	CROSS JOIN LATERAL (
		SELECT * FROM catalog_competences x WHERE x.service_id = s.id AND x.owner = s.owner AND x.area = ANY ($4) ORDER BY length(x.area) DESC, x.id LIMIT $5
	) c
	LEFT JOIN catalog_organisations o ON o.id = c.organisation_id AND o.owner = c.owner`

// authorities gives the name of the competent unit at a place for each service that has exactly one for who asks, decided as for
// an offer.
func (s *Service) authorities(ctx context.Context, part []listed, at area, who Asker) (map[uuid.UUID]Text, error) {
	if len(part) == 0 {
		return nil, nil
	}
	owners := s.owners()
	asked, variants, err := s.statedAt(ctx, part, at, owners)
	if err != nil {
		return nil, err
	}
	areas, err := s.covering(ctx, at, at.padded())
	if err != nil {
		return nil, err
	}
	by, stated := coversOf(areas)
	rows, err := s.store.db.Pgx(ctx).Query(ctx, authoritiesQuery, asked, variants, ownerKeys(owners), stated, maxListedStatements)
	if err != nil {
		return nil, fmt.Errorf("read competent units: %w", err)
	}
	statements := map[uuid.UUID][]statement{}
	if _, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		var id uuid.UUID
		st, err := by.statement(row, &id)
		statements[id] = append(statements[id], st)
		return struct{}{}, err
	}); err != nil {
		return nil, fmt.Errorf("read competent units: %w", err)
	}
	names := map[uuid.UUID]Text{}
	now := s.now()
	for _, l := range part {
		list := statements[l.document.id]
		if len(list) >= maxListedStatements {
			continue
		}
		if d := decide(list, roleAuthority, who, l.document.audiences, now); d.clear && len(d.winners) > 0 {
			names[l.document.id] = list[d.winners[0]].name
		}
	}
	return names, nil
}

// statedAt gives, beside the services of a list, their variants at other portals that state somebody for the place.
func (s *Service) statedAt(ctx context.Context, part []listed, at area, owners map[string]types.PortalReference) (asked, variants []uuid.UUID, err error) {
	x, err := s.search.current(ctx)
	if err != nil {
		return nil, nil, err
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	for _, l := range part {
		asked, variants = append(asked, l.document.id), append(variants, l.document.id)
		for _, d := range x.kin(l.document) {
			if _, linked := owners[d.owner]; linked && d.owner != l.document.owner && d.reach(at) > 0 {
				asked, variants = append(asked, l.document.id), append(variants, d.id)
			}
		}
	}
	return asked, variants, nil
}
