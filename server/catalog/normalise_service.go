package catalog

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"portalverbund/server/platform/problem"
)

var (
	typeCode   = regexp.MustCompile(`^[0-9]{3}$`)
	sdgCode    = regexp.MustCompile(`^[0-9]{7}$`)
	typingCode = regexp.MustCompile(`^([1-9]|1[0-2]|2/3)[ab]?$`)
	date       = regexp.MustCompile(`^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`)
	dayOrDate  = regexp.MustCompile(`^([0-9]{4}|-)-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`)
	headline   = regexp.MustCompile(`^<strong>([^<]+)</strong>`)
)

const maxDuration = 1_000_000

func (e *ServiceEntry) normalise(c *checker) {
	c.id("id", e.ID)
	e.LeikaKey = strings.TrimSpace(e.LeikaKey)
	if e.LeikaKey != "" {
		c.match("leikaKey", e.LeikaKey, leikaKey)
	}
	e.FurtherLeikaKeys = c.codes("furtherLeikaKeys", e.FurtherLeikaKeys, leikaKey)
	e.ModulesEntry.normalise(c)
	for language, name := range e.Designation { // the one name stands for both
		if e.Title == nil {
			e.Title = Text{}
		}
		if e.Title[language] == "" {
			e.Title[language] = name
		}
	}
	if len(e.Title) == 0 {
		c.fail("title", "required", "is missing")
	}
	e.normaliseSynonyms(c)
	e.Categories = cleanWords(e.Categories)
	c.count("categories", len(e.Categories))
	for _, id := range e.Categories {
		c.match("categories", id, categoryID)
	}
	e.Audiences = cleanWords(e.Audiences)
	for _, a := range e.Audiences {
		c.oneOf("audiences", a, "citizen", "business", "administration")
	}
	if e.TrustLevel == "" {
		e.TrustLevel = "low"
	}
	c.oneOf("trustLevel", e.TrustLevel, "low", "substantial", "high")
	e.SDGAreas = c.codes("sdgAreas", e.SDGAreas, sdgCode)
	e.Typing = c.codes("typing", e.Typing, typingCode)
	if r := e.Release; r != nil {
		if r.By = c.text("release/by", r.By, maxSentence, false); r.Date != "" {
			c.match("release/date", r.Date, date)
		}
		if r.Date == "" && r.By == nil {
			e.Release = nil
		}
	}
	e.normaliseSource(c)
	e.UpdatedAt = c.updated(e.UpdatedAt)
}

func (e *ServiceEntry) normaliseSource(c *checker) {
	e.SourceEntry.normalise(c)
	c.count("classifications", len(e.Classifications))
	for i := range e.Classifications {
		c.under("classifications", i, func() { e.Classifications[i].normalise(c) })
	}
	c.count("sourcePortals", len(e.SourcePortals))
	for i := range e.SourcePortals {
		p := &e.SourcePortals[i]
		c.under("sourcePortals", i, func() {
			p.Language, p.URL, p.Title = c.language(p.Language), c.link("url", p.URL), c.word("title", p.Title, maxTitle)
			c.extras(p.Extras)
		})
	}
	e.Publisher.normalise(c)
	e.Validity = c.periods(e.Validity)
	e.ValidIn = c.areas(e.ValidIn)
	e.LanguageVersions = c.languages(e.LanguageVersions)
	e.Version = c.word("version", e.Version, maxWord)
	e.CreatedAt = moment(e.CreatedAt)
}

func (e *SpecialisationEntry) normalise(c *checker) {
	c.id("id", e.ID)
	c.id("serviceId", e.ServiceID)
	if e.Areas = c.areas(e.Areas); len(e.Areas) == 0 {
		c.fail("areas", "required", "are missing")
	}
	e.ModulesEntry.normalise(c)
	e.SourceEntry.normalise(c)
	e.Publisher.normalise(c)
	e.Validity = c.periods(e.Validity)
	e.Version = c.word("version", e.Version, maxWord)
	e.CreatedAt, e.UpdatedAt = moment(e.CreatedAt), c.updated(e.UpdatedAt)
}

