package mailbox_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	api "portalverbund/api/mailbox"
	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
	"portalverbund/server/platform/scan"
)

// decision is what a portal writes about a decision.
func decision(subject string) types.MessageMailbox {
	m, kind := message(subject), types.MailboxDecision
	m.Kind = &kind
	return m
}

// person makes an account, and gives who that is to this portal.
func (x setup) person(t *testing.T) (uuid.UUID, httpx.Person) {
	t.Helper()
	id := uuid.New()
	err := x.d.From(t.Context()).Exec("INSERT INTO accounts (id, password_hash, profile, created_at, confirmed_at) VALUES (?, '', '', now(), now())", id).Error
	if err != nil {
		t.Fatal(err)
	}
	return id, httpx.Person{Issuer: self, Subject: id.String()}
}

func (x setup) wants(t *testing.T, account uuid.UUID, keep bool) {
	t.Helper()
	answer, err := x.h.SetMailboxSettings(x.owner(account), api.SetMailboxSettingsRequestObject{Body: &types.MailboxSettings{KeepDecisions: keep}})
	if err != nil || types.MailboxSettings(answer.(api.SetMailboxSettings200JSONResponse)).KeepDecisions != keep {
		t.Fatal(answer, err)
	}
}

// inSafe gives what was kept so far.
func (x setup) inSafe() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Clone(x.kept)
}

func (x setup) notified(t *testing.T, who httpx.Person, m types.MessageMailbox) {
	t.Helper()
	if err := x.s.Notify(t.Context(), who, m); err != nil {
		t.Fatal(err)
	}
}

// TestKeepDecisions_OnceAsItComes: a decision lies in the safe of who wants that, once however often it comes, with an entry in the access
// log, and still unread; other messages, and other people's, do not.
func TestKeepDecisions_OnceAsItComes(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	clara, toClara := x.person(t)
	bernd, toBernd := x.person(t)
	x.wants(t, clara, true)
	x.wants(t, bernd, true)
	x.wants(t, bernd, false)
	m := decision("Entscheidung: bewilligt")
	for range 3 {
		x.notified(t, toClara, m)
	}
	x.notified(t, toClara, message("Eine Rückfrage"))
	x.notified(t, toBernd, decision("Entscheidung: abgelehnt"))
	x.run()
	waitFor(t, "the jobs", func() bool { return x.jobsDone(t) })
	want := clara.String() + " Entscheidung – bewilligt Stadt Meppen · Steueramt %PDF-"
	if kept := x.inSafe(); !slices.Equal(kept, []string{want}) {
		t.Errorf("kept %q", kept)
	}
	entry := clara.String() + " Landkreis Emsland job Bescheid in Ihren Dokumentensafe gelegt: Entscheidung: bewilligt"
	if !slices.Equal(x.entered, []string{entry}) {
		t.Errorf("entered %q", x.entered)
	}
	if list := x.list(t, x.owner(clara), types.ListMessagesParams{}); list.Unread != 2 || len(list.Items) != 2 {
		t.Errorf("%d unread of %d: a program is not the person who reads", list.Unread, len(list.Items))
	}
}

// TestKeepDecisions_FromALinkedPortalTwice_IsThereOnce: the same by the message of a portal.
func TestKeepDecisions_FromALinkedPortalTwice_IsThereOnce(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	clara, _ := x.person(t)
	x.accounts[other+" pairwise"] = clara
	x.wants(t, clara, true)
	payload := `{"id":"` + uuid.NewString() + `","person":"pairwise","subject":"Entscheidung","sender":"Steueramt","at":"2026-11-01T10:00:00Z","text":"Bewilligt.","kind":"decision"}`
	x.run()
	for range 2 {
		if err := x.receive(t.Context(), other, []byte(payload)); err != nil {
			t.Fatal(err)
		}
		waitFor(t, "the jobs", func() bool { return x.jobsDone(t) })
	}
	if kept := x.inSafe(); len(kept) != 1 {
		t.Errorf("kept %q", kept)
	}
}

