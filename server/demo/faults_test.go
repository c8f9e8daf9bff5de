package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/server/app"
)

const (
	// clockFile names the file by whose content (nanoseconds) the clock of a portal's link is ahead; it also tells the
	// test binary to act as that portal.
	clockFile = "DEMO_TEST_CLOCK"
	// faultRuns is how many runs TestFaults makes; each has its own association. Without it, one short run.
	faultRuns = "PORTALVERBUND_FAULT_RUNS"
	// faultSeed is the seed of a run that is to be made again; times still differ from run to run.
	faultSeed = "PORTALVERBUND_FAULT_SEED"

	shortRounds = 18 // each fault once
	fullRounds  = 40
	settleTime  = 2 * time.Minute
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))) // as main does
	if file := os.Getenv(clockFile); file != "" {
		if err := livePortal(file); err != nil && !errors.Is(err, context.Canceled) {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// livePortal is what `server serve` does, with a clock that the test can move.
func livePortal(clock string) error {
	var c struct {
		app.Config `embed:""`
	}
	parser, err := kong.New(&c)
	if err != nil {
		return err
	}
	if _, err := parser.Parse(nil); err != nil {
		return err
	}
	c.Now = func() time.Time { return time.Now().Add(aheadBy(clock)) }
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { // the test is gone when this pipe ends
		_, _ = os.Stdin.Read(make([]byte, 1))
		cancel()
	}()
	return app.Serve(ctx, c.Config)
}

func aheadBy(clock string) time.Duration {
	data, err := os.ReadFile(clock)
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseInt(string(data), 10, 64) // an empty file while it is written: no difference
	return time.Duration(n)
}

// linked is a portal with a PostgreSQL, a clock and a faulty link of its own.
type linked struct {
	t        *testing.T
	site     Site
	url      string
	config   app.Config
	postgres *db.Embedded
	program  *program
	link     *link
	clock    string
}

// set moves the portal's clock.
func (l *linked) set(ahead time.Duration) {
	require.NoError(l.t, os.WriteFile(l.clock+".new", []byte(strconv.FormatInt(int64(ahead), 10)), 0o600))
	require.NoError(l.t, os.Rename(l.clock+".new", l.clock))
}

func (l *linked) killDatabase() {
	if process, err := os.FindProcess(l.postgres.PID()); err == nil {
		_ = process.Kill() // it may have ended already
	}
}

// faulty is an association whose portals reach each other through faulty links only.
type faulty struct {
	t       *testing.T
	random  *rand.Rand
	answers map[string]json.RawMessage
	portals map[string]*linked
	names   []string

	citizens map[string]*person // by the portal that keeps their account: the county's, and that of Lathen
	clerks   map[string]*person
	handed   map[uuid.UUID]errandAt

	faults int
}

// errandAt is an application that a citizen has handed in, and was told so.
type errandAt struct {
	home, origin, authority, number string
}

// accountHomes are the portals of this association that keep accounts.
func accountHomes() []string { return []string{"landkreis", "lathen"} }

// withTwoHomes gives the sites of the demonstration with another account home, and a citizen there.
func withTwoHomes() []Site {
	all := sites()
	for i, s := range all {
		if s.Name == "lathen" {
			all[i].Roles = append(s.Roles, "accountHome")
			all[i].Accounts = append(s.Accounts, Account{Email: "levke.beispiel@example.org", Password: "Heidekraut-am-Wegesrand", GivenName: "Levke", FamilyName: "Beispiel", BirthDate: "1990-05-17"})
		}
	}
	return all
}

func startFaulty(t *testing.T, random *rand.Rand) *faulty {
	t.Helper()
	f := &faulty{t: t, random: random, answers: sampleAnswers(t), portals: map[string]*linked{}, citizens: map[string]*person{}, clerks: map[string]*person{}, handed: map[uuid.UUID]errandAt{}}
	dir := t.TempDir()
	for d := dir; len(d) > len(os.TempDir()); d = filepath.Dir(d) {
		require.NoError(t, os.Chmod(d, 0o755)) // PostgreSQL runs as another user
	}
	pages := filepath.Join(dir, "pages")
	require.NoError(t, os.MkdirAll(pages, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(pages, "index.html"), []byte(`<!doctype html><html lang="de"><title>Portal</title><div id="root"></div></html>`), 0o600))
	log := slog.New(slog.DiscardHandler)
	base := &association{Options: Options{Data: dir, SPA: pages, Out: t.Output(), Log: log}, sites: withTwoHomes()}
	var err error
	base.ports, base.reserved, err = choosePorts(base.sites, shift(), func(string, ...any) {})
	require.NoError(t, err)
	t.Cleanup(base.reserved.release)
	base.set = base.ports.set(base.sites)
	base.dir = filepath.Join(dir, base.set)
	links := newLinks(t, random.Uint64())
	members := membersFile{Name: AssociationName}
	for _, s := range base.sites {
		set, err := ownKeys(filepath.Join(base.dir, s.Name, "keys"))
		require.NoError(t, err)
		l := &linked{t: t, site: s, url: base.url(s), clock: filepath.Join(dir, s.Name+".clock")}
		l.link = links.open(s.Name, l.url)
		f.portals[s.Name] = l
		f.names = append(f.names, s.Name)
		members.Members = append(members.Members, memberEntry{
			ID: l.url, Name: s.Title, URL: l.link.url, Kind: s.Kind, Areas: s.Areas, Roles: s.Roles, JWKS: set.Public(),
		})
	}
	require.NoError(t, writeJSON(base.membersFile(), members))
	require.NoError(t, base.prepareProvider())
	require.NoError(t, base.prepareChannels())
	require.NoError(t, base.prepareIdentity())
	self, err := os.Executable()
	require.NoError(t, err)
	prepared := make(chan error, len(f.names))
	for _, name := range f.names {
		go func() { prepared <- f.portals[name].prepare(t, *base, self) }()
	}
	for range f.names {
		require.NoError(t, <-prepared)
	}
	base.reserved.release()
	for _, name := range f.names {
		go func() { prepared <- f.portals[name].program.start(t.Context()) }()
	}
	for range f.names {
		require.NoError(t, <-prepared)
	}
	f.signIn()
	return f
}

// prepare makes the portal's PostgreSQL, its content and its program. It does not start the program.
func (l *linked) prepare(t *testing.T, base association, self string) (err error) {
	base.postgres, err = db.StartEmbedded(context.WithoutCancel(t.Context()), db.EmbeddedOptions{DataDir: filepath.Join(base.Data, "db-"+l.site.Name), Log: base.Log})
	if err != nil {
		return err
	}
	l.postgres = base.postgres
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		_ = l.postgres.Stop(ctx)
	})
	if err := base.prepareSite(t.Context(), l.site); err != nil {
		return err
	}
	l.config = base.config(l.site)
	l.config.Members = base.membersFile() // with the addresses of the faulty links
	l.program = &program{
		name: l.site.Name, path: self, env: append(Environment(l.config), clockFile+"="+l.clock), log: base.Log,
		ready: l.url + "/readyz", logs: filepath.Join(base.dir, "logs", l.site.Name+".log"),
	}
	t.Cleanup(func() {
		l.program.stop()
		if t.Failed() {
			text, _ := os.ReadFile(l.program.logs)
			t.Logf("%s, the end of its log:\n%s", l.site.Name, text[max(0, len(text)-6000):])
		}
	})
	return nil
}

