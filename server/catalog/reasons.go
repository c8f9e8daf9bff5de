package catalog

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"portalverbund/api/types"
)

const maxSlips = 2 // of a word that is read as another

// judgement says how a service answers a question.
type judgement struct {
	score    float64  // before place and nearness
	variant  int      // that fits best; -1 if none does
	phrase   float64  // how well one phrase covers the variant and the variant the phrase
	inTitle  float64  // how well the title covers it
	together float64  // how much of it is met anywhere
	called   []string // the stems of the synonym that fits better than its title; nil if none does
}

// judge says how a service answers a question, in the same way as score.
func (d *document) judge(q *question, x *index) judgement {
	d.weigh(q, x)
	j := judgement{}
	if j.score, j.variant = q.best(); j.variant < 0 {
		return j
	}
	v := &q.variants[j.variant]
	j.phrase, j.inTitle = q.desk.phrases[j.variant], q.desk.inTitle[j.variant]
	for _, w := range v.words {
		j.together += q.desk.anywhere[w] * q.needles[w].weight / v.weight
	}
	best, title := 0.0, 0.0
	var called *phrase
	for i := range d.phrases {
		p := &d.phrases[i]
		words := d.wordsOf(p)
		if p.kind == phraseKey || q.meet(x, words)&v.set == 0 {
			continue
		}
		covered, share := v.covers(q, p, words)
		switch {
		case p.kind != phraseSynonym:
			title = max(title, covered)
		case covered*share > best:
			best, called = covered*share, p
		}
	}
	if best > title {
		for _, w := range d.wordsOf(called) {
			j.called = append(j.called, x.vocabulary.terms[w.stem].text)
		}
	}
	return j
}

// misread gives the words of the query that were read as others because nobody says them, with what they were read as.
func (d *document) misread(q *question, x *index) [][2]string {
	var list [][2]string
	for _, i := range q.variants[0].words {
		n := &q.needles[i]
		if n.known || n.beginning {
			continue
		}
		var read term
		best := 0.0
		for _, w := range d.words {
			for _, number := range append([]int32{w.stem}, x.vocabulary.partsOf(w)...) {
				t := x.vocabulary.terms[number]
				if quality := q.fits(number, n.number); quality > best && !slices.Contains(n.stems, t.text) && !strings.HasPrefix(t.text, n.stems[0]) {
					best, read = quality, t
				}
			}
		}
		if read == nil || best < neededQuality {
			continue
		}
		if spelt := x.lexicon.spelt[read.text]; spelt != "" {
			list = append(list, [2]string{n.word, spelt})
		}
	}
	return list
}

// reasonsFor says of services why they answer a query, by id. What the title tells by itself needs no reason.
func (s *Service) reasonsFor(ctx context.Context, f filter, list []listed) (map[uuid.UUID][]types.SearchReason, error) {
	reasons := make(map[uuid.UUID][]types.SearchReason, len(list))
	if strings.TrimSpace(f.query) == "" || len(list) == 0 {
		return reasons, nil
	}
	x, err := s.search.current(ctx)
	if err != nil {
		return nil, err
	}
	x.judged(f.query, s.search.words(), list, func(d *document, j judgement, q *question) {
		reasons[d.id] = x.wordReasons(f.query, d, j, q)
		if j.called != nil && len(reasons[d.id]) == 0 {
			if name := d.shown.nameOf(j.called); name != "" {
				reasons[d.id] = append(reasons[d.id], types.SearchReason{Kind: types.SearchReasonKindAlsoCalled, Matched: &name})
			}
		}
	})
	for _, l := range list {
		if r, ok := x.placeReason(l.document, f.place); ok {
			reasons[l.document.id] = append(reasons[l.document.id], r)
		}
	}
	return reasons, nil
}

