package applications_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	api "portalverbund/api/applications"
	"portalverbund/api/types"
	"portalverbund/server/applications"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// jointly has the form ask for several applicants.
func (x *setup) jointly(from, to int) {
	x.others.form.Layout.Applicants = &types.FormApplicants{From: from, To: to, Consent: types.LocalizedText{"de": "Ich bin einverstanden.", "en": "I agree."}}
}

// invited invites somebody to a draft of Clara's, and gives the token of the link.
func (x *setup) invited(t *testing.T, id uuid.UUID, n types.NewCoApplicant) (applications.CoApplicant, string) {
	t.Helper()
	c, link, err := x.s.Invite(x.clara, id, n)
	require.NoError(t, err)
	_, token, found := strings.Cut(link, self+"/antraege/einladung#token=")
	require.True(t, found, link)
	return c, token
}

// joined is a draft of Clara's that somebody else takes part in.
func (x *setup) joined(t *testing.T, who context.Context) applications.Application {
	t.Helper()
	a := x.filled(t)
	_, token := x.invited(t, a.ID, types.NewCoApplicant{Name: "Stefan"})
	_, err := x.s.AcceptInvitation(who, token)
	require.NoError(t, err)
	return a
}

// consented is a draft of Clara's to which somebody else has consented.
func (x *setup) consented(t *testing.T, who context.Context) applications.Application {
	t.Helper()
	a := x.joined(t, who)
	_, err := x.s.Consent(who, a.ID, x.hash(t, a.ID))
	require.NoError(t, err)
	return a
}

func (x *setup) hash(t *testing.T, id uuid.UUID) string {
	t.Helper()
	j, err := x.s.CoApplicants(x.clara, id)
	require.NoError(t, err)
	return j.Hash
}

// shown is what the first applicant's page shows of the others.
func (x *setup) shown(t *testing.T, who context.Context, id uuid.UUID) types.CoApplicantList {
	t.Helper()
	r, err := x.h.ListCoApplicants(who, api.ListCoApplicantsRequestObject{ApplicationId: id})
	require.NoError(t, err)
	return types.CoApplicantList(r.(api.ListCoApplicants200JSONResponse))
}

func (x *setup) lettersTo(subject string) (subjects []string) {
	x.others.set(func() {
		for i, p := range x.others.persons {
			if p.Subject == subject {
				subjects = append(subjects, x.others.letters[i].Subject)
			}
		}
	})
	return subjects
}

