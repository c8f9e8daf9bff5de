package catalog

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"
)

const keysAtOnce = 1000

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

// Kinds gives the kinds of entries that the catalog keeps.
func Kinds() []string { return catalogKinds() }

// SourceSize counts this portal's entries that came from a source.
func (s *Service) SourceSize(ctx context.Context, source string) (int, error) {
	size := 0
	for _, kind := range catalogKinds() {
		table, n := tableOf(kind), 0
		if err := s.store.db.Pgx(ctx).QueryRow(ctx, table.size, ownOwner, source).Scan(&n); err != nil {
			return 0, fmt.Errorf("read %s: %w", table.name, err)
		}
		size += n
	}
	return size, nil
}

// Present counts which of some keys this portal has entries for.
func (s *Service) Present(ctx context.Context, kind string, keys []string) (int, error) {
	n := 0
	if err := s.store.db.Pgx(ctx).QueryRow(ctx, tableOf(kind).present, ownOwner, keys).Scan(&n); err != nil {
		return 0, fmt.Errorf("read %s: %w", tableOf(kind).name, err)
	}
	return n, nil
}

// Missing counts this portal's entries of a source that absent says are not there any more.
func (s *Service) Missing(ctx context.Context, source string, absent func(ctx context.Context, kind string, keys []string) ([]string, error)) (int, error) {
	missing := 0
	for _, kind := range catalogKinds() {
		err := s.eachOfSource(ctx, kind, source, func(keys []string) error {
			gone, err := absent(ctx, kind, keys)
			missing += len(gone)
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	return missing, nil
}

// eachOfSource gives the keys of this portal's entries of a source to visit, in parts. What visit has deleted does not matter.
func (s *Service) eachOfSource(ctx context.Context, kind, source string, visit func(keys []string) error) error {
	for after := ""; ; {
		keys, err := s.store.keysOf(ctx, kind, source, after, keysAtOnce)
		if err != nil || len(keys) == 0 {
			return err
		}
		if err := visit(keys); err != nil {
			return err
		}
		after = keys[len(keys)-1]
	}
}
