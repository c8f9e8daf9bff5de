// Command server is a portal of a Portalverbund: one program, one contract, one database.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
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
	Bounce  bounceCommand  `cmd:"" help:"Take in a mail that came back: the report of a mail server, from standard input, as its pipe transport gives it."`
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
	slog.SetDefault(libraryLog(os.Stderr))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	command.BindTo(ctx, (*context.Context)(nil))
	if err := command.Run(); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "server:", err)
		var known interface{ ExitCode() int }
		if errors.As(err, &known) {
			return known.ExitCode()
		}
		return 1
	}
	return 0
}

// libraryLog is the log that libraries write to by themselves. What they warn of is wanted, how they start is not; and of their words only those
// are kept that hold nothing of what people and clients sent: addresses and parameters are dropped.
func libraryLog(w io.Writer) *slog.Logger {
	kept := []string{slog.TimeKey, slog.LevelKey, slog.MessageKey, "type", "status_code"}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if slices.Contains(kept, a.Key) {
			return a
		}
		return slog.Attr{}
	}}))
}
