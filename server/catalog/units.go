package catalog

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

const maxUnits = 30

// Of this portal first. $2 are the owners.
const unitsQuery = sameServices + `
	SELECT o.payload, p.name FROM (
		SELECT DISTINCT c.organisation_id, c.owner FROM same JOIN catalog_competences c ON c.service_id = same.id AND c.owner = same.owner
		WHERE c.role = '01' AND (c.valid_from IS NULL OR c.valid_from <= now()) AND (c.valid_to IS NULL OR c.valid_to >= now())
	) c
	JOIN catalog_organisations o ON o.id = c.organisation_id AND o.owner = c.owner
	LEFT JOIN catalog_organisations p ON p.id = o.parent_id AND p.owner = o.owner
	ORDER BY o.owner, o.id LIMIT $3`

// Units gives the organisational units that are competent for a service somewhere, at all portals, in the language of ctx; 30
// at most.
func (s *Service) Units(ctx context.Context, service uuid.UUID) ([]types.Organisation, error) {
	rows, err := s.store.db.Pgx(ctx).Query(ctx, unitsQuery, service, ownerKeys(s.owners()), maxUnits)
	if err != nil {
		return nil, fmt.Errorf("read competent units: %w", err)
	}
	var units []types.Organisation
	var payload []byte
	var parent Text
	if _, err := pgx.ForEachRow(rows, []any{&payload, &parent}, func() error {
		unit, err := s.organisationIn(httpx.LanguageOf(ctx), payload, parent)
		units = append(units, unit)
		parent = nil
		return err
	}); err != nil {
		return nil, fmt.Errorf("read competent units: %w", err)
	}
	return units, nil
}
