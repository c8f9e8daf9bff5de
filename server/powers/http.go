package powers

import (
	"context"

	api "portalverbund/api/powers"
	"portalverbund/api/types"
)

// Handlers answers the operations of the tag powers.
type Handlers struct{ s *Service }

var _ api.StrictServerInterface = (*Handlers)(nil)

// NewHandlers makes the Handlers of a Service.
func NewHandlers(s *Service) *Handlers { return &Handlers{s: s} }

func listOf(items []types.Power) types.PowerList {
	if items == nil {
		items = []types.Power{}
	}
	return types.PowerList{Items: items}
}

// ListPowers answers GET /api/v1/account/powers.
func (h *Handlers) ListPowers(ctx context.Context, _ api.ListPowersRequestObject) (api.ListPowersResponseObject, error) {
	items, err := h.s.List(ctx)
	if err != nil {
		return nil, err
	}
	return api.ListPowers200JSONResponse(listOf(items)), nil
}

// ListActingFor answers GET /api/v1/account/powers/received.
func (h *Handlers) ListActingFor(ctx context.Context, _ api.ListActingForRequestObject) (api.ListActingForResponseObject, error) {
	items, err := h.s.ActingFor(ctx)
	if err != nil {
		return nil, err
	}
	return api.ListActingFor200JSONResponse(listOf(items)), nil
}

// GrantPower answers POST /api/v1/account/powers.
func (h *Handlers) GrantPower(ctx context.Context, r api.GrantPowerRequestObject) (api.GrantPowerResponseObject, error) {
	p, err := h.s.Grant(ctx, *r.Body)
	if err != nil {
		return nil, err
	}
	return api.GrantPower201JSONResponse(p), nil
}

// GetPower answers GET /api/v1/account/powers/{powerId}.
func (h *Handlers) GetPower(ctx context.Context, r api.GetPowerRequestObject) (api.GetPowerResponseObject, error) {
	p, err := h.s.Get(ctx, r.PowerId)
	if err != nil {
		return nil, err
	}
	return api.GetPower200JSONResponse(p), nil
}

// EndPower answers DELETE /api/v1/account/powers/{powerId}.
func (h *Handlers) EndPower(ctx context.Context, r api.EndPowerRequestObject) (api.EndPowerResponseObject, error) {
	if err := h.s.End(ctx, r.PowerId); err != nil {
		return nil, err
	}
	return api.EndPower204Response{}, nil
}

// ConfirmPower answers POST /api/v1/account/powers/{powerId}/confirm.
func (h *Handlers) ConfirmPower(ctx context.Context, r api.ConfirmPowerRequestObject) (api.ConfirmPowerResponseObject, error) {
	p, err := h.s.Confirm(ctx, r.PowerId)
	if err != nil {
		return nil, err
	}
	return api.ConfirmPower200JSONResponse(p), nil
}

// UsePower answers POST /api/v1/account/powers/{powerId}/uses.
func (h *Handlers) UsePower(ctx context.Context, r api.UsePowerRequestObject) (api.UsePowerResponseObject, error) {
	if !h.s.IsHome || h.s.elsewhere(ctx) {
		return nil, errNotHome
	}
	p, err := h.s.Use(ctx, r.PowerId, *r.Body)
	if err != nil {
		return nil, err
	}
	return api.UsePower200JSONResponse(p), nil
}

// ReadPrincipalProfile answers GET /api/v1/account/powers/{powerId}/profile.
func (h *Handlers) ReadPrincipalProfile(ctx context.Context, r api.ReadPrincipalProfileRequestObject) (api.ReadPrincipalProfileResponseObject, error) {
	if !h.s.IsHome || h.s.elsewhere(ctx) {
		return nil, errNotHome
	}
	p, err := h.s.profile(ctx, r.PowerId, r.Params.ServiceId)
	if err != nil {
		return nil, err
	}
	return api.ReadPrincipalProfile200JSONResponse(p), nil
}

// OpenPowerInvitation answers POST /api/v1/account/power-invitations.
func (h *Handlers) OpenPowerInvitation(ctx context.Context, r api.OpenPowerInvitationRequestObject) (api.OpenPowerInvitationResponseObject, error) {
	p, err := h.s.Invitation(ctx, r.Body.Token)
	if err != nil {
		return nil, err
	}
	return api.OpenPowerInvitation200JSONResponse(p), nil
}

// AcceptPower answers POST /api/v1/account/power-invitations/accept.
func (h *Handlers) AcceptPower(ctx context.Context, r api.AcceptPowerRequestObject) (api.AcceptPowerResponseObject, error) {
	p, err := h.s.Accept(ctx, r.Body.Token)
	if err != nil {
		return nil, err
	}
	return api.AcceptPower200JSONResponse(p), nil
}

// DeclinePower answers POST /api/v1/account/power-invitations/decline.
func (h *Handlers) DeclinePower(ctx context.Context, r api.DeclinePowerRequestObject) (api.DeclinePowerResponseObject, error) {
	if err := h.s.Decline(ctx, r.Body.Token); err != nil {
		return nil, err
	}
	return api.DeclinePower204Response{}, nil
}