func TestJoint_FromInvitationToDecision_EveryConsentIsInWhatIsSubmitted(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.jointly(2, 3)
	a := x.filled(t)
	_, err := x.s.Submit(x.clara, a.ID, uuid.NewString())
	wantProblem(t, err, http.StatusConflict, "consents-missing")

	email := " Stefan@Example.org"
	c, token := x.invited(t, a.ID, types.NewCoApplicant{Name: "Stefan\nvon nebenan", Email: &email})
	require.Equal(t, "Stefan von nebenan", c.Name)
	require.Len(t, x.others.mails, 1)
	require.Equal(t, "stefan@example.org", x.others.mails[0].To)
	require.Contains(t, x.others.mails[0].Text, token)
	require.NotContains(t, x.others.mails[0].Text, "Hund", "the mail tells nothing of the application")
	require.Zero(t, x.count(t, "application_co_applicants WHERE token_hash = ? OR sealed::text LIKE '%stefan%'", []byte(token)), "the token is kept as it is")

	for _, who := range []context.Context{x.stefan, as(t, "kim", "de")} { // who holds the link sees who invites, and nothing of the content
		_, invited, err := x.s.Invitation(who, token)
		require.NoError(t, err)
		require.Equal(t, "Name von clara", invited.InvitedBy)
		_, err = x.s.Get(who, a.ID)
		wantProblem(t, err, http.StatusNotFound, "application-unknown")
	}
	_, err = x.s.AcceptInvitation(x.clara, token)
	wantProblem(t, err, http.StatusConflict, "own-invitation")
	id, err := x.s.AcceptInvitation(x.stefan, token)
	require.NoError(t, err)
	require.Equal(t, a.ID, id)
	_, err = x.s.AcceptInvitation(x.stefan, token)
	wantProblem(t, err, http.StatusGone, "token-used")

	r, err := x.h.GetApplication(x.stefan, api.GetApplicationRequestObject{ApplicationId: a.ID})
	require.NoError(t, err)
	seen := r.(api.GetApplication200JSONResponse).Body
	require.Equal(t, "Umzug", (*seen.Data)["evidence"].(map[string]any)["reason"])
	require.Equal(t, "lageplan.pdf", seen.Attachments[0].Name)
	require.Equal(t, types.CoApplicantJoined, seen.CoApplicant.State)
	require.Equal(t, "Ich bin einverstanden.", seen.CoApplicant.Consent)
	_, err = x.s.Submit(x.clara, a.ID, uuid.NewString())
	wantProblem(t, err, http.StatusConflict, "consents-missing")
	_, err = x.s.Consent(x.stefan, a.ID, strings.Repeat("0", 64))
	wantProblem(t, err, http.StatusConflict, "content-changed")
	_, err = x.s.Consent(x.stefan, a.ID, *seen.CoApplicant.ContentHash)
	require.NoError(t, err)
	require.True(t, x.shown(t, x.clara, a.ID).Complete)
	require.Equal(t, []string{"Name von stefan hat zugestimmt: Hund anmelden"}, x.lettersTo("clara"))

	_, err = x.s.Submit(x.clara, a.ID, uuid.NewString())
	require.NoError(t, err)
	handed := x.others.handed[0]
	require.Len(t, *handed.CoApplicants, 1)
	proof := (*handed.CoApplicants)[0]
	require.Equal(t, "Name von stefan", proof.Name)
	require.Equal(t, types.Low, proof.TrustLevel)
	hash, err := applications.ConsentHash(handed)
	require.NoError(t, err)
	require.Equal(t, hash, proof.ContentHash, "whoever has the message can compute what was consented to")

	receipt, err := x.h.GetReceipt(x.stefan, api.GetReceiptRequestObject{ApplicationId: a.ID})
	require.NoError(t, err)
	require.Equal(t, "Name von stefan", (*types.Receipt(receipt.(api.GetReceipt200JSONResponse)).CoApplicants)[0].Name)
	paper, _, err := x.s.ReceiptPaper(x.clara, a.ID)
	require.NoError(t, err)
	require.NotEmpty(t, paper)
	items, _, err := x.s.List(x.stefan, applications.Filter{Limit: 10})
	require.NoError(t, err)
	require.Len(t, items, 1)
	require.Equal(t, types.ApplicationStateSubmitted, items[0].State)

	for _, kind := range []types.EventKind{types.Question, types.Granted} {
		require.NoError(t, x.s.ApplyEvent(t.Context(), county, a.ID, types.TimelineEvent{Id: uuid.New(), At: x.clock.now(), Kind: kind, By: types.EventAuthorAuthority}))
	}
	require.Equal(t, []string{"Antrag eingereicht: Hund anmelden", "Entscheidung: Ihr Antrag ist bewilligt: Hund anmelden"}, x.lettersTo("stefan"), "a decision is announced to both, a question to who can answer it")
	watching, err := x.s.Watch(x.stefan, a.ID)
	require.NoError(t, err)
	watching.Stop()
}

