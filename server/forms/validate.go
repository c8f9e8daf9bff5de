package forms

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"portalverbund/api/types"
	"portalverbund/server/platform/problem"
)

// What a draft may hold at most.
const (
	maxData      = 256 << 10 // bytes as JSON
	maxDataDepth = 8         // objects and lists in each other
)

// judge is a schema made ready.
type judge struct{ schema *jsonschema.Schema }

// Validate judges answers by a form and names every field that is wrong, in the order of the form. Answers of fields that
// are not shown are dropped before, as the browser does. Messages are for people, in German and English; codes and pointers
// are those of testdata/README.md.
func (s *Service) Validate(form types.Form, data map[string]any) []problem.FieldError {
	j, err := s.judge(form)
	if err != nil {
		s.log.Error("form cannot be used", "form", form.Id, "version", form.Version, "error", err)
		return []problem.FieldError{{Code: "form", Message: problem.Text{
			De: "Dieses Formular lässt sich zurzeit nicht prüfen.", En: "This form cannot be checked at the moment.",
		}}}
	}
	return s.judged(j, form.Layout, prepared(form.Layout, data))
}

// judged gives what is wrong with answers that were prepared, in the order of the form.
func (s *Service) judged(j *judge, layout types.FormLayout, answers map[string]any) []problem.FieldError {
	found := append(j.find(answers), dateErrors(layout, answers, dayOf(s.now()))...)
	sortByLayout(layout, found)
	return found
}

func (s *Service) judge(form types.Form) (*judge, error) {
	key := formKey{form.Id, form.Version}
	if j, ok := s.judges.get(key); ok {
		return j, nil
	}
	schema, err := compileForm(form.Schema)
	if err != nil {
		return nil, err
	}
	j := &judge{schema}
	s.judges.put(key, j)
	return j, nil
}

// compileForm makes a form's schema ready; its own id does not matter, for nothing outside refers to it.
func compileForm(schema map[string]any) (*jsonschema.Schema, error) {
	document := make(map[string]any, len(schema))
	for keyword, value := range schema {
		if keyword != "$id" {
			document[keyword] = value
		}
	}
	return compile(document, "form")
}

func compile(document any, name string) (*jsonschema.Schema, error) {
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	for _, format := range ownFormats() {
		compiler.RegisterFormat(format)
	}
	compiler.UseLoader(nothingElse{})
	location := "urn:portalverbund:" + name
	if err := compiler.AddResource(location, document); err != nil {
		return nil, err
	}
	return compiler.Compile(location)
}

// nothingElse is a loader that loads nothing: a schema refers only to itself.
type nothingElse struct{}

// Load refuses.
func (nothingElse) Load(url string) (any, error) {
	return nil, fmt.Errorf("%s is not part of the schema", url)
}

func (j *judge) find(data map[string]any) []problem.FieldError {
	err := j.schema.Validate(any(data))
	if err == nil {
		return nil
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return []problem.FieldError{fieldError("", "type", nil)}
	}
	var found []problem.FieldError
	for _, leaf := range leaves(invalid, nil) {
		found = append(found, fieldErrors(leaf)...)
	}
	return reduce(found)
}

// leaves gives the errors that do not only wrap others.
func leaves(e *jsonschema.ValidationError, found []*jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return append(found, e)
	}
	for _, cause := range e.Causes {
		found = leaves(cause, found)
	}
	return found
}

