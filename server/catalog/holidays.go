package catalog

import (
	"context"
	"strings"
	"time"

	openapi "github.com/oapi-codegen/runtime/types"

	"portalverbund/server/platform/problem"
)

// holidays are the public holidays (gesetzliche Feiertage) of a part of Germany.
type holidays struct {
	fixed   map[string]problem.Text // by month and day
	movable map[int]problem.Text    // by days after Easter Sunday
}

// nationwide are the holidays that all Länder have.
func nationwide() holidays {
	return holidays{
		fixed: map[string]problem.Text{
			"01-01": {De: "Neujahr", En: "New Year’s Day"},
			"05-01": {De: "Tag der Arbeit", En: "Labour Day"},
			"10-03": {De: "Tag der Deutschen Einheit", En: "Day of German Unity"},
			"12-25": {De: "Erster Weihnachtstag", En: "Christmas Day"},
			"12-26": {De: "Zweiter Weihnachtstag", En: "Boxing Day"},
		},
		movable: map[int]problem.Text{
			-2: {De: "Karfreitag", En: "Good Friday"},
			1:  {De: "Ostermontag", En: "Easter Monday"},
			39: {De: "Christi Himmelfahrt", En: "Ascension Day"},
			50: {De: "Pfingstmontag", En: "Whit Monday"},
		},
	}
}

// regionalHoliday is a holiday of some Länder.
type regionalHoliday struct {
	lands string // beginnings of their ARS
	day   string // month and day; empty: movable
	after int    // days after Easter Sunday
	name  problem.Text
}

// regional are the holidays that only some Länder have, each with the beginnings of their ARS, as the Länder's laws on holidays have
// them in 2026. What is a holiday only in some municipalities of a Land (Mariä Himmelfahrt in Bayern, Fronleichnam in Sachsen and
// Thüringen, Augsburg's Friedensfest) is none here: offices state their hours for such days.
func regional() []regionalHoliday {
	return []regionalHoliday{
		{lands: "08 09 15", day: "01-06", name: problem.Text{De: "Heilige Drei Könige", En: "Epiphany"}},
		{lands: "11 13", day: "03-08", name: problem.Text{De: "Internationaler Frauentag", En: "International Women’s Day"}},
		{lands: "12", after: 0, name: problem.Text{De: "Ostersonntag", En: "Easter Sunday"}},
		{lands: "12", after: 49, name: problem.Text{De: "Pfingstsonntag", En: "Whit Sunday"}},
		{lands: "05 06 07 08 09 10", after: 60, name: problem.Text{De: "Fronleichnam", En: "Corpus Christi"}},
		{lands: "10", day: "08-15", name: problem.Text{De: "Mariä Himmelfahrt", En: "Assumption Day"}},
		{lands: "16", day: "09-20", name: problem.Text{De: "Weltkindertag", En: "World Children’s Day"}},
		{lands: "01 02 03 04 12 13 14 15 16", day: "10-31", name: problem.Text{De: "Reformationstag", En: "Reformation Day"}},
		{lands: "05 07 08 09 10", day: "11-01", name: problem.Text{De: "Allerheiligen", En: "All Saints’ Day"}},
	}
}

// holiday names the public holiday that a day is in a Land (the first two digits of its ARS), or in all of Germany where the Land is
// not known; empty if it is none.
func holiday(t time.Time, land string) problem.Text {
	day, after := t.Format("01-02"), t.YearDay()-easter(t.Year()).YearDay()
	everywhere := nationwide()
	if name, is := everywhere.fixed[day]; is {
		return name
	}
	if name, is := everywhere.movable[after]; is {
		return name
	}
	for _, h := range regional() {
		if land != "" && strings.Contains(h.lands, land) && (h.day == day || h.day == "" && h.after == after) {
			return h.name
		}
	}
	if land == saxony && isRepentanceDay(t) {
		return problem.Text{De: "Buß- und Bettag", En: "Day of Repentance and Prayer"}
	}
	return problem.Text{}
}

const saxony = "14"

// isRepentanceDay says whether a day is the last Wednesday before 23 November (Buß- und Bettag).
func isRepentanceDay(t time.Time) bool {
	return t.Month() == time.November && t.Weekday() == time.Wednesday && t.Day() >= 16 && t.Day() <= 22
}

// easter is Easter Sunday of a year in the Gregorian calendar (Spencer's method).
func easter(year int) time.Time {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	g := (b - (b+8)/25 + 1) / 3
	h := (19*a + b - d - g + 15) % 30
	l := (32 + 2*e + 2*(c/4) - h - c%4) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return time.Date(year, time.Month(n/31), n%31+1, 0, 0, 0, 0, time.UTC)
}

// dateOf is a day (YYYY-MM-DD) that was checked, as the contract has it.
func dateOf(day string) openapi.Date {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return openapi.Date{}
	}
	return openapi.Date{Time: t}
}

// postalCodes are known by Places that can say in which Land a postal code lies; without them only the holidays of all of Germany
// count.
type postalCodes interface {
	// PostalCodeLands gives the first two digits of the ARS of the Land that postal codes lie in, without codes of several Länder.
	PostalCodeLands(ctx context.Context) (map[string]string, error)
}

// learnLands reads in which Land each postal code lies.
func (s *Service) learnLands(ctx context.Context) error {
	register, ok := s.places.(postalCodes)
	if !ok {
		return nil
	}
	lands, err := register.PostalCodeLands(ctx)
	if err != nil {
		return err
	}
	s.lands.Store(&lands)
	return nil
}

// landOf gives the Land whose holidays an office keeps, by its address or the area that it administers; empty if it is not known.
func (s *Service) landOf(e *OrganisationEntry) string {
	if lands := s.lands.Load(); lands != nil && e.Address != nil {
		if land := (*lands)[e.Address.PostalCode]; land != "" {
			return land
		}
	}
	for _, a := range e.Administers {
		if len(a) >= landDigits && a[:landDigits] != "00" {
			return a[:landDigits]
		}
	}
	return ""
}

const landDigits = 2 // of an ARS
