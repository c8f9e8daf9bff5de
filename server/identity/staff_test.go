package identity_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	staffapi "portalverbund/api/staff"
	"portalverbund/api/types"
	"portalverbund/server/accounts"
	"portalverbund/server/identity"
	"portalverbund/server/platform/httpx"
)

const clientSecret = "ein langes Geheimnis: mit+Zeichen"

// directory is an entry of the file of identity providers: a directory of staff.
func directory(id, issuer string, staff map[string]any) map[string]any {
	rules := map[string]any{"roles": map[string][]string{"amt-buergerbuero": {"clerk@" + office}, "amt-redaktion": {"editor"}, "leitung": {"admin", "clerk"}}}
	for name, value := range staff {
		rules[name] = value
	}
	return map[string]any{
		"id": id, "kind": "oidc", "name": map[string]string{"de": "Verzeichnis"}, "issuer": issuer, "clientId": "portal", "clientSecret": clientSecret, "staff": rules,
	}
}

// atDirectory starts a portal that requires a second factor of staff, with a directory by oidc-provider.
func atDirectory(t *testing.T, staff map[string]any) (h *home, idp independent) {
	t.Helper()
	h = startHome(t, func(portal string) []map[string]any {
		idp = startIndependent(t, "openid-provider.mjs", portal+"/identity/amt/callback")
		return []map[string]any{directory("amt", idp.address, staff)}
	})
	h.signin.StaffSecondFactor = true
	return h, idp
}

// colleague is somebody in the directory.
func colleague(id string, amr []string, groups ...string) map[string]any {
	return map[string]any{"id": id, "amr": amr, "claims": map[string]any{
		"given_name": "Kim", "family_name": "Klar", "email": "kim@amt.example", "groups": groups,
	}}
}

func mfa() []string { return []string{"pwd", "otp", "mfa"} }

// roles are those of whoever is signed in, those for units with their unit.
func (b *browser) roles() []string {
	b.h.t.Helper()
	s := b.session()
	out := []string{}
	for _, role := range s.Roles {
		out = append(out, string(role))
	}
	if s.UnitRoles != nil {
		for _, r := range *s.UnitRoles {
			out = append(out, string(r.Role)+"@"+r.OrganisationId.String())
		}
	}
	return out
}

func (b *browser) toDesk(query string) string {
	b.h.t.Helper()
	page, _ := b.aroundAt("amt", query)
	return page
}

// TestDirectory_SignsStaffIn_WithTheRolesOfItsGroups: an account is made at the first sign-in, found again by issuer and subject, and has what
// the groups give now; what gives nothing is no harm.
func TestDirectory_SignsStaffIn_WithTheRolesOfItsGroups(t *testing.T) {
	t.Parallel()
	h, idp := atDirectory(t, nil)
	idp.setPerson(colleague("kim-1", mfa(), "amt-buergerbuero", "sportgruppe", "amt-redaktion"))
	b := h.browser()
	require.Equal(t, "/mitarbeit", b.toDesk(""))
	s := b.session()
	require.Equal(t, "Kim Klar", *s.DisplayName)
	require.Equal(t, "amt", *s.Directory)
	require.Nil(t, s.SecondFactorNeeded)
	require.Equal(t, []string{"editor", "clerk@" + office}, b.roles())
	require.Equal(t, []string{"staff.join directory:amt +editor +clerk@" + office}, h.audited.lines)

	again := h.browser()
	require.Equal(t, "/mitarbeit/fall", again.toDesk("returnTo=/mitarbeit/fall"))
	require.Equal(t, []string{"editor", "clerk@" + office}, again.roles())
	require.Equal(t, []string{"editor", "clerk@" + office}, b.roles(), "nothing has changed: the other browser stays")
	require.Len(t, h.audited.lines, 1)

	var list types.DirectoryList
	b.call(http.MethodGet, "/api/v1/identity/directories", nil, &list)
	require.Equal(t, []types.Directory{{Id: "amt", Name: "Verzeichnis"}}, list.Items)
	var people types.IdentityProviderList
	b.call(http.MethodGet, "/api/v1/identity/providers", nil, &people)
	require.Empty(t, people.Items, "no way in for people")
}

