package catalog

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// OwnPart says what there is of this portal's own entries of a kind whose ids end with a hexadecimal digit.
type OwnPart struct {
	Digit  string
	Count  int
	Digest string // changes with any of the entries
}

// The ids are of several versions, whose last digits are all evenly spread.
const ownDigestsQuery = `
	SELECT right(id::text, 1), count(*), md5(string_agg(encode(digest, 'hex'), '' ORDER BY id))
	FROM %s WHERE owner = '' GROUP BY 1 ORDER BY 1`

// OwnDigests gives the parts of this portal's own entries of a kind.
func (s *Service) OwnDigests(ctx context.Context, kind string) ([]OwnPart, error) {
	rows, err := s.store.db.Pgx(ctx).Query(ctx, fmt.Sprintf(ownDigestsQuery, tableOf(kind).name))
	if err != nil {
		return nil, fmt.Errorf("read own entries: %w", err)
	}
	parts, err := pgx.CollectRows(rows, pgx.RowToStructByPos[OwnPart])
	if err != nil {
		return nil, fmt.Errorf("read own entries: %w", err)
	}
	return parts, nil
}

// OwnEntries gives this portal's own entries of a kind, batch by batch, in the order of their ids, each as the catalog keeps it.
func (s *Service) OwnEntries(ctx context.Context, kind string, yield func(payloads []json.RawMessage) error) error {
	after := ""
	for {
		entries, err := s.store.own(ctx, kind, after, importBatch)
		if err != nil || len(entries) == 0 {
			return err
		}
		payloads := make([]json.RawMessage, 0, len(entries))
		for _, e := range entries {
			payloads = append(payloads, e.payload)
		}
		if err := yield(payloads); err != nil {
			return err
		}
		after = entries[len(entries)-1].key
	}
}

// OwnOrigins gives the identifiers with which entries of this portal came from elsewhere, by id. Those that did not are missing.
func (s *Service) OwnOrigins(ctx context.Context, kind string, ids []uuid.UUID) (map[uuid.UUID]IdentifierEntry, error) {
	rows, err := s.store.db.Pgx(ctx).Query(ctx, fmt.Sprintf(
		`SELECT id, payload->'origin' FROM %s WHERE owner = '' AND id = ANY ($1) AND payload->'origin' IS NOT NULL`, tableOf(kind).name), ids)
	if err != nil {
		return nil, fmt.Errorf("read origins: %w", err)
	}
	origins := map[uuid.UUID]IdentifierEntry{}
	var id uuid.UUID
	var origin IdentifierEntry
	_, err = pgx.ForEachRow(rows, []any{&id, &origin}, func() error {
		origins[id] = origin
		origin = IdentifierEntry{}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read origins: %w", err)
	}
	return origins, nil
}

// OnlineOffer is a competence of this portal with which one can apply online, and the service that it is for.
type OnlineOffer struct {
	Competence CompetenceEntry
	Title      Text
	TrustLevel string
	UpdatedAt  string
}

const onlineOffersQuery = `
	SELECT c.payload, s.title, s.payload->>'trustLevel', s.payload->>'updatedAt'
	FROM catalog_competences c JOIN catalog_services s ON s.id = c.service_id AND s.owner = c.owner
	WHERE c.owner = '' AND c.online AND c.id > $1 ORDER BY c.id LIMIT $2`

// OwnOnlineOffers gives the competences of this portal with which one can apply online, in the order of their ids.
func (s *Service) OwnOnlineOffers(ctx context.Context, yield func(OnlineOffer) error) error {
	var after uuid.UUID
	for {
		rows, err := s.store.db.Pgx(ctx).Query(ctx, onlineOffersQuery, after, importBatch)
		if err != nil {
			return fmt.Errorf("read online offers: %w", err)
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[OnlineOffer])
		if err != nil {
			return fmt.Errorf("read online offers: %w", err)
		}
		for _, o := range list {
			if err := yield(o); err != nil {
				return err
			}
		}
		if len(list) < importBatch {
			return nil
		}
		after = list[len(list)-1].Competence.ID
	}
}
