package mailbox_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"github.com/google/uuid"

	api "portalverbund/api/mailbox"
	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

func TestKeep_OwnMessage_AsAPDFInTheSafe_AnothersIsUnknown(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	clara, bernd := uuid.New(), uuid.New()
	m := message("Ihr Bescheid")
	if err := x.s.Notify(t.Context(), httpx.Person{Issuer: self, Subject: clara.String()}, m); err != nil {
		t.Fatal(err)
	}
	id := x.list(t, x.owner(clara), types.ListMessagesParams{}).Items[0].Id
	if _, err := x.h.KeepMessage(x.owner(bernd), api.KeepMessageRequestObject{MessageId: id}); err == nil || len(x.kept) != 0 {
		t.Fatalf("another's message was kept: %v %v", err, x.kept)
	}
	if _, err := x.h.KeepMessage(x.owner(clara), api.KeepMessageRequestObject{MessageId: id}); err != nil {
		t.Fatal(err)
	}
	if want := clara.String() + " Ihr Bescheid Stadt Meppen · Steueramt %PDF-"; !slices.Equal(x.kept, []string{want}) {
		t.Errorf("kept %q", x.kept)
	}
}

func TestKeep_AtALinkedPortal_IsDoneAtTheAccountHome(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	id := uuid.New()
	if _, err := x.h.KeepMessage(visitor(), api.KeepMessageRequestObject{MessageId: id}); err != nil {
		t.Fatal(err)
	}
	if want := http.MethodPost + " /api/v1/mailbox/" + id.String(); !slices.Equal(x.asked, []string{want}) || len(x.kept) != 0 {
		t.Errorf("asked %v, kept %v", x.asked, x.kept)
	}
}

