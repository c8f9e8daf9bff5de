package signin

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// SignInIdentity signs in an account by an identity provider, with the trust level and methods that it has proved. actingPerson is who acts
// for an organisation, whose account it is then. Staff accounts are refused.
func (s *Service) SignInIdentity(ctx context.Context, accountID uuid.UUID, provider, level string, methods []string, actingPerson string) (types.Session, []*http.Cookie, error) {
	_, roles, err := s.rooms.Accounts.Standing(ctx, accountID)
	if err != nil {
		return types.Session{}, nil, err
	}
	if len(roles) > 0 {
		return types.Session{}, nil, problem.NotFound("staff-account", "Ein Dienstkonto hat kein Bürgerprofil.", "A staff account has no citizen's profile.")
	}
	return s.signedInBy(ctx, accountID, proof{level: level, levelBy: provider, methods: methods, person: person{Name: actingPerson}})
}

// CheckForgery refuses (403) a request that another site makes in this browser: it must carry the token that GET /session gave.
func (s *Service) CheckForgery(r *http.Request) error { return s.checkForgery(r) }

// ActsFor says who acts in a session and for which organisation; both are empty for people who act for themselves.
func (s *Service) ActsFor(ctx context.Context, sessionID uuid.UUID) (actingPerson, organisation string, err error) {
	row, found, err := s.session(ctx, sessionID)
	if err != nil || !found {
		return "", "", err
	}
	who, err := s.openPerson(row)
	if err != nil || who.ActsFor == "" {
		return "", "", err
	}
	return who.Name, who.ActsFor, nil
}

func (p person) actsFor() *types.ActsFor {
	if p.ActsFor == "" {
		return nil
	}
	return &types.ActsFor{Name: p.ActsFor, Person: p.Name}
}

// levelTime is when the trust level was proved.
func (r sessionRow) levelTime() time.Time {
	if r.LevelAt == nil { // begun before this was noted
		return r.AuthTime
	}
	return *r.LevelAt
}

// keepHigherLevel keeps the level that the same person has proved before in this session, with by what and when: proving less
// again takes nothing away.
func (r *sessionRow) keepHigherLevel(old sessionRow) {
	if httpx.LevelRank(old.TrustLevel) <= httpx.LevelRank(r.TrustLevel) {
		return
	}
	at := old.levelTime()
	r.TrustLevel, r.LevelBy, r.LevelAt = old.TrustLevel, old.LevelBy, &at
	methods := strings.Fields(r.Methods)
	for _, method := range strings.Fields(old.Methods) {
		if !slices.Contains(methods, method) {
			methods = append(methods, method)
		}
	}
	r.Methods = strings.Join(methods, " ")
}
