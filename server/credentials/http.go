package credentials

import (
	"context"

	api "portalverbund/api/credentials"
)

// Handlers answers the operations of the contract's tag credentials.
type Handlers struct{ service *Service }

var _ api.StrictServerInterface = (*Handlers)(nil)

// NewHandlers makes the handlers of a Service.
func NewHandlers(s *Service) *Handlers { return &Handlers{service: s} }

// ListCredentials says what the account proves itself with.
func (h *Handlers) ListCredentials(ctx context.Context, _ api.ListCredentialsRequestObject) (api.ListCredentialsResponseObject, error) {
	out, err := h.service.Credentials(ctx)
	return api.ListCredentials200JSONResponse(out), err
}

// SetPassword sets the password.
func (h *Handlers) SetPassword(ctx context.Context, r api.SetPasswordRequestObject) (api.SetPasswordResponseObject, error) {
	return api.SetPassword204Response{}, h.service.SetPassword(ctx, r.Body.Password)
}

// RemovePassword takes the password away.
func (h *Handlers) RemovePassword(ctx context.Context, _ api.RemovePasswordRequestObject) (api.RemovePasswordResponseObject, error) {
	return api.RemovePassword204Response{}, h.service.RemovePassword(ctx)
}

// BeginPasskey gives the options to make a passkey.
func (h *Handlers) BeginPasskey(ctx context.Context, _ api.BeginPasskeyRequestObject) (api.BeginPasskeyResponseObject, error) {
	out, err := h.service.BeginPasskey(ctx)
	return api.BeginPasskey200JSONResponse(out), err
}

// AddPasskey keeps a passkey.
func (h *Handlers) AddPasskey(ctx context.Context, r api.AddPasskeyRequestObject) (api.AddPasskeyResponseObject, error) {
	out, err := h.service.AddPasskey(ctx, *r.Body)
	return api.AddPasskey201JSONResponse(out), err
}

// RenamePasskey renames a passkey.
func (h *Handlers) RenamePasskey(ctx context.Context, r api.RenamePasskeyRequestObject) (api.RenamePasskeyResponseObject, error) {
	out, err := h.service.RenamePasskey(ctx, r.PasskeyId, r.Body.Name)
	return api.RenamePasskey200JSONResponse(out), err
}

// RemovePasskey takes a passkey away.
func (h *Handlers) RemovePasskey(ctx context.Context, r api.RemovePasskeyRequestObject) (api.RemovePasskeyResponseObject, error) {
	return api.RemovePasskey204Response{}, h.service.RemovePasskey(ctx, r.PasskeyId)
}

// BeginOneTimeCodes makes a secret for an app.
func (h *Handlers) BeginOneTimeCodes(ctx context.Context, _ api.BeginOneTimeCodesRequestObject) (api.BeginOneTimeCodesResponseObject, error) {
	out, err := h.service.BeginOneTimeCodes(ctx)
	return api.BeginOneTimeCodes200JSONResponse(out), err
}

// ConfirmOneTimeCodes takes the first code.
func (h *Handlers) ConfirmOneTimeCodes(ctx context.Context, r api.ConfirmOneTimeCodesRequestObject) (api.ConfirmOneTimeCodesResponseObject, error) {
	codes, err := h.service.ConfirmOneTimeCodes(ctx, r.Body.Code)
	return api.ConfirmOneTimeCodes200JSONResponse{Codes: codes}, err
}

// RemoveOneTimeCodes takes one-time codes away.
func (h *Handlers) RemoveOneTimeCodes(ctx context.Context, _ api.RemoveOneTimeCodesRequestObject) (api.RemoveOneTimeCodesResponseObject, error) {
	return api.RemoveOneTimeCodes204Response{}, h.service.RemoveOneTimeCodes(ctx)
}

// ReplaceRecoveryCodes makes new recovery codes.
func (h *Handlers) ReplaceRecoveryCodes(ctx context.Context, _ api.ReplaceRecoveryCodesRequestObject) (api.ReplaceRecoveryCodesResponseObject, error) {
	codes, err := h.service.ReplaceRecoveryCodes(ctx)
	return api.ReplaceRecoveryCodes200JSONResponse{Codes: codes}, err
}
