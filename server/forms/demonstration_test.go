package forms

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"portalverbund/api/types"
)

// demoEntry is a line of a catalog of the demonstration, as far as it matters here.
type demoEntry struct {
	Kind, TrustLevel string
	ID               string
	ServiceID        string
	Area             string
	Title            types.LocalizedText
	Fees, Documents  []any
	OnlineService    *struct{ FormID string }
	payload          []byte
}

func demoEntries(t *testing.T, portal string) (entries []demoEntry) {
	t.Helper()
	text, err := os.ReadFile("../demo/data/" + portal + ".jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		e := demoEntry{payload: line}
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		entries = append(entries, e)
	}
	return entries
}

// demoAnswers gives the sample answers by form, with their days counted from a day.
func demoAnswers(t *testing.T, today time.Time) (samples map[string]map[string]any) {
	t.Helper()
	text, err := os.ReadFile("../demo/data/samples.json")
	if err != nil {
		t.Fatal(err)
	}
	dated := regexp.MustCompile(`"today([+-][0-9]+)d"`).ReplaceAllFunc(text, func(day []byte) []byte {
		n, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(string(day), `"today`), `d"`))
		return []byte(today.AddDate(0, 0, n).Format(`"2006-01-02"`))
	})
	if err := json.Unmarshal(dated, &samples); err != nil {
		t.Fatal(err)
	}
	return samples
}

// The eight services that a municipality is asked for most, and in whose hands they are.
func TestDemonstration_TheEightServices_AreComplete(t *testing.T) {
	t.Parallel()
	for title, portals := range map[string][]string{
		"Sperrmüll abholen lassen":      {"landkreis"},
		"Fahrzeug abmelden":             {"landkreis"},
		"Hund anmelden":                 {"meppen", "lathen"},
		"Meldebescheinigung":            {"meppen", "lathen"},
		"Geburtsurkunde anfordern":      {"meppen", "lathen"},
		"Gewerbe anmelden":              {"meppen", "lathen"},
		"Bewohnerparkausweis":           {"meppen"},
		"Straßenfest und Sondernutzung": {"meppen", "lathen"},
	} {
		for _, portal := range portals {
			t.Run(title+" "+portal, func(t *testing.T) {
				t.Parallel()
				entries := demoEntries(t, portal)
				service := slices.IndexFunc(entries, func(e demoEntry) bool { return e.Kind == "service" && strings.HasPrefix(e.Title["de"], title) })
				if service < 0 {
					t.Fatal("no such service")
				}
				s := entries[service]
				if s.TrustLevel == "" || len(s.Fees) == 0 || s.Documents == nil || s.Title["en"] == "" {
					t.Errorf("trust level %q, %d fees, %d documents", s.TrustLevel, len(s.Fees), len(s.Documents))
				}
				ways := 0
				for _, e := range entries {
					if e.Kind != "competence" || e.ServiceID != s.ID {
						continue
					}
					ways++
					if e.OnlineService == nil || !slices.ContainsFunc(entries, func(f demoEntry) bool { return f.Kind == Kind && f.ID == e.OnlineService.FormID }) {
						t.Errorf("no form in %s", e.Area)
					}
				}
				if ways == 0 {
					t.Error("nobody is competent")
				}
			})
		}
	}
}

// Of every form of the demonstration the sample is right, what it calculates is in it, and each mistake that people make at a
// field is found there.
func TestDemonstration_EveryForm_TakesItsSampleAndNamesMistakes(t *testing.T) {
	t.Parallel()
	today := time.Date(2027, 3, 15, 12, 0, 0, 0, time.UTC)
	samples := demoAnswers(t, today)
	count := 0
	for _, portal := range []string{"landkreis", "meppen", "lathen"} {
		for _, e := range demoEntries(t, portal) {
			if e.Kind != Kind {
				continue
			}
			count++
			t.Run(e.Title["en"]+" "+portal, func(t *testing.T) {
				t.Parallel()
				s := New(Config{Now: func() time.Time { return today }})
				d, err := s.read(e.payload)
				if err != nil {
					t.Fatal(err)
				}
				form := types.Form{Id: d.ID, Version: d.Version, Schema: d.content.Schema, Layout: d.content.Layout}
				sample := samples[d.ID.String()]
				if sample == nil {
					t.Fatal("there is no sample")
				}
				if found := s.Validate(form, sample); len(found) > 0 {
					t.Fatalf("the sample is refused: %v", names(found))
				}
				if got := s.Answers(form, sample); !reflect.DeepEqual(got, sample) {
					t.Errorf("of the sample counts\n%v\nnot\n%v", got, sample)
				}
				checkEnglish(t, form.Layout)
				mistakes := mistakesOf(form, sample)
				if len(mistakes) < 20 {
					t.Errorf("only %d mistakes were thought of", len(mistakes))
				}
				for _, m := range mistakes {
					found := names(s.Validate(form, m.answers))
					if !slices.Contains(found, m.expect) {
						t.Errorf("%s gives %v", m.expect, found)
					}
				}
			})
		}
	}
	if count < 10 || count != len(samples) {
		t.Errorf("%d forms, %d samples", count, len(samples))
	}
}