func (m *ModulesEntry) normalise(c *checker) {
	for _, part := range m.plainModules() {
		limit := maxTitle
		if part.name == "teaser" {
			limit = maxSentence
		}
		*part.text = c.text(part.name, *part.text, limit, false)
	}
	for _, part := range m.htmlModules() {
		*part.text = c.html(part.name, *part.text)
	}
	c.count("otherTexts", len(m.OtherTexts))
	for i := range m.OtherTexts {
		o := &m.OtherTexts[i]
		c.under("otherTexts", i, func() {
			c.within("type", func() { o.Type.normalise(c) })
			o.Text = c.html("text", o.Text)
			c.extras(o.Extras)
		})
	}
	c.count("links", len(m.Links))
	for i := range m.Links {
		l := &m.Links[i]
		c.under("links", i, func() {
			c.oneOf("module", l.Module, ModuleNames()...)
			l.Language, l.URL = c.language(l.Language), c.link("url", l.URL)
			l.Title, l.Description = c.word("title", l.Title, maxSentence), c.word("description", l.Description, maxSentence)
		})
	}
	c.count("moduleExtras", len(m.ModuleExtras))
	for name, extras := range m.ModuleExtras {
		c.oneOf("moduleExtras", name, ModuleNames()...)
		c.extras(extras)
	}
	m.normaliseLists(c)
}

func (m *ModulesEntry) normaliseLists(c *checker) {
	c.count("documents", len(m.Documents))
	c.count("results", len(m.Results))
	c.count("fees", len(m.Fees))
	c.count("deadlines", len(m.Deadlines))
	c.count("legalBasis", len(m.LegalBasis))
	for i := range m.Documents {
		c.under("documents", i, func() { m.Documents[i].normalise(c) })
	}
	for i := range m.Results {
		c.under("results", i, func() { m.Results[i].normalise(c) })
	}
	for i := range m.Fees {
		c.under("fees", i, func() { m.Fees[i].normalise(c) })
	}
	for i := range m.Deadlines {
		c.under("deadlines", i, func() { m.Deadlines[i].normalise(c) })
	}
	for i := range m.Results {
		m.Results[i].Required = true // nobody receives less
	}
	// Those without an address come first: formats that have a text and links keep this order.
	slices.SortStableFunc(m.LegalBasis, func(a, b LegalEntry) int { return min(1, len(a.URL)) - min(1, len(b.URL)) })
	for i := range m.LegalBasis {
		l := &m.LegalBasis[i]
		c.under("legalBasis", i, func() { l.Title, l.URL = c.text("title", l.Title, maxSentence, true), c.link("url", l.URL) })
	}
	if m.ProcessingTime != nil {
		c.within("processingTime", func() { m.ProcessingTime.normalise(c) })
	}
}

func (d *DocumentEntry) normalise(c *checker) {
	d.Title, d.Note = c.text("title", d.Title, maxTitle, true), c.html("note", d.Note)
	if d.Type != "" {
		c.match("type", d.Type, typeCode)
	}
	c.extras(d.Extras)
}

func (f *FeeEntry) normalise(c *checker) {
	f.Label, f.Note = c.text("label", f.Label, maxTitle, false), c.html("note", f.Note)
	f.Label, f.Note = labelled(f.Label, f.Note)
	f.Basis = c.text("basis", f.Basis, maxSentence, false)
	if f.Type != "" {
		c.match("type", f.Type, typeCode)
	}
	f.URL = c.link("url", f.URL)
	c.extras(f.Extras)
	if f.Currency == "" {
		f.Currency = "EUR"
	}
	c.match("currency", f.Currency, currency)
	c.amount("amount", f.Amount)
	c.amount("max", f.Max)
	c.oneOf("kind", f.Kind, "fixed", "range", "free", "rule")
	switch f.Kind {
	case "fixed":
		if f.Amount == nil {
			c.fail("amount", "required", "is missing")
		}
		f.Max, f.Basis = nil, nil
	case "range":
		if f.Amount == nil && f.Max == nil {
			c.fail("amount", "required", "is missing")
		}
		if f.Amount != nil && f.Max != nil && *f.Amount > *f.Max {
			c.failWith("max", Fault{Code: "minimum", Message: problem.Text{
				De: "Der höchste Betrag ist kleiner als der niedrigste.", En: "The highest amount is lower than the lowest.",
			}}, "is below the amount")
		}
	default:
		f.Amount, f.Max = nil, nil
	}
}

