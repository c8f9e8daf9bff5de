// Command bundid plays a national account in demonstrations and tests, "BundID (Beispiel)" or "Mein Unternehmenskonto
// (Beispiel)": a SAML 2.0 identity provider of its own with invented persons and organisations, and a choice of how well they
// prove themselves.
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
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"portalverbund/server/standins/bundid/account"
)

// config is what the demonstration sets.
type config struct {
	Kind       string `env:"ACCOUNT_KIND" enum:"bundid,muk" default:"bundid" help:"bundid: of citizens; muk: of organisations."`
	Listen     string `env:"ACCOUNT_LISTEN" default:"127.0.0.1:8092" help:"Address to listen on."`
	PublicURL  string `env:"ACCOUNT_PUBLIC_URL" default:"http://localhost:8092" help:"Address under which browsers reach it."`
	Portal     string `env:"ACCOUNT_PORTAL" required:"" help:"Address of the description (metadata) of the portal that may ask."`
	Data       string `env:"ACCOUNT_DATA" default:".data/bundid" help:"Folder for its key."`
	WithParent bool   `env:"ACCOUNT_WITH_PARENT" hidden:"" help:"End when standard input ends."`
}

const (
	timeout      = 10 * time.Second
	idleTimeout  = 2 * time.Minute
	drainTimeout = 5 * time.Second
)

func main() {
	os.Exit(run())
}

func run() int {
	var c config
	kong.Parse(&c, kong.Name("bundid"), kong.Description("Stand-in for the national accounts of citizens and organisations."))
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if c.WithParent {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin) // ends when the parent does
			stop()
		}()
	}
	if err := serve(ctx, c, log); err != nil {
		log.Error("ended", "error", err)
		return 1
	}
	return 0
}

// serve answers until ctx ends.
func serve(ctx context.Context, c config, log *slog.Logger) error {
	a, err := account.New(account.Options{Kind: account.Kind(c.Kind), PublicURL: c.PublicURL, Portal: c.Portal, Data: c.Data, Log: log})
	if err != nil {
		return err
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{Handler: a.Handler(), ReadHeaderTimeout: timeout, ReadTimeout: timeout, WriteTimeout: 2 * timeout, IdleTimeout: idleTimeout}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	log.Info("listening", "address", c.PublicURL)
	select {
	case err = <-ended:
	case <-ctx.Done():
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
		defer cancel()
		err = server.Shutdown(drain)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
