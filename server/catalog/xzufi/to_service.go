package xzufi

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/codes"
)

// service writes a Leistung.
func (p *producer) service(e *catalog.ServiceEntry) *node {
	n := &node{name: elementService}
	n.add(p.identifier("id", schemeService, e.ID.String(), e.Origin))
	p.further(n, e.FurtherIDs)
	if e.LeikaKey != "" {
		n.add(coded("referenzLeiKa", listLeika, e.LeikaKey))
	}
	for _, key := range e.FurtherLeikaKeys {
		n.add(coded("referenzLeiKa", listLeika, key))
	}
	modules := e.ModulesEntry
	modules.Title = maps.Clone(e.Title)
	for language, title := range modules.Title {
		if title == e.Designation[language] { // the one name stands for both
			delete(modules.Title, language)
		}
	}
	p.modules(n, &modules)
	p.synonyms(n, e)
	p.release(n, e)
	for i := range e.SourcePortals {
		p.sourcePortal(n, &e.SourcePortals[i])
	}
	for _, t := range e.Typing {
		n.add(coded("typisierung", "", t))
	}
	p.marks(n, e)
	for _, id := range e.Categories {
		n.add(p.categoryNode(id))
	}
	for _, k := range e.Classifications {
		n.add(code("klassifizierung", k))
	}
	p.publisher(n, e.Publisher)
	areas(n, "gueltigkeitGebietID", e.ValidIn)
	n.add(version(e.CreatedAt, e.UpdatedAt, e.Version))
	p.languageVersions(n, e)
	p.periods(n, e.Validity)
	p.extras(n, slices.DeleteFunc(slices.Clone(e.Extras), func(x catalog.ExtraEntry) bool { return x.Name == "vertrauensniveau" }))
	return n
}

// marks writes the coded properties of a service.
func (p *producer) marks(n *node, e *catalog.ServiceEntry) {
	level := codes.CodeOf(codes.TrustLevels(), e.TrustLevel)
	for _, x := range e.Extras { // the finer code that it came with, as long as it means the same
		if x.Name == "vertrauensniveau" && len(x.Elements) == 1 && codes.WordOf(codes.TrustLevels(), x.Elements[0].Text) == e.TrustLevel {
			level = x.Elements[0].Text
		}
	}
	n.add(coded("vertrauensniveau", listTrustLevels, level))
	for _, a := range e.Audiences {
		n.add(coded("leistungsadressat", "", codes.CodeOf(codes.Audiences(), a)))
	}
	n.add(boolean("kennzeichenSchriftformerfordernis", &e.SignatureRequired), boolean("kennzeichenEA", e.SinglePointOfContact))
	for _, area := range e.SDGAreas {
		n.add(coded("informationsbereichSDG", "", area))
	}
}

func (p *producer) synonyms(n *node, e *catalog.ServiceEntry) {
	m := &node{name: "modulBegriffImKontext"}
	var rest []catalog.ExtraEntry
	written := map[string]bool{}
	for _, x := range e.ModuleExtras["synonyms"] {
		if x.Name != "begriffImKontext" {
			rest = append(rest, x)
			continue
		}
		item := fromExtra(x)
		word := item.child("begriff")
		if word == nil || !p.speaks(word.language()) || !slices.Contains(e.Synonyms[word.language()], words(word)) {
			continue // it is no synonym any more
		}
		written[word.language()+" "+words(word)] = true
		m.add(item)
	}
	for _, language := range slices.Sorted(maps.Keys(e.Synonyms)) {
		if !p.speaks(language) {
			p.omitted++
			continue
		}
		for _, word := range e.Synonyms[language] {
			if !written[language+" "+word] {
				m.add(with("begriffImKontext", &node{name: "begriff", text: word, attrs: map[string]string{"languageCode": language}}))
			}
		}
	}
	p.extras(m, rest)
	if len(m.children) > 0 {
		n.add(m)
	}
}

