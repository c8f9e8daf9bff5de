package forms

import (
	"context"

	api "portalverbund/api/forms"
)

// Handlers answers the operations with the tag forms.
type Handlers struct{ service *Service }

// NewHandlers makes the Handlers.
func NewHandlers(s *Service) *Handlers { return &Handlers{s} }

var _ api.StrictServerInterface = (*Handlers)(nil)

// GetForm answers GET /api/v1/forms/{formId}.
func (h *Handlers) GetForm(ctx context.Context, request api.GetFormRequestObject) (api.GetFormResponseObject, error) {
	version := 0
	if request.Params.Version != nil {
		version = *request.Params.Version
	}
	form, err := h.service.Form(ctx, request.FormId, version)
	if err != nil {
		return nil, err
	}
	return api.GetForm200JSONResponse(form), nil
}
