// Package program is what the stand-ins have in common as programs: how they begin, answer and end.
package program

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
	"syscall"
	"time"
)

const (
	headerTimeout = 5 * time.Second
	idleTimeout   = 2 * time.Minute
	drainTimeout  = 5 * time.Second
)

// Run runs a program until it is interrupted or, withParent, its standard input ends, and gives its exit status: 1 when it fails.
func Run(withParent bool, serve func(ctx context.Context, log *slog.Logger) error) int {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if withParent {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin) // ends when the parent does
			stop()
		}()
	}
	if err := serve(ctx, log); err != nil {
		log.Error("ended", "error", err)
		return 1
	}
	return 0
}

// Server is what answers.
type Server struct {
	Listen    string        // address to listen on
	PublicURL string        // where it is reached, for the log; empty: at the address it listens on
	Body      time.Duration // how long a request's body may take, and an answer
	// Certificate and Key name files (PEM) to answer by HTTPS. Clients are asked for a certificate then, and need none.
	Certificate, Key string
}

// Serve answers until ctx ends; what is being answered then gets a few seconds.
func (s Server) Serve(ctx context.Context, log *slog.Logger, handler http.Handler) error {
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", s.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: s.Body, WriteTimeout: s.Body, IdleTimeout: idleTimeout}
	ended := make(chan error, 1)
	go func() {
		if s.Certificate == "" {
			ended <- server.Serve(listener)
			return
		}
		server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, ClientAuth: tls.RequestClientCert} // whose it is, the handler looks at
		ended <- server.ServeTLS(listener, s.Certificate, s.Key)
	}()
	address := s.PublicURL
	if address == "" {
		address = listener.Addr().String()
	}
	log.Info("listening", "address", address)
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
