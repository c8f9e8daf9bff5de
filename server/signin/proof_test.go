package signin_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

// prover is who has a key and proves it (RFC 9449).
type prover struct {
	a   *association
	key *ecdsa.PrivateKey
}

func newProver(a *association) prover {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(a.t, err)
	return prover{a, key}
}

func public(key crypto.PublicKey) jose.JSONWebKey { return jose.JSONWebKey{Key: key} }

func (p prover) thumbprint() string {
	sum, err := (&jose.JSONWebKey{Key: p.key.Public()}).Thumbprint(crypto.SHA256)
	must(p.a.t, err)
	return base64.RawURLEncoding.EncodeToString(sum)
}

func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// proof is a right proof for a request, with some of header and claims changed; nil takes one away.
func (p prover) proof(method, path string, header, claims map[string]any) string {
	p.a.t.Helper()
	all := jwt.MapClaims{"jti": uuid.NewString(), "htm": method, "htu": p.a.home().ref.Url + path, "iat": p.a.clock.Now().Unix()}
	maps.Copy(all, claims)
	token := jwt.NewWithClaims(jwt.SigningMethodES256, all)
	token.Header["typ"], token.Header["jwk"] = "dpop+jwt", public(p.key.Public())
	maps.Copy(token.Header, header)
	for _, part := range []map[string]any{all, token.Header} {
		maps.DeleteFunc(part, func(_ string, value any) bool { return value == nil })
	}
	signed, err := token.SignedString(p.key)
	must(p.a.t, err)
	return signed
}

// post sends a form as the provider, with such proofs.
func (a *association) post(path string, form url.Values, proofs ...string) reply {
	a.t.Helper()
	s := side{a: a, base: a.home().ref.Url}
	r := s.form(s.base+path, form.Encode(), asProvider)
	for _, proof := range proofs {
		r.Header.Add("DPoP", proof)
	}
	return newBrowser(a.t).do(r)
}

type boundTokens struct {
	tokens

	Type string `json:"token_type"`
}

func (a *association) boundToken(form url.Values, proofs ...string) boundTokens {
	a.t.Helper()
	got := a.post("/oauth2/token", form, proofs...)
	out := boundTokens{tokens: tokens{status: got.status}}
	got.decode(a.t, &out)
	return out
}

// present asks who somebody is, with a token and proofs.
func (a *association) present(scheme, token string, proofs ...string) reply {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), http.MethodGet, a.home().ref.Url+"/oauth2/userinfo?x=y", nil)
	must(a.t, err)
	r.Header.Set("Authorization", scheme+" "+token)
	for _, proof := range proofs {
		r.Header.Add("DPoP", proof)
	}
	return newBrowser(a.t).do(r)
}

const tokenPath, infoPath = "/oauth2/token", "/oauth2/userinfo"

func TestBoundToken_Stolen_IsGoodForNothing(t *testing.T) {
	t.Parallel()
	a, b := signedIn(t)
	owner, thief := newProver(a), newProver(a)
	got := a.boundToken(redeemForm(a.code(b)), owner.proof(http.MethodPost, tokenPath, nil, nil))
	if got.Type != "DPoP" || got.Refresh == "" || got.ID == "" {
		t.Fatalf("%+v", got)
	}
	forToken := map[string]any{"ath": hashed(got.Access)}
	used := owner.proof(http.MethodGet, infoPath, nil, forToken)
	if r := a.present("DPoP", got.Access, used); r.status != http.StatusOK {
		t.Fatalf("its owner: %d %s", r.status, r.body)
	}
	unbound := a.boundToken(redeemForm(a.code(b)))
	if unbound.Type != "Bearer" {
		t.Errorf("without proof: %+v", unbound)
	}
	for name, c := range map[string]struct {
		scheme, token string
		proofs        []string
	}{
		"alone":                        {"Bearer", got.Access, nil},
		"alone, beside a right proof":  {"Bearer", got.Access, []string{owner.proof(http.MethodGet, infoPath, nil, forToken)}},
		"without proof":                {"DPoP", got.Access, nil},
		"with another key":             {"DPoP", got.Access, []string{thief.proof(http.MethodGet, infoPath, nil, forToken)}},
		"with a proof seen before":     {"DPoP", got.Access, []string{used}},
		"with two proofs":              {"DPoP", got.Access, []string{owner.proof(http.MethodGet, infoPath, nil, forToken), owner.proof(http.MethodGet, infoPath, nil, forToken)}},
		"with a proof for posting":     {"DPoP", got.Access, []string{owner.proof(http.MethodPost, infoPath, nil, forToken)}},
		"with a proof for elsewhere":   {"DPoP", got.Access, []string{owner.proof(http.MethodGet, "/api/v1/mailbox", nil, forToken)}},
		"with a proof for no token":    {"DPoP", got.Access, []string{owner.proof(http.MethodGet, infoPath, nil, nil)}},
		"with a proof for another one": {"DPoP", got.Access, []string{owner.proof(http.MethodGet, infoPath, nil, map[string]any{"ath": hashed(unbound.Access)})}},
		"unbound, as if it were bound": {"DPoP", unbound.Access, []string{owner.proof(http.MethodGet, infoPath, nil, map[string]any{"ath": hashed(unbound.Access)})}},
	} {
		r := a.present(c.scheme, c.token, c.proofs...)
		if challenge := r.header.Get("WWW-Authenticate"); r.status != http.StatusUnauthorized || !strings.HasPrefix(challenge, c.scheme+" ") || !strings.Contains(challenge, `error="invalid_token"`) {
			t.Errorf("%s: %d %s %s", name, r.status, challenge, r.body)
		}
	}
	if _, err := a.home().caller(t.Context(), got.Access); err == nil {
		t.Error("the API takes it without a proof")
	}
	if _, err := a.home().caller(t.Context(), unbound.Access); err != nil {
		t.Errorf("the API refuses one that is not bound: %v", err)
	}
}

