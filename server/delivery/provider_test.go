package delivery_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	api "portalverbund/api/deliveries"
	"portalverbund/api/types"
	"portalverbund/server/delivery"
)

// endpoint is a provider's software that takes webhooks, or is out of order.
type endpoint struct {
	url string

	mu     sync.Mutex
	status int // what it answers; 0: 200 for what is signed
	calls  []call
	orders map[uuid.UUID]types.Delivery
}

type call struct {
	id, time string
	body     types.Delivery
}

func newEndpoint(t *testing.T) *endpoint {
	t.Helper()
	hook, err := standardwebhooks.NewWebhook(secretOf("waste"))
	if err != nil {
		t.Fatal(err)
	}
	e := &endpoint{orders: map[uuid.UUID]types.Delivery{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if err := hook.Verify(body, r.Header); err != nil {
			t.Errorf("webhook: %v", err)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		var d types.Delivery
		if err := json.Unmarshal(body, &d); err != nil {
			t.Errorf("webhook: %v", err)
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		e.calls = append(e.calls, call{r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp"), d})
		if e.status != 0 {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(e.status)
			return
		}
		e.orders[d.Id] = d
	}))
	t.Cleanup(server.Close)
	e.url = server.URL + "/webhooks/deliveries"
	return e
}

func (e *endpoint) answer(status int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.status = status
}

func (e *endpoint) seen() []call {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]call(nil), e.calls...)
}

func (x setup) state(t *testing.T, app types.MessageApplication) types.DeliveryState {
	t.Helper()
	var state types.DeliveryState
	if err := x.d.From(t.Context()).Raw("SELECT state FROM deliveries WHERE application_id = ?", app.ApplicationId).Scan(&state).Error; err != nil {
		t.Fatal(err)
	}
	return state
}

func (x setup) id(t *testing.T, app types.MessageApplication) uuid.UUID {
	t.Helper()
	var id uuid.UUID
	if err := x.d.From(t.Context()).Raw("SELECT id FROM deliveries WHERE application_id = ?", app.ApplicationId).Row().Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestPush_ProviderAway_TriedUntilItIsUp_OneOrder(t *testing.T) {
	t.Parallel()
	for _, broken := range []int{http.StatusInternalServerError, http.StatusNotFound, http.StatusFound} {
		t.Run(strconv.Itoa(broken), func(t *testing.T) {
			t.Parallel()
			e := newEndpoint(t)
			e.answer(broken)
			x := newSetup(t, e.url, time.Now, true)
			app := x.application(x.offer("provider:waste"))
			for range 2 { // the message may come twice
				if err := x.receive(t.Context(), t, other, delivery.KindSubmitted, app); err != nil {
					t.Fatal(err)
				}
			}
			waitFor(t, "three attempts", func() bool { return len(e.seen()) >= 3 })
			if state := x.state(t, app); state != types.Pending {
				t.Errorf("state %s while the provider is away", state)
			}
			e.answer(0)
			waitFor(t, "delivered", func() bool { return x.state(t, app) == types.Delivered })
			id := x.id(t, app)
			for _, c := range e.seen() {
				if c.id != id.String() || c.body.Id != id || c.body.Number != app.Number {
					t.Errorf("attempt %+v, want delivery %s", c, id)
				}
			}
			if len(e.orders) != 1 {
				t.Errorf("%d orders at the provider", len(e.orders))
			}
			all := x.told(t)
			got := slices.DeleteFunc(slices.Clone(all), func(s said) bool { return s.Kind == delivery.KindAccessed })
			if len(all) != 2 {
				t.Errorf("told %+v, want one access and one status", all)
			}
			if len(got) != 1 || got[0].What != "send" || got[0].Who != other || got[0].Kind != delivery.KindStatus {
				t.Fatalf("told %+v, want one status", got)
			}
			var m types.MessageEvent
			if err := json.Unmarshal([]byte(got[0].Body), &m); err != nil || m.Event.Kind != types.Transmitted || *m.Event.Name != "Entsorgung (Beispiel)" {
				t.Errorf("event %+v, %v", m, err)
			}
		})
	}
}

func TestPush_ProviderNeverTakesIt_IsParkedAfterTwoWeeks(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	e.answer(http.StatusServiceUnavailable)
	x := newSetup(t, e.url, time.Now, true)
	app := x.application(x.offer("provider:waste"))
	if _, err := x.s.Submit(t.Context(), self, "provider:waste", app); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "an attempt", func() bool { return len(e.seen()) > 0 })
	if state := x.state(t, app); state != types.Pending {
		t.Fatalf("state %s after the first attempt", state)
	}
	if err := x.d.From(t.Context()).Exec("UPDATE deliveries SET created_at = created_at - interval '15 days'").Error; err != nil {
		t.Fatal(err)
	}
	waitFor(t, "parked", func() bool { return x.state(t, app) == types.Parked })
	wantSaid(t, x.told(t), []said{})
	d, err := x.s.Get(provider(t.Context(), "waste-client"), x.id(t, app))
	if err != nil || d.State != types.Parked {
		t.Errorf("provider sees %+v, %v", d, err)
	}
}

func TestDelivery_ContentIsSealedAtRest(t *testing.T) {
	t.Parallel()
	x := newSetup(t, "", time.Now, false)
	app := x.application(x.offer("provider:energy"))
	app.Data = map[string]any{"applicant": map[string]any{"familyName": "Seltenername"}}
	if _, err := x.s.Submit(t.Context(), self, "", app); err != nil {
		t.Fatal(err)
	}
	var leaked bool
	if err := x.d.From(t.Context()).Raw("SELECT EXISTS (SELECT FROM deliveries d WHERE d::text LIKE '%Seltenername%' OR encode(content, 'escape') LIKE '%Seltenername%')").Scan(&leaked).Error; err != nil {
		t.Fatal(err)
	}
	if leaked {
		t.Error("the answers are readable in the database")
	}
}

func TestHandlers_ProviderSeesOnlyItsOwn(t *testing.T) {
	t.Parallel()
	x := newSetup(t, "", time.Now, false)
	h := delivery.NewHandlers(x.s)
	mine, theirs := x.application(x.offer("provider:energy")), x.application(x.offer("provider:energy"))
	for _, app := range []types.MessageApplication{mine, theirs} {
		if _, err := x.s.Submit(t.Context(), self, "", app); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.d.From(t.Context()).Exec("UPDATE deliveries SET provider = 'waste' WHERE application_id = ?", theirs.ApplicationId).Error; err != nil {
		t.Fatal(err)
	}
	ctx := provider(t.Context(), "energy-client")
	list, err := h.ListDeliveries(ctx, api.ListDeliveriesRequestObject{})
	if err != nil {
		t.Fatal(err)
	}
	if l := list.(api.ListDeliveries200JSONResponse); len(l.Items) != 1 || l.Items[0].Id != x.id(t, mine) || l.Items[0].Data["items"] == nil {
		t.Errorf("list %+v", l)
	}
	if _, err := h.GetDelivery(ctx, api.GetDeliveryRequestObject{DeliveryId: x.id(t, mine)}); err != nil {
		t.Errorf("own delivery: %v", err)
	}
	_, err = h.GetDelivery(ctx, api.GetDeliveryRequestObject{DeliveryId: x.id(t, theirs)})
	wantStatus(t, err, http.StatusNotFound, "delivery-unknown")
	_, err = h.ReportDeliveryStatus(ctx, api.ReportDeliveryStatusRequestObject{
		DeliveryId: x.id(t, theirs), Params: types.ReportDeliveryStatusParams{IdempotencyKey: "key-00001"},
		Body: &types.DeliveryStatus{Status: types.DeliveryStatusStatusClosed},
	})
	wantStatus(t, err, http.StatusNotFound, "delivery-unknown")
	if state := x.state(t, theirs); state != types.Pending {
		t.Errorf("another provider's delivery is %s", state)
	}
	_, err = h.ListDeliveries(provider(t.Context(), "stranger"), api.ListDeliveriesRequestObject{})
	wantStatus(t, err, http.StatusForbidden, "provider-unknown")
}

func TestList_PagesOldestFirst(t *testing.T) {
	t.Parallel()
	x := newSetup(t, "", time.Now, false)
	offerID := x.offer("provider:energy")
	var want []uuid.UUID
	for range 5 {
		app := x.application(offerID)
		if _, err := x.s.Submit(t.Context(), self, "", app); err != nil {
			t.Fatal(err)
		}
		want = append(want, x.id(t, app))
	}
	ctx := provider(t.Context(), "energy-client")
	var got []uuid.UUID
	f := delivery.Filter{Limit: 2, State: types.Pending}
	for {
		items, next, err := x.s.List(ctx, f)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range items {
			got = append(got, d.ID)
		}
		if next == "" {
			break
		}
		f.Cursor = next
	}
	if len(got) != len(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("place %d: %s, want %s", i, got[i], want[i])
		}
	}
	_, _, err := x.s.List(ctx, delivery.Filter{Limit: 2, Cursor: "nonsense"})
	wantStatus(t, err, http.StatusBadRequest, "cursor-invalid")
}

func TestSetStatus_ReportsOnceForAKey_AndEndsWithAFinalOne(t *testing.T) {
	t.Parallel()
	x := newSetup(t, "", time.Now, false)
	app := x.application(x.offer("provider:energy"))
	if _, err := x.s.Submit(t.Context(), self, "", app); err != nil {
		t.Fatal(err)
	}
	ctx, id := provider(t.Context(), "energy-client"), x.id(t, app)
	date, number := "Ihr Termin ist der 3. Dezember.", "AB-4711"
	for range 2 {
		d, err := x.s.SetStatus(ctx, id, "first-key", types.DeliveryStatus{Status: types.DeliveryStatusStatusInProgress, Text: &date, Reference: &number})
		if err != nil || d.State != types.Delivered || d.Reference != number {
			t.Fatalf("%+v, %v", d, err)
		}
	}
	_, err := x.s.SetStatus(ctx, id, "first-key", types.DeliveryStatus{Status: types.DeliveryStatusStatusClosed})
	wantStatus(t, err, http.StatusUnprocessableEntity, "idempotency-key-reused")
	d, err := x.s.SetStatus(ctx, id, "second-key", types.DeliveryStatus{Status: types.DeliveryStatusStatusClosed})
	if err != nil || d.State != types.Finished || d.Reference != number {
		t.Fatalf("%+v, %v", d, err)
	}
	_, err = x.s.SetStatus(ctx, id, "third-key", types.DeliveryStatus{Status: types.DeliveryStatusStatusInProgress})
	wantStatus(t, err, http.StatusConflict, "delivery-finished")
	wantSaid(t, x.told(t), []said{
		{"event", self, "inProgress", date, app.ApplicationId},
		{"accessed", self, "provider", "Energie (Beispiel)", app.ApplicationId}, // once, however often it is fetched
		{"event", self, "closed", "", app.ApplicationId},
	})
}

func TestSetStatus_CitizenCannotBeTold_NothingIsKept(t *testing.T) {
	t.Parallel()
	x := newSetup(t, "", time.Now, false)
	app := x.application(x.offer("provider:energy"))
	if _, err := x.s.Submit(t.Context(), self, "", app); err != nil {
		t.Fatal(err)
	}
	ctx, id := provider(t.Context(), "energy-client"), x.id(t, app)
	x.refuse = http.ErrAbortHandler
	if _, err := x.s.SetStatus(ctx, id, "the-key-1", types.DeliveryStatus{Status: types.DeliveryStatusStatusClosed}); err == nil {
		t.Fatal("taken although the citizen was not told")
	}
	if state := x.state(t, app); state != types.Pending {
		t.Errorf("state %s", state)
	}
	x.refuse = nil
	if _, err := x.s.SetStatus(ctx, id, "the-key-1", types.DeliveryStatus{Status: types.DeliveryStatusStatusClosed}); err != nil {
		t.Errorf("the same key after the failure: %v", err)
	}
}

func TestWithdraw_ProviderIsToldWhatItMayHave(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	x := newSetup(t, e.url, time.Now, true)
	app := x.application(x.offer("provider:waste"))
	if _, err := x.s.Submit(t.Context(), self, "", app); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "delivered", func() bool { return x.state(t, app) == types.Delivered })
	withdrawn := types.TimelineEvent{Id: uuid.New(), At: time.Now(), Kind: types.Withdrawn, By: types.EventAuthorCitizen}
	for range 2 {
		if err := x.s.CitizenEvent(t.Context(), self, app.ApplicationId, withdrawn); err != nil {
			t.Fatal(err)
		}
	}
	id := x.id(t, app)
	waitFor(t, "the news", func() bool { return len(e.seen()) == 2 })
	if last := e.seen()[1]; last.id != id.String()+".cancelled" || last.body.State != types.Cancelled || last.body.Id != id {
		t.Errorf("told %+v", last)
	}
	_, err := x.s.SetStatus(provider(t.Context(), "waste-client"), id, "late-key", types.DeliveryStatus{Status: types.DeliveryStatusStatusClosed})
	wantStatus(t, err, http.StatusConflict, "delivery-cancelled")
}

