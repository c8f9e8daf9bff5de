package forms

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"portalverbund/server/platform/problem"
)

const formID = "01934d2c-5d50-7b7e-a5d3-8a4f1f0c2b11"

func payload(version int, schema, layout string) json.RawMessage {
	return fmt.Appendf(nil, `{"kind": "form", "id": %q, "version": %d, "title": {"de": "Hund anmelden", "en": "Register a dog"}, "schema": %s, "layout": %s}`,
		formID, version, schema, layout)
}

// step wraps the schema and the layout of one field named f into a form.
func step(property, field string) json.RawMessage {
	return payload(1,
		`{"type": "object", "$defs": {"loop": {"type": "array", "items": {"$ref": "#/$defs/loop"}}, "person": {"type": "object", "properties": {"name": {"type": "string"}}}},
			"properties": {"s": {"type": "object", "properties": {"f": `+property+`, "other": {"type": "string"}}}}}`,
		`{"steps": [{"id": "s", "title": {"de": "S"}, "fields": [
			{"name": "other", "kind": "text", "label": {"de": "Anderes"}}, {"name": "f", "label": {"de": "F"}, `+field+`}]}]}`)
}

func TestProfile_WhatBothSidesJudgeAlike_IsAccepted(t *testing.T) {
	t.Parallel()
	s := unstored()
	options := `"options": [{"value": "a", "label": {"de": "A"}}, {"value": "b", "label": {"de": "B"}}]`
	for name, p := range map[string]json.RawMessage{
		"dogs":              payload(1, dogsSchema, dogsLayout),
		"pattern":           step(`{"type": "string", "pattern": "^[\\p{L}\\-' ]{1,20}(?:-\\d{4})?$"}`, `"kind": "text"`),
		"radio":             step(`{"type": "string", "enum": ["b", "a"]}`, `"kind": "radio", `+options),
		"checkboxes":        step(`{"type": "array", "items": {"enum": ["a", "b"]}}`, `"kind": "checkboxes", `+options),
		"declaration":       step(`{"type": "boolean", "const": true}`, `"kind": "declaration"`),
		"one file":          step(`{"type": "string", "format": "uuid"}`, `"kind": "file", "accept": ["application/pdf"]`),
		"files":             step(`{"type": "array", "items": {"type": "string", "format": "uuid"}}`, `"kind": "file", "maxFiles": 3`),
		"shown by other":    step(`{"type": "string"}`, `"kind": "text", "showWhen": {"field": "other", "equals": "yes"}`),
		"shown by step":     step(`{"type": "string"}`, `"kind": "text", "showWhen": {"field": "s.other", "in": ["yes", 1, true]}`),
		"group of persons":  step(`{"type": "array", "items": {"$ref": "#/$defs/person"}}`, `"kind": "group", "fields": [{"name": "name", "kind": "text", "label": {"de": "Name"}}]`),
		"iban":              step(`{"type": "string", "format": "iban"}`, `"kind": "iban"`),
		"money":             step(`{"type": "integer"}`, `"kind": "money"`),
		"combobox":          step(`{"enum": ["a", "b"]}`, `"kind": "combobox", `+options),
		"limits":            step(`{"type": "string", "format": "date"}`, `"kind": "date", "earliest": "today-2w", "latest": "2030-12-31"`),
		"calculation":       step(`{"type": "integer"}`, `"kind": "calculation", "calculation": {"unit": "cents", "terms": [{"amount": -100, "when": [{"field": "s.other", "equals": "x"}], "less": 1}]}`),
		"unknown in layout": step(`{"type": "string"}`, `"kind": "text", "newThing": 7`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := bytes.Replace(p, []byte(`"loop": {"type": "array", "items": {"$ref": "#/$defs/loop"}}, `), nil, 1)
			if _, err := s.read(p); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestProfile_WhatLeavesIt_IsRefusedWithItsPlace(t *testing.T) {
	t.Parallel()
	s := unstored()
	text := `"kind": "text"`
	at := "/schema/properties/s/properties/f"
	several := func(applicants string) json.RawMessage {
		return bytes.Replace(step(`{"type": "string"}`, text), []byte(`{"steps": [`), []byte(`{"applicants": `+applicants+`, "steps": [`), 1)
	}
	pattern := func(p string) json.RawMessage {
		quoted, _ := json.Marshal(p)
		return step(`{"type": "string", "pattern": `+string(quoted)+`}`, text)
	}
	for name, c := range map[string]struct {
		payload json.RawMessage
		pointer string
	}{
		"dynamic reference":        {step(`{"$dynamicRef": "#x"}`, text), at + "/$dynamicRef"},
		"reference to elsewhere":   {step(`{"$ref": "https://example.org/x"}`, text), at + "/$ref"},
		"reference to nothing":     {step(`{"$ref": "#/$defs/nothing"}`, text), at + "/$ref"},
		"reference to itself":      {step(`{"$ref": "#/$defs/loop"}`, text), "/schema/$defs/loop/items/$ref"},
		"unevaluated":              {step(`{"type": "object", "unevaluatedProperties": false}`, text), at + "/unevaluatedProperties"},
		"any of":                   {step(`{"anyOf": [{"type": "string"}]}`, text), at + "/anyOf"},
		"own format":               {step(`{"type": "string", "format": "regex"}`, text), at + "/format"},
		"other type":               {step(`{"type": "null"}`, text), at + "/type"},
		"schema for the rest":      {step(`{"type": "object", "additionalProperties": {"type": "string"}}`, text), at + "/additionalProperties"},
		"condition with more":      {step(`{"type": "object", "if": {"properties": {"a": {"minimum": 3}}, "required": ["a"]}}`, text), at + "/if/properties/a/minimum"},
		"condition without need":   {step(`{"type": "object", "if": {"properties": {"a": {"const": 3}}, "required": []}}`, text), at + "/if/required"},
		"inner id":                 {step(`{"$id": "urn:x", "type": "string"}`, text), at + "/$id"},
		"length below zero":        {step(`{"type": "string", "minLength": -1}`, text), at + "/minLength"},
		"look-ahead":               {pattern(`^(?=a)a$`), at + "/pattern"},
		"look-behind":              {pattern(`^(?<=a)b$`), at + "/pattern"},
		"named group":              {pattern(`^(?P<a>b)$`), at + "/pattern"},
		"flags":                    {pattern(`^(?i)a$`), at + "/pattern"},
		"back reference":           {pattern(`^(a)\1$`), at + "/pattern"},
		"script":                   {pattern(`^\p{Greek}$`), at + "/pattern"},
		"white space":              {pattern(`^\s$`), at + "/pattern"},
		"word boundary":            {pattern(`^a\b$`), at + "/pattern"},
		"not anchored":             {pattern(`[0-9]+`), at + "/pattern"},
		"POSIX class":              {pattern(`^[[:alpha:]]$`), at + "/pattern"},
		"lone brace":               {pattern(`^a{b$`), at + "/pattern"},
		"lone bracket":             {pattern(`^a]$`), at + "/pattern"},
		"dash escaped for nothing": {pattern(`^a\-b$`), at + "/pattern"},
		"end of text":              {pattern(`^a\z$`), at + "/pattern"},
		"too many repetitions":     {pattern(`^a{2000}$`), at + "/pattern"},
		"no regular expression":    {pattern(`^(a$`), at + "/pattern"},
		"radio without enum":       {step(`{"type": "string"}`, `"kind": "radio", "options": [{"value": "a", "label": {"de": "A"}}]`), "/layout/steps/0/fields/1/options"},
		"option twice":             {step(`{"enum": ["a", "b"]}`, `"kind": "select", "options": [{"value": "a", "label": {"de": "A"}}, {"value": "a", "label": {"de": "A"}}]`), "/layout/steps/0/fields/1/options"},
		"declaration of anything":  {step(`{"type": "boolean"}`, `"kind": "declaration"`), "/layout/steps/0/fields/1"},
		"date without format":      {step(`{"type": "string"}`, `"kind": "date"`), "/layout/steps/0/fields/1"},
		"file without format":      {step(`{"type": "string"}`, `"kind": "file"`), "/layout/steps/0/fields/1"},
		"group of texts":           {step(`{"type": "array", "items": {"type": "string"}}`, `"kind": "group", "fields": []`), "/layout/steps/0/fields/1"},
		"unknown kind":             {step(`{"type": "string"}`, `"kind": "hologram"`), "/layout/steps/0/fields/1/kind"},
		"iban without format":      {step(`{"type": "string"}`, `"kind": "iban"`), "/layout/steps/0/fields/1"},
		"money with fractions":     {step(`{"type": "number"}`, `"kind": "money"`), "/layout/steps/0/fields/1"},
		"limit of a text":          {step(`{"type": "string"}`, `"kind": "text", "latest": "today"`), "/layout/steps/0/fields/1/latest"},
		"limit that is no day":     {step(`{"type": "string", "format": "date"}`, `"kind": "date", "latest": "tomorrow"`), "/layout/steps/0/fields/1/latest"},
		"limit by itself":          {step(`{"type": "string", "format": "date"}`, `"kind": "date", "latest": "f"`), "/layout/steps/0/fields/1/latest"},
		"limit by a text":          {step(`{"type": "string", "format": "date"}`, `"kind": "date", "latest": "other"`), "/layout/steps/0/fields/1/latest"},
		"calculation of nothing":   {step(`{"type": "integer"}`, `"kind": "calculation", "calculation": {"unit": "cents", "terms": []}`), "/layout/steps/0/fields/1/calculation/terms"},
		"calculation of a text":    {step(`{"type": "string"}`, `"kind": "calculation", "calculation": {"unit": "cents", "terms": [{"amount": 1}]}`), "/layout/steps/0/fields/1"},
		"calculation in pounds":    {step(`{"type": "integer"}`, `"kind": "calculation", "calculation": {"unit": "pence", "terms": [{"amount": 1}]}`), "/layout/steps/0/fields/1/calculation/unit"},
		"calculation by a text":    {step(`{"type": "integer"}`, `"kind": "calculation", "calculation": {"unit": "cents", "terms": [{"amount": 1, "times": ["other"]}]}`), "/layout/steps/0/fields/1/calculation/terms/0/times/0"},
		"calculation by itself":    {step(`{"type": "integer"}`, `"kind": "calculation", "calculation": {"unit": "cents", "terms": [{"amount": 1, "when": [{"field": "f", "equals": 1}]}]}`), "/layout/steps/0/fields/1/calculation/terms/0/when/0/field"},
		"calculation of no group":  {step(`{"type": "integer"}`, `"kind": "calculation", "calculation": {"unit": "cents", "terms": [{"amount": 1, "each": "other"}]}`), "/layout/steps/0/fields/1/calculation/terms/0/each"},
		"calculation of no dates":  {step(`{"type": "integer"}`, `"kind": "calculation", "calculation": {"unit": "cents", "terms": [{"amount": 1, "days": {"from": "other", "to": "other"}}]}`), "/layout/steps/0/fields/1/calculation/terms/0/days"},
		"endless amount":           {step(`{"type": "integer"}`, `"kind": "calculation", "calculation": {"unit": "cents", "terms": [{"amount": 100000001}]}`), "/layout/steps/0/fields/1/calculation/terms/0/amount"},
		"terms of a text":          {step(`{"type": "string"}`, `"kind": "text", "calculation": {"unit": "cents", "terms": [{"amount": 1}]}`), "/layout/steps/0/fields/1/calculation"},
		"nobody applies":           {several(`{"from": 0, "to": 3, "consent": {"de": "Ja"}}`), "/layout/applicants"},
		"one applies together":     {several(`{"from": 1, "to": 1, "consent": {"de": "Ja"}}`), "/layout/applicants"},
		"more than can":            {several(`{"from": 4, "to": 3, "consent": {"de": "Ja"}}`), "/layout/applicants"},
		"a crowd":                  {several(`{"from": 2, "to": 21, "consent": {"de": "Ja"}}`), "/layout/applicants"},
		"consent to nothing":       {several(`{"from": 2, "to": 3, "consent": {"en": "Yes"}}`), "/layout/applicants/consent"},
		"fee that is a text":       {bytes.Replace(step(`{"type": "string"}`, text), []byte(`{"steps": [`), []byte(`{"fee": "/s/f", "steps": [`), 1), "/layout/fee"},
		"no German":                {step(`{"type": "string"}`, `"kind": "text", "hint": {"en": "Hint"}`), "/layout/steps/0/fields/1/hint"},
		"shown by nothing":         {step(`{"type": "string"}`, `"kind": "text", "showWhen": {"field": "nothing", "equals": 1}`), "/layout/steps/0/fields/1/showWhen/field"},
		"shown by a list":          {step(`{"type": "string"}`, `"kind": "text", "showWhen": {"field": "other", "equals": []}`), "/layout/steps/0/fields/1/showWhen"},
		"shown without value":      {step(`{"type": "string"}`, `"kind": "text", "showWhen": {"field": "other"}`), "/layout/steps/0/fields/1/showWhen"},
		"required though hidden": {payload(1, `{"type": "object", "properties": {"s": {"type": "object", "required": ["b"], "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}}}`,
			`{"steps": [{"id": "s", "title": {"de": "S"}, "fields": [{"name": "a", "kind": "text", "label": {"de": "A"}},
				{"name": "b", "kind": "text", "label": {"de": "B"}, "showWhen": {"field": "a", "equals": "x"}}]}]}`), "/layout/steps/0/fields/1/showWhen"},
		"root is a list":      {payload(1, `{"type": "array", "properties": {"s": {"type": "object"}}}`, `{"steps": []}`), "/schema/type"},
		"step is no object":   {payload(1, `{"type": "object", "properties": {"s": {"type": "string"}}}`, `{"steps": [{"id": "s", "title": {"de": "S"}, "fields": []}]}`), "/schema/properties/s"},
		"step without layout": {payload(1, `{"type": "object", "properties": {"s": {"type": "object"}}}`, `{"steps": []}`), "/schema/properties/s"},
		"layout without step": {payload(1, `{"type": "object", "properties": {"s": {"type": "object"}}}`, `{"steps": [{"id": "s", "title": {"de": "S"}, "fields": []}, {"id": "t", "title": {"de": "T"}, "fields": []}]}`), "/layout/steps/1"},
		"field without schema": {payload(1, `{"type": "object", "properties": {"s": {"type": "object"}}}`,
			`{"steps": [{"id": "s", "title": {"de": "S"}, "fields": [{"name": "x", "kind": "text", "label": {"de": "X"}}]}]}`), "/layout/steps/0/fields/0"},
		"version zero":   {payload(0, dogsSchema, dogsLayout), "/version"},
		"other drafts":   {payload(1, strings.Replace(dogsSchema, `{"type"`, `{"$schema": "http://json-schema.org/draft-07/schema#", "type"`, 1), dogsLayout), "/schema/$schema"},
		"too deep":       {step(strings.Repeat(`{"type": "array", "items": `, 17)+`{"type": "string"}`+strings.Repeat(`}`, 17), text), at + strings.Repeat("/items", 15)},
		"nothing at all": {json.RawMessage(`{}`), "/id"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := c.payload
			if name != "reference to itself" {
				p = bytes.Replace(p, []byte(`"loop": {"type": "array", "items": {"$ref": "#/$defs/loop"}}, `), nil, 1)
			}
			_, err := s.read(p)
			e := problem.From(err)
			if err == nil || e.Status != 422 || e.Code != "form-invalid" {
				t.Fatalf("err = %v, want form-invalid", err)
			}
			for _, f := range e.Fields {
				if f.Pointer == c.pointer {
					return
				}
			}
			t.Errorf("no problem at %s: %v", c.pointer, e.Cause)
		})
	}
}

func TestRead_NotAForm_IsRefused(t *testing.T) {
	t.Parallel()
	s := unstored()
	for code, p := range map[string]string{
		"form-invalid":   `{"id": "no uuid"}`,
		"form-too-large": `{"x": "` + strings.Repeat("x", maxDefinition) + `"}`,
	} {
		if _, err := s.read([]byte(p)); !problem.Is(err, code) {
			t.Errorf("err = %v, want %s", err, code)
		}
	}
}

// The definitions of the demonstration are the ones that people see first.
func TestProfile_FormsOfTheDemonstration_FitIt(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../demo/data/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("found %d files, %v", len(files), err)
	}
	s, count := unstored(), 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(bytes.NewReader(text))
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var line struct {
				Kind string
				ID   uuid.UUID
			}
			if err := json.Unmarshal(lines.Bytes(), &line); err != nil || line.Kind != Kind {
				continue
			}
			count++
			if _, err := s.read(lines.Bytes()); err != nil {
				t.Errorf("%s %s: %v", filepath.Base(file), line.ID, err)
			}
		}
	}
	if count < 5 {
		t.Errorf("found %d forms", count)
	}
}

func FuzzPortable_NeverPanics(f *testing.F) {
	for _, seed := range []string{`^a$`, `^\`, `^[`, `^(?`, `^\p`, `^\p{`, `^a{1,`, `^[^]$`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, pattern string) { _ = portable(pattern) })
}
