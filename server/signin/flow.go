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
	Home     string // entity id of the account home that the browser was sent to
	State    string
	Nonce    string
	Verifier string // PKCE, RFC 7636
	ReturnTo string
	Purpose  string // a service's id, when it is about reading the profile for it
	Then     string // the purpose to ask for after signing in
	Level    string // trust level that is needed
	At       time.Time
}

// Begin is what a sign-in is asked for with.
type Begin struct {
	ReturnTo  string     // page of this portal; empty: the start page
	ServiceID *uuid.UUID // asks to read the person's profile for it; who is not signed in here does that first
	Level     types.TrustLevel
	Home      string // entity id of the account home; empty: as homeFor decides
}

// Start gives the address at an account home where the browser goes to sign in, and the cookie that it must come back
// with. At the account home itself, and where people choose between several, it leads to this portal's own page. ReturnTo must be a page
// of this portal, and Home an account home of the association (else 400). home is where it goes to, also when that cannot be reached (503).
func (s *Service) Start(ctx context.Context, b Begin) (location, home string, cookie *http.Cookie, err error) {
	if b.ReturnTo == "" {
		b.ReturnTo = "/"
	}
	if !httpx.LocalPath(b.ReturnTo) {
		return "", "", nil, problem.BadRequest("return-to", "Diese Adresse gehört nicht zu diesem Portal.", "This address is not part of this portal.")
	}
	here, signedIn, err := s.citizenHere(ctx)
	if err != nil {
		return "", "", nil, err
	}
	if home, err = s.homeFor(b.Home, here, signedIn); err != nil {
		return "", "", nil, err
	}
	if home == "" || home == s.Self.Id {
		location = withQuery(pageSignIn, "returnTo", b.ReturnTo)
		if b.Level != "" {
			location = withQuery(location, "level", string(b.Level))
		}
		return location, home, nil, nil
	}
	location, cookie, err = s.toHome(ctx, home, b, signedIn && here.Issuer == home)
	return location, home, cookie, err
}

// homeFor finds the account home where somebody is to sign in: the one that is wanted, else that of who is signed in, else this portal, else
// the only one there is. It is empty where people must choose.
func (s *Service) homeFor(wanted string, here sessionRow, signedIn bool) (string, error) {
	if wanted != "" {
		if _, isHome := s.Homes.Home(wanted); !isHome {
			return "", problem.BadRequest("home-unknown", "Das gewählte Portal führt in diesem Verbund keine Konten.", "The chosen portal keeps no accounts in this association.").
				With(problem.Text{De: "Wählen Sie auf der Seite „Anmelden“ das Portal, bei dem Ihr Konto liegt.", En: "Choose the portal that keeps your account on the page “Sign in”."})
		}
		return wanted, nil
	}
	if signedIn {
		return here.Issuer, nil
	}
	all := s.Homes.All()
	switch {
	case s.isHome():
		return s.Self.Id, nil
	case len(all) == 1:
		return all[0].Id, nil
	case len(all) == 0:
		return "", errHomeUnreachable(errNoHome)
	}
	return "", nil
}