func TestBoundToken_WrongProof_TokensAreRefusedAndTheCodeStaysGood(t *testing.T) {
	t.Parallel()
	a, b := signedIn(t)
	p, other := newProver(a), newProver(a)
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	right := func() string { return p.proof(http.MethodPost, tokenPath, nil, nil) }
	with := func(header, claims map[string]any) string { return p.proof(http.MethodPost, tokenPath, header, claims) }
	now := a.clock.Now().Unix()
	used := right()
	if got := a.boundToken(redeemForm(a.code(b)), used); got.Type != "DPoP" {
		t.Fatalf("%+v", got)
	}
	none := jwt.NewWithClaims(jwt.SigningMethodNone, jwt.MapClaims{"jti": "1", "htm": http.MethodPost, "htu": a.home().ref.Url + tokenPath, "iat": now})
	none.Header["typ"], none.Header["jwk"] = "dpop+jwt", public(p.key.Public())
	unsigned, err := none.SignedString(jwt.UnsafeAllowNoneSignatureType)
	must(t, err)
	shared := jwt.NewWithClaims(jwt.SigningMethodHS256, none.Claims)
	shared.Header["typ"], shared.Header["jwk"] = "dpop+jwt", jose.JSONWebKey{Key: []byte("secret")}
	symmetric, err := shared.SignedString([]byte("secret"))
	must(t, err)
	code := a.code(b)
	for name, proofs := range map[string][]string{
		"used before":            {used},
		"two":                    {right(), right()},
		"another type":           {with(map[string]any{"typ": "JWT"}, nil)},
		"no key":                 {with(map[string]any{"jwk": nil}, nil)},
		"another's key":          {with(map[string]any{"jwk": public(other.key.Public())}, nil)},
		"a key of another kind":  {with(map[string]any{"jwk": public(edwards.Public())}, nil)},
		"its private key":        {with(map[string]any{"jwk": jose.JSONWebKey{Key: p.key}}, nil)},
		"not signed":             {unsigned},
		"a shared secret":        {symmetric},
		"no id":                  {with(nil, map[string]any{"jti": nil})},
		"no time":                {with(nil, map[string]any{"iat": nil})},
		"too old":                {with(nil, map[string]any{"iat": now - 75})},
		"from the future":        {with(nil, map[string]any{"iat": now + 15})},
		"another method":         {with(nil, map[string]any{"htm": http.MethodGet})},
		"another address":        {with(nil, map[string]any{"htu": a.home().ref.Url + infoPath})},
		"another portal":         {with(nil, map[string]any{"htu": "https://meppen.example" + tokenPath})},
		"somebody in an address": {with(nil, map[string]any{"htu": strings.Replace(a.home().ref.Url, "://", "://x@", 1) + tokenPath})},
		"no proof":               {"x.y.z"},
		"empty":                  {""},
		"far too long":           {with(map[string]any{"x": strings.Repeat("x", 9000)}, nil)},
	} {
		if got := a.boundToken(redeemForm(code), proofs...); got.Error != "invalid_dpop_proof" || got.status != http.StatusBadRequest || got.Access != "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := a.boundToken(redeemForm(code), with(nil, map[string]any{"iat": now - 50, "htu": a.home().ref.Url + tokenPath + "?x=y#z"})); got.Type != "DPoP" {
		t.Errorf("a right one in the end: %+v", got)
	}
}

