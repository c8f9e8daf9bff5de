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
	parts   map[string]phraseWord // with the parts of a word
	read    []string              // of the text that is looked at
	marks   *strings.Replacer     // in titles, see partsOfTitle
	whole   *compounds            // while all services are written; nil where some are taken in

	// what documents are made of, a few thousand at once
	documents arena[document]
	phrases   arena[phrase]
	words     arena[phraseWord]
	numbers   arena[int32]
}

func newWriter(x *index) *writer {
	return &writer{
		index: x, german: map[string]term{}, english: map[string]term{}, parts: map[string]phraseWord{},
		marks: strings.NewReplacer(" – ", "\n", " - ", "\n", " — ", "\n", "(", "\n", ")", "\n"),
	}
}

// write takes in a service, in place of its former state.
func (w *writer) write(f *wording) {
	x := w.index
	x.forget(f.row.ID)
	d := w.document(f)
	x.keep(d)
	if w.whole == nil {
		w.makeFindable(d)
	}
	w.tell(d, f)
}

// document makes what is kept of a service.
func (w *writer) document(f *wording) *document {
	d := &w.documents.take(1)[0]
	*d = document{
		id: f.row.ID, owner: w.index.once(f.row.Owner), leikaKey: f.row.LeikaKey, version: versionOf(f.row.Version), spread: w.index.spreadOf(f.row),
		audiences: w.index.listOnce(f.Audiences), categories: w.index.listOnce(f.Categories), shown: shownOf(f.Title, f.row.Lead, f.Synonyms), hasForms: f.hasForms(), valid: duringOf(f.Validity), unit: w.index.unitOf(f.row.Unit),
	}
	d.order = surface(strings.ToLower(f.Title["de"]))
	var named phrases
	for language, title := range f.Title {
		w.phrase(&named, title, language, phraseTitle)
		if parts := w.partsOfTitle(title); len(parts) > 1 {
			for _, part := range parts {
				w.phrase(&named, part, language, phrasePart)
			}
		}
		if d.order == "" {
			d.order = surface(strings.ToLower(title))
		}
	}
	for language, synonyms := range f.Synonyms {
		for _, s := range synonyms {
			w.phrase(&named, s, language, phraseSynonym)
		}
	}
	if f.row.LeikaKey != "" {
		named.add(phraseKey, 1, phraseWord{stem: w.index.vocabulary.intern(f.row.LeikaKey).number, weight: 1})
	}
	d.phrases, d.words = w.phrases.copied(named.list), w.words.copied(named.words)
	d.teaser = w.teaser(f)
	return d
}

// teaser gives the numbers of the stems in a service's teaser, each once.
func (w *writer) teaser(f *wording) []int32 {
	var list []int32
	for language, teaser := range f.Teaser {
		for _, word := range meaningful(splitWords(teaser)) {
			w.learn(word, language)
			if n := w.stem(word, language).number; !slices.Contains(list, n) {
				list = append(list, n)
			}
		}
	}
	return w.numbers.copied(list)
}

// partsOfTitle cuts a title at dashes and brackets (Parkausweis – Altstadt); nil if there are none.
func (w *writer) partsOfTitle(title string) []string {
	if !strings.ContainsAny(title, "–-—()") {
		return nil
	}
	return slices.DeleteFunc(strings.Split(w.marks.Replace(title), "\n"), func(part string) bool { return strings.TrimSpace(part) == "" })
}

// phrases are those of a document that is being made.
type phrases struct {
	list  []phrase
	words []phraseWord
}

func (n *phrases) add(kind phraseKind, weight float32, words ...phraseWord) {
	if from, to := len(n.words), len(n.words)+len(words); len(words) > 0 && to <= mostWords {
		n.list = append(n.list, phrase{kind: kind, from: uint16(from), to: uint16(to), weight: weight})
		n.words = append(n.words, words...)
	}
}

// phrase adds what a text says.
func (w *writer) phrase(to *phrases, text, language string, kind phraseKind) {
	var words []phraseWord
	var weight float32
	for _, word := range meaningful(splitWords(text)) {
		w.learn(word, language)
		var pw phraseWord
		if !strings.HasPrefix(language, "en") {
			pw = w.partsOf(word)
		}
		pw.stem, pw.weight = w.stem(word, language).number, 1
		if saysLittle(word) {
			pw.weight = littleWeight
		}
		weight += pw.weight
		words = append(words, pw)
	}
	to.add(kind, weight, words...)
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

// partsOf gives a word that has nothing yet but the parts of a compound.
func (w *writer) partsOf(word string) phraseWord {
	if w.whole != nil {
		return w.whole.later(word)
	}
	pw, ok := w.parts[word]
	if !ok {
		v := &w.index.vocabulary
		pw.parts = int32(len(v.parts))
		for _, part := range w.index.lexicon.parts(word) {
			v.parts = append(v.parts, v.intern(stemGerman(part)).number)
			pw.count++
		}
		w.parts[strings.Clone(word)] = pw
	}
	return pw
}

// makeFindable makes the service findable by its title and synonyms.
func (w *writer) makeFindable(d *document) {
	v := &w.index.vocabulary
	for n, weight := range w.index.named(d) {
		t := v.terms[n]
		t.named = append(t.named, posting{d.number, weight})
		t.frequency++
		v.say(t)
	}
	for _, n := range d.teaser {
		v.say(v.terms[n])
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
	for _, n := range d.teaser {
		tell(w.index.vocabulary.terms[n])
	}
	for _, texts := range f.texts() {
		for language, text := range texts {
			w.read = appendWords(w.read[:0], withoutTags(text))
			for _, word := range w.read {
				if !saysNothing(word) {
					tell(w.stem(word, language))
				}
			}
		}
	}
	w.index.brevity[d.number] = float32(1 / math.Sqrt(float64(told+1)))
}

// withoutTags gives the text of sanitised HTML.
func withoutTags(html string) string {
	if !strings.Contains(html, "<") {
		return html
	}
	var b strings.Builder
	b.Grow(len(html))
	for {
		text, tag, more := strings.Cut(html, "<")
		b.WriteString(text)
		if !more {
			return b.String()
		}
		b.WriteByte(' ')
		if _, html, more = strings.Cut(tag, ">"); !more {
			return b.String()
		}
	}
}
