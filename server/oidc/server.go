package oidc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"portalverbund/server/platform/httpx"
)

const (
	maxForm      = 64 << 10 // bytes of a request's body
	continuePath = "/oauth2/authorize/continue"
)

// Handler serves /.well-known/openid-configuration and /oauth2/.
func (s *Service) Handler() http.Handler { return s.handler }

func (s *Service) newHandler() http.Handler {
	library := op.RegisterServer(&server{service: s}, s.endpoints(), op.WithServerCORSOptions(nil))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", s.discovery)
	mux.Handle("GET /oauth2/keys", library)
	for _, path := range []string{"/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"} {
		mux.Handle("POST "+path, bodyOnly(library))
	}
	mux.HandleFunc("GET /oauth2/userinfo", s.tellAbout)
	mux.HandleFunc("POST /oauth2/userinfo", s.tellAbout)
	mux.Handle("GET /oauth2/end-session", library)
	mux.Handle("POST /oauth2/end-session", library)
	if s.AccountHome {
		mux.Handle("GET /oauth2/authorize", s.answered(s.broughtBack(library)))
		mux.Handle("POST /oauth2/authorize", s.answered(s.broughtBack(library)))
		mux.Handle("POST "+pushedPath, bodyOnly(http.HandlerFunc(s.pushRequest)))
		mux.HandleFunc("GET "+continuePath, s.continueRequest)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if r.URL.Path != "/oauth2/keys" {
			w.Header().Set("Cache-Control", "no-store")
			w.Header().Set("Pragma", "no-cache") // RFC 6749, section 5.1
		}
		if repeated(r.URL.Query()) {
			writeError(w, http.StatusBadRequest, oidc.ErrInvalidRequest().WithDescription("a parameter is there twice"))
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// repeated says whether a parameter is there more than once (RFC 6749, section 3.1 and 3.2).
func repeated(form url.Values) bool {
	for _, values := range form {
		if len(values) > 1 {
			return true
		}
	}
	return false
}

func writeError(w http.ResponseWriter, status int, e *oidc.Error) { writeJSON(w, status, e) }

func writeJSON(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // the client has gone when it fails
}

// bodyOnly refuses parameters in the address, where they would end up in logs, and repeated ones.
func bodyOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.URL.RawQuery != "" {
			writeError(w, http.StatusBadRequest, oidc.ErrInvalidRequest().WithDescription("parameters belong into the body"))
			return
		}
		form, err := url.ParseQuery(string(body))
		if err != nil || repeated(form) {
			writeError(w, http.StatusBadRequest, oidc.ErrInvalidRequest().WithDescription("a parameter is there twice"))
			return
		}
		if otherClient(r, form) {
			writeError(w, http.StatusBadRequest, oidc.ErrInvalidRequest().WithDescription("client_id is not the client that authenticates"))
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(challenging{w, `Basic realm="oauth2"`}, r)
	})
}

// otherClient says whether a form names another client than its header does.
func otherClient(r *http.Request, form url.Values) bool {
	id, _, ok := r.BasicAuth()
	if !ok || !form.Has("client_id") {
		return false
	}
	id, err := url.QueryUnescape(id) // RFC 6749, section 2.3.1
	return err != nil || id != form.Get("client_id")
}

// tellAbout answers who the person of an access token is. The token comes in the header alone, since addresses and bodies end up in
// logs; who sends none or a wrong one is told how to send it (RFC 6750, section 3; RFC 9449, section 7.1).
func (s *Service) tellAbout(w http.ResponseWriter, r *http.Request) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	challenge := fmt.Sprintf(`DPoP realm="oauth2", error="invalid_token", algs="%s"`, strings.Join(proofAlgs(), " "))
	switch {
	case token == "" || !isScheme(scheme):
		challenge = `Bearer realm="oauth2"`
	case !strings.EqualFold(scheme, proofHeader):
		challenge = `Bearer realm="oauth2", error="invalid_token"`
	}
	info, err := s.userInfo(r)
	var status op.StatusError
	switch {
	case errors.As(err, &status):
		w.Header().Set("WWW-Authenticate", challenge)
		writeError(w, http.StatusUnauthorized, invalidToken())
	case err != nil:
		s.Log.ErrorContext(r.Context(), "OpenID Connect request failed", "error", err, "requestId", httpx.RequestIDOf(r.Context()))
		writeError(w, http.StatusInternalServerError, oidc.ErrServerError())
	default:
		writeJSON(w, http.StatusOK, info)
	}
}

// challenging says how to authenticate when a request is refused (RFC 6749, section 5.2; RFC 6750, section 3).
type challenging struct {
	http.ResponseWriter

	challenge string
}

