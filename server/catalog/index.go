package catalog

import (
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"
)

// index holds all services in memory, for one generation: the words lead to candidates, documents rank and group them. It takes
// changes; each leaves something behind, so after many of them a new one should be built.
type index struct {
	mu         sync.RWMutex
	list       []*document // by number; nil where a service has gone
	documents  map[uuid.UUID]*document
	groups     map[string]*kin     // by LeiKa key
	spreads    map[string]*spread  // by how they are stated
	units      []uuid.UUID         // that services name by their place here; the first is none
	unitsAt    map[uuid.UUID]int32 // their places
	lists      map[string][]string // of audiences and categories
	brevity    []float32           // by number: the less text, the more a word in it tells; 1 at most, 0 where a service has gone
	places     map[string][]namedPlace
	nearby     []namedPlace // of places, in order of their names
	vocabulary vocabulary
	lexicon    *lexicon
	changes    int // since it was built
	sorted     []*document
	desks      sync.Pool // of *desk
}

func newIndex(l *lexicon) *index {
	return &index{
		documents: map[uuid.UUID]*document{}, groups: map[string]*kin{}, spreads: map[string]*spread{}, lists: map[string][]string{},
		units: make([]uuid.UUID, 1), unitsAt: map[uuid.UUID]int32{}, vocabulary: newVocabulary(), lexicon: l,
	}
}

// replace takes in services, and drops those whose ids are in gone.
func (x *index) replace(rows []serviceRow, gone []uuid.UUID) error {
	batch, err := readRows(rows)
	if err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, id := range gone {
		x.forget(id)
	}
	w := newWriter(x)
	for _, f := range batch {
		w.write(f)
	}
	x.finish()
	x.changes++
	return nil
}

// finish makes what was written findable.
func (x *index) finish() {
	x.vocabulary.order()
	x.sorted = nil
}

func (x *index) keep(d *document) {
	d.number, d.alone[0] = int32(len(x.list)), d
	x.list, x.brevity = append(x.list, d), append(x.brevity, 0)
	x.documents[d.id] = d
	if d.leikaKey == "" {
		return
	}
	if d.kin = x.groups[d.leikaKey]; d.kin == nil {
		d.kin = &kin{list: d.alone[:]}
		x.groups[d.leikaKey] = d.kin
		return
	}
	d.kin.list = append(d.kin.list[:len(d.kin.list):len(d.kin.list)], d)
}

// kin are the services with the same LeiKa key.
type kin struct{ list []*document }

// kin gives the same service at all portals: those with the same LeiKa key, else the service alone.
func (x *index) kin(d *document) []*document {
	if d.kin == nil {
		return d.alone[:]
	}
	return d.kin.list
}

func (x *index) forget(id uuid.UUID) {
	d := x.documents[id]
	if d == nil {
		return
	}
	delete(x.documents, id)
	x.list[d.number], x.brevity[d.number] = nil, 0
	if d.kin != nil {
		var others []*document // a new list: each alone has its own
		for _, other := range d.kin.list {
			if other != d {
				others = append(others, other)
			}
		}
		if d.kin.list = others; len(others) == 0 {
			delete(x.groups, d.leikaKey)
		}
	}
	for n := range x.named(d) {
		x.vocabulary.terms[n].frequency--
	}
}

// named gives the numbers of the terms of title and synonyms, with the parts of compounds, and how much each tells: the more, the
// fewer stand beside it in its phrase.
func (x *index) named(d *document) map[int32]float32 {
	tells := map[int32]float32{}
	for i := range d.phrases {
		p := &d.phrases[i]
		for _, word := range d.wordsOf(p) {
			alone := aloneTells + (1-aloneTells)*word.weight/p.weight
			tells[word.stem] = max(tells[word.stem], alone)
			for _, part := range x.vocabulary.partsOf(word) {
				tells[part] = max(tells[part], partTells*alone)
			}
		}
	}
	return tells
}

// weight says how much a term tells: the fewer services are named by it, the more.
func (x *index) weight(t term) float64 { return x.rarity(t.frequency) }

func (x *index) rarity(services int) float64 {
	return math.Log(1 + (float64(len(x.documents))+1)/(float64(services)+0.5))
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
