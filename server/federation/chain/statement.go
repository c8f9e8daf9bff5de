// Package chain reads, makes and judges the statements of OpenID Federation 1.0: entity configurations, subordinate
// statements, trust chains up to a configured anchor, metadata policies and constraints. It keeps nothing and knows
// nothing of portals.
//
// Section numbers in comments and test names are those of OpenID Federation 1.0.
package chain

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
)

const (
	// Type is the header typ of entity statements (section 3.1).
	Type = "entity-statement+jwt"
	// MediaType is how they are served (section 8.1.2).
	MediaType = "application/entity-statement+jwt"
	// WellKnown is where an entity's configuration is, after its identifier (section 9).
	WellKnown = "/.well-known/openid-federation"

	// FederationEntity is the entity type of everybody in a federation (section 5.1.1).
	FederationEntity = "federation_entity"

	// MaxStatement is the largest statement that is read, in bytes.
	MaxStatement = 64 << 10
	// ClockSkew is how far another's clock may be from ours.
	ClockSkew = 60 * time.Second

	maxKeys  = 20
	maxHints = 10
)

// Why a statement or a chain is refused. Each error of this package has one of them as its cause, or comes from the
// network.
var (
	ErrMalformed   = errors.New("not an entity statement of the expected form")
	ErrAlgorithm   = errors.New("signed with an algorithm that is not allowed")
	ErrSignature   = errors.New("signature does not fit the keys")
	ErrNotYet      = errors.New("issued in the future")
	ErrExpired     = errors.New("expired")
	ErrIssuer      = errors.New("issuer and subject do not fit")
	ErrCritical    = errors.New("demands something that is not understood")
	ErrAnchor      = errors.New("does not lead to the configured anchor")
	ErrLoop        = errors.New("leads back to itself")
	ErrTooLong     = errors.New("too many steps")
	ErrConstraint  = errors.New("a constraint is not kept")
	ErrPolicy      = errors.New("the metadata policy is not kept")
	ErrNotFound    = errors.New("the superior knows no such subordinate")
	ErrUnreachable = errors.New("cannot be fetched")
)

// Metadata are an entity's claims, by entity type and name (section 5).
type Metadata map[string]map[string]any

// Constraints limit what is below the one who states them (section 6.2).
type Constraints struct {
	MaxPathLength      *int     `json:"max_path_length,omitempty"`
	Naming             *Naming  `json:"naming_constraints,omitempty"`
	AllowedEntityTypes []string `json:"allowed_entity_types,omitempty"`
}

// Naming limits the hosts of entity identifiers (section 6.2.2; RFC 5280, 4.2.1.10): ".example.org" stands for all
// hosts below it, "portal.example.org" for itself.
type Naming struct {
	Permitted []string `json:"permitted,omitempty"`
	Excluded  []string `json:"excluded,omitempty"`
}

// TrustMark is a mark that an entity shows (section 7).
type TrustMark struct {
	Type string `json:"trust_mark_type"`
	Mark string `json:"trust_mark"`
}

// Statement is an entity statement (section 3). Issuer and subject are the same in an entity configuration.
type Statement struct {
	Issuer         string             `json:"iss"`
	Subject        string             `json:"sub"`
	IssuedAt       int64              `json:"iat"`
	ExpiresAt      int64              `json:"exp"`
	Keys           jose.JSONWebKeySet `json:"jwks"`
	AuthorityHints []string           `json:"authority_hints,omitempty"`
	Metadata       Metadata           `json:"metadata,omitempty"`
	Policy         Policy             `json:"metadata_policy,omitempty"`
	PolicyCritical []string           `json:"metadata_policy_crit,omitempty"`
	Constraints    *Constraints       `json:"constraints,omitempty"`
	TrustMarks     []TrustMark        `json:"trust_marks,omitempty"`
	Critical       []string           `json:"crit,omitempty"`

	text   string
	keyID  string
	claims map[string]json.RawMessage
}

// Text gives the signed statement.
func (s Statement) Text() string { return s.text }