// signIn brings the citizens of both account homes to every portal, also to each other's home, and a clerk to each.
func (f *faulty) signIn() {
	for _, homeName := range accountHomes() {
		home, citizen := f.portals[homeName], newPerson(f.t)
		account := citizenOf(f.t, home.site.Accounts)
		citizen.signInHere(home.url, account.Email, account.Password)
		for _, l := range f.portals {
			if l != home {
				citizen.signInByHome(l.url, home.url, account.Email, account.Password)
			}
			require.Equal(f.t, home.url, citizen.session(l.url).AccountHome.Id)
		}
		f.citizens[homeName] = citizen
	}
	for _, name := range f.names {
		l := f.portals[name]
		f.clerks[name] = newPerson(f.t)
		f.clerks[name].signInHere(l.url, l.site.Accounts[0].Email, l.site.Accounts[0].Password)
	}
}

// handIn applies at one portal for something that another one, mostly, is competent for.
func (f *faulty) handIn() {
	ways := []struct{ origin, words, ars, authority string }{
		{"meppen", "auto abmelden", meppen, "landkreis"},
		{"lathen", "auto abmelden", meppen, "landkreis"},
		{"landkreis", "hund anmelden", meppen, "meppen"},
		{"lathen", "hund anmelden", meppen, "meppen"},
	}
	homes, n := accountHomes(), len(f.handed)
	w, home := ways[n/len(homes)%len(ways)], homes[n%len(homes)]
	portal, citizen := f.portals[w.origin].url, f.citizens[home]
	draft := citizen.startApplication(portal, w.words, w.ars, f.answers)
	f.handed[draft.Id] = errandAt{home, w.origin, w.authority, citizen.submit(portal, draft.Id)}
}