func (p *producer) release(n *node, e *catalog.ServiceEntry) {
	m := &node{name: "modulFachlicheFreigabe"}
	if e.Release != nil {
		m.add(optional("fachlichFreigegebenAm", e.Release.Date))
		p.texts(m, "fachlichFreigegebenDurch", e.Release.By, false)
	}
	p.extras(m, e.ModuleExtras["release"])
	if len(m.children) > 0 {
		n.add(m)
	}
}

func (p *producer) sourcePortal(n *node, e *catalog.SourcePortalEntry) {
	m := with("modulUrsprungsportal", element("uri", e.URL), optional("titel", e.Title))
	if e.Language != "" {
		m.attrs = map[string]string{"languageCode": e.Language}
	}
	p.extras(m, e.Extras)
	n.add(m)
}

// categoryNode writes a category of a service; nil if nobody knows it.
func (p *producer) categoryNode(id string) *node {
	n := &node{name: "kategorie"}
	e := p.category(id)
	if e == nil {
		n.add(p.identifier("id", schemeCategory, id, nil))
		return n
	}
	n.add(p.identifier("id", schemeCategory, id, e.Origin))
	p.further(n, e.FurtherIDs)
	if e.ParentID != "" {
		origin := parentCategory(e)
		if parent := p.category(e.ParentID); origin == nil && parent != nil {
			origin = parent.Origin
		}
		n.add(p.identifier(nameParentCategory, schemeCategory, e.ParentID, origin))
	}
	p.texts(n, "bezeichnung", e.Title, false)
	p.words(n, "beschreibung", e.Description)
	p.extras(n, slices.DeleteFunc(slices.Clone(e.Extras), func(x catalog.ExtraEntry) bool { return x.Name == nameParentCategory }))
	return n
}

// parentCategory is the identifier that the category's source names the wider one by, while it still is the wider one.
func parentCategory(e *catalog.CategoryEntry) *catalog.IdentifierEntry {
	for _, x := range e.Extras {
		if i := identifier(fromExtra(x)); x.Name == nameParentCategory && i != nil && categoryID(*i) == e.ParentID {
			return i
		}
	}
	return nil
}

func (p *producer) languageVersions(n *node, e *catalog.ServiceEntry) {
	var texts []catalog.Text
	for _, t := range codes.TextModules() {
		texts = append(texts, *t.Text(&e.ModulesEntry))
	}
	p.spoken(n, e.LanguageVersions, texts...)
}

// spoken writes what is known of each language, and names those in which there are texts.
func (p *producer) spoken(n *node, versions []catalog.LanguageEntry, texts ...catalog.Text) {
	there := map[string]bool{}
	for _, v := range versions {
		if !p.speaks(v.Language) {
			continue
		}
		there[v.Language] = true
		s := with("sprachversion", element("languageCode", v.Language), moment("erstelltDatumZeit", v.CreatedAt), moment("geaendertDatumZeit", v.UpdatedAt), optional("version", v.Version))
		p.extras(s, v.Extras)
		n.add(s)
	}
	languages := map[string]bool{}
	for _, t := range texts {
		for language := range t {
			if p.speaks(language) && !there[language] {
				languages[language] = true
			}
		}
	}
	for _, language := range slices.Sorted(maps.Keys(languages)) {
		n.add(with("sprachversion", element("languageCode", language)))
	}
}

// specialisation writes a LeistungSpezialisierung.
func (p *producer) specialisation(e *catalog.SpecialisationEntry) *node {
	n := &node{name: elementSpecialisation}
	n.add(p.identifier("id", schemeSpecialisation, e.ID.String(), e.Origin))
	p.further(n, e.FurtherIDs)
	n.add(p.stated(nameService, catalog.KindService, schemeService, e.ServiceID, e.Extras))
	p.modules(n, &e.ModulesEntry)
	p.publisher(n, e.Publisher)
	areas(n, "gueltigkeitGebietID", e.Areas)
	n.add(version(e.CreatedAt, e.UpdatedAt, e.Version))
	p.periods(n, e.Validity)
	p.extras(n, withoutReferences(e.Extras))
	return n
}

