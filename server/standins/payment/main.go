// Command payment plays a payment service, "Bezahldienst (Beispiel)", in demonstrations and tests: a program of its own behind
// XBezahldienste. No money moves.
package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"portalverbund/server/standins/payment/service"
	"portalverbund/server/standins/program"
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

const bodyTimeout = 90 * time.Second // longer than the longest delay

func main() {
	os.Exit(run())
}

func run() int {
	var c config
	kong.Parse(&c, kong.Name("payment"), kong.Description("Stand-in for a payment service."))
	return program.Run(c.WithParent, func(ctx context.Context, log *slog.Logger) error { return serve(ctx, c, log) })
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
	return program.Server{Listen: c.Listen, PublicURL: c.PublicURL, Body: bodyTimeout, Certificate: c.Cert, Key: c.Key}.Serve(ctx, log, s.Handler())
}
