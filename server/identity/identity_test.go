package identity_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
	"portalverbund/server/identity"
)

type members struct{}

// Member and SigningKey implement oidc.Members: nobody.
func (members) Member(string) (types.PortalReference, bool)        { return types.PortalReference{}, false }
func (members) SigningKey(string, string) (*jose.JSONWebKey, bool) { return nil, false }

func TestBundID_FirstSignIn_MakesAnAccountWithTheDataChosen_AndTheNextGoesStraight(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	b := h.browser()
	page := b.through("bundid", "level=substantial&returnTo=/antraege", "clara", "Elster")
	path, a := b.arrived(page)
	require.Equal(t, types.ArrivalAccountStep, a.Step)
	require.Equal(t, "Clara Beispiel", a.Name)
	require.Equal(t, types.Substantial, a.Level)
	require.Equal(t, "/antraege", a.ContinueTo)
	require.Equal(t, "clara.beispiel@example.org", *a.Email)
	values := map[types.ProfileItem]string{}
	for _, item := range a.Items {
		values[item.Item] = item.Value
	}
	require.Equal(t, map[types.ProfileItem]string{
		"givenName": "Clara", "familyName": "Beispiel", "birthDate": "1988-04-12", "street": "Lange Straße", "houseNumber": "7", "postalCode": "49716", "city": "Meppen",
	}, values)

	b.session()
	var s types.Session
	email := "clara.beispiel@example.org"
	b.call(http.MethodPost, path+"/account", types.ArrivalAccount{Items: []types.ProfileItem{"street", "houseNumber", "phone"}, Email: &email}, &s)
	require.True(t, s.SignedIn)
	require.Equal(t, "Clara Beispiel", *s.DisplayName)
	require.Equal(t, types.Substantial, *s.TrustLevel)
	require.Equal(t, []string{"bundid", "mfa"}, *s.Methods)
	var profile types.Profile
	b.call(http.MethodGet, "/api/v1/account/profile", nil, &profile)
	require.Equal(t, "Lange Straße", *profile.Street)
	require.Nil(t, profile.City, "was not chosen")
	require.Nil(t, profile.BirthDate, "was not chosen")
	require.Len(t, h.mails.to(email), 1, "a link to confirm the address")

	again := h.browser()
	require.Equal(t, "/konto", again.through("bundid", "level=high&returnTo=/konto", "clara", "eID"))
	require.Equal(t, types.High, *again.session().TrustLevel)
	var list types.IdentityList
	again.call(http.MethodGet, "/api/v1/account/identities", nil, &list)
	require.Len(t, list.Items, 1)
	require.Equal(t, "bundid", list.Items[0].Provider.Id)
	require.Equal(t, []types.ProfileItem{"givenName", "familyName", "street", "houseNumber"}, *list.Items[0].Items)
	var sessions types.SessionList
	again.call(http.MethodGet, "/api/v1/account/sessions", nil, &sessions)
	for _, one := range sessions.Items {
		require.Equal(t, "bundid", *one.ProvedBy)
	}
}

// TestBundID_SameMailAsAnAccount_LeadsNotToIt: who names a mail address at the BundID does not get the account that has it.
func TestBundID_SameMailAsAnAccount_LeadsNotToIt(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	owner := h.citizen("clara.beispiel@example.org")
	b := h.browser()
	path, a := b.arrived(b.through("bundid", "", "clara", "Benutzername"))
	require.Equal(t, types.ArrivalAccountStep, a.Step)
	b.session()
	var s types.Session
	email := "clara.beispiel@example.org"
	b.call(http.MethodPost, path+"/account", types.ArrivalAccount{Items: []types.ProfileItem{}, Email: &email}, &s)
	var profile types.Profile
	b.call(http.MethodGet, "/api/v1/account/profile", nil, &profile)
	require.Empty(t, *profile.Email, "an account of its own, without the address")
	sent := h.mails.to(email)
	require.Len(t, sent, 1)
	require.Contains(t, sent[0].Subject, "schon ein Konto")
	require.NotContains(t, sent[0].Text, "#token=")
	data, err := h.accounts.DataOf(t.Context(), owner)
	require.NoError(t, err)
	require.Empty(t, data["street"])
}

