package catalog

import (
	"context"
	"strings"
	"testing"
	"time"

	"portalverbund/api/types"
)

// TestHoliday_EachLand_AsItsLawHasThem counts the holidays of the Länder in years in which none of them coincide, and looks at some.
func TestHoliday_EachLand_AsItsLawHasThem(t *testing.T) {
	t.Parallel()
	for land, want := range map[string]int{
		"": 9, "01": 10, "02": 10, "03": 10, "04": 10, "05": 11, "06": 10, "07": 11, "08": 12, "09": 12, "10": 12, "11": 10, "12": 12, "13": 11,
		"14": 11, "15": 11, "16": 11,
	} {
		for _, year := range []int{2026, 2027, 2028} {
			got := 0
			for day := time.Date(year, 1, 1, 12, 0, 0, 0, localTime()); day.Year() == year; day = day.AddDate(0, 0, 1) {
				if holiday(day, land).De != "" {
					got++
				}
			}
			if got != want {
				t.Errorf("%d holidays in %q in %d, want %d", got, land, year, want)
			}
		}
	}
	for _, c := range []struct{ day, land, want string }{
		{"2026-06-04", "05", "Fronleichnam"}, {"2026-06-04", "03", ""}, {"2026-10-31", "03", "Reformationstag"}, {"2026-10-31", "09", ""},
		{"2026-11-18", "14", "Buß- und Bettag"}, {"2026-11-18", "16", ""}, {"2025-11-19", "14", "Buß- und Bettag"}, {"2027-01-06", "15", "Heilige Drei Könige"},
		{"2026-03-08", "13", "Internationaler Frauentag"}, {"2026-04-05", "12", "Ostersonntag"}, {"2026-08-15", "10", "Mariä Himmelfahrt"},
		{"2026-09-20", "16", "Weltkindertag"}, {"2026-11-01", "07", "Allerheiligen"}, {"2038-06-24", "10", "Fronleichnam"}, // the latest possible
	} {
		day, err := time.Parse(time.DateOnly, c.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := holiday(day, c.land); got.De != c.want || (got.De == "") != (got.En == "") {
			t.Errorf("%s in %s is %+v, want %q", c.day, c.land, got, c.want)
		}
	}
}

// landPlaces know in which Land some postal codes lie.
type landPlaces struct{ fakePlaces }

func (landPlaces) PostalCodeLands(context.Context) (map[string]string, error) {
	return map[string]string{"49716": "03", "80331": "09"}, nil
}

func TestOrganisation_HolidayOfOneLand_ClosedThereAndOpenElsewhere(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.places = landPlaces{}
	p.Service.now = func() time.Time { return time.Date(2025, 10, 31, 9, 0, 0, 0, localTime()) } // a Friday
	const hours = `"openingHours":[{"days":["mo","tu","we","th","fr"],"from":"08:00","to":"12:00"}]`
	office := func(n int, more ...string) string {
		return `{"kind":"organisation","id":"` + num(n).String() + `","name":{"de":"Amt"},` + strings.Join(append(more, hours), ",") + `}`
	}
	address := func(postalCode string) string {
		return `"address":{"street":"Markt","houseNumber":"1","postalCode":"` + postalCode + `","city":"Ort"}`
	}
	p.imports(t, office(100, address("49716")), office(101, address("80331")), office(102), office(103, `"administers":["03454"]`),
		office(104, address("49716"), `"specialHours":[{"from":"2025-10-31","to":"2025-10-31","hours":[{"from":"08:30","to":"10:00"}]}]`))
	for n, want := range map[int]types.OpenState{
		100: {Open: false, Holiday: optional("Reformationstag")}, 101: {Open: true}, 102: {Open: true},
		103: {Open: false, Holiday: optional("Reformationstag")}, 104: {Open: true, Holiday: optional("Reformationstag")},
	} {
		o, err := p.Organisation(t.Context(), num(n))
		if err != nil || o.Open == nil || o.Open.Open != want.Open || deref(o.Open.Holiday) != deref(want.Holiday) {
			t.Errorf("%d: %+v, %v, want %+v", n, o.Open, err, want)
		}
	}
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
