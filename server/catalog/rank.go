package catalog

import (
	"slices"
	"strings"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search/query"
	"github.com/google/uuid"
)

const (
	candidates    = 200  // that bleve finds and rank orders
	teaserQuality = 0.5  // of a word in the teaser; in a title it is 1
	neededQuality = 0.45 // of each word of a synonym
	textShare     = 0.06 // what bleve's own score may add
	textOnly      = 0.2  // at most, of a service that has the words in its longer texts only
	shownFrom     = 0.34 // of what a perfect match scores
	shownShare    = 0.45 // of what the best match scores
)

// matches says how well a term fits the word, from 0 to 1.
func (n *needle) matches(t term) float64 {
	if quality, ok := n.quality[t]; ok {
		return quality
	}
	quality := n.compare(*t)
	n.quality[t] = quality
	return quality
}

func (n *needle) compare(stem string) float64 {
	if slices.Contains(n.stems, stem) {
		return 1
	}
	best := 0.0
	if begin := n.stems[0]; len(begin) >= 3 && strings.HasPrefix(stem, begin) || n.beginning && strings.HasPrefix(stem, n.text) {
		best = 0.5 + 0.3*float64(len(begin))/float64(len(stem))
		if n.beginning {
			best = 0.9
		}
	}
	if slips := n.slips(); slips > 0 {
		for _, own := range n.stems {
			if d := distance(own, stem, slips); d <= slips {
				best = max(best, 0.95-0.2*float64(d))
			}
		}
	}
	return best
}

// in says how well the word is met in a phrase, and by which of its words.
func (n *needle) in(p phrase) (best float64, at int) {
	at = -1
	for i, w := range p.words {
		quality := n.matches(w.stem)
		for j, part := range w.parts {
			share := 0.62
			if j == len(w.parts)-1 {
				share = 0.72 // the last part says what it is
			}
			quality = max(quality, share*n.matches(part))
		}
		if quality > best {
			best, at = quality, i
		}
	}
	if best >= 0.8 || len(n.parts) == 0 {
		return best, at
	}
	sum, lowest := 0.0, 1.0
	for i := range n.parts {
		quality, where := n.parts[i].in(p)
		sum += quality
		lowest = min(lowest, quality)
		if where >= 0 && (at < 0 || i == len(n.parts)-1) {
			at = where
		}
	}
	together := 0.9 * sum / float64(len(n.parts))
	if lowest == 0 {
		together *= 0.6
	}
	return max(best, together), at
}

// score says how well a service answers a question, from 0 to 1: the best of its variants. Most counts how well one phrase
// (the title or a synonym) covers the query and the query the phrase, then how much of the query is met anywhere.
func (d *document) score(q *question) float64 {
	anywhere := make([]float64, len(q.needles))
	quality := make([]float64, len(q.needles))
	at := make([]int, len(q.needles))
	phrases := make([]float64, len(q.variants))
	for _, p := range d.phrases {
		for i := range q.needles {
			quality[i], at[i] = q.needles[i].in(p)
			anywhere[i] = max(anywhere[i], quality[i])
		}
		for i, v := range q.variants {
			phrases[i] = max(phrases[i], v.covers(q, p, quality, at))
		}
	}
	for i := range q.needles {
		if anywhere[i] < teaserQuality {
			for _, t := range d.teaser {
				anywhere[i] = max(anywhere[i], teaserQuality*q.needles[i].matches(t))
			}
		}
	}
	best := 0.0
	for i, v := range q.variants {
		if slices.ContainsFunc(v.needed, func(w int) bool { return anywhere[w] < neededQuality }) {
			continue
		}
		together := 0.0
		for _, w := range v.words {
			together += anywhere[w] * q.needles[w].weight
		}
		best = max(best, v.factor*(0.65*phrases[i]+0.35*together/v.weight))
	}
	return best
}

// covers says how well a phrase covers the variant and the variant the phrase.
func (v variant) covers(q *question, p phrase, quality []float64, at []int) float64 {
	covered := 0.0
	met, positions := uint64(0), 0
	for _, w := range v.words {
		covered += quality[w] * q.needles[w].weight
		if at[w] >= 0 && at[w] < 64 && met&(1<<at[w]) == 0 {
			met |= 1 << at[w]
			positions++
		}
	}
	share := 0.72 + 0.28*float64(positions)/float64(len(p.words))
	if !p.title {
		share *= 0.97
	}
	return covered / v.weight * share
}

// hit is a service that answers a query.
type hit struct {
	document *document
	score    float64
}

// find gives the services that answer a query, best first. The last word may be unfinished when typing is true. keep says
// which services may be shown at all.
func (x *index) find(q string, typing bool, s *synonyms, keep func(*document) bool) ([]hit, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	asked := x.ask(q, typing, s)
	if len(asked.variants) == 0 {
		return nil, nil
	}
	hits, err := x.search(x.candidateQuery(asked), keep, func(d *document, text float64) float64 { return d.score(asked) + textShare*text })
	if err != nil {
		return nil, err
	}
	if hits = relevant(hits); len(hits) > 0 {
		return hits, nil
	}
	// No title comes near it: then whatever has the words in its longer texts.
	return x.search(bodyQuery(asked), keep, func(_ *document, text float64) float64 { return textOnly * text })
}

// search asks bleve and ranks what it finds; text is bleve's own score, 1 for the best.
func (x *index) search(q query.Query, keep func(*document) bool, rank func(d *document, text float64) float64) ([]hit, error) {
	found, err := x.bleve.Search(bleve.NewSearchRequestOptions(q, candidates, 0, false))
	if err != nil {
		return nil, err
	}
	hits := make([]hit, 0, len(found.Hits))
	for _, h := range found.Hits {
		if d := x.documents[uuid.UUID([]byte(h.ID))]; d != nil && keep(d) {
			hits = append(hits, hit{d, rank(d, h.Score/found.MaxScore)})
		}
	}
	slices.SortStableFunc(hits, compareHits)
	return hits, nil
}

func compareHits(a, b hit) int {
	switch {
	case a.score > b.score:
		return -1
	case a.score < b.score:
		return 1
	}
	return strings.Compare(a.document.order, b.document.order)
}

// relevant cuts off what fits badly; all, if nothing fits well.
func relevant(hits []hit) []hit {
	if len(hits) == 0 {
		return hits
	}
	least := max(shownFrom, shownShare*hits[0].score)
	for i, h := range hits {
		if h.score < least {
			return hits[:i]
		}
	}
	return hits
}

// distance counts the slips (a letter missing, added, wrong, or two neighbours swapped) between two words; limit+1 if there are more
// than limit.
func distance(a, b string, limit int) int {
	x, y := []rune(a), []rune(b)
	if diff := len(x) - len(y); diff > limit || -diff > limit || len(x) == 0 || len(y) == 0 || x[0] != y[0] && limit < 2 && len(x) < 5 {
		return limit + 1
	}
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		smallest := i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			smallest = min(smallest, row[j])
		}
		if smallest > limit {
			return limit + 1
		}
		before, last, row = last, row, before
	}
	return last[len(y)]
}
