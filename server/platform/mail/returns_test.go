package mail_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"portalverbund/db/dbtest"
	"portalverbund/server/platform/keys"
	portalmail "portalverbund/server/platform/mail"
)

// returning is a portal's mail with what comes back, and the mail server that it sends to.
type returning struct {
	*portalmail.Sender
	returns *portalmail.Returns
	box     *mailbox
	now     time.Time
}

func newReturning(t *testing.T) *returning {
	t.Helper()
	x := &returning{now: time.Now()}
	set, err := keys.New(true)
	must(t, err)
	x.returns = portalmail.NewReturns(dbtest.New(t), set, func() time.Time { return x.now })
	address, box := listen(t, nil)
	config, err := portalmail.ParseURL("smtp+plain://"+address, "Landkreis Emsland <portal@emsland.example>")
	must(t, err)
	config.ReturnTo, config.Returns = "rueckläufer@emsland.example", x.returns
	if _, err := portalmail.NewSender(config); err == nil {
		t.Error("an address with letters that no envelope takes is taken")
	}
	config.ReturnTo = "returns@emsland.example"
	x.Sender, err = portalmail.NewSender(config)
	must(t, err)
	x.box = box
	return x
}

// sent sends a mail, and gives what arrives of it; an empty one when none was sent.
func (x *returning) sent(t *testing.T, m portalmail.Message) received {
	t.Helper()
	must(t, x.Send(t.Context(), m))
	select {
	case got := <-x.box.got: // Send comes back when the server has it
		return got
	default:
		return received{}
	}
}

func (x *returning) stopped(t *testing.T, address string) bool {
	t.Helper()
	since, err := x.returns.Stopped(t.Context(), address)
	must(t, err)
	return since != nil
}

func report(t *testing.T, name, to string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	must(t, err)
	return strings.ReplaceAll(strings.ReplaceAll(string(text), "{to}", to), "\n", "\r\n")
}

func TestReturns_ReportThatAnAddressIsNone_NoMailGoesThere_UntilItIsConfirmed(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"postfix.eml", "exchange.eml"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newReturning(t)
			got := x.sent(t, message())
			local, domain, _ := strings.Cut(got.from, "@")
			if !strings.HasPrefix(local, "returns+") || domain != "emsland.example" || len(local) > 64 {
				t.Fatalf("envelope from %q", got.from)
			}
			if strings.Contains(got.content, "returns+") {
				t.Error("the token stands in the mail")
			}
			back, err := x.returns.Take(t.Context(), "", strings.NewReader(report(t, name, strings.ToUpper(local)+"@"+domain))) // some servers change the case
			must(t, err)
			if back.Status != "5.1.1" && back.Status != "5.1.10" || back.ID != "0b9e4d1c-2f0a-4b7e-9a51-6f3f0f6a7c11.1764493200" {
				t.Errorf("the report says %+v", back)
			}
			if !x.stopped(t, "Clara@example.org") || x.stopped(t, "bernd@example.org") {
				t.Error("another address is stopped than the report names")
			}
			if got := x.sent(t, message()); got.to != "" {
				t.Error("a mail goes to an address that does not exist")
			}
			asked := message()
			asked.Asked = true
			if got := x.sent(t, asked); got.to != "clara@example.org" {
				t.Error("what somebody waits for does not go")
			}
			counts, err := x.returns.Counts(t.Context())
			if err != nil || counts != (portalmail.Counts{Stopped: 1, Returned: 1}) {
				t.Errorf("counts %+v, %v", counts, err)
			}
			must(t, x.returns.Arrives(t.Context(), "clara@example.org"))
			if got := x.sent(t, message()); got.to == "" {
				t.Error("none goes although the address was confirmed")
			}
		})
	}
}

