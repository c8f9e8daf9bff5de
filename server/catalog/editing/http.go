package editing

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	api "portalverbund/api/editing"
	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

const defaultLimit = 20

// Handlers answers the operations of the tag editing.
type Handlers struct{ s *Service }

var _ api.StrictServerInterface = (*Handlers)(nil)

// NewHandlers makes the Handlers of a Service.
func NewHandlers(s *Service) *Handlers { return &Handlers{s: s} }

// only refuses whoever has none of the roles. The contract has done so before; here it protects against a contract that forgets.
func only(ctx context.Context, roles ...string) error {
	caller := httpx.CallerOf(ctx)
	if !slices.ContainsFunc(roles, caller.HasRoleSomewhere) {
		return problem.Forbidden("role-missing", "Dafür haben Sie an diesem Portal keine Berechtigung.", "You are not allowed to do this at this portal.")
	}
	return nil
}

func reader(ctx context.Context) error { return only(ctx, RoleEditor, RolePublisher, RoleAdmin) }

// ListEditorialEntries answers GET /api/v1/admin/catalog/entries.
func (h *Handlers) ListEditorialEntries(ctx context.Context, r api.ListEditorialEntriesRequestObject) (api.ListEditorialEntriesResponseObject, error) {
	if err := reader(ctx); err != nil {
		return nil, err
	}
	p := r.Params
	list, next, err := h.s.List(ctx, ListQuery{
		Kind: string(p.Kind), Words: value(p.Q), State: value(p.State), ServiceID: p.ServiceId, OrganisationID: p.OrganisationId,
		Limit: limitOf(p.Limit), Cursor: value(p.Cursor),
	})
	if err != nil {
		return nil, err
	}
	out := types.EditorialEntryList{Items: make([]types.EditorialEntrySummary, 0, len(list)), NextCursor: optional(next)}
	for _, e := range list {
		out.Items = append(out.Items, types.EditorialEntrySummary{
			Kind: p.Kind, Id: e.ID, Title: e.Title, State: e.State, Languages: orEmpty(e.Languages), Source: optional(e.Source), Corrected: &e.Corrected,
			Conflict: &e.Conflict, ChangedAt: e.ChangedAt, ChangedBy: optional(e.ChangedBy), ReleaseAt: e.ReleaseAt,
		})
	}
	return api.ListEditorialEntries200JSONResponse(out), nil
}

// ListEditorialForms answers GET /api/v1/admin/catalog/forms.
func (h *Handlers) ListEditorialForms(ctx context.Context, r api.ListEditorialFormsRequestObject) (api.ListEditorialFormsResponseObject, error) {
	if err := reader(ctx); err != nil {
		return nil, err
	}
	items, err := h.s.forms.Offered(ctx, value(r.Params.Q), limitOf(r.Params.Limit))
	return api.ListEditorialForms200JSONResponse{Items: orEmpty(items)}, err
}

// CreateEditorialEntry answers POST /api/v1/admin/catalog/entries.
func (h *Handlers) CreateEditorialEntry(ctx context.Context, r api.CreateEditorialEntryRequestObject) (api.CreateEditorialEntryResponseObject, error) {
	if err := only(ctx, RoleEditor); err != nil {
		return nil, err
	}
	e, err := h.s.Create(ctx, r.Params.IdempotencyKey, string(r.Body.Kind), r.Body.Content)
	if err != nil {
		return nil, err
	}
	body, err := wire(ctx, e)
	return api.CreateEditorialEntry201JSONResponse{Body: body, Headers: api.CreateEditorialEntry201ResponseHeaders{ETag: e.ETag()}}, err
}

// GetEditorialEntry answers GET /api/v1/admin/catalog/entries/{kind}/{entryId}.
func (h *Handlers) GetEditorialEntry(ctx context.Context, r api.GetEditorialEntryRequestObject) (api.GetEditorialEntryResponseObject, error) {
	if err := reader(ctx); err != nil {
		return nil, err
	}
	e, err := h.s.Entry(ctx, ref(r.Kind, r.EntryId))
	if err != nil {
		return nil, err
	}
	body, err := wire(ctx, e)
	return api.GetEditorialEntry200JSONResponse{Body: body, Headers: api.GetEditorialEntry200ResponseHeaders{ETag: e.ETag()}}, err
}