// modules writes the modules that services and specialisations have in common.
func (p *producer) modules(n *node, m *catalog.ModulesEntry) {
	for _, t := range codes.TextModules() {
		p.textModule(n, m, t)
	}
	for _, o := range m.OtherTexts {
		own := with("modulTextIndividuell", code("individuellesTextmodultyp", o.Type))
		if o.Type.List == listTextModules { // a kind that came later
			own = with("modulText", code("leikaTextmodul", o.Type))
		}
		p.texts(own, "inhalt", o.Text, true)
		p.extras(own, o.Extras)
		n.add(own)
	}
	costs := &node{name: "modulKosten"}
	for i := range m.Fees {
		costs.add(p.fee(&m.Fees[i]))
	}
	p.finish(n, costs, m, "fees", m.FeesText, "beschreibung")
	deadlines := &node{name: "modulFrist"}
	for i := range m.Deadlines {
		deadlines.add(p.deadline("frist", &m.Deadlines[i]))
	}
	p.finish(n, deadlines, m, "deadlines", m.DeadlinesText, "beschreibung")
	times := &node{name: "modulBearbeitungsdauer"}
	var text catalog.Text
	if t := m.ProcessingTime; t != nil {
		text = t.Text
		for i := range t.Terms {
			times.add(p.deadline("bearbeitungsdauer", &t.Terms[i]))
		}
	}
	p.finish(n, times, m, "processingTime", text, "beschreibung")
	p.finish(n, &node{name: "modulAuskunftshinweis"}, m, "enquiryNote", m.EnquiryNote, "inhalt")
	documents := &node{name: "modulDokument"}
	for i := range m.Documents {
		documents.add(p.document("dokumentEingehend", &m.Documents[i]))
	}
	for i := range m.Results {
		documents.add(p.document("dokumentAusgehend", &m.Results[i]))
	}
	if len(documents.children) > 0 {
		n.add(documents)
	}
}

// textModule writes a text with its links. Documents and legal basis are written as texts too, for those who read only texts.
func (p *producer) textModule(n *node, m *catalog.ModulesEntry, t codes.TextModule) {
	module := &node{name: "modulText"}
	text := *t.Text(m)
	switch t.Name {
	case "documents":
		text = maps.Clone(text)
		if text == nil {
			text = catalog.Text{}
		}
		for _, d := range m.Documents {
			for language := range d.Title {
				if text[language] == "" {
					text[language] = documentList(m.Documents, language)
				}
			}
		}
	case "legalBasis":
		text = legalTexts(m)
		for _, l := range m.LegalBasis {
			for _, language := range p.languages(l.Title) {
				if l.URL != "" {
					module.add(link(catalog.LinkEntry{Language: language, URL: l.URL, Title: l.Title[language]}))
				}
			}
		}
	}
	if t.HTML {
		p.texts(module, "inhalt", text, true)
	} else {
		p.words(module, "inhalt", text)
	}
	p.links(module, m, t.Name)
	p.extras(module, m.ModuleExtras[t.Name])
	if len(module.children) > 0 {
		module.add(coded("leikaTextmodul", listTextModules, t.Code))
		n.add(module)
	}
}

// finish gives a module its text, its links and what else came with it, and adds it if there is anything.
func (p *producer) finish(n, module *node, m *catalog.ModulesEntry, name string, text catalog.Text, textName string) {
	p.texts(module, textName, text, true)
	p.links(module, m, name)
	p.extras(module, m.ModuleExtras[name])
	if len(module.children) > 0 {
		n.add(module)
	}
}

