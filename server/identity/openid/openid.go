// Package openid is a portal as relying party of one OpenID Provider, such as the account of a Land or an eID service: code
// flow with PKCE (S256) and nonce, the answer bound to issuer and browser (RFC 9207, mix-up), the ID token verified with
// asymmetric algorithms only.
package openid

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/client/rp"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"golang.org/x/oauth2"

	"portalverbund/server/identity/kept"
	"portalverbund/server/platform/secret"
)

const (
	maxAge      = 10 * time.Minute // of an ID token's iat
	clockSkew   = time.Minute
	maxUserInfo = 256 << 10
)

var (
	// ErrCancelled is the cause of an error when the person gave up, or the provider could not do what was asked.
	ErrCancelled = errors.New("no sign-in was made")
	// ErrRefused is the cause of an error when an answer is not right.
	ErrRefused = errors.New("answer refused")
	// ErrUnreachable is the cause of an error when the provider did not answer.
	ErrUnreachable = errors.New("identity provider is not reachable")
)

// Config is what a Provider is made of.
type Config struct {
	Issuer       string
	ClientID     string
	ClientSecret string
	Scopes       []string          // default openid profile email
	Redirect     string            // address that takes answers
	Contexts     map[string]string // acr_values to ask for, by level of this portal; by an empty one when any will do
	Client       *http.Client
	Log          *slog.Logger
	Now          func() time.Time
}

// Provider is the link to one OpenID Provider.
type Provider struct {
	config Config
	kept   *kept.Thing[*endpoints]
}

type endpoints struct {
	oauth    oauth2.Config
	userinfo string
	keys     oidc.KeySet
	namesIss bool // its answers name the issuer (RFC 9207)
}

