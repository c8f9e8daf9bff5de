package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
	"github.com/zitadel/oidc/v3/pkg/client"
	"github.com/zitadel/oidc/v3/pkg/client/rp"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"golang.org/x/oauth2"

	"portalverbund/server/platform/problem"
)

const (
	discoveryKept = time.Hour        // where the account home's addresses are needed
	reachableKept = 10 * time.Second // before a browser is sent there: it should be up
	failureKept   = 3 * time.Second  // so that many do not wait for one that is down
	refreshLimit  = 6 * time.Second  // of a refresh, which holds a row that others wait for
	signOutLimit  = 3 * time.Second  // nobody waits longer to be signed out
	assertionLife = time.Minute
	assertionType = "client-authentication+jwt"
	callbackPath  = "/api/v1/signin/callback"
	signingAlg    = "ES256"
)

// Scopes asked for. The session's own token works in the mailbox; data of the profile has tokens of its own, for one
// purpose each.
const (
	sessionScopes = "openid profile offline_access mailbox:read mailbox:write powers:read powers:use documents:read documents:use"
	purposeScopes = "openid person:read purpose:"
)

// errUnreachable is the cause of an error when the account home did not answer, or not as it should.
var errUnreachable = errors.New("account home is not reachable")

// errNoHome is the cause of an error where somebody is meant who is no account home of the association.
var errNoHome = errors.New("not an account home of the association")

// errRefused is the cause of an error when the account home refuses a code or a token.
var errRefused = errors.New("refused by the account home")

// homesRead keeps what is known of account homes, by their entity ids.
type homesRead struct {
	mu   sync.Mutex
	read map[string]*home
}

// of gives what is known of a home. Those that are none any more are forgotten.
func (h *homesRead) of(id string, homes Homes) *home {
	h.mu.Lock()
	defer h.mu.Unlock()
	if known := h.read[id]; known != nil {
		return known
	}
	kept := map[string]*home{id: {}}
	for other, known := range h.read {
		if _, still := homes.Home(other); still {
			kept[other] = known
		}
	}
	h.read = kept
	return kept[id]
}

// home is what is known of an account home's OpenID Provider, read when it is first needed and kept for a while.
type home struct {
	mu       sync.Mutex
	provider *provider
	readAt   time.Time
	failure  error
	failedAt time.Time
}

// provider is an account home as this portal's OpenID Provider.
type provider struct {
	issuer     string
	oauth      oauth2.Config
	userinfo   string
	endSession string
	keys       oidc.KeySet
}

// provider gives an account home's description, read within the last maxAge or now. A portal that is no account home of the
// association (errNoHome) is not asked. A home that is slow keeps nobody waiting who goes to another.
func (s *Service) provider(ctx context.Context, issuer string, maxAge time.Duration) (*provider, error) {
	if _, isHome := s.Homes.Home(issuer); !isHome || issuer == s.Self.Id {
		return nil, errNoHome
	}
	h := s.homes.of(issuer, s.Homes)
	h.mu.Lock()
	defer h.mu.Unlock()
	now := s.Now()
	if h.provider != nil && now.Before(h.readAt.Add(maxAge)) {
		return h.provider, nil
	}
	if h.failure != nil && now.Before(h.failedAt.Add(failureKept)) {
		return nil, h.failure
	}
	p, err := s.discover(ctx, issuer)
	if err != nil {
		if ctx.Err() == nil {
			h.failure, h.failedAt = err, now
		}
		return nil, err
	}
	h.provider, h.readAt, h.failure = p, now, nil
	return p, nil
}

// discover reads an account home's description (OpenID Connect Discovery 1.0). All its addresses must be its own.
func (s *Service) discover(ctx context.Context, issuer string) (*provider, error) {
	d, err := client.Discover(ctx, issuer, s.Client)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnreachable, err)
	}
	for _, address := range []string{d.AuthorizationEndpoint, d.TokenEndpoint, d.JwksURI, d.UserinfoEndpoint, d.EndSessionEndpoint} {
		if !strings.HasPrefix(address, issuer+"/") {
			return nil, fmt.Errorf("%w: it names an address that is not its own", errUnreachable)
		}
	}
	return &provider{
		issuer: issuer, userinfo: d.UserinfoEndpoint, endSession: d.EndSessionEndpoint, keys: rp.NewRemoteKeySet(s.Client, d.JwksURI),
		oauth: oauth2.Config{
			ClientID: s.Self.Id, RedirectURL: s.Self.Id + callbackPath,
			Endpoint: oauth2.Endpoint{AuthURL: d.AuthorizationEndpoint, TokenURL: d.TokenEndpoint, AuthStyle: oauth2.AuthStyleInParams},
		},
	}, nil
}

