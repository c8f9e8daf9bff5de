// Command fitconnect plays FIT-Connect and the software of an authority behind it in demonstrations and tests: a program of its own behind the real
// protocol.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"portalverbund/server/standins/fitconnect/service"
	"portalverbund/server/standins/program"
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

const bodyTimeout = 10 * time.Minute // for large attachments

func main() {
	os.Exit(run())
}

func run() int {
	var c config
	kong.Parse(&c, kong.Name("fitconnect"), kong.Description("Stand-in for FIT-Connect and an authority's software."))
	return program.Run(c.WithParent, func(ctx context.Context, log *slog.Logger) error { return serve(ctx, c, log) })
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
	return program.Server{Listen: c.Listen, PublicURL: c.PublicURL, Body: bodyTimeout}.Serve(ctx, log, s.Handler())
}
