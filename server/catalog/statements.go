package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
)

// maxStatements is how many competences are looked at for a service at a place. Nobody states so many in earnest.
const maxStatements = 500

// cover is an area for which a competence may be stated so that it covers a place.
type cover struct {
	area   area   // in use
	former string // the key that is no longer in use and now means the area or a part of it, 12 digits; empty for the area itself
	asked  bool   // who asks lives where the former key was valid
}

// stated is the area as competences are stated for it.
func (c cover) stated() string {
	if c.former == "" {
		return string(c.area)
	}
	if a, err := parseArea(c.former); err == nil {
		return string(a)
	}
	return c.former
}

// covering gives the areas that cover a place, the widest first, and the keys that stood for them before. Who asked with one of
// those knows where in the place they are: of the keys for that area, only this one counts.
func (s *Service) covering(ctx context.Context, at area, asked string) ([]cover, error) {
	return s.covered.of(string(at)+" "+asked, func() ([]cover, error) { return s.lookCovering(ctx, at, asked) })
}

func (s *Service) lookCovering(ctx context.Context, at area, asked string) ([]cover, error) {
	chain := at.chain()
	padded := make([]string, 0, len(chain))
	for _, a := range chain {
		padded = append(padded, area(a).padded())
	}
	former, err := s.places.Former(ctx, padded)
	if err != nil {
		return nil, err
	}
	covers := make([]cover, 0, len(chain))
	for i, a := range chain {
		keys := former[padded[i]]
		known := slices.Contains(keys, asked)
		if known {
			keys = []string{asked}
		}
		for _, key := range keys {
			covers = append(covers, cover{area: area(a), former: key, asked: known})
		}
		covers = append(covers, cover{area: area(a)})
	}
	return covers, nil
}

// sameServices are the service $1, and those of other portals with the same LeiKa key, of the owners $2.
const sameServices = `
	WITH same AS (
		SELECT id, owner FROM catalog_services WHERE id = $1 AND owner = ANY ($2)
		UNION ALL
		SELECT v.id, v.owner FROM catalog_services s JOIN catalog_services v ON v.leika_key = s.leika_key AND v.leika_key <> '' AND v.owner <> s.owner
		WHERE s.id = $1 AND v.owner = ANY ($2)
	)`

// statementColumns are read by covers.statement; c is a competence, o its unit.
const statementColumns = `c.id, c.service_id, c.organisation_id, c.owner, c.role, c.area, c.terms, c.source, c.copied_at, o.id IS NOT NULL, o.name`

// $3 are the areas that cover the place.
const statementsQuery = sameServices + `
	SELECT ` + statementColumns + `
	FROM same JOIN catalog_competences c ON c.service_id = same.id AND c.owner = same.owner
	LEFT JOIN catalog_organisations o ON o.id = c.organisation_id AND o.owner = c.owner
	WHERE c.area = ANY ($3) ORDER BY length(c.area) DESC, c.id LIMIT $4`

// covers are areas by how competences are stated for them.
type covers map[string]cover

// coversOf gives the areas, and the words in which competences are stated for them.
func coversOf(areas []cover) (by covers, stated []string) {
	by, stated = make(covers, len(areas)), make([]string, 0, len(areas))
	for _, c := range areas {
		stated = append(stated, c.stated())
		by[c.stated()] = c
	}
	return by, stated
}

// statement reads a row of statementColumns; before are where columns in front of them go.
func (by covers) statement(row pgx.CollectableRow, before ...any) (statement, error) {
	var st statement
	var where string
	var terms []byte
	err := row.Scan(append(before, &st.id, &st.service, &st.organisation, &st.owner, &st.role, &where, &terms, &st.source, &st.copiedAt, &st.unitKnown, &st.name)...)
	if err == nil && terms != nil {
		err = json.Unmarshal(terms, &st.terms)
	}
	c := by[where]
	st.area, st.former, st.partial = c.area, c.former, c.former != "" && !c.asked
	return st, err
}

// statements reads the competences for a service in areas.
func (s store) statements(ctx context.Context, service uuid.UUID, owners map[string]types.PortalReference, areas []cover) ([]statement, error) {
	by, stated := coversOf(areas)
	rows, err := s.db.Pgx(ctx).Query(ctx, statementsQuery, service, ownerKeys(owners), stated, maxStatements)
	if err != nil {
		return nil, fmt.Errorf("read competences: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (statement, error) { return by.statement(row) })
	if err != nil {
		return nil, fmt.Errorf("read competences: %w", err)
	}
	return list, nil
}

// $3 is a place. Competences below it make the answer depend on where exactly one is; for the country as a whole (no place),
// all must cover one and the same area by one and the same unit. Only competences that are valid at $4 count.
const sameBelowQuery = sameServices + `
	SELECT count(*), count(DISTINCT c.area), count(DISTINCT c.organisation_id), coalesce(min(c.area), ''),
		count(*) FILTER (WHERE starts_with(c.area, $3) AND c.area <> $3)
	FROM same JOIN catalog_competences c ON c.service_id = same.id AND c.owner = same.owner
	WHERE c.role = '01' AND (c.valid_from IS NULL OR c.valid_from <= $4) AND (c.valid_to IS NULL OR c.valid_to >= $4)
		AND EXISTS (SELECT FROM catalog_organisations o WHERE o.id = c.organisation_id AND o.owner = c.owner)`

// sameness says how much the answer depends on the place.
type sameness struct {
	competences int
	everywhere  bool   // the answer is the same everywhere below the place
	area        string // that all competences are for, when there is no place
}

func (s store) sameBelow(ctx context.Context, service uuid.UUID, owners map[string]types.PortalReference, where area, now time.Time) (sameness, error) {
	var same sameness
	var areas, units, below int
	err := s.db.Pgx(ctx).QueryRow(ctx, sameBelowQuery, service, ownerKeys(owners), string(where), now).
		Scan(&same.competences, &areas, &units, &same.area, &below)
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