// assertion proves this portal to the account home (private_key_jwt, RFC 7523): signed with its key, for the account home
// only, once.
func (s *Service) assertion(audience string) ([]oauth2.AuthCodeOption, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("make id: %w", err)
	}
	now := s.Now()
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.RegisteredClaims{
		Issuer: s.Self.Id, Subject: s.Self.Id, Audience: jwt.ClaimStrings{audience}, ID: id.String(),
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(assertionLife)),
	})
	kid, private := s.Keys.Signing.KeyID, s.Keys.Private()
	if s.Signer != nil {
		if kid, private, err = s.Signer.Signing(context.Background()); err != nil { // read lately, as a rule
			return nil, err
		}
	}
	token.Header["kid"], token.Header["typ"] = kid, assertionType
	signed, err := token.SignedString(private)
	if err != nil {
		return nil, fmt.Errorf("sign client assertion: %w", err)
	}
	return client.ClientAssertionCodeOptions(signed), nil
}

// redeem exchanges a code and verifies the ID token.
func (s *Service) redeem(ctx context.Context, p *provider, code, verifier, nonce string) (*oauth2.Token, *oidc.IDTokenClaims, error) {
	options, err := s.assertion(p.issuer)
	if err != nil {
		return nil, nil, err
	}
	token, err := p.oauth.Exchange(s.withClient(ctx), code, append(options, oauth2.VerifierOption(verifier))...)
	if err != nil {
		return nil, nil, tokenError(err)
	}
	raw, _ := token.Extra("id_token").(string)
	check := rp.NewIDTokenVerifier(p.issuer, s.Self.Id, p.keys, rp.WithSupportedSigningAlgorithms(signingAlg),
		rp.WithIssuedAtOffset(10*time.Second), rp.WithNonce(func(context.Context) string { return nonce }))
	claims, err := rp.VerifyTokens[*oidc.IDTokenClaims](s.withClient(ctx), token.AccessToken, raw, check)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: ID token: %w", errRefused, err)
	}
	return token, claims, nil
}

// refresh exchanges a refresh token.
func (s *Service) refresh(ctx context.Context, p *provider, refreshToken string) (*oauth2.Token, error) {
	options, err := s.assertion(p.issuer)
	if err != nil {
		return nil, err
	}
	// oauth2.Config has no refresh with a client assertion: the grant goes through Exchange, whose parameters can be set.
	options = append(options, oauth2.SetAuthURLParam("grant_type", "refresh_token"), oauth2.SetAuthURLParam("refresh_token", refreshToken))
	token, err := p.oauth.Exchange(s.withClient(ctx), "", options...)
	if err != nil {
		return nil, tokenError(err)
	}
	return token, nil
}

// personAtHome asks the account home how to call the person, and for which organisation they act.
func (s *Service) personAtHome(ctx context.Context, p *provider, accessToken, subject string) (person, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.userinfo, nil)
	if err != nil {
		return person{}, fmt.Errorf("ask for the name: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+accessToken)
	response, err := s.Client.Do(r)
	if err != nil {
		return person{}, fmt.Errorf("%w: %w", errUnreachable, err)
	}
	defer func() { _ = response.Body.Close() }()
	var info struct {
		Sub     string `json:"sub"`
		Name    string `json:"name"`
		ActsFor string `json:"acts_for"`
	}
	if response.StatusCode != http.StatusOK {
		return person{}, fmt.Errorf("%w: userinfo answers %s", errRefused, response.Status)
	}
	if err := json.NewDecoder(response.Body).Decode(&info); err != nil {
		return person{}, fmt.Errorf("%w: userinfo: %w", errUnreachable, err)
	}
	if info.Sub != subject { // OpenID Connect Core 1.0, section 5.3.4
		return person{}, fmt.Errorf("%w: userinfo is about somebody else", errRefused)
	}
	return person{Name: info.Name, ActsFor: info.ActsFor}, nil
}

// signOutAtHome is the address that ends the sign-in at the account home that it came from (OpenID Connect RP-Initiated Logout 1.0);
// empty when there is nothing to end.
func (s *Service) signOutAtHome(ctx context.Context, issuer, idToken string) string {
	if idToken == "" {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, signOutLimit)
	defer cancel()
	p, err := s.provider(ctx, issuer, discoveryKept)
	if err != nil {
		return ""
	}
	q := url.Values{"id_token_hint": {idToken}, "client_id": {s.Self.Id}, "post_logout_redirect_uri": {s.Self.Id + "/"}}
	return p.endSession + "?" + q.Encode()
}

func (s *Service) withClient(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, s.Client)
}

// tokenError tells a refusal of the token endpoint from trouble on the way.
func tokenError(err error) error {
	var answer *oauth2.RetrieveError
	if errors.As(err, &answer) && answer.Response != nil && answer.Response.StatusCode < http.StatusInternalServerError {
		return fmt.Errorf("%w: %s", errRefused, answer.ErrorCode)
	}
	return fmt.Errorf("%w: %w", errUnreachable, err)
}

func errHomeUnreachable(cause error) error {
	return problem.Unavailable("account-home-unreachable", "Ihr Konto ist gerade nicht erreichbar.", "Your account cannot be reached at the moment.").
		With(problem.Text{
			De: "Bitte versuchen Sie es in einigen Minuten noch einmal. Lesen und suchen können Sie weiterhin.",
			En: "Please try again in a few minutes. You can go on reading and searching.",
		}).Because(cause)
}
