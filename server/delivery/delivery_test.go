package delivery_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/delivery"
	"portalverbund/server/platform/problem"
)

func TestSubmit_OwnPortal_OpensTheCaseInTheSameTransaction(t *testing.T) {
	t.Parallel()
	x := newSetup(t, "", time.Now, false)
	app := x.application(x.offer("desk"))
	failed := errors.New("the application could not be kept")
	err := x.d.Tx(t.Context(), func(ctx context.Context) error {
		if _, err := x.s.Submit(ctx, self, "desk", app); err != nil {
			return err
		}
		return failed
	})
	if !errors.Is(err, failed) {
		t.Fatal(err)
	}
	wantSaid(t, x.told(t), []said{})
	if _, err := x.s.Submit(t.Context(), self, "desk", app); err != nil {
		t.Fatal(err)
	}
	wantSaid(t, x.told(t), []said{{"open", self, "", app.Number, app.ApplicationId}})
}

func TestSubmit_AllIsHereAtOnce_OwnPortalAnswersItAndALinkedOneIsTold(t *testing.T) {
	t.Parallel()
	x := newSetup(t, "", time.Now, false)
	x.received = &types.TimelineEvent{Id: uuid.New(), At: time.Now(), Kind: types.Received, By: types.EventAuthorAuthority}
	app := x.application(x.offer("desk"))
	if got, err := x.s.Submit(t.Context(), self, "desk", app); err != nil || got != x.received {
		t.Fatalf("own portal: %+v, %v", got, err)
	}
	wantSaid(t, x.told(t), []said{{"open", self, "", app.Number, app.ApplicationId}})
	if err := x.receive(t.Context(), t, other, delivery.KindSubmitted, app); err != nil {
		t.Fatal(err)
	}
	told := x.told(t)
	if last := told[len(told)-1]; len(told) != 3 || last.What != "send" || last.Who != other || last.Kind != delivery.KindStatus || last.Subject != app.ApplicationId {
		t.Errorf("linked portal: %+v", told)
	}
}

func TestSubmit_LinkedPortal_SendsAMessage(t *testing.T) {
	t.Parallel()
	x := newSetup(t, "", time.Now, false)
	app := x.application(x.offer("desk"))
	if _, err := x.s.Submit(t.Context(), other, "", app); err != nil {
		t.Fatal(err)
	}
	got := x.told(t)
	if len(got) != 1 || got[0].What != "send" || got[0].Who != other || got[0].Kind != delivery.KindSubmitted || got[0].Subject != app.ApplicationId {
		t.Fatalf("told %+v", got)
	}
	var sent types.MessageApplication
	if err := json.Unmarshal([]byte(got[0].Body), &sent); err != nil || sent.Number != app.Number || sent.OfferId != app.OfferId {
		t.Errorf("sent %+v, %v", sent, err)
	}
}

func TestReport_TravelsByTheMessageOfItsKind(t *testing.T) {
	t.Parallel()
	x := newSetup(t, "", time.Now, false)
	id := uuid.New()
	kinds := map[types.EventKind]string{
		types.Received: delivery.KindStatus, types.InProgress: delivery.KindStatus, types.Transmitted: delivery.KindStatus, types.Closed: delivery.KindStatus,
		types.Question: delivery.KindMessage, types.Message: delivery.KindMessage,
		types.Granted: delivery.KindDecision, types.Refused: delivery.KindDecision,
	}
	for event, kind := range kinds {
		if err := x.s.Report(t.Context(), other, id, types.TimelineEvent{Id: uuid.New(), Kind: event, By: types.EventAuthorAuthority}); err != nil {
			t.Fatal(err)
		}
		all := x.told(t)
		if got := all[len(all)-1]; got.What != "send" || got.Kind != kind || got.Who != other || got.Subject != id {
			t.Errorf("%s: told %+v, want message %s", event, got, kind)
		}
	}
	before := len(x.told(t))
	if err := x.s.Report(t.Context(), self, id, types.TimelineEvent{Id: uuid.New(), Kind: types.Granted, By: types.EventAuthorAuthority}); err != nil {
		t.Fatal(err)
	}
	wantSaid(t, x.told(t)[before:], []said{{"event", self, "granted", "", id}})
}

func TestReceive_EventsGoToTheSideTheyAreFor(t *testing.T) {
	t.Parallel()
	x := newSetup(t, "", time.Now, false)
	id, words := uuid.New(), "Seit Mai."
	event := func(kind types.EventKind, by types.EventAuthor) types.MessageEvent {
		return types.MessageEvent{ApplicationId: id, Event: types.TimelineEvent{Id: uuid.New(), At: time.Now(), Kind: kind, By: by, Text: &words}}
	}
	for _, m := range []struct {
		kind    string
		payload types.MessageEvent
	}{
		{delivery.KindMessage, event(types.Message, types.EventAuthorCitizen)},
		{delivery.KindWithdrawn, event(types.Withdrawn, types.EventAuthorCitizen)},
		{delivery.KindMessage, event(types.Question, types.EventAuthorAuthority)},
		{delivery.KindStatus, event(types.Transmitted, types.EventAuthorProvider)},
		{delivery.KindDecision, event(types.Granted, types.EventAuthorAuthority)},
	} {
		if err := x.receive(t.Context(), t, other, m.kind, m.payload); err != nil {
			t.Fatal(err)
		}
	}
	wantSaid(t, x.told(t), []said{
		{"citizen", other, "message", words, id}, {"citizen", other, "withdrawn", words, id},
		{"event", other, "question", words, id}, {"event", other, "transmitted", words, id}, {"event", other, "granted", words, id},
	})
}

