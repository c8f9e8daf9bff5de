package signin_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	oidcclient "github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"portalverbund/api/types"
)

const library = "https://bibliothek.example/zurueck"

// administrator gives a browser that is signed in as an administrator of the account home.
func (a *association) administrator() *browser {
	a.t.Helper()
	_, err := a.home().accounts.CreateStaff(a.t.Context(), "leitung@example.org", "Lena Landrat", password, []string{"admin"})
	must(a.t, err)
	b := newBrowser(a.t)
	if r := b.signIn(a.home(), "leitung@example.org", password); r.status != http.StatusOK {
		a.t.Fatalf("administrator: %d %s", r.status, r.body)
	}
	return b
}

// website is a right registration.
func website() types.ClientRegistration {
	return types.ClientRegistration{
		Kind: types.ClientWeb, Name: "Stadtbibliothek", Purpose: types.ClientPurpose{De: "Ihre Ausleihen", En: ptr("Your loans")}, Authentication: types.ClientSecretAuthentication,
		Scopes: []types.ClientScope{types.ScopeOpenid, types.ScopeProfile, types.ScopeOffline}, RedirectUris: []string{library}, PostLogoutRedirectUris: []string{}, Active: true,
	}
}

func ptr[T any](v T) *T { return &v }

// register registers an application and gives it with its secret.
func (a *association) register(admin *browser, c types.ClientRegistration) types.ClientWithSecret {
	a.t.Helper()
	r := admin.call(http.MethodPost, a.home(), "/api/v1/admin/clients", c, "Idempotency-Key", uuid.NewString())
	if r.status != http.StatusCreated {
		a.t.Fatalf("register: %d %s", r.status, r.body)
	}
	var out types.ClientWithSecret
	r.decode(a.t, &out)
	return out
}

// redeemAs exchanges a code as a registered application with a secret.
func (a *association) redeemAs(id, secret, code string) tokens {
	a.t.Helper()
	form := redeemForm(code, "redirect_uri", library)
	r, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, a.home().ref.Url+"/oauth2/token", strings.NewReader(form.Encode()))
	must(a.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(id, secret)
	got := newBrowser(a.t).do(r)
	out := tokens{status: got.status}
	got.decode(a.t, &out)
	return out
}

// codeFor goes through an authorization request of a registered application.
func (a *association) codeFor(b *browser, id string) string {
	a.t.Helper()
	return a.code(b, "client_id", id, "redirect_uri", library, "scope", "openid profile offline_access")
}

func TestClient_Registered_SignsPeopleIn_SecretShownOnce(t *testing.T) {
	t.Parallel()
	a, b := signedIn(t)
	admin := a.administrator()
	key := uuid.NewString()
	var made, again types.ClientWithSecret
	admin.call(http.MethodPost, a.home(), "/api/v1/admin/clients", website(), "Idempotency-Key", key).decode(t, &made)
	admin.call(http.MethodPost, a.home(), "/api/v1/admin/clients", website(), "Idempotency-Key", key).decode(t, &again)
	if made.Secret == nil || again.Secret != nil || again.Client.Id != made.Client.Id {
		t.Fatalf("made %+v, again %+v", made, again)
	}
	id := made.Client.Id
	page := b.visit(a.authorizeURL("client_id", id, "redirect_uri", library, "scope", "openid profile")).location
	var request types.SignInRequest
	b.call(http.MethodGet, a.home(), "/api/v1/signin/requests/"+requestID(t, page), nil).decode(t, &request)
	if request.Purpose == nil || *request.Purpose != "Ihre Ausleihen" || request.ClientName != "Stadtbibliothek" {
		t.Errorf("the person is asked: %+v", request)
	}
	if got := a.redeemAs(id, *made.Secret, a.codeFor(b, id)); got.Access == "" || got.Refresh == "" {
		t.Fatalf("%+v", got)
	}
	if got := a.redeemAs(id, *made.Secret+"x", a.codeFor(b, id)); got.Error != "invalid_client" || got.status != http.StatusUnauthorized {
		t.Errorf("wrong secret: %+v", got)
	}
	if r := admin.call(http.MethodGet, a.home(), "/api/v1/admin/clients/"+id, nil); strings.Contains(string(r.body), *made.Secret) {
		t.Error("the secret is shown again")
	}
	var hits int
	must(t, a.home().db.From(t.Context()).Raw("SELECT count(*) FROM oidc_client_secrets s, idempotency_keys k WHERE encode(s.hash, 'escape') LIKE ? OR encode(k.response, 'escape') LIKE ?",
		"%"+*made.Secret+"%", "%"+*made.Secret+"%").Row().Scan(&hits))
	if hits != 0 {
		t.Error("the secret is kept readable")
	}
}

