package identity

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/identity/openid"
	"portalverbund/server/identity/saml"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

const flowLife = 30 * time.Minute

// flow is a sign-in at an identity provider, sealed in the database.
type flow struct {
	Provider string
	Level    string // needed; empty: any
	Intent   types.StartIdentityParamsIntent
	Request  *uuid.UUID // sign-in request of a linked portal, to go on with
	ReturnTo string
	Account  *uuid.UUID // who was signed in at the start
	Staff    bool       // at a directory of staff
	Begun    time.Time

	RequestID string // of the AuthnRequest
	Nonce     string // of OpenID Connect
	Verifier  string

	Statement Statement // once it is answered
}

// next is where to go on.
func (f flow) next() string {
	if f.Request != nil {
		return pageSignIn + "?" + url.Values{"request": {f.Request.String()}}.Encode()
	}
	switch {
	case f.ReturnTo != "":
		return f.ReturnTo
	case f.Staff:
		return pageDesk
	}
	return "/"
}

// failed is the page that explains why it did not go on; without a reason, the one to go on at.
func (f flow) failed(reason string) string {
	q := url.Values{}
	if reason != "" {
		q.Set("error", reason)
	}
	switch {
	case f.Request != nil:
		q.Set("request", f.Request.String())
	case f.ReturnTo != "":
		q.Set("returnTo", f.ReturnTo)
	}
	if f.Level != "" {
		q.Set("level", f.Level)
	}
	if f.Staff {
		return pageStaffSignIn + "?" + q.Encode()
	}
	return pageSignIn + "?" + q.Encode()
}

// Start begins a sign-in at an identity provider: what the browser carries there, and the cookie by which it is known again when it
// comes back. When the identity provider is out of reach it gives the page that says so instead.
func (s *Service) Start(ctx context.Context, providerID string, p types.StartIdentityParams) (out outgoing, page string, made *http.Cookie, err error) {
	provider, err := s.provider(providerID)
	if err != nil {
		return outgoing{}, "", nil, err
	}
	f := flow{
		Provider: providerID, Intent: types.IntentSignIn, Request: p.RequestId, ReturnTo: value(p.ReturnTo), Account: citizenHere(ctx), Begun: s.Now(),
	}
	if provider.staff != nil {
		f.Staff, f.Account, f.Request, p.Level = true, nil, nil, nil
	}
	if p.Level != nil {
		f.Level = string(*p.Level)
	}
	if p.Intent != nil {
		f.Intent = *p.Intent
	}
	if f.ReturnTo != "" && !httpx.LocalPath(f.ReturnTo) {
		return outgoing{}, "", nil, problem.BadRequest("return-to", "Diese Adresse gehört nicht zu diesem Portal.", "This address is not part of this portal.")
	}
	if f.Intent != types.IntentSignIn && f.Account == nil && (!f.Staff || f.Intent != types.IntentProve) {
		return outgoing{}, f.failed(reasonExpired), nil, nil
	}
	id, err := uuid.NewV7()
	if err != nil {
		return outgoing{}, "", nil, fmt.Errorf("make id: %w", err)
	}
	if out, err = provider.begin(ctx, &f, id.String()); err != nil {
		if errors.Is(err, saml.ErrUnreachable) || errors.Is(err, openid.ErrUnreachable) {
			s.Log.WarnContext(ctx, "identity provider is out of reach", "provider", providerID, "error", err)
			return outgoing{}, f.failed(reasonUnreachable), nil, nil
		}
		return outgoing{}, "", nil, err
	}
	browser := s.cookie.read(httpx.RequestOf(ctx))
	if browser == nil {
		made, browser = s.cookie.make()
	}
	return out, "", made, s.insertFlow(ctx, id, browser, f)
}

// answered takes an identity provider's answer, from whatever browser brings it, and gives the page to go to: from here on it
// counts only in the browser that began. finish reads the answer.
func (s *Service) answered(ctx context.Context, providerID, state string, finish func(p *Provider, f flow) (Statement, error)) string {
	p, err := s.provider(providerID)
	if err != nil {
		return flow{}.failed(reasonFailed)
	}
	id, err := uuid.Parse(state)
	if err != nil {
		return flow{Staff: p.staff != nil}.failed(reasonExpired)
	}
	f, found, err := s.begunFlow(ctx, id, providerID)
	if err != nil {
		s.Log.ErrorContext(ctx, "sign-in by an identity provider failed", "provider", providerID, "error", err)
		return flow{Staff: p.staff != nil}.failed(reasonFailed)
	}
	if !found {
		s.Log.InfoContext(ctx, "answer of an identity provider that nobody waits for", "provider", providerID, "requestId", httpx.RequestIDOf(ctx))
		return flow{Staff: p.staff != nil}.failed(reasonExpired)
	}
	if f.Statement, err = finish(p, f); err != nil {
		s.Log.WarnContext(ctx, "answer of an identity provider refused", "provider", providerID, "error", err, "requestId", httpx.RequestIDOf(ctx))
		return f.failed(reasonOf(err))
	}
	first, err := s.answerFlow(ctx, id, f)
	if err != nil {
		s.Log.ErrorContext(ctx, "sign-in by an identity provider failed", "provider", providerID, "error", err)
		return f.failed(reasonFailed)
	}
	if !first {
		return f.failed(reasonExpired)
	}
	return "/api/v1/identity/finish?" + url.Values{"state": {state}}.Encode()
}

