package sources

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	api "portalverbund/api/sources"
	"portalverbund/api/types"
	"portalverbund/server/catalog/adapter"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

const defaultLimit = 20

// Handlers answers the operations of the tag sources.
type Handlers struct{ s *Service }

var _ api.StrictServerInterface = (*Handlers)(nil)

// NewHandlers makes the Handlers of a Service.
func NewHandlers(s *Service) *Handlers { return &Handlers{s: s} }

// only refuses whoever has none of the roles. The contract has done so before; here it protects against a contract that forgets.
func only(ctx context.Context, roles ...string) error {
	caller := httpx.CallerOf(ctx)
	if !slices.ContainsFunc(roles, caller.HasRole) {
		return problem.Forbidden("role-missing", "Dafür haben Sie an diesem Portal keine Berechtigung.", "You are not allowed to do this at this portal.")
	}
	return nil
}

func reader(ctx context.Context) error { return only(ctx, "editor", "publisher", "admin") }

func administrator(ctx context.Context) error { return only(ctx, "admin") }

// scope is whose idempotency keys are meant.
func scope(ctx context.Context) string {
	return "sources " + httpx.CallerOf(ctx).AccountID.String()
}

// ListSourceKinds answers GET /api/v1/admin/source-kinds.
func (h *Handlers) ListSourceKinds(ctx context.Context, _ api.ListSourceKindsRequestObject) (api.ListSourceKindsResponseObject, error) {
	if err := reader(ctx); err != nil {
		return nil, err
	}
	words := func(w adapter.Words) string { return problem.Text{De: w.De, En: w.En}.In(httpx.LanguageOf(ctx)) }
	list := types.SourceKindList{Items: []types.SourceKind{}}
	for _, k := range h.s.Kinds() {
		kind := types.SourceKind{Id: k.ID, Title: words(k.Title), Help: words(k.Help), Fields: []types.SourceField{}}
		for _, f := range k.Fields {
			kind.Fields = append(kind.Fields, types.SourceField{
				Name: f.Name, Type: types.SourceFieldType(f.Type), Label: words(f.Label), Help: words(f.Help), Required: f.Required, Default: optional(f.Default), Advanced: f.Advanced,
			})
		}
		list.Items = append(list.Items, kind)
	}
	return api.ListSourceKinds200JSONResponse(list), nil
}

// ListSources answers GET /api/v1/admin/sources.
func (h *Handlers) ListSources(ctx context.Context, _ api.ListSourcesRequestObject) (api.ListSourcesResponseObject, error) {
	if err := reader(ctx); err != nil {
		return nil, err
	}
	list, err := h.s.Sources(ctx)
	if err != nil {
		return nil, err
	}
	out := types.SourceList{Items: make([]types.Source, 0, len(list))}
	for _, s := range list {
		out.Items = append(out.Items, wireSource(s))
	}
	return api.ListSources200JSONResponse(out), nil
}

// CreateSource answers POST /api/v1/admin/sources.
func (h *Handlers) CreateSource(ctx context.Context, r api.CreateSourceRequestObject) (api.CreateSourceResponseObject, error) {
	if err := administrator(ctx); err != nil {
		return nil, err
	}
	s, err := h.s.Create(ctx, scope(ctx), r.Params.IdempotencyKey, Draft{
		Kind: r.Body.Kind, Name: r.Body.Name, Settings: adapter.Settings(r.Body.Settings), Enabled: r.Body.Enabled, Complete: r.Body.Complete, Schedule: schedule(r.Body.Schedule),
	})
	if err != nil {
		return nil, err
	}
	return api.CreateSource201JSONResponse{Body: wireSource(s), Headers: api.CreateSource201ResponseHeaders{ETag: s.Tag()}}, nil
}