func TestBundID_LinkedWithAnAccount_AfterBothAreProved(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.citizen(clara)
	b := h.browser()
	b.signIn()
	require.Equal(t, types.Low, *b.session().TrustLevel)
	path, a := b.arrived(b.through("bundid", "intent=link&returnTo=/konto/identitaet", "clara", "eID"))
	require.Equal(t, types.ArrivalLinkStep, a.Step)
	require.Equal(t, types.Low, *b.session().TrustLevel, "nothing counts before it is linked")

	h.ahead += 11 * time.Minute
	require.Equal(t, "reauthentication-needed", codeOf(b.call(http.MethodPost, path+"/link", nil, nil)))
	b.signIn()
	var s types.Session
	b.call(http.MethodPost, path+"/link", nil, &s)
	require.Equal(t, types.High, *s.TrustLevel)
	require.Len(t, h.mails.to(clara), 1, "the owner is told")
	require.Contains(t, h.mails.to(clara)[0].Text, "verknüpft")

	_, a = b.arrived("/anmelden/nachweis?vorgang=" + strings.TrimPrefix(path, "/api/v1/identity/arrivals/"))
	require.Equal(t, types.ArrivalDataStep, a.Step)
	require.Equal(t, http.StatusNoContent, b.call(http.MethodPost, path+"/data", types.ArrivalItems{Items: []types.ProfileItem{"city", "birthDate"}}, nil).status)
	var profile types.Profile
	b.call(http.MethodGet, "/api/v1/account/profile", nil, &profile)
	require.Equal(t, "Meppen", *profile.City)
	require.Nil(t, profile.Street)
	require.Equal(t, "arrival-unknown", codeOf(b.call(http.MethodPost, path+"/data", types.ArrivalItems{Items: []types.ProfileItem{"street"}}, nil)), "once")

	h.ahead = 0 // the stand-in has the time of the machine
	// Data are refreshed on request, and the level that was reached stays when less is proved again.
	path, a = b.arrived(b.through("bundid", "intent=refresh", "clara", "Benutzername"))
	require.Equal(t, types.ArrivalDataStep, a.Step)
	require.Equal(t, "Meppen", *a.Items[len(a.Items)-1].Current)
	require.Equal(t, types.High, *b.session().TrustLevel)
	require.Equal(t, http.StatusNoContent, b.call(http.MethodPost, path+"/data", types.ArrivalItems{Items: []types.ProfileItem{"street"}}, nil).status)
}

func TestBundID_SignInFirst_ThenLinkWithTheAccountThatThereIs(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.citizen(clara)
	b := h.browser()
	path, a := b.arrived(b.through("bundid", "", "clara", "Elster"))
	require.Equal(t, types.ArrivalAccountStep, a.Step)
	require.Equal(t, "not-signed-in", codeOf(b.call(http.MethodPost, path+"/link", nil, nil)))
	b.signIn()
	var s types.Session
	b.call(http.MethodPost, path+"/link", nil, &s)
	require.Equal(t, types.Substantial, *s.TrustLevel)
	require.Equal(t, "/", h.browser().through("bundid", "", "clara", "Benutzername"))
}

// TestBundID_OthersIdentity_ProvesNothingHere: a step-up with somebody else's identity is refused, and theirs cannot be taken.
func TestBundID_OthersIdentity_ProvesNothingHere(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.browser().register("max", "eID")
	h.citizen(clara)
	b := h.browser()
	b.signIn()
	page := b.through("bundid", "level=substantial&returnTo=/antraege", "max", "eID")
	require.Equal(t, "/anmelden?error=other_identity&level=substantial&returnTo=%2Fantraege", page)
	s := b.session()
	require.Equal(t, types.Low, *s.TrustLevel)
	require.Equal(t, "Clara Beispiel", *s.DisplayName)
}

// TestAnswer_InAnotherBrowser_SignsNobodyIn is login CSRF: an attacker's answer brought into somebody's browser.
func TestAnswer_InAnotherBrowser_SignsNobodyIn(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	attacker, victim := h.browser(), h.browser()
	attacker.register("max", "eID")
	victim.start("bundid", "") // has a sign-in of its own under way
	answer := attacker.prove(attacker.start("bundid", ""), "max", "eID")
	require.Equal(t, "/anmelden?error=expired", victim.comeBack(answer))
	require.False(t, victim.session().SignedIn)
}