// toHome makes the address at an account home, and the cookie to come back with. samePerson says that somebody is signed in here by it.
func (s *Service) toHome(ctx context.Context, home string, b Begin, samePerson bool) (location string, cookie *http.Cookie, err error) {
	f := flow{Home: home, ReturnTo: b.ReturnTo, Level: string(b.Level), Verifier: oauth2.GenerateVerifier(), At: s.Now()}
	f.State, _ = secret.New()
	f.Nonce, _ = secret.New()
	switch {
	case b.ServiceID != nil && samePerson:
		f.Purpose = b.ServiceID.String()
	case b.ServiceID != nil:
		f.Then = b.ServiceID.String()
	}
	p, err := s.provider(ctx, home, reachableKept)
	if err != nil {
		s.Log.WarnContext(ctx, "sign-in cannot start", "home", home, "error", err)
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

// citizenHere reads the session of a citizen in the browser of ctx's request, from whichever account home.
func (s *Service) citizenHere(ctx context.Context) (row sessionRow, found bool, err error) {
	row, found, err = s.sessionOf(ctx, httpx.RequestOf(ctx))
	return row, found && !s.ended(row) && row.Issuer != "" && s.vouched(row), err
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
		return s.failed(ctx, flow{ReturnTo: "/"}, reasonExpired, errors.New("no sign-in of this browser has this state")), nil
	}
	cookies = []*http.Cookie{s.cookies.drop(s.flowCookieName(state))}
	if f.Home == "" || value(answer.Iss) != f.Home { // RFC 9207: not the answer of another account home than the browser was sent to
		return s.failed(ctx, f, reasonFailed, errors.New("answer of another issuer")), cookies
	}
	if answer.Error != nil {
		return s.refusedByHome(ctx, f, *answer.Error), cookies
	}
	next, session, err := s.complete(ctx, f, value(answer.Code))
	if err != nil {
		return s.failed(ctx, f, reasonOf(err), err), cookies
	}
	if session != nil {
		cookies = append(cookies, session, s.rememberHome(f.Home))
	}
	return next, cookies
}

func (s *Service) refusedByHome(ctx context.Context, f flow, code string) string {
	if code == errorUnmet {
		return s.failed(ctx, f, reasonLevel, errors.New("the account home cannot prove the level"))
	}
	if code != string(oidc.AccessDenied) {
		return s.failed(ctx, f, reasonFailed, fmt.Errorf("account home answers %.40q", code))
	}
	if f.Purpose != "" {
		return withQuery(f.ReturnTo, "einwilligung", "abgelehnt")
	}
	return s.failed(ctx, f, reasonDenied, errors.New("the person refused"))
}

// errorUnmet is the error of an account home that cannot prove the level (OpenID Connect Core Error Code
// unmet_authentication_requirements 1.0).
const errorUnmet = "unmet_authentication_requirements"

var errLevel = errors.New("a lower trust level than asked for")

var errOtherPerson = errors.New("another person is signed in at the account home")

// complete redeems the code and keeps what it gives.
func (s *Service) complete(ctx context.Context, f flow, code string) (next string, cookie *http.Cookie, err error) {
	p, err := s.provider(ctx, f.Home, discoveryKept)
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
	return "/api/v1/signin/start?" + url.Values{"serviceId": {f.Then}, "returnTo": {f.ReturnTo}, "home": {f.Home}}.Encode(), cookie, nil
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

// failed gives the page that says why a sign-in did not come through, and offers another way.
func (s *Service) failed(ctx context.Context, f flow, reason string, cause error) string {
	s.Log.InfoContext(ctx, "sign-in failed", "home", f.Home, "reason", reason, "error", cause, "requestId", httpx.RequestIDOf(ctx))
	return failurePage(f.ReturnTo, f.Home, reason)
}

func failurePage(returnTo, home, reason string) string {
	q := url.Values{"error": {reason}, "returnTo": {returnTo}}
	if home != "" {
		q.Set("home", home)
	}
	return pageSignIn + "?" + q.Encode()
}

// rememberHome has this browser be offered an account home first, the next time it signs in here.
func (s *Service) rememberHome(home string) *http.Cookie {
	return s.cookies.make(s.cookies.homeName, base64.RawURLEncoding.EncodeToString([]byte(home)), int(deviceLife/time.Second))
}

// lastHome is the account home by which the browser of ctx's request last signed in here; nil when there is none, or it is none any more.
func (s *Service) lastHome(ctx context.Context) *string {
	r := httpx.RequestOf(ctx)
	if r == nil {
		return nil
	}
	cookie, err := r.Cookie(s.cookies.homeName)
	if err != nil {
		return nil
	}
	id, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil {
		return nil
	}
	home, isHome := s.Homes.Home(string(id))
	if !isHome {
		return nil
	}
	return &home.Id
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
