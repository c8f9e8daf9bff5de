package signin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/secret"
)

const (
	sealSession = "signin/session"
	seenEvery   = time.Minute // how exactly the time of the last request is kept
)

// person is what a session keeps sealed.
type person struct {
	Name    string
	ActsFor string // organisation; empty for people who act for themselves
	Acting  *httpx.Acting
	Tokens  tokens
}

// tokens are those of the account home for the session itself (mailbox), not for a purpose.
type tokens struct {
	Access    string
	ExpiresAt time.Time
	Refresh   string
	ID        string // to end the sign-in at the account home
}

// proof is what a sign-in has proved.
type proof struct {
	accountID *uuid.UUID // of local accounts
	issuer    string     // of citizens
	subject   string
	roles     []string
	level     string
	levelBy   string    // identity provider that proved the level; empty: the account's own credentials
	methods   []string  // Authentication Method References, RFC 8176
	directory string    // of staff: the one that named them
	until     time.Time // the session ends then at the latest; zero: as its kind does
	authTime  time.Time
	session   string // at the account home, as it names it
	person    person
}

// Session finds the session of a request's cookie. It implements the server's authenticator for browsers.
func (s *Service) Session(r *http.Request) (httpx.Caller, bool, error) {
	token := s.cookies.token(r)
	if token == "" {
		return httpx.Caller{}, false, nil
	}
	ctx := r.Context()
	row, found, err := s.sessionByToken(ctx, secret.Hash(token))
	if err != nil || !found || s.ended(row) || !s.vouched(row) {
		return httpx.Caller{}, false, err
	}
	if err := s.seen(ctx, &row); err != nil {
		return httpx.Caller{}, false, err
	}
	p, err := s.openPerson(row)
	if err != nil {
		return httpx.Caller{}, false, err
	}
	c := httpx.Caller{
		Kind: httpx.SessionCaller, SessionID: row.ID, DisplayName: p.Name,
		TrustLevel: row.TrustLevel, Person: httpx.Person{Issuer: row.Issuer, Subject: row.Subject}, CSRFToken: s.csrfToken(token), AuthTime: row.AuthTime, Methods: methodsOf(row),
		LevelTime: row.levelTime(), ActsFor: p.ActsFor,
		Acting: s.actingIn(row, p),
	}
	c.Roles, c.UnitRoles = httpx.ReadRoles(row.Roles)
	if row.AccountID != nil {
		c.AccountID = *row.AccountID
	}
	if s.lacksFactor(row) {
		c.Roles, c.UnitRoles = []string{httpx.RoleUnproved}, nil
	}
	return c, true, nil
}

// lacksFactor says whether a session of staff is without the second factor that this portal requires.
func (s *Service) lacksFactor(row sessionRow) bool {
	return s.StaffSecondFactor && row.Roles != "" && !slices.Contains(methodsOf(row), methodMultiFactor)
}

// vouched says whether the account home that a session came from is one still. Staff come from none.
func (s *Service) vouched(row sessionRow) bool {
	if row.Issuer == "" {
		return true
	}
	_, isHome := s.Homes.Home(row.Issuer)
	return isHome
}

func (s *Service) ended(row sessionRow) bool { return !s.Now().Before(s.endOf(row)) }

// endOf is when a session ends if nothing more is heard of the browser.
func (s *Service) endOf(row sessionRow) time.Time {
	idle := row.LastSeenAt.Add(s.lifeOf(row.Roles).Idle)
	if idle.Before(row.ExpiresAt) {
		return idle
	}
	return row.ExpiresAt
}

// State describes the session of ctx's caller, or that nobody is signed in. The cookie is set when the browser has none:
// the token for changes hangs on it.
func (s *Service) State(ctx context.Context) (types.Session, *http.Cookie, error) {
	c := httpx.CallerOf(ctx)
	if c.Kind != httpx.SessionCaller {
		return s.anonymous(ctx)
	}
	row, found, err := s.session(ctx, c.SessionID)
	if err != nil {
		return types.Session{}, nil, err
	}
	if !found { // ended since
		return s.anonymous(ctx)
	}
	return s.describe(row, person{Name: c.DisplayName, ActsFor: c.ActsFor, Acting: c.Acting}, c.CSRFToken), nil, nil
}

