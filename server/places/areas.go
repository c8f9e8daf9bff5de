package places

import (
	"context"

	"portalverbund/api/types"
)

// PositionsOf gives where areas (ARS or ARS prefixes) are, by the key as it was asked for: a municipality's position, else the middle
// of the municipalities in the area. Those without any in the register are missing.
func (s *Service) PositionsOf(ctx context.Context, areas []string) (map[string]types.Position, error) {
	asked, from := map[string]bool{}, []string{}
	for _, area := range areas {
		if key := unpad(pad(area)); wellFormed(area) && key != "" && !asked[area] {
			asked[area] = true
			from = append(from, area)
		}
	}
	return s.store.middles(ctx, from)
}

// NamesOf gives the names of areas (ARS or ARS prefixes), by the key as it was asked for. Those that the register does not
// have are missing.
func (s *Service) NamesOf(ctx context.Context, areas []string) (map[string]string, error) {
	keys := map[string]bool{}
	for _, area := range areas {
		for _, key := range candidates(area) {
			keys[key] = true
		}
	}
	found, err := s.store.references(ctx, keys)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, area := range areas {
		for _, key := range candidates(area) {
			if place, ok := found[key]; ok && names[area] == "" {
				names[area] = place.Name
			}
		}
	}
	return names, nil
}