// DeleteEditorialEntry answers DELETE /api/v1/admin/catalog/entries/{kind}/{entryId}.
func (h *Handlers) DeleteEditorialEntry(ctx context.Context, r api.DeleteEditorialEntryRequestObject) (api.DeleteEditorialEntryResponseObject, error) {
	changed, err := h.changed(ctx, []string{RoleEditor, RolePublisher}, func() (Entry, error) {
		return h.s.Delete(ctx, ref(r.Kind, r.EntryId), r.Params.IfMatch)
	})
	return api.DeleteEditorialEntry200JSONResponse{Body: changed.Body, Headers: api.DeleteEditorialEntry200ResponseHeaders(changed.Headers)}, err
}

// UndeleteEditorialEntry answers POST /api/v1/admin/catalog/entries/{kind}/{entryId}/undelete.
func (h *Handlers) UndeleteEditorialEntry(ctx context.Context, r api.UndeleteEditorialEntryRequestObject) (api.UndeleteEditorialEntryResponseObject, error) {
	changed, err := h.changed(ctx, []string{RoleEditor, RolePublisher}, func() (Entry, error) {
		return h.s.Undelete(ctx, ref(r.Kind, r.EntryId), r.Params.IfMatch)
	})
	return api.UndeleteEditorialEntry200JSONResponse{EditorialEntryJSONResponse: changed}, err
}

// SaveEditorialDraft answers PUT /api/v1/admin/catalog/entries/{kind}/{entryId}/draft.
func (h *Handlers) SaveEditorialDraft(ctx context.Context, r api.SaveEditorialDraftRequestObject) (api.SaveEditorialDraftResponseObject, error) {
	changed, err := h.changed(ctx, []string{RoleEditor}, func() (Entry, error) {
		return h.s.Save(ctx, ref(r.Kind, r.EntryId), r.Params.IfMatch, r.Body.Content, value(r.Body.Released))
	})
	return api.SaveEditorialDraft200JSONResponse{Body: changed.Body, Headers: api.SaveEditorialDraft200ResponseHeaders(changed.Headers)}, err
}

// DiscardEditorialDraft answers DELETE /api/v1/admin/catalog/entries/{kind}/{entryId}/draft.
func (h *Handlers) DiscardEditorialDraft(ctx context.Context, r api.DiscardEditorialDraftRequestObject) (api.DiscardEditorialDraftResponseObject, error) {
	changed, err := h.changed(ctx, []string{RoleEditor}, func() (Entry, error) {
		return h.s.Discard(ctx, ref(r.Kind, r.EntryId), r.Params.IfMatch)
	})
	return api.DiscardEditorialDraft200JSONResponse{Body: changed.Body, Headers: api.DiscardEditorialDraft200ResponseHeaders(changed.Headers)}, err
}

// SubmitEditorialDraft answers POST /api/v1/admin/catalog/entries/{kind}/{entryId}/submit.
func (h *Handlers) SubmitEditorialDraft(ctx context.Context, r api.SubmitEditorialDraftRequestObject) (api.SubmitEditorialDraftResponseObject, error) {
	changed, err := h.changed(ctx, []string{RoleEditor}, func() (Entry, error) {
		return h.s.Submit(ctx, ref(r.Kind, r.EntryId), r.Params.IfMatch, strings.TrimSpace(value(r.Body.Note)))
	})
	return api.SubmitEditorialDraft200JSONResponse{EditorialEntryJSONResponse: changed}, err
}

// ReopenEditorialDraft answers POST /api/v1/admin/catalog/entries/{kind}/{entryId}/reopen.
func (h *Handlers) ReopenEditorialDraft(ctx context.Context, r api.ReopenEditorialDraftRequestObject) (api.ReopenEditorialDraftResponseObject, error) {
	changed, err := h.changed(ctx, []string{RoleEditor, RolePublisher}, func() (Entry, error) {
		return h.s.Reopen(ctx, ref(r.Kind, r.EntryId), r.Params.IfMatch)
	})
	return api.ReopenEditorialDraft200JSONResponse{EditorialEntryJSONResponse: changed}, err
}