func (c *checker) amount(name string, amount *int64) {
	if amount != nil && (*amount < 0 || *amount > maxAmount) {
		c.fail(name, "format", "%d is not possible", *amount)
	}
}

// labelled brings label and note to one form: a short note without markup is a label, and so is what a note begins with in
// strong letters. That is also how a label is told from a note in formats that have only one text for both.
func labelled(label, note Text) (Text, Text) {
	for language, value := range note {
		if label[language] != "" {
			continue
		}
		found, rest := "", ""
		if m := headline.FindStringSubmatch(value); m != nil {
			found, rest = m[1], strings.TrimSpace(value[len(m[0]):])
		} else if !strings.Contains(value, "<") {
			found = value
		}
		found = plain(unescape(found))
		if found == "" || utf8.RuneCountInString(found) > maxTitle {
			continue
		}
		if label == nil {
			label = Text{}
		}
		label[language] = found
		if note[language] = rest; rest == "" {
			delete(note, language)
		}
	}
	if len(note) == 0 {
		note = nil
	}
	return label, note
}

func (d *DeadlineEntry) normalise(c *checker) {
	d.Text = c.html("text", d.Text)
	if d.Type != "" {
		c.match("type", d.Type, typeCode)
	}
	if d.From != "" {
		c.match("from", d.From, dayOrDate)
	}
	if d.To != "" {
		c.match("to", d.To, dayOrDate)
	}
	if u := d.Duration; u != nil {
		c.within("duration", func() { u.normalise(c) })
	}
	if d.Duration != nil && (d.From != "" || d.To != "") {
		c.failWith("duration", Fault{Code: "impossible", Message: problem.Text{
			De: "Bitte geben Sie entweder eine Dauer oder Tage an.", En: "Please give either a duration or days.",
		}}, "and days are both there")
	}
	if len(d.Text) == 0 && d.Duration == nil && d.From == "" && d.To == "" {
		c.failWith("text", Fault{Code: "required", Message: problem.Text{
			De: "Bitte geben Sie einen Text, eine Dauer oder Tage an.", En: "Please give a text, a duration or days.",
		}}, "is missing: a deadline says nothing")
	}
	c.extras(d.Extras)
}

func (u *DurationEntry) normalise(c *checker) {
	units := []string{"second", "minute", "hour", "day", "weekday", "workday", "week", "month", "year"}
	c.oneOf("unit", u.Unit, units...)
	if u.MaxUnit == u.Unit || u.Max == nil {
		u.MaxUnit = ""
	}
	if u.MaxUnit != "" {
		c.oneOf("maxUnit", u.MaxUnit, units...)
	}
	if u.Value < 0 || u.Value > maxDuration || u.Max != nil && (*u.Max < 0 || *u.Max > maxDuration) {
		c.fail("value", "format", "is not possible")
	}
}

func (t *TimeEntry) normalise(c *checker) {
	t.Text = c.html("text", t.Text)
	c.count("terms", len(t.Terms))
	if t.Days != nil && (*t.Days < 0 || *t.Days > maxDuration) {
		c.fail("days", "format", "%d is not possible", *t.Days)
	}
	if t.Days != nil && len(t.Terms) == 0 {
		t.Terms = []DeadlineEntry{{Duration: &DurationEntry{Value: *t.Days, Unit: "day"}}}
	}
	t.Days = nil
	for i := range t.Terms {
		c.under("terms", i, func() { t.Terms[i].normalise(c) })
		t.Terms[i].Type = ""
		if days, ok := t.Terms[i].Duration.days(); ok && (t.Days == nil || days > *t.Days) {
			t.Days = &days
		}
	}
	c.extras(t.Extras)
	if len(t.Text) == 0 && len(t.Terms) == 0 {
		c.fail("text", "required", "is missing")
	}
}

