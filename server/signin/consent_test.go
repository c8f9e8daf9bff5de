package signin_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/accounts"
)

func (a *association) prefill(b *browser, p *portal, service uuid.UUID) types.Prefill {
	a.t.Helper()
	r := b.call(http.MethodGet, p, "/api/v1/account/prefill?serviceId="+service.String(), nil)
	if r.status != http.StatusOK {
		a.t.Fatalf("prefill: %d %s", r.status, r.body)
	}
	var out types.Prefill
	r.decode(a.t, &out)
	return out
}

func TestPrefill_AtALinkedPortal_NeedsAConsentForThatService(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1)
	a.citizen("clara@example.org")
	p, b := a.portals[1], newBrowser(t)
	a.signInAt(b, p, "/")

	before := a.prefill(b, p, a.service)
	if before.State != types.ConsentNeeded || before.Profile != nil || *before.ConsentUrl != "/api/v1/signin/start?serviceId="+a.service.String() || len(*before.Items) != len(accounts.Items()) {
		t.Fatalf("%+v", before)
	}
	a.consent(b, p, a.service)
	after := a.prefill(b, p, a.service)
	if after.State != types.Available || *after.Profile.GivenName != "Clara" || *after.Profile.Email != "clara@example.org" || after.Profile.BirthDate.String() != "1988-04-12" {
		t.Fatalf("%+v", after)
	}
	if other := a.prefill(b, p, a.other); other.State != types.ConsentNeeded {
		t.Errorf("a consent for one service counts for another: %+v", other)
	}

	b.session(a.home())
	var log types.AccessList
	b.call(http.MethodGet, a.home(), "/api/v1/account/access-log", nil).decode(t, &log)
	if len(log.Items) != 1 || log.Items[0].Who != p.ref.Name || log.Items[0].Purpose != "Hund anmelden" || log.Items[0].Ground != types.AccessGroundConsent || len(log.Items[0].Items) != len(accounts.Items()) {
		t.Errorf("access log %+v", log.Items)
	}
}

func TestConsent_ShowsWhoAsksForWhat(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1)
	a.citizen("clara@example.org")
	p, b := a.portals[1], newBrowser(t)
	a.signInAt(b, p, "/")
	page := b.follow(p.ref.Url + "/api/v1/signin/start?" + url.Values{"returnTo": {"/"}, "serviceId": {a.service.String()}}.Encode())
	var request types.SignInRequest
	b.call(http.MethodGet, a.home(), "/api/v1/signin/requests/"+requestID(t, page), nil, "Accept-Language", "en").decode(t, &request)
	if request.Step != types.SignInRequestStepConsent || request.ClientName != p.ref.Name || *request.Purpose != "Register a dog" || len(*request.Items) != len(accounts.Items()) || request.RedirectTo != nil {
		t.Errorf("%+v", request)
	}
}

func TestConsent_GivenBefore_IsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1)
	a.citizen("clara@example.org")
	p, b := a.portals[1], newBrowser(t)
	a.signInAt(b, p, "/")
	a.consent(b, p, a.service)
	page := b.follow(p.ref.Url + "/api/v1/signin/start?" + url.Values{"returnTo": {"/x"}, "serviceId": {a.service.String()}}.Encode())
	if page != p.ref.Url+"/x" {
		t.Errorf("stopped at %s", page)
	}
}

func TestConsent_NotSignedInAtThePortal_SignsInFirst(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1)
	a.citizen("clara@example.org")
	p, b := a.portals[1], newBrowser(t)
	if r := b.signIn(a.home(), "clara@example.org", password); r.status != http.StatusOK {
		t.Fatal(r.status)
	}
	a.consent(b, p, a.service)
	if !b.session(p).SignedIn {
		t.Error("not signed in")
	}
	if got := a.prefill(b, p, a.service); got.State != types.Available {
		t.Errorf("%+v", got)
	}
}

