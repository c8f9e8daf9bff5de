package catalog

import (
	"slices"
	"strings"
)

const (
	toldTells   = 0.5 // of a word in a longer text, beside one in a title
	toldAtLeast = 0.2 // of that, however long the text is
	toldAnyway  = 50  // services may have a word however few there are; words that more than an eighth have say nothing
)

// desk is where a question is answered: room for what fits its words, and for the candidates. It is used again and again, as
// it is as large as the index.
type desk struct {
	rowOf   []int32   // of each term: its row in quality, 0 if no needle fits it
	rows    []term    // those with a row
	quality []float64 // how well each needle fits: a row for each such term, a column for each needle
	score   []float32 // of each service
	touched []int32   // services with a score

	// for ranking
	anywhere, best, phrases, inTitle []float64
	at                               []int
}

// sit gives a desk that is as large as the index is now.
func (x *index) sit() *desk {
	d, ok := x.desks.Get().(*desk)
	if !ok {
		d = &desk{}
	}
	d.rowOf = grown(d.rowOf, len(x.vocabulary.byText))
	d.score = grown(d.score, len(x.list))
	return d
}

// leave clears the desk for the next question.
func (x *index) leave(d *desk) {
	for _, t := range d.rows {
		d.rowOf[t.number] = 0
	}
	d.clearScores()
	d.rows, d.quality = d.rows[:0], d.quality[:0]
	x.desks.Put(d)
}

func (d *desk) clearScores() {
	for _, n := range d.touched {
		d.score[n] = 0
	}
	d.touched = d.touched[:0]
}

// grown gives a slice of at least n elements; new ones are zero.
func grown[T any](s []T, n int) []T {
	if n <= len(s) {
		return s
	}
	return append(s, make([]T, n-len(s)+n/8)...)
}

// fit notes how well a needle fits a term.
func (d *desk) fit(q *question, t term, needle int, quality float64) {
	row := d.rowOf[t.number]
	if row == 0 {
		d.rows = append(d.rows, t)
		row = int32(len(d.rows))
		d.rowOf[t.number] = row
		from, to := len(d.quality), len(d.quality)+q.width
		d.quality = slices.Grow(d.quality, q.width)[:to]
		clear(d.quality[from:to])
	}
	at := int(row-1)*q.width + needle
	d.quality[at] = max(d.quality[at], quality)
}

// fits says how well a needle fits a term, from 0 to 1.
func (q *question) fits(t term, needle int) float64 {
	if row := q.desk.rowOf[t.number]; row != 0 {
		return q.desk.quality[int(row-1)*q.width+needle]
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
	d.anywhere, d.best, d.at = grown(d.anywhere, len(q.needles)), grown(d.best, len(q.needles)), grown(d.at, len(q.needles))
	d.phrases, d.inTitle = grown(d.phrases, len(q.variants)), grown(d.inTitle, len(q.variants))
}

func (q *question) lookFor(x *index, n *needle) {
	v := &x.vocabulary
	if slips := n.slips(); slips > 0 {
		for _, own := range n.stems {
			for t, d := range v.alike(own, slips) {
				q.desk.fit(q, t, n.number, 0.95-0.2*float64(d))
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
			q.desk.fit(q, t, n.number, quality(t))
		}
	}
	if n.beginning && !strings.HasPrefix(n.text, begin) {
		for t := range v.beginning(n.text) {
			q.desk.fit(q, t, n.number, quality(t))
		}
	}
	for _, stem := range n.stems {
		if t := v.byText[stem]; t != nil {
			q.desk.fit(q, t, n.number, 1)
		}
	}
}

// candidates gives the services that rank orders: those whose titles and synonyms have most of the words, or something like
// them; of all, and of those that are near.
func (q *question) candidates(x *index, near func(*document) bool) []*document {
	d := q.desk
	typed := q.variants[0].words
	for i := range q.needles {
		n := &q.needles[i]
		for _, t := range d.rows {
			quality := q.fits(t, n.number)
			if quality < 1 && !slices.Contains(typed, i) {
				quality = 0 // what a synonym stands for must be there as it is
			}
			for j := range n.parts {
				if part := q.fits(t, n.parts[j].number); part == 1 {
					quality = max(quality, 0.5)
				}
			}
			if quality > 0 {
				d.add(t.named, float32(n.weight*quality))
			}
		}
	}
	for _, i := range typed {
		for _, t := range q.needles[i].terms {
			if len(t.told) < len(x.list)/8+toldAnyway {
				d.addTold(x, t.told, float32(toldTells*x.rarity(len(t.told))))
			}
		}
	}
	found := d.top(x, func(*document) bool { return true }, candidates)
	if near == nil || len(found) < candidates || countUpTo(found, near, nearCandidates) == nearCandidates {
		return found
	}
	for _, n := range d.top(x, near, nearCandidates) {
		if !slices.Contains(found, n) {
			found = append(found, n)
		}
	}
	return found
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
		if x.list[n] == nil {
			continue
		}
		if d.score[n] == 0 {
			d.touched = append(d.touched, n)
		}
		d.score[n] += weight * (toldAtLeast + x.list[n].brevity)
	}
}

// countUpTo says how many of the documents are such, up to a number.
func countUpTo(list []*document, such func(*document) bool, most int) int {
	n := 0
	for _, d := range list {
		if such(d) {
			if n++; n == most {
				break
			}
		}
	}
	return n
}

// top gives so many services with the highest scores among those that may be taken, best first.
func (d *desk) top(x *index, take func(*document) bool, most int) []*document {
	best := make([]int32, 0, 2*most)
	least := float32(0)
	cut := func() {
		slices.SortFunc(best, func(a, b int32) int {
			switch {
			case d.score[a] > d.score[b]:
				return -1
			case d.score[a] < d.score[b]:
				return 1
			}
			return int(a - b)
		})
		if len(best) > most {
			best = best[:most]
			least = d.score[best[most-1]]
		}
	}
	for _, n := range d.touched {
		if d.score[n] <= least || x.list[n] == nil || !take(x.list[n]) {
			continue
		}
		if best = append(best, n); len(best) == cap(best) {
			cut()
		}
	}
	cut()
	documents := make([]*document, 0, len(best))
	for _, n := range best {
		documents = append(documents, x.list[n])
	}
	return documents
}
