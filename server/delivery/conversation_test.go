package delivery_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/delivery"
	"portalverbund/server/platform/httpx"
)

// kept is a provider's software that keeps what it is sent, as it came.
type kept struct {
	url string

	mu     sync.Mutex
	status int
	calls  []keptCall
}

type keptCall struct {
	Secret  string            `json:"secret"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

func newKept(t *testing.T) *kept {
	t.Helper()
	k := &kept{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		headers := map[string]string{}
		for name := range r.Header {
			headers[strings.ToLower(name)] = r.Header.Get(name)
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.status != 0 {
			w.WriteHeader(k.status)
			return
		}
		k.calls = append(k.calls, keptCall{secretOf("waste"), headers, string(body)})
	}))
	t.Cleanup(server.Close)
	k.url = server.URL
	return k
}

func (k *kept) all() []keptCall {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]keptCall(nil), k.calls...)
}

func (k *kept) answer(status int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.status = status
}

type audited struct {
	mu   sync.Mutex
	acts []string
}

func (a *audited) Record(_ context.Context, action, _, _ string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.acts = append(a.acts, action)
	return nil
}

func (a *audited) all() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return strings.Join(a.acts, " ")
}

func admin(ctx context.Context) context.Context {
	return httpx.WithCaller(ctx, httpx.Caller{Kind: httpx.SessionCaller, Person: httpx.Person{Issuer: self, Subject: "amt"}, Roles: []string{"admin"}})
}

// whatLibrarySays verifies a webhook by the library that others use.
func whatLibrarySays(t *testing.T, c keptCall) map[string]any {
	t.Helper()
	input, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "node", filepath.Join("testdata", "verify.mjs"))
	command.Stdin = strings.NewReader(string(input))
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("standardwebhooks: %v\n%s", err, out)
	}
	said := map[string]any{}
	if err := json.Unmarshal(out, &said); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return said
}

func TestConversation_ProviderAsks_CitizenAnswers_BothVerifiedByTheLibraryOfOthers(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	x := newSetup(t, k.url, time.Now, true)
	app := x.application(x.offer("provider:waste"))
	if err := x.receive(t.Context(), t, other, delivery.KindSubmitted, app); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "delivered", func() bool { return x.state(t, app) == types.Delivered })
	id, waste := x.id(t, app), provider(t.Context(), "waste-client")
	if said := whatLibrarySays(t, k.all()[0]); said["id"] != id.String() || said["forged"] != "refused" {
		t.Errorf("the library of Standard Webhooks says %v of the delivery", said)
	}

	words := "Steht der Sperrmüll an der Straße?"
	yes := true
	for range 2 { // the same key again has no second effect
		if _, err := x.s.Write(waste, id, "k-1", types.DeliveryMessageText{Text: words, Question: &yes}); err != nil {
			t.Fatal(err)
		}
	}
	answer := "Ja, seit heute früh."
	event := types.TimelineEvent{Id: uuid.New(), At: time.Now().UTC(), Kind: types.Message, By: types.EventAuthorCitizen, Text: &answer}
	if err := x.receive(t.Context(), t, other, delivery.KindMessage, types.MessageEvent{ApplicationId: app.ApplicationId, Event: event}); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the answer is pushed", func() bool { return len(k.all()) == 2 })
	pushed := k.all()[1]
	var body types.DeliveryMessagePush
	if err := json.Unmarshal([]byte(pushed.Body), &body); err != nil || body.DeliveryId != id || body.Message.Text != answer || body.Message.By != types.EventAuthorCitizen {
		t.Errorf("pushed %s: %v", pushed.Body, err)
	}
	if said := whatLibrarySays(t, pushed); said["id"] != body.Message.Id.String() {
		t.Errorf("the library of Standard Webhooks says %v of the message", said)
	}
	list, err := x.s.Messages(waste, id)
	if err != nil || len(list) != 2 || !list[0].Question || list[0].Text != words || list[1].Text != answer {
		t.Errorf("messages %+v, %v", list, err)
	}
	var clear int
	if err := x.d.From(t.Context()).Raw("SELECT count(*) FROM delivery_messages WHERE position(convert_to(?, 'UTF8') in content) > 0", answer).Scan(&clear).Error; err != nil || clear != 0 {
		t.Errorf("%d messages lie open in the database: %v", clear, err)
	}

	_, err = x.s.Messages(provider(t.Context(), "energy-client"), id)
	wantStatus(t, err, http.StatusNotFound, "delivery-unknown")
	_, err = x.s.Write(provider(t.Context(), "energy-client"), id, "k-2", types.DeliveryMessageText{Text: "x"})
	wantStatus(t, err, http.StatusNotFound, "delivery-unknown")
	_, err = x.s.Write(waste, id, "k-3", types.DeliveryMessageText{Text: "  "})
	wantStatus(t, err, http.StatusUnprocessableEntity, "")
	if _, err := x.s.SetStatus(waste, id, "k-4", types.DeliveryStatus{Status: types.DeliveryStatusStatusClosed}); err != nil {
		t.Fatal(err)
	}
	_, err = x.s.Write(waste, id, "k-5", types.DeliveryMessageText{Text: "Noch etwas"})
	wantStatus(t, err, http.StatusConflict, "delivery-finished")
}

func TestCitizenEvent_WithFilesOrValues_AtProvider_IsRefusedWhole(t *testing.T) {
	t.Parallel()
	x := newSetup(t, "", time.Now, false)
	app := x.application(x.offer("provider:waste"))
	if err := x.receive(t.Context(), t, other, delivery.KindSubmitted, app); err != nil {
		t.Fatal(err)
	}
	id, before := x.id(t, app), len(x.told(t))
	if _, err := x.s.Write(provider(t.Context(), "waste-client"), id, "k-1", types.DeliveryMessageText{Text: "Welche Adresse?"}); err != nil {
		t.Fatal(err)
	}
	said, words := len(x.told(t)), "Siehe Anlage."
	for name, change := range map[string]func(*types.TimelineEvent){
		"file": func(e *types.TimelineEvent) { e.Attachments = &[]types.Attachment{{Id: uuid.New(), Name: "a.pdf"}} },
		"value": func(e *types.TimelineEvent) {
			e.Values = &[]types.CorrectedAnswer{{Pointer: "/person/ort", Value: "Lathen"}}
		},
		"withdrawal with a file": func(e *types.TimelineEvent) {
			e.Kind, e.Attachments = types.Withdrawn, &[]types.Attachment{{Id: uuid.New(), Name: "a.pdf"}}
		},
	} {
		e := types.TimelineEvent{Id: uuid.New(), At: time.Now(), Kind: types.Message, By: types.EventAuthorCitizen, Text: &words}
		change(&e)
		err := x.receive(t.Context(), t, other, delivery.KindMessage, types.MessageEvent{ApplicationId: app.ApplicationId, Event: e})
		t.Log(name)
		wantStatus(t, err, http.StatusUnprocessableEntity, "event-answer")
	}
	list, err := x.s.Messages(provider(t.Context(), "waste-client"), id)
	if err != nil || len(list) != 1 || len(x.told(t)) != said || said == before || x.state(t, app) != types.Pending {
		t.Errorf("%d messages, %v; said %v; %s", len(list), err, x.told(t), x.state(t, app))
	}
}

func TestTest_ProviderGetsAMarkedDelivery_NobodyElseHearsOfIt(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	x := newSetup(t, k.url, time.Now, true)
	head, err := x.s.Test(admin(t.Context()), "waste", "t-1")
	if err != nil || !head.Test {
		t.Fatalf("%+v, %v", head, err)
	}
	if again, err := x.s.Test(admin(t.Context()), "waste", "t-1"); err != nil || again.Id != head.Id {
		t.Errorf("the same key made another one: %v", err)
	}
	waitFor(t, "pushed", func() bool { return len(k.all()) == 1 })
	if said := whatLibrarySays(t, k.all()[0]); said["test"] != true || said["id"] != head.Id.String() {
		t.Errorf("%v", said)
	}
	waste := provider(t.Context(), "waste-client")
	for i, status := range []types.DeliveryStatusStatus{types.DeliveryStatusStatusInProgress, types.DeliveryStatusStatusGranted} {
		if _, err := x.s.SetStatus(waste, head.Id, "s-"+string(rune('a'+i)), types.DeliveryStatus{Status: status}); err != nil {
			t.Fatal(err)
		}
	}
	var n int
	if err := x.d.From(t.Context()).Raw("SELECT count(*) FROM said").Scan(&n).Error; err != nil || n != 0 {
		t.Errorf("other rooms were told %d things of a test: %v", n, err)
	}
	for name, ctx := range map[string]context.Context{"provider": waste, "nobody": t.Context()} {
		_, err := x.s.Test(ctx, "waste", "t-2")
		wantStatus(t, err, http.StatusForbidden, "role-missing")
		_, err = x.s.Replay(ctx, head.Id)
		wantStatus(t, err, http.StatusForbidden, "role-missing")
		_, err = x.s.States(ctx)
		wantStatus(t, err, http.StatusForbidden, "role-missing")
		if _, _, err = x.s.Heads(ctx, "waste", delivery.Filter{Limit: 5}); err == nil {
			t.Errorf("%s reads heads", name)
		}
	}
	if acts := x.audit.all(); acts != "delivery.test" {
		t.Errorf("in the audit: %s", acts)
	}
	_, err = x.s.Test(admin(t.Context()), "nobody", "t-3")
	wantStatus(t, err, http.StatusNotFound, "provider-unknown")
}

func TestReplay_GivenUpOrLost_DeliveredAgainUnderTheSameId_CitizenHearsOnce(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	k.answer(http.StatusGone)
	x := newSetup(t, k.url, time.Now, true)
	app := x.application(x.offer("provider:waste"))
	if err := x.receive(t.Context(), t, other, delivery.KindSubmitted, app); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "parked", func() bool { return x.state(t, app) == types.Parked })
	states, err := x.s.States(admin(t.Context()))
	if err != nil || len(states) != 3 || states[1].ID != "waste" && states[0].ID != "waste" && states[2].ID != "waste" {
		t.Fatalf("%+v, %v", states, err)
	}
	for _, s := range states {
		if s.ID == "waste" && (!s.Gone || s.Parked != 1) || s.ID == "energy" && (s.Gone || s.Host != "") {
			t.Errorf("%+v", s)
		}
	}
	k.answer(0)
	id := x.id(t, app)
	if h, err := x.s.Replay(admin(t.Context()), id); err != nil || h.State != types.Pending {
		t.Fatalf("%+v, %v", h, err)
	}
	waitFor(t, "delivered", func() bool { return x.state(t, app) == types.Delivered })
	if _, err := x.s.Replay(admin(t.Context()), id); err != nil { // the provider has lost it
		t.Fatal(err)
	}
	waitFor(t, "delivered again", func() bool { return len(k.all()) == 2 && x.state(t, app) == types.Delivered })
	if a, b := k.all()[0].Headers["webhook-id"], k.all()[1].Headers["webhook-id"]; a != b || a != id.String() {
		t.Errorf("webhook ids %s and %s", a, b)
	}
	var n int
	if err := x.d.From(t.Context()).Raw("SELECT count(*) FROM said WHERE body LIKE '%transmitted%' OR kind = 'transmitted'").Scan(&n).Error; err != nil || n > 1 {
		t.Errorf("the citizen was told %d times that it was handed over: %v", n, err)
	}
	heads, next, err := x.s.Heads(admin(t.Context()), "waste", delivery.Filter{Limit: 5})
	if err != nil || next != "" || len(heads) != 1 || heads[0].Attempts != 3 {
		t.Errorf("%+v %q %v", heads, next, err)
	}
	if _, err := x.s.SetStatus(provider(t.Context(), "waste-client"), id, "s-1", types.DeliveryStatus{Status: types.DeliveryStatusStatusClosed}); err != nil {
		t.Fatal(err)
	}
	_, err = x.s.Replay(admin(t.Context()), id)
	wantStatus(t, err, http.StatusConflict, "delivery-over")
	if acts := x.audit.all(); acts != "delivery.replay delivery.replay" {
		t.Errorf("in the audit: %s", acts)
	}
	_, err = x.s.Replay(admin(t.Context()), uuid.New())
	wantStatus(t, err, http.StatusNotFound, "delivery-unknown")
}