func (p *producer) links(module *node, m *catalog.ModulesEntry, name string) {
	position := 0
	for _, l := range m.Links {
		if l.Module == name && (l.Language == "" || p.speaks(l.Language)) {
			position++
			n := link(l)
			n.add(element("positionDarstellung", strconv.Itoa(position)))
			module.add(n)
		}
	}
}

func link(l catalog.LinkEntry) *node {
	n := with("weiterfuehrenderLink", element("uri", l.URL), optional("titel", l.Title), optional("beschreibung", l.Description))
	if l.Language != "" {
		n.attrs = map[string]string{"languageCode": l.Language}
	}
	return n
}

func amount(name string, cents *int64, currency string) *node {
	if cents == nil {
		return nil
	}
	return &node{name: name, text: fmt.Sprintf("%d.%02d", *cents/100, *cents%100), attrs: map[string]string{"currencyCode": currency}}
}

func (p *producer) fee(f *catalog.FeeEntry) *node {
	n := &node{name: "kosten"}
	if f.Type != "" {
		n.add(coded("typ", "", f.Type))
	}
	selected := &node{name: "kostenauswahl"}
	kind := "KostenVariabel"
	switch f.Kind {
	case "fixed":
		kind = "KostenFix"
		selected.add(amount("betrag", f.Amount, f.Currency))
	case "free":
		kind = "KostenFrei"
		p.texts(selected, "beschreibungKostenfreiheit", f.Basis, false)
	default:
		selected.add(amount("betragUntergrenze", f.Amount, f.Currency), amount("betragObergrenze", f.Max, f.Currency))
		p.texts(selected, "beschreibungVariabilitaet", f.Basis, false)
	}
	selected.attrs = map[string]string{"xsi:type": kind}
	n.add(selected)
	p.texts(n, "beschreibung", labelled(f.Label, f.Note), true)
	n.add(boolean("vorkasse", f.Advance), optional("linkKostenbildung", f.URL))
	p.extras(n, f.Extras)
	return n
}

// labelled writes label and note as one text, from which the catalog makes both again.
func labelled(label, note catalog.Text) catalog.Text {
	text := maps.Clone(note)
	if text == nil {
		text = catalog.Text{}
	}
	for language, words := range label {
		if text[language] == "" {
			text[language] = markup(words)
		} else {
			text[language] = "<strong>" + markup(words) + "</strong> " + text[language]
		}
	}
	return text
}

func (p *producer) deadline(name string, d *catalog.DeadlineEntry) *node {
	n := &node{name: name}
	if d.Type != "" {
		n.add(coded("typ", "", d.Type))
	}
	switch u := d.Duration; {
	case u != nil:
		selected := with("fristauswahl", element("dauer", strconv.Itoa(u.Value)), coded("einheit", "", codes.CodeOf(codes.Units(), u.Unit)))
		if u.Max != nil {
			selected.add(element("dauerBis", strconv.Itoa(*u.Max)))
			if u.MaxUnit != "" {
				selected.add(coded("einheitBis", "", codes.CodeOf(codes.Units(), u.MaxUnit)))
			}
		}
		selected.attrs = map[string]string{"xsi:type": "FristDauer"}
		n.add(selected)
	case d.From != "" || d.To != "":
		selected := with("fristauswahl", optional("von", d.From), optional("bis", d.To))
		selected.attrs = map[string]string{"xsi:type": "FristStichtag"}
		n.add(selected)
	}
	p.texts(n, "beschreibung", d.Text, true)
	p.extras(n, d.Extras)
	return n
}

func (p *producer) document(name string, d *catalog.DocumentEntry) *node {
	n := &node{name: name}
	if d.Type != "" {
		n.add(with("typ", &node{name: "code", text: d.Type, bare: true}))
	}
	title := maps.Clone(d.Title)
	for language := range title {
		if !d.Required {
			title[language] += ifApplicable()[language]
		}
	}
	p.texts(n, "bezeichnung", title, false)
	p.texts(n, "beschreibung", d.Note, true)
	p.extras(n, d.Extras)
	return n
}
