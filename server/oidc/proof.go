package oidc

import (
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
	"github.com/zitadel/oidc/v3/pkg/oidc"

	"portalverbund/server/platform/secret"
)

// Tokens bound to the key of who uses them (RFC 9449, DPoP): one that is stolen is good for nothing without the key.
const (
	proofHeader = "DPoP"
	proofType   = "dpop+jwt"
	// proofLife is how long after its making a proof is good. Clocks of phones are off by more than those of servers.
	proofLife     = time.Minute
	maxProof      = 8 << 10 // bytes
	errorProof    = "invalid_dpop_proof"
	paramProofKey = "dpop_jkt"
)

// proofAlgs are the algorithms of proofs.
func proofAlgs() []string {
	return []string{string(jose.ES256), string(jose.EdDSA), string(jose.PS256)}
}

// proofClaims is a proof (RFC 9449, section 4.2).
type proofClaims struct {
	jwt.RegisteredClaims

	Method     string `json:"htm"`
	Address    string `json:"htu"`
	AccessHash string `json:"ath"`
}

// confirmation is the claim cnf (RFC 7800): the thumbprint of the key that a token is bound to.
type confirmation struct {
	Thumbprint string `json:"jkt"`
}

var errProof = errors.New("no proof, or a wrong one")

// provenKey gives the thumbprint of the key that a request to the token endpoint proves; empty when it proves none. The error is for the client.
func (s *Service) provenKey(ctx context.Context, method, path string, header http.Header) (string, error) {
	if len(header.Values(proofHeader)) == 0 {
		return "", nil
	}
	key, err := s.checkProof(ctx, method, path, header, "")
	if errors.Is(err, errProof) {
		return "", (&oidc.Error{ErrorType: errorProof, Description: "the proof of the key is wrong, too old or used"}).WithParent(err)
	}
	return key, err
}

// checkProof checks the one proof of a request by the rules of RFC 9449, section 4.3, and gives the thumbprint of its key. With an
// access token, the proof must be made for it. Proofs are good once.
func (s *Service) checkProof(ctx context.Context, method, path string, header http.Header, accessToken string) (string, error) {
	wrong := func(why string) (string, error) { return "", fmt.Errorf("%w: %s", errProof, why) }
	proofs := header.Values(proofHeader)
	if len(proofs) != 1 || len(proofs[0]) > maxProof {
		return wrong("not one proof")
	}
	var claims proofClaims
	var thumbprint string
	_, err := jwt.ParseWithClaims(proofs[0], &claims, func(t *jwt.Token) (any, error) {
		key, err := keyOfProof(t)
		if err != nil {
			return nil, err
		}
		sum, err := key.Thumbprint(crypto.SHA256)
		thumbprint = base64.RawURLEncoding.EncodeToString(sum)
		return key.Key, err
	}, jwt.WithValidMethods(proofAlgs()), jwt.WithIssuedAt(), jwt.WithTimeFunc(s.Now), jwt.WithLeeway(clockSkew))
	if err != nil {
		return wrong(err.Error())
	}
	switch {
	case claims.ID == "" || len(claims.ID) > 200 || claims.IssuedAt == nil:
		return wrong("jti or iat is missing")
	case s.Now().After(claims.IssuedAt.Add(proofLife + clockSkew)):
		return wrong("too old")
	case claims.Method != method:
		return wrong("for another method")
	case !sameAddress(claims.Address, s.Issuer+path):
		return wrong("for another address")
	case accessToken != "" && subtle.ConstantTimeCompare([]byte(claims.AccessHash), []byte(hashOf(accessToken))) != 1:
		return wrong("for another token")
	}
	fresh, err := s.storeAssertion(ctx, "dpop:"+thumbprint, hashOf(claims.ID), claims.IssuedAt.Add(proofLife+2*clockSkew))
	if err != nil {
		return "", err
	}
	if !fresh {
		return wrong("used before")
	}
	return thumbprint, nil
}

// keyOfProof reads the public key that a proof carries.
func keyOfProof(t *jwt.Token) (jose.JSONWebKey, error) {
	var key jose.JSONWebKey
	if t.Header["typ"] != proofType {
		return key, errors.New("not a proof")
	}
	text, err := json.Marshal(t.Header["jwk"])
	if err != nil {
		return key, err
	}
	if err := key.UnmarshalJSON(text); err != nil {
		return key, err
	}
	if !key.Valid() || !key.IsPublic() {
		return key, errors.New("not a public key")
	}
	return key, nil
}

// sameAddress compares the address of a proof with the one asked for, without query and fragment.
func sameAddress(claimed, asked string) bool {
	u, err := url.Parse(claimed)
	want, wantErr := url.Parse(asked)
	return err == nil && wantErr == nil && u.User == nil && u.Scheme == want.Scheme && strings.EqualFold(u.Host, want.Host) && u.EscapedPath() == want.EscapedPath()
}

func hashOf(text string) string {
	return base64.RawURLEncoding.EncodeToString(secret.Hash(text))
}

// present verifies an access token as a request presents it: one that is bound to a key comes with a proof of that key, one that is
// not comes without.
func (s *Service) present(r *http.Request) (accessClaims, familyRow, error) {
	ctx := r.Context()
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if token = strings.TrimSpace(token); !isScheme(scheme) {
		return accessClaims{}, familyRow{}, errors.New("no access token")
	}
	claims, f, err := s.verify(ctx, token)
	if err != nil {
		return claims, f, err
	}
	switch proves := strings.EqualFold(scheme, proofHeader); {
	case claims.Confirmation == nil && !proves:
		return claims, f, nil
	case claims.Confirmation == nil || !proves:
		return claims, f, errProof
	}
	key, err := s.checkProof(ctx, r.Method, r.URL.EscapedPath(), r.Header, token)
	if err == nil && key != claims.Confirmation.Thumbprint {
		err = errProof
	}
	return claims, f, err
}

// isScheme says whether tokens are presented so.
func isScheme(scheme string) bool {
	return strings.EqualFold(scheme, oidc.BearerToken) || strings.EqualFold(scheme, proofHeader)
}

// typeOf is how a token is presented.
func typeOf(thumbprint string) string {
	if thumbprint == "" {
		return oidc.BearerToken
	}
	return proofHeader
}

// isThumbprint says whether a parameter can be the thumbprint of a key.
func isThumbprint(text string) bool {
	sum, err := base64.RawURLEncoding.DecodeString(text)
	return err == nil && len(sum) == sha256.Size
}