// judged judges services by a query. A service that is shown for another portal's is judged by that one.
func (x *index) judged(query string, s *synonyms, list []listed, with func(*document, judgement, *question)) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	q := x.ask(query, false, s)
	if len(q.variants) == 0 {
		return
	}
	desk := x.sit()
	defer x.leave(desk)
	q.look(x, desk)
	for _, l := range list {
		d := l.document
		j := d.judge(q, x)
		for _, other := range x.kin(d) {
			if j.variant >= 0 {
				break
			}
			j = other.judge(q, x)
		}
		with(d, j, q)
	}
}

// wordReasons says by which other words a service was found.
func (x *index) wordReasons(query string, d *document, j judgement, q *question) []types.SearchReason {
	var reasons []types.SearchReason
	if j.variant < 0 {
		return nil
	}
	typed := typedWords(query)
	say := func(words []string) string {
		said := make([]string, 0, len(words))
		for _, w := range words {
			said = append(said, x.written(w, typed))
		}
		return strings.Join(said, " ")
	}
	for _, swap := range q.variants[j.variant].swaps {
		from, to := say(swap.said), say(swap.means)
		kind := types.SearchReasonKindSynonym
		switch slips := distance(surface(strings.ToLower(from)), surface(to), maxSlips); {
		case slips == 0:
			continue
		case slips <= maxSlips && len(to) >= correctFrom*2:
			kind = types.SearchReasonKindSpelling // a mistyped word that people say for itself, too
		}
		reasons = append(reasons, types.SearchReason{Kind: kind, Typed: &from, Matched: &to})
	}
	if len(reasons) > 0 {
		return reasons
	}
	for _, m := range d.misread(q, x) {
		from, to := say([]string{m[0]}), say([]string{m[1]})
		reasons = append(reasons, types.SearchReason{Kind: types.SearchReasonKindSpelling, Typed: &from, Matched: &to})
	}
	if j.phrase == 0 && len(reasons) == 0 {
		words := strings.Join(strings.Fields(query), " ")
		reasons = append(reasons, types.SearchReason{Kind: types.SearchReasonKindText, Typed: &words})
	}
	return reasons
}

// typedWords gives the words of a query as they were typed, by their form in the index.
func typedWords(query string) map[string]string {
	typed := map[string]string{}
	for _, field := range strings.Fields(query) {
		for _, w := range splitWords(field) {
			if strings.EqualFold(w, field) {
				typed[w] = field
			} else {
				typed[w] = w
			}
		}
	}
	return typed
}

// written gives a word as it was typed, else with its umlauts.
func (x *index) written(word string, typed map[string]string) string {
	if w, ok := typed[word]; ok {
		return w
	}
	if spelt, ok := x.lexicon.spelt[stemGerman(word)]; ok && surface(spelt) == surface(word) {
		return spelt
	}
	return word
}

// placeReason says whether somebody does a service at a place, as far as that is stated at all.
func (x *index) placeReason(d *document, at *area) (types.SearchReason, bool) {
	if at == nil {
		return types.SearchReason{}, false
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	stated, partly := false, false
	for _, variant := range x.kin(d) {
		for _, c := range variant.claims {
			if c.area.covers(*at) {
				return types.SearchReason{Kind: types.SearchReasonKindPlace}, true
			}
			stated, partly = true, partly || at.covers(c.area)
		}
	}
	return types.SearchReason{Kind: types.SearchReasonKindElsewhere}, stated && !partly
}

// nameOf finds the other name that has these stems; empty if none has.
func (t shownText) nameOf(called []string) string {
	for s := range t.all() {
		for name := range strings.SplitSeq(s.names, "\n") {
			words := meaningful(splitWords(name))
			if len(words) == len(called) && !slices.ContainsFunc(called, func(stem string) bool {
				return !slices.ContainsFunc(words, func(word string) bool { return indexStem(word, s.language) == stem })
			}) {
				return name
			}
		}
	}
	return ""
}

// indexStem is the stem by which a word of a language is found.
func indexStem(word, language string) string {
	if language == "" {
		return surface(word)
	}
	return stems(word, language)[0]
}