// GetSource answers GET /api/v1/admin/sources/{sourceId}.
func (h *Handlers) GetSource(ctx context.Context, r api.GetSourceRequestObject) (api.GetSourceResponseObject, error) {
	if err := reader(ctx); err != nil {
		return nil, err
	}
	s, err := h.s.Source(ctx, r.SourceId)
	if err != nil {
		return nil, err
	}
	return api.GetSource200JSONResponse{Body: wireSource(s), Headers: api.GetSource200ResponseHeaders{ETag: s.Tag()}}, nil
}

// UpdateSource answers PUT /api/v1/admin/sources/{sourceId}.
func (h *Handlers) UpdateSource(ctx context.Context, r api.UpdateSourceRequestObject) (api.UpdateSourceResponseObject, error) {
	if err := administrator(ctx); err != nil {
		return nil, err
	}
	s, err := h.s.Update(ctx, r.SourceId, r.Params.IfMatch, Draft{
		Name: r.Body.Name, Settings: adapter.Settings(r.Body.Settings), Enabled: r.Body.Enabled, Complete: r.Body.Complete, Schedule: schedule(r.Body.Schedule),
	})
	if err != nil {
		return nil, err
	}
	return api.UpdateSource200JSONResponse{Body: wireSource(s), Headers: api.UpdateSource200ResponseHeaders{ETag: s.Tag()}}, nil
}

// DeleteSource answers DELETE /api/v1/admin/sources/{sourceId}.
func (h *Handlers) DeleteSource(ctx context.Context, r api.DeleteSourceRequestObject) (api.DeleteSourceResponseObject, error) {
	if err := administrator(ctx); err != nil {
		return nil, err
	}
	return api.DeleteSource204Response{}, h.s.Delete(ctx, r.SourceId, r.Params.IfMatch)
}

// StartImportRun answers POST /api/v1/admin/sources/{sourceId}/runs.
func (h *Handlers) StartImportRun(ctx context.Context, r api.StartImportRunRequestObject) (api.StartImportRunResponseObject, error) {
	if err := administrator(ctx); err != nil {
		return nil, err
	}
	beginning := r.Body.FromTheBeginning != nil && *r.Body.FromTheBeginning
	run, err := h.s.Start(ctx, scope(ctx), r.Params.IdempotencyKey, r.SourceId, r.Body.DryRun, beginning)
	return api.StartImportRun202JSONResponse(wireRun(run)), err
}

