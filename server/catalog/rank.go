package catalog

import (
	"slices"
	"strings"
)

const (
	candidates     = 200  // that are found by their words, to be ranked
	nearCandidates = 60   // of those that are near, beside them
	teaserQuality  = 0.5  // of a word in the teaser; in a title it is 1
	neededQuality  = 0.45 // of each word of a synonym
	textQuality    = 0.4  // of a word in a longer text
	phraseShare    = 0.58 // of a score: how well one phrase covers the query and the query the phrase
	titleShare     = 0.12 // how well the title covers the query; the rest is how much is met anywhere
	textShare      = 0.06 // what the words' weights and the longer texts may add
	shownFrom      = 0.3  // of what a perfect match scores; of what the best does, for the first ones
	shownAnyway    = 0.12 // where nothing is better: all words in longer texts
	shownShare     = 0.45 // of what the best match scores
	shownAtLeast   = 5    // first ones, where they fit at all, however much better the best is
)

// in says how well the word is met in a phrase, and by which of its words.
func (n *needle) in(q *question, p phrase) (best float64, at int) {
	at = -1
	for i, w := range p.words {
		quality := q.fits(w.stem, n.number)
		for j, part := range w.parts {
			share := 0.62
			if j == len(w.parts)-1 {
				share = 0.72 // the last part says what it is
			}
			quality = max(quality, share*q.fits(part, n.number))
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
		quality, where := n.parts[i].in(q, p)
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
	d.weigh(q)
	best, _ := q.best()
	return best
}

// weigh notes on the desk how well a service meets each word, and each variant.
func (d *document) weigh(q *question) {
	anywhere, quality, at, phrases, inTitle := q.desk.anywhere, q.desk.best, q.desk.at, q.desk.phrases, q.desk.inTitle
	clear(anywhere)
	clear(phrases)
	clear(inTitle)
	for _, p := range d.phrases {
		if !q.meets(p) {
			continue
		}
		for i := range q.needles {
			quality[i], at[i] = q.needles[i].in(q, p)
			anywhere[i] = max(anywhere[i], quality[i])
		}
		for i, v := range q.variants {
			covered, share := v.covers(q, p, quality, at)
			phrases[i] = max(phrases[i], covered*share)
			if p.kind == phraseTitle {
				inTitle[i] = max(inTitle[i], covered)
			}
		}
	}
	for i := range q.needles {
		if anywhere[i] < teaserQuality {
			for _, t := range d.teaser {
				anywhere[i] = max(anywhere[i], teaserQuality*q.fits(t, q.needles[i].number))
			}
		}
	}
	for _, i := range q.variants[0].words {
		if anywhere[i] < textQuality && q.needles[i].toldOf(d) {
			anywhere[i] = textQuality
		}
	}
}

// best gives the score of the best variant after weigh, and which one that is; -1 if none fits.
func (q *question) best() (best float64, at int) {
	at = -1
	for i, v := range q.variants {
		if score := q.scoreOf(i, v); score > best {
			best, at = score, i
		}
	}
	return best, at
}

func (q *question) scoreOf(i int, v variant) float64 {
	anywhere := q.desk.anywhere
	if slices.ContainsFunc(v.needed, func(w int) bool { return anywhere[w] < neededQuality }) {
		return 0
	}
	together := 0.0
	for _, w := range v.words {
		together += anywhere[w] * q.needles[w].weight
	}
	return v.factor * (phraseShare*q.desk.phrases[i] + titleShare*q.desk.inTitle[i] + (1-phraseShare-titleShare)*together/v.weight)
}

// toldOf says whether a service has the word in its longer texts.
func (n *needle) toldOf(d *document) bool {
	return slices.ContainsFunc(n.terms, func(t term) bool {
		_, found := slices.BinarySearch(t.told, d.number)
		return found
	})
}

// meets says whether any needle fits any word of a phrase.
func (q *question) meets(p phrase) bool {
	for _, w := range p.words {
		if q.desk.rowOf[w.stem.number] != 0 {
			return true
		}
		for _, part := range w.parts {
			if q.desk.rowOf[part.number] != 0 {
				return true
			}
		}
	}
	return false
}

// covers says how much of the variant a phrase covers, and how much of the phrase the variant.
func (v variant) covers(q *question, p phrase, quality []float64, at []int) (covered, share float64) {
	met, positions := uint64(0), float32(0)
	for _, w := range v.words {
		covered += quality[w] * q.needles[w].weight
		if at[w] >= 0 && at[w] < 64 && met&(1<<at[w]) == 0 {
			met |= 1 << at[w]
			positions += p.words[at[w]].weight
		}
	}
	share = 0.72 + 0.28*float64(positions/p.weight)
	if p.kind != phraseTitle {
		share *= 0.97
	}
	return covered / v.weight, share
}

// hit is a service that answers a query.
type hit struct {
	document *document
	score    float64 // that it is ordered by
	match    float64 // how well it answers the words, wherever it is done
}

// find gives the services that answer a query, best first. The last word may be unfinished when typing is true. keep says
// which services may be shown at all.
func (x *index) find(q string, typing bool, s *synonyms, keep func(*document) bool) []hit {
	return relevant(x.ranked(q, typing, s, keep, nil))
}

// ranked gives also what fits badly. Those that are near are looked at even where many others have the same words.
func (x *index) ranked(q string, typing bool, s *synonyms, keep, near func(*document) bool) []hit {
	x.mu.RLock()
	defer x.mu.RUnlock()
	asked := x.ask(q, typing, s)
	if len(asked.variants) == 0 {
		return nil
	}
	desk := x.sit()
	defer x.leave(desk)
	asked.look(x, desk)
	return asked.rank(asked.candidates(x, near), keep)
}

// rank puts candidates in order: by how well they answer, and a little by how they were found.
func (q *question) rank(candidates []*document, keep func(*document) bool) []hit {
	hits := make([]hit, 0, len(candidates))
	for _, d := range candidates {
		if keep(d) {
			found := float64(q.desk.score[d.number] / q.desk.score[candidates[0].number])
			score := d.score(q) + textShare*found
			hits = append(hits, hit{d, score, score})
		}
	}
	slices.SortStableFunc(hits, compareHits)
	return hits
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

// relevant leaves out what fits badly, beside the best.
func relevant(hits []hit) []hit {
	if len(hits) == 0 {
		return hits
	}
	best := hits[0].score
	fits := max(shownAnyway, shownFrom*best)
	least := max(shownAnyway, min(shownFrom, 0.8*best), shownShare*best)
	kept := hits[:0]
	for _, h := range hits {
		if h.match >= least || h.match >= fits && len(kept) < shownAtLeast {
			kept = append(kept, h)
		}
	}
	return kept
}
