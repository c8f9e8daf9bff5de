package xzufi

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"portalverbund/server/catalog"
)

// Special hours are lines of the text of opening hours, as people read them: German in German, in every other language with days as
// ISO 8601 writes them and English words.

const (
	germanDay   = "02.01.2006"
	clockHours  = `[0-2][0-9]:[0-5][0-9]–[0-2][0-9]:[0-5][0-9]`
	specialRest = `((?:` + clockHours + `)(?:, ` + clockHours + `)*)?(?: Uhr)?(geschlossen|closed)?(?: – (.+))?$`
)

var (
	germanSpecial  = regexp.MustCompile(`^(?:Am ([0-9.]{10})|Vom ([0-9.]{10}) bis (?:zum )?([0-9.]{10})): ` + specialRest)
	englishSpecial = regexp.MustCompile(`^(?:On ([0-9-]{10})|From ([0-9-]{10}) to ([0-9-]{10})): ` + specialRest)
)

// specialLine writes special hours as a line.
func specialLine(h *catalog.SpecialHoursEntry, language string) string {
	german := language == "de"
	day := func(date string) string {
		if t, err := time.Parse(time.DateOnly, date); err == nil && german {
			return t.Format(germanDay)
		}
		return date
	}
	words := map[bool][4]string{true: {"Am ", "Vom ", " bis ", "geschlossen"}, false: {"On ", "From ", " to ", "closed"}}[german]
	line := words[0] + day(h.From)
	if h.To != h.From {
		line = words[1] + day(h.From) + words[2] + day(h.To)
	}
	times := make([]string, 0, len(h.Hours))
	for _, d := range h.Hours {
		times = append(times, d.From+"–"+d.To)
	}
	line += ": " + strings.Join(times, ", ")
	if len(times) == 0 {
		line += words[3]
	} else {
		line += oClock(language)
	}
	if note := strings.Join(strings.Fields(h.Note[language]), " "); note != "" {
		line += " – " + note
	}
	return line
}

// readSpecialLine reads a line of special hours. One that names a day that there is not is none.
func readSpecialLine(line, language string) (catalog.SpecialHoursEntry, bool) {
	layout := germanDay
	m := germanSpecial.FindStringSubmatch(line)
	if m == nil {
		layout, m = time.DateOnly, englishSpecial.FindStringSubmatch(line)
	}
	if m == nil || (m[4] == "") == (m[5] == "") { // either hours or closed
		return catalog.SpecialHoursEntry{}, false
	}
	from, err1 := time.Parse(layout, m[1]+m[2])
	to, err2 := time.Parse(layout, m[1]+m[3])
	if err1 != nil || err2 != nil || to.Before(from) {
		return catalog.SpecialHoursEntry{}, false
	}
	h := catalog.SpecialHoursEntry{From: from.Format(time.DateOnly), To: to.Format(time.DateOnly)}
	for times := range strings.SplitSeq(m[4], ", ") {
		opens, closes, found := strings.Cut(times, "–")
		if !found {
			continue
		}
		if !isClock(opens) || !isClock(closes) {
			return catalog.SpecialHoursEntry{}, false
		}
		h.Hours = append(h.Hours, catalog.DayHoursEntry{From: opens, To: closes})
	}
	if m[6] != "" {
		h.Note = catalog.Text{language: m[6]}
	}
	return h, true
}

// isClock says whether what looks like a time of day is one; a day ends at 24:00.
func isClock(hhmm string) bool { return hhmm <= "24:00" }

// mergeSpecial adds what a text in another language says: the notes of hours that are known, and hours that are not.
func mergeSpecial(known, more []catalog.SpecialHoursEntry) []catalog.SpecialHoursEntry {
	taken := make([]bool, len(known))
	for _, h := range more {
		at := -1
		for i := range taken {
			if !taken[i] && known[i].From == h.From && known[i].To == h.To && slices.Equal(known[i].Hours, h.Hours) {
				at = i
				break
			}
		}
		if at < 0 {
			known = append(known, h)
			continue
		}
		taken[at] = true
		for language, note := range h.Note {
			if known[at].Note == nil {
				known[at].Note = catalog.Text{}
			}
			if known[at].Note[language] == "" {
				known[at].Note[language] = note
			}
		}
	}
	return known
}
