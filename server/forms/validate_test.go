package forms

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/problem"
)

// unstored is a Service that judges forms, and has none itself.
func unstored() *Service { return New(Config{}) }

func formOf(t *testing.T, schema, layout string) types.Form {
	t.Helper()
	form := types.Form{Id: uuid.New(), Version: 1}
	if err := json.Unmarshal([]byte(schema), &form.Schema); err != nil {
		t.Fatal(err)
	}
	if layout != "" {
		if err := json.Unmarshal([]byte(layout), &form.Layout); err != nil {
			t.Fatal(err)
		}
	}
	return form
}

func dataOf(t *testing.T, text string) (data map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &data); err != nil {
		t.Fatal(err)
	}
	return data
}

func names(found []problem.FieldError) []string {
	out := make([]string, 0, len(found))
	for _, e := range found {
		out = append(out, e.Pointer+" "+e.Code)
	}
	return out
}

func TestValidate_CasesSharedWithTheBrowser_AreJudgedTheSame(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/cases/*.json")
	if err != nil || len(files) < 40 {
		t.Fatalf("found %d cases, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var c struct {
				Name, Today    string
				Schema, Layout json.RawMessage
				Data           map[string]any
				Values         map[string]any // by pointer: what the answers have there when they count; nil for nothing
				Expect         []struct{ Pointer, Code string }
			}
			if err := json.Unmarshal(text, &c); err != nil {
				t.Fatal(err)
			}
			want := make([]string, 0, len(c.Expect))
			for _, e := range c.Expect {
				want = append(want, e.Pointer+" "+e.Code)
			}
			s := unstored()
			if c.Today != "" {
				noon, err := time.Parse(time.DateOnly, c.Today)
				if err != nil {
					t.Fatal(err)
				}
				s = New(Config{Now: func() time.Time { return noon.Add(12 * time.Hour) }})
			}
			form := formOf(t, string(c.Schema), string(c.Layout))
			found := s.Validate(form, c.Data)
			answers := s.Answers(form, c.Data)
			for at, want := range c.Values {
				if got := valueAt(answers, at); got != want {
					t.Errorf("%s is %v, want %v", at, got, want)
				}
			}
			got := names(found)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s:\n got %v\nwant %v", c.Name, got, want)
			}
			for _, e := range found {
				if e.Message.De == "" || e.Message.En == "" || strings.Contains(e.Message.De+e.Message.En, "%") {
					t.Errorf("%s %s has the words %q", e.Pointer, e.Code, e.Message)
				}
			}
		})
	}
}

// valueAt reads a value by a pointer; nil when there is none.
func valueAt(value any, at string) any {
	for _, part := range strings.Split(at, "/")[1:] {
		switch v := value.(type) {
		case map[string]any:
			value = v[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

const dogsSchema = `{"type": "object", "required": ["holder", "dogs"], "properties": {
	"holder": {"type": "object", "required": ["name", "mail"], "properties": {
		"mail": {"type": "string", "format": "email"}, "name": {"type": "string", "minLength": 2, "maxLength": 20}}},
	"dogs": {"type": "object", "required": ["list"], "properties": {
		"list": {"type": "array", "maxItems": 20, "items": {"type": "object", "required": ["name", "born"], "properties": {
			"born": {"type": "string", "format": "date"}, "name": {"type": "string"}}}}}}}}`

const dogsLayout = `{"steps": [
	{"id": "holder", "title": {"de": "Sie"}, "fields": [
		{"name": "name", "kind": "text", "label": {"de": "Name"}}, {"name": "mail", "kind": "email", "label": {"de": "Mail"}}]},
	{"id": "dogs", "title": {"de": "Hunde"}, "fields": [
		{"name": "list", "kind": "group", "label": {"de": "Hunde"}, "fields": [
			{"name": "name", "kind": "text", "label": {"de": "Name"}}, {"name": "born", "kind": "date", "label": {"de": "Geboren"}}]}]}]}`

func TestValidate_SeveralErrors_ComeInTheOrderOfTheForm(t *testing.T) {
	t.Parallel()
	var items []string
	for range 11 {
		items = append(items, `{"name": "Bello", "born": "2020-01-01"}`)
	}
	items[2], items[10] = `{}`, `{"name": "Rex"}`
	data := dataOf(t, `{"holder": {}, "dogs": {"list": [`+strings.Join(items, ",")+`]}}`)
	got := names(unstored().Validate(formOf(t, dogsSchema, dogsLayout), data))
	want := []string{
		"/holder/name required", "/holder/mail required",
		"/dogs/list/2/name required", "/dogs/list/2/born required", "/dogs/list/10/born required",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

func TestValidate_Limits_AreInParamsAndWords(t *testing.T) {
	t.Parallel()
	form := formOf(t, `{"type": "object", "properties": {"s": {"type": "object", "properties": {
		"fee": {"type": "number", "maximum": 2.5}, "name": {"type": "string", "minLength": 3}}}}}`, "")
	found := unstored().Validate(form, dataOf(t, `{"s": {"fee": 3, "name": "ab"}}`))
	if len(found) != 2 {
		t.Fatalf("found %v", names(found))
	}
	if found[0].Params["limit"] != 2.5 || found[0].Message.De != "Bitte geben Sie höchstens 2,5 an." || found[0].Message.En != "Please enter at most 2.5." {
		t.Errorf("maximum: %v %q", found[0].Params, found[0].Message)
	}
	if found[1].Params["limit"] != 3 || found[1].Message.De != "Bitte schreiben Sie mindestens 3 Zeichen." {
		t.Errorf("minLength: %v %q", found[1].Params, found[1].Message)
	}
}

func TestValidate_SchemaThatCannotBeUsed_AcceptsNothing(t *testing.T) {
	t.Parallel()
	form := formOf(t, `{"type": "object", "properties": {"a": {"$ref": "https://example.org/elsewhere.json"}}}`, "")
	if found := unstored().Validate(form, map[string]any{}); len(found) != 1 || found[0].Code != "form" {
		t.Errorf("found %v", names(found))
	}
}

func TestAnswers_HiddenOnes_AreDroppedAndTheGivenStay(t *testing.T) {
	t.Parallel()
	form := formOf(t, `{"type": "object"}`, `{"steps": [{"id": "s", "title": {"de": "S"}, "fields": [
		{"name": "kind", "kind": "radio", "label": {"de": "Art"}},
		{"name": "firm", "kind": "text", "label": {"de": "Firma"}, "showWhen": {"field": "kind", "equals": "business"}}]}]}`)
	given := dataOf(t, `{"s": {"kind": "private", "firm": "Beispiel GmbH"}}`)
	got := unstored().Answers(form, given)
	if _, there := got["s"].(map[string]any)["firm"]; there {
		t.Error("a hidden answer is still there")
	}
	if _, there := given["s"].(map[string]any)["firm"]; !there {
		t.Error("the answers given were changed")
	}
}

func TestFee_CalculatedAndReadBack_IsInCents(t *testing.T) {
	t.Parallel()
	form := formOf(t, `{"type": "object"}`, `{"fee": "/s/fee", "steps": [{"id": "s", "title": {"de": "S"}, "fields": [
		{"name": "copies", "kind": "number", "label": {"de": "Kopien"}},
		{"name": "fee", "kind": "calculation", "label": {"de": "Gebühr"}, "calculation": {"unit": "cents", "terms": [{"amount": 750, "times": ["copies"]}]}}]}]}`)
	answers := unstored().Answers(form, dataOf(t, `{"s": {"copies": 3, "fee": 1}}`))
	if cents, ok := Fee(form.Layout, answers); !ok || cents != 2250 {
		t.Errorf("fee = %d, %v", cents, ok)
	}
	text, err := json.Marshal(answers)
	if err != nil || !strings.Contains(string(text), `"fee":2250`) {
		t.Errorf("stored as %s, %v", text, err)
	}
	if _, ok := Fee(form.Layout, dataOf(t, `{"s": {}}`)); ok {
		t.Error("a fee out of nothing")
	}
	form.Layout.Fee = nil
	if _, ok := Fee(form.Layout, answers); ok {
		t.Error("a form without fee has one")
	}
}

func TestCheckDraft_WhatNoAnswerCouldBe_IsNamed(t *testing.T) {
	t.Parallel()
	form := formOf(t, dogsSchema, dogsLayout)
	deep := strings.Repeat(`{"a":`, 9) + `1` + strings.Repeat(`}`, 9)
	for name, c := range map[string]struct {
		data string
		want []string
	}{
		"incomplete and wrong": {`{"holder": {"name": 7}}`, []string{}},
		"nothing":              {`{}`, []string{}},
		"unknown step":         {`{"holder": {}, "cats": {}}`, []string{"/cats additionalProperties"}},
		"step is no object":    {`{"holder": "Clara"}`, []string{"/holder type"}},
		"too large":            {`{"holder": {"name": "` + strings.Repeat("x", maxData) + `"}}`, []string{" size"}},
		"too deep":             {`{"holder": ` + deep + `}`, []string{" depth"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := names(unstored().CheckDraft(form, dataOf(t, c.data))); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestCache_MoreThanItKeeps_ForgetsTheOldest(t *testing.T) {
	t.Parallel()
	c := newCache[int](2)
	keys := []formKey{{version: 1}, {version: 2}, {version: 3}}
	c.put(keys[0], 0)
	c.put(keys[1], 1)
	c.get(keys[0])
	c.put(keys[2], 2)
	if _, there := c.get(keys[1]); there {
		t.Error("the value used longest ago is still there")
	}
	if v, there := c.get(keys[0]); !there || v != 0 {
		t.Error("a value used lately is gone")
	}
	if c.order.Len() != 2 || len(c.at) != 2 {
		t.Errorf("keeps %d and %d", c.order.Len(), len(c.at))
	}
}

func BenchmarkValidate(b *testing.B) {
	s := unstored()
	var form types.Form
	form.Id, form.Version = uuid.New(), 1
	if err := json.Unmarshal([]byte(dogsSchema), &form.Schema); err != nil {
		b.Fatal(err)
	}
	data := map[string]any{"holder": map[string]any{"name": "Clara", "mail": "clara@example.org"}, "dogs": map[string]any{"list": []any{}}}
	for b.Loop() {
		if found := s.Validate(form, data); len(found) != 0 {
			b.Fatal(found)
		}
	}
}
