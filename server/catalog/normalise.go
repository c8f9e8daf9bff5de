package catalog

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/microcosm-cc/bluemonday"

	"portalverbund/server/platform/problem"
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
	channelName = regexp.MustCompile(`^(desk|(provider|fit-connect|mail):[a-z0-9-]{1,64})$`)
)

// checker brings the parts of an entry to one form, and gathers what is wrong with them. Its methods name a part by its member;
// under says in which item of a list.
type checker struct {
	policy *bluemonday.Policy
	at     string // JSON pointer to what the members are of
	faults []fault
}

// fault is something that is wrong, for people at the place where they wrote it, and in a few words for reports.
type fault struct {
	Fault
	words string
}

func (c *checker) fail(name, code, format string, args ...any) {
	c.failWith(name, Fault{Code: code}, format, args...)
}

// failWith is fail for what needs figures, or words of its own.
func (c *checker) failWith(name string, f Fault, format string, args ...any) {
	f.Pointer = c.at
	if name != "" {
		f.Pointer += "/" + name
	}
	c.faults = append(c.faults, fault{f, strings.TrimSpace(strings.TrimPrefix(f.Pointer, "/") + " " + fmt.Sprintf(format, args...))})
}

// under checks an item of a list.
func (c *checker) under(list string, i int, check func()) { c.within(list+"/"+strconv.Itoa(i), check) }

// within checks a member that has members itself.
func (c *checker) within(name string, check func()) {
	before := c.at
	c.at += "/" + name
	check()
	c.at = before
}

func (c *checker) err() error {
	if len(c.faults) == 0 {
		return nil
	}
	words := make([]string, 0, 5)
	for _, f := range c.faults[:min(5, len(c.faults))] {
		words = append(words, f.words)
	}
	return errors.New(strings.Join(words, "; "))
}

func (c *checker) tooLong(name string, limit int) {
	c.failWith(name, Fault{Code: "maxLength", Params: map[string]any{"maxLength": limit}}, "is longer than %d characters", limit)
}

// text trims each language and leaves out the empty ones.
func (c *checker) text(name string, t Text, limit int, required bool) Text {
	for language, value := range t {
		clean := plain(value)
		switch {
		case clean == "":
			delete(t, language)
			continue
		case !isLanguage(language):
			c.fail(name, "format", "has the unknown language %.20q", language)
		case longerThan(clean, limit):
			c.tooLong(name+"/"+language, limit)
		}
		if clean != value {
			t[language] = clean
		}
	}
	if len(t) > maxLanguages {
		c.failWith(name, Fault{Code: "maxItems", Params: map[string]any{"maxItems": maxLanguages}}, "is there in more than %d languages", maxLanguages)
	}
	if required && len(t) == 0 {
		c.fail(name, "required", "is missing")
	}
	if len(t) == 0 {
		return nil
	}
	return t
}

// isLanguage says whether that is a tag of a language; most texts are in one of two.
func isLanguage(tag string) bool { return tag == "de" || tag == "en" || languageTag.MatchString(tag) }

func longerThan(s string, characters int) bool {
	return len(s) > characters && utf8.RuneCountInString(s) > characters
}

// html is text for texts with markup, which is reduced to what may be shown.
func (c *checker) html(name string, t Text) Text {
	for language, value := range t {
		if len(value) > 2*maxHTML {
			c.tooLong(name+"/"+language, maxHTML)
			return nil
		}
		if clean := sanitise(c.policy, plain(value)); clean != value {
			t[language] = clean
		}
	}
	return c.text(name, t, maxHTML, false)
}

func (c *checker) word(name, value string, limit int) string {
	value = plain(value)
	if longerThan(value, limit) {
		c.tooLong(name, limit)
	}
	return value
}

func (c *checker) link(name, value string) string {
	value = strings.TrimSpace(value)
	if value == "" {
		return ""
	}
	if u, err := url.Parse(value); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || len(value) > maxURL || value != plain(value) {
		c.failWith(name, Fault{Code: "format", Message: problem.Text{
			De: "Bitte geben Sie eine Internetadresse an, die mit https:// beginnt.", En: "Please enter a web address that begins with https://.",
		}}, "is not a web address")
	}
	return value
}

