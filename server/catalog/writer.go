package catalog

import (
	"math"
	"slices"
	"strings"
)

// How much a word tells about a service, beside one that is its whole title.
const (
	aloneTells = 0.5 // however many stand beside it
	partTells  = 0.7 // as a part of a compound
)

// writer puts services into an index. It remembers what words come to, as most of them come often.
type writer struct {
	index   *index
	german  map[string]term
	english map[string]term
	parts   map[string][]term
}

func newWriter(x *index) *writer {
	return &writer{index: x, german: map[string]term{}, english: map[string]term{}, parts: map[string][]term{}}
}

// write takes in a service, in place of its former state.
func (w *writer) write(f *wording) {
	x := w.index
	x.forget(f.row.ID)
	d := w.document(f)
	x.keep(d)
	w.name(d)
	w.tell(d, f)
}

// document makes what is kept of a service.
func (w *writer) document(f *wording) *document {
	d := &document{
		id: f.row.ID, owner: f.row.Owner, leikaKey: f.row.LeikaKey, version: f.row.Version,
		audiences: f.Audiences, categories: f.Categories, hasForms: f.hasForms(), valid: duringOf(f.Validity),
	}
	d.claims, d.online = f.row.claims()
	d.order = surface(strings.ToLower(f.Title["de"]))
	for language, title := range f.Title {
		d.phrases = append(d.phrases, w.phrase(title, language, phraseTitle))
		if parts := partsOfTitle(title); len(parts) > 1 {
			for _, part := range parts {
				d.phrases = append(d.phrases, w.phrase(part, language, phrasePart))
			}
		}
		if d.order == "" {
			d.order = surface(strings.ToLower(title))
		}
	}
	for language, synonyms := range f.Synonyms {
		for _, s := range synonyms {
			d.phrases = append(d.phrases, w.phrase(s, language, phraseSynonym))
		}
	}
	if f.row.LeikaKey != "" {
		d.phrases = append(d.phrases, phrase{kind: phraseKey, weight: 1, words: []phraseWord{{stem: w.index.vocabulary.intern(f.row.LeikaKey), weight: 1}}})
	}
	d.phrases = slices.DeleteFunc(d.phrases, func(p phrase) bool { return len(p.words) == 0 })
	seen := map[term]bool{}
	for language, teaser := range f.Teaser {
		for _, word := range meaningful(splitWords(teaser)) {
			w.index.lexicon.learn(word)
			if t := w.stem(word, language); !seen[t] {
				seen[t] = true
				d.teaser = append(d.teaser, t)
			}
		}
	}
	return d
}

// partsOfTitle cuts a title at dashes and brackets (Parkausweis – Altstadt).
func partsOfTitle(title string) []string {
	marks := strings.NewReplacer(" – ", "\n", " - ", "\n", " — ", "\n", "(", "\n", ")", "\n")
	return slices.DeleteFunc(strings.Split(marks.Replace(title), "\n"), func(part string) bool { return strings.TrimSpace(part) == "" })
}

func (w *writer) phrase(text, language string, kind phraseKind) phrase {
	p := phrase{kind: kind}
	for _, word := range meaningful(splitWords(text)) {
		w.index.lexicon.learn(word)
		pw := phraseWord{stem: w.stem(word, language), weight: 1}
		if saysLittle(word) {
			pw.weight = littleWeight
		}
		p.weight += pw.weight
		if !strings.HasPrefix(language, "en") {
			pw.parts = w.partsOf(word)
		}
		p.words = append(p.words, pw)
	}
	return p
}

// stem gives the stem of a word of a language.
func (w *writer) stem(word, language string) term {
	known := w.german
	switch {
	case strings.HasPrefix(language, "en"):
		known = w.english
	case !strings.HasPrefix(language, "de"):
		return w.index.vocabulary.intern(surface(word))
	}
	t, ok := known[word]
	if !ok {
		t = w.index.vocabulary.intern(stems(word, language)[0])
		known[strings.Clone(word)] = t
	}
	return t
}

func (w *writer) partsOf(word string) []term {
	parts, ok := w.parts[word]
	if !ok {
		for _, part := range w.index.lexicon.parts(word) {
			parts = append(parts, w.index.vocabulary.intern(stemGerman(part)))
		}
		w.parts[strings.Clone(word)] = parts
	}
	return parts
}

// name makes the service findable by its title and synonyms. A word tells the more, the fewer stand beside it in its phrase.
func (w *writer) name(d *document) {
	tells := map[term]float32{}
	for _, p := range d.phrases {
		for _, word := range p.words {
			alone := aloneTells + (1-aloneTells)*word.weight/p.weight
			tells[word.stem] = max(tells[word.stem], alone)
			for _, part := range word.parts {
				tells[part] = max(tells[part], partTells*alone)
			}
		}
	}
	for t, weight := range tells {
		t.named = append(t.named, posting{d.number, weight})
		t.frequency++
		w.index.vocabulary.say(t)
	}
	for _, t := range d.teaser {
		w.index.vocabulary.say(t)
	}
}

// tell makes the service findable by its longer texts.
func (w *writer) tell(d *document, f *wording) {
	told := 0
	tell := func(t term) {
		if t.last != d.number {
			t.last = d.number
			t.told = append(t.told, d.number)
			told++
		}
	}
	for _, t := range d.teaser {
		tell(t)
	}
	for _, texts := range f.texts() {
		for language, text := range texts {
			for _, word := range splitWords(withoutTags(text)) {
				if !saysNothing(word) {
					tell(w.stem(word, language))
				}
			}
		}
	}
	d.brevity = float32(1 / math.Sqrt(float64(told+1)))
}

// withoutTags gives the text of sanitised HTML.
func withoutTags(html string) string {
	if !strings.Contains(html, "<") {
		return html
	}
	var b strings.Builder
	b.Grow(len(html))
	inTag := false
	for _, r := range html {
		switch {
		case r == '<':
			inTag = true
			b.WriteByte(' ')
		case r == '>':
			inTag = false
		case !inTag:
			b.WriteRune(r)
		}
	}
	return b.String()
}
