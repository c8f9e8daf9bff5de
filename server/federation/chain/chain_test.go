package chain

import (
	"compress/gzip"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"portalverbund/server/platform/outbound"
)

const (
	anchorID = "https://landkreis.example"
	middleID = "https://samtgemeinde.example"
	leafID   = "https://gemeinde.example"
	portal   = "service_portal"
)

func noon() time.Time { return time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC) }

func newKey(t testing.TB, id string) jose.JSONWebKey {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return jose.JSONWebKey{Key: private, KeyID: id, Use: "sig", Algorithm: "ES256"}
}

func public(keys ...jose.JSONWebKey) jose.JSONWebKeySet {
	var set jose.JSONWebKeySet
	for _, key := range keys {
		set.Keys = append(set.Keys, key.Public())
	}
	return set
}

func pin(t testing.TB, key jose.JSONWebKey) string {
	t.Helper()
	print, err := Fingerprint(key)
	require.NoError(t, err)
	return print
}

// world is a small federation: an anchor, one between, one below.
type world struct {
	t                    *testing.T
	anchor, middle, leaf jose.JSONWebKey
	now                  time.Time
	pages                map[string]any // statement as claims, or signed text
	signer               map[string]jose.JSONWebKey
	header               map[string]map[string]any // what is put into the header, by address
	asked                atomic.Int32
}

func fetchOf(id, sub string) string {
	return id + "/fetch?sub=" + strings.NewReplacer(":", "%3A", "/", "%2F").Replace(sub)
}

// claims are those of a statement that is right.
func (w *world) claims(iss, sub string, keys jose.JSONWebKeySet, more map[string]any) map[string]any {
	c := map[string]any{
		"iss": iss, "sub": sub, "iat": w.now.Add(-time.Hour).Unix(), "exp": w.now.Add(24 * time.Hour).Unix(), "jwks": keys,
	}
	maps.Copy(c, more)
	return c
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, anchor: newKey(t, "a"), middle: newKey(t, "m"), leaf: newKey(t, "l"), now: noon(), header: map[string]map[string]any{}}
	entity := func(id string) map[string]any {
		return map[string]any{FederationEntity: map[string]any{"federation_fetch_endpoint": id + "/fetch", "organization_name": id}}
	}
	w.pages = map[string]any{
		anchorID + WellKnown: w.claims(anchorID, anchorID, public(w.anchor), map[string]any{"metadata": entity(anchorID)}),
		middleID + WellKnown: w.claims(middleID, middleID, public(w.middle), map[string]any{"metadata": entity(middleID), "authority_hints": []string{anchorID}}),
		leafID + WellKnown: w.claims(leafID, leafID, public(w.leaf), map[string]any{
			"authority_hints": []string{middleID},
			"metadata":        map[string]any{portal: map[string]any{"areas": []string{"034540035035", "01"}, "name": "Gemeinde"}, FederationEntity: map[string]any{}},
		}),
		fetchOf(anchorID, middleID): w.claims(anchorID, middleID, public(w.middle), nil),
		fetchOf(middleID, leafID):   w.claims(middleID, leafID, public(w.leaf), nil),
	}
	w.signer = map[string]jose.JSONWebKey{
		anchorID + WellKnown: w.anchor, middleID + WellKnown: w.middle, leafID + WellKnown: w.leaf,
		fetchOf(anchorID, middleID): w.anchor, fetchOf(middleID, leafID): w.middle,
	}
	return w
}

// direct lets the anchor speak of the leaf itself.
func (w *world) direct(more map[string]any) {
	w.set(leafID+WellKnown, "authority_hints", []string{anchorID})
	w.pages[fetchOf(anchorID, leafID)] = w.claims(anchorID, leafID, public(w.leaf), more)
	w.signer[fetchOf(anchorID, leafID)] = w.anchor
}

func (w *world) set(page, name string, value any) {
	claims := w.pages[page].(map[string]any)
	if value == nil {
		delete(claims, name)
		return
	}
	claims[name] = value
}

