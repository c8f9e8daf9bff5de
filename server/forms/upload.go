package forms

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"portalverbund/api/types"
	"portalverbund/server/platform/problem"
)

// fewChoices is how many choices are shown at once; more are in a list that opens.
const fewChoices = 6

// soleStep is the step of a schema that has none.
const soleStep = "answers"

// contentOf makes a form of a JSON Schema. Its texts come from title and description, in German, for a schema knows no languages. What
// the form editor has no kind of question for stays in the schema, and the findings name it.
func contentOf(schema map[string]any) (types.FormContent, error) {
	text, err := json.Marshal(schema)
	if err != nil || len(text) > maxDefinition {
		return types.FormContent{}, problem.TooLarge("form-too-large", "Das Schema ist zu groß.", "The schema is too large.")
	}
	properties, _ := schema["properties"].(map[string]any)
	if schema["type"] != "object" || len(properties) == 0 {
		return types.FormContent{}, problem.Invalid(problem.FieldError{Pointer: "/schema", Code: "type", Message: problem.Text{
			De: "Das ist kein JSON-Schema eines Objekts mit Eigenschaften.", En: "This is no JSON Schema of an object with properties."}})
	}
	r := schemaReader{root: schema}
	for _, property := range properties {
		if r.resolve(property)["type"] != "object" {
			schema = inOneStep(schema)
			r.root = schema
			properties, _ = schema["properties"].(map[string]any)
			break
		}
	}
	content := types.FormContent{Title: r.text(schema, "Formular"), Schema: schema, Layout: types.FormLayout{Steps: []types.FormStep{}}}
	for _, name := range r.order(schema, properties) {
		step := r.resolve(properties[name])
		content.Layout.Steps = append(content.Layout.Steps, types.FormStep{Id: name, Title: r.text(step, inWords(name)), Intro: r.hint(step), Fields: r.fields(step, 1)})
	}
	return content, nil
}

// inOneStep puts everything that a schema asks for into one step.
func inOneStep(schema map[string]any) map[string]any {
	root := map[string]any{"type": "object", "required": []any{soleStep}}
	step := map[string]any{}
	for keyword, value := range schema {
		switch keyword {
		case "$schema", "$id", "$defs":
			root[keyword] = value
		default:
			step[keyword] = value
		}
	}
	root["title"] = schema["title"]
	if root["title"] == nil {
		delete(root, "title")
	}
	root["properties"] = map[string]any{soleStep: step}
	return root
}

// schemaReader makes questions of schemas. References are followed once: the profile refuses longer ways.
type schemaReader struct{ root map[string]any }

func (r schemaReader) resolve(value any) map[string]any {
	s, _ := value.(map[string]any)
	reference, ok := s["$ref"].(string)
	if !ok {
		return s
	}
	definitions, _ := r.root["$defs"].(map[string]any)
	target, _ := definitions[strings.TrimPrefix(reference, "#/$defs/")].(map[string]any)
	return target
}

