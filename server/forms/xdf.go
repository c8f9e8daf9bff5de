package forms

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"portalverbund/api/types"
	"portalverbund/server/platform/problem"
)

// XDatenfelder is FIM's standard for what forms ask for. A message 0102 holds one Datenschema; of its two versions in use, 2 and 3, the
// elements that are read here differ in few places: how a field is narrowed down, and that version 3 may hold the choices itself.
const (
	xdfNamespace = "urn:xoev-de:fim:standard:xdatenfelder_"
	xdfMessage   = "xdatenfelder.stammdatenschema.0102"
)

// What a message may need at most; its size is bounded by the contract.
const (
	maxXDFDepth    = 100     // elements in each other
	maxXDFElements = 200_000 // altogether
	maxRepeats     = 100     // of a group or file that may repeat without end
	manyChoices    = 20      // more of them are found by typing
	maxRemark      = 1900    // bytes of what is noted at one place
)

type xdfDocument struct {
	Schema xdfSchema `xml:"stammdatenschema"`
}

type xdfSchema struct {
	Name      string    `xml:"name"`
	Label     string    `xml:"bezeichnung"`        // version 3
	Label2    string    `xml:"bezeichnungEingabe"` // version 2
	Rules     []xdfRule `xml:"regel"`
	Structure []xdfPart `xml:"struktur"`
}

// xdfPart is a place in a schema or group, with how often it is there at least and at most: `0:1`, `1:*`.
type xdfPart struct {
	Count string    `xml:"anzahl"`
	Group *xdfGroup `xml:"enthaelt>datenfeldgruppe"`
	Field *xdfField `xml:"enthaelt>datenfeld"`
}

type xdfGroup struct {
	ID        string    `xml:"identifikation>id"` //nolint:misspell // German
	Name      string    `xml:"name"`
	Label     string    `xml:"bezeichnungEingabe"`
	Help      string    `xml:"hilfetextEingabe"`
	Kind      string    `xml:"art>code"` // X: one of its parts is chosen; version 3
	Rules     []xdfRule `xml:"regel"`
	Structure []xdfPart `xml:"struktur"`
}

type xdfField struct {
	ID      string    `xml:"identifikation>id"` //nolint:misspell // German
	Name    string    `xml:"name"`
	Label   string    `xml:"bezeichnungEingabe"`
	Help    string    `xml:"hilfetextEingabe"`
	Kind    string    `xml:"feldart>code"`
	Type    string    `xml:"datentyp>code"`
	Content string    `xml:"inhalt"`
	Limits  xdfLimits `xml:"praezisierung"`
	List    string    `xml:"codelisteReferenz>canonicalIdentification"`                          // version 3
	List2   string    `xml:"codelisteReferenz>genericodeIdentification>canonicalIdentification"` // version 2
	Choices []struct {
		Code string `xml:"code"`
		Name string `xml:"name"`
	} `xml:"werte>wert"` // version 3
	Rules []xdfRule `xml:"regel"`
}

// xdfLimits are attributes in version 3, and a JSON object of texts in version 2.
type xdfLimits struct {
	MinValue  string `xml:"minValue,attr" json:"minValue"`
	MaxValue  string `xml:"maxValue,attr" json:"maxValue"`
	MinLength string `xml:"minLength,attr" json:"minLength"`
	MaxLength string `xml:"maxLength,attr" json:"maxLength"`
	Pattern   string `xml:"pattern,attr" json:"pattern"`
	Text      string `xml:",chardata" json:"-"`
}

// xdfRule is a sentence that people have written for people.
type xdfRule struct {
	Name       string `xml:"name"`
	Definition string `xml:"definition"`    // version 2
	Text       string `xml:"freitextRegel"` // version 3
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text = strings.TrimSpace(text); text != "" {
			return text
		}
	}
	return ""
}

func (g xdfGroup) title() string { return firstOf(g.Label, g.Name, g.ID) }
func (f xdfField) title() string { return firstOf(f.Label, f.Name, f.ID) }

// contentOfXDF makes a form of a Datenschema: each group at the top becomes a step; groups in it that do not repeat are resolved into
// its questions. What a form cannot say is noted at its place, and is a warning there (see remarks).
func contentOfXDF(text string) (types.FormContent, error) {
	document, err := readXDF(text)
	if err != nil {
		return types.FormContent{}, problem.Invalid(problem.FieldError{Pointer: "/xdatenfelder", Code: "format", Message: problem.Text{
			De: "Das ist kein Datenschema nach XDatenfelder 2 oder 3.", En: "This is no data schema of XDatenfelder 2 or 3."}})
	}
	title := firstOf(document.Schema.Label, document.Schema.Label2, document.Schema.Name, "Formular")
	properties := map[string]any{}
	schema := map[string]any{"type": "object", "properties": properties}
	content := types.FormContent{Title: types.LocalizedText{"de": title}, Schema: schema, Layout: types.FormLayout{Steps: []types.FormStep{}}}
	var required []any
	for _, step := range xdfSteps(document.Schema.Structure, title) {
		h := newHolder()
		h.add(step.parts, step.must, "", 1)
		h.note(step.notes...)
		if len(h.fields) == 0 {
			continue
		}
		id := freeIn(properties, xdfName(step.id))
		properties[id] = h.schema()
		required = append(required, id)
		content.Layout.Steps = append(content.Layout.Steps, types.FormStep{Id: id, Title: types.LocalizedText{"de": step.title}, Intro: german(h.intro(step.help)), Fields: h.questions()})
	}
	if len(content.Layout.Steps) == 0 {
		return types.FormContent{}, problem.Invalid(problem.FieldError{Pointer: "/xdatenfelder", Code: "step-empty", Message: problem.Text{
			De: "In diesem Datenschema wird nach nichts gefragt.", En: "This data schema asks for nothing."}})
	}
	schema["required"] = required
	comment(schema, rulesOf(document.Schema.Rules))
	whole, err := json.Marshal(content)
	if err != nil || len(whole) > maxDefinition {
		return types.FormContent{}, problem.TooLarge("form-too-large", "Das Datenschema ist zu groß.", "The data schema is too large.").
			With(problem.Text{De: "Ein Formular kann höchstens 256 KiB haben.", En: "A form can have 256 KiB at most."})
	}
	return content, nil
}

