package mailbox_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/google/uuid"

	api "portalverbund/api/mailbox"
	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
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
