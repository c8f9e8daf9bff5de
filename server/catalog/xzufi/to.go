package xzufi

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/catalog"
)

// producer turns entries into elements, as XZuFi 2.2 has them.
type producer struct {
	own string // agency of ids of this catalog
	// resolve gives the identifiers that other entries came with; missing are this portal's own.
	resolve func(kind, id string) (catalog.IdentifierEntry, bool)
	// category gives a category by its id; nil if it is unknown.
	category func(id string) *catalog.CategoryEntry
	// speaks says whether a delivery may hold texts in a language.
	speaks func(language string) bool
	order  map[string][]string
	known  map[string]bool
	later  map[string]bool
	// omitted counts texts in languages that a delivery may not hold.
	omitted int
}

// identifier writes the identifier of an entry.
func (p *producer) identifier(name, scheme string, id string, origin *catalog.IdentifierEntry) *node {
	if origin == nil {
		return &node{name: name, text: id, attrs: map[string]string{"schemeAgencyID": p.own, "schemeID": scheme}}
	}
	n := &node{name: name, text: origin.Value, attrs: map[string]string{}}
	for key, value := range map[string]string{
		"schemeAgencyID": origin.Agency, "schemeAgencyName": origin.AgencyName, "schemeID": origin.Scheme, "schemeName": origin.SchemeName,
		"schemeURI": origin.SchemeURI, "schemeVersionID": origin.SchemeVersion, "schemeDataURI": origin.DataURI,
	} {
		if value != "" {
			n.attrs[key] = value
		}
	}
	return n
}

// reference writes the identifier of another entry.
func (p *producer) reference(name, kind, scheme string, id uuid.UUID) *node {
	if origin, ok := p.resolve(kind, id.String()); ok {
		return p.identifier(name, scheme, "", &origin)
	}
	return p.identifier(name, scheme, id.String(), nil)
}

func (p *producer) further(n *node, ids []catalog.IdentifierEntry) {
	for i := range ids {
		n.add(p.identifier("idSekundaer", "", "", &ids[i]))
	}
}

// languages gives the languages of a text that may be delivered, in order.
func (p *producer) languages(t catalog.Text) []string {
	list := make([]string, 0, len(t))
	for language := range t {
		if p.speaks(language) {
			list = append(list, language)
		} else {
			p.omitted++
		}
	}
	slices.Sort(list)
	return list
}

// texts adds an element for each language. markup says that the text is HTML; plain words are escaped where HTML is expected.
func (p *producer) texts(n *node, name string, t catalog.Text, html bool) {
	for _, language := range p.languages(t) {
		value := t[language]
		if html {
			value = reduce(value)
		}
		n.add(&node{name: name, text: value, attrs: map[string]string{"languageCode": language}})
	}
}

// words adds plain words where HTML is expected.
func (p *producer) words(n *node, name string, t catalog.Text) {
	for _, language := range p.languages(t) {
		n.add(&node{name: name, text: markup(t[language]), attrs: map[string]string{"languageCode": language}})
	}
}

// reduce takes from HTML what deliveries must not hold: attributes other than href. The catalog has removed everything else.
func reduce(html string) string {
	return strings.ReplaceAll(html, ` rel="nofollow noopener"`, "")
}

func (p *producer) extras(n *node, extras []catalog.ExtraEntry) {
	for _, e := range extras {
		if name, inside := strings.CutPrefix(e.Name, insideMark); inside {
			target := n.child(name)
			if target == nil {
				if !p.writable(name) {
					continue
				}
				target = &node{name: name}
				n.add(target)
			}
			p.extras(target, e.Elements)
			continue
		}
		if p.writable(e.Name) {
			n.add(p.strict(fromExtra(e)))
		}
	}
}

// writable says whether this version of the standard has an element.
func (p *producer) writable(name string) bool { return p.known[name] && !p.later[name] }

// strict leaves out elements and attributes that this version of the standard does not have.
func (p *producer) strict(n *node) *node {
	maps.DeleteFunc(n.attrs, func(name, _ string) bool { return !slices.Contains(attributes(), name) })
	n.children = slices.DeleteFunc(n.children, func(c *node) bool { return !p.writable(c.name) })
	for _, c := range n.children {
		p.strict(c)
	}
	return n
}

// child finds a child, taken or not.
func (n *node) child(name string) *node {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

// arrange puts children into the order of the standard.
func (p *producer) arrange(n *node) {
	if order := p.order[n.name]; order != nil {
		rank := func(c *node) int {
			if at := slices.Index(order, c.name); at >= 0 {
				return at
			}
			return len(order)
		}
		slices.SortStableFunc(n.children, func(a, b *node) int { return rank(a) - rank(b) })
	}
	for _, c := range n.children {
		p.arrange(c)
	}
}

func moment(name string, t *time.Time) *node {
	if t == nil {
		return nil
	}
	return element(name, t.UTC().Format(time.RFC3339Nano))
}

func boolean(name string, yes *bool) *node {
	if yes == nil {
		return nil
	}
	return element(name, fmt.Sprint(*yes))
}

func optional(name, text string) *node {
	if text == "" {
		return nil
	}
	return element(name, text)
}

func code(name string, e catalog.CodeEntry) *node {
	n := coded(name, e.List, e.Code)
	if e.Version != "" {
		if n.attrs == nil {
			n.attrs = map[string]string{}
		}
		n.attrs["listVersionID"] = e.Version
	}
	if e.Name != "" {
		n.add(&node{name: "name", text: e.Name, bare: true})
	}
	return n
}

func (p *producer) periods(n *node, list []catalog.PeriodEntry) {
	for _, v := range list {
		g := &node{name: "gueltigkeit"}
		g.add(moment("beginn", v.From), moment("ende", v.To))
		p.texts(g, "zusatz", v.Note, false)
		n.add(g)
	}
}

func (p *producer) publisher(n *node, e *catalog.PublisherEntry) {
	if e == nil {
		return
	}
	h := &node{name: "herausgeber"}
	if e.ID != nil {
		h.add(p.identifier("id", "", "", e.ID))
	}
	p.texts(h, "bezeichnung", e.Name, false)
	p.texts(h, "kurzbezeichnung", e.ShortName, false)
	p.extras(h, e.Extras)
	n.add(h)
}

func version(created *time.Time, updated time.Time, number string) *node {
	return with("versionsinformation", moment("erstelltDatumZeit", created), moment("geaendertDatumZeit", &updated), optional("version", number))
}

// areas writes the areas of an entry. They are padded to 12 digits, as PVOG has them.
func areas(n *node, name string, list []string) {
	for _, ars := range list {
		n.add(&node{name: name, text: ars + strings.Repeat("0", max(0, 12-len(ars))), attrs: map[string]string{"schemeID": schemeARS}})
	}
}