func (c *checker) id(name string, id uuid.UUID) {
	if id == uuid.Nil {
		c.fail(name, "required", "is missing")
	}
}

func (c *checker) match(name, value string, pattern *regexp.Regexp) {
	if !pattern.MatchString(value) {
		code := "pattern"
		if value == "" {
			code = "required"
		}
		c.fail(name, code, "%.60q is not possible", value)
	}
}

func (c *checker) oneOf(name, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		c.fail(name, "enum", "%.60q is not one of %s", value, strings.Join(allowed, ", "))
	}
}

func (c *checker) count(name string, n int) {
	if n > maxItems {
		c.failWith(name, Fault{Code: "maxItems", Params: map[string]any{"maxItems": maxItems}}, "has more than %d items", maxItems)
	}
}

// plain brings a text to one form: valid UTF-8, no control characters, single spaces, no empty lines at the ends.
func plain(s string) string {
	if isPlain(s) {
		return s
	}
	return madePlain(s)
}

// isPlain says whether plain would leave a text as it is; false where that is not clear at a glance.
func isPlain(s string) bool {
	const start = '\n' // nothing may stand before that plain takes off
	last, lines := rune(start), 1
	for i := 0; i < len(s); {
		r, size := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			if r, size = utf8.DecodeRuneInString(s[i:]); r == utf8.RuneError || strange(r) {
				return false
			}
		}
		switch {
		case r == '\n':
			if lines++; last == ' ' || lines > 2 {
				return false
			}
		case r == ' ':
			if last == ' ' || last == '\n' {
				return false
			}
			lines = 0
		case r < ' ' || r == 0x7f:
			return false
		default:
			lines = 0
		}
		last, i = r, i+size
	}
	return s == "" || s[0] != '\n' && last != ' ' && last != '\n'
}

// strange says whether a character beyond ASCII is one that plain replaces or takes off.
func strange(r rune) bool {
	if r > unicode.MaxLatin1 && r < 0x0590 { // letters of Latin, Greek, Cyrillic
		return false
	}
	return r == '\u200b' || r == '\ufeff' || r == '\u00ad' || unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
}

func madePlain(s string) string {
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
		c.within("address", func() {
			a.Street, a.HouseNumber = c.word("street", a.Street, maxWord), c.word("houseNumber", a.HouseNumber, maxWord)
			a.PostalCode, a.City = c.word("postalCode", a.PostalCode, 20), c.word("city", a.City, maxWord)
		})
	}
	if p := e.Position; p != nil && (!(p.Lat >= -90 && p.Lat <= 90) || !(p.Lon >= -180 && p.Lon <= 180)) {
		c.fail("position", "format", "is not on the earth")
	}
	e.Phone = c.word("phone", e.Phone, maxWord)
	e.Email = c.word("email", e.Email, maxWord)
	if e.Email != "" {
		if parsed, err := mail.ParseAddress(e.Email); err != nil || parsed.Address != e.Email {
			c.failWith("email", Fault{Code: "format", Message: problem.Text{De: "Das ist keine E-Mail-Adresse.", En: "This is not a mail address."}}, "is not a mail address")
		}
	}
	e.URL, e.AppointmentURL = c.link("url", e.URL), c.link("appointmentUrl", e.AppointmentURL)
	c.count("openingHours", len(e.OpeningHours))
	e.OpeningHours = notNil(e.OpeningHours)
	for i := range e.OpeningHours {
		c.under("openingHours", i, func() { e.OpeningHours[i].normalise(c) })
	}
	e.normaliseSpecialHours(c)
	e.normaliseAdministers(c)
	e.HoursNote = c.text("hoursNote", e.HoursNote, maxSentence, false)
	e.Accessibility = c.text("accessibility", e.Accessibility, maxSentence, false)
	e.SourceEntry.normalise(c)
}

