package mail_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/emersion/go-smtp"

	"portalverbund/db/dbtest"
	"portalverbund/server/platform/jobs"
	"portalverbund/server/platform/keys"
	portalmail "portalverbund/server/platform/mail"
)

// mailbox is a mail server that keeps what it gets, or refuses recipients.
type mailbox struct {
	refuse *smtp.SMTPError
	got    chan received
}

type received struct {
	from    string
	to      string
	content string
}

func (m *mailbox) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{mailbox: m}, nil }

type session struct {
	mailbox  *mailbox
	from, to string
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.mailbox.refuse != nil {
		return s.mailbox.refuse
	}
	s.to = to
	return nil
}
func (s *session) Data(r io.Reader) error {
	content, err := io.ReadAll(r)
	s.mailbox.got <- received{from: s.from, to: s.to, content: string(content)}
	return err
}
func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

// listen runs a mail server on loopback.
func listen(t *testing.T, refuse *smtp.SMTPError) (address string, box *mailbox) {
	t.Helper()
	box = &mailbox{refuse: refuse, got: make(chan received, 10)}
	server := smtp.NewServer(box)
	server.Domain = "localhost"
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	go func() { _ = server.Serve(listener) }() // ends with Close
	t.Cleanup(func() { _ = server.Close() })
	return listener.Addr().String(), box
}

// start runs a mail server and gives a sender to it.
func start(t *testing.T, refuse *smtp.SMTPError) (*portalmail.Sender, *mailbox) {
	t.Helper()
	address, box := listen(t, refuse)
	return sender(t, "smtp+plain://"+address), box
}

// with is start with other settings.
func with(t *testing.T, change func(*portalmail.Config)) (*portalmail.Sender, *mailbox) {
	t.Helper()
	address, box := listen(t, nil)
	return sender(t, "smtp+plain://"+address, change), box
}

func sender(t *testing.T, address string, change ...func(*portalmail.Config)) *portalmail.Sender {
	t.Helper()
	config, err := portalmail.ParseURL(address, "Landkreis Emsland <portal@emsland.example>")
	must(t, err)
	for _, fn := range change {
		fn(&config)
	}
	s, err := portalmail.NewSender(config)
	must(t, err)
	return s
}

func message() portalmail.Message {
	return portalmail.Message{To: "clara@example.org", Subject: "Bitte bestätigen Sie Ihre Adresse", Text: "Guten Tag,\n\nöffnen Sie https://x.example/#token=abc\n"}
}

func TestSend_ArrivesAsItWasWritten(t *testing.T) {
	t.Parallel()
	sender, box := start(t, nil)
	must(t, sender.Send(t.Context(), message()))
	got := <-box.got
	m, err := mail.ReadMessage(strings.NewReader(got.content))
	must(t, err)
	if got.to != "clara@example.org" || m.Header.Get("Auto-Submitted") != "auto-generated" || !strings.HasSuffix(m.Header.Get("Message-Id"), "@emsland.example>") {
		t.Errorf("%s %v", got.to, m.Header)
	}
	for _, forbidden := range []string{"User-Agent", "X-Mailer"} {
		if m.Header.Get(forbidden) != "" {
			t.Errorf("%s: %s", forbidden, m.Header.Get(forbidden))
		}
	}
	if strings.Contains(m.Header.Get("Subject"), "ä") {
		t.Errorf("%v", m.Header)
	}
	plain, html := parts(t, m)
	if plain != message().Text {
		t.Errorf("%q", plain)
	}
	for _, want := range []string{`<html lang="de">`, "<title>Bitte bestätigen Sie Ihre Adresse</title>", `<p style="margin:0 0 16px">Guten Tag,</p>`, `<a href="https://x.example/#token=abc"`} {
		if !strings.Contains(html, want) {
			t.Errorf("%s is missing in %s", want, html)
		}
	}
}

// parts gives a mail as text and as HTML.
func parts(t *testing.T, m *mail.Message) (plain, html string) {
	t.Helper()
	kind, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	must(t, err)
	if kind != "multipart/alternative" {
		t.Fatalf("it is %s", kind)
	}
	r := multipart.NewReader(m.Body, parameters["boundary"])
	for _, into := range []struct {
		kind string
		text *string
	}{{"text/plain; charset=UTF-8", &plain}, {"text/html; charset=UTF-8", &html}} {
		part, err := r.NextPart() // decodes it
		must(t, err)
		if got := part.Header.Get("Content-Type"); got != into.kind {
			t.Errorf("a part is %s, want %s", got, into.kind)
		}
		content, err := io.ReadAll(part)
		must(t, err)
		*into.text = strings.ReplaceAll(string(content), "\r\n", "\n")
	}
	if _, err := r.NextPart(); !errors.Is(err, io.EOF) {
		t.Errorf("a third part, or %v", err)
	}
	return plain, html
}

