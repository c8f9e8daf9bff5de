package applications_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
)

// event is one of the authority's, some minutes after nine.
func event(kind types.EventKind, minute int) types.TimelineEvent {
	name := "Steueramt"
	return types.TimelineEvent{Id: uuid.New(), At: time.Date(2026, 11, 23, 9, minute, 0, 0, time.UTC), Kind: kind, By: types.EventAuthorAuthority, Name: &name}
}

func withText(e types.TimelineEvent, text string) types.TimelineEvent { e.Text = &text; return e }

func (x *setup) apply(t *testing.T, id uuid.UUID, events ...types.TimelineEvent) {
	t.Helper()
	x.clock.atLeast(time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)) // all of them have happened
	for _, e := range events {
		if err := x.s.ApplyEvent(t.Context(), county, id, e); err != nil {
			t.Fatal(err)
		}
	}
}

func TestApplyEvent_InAnyOrder_TheStateFollowsTheAuthority(t *testing.T) {
	t.Parallel()
	k := func(kinds ...types.EventKind) []types.EventKind { return kinds }
	for name, c := range map[string]struct {
		kinds   []types.EventKind
		minutes []int
		want    types.ApplicationState
	}{
		"arrived":                      {k(types.Received), []int{1}, types.ApplicationStateReceived},
		"in progress":                  {k(types.Received, types.InProgress), []int{1, 2}, types.ApplicationStateInProgress},
		"question":                     {k(types.InProgress, types.Question), []int{1, 2}, types.ApplicationStateQuestion},
		"question settled":             {k(types.Question, types.InProgress), []int{1, 2}, types.ApplicationStateInProgress},
		"late progress after question": {k(types.Question, types.InProgress), []int{2, 1}, types.ApplicationStateQuestion},
		"late arrival":                 {k(types.InProgress, types.Received), []int{2, 1}, types.ApplicationStateInProgress},
		"written to":                   {k(types.Message), []int{1}, types.ApplicationStateSubmitted},
		"with a provider":              {k(types.Transmitted), []int{1}, types.ApplicationStateReceived},
		"granted":                      {k(types.Received, types.InProgress, types.Granted), []int{1, 2, 3}, types.ApplicationStateGranted},
		"refused at once":              {k(types.Refused), []int{1}, types.ApplicationStateRefused},
		"closed by a provider":         {k(types.Transmitted, types.Closed), []int{1, 2}, types.ApplicationStateClosed},
		"late question after decision": {k(types.Granted, types.Question), []int{3, 2}, types.ApplicationStateGranted},
		"progress after decision":      {k(types.Refused, types.InProgress), []int{2, 3}, types.ApplicationStateRefused},
		"second decision":              {k(types.Granted, types.Refused), []int{2, 3}, types.ApplicationStateGranted},
		"decision that came late":      {k(types.Question, types.Granted), []int{3, 2}, types.ApplicationStateGranted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newSetup(t)
			a := x.submitted(t)
			for i, kind := range c.kinds {
				x.apply(t, a.ID, event(kind, c.minutes[i]))
			}
			got := x.get(t, a.ID)
			if got.State != c.want {
				t.Errorf("state %s, want %s", got.State, c.want)
			}
			if len(got.Timeline) != 2+len(c.kinds) {
				t.Errorf("timeline %v", kinds(got))
			}
		})
	}
}

func TestApplyEvent_Repeated_CountsOnce(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.submitted(t)
	question := withText(event(types.Question, 5), "Wie heißt der Hund?")
	results := make(chan error)
	for range 10 {
		go func() { results <- x.s.ApplyEvent(t.Context(), county, a.ID, question) }()
	}
	for range 10 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	x.apply(t, a.ID, event(types.InProgress, 6), question)
	got := x.get(t, a.ID)
	if got.State != types.ApplicationStateInProgress || len(got.Timeline) != 4 || got.Revision != a.Revision+2 {
		t.Errorf("state %s, revision %d, timeline %v", got.State, got.Revision, kinds(got))
	}
	if len(x.others.letters) != 3 { // confirmation, question, in progress
		t.Errorf("%d letters", len(x.others.letters))
	}
}

