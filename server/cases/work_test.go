package cases_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/cases"
	"portalverbund/server/platform/httpx"
)

func granted(text string) types.Decision {
	return types.Decision{Outcome: types.DecisionOutcomeGranted, Text: text}
}

// words is a question that asks for nothing else.
func words(text string) types.CaseQuestion { return types.CaseQuestion{Text: text} }

func TestDecide_Twice_OneDecision(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	app := x.application()
	id := x.open(t, app)
	for range 2 { // the button pressed twice
		c, err := x.s.Decide(x.clerk, id, "first-key", granted("Angemeldet."))
		if err != nil || c.State != types.CaseStateGranted {
			t.Fatalf("%+v, %v", c, err)
		}
	}
	_, err := x.s.Decide(x.clerk, id, "second-key", types.Decision{Outcome: types.DecisionOutcomeRefused, Text: "Doch nicht."})
	wantStatus(t, err, http.StatusConflict, "case-state")
	_, err = x.s.Decide(x.clerk, id, "first-key", granted("Anders."))
	wantStatus(t, err, http.StatusUnprocessableEntity, "idempotency-key-reused")
	wantEqual(t, "reports", x.told(t, "report"), []said{{"report", origin, "granted by authority Tax office", "Angemeldet.", app.ApplicationId}})
	if c := x.read(t, id); c.State != types.CaseStateGranted || c.Version != 2 || len(c.Timeline) != 3 || *c.Timeline[2].Text != "Angemeldet." {
		t.Errorf("case %+v", c)
	}
}

