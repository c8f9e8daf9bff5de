// Package demo runs a whole association on one machine: a county portal that is anchor and account home, two municipal
// portals, a waste-disposal provider and a mail server. Every one is a process of its own, as in production; this
// package only prepares what an operator would prepare, and starts and stops them.
package demo

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"portalverbund/db"
	"portalverbund/server/app"
)

//go:embed data/*.jsonl
var catalogs embed.FS

// Options say where and how the demonstration runs.
type Options struct {
	Data string // folder for everything it keeps
	SPA  string // folder with the built pages
	// Identity is a file with more identity providers for the county; empty: none.
	Identity string
	Shift    int       // added to every port
	In       io.Reader // commands, a line each
	Out      io.Writer // what to try, and what happens
	Log      *slog.Logger
}

type association struct {
	Options
	sites    []Site
	ports    ports
	reserved *reservation
	dir      string // keeps what belongs to these ports
	set      string
	postgres *db.Embedded
	programs map[string]*program
	order    []string
}

// Run starts the association and keeps it running until ctx ends or a command says so. It returns nil after a clean end.
func Run(ctx context.Context, o Options) error {
	a := &association{Options: o, sites: sites(), programs: map[string]*program{}}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	data, err := filepath.Abs(o.Data)
	if err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	a.Data = data
	if err := os.MkdirAll(data, 0o755); err != nil { //nolint:gosec // the database's user must pass through it; what is in it is private
		return fmt.Errorf("data folder: %w", err)
	}
	a.say("Starting PostgreSQL …")
	a.postgres, err = db.StartEmbedded(context.WithoutCancel(ctx), db.EmbeddedOptions{DataDir: data, Log: o.Log})
	if err != nil {
		return err
	}
	defer a.end()
	if err := a.prepare(ctx); err != nil {
		return err
	}
	if err := a.startAll(ctx); err != nil {
		return err
	}
	if err := writeJSON(filepath.Join(a.Data, "association.json"), a.addresses()); err != nil {
		return err
	}
	a.printPanel()
	go a.obey(ctx, cancel)
	select {
	case <-ctx.Done():
	case <-a.postgres.Done():
		return errors.New("PostgreSQL has ended and could not be started again; its log is in " + a.postgres.Folder())
	}
	return nil
}

func (a *association) say(format string, args ...any) {
	_, _ = fmt.Fprintf(a.Out, "› "+format+"\n", args...) // nobody reads it when this fails
}

// end stops the programs side by side, then the database.
func (a *association) end() {
	a.say("Ending the association …")
	if a.reserved != nil {
		a.reserved.release()
	}
	var wait sync.WaitGroup
	for _, p := range a.programs {
		wait.Add(1)
		go func() { defer wait.Done(); p.stop() }()
	}
	wait.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := a.postgres.Stop(ctx); err != nil {
		a.Log.Error("PostgreSQL did not stop cleanly", "error", err)
	}
	a.say("Ended. Everything is kept in %s.", a.Data)
}

// prepare writes what an operator would: keys, the public ones for who verifies receipts, the provider's access, databases and their content.
func (a *association) prepare(ctx context.Context) (err error) {
	if a.ports, a.reserved, err = choosePorts(a.sites, a.Shift, a.say); err != nil {
		return err
	}
	a.set = a.ports.set(a.sites)
	a.dir = filepath.Join(a.Data, a.set)
	members := membersFile{Name: AssociationName}
	for _, s := range a.sites {
		set, err := ownKeys(filepath.Join(a.dir, s.Name, "keys"))
		if err != nil {
			return err
		}
		url := a.url(s)
		members.Members = append(members.Members, memberEntry{
			ID: url, Name: s.Title, URL: url, Kind: s.Kind, Areas: s.Areas, Roles: s.Roles, JWKS: set.Public(),
		})
	}
	if err := writeJSON(a.membersFile(), members); err != nil {
		return err
	}
	if err := a.prepareProvider(); err != nil {
		return err
	}
	if err := a.prepareChannels(); err != nil {
		return err
	}
	if err := a.prepareIdentity(); err != nil {
		return err
	}
	var configs []app.Config
	for _, s := range a.sites {
		if err := a.prepareSite(ctx, s); err != nil {
			return fmt.Errorf("prepare %s: %w", s.Title, err)
		}
		configs = append(configs, a.config(s))
	}
	return app.Link(ctx, configs[0], configs[1:], a.Log)
}

