package chain

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Policy are the rules for metadata, by entity type, name and operator (section 6.1).
type Policy map[string]map[string]Operators

// Operators are the rules for one metadata parameter.
type Operators map[string]any

// The operators (section 6.1.3.1), in the order in which they are applied.
const (
	opValue      = "value"
	opAdd        = "add"
	opDefault    = "default"
	opOneOf      = "one_of"
	opSubsetOf   = "subset_of"
	opSupersetOf = "superset_of"
	opEssential  = "essential"
)

// check looks at the form of each operator, and at which of them may stand together. Operators that the specification
// does not know are passed over (section 6.1.3.2); one that had to be understood has ended the statement before.
func (p Policy) check(_ []string) error {
	for kind, parameters := range p {
		for name, operators := range parameters {
			if err := operators.check(); err != nil {
				return fmt.Errorf("%s.%s: %w", kind, name, err)
			}
		}
	}
	return nil
}

func (o Operators) check() error {
	for _, name := range []string{opAdd, opOneOf, opSubsetOf, opSupersetOf} {
		if value, there := o[name]; there {
			if _, list := value.([]any); !list {
				return fmt.Errorf("%w: %s is not a list", ErrPolicy, name)
			}
		}
	}
	if value, there := o[opDefault]; there && value == nil {
		return fmt.Errorf("%w: default is null", ErrPolicy)
	}
	if value, there := o[opEssential]; there {
		if _, yes := value.(bool); !yes {
			return fmt.Errorf("%w: essential is neither true nor false", ErrPolicy)
		}
	}
	return o.checkTogether()
}

// checkTogether refuses combinations that contradict themselves (section 6.1.3.1).
func (o Operators) checkTogether() error {
	contradiction := func(a, b string) error { return fmt.Errorf("%w: %s and %s contradict each other", ErrPolicy, a, b) }
	add, hasAdd := o.list(opAdd)
	oneOf, hasOneOf := o.list(opOneOf)
	subset, hasSubset := o.list(opSubsetOf)
	superset, hasSuperset := o.list(opSupersetOf)
	if hasOneOf && (hasAdd || hasSubset || hasSuperset) {
		return contradiction(opOneOf, "operators on lists")
	}
	if hasSubset && hasSuperset && !contains(subset, superset) {
		return contradiction(opSubsetOf, opSupersetOf)
	}
	if hasSubset && hasAdd && !contains(subset, add) {
		return contradiction(opSubsetOf, opAdd)
	}
	value, hasValue := o[opValue]
	if !hasValue {
		return nil
	}
	if value == nil {
		if essential, _ := o[opEssential].(bool); essential || o[opDefault] != nil || hasAdd || hasOneOf || hasSuperset {
			return contradiction(opValue, "what must be there")
		}
		return nil
	}
	values := listOf(value)
	switch {
	case hasAdd && !contains(values, add):
		return contradiction(opValue, opAdd)
	case hasOneOf && !contains(oneOf, []any{value}):
		return contradiction(opValue, opOneOf)
	case hasSubset && !contains(subset, values):
		return contradiction(opValue, opSubsetOf)
	case hasSuperset && !contains(values, superset):
		return contradiction(opValue, opSupersetOf)
	}
	return nil
}

func (o Operators) list(name string) ([]any, bool) {
	list, there := o[name].([]any)
	return list, there
}

// Merge joins the policy of a superior with that of the one below (section 6.1.4.1): what is below can only be stricter.
func (p Policy) Merge(below Policy) (Policy, error) {
	out := Policy{}
	for kind, parameters := range p {
		out[kind] = maps.Clone(parameters)
	}
	for kind, parameters := range below {
		if out[kind] == nil {
			out[kind] = map[string]Operators{}
		}
		for name, operators := range parameters {
			merged, err := out[kind][name].merge(operators)
			if err != nil {
				return nil, fmt.Errorf("%s.%s: %w", kind, name, err)
			}
			out[kind][name] = merged
		}
	}
	return out, nil
}