// fieldErrors puts an error of the validator into the words of the contract.
func fieldErrors(e *jsonschema.ValidationError) []problem.FieldError {
	at := pointer(e.InstanceLocation...)
	var found []problem.FieldError
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		for _, name := range k.Missing {
			found = append(found, fieldError(at+pointer(name), "required", nil))
		}
	case *kind.AdditionalProperties:
		for _, name := range k.Properties {
			found = append(found, fieldError(at+pointer(name), "additionalProperties", nil))
		}
	case *kind.Const:
		found = append(found, fieldError(at, "const", k.Want))
	case *kind.Format:
		found = append(found, fieldError(at, "format", k.Want))
	case *kind.Pattern:
		found = append(found, fieldError(at, "pattern", k.Want))
	case *kind.MinLength:
		found = append(found, fieldError(at, "minLength", k.Want))
	case *kind.MaxLength:
		found = append(found, fieldError(at, "maxLength", k.Want))
	case *kind.MinItems:
		found = append(found, fieldError(at, "minItems", k.Want))
	case *kind.MaxItems:
		found = append(found, fieldError(at, "maxItems", k.Want))
	case *kind.Minimum:
		found = append(found, fieldError(at, "minimum", k.Want))
	case *kind.Maximum:
		found = append(found, fieldError(at, "maximum", k.Want))
	case *kind.ExclusiveMinimum:
		found = append(found, fieldError(at, "exclusiveMinimum", k.Want))
	case *kind.ExclusiveMaximum:
		found = append(found, fieldError(at, "exclusiveMaximum", k.Want))
	case *kind.MultipleOf:
		found = append(found, fieldError(at, "multipleOf", k.Want))
	default: // type, enum, uniqueItems
		if path := e.ErrorKind.KeywordPath(); len(path) == 1 {
			found = append(found, fieldError(at, path[0], nil))
		}
	}
	return found
}

// fieldError builds an error; params has the limit where it is a number or a text.
func fieldError(at, code string, limit any) problem.FieldError {
	e := problem.FieldError{Pointer: at, Code: code}
	switch l := limit.(type) {
	case *big.Rat:
		number, _ := l.Float64()
		e.Params = map[string]any{"limit": number}
	case int, float64, string:
		e.Params = map[string]any{"limit": l}
	}
	e.Message = messageOf(code, e.Params["limit"])
	return e
}

// reduce keeps, of the errors at one pointer, the first decisive one alone: who wrote a text where a number belongs needs no
// remark on the number's size. Without one all are kept, each once.
func reduce(found []problem.FieldError) []problem.FieldError {
	decisive := []string{"type", "const", "enum", "format"}
	best := map[string]int{} // pointer → index in decisive
	for _, e := range found {
		if i := slices.Index(decisive, e.Code); i >= 0 {
			if known, ok := best[e.Pointer]; !ok || i < known {
				best[e.Pointer] = i
			}
		}
	}
	seen := map[[2]string]bool{}
	kept := found[:0]
	for _, e := range found {
		key := [2]string{e.Pointer, e.Code}
		if i, ok := best[e.Pointer]; seen[key] || ok && decisive[i] != e.Code {
			continue
		}
		seen[key] = true
		kept = append(kept, e)
	}
	return kept
}

// CheckDraft names what no answer of the form could be: steps that it does not have, more than 256 kB, nesting without end.
// What is missing or wrong in a draft is no error here.
func (s *Service) CheckDraft(form types.Form, data map[string]any) []problem.FieldError {
	text, err := json.Marshal(data)
	if err != nil || len(text) > maxData {
		return []problem.FieldError{fieldError("", "size", maxData)}
	}
	if depth(data) > maxDataDepth {
		return []problem.FieldError{fieldError("", "depth", maxDataDepth)}
	}
	steps, _ := form.Schema["properties"].(map[string]any)
	var found []problem.FieldError
	for name, step := range data {
		if _, known := steps[name]; !known {
			found = append(found, fieldError(pointer(name), "additionalProperties", nil))
		} else if _, object := step.(map[string]any); !object {
			found = append(found, fieldError(pointer(name), "type", nil))
		}
	}
	sortByLayout(form.Layout, found)
	return found
}

func depth(value any) int {
	deepest := 0
	switch v := value.(type) {
	case map[string]any:
		for _, child := range v {
			deepest = max(deepest, depth(child))
		}
	case []any:
		for _, child := range v {
			deepest = max(deepest, depth(child))
		}
	default:
		return 0
	}
	return deepest + 1
}
