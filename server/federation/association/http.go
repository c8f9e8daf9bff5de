package association

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/google/uuid"

	api "portalverbund/api/association"
	"portalverbund/api/types"
	"portalverbund/server/federation/chain"
	"portalverbund/server/federation/fault"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

const (
	maxRequest   = 16 << 10
	defaultStuck = 20
)

// Handlers answers the operations of the contract's tag association.
type Handlers struct {
	service *Service
	links   Links
	places  Places
	health  Health
}

var _ api.StrictServerInterface = (*Handlers)(nil)

// NewHandlers makes the handlers of a Service.
func NewHandlers(s *Service, links Links, places Places, health Health) *Handlers {
	return &Handlers{service: s, links: links, places: places, health: health}
}

// administrator refuses everybody else. The contract has done so before; here it protects against a contract that forgets.
func administrator(ctx context.Context) error {
	if httpx.CallerOf(ctx).HasRole("admin") {
		return nil
	}
	return problem.Forbidden("role-missing", "Dafür haben Sie an diesem Portal keine Berechtigung.", "You are not allowed to do this at this portal.")
}

// GetEntityConfiguration answers GET /.well-known/openid-federation.
func (h *Handlers) GetEntityConfiguration(ctx context.Context, _ api.GetEntityConfigurationRequestObject) (api.GetEntityConfigurationResponseObject, error) {
	text, err := h.service.Configuration(ctx)
	if err != nil {
		return nil, err
	}
	return api.GetEntityConfiguration200ApplicationentityStatementJwtResponse{Body: strings.NewReader(text), ContentLength: int64(len(text))}, nil
}

// GetSubordinateStatement answers GET /federation/v1/statements.
func (h *Handlers) GetSubordinateStatement(ctx context.Context, r api.GetSubordinateStatementRequestObject) (api.GetSubordinateStatementResponseObject, error) {
	text, err := h.service.Subordinate(ctx, r.Params.Sub)
	if errors.Is(err, chain.ErrNotFound) {
		words := "no member of this name"
		return api.GetSubordinateStatement404JSONResponse{Error: "not_found", ErrorDescription: &words}, nil
	}
	if err != nil {
		return nil, err
	}
	return api.GetSubordinateStatement200ApplicationentityStatementJwtResponse{Body: strings.NewReader(text), ContentLength: int64(len(text))}, nil
}

// ListSubordinates answers GET /federation/v1/subordinates.
func (h *Handlers) ListSubordinates(ctx context.Context, _ api.ListSubordinatesRequestObject) (api.ListSubordinatesResponseObject, error) {
	ids, err := h.service.Subordinates(ctx)
	return api.ListSubordinates200JSONResponse(ids), err
}

// ListHistoricalKeys answers GET /federation/v1/historical-keys.
func (h *Handlers) ListHistoricalKeys(ctx context.Context, _ api.ListHistoricalKeysRequestObject) (api.ListHistoricalKeysResponseObject, error) {
	text, err := h.service.HistoricalKeys(ctx)
	if err != nil {
		return nil, err
	}
	return api.ListHistoricalKeys200ApplicationjwkSetJwtResponse{Body: strings.NewReader(text), ContentLength: int64(len(text))}, nil
}

// TellMembership answers POST /federation/v1/membership.
func (h *Handlers) TellMembership(ctx context.Context, r api.TellMembershipRequestObject) (api.TellMembershipResponseObject, error) {
	text, err := io.ReadAll(io.LimitReader(r.Body, maxRequest+1))
	if err != nil || len(text) > maxRequest {
		return nil, problem.BadRequest("request-malformed", "Die Anfrage hat nicht die erwartete Form.", "The request does not have the expected form.").Because(err)
	}
	answer, err := h.service.Told(ctx, string(text))
	if err != nil {
		return nil, err
	}
	return api.TellMembership200JSONResponse{State: types.MembershipState(answer.State), Reason: optional(answer.Reason), Title: optional(answer.Title)}, nil
}

// GetAssociation answers GET /api/v1/admin/association.
func (h *Handlers) GetAssociation(ctx context.Context, _ api.GetAssociationRequestObject) (api.GetAssociationResponseObject, error) {
	state, err := h.after(ctx, func() error { return nil })
	return api.GetAssociation200JSONResponse(state), err
}

// LookAtAnchor answers POST /api/v1/admin/association/anchor.
func (h *Handlers) LookAtAnchor(ctx context.Context, r api.LookAtAnchorRequestObject) (api.LookAtAnchorResponseObject, error) {
	if err := administrator(ctx); err != nil {
		return nil, err
	}
	seen, err := h.service.Look(ctx, r.Body.Anchor)
	if err != nil {
		return nil, err
	}
	return api.LookAtAnchor200JSONResponse{Id: seen.ID, Name: seen.Name, Title: seen.Title, Fingerprint: seen.Fingerprint}, nil
}

// JoinAssociation answers POST /api/v1/admin/association/join.
func (h *Handlers) JoinAssociation(ctx context.Context, r api.JoinAssociationRequestObject) (api.JoinAssociationResponseObject, error) {
	b := r.Body
	state, err := h.after(ctx, func() error {
		return h.service.Join(ctx, Wish{
			Anchor: b.Anchor, Fingerprint: b.Fingerprint, Words: value(b.Words),
			Profile: Profile{Name: strings.TrimSpace(b.Name), Kind: string(b.Kind), Areas: normalised(b.Areas), Roles: roles(b.AccountHome)},
		})
	})
	return api.JoinAssociation200JSONResponse(state), err
}