func (s *Service) anonymous(ctx context.Context) (types.Session, *http.Cookie, error) {
	var cookie *http.Cookie
	value := s.cookies.token(httpx.RequestOf(ctx))
	if value == "" {
		value, _ = secret.New()
		cookie = s.cookies.sessionCookie(value)
	}
	out := types.Session{SignedIn: false, CsrfToken: s.csrfToken(value), Roles: []types.Role{}, LastAccountHome: s.lastHome(ctx)}
	if cookie != nil {
		return out, cookie, nil
	}
	factor, err := s.pendingFactor(ctx, secret.Hash(value))
	out.SecondFactor = factor
	return out, nil, err
}

func (s *Service) describe(row sessionRow, who person, csrf string) types.Session {
	level, end := types.TrustLevel(row.TrustLevel), s.endOf(row)
	authTime, methods := row.AuthTime, methodsOf(row)
	out := types.Session{
		SignedIn: true, CsrfToken: csrf, DisplayName: &who.Name, TrustLevel: &level, ExpiresAt: &end, Roles: []types.Role{},
		AuthTime: &authTime, Methods: &methods, ActsFor: who.actsFor(),
		Acting: who.acting(),
	}
	if row.Directory != "" {
		out.Directory = &row.Directory
	}
	if lacks := s.lacksFactor(row); lacks {
		out.SecondFactorNeeded = &lacks
		return out
	}
	out.Roles, out.UnitRoles = rolesOf(row.Roles)
	if home, known := s.Homes.Home(row.Issuer); known && row.Subject != "" {
		account := home.Url + pageAccount
		out.AccountUrl, out.AccountHome = &account, &home
	}
	return out
}

// rolesOf gives the roles of a session as the contract has them.
func rolesOf(words string) ([]types.Role, *[]types.UnitRoleGrant) {
	everywhere, units := httpx.ReadRoles(words)
	roles, limited := make([]types.Role, 0, len(everywhere)), make([]types.UnitRoleGrant, 0, len(units))
	for _, role := range everywhere {
		roles = append(roles, types.Role(role))
	}
	for _, r := range units {
		limited = append(limited, types.UnitRoleGrant{Role: types.Role(r.Role), OrganisationId: r.Unit})
	}
	return roles, &limited
}

// SignIn signs in with a local account. The browser's cookie is replaced. An account with a second factor is not signed in
// yet: the answer says what is still to be proved. Wrong credentials are 401, too many attempts 429, a missing X-CSRF-Token
// 403.
func (s *Service) SignIn(ctx context.Context, email, password string) (types.Session, []*http.Cookie, error) {
	if err := s.checkForgery(httpx.RequestOf(ctx)); err != nil {
		return types.Session{}, nil, err
	}
	id, err := s.rooms.Accounts.Authenticate(ctx, email, password)
	if err != nil {
		return types.Session{}, nil, err
	}
	return s.afterPassword(ctx, id)
}

// SignInAccount signs in a local account whose owner has proved themselves by methods, and gives the session's cookie.
func (s *Service) SignInAccount(ctx context.Context, accountID uuid.UUID, methods []string) (*http.Cookie, error) {
	_, _, cookie, err := s.signInAccount(ctx, accountID, proof{level: string(types.Low), methods: methods})
	return cookie, err
}

// signedIn signs in an account that has proved itself by methods, and gives the cookies of session and browser.
func (s *Service) signedIn(ctx context.Context, id uuid.UUID, methods []string) (state types.Session, cookies []*http.Cookie, err error) {
	return s.signedInBy(ctx, id, proof{level: string(types.Low), methods: methods})
}

func (s *Service) signedInBy(ctx context.Context, id uuid.UUID, p proof) (state types.Session, cookies []*http.Cookie, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		row, who, cookie, err := s.signInAccount(ctx, id, p)
		if err != nil {
			return err
		}
		device, err := s.recognise(ctx, id)
		if err != nil {
			return err
		}
		state, cookies = s.describe(row, who, s.csrfToken(cookie.Value)), []*http.Cookie{cookie, device}
		return nil
	})
	return state, cookies, err
}

