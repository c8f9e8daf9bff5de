package cases_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/cases"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/pdf/pdftest"
)

// askFourEyes has decisions of the whole portal wait for a second clerk.
func (x setup) askFourEyes(t *testing.T) {
	t.Helper()
	months, asked := 120, true
	if err := x.s.SetRule(x.clerk, nil, nil, &months, &asked); err != nil {
		t.Fatal(err)
	}
}

func TestDecide_FourEyes_NothingReachesTheCitizenUntilAnotherAgrees(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.askFourEyes(t)
	id := x.open(t, x.application())
	second, colleague := x.hire(t, "Zweite", x.offerID)
	first := httpx.CallerOf(x.clerk).AccountID
	if _, err := x.s.Start(x.clerk, id, "key-00000"); err != nil {
		t.Fatal(err)
	}
	before := len(x.told(t, "report"))
	c, err := x.s.Decide(x.clerk, id, "key-00001", granted("Wegen Seltenername ja."))
	if err != nil || c.State != types.CaseStateInProgress || c.Proposal == nil || c.Proposal.By != first || c.Proposal.Text != "Wegen Seltenername ja." || c.Proposal.Outcome != types.DecisionOutcomeGranted {
		t.Fatalf("case %+v, %v", c, err)
	}
	if len(x.told(t, "report")) != before {
		t.Errorf("the citizen is told %+v", x.told(t, "report"))
	}
	if x.count(t, "SELECT count(*) FROM case_proposals p WHERE encode(content, 'escape') LIKE '%Seltenername%'") != 0 {
		t.Error("the decision is not sealed")
	}
	_, err = x.s.Decide(x.clerk, id, "key-00002", granted("Doch noch einmal."))
	wantStatus(t, err, http.StatusConflict, "decision-waits")
	_, err = x.s.Agree(x.clerk, id, "key-00003", "*")
	wantStatus(t, err, http.StatusForbidden, "four-eyes")
	_, stranger := x.hire(t, "Fred Fremd", uuid.New())
	_, err = x.s.Agree(stranger, id, "key-00003", "*")
	wantStatus(t, err, http.StatusNotFound, "case-unknown")
	_, err = x.s.Agree(colleague, id, "key-00003", `"1"`)
	wantStatus(t, err, http.StatusPreconditionFailed, "changed-meanwhile")

	for range 2 { // the same key: once
		c, err = x.s.Agree(colleague, id, "key-00004", "*")
		if err != nil || c.State != types.CaseStateGranted || c.Proposal != nil {
			t.Fatalf("case %+v, %v", c, err)
		}
	}
	reports := x.told(t, "report")
	if len(reports) != before+1 || reports[before].Body != "Wegen Seltenername ja." || !strings.HasPrefix(reports[before].Kind, "granted by authority") {
		t.Errorf("the citizen is told %+v", reports)
	}
	var acts []string
	for _, s := range x.told(t, "audit") {
		if s.Kind == "case.propose" && s.Who == first.String() || s.Kind == "case.agree" && s.Who == second.String() {
			acts = append(acts, s.Kind)
		}
	}
	wantEqual(t, "audit", acts, []string{"case.propose", "case.agree"})
	_, err = x.s.Agree(colleague, id, "key-00005", "*")
	wantStatus(t, err, http.StatusConflict, "no-decision-waits")
}

func TestDecide_FourEyes_WhoReleasesSigns_WhoWroteGivesInformation(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	id := x.open(t, x.addressed())
	_, colleague := x.hire(t, "Zoe Zweite", uuid.Nil)
	if draft, err := x.s.PrepareDecision(x.clerk, id); err != nil || draft.SignedBy == nil || *draft.SignedBy != "Bernd Beispiel" {
		t.Errorf("alone: %+v, %v", draft.SignedBy, err)
	}
	x.askFourEyes(t)
	if draft, err := x.s.PrepareDecision(x.clerk, id); err != nil || draft.SignedBy != nil {
		t.Errorf("before anybody has agreed: %v, %v", draft.SignedBy, err)
	}
	looks := func(ctx context.Context, parts ...string) {
		t.Helper()
		preview, _, err := x.s.PreviewDecision(ctx, id, granted("Ja."))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range parts {
			if text := pdftest.Text(t, preview); !strings.Contains(text, part) {
				t.Errorf("%q is missing in:\n%s", part, text)
			}
		}
	}
	looks(x.clerk, "Auskunft erteilt: Bernd Beispiel", "Im Auftrag (Name der Person, die zustimmt)")
	if _, err := x.s.Decide(x.clerk, id, "key-00001", granted("Ja.")); err != nil {
		t.Fatal(err)
	}
	looks(colleague, "Auskunft erteilt: Bernd Beispiel", "Im Auftrag Zoe Zweite")
	if _, err := x.s.Agree(colleague, id, "key-00002", "*"); err != nil {
		t.Fatal(err)
	}
	paper, err := x.s.DecisionPaperOf(colleague, id)
	if err != nil {
		t.Fatal(err)
	}
	if text := pdftest.Text(t, read(t, paper.Content)); !strings.Contains(text, "Auskunft erteilt: Bernd Beispiel") || !strings.Contains(text, "Im Auftrag Zoe Zweite") {
		t.Errorf("it says\n%s", text)
	}
}

