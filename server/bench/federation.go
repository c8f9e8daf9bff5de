package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portalverbund/db"
	"portalverbund/server/app"
	"portalverbund/server/catalog"
	"portalverbund/server/platform/envelope"
	"portalverbund/server/platform/keys"
)

type federationCommand struct {
	Portals  int     `default:"100" help:"Portals of the association."`
	Services int     `default:"10" help:"Services of each portal."`
	Changes  int     `default:"10" help:"Changes whose way to all other portals is measured, at least 1."`
	First    int     `default:"10000" help:"Services of the portal whose first synchronisation is measured."`
	Only     string  `enum:",first,many" default:"" help:"Measure this part only: first (a first synchronisation) or many (all portals)."`
	Profile  string  `help:"Folder for profiles of the portals' processor time (pprof)."`
	Simulate bool    `help:"Work out 11,000 portals in 16 associations from measured costs, instead of running any."`
	Messages float64 `help:"Messages per second, as measured by go test -bench Messages ./server/federation."`
}

// federationFigures are what the last line says, without what was not measured.
type federationFigures struct {
	Portals       int      `json:"portals"`
	P50           float64  `json:"propagation_p50_ms,omitempty"`
	P99           float64  `json:"propagation_p99_ms,omitempty"`
	SyncPerSecond float64  `json:"sync_entries_per_s,omitempty"`
	SyncCopyRatio float64  `json:"sync_copy_ratio,omitempty"`
	Messages      *float64 `json:"messages_per_s,omitempty"`
	RSS           float64  `json:"rss_per_portal_mib,omitempty"`
	IdleCPU       float64  `json:"idle_cpu_per_portal_percent,omitempty"`
}

const (
	syncPatience  = 15 * time.Minute
	idleFor       = 15 * time.Second
	foundPatience = time.Minute
	askersAtOnce  = 4
	// calmShare is the share of a processor up to which a portal, and PostgreSQL for it, do nothing but wait.
	calmShare    = 0.02
	calmPatience = 5 * time.Minute
	askEvery     = 4 * time.Millisecond
	toldEvery    = 10 * time.Second
	// portalsEach is how many portals share a process at most: each has connections to all others, and a process may open 20,000 files or less.
	portalsEach = 25
	// Connections of a portal's pool, those that it listens by and that take the place of broken ones, and those of whoever measures.
	connectionsEach   = 10
	connectionsMore   = 5
	connectionsBeside = 100
)

// crowd is an association of portals that one process hosts.
type crowd struct {
	federationCommand

	dir      string
	postgres *db.Embedded
	client   *http.Client
	figures  federationFigures
}

// host is a process with some portals.
type host struct {
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	answers *bufio.Scanner
}

// Run measures and writes the line.
func (c *federationCommand) Run(ctx context.Context) (err error) {
	if c.Simulate {
		return simulate()
	}
	a := &crowd{federationCommand: *c, client: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 2}}}
	if a.dir, err = os.MkdirTemp("", "portalverbund-federation-"); err != nil {
		return fmt.Errorf("make a temporary folder: %w", err)
	}
	if err := os.Chmod(a.dir, 0o755); err != nil { //nolint:gosec // the database's user must pass through it
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(a.dir)) }()
	say("Starting PostgreSQL …")
	settings := map[string]string{"max_connections": strconv.Itoa(connectionsBeside + (connectionsEach+connectionsMore)*max(c.Portals, 2)), "shared_buffers": "256MB"}
	if a.postgres, err = db.StartEmbedded(context.WithoutCancel(ctx), db.EmbeddedOptions{DataDir: a.dir, Settings: settings}); err != nil {
		return err
	}
	defer func() {
		end, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		err = errors.Join(err, a.postgres.Stop(end))
	}()
	a.figures.Portals = c.Portals
	if c.Messages > 0 {
		a.figures.Messages = &c.Messages
	}
	if c.Only != "many" {
		if err := a.measureFirst(ctx); err != nil {
			return fmt.Errorf("first synchronisation: %w", err)
		}
	}
	if c.Only != "first" {
		if err := a.measureMany(ctx); err != nil {
			return fmt.Errorf("%d portals: %w", c.Portals, err)
		}
	}
	return json.NewEncoder(os.Stdout).Encode(a.figures)
}