// Expires gives when the statement ends.
func (s Statement) Expires() time.Time { return time.Unix(s.ExpiresAt, 0) }

// IsConfiguration says whether an entity speaks of itself.
func (s Statement) IsConfiguration() bool { return s.Issuer == s.Subject }

// Endpoint gives an address of the federation_entity metadata, such as federation_fetch_endpoint.
func (s Statement) Endpoint(name string) string {
	address, _ := s.Metadata[FederationEntity][name].(string)
	return address
}

// Sign makes a statement (ES256). key is private and has an id.
func Sign(s Statement, key jose.JSONWebKey) (string, error) {
	claims, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("sign statement: %w", err)
	}
	return SignAs(Type, claims, key)
}

// SignAs makes a JWT of a type of its own over claims (ES256).
func SignAs(typ string, claims []byte, key jose.JSONWebKey) (string, error) {
	private, ok := key.Key.(*ecdsa.PrivateKey)
	if !ok || key.KeyID == "" {
		return "", errors.New("sign statement: needs a private key on P-256 with an id")
	}
	var mapped jwt.MapClaims
	if err := json.Unmarshal(claims, &mapped); err != nil {
		return "", fmt.Errorf("sign statement: %w", err)
	}
	token := jwt.NewWithClaims(jwt.SigningMethodES256, mapped)
	token.Header["typ"], token.Header["kid"] = typ, key.KeyID
	text, err := token.SignedString(private)
	if err != nil {
		return "", fmt.Errorf("sign statement: %w", err)
	}
	return text, nil
}

// header is what a signed statement says of itself.
type header struct {
	Algorithm string   `json:"alg"`
	Type      string   `json:"typ"`
	KeyID     string   `json:"kid"`
	Critical  []string `json:"crit"`
	JWK       any      `json:"jwk"`
	JKU       any      `json:"jku"`
	X5C       any      `json:"x5c"`
	X5U       any      `json:"x5u"`
	Zip       any      `json:"zip"`
}

