package adapter

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// FieldType is how a setting of a source is entered.
type FieldType string

// The types of settings.
const (
	FieldText   FieldType = "text"
	FieldSecret FieldType = "secret" // never shown again
	FieldURL    FieldType = "url"
	FieldList   FieldType = "list"   // words separated by commas or line breaks
	FieldARS    FieldType = "ars"    // places by ARS, as a list
	FieldNumber FieldType = "number" // whole, not negative
)

// Words is a text in the languages of the people who configure a source.
type Words struct {
	De string `json:"de"`
	En string `json:"en"`
}

// Field is a setting of a source.
type Field struct {
	Name     string    `json:"name"`
	Type     FieldType `json:"type"`
	Label    Words     `json:"label"`
	Help     Words     `json:"help"`
	Required bool      `json:"required"`
	Default  string    `json:"default,omitempty"`
	Advanced bool      `json:"advanced"` // right as it is for nearly everyone
}

// Kind describes a kind of source, and makes one.
type Kind struct {
	ID     string
	Title  Words
	Help   Words
	Fields []Field
	New    func(settings Settings, tools Tools) (Source, error)
}

// Settings are the values of a source's fields, by name.
type Settings map[string]string

// Get gives a setting, or what it is when nothing is set.
func (s Settings) Get(field Field) string {
	if value := strings.TrimSpace(s[field.Name]); value != "" {
		return value
	}
	return field.Default
}

// List takes a list of words apart.
func List(value string) []string {
	words := strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ';' || r == '\n' || r == '\r' || r == ' ' || r == '\t' })
	return slices.DeleteFunc(words, func(w string) bool { return w == "" })
}

// Problem is a setting that can't be used.
type Problem struct {
	Field string
	Words Words
}

// Check looks at all settings: those that are missing or not possible, and those that no field asks for.
func (k Kind) Check(s Settings) []Problem {
	var problems []Problem
	known := map[string]bool{}
	for _, f := range k.Fields {
		known[f.Name] = true
		value := s.Get(f)
		if value == "" {
			if f.Required {
				problems = append(problems, Problem{f.Name, Words{"Diese Angabe fehlt.", "This is missing."}})
			}
			continue
		}
		if words := f.problem(value); words != (Words{}) {
			problems = append(problems, Problem{f.Name, words})
		}
	}
	for name := range s {
		if !known[name] {
			problems = append(problems, Problem{name, Words{"Diese Angabe gibt es hier nicht.", "There is no such setting."}})
		}
	}
	slices.SortFunc(problems, func(a, b Problem) int { return strings.Compare(a.Field, b.Field) })
	return problems
}

const maxSetting = 10_000

func (f Field) problem(value string) Words {
	if len(value) > maxSetting {
		return Words{"Das ist zu lang.", "This is too long."}
	}
	switch f.Type {
	case FieldURL:
		if u, err := url.Parse(value); err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil || u.Fragment != "" {
			return Words{"Das ist keine Webadresse. Sie beginnt mit https://.", "This is not a web address. One begins with https://."}
		}
	case FieldARS:
		for _, ars := range List(value) {
			if len(ars) < 2 || len(ars) > 12 || strings.Trim(ars, "0123456789") != "" {
				return Words{
					fmt.Sprintf("„%.20s“ ist kein Regionalschlüssel (ARS). Er hat bis zu 12 Ziffern.", ars),
					fmt.Sprintf("“%.20s” is not a regional key (ARS). It has up to 12 digits.", ars),
				}
			}
		}
	case FieldNumber:
		if strings.Trim(value, "0123456789") != "" || len(value) > 6 {
			return Words{"Das ist keine ganze Zahl.", "This is not a whole number."}
		}
	}
	return Words{}
}
