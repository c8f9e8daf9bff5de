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

// meet notes on the desk how well the words of a phrase meet each needle, and by which of them. It gives which needles they
// meet, as a set (see needleSet); empty if none.
func (q *question) meet(x *index, words []phraseWord) (met needleSet) {
	d := q.desk
	q.forgetPhrase()
	for i, w := range words {
		if r := d.rowOf[w.stem]; r != 0 {
			d.note(r, i, 1)
		}
		for j, part := range x.vocabulary.partsOf(w) {
			if r := d.rowOf[part]; r != 0 {
				share := 0.62
				if j == int(w.count)-1 {
					share = 0.72 // the last part says what it is
				}
				d.note(r, i, share)
			}
		}
	}
	for _, number := range d.met {
		i := q.needleOf[number]
		d.inPhrase[i], d.at[i] = q.needles[i].met(d)
		met |= setOf(i)
	}
	return met
}

// note notes how well a word of a phrase meets the needles that fit a term.
func (d *desk) note(at int32, word int, share float64) {
	r := &d.rows[at]
	for _, f := range d.fits[r.from:r.to] {
		if quality := share * f.quality; quality > d.quality[f.number] {
			if d.where[f.number] < 0 {
				d.met = append(d.met, f.number)
			}
			d.quality[f.number], d.where[f.number] = quality, int16(word)
		}
	}
}

// forgetPhrase takes off the desk what meet noted.
func (q *question) forgetPhrase() {
	d := q.desk
	for _, number := range d.met {
		i := q.needleOf[number]
		d.quality[number], d.where[number] = 0, -1
		d.inPhrase[i], d.at[i] = 0, -1
	}
	d.met = d.met[:0]
}

// met says how well the word is met in the phrase that is on the desk, and by which of its words: as a whole, or part by part.
func (n *needle) met(d *desk) (best float64, at int16) {
	best, at = d.quality[n.number], d.where[n.number]
	if best >= 0.8 || len(n.parts) == 0 {
		return best, at
	}
	sum, lowest := 0.0, 1.0
	for i := range n.parts {
		quality, where := d.quality[n.parts[i].number], d.where[n.parts[i].number]
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
func (d *document) score(q *question, x *index) float64 {
	d.weigh(q, x)
	best, _ := q.best()
	return best
}

// weigh notes on the desk how well a service meets each word, and each variant.
func (d *document) weigh(q *question, x *index) {
	desk := q.desk
	anywhere := desk.anywhere[:len(q.needles)]
	clear(anywhere)
	clear(desk.phrases)
	clear(desk.inTitle)
	for i := range d.phrases {
		p := &d.phrases[i]
		words := d.wordsOf(p)
		met := q.meet(x, words)
		if met == 0 {
			continue
		}
		for _, number := range desk.met {
			n := q.needleOf[number]
			anywhere[n] = max(anywhere[n], desk.inPhrase[n])
		}
		for i := range q.variants {
			if v := &q.variants[i]; v.set&met != 0 {
				covered, share := v.covers(q, p, words)
				desk.phrases[i] = max(desk.phrases[i], covered*share)
				if p.kind == phraseTitle {
					desk.inTitle[i] = max(desk.inTitle[i], covered)
				}
			}
		}
	}
	for _, t := range d.teaser {
		if r := desk.rowOf[t]; r != 0 {
			q.meetTeaser(&desk.rows[r])
		}
	}
	for _, i := range q.variants[0].words {
		if anywhere[i] < textQuality && q.needles[i].toldOf(d) {
			anywhere[i] = textQuality
		}
	}
}

// meetTeaser notes that a service has a term in its teaser.
func (q *question) meetTeaser(r *row) {
	for _, f := range q.desk.fits[r.from:r.to] {
		if i := q.needleOf[f.number]; q.needles[i].number == int(f.number) { // not a part of it
			q.desk.anywhere[i] = max(q.desk.anywhere[i], teaserQuality*f.quality)
		}
	}
}

// best gives the score of the best variant after weigh, and which one that is; -1 if none fits.
func (q *question) best() (best float64, at int) {
	at = -1
	for i := range q.variants {
		if score := q.scoreOf(i, &q.variants[i]); score > best {
			best, at = score, i
		}
	}
	return best, at
}

func (q *question) scoreOf(i int, v *variant) float64 {
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

// covers says how much of the variant the phrase that is on the desk covers, and how much of the phrase the variant.
func (v *variant) covers(q *question, p *phrase, words []phraseWord) (covered, share float64) {
	met, positions := uint64(0), float32(0)
	for _, w := range v.words {
		covered += q.desk.inPhrase[w] * q.needles[w].weight
		if at := q.desk.at[w]; at >= 0 && at < 64 && met&(1<<at) == 0 {
			met |= 1 << at
			positions += words[at].weight
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
	found    int     // as which it was found
}

// find gives the services that answer a query, best first. The last word may be unfinished when typing is true. keep says
// which services may be shown at all.
func (x *index) find(q string, typing bool, s *synonyms, keep func(*document) bool) []hit {
	hits := x.ranked(q, typing, s, keep, nil)
	slices.SortFunc(hits, compareHits)
	return relevant(hits)
}

// ranked gives also what fits badly, in no order. Those that are near are looked at even where many others have the same words.
func (x *index) ranked(q string, typing bool, s *synonyms, keep func(*document) bool, near *neighbourhood) []hit {
	x.mu.RLock()
	defer x.mu.RUnlock()
	asked := x.ask(q, typing, s)
	if len(asked.variants) == 0 {
		return nil
	}
	desk := x.sit()
	defer x.leave(desk)
	asked.look(x, desk)
	return asked.rank(x, asked.candidates(x, near), keep)
}

// rank scores candidates: by how well they answer, and a little by how they were found.
func (q *question) rank(x *index, candidates []*document, keep func(*document) bool) []hit {
	hits := make([]hit, 0, len(candidates))
	for i, d := range candidates {
		if keep(d) {
			found := float64(q.desk.score[d.number] / q.desk.score[candidates[0].number])
			score := d.score(q, x) + textShare*found
			hits = append(hits, hit{d, score, score, i})
		}
	}
	return hits
}

func compareHits(a, b hit) int {
	switch {
	case a.score > b.score:
		return -1
	case a.score < b.score:
		return 1
	}
	if c := strings.Compare(a.document.order, b.document.order); c != 0 {
		return c
	}
	return a.found - b.found
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
