package catalog

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed data/synonyms.txt
var synonymText string

// synonyms knows what people say, and what services are called instead.
type synonyms struct {
	byFirst map[string][]synonym // by the first word of what people say
}

// synonym is one thing that people say, as stems, and what it may be called instead, each as words.
type synonym struct {
	said  []string
	means [][]string
}

// parseSynonyms reads lines of the form that data/synonyms.txt explains.
func parseSynonyms(text string) (*synonyms, error) {
	s := &synonyms{byFirst: map[string][]synonym{}}
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		left, right, ok := strings.Cut(line, "=")
		if !ok {
			return nil, fmt.Errorf("synonyms: line %d has no =", i+1)
		}
		var means [][]string
		for _, phrase := range strings.Split(right, ",") {
			if words := meaningful(splitWords(phrase)); len(words) > 0 {
				means = append(means, words)
			}
		}
		for _, phrase := range strings.Split(left, ",") {
			words := meaningful(splitWords(phrase))
			if len(words) == 0 || len(means) == 0 {
				return nil, fmt.Errorf("synonyms: line %d has an empty side", i+1)
			}
			said := make([]string, 0, len(words))
			for _, w := range words {
				said = append(said, stemGerman(w))
			}
			s.byFirst[said[0]] = append(s.byFirst[said[0]], synonym{said: said, means: means})
		}
	}
	return s, nil
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
