package safe

import (
	"context"
	"net/http"

	api "portalverbund/api/safe"
	"portalverbund/server/platform/files"
	"portalverbund/server/platform/httpx"
)

// Handlers answers the operations of the tag safe.
type Handlers struct{ s *Service }

var _ api.StrictServerInterface = (*Handlers)(nil)

// NewHandlers makes the Handlers of a Service.
func NewHandlers(s *Service) *Handlers { return &Handlers{s: s} }

// ListDocuments answers GET /api/v1/account/documents.
func (h *Handlers) ListDocuments(ctx context.Context, _ api.ListDocumentsRequestObject) (api.ListDocumentsResponseObject, error) {
	list, err := h.s.List(ctx)
	if err != nil {
		return nil, err
	}
	return api.ListDocuments200JSONResponse(list), nil
}

// AddDocument answers POST /api/v1/account/documents.
func (h *Handlers) AddDocument(ctx context.Context, r api.AddDocumentRequestObject) (api.AddDocumentResponseObject, error) {
	length := int64(-1)
	if request := httpx.RequestOf(ctx); request != nil {
		length = request.ContentLength
	}
	d, err := h.s.Add(ctx, Upload{Name: r.Params.Name, Length: length, Content: r.Body})
	if err != nil {
		return nil, err
	}
	return api.AddDocument201JSONResponse(d), nil
}

// ChangeDocument answers PUT /api/v1/account/documents/{documentId}.
func (h *Handlers) ChangeDocument(ctx context.Context, r api.ChangeDocumentRequestObject) (api.ChangeDocumentResponseObject, error) {
	d, err := h.s.Change(ctx, r.DocumentId, *r.Body)
	if err != nil {
		return nil, err
	}
	return api.ChangeDocument200JSONResponse(d), nil
}

// DeleteDocument answers DELETE /api/v1/account/documents/{documentId}.
func (h *Handlers) DeleteDocument(ctx context.Context, r api.DeleteDocumentRequestObject) (api.DeleteDocumentResponseObject, error) {
	if err := h.s.Delete(ctx, r.DocumentId); err != nil {
		return nil, err
	}
	return api.DeleteDocument204Response{}, nil
}

// ReleaseDocument answers POST /api/v1/account/documents/{documentId}/releases.
func (h *Handlers) ReleaseDocument(ctx context.Context, r api.ReleaseDocumentRequestObject) (api.ReleaseDocumentResponseObject, error) {
	given, err := h.s.ReleaseTo(ctx, r.DocumentId, *r.Body)
	if err != nil {
		return nil, err
	}
	return api.ReleaseDocument201JSONResponse(given), nil
}

// RestoreDocument answers POST /api/v1/account/documents/{documentId}/restore.
func (h *Handlers) RestoreDocument(ctx context.Context, r api.RestoreDocumentRequestObject) (api.RestoreDocumentResponseObject, error) {
	d, err := h.s.Restore(ctx, r.DocumentId)
	if err != nil {
		return nil, err
	}
	return api.RestoreDocument200JSONResponse(d), nil
}

// ReadDocument answers GET /api/v1/account/documents/{documentId}/content.
func (h *Handlers) ReadDocument(ctx context.Context, r api.ReadDocumentRequestObject) (api.ReadDocumentResponseObject, error) {
	f, err := h.s.Open(ctx, r.DocumentId)
	if err != nil {
		return nil, err
	}
	return download{f}, nil
}

// download is a file as an answer: never shown by the browser itself, and never taken for something else.
type download struct{ file File }

// VisitReadDocumentResponse writes the file.
func (d download) VisitReadDocumentResponse(w http.ResponseWriter) error {
	defer func() { _ = d.file.Content.Close() }() // it was only read
	w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	return files.Send(w, d.file.Name, d.file.Size, d.file.Content)
}
