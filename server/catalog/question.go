package catalog

import (
	"math"
	"slices"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search/query"
)

const (
	maxVariants   = 16 // of a query, by synonyms
	maxAlike      = 20 // words that differ by typing errors
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
	quality   map[term]float64
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
		q.needles = append(q.needles, x.needle(word, beginning))
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

func (x *index) needle(word string, beginning bool) needle {
	n := x.simpleNeedle(word)
	n.beginning = beginning
	for _, part := range x.lexicon.parts(word) {
		n.parts = append(n.parts, x.simpleNeedle(part))
	}
	if saysLittle(word) {
		n.weight *= littleWeight
	}
	return n
}

func (x *index) simpleNeedle(word string) needle {
	n := needle{text: surface(word), stems: stems(word, ""), quality: map[term]float64{}}
	rarest := math.Inf(1)
	for _, stem := range n.stems {
		if t := x.terms[stem]; t != nil && x.frequency[t] > 0 {
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

// candidateQuery asks bleve for all services that have one of the words, or something like it, somewhere.
func (x *index) candidateQuery(asked *question) query.Query {
	q := bleve.NewDisjunctionQuery()
	seen := map[string]bool{}
	add := func(field, word string, boost float64) {
		if !seen[field+word] {
			seen[field+word] = true
			t := bleve.NewTermQuery(word)
			t.SetField(field)
			t.SetBoost(boost)
			q.AddQuery(t)
		}
	}
	typed := asked.variants[0].words
	for i := range asked.needles {
		n := &asked.needles[i]
		for _, stem := range n.stems {
			add(fieldTitle, stem, 6)
			add(fieldSynonyms, stem, 5)
			add(fieldParts, stem, 4)
			add(fieldTeaser, stem, 1)
			add(fieldBody, stem, 0.5)
		}
		for _, part := range n.parts {
			for _, stem := range part.stems {
				add(fieldTitle, stem, 3)
				add(fieldSynonyms, stem, 2.5)
				add(fieldParts, stem, 2)
			}
		}
		if !slices.Contains(typed, i) {
			continue
		}
		for _, t := range x.alike(n) {
			add(fieldTitle, *t, 2)
			add(fieldSynonyms, *t, 2)
			add(fieldParts, *t, 2)
		}
		if n.beginning || !n.known {
			addLonger(q, n)
		}
	}
	return q
}

// bodyQuery asks bleve for the services that have all words of the query as typed somewhere in their texts.
func bodyQuery(asked *question) query.Query {
	all := bleve.NewConjunctionQuery()
	for _, i := range asked.variants[0].words {
		word := bleve.NewDisjunctionQuery()
		for _, stem := range asked.needles[i].stems {
			for _, field := range []string{fieldTitle, fieldSynonyms, fieldParts, fieldTeaser, fieldBody} {
				t := bleve.NewTermQuery(stem)
				t.SetField(field)
				word.AddQuery(t)
			}
		}
		all.AddQuery(word)
	}
	return all
}

// alike gives words that differ from an unknown one by typing errors. The first letter must be right.
func (x *index) alike(n *needle) []term {
	slips := n.slips()
	if slips == 0 {
		return nil
	}
	var found []term
	for _, own := range n.stems {
		for _, t := range x.byLetter[own[0]] {
			if distance(own, *t, slips) <= slips {
				found = append(found, t)
				if len(found) == maxAlike {
					return found
				}
			}
		}
	}
	return found
}

// addLonger adds words that go on from this one.
func addLonger(q *query.DisjunctionQuery, n *needle) {
	begin := n.stems[0]
	if n.beginning && len(n.text) < len(begin) {
		begin = n.text
	}
	if len(begin) < 3 && !n.beginning {
		return
	}
	for _, field := range []string{fieldTitle, fieldSynonyms, fieldParts} {
		p := bleve.NewPrefixQuery(begin)
		p.SetField(field)
		p.SetBoost(2)
		q.AddQuery(p)
	}
}