// TestKeep_WhatCameWithAMessage_GoesIntoTheSafe: by hand with the letter, by itself where the person wants that; of what is no decision without
// the letter.
func TestKeep_WhatCameWithAMessage_GoesIntoTheSafe(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	clara, _ := x.person(t)
	d := types.EventDocument{
		Id: uuid.New(), Name: "Abholschein.pdf", MediaType: "application/pdf", Size: 20, Sha256: "ef2d127de37b942baad06145e54b0c619a1f22327b2ebbcfbec78f5564afe39d",
	}
	x.accounts[other+" pairwise"] = clara
	m := message("Ihr Abholtermin")
	m.Person, m.Link, m.Documents = "pairwise", nil, &[]types.EventDocument{d}
	receive := func(m types.MessageMailbox) {
		t.Helper()
		body, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if err := x.receive(t.Context(), other, body); err != nil {
			t.Fatal(err)
		}
	}
	receive(m)
	id := x.list(t, x.owner(clara), types.ListMessagesParams{}).Items[0].Id
	if _, err := x.h.KeepMessage(x.owner(clara), api.KeepMessageRequestObject{MessageId: id}); err != nil {
		t.Fatal(err)
	}
	sender := " " + m.Sender + " %PDF-"
	if want := []string{clara.String() + " Ihr Abholtermin" + sender, clara.String() + " Abholschein" + sender}; !slices.Equal(x.kept, want) {
		t.Errorf("kept %q, want %q", x.kept, want)
	}
	answer, err := x.h.GetMessage(x.owner(clara), api.GetMessageRequestObject{MessageId: id})
	if err != nil {
		t.Fatal(err)
	}
	if got := types.MailboxMessage(answer.(api.GetMessage200JSONResponse)); got.Documents == nil || (*got.Documents)[0] != d {
		t.Errorf("message %+v", got)
	}

	if got := x.inSafeOf(t, clara, id); got == nil || got.State != types.SafeKept || got.Missing != nil {
		t.Errorf("in the safe: %+v", got)
	}

	x.kept = nil
	if _, err := x.h.SetMailboxSettings(x.owner(clara), api.SetMailboxSettingsRequestObject{Body: &types.MailboxSettings{KeepDecisions: true}}); err != nil {
		t.Fatal(err)
	}
	m.Id = uuid.New()
	receive(m)
	x.run()
	waitFor(t, "the document of the second message in the safe", func() bool {
		x.mu.Lock()
		defer x.mu.Unlock()
		return len(x.entered) > 0
	})
	// The first one, which the person has put there, is not put there once more by itself.
	if want, kept := clara.String()+" Abholschein"+sender, x.inSafe(); !slices.Equal(kept, []string{want}) {
		t.Errorf("kept %q, want %q", kept, want)
	}
	for name, change := range map[string]func(*types.EventDocument){
		"a program": func(d *types.EventDocument) { d.MediaType = "application/x-msdownload" },
		"no hash":   func(d *types.EventDocument) { d.Sha256 = "" },
		"no name":   func(d *types.EventDocument) { d.Name = " " },
	} {
		wrong := d
		change(&wrong)
		m.Id, m.Documents = uuid.New(), &[]types.EventDocument{wrong}
		body, _ := json.Marshal(m)
		if err := x.receive(t.Context(), other, body); !problem.Is(err, "message-invalid") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// inSafeOf gives what a message says of itself in the safe.
func (x setup) inSafeOf(t *testing.T, account, id uuid.UUID) *types.MessageSafe {
	t.Helper()
	answer, err := x.h.GetMessage(x.owner(account), api.GetMessageRequestObject{MessageId: id})
	if err != nil {
		t.Fatal(err)
	}
	return answer.(api.GetMessage200JSONResponse).Safe
}

func (x setup) arrives(there bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.notYet = !there
}

// TestKeep_DocumentNotThereYet_MessageIsKept_DocumentFollows: what the sending portal does not have yet is fetched by itself when it is there, by
// hand and where decisions are kept as they come; the message says how far that is.
func TestKeep_DocumentNotThereYet_MessageIsKept_DocumentFollows(t *testing.T) {
	t.Parallel()
	paper := types.EventDocument{
		Id: uuid.New(), Name: "Bescheid.pdf", MediaType: "application/pdf", Size: 20, Sha256: "ef2d127de37b942baad06145e54b0c619a1f22327b2ebbcfbec78f5564afe39d",
	}
	for name, byItself := range map[string]bool{"by hand": false, "by itself": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newSetup(t)
			clara, toClara := x.person(t)
			x.wants(t, clara, byItself)
			x.arrives(false)
			m := decision("Entscheidung: bewilligt")
			m.Documents = &[]types.EventDocument{paper}
			x.notified(t, toClara, m)
			id := x.list(t, x.owner(clara), types.ListMessagesParams{}).Items[0].Id
			if got := x.inSafeOf(t, clara, id); got != nil {
				t.Errorf("before it was put there: %+v", got)
			}
			if !byItself {
				for range 2 { // pressed twice
					if _, err := x.h.KeepMessage(x.owner(clara), api.KeepMessageRequestObject{MessageId: id}); err != nil {
						t.Fatal(err)
					}
				}
			}
			x.run()
			waitFor(t, "that the paper is being fetched", func() bool {
				got := x.inSafeOf(t, clara, id)
				return got != nil && got.State == types.SafeFetching && got.Missing != nil && slices.Equal(*got.Missing, []uuid.UUID{paper.Id})
			})
			x.arrives(true)
			waitFor(t, "the paper", func() bool { return x.inSafeOf(t, clara, id).State == types.SafeKept })
			letter, followed := clara.String()+" Entscheidung – bewilligt "+m.Sender+" %PDF-", clara.String()+" Bescheid "+m.Sender+" %PDF-"
			kept := x.inSafe()
			if !slices.Contains(kept, letter) || kept[len(kept)-1] != followed || slices.Index(kept, followed) != len(kept)-1 {
				t.Errorf("kept %q", kept)
			}
			if list := x.list(t, x.owner(clara), types.ListMessagesParams{}); len(list.Items) != 1 {
				t.Errorf("told of it: %+v", list.Items)
			}
		})
	}
}
