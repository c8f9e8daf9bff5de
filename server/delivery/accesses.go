package delivery

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/problem"
)

// KindAccessed tells the portal of origin who has read a person's application.
const KindAccessed = "application.accessed"

// KindOpened tells the competent portal when a person first opened a document that came with an event.
const KindOpened = "application.opened"

// fetchedAgain is how long a provider may fetch the same delivery again before the person is told of it once more.
const fetchedAgain = time.Hour

// ReportAccess hands an entry of a person's access log to the portal of origin, in ctx's transaction.
func (s *Service) ReportAccess(ctx context.Context, origin string, m types.MessageAccess) error {
	if origin == s.self {
		return s.applications.Accessed(ctx, s.self, m)
	}
	if _, err := s.messages.Send(ctx, origin, KindAccessed, *m.ApplicationId, m); err != nil {
		return fmt.Errorf("send access: %w", err)
	}
	return nil
}

func (s *Service) receiveAccess(ctx context.Context, from string, payload json.RawMessage) error {
	var m types.MessageAccess
	if err := json.Unmarshal(payload, &m); err != nil || m.ApplicationId == nil || m.Id == uuid.Nil {
		return problem.Unprocessable("message-invalid", "Die Nachricht ist nicht lesbar.", "The message cannot be read.").Because(err)
	}
	return s.applications.Accessed(ctx, from, m)
}

// Opened hands on to the competent portal, in ctx's transaction, that a person has opened a document for the first time.
func (s *Service) Opened(ctx context.Context, portal string, m types.MessageDocumentOpened) error {
	if portal == s.self {
		return s.cases.DocumentOpened(ctx, s.self, m)
	}
	if _, err := s.messages.Send(ctx, portal, KindOpened, m.ApplicationId, m); err != nil {
		return fmt.Errorf("send that a document was opened: %w", err)
	}
	return nil
}

func (s *Service) receiveOpened(ctx context.Context, from string, payload json.RawMessage) error {
	var m types.MessageDocumentOpened
	if err := json.Unmarshal(payload, &m); err != nil || m.ApplicationId == uuid.Nil || m.DocumentId == uuid.Nil || m.At.IsZero() {
		return problem.Unprocessable("message-invalid", "Die Nachricht ist nicht lesbar.", "The message cannot be read.").Because(err)
	}
	return s.cases.DocumentOpened(ctx, from, m)
}

// tellAccess tells the person that a provider was given their application.
func (s *Service) tellAccess(ctx context.Context, p provider, r row) error {
	if r.Test {
		return nil
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make id: %w", err)
	}
	return s.ReportAccess(ctx, r.Origin, types.MessageAccess{
		Id: id, At: s.now(), Who: p.Name, Kind: types.ReadByProvider, Items: []string{"application"},
		Ground: string(types.AccessGroundLaw), ApplicationId: &r.ApplicationID,
	})
}

// providerReads tells the person that a provider has fetched their application, unless it was told within the hour.
func (s *Service) providerReads(ctx context.Context, p provider, r row) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		res := s.db.From(ctx).Exec("UPDATE deliveries SET accessed_at = ? WHERE id = ? AND (accessed_at IS NULL OR accessed_at < ?)",
			s.now(), r.ID, s.now().Add(-fetchedAgain))
		if res.Error != nil {
			return fmt.Errorf("note read of delivery: %w", res.Error)
		}
		if res.RowsAffected == 0 {
			return nil
		}
		return s.tellAccess(ctx, p, r)
	})
}
