package catalog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// OwnEntry names a service or an organisational unit of this portal itself, and when its text was changed, where that is known.
type OwnEntry struct {
	Kind    string
	ID      uuid.UUID
	Changed *time.Time
	Over    bool // of a service: whether it is not valid today
}

const ownQuery = `
	SELECT kind, id, changed, validity FROM (
		(SELECT '` + KindService + `' AS kind, id, (payload->>'updatedAt')::timestamptz AS changed, payload->'validity' AS validity FROM catalog_services WHERE owner = '' AND id >= $1 ORDER BY id LIMIT $2)
		UNION ALL
		(SELECT '` + KindOrganisation + `', id, NULL, NULL FROM catalog_organisations WHERE owner = '' AND id >= $1 ORDER BY id LIMIT $2)
	) o ORDER BY id LIMIT $2`

// Own gives this portal's own services and organisational units from an id on, in the order of their ids.
func (s *Service) Own(ctx context.Context, from uuid.UUID, limit int) ([]OwnEntry, error) {
	rows, err := s.store.db.Pgx(ctx).Query(ctx, ownQuery, from, limit)
	if err != nil {
		return nil, fmt.Errorf("read own entries: %w", err)
	}
	now := s.now()
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (OwnEntry, error) {
		var e OwnEntry
		var validity []PeriodEntry
		err := row.Scan(&e.Kind, &e.ID, &e.Changed, &validity)
		e.Over = !validAt(validity, now)
		return e, err
	})
	if err != nil {
		return nil, fmt.Errorf("read own entries: %w", err)
	}
	return list, nil
}

const ownPartsQuery = `
	SELECT id FROM (
		SELECT id, row_number() OVER (ORDER BY id) AS number FROM (
			SELECT id FROM catalog_services WHERE owner = '' UNION ALL SELECT id FROM catalog_organisations WHERE owner = ''
		) own
	) numbered WHERE (number - 1) % $1 = 0 ORDER BY id`

// OwnParts gives the ids from which on Own must be asked to read everything in parts of a size.
func (s *Service) OwnParts(ctx context.Context, size int) ([]uuid.UUID, error) {
	rows, err := s.store.db.Pgx(ctx).Query(ctx, ownPartsQuery, size)
	if err != nil {
		return nil, fmt.Errorf("read own entries: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, fmt.Errorf("read own entries: %w", err)
	}
	return ids, nil
}

const byLeikaQuery = `
	SELECT id FROM catalog_services WHERE leika_key = $1 AND leika_key <> '' AND owner = ANY ($2) ORDER BY owner, id LIMIT 1`

// ServiceByLeika gives the service with a LeiKa key that is right for a place, this portal's own without one. An unknown key is
// a problem service-unknown (404). ars may be empty.
func (s *Service) ServiceByLeika(ctx context.Context, key, ars string) (uuid.UUID, error) {
	at, err := s.place(ctx, ars)
	if err != nil {
		return uuid.Nil, err
	}
	var id uuid.UUID
	switch err := s.store.db.Pgx(ctx).QueryRow(ctx, byLeikaQuery, key, ownerKeys(s.owners())).Scan(&id); {
	case errors.Is(err, pgx.ErrNoRows):
		return uuid.Nil, unknownService()
	case err != nil:
		return uuid.Nil, fmt.Errorf("read service by its LeiKa key: %w", err)
	case at == nil:
		return id, nil
	}
	return s.variant(ctx, id, &at.area)
}
