package forms

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"portalverbund/api/types"
)

// What a layout may need at most.
const (
	maxSteps     = 50
	maxFields    = 100 // of one step or group
	maxNesting   = 3   // groups in each other
	maxText      = 4000
	maxLanguages = 20

	maxApplicants = 20 // of one application
)

// layout checks that the layout asks for what the schema judges.
func (c *checker) layout(layout types.FormLayout) {
	steps, _ := c.root["properties"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(steps)) {
		if step := c.resolve(steps[name]); step["type"] != "object" {
			c.report("/schema/properties/"+name, "a step is not an object")
		}
		if !slices.ContainsFunc(layout.Steps, func(s types.FormStep) bool { return s.Id == name }) {
			c.report("/schema/properties/"+name, "a step has no layout")
		}
	}
	c.fee(layout)
	c.applicants(layout)
	if len(layout.Steps) > maxSteps {
		c.report("/layout/steps", "more than %d steps", maxSteps)
		return
	}
	seen := map[string]bool{}
	for i, step := range layout.Steps {
		at := fmt.Sprintf("/layout/steps/%d", i)
		c.localized(step.Title, at+"/title", true)
		if step.Intro != nil {
			c.localized(*step.Intro, at+"/intro", false)
		}
		schema := c.resolve(steps[step.Id])
		if schema == nil || seen[step.Id] {
			c.report(at, "a layout step has no schema, or is there twice")
			continue
		}
		seen[step.Id] = true
		c.fields(layout, schema, step.Fields, at+"/fields", 1)
	}
}

// applicants checks how many people make an application together, and that it says what they consent to.
func (c *checker) applicants(layout types.FormLayout) {
	a := layout.Applicants
	if a == nil {
		return
	}
	if a.From < 1 || a.To < 2 || a.To < a.From || a.To > maxApplicants {
		c.report("/layout/applicants", "from 1 to %d people make an application together, and 2 at least can", maxApplicants)
	}
	c.localized(a.Consent, "/layout/applicants/consent", true)
}

// fields checks the fields of a step or of a group.
func (c *checker) fields(layout types.FormLayout, schema map[string]any, fields []types.FormField, at string, nesting int) {
	if len(fields) > maxFields || nesting > maxNesting {
		c.report(at, "more than %d fields, or groups in each other deeper than %d", maxFields, maxNesting)
		return
	}
	properties, _ := schema["properties"].(map[string]any)
	seen := map[string]bool{}
	for i, field := range fields {
		here := fmt.Sprintf("%s/%d", at, i)
		property := c.resolve(properties[field.Name])
		if property == nil || seen[field.Name] {
			c.report(here, "a field has no schema, or is there twice")
			continue
		}
		seen[field.Name] = true
		c.field(field, property, here)
		place := fieldPlace{layout, fields, field}
		c.dateLimit(place, field.Earliest, here+"/earliest")
		c.dateLimit(place, field.Latest, here+"/latest")
		c.calculation(place, property, here, nesting)
		if field.ShowWhen != nil {
			c.showWhen(layout, fields, *field.ShowWhen, here+"/showWhen")
			if required, _ := schema["required"].([]any); slices.Contains(required, any(field.Name)) {
				c.report(here+"/showWhen", "the schema requires the field without condition")
			}
		}
		if field.Kind == types.FormFieldKindGroup {
			item := c.resolve(property["items"])
			if property["type"] != "array" || item["type"] != "object" || field.Fields == nil {
				c.report(here, "a group is an array of objects, and has fields")
				continue
			}
			c.fields(layout, item, *field.Fields, here+"/fields", nesting+1)
		}
	}
}

