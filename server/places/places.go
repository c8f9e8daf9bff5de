// Package places knows the municipalities of Germany, what they lie in, and their postal codes.
//
// A place is named by its ARS (Amtlicher Regionalschlüssel). The register gives 2 digits to a Land, 3 to a
// Regierungsbezirk, 5 to a Kreis, 9 to a Gemeindeverband and 12 to a Gemeinde, so that a place lies in all places whose
// key is a prefix of its own. Outside this package every key has 12 digits, padded with zeros on the right; Germany as a
// whole is 000000000000.
package places

import (
	"context"
	"strings"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/server/platform/problem"
)

// Attribution names the sources as their terms ask for, wherever places are shown.
const Attribution = "© Statistisches Bundesamt (Destatis), dl-de/by-2-0; © OpenStreetMap contributors, ODbL"

const (
	arsLength    = 12
	countryARS   = "000000000000"
	countryName  = "Deutschland"
	defaultLimit = 20
	maxLimit     = 100
	maxQuery     = 100 // characters
	maxAround    = 50
)

// levelLengths are the lengths of unpadded keys, the most specific first.
func levelLengths() [5]int { return [...]int{12, 9, 5, 3, 2} }

// Service answers questions about places.
type Service struct {
	store store
	near  []string
}

// New makes the Service. near names the portal's own area by ARS prefixes: places in and around it are listed first.
func New(d *db.DB, near []string) *Service {
	return &Service{store: store{d}, near: unpadAll(near)}
}

// Place reads a place of any level by its ARS, padded to 12 digits or as the register has it. A key that is no longer in
// use leads to the place that took over; an unknown key is a problem place-unknown (404).
func (s *Service) Place(ctx context.Context, ars string) (types.Place, error) {
	if !wellFormed(ars) {
		return types.Place{}, unknownPlace()
	}
	if pad(ars) == countryARS {
		return country(), nil
	}
	found, err := s.store.place(ctx, candidates(ars), pad(ars))
	if err != nil {
		return types.Place{}, err
	}
	if found == nil {
		return types.Place{}, unknownPlace()
	}
	places, err := s.withParents(ctx, []row{*found})
	if err != nil {
		return types.Place{}, err
	}
	return places[0], nil
}

// Find lists municipalities for what a person typed: a postal code or its beginning, a name with at most small mistakes,
// or both. Ordered by closeness, then by nearness to the areas of near (ARS prefixes), then by population. limit is
// between 1 and 100, 0 means 20.
func (s *Service) Find(ctx context.Context, q string, limit int, near []string) ([]types.Place, error) {
	if limit <= 0 {
		limit = defaultLimit
	}
	limit = min(limit, maxLimit)
	rows, err := s.find(ctx, parseQuery(q), limit, nearness(unpadAll(near)))
	if err != nil {
		return nil, err
	}
	return s.withParents(ctx, rows)
}

// Former gives the keys that are no longer in use and stand for places now, by the place's ARS; all have 12 digits.
func (s *Service) Former(ctx context.Context, places []string) (map[string][]string, error) {
	asked := map[string][]string{} // padded keys by the register's
	var keys []string
	for _, ars := range places {
		if !wellFormed(ars) {
			continue
		}
		for _, key := range candidates(ars) {
			asked[key] = append(asked[key], pad(ars))
			keys = append(keys, key)
		}
	}
	return s.store.former(ctx, keys, asked)
}

// Around gives the inhabited municipalities nearest to a position (WGS 84), the nearest first, none farther than 100 km. limit is between 1
// and 50, 0 means 20.
func (s *Service) Around(ctx context.Context, lat, lon float64, limit int) ([]types.NearbyPlace, error) {
	if limit <= 0 {
		limit = defaultLimit
	}
	return s.store.around(ctx, lat, lon, min(limit, maxAround))
}

// Municipalities lists all municipalities, the largest first.
func (s *Service) Municipalities(ctx context.Context) ([]types.PlaceReference, error) {
	return s.store.municipalities(ctx)
}

// PostalCodeLands gives the first two digits of the ARS of the Land that postal codes lie in. Codes that lie in several Länder are
// missing.
func (s *Service) PostalCodeLands(ctx context.Context) (map[string]string, error) {
	return s.store.postalCodeLands(ctx)
}

// query is what a person typed, taken apart.
type query struct {
	postalCode string // digits
	name       string // key
}

func parseQuery(q string) query {
	var parsed query
	if runes := []rune(q); len(runes) > maxQuery {
		q = string(runes[:maxQuery])
	}
	words := strings.Fields(q)
	if len(words) > 1 && strings.EqualFold(strings.TrimSuffix(words[0], "-"), "D") {
		words = words[1:] // D 49716 Meppen
	}
	for i, w := range words {
		code := strings.TrimPrefix(strings.TrimPrefix(w, "D-"), "d-")
		if parsed.postalCode == "" && isDigits(code) && len(code) <= 5 {
			parsed.postalCode = code
			words = append(words[:i:i], words[i+1:]...)
			break
		}
	}
	parsed.name = nameKey(strings.Join(words, " "))
	return parsed
}

