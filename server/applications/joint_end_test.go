package applications_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	api "portalverbund/api/applications"
	"portalverbund/api/types"
	"portalverbund/server/applications"
	"portalverbund/server/platform/httpx"
)

func TestLeave_CoApplicant_ConsentAndNameAreGone_ThePersonWhoFillsInIsTold(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.jointly(1, 3)
	a := x.consented(t, x.stefan)
	wantProblem(t, x.s.Leave(acting(t, types.PowerRepresent), a.ID), http.StatusConflict, "acting-for-another")
	_, err := x.h.LeaveApplication(x.stefan, api.LeaveApplicationRequestObject{ApplicationId: a.ID})
	require.NoError(t, err)
	require.Zero(t, x.count(t, "application_co_applicants WHERE application_id = ?", a.ID))
	require.Contains(t, x.lettersTo("clara"), "Name von stefan macht nicht mehr mit: Hund anmelden")
	require.NotContains(t, strings.Join(x.lettersTo("stefan"), " "), "macht nicht mehr mit")
	_, err = x.s.Get(x.stefan, a.ID)
	wantProblem(t, err, http.StatusNotFound, "application-unknown")
	wantProblem(t, x.s.Leave(x.stefan, a.ID), http.StatusNotFound, "application-unknown")

	_, token := x.invited(t, a.ID, types.NewCoApplicant{Name: "Stefan"}) // and can be invited again
	_, err = x.s.AcceptInvitation(x.stefan, token)
	require.NoError(t, err)
	_, err = x.s.Consent(x.stefan, a.ID, x.hash(t, a.ID))
	require.NoError(t, err)
	_, err = x.s.Submit(x.clara, a.ID, uuid.NewString())
	require.NoError(t, err)
	wantProblem(t, x.s.Leave(x.stefan, a.ID), http.StatusConflict, "already-submitted")
}

func TestJointDraft_RunsOut_AllAreToldAWeekBefore_OnceForEachChange_AndWhenItIsGone(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.jointly(2, 3)
	a := x.joined(t, x.stefan)
	x.invited(t, a.ID, types.NewCoApplicant{Name: "Kim"}) // without an account nobody is told
	alone := x.filled(t)
	age := func(by time.Duration) {
		t.Helper()
		require.NoError(t, x.db.From(t.Context()).Exec("UPDATE applications SET changed_at = ? WHERE id IN (?, ?)", x.clock.now().Add(-by), a.ID, alone.ID).Error)
	}
	warn := func(want int) {
		t.Helper()
		n, err := x.s.WarnJoint(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, n)
	}
	const soon, gone = "Gemeinsamer Entwurf läuft bald ab: Hund anmelden", "Gemeinsamer Entwurf abgelaufen: Hund anmelden"
	told := func(subject, letter string) (n int) {
		for _, s := range x.lettersTo(subject) {
			if s == letter {
				n++
			}
		}
		return n
	}
	age(applications.DraftLife - applications.WarnBefore - time.Minute)
	warn(0)
	age(applications.DraftLife - applications.WarnBefore + time.Minute)
	warn(1)
	warn(0)
	require.Equal(t, [2]int{1, 1}, [2]int{told("clara", soon), told("stefan", soon)})
	require.NoError(t, x.db.From(t.Context()).Exec("UPDATE applications SET warned_at = ?", x.clock.now().Add(-applications.DraftLife)).Error)
	warn(1) // it was changed since
	require.Equal(t, 2, told("stefan", soon))

	age(applications.DraftLife + time.Minute)
	n, err := x.s.SweepDrafts(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.Equal(t, [2]int{1, 1}, [2]int{told("clara", gone), told("stefan", gone)})
	x.others.set(func() {
		for _, letter := range x.others.letters {
			if letter.Subject == gone {
				require.Nil(t, letter.Link, "there is nothing to see any more")
			}
		}
	})
}

func TestErase_OneOfThoseWhoMakeADraftTogether_TheOthersAreTold_NobodyIsNamed(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.jointly(2, 4)
	a := x.consented(t, x.stefan)
	_, token := x.invited(t, a.ID, types.NewCoApplicant{Name: "Kim"})
	_, err := x.s.AcceptInvitation(as(t, "kim", "de"), token)
	require.NoError(t, err)
	submitted := x.consented(t, x.stefan)
	_, err = x.s.Submit(x.clara, submitted.ID, uuid.NewString())
	require.NoError(t, err)
	person := func(subject string) httpx.Person { return httpx.Person{Issuer: county, Subject: subject} }
	drafts, handedIn, err := x.s.JointStanding(t.Context(), person("stefan"))
	require.NoError(t, err)
	require.Equal(t, []string{"Hund anmelden"}, drafts)
	require.Equal(t, 1, handedIn)

	require.NoError(t, x.s.ErasePerson(t.Context(), person("stefan")))
	const away = "Eine Person gehört nicht mehr dazu: Hund anmelden"
	for _, who := range []string{"clara", "kim"} {
		require.Contains(t, x.lettersTo(who), away)
	}
	require.NotContains(t, x.lettersTo("stefan"), away)
	x.others.set(func() {
		for _, letter := range x.others.letters {
			if letter.Subject == away {
				require.NotContains(t, strings.ToLower(letter.Text), "stefan")
			}
		}
	})
	require.NoError(t, x.s.ErasePerson(t.Context(), person("clara")))
	require.Contains(t, x.lettersTo("kim"), "Der gemeinsame Antrag wird nicht gestellt: Hund anmelden")
}
