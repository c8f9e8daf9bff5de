package association

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"portalverbund/server/federation/chain"
)

// Establish links portals that one operator has at hand, without people who ask and grant: each of the members, as long as
// it has never asked to join anything, becomes a member of the anchor. What they say of themselves is passed on to
// all, so that they know one another from the first moment.
func Establish(ctx context.Context, anchor *Service, members ...*Service) error {
	for _, m := range members {
		if j := m.current.Load().joined; j != nil {
			continue
		}
		if err := establish(ctx, anchor, m); err != nil {
			return fmt.Errorf("link %s with %s: %w", m.id, anchor.id, err)
		}
	}
	return passOn(ctx, anchor, members)
}

func establish(ctx context.Context, anchor, m *Service) error {
	_, set, err := m.ring.federation(ctx)
	if err != nil {
		return err
	}
	jwks, err := json.Marshal(set)
	if err != nil {
		return err
	}
	print, err := anchor.Fingerprint(ctx)
	if err != nil {
		return err
	}
	p, now := m.config.Own, m.now()
	granted := cleanRoles(nil)
	row := memberRow{
		ID: uuid.Must(uuid.NewV7()), Entity: m.id, State: Joined, Name: p.Name, Kind: p.Kind, Areas: p.Areas, Roles: granted, JWKS: jwks, AskedAt: now, DecidedAt: &now,
	}
	err = anchor.store.db.Tx(ctx, func(ctx context.Context) error {
		if err := anchor.store.saveMember(ctx, row); err != nil {
			return err
		}
		return anchor.store.changed(ctx)
	})
	if err != nil {
		return err
	}
	err = m.store.db.Tx(ctx, func(ctx context.Context) error {
		if err := m.store.saveJoined(ctx, joinedRow{
			Anchor: anchor.id, Pins: []string{print}, Title: anchor.config.Title, State: Joined, Name: p.Name, Kind: p.Kind, Areas: p.Areas, Roles: granted, AskedAt: now, Since: now,
		}); err != nil {
			return err
		}
		return m.store.changed(ctx)
	})
	if err != nil {
		return err
	}
	if err := anchor.Reload(ctx); err != nil {
		return err
	}
	return m.Reload(ctx)
}

// passOn gives each of the portals what the others say, as it would fetch it.
func passOn(ctx context.Context, anchor *Service, members []*Service) error {
	listed, err := anchor.Subordinates(ctx)
	if err != nil {
		return err
	}
	top, err := anchor.Configuration(ctx)
	if err != nil {
		return err
	}
	statement, err := chain.Read(top)
	if err != nil {
		return err
	}
	pins, err := fingerprints(statement.Keys)
	if err != nil {
		return err
	}
	said := []statementRow{{Issuer: anchor.id, Subject: anchor.id, Text: top}}
	for _, m := range members {
		j := m.current.Load().joined
		if j == nil || j.State != Joined || j.Anchor != anchor.id || !slices.Contains(listed, m.id) {
			continue
		}
		own, err := m.Configuration(ctx)
		if err != nil {
			return err
		}
		about, err := anchor.Subordinate(ctx, m.id)
		if err != nil {
			return err
		}
		said = append(said, statementRow{Issuer: m.id, Subject: m.id, Text: own}, statementRow{Issuer: anchor.id, Subject: m.id, Text: about})
	}
	for _, s := range append([]*Service{anchor}, members...) {
		j := s.current.Load().joined
		if s != anchor && (j == nil || j.State != Joined || j.Anchor != anchor.id) {
			continue
		}
		now := s.now()
		err := s.store.db.Tx(ctx, func(ctx context.Context) error {
			if err := s.store.saveStatements(ctx, said, nil, now); err != nil {
				return err
			}
			if s != anchor {
				if err := s.store.saveListed(ctx, anchor.id, pins, anchor.config.Title, listed, now); err != nil {
					return err
				}
			}
			return s.store.changed(ctx)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