func TestJoint_ContentChanges_ConsentLapsesAndThePersonIsTold(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.jointly(2, 3)
	a := x.consented(t, x.stefan)
	present := x.get(t, a.ID)
	same := x.save(t, present, present.Data) // as the page saves by itself
	require.Equal(t, types.CoApplicantConsented, x.shown(t, x.clara, a.ID).Items[0].State)
	data := answers(a.Attachments[0].Id)
	data["evidence"].(map[string]any)["hidden"] = "is not part of what is submitted"
	same = x.save(t, same, data)
	require.Equal(t, types.CoApplicantConsented, x.shown(t, x.clara, a.ID).Items[0].State)

	data["evidence"].(map[string]any)["reason"] = "Zuzug"
	x.save(t, same, data)
	require.Equal(t, types.CoApplicantLapsed, x.shown(t, x.clara, a.ID).Items[0].State)
	require.Equal(t, []string{"Bitte stimmen Sie noch einmal zu: Hund anmelden"}, x.lettersTo("stefan"))
	_, err := x.s.Submit(x.clara, a.ID, uuid.NewString())
	wantProblem(t, err, http.StatusConflict, "consents-missing")
	_, err = x.s.Consent(x.stefan, a.ID, x.hash(t, a.ID))
	require.NoError(t, err)

	require.NoError(t, x.s.DeleteAttachment(x.clara, a.ID, a.Attachments[0].Id)) // a file is content, too
	require.Len(t, x.lettersTo("stefan"), 2)
	require.False(t, x.shown(t, x.clara, a.ID).Complete)
	_, err = x.s.Consent(x.stefan, a.ID, strings.Repeat("0", 64))
	wantProblem(t, err, http.StatusConflict, "content-incomplete")
}

func TestJoint_OnlyWhoWasInvited_AndOnlyToReadAndConsent(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.jointly(1, 5)
	a := x.joined(t, x.stefan)
	c := x.shown(t, x.clara, a.ID).Items[0]
	kim := as(t, "kim", "de")
	theirs := httpx.Caller{Kind: httpx.SessionCaller, Person: httpx.Person{Issuer: self, Subject: "stefan"}, TrustLevel: "high"} // the same subject of another account home
	for _, who := range []context.Context{kim, httpx.WithCaller(t.Context(), theirs)} {
		for name, try := range map[string]func() error{
			"read":    func() error { _, err := x.s.Get(who, a.ID); return err },
			"list":    func() error { _, err := x.s.CoApplicants(who, a.ID); return err },
			"consent": func() error { _, err := x.s.Consent(who, a.ID, x.hash(t, a.ID)); return err },
			"refuse":  func() error { _, err := x.s.Refuse(who, a.ID); return err },
			"leave":   func() error { return x.s.Leave(who, a.ID) },
			"watch":   func() error { _, err := x.s.Watch(who, a.ID); return err },
			"invite":  func() error { _, _, err := x.s.Invite(who, a.ID, types.NewCoApplicant{Name: "Eva"}); return err },
			"remind":  func() error { _, _, err := x.s.Remind(who, a.ID, c.Id); return err },
			"remove":  func() error { return x.s.RemoveCoApplicant(who, a.ID, c.Id) },
		} {
			t.Log(name)
			wantProblem(t, try(), http.StatusNotFound, "application-unknown")
		}
	}
	for name, try := range map[string]func() error{ // what a co-applicant may not do
		"save": func() error {
			_, err := x.s.SaveDraft(x.stefan, a.ID, "*", types.DraftChange{Data: answers()})
			return err
		},
		"delete":  func() error { return x.s.DeleteDraft(x.stefan, a.ID) },
		"submit":  func() error { _, err := x.s.Submit(x.stefan, a.ID, uuid.NewString()); return err },
		"upload":  func() error { _, err := x.s.AddAttachment(x.stefan, a.ID, upload("b.pdf", pdf("b"))); return err },
		"unload":  func() error { return x.s.DeleteAttachment(x.stefan, a.ID, a.Attachments[0].Id) },
		"invite":  func() error { _, _, err := x.s.Invite(x.stefan, a.ID, types.NewCoApplicant{Name: "Eva"}); return err },
		"remove":  func() error { return x.s.RemoveCoApplicant(x.stefan, a.ID, c.Id) },
		"leave":   func() error { return x.s.Leave(x.clara, a.ID) },
		"consent": func() error { _, err := x.s.Consent(x.clara, a.ID, x.hash(t, a.ID)); return err }, // nor the first one consent to their own
	} {
		t.Log(name)
		wantProblem(t, try(), http.StatusNotFound, "application-unknown")
	}
	_, err := x.s.Attachment(x.stefan, a.ID, a.Attachments[0].Id)
	wantProblem(t, err, http.StatusNotFound, "attachment-unknown")
	require.Nil(t, x.shown(t, x.stefan, a.ID).Items[0].Email)

	_, err = x.s.Consent(acting(t, types.PowerRepresent), a.ID, x.hash(t, a.ID))
	wantProblem(t, err, http.StatusConflict, "acting-for-another")
	_, err = x.s.Consent(x.stefan, a.ID, x.hash(t, a.ID))
	require.NoError(t, err)
	_, err = x.s.Submit(x.clara, a.ID, uuid.NewString())
	require.NoError(t, err)
	for _, try := range []func() error{
		func() error { _, err := x.s.Withdraw(x.stefan, a.ID, uuid.NewString()); return err },
		func() error { _, err := x.s.Answer(x.stefan, a.ID, uuid.NewString(), said("Ja")); return err },
	} {
		wantProblem(t, try(), http.StatusNotFound, "application-unknown")
	}
	_, err = x.s.Withdraw(x.clara, a.ID, uuid.NewString())
	require.NoError(t, err)
	require.Contains(t, x.lettersTo("stefan"), "Gemeinsamer Antrag zurückgezogen: Hund anmelden")
}

