package cases

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	openapi "github.com/oapi-codegen/runtime/types"

	api "portalverbund/api/cases"
	"portalverbund/api/types"
	"portalverbund/server/platform/files"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

const (
	roleClerk    = "clerk"
	defaultLimit = 20
)

// Handlers answers the operations of the tag cases.
type Handlers struct{ s *Service }

var _ api.StrictServerInterface = (*Handlers)(nil)

// NewHandlers makes the Handlers of a Service.
func NewHandlers(s *Service) *Handlers { return &Handlers{s: s} }

// clerk refuses everybody else. The contract has done so before; here it protects against a contract that forgets.
func clerk(ctx context.Context) error {
	if !httpx.CallerOf(ctx).HasRoleSomewhere(roleClerk) {
		return problem.Forbidden("role-missing", "Dafür haben Sie an diesem Portal keine Berechtigung.", "You are not allowed to do this at this portal.")
	}
	return nil
}

// ListCases answers GET /api/v1/cases.
func (h *Handlers) ListCases(ctx context.Context, request api.ListCasesRequestObject) (api.ListCasesResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	p := request.Params
	f := Filter{Limit: defaultLimit}
	if p.Limit != nil {
		f.Limit = *p.Limit
	}
	if p.State != nil {
		f.State = *p.State
	}
	if p.Q != nil {
		f.Search = *p.Q
	}
	if p.Cursor != nil {
		f.Cursor = *p.Cursor
	}
	if p.Sort != nil {
		f.Sort = *p.Sort
	}
	var err error
	if f.Assignee, err = assignee(ctx, p.Assignee, "#/query/assignee"); err != nil {
		return nil, err
	}
	f.Service, f.Open, f.Overdue, f.Agreement = p.Service, p.Open != nil && *p.Open, p.Overdue != nil && *p.Overdue, p.Agreement != nil && *p.Agreement
	l, err := h.s.List(ctx, f)
	if err != nil {
		return nil, err
	}
	list, err := h.list(ctx, l)
	return api.ListCases200JSONResponse(list), err
}

// WatchCases answers GET /api/v1/cases/events.
func (h *Handlers) WatchCases(ctx context.Context, _ api.WatchCasesRequestObject) (api.WatchCasesResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	reach, err := h.s.reach(ctx)
	if err != nil {
		return nil, err
	}
	return watch{ctx: ctx, s: h.s, reach: reach}, nil
}

// GetCase answers GET /api/v1/cases/{caseId}.
func (h *Handlers) GetCase(ctx context.Context, request api.GetCaseRequestObject) (api.GetCaseResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	c, err := h.s.Read(ctx, request.CaseId)
	if err != nil {
		return nil, err
	}
	body, err := h.body(ctx, c)
	if err != nil {
		return nil, err
	}
	return api.GetCase200JSONResponse{Body: body, Headers: api.GetCase200ResponseHeaders{ETag: etag(c)}}, nil
}

// StartCase answers POST /api/v1/cases/{caseId}/start.
func (h *Handlers) StartCase(ctx context.Context, request api.StartCaseRequestObject) (api.StartCaseResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	c, err := h.s.Start(ctx, request.CaseId, request.Params.IdempotencyKey)
	changed, err := h.changed(ctx, c, err)
	return api.StartCase200JSONResponse{ChangedCaseJSONResponse: changed}, err
}

// AskQuestion answers POST /api/v1/cases/{caseId}/questions.
func (h *Handlers) AskQuestion(ctx context.Context, request api.AskQuestionRequestObject) (api.AskQuestionResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	c, err := h.s.Ask(ctx, request.CaseId, request.Params.IdempotencyKey, *request.Body)
	changed, err := h.changed(ctx, c, err)
	return api.AskQuestion200JSONResponse{ChangedCaseJSONResponse: changed}, err
}

// WriteCaseMessage answers POST /api/v1/cases/{caseId}/message.
func (h *Handlers) WriteCaseMessage(ctx context.Context, request api.WriteCaseMessageRequestObject) (api.WriteCaseMessageResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	text, err := written(request.Body.Text)
	if err != nil {
		return nil, err
	}
	c, err := h.s.Write(ctx, request.CaseId, request.Params.IdempotencyKey, text)
	changed, err := h.changed(ctx, c, err)
	return api.WriteCaseMessage200JSONResponse{ChangedCaseJSONResponse: changed}, err
}