func TestSend_AsHTML_SaysTheSameAndLoadsNothing(t *testing.T) {
	t.Parallel()
	sender, box := with(t, func(c *portalmail.Config) { c.Portal = func() string { return "Stadt <Meppen>" } })
	m := message()
	m.Language = "en"
	m.Text = "Hello <b>Clara</b>,\n\nthis is needed:\n– a letter & a photo\n– see (https://x.example/a?b=1&c=2).\nThank you\nYour office\n\njavascript:alert(1) http://y.example"
	must(t, sender.Send(t.Context(), m))
	got, err := mail.ReadMessage(strings.NewReader((<-box.got).content))
	must(t, err)
	plain, page := parts(t, got)
	if plain != m.Text {
		t.Errorf("%q", plain)
	}
	for _, want := range []string{
		`<html lang="en">`, "Stadt &lt;Meppen&gt;</p>", "Hello &lt;b&gt;Clara&lt;/b&gt;,", "<li>a letter &amp; a photo</li>", `see (<a href="https://x.example/a?b=1&amp;c=2" `, "</a>).</li>",
		"Thank you<br>Your office", "javascript:alert(1) <a href=\"http://y.example\"",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%s is missing in %s", want, page)
		}
	}
	for _, forbidden := range []string{"<img", "src=", "url(", "<link", "<script", "<b>"} {
		if strings.Contains(page, forbidden) {
			t.Errorf("%s in %s", forbidden, page)
		}
	}
}

func TestSend_SignedWithDKIM_HoldsUntilSomethingIsChanged(t *testing.T) {
	t.Parallel()
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	long, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	must(t, err)
	pemOf := func(key any) []byte {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		must(t, err)
		return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	}
	for name, c := range map[string]struct {
		key      crypto.Signer
		selector string
		kind     string
		wrong    bool
	}{
		"RSA": {long, "portal2026", "rsa", false}, "Ed25519": {ed, "a-1", "ed25519", false}, "short": {short, "a", "", true}, "selector": {long, "a.b", "", true},
	} {
		signer, err := portalmail.ParseDKIM(c.selector, pemOf(c.key))
		if c.wrong {
			if err == nil {
				t.Errorf("%s: taken", name)
			}
			continue
		}
		must(t, err)
		sender, box := with(t, func(config *portalmail.Config) { config.DKIM = signer })
		public := []byte(ed.Public().(ed25519.PublicKey))
		if c.kind == "rsa" {
			public, err = x509.MarshalPKIXPublicKey(long.Public())
			must(t, err)
		}
		options := &dkim.VerifyOptions{LookupTXT: func(at string) ([]string, error) {
			if at != c.selector+"._domainkey.emsland.example" {
				return nil, errors.New("no record there: " + at)
			}
			return []string{"v=DKIM1; k=" + c.kind + "; p=" + base64.StdEncoding.EncodeToString(public)}, nil
		}}
		valid := func(content string) bool {
			found, err := dkim.VerifyWithOptions(strings.NewReader(content), options)
			must(t, err)
			return len(found) == 1 && found[0].Err == nil && found[0].Domain == "emsland.example"
		}
		must(t, sender.Send(t.Context(), message()))
		letter := (<-box.got).content
		must(t, sender.SendSealed(t.Context(), portalmail.Sealed{To: "amt@example.org", Subject: "Antrag (verschlüsselt)", ID: "a-1", CMS: bytes.Repeat([]byte("CMS"), 1000)}))
		sealed := (<-box.got).content
		for _, content := range []string{letter, sealed} {
			if !valid(content) {
				t.Errorf("%s: not valid: %s", name, content[:min(len(content), 1500)])
			}
		}
		for from, to := range map[string]string{"Guten Tag": "Guten Abend", "Subject: ": "Subject: Neu ", "To: ": "From: boss@emsland.example\r\nTo: "} {
			if valid(strings.Replace(letter, from, to, 1)) {
				t.Errorf("%s: %q for %q is not noticed", name, to, from)
			}
		}
	}
}