func reasonOf(err error) string {
	switch {
	case errors.Is(err, saml.ErrCancelled), errors.Is(err, openid.ErrCancelled):
		return reasonCancelled
	case errors.Is(err, saml.ErrUnreachable), errors.Is(err, openid.ErrUnreachable):
		return reasonUnreachable
	case errors.Is(err, errLevel):
		return reasonLevel
	case errors.Is(err, errFactor):
		return reasonSecondFactor
	}
	return reasonFailed
}

// Finish goes on in the browser that began: it signs in, or leads to the page that asks what to do with an identity that is new
// here. It never fails visibly: what went wrong is a reason on the page for signing in.
func (s *Service) Finish(ctx context.Context, id uuid.UUID) (location string, cookies []*http.Cookie) {
	browser := s.cookie.read(httpx.RequestOf(ctx))
	f, found, err := s.arriveFlow(ctx, id, browser)
	if err == nil && (browser == nil || !found) {
		s.Log.InfoContext(ctx, "answer of an identity provider in another browser, or late", "requestId", httpx.RequestIDOf(ctx))
		return f.failed(reasonExpired), nil
	}
	if err == nil {
		err = s.DB.Tx(ctx, func(ctx context.Context) error {
			location, cookies, err = s.arrive(ctx, id, f)
			return err
		})
	}
	if err != nil {
		s.Log.ErrorContext(ctx, "sign-in by an identity provider failed", "provider", f.Provider, "error", err, "requestId", httpx.RequestIDOf(ctx))
		return f.failed(reasonFailed), nil
	}
	return location, cookies
}

// arrive decides what becomes of an identity, in a transaction.
func (s *Service) arrive(ctx context.Context, id uuid.UUID, f flow) (location string, cookies []*http.Cookie, err error) {
	if f.Staff {
		location, cookies, err = s.arriveStaff(ctx, f)
		return location, cookies, errors.Join(err, s.deleteFlow(ctx, id))
	}
	here := citizenHere(ctx)
	if f.Account != nil && (here == nil || *here != *f.Account) {
		return f.failed(reasonExpired), nil, s.deleteFlow(ctx, id)
	}
	arrival := pageArrival + "?" + url.Values{"vorgang": {id.String()}}.Encode()
	link, linked, err := s.linkOf(ctx, f.Provider, f.Statement.Subject)
	if err != nil {
		return "", nil, err
	}
	if !linked {
		if f.Intent == types.IntentProve || f.Intent == types.IntentRefresh || (f.Account != nil && f.Statement.organisation()) {
			return f.failed(reasonOther), nil, s.deleteFlow(ctx, id)
		}
		return arrival, nil, nil
	}
	if f.Account != nil && link.AccountID != *f.Account {
		return f.failed(reasonOther), nil, s.deleteFlow(ctx, id)
	}
	enough, err := s.enough(ctx, link.AccountID, f)
	if err != nil {
		return "", nil, err
	}
	if !enough {
		return f.failed(reasonSecondFactor), nil, s.deleteFlow(ctx, id)
	}
	if _, cookies, err = s.signIn(ctx, link.AccountID, f); err != nil {
		return "", nil, err
	}
	if err := s.usedLink(ctx, link.ID, f.Statement.Level); err != nil {
		return "", nil, err
	}
	if f.Intent == types.IntentRefresh || f.Intent == types.IntentLink {
		return arrival, cookies, nil
	}
	return f.next(), cookies, s.deleteFlow(ctx, id)
}

// enough says whether an identity proves enough for an account: one that asks for a second factor is not opened by a password
// elsewhere.
func (s *Service) enough(ctx context.Context, accountID uuid.UUID, f flow) (bool, error) {
	if f.Statement.Level != types.Low || (f.Account != nil && *f.Account == accountID) {
		return true, nil
	}
	factors, err := s.rooms.Credentials.SecondFactor(ctx, accountID)
	return len(factors) == 0, err
}

// signIn signs in an account by the identity of a flow. What an organisation's identity provider says of it is kept as it is now.
func (s *Service) signIn(ctx context.Context, accountID uuid.UUID, f flow) (types.Session, []*http.Cookie, error) {
	st := f.Statement
	if st.organisation() {
		if err := s.rooms.Accounts.UpdateOrganisation(ctx, accountID, f.Provider, string(st.Level), st.ofOrganisation()); err != nil {
			return types.Session{}, nil, err
		}
	}
	s.Log.InfoContext(ctx, "signed in by an identity provider", "provider", f.Provider, "level", st.Level, "account", accountID, "requestId", httpx.RequestIDOf(ctx))
	return s.rooms.Sessions.SignInIdentity(ctx, accountID, f.Provider, string(st.Level), st.Methods, st.actingPerson())
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
