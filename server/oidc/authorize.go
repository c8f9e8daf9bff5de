package oidc

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/zitadel/oidc/v3/pkg/oidc"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/secret"
)

const (
	maxState = 1000 // characters of state and nonce
	minVerif = 43   // characters of a code challenge (RFC 7636, section 4.2)
)

// Purposes of consents that are not about a service: signing in at a provider, followed by the scopes beyond openid.
const purposeSignIn = "signin"

// Errors of OpenID Connect Core 1.0, section 3.1.2.6, that the library has no words for.
const (
	errorConsentRequired  = "consent_required"
	errorRequestURI       = "request_uri_not_supported"
	errorRegistration     = "registration_not_supported"
	errorResponseMode     = "unsupported_response_mode"
	errorInteractionLogin = "login_required"
	errorInteraction      = "interaction_required"
	errorUnmet            = "unmet_authentication_requirements" // OpenID Connect Core Error Code unmet_authentication_requirements 1.0
)

// authorize answers an authorization request whose redirect_uri is the client's: with the answer for the client, or with
// the page that the person must see first.
func (s *Service) authorize(ctx context.Context, c *client, a *oidc.AuthRequest, form url.Values, header http.Header) (string, error) {
	row, code, description, err := s.newRequest(ctx, c, a, form)
	if err != nil {
		return "", err
	}
	if code != "" {
		return s.errorURL(a.RedirectURI, a.State, code, description), nil
	}
	caller, err := s.callerOf(ctx, header)
	if err != nil {
		return "", err
	}
	if code, description = s.checkHint(ctx, c, a.IDTokenHint, caller); code != "" {
		return s.errorURL(a.RedirectURI, a.State, code, description), nil
	}
	next, err := s.stepOf(ctx, c, row, caller)
	if err != nil {
		return "", err
	}
	if slices.Contains(a.Prompt, oidc.PromptNone) {
		switch next {
		case types.SignInRequestStepSignIn:
			return s.errorURL(a.RedirectURI, a.State, errorInteractionLogin, ""), nil
		case types.SignInRequestStepStepUp:
			return s.errorURL(a.RedirectURI, a.State, errorInteraction, ""), nil
		case types.SignInRequestStepConsent:
			return s.errorURL(a.RedirectURI, a.State, errorConsentRequired, ""), nil
		}
	}
	if err := s.storeRequest(ctx, row); err != nil {
		return "", err
	}
	if next != types.SignInRequestStepContinue {
		return s.pageOf(row.ID.String()), nil
	}
	return s.complete(ctx, row, caller)
}

// checkHint refuses an id_token_hint that is no ID token of this portal for the client, or that is about somebody else than who is signed in
// (OpenID Connect Core 1.0, section 3.1.2.1); code is the error that goes to the client.
func (s *Service) checkHint(ctx context.Context, c *client, hint string, caller httpx.Caller) (code, description string) {
	if hint == "" {
		return "", ""
	}
	claims, ok := s.ownIDToken(ctx, hint)
	switch {
	case !ok || claims.Audience[0] != c.id:
		return string(oidc.InvalidRequest), "id_token_hint is no ID token for this client"
	case isCitizen(caller) && s.subject(c.id, caller.AccountID) != claims.Subject:
		return errorInteractionLogin, "somebody else is signed in"
	}
	return "", ""
}

// knownPrompts says whether all values of prompt are ones that the discovery document lists.
func knownPrompts(prompt string) bool {
	for _, word := range strings.Fields(prompt) {
		if !slices.Contains(prompts(), word) {
			return false
		}
	}
	return true
}

func prompts() []string { return []string{oidc.PromptNone, oidc.PromptLogin, oidc.PromptConsent} }

