package accounts

import (
	"strings"
	"testing"
	"time"

	"portalverbund/server/platform/problem"
)

func TestAuthenticate_Guessing_SlowsTheGuesserNotTheOwner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.citizen("clara@example.org")
	w.citizen("bert@example.org")
	w.address = "198.51.100.7"
	for range 10 {
		if _, err := w.service.Authenticate(t.Context(), "clara@example.org", "geraten"); code(err) != "credentials-wrong" {
			t.Fatal(err)
		}
	}
	_, err := w.service.Authenticate(t.Context(), "clara@example.org", testPassword)
	if code(err) != "too-many-requests" || problem.From(err).RetryAfter <= 0 || problem.From(err).RetryAfter > 3*time.Minute {
		t.Errorf("the eleventh try: %v", err)
	}
	if _, err := w.service.Authenticate(t.Context(), "bert@example.org", testPassword); err != nil {
		t.Errorf("another account from there: %v", err)
	}
	w.address = "203.0.113.9"
	if _, err := w.service.Authenticate(t.Context(), "clara@example.org", testPassword); err != nil {
		t.Errorf("the owner from elsewhere: %v", err)
	}
	w.address = "198.51.100.7"
	w.now = w.now.Add(3*time.Minute + time.Second)
	if _, err := w.service.Authenticate(t.Context(), "clara@example.org", testPassword); err != nil {
		t.Errorf("after waiting: %v", err)
	}
}

func TestAuthenticate_OnePasswordForManyAddresses_IsSlowedToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	refused := 0
	for i := range 60 {
		_, err := w.service.Authenticate(t.Context(), "person"+string(rune('a'+i%26))+string(rune('a'+i/26))+"@example.org", "Sommer2026!")
		if code(err) == "too-many-requests" {
			refused++
		}
	}
	if refused != 10 {
		t.Errorf("%d of 60 slowed", refused)
	}
}

func TestAuthenticate_RightPassword_CostsNoAttempts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.citizen("clara@example.org")
	for range 15 {
		if _, err := w.service.Authenticate(t.Context(), "clara@example.org", testPassword); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAuthenticate_UnknownAddress_TakesAsLongAsAWrongPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.citizen("clara@example.org")
	best := map[string]time.Duration{} // what else the machine does only makes an attempt longer
	for i := range 9 {
		w.address = "192.0.2." + string(rune('1'+i))
		for _, email := range []string{"clara@example.org", "niemand@example.org"} {
			start := time.Now()
			_, _ = w.service.Authenticate(t.Context(), email, "ein falsches Passwort")
			if took := time.Since(start); best[email] == 0 || took < best[email] {
				best[email] = took
			}
		}
	}
	known, unknown := best["clara@example.org"], best["niemand@example.org"]
	if ratio := float64(unknown) / float64(known); ratio < 0.4 || ratio > 2.5 {
		t.Errorf("known %v, unknown %v", known, unknown)
	}
}

func TestAuthenticate_OlderParameters_AreRenewed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.citizen("clara@example.org")
	weak := "$argon2id$v=19$m=8192,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$"
	w.setHash(id, weak+weakKey())
	if _, err := w.service.Authenticate(t.Context(), "clara@example.org", testPassword); err != nil {
		t.Fatal(err)
	}
	row, err := w.service.account(t.Context(), id)
	must(t, err)
	if !strings.HasPrefix(row.PasswordHash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash %s", row.PasswordHash)
	}
}