func (w *world) Fetch(_ context.Context, address string) (string, error) {
	w.asked.Add(1)
	page, there := w.pages[address]
	if !there {
		return "", fmt.Errorf("%w: %s", ErrNotFound, address)
	}
	if text, signed := page.(string); signed {
		return text, nil
	}
	return w.sign(address), nil
}

func (w *world) sign(address string) string {
	raw, err := json.Marshal(w.pages[address])
	require.NoError(w.t, err)
	var claims jwt.MapClaims
	require.NoError(w.t, json.Unmarshal(raw, &claims))
	key := w.signer[address]
	token := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
	token.Header["typ"], token.Header["kid"] = Type, key.KeyID
	maps.Copy(token.Header, w.header[address])
	text, err := token.SignedString(key.Key)
	require.NoError(w.t, err)
	return text
}

func (w *world) resolve() (Resolved, error) {
	r := Resolver{Anchor: Anchor{ID: anchorID, Pins: []string{pin(w.t, w.anchor)}}, Fetcher: w, Now: func() time.Time { return w.now }}
	return r.Resolve(w.t.Context(), leafID)
}

func TestResolve_ChainOverAnIntermediate_ProvesKeysAndMetadata(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(fetchOf(anchorID, middleID), "exp", w.now.Add(time.Hour).Unix())
	r, err := w.resolve()
	require.NoError(t, err)
	require.Len(t, r.Chain, 4)
	require.Equal(t, "Gemeinde", r.Metadata[portal]["name"])
	require.Equal(t, "l", r.Keys.Keys[0].KeyID)
	require.Equal(t, w.now.Add(time.Hour).Unix(), r.Expires.Unix(), "10.4: the earliest of all")
}

func TestResolve_TheAnchorItself_IsItsConfiguration(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := Resolver{Anchor: Anchor{ID: anchorID, Pins: []string{pin(t, w.anchor)}}, Fetcher: w, Now: noon}
	found, err := r.Resolve(t.Context(), anchorID)
	require.NoError(t, err)
	require.Len(t, found.Chain, 1)
}

