package catalog

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// TestDecide_EveryMunicipality_AsANaiveSearchFinds compares the decision with one that looks at all competences, for each
// municipality of the register and several services whose competences are stated at random at all levels.
func TestDecide_EveryMunicipality_AsANaiveSearchFinds(t *testing.T) {
	t.Parallel()
	records := registerRecords(t)
	random := rand.New(rand.NewPCG(1, 2))
	for range 4 {
		stated, byArea := stateAtRandom(random, records)
		municipalities, found := 0, 0
		for _, r := range records {
			if r[2] != "gemeinde" {
				continue
			}
			municipalities++
			at, err := parseArea(r[0])
			if err != nil {
				t.Fatal(err)
			}
			var list []statement
			for _, a := range at.chain() {
				list = append(list, byArea[a]...)
			}
			d := decide(list, roleAuthority, Asker{}, nil, time.Now())
			want := naively(stated, r[0])
			got := map[uuid.UUID]bool{}
			for _, i := range d.winners {
				got[list[i].organisation] = true
			}
			if len(got) != len(want) || d.clear != (len(want) < 2) {
				t.Fatalf("%s %s: %d units, want %d", r[0], r[4], len(got), len(want))
			}
			for _, unit := range want {
				if !got[unit] {
					t.Fatalf("%s %s: not the competent unit", r[0], r[4])
				}
			}
			found += len(want)
		}
		if municipalities < 10_000 || found < municipalities/4 {
			t.Errorf("%d municipalities, %d units found", municipalities, found)
		}
	}
}

// stateAtRandom makes competences for some areas of each level, with the keys as the register has them and padded.
func stateAtRandom(random *rand.Rand, records [][]string) (stated map[string][]statement, byArea map[string][]statement) {
	stated, byArea = map[string][]statement{}, map[string][]statement{}
	for _, r := range records {
		if random.IntN(6) != 0 {
			continue
		}
		key := r[0]
		if random.IntN(2) == 0 {
			key += strings.Repeat("0", 12-len(key))
		}
		for range 1 + random.IntN(2) {
			a, err := parseArea(key)
			if err != nil {
				panic(err) // a key of the register
			}
			s := statement{id: uuid.New(), organisation: uuid.New(), area: a, unitKnown: true, role: []string{roleAuthority, roleAuthority, roleContactPoint}[random.IntN(3)]}
			byArea[string(a)] = append(byArea[string(a)], s)
			if s.role == roleAuthority {
				stated[meaning(key)] = append(stated[meaning(key)], s)
			}
		}
	}
	return stated, byArea
}

// naively tries all keys of which the municipality's begins with one, the longest first. A key with nothing but zeros behind the
// digits of a level means that level.
func naively(stated map[string][]statement, ars string) []uuid.UUID {
	for n := len(ars); n > 0; n-- {
		if list := stated[ars[:n]]; list != nil && meaning(ars[:n]) == ars[:n] {
			units := make([]uuid.UUID, 0, len(list))
			for _, s := range list {
				units = append(units, s.organisation)
			}
			return units
		}
	}
	return nil
}

func meaning(key string) string {
	for _, n := range []int{2, 3, 5, 9} {
		if n < len(key) && strings.Count(key[n:], "0") == len(key)-n {
			return key[:n]
		}
	}
	return key
}

func TestOpenState_HoursHolidaysAndSpecialDays_InLocalTime(t *testing.T) {
	t.Parallel()
	e := OrganisationEntry{
		OpeningHours: []HoursEntry{{Days: []string{"mo", "tu", "we", "th", "fr"}, From: "08:00", To: "12:00"}},
		SpecialHours: []SpecialHoursEntry{{From: "2026-12-28", To: "2026-12-31"}, {From: "2026-12-26", To: "2026-12-26", Hours: []DayHoursEntry{{From: "10:00", To: "11:00"}}}},
	}
	for moment, want := range map[string]string{
		"2026-11-24T07:30:00Z": "open until 2026-11-24T12:00:00+01:00",   // 8:30 in winter
		"2026-07-14T06:00:00Z": "open until 2026-07-14T12:00:00+02:00",   // 8:00 in summer
		"2026-11-24T11:00:00Z": "closed until 2026-11-25T08:00:00+01:00", // 12:00 sharp
		"2026-11-27T12:00:00Z": "closed until 2026-11-30T08:00:00+01:00", // a weekend
		"2026-04-03T07:00:00Z": "closed until 2026-04-07T08:00:00+02:00", // Good Friday to Easter Monday
		"2026-12-25T09:00:00Z": "closed until 2026-12-26T10:00:00+01:00", // special hours on a holiday
		"2026-12-28T09:00:00Z": "closed until 2027-01-04T08:00:00+01:00", // closed, then New Year's Day and a weekend
	} {
		now, err := time.Parse(time.RFC3339, moment)
		if err != nil {
			t.Fatal(err)
		}
		state := e.openState(now, "03", "de")
		got := "closed until " + formatted(state.OpensAt)
		if state.Open {
			got = "open until " + formatted(state.Until)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", moment, got, want)
		}
	}
	if (&OrganisationEntry{}).openState(time.Now(), "", "de") != nil {
		t.Error("an office without hours has a state")
	}
}

func formatted(t *time.Time) string {
	if t == nil {
		return "never"
	}
	return t.Format(time.RFC3339)
}

func TestExplain_SeveralLevels_EachCompetenceHasItsVerdict(t *testing.T) {
	t.Parallel()
	p := association(t)
	e, err := p.Explain(t.Context(), num(1), inMeppen, Asker{})
	if err != nil {
		t.Fatal(err)
	}
	verdicts := map[string]string{}
	for _, level := range e.Levels {
		for _, c := range level.Competences {
			verdicts[c.Organisation.Name] = string(c.Verdict)
		}
	}
	if len(e.Levels) < 4 || e.Levels[0].Area.Ars != inMeppen || verdicts["Steueramt Meppen"] != "competent" || verdicts["Kreissteueramt"] != "lessSpecificArea" || e.Elsewhere != 1 {
		t.Errorf("%+v, verdicts %v", e, verdicts)
	}
}