func TestUndeliverable_ThePersonIsToldAndTheContentStays(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.submitted(t)
	if err := x.s.Undeliverable(t.Context(), a.ID); err != nil {
		t.Fatal(err)
	}
	got := x.get(t, a.ID)
	if last := got.Timeline[len(got.Timeline)-1]; last.Kind != types.Undeliverable || got.State != types.ApplicationStateSubmitted || got.Data == nil {
		t.Errorf("state %s, data %v, timeline %v", got.State, got.Data, kinds(got))
	}
	if len(x.others.letters) != 2 { // confirmation, undeliverable
		t.Errorf("%d letters", len(x.others.letters))
	}
}

func TestApplyEvent_QuestionAndDecision_AreInTimelineAndMailbox(t *testing.T) {
	t.Parallel()
	for language, want := range map[string][]string{
		"de": {"Rückfrage zu Ihrem Antrag: Hund anmelden", "Entscheidung: Ihr Antrag ist abgelehnt: Hund anmelden"},
		"en": {"Question about your application: Register a dog", "Decision: your application is refused: Register a dog"},
	} {
		x := newSetup(t)
		a, err := x.s.Submit(as(t, "clara", language), x.filled(t).ID, uuid.NewString())
		if err != nil {
			t.Fatal(err)
		}
		x.apply(t, a.ID, withText(event(types.Question, 5), "Wie heißt {number}?"), event(types.Received, 6), withText(event(types.Refused, 7), "Kein Hund."))
		letters := x.others.letters[1:]
		if len(letters) != 2 {
			t.Fatalf("%d letters", len(letters))
		}
		for i, text := range []string{"Wie heißt {number}?", "Kein Hund."} {
			l := letters[i]
			if l.Subject != want[i] || !strings.Contains(l.Text, text) || !strings.Contains(l.Text, a.Number) || l.Sender != "Steueramt" ||
				*l.Link != self+"/antraege/"+a.ID.String() || l.Id == uuid.Nil {
				t.Errorf("letter %+v", l)
			}
		}
		got := x.get(t, a.ID)
		if last := got.Timeline[len(got.Timeline)-1]; last.Kind != types.Refused || *last.Text != "Kein Hund." {
			t.Errorf("last in the timeline: %+v", last)
		}
		i := slices.IndexFunc(got.Timeline, func(e types.TimelineEvent) bool { return e.Kind == types.Question })
		if *got.Timeline[i].Text != "Wie heißt {number}?" || *got.Timeline[i].Name != "Steueramt" || got.Timeline[i].By != types.EventAuthorAuthority {
			t.Errorf("question in the timeline: %+v", got.Timeline[i])
		}
	}
}

func TestApplyEvent_FromElsewhereOrImpossible_IsRefusedWithoutEffect(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	draft, a := x.filled(t), x.submitted(t)
	by := func(author types.EventAuthor) types.TimelineEvent {
		e := event(types.Granted, 5)
		e.By = author
		return e
	}
	noID, noTime := event(types.Granted, 5), event(types.Granted, 5)
	noID.Id, noTime.At = uuid.Nil, time.Time{}
	for name, c := range map[string]struct {
		from   string
		id     uuid.UUID
		event  types.TimelineEvent
		status int
		code   string
	}{
		"another portal":     {"http://localhost:8082", a.ID, event(types.Granted, 5), 404, "application-unknown"},
		"this portal":        {self, a.ID, event(types.Granted, 5), 404, "application-unknown"},
		"draft":              {county, draft.ID, event(types.Granted, 5), 404, "application-unknown"},
		"unknown":            {county, uuid.New(), event(types.Granted, 5), 404, "application-unknown"},
		"in citizen's name":  {county, a.ID, by(types.EventAuthorCitizen), 422, "event-invalid"},
		"in nobody's name":   {county, a.ID, by("robot"), 422, "event-invalid"},
		"submitted again":    {county, a.ID, event(types.Submitted, 5), 422, "event-invalid"},
		"unknown kind":       {county, a.ID, event("exploded", 5), 422, "event-invalid"},
		"without id":         {county, a.ID, noID, 422, "event-invalid"},
		"without time":       {county, a.ID, noTime, 422, "event-invalid"},
		"endless text":       {county, a.ID, withText(event(types.Message, 5), strings.Repeat("x", 20001)), 422, "event-invalid"},
		"text that was long": {county, a.ID, withText(event(types.Created, 5), "x"), 422, "event-invalid"},
	} {
		t.Log(name)
		wantProblem(t, x.s.ApplyEvent(t.Context(), c.from, c.id, c.event), c.status, c.code)
	}
	if got := x.get(t, a.ID); got.ETag() != a.ETag() || len(got.Timeline) != 2 {
		t.Errorf("changed to %s, %v", got.ETag(), kinds(got))
	}
}

