package accounts

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/mail"
	"portalverbund/server/platform/problem"
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

// returned are addresses from which mails came back.
type returned map[string]time.Time

func (r returned) Stopped(_ context.Context, address string) (*time.Time, error) {
	if since, there := r[address]; there {
		return &since, nil
	}
	return nil, nil
}

func (r returned) Arrives(_ context.Context, address string) error {
	delete(r, address)
	return nil
}

func (r returned) Counts(context.Context) (mail.Counts, error) {
	return mail.Counts{Stopped: len(r), Returned: len(r)}, nil
}

func TestEmailChange_MailsCameBack_ThePersonIsToldAndConfirmsTheSameAddressOnceMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	back := returned{"clara@example.org": w.now.Add(-time.Hour), "neu@example.org": w.now}
	w.service.Returns = back
	clara, dora := w.citizen("clara@example.org"), w.citizen("dora@example.org")
	profile, _, err := w.service.Profile(w.proved(clara, 0))
	if err != nil || profile.EmailReturned == nil || !profile.EmailReturned.Equal(w.now.Add(-time.Hour)) {
		t.Errorf("the person is told %v, %v", profile.EmailReturned, err)
	}
	if profile, _, err := w.service.Profile(w.proved(dora, 0)); err != nil || profile.EmailReturned != nil {
		t.Errorf("somebody else is told %v, %v", profile.EmailReturned, err)
	}
	if err := w.service.RequestEmailChange(w.proved(dora, 0), "dora@example.org"); problem.From(err).Status != http.StatusUnprocessableEntity {
		t.Errorf("an address from which nothing came back is confirmed again: %v", err)
	}
	must(t, w.service.RequestEmailChange(w.proved(clara, 0), "clara@example.org"))
	if len(w.mails) != 1 || w.mails[0].To != "clara@example.org" || !w.mails[0].Asked {
		t.Fatalf("mails: %+v", w.mails)
	}
	must(t, w.service.ConfirmEmailChange(t.Context(), w.lastToken()))
	if _, there := back["clara@example.org"]; there || len(w.mails) != 1 {
		t.Errorf("mails came back still from %v; %d mails", back, len(w.mails))
	}
	must(t, w.service.RequestEmailChange(w.proved(clara, 0), "neu@example.org")) // another one, from which mails came back once
	if last := w.mails[len(w.mails)-1]; last.To != "neu@example.org" || !last.Asked {
		t.Errorf("mail %+v", last)
	}
	must(t, w.service.ConfirmEmailChange(t.Context(), w.lastToken()))
	if len(back) != 0 {
		t.Errorf("mails came back still from %v", back)
	}
}

func TestMailState_ForThoseWhoAdministerThePortal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.service.Returns, w.service.MailsReturn = returned{"clara@example.org": w.now}, true
	for roles, allowed := range map[string]bool{"admin": true, "clerk": false, "admin@" + w.units[0].String(): false} {
		ctx := httpx.WithCaller(t.Context(), httpx.Caller{Kind: httpx.SessionCaller, Roles: []string{roles}})
		state, err := w.service.MailState(ctx)
		if allowed && (err != nil || state != types.MailState{TakesReturns: true, Stopped: 1, Returned: 1}) || !allowed && code(err) != "role-missing" {
			t.Errorf("%s: %+v, %v", roles, state, err)
		}
	}
}
