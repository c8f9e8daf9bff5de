package catalog

import (
	"slices"
	"strings"
)

const (
	joinedFactor    = 0.98 // of words that were typed apart and are one, or the other way around
	scatteredFactor = 0.96 // of words that mean something together and were not typed next to each other
	minJoined       = 6    // bytes of a word that was typed apart
)

// rewording is a query in other words that are only another form of those that were typed.
type rewording struct {
	words  []string
	factor float64
}

// rewordings gives a query in other forms of its words, as far as services or people have those: words typed apart (food
// truck), verbs with the prefix at the end (melde mein Auto ab), participles and infinitives with zu (abgemeldet, anzumelden).
func (x *index) rewordings(all, words []string, s *synonyms) []rewording {
	var list []rewording
	add := func(words []string) { list = append(list, rewording{words, joinedFactor}) }
	for i := range len(words) - 1 {
		if joined := words[i] + words[i+1]; len(joined) >= minJoined && x.knows(joined, s) {
			add(slices.Concat(words[:i], []string{joined}, words[i+2:]))
		}
	}
	for i, w := range words {
		if x.knows(w, s) {
			continue
		}
		if plain := x.plainForm(w, s); plain != "" {
			add(slices.Concat(words[:i], []string{plain}, words[i+1:]))
		}
	}
	if prefix := lastPrefix(all); prefix != "" {
		for i, w := range words {
			if verb := x.knownVerb(prefix, w, s); verb != "" {
				before := slices.DeleteFunc(slices.Concat(words[:i], words[i+1:]), func(w string) bool { return w == prefix })
				add(append(before, verb))
			}
		}
	}
	return list
}

// knows says whether services are named with a word, or people say it.
func (x *index) knows(word string, s *synonyms) bool {
	stem := x.lexicon.of(word).german()
	t := x.vocabulary.byText[stem]
	return s.known[stem] || t != nil && t.frequency > 0
}

// prefixes are those that German verbs part with.
func prefixes() []string {
	return []string{"zurück", "weiter", "wieder", "nach", "auf", "aus", "ein", "her", "hin", "um", "ab", "an", "zu", "vor", "weg", "mit", "los", "bei"}
}

// lastPrefix gives the last word where it may be the prefix of a verb before it.
func lastPrefix(words []string) string {
	if len(words) < 2 || !slices.Contains(prefixes(), words[len(words)-1]) {
		return ""
	}
	return words[len(words)-1]
}

// knownVerb puts a prefix in front of a form of a verb; empty where nobody knows such a verb.
func (x *index) knownVerb(prefix, form string, s *synonyms) string {
	for _, ending := range []string{"", "e", "et", "t", "st"} {
		if root, ok := strings.CutSuffix(form, ending); ok && len(root) > 2 && x.knows(prefix+root+"en", s) {
			return prefix + root + "en"
		}
	}
	return ""
}

// plainForm gives the infinitive of a participle or of an infinitive with zu; empty where nobody knows it.
func (x *index) plainForm(word string, s *synonyms) string {
	for _, prefix := range append(prefixes(), "") {
		rest, ok := strings.CutPrefix(word, prefix)
		if !ok {
			continue
		}
		if root, ok := strings.CutPrefix(rest, "zu"); ok && prefix != "" && x.knows(prefix+root, s) {
			return prefix + root
		}
		root, ok := strings.CutPrefix(rest, "ge")
		if !ok {
			continue
		}
		for _, ending := range []string{"etes", "eter", "eten", "etem", "ete", "et", "tes", "ter", "ten", "tem", "te", "t", "enes", "ener", "enen", "ene", "en"} {
			if stem, ok := strings.CutSuffix(root, ending); ok && len(stem) > 2 && x.knows(prefix+stem+"en", s) {
				return prefix + stem + "en"
			}
		}
	}
	return ""
}

// scattered gives what words mean together that are in a query, but not next to each other or in another order, and what is
// left of the query without them.
func (s *synonyms) scattered(stemmed []string) (found []synonym, rests [][]int) {
	for i, first := range stemmed {
		for _, candidate := range s.byFirst[first] {
			if len(candidate.said) < 2 || len(candidate.said) > len(stemmed) {
				continue
			}
			at := []int{i}
			for _, said := range candidate.said[1:] {
				if j := slices.Index(stemmed, said); j >= 0 && !slices.Contains(at, j) {
					at = append(at, j)
				}
			}
			if len(at) < len(candidate.said) || isRow(at) {
				continue
			}
			var rest []int
			for j := range stemmed {
				if !slices.Contains(at, j) {
					rest = append(rest, j)
				}
			}
			found, rests = append(found, candidate), append(rests, rest)
		}
	}
	return found, rests
}

func isRow(at []int) bool {
	for i := 1; i < len(at); i++ {
		if at[i] != at[i-1]+1 {
			return false
		}
	}
	return true
}