func TestClient_SecretRotated_BothGoodDuringTheOverlap(t *testing.T) {
	t.Parallel()
	a, b := signedIn(t)
	admin := a.administrator()
	made := a.register(admin, website())
	path := "/api/v1/admin/clients/" + made.Client.Id
	var second types.ClientWithSecret
	admin.call(http.MethodPost, a.home(), path+"/secrets", types.SecretRotation{OverlapHours: 1}, "Idempotency-Key", uuid.NewString()).decode(t, &second)
	for name, secret := range map[string]string{"former": *made.Secret, "new": *second.Secret} {
		if got := a.redeemAs(made.Client.Id, secret, a.codeFor(b, made.Client.Id)); got.Access == "" {
			t.Errorf("%s secret during the overlap: %+v", name, got)
		}
	}
	a.clock.advance(25 * time.Minute) // the session stays
	b.session(a.home())
	a.clock.advance(25 * time.Minute)
	b.session(a.home())
	a.clock.advance(11 * time.Minute)
	if got := a.redeemAs(made.Client.Id, *made.Secret, a.codeFor(b, made.Client.Id)); got.Error != "invalid_client" {
		t.Errorf("former secret after the overlap: %+v", got)
	}
	if got := a.redeemAs(made.Client.Id, *second.Secret, a.codeFor(b, made.Client.Id)); got.Access == "" {
		t.Errorf("new secret: %+v", got)
	}
	var known types.RegisteredClient
	admin = newBrowser(t)
	admin.signIn(a.home(), "leitung@example.org", password)
	admin.call(http.MethodGet, a.home(), path, nil).decode(t, &known)
	if len(known.Secrets) != 1 {
		t.Fatalf("%d secrets are left", len(known.Secrets))
	}
	if r := admin.call(http.MethodDelete, a.home(), path+"/secrets/"+known.Secrets[0].Id.String(), nil); r.status != http.StatusConflict {
		t.Errorf("the only secret ended: %d", r.status)
	}
	if r := admin.call(http.MethodDelete, a.home(), path+"/secrets/"+uuid.NewString(), nil); r.status != http.StatusNotFound {
		t.Errorf("unknown secret: %d", r.status)
	}
}

func TestClient_SwitchedOffOrRemoved_TokensEndAtOnce(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"switched off", "removed"} {
		a, b := signedIn(t)
		admin := a.administrator()
		made := a.register(admin, website())
		id, path := made.Client.Id, "/api/v1/admin/clients/"+made.Client.Id
		got := a.redeemAs(id, *made.Secret, a.codeFor(b, id))
		if _, err := a.home().caller(t.Context(), got.Access); err != nil {
			t.Fatal(err)
		}
		code := a.codeFor(b, id)
		if how == "removed" {
			if r := admin.call(http.MethodDelete, a.home(), path, nil, "If-Match", `"1"`); r.status != http.StatusNoContent {
				t.Fatalf("%d %s", r.status, r.body)
			}
		} else {
			c := website()
			change := types.ClientChange{Name: c.Name, Purpose: c.Purpose, Authentication: c.Authentication, Scopes: c.Scopes, RedirectUris: c.RedirectUris, PostLogoutRedirectUris: []string{}}
			if r := admin.call(http.MethodPut, a.home(), path, change, "If-Match", `"7"`); r.status != http.StatusPreconditionFailed {
				t.Errorf("changed over another's change: %d", r.status)
			}
			if r := admin.call(http.MethodPut, a.home(), path, change, "If-Match", `"1"`); r.status != http.StatusOK {
				t.Fatalf("%d %s", r.status, r.body)
			}
		}
		if _, err := a.home().caller(t.Context(), got.Access); err == nil {
			t.Errorf("%s: the access token is still good", how)
		}
		if got := a.redeemAs(id, *made.Secret, code); got.Access != "" {
			t.Errorf("%s: the code is still good", how)
		}
		if location := b.visit(a.authorizeURL("client_id", id, "redirect_uri", library)).location; strings.HasPrefix(location, library) {
			t.Errorf("%s: still led to it: %s", how, location)
		}
	}
}