func TestConsent_Withdrawn_NothingMoreIsRead(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1)
	a.citizen("clara@example.org")
	p, b := a.portals[1], newBrowser(t)
	a.signInAt(b, p, "/")
	a.consent(b, p, a.service)
	caller, token := a.purposeToken(b, p)

	b.session(a.home())
	var list types.ConsentList
	b.call(http.MethodGet, a.home(), "/api/v1/account/consents", nil).decode(t, &list)
	if len(list.Items) != 1 || list.Items[0].Recipient != p.ref.Name || list.Items[0].WithdrawnAt != nil {
		t.Fatalf("consents %+v", list.Items)
	}
	if r := b.call(http.MethodDelete, a.home(), "/api/v1/account/consents/"+list.Items[0].Id.String(), nil); r.status != http.StatusNoContent {
		t.Fatalf("withdraw: %d %s", r.status, r.body)
	}
	if r := newBrowser(t).call(http.MethodGet, a.home(), "/api/v1/account/profile", nil, "Authorization", "Bearer "+token); r.status != http.StatusUnauthorized {
		t.Errorf("the token still reads: %d %s", r.status, r.body)
	}
	if got := a.prefill(b, p, a.service); got.State != types.ConsentNeeded {
		t.Errorf("%+v", got)
	}
	if _, ok, err := p.signin.PurposeToken(caller, a.service); ok || err != nil {
		t.Errorf("the portal keeps a token that is no good: %v %v", ok, err)
	}
	b.call(http.MethodGet, a.home(), "/api/v1/account/consents", nil).decode(t, &list)
	if list.Items[0].WithdrawnAt == nil {
		t.Error("the consent is not shown as withdrawn")
	}
}

// purposeToken reads the token that a portal keeps for the service.
func (a *association) purposeToken(b *browser, p *portal) (ctx context.Context, token string) {
	a.t.Helper()
	ctx = a.asCaller(b, p)
	token, ok, err := p.signin.PurposeToken(ctx, a.service)
	must(a.t, err)
	if !ok {
		a.t.Fatal("no token for the purpose")
	}
	return ctx, token
}

func TestProfile_TokenWithoutPurpose_IsRefused(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1)
	a.citizen("clara@example.org")
	p, b := a.portals[1], newBrowser(t)
	a.signInAt(b, p, "/")
	_, token, err := p.signin.HomeToken(a.asCaller(b, p))
	must(t, err)
	r := newBrowser(t).call(http.MethodGet, a.home(), "/api/v1/account/profile", nil, "Authorization", "Bearer "+token)
	if r.status != http.StatusForbidden || r.code() != "scope-missing" {
		t.Errorf("the mailbox token reads the profile: %d %s", r.status, r.body)
	}
}

func TestConsent_Denied_ComesBackWithoutData(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1)
	a.citizen("clara@example.org")
	p, b := a.portals[1], newBrowser(t)
	a.signInAt(b, p, "/")
	page := b.follow(p.ref.Url + "/api/v1/signin/start?" + url.Values{"returnTo": {"/antrag?ars=1"}, "serviceId": {a.service.String()}}.Encode())
	b.session(a.home())
	id := requestID(t, page)
	var to types.Redirect
	b.call(http.MethodPost, a.home(), "/api/v1/signin/requests/"+id+"/deny", nil).decode(t, &to)
	if page := b.follow(*to.RedirectTo); page != p.ref.Url+"/antrag?ars=1&einwilligung=abgelehnt" {
		t.Errorf("came back to %s", page)
	}
	if got := a.prefill(b, p, a.service); got.State != types.ConsentNeeded {
		t.Errorf("%+v", got)
	}
	if r := b.call(http.MethodPost, a.home(), "/api/v1/signin/requests/"+id+"/approve", nil); r.status != http.StatusNotFound {
		t.Errorf("a refused request can be approved: %d", r.status)
	}
}

func TestConsent_OtherPersonAtTheAccountHome_IsNotMixedUp(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1)
	a.citizen("clara@example.org")
	a.citizen("bert@example.org")
	p, b := a.portals[1], newBrowser(t)
	a.signInAt(b, p, "/")
	if r := b.signIn(a.home(), "bert@example.org", password); r.status != http.StatusOK {
		t.Fatal(r.status)
	}
	page := b.follow(p.ref.Url + "/api/v1/signin/start?" + url.Values{"returnTo": {"/"}, "serviceId": {a.service.String()}}.Encode())
	var to types.Redirect
	b.call(http.MethodPost, a.home(), "/api/v1/signin/requests/"+requestID(t, page)+"/approve", nil).decode(t, &to)
	if end := b.follow(*to.RedirectTo); !strings.HasPrefix(end, p.ref.Url+"/anmelden?error=other_account") {
		t.Errorf("came to %s", end)
	}
	if got := a.prefill(b, p, a.service); got.State != types.ConsentNeeded {
		t.Errorf("Clara's form is filled with %+v", got.Profile)
	}
}

