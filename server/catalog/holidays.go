package catalog

import (
	"time"

	openapi "github.com/oapi-codegen/runtime/types"

	"portalverbund/server/platform/problem"
)

// holiday names the public holiday (gesetzlicher Feiertag) that a day is in all of Germany; empty if it is none.
func holiday(t time.Time) problem.Text {
	fixed := map[string]problem.Text{
		"01-01": {De: "Neujahr", En: "New Year’s Day"},
		"05-01": {De: "Tag der Arbeit", En: "Labour Day"},
		"10-03": {De: "Tag der Deutschen Einheit", En: "Day of German Unity"},
		"12-25": {De: "Erster Weihnachtstag", En: "Christmas Day"},
		"12-26": {De: "Zweiter Weihnachtstag", En: "Boxing Day"},
	}
	if name, is := fixed[t.Format("01-02")]; is {
		return name
	}
	movable := map[int]problem.Text{
		-2: {De: "Karfreitag", En: "Good Friday"},
		1:  {De: "Ostermontag", En: "Easter Monday"},
		39: {De: "Christi Himmelfahrt", En: "Ascension Day"},
		50: {De: "Pfingstmontag", En: "Whit Monday"},
	}
	return movable[t.YearDay()-easter(t.Year()).YearDay()]
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
