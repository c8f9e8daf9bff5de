package oidc

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

const (
	loginPath    = "/oauth2/login"
	callbackPath = "/oauth2/authorize/callback"
	pageSignIn   = "/anmelden?anfrage="
	pageConsent  = "/einwilligung?anfrage="
	pageError    = "/anmeldung/fehler?grund="
	maxForm      = 64 << 10 // bytes of a form
)

// Handler answers /.well-known/openid-configuration and everything below /oauth2/.
func (s *Service) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", s.discover)
	mux.HandleFunc("GET "+loginPath, s.login)
	mux.HandleFunc("GET "+callbackPath, s.callback)
	mux.HandleFunc("POST /oauth2/token", s.token)
	mux.HandleFunc("POST /oauth2/revoke", s.token)
	mux.HandleFunc("POST /oauth2/introspect", s.token)
	mux.HandleFunc("/oauth2/end-session", s.endSession)
	for _, path := range []string{"GET /oauth2/authorize", "POST /oauth2/authorize", "GET /oauth2/keys", "GET /oauth2/userinfo", "POST /oauth2/userinfo"} {
		mux.Handle(path, s.provider)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		w.Header().Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	})
}

// discover lists what works here, and nothing else.
func (s *Service) discover(w http.ResponseWriter, r *http.Request) {
	config := op.CreateDiscoveryConfig(op.ContextWithIssuer(r.Context(), s.Issuer), s.provider, storage{s})
	config.DeviceAuthorizationEndpoint, config.CheckSessionIframe = "", ""
	config.ResponseTypesSupported = []string{string(oidc.ResponseTypeCode)}
	config.ResponseModesSupported = []string{string(oidc.ResponseModeQuery)}
	config.GrantTypesSupported = []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeRefreshToken, oidc.GrantTypeClientCredentials}
	config.SubjectTypesSupported = []string{"pairwise"}
	config.CodeChallengeMethodsSupported = []oidc.CodeChallengeMethod{oidc.CodeChallengeMethodS256}
	config.TokenEndpointAuthSigningAlgValuesSupported = []string{"ES256"}
	config.ACRValuesSupported = []string{string(types.Low), string(types.Substantial), string(types.High)}
	w.Header().Set("Cache-Control", "public, max-age=300")
	op.Discover(w, config)
}

// login takes a request as far as it goes without asking: whoever is signed in already, and has consented, goes straight
// back to the client.
func (s *Service) login(w http.ResponseWriter, r *http.Request) {
	id, err := uuid.Parse(r.URL.Query().Get("id"))
	if err != nil {
		http.Redirect(w, r, pageError+"abgelaufen", http.StatusFound)
		return
	}
	next, err := s.advance(r, id)
	if err != nil {
		s.logUnexpected(r.Context(), err)
		next = pageError + "abgelaufen"
	}
	http.Redirect(w, r, next, http.StatusFound)
}

func (s *Service) logUnexpected(ctx context.Context, err error) {
	if problem.From(err).Status >= http.StatusInternalServerError {
		s.Log.ErrorContext(ctx, "sign-in failed", "error", err)
	}
}

func (s *Service) advance(r *http.Request, id uuid.UUID) (next string, err error) {
	caller, _, err := s.Sessions.Session(r)
	if err != nil {
		return "", err
	}
	err = s.DB.Tx(r.Context(), func(ctx context.Context) error {
		row, err := s.request(ctx, id)
		if err != nil {
			return err
		}
		step := types.SignInRequestStepContinue
		if row.AccountID == nil || row.SessionID == nil || *row.SessionID != caller.SessionID {
			if step, err = s.step(ctx, row, caller); err != nil {
				return err
			}
		}
		switch {
		case step == types.SignInRequestStepContinue:
			next = callbackPath + "?id=" + id.String()
			return s.finish(ctx, row, caller)
		case row.Silent:
			next = s.errorAddress(row, map[types.SignInRequestStep]string{types.SignInRequestStepSignIn: "login_required", types.SignInRequestStepConsent: "consent_required"}[step])
			return s.deleteRequest(ctx, id)
		case step == types.SignInRequestStepSignIn:
			next = pageSignIn + id.String()
		default:
			next = pageConsent + id.String()
		}
		return nil
	})
	return next, err
}

