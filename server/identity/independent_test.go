package identity_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
)

// independent is an identity provider that nobody here wrote, in a process of its own.
type independent struct {
	t       *testing.T
	address string
}

// startIndependent starts a program of testdata on Node.js. `npm test` brings its packages; without them the test is skipped there alone.
func startIndependent(t *testing.T, script string, arguments ...string) independent {
	t.Helper()
	if _, err := os.Stat(filepath.Join("..", "..", "node_modules", "oidc-provider")); err != nil && os.Getenv("PORTALVERBUND_BIN") == "" {
		t.Skip("needs the Node packages: npm ci")
	}
	command := exec.CommandContext(t.Context(), "node", append([]string{"--no-deprecation", filepath.Join("testdata", script)}, arguments...)...)
	var complaints bytes.Buffer
	command.Stderr = &complaints
	input, err := command.StdinPipe() // it ends when this is closed
	require.NoError(t, err)
	output, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = input.Close()
		_ = command.Wait() // its end is all that is wanted
		if t.Failed() {
			t.Log(complaints.String())
		}
	})
	line, err := bufio.NewReader(output).ReadString('\n')
	require.NoError(t, err, complaints.String())
	return independent{t, strings.TrimSpace(line)}
}

// setPerson says who is there.
func (i independent) setPerson(person map[string]any) {
	i.t.Helper()
	text, err := json.Marshal(person)
	require.NoError(i.t, err)
	r, err := http.NewRequestWithContext(i.t.Context(), http.MethodPost, i.address+"/person", bytes.NewReader(text))
	require.NoError(i.t, err)
	response, err := http.DefaultClient.Do(r)
	require.NoError(i.t, err)
	require.NoError(i.t, response.Body.Close())
	require.Equal(i.t, http.StatusOK, response.StatusCode)
}

const stork = "STORK-QAA-Level-"

func citizenOf(level, id string) map[string]any {
	return map[string]any{
		"nameId": "transient-" + id, "context": stork + level,
		"attributes": map[string]string{
			"urn:oid:1.3.6.1.4.1.25484.494450.3": id, "urn:oid:1.2.40.0.10.2.1.1.261.94": stork + level, "urn:oid:2.5.4.42": "Jürgen",
			"urn:oid:2.5.4.4": "Größmann & <Söhne>", "urn:oid:1.2.40.0.10.2.1.1.55": "1970-02-28", "urn:oid:2.5.4.16": "Straße des 17. Juni 4 a",
		},
	}
}

// atSAML starts an account home with an identity provider by samlp.
func atSAML(t *testing.T) (h *home, idp independent) {
	t.Helper()
	h = startHome(t, func(portal string) []map[string]any {
		idp = startIndependent(t, "saml-idp.mjs", keyFile(t), portal+"/identity/land")
		return []map[string]any{{
			"id": "land", "kind": "saml", "profile": "bundid", "name": map[string]string{"de": "Konto des Landes"}, "metadata": idp.address + "/metadata", "key": keyFile(t),
		}}
	})
	return h, idp
}

// straight goes to an identity provider that asks nothing, and back.
func (b *browser) straight(query string) string {
	b.h.t.Helper()
	f := b.start("land", query)
	page := b.send(f)
	require.Equal(b.h.t, http.StatusOK, page.status, "%s", page.body)
	return b.comeBack(formIn(b.h.t, string(page.body), f.action))
}

// TestIndependentSAML_SignsIn: samlp checks this portal's signed requests, and its signed and encrypted assertions sign people in.
func TestIndependentSAML_SignsIn(t *testing.T) {
	t.Parallel()
	h, idp := atSAML(t)
	idp.setPerson(citizenOf("3", "bpk-1"))
	b := h.browser()
	path, a := b.arrived(b.straight("level=substantial&returnTo=/antraege"))
	require.Equal(t, types.Substantial, a.Level)
	require.Equal(t, "Jürgen Größmann & <Söhne>", a.Name)
	b.session()
	var s types.Session
	b.call(http.MethodPost, path+"/account", types.ArrivalAccount{Items: []types.ProfileItem{"birthDate", "street", "houseNumber"}}, &s)
	require.Equal(t, types.Substantial, *s.TrustLevel)
	var profile types.Profile
	b.call(http.MethodGet, "/api/v1/account/profile", nil, &profile)
	require.Equal(t, "1970-02-28", profile.BirthDate.String())
	require.Equal(t, "Straße des 17. Juni", *profile.Street)
	require.Equal(t, "4 a", *profile.HouseNumber)

	require.Equal(t, "/antraege", h.browser().straight("returnTo=/antraege"), "known from now on")
	idp.setPerson(citizenOf("3", "bpk-2"))
	other := h.browser()
	other.arrived(other.straight(""))
}

