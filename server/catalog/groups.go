package catalog

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// ServiceTitles gives the titles of services by language; unknown services are missing.
func (s *Service) ServiceTitles(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]map[string]string, error) {
	out := make(map[uuid.UUID]map[string]string, len(ids))
	rows, err := s.store.db.Pgx(ctx).Query(ctx, "SELECT id, title FROM catalog_services WHERE id = ANY ($1) AND owner = ANY ($2)", ids, ownerKeys(s.owners()))
	if err != nil {
		return nil, fmt.Errorf("read titles: %w", err)
	}
	var id uuid.UUID
	var title Text
	_, err = pgx.ForEachRow(rows, []any{&id, &title}, func() error {
		out[id], title = title, nil
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read titles: %w", err)
	}
	return out, nil
}

// GroupTitles gives the titles of life situations by language; unknown ones are missing.
func (s *Service) GroupTitles(ctx context.Context, ids []string) (map[string]map[string]string, error) {
	out := make(map[string]map[string]string, len(ids))
	rows, err := s.store.db.Pgx(ctx).Query(ctx, "SELECT DISTINCT ON (id) payload FROM catalog_categories WHERE id = ANY ($1) AND owner = ANY ($2) ORDER BY id, owner", ids, ownerKeys(s.owners()))
	if err != nil {
		return nil, fmt.Errorf("read categories: %w", err)
	}
	entries, err := pgx.CollectRows(rows, pgx.RowTo[CategoryEntry])
	if err != nil {
		return nil, fmt.Errorf("read categories: %w", err)
	}
	for _, e := range entries {
		if e.Class == "" {
			out[e.ID] = e.Title
		}
	}
	return out, nil
}

// Belongs gives under which ids portals have a service (the same key of the national catalog, LeiKa), itself first, and the life situations that it
// belongs to, with those that they are a part of; problem.NotFound for an unknown service.
func (s *Service) Belongs(ctx context.Context, serviceID uuid.UUID) (same []uuid.UUID, groups []string, err error) {
	row, err := s.store.service(ctx, serviceID, s.owners())
	if err != nil {
		return nil, nil, err
	}
	var e ServiceEntry
	if err := json.Unmarshal(row.Payload, &e); err != nil {
		return nil, nil, fmt.Errorf("read service: %w", err)
	}
	tree, err := s.categoryTree(ctx)
	if err != nil {
		return nil, nil, err
	}
	return append([]uuid.UUID{serviceID}, row.Variants...), tree.with(e.Categories), nil
}
