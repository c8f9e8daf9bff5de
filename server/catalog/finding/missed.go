package finding

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/server/platform/problem"
)

// Missed is a search that found nothing, in how many minutes it came, and when.
type Missed struct {
	ID       uuid.UUID
	Words    string
	Searches int64
	FirstDay time.Time
	LastDay  time.Time
	FindsNow int
}

// MissedPosition is where the list goes on.
type MissedPosition struct {
	Searches int64     `json:"s"`
	ID       uuid.UUID `json:"i"`
}

// FirstMissed is before the most frequent.
func FirstMissed() MissedPosition { return MissedPosition{Searches: math.MaxInt64} }

const missedQuery = `SELECT id, words, searches, first_day, last_day FROM catalog_missed_searches
	WHERE words IS NOT NULL AND (searches < $1 OR searches = $1 AND id > $2::uuid) ORDER BY searches DESC, id LIMIT $3`

// Missed lists searches without a result, those that came most often first, from a position on. What has come to be found since
// is said.
func (s *Service) Missed(ctx context.Context, after MissedPosition, limit int) ([]Missed, error) {
	rows, err := s.db.Pgx(ctx).Query(ctx, missedQuery, after.Searches, after.ID, limit)
	if err != nil {
		return nil, fmt.Errorf("list searches without a result: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Missed, error) {
		var m Missed
		err := row.Scan(&m.ID, &m.Words, &m.Searches, &m.FirstDay, &m.LastDay)
		return m, err
	})
	if err != nil {
		return nil, fmt.Errorf("list searches without a result: %w", err)
	}
	for i := range list { // in memory, a page of them
		if list[i].FindsNow, err = s.catalog.Finds(ctx, list[i].Words); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Dismiss takes a search off the list. It comes back when it comes several times again.
func (s *Service) Dismiss(ctx context.Context, id uuid.UUID) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		tag, err := s.db.Pgx(ctx).Exec(ctx, `DELETE FROM catalog_missed_searches WHERE id = $1`, id)
		if err != nil {
			return fmt.Errorf("dismiss a search: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return problem.NotFound("search-unknown", "Diese Suche steht nicht mehr auf der Liste.", "This search is no longer on the list.")
		}
		return s.audit.Record(ctx, "search.missed-dismissed", "search-missed:"+id.String(), "")
	})
}