// municipality is one of the register.
type municipality struct{ ars, name string }

// member and memberList are what PORTAL_MEMBERS holds.
type member struct {
	ID    string             `json:"id"`
	Name  string             `json:"name"`
	URL   string             `json:"url"`
	Kind  string             `json:"kind"`
	Areas []string           `json:"areas"`
	Roles []string           `json:"roles"`
	JWKS  jose.JSONWebKeySet `json:"jwks"`
}

type memberList struct {
	Name    string   `json:"name"`
	Members []member `json:"members"`
}

// configure gives the configuration of the portal with a number.
func (a *crowd) configure(name string, i int, listen string) app.Config {
	_, port, _ := net.SplitHostPort(listen) // it is a listener's
	dir := filepath.Join(a.dir, name)
	data := filepath.Join(dir, strconv.Itoa(i))
	return app.Config{
		Mode: app.Demonstration, PublicURL: "http://localhost:" + port, Listen: listen, Database: a.postgres.URL(fmt.Sprintf("%s_%d", name, i)), Data: data,
		Keys: filepath.Join(data, "keys"), Blob: filepath.Join(data, "blob"), NumberPrefix: "PV", LogLevel: "error", LogFormat: "json",
		Kind: "municipality", Members: filepath.Join(dir, "members.json"), Connections: connectionsEach, Timeout: 30 * time.Second, MaxConcurrent: 256, Rate: 1e6, RateBurst: 1e6, DrainTimeout: time.Second,
	}
}

// associate makes the databases, keys and list of members of n portals over real municipalities.
func (a *crowd) associate(ctx context.Context, name string, n int) ([]app.Config, error) {
	dir := filepath.Join(a.dir, name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	list := memberList{Name: "Portalverbund"}
	configs := make([]app.Config, n)
	listeners := make([]net.Listener, n)
	for i := range configs {
		var err error
		if listeners[i], err = (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
			return nil, err
		}
		configs[i] = a.configure(name, i, listeners[i].Addr().String())
		set, err := keys.New(true)
		if err != nil {
			return nil, err
		}
		master, err := envelope.New(true)
		if err != nil {
			return nil, err
		}
		if err := errors.Join(set.Save(configs[i].Keys), master.Save(configs[i].Keys), os.MkdirAll(configs[i].Data, 0o700)); err != nil {
			return nil, err
		}
		if i == 0 {
			if err := a.postgres.CreateDatabase(ctx, name+"_0"); err != nil {
				return nil, err
			}
		}
		m := member{ID: configs[i].PublicURL, URL: configs[i].PublicURL, Name: fmt.Sprintf("Portal %d", i), Kind: "municipality", Areas: []string{"00"}, Roles: []string{"portal"}, JWKS: set.Public()}
		if i == 0 {
			m.Kind, m.Roles = "county", []string{"anchor", "accountHome", "portal"}
		}
		list.Members = append(list.Members, m)
	}
	for _, l := range listeners {
		_ = l.Close()
	}
	write := func() error {
		text, err := json.Marshal(list)
		if err != nil {
			return err
		}
		return os.WriteFile(configs[0].Members, text, 0o600)
	}
	if err := write(); err != nil {
		return nil, err
	}
	places, err := a.municipalities(ctx, configs[0], n)
	if err != nil {
		return nil, err
	}
	for i, p := range places {
		list.Members[i].Areas, list.Members[i].Name = []string{p.ars}, p.name
		configs[i].Areas = list.Members[i].Areas
	}
	if err := a.copyDatabase(ctx, name, n); err != nil {
		return nil, err
	}
	return configs, write()
}

// copyDatabase makes the databases of the others from the first one, which has the register of places and nothing else.
func (a *crowd) copyDatabase(ctx context.Context, name string, n int) error {
	conn, err := pgx.Connect(ctx, a.postgres.AdminURL("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	for i := 1; i < n; i++ {
		database := pgx.Identifier{fmt.Sprintf("%s_%d", name, i)}.Sanitize()
		_, err := conn.Exec(ctx, "CREATE DATABASE "+database+" OWNER portal TEMPLATE "+pgx.Identifier{name + "_0"}.Sanitize())
		if err != nil {
			return err
		}
	}
	return nil
}

// municipalities fills the first database with the register of places, and gives n of them.
func (a *crowd) municipalities(ctx context.Context, c app.Config, n int) (list []municipality, err error) {
	if err := app.Prepare(ctx, c, app.Seed{Name: "empty"}, c.Logger()); err != nil {
		return nil, err
	}
	conn, err := pgx.Connect(ctx, c.Database)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(ctx) }()
	rows, err := conn.Query(ctx, "SELECT ars, name FROM places WHERE level = 'gemeinde' ORDER BY md5(ars) LIMIT $1", n)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (p municipality, err error) { return p, row.Scan(&p.ars, &p.name) })
}