// TestDirectory_RoleTaken_CountsAtTheNextSignIn: and ends what is open in other browsers; without any role nothing is left.
func TestDirectory_RoleTaken_CountsAtTheNextSignIn(t *testing.T) {
	t.Parallel()
	h, idp := atDirectory(t, nil)
	idp.setPerson(colleague("kim-1", mfa(), "amt-buergerbuero", "amt-redaktion"))
	first := h.browser()
	first.toDesk("")
	idp.setPerson(colleague("kim-1", mfa(), "amt-redaktion"))
	second := h.browser()
	second.toDesk("")
	require.Equal(t, []string{"editor"}, second.roles())
	require.False(t, first.session().SignedIn, "had more than there is now")

	idp.setPerson(colleague("kim-1", mfa(), "sportgruppe"))
	third := h.browser()
	require.Equal(t, "/mitarbeit/anmelden?error=no_role", third.toDesk(""))
	require.False(t, third.session().SignedIn)
	require.False(t, second.session().SignedIn)
	require.Equal(t, []string{
		"staff.join directory:amt +editor +clerk@" + office, "staff.directory directory:amt -clerk@" + office, "staff.directory directory:amt -editor none-left",
	}, h.audited.lines)

	idp.setPerson(colleague("kim-1", mfa(), "leitung"))
	require.Equal(t, "/mitarbeit", third.toDesk(""))
	require.Equal(t, []string{"admin", "clerk"}, third.roles(), "the same person has other duties")
	idp.setPerson(colleague("neu", mfa(), "sportgruppe"))
	require.Equal(t, "/mitarbeit/anmelden?error=no_role", h.browser().toDesk(""))
	require.Len(t, h.audited.lines, 4, "no account is made for somebody without a role")
}

// TestDirectory_RoleGivenHere_StaysBesideItsRoles: what administrators give and what the directory gives are kept apart.
func TestDirectory_RoleGivenHere_StaysBesideItsRoles(t *testing.T) {
	t.Parallel()
	h, idp := atDirectory(t, nil)
	admin, err := h.accounts.CreateStaff(t.Context(), "leitung@amt.example", "Lena Landrat", password, []string{"admin"})
	require.NoError(t, err)
	ctx := httpx.WithCaller(t.Context(), httpx.Caller{Kind: httpx.SessionCaller, AccountID: admin, Roles: []string{"admin"}})
	idp.setPerson(colleague("kim-1", mfa(), "amt-redaktion"))
	b := h.browser()
	b.toDesk("")
	member := h.member(ctx, "Kim Klar")
	require.Equal(t, "kim@amt.example", member.Email)
	require.Empty(t, member.Roles)
	require.Equal(t, []types.Role{types.Editor}, member.Directory.Roles)
	require.Equal(t, "Verzeichnis", member.Directory.Name)

	member, err = h.accounts.ChangeRoles(ctx, member.Id, types.StaffRoles{Roles: []types.Role{types.Auditor}})
	require.NoError(t, err)
	require.Equal(t, []types.Role{types.Auditor}, member.Roles)
	require.Equal(t, []types.Role{types.Editor}, member.Directory.Roles, "an administrator takes nothing that the directory gives")
	require.False(t, b.session().SignedIn)
	b.toDesk("")
	require.Equal(t, []string{"auditor", "editor"}, b.roles())

	idp.setPerson(colleague("kim-1", mfa()))
	b = h.browser()
	require.Equal(t, "/mitarbeit", b.toDesk(""))
	require.Equal(t, []string{"auditor"}, b.roles(), "the directory takes nothing that was given here")
	_, err = h.accounts.ChangeRoles(ctx, member.Id, types.StaffRoles{Roles: []types.Role{}})
	require.NoError(t, err)
	require.Equal(t, "/mitarbeit/anmelden?error=no_role", h.browser().toDesk(""))

	idp.setPerson(colleague("kim-1", mfa(), "leitung"))
	require.NoError(t, h.accounts.EndStaff(ctx, member.Id))
	require.Equal(t, "/mitarbeit/anmelden?error=access_ended", h.browser().toDesk(""), "ended here, whatever the directory says")
}