// WriteHeader adds the challenge.
func (c challenging) WriteHeader(status int) {
	if status == http.StatusUnauthorized {
		c.Header().Set("WWW-Authenticate", c.challenge)
	}
	c.ResponseWriter.WriteHeader(status)
}

// answered completes what the library answers to an authorization request: errors that go to the client carry the issuer
// (RFC 9207), and errors that stay here become a page for people.
func (s *Service) answered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&authorizeWriter{ResponseWriter: w, service: s, people: strings.Contains(r.Header.Get("Accept"), "text/html")}, r)
	})
}

type authorizeWriter struct {
	http.ResponseWriter
	service *Service
	people  bool // whether a person looks at the answer
	dropped bool // whether the body is not for them
}

// WriteHeader completes the answer.
func (a *authorizeWriter) WriteHeader(status int) {
	switch {
	case status == http.StatusFound:
		a.Header().Set("Location", a.service.withIssuer(a.Header().Get("Location")))
		a.Header().Set("Referrer-Policy", "no-referrer")
	case status >= http.StatusBadRequest && a.people:
		a.dropped = true
		a.Header().Set("Location", pageSignIn+"?error=failed")
		status = http.StatusFound
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write leaves out what the library says to programs.
func (a *authorizeWriter) Write(b []byte) (int, error) {
	if a.dropped {
		return len(b), nil
	}
	return a.ResponseWriter.Write(b)
}

// withIssuer adds the issuer to an answer that goes to a client.
func (s *Service) withIssuer(location string) string {
	u, err := url.Parse(location)
	if err != nil {
		return location
	}
	if u.Fragment != "" { // the library's answer to a request for tokens without a code
		if q, err := url.ParseQuery(u.EscapedFragment()); err == nil && q.Has("error") {
			q.Set("iss", s.Issuer)
			u.Fragment, u.RawFragment = "", ""
			return u.String() + "#" + q.Encode()
		}
	}
	q := u.Query()
	if q.Has("iss") || (!q.Has("error") && !q.Has("code")) || strings.HasPrefix(location, pageSignIn) {
		return location
	}
	q.Set("iss", s.Issuer)
	u.RawQuery = q.Encode()
	return u.String()
}

// server is this provider as zitadel/oidc calls it.
type server struct {
	op.UnimplementedServer
	service *Service
}

var _ op.Server = (*server)(nil)

// Keys publishes the public keys that tokens are verified with.
func (p *server) Keys(ctx context.Context, _ *op.Request[struct{}]) (*op.Response, error) {
	keys, err := p.service.verificationKeys(ctx)
	if err != nil {
		return nil, p.outward(ctx, err)
	}
	response := op.NewResponse(jose.JSONWebKeySet{Keys: keys})
	response.Header.Set("Cache-Control", "public, max-age=300")
	return response, nil
}

// VerifyAuthRequest finds the client of an authorization request.
func (p *server) VerifyAuthRequest(ctx context.Context, r *op.Request[oidc.AuthRequest]) (*op.ClientRequest[oidc.AuthRequest], error) {
	if repeated(r.Form) {
		return nil, oidc.ErrInvalidRequest().WithDescription("a parameter is there twice")
	}
	c, err := p.service.client(ctx, r.Data.ClientID)
	if err != nil && !errors.Is(err, errUnknownClient) {
		return nil, p.outward(ctx, err)
	}
	if err != nil {
		return nil, oidc.ErrInvalidRequestRedirectURI().WithDescription("unknown client")
	}
	return &op.ClientRequest[oidc.AuthRequest]{Request: r, Client: c}, nil
}

// Authorize answers an authorization request, at once or by way of a page.
func (p *server) Authorize(ctx context.Context, r *op.ClientRequest[oidc.AuthRequest]) (*op.Redirect, error) {
	location, err := p.service.authorize(ctx, r.Client.(*client), r.Data, r.Form, r.Header)
	if err != nil {
		return nil, p.outward(ctx, err)
	}
	return op.NewRedirect(location), nil
}

// VerifyClient authenticates a client.
func (p *server) VerifyClient(ctx context.Context, r *op.Request[op.ClientCredentials]) (op.Client, error) {
	c, err := p.service.authenticate(ctx, r.Data)
	if err != nil {
		return nil, p.outward(ctx, err)
	}
	return c, nil
}

// CodeExchange gives tokens for a code.
func (p *server) CodeExchange(ctx context.Context, r *op.ClientRequest[oidc.AccessTokenRequest]) (*op.Response, error) {
	key, err := p.service.provenKey(ctx, r.Method, r.URL.EscapedPath(), r.Header)
	if err != nil {
		return nil, p.outward(ctx, err)
	}
	tokens, err := p.service.redeem(ctx, r.Client.(*client), r.Data, key)
	if err != nil {
		return nil, p.outward(ctx, err)
	}
	return op.NewResponse(tokens), nil
}

// RefreshToken gives new tokens for a refresh token.
func (p *server) RefreshToken(ctx context.Context, r *op.ClientRequest[oidc.RefreshTokenRequest]) (*op.Response, error) {
	key, err := p.service.provenKey(ctx, r.Method, r.URL.EscapedPath(), r.Header)
	if err != nil {
		return nil, p.outward(ctx, err)
	}
	tokens, err := p.service.refresh(ctx, r.Client.(*client), r.Data, key)
	if err != nil {
		return nil, p.outward(ctx, err)
	}
	return op.NewResponse(tokens), nil
}

// ClientCredentialsExchange gives a client a token of its own.
func (p *server) ClientCredentialsExchange(ctx context.Context, r *op.ClientRequest[oidc.ClientCredentialsRequest]) (*op.Response, error) {
	key, err := p.service.provenKey(ctx, r.Method, r.URL.EscapedPath(), r.Header)
	if err != nil {
		return nil, p.outward(ctx, err)
	}
	tokens, err := p.service.clientCredentials(ctx, r.Client.(*client), r.Data.Scope, key)
	if err != nil {
		return nil, p.outward(ctx, err)
	}
	return op.NewResponse(tokens), nil
}

// outward hides from clients what went wrong inside: the library would tell them.
func (p *server) outward(ctx context.Context, err error) error {
	var known *oidc.Error
	if errors.As(err, &known) {
		return err
	}
	p.service.Log.ErrorContext(ctx, "OpenID Connect request failed", "error", err, "requestId", httpx.RequestIDOf(ctx))
	return op.NewStatusError(oidc.ErrServerError(), http.StatusInternalServerError)
}

// Introspect tells a client about a token that was given to it (RFC 7662).
func (p *server) Introspect(ctx context.Context, r *op.Request[op.IntrospectionRequest]) (*op.Response, error) {
	c, err := p.service.authenticate(ctx, r.Data.ClientCredentials)
	if err != nil {
		return nil, p.outward(ctx, err)
	}
	answer := &oidc.IntrospectionResponse{}
	claims, family, err := p.service.verify(ctx, r.Data.Token)
	if err != nil || family.ClientID != c.id {
		return op.NewResponse(answer), nil //nolint:nilerr // not active is all that a stranger learns
	}
	answer.Active, answer.ClientID, answer.TokenType = true, c.id, oidc.BearerToken
	if claims.Confirmation != nil { // RFC 9449, section 6.2
		answer.TokenType, answer.Claims = proofHeader, map[string]any{"cnf": claims.Confirmation}
	}
	answer.Scope, answer.Subject, answer.Issuer, answer.JWTID = strings.Fields(claims.Scope), claims.Subject, claims.Issuer, claims.ID
	answer.Audience = oidc.Audience(claims.Audience)
	answer.Expiration, answer.IssuedAt = oidc.FromTime(claims.ExpiresAt.Time), oidc.FromTime(claims.IssuedAt.Time)
	return op.NewResponse(answer), nil
}

// errBearer is an access token that is none, or that is good no more (RFC 6750, section 3.1).
func errBearer() error { return op.NewStatusError(invalidToken(), http.StatusUnauthorized) }

func invalidToken() *oidc.Error {
	return &oidc.Error{ErrorType: "invalid_token", Description: "access token missing or invalid"}
}

// Revocation ends the family of a token (RFC 7009); what is no token is passed over, and another client's is refused.
func (p *server) Revocation(ctx context.Context, r *op.ClientRequest[oidc.RevocationRequest]) (*op.Response, error) {
	if err := p.service.revoke(ctx, r.Client.GetID(), r.Data.Token); err != nil {
		return nil, p.outward(ctx, err)
	}
	return op.NewResponse(nil), nil
}

// EndSession signs the person out here (OpenID Connect RP-Initiated Logout 1.0) and leads back to the client.
func (p *server) EndSession(ctx context.Context, r *op.Request[oidc.EndSessionRequest]) (*op.Redirect, error) {
	location, cookie, err := p.service.signOut(ctx, r.Data, r.Header)
	if err != nil {
		return nil, p.outward(ctx, err)
	}
	redirect := op.NewRedirect(location)
	if cookie != nil {
		redirect.Header.Add("Set-Cookie", cookie.String())
	}
	return redirect, nil
}

// discovery describes what works here, and nothing else (OpenID Connect Discovery 1.0, RFC 8414).
func (s *Service) discovery(w http.ResponseWriter, _ *http.Request) {
	e, at := s.endpoints(), s.Issuer
	grants := []oidc.GrantType{oidc.GrantTypeClientCredentials}
	scopes := []string{scopeDeliverRead, scopeDeliverWrite}
	d := description{
		Issuer: at, TokenEndpoint: e.Token.Absolute(at), KeysEndpoint: e.JwksURI.Absolute(at),
		RevocationEndpoint: e.Revocation.Absolute(at), IntrospectionEndpoint: e.Introspection.Absolute(at),
		ResponseTypes: []string{}, SubjectTypes: []string{"pairwise"}, SigningAlgs: []string{string(jose.ES256)},
		AuthMethods:     []string{string(oidc.AuthMethodBasic), string(oidc.AuthMethodPost), string(oidc.AuthMethodPrivateKeyJWT), string(oidc.AuthMethodNone)},
		AuthSigningAlgs: assertionAlgs(), ProofAlgs: proofAlgs(),
	}
	if s.AccountHome {
		grants = append(grants, oidc.GrantTypeCode, oidc.GrantTypeRefreshToken)
		scopes = append(personScopes(), scopes...)
		d.AuthorizationEndpoint, d.UserinfoEndpoint, d.EndSessionEndpoint = e.Authorization.Absolute(at), e.Userinfo.Absolute(at), e.EndSession.Absolute(at)
		d.PushedEndpoint = at + pushedPath
		d.ResponseTypes, d.ResponseModes = []string{string(oidc.ResponseTypeCode)}, []string{string(oidc.ResponseModeQuery)}
		d.ChallengeMethods, d.IssParameter = []string{string(oidc.CodeChallengeMethodS256)}, true
		d.Claims = []string{"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "azp", "sid", "at_hash", "name", "given_name", "family_name", "email", "email_verified"}
		d.BackChannelLogout, d.BackChannelSession = true, true
		d.ACRValues, d.Prompts, d.Locales = s.Levels, prompts(), []string{"de", "en"}
	}
	d.Grants, d.Scopes = grants, slices.Clone(scopes)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "public, max-age=300")
	_ = json.NewEncoder(w).Encode(d) // the client has gone when it fails
}

// description is the provider's metadata. request_uri_parameter_supported counts as true where it is missing, so it is
// always there.
type description struct {
	Issuer                string           `json:"issuer"`
	AuthorizationEndpoint string           `json:"authorization_endpoint,omitempty"`
	TokenEndpoint         string           `json:"token_endpoint"`
	KeysEndpoint          string           `json:"jwks_uri"`
	UserinfoEndpoint      string           `json:"userinfo_endpoint,omitempty"`
	EndSessionEndpoint    string           `json:"end_session_endpoint,omitempty"`
	PushedEndpoint        string           `json:"pushed_authorization_request_endpoint,omitempty"`
	RevocationEndpoint    string           `json:"revocation_endpoint"`
	IntrospectionEndpoint string           `json:"introspection_endpoint"`
	Scopes                []string         `json:"scopes_supported"`
	ResponseTypes         []string         `json:"response_types_supported"`
	ResponseModes         []string         `json:"response_modes_supported,omitempty"`
	Grants                []oidc.GrantType `json:"grant_types_supported"`
	SubjectTypes          []string         `json:"subject_types_supported"`
	SigningAlgs           []string         `json:"id_token_signing_alg_values_supported"`
	AuthMethods           []string         `json:"token_endpoint_auth_methods_supported"`
	AuthSigningAlgs       []string         `json:"token_endpoint_auth_signing_alg_values_supported"`
	ProofAlgs             []string         `json:"dpop_signing_alg_values_supported"`
	ChallengeMethods      []string         `json:"code_challenge_methods_supported,omitempty"`
	Claims                []string         `json:"claims_supported,omitempty"`
	ACRValues             []string         `json:"acr_values_supported,omitempty"`
	Prompts               []string         `json:"prompt_values_supported,omitempty"`
	Locales               []string         `json:"ui_locales_supported,omitempty"`
	BackChannelLogout     bool             `json:"backchannel_logout_supported,omitempty"`
	BackChannelSession    bool             `json:"backchannel_logout_session_supported,omitempty"`
	IssParameter          bool             `json:"authorization_response_iss_parameter_supported,omitempty"`
	RequestParameter      bool             `json:"request_parameter_supported"`
	RequestURIParameter   bool             `json:"request_uri_parameter_supported"`
	ClaimsParameter       bool             `json:"claims_parameter_supported"`
}
