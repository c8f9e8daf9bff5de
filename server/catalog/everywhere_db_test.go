package catalog

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// everywhereBatch is for how many municipalities competences are read at once.
const everywhereBatch = 1000

// stated is a competence as the naive search knows it.
type stated struct {
	id, unit        uuid.UUID
	key             string // of the area, meaning of it
	role            string
	audience        string // empty: everybody
	from, to        *time.Time
	onlyFor, beside string // surname from … to; empty: everybody
}

// TestStatements_EveryMunicipality_AsANaiveSearchFinds writes competences for areas of all levels, stated at random with role, audience,
// surnames and validity, into the database as an import does, reads for each municipality of the register what covers it by the query of
// the product, decides, and compares with a search through everything by beginnings of keys.
func TestStatements_EveryMunicipality_AsANaiveSearchFinds(t *testing.T) {
	t.Parallel()
	records := registerRecords(t)
	p := newPortal(t)
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	random := rand.New(rand.NewPCG(3, 4))
	all := map[string][]stated{} // by key
	lines := []string{organisation(100, "Amt"), service(1, "", "Etwas beantragen")}
	for n := range 40 {
		lines = append(lines, organisation(1000+n, fmt.Sprintf("Stelle %d", n)))
	}
	count := 0
	for _, r := range records {
		if random.IntN(4) != 0 {
			continue
		}
		for range 1 + random.IntN(3) {
			s := statedSomewhere(random, r[0], count, now)
			all[s.key] = append(all[s.key], s)
			lines = append(lines, s.line(random))
			count++
		}
	}
	p.imports(t, lines...)
	askers := []Asker{{Audience: "citizen", Surname: "Beispiel"}, {Audience: "business", Surname: "Muster"}, {Audience: "citizen", Surname: "Z"}}
	found := map[int]int{}
	municipalities := 0
	for batch := range slices.Chunk(slices.DeleteFunc(slices.Clone(records), func(r []string) bool { return r[2] != "gemeinde" }), everywhereBatch) {
		municipalities += len(batch)
		covering := readCovering(t, p, batch)
		for _, r := range batch {
			for _, a := range askers {
				d := decide(covering[r[0]], roleAuthority, a, nil, now)
				var got []string
				for _, i := range d.winners {
					got = append(got, covering[r[0]][i].organisation.String())
				}
				slices.Sort(got)
				want := competentNaively(all, r[0], a, now)
				if got = slices.Compact(got); !slices.Equal(got, want) || d.clear != (len(want) < 2) {
					t.Fatalf("%s %s for %+v: %v, want %v", r[0], r[4], a, got, want)
				}
				found[len(want)]++
			}
		}
	}
	if municipalities < 10_000 || found[0] == 0 || found[1] < municipalities || found[2] == 0 {
		t.Errorf("%d municipalities, %d competences, numbers of units found: %v", municipalities, count, found)
	}
}

// registerRecords reads the places of the register: ARS, AGS, level, kind, name …
func registerRecords(t *testing.T) [][]string {
	t.Helper()
	file, err := os.Open("../places/data/areas.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }() // only read
	records, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return records[1:]
}

// statedSomewhere makes a competence for an area at random.
func statedSomewhere(random *rand.Rand, key string, n int, now time.Time) stated {
	s := stated{id: num(100_000 + n), unit: num(1000 + random.IntN(40)), key: meaning(key), role: []string{"01", "01", "01", "03"}[random.IntN(4)]}
	s.audience = []string{"", "", "citizen", "business"}[random.IntN(4)]
	if random.IntN(4) == 0 {
		s.onlyFor, s.beside = "A", "K"
		if random.IntN(2) == 0 {
			s.onlyFor, s.beside = "L", "Z"
		}
	}
	day := func(days int) *time.Time { d := now.AddDate(0, 0, days); return &d }
	switch random.IntN(8) {
	case 0:
		s.to = day(-1 - random.IntN(100))
	case 1:
		s.from = day(1 + random.IntN(100))
	case 2:
		s.from, s.to = day(-1-random.IntN(100)), day(1+random.IntN(100))
	}
	return s
}

// line is the competence as a file has it, its key padded or not.
func (s stated) line(random *rand.Rand) string {
	key := s.key
	if random.IntN(2) == 0 {
		key += strings.Repeat("0", 12-len(key))
	}
	var more []string
	if s.audience != "" {
		more = append(more, fmt.Sprintf(`"audiences":[%q]`, s.audience))
	}
	if s.onlyFor != "" {
		more = append(more, fmt.Sprintf(`"conditions":[{"kind":"surname","from":%q,"to":%q}]`, s.onlyFor, s.beside))
	}
	var ends []string
	if s.from != nil {
		ends = append(ends, fmt.Sprintf(`"from":%q`, s.from.Format(time.RFC3339)))
	}
	if s.to != nil {
		ends = append(ends, fmt.Sprintf(`"to":%q`, s.to.Format(time.RFC3339)))
	}
	if len(ends) > 0 {
		more = append(more, `"validity":[{`+strings.Join(ends, ",")+`}]`)
	}
	return fmt.Sprintf(`{"kind":"competence","id":%q,"serviceId":%q,"organisationId":%q,"area":%q,"role":%q%s}`, s.id, num(1), s.unit, key, s.role,
		strings.Join(append([]string{""}, more...), ","))
}

// readCovering reads by the product's query what covers some municipalities, for all of them at once.
func readCovering(t *testing.T, p *portal, municipalities [][]string) map[string][]statement {
	t.Helper()
	chains := map[string][]string{}
	var areas []cover
	known := map[string]bool{}
	for _, r := range municipalities {
		at, err := parseArea(r[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range at.chain() {
			chains[r[0]] = append(chains[r[0]], a)
			if !known[a] {
				known[a] = true
				areas = append(areas, cover{area: area(a)})
			}
		}
	}
	by, keys := coversOf(areas)
	rows, err := p.db.Pool().Query(t.Context(), statementsQuery, num(1), []string{ownOwner}, keys, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (statement, error) { return by.statement(row) })
	if err != nil {
		t.Fatal(err)
	}
	inArea := map[string][]statement{}
	for _, s := range list {
		inArea[string(s.area)] = append(inArea[string(s.area)], s)
	}
	covering := map[string][]statement{}
	for ars, chain := range chains {
		for _, a := range chain {
			covering[ars] = append(covering[ars], inArea[a]...)
		}
	}
	return covering
}

// competentNaively gives the units that are competent for a person, by trying all beginnings of the key, the longest first.
func competentNaively(all map[string][]stated, ars string, a Asker, now time.Time) []string {
	for n := len(ars); n >= 0; n-- {
		best, units := -1, []string(nil)
		for _, s := range all[ars[:n]] {
			specific := 0
			if s.audience != "" {
				specific++
			}
			if s.onlyFor != "" {
				specific++
			}
			switch {
			case s.role != "01", s.audience != "" && s.audience != a.Audience, s.from != nil && now.Before(*s.from), s.to != nil && now.After(*s.to),
				s.onlyFor != "" && (a.Surname[:1] < s.onlyFor || a.Surname[:1] > s.beside), specific < best:
				continue
			case specific > best:
				best, units = specific, nil
			}
			units = append(units, s.unit.String())
		}
		if len(units) > 0 {
			slices.Sort(units)
			return slices.Compact(units)
		}
	}
	return nil
}