// ListImportRuns answers GET /api/v1/admin/import-runs.
func (h *Handlers) ListImportRuns(ctx context.Context, r api.ListImportRunsRequestObject) (api.ListImportRunsResponseObject, error) {
	if err := reader(ctx); err != nil {
		return nil, err
	}
	list, next, err := h.s.Runs(ctx, r.Params.SourceId, limitOf(r.Params.Limit), textOf(r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	out := types.ImportRunList{Items: make([]types.ImportRun, 0, len(list)), NextCursor: optional(next)}
	for _, run := range list {
		out.Items = append(out.Items, wireRun(run))
	}
	return api.ListImportRuns200JSONResponse(out), nil
}

// GetImportRun answers GET /api/v1/admin/import-runs/{runId}.
func (h *Handlers) GetImportRun(ctx context.Context, r api.GetImportRunRequestObject) (api.GetImportRunResponseObject, error) {
	if err := reader(ctx); err != nil {
		return nil, err
	}
	run, err := h.s.Run(ctx, r.RunId)
	return api.GetImportRun200JSONResponse(wireRun(run)), err
}

// ListImportNotes answers GET /api/v1/admin/import-runs/{runId}/notes.
func (h *Handlers) ListImportNotes(ctx context.Context, r api.ListImportNotesRequestObject) (api.ListImportNotesResponseObject, error) {
	if err := reader(ctx); err != nil {
		return nil, err
	}
	p := r.Params
	list, next, err := h.s.Notes(ctx, r.RunId, limitOf(p.Limit), textOf(p.Cursor), NoteFilter{Skipped: p.Skipped, Text: textOf(p.Q)})
	if err != nil {
		return nil, err
	}
	out := types.ImportNoteList{Items: make([]types.ImportNote, 0, len(list)), NextCursor: optional(next)}
	for _, n := range list {
		note := types.ImportNote{Number: n.Number, Skipped: n.Skipped, Place: optional(n.Place), Text: n.Text}
		if n.Line > 0 {
			note.Line = &n.Line
		}
		out.Items = append(out.Items, note)
	}
	return api.ListImportNotes200JSONResponse(out), nil
}

// ListImportDifferences answers GET /api/v1/admin/import-runs/{runId}/differences.
func (h *Handlers) ListImportDifferences(ctx context.Context, r api.ListImportDifferencesRequestObject) (api.ListImportDifferencesResponseObject, error) {
	if err := reader(ctx); err != nil {
		return nil, err
	}
	p := r.Params
	outcome := ""
	if p.Outcome != nil {
		outcome = string(*p.Outcome)
	}
	list, next, err := h.s.Differences(ctx, r.RunId, limitOf(p.Limit), textOf(p.Cursor), textOf(p.Kind), outcome)
	if err != nil {
		return nil, err
	}
	out := types.ImportDifferenceList{Items: make([]types.ImportDifference, 0, len(list)), NextCursor: optional(next)}
	for _, d := range list {
		out.Items = append(out.Items, wireDifference(d))
	}
	return api.ListImportDifferences200JSONResponse(out), nil
}

// GetImportDifference answers GET /api/v1/admin/import-runs/{runId}/differences/{number}.
func (h *Handlers) GetImportDifference(ctx context.Context, r api.GetImportDifferenceRequestObject) (api.GetImportDifferenceResponseObject, error) {
	if err := reader(ctx); err != nil {
		return nil, err
	}
	d, err := h.s.Difference(ctx, r.RunId, r.Number)
	if err != nil {
		return nil, err
	}
	out := types.ImportComparison{Difference: wireDifference(d)}
	if out.Before, err = wireEntry(d.Before); err != nil {
		return nil, err
	}
	out.After, err = wireEntry(d.After)
	return api.GetImportDifference200JSONResponse(out), err
}

// UploadImport answers POST /api/v1/admin/import-runs.
func (h *Handlers) UploadImport(ctx context.Context, r api.UploadImportRequestObject) (api.UploadImportResponseObject, error) {
	if err := administrator(ctx); err != nil {
		return nil, err
	}
	p := r.Params
	run, err := h.s.Upload(ctx, scope(ctx), p.IdempotencyKey, Upload{
		Name: p.Name, DryRun: p.DryRun != nil && *p.DryRun, Complete: p.Complete != nil && *p.Complete, Content: r.Body,
	})
	return api.UploadImport202JSONResponse(wireRun(run)), err
}

// ApplyImportRun answers POST /api/v1/admin/import-runs/{runId}/apply.
func (h *Handlers) ApplyImportRun(ctx context.Context, r api.ApplyImportRunRequestObject) (api.ApplyImportRunResponseObject, error) {
	if err := administrator(ctx); err != nil {
		return nil, err
	}
	run, err := h.s.ApplyRun(ctx, scope(ctx), r.Params.IdempotencyKey, r.RunId)
	return api.ApplyImportRun202JSONResponse(wireRun(run)), err
}

// ResumeImportRun answers POST /api/v1/admin/import-runs/{runId}/resume.
func (h *Handlers) ResumeImportRun(ctx context.Context, r api.ResumeImportRunRequestObject) (api.ResumeImportRunResponseObject, error) {
	if err := administrator(ctx); err != nil {
		return nil, err
	}
	run, err := h.s.Resume(ctx, scope(ctx), r.Params.IdempotencyKey, r.RunId)
	return api.ResumeImportRun202JSONResponse(wireRun(run)), err
}

// UndoImportRun answers POST /api/v1/admin/import-runs/{runId}/undo.
func (h *Handlers) UndoImportRun(ctx context.Context, r api.UndoImportRunRequestObject) (api.UndoImportRunResponseObject, error) {
	if err := administrator(ctx); err != nil {
		return nil, err
	}
	run, err := h.s.Undo(ctx, scope(ctx), r.Params.IdempotencyKey, r.RunId, r.Body.Force)
	return api.UndoImportRun202JSONResponse(wireRun(run)), err
}

// CancelImportRun answers POST /api/v1/admin/import-runs/{runId}/cancel.
func (h *Handlers) CancelImportRun(ctx context.Context, r api.CancelImportRunRequestObject) (api.CancelImportRunResponseObject, error) {
	if err := administrator(ctx); err != nil {
		return nil, err
	}
	run, err := h.s.Cancel(ctx, r.RunId)
	return api.CancelImportRun202JSONResponse(wireRun(run)), err
}

func schedule(s types.SourceSchedule) Schedule {
	return Schedule{Every: string(s.Every), At: s.At, Weekday: s.Weekday}
}

func wireSource(s Source) types.Source {
	out := types.Source{
		Id: s.ID, Kind: s.Kind, Name: s.Name, Settings: types.SourceSettings(s.Settings), SecretsSet: append([]string{}, s.SecretsSet...), Enabled: s.Enabled,
		Complete: s.Complete, NextRunAt: s.NextRunAt, SucceededAt: s.SucceededAt, CreatedAt: s.CreatedAt,
		Schedule: types.SourceSchedule{Every: types.SourceScheduleEvery(s.Schedule.Every), At: s.Schedule.At, Weekday: s.Schedule.Weekday},
	}
	if out.Settings == nil {
		out.Settings = types.SourceSettings{}
	}
	if s.LastRun != nil {
		run := wireRun(*s.LastRun)
		out.LastRun = &run
	}
	return out
}

func wireRun(r Run) types.ImportRun {
	out := types.ImportRun{
		Id: r.ID, SourceId: r.SourceID, Title: r.Title, Action: types.ImportRunAction(r.Action), Undoes: r.Undoes, Undone: r.Undone, State: types.ImportRunState(r.State),
		ByCommand: r.ByCommand, DryRun: r.DryRun, Complete: r.Complete, StartedBy: optional(r.StartedName), Read: r.Read, Applied: r.Applied, Counts: []types.ImportCounts{},
		Skipped: r.Skipped, Warnings: r.Warnings, Differences: r.Differences, Had: int(r.Had), Lost: int(r.Lost), Failure: optional(r.Failure), Detail: optional(r.Detail),
		CreatedAt: r.CreatedAt, StartedAt: r.StartedAt, FinishedAt: r.FinishedAt, CanApply: r.CanApply, CanResume: r.CanResume, CanUndo: r.CanUndo,
	}
	for kind, c := range r.Counts {
		out.Counts = append(out.Counts, types.ImportCounts{
			Kind: kind, Added: c.Added, Changed: c.Changed, Unchanged: c.Unchanged, Deleted: c.Deleted, Unknown: c.Unknown, HandedOn: c.HandedOn,
		})
	}
	slices.SortFunc(out.Counts, func(a, b types.ImportCounts) int { return cmp.Compare(a.Kind, b.Kind) })
	return out
}

func wireDifference(d Difference) types.ImportDifference {
	out := types.ImportDifference{Number: d.Number, Kind: d.Kind, Key: d.Key, Title: d.Title, Parts: append([]string{}, d.Parts...), Outcome: types.ImportChanged}
	switch {
	case d.Added:
		out.Outcome = types.ImportAdded
	case d.Gone:
		out.Outcome = types.ImportDeleted
	}
	return out
}

// wireEntry gives an entry as it is kept; nil where there is none.
func wireEntry(payload []byte) (*types.ImportedEntry, error) {
	if payload == nil {
		return nil, nil
	}
	entry := new(types.ImportedEntry)
	if err := json.Unmarshal(payload, entry); err != nil {
		return nil, fmt.Errorf("read difference: %w", err)
	}
	return entry, nil
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func limitOf(limit *int) int {
	if limit == nil {
		return defaultLimit
	}
	return *limit
}
