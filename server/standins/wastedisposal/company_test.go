package main

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestDelivery_WrongSignature_IsRefused(t *testing.T) {
	t.Parallel()
	x := newSetup(t, t.TempDir(), "http://127.0.0.1:1")
	content := body(uuid.New(), "pending")
	now := time.Now()
	for name, status := range map[string]struct {
		at     time.Time
		change func(http.Header)
	}{
		"other signature": {now, func(h http.Header) { h.Set("webhook-signature", "v1,"+strings.Repeat("A", 43)+"=") }},
		"no signature":    {now, func(h http.Header) { h.Del("webhook-signature") }},
		"other version": {now, func(h http.Header) {
			h.Set("webhook-signature", strings.Replace(h.Get("webhook-signature"), "v1,", "v0,", 1))
		}},
		"id of another":      {now, func(h http.Header) { h.Set("webhook-id", "another") }},
		"time changed":       {now, func(h http.Header) { h.Set("webhook-timestamp", "1") }},
		"too old":            {now.Add(-6 * time.Minute), nil},
		"from the future":    {now.Add(6 * time.Minute), nil},
		"time is not a time": {now, func(h http.Header) { h.Set("webhook-timestamp", "yesterday") }},
	} {
		if got, _ := x.deliver(t, "id-1", content, status.at, status.change); got != http.StatusUnauthorized {
			t.Errorf("%s: status %d", name, got)
		}
	}
	if got := x.orders.all(); len(got) != 0 {
		t.Errorf("orders %+v", got)
	}
}

func TestDelivery_NotADelivery_IsRefused(t *testing.T) {
	t.Parallel()
	x := newSetup(t, t.TempDir(), "http://127.0.0.1:1")
	for name, content := range map[string]string{"no JSON": "Hallo", "no id": `{"number":"1"}`, "id is a path": `{"id":"../../etc","number":"1"}`} {
		if got, _ := x.deliver(t, "id-1", content, time.Now(), nil); got != http.StatusUnprocessableEntity {
			t.Errorf("%s: status %d", name, got)
		}
	}
	if got, _ := x.deliver(t, "id-1", strings.Repeat(" ", maxDelivery+1), time.Now(), nil); got != http.StatusRequestEntityTooLarge {
		t.Errorf("too large: status %d", got)
	}
}

func TestDelivery_SameIDAgain_SameAnswer_OneOrder_AlsoAfterARestart(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	x := newSetup(t, folder, "http://127.0.0.1:1")
	first, second := uuid.New(), uuid.New()
	status, answer := x.deliver(t, first.String(), body(first, "pending"), time.Now(), nil)
	if status != http.StatusOK || !strings.Contains(answer, "EE-00001") {
		t.Fatalf("%d %s", status, answer)
	}
	if err := os.WriteFile(folder+"/half.json.new", []byte("{"), 0o600); err != nil { // what a crash leaves
		t.Fatal(err)
	}
	again := newSetup(t, folder, "http://127.0.0.1:1")
	if status, repeated := again.deliver(t, first.String(), body(first, "pending"), time.Now(), nil); status != http.StatusOK || repeated != answer {
		t.Errorf("%d %s, want %s", status, repeated, answer)
	}
	if _, next := again.deliver(t, second.String(), body(second, "pending"), time.Now(), nil); !strings.Contains(next, "EE-00002") {
		t.Errorf("next order %s", next)
	}
	if got := again.orders.all(); len(got) != 2 || got[0].ID != second || got[1].ID != first || got[1].Data.Items.Objects[0].Count != 2 {
		t.Errorf("orders %+v", got)
	}
}