// member finds somebody in the list of staff.
func (h *home) member(ctx context.Context, name string) types.StaffMember {
	h.t.Helper()
	answer, err := accounts.NewStaffHandlers(h.accounts).ListStaff(ctx, staffapi.ListStaffRequestObject{})
	require.NoError(h.t, err)
	for _, member := range answer.(staffapi.ListStaff200JSONResponse).Items {
		if member.Name == name {
			return member
		}
	}
	h.t.Fatalf("%s is not in the list", name)
	return types.StaffMember{}
}

// TestDirectory_NoSecondFactorStated_ThePortalAsksForItsOwn: without one there are no roles; once it is set up it is asked for each time.
func TestDirectory_NoSecondFactorStated_ThePortalAsksForItsOwn(t *testing.T) {
	t.Parallel()
	h, idp := atDirectory(t, nil)
	idp.setPerson(colleague("kim-1", []string{"pwd"}, "leitung"))
	b := h.browser()
	require.Equal(t, "/mitarbeit", b.toDesk(""))
	require.True(t, *b.session().SecondFactorNeeded)
	require.Empty(t, b.roles())
	var setup types.OneTimeCodeSetup
	b.call(http.MethodPost, "/api/v1/account/credentials/one-time-codes", nil, &setup)
	require.Equal(t, "directory-account", codeOf(b.call(http.MethodPut, "/api/v1/account/credentials/password", map[string]string{"password": password}, nil)))
	code, err := totp.GenerateCode(setup.Secret, h.now())
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, b.call(http.MethodPost, "/api/v1/account/credentials/one-time-codes/confirm", map[string]string{"code": code}, nil).status)

	b = h.browser()
	require.Equal(t, "/mitarbeit/anmelden?returnTo=%2Fmitarbeit%2Ffall", b.toDesk("returnTo=/mitarbeit/fall"))
	s := b.session()
	require.False(t, s.SignedIn)
	require.Equal(t, []types.SecondFactorMethods{types.SecondFactorCode, types.SecondFactorRecoveryCode}, s.SecondFactor.Methods)
	require.Equal(t, http.StatusUnauthorized, b.call(http.MethodPost, "/api/v1/session/second-factor", map[string]string{"code": "000000"}, nil).status)
	h.ahead += time.Minute
	code, err = totp.GenerateCode(setup.Secret, h.now())
	require.NoError(t, err)
	b.call(http.MethodPost, "/api/v1/session/second-factor", map[string]string{"code": code}, &s)
	require.Equal(t, []string{"admin", "clerk"}, b.roles())
	require.Equal(t, []string{"amt", "otp", "mfa"}, *b.session().Methods)

	idp.setPerson(colleague("kim-1", mfa(), "leitung"))
	b = h.browser()
	require.Equal(t, "/mitarbeit", b.toDesk(""), "the directory has asked for one")
	require.Equal(t, []string{"admin", "clerk"}, b.roles())
}

// TestDirectory_MustShowASecondFactor_OtherwiseRefused: where the operator says so.
func TestDirectory_MustShowASecondFactor_OtherwiseRefused(t *testing.T) {
	t.Parallel()
	h, idp := atDirectory(t, map[string]any{"secondFactor": map[string]any{"amr": []string{"hwk"}, "acr": []string{"urn:example:hoch"}, "required": true}})
	idp.setPerson(colleague("kim-1", []string{"pwd", "mfa"}, "leitung"))
	require.Equal(t, "/mitarbeit/anmelden?error=second_factor", h.browser().toDesk(""))
	require.Empty(t, h.audited.lines)
	idp.setPerson(colleague("kim-1", []string{"hwk"}, "leitung"))
	require.Equal(t, "/mitarbeit", h.browser().toDesk(""))
	byClass := colleague("kim-1", []string{"pwd"}, "leitung")
	byClass["acr"] = "urn:example:hoch"
	idp.setPerson(byClass)
	b := h.browser()
	require.Equal(t, "/mitarbeit", b.toDesk(""))
	require.Equal(t, []string{"admin", "clerk"}, b.roles())
}

