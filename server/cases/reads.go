package cases

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

// readOn is how long a clerk may read on in a case before the person is told of it again. The audit has every read.
const readOn = 15 * time.Minute

// What of an application is read, as the access log names it.
const (
	itemApplication = "application"
	itemAttachments = "attachments"
)

// clerkReads tells the person, in their access log, that the calling clerk has read something of a case.
func (s *Service) clerkReads(ctx context.Context, r caseRow, item string) error {
	reader := httpx.CallerOf(ctx).AccountID.String()
	return s.db.Tx(ctx, func(ctx context.Context) error {
		res := s.db.From(ctx).Exec(`INSERT INTO case_reads AS r (case_id, reader, item, at) VALUES (?, ?, ?, ?)
			ON CONFLICT (case_id, reader, item) DO UPDATE SET at = excluded.at WHERE r.at < ?`, r.ID, reader, item, s.now(), s.now().Add(-readOn))
		if res.Error != nil {
			return fmt.Errorf("note read of case: %w", res.Error)
		}
		if res.RowsAffected == 0 {
			return nil
		}
		return s.tellRead(ctx, r, types.ReadByClerk, item)
	})
}

// tellRead tells the person at the portal of origin who has read what of their application.
func (s *Service) tellRead(ctx context.Context, r caseRow, kind types.AccessKind, item string) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make id: %w", err)
	}
	err = s.reports.ReportAccess(ctx, r.Origin, types.MessageAccess{
		Id: id, At: s.now(), Who: localized(r.OrganisationName, r.Language), Kind: kind, Items: []string{item},
		Ground: string(types.AccessGroundLaw), ApplicationId: &r.ApplicationID,
	})
	if err != nil {
		return fmt.Errorf("report read: %w", err)
	}
	return nil
}
