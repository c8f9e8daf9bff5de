package federation

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"portalverbund/api/types"
	"portalverbund/server/federation/fault"
)

// Roles of a member in its association.
const (
	// RoleAnchor vouches for the other members.
	RoleAnchor = "anchor"
	// RoleAccountHome keeps accounts that all members accept.
	RoleAccountHome = "accountHome"
	// RolePortal shows and takes applications.
	RolePortal = "portal"
)

// ErrNotMember is returned for an id that no member of the association has.
var ErrNotMember = fault.As(types.LinkFaultCodeNotMember, errors.New("not a member of the association"))

// Member is a linked portal, as the association vouches for it.
type Member struct {
	ID    string             `json:"id"`    // entity id: its public URL
	Name  string             `json:"name"`  // for people
	URL   string             `json:"url"`   // where it is called
	Kind  string             `json:"kind"`  // as types.PortalKind
	Areas []string           `json:"areas"` // ARS prefixes that it may speak for
	Roles []string           `json:"roles"` // RoleAnchor, RoleAccountHome, RolePortal
	Keys  jose.JSONWebKeySet `json:"jwks"`  // public keys; during a rotation the old and the new ones
}

// Trust says who is a member of the association, with which keys, speaking for which areas.
//
// The package association has the one over OpenID Federation 1.0; TrustFile is a configured list, for set-ups that are
// tested or measured.
type Trust interface {
	// Association gives the association's name.
	Association(ctx context.Context) (string, error)
	// Member gives the member with an entity id, or ErrNotMember.
	Member(ctx context.Context, id string) (Member, error)
	// Members gives all members, this portal included.
	Members(ctx context.Context) ([]Member, error)
}

// Refresher is a Trust that can look again whether there is news of somebody: a new member, a new key.
type Refresher interface {
	Refresh(ctx context.Context, id string) bool
}

// Reference gives what other rooms and the contract know of a member.
func (m Member) Reference() types.PortalReference {
	return types.PortalReference{Id: m.ID, Name: m.Name, Url: m.URL, Kind: types.PortalKind(m.Kind)}
}

// HasRole says whether the member has a role in the association.
func (m Member) HasRole(role string) bool { return slices.Contains(m.Roles, role) }

// speaksFor says whether an area (ARS or ARS prefix) lies in one of the member's areas.
func (m Member) speaksFor(area string) bool {
	if !areaPattern.MatchString(area) {
		return false
	}
	return slices.ContainsFunc(m.Areas, func(own string) bool { return strings.HasPrefix(area, own) })
}

// signingKey gives the key with an id that the member signs with.
func (m Member) signingKey(id string) (*ecdsa.PublicKey, bool) {
	for _, k := range m.Keys.Keys {
		if k.Use == "sig" && k.KeyID == id {
			public, ok := k.Key.(*ecdsa.PublicKey)
			return public, ok
		}
	}
	return nil, false
}

// encryptionKey gives the key to encrypt to: the first of the list, so that a rotation puts the new one in front.
func (m Member) encryptionKey() (jose.JSONWebKey, bool) {
	for _, k := range m.Keys.Keys {
		if k.Use == "enc" {
			return k, true
		}
	}
	return jose.JSONWebKey{}, false
}

// areaPattern fits an Amtlicher Regionalschlüssel (12 digits) and its beginnings, from the Land on.
var areaPattern = regexp.MustCompile(`^[0-9]{2,12}$`)

// IsArea says whether a text is an Amtlicher Regionalschlüssel or the beginning of one.
func IsArea(text string) bool { return areaPattern.MatchString(text) }

// Kinds lists the kinds of portals.
func Kinds() []string {
	return []string{string(types.County), string(types.JointMunicipality), string(types.Municipality), string(types.Provider)}
}

// Check says what is wrong with a member's entry.
func (m Member) Check() error {
	if err := checkURL(m.ID); err != nil {
		return fmt.Errorf("id %q: %w", m.ID, err)
	}
	if err := checkURL(m.URL); err != nil {
		return fmt.Errorf("url %q: %w", m.URL, err)
	}
	if strings.TrimSpace(m.Name) == "" {
		return errors.New("name is missing")
	}
	if !slices.Contains(Kinds(), m.Kind) {
		return fmt.Errorf("kind %q is none of %v", m.Kind, Kinds())
	}
	for _, area := range m.Areas {
		if !areaPattern.MatchString(area) {
			return fmt.Errorf("area %q is no ARS prefix: 2 to 12 digits", area)
		}
	}
	for _, role := range m.Roles {
		if role != RoleAnchor && role != RoleAccountHome && role != RolePortal {
			return fmt.Errorf("role %q is none of %s, %s, %s", role, RoleAnchor, RoleAccountHome, RolePortal)
		}
	}
	return checkKeys(m.Keys)
}

// checkURL takes https, and plain http to this machine. An entity id is compared letter by letter, so it has one form.
func checkURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.HasSuffix(text, "/") {
		return errors.New("must be an address such as https://portal.example, without a slash at the end")
	}
	switch {
	case u.Scheme == "https", u.Scheme == "http" && thisMachine(u.Hostname()):
		return nil
	default:
		return errors.New("must begin with https:// (http:// only for this machine)")
	}
}

func thisMachine(host string) bool {
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// checkKeys wants public keys on P-256, with ids, at least one to sign with and one to encrypt to.
func checkKeys(set jose.JSONWebKeySet) error {
	uses, ids := map[string]int{}, map[string]bool{}
	for i, k := range set.Keys {
		public, ok := k.Key.(*ecdsa.PublicKey)
		switch {
		case !k.IsPublic():
			return fmt.Errorf("jwks: key %d is private; list public keys only", i+1)
		case !ok || public.Curve != elliptic.P256():
			return fmt.Errorf("jwks: key %d is not on the curve P-256", i+1)
		case k.KeyID == "" || ids[k.KeyID]:
			return fmt.Errorf("jwks: key %d has no kid, or that of another", i+1)
		case k.Use != "sig" && k.Use != "enc":
			return fmt.Errorf("jwks: key %q is for %q, not for sig or enc", k.KeyID, k.Use)
		}
		ids[k.KeyID] = true
		uses[k.Use]++
	}
	if uses["sig"] == 0 || uses["enc"] == 0 {
		return errors.New("jwks: needs a key with use sig and one with use enc")
	}
	return nil
}

// thumbprint identifies key material whatever id it carries (RFC 7638).
func thumbprint(k jose.JSONWebKey) (string, error) {
	sum, err := k.Thumbprint(crypto.SHA256)
	if err != nil {
		return "", fmt.Errorf("jwks: key %q: %w", k.KeyID, err)
	}
	return base64.RawURLEncoding.EncodeToString(sum), nil
}