// newRequest checks a request; code is the error that goes to the client.
func (s *Service) newRequest(ctx context.Context, c *client, a *oidc.AuthRequest, form url.Values) (row requestRow, code, description string, err error) {
	scopes := allowed(c, a.Scopes)
	purpose, onePurpose := purposeOf(scopes)
	switch {
	case a.RequestParam != "":
		return row, string(oidc.RequestNotSupported), "", nil
	case form.Get("request_uri") != "":
		return row, errorRequestURI, "", nil
	case form.Get("registration") != "":
		return row, errorRegistration, "", nil
	case !knownPrompts(form.Get("prompt")):
		return row, string(oidc.InvalidRequest), "prompt is not supported", nil
	case a.ResponseMode != "" && a.ResponseMode != oidc.ResponseModeQuery:
		return row, errorResponseMode, "", nil
	case a.CodeChallengeMethod != oidc.CodeChallengeMethodS256 || len(a.CodeChallenge) != minVerif:
		return row, string(oidc.InvalidRequest), "PKCE with S256 is required", nil
	case form.Has(paramProofKey) && !isThumbprint(form.Get(paramProofKey)):
		return row, string(oidc.InvalidRequest), "dpop_jkt is no thumbprint", nil
	case len(a.State) > maxState || len(a.Nonce) > maxState:
		return row, string(oidc.InvalidRequest), "state or nonce is too long", nil
	case !slices.Contains(scopes, scopeOpenID) || !onePurpose || (purpose != "") != slices.Contains(scopes, scopePerson):
		return row, string(oidc.InvalidScope), "openid is required; person:read needs one purpose", nil
	case purpose != "" && len(scopes) != 3:
		return row, string(oidc.InvalidScope), "a purpose is asked for by itself", nil
	}
	if purpose != "" {
		if _, err := s.Services.ServiceTitle(ctx, uuid.MustParse(purpose)); err != nil {
			if problem.From(err).Status == http.StatusNotFound {
				return row, string(oidc.InvalidScope), "the purpose is unknown", nil
			}
			return row, "", "", err
		}
	}
	id, err := uuid.NewV7()
	if err != nil {
		return row, "", "", fmt.Errorf("make id: %w", err)
	}
	now := s.Now()
	row = requestRow{
		ID: id, ClientID: c.id, RedirectURI: a.RedirectURI, Scopes: strings.Join(scopes, " "), State: a.State, Nonce: a.Nonce,
		CodeChallenge: a.CodeChallenge, AskConsent: c.native || slices.Contains(a.Prompt, oidc.PromptConsent), CreatedAt: now, ExpiresAt: now.Add(requestLife),
		ProofKey: form.Get(paramProofKey),
	}
	if row.NeededLevel = neededLevel(a.ACRValues); row.NeededLevel != "" && !slices.Contains(s.Levels, row.NeededLevel) {
		return row, errorUnmet, "", nil
	}
	if row.NeededLevel == string(types.High) && !c.member && !wasPushed(ctx) {
		return row, string(oidc.InvalidRequest), "a request for the level high is pushed first (RFC 9126)", nil
	}
	if a.MaxAge != nil { // prompt=login counts as max_age=0
		after := now.Add(-time.Duration(min(*a.MaxAge, 1<<31)) * time.Second)
		row.FreshAfter = &after
	}
	return row, "", "", nil
}

// neededLevel is the lowest of the trust levels among acr_values: any of them will do. Values that are none are passed over.
func neededLevel(values []string) string {
	needed := ""
	for _, value := range values {
		if rank := httpx.LevelRank(value); rank >= 0 && (needed == "" || rank < httpx.LevelRank(needed)) {
			needed = value
		}
	}
	return needed
}

// allowed drops scopes that the client may not ask a person for, and repeated ones.
func allowed(c *client, scopes []string) []string {
	var out []string
	for _, scope := range scopes {
		if scope == scopeDeliverRead || scope == scopeDeliverWrite { // the client's own, not the person's
			continue
		}
		if c.IsScopeAllowed(scope) && !slices.Contains(out, scope) {
			out = append(out, scope)
		}
	}
	return out
}

// callerOf finds the citizen who is signed in in a browser; anonymous when there is none.
func (s *Service) callerOf(ctx context.Context, header http.Header) (httpx.Caller, error) {
	r := (&http.Request{Header: header}).WithContext(ctx)
	caller, ok, err := s.Sessions.Session(r)
	if err != nil || !ok {
		return httpx.Caller{}, err
	}
	return caller, nil
}

// isCitizen says whether the caller is a citizen with an account here. Staff sign in for their work only.
func isCitizen(c httpx.Caller) bool {
	return c.Kind == httpx.SessionCaller && c.AccountID != uuid.Nil && !c.IsStaff()
}

// stepOf says what must happen before a request can be answered with a code.
func (s *Service) stepOf(ctx context.Context, c *client, row requestRow, caller httpx.Caller) (types.SignInRequestStep, error) {
	if !isCitizen(caller) {
		return types.SignInRequestStepSignIn, nil
	}
	if row.FreshAfter != nil && caller.AuthTime.Before(*row.FreshAfter) {
		return types.SignInRequestStepSignIn, nil
	}
	if row.NeededLevel != "" && !reached(caller, row) {
		return types.SignInRequestStepStepUp, nil
	}
	purpose := consentPurpose(c, row)
	if purpose == "" {
		return types.SignInRequestStepContinue, nil
	}
	given, err := s.Accounts.ActiveConsent(ctx, caller.AccountID, c.id, purpose)
	if err != nil {
		return "", err
	}
	if !given || row.AskConsent {
		return types.SignInRequestStepConsent, nil
	}
	return types.SignInRequestStepContinue, nil
}