// Read reads a statement and checks its form (section 3.2, all that needs neither keys nor the time). Nothing of it is
// to be believed before Verify.
func Read(text string) (Statement, error) {
	var s Statement
	claims, head, err := readToken(text, Type)
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(claims, &s); err != nil {
		return s, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if err := json.Unmarshal(claims, &s.claims); err != nil {
		return s, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	s.text, s.keyID = text, head.KeyID
	return s, s.check()
}

// readToken takes a compact JWS of a type apart, without believing it.
func readToken(text, typ string) (claims []byte, head header, err error) {
	if len(text) > MaxStatement {
		return nil, head, fmt.Errorf("%w: %d bytes", ErrMalformed, len(text))
	}
	parts := strings.Split(text, ".")
	if len(parts) != 3 || strings.ContainsAny(text, "\r\n= ") {
		return nil, head, fmt.Errorf("%w: not a compact JWS", ErrMalformed)
	}
	first, err := base64.RawURLEncoding.Strict().DecodeString(parts[0])
	if err != nil || json.Unmarshal(first, &head) != nil {
		return nil, head, fmt.Errorf("%w: header", ErrMalformed)
	}
	switch {
	case head.Algorithm != jwt.SigningMethodES256.Alg():
		return nil, head, fmt.Errorf("%w: %.20q", ErrAlgorithm, head.Algorithm)
	case head.Type != typ:
		return nil, head, fmt.Errorf("%w: typ %.40q", ErrMalformed, head.Type)
	case head.KeyID == "":
		return nil, head, fmt.Errorf("%w: kid is missing", ErrMalformed)
	case head.Critical != nil:
		return nil, head, fmt.Errorf("%w: header crit", ErrCritical)
	case head.JWK != nil || head.JKU != nil || head.X5C != nil || head.X5U != nil || head.Zip != nil:
		return nil, head, fmt.Errorf("%w: names keys of its own", ErrMalformed)
	}
	claims, err = base64.RawURLEncoding.Strict().DecodeString(parts[1])
	if err != nil {
		return nil, head, fmt.Errorf("%w: claims", ErrMalformed)
	}
	return claims, head, nil
}

// check looks at a statement's form.
func (s Statement) check() error {
	if CheckID(s.Issuer) != nil || CheckID(s.Subject) != nil {
		return fmt.Errorf("%w: iss and sub must be entity identifiers", ErrMalformed)
	}
	if s.IssuedAt <= 0 || s.ExpiresAt <= s.IssuedAt {
		return fmt.Errorf("%w: iat and exp", ErrMalformed)
	}
	if err := CheckKeys(s.Keys); err != nil {
		return err
	}
	if err := s.checkCritical(); err != nil {
		return err
	}
	for kind, claims := range s.Metadata {
		for name, value := range claims {
			if value == nil {
				return fmt.Errorf("%w: metadata %s.%s is null", ErrMalformed, kind, name)
			}
		}
	}
	if s.IsConfiguration() {
		return s.checkConfiguration()
	}
	return s.checkSubordinate()
}

// checkConfiguration: who speaks of itself sets no policy (section 3.1.2), and has hints that lead somewhere else.
func (s Statement) checkConfiguration() error {
	for _, name := range []string{"metadata_policy", "metadata_policy_crit", "constraints", "source_endpoint"} {
		if _, there := s.claims[name]; there {
			return fmt.Errorf("%w: %s in an entity configuration", ErrMalformed, name)
		}
	}
	if _, there := s.claims["authority_hints"]; there && (len(s.AuthorityHints) == 0 || len(s.AuthorityHints) > maxHints) {
		return fmt.Errorf("%w: authority_hints", ErrMalformed)
	}
	for _, hint := range s.AuthorityHints {
		if CheckID(hint) != nil || hint == s.Subject {
			return fmt.Errorf("%w: authority_hints", ErrMalformed)
		}
	}
	return nil
}

// checkSubordinate: who speaks of another has no superiors to name (section 3.1.3).
func (s Statement) checkSubordinate() error {
	for _, name := range []string{"authority_hints", "trust_mark_issuers", "trust_mark_owners"} {
		if _, there := s.claims[name]; there {
			return fmt.Errorf("%w: %s in a subordinate statement", ErrMalformed, name)
		}
	}
	return s.Policy.check(s.PolicyCritical)
}

// checkCritical: a claim or operator that must be understood and is not ends it (sections 3.1.1 and 6.1.3.2).
func (s Statement) checkCritical() error {
	if _, there := s.claims["crit"]; there {
		return fmt.Errorf("%w: claims %v", ErrCritical, shortened(s.Critical))
	}
	if _, there := s.claims["metadata_policy_crit"]; there {
		return fmt.Errorf("%w: operators %v", ErrCritical, shortened(s.PolicyCritical))
	}
	return nil
}

func shortened(words []string) []string {
	if len(words) > 5 {
		words = words[:5]
	}
	out := make([]string, 0, len(words))
	for _, word := range words {
		out = append(out, fmt.Sprintf("%.40q", word))
	}
	return out
}

// Verify checks a statement's signature by keys, and its times (section 3.2).
func (s Statement) Verify(keys jose.JSONWebKeySet, now time.Time) error {
	if err := verifyToken(s.text, s.keyID, keys); err != nil {
		return err
	}
	switch {
	case time.Unix(s.IssuedAt, 0).After(now.Add(ClockSkew)):
		return fmt.Errorf("%w: at %s", ErrNotYet, time.Unix(s.IssuedAt, 0).UTC().Format(time.RFC3339))
	case !now.Add(-ClockSkew).Before(s.Expires()):
		return fmt.Errorf("%w: at %s", ErrExpired, s.Expires().UTC().Format(time.RFC3339))
	}
	return nil
}

func verifyToken(text, keyID string, keys jose.JSONWebKeySet) error {
	found := keys.Key(keyID)
	if len(found) != 1 {
		return fmt.Errorf("%w: no key %.40q", ErrSignature, keyID)
	}
	public, ok := found[0].Key.(*ecdsa.PublicKey)
	if !ok || public.Curve != elliptic.P256() || found[0].Use == "enc" {
		return fmt.Errorf("%w: key %.40q is of another kind", ErrSignature, keyID)
	}
	cut := strings.LastIndexByte(text, '.')
	signature, err := base64.RawURLEncoding.Strict().DecodeString(text[cut+1:])
	if err != nil {
		return fmt.Errorf("%w: signature", ErrMalformed)
	}
	if err := jwt.SigningMethodES256.Verify(text[:cut], signature, public); err != nil {
		return fmt.Errorf("%w: key %.40q", ErrSignature, keyID)
	}
	return nil
}

// VerifyAs reads claims of a JWT of another type that one of the keys has signed. Their rules are the caller's.
func VerifyAs(text, typ string, keys jose.JSONWebKeySet, claims any) error {
	raw, head, err := readToken(text, typ)
	if err != nil {
		return err
	}
	if err := verifyToken(text, head.KeyID, keys); err != nil {
		return err
	}
	if err := json.Unmarshal(raw, claims); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return nil
}

// Peek gives the claims of a JWT of a type without believing them.
func Peek(text, typ string, claims any) error {
	raw, _, err := readToken(text, typ)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, claims); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return nil
}

// CheckID wants an entity identifier (section 1.2) in the one form that is compared letter by letter: https, or plain
// http to this machine, without query, fragment, user, or slash at the end.
func CheckID(id string) error {
	u, err := url.Parse(id)
	switch {
	case err != nil || len(id) > 2048 || u.Host == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(id, "/") || strings.HasSuffix(id, "#"):
	case u.String() != id || strings.ToLower(u.Host) != u.Host || u.Scheme+"://" != id[:strings.Index(id, "://")+3]:
	case u.Scheme == "https", u.Scheme == "http" && thisMachine(u.Hostname()):
		return nil
	}
	return fmt.Errorf("%w: %.80q is no entity identifier such as https://portal.example", ErrMalformed, id)
}

func thisMachine(host string) bool {
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// CheckKeys wants public keys on P-256, each with an id of its own (section 3.1.1).
func CheckKeys(set jose.JSONWebKeySet) error {
	if len(set.Keys) == 0 || len(set.Keys) > maxKeys {
		return fmt.Errorf("%w: jwks has %d keys", ErrMalformed, len(set.Keys))
	}
	ids := map[string]bool{}
	for _, key := range set.Keys {
		public, ok := key.Key.(*ecdsa.PublicKey)
		if !ok || public.Curve != elliptic.P256() || key.KeyID == "" || ids[key.KeyID] {
			return fmt.Errorf("%w: jwks: key %.40q is not a public key on P-256 with an id of its own", ErrMalformed, key.KeyID)
		}
		ids[key.KeyID] = true
	}
	return nil
}

// Fingerprint identifies a key whatever id it carries (RFC 7638, SHA-256), in the form that people compare: 16 groups
// of four hexadecimal digits.
func Fingerprint(key jose.JSONWebKey) (string, error) {
	sum, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return "", fmt.Errorf("fingerprint: %w", err)
	}
	text := strings.ToUpper(fmt.Sprintf("%x", sum))
	groups := slices.Collect(slices.Values(chunks(text, 4)))
	return strings.Join(groups, " "), nil
}

func chunks(text string, n int) []string {
	var out []string
	for len(text) > n {
		out, text = append(out, text[:n]), text[n:]
	}
	return append(out, text)
}

// SameFingerprint compares fingerprints as people write them: spaces, colons and case do not count.
func SameFingerprint(a, b string) bool {
	plain := func(text string) string {
		return strings.ToUpper(strings.Map(func(r rune) rune {
			if r == ' ' || r == ':' || r == '-' || r == '\n' || r == '\t' {
				return -1
			}
			return r
		}, text))
	}
	return plain(a) != "" && plain(a) == plain(b)
}

// Signer gives the key of the statement's own list that has signed it; only meaningful for a configuration.
func (s Statement) Signer() (jose.JSONWebKey, bool) {
	found := s.Keys.Key(s.keyID)
	if len(found) != 1 {
		return jose.JSONWebKey{}, false
	}
	return found[0], true
}
