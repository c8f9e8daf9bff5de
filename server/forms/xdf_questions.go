package forms

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"portalverbund/api/types"
)

// xdfHolder gathers the questions of a step, or of a group that repeats.
type xdfHolder struct {
	properties map[string]any
	required   []any
	fields     []types.FormField
	groups     []string // the group in which each question was, where it was resolved
	hints      []string // texts that are no questions
	notes      []string
}

func newHolder() *xdfHolder { return &xdfHolder{properties: map[string]any{}, required: []any{}} }

func (h *xdfHolder) note(notes ...string) { h.notes = append(h.notes, notes...) }

func (h *xdfHolder) schema() map[string]any {
	schema := map[string]any{"type": "object", "properties": h.properties, "required": h.required, "additionalProperties": false}
	comment(schema, h.notes)
	return schema
}

func (h *xdfHolder) intro(help string) string {
	return strings.TrimSpace(strings.Join(append([]string{help}, h.hints...), "\n\n"))
}

// questions gives the questions; those with the same text are told apart by their group.
func (h *xdfHolder) questions() []types.FormField {
	times := map[string]int{}
	for _, field := range h.fields {
		times[field.Label["de"]]++
	}
	for i, group := range h.groups {
		if label := h.fields[i].Label["de"]; group != "" && times[label] > 1 {
			h.fields[i].Label = types.LocalizedText{"de": group + ": " + label}
		}
	}
	return h.fields
}

func (h *xdfHolder) put(id, group string, field types.FormField, schema map[string]any, must bool) {
	field.Name = freeIn(h.properties, xdfName(id))
	h.properties[field.Name] = schema
	if must {
		h.required = append(h.required, field.Name)
	}
	h.fields, h.groups = append(h.fields, field), append(h.groups, group)
}

// add takes parts in. What is in a group that may be left out must not be answered.
func (h *xdfHolder) add(parts []xdfPart, must bool, group string, nesting int) {
	for _, part := range parts {
		least, most := part.counts()
		switch g := part.Group; {
		case g != nil && most == 1:
			h.note(g.notes(must && least > 0)...)
			if help := strings.TrimSpace(g.Help); help != "" {
				h.hints = append(h.hints, help)
			}
			h.add(g.Structure, must && least > 0, g.title(), nesting)
		case g != nil:
			h.repeated(*g, part, must, group, nesting)
		case part.Field != nil:
			h.field(*part.Field, part, must, group, nesting)
		}
	}
}

func (h *xdfHolder) repeated(g xdfGroup, part xdfPart, must bool, group string, nesting int) {
	least, most := part.counts()
	inner := newHolder()
	inner.add(g.Structure, true, "", nesting+1)
	inner.note(g.notes(true)...)
	if nesting > maxNesting || len(inner.fields) == 0 {
		h.note(remark(remarkLeftOut, g.title()))
		return
	}
	schema := map[string]any{"type": "array", "minItems": float64(max(1, least)), "maxItems": float64(most), "items": inner.schema()}
	fields := inner.questions()
	h.put(g.ID, group, types.FormField{
		Kind: types.FormFieldKindGroup, Label: types.LocalizedText{"de": g.title()}, Hint: german(inner.intro(g.Help)),
		Fields: &fields, ItemLabel: &types.LocalizedText{"de": g.title()},
	}, schema, must && least > 0)
}

func (h *xdfHolder) field(f xdfField, part xdfPart, must bool, group string, nesting int) {
	if f.Kind == "label" {
		if text := firstOf(f.Content, f.Label); text != "" {
			h.hints = append(h.hints, text)
		}
		return
	}
	question, schema, notes, ok := f.question()
	if !ok {
		h.note(remark(remarkLeftOut, f.title()))
		return
	}
	comment(schema, append(notes, rulesOf(f.Rules)...))
	least, most := part.counts()
	must = must && least > 0
	if most == 1 {
		h.put(f.ID, group, question, schema, must)
		return
	}
	several := map[string]any{"type": "array", "minItems": float64(max(1, least)), "maxItems": float64(most), "items": schema}
	switch {
	case question.Options != nil:
		question.Kind, several["uniqueItems"] = types.FormFieldKindCheckboxes, true
	case question.Kind == types.FormFieldKindFile:
		question.MaxFiles = &most
	case nesting > maxNesting:
		h.note(remark(remarkLeftOut, f.title()))
		return
	default:
		inner := newHolder()
		inner.put(f.ID, "", question, schema, true)
		fields := inner.questions()
		several["items"] = inner.schema()
		question = types.FormField{Kind: types.FormFieldKindGroup, Label: question.Label, Fields: &fields}
	}
	h.put(f.ID, group, question, several, must)
}