// days is how many days the duration is at most, in round figures.
func (u *DurationEntry) days() (int, bool) {
	if u == nil {
		return 0, false
	}
	value, unit := u.Value, u.Unit
	if u.Max != nil {
		value = *u.Max
		if u.MaxUnit != "" {
			unit = u.MaxUnit
		}
	}
	switch unit {
	case "second", "minute", "hour":
		return 1, true
	case "weekday":
		return (value*7 + 5) / 6, true
	case "workday":
		return (value*7 + 4) / 5, true
	case "week":
		return value * 7, true
	case "month":
		return value * 30, true
	case "year":
		return value * 365, true
	}
	return value, true
}

func (e *ServiceEntry) normaliseSynonyms(c *checker) {
	clean := make(map[string][]string, len(e.Synonyms))
	for language, words := range e.Synonyms {
		if !isLanguage(language) {
			c.fail("synonyms", "format", "have the unknown language %.20q", language)
		}
		c.count("synonyms", len(words))
		for _, w := range cleanWords(words) {
			if longerThan(w, maxWord) {
				c.tooLong("synonyms/"+language, maxWord)
			}
			clean[language] = append(clean[language], w)
		}
	}
	if len(clean) > maxLanguages {
		c.fail("synonyms", "maxItems", "are there in more than %d languages", maxLanguages)
	}
	if e.Synonyms = clean; len(clean) == 0 {
		e.Synonyms = nil
	}
}

func (c *checker) updated(t time.Time) time.Time {
	if t.IsZero() || t.Year() > 9999 || t.Year() < 1900 {
		c.fail("updatedAt", "required", "is missing")
	}
	return t.UTC().Truncate(time.Microsecond)
}

// moment brings a time that may be missing to one form.
func moment(t *time.Time) *time.Time {
	if t == nil || t.IsZero() || t.Year() < 1 || t.Year() > 9999 {
		return nil
	}
	utc := t.UTC().Truncate(time.Microsecond)
	return &utc
}

func (c *checker) language(tag string) string {
	if tag != "" {
		c.match("language", tag, languageTag)
	}
	return tag
}

// codes trims codes, leaves out repeated ones, and checks that each has the form that it must have.
func (c *checker) codes(name string, codes []string, pattern *regexp.Regexp) []string {
	codes = cleanWords(codes)
	c.count(name, len(codes))
	for _, code := range codes {
		c.match(name, code, pattern)
	}
	if len(codes) == 0 {
		return nil
	}
	return codes
}

func (c *checker) periods(list []PeriodEntry) []PeriodEntry {
	c.count("validity", len(list))
	for i := range list {
		p := &list[i]
		c.under("validity", i, func() {
			p.From, p.To, p.Note = moment(p.From), moment(p.To), c.text("note", p.Note, maxSentence, false)
		})
	}
	return list
}

// maxAreas is how many areas one entry may name: there are about 11,000 municipalities.
const maxAreas = 15_000

func (c *checker) areas(list []string) []string {
	if len(list) > maxAreas {
		c.failWith("areas", Fault{Code: "maxItems", Params: map[string]any{"maxItems": maxAreas}}, "are more than %d", maxAreas)
		return nil
	}
	clean := make([]string, 0, len(list))
	for _, ars := range list {
		a, err := parseArea(ars)
		if err != nil {
			c.fail("areas", "format", "%v", err)
			continue
		}
		clean = append(clean, a.written())
	}
	slices.Sort(clean)
	if clean = slices.Compact(clean); len(clean) == 0 {
		return nil
	}
	return clean
}

func (c *checker) languages(list []LanguageEntry) []LanguageEntry {
	c.count("languageVersions", len(list))
	for i := range list {
		l := &list[i]
		c.match("languageVersions", l.Language, languageTag)
		l.CreatedAt, l.UpdatedAt, l.Version = moment(l.CreatedAt), moment(l.UpdatedAt), c.word("version", l.Version, maxWord)
		c.extras(l.Extras)
	}
	return list
}

