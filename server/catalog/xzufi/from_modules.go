package xzufi

import (
	"strings"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/codes"
)

// modules reads the modules that services and specialisations have in common.
func (c *converter) modules(n *node, m *catalog.ModulesEntry) {
	c.textModules(n, m)
	for _, own := range n.all("modulTextIndividuell") {
		o := catalog.OtherTextEntry{Type: c.code(own.one("individuellesTextmodultyp")), Text: c.text(own.all("inhalt"), asHTML)}
		o.Extras = c.rest(own)
		if o.Type.Code == "" && o.Type.Name == "" {
			o.Type.Name = "–"
		}
		m.OtherTexts = append(m.OtherTexts, o)
	}
	for _, module := range n.all("modulKosten") {
		for _, item := range module.all("kosten") {
			if f, ok := c.fee(item); ok {
				m.Fees = append(m.Fees, f)
			}
		}
		m.FeesText = join(m.FeesText, c.text(module.all("beschreibung"), asHTML))
		c.close(module, "fees", m)
	}
	for _, module := range n.all("modulFrist") {
		for _, item := range module.all("frist") {
			if d, ok := c.deadline(item, true); ok {
				m.Deadlines = append(m.Deadlines, d)
			}
		}
		m.DeadlinesText = join(m.DeadlinesText, c.text(module.all("beschreibung"), asHTML))
		c.close(module, "deadlines", m)
	}
	for _, module := range n.all("modulBearbeitungsdauer") {
		t := catalog.TimeEntry{}
		if m.ProcessingTime != nil {
			t = *m.ProcessingTime
		}
		for _, item := range module.all("bearbeitungsdauer") {
			if d, ok := c.deadline(item, false); ok {
				t.Terms = append(t.Terms, d)
			}
		}
		t.Text = join(t.Text, c.text(module.all("beschreibung"), asHTML))
		c.close(module, "processingTime", m)
		if len(t.Terms) > 0 || len(t.Text) > 0 {
			m.ProcessingTime = &t
		}
	}
	for _, module := range n.all("modulAuskunftshinweis") {
		m.EnquiryNote = join(m.EnquiryNote, c.text(module.all("inhalt"), asHTML))
		c.close(module, "enquiryNote", m)
	}
	c.documents(n, m)
	legalBasis(m)
}

// close takes the links of a module, and keeps the rest of it.
func (c *converter) close(module *node, name string, m *catalog.ModulesEntry) {
	for _, l := range module.all("weiterfuehrenderLink") {
		address := c.webAddress(l.one("uri"))
		if address == "" {
			continue
		}
		link := catalog.LinkEntry{Module: name, URL: address, Title: words(l.one("titel")), Description: words(l.one("beschreibung"))}
		if code := l.attrs["languageCode"]; code != "" {
			link.Language = tag(code)
		}
		l.one("positionDarstellung") // they come in their order
		c.rest(l)
		m.Links = append(m.Links, link)
	}
	keep(m, name, c.rest(module))
}

// join puts further texts after those that are there.
func join(text, more catalog.Text) catalog.Text {
	if text == nil {
		return more
	}
	for language, value := range more {
		if before := text[language]; before != "" {
			value = before + "\n" + value
		}
		text[language] = value
	}
	return text
}

func (c *converter) textModules(n *node, m *catalog.ModulesEntry) {
	seen := map[string]bool{}
	for _, module := range n.all("modulText") {
		kind := module.one("leikaTextmodul")
		code := kind.code()
		target := codes.TextModule{}
		for _, t := range codes.TextModules() {
			if t.Code == code {
				target = t
			}
		}
		if target.Text == nil { // a kind that came later
			c.warn(module, "has the unknown code %.20q: kept as another text", code)
			o := catalog.OtherTextEntry{Type: catalog.CodeEntry{List: listTextModules, Code: code, Name: kind.value("name")}, Text: c.text(module.all("inhalt"), asHTML)}
			o.Extras = c.rest(module)
			if o.Type.Code == "" && o.Type.Name == "" {
				o.Type.Name = "–"
			}
			m.OtherTexts = append(m.OtherTexts, o)
			continue
		}
		text, as := target.Text(m), asPlain
		if target.HTML {
			as = asHTML
		}
		contents := c.text(module.all("inhalt"), as)
		if target.HTML {
			*text = join(*text, contents)
		} else {
			c.addPlain(module, text, contents)
		}
		if target.Code == "02" || target.Code == "03" {
			*text = c.shorten(module, *text)
		}
		if seen[code] {
			module.all("positionDarstellung")
			module.all("id")
		}
		seen[code] = true
		c.close(module, target.Name, m)
	}
}