func TestSend_WhatWouldBecomeAHeader_IsRefused(t *testing.T) {
	t.Parallel()
	sender, _ := start(t, nil)
	for name, change := range map[string]func(*portalmail.Message){
		"line break in the subject":     func(m *portalmail.Message) { m.Subject = "x\r\nBcc: evil@example.org" },
		"line feed in the subject":      func(m *portalmail.Message) { m.Subject = "x\nBcc: evil@example.org" },
		"line break in the recipient":   func(m *portalmail.Message) { m.To = "clara@example.org\r\nBcc: evil@example.org" },
		"two recipients":                func(m *portalmail.Message) { m.To = "clara@example.org, evil@example.org" },
		"name and address":              func(m *portalmail.Message) { m.To = "Evil <evil@example.org>" },
		"no subject":                    func(m *portalmail.Message) { m.Subject = "" },
		"no text":                       func(m *portalmail.Message) { m.Text = "" },
		"NUL in the text":               func(m *portalmail.Message) { m.Text = "a\x00b" },
		"an endless subject":            func(m *portalmail.Message) { m.Subject = strings.Repeat("x", 201) },
		"an escape code in the subject": func(m *portalmail.Message) { m.Subject = "\x1b[31m" },
	} {
		m := message()
		change(&m)
		if err := sender.Send(t.Context(), m); !errors.Is(err, portalmail.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSend_Refused_TheErrorDoesNotTellTheAddress(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		refuse  *smtp.SMTPError
		forGood bool
	}{
		"no such user": {&smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "clara@example.org is unknown"}, true},
		"later":        {&smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 2, 1}, Message: "clara@example.org is busy"}, false},
	} {
		sender, _ := start(t, c.refuse)
		err := sender.Send(t.Context(), message())
		if err == nil || errors.Is(err, portalmail.ErrRefused) != c.forGood || strings.Contains(err.Error(), "clara") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSend_ServerWithoutTLS_GetsNothingWhenTLSIsAskedFor(t *testing.T) {
	t.Parallel()
	address, box := listen(t, nil)
	if err := sender(t, "smtp://"+address).Send(t.Context(), message()); err == nil || len(box.got) != 0 {
		t.Errorf("sent in clear: %v", err)
	}
}

func TestParseURL(t *testing.T) {
	t.Parallel()
	got, err := portalmail.ParseURL("smtps://nutzer:geh%20eim@mail.example", "a@example.org")
	must(t, err)
	if got.Host != "mail.example" || got.Port != 465 || got.TLS != portalmail.TLS || got.User != "nutzer" || got.Password != "geh eim" {
		t.Errorf("%+v", got)
	}
	for _, address := range []string{"", "mail.example:25", "http://mail.example", "smtp://", "smtp://user:geheim@mail.example:port"} {
		if _, err := portalmail.ParseURL(address, "a@example.org"); err == nil || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestQueue_MailOfARolledBackTransaction_IsNotSent(t *testing.T) {
	t.Parallel()
	sender, box := start(t, nil)
	d := dbtest.New(t)
	k, err := keys.New(true)
	must(t, err)
	client, err := jobs.New(d, slog.New(slog.DiscardHandler), jobs.Options{})
	must(t, err)
	queue := portalmail.NewQueue(client, k)
	undone := errors.New("undone")
	err = d.Tx(t.Context(), func(ctx context.Context) error {
		must(t, queue.Enqueue(ctx, portalmail.Message{To: "bert@example.org", Subject: "nie", Text: "nie"}))
		return undone
	})
	if !errors.Is(err, undone) {
		t.Fatal(err)
	}
	must(t, d.Tx(t.Context(), func(ctx context.Context) error { return queue.Enqueue(ctx, message()) }))

	var clear int
	must(t, d.From(t.Context()).Raw("SELECT count(*) FROM river_job WHERE args::text LIKE '%clara%' OR args::text LIKE '%token%'").Row().Scan(&clear))
	if clear != 0 {
		t.Error("the queue holds the address or the token in clear")
	}
	portalmail.Register(client, k, sender)
	must(t, client.Start(t.Context()))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		must(t, client.Stop(ctx))
	})
	select {
	case got := <-box.got:
		if got.to != "clara@example.org" {
			t.Errorf("sent to %s", got.to)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("no mail came")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
