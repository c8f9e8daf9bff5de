package delivery

import (
	"context"

	api "portalverbund/api/deliveries"
	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

const defaultLimit = 20

// Handlers answers the operations of the tag deliveries.
type Handlers struct{ s *Service }

var _ api.StrictServerInterface = (*Handlers)(nil)

// NewHandlers makes the Handlers of a Service.
func NewHandlers(s *Service) *Handlers { return &Handlers{s: s} }

// ListDeliveries answers GET /api/v1/deliveries.
func (h *Handlers) ListDeliveries(ctx context.Context, request api.ListDeliveriesRequestObject) (api.ListDeliveriesResponseObject, error) {
	p := request.Params
	f := Filter{Limit: defaultLimit}
	if p.Limit != nil {
		f.Limit = *p.Limit
	}
	if p.State != nil {
		f.State = *p.State
	}
	if p.Cursor != nil {
		f.Cursor = *p.Cursor
	}
	items, next, err := h.s.List(ctx, f)
	if err != nil {
		return nil, err
	}
	list := types.DeliveryList{Items: make([]types.Delivery, 0, len(items))}
	if next != "" {
		list.NextCursor = &next
	}
	for _, d := range items {
		list.Items = append(list.Items, wire(d, httpx.LanguageOf(ctx)))
	}
	return api.ListDeliveries200JSONResponse(list), nil
}

// GetDelivery answers GET /api/v1/deliveries/{deliveryId}.
func (h *Handlers) GetDelivery(ctx context.Context, request api.GetDeliveryRequestObject) (api.GetDeliveryResponseObject, error) {
	d, err := h.s.Get(ctx, request.DeliveryId)
	if err != nil {
		return nil, err
	}
	return api.GetDelivery200JSONResponse(wire(d, httpx.LanguageOf(ctx))), nil
}

// ReportDeliveryStatus answers POST /api/v1/deliveries/{deliveryId}/status.
func (h *Handlers) ReportDeliveryStatus(ctx context.Context, request api.ReportDeliveryStatusRequestObject) (api.ReportDeliveryStatusResponseObject, error) {
	d, err := h.s.SetStatus(ctx, request.DeliveryId, request.Params.IdempotencyKey, *request.Body)
	if err != nil {
		return nil, err
	}
	return api.ReportDeliveryStatus200JSONResponse(wire(d, httpx.LanguageOf(ctx))), nil
}

// wire is a delivery as the contract describes it, in a language.
func wire(d Delivery, language string) types.Delivery {
	title := d.ServiceTitle[language]
	if title == "" {
		title = d.ServiceTitle["de"]
	}
	w := types.Delivery{
		Id: d.ID, State: d.State, Number: d.Number, ServiceId: d.ServiceID, ServiceTitle: title, Ars: d.ARS, SubmittedAt: d.SubmittedAt,
		Data: d.Data, ContentHash: d.ContentHash, ActsFor: d.ActsFor, Attachments: make([]types.Attachment, 0, len(d.Attachments)),
	}
	if w.Data == nil {
		w.Data = map[string]any{}
	}
	if d.Reference != "" {
		w.Reference = &d.Reference
	}
	w.Attachments = append(w.Attachments, d.Attachments...)
	return w
}