// CloseCase answers POST /api/v1/cases/{caseId}/close.
func (h *Handlers) CloseCase(ctx context.Context, request api.CloseCaseRequestObject) (api.CloseCaseResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	text, err := written(request.Body.Text)
	if err != nil {
		return nil, err
	}
	c, err := h.s.Close(ctx, request.CaseId, request.Params.IdempotencyKey, text)
	changed, err := h.changed(ctx, c, err)
	return api.CloseCase200JSONResponse{ChangedCaseJSONResponse: changed}, err
}

// DecideCase answers POST /api/v1/cases/{caseId}/decision.
func (h *Handlers) DecideCase(ctx context.Context, request api.DecideCaseRequestObject) (api.DecideCaseResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	decision, err := writtenDecision(*request.Body)
	if err != nil {
		return nil, err
	}
	c, err := h.s.Decide(ctx, request.CaseId, request.Params.IdempotencyKey, decision)
	changed, err := h.changed(ctx, c, err)
	return api.DecideCase200JSONResponse{ChangedCaseJSONResponse: changed}, err
}

// PrepareDecision answers GET /api/v1/cases/{caseId}/decision.
func (h *Handlers) PrepareDecision(ctx context.Context, request api.PrepareDecisionRequestObject) (api.PrepareDecisionResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	draft, err := h.s.PrepareDecision(ctx, request.CaseId)
	return api.PrepareDecision200JSONResponse(draft), err
}

// PreviewDecision answers POST /api/v1/cases/{caseId}/decision/preview.
func (h *Handlers) PreviewDecision(ctx context.Context, request api.PreviewDecisionRequestObject) (api.PreviewDecisionResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	decision, err := writtenDecision(*request.Body)
	if err != nil {
		return nil, err
	}
	content, name, err := h.s.PreviewDecision(ctx, request.CaseId, decision)
	if err != nil {
		return nil, err
	}
	return file{Download: Download{Name: name, Size: int64(len(content)), Content: inMemory{bytes.NewReader(content)}}, request: httpx.RequestOf(ctx)}, nil
}

// GetDecisionPaper answers GET /api/v1/cases/{caseId}/decision/paper.
func (h *Handlers) GetDecisionPaper(ctx context.Context, request api.GetDecisionPaperRequestObject) (api.GetDecisionPaperResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	d, err := h.s.DecisionPaperOf(ctx, request.CaseId)
	if err != nil {
		return nil, err
	}
	return viewed(file{Download: d, request: httpx.RequestOf(ctx)}, request.Params.View)
}

// VisitPreviewDecisionResponse writes the answer; there is nothing kept of which there could be ranges.
func (f file) VisitPreviewDecisionResponse(w http.ResponseWriter) error {
	return files.Send(w, f.Name, f.Size, f.Content)
}

// VisitGetDecisionPaperResponse writes the answer.
func (f file) VisitGetDecisionPaperResponse(w http.ResponseWriter) error {
	return f.VisitGetCaseAttachmentResponse(w)
}

// GetCaseAttachment answers GET /api/v1/cases/{caseId}/attachments/{attachmentId}.
func (h *Handlers) GetCaseAttachment(ctx context.Context, request api.GetCaseAttachmentRequestObject) (api.GetCaseAttachmentResponseObject, error) {
	if err := clerk(ctx); err != nil {
		return nil, err
	}
	d, err := h.s.Attachment(ctx, request.CaseId, request.AttachmentId)
	if err != nil {
		return nil, err
	}
	return viewed(file{Download: d, request: httpx.RequestOf(ctx)}, request.Params.View)
}

// written refuses a text of spaces.
func written(text string) (string, error) {
	if text = strings.TrimSpace(text); text == "" {
		return "", problem.Invalid(problem.FieldError{Pointer: "/text", Code: "required"})
	}
	return text, nil
}