func TestConsent_ServiceNeedsHigherLevel_StepUp(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.jointly(2, 3)
	needed := types.Substantial
	x.others.offer.TrustLevel = &needed
	a := x.joined(t, x.stefan)
	_, err := x.s.Consent(x.stefan, a.ID, x.hash(t, a.ID))
	wantProblem(t, err, http.StatusForbidden, "step-up-needed")
	proved := callerOf("stefan")
	proved.TrustLevel = "substantial"
	_, err = x.s.Consent(httpx.WithCaller(t.Context(), proved), a.ID, x.hash(t, a.ID))
	require.NoError(t, err)
	require.Equal(t, types.Substantial, *x.shown(t, x.clara, a.ID).Items[0].TrustLevel)
}

func TestAccept_TwoPeopleWithOneInvitation_OneTakesPart(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.jointly(2, 3)
	a := x.filled(t)
	for range 10 {
		_, token := x.invited(t, a.ID, types.NewCoApplicant{Name: "Stefan"})
		errs := make([]error, 4)
		var together sync.WaitGroup
		for i := range errs {
			who := as(t, uuid.NewString(), "de")
			together.Go(func() { _, errs[i] = x.s.AcceptInvitation(who, token) })
		}
		together.Wait()
		accepted := 0
		for _, err := range errs {
			if err == nil {
				accepted++
				continue
			}
			wantProblem(t, err, http.StatusGone, "token-used")
		}
		require.Equal(t, 1, accepted)
		list := x.shown(t, x.clara, a.ID)
		require.Len(t, list.Items, 1)
		require.NoError(t, x.s.RemoveCoApplicant(x.clara, a.ID, list.Items[0].Id))
	}
}

func TestConsent_WhileTheContentChanges_NeverCountsForWhatWasNotRead(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.jointly(2, 3)
	a := x.joined(t, x.stefan)
	for i := range 10 {
		hash := x.hash(t, a.ID)
		data := answers(a.Attachments[0].Id)
		data["evidence"].(map[string]any)["reason"] = "Grund " + uuid.NewString()
		var consent, saved error
		var together sync.WaitGroup
		together.Go(func() { _, consent = x.s.Consent(x.stefan, a.ID, hash) })
		together.Go(func() { _, saved = x.s.SaveDraft(x.clara, a.ID, "*", types.DraftChange{Data: data}) })
		together.Wait()
		require.NoError(t, saved)
		if consent != nil {
			wantProblem(t, consent, http.StatusConflict, "content-changed")
		}
		require.False(t, x.shown(t, x.clara, a.ID).Complete, "run %d", i)
		_, err := x.s.Submit(x.clara, a.ID, uuid.NewString())
		wantProblem(t, err, http.StatusConflict, "consents-missing")
	}
}