func (e *OnlineServiceEntry) normalise(c *checker) {
	c.id("id", e.ID)
	e.Title = c.text("title", e.Title, maxTitle, true)
	e.Teaser = c.text("teaser", e.Teaser, maxSentence, false)
	e.Description = c.html("description", e.Description)
	c.count("links", len(e.Links))
	e.Links = notNil(e.Links)
	for i := range e.Links {
		l := &e.Links[i]
		c.under("links", i, func() {
			l.Type, l.Language = c.word("type", l.Type, maxWord), c.language(l.Language)
			if l.URL = c.link("url", l.URL); l.URL == "" {
				c.fail("url", "required", "is missing")
			}
			l.Title = c.word("title", l.Title, maxSentence)
			c.extras(l.Extras)
		})
	}
	c.oneOf("trustLevel", e.TrustLevel, "", "low", "substantial", "high")
	c.count("payments", len(e.Payments))
	for i := range e.Payments {
		c.under("payments", i, func() { e.Payments[i].normalise(c) })
	}
	e.SourceEntry.normalise(c)
	e.Publisher.normalise(c)
	e.Validity = c.periods(e.Validity)
	e.LanguageVersions = c.languages(e.LanguageVersions)
	e.UpdatedAt = c.updated(e.UpdatedAt)
}

func (e *OnlineCompetenceEntry) normalise(c *checker) {
	c.id("id", e.ID)
	c.id("serviceId", e.ServiceID)
	c.id("onlineServiceId", e.OnlineServiceID)
	if e.Areas = c.areas(e.Areas); len(e.Areas) == 0 {
		c.fail("areas", "required", "are missing")
	}
	e.SourceEntry.normalise(c)
}

func (e *CodeEntry) normalise(c *checker) {
	e.List, e.Version = c.word("list", e.List, maxWord), c.word("version", e.Version, maxWord)
	e.Code, e.Name = c.word("code", e.Code, maxWord), c.word("name", e.Name, maxTitle)
	if e.Code == "" && e.Name == "" {
		c.fail("code", "required", "is missing")
	}
}

func (e *PublisherEntry) normalise(c *checker) {
	if e == nil {
		return
	}
	e.Name, e.ShortName = c.text("publisher/name", e.Name, maxTitle, false), c.text("publisher/shortName", e.ShortName, maxTitle, false)
	if e.ID != nil {
		c.within("publisher/id", func() { e.ID.normalise(c) })
	}
	c.extras(e.Extras)
}

func (e *SourceEntry) normalise(c *checker) {
	if e.Origin != nil {
		if c.within("origin", func() { e.Origin.normalise(c) }); e.Origin.Value == "" {
			e.Origin = nil
		}
	}
	c.count("furtherIds", len(e.FurtherIDs))
	for i := range e.FurtherIDs {
		c.under("furtherIds", i, func() { e.FurtherIDs[i].normalise(c) })
	}
	c.extras(e.Extras)
}

func (e *IdentifierEntry) normalise(c *checker) {
	for _, part := range []*string{&e.Agency, &e.AgencyName, &e.Scheme, &e.SchemeName, &e.SchemeURI, &e.SchemeVersion, &e.DataURI, &e.Value} {
		*part = c.word("value", *part, maxTitle)
	}
}

// What extras may come to: the payload's size limits them too.
const (
	maxExtraDepth = 16
	maxExtras     = 5000
)

func (c *checker) extras(list []ExtraEntry) {
	if n := countExtras(list, 1); n > maxExtras {
		c.fail("extras", "maxItems", "are more than %d elements, or nested deeper than %d", maxExtras, maxExtraDepth)
	}
}

func countExtras(list []ExtraEntry, depth int) int {
	n := 0
	for i := range list {
		if n++; len(list[i].Elements) > 0 {
			if depth >= maxExtraDepth {
				return maxExtras + 1
			}
			n += countExtras(list[i].Elements, depth+1)
		}
	}
	return n
}
