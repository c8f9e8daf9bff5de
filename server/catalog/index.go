package catalog

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/custom"
	"github.com/blevesearch/bleve/v2/analysis/tokenizer/whitespace"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/google/uuid"
)

// Fields of the full-text index. Their words are stemmed before bleve gets them.
const (
	fieldTitle    = "t"
	fieldSynonyms = "s"
	fieldParts    = "p" // of compounds in titles and synonyms
	fieldTeaser   = "x"
	fieldBody     = "b"
)

// term is a stem, kept once however often it is used.
type term = *string

// index holds all services in memory, for one generation: bleve finds candidates by their words, documents rank and group
// them. It takes changes; after many of them a new one should be built, as bleve does not tidy up in memory.
type index struct {
	mu        sync.RWMutex
	bleve     bleve.Index
	documents map[uuid.UUID]*document
	groups    map[string][]*document
	terms     map[string]term
	byLetter  map[byte][]term // by the first
	frequency map[term]int    // documents with the term in title, synonyms or their parts
	lexicon   *lexicon
	parts     map[string][]term // of words seen
	changes   int               // since it was built
	sorted    []*document
}

func newIndex(l *lexicon) (*index, error) {
	b, err := bleve.NewUsing("", textMapping(), scorch.Name, scorch.Name, nil)
	if err != nil {
		return nil, fmt.Errorf("make search index: %w", err)
	}
	return &index{
		bleve: b, documents: map[uuid.UUID]*document{}, groups: map[string][]*document{}, terms: map[string]term{},
		byLetter: map[byte][]term{}, parts: map[string][]term{}, frequency: map[term]int{}, lexicon: l,
	}, nil
}

// textMapping takes words as they come, separated by spaces, and stores nothing.
func textMapping() mapping.IndexMapping {
	const words = "words"
	m := bleve.NewIndexMapping()
	if err := m.AddCustomAnalyzer(words, map[string]any{"type": custom.Name, "tokenizer": whitespace.Name}); err != nil {
		panic(err) // both are built in
	}
	doc := bleve.NewDocumentStaticMapping()
	for _, name := range []string{fieldTitle, fieldSynonyms, fieldParts, fieldTeaser, fieldBody} {
		field := bleve.NewTextFieldMapping()
		field.Analyzer = words
		field.Store, field.IncludeInAll, field.IncludeTermVectors, field.DocValues = false, false, false, false
		doc.AddFieldMappingsAt(name, field)
	}
	m.DefaultMapping = doc
	m.DefaultAnalyzer = words
	m.StoreDynamic, m.DocValuesDynamic = false, false
	return m
}

func (x *index) close() {
	x.mu.Lock()
	defer x.mu.Unlock()
	_ = x.bleve.Close() // in memory: nothing can be lost
}

// intern gives the one copy of a stem.
func (x *index) intern(stem string) term {
	if t, ok := x.terms[stem]; ok {
		return t
	}
	t := &stem
	x.terms[stem] = t
	if stem != "" {
		x.byLetter[stem[0]] = append(x.byLetter[stem[0]], t)
	}
	return t
}

// replace takes in services, and drops those whose ids are in gone.
func (x *index) replace(rows []serviceRow, gone []uuid.UUID) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	batch := x.bleve.NewBatch()
	for _, id := range gone {
		if x.forget(id) {
			batch.Delete(string(id[:]))
		}
	}
	for _, row := range rows {
		e, err := row.service()
		if err != nil {
			return err
		}
		x.forget(row.ID)
		doc := x.document(row, e)
		if err := batch.Index(string(row.ID[:]), x.fields(doc, e)); err != nil {
			return fmt.Errorf("index service %s: %w", row.ID, err)
		}
		x.keep(doc)
	}
	x.changes++
	x.sorted = nil
	if err := x.bleve.Batch(batch); err != nil {
		return fmt.Errorf("index services: %w", err)
	}
	return nil
}

func (x *index) keep(d *document) {
	x.documents[d.id] = d
	x.groups[d.group()] = append(x.groups[d.group()], d)
	for t := range d.distinct() {
		x.frequency[t]++
	}
}

func (x *index) forget(id uuid.UUID) bool {
	d := x.documents[id]
	if d == nil {
		return false
	}
	delete(x.documents, id)
	group := slices.DeleteFunc(x.groups[d.group()], func(other *document) bool { return other == d })
	if len(group) == 0 {
		delete(x.groups, d.group())
	} else {
		x.groups[d.group()] = group
	}
	for t := range d.distinct() {
		if x.frequency[t]--; x.frequency[t] == 0 {
			delete(x.frequency, t)
		}
	}
	return true
}

// distinct gives the terms of title and synonyms, with the parts of compounds.
func (d *document) distinct() map[term]bool {
	terms := map[term]bool{}
	for _, p := range d.phrases {
		for _, w := range p.words {
			terms[w.stem] = true
			for _, part := range w.parts {
				terms[part] = true
			}
		}
	}
	return terms
}

