package catalog

import (
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // the hours of offices are local, on any machine

	"portalverbund/api/types"
)

const (
	lookAhead = 28 // days
)

func (e *OrganisationEntry) normaliseSpecialHours(c *checker) {
	c.count("specialHours", len(e.SpecialHours))
	for i := range e.SpecialHours {
		c.under("specialHours", i, func() { e.SpecialHours[i].normalise(c) })
	}
	slices.SortStableFunc(e.SpecialHours, func(a, b SpecialHoursEntry) int { return strings.Compare(a.From, b.From) })
}

func (h *SpecialHoursEntry) normalise(c *checker) {
	for _, end := range []struct{ name, date string }{{"from", h.From}, {"to", h.To}} {
		if _, err := time.Parse(time.DateOnly, end.date); err != nil {
			c.fail(end.name, "format", "%.20q is not a day", end.date)
		}
	}
	if h.From > h.To {
		c.fail("to", "format", "%.20q is before the beginning %.20q", h.To, h.From)
	}
	c.count("hours", len(h.Hours))
	for i, d := range h.Hours {
		c.under("hours", i, func() {
			c.match("from", d.From, clockTime)
			c.match("to", d.To, clockTime)
		})
	}
	h.Note = c.text("note", h.Note, maxSentence, false)
	for language, note := range h.Note {
		h.Note[language] = strings.Join(strings.Fields(note), " ") // it stands on the line of its days
	}
}

func (e *OrganisationEntry) normaliseAdministers(c *checker) {
	c.count("administers", len(e.Administers))
	for i, ars := range e.Administers {
		a, err := parseArea(ars)
		if err != nil {
			c.fail("administers", "format", "%v", err)
			continue
		}
		e.Administers[i] = a.written()
	}
	slices.Sort(e.Administers)
	e.Administers = slices.Compact(e.Administers)
}

// localTime is the time zone of all offices. Its rules come with the program.
func localTime() *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err) // time/tzdata has it
	}
	return zone
}

// shift is a time during which an office is open.
type shift struct{ from, to time.Time }

// shifts are the times during which the office is open on the day of t, in order, without gaps of no length. The first special
// hours for a day count; on a public holiday of its Land there are no others.
func (e *OrganisationEntry) shifts(t time.Time, land string) []shift {
	date, weekday := t.Format(time.DateOnly), weekdays()[t.Weekday()]
	var list []shift
	special := slices.IndexFunc(e.SpecialHours, func(h SpecialHoursEntry) bool { return h.From <= date && date <= h.To })
	switch {
	case special >= 0:
		for _, h := range e.SpecialHours[special].Hours {
			list = append(list, shiftOn(t, h.From, h.To))
		}
	case holiday(t, land).De == "":
		for _, h := range e.OpeningHours {
			if slices.Contains(h.Days, weekday) {
				list = append(list, shiftOn(t, h.From, h.To))
			}
		}
	}
	list = slices.DeleteFunc(list, func(s shift) bool { return !s.from.Before(s.to) })
	slices.SortFunc(list, func(a, b shift) int { return a.from.Compare(b.from) })
	merged := list[:0]
	for _, s := range list {
		if last := len(merged) - 1; last >= 0 && !s.from.After(merged[last].to) {
			if s.to.After(merged[last].to) {
				merged[last].to = s.to
			}
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

func weekdays() [7]string { return [...]string{"su", "mo", "tu", "we", "th", "fr", "sa"} }

func shiftOn(t time.Time, from, to string) shift { return shift{clock(t, from), clock(t, to)} }

// clock is the moment of a time HH:MM on the day of t; 24:00 is the next midnight.
func clock(t time.Time, hhmm string) time.Time {
	digit := func(i int) int { return int(hhmm[i] - '0') }
	return time.Date(t.Year(), t.Month(), t.Day(), 10*digit(0)+digit(1), 10*digit(3)+digit(4), 0, 0, t.Location())
}

// openState says whether the office, in a Land, is open at a moment, and until or from when; nil where no hours are stated.
func (e *OrganisationEntry) openState(now time.Time, land, language string) *types.OpenState {
	if len(e.OpeningHours) == 0 && len(e.SpecialHours) == 0 {
		return nil
	}
	now = now.In(localTime())
	today := holiday(now, land)
	state := &types.OpenState{Holiday: optional(Text{"de": today.De, "en": today.En}.in(language))}
	for day := range lookAhead + 1 {
		for _, s := range e.shifts(time.Date(now.Year(), now.Month(), now.Day()+day, 12, 0, 0, 0, now.Location()), land) {
			switch {
			case !now.Before(s.to):
			case !now.Before(s.from):
				state.Open, state.Until = true, &s.to
				return state
			default:
				state.OpensAt = &s.from
				return state
			}
		}
	}
	return state
}

// specialHoursIn gives the special hours that are not over, in a language.
func (e *OrganisationEntry) specialHoursIn(language string, now time.Time) *[]types.SpecialHours {
	today := now.In(localTime()).Format(time.DateOnly)
	var list []types.SpecialHours
	for _, h := range e.SpecialHours {
		if h.To < today {
			continue
		}
		hours := make([]types.DayHours, 0, len(h.Hours))
		for _, d := range h.Hours {
			hours = append(hours, types.DayHours{From: d.From, To: d.To})
		}
		list = append(list, types.SpecialHours{From: dateOf(h.From), To: dateOf(h.To), Hours: hours, Note: optional(h.Note.in(language))})
	}
	if list == nil {
		return nil
	}
	return &list
}
