// Command bench measures a portal on this machine, in one run against a floor: a bare net/http program that runs the same
// queries through pgx, or writes the same rows in one transaction, and does nothing else. Both are processes of their own
// on the same PostgreSQL, asked by the same clients in turns; what counts is the ratio of their requests a second.
//
// It ends with one line of JSON on standard output; what it is doing, and a table, go to standard error.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

type commands struct {
	Run     runCommand     `cmd:"" default:"withargs" help:"Measure."`
	Eval    evalCommand    `cmd:"" help:"Judge the search by queries as people type them."`
	Example exampleCommand `cmd:"" hidden:"" help:"The example provider of zitadel/oidc, that tokens are measured against."`

	Federation federationCommand `cmd:"" help:"Measure an association of many portals on this machine."`
	Host       hostCommand       `cmd:"" hidden:"" help:"Many portals in one process, that an association is measured with."`

	Floor floorCommand `cmd:"" hidden:"" help:"The bare program that the portal is measured against."`
}

type runCommand struct {
	Server   string        `help:"The program to measure (default: it is built from ./server)."`
	SPA      string        `default:"frontend/dist" help:"Folder with the built pages."`
	Rounds   int           `default:"5" help:"Rounds for each, in turns."`
	Duration time.Duration `default:"2s" help:"Length of a round."`
	Clients  int           `default:"8" help:"Clients at once."`
	Submits  int           `default:"240" help:"Applications in a round of submitting."`
	Payments int           `default:"160" help:"Payments in a round of paying."`
	Services int           `default:"100000" help:"Services in the large catalog; 0 to leave it out."`
	Alone    bool          `help:"Ask only the portal of the large catalog, not the alternatives."`
	Only     string        `enum:",reads,submit,overload,payments,large,tokens" default:"" help:"Measure this part only: reads, submit, overload, payments, large or tokens."`
}

func main() {
	os.Exit(run())
}

func run() int {
	var c commands
	command := kong.Parse(&c, kong.Name("bench"), kong.UsageOnError(),
		kong.Description("Measure a portal against bare programs that do the same, on a PostgreSQL of its own in a temporary folder."))
	signal.Ignore(syscall.SIGPIPE) // whoever reads along may leave: everything must still be ended
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	slog.SetDefault(slog.New(slog.DiscardHandler)) // libraries say how they start
	command.BindTo(ctx, (*context.Context)(nil))
	if err := command.Run(); err != nil {
		if ctx.Err() != nil {
			err = errors.New("interrupted")
		}
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
	return 0
}

// figures are what the last line says. What could not be measured here is null.
type figures struct {
	ReadService *float64 `json:"read_service_ratio"`
	ReadList    *float64 `json:"read_list_ratio"`
	Search      *float64 `json:"search_ratio"`
	Submit      *float64 `json:"submit_ratio"`
	Overload    *float64 `json:"overload_goodput_ratio"`
	Refusal     *float64 `json:"overload_refusal_ratio"`
	PocketBase  *float64 `json:"pocketbase_ratio"`
	Payments    *float64 `json:"payments_ratio"`
	Tokens      *float64 `json:"tokens_ratio"`
	SearchP99   *float64 `json:"search_p99_ms_100k"`
	SuggestP99  *float64 `json:"suggest_p99_ms_100k"`
	IndexBuild  *float64 `json:"index_build_s_100k"`
	ChangeFound *float64 `json:"change_found_ms_100k"`
	IdleRSS     *float64 `json:"idle_rss_mib"`
	Start       *float64 `json:"start_ms"`
	FirstLoad   *float64 `json:"spa_first_load_kb"`
}

// Run measures everything and writes the line.
func (c *runCommand) Run(ctx context.Context) error {
	b := &bench{runCommand: *c}
	err := b.begin(ctx)
	if err == nil {
		err = b.measure(ctx)
	}
	if ended := b.end(); err == nil {
		err = ended
	}
	if err != nil {
		return err
	}
	b.table.print(os.Stderr)
	return json.NewEncoder(os.Stdout).Encode(b.figures)
}

func (b *bench) measure(ctx context.Context) error {
	if err := b.measureIdle(ctx); err != nil {
		return fmt.Errorf("start and memory: %w", err)
	}
	if b.wants("reads") {
		if err := b.measureReads(ctx); err != nil {
			return fmt.Errorf("reading: %w", err)
		}
	}
	if b.wants("submit") {
		if err := b.measureSubmit(ctx); err != nil {
			return fmt.Errorf("submitting: %w", err)
		}
		if err := b.measurePocketBase(ctx); err != nil {
			return fmt.Errorf("PocketBase: %w", err)
		}
	}
	if b.wants("overload") {
		if err := b.measureOverload(ctx); err != nil {
			return fmt.Errorf("too many submissions: %w", err)
		}
	}
	if b.wants("payments") {
		if err := b.measurePayments(ctx); err != nil {
			return fmt.Errorf("paying: %w", err)
		}
	}
	if b.wants("tokens") {
		if err := b.measureTokens(ctx); err != nil {
			return fmt.Errorf("tokens: %w", err)
		}
	}
	if b.wants("large") && b.Services > 0 {
		if err := b.measureLarge(ctx); err != nil {
			return fmt.Errorf("large catalog: %w", err)
		}
	}
	return nil
}

func (c *runCommand) wants(part string) bool { return c.Only == "" || c.Only == part }

func say(format string, args ...any) {
	_, _ = fmt.Fprintf(os.Stderr, "› "+format+"\n", args...) // nobody reads it when this fails
}
