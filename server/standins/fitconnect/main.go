// Command fitconnect plays FIT-Connect and the software of an authority behind it in demonstrations and tests: a program of its own behind the real
// protocol.
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
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"portalverbund/server/standins/fitconnect/service"
)

// config is what the demonstration sets.
type config struct {
	Listen     string   `env:"FIT_LISTEN" default:"127.0.0.1:8095" help:"Address to listen on."`
	PublicURL  string   `env:"FIT_PUBLIC_URL" default:"http://localhost:8095" help:"Address under which portals and people reach this program."`
	Clients    []string `env:"FIT_CLIENTS" required:"" help:"Senders: clientId:secret."`
	LeikaKeys  []string `env:"FIT_LEIKA_KEYS" required:"" help:"Services that the destination takes (14 digits)."`
	ARS        string   `env:"FIT_ARS" required:"" help:"Area of the destination (12 digits)."`
	Roots      string   `env:"FIT_ROOTS" required:"" help:"File that the root certificate is written to, for portals to check keys by."`
	Keys       string   `env:"FIT_KEYS" help:"File in which keys are kept; without it each start makes new ones."`
	Decide     string   `env:"FIT_DECIDE" default:"accept" enum:"accept,reject,wait" help:"What becomes of what arrives."`
	WithParent bool     `env:"FIT_WITH_PARENT" hidden:"" help:"End when standard input ends."`
}

const (
	headerTimeout = 5 * time.Second
	bodyTimeout   = 10 * time.Minute // for large attachments
	idleTimeout   = 2 * time.Minute
	drainTimeout  = 5 * time.Second
)

func main() {
	os.Exit(run())
}

func run() int {
	var c config
	kong.Parse(&c, kong.Name("fitconnect"), kong.Description("Stand-in for FIT-Connect and an authority's software."))
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
	find := service.NewKeys
	if c.Keys != "" {
		find = func() (service.Keys, error) { return service.KeepKeys(c.Keys) }
	}
	keys, err := find()
	if err != nil {
		return err
	}
	o := service.Options{PublicURL: c.PublicURL, Clients: map[string]string{}, LeikaKeys: c.LeikaKeys, ARS: c.ARS, Keys: keys}
	for _, text := range c.Clients {
		id, secret, ok := strings.Cut(text, ":")
		if !ok {
			return errors.New("FIT_CLIENTS: clientId:secret")
		}
		o.Clients[id] = secret
	}
	if err := os.WriteFile(c.Roots, keys.RootPEM(), 0o600); err != nil {
		return fmt.Errorf("write root certificate: %w", err)
	}
	s, err := service.New(o)
	if err != nil {
		return err
	}
	s.Behave(service.Behaviour{Decide: c.Decide})
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{Handler: s.Handler(), ReadHeaderTimeout: headerTimeout, ReadTimeout: bodyTimeout, WriteTimeout: bodyTimeout, IdleTimeout: idleTimeout}
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
