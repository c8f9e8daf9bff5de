package association

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"

	"portalverbund/server/federation"
	"portalverbund/server/federation/chain"
)

const (
	// PortalType is the entity type of portals (OpenID Federation 1.0, section 5.1 leaves room for others).
	PortalType = "portalverbund_portal"

	// statementLife is how long statements last: so long may the anchor be away before its members no longer trust one
	// another. Who is removed is no longer listed, and refused within minutes.
	statementLife = 7 * 24 * time.Hour

	fetchPath      = "/federation/v1/statements"
	listPath       = "/federation/v1/subordinates"
	historicalPath = "/federation/v1/historical-keys"
	membershipPath = "/federation/v1/membership"

	typHistorical = "jwk-set+jwt" // section 8.7
)

// portalMetadata are the claims of PortalType.
type portalMetadata struct {
	Name        string             `json:"name"`
	URL         string             `json:"url"`
	Kind        string             `json:"kind"`
	Areas       []string           `json:"areas"` // ARS prefixes that it may speak for
	Roles       []string           `json:"roles"`
	Association string             `json:"association,omitempty"` // its name; of the anchor
	Version     string             `json:"version,omitempty"`     // of its program
	KeysDue     int64              `json:"keys_due,omitempty"`    // when those that it uses should have been changed (NumericDate)
	Keys        jose.JSONWebKeySet `json:"jwks"`                  // for messages
}

// memberOf reads a member out of what its chain proves.
func memberOf(r chain.Resolved) (federation.Member, portalMetadata, error) {
	var p portalMetadata
	text, err := json.Marshal(r.Metadata[PortalType])
	if err != nil {
		return federation.Member{}, p, err
	}
	if err := json.Unmarshal(text, &p); err != nil {
		return federation.Member{}, p, fmt.Errorf("metadata %s: %w", PortalType, err)
	}
	m := federation.Member{ID: r.Subject, URL: p.URL, Name: p.Name, Kind: p.Kind, Areas: p.Areas, Roles: p.Roles, Keys: p.Keys}
	if m.URL != m.ID {
		return m, p, fmt.Errorf("metadata %s: url is not the entity's own", PortalType)
	}
	if err := m.Check(); err != nil {
		return m, p, fmt.Errorf("metadata %s: %w", PortalType, err)
	}
	return m, p, nil
}

// Configuration gives this portal's entity configuration, signed now (section 9).
func (s *Service) Configuration(ctx context.Context) (string, error) {
	return s.configuration(ctx, s.current.Load())
}

func (s *Service) configuration(ctx context.Context, v *view) (string, error) {
	signer, set, err := s.ring.federation(ctx)
	if err != nil {
		return "", err
	}
	due, err := s.ring.due(ctx)
	if err != nil {
		return "", err
	}
	metadata, err := s.metadata(v, due)
	if err != nil {
		return "", err
	}
	now := s.now()
	statement := chain.Statement{
		Issuer: s.id, Subject: s.id, IssuedAt: now.Unix(), ExpiresAt: now.Add(statementLife).Unix(), Keys: set, Metadata: metadata,
	}
	if v.joined != nil && (v.joined.State == Joined || v.joined.State == Asked) {
		statement.AuthorityHints = []string{v.joined.Anchor}
	}
	return chain.Sign(statement, signer)
}

// metadata is what this portal says of itself (section 5).
func (s *Service) metadata(v *view, due time.Time) (chain.Metadata, error) {
	self := v.self
	own, err := chain.Claims(portalMetadata{
		Name: self.Name, URL: s.id, Kind: self.Kind, Areas: nonNil(self.Areas), Roles: nonNil(self.Roles), Version: s.config.Version, KeysDue: due.Unix(), Keys: self.Keys,
	})
	if err != nil {
		return nil, err
	}
	entity := map[string]any{"organization_name": self.Name, "federation_historical_keys_endpoint": s.id + historicalPath}
	if v.joined == nil || v.joined.State != Joined {
		own["association"] = v.title
		entity["federation_fetch_endpoint"], entity["federation_list_endpoint"] = s.id+fetchPath, s.id+listPath
	}
	signing := jose.JSONWebKeySet{Keys: slices.DeleteFunc(slices.Clone(self.Keys.Keys), func(k jose.JSONWebKey) bool { return k.Use != "sig" })}
	party, err := chain.Claims(map[string]any{ //nolint:gosec // names of metadata, no secrets
		"client_name": self.Name, "client_registration_types": []string{"automatic"}, "jwks": signing,
		"redirect_uris": []string{s.id + "/api/v1/signin/callback"}, "post_logout_redirect_uris": []string{s.id + "/"},
		"backchannel_logout_uri": s.id + "/oauth2/backchannel-logout", "token_endpoint_auth_method": "private_key_jwt",
		"token_endpoint_auth_signing_alg": "ES256", "grant_types": []string{"authorization_code", "refresh_token"},
		"response_types": []string{"code"}, "subject_type": "pairwise", "id_token_signed_response_alg": "ES256",
	})
	if err != nil {
		return nil, err
	}
	m := chain.Metadata{PortalType: own, chain.FederationEntity: entity, "openid_relying_party": party}
	if provider := s.provider(); provider != nil && self.HasRole(federation.RoleAccountHome) {
		m["openid_provider"] = provider
	}
	return m, nil
}

