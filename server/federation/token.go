package federation

import (
	"context"
	"fmt"
	"time"

	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// tokenLife is how long a member token is valid.
const tokenLife = 60 * time.Second

type memberClaims struct {
	stamp

	ExpiresAt int64 `json:"exp"`
}

// Token makes a member token: it proves to another member, the audience, that this portal is calling (the contract's
// security scheme "member"). It is valid for a minute and for that member only.
func (s *Service) Token(audience string) (string, error) {
	claims := memberClaims{stamp: s.newStamp(audience)}
	claims.ExpiresAt = claims.IssuedAt + int64(tokenLife/time.Second)
	return s.sign(typMember, claims)
}

// VerifyMember says which member a token proves. The error is a problem of status 401.
func (s *Service) VerifyMember(ctx context.Context, token string) (httpx.Caller, error) {
	var claims memberClaims
	err := s.verify(ctx, token, typMember, s.id, tokenLife, &claims)
	if err == nil {
		err = claims.check(s.now())
	}
	if err != nil {
		_ = s.refused(ctx, "member token", claims.Issuer, err) // answered in other words
		return httpx.Caller{}, problem.Unauthorized("member-token-invalid",
			"Der Ausweis des anderen Portals ist nicht gültig.", "The other portal's token is not valid.").Because(err)
	}
	return httpx.Caller{Kind: httpx.MemberCaller, MemberID: claims.Issuer}, nil
}

func (c memberClaims) check(now time.Time) error {
	life := c.ExpiresAt - c.IssuedAt
	switch {
	case c.ID == "":
		return fmt.Errorf("jti is missing: %w", errMalformed)
	case life <= 0 || life > int64(tokenLife/time.Second):
		return fmt.Errorf("valid for %d s: %w", life, errMalformed)
	case !now.Before(time.Unix(c.ExpiresAt, 0)):
		return errExpired
	}
	return nil
}