// Each case breaks one rule; the section is that of OpenID Federation 1.0.
func TestResolve_OneRuleBroken_Refused(t *testing.T) {
	t.Parallel()
	leaf, about := leafID+WellKnown, fetchOf(middleID, leafID)
	top, upper, middle := anchorID+WellKnown, fetchOf(anchorID, middleID), middleID+WellKnown
	tamper := func(w *world, page string, part int) {
		text := w.sign(page)
		parts := strings.Split(text, ".")
		raw, err := base64.RawURLEncoding.DecodeString(parts[part])
		require.NoError(w.t, err)
		raw[len(raw)/2] ^= 1
		parts[part] = base64.RawURLEncoding.EncodeToString(raw)
		w.pages[page] = strings.Join(parts, ".")
	}
	cases := map[string]struct {
		want error
		do   func(w *world)
	}{
		"3.1 typ is missing":                    {ErrMalformed, func(w *world) { w.header[leaf] = map[string]any{"typ": "JWT"} }},
		"3.1 alg none":                          {ErrAlgorithm, func(w *world) { w.header[leaf] = map[string]any{"alg": "none"} }},
		"3.1 alg HS256":                         {ErrAlgorithm, func(w *world) { w.header[about] = map[string]any{"alg": "HS256"} }},
		"3.1 alg not on the list":               {ErrAlgorithm, func(w *world) { w.header[about] = map[string]any{"alg": "ES384"} }},
		"3.1 kid is missing":                    {ErrMalformed, func(w *world) { w.header[about] = map[string]any{"kid": ""} }},
		"3.1 kid of nobody":                     {ErrSignature, func(w *world) { w.header[about] = map[string]any{"kid": "x"} }},
		"3.1 a key in the header":               {ErrMalformed, func(w *world) { w.header[about] = map[string]any{"jwk": w.leaf.Public()} }},
		"3.1 crit in the header":                {ErrCritical, func(w *world) { w.header[about] = map[string]any{"crit": []string{"b64"}} }},
		"3.1.1 iss is no identifier":            {ErrMalformed, func(w *world) { w.set(leaf, "iss", "gemeinde") }},
		"3.1.1 sub with a query":                {ErrMalformed, func(w *world) { w.set(about, "sub", leafID+"?x") }},
		"3.1.1 iat is missing":                  {ErrMalformed, func(w *world) { w.set(leaf, "iat", nil) }},
		"3.1.1 exp is missing":                  {ErrMalformed, func(w *world) { w.set(about, "exp", nil) }},
		"3.1.1 iat ahead by more than a minute": {ErrNotYet, func(w *world) { w.set(about, "iat", w.now.Add(61*time.Second).Unix()) }},
		"3.1.1 exp over by more than a minute":  {ErrExpired, func(w *world) { w.set(about, "exp", w.now.Add(-61*time.Second).Unix()) }},
		"3.1.1 the configuration is expired":    {ErrExpired, func(w *world) { w.set(leaf, "exp", w.now.Add(-61*time.Second).Unix()) }},
		"3.1.1 the anchor's is expired":         {ErrExpired, func(w *world) { w.set(top, "exp", w.now.Add(-61*time.Second).Unix()) }},
		"3.1.1 no keys":                         {ErrMalformed, func(w *world) { w.set(about, "jwks", map[string]any{"keys": []any{}}) }},
		"3.1.1 two keys with one id":            {ErrMalformed, func(w *world) { w.set(about, "jwks", public(w.leaf, w.leaf)) }},
		"3.1.1 a private key":                   {ErrMalformed, func(w *world) { w.set(about, "jwks", jose.JSONWebKeySet{Keys: []jose.JSONWebKey{w.leaf}}) }},
		"3.1.1 crit names a claim":              {ErrCritical, func(w *world) { w.set(about, "crit", []string{"jurisdiction"}) }},
		"3.1.1 crit is empty":                   {ErrCritical, func(w *world) { w.set(leaf, "crit", []string{}) }},
		"3.1.2 policy in a configuration":       {ErrMalformed, func(w *world) { w.set(leaf, "metadata_policy", map[string]any{}) }},
		"3.1.2 constraints in a configuration":  {ErrMalformed, func(w *world) { w.set(middle, "constraints", map[string]any{}) }},
		"3.1.2 authority_hints is empty":        {ErrMalformed, func(w *world) { w.set(leaf, "authority_hints", []string{}) }},
		"3.1.2 its own superior":                {ErrMalformed, func(w *world) { w.set(leaf, "authority_hints", []string{leafID}) }},
		"3.1.3 authority_hints about another":   {ErrMalformed, func(w *world) { w.set(about, "authority_hints", []string{anchorID}) }},
		"3.2 larger than allowed":               {ErrMalformed, func(w *world) { w.pages[leaf] = w.sign(leaf) + strings.Repeat("A", MaxStatement) }},
		"3.2 not a token":                       {ErrMalformed, func(w *world) { w.pages[leaf] = "<html>" }},
		"3.2 header was changed":                {ErrMalformed, func(w *world) { w.pages[leaf] = "e30" + w.sign(leaf) }},
		"3.2 signature was changed":             {ErrSignature, func(w *world) { tamper(w, about, 2) }},
		"3.2 speaks of another": {ErrIssuer, func(w *world) {
			w.set(leaf, "iss", "https://fremd.example")
			w.set(leaf, "sub", "https://fremd.example")
		}},
		"5 a value is null": {ErrMalformed, func(w *world) {
			w.pages[leaf].(map[string]any)["metadata"] = map[string]any{portal: map[string]any{"name": nil}}
		}},
		"6.1.3.2 an operator is critical":         {ErrCritical, func(w *world) { w.set(upper, "metadata_policy_crit", []string{"regexp"}) }},
		"6.2.1 max_path_length":                   {ErrConstraint, func(w *world) { w.set(upper, "constraints", map[string]any{"max_path_length": 0}) }},
		"6.2.2 not among the permitted":           {ErrConstraint, func(w *world) { w.set(upper, "constraints", naming([]string{"samtgemeinde.example"}, nil)) }},
		"6.2.2 excluded":                          {ErrConstraint, func(w *world) { w.set(about, "constraints", naming(nil, []string{".example"})) }},
		"8.1 the superior knows nobody":           {ErrNotFound, func(w *world) { delete(w.pages, about) }},
		"8.1 no fetch endpoint":                   {ErrMalformed, func(w *world) { w.set(middle, "metadata", map[string]any{}) }},
		"8.1 another answers":                     {ErrIssuer, func(w *world) { w.set(about, "iss", anchorID); w.signer[about] = w.anchor }},
		"8.1 about another":                       {ErrIssuer, func(w *world) { w.set(about, "sub", middleID+"/x") }},
		"10.1 no way to the anchor":               {ErrAnchor, func(w *world) { w.set(leaf, "authority_hints", nil) }},
		"10.1 a loop of superiors":                {ErrLoop, func(w *world) { w.set(middle, "authority_hints", []string{leafID}) }},
		"10.2 signed by a key not vouched for":    {ErrSignature, func(w *world) { w.set(about, "jwks", public(newKey(w.t, "l"))) }},
		"10.2 the superior's key is another":      {ErrSignature, func(w *world) { w.signer[about] = newKey(w.t, "m") }},
		"10.2 a superior whom nobody vouches for": {ErrSignature, func(w *world) { w.set(upper, "jwks", public(newKey(w.t, "m"))) }},
		"10.2 the anchor's key is not pinned": {ErrAnchor, func(w *world) {
			other := newKey(w.t, "a")
			w.signer[top] = other
			w.set(top, "jwks", public(other))
		}},
		"10.2 pinned key listed, another signs": {ErrAnchor, func(w *world) {
			other := newKey(w.t, "a2")
			w.signer[top] = other
			w.set(top, "jwks", public(w.anchor, other))
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c.do(w)
			_, err := w.resolve()
			require.ErrorIs(t, err, c.want)
		})
	}
}

