// Command mail is a stand-in for a mail server, for demonstrations and tests: it takes every mail, keeps it as a file and
// shows it on a page. Nothing leaves this machine.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/alecthomas/kong"
	"github.com/emersion/go-smtp"

	"portalverbund/server/standins/program"
)

const (
	maxMail     = 1 << 20 // bytes
	readTimeout = 30 * time.Second
	endTimeout  = 5 * time.Second
)

type options struct {
	SMTP       string `default:"127.0.0.1:1025" help:"Address on this machine that takes mails (SMTP)."`
	HTTP       string `default:"127.0.0.1:8025" help:"Address on this machine that shows them."`
	Folder     string `default:".data/mail" help:"Folder where they are kept."`
	WithParent bool   `hidden:"" help:"End when standard input ends."`
}

func main() {
	var o options
	kong.Parse(&o, kong.Name("mail"), kong.Description("Stand-in for a mail server: keeps every mail and shows it on a page."))
	os.Exit(program.Run(o.WithParent, func(ctx context.Context, log *slog.Logger) error { return run(ctx, o, log) }))
}

// run serves until ctx ends.
func run(ctx context.Context, o options, log *slog.Logger) error {
	store, err := openStore(o.Folder)
	if err != nil {
		return err
	}
	smtpListener, err := listenHere(ctx, o.SMTP)
	if err != nil {
		return err
	}
	httpListener, err := listenHere(ctx, o.HTTP)
	if err != nil {
		_ = smtpListener.Close()
		return err
	}
	return serve(ctx, log, store, smtpListener, httpListener)
}

func serve(ctx context.Context, log *slog.Logger, store *store, smtpListener, httpListener net.Listener) error {
	smtpServer := smtp.NewServer(backend{store})
	smtpServer.Domain = "localhost"
	smtpServer.MaxMessageBytes = maxMail
	smtpServer.MaxRecipients = 10
	smtpServer.ReadTimeout, smtpServer.WriteTimeout = readTimeout, readTimeout
	smtpServer.EnableSMTPUTF8 = true
	pages := &http.Server{Handler: newPages(store), ReadTimeout: readTimeout, WriteTimeout: readTimeout}
	failed := make(chan error, 2)
	go func() { failed <- smtpServer.Serve(smtpListener) }()
	go func() { failed <- pages.Serve(httpListener) }()
	log.Info("mail stand-in is ready", "smtp", smtpListener.Addr().String(), "page", "http://"+httpListener.Addr().String())
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	endCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	_ = pages.Shutdown(endCtx)
	_ = smtpServer.Shutdown(endCtx)
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// listenHere listens on loopback and nowhere else: this program gives every mail to everybody who asks.
func listenHere(ctx context.Context, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", address, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("address %q: only loopback is allowed, such as 127.0.0.1", address)
	}
	var config net.ListenConfig
	return config.Listen(ctx, "tcp", address)
}

// backend takes every mail.
type backend struct{ store *store }

// NewSession begins a connection.
func (b backend) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{store: b.store}, nil }

// session is one connection.
type session struct {
	store *store
	to    []string
}

// Mail notes the sender.
func (s *session) Mail(string, *smtp.MailOptions) error { return nil }

// Rcpt notes a recipient.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

// Data keeps the mail.
func (s *session) Data(r io.Reader) error {
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return s.store.keep(s.to, content)
}

// Reset forgets a mail that was begun.
func (s *session) Reset() { s.to = nil }

// Logout ends the connection.
func (s *session) Logout() error { return nil }
