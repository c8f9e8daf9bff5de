package catalog

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/microcosm-cc/bluemonday"
)

// Limits on what an entry may hold; everything comes from outside.
const (
	maxTitle     = 300 // characters
	maxSentence  = 4000
	maxHTML      = 100_000
	maxItems     = 200
	maxLanguages = 20
	maxURL       = 2000
	maxWord      = 200
	maxAmount    = 100_000_000_00
)

var (
	languageTag = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}$`)
	categoryID  = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)
	iconName    = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)
	leikaKey    = regexp.MustCompile(`^[0-9]{14}$`)
	clockTime   = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$`)
	currency    = regexp.MustCompile(`^[A-Z]{3}$`)
	channelName = regexp.MustCompile(`^(desk|provider:[a-z0-9-]{1,64})$`)
)

// checker brings the parts of an entry to one form, and gathers what is wrong with them.
type checker struct {
	policy *bluemonday.Policy
	errs   []error
}

func (c *checker) fail(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

func (c *checker) err() error {
	if len(c.errs) > 5 {
		c.errs = c.errs[:5]
	}
	if len(c.errs) == 0 {
		return nil
	}
	words := make([]string, 0, len(c.errs))
	for _, err := range c.errs {
		words = append(words, err.Error())
	}
	return errors.New(strings.Join(words, "; "))
}

// text trims each language and leaves out the empty ones.
func (c *checker) text(name string, t Text, limit int, required bool) Text {
	clean := Text{}
	for language, value := range t {
		value = plain(value)
		switch {
		case value == "":
			continue
		case !languageTag.MatchString(language):
			c.fail("%s: language %.20q is unknown", name, language)
		case utf8.RuneCountInString(value) > limit:
			c.fail("%s is longer than %d characters", name, limit)
		}
		clean[language] = value
	}
	if len(clean) > maxLanguages {
		c.fail("%s is there in more than %d languages", name, maxLanguages)
	}
	if required && len(clean) == 0 {
		c.fail("%s is missing", name)
	}
	if len(clean) == 0 {
		return nil
	}
	return clean
}

// html is text for texts with markup, which is reduced to what may be shown.
func (c *checker) html(name string, t Text) Text {
	clean := make(Text, len(t))
	for language, value := range t {
		if len(value) > 2*maxHTML {
			c.fail("%s is longer than %d characters", name, maxHTML)
			return nil
		}
		clean[language] = sanitise(c.policy, plain(value))
	}
	return c.text(name, clean, maxHTML, false)
}

func (c *checker) word(name, value string, limit int) string {
	value = plain(value)
	if utf8.RuneCountInString(value) > limit {
		c.fail("%s is longer than %d characters", name, limit)
	}
	return value
}

func (c *checker) link(name, value string) string {
	value = strings.TrimSpace(value)
	if value == "" {
		return ""
	}
	if u, err := url.Parse(value); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || len(value) > maxURL || value != plain(value) {
		c.fail("%s is not a web address", name)
	}
	return value
}

func (c *checker) id(name string, id uuid.UUID) {
	if id == uuid.Nil {
		c.fail("%s is missing", name)
	}
}

func (c *checker) match(name, value string, pattern *regexp.Regexp) {
	if !pattern.MatchString(value) {
		c.fail("%s %.60q is not possible", name, value)
	}
}

func (c *checker) oneOf(name, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		c.fail("%s %.60q is not one of %s", name, value, strings.Join(allowed, ", "))
	}
}

func (c *checker) count(name string, n int) {
	if n > maxItems {
		c.fail("%s has more than %d items", name, maxItems)
	}
}

// plain brings a text to one form: valid UTF-8, no control characters, single spaces, no empty lines at the ends.
func plain(s string) string {
	s = strings.ToValidUTF8(s, "")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\u200b' || r == '\ufeff' || r == '\u00ad': // zero width space, byte order mark, soft hyphen
			return -1
		case unicode.IsSpace(r) || unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Bidi_Control, r):
			return -1 // must not turn the text around it
		}
		return r
	}, s)
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = strings.Join(strings.Fields(line), " ")
	}
	return strings.TrimSpace(strings.Join(slices.CompactFunc(lines, func(a, b string) bool { return a == "" && b == "" }), "\n"))
}