// writtenDecision refuses a decision whose reasons are spaces.
func writtenDecision(d types.Decision) (types.Decision, error) {
	text, err := written(d.Text)
	d.Text = text
	return d, err
}

func etag(c Case) string { return tag(c.Version) }

// tag writes a version as an ETag.
func tag(version int) string { return strconv.Quote(strconv.Itoa(version)) }

// changed answers with a case as it is after a request, or with the error of that.
func (h *Handlers) changed(ctx context.Context, c Case, err error) (api.ChangedCaseJSONResponse, error) {
	if err != nil {
		return api.ChangedCaseJSONResponse{}, err
	}
	body, err := h.body(ctx, c)
	return api.ChangedCaseJSONResponse{Body: body, Headers: api.ChangedCaseResponseHeaders{ETag: etag(c)}}, err
}

func (h *Handlers) list(ctx context.Context, l List) (types.CaseList, error) {
	counts := make(map[string]int, len(l.Counts))
	for state, n := range l.Counts {
		counts[string(state)] = n
	}
	var ids []uuid.UUID
	for _, i := range l.Items {
		if i.Assignee != nil {
			ids = append(ids, *i.Assignee)
		}
	}
	names, err := h.s.colleagues.StaffNames(ctx, ids)
	if err != nil {
		return types.CaseList{}, err
	}
	list := types.CaseList{Items: make([]types.CaseSummary, 0, len(l.Items)), Counts: &counts}
	if l.Next != "" {
		list.NextCursor = &l.Next
	}
	for _, i := range l.Items {
		overdue := h.s.overdue(i.State, i.DueOn)
		list.Items = append(list.Items, types.CaseSummary{
			Id: i.ID, Number: i.Number, State: i.State, ServiceTitle: httpx.Localized(ctx, i.ServiceTitle), ApplicantName: i.ApplicantName,
			OrganisationName: httpx.Localized(ctx, i.OrganisationName), Origin: h.origin(i.Origin), ReceivedAt: i.ReceivedAt, ChangedAt: i.ChangedAt,
			DueOn: openapi.Date{Time: i.DueOn}, Overdue: &overdue, Assignee: colleague(ctx, i.Assignee, names), Proposed: &i.Proposed,
		})
	}
	return list, nil
}

// colleague names who has a case, also somebody who has left.
func colleague(ctx context.Context, id *uuid.UUID, names map[uuid.UUID]string) *types.Colleague {
	if id == nil {
		return nil
	}
	self := *id == httpx.CallerOf(ctx).AccountID
	return &types.Colleague{Id: *id, Name: names[*id], Self: &self}
}

func (h *Handlers) body(ctx context.Context, c Case) (types.Case, error) {
	place, err := h.place(ctx, c.ARS)
	if err != nil {
		return types.Case{}, err
	}
	ids := make([]uuid.UUID, 0, len(c.Notes)+1)
	if c.Assignee != nil {
		ids = append(ids, *c.Assignee)
	}
	for _, n := range c.Notes {
		ids = append(ids, n.Author)
	}
	if c.Hold != nil {
		ids = append(ids, c.Hold.By)
	}
	if c.Proposal != nil {
		ids = append(ids, c.Proposal.By)
	}
	names, err := h.s.colleagues.StaffNames(ctx, ids)
	if err != nil {
		return types.Case{}, err
	}
	overdue := h.s.overdue(c.State, c.DueOn)
	body := types.Case{
		DueOn: openapi.Date{Time: c.DueOn}, Overdue: &overdue, Assignee: colleague(ctx, c.Assignee, names), Notes: make([]types.CaseNote, 0, len(c.Notes)),
		Id: c.ID, Number: c.Number, State: c.State, ServiceId: c.ServiceID, ServiceTitle: httpx.Localized(ctx, c.ServiceTitle),
		ApplicantName: c.ApplicantName, OrganisationName: httpx.Localized(ctx, c.OrganisationName), Origin: h.origin(c.Origin),
		Place: place, FormId: c.FormID, FormVersion: c.FormVersion, Data: c.Data, Attachments: make([]types.Attachment, 0, len(c.Attachments)),
		Timeline: c.Timeline, ReceivedAt: c.ReceivedAt, ChangedAt: c.ChangedAt, ContentHash: c.ContentHash, TrustLevel: c.TrustLevel, ActsFor: c.ActsFor, CoApplicants: c.CoApplicants,
	}
	if body.Data == nil {
		body.Data = map[string]any{}
	}
	body.FourEyes = &c.FourEyes
	if p := c.Proposal; p != nil {
		body.Proposal = &types.CaseProposal{Outcome: types.CaseProposalOutcome(p.Outcome), Text: p.Text, LegalBasis: p.LegalBasis, Remedy: p.Remedy, By: *colleague(ctx, &p.By, names), At: p.At}
	}
	if c.DeleteOn != nil {
		body.DeleteOn = &openapi.Date{Time: *c.DeleteOn}
	}
	if c.Hold != nil {
		body.Hold = &types.CaseHold{Reason: c.Hold.Reason, By: names[c.Hold.By], At: c.Hold.At}
	}
	if d := c.Decision; d != nil {
		body.Decision = &types.DecisionPaper{Name: d.Name, Size: d.Size, Sha256: d.SHA256, At: d.At, OpenedAt: d.OpenedAt}
	}
	for _, n := range c.Notes {
		body.Notes = append(body.Notes, types.CaseNote{Id: n.ID, At: n.At, Author: names[n.Author], Text: n.Text})
	}
	for _, a := range c.Attachments {
		body.Attachments = append(body.Attachments, a.wire())
	}
	return body, nil
}

