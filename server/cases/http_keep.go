package cases

import (
	"context"
	"strings"

	api "portalverbund/api/cases"
	"portalverbund/api/types"
	"portalverbund/server/platform/files"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// AgreeDecision answers POST /api/v1/cases/{caseId}/decision/agreement.
func (h *Handlers) AgreeDecision(ctx context.Context, request api.AgreeDecisionRequestObject) (api.AgreeDecisionResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	c, err := h.s.Agree(ctx, request.CaseId, request.Params.IdempotencyKey, request.Params.IfMatch)
	changed, err := h.changed(ctx, c, err)
	return api.AgreeDecision200JSONResponse{ChangedCaseJSONResponse: changed}, err
}

// ReturnDecision answers POST /api/v1/cases/{caseId}/decision/return.
func (h *Handlers) ReturnDecision(ctx context.Context, request api.ReturnDecisionRequestObject) (api.ReturnDecisionResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	text, err := written(request.Body.Text)
	if err != nil {
		return nil, err
	}
	c, err := h.s.Return(ctx, request.CaseId, request.Params.IdempotencyKey, text)
	changed, err := h.changed(ctx, c, err)
	return api.ReturnDecision200JSONResponse{ChangedCaseJSONResponse: changed}, err
}

// ExportCase answers GET /api/v1/cases/{caseId}/file.
func (h *Handlers) ExportCase(ctx context.Context, request api.ExportCaseRequestObject) (api.ExportCaseResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	name, content, err := h.s.Export(ctx, request.CaseId)
	if err != nil {
		return nil, err
	}
	return api.ExportCase200ApplicationoctetStreamResponse{FileApplicationoctetStreamResponse: api.FileApplicationoctetStreamResponse{
		Body: content, Headers: api.FileResponseHeaders{ContentDisposition: files.Disposition(name)},
	}}, nil
}

const roleAdmin = "admin"

// HoldCase answers PUT /api/v1/cases/{caseId}/hold.
func (h *Handlers) HoldCase(ctx context.Context, request api.HoldCaseRequestObject) (api.HoldCaseResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	reason := strings.TrimSpace(request.Body.Reason)
	if reason == "" {
		return nil, problem.Invalid(problem.FieldError{Pointer: "/reason", Code: "required"})
	}
	c, err := h.s.Hold(ctx, request.CaseId, reason)
	changed, err := h.changed(ctx, c, err)
	return api.HoldCase200JSONResponse{ChangedCaseJSONResponse: changed}, err
}

// EndCaseHold answers DELETE /api/v1/cases/{caseId}/hold.
func (h *Handlers) EndCaseHold(ctx context.Context, request api.EndCaseHoldRequestObject) (api.EndCaseHoldResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	c, err := h.s.EndHold(ctx, request.CaseId)
	changed, err := h.changed(ctx, c, err)
	return api.EndCaseHold200JSONResponse{ChangedCaseJSONResponse: changed}, err
}

// admin refuses everybody but administrators of the portal, as the contract has done before.
func admin(ctx context.Context) error {
	if !httpx.CallerOf(ctx).HasRole(roleAdmin) {
		return problem.Forbidden("role-missing", "Dafür haben Sie an diesem Portal keine Berechtigung.", "You are not allowed to do this at this portal.")
	}
	return nil
}

// GetCaseRules answers GET /api/v1/admin/case-rules.
func (h *Handlers) GetCaseRules(ctx context.Context, _ api.GetCaseRulesRequestObject) (api.GetCaseRulesResponseObject, error) {
	if err := admin(ctx); err != nil {
		return nil, err
	}
	rules, err := h.s.Rules(ctx)
	return api.GetCaseRules200JSONResponse(describeRules(ctx, rules)), err
}

// SetCaseRule answers PUT /api/v1/admin/case-rules.
func (h *Handlers) SetCaseRule(ctx context.Context, request api.SetCaseRuleRequestObject) (api.SetCaseRuleResponseObject, error) {
	if err := admin(ctx); err != nil {
		return nil, err
	}
	if err := h.s.SetRule(ctx, request.Body.ServiceId, request.Body.Unit, request.Body.KeepMonths, request.Body.FourEyes); err != nil {
		return nil, err
	}
	rules, err := h.s.Rules(ctx)
	return api.SetCaseRule200JSONResponse(describeRules(ctx, rules)), err
}

func describeRules(ctx context.Context, rules Rules) types.CaseRules {
	out := types.CaseRules{KeepMonths: rules.KeepMonths, FourEyes: rules.FourEyes, Items: make([]types.CaseRule, 0, len(rules.Items))}
	for _, r := range rules.Items {
		item := types.CaseRule{
			ServiceId: r.ServiceID, ServiceTitle: httpx.Localized(ctx, r.ServiceTitle), Unit: r.Unit, KeepMonths: r.KeepMonths, KeptMonths: r.KeptMonths,
			FourEyes: r.FourEyes, NeedsFourEyes: r.NeedsFourEyes,
		}
		if r.Unit != nil {
			name := httpx.Localized(ctx, r.OrganisationName)
			item.OrganisationName = &name
		}
		out.Items = append(out.Items, item)
	}
	return out
}
