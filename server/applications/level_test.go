package applications_test

import (
	"testing"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

// TestSubmit_HigherLevelNeeded_DraftWaitsUntilItIsProved: filling in needs no proof, submitting does; the draft stays as it is.
func TestSubmit_HigherLevelNeeded_DraftWaitsUntilItIsProved(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	needed := types.Substantial
	x.others.offer.TrustLevel = &needed
	draft := x.filled(t)
	if draft.NeededLevel != types.Substantial {
		t.Errorf("needed level = %q", draft.NeededLevel)
	}
	_, err := x.s.Submit(x.clara, draft.ID, uuid.NewString())
	wantProblem(t, err, 403, "step-up-needed")
	still, err := x.s.Get(x.clara, draft.ID)
	if err != nil || still.State != types.ApplicationStateDraft || still.ETag() != draft.ETag() || len(still.Attachments) != 1 {
		t.Fatalf("draft = %+v, %v", still, err)
	}
	clara := callerOf("clara")
	clara.TrustLevel = "substantial"
	a, err := x.s.Submit(httpx.WithCaller(x.clara, clara), draft.ID, uuid.NewString())
	if err != nil || a.TrustLevel != types.Substantial || x.others.handed[0].TrustLevel != types.Substantial {
		t.Errorf("submitted %+v, %v", a, err)
	}
}

func TestSubmit_ForAnOrganisation_NamesItAndWhoActs(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	draft := x.filled(t)
	erika := callerOf("clara")
	erika.DisplayName, erika.ActsFor = "Erika Muster", "Beispiel Bau GmbH"
	a, err := x.s.Submit(httpx.WithCaller(x.clara, erika), draft.ID, uuid.NewString())
	if err != nil {
		t.Fatal(err)
	}
	want := types.ActsFor{Name: "Beispiel Bau GmbH", Person: "Erika Muster"}
	m := x.others.handed[0]
	if m.ApplicantName != "Beispiel Bau GmbH" || m.ActsFor == nil || *m.ActsFor != want {
		t.Errorf("handed over %+v", m)
	}
	kept, err := x.s.Get(x.clara, a.ID)
	if err != nil || kept.ActsFor == nil || *kept.ActsFor != want {
		t.Errorf("kept %+v, %v", kept.ActsFor, err)
	}
	var readable int64
	x.db.From(t.Context()).Raw("SELECT count(*) FROM applications WHERE position('Bau' in convert_from(acts_for, 'LATIN1')) > 0").Scan(&readable)
	if readable != 0 {
		t.Error("is readable at rest")
	}
}
