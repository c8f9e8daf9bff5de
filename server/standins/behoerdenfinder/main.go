// Command behoerdenfinder plays the big directories of public services, "Behördenfinder (Beispiel)", in demonstrations and
// tests: a program of its own behind the protocols of the Infodienste (BUS Niedersachsen) and of the PVOG, with a handful of
// services in our own words.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/alecthomas/kong"

	"portalverbund/server/standins/behoerdenfinder/finder"
	"portalverbund/server/standins/program"
)

// config is what the demonstration sets.
type config struct {
	Listen       string `env:"FINDER_LISTEN" default:"127.0.0.1:8091" help:"Address to listen on."`
	APIKey       string `env:"FINDER_API_KEY" required:"" help:"Key of the Infodienste's interface."`
	ClientID     string `env:"FINDER_CLIENT_ID" required:"" help:"Client id at the PVOG."`
	ClientSecret string `env:"FINDER_CLIENT_SECRET" required:"" help:"Client secret at the PVOG."`
	WithParent   bool   `env:"FINDER_WITH_PARENT" hidden:"" help:"End when standard input ends."`
}

const timeout = 10 * time.Second

func main() {
	os.Exit(run())
}

func run() int {
	var c config
	kong.Parse(&c, kong.Name("behoerdenfinder"), kong.Description("Stand-in for the directories of public services."))
	return program.Run(c.WithParent, func(ctx context.Context, log *slog.Logger) error { return serve(ctx, c, log) })
}

// serve answers until ctx ends.
func serve(ctx context.Context, c config, log *slog.Logger) error {
	f, err := finder.New(finder.Options{APIKey: c.APIKey, ClientID: c.ClientID, ClientSecret: c.ClientSecret})
	if err != nil {
		return err
	}
	return program.Server{Listen: c.Listen, Body: timeout}.Serve(ctx, log, f.Handler())
}