func TestSubmit_WhileAConsentIsTakenBack_OneOfBothIsTrue(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.jointly(2, 3)
	for range 8 {
		a := x.consented(t, x.stefan)
		var submitted, refused error
		var together sync.WaitGroup
		together.Go(func() { _, submitted = x.s.Submit(x.clara, a.ID, uuid.NewString()) })
		together.Go(func() { _, refused = x.s.Refuse(x.stefan, a.ID) })
		together.Wait()
		if submitted == nil {
			wantProblem(t, refused, http.StatusConflict, "already-submitted")
			require.Equal(t, types.CoApplicantConsented, x.shown(t, x.clara, a.ID).Items[0].State)
			continue
		}
		require.NoError(t, refused)
		wantProblem(t, submitted, http.StatusConflict, "consents-missing")
		require.Equal(t, types.CoApplicantRefused, x.shown(t, x.clara, a.ID).Items[0].State)
		require.NoError(t, x.s.DeleteDraft(x.clara, a.ID))
	}
}

func TestInvite_Limits_AndLinksThatNoLongerWork(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.jointly(2, 3)
	a := x.filled(t)
	email := "eva@example.org"
	for _, wrong := range []types.NewCoApplicant{{Name: " \n"}, {Name: "Eva", Email: ptr("keine Adresse")}, {Name: "Eva", Email: ptr("Eva <eva@example.org>")}} {
		_, _, err := x.s.Invite(x.clara, a.ID, wrong)
		wantProblem(t, err, http.StatusUnprocessableEntity, "invalid")
	}
	c, first := x.invited(t, a.ID, types.NewCoApplicant{Name: "Eva", Email: &email})
	_, _, err := x.s.Remind(x.clara, a.ID, c.ID) // a mail went out just now
	wantProblem(t, err, http.StatusTooManyRequests, "too-many-requests")
	require.NotNil(t, x.shown(t, x.clara, a.ID).Items[0].RemindFrom)
	x.clock.add(applications.RemindEvery)
	_, link, err := x.s.Remind(x.clara, a.ID, c.ID)
	require.NoError(t, err)
	require.Len(t, x.others.mails, 2)
	_, _, err = x.s.Invitation(x.stefan, first)
	wantProblem(t, err, http.StatusGone, "token-used") // the later one counts
	_, second, _ := strings.Cut(link, "#token=")
	x.clock.add(applications.InvitationLife)
	require.Equal(t, types.CoApplicantExpired, x.shown(t, x.clara, a.ID).Items[0].State)
	_, err = x.s.AcceptInvitation(x.stefan, second)
	wantProblem(t, err, http.StatusGone, "token-used")

	_, third := x.invited(t, a.ID, types.NewCoApplicant{Name: "Kim"})
	_, _, err = x.s.Invite(x.clara, a.ID, types.NewCoApplicant{Name: "Noch jemand"})
	wantProblem(t, err, http.StatusConflict, "too-many-applicants")
	require.NoError(t, x.s.RemoveCoApplicant(x.clara, a.ID, x.shown(t, x.clara, a.ID).Items[1].Id))
	_, _, err = x.s.Invitation(x.stefan, third)
	wantProblem(t, err, http.StatusGone, "token-used")

	sent := 0 // drafts that are deleted in between change nothing about how many mails an address gets
	for err = nil; err == nil && sent < 10; sent++ {
		other := x.filled(t)
		_, _, err = x.s.Invite(x.clara, other.ID, types.NewCoApplicant{Name: "Eva", Email: &email})
		require.NoError(t, x.s.DeleteDraft(x.clara, other.ID))
	}
	wantProblem(t, err, http.StatusTooManyRequests, "too-many-requests")
	require.LessOrEqual(t, sent, 4)
	x.clock.add(25 * time.Hour)
	x.runJobs(t)
	eventually(t, "mails that have invited are forgotten", func() bool { return x.count(t, "application_invitation_mails") == 0 })
}