// work lets a clerk take what is new into work: a status that must reach the portal of origin.
func (f *faulty) work(name string, most int) {
	var found types.CaseList
	portal := f.portals[name].url
	f.clerks[name].get(portal+"/api/v1/cases?state=received&limit=50", &found)
	for i, c := range found.Items {
		if i == most {
			return
		}
		key := uuid.NewSHA1(c.Id, []byte("start")).String()
		f.clerks[name].call(http.MethodPost, fmt.Sprintf("%s/api/v1/cases/%s/start", portal, c.Id), nil, "Idempotency-Key", key)
	}
}

// round begins a fault, lets people work, and ends it again.
func (f *faulty) round(fault fault) {
	name := f.names[f.random.IntN(len(f.names))]
	f.t.Logf("%s at %s", fault.name, name)
	f.faults++
	end := fault.begin(f, f.portals[name])
	for range 1 + f.random.IntN(3) {
		f.handIn()
	}
	f.work([]string{"landkreis", "meppen"}[f.random.IntN(2)], 2)
	pause(f.t.Context(), time.Duration(f.random.IntN(700))*time.Millisecond)
	end()
}

// TestFaults_NothingLostNothingTwice lets three portals, each with a PostgreSQL of its own, work through links on which
// everything happens that can, while servers and databases are killed and clocks go wrong. Afterwards every application
// is at its authority exactly once, every status at the portal of origin, and every message log is whole.
func TestFaults_NothingLostNothingTwice(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a whole association; run without -short")
	}
	runs, err := strconv.Atoi(os.Getenv(faultRuns))
	full := err == nil && runs > 0
	rounds := shortRounds
	if full {
		rounds = fullRounds
	} else {
		runs = 1
	}
	total := faultFigures{}
	for run := range runs {
		t.Run(fmt.Sprintf("run %d", run+1), func(t *testing.T) {
			seed := uint64(time.Now().UnixNano())
			if given, err := strconv.ParseUint(os.Getenv(faultSeed), 10, 64); err == nil {
				seed = given
			}
			t.Logf("seed %d", seed)
			f := startFaulty(t, rand.New(rand.NewPCG(seed, 0)))
			order := f.random.Perm(len(faults))
			for i := range rounds {
				f.round(faults[order[i%len(order)]])
			}
			if full {
				f.weekAway()
			}
			figures := f.settle()
			total.add(figures)
			require.Zero(t, figures.Lost, "lost")
			require.Zero(t, figures.Doubled, "doubled")
			f.signOutAtOneHome()
		})
	}
	line, err := json.Marshal(total)
	require.NoError(t, err)
	t.Logf("figures %s", line)
	if file := os.Getenv("PORTALVERBUND_FIGURES"); file != "" {
		require.NoError(t, os.WriteFile(file, line, 0o600))
	}
}

// weekAway keeps the county's portal out of reach for a week, while people go on applying.
func (f *faulty) weekAway() {
	f.faults++
	away := f.portals["landkreis"]
	_ = away.link.close()
	for range 4 {
		f.handIn()
	}
	for day := range 7 {
		for _, l := range f.portals {
			l.set(time.Duration(day+1) * 24 * time.Hour)
		}
		pause(f.t.Context(), 1500*time.Millisecond)
	}
	away.link.reopen()
}

// faultFigures are what the command prints.
type faultFigures struct {
	Runs     int `json:"runs"`
	Faults   int `json:"faults"`
	Messages int `json:"messages"`
	Lost     int `json:"lost"`
	Doubled  int `json:"doubled"`
}

func (a *faultFigures) add(b faultFigures) {
	a.Runs += b.Runs
	a.Faults += b.Faults
	a.Messages += b.Messages
	a.Lost += b.Lost
	a.Doubled += b.Doubled
}