func TestPrefill_AtTheAccountHome_UsesAConsentGivenThere(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 0)
	a.citizen("clara@example.org")
	b := newBrowser(t)
	b.signIn(a.home(), "clara@example.org", password)
	if got := a.prefill(b, a.home(), a.service); got.State != types.ConsentNeeded || got.ConsentUrl != nil {
		t.Fatalf("%+v", got)
	}
	if r := b.call(http.MethodPost, a.home(), "/api/v1/account/consents", types.GiveConsent{ServiceId: a.service}); r.status != http.StatusCreated {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if got := a.prefill(b, a.home(), a.service); got.State != types.Available || *got.Profile.City != "Meppen" {
		t.Errorf("%+v", got)
	}
}

func TestPrefill_UnknownService_404(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 0)
	a.citizen("clara@example.org")
	b := newBrowser(t)
	b.signIn(a.home(), "clara@example.org", password)
	if r := b.call(http.MethodGet, a.home(), "/api/v1/account/prefill?serviceId="+uuid.NewString(), nil); r.status != http.StatusNotFound {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func TestRegistration_BegunAtALinkedPortal_GoesOnThere(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1)
	p, b := a.portals[1], newBrowser(t)
	page := b.follow(p.ref.Url + "/api/v1/signin/start?returnTo=/antrag")
	request := uuid.MustParse(requestID(t, page))
	b.session(a.home())
	chosen := password
	r := b.call(http.MethodPost, a.home(), "/api/v1/account/registrations", types.Registration{
		Email: "Neu@Example.org", Password: &chosen, GivenName: "Nele", FamilyName: "Neu", RequestId: &request,
	}, "Idempotency-Key", "registration-1")
	if r.status != http.StatusAccepted {
		t.Fatalf("%d %s", r.status, r.body)
	}
	sent := a.home().mails.all()
	if len(sent) != 1 || sent[0].To != "neu@example.org" {
		t.Fatalf("mails %+v", sent)
	}
	token := regexp.MustCompile(`/registrieren/bestaetigen#token=(\S+)`).FindStringSubmatch(sent[0].Text)
	if token == nil {
		t.Fatalf("no link in %s", sent[0].Text)
	}
	before := b.cookie(a.home())
	confirmed := b.call(http.MethodPost, a.home(), "/api/v1/account/registrations/confirm", types.TokenBody{Token: token[1]})
	var to types.Redirect
	confirmed.decode(t, &to)
	if confirmed.status != http.StatusOK || to.RedirectTo == nil || *to.RedirectTo != "/anmelden?request="+request.String() {
		t.Fatalf("%d %s", confirmed.status, confirmed.body)
	}
	if b.cookie(a.home()) == before {
		t.Error("the cookie is the one of before")
	}
	b.session(a.home())
	if end := a.goOn(b, a.home().ref.Url+*to.RedirectTo); end != p.ref.Url+"/antrag" {
		t.Errorf("came to %s", end)
	}
	if s := b.session(p); !s.SignedIn || *s.DisplayName != "Nele Neu" {
		t.Errorf("%+v", s)
	}
	again := b.call(http.MethodPost, a.home(), "/api/v1/account/registrations/confirm", types.TokenBody{Token: token[1]})
	if again.status != http.StatusGone || again.code() != "token-used" {
		t.Errorf("the link works twice: %d", again.status)
	}
}

func TestAccount_AtAPortalWithoutAccounts_SaysWhereTheyAre(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 1)
	a.citizen("clara@example.org")
	p, b := a.portals[1], newBrowser(t)
	a.signInAt(b, p, "/")
	b.session(p)
	chosen := password
	for name, r := range map[string]reply{
		"register": b.call(http.MethodPost, p, "/api/v1/account/registrations", types.Registration{Email: "x@example.org", Password: &chosen, GivenName: "X", FamilyName: "Y"}, "Idempotency-Key", "registration-2"),
		"profile":  b.call(http.MethodGet, p, "/api/v1/account/profile", nil),
		"consents": b.call(http.MethodGet, p, "/api/v1/account/consents", nil),
		"accesses": b.call(http.MethodGet, p, "/api/v1/account/access-log", nil),
	} {
		if r.status != http.StatusNotFound || r.code() != "not-account-home" || !strings.Contains(string(r.body), a.home().ref.Name) {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
}