func TestApplyEvent_ClockAhead_DoesNotRuleTheTimeline(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.submitted(t)
	future := event(types.Question, 0)
	future.At = future.At.AddDate(1, 0, 0)
	x.apply(t, a.ID, future)
	if last := x.get(t, a.ID).Timeline[2]; last.At.After(x.clock.now().Add(6 * time.Minute)) {
		t.Errorf("kept as of %v", last.At)
	}
	x.clock.add(time.Hour)
	now := event(types.InProgress, 0)
	now.At = x.clock.now()
	x.apply(t, a.ID, now)
	if got := x.get(t, a.ID); got.State != types.ApplicationStateInProgress {
		t.Errorf("state %s", got.State)
	}
}

func TestArrived_AtAnotherPortal_TheContentIsOnlyThere(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.submitted(t)
	at := x.clock.now()
	for range 2 { // the receipt may come twice
		if err := x.s.Arrived(t.Context(), county, a.ID, "head.claims.signature", at); err != nil {
			t.Fatal(err)
		}
	}
	got := x.get(t, a.ID)
	if got.State != types.ApplicationStateReceived || got.Data != nil || got.Receipt != "head.claims.signature" || !got.ArrivedAt.Equal(at) || got.Revision != a.Revision+1 {
		t.Errorf("application %+v", got)
	}
	if !slices.Equal(kinds(got), []types.EventKind{types.Created, types.Submitted, types.Transmitted}) || *got.Timeline[2].Name != "Landkreis Emsland" || got.Timeline[2].By != types.EventAuthorPortal {
		t.Errorf("timeline %+v", got.Timeline)
	}
	if n := x.count(t, "applications WHERE data IS NOT NULL"); n != 0 {
		t.Error("the content is still in the database")
	}
	if len(got.Attachments) != 1 || got.ContentHash == "" || len(x.others.letters) != 1 {
		t.Errorf("attachments %v, hash %q, letters %d", got.Attachments, got.ContentHash, len(x.others.letters))
	}
	r, err := x.s.Receipt(x.clara, a.ID)
	if err != nil || r.Receipt != "head.claims.signature" || r.Number != a.Number || r.ContentHash != a.ContentHash {
		t.Errorf("receipt %+v, %v", r, err)
	}
	x.apply(t, a.ID, event(types.Granted, 30))
	if got := x.get(t, a.ID); got.State != types.ApplicationStateGranted {
		t.Errorf("state %s after the content went", got.State)
	}
}

func TestArrived_AfterTheAuthorityHasBegun_TheStateStaysAndHandingOverComesFirst(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.submitted(t)
	x.apply(t, a.ID, event(types.InProgress, 5))
	x.clock.add(10 * time.Minute)
	if err := x.s.Arrived(t.Context(), county, a.ID, "a.b.c", x.clock.now()); err != nil {
		t.Fatal(err)
	}
	got := x.get(t, a.ID)
	if got.State != types.ApplicationStateInProgress || got.Receipt == "" {
		t.Errorf("state %s, receipt %q", got.State, got.Receipt)
	}
	var kinds []types.EventKind
	for _, e := range got.Timeline {
		kinds = append(kinds, e.Kind)
	}
	if want := []types.EventKind{types.Created, types.Submitted, types.Transmitted, types.InProgress}; !slices.Equal(kinds, want) {
		t.Errorf("timeline %v, want %v", kinds, want)
	}
}

func TestArrived_AtThisPortal_TheContentStays(t *testing.T) {
	t.Parallel()
	x := newSetupWith(t, options{portal: self})
	a := x.submitted(t)
	if err := x.s.Arrived(t.Context(), self, a.ID, "a.b.c", x.clock.now()); err != nil {
		t.Fatal(err)
	}
	if got := x.get(t, a.ID); got.State != types.ApplicationStateReceived || got.Data == nil {
		t.Errorf("state %s, data %v", got.State, got.Data)
	}
}

