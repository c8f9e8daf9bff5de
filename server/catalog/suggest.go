package catalog

import (
	"context"
	"slices"
	"strings"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

const (
	suggestedOffices    = 2
	suggestedSituations = 1
	suggestedPlaces     = 2
	placeBeginning      = 3 // letters of a name of a place, at least
)

// SuggestAll gives up to eight suggestions of all kinds for the beginning of a query, in the language of ctx: from the second
// letter on. ars may be empty or wrong, which must not stop someone who is typing.
func (s *Service) SuggestAll(ctx context.Context, q, ars string) (types.SearchSuggestionList, error) {
	list := types.SearchSuggestionList{Items: []types.SearchSuggestion{}}
	if len([]rune(strings.TrimSpace(q))) < minSuggest {
		return list, nil
	}
	var at *area
	if a, err := parseArea(ars); err == nil {
		at = &a
	}
	x, err := s.search.current(ctx)
	if err != nil {
		return list, err
	}
	f := filter{query: q, place: at}
	list.RecognisedPlace = s.placeInQuery(x, &f)
	typing := !strings.HasSuffix(q, " ") && lastWord(f.query) == lastWord(q)
	services, err := s.suggestServices(ctx, f, typing)
	if err != nil {
		return list, err
	}
	others, err := s.suggestThings(ctx, f, typing)
	if err != nil {
		return list, err
	}
	if list.RecognisedPlace == nil && typing {
		others = append(x.placesAhead(q), others...)
	}
	services = services[:min(len(services), max(suggestions-len(others), suggestions/2))]
	list.Items = append(append(list.Items, services...), others[:min(len(others), suggestions-len(services))]...)
	return list, nil
}

func lastWord(q string) string {
	words := splitWords(q)
	if len(words) == 0 {
		return ""
	}
	return words[len(words)-1]
}

func (s *Service) suggestServices(ctx context.Context, f filter, typing bool) ([]types.SearchSuggestion, error) {
	keep := s.shown()
	x, hits, err := s.find(ctx, f, typing, s.search.words(), keep)
	if err != nil {
		return nil, err
	}
	found := s.oncePerGroup(x, hits, f.place, keep)
	items := make([]types.SearchSuggestion, 0, suggestions)
	for _, l := range found[:min(len(found), suggestions)] {
		id := l.document.id.String()
		items = append(items, types.SearchSuggestion{Kind: types.SearchSuggestionKindService, Id: &id, Title: l.document.shown.title(httpx.LanguageOf(ctx))})
	}
	return items, nil
}

// suggestThings gives a few offices and life situations.
func (s *Service) suggestThings(ctx context.Context, f filter, typing bool) ([]types.SearchSuggestion, error) {
	t, err := s.search.beside(ctx)
	if err != nil {
		return nil, err
	}
	owners := s.owners()
	list := t.find(f.query, typing, s.search.words(), func(owner string) bool { _, shown := owners[owner]; return shown })
	if err := s.nearThings(ctx, list, f.place); err != nil {
		return nil, err
	}
	q := SearchQuery{}
	offices, err := s.officeHits(ctx, q, first(ofKind(list, officeThing), suggestedOffices))
	if err != nil {
		return nil, err
	}
	situations, err := situationHits(ctx, q, first(ofKind(list, situationThing), suggestedSituations))
	if err != nil {
		return nil, err
	}
	items := make([]types.SearchSuggestion, 0, len(offices.Items)+len(situations.Items))
	for _, o := range offices.Items {
		id, belongs := o.Id.String(), o.Portal.Name
		if o.ParentName != nil {
			belongs = *o.ParentName
		}
		items = append(items, types.SearchSuggestion{Kind: types.SearchSuggestionKindOffice, Id: &id, Title: o.Name, Detail: &belongs})
	}
	for _, c := range situations.Items {
		items = append(items, types.SearchSuggestion{Kind: types.SearchSuggestionKindSituation, Id: &c.Id, Title: c.Title})
	}
	return items, nil
}

func first[T any](list []T, n int) []T { return list[:min(len(list), n)] }

// placesAhead suggests queries whose last word is the name of a municipality near this portal that begins as the last word that
// is being typed.
func (x *index) placesAhead(q string) []types.SearchSuggestion {
	cut := strings.LastIndexAny(strings.TrimSpace(q), " \t")
	if cut < 0 {
		return nil
	}
	before, begin := strings.TrimSpace(q)[:cut], surface(strings.ToLower(strings.TrimSpace(q)[cut+1:]))
	if len(begin) < placeBeginning || len(meaningful(splitWords(before))) == 0 {
		return nil
	}
	var items []types.SearchSuggestion
	from, _ := slices.BinarySearchFunc(x.nearby, begin, func(p namedPlace, key string) int { return strings.Compare(p.key(), key) })
	for _, p := range x.nearby[from:] {
		if !strings.HasPrefix(p.key(), begin) || len(items) == suggestedPlaces {
			break
		}
		items = append(items, types.SearchSuggestion{Kind: types.SearchSuggestionKindQuery, Title: before + " " + shortName(p.reference.Name)})
	}
	return items
}