// settle waits until nothing is on its way any more, and counts.
func (f *faulty) settle() faultFigures {
	for _, l := range f.portals {
		require.NoError(f.t, l.program.waitReady(f.t.Context()))
	}
	deadline := time.Now().Add(settleTime)
	for began := time.Now(); ; {
		for _, name := range []string{"landkreis", "meppen"} {
			f.work(name, 50)
		}
		waiting := f.waiting()
		if waiting == 0 && f.count().Lost == 0 {
			f.t.Logf("settled after %v", time.Since(began).Round(100*time.Millisecond))
			break
		}
		if time.Now().After(deadline) {
			f.t.Errorf("%d messages are still on their way", waiting)
			f.tellWaiting()
			break
		}
		pause(f.t.Context(), 300*time.Millisecond)
	}
	for _, name := range f.names {
		f.verifyLog(name)
	}
	f.verifyReceipts()
	f.checkMailboxes()
	return f.count()
}

// checkMailboxes reads the mailboxes at a portal that keeps no accounts: what is about an application is with the account of who made it, at
// their own account home, and nowhere else.
func (f *faulty) checkMailboxes() {
	f.t.Helper()
	meppen := f.portals["meppen"].url
	for home, citizen := range f.citizens {
		about, cursor := map[string]bool{}, ""
		for more := true; more; {
			var list types.MailboxList
			citizen.get(meppen+"/api/v1/mailbox?limit=100&cursor="+url.QueryEscape(cursor), &list)
			for _, summary := range list.Items {
				var m types.MailboxMessage
				citizen.get(fmt.Sprintf("%s/api/v1/mailbox/%s", meppen, summary.Id), &m)
				require.NotNil(f.t, m.Link)
				about[path.Base(*m.Link)] = true
			}
			if more = list.NextCursor != nil; more {
				cursor = *list.NextCursor
			}
		}
		for id, e := range f.handed {
			require.Equal(f.t, e.home == home, about[id.String()], "application %s of a person of %s in a mailbox at %s", e.number, e.home, home)
		}
	}
}

// signOutAtOneHome ends a sign-in at one account home: at every portal, and of nobody else.
func (f *faulty) signOutAtOneHome() {
	f.t.Helper()
	home := f.portals["landkreis"].url
	leaving, staying := f.citizens["landkreis"], f.citizens["lathen"]
	leaving.session(home)
	a := leaving.call(http.MethodDelete, home+"/api/v1/session", nil)
	require.Equal(f.t, http.StatusOK, a.status, "%s", a.body)
	for name, l := range f.portals {
		for began := time.Now(); leaving.session(l.url).SignedIn; pause(f.t.Context(), 100*time.Millisecond) {
			require.Less(f.t, time.Since(began), settleTime, "still signed in at %s", name)
		}
		require.True(f.t, staying.session(l.url).SignedIn, "somebody of another account home is signed out at %s", name)
	}
}

// ask reads numbers from a portal's database.
func (l *linked) ask(query string, into any) {
	l.t.Helper()
	d, err := db.Open(l.t.Context(), l.config.Database, db.Options{MaxConns: 2})
	require.NoError(l.t, err)
	defer d.Close()
	require.NoError(l.t, d.From(l.t.Context()).Raw(query).Scan(into).Error)
}

// waiting counts the messages that have no receipt yet.
func (f *faulty) waiting() int {
	sum := 0
	for _, l := range f.portals {
		var n int
		l.ask("SELECT count(*) FROM federation_outbox WHERE state <> 'delivered'", &n)
		sum += n
	}
	return sum
}

// tellWaiting logs what is still on its way, and what it waits for.
func (f *faulty) tellWaiting() {
	for name, l := range f.portals {
		var messages, peers []string
		l.ask(`SELECT concat_ws(' ', kind, 'to', recipient, state, 'head', head, 'attempts', attempts, 'due in', next_at - now(), 'leased for',
			nullif(leased_until, 'epoch') - now(), last_error) FROM federation_outbox WHERE state <> 'delivered' ORDER BY recipient, seq`, &messages)
		l.ask(`SELECT concat_ws(' ', id, failures, 'failures, retry in', retry_at - now(), 'enqueued', now() - enqueued_at, 'ago') FROM federation_peers`, &peers)
		for _, line := range append(messages, peers...) {
			f.t.Logf("%s: %s", name, line)
		}
	}
}

