package cases

import (
	"context"

	openapi "github.com/oapi-codegen/runtime/types"

	"github.com/google/uuid"

	api "portalverbund/api/cases"
	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// ListDeputies answers GET /api/v1/cases/deputies.
func (h *Handlers) ListDeputies(ctx context.Context, _ api.ListDeputiesRequestObject) (api.ListDeputiesResponseObject, error) {
	if c := httpx.CallerOf(ctx); !c.HasRoleSomewhere(roleClerk) && !c.HasRoleSomewhere(roleAdmin) {
		return nil, problem.Forbidden("role-missing", "Dafür haben Sie an diesem Portal keine Berechtigung.", "You are not allowed to do this at this portal.")
	}
	d, err := h.deputies(ctx)
	return api.ListDeputies200JSONResponse(d), err
}

// SetDeputy answers PUT /api/v1/cases/deputies.
func (h *Handlers) SetDeputy(ctx context.Context, request api.SetDeputyRequestObject) (api.SetDeputyResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	if err := h.s.SetDeputy(ctx, request.Body.Deputy, request.Body.From.Time, request.Body.To.Time); err != nil {
		return nil, err
	}
	d, err := h.deputies(ctx)
	return api.SetDeputy200JSONResponse(d), err
}

// EndDeputy answers DELETE /api/v1/cases/deputies.
func (h *Handlers) EndDeputy(ctx context.Context, _ api.EndDeputyRequestObject) (api.EndDeputyResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	if err := h.s.EndDeputy(ctx); err != nil {
		return nil, err
	}
	d, err := h.deputies(ctx)
	return api.EndDeputy200JSONResponse(d), err
}

func (h *Handlers) deputies(ctx context.Context) (types.CaseDeputies, error) {
	d, err := h.s.Deputies(ctx)
	if err != nil {
		return types.CaseDeputies{}, err
	}
	out := types.CaseDeputies{ForOthers: make([]types.CaseDeputy, 0, len(d.ForOthers))}
	if d.Own != nil {
		own := describeDeputy(ctx, *d.Own)
		out.Own = &own
	}
	for _, one := range d.ForOthers {
		out.ForOthers = append(out.ForOthers, describeDeputy(ctx, one))
	}
	if httpx.CallerOf(ctx).HasRole(roleAdmin) {
		all := make([]types.CaseDeputy, 0, len(d.All))
		for _, one := range d.All {
			all = append(all, describeDeputy(ctx, one))
		}
		out.All = &all
	}
	return out, nil
}

func describeDeputy(ctx context.Context, d Deputy) types.CaseDeputy {
	names := map[uuid.UUID]string{d.Of: d.OfName, d.Deputy: d.DeputyName}
	of := *colleague(ctx, &d.Of, names)
	of.Open = &d.Open
	return types.CaseDeputy{Of: of, Deputy: *colleague(ctx, &d.Deputy, names), From: openapi.Date{Time: d.From}, To: openapi.Date{Time: d.To}, Active: d.Active}
}
