// Package xzufi reads and writes XZuFi, the standard for descriptions of public services, offices and competences (XÖV).
//
// No schema and no real delivery of it could be had, so it is read as leniently as can be: versions 2.1, 2.2 and 2.3.1, by local
// names, in any root. What the standard knows and the catalog does not read is kept in extras and written again; what nobody
// knows is reported and left out. Written is 2.2, in the order and with the HTML that PVOG asks for; what of it is not
// confirmed by a public source stands in names.go.
package xzufi

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/google/uuid"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/adapter"
)

// Options say how a delivery is read.
type Options struct {
	// Own is the agency whose identifiers are ids of this catalog (see Writer). Empty: none is.
	Own string
	// Areas finds out what areas named by AGS are; nil leaves such areas out.
	Areas adapter.Areas
}

// maxCategories is how many categories are remembered so that each is given once.
const maxCategories = 20_000

// Read gives what a message of a delivery says, one record after the other, with bounded memory. name is the file's, for the
// report. An error ends the sequence: the document is broken from there, or is none.
func Read(ctx context.Context, name string, content io.Reader, o Options) iter.Seq2[adapter.Record, error] {
	return func(yield func(adapter.Record, error) bool) {
		r := reader{ctx: ctx, name: name, options: o, out: adapter.NewEmitter(yield), known: known(), categories: map[string]bool{}}
		if err := r.read(content); err != nil {
			r.out.Fail(fmt.Errorf("%s: %w", name, err))
		}
	}
}

// Format is XZuFi among the formats of files.
func Format(o Options) adapter.Format {
	return adapter.Format{
		ID:     "xzufi",
		Title:  adapter.Words{De: "XZuFi (Leistungen, Stellen, Zuständigkeiten)", En: "XZuFi (services, offices, competences)"},
		Detect: Detect,
		Read: func(ctx context.Context, name string, content io.Reader) iter.Seq2[adapter.Record, error] {
			return Read(ctx, name, content, o)
		},
	}
}

// Detect says by the beginning of a file whether it is XML that speaks of XZuFi.
func Detect(head []byte) bool {
	text := strings.ToLower(strings.ReplaceAll(string(head), "\x00", ""))
	at := strings.IndexByte(text, '<')
	return at >= 0 && at <= 4 && (strings.Contains(text, "xzufi") || strings.Contains(text, "nachrichtenkopf"))
}

// reader is one document being read.
type reader struct {
	ctx        context.Context //nolint:containedctx // for one document
	name       string
	options    Options
	out        *adapter.Emitter
	known      map[string]bool
	categories map[string]bool
	decoder    *decoder
	notes      []string // warnings that belong to the document, given with the next record
	mended     bool
	understood bool // there was a nachrichtenkopf, or something else of XZuFi
}

func (r *reader) read(content io.Reader) error {
	d, err := newDecoder(content)
	if err != nil {
		return err
	}
	r.decoder = d
	root, err := r.root()
	if err != nil {
		return err
	}
	for !r.out.Ended() {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		token, err := d.xml.Token()
		if err != nil {
			return broken(err)
		}
		switch t := token.(type) {
		case xml.EndElement: // of the root
			if !r.understood {
				return fmt.Errorf("the root %s has no nachrichtenkopf: this is no delivery of XZuFi", root)
			}
			r.flushNotes()
			return r.end()
		case xml.StartElement:
			if err := r.child(t); err != nil {
				return broken(err)
			}
		}
	}
	return nil
}

// end looks at what comes after the root: nothing may.
func (r *reader) end() error {
	for {
		token, err := r.decoder.xml.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return broken(err)
		}
		if _, ok := token.(xml.StartElement); ok {
			return fmt.Errorf("line %d: a second document begins", r.decoder.line())
		}
	}
}

// root reads up to the root element, whatever its name is.
func (r *reader) root() (string, error) {
	for {
		token, err := r.decoder.xml.Token()
		if errors.Is(err, io.EOF) {
			return "", errors.New("is empty")
		}
		if err != nil {
			return "", broken(err)
		}
		t, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if !strings.HasPrefix(t.Name.Space, namespacePrefix) {
			r.note("the namespace %.80q is unknown: read by the names of the elements", t.Name.Space)
		}
		return t.Name.Local, nil
	}
}

func (r *reader) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

// flushNotes gives warnings of the document that no record took along.
func (r *reader) flushNotes() {
	r.mendedNote()
	if len(r.notes) > 0 {
		r.out.Record(adapter.Record{Kind: catalog.KindService, At: r.name, Line: 1, Skip: strings.Join(r.notes, "; ")})
		r.notes = nil
	}
}

func (r *reader) mendedNote() {
	if g := r.decoder.guard; g.mended > 0 && !r.mended {
		r.mended = true
		r.note("line %d: holds bytes that are not of the encoding that the document names: taken as Windows-1252", g.mendedLine)
	}
}

