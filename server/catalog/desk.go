package catalog

import (
	"slices"
	"strings"
)

const (
	toldTells   = 0.5 // of a word in a longer text, beside one in a title
	toldAtLeast = 0.2 // of that, however long the text is
	partFound   = 0.5 // of a part of a compound that a service is named by
	toldAnyway  = 50  // services may have a word however few there are; words that more than an eighth have say nothing
)

// desk is where a question is answered: room for what fits its words, and for the candidates. It is used again and again, as
// it is as large as the index, and so that answering leaves next to nothing to be collected.
type desk struct {
	rowOf   []int32   // of each term: its row, 0 if no needle fits it
	rows    []row     // of terms that needles fit; the first is none
	fits    []fitting // those of a row stand together
	found   []found   // those of a needle stand together, in the order of the needles' numbers
	from    []int32   // where those of each needle begin in found
	mark    []int32   // of each term: where it stands in found for the needle that is looked for, plus one
	score   []float32 // of each service
	touched []int32   // services with a score
	best    ranking
	near    []int8 // of each spread: whether it is near; 0 where that is not known yet
	asked   []int32

	// how well a service meets each needle and part of one, by number
	quality []float64
	where   []int16 // by which word of a phrase; -1: none
	met     []int32 // numbers that a phrase meets

	// for ranking, by needle or by variant
	anywhere, inPhrase, phrases, inTitle []float64
	at                                   []int16
}

// row is a term that needles fit.
type row struct {
	term     term
	from, to int32   // in fits
	tells    float64 // how much it tells that a service is named by it
	now      float64 // as far as one needle goes
}

// fitting says how well a needle, or a part of one, fits the term of a row, from 0 to 1.
type fitting struct {
	number  int32
	quality float64
}

// found is a term that a needle fits.
type found struct {
	term    term
	quality float64
}

// sit gives a desk that is as large as the index is now.
func (x *index) sit() *desk {
	d, ok := x.desks.Get().(*desk)
	if !ok {
		d = &desk{rows: make([]row, 1, 64)}
	}
	d.rowOf = grown(d.rowOf, len(x.vocabulary.terms))
	d.mark = grown(d.mark, len(x.vocabulary.terms))
	d.score = grown(d.score, len(x.list))
	d.near = grown(d.near, len(x.spreads))
	return d
}

// leave clears the desk for the next question.
func (x *index) leave(d *desk) {
	for _, r := range d.rows[1:] {
		d.rowOf[r.term.number] = 0
	}
	d.clearScores()
	d.clearNear()
	clear(d.rows) // terms
	clear(d.found)
	d.rows, d.fits, d.found, d.from = d.rows[:1], d.fits[:0], d.found[:0], d.from[:0]
	x.desks.Put(d)
}

func (d *desk) clearScores() {
	for _, n := range d.touched {
		d.score[n] = 0
	}
	d.touched = d.touched[:0]
}

func (d *desk) clearNear() {
	for _, n := range d.asked {
		d.near[n] = 0
	}
	d.asked = d.asked[:0]
}

// grown gives a slice of at least n elements; new ones are zero.
func grown[T any](s []T, n int) []T {
	if n <= len(s) {
		return s
	}
	return append(s, make([]T, n-len(s)+n/8)...)
}

// fit notes how well the needle that is looked for fits a term.
func (d *desk) fit(t term, quality float64) {
	if at := d.mark[t.number]; at != 0 {
		d.found[at-1].quality = max(d.found[at-1].quality, quality)
		return
	}
	d.found = append(d.found, found{t, quality})
	d.mark[t.number] = int32(len(d.found))
}

// fits says how well a needle fits a term, from 0 to 1.
func (q *question) fits(number int32, needle int) float64 {
	r := &q.desk.rows[q.desk.rowOf[number]]
	for _, f := range q.desk.fits[r.from:r.to] {
		if int(f.number) == needle {
			return f.quality
		}
	}
	return 0
}