func TestIndependentSAML_LessOrOtherThanAsked_IsRefused(t *testing.T) {
	t.Parallel()
	h, idp := atSAML(t)
	for level, reason := range map[string]string{"1": "level", "17": "identity_failed"} {
		idp.setPerson(citizenOf(level, "bpk-1"))
		require.Equal(t, "/anmelden?error="+reason+"&level=substantial", h.browser().straight("level=substantial"), level)
	}
	both := citizenOf("3", "bpk-1")
	both["signResponse"] = true
	idp.setPerson(both)
	b := h.browser()
	b.arrived(b.straight("level=substantial"))
}

// TestIndependentSAML_RequestChanged_IsRefusedThere: the other side refuses a request that was changed on its way.
func TestIndependentSAML_RequestChanged_IsRefusedThere(t *testing.T) {
	t.Parallel()
	h, idp := atSAML(t)
	idp.setPerson(citizenOf("3", "bpk-1"))
	b := h.browser()
	f := b.start("land", "level=high")
	document, err := base64.StdEncoding.DecodeString(f.values.Get("SAMLRequest"))
	require.NoError(t, err)
	require.Contains(t, string(document), stork+"4")
	f.values.Set("SAMLRequest", base64.StdEncoding.EncodeToString(bytes.ReplaceAll(document, []byte(stork+"4"), []byte(stork+"1"))))
	require.Equal(t, http.StatusBadRequest, b.send(f).status)
}

// atOpenID starts an account home with an OpenID Provider by oidc-provider, which names levels in its own way: configuration, and no code.
func atOpenID(t *testing.T) (h *home, idp independent) {
	t.Helper()
	h = startHome(t, func(portal string) []map[string]any {
		idp = startIndependent(t, "openid-provider.mjs", portal+"/identity/eid/callback")
		return []map[string]any{{
			"id": "eid", "kind": "oidc", "profile": "openid", "name": map[string]string{"de": "eID-Dienst"}, "issuer": idp.address,
			"clientId": "portal", "clientSecret": "ein langes Geheimnis: mit+Zeichen",
			"levels": map[string]string{"urn:example:normal": "low", "urn:example:substantiell": "substantial", "urn:example:hoch": "high"},
			"ask":    map[string]string{"low": "urn:example:normal", "substantial": "urn:example:substantiell", "high": "urn:example:hoch"},
		}}
	})
	return h, idp
}

// around follows the redirects of an OpenID Provider that asks nothing, and gives the page of the portal that is reached, with the address that
// the answer came to.
func (b *browser) around(query string) (page, callback string) {
	b.h.t.Helper()
	return b.aroundAt("eid", query)
}

// aroundAt is around, for one of several.
func (b *browser) aroundAt(provider, query string) (page, callback string) {
	b.h.t.Helper()
	address := b.h.ref.Url + "/api/v1/identity/providers/" + provider + "/start?" + query
	for range 10 {
		r := b.visit(address)
		require.NotEmpty(b.h.t, r.location, "%s: %d %s", address, r.status, r.body)
		at, err := url.Parse(address)
		require.NoError(b.h.t, err)
		to, err := at.Parse(r.location)
		require.NoError(b.h.t, err)
		if strings.HasSuffix(to.Path, "/anmelden") || (strings.HasPrefix(address, b.h.ref.Url+"/api/v1/identity/finish")) {
			return strings.TrimPrefix(to.String(), b.h.ref.Url), callback
		}
		address = to.String()
		if strings.Contains(to.Path, "/callback") {
			callback = address
		}
	}
	b.h.t.Fatal("no end")
	return "", ""
}