func TestDelivery_TakenBack_InWhateverOrderItComes(t *testing.T) {
	t.Parallel()
	x := newSetup(t, t.TempDir(), "http://127.0.0.1:1")
	usual, swapped := uuid.New(), uuid.New()
	x.deliver(t, usual.String(), body(usual, "pending"), time.Now(), nil)
	x.deliver(t, usual.String()+".cancelled", body(usual, "cancelled"), time.Now(), nil)
	x.deliver(t, swapped.String()+".cancelled", body(swapped, "cancelled"), time.Now(), nil)
	x.deliver(t, swapped.String(), body(swapped, "pending"), time.Now(), nil)
	for _, o := range x.orders.all() {
		if o.State != stateCancelled {
			t.Errorf("order %s is %s", o.ID, o.State)
		}
	}
}

func TestStaff_PasswordIsAsked(t *testing.T) {
	t.Parallel()
	x := newSetup(t, t.TempDir(), "http://127.0.0.1:1")
	id := uuid.New()
	x.deliver(t, id.String(), body(id, "pending"), time.Now(), nil)
	if _, page := x.get(t, "/"); strings.Contains(page, "EE-00001") || !strings.Contains(page, "Passwort") {
		t.Error("orders are shown to strangers")
	}
	if status, _ := x.post(t, "/auftraege/"+id.String()+"/erledigt", nil); status != http.StatusForbidden {
		t.Errorf("a stranger closes an order: status %d", status)
	}
	if status, page := x.post(t, "/dienst/anmelden", url.Values{"passwort": {"falsch"}}); status != http.StatusForbidden || !strings.Contains(page, `role="alert"`) {
		t.Errorf("wrong password: status %d", status)
	}
	if status, _ := x.post(t, "/dienst/anmelden", url.Values{"passwort": {password}}); status != http.StatusSeeOther {
		t.Fatalf("right password: status %d", status)
	}
	_, page := x.get(t, "/")
	for _, want := range []string{"EE-00001", "MEP-26-4F7K-2P9T-X", "Beispiel &lt;b&gt;", "2 × Sofa (rot)", "am Straßenrand", "Demonstration"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing on the page", want)
		}
	}
	if strings.Contains(page, "<script") || strings.Contains(page, "style=") {
		t.Error("the page would need a weaker content security policy")
	}
	x.post(t, "/dienst/abmelden", nil)
	if _, page := x.get(t, "/"); strings.Contains(page, "EE-00001") {
		t.Error("orders are shown after signing out")
	}
}

func TestStaff_GuessingIsSlowedDown(t *testing.T) {
	t.Parallel()
	x := newSetup(t, t.TempDir(), "http://127.0.0.1:1")
	for range maxGuesses {
		if status, _ := x.post(t, "/dienst/anmelden", url.Values{"passwort": {"falsch"}}); status != http.StatusForbidden {
			t.Fatalf("status %d", status)
		}
	}
	if status, _ := x.post(t, "/dienst/anmelden", url.Values{"passwort": {password}}); status != http.StatusTooManyRequests {
		t.Errorf("status %d after too many guesses", status)
	}
}

func TestStaff_OtherSitesCannotPressButtons(t *testing.T) {
	t.Parallel()
	x := newSetup(t, t.TempDir(), "http://127.0.0.1:1")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, x.url+"/dienst/anmelden", strings.NewReader("passwort="+password))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", "https://evil.example")
	request.Header.Set("Sec-Fetch-Site", "cross-site")
	response, err := x.browser.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := read(t, response); status != http.StatusForbidden {
		t.Errorf("status %d", status)
	}
}