// TestDirectory_NotByTheAccountsOwnMeans: a passkey or password of such an account does not do without the directory, which says whether
// somebody still works here.
func TestDirectory_NotByTheAccountsOwnMeans(t *testing.T) {
	t.Parallel()
	h, idp := atDirectory(t, nil)
	idp.setPerson(colleague("kim-1", mfa(), "leitung"))
	b := h.browser()
	b.toDesk("")
	var text string
	require.NoError(t, h.db.From(t.Context()).Raw("SELECT id FROM accounts WHERE directory = 'amt'").Scan(&text).Error)
	id := uuid.MustParse(text)
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, h.ref.Url, nil)
	_, err := h.signin.SignInAccount(httpx.WithRequest(t.Context(), request), id, []string{"hwk", "mfa"})
	require.ErrorContains(t, err, "directory-account")
	cookies, _ := url.Parse(h.ref.Url)
	for _, cookie := range b.client.Jar.Cookies(cookies) {
		request.AddCookie(cookie)
	}
	_, err = h.signin.SignInAccount(httpx.WithRequest(t.Context(), request), id, []string{"hwk", "mfa"})
	require.NoError(t, err, "within the session that the directory has begun")
}

// TestDirectory_MailOfALocalAccount_LeadsNotToIt: accounts are found by issuer and subject.
func TestDirectory_MailOfALocalAccount_LeadsNotToIt(t *testing.T) {
	t.Parallel()
	h := startHome(t, func(portal string) (list []map[string]any) {
		for _, id := range []string{"amt", "amt-zwei"} {
			idp := startIndependent(t, "openid-provider.mjs", portal+"/identity/"+id+"/callback")
			idp.setPerson(colleague("kim-1", mfa(), "amt-redaktion"))
			list = append(list, directory(id, idp.address, nil))
		}
		return list
	})
	local, err := h.accounts.CreateStaff(t.Context(), "kim@amt.example", "Kim Klar", password, []string{"admin"})
	require.NoError(t, err)
	for _, id := range []string{"amt", "amt-zwei"} {
		b := h.browser()
		page, _ := b.aroundAt(id, "")
		require.Equal(t, "/mitarbeit", page)
		require.Equal(t, []string{"editor"}, b.roles(), id)
	}
	var others int
	require.NoError(t, h.db.From(t.Context()).Raw("SELECT count(*) FROM accounts WHERE id <> ? AND directory <> ''", local).Scan(&others).Error)
	require.Equal(t, 2, others, "the same subject at two directories is two people, and none is the local account")
}

// TestDirectory_AnswersThatAreNotRight_AreRefused: of another directory, a second time, in another browser, or given up.
func TestDirectory_AnswersThatAreNotRight_AreRefused(t *testing.T) {
	t.Parallel()
	h := startHome(t, func(portal string) (list []map[string]any) {
		for _, id := range []string{"amt", "boese"} {
			idp := startIndependent(t, "openid-provider.mjs", portal+"/identity/"+id+"/callback")
			idp.setPerson(colleague("kim-1", mfa(), "leitung"))
			list = append(list, directory(id, idp.address, nil))
		}
		return list
	})
	b := h.browser()
	_, callback := b.aroundAt("boese", "")
	require.Equal(t, "/mitarbeit/anmelden?error=expired", b.visit(callback).location, "an answer counts once")

	// Mix-up: what was begun at one is answered by the other.
	begun := b.visit("/api/v1/identity/providers/amt/start").location
	state := parameter(t, begun, "state")
	mixed := strings.Replace(callback, parameter(t, callback, "state"), state, 1)
	require.Equal(t, "/mitarbeit/anmelden?error=expired", b.visit(mixed).location)
	require.Equal(t, "/mitarbeit/anmelden?error=identity_failed", b.visit(strings.Replace(mixed, "/boese/", "/amt/", 1)).location, "issuer of another")
	require.Equal(t, "/mitarbeit/anmelden?error=expired", b.visit("/identity/amt/callback?state=nothing&code=x").location)
	require.Equal(t, "/mitarbeit/anmelden?error=expired", b.visit("/api/v1/identity/providers/amt/start?intent=link").location, "there is nothing to link")
}

func parameter(t *testing.T, address, name string) string {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	return u.Query().Get(name)
}

