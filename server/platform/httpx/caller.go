package httpx

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/platform/problem"
)

// CallerKind says what proved who is calling.
type CallerKind int

const (
	// Anonymous is a caller that has proved nothing.
	Anonymous CallerKind = iota
	// SessionCaller is a person with a browser session: a citizen, or staff of this portal (IsStaff).
	SessionCaller
	// TokenCaller is an app on behalf of a person, or an integrator on its own behalf (no Person), with an access token.
	TokenCaller
	// MemberCaller is a linked portal.
	MemberCaller
)

// Person names a citizen as this portal knows them: the account home that vouches for them, and their identifier there
// for this portal (a pairwise subject; at the account home itself, the account's id).
type Person struct {
	Issuer  string // entity id of the account home
	Subject string
}

// Caller is who makes a request, as proved by session, token or member signature.
type Caller struct {
	Kind        CallerKind
	SessionID   uuid.UUID // of SessionCaller
	AccountID   uuid.UUID // of a local account at this portal; zero for people from another account home
	Person      Person    // zero for integrators and members
	DisplayName string
	Roles       []string   // clerk, editor, publisher, admin, auditor, treasurer, for the whole portal; of staff only
	UnitRoles   []UnitRole // the same for single organisational units
	TrustLevel  string     // low, substantial, high; of people
	ClientID    string     // of TokenCaller
	Scopes      []string   // of TokenCaller
	MemberID    string     // of MemberCaller: entity id
	CSRFToken   string     // of SessionCaller: what X-CSRF-Token must be
	AuthTime    time.Time  // of SessionCaller: when the person last proved who they are
	Methods     []string   // of SessionCaller: by what, as Authentication Method References (RFC 8176)
	LevelTime   time.Time  // of SessionCaller: when the trust level was proved
	ActsFor     string     // organisation that DisplayName acts for; empty for people who act for themselves
	Acting      *Acting    // of SessionCaller: the person whom they act for by a power of attorney; nil for nobody
}

// Acting is for whom a session acts, as the account home said when it began to.
type Acting struct {
	PowerID uuid.UUID
	Kind    string // represent or help
	Name    string // of the person who is acted for
	Until   time.Time
}

// RoleUnproved is what staff have who have not proved a second factor where it is required: no operation asks for it, and they are no
// citizens either.
const RoleUnproved = "unproved"

// Unproved says whether the caller works here and has not proved the second factor that this portal requires.
func (c Caller) Unproved() bool { return slices.Contains(c.Roles, RoleUnproved) }

// recentProof is how old the proof may be that a change to an account rests on.
const recentProof = 10 * time.Minute

// CheckRecentProof refuses a change to an account (403 reauthentication-needed) when the caller has proved who they are more
// than ten minutes ago.
func (c Caller) CheckRecentProof(now time.Time) error {
	if now.Sub(c.AuthTime) <= recentProof {
		return nil
	}
	return problem.Forbidden("reauthentication-needed", "Bitte bestätigen Sie zuerst noch einmal, dass Sie es sind.", "Please confirm first that it is you.").
		With(problem.Text{De: "Ihre Anmeldung liegt mehr als zehn Minuten zurück.", En: "You signed in more than ten minutes ago."})
}

// HasScope says whether the caller's token carries the scope.
func (c Caller) HasScope(scope string) bool { return slices.Contains(c.Scopes, scope) }

type callerKey struct{}
type languageKey struct{}
type requestIDKey struct{}
type requestKey struct{}
type addressKey struct{}

// WithCaller puts the caller into the context.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerOf gives who makes the request; Anonymous when nobody is known.
func CallerOf(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

// WithLanguage puts the language of the answer (de, en) into the context.
func WithLanguage(ctx context.Context, language string) context.Context {
	return context.WithValue(ctx, languageKey{}, language)
}

// LanguageOf gives the language of the answer; de when none is set.
func LanguageOf(ctx context.Context) string {
	if l, ok := ctx.Value(languageKey{}).(string); ok {
		return l
	}
	return "de"
}

// WithRequestID puts the request's id into the context.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestIDOf gives the request's id; empty outside a request.
func RequestIDOf(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// WithRequest puts the HTTP request into the context, for the few handlers that need cookies or the browser's name.
func WithRequest(ctx context.Context, r *http.Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// RequestOf gives the HTTP request; nil outside a request.
func RequestOf(ctx context.Context) *http.Request {
	r, _ := ctx.Value(requestKey{}).(*http.Request)
	return r
}

// WithAddress puts the network address of who makes the request into the context.
func WithAddress(ctx context.Context, address string) context.Context {
	return context.WithValue(ctx, addressKey{}, address)
}

// AddressOf gives the network address of who makes the request, as far as trusted proxies tell it; empty outside a request.
func AddressOf(ctx context.Context) string {
	address, _ := ctx.Value(addressKey{}).(string)
	return address
}

// Localized picks from a text by language: the one asked for, else German, else any.
func Localized(ctx context.Context, text map[string]string) string {
	if t := text[LanguageOf(ctx)]; t != "" {
		return t
	}
	if t := text["de"]; t != "" {
		return t
	}
	for _, t := range text {
		return t
	}
	return ""
}

// LevelRank orders trust levels (eIDAS): 0 low, 1 substantial, 2 high; -1 for what is none.
func LevelRank(level string) int { return slices.Index([]string{"low", "substantial", "high"}, level) }