func naming(permitted, excluded []string) map[string]any {
	return map[string]any{"naming_constraints": map[string]any{"permitted": permitted, "excluded": excluded}}
}

// What is allowed at the edges.
func TestResolve_WithinTheRules_Accepted(t *testing.T) {
	t.Parallel()
	leaf, about, upper := leafID+WellKnown, fetchOf(middleID, leafID), fetchOf(anchorID, middleID)
	cases := map[string]func(w *world){
		"3.1.1 iat ahead by 59 s":             func(w *world) { w.set(about, "iat", w.now.Add(59*time.Second).Unix()) },
		"3.1.1 exp over by 59 s":              func(w *world) { w.set(about, "exp", w.now.Add(-59*time.Second).Unix()) },
		"3.1.1 claims that nobody knows":      func(w *world) { w.set(leaf, "favourite_colour", "blue") },
		"6.1.3.2 operators that nobody knows": func(w *world) { w.set(upper, "metadata_policy", policy("name", "regexp", "x")) },
		"6.2.1 one between is allowed":        func(w *world) { w.set(upper, "constraints", map[string]any{"max_path_length": 1}) },
		"6.2.2 below a permitted domain":      func(w *world) { w.set(upper, "constraints", naming([]string{".example"}, []string{".fremd.example"})) },
		"10.1 one hint leads nowhere":         func(w *world) { w.set(leaf, "authority_hints", []string{"https://weg.example", middleID}) },
		"11.1 two keys during a change": func(w *world) {
			next := newKey(w.t, "l2")
			w.set(leaf, "jwks", public(w.leaf, next))
			w.set(about, "jwks", public(w.leaf, next))
			w.signer[leaf] = next
		},
		"11.2 the anchor's next key has signed what is below": func(w *world) {
			next := newKey(w.t, "a2")
			w.set(anchorID+WellKnown, "jwks", public(w.anchor, next))
			w.signer[upper] = next
		},
	}
	for name, do := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			do(w)
			_, err := w.resolve()
			require.NoError(t, err)
		})
	}
}

func policy(name, operator string, value any) map[string]any {
	return map[string]any{portal: map[string]any{name: map[string]any{operator: value}}}
}

