package catalog

import (
	"math"
	"slices"
	"unicode/utf8"
)

const (
	maxVariants   = 32   // of a query, by synonyms
	splitFactor   = 0.95 // of compounds of which a part is said otherwise
	littleWeight  = 0.25
	unknownShare  = 0.6  // of the weight of the rarest word
	synonymFactor = 0.93 // of words that no service has
	insteadFactor = 0.84 // of words that services have, too
)

// needle is a word of a query.
type needle struct {
	word      string   // as it was typed, in lower case
	text      string   // without umlauts, not stemmed
	stems     []string // German, English
	terms     []term   // those of the stems that some service has
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
	swaps  []swap
	set    needleSet
	weight float64
	factor float64
}

// needleSet is a set of needles, as far as 64 bits can tell them apart: where two sets have nothing in common, the needles have not.
type needleSet uint64

func setOf(needle int) needleSet { return 1 << (needle & 63) }

// swap is what people say, and what is looked for instead.
type swap struct{ said, means []string }

// question is a query in all its variants. Variants share their words.
type question struct {
	needles  []needle
	variants []variant
	byWord   map[string]int
	width    int   // needles, and parts of compounds among them
	needleOf []int // by number: the needle that has it, itself or as a part
	desk     *desk
}

// ask takes a query apart. The last word may be unfinished when typing is true.
func (x *index) ask(q string, typing bool, s *synonyms) *question {
	words := splitWords(q)
	if len(words) > maxQueryWords {
		words = words[:maxQueryWords]
	}
	all := words
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
	asked.add(put{words: words}, 1)
	stemmed := asked.stemmed(x, words, s)
	split, compound := asked.split(x, s, words, stemmed)
	// First those with one replacement, then with more, so that the limit cuts off the boldest.
	others := x.rewordings(all, words, s)
	for _, o := range others {
		asked.reword(x, o)
	}
	for replacements := 1; replacements <= 2; replacements++ {
		asked.replace(x, s, words, stemmed, put{}, replacements, 1)
		asked.replaceScattered(x, s, words, stemmed, replacements)
		if compound {
			splitStemmed := asked.stemmed(x, split, s)
			asked.replace(x, s, split, splitStemmed, put{}, replacements, splitFactor)
			asked.replaceScattered(x, s, split, splitStemmed, replacements)
		}
		for _, o := range others {
			formed := asked.stemmed(x, o.words, s)
			asked.replace(x, s, o.words, formed, put{}, replacements, o.factor)
			asked.replaceScattered(x, s, o.words, formed, replacements)
		}
	}
	return asked
}

// reword adds a query in other forms of its words.
func (q *question) reword(x *index, o rewording) {
	for _, w := range o.words {
		q.word(x, w, false)
	}
	q.add(put{words: o.words}, o.factor)
}

// replaceScattered adds the variants in which words are replaced that mean something together without standing together.
func (q *question) replaceScattered(x *index, s *synonyms, words, stemmed []string, replacements int) {
	found, rests := s.scattered(stemmed)
	for n, f := range found {
		var rest, restStemmed, said []string
		for i, w := range words {
			if slices.Contains(rests[n], i) {
				rest, restStemmed = append(rest, w), append(restStemmed, stemmed[i])
			} else {
				said = append(said, w)
			}
		}
		for _, means := range f.means {
			if len(q.variants) >= maxVariants {
				return
			}
			q.replace(x, s, rest, restStemmed, put{means, means, []swap{{said, means}}}, replacements-1, scatteredFactor*q.boldness(said))
		}
	}
}

// stemmed gives the words as people say them when they mistype nothing.
func (q *question) stemmed(x *index, words []string, s *synonyms) []string {
	list := make([]string, 0, len(words))
	for _, w := range words {
		stem := x.lexicon.of(w).german()
		if i, ok := q.byWord[w]; ok && !q.needles[i].known && !q.needles[i].beginning {
			stem = s.correct(stem)
		}
		list = append(list, stem)
	}
	return list
}

// split takes compounds apart for which nothing else is said (Autoabmeldung: Auto, Abmeldung), as something may be said for their parts.
func (q *question) split(x *index, s *synonyms, words, stemmed []string) (split []string, compound bool) {
	for i, w := range words {
		parts := x.lexicon.of(w).parts
		if len(parts) == 0 || len(s.find(stemmed[i:])) > 0 {
			split = append(split, w)
			continue
		}
		compound = true
		split = append(split, parts...)
		for _, part := range parts {
			q.word(x, part, false)
		}
	}
	return split, compound
}

// put is the beginning of a variant: its words, those of them that replace others, and what they replace.
type put struct {
	words, needed []string
	swaps         []swap
}

// replace adds the variants in which exactly so many spans of words are replaced.
func (q *question) replace(x *index, s *synonyms, words, stemmed []string, before put, replacements int, factor float64) {
	if replacements == 0 {
		all := slices.Concat(before.words, words)
		for _, w := range all {
			q.word(x, w, false)
		}
		q.add(put{all, before.needed, before.swaps}, factor)
		return
	}
	for i := range words {
		for _, found := range s.find(stemmed[i:]) {
			rest := i + len(found.said)
			for _, means := range found.means {
				if len(q.variants) >= maxVariants {
					return
				}
				next := put{
					slices.Concat(before.words, words[:i], means), slices.Concat(before.needed, means),
					append(slices.Clone(before.swaps), swap{words[i:rest], means}),
				}
				q.replace(x, s, words[rest:], stemmed[rest:], next, replacements-1, factor*q.boldness(words[i:rest]))
			}
		}
	}
}

// boldness is the factor for saying something else instead of some words.
func (q *question) boldness(words []string) float64 {
	for _, w := range words {
		if !q.needles[q.byWord[w]].known {
			return synonymFactor
		}
	}
	return insteadFactor
}

// word adds a word once.
func (q *question) word(x *index, word string, beginning bool) {
	if _, known := q.byWord[word]; !known {
		q.byWord[word] = len(q.needles)
		q.needles = append(q.needles, q.needle(x, word, beginning))
	}
}

func (q *question) add(p put, factor float64) {
	v := variant{factor: factor, swaps: p.swaps}
	for _, w := range p.words {
		if i := q.byWord[w]; !slices.Contains(v.words, i) {
			v.words = append(v.words, i)
			v.set |= setOf(i)
			v.weight += q.needles[i].weight
		}
	}
	for _, w := range p.needed {
		if saysLittle(w) {
			continue
		}
		v.needed = append(v.needed, q.byWord[w])
	}
	q.variants = append(q.variants, v)
}

func (q *question) needle(x *index, word string, beginning bool) needle {
	n := q.simpleNeedle(x, word)
	n.beginning = beginning
	for _, part := range x.lexicon.of(word).parts {
		n.parts = append(n.parts, q.simpleNeedle(x, part))
	}
	if saysLittle(word) {
		n.weight *= littleWeight
	}
	return n
}

func (q *question) simpleNeedle(x *index, word string) needle {
	known := x.lexicon.of(word)
	n := needle{word: word, text: known.surface, stems: known.stems, number: q.width}
	q.needleOf = append(q.needleOf, len(q.needles))
	q.width++
	rarest := math.Inf(1)
	for _, stem := range n.stems {
		t := x.vocabulary.byText[stem]
		if t == nil {
			continue
		}
		n.terms = append(n.terms, t)
		if t.frequency > 0 {
			n.known = true
			rarest = min(rarest, x.weight(t))
		}
	}
	n.weight = rarest
	if !n.known {
		n.weight = unknownShare * math.Log(1+2*(float64(len(x.documents))+1)) // no service has it
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