// checkEnglish checks that each text that people read is there in English, too.
func checkEnglish(t *testing.T, layout types.FormLayout) {
	t.Helper()
	var check func(fields []types.FormField)
	check = func(fields []types.FormField) {
		for _, f := range fields {
			if f.Label["en"] == "" || f.Hint != nil && (*f.Hint)["en"] == "" {
				t.Errorf("%s has no English", f.Name)
			}
			if f.Options != nil {
				for _, o := range *f.Options {
					if o.Label["en"] == "" {
						t.Errorf("%s of %s has no English", o.Value, f.Name)
					}
				}
			}
			if f.Fields != nil {
				check(*f.Fields)
			}
		}
	}
	for _, step := range layout.Steps {
		if step.Title["en"] == "" {
			t.Errorf("%s has no English", step.Id)
		}
		check(step.Fields)
	}
}

// mistake is a sample with one thing wrong, and the pointer and code that are expected.
type mistake struct {
	expect  string
	answers map[string]any
}

// mistakesOf makes the mistakes that can be made at each field that the sample answers.
func mistakesOf(form types.Form, sample map[string]any) (all []mistake) {
	c := &checker{root: form.Schema}
	var visit func(fields []types.FormField, schema map[string]any, values map[string]any, at string)
	visit = func(fields []types.FormField, schema map[string]any, values map[string]any, at string) {
		properties, _ := schema["properties"].(map[string]any)
		required, _ := schema["required"].([]any)
		for _, field := range fields {
			value, given := values[field.Name]
			property := c.resolve(properties[field.Name])
			here := at + pointer(field.Name)
			if !given || field.Kind == types.FormFieldKindCalculation {
				continue
			}
			if slices.Contains(required, any(field.Name)) {
				all = append(all, mistake{here + " required", with(sample, here, nil)})
			}
			for code, wrong := range wrongValues(field, property) {
				all = append(all, mistake{here + " " + code, with(sample, here, wrong)})
			}
			if items, ok := value.([]any); ok && field.Fields != nil {
				for i, item := range items {
					visit(*field.Fields, c.resolve(property["items"]), item.(map[string]any), fmt.Sprintf("%s/%d", here, i))
				}
			}
		}
	}
	steps := form.Schema["properties"].(map[string]any)
	for _, step := range form.Layout.Steps {
		visit(step.Fields, c.resolve(steps[step.Id]), sample[step.Id].(map[string]any), pointer(step.Id))
	}
	return all
}

// wrongValues gives, by the code that each is refused with, what a field does not take.
func wrongValues(field types.FormField, property map[string]any) map[string]any {
	wrong := map[string]any{}
	switch field.Kind {
	case types.FormFieldKindDate:
		wrong["format"] = "2026-02-30"
		if field.Earliest != nil {
			wrong["earliest"] = "1900-01-01"
		}
		if field.Latest != nil {
			wrong["latest"] = "2999-12-31"
		}
	case types.FormFieldKindEmail:
		wrong["format"] = "mara.beispiel@"
	case types.FormFieldKindIban:
		wrong["format"] = "DE89370400440532013001"
	case types.FormFieldKindPhone:
		wrong["format"] = "nach 18 Uhr"
	case types.FormFieldKindFile:
		wrong["type"] = 7.0
	case types.FormFieldKindRadio, types.FormFieldKindSelect, types.FormFieldKindCombobox:
		wrong["enum"] = "keins davon"
	case types.FormFieldKindDeclaration:
		wrong["const"] = false
	case types.FormFieldKindNumber, types.FormFieldKindMoney:
		wrong["type"] = "viele"
		if limit, ok := property["maximum"].(float64); ok {
			wrong["maximum"] = limit + 1
		}
		if limit, ok := property["minimum"].(float64); ok {
			wrong["minimum"] = limit - 1
		}
	case types.FormFieldKindText, types.FormFieldKindTextarea:
		if limit, ok := property["maxLength"].(float64); ok {
			wrong["maxLength"] = strings.Repeat("x", int(limit)+1)
		}
		if property["pattern"] != nil {
			wrong["pattern"] = "?"
		}
	case types.FormFieldKindGroup:
		wrong["type"] = "keine"
	default:
	}
	return wrong
}

// with gives a copy of answers with another value at a pointer, or none for nil.
func with(answers map[string]any, at string, value any) map[string]any {
	copied := maps.Clone(answers)
	head, rest, more := strings.Cut(strings.TrimPrefix(at, "/"), "/")
	if !more {
		copied[head] = value
		if value == nil {
			delete(copied, head)
		}
		return copied
	}
	switch child := answers[head].(type) {
	case map[string]any:
		copied[head] = with(child, rest, value)
	case []any:
		index, rest, _ := strings.Cut(rest, "/")
		i, _ := strconv.Atoi(index)
		items := slices.Clone(child)
		items[i] = with(child[i].(map[string]any), rest, value)
		copied[head] = items
	}
	return copied
}
