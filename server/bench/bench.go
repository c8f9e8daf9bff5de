package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"portalverbund/db"
	"portalverbund/server/app"
	"portalverbund/server/demo"
)

const (
	idleAfter = 30 * time.Second        // after its start a portal's memory is looked at
	starts    = 3                       // of which the median counts
	citizens  = 20                      // who submit; one may have 100 drafts
	password  = "Sonnenblume-im-Garten" //nolint:gosec // of accounts that end with the run
)

// bench is one run.
type bench struct {
	runCommand
	figures  figures
	table    table
	dir      string
	postgres *db.Embedded
	portal   *process
	config   app.Config
	mails    string // address of a mail server
}

// begin starts PostgreSQL in a temporary folder, with its usual settings: fsync is on.
func (b *bench) begin(ctx context.Context) (err error) {
	if b.dir, err = os.MkdirTemp("", "portalverbund-bench-"); err != nil {
		return fmt.Errorf("make a temporary folder: %w", err)
	}
	if b.Server == "" {
		say("Building the server …")
		b.Server = filepath.Join(b.dir, "server")
		build := exec.CommandContext(ctx, "go", "build", "-o", b.Server, "./server") //nolint:gosec // builds this repository
		if said, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("build the server: %w: %s", err, said)
		}
	}
	if b.mails, err = takeMails(ctx); err != nil {
		return err
	}
	say("Starting PostgreSQL …")
	b.postgres, err = db.StartEmbedded(context.WithoutCancel(ctx), db.EmbeddedOptions{DataDir: b.dir})
	return err
}

// end stops everything and leaves nothing behind.
func (b *bench) end() error {
	b.portal.stop()
	var stopped error
	folders := []string{b.dir}
	if b.postgres != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		stopped = b.postgres.Stop(ctx)
		folders = append(folders, b.postgres.Folder()) // may be elsewhere
	}
	for _, folder := range folders {
		if folder != "" {
			stopped = errors.Join(stopped, os.RemoveAll(folder))
		}
	}
	return stopped
}

// configure gives the configuration of a portal that stands alone on a database of its own, as an operator would set it.
func (b *bench) configure(ctx context.Context, name string) (app.Config, error) {
	listen, err := freeAddress(ctx)
	if err != nil {
		return app.Config{}, err
	}
	if err := b.postgres.CreateDatabase(ctx, name); err != nil {
		return app.Config{}, err
	}
	_, port, err := net.SplitHostPort(listen)
	if err != nil {
		return app.Config{}, err
	}
	data := filepath.Join(b.dir, name)
	c := app.Config{
		Mode: app.Demonstration, PublicURL: "http://localhost:" + port, Listen: listen, Name: "Landkreis Emsland", Kind: "county", Areas: []string{"03454"},
		Database: b.postgres.URL(name), Data: data, Keys: filepath.Join(data, "keys"), Blob: filepath.Join(data, "blob"), SPA: b.SPA, NumberPrefix: "EL",
		SMTP: "smtp+plain://" + b.mails, MailFrom: "portal@landkreis.example", LogLevel: "info", LogFormat: "json", Timeout: 30 * time.Second, MaxConcurrent: 256,
		Rate: 1e6, RateBurst: 1e6, // the limiter works, but all clients have one address here
		DrainTimeout: 10 * time.Second,
	}
	if _, err := os.Stat(filepath.Join(b.SPA, "index.html")); err != nil {
		c.SPA = "" // measureFirstLoad says so
	}
	return c, app.MakeKeys(c, io.Discard)
}

// prepare fills a portal with the catalogs of the demonstration, and with citizens.
func prepare(ctx context.Context, c app.Config) error {
	var accounts []app.SeedAccount
	for i := range citizens {
		accounts = append(accounts, app.SeedAccount{
			Email: email(i), Password: password, GivenName: "Clara", FamilyName: "Beispiel",
			Street: "Lange Straße", HouseNumber: "7", PostalCode: "49716", City: "Meppen", BirthDate: "1988-04-12",
		})
	}
	for _, name := range []string{"landkreis", "meppen", "lathen"} {
		catalog, err := demo.Catalog(name)
		if err != nil {
			return err
		}
		seed := app.Seed{Name: name + ".jsonl", Catalog: catalog, Accounts: accounts}
		if err := app.Prepare(ctx, c, seed, slog.New(slog.DiscardHandler)); err != nil {
			return err
		}
		accounts = nil
	}
	return nil
}

func email(citizen int) string { return fmt.Sprintf("buerger-%d@example.org", citizen) }

func (b *bench) serve(ctx context.Context, name string, c app.Config) (*process, error) {
	return start(ctx, name, b.dir, c.Listen, demo.Environment(c), b.Server, "serve")
}

// floor starts the bare program on a database.
func (b *bench) floor(ctx context.Context, name, database string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	listen, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	return start(ctx, name, b.dir, listen, nil, self, "floor", "--listen", listen, "--database", database)
}

func (p *process) address() string { return strings.TrimPrefix(p.url, "http://") }

// measureIdle starts a portal on a migrated database several times, and looks at its memory when it has been quiet for a
// while.
func (b *bench) measureIdle(ctx context.Context) (err error) {
	say("Filling a portal with the demonstration's catalogs …")
	if b.config, err = b.configure(ctx, "portal"); err != nil {
		return err
	}
	if err := prepare(ctx, b.config); err != nil {
		return err
	}
	say("Starting it %d times …", starts)
	var took []float64
	for range starts {
		b.portal.stop()
		if b.portal, err = b.serve(ctx, "portal", b.config); err != nil {
			return err
		}
		took = append(took, milliseconds(b.portal.took))
	}
	b.figures.Start = rounded(median(took), 0)
	b.table.note("start, on a migrated database\tours\t%.0f ms", *b.figures.Start)
	if err := b.measureFirstLoad(ctx); err != nil {
		return err
	}
	if b.Only != "" {
		return nil
	}
	say("Waiting until it has been idle for a while …")
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(idleAfter - b.portal.took):
	}
	memory, ok := rss(b.portal.cmd.Process.Pid)
	if !ok {
		say("The memory of processes cannot be read on this system: idle_rss_mib is null.")
		return nil
	}
	b.figures.IdleRSS = rounded(memory, 1)
	b.table.note("memory, idle\tours\t%.1f MiB", memory)
	return nil
}

// rounded keeps so many digits after the point.
func rounded(value float64, digits int) *float64 {
	factor := 1.0
	for range digits {
		factor *= 10
	}
	value = float64(int64(value*factor+0.5)) / factor
	return &value
}
