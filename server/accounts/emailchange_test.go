package accounts

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/platform/httpx"
)

// proved gives the context of a citizen's request whose proof is so old.
func (w *world) proved(id uuid.UUID, age time.Duration) context.Context {
	return httpx.WithCaller(w.t.Context(), httpx.Caller{Kind: httpx.SessionCaller, AccountID: id, AuthTime: w.now.Add(-age)})
}

func TestEmailChange_ConfirmedAtTheNewAddress_OldOneIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.citizen("clara@example.org")
	must(t, w.service.RequestEmailChange(w.proved(id, time.Minute), "Clara.Neu@Example.org"))
	if len(w.mails) != 2 || w.mails[0].To != "clara@example.org" || w.mails[1].To != "clara.neu@example.org" {
		t.Fatalf("mails: %+v", w.mails)
	}
	if _, err := w.service.Authenticate(t.Context(), "clara.neu@example.org", testPassword); code(err) != "credentials-wrong" {
		t.Errorf("the new address signs in before it is confirmed: %v", err)
	}
	token := w.lastToken()
	must(t, w.service.ConfirmEmailChange(t.Context(), token))
	if last := w.mails[len(w.mails)-1]; last.To != "clara@example.org" {
		t.Errorf("the old address was not told: %+v", last)
	}
	if got, err := w.service.Authenticate(t.Context(), "clara.neu@example.org", testPassword); err != nil || got != id {
		t.Errorf("the new address does not sign in: %v", err)
	}
	if _, err := w.service.Authenticate(t.Context(), "clara@example.org", testPassword); code(err) != "credentials-wrong" {
		t.Errorf("the old address signs in: %v", err)
	}
	if err := w.service.ConfirmEmailChange(t.Context(), token); code(err) != "token-used" {
		t.Errorf("second use: %v", err)
	}
}

func TestEmailChange_OldProof_IsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.citizen("clara@example.org")
	if err := w.service.RequestEmailChange(w.proved(id, 11*time.Minute), "neu@example.org"); code(err) != "reauthentication-needed" || len(w.mails) > 0 {
		t.Errorf("%v, %d mails", err, len(w.mails))
	}
}

func TestEmailChange_AddressOfAnother_SameAnswerAndNeverTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	clara, dora := w.citizen("clara@example.org"), w.citizen("dora@example.org")
	must(t, w.service.RequestEmailChange(w.proved(clara, 0), "dora@example.org"))
	if last := w.mails[len(w.mails)-1]; last.To != "dora@example.org" || strings.Contains(last.Text, "#token=") {
		t.Errorf("mail to who has the address: %+v", last)
	}
	// Taken by another while the confirmation was on its way.
	must(t, w.service.RequestEmailChange(w.proved(clara, 0), "neu@example.org"))
	token := w.lastToken()
	must(t, w.service.RequestEmailChange(w.proved(dora, 0), "neu@example.org"))
	must(t, w.service.ConfirmEmailChange(t.Context(), w.lastToken()))
	if err := w.service.ConfirmEmailChange(t.Context(), token); code(err) != "token-used" {
		t.Errorf("an address that another has by now: %v", err)
	}
	if got, err := w.service.Authenticate(t.Context(), "clara@example.org", testPassword); err != nil || got != clara {
		t.Errorf("the account has lost its address: %v", err)
	}
}

func TestEmailChange_TokenRunOut_IsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.citizen("clara@example.org")
	must(t, w.service.RequestEmailChange(w.proved(id, 0), "neu@example.org"))
	w.now = w.now.Add(61 * time.Minute)
	if err := w.service.ConfirmEmailChange(t.Context(), w.lastToken()); code(err) != "token-used" {
		t.Errorf("after an hour: %v", err)
	}
}
