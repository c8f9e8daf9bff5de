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
	x.notYet = true
	if _, err := x.h.KeepMessage(x.owner(clara), api.KeepMessageRequestObject{MessageId: id}); !problem.Is(err, "document-not-yet") {
		t.Errorf("kept what is not there yet: %v", err)
	}
	x.notYet, x.kept = false, nil
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

	x.kept = nil
	if _, err := x.h.SetMailboxSettings(x.owner(clara), api.SetMailboxSettingsRequestObject{Body: &types.MailboxSettings{KeepDecisions: true}}); err != nil {
		t.Fatal(err)
	}
	m.Id = uuid.New()
	receive(m)
	x.run()
	waitFor(t, "the documents of both messages in the safe", func() bool { // the first one's job has waited for the setting, too
		x.mu.Lock()
		defer x.mu.Unlock()
		return len(x.entered) == 2
	})
	if want := clara.String() + " Abholschein" + sender; !slices.Equal(x.kept, []string{want, want}) {
		t.Errorf("kept %q, want %q", x.kept, want)
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
