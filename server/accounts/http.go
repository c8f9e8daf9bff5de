package accounts

import (
	"context"
	"encoding/json"
	"net/http"

	api "portalverbund/api/accounts"
	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

const defaultLimit = 20

// Handlers answers the operations of the contract's tag accounts.
type Handlers struct{ service *Service }

var _ api.StrictServerInterface = (*Handlers)(nil)

// NewHandlers makes the handlers of a Service.
func NewHandlers(s *Service) *Handlers { return &Handlers{service: s} }

// RegisterAccount begins a registration.
func (h *Handlers) RegisterAccount(ctx context.Context, r api.RegisterAccountRequestObject) (api.RegisterAccountResponseObject, error) {
	email := r.Body.Email
	if err := h.service.Register(ctx, r.Params.IdempotencyKey, *r.Body); err != nil {
		return nil, err
	}
	return api.RegisterAccount202JSONResponse{Email: email}, nil
}

// ConfirmRegistration makes the account and signs in.
func (h *Handlers) ConfirmRegistration(ctx context.Context, r api.ConfirmRegistrationRequestObject) (api.ConfirmRegistrationResponseObject, error) {
	done, err := h.service.ConfirmRegistration(ctx, r.Body.Token, r.Body.Passkey)
	if err != nil {
		return nil, err
	}
	answer := confirmed{cookie: done.Cookie}
	if done.RedirectTo != "" {
		answer.body.RedirectTo = &done.RedirectTo
	}
	if len(done.RecoveryCodes) > 0 {
		answer.body.RecoveryCodes = &done.RecoveryCodes
	}
	return answer, nil
}

// BeginRegistrationPasskey gives the options for the passkey of a new account.
func (h *Handlers) BeginRegistrationPasskey(ctx context.Context, r api.BeginRegistrationPasskeyRequestObject) (api.BeginRegistrationPasskeyResponseObject, error) {
	ceremony, err := h.service.BeginRegistrationPasskey(ctx, r.Body.Token)
	return api.BeginRegistrationPasskey200JSONResponse(ceremony), err
}

// BeginRecovery gives the options for a new passkey of an account without a password.
func (h *Handlers) BeginRecovery(ctx context.Context, r api.BeginRecoveryRequestObject) (api.BeginRecoveryResponseObject, error) {
	ceremony, err := h.service.BeginRecovery(ctx, *r.Body)
	return api.BeginRecovery200JSONResponse(ceremony), err
}

// RecoverAccount adds that passkey.
func (h *Handlers) RecoverAccount(ctx context.Context, r api.RecoverAccountRequestObject) (api.RecoverAccountResponseObject, error) {
	return api.RecoverAccount204Response{}, h.service.Recover(ctx, *r.Body)
}

// confirmed is the answer to a confirmation, with the new session's cookie.
type confirmed struct {
	cookie *http.Cookie
	body   types.RegistrationConfirmed
}

// VisitConfirmRegistrationResponse writes the answer.
func (c confirmed) VisitConfirmRegistrationResponse(w http.ResponseWriter) error {
	http.SetCookie(w, c.cookie)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	return json.NewEncoder(w).Encode(c.body)
}

// RequestPasswordReset has a mail sent when the address has an account.
func (h *Handlers) RequestPasswordReset(ctx context.Context, r api.RequestPasswordResetRequestObject) (api.RequestPasswordResetResponseObject, error) {
	if err := h.service.RequestPasswordReset(ctx, r.Body.Email); err != nil {
		return nil, err
	}
	return api.RequestPasswordReset202JSONResponse{Email: r.Body.Email}, nil
}

// ConfirmPasswordReset sets a new password.
func (h *Handlers) ConfirmPasswordReset(ctx context.Context, r api.ConfirmPasswordResetRequestObject) (api.ConfirmPasswordResetResponseObject, error) {
	if err := h.service.ConfirmPasswordReset(ctx, r.Body.Token, r.Body.Password); err != nil {
		return nil, err
	}
	return api.ConfirmPasswordReset204Response{}, nil
}

// RequestEmailChange has a link sent to another address.
func (h *Handlers) RequestEmailChange(ctx context.Context, r api.RequestEmailChangeRequestObject) (api.RequestEmailChangeResponseObject, error) {
	return api.RequestEmailChange202JSONResponse{Email: r.Body.Email}, h.service.RequestEmailChange(ctx, r.Body.Email)
}

// ConfirmEmailChange gives the account its new address.
func (h *Handlers) ConfirmEmailChange(ctx context.Context, r api.ConfirmEmailChangeRequestObject) (api.ConfirmEmailChangeResponseObject, error) {
	return api.ConfirmEmailChange204Response{}, h.service.ConfirmEmailChange(ctx, r.Body.Token)
}

// GetProfile gives the person's data: all to the person, what was consented to to others.
func (h *Handlers) GetProfile(ctx context.Context, _ api.GetProfileRequestObject) (api.GetProfileResponseObject, error) {
	read := h.service.Profile
	if httpx.CallerOf(ctx).Kind == httpx.TokenCaller {
		read = h.service.ReadForToken
	}
	data, tag, err := read(ctx)
	if err != nil {
		return nil, err
	}
	return api.GetProfile200JSONResponse{Body: data, Headers: api.GetProfile200ResponseHeaders{ETag: tag}}, nil
}

// UpdateProfile replaces the person's data.
func (h *Handlers) UpdateProfile(ctx context.Context, r api.UpdateProfileRequestObject) (api.UpdateProfileResponseObject, error) {
	data, tag, err := h.service.UpdateProfile(ctx, r.Params.IfMatch, *r.Body)
	if err != nil {
		return nil, err
	}
	return api.UpdateProfile200JSONResponse{Body: data, Headers: api.UpdateProfile200ResponseHeaders{ETag: tag}}, nil
}

// GetPrefill gives data of the account for a form.
func (h *Handlers) GetPrefill(ctx context.Context, r api.GetPrefillRequestObject) (api.GetPrefillResponseObject, error) {
	p, err := h.service.Prefill(ctx, r.Params.ServiceId)
	if err != nil {
		return nil, err
	}
	return api.GetPrefill200JSONResponse(p), nil
}

// KeepAnswers keeps answers of a form.
func (h *Handlers) KeepAnswers(ctx context.Context, r api.KeepAnswersRequestObject) (api.KeepAnswersResponseObject, error) {
	state, err := h.service.KeepAnswers(ctx, *r.Body)
	if err != nil {
		return nil, err
	}
	return api.KeepAnswers202JSONResponse{State: state}, nil
}

// ListProposals lists what waits to be taken over.
func (h *Handlers) ListProposals(ctx context.Context, _ api.ListProposalsRequestObject) (api.ListProposalsResponseObject, error) {
	items, err := h.service.Proposals(ctx)
	if err != nil {
		return nil, err
	}
	return api.ListProposals200JSONResponse{Items: items}, nil
}

// AcceptProposal takes answers over into the profile.
func (h *Handlers) AcceptProposal(ctx context.Context, r api.AcceptProposalRequestObject) (api.AcceptProposalResponseObject, error) {
	data, tag, err := h.service.AcceptProposal(ctx, r.ProposalId, r.Body.Items)
	if err != nil {
		return nil, err
	}
	return api.AcceptProposal200JSONResponse{Body: data, Headers: api.AcceptProposal200ResponseHeaders{ETag: tag}}, nil
}

// DiscardProposal ends a proposal.
func (h *Handlers) DiscardProposal(ctx context.Context, r api.DiscardProposalRequestObject) (api.DiscardProposalResponseObject, error) {
	if err := h.service.DiscardProposal(ctx, r.ProposalId); err != nil {
		return nil, err
	}
	return api.DiscardProposal204Response{}, nil
}

// ListConsents lists the person's consents.
func (h *Handlers) ListConsents(ctx context.Context, _ api.ListConsentsRequestObject) (api.ListConsentsResponseObject, error) {
	items, err := h.service.Consents(ctx)
	if err != nil {
		return nil, err
	}
	return api.ListConsents200JSONResponse{Items: items}, nil
}

// GiveConsent consents to this portal's reading for a service.
func (h *Handlers) GiveConsent(ctx context.Context, r api.GiveConsentRequestObject) (api.GiveConsentResponseObject, error) {
	consent, err := h.service.GiveConsent(ctx, r.Body.ServiceId)
	if err != nil {
		return nil, err
	}
	return api.GiveConsent201JSONResponse(consent), nil
}

// WithdrawConsent ends a consent.
func (h *Handlers) WithdrawConsent(ctx context.Context, r api.WithdrawConsentRequestObject) (api.WithdrawConsentResponseObject, error) {
	if err := h.service.WithdrawConsent(ctx, r.ConsentId); err != nil {
		return nil, err
	}
	return api.WithdrawConsent204Response{}, nil
}

// ListAccesses lists who has read the person's data.
func (h *Handlers) ListAccesses(ctx context.Context, r api.ListAccessesRequestObject) (api.ListAccessesResponseObject, error) {
	limit, cursor := defaultLimit, ""
	if r.Params.Limit != nil {
		limit = *r.Params.Limit
	}
	if r.Params.Cursor != nil {
		cursor = *r.Params.Cursor
	}
	list, err := h.service.Accesses(ctx, limit, cursor)
	if err != nil {
		return nil, err
	}
	return api.ListAccesses200JSONResponse(list), nil
}

// ListSessions lists where the person is signed in.
func (h *Handlers) ListSessions(ctx context.Context, _ api.ListSessionsRequestObject) (api.ListSessionsResponseObject, error) {
	items, err := h.service.rooms.Sessions.ListSessions(ctx)
	if err != nil {
		return nil, err
	}
	return api.ListSessions200JSONResponse{Items: items}, nil
}

// EndSession ends one of the person's sessions.
func (h *Handlers) EndSession(ctx context.Context, r api.EndSessionRequestObject) (api.EndSessionResponseObject, error) {
	if err := h.service.rooms.Sessions.EndSession(ctx, r.SessionId); err != nil {
		return nil, err
	}
	return api.EndSession204Response{}, nil
}

// ObjectToAccess hands an objection to the authority.
func (h *Handlers) ObjectToAccess(ctx context.Context, r api.ObjectToAccessRequestObject) (api.ObjectToAccessResponseObject, error) {
	if err := h.service.Object(ctx, r.AccessId, r.Body.Text); err != nil {
		return nil, err
	}
	return api.ObjectToAccess204Response{}, nil
}

// ExportAccount gives all of the person's data as a file.
func (h *Handlers) ExportAccount(ctx context.Context, r api.ExportAccountRequestObject) (api.ExportAccountResponseObject, error) {
	format := types.ExportJSON
	if r.Params.Format != nil {
		format = *r.Params.Format
	}
	content, err := h.service.Export(ctx, format)
	if err != nil {
		return nil, err
	}
	name := "meine-daten." + string(format)
	return api.ExportAccount200ApplicationoctetStreamResponse{FileApplicationoctetStreamResponse: api.FileApplicationoctetStreamResponse{
		Body: content, Headers: api.FileResponseHeaders{ContentDisposition: `attachment; filename="` + name + `"`},
	}}, nil
}

// GetDeletion says what deleting the account means.
func (h *Handlers) GetDeletion(ctx context.Context, _ api.GetDeletionRequestObject) (api.GetDeletionResponseObject, error) {
	d, err := h.service.Deletion(ctx)
	if err != nil {
		return nil, err
	}
	return api.GetDeletion200JSONResponse(d), nil
}

// DeleteAccount has the account deleted.
func (h *Handlers) DeleteAccount(ctx context.Context, r api.DeleteAccountRequestObject) (api.DeleteAccountResponseObject, error) {
	d, err := h.service.Delete(ctx, r.Body.When)
	if err != nil {
		return nil, err
	}
	return api.DeleteAccount200JSONResponse(d), nil
}

// KeepAccount calls off the deletion.
func (h *Handlers) KeepAccount(ctx context.Context, _ api.KeepAccountRequestObject) (api.KeepAccountResponseObject, error) {
	if err := h.service.KeepAccount(ctx); err != nil {
		return nil, err
	}
	return api.KeepAccount204Response{}, nil
}

// GetOrganisationAccount describes the organisation that the caller acts for.
func (h *Handlers) GetOrganisationAccount(ctx context.Context, _ api.GetOrganisationAccountRequestObject) (api.GetOrganisationAccountResponseObject, error) {
	organisation, err := h.service.Organisation(ctx)
	return api.GetOrganisationAccount200JSONResponse(organisation), err
}
