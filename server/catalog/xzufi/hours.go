package xzufi

import (
	"regexp"
	"slices"
	"strings"

	"portalverbund/server/catalog"
)

// Opening hours are a text in deliveries. What stands in it as "Mo, Di: 08:00–12:30 Uhr", a line or paragraph each, is read as
// hours; everything else is the note.

// weekdays are the days with their names in German and English.
func weekdays() []struct{ day, german, english string } {
	return []struct{ day, german, english string }{
		{"mo", "Mo", "Mon"}, {"tu", "Di", "Tue"}, {"we", "Mi", "Wed"}, {"th", "Do", "Thu"}, {"fr", "Fr", "Fri"}, {"sa", "Sa", "Sat"}, {"su", "So", "Sun"},
	}
}

var hoursLine = regexp.MustCompile(`^((?:[A-Z][a-z]+)(?:, ?[A-Z][a-z]+)*): ([0-2][0-9]:[0-5][0-9])–([0-2][0-9]:[0-5][0-9])(?: Uhr)?$`)

// hoursText writes hours and note as one text.
func hoursText(hours []catalog.HoursEntry, note, language string) string {
	lines := make([]string, 0, len(hours)+1)
	for _, h := range hours {
		names := make([]string, 0, len(h.Days))
		for _, d := range h.Days {
			names = append(names, dayName(d, language))
		}
		end := ""
		if language == "de" {
			end = " Uhr"
		}
		lines = append(lines, strings.Join(names, ", ")+": "+h.From+"–"+h.To+end)
	}
	text := ""
	for _, line := range lines {
		text += "<p>" + markup(line) + "</p>"
	}
	for line := range strings.SplitSeq(note, "\n") {
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

// readHours takes a text apart.
func readHours(text string) (hours []catalog.HoursEntry, note string) {
	var notes []string
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if h, ok := readLine(line); ok {
			hours = append(hours, h)
			continue
		}
		notes = append(notes, line)
	}
	return hours, strings.Join(notes, "\n")
}

func readLine(line string) (catalog.HoursEntry, bool) {
	m := hoursLine.FindStringSubmatch(line)
	if m == nil || m[2] >= "24:01" || m[3] >= "24:01" {
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
