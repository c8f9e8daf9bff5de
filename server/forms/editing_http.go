package forms

import (
	"context"
	"strconv"
	"strings"

	api "portalverbund/api/forms"
	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/paging"
	"portalverbund/server/platform/problem"
)

const defaultLimit = 20

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func limitOf(limit *int) int {
	if limit == nil {
		return defaultLimit
	}
	return *limit
}

func trimmed(text *string) string { return strings.TrimSpace(value(text)) }

// ListOwnForms answers GET /api/v1/admin/forms.
func (h *Handlers) ListOwnForms(ctx context.Context, r api.ListOwnFormsRequestObject) (api.ListOwnFormsResponseObject, error) {
	list, next, err := h.service.Own(ctx, OwnQuery{Words: value(r.Params.Q), Limit: limitOf(r.Params.Limit), Cursor: value(r.Params.Cursor)})
	if list == nil {
		list = []types.OwnForm{}
	}
	return api.ListOwnForms200JSONResponse{Items: list, NextCursor: optional(next)}, err
}

// CreateForm answers POST /api/v1/admin/forms.
func (h *Handlers) CreateForm(ctx context.Context, r api.CreateFormRequestObject) (api.CreateFormResponseObject, error) {
	e, err := h.service.Create(ctx, r.Params.IdempotencyKey, *r.Body)
	return api.CreateForm201JSONResponse{Body: wire(ctx, e).Body, Headers: api.CreateForm201ResponseHeaders{ETag: e.ETag()}}, err
}

// GetEditedForm answers GET /api/v1/admin/forms/{formId}.
func (h *Handlers) GetEditedForm(ctx context.Context, r api.GetEditedFormRequestObject) (api.GetEditedFormResponseObject, error) {
	e, err := h.service.Edited(ctx, r.FormId)
	return api.GetEditedForm200JSONResponse{EditedFormJSONResponse: wire(ctx, e)}, err
}

// SaveFormDraft answers PUT /api/v1/admin/forms/{formId}/draft.
func (h *Handlers) SaveFormDraft(ctx context.Context, r api.SaveFormDraftRequestObject) (api.SaveFormDraftResponseObject, error) {
	e, err := h.service.Save(ctx, r.FormId, r.Params.IfMatch, r.Body.Content, value(r.Body.Base))
	return api.SaveFormDraft200JSONResponse{EditedFormJSONResponse: wire(ctx, e)}, err
}

// DiscardFormDraft answers DELETE /api/v1/admin/forms/{formId}/draft.
func (h *Handlers) DiscardFormDraft(ctx context.Context, r api.DiscardFormDraftRequestObject) (api.DiscardFormDraftResponseObject, error) {
	return api.DiscardFormDraft204Response{}, h.service.Discard(ctx, r.FormId, r.Params.IfMatch)
}

// TryFormDraft answers POST /api/v1/admin/forms/{formId}/draft/try.
func (h *Handlers) TryFormDraft(ctx context.Context, r api.TryFormDraftRequestObject) (api.TryFormDraftResponseObject, error) {
	answers, found, err := h.service.Try(ctx, r.FormId, r.Body.Data)
	return api.TryFormDraft200JSONResponse{Data: answers, Errors: wireErrors(ctx, found)}, err
}

// SubmitFormDraft answers POST /api/v1/admin/forms/{formId}/submit.
func (h *Handlers) SubmitFormDraft(ctx context.Context, r api.SubmitFormDraftRequestObject) (api.SubmitFormDraftResponseObject, error) {
	e, err := h.service.Submit(ctx, r.FormId, r.Params.IfMatch, trimmed(r.Body.Note))
	return api.SubmitFormDraft200JSONResponse{EditedFormJSONResponse: wire(ctx, e)}, err
}

