package xzufi

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/codes"
)

var (
	threeDigits = regexp.MustCompile(`^[0-9]{3}$`)
	leikaDigits = regexp.MustCompile(`^[0-9]{14}$`)
	sdgDigits   = regexp.MustCompile(`^[0-9]{7}$`)
	typingForm  = regexp.MustCompile(`^([1-9]|1[0-2]|2/3)[ab]?$`)
)

// unknownTime stands for a time of the last change that is not said: one that stays the same makes no change of every import.
func unknownTime() time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }

// service reads a Leistung, and the categories that it names.
func (c *converter) service(n *node) (*catalog.ServiceEntry, []*catalog.CategoryEntry) {
	e := &catalog.ServiceEntry{TrustLevel: "low"}
	e.ID, e.Origin = c.id(catalog.KindService, n.one("id"))
	e.FurtherIDs = c.identifiers(n.all("idSekundaer"))
	c.leikaKeys(n, e)
	c.modules(n, &e.ModulesEntry)
	if len(e.Title) == 0 && len(e.Designation) == 0 {
		c.warn(n, "has no name")
	}
	e.Synonyms = c.synonyms(n, &e.ModulesEntry)
	if m := n.one("modulFachlicheFreigabe"); m != nil {
		e.Release = &catalog.ReleaseEntry{Date: c.day(m.one("fachlichFreigegebenAm")), By: c.text(m.all("fachlichFreigegebenDurch"), asString)}
		keep(&e.ModulesEntry, "release", c.rest(m))
	}
	c.sourcePortals(n, e)
	c.typing(n, e)
	c.marks(n, e)
	categories := c.categories(n, e)
	for _, k := range n.all("klassifizierung") {
		e.Classifications = append(e.Classifications, c.code(k))
	}
	e.Publisher = c.publisher(n.one("herausgeber"))
	e.ValidIn = c.areasOf(n, "gueltigkeitGebietID")
	e.Validity = c.periods(n.all("gueltigkeit"))
	e.LanguageVersions = c.languageVersions(n, e.ModulesEntry)
	version := first(n.one("versionsinformation"), n.one("versionsinformationen"))
	e.CreatedAt, e.UpdatedAt, e.Version = c.version(version)
	if e.UpdatedAt.IsZero() {
		e.UpdatedAt = unknownTime()
	}
	e.Extras = append(append(e.Extras, c.inside(version)...), c.rest(n)...)
	return e, categories
}

func first(nodes ...*node) *node {
	for _, n := range nodes {
		if n != nil {
			return n
		}
	}
	return nil
}

func keep(m *catalog.ModulesEntry, module string, extras []catalog.ExtraEntry) {
	if len(extras) == 0 {
		return
	}
	if m.ModuleExtras == nil {
		m.ModuleExtras = map[string][]catalog.ExtraEntry{}
	}
	m.ModuleExtras[module] = append(m.ModuleExtras[module], extras...)
}

func (c *converter) leikaKeys(n *node, e *catalog.ServiceEntry) {
	for _, reference := range append(n.all("referenzLeiKa"), n.all("referenzLeistungsschluessel")...) {
		key := reference.code()
		key = strings.TrimSpace(key[strings.LastIndexByte(key, ':')+1:])
		switch {
		case key == "":
		case !leikaDigits.MatchString(key):
			c.warn(reference, "%.60q is no key of the national catalog: left out", key)
		case e.LeikaKey == "":
			e.LeikaKey = key
		case key != e.LeikaKey && !slices.Contains(e.FurtherLeikaKeys, key):
			e.FurtherLeikaKeys = append(e.FurtherLeikaKeys, key)
		}
	}
}

// typing reads what says who regulates and who executes.
func (c *converter) typing(n *node, e *catalog.ServiceEntry) {
	for _, child := range n.all("typisierung") {
		if code := child.code(); typingForm.MatchString(code) {
			e.Typing = append(e.Typing, code)
		} else if code != "" {
			c.warn(child, "%.20q is no known type: left out", code)
		}
	}
}