func (a *association) url(s Site) string {
	return "http://localhost:" + strconv.Itoa(a.ports.Portals[s.Name])
}
func (a *association) providerURL() string {
	return "http://localhost:" + strconv.Itoa(a.ports.Provider)
}
func (a *association) mailURL() string       { return "http://localhost:" + strconv.Itoa(a.ports.Mail) }
func (a *association) membersFile() string   { return filepath.Join(a.dir, "members.json") }
func (a *association) providersFile() string { return filepath.Join(a.dir, "providers.json") }

// prepareProvider makes the provider's secrets once, and keeps them.
func (a *association) prepareProvider() error {
	var file providersFile
	if err := readJSON(a.providersFile(), &file); err != nil {
		return err
	}
	entry := providerEntry{WebhookSecret: "whsec_" + secret(32), ClientSecret: secret(33)}
	if len(file.Providers) == 1 {
		entry = file.Providers[0]
	}
	entry.ID, entry.Name = ProviderID, "Entsorgung Emsland (Beispiel)"
	entry.DeliveryURL = a.providerURL() + "/webhooks/deliveries"
	entry.ClientID, entry.URL = ProviderID, a.providerURL()
	entry.RedirectURIs = []string{a.providerURL() + "/anmeldung/zurueck"}
	entry.LogoutURI = a.providerURL() + "/abmeldung"
	entry.Scopes = []string{"openid", "profile", "deliveries:read", "deliveries:write"}
	return writeJSON(a.providersFile(), providersFile{Providers: []providerEntry{entry}})
}

func secret(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails
	return base64.StdEncoding.EncodeToString(b)
}

// config is what an operator of the site would set.
func (a *association) config(s Site) app.Config {
	dir := filepath.Join(a.dir, s.Name)
	c := app.Config{
		Mode: app.Demonstration, PublicURL: a.url(s), Listen: "127.0.0.1:" + strconv.Itoa(a.ports.Portals[s.Name]),
		Database: a.postgres.WorkURL(a.database(s)), DatabaseOwner: a.postgres.URL(a.database(s)), Data: dir, Keys: filepath.Join(dir, "keys"),
		Name: s.Title, Kind: s.Kind, Areas: s.Areas,
		Blob: filepath.Join(dir, "blob"), SPA: a.SPA, NumberPrefix: s.Prefix, HelpEmail: "hilfe@" + s.Name + ".example",
		SMTP: "smtp+plain://127.0.0.1:" + strconv.Itoa(a.ports.SMTP), MailFrom: "portal@" + s.Name + ".example", MailReturns: "returns@" + s.Name + ".example",
		LogLevel: "info", LogFormat: "text", Timeout: 30 * time.Second, UploadTimeout: 10 * time.Minute, MaxConcurrent: 256, Rate: 500, RateBurst: 2000, DrainTimeout: 5 * time.Second,
		TrustedProxy: []string{"127.0.0.1/32"}, // people behind a proxy of this machine count one by one
	}
	c.Payment = a.paymentFile(s)
	if s.Name == "landkreis" {
		c.Association = AssociationName
		c.Providers, c.Identity = a.providersFile(), a.identityFile()
	}
	if s.Name == "lathen" {
		c.Providers = a.channelsFile()
	}
	return c
}

func (a *association) database(s Site) string { return a.set + "_" + s.Name }

// prepareSite makes the site's database and fills it. What is the same as the last time is left alone.
func (a *association) prepareSite(ctx context.Context, s Site) error {
	if err := a.preparePayment(s); err != nil {
		return err
	}
	if err := a.postgres.CreateDatabase(ctx, a.database(s)); err != nil {
		return err
	}
	catalog, err := Catalog(s.Name)
	if err != nil {
		return err
	}
	seed := app.Seed{Catalog: catalog, Name: s.Name + ".jsonl"}
	for _, account := range s.Accounts {
		seed.Accounts = append(seed.Accounts, app.SeedAccount(account))
	}
	if s.Name == "landkreis" {
		seed.Sources = a.directories()
	}
	config := a.config(s)
	digest := fmt.Sprintf("%x", sha256.Sum256(fmt.Append(catalog, seed.Sources)))
	stamp := filepath.Join(config.Data, "filled")
	if old, err := os.ReadFile(stamp); err == nil && string(old) == digest && a.hasDatabase(ctx, config.Database) {
		return nil
	}
	a.say("Filling %s: places of Germany, services, offices, accounts …", s.Title)
	if err := app.Prepare(ctx, config, seed, a.Log); err != nil {
		return err
	}
	return os.WriteFile(stamp, []byte(digest), 0o600)
}

