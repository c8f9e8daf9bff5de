package accounts

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

func TestRegister_KnownAddress_SameAnswerButAnotherMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.citizen("clara@example.org")
	must(t, w.register("neu@example.org", "key-0001"))
	must(t, w.register("Clara@Example.org", "key-0002"))
	if len(w.mails) != 2 || !strings.Contains(w.mails[0].Text, "#token=") || strings.Contains(w.mails[1].Text, "token") || w.mails[1].To != "clara@example.org" {
		t.Errorf("mails %+v", w.mails)
	}
	var rows int64
	must(t, w.service.DB.From(t.Context()).Model(&registrationRow{}).Count(&rows).Error)
	if rows != 2 {
		t.Errorf("%d rows: the two cases write differently", rows)
	}
}

func TestRegister_SameKeyTwice_OneMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	must(t, w.register("neu@example.org", "key-0001"))
	must(t, w.register("neu@example.org", "key-0001"))
	if len(w.mails) != 1 {
		t.Errorf("%d mails", len(w.mails))
	}
	if got := code(w.register("andere@example.org", "key-0001")); got != "idempotency-key-reused" {
		t.Errorf("the same key for another address: %q", got)
	}
}

func TestRegister_PasswordIsNowhereInTheDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	must(t, w.register("neu@example.org", "key-0001"))
	for _, table := range []string{"account_registrations", "idempotency_keys", "accounts"} {
		var found int
		must(t, w.service.DB.From(t.Context()).Raw("SELECT count(*) FROM "+table+" AS r WHERE convert_from(convert_to(r::text, 'UTF8'), 'UTF8') LIKE ?", "%Emsdeich%").Row().Scan(&found))
		if found != 0 {
			t.Errorf("%s holds the password", table)
		}
	}
}

func TestRegister_WrongFields_AllNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	short := "kurz"
	err := w.service.Register(t.Context(), "key-0001", types.Registration{Email: "keine", Password: &short, GivenName: " ", FamilyName: ""})
	var pointers []string
	for _, f := range problem.From(err).Fields {
		pointers = append(pointers, f.Pointer)
	}
	slices.Sort(pointers)
	if !slices.Equal(pointers, []string{"/email", "/familyName", "/givenName", "/password"}) {
		t.Errorf("%v", pointers)
	}
}

func TestConfirm_TokenWorksOnceAndForADay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	must(t, w.register("neu@example.org", "key-0001"))
	token := w.lastToken()
	done, err := w.service.ConfirmRegistration(t.Context(), token, nil)
	must(t, err)
	if done.Cookie.Value != "new" || done.RedirectTo != "" || done.RecoveryCodes != nil {
		t.Errorf("%+v", done)
	}
	if _, err := w.service.Authenticate(t.Context(), "neu@example.org", testPassword); err != nil {
		t.Errorf("cannot sign in: %v", err)
	}
	if _, err := w.service.ConfirmRegistration(t.Context(), token, nil); code(err) != "token-used" {
		t.Errorf("second use: %v", err)
	}
	must(t, w.register("spaet@example.org", "key-0002"))
	w.now = w.now.Add(24*time.Hour + time.Second)
	if _, err := w.service.ConfirmRegistration(t.Context(), w.lastToken(), nil); code(err) != "token-used" {
		t.Errorf("after a day: %v", err)
	}
}

func TestConfirm_TwoRegistrations_OneAccountAndTheOtherLinkIsDead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	must(t, w.register("neu@example.org", "key-0001"))
	first := w.lastToken()
	must(t, w.register("neu@example.org", "key-0002"))
	second := w.lastToken()
	_, err := w.service.ConfirmRegistration(t.Context(), second, nil)
	must(t, err)
	if _, err := w.service.ConfirmRegistration(t.Context(), first, nil); code(err) != "token-used" {
		t.Errorf("the link of somebody else's registration still works: %v", err)
	}
}

func TestRegister_ManyMailsToOneAddress_AreHeldBackSilently(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 8 {
		must(t, w.register("opfer@example.org", "key-000"+string(rune('a'+i))))
	}
	if len(w.mails) != 5 {
		t.Errorf("%d mails", len(w.mails))
	}
	must(t, w.register("andere@example.org", "key-0009"))
	if len(w.mails) != 6 {
		t.Error("another address gets no mail")
	}
}

func TestReset_OnlyKnownAddressesGetAMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.citizen("clara@example.org")
	must(t, w.service.RequestPasswordReset(t.Context(), "niemand@example.org"))
	must(t, w.service.RequestPasswordReset(t.Context(), "clara@example.org"))
	if len(w.resets) != 2 || len(w.mails) != 0 {
		t.Fatalf("%d orders, %d mails before the job", len(w.resets), len(w.mails))
	}
	for _, sealed := range w.resets {
		must(t, w.service.sendReset(t.Context(), sealed))
	}
	if len(w.mails) != 1 || w.mails[0].To != "clara@example.org" {
		t.Errorf("mails %+v", w.mails)
	}
}

// reset asks for a new password for Clara and gives the token of the mail.
func (w *world) reset() string {
	w.t.Helper()
	must(w.t, w.service.RequestPasswordReset(w.t.Context(), "clara@example.org"))
	must(w.t, w.service.sendReset(w.t.Context(), w.resets[len(w.resets)-1]))
	return w.lastToken()
}

func TestReset_TokenWorksOnceForTenMinutes_AndEndsAllSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.citizen("clara@example.org")
	token, other := w.reset(), w.reset()
	if err := w.service.ConfirmPasswordReset(t.Context(), token, "zu kurz"); code(err) != "invalid" {
		t.Errorf("short password: %v", err)
	}
	const changed = "ein anderer langer Satz"
	must(t, w.service.ConfirmPasswordReset(t.Context(), token, changed))
	if !slices.Equal(w.ended, []uuid.UUID{id}) {
		t.Errorf("sessions ended: %v", w.ended)
	}
	if last := w.mails[len(w.mails)-1]; last.Subject != "Ihr Passwort wurde geändert" || strings.Contains(last.Text, "#token") {
		t.Errorf("notice %+v", last)
	}
	if _, err := w.service.Authenticate(t.Context(), "clara@example.org", changed); err != nil {
		t.Errorf("the new password: %v", err)
	}
	if _, err := w.service.Authenticate(t.Context(), "clara@example.org", testPassword); code(err) != "credentials-wrong" {
		t.Errorf("the old password: %v", err)
	}
	for name, used := range map[string]string{"the same": token, "another one asked for before": other, "an invented": "x"} {
		if err := w.service.ConfirmPasswordReset(t.Context(), used, changed); code(err) != "token-used" {
			t.Errorf("%s: %v", name, err)
		}
	}
	late := w.reset()
	w.now = w.now.Add(10*time.Minute + time.Second)
	if err := w.service.ConfirmPasswordReset(t.Context(), late, changed); code(err) != "token-used" {
		t.Errorf("after ten minutes: %v", err)
	}
}

func TestProfile_ChangeNeedsTheVersionLastRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := w.as(w.citizen("clara@example.org"))
	_, first, err := w.service.Profile(ctx)
	must(t, err)
	street := " Lange Straße "
	got, second, err := w.service.UpdateProfile(ctx, first, types.ProfileData{GivenName: "Clara", FamilyName: "Neu", Street: &street})
	must(t, err)
	if *got.Street != "Lange Straße" || *got.FamilyName != "Neu" || second == first {
		t.Errorf("%+v %s", got, second)
	}
	if _, _, err := w.service.UpdateProfile(ctx, first, types.ProfileData{GivenName: "X", FamilyName: "Y"}); code(err) != "changed-meanwhile" {
		t.Errorf("with an old version: %v", err)
	}
	tomorrow := w.now.AddDate(0, 0, 1)
	if _, _, err := w.service.UpdateProfile(ctx, second, types.ProfileData{GivenName: "X", FamilyName: " ", BirthDate: Birthday(tomorrow.Year(), tomorrow.Month(), tomorrow.Day())}); len(problem.From(err).Fields) != 2 {
		t.Errorf("wrong fields: %v", err)
	}
}

func TestProfile_IsSealedInTheDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.citizen("clara@example.org")
	row, err := w.service.account(t.Context(), id)
	must(t, err)
	if strings.Contains(string(row.Profile), "Beispiel") {
		t.Error("the name is there in clear")
	}
	row.ID = uuid.New()
	if _, err := w.service.openProfile(row); err == nil {
		t.Error("one person's profile opens in another's row")
	}
}

func TestConsent_OfSomebodyElse_IsUnknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	clara, bert := w.as(w.citizen("clara@example.org")), w.as(w.citizen("bert@example.org"))
	consent, err := w.service.GiveConsent(clara, uuid.New())
	must(t, err)
	if err := w.service.WithdrawConsent(bert, consent.Id); code(err) != "consent-unknown" {
		t.Errorf("%v", err)
	}
	must(t, w.service.WithdrawConsent(clara, consent.Id))
	must(t, w.service.WithdrawConsent(clara, consent.Id))
	if len(w.purposes) != 1 {
		t.Errorf("tokens ended for %v", w.purposes)
	}
}

