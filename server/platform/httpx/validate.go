package httpx

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	"portalverbund/server/platform/problem"
)

const maxDepth = 64 // levels of a JSON body

// validation is how JSON bodies and parameters are judged.
//
//nolint:gochecknoglobals // settings that nobody changes
var validation = &openapi3filter.Options{
	AuthenticationFunc:         openapi3filter.NoopAuthenticationFunc,
	MultiError:                 true,
	SkipSettingDefaults:        true,
	ExcludeReadOnlyValidations: true,
}

// parametersOnly leaves bodies that are not JSON to their handlers, which stream them.
//
//nolint:gochecknoglobals // settings that nobody changes
var parametersOnly = &openapi3filter.Options{
	AuthenticationFunc:  openapi3filter.NoopAuthenticationFunc,
	MultiError:          true,
	SkipSettingDefaults: true,
	ExcludeRequestBody:  true,
}

// validate checks a request against the contract. Parameters that do not fit are answered with 400, a body whose values
// do not fit with 422 and every field named. Values are never repeated in the answer.
func validate(r *http.Request, op *operation, pathParams map[string]string) error {
	if err := checkText(r.URL.Query(), pathParams); err != nil {
		return err
	}
	options := parametersOnly
	if op.jsonBody {
		if err := checkJSON(r); err != nil {
			return err
		}
		options = validation
	} else {
		bare := *r // the validator reads every body that it sees; these are for their handlers to stream
		bare.Body = http.NoBody
		r = &bare
	}
	err := openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request: r, PathParams: pathParams, Route: op.route, Options: options,
	})
	if err == nil {
		return nil
	}
	return translate(err)
}

// checkText refuses parameters that are no text: PostgreSQL takes neither NUL nor what is not UTF-8.
func checkText(query url.Values, path map[string]string) error {
	var fields []problem.FieldError
	check := func(in, name, value string) {
		if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
			fields = append(fields, problem.FieldError{Pointer: "#/" + in + "/" + name, Code: "type"})
		}
	}
	for name, value := range path {
		check("path", name, value)
	}
	for name, values := range query {
		for _, value := range values {
			check("query", strings.ToValidUTF8(name, ""), value)
		}
	}
	if len(fields) == 0 {
		return nil
	}
	return wrongParameters(fields)
}

func wrongParameters(fields []problem.FieldError) error {
	p := problem.Invalid(fields...)
	p.Status, p.Code = http.StatusBadRequest, "parameters"
	return p
}

// checkJSON refuses what parsers disagree about: duplicate names, deep nesting, NUL, and trailing content.
func checkJSON(r *http.Request) error {
	if mediaType, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(mediaType), "application/json") {
		return problem.UnsupportedMediaType("content-type", "Der Inhalt muss JSON sein (application/json).", "The body must be JSON (application/json).")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return bodyError(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := scan(decoder, 0); err != nil {
		return errNotJSON.Because(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errNotJSON
	}
	return nil
}

var errNotJSON = problem.BadRequest("json", "Der Inhalt ist kein gültiges JSON.", "The body is not valid JSON.")

// scan reads one value and refuses duplicate names, too many levels, NUL characters and numbers out of range.
func scan(d *json.Decoder, depth int) error {
	if depth > maxDepth {
		return errors.New("too many levels")
	}
	token, err := d.Token()
	if err != nil {
		return err
	}
	switch t := token.(type) {
	case string:
		if strings.ContainsRune(t, 0) {
			return errors.New("NUL in a string")
		}
	case json.Number:
		if _, err := t.Float64(); err != nil {
			return errors.New("number out of range")
		}
	case json.Delim:
		names := map[string]bool{}
		for d.More() {
			if t == '{' {
				name, err := d.Token()
				if err != nil {
					return err
				}
				if key, _ := name.(string); names[key] {
					return errors.New("duplicate name")
				} else {
					names[key] = true
				}
			}
			if err := scan(d, depth+1); err != nil {
				return err
			}
		}
		_, err = d.Token()
	}
	return err
}

// tooLarge refuses a body over the limit, in bytes, and names the limit.
func tooLarge(limit int64) error {
	size := fmt.Sprintf("%d kB", max(limit>>10, 1))
	if limit >= 1<<20 {
		size = fmt.Sprintf("%d MB", limit>>20)
	}
	return problem.TooLarge("too-large", "Das ist zu groß.", "This is too large.").
		With(problem.Text{De: "Erlaubt sind höchstens " + size + ".", En: "At most " + size + " are allowed."})
}

func bodyError(err error) error {
	var over *http.MaxBytesError
	if errors.As(err, &over) {
		return tooLarge(over.Limit)
	}
	return problem.BadRequest("body", "Der Inhalt kam nicht vollständig an.", "The body did not arrive completely.").Because(err)
}

// translate turns the validator's errors into ours, without the values they contain.
func translate(err error) error {
	var fields []problem.FieldError
	inBody := false
	walk(err, func(pointer string, body bool, leaf error) {
		inBody = inBody || body
		fields = append(fields, fieldError(pointer, body, leaf))
	})
	if len(fields) == 0 {
		return problem.BadRequest("contract", "Die Anfrage passt nicht zur Schnittstelle.", "The request does not fit the contract.").Because(err)
	}
	if inBody {
		return problem.Invalid(fields...)
	}
	return wrongParameters(fields)
}

func walk(err error, leaf func(pointer string, body bool, err error)) {
	var many openapi3.MultiError
	var request *openapi3filter.RequestError
	switch {
	case errors.As(err, &request) && request.Parameter != nil:
		each(request.Err, func(e error) {
			leaf("#/"+request.Parameter.In+"/"+request.Parameter.Name, false, e)
		})
	case errors.As(err, &request) && request.RequestBody != nil:
		each(request.Err, func(e error) { leaf("", true, e) })
	case errors.As(err, &many):
		for _, e := range many {
			walk(e, leaf)
		}
	}
}

func each(err error, fn func(error)) {
	var many openapi3.MultiError
	if err != nil && errors.As(err, &many) {
		for _, e := range many {
			each(e, fn)
		}
		return
	}
	fn(err)
}

func fieldError(pointer string, body bool, err error) problem.FieldError {
	f := problem.FieldError{Pointer: pointer, Code: "type"}
	var schema *openapi3.SchemaError
	if errors.As(err, &schema) {
		f.Code = schema.SchemaField
		if body {
			for _, step := range schema.JSONPointer() {
				f.Pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(step)
			}
		}
		f.Params = figures(schema)
	} else if errors.Is(err, openapi3filter.ErrInvalidRequired) {
		f.Code = "required"
	}
	return f
}

func figures(e *openapi3.SchemaError) map[string]any {
	if e.Schema == nil {
		return nil
	}
	switch e.SchemaField {
	case "minLength":
		return map[string]any{"minLength": e.Schema.MinLength}
	case "maxLength":
		if e.Schema.MaxLength != nil {
			return map[string]any{"maxLength": *e.Schema.MaxLength}
		}
	case "minimum":
		if e.Schema.Min != nil {
			return map[string]any{"minimum": *e.Schema.Min}
		}
	case "maximum":
		if e.Schema.Max != nil {
			return map[string]any{"maximum": *e.Schema.Max}
		}
	}
	return nil
}