// subordinate gives what this portal, the anchor, says of a member (section 3.1.3): its keys, and what it may be and speak
// for. The policy replaces whatever the member says of that, so that areas, kind, roles and name are the anchor's word.
func (s *Service) subordinate(ctx context.Context, r memberRow) (string, error) {
	signer, _, err := s.ring.federation(ctx)
	if err != nil {
		return "", err
	}
	set, err := r.keys()
	if err != nil {
		return "", fmt.Errorf("keys of %s: %w", r.Entity, err)
	}
	none, now := 0, s.now()
	return chain.Sign(chain.Statement{
		Issuer: s.id, Subject: r.Entity, IssuedAt: now.Unix(), ExpiresAt: now.Add(statementLife).Unix(), Keys: set,
		Policy: chain.Policy{PortalType: {
			"name": {"value": r.Name}, "kind": {"value": r.Kind}, "url": {"value": r.Entity},
			"areas": {"value": nonNil(r.Areas)}, "roles": {"value": nonNil(r.Roles)},
		}},
		Constraints: &chain.Constraints{MaxPathLength: &none},
	}, signer)
}

// Subordinate answers the fetch endpoint (section 8.1); chain.ErrNotFound for everybody who is no member.
func (s *Service) Subordinate(ctx context.Context, entity string) (string, error) {
	row, err := s.store.member(ctx, entity)
	switch {
	case err != nil:
		return "", wrapped("statement about a member", err)
	case row == nil || row.State != Joined || !s.isAnchor():
		return "", chain.ErrNotFound
	}
	return s.subordinate(ctx, *row)
}

// Subordinates answers the list endpoint (section 8.2).
func (s *Service) Subordinates(ctx context.Context) ([]string, error) {
	out := []string{}
	if !s.isAnchor() {
		return out, nil
	}
	rows, err := s.store.members(ctx, string(Joined))
	for _, r := range rows {
		out = append(out, r.Entity)
	}
	return out, wrapped("list members", err)
}

func (s *Service) isAnchor() bool {
	j := s.current.Load().joined
	return j == nil || j.State != Joined
}

// historicalKey is a key whose time is over (section 8.7.3).
type historicalKey map[string]any

// HistoricalKeys answers the endpoint of that name: keys that are no longer published, so that what they have signed can
// still be verified.
func (s *Service) HistoricalKeys(ctx context.Context) (string, error) {
	signer, _, err := s.ring.federation(ctx)
	if err != nil {
		return "", err
	}
	all, err := s.ring.all(ctx, ringKept)
	if err != nil {
		return "", err
	}
	past := []historicalKey{}
	for _, key := range all {
		if key.published(s.now()) || key.Use == useEncryption {
			continue
		}
		entry, err := chain.Claims(key.Public)
		if err != nil {
			return "", err
		}
		entry["iat"], entry["exp"] = key.CreatedAt.Unix(), key.Until.Unix()
		if key.RevokedAt != nil {
			entry["revoked"] = map[string]any{"revoked_at": key.RevokedAt.Unix(), "reason": "compromised"}
		}
		past = append(past, entry)
	}
	claims, err := json.Marshal(map[string]any{"iss": s.id, "iat": s.now().Unix(), "keys": past})
	if err != nil {
		return "", err
	}
	return chain.SignAs(typHistorical, claims, signer)
}
