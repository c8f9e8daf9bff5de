package delivery_test

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/delivery"
	"portalverbund/server/platform/mail"
	"portalverbund/server/platform/scan/scantest"
	"portalverbund/server/platform/smime"
	"portalverbund/server/platform/smime/smimetest"
)

const (
	mailID = "amt"
	office = "eingang@amt.example"
)

// postOffice is a mail server. It refuses mails as often as it is told to, before or after it has taken them.
type postOffice struct {
	mu     sync.Mutex
	mails  []string
	answer []answerOf
}

type answerOf struct {
	err  *smtp.SMTPError
	kept bool // the mail was taken all the same
}

func (p *postOffice) NewSession(*smtp.Conn) (smtp.Session, error) { return letterBox{p}, nil }

type letterBox struct{ p *postOffice }

func (letterBox) Mail(string, *smtp.MailOptions) error { return nil }
func (letterBox) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (letterBox) Reset()                               {}
func (letterBox) Logout() error                        { return nil }
func (b letterBox) Data(r io.Reader) error {
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	b.p.mu.Lock()
	defer b.p.mu.Unlock()
	if len(b.p.answer) > 0 {
		a := b.p.answer[0]
		b.p.answer = b.p.answer[1:]
		if a.kept {
			b.p.mails = append(b.p.mails, string(content))
		}
		return a.err
	}
	b.p.mails = append(b.p.mails, string(content))
	return nil
}

func (p *postOffice) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.mails...)
}

// paper plays who sets applications.
type paper struct{}

func (paper) Paper(_ context.Context, app types.MessageApplication) ([]byte, error) {
	return []byte("%PDF " + app.Number + " " + app.ApplicantName), nil
}

// byMail is a portal one of whose offices gets encrypted mail.
type byMail struct {
	fit

	post        *postOffice
	ca          smimetest.Authority
	pair        smimetest.Pair // of the office
	certificate string         // its file
}

func newByMail(t *testing.T, change ...func(*delivery.MailSettings)) byMail {
	t.Helper()
	post := &postOffice{}
	server := smtp.NewServer(post)
	server.Domain = "localhost"
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	go func() { _ = server.Serve(listener) }() // ends with Close
	t.Cleanup(func() { _ = server.Close() })
	config, err := mail.ParseURL("smtp+plain://"+listener.Addr().String(), "portal@landkreis.example")
	must(t, err)
	sender, err := mail.NewSender(config)
	must(t, err)
	ca := smimetest.NewAuthority(t)
	own := ca.Certify(t, "portal@landkreis.example")
	signer, err := smime.ParseSigner(own.Certificate, own.Key)
	must(t, err)
	x := byMail{post: post, ca: ca, pair: ca.Certify(t, office), certificate: filepath.Join(t.TempDir(), "office.pem")}
	roots := filepath.Join(t.TempDir(), "roots.pem")
	must(t, os.WriteFile(roots, ca.PEM, 0o600))
	must(t, os.WriteFile(x.certificate, x.pair.Certificate, 0o600))
	settings := delivery.MailSettings{To: office, Certificate: x.certificate, Roots: roots}
	for _, fn := range change {
		fn(&settings)
	}
	sent := &mails{}
	scanner, _ := scantest.Start(t)
	x.fit = fit{mails: sent, setup: newSetup(t, "", time.Now, true, func(c *delivery.Config) {
		c.Mail, c.AlertTo, c.Sealed, c.Signer, c.Papers = sent, "technik@landkreis.example", sender, signer, paper{}
		c.Scanner = scanner
		c.Providers = append(c.Providers, delivery.Provider{ID: mailID, Name: "Amt (Beispiel)", Mail: &settings})
	})}
	return x
}

func (x byMail) apply(t *testing.T, files ...string) types.MessageApplication {
	t.Helper()
	app := x.application(x.offer("mail:" + mailID))
	for _, body := range files {
		id := uuid.New()
		sum := sha256.Sum256([]byte(body))
		x.file(id, body)
		app.Attachments = append(app.Attachments, types.Attachment{Id: id, Name: "Nachweis.pdf", MediaType: "application/pdf", Size: int64(len(body)), Sha256: hex.EncodeToString(sum[:])})
	}
	must(t, x.receive(t.Context(), t, other, delivery.KindSubmitted, app))
	return app
}

func (x byMail) head(t *testing.T) types.DeliveryHead {
	t.Helper()
	heads, _, err := x.s.Heads(admin(t.Context()), mailID, delivery.Filter{Limit: 1})
	if err != nil || len(heads) != 1 {
		t.Fatalf("deliveries: %+v, %v", heads, err)
	}
	return heads[0]
}

