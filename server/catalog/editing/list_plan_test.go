package editing

import (
	"encoding/json"
	"testing"

	"portalverbund/db/dbtest"
)

// node is a step of a plan of PostgreSQL, with what it did.
type node struct {
	Type    string  `json:"Node Type"`
	Table   string  `json:"Relation Name"`
	Rows    float64 `json:"Actual Rows"`
	Loops   float64 `json:"Actual Loops"`
	Removed float64 `json:"Rows Removed by Filter"`
	Plans   []node  `json:"Plans"`
}

// read counts the rows that a plan took out of tables, kept or not.
func (n node) read() (rows float64) {
	for _, p := range n.Plans {
		rows += p.read()
	}
	if n.Table != "" {
		rows += (n.Rows + n.Removed) * n.Loops
	}
	return rows
}

// many makes 10,000 released services, of which every tenth has a draft, and 10,000 drafts of new ones.
const many = `
	INSERT INTO catalog_services (id, owner, source, leika_key, title, teaser, payload, digest)
		SELECT gen_random_uuid(), '', 'bus', '', json_build_object('de', 'Leistung ' || n), '{}', '{}', '' FROM generate_series(1, 10000) n;
	INSERT INTO catalog_services (id, owner, source, leika_key, title, teaser, payload, digest)
		SELECT gen_random_uuid(), 'https://other.example', 'x', '', json_build_object('de', 'Leistung ' || n), '{}', '{}', '' FROM generate_series(1, 10000) n;
	INSERT INTO catalog_editing (kind, entry_id, title, draft, state)
		SELECT 'service', id::text, 'Leistung anders', '{}', 'writing' FROM catalog_services WHERE owner = '' AND title->>'de' LIKE '%7';
	INSERT INTO catalog_editing (kind, entry_id, title, draft, state)
		SELECT 'service', gen_random_uuid()::text, 'Entwurf ' || n, '{}', 'writing' FROM generate_series(1, 10000) n;
	INSERT INTO catalog_organisations (id, owner, source, name, payload, digest)
		SELECT gen_random_uuid(), '', 'bus', json_build_object('de', 'Amt ' || n), '{}', '' FROM generate_series(1, 10000) n;
	ANALYZE catalog_services; ANALYZE catalog_organisations; ANALYZE catalog_editing;`

func TestList_ManyEntries_ReadsNoMoreThanItShows(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	if _, err := d.Pgx(t.Context()).Exec(t.Context(), many); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		kind, state, afterTitle, afterID string
		most                             float64
	}{
		"the first of all services":    {"service", "", "", "", 500},
		"services in the middle":       {"service", "", "leistung 5", "", 500},
		"released services":            {"service", "released", "leistung 9", "", 500},
		"the last services":            {"service", "", "leistung anders", "00", 500},
		"the first of all offices":     {"organisation", "", "", "", 500},
		"drafts that are new, further": {"service", "new", "entwurf 7", "", 500},
	} {
		k, _ := kindOf(c.kind)
		var text []byte
		err := d.Pgx(t.Context()).QueryRow(t.Context(), `EXPLAIN (ANALYZE, FORMAT JSON) `+k.listQuery(), c.kind, "", c.state, nil, nil, c.afterTitle, c.afterID, 21).Scan(&text)
		if err != nil {
			t.Fatal(err)
		}
		var plans []struct{ Plan node }
		if err := json.Unmarshal(text, &plans); err != nil {
			t.Fatal(err)
		}
		if rows := plans[0].Plan.read(); rows > c.most || plans[0].Plan.Rows != 21 {
			t.Errorf("%s: %.0f rows read for %.0f shown", name, rows, plans[0].Plan.Rows)
			t.Logf("%s", text)
		}
	}
}