// TestKeepDecisions_Refused_TellsThePersonTheRealReason: once, and the decision stays in the mailbox. It is the code that says what is wrong, as
// several reasons have one status.
func TestKeepDecisions_Refused_TellsThePersonTheRealReason(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		refusal error
		state   types.MessageSafeState
		subject string
		words   string
	}{
		{problem.Conflict("safe-full", "Der Dokumentensafe ist voll.", "The documents safe is full."), types.SafeNoRoom, "Kein Platz im Dokumentensafe", "kein Platz"},
		{problem.Conflict("something-else", "Etwas anderes ist im Weg.", "Something else is in the way."), types.SafeFailed, "Nicht im Dokumentensafe", "Etwas anderes ist im Weg."},
		{scan.ErrHarmful, types.SafeFailed, "Nicht im Dokumentensafe", "Schadsoftware"},
	} {
		t.Run(problem.From(tt.refusal).Code, func(t *testing.T) {
			t.Parallel()
			x := newSetup(t)
			clara, toClara := x.person(t)
			x.wants(t, clara, true)
			x.refusal = tt.refusal
			x.notified(t, toClara, decision("Entscheidung: bewilligt"))
			x.run()
			waitFor(t, "the jobs", func() bool { return x.jobsDone(t) })
			list := x.list(t, x.owner(clara), types.ListMessagesParams{})
			if len(list.Items) != 2 || list.Items[0].Subject != tt.subject || len(x.entered) != 0 {
				t.Fatalf("%+v, entered %v", list.Items, x.entered)
			}
			answer, err := x.h.GetMessage(x.owner(clara), api.GetMessageRequestObject{MessageId: list.Items[0].Id})
			if err != nil || !strings.Contains(answer.(api.GetMessage200JSONResponse).Text, tt.words) {
				t.Errorf("%+v, %v", answer, err)
			}
			if got := x.inSafeOf(t, clara, list.Items[1].Id); got == nil || got.State != tt.state {
				t.Errorf("in the safe: %+v", got)
			}
		})
	}
}

// TestKeepDecisions_DeletedDocumentsStillTakeRoom_TriesAgainLater: there will be room within an hour, so nobody is told that there is none.
func TestKeepDecisions_DeletedDocumentsStillTakeRoom_TriesAgainLater(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	clara, toClara := x.person(t)
	x.wants(t, clara, true)
	x.refusal = problem.Conflict("safe-emptying", "Gelöschte Dokumente brauchen noch Platz.", "Deleted documents still need room.")
	x.notified(t, toClara, decision("Entscheidung: bewilligt"))
	x.run()
	waitFor(t, "that it is tried again later", func() bool {
		var later int
		err := x.d.From(t.Context()).Raw("SELECT count(*) FROM river_job WHERE kind = 'mailbox.keep' AND state = 'scheduled' AND scheduled_at > now() + interval '5 minutes'").Scan(&later).Error
		return err == nil && later == 1
	})
	if list := x.list(t, x.owner(clara), types.ListMessagesParams{}); len(list.Items) != 1 {
		t.Errorf("%+v", list.Items)
	}
}

// TestMailboxSettings_OfNobodyElse: staff have none, and those whose account is elsewhere have them there.
func TestMailboxSettings_OfNobodyElse(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	staff := httpx.WithCaller(context.Background(), httpx.Caller{Kind: httpx.SessionCaller, AccountID: uuid.New(), Roles: []string{"clerk"}})
	for code, ctx := range map[string]context.Context{"staff-account": staff, "not-account-home": visitor()} {
		_, err := x.h.GetMailboxSettings(ctx, api.GetMailboxSettingsRequestObject{})
		wantStatus(t, err, http.StatusNotFound, code)
	}
	clara, _ := x.person(t)
	answer, err := x.h.GetMailboxSettings(x.owner(clara), api.GetMailboxSettingsRequestObject{})
	if err != nil || types.MailboxSettings(answer.(api.GetMailboxSettings200JSONResponse)).KeepDecisions {
		t.Errorf("%v %v: nobody has asked for it yet", answer, err)
	}
}

// jobsDone says whether no job waits or runs any more.
func (x setup) jobsDone(t *testing.T) bool {
	t.Helper()
	var open int
	if err := x.d.From(t.Context()).Raw("SELECT count(*) FROM river_job WHERE state <> 'completed'").Scan(&open).Error; err != nil {
		t.Fatal(err)
	}
	return open == 0
}