// question makes a question of a field, with what judges it and what is to be noted; ok is false where there is no kind of question for it.
func (f xdfField) question() (field types.FormField, schema map[string]any, notes []string, ok bool) {
	field = types.FormField{Label: types.LocalizedText{"de": f.title()}, Hint: german(f.Help)}
	limits, notes := f.limits()
	number := func(kind types.FormFieldKind, of string, scale float64) map[string]any {
		field.Kind, schema = kind, map[string]any{"type": of}
		bound(schema, "minimum", limits.MinValue, scale, of == "integer")
		bound(schema, "maximum", limits.MaxValue, scale, of == "integer")
		return schema
	}
	switch {
	case f.Kind == "select":
		return f.choices(field)
	case f.Kind != "input":
		return field, nil, nil, false
	case f.Type == "text", f.Type == "text_latin", f.Type == "time", f.Type == "datetime":
		schema, notes = limits.text(notes)
		field.Kind = types.FormFieldKindText
		if longest, _ := schema["maxLength"].(float64); longest > 250 {
			field.Kind = types.FormFieldKindTextarea
		}
		if strings.HasSuffix(f.Type, "time") {
			notes = append(notes, remark(remarkTime, ""))
		}
	case f.Type == "date":
		field.Kind, schema = types.FormFieldKindDate, map[string]any{"type": "string", "format": "date"}
	case f.Type == "bool":
		field.Kind, schema = types.FormFieldKindRadio, map[string]any{"type": "string", "enum": []any{"yes", "no"}}
		field.Options = yesOrNo()
	case f.Type == "num_int":
		schema = number(types.FormFieldKindNumber, "integer", 1)
	case f.Type == "num":
		schema = number(types.FormFieldKindNumber, "number", 1)
	case f.Type == "num_currency":
		schema = number(types.FormFieldKindMoney, "integer", 100)
	case f.Type == "file":
		field.Kind, schema = types.FormFieldKindFile, map[string]any{"type": "string", "format": "uuid"}
	default:
		return field, nil, nil, false
	}
	return field, schema, notes, true
}

// choices makes a choice of a field whose answers are in the message; those of a code list elsewhere are to be written in.
func (f xdfField) choices(field types.FormField) (types.FormField, map[string]any, []string, bool) {
	options := []types.FormOption{}
	values := []any{}
	for _, choice := range f.Choices {
		if code := strings.TrimSpace(choice.Code); code != "" && !slices.Contains(values, any(code)) {
			values = append(values, code)
			options = append(options, types.FormOption{Value: code, Label: types.LocalizedText{"de": firstOf(choice.Name, code)}})
		}
	}
	if len(options) == 0 {
		field.Kind = types.FormFieldKindText
		schema, notes := xdfLimits{}.text([]string{remark(remarkList, firstOf(f.List, f.List2))})
		return field, schema, notes, true
	}
	field.Kind, field.Options = types.FormFieldKindRadio, &options
	if len(options) > fewChoices {
		field.Kind = types.FormFieldKindSelect
	}
	if len(options) > manyChoices {
		field.Kind = types.FormFieldKindCombobox
	}
	return field, map[string]any{"type": "string", "enum": values}, nil, true
}

// limits reads how a field is narrowed down, in either version.
func (f xdfField) limits() (xdfLimits, []string) {
	limits := f.Limits
	text := strings.TrimSpace(limits.Text)
	if text == "" {
		return limits, nil
	}
	if err := json.Unmarshal([]byte(text), &limits); err != nil {
		return limits, []string{remark(remarkLimits, text)}
	}
	return limits, nil
}

// text judges a text. A pattern of XML Schema is meant from the beginning to the end, without saying so.
func (l xdfLimits) text(notes []string) (map[string]any, []string) {
	schema := map[string]any{"type": "string", "minLength": 1.0, "maxLength": 200.0}
	bound(schema, "minLength", l.MinLength, 1, true)
	bound(schema, "maxLength", l.MaxLength, 1, true)
	if schema["minLength"] == 0.0 {
		schema["minLength"] = 1.0
	}
	if l.Pattern == "" {
		return schema, notes
	}
	pattern := "^(?:" + strings.TrimSuffix(strings.TrimPrefix(l.Pattern, "^"), "$") + ")$"
	if portable(pattern) != nil {
		return schema, append(notes, remark(remarkPattern, l.Pattern))
	}
	schema["pattern"] = pattern
	return schema, notes
}

// bound sets a limit that is a number, and leaves everything else out.
func bound(schema map[string]any, keyword, text string, scale float64, whole bool) {
	value, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(text), ",", ".", 1), 64)
	if err != nil || math.IsNaN(value) || math.Abs(value) > 1e13 {
		return
	}
	if value *= scale; whole {
		value = math.Round(value)
	}
	schema[keyword] = value
}
