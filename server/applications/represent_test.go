package applications_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
	"portalverbund/server/applications"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

var errWithdrawn = problem.Forbidden("power-ended", "Diese Vollmacht gilt nicht.", "This power of attorney does not count.")

// Use plays the account home: a power of Clara's that Stefan holds.
func (o *others) Use(_ context.Context, id uuid.UUID, use types.PowerUse) (types.PowerProof, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.uses = append(o.uses, use)
	if o.refusal != nil {
		return types.PowerProof{}, o.refusal
	}
	return types.PowerProof{
		Proof: "proof for " + use.ApplicationId.String(), Kind: types.PowerRepresent, Principal: "clara", PrincipalName: "Clara Beispiel",
		Representative: "Stefan Beispiel", ValidUntil: o.until,
	}, nil
}

var power = uuid.MustParse("0197a3f0-5f5e-7c3a-9d2e-2f1d4c7b9a10")

// acting is Stefan's request while he acts for Clara.
func acting(t *testing.T, kind types.PowerKind) context.Context {
	t.Helper()
	c := callerOf("stefan")
	c.Acting = &httpx.Acting{PowerID: power, Kind: string(kind), Name: "Clara Beispiel", Until: time.Now().Add(time.Hour)}
	return httpx.WithLanguage(httpx.WithCaller(t.Context(), c), "de")
}

// drafted is a draft of Stefan's for Clara that can be submitted.
func (x *setup) drafted(t *testing.T, ctx context.Context) applications.Application {
	t.Helper()
	x.others.until = time.Now().Add(time.Hour)
	a, err := x.s.Create(ctx, uuid.NewString(), types.NewApplication{OfferId: x.offerID, Ars: meppen})
	require.NoError(t, err)
	a, err = x.s.SaveDraft(ctx, a.ID, a.ETag(), types.DraftChange{Data: answers()})
	require.NoError(t, err)
	return a
}

func TestSubmit_ByPower_IsBothPeoplesAndCarriesTheProof(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	ctx := acting(t, types.PowerRepresent)
	a := x.drafted(t, ctx)
	_, err := x.s.Get(x.clara, a.ID)
	wantProblem(t, err, http.StatusNotFound, "application-unknown") // the draft is Stefan's
	a, err = x.s.Submit(ctx, a.ID, uuid.NewString())
	require.NoError(t, err)
	handed := x.others.handed[0]
	require.Equal(t, "proof for "+a.ID.String(), *handed.Power)
	require.Equal(t, types.ActingPower, *handed.ActsFor.Kind)
	require.Equal(t, "Clara Beispiel", handed.ApplicantName)
	require.Equal(t, "Stefan Beispiel", *a.Timeline[len(a.Timeline)-1].Name)
	require.Equal(t, county, x.others.uses[len(x.others.uses)-1].Authority)

	require.Len(t, x.others.persons, 2)
	require.Equal(t, []string{"stefan", "clara"}, []string{x.others.persons[0].Subject, x.others.persons[1].Subject})
	require.Contains(t, x.others.letters[1].Subject, "Stefan Beispiel hat für Sie beantragt")
	theirs, err := x.s.Get(x.clara, a.ID)
	require.NoError(t, err)
	require.Equal(t, "Stefan Beispiel", theirs.ActsFor.Person)
	for _, who := range []context.Context{ctx, x.clara} {
		items, _, err := x.s.List(who, applications.Filter{Limit: 10})
		require.NoError(t, err)
		require.Len(t, items, 1)
	}
	_, err = x.s.Get(as(t, "kim", "de"), a.ID)
	wantProblem(t, err, http.StatusNotFound, "application-unknown")

	event := types.TimelineEvent{Id: uuid.New(), At: x.clock.now(), Kind: types.Granted, By: types.EventAuthorAuthority}
	require.NoError(t, x.s.ApplyEvent(t.Context(), county, a.ID, event))
	require.Len(t, x.others.persons, 4, "both hear of the decision")
}

func TestSubmit_PowerWithdrawnMeanwhile_RefusedAndDraftKept(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	ctx := acting(t, types.PowerRepresent)
	a := x.drafted(t, ctx)
	x.others.refusal = errWithdrawn
	_, err := x.s.Submit(ctx, a.ID, uuid.NewString())
	wantProblem(t, err, http.StatusForbidden, "power-ended")
	require.Empty(t, x.others.handed)
	kept, err := x.s.Get(ctx, a.ID)
	require.NoError(t, err)
	require.Equal(t, types.ApplicationStateDraft, kept.State)
	require.NotEmpty(t, kept.Data)
	_, err = x.s.Submit(x.stefan, a.ID, uuid.NewString()) // the session has been told already
	wantProblem(t, err, http.StatusForbidden, "power-ended")
	x.others.refusal = nil
	_, err = x.s.Submit(ctx, a.ID, uuid.NewString())
	require.NoError(t, err, "refused for good only while it is refused")
}

