package oidc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
	"github.com/zitadel/schema"

	"portalverbund/server/platform/secret"
)

const (
	pushedPath    = "/oauth2/par"
	pushedPrefix  = "urn:ietf:params:oauth:request_uri:"
	pushedLife    = time.Minute
	pushedPurpose = "oidc/pushed"
	// errorInvalidRequestURI is from OpenID Connect Core 1.0, section 3.1.2.6.
	errorInvalidRequestURI = "invalid_request_uri"
)

type pushedRow struct {
	URIHash   []byte `gorm:"primaryKey"`
	ClientID  string
	Sealed    []byte
	ExpiresAt time.Time
}

func (pushedRow) TableName() string { return "oidc_pushed_requests" }

type pushedKey struct{}

// wasPushed says whether the request of ctx came by itself from the client, and only its name by way of the browser.
func wasPushed(ctx context.Context) bool { return ctx.Value(pushedKey{}) != nil }

// pushRequest takes an authorization request from a client itself and gives it a name for the browser (RFC 9126): POST /oauth2/par.
func (s *Service) pushRequest(w http.ResponseWriter, r *http.Request) {
	address, err := s.push(r)
	var refused *refusal
	var known *oidc.Error
	switch {
	case errors.As(err, &refused):
		refused.write(w)
	case errors.As(err, &known) && known.ErrorType == oidc.InvalidClient:
		writeError(w, http.StatusUnauthorized, known)
	case errors.As(err, &known):
		writeError(w, http.StatusBadRequest, known)
	case err != nil:
		s.Log.ErrorContext(r.Context(), "pushed request failed", "error", err)
		writeError(w, http.StatusInternalServerError, oidc.ErrServerError())
	default:
		writeJSON(w, http.StatusCreated, map[string]any{"request_uri": address, "expires_in": int(pushedLife.Seconds())})
	}
}

// refusal is an error of a request that does not go to the client by way of the browser.
type refusal struct{ code, description string }

func (r *refusal) Error() string { return r.code }

func (r *refusal) write(w http.ResponseWriter) {
	writeJSON(w, http.StatusBadRequest, map[string]string{"error": r.code, "error_description": r.description})
}

func (s *Service) push(r *http.Request) (string, error) {
	if err := r.ParseForm(); err != nil {
		return "", oidc.ErrInvalidRequest().WithDescription("error parsing form")
	}
	c, err := s.authenticate(r.Context(), credentialsOf(r))
	if err != nil {
		return "", err
	}
	form := r.PostForm
	for _, name := range []string{"client_secret", "client_assertion", "client_assertion_type"} {
		form.Del(name)
	}
	form.Set("client_id", c.id)
	key, err := s.provenKey(r.Context(), r.Method, r.URL.EscapedPath(), r.Header)
	if err != nil {
		return "", err
	}
	if key != "" { // RFC 9449, section 10.1
		if form.Has(paramProofKey) && form.Get(paramProofKey) != key {
			return "", oidc.ErrInvalidRequest().WithDescription("dpop_jkt is another key")
		}
		form.Set(paramProofKey, key)
	}
	if err := s.checkPushed(r.Context(), c, form); err != nil {
		return "", err
	}
	name, hash := secret.New()
	sealed, err := s.Keys.Seal(pushedPurpose, []byte(form.Encode()), hash)
	if err != nil {
		return "", err
	}
	row := pushedRow{URIHash: hash, ClientID: c.id, Sealed: sealed, ExpiresAt: s.Now().Add(pushedLife)}
	if err := s.DB.From(r.Context()).Create(&row).Error; err != nil {
		return "", fmt.Errorf("keep pushed request: %w", err)
	}
	return pushedPrefix + name, nil
}

// credentialsOf reads what a client proves itself with. What does not fit together proves nothing; bodyOnly has compared the ids.
func credentialsOf(r *http.Request) *op.ClientCredentials {
	f := r.PostForm
	id, word, ok := r.BasicAuth()
	switch {
	case ok && !f.Has("client_secret") && !f.Has("client_assertion"):
		id, err := url.QueryUnescape(id)
		word, wordErr := url.QueryUnescape(word)
		if err != nil || wordErr != nil {
			return &op.ClientCredentials{}
		}
		return &op.ClientCredentials{ClientID: id, ClientSecret: word}
	case ok, f.Has("client_assertion") && (f.Has("client_secret") || f.Get("client_assertion_type") != oidc.ClientAssertionTypeJWTAssertion):
		return &op.ClientCredentials{}
	}
	return &op.ClientCredentials{ClientID: f.Get("client_id"), ClientSecret: f.Get("client_secret"), ClientAssertion: f.Get("client_assertion"), ClientAssertionType: f.Get("client_assertion_type")}
}

// checkPushed judges a pushed request as the authorization endpoint will.
func (s *Service) checkPushed(ctx context.Context, c *client, form url.Values) error {
	var a oidc.AuthRequest
	decoder := schema.NewDecoder()
	decoder.IgnoreUnknownKeys(true)
	if form.Has("request_uri") || decoder.Decode(&a, form) != nil {
		return oidc.ErrInvalidRequest().WithDescription("the request cannot be read, or has a request_uri")
	}
	if err := op.ValidateAuthReqRedirectURI(c, a.RedirectURI, a.ResponseType); err != nil {
		return err
	}
	if _, err := op.ValidateAuthReqPrompt(a.Prompt, a.MaxAge); err != nil {
		return err
	}
	if err := op.ValidateAuthReqResponseType(c, a.ResponseType); err != nil {
		return err
	}
	_, code, description, err := s.newRequest(context.WithValue(ctx, pushedKey{}, true), c, &a, form)
	if err != nil || code == "" {
		return err
	}
	return &refusal{code, description}
}

// takePushed gives the request that a client has pushed under a name, once.
func (s *Service) takePushed(ctx context.Context, clientID, address string) (string, error) {
	hash := secret.Hash(strings.TrimPrefix(address, pushedPrefix))
	var rows []pushedRow
	err := s.DB.From(ctx).Raw("DELETE FROM oidc_pushed_requests WHERE uri_hash = ? AND client_id = ? AND expires_at > ? RETURNING *", hash, clientID, s.Now()).Scan(&rows).Error
	if err != nil {
		return "", err
	}
	if len(rows) == 0 {
		return "", errUnknownPushed
	}
	form, err := s.Keys.Open(pushedPurpose, rows[0].Sealed, hash)
	return string(form), err
}

var errUnknownPushed = errors.New("no such pushed request")

// broughtBack puts a pushed request in the place of its name.
func (s *Service) broughtBack(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ParseForm() != nil || !strings.HasPrefix(r.Form.Get("request_uri"), pushedPrefix) || repeated(r.Form) {
			next.ServeHTTP(w, r)
			return
		}
		form, err := s.takePushed(r.Context(), r.Form.Get("client_id"), r.Form.Get("request_uri"))
		if err != nil && !errors.Is(err, errUnknownPushed) {
			s.Log.ErrorContext(r.Context(), "pushed request failed", "error", err)
		}
		if err != nil {
			(&refusal{errorInvalidRequestURI, "this request is unknown, used or too old"}).write(w)
			return
		}
		brought := r.Clone(context.WithValue(r.Context(), pushedKey{}, true))
		brought.Method, brought.Body, brought.ContentLength = http.MethodGet, http.NoBody, 0
		brought.URL.RawQuery, brought.Form, brought.PostForm = form, nil, nil
		next.ServeHTTP(w, brought)
	})
}