func TestStaff_DateAndEnd_ReachThePortalOnceItIsUp_AlsoAfterARestart(t *testing.T) {
	t.Parallel()
	portal, folder := newCounty(t), t.TempDir()
	portal.set(func() { portal.away = true })
	x := newSetup(t, folder, portal.URL)
	id := uuid.New()
	x.deliver(t, id.String(), body(id, "pending"), time.Now(), nil)
	x.post(t, "/dienst/anmelden", url.Values{"passwort": {password}})
	path := "/auftraege/" + id.String()
	if status, _ := x.post(t, path+"/termin", url.Values{"termin": {"2020-01-01"}}); status != http.StatusUnprocessableEntity {
		t.Errorf("a day in the past: status %d", status)
	}
	if status, _ := x.post(t, path+"/termin", url.Values{"termin": {"2097-12-03"}}); status != http.StatusSeeOther {
		t.Errorf("date: status %d", status)
	}
	if status, _ := x.post(t, path+"/erledigt", nil); status != http.StatusSeeOther {
		t.Errorf("done: status %d", status)
	}
	if status, _ := x.post(t, path+"/erledigt", nil); status != http.StatusConflict {
		t.Errorf("done again: status %d", status)
	}
	if status, _ := x.post(t, "/auftraege/"+uuid.NewString()+"/erledigt", nil); status != http.StatusNotFound {
		t.Errorf("unknown order: status %d", status)
	}
	if err := x.reportAll(t.Context()); err == nil {
		t.Error("reported to a portal that is away")
	}
	again := newSetup(t, folder, portal.URL)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); again.report(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
	portal.set(func() { portal.away = false })
	waitFor(t, "both reports", func() bool { return len(portal.seen()) == 2 })
	got := portal.seen()
	if got[0].Status != "inProgress" || !strings.Contains(got[0].Text, "Dienstag, 3. Dezember 2097") || got[0].Reference != "EE-00001" || got[0].path != id.String() {
		t.Errorf("first report %+v", got[0])
	}
	if up := portal.uploads; len(up) != 1 || up[0].path != id.String() || up[0].name != "Abholschein EE-00001.pdf" || !strings.HasPrefix(up[0].content, "%PDF-") ||
		len(got[0].Documents) != 1 || got[0].Documents[0] != documentID || len(got[1].Documents) != 0 {
		t.Errorf("uploads %d, named %v and %v, want one notice with the date", len(up), got[0].Documents, got[1].Documents)
	}
	if got[1].Status != "closed" || got[1].token != "Bearer token-1" || got[1].key == got[0].key || len(got[1].key) < 8 {
		t.Errorf("second report %+v", got[1])
	}
	waitFor(t, "the files to say so", func() bool {
		for _, r := range again.orders.all()[0].Reports {
			if r.SentAt == nil {
				return false
			}
		}
		return true
	})
	if err := again.reportAll(t.Context()); err != nil || len(portal.seen()) != 2 {
		t.Errorf("reported again: %d, %v", len(portal.seen()), err)
	}
}

func TestReport_RefusedForGood_IsNotTriedAgain(t *testing.T) {
	t.Parallel()
	portal := newCounty(t)
	portal.set(func() { portal.refuse = http.StatusConflict })
	x := newSetup(t, t.TempDir(), portal.URL)
	id := uuid.New()
	x.deliver(t, id.String(), body(id, "pending"), time.Now(), nil)
	x.post(t, "/dienst/anmelden", url.Values{"passwort": {password}})
	x.post(t, "/auftraege/"+id.String()+"/erledigt", nil)
	for range 2 {
		if err := x.reportAll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := portal.seen(); len(got) != 1 {
		t.Errorf("%d attempts", len(got))
	}
	if _, page := x.get(t, "/"); !strings.Contains(page, "nicht angenommen") {
		t.Error("the staff does not learn of it")
	}
}

func TestReport_TokenWithdrawn_GetsANewOne(t *testing.T) {
	t.Parallel()
	portal := newCounty(t)
	portal.set(func() { portal.refuse = http.StatusUnauthorized })
	x := newSetup(t, t.TempDir(), portal.URL)
	id := uuid.New()
	x.deliver(t, id.String(), body(id, "pending"), time.Now(), nil)
	x.post(t, "/dienst/anmelden", url.Values{"passwort": {password}})
	x.post(t, "/auftraege/"+id.String()+"/erledigt", nil)
	if err := x.reportAll(t.Context()); err == nil {
		t.Error("no error although the token was refused")
	}
	portal.set(func() { portal.refuse = 0 })
	if err := x.reportAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := portal.seen()
	if len(got) != 2 || got[1].token != "Bearer token-2" || got[1].key != got[0].key {
		t.Errorf("reports %+v", got)
	}
}
