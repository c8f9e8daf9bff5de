package catalog

import (
	"math"
	"strings"
)

// compounds are the words of an index that is built from nothing. They are taken apart when all services have been written, as a word of
// the last may be a part of one of the first.
type compounds struct {
	words   []string
	known   map[string]int32 // where a word stands among them
	foreign map[string]bool  // words of other languages, which are learned at the end
}

// notYet marks a word of a phrase whose parts are not known yet: it names its place among the compounds' words in place of them.
const notYet = math.MaxUint8

func (c *compounds) later(word string) phraseWord {
	at, ok := c.known[word]
	if !ok {
		at = int32(len(c.words))
		word = strings.Clone(word)
		c.words, c.known[word] = append(c.words, word), at
	}
	return phraseWord{parts: at, count: notYet}
}

// learn makes the lexicon know a word.
func (w *writer) learn(word, language string) {
	switch {
	case w.whole == nil || strings.HasPrefix(language, "de"):
		w.index.lexicon.learn(word)
	case !w.whole.foreign[word]:
		w.whole.foreign[strings.Clone(word)] = true
	}
}

// takeApart gives all words of all services their parts, and makes the services findable by them.
func (w *writer) takeApart() {
	c := w.whole
	w.whole = nil
	made := make([]phraseWord, len(c.words))
	for i, word := range c.words {
		made[i] = w.partsOf(word)
	}
	for word := range c.foreign {
		w.index.lexicon.learn(word)
	}
	for _, d := range w.index.list {
		for i := range d.words {
			if word := &d.words[i]; word.count == notYet {
				word.parts, word.count = made[word.parts].parts, made[word.parts].count
			}
		}
		w.makeFindable(d)
	}
}
