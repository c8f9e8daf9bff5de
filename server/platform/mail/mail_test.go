package mail_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/mail"
	"strings"
	"testing"
	"time"

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

func sender(t *testing.T, address string) *portalmail.Sender {
	t.Helper()
	config, err := portalmail.ParseURL(address, "Landkreis Emsland <portal@emsland.example>")
	must(t, err)
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
	if !strings.HasPrefix(m.Header.Get("Content-Type"), "text/plain; charset=UTF-8") || strings.Contains(m.Header.Get("Subject"), "ä") {
		t.Errorf("%v", m.Header)
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
