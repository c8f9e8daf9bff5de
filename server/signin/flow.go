package signin

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"golang.org/x/oauth2"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/secret"
)

const (
	sealFlow  = "signin/flow"
	flowLife  = time.Hour // long enough to register and confirm the mail in between
	flowNames = 12        // characters of the state in the cookie's name: several tabs may sign in at once
)

// flow is a sign-in under way, sealed in a cookie of the browser that began it.
type flow struct {
	State    string
	Nonce    string
	Verifier string // PKCE, RFC 7636
	ReturnTo string
	Purpose  string // a service's id, when it is about reading the profile for it
	Then     string // the purpose to ask for after signing in
	Level    string // trust level that is needed
	At       time.Time
}

// Start gives the address at the account home where the browser goes to sign in, and the cookie that it must come back
// with. With a service it asks to read the person's profile for it; who is not signed in here does that first. At the account
// home itself it leads to its own page. returnTo must be a page of this portal (else 400).
func (s *Service) Start(ctx context.Context, returnTo string, serviceID *uuid.UUID, level types.TrustLevel) (location string, cookie *http.Cookie, err error) {
	if returnTo == "" {
		returnTo = "/"
	}
	if !httpx.LocalPath(returnTo) {
		return "", nil, problem.BadRequest("return-to", "Diese Adresse gehört nicht zu diesem Portal.", "This address is not part of this portal.")
	}
	if s.isHome() {
		location = withQuery(pageSignIn, "returnTo", returnTo)
		if level != "" {
			location = withQuery(location, "level", string(level))
		}
		return location, nil, nil
	}
	f := flow{ReturnTo: returnTo, Level: string(level), Verifier: oauth2.GenerateVerifier(), At: s.Now()}
	f.State, _ = secret.New()
	f.Nonce, _ = secret.New()
	if serviceID != nil {
		_, here, err := s.citizenHere(ctx)
		if err != nil {
			return "", nil, err
		}
		if here {
			f.Purpose = serviceID.String()
		} else {
			f.Then = serviceID.String()
		}
	}
	p, err := s.provider(ctx, reachableKept)
	if err != nil {
		s.Log.WarnContext(ctx, "sign-in cannot start", "error", err)
		return "", nil, errHomeUnreachable(err)
	}
	if cookie, err = s.flowCookie(f); err != nil {
		return "", nil, err
	}
	scopes := sessionScopes
	if f.Purpose != "" {
		scopes = purposeScopes + f.Purpose
	}
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(f.Verifier), oauth2.SetAuthURLParam("nonce", f.Nonce), oauth2.SetAuthURLParam("scope", scopes)}
	if f.Level != "" {
		options = append(options, oauth2.SetAuthURLParam("acr_values", f.Level))
	}
	return p.oauth.AuthCodeURL(f.State, options...), cookie, nil
}

// citizenHere reads the session of a citizen in the browser of ctx's request.
func (s *Service) citizenHere(ctx context.Context) (row sessionRow, found bool, err error) {
	row, found, err = s.sessionOf(ctx, httpx.RequestOf(ctx))
	return row, found && !s.ended(row) && row.Issuer == s.Home.Id, err
}

func (s *Service) flowCookieName(state string) string {
	return s.cookies.flow + state[:min(flowNames, len(state))]
}

func (s *Service) flowCookie(f flow) (*http.Cookie, error) {
	plain, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("begin sign-in: %w", err)
	}
	sealed, err := s.Keys.Seal(sealFlow, plain, []byte(f.State))
	if err != nil {
		return nil, err
	}
	return s.cookies.make(s.flowCookieName(f.State), base64.RawURLEncoding.EncodeToString(sealed), int(flowLife/time.Second)), nil
}

// openFlow finds the sign-in that a state belongs to, in the cookies of this browser only.
func (s *Service) openFlow(r *http.Request, state string) (f flow, ok bool) {
	if r == nil || len(state) != tokenLength {
		return f, false
	}
	cookie, err := r.Cookie(s.flowCookieName(state))
	if err != nil {
		return f, false
	}
	sealed, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil {
		return f, false
	}
	plain, err := s.Keys.Open(sealFlow, sealed, []byte(state))
	if err != nil || json.Unmarshal(plain, &f) != nil {
		return f, false
	}
	return f, s.Now().Before(f.At.Add(flowLife))
}

