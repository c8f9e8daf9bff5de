package applications

import (
	"context"
	"time"

	api "portalverbund/api/applications"
	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

// ListCoApplicants answers GET /api/v1/applications/{applicationId}/co-applicants.
func (h *Handlers) ListCoApplicants(ctx context.Context, request api.ListCoApplicantsRequestObject) (api.ListCoApplicantsResponseObject, error) {
	j, err := h.service.CoApplicants(ctx, request.ApplicationId)
	if err != nil {
		return nil, err
	}
	list := api.ListCoApplicants200JSONResponse{
		From: j.Rules.From, To: j.Rules.To, Consent: httpx.Localized(ctx, j.Rules.Consent), Complete: j.Complete, Items: make([]types.CoApplicant, 0, len(j.Application.CoApplicants)),
	}
	caller := httpx.CallerOf(ctx).Person
	for _, c := range j.Application.CoApplicants {
		item := h.coApplicant(c, j.stateOf(c, h.service.now()))
		if you := c.Person == caller; you {
			item.You = &you
		}
		if j.Application.Person != caller { // where the invitation went, and when, is for who sent it
			item.Email, item.ExpiresAt, item.RemindFrom = nil, nil, nil
		}
		list.Items = append(list.Items, item)
	}
	return list, nil
}

// stateOf is the state of somebody: of what was submitted, as it was then.
func (j Joint) stateOf(c CoApplicant, now time.Time) types.CoApplicantState {
	if j.Application.State != types.ApplicationStateDraft {
		return c.State
	}
	return c.stateAt(now, j.Hash)
}

// coApplicant is a co-applicant as the one who fills in sees them.
func (h *Handlers) coApplicant(c CoApplicant, state types.CoApplicantState) types.CoApplicant {
	item := types.CoApplicant{Id: c.ID, Name: c.Name, State: state, Email: optional(c.Email)}
	if c.Name == "" {
		item.Name = "–" // the account was deleted
	}
	switch state {
	case types.CoApplicantInvited:
		item.ExpiresAt = c.TokenUntil
	case types.CoApplicantConsented:
		item.ConsentedAt, item.TrustLevel = c.ConsentedAt, &c.TrustLevel
	}
	if state != types.CoApplicantConsented {
		item.RemindFrom = c.remindFrom(h.service.now())
	}
	return item
}

// InviteCoApplicant answers POST /api/v1/applications/{applicationId}/co-applicants.
func (h *Handlers) InviteCoApplicant(ctx context.Context, request api.InviteCoApplicantRequestObject) (api.InviteCoApplicantResponseObject, error) {
	c, link, err := h.service.Invite(ctx, request.ApplicationId, *request.Body)
	if err != nil {
		return nil, err
	}
	return api.InviteCoApplicant201JSONResponse{CoApplicant: h.coApplicant(c, c.State), Link: &link}, nil
}

// RemindCoApplicant answers POST /api/v1/applications/{applicationId}/co-applicants/{coApplicantId}/remind.
func (h *Handlers) RemindCoApplicant(ctx context.Context, request api.RemindCoApplicantRequestObject) (api.RemindCoApplicantResponseObject, error) {
	c, link, err := h.service.Remind(ctx, request.ApplicationId, request.CoApplicantId)
	if err != nil {
		return nil, err
	}
	return api.RemindCoApplicant200JSONResponse{CoApplicant: h.coApplicant(c, c.State), Link: optional(link)}, nil
}

// RemoveCoApplicant answers DELETE /api/v1/applications/{applicationId}/co-applicants/{coApplicantId}.
func (h *Handlers) RemoveCoApplicant(ctx context.Context, request api.RemoveCoApplicantRequestObject) (api.RemoveCoApplicantResponseObject, error) {
	if err := h.service.RemoveCoApplicant(ctx, request.ApplicationId, request.CoApplicantId); err != nil {
		return nil, err
	}
	return api.RemoveCoApplicant204Response{}, nil
}

// ConsentToApplication answers POST /api/v1/applications/{applicationId}/consent.
func (h *Handlers) ConsentToApplication(ctx context.Context, request api.ConsentToApplicationRequestObject) (api.ConsentToApplicationResponseObject, error) {
	a, err := h.service.Consent(ctx, request.ApplicationId, request.Body.ContentHash)
	if err != nil {
		return nil, err
	}
	return api.ConsentToApplication200JSONResponse(wire(ctx, a)), nil
}

// RefuseApplication answers POST /api/v1/applications/{applicationId}/refusal.
func (h *Handlers) RefuseApplication(ctx context.Context, request api.RefuseApplicationRequestObject) (api.RefuseApplicationResponseObject, error) {
	a, err := h.service.Refuse(ctx, request.ApplicationId)
	if err != nil {
		return nil, err
	}
	return api.RefuseApplication200JSONResponse(wire(ctx, a)), nil
}

// LeaveApplication answers POST /api/v1/applications/{applicationId}/leave.
func (h *Handlers) LeaveApplication(ctx context.Context, request api.LeaveApplicationRequestObject) (api.LeaveApplicationResponseObject, error) {
	if err := h.service.Leave(ctx, request.ApplicationId); err != nil {
		return nil, err
	}
	return api.LeaveApplication204Response{}, nil
}

// OpenApplicationInvitation answers POST /api/v1/application-invitations.
func (h *Handlers) OpenApplicationInvitation(ctx context.Context, request api.OpenApplicationInvitationRequestObject) (api.OpenApplicationInvitationResponseObject, error) {
	a, c, err := h.service.Invitation(ctx, request.Body.Token)
	if err != nil {
		return nil, err
	}
	return api.OpenApplicationInvitation200JSONResponse{
		InvitedBy: c.InvitedBy, Name: c.Name, ServiceTitle: httpx.Localized(ctx, a.ServiceTitle), AuthorityName: httpx.Localized(ctx, a.AuthorityName), ExpiresAt: *c.TokenUntil,
	}, nil
}

// AcceptApplicationInvitation answers POST /api/v1/application-invitations/accept.
func (h *Handlers) AcceptApplicationInvitation(ctx context.Context, request api.AcceptApplicationInvitationRequestObject) (api.AcceptApplicationInvitationResponseObject, error) {
	id, err := h.service.AcceptInvitation(ctx, request.Body.Token)
	if err != nil {
		return nil, err
	}
	return api.AcceptApplicationInvitation200JSONResponse{ApplicationId: id}, nil
}

// coApplicantView says how the caller stands to an application that they make together with somebody else; nil for their own.
func coApplicantView(ctx context.Context, a Application) *types.CoApplicantView {
	c, there := a.coApplicant(httpx.CallerOf(ctx).Person)
	if !there {
		return nil
	}
	view := types.CoApplicantView{State: c.State, InvitedBy: c.InvitedBy, ConsentedAt: c.ConsentedAt}
	if j := a.Joint; j != nil {
		view.State, view.Consent = j.stateOf(c, time.Time{}), httpx.Localized(ctx, j.Rules.Consent)
		view.ContentHash = optional(j.Hash)
	}
	return &view
}
