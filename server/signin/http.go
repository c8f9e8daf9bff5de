package signin

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	api "portalverbund/api/signin"
	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// Handlers answers the operations of the contract's tag signin.
type Handlers struct{ service *Service }

var _ api.StrictServerInterface = (*Handlers)(nil)

// NewHandlers makes the handlers of a Service.
func NewHandlers(s *Service) *Handlers { return &Handlers{service: s} }

// answer is a body with cookies.
type answer[T any] struct {
	cookies []*http.Cookie
	body    T
}

func (a answer[T]) write(w http.ResponseWriter) error {
	for _, cookie := range a.cookies {
		if cookie != nil {
			http.SetCookie(w, cookie)
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	return json.NewEncoder(w).Encode(a.body)
}

type sessionAnswer struct{ answer[types.Session] }

// VisitGetSessionResponse writes the answer to GET.
func (a sessionAnswer) VisitGetSessionResponse(w http.ResponseWriter) error { return a.write(w) }

// VisitSignInResponse writes the answer to POST.
func (a sessionAnswer) VisitSignInResponse(w http.ResponseWriter) error { return a.write(w) }

// VisitProveSecondFactorResponse writes the answer to POST.
func (a sessionAnswer) VisitProveSecondFactorResponse(w http.ResponseWriter) error { return a.write(w) }

// VisitReauthenticateResponse writes the answer to POST.
func (a sessionAnswer) VisitReauthenticateResponse(w http.ResponseWriter) error { return a.write(w) }

// VisitSignInWithPasskeyResponse writes the answer to POST.
func (a sessionAnswer) VisitSignInWithPasskeyResponse(w http.ResponseWriter) error { return a.write(w) }

// sessionOf answers what a sign-in has come to.
func sessionOf(state types.Session, cookies []*http.Cookie, err error) (sessionAnswer, error) {
	return sessionAnswer{answer[types.Session]{cookies: cookies, body: state}}, err
}

type signOutAnswer struct{ answer[types.Redirect] }

// VisitSignOutResponse writes the answer to DELETE.
func (a signOutAnswer) VisitSignOutResponse(w http.ResponseWriter) error { return a.write(w) }

// redirect sends the browser on, with cookies.
type redirect struct {
	location string
	cookies  []*http.Cookie
}

func (r redirect) write(w http.ResponseWriter) error {
	for _, cookie := range r.cookies {
		if cookie != nil {
			http.SetCookie(w, cookie)
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Location", r.location)
	w.WriteHeader(http.StatusFound)
	return nil
}

// VisitStartSignInResponse writes the redirect to the account home.
func (r redirect) VisitStartSignInResponse(w http.ResponseWriter) error { return r.write(w) }

// VisitFinishSignInResponse writes the redirect back to where the person was.
func (r redirect) VisitFinishSignInResponse(w http.ResponseWriter) error { return r.write(w) }

// GetSession describes this browser's session.
func (h *Handlers) GetSession(ctx context.Context, _ api.GetSessionRequestObject) (api.GetSessionResponseObject, error) {
	state, cookie, err := h.service.State(ctx)
	return sessionOf(state, []*http.Cookie{cookie}, err)
}

// StartActing has the session act for somebody.
func (h *Handlers) StartActing(ctx context.Context, r api.StartActingRequestObject) (api.StartActingResponseObject, error) {
	state, err := h.service.StartActing(ctx, r.Body.PowerId)
	return api.StartActing200JSONResponse(state), err
}

// StopActing has it act for nobody else.
func (h *Handlers) StopActing(ctx context.Context, _ api.StopActingRequestObject) (api.StopActingResponseObject, error) {
	state, err := h.service.StopActing(ctx)
	return api.StopActing200JSONResponse(state), err
}

// SignIn signs in with a local account.
func (h *Handlers) SignIn(ctx context.Context, r api.SignInRequestObject) (api.SignInResponseObject, error) {
	return sessionOf(h.service.SignIn(ctx, r.Body.Email, r.Body.Password))
}

// ProveSecondFactor completes a sign-in.
func (h *Handlers) ProveSecondFactor(ctx context.Context, r api.ProveSecondFactorRequestObject) (api.ProveSecondFactorResponseObject, error) {
	return sessionOf(h.service.ProveSecondFactor(ctx, *r.Body))
}

// Reauthenticate proves again who is signed in.
func (h *Handlers) Reauthenticate(ctx context.Context, r api.ReauthenticateRequestObject) (api.ReauthenticateResponseObject, error) {
	return sessionOf(h.service.Reauthenticate(ctx, r.Body.Password))
}

// BeginPasskeySignIn gives the options for a sign-in with a passkey.
func (h *Handlers) BeginPasskeySignIn(ctx context.Context, _ api.BeginPasskeySignInRequestObject) (api.BeginPasskeySignInResponseObject, error) {
	ceremony, err := h.service.BeginPasskeySignIn(ctx)
	return api.BeginPasskeySignIn200JSONResponse(ceremony), err
}

// SignInWithPasskey signs in with a passkey.
func (h *Handlers) SignInWithPasskey(ctx context.Context, r api.SignInWithPasskeyRequestObject) (api.SignInWithPasskeyResponseObject, error) {
	return sessionOf(h.service.SignInWithPasskey(ctx, *r.Body))
}

// SignOut ends this browser's session.
func (h *Handlers) SignOut(ctx context.Context, _ api.SignOutRequestObject) (api.SignOutResponseObject, error) {
	redirectTo, cookie, err := h.service.SignOut(ctx)
	if err != nil {
		return nil, err
	}
	a := signOutAnswer{answer[types.Redirect]{cookies: []*http.Cookie{cookie}}}
	if redirectTo != "" {
		a.body.RedirectTo = &redirectTo
	}
	return a, nil
}

// StartSignIn leads to an account home. A browser that cannot be led there gets a page that says so.
func (h *Handlers) StartSignIn(ctx context.Context, r api.StartSignInRequestObject) (api.StartSignInResponseObject, error) {
	b := Begin{ReturnTo: value(r.Params.ReturnTo), ServiceID: r.Params.ServiceId, Home: value(r.Params.Home)}
	if r.Params.Level != nil {
		b.Level = *r.Params.Level
	}
	location, home, cookie, err := h.service.Start(ctx, b)
	if isBrowser(httpx.RequestOf(ctx)) {
		switch {
		case problem.Is(err, "account-home-unreachable"):
			return redirect{location: failurePage(b.ReturnTo, home, reasonUnreachable)}, nil
		case problem.Is(err, "home-unknown"):
			return redirect{location: failurePage(b.ReturnTo, "", reasonNoHome)}, nil
		}
	}
	if err != nil {
		return nil, err
	}
	return redirect{location: location, cookies: []*http.Cookie{cookie}}, nil
}

func isBrowser(r *http.Request) bool {
	return r != nil && strings.Contains(r.Header.Get("Accept"), "text/html")
}

// FinishSignIn takes the account home's answer.
func (h *Handlers) FinishSignIn(ctx context.Context, r api.FinishSignInRequestObject) (api.FinishSignInResponseObject, error) {
	location, cookies := h.service.Finish(ctx, r.Params)
	return redirect{location: location, cookies: cookies}, nil
}

// GetSignInRequest describes what a portal or provider asks for.
func (h *Handlers) GetSignInRequest(ctx context.Context, r api.GetSignInRequestRequestObject) (api.GetSignInRequestResponseObject, error) {
	request, err := h.service.rooms.Provider.SignInRequest(ctx, r.RequestId)
	if err != nil {
		return nil, err
	}
	return api.GetSignInRequest200JSONResponse(request), nil
}

// ApproveSignInRequest goes on with it.
func (h *Handlers) ApproveSignInRequest(ctx context.Context, r api.ApproveSignInRequestRequestObject) (api.ApproveSignInRequestResponseObject, error) {
	redirectTo, err := h.service.rooms.Provider.ApproveRequest(ctx, r.RequestId)
	if err != nil {
		return nil, err
	}
	return api.ApproveSignInRequest200JSONResponse{RedirectTo: &redirectTo}, nil
}

// DenySignInRequest refuses it.
func (h *Handlers) DenySignInRequest(ctx context.Context, r api.DenySignInRequestRequestObject) (api.DenySignInRequestResponseObject, error) {
	redirectTo, err := h.service.rooms.Provider.DenyRequest(ctx, r.RequestId)
	if err != nil {
		return nil, err
	}
	return api.DenySignInRequest200JSONResponse{RedirectTo: &redirectTo}, nil
}