// count compares what citizens were told with what is at the authorities, and what is there with what they see.
func (f *faulty) count() faultFigures {
	c := faultFigures{Runs: 1, Faults: f.faults}
	type file struct {
		ApplicationID uuid.UUID
		Number, State string
	}
	files, seen := map[string]map[uuid.UUID][]file{}, map[string]map[uuid.UUID]string{}
	for name, l := range f.portals {
		var own, applications []file
		var messages, doubled int
		l.ask("SELECT application_id, number, state FROM cases", &own)
		l.ask("SELECT id AS application_id, state FROM applications", &applications)
		l.ask("SELECT count(*) FROM federation_log WHERE direction = 'received' AND outcome = 'accepted'", &messages)
		l.ask("SELECT count(*) - count(DISTINCT (peer, message_id)) FROM federation_log WHERE direction = 'received' AND outcome = 'accepted'", &doubled)
		c.Messages += messages
		c.Doubled += doubled
		files[name], seen[name] = map[uuid.UUID][]file{}, map[uuid.UUID]string{}
		for _, one := range own {
			files[name][one.ApplicationID] = append(files[name][one.ApplicationID], one)
		}
		for _, one := range applications {
			seen[name][one.ApplicationID] = one.State
		}
	}
	for id, e := range f.handed {
		there := files[e.authority][id]
		for name := range f.portals {
			if name != e.authority && len(files[name][id]) > 0 {
				c.Doubled++
			}
		}
		switch {
		case len(there) == 0, there[0].Number != e.number, seen[e.origin][id] != there[0].State:
			c.Lost++
		case len(there) > 1:
			c.Doubled += len(there) - 1
		}
	}
	return c
}

// verifyLog exports a portal's message log, and verifies the file with public keys alone.
func (f *faulty) verifyLog(name string) {
	f.t.Helper()
	c := f.portals[name].config
	file := filepath.Join(c.Data, "message-log-"+uuid.NewString()+".jsonl")
	require.NoError(f.t, app.ExportLog(f.t.Context(), c, file, nil))
	require.NoError(f.t, app.VerifyLogFile(f.t.Context(), app.Config{Members: c.Members}, file, f.t.Output()), "the message log of %s", name)
}

// verifyReceipts takes the receipts as the citizen gets them, and verifies them with public keys alone; one that speaks of
// other content must not pass.
func (f *faulty) verifyReceipts() {
	f.t.Helper()
	c := app.Config{Members: f.portals["meppen"].config.Members}
	file := filepath.Join(f.t.TempDir(), "receipts.json")
	var receipts [][]byte
	for id, e := range f.handed {
		answer := f.citizens[e.home].call(http.MethodGet, fmt.Sprintf("%s/api/v1/applications/%s/receipt", f.portals[e.origin].url, id), nil)
		require.Equal(f.t, http.StatusOK, answer.status, "%s", answer.body)
		receipts = append(receipts, answer.body)
	}
	require.NoError(f.t, os.WriteFile(file, bytes.Join(receipts, []byte("\n")), 0o600))
	var said strings.Builder
	require.NoError(f.t, app.VerifyApplication(f.t.Context(), c, file, &said))
	require.Equal(f.t, len(f.handed), strings.Count(said.String(), "has signed that content"))
	var one types.Receipt
	require.NoError(f.t, json.Unmarshal(receipts[0], &one))
	for name, edit := range map[string]func(r *types.Receipt){
		"for other content": func(r *types.Receipt) { r.ContentHash = strings.Repeat("0", 64) },
		"it arrived at":     func(r *types.Receipt) { at := r.ArrivedAt.Add(time.Second); r.ArrivedAt = &at },
		"not by":            func(r *types.Receipt) { r.Portal.Id = "https://other.example" },
		"signature": func(r *types.Receipt) {
			text := (*r.SignedReceipt)[:40] + "x" + (*r.SignedReceipt)[41:]
			r.SignedReceipt = &text
		},
		"no receipt": func(r *types.Receipt) { r.SignedReceipt = nil },
	} {
		other := one
		edit(&other)
		data, err := json.Marshal(other)
		require.NoError(f.t, err)
		require.NoError(f.t, os.WriteFile(file, data, 0o600))
		err = app.VerifyApplication(f.t.Context(), c, file, &said)
		if name == "signature" {
			require.Error(f.t, err)
			continue
		}
		require.ErrorContains(f.t, err, name)
	}
}
