package oidc

import (
	"context"
	"time"

	api "portalverbund/api/clients"
	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

const defaultLimit = 20

// Handlers answers the operations of the contract's tag clients.
type Handlers struct{ service *Service }

var _ api.StrictServerInterface = (*Handlers)(nil)

// NewHandlers makes the handlers of a Service.
func NewHandlers(s *Service) *Handlers { return &Handlers{service: s} }

// administrator refuses everybody else. The contract has done so before; here it protects against a contract that forgets.
func administrator(ctx context.Context) error {
	if httpx.CallerOf(ctx).HasRole("admin") {
		return nil
	}
	return problem.Forbidden("role-missing", "Dafür haben Sie an diesem Portal keine Berechtigung.", "You are not allowed to do this at this portal.")
}

// scope is whose idempotency keys are meant.
func scope(ctx context.Context) string { return httpx.CallerOf(ctx).AccountID.String() }

// ListClients answers GET /api/v1/admin/clients.
func (h *Handlers) ListClients(ctx context.Context, r api.ListClientsRequestObject) (api.ListClientsResponseObject, error) {
	if err := administrator(ctx); err != nil {
		return nil, err
	}
	limit := defaultLimit
	if r.Params.Limit != nil {
		limit = *r.Params.Limit
	}
	list, next, err := h.service.Registered(ctx, limit, value(r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	out := types.ClientList{Items: make([]types.RegisteredClient, 0, len(list)), NextCursor: optional(next)}
	for _, known := range list {
		out.Items = append(out.Items, wire(known))
	}
	return api.ListClients200JSONResponse(out), nil
}

// CreateClient answers POST /api/v1/admin/clients.
func (h *Handlers) CreateClient(ctx context.Context, r api.CreateClientRequestObject) (api.CreateClientResponseObject, error) {
	if err := administrator(ctx); err != nil {
		return nil, err
	}
	b := r.Body
	made, secret, err := h.service.Register(ctx, scope(ctx), r.Params.IdempotencyKey, Registration{
		Kind: b.Kind, Name: b.Name, URL: value(b.Url), PrivacyURL: value(b.PrivacyUrl), Purpose: purposeWords(b.Purpose), Authentication: b.Authentication,
		JWKS: value(b.Jwks), JWKSURI: value(b.JwksUri), Scopes: words(b.Scopes), RedirectURIs: b.RedirectUris, AfterLogout: b.PostLogoutRedirectUris,
		LogoutURI: value(b.BackChannelLogoutUri), Active: b.Active,
	})
	if err != nil {
		return nil, err
	}
	return api.CreateClient201JSONResponse{
		Body: types.ClientWithSecret{Client: wire(made), Secret: optional(secret)}, Headers: api.CreateClient201ResponseHeaders{ETag: made.Tag()},
	}, nil
}

// GetClient answers GET /api/v1/admin/clients/{clientId}.
func (h *Handlers) GetClient(ctx context.Context, r api.GetClientRequestObject) (api.GetClientResponseObject, error) {
	if err := administrator(ctx); err != nil {
		return nil, err
	}
	known, err := h.service.Registration(ctx, r.ClientId)
	if err != nil {
		return nil, err
	}
	return api.GetClient200JSONResponse{Body: wire(known), Headers: api.GetClient200ResponseHeaders{ETag: known.Tag()}}, nil
}

// UpdateClient answers PUT /api/v1/admin/clients/{clientId}.
func (h *Handlers) UpdateClient(ctx context.Context, r api.UpdateClientRequestObject) (api.UpdateClientResponseObject, error) {
	if err := administrator(ctx); err != nil {
		return nil, err
	}
	b := r.Body
	changed, err := h.service.ChangeRegistration(ctx, r.ClientId, r.Params.IfMatch, Registration{
		Name: b.Name, URL: value(b.Url), PrivacyURL: value(b.PrivacyUrl), Purpose: purposeWords(b.Purpose), Authentication: b.Authentication,
		JWKS: value(b.Jwks), JWKSURI: value(b.JwksUri), Scopes: words(b.Scopes), RedirectURIs: b.RedirectUris, AfterLogout: b.PostLogoutRedirectUris,
		LogoutURI: value(b.BackChannelLogoutUri), Active: b.Active,
	})
	if err != nil {
		return nil, err
	}
	return api.UpdateClient200JSONResponse{Body: wire(changed), Headers: api.UpdateClient200ResponseHeaders{ETag: changed.Tag()}}, nil
}

// DeleteClient answers DELETE /api/v1/admin/clients/{clientId}.
func (h *Handlers) DeleteClient(ctx context.Context, r api.DeleteClientRequestObject) (api.DeleteClientResponseObject, error) {
	if err := administrator(ctx); err != nil {
		return nil, err
	}
	return api.DeleteClient204Response{}, h.service.Unregister(ctx, r.ClientId, r.Params.IfMatch)
}

// RotateClientSecret answers POST /api/v1/admin/clients/{clientId}/secrets.
func (h *Handlers) RotateClientSecret(ctx context.Context, r api.RotateClientSecretRequestObject) (api.RotateClientSecretResponseObject, error) {
	if err := administrator(ctx); err != nil {
		return nil, err
	}
	known, secret, err := h.service.RotateSecret(ctx, scope(ctx), r.Params.IdempotencyKey, r.ClientId, time.Duration(r.Body.OverlapHours)*time.Hour)
	if err != nil {
		return nil, err
	}
	return api.RotateClientSecret201JSONResponse{Client: wire(known), Secret: optional(secret)}, nil
}

// EndClientSecret answers DELETE /api/v1/admin/clients/{clientId}/secrets/{secretId}.
func (h *Handlers) EndClientSecret(ctx context.Context, r api.EndClientSecretRequestObject) (api.EndClientSecretResponseObject, error) {
	if err := administrator(ctx); err != nil {
		return nil, err
	}
	return api.EndClientSecret204Response{}, h.service.EndSecret(ctx, r.ClientId, r.SecretId)
}

// CheckClient answers POST /api/v1/admin/clients/{clientId}/checks.
func (h *Handlers) CheckClient(ctx context.Context, r api.CheckClientRequestObject) (api.CheckClientResponseObject, error) {
	if err := administrator(ctx); err != nil {
		return nil, err
	}
	list, err := h.service.CheckRegistration(ctx, r.ClientId)
	if err != nil {
		return nil, err
	}
	out := types.ClientCheckList{Items: make([]types.ClientCheck, 0, len(list))}
	for _, c := range list {
		out.Items = append(out.Items, types.ClientCheck{Subject: c.Subject, Address: optional(c.Address), Outcome: c.Outcome, Message: c.Message.In(httpx.LanguageOf(ctx))})
	}
	return api.CheckClient200JSONResponse(out), nil
}

// ListSigningKeys answers GET /api/v1/admin/signing-keys.
func (h *Handlers) ListSigningKeys(ctx context.Context, _ api.ListSigningKeysRequestObject) (api.ListSigningKeysResponseObject, error) {
	list, err := h.signingKeys(ctx)
	return api.ListSigningKeys200JSONResponse(list), err
}

// ReplaceSigningKeys answers POST /api/v1/admin/signing-keys.
func (h *Handlers) ReplaceSigningKeys(ctx context.Context, _ api.ReplaceSigningKeysRequestObject) (api.ReplaceSigningKeysResponseObject, error) {
	if err := administrator(ctx); err != nil {
		return nil, err
	}
	if err := h.service.ReplaceKeys(ctx); err != nil {
		return nil, err
	}
	list, err := h.signingKeys(ctx)
	return api.ReplaceSigningKeys200JSONResponse(list), err
}

func (h *Handlers) signingKeys(ctx context.Context) (types.SigningKeyList, error) {
	if err := administrator(ctx); err != nil {
		return types.SigningKeyList{}, err
	}
	list, err := h.service.SigningKeys(ctx)
	out := types.SigningKeyList{Items: make([]types.SigningKey, 0, len(list))}
	for _, key := range list {
		out.Items = append(out.Items, types.SigningKey{Id: key.ID, ActiveFrom: key.ActiveFrom, PublishedUntil: key.Until, Signing: key.Signing})
	}
	return out, err
}

func wire(r Registration) types.RegisteredClient {
	out := types.RegisteredClient{
		Id: r.ID, Kind: r.Kind, Name: r.Name, Url: optional(r.URL), PrivacyUrl: optional(r.PrivacyURL),
		Purpose: types.ClientPurpose{De: r.Purpose["de"], En: optional(r.Purpose["en"])}, Authentication: r.Authentication,
		Jwks: optional(r.JWKS), JwksUri: optional(r.JWKSURI), Scopes: []types.ClientScope{}, RedirectUris: append([]string{}, r.RedirectURIs...),
		PostLogoutRedirectUris: append([]string{}, r.AfterLogout...), BackChannelLogoutUri: optional(r.LogoutURI), Active: r.Active,
		Secrets: []types.ClientSecretInfo{}, CreatedAt: r.CreatedAt, ChangedAt: r.ChangedAt,
	}
	for _, known := range r.Scopes {
		out.Scopes = append(out.Scopes, types.ClientScope(known))
	}
	for _, known := range r.Secrets {
		out.Secrets = append(out.Secrets, types.ClientSecretInfo{Id: known.ID, CreatedAt: known.CreatedAt, ExpiresAt: known.ExpiresAt})
	}
	return out
}

func purposeWords(p types.ClientPurpose) map[string]string {
	out := map[string]string{"de": p.De}
	if value(p.En) != "" {
		out["en"] = *p.En
	}
	return out
}

func words(scopes []types.ClientScope) []string {
	out := make([]string, 0, len(scopes))
	for _, known := range scopes {
		out = append(out, string(known))
	}
	return out
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