func TestWork_OnlyLegalTransitions(t *testing.T) {
	t.Parallel()
	start := func(x setup, id uuid.UUID) error { _, err := x.s.Start(x.clerk, id, uuid.NewString()); return err }
	ask := func(x setup, id uuid.UUID) error {
		_, err := x.s.Ask(x.clerk, id, uuid.NewString(), words("Seit wann?"))
		return err
	}
	decide := func(x setup, id uuid.UUID) error {
		_, err := x.s.Decide(x.clerk, id, uuid.NewString(), granted("Ja."))
		return err
	}
	type step = func(setup, uuid.UUID) error
	tests := map[string]struct {
		before []step
		last   step
		legal  bool
		state  types.CaseState
	}{
		"start":                {nil, start, true, types.CaseStateInProgress},
		"start twice":          {[]step{start}, start, false, types.CaseStateInProgress},
		"start after question": {[]step{ask}, start, false, types.CaseStateQuestion},
		"start after decision": {[]step{decide}, start, false, types.CaseStateGranted},
		"ask at once":          {nil, ask, true, types.CaseStateQuestion},
		"ask twice":            {[]step{start, ask}, ask, true, types.CaseStateQuestion},
		"ask after decision":   {[]step{start, decide}, ask, false, types.CaseStateGranted},
		"decide at once":       {nil, decide, true, types.CaseStateGranted},
		"decide on question":   {[]step{start, ask}, decide, true, types.CaseStateGranted},
		"decide twice":         {[]step{decide}, decide, false, types.CaseStateGranted},
	}
	x := newSetup(t)
	for name, tt := range tests {
		id := x.open(t, x.application())
		for _, s := range tt.before {
			if err := s(x, id); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		before := len(x.told(t, "report"))
		err := tt.last(x, id)
		if (err == nil) != tt.legal {
			t.Errorf("%s: %v, want legal: %v", name, err, tt.legal)
		}
		if !tt.legal {
			wantStatus(t, err, http.StatusConflict, "case-state")
			if after := len(x.told(t, "report")); after != before {
				t.Errorf("%s: the citizen was told something", name)
			}
		}
		if c := x.read(t, id); c.State != tt.state {
			t.Errorf("%s: state %s, want %s", name, c.State, tt.state)
		}
	}
}

func TestAsk_CitizenCannotBeTold_NothingIsKept(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	id := x.open(t, x.application())
	x.tellFail = errors.New("no outbox")
	if _, err := x.s.Ask(x.clerk, id, "the-key-1", words("Seit wann?")); err == nil {
		t.Fatal("asked although the citizen was not told")
	}
	if c := x.read(t, id); c.State != types.CaseStateReceived || c.Version != 1 || len(c.Timeline) != 2 {
		t.Errorf("case %+v", c)
	}
	for _, s := range x.told(t, "audit") {
		if s.Kind != "case.read" {
			t.Errorf("recorded %+v", s)
		}
	}
	x.tellFail = nil
	if _, err := x.s.Ask(x.clerk, id, "the-key-1", words("Seit wann?")); err != nil {
		t.Errorf("the same key after the failure: %v", err)
	}
}

func TestWork_UnknownCase_IsNotFound(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	_, err := x.s.Start(x.clerk, uuid.New(), "the-key-1")
	wantStatus(t, err, http.StatusNotFound, "case-unknown")
	_, err = x.s.Read(x.clerk, uuid.New())
	wantStatus(t, err, http.StatusNotFound, "case-unknown")
}

func TestApplyCitizenEvent_AnswerEndsTheQuestion_Once(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	app := x.application()
	id := x.open(t, app)
	if _, err := x.s.Ask(x.clerk, id, "the-key-1", words("Seit wann?")); err != nil {
		t.Fatal(err)
	}
	words, name := "Seit Mai.", "Bürgermeisterin"
	answer := types.TimelineEvent{Id: uuid.New(), At: time.Now(), Kind: types.Message, By: types.EventAuthorCitizen, Text: &words, Name: &name}
	for range 2 {
		if err := x.s.ApplyCitizenEvent(t.Context(), origin, app.ApplicationId, answer); err != nil {
			t.Fatal(err)
		}
	}
	c := x.read(t, id)
	if c.State != types.CaseStateInProgress {
		t.Errorf("state %s", c.State)
	}
	wantEqual(t, "timeline", kinds(c), []types.EventKind{types.Submitted, types.Received, types.Question, types.Message})
	if last := c.Timeline[3]; *last.Text != words || last.By != types.EventAuthorCitizen || last.Name != nil {
		t.Errorf("answer %+v", last)
	}
	// Nobody but the portal of origin may speak for the citizen.
	answer.Id = uuid.New()
	wantStatus(t, x.s.ApplyCitizenEvent(t.Context(), "https://lathen.example", app.ApplicationId, answer), http.StatusNotFound, "case-unknown")
}

func TestApplyCitizenEvent_Withdrawal(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	withdrawal := func() types.TimelineEvent {
		return types.TimelineEvent{Id: uuid.New(), At: time.Now(), Kind: types.Withdrawn, By: types.EventAuthorCitizen}
	}
	running, decided := x.application(), x.application()
	id, other := x.open(t, running), x.open(t, decided)
	if _, err := x.s.Decide(x.clerk, other, "the-key-1", granted("Ja.")); err != nil {
		t.Fatal(err)
	}
	for _, app := range []types.MessageApplication{running, decided} {
		if err := x.s.ApplyCitizenEvent(t.Context(), origin, app.ApplicationId, withdrawal()); err != nil {
			t.Fatal(err)
		}
	}
	if c := x.read(t, id); c.State != types.CaseStateWithdrawn {
		t.Errorf("state %s", c.State)
	}
	_, err := x.s.Decide(x.clerk, id, "the-key-2", granted("Ja."))
	wantStatus(t, err, http.StatusConflict, "case-state")
	// It crossed with the decision: the clerk sees it, the decision stands.
	if c := x.read(t, other); c.State != types.CaseStateGranted || c.Timeline[len(c.Timeline)-1].Kind != types.Withdrawn {
		t.Errorf("decided case %+v", c)
	}
}

func TestApplyCitizenEvent_WhatCitizensCannotDo_IsRefused(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	app := x.application()
	id := x.open(t, app)
	words, long := "x", strings.Repeat("ä", 4001)
	for name, tt := range map[string]struct {
		event types.TimelineEvent
		code  string
	}{
		"decision":      {types.TimelineEvent{Id: uuid.New(), Kind: types.Granted, By: types.EventAuthorCitizen, Text: &words}, "event-kind"},
		"as authority":  {types.TimelineEvent{Id: uuid.New(), Kind: types.Message, By: types.EventAuthorAuthority, Text: &words}, "event-kind"},
		"without id":    {types.TimelineEvent{Kind: types.Message, By: types.EventAuthorCitizen, Text: &words}, "event-kind"},
		"without words": {types.TimelineEvent{Id: uuid.New(), Kind: types.Message, By: types.EventAuthorCitizen}, "event-text"},
		"very long":     {types.TimelineEvent{Id: uuid.New(), Kind: types.Message, By: types.EventAuthorCitizen, Text: &long}, "event-text"},
	} {
		t.Run(name, func(t *testing.T) {
			wantStatus(t, x.s.ApplyCitizenEvent(t.Context(), origin, app.ApplicationId, tt.event), http.StatusUnprocessableEntity, tt.code)
		})
	}
	if c := x.read(t, id); c.State != types.CaseStateReceived || len(c.Timeline) != 2 {
		t.Errorf("case %+v", c)
	}
}

func TestList_SearchesNumberNameAndTitle(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	names := []string{"Clara Beispiel", "Jörg Großmüller", "Żaneta 100%_Test"}
	for i, name := range names {
		app := x.application()
		app.ApplicantName, app.Number = name, []string{"MEP-26-AAAA-1111-X", "MEP-26-BBBB-2222-Y", "LAT-26-CCCC-3333-Z"}[i]
		x.open(t, app)
	}
	for search, want := range map[string][]string{
		"":                   {names[2], names[1], names[0]},
		"clara":              {names[0]},
		"grossmuller":        {names[1]},
		"JÖRG":               {names[1]},
		"mep-26-bbbb":        {names[1]},
		"mep26bbbb2222y":     {names[1]},
		"zaneta":             {names[2]},
		"2222-y":             {names[1]},
		"100%_":              {names[2]},
		"%_tes":              {names[2]},
		"%":                  {names[2], names[1], names[0]}, // nothing to search for
		"spiel":              {},                             // no beginning
		`be\' | 'x`:          {names[0]},
		"melden":             {names[2], names[1], names[0]}, // within the title
		"hund beispiel":      {names[0]},
		"register dog clara": {names[0]},
		"katze":              {},
	} {
		l, err := x.s.List(x.clerk, cases.Filter{Search: search, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		got := []string{}
		for _, s := range l.Items {
			got = append(got, s.ApplicantName)
		}
		wantEqual(t, "search "+search, got, want)
		if n := l.Counts[types.CaseStateReceived]; n != len(want) {
			t.Errorf("search %q: count %d, want %d", search, n, len(want))
		}
	}
}

func TestList_FiltersCountsAndPages(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	var want []uuid.UUID
	for i := range 6 {
		id := x.open(t, x.application())
		if i%3 == 2 {
			if _, err := x.s.Start(x.clerk, id, uuid.NewString()); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want = append([]uuid.UUID{id}, want...)
	}
	var got []uuid.UUID
	f := cases.Filter{State: types.CaseStateReceived, Limit: 3}
	for {
		l, err := x.s.List(x.clerk, f)
		if err != nil {
			t.Fatal(err)
		}
		if l.Counts[types.CaseStateReceived] != 4 || l.Counts[types.CaseStateInProgress] != 2 {
			t.Errorf("counts %v", l.Counts)
		}
		for _, s := range l.Items {
			got = append(got, s.ID)
		}
		if l.Next == "" {
			break
		}
		f.Cursor = l.Next
	}
	wantEqual(t, "pages", got, want)
	_, err := x.s.List(x.clerk, cases.Filter{Limit: 3, Cursor: "nonsense"})
	wantStatus(t, err, http.StatusBadRequest, "cursor-invalid")
}

func TestRead_PersonIsToldOnceAQuarterOfAnHour_AndOfEachClerk(t *testing.T) {
	t.Parallel()
	now := time.Now().UTC()
	x := newSetupAt(t, func() time.Time { return now })
	app := x.application()
	id := x.open(t, app)
	another := httpx.WithCaller(t.Context(), httpx.Caller{Kind: httpx.SessionCaller, AccountID: uuid.New(), Roles: []string{"clerk"}})
	read := func(ctx context.Context) {
		t.Helper()
		if _, err := x.s.Read(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	entry := said{"access", origin, "clerk application", "Tax office", app.ApplicationId}
	read(x.clerk)
	read(x.clerk)
	wantEqual(t, "one clerk", x.told(t, "access"), []said{entry})
	read(another)
	wantEqual(t, "another clerk", x.told(t, "access"), []said{entry, entry})
	now = now.Add(16 * time.Minute)
	read(x.clerk)
	wantEqual(t, "later", x.told(t, "access"), []said{entry, entry, entry})
	if got := len(x.told(t, "audit")); got < 4 {
		t.Errorf("the audit has %d entries", got)
	}
}
