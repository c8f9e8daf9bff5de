package forms

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"portalverbund/api/types"
	"portalverbund/server/platform/problem"
)

// Answers gives what counts of the answers: those of fields that are not shown are dropped, IBANs are in their electronic
// form, and what is calculated is calculated anew, all as the browser does. The answers given are not changed.
func (s *Service) Answers(form types.Form, data map[string]any) map[string]any {
	return prepared(form.Layout, data)
}

// visible drops the answers of fields that are not shown. An answer that is dropped may hide another field, so it repeats until
// nothing changes.
func visible(layout types.FormLayout, data map[string]any) map[string]any {
	for {
		kept, changed := dropOnce(layout, data)
		if !changed {
			return data
		}
		data = kept
	}
}

func dropOnce(layout types.FormLayout, answers map[string]any) (kept map[string]any, changed bool) {
	kept = maps.Clone(answers)
	for _, step := range layout.Steps {
		values, ok := answers[step.Id].(map[string]any)
		if !ok {
			continue
		}
		if left, dropped := dropFrom(step.Fields, values, answers); dropped {
			kept[step.Id], changed = left, true
		}
	}
	return kept, changed
}

func dropFrom(fields []types.FormField, values, answers map[string]any) (kept map[string]any, changed bool) {
	kept = maps.Clone(values)
	for _, field := range fields {
		value, given := values[field.Name]
		if !given {
			continue
		}
		if field.ShowWhen != nil && !isShown(*field.ShowWhen, values, answers) {
			delete(kept, field.Name)
			changed = true
			continue
		}
		items, isList := value.([]any)
		if field.Kind != types.FormFieldKindGroup || field.Fields == nil || !isList {
			continue
		}
		items = slices.Clone(items)
		for i, item := range items {
			if object, ok := item.(map[string]any); ok {
				if left, dropped := dropFrom(*field.Fields, object, answers); dropped {
					items[i], changed = left, true
				}
			}
		}
		kept[field.Name] = items
	}
	return kept, changed
}

// isShown says whether a field is asked. siblings is the object that its answer lives in: the step, or an item of a group. A
// name with a dot (step.field) looks into another step.
func isShown(condition types.FormCondition, siblings, answers map[string]any) bool {
	value, given := lookUp(condition.Field, siblings, answers)
	if !given {
		return false
	}
	if condition.In != nil {
		return slices.ContainsFunc(*condition.In, func(wanted any) bool { return sameScalar(wanted, value) })
	}
	return condition.Equals != nil && sameScalar(*condition.Equals, value)
}

// lookUp gives the answer that a name means: of siblings, or of another step as step.field.
func lookUp(name string, siblings, answers map[string]any) (value any, given bool) {
	if step, field, other := strings.Cut(name, "."); other {
		siblings, _ = answers[step].(map[string]any)
		name = field
	}
	value, given = siblings[name]
	return value, given
}

// sameScalar compares strictly: a text never equals a number.
func sameScalar(a, b any) bool {
	switch a := scalar(a).(type) {
	case string, float64, bool:
		return a == scalar(b)
	}
	return false
}

// scalar brings numbers into one form; lists and objects become nil.
func scalar(value any) any {
	switch v := value.(type) {
	case string, float64, bool:
		return v
	case json.Number:
		number, err := v.Float64()
		if err != nil {
			return nil
		}
		return number
	case int:
		return float64(v)
	}
	return nil
}

// sortByLayout brings errors into the order in which the form asks.
func sortByLayout(layout types.FormLayout, found []problem.FieldError) {
	keys := make(map[string][]int, len(found))
	for _, e := range found {
		keys[e.Pointer] = position(layout, e.Pointer)
	}
	slices.SortStableFunc(found, func(a, b problem.FieldError) int {
		return cmp.Or(slices.Compare(keys[a.Pointer], keys[b.Pointer]), strings.Compare(a.Pointer, b.Pointer), strings.Compare(a.Code, b.Code))
	})
}

// position gives the places in the layout that a pointer leads through; what has none comes last.
func position(layout types.FormLayout, at string) []int {
	const last = 1 << 20
	parts := strings.Split(at, "/")[1:]
	if len(parts) == 0 {
		return nil
	}
	step := slices.IndexFunc(layout.Steps, func(s types.FormStep) bool { return s.Id == parts[0] })
	if step < 0 {
		return []int{last}
	}
	places, fields := []int{step}, layout.Steps[step].Fields
	for _, part := range parts[1:] {
		if number, err := strconv.Atoi(part); err == nil {
			places = append(places, number)
			continue
		}
		place := slices.IndexFunc(fields, func(f types.FormField) bool { return f.Name == part })
		if place < 0 {
			return append(places, last)
		}
		places = append(places, place)
		if inner := fields[place].Fields; inner != nil {
			fields = *inner
		}
	}
	return places
}