// fill gives a portal a generated catalog for its area, as others take in nothing that speaks for another one.
func fill(ctx context.Context, c app.Config, seed byte, units, services int) error {
	var lines bytes.Buffer
	g := newGenerator(seed)
	g.units, g.areas = g.units[:units], c.Areas
	if _, err := g.write(&lines, services); err != nil {
		return err
	}
	return app.Prepare(ctx, c, app.Seed{Name: "generated", Catalog: lines.Bytes()}, c.Logger())
}

// start runs the portals in a process of their own.
func (a *crowd) start(ctx context.Context, name string, configs []app.Config) (*host, error) {
	text, err := json.Marshal(configs)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(a.dir, name+".json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := []string{"host", file}
	if a.Profile != "" {
		args = append(args, "--profile", filepath.Join(a.Profile, name+".pprof"))
	}
	h := &host{cmd: exec.CommandContext(context.WithoutCancel(ctx), self, args...)}
	h.cmd.Stderr = os.Stderr
	if h.stdin, err = h.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	h.answers = bufio.NewScanner(out)
	if err := h.cmd.Start(); err != nil {
		return nil, err
	}
	if !h.answers.Scan() || h.answers.Text() != "running" {
		h.stop()
		return nil, errors.New("the portals do not start")
	}
	return h, nil
}

func (h *host) stop() {
	_ = h.stdin.Close()
	_ = h.cmd.Wait() // what it said is on standard error
}

// progress says from time to time how much of something has been done.
type progress struct {
	mu   sync.Mutex
	done int
	told time.Time
}

func (p *progress) step(what string, of int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	if now := time.Now(); now.Sub(p.told) >= toldEvery || p.done == of {
		p.told = now
		say("  %d of %d portals %s", p.done, of, what)
	}
}

// replicated counts the copies that a portal has of the others' entries.
func replicated(ctx context.Context, conn *pgx.Conn) (n int, err error) {
	err = conn.QueryRow(ctx, "SELECT coalesce(sum(entries), 0) FROM federation_replicas").Scan(&n)
	return n, err
}

func (a *crowd) pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// measureFirst lets a portal that is new read a large catalog, and puts the rows that it then has into bare tables by COPY.
func (a *crowd) measureFirst(ctx context.Context) error {
	say("A first synchronisation: %d services …", a.First)
	configs, err := a.associate(ctx, "first", 2)
	if err != nil {
		return err
	}
	if err := fill(ctx, configs[0], 7, 50, a.First); err != nil {
		return err
	}
	if err := app.Prepare(ctx, configs[1], app.Seed{Name: "empty"}, configs[1].Logger()); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, configs[1].Database)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	owner, err := a.start(ctx, "owner", configs[:1])
	if err != nil {
		return err
	}
	defer owner.stop()
	if err := a.waitFindable(ctx, configs[0].PublicURL, a.First); err != nil { // its own index is no part of it
		return err
	}
	before, databaseBefore := a.spent(owner), cpuOfChildren(a.postgres.PID())
	reader, err := a.start(ctx, "reader", configs[1:])
	if err != nil {
		return err
	}
	defer reader.stop()
	begun := a.spent(reader)
	want := 2*a.First + 50
	first, err := a.waitReplicated(ctx, conn, want)
	if err != nil {
		return err
	}
	took := time.Since(first)
	if err := a.waitFindable(ctx, configs[1].PublicURL, a.First); err != nil {
		return err
	}
	findable := time.Since(first)
	ownerSpent, readerSpent, database := a.spent(owner)-before, a.spent(reader)-begun, cpuOfChildren(a.postgres.PID())-databaseBefore
	rate := float64(want) / took.Seconds()
	copied, copiedFor, err := a.bareCopy(ctx, conn)
	if err != nil {
		return err
	}
	a.figures.SyncPerSecond = *rounded(rate, 0)
	a.figures.SyncCopyRatio = *rounded(rate/(float64(want)/copied.Seconds()), 3)
	say("first synchronisation: %d entries in %s, %.0f a second; all of it findable after %s; a bare COPY of the same rows: %s, ratio %.3f",
		want, took.Round(time.Millisecond), rate, findable.Round(time.Millisecond), copied.Round(time.Millisecond), a.figures.SyncCopyRatio)
	say("processor time of it: owner %.2f s, reader with its search index %.2f s, PostgreSQL of both %.2f s (COPY: %.2f s)",
		ownerSpent.Seconds(), readerSpent.Seconds(), database.Seconds(), copiedFor.Seconds())
	return nil
}