func TestArrived_ReceiptOfAnotherPortal_IsRefused(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.submitted(t)
	wantProblem(t, x.s.Arrived(t.Context(), "http://localhost:8082", a.ID, "a.b.c", x.clock.now()), 404, "application-unknown")
	if got := x.get(t, a.ID); got.Data == nil || got.Receipt != "" {
		t.Error("a stranger's receipt had an effect")
	}
	_, err := x.s.Receipt(x.clara, x.draft(t).ID)
	wantProblem(t, err, 409, "not-submitted")
}

func TestAnswer_ToAQuestion_GoesToTheAuthorityOnce(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.submitted(t)
	x.apply(t, a.ID, withText(event(types.Question, 5), "Wie heißt der Hund?"))
	var answers []types.TimelineEvent
	for range 2 {
		e, err := x.s.Answer(x.clara, a.ID, "same-key", said("  Er heißt Waldi.  "))
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, e)
	}
	if answers[0].Id != answers[1].Id || *answers[0].Text != "Er heißt Waldi." || answers[0].Kind != types.Message || answers[0].By != types.EventAuthorCitizen {
		t.Errorf("answers %+v", answers)
	}
	if len(x.others.events) != 1 || x.others.events[0].Id != answers[0].Id || *x.others.events[0].Text != "Er heißt Waldi." {
		t.Errorf("handed over %+v", x.others.events)
	}
	if got := x.get(t, a.ID); got.State != types.ApplicationStateInProgress {
		t.Errorf("state %s", got.State)
	}
	x.apply(t, a.ID, withText(event(types.Question, 6), "Und wie alt?"))
	if got := x.get(t, a.ID); got.State != types.ApplicationStateQuestion {
		t.Errorf("state %s after a second question", got.State)
	}
}

func TestAnswer_NotPossible_SaysWhy(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	draft, a := x.draft(t), x.submitted(t)
	answer := func(id uuid.UUID, text string) error {
		_, err := x.s.Answer(x.clara, id, uuid.NewString(), said(text))
		return err
	}
	wantProblem(t, answer(draft.ID, "Hallo"), 409, "not-submitted")
	wantProblem(t, answer(a.ID, " \n "), 422, "invalid")
	wantProblem(t, answer(a.ID, strings.Repeat("x", 4001)), 422, "invalid")
	x.apply(t, a.ID, event(types.Refused, 5))
	wantProblem(t, answer(a.ID, "Hallo"), 409, "already-finished")
	if len(x.others.events) != 0 {
		t.Errorf("handed over %v", x.others.events)
	}
}

func TestWithdraw_OpenApplication_EndsItOnce(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.submitted(t)
	for _, key := range []string{"first-key", "first-key", "other-key"} {
		got, err := x.s.Withdraw(x.clara, a.ID, key)
		if err != nil || got.State != types.ApplicationStateWithdrawn {
			t.Errorf("state %s, %v", got.State, err)
		}
	}
	if len(x.others.events) != 1 || x.others.events[0].Kind != types.Withdrawn || x.others.events[0].By != types.EventAuthorCitizen {
		t.Errorf("handed over %+v", x.others.events)
	}
	x.apply(t, a.ID, event(types.Granted, 5)) // was on its way
	if got := x.get(t, a.ID); got.State != types.ApplicationStateWithdrawn || len(got.Timeline) != 4 {
		t.Errorf("state %s, timeline %v", got.State, kinds(got))
	}
}

func TestWithdraw_NotPossible_SaysWhy(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	_, err := x.s.Withdraw(x.clara, x.draft(t).ID, uuid.NewString())
	wantProblem(t, err, 409, "not-submitted")
	a := x.submitted(t)
	x.apply(t, a.ID, event(types.Granted, 5))
	_, err = x.s.Withdraw(x.clara, a.ID, uuid.NewString())
	wantProblem(t, err, 409, "already-finished")
}

// said is an answer of words alone.
func said(text string) types.ApplicationAnswer { return types.ApplicationAnswer{Text: &text} }
