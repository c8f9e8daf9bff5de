package catalog

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// correctFrom is how many letters a word has that may be mistyped; shorter ones are like too many others.
const correctFrom = 4

// correction gives a query with its mistyped words as they were probably meant; empty where nothing is to be corrected. Words
// that the catalog has, that people say, that begin or make up such, and names of places stay as they are.
func (x *index) correction(query string, s *synonyms) string {
	x.mu.RLock()
	defer x.mu.RUnlock()
	fields := strings.Fields(query)
	if len(fields) > maxQueryWords {
		return ""
	}
	corrected := false
	for i, field := range fields {
		words := splitWords(field)
		if len(words) != 1 || !x.mistyped(words[0], s) {
			continue
		}
		if meant := x.meant(words[0], s); meant != "" && meant != words[0] {
			fields[i] = asTyped(meant, field)
			corrected = true
		}
	}
	if !corrected {
		return ""
	}
	return strings.Join(fields, " ")
}

// mistyped says whether a word is none that the search knows.
func (x *index) mistyped(word string, s *synonyms) bool {
	letters := utf8.RuneCountInString(word)
	if letters < correctFrom || letters > maxWordLength || saysNothing(word) || saysLittle(word) || strings.IndexFunc(word, unicode.IsDigit) >= 0 {
		return false
	}
	if s.known[stemGerman(word)] || len(x.places[surface(word)]) > 0 {
		return false
	}
	for _, stem := range stems(word, "") {
		if t := x.vocabulary.byText[stem]; t != nil && (t.frequency > 0 || len(t.told) > 0) {
			return false
		}
		for range x.vocabulary.beginning(stem) {
			return false // still being typed, or a part of a compound
		}
	}
	for _, part := range x.lexicon.parts(word) {
		if !x.lexicon.isPart(part) && x.lexicon.withoutJoint(part) == "" {
			return true
		}
	}
	return len(x.lexicon.parts(word)) == 0
}

// meant gives the word that is most alike: of several, the one that most services have. Empty if none is.
func (x *index) meant(word string, s *synonyms) string {
	slips := 1
	if utf8.RuneCountInString(word) >= 8 {
		slips = 2
	}
	stem := stemGerman(word)
	best, least, most := "", slips+1, -1
	for t, d := range x.vocabulary.alike(stem, slips) {
		spelt, services := x.lexicon.spelt[t.text], t.frequency+len(t.told)
		if spelt == "" || services == 0 || d > least || d == least && services <= most {
			continue
		}
		best, least, most = spelt, d, services
	}
	if said := s.correct(stem); said != stem && s.spelt[said] != "" && distance(stem, said, slips) < least {
		return s.spelt[said]
	}
	return best
}

// asTyped gives a word the capitals that a person typed.
func asTyped(word, typed string) string {
	first, _ := utf8.DecodeRuneInString(typed)
	if !unicode.IsUpper(first) {
		return word
	}
	r, size := utf8.DecodeRuneInString(word)
	return string(unicode.ToUpper(r)) + word[size:]
}