// look finds out which terms the needles fit, and how well.
func (q *question) look(x *index, d *desk) {
	q.desk = d
	for i := range q.needles {
		q.lookFor(x, &q.needles[i])
		for j := range q.needles[i].parts {
			q.lookFor(x, &q.needles[i].parts[j])
		}
	}
	d.from = append(d.from, int32(len(d.found)))
	d.arrange()
	d.quality, d.where = grown(d.quality, q.width), grown(d.where, q.width)
	d.anywhere, d.inPhrase, d.at = grown(d.anywhere, len(q.needles)), grown(d.inPhrase, len(q.needles)), grown(d.at, len(q.needles))
	d.phrases, d.inTitle = grown(d.phrases, len(q.variants)), grown(d.inTitle, len(q.variants))
	for n := range q.width {
		d.quality[n], d.where[n] = 0, -1
	}
	for n := range q.needles {
		d.inPhrase[n], d.at[n] = 0, -1
	}
	d.met = d.met[:0]
}

// arrange puts what fits into rows.
func (d *desk) arrange() {
	for _, f := range d.found {
		at := d.rowOf[f.term.number]
		if at == 0 {
			at = int32(len(d.rows))
			d.rows = append(d.rows, row{term: f.term})
			d.rowOf[f.term.number] = at
		}
		d.rows[at].to++
	}
	next := int32(0)
	for i := range d.rows {
		count := d.rows[i].to
		d.rows[i].from, d.rows[i].to = next, next
		next += count
	}
	d.fits = slices.Grow(d.fits, len(d.found))[:len(d.found)]
	for n := range d.from[1:] {
		for _, f := range d.foundBy(n) {
			r := &d.rows[d.rowOf[f.term.number]]
			d.fits[r.to] = fitting{int32(n), f.quality}
			r.to++
		}
	}
}

// foundBy gives what the needle with a number fits.
func (d *desk) foundBy(number int) []found { return d.found[d.from[number]:d.from[number+1]] }

func (q *question) lookFor(x *index, n *needle) {
	v, d := &x.vocabulary, q.desk
	d.from = append(d.from, int32(len(d.found)))
	if slips := n.slips(); slips > 0 {
		for _, own := range n.stems {
			for t, differs := range v.alike(own, slips) {
				d.fit(t, 0.95-0.2*float64(differs))
			}
		}
	}
	begin := n.stems[0]
	quality := func(t term) float64 {
		if n.beginning {
			return 0.9
		}
		return 0.5 + 0.3*float64(len(begin))/float64(len(t.text))
	}
	if len(begin) >= 3 || n.beginning {
		for t := range v.beginning(begin) {
			d.fit(t, quality(t))
		}
	}
	if n.beginning && !strings.HasPrefix(n.text, begin) {
		for t := range v.beginning(n.text) {
			d.fit(t, quality(t))
		}
	}
	for _, stem := range n.stems {
		if t := v.byText[stem]; t != nil {
			d.fit(t, 1)
		}
	}
	for _, f := range d.found[d.from[n.number]:] {
		d.mark[f.term.number] = 0
	}
}

// candidates gives the services that rank orders: those whose titles and synonyms have most of the words, or something like
// them; of all, and of those that are near.
func (q *question) candidates(x *index, near *neighbourhood) []*document {
	d := q.desk
	typed := q.variants[0].words
	for i := range q.needles {
		q.tell(&q.needles[i], slices.Contains(typed, i))
	}
	for _, r := range d.rows {
		if r.tells > 0 {
			d.add(r.term.named, float32(r.tells))
		}
	}
	for _, i := range typed {
		for _, t := range q.needles[i].terms {
			if len(t.told) < len(x.list)/8+toldAnyway {
				d.addTold(x, t.told, float32(toldTells*x.rarity(len(t.told))))
			}
		}
	}
	best := d.top(x, nil, candidates)
	if near == nil || len(best) < candidates || near.hasAmong(d, best) {
		return best
	}
	for _, n := range d.top(x, near, nearCandidates) {
		if !slices.Contains(best, n) {
			best = append(best, n)
		}
	}
	return best
}

// tell adds to each term's row how much the term tells if the needle is meant.
func (q *question) tell(n *needle, typed bool) {
	d := q.desk
	for _, f := range d.foundBy(n.number) {
		if f.quality == 1 || typed { // what a synonym stands for must be there as it is
			d.rows[d.rowOf[f.term.number]].now = f.quality
		}
	}
	for j := range n.parts {
		for _, f := range d.foundBy(n.parts[j].number) {
			if r := &d.rows[d.rowOf[f.term.number]]; f.quality == 1 {
				r.now = max(r.now, partFound)
			}
		}
	}
	to := n.number
	if len(n.parts) > 0 {
		to = n.parts[len(n.parts)-1].number // after the needle's own
	}
	for _, f := range d.found[d.from[n.number]:d.from[to+1]] {
		r := &d.rows[d.rowOf[f.term.number]]
		r.tells += n.weight * r.now
		r.now = 0
	}
}