func (x byMail) until(t *testing.T, state types.DeliveryState) types.DeliveryHead {
	t.Helper()
	waitFor(t, string(state), func() bool { return x.head(t).State == state })
	return x.head(t)
}

// open reads a mail as the office does, with another program.
func (x byMail) open(t *testing.T, text string) string {
	t.Helper()
	content, structure := smimetest.Decrypt(t, []byte(text), x.pair)
	if !strings.Contains(structure, "aes-256-cbc") {
		t.Errorf("encrypted with %s", structure)
	}
	return string(smimetest.Verify(t, content, x.ca))
}

func messageID(t *testing.T, text string) string {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(text))
	must(t, err)
	return m.Header.Get("Message-Id")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestMail_Application_OnlyTheOfficeCanReadIt(t *testing.T) {
	t.Parallel()
	x := newByMail(t)
	app := x.apply(t, "ein Nachweis")
	head := x.until(t, types.Delivered)
	if head.ByMail == nil || !*head.ByMail || head.Fault != nil {
		t.Errorf("administrators see %+v", head)
	}
	all := x.post.all()
	if len(all) != 1 {
		t.Fatalf("%d mails", len(all))
	}
	m, err := netmail.ReadMessage(strings.NewReader(all[0]))
	must(t, err)
	if to := m.Header.Get("To"); to != "<"+office+">" {
		t.Errorf("to %s", to)
	}
	for _, secret := range []string{"Clara", "Sperr", "sofa", "Nachweis"} {
		if strings.Contains(all[0], secret) {
			t.Errorf("%q can be read", secret)
		}
	}
	kinds, last := x.events(t)
	if strings.Join(kinds, " ") != "transmitted" || last.Text == nil || !strings.Contains(*last.Text, "verschlüsselt") || last.By != types.EventAuthorPortal {
		t.Errorf("the citizen hears %v, %+v", kinds, last)
	}
	if _, err := x.s.Replay(admin(t.Context()), head.Id); err != nil { // it came back: once more, under another id
		t.Fatal(err)
	}
	waitFor(t, "sent once more", func() bool { return len(x.post.all()) == 2 })
	x.until(t, types.Delivered)
	if again := x.post.all()[1]; messageID(t, again) == messageID(t, all[0]) {
		t.Error("a mail that is sent once more has the id of the first: programs would drop it")
	}
	if kinds, _ := x.events(t); len(kinds) != 1 {
		t.Errorf("the citizen hears %v", kinds)
	}
	text := x.open(t, all[0]) // last: it is skipped where OpenSSL is missing
	for _, part := range []string{app.Number, "antrag-" + app.Number + ".pdf", "antrag-" + app.Number + ".json", "Nachweis.pdf", "ZWluIE5hY2h3ZWlz"} {
		if !strings.Contains(text, part) {
			t.Errorf("the office does not get %s", part)
		}
	}
}

func TestMail_HarmfulFileOfAnApplication_ItGoesWithoutIt_AndTheOfficeIsTold(t *testing.T) {
	t.Parallel()
	x := newByMail(t)
	x.apply(t, "ein Nachweis", string(scantest.EICAR()))
	head := x.until(t, types.Delivered)
	if head.RefusedFiles == nil || *head.RefusedFiles != 1 || head.Fault != nil {
		t.Errorf("administrators see %+v", head)
	}
	if kinds, _ := x.events(t); strings.Join(kinds, " ") != "message transmitted" || len(x.toldOfHarm(t)) != 1 {
		t.Errorf("the citizen hears %v", kinds)
	}
	text := x.open(t, x.post.all()[0])
	if !strings.Contains(text, "geloeschte-anlagen.txt") || !strings.Contains(text, "ZWluIE5hY2h3ZWlz") || strings.Contains(text, base64.StdEncoding.EncodeToString(scantest.EICAR())[:40]) {
		t.Errorf("the office reads %s", text)
	}
}

func TestMail_AnswerOfTheServerIsLost_SameMailAgain(t *testing.T) {
	t.Parallel()
	x := newByMail(t)
	later := &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "later"}
	x.post.answer = []answerOf{{later, false}, {later, true}}
	x.apply(t)
	x.until(t, types.Delivered)
	all := x.post.all()
	if len(all) != 2 || messageID(t, all[0]) != messageID(t, all[1]) {
		t.Errorf("%d mails; ids %v", len(all), all)
	}
	if kinds, _ := x.events(t); strings.Join(kinds, " ") != "transmitted" {
		t.Errorf("the citizen hears %v", kinds)
	}
}

