package catalog

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"
)

// categoryTree says of which category each is a part; those at the top are missing. It never goes round in a circle.
type categoryTree map[string]string

// mostLevels bounds how deep categories lie in each other.
const mostLevels = 8

// newTree makes a tree of what entries say. Who is a part of itself, in however many steps, or lies too deep, is at the top.
func newTree(parents map[string]string) categoryTree {
	t := categoryTree{}
	for id := range parents {
		seen := []string{id}
		for above, ok := parents[id]; ok; above, ok = parents[above] {
			if seen = append(seen, above); slices.Contains(seen[:len(seen)-1], above) || len(seen) > mostLevels {
				seen = nil
				break
			}
		}
		if seen != nil {
			t[id] = parents[id]
		}
	}
	return t
}

// isIn says whether one of the categories is the one asked for, or a part of it.
func (t categoryTree) isIn(categories []string, asked string) bool {
	for _, id := range categories {
		for level := 0; id != "" && level <= mostLevels; level++ {
			if id == asked {
				return true
			}
			id = t[id]
		}
	}
	return false
}

// with gives categories and all that they are a part of, each once.
func (t categoryTree) with(categories []string) []string {
	if len(t) == 0 {
		return categories
	}
	all := slices.Clone(categories)
	for i := 0; i < len(all); i++ { // grows while it is gone through
		if above := t[all[i]]; above != "" && !slices.Contains(all, above) {
			all = append(all, above)
		}
	}
	return all
}

// trees remembers the tree of categories until the catalog changes.
type trees struct {
	mu         sync.Mutex
	known      bool
	generation uint64
	tree       categoryTree
}

const parentsQuery = `
	SELECT DISTINCT ON (id) id, coalesce(payload->>'parentId', '') FROM catalog_categories WHERE owner = ANY ($1) ORDER BY id, owner`

// categoryTree gives the tree of the categories of all portals. Of the same one at several, this portal's words count.
func (s *Service) categoryTree(ctx context.Context) (categoryTree, error) {
	s.trees.mu.Lock()
	defer s.trees.mu.Unlock()
	generation := s.answers.current()
	if s.trees.known && s.trees.generation == generation {
		return s.trees.tree, nil
	}
	rows, err := s.store.db.Pgx(ctx).Query(ctx, parentsQuery, ownerKeys(s.owners()))
	if err != nil {
		return nil, fmt.Errorf("read categories: %w", err)
	}
	parents, there := map[string]string{}, map[string]bool{}
	var id, above string
	if _, err := pgx.ForEachRow(rows, []any{&id, &above}, func() error {
		there[id] = true
		if above != "" {
			parents[id] = above
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read categories: %w", err)
	}
	for id, above := range parents {
		if !there[above] {
			delete(parents, id)
		}
	}
	s.trees.known, s.trees.generation, s.trees.tree = true, generation, newTree(parents)
	return s.trees.tree, nil
}