func TestResolve_SuperiorsBelowSuperiors_EndAtTheLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := func(n int) string { return fmt.Sprintf("https://s%d.example", n) }
	for n := range 50 { // each names the next one
		key := newKey(t, "k")
		page := id(n) + WellKnown
		w.pages[page] = w.claims(id(n), id(n), public(key), map[string]any{
			"authority_hints": []string{id(n + 1)},
			"metadata":        map[string]any{FederationEntity: map[string]any{"federation_fetch_endpoint": id(n) + "/fetch"}},
		})
		w.signer[page] = key
		below := leafID
		if n > 0 {
			below = id(n - 1)
		}
		w.pages[fetchOf(id(n), below)] = w.claims(id(n), below, public(w.leaf), nil)
		w.signer[fetchOf(id(n), below)] = key
	}
	w.set(leafID+WellKnown, "authority_hints", []string{id(0)})
	_, err := w.resolve()
	require.ErrorIs(t, err, ErrTooLong)
	require.Less(t, w.asked.Load(), int32(20), "it does not go on asking")
}

// Superiors that name many others, each of which does so again, are a maze without an end.
func TestResolve_AMazeOfSuperiors_IsLeftSoon(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const wide = 10
	var level []string
	for n := range wide {
		level = append(level, fmt.Sprintf("https://maze%d.example", n))
	}
	key := newKey(t, "k")
	for _, id := range level {
		others := slices.DeleteFunc(slices.Clone(level), func(other string) bool { return other == id })
		w.pages[id+WellKnown] = w.claims(id, id, public(key), map[string]any{
			"authority_hints": others, "metadata": map[string]any{FederationEntity: map[string]any{"federation_fetch_endpoint": id + "/fetch"}},
		})
		w.signer[id+WellKnown] = key
		for _, below := range append(others, leafID) {
			if below == leafID || below < id { // half of the ways are dead ends
				w.pages[fetchOf(id, below)] = w.claims(id, below, public(key), nil)
				w.signer[fetchOf(id, below)] = key
			}
		}
	}
	w.set(leafID+WellKnown, "authority_hints", level)
	_, err := w.resolve()
	require.ErrorIs(t, err, ErrTooLong)
	require.LessOrEqual(t, w.asked.Load(), int32(maxFetches))
}

func TestPolicy_OfTheAnchor_DecidesWhatTheMemberSays(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		operators map[string]any
		want      any // of areas; nil: not there
		err       error
	}{
		"6.1.3.1.1 value":                  {map[string]any{"value": []any{"03"}}, []any{"03"}, nil},
		"6.1.3.1.1 value null":             {map[string]any{"value": nil}, nil, nil},
		"6.1.3.1.2 add":                    {map[string]any{"add": []any{"02", "01"}}, []any{"034540035035", "01", "02"}, nil},
		"6.1.3.1.3 default is not needed":  {map[string]any{"default": []any{"02"}}, []any{"034540035035", "01"}, nil},
		"6.1.3.1.4 one_of":                 {map[string]any{"one_of": []any{"02"}}, nil, ErrPolicy},
		"6.1.3.1.5 subset_of":              {map[string]any{"subset_of": []any{"034540035035", "07"}}, []any{"034540035035"}, nil},
		"6.1.3.1.5 subset_of leaves none":  {map[string]any{"subset_of": []any{"07"}}, nil, nil},
		"6.1.3.1.5 and it is essential":    {map[string]any{"subset_of": []any{"07"}, "essential": true}, nil, ErrPolicy},
		"6.1.3.1.6 superset_of":            {map[string]any{"superset_of": []any{"01"}}, []any{"034540035035", "01"}, nil},
		"6.1.3.1.6 superset_of is missing": {map[string]any{"superset_of": []any{"02"}}, nil, ErrPolicy},
		"6.1.3.1 operators of other form":  {map[string]any{"subset_of": "01"}, nil, ErrPolicy},
		"6.1.3.1 contradiction":            {map[string]any{"value": []any{"03"}, "subset_of": []any{"02"}}, nil, ErrPolicy},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.direct(map[string]any{"metadata_policy": map[string]any{portal: map[string]any{"areas": c.operators}}})
			r, err := w.resolve()
			if c.err != nil {
				require.ErrorIs(t, err, c.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, r.Metadata[portal]["areas"])
		})
	}
}