func (d *desk) add(postings []posting, weight float32) {
	for _, p := range postings {
		if d.score[p.document] == 0 {
			d.touched = append(d.touched, p.document)
		}
		d.score[p.document] += weight * p.weight
	}
}

// addTold adds those whose longer texts have a word: the more, the shorter they are.
func (d *desk) addTold(x *index, told []int32, weight float32) {
	for _, n := range told {
		brevity := x.brevity[n]
		if brevity == 0 {
			continue
		}
		if d.score[n] == 0 {
			d.touched = append(d.touched, n)
		}
		d.score[n] += weight * (toldAtLeast + brevity)
	}
}

// neighbourhood says which services are done at some places, or in a part of them.
type neighbourhood struct {
	at   []area
	keep func(*document) bool // of those, only such
}

// What is known of a spread.
const (
	isNear = 1
	isFar  = -1
)

// has says whether a service is near. Which spreads are, it looks up once for each question.
func (n *neighbourhood) has(d *desk, document *document) bool {
	known := &d.near[document.spread.number]
	if *known == 0 {
		*known = isFar
		if document.isAround(n.at) {
			*known = isNear
		}
		d.asked = append(d.asked, document.spread.number)
	}
	return *known == isNear && n.keep(document)
}

// hasAmong says whether enough services of a list are near.
func (n *neighbourhood) hasAmong(d *desk, list []*document) bool {
	count := 0
	for _, document := range list {
		if n.has(d, document) {
			if count++; count == nearCandidates {
				return true
			}
		}
	}
	return false
}

// top gives so many services with the highest scores, best first; only those that are near, unless near is nil.
func (d *desk) top(x *index, near *neighbourhood, most int) []*document {
	d.best.begin(most)
	for _, n := range d.touched {
		score := d.score[n]
		if score < d.best.least || x.brevity[n] == 0 || near != nil && !near.has(d, x.list[n]) {
			continue
		}
		d.best.offer(ranked{score, n})
	}
	documents := make([]*document, 0, most+nearCandidates)
	for _, r := range d.best.inOrder() {
		documents = append(documents, x.list[r.number])
	}
	return documents
}

// ranked is a service with its score.
type ranked struct {
	score  float32
	number int32
}

// below says whether it stands behind another one: with a lower score, or taken in later.
func (r ranked) below(other ranked) bool {
	return r.score < other.score || r.score == other.score && r.number > other.number
}

// ranking keeps the best of those that are offered: a heap with the worst of them at the top.
type ranking struct {
	list  []ranked
	most  int
	least float32 // what has a lower score is not among them
}

func (r *ranking) begin(most int) { r.list, r.most, r.least = r.list[:0], most, 0 }

func (r *ranking) offer(one ranked) {
	if len(r.list) < r.most {
		r.list = append(r.list, one)
		for at := len(r.list) - 1; at > 0; {
			above := (at - 1) / 2
			if !r.list[at].below(r.list[above]) {
				break
			}
			r.list[at], r.list[above] = r.list[above], r.list[at]
			at = above
		}
	} else {
		if !r.list[0].below(one) {
			return
		}
		r.list[0] = one
		r.sink(0)
	}
	if len(r.list) == r.most {
		r.least = r.list[0].score
	}
}

func (r *ranking) sink(at int) {
	for {
		worst, left := at, 2*at+1
		for _, below := range [2]int{left, left + 1} {
			if below < len(r.list) && r.list[below].below(r.list[worst]) {
				worst = below
			}
		}
		if worst == at {
			return
		}
		r.list[at], r.list[worst] = r.list[worst], r.list[at]
		at = worst
	}
}

// inOrder gives them, best first. Nothing can be offered after that.
func (r *ranking) inOrder() []ranked {
	slices.SortFunc(r.list, func(a, b ranked) int {
		if a.below(b) {
			return 1
		}
		return -1
	})
	return r.list
}