// addPlain adds texts without markup: of two in one language the first counts.
func (c *converter) addPlain(module *node, text *catalog.Text, more catalog.Text) {
	for language, value := range more {
		switch before := (*text)[language]; {
		case before == "":
			if *text == nil {
				*text = catalog.Text{}
			}
			(*text)[language] = value
		case before != value:
			c.warn(module, "is there twice in %s: the first is taken", language)
		}
	}
}

// choice is the element that holds the values of a choice: itself, or one inside that is named after its type.
func choice(n *node) *node {
	if n == nil {
		return nil
	}
	if len(n.children) == 1 && len(n.children[0].children) > 0 {
		n.children[0].used = true
		return n.children[0]
	}
	return n
}

func (c *converter) fee(n *node) (catalog.FeeEntry, bool) {
	f := catalog.FeeEntry{}
	if code := n.one("typ"); code != nil {
		if f.Type = code.code(); !threeDigits.MatchString(f.Type) {
			f.Type = ""
		}
	}
	f.Note = c.text(n.all("beschreibung"), asHTML)
	f.Advance = c.boolean(n.one("vorkasse"))
	if link := n.one("linkKostenbildung"); link != nil {
		if uri := link.one("uri"); uri != nil {
			link = uri
		}
		f.URL = c.webAddress(link)
	}
	selected := n.one("kostenauswahl")
	values := choice(selected)
	if values == nil {
		values = &node{}
	}
	kind := selected.kind() + values.kind()
	var currency string
	fixed, currency1 := c.amount(values.one("betrag"))
	low, currency2 := c.amount(values.one("betragUntergrenze"))
	high, currency3 := c.amount(values.one("betragObergrenze"))
	for _, name := range []string{currency1, currency2, currency3} {
		if name != "" {
			currency = name
		}
	}
	f.Currency = currency
	varies, free := c.text(values.all("beschreibungVariabilitaet"), asString), c.text(values.all("beschreibungKostenfreiheit"), asString)
	switch {
	case fixed != nil:
		f.Kind, f.Amount = "fixed", fixed
	case low != nil || high != nil:
		f.Kind, f.Amount, f.Max, f.Basis = "range", low, high, varies
	case free != nil || strings.Contains(kind, "frei"):
		f.Kind, f.Basis = "free", free
	default:
		f.Kind, f.Basis = "rule", varies
	}
	if low != nil && high != nil && *low > *high {
		c.warn(n, "ends below its beginning: turned round")
		f.Amount, f.Max = high, low
	}
	f.Extras = append(c.inside(selected), c.rest(n)...)
	return f, true
}

// kind is what an element says of its type, in small letters.
func (n *node) kind() string {
	if n == nil {
		return ""
	}
	return strings.ToLower(n.attrs["xsi:type"] + " " + n.name)
}

// deadline reads a Frist. typed says that it has a type, and a description with markup.
func (c *converter) deadline(n *node, typed bool) (catalog.DeadlineEntry, bool) {
	d := catalog.DeadlineEntry{}
	if typed {
		if code := n.one("typ"); code != nil {
			if d.Type = code.code(); !threeDigits.MatchString(d.Type) {
				d.Type = ""
			}
		}
	}
	d.Text = c.text(n.all("beschreibung"), asHTML)
	selected := n.one("fristauswahl")
	if values := choice(selected); values != nil {
		d.Duration = c.duration(values)
		d.From, d.To = c.day(values.one("von")), c.day(values.one("bis"))
	}
	d.Extras = append(c.inside(selected), c.rest(n)...)
	if d.Duration == nil && d.From == "" && d.To == "" && len(d.Text) == 0 {
		c.warn(n, "says nothing that can be read: left out")
		return d, false
	}
	return d, true
}

