package httpx

import (
	"context"
	"crypto/subtle"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"portalverbund/server/platform/problem"
)

// Authenticator proves who is calling. Each method answers an error only when it could not find out.
type Authenticator interface {
	// Session reads the session cookie. ok is false when there is none or it has ended.
	Session(r *http.Request) (c Caller, ok bool, err error)
	// Token verifies the access token of this portal's provider that a request carries, and its proof where it is bound to a key.
	Token(r *http.Request) (Caller, error)
	// Member verifies a token that a linked portal signed for this portal.
	Member(ctx context.Context, token string) (Caller, error)
}

var (
	errNotSignedIn = problem.Unauthorized("not-signed-in", "Bitte melden Sie sich an.", "Please sign in.")
	errBadToken    = problem.Unauthorized("token-invalid", "Das Zugriffstoken ist nicht gültig.", "The access token is not valid.")
	errScope       = problem.Forbidden("scope-missing", "Das Zugriffstoken erlaubt das nicht.", "The access token does not allow this.")
	errRole        = problem.Forbidden("role-missing", "Dafür haben Sie an diesem Portal keine Berechtigung.", "You are not allowed to do this at this portal.")
	errCSRF        = problem.Forbidden("csrf", "Die Anfrage kam nicht von einer Seite dieses Portals.", "The request did not come from a page of this portal.").
			With(problem.Text{De: "Laden Sie die Seite neu und versuchen Sie es noch einmal.", En: "Reload the page and try again."})
)

// authenticate finds the caller by the ways that the operation allows, and refuses everybody else, which is noted.
func (s *Server) authenticate(ctx context.Context, r *http.Request, op *operation) (Caller, error) {
	if op.public {
		return Caller{}, nil
	}
	caller, err := s.identify(ctx, r, op)
	if err == nil {
		err = op.allow(caller)
	}
	if err == nil && unsafeMethod(r.Method) && caller.Kind != TokenCaller && caller.Kind != MemberCaller {
		err = s.checkForgery(r, caller)
	}
	if err != nil {
		s.noteRefused(ctx, op, caller, err)
		return Caller{}, err
	}
	return caller, nil
}

// noteRefused notes who was refused what, by ids (ASVS 5.0, 16.3.2). What could not be found out is noted as a failure elsewhere.
func (s *Server) noteRefused(ctx context.Context, op *operation, c Caller, cause error) {
	p := problem.From(cause)
	if p.Status >= http.StatusInternalServerError {
		return
	}
	attributes := []any{"operation", op.id, "code", p.Code, "requestId", RequestIDOf(ctx)}
	switch {
	case c.AccountID != uuid.Nil:
		attributes = append(attributes, "account", c.AccountID)
	case c.Kind == SessionCaller:
		attributes = append(attributes, "session", c.SessionID)
	case c.MemberID != "":
		attributes = append(attributes, "member", c.MemberID)
	case c.ClientID != "":
		attributes = append(attributes, "client", c.ClientID)
	}
	s.log.InfoContext(ctx, "access refused", attributes...)
}

func (s *Server) identify(ctx context.Context, r *http.Request, op *operation) (Caller, error) {
	if token, scheme := presented(r); scheme != "" {
		for _, a := range op.alternatives {
			switch {
			case a.member && scheme == bearer:
				c, err := s.auth.Member(ctx, token)
				return c, tokenError(err)
			case a.token:
				c, err := s.auth.Token(r.WithContext(ctx))
				return c, tokenError(err)
			}
		}
		return Caller{}, errBadToken
	}
	for _, a := range op.alternatives {
		if a.session {
			c, ok, err := s.auth.Session(r)
			if err != nil {
				return Caller{}, err
			}
			if ok {
				return c, nil
			}
			break
		}
	}
	return Caller{}, nil
}

func tokenError(err error) error {
	if err == nil {
		return nil
	}
	if p := problem.From(err); p.Status < http.StatusInternalServerError {
		return p
	}
	return errBadToken.Because(err)
}

// allow checks the caller against the operation's alternatives and roles.
func (o *operation) allow(c Caller) error {
	var refused error = errNotSignedIn
	for _, a := range o.alternatives {
		switch {
		case !a.session && !a.token && !a.member:
			return nil
		case a.session && c.Kind == SessionCaller, a.member && c.Kind == MemberCaller:
			return o.allowRole(c)
		case a.token && c.Kind == TokenCaller:
			if !slices.ContainsFunc(a.scopes, func(scope string) bool { return !c.HasScope(scope) }) {
				return o.allowRole(c)
			}
			refused = errScope
		}
	}
	return refused
}

func (o *operation) allowRole(c Caller) error {
	has := c.HasRole
	if o.perUnit {
		has = c.HasRoleSomewhere
	}
	if len(o.roles) > 0 && !slices.ContainsFunc(o.roles, has) {
		return errRole
	}
	return nil
}

// checkForgery refuses changes that another site makes with this browser's cookie: the Origin must be this portal's, and
// a session's own token must be there.
func (s *Server) checkForgery(r *http.Request, c Caller) error {
	if origin := r.Header.Get("Origin"); origin != "" && origin != s.config.Origin {
		return errCSRF
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return errCSRF
	}
	if c.Kind == SessionCaller && subtle.ConstantTimeCompare([]byte(c.CSRFToken), []byte(r.Header.Get("X-CSRF-Token"))) != 1 {
		return errCSRF
	}
	return nil
}