// callback sends the code, to the browser whose session answered the request and to no other: who begins a sign-in and
// lets somebody else finish it gets nothing.
func (s *Service) callback(w http.ResponseWriter, r *http.Request) {
	id, err := uuid.Parse(r.URL.Query().Get("id"))
	if err == nil {
		err = s.checkBrowser(r, id)
	}
	if err != nil {
		s.logUnexpected(r.Context(), err)
		http.Redirect(w, r, pageError+"abgelaufen", http.StatusFound)
		return
	}
	answer := newBuffer()
	s.provider.ServeHTTP(answer, r)
	if location, err := url.Parse(answer.header.Get("Location")); err == nil && answer.status == http.StatusFound {
		q := location.Query()
		q.Set("iss", s.Issuer) // RFC 9207
		location.RawQuery = q.Encode()
		answer.header.Set("Location", location.String())
		answer.body.Reset()
	}
	answer.copyTo(w)
}

func (s *Service) checkBrowser(r *http.Request, id uuid.UUID) error {
	row, err := s.request(r.Context(), id)
	if err != nil {
		return err
	}
	caller, ok, err := s.Sessions.Session(r)
	if err != nil {
		return err
	}
	if !ok || row.SessionID == nil || *row.SessionID != caller.SessionID {
		return errRequestGone
	}
	return nil
}

// token answers the endpoints for clients in one transaction each: a code, a refresh token or an assertion is used up
// together with the tokens that it gives, or not at all.
func (s *Service) token(w http.ResponseWriter, r *http.Request) {
	answer := newBuffer()
	err := s.DB.Tx(r.Context(), func(ctx context.Context) error {
		answer = newBuffer()
		r := r.WithContext(ctx)
		if err := r.ParseForm(); err != nil {
			return err
		}
		if ok, err := s.firstUse(ctx, r.PostForm.Get("client_assertion")); err != nil || !ok {
			return errors.Join(errAssertion, err)
		}
		s.provider.ServeHTTP(answer, r)
		if answer.status >= http.StatusBadRequest {
			return errAnswered
		}
		return nil
	})
	switch {
	case err == nil, errors.Is(err, errAnswered):
		answer.copyTo(w)
	case errors.Is(err, errAssertion):
		op.RequestError(w, r, oidc.ErrInvalidClient().WithDescription("client assertion used before"), nil)
	default:
		s.Log.ErrorContext(r.Context(), "token endpoint failed", "error", err)
		op.RequestError(w, r, oidc.ErrServerError(), nil)
	}
}

var (
	errAnswered  = errors.New("refused, and answered")
	errAssertion = errors.New("assertion used before")
)

// firstUse notes a client assertion's id (RFC 7523 section 3). What the assertion says is verified by the library, in
// the same transaction; here it is only read.
func (s *Service) firstUse(ctx context.Context, assertion string) (bool, error) {
	if assertion == "" {
		return true, nil
	}
	var claims jwt.RegisteredClaims
	if _, _, err := jwt.NewParser().ParseUnverified(assertion, &claims); err != nil || claims.ID == "" || claims.ExpiresAt == nil {
		return false, nil //nolint:nilerr // an assertion that cannot be read is refused like one that was used
	}
	return s.useAssertion(ctx, claims.Issuer, claims.ID, claims.ExpiresAt.Time)
}

type browserKey struct{}

func browserOf(ctx context.Context) httpx.Caller {
	c, _ := ctx.Value(browserKey{}).(httpx.Caller)
	return c
}

// endSession is RP-initiated logout.
func (s *Service) endSession(w http.ResponseWriter, r *http.Request) {
	caller, ok, err := s.Sessions.Session(r)
	if err != nil {
		s.Log.ErrorContext(r.Context(), "sign-out failed", "error", err)
	}
	if ok {
		r = r.WithContext(context.WithValue(r.Context(), browserKey{}, caller))
	}
	s.provider.ServeHTTP(w, r)
}

// buffer holds an answer back until its transaction has ended.
type buffer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func newBuffer() *buffer { return &buffer{header: http.Header{}, status: http.StatusOK} }

// Header is http.ResponseWriter's.
func (b *buffer) Header() http.Header { return b.header }

// WriteHeader is http.ResponseWriter's.
func (b *buffer) WriteHeader(status int) { b.status = status }

// Write is http.ResponseWriter's.
func (b *buffer) Write(p []byte) (int, error) { return b.body.Write(p) }

func (b *buffer) copyTo(w http.ResponseWriter) {
	for name, values := range b.header {
		w.Header()[name] = values
	}
	w.WriteHeader(b.status)
	_, _ = w.Write(b.body.Bytes()) // the client has gone when it fails
}