// child reads a child of the root: an operation, or an object that stands there without one.
func (r *reader) child(t xml.StartElement) error {
	line := r.decoder.line()
	switch t.Name.Local {
	case "nachrichtenkopf", "transaktionID", "transaktionPosition":
		r.understood = true
		_, err := r.decoder.record(r.ctx, t)
		return ignored(err)
	case "schreibe", "loesche", elementService, elementSpecialisation, elementOrganisation, elementOnlineService, elementCompetenceObject:
	default:
		if _, err := r.decoder.record(r.ctx, t); ignored(err) != nil {
			return err
		}
		r.record(adapter.Record{Kind: catalog.KindService, Line: line, Skip: fmt.Sprintf("the element %.60q is unknown", t.Name.Local)})
		return nil
	}
	r.understood = true
	n, err := r.decoder.record(r.ctx, t)
	if refused := (errRecord{}); errors.As(err, &refused) {
		r.record(adapter.Record{Kind: catalog.KindService, Line: line, Skip: t.Name.Local + " " + refused.why})
		return nil
	}
	if err != nil {
		return err
	}
	switch t.Name.Local {
	case "schreibe":
		if len(n.children) == 0 {
			r.record(adapter.Record{Kind: catalog.KindService, Line: line, Skip: "schreibe holds nothing"})
		}
		for _, object := range n.children {
			r.object(object)
		}
	case "loesche":
		r.deletion(n)
	default:
		r.object(n)
	}
	return nil
}

// ignored takes a record that was refused for one that was read.
func ignored(err error) error {
	if refused := (errRecord{}); errors.As(err, &refused) {
		return nil
	}
	return err
}

func (r *reader) record(record adapter.Record) {
	r.mendedNote()
	record.At = r.name
	record.Warnings = append(r.notes, record.Warnings...)
	r.notes = nil
	r.out.Record(record)
}

// entry gives an entry. The warnings of an object go with its first.
func (r *reader) entry(kind string, key string, entry any, n *node, c *converter) {
	if key == "" || key == uuid.Nil.String() {
		r.record(adapter.Record{Kind: kind, Line: n.line, Skip: n.name + " has no id", Warnings: c.warnings})
		return
	}
	payload, err := json.Marshal(entry)
	if err != nil {
		r.record(adapter.Record{Kind: kind, ID: key, Line: n.line, Skip: "can't be written: " + err.Error()})
		return
	}
	r.record(adapter.Record{Kind: kind, ID: key, Payload: payload, Line: n.line, Warnings: c.warnings})
	c.warnings = nil
}

// object gives the entries that an object stands for.
func (r *reader) object(n *node) {
	c := &converter{ctx: r.ctx, own: r.options.Own, areas: r.options.Areas, known: r.known}
	switch n.name {
	case elementService:
		e, categories := c.service(n)
		for _, category := range categories {
			if !r.categories[category.ID] && len(r.categories) < maxCategories {
				r.categories[category.ID] = true
				r.entry(catalog.KindCategory, category.ID, category, n, &converter{})
			}
		}
		r.entry(catalog.KindService, e.ID.String(), e, n, c)
	case elementSpecialisation, "leistungSpezialisierung":
		e := c.specialisation(n)
		r.entry(catalog.KindSpecialisation, e.ID.String(), e, n, c)
	case elementOrganisation:
		e, competences := c.organisation(n)
		r.entry(catalog.KindOrganisation, e.ID.String(), e, n, c)
		for _, competence := range competences {
			r.entry(catalog.KindCompetence, competence.ID.String(), competence, n, c)
		}
	case elementOnlineService:
		e := c.onlineService(n)
		r.entry(catalog.KindOnlineService, e.ID.String(), e, n, c)
	case elementCompetenceObject:
		competences, online, why := c.competenceObject(n)
		switch {
		case why != "":
			r.record(adapter.Record{Kind: catalog.KindCompetence, Line: n.line, Skip: n.name + " " + why, Warnings: c.warnings})
		case online != nil:
			r.entry(catalog.KindOnlineCompetence, online.ID.String(), online, n, c)
		}
		for _, competence := range competences {
			r.entry(catalog.KindCompetence, competence.ID.String(), competence, n, c)
		}
	default:
		r.record(adapter.Record{Kind: catalog.KindService, Line: n.line, Skip: fmt.Sprintf("the object %.60q is unknown", n.name)})
	}
}

// deletion gives what is gone. Deliveries name millions of competences that nobody has seen, so nothing is looked up here.
func (r *reader) deletion(n *node) {
	id := n.one("id")
	if identifier(id) == nil {
		r.record(adapter.Record{Kind: catalog.KindService, Line: n.line, Skip: "loesche names no id"})
		return
	}
	var kinds []string
	switch n.attrs["klasse"] {
	case classService:
		kinds = []string{catalog.KindService}
	case classSpecialisation:
		kinds = []string{catalog.KindSpecialisation}
	case classOrganisation:
		kinds = []string{catalog.KindOrganisation}
	case classOnlineService:
		kinds = []string{catalog.KindOnlineService}
	case classCompetence:
		switch scheme := strings.ToLower(id.attrs["schemeID"]); {
		case strings.Contains(scheme, "onlinedienst"):
			kinds = []string{catalog.KindOnlineCompetence}
		case strings.Contains(scheme, "organisationseinheit"):
			kinds = []string{catalog.KindCompetence}
		default:
			kinds = []string{catalog.KindCompetence, catalog.KindOnlineCompetence}
		}
	default:
		r.record(adapter.Record{Kind: catalog.KindService, Line: n.line, Skip: fmt.Sprintf("loesche of the unknown class %.60q", n.attrs["klasse"])})
		return
	}
	c := &converter{own: r.options.Own}
	for _, kind := range kinds {
		key, _ := c.id(kind, id)
		r.record(adapter.Record{Kind: kind, ID: key.String(), Deleted: true, Line: n.line})
	}
}
