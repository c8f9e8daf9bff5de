package places

import "context"

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
