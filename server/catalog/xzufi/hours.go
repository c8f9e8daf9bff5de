package xzufi

import (
	"regexp"
	"slices"
	"strings"

	"portalverbund/server/catalog"
)

// Opening hours are a text in deliveries. What stands in it as "Mo, Di: 08:00–12:30 Uhr", a line or paragraph each, is read as
// hours, "Vom 28.12.2026 bis 31.12.2026: geschlossen – Jahreswechsel" as special ones; everything else is the note.

// weekdays are the days with their names in German and English.
func weekdays() []struct{ day, german, english string } {
	return []struct{ day, german, english string }{
		{"mo", "Mo", "Mon"}, {"tu", "Di", "Tue"}, {"we", "Mi", "Wed"}, {"th", "Do", "Thu"}, {"fr", "Fr", "Fri"}, {"sa", "Sa", "Sat"}, {"su", "So", "Sun"},
	}
}

var hoursLine = regexp.MustCompile(`^((?:[A-Z][a-z]+)(?:, ?[A-Z][a-z]+)*): ([0-2][0-9]:[0-5][0-9])–([0-2][0-9]:[0-5][0-9])(?: Uhr)?$`)

// hoursText writes hours, special ones and the note of an office as one text.
func hoursText(e *catalog.OrganisationEntry, language string) string {
	lines := make([]string, 0, len(e.OpeningHours)+len(e.SpecialHours))
	for _, h := range e.OpeningHours {
		names := make([]string, 0, len(h.Days))
		for _, d := range h.Days {
			names = append(names, dayName(d, language))
		}
		lines = append(lines, strings.Join(names, ", ")+": "+h.From+"–"+h.To+oClock(language))
	}
	for i := range e.SpecialHours {
		lines = append(lines, specialLine(&e.SpecialHours[i], language))
	}
	text := ""
	for _, line := range lines {
		text += "<p>" + markup(line) + "</p>"
	}
	for line := range strings.SplitSeq(e.HoursNote[language], "\n") {
		if line != "" {
			text += "<p>" + markup(line) + "</p>"
		}
	}
	return text
}

func dayName(day, language string) string {
	for _, d := range weekdays() {
		if d.day == day && language == "de" {
			return d.german
		}
		if d.day == day {
			return d.english
		}
	}
	return day
}

// oClock ends a time of day in a language.
func oClock(language string) string {
	if language == "de" {
		return " Uhr"
	}
	return ""
}

// readHours takes a text in a language apart.
func readHours(text, language string) (hours []catalog.HoursEntry, special []catalog.SpecialHoursEntry, note string) {
	var notes []string
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if h, ok := readLine(line); ok {
			hours = append(hours, h)
			continue
		}
		if h, ok := readSpecialLine(line, language); ok {
			special = append(special, h)
			continue
		}
		notes = append(notes, line)
	}
	return hours, special, strings.Join(notes, "\n")
}

func readLine(line string) (catalog.HoursEntry, bool) {
	m := hoursLine.FindStringSubmatch(line)
	if m == nil || !isClock(m[2]) || !isClock(m[3]) {
		return catalog.HoursEntry{}, false
	}
	h := catalog.HoursEntry{From: m[2], To: m[3]}
	for name := range strings.SplitSeq(m[1], ",") {
		at := slices.IndexFunc(weekdays(), func(d struct{ day, german, english string }) bool {
			name := strings.TrimSpace(name)
			return d.german == name || d.english == name
		})
		if at < 0 {
			return h, false
		}
		h.Days = append(h.Days, weekdays()[at].day)
	}
	return h, true
}
