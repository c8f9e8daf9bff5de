// Package audit keeps who did what at this portal: staff reading a case, deciding, signing in. It records ids and
// stable words, never content, so that it may be kept longer than what it speaks of.
package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"portalverbund/db"
	"portalverbund/server/platform/httpx"
)

// maxDetail bounds a detail in bytes; details are words of the program, not texts.
const maxDetail = 1200 // the roles that somebody has at most

// Service adds entries. The database refuses to change or delete them.
type Service struct {
	db  *db.DB
	now func() time.Time
}

// New makes the Service.
func New(d *db.DB, now func() time.Time) *Service { return &Service{db: d, now: now} }

// Record adds an entry for the caller of ctx, in ctx's transaction if there is one: what is not recorded is not done.
// Action is a stable word such as case.read, object names what it was done to (case:<id>), detail is one more word, or
// empty. None of them may hold personal data.
func (s *Service) Record(ctx context.Context, action, object, detail string) error {
	if len(detail) > maxDetail {
		return fmt.Errorf("audit %s: detail of %d bytes is not a word", action, len(detail))
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("audit %s: %w", action, err)
	}
	e := entry{ID: id, At: s.now().UTC(), Action: action, Object: object, Detail: detail, RequestID: httpx.RequestIDOf(ctx), Unit: httpx.UnitOf(ctx)}
	e.ActorKind, e.Actor, e.Issuer = actor(httpx.CallerOf(ctx))
	return s.insert(ctx, e)
}

// actor names a caller without their name.
func actor(c httpx.Caller) (kind, id, issuer string) {
	switch {
	case c.Kind == httpx.MemberCaller:
		return "member", c.MemberID, ""
	case c.AccountID != uuid.Nil && c.IsStaff():
		return "staff", c.AccountID.String(), ""
	case c.AccountID != uuid.Nil:
		return "person", c.AccountID.String(), ""
	case c.Person.Subject != "":
		return "person", c.Person.Subject, c.Person.Issuer
	case c.Kind == httpx.TokenCaller:
		return "client", c.ClientID, ""
	}
	return "none", "", "" // the portal itself, or somebody who has not proved who they are
}
