package applications

import (
	"bytes"
	"context"
	"net/http"

	api "portalverbund/api/applications"
	"portalverbund/api/types"
	"portalverbund/server/platform/files"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// defaultLimit is how many applications a page has when nobody says.
const defaultLimit = 20

// Handlers answers the operations with the tag applications.
type Handlers struct{ service *Service }

// NewHandlers makes the Handlers.
func NewHandlers(s *Service) *Handlers { return &Handlers{s} }

var _ api.StrictServerInterface = (*Handlers)(nil)

// ListApplications answers GET /api/v1/applications.
func (h *Handlers) ListApplications(ctx context.Context, request api.ListApplicationsRequestObject) (api.ListApplicationsResponseObject, error) {
	f := Filter{Limit: defaultLimit}
	if p := request.Params; p.State != nil {
		f.State = *p.State
	}
	if l := request.Params.Limit; l != nil {
		f.Limit = *l
	}
	if c := request.Params.Cursor; c != nil {
		f.Cursor = *c
	}
	items, next, err := h.service.List(ctx, f)
	if err != nil {
		return nil, err
	}
	list := api.ListApplications200JSONResponse{Items: make([]types.ApplicationSummary, 0, len(items))}
	for _, a := range items {
		list.Items = append(list.Items, types.ApplicationSummary{
			Id: a.ID, Number: optional(a.Number), State: a.State, ServiceId: a.ServiceID, ServiceTitle: httpx.Localized(ctx, a.ServiceTitle),
			AuthorityName: httpx.Localized(ctx, a.AuthorityName), Portal: a.Portal, CreatedAt: a.CreatedAt, ChangedAt: a.ChangedAt, SubmittedAt: a.SubmittedAt,
			ActsFor: a.ActsFor,
		})
		if a.takesPart != "" {
			list.Items[len(list.Items)-1].CoApplicantState = &a.takesPart
		}
	}
	list.NextCursor = optional(next)
	return list, nil
}

// CreateApplication answers POST /api/v1/applications.
func (h *Handlers) CreateApplication(ctx context.Context, request api.CreateApplicationRequestObject) (api.CreateApplicationResponseObject, error) {
	a, err := h.service.Create(ctx, request.Params.IdempotencyKey, *request.Body)
	if err != nil {
		return nil, err
	}
	return api.CreateApplication201JSONResponse{Body: wire(ctx, a), Headers: api.CreateApplication201ResponseHeaders{ETag: a.ETag()}}, nil
}

// GetApplication answers GET /api/v1/applications/{applicationId}.
func (h *Handlers) GetApplication(ctx context.Context, request api.GetApplicationRequestObject) (api.GetApplicationResponseObject, error) {
	a, err := h.service.Get(ctx, request.ApplicationId)
	if err != nil {
		return nil, err
	}
	return api.GetApplication200JSONResponse{Body: wire(ctx, a), Headers: api.GetApplication200ResponseHeaders{ETag: a.ETag()}}, nil
}

// SaveDraft answers PATCH /api/v1/applications/{applicationId}.
func (h *Handlers) SaveDraft(ctx context.Context, request api.SaveDraftRequestObject) (api.SaveDraftResponseObject, error) {
	a, err := h.service.SaveDraft(ctx, request.ApplicationId, request.Params.IfMatch, *request.Body)
	if err != nil {
		return nil, err
	}
	return api.SaveDraft200JSONResponse{Body: wire(ctx, a), Headers: api.SaveDraft200ResponseHeaders{ETag: a.ETag()}}, nil
}

// DeleteDraft answers DELETE /api/v1/applications/{applicationId}.
func (h *Handlers) DeleteDraft(ctx context.Context, request api.DeleteDraftRequestObject) (api.DeleteDraftResponseObject, error) {
	if err := h.service.DeleteDraft(ctx, request.ApplicationId); err != nil {
		return nil, err
	}
	return api.DeleteDraft204Response{}, nil
}

// AddAttachment answers POST /api/v1/applications/{applicationId}/attachments.
func (h *Handlers) AddAttachment(ctx context.Context, request api.AddAttachmentRequestObject) (api.AddAttachmentResponseObject, error) {
	length := int64(-1)
	if r := httpx.RequestOf(ctx); r != nil {
		length = r.ContentLength
	}
	a, err := h.service.AddAttachment(ctx, request.ApplicationId, Upload{
		Name: request.Params.Name, Field: request.Params.Field, Length: length, Content: request.Body,
	})
	if err != nil {
		return nil, err
	}
	return api.AddAttachment201JSONResponse(a), nil
}

// AddAttachmentFromSafe answers POST /api/v1/applications/{applicationId}/attachments/from-safe.
func (h *Handlers) AddAttachmentFromSafe(ctx context.Context, request api.AddAttachmentFromSafeRequestObject) (api.AddAttachmentFromSafeResponseObject, error) {
	a, err := h.service.AddFromSafe(ctx, request.ApplicationId, *request.Body)
	if err != nil {
		return nil, err
	}
	return api.AddAttachmentFromSafe201JSONResponse(a), nil
}

// DeleteAttachment answers DELETE /api/v1/applications/{applicationId}/attachments/{attachmentId}.
func (h *Handlers) DeleteAttachment(ctx context.Context, request api.DeleteAttachmentRequestObject) (api.DeleteAttachmentResponseObject, error) {
	if err := h.service.DeleteAttachment(ctx, request.ApplicationId, request.AttachmentId); err != nil {
		return nil, err
	}
	return api.DeleteAttachment204Response{}, nil
}

// GetAttachment answers GET /api/v1/applications/{applicationId}/attachments/{attachmentId}.
func (h *Handlers) GetAttachment(ctx context.Context, request api.GetAttachmentRequestObject) (api.GetAttachmentResponseObject, error) {
	f, err := h.service.Attachment(ctx, request.ApplicationId, request.AttachmentId)
	if err != nil {
		return nil, err
	}
	return download{f}, nil
}

// GetApplicationDocument answers GET /api/v1/applications/{applicationId}/documents/{documentId}.
func (h *Handlers) GetApplicationDocument(ctx context.Context, request api.GetApplicationDocumentRequestObject) (api.GetApplicationDocumentResponseObject, error) {
	f, err := h.service.Document(ctx, request.ApplicationId, request.DocumentId)
	if err != nil {
		return nil, err
	}
	return download{f}, nil
}

// VisitGetApplicationDocumentResponse writes the file.
func (d download) VisitGetApplicationDocumentResponse(w http.ResponseWriter) error {
	return d.VisitGetAttachmentResponse(w)
}

// download is a file as an answer: never shown by the browser itself, and never taken for something else.
type download struct{ file File }

// VisitGetAttachmentResponse writes the file.
func (d download) VisitGetAttachmentResponse(w http.ResponseWriter) error {
	defer func() { _ = d.file.Content.Close() }() // it was only read
	return files.Send(w, d.file.Name, d.file.Size, d.file.Content)
}

// SubmitApplication answers POST /api/v1/applications/{applicationId}/submit.
func (h *Handlers) SubmitApplication(ctx context.Context, request api.SubmitApplicationRequestObject) (api.SubmitApplicationResponseObject, error) {
	a, err := h.service.SubmitFor(ctx, request.ApplicationId, request.Params.IdempotencyKey, request.Params.Fee)
	if err != nil {
		return nil, err
	}
	return api.SubmitApplication200JSONResponse{Body: wire(ctx, a), Headers: api.SubmitApplication200ResponseHeaders{ETag: a.ETag()}}, nil
}

// HandOverDraft answers POST /api/v1/applications/{applicationId}/hand-over.
func (h *Handlers) HandOverDraft(ctx context.Context, request api.HandOverDraftRequestObject) (api.HandOverDraftResponseObject, error) {
	if err := h.service.HandOver(ctx, request.ApplicationId, request.Params.IdempotencyKey); err != nil {
		return nil, err
	}
	return api.HandOverDraft204Response{}, nil
}

// WithdrawApplication answers POST /api/v1/applications/{applicationId}/withdraw.
func (h *Handlers) WithdrawApplication(ctx context.Context, request api.WithdrawApplicationRequestObject) (api.WithdrawApplicationResponseObject, error) {
	a, err := h.service.Withdraw(ctx, request.ApplicationId, request.Params.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	return api.WithdrawApplication200JSONResponse{Body: wire(ctx, a), Headers: api.WithdrawApplication200ResponseHeaders{ETag: a.ETag()}}, nil
}

// AnswerAuthority answers POST /api/v1/applications/{applicationId}/messages.
func (h *Handlers) AnswerAuthority(ctx context.Context, request api.AnswerAuthorityRequestObject) (api.AnswerAuthorityResponseObject, error) {
	event, err := h.service.Answer(ctx, request.ApplicationId, request.Params.IdempotencyKey, *request.Body)
	if err != nil {
		return nil, err
	}
	return api.AnswerAuthority201JSONResponse(event), nil
}

// WatchApplication answers GET /api/v1/applications/{applicationId}/events.
func (h *Handlers) WatchApplication(ctx context.Context, request api.WatchApplicationRequestObject) (api.WatchApplicationResponseObject, error) {
	events, err := h.service.Watch(ctx, request.ApplicationId)
	if err != nil {
		return nil, err
	}
	return watch{events}, nil
}

// GetReceipt answers GET /api/v1/applications/{applicationId}/receipt.
func (h *Handlers) GetReceipt(ctx context.Context, request api.GetReceiptRequestObject) (api.GetReceiptResponseObject, error) {
	a, err := h.service.Receipt(ctx, request.ApplicationId)
	if err != nil {
		return nil, err
	}
	return api.GetReceipt200JSONResponse{
		Number: a.Number, ServiceTitle: httpx.Localized(ctx, a.ServiceTitle), AuthorityName: httpx.Localized(ctx, a.AuthorityName),
		Portal: a.Portal, SubmittedAt: *a.SubmittedAt, ContentHash: a.ContentHash, Attachments: a.Attachments,
		ArrivedAt: a.ArrivedAt, SignedReceipt: optional(a.Receipt), ActsFor: a.ActsFor, CoApplicants: a.consented(),
	}, nil
}

// paper is a PDF as an answer.
type paper struct {
	content []byte
	name    string
}

// VisitGetReceiptPaperResponse writes the file.
func (p paper) VisitGetReceiptPaperResponse(w http.ResponseWriter) error {
	return files.Send(w, p.name, int64(len(p.content)), bytes.NewReader(p.content))
}

// GetReceiptPaper answers GET /api/v1/applications/{applicationId}/receipt.pdf.
func (h *Handlers) GetReceiptPaper(ctx context.Context, request api.GetReceiptPaperRequestObject) (api.GetReceiptPaperResponseObject, error) {
	content, name, err := h.service.ReceiptPaper(ctx, request.ApplicationId)
	if err != nil {
		return nil, err
	}
	return paper{content, name}, nil
}

// wire turns an Application into its form in the contract.
func wire(ctx context.Context, a Application) types.Application {
	out := types.Application{
		Id: a.ID, Number: optional(a.Number), State: a.State, ServiceId: a.ServiceID, ServiceTitle: httpx.Localized(ctx, a.ServiceTitle),
		AuthorityName: httpx.Localized(ctx, a.AuthorityName), Portal: a.Portal, Place: a.Place, FormId: a.FormID, FormVersion: a.FormVersion,
		Step: optional(a.Step), ContentKept: a.Data != nil, Attachments: a.Attachments, Timeline: a.Timeline,
		CreatedAt: a.CreatedAt, ChangedAt: a.ChangedAt, SubmittedAt: a.SubmittedAt, NeededTrustLevel: &a.NeededLevel, ActsFor: a.ActsFor,
	}
	mine := a.isOf(httpx.CallerOf(ctx).Person)
	out.Mine = &mine
	if a.Data != nil {
		out.Data = &a.Data
	}
	if a.State == types.ApplicationStateDraft {
		deleteAt, found := a.DeleteAt(), wireErrors(ctx, a.Errors)
		out.DeleteAt, out.Errors, out.Fee, out.Uploads = &deleteAt, &found, a.Fee, &a.Uploads
	}
	if a.answerable() {
		out.Answer = &a.Answer
	}
	if joint := a.Joint != nil; joint {
		out.Joint = &joint
	}
	if out.CoApplicant = coApplicantView(ctx, a); out.CoApplicant != nil {
		out.Step, out.Errors, out.Uploads, out.Answer = nil, nil, nil, nil // for who fills in
	}
	return out
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

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
