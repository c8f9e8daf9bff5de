package catalog

import (
	"slices"
	"strings"
	"testing"
)

func TestBuild_PartOfACompoundComesOnlyWithTheLastService_TakenApartAnyway(t *testing.T) {
	t.Parallel()
	named := func(n int, title string) *wording {
		return &wording{row: serviceRow{ID: num(n)}, Title: map[string]string{"de": title}}
	}
	x := newIndex(newLexicon())
	w := newWriter(x)
	w.whole = &compounds{known: map[string]int32{}, foreign: map[string]bool{}}
	w.write(named(1, "Quittenkistenabgabe"))
	w.write(named(2, "Abgabe der Kiste"))
	w.write(named(3, "Quitten"))
	w.takeApart()
	x.finish()
	for i, word := range []string{"quitten", "kisten", "abgaben"} {
		hits := x.find(word, false, sayings(nil), func(*document) bool { return true })
		if !slices.ContainsFunc(hits, func(h hit) bool { return h.document.id == num(1) }) {
			t.Errorf("%d: %s does not lead to the compound: %v", i, word, hits)
		}
	}
	for _, d := range x.list {
		for _, word := range d.words {
			if word.count == notYet {
				t.Errorf("%s: a word has not been taken apart", d.order)
			}
		}
	}
	// Taken in one by one, once all words are known, it is the same.
	later := newWriter(x)
	later.write(named(4, "Quittenkistenabgabe"))
	first, again := x.documents[num(1)], x.documents[num(4)]
	for i := range first.words {
		if !slices.Equal(x.vocabulary.partsOf(first.words[i]), x.vocabulary.partsOf(again.words[i])) {
			t.Errorf("word %d: parts %v, then %v", i, x.vocabulary.partsOf(first.words[i]), x.vocabulary.partsOf(again.words[i]))
		}
	}
}

func TestLexicon_WordsThatMayBeNoParts_AreNone(t *testing.T) {
	t.Parallel()
	l := newLexicon()
	words := strings.Fields(`Uerdingen Ueberweisung Oeffnung Aenderung Steuerung Feuerwehr Straßenreinigung Größe Maße Quelle Neuerung Abenteuer Zeugnisse
		Genehmigungsverfahren Aufenthaltserlaubnis Heuernte Bäuerin Museumsführung Aerosol Poesie Ausweise Lebensbescheinigungen Личность`)
	for _, w := range words {
		for _, word := range splitWords(w) {
			l.learn(word)
		}
	}
	checked := 0
	for _, w := range append(words, strings.Fields(compoundText)...) {
		s := surface(strings.ToLower(w))
		for from := range len(s) {
			for to := from + 1; to <= len(s); to++ {
				part := s[from:to]
				if len(part) > minPart && l.stems[stemGerman(part)] {
					checked++
					if !l.mayBegin(part) {
						t.Errorf("%q in %q is left out", part, s)
					}
				}
			}
		}
	}
	if checked < 100 {
		t.Errorf("only %d parts were looked at", checked)
	}
}
