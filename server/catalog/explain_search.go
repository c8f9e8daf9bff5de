package catalog

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

const explainedHits = 10

// ExplainSearch says how a query is understood, and what makes up the scores of the services that are found first; with a
// service, also of that one. An unknown service is a problem service-unknown (404).
func (s *Service) ExplainSearch(ctx context.Context, words, ars string, asked *uuid.UUID) (types.SearchExplanation, error) {
	e := types.SearchExplanation{Words: []types.ExplainedWord{}, Variants: []types.ExplainedVariant{}, Items: []types.ExplainedHit{}}
	if strings.TrimSpace(words) == "" {
		return e, problem.BadRequest("words-missing", "Bitte geben Sie ein, wonach gesucht wird.", "Please enter what is searched for.")
	}
	found, err := s.findServices(ctx, ListQuery{Words: words, ARS: ars})
	if err != nil {
		return e, err
	}
	e.RecognisedPlace, e.Total = found.recognised, len(found.list)
	x, err := s.search.current(ctx)
	if err != nil {
		return e, err
	}
	shown := slices.Clone(found.list[:min(len(found.list), explainedHits)])
	if asked != nil {
		d, err := x.shownAs(*asked, found.list)
		if err != nil {
			return e, err
		}
		shown = append(shown, listed{document: d})
	}
	hits := s.scored(x, found.filter, shown, &e)
	titles := s.titlesOf(ctx, shown)
	reasons, err := s.reasonsFor(ctx, found.filter, shown)
	if err != nil {
		return e, err
	}
	for i, l := range shown {
		hit := hits[i]
		hit.Service, hit.Portal = titles[l.document.id].Service, titles[l.document.id].Portal
		if r := reasons[l.document.id]; len(r) > 0 {
			hit.Reasons = &r
		}
		if at := slices.IndexFunc(found.list, func(other listed) bool { return other.document == l.document }); at >= 0 {
			rank := at + 1
			hit.Rank = &rank
		}
		if asked != nil && i == len(shown)-1 {
			e.Asked = &hit
		} else {
			e.Items = append(e.Items, hit)
		}
	}
	return e, nil
}

// shownAs gives a service, or what a list shows in its place: the same of another portal.
func (x *index) shownAs(id uuid.UUID, list []listed) (*document, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	d := x.documents[id]
	if d == nil {
		return nil, unknownService()
	}
	for _, l := range list {
		if l.document == d {
			return d, nil
		}
	}
	for _, l := range list {
		if l.document.isSame(d) {
			return l.document, nil
		}
	}
	return d, nil
}

// scored says what makes up the scores of services, and how the query was taken.
func (s *Service) scored(x *index, f filter, list []listed, e *types.SearchExplanation) []types.ExplainedHit {
	x.mu.RLock()
	defer x.mu.RUnlock()
	hits := make([]types.ExplainedHit, len(list))
	q := x.ask(f.query, false, s.search.words())
	if len(q.variants) == 0 {
		return hits
	}
	desk := x.sit()
	defer x.leave(desk)
	q.look(x, desk)
	keep, at := s.shown(), s.around(f.place)
	best := q.candidates(x, &neighbourhood{at, keep})
	q.explain(x, f.query, e)
	for i, l := range list {
		group := x.kin(l.document)
		for _, d := range group {
			j := d.judge(q, x)
			hit := types.ExplainedHit{Phrase: j.phrase, Title: j.inTitle, Words: j.together}
			if j.variant >= 0 {
				hit.Variant = x.inWords(q, q.variants[j.variant], f.query)
			}
			if len(best) > 0 {
				hit.Found = textShare * float64(desk.score[d.number]/desk.score[best[0].number])
			}
			if hit.Score = j.score + hit.Found; hit.Score >= hits[i].Score {
				hits[i] = hit
			}
		}
		hits[i].Nearness = s.nearness(group, f.place)
		if onlineIn(group, l.document, f.place) {
			hits[i].Nearness *= onlineFactor
		}
		hits[i].Score *= hits[i].Nearness
	}
	return hits
}

// explain says how a query was taken: its words, and the ways in which it is put.
func (q *question) explain(x *index, query string, e *types.SearchExplanation) {
	typed := typedWords(query)
	for _, i := range q.variants[0].words {
		n := &q.needles[i]
		word := types.ExplainedWord{Word: x.written(n.word, typed), Weight: n.weight, Known: n.known}
		for _, t := range n.terms {
			word.Services = max(word.Services, t.frequency)
		}
		var parts []string
		for _, p := range n.parts {
			parts = append(parts, x.written(p.word, typed))
		}
		if parts != nil {
			word.Parts = &parts
		}
		e.Words = append(e.Words, word)
	}
	for _, v := range q.variants {
		e.Variants = append(e.Variants, types.ExplainedVariant{Words: x.inWords(q, v, query), Factor: v.factor})
	}
}

// inWords gives the words of a variant.
func (x *index) inWords(q *question, v variant, query string) string {
	typed := typedWords(query)
	words := make([]string, 0, len(v.words))
	for _, i := range v.words {
		words = append(words, x.written(q.needles[i].word, typed))
	}
	return strings.Join(words, " ")
}

// titlesOf gives titles and portals of services.
func (s *Service) titlesOf(ctx context.Context, list []listed) map[uuid.UUID]types.ExplainedHit {
	owners := s.owners()
	titles := make(map[uuid.UUID]types.ExplainedHit, len(list))
	for _, l := range list {
		d := l.document
		titles[d.id] = types.ExplainedHit{Service: types.FoundService{Id: d.id, Title: d.shown.title(httpx.LanguageOf(ctx))}, Portal: owners[d.owner].Name}
	}
	return titles
}