// LeaveAssociation answers POST /api/v1/admin/association/leave.
func (h *Handlers) LeaveAssociation(ctx context.Context, r api.LeaveAssociationRequestObject) (api.LeaveAssociationResponseObject, error) {
	state, err := h.after(ctx, func() error { return h.service.Leave(ctx, r.Body.Reason) })
	return api.LeaveAssociation200JSONResponse(state), err
}

// GrantMembership answers POST /api/v1/admin/association/members/{memberId}/grant.
func (h *Handlers) GrantMembership(ctx context.Context, r api.GrantMembershipRequestObject) (api.GrantMembershipResponseObject, error) {
	state, err := h.after(ctx, func() error {
		return h.service.Grant(ctx, r.MemberId, Decision{Fingerprint: r.Body.Fingerprint, Areas: normalised(r.Body.Areas), AccountHome: r.Body.AccountHome})
	})
	return api.GrantMembership200JSONResponse(state), err
}

// RefuseMembership answers POST /api/v1/admin/association/members/{memberId}/refuse.
func (h *Handlers) RefuseMembership(ctx context.Context, r api.RefuseMembershipRequestObject) (api.RefuseMembershipResponseObject, error) {
	state, err := h.after(ctx, func() error { return h.service.Refuse(ctx, r.MemberId, r.Body.Reason) })
	return api.RefuseMembership200JSONResponse(state), err
}

// RemoveMember answers POST /api/v1/admin/association/members/{memberId}/remove.
func (h *Handlers) RemoveMember(ctx context.Context, r api.RemoveMemberRequestObject) (api.RemoveMemberResponseObject, error) {
	state, err := h.after(ctx, func() error { return h.service.Remove(ctx, r.MemberId, r.Body.Reason) })
	return api.RemoveMember200JSONResponse(state), err
}

// RotateAssociationKeys answers POST /api/v1/admin/association/keys.
func (h *Handlers) RotateAssociationKeys(ctx context.Context, r api.RotateAssociationKeysRequestObject) (api.RotateAssociationKeysResponseObject, error) {
	state, err := h.after(ctx, func() error {
		return h.service.RotateKeys(ctx, r.Body.Use == types.RotatedKeysFederation, r.Body.AtOnce)
	})
	return api.RotateAssociationKeys200JSONResponse(state), err
}

// GetAssociationHistory answers GET /api/v1/admin/association/history.
func (h *Handlers) GetAssociationHistory(ctx context.Context, r api.GetAssociationHistoryRequestObject) (api.GetAssociationHistoryResponseObject, error) {
	if err := administrator(ctx); err != nil {
		return nil, err
	}
	history, err := h.health.History(ctx, r.Params.Span, value(r.Params.Portal))
	return api.GetAssociationHistory200JSONResponse(history), err
}

// ListStuckMessages answers GET /api/v1/admin/association/messages.
func (h *Handlers) ListStuckMessages(ctx context.Context, r api.ListStuckMessagesRequestObject) (api.ListStuckMessagesResponseObject, error) {
	if err := administrator(ctx); err != nil {
		return nil, err
	}
	limit := defaultStuck
	if r.Params.Limit != nil {
		limit = *r.Params.Limit
	}
	stuck, err := h.links.Stuck(ctx, r.Params.Portal, limit)
	if err != nil {
		return nil, err
	}
	out := types.StuckMessageList{Items: make([]types.StuckMessage, 0, len(stuck))}
	for _, m := range stuck {
		item := types.StuckMessage{Id: m.ID, Kind: m.Kind, Subject: m.Subject, State: m.State, Attempts: m.Attempts, LastError: fault.Read(m.LastError), CreatedAt: m.CreatedAt}
		if m.State == "queued" {
			item.NextAt = &m.NextAt
		}
		out.Items = append(out.Items, item)
	}
	return api.ListStuckMessages200JSONResponse(out), nil
}

// ResendMessage answers POST /api/v1/admin/association/messages/{messageId}/resend.
func (h *Handlers) ResendMessage(ctx context.Context, r api.ResendMessageRequestObject) (api.ResendMessageResponseObject, error) {
	if err := administrator(ctx); err != nil {
		return nil, err
	}
	err := h.service.store.db.Tx(ctx, func(ctx context.Context) error {
		if _, err := h.links.Resend(ctx, r.MessageId); err != nil {
			return err
		}
		return h.service.config.Audit.Record(ctx, "association.resend", "message:"+r.MessageId.String(), "")
	})
	if err != nil {
		return nil, err
	}
	return api.ResendMessage204Response{}, nil
}

// after does something for an administrator and gives the association as it is then.
func (h *Handlers) after(ctx context.Context, act func() error) (types.AssociationState, error) {
	if err := administrator(ctx); err != nil {
		return types.AssociationState{}, err
	}
	if err := act(); err != nil {
		return types.AssociationState{}, err
	}
	return h.state(ctx)
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func value(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// normalised gives areas as they are compared: without blanks, and without the zeros that fill a key up to 12 digits.
func normalised(areas []string) []string {
	var out []string
	for _, area := range areas {
		area = strings.ReplaceAll(strings.TrimSpace(area), " ", "")
		if area == "" {
			continue
		}
		for _, n := range []int{9, 5, 3, 2} {
			if len(area) > n && strings.Trim(area[n:], "0") == "" {
				area = area[:n]
			}
		}
		if !contains(out, area) {
			out = append(out, area)
		}
	}
	return out
}

func member(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}