func TestClient_WrongRegistration_IsRefusedFieldByField(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1)
	admin := a.administrator()
	native := func(addresses ...string) types.ClientRegistration {
		c := website()
		c.Kind, c.Authentication, c.RedirectUris = types.ClientNative, types.NoAuthentication, addresses
		return c
	}
	with := func(change func(*types.ClientRegistration)) types.ClientRegistration {
		c := website()
		change(&c)
		return c
	}
	redirect := func(address string) types.ClientRegistration {
		return with(func(c *types.ClientRegistration) { c.RedirectUris = []string{address} })
	}
	for name, tt := range map[string]struct {
		client  types.ClientRegistration
		pointer string // empty: right
	}{
		"http to elsewhere":               {redirect("http://bibliothek.example/zurueck"), "/redirectUris/0"},
		"fragment":                        {redirect(library + "#teil"), "/redirectUris/0"},
		"wildcard":                        {redirect("https://*.bibliothek.example/"), "/redirectUris/0"},
		"user in the address":             {redirect("https://bibliothek.example@boese.example/"), "/redirectUris/0"},
		"path upwards":                    {redirect("https://bibliothek.example/a/../b"), "/redirectUris/0"},
		"script":                          {redirect("javascript:alert(1)"), "/redirectUris/0"},
		"data":                            {redirect("data:text/html,x"), "/redirectUris/0"},
		"no host":                         {redirect("https:///zurueck"), "/redirectUris/0"},
		"backslash":                       {redirect(`https://bibliothek.example\@boese.example/`), "/redirectUris/0"},
		"scheme of its own for a website": {redirect("de.meppen.app:/zurueck"), "/redirectUris/0"},
		"no address":                      {with(func(c *types.ClientRegistration) { c.RedirectUris = []string{} }), "/redirectUris"},
		"website without a secret":        {with(func(c *types.ClientRegistration) { c.Authentication = types.NoAuthentication }), "/authentication"},
		"keys and no address of them":     {with(func(c *types.ClientRegistration) { c.Authentication = types.PrivateKeyJwtAuthentication }), "/jwksUri"},
		"private key": {with(func(c *types.ClientRegistration) {
			c.Authentication, c.Jwks = types.PrivateKeyJwtAuthentication, ptr(`{"keys":[{"kty":"oct","k":"AAAA"}]}`)
		}), "/jwks"},
		"logout address by http":   {with(func(c *types.ClientRegistration) { c.BackChannelLogoutUri = ptr("http://bibliothek.example/abmeldung") }), "/backChannelLogoutUri"},
		"deliveries for a website": {with(func(c *types.ClientRegistration) { c.Scopes = append(c.Scopes, types.ScopeDeliveriesRead) }), "/scopes/3"},
		"no openid":                {with(func(c *types.ClientRegistration) { c.Scopes = []types.ClientScope{types.ScopeProfile} }), "/scopes"},
		"machine with people": {with(func(c *types.ClientRegistration) {
			c.Kind, c.Scopes = types.ClientMachine, []types.ClientScope{types.ScopeDeliveriesRead}
		}), "/redirectUris"},
		"app with a secret":                            {with(func(c *types.ClientRegistration) { c.Kind = types.ClientNative }), "/authentication"},
		"app by http to elsewhere":                     {native("http://bibliothek.example/"), "/redirectUris/0"},
		"app with localhost by name":                   {native("http://localhost/zurueck"), "/redirectUris/0"},
		"app with a scheme that anyone has":            {native("bibliothek:/zurueck"), "/redirectUris/0"},
		"app: its own scheme, loopback, claimed https": {native("de.meppen.app:/zurueck", "http://127.0.0.1/zurueck", "http://[::1]/zurueck", "https://app.meppen.example/zurueck"), ""},
	} {
		r := admin.call(http.MethodPost, a.home(), "/api/v1/admin/clients", tt.client, "Idempotency-Key", uuid.NewString())
		var p types.Problem
		r.decode(t, &p)
		if tt.pointer == "" {
			if r.status != http.StatusCreated {
				t.Errorf("%s: %d %s", name, r.status, r.body)
			}
			continue
		}
		if r.status != http.StatusUnprocessableEntity || p.Errors == nil || (*p.Errors)[0].Pointer != tt.pointer || (*p.Errors)[0].Message == "" {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	other := a.portals[1]
	_, err := other.accounts.CreateStaff(t.Context(), "leitung@example.org", "Mats Marktplatz", password, []string{"admin"})
	must(t, err)
	b := newBrowser(t)
	b.signIn(other, "leitung@example.org", password)
	if r := b.call(http.MethodPost, other, "/api/v1/admin/clients", website(), "Idempotency-Key", uuid.NewString()); r.code() != "not-account-home" {
		t.Errorf("at a portal without accounts: %d %s", r.status, r.body)
	}
}

func TestClient_Acts_AreAudited(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 0)
	admin := a.administrator()
	made := a.register(admin, website())
	path := "/api/v1/admin/clients/" + made.Client.Id
	admin.call(http.MethodPost, a.home(), path+"/secrets", types.SecretRotation{OverlapHours: 1}, "Idempotency-Key", uuid.NewString())
	admin.call(http.MethodDelete, a.home(), path, nil, "If-Match", `"1"`)
	admin.call(http.MethodPost, a.home(), "/api/v1/admin/signing-keys", nil)
	var actions []string
	must(t, a.home().db.From(t.Context()).Raw("SELECT action || ' ' || object FROM audit_entries WHERE actor_kind = 'staff' ORDER BY id").Scan(&actions).Error)
	object := " client:" + made.Client.Id
	want := []string{"client.create" + object, "client.secret.create" + object, "client.delete" + object, "signing-key.replace portal"}
	if fmt.Sprint(actions) != fmt.Sprint(want) {
		t.Errorf("audited %v, want %v", actions, want)
	}
}

