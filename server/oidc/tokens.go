package oidc

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
	"github.com/zitadel/oidc/v3/pkg/oidc"

	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// Types of the JWTs that this provider signs: one is never taken for the other.
const (
	typAccess = "at+jwt" // RFC 9068
	typID     = "JWT"
)

// accessClaims is an access token (RFC 9068).
type accessClaims struct {
	jwt.RegisteredClaims

	ClientID string `json:"client_id"`
	Scope    string `json:"scope"`
	ACR      string `json:"acr,omitempty"`
	Family   string `json:"family"`

	Confirmation *confirmation `json:"cnf,omitempty"` // the key that it is bound to
}

// idClaims is an ID token (OpenID Connect Core 1.0, section 2). Names are not in it: it travels through addresses at
// signing out.
type idClaims struct {
	jwt.RegisteredClaims

	AuthTime   int64    `json:"auth_time"`
	Nonce      string   `json:"nonce,omitempty"`
	ACR        string   `json:"acr"`
	AMR        []string `json:"amr"`
	Party      string   `json:"azp"`
	Session    string   `json:"sid,omitempty"`
	AccessHash string   `json:"at_hash"`
}

// accessToken makes one, bound to the key with this thumbprint unless it is empty.
func (s *Service) accessToken(ctx context.Context, f familyRow, subject string, scopes []string, key string) (token string, life time.Duration, err error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", 0, fmt.Errorf("make id: %w", err)
	}
	now := s.Now()
	life = s.lifeOf(f)
	claims := accessClaims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: s.Issuer, Subject: subject, Audience: jwt.ClaimStrings{s.Issuer}, ID: id.String(),
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(life)),
		},
		ClientID: f.ClientID, Scope: strings.Join(scopes, " "), ACR: f.TrustLevel, Family: f.ID.String(),
	}
	if key != "" {
		claims.Confirmation = &confirmation{key}
	}
	token, err = s.sign(ctx, typAccess, claims)
	return token, life, err
}

func (s *Service) idToken(ctx context.Context, c *client, f familyRow, subject, nonce, access string) (string, error) {
	hash, err := oidc.ClaimHash(access, jose.ES256)
	if err != nil {
		return "", fmt.Errorf("hash access token: %w", err)
	}
	now := s.Now()
	session := ""
	if f.SessionID != nil {
		session = s.sessionName(c.id, *f.SessionID)
	}
	return s.sign(ctx, typID, idClaims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: s.Issuer, Subject: subject, Audience: jwt.ClaimStrings{c.id},
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(accessLife)),
		},
		AuthTime: f.AuthTime.Unix(), Nonce: nonce, ACR: f.TrustLevel, AMR: strings.Fields(f.Methods), Party: c.id, Session: session, AccessHash: hash,
	})
}

// verify checks an access token of this provider and finds its family.
func (s *Service) verify(ctx context.Context, token string) (accessClaims, familyRow, error) {
	var claims accessClaims
	parsed, err := jwt.ParseWithClaims(token, &claims, s.keyFor(ctx), jwt.WithValidMethods([]string{string(jose.ES256)}),
		jwt.WithIssuer(s.Issuer), jwt.WithAudience(s.Issuer), jwt.WithExpirationRequired(), jwt.WithTimeFunc(s.Now))
	if err != nil {
		return claims, familyRow{}, err
	}
	if typ, _ := parsed.Header["typ"].(string); typ != typAccess {
		return claims, familyRow{}, errors.New("not an access token")
	}
	id, err := uuid.Parse(claims.Family)
	if err != nil {
		return claims, familyRow{}, errors.New("names no family")
	}
	f, found, err := s.family(ctx, id)
	if err != nil {
		return claims, familyRow{}, err
	}
	if !found || f.EndedAt != nil || f.ClientID != claims.ClientID {
		return claims, familyRow{}, errors.New("ended")
	}
	if !f.Registered && !s.configured(f.ClientID) { // no longer a member, or no longer registered
		return claims, familyRow{}, errUnknownClient
	}
	return claims, f, nil
}

// VerifyRequest says who calls with an access token: an app or a linked portal for a person, or a client for itself. A token
// that is bound to a key needs a proof for this request. The error is token-invalid (401).
func (s *Service) VerifyRequest(r *http.Request) (httpx.Caller, error) {
	claims, f, err := s.present(r)
	if err != nil {
		return httpx.Caller{}, problem.Unauthorized("token-invalid", "Das Zugriffstoken ist nicht gültig.", "The access token is not valid.").Because(err)
	}
	c := httpx.Caller{Kind: httpx.TokenCaller, ClientID: f.ClientID, Scopes: strings.Fields(claims.Scope)}
	if f.AccountID != nil {
		c.AccountID, c.TrustLevel = *f.AccountID, f.TrustLevel
		c.Person = httpx.Person{Issuer: s.Issuer, Subject: f.AccountID.String()}
	}
	return c, nil
}