func (o Operators) merge(below Operators) (Operators, error) {
	out := Operators{}
	maps.Copy(out, o)
	for name, mine := range below {
		theirs, both := o[name]
		if !both {
			out[name] = mine
			continue
		}
		switch name {
		case opValue, opDefault:
			if !reflect.DeepEqual(theirs, mine) {
				return nil, fmt.Errorf("%w: %s differs from the superior's", ErrPolicy, name)
			}
		case opAdd, opSupersetOf:
			out[name] = union(listOf(theirs), listOf(mine))
		case opOneOf:
			left := intersection(listOf(theirs), listOf(mine))
			if len(left) == 0 {
				return nil, fmt.Errorf("%w: nothing is left of one_of", ErrPolicy)
			}
			out[name] = left
		case opSubsetOf:
			out[name] = intersection(listOf(theirs), listOf(mine))
		case opEssential:
			out[name] = theirs == true || mine == true
		}
	}
	return out, out.check()
}

// Apply makes of an entity's metadata what the policy allows (section 6.1.4.2). An entity type that the entity does not
// have is left alone.
func (p Policy) Apply(m Metadata) (Metadata, error) {
	out := Metadata{}
	for kind, claims := range m {
		out[kind] = maps.Clone(claims)
		if out[kind] == nil {
			out[kind] = map[string]any{}
		}
		for name, operators := range p[kind] {
			value, err := operators.apply(name, out[kind][name])
			if err != nil {
				return nil, fmt.Errorf("%s.%s: %w", kind, name, err)
			}
			if value == nil {
				delete(out[kind], name)
			} else {
				out[kind][name] = value
			}
		}
	}
	return out, nil
}

// apply gives the value of a parameter; nil when it is not there.
func (o Operators) apply(name string, value any) (any, error) {
	scope, wasScope := value.(string) // a list that is written as words (section 6.1.3.1)
	if wasScope = wasScope && name == "scope"; wasScope {
		value = words(scope)
	}
	if forced, there := o[opValue]; there {
		value = forced
	}
	if add, there := o.list(opAdd); there {
		value = union(listOf(value), add)
	}
	if fallback, there := o[opDefault]; there && value == nil {
		value = fallback
	}
	if value == nil {
		if essential, _ := o[opEssential].(bool); essential {
			return nil, fmt.Errorf("%w: essential and missing", ErrPolicy)
		}
		return nil, nil //nolint:nilnil // a parameter that is not there
	}
	if oneOf, there := o.list(opOneOf); there && !contains(oneOf, []any{value}) {
		return nil, fmt.Errorf("%w: not one_of", ErrPolicy)
	}
	value, err := o.applyLists(value)
	if err != nil {
		return nil, err
	}
	if list, isList := value.([]any); wasScope && isList {
		return joined(list), nil
	}
	return value, nil
}

func (o Operators) applyLists(value any) (any, error) {
	if subset, there := o.list(opSubsetOf); there {
		left := intersection(listOf(value), subset)
		if len(left) == 0 {
			if essential, _ := o[opEssential].(bool); essential {
				return nil, fmt.Errorf("%w: nothing is left of subset_of", ErrPolicy)
			}
			return nil, nil //nolint:nilnil // the parameter is taken away
		}
		value = left
	}
	if superset, there := o.list(opSupersetOf); there && !contains(listOf(value), superset) {
		return nil, fmt.Errorf("%w: lacks what superset_of asks for", ErrPolicy)
	}
	return value, nil
}

func listOf(value any) []any {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{value}
}

func words(text string) []any {
	var out []any
	for _, word := range strings.Fields(text) {
		out = append(out, word)
	}
	return out
}

func joined(list []any) string {
	parts := make([]string, 0, len(list))
	for _, word := range list {
		parts = append(parts, fmt.Sprint(word))
	}
	return strings.Join(parts, " ")
}

func has(list []any, value any) bool {
	return slices.ContainsFunc(list, func(other any) bool { return reflect.DeepEqual(other, value) })
}

// contains says whether all of part is in whole.
func contains(whole, part []any) bool {
	return !slices.ContainsFunc(part, func(value any) bool { return !has(whole, value) })
}

func union(a, b []any) []any {
	out := slices.Clone(a)
	for _, value := range b {
		if !has(out, value) {
			out = append(out, value)
		}
	}
	return out
}

func intersection(a, b []any) []any {
	out := []any{}
	for _, value := range a {
		if has(b, value) {
			out = append(out, value)
		}
	}
	return out
}

// Claims turns a structure into metadata claims.
func Claims(value any) (map[string]any, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("metadata: %w", err)
	}
	var out map[string]any
	return out, json.Unmarshal(text, &out)
}
