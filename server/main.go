// Command server is a portal of a Portalverbund: one program, one contract, one database.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

type commands struct {
	Serve   serveCommand   `cmd:"" help:"Run one portal."`
	Demo    demoCommand    `cmd:"" help:"Run a whole association on this machine: three portals, a provider, and their databases."`
	Migrate migrateCommand `cmd:"" help:"Bring a portal's database to this program's version."`
	Import  importCommand  `cmd:"" help:"Import places, services and offices from files and folders."`
	Export  exportCommand  `cmd:"" help:"Write the portal's own services, offices and competences into a folder, in XZuFi 2.2."`
	Portal  portalCommand  `cmd:"" help:"Run one more portal on this machine, for joining the demonstration."`
	Admin   adminCommand   `cmd:"" help:"Keys and staff accounts of a portal."`

	Federation        federationCommand        `cmd:"" help:"The association: show it, join, grant, refuse, remove, leave, change keys, find what is wrong."`
	ExportLog         exportLogCommand         `cmd:"" help:"Write the portal's message log into a file that proves what was exchanged."`
	VerifyLog         verifyLogCommand         `cmd:"" help:"Check a message log: an exported file with public keys alone, or, without a file, the portal's own."`
	VerifyApplication verifyApplicationCommand `cmd:"" help:"Check the signed receipts in an exported application, with public keys alone."`
}

func main() {
	os.Exit(run())
}

func run() int {
	var c commands
	parser := kong.Must(&c,
		kong.Name("server"),
		kong.Description("A service portal of a municipality or county, linked with others to a Portalverbund.\n\nEvery flag can also be set by the environment variable named beside it."),
		kong.UsageOnError(),
	)
	command, err := parser.Parse(os.Args[1:])
	parser.FatalIfErrorf(err)
	// Libraries write to the default log: what they warn of is wanted, how they start is not.
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	command.BindTo(ctx, (*context.Context)(nil))
	if err := command.Run(); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "server:", err)
		return 1
	}
	return 0
}
