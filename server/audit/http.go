package audit

import (
	"context"
	"time"

	"github.com/google/uuid"

	api "portalverbund/api/audit"
	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/paging"
	"portalverbund/server/platform/problem"
)

const (
	defaultLimit = 50
	roleAuditor  = "auditor"
)

// Names names those who work here.
type Names interface {
	// StaffNames gives the names of accounts, as far as they are known.
	StaffNames(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]string, error)
}

// Handlers answers the operations of the contract's tag audit.
type Handlers struct {
	service *Service
	names   Names
	units   httpx.Units
}

var _ api.StrictServerInterface = (*Handlers)(nil)

// NewHandlers makes the handlers of a Service.
func NewHandlers(s *Service, names Names, units httpx.Units) *Handlers {
	return &Handlers{service: s, names: names, units: units}
}

// ListAuditEntries answers GET /api/v1/admin/audit. Who begins to read is an entry of the trail, too.
func (h *Handlers) ListAuditEntries(ctx context.Context, r api.ListAuditEntriesRequestObject) (api.ListAuditEntriesResponseObject, error) {
	reach, err := httpx.ReachOf(ctx, h.units, roleAuditor)
	if err != nil {
		return nil, err
	}
	if !httpx.CallerOf(ctx).HasRoleSomewhere(roleAuditor) { // the contract has said so before
		return nil, problem.Forbidden("role-missing", "Dafür haben Sie an diesem Portal keine Berechtigung.", "You are not allowed to do this at this portal.")
	}
	f := Filter{Actor: text(r.Params.Actor), Action: text(r.Params.Action), Object: text(r.Params.Object), Limit: defaultLimit, Reach: reach}
	if r.Params.Limit != nil {
		f.Limit = *r.Params.Limit
	}
	if r.Params.From != nil {
		f.From = r.Params.From.Time
	}
	if r.Params.Until != nil {
		f.Until = r.Params.Until.AddDate(0, 0, 1)
	}
	if cursor := text(r.Params.Cursor); cursor != "" {
		_, before, err := paging.Position(cursor)
		if err != nil {
			return nil, err
		}
		f.Before = before
	} else if err := h.service.Record(ctx, "audit.read", "audit", ""); err != nil {
		return nil, err
	}
	rows, err := h.service.entries(ctx, f)
	if err != nil {
		return nil, err
	}
	names, err := h.names.StaffNames(ctx, staffOf(rows))
	if err != nil {
		return nil, err
	}
	out := types.AuditList{Items: make([]types.AuditEntry, 0, len(rows))}
	for i, row := range rows {
		if i == f.Limit {
			next := paging.Cursor(rows[i-1].At, rows[i-1].ID)
			out.NextCursor = &next
			break
		}
		out.Items = append(out.Items, wire(row, names))
	}
	return api.ListAuditEntries200JSONResponse(out), nil
}

func staffOf(rows []entry) (ids []uuid.UUID) {
	seen := map[uuid.UUID]bool{}
	for _, row := range rows {
		if id, err := uuid.Parse(row.Actor); row.ActorKind == "staff" && err == nil && !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

func wire(row entry, names map[uuid.UUID]string) types.AuditEntry {
	out := types.AuditEntry{
		Id: row.ID, At: row.At.Truncate(time.Second), ActorKind: types.AuditEntryActorKind(row.ActorKind), Actor: row.Actor, Issuer: optional(row.Issuer),
		Action: row.Action, Object: row.Object, Detail: optional(row.Detail), RequestId: optional(row.RequestID),
	}
	if id, err := uuid.Parse(row.Actor); err == nil {
		out.ActorName = optional(names[id])
	}
	return out
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