// TestDirectory_TokenForAnotherClient_IsRefused: everything about the ID token is right, signature and nonce too, but for whom it is.
func TestDirectory_TokenForAnotherClient_IsRefused(t *testing.T) {
	t.Parallel()
	swap := ""
	front := httptest.NewUnstartedServer(nil)
	address := "http://" + front.Listener.Addr().String()
	var idp independent
	h := startHome(t, func(portal string) []map[string]any {
		idp = startIndependent(t, "openid-provider.mjs", portal+"/identity/amt/callback", address)
		return []map[string]any{directory("amt", address, nil)}
	})
	behind, err := url.Parse(idp.address)
	require.NoError(t, err)
	front.Config.Handler = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(behind)
			r.Out.Host = r.In.Host
		},
		ModifyResponse: func(r *http.Response) error {
			if swap == "" || r.Request.URL.Path != "/token" {
				return nil
			}
			var answer map[string]any
			if err := json.NewDecoder(r.Body).Decode(&answer); err != nil {
				return err
			}
			answer["id_token"] = swap
			text, err := json.Marshal(answer)
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(string(text))), int64(len(text))
			r.Header.Del("Content-Length")
			return err
		},
	}
	front.Start()
	t.Cleanup(front.Close)
	idp.setPerson(colleague("kim-1", mfa(), "leitung"))
	require.Equal(t, "/mitarbeit", h.browser().toDesk(""), "as long as nothing is swapped")

	b := h.browser()
	begun := b.visit("/api/v1/identity/providers/amt/start").location
	swap = tokenForOther(t, h, address, idp.address+"/other", parameter(t, begun, "nonce"))
	for range 10 {
		r := b.visit(begun)
		require.NotEmpty(t, r.location, "%s: %s", begun, r.body)
		at, err := url.Parse(begun)
		require.NoError(t, err)
		to, err := at.Parse(r.location)
		require.NoError(t, err)
		if begun = to.String(); strings.HasPrefix(to.Path, "/mitarbeit") {
			break
		}
	}
	require.Equal(t, h.ref.Url+"/mitarbeit/anmelden?error=identity_failed", begun)
}

// tokenForOther gives the ID token that a directory makes for another client, with a nonce.
func tokenForOther(t *testing.T, h *home, issuer, redirect, nonce string) string {
	t.Helper()
	b := h.browser()
	verifier := oauth2.GenerateVerifier()
	address := issuer + "/auth?" + url.Values{
		"client_id": {"other"}, "redirect_uri": {redirect}, "response_type": {"code"}, "scope": {"openid"}, "nonce": {nonce}, "state": {"s"},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(verifier)}, "code_challenge_method": {"S256"},
	}.Encode()
	for range 10 {
		r := b.visit(address)
		at, err := url.Parse(address)
		require.NoError(t, err)
		to, err := at.Parse(r.location)
		require.NoError(t, err)
		if address = to.String(); strings.HasPrefix(address, redirect) {
			break
		}
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": {parameter(t, address, "code")}, "redirect_uri": {redirect}, "code_verifier": {verifier}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, issuer+"/token", strings.NewReader(form.Encode()))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("other", "other")
	answer := b.do(r)
	var tokens struct {
		IDToken string `json:"id_token"`
	}
	require.NoError(t, json.Unmarshal(answer.body, &tokens))
	require.NotEmpty(t, tokens.IDToken, "%s", answer.body)
	return tokens.IDToken
}

// TestDirectory_Down_SaysSo: who wants to sign in learns it on the page.
func TestDirectory_Down_SaysSo(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	h := startHome(t, func(string) []map[string]any { return []map[string]any{directory("amt", gone.URL, nil)} })
	require.Equal(t, "/mitarbeit/anmelden?error=identity_down&returnTo=%2Fmitarbeit", h.browser().visit("/api/v1/identity/providers/amt/start?returnTo=/mitarbeit").location)
	links := h.identity.Links(t.Context())
	require.Equal(t, types.LinkSubjectStaff, links[0].Subjects)
	require.Equal(t, types.LinkUnusable, links[0].State)
}