// keyServer publishes a client's keys, which can be changed.
type keyServer struct {
	mu  sync.Mutex
	set jose.JSONWebKeySet
}

func (k *keyServer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	_ = json.NewEncoder(w).Encode(k.set)
}

func (k *keyServer) publish(t *testing.T, id string) *ecdsa.PrivateKey {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.set = jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: private.Public(), KeyID: id, Algorithm: "ES256", Use: "sig"}}}
	return private
}

func TestClient_PrivateKeyJWT_KeysAtItsAddress_ChangeWithoutUs(t *testing.T) {
	t.Parallel()
	a, b := signedIn(t)
	admin := a.administrator()
	published := &keyServer{}
	server := httptest.NewServer(published)
	t.Cleanup(server.Close)
	first := published.publish(t, "eins")
	c := website()
	c.Authentication, c.JwksUri = types.PrivateKeyJwtAuthentication, ptr(server.URL+"/jwks")
	made := a.register(admin, c)
	if made.Secret != nil {
		t.Error("there is a secret beside the keys")
	}
	id := made.Client.Id
	assertion := func(key *ecdsa.PrivateKey, kid string, audience ...string) string {
		now := a.clock.Now()
		token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.RegisteredClaims{
			Issuer: id, Subject: id, Audience: audience, ID: uuid.NewString(), IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(time.Minute)),
		})
		token.Header["kid"] = kid
		signed, err := token.SignedString(key)
		must(t, err)
		return signed
	}
	redeem := func(assertion string) tokens {
		return a.token(redeemForm(a.codeFor(b, id), "redirect_uri", library, "client_assertion", assertion, "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"))
	}
	if got := redeem(assertion(first, "eins", a.home().ref.Id)); got.Access == "" {
		t.Fatalf("%+v", got)
	}
	if got := redeem(assertion(first, "eins", a.home().ref.Id+"/oauth2/token")); got.Error != "invalid_client" {
		t.Errorf("for the token endpoint instead of the issuer: %+v", got)
	}
	second := published.publish(t, "zwei")
	a.clock.advance(time.Minute)
	if got := redeem(assertion(second, "zwei", a.home().ref.Id)); got.Access == "" {
		t.Errorf("new key: %+v", got)
	}
	if got := redeem(assertion(first, "eins", a.home().ref.Id)); got.Error != "invalid_client" {
		t.Errorf("key that is no longer published: %+v", got)
	}
	if got := a.redeemAs(id, "irgendetwas", a.codeFor(b, id)); got.Error != "invalid_client" {
		t.Errorf("a secret where there is none: %+v", got)
	}
}