func (h *HoursEntry) normalise(c *checker) {
	c.match("from", h.From, clockTime)
	c.match("to", h.To, clockTime)
	if len(h.Days) == 0 || len(h.Days) > 7 {
		c.failWith("days", Fault{Code: "minItems", Message: problem.Text{De: "Bitte wählen Sie mindestens einen Tag.", En: "Please choose at least one day."}}, "are missing")
	}
	for _, day := range h.Days {
		c.oneOf("days", day, "mo", "tu", "we", "th", "fr", "sa", "su")
	}
}

func (e *CompetenceEntry) normalise(c *checker) {
	c.id("id", e.ID)
	c.id("serviceId", e.ServiceID)
	c.id("organisationId", e.OrganisationID)
	area, err := parseArea(e.Area)
	if err != nil {
		c.failWith("area", Fault{Code: "format", Message: problem.Text{De: "Bitte wählen Sie ein Gebiet.", En: "Please choose an area."}}, "%v", err)
	}
	e.Area = area.written()
	if e.Role = strings.TrimSpace(e.Role); e.Role == roleAuthority {
		e.Role = ""
	}
	if e.Role != "" {
		c.match("role", e.Role, roleCode)
	}
	e.TermsEntry.normalise(c)
	e.Note = c.text("note", e.Note, maxSentence, false)
	e.SourceEntry.normalise(c)
	if e.OnlineService != nil {
		c.within("onlineService", func() { e.OnlineService.normalise(c) })
	}
}

func (o *OnlineEntry) normalise(c *checker) {
	c.oneOf("type", o.Type, "form", "link")
	switch o.Type {
	case "form":
		if o.FormID == nil || *o.FormID == uuid.Nil {
			c.fail("formId", "required", "is missing")
		}
		if o.Channel == "" {
			o.Channel = "desk"
		}
		c.match("channel", o.Channel, channelName)
		o.URL, o.Title = "", nil
		if o.Fee != nil {
			c.within("fee", func() { o.Fee.normalise(c) })
		}
	case "link":
		if o.URL = c.link("url", o.URL); o.URL == "" {
			c.fail("url", "required", "is missing")
		}
		o.Title = c.text("title", o.Title, maxTitle, false)
		o.FormID, o.Channel, o.Fee = nil, "", nil
	}
}

// maxFee is what can be asked at once, in cents: 999,999 €.
const maxFee = 99_999_900

var (
	feePointer    = regexp.MustCompile(`^(/[^/~]{1,64}){1,8}$`)
	budgetAccount = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z./-]{0,39}$`)
)

// normalise wants a fee to be a fixed amount, to stand in the answers, or to be set within a range, in euros.
func (f *FeeAsked) normalise(c *checker) {
	if f.Currency != "" && f.Currency != "EUR" {
		c.failWith("currency", Fault{Code: "enum", Message: problem.Text{De: "Gebühren können nur in Euro verlangt werden.", En: "Fees can be asked in euros only."}}, "%q is not EUR", f.Currency)
	}
	f.Currency = ""
	ways := 0
	for _, there := range []bool{f.Amount != nil, f.Pointer != "", f.Range != nil} {
		if there {
			ways++
		}
	}
	switch {
	case ways != 1:
		c.fail("amount", "required", "is missing, or stands beside pointer or range")
	case f.Range != nil && (f.Range.From < 0 || f.Range.To < 1 || f.Range.From > f.Range.To || f.Range.To > maxFee):
		c.fail("range", "format", "%d to %d is not possible", f.Range.From, f.Range.To)
	case f.Amount != nil && (*f.Amount < 0 || *f.Amount > maxFee):
		c.fail("amount", "format", "%d is not possible", *f.Amount)
	case f.Pointer != "":
		c.match("pointer", f.Pointer, feePointer)
	}
	f.Purpose = c.text("purpose", f.Purpose, maxTitle, true)
	f.LegalBasis = c.text("legalBasis", f.LegalBasis, maxSentence, false)
	c.match("budgetAccount", f.BudgetAccount, budgetAccount)
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
		c.fail("position", "format", "%d is not possible", e.Position)
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
