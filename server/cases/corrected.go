package cases

import (
	"context"

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
		steps := types.PointerTokens(v.Pointer)
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

// at gives the value to which tokens lead; nil when there is none.
func at(value any, tokens []string) any {
	for _, token := range tokens {
		switch inner := value.(type) {
		case map[string]any:
			value = inner[token]
		case []any:
			i, ok := types.ItemIndex(token)
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
	steps := types.PointerTokens(pointer)
	if len(steps) <= 2 {
		return true
	}
	_, ok := at(data, steps[:len(steps)-1]).(map[string]any)
	return ok
}
