package types

import (
	"slices"
	"strconv"
	"strings"
)

// FormPlace is a field of a form, and in which items of groups it stands, from the outside in.
type FormPlace struct {
	Field  FormField
	Groups []FormField
	Items  []int
}

// FieldAt finds a field of a form by its place in the answers: /step/field, or /step/group/0/field in a group.
func (l FormLayout) FieldAt(pointer string) (p FormPlace, ok bool) {
	steps := PointerTokens(pointer)
	i := slices.IndexFunc(l.Steps, func(st FormStep) bool { return len(steps) > 1 && st.Id == steps[0] })
	if i < 0 {
		return p, false
	}
	fields, steps := l.Steps[i].Fields, steps[1:]
	for {
		i := slices.IndexFunc(fields, func(f FormField) bool { return f.Name == steps[0] })
		if i < 0 {
			return p, false
		}
		p.Field, steps = fields[i], steps[1:]
		if len(steps) == 0 {
			return p, true
		}
		item, ok := ItemIndex(steps[0])
		if !ok || len(steps) == 1 || p.Field.Kind != FormFieldKindGroup || p.Field.Fields == nil {
			return p, false
		}
		p.Groups, p.Items = append(p.Groups, p.Field), append(p.Items, item)
		fields, steps = *p.Field.Fields, steps[1:]
	}
}

// Label is what a field is called in a language, else in German, after the items in which it stands.
func (p FormPlace) Label(language string) string {
	in := func(text LocalizedText) string {
		if t := text[language]; t != "" {
			return t
		}
		return text["de"]
	}
	var names []string
	for i, g := range p.Groups {
		name := in(g.Label)
		if g.ItemLabel != nil {
			name = in(*g.ItemLabel)
		}
		names = append(names, name+" "+strconv.Itoa(p.Items[i]+1))
	}
	return strings.Join(append(names, in(p.Field.Label)), ", ")
}

// PointerTokens splits a JSON pointer (RFC 6901); nil for what is none.
func PointerTokens(pointer string) []string {
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

// ItemIndex reads the number of an item in a JSON pointer: digits without zeros before them.
func ItemIndex(token string) (int, bool) {
	i, err := strconv.Atoi(token)
	return i, err == nil && i >= 0 && strconv.Itoa(i) == token
}
