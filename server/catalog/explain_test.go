package catalog

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
)

// TestQueries_Explained_EachUsesAnIndex asks PostgreSQL how it would run each query on a catalog of an association's size.
func TestQueries_Explained_EachUsesAnIndex(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	fill(t, p, 30_000)
	ids := []uuid.UUID{num(1), num(2), num(3)}
	keys := []string{num(1).String(), num(2).String()}
	owners := []string{"", landkrs}
	area := area(inMeppen).chain()
	for name, c := range map[string]explained{
		"service":              {serviceQuery, []any{num(1), owners}},
		"authorities":          {authoritiesQuery, []any{ids, ids, owners, area, 50}},
		"organisation":         {organisationQuery, []any{num(1), owners}},
		"offers":               {offersQuery, []any{ids, owners}},
		"statements":           {statementsQuery, []any{num(1), owners, area, maxStatements}},
		"elsewhere":            {elsewhereQuery, []any{num(1), owners, area}},
		"subunits":             {subunitsQuery, []any{num(1), "", maxSubunits}},
		"letters of offices":   {lettersQuery, []any{owners, []string{"a", "b"}, lastKey}},
		"an office's services": {organisationServicesQuery, []any{num(1), owners, time.Now(), "", uuid.Nil, 20, maxNamedAreas}},
		"administrations":      {administrationsQuery, []any{area, owners, maxTurnTo}},
		"specialisations":      {specialisationsQuery, []any{num(1), area, owners}},
		"online services":      {onlineServicesQuery, []any{ids, area, owners, maxOnlineServices, time.Now()}},
		"of online services":   {onlineForQuery, []any{ids, namedServices + 1}},
		"category paths":       {categoryPathsQuery, []any{[]string{"c1", "c2"}, owners, ""}},
		"titles":               {titlesQuery, []any{ids, "de"}},
		"by LeiKa key":         {byLeikaQuery, []any{"99000000000001", owners}},
		"units":                {unitsQuery, []any{num(1), owners, maxUnits}},
		"own, from an id":      {ownQuery, []any{num(1), 100}},
		"popular":              {popularQuery, []any{"2026-11-24", 10}},
		"old views":            {dropViewsQuery, []any{"2026-11-24"}},
		"same below":           {sameBelowQuery, []any{num(1), owners, "03454", time.Now()}},
		"services by id":       {servicesByIDQuery, []any{ids}},
		"services, next page":  {servicesQuery, []any{num(1), 100}},
		"versions, next page":  {versionsQuery, []any{num(1), 100}},
		"known services":       {tableOf(KindService).known, []any{keys}},
		"known competences":    {tableOf(KindCompetence).known, []any{keys}},
		"known categories":     {tableOf(KindCategory).known, []any{[]string{"moving"}, ""}},
		"remove services":      {tableOf(KindService).remove, []any{"", keys}},
		"remove organisations": {tableOf(KindOrganisation).remove, []any{"", keys}},
		"offices by name":      officesExplained(owners, nil, ""),
		"offices by words":     officesExplained(owners, nil, ` AND words @@ to_tsquery('simple', $%d)`),
		"offices alike":        officesExplained(owners, nil, ` AND $%d <%% name_key`),
		"offices of a place":   officesExplained(owners, &place{area: inMeppen, level: types.Gemeinde}, ""),
		"offices of a county":  officesExplained(owners, &place{area: "03454", level: types.Kreis}, ""),
	} {
		rows, err := p.db.Pool().Query(t.Context(), "EXPLAIN "+c.sql, c.args...)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var plan []string
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			plan = append(plan, line)
		}
		if err := rows.Err(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if text := strings.Join(plan, "\n"); strings.Contains(text, "Seq Scan on catalog_") {
			t.Errorf("%s reads a whole table:\n%s", name, text)
		}
	}
}

type explained struct {
	sql  string
	args []any
}

// officesExplained is a query for offices at a place, nil for none, and with a condition on words.
func officesExplained(owners []string, at *place, condition string) explained {
	f := officeFilter{args: []any{owners}}
	if at != nil {
		f.forPlace(at)
	}
	if condition != "" {
		f = f.having(condition, "amt17")
	}
	sql, args := f.query("a", "b", listCursor{}, 20)
	return explained{sql, args}
}

// fill makes so many services, at many portals, each with an office and a competence.
func fill(t testing.TB, p *portal, n int) {
	t.Helper()
	for _, statement := range []string{
		`INSERT INTO catalog_services SELECT md5('s' || n)::uuid, CASE WHEN n % 100 = 0 THEN '' ELSE 'https://p' || n % 100 || '.example' END, '',
			lpad((n / 100)::text, 14, '9'), json_build_object('de', 'Leistung ' || md5(n::text)), '{}',
			json_build_object('id', md5('s' || n)::uuid, 'title', json_build_object('de', 'Leistung ' || left(md5((n / 100)::text), 6) || ' ' || left(md5(n::text), 5)),
				'synonyms', json_build_object('de', json_build_array('Wort' || n % 977, 'Amt' || n % 101)), 'trustLevel', 'low', 'updatedAt', '2026-01-01T00:00:00Z'), '\x00', NULL
			FROM generate_series(1, $1::int) n`,
		`INSERT INTO catalog_organisations SELECT md5('o' || n)::uuid, CASE WHEN n % 100 = 0 THEN '' ELSE 'https://p' || n % 100 || '.example' END, '', NULL,
			json_build_object('de', 'Amt ' || n), json_build_object('id', md5('o' || n)::uuid, 'name', json_build_object('de', 'Amt ' || n)), '\x00', NULL FROM generate_series(1, $1::int) n`,
		`INSERT INTO catalog_competences SELECT md5('c' || n)::uuid, CASE WHEN n % 100 = 0 THEN '' ELSE 'https://p' || n % 100 || '.example' END, '',
			md5('s' || n)::uuid, md5('o' || n)::uuid, '03454' || lpad((n % 100)::text, 7, '0'), n % 2 = 0, '{}', '\x00000000', NULL FROM generate_series(1, $1::int) n`,
		`INSERT INTO catalog_specialisations SELECT md5('x' || n)::uuid, 'https://p' || n % 100 || '.example', '', md5('s' || n)::uuid, '{03454}', '{}', '\x00', NULL
			FROM generate_series(1, $1::int) n`,
		`INSERT INTO catalog_online_services SELECT md5('d' || n)::uuid, 'https://p' || n % 100 || '.example', '', '{}', '\x00', NULL FROM generate_series(1, $1::int) n`,
		`INSERT INTO catalog_online_competences SELECT md5('y' || n)::uuid, 'https://p' || n % 100 || '.example', '', md5('s' || n)::uuid, md5('d' || n)::uuid, '{03454}', '{}', '\x00', NULL
			FROM generate_series(1, $1::int) n`,
		`INSERT INTO catalog_categories SELECT 'c' || n / 100, 'https://p' || n % 100 || '.example', '', 1, '{}', '\x00', NULL FROM generate_series(1, $1::int / 10) n`,
	} {
		if _, err := p.db.Pool().Exec(t.Context(), statement, n); err != nil {
			t.Fatal(err)
		}
	}
	for _, table := range []string{"catalog_services", "catalog_organisations", "catalog_competences", "catalog_categories", "catalog_specialisations", "catalog_online_services", "catalog_online_competences"} {
		if _, err := p.db.Pool().Exec(t.Context(), "ANALYZE "+table); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 100 {
		p.portals.members = append(p.portals.members, reference(fmt.Sprintf("https://p%d.example", n)))
	}
}