func TestPolicy_EssentialMissingOrDefault(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.direct(map[string]any{"metadata_policy": policy("contact", "essential", true)})
	_, err := w.resolve()
	require.ErrorIs(t, err, ErrPolicy, "6.1.3.1.7")
	w.set(fetchOf(anchorID, leafID), "metadata_policy", policy("contact", "default", "amt@landkreis.example"))
	r, err := w.resolve()
	require.NoError(t, err)
	require.Equal(t, "amt@landkreis.example", r.Metadata[portal]["contact"], "6.1.3.1.3")
}

func TestPolicy_OfTwoSuperiors_OnlyBecomesStricter(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		above, below, want Operators
	}{
		"subset_of":       {Operators{"subset_of": []any{"a", "b"}}, Operators{"subset_of": []any{"b", "c"}}, Operators{"subset_of": []any{"b"}}},
		"superset_of":     {Operators{"superset_of": []any{"a"}}, Operators{"superset_of": []any{"b"}}, Operators{"superset_of": []any{"a", "b"}}},
		"one_of":          {Operators{"one_of": []any{"a", "b"}}, Operators{"one_of": []any{"b"}}, Operators{"one_of": []any{"b"}}},
		"one_of, nothing": {Operators{"one_of": []any{"a"}}, Operators{"one_of": []any{"b"}}, nil},
		"add":             {Operators{"add": []any{"a"}}, Operators{"add": []any{"b"}}, Operators{"add": []any{"a", "b"}}},
		"value":           {Operators{"value": "a"}, Operators{"value": "b"}, nil},
		"essential":       {Operators{"essential": true}, Operators{"essential": false}, Operators{"essential": true}},
		"value after set": {Operators{"subset_of": []any{"a"}}, Operators{"value": []any{"b"}}, nil},
	}
	for name, c := range cases {
		t.Run("6.1.4.1 "+name, func(t *testing.T) {
			t.Parallel()
			merged, err := Policy{portal: {"x": c.above}}.Merge(Policy{portal: {"x": c.below}})
			if c.want == nil {
				require.ErrorIs(t, err, ErrPolicy)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, merged[portal]["x"])
		})
	}
}

func TestPolicy_ScopeIsAListOfWords(t *testing.T) {
	t.Parallel()
	out, err := Policy{"openid_relying_party": {"scope": {"subset_of": []any{"openid", "profile"}}}}.
		Apply(Metadata{"openid_relying_party": {"scope": "openid email profile"}})
	require.NoError(t, err)
	require.Equal(t, "openid profile", out["openid_relying_party"]["scope"])
}

func TestConstraints_EntityTypesThatAreNotAllowed_AreTakenAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.direct(map[string]any{"constraints": map[string]any{"allowed_entity_types": []string{"openid_provider"}}})
	r, err := w.resolve()
	require.NoError(t, err)
	require.NotContains(t, r.Metadata, portal, "6.2.3")
	require.Contains(t, r.Metadata, FederationEntity, "6.2.3: always allowed")
}

func TestMetadata_OfTheImmediateSuperior_ComesBeforeTheMembers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.direct(map[string]any{"metadata": map[string]any{portal: map[string]any{"name": "Gemeinde, wie sie heißt"}}})
	r, err := w.resolve()
	require.NoError(t, err)
	require.Equal(t, "Gemeinde, wie sie heißt", r.Metadata[portal]["name"], "6.1.4.2")
}

func TestValidate_ChainsPutTogetherByOthers_Refused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, err := w.resolve()
	require.NoError(t, err)
	anchor := Anchor{ID: anchorID, Pins: []string{pin(t, w.anchor)}}
	c := r.Chain
	for name, broken := range map[string]Chain{
		"empty":                 {},
		"the superior left out": {c[0], c[3]},
		"one left out":          {c[0], c[1], c[3]},
		"the first left out":    {c[1], c[2], c[3]},
		"the anchor left out":   {c[0], c[1], c[2]},
		"one doubled":           {c[0], c[1], c[1], c[2], c[3]},
	} {
		_, err := broken.Validate(anchor, noon())
		require.Error(t, err, name)
	}
}

