package identity

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"net/http"

	api "portalverbund/api/identity"
	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// Handlers answers the operations of the contract's tag identity.
type Handlers struct{ service *Service }

var _ api.StrictServerInterface = (*Handlers)(nil)

// NewHandlers makes the handlers of a Service.
func NewHandlers(s *Service) *Handlers { return &Handlers{service: s} }

// ListIdentityProviders gives the identity providers.
func (h *Handlers) ListIdentityProviders(ctx context.Context, _ api.ListIdentityProvidersRequestObject) (api.ListIdentityProvidersResponseObject, error) {
	return api.ListIdentityProviders200JSONResponse{Items: h.service.List(ctx)}, nil
}

// ListDirectories gives the directories that staff sign in by.
func (h *Handlers) ListDirectories(ctx context.Context, _ api.ListDirectoriesRequestObject) (api.ListDirectoriesResponseObject, error) {
	return api.ListDirectories200JSONResponse{Items: h.service.Directories(ctx)}, nil
}

// redirect sends the browser on, with cookies.
type redirect struct {
	location string
	cookies  []*http.Cookie
}

func (r redirect) write(w http.ResponseWriter) error {
	setCookies(w, r.cookies)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Location", r.location)
	w.WriteHeader(http.StatusFound)
	return nil
}

func setCookies(w http.ResponseWriter, cookies []*http.Cookie) {
	for _, cookie := range cookies {
		if cookie != nil {
			http.SetCookie(w, cookie)
		}
	}
}

// VisitStartIdentityResponse writes the redirect to an OpenID Provider, or to the page that says why there is none.
func (r redirect) VisitStartIdentityResponse(w http.ResponseWriter) error { return r.write(w) }

// VisitFinishIdentityResponse writes the redirect to where the person was.
func (r redirect) VisitFinishIdentityResponse(w http.ResponseWriter) error { return r.write(w) }

// sendScript sends the form of sendPage; the policy of the page allows this script and no other.
const sendScript = `document.forms[0].submit()`

const sendPage = `<!DOCTYPE html>
<html lang="{{.Language}}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Title}}</title></head>
<body>
<main>
<h1>{{.Title}}</h1>
<form method="post" action="{{.Address}}">
<input type="hidden" name="SAMLRequest" value="{{.Document}}">
<input type="hidden" name="RelayState" value="{{.State}}">
<button>{{.Button}}</button>
</form>
</main>
<script>` + sendScript + `</script>
</body>
</html>
`

// page is the form by which a request goes to an identity provider (SAML 2.0 Bindings, section 3.5). It sends itself; without
// JavaScript there is a button.
type page struct {
	outgoing

	Language, Title, Button string
	cookie                  *http.Cookie
}

// VisitStartIdentityResponse writes the page. Its policy names no form-action: browsers apply that to redirects of the
// identity provider as well, whose addresses are its own business.
func (p page) VisitStartIdentityResponse(w http.ResponseWriter) error {
	body, err := template.New("send").Parse(sendPage)
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(sendScript))
	setCookies(w, []*http.Cookie{p.cookie})
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'none'; script-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'; frame-ancestors 'none'; base-uri 'none'")
	w.WriteHeader(http.StatusOK)
	return body.Execute(w, p)
}

// StartIdentity leads to an identity provider.
func (h *Handlers) StartIdentity(ctx context.Context, r api.StartIdentityRequestObject) (api.StartIdentityResponseObject, error) {
	out, failure, cookie, err := h.service.Start(ctx, r.ProviderId, r.Params)
	switch {
	case err != nil:
		return nil, err
	case failure != "":
		return redirect{location: failure}, nil
	case out.Document == "":
		return redirect{location: out.Address, cookies: []*http.Cookie{cookie}}, nil
	}
	language := httpx.LanguageOf(ctx)
	return page{
		outgoing: out, cookie: cookie, Language: language,
		Title:  problem.Text{De: "Weiter zur Anmeldung", En: "Continue to sign in"}.In(language),
		Button: problem.Text{De: "Weiter", En: "Continue"}.In(language),
	}, nil
}

// FinishIdentity comes back from an identity provider.
func (h *Handlers) FinishIdentity(ctx context.Context, r api.FinishIdentityRequestObject) (api.FinishIdentityResponseObject, error) {
	location, cookies := h.service.Finish(ctx, r.Params.State)
	return redirect{location: location, cookies: cookies}, nil
}

// GetArrival describes what has arrived.
func (h *Handlers) GetArrival(ctx context.Context, r api.GetArrivalRequestObject) (api.GetArrivalResponseObject, error) {
	a, err := h.service.Arrival(ctx, r.ArrivalId)
	return api.GetArrival200JSONResponse(a), err
}

// signedIn is a session with its cookies.
type signedIn struct {
	state   types.Session
	cookies []*http.Cookie
}

func (a signedIn) write(w http.ResponseWriter) error {
	setCookies(w, a.cookies)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	return json.NewEncoder(w).Encode(a.state)
}

// VisitCreateAccountOfArrivalResponse writes the answer to POST.
func (a signedIn) VisitCreateAccountOfArrivalResponse(w http.ResponseWriter) error { return a.write(w) }

// VisitLinkArrivalResponse writes the answer to POST.
func (a signedIn) VisitLinkArrivalResponse(w http.ResponseWriter) error { return a.write(w) }

// CreateAccountOfArrival makes an account.
func (h *Handlers) CreateAccountOfArrival(ctx context.Context, r api.CreateAccountOfArrivalRequestObject) (api.CreateAccountOfArrivalResponseObject, error) {
	state, cookies, err := h.service.CreateAccount(ctx, r.ArrivalId, *r.Body)
	return signedIn{state, cookies}, err
}

// LinkArrival links with the account that is signed in.
func (h *Handlers) LinkArrival(ctx context.Context, r api.LinkArrivalRequestObject) (api.LinkArrivalResponseObject, error) {
	state, cookies, err := h.service.Link(ctx, r.ArrivalId)
	return signedIn{state, cookies}, err
}

// TakeOverData takes over data.
func (h *Handlers) TakeOverData(ctx context.Context, r api.TakeOverDataRequestObject) (api.TakeOverDataResponseObject, error) {
	return api.TakeOverData204Response{}, h.service.TakeOver(ctx, r.ArrivalId, r.Body.Items)
}

// ListIdentities gives what is linked with the account.
func (h *Handlers) ListIdentities(ctx context.Context, _ api.ListIdentitiesRequestObject) (api.ListIdentitiesResponseObject, error) {
	items, err := h.service.Identities(ctx)
	return api.ListIdentities200JSONResponse{Items: items}, err
}

// UnlinkIdentity unlinks.
func (h *Handlers) UnlinkIdentity(ctx context.Context, r api.UnlinkIdentityRequestObject) (api.UnlinkIdentityResponseObject, error) {
	return api.UnlinkIdentity204Response{}, h.service.Unlink(ctx, r.IdentityId)
}

// ListIdentityLinks says how the links to the identity providers stand.
func (h *Handlers) ListIdentityLinks(ctx context.Context, _ api.ListIdentityLinksRequestObject) (api.ListIdentityLinksResponseObject, error) {
	return api.ListIdentityLinks200JSONResponse{Items: h.service.Links(ctx)}, nil
}

// CheckIdentityLink reads an identity provider's description now.
func (h *Handlers) CheckIdentityLink(ctx context.Context, r api.CheckIdentityLinkRequestObject) (api.CheckIdentityLinkResponseObject, error) {
	link, err := h.service.CheckLink(ctx, r.ProviderId)
	return api.CheckIdentityLink200JSONResponse(link), err
}
