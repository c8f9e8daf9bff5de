package signin_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestSignIn_NewBrowser_OwnerIsToldOnce(t *testing.T) {
	t.Parallel()
	a := newAssociation(t, 0)
	p := a.home()
	a.citizen("clara@example.org")
	mails := func() (n int) {
		for _, m := range p.mails.all() {
			if strings.Contains(m.Subject, "neuen Gerät") {
				n++
			}
		}
		return n
	}
	first, second := newBrowser(t), newBrowser(t)
	for i, step := range []struct {
		browser *browser
		told    int
	}{{first, 0}, {first, 0}, {second, 1}, {second, 1}, {first, 1}} {
		step.browser.session(p)
		if r := step.browser.signIn(p, "clara@example.org", password); r.status != http.StatusOK {
			t.Fatalf("sign in: %d %s", r.status, r.body)
		}
		if got := mails(); got != step.told {
			t.Errorf("step %d: told %d times, want %d", i, got, step.told)
		}
		step.browser.session(p)
		step.browser.call(http.MethodDelete, p, "/api/v1/session", nil)
	}
	if r := newBrowser(t).signIn(p, "clara@example.org", "ganz etwas anderes"); r.status != http.StatusUnauthorized || mails() != 1 {
		t.Errorf("a wrong password: %d, told %d times", r.status, mails())
	}
}
