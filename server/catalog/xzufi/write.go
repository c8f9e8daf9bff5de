package xzufi

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/catalog"
)

// Settings say how a delivery is written.
type Settings struct {
	// Own is the agency (schemeAgencyID) under which ids of this catalog are written.
	Own string
	// Product and Maker name the program, as the root's attributes do.
	Product, Maker string
	// MessageID and Created are the message's own.
	MessageID uuid.UUID
	Created   time.Time
	// Languages are those that may be written; nil writes all. PVOG takes de and en only, and texts in others are left out.
	Languages []string
	// Resolve gives the identifier that an entry came with; one of this portal's own has none.
	Resolve func(kind, id string) (catalog.IdentifierEntry, bool)
	// Category gives a category; nil if there is none.
	Category func(id string) *catalog.CategoryEntry
}

// Writer writes a message of a delivery in XZuFi 2.2, entry by entry.
type Writer struct {
	out      *bufio.Writer
	producer producer
	err      error
}

// NewWriter begins a message.
func NewWriter(w io.Writer, s Settings) *Writer {
	later := map[string]bool{}
	for _, name := range later231() {
		later[name] = true
	}
	x := &Writer{out: bufio.NewWriterSize(w, 64<<10), producer: producer{
		own: s.Own, resolve: s.Resolve, category: s.Category, order: orders(), known: known(), later: later,
		speaks: func(language string) bool { return s.Languages == nil || slices.Contains(s.Languages, language) },
	}}
	if x.producer.resolve == nil {
		x.producer.resolve = func(string, string) (catalog.IdentifierEntry, bool) { return catalog.IdentifierEntry{}, false }
	}
	if x.producer.category == nil {
		x.producer.category = func(string) *catalog.CategoryEntry { return nil }
	}
	x.text(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<xzufi:" + rootName + ` xmlns:xzufi="` + Namespace + `" xmlns:xsi="` + schemaInstance + `"`)
	x.attribute("produktbezeichnung", s.Product)
	x.attribute("produkthersteller", s.Maker)
	x.attribute("xzufiVersion", "2.2.0")
	x.text(">\n")
	created := s.Created.UTC()
	x.write(with("nachrichtenkopf", element("nachrichtUUID", s.MessageID.String()), moment("erstelltDatumZeit", &created)))
	return x
}

// Entry writes an entry. Kinds that XZuFi has no object for are passed over.
func (x *Writer) Entry(entry any) error {
	var n *node
	p := &x.producer
	switch e := entry.(type) {
	case *catalog.ServiceEntry:
		n = p.service(e)
	case *catalog.SpecialisationEntry:
		n = p.specialisation(e)
	case *catalog.OrganisationEntry:
		n = p.organisation(e)
	case *catalog.OnlineServiceEntry:
		n = p.onlineService(e)
	case *catalog.CompetenceEntry:
		n = p.competence(e)
	case *catalog.OnlineCompetenceEntry:
		n = p.onlineCompetence(e)
	default:
		return x.err
	}
	p.arrange(n)
	x.write(with("schreibe", n))
	return x.err
}

// Omitted is how many texts were left out because of their language.
func (x *Writer) Omitted() int { return x.producer.omitted }

// Close ends the message.
func (x *Writer) Close() error {
	x.text("</xzufi:" + rootName + ">\n")
	if x.err == nil {
		x.err = x.out.Flush()
	}
	return x.err
}

func (x *Writer) text(s string) {
	if x.err == nil {
		_, x.err = x.out.WriteString(s)
	}
}

func (x *Writer) write(n *node) {
	x.element(n)
	x.text("\n")
	if x.err != nil {
		x.err = fmt.Errorf("write XZuFi: %w", x.err)
	}
}

func (x *Writer) element(n *node) {
	name := "xzufi:" + n.name
	if n.bare {
		name = n.name
	}
	x.text("<" + name)
	keys := make([]string, 0, len(n.attrs))
	for key := range n.attrs {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		value := n.attrs[key]
		if key == "xsi:type" {
			value = "xzufi:" + value
		}
		x.attribute(key, value)
	}
	if n.text == "" && len(n.children) == 0 {
		x.text("/>")
		return
	}
	x.text(">")
	x.text(escape(n.text, false))
	for _, c := range n.children {
		x.element(c)
	}
	x.text("</" + name + ">")
}

func (x *Writer) attribute(name, value string) {
	x.text(" " + name + `="` + escape(value, true) + `"`)
}

// escape writes text for XML, without what XML can't hold.
func escape(s string, attribute bool) string {
	if !strings.ContainsFunc(s, func(r rune) bool {
		return r == '<' || r == '>' || r == '&' || r == '"' || r < ' ' || r == 0xFFFE || r == 0xFFFF
	}) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + len(s)/8)
	for _, r := range s {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case r == '"' && attribute:
			b.WriteString("&quot;")
		case r == '\r':
			b.WriteString("&#xD;")
		case (r == '\n' || r == '\t') && attribute:
			fmt.Fprintf(&b, "&#x%X;", r)
		case r < ' ' && r != '\n' && r != '\t' || r == 0xFFFE || r == 0xFFFF:
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
