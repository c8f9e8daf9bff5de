package catalog

import (
	"math"
	"slices"
	"unicode/utf8"
)

const (
	maxVariants   = 16 // of a query, by synonyms
	littleWeight  = 0.25
	synonymFactor = 0.93
)

// needle is a word of a query.
type needle struct {
	text      string   // without umlauts, not stemmed
	stems     []string // German, English
	parts     []needle // of a compound
	weight    float64
	known     bool // some service has it in its title or synonyms
	beginning bool // may be the beginning of a word: still being typed
	number    int  // its place among all needles and parts of the question
}

// variant is a way to put a query: as typed, or with words replaced by what services call it.
type variant struct {
	words  []int // needles
	needed []int // of them, those that replace something: only all of them mean the same
	weight float64
	factor float64
}

// question is a query in all its variants. Variants share their words.
type question struct {
	needles  []needle
	variants []variant
	byWord   map[string]int
	width    int // needles, and parts of compounds among them
	desk     *desk
}

// ask takes a query apart. The last word may be unfinished when typing is true.
func (x *index) ask(q string, typing bool, s *synonyms) *question {
	words := splitWords(q)
	if len(words) > maxQueryWords {
		words = words[:maxQueryWords]
	}
	if said := meaningful(slices.Clone(words)); len(said) > 0 {
		words = said
	}
	asked := &question{byWord: map[string]int{}}
	if len(words) == 0 {
		return asked
	}
	for i, w := range words {
		asked.word(x, w, typing && i == len(words)-1)
	}
	stemmed := make([]string, 0, len(words))
	for _, w := range words {
		stemmed = append(stemmed, stemGerman(w))
	}
	asked.add(words, nil, 1)
	// First those with one replacement, then with more, so that the limit cuts off the boldest.
	for replacements := 1; replacements <= 2; replacements++ {
		asked.replace(x, s, words, stemmed, put{}, replacements, 1)
	}
	return asked
}

// put is the beginning of a variant: its words, and those of them that replace others.
type put struct{ words, needed []string }

// replace adds the variants in which exactly so many spans of words are replaced.
func (q *question) replace(x *index, s *synonyms, words, stemmed []string, before put, replacements int, factor float64) {
	if replacements == 0 {
		all := slices.Concat(before.words, words)
		for _, w := range all {
			q.word(x, w, false)
		}
		q.add(all, before.needed, factor)
		return
	}
	for i := range words {
		for _, found := range s.find(stemmed[i:]) {
			rest := i + len(found.said)
			for _, means := range found.means {
				if len(q.variants) >= maxVariants {
					return
				}
				next := put{slices.Concat(before.words, words[:i], means), slices.Concat(before.needed, means)}
				q.replace(x, s, words[rest:], stemmed[rest:], next, replacements-1, factor*synonymFactor)
			}
		}
	}
}

// word adds a word once.
func (q *question) word(x *index, word string, beginning bool) {
	if _, known := q.byWord[word]; !known {
		q.byWord[word] = len(q.needles)
		q.needles = append(q.needles, q.needle(x, word, beginning))
	}
}

func (q *question) add(words, needed []string, factor float64) {
	v := variant{factor: factor}
	for _, w := range words {
		if i := q.byWord[w]; !slices.Contains(v.words, i) {
			v.words = append(v.words, i)
			v.weight += q.needles[i].weight
		}
	}
	for _, w := range needed {
		v.needed = append(v.needed, q.byWord[w])
	}
	q.variants = append(q.variants, v)
}

func (q *question) needle(x *index, word string, beginning bool) needle {
	n := q.simpleNeedle(x, word)
	n.beginning = beginning
	for _, part := range x.lexicon.parts(word) {
		n.parts = append(n.parts, q.simpleNeedle(x, part))
	}
	if saysLittle(word) {
		n.weight *= littleWeight
	}
	return n
}

func (q *question) simpleNeedle(x *index, word string) needle {
	n := needle{text: surface(word), stems: stems(word, ""), number: q.width}
	q.width++
	rarest := math.Inf(1)
	for _, stem := range n.stems {
		if t := x.vocabulary.byText[stem]; t != nil && t.frequency > 0 {
			n.known = true
			rarest = min(rarest, x.weight(t))
		}
	}
	n.weight = rarest
	if !n.known {
		n.weight = math.Log(1 + 2*(float64(len(x.documents))+1)) // as one that no service has
	}
	return n
}

// slips is how many typing errors a word may have.
func (n *needle) slips() int {
	switch letters := utf8.RuneCountInString(n.stems[0]); {
	case n.known || letters < 4:
		return 0
	case letters < 8:
		return 1
	default:
		return 2
	}
}
