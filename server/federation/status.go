package federation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
)

// PeerStatus says how the link to another portal is doing.
type PeerStatus struct {
	Portal      types.PortalReference
	Member      bool       // false for one that was removed while messages still wait for it
	LastContact *time.Time // when it last answered
	Failures    int        // attempts in a row that did not reach it
	RetryAt     *time.Time // when it is tried again, while Failures > 0
	LastError   string

	Queued, Parked, Refused int
	OldestQueued            *time.Time // when the oldest message that waits was written

	CatalogReadAt  *time.Time
	CatalogEntries int // copied from it
	CatalogError   string

	CertificateUntil *time.Time // of its address, as seen when its catalog was read
}

// Status gives the state of the link to each other portal, members first, in their order.
func (s *Service) Status(ctx context.Context) ([]PeerStatus, error) {
	members, err := s.trust.Members(ctx)
	if err != nil {
		return nil, fmt.Errorf("status of the link: %w", err)
	}
	rows, err := s.store.status(ctx)
	if err != nil {
		return nil, fmt.Errorf("status of the link: %w", err)
	}
	var all []PeerStatus
	for _, m := range members {
		if m.ID != s.id {
			all = append(all, rows[m.ID].status(m.Reference(), true))
		}
		delete(rows, m.ID)
	}
	var strangers []PeerStatus
	for id, row := range rows {
		if row.Queued+row.Parked+row.Refused > 0 {
			strangers = append(strangers, row.status(types.PortalReference{Id: id, Url: id}, false))
		}
	}
	slices.SortFunc(strangers, func(a, b PeerStatus) int {
		if a.Portal.Id < b.Portal.Id {
			return -1
		}
		return 1
	})
	return append(all, strangers...), nil
}

func (r statusRow) status(portal types.PortalReference, member bool) PeerStatus {
	p := PeerStatus{
		Portal: portal, Member: member, LastContact: r.LastContact, Failures: r.Failures, LastError: r.LastError,
		Queued: r.Queued, Parked: r.Parked, Refused: r.Refused, OldestQueued: r.OldestQueued,
		CatalogReadAt: r.PulledAt, CatalogEntries: r.Entries, CatalogError: r.Failure, CertificateUntil: r.CertificateUntil,
	}
	if r.Failures > 0 {
		p.RetryAt = r.RetryAt
	}
	return p
}

// StuckMessage is a message that waits, was given up or refused: its head, without content.
type StuckMessage struct {
	ID        uuid.UUID
	Recipient string
	Kind      string
	Subject   uuid.UUID
	State     string // queued, parked, refused
	Attempts  int
	LastError string
	CreatedAt time.Time
	NextAt    time.Time // of a queued one
}

// Stuck gives messages to a portal that are not delivered: parked and refused ones, and queued ones that were tried at
// least once. Oldest first, at most n.
func (s *Service) Stuck(ctx context.Context, recipient string, n int) ([]StuckMessage, error) {
	stuck, err := s.store.stuck(ctx, recipient, n)
	if err != nil {
		return nil, fmt.Errorf("messages that wait for %s: %w", recipient, err)
	}
	return stuck, nil
}