func TestRefuse_ThePersonWhoFillsInIsTold_AndMayRemindOnceADay(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.jointly(1, 3)
	a := x.consented(t, x.stefan)
	id := x.shown(t, x.clara, a.ID).Items[0].Id
	_, _, err := x.s.Remind(x.clara, a.ID, id)
	wantProblem(t, err, http.StatusConflict, "consented-already")
	_, err = x.s.Refuse(x.stefan, a.ID)
	require.NoError(t, err)
	require.Equal(t, "Name von stefan stimmt nicht zu: Hund anmelden", x.lettersTo("clara")[1])
	_, err = x.s.Submit(x.clara, a.ID, uuid.NewString()) // one can apply alone, but who is invited has to consent
	wantProblem(t, err, http.StatusConflict, "consents-missing")
	_, link, err := x.s.Remind(x.clara, a.ID, id)
	require.NoError(t, err)
	require.Empty(t, link)
	_, _, err = x.s.Remind(x.clara, a.ID, id)
	wantProblem(t, err, http.StatusTooManyRequests, "too-many-requests")
	require.Equal(t, []string{"Ihre Zustimmung fehlt noch: Hund anmelden"}, x.lettersTo("stefan"))

	require.NoError(t, x.s.RemoveCoApplicant(x.clara, a.ID, id))
	require.Contains(t, x.lettersTo("stefan"), "Sie gehören nicht mehr zu diesem Antrag: Hund anmelden")
	_, err = x.s.Get(x.stefan, a.ID)
	wantProblem(t, err, http.StatusNotFound, "application-unknown")
	_, err = x.s.Submit(x.clara, a.ID, uuid.NewString())
	require.NoError(t, err)
	require.Nil(t, x.others.handed[0].CoApplicants)
}

func TestErase_CoApplicant_DraftWithoutThem_ProofStaysWithoutThePerson(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.jointly(2, 3)
	draft, submitted := x.consented(t, x.stefan), x.consented(t, x.stefan)
	_, err := x.s.Submit(x.clara, submitted.ID, uuid.NewString())
	require.NoError(t, err)
	stefan := httpx.Person{Issuer: county, Subject: "stefan"}
	sections := map[string]int{}
	require.NoError(t, x.s.PersonalData(t.Context(), stefan, func(section string, _ any) error { sections[section]++; return nil }))
	require.Equal(t, map[string]int{"jointApplications": 2}, sections)

	require.NoError(t, x.s.ErasePerson(t.Context(), stefan))
	require.Zero(t, x.count(t, "application_co_applicants WHERE subject = 'stefan' OR sealed IS NOT NULL"))
	require.Empty(t, x.shown(t, x.clara, draft.ID).Items)
	kept := x.shown(t, x.clara, submitted.ID).Items[0]
	require.Equal(t, "–", kept.Name)
	require.NotNil(t, kept.ConsentedAt)
	_, err = x.s.Get(x.stefan, submitted.ID)
	wantProblem(t, err, http.StatusNotFound, "application-unknown")

	require.NoError(t, x.s.ErasePerson(t.Context(), httpx.Person{Issuer: county, Subject: "clara"}))
	require.Zero(t, x.count(t, "application_co_applicants WHERE inviter IS NOT NULL"))
	require.Zero(t, x.count(t, "application_co_applicants WHERE application_id = ?", draft.ID))
}

func TestInvite_ByAHelper_Refused(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.jointly(2, 3)
	help := acting(t, types.PowerHelp)
	a := x.drafted(t, help)
	_, _, err := x.s.Invite(help, a.ID, types.NewCoApplicant{Name: "Eva"})
	wantProblem(t, err, http.StatusConflict, "helper-cannot-invite")
}

func TestJoint_FormForOnePerson_Unknown(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.filled(t)
	_, _, err := x.s.Invite(x.clara, a.ID, types.NewCoApplicant{Name: "Stefan"})
	wantProblem(t, err, http.StatusNotFound, "not-joint")
	_, err = x.s.CoApplicants(x.clara, a.ID)
	require.True(t, problem.Is(err, "not-joint"))
}

func ptr(text string) *string { return &text }