func TestReturns_FullMailbox_StopsOnTheThirdDayOnly(t *testing.T) {
	t.Parallel()
	x := newReturning(t)
	take := func() {
		t.Helper()
		got := x.sent(t, portalmail.Message{To: "clara@example.org", Subject: "a", Text: "b", Asked: true})
		if back, err := x.returns.Take(t.Context(), got.from, strings.NewReader(report(t, "full.eml", "somebody@example.org"))); err != nil || back.ID != "" {
			t.Errorf("the report says %+v, %v", back, err)
		}
	}
	for day := range 3 {
		if x.stopped(t, "clara@example.org") {
			t.Fatalf("stopped after %d days", day)
		}
		take()
		take() // a second one of the same day says nothing more
		x.now = x.now.Add(24 * time.Hour)
	}
	if !x.stopped(t, "clara@example.org") {
		t.Error("not stopped after three days")
	}
	must(t, x.returns.Arrives(t.Context(), "clara@example.org"))
	take()
	x.now = x.now.Add(40 * 24 * time.Hour)
	take()
	x.now = x.now.Add(24 * time.Hour)
	take()
	if x.stopped(t, "clara@example.org") {
		t.Error("what was long ago counts")
	}
	x.now = x.now.Add(1000 * 24 * time.Hour)
	if n, err := x.returns.Sweep(t.Context()); n != 1 || err != nil {
		t.Errorf("%d forgotten after years, %v", n, err)
	}
}

func TestReturns_MessagesThatSayNothing_AreOfNoUse(t *testing.T) {
	t.Parallel()
	x := newReturning(t)
	to := x.sent(t, message()).from
	forged := []byte(to)
	forged[len("returns+")+30] ^= 1
	other := newReturning(t).sent(t, message()).from
	whole := report(t, "postfix.eml", to)
	for name, text := range map[string]string{
		"delayed":          report(t, "delayed.eml", to),
		"out of office":    report(t, "away.eml", to),
		"to nobody":        report(t, "postfix.eml", "returns@emsland.example"),
		"forged":           report(t, "postfix.eml", string(forged)),
		"another portal's": report(t, "postfix.eml", other),
		"broken off":       whole[:strings.Index(whole, "Final-Recipient")],
		"no message":       "\x00",
		"empty":            "",
	} {
		if _, err := x.returns.Take(t.Context(), "", strings.NewReader(text)); !errors.Is(err, portalmail.ErrNoReport) {
			t.Errorf("%s: %v", name, err)
		}
	}
	x.now = x.now.Add(32 * 24 * time.Hour)
	if _, err := x.returns.Take(t.Context(), "", strings.NewReader(whole)); !errors.Is(err, portalmail.ErrNoReport) {
		t.Errorf("after a month: %v", err)
	}
	if counts, err := x.returns.Counts(t.Context()); err != nil || counts != (portalmail.Counts{}) {
		t.Errorf("counts %+v, %v", counts, err)
	}
}

func TestReturns_RefusedAtOnce_CountsWhereItIsAboutTheAddress(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer  smtp.SMTPError
		stopped bool
	}{
		"no such user":      {smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "clara@example.org is unknown"}, true},
		"we are not wanted": {smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "blocked"}, false},
		"later":             {smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 2, 1}, Message: "later"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newReturning(t)
			x.box.refuse = &c.answer
			err := x.Send(t.Context(), message())
			if err == nil || strings.Contains(err.Error(), "clara") || errors.Is(err, portalmail.ErrRefused) != (c.answer.Code >= 500) {
				t.Errorf("error %v", err)
			}
			if x.stopped(t, "clara@example.org") != c.stopped {
				t.Errorf("stopped: %v", !c.stopped)
			}
		})
	}
}

func FuzzTake(f *testing.F) {
	for _, name := range []string{"postfix.eml", "exchange.eml", "full.eml", "delayed.eml", "away.eml"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	set, err := keys.New(true)
	if err != nil {
		f.Fatal(err)
	}
	returns := portalmail.NewReturns(nil, set, time.Now) // nothing gets as far as the database without a token
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := returns.Take(context.Background(), "", strings.NewReader(text)); !errors.Is(err, portalmail.ErrNoReport) {
			t.Errorf("taken: %v", err)
		}
	})
}