func TestWithdraw_BeforeTheFirstPush_ProviderHearsNothing(t *testing.T) {
	t.Parallel()
	x := newSetup(t, "https://waste.example/in", time.Now, false)
	app := x.application(x.offer("provider:waste"))
	if _, err := x.s.Submit(t.Context(), self, "", app); err != nil {
		t.Fatal(err)
	}
	withdrawn := types.TimelineEvent{Id: uuid.New(), At: time.Now(), Kind: types.Withdrawn, By: types.EventAuthorCitizen}
	if err := x.receive(t.Context(), t, self, delivery.KindWithdrawn, types.MessageEvent{ApplicationId: app.ApplicationId, Event: withdrawn}); err != nil {
		t.Fatal(err)
	}
	if state := x.state(t, app); state != types.Cancelled {
		t.Errorf("state %s", state)
	}
	var waiting int
	if err := x.d.From(t.Context()).Raw("SELECT count(*) FROM river_job WHERE args->>'cancelled' = 'true'").Scan(&waiting).Error; err != nil || waiting != 0 {
		t.Errorf("%d jobs to tell a provider that knows nothing, %v", waiting, err)
	}
}

func TestCitizenMessage_ToAProvider_IsNotLostSilently(t *testing.T) {
	t.Parallel()
	x := newSetup(t, "", time.Now, false)
	words := "Hallo?"
	event := types.TimelineEvent{Id: uuid.New(), At: time.Now(), Kind: types.Message, By: types.EventAuthorCitizen, Text: &words}
	own, linked := x.application(x.offer("provider:energy")), x.application(x.offer("provider:energy"))
	if _, err := x.s.Submit(t.Context(), self, "", own); err != nil {
		t.Fatal(err)
	}
	if err := x.receive(t.Context(), t, other, delivery.KindSubmitted, linked); err != nil {
		t.Fatal(err)
	}
	err := x.s.CitizenEvent(t.Context(), self, own.ApplicationId, event)
	wantStatus(t, err, http.StatusUnprocessableEntity, "provider-takes-no-messages")
	if err := x.receive(t.Context(), t, other, delivery.KindMessage, types.MessageEvent{ApplicationId: linked.ApplicationId, Event: event}); err != nil {
		t.Fatal(err)
	}
	got := x.told(t)
	if len(got) != 1 || got[0].Who != other || got[0].Kind != delivery.KindMessage || !strings.Contains(got[0].Body, "nicht erreicht") {
		t.Errorf("told %+v", got)
	}
}
