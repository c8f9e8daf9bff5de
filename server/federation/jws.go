package federation

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

// Types of what a portal signs (JWS header typ). A signature made for one purpose is never taken for another.
const (
	typMessage = "pv-message+jwt"
	typReceipt = "pv-receipt+jwt"
	typMember  = "pv-member+jwt"
	typPage    = "pv-page+jwt"
	typLogHead = "pv-log-head+jwt"
)

// clockSkew is how far another portal's clock may be ahead of ours.
const clockSkew = 30 * time.Second

// Why a signed text is refused.
var (
	errMalformed = errors.New("not a compact JWS of the expected type")
	errSignature = errors.New("signature is not that of the issuer's keys")
	errNoKey     = errors.New("the issuer has no such key")
	errAudience  = errors.New("made for somebody else")
	errFuture    = errors.New("issued in the future")
	errExpired   = errors.New("too old")
)

// stamp is what every signed text carries: who says it, to whom, and when (RFC 7519).
type stamp struct {
	Issuer   string `json:"iss"`
	Audience string `json:"aud,omitempty"`
	ID       string `json:"jti,omitempty"`
	IssuedAt int64  `json:"iat"`
}

func (s stamp) stamped() stamp { return s }

// The getters of jwt.Claims. They are not used: the checks are made here, by our clock and rules.
func (stamp) GetExpirationTime() (*jwt.NumericDate, error) { return nil, nil }
func (stamp) GetIssuedAt() (*jwt.NumericDate, error)       { return nil, nil }
func (stamp) GetNotBefore() (*jwt.NumericDate, error)      { return nil, nil }
func (stamp) GetIssuer() (string, error)                   { return "", nil }
func (stamp) GetSubject() (string, error)                  { return "", nil }
func (stamp) GetAudience() (jwt.ClaimStrings, error)       { return nil, nil }

type stampedClaims interface {
	jwt.Claims
	stamped() stamp
}

// newStamp begins a signed text of this portal.
func (s *Service) newStamp(audience string) stamp {
	return stamp{Issuer: s.id, Audience: audience, ID: uuid.Must(uuid.NewV7()).String(), IssuedAt: s.now().Unix()}
}

// sign makes a compact JWS with this portal's key (ES256).
func (s *Service) sign(typ string, claims jwt.Claims) (string, error) {
	id, private, err := s.ring.Signing(context.Background()) // read lately, as a rule
	if err != nil {
		return "", fmt.Errorf("sign %s: %w", typ, err)
	}
	token := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
	token.Header["typ"] = typ
	token.Header["kid"] = id
	text, err := token.SignedString(private)
	if err != nil {
		return "", fmt.Errorf("sign %s: %w", typ, err)
	}
	return text, nil
}

// verify reads a compact JWS of a type and checks that its issuer, a member, has signed it. Nothing that the text says
// of keys is believed: the key is the issuer's with the id that the header names. The claims' other rules are the
// caller's; the zero window means that the text may be of any time.
func (s *Service) verify(ctx context.Context, text, typ, audience string, window time.Duration, claims stampedClaims) error {
	if !onlyTokenLetters(text) {
		return errMalformed
	}
	// The library's own claim checks are left out: they have no clock of ours and accept more than we do.
	parser := jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodES256.Alg()}), jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation())
	_, err := parser.ParseWithClaims(text, claims, func(t *jwt.Token) (any, error) {
		return s.keyFor(ctx, t, typ, claims)
	})
	switch {
	case err == nil:
		return s.checkStamp(claims.stamped(), audience, window)
	case errors.Is(err, jwt.ErrTokenMalformed), errors.Is(err, errMalformed):
		return fmt.Errorf("%w: %w", errMalformed, err)
	case errors.Is(err, ErrNotMember):
		return err
	default:
		return fmt.Errorf("%w: %w", errSignature, err)
	}
}

// keyFor finds the key by issuer and kid. The claims are not verified yet; a false issuer only finds the wrong key.
func (s *Service) keyFor(ctx context.Context, t *jwt.Token, typ string, claims stampedClaims) (*ecdsa.PublicKey, error) {
	if t.Header["typ"] != typ {
		return nil, errMalformed
	}
	for name := range t.Header {
		switch name {
		case "jwk", "jku", "x5c", "x5u", "x5t", "x5t#S256", "crit", "b64", "zip":
			return nil, fmt.Errorf("header %s: %w", name, errMalformed)
		}
	}
	id, _ := t.Header["kid"].(string)
	key, err := s.memberKey(ctx, claims.stamped().Issuer, id)
	if err == nil {
		return key, nil
	}
	// A member, or a key of one, that is not known here may be new.
	if r, ok := s.trust.(Refresher); ok && r.Refresh(ctx, claims.stamped().Issuer) {
		return s.memberKey(ctx, claims.stamped().Issuer, id)
	}
	return nil, err
}

func (s *Service) memberKey(ctx context.Context, issuer, id string) (*ecdsa.PublicKey, error) {
	member, err := s.trust.Member(ctx, issuer)
	if err != nil {
		return nil, err
	}
	key, ok := member.signingKey(id)
	if !ok {
		return nil, fmt.Errorf("key %q: %w", shortened(id), errNoKey)
	}
	return key, nil
}

func (s *Service) checkStamp(c stamp, audience string, window time.Duration) error {
	if c.Audience != audience {
		return errAudience
	}
	if window == 0 {
		return nil
	}
	now, issued := s.now(), time.Unix(c.IssuedAt, 0)
	switch {
	case issued.After(now.Add(clockSkew)):
		return errFuture
	case issued.Before(now.Add(-window)):
		return errExpired
	}
	return nil
}

// onlyTokenLetters wants base64url and dots: Go's decoder would pass over line breaks.
func onlyTokenLetters(text string) bool {
	return text != "" && strings.IndexFunc(text, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.'
	}) < 0
}