// document makes what is kept of a service.
func (x *index) document(row serviceRow, e *ServiceEntry) *document {
	d := &document{
		id: row.ID, owner: row.Owner, leikaKey: row.LeikaKey, version: row.Version, claims: row.claims(),
		audiences: e.Audiences, categories: e.Categories,
	}
	d.order = surface(strings.ToLower(e.Title["de"]))
	for language, title := range e.Title {
		d.phrases = append(d.phrases, x.phrase(title, language, true))
		if d.order == "" {
			d.order = surface(strings.ToLower(title))
		}
	}
	for language, synonyms := range e.Synonyms {
		for _, s := range synonyms {
			d.phrases = append(d.phrases, x.phrase(s, language, false))
		}
	}
	if row.LeikaKey != "" {
		d.phrases = append(d.phrases, phrase{words: []phraseWord{{stem: x.intern(row.LeikaKey)}}})
	}
	d.phrases = slices.DeleteFunc(d.phrases, func(p phrase) bool { return len(p.words) == 0 })
	seen := map[term]bool{}
	for language, teaser := range e.Teaser {
		for _, w := range meaningful(splitWords(teaser)) {
			x.lexicon.learn(w)
			for _, stem := range stems(w, language) {
				if t := x.intern(stem); !seen[t] {
					seen[t] = true
					d.teaser = append(d.teaser, t)
				}
			}
		}
	}
	return d
}

func (x *index) phrase(text, language string, title bool) phrase {
	p := phrase{title: title}
	for _, w := range meaningful(splitWords(text)) {
		x.lexicon.learn(w)
		word := phraseWord{stem: x.intern(stems(w, language)[0])}
		if !strings.HasPrefix(language, "en") {
			word.parts = x.partsOf(w)
		}
		p.words = append(p.words, word)
	}
	return p
}

// partsOf gives the parts of a compound, taken apart once.
func (x *index) partsOf(word string) []term {
	parts, known := x.parts[word]
	if !known {
		for _, part := range x.lexicon.parts(word) {
			parts = append(parts, x.intern(stemGerman(part)))
		}
		x.parts[word] = parts
	}
	return parts
}

// fields gives bleve the words of a service.
func (x *index) fields(d *document, e *ServiceEntry) map[string]any {
	var title, synonyms, parts, teaser []string
	for _, p := range d.phrases {
		for _, w := range p.words {
			if p.title {
				title = append(title, *w.stem)
			} else {
				synonyms = append(synonyms, *w.stem)
			}
			for _, part := range w.parts {
				parts = append(parts, *part)
			}
		}
	}
	for _, t := range d.teaser {
		teaser = append(teaser, *t)
	}
	return map[string]any{
		fieldTitle: strings.Join(title, " "), fieldSynonyms: strings.Join(synonyms, " "), fieldParts: strings.Join(parts, " "),
		fieldTeaser: strings.Join(teaser, " "), fieldBody: strings.Join(bodyWords(e), " "),
	}
}

// bodyWords gives each stem of the longer texts once.
func bodyWords(e *ServiceEntry) []string {
	seen := map[string]bool{}
	var words []string
	add := func(text Text) {
		for language, value := range text {
			for _, w := range splitWords(withoutTags(value)) {
				if saysNothing(w) {
					continue
				}
				for _, stem := range stems(w, language) {
					if !seen[stem] {
						seen[stem] = true
						words = append(words, stem)
					}
				}
			}
		}
	}
	add(e.Description)
	add(e.Requirements)
	for _, d := range e.Documents {
		add(d.Title)
	}
	for _, l := range e.LegalBasis {
		add(l.Title)
	}
	return words
}

// withoutTags gives the text of sanitised HTML.
func withoutTags(html string) string {
	if !strings.Contains(html, "<") {
		return html
	}
	var b strings.Builder
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

// weight says how much a term tells: the fewer services have it, the more.
func (x *index) weight(t term) float64 {
	n := float64(len(x.documents))
	return math.Log(1 + (n+1)/(float64(x.frequency[t])+0.5))
}

// all gives the services that may be shown in alphabetical order, without a score.
func (x *index) all(keep func(*document) bool) []hit {
	var hits []hit
	for _, d := range x.inOrder() {
		if keep(d) {
			hits = append(hits, hit{document: d})
		}
	}
	return hits
}

// inOrder gives all services in alphabetical order of their German titles.
func (x *index) inOrder() []*document {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.sorted == nil {
		x.sorted = make([]*document, 0, len(x.documents))
		for _, d := range x.documents {
			x.sorted = append(x.sorted, d)
		}
		slices.SortFunc(x.sorted, func(a, b *document) int {
			if c := strings.Compare(a.order, b.order); c != 0 {
				return c
			}
			return strings.Compare(string(a.id[:]), string(b.id[:]))
		})
	}
	return x.sorted
}