func TestReadForToken_OnlyItemsConsentedTo_AndLogged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, service := w.citizen("clara@example.org"), uuid.NewString()
	must(t, w.service.RecordConsent(t.Context(), id, "https://meppen.example", "Stadt Meppen", service, map[string]string{"de": "Hund anmelden", "en": "Register a dog"},
		[]types.ProfileItem{types.ProfileItemGivenName, types.ProfileItemEmail}))
	caller := httpx.Caller{Kind: httpx.TokenCaller, AccountID: id, ClientID: "https://meppen.example", Scopes: []string{"openid", "person:read", "purpose:" + service}}
	data, _, err := w.service.ReadForToken(httpx.WithCaller(t.Context(), caller))
	must(t, err)
	if *data.GivenName != "Clara" || *data.Email != "clara@example.org" || data.FamilyName != nil {
		t.Errorf("%+v", data)
	}
	list, err := w.service.Accesses(httpx.WithLanguage(w.as(id), "en"), 10, "")
	must(t, err)
	if len(list.Items) != 1 || list.Items[0].Who != "Stadt Meppen" || list.Items[0].Purpose != "Register a dog" || !slices.Equal(list.Items[0].Items, []string{"givenName", "email"}) {
		t.Errorf("%+v", list.Items)
	}
	caller.ClientID = "https://lathen.example"
	if _, _, err := w.service.ReadForToken(httpx.WithCaller(t.Context(), caller)); code(err) != "consent-missing" {
		t.Errorf("another portal: %v", err)
	}
	caller.Scopes = []string{"openid", "person:read"}
	if _, _, err := w.service.ReadForToken(httpx.WithCaller(t.Context(), caller)); code(err) != "purpose-missing" {
		t.Errorf("without a purpose: %v", err)
	}
}

func TestAccesses_AreListedPageByPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, service := w.citizen("clara@example.org"), uuid.NewString()
	must(t, w.service.RecordConsent(t.Context(), id, "p", "P", service, map[string]string{"de": "x"}, Items()))
	for range 5 {
		_, _, err := w.service.read(t.Context(), id, "p", service)
		must(t, err)
	}
	seen, cursor := 0, ""
	for {
		page, err := w.service.Accesses(w.as(id), 2, cursor)
		must(t, err)
		seen += len(page.Items)
		if page.NextCursor == nil {
			break
		}
		cursor = *page.NextCursor
	}
	if seen != 5 {
		t.Errorf("%d of 5", seen)
	}
	if _, err := w.service.Accesses(w.as(id), 2, "x"); code(err) != "cursor-invalid" {
		t.Errorf("%v", err)
	}
}

func TestStaff_HaveNoCitizensProfile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, err := w.service.CreateStaff(t.Context(), "amt@example.org", "Knut Muster", testPassword, []string{"clerk", "editor"})
	must(t, err)
	name, roles, err := w.service.Standing(t.Context(), id)
	must(t, err)
	if name != "Knut Muster" || !slices.Equal(roles, []string{"clerk", "editor"}) {
		t.Errorf("%s %v", name, roles)
	}
	ctx := httpx.WithCaller(t.Context(), httpx.Caller{Kind: httpx.SessionCaller, AccountID: id, Roles: roles})
	if _, _, err := w.service.Profile(ctx); code(err) != "staff-account" {
		t.Errorf("%v", err)
	}
	if _, err := w.service.CreateStaff(t.Context(), "AMT@example.org", "X", testPassword, []string{"clerk"}); code(err) != "account-exists" {
		t.Errorf("%v", err)
	}
	if _, err := w.service.CreateStaff(t.Context(), "b@example.org", "X", testPassword, []string{"king"}); code(err) != "invalid" {
		t.Errorf("%v", err)
	}
}

func TestSweep_DeletesWhatHasRunOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.citizen("clara@example.org")
	must(t, w.register("neu@example.org", "key-0001"))
	w.reset()
	if n, err := w.service.Sweep(t.Context()); n != 0 || err != nil {
		t.Errorf("swept %d too early: %v", n, err)
	}
	w.now = w.now.Add(25 * time.Hour)
	n, err := w.service.Sweep(t.Context())
	must(t, err)
	if n < 3 { // registration, reset, and buckets
		t.Errorf("swept %d", n)
	}
}