func (c *converter) duration(n *node) *catalog.DurationEntry {
	value, ok := c.number(n.one("dauer"))
	unit := c.unit(n.one("einheit"))
	last, between := c.number(n.one("dauerBis"))
	lastUnit := c.unit(n.one("einheitBis"))
	if !ok && between { // up to
		value, ok = 0, true
	}
	if unit == "" {
		unit = lastUnit
	}
	if !ok || unit == "" {
		return nil
	}
	d := &catalog.DurationEntry{Value: value, Unit: unit}
	if between {
		d.Max, d.MaxUnit = &last, lastUnit
	}
	return d
}

func (c *converter) unit(n *node) string {
	code := n.code()
	if code == "" {
		return ""
	}
	word := codes.WordOf(codes.Units(), strings.ToUpper(code))
	if word == "" {
		c.warn(n, "%.20q is no known unit of time", code)
	}
	return word
}

// ifApplicable marks documents that are not needed in every case: 2.2 has no mark for it.
func ifApplicable() map[string]string {
	return map[string]string{"de": " (falls zutreffend)", "en": " (if applicable)"}
}

func (c *converter) documents(n *node, m *catalog.ModulesEntry) {
	for _, module := range n.all("modulDokument") {
		for _, item := range module.all("dokumentEingehend") {
			if d, ok := c.document(item); ok {
				m.Documents = append(m.Documents, d)
			}
		}
		for _, item := range module.all("dokumentAusgehend") {
			if d, ok := c.document(item); ok {
				m.Results = append(m.Results, d)
			}
		}
		m.DocumentsText = join(m.DocumentsText, c.text(module.all("beschreibung"), asHTML))
		c.close(module, "documents", m)
	}
	m.DocumentsText = withoutDerived(m.DocumentsText, func(language string) string { return documentList(m.Documents, language) })
}

func (c *converter) document(n *node) (catalog.DocumentEntry, bool) {
	body := n
	if inner := n.one("dokument"); inner != nil { // 2.3
		body = inner
	}
	d := catalog.DocumentEntry{Title: c.shorten(n, c.text(body.all("bezeichnung"), asString)), Note: c.text(body.all("beschreibung"), asHTML), Required: true}
	if code := first(body.one("typ"), body.one("art")); code != nil {
		if d.Type = code.code(); !threeDigits.MatchString(d.Type) {
			d.Type = ""
			d.Extras = append(d.Extras, c.inside(code)...)
		}
	}
	for language, title := range d.Title {
		base, _, _ := strings.Cut(language, "-")
		if name, ok := strings.CutSuffix(title, ifApplicable()[base]); ok && ifApplicable()[base] != "" {
			d.Title[language], d.Required = name, false
		}
	}
	if body != n {
		d.Extras = append(d.Extras, c.rest(body)...)
	}
	d.Extras = append(d.Extras, c.rest(n)...)
	if len(d.Title) == 0 {
		c.warn(n, "has no name: left out")
		return d, false
	}
	return d, true
}

// withoutDerived leaves out texts that were only written for readers who can't read the list that they repeat.
func withoutDerived(text catalog.Text, derived func(language string) string) catalog.Text {
	for language, value := range text {
		if value == derived(language) {
			delete(text, language)
		}
	}
	if len(text) == 0 {
		return nil
	}
	return text
}

// documentList names documents as HTML.
func documentList(documents []catalog.DocumentEntry, language string) string {
	var b strings.Builder
	for _, d := range documents {
		title := d.Title[language]
		if title == "" {
			continue
		}
		b.WriteString("<li>" + markup(title))
		if !d.Required {
			b.WriteString(ifApplicable()[language])
		}
		if note := d.Note[language]; note != "" {
			b.WriteString(" " + reduce(note))
		}
		b.WriteString("</li>")
	}
	if b.Len() == 0 {
		return ""
	}
	return "<ul>" + b.String() + "</ul>"
}