// ReturnEditorialDraft answers POST /api/v1/admin/catalog/entries/{kind}/{entryId}/return.
func (h *Handlers) ReturnEditorialDraft(ctx context.Context, r api.ReturnEditorialDraftRequestObject) (api.ReturnEditorialDraftResponseObject, error) {
	changed, err := h.changed(ctx, []string{RolePublisher}, func() (Entry, error) {
		reason, err := written(r.Body.Reason)
		if err != nil {
			return Entry{}, err
		}
		return h.s.Return(ctx, ref(r.Kind, r.EntryId), r.Params.IfMatch, reason)
	})
	return api.ReturnEditorialDraft200JSONResponse{EditorialEntryJSONResponse: changed}, err
}

// ReleaseEditorialDraft answers POST /api/v1/admin/catalog/entries/{kind}/{entryId}/release.
func (h *Handlers) ReleaseEditorialDraft(ctx context.Context, r api.ReleaseEditorialDraftRequestObject) (api.ReleaseEditorialDraftResponseObject, error) {
	changed, err := h.changed(ctx, []string{RolePublisher}, func() (Entry, error) {
		return h.s.Release(ctx, ref(r.Kind, r.EntryId), r.Params.IfMatch, strings.TrimSpace(value(r.Body.Note)), value(r.Body.At))
	})
	return api.ReleaseEditorialDraft200JSONResponse{EditorialEntryJSONResponse: changed}, err
}

// WithdrawEditorialEntry answers POST /api/v1/admin/catalog/entries/{kind}/{entryId}/withdraw.
func (h *Handlers) WithdrawEditorialEntry(ctx context.Context, r api.WithdrawEditorialEntryRequestObject) (api.WithdrawEditorialEntryResponseObject, error) {
	changed, err := h.changed(ctx, []string{RolePublisher}, func() (Entry, error) {
		return h.s.Withdraw(ctx, ref(r.Kind, r.EntryId), r.Params.IfMatch, strings.TrimSpace(value(r.Body.Note)))
	})
	return api.WithdrawEditorialEntry200JSONResponse{EditorialEntryJSONResponse: changed}, err
}

// FollowEntrySource answers POST /api/v1/admin/catalog/entries/{kind}/{entryId}/follow-source.
func (h *Handlers) FollowEntrySource(ctx context.Context, r api.FollowEntrySourceRequestObject) (api.FollowEntrySourceResponseObject, error) {
	changed, err := h.changed(ctx, []string{RolePublisher}, func() (Entry, error) {
		return h.s.FollowSource(ctx, ref(r.Kind, r.EntryId), r.Params.IfMatch)
	})
	return api.FollowEntrySource200JSONResponse{EditorialEntryJSONResponse: changed}, err
}

// CommentEditorialEntry answers POST /api/v1/admin/catalog/entries/{kind}/{entryId}/comments.
func (h *Handlers) CommentEditorialEntry(ctx context.Context, r api.CommentEditorialEntryRequestObject) (api.CommentEditorialEntryResponseObject, error) {
	changed, err := h.changed(ctx, []string{RoleEditor, RolePublisher}, func() (Entry, error) {
		text, err := written(r.Body.Reason)
		if err != nil {
			return Entry{}, err
		}
		return h.s.Comment(ctx, ref(r.Kind, r.EntryId), r.Params.IdempotencyKey, text)
	})
	return api.CommentEditorialEntry200JSONResponse{EditorialEntryJSONResponse: changed}, err
}

// PreviewEditorialEntry answers GET /api/v1/admin/catalog/entries/{kind}/{entryId}/preview.
func (h *Handlers) PreviewEditorialEntry(ctx context.Context, r api.PreviewEditorialEntryRequestObject) (api.PreviewEditorialEntryResponseObject, error) {
	if err := reader(ctx); err != nil {
		return nil, err
	}
	p, err := h.s.Preview(ctx, ref(r.Kind, r.EntryId), value(r.Params.Language))
	return api.PreviewEditorialEntry200JSONResponse{Service: p.Service, Organisation: p.Organisation}, err
}

