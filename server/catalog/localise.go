package catalog

import (
	"strings"

	"portalverbund/api/types"
)

// in gives the text in a language, else in the language that it is a variety of, else in German, else in English, else in the
// first language there is; empty when there is no text.
func (t Text) in(language string) string {
	return t[t.languageFor(language)]
}

func (t Text) languageFor(language string) string {
	if t[language] != "" {
		return language
	}
	for _, l := range fallbacks(language) {
		if t[l] != "" {
			return l
		}
	}
	first := ""
	for l, value := range t {
		if value != "" && (first == "" || l < first) {
			first = l
		}
	}
	return first
}

// fallbacks gives the languages in which somebody reads who asked for one: de-x-ls, de, en.
func fallbacks(language string) []string {
	list := make([]string, 0, 5)
	for l := language; l != ""; {
		list = append(list, l)
		at := strings.LastIndexByte(l, '-')
		l = l[:max(at, 0)]
		l = strings.TrimSuffix(l, "-x") // x alone names no variety
	}
	return append(list, "de", "en")
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func audiences(names []string) []types.Audience {
	list := make([]types.Audience, 0, len(names))
	for _, name := range names {
		list = append(list, types.Audience(name))
	}
	return list
}