func (e *OrganisationEntry) normalise(c *checker) {
	c.id("id", e.ID)
	e.Name = c.text("name", e.Name, maxTitle, true)
	if e.ParentID != nil && (*e.ParentID == uuid.Nil || *e.ParentID == e.ID) {
		e.ParentID = nil
	}
	if a := e.Address; a != nil {
		a.Street, a.HouseNumber = c.word("street", a.Street, maxWord), c.word("houseNumber", a.HouseNumber, maxWord)
		a.PostalCode, a.City = c.word("postalCode", a.PostalCode, 20), c.word("city", a.City, maxWord)
	}
	if p := e.Position; p != nil && (!(p.Lat >= -90 && p.Lat <= 90) || !(p.Lon >= -180 && p.Lon <= 180)) {
		c.fail("position is not on the earth")
	}
	e.Phone = c.word("phone", e.Phone, maxWord)
	e.Email = c.word("email", e.Email, maxWord)
	if e.Email != "" {
		if parsed, err := mail.ParseAddress(e.Email); err != nil || parsed.Address != e.Email {
			c.fail("email is not a mail address")
		}
	}
	e.URL, e.AppointmentURL = c.link("url", e.URL), c.link("appointmentUrl", e.AppointmentURL)
	c.count("openingHours", len(e.OpeningHours))
	e.OpeningHours = notNil(e.OpeningHours)
	for i := range e.OpeningHours {
		h := &e.OpeningHours[i]
		c.match("opening hour", h.From, clockTime)
		c.match("closing hour", h.To, clockTime)
		if len(h.Days) == 0 || len(h.Days) > 7 {
			c.fail("opening hours name no days")
		}
		for _, day := range h.Days {
			c.oneOf("day", day, "mo", "tu", "we", "th", "fr", "sa", "su")
		}
	}
	e.HoursNote = c.text("hoursNote", e.HoursNote, maxSentence, false)
	e.Accessibility = c.text("accessibility", e.Accessibility, maxSentence, false)
	e.SourceEntry.normalise(c)
}

func (e *CompetenceEntry) normalise(c *checker) {
	c.id("id", e.ID)
	c.id("serviceId", e.ServiceID)
	c.id("organisationId", e.OrganisationID)
	area, err := parseArea(e.Area)
	if err != nil {
		c.fail("%w", err)
	}
	e.Area = area.written()
	e.Note = c.text("note", e.Note, maxSentence, false)
	e.SourceEntry.normalise(c)
	if o := e.OnlineService; o != nil {
		c.oneOf("type of an online service", o.Type, "form", "link")
		switch o.Type {
		case "form":
			if o.FormID == nil || *o.FormID == uuid.Nil {
				c.fail("an online service names no form")
			}
			if o.Channel == "" {
				o.Channel = "desk"
			}
			c.match("channel", o.Channel, channelName)
			o.URL, o.Title = "", nil
		case "link":
			if o.URL = c.link("url of an online service", o.URL); o.URL == "" {
				c.fail("an online service has no address")
			}
			o.Title = c.text("title of an online service", o.Title, maxTitle, false)
			o.FormID, o.Channel = nil, ""
		}
	}
}

func (e *CategoryEntry) normalise(c *checker) {
	c.match("id", e.ID, categoryID)
	e.Title = c.text("title", e.Title, maxTitle, true)
	e.Description = c.text("description", e.Description, maxSentence, false)
	if e.Icon == "" {
		e.Icon = "file"
	}
	c.match("icon", e.Icon, iconName)
	if e.Position < 0 || e.Position > 1_000_000 {
		c.fail("position %d is not possible", e.Position)
	}
	if e.ParentID != "" {
		c.match("parentId", e.ParentID, categoryID)
	}
	e.Class = c.word("class", e.Class, maxWord)
	e.SourceEntry.normalise(c)
}

// cleanWords trims words, and leaves out empty and repeated ones. It never gives nil.
func cleanWords(words []string) []string {
	clean := make([]string, 0, len(words))
	for _, w := range words {
		if w = plain(w); w != "" && !slices.Contains(clean, w) {
			clean = append(clean, w)
		}
	}
	return clean
}

func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
