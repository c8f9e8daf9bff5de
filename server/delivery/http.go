package delivery

import (
	"context"
	"errors"
	"net/http"
	"time"

	api "portalverbund/api/deliveries"
	"portalverbund/api/types"
	"portalverbund/server/platform/files"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

const defaultLimit = 20

// Handlers answers the operations of the tag deliveries.
type Handlers struct{ s *Service }

var _ api.StrictServerInterface = (*Handlers)(nil)

// NewHandlers makes the Handlers of a Service.
func NewHandlers(s *Service) *Handlers { return &Handlers{s: s} }

// filterOf reads which deliveries are wanted; what is missing has its default.
func filterOf(limit *int, state *types.DeliveryState, cursor *string) Filter {
	f := Filter{Limit: defaultLimit}
	if limit != nil {
		f.Limit = *limit
	}
	if state != nil {
		f.State = *state
	}
	if cursor != nil {
		f.Cursor = *cursor
	}
	return f
}

// ListDeliveries answers GET /api/v1/deliveries.
func (h *Handlers) ListDeliveries(ctx context.Context, request api.ListDeliveriesRequestObject) (api.ListDeliveriesResponseObject, error) {
	p := request.Params
	f := filterOf(p.Limit, p.State, p.Cursor)
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

// GetDeliveryAttachment answers GET /api/v1/deliveries/{deliveryId}/attachments/{attachmentId}.
func (h *Handlers) GetDeliveryAttachment(ctx context.Context, request api.GetDeliveryAttachmentRequestObject) (api.GetDeliveryAttachmentResponseObject, error) {
	r := httpx.RequestOf(ctx)
	if r == nil {
		return nil, problem.Internal(errors.New("no request in the context"))
	}
	f, err := h.s.Attachment(ctx, request.DeliveryId, request.AttachmentId)
	if err != nil {
		return nil, err
	}
	return download{f, r}, nil
}

// download is a file, or a range of it, as an answer.
type download struct {
	file    File
	request *http.Request
}

// VisitGetDeliveryAttachmentResponse writes the file.
func (d download) VisitGetDeliveryAttachmentResponse(w http.ResponseWriter) error {
	return files.Serve(w, d.request, d.file.Name, d.file.SHA256, d.file.Content)
}

// AddDeliveryDocument answers POST /api/v1/deliveries/{deliveryId}/documents.
func (h *Handlers) AddDeliveryDocument(ctx context.Context, request api.AddDeliveryDocumentRequestObject) (api.AddDeliveryDocumentResponseObject, error) {
	length := int64(-1)
	if r := httpx.RequestOf(ctx); r != nil {
		length = r.ContentLength
	}
	d, err := h.s.AddDocument(ctx, request.DeliveryId, request.Params.IdempotencyKey, Upload{Name: request.Params.Name, Length: length, Content: request.Body})
	if err != nil {
		return nil, err
	}
	return api.AddDeliveryDocument201JSONResponse(d), nil
}

// wire is a delivery as the contract describes it, in a language.
func wire(d Delivery, language string) types.Delivery {
	w := types.Delivery{
		Id: d.ID, State: d.State, Number: d.Number, ServiceId: d.ServiceID, ServiceTitle: inLanguage(d.ServiceTitle, language), Ars: d.ARS, SubmittedAt: d.SubmittedAt,
		Data: d.Data, ContentHash: d.ContentHash, ActsFor: d.ActsFor, CoApplicants: d.CoApplicants, Attachments: make([]types.Attachment, 0, len(d.Attachments)),
	}
	if w.Data == nil {
		w.Data = map[string]any{}
	}
	if d.Reference != "" {
		w.Reference = &d.Reference
	}
	if d.Test {
		w.Test = &d.Test
	}
	w.Attachments = append(w.Attachments, d.Attachments...)
	return w
}

func inLanguage(title map[string]string, language string) string {
	if text := title[language]; text != "" {
		return text
	}
	return title["de"]
}

// ListDeliveryMessages answers GET /api/v1/deliveries/{deliveryId}/messages.
func (h *Handlers) ListDeliveryMessages(ctx context.Context, request api.ListDeliveryMessagesRequestObject) (api.ListDeliveryMessagesResponseObject, error) {
	messages, err := h.s.Messages(ctx, request.DeliveryId)
	if err != nil {
		return nil, err
	}
	list := types.DeliveryMessageList{Items: make([]types.DeliveryMessage, 0, len(messages))}
	for _, m := range messages {
		list.Items = append(list.Items, wireMessage(m))
	}
	return api.ListDeliveryMessages200JSONResponse(list), nil
}

// WriteDeliveryMessage answers POST /api/v1/deliveries/{deliveryId}/messages.
func (h *Handlers) WriteDeliveryMessage(ctx context.Context, request api.WriteDeliveryMessageRequestObject) (api.WriteDeliveryMessageResponseObject, error) {
	m, err := h.s.Write(ctx, request.DeliveryId, request.Params.IdempotencyKey, *request.Body)
	if err != nil {
		return nil, err
	}
	return api.WriteDeliveryMessage201JSONResponse(wireMessage(m)), nil
}

// ListProviders answers GET /api/v1/admin/providers.
func (h *Handlers) ListProviders(ctx context.Context, _ api.ListProvidersRequestObject) (api.ListProvidersResponseObject, error) {
	states, err := h.s.States(ctx)
	if err != nil {
		return nil, err
	}
	list := types.ConnectedProviderList{Items: make([]types.ConnectedProvider, 0, len(states))}
	for _, p := range states {
		list.Items = append(list.Items, wireState(p))
	}
	return api.ListProviders200JSONResponse(list), nil
}

func wireState(p State) types.ConnectedProvider {
	item := types.ConnectedProvider{
		Id: p.ID, Name: p.Name, Pushes: p.DeliveryURL != "", Gone: p.Gone, Pending: p.Pending, Parked: p.Parked, Delivered: p.Delivered,
		LastDeliveredAt: p.LastDeliveredAt, LastFetchedAt: p.LastFetchedAt, WaitingSince: p.WaitingSince, FormerSecretUntil: p.FormerSecretUntil,
	}
	if p.Host != "" {
		item.Host, item.DeliveryUrl = &p.Host, &p.DeliveryURL
	}
	if p.Fault != "" {
		item.Fault = &p.Fault
	}
	if m := p.Mail; m != nil {
		item.Pushes = true
		item.Mail = &types.MailConnection{To: m.To, MaxMail: m.MaxMail, Signed: m.Signed, Certificate: m.Certificate, ValidUntil: m.ValidUntil}
		if m.ValidUntil != nil {
			item.Mail.Subject, item.Mail.Sha256 = &m.Subject, &m.SHA256
		}
	}
	if f := p.FITConnect; f != nil {
		item.Pushes = true
		item.FitConnect = &types.FitConnectConnection{SubmissionUrl: f.SubmissionURL, Credentials: p.Login}
		if f.RoutingURL != "" {
			item.FitConnect.RoutingUrl = &f.RoutingURL
		}
		if p.LoginID != "" {
			item.FitConnect.ClientId = &p.LoginID
		}
	}
	return item
}

// SetFitConnectCredentials answers PUT /api/v1/admin/providers/{providerId}/fit-connect-credentials.
func (h *Handlers) SetFitConnectCredentials(ctx context.Context, request api.SetFitConnectCredentialsRequestObject) (api.SetFitConnectCredentialsResponseObject, error) {
	state, err := h.s.SetFITLogin(ctx, request.ProviderId, request.Body.ClientId, request.Body.ClientSecret)
	if err != nil {
		return nil, err
	}
	return api.SetFitConnectCredentials200JSONResponse(wireState(state)), nil
}

// SetProviderAddress answers PUT /api/v1/admin/providers/{providerId}/address.
func (h *Handlers) SetProviderAddress(ctx context.Context, request api.SetProviderAddressRequestObject) (api.SetProviderAddressResponseObject, error) {
	address := ""
	if request.Body.DeliveryUrl != nil {
		address = *request.Body.DeliveryUrl
	}
	state, err := h.s.SetAddress(ctx, request.ProviderId, address)
	if err != nil {
		return nil, err
	}
	return api.SetProviderAddress200JSONResponse(wireState(state)), nil
}

// ReplaceWebhookSecret answers POST /api/v1/admin/providers/{providerId}/webhook-secrets.
func (h *Handlers) ReplaceWebhookSecret(ctx context.Context, request api.ReplaceWebhookSecretRequestObject) (api.ReplaceWebhookSecretResponseObject, error) {
	state, secret, err := h.s.ReplaceSecret(ctx, request.ProviderId, request.Params.IdempotencyKey, time.Duration(request.Body.OverlapHours)*time.Hour)
	if err != nil {
		return nil, err
	}
	answer := types.WebhookSecret{Provider: wireState(state)}
	if secret != "" {
		answer.Secret = &secret
	}
	return api.ReplaceWebhookSecret201JSONResponse(answer), nil
}

// ListProviderDeliveries answers GET /api/v1/admin/providers/{providerId}/deliveries.
func (h *Handlers) ListProviderDeliveries(ctx context.Context, request api.ListProviderDeliveriesRequestObject) (api.ListProviderDeliveriesResponseObject, error) {
	p := request.Params
	f := filterOf(p.Limit, p.State, p.Cursor)
	heads, next, err := h.s.Heads(ctx, request.ProviderId, f)
	if err != nil {
		return nil, err
	}
	list := types.DeliveryHeadList{Items: heads}
	if next != "" {
		list.NextCursor = &next
	}
	return api.ListProviderDeliveries200JSONResponse(list), nil
}

// TestProvider answers POST /api/v1/admin/providers/{providerId}/tests.
func (h *Handlers) TestProvider(ctx context.Context, request api.TestProviderRequestObject) (api.TestProviderResponseObject, error) {
	head, err := h.s.Test(ctx, request.ProviderId, request.Params.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	return api.TestProvider201JSONResponse(head), nil
}

// ReplayDelivery answers POST /api/v1/admin/deliveries/{deliveryId}/replay.
func (h *Handlers) ReplayDelivery(ctx context.Context, request api.ReplayDeliveryRequestObject) (api.ReplayDeliveryResponseObject, error) {
	head, err := h.s.Replay(ctx, request.DeliveryId)
	if err != nil {
		return nil, err
	}
	return api.ReplayDelivery200JSONResponse(head), nil
}