// ListEntryVersions answers GET /api/v1/admin/catalog/entries/{kind}/{entryId}/versions.
func (h *Handlers) ListEntryVersions(ctx context.Context, r api.ListEntryVersionsRequestObject) (api.ListEntryVersionsResponseObject, error) {
	if err := reader(ctx); err != nil {
		return nil, err
	}
	limit, before := limitOf(r.Params.Limit), 0
	if err := readCursor(value(r.Params.Cursor), &before); err != nil {
		return nil, err
	}
	versions, err := h.s.Versions(ctx, ref(r.Kind, r.EntryId), before, limit+1)
	if err != nil {
		return nil, err
	}
	list := types.EntryVersionList{Items: make([]types.EntryVersion, 0, len(versions))}
	if len(versions) > limit {
		versions = versions[:limit]
		list.NextCursor = optional(writeCursor(versions[limit-1].Number))
	}
	for _, v := range versions {
		list.Items = append(list.Items, wireVersion(v))
	}
	return api.ListEntryVersions200JSONResponse(list), nil
}

// GetEntryVersion answers GET /api/v1/admin/catalog/entries/{kind}/{entryId}/versions/{number}.
func (h *Handlers) GetEntryVersion(ctx context.Context, r api.GetEntryVersionRequestObject) (api.GetEntryVersionResponseObject, error) {
	if err := reader(ctx); err != nil {
		return nil, err
	}
	v, err := h.s.Version(ctx, ref(r.Kind, r.EntryId), r.Number)
	if err != nil {
		return nil, err
	}
	out := wireVersion(v)
	out.Content, err = object(v.Content)
	return api.GetEntryVersion200JSONResponse(out), err
}

// RestoreEntryVersion answers POST /api/v1/admin/catalog/entries/{kind}/{entryId}/versions/{number}/restore.
func (h *Handlers) RestoreEntryVersion(ctx context.Context, r api.RestoreEntryVersionRequestObject) (api.RestoreEntryVersionResponseObject, error) {
	changed, err := h.changed(ctx, []string{RoleEditor}, func() (Entry, error) {
		return h.s.Restore(ctx, ref(r.Kind, r.EntryId), r.Params.IfMatch, r.Number)
	})
	return api.RestoreEntryVersion200JSONResponse{EditorialEntryJSONResponse: changed}, err
}