// Finish takes the account home's answer and gives the path to go to with the cookies to set. It never fails visibly:
// what went wrong is a reason on the page for failed sign-ins.
func (s *Service) Finish(ctx context.Context, answer types.FinishSignInParams) (location string, cookies []*http.Cookie) {
	state := value(answer.State)
	f, ok := s.openFlow(httpx.RequestOf(ctx), state)
	if !ok {
		return s.failed(ctx, "/", reasonExpired, errors.New("no sign-in of this browser has this state")), nil
	}
	cookies = []*http.Cookie{s.cookies.drop(s.flowCookieName(state))}
	if value(answer.Iss) != s.Home.Id { // RFC 9207: not the answer of another provider
		return s.failed(ctx, f.ReturnTo, reasonFailed, errors.New("answer of another issuer")), cookies
	}
	if answer.Error != nil {
		return s.refusedByHome(ctx, f, *answer.Error), cookies
	}
	next, session, err := s.complete(ctx, f, value(answer.Code))
	if err != nil {
		return s.failed(ctx, f.ReturnTo, reasonOf(err), err), cookies
	}
	if session != nil {
		cookies = append(cookies, session)
	}
	return next, cookies
}

func (s *Service) refusedByHome(ctx context.Context, f flow, code string) string {
	if code == errorUnmet {
		return s.failed(ctx, f.ReturnTo, reasonLevel, errors.New("the account home cannot prove the level"))
	}
	if code != string(oidc.AccessDenied) {
		return s.failed(ctx, f.ReturnTo, reasonFailed, fmt.Errorf("account home answers %.40q", code))
	}
	if f.Purpose != "" {
		return withQuery(f.ReturnTo, "einwilligung", "abgelehnt")
	}
	return s.failed(ctx, f.ReturnTo, reasonDenied, errors.New("the person refused"))
}

// errorUnmet is the error of an account home that cannot prove the level (OpenID Connect Core Error Code
// unmet_authentication_requirements 1.0).
const errorUnmet = "unmet_authentication_requirements"

var errLevel = errors.New("a lower trust level than asked for")

var errOtherPerson = errors.New("another person is signed in at the account home")

// complete redeems the code and keeps what it gives.
func (s *Service) complete(ctx context.Context, f flow, code string) (next string, cookie *http.Cookie, err error) {
	p, err := s.provider(ctx, discoveryKept)
	if err != nil {
		return "", nil, err
	}
	token, claims, err := s.redeem(ctx, p, code, f.Verifier, f.Nonce)
	if err != nil {
		return "", nil, err
	}
	if f.Purpose != "" {
		return f.ReturnTo, nil, s.keepPurpose(ctx, f.Purpose, token, claims)
	}
	level := trustLevel(claims.AuthenticationContextClassReference)
	if f.Level != "" && httpx.LevelRank(level) < httpx.LevelRank(f.Level) {
		return "", nil, errLevel
	}
	who, err := s.personAtHome(ctx, p, token.AccessToken, claims.Subject)
	if err != nil {
		return "", nil, err
	}
	who.Tokens = s.tokensOf(token, claims, tokens{})
	proved := proof{
		issuer: p.issuer, subject: claims.Subject, level: level, methods: claims.AuthenticationMethodsReferences, authTime: claims.GetAuthTime(), person: who,
		session: claims.SessionID,
	}
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		_, cookie, err = s.begin(ctx, proved)
		return err
	})
	if err != nil {
		return "", nil, err
	}
	s.Log.InfoContext(ctx, "signed in by the account home", "requestId", httpx.RequestIDOf(ctx))
	if f.Then == "" {
		return f.ReturnTo, cookie, nil
	}
	return "/api/v1/signin/start?" + url.Values{"serviceId": {f.Then}, "returnTo": {f.ReturnTo}}.Encode(), cookie, nil
}

// keepPurpose keeps a token for one purpose with the session of the same person.
func (s *Service) keepPurpose(ctx context.Context, purpose string, token *oauth2.Token, claims *oidc.IDTokenClaims) error {
	row, found, err := s.citizenHere(ctx)
	if err != nil {
		return err
	}
	if !found || row.Issuer != claims.Issuer || row.Subject != claims.Subject {
		return errOtherPerson
	}
	sealed, err := s.Keys.Seal(sealPurpose, []byte(token.AccessToken), append(row.ID[:], purpose...))
	if err != nil {
		return err
	}
	return s.storePurpose(ctx, purposeRow{SessionID: row.ID, Purpose: purpose, Sealed: sealed, ExpiresAt: s.expiryOf(token)})
}

func (s *Service) failed(ctx context.Context, returnTo, reason string, cause error) string {
	s.Log.InfoContext(ctx, "sign-in failed", "reason", reason, "error", cause, "requestId", httpx.RequestIDOf(ctx))
	return pageSignIn + "?" + url.Values{"error": {reason}, "returnTo": {returnTo}}.Encode()
}

func reasonOf(err error) string {
	switch {
	case errors.Is(err, errUnreachable):
		return reasonUnreachable
	case errors.Is(err, errOtherPerson):
		return reasonOtherPerson
	case errors.Is(err, errLevel):
		return reasonLevel
	}
	return reasonFailed
}

// trustLevel takes the level that the account home states; an unknown one counts as the lowest.
func trustLevel(acr string) string {
	switch types.TrustLevel(acr) {
	case types.Substantial, types.High:
		return acr
	}
	return string(types.Low)
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