// signInAccount makes a session for an account that has proved itself by p. Where p names who acts, the account is the organisation that they act
// for.
func (s *Service) signInAccount(ctx context.Context, id uuid.UUID, p proof) (row sessionRow, who person, cookie *http.Cookie, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		name, roles, err := s.rooms.Accounts.Standing(ctx, id)
		if err != nil {
			return err
		}
		if err := s.checkDirectory(ctx, id, &p); err != nil {
			return err
		}
		if p.person.Name != "" {
			p.person.ActsFor = name
		} else {
			p.person.Name = name
		}
		p.accountID, p.roles, p.authTime, who = &id, roles, s.Now(), p.person
		if len(roles) == 0 {
			p.issuer, p.subject = s.Self.Id, id.String()
		}
		row, cookie, err = s.begin(ctx, p)
		return err
	})
	if err == nil {
		s.Log.InfoContext(ctx, "signed in", "account", id, "session", row.ID, "requestId", httpx.RequestIDOf(ctx))
	}
	return row, who, cookie, err
}

// begin makes a session, in the transaction of ctx. The same person in the same browser keeps the session but gets
// a new cookie value; anybody else's session in this browser ends.
func (s *Service) begin(ctx context.Context, p proof) (sessionRow, *http.Cookie, error) {
	r := httpx.RequestOf(ctx)
	token, hash := secret.New()
	now, roles := s.Now(), strings.Join(p.roles, " ")
	row := sessionRow{
		TokenHash: hash, AccountID: p.accountID, Issuer: p.issuer, Subject: p.subject, Roles: roles, TrustLevel: p.level, Browser: browserOf(r),
		Methods: strings.Join(p.methods, " "), AuthTime: p.authTime, CreatedAt: now, LastSeenAt: now, ExpiresAt: now.Add(s.lifeOf(roles).Absolute),
		HomeSession: p.session, LevelBy: p.levelBy, LevelAt: &p.authTime, Directory: p.directory,
	}
	if !p.until.IsZero() && p.until.Before(row.ExpiresAt) {
		row.ExpiresAt = p.until
	}
	old, found, err := s.sessionOf(ctx, r)
	if err != nil {
		return row, nil, err
	}
	if found && old.samePerson(row) && !s.ended(old) {
		row.ID, row.CreatedAt = old.ID, old.CreatedAt
		row.keepHigherLevel(old)
		if err := s.keepActing(&row, &p.person, old); err != nil {
			return row, nil, err
		}
	} else {
		if row.ID, err = uuid.NewV7(); err != nil {
			return row, nil, fmt.Errorf("make id: %w", err)
		}
		if found {
			if err := s.end(ctx, old); err != nil {
				return row, nil, err
			}
		}
	}
	if row.Sealed, err = s.sealPerson(row.ID, p.person); err != nil {
		return row, nil, err
	}
	return row, s.cookies.sessionCookie(token), s.storeSession(ctx, row)
}

// sessionOf reads the session of a request's cookie, whether or not it has ended.
func (s *Service) sessionOf(ctx context.Context, r *http.Request) (row sessionRow, found bool, err error) {
	token := s.cookies.token(r)
	if token == "" {
		return row, false, nil
	}
	return s.sessionByToken(ctx, secret.Hash(token))
}

// end deletes a session, with the tokens that this portal gave under it.
func (s *Service) end(ctx context.Context, row sessionRow) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.deleteSession(ctx, row.ID); err != nil {
			return err
		}
		if row.AccountID == nil {
			return nil
		}
		return s.rooms.Provider.EndSessionTokens(ctx, row.ID)
	})
}

// SignOut ends the caller's session. redirectTo leads to the account home when the sign-in came from there, to end it too.
func (s *Service) SignOut(ctx context.Context) (redirectTo string, cookie *http.Cookie, err error) {
	row, err := s.callersSession(ctx)
	if err != nil {
		return "", nil, err
	}
	p, err := s.openPerson(row)
	if err != nil {
		return "", nil, err
	}
	if err := s.end(ctx, row); err != nil {
		return "", nil, err
	}
	s.Log.InfoContext(ctx, "signed out", "session", row.ID, "requestId", httpx.RequestIDOf(ctx))
	return s.signOutAtHome(ctx, row.Issuer, p.Tokens.ID), s.cookies.drop(s.cookies.session), nil
}

// EndBrowserSession ends the session of a request's browser when it is an account's, and gives the cookie that clears it.
func (s *Service) EndBrowserSession(ctx context.Context, r *http.Request, accountID uuid.UUID) (*http.Cookie, error) {
	row, found, err := s.sessionOf(ctx, r)
	if err != nil || !found || row.AccountID == nil || *row.AccountID != accountID {
		return nil, err
	}
	if err := s.end(ctx, row); err != nil {
		return nil, err
	}
	return s.cookies.drop(s.cookies.session), nil
}