func TestMail_NotTakenOrTooLarge_ParkedAndEverybodyIsTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		most   int64
		answer []answerOf
		fault  types.DeliveryFault
	}{
		"no such address": {0, []answerOf{{&smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "unknown"}, false}}, types.PushRefused},
		"too large":       {40_000, nil, types.PushTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newByMail(t, func(s *delivery.MailSettings) { s.MaxMail = c.most })
			x.post.answer = c.answer
			x.apply(t, strings.Repeat("x", 20_000))
			head := x.until(t, types.Parked)
			if head.Fault == nil || *head.Fault != c.fault || len(x.post.all()) != 0 {
				t.Errorf("administrators see %+v; %d mails", head, len(x.post.all()))
			}
			if kinds, last := x.events(t); strings.Join(kinds, " ") != "message" || !strings.Contains(*last.Text, "nicht verloren") {
				t.Errorf("the citizen hears %v, %+v", kinds, last)
			}
			if told := x.mails.sent(); len(told) != 1 || told[0].To != "technik@landkreis.example" {
				t.Errorf("alerts %+v", told)
			}
		})
	}
}

func TestMail_CertificateHasRunOut_NothingIsSentUntilThereIsAnother(t *testing.T) {
	t.Parallel()
	x := newByMail(t)
	past := x.ca.Certify(t, office, func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().AddDate(-1, 0, 0), time.Now().Add(-time.Minute)
	})
	must(t, os.WriteFile(x.certificate, past.Certificate, 0o600))
	x.apply(t)
	waitFor(t, "a fault", func() bool { h := x.head(t); return h.Fault != nil && *h.Fault == types.PushBadKey && h.Attempts > 1 })
	states, err := x.s.States(admin(t.Context()))
	must(t, err)
	for _, s := range states {
		if s.ID == mailID && (s.Mail == nil || s.Mail.Certificate != types.CertificateExpired || s.Pending != 1) {
			t.Errorf("administrators see %+v", s.Mail)
		}
	}
	if len(x.post.all()) != 0 {
		t.Error("it was sent all the same")
	}
	for range 2 {
		must(t, x.s.WarnOfCertificates(t.Context()))
	}
	if told := x.mails.sent(); len(told) != 1 || !strings.Contains(told[0].Subject, "Zertifikat") {
		t.Errorf("warnings %+v", told)
	}
	must(t, os.WriteFile(x.certificate, x.pair.Certificate, 0o600))
	x.until(t, types.Delivered)
	if len(x.post.all()) != 1 {
		t.Errorf("%d mails", len(x.post.all()))
	}
}

func TestMail_CertificateWasRevoked_NothingIsSentUntilThereIsAnother(t *testing.T) {
	t.Parallel()
	x := newByMail(t)
	var list atomic.Pointer[[]byte]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if der := list.Load(); der != nil {
			_, _ = w.Write(*der)
			return
		}
		w.WriteHeader(http.StatusBadGateway)
	}))
	t.Cleanup(server.Close)
	withList := func(c *x509.Certificate) { c.CRLDistributionPoints = []string{server.URL + "/crl"} }
	former, next := x.ca.Certify(t, office, withList), x.ca.Certify(t, office, withList)
	must(t, os.WriteFile(x.certificate, former.Certificate, 0o600))
	x.apply(t)
	waitFor(t, "nobody answers", func() bool {
		h := x.head(t)
		return h.Fault != nil && *h.Fault == types.PushKeyUnknown && h.Attempts > 1
	})
	der := x.ca.List(t, former)
	list.Store(&der)
	waitFor(t, "it was revoked", func() bool { h := x.head(t); return *h.Fault == types.PushKeyRevoked })
	if len(x.post.all()) != 0 {
		t.Error("it was sent all the same")
	}
	must(t, os.WriteFile(x.certificate, next.Certificate, 0o600))
	x.until(t, types.Delivered)
	if len(x.post.all()) != 1 {
		t.Errorf("%d mails", len(x.post.all()))
	}
}

