package delivery_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"portalverbund/api/types"
	"portalverbund/server/delivery"
)

// hooks takes webhooks that fit one of some secrets, and says which of them it knew.
type hooks struct {
	*httptest.Server

	mu      sync.Mutex
	secrets []string
	taken   int
	status  int
}

func newHooks(t *testing.T) *hooks {
	t.Helper()
	h := &hooks{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		body, _ := io.ReadAll(r.Body)
		for _, secret := range h.secrets {
			hook, err := standardwebhooks.NewWebhook(secret)
			if err != nil || hook.Verify(body, r.Header) != nil {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
		}
		if h.status != 0 {
			w.WriteHeader(h.status)
			return
		}
		h.taken++
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hooks) set(status int, secrets ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status, h.secrets, h.taken = status, secrets, 0
}

func (h *hooks) took() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.taken
}

func (x setup) provider(t *testing.T, id string) delivery.State {
	t.Helper()
	states, err := x.s.States(admin(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range states {
		if s.ID == id {
			return s
		}
	}
	t.Fatal("no such provider")
	return delivery.State{}
}

func TestSettings_AnotherAddress_WhatWaitsGoesThere(t *testing.T) {
	t.Parallel()
	old, fresh := newHooks(t), newHooks(t)
	old.set(http.StatusInternalServerError)
	fresh.set(0, secretOf("waste"))
	x := newSetup(t, old.URL, time.Now, true)
	app := x.application(x.offer("provider:waste"))
	if err := x.receive(t.Context(), t, other, delivery.KindSubmitted, app); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "a failed attempt", func() bool { return x.provider(t, "waste").Fault == types.PushFailed })
	if p := x.provider(t, "waste"); p.WaitingSince == nil || p.Pending != 1 {
		t.Errorf("provider %+v, want one delivery that waits", p)
	}
	for _, wrong := range []string{"ftp://abfall.example/", "abfall.example", "https://kim:geheim@abfall.example/", "https://", "http://abfall.example:x/", "https://169.254.169.254/", "https://10.0.0.8/webhooks", "https://[fd00::8]/", "https://[::ffff:192.168.0.1]:8443/"} {
		_, err := x.s.SetAddress(admin(t.Context()), "waste", wrong)
		if err == nil {
			t.Errorf("took %q", wrong)
		}
		wantStatus(t, err, http.StatusUnprocessableEntity, "")
	}
	_, err := x.s.SetAddress(provider(t.Context(), "waste-client"), "waste", fresh.URL)
	wantStatus(t, err, http.StatusForbidden, "")
	_, err = x.s.SetAddress(admin(t.Context()), "nobody", fresh.URL)
	wantStatus(t, err, http.StatusNotFound, "")
	_, err = x.s.SetAddress(admin(t.Context()), "energy", fresh.URL)
	wantStatus(t, err, http.StatusConflict, "secret-missing")
	p, err := x.s.SetAddress(admin(t.Context()), "waste", fresh.URL)
	if err != nil || !strings.HasSuffix(fresh.URL, p.Host) {
		t.Fatalf("provider %+v, %v", p, err)
	}
	waitFor(t, "delivered at the new address", func() bool { return x.state(t, app) == types.Delivered })
	heads, _, err := x.s.Heads(admin(t.Context()), "waste", delivery.Filter{Limit: 1})
	if err != nil || heads[0].Fault != nil || heads[0].AnswerStatus == nil || *heads[0].AnswerStatus != http.StatusOK || heads[0].AnswerMs == nil {
		t.Errorf("head %+v, %v, want what it answered", heads, err)
	}
}

func TestSettings_AnotherSecret_BothSignForAWhile_ThenTheNewOneAlone(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	at := time.Now()
	now := func() time.Time { mu.Lock(); defer mu.Unlock(); return at }
	h := newHooks(t)
	x := newSetup(t, h.URL, now, true)
	p, secret, err := x.s.ReplaceSecret(admin(t.Context()), "waste", "key-one", 2*time.Minute)
	if err != nil || !strings.HasPrefix(secret, "whsec_") || p.FormerSecretUntil == nil {
		t.Fatalf("%+v %q %v", p, secret, err)
	}
	if _, again, err := x.s.ReplaceSecret(admin(t.Context()), "waste", "key-one", 2*time.Minute); err != nil || again != "" {
		t.Errorf("a repeated request gives %q, %v, want no secret", again, err)
	}
	h.set(0, secretOf("waste"), secret) // each push must fit both
	if _, err := x.s.Test(admin(t.Context()), "waste", "test-one"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "a push with both signatures", func() bool { return h.took() == 1 })
	mu.Lock()
	at = at.Add(3 * time.Minute)
	mu.Unlock()
	h.set(0, secretOf("waste"))
	if _, err := x.s.Test(admin(t.Context()), "waste", "test-two"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the former secret to count no more", func() bool { return x.provider(t, "waste").Fault == types.PushRefused })
	h.set(0, secret)
	waitFor(t, "a push with the new signature", func() bool { return h.took() == 1 })
	var sealed string
	if err := x.d.From(t.Context()).Raw("SELECT row_to_json(p)::text FROM provider_settings p").Scan(&sealed).Error; err != nil || strings.Contains(sealed, secret[6:]) {
		t.Errorf("the secret lies open in the database, %v", err)
	}
}

func TestSettings_ProviderThatFetched_IsPushedToOnceItHasAnAddress(t *testing.T) {
	t.Parallel()
	h := newHooks(t)
	x := newSetup(t, "", time.Now, true)
	app := x.application(x.offer("provider:energy"))
	if err := x.receive(t.Context(), t, other, delivery.KindSubmitted, app); err != nil {
		t.Fatal(err)
	}
	if x.provider(t, "energy").LastFetchedAt != nil {
		t.Error("heard of without having asked")
	}
	if _, _, err := x.s.List(provider(t.Context(), "energy-client"), delivery.Filter{Limit: 5}); err != nil {
		t.Fatal(err)
	}
	if x.provider(t, "energy").LastFetchedAt == nil {
		t.Error("it is not known when it has fetched")
	}
	_, secret, err := x.s.ReplaceSecret(admin(t.Context()), "energy", "key-one", 0)
	if err != nil {
		t.Fatal(err)
	}
	h.set(0, secret)
	if _, err := x.s.SetAddress(admin(t.Context()), "energy", h.URL); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "pushed", func() bool { return x.state(t, app) == types.Delivered })
	if p, err := x.s.SetAddress(admin(t.Context()), "energy", ""); err != nil || p.DeliveryURL != "" {
		t.Errorf("provider %+v, %v, want one that fetches", p, err)
	}
}