// EndAccountSessions ends all sessions of a local account, and all tokens given to it, in the transaction of ctx.
func (s *Service) EndAccountSessions(ctx context.Context, accountID uuid.UUID) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.deleteAccountSessions(ctx, accountID); err != nil {
			return err
		}
		return s.rooms.Provider.EndAccountTokens(ctx, accountID)
	})
}

// EndOtherSessions ends all sessions of a local account but one, and the tokens given under them, in the transaction of ctx.
func (s *Service) EndOtherSessions(ctx context.Context, accountID, but uuid.UUID) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		ended, err := s.deleteOtherSessions(ctx, accountID, but)
		if err != nil {
			return err
		}
		return s.rooms.Provider.EndSessionsTokens(ctx, ended)
	})
}

// ListSessions gives the open sessions of the person who calls, the newest first.
func (s *Service) ListSessions(ctx context.Context) ([]types.SessionInfo, error) {
	c := httpx.CallerOf(ctx)
	rows, err := s.sessionsOf(ctx, c)
	if err != nil {
		return nil, err
	}
	out := []types.SessionInfo{}
	for _, row := range rows {
		if s.ended(row) {
			continue
		}
		browser, level := row.Browser, types.TrustLevel(row.TrustLevel)
		info := types.SessionInfo{
			Id: row.ID, CreatedAt: row.CreatedAt, LastSeenAt: row.LastSeenAt, Browser: &browser, Current: row.ID == c.SessionID, TrustLevel: &level,
		}
		if row.LevelBy != "" {
			info.ProvedBy = &row.LevelBy
		}
		who, err := s.openPerson(row)
		if err != nil {
			return nil, err
		}
		info.ActsFor = who.actsFor()
		out = append(out, info)
	}
	return out, nil
}

// EndSession ends one of the caller's own sessions; another's is unknown (404).
func (s *Service) EndSession(ctx context.Context, id uuid.UUID) error {
	rows, err := s.sessionsOf(ctx, httpx.CallerOf(ctx))
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.ID == id {
			return s.end(ctx, row)
		}
	}
	return problem.NotFound("session-unknown", "Diese Sitzung gibt es nicht.", "There is no such session.")
}

func (s *Service) callersSession(ctx context.Context) (sessionRow, error) {
	c := httpx.CallerOf(ctx)
	if c.Kind != httpx.SessionCaller {
		return sessionRow{}, errNotSignedIn()
	}
	row, found, err := s.session(ctx, c.SessionID)
	if err == nil && !found {
		err = errNotSignedIn()
	}
	return row, err
}

func (s *Service) openPerson(row sessionRow) (person, error) {
	var p person
	plain, err := s.Keys.Open(sealSession, row.Sealed, row.ID[:])
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(plain, &p); err != nil {
		return p, fmt.Errorf("read session: %w", err)
	}
	return p, nil
}

func (s *Service) sealPerson(id uuid.UUID, p person) ([]byte, error) {
	plain, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("seal session: %w", err)
	}
	return s.Keys.Seal(sealSession, plain, id[:])
}

func errNotSignedIn() error {
	return problem.Unauthorized("not-signed-in", "Bitte melden Sie sich an.", "Please sign in.")
}

// browserOf shortens what a browser calls itself to what a person recognises.
func browserOf(r *http.Request) string {
	if r == nil {
		return ""
	}
	agent := r.UserAgent()
	name, system := "", ""
	for _, known := range [][2]string{{"Edg", "Edge"}, {"OPR", "Opera"}, {"Firefox", "Firefox"}, {"Chrom", "Chrome"}, {"Safari", "Safari"}} {
		if strings.Contains(agent, known[0]+"/") || strings.Contains(agent, known[0]+"ium/") || strings.Contains(agent, known[0]+"e/") {
			name = known[1]
			break
		}
	}
	for _, known := range [][2]string{{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS", "macOS"}, {"Linux", "Linux"}} {
		if strings.Contains(agent, known[0]) {
			system = known[1]
			break
		}
	}
	switch {
	case name == "":
		return system
	case system == "":
		return name
	}
	return name + " · " + system
}
