package xzufi

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"

	"portalverbund/server/catalog"
)

// Limits of one record. Larger ones are skipped and reported.
const (
	maxRecord   = 8 << 20 // bytes of XML
	maxElements = 50_000
	maxDepth    = 32
)

// node is an element of a record. Names are local: which prefix a delivery uses, and which of the versions' namespaces, does not
// matter.
type node struct {
	name     string
	bare     bool // in no namespace
	attrs    map[string]string
	text     string
	children []*node
	line     int
	used     bool
}

// one takes the first child of a name; nil if there is none.
func (n *node) one(name string) *node {
	if n == nil {
		return nil
	}
	for _, c := range n.children {
		if c.name == name && !c.used {
			c.used = true
			return c
		}
	}
	return nil
}

// all takes all children of a name.
func (n *node) all(name string) []*node {
	if n == nil {
		return nil
	}
	var list []*node
	for _, c := range n.children {
		if c.name == name && !c.used {
			c.used = true
			list = append(list, c)
		}
	}
	return list
}

// value takes the text of the first child of a name.
func (n *node) value(name string) string { return n.one(name).string() }

// string is the text of the element, or of its code.
func (n *node) string() string {
	if n == nil {
		return ""
	}
	n.used = true
	return strings.TrimSpace(n.text)
}

// code takes the code of a coded element; a text in place of it counts too.
func (n *node) code() string {
	if n == nil {
		return ""
	}
	if c := n.one("code"); c != nil {
		n.one("name")
		return c.string()
	}
	return n.string()
}

// language is the language that an element is in; German where it says nothing.
func (n *node) language() string {
	if l := n.attrs["languageCode"]; l != "" {
		return tag(l)
	}
	return "de"
}

// tag brings a language to the form that BCP 47 recommends: de_DE is de-DE.
func tag(language string) string {
	parts := strings.Split(strings.ReplaceAll(strings.TrimSpace(language), "_", "-"), "-")
	parts[0] = strings.ToLower(parts[0])
	return strings.Join(parts, "-")
}

func (n *node) add(children ...*node) {
	for _, c := range children {
		if c != nil {
			n.children = append(n.children, c)
		}
	}
}

// element makes an element with a text.
func element(name, text string) *node { return &node{name: name, text: text} }

// with makes an element with children; nil if there are none.
func with(name string, children ...*node) *node {
	n := &node{name: name}
	n.add(children...)
	if len(n.children) == 0 {
		return nil
	}
	return n
}

// coded makes an element that holds a code of a list.
func coded(name, list, code string) *node {
	n := &node{name: name, children: []*node{{name: "code", text: code, bare: true}}}
	if list != "" {
		n.attrs = map[string]string{"listURI": list}
	}
	return n
}

// extra turns an element into what the catalog keeps of it.
func (n *node) extra() catalog.ExtraEntry {
	e := catalog.ExtraEntry{Name: n.name, Bare: n.bare, Attributes: n.attrs, Text: n.text}
	if len(n.children) > 0 {
		e.Text = strings.TrimSpace(n.text)
	}
	for _, c := range n.children {
		e.Elements = append(e.Elements, c.extra())
	}
	return e
}

func fromExtra(e catalog.ExtraEntry) *node {
	n := &node{name: e.Name, bare: e.Bare, attrs: maps.Clone(e.Attributes), text: e.Text}
	for _, c := range e.Elements {
		n.add(fromExtra(c))
	}
	return n
}

// errRecord says why a record is skipped.
type errRecord struct{ why string }

func (e errRecord) Error() string { return e.why }

// decoder reads elements one after the other.
type decoder struct {
	xml   *xml.Decoder
	guard *guard
}

func newDecoder(content io.Reader) (*decoder, error) {
	utf8, err := toUTF8(content)
	if err != nil {
		return nil, err
	}
	g := newGuard(utf8)
	d := xml.NewDecoder(g)
	d.Entity = xml.HTMLEntity // real texts hold &nbsp; and such
	return &decoder{xml: d, guard: g}, nil
}

func (d *decoder) line() int {
	line, _ := d.xml.InputPos()
	return line + d.guard.dropped
}

// record reads an element with all that is in it. One that is too large, too deep, or that holds a text that was cut is read to
// its end without being kept, and is an errRecord.
func (d *decoder) record(ctx context.Context, start xml.StartElement) (*node, error) {
	root := newNode(start, d.line())
	stack := []*node{root}
	from, cut, elements := d.xml.InputOffset(), d.guard.cut, 1
	var refused error
	depth := 1
	for depth > 0 {
		token, err := d.xml.Token()
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			depth++
			elements++
			if elements%1000 == 0 && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			switch {
			case refused != nil:
			case depth > maxDepth:
				refused = errRecord{fmt.Sprintf("is nested deeper than %d elements", maxDepth)}
			case elements > maxElements:
				refused = errRecord{fmt.Sprintf("has more than %d elements", maxElements)}
			case d.xml.InputOffset()-from > maxRecord:
				refused = errRecord{fmt.Sprintf("is larger than %d MiB", maxRecord>>20)}
			default:
				n := newNode(t, d.line())
				top := stack[len(stack)-1]
				top.children = append(top.children, n)
				stack = append(stack, n)
			}
			if refused != nil {
				root, stack = nil, nil
			}
		case xml.EndElement:
			if depth--; refused == nil {
				stack = stack[:len(stack)-1]
			}
		case xml.CharData:
			if refused == nil {
				stack[len(stack)-1].text += string(t)
			}
		}
	}
	if refused == nil && (d.guard.cut != cut || d.xml.InputOffset()-from > maxRecord) {
		refused = errRecord{fmt.Sprintf("holds a text that is larger than %d MiB", maxToken>>20)}
	}
	return root, refused
}

func newNode(t xml.StartElement, line int) *node {
	n := &node{name: t.Name.Local, bare: t.Name.Space == "", line: line}
	for _, a := range t.Attr {
		if a.Name.Space == "xmlns" || a.Name.Local == "xmlns" {
			continue
		}
		name, value := a.Name.Local, a.Value
		if strings.HasSuffix(a.Name.Space, "XMLSchema-instance") || a.Name.Space == "xsi" {
			if name == "schemaLocation" || name == "nil" {
				continue
			}
			name, value = "xsi:"+name, value[strings.LastIndexByte(value, ':')+1:]
		}
		if n.attrs == nil {
			n.attrs = map[string]string{}
		}
		n.attrs[name] = value
	}
	return n
}

// broken words what the decoder found wrong with a document.
func broken(err error) error {
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("line %d: is no XML from here: %s", syntax.Line, syntax.Msg)
	}
	return err
}