// TestDirectory_ProveAgain_AsksThere: the directory must ask anew, and the session counts as freshly proved.
func TestDirectory_ProveAgain_AsksThere(t *testing.T) {
	t.Parallel()
	h, idp := atDirectory(t, nil)
	idp.setPerson(colleague("kim-1", mfa(), "leitung"))
	b := h.browser()
	b.toDesk("")
	before := b.session()
	require.Contains(t, b.visit("/api/v1/identity/providers/amt/start?intent=prove").location, "prompt=login")
	require.Equal(t, "/konto/sicherheit", b.toDesk("intent=prove&returnTo=/konto/sicherheit"))
	after := b.session()
	require.True(t, after.AuthTime.After(*before.AuthTime))
}

func TestDirectory_Configuration_IsChecked(t *testing.T) {
	t.Parallel()
	good := func() map[string]any { return directory("amt", "https://verzeichnis.example", nil) }
	for what, change := range map[string]func(e map[string]any){
		"staff sign in by oidc": func(e map[string]any) { e["kind"] = "saml" },
		"staff.roles: none":     func(e map[string]any) { e["staff"] = map[string]any{} },
		"which is no role":      func(e map[string]any) { e["staff"] = map[string]any{"roles": map[string][]string{"a": {"chief"}}} },
		"gives none":            func(e map[string]any) { e["staff"] = map[string]any{"roles": map[string][]string{"a": {}}} },
		"\"clerk@Bürgeramt\"": func(e map[string]any) {
			e["staff"] = map[string]any{"roles": map[string][]string{"a": {"clerk@Bürgeramt"}}}
		},
		"are of people's account": func(e map[string]any) { e["levels"] = map[string]string{"a": "low"} },
		"without https":           func(e map[string]any) { e["issuer"] = "http://verzeichnis.example" },
		"unknown field":           func(e map[string]any) { e["staff"] = map[string]any{"rolls": 1} },
	} {
		e := good()
		change(e)
		text, err := json.Marshal(map[string]any{"providers": []any{e}})
		require.NoError(t, err)
		_, err = identity.Parse(text, "", identity.Loading{Production: true, Self: types.PortalReference{Url: "https://portal.example"}})
		require.ErrorContains(t, err, what)
	}
	people := map[string]any{
		"id": "eid", "kind": "oidc", "profile": "openid", "name": map[string]string{"de": "eID"}, "issuer": "https://eid.example", "clientId": "a", "clientSecret": "b",
	}
	text, err := json.Marshal(map[string]any{"providers": []any{people, good()}})
	require.NoError(t, err)
	for staffOnly, want := range map[bool][]string{true: {"amt"}, false: {"eid", "amt"}} {
		list, err := identity.Parse(text, "", identity.Loading{StaffOnly: staffOnly, Self: types.PortalReference{Url: "https://portal.example"}})
		require.NoError(t, err)
		ids := []string{}
		for _, p := range list {
			ids = append(ids, p.ID)
		}
		require.True(t, slices.Equal(want, ids), "%v", ids)
	}
}

// TestDirectory_NameOrAddressChanged_IsAudited_WithoutWhatTheyAre: what administrators and colleagues see of somebody changes at a sign-in, and
// the trail says so.
func TestDirectory_NameOrAddressChanged_IsAudited_WithoutWhatTheyAre(t *testing.T) {
	t.Parallel()
	h, idp := atDirectory(t, nil)
	who := colleague("kim-1", mfa(), "amt-redaktion")
	idp.setPerson(who)
	h.browser().toDesk("")
	require.Len(t, h.audited.lines, 1)
	who["claims"].(map[string]any)["family_name"] = "Klar-Sommer"
	idp.setPerson(who)
	b := h.browser()
	b.toDesk("")
	require.Equal(t, "Kim Klar-Sommer", *b.session().DisplayName)
	require.Equal(t, []string{"staff.name directory:amt name"}, h.audited.lines[1:])
	who["claims"].(map[string]any)["family_name"], who["claims"].(map[string]any)["email"] = "Sommer", "sommer@amt.example"
	idp.setPerson(who)
	h.browser().toDesk("")
	require.Equal(t, []string{"staff.name directory:amt name email"}, h.audited.lines[2:])
	h.browser().toDesk("")
	require.Len(t, h.audited.lines, 3, "nothing has changed")
}
