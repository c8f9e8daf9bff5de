package catalog

import (
	_ "embed"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"
)

//go:embed data/synonyms.txt
var synonymText string

//go:embed data/languages.txt
var languageText string

// synonymWords gives the built-in synonyms without what explains them.
func synonymWords() string {
	var b strings.Builder
	for line := range strings.Lines(synonymText) {
		if !strings.HasPrefix(line, "#") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// synonyms knows what people say, and what services are called instead.
type synonyms struct {
	byFirst map[string][]synonym // by the first word of what people say, longest first
	said    []string             // each stem that people say
	letters []uint64             // of each, see lettersOf
	known   map[string]bool      // the same
	spelt   map[string]string    // the same, as it is written
}

// synonym is one thing that people say, as stems, and what it may be called instead, each as words.
type synonym struct {
	said  []string
	means [][]string
}

// parseSynonyms reads lines of the form that data/synonyms.txt explains.
func parseSynonyms(text string) (*synonyms, error) {
	s := newSynonyms()
	if err := s.parse(text); err != nil {
		return nil, err
	}
	s.longestFirst()
	return s, nil
}

func newSynonyms() *synonyms {
	return &synonyms{byFirst: map[string][]synonym{}, known: map[string]bool{}, spelt: map[string]string{}}
}

func (s *synonyms) parse(text string) error {
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		left, right, ok := strings.Cut(line, "=")
		if !ok {
			return fmt.Errorf("synonyms: line %d has no =", i+1)
		}
		if err := s.add(strings.Split(left, ","), strings.Split(right, ",")); err != nil {
			return fmt.Errorf("synonyms: line %d: %w", i+1, err)
		}
	}
	return nil
}

// add takes in what people say, and what it is called instead. Call longestFirst after the last.
func (s *synonyms) add(says, calls []string) error {
	var means [][]string
	for _, phrase := range calls {
		if words := meaningful(splitWords(phrase)); len(words) > 0 {
			means = append(means, words)
		}
	}
	for _, phrase := range says {
		words := meaningful(splitWords(phrase))
		if len(words) == 0 || len(means) == 0 {
			return errors.New("a side is empty")
		}
		said := make([]string, 0, len(words))
		for _, w := range words {
			said = append(said, stemGerman(w))
		}
		s.byFirst[said[0]] = append(s.byFirst[said[0]], synonym{said: said, means: means})
		for j, stem := range said {
			if !s.known[stem] {
				s.known[stem] = true
				s.spelt[stem] = words[j]
				s.said, s.letters = append(s.said, stem), append(s.letters, lettersOf(stem))
			}
		}
	}
	return nil
}

func (s *synonyms) longestFirst() {
	for _, list := range s.byFirst {
		slices.SortStableFunc(list, func(a, b synonym) int { return len(b.said) - len(a.said) })
	}
}

// correct gives what was probably meant by a stem that nobody says: the most alike of those that people say, else the same.
func (s *synonyms) correct(stem string) string {
	letters := utf8.RuneCountInString(stem)
	if s.known[stem] || letters < 5 {
		return stem
	}
	best, least := stem, 2
	if letters >= 8 {
		least = 3
	}
	set := lettersOf(stem)
	for i, known := range s.said {
		if bits.OnesCount64(set^s.letters[i]) > 2*(least-1) {
			continue
		}
		if d := distance(stem, known, least-1); d < least && utf8.RuneCountInString(known) >= 4 {
			best, least = known, d
		}
	}
	return best
}

// find gives what the words from the start of a list may be called instead, and how many words that is about.
func (s *synonyms) find(words []string) []synonym {
	if len(words) == 0 {
		return nil
	}
	var found []synonym
	for _, candidate := range s.byFirst[words[0]] {
		if len(candidate.said) <= len(words) && slices.Equal(candidate.said, words[:len(candidate.said)]) {
			found = append(found, candidate)
		}
	}
	return found
}

func meaningful(words []string) []string {
	return slices.DeleteFunc(words, saysNothing)
}