func TestPowerEnded_WhoActedSeesNoMore_ThePersonGoesOn(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	ctx := acting(t, types.PowerRepresent)
	a, err := x.s.Submit(ctx, x.drafted(t, ctx).ID, uuid.NewString())
	require.NoError(t, err)
	_, err = x.s.Answer(ctx, a.ID, uuid.NewString(), said("Wir kommen morgen."))
	require.NoError(t, err)
	require.Equal(t, "Stefan Beispiel", *x.others.events[0].Name)
	x.others.refusal = errWithdrawn
	_, err = x.s.Answer(ctx, a.ID, uuid.NewString(), said("Noch etwas"))
	wantProblem(t, err, http.StatusForbidden, "power-ended")
	_, err = x.s.Withdraw(ctx, a.ID, uuid.NewString())
	wantProblem(t, err, http.StatusForbidden, "power-ended")

	require.NoError(t, x.s.PowerEnded(t.Context(), self, power, time.Now())) // no account home of these people
	_, err = x.s.Get(ctx, a.ID)
	require.NoError(t, err)
	require.NoError(t, x.s.PowerEnded(t.Context(), county, power, time.Now()))
	_, err = x.s.Get(ctx, a.ID)
	wantProblem(t, err, http.StatusNotFound, "application-unknown")
	items, _, err := x.s.List(ctx, applications.Filter{Limit: 10})
	require.NoError(t, err)
	require.Empty(t, items)
	before := len(x.others.persons)
	event := types.TimelineEvent{Id: uuid.New(), At: x.clock.now(), Kind: types.Granted, By: types.EventAuthorAuthority}
	require.NoError(t, x.s.ApplyEvent(t.Context(), county, a.ID, event))
	require.Equal(t, []string{"clara"}, subjects(x.others.persons[before:]))
	_, err = x.s.Get(x.clara, a.ID)
	require.NoError(t, err)
}

func TestPower_RunOut_WhoActedSeesNoMore(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	ctx := acting(t, types.PowerRepresent)
	a := x.drafted(t, ctx)
	x.others.until = time.Now().Add(-time.Second)
	a, err := x.s.Submit(ctx, a.ID, uuid.NewString())
	require.NoError(t, err)
	_, err = x.s.Get(ctx, a.ID)
	wantProblem(t, err, http.StatusNotFound, "application-unknown")
	_, err = x.s.Withdraw(x.clara, a.ID, uuid.NewString())
	require.NoError(t, err, "the person needs no power")
}

func TestSubmit_SessionActsForSomebodyElse_IsRefused(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	ctx := acting(t, types.PowerRepresent)
	a := x.drafted(t, ctx)
	_, err := x.s.Submit(x.stefan, a.ID, uuid.NewString())
	wantProblem(t, err, http.StatusConflict, "acting-for-another")
	own := x.filledBy(t, x.stefan)
	_, err = x.s.Submit(ctx, own.ID, uuid.NewString())
	wantProblem(t, err, http.StatusConflict, "acting-for-another")
	_, err = x.s.Submit(x.stefan, own.ID, uuid.NewString())
	require.NoError(t, err)
	require.Nil(t, x.others.handed[0].Power)
}

func (x *setup) filledBy(t *testing.T, ctx context.Context) applications.Application {
	t.Helper()
	a, err := x.s.Create(ctx, uuid.NewString(), types.NewApplication{OfferId: x.offerID, Ars: meppen})
	require.NoError(t, err)
	a, err = x.s.SaveDraft(ctx, a.ID, a.ETag(), types.DraftChange{Data: answers()})
	require.NoError(t, err)
	return a
}

func TestHandOver_HelpersDraft_IsThePersonsToSubmit(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	ctx := acting(t, types.PowerHelp)
	a := x.drafted(t, ctx)
	_, err := x.s.Submit(ctx, a.ID, uuid.NewString())
	wantProblem(t, err, http.StatusForbidden, "helper-cannot-submit")
	wantProblem(t, x.s.HandOver(x.clara, a.ID, uuid.NewString()), http.StatusNotFound, "application-unknown")
	own := x.filledBy(t, x.stefan)
	wantProblem(t, x.s.HandOver(x.stefan, own.ID, uuid.NewString()), http.StatusConflict, "not-a-helpers-draft")

	require.NoError(t, x.s.HandOver(ctx, a.ID, uuid.NewString()))
	_, err = x.s.Get(ctx, a.ID)
	wantProblem(t, err, http.StatusNotFound, "application-unknown")
	require.Equal(t, []string{"clara"}, subjects(x.others.persons))
	a, err = x.s.Submit(x.clara, a.ID, uuid.NewString())
	require.NoError(t, err)
	handed := x.others.handed[0]
	require.Nil(t, handed.Power)
	require.Equal(t, types.ActingHelp, *handed.ActsFor.Kind)
	require.Equal(t, "Stefan Beispiel", handed.ActsFor.Person)
	require.Nil(t, a.Timeline[len(a.Timeline)-1].Name, "she submitted it herself")
}

func TestErasePerson_WhoActedOrForWhom(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	ctx := acting(t, types.PowerRepresent)
	a, err := x.s.Submit(ctx, x.drafted(t, ctx).ID, uuid.NewString())
	require.NoError(t, err)
	require.NoError(t, x.s.ErasePerson(t.Context(), httpx.Person{Issuer: county, Subject: "stefan"}))
	theirs, err := x.s.Get(x.clara, a.ID)
	require.NoError(t, err)
	require.NotEmpty(t, theirs.Data, "the application is Clara's")
	require.Nil(t, theirs.ActsFor)
	require.NoError(t, x.s.ErasePerson(t.Context(), httpx.Person{Issuer: county, Subject: "clara"}))
	require.Zero(t, x.count(t, "applications WHERE data IS NOT NULL OR acts_for IS NOT NULL OR subject <> '' OR principal_subject <> ''"))
	require.Zero(t, x.count(t, "application_events WHERE name = 'Stefan Beispiel'"))
}

func subjects(people []httpx.Person) (out []string) {
	for _, p := range people {
		out = append(out, p.Subject)
	}
	return out
}