// marks reads the coded properties of a service.
func (c *converter) marks(n *node, e *catalog.ServiceEntry) {
	if level := n.one("vertrauensniveau"); level != nil {
		code := level.code()
		e.TrustLevel = codes.WordOf(codes.TrustLevels(), code)
		if e.TrustLevel == "" {
			c.warn(level, "%.20q is no known level: taken as low", code)
			e.TrustLevel = "low"
		}
		if code != codes.CodeOf(codes.TrustLevels(), e.TrustLevel) {
			e.Extras = append(e.Extras, catalog.ExtraEntry{Name: "vertrauensniveau", Elements: []catalog.ExtraEntry{{Name: "code", Bare: true, Text: code}}})
		}
	}
	for _, a := range n.all("leistungsadressat") {
		if word := codes.WordOf(codes.Audiences(), a.code()); word != "" {
			e.Audiences = append(e.Audiences, word)
		} else {
			c.warn(a, "%.20q is no known audience: left out", a.string())
		}
	}
	signature := first(n.one("kennzeichenSchriftformerfordernis"), n.one("kennzeichenFormularSchriftformerfordernis"))
	if yes := c.boolean(signature); yes != nil {
		e.SignatureRequired = *yes
	}
	e.SinglePointOfContact = c.boolean(n.one("kennzeichenEA"))
	areas := n.all("informationsbereichSDG")
	if all := n.one("informationsbereicheSDG"); all != nil {
		areas = append(areas, all.all("informationsbereichSDG1")...)
		e.Extras = append(e.Extras, c.inside(all)...)
	}
	for _, area := range areas {
		if code := area.code(); sdgDigits.MatchString(code) {
			e.SDGAreas = append(e.SDGAreas, code)
		} else if code != "" {
			c.warn(area, "%.20q is no area of the Single Digital Gateway: left out", code)
		}
	}
}

func (c *converter) synonyms(n *node, m *catalog.ModulesEntry) map[string][]string {
	var synonyms map[string][]string
	for _, module := range n.all("modulBegriffImKontext") {
		for _, item := range module.all("begriffImKontext") {
			kind := false
			for _, child := range item.children {
				kind = kind || child.name == "typ"
			}
			if kind { // says what kind of word it is, which nobody here reads
				keep(m, "synonyms", []catalog.ExtraEntry{item.extra()})
			}
			for _, word := range item.all("begriff") {
				if value := words(word); value != "" {
					if synonyms == nil {
						synonyms = map[string][]string{}
					}
					synonyms[word.language()] = append(synonyms[word.language()], value)
				}
			}
		}
		keep(m, "synonyms", c.rest(module))
	}
	return synonyms
}

func (c *converter) sourcePortals(n *node, e *catalog.ServiceEntry) {
	for _, m := range n.all("modulUrsprungsportal") {
		uri := first(m.one("uri"))
		address := c.webAddress(uri)
		p := catalog.SourcePortalEntry{URL: address, Title: words(m.one("titel"))}
		if l := m.attrs["languageCode"]; l != "" {
			p.Language = tag(l)
		} else if l := m.value("languageCode"); l != "" {
			p.Language = tag(l)
		}
		if address == "" {
			continue
		}
		p.Extras = c.rest(m)
		e.SourcePortals = append(e.SourcePortals, p)
	}
}

// categories reads the categories of a service as entries of their own. The same one comes with each service that is in it.
func (c *converter) categories(n *node, e *catalog.ServiceEntry) []*catalog.CategoryEntry {
	var list []*catalog.CategoryEntry
	for _, k := range n.all("kategorie") {
		id := first(k.one("id"))
		key, origin := c.categoryKey(id)
		if key == "" {
			c.warn(k, "has no id: left out")
			continue
		}
		e.Categories = append(e.Categories, key)
		entry := &catalog.CategoryEntry{ID: key, Title: c.shorten(k, c.text(k.all("bezeichnung"), asString)), Description: c.text(k.all("beschreibung"), asPlain)}
		entry.Origin, entry.FurtherIDs = origin, c.identifiers(k.all("idSekundaer"))
		if parent := k.one(nameParentCategory); parent != nil {
			var origin *catalog.IdentifierEntry
			if entry.ParentID, origin = c.categoryKey(parent); origin != nil { // which it stands for can't be told from the id alone
				entry.Extras = append(entry.Extras, (&node{name: nameParentCategory, text: parent.text, attrs: parent.attrs}).extra())
			}
		}
		for _, child := range k.children {
			if child.name == "klasse" {
				entry.Class = className(child)
			}
		}
		entry.Extras = append(entry.Extras, c.rest(k)...)
		if origin != nil && entry.Class == "" {
			entry.Class = origin.Agency
		}
		if len(entry.Title) > 0 && origin != nil { // this portal's own are known here
			list = append(list, entry)
		}
	}
	return list
}

