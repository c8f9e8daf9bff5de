// Command wastedisposal plays the software of a fictitious waste-disposal company, "Entsorgung Emsland (Beispiel)", in
// demonstrations and tests: a program of its own that knows the portal only by its public interfaces. It takes deliveries
// as Standard Webhooks, reports what it does with them through the portal's API with an access token (OAuth 2.0 client
// credentials), and lets citizens sign in with their portal account by OpenID Connect.
package main

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"time"
	_ "time/tzdata" // the company's days begin at midnight in Berlin, on any machine

	"github.com/alecthomas/kong"

	"portalverbund/server/standins/program"
)

// config is what the demonstration sets.
type config struct {
	Listen        string `env:"WASTE_LISTEN" default:"127.0.0.1:8090" help:"Address to listen on."`
	PublicURL     string `env:"WASTE_PUBLIC_URL" default:"http://localhost:8090" help:"Address under which people reach this program."`
	Data          string `env:"WASTE_DATA" default:".data/entsorgung" help:"Folder for the orders."`
	PortalURL     string `env:"WASTE_PORTAL_URL" default:"http://localhost:8080" help:"Address of the portal that delivers, and where people have their account."`
	ClientID      string `env:"WASTE_CLIENT_ID" required:"" help:"Client id at the portal."`
	ClientSecret  string `env:"WASTE_CLIENT_SECRET" required:"" help:"Client secret at the portal."`
	WebhookSecret string `env:"WASTE_WEBHOOK_SECRET" required:"" help:"Secret by which deliveries are signed (whsec_…)."`
	StaffPassword string `env:"WASTE_STAFF_PASSWORD" required:"" help:"Password of the staff."`
	WithParent    bool   `env:"WASTE_WITH_PARENT" hidden:"" help:"End when standard input ends."`
}

const bodyTimeout = 30 * time.Second

func main() {
	os.Exit(run())
}

func run() int {
	var c config
	kong.Parse(&c, kong.Name("wastedisposal"), kong.Description("Stand-in for a waste-disposal company's own software."))
	return program.Run(c.WithParent, func(ctx context.Context, log *slog.Logger) error { return serve(ctx, c, log) })
}

// serve runs the company's server and its reports to the portal until ctx ends.
func serve(ctx context.Context, c config, log *slog.Logger) error {
	company, err := newCompany(c, log, time.Now)
	if err != nil {
		return err
	}
	var wait sync.WaitGroup
	defer wait.Wait()
	ctx, end := context.WithCancel(ctx)
	defer end()
	wait.Go(func() { company.report(ctx) })
	return program.Server{Listen: c.Listen, PublicURL: c.PublicURL, Body: bodyTimeout}.Serve(ctx, log, company.routes())
}