// ListEditorialTasks answers GET /api/v1/admin/catalog/tasks.
func (h *Handlers) ListEditorialTasks(ctx context.Context, r api.ListEditorialTasksRequestObject) (api.ListEditorialTasksResponseObject, error) {
	if err := reader(ctx); err != nil {
		return nil, err
	}
	tasks, counts, next, err := h.s.Tasks(ctx, value(r.Params.Task), limitOf(r.Params.Limit), value(r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	list := types.EditorialTaskList{Items: make([]types.EditorialTask, 0, len(tasks)), Counts: counts, NextCursor: optional(next)}
	for _, t := range tasks {
		list.Items = append(list.Items, types.EditorialTask{Task: t.Task, Kind: types.EntryKind(t.Kind), Id: t.ID, Title: t.Title, Detail: optional(t.Detail)})
	}
	return api.ListEditorialTasks200JSONResponse(list), nil
}

// GetEditingSettings answers GET /api/v1/admin/catalog/settings.
func (h *Handlers) GetEditingSettings(ctx context.Context, _ api.GetEditingSettingsRequestObject) (api.GetEditingSettingsResponseObject, error) {
	if err := reader(ctx); err != nil {
		return nil, err
	}
	s, err := h.s.Settings(ctx)
	return api.GetEditingSettings200JSONResponse{Body: wireSettings(s), Headers: api.GetEditingSettings200ResponseHeaders{ETag: s.ETag()}}, err
}

// UpdateEditingSettings answers PUT /api/v1/admin/catalog/settings.
func (h *Handlers) UpdateEditingSettings(ctx context.Context, r api.UpdateEditingSettingsRequestObject) (api.UpdateEditingSettingsResponseObject, error) {
	if err := only(ctx, RoleAdmin); err != nil {
		return nil, err
	}
	b := r.Body
	s, err := h.s.SetSettings(ctx, r.Params.IfMatch, Settings{FourEyes: b.FourEyes, Languages: b.Languages, StaleAfterDays: b.StaleAfterDays, WarnDaysBefore: b.WarnDaysBefore})
	return api.UpdateEditingSettings200JSONResponse{Body: wireSettings(s), Headers: api.UpdateEditingSettings200ResponseHeaders{ETag: s.ETag()}}, err
}

// changed does an act that the roles allow, and answers the entry as it is then.
func (h *Handlers) changed(ctx context.Context, roles []string, act func() (Entry, error)) (api.EditorialEntryJSONResponse, error) {
	if err := only(ctx, roles...); err != nil {
		return api.EditorialEntryJSONResponse{}, err
	}
	e, err := act()
	if err != nil {
		return api.EditorialEntryJSONResponse{}, err
	}
	body, err := wire(ctx, e)
	return api.EditorialEntryJSONResponse{Body: body, Headers: api.EditorialEntryResponseHeaders{ETag: e.ETag()}}, err
}

func ref(kind types.EntryKind, id string) Ref { return Ref{Kind: string(kind), ID: id} }

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func limitOf(limit *int) int {
	if limit == nil {
		return defaultLimit
	}
	return *limit
}

// written refuses a text of spaces.
func written(text string) (string, error) {
	if text = strings.TrimSpace(text); text == "" {
		return "", problem.Invalid(problem.FieldError{Pointer: "/reason", Code: "required"})
	}
	return text, nil
}

func object(content json.RawMessage) (*types.EntryContent, error) {
	if content == nil {
		return nil, nil
	}
	var o types.EntryContent
	if err := json.Unmarshal(content, &o); err != nil {
		return nil, fmt.Errorf("read content: %w", err)
	}
	return &o, nil
}

// wire turns an Entry into its form in the contract.
func wire(ctx context.Context, e Entry) (types.EditorialEntry, error) {
	out := types.EditorialEntry{
		Kind: types.EntryKind(e.Kind), Id: e.ID, Title: e.Title, State: e.State, HasDraft: e.HasDraft, ReleasedTag: optional(e.ReleasedTag),
		ReleasedMeanwhile: &e.ReleasedMeanwhile, Source: optional(e.Source), Note: optional(e.Note), ChangedAt: e.ChangedAt, ChangedBy: optional(e.ChangedBy),
		SubmittedAt: e.SubmittedAt, SubmittedBy: optional(e.SubmittedBy), ReleaseAt: e.ReleaseAt, Rights: e.Rights,
		Findings: make([]types.EditorialFinding, 0, len(e.Findings)), Comments: make([]types.EditorialComment, 0, len(e.Comments)),
	}
	content, err := object(e.Content)
	if err != nil {
		return out, err
	}
	if content != nil {
		out.Content = *content
	}
	for from, into := range map[*json.RawMessage]**types.EntryContent{&e.Base: &out.Base, &e.Released: &out.Released} {
		if *into, err = object(*from); err != nil {
			return out, err
		}
	}
	if c := e.Correction; c != nil {
		out.Correction = &types.EntryCorrection{Source: c.Source, Conflicts: orEmpty(c.Conflicts), DeletedBySource: c.Imported == nil}
		if out.Correction.Base, err = object(c.Base); err != nil {
			return out, err
		}
		if out.Correction.Imported, err = object(c.Imported); err != nil {
			return out, err
		}
	}
	for _, f := range e.Findings {
		severity := types.EditorialFindingSeverityError
		if f.Warning {
			severity = types.EditorialFindingSeverityWarning
		}
		words := httpx.Sentence(problem.FieldError{Pointer: f.Pointer, Code: f.Code, Message: f.Message, Params: f.Params}, httpx.LanguageOf(ctx))
		out.Findings = append(out.Findings, types.EditorialFinding{Severity: severity, Pointer: f.Pointer, Code: f.Code, Message: words})
	}
	for _, c := range e.Comments {
		out.Comments = append(out.Comments, types.EditorialComment{Id: c.ID, At: c.At, By: optional(c.By), Kind: c.What, Text: optional(c.Text)})
	}
	return out, nil
}

func wireVersion(v Version) types.EntryVersion {
	return types.EntryVersion{Number: v.Number, Action: v.Action, At: v.At, By: optional(v.By), ReviewedFor: optional(v.ReviewedFor), Note: optional(v.Note)}
}

func wireSettings(s Settings) types.EditingSettings {
	return types.EditingSettings{FourEyes: s.FourEyes, Languages: s.Languages, StaleAfterDays: s.StaleAfterDays, WarnDaysBefore: s.WarnDaysBefore}
}