// className is what a class of categories is called; its element stays unread, for the extras.
func className(n *node) string {
	name := strings.TrimSpace(n.text)
	for _, child := range n.children {
		switch {
		case child.name == "bezeichnung" && (name == "" || child.language() == "de"):
			name = strings.TrimSpace(child.text)
		case child.name == "id" && name == "":
			name = strings.TrimSpace(child.text)
		}
	}
	if len([]rune(name)) > 200 {
		name = string([]rune(name)[:200])
	}
	return name
}

// categoryKey is the id of a category in the catalog.
func (c *converter) categoryKey(n *node) (string, *catalog.IdentifierEntry) {
	i := identifier(n)
	if i == nil {
		return "", nil
	}
	if c.own != "" && i.Agency == c.own {
		return i.Value, nil
	}
	return categoryID(*i), i
}

// categoryID is the id in the catalog of a category of another agency.
func categoryID(i catalog.IdentifierEntry) string {
	return "k-" + catalog.EntryID(catalog.KindCategory, i).String()
}

func (c *converter) publisher(n *node) *catalog.PublisherEntry {
	if n == nil {
		return nil
	}
	p := &catalog.PublisherEntry{ID: identifier(n.one("id")), Name: c.text(n.all("bezeichnung"), asString), ShortName: c.text(n.all("kurzbezeichnung"), asString)}
	p.Extras = c.rest(n)
	if p.ID == nil && p.Name == nil && p.ShortName == nil && p.Extras == nil {
		return nil
	}
	return p
}

func (c *converter) version(n *node) (created *time.Time, updated time.Time, version string) {
	if n == nil {
		return nil, time.Time{}, ""
	}
	if t := c.moment(n.one("geaendertDatumZeit")); t != nil {
		updated = *t
	}
	return c.moment(n.one("erstelltDatumZeit")), updated, n.value("version")
}

// languageVersions reads what is known of each language, unless it is no more than that there are texts in it.
func (c *converter) languageVersions(n *node, m catalog.ModulesEntry) []catalog.LanguageEntry {
	var list []catalog.LanguageEntry
	for _, v := range n.all("sprachversion") {
		language := v.value("languageCode")
		if language == "" {
			language = v.attrs["languageCode"]
		}
		if language == "" {
			continue
		}
		e := catalog.LanguageEntry{Language: tag(language), CreatedAt: c.moment(v.one("erstelltDatumZeit")), UpdatedAt: c.moment(v.one("geaendertDatumZeit")), Version: v.value("version")}
		if machine := c.boolean(v.one("kennzeichenMaschinelleUebersetzung")); machine != nil {
			e.Machine = *machine
		}
		if e.Extras = c.rest(v); !e.Machine && e.CreatedAt == nil && e.UpdatedAt == nil && e.Version == "" && len(e.Extras) == 0 && speaks(m, e.Language) {
			continue
		}
		list = append(list, e)
	}
	return list
}

// speaks says whether there is any text in a language.
func speaks(m catalog.ModulesEntry, language string) bool {
	for _, t := range codes.TextModules() {
		if (*t.Text(&m))[language] != "" {
			return true
		}
	}
	return false
}

// specialisation reads what is different about a service in some areas.
func (c *converter) specialisation(n *node) *catalog.SpecialisationEntry {
	e := &catalog.SpecialisationEntry{}
	e.ID, e.Origin = c.id(catalog.KindSpecialisation, n.one("id"))
	e.FurtherIDs = c.identifiers(n.all("idSekundaer"))
	service := n.one(nameService)
	e.Areas = c.areasOf(n, "gueltigkeitGebietID", "gebietID")
	c.modules(n, &e.ModulesEntry)
	e.Publisher = c.publisher(n.one("herausgeber"))
	e.Validity = c.periods(n.all("gueltigkeit"))
	version := first(n.one("versionsinformation"), n.one("versionsinformationen"))
	if e.CreatedAt, e.UpdatedAt, e.Version = c.version(version); e.UpdatedAt.IsZero() {
		e.UpdatedAt = unknownTime()
	}
	for _, v := range n.all("sprachversion") {
		if len(v.children) > 1 {
			v.used = false
		}
	}
	e.Extras = append(c.inside(version), c.rest(n)...)
	e.ServiceID = c.refer(catalog.KindService, nameService, service, &e.Extras)
	return e
}
