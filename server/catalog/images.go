package catalog

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// image is a row as it is now.
type image struct {
	source  string
	payload json.RawMessage
	digest  []byte
}

// images reads this portal's rows with these keys.
func (s store) images(ctx context.Context, kind string, keys []string) (map[string]image, error) {
	table := tableOf(kind)
	rows, err := s.db.Pgx(ctx).Query(ctx, table.images, ownOwner, keys)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", table.name, err)
	}
	images := make(map[string]image, len(keys))
	var key string
	var i image
	_, err = pgx.ForEachRow(rows, []any{&key, &i.source, &i.payload, &i.digest}, func() error {
		images[key] = i
		i = image{}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", table.name, err)
	}
	return images, nil
}

// keysOf gives the keys of this portal's rows of a source that come after a key, in order, at most limit.
func (s store) keysOf(ctx context.Context, kind, source, after string, limit int) ([]string, error) {
	table := tableOf(kind)
	rows, err := s.db.Pgx(ctx).Query(ctx, table.ofSource, ownOwner, source, cmp.Or(after, table.firstKey), limit)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", table.name, err)
	}
	keys, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", table.name, err)
	}
	return keys, nil
}