// readXDF decodes a message. Definitions of its own, and elements that lie too deep in each other, are refused before.
func readXDF(text string) (xdfDocument, error) {
	decoder := func() *xml.Decoder {
		d := xml.NewDecoder(strings.NewReader(text))
		d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // JSON has brought it as Unicode
		return d
	}
	var document xdfDocument
	scan, depth, count := decoder(), 0, 0
	for {
		token, err := scan.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return document, fmt.Errorf("read XDatenfelder: %w", err)
		}
		switch t := token.(type) {
		case xml.Directive:
			return document, errors.New("read XDatenfelder: definitions of its own")
		case xml.StartElement:
			version, known := strings.CutPrefix(t.Name.Space, xdfNamespace)
			if count == 0 && (!known || version != "2" && !strings.HasPrefix(version, "3.") || t.Name.Local != xdfMessage) {
				return document, errors.New("read XDatenfelder: another kind of document")
			}
			depth, count = depth+1, count+1
		case xml.EndElement:
			depth--
		}
		if depth > maxXDFDepth || count > maxXDFElements {
			return document, errors.New("read XDatenfelder: too deep or too long")
		}
	}
	if err := decoder().Decode(&document); err != nil {
		return document, fmt.Errorf("read XDatenfelder: %w", err)
	}
	return document, nil
}

// xdfStep is what becomes a step: a group at the top, or fields beside each other there.
type xdfStep struct {
	id, title, help string
	parts           []xdfPart
	must            bool
	notes           []string
}

func xdfSteps(structure []xdfPart, title string) []xdfStep {
	var steps []xdfStep
	loose := false
	for _, part := range structure {
		least, most := part.counts()
		switch g := part.Group; {
		case g != nil && most == 1:
			steps = append(steps, xdfStep{g.ID, g.title(), g.Help, g.Structure, least > 0, g.notes(least > 0)})
			loose = false
		case g != nil:
			steps = append(steps, xdfStep{id: "s" + g.ID, title: g.title(), parts: []xdfPart{part}, must: true})
			loose = false
		case part.Field != nil && loose:
			last := &steps[len(steps)-1]
			last.parts = append(last.parts, part)
		case part.Field != nil:
			steps = append(steps, xdfStep{id: soleStep, title: title, parts: []xdfPart{part}, must: true})
			loose = true
		}
	}
	return steps
}

// counts reads how often something is there, at least and at most.
func (p xdfPart) counts() (least, most int) {
	low, high, _ := strings.Cut(strings.TrimSpace(p.Count), ":")
	least, _ = strconv.Atoi(low)
	most, err := strconv.Atoi(high)
	if high == "*" || err == nil && most > maxRepeats {
		most = maxRepeats
	} else if err != nil || most < 1 {
		most = 1
	}
	return max(0, min(least, most)), most
}

// xdfName turns an id such as F60000000243 into a name of the form profile.
func xdfName(id string) string {
	name := strings.Map(func(sign rune) rune {
		if sign >= 'a' && sign <= 'z' || sign >= '0' && sign <= '9' {
			return sign
		}
		return -1
	}, strings.ToLower(id))
	if name == "" || name[0] < 'a' {
		name = "x" + name
	}
	return name[:min(len(name), 60)]
}

func freeIn(taken map[string]any, wish string) string {
	name := wish
	for number := 2; taken[name] != nil; number++ {
		name = wish + "n" + strconv.Itoa(number)
	}
	return name
}

func german(text string) *types.LocalizedText {
	if text = strings.TrimSpace(text); text == "" {
		return nil
	}
	return &types.LocalizedText{"de": text}
}

func rulesOf(rules []xdfRule) []string {
	notes := make([]string, 0, len(rules))
	for _, rule := range rules {
		notes = append(notes, remark(remarkRule, firstOf(rule.Text, rule.Definition, rule.Name)))
	}
	return notes
}

func (g xdfGroup) notes(must bool) []string {
	notes := rulesOf(g.Rules)
	if g.Kind == "X" {
		notes = append(notes, remark(remarkChoice, g.title()))
	}
	if !must && slices.ContainsFunc(g.Structure, func(p xdfPart) bool { least, _ := p.counts(); return least > 0 }) {
		notes = append(notes, remark(remarkOptional, g.title()))
	}
	return notes
}