// reached says whether the caller has proved the level that a request needs, as freshly as it asks for.
func reached(caller httpx.Caller, row requestRow) bool {
	if httpx.LevelRank(caller.TrustLevel) < httpx.LevelRank(row.NeededLevel) {
		return false
	}
	return row.FreshAfter == nil || row.NeededLevel == string(types.Low) || !caller.LevelTime.Before(*row.FreshAfter)
}

// consentPurpose names what the person must consent to; nothing for signing in at a linked portal.
func consentPurpose(c *client, row requestRow) string {
	scopes := strings.Fields(row.Scopes)
	if purpose, _ := purposeOf(scopes); purpose != "" {
		return purpose
	}
	if c.member {
		return ""
	}
	return strings.Join(append([]string{purposeSignIn}, beyondOpenID(scopes)...), " ")
}

// beyondOpenID gives the rights that are asked for on top of signing in, in a fixed order.
func beyondOpenID(scopes []string) []string {
	var out []string
	for _, scope := range scopes {
		if scope != scopeOpenID {
			out = append(out, scope)
		}
	}
	slices.Sort(out)
	return out
}

// complete gives the code, in the transaction of ctx when there is one.
func (s *Service) complete(ctx context.Context, row requestRow, caller httpx.Caller) (string, error) {
	code, hash := secret.New()
	row.CodeHash, row.AccountID, row.SessionID, row.AuthTime = hash, &caller.AccountID, &caller.SessionID, &caller.AuthTime
	row.TrustLevel, row.Methods, row.ExpiresAt = caller.TrustLevel, strings.Join(caller.Methods, " "), s.Now().Add(codeLife)
	answered, err := s.answerRequest(ctx, row)
	if err != nil {
		return "", err
	}
	if !answered {
		return "", errRequestUnknown()
	}
	return s.answerURL(row.RedirectURI, url.Values{"code": {code}}, row.State), nil
}

func (s *Service) errorURL(redirectURI, state, code, description string) string {
	q := url.Values{"error": {code}}
	if description != "" {
		q.Set("error_description", description)
	}
	return s.answerURL(redirectURI, q, state)
}

// answerURL adds an answer to a client's address, with state and issuer (RFC 9207).
func (s *Service) answerURL(redirectURI string, answer url.Values, state string) string {
	u, err := url.Parse(redirectURI)
	if err != nil {
		return s.Issuer + pageSignIn // cannot be: it is registered
	}
	q := u.Query()
	for name, values := range answer {
		q[name] = values
	}
	if state != "" {
		q.Set("state", state)
	}
	q.Set("iss", s.Issuer)
	u.RawQuery = q.Encode()
	return u.String()
}

// continueRequest answers a request once the person is signed in: GET /oauth2/authorize/continue?id=.
func (s *Service) continueRequest(w http.ResponseWriter, r *http.Request) {
	location, err := s.continued(r.Context(), r.URL.Query().Get("id"), r.Header)
	if err != nil {
		reason := "failed"
		if problem.From(err).Status == http.StatusNotFound {
			reason = "expired"
		} else {
			s.Log.ErrorContext(r.Context(), "sign-in request failed", "error", err)
		}
		location = pageSignIn + "?error=" + reason
	}
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, location, http.StatusFound) //nolint:gosec // a page of this portal, or an address registered for the client
}

func (s *Service) continued(ctx context.Context, id string, header http.Header) (location string, err error) {
	requestID, err := uuid.Parse(id)
	if err != nil {
		return "", errRequestUnknown()
	}
	caller, err := s.callerOf(ctx, header)
	if err != nil {
		return "", err
	}
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		row, c, err := s.openRequest(ctx, requestID)
		if err != nil {
			return err
		}
		next, err := s.stepOf(ctx, c, row, caller)
		if err != nil {
			return err
		}
		if next != types.SignInRequestStepContinue {
			location = s.pageOf(id)
			return nil
		}
		location, err = s.complete(ctx, row, caller)
		return err
	})
	return location, err
}