func (s *Service) find(ctx context.Context, q query, limit int, near nearPatterns) ([]row, error) {
	if q.postalCode != "" {
		return s.store.byPostalCode(ctx, q.postalCode, q.name, limit, near)
	}
	if q.name == "" {
		return nil, nil
	}
	rows, err := s.store.byName(ctx, q.name, limit, near)
	if err != nil || len(rows) >= limit || len(q.name) < minTypoLength {
		return rows, err
	}
	similar, err := s.store.bySimilarName(ctx, q.name, maxLimit, near)
	if err != nil {
		return nil, err
	}
	return appendSimilar(rows, similar, q.name, limit), nil
}

// appendSimilar adds names with a later word that begins like the key (Bad Essen), then names that are one slip away, then
// those that are merely alike, each once. When there is something better, the merely alike stay out.
func appendSimilar(rows, similar []row, name string, limit int) []row {
	seen := make(map[string]bool, len(rows))
	for _, r := range rows {
		seen[r.ARS] = true
	}
	add := func(keep func(row) bool) {
		for _, r := range similar {
			if len(rows) < limit && !seen[r.ARS] && keep(r) {
				seen[r.ARS] = true
				rows = append(rows, r)
			}
		}
	}
	add(func(r row) bool { return strings.Contains(r.NameKey, " "+name) })
	add(func(r row) bool { return withinOneSlip(r.ShortKey, name) || withinOneSlip(r.NameKey, name) })
	if len(rows) == 0 {
		add(func(row) bool { return true })
	}
	return rows
}

// withParents adds the places that each one lies in, with one query for all.
func (s *Service) withParents(ctx context.Context, rows []row) ([]types.Place, error) {
	wanted := map[string]bool{}
	for _, r := range rows {
		for _, key := range parentKeys(r.ARS) {
			wanted[key] = true
		}
	}
	parents, err := s.store.references(ctx, wanted)
	if err != nil {
		return nil, err
	}
	places := make([]types.Place, 0, len(rows))
	for _, r := range rows {
		place := r.place()
		for _, key := range parentKeys(r.ARS) {
			// A city that is its own Kreis, or its own Land, does not lie in itself.
			if parent, ok := parents[key]; ok && parent.Ars != place.Ars {
				place.Parents = append(place.Parents, parent)
			}
		}
		places = append(places, place)
	}
	return places, nil
}

func country() types.Place {
	return types.Place{Ars: countryARS, Level: types.Country, Name: countryName, PostalCodes: []string{}, Parents: []types.PlaceReference{}}
}

func unknownPlace() error {
	return problem.NotFound("place-unknown", "Diesen Ort kennen wir nicht.", "We do not know this place.").
		With(problem.Text{
			De: "Suchen Sie den Ort noch einmal nach Postleitzahl oder Namen. Vielleicht wurde die Gemeinde inzwischen umbenannt oder einer anderen angeschlossen.",
			En: "Look the place up again by postal code or name. The municipality may have been renamed or merged in the meantime.",
		})
}

func wellFormed(ars string) bool {
	return len(ars) <= arsLength && isDigits(ars)
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func pad(ars string) string {
	return ars + countryARS[min(len(ars), arsLength):]
}

// unpad gives the shortest key of the register's lengths that means the same area: empty for the country.
func unpad(ars string) string {
	if strings.Trim(ars, "0") == "" && len(ars) != 2 {
		return ""
	}
	short := ars
	for _, n := range levelLengths() {
		if n < len(ars) && strings.Trim(ars[n:], "0") == "" {
			short = ars[:n]
		}
	}
	return short
}

func unpadAll(keys []string) []string {
	short := make([]string, 0, len(keys))
	for _, key := range keys {
		short = append(short, unpad(key))
	}
	return short
}

// candidates are the register's keys that a key may stand for, the most specific first: 010010000000 is the city of
// Flensburg before it is the Kreis 01001.
func candidates(ars string) []string {
	padded := pad(ars)
	keys := []string{padded}
	for _, n := range levelLengths() {
		if n < arsLength && strings.Trim(padded[n:], "0") == "" {
			keys = append(keys, padded[:n])
		}
	}
	return keys
}

func parentKeys(ars string) []string {
	var keys []string
	for _, n := range levelLengths() {
		if n < len(ars) {
			keys = append(keys, ars[:n])
		}
	}
	return keys
}

// nearPatterns are LIKE patterns for places in the portal's area, in its Kreise, and in its Länder.
type nearPatterns struct{ area, kreis, land []string }

func nearness(areas []string) nearPatterns {
	p := nearPatterns{area: []string{}, kreis: []string{}, land: []string{}}
	for _, area := range areas {
		if area == "" {
			continue
		}
		p.area = append(p.area, area+"%")
		p.kreis = append(p.kreis, area[:min(len(area), 5)]+"%")
		p.land = append(p.land, area[:min(len(area), 2)]+"%")
	}
	return p
}