// userInfo gives what the scopes of a request's token are about.
func (s *Service) userInfo(r *http.Request) (*oidc.UserInfo, error) {
	ctx := r.Context()
	claims, f, err := s.present(r)
	scopes := strings.Fields(claims.Scope)
	if err != nil || f.AccountID == nil || !slices.Contains(scopes, scopeOpenID) {
		return nil, errBearer()
	}
	info := &oidc.UserInfo{Subject: claims.Subject}
	if !slices.Contains(scopes, scopeProfile) && !slices.Contains(scopes, scopeEmail) {
		return info, nil
	}
	given, family, email, err := s.namesFor(ctx, f)
	if err != nil {
		return nil, err
	}
	if slices.Contains(scopes, scopeProfile) {
		info.Name, info.GivenName, info.FamilyName = strings.TrimSpace(given+" "+family), given, family
		if err := s.addOrganisation(ctx, f, info); err != nil {
			return nil, err
		}
	}
	if slices.Contains(scopes, scopeEmail) && email != "" {
		info.Email, info.EmailVerified = email, true
	}
	return info, nil
}

// claimActsFor names the organisation that somebody acts for.
const claimActsFor = "acts_for"

// addOrganisation says who acts and for which organisation, where the account is an organisation's.
func (s *Service) addOrganisation(ctx context.Context, f familyRow, info *oidc.UserInfo) error {
	if f.SessionID == nil {
		return nil
	}
	person, organisation, err := s.Sessions.ActsFor(ctx, *f.SessionID)
	if err != nil || organisation == "" {
		return err
	}
	info.Name, info.GivenName, info.FamilyName = person, "", ""
	info.AppendClaims(claimActsFor, organisation)
	return nil
}

// namesFor reads what a client may know: a linked portal the name, for the person works there; others what was consented
// to, and the person sees that they read it.
func (s *Service) namesFor(ctx context.Context, f familyRow) (given, family, email string, err error) {
	c, err := s.client(ctx, f.ClientID)
	if err != nil {
		return "", "", "", errBearer()
	}
	if c.member {
		given, family, _, err = s.Accounts.PersonNames(ctx, *f.AccountID)
		return given, family, "", err
	}
	data, err := s.Accounts.ReadConsented(ctx, *f.AccountID, c.id, f.Purpose)
	if err != nil {
		if problem.From(err).Status == http.StatusForbidden {
			err = errBearer()
		}
		return "", "", "", err
	}
	return value(data.GivenName), value(data.FamilyName), value(data.Email), nil
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// subject is how a client knows an account (OpenID Connect Core 1.0, section 8.1): the same each time, another for each
// client, and no way back without this portal's key.
func (s *Service) subject(clientID string, accountID uuid.UUID) string {
	key := s.Keys.Derive("oidc/subject")
	h := hmac.New(sha256.New, key[:])
	_, _ = fmt.Fprintf(h, "%d:%s:%s", len(clientID), clientID, accountID) // never fails
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// AccountOf gives the account that a client knows by a subject; 404 when it knows none. This portal itself knows accounts
// by their ids.
func (s *Service) AccountOf(ctx context.Context, clientID, subject string) (uuid.UUID, error) {
	if clientID == s.Issuer {
		if id, err := uuid.Parse(subject); err == nil {
			return id, nil
		}
	}
	row, found, err := s.subjectRow(ctx, clientID, subject)
	if err != nil {
		return uuid.Nil, err
	}
	if !found {
		return uuid.Nil, problem.NotFound("person-unknown", "Diese Person ist hier nicht bekannt.", "This person is not known here.")
	}
	return row.AccountID, nil
}

// signOut ends the session of the browser at this portal when the ID token that a client was given names its account, and
// gives the address to go to: the client's, when it is registered, else the start page. Without such a token nothing
// ends: any page could have led the browser here.
func (s *Service) signOut(ctx context.Context, r *oidc.EndSessionRequest, header http.Header) (location string, cookie *http.Cookie, err error) {
	location = s.Issuer + "/"
	claims, ok := s.ownIDToken(ctx, r.IdTokenHint)
	if !ok || (r.ClientID != "" && r.ClientID != claims.Audience[0]) {
		return location, nil, nil // nothing ends
	}
	c, err := s.client(ctx, claims.Audience[0])
	if err != nil {
		return location, nil, nil //nolint:nilerr // nothing ends
	}
	if slices.Contains(c.afterLogout, r.PostLogoutRedirectURI) {
		if location, err = withState(r.PostLogoutRedirectURI, r.State); err != nil {
			return "", nil, err
		}
	}
	account, err := s.AccountOf(ctx, c.id, claims.Subject)
	if err != nil {
		return location, nil, nonProblem(err)
	}
	cookie, err = s.Sessions.EndBrowserSession(ctx, (&http.Request{Header: header}).WithContext(ctx), account)
	return location, cookie, err
}

// ownIDToken reads an ID token of this portal, which has one audience. One that has run out is good enough where it only says who was meant.
func (s *Service) ownIDToken(ctx context.Context, token string) (idClaims, bool) {
	var claims idClaims
	parsed, err := jwt.ParseWithClaims(token, &claims, s.keyFor(ctx), jwt.WithValidMethods([]string{string(jose.ES256)}), jwt.WithoutClaimsValidation())
	return claims, err == nil && parsed.Header["typ"] == typID && claims.Issuer == s.Issuer && len(claims.Audience) == 1
}

func withState(address, state string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || state == "" {
		return address, err
	}
	q := u.Query()
	q.Set("state", state)
	u.RawQuery = q.Encode()
	return u.String(), nil
}
