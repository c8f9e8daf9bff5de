package catalog

import (
	"iter"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"
)

// stem is a word without inflection, kept once however often it is used, with the services that have it.
type stem struct {
	text      string
	number    int32     // its place among all
	letters   uint64    // which letters it has: words with very different ones are not alike
	said      bool      // in a title, a synonym, a part of a compound, or a teaser
	named     []posting // by titles, synonyms and parts of compounds
	told      []int32   // numbers of services with it in their teaser or longer texts
	frequency int       // of named, without services that have gone
	last      int32     // of told
}

// term is a stem in the index.
type term = *stem

// posting is a service with a word, and how much the word tells about it.
type posting struct {
	document int32
	weight   float32
}

// vocabulary holds all stems. Those that are said are in alphabetical order once order has been called.
type vocabulary struct {
	byText map[string]term
	terms  []term  // by number
	parts  []int32 // of compounds, one after the other: numbers of terms
	said   []term
	fresh  []term // said since the last order
}

func newVocabulary() vocabulary { return vocabulary{byText: map[string]term{}} }

// intern gives the one copy of a stem.
func (v *vocabulary) intern(text string) term {
	if t, ok := v.byText[text]; ok {
		return t
	}
	t := &stem{text: strings.Clone(text), number: int32(len(v.terms)), letters: lettersOf(text), last: -1}
	v.byText[t.text] = t
	v.terms = append(v.terms, t)
	return t
}

// partsOf gives the numbers of the terms of a compound's parts.
func (v *vocabulary) partsOf(w phraseWord) []int32 { return v.parts[w.parts : w.parts+int32(w.count)] }

// say notes that the stem is in a title, a synonym or a teaser: only among such are beginnings and typing errors looked for.
func (v *vocabulary) say(t term) {
	if !t.said {
		t.said = true
		v.fresh = append(v.fresh, t)
	}
}

// order sorts in what has been said since the last time.
func (v *vocabulary) order() {
	if len(v.fresh) == 0 {
		return
	}
	v.said = append(v.said, v.fresh...)
	v.fresh = nil
	slices.SortFunc(v.said, func(a, b term) int { return strings.Compare(a.text, b.text) })
}

// beginning gives the stems that begin so.
func (v *vocabulary) beginning(with string) iter.Seq[term] {
	from, _ := slices.BinarySearchFunc(v.said, with, func(t term, text string) int { return strings.Compare(t.text, text) })
	length, _ := slices.BinarySearchFunc(v.said[from:], with, func(t term, text string) int {
		if strings.HasPrefix(t.text, text) {
			return -1
		}
		return 1
	})
	return slices.Values(v.said[from : from+length])
}

// alike gives the stems that differ by so many slips at most, and by how many. The first letter must be right.
func (v *vocabulary) alike(text string, slips int) iter.Seq2[term, int] {
	return func(yield func(term, int) bool) {
		if text == "" {
			return
		}
		letters := lettersOf(text)
		for t := range v.beginning(text[:1]) {
			// A slip changes two letters at most: one that goes, one that comes.
			if bits.OnesCount64(letters^t.letters) > 2*slips {
				continue
			}
			if d := distance(text, t.text, slips); d <= slips && !yield(t, d) {
				return
			}
		}
	}
}

// lettersOf gives a set of the bytes of a text, as far as 64 bits can tell them apart.
func lettersOf(text string) (set uint64) {
	for i := range len(text) {
		set |= 1 << (text[i] & 63)
	}
	return set
}

// distance counts the slips (a letter missing, added, wrong, or two neighbours swapped) between two words; limit+1 if there are more
// than limit.
func distance(a, b string, limit int) int {
	if isASCII(a) && isASCII(b) {
		return slips([]byte(a), []byte(b), limit)
	}
	return slips([]rune(a), []rune(b), limit)
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func slips[letter byte | rune](x, y []letter, limit int) int {
	if diff := len(x) - len(y); diff > limit || -diff > limit || len(x) == 0 || len(y) == 0 || max(len(x), len(y)) > maxWordLength {
		return limit + 1
	}
	var rows [3][maxWordLength + 1]uint8
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range len(y) + 1 {
		last[j] = uint8(j)
	}
	for i := 1; i <= len(x); i++ {
		row[0] = uint8(i)
		smallest := row[0]
		for j := 1; j <= len(y); j++ {
			cost := uint8(1)
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			smallest = min(smallest, row[j])
		}
		if int(smallest) > limit {
			return limit + 1
		}
		before, last, row = last, row, before
	}
	return int(last[len(y)])
}