func TestReceive_Receipt_NamesThePortalThatSignedIt(t *testing.T) {
	t.Parallel()
	x := newSetup(t, "", time.Now, false)
	id := uuid.New()
	receipt := "e30." + base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"`+other+`"}`)) + ".c2ln"
	if err := x.receipts[delivery.KindSubmitted](t.Context(), id, uuid.New(), receipt, time.Now()); err != nil {
		t.Fatal(err)
	}
	wantSaid(t, x.told(t), []said{{"arrived", other, "", receipt, id}})
}

func TestReceive_Application_OnlyForOwnOffers(t *testing.T) {
	t.Parallel()
	x := newSetup(t, "", time.Now, false)
	foreign := x.offer("desk")
	o := x.offers[foreign]
	o.Portal.Id = "https://lathen.example"
	x.offers[foreign] = o
	good := x.offer("desk")
	ended := x.offer("desk")
	o = x.offers[ended]
	o.until = time.Date(2026, 6, 30, 22, 0, 0, 0, time.UTC)
	x.offers[ended] = o
	tests := map[string]struct {
		code   string
		change func(*types.MessageApplication)
	}{
		"unknown offer":     {"offer-unknown", func(a *types.MessageApplication) { a.OfferId = uuid.New() }},
		"another portal's":  {"offer-foreign", func(a *types.MessageApplication) { a.OfferId, a.FormId = foreign, *x.offers[foreign].FormId }},
		"another form":      {"offer-form", func(a *types.MessageApplication) { a.FormId = uuid.New() }},
		"another county":    {"offer-area", func(a *types.MessageApplication) { a.Ars = "034560009009" }},
		"the whole of Land": {"offer-area", func(a *types.MessageApplication) { a.Ars = "030000000000" }},
		"no place":          {"offer-area", func(a *types.MessageApplication) { a.Ars = "" }},
		"not online":        {"offer-not-online", func(a *types.MessageApplication) { a.OfferId = x.offer(""); a.FormId = *x.offers[a.OfferId].FormId }},
		"no longer competent": {"offer-ended", func(a *types.MessageApplication) {
			a.OfferId, a.FormId, a.SubmittedAt = ended, *x.offers[ended].FormId, o.until.Add(time.Second)
		}},
		"provider, no id": {"application-invalid", func(a *types.MessageApplication) {
			a.OfferId = x.offer("provider:energy")
			a.FormId = *x.offers[a.OfferId].FormId
			a.ApplicationId = uuid.Nil
		}},
	}
	for name, tt := range tests {
		app := x.application(good)
		tt.change(&app)
		err := x.receive(t.Context(), t, other, delivery.KindSubmitted, app)
		var p *problem.Error
		if !errors.As(err, &p) || p.Status != http.StatusUnprocessableEntity || p.Code != tt.code {
			t.Errorf("%s: error %v, want %s", name, err, tt.code)
		}
	}
	wantSaid(t, x.told(t), []said{})
	err := x.handlers[delivery.KindSubmitted](t.Context(), other, json.RawMessage(`{"applicationId": 7}`))
	wantStatus(t, err, http.StatusUnprocessableEntity, "message-invalid")
}

func TestReceive_SeveralApplicants_OnlyWithConsentToWhatWasSubmitted(t *testing.T) {
	t.Parallel()
	x := newSetup(t, "", time.Now, false, func(c *delivery.Config) {
		c.ConsentHash = func(app types.MessageApplication) (string, error) { return "of " + app.ApplicationId.String(), nil }
	})
	offer := x.offer("provider:energy")
	app := x.application(offer)
	bernd := types.ConsentedApplicant{Name: "Bernd Beispiel", TrustLevel: types.Low, ConsentedAt: app.SubmittedAt, ContentHash: "of " + app.ApplicationId.String()}
	for name, change := range map[string]func(c *types.ConsentedApplicant){
		"another content": func(c *types.ConsentedApplicant) { c.ContentHash = "of something else" },
		"no name":         func(c *types.ConsentedApplicant) { c.Name = "" },
		"endless name":    func(c *types.ConsentedApplicant) { c.Name = strings.Repeat("B", 301) },
		"no time":         func(c *types.ConsentedApplicant) { c.ConsentedAt = time.Time{} },
	} {
		wrong := bernd
		change(&wrong)
		app.CoApplicants = &[]types.ConsentedApplicant{bernd, wrong}
		t.Log(name)
		wantStatus(t, x.receive(t.Context(), t, other, delivery.KindSubmitted, app), http.StatusUnprocessableEntity, "consent-hash")
	}
	app.CoApplicants = &[]types.ConsentedApplicant{bernd}
	if err := x.receive(t.Context(), t, other, delivery.KindSubmitted, app); err != nil {
		t.Fatal(err)
	}
	found, _, err := x.s.List(provider(t.Context(), "energy-client"), delivery.Filter{Limit: 10})
	if err != nil || len(found) != 1 || found[0].CoApplicants == nil || (*found[0].CoApplicants)[0] != bernd {
		t.Errorf("what the provider gets: %+v, %v", found, err)
	}
}

func TestReceive_OfferEndedOnlyAfterSubmission_IsTaken(t *testing.T) {
	t.Parallel()
	x := newSetup(t, "", time.Now, false)
	id := x.offer("desk")
	o := x.offers[id]
	o.until = time.Now().Add(-time.Hour)
	x.offers[id] = o
	app := x.application(id)
	app.SubmittedAt = o.until.Add(-time.Second)
	if err := x.receive(t.Context(), t, other, delivery.KindSubmitted, app); err != nil {
		t.Fatal(err)
	}
	if told := x.told(t); len(told) != 1 || told[0].What != "open" {
		t.Errorf("told %+v", told)
	}
}

func TestReceive_UnconfiguredProvider_IsTriedAgain(t *testing.T) {
	t.Parallel()
	x := newSetup(t, "", time.Now, false)
	err := x.receive(t.Context(), t, other, delivery.KindSubmitted, x.application(x.offer("provider:forgotten")))
	if err == nil || problem.From(err).Status < http.StatusInternalServerError {
		t.Errorf("error %v: the sender would not try again", err)
	}
}

func TestContains_CutsAtTheLevelsOfTheKey(t *testing.T) {
	t.Parallel()
	// Kreis 05370 (Heinsberg) ends in a zero: 05374 is another one.
	x := newSetup(t, "", time.Now, false)
	for _, tt := range []struct {
		area, place string
		inside      bool
	}{
		{"053700000000", "053700004004", true},
		{"053700000000", "053740004004", false},
		{"000000000000", "034540035035", true},
		{"030000000000", "034540035035", true},
		{"034545404000", "034545404030", true},
		{"034545404000", "034545405030", false},
		{"034540035035", "034540035035", true},
		{"034540035035", "034540000000", false},
	} {
		id := x.offer("desk")
		o := x.offers[id]
		o.Area.Ars = tt.area
		x.offers[id] = o
		app := x.application(id)
		app.Ars = tt.place
		if err := x.receive(t.Context(), t, other, delivery.KindSubmitted, app); (err == nil) != tt.inside {
			t.Errorf("place %s in area %s: %v, want inside: %v", tt.place, tt.area, err, tt.inside)
		}
	}
}

func TestNew_WrongProviders_AreRefused(t *testing.T) {
	t.Parallel()
	good := delivery.Provider{ID: "a", Name: "A", DeliveryURL: "https://a.example/in", WebhookSecret: secretOf("a"), ClientID: "a"}
	changed := func(fn func(*delivery.Provider)) delivery.Provider { p := good; fn(&p); return p }
	for name, providers := range map[string][]delivery.Provider{
		"no id":            {changed(func(p *delivery.Provider) { p.ID = "" })},
		"id twice":         {good, changed(func(p *delivery.Provider) { p.ClientID = "b" })},
		"client id twice":  {good, changed(func(p *delivery.Provider) { p.ID = "b" })},
		"no secret":        {changed(func(p *delivery.Provider) { p.WebhookSecret = "" })},
		"short secret":     {changed(func(p *delivery.Provider) { p.WebhookSecret = "whsec_c2hvcnQ=" })},
		"not base64":       {changed(func(p *delivery.Provider) { p.WebhookSecret = "whsec_%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%" })},
		"password in URL":  {changed(func(p *delivery.Provider) { p.DeliveryURL = "https://u:p@a.example/in" })},
		"URL without host": {changed(func(p *delivery.Provider) { p.DeliveryURL = "/in" })},
	} {
		if _, err := delivery.New(delivery.Config{Now: time.Now, Providers: providers}); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := delivery.New(delivery.Config{Now: time.Now, Providers: []delivery.Provider{good}}); err != nil {
		t.Errorf("good provider: %v", err)
	}
}
func TestSubmit_RefusedForGood_ThePersonIsTold(t *testing.T) {
	t.Parallel()
	x := newSetup(t, "", time.Now, false)
	application := uuid.New()
	if err := x.refusals[delivery.KindSubmitted](t.Context(), application, uuid.New(), "offer-unknown"); err != nil {
		t.Fatal(err)
	}
	if told := x.told(t); len(told) != 1 || told[0].What != "undeliverable" || told[0].Subject != application {
		t.Errorf("told %v", told)
	}
}
