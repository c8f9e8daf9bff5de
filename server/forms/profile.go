package forms

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"portalverbund/server/platform/problem"
)

// What a definition may need at most.
const (
	maxDefinition = 256 << 10 // bytes
	maxDepth      = 16        // schemas in each other
	maxProblems   = 50        // named at once
)

//go:embed profile.schema.json
var profileSchema []byte

// profileProblem is a way in which a definition leaves the form profile.
type profileProblem struct {
	pointer string // JSON Pointer into the definition
	problem string
	code    string       // a word for the kind of problem
	words   problem.Text // for those who build forms
}

// profile checks definitions by the form profile: a meta-schema, and rules that a meta-schema cannot say.
type profile struct{ meta *jsonschema.Schema }

func newProfile() *profile {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(profileSchema))
	if err != nil {
		panic(fmt.Sprintf("form profile: %v", err)) // it is part of the program
	}
	meta, err := compile(document, "profile")
	if err != nil {
		panic(fmt.Sprintf("form profile: %v", err))
	}
	return &profile{meta}
}

// check lists the ways in which a definition leaves the profile, at most maxProblems.
func (p *profile) check(d definition) []profileProblem {
	c := &checker{root: d.content.Schema}
	if d.ID == uuid.Nil {
		c.report("/id", "a form has an id")
	}
	if d.Version < 1 {
		c.report("/version", "versions begin with 1")
	}
	c.localized(d.content.Title, "/title", true)
	var invalid *jsonschema.ValidationError
	if err := p.meta.Validate(any(d.content.Schema)); errors.As(err, &invalid) {
		printer := message.NewPrinter(language.English)
		for _, leaf := range leaves(invalid, nil) {
			at := "/schema" + pointer(leaf.InstanceLocation...)
			if extra, ok := leaf.ErrorKind.(*kind.AdditionalProperties); ok {
				for _, name := range extra.Properties {
					c.report(at+pointer(name), "this keyword or name is not part of the form profile")
				}
				continue
			}
			c.report(at, "%s", leaf.ErrorKind.LocalizedString(printer))
		}
		return c.found // what follows relies on the shape
	}
	c.schema(c.root, "/schema", 0)
	c.layout(d.content.Layout)
	if len(c.found) == 0 {
		if _, err := compileForm(d.content.Schema); err != nil {
			c.report("/schema", "%v", err)
		}
	}
	return c.found
}

// checker collects problems of one definition.
type checker struct {
	root  map[string]any
	found []profileProblem
}

func (c *checker) report(pointer, format string, args ...any) {
	if len(c.found) < maxProblems {
		code, words := wordsOf(format, args...)
		c.found = append(c.found, profileProblem{pointer: pointer, problem: filled(format, args), code: code, words: words})
	}
}

// schema checks what the meta-schema leaves open in a schema and all below it.
func (c *checker) schema(s map[string]any, at string, depth int) {
	if depth > maxDepth {
		c.report(at, "schemas lie in each other deeper than %d", maxDepth)
		return
	}
	if reference, ok := s["$ref"].(string); ok {
		c.reference(reference, at+"/$ref")
	}
	if pattern, ok := s["pattern"].(string); ok {
		if err := portable(pattern); err != nil {
			c.report(at+"/pattern", "%v", err)
		}
	}
	if condition, ok := s["if"].(map[string]any); ok {
		c.condition(condition, at+"/if")
	}
	for _, group := range []string{"properties", "$defs"} {
		members, _ := s[group].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(members)) {
			c.schema(members[name].(map[string]any), at+"/"+group+pointer(name), depth+1)
		}
	}
	for _, keyword := range []string{"items", "then", "else"} {
		if child, ok := s[keyword].(map[string]any); ok {
			c.schema(child, at+"/"+keyword, depth+1)
		}
	}
	parts, _ := s["allOf"].([]any)
	for i, part := range parts {
		c.schema(part.(map[string]any), fmt.Sprintf("%s/allOf/%d", at, i), depth+1)
	}
}

// condition checks that an if requires what it compares: else an answer that is missing fulfils it.
func (c *checker) condition(condition map[string]any, at string) {
	required, _ := condition["required"].([]any)
	compared, _ := condition["properties"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(compared)) {
		if !slices.Contains(required, any(name)) {
			c.report(at+"/required", "a condition requires %q, which it compares", name)
		}
	}
}

// reference checks that a reference leads to a definition, and not in a circle.
func (c *checker) reference(reference, at string) {
	target := c.defined(reference)
	if target == nil {
		c.report(at, "the reference does not lead to a definition in this schema")
		return
	}
	if c.leadsTo(target, reference, map[string]bool{}) {
		c.report(at, "the definition contains itself")
	}
}

func (c *checker) defined(reference string) map[string]any {
	definitions, _ := c.root["$defs"].(map[string]any)
	target, _ := definitions[strings.TrimPrefix(reference, "#/$defs/")].(map[string]any)
	return target
}

// leadsTo says whether a schema refers to a definition, itself or through others.
func (c *checker) leadsTo(value any, wanted string, seen map[string]bool) bool {
	switch v := value.(type) {
	case []any:
		return slices.ContainsFunc(v, func(item any) bool { return c.leadsTo(item, wanted, seen) })
	case map[string]any:
		if reference, ok := v["$ref"].(string); ok && !seen[reference] {
			if reference == wanted {
				return true
			}
			seen[reference] = true
			if c.leadsTo(c.defined(reference), wanted, seen) {
				return true
			}
		}
		for _, child := range v {
			if c.leadsTo(child, wanted, seen) {
				return true
			}
		}
	}
	return false
}

// resolve follows a reference; nil when there is nothing.
func (c *checker) resolve(value any) map[string]any {
	s, _ := value.(map[string]any)
	if reference, ok := s["$ref"].(string); ok {
		return c.defined(reference)
	}
	return s
}

// pointer builds a JSON Pointer (RFC 6901) from its parts.
func pointer(parts ...string) string {
	var b strings.Builder
	for _, part := range parts {
		b.WriteByte('/')
		b.WriteString(strings.ReplaceAll(strings.ReplaceAll(part, "~", "~0"), "/", "~1"))
	}
	return b.String()
}
