package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"portalverbund/api/types"
)

func (s *Service) publish(ctx context.Context, entries []types.CatalogEntry) error {
	if s.publisher == nil || len(entries) == 0 {
		return nil
	}
	if err := s.publisher.PublishCatalogEntries(ctx, entries); err != nil {
		return fmt.Errorf("publish catalog: %w", err)
	}
	return nil
}

func published(kind, key string, payload json.RawMessage) types.CatalogEntry {
	return types.CatalogEntry{Kind: kind, Id: key, Payload: &payload}
}

// PublishAll publishes all of this portal's entries, for linked portals that lost them or see the portal for the first time.
// What they know already does not change.
func (s *Service) PublishAll(ctx context.Context) error {
	if s.publisher == nil {
		return errors.New("publish catalog: nobody to publish to")
	}
	for _, kind := range catalogKinds() {
		if err := s.publishKind(ctx, kind); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) publishKind(ctx context.Context, kind string) error {
	after := ""
	for {
		entries, err := s.store.own(ctx, kind, after, importBatch)
		if err != nil || len(entries) == 0 {
			return err
		}
		news := make([]types.CatalogEntry, 0, len(entries))
		for _, e := range entries {
			news = append(news, published(kind, e.key, e.payload))
		}
		if err := s.publish(ctx, news); err != nil {
			return err
		}
		after = entries[len(entries)-1].key
	}
}