// New makes a Provider.
func New(c Config) (*Provider, error) {
	if u, err := url.Parse(c.Issuer); err != nil || u.Host == "" {
		return nil, errors.New("issuer is missing")
	}
	if c.ClientID == "" || c.ClientSecret == "" {
		return nil, errors.New("clientId and clientSecret are missing")
	}
	if len(c.Scopes) == 0 {
		c.Scopes = []string{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopeEmail}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	p := &Provider{config: c}
	p.kept = &kept.Thing[*endpoints]{From: c.Issuer, Read: p.read, Log: c.Log, Now: c.Now}
	return p, nil
}

// Refresh reads what the provider publishes now.
func (p *Provider) Refresh(ctx context.Context) kept.State { return p.kept.Refresh(ctx) }

// State says how the reading of what the provider publishes stands.
func (p *Provider) State() kept.State { return p.kept.State() }

// About tells of the provider.
func (p *Provider) About(ctx context.Context) kept.About {
	_, _ = p.kept.Get(ctx) // the state tells of a failure
	return kept.About{ID: p.config.Issuer}
}

func (p *Provider) discover(ctx context.Context) (*endpoints, error) {
	e, err := p.kept.Get(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return e, nil
}

// read reads what the provider publishes (OpenID Connect Discovery 1.0, section 4).
func (p *Provider) read(ctx context.Context, _ time.Time) (*endpoints, error) {
	var d struct {
		oidc.DiscoveryConfiguration

		NamesIss bool `json:"authorization_response_iss_parameter_supported"`
	}
	if err := p.getJSON(ctx, strings.TrimSuffix(p.config.Issuer, "/")+oidc.DiscoveryEndpoint, "", &d); err != nil {
		return nil, err
	}
	if d.Issuer != p.config.Issuer {
		return nil, kept.Because(kept.OtherIssuer, fmt.Errorf("of %.200q", d.Issuer))
	}
	for _, address := range []string{d.AuthorizationEndpoint, d.TokenEndpoint, d.JwksURI} {
		u, err := url.Parse(address)
		if err != nil || u.Host == "" {
			return nil, kept.Because(kept.Malformed, fmt.Errorf("address %.200q", address))
		}
		if u.Scheme != "https" && strings.HasPrefix(p.config.Issuer, "https://") {
			return nil, kept.Because(kept.NotAllowed, fmt.Errorf("%.200q is without https", address))
		}
	}
	return &endpoints{
		userinfo: d.UserinfoEndpoint, keys: rp.NewRemoteKeySet(p.config.Client, d.JwksURI), namesIss: d.NamesIss,
		oauth: oauth2.Config{
			ClientID: p.config.ClientID, ClientSecret: p.config.ClientSecret, RedirectURL: p.config.Redirect, Scopes: p.config.Scopes,
			Endpoint: oauth2.Endpoint{AuthURL: d.AuthorizationEndpoint, TokenURL: d.TokenEndpoint, AuthStyle: oauth2.AuthStyleInHeader},
		},
	}, nil
}

// Request is where to send the browser, and what its answer must fit.
type Request struct {
	Address  string
	Nonce    string
	Verifier string // PKCE, RFC 7636
}

// Start makes the request for a level of this portal. With force the person proves who they are again.
func (p *Provider) Start(ctx context.Context, state, level string, force bool) (Request, error) {
	e, err := p.discover(ctx)
	if err != nil {
		return Request{}, err
	}
	r := Request{Verifier: oauth2.GenerateVerifier()}
	r.Nonce, _ = secret.New()
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(r.Verifier), oauth2.SetAuthURLParam("nonce", r.Nonce)}
	if asked := p.config.Contexts[level]; asked != "" {
		options = append(options, oauth2.SetAuthURLParam("acr_values", asked))
	}
	if force {
		options = append(options, oauth2.SetAuthURLParam("prompt", oidc.PromptLogin), oauth2.SetAuthURLParam("max_age", "0"))
	}
	r.Address = e.oauth.AuthCodeURL(state, options...)
	return r, nil
}

// Answer is what the browser brings back.
type Answer struct{ Code, Issuer, Error string }

// Claims are what the provider says of a person: strings by name, and the class of authentication.
type Claims struct {
	Issuer     string
	Attributes map[string][]string
	Context    string    // acr
	Methods    []string  // amr
	AuthTime   time.Time // auth_time; zero when it is not said
	All        map[string]any
}

// Values gives the texts of a claim that may have several: of a text, a list of texts, or the names in an object. A dot leads into an object,
// where no claim has the whole name.
func (c Claims) Values(name string) []string {
	value, found := c.All[name]
	if !found {
		outer, inner, nested := strings.Cut(name, ".")
		object, isObject := c.All[outer].(map[string]any)
		if !nested || !isObject {
			return nil
		}
		value = object[inner]
	}
	switch v := value.(type) {
	case string:
		return []string{v}
	case map[string]any:
		return slices.Sorted(maps.Keys(v))
	case []any:
		var out []string
		for _, entry := range v {
			if text, isText := entry.(string); isText {
				out = append(out, text)
			}
		}
		return out
	}
	return nil
}

// Finish redeems the answer to a request.
func (p *Provider) Finish(ctx context.Context, a Answer, nonce, verifier string) (Claims, error) {
	e, err := p.discover(ctx)
	if err != nil {
		return Claims{}, err
	}
	if (e.namesIss || a.Issuer != "") && a.Issuer != p.config.Issuer {
		return Claims{}, fmt.Errorf("%w: of another issuer", ErrRefused)
	}
	if a.Error != "" {
		return Claims{}, fmt.Errorf("%w: %.60q", ErrCancelled, a.Error)
	}
	if a.Code == "" || nonce == "" || verifier == "" {
		return Claims{}, fmt.Errorf("%w: nobody asked", ErrRefused)
	}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, p.config.Client)
	token, err := e.oauth.Exchange(ctx, a.Code, oauth2.VerifierOption(verifier))
	if err != nil {
		var answer *oauth2.RetrieveError
		if errors.As(err, &answer) && answer.Response != nil && answer.Response.StatusCode < http.StatusInternalServerError {
			return Claims{}, fmt.Errorf("%w: %s", ErrRefused, answer.ErrorCode)
		}
		return Claims{}, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	raw, _ := token.Extra("id_token").(string)
	check := rp.NewIDTokenVerifier(p.config.Issuer, p.config.ClientID, e.keys, rp.WithSupportedSigningAlgorithms("ES256", "PS256", "RS256"),
		rp.WithIssuedAtOffset(clockSkew), rp.WithIssuedAtMaxAge(maxAge), rp.WithNonce(func(context.Context) string { return nonce }))
	claims, err := rp.VerifyTokens[*oidc.IDTokenClaims](ctx, token.AccessToken, raw, check)
	if err != nil {
		return Claims{}, fmt.Errorf("%w: ID token: %w", ErrRefused, err)
	}
	out := Claims{
		Issuer: p.config.Issuer, Attributes: textsOf(claims.Claims), Context: claims.AuthenticationContextClassReference, Methods: claims.AuthenticationMethodsReferences,
		AuthTime: claims.GetAuthTime(), All: map[string]any{},
	}
	maps.Copy(out.All, claims.Claims)
	out.Attributes["sub"] = []string{claims.Subject}
	return out, p.userInfo(ctx, e, token.AccessToken, claims.Subject, out)
}

// userInfo adds what the provider says at its userinfo endpoint, about the same person (OpenID Connect Core 1.0, section 5.3.4). What the
// ID token says counts first.
func (p *Provider) userInfo(ctx context.Context, e *endpoints, accessToken, subject string, out Claims) error {
	if e.userinfo == "" {
		return nil
	}
	var info map[string]any
	if err := p.getJSON(ctx, e.userinfo, accessToken, &info); err != nil {
		return err
	}
	if info["sub"] != subject {
		return fmt.Errorf("%w: userinfo is about somebody else", ErrRefused)
	}
	for name, values := range textsOf(info) {
		if _, known := out.Attributes[name]; !known {
			out.Attributes[name] = values
		}
	}
	for name, value := range info {
		if _, known := out.All[name]; !known {
			out.All[name] = value
		}
	}
	return nil
}

func (p *Provider) getJSON(ctx context.Context, address, accessToken string, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("ask the identity provider: %w", err)
	}
	if accessToken != "" {
		r.Header.Set("Authorization", "Bearer "+accessToken)
	}
	r.Header.Set("Accept", "application/json")
	response, err := p.config.Client.Do(r)
	if err != nil {
		return unreachable(kept.OfCall(err), err)
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	switch {
	case response.StatusCode >= http.StatusMultipleChoices && response.StatusCode < http.StatusBadRequest:
		return unreachable(kept.Redirected, fmt.Errorf("answers %s", response.Status))
	case response.StatusCode != http.StatusOK:
		return unreachable(kept.Unreachable, fmt.Errorf("answers %s", response.Status))
	}
	if err := json.NewDecoder(http.MaxBytesReader(nil, response.Body, maxUserInfo)).Decode(into); err != nil {
		return unreachable(kept.OfCall(err), err)
	}
	return nil
}

func unreachable(reason kept.Reason, err error) error {
	return fmt.Errorf("%w: %w", ErrUnreachable, kept.Because(reason, err))
}

// textsOf gives the claims that are text, those in the address (OpenID Connect Core 1.0, section 5.1.1) as address.name.
func textsOf(claims map[string]any) map[string][]string {
	out := map[string][]string{}
	for name, value := range claims {
		switch v := value.(type) {
		case string:
			out[name] = []string{v}
		case bool:
			out[name] = []string{strconv.FormatBool(v)}
		case map[string]any:
			for inner, text := range v {
				if s, ok := text.(string); ok {
					out[name+"."+inner] = []string{s}
				}
			}
		}
	}
	return out
}
