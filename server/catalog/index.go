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
	groups     map[string][]*document
	vocabulary vocabulary
	lexicon    *lexicon
	changes    int // since it was built
	sorted     []*document
	desks      sync.Pool // of *desk
	places     map[string][]namedPlace
	nearby     []namedPlace // of places, in order of their names
}

func newIndex(l *lexicon) *index {
	return &index{documents: map[uuid.UUID]*document{}, groups: map[string][]*document{}, vocabulary: newVocabulary(), lexicon: l}
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
	d.number = int32(len(x.list))
	x.list = append(x.list, d)
	x.documents[d.id] = d
	x.groups[d.group()] = append(x.groups[d.group()], d)
}

func (x *index) forget(id uuid.UUID) {
	d := x.documents[id]
	if d == nil {
		return
	}
	delete(x.documents, id)
	x.list[d.number] = nil
	group := slices.DeleteFunc(x.groups[d.group()], func(other *document) bool { return other == d })
	if len(group) == 0 {
		delete(x.groups, d.group())
	} else {
		x.groups[d.group()] = group
	}
	for t := range d.named() {
		t.frequency--
	}
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