func TestFingerprint_IsComparedAsPeopleWriteIt(t *testing.T) {
	t.Parallel()
	key := newKey(t, "one")
	print := pin(t, key)
	require.Len(t, strings.Fields(print), 16)
	key.KeyID = "another"
	require.Equal(t, print, pin(t, key), "whatever id it carries")
	require.True(t, SameFingerprint(print, strings.ToLower(strings.ReplaceAll(print, " ", ":"))))
	require.False(t, SameFingerprint(print, print[1:]))
	require.False(t, SameFingerprint("", ""))
}

func TestCheckID_OneFormOnly(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"https://portal.example", "https://portal.example:8443/meppen", "http://localhost:8080", "http://127.0.0.1:9"} {
		require.NoError(t, CheckID(good), good)
	}
	for _, bad := range []string{
		"", "portal.example", "http://portal.example", "https://portal.example/", "https://portal.example?x=1", "https://portal.example#a", "https://a:b@portal.example",
		"HTTPS://portal.example", "https://PORTAL.example", "ftp://portal.example", "https://", "https://portal.example?", "https://portal.example#", "javascript://x", "https:portal.example",
	} {
		require.ErrorIs(t, CheckID(bad), ErrMalformed, bad)
	}
}

// The network does what it likes.
func TestHTTP_AnswersThatAreNotStatements_Refused(t *testing.T) {
	t.Parallel()
	inside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", MediaType)
		_, _ = w.Write([]byte("secret"))
	}))
	t.Cleanup(inside.Close)
	held := make(chan struct{})
	t.Cleanup(func() { close(held) })
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", MediaType)
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, inside.URL, http.StatusFound)
		case "/large":
			_, _ = w.Write(make([]byte, MaxStatement+10))
		case "/bomb": // 20 MB of zeros in 20 kB
			w.Header().Set("Content-Encoding", "gzip")
			packed := gzip.NewWriter(w)
			_, _ = packed.Write(make([]byte, 20<<20))
			_ = packed.Close()
		case "/html":
			w.Header().Set("Content-Type", "text/html")
		case "/slow":
			select {
			case <-held:
			case <-r.Context().Done():
			}
		case "/gone":
			w.WriteHeader(http.StatusNotFound)
		case "/good":
			_, _ = w.Write([]byte("statement"))
		}
	}))
	t.Cleanup(server.Close)
	within := func(timeout time.Duration) HTTP {
		return HTTP{outbound.Client(outbound.Options{AllowLoopback: true, Timeout: timeout, MaxResponse: MaxStatement})}
	}
	open := within(30 * time.Second)
	text, err := open.Fetch(t.Context(), server.URL+"/good")
	require.NoError(t, err)
	require.Equal(t, "statement", text)
	for path, want := range map[string]error{"/redirect": ErrUnreachable, "/large": ErrUnreachable, "/bomb": ErrUnreachable, "/html": ErrMalformed, "/gone": ErrNotFound} {
		_, err := open.Fetch(t.Context(), server.URL+path)
		require.ErrorIs(t, err, want, path)
	}
	_, err = within(300*time.Millisecond).Fetch(t.Context(), server.URL+"/slow")
	require.ErrorIs(t, err, ErrUnreachable)
	guarded := HTTP{outbound.Client(outbound.Options{})}
	for _, address := range []string{server.URL, strings.Replace(server.URL, "http:", "https:", 1), "https://169.254.169.254/x", "https://10.0.0.1/x", "https://[::1]/x"} {
		_, err := guarded.Fetch(t.Context(), address)
		require.ErrorIs(t, err, ErrUnreachable, "a private address: "+address)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("e30.e30.e30")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Read(text)
		if err == nil {
			require.NoError(t, CheckID(s.Issuer))
		}
	})
}
