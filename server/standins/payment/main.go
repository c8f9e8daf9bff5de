// Command payment plays a payment service, "Bezahldienst (Beispiel)", in demonstrations and tests: a program of its own behind
// XBezahldienste. No money moves.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"portalverbund/server/standins/payment/service"
)

// config is what the demonstration sets.
type config struct {
	Listen     string   `env:"PAYMENT_LISTEN" default:"127.0.0.1:8094" help:"Address to listen on."`
	PublicURL  string   `env:"PAYMENT_PUBLIC_URL" default:"http://localhost:8094" help:"Address under which people reach this program."`
	File       string   `env:"PAYMENT_FILE" default:".data/bezahldienst.json" help:"File for the transactions."`
	Clients    []string `env:"PAYMENT_CLIENTS" required:"" help:"Portals: originator:clientId:secret, and :basic or :certificate behind it for those that prove themselves so (of a certificate, the secret is its SHA-256 in hex)."`
	Cert       string   `env:"PAYMENT_TLS_CERTIFICATE" help:"File with a certificate (PEM) to answer by HTTPS; without it there are no client certificates."`
	Key        string   `env:"PAYMENT_TLS_KEY" help:"File with its key (PEM)."`
	WithParent bool     `env:"PAYMENT_WITH_PARENT" hidden:"" help:"End when standard input ends."`
}

const (
	headerTimeout = 5 * time.Second
	bodyTimeout   = 90 * time.Second // longer than the longest delay
	idleTimeout   = 2 * time.Minute
	drainTimeout  = 5 * time.Second
)

func main() {
	os.Exit(run())
}

func run() int {
	var c config
	kong.Parse(&c, kong.Name("payment"), kong.Description("Stand-in for a payment service."))
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
	o := service.Options{PublicURL: c.PublicURL, File: c.File}
	for _, text := range c.Clients {
		parts := strings.Split(text, ":")
		if len(parts) == 3 {
			parts = append(parts, service.ByToken)
		}
		if len(parts) != 4 || !slices.Contains([]string{service.ByToken, service.ByPassword, service.ByCertificate}, parts[3]) {
			return errors.New("PAYMENT_CLIENTS: originator:clientId:secret, and :basic or :certificate behind it")
		}
		o.Clients = append(o.Clients, service.Client{Originator: parts[0], ID: parts[1], Secret: parts[2], By: parts[3]})
	}
	s, err := service.New(o)
	if err != nil {
		return err
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{Handler: s.Handler(), ReadHeaderTimeout: headerTimeout, ReadTimeout: bodyTimeout, WriteTimeout: bodyTimeout, IdleTimeout: idleTimeout}
	ended := make(chan error, 1)
	go func() {
		if c.Cert == "" {
			ended <- server.Serve(listener)
			return
		}
		server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, ClientAuth: tls.RequestClientCert} // whose it is, the service knows by its fingerprint
		ended <- server.ServeTLS(listener, c.Cert, c.Key)
	}()
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