// logouts are the logout tokens that a client was given.
type logouts struct {
	tokens chan string
	refuse sync.Map // how many still to answer with 503
}

func (l *logouts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	if _, loaded := l.refuse.LoadAndDelete("once"); loaded {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	l.tokens <- form.Get("logout_token")
}

// work has a portal do its jobs until the test ends.
func (a *association) work(p *portal) {
	a.t.Helper()
	must(a.t, p.jobs.Start(a.t.Context()))
	a.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = p.jobs.Stop(ctx)
	})
}

func TestBackChannelLogout_EndsEverySessionOfThatSignIn_EvenWhenTheClientWasAway(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 2)
	a.work(a.home())
	a.citizen("clara@example.org")
	meppen, lathen, b, elsewhere := a.portals[1], a.portals[2], newBrowser(t), newBrowser(t)
	receiver := &logouts{tokens: make(chan string, 4)}
	receiver.refuse.Store("once", true)
	server := httptest.NewServer(receiver)
	t.Cleanup(server.Close)
	c := website()
	c.BackChannelLogoutUri = ptr(server.URL + "/abmeldung")
	made := a.register(a.administrator(), c)
	a.signInAt(b, meppen, "/")
	a.signInAt(b, lathen, "/")
	a.signInAt(elsewhere, lathen, "/") // another sign-in of the same person
	got := a.redeemAs(made.Client.Id, *made.Secret, a.codeFor(b, made.Client.Id))
	r := b.call(http.MethodDelete, meppen, "/api/v1/session", nil, "X-CSRF-Token", b.session(meppen).CsrfToken)
	var to types.Redirect
	r.decode(t, &to)
	b.follow(*to.RedirectTo)
	var token string
	select {
	case token = <-receiver.tokens:
	case <-time.After(30 * time.Second):
		t.Fatal("the client was not told")
	}
	ctx := oidcclient.ClientContext(t.Context(), a.client)
	op, err := oidcclient.NewProvider(ctx, a.home().ref.Id)
	must(t, err)
	logout, err := op.Verifier(&oidcclient.Config{ClientID: made.Client.Id, SupportedSigningAlgs: []string{oidcclient.ES256}, Now: a.clock.Now}).Verify(ctx, token)
	must(t, err)
	id, err := op.Verifier(&oidcclient.Config{ClientID: made.Client.Id, SupportedSigningAlgs: []string{oidcclient.ES256}, Now: a.clock.Now}).Verify(ctx, got.ID)
	must(t, err)
	var ended, begun struct {
		Session string `json:"sid"`
	}
	must(t, logout.Claims(&ended))
	must(t, id.Claims(&begun))
	if ended.Session == "" || ended.Session != begun.Session || logout.Subject != id.Subject {
		t.Errorf("logout of %q %q, sign-in %q %q", ended.Session, logout.Subject, begun.Session, id.Subject)
	}
	eventually(t, func() bool { return !b.session(lathen).SignedIn })
	if !elsewhere.session(lathen).SignedIn {
		t.Error("another sign-in of the same person has ended, too")
	}
	if got := a.token(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {got.Refresh}, "client_id": {made.Client.Id}, "client_secret": {*made.Secret}}); got.Access != "" {
		t.Error("the refresh token outlives the session")
	}
}