func TestReturn_WithWords_IsANoteAndCanBeDecidedAnew(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.askFourEyes(t)
	id := x.open(t, x.application())
	second, colleague := x.hire(t, "Zweite", uuid.Nil)
	if _, err := x.s.Decide(x.clerk, id, "key-00001", granted("Ja.")); err != nil {
		t.Fatal(err)
	}
	c, err := x.s.Return(colleague, id, "key-00002", "Der Nachweis fehlt.")
	if err != nil || c.Proposal != nil || c.State != types.CaseStateInProgress || len(c.Notes) != 1 || c.Notes[0].Author != second || !strings.HasSuffix(c.Notes[0].Text, "Der Nachweis fehlt.") {
		t.Fatalf("case %+v, %v", c, err)
	}
	if _, err := x.s.Decide(colleague, id, "key-00003", types.Decision{Outcome: types.DecisionOutcomeRefused, Text: "Nein."}); err != nil {
		t.Fatal(err)
	}
	if c, err := x.s.Agree(x.clerk, id, "key-00004", "*"); err != nil || c.State != types.CaseStateRefused {
		t.Errorf("case %+v, %v", c, err)
	}
}

func TestApplyCitizenEvent_WithdrawnWhileADecisionWaits_NothingWaitsAnyMore(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.askFourEyes(t)
	app := x.application()
	id := x.open(t, app)
	_, colleague := x.hire(t, "Zweite", uuid.Nil)
	if _, err := x.s.Decide(x.clerk, id, "key-00001", granted("Ja.")); err != nil {
		t.Fatal(err)
	}
	if err := x.s.ApplyCitizenEvent(t.Context(), origin, app.ApplicationId, types.TimelineEvent{Id: uuid.New(), At: app.SubmittedAt, Kind: types.Withdrawn, By: types.EventAuthorCitizen}); err != nil {
		t.Fatal(err)
	}
	_, err := x.s.Agree(colleague, id, "key-00002", "*")
	wantStatus(t, err, http.StatusConflict, "no-decision-waits")
	if c := x.read(t, id); c.State != types.CaseStateWithdrawn || c.Proposal != nil {
		t.Errorf("case %+v", c)
	}
}

func TestList_WaitingForAgreement_OfOthersWithinReach(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.askFourEyes(t)
	_, colleague := x.hire(t, "Zweite", x.offerID)
	_, stranger := x.hire(t, "Fred Fremd", uuid.New())
	var ids []uuid.UUID
	for range 3 {
		ids = append(ids, x.open(t, x.application()))
	}
	for _, id := range ids[:2] {
		if _, err := x.s.Decide(x.clerk, id, "key-"+id.String(), granted("Ja.")); err != nil {
			t.Fatal(err)
		}
	}
	wanted := []uuid.UUID{ids[1], ids[0]} // newest first
	for name, f := range map[string]cases.Filter{"all": {}, "searched": {Search: "clara"}, "state": {State: types.CaseStateInProgress}} {
		f.Agreement = true
		if got := x.list(t, colleague, f); !slices.Equal(got, wanted) {
			t.Errorf("%s: %v, want %v", name, got, wanted)
		}
		if got := x.list(t, x.clerk, f); len(got) != 0 {
			t.Errorf("%s: one's own: %v", name, got)
		}
		if got := x.list(t, stranger, f); len(got) != 0 {
			t.Errorf("%s: of another unit: %v", name, got)
		}
	}
	f := cases.Filter{Agreement: true, Limit: 1}
	l, err := x.s.List(colleague, f)
	if err != nil || len(l.Items) != 1 || !l.Items[0].Proposed || l.Next == "" || l.Counts[types.CaseStateInProgress] != 2 {
		t.Fatalf("list %+v, %v", l, err)
	}
	f.Cursor = l.Next
	if got := x.list(t, colleague, f); !slices.Equal(got, wanted[1:]) {
		t.Errorf("second page %v", got)
	}
	if got := x.list(t, colleague, cases.Filter{Agreement: true, Search: "xylophon"}); len(got) != 0 {
		t.Errorf("what is searched is not there: %v", got)
	}
}