func TestAnswer_Replayed_IsRefused_AlsoInAnotherProcess(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	b := h.browser()
	answer := b.prove(b.start("bundid", ""), "clara", "eID")
	h.anotherProcess()
	b.arrived(b.comeBack(answer))
	h.anotherProcess()
	require.Equal(t, "/anmelden?error=expired", b.comeBack(answer), "the flow is used up")

	// Into another flow: it answers another request.
	other := b.start("bundid", "")
	swapped := form{action: answer.action, values: url.Values{"SAMLResponse": answer.values["SAMLResponse"], "RelayState": other.values["RelayState"]}}
	require.Equal(t, "/anmelden?error=identity_failed", b.comeBack(swapped))

	// And if the flow could be restored, as a tracking cookie can: the assertion is noted where all processes see it.
	restored := h.db.From(t.Context()).Exec("UPDATE identity_flows SET stage = 'begun' WHERE id = ?", answer.values.Get("RelayState"))
	require.NoError(t, restored.Error)
	require.EqualValues(t, 1, restored.RowsAffected)
	require.Equal(t, "/anmelden?error=identity_failed", b.comeBack(answer))
}

func TestAnswer_Unsolicited_IsRefused(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	b := h.browser()
	answer := b.prove(b.start("bundid", ""), "clara", "eID")
	for _, state := range []string{"", "x", uuid.NewString()} {
		answer.values.Set("RelayState", state)
		require.Equal(t, "/anmelden?error=expired", b.comeBack(answer), state)
	}
}

// TestAnswer_OfAnotherProvider_IsRefused is mix-up: an answer of one provider at the address of another.
func TestAnswer_OfAnotherProvider_IsRefused(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	b := h.browser()
	answer := b.prove(b.start("bundid", ""), "clara", "eID")
	answer.action = strings.Replace(answer.action, "/bundid/", "/muk/", 1)
	require.Equal(t, "/anmelden?error=expired", b.comeBack(answer))
}

func TestAnswer_TooLate_IsRefused(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	b := h.browser()
	answer := b.prove(b.start("bundid", ""), "clara", "eID")
	h.ahead += 31 * time.Minute
	require.Equal(t, "/anmelden?error=expired", b.comeBack(answer))
}

func TestBundID_PersonGivesUp_ComesBackToWhereTheyWere(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	b := h.browser()
	f := b.start("bundid", "level=high&returnTo=/antraege")
	choice := formIn(t, string(b.send(f).body), f.action)
	choice.values.Set("cancel", "1")
	back := formIn(t, string(b.send(choice).body), f.action)
	require.Equal(t, "/anmelden?error=access_denied&level=high&returnTo=%2Fantraege", b.comeBack(back))
}

// TestBundID_PasswordOnly_DoesNotOpenAnAccountWithASecondFactor: an account that asks for two factors is not opened by one elsewhere.
func TestBundID_PasswordOnly_DoesNotOpenAnAccountWithASecondFactor(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	id := h.citizen(clara)
	b := h.browser()
	b.signIn()
	path, _ := b.arrived(b.through("bundid", "intent=link", "clara", "Benutzername"))
	var s types.Session
	b.call(http.MethodPost, path+"/link", nil, &s)
	require.NoError(t, h.db.From(t.Context()).Exec("INSERT INTO one_time_codes (account_id, secret, confirmed_at) VALUES (?, ?, ?)", id, []byte("x"), h.now()).Error)
	require.Equal(t, "/anmelden?error=second_factor", h.browser().through("bundid", "", "clara", "Benutzername"))
	require.Equal(t, "/", h.browser().through("bundid", "", "clara", "Elster"))
}

func TestUnlink_LastWayIn_Stays(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	b := h.browser()
	b.register("clara", "eID")
	var list types.IdentityList
	b.call(http.MethodGet, "/api/v1/account/identities", nil, &list)
	address := "/api/v1/account/identities/" + list.Items[0].Id.String()
	require.Equal(t, "last-way-in", codeOf(b.call(http.MethodDelete, address, nil, nil)))
	require.Equal(t, "identity-unknown", codeOf(b.call(http.MethodDelete, "/api/v1/account/identities/"+uuid.NewString(), nil, nil)))

	other := h.browser()
	h.citizen(clara)
	other.signIn()
	require.Equal(t, "identity-unknown", codeOf(other.call(http.MethodDelete, address, nil, nil)), "another's")
}

// TestArrival_IsThatOfItsBrowser: what has arrived in one browser is unknown in others, and to who is signed in as somebody else.
func TestArrival_IsThatOfItsBrowser(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	b, other := h.browser(), h.browser()
	path, _ := b.arrived(b.through("bundid", "", "clara", "eID"))
	other.start("bundid", "")
	other.session()
	require.Equal(t, "arrival-unknown", codeOf(other.call(http.MethodGet, path, nil, nil)))
	require.Equal(t, "arrival-unknown", codeOf(other.call(http.MethodPost, path+"/account", types.ArrivalAccount{Items: []types.ProfileItem{}}, nil)))
	b.csrf = "wrong"
	require.Equal(t, "csrf", codeOf(b.call(http.MethodPost, path+"/account", types.ArrivalAccount{Items: []types.ProfileItem{}}, nil)))
}