// hasDatabase says whether the database was filled before: the data folder may have been deleted without the stamp.
func (a *association) hasDatabase(ctx context.Context, url string) bool {
	d, err := db.Open(ctx, url, db.Options{})
	if err != nil {
		return false
	}
	defer d.Close()
	var filled bool
	return d.From(ctx).Raw("SELECT EXISTS (SELECT FROM places) AND EXISTS (SELECT FROM accounts)").Scan(&filled).Error == nil && filled
}

// Addresses tell programs where a running demonstration is; they are in association.json in its data folder.
type Addresses struct {
	Portals   map[string]string    `json:"portals"` // by name: landkreis, meppen, lathen
	Provider  string               `json:"provider"`
	Mail      string               `json:"mail"`
	BundID    string               `json:"bundId"`
	MUK       string               `json:"muk"`
	Payment   string               `json:"payment"`
	FIT       string               `json:"fitConnect"`
	Accounts  map[string][]Account `json:"accounts"` // by portal
	StaffWord string               `json:"providerPassword"`
	Finder    string               `json:"finder"` // the directory of public services
	FinderID  string               `json:"finderClient"`
}

func (a *association) addresses() Addresses {
	where := Addresses{Portals: map[string]string{}, Provider: a.providerURL(), Mail: a.mailURL(), BundID: a.bundIDURL(), MUK: a.mukURL(), Payment: a.paymentURL(), FIT: a.fitURL(), Accounts: map[string][]Account{}, StaffWord: staffPassword}
	where.Finder, where.FinderID = a.finderURL(), finderClient
	for _, s := range a.sites {
		where.Portals[s.Name] = a.url(s)
		where.Accounts[s.Name] = s.Accounts
	}
	return where
}

// startAll starts the stand-ins, then the portals, side by side.
func (a *association) startAll(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	if err := a.addStandIns(filepath.Dir(self)); err != nil {
		return err
	}
	for _, s := range a.sites {
		a.add(&program{
			name: s.Name, path: self, args: []string{"serve"}, env: Environment(a.config(s)),
			ready: "http://127.0.0.1:" + strconv.Itoa(a.ports.Portals[s.Name]) + "/readyz",
		})
	}
	a.say("Starting %s …", strings.Join(a.order, ", "))
	a.reserved.release()
	results := make(chan error, len(a.order))
	for _, name := range a.order {
		go func() { results <- a.programs[name].start(ctx) }()
	}
	var failed error
	for range a.order {
		failed = errors.Join(failed, <-results)
	}
	return failed
}

func (a *association) add(p *program) {
	p.log, p.logs = a.Log, filepath.Join(a.dir, "logs", p.name+".log")
	a.programs[p.name] = p
	a.order = append(a.order, p.name)
}

func (a *association) loopback(port int) string { return "http://127.0.0.1:" + strconv.Itoa(port) }

// obey takes commands from the terminal, a line each.
func (a *association) obey(ctx context.Context, quit func()) {
	lines := bufio.NewScanner(a.In)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) == 0 {
			continue
		}
		if words[0] == "quit" || words[0] == "exit" {
			quit()
			return
		}
		a.command(ctx, words)
	}
}

func (a *association) command(ctx context.Context, words []string) {
	if words[0] == "status" {
		for _, name := range a.order {
			a.say("%-10s %s", name, state(a.programs[name].pid()))
		}
		return
	}
	if len(words) == 2 && words[0] == "kill" && words[1] == "postgres" {
		if process, err := os.FindProcess(a.postgres.PID()); err == nil {
			_ = process.Kill() // it may have ended already
		}
		a.say("postgres was killed; it starts again by itself.")
		return
	}
	var p *program
	if len(words) == 2 {
		p = a.programs[words[1]]
	}
	if p == nil {
		a.say("Commands: status · stop NAME · start NAME · kill NAME · quit. Names: %s", strings.Join(a.order, ", "))
		return
	}
	switch words[0] {
	case "stop":
		p.stop()
		a.say("%s is stopped.", p.name)
	case "start":
		if err := p.start(ctx); err != nil {
			a.say("%v", err)
			return
		}
		a.say("%s is running.", p.name)
	case "kill":
		if err := p.kill(); err != nil {
			a.say("%s: %v", p.name, err)
			return
		}
		a.say("%s was killed; it starts again by itself.", p.name)
	default:
		a.say("Unknown command %q.", words[0])
	}
}

func state(pid int) string {
	if pid == 0 {
		return "stopped"
	}
	return "running, process " + strconv.Itoa(pid)
}