// TestIndependentOpenID_SignsIn: a further account is configuration; its answers sign people in, with the level that it states.
func TestIndependentOpenID_SignsIn(t *testing.T) {
	t.Parallel()
	h, idp := atOpenID(t)
	idp.setPerson(map[string]any{
		"id": "person-1", "acr": "urn:example:substantiell",
		"claims": map[string]string{"given_name": "Aylin", "family_name": "Yıldız-Öztürk", "birthdate": "1999-12-31", "email": "aylin@example.org"},
	})
	b := h.browser()
	page, callback := b.around("level=substantial&returnTo=/antraege")
	path, a := b.arrived(page)
	require.Equal(t, types.Substantial, a.Level)
	require.Equal(t, "Aylin Yıldız-Öztürk", a.Name)
	require.Equal(t, "aylin@example.org", *a.Email)
	b.session()
	var s types.Session
	b.call(http.MethodPost, path+"/account", types.ArrivalAccount{Items: []types.ProfileItem{"birthDate"}}, &s)
	require.Equal(t, types.Substantial, *s.TrustLevel)
	require.Contains(t, *s.Methods, "eid")
	var profile types.Profile
	b.call(http.MethodGet, "/api/v1/account/profile", nil, &profile)
	require.Equal(t, "1999-12-31", profile.BirthDate.String())

	again := h.browser()
	page, _ = again.around("returnTo=/antraege")
	require.Equal(t, "/antraege", page, "without a level that is asked for")
	require.Equal(t, types.Substantial, *again.session().TrustLevel)
	require.Equal(t, "/anmelden?error=expired", b.visit(callback).location, "an answer counts once")
	require.Equal(t, "/anmelden?error=expired", h.browser().visit(callback).location)
}

func TestIndependentOpenID_NotRight_IsRefused(t *testing.T) {
	t.Parallel()
	h, idp := atOpenID(t)
	idp.setPerson(map[string]any{"id": "person-1", "acr": "urn:example:normal", "claims": map[string]string{"given_name": "Aylin"}})
	page, _ := h.browser().around("level=high")
	require.Equal(t, "/anmelden?error=level&level=high", page)
	idp.setPerson(map[string]any{"id": "person-1", "claims": map[string]string{"given_name": "Aylin"}})
	page, _ = h.browser().around("")
	require.Equal(t, "/anmelden?error=identity_failed", page, "a level that is not stated")
	idp.setPerson(map[string]any{"refuses": true})
	page, _ = h.browser().around("returnTo=/antraege")
	require.Equal(t, "/anmelden?error=access_denied&returnTo=%2Fantraege", page)
}

// TestIndependentOpenID_SameSubjectElsewhere_IsSomebodyElse: an identifier counts at the one who gave it.
func TestIndependentOpenID_SameSubjectElsewhere_IsSomebodyElse(t *testing.T) {
	t.Parallel()
	ids := []string{"eins", "zwei"}
	h := startHome(t, func(portal string) (list []map[string]any) {
		for _, id := range ids {
			idp := startIndependent(t, "openid-provider.mjs", portal+"/identity/"+id+"/callback")
			idp.setPerson(map[string]any{"id": "person-1", "acr": "low", "claims": map[string]string{"given_name": "Aylin", "family_name": "Yıldız"}})
			list = append(list, map[string]any{
				"id": id, "kind": "oidc", "profile": "openid", "name": map[string]string{"de": id}, "issuer": idp.address,
				"clientId": "portal", "clientSecret": "ein langes Geheimnis: mit+Zeichen", "ask": map[string]string{"low": "urn:example:normal"},
			})
		}
		return list
	})
	var accounts []types.Session
	for _, id := range ids {
		b := h.browser()
		page, _ := b.aroundAt(id, "")
		path, a := b.arrived(page)
		require.Equal(t, types.ArrivalAccountStep, a.Step, id)
		b.session()
		var s types.Session
		b.call(http.MethodPost, path+"/account", types.ArrivalAccount{Items: []types.ProfileItem{}}, &s)
		accounts = append(accounts, s)
	}
	require.Len(t, accounts, 2)
	page, _ := h.browser().aroundAt("eins", "returnTo=/konto")
	require.Equal(t, "/konto", page)
}