// eventually waits for a condition.
func eventually(t testing.TB, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if condition() {
			return
		}
	}
	t.Fatal("it did not happen")
}

func TestBackChannelLogout_NotRight_EndsNothing(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1)
	a.citizen("clara@example.org")
	p, b := a.portals[1], newBrowser(t)
	a.signInAt(b, p, "/")
	var session string
	must(t, p.db.From(t.Context()).Raw("SELECT home_session FROM sessions").Row().Scan(&session))
	now := a.clock.Now()
	right := func() jwt.MapClaims {
		return jwt.MapClaims{
			"iss": a.home().ref.Id, "aud": p.ref.Id, "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(), "jti": uuid.NewString(), "sid": session,
			"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
		}
	}
	post := func(key any, typ, kid string, method jwt.SigningMethod, claims jwt.MapClaims) int {
		token := jwt.NewWithClaims(method, claims)
		token.Header["typ"], token.Header["kid"] = typ, kid
		signed, err := token.SignedString(key)
		must(t, err)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.ref.Url+"/oauth2/backchannel-logout", strings.NewReader(url.Values{"logout_token": {signed}}.Encode()))
		must(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return newBrowser(t).do(r).status
	}
	home, kid := a.home().keys.Private(), a.home().keys.Signing.KeyID
	with := func(name string, value any) jwt.MapClaims {
		c := right()
		if value == nil {
			delete(c, name)
		} else {
			c[name] = value
		}
		return c
	}
	for name, claims := range map[string]jwt.MapClaims{
		"for another portal": with("aud", a.home().ref.Id), "of another issuer": with("iss", p.ref.Id), "without the event": with("events", map[string]any{}),
		"with a nonce": with("nonce", "n"), "without a session": with("sid", nil), "of yesterday": with("iat", now.Add(-24*time.Hour).Unix()), "run out": with("exp", now.Add(-time.Minute).Unix()),
		"from the future": with("iat", now.Add(time.Hour).Unix()),
	} {
		if status := post(home, "logout+jwt", kid, jwt.SigningMethodES256, claims); status != http.StatusBadRequest {
			t.Errorf("%s: %d", name, status)
		}
	}
	if status := post(home, "JWT", kid, jwt.SigningMethodES256, right()); status != http.StatusBadRequest {
		t.Errorf("an ID token's type: %d", status)
	}
	if status := post(p.keys.Private(), "logout+jwt", kid, jwt.SigningMethodES256, right()); status != http.StatusBadRequest {
		t.Errorf("signed by another: %d", status)
	}
	if status := post([]byte("x"), "logout+jwt", kid, jwt.SigningMethodHS256, right()); status != http.StatusBadRequest {
		t.Errorf("HS256: %d", status)
	}
	if !b.session(p).SignedIn {
		t.Fatal("signed out")
	}
	if status := post(home, "logout+jwt", kid, jwt.SigningMethodES256, right()); status != http.StatusOK {
		t.Errorf("right: %d", status)
	}
	if b.session(p).SignedIn {
		t.Error("still signed in")
	}
}