// origin names the portal of origin, also when it has left the association.
func (h *Handlers) origin(id string) types.PortalReference {
	if p, ok := h.s.portals.Member(id); ok {
		return p
	}
	return types.PortalReference{Id: id, Name: id, Url: id, Kind: types.Municipality}
}

// place names the place, also when its key is no longer known.
func (h *Handlers) place(ctx context.Context, ars string) (types.PlaceReference, error) {
	p, err := h.s.places.Place(ctx, ars)
	if err != nil {
		if problem.From(err).Status == http.StatusNotFound {
			return types.PlaceReference{Ars: ars, Name: ars, Level: types.Gemeinde}, nil
		}
		return types.PlaceReference{}, err
	}
	return types.PlaceReference{Ars: p.Ars, Name: p.Name, Level: p.Level}, nil
}

// file sends a file, whole or in ranges: as a download that no browser opens by itself, or of a kind that is to be looked at.
type file struct {
	Download
	request *http.Request
	kind    files.Kind // to be looked at; empty for a download
}

// viewed has a file looked at instead of downloaded, where that is wished and its content, whatever its name says, is of a kind that
// runs nothing.
func viewed(f file, wished *bool) (file, error) {
	if wished == nil || !*wished {
		return f, nil
	}
	head := make([]byte, files.SniffLength)
	n, err := io.ReadFull(f.Content, head)
	if err == nil || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		_, err = f.Content.Seek(0, io.SeekStart)
	}
	if err != nil {
		_ = f.Content.Close() // the error says more
		return file{}, fmt.Errorf("look at a file: %w", err)
	}
	f.kind, _ = files.KindOf(head[:n])
	return f, nil
}

// What a file that is looked at may do: a program that shows PDFs brings its own styles and is an object of its own page, and that is all.
const viewPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; object-src 'self'; frame-ancestors 'none'"

// VisitGetCaseAttachmentResponse writes the answer.
func (f file) VisitGetCaseAttachmentResponse(w http.ResponseWriter) error {
	defer func() { _ = f.Content.Close() }() // it was only read
	header := w.Header()
	header.Set("Content-Type", "application/octet-stream")
	header.Set("Content-Disposition", files.Disposition(f.Name))
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	if f.kind.MediaType != "" {
		header.Set("Content-Type", f.kind.MediaType)
		header.Set("Content-Disposition", "inline"+strings.TrimPrefix(files.Disposition(f.Name), "attachment"))
		header.Set("Content-Security-Policy", viewPolicy)
	}
	header.Set("Cache-Control", "private, no-store")
	http.ServeContent(w, f.request, "", time.Time{}, f.Content)
	return nil
}