func TestMail_TakenBackAfterItWasSent_OfficeIsToldByMail(t *testing.T) {
	t.Parallel()
	x := newByMail(t)
	app := x.apply(t)
	x.until(t, types.Delivered)
	event := types.TimelineEvent{Id: uuid.New(), At: time.Now(), Kind: types.Withdrawn, By: types.EventAuthorCitizen}
	must(t, x.receive(t.Context(), t, other, delivery.KindWithdrawn, types.MessageEvent{ApplicationId: app.ApplicationId, Event: event}))
	x.until(t, types.Cancelled)
	waitFor(t, "the second mail", func() bool { return len(x.post.all()) == 2 })
	all := x.post.all()
	if messageID(t, all[0]) == messageID(t, all[1]) {
		t.Error("both mails have the same id")
	}
	if text := x.open(t, all[1]); !strings.Contains(text, app.Number) || !strings.Contains(text, "gezogen") {
		t.Errorf("the office reads %s", text)
	}
}

func TestMail_CameBack_ParkedAndEverybodyIsTold_AndItGoesOnceMore(t *testing.T) {
	t.Parallel()
	x := newByMail(t)
	x.apply(t, "ein Nachweis")
	x.until(t, types.Delivered)
	first, _, _ := strings.Cut(strings.Trim(messageID(t, x.post.all()[0]), "<>"), "@")
	for _, other := range []string{"", "1764493200.0b9e", first + ".1764493200", uuid.NewString()} {
		must(t, x.s.MailReturned(t.Context(), mail.Back{Status: "5.1.1", ID: other}))
	}
	if h := x.head(t); h.State != types.Delivered || h.Fault != nil || len(x.mails.sent()) != 0 {
		t.Fatalf("what is about other mails changes it: %+v", h)
	}
	for range 2 { // a mail server may say so twice
		must(t, x.s.MailReturned(t.Context(), mail.Back{Status: "5.1.1", ID: first}))
	}
	head := x.head(t)
	if head.State != types.Parked || head.Fault == nil || *head.Fault != types.PushRefused || head.DeliveredAt != nil {
		t.Errorf("administrators see %+v", head)
	}
	if kinds, last := x.events(t); strings.Join(kinds, " ") != "transmitted message" || !strings.Contains(*last.Text, "nicht verloren") {
		t.Errorf("the citizen hears %v, %+v", kinds, last)
	}
	if told := x.mails.sent(); len(told) != 1 || told[0].To != "technik@landkreis.example" {
		t.Errorf("alerts %+v", told)
	}
	var leave int
	must(t, x.d.From(t.Context()).Raw("SELECT count(*) FROM delivery_files WHERE delete_at IS NOT NULL").Scan(&leave).Error)
	if leave != 0 {
		t.Error("its files go although they are needed")
	}
	if _, err := x.s.Replay(admin(t.Context()), head.Id); err != nil {
		t.Fatal(err)
	}
	x.until(t, types.Delivered)
	must(t, x.s.MailReturned(t.Context(), mail.Back{Status: "5.1.1", ID: first})) // late: of the first one
	if h := x.head(t); h.State != types.Delivered || h.Fault != nil {
		t.Errorf("administrators see %+v", h)
	}
	if kinds, _ := x.events(t); strings.Join(kinds, " ") != "transmitted message transmitted" {
		t.Errorf("the citizen hears %v", kinds)
	}
	if text := x.open(t, x.post.all()[1]); !strings.Contains(text, "ZWluIE5hY2h3ZWlz") {
		t.Error("the file does not go with it")
	}
}

func TestMail_Settings_WhatIsWrongIsSaidAtTheStart(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	nothing := filepath.Join(folder, "nothing.pem")
	must(t, os.WriteFile(nothing, []byte("kein PEM"), 0o600))
	for name, p := range map[string]delivery.Provider{
		"no address":     {ID: "a", Mail: &delivery.MailSettings{To: "Amt", Certificate: nothing}},
		"no certificate": {ID: "a", Mail: &delivery.MailSettings{To: office, Certificate: nothing}},
		"no file":        {ID: "a", Mail: &delivery.MailSettings{To: office, Certificate: filepath.Join(folder, "none.pem")}},
		"too large":      {ID: "a", Mail: &delivery.MailSettings{To: office, Certificate: nothing, MaxMail: 1 << 30}},
		"webhooks too":   {ID: "a", DeliveryURL: "https://a.example", Mail: &delivery.MailSettings{To: office, Certificate: nothing}},
	} {
		if _, err := delivery.New(delivery.Config{Providers: []delivery.Provider{p}, Sealed: &mail.Sender{}, Now: time.Now}); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	good := delivery.Provider{ID: "a", Mail: &delivery.MailSettings{To: office, Certificate: nothing}}
	if _, err := delivery.New(delivery.Config{Providers: []delivery.Provider{good}, Now: time.Now}); err == nil || errors.Is(err, io.EOF) {
		t.Error("no mail server: taken")
	}
}
