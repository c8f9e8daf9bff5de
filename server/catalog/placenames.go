package catalog

import (
	"context"
	"slices"
	"strings"

	"portalverbund/api/types"
)

const (
	placeWords   = 3 // of a name inside of a query, at most
	placeLetters = 4 // of a name of one word, at least
	kreisDigits  = 5 // of an ARS: places that share them are near each other
)

// municipalities are known by Places that can list them; without them no place is recognised inside of queries.
type municipalities interface {
	Municipalities(ctx context.Context) ([]types.PlaceReference, error)
}

// namedPlace is a municipality whose name may stand inside of a query.
type namedPlace struct {
	area      area
	reference types.PlaceReference
}

// placeNames gives all municipalities by their names as they are compared; of those with the same name, the largest first.
func (s *Service) placeNames(ctx context.Context) (map[string][]namedPlace, error) {
	register, ok := s.places.(municipalities)
	if !ok {
		return nil, nil
	}
	list, err := register.Municipalities(ctx)
	if err != nil {
		return nil, err
	}
	names := make(map[string][]namedPlace, len(list))
	for _, p := range list {
		a, err := parseArea(p.Ars)
		if err != nil {
			continue // the register has it, competences can't
		}
		named := namedPlace{a, p}
		names[named.key()] = append(names[named.key()], named)
	}
	return names, nil
}

// key is the place's name as it is compared.
func (p namedPlace) key() string { return nameKey(splitWords(shortName(p.reference.Name))) }

// shortName is what people call a municipality: Meppen for Meppen, Stadt; Haren for Haren (Ems).
func shortName(name string) string {
	name, _, _ = strings.Cut(name, ",")
	name, _, _ = strings.Cut(name, "(")
	return strings.TrimSpace(name)
}

// nearbyOf gives the places in the Kreise of some areas, in the order of their keys.
func nearbyOf(places map[string][]namedPlace, home []area) []namedPlace {
	var list []namedPlace
	for _, named := range places {
		if p, isNear := nearest(named, home); isNear {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b namedPlace) int { return strings.Compare(a.key(), b.key()) })
	return list
}

func nameKey(words []string) string {
	folded := make([]string, 0, len(words))
	for _, w := range words {
		folded = append(folded, surface(w))
	}
	return strings.Join(folded, " ")
}

// placeIn finds the municipality that is named inside of a query, and what else is asked; nil where none is, or where nothing else
// is asked. near are the areas in which people most likely mean a place.
func (x *index) placeIn(query string, near []area, s *synonyms) (found *namedPlace, rest string) {
	words := splitWords(query)
	if len(words) > maxQueryWords {
		return nil, query
	}
	for n := min(placeWords, len(words)-1); n >= 1; n-- {
		for i := len(words) - n; i >= 0; i-- {
			candidates := x.places[nameKey(words[i:i+n])]
			if len(candidates) == 0 {
				continue
			}
			before := words[:i]
			pointed := i > 0 && (words[i-1] == "in" || words[i-1] == "bei")
			if pointed {
				before = words[:i-1]
			}
			p, isNear := nearest(candidates, near)
			if n == 1 && !pointed && x.meansElse(words[i], isNear, s) {
				continue
			}
			left := slices.Concat(before, words[i+n:])
			if len(meaningful(slices.Clone(left))) == 0 {
				continue
			}
			return &p, strings.Join(left, " ")
		}
	}
	return nil, query
}

// meansElse says whether a word that is also the name of a place (Essen, Wald) more likely means something else.
func (x *index) meansElse(word string, isNear bool, s *synonyms) bool {
	stem := stemGerman(word)
	if len(word) < placeLetters || s.known[stem] {
		return true
	}
	t := x.vocabulary.byText[stem]
	return !isNear && t != nil && t.frequency > 0
}

// nearest gives the first place in one of the areas' Kreise, else the first.
func nearest(list []namedPlace, near []area) (p namedPlace, isNear bool) {
	for _, p := range list {
		for _, a := range near {
			digits := min(kreisDigits, len(a), len(p.area))
			if digits > 0 && a[:digits] == p.area[:digits] {
				return p, true
			}
		}
	}
	return list[0], false
}