// spent is the processor time that hosts have used.
func (a *crowd) spent(hosts ...*host) (all time.Duration) {
	for _, h := range hosts {
		used, _ := cpu(h.cmd.Process.Pid)
		all += used
	}
	return all
}

// waitReplicated waits until a portal has so many copies, and gives the time at which it began to read: the first page is
// asked for before any row is there.
func (a *crowd) waitReplicated(ctx context.Context, conn *pgx.Conn, want int) (begun time.Time, err error) {
	begun = time.Now()
	end := begun.Add(syncPatience)
	for {
		n, err := replicated(ctx, conn)
		if err != nil || n >= want {
			return begun, err
		}
		if time.Now().After(end) {
			return begun, fmt.Errorf("%d of %d entries after %s", n, want, syncPatience)
		}
		if err := a.pause(ctx, 10*time.Millisecond); err != nil {
			return begun, err
		}
	}
}

// waitFindable waits until the search of a portal knows so many services.
func (a *crowd) waitFindable(ctx context.Context, portal string, services int) error {
	for end := time.Now().Add(syncPatience); ; {
		var found struct {
			Total int `json:"total"`
		}
		if err := a.read(ctx, portal+"/api/v1/services?limit=1", &found); err != nil {
			return err
		}
		if found.Total >= services {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("%d of %d services are findable after %s", found.Total, services, syncPatience)
		}
		if err := a.pause(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}

func (a *crowd) read(ctx context.Context, address string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	response, err := a.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(into)
}

// bareCopy is how long the same rows take by COPY into tables without any index, and PostgreSQL's processor time for it.
func (a *crowd) bareCopy(ctx context.Context, conn *pgx.Conn) (took, spent time.Duration, err error) {
	for _, table := range []string{"catalog_organisations", "catalog_services", "catalog_competences", "federation_replica_entries"} {
		var rows bytes.Buffer
		if _, err := conn.PgConn().CopyTo(ctx, &rows, "COPY (SELECT * FROM "+table+") TO STDOUT (FORMAT binary)"); err != nil {
			return 0, 0, err
		}
		if _, err := conn.Exec(ctx, "CREATE TABLE bare_"+table+" (LIKE "+table+")"); err != nil {
			return 0, 0, err
		}
		before, begun := cpuOfChildren(a.postgres.PID()), time.Now()
		if _, err := conn.PgConn().CopyFrom(ctx, &rows, "COPY bare_"+table+" FROM STDIN (FORMAT binary)"); err != nil {
			return 0, 0, err
		}
		took += time.Since(begun)
		spent += cpuOfChildren(a.postgres.PID()) - before
	}
	return took, spent, nil
}

// measureMany runs the association: how long until a change is found at all others, memory, and cost while nothing happens.
func (a *crowd) measureMany(ctx context.Context) error {
	say("Filling %d portals with %d services each …", a.Portals, a.Services)
	configs, err := a.associate(ctx, "portal", a.Portals)
	if err != nil {
		return err
	}
	var filled progress
	if err := each(a.Portals, 2, func(i int) error {
		err := fill(ctx, configs[i], byte(i), 5, a.Services)
		filled.step("filled", a.Portals)
		return err
	}); err != nil {
		return err
	}
	say("Starting %d portals, at most %d in a process …", a.Portals, portalsEach)
	begun := time.Now()
	hosts, err := a.startMany(ctx, configs)
	defer func() {
		for _, h := range hosts {
			h.stop()
		}
	}()
	if err != nil {
		return err
	}
	say("all of them answer after %s", time.Since(begun).Round(100*time.Millisecond))
	if err := a.waitSynchronised(ctx, configs); err != nil {
		return err
	}
	say("all have the catalogs of all others %s after the first one was started", time.Since(begun).Round(100*time.Millisecond))
	if err := a.calm(ctx, hosts); err != nil {
		return err
	}
	var took []time.Duration
	own := a.spent(hosts...)
	database := cpuOfChildren(a.postgres.PID())
	for n := range max(a.Changes, 1) {
		ways, err := a.propagate(ctx, hosts, configs, n)
		if err != nil {
			return err
		}
		took = append(took, ways...)
		slices.Sort(ways)
		say("  change %d of %d: found at half of them after %.0f ms, at all after %.0f ms", n+1, max(a.Changes, 1), milliseconds(percentile(ways, 0.5)), milliseconds(ways[len(ways)-1]))
	}
	spent := a.spent(hosts...) - own + cpuOfChildren(a.postgres.PID()) - database
	slices.Sort(took)
	a.figures.P50, a.figures.P99 = *rounded(milliseconds(percentile(took, 0.5)), 0), *rounded(milliseconds(percentile(took, 0.99)), 0)
	say("a change is found at another portal: p50 %.0f ms, p99 %.0f ms, at most %.0f ms (%d ways)", a.figures.P50, a.figures.P99, milliseconds(took[len(took)-1]), len(took))
	say("processor time for it: %.1f ms for each way, of both portals, PostgreSQL and those who ask until it is found", milliseconds(spent)/float64(len(took)))
	return a.measureIdleCrowd(ctx, hosts)
}

// calm waits until the portals do little, so that what follows is not measured while they still sort what they have read: for at most
// calmPatience.
func (a *crowd) calm(ctx context.Context, hosts []*host) error {
	const look = 5 * time.Second
	begun := time.Now()
	for time.Since(begun) < calmPatience {
		before := a.spent(hosts...) + cpuOfChildren(a.postgres.PID())
		if err := a.pause(ctx, look); err != nil {
			return err
		}
		if used := a.spent(hosts...) + cpuOfChildren(a.postgres.PID()) - before; used < time.Duration(float64(look)*max(0.5, calmShare*float64(a.Portals))) {
			say("they are calm after another %s", time.Since(begun).Round(time.Second))
			return nil
		}
	}
	say("they are not calm after another %s; measured all the same", calmPatience)
	return nil
}

// startMany starts portals in several processes at once.
func (a *crowd) startMany(ctx context.Context, configs []app.Config) ([]*host, error) {
	parts := slices.Collect(slices.Chunk(configs, portalsEach))
	hosts := make([]*host, len(parts))
	err := each(len(parts), 1, func(i int) (err error) {
		hosts[i], err = a.start(ctx, fmt.Sprintf("portals-%d", i), parts[i])
		return err
	})
	return slices.DeleteFunc(hosts, func(h *host) bool { return h == nil }), err
}

// each does something for all numbers below n, some at once.
func each(n, atOnce int, do func(i int) error) error {
	next, failed := make(chan int), make(chan error, n)
	var all sync.WaitGroup
	for range atOnce {
		all.Go(func() {
			for i := range next {
				failed <- do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	all.Wait()
	close(failed)
	var err error
	for one := range failed {
		err = errors.Join(err, one)
	}
	return err
}

// waitSynchronised waits until every portal has what all others publish.
func (a *crowd) waitSynchronised(ctx context.Context, configs []app.Config) error {
	want := (a.Portals - 1) * (5 + 2*a.Services)
	var done progress
	return each(len(configs), askersAtOnce, func(i int) error {
		defer done.step("have all catalogs", a.Portals)
		conn, err := pgx.Connect(ctx, configs[i].Database)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close(ctx) }()
		for end := time.Now().Add(syncPatience); ; {
			n, err := replicated(ctx, conn)
			if err != nil || n >= want {
				return err
			}
			if time.Now().After(end) {
				return fmt.Errorf("portal %d has %d of %d entries", i, n, want)
			}
			if err := a.pause(ctx, 200*time.Millisecond); err != nil {
				return err
			}
		}
	})
}

// propagate makes a new service at one portal and asks all others, in turns, until each of them finds it.
func (a *crowd) propagate(ctx context.Context, hosts []*host, configs []app.Config, n int) ([]time.Duration, error) {
	from := (n * 37) % len(configs)
	h := hosts[from/portalsEach]
	title := fmt.Sprintf("Nagelneue Leistung %c%c", 'A'+rune(n/26), 'a'+rune(n%26))
	id := uuid.NewSHA1(uuid.NameSpaceOID, []byte(title))
	line := fmt.Sprintf(`{"kind":%q,"id":%q,"title":{"de":%q},"trustLevel":"low","updatedAt":"2026-01-01T00:00:00Z"}`, catalog.KindService, id, title)
	file := filepath.Join(a.dir, fmt.Sprintf("change-%d.jsonl", n))
	if err := os.WriteFile(file, []byte(line+"\n"), 0o600); err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(h.stdin, "change %d %s\n", from%portalsEach, file); err != nil {
		return nil, err
	}
	if !h.answers.Scan() {
		return nil, errors.New("the portals have ended")
	}
	nanoseconds, err := strconv.ParseInt(strings.TrimPrefix(h.answers.Text(), "done "), 10, 64)
	if err != nil {
		return nil, err
	}
	changed := time.Unix(0, nanoseconds)
	took := make([]time.Duration, len(configs))
	err = each(len(configs), askersAtOnce, func(i int) error {
		for i != from {
			found, err := a.finds(ctx, configs[i].PublicURL, title, id.String())
			if err != nil {
				return err
			}
			if took[i] = time.Since(changed); found {
				return nil
			}
			if took[i] > foundPatience {
				return fmt.Errorf("%q of portal %d is not found at portal %d", title, from, i)
			}
			// Who asks takes time from those who are asked: the longer it takes, the less exactly it must be known.
			if err := a.pause(ctx, askEvery+took[i]/30); err != nil {
				return err
			}
		}
		return nil
	})
	return slices.Delete(took, from, from+1), err
}

func (a *crowd) finds(ctx context.Context, portal, title, id string) (bool, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, portal+"/api/v1/services?limit=5&q="+url.QueryEscape(title), nil)
	if err != nil {
		return false, err
	}
	response, err := a.client.Do(request)
	if err != nil {
		return false, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return bytes.Contains(text, []byte(id)), err
}

// measureIdleCrowd looks at memory and processor time while nobody does anything.
func (a *crowd) measureIdleCrowd(ctx context.Context, hosts []*host) error {
	if err := a.pause(ctx, idleFor/3); err != nil {
		return err
	}
	before := a.spent(hosts...)
	database := cpuOfChildren(a.postgres.PID())
	if err := a.pause(ctx, idleFor); err != nil {
		return err
	}
	after := a.spent(hosts...)
	databaseAfter := cpuOfChildren(a.postgres.PID())
	memory := 0.0
	for _, h := range hosts {
		used, known := rss(h.cmd.Process.Pid)
		if !known {
			return errors.New("memory and processor time are known on Linux only")
		}
		memory += used
	}
	share := func(d time.Duration) float64 { return 100 * d.Seconds() / idleFor.Seconds() / float64(a.Portals) }
	a.figures.RSS = *rounded(memory/float64(a.Portals), 1)
	a.figures.IdleCPU = *rounded(share(after-before+databaseAfter-database), 2)
	say("memory: %.0f MiB for all, %.1f MiB for each; idle: %.2f %% of a processor for each, and %.2f %% for its share of PostgreSQL",
		memory, a.figures.RSS, share(after-before), share(databaseAfter-database))
	return nil
}
