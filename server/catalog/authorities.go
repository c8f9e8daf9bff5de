package catalog

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
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

// authorities gives the name of the competent unit at a place, in the language of ctx, for each service that has exactly one for who
// asks, decided as for an offer. Where all statements name one unit for everybody, which is nearly always so, the search knows it by
// itself; for the others the statements are read.
func (s *Service) authorities(ctx context.Context, part []listed, at area, who Asker) (map[uuid.UUID]string, error) {
	areas, err := s.covering(ctx, at, at.padded())
	if err != nil || len(part) == 0 {
		return nil, err
	}
	by, stated := coversOf(areas)
	owners := s.owners()
	names, rest, err := s.knownAuthorities(ctx, part, at, by, owners)
	if err != nil || len(rest) == 0 {
		return names, err
	}
	statements, err := s.statementsOf(ctx, rest, owners, by, stated)
	if err != nil {
		return nil, err
	}
	now, language := s.now(), httpx.LanguageOf(ctx)
	for _, v := range rest {
		list, l := statements[v.document.id], v.document
		if len(list) >= maxListedStatements {
			continue
		}
		if d := decide(list, roleAuthority, who, l.audiences, now); d.clear && len(d.winners) > 0 {
			names[l.id] = list[d.winners[0]].name.in(language)
		}
	}
	return names, nil
}

// variants are a service of a list with those of its kin at other portals that state somebody for the place.
type variants struct {
	document *document
	all      []*document // itself first
}

// knownAuthorities names the units that the search knows by itself, and gives the services for which it does not.
func (s *Service) knownAuthorities(
	ctx context.Context, part []listed, at area, by covers, owners map[string]types.PortalReference,
) (names map[uuid.UUID]string, rest []variants, err error) {
	t, err := s.search.beside(ctx)
	if err != nil {
		return nil, nil, err
	}
	x, err := s.search.current(ctx)
	if err != nil {
		return nil, nil, err
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	names = make(map[uuid.UUID]string, len(part))
	language := httpx.LanguageOf(ctx)
	for _, l := range part {
		v := variants{document: l.document, all: []*document{l.document}}
		for _, d := range x.kin(l.document) {
			if _, linked := owners[d.owner]; linked && d.owner != l.document.owner && d.reach(at) > 0 {
				v.all = append(v.all, d)
			}
		}
		d, simple := v.competent(by)
		if simple && d == nil {
			continue
		}
		if simple {
			if name, known := t.officeName(d.owner, x.units[d.unit], language); known {
				names[l.document.id] = name
				continue
			}
		}
		rest = append(rest, v)
	}
	return names, rest, nil
}

// competent gives the variant whose one unit is competent; nil if nobody is stated. It is not simple where a statement depends on
// something, stands for an area that is no longer in use, or where several are as specific.
func (v variants) competent(by covers) (best *document, simple bool) {
	level := -1
	for _, d := range v.all {
		for _, c := range d.claims {
			cover, there := by[string(c.area)]
			switch {
			case !there:
				continue
			case d.unit == 0 || cover.former != "":
				return nil, false
			case len(cover.area) > level:
				best, level = d, len(cover.area)
			case len(cover.area) == level && d.unit != best.unit:
				return nil, false
			}
		}
	}
	return best, true
}

// statementsOf reads what is stated for services and their variants in areas, by service.
func (s *Service) statementsOf(
	ctx context.Context, list []variants, owners map[string]types.PortalReference, by covers, stated []string,
) (map[uuid.UUID][]statement, error) {
	var asked, variant []uuid.UUID
	for _, v := range list {
		for _, d := range v.all {
			asked, variant = append(asked, v.document.id), append(variant, d.id)
		}
	}
	rows, err := s.store.db.Pgx(ctx).Query(ctx, authoritiesQuery, asked, variant, ownerKeys(owners), stated, maxListedStatements)
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
	return statements, nil
}
