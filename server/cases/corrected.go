package cases

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"portalverbund/api/types"
)

// corrected gives the answers of an application with what citizens have sent to correct them, in the order of the timeline; null takes an answer away. What
// was submitted stays as it is. A value for an item of a group that is not there changes nothing.
func corrected(data map[string]any, timeline []types.TimelineEvent) map[string]any {
	var values []types.CorrectedAnswer
	for _, e := range timeline {
		values = append(values, or(e.Values)...)
	}
	if len(values) == 0 {
		return data
	}
	now, _ := copied(data).(map[string]any)
	for _, v := range values {
		steps := tokens(v.Pointer)
		if len(steps) < 2 {
			continue
		}
		if _, ok := now[steps[0]].(map[string]any); !ok { // a step that was left out
			now[steps[0]] = map[string]any{}
		}
		if fields, ok := at(now, steps[:len(steps)-1]).(map[string]any); !ok {
			continue
		} else if last := steps[len(steps)-1]; v.Value == nil {
			delete(fields, last)
		} else {
			fields[last] = copied(v.Value) // which later ones may change
		}
	}
	return now
}

// copied gives a value of JSON that can be changed by itself.
func copied(value any) any {
	switch value := value.(type) {
	case map[string]any:
		all := make(map[string]any, len(value))
		for name, inner := range value {
			all[name] = copied(inner)
		}
		return all
	case []any:
		all := make([]any, len(value))
		for i, inner := range value {
			all[i] = copied(inner)
		}
		return all
	}
	return value
}

// dataNow gives the answers of a case as they are by now.
func (s *Service) dataNow(ctx context.Context, r caseRow) (map[string]any, error) {
	c, err := s.openContent(r.ID, r.Content)
	if err != nil {
		return nil, err
	}
	events, err := s.timeline(ctx, r.ID)
	return corrected(c.Data, events), err
}

// tokens splits a JSON pointer (RFC 6901); nil for what is none.
func tokens(pointer string) []string {
	rest, ok := strings.CutPrefix(pointer, "/")
	if !ok {
		return nil
	}
	parts := strings.Split(rest, "/")
	for i, p := range parts {
		parts[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(p)
	}
	return parts
}

// index reads the number of an item: digits without zeros before them.
func index(token string) (int, bool) {
	i, err := strconv.Atoi(token)
	return i, err == nil && i >= 0 && strconv.Itoa(i) == token
}

// at gives the value to which tokens lead; nil when there is none.
func at(value any, tokens []string) any {
	for _, token := range tokens {
		switch inner := value.(type) {
		case map[string]any:
			value = inner[token]
		case []any:
			i, ok := index(token)
			if !ok || i >= len(inner) {
				return nil
			}
			value = inner[i]
		default:
			return nil
		}
	}
	return value
}

// leads says whether a field can be answered: the items of groups in which it stands are there.
func leads(data map[string]any, pointer string) bool {
	steps := tokens(pointer)
	if len(steps) <= 2 {
		return true
	}
	_, ok := at(data, steps[:len(steps)-1]).(map[string]any)
	return ok
}

// place is a field of a form, and in which items of groups it stands, from the outside in.
type place struct {
	field  types.FormField
	groups []types.FormField
	items  []int
}

// fieldAt finds a field of a form by its place in the answers.
func fieldAt(layout types.FormLayout, pointer string) (p place, ok bool) {
	steps := tokens(pointer)
	i := slices.IndexFunc(layout.Steps, func(st types.FormStep) bool { return len(steps) > 1 && st.Id == steps[0] })
	if i < 0 {
		return p, false
	}
	fields, steps := layout.Steps[i].Fields, steps[1:]
	for {
		i := slices.IndexFunc(fields, func(f types.FormField) bool { return f.Name == steps[0] })
		if i < 0 {
			return p, false
		}
		p.field, steps = fields[i], steps[1:]
		if len(steps) == 0 {
			return p, true
		}
		item, ok := index(steps[0])
		if !ok || len(steps) == 1 || p.field.Kind != types.FormFieldKindGroup {
			return p, false
		}
		p.groups, p.items = append(p.groups, p.field), append(p.items, item)
		fields, steps = or(p.field.Fields), steps[1:]
	}
}

// label is what a field is called, after the items in which it stands.
func (p place) label(language string) string {
	var names []string
	for i, g := range p.groups {
		name := localized(g.Label, language)
		if g.ItemLabel != nil {
			name = localized(*g.ItemLabel, language)
		}
		names = append(names, name+" "+strconv.Itoa(p.items[i]+1))
	}
	return strings.Join(append(names, localized(p.field.Label, language)), ", ")
}