func TestSigningKeys_Rotate_NobodySeesAGap(t *testing.T) {
	t.Parallel()
	a, b := signedIn(t)
	ctx := oidcclient.ClientContext(t.Context(), a.client)
	op, err := oidcclient.NewProvider(ctx, a.home().ref.Id)
	must(t, err)
	verifier := op.Verifier(&oidcclient.Config{ClientID: "entsorgung", SupportedSigningAlgs: []string{oidcclient.ES256}, Now: a.clock.Now, SkipExpiryCheck: true})
	published := func() string {
		return string(newBrowser(t).visit(a.home().ref.Url + "/oauth2/keys").body)
	}
	signer := func(token string) string {
		parsed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
		must(t, err)
		return parsed.Signatures[0].Header.KeyID
	}
	before := a.token(redeemForm(a.code(b)))
	firstKey := signer(before.ID)
	a.clock.advance(31 * 24 * time.Hour)
	must(t, a.home().oidc.RotateKeys(t.Context(), false))
	b = newBrowser(t)
	b.signIn(a.home(), "clara@example.org", password)
	during := a.token(redeemForm(a.code(b)))
	if signer(during.ID) != firstKey || strings.Count(published(), `"kid"`) != 2 {
		t.Errorf("signs with %s, published %s", signer(during.ID), published())
	}
	a.clock.advance(61 * time.Minute)
	b.signIn(a.home(), "clara@example.org", password)
	after := a.token(redeemForm(a.code(b)))
	secondKey := signer(after.ID)
	if secondKey == firstKey || !strings.Contains(published(), secondKey) || !strings.Contains(published(), firstKey) {
		t.Errorf("signs with %s, published %s", secondKey, published())
	}
	for name, token := range map[string]string{"before": before.ID, "during": during.ID, "after": after.ID} {
		if _, err := verifier.Verify(ctx, token); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	a.clock.advance(50 * time.Hour)
	must(t, a.home().oidc.RotateKeys(t.Context(), false))
	if strings.Contains(published(), firstKey) {
		t.Error("the former key is published for ever")
	}
	if r := b.visit(a.home().ref.Url + "/oauth2/end-session?" + url.Values{"id_token_hint": {after.ID}}.Encode()); r.status != http.StatusFound {
		t.Errorf("%d", r.status)
	}
}

func TestSigningKeys_Replaced_WhatTheFormerSignedIsRefused(t *testing.T) {
	t.Parallel()
	a, b := signedIn(t)
	before := a.token(redeemForm(a.code(b)))
	admin := a.administrator()
	var list types.SigningKeyList
	admin.call(http.MethodPost, a.home(), "/api/v1/admin/signing-keys", nil).decode(t, &list)
	if len(list.Items) != 1 || !list.Items[0].Signing {
		t.Errorf("%+v", list)
	}
	if _, err := a.home().caller(t.Context(), before.Access); err == nil {
		t.Error("a token of the key that has become known is still good")
	}
	after := a.token(redeemForm(a.code(b)))
	if _, err := a.home().caller(t.Context(), after.Access); err != nil {
		t.Error(err)
	}
}

func TestClientCheck_SaysWhatIsWrong_CallsNothingPrivate(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 0)
	admin := a.administrator()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /zurueck", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) })
	mux.HandleFunc("POST /abmeldung", func(http.ResponseWriter, *http.Request) {}) // takes everything
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	c := website()
	c.RedirectUris, c.BackChannelLogoutUri = []string{server.URL + "/zurueck", server.URL + "/fehlt", "https://10.0.0.1/zurueck", "https://gibt-es-nicht.invalid/"}, ptr(server.URL+"/abmeldung")
	made := a.register(admin, c)
	var list types.ClientCheckList
	admin.call(http.MethodPost, a.home(), "/api/v1/admin/clients/"+made.Client.Id+"/checks", nil).decode(t, &list)
	var outcomes []string
	for _, item := range list.Items {
		outcomes = append(outcomes, string(item.Subject)+" "+string(item.Outcome))
	}
	want := "[redirectUri ok redirectUri warning redirectUri failed redirectUri failed backChannelLogoutUri failed secret ok]"
	if fmt.Sprint(outcomes) != want {
		t.Errorf("%v %+v", outcomes, list)
	}
	if len(list.Items) > 2 && list.Items[2].Message != "Diese Adresse ist nicht öffentlich; das Portal ruft sie nicht auf." {
		t.Errorf("private address: %q", list.Items[2].Message)
	}
}