// order gives the names of properties, those first that are required, in the order in which they are named there.
func (r schemaReader) order(schema, properties map[string]any) []string {
	var names []string
	required, _ := schema["required"].([]any)
	for _, value := range required {
		if name, _ := value.(string); properties[name] != nil && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	rest := make([]string, 0, len(properties))
	for name := range properties {
		if !slices.Contains(names, name) {
			rest = append(rest, name)
		}
	}
	slices.Sort(rest)
	return append(names, rest...)
}

func (r schemaReader) fields(schema map[string]any, nesting int) []types.FormField {
	fields := []types.FormField{}
	if nesting > maxNesting {
		return fields
	}
	properties, _ := schema["properties"].(map[string]any)
	for _, name := range r.order(schema, properties) {
		if field, ok := r.field(name, properties, nesting); ok {
			fields = append(fields, field)
		}
	}
	return fields
}

// field makes a question; ok is false where there is no kind of question for it. A yes or no becomes a choice.
func (r schemaReader) field(name string, properties map[string]any, nesting int) (field types.FormField, ok bool) {
	property := r.resolve(properties[name])
	field = types.FormField{Name: name, Label: r.text(property, inWords(name)), Hint: r.hint(property)}
	kinds := map[any]types.FormFieldKind{
		"date": types.FormFieldKindDate, "email": types.FormFieldKindEmail, "iban": types.FormFieldKindIban, "phone": types.FormFieldKindPhone, "uuid": types.FormFieldKindFile,
	}
	choices, _ := property["enum"].([]any)
	kind, formatted := kinds[property["format"]]
	switch longest, _ := property["maxLength"].(float64); {
	case len(choices) > 0:
		return withChoices(field, choices)
	case formatted:
		field.Kind = kind
	case property["const"] == true:
		field.Kind = types.FormFieldKindDeclaration
	case property["type"] == "boolean":
		field.Kind = types.FormFieldKindRadio
		properties[name] = map[string]any{"type": "string", "enum": []any{"yes", "no"}}
		field.Options = yesOrNo()
	case property["type"] == "number", property["type"] == "integer":
		field.Kind = types.FormFieldKindNumber
	case property["type"] == "array":
		return r.list(field, property, nesting)
	case property["type"] == "object", property == nil:
		return field, false
	case longest > 250:
		field.Kind = types.FormFieldKindTextarea
	default:
		field.Kind = types.FormFieldKindText
	}
	return field, true
}

// list makes a question with several answers: choices, files or a group.
func (r schemaReader) list(field types.FormField, property map[string]any, nesting int) (types.FormField, bool) {
	item := r.resolve(property["items"])
	if choices, _ := item["enum"].([]any); len(choices) > 0 {
		field, ok := withChoices(field, choices)
		field.Kind = types.FormFieldKindCheckboxes
		return field, ok
	}
	if item["format"] == "uuid" {
		field.Kind = types.FormFieldKindFile
		if most, ok := property["maxItems"].(float64); ok && most >= 1 && most <= 100 {
			files := int(most)
			field.MaxFiles = &files
		}
		return field, true
	}
	if item["type"] != "object" {
		return field, false
	}
	field.Kind = types.FormFieldKindGroup
	fields := r.fields(item, nesting+1)
	field.Fields = &fields
	return field, true
}

func yesOrNo() *[]types.FormOption {
	return &[]types.FormOption{
		{Value: "yes", Label: types.LocalizedText{"de": "Ja", "en": "Yes"}}, {Value: "no", Label: types.LocalizedText{"de": "Nein", "en": "No"}},
	}
}

func withChoices(field types.FormField, choices []any) (types.FormField, bool) {
	options := make([]types.FormOption, 0, len(choices))
	for _, choice := range choices {
		value, ok := choice.(string)
		if !ok {
			return field, false
		}
		options = append(options, types.FormOption{Value: value, Label: types.LocalizedText{"de": inWords(value)}})
	}
	field.Kind, field.Options = types.FormFieldKindRadio, &options
	if len(options) > fewChoices {
		field.Kind = types.FormFieldKindSelect
	}
	return field, true
}

func (r schemaReader) text(schema map[string]any, otherwise string) types.LocalizedText {
	if title, _ := schema["title"].(string); strings.TrimSpace(title) != "" {
		otherwise = title
	}
	return types.LocalizedText{"de": otherwise}
}

func (r schemaReader) hint(schema map[string]any) *types.LocalizedText {
	description, _ := schema["description"].(string)
	if strings.TrimSpace(description) == "" {
		return nil
	}
	return &types.LocalizedText{"de": description}
}

// inWords makes a name such as familyName readable: Family name.
func inWords(name string) string {
	var b strings.Builder
	for i, sign := range name {
		switch {
		case i == 0:
			b.WriteRune(unicode.ToUpper(sign))
		case sign == '_' || sign == '-':
			b.WriteByte(' ')
		case unicode.IsUpper(sign):
			fmt.Fprintf(&b, " %c", unicode.ToLower(sign))
		default:
			b.WriteRune(sign)
		}
	}
	if text := b.String(); utf8.ValidString(text) {
		return text
	}
	return name
}