// field checks one field by itself.
func (c *checker) field(field types.FormField, property map[string]any, at string) {
	c.localized(field.Label, at+"/label", true)
	for name, text := range map[string]*types.LocalizedText{"hint": field.Hint, "addLabel": field.AddLabel, "itemLabel": field.ItemLabel} {
		if text != nil {
			c.localized(*text, at+"/"+name, false)
		}
	}
	switch field.Kind {
	case types.FormFieldKindRadio, types.FormFieldKindSelect, types.FormFieldKindCombobox:
		c.options(field, property["enum"], at)
	case types.FormFieldKindCheckboxes:
		c.options(field, c.resolve(property["items"])["enum"], at)
	case types.FormFieldKindDeclaration:
		if property["const"] != true {
			c.report(at, "a declaration has const: true")
		}
	case types.FormFieldKindDate:
		if property["format"] != "date" {
			c.report(at, "a date has format: date")
		}
	case types.FormFieldKindFile:
		file := property
		if property["type"] == "array" {
			file = c.resolve(property["items"])
		}
		if file["format"] != "uuid" {
			c.report(at, "a file is a uuid, or an array of them")
		}
	case types.FormFieldKindIban:
		if property["format"] != "iban" {
			c.report(at, "an iban has format: iban")
		}
	case types.FormFieldKindMoney:
		if property["type"] != "integer" {
			c.report(at, "money is an integer: cents")
		}
	case types.FormFieldKindText, types.FormFieldKindTextarea, types.FormFieldKindEmail, types.FormFieldKindPhone,
		types.FormFieldKindNumber, types.FormFieldKindGroup, types.FormFieldKindCalculation:
	default:
		c.report(at+"/kind", "there is no such kind of field")
	}
}

func (c *checker) options(field types.FormField, enum any, at string) {
	wanted, _ := enum.([]any)
	var options []types.FormOption
	if field.Options != nil {
		options = *field.Options
	}
	same := len(wanted) > 0 && len(options) == len(wanted)
	seen := map[string]bool{}
	for i, option := range options {
		same = same && slices.Contains(wanted, any(option.Value)) && !seen[option.Value]
		seen[option.Value] = true
		c.localized(option.Label, fmt.Sprintf("%s/options/%d/label", at, i), true)
	}
	if !same {
		c.report(at+"/options", "the options and the schema's enum differ")
	}
}

// showWhen checks that a condition looks at a field that is asked, and compares with plain values.
func (c *checker) showWhen(layout types.FormLayout, siblings []types.FormField, condition types.FormCondition, at string) {
	fields, name := siblings, condition.Field
	if step, field, other := strings.Cut(condition.Field, "."); other {
		fields, name = nil, field
		for _, s := range layout.Steps {
			if s.Id == step {
				fields = s.Fields
			}
		}
	}
	known := slices.IndexFunc(fields, func(f types.FormField) bool { return f.Name == name })
	if known < 0 || fields[known].Kind == types.FormFieldKindCalculation {
		c.report(at+"/field", "there is no field %q that is asked", condition.Field)
	}
	var values []any
	if condition.In != nil {
		values = *condition.In
	} else if condition.Equals != nil {
		values = []any{*condition.Equals}
	}
	if len(values) == 0 || condition.In != nil && condition.Equals != nil {
		c.report(at, "a condition has either equals or in")
	}
	for _, value := range values {
		switch value.(type) {
		case string, float64, bool:
		default:
			c.report(at, "a condition compares with a text, a number, true or false")
		}
	}
}

// localized checks a text by language: German is there, and none is endless.
func (c *checker) localized(text types.LocalizedText, at string, needed bool) {
	if text["de"] == "" && (needed || len(text) > 0) {
		c.report(at, "the German text is missing")
	}
	if len(text) > maxLanguages {
		c.report(at, "more than %d languages", maxLanguages)
	}
	for _, t := range text {
		if utf8.RuneCountInString(t) > maxText {
			c.report(at, "a text is longer than %d characters", maxText)
		}
	}
}

// ProfileItems gives the items of a person's profile that forms, in their newest version, ask for.
func (s *Service) ProfileItems(ctx context.Context, ids []uuid.UUID) (map[types.ProfileItem]bool, error) {
	layouts, err := s.layouts(ctx, ids)
	if err != nil {
		return nil, err
	}
	items := map[types.ProfileItem]bool{}
	for _, layout := range layouts {
		for _, step := range layout.Steps {
			for _, field := range step.Fields { // what is asked within a group is part of the group's item
				if field.Profile != nil {
					items[*field.Profile] = true
				}
			}
		}
	}
	return items, nil
}