func TestMUK_OrganisationHasAnAccount_AndWhoActsIsNamed(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	b := h.browser()
	path, a := b.arrived(b.through("muk", "level=substantial", "bau", "Elster"))
	require.Equal(t, "Beispiel Bau GmbH", a.Name)
	require.Equal(t, "Erika Muster", *a.ActingPerson)
	require.Empty(t, a.Items)
	b.session()
	var s types.Session
	b.call(http.MethodPost, path+"/account", types.ArrivalAccount{Items: []types.ProfileItem{}}, &s)
	require.Equal(t, types.ActsFor{Name: "Beispiel Bau GmbH", Person: "Erika Muster"}, *s.ActsFor)
	require.Equal(t, "Erika Muster", *s.DisplayName)
	require.Equal(t, types.Substantial, *s.TrustLevel)

	var o types.OrganisationAccount
	b.call(http.MethodGet, "/api/v1/account/organisation", nil, &o)
	require.Equal(t, "Beispiel Bau GmbH", o.Name)
	require.Equal(t, "HRB", *o.RegisterKind)
	require.Equal(t, "Meppen", *o.City)
	require.Equal(t, "muk", o.Origin.Provider)
	require.True(t, o.Origin.Verified)
	require.NotNil(t, o.Origin.At)
	require.Len(t, o.Acting, 1)
	require.Equal(t, "Erika Muster", o.Acting[0].Name)
	require.True(t, o.Acting[0].Current)
	data := types.ProfileData{GivenName: "X", FamilyName: "Y"}
	require.Equal(t, http.StatusNotFound, b.change(http.MethodPut, "/api/v1/account/profile", data).status, "taken from there, not typed")

	// A person's account is not an organisation's.
	h.citizen(clara)
	person := h.browser()
	person.signIn()
	require.Equal(t, "/anmelden?error=other_identity", person.through("muk", "intent=link", "gaertnerei", "Elster"))
	require.Equal(t, "not-an-organisation", codeOf(person.call(http.MethodGet, "/api/v1/account/organisation", nil, nil)))
}

