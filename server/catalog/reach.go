package catalog

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const belowQuery = `
	WITH RECURSIVE below AS (
		SELECT unnest($1::uuid[]) AS id
		UNION
		SELECT o.id FROM catalog_organisations o JOIN below b ON o.parent_id = b.id WHERE o.owner = ''
	)
	SELECT id FROM below`

// Below gives some organisational units of this portal with all units below them, each once. A unit that is no longer in the catalog
// is given all the same: what was done for it is still there.
func (s *Service) Below(ctx context.Context, units []uuid.UUID) ([]uuid.UUID, error) {
	rows, _ := s.store.db.Pgx(ctx).Query(ctx, belowQuery, units) // the error comes with the rows
	all, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, fmt.Errorf("read units below: %w", err)
	}
	return all, nil
}

const aboveQuery = `
	WITH RECURSIVE above AS (
		SELECT $1::uuid AS id, 0 AS level
		UNION ALL
		SELECT o.parent_id, a.level + 1 FROM catalog_organisations o JOIN above a ON o.id = a.id WHERE o.owner = '' AND o.parent_id IS NOT NULL AND a.level < 50
	)
	SELECT id FROM above GROUP BY id ORDER BY min(level)` // the limit is for units that belong to themselves

// Above gives an organisational unit of this portal with all units to which it belongs, the nearest first. One that is no longer in the catalog is given alone.
func (s *Service) Above(ctx context.Context, unit uuid.UUID) ([]uuid.UUID, error) {
	rows, _ := s.store.db.Pgx(ctx).Query(ctx, aboveQuery, unit) // the error comes with the rows
	all, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, fmt.Errorf("read units above: %w", err)
	}
	return all, nil
}

// OwnUnitNames gives the names of this portal's own organisational units by their ids; unknown ones are left out.
func (s *Service) OwnUnitNames(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]map[string]string, error) {
	names := make(map[uuid.UUID]map[string]string, len(ids))
	if len(ids) == 0 {
		return names, nil
	}
	var id uuid.UUID
	var name map[string]string
	rows, err := s.store.db.Pgx(ctx).Query(ctx, "SELECT id, name FROM catalog_organisations WHERE id = ANY ($1) AND owner = ''", ids)
	if err == nil {
		_, err = pgx.ForEachRow(rows, []any{&id, &name}, func() error {
			names[id], name = name, nil
			return nil
		})
	}
	if err != nil {
		return nil, fmt.Errorf("read names of units: %w", err)
	}
	return names, nil
}

// UnitsOfService gives the organisational units of this portal that are stated to be competent for a service.
func (s *Service) UnitsOfService(ctx context.Context, service uuid.UUID) ([]uuid.UUID, error) {
	rows, _ := s.store.db.Pgx(ctx).Query(ctx, "SELECT DISTINCT organisation_id FROM catalog_competences WHERE service_id = $1 AND owner = ''", service)
	units, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, fmt.Errorf("read units of service: %w", err)
	}
	return units, nil
}
