// Command bundid plays a national account in demonstrations and tests, "BundID (Beispiel)" or "Mein Unternehmenskonto
// (Beispiel)": a SAML 2.0 identity provider of its own with invented persons and organisations, and a choice of how well they
// prove themselves.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/alecthomas/kong"

	"portalverbund/server/standins/bundid/account"
	"portalverbund/server/standins/program"
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

const timeout = 20 * time.Second

func main() {
	os.Exit(run())
}

func run() int {
	var c config
	kong.Parse(&c, kong.Name("bundid"), kong.Description("Stand-in for the national accounts of citizens and organisations."))
	return program.Run(c.WithParent, func(ctx context.Context, log *slog.Logger) error { return serve(ctx, c, log) })
}

// serve answers until ctx ends.
func serve(ctx context.Context, c config, log *slog.Logger) error {
	a, err := account.New(account.Options{Kind: account.Kind(c.Kind), PublicURL: c.PublicURL, Portal: c.Portal, Data: c.Data, Log: log})
	if err != nil {
		return err
	}
	return program.Server{Listen: c.Listen, PublicURL: c.PublicURL, Body: timeout}.Serve(ctx, log, a.Handler())
}