// change changes what has a version.
func (b *browser) change(method, path string, body any) reply {
	b.h.t.Helper()
	tag := b.call(http.MethodGet, path, nil, nil).header.Get("ETag")
	raw, err := json.Marshal(body)
	require.NoError(b.h.t, err)
	r, err := http.NewRequestWithContext(b.h.t.Context(), method, b.h.ref.Url+path, bytes.NewReader(raw))
	require.NoError(b.h.t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", b.h.ref.Url)
	r.Header.Set("X-Csrf-Token", b.csrf)
	r.Header.Set("If-Match", tag)
	return b.do(r)
}

// TestLinks_SayWhatIsWrong is what those who run a portal see of its identity providers.
func TestLinks_SayWhatIsWrong(t *testing.T) {
	t.Parallel()
	h := newHome(t, map[string]any{
		"id": "away", "kind": "oidc", "profile": "openid", "name": map[string]string{"de": "Fort"}, "issuer": "http://127.0.0.1:1", "clientId": "x", "clientSecret": "y",
	})
	links := h.identity.Links(t.Context())
	require.Len(t, links, 3)
	bundid, away := links[0], links[2]
	require.Equal(t, types.LinkUsable, bundid.State)
	require.Nil(t, bundid.Reason)
	require.NotNil(t, bundid.ReadAt)
	require.Equal(t, types.LinkSaml, bundid.Kind)
	require.Equal(t, h.ref.Url+"/identity/bundid/acs", bundid.AnswersTo)
	require.Equal(t, h.ref.Url+"/identity/bundid/metadata", *bundid.MetadataUrl)
	require.Len(t, bundid.Certificates, 2)
	require.Equal(t, []types.LinkCertificateOf{types.CertificateOfProvider, types.CertificateOfPortal}, []types.LinkCertificateOf{bundid.Certificates[0].Of, bundid.Certificates[1].Of})
	require.Equal(t, types.LinkUnusable, away.State)
	require.Equal(t, types.LinkUnreachable, *away.Reason)
	require.Nil(t, away.ReadAt)
	again, err := h.identity.CheckLink(t.Context(), "away")
	require.NoError(t, err)
	require.Equal(t, types.LinkUnusable, again.State)
	_, err = h.identity.CheckLink(t.Context(), "unknown")
	require.Error(t, err)
}

func TestStart_BadQuestions_AreAnswered(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	b := h.browser()
	require.Equal(t, "identity-provider-unknown", codeOf(b.visit("/api/v1/identity/providers/unknown/start")))
	require.Equal(t, http.StatusBadRequest, b.visit("/api/v1/identity/providers/bundid/start?returnTo=//evil.example").status)
	require.Equal(t, "return-to", codeOf(b.visit("/api/v1/identity/providers/bundid/start?returnTo=/api/v1/session")))
	require.Equal(t, http.StatusBadRequest, b.visit("/api/v1/identity/providers/bundid/start?level=enormous").status)
	require.Equal(t, "/anmelden?error=expired", b.visit("/api/v1/identity/providers/bundid/start?intent=link").location, "nobody is signed in")
	page := b.visit("/api/v1/identity/providers/bundid/start")
	require.Contains(t, page.header.Get("Content-Security-Policy"), "script-src 'sha256-")
	require.NotContains(t, page.header.Get("Content-Security-Policy"), "unsafe")
	for path, status := range map[string]int{"/identity/unknown/metadata": 404, "/identity/bundid/metadata": 200, "/identity/bundid/acs": 405} {
		require.Equal(t, status, b.visit(path).status, path)
	}
	require.Equal(t, http.StatusBadRequest, b.call(http.MethodPost, "/identity/bundid/acs", map[string]string{"SAMLResponse": "x"}, nil).status)
}

func TestProviders_NoneReachable_SaysSo(t *testing.T) {
	t.Parallel()
	h := newHome(t, map[string]any{
		"id": "away", "kind": "saml", "profile": "bundid", "name": map[string]string{"de": "Fort"}, "metadata": "http://127.0.0.1:1/metadata", "key": keyFile(t),
	}, map[string]any{
		"id": "away-too", "kind": "oidc", "profile": "openid", "name": map[string]string{"de": "Fort"}, "issuer": "http://127.0.0.1:1", "clientId": "x", "clientSecret": "y",
	})
	for _, id := range []string{"away", "away-too"} {
		require.Equal(t, "/anmelden?error=identity_down", h.browser().visit("/api/v1/identity/providers/"+id+"/start").location)
	}
}

func TestConfiguration_NotRight_IsRefused(t *testing.T) {
	t.Parallel()
	key := keyFile(t)
	good := func(change map[string]any) map[string]any {
		e := map[string]any{"id": "bundid", "kind": "saml", "profile": "bundid", "name": map[string]string{"de": "BundID"}, "metadata": "https://id.example/metadata", "key": key}
		for name, value := range change {
			e[name] = value
		}
		return e
	}
	for name, c := range map[string]struct {
		change     map[string]any
		production bool
		want       string
	}{
		"key of a demonstration":  {nil, true, "made for a demonstration"},
		"metadata without https":  {map[string]any{"metadata": "http://id.example/metadata"}, true, "without https"},
		"unknown kind":            {map[string]any{"kind": "ldap"}, false, "saml or oidc"},
		"unknown profile":         {map[string]any{"profile": "x"}, false, "profile"},
		"no mapping":              {map[string]any{"profile": ""}, false, "subject is missing"},
		"a level that is none":    {map[string]any{"levels": map[string]string{"x": "enormous"}}, false, "no trust level"},
		"unknown setting":         {map[string]any{"secret": "x"}, false, "unknown field"},
		"bad id":                  {map[string]any{"id": "../x"}, false, "the id must be"},
		"no key":                  {map[string]any{"key": ""}, false, "key are missing"},
		"issuer without https":    {map[string]any{"kind": "oidc", "issuer": "http://id.example", "clientId": "x", "clientSecret": "y"}, true, "without https"},
		"OpenID without a secret": {map[string]any{"kind": "oidc", "issuer": "https://id.example", "clientId": "x"}, false, "clientSecret"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := identity.Parse(list(t, good(c.change)), "", identity.Loading{Self: types.PortalReference{Url: "https://portal.example"}, Production: c.production})
			require.ErrorContains(t, err, c.want)
		})
	}
	_, err := identity.Parse(list(t, good(nil), good(nil)), "", identity.Loading{Self: types.PortalReference{Url: "https://portal.example"}})
	require.ErrorContains(t, err, "twice")
}

func list(t *testing.T, entries ...map[string]any) []byte {
	t.Helper()
	text, err := json.Marshal(map[string]any{"providers": entries})
	require.NoError(t, err)
	return text
}
