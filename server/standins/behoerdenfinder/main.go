// Command behoerdenfinder plays the big directories of public services, "Behördenfinder (Beispiel)", in demonstrations and
// tests: a program of its own behind the protocols of the Infodienste (BUS Niedersachsen) and of the PVOG, with a handful of
// services in our own words.
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

	"portalverbund/server/standins/behoerdenfinder/finder"
)

// config is what the demonstration sets.
type config struct {
	Listen       string `env:"FINDER_LISTEN" default:"127.0.0.1:8091" help:"Address to listen on."`
	APIKey       string `env:"FINDER_API_KEY" required:"" help:"Key of the Infodienste's interface."`
	ClientID     string `env:"FINDER_CLIENT_ID" required:"" help:"Client id at the PVOG."`
	ClientSecret string `env:"FINDER_CLIENT_SECRET" required:"" help:"Client secret at the PVOG."`
	WithParent   bool   `env:"FINDER_WITH_PARENT" hidden:"" help:"End when standard input ends."`
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
	kong.Parse(&c, kong.Name("behoerdenfinder"), kong.Description("Stand-in for the directories of public services."))
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
	f, err := finder.New(finder.Options{APIKey: c.APIKey, ClientID: c.ClientID, ClientSecret: c.ClientSecret})
	if err != nil {
		return err
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{Handler: f.Handler(), ReadHeaderTimeout: timeout, ReadTimeout: timeout, WriteTimeout: timeout, IdleTimeout: idleTimeout}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	log.Info("listening", "address", listener.Addr().String())
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
