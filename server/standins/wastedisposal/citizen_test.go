package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
)

// identity plays the portal as OpenID Provider; the test itself plays the person at its sign-in page.
type identity struct {
	*httptest.Server
	nonce, challenge string
	claims           map[string]any
}

func newIdentity(t *testing.T) *identity {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &identity{claims: map[string]any{}}
	answer := func(w http.ResponseWriter, value any) {
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(value); err != nil {
			t.Error(err)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"userinfo_endpoint": p.URL + "/userinfo", "id_token_signing_alg_values_supported": []string{"ES256"},
		})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k", Algorithm: "ES256", Use: "sig"}}})
	})
	mux.HandleFunc("/userinfo", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"sub": "s", "given_name": "Clara", "family_name": "Beispiel"})
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		hash := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		if r.FormValue("code") != "the-code" || base64.RawURLEncoding.EncodeToString(hash[:]) != p.challenge {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		claims := map[string]any{"iss": p.URL, "aud": "entsorgung", "sub": "s", "nonce": p.nonce, "exp": time.Now().Add(time.Minute).Unix(), "iat": time.Now().Unix()}
		for name, value := range p.claims {
			claims[name] = value
		}
		payload, err := json.Marshal(claims)
		if err != nil {
			t.Error(err)
		}
		token, err := signer.Sign(payload)
		if err != nil {
			t.Error(err)
		}
		compact, err := token.CompactSerialize()
		if err != nil {
			t.Error(err)
		}
		answer(w, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": compact})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

// begin presses "sign in" and gives what the portal would be asked for.
func (x setup) begin(t *testing.T, p *identity) url.Values {
	t.Helper()
	response, err := x.browser.Get(x.url + "/anmeldung")
	if err != nil {
		t.Fatal(err)
	}
	read(t, response)
	to, err := response.Location()
	if err != nil {
		t.Fatal(err)
	}
	query := to.Query()
	if query.Get("response_type") != "code" || query.Get("code_challenge_method") != "S256" || query.Get("redirect_uri") != x.url+"/anmeldung/zurueck" || query.Get("scope") != "openid profile" {
		t.Errorf("asked for %v", query)
	}
	p.nonce, p.challenge = query.Get("nonce"), query.Get("code_challenge")
	return query
}

func TestCitizen_SignsInAndSeesTheirOrderByItsNumber(t *testing.T) {
	t.Parallel()
	p := newIdentity(t)
	x := newSetup(t, t.TempDir(), p.URL)
	id := uuid.New()
	x.deliver(t, id.String(), body(id, "pending"), time.Now(), nil)
	if _, page := x.get(t, "/meine-abholungen"); !strings.Contains(page, `href="/anmeldung"`) {
		t.Error("no way to sign in")
	}
	query := x.begin(t, p)
	if status, _ := x.get(t, "/anmeldung/zurueck?code=the-code&state="+query.Get("state")); status != http.StatusSeeOther {
		t.Fatalf("coming back: status %d", status)
	}
	if _, page := x.get(t, "/meine-abholungen"); !strings.Contains(page, "Guten Tag, Clara Beispiel!") || strings.Contains(page, "EE-00001") {
		t.Errorf("page %s", page)
	}
	if status, _ := x.post(t, "/meine-abholungen", url.Values{"nummer": {"MEP-26-0000-0000-0"}}); status != http.StatusNotFound {
		t.Errorf("unknown number: status %d", status)
	}
	if status, _ := x.post(t, "/meine-abholungen", url.Values{"nummer": {" mep 26 4f7k 2p9t x "}}); status != http.StatusSeeOther {
		t.Errorf("own number: status %d", status)
	}
	_, page := x.get(t, "/meine-abholungen")
	if !strings.Contains(page, "EE-00001") || !strings.Contains(page, "2 × Sofa (rot)") || strings.Contains(page, "Lange Straße") {
		t.Errorf("page %s", page)
	}
	x.post(t, "/meine-abholungen/abmelden", nil)
	if _, page := x.get(t, "/meine-abholungen"); strings.Contains(page, "EE-00001") {
		t.Error("shown after signing out")
	}
}

func TestCitizen_ForgedReturns_SignNobodyIn(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(p *identity, query url.Values) (back string){
		"other state": func(_ *identity, _ url.Values) string { return "?code=the-code&state=guessed" },
		"other code":  func(_ *identity, q url.Values) string { return "?code=guessed&state=" + q.Get("state") },
		"other nonce": func(p *identity, q url.Values) string {
			p.nonce = "other"
			return "?code=the-code&state=" + q.Get("state")
		},
		"for another": func(p *identity, q url.Values) string {
			p.claims["aud"] = "another"
			return "?code=the-code&state=" + q.Get("state")
		},
		"by another": func(p *identity, q url.Values) string {
			p.claims["iss"] = "https://evil.example"
			return "?code=the-code&state=" + q.Get("state")
		},
		"expired": func(p *identity, q url.Values) string {
			p.claims["exp"] = 1
			return "?code=the-code&state=" + q.Get("state")
		},
		"answer of another": func(_ *identity, q url.Values) string {
			return "?code=the-code&iss=https://evil.example&state=" + q.Get("state")
		},
		"person cancelled": func(_ *identity, q url.Values) string { return "?error=access_denied&state=" + q.Get("state") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newIdentity(t)
			x := newSetup(t, t.TempDir(), p.URL)
			back := change(p, x.begin(t, p))
			if status, _ := x.get(t, "/anmeldung/zurueck"+back); status == http.StatusSeeOther {
				t.Errorf("status %d", status)
			}
			if _, page := x.get(t, "/meine-abholungen"); strings.Contains(page, "Guten Tag") {
				t.Error("signed in")
			}
		})
	}
}

func TestCitizen_PortalAway_SaysSo(t *testing.T) {
	t.Parallel()
	x := newSetup(t, t.TempDir(), "http://127.0.0.1:1")
	if status, page := x.get(t, "/anmeldung"); status != http.StatusServiceUnavailable || !strings.Contains(page, "nicht erreichbar") {
		t.Errorf("status %d", status)
	}
}

func TestCitizen_SignedOutAtThePortal_IsSignedOutHere(t *testing.T) {
	t.Parallel()
	p := newIdentity(t)
	x := newSetup(t, t.TempDir(), p.URL)
	p.claims["sid"] = "sitzung"
	query := x.begin(t, p)
	if status, _ := x.get(t, "/anmeldung/zurueck?code=the-code&state="+query.Get("state")); status != http.StatusSeeOther {
		t.Fatalf("coming back: status %d", status)
	}
	logout := func(claims map[string]any) int {
		t.Helper()
		hash := sha256.Sum256([]byte("v"))
		p.nonce, p.challenge, p.claims = "", base64.RawURLEncoding.EncodeToString(hash[:]), claims
		response, err := http.PostForm(p.URL+"/token", url.Values{"code": {"the-code"}, "code_verifier": {"v"}})
		if err != nil {
			t.Fatal(err)
		}
		var made struct {
			Token string `json:"id_token"`
		}
		defer func() { _ = response.Body.Close() }()
		if err := json.NewDecoder(response.Body).Decode(&made); err != nil {
			t.Fatal(err)
		}
		status, _ := x.post(t, "/abmeldung", url.Values{"logout_token": {made.Token}})
		return status
	}
	events := map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}
	for name, claims := range map[string]map[string]any{
		"an ID token": {"sid": "sitzung"}, "for another": {"sid": "sitzung", "events": events, "aud": "another"}, "without a session": {"events": events},
	} {
		if status := logout(claims); status != http.StatusBadRequest {
			t.Errorf("%s: status %d", name, status)
		}
	}
	if _, page := x.get(t, "/meine-abholungen"); !strings.Contains(page, "Guten Tag") {
		t.Fatal("signed out")
	}
	if status := logout(map[string]any{"sid": "sitzung", "events": events}); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	if _, page := x.get(t, "/meine-abholungen"); strings.Contains(page, "Guten Tag") {
		t.Error("still signed in")
	}
}