func TestBoundRefreshToken_GoodWithItsKeyAlone(t *testing.T) {
	t.Parallel()
	a, b := signedIn(t)
	owner, thief := newProver(a), newProver(a)
	proof := func(p prover) string { return p.proof(http.MethodPost, tokenPath, nil, nil) }
	first := a.boundToken(redeemForm(a.code(b)), proof(owner))
	if got := a.boundToken(refreshForm(first.Refresh)); got.Error != "invalid_grant" {
		t.Errorf("without proof: %+v", got)
	}
	if got := a.boundToken(refreshForm(first.Refresh), proof(thief)); got.Error != "invalid_grant" {
		t.Errorf("with another key: %+v", got)
	}
	second := a.boundToken(refreshForm(first.Refresh), proof(owner))
	if second.Type != "DPoP" || second.Refresh == "" {
		t.Fatalf("%+v", second)
	}
	if r := a.present("Bearer", second.Access); r.status != http.StatusUnauthorized {
		t.Errorf("the second is not bound: %d", r.status)
	}
	if r := a.present("DPoP", second.Access, owner.proof(http.MethodGet, infoPath, nil, map[string]any{"ath": hashed(second.Access)})); r.status != http.StatusOK {
		t.Errorf("the second: %d %s", r.status, r.body)
	}
	own := a.boundToken(url.Values{"grant_type": {"client_credentials"}, "scope": {"deliveries:read"}}, proof(owner))
	var told struct {
		Active bool
		Type   string `json:"token_type"`
		Key    struct {
			Thumbprint string `json:"jkt"`
		} `json:"cnf"`
	}
	a.post("/oauth2/introspect", url.Values{"token": {own.Access}}).decode(t, &told)
	if own.Type != "DPoP" || !told.Active || told.Type != "DPoP" || told.Key.Thumbprint != owner.thumbprint() {
		t.Errorf("the client's own: %+v, introspected %+v", own, told)
	}
}

func TestBoundCode_AskedForWithAKey_IsRedeemedWithThatKey(t *testing.T) {
	t.Parallel()
	a, b := signedIn(t)
	a.code(b) // consents
	owner, thief := newProver(a), newProver(a)
	redeem := func(code string, p prover) boundTokens {
		return a.boundToken(redeemForm(code), p.proof(http.MethodPost, tokenPath, nil, nil))
	}
	named := func() string { return a.code(b, "dpop_jkt", owner.thumbprint()) }
	if got := redeem(named(), thief); got.Error != "invalid_grant" {
		t.Errorf("another key: %+v", got)
	}
	if got := a.boundToken(redeemForm(named())); got.Error != "invalid_grant" {
		t.Errorf("no key: %+v", got)
	}
	if got := redeem(named(), owner); got.Type != "DPoP" {
		t.Errorf("the key: %+v", got)
	}
	if got := a.answer(b.visit(a.authorizeURL("dpop_jkt", "kurz")).location); got.Get("error") != "invalid_request" {
		t.Errorf("no thumbprint: %v", got)
	}
	_, query, _ := strings.Cut(a.authorizeURL(), "?")
	form, err := url.ParseQuery(query)
	must(t, err)
	var pushed struct {
		Address string `json:"request_uri"`
		Error   string
	}
	a.post("/oauth2/par", form, owner.proof(http.MethodPost, "/oauth2/par", nil, nil)).decode(t, &pushed)
	code := a.answer(b.visit(a.brought("entsorgung", pushed.Address)).location).Get("code")
	if got := redeem(code, thief); got.Error != "invalid_grant" {
		t.Errorf("pushed, another key: %+v", got)
	}
	form.Set("dpop_jkt", thief.thumbprint())
	a.post("/oauth2/par", form, owner.proof(http.MethodPost, "/oauth2/par", nil, nil)).decode(t, &pushed)
	if pushed.Error != "invalid_request" {
		t.Errorf("pushed with two keys: %+v", pushed)
	}
	a.post("/oauth2/par", form, owner.proof(http.MethodPost, tokenPath, nil, nil)).decode(t, &pushed)
	if pushed.Error != "invalid_dpop_proof" {
		t.Errorf("pushed with a proof for elsewhere: %+v", pushed)
	}
}

func TestDiscovery_NamesTheAlgorithmsOfProofs(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 0)
	var d struct {
		Algs []string `json:"dpop_signing_alg_values_supported"`
	}
	r := newBrowser(t).visit(a.home().ref.Url + "/.well-known/openid-configuration")
	must(t, json.Unmarshal(r.body, &d))
	if strings.Join(d.Algs, " ") != "ES256 EdDSA PS256" {
		t.Errorf("%v", d.Algs)
	}
}

// A proof is kept as long as it could be used again, and not longer.
func TestBoundToken_ProofsSeen_AreSweptWhenTheyHaveRunOut(t *testing.T) {
	t.Parallel()
	a, b := signedIn(t)
	p := newProver(a)
	proof := p.proof(http.MethodPost, tokenPath, nil, nil)
	a.boundToken(redeemForm(a.code(b)), proof)
	a.clock.advance(65 * time.Second) // still good by the clock's tolerance
	if got := a.boundToken(redeemForm(a.code(b)), proof); got.Error != "invalid_dpop_proof" {
		t.Errorf("again, late: %+v", got)
	}
	a.clock.advance(time.Minute)
	_, err := a.home().oidc.Sweep(t.Context())
	must(t, err)
	var left int
	must(t, a.home().db.From(t.Context()).Raw("SELECT count(*) FROM oidc_assertions WHERE client_id LIKE 'dpop:%'").Row().Scan(&left))
	if left != 0 {
		t.Errorf("%d proofs are still kept", left)
	}
}
