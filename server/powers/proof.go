package powers

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// typProof is the type (JWS header typ) of a proof: no other text that a portal signs is taken for one.
const typProof = "pv-power+jwt"

// proofAge is how long before the submission that it is for a proof may have been made, and clockSkew by how much after.
const (
	proofAge  = 10 * time.Minute
	clockSkew = time.Minute
)

// claims are what an account home says of an act by a power: for one application of one portal, one service, one competent portal.
type claims struct {
	jwt.RegisteredClaims // Subject is the power's id, Audience the competent portal

	Origin         string           `json:"origin"`
	Application    uuid.UUID        `json:"application"`
	Service        uuid.UUID        `json:"service"`
	Act            types.PowerAct   `json:"act"`
	Kind           types.PowerKind  `json:"kind"`
	Principal      string           `json:"principal"`
	Representative string           `json:"representative"`
	Level          types.TrustLevel `json:"level"`       // of the representative's sign-in
	PowerLevel     types.TrustLevel `json:"power_level"` // of the principal's, when they confirmed
	Until          int64            `json:"until"`
}

// prove signs that the caller may do this now.
func (s *Service) prove(ctx context.Context, r row, a actor, use types.PowerUse) (types.PowerProof, error) {
	known, err := s.Accounts.Names(ctx, r.PrincipalID, a.account)
	if err != nil {
		return types.PowerProof{}, err
	}
	if known[r.PrincipalID] == "" {
		return types.PowerProof{}, errEnded(types.PowerWithdrawn)
	}
	subject := r.PrincipalID.String()
	if a.portal != s.Self.Id {
		if subject, err = s.Subjects.Introduce(ctx, a.portal, r.PrincipalID); err != nil {
			return types.PowerProof{}, err
		}
	}
	id, err := uuid.NewV7()
	if err != nil {
		return types.PowerProof{}, fmt.Errorf("make id: %w", err)
	}
	token := jwt.NewWithClaims(jwt.SigningMethodES256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: s.Self.Id, Subject: r.ID.String(), Audience: jwt.ClaimStrings{use.Authority}, ID: id.String(), IssuedAt: jwt.NewNumericDate(s.Now()),
		},
		Origin: a.portal, Application: use.ApplicationId, Service: use.ServiceId, Act: use.Act, Kind: r.Kind,
		Principal: known[r.PrincipalID], Representative: known[a.account], Level: types.TrustLevel(a.level), PowerLevel: r.TrustLevel, Until: r.ValidUntil.Unix(),
	})
	token.Header["kid"], token.Header["typ"] = s.Keys.Signing.KeyID, typProof
	signed, err := token.SignedString(s.Keys.Private())
	if err != nil {
		return types.PowerProof{}, fmt.Errorf("sign proof: %w", err)
	}
	return types.PowerProof{
		Proof: signed, Kind: r.Kind, Principal: subject, PrincipalName: known[r.PrincipalID], Representative: known[a.account], ValidUntil: r.ValidUntil,
	}, nil
}

// Verify says who acts for whom in an application that arrives here from a portal: by the proof of an account home where somebody acts by a
// power, else as the portal of origin says. A proof must be for this application, service, origin and portal, made when it was submitted,
// and carry the trust level that the service needs; anything else is refused for good (422).
func (s *Service) Verify(_ context.Context, origin string, app types.MessageApplication, needed types.TrustLevel) (*types.ActsFor, error) {
	said := app.ActsFor
	if app.Power == nil {
		if said != nil && said.Kind != nil && *said.Kind == types.ActingPower {
			return nil, errProof(errors.New("no proof"))
		}
		return said, nil
	}
	c, err := s.open(*app.Power)
	if err != nil {
		return nil, errProof(err)
	}
	made := time.Time{}
	if c.IssuedAt != nil {
		made = c.IssuedAt.Time
	}
	switch {
	case c.Origin != origin:
		err = errors.New("made for another portal of origin")
	case c.Application != app.ApplicationId:
		err = errors.New("made for another application")
	case c.Service != app.ServiceId:
		err = errors.New("made for another service")
	case c.Act != types.ActSubmit || c.Kind != types.PowerRepresent:
		err = errors.New("made for something else")
	case made.Before(app.SubmittedAt.Add(-proofAge)) || made.After(app.SubmittedAt.Add(clockSkew)):
		err = errors.New("made at another time")
	case app.SubmittedAt.Unix() >= c.Until:
		err = errors.New("the power had ended")
	case httpx.LevelRank(string(c.Level)) < httpx.LevelRank(string(needed)) || httpx.LevelRank(string(c.PowerLevel)) < httpx.LevelRank(string(needed)):
		err = errors.New("trust level too low")
	}
	if err != nil {
		return nil, errProof(err)
	}
	id, err := uuid.Parse(c.Subject)
	if err != nil {
		return nil, errProof(err)
	}
	kind, until := types.ActingPower, time.Unix(c.Until, 0).UTC()
	return &types.ActsFor{Name: c.Principal, Person: c.Representative, Kind: &kind, PowerId: &id, ValidUntil: &until}, nil
}

func errProof(cause error) error {
	return problem.Unprocessable("power-proof", "Die Vollmacht ist für diesen Antrag nicht nachgewiesen.", "The power of attorney is not proved for this application.").Because(cause)
}

// open checks a proof's signature, type, issuer and audience.
func (s *Service) open(proof string) (c claims, err error) {
	parsed, err := jwt.ParseWithClaims(proof, &c, func(t *jwt.Token) (any, error) { return s.keyOf(t) },
		jwt.WithValidMethods([]string{jwt.SigningMethodES256.Alg()}), jwt.WithAudience(s.Self.Id), jwt.WithTimeFunc(func() time.Time { return s.Now().Add(clockSkew) }))
	if err != nil {
		return c, err
	}
	if typ, _ := parsed.Header["typ"].(string); typ != typProof {
		return c, errors.New("not a proof of a power")
	}
	if len(c.Audience) != 1 || !slices.Contains([]types.PowerKind{types.PowerRepresent, types.PowerHelp}, c.Kind) || c.Principal == "" || c.Representative == "" {
		return c, errors.New("incomplete")
	}
	return c, nil
}

// keyOf finds the key of the account home that a proof says it is from.
func (s *Service) keyOf(t *jwt.Token) (*ecdsa.PublicKey, error) {
	issuer, err := t.Claims.GetIssuer()
	if err != nil {
		return nil, err
	}
	id, _ := t.Header["kid"].(string)
	key, ok := s.HomeKeys.HomeKey(issuer, id)
	if !ok {
		return nil, errors.New("not a key of an account home")
	}
	return key, nil
}