// ReopenFormDraft answers POST /api/v1/admin/forms/{formId}/reopen.
func (h *Handlers) ReopenFormDraft(ctx context.Context, r api.ReopenFormDraftRequestObject) (api.ReopenFormDraftResponseObject, error) {
	e, err := h.service.Reopen(ctx, r.FormId, r.Params.IfMatch, trimmed(r.Body.Note))
	return api.ReopenFormDraft200JSONResponse{EditedFormJSONResponse: wire(ctx, e)}, err
}

// ReleaseFormDraft answers POST /api/v1/admin/forms/{formId}/release.
func (h *Handlers) ReleaseFormDraft(ctx context.Context, r api.ReleaseFormDraftRequestObject) (api.ReleaseFormDraftResponseObject, error) {
	e, err := h.service.Release(ctx, r.FormId, r.Params.IfMatch, trimmed(r.Body.Note))
	return api.ReleaseFormDraft200JSONResponse{EditedFormJSONResponse: wire(ctx, e)}, err
}

// WithdrawForm answers POST /api/v1/admin/forms/{formId}/withdraw.
func (h *Handlers) WithdrawForm(ctx context.Context, r api.WithdrawFormRequestObject) (api.WithdrawFormResponseObject, error) {
	e, err := h.service.Withdraw(ctx, r.FormId, r.Params.IfMatch, trimmed(r.Body.Note))
	return api.WithdrawForm200JSONResponse{EditedFormJSONResponse: wire(ctx, e)}, err
}

// ListFormVersions answers GET /api/v1/admin/forms/{formId}/versions.
func (h *Handlers) ListFormVersions(ctx context.Context, r api.ListFormVersionsRequestObject) (api.ListFormVersionsResponseObject, error) {
	limit, before := limitOf(r.Params.Limit), 0
	if cursor := value(r.Params.Cursor); cursor != "" {
		number, err := strconv.ParseInt(cursor, 10, 32)
		if err != nil || number < 1 {
			return nil, paging.NoSuchPage()
		}
		before = int(number)
	}
	list, err := h.service.Versions(ctx, r.FormId, before, limit+1)
	if err != nil {
		return nil, err
	}
	out := types.FormVersionList{Items: list}
	if len(list) > limit {
		next := strconv.Itoa(list[limit-1].Number)
		out.Items, out.NextCursor = list[:limit], &next
	}
	if out.Items == nil {
		out.Items = []types.FormVersion{}
	}
	return api.ListFormVersions200JSONResponse(out), nil
}

// GetFormVersion answers GET /api/v1/admin/forms/{formId}/versions/{number}.
func (h *Handlers) GetFormVersion(ctx context.Context, r api.GetFormVersionRequestObject) (api.GetFormVersionResponseObject, error) {
	v, err := h.service.Version(ctx, r.FormId, r.Number)
	return api.GetFormVersion200JSONResponse(v), err
}

// wire turns a form into its form in the contract.
func wire(ctx context.Context, e Edited) api.EditedFormJSONResponse {
	body := e.EditedForm
	body.Findings = make([]types.EditorialFinding, 0, len(e.Findings)+len(e.Remarks))
	add := func(severity types.EditorialFindingSeverity, found []problem.FieldError) {
		for _, f := range found {
			body.Findings = append(body.Findings, types.EditorialFinding{Severity: severity, Pointer: f.Pointer, Code: f.Code, Message: f.Message.In(httpx.LanguageOf(ctx))})
		}
	}
	add(types.EditorialFindingSeverityError, e.Findings)
	add(types.EditorialFindingSeverityWarning, e.Remarks)
	return api.EditedFormJSONResponse{Body: body, Headers: api.EditedFormResponseHeaders{ETag: e.ETag()}}
}

func wireErrors(ctx context.Context, found []problem.FieldError) []types.FieldError {
	out := make([]types.FieldError, 0, len(found))
	for _, f := range found {
		e := types.FieldError{Pointer: f.Pointer, Code: f.Code, Message: f.Message.In(httpx.LanguageOf(ctx))}
		if len(f.Params) > 0 {
			e.Params = &f.Params
		}
		out = append(out, e)
	}
	return out
}
