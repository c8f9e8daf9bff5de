package demo

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
	"portalverbund/db/dbtest"
	"portalverbund/server/app"
)

// example is a fenced block of the guide: its language, its name if it has one, and its text.
type example struct{ language, name, text string }

// readGuide gives the examples of the guide in their order.
func readGuide(t *testing.T) []example {
	t.Helper()
	guide, err := os.ReadFile("../../api/GUIDE.md")
	require.NoError(t, err)
	var all []example
	for _, m := range regexp.MustCompile("(?ms)^```([a-z]+)(?: (\\S+))?\n(.*?)^```$").FindAllStringSubmatch(string(guide), -1) {
		all = append(all, example{m[1], m[2], m[3]})
	}
	require.Len(t, all, strings.Count("\n"+string(guide), "\n```")/2, "a block that is not read")
	return all
}

// guided is a portal that stands alone, with the county's services, as the guide has it.
type guided struct {
	t      *testing.T
	config app.Config
	stop   func()
}

func newGuided(t *testing.T) *guided {
	t.Helper()
	free, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := free.Addr().(*net.TCPAddr).AddrPort()
	require.NoError(t, free.Close())
	site, dir := sites()[0], t.TempDir()
	c := app.Config{
		Mode: app.Demonstration, PublicURL: "http://" + address.String(), Listen: address.String(), Database: dbtest.URL(t), Data: dir,
		Providers: filepath.Join(dir, "providers.json"), Name: site.Title, Kind: site.Kind, Areas: site.Areas, NumberPrefix: site.Prefix, LogLevel: "error", LogFormat: "text",
		Timeout: 30 * time.Second, UploadTimeout: time.Minute, MaxConcurrent: 64, Rate: 500, RateBurst: 2000, DrainTimeout: time.Second,
	}
	c.SPA = filepath.Join(dir, "pages") // the browser comes by; the pages themselves are tested elsewhere
	require.NoError(t, os.MkdirAll(c.SPA, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(c.SPA, "index.html"), []byte(`<!doctype html><html lang="de"><title>Portal</title><div id="root"></div></html>`), 0o600))
	require.NoError(t, writeJSON(c.Providers, providersFile{}))
	catalog, err := Catalog(site.Name)
	require.NoError(t, err)
	seed := app.Seed{Catalog: catalog, Name: site.Name}
	for _, account := range site.Accounts {
		seed.Accounts = append(seed.Accounts, app.SeedAccount(account))
	}
	require.NoError(t, app.Prepare(t.Context(), c, seed, slog.New(slog.DiscardHandler)))
	g := &guided{t: t, config: c}
	t.Cleanup(func() { g.stop() })
	g.start()
	return g
}

// start serves the portal, with what its files say now.
func (g *guided) start() {
	g.t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(g.t.Context()))
	started, ended := make(chan struct{}), make(chan error, 1)
	c := g.config
	c.Started = func(*app.App) { close(started) }
	go func() { ended <- app.Serve(ctx, c) }()
	select {
	case <-started:
	case err := <-ended:
		cancel()
		require.NoError(g.t, err)
	}
	g.stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(g.t, <-ended)
	})
}

// register does what the guide asks of an administrator.
func (g *guided) register(admin *person, kind types.ClientKind, scopes []types.ClientScope, redirects ...string) (id, secret string) {
	g.t.Helper()
	r := types.ClientRegistration{
		Kind: kind, Name: "Beispiel " + string(kind), Purpose: types.ClientPurpose{De: "Anträge"}, Authentication: types.ClientSecretAuthentication, Scopes: scopes,
		RedirectUris: append([]string{}, redirects...), PostLogoutRedirectUris: []string{}, Active: true,
	}
	if kind == types.ClientNative {
		r.Authentication = types.NoAuthentication
	}
	var made types.ClientWithSecret
	admin.post(g.config.PublicURL+"/api/v1/admin/clients", r, &made)
	if made.Secret != nil {
		secret = *made.Secret
	}
	return made.Client.Id, secret
}

// agree plays the person in their browser: signs in, agrees, and gives the code that the app gets.
func (g *guided) agree(t *testing.T, authorize string) string {
	t.Helper()
	site := sites()[0]
	citizen, home := newPerson(t), g.config.PublicURL
	account := citizenOf(t, site.Accounts)
	citizen.follow(authorize)
	request := citizen.pendingRequest()
	require.NotEmpty(t, request, citizen.at)
	citizen.signInHere(home, account.Email, account.Password)
	var next types.Redirect
	citizen.post(home+"/api/v1/signin/requests/"+request+"/approve", nil, &next)
	require.NotNil(t, next.RedirectTo)
	back, err := url.Parse(*next.RedirectTo)
	require.NoError(t, err)
	require.Equal(t, "de.example.app:/back", back.Scheme+":"+back.Path)
	return back.Query().Get("code")
}

// shell is a terminal in which the guide's lines are typed.
type shell struct {
	t      *testing.T
	dir    string
	stdin  io.WriteCloser
	stdout *bufio.Reader
	stderr *bytes.Buffer
}

func newShell(t *testing.T, dir string, env ...string) *shell {
	t.Helper()
	for _, program := range []string{"bash", "curl", "jq", "openssl"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("the guide's lines for the terminal need %s", program)
		}
	}
	s := &shell{t: t, dir: dir, stderr: new(bytes.Buffer)}
	cmd := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc", "-euo", "pipefail")
	cmd.Dir, cmd.Env, cmd.Stderr = dir, append(os.Environ(), env...), s.stderr
	var err error
	s.stdin, err = cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	s.stdout = bufio.NewReader(out)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = s.stdin.Close()
		_ = cmd.Wait() // it has failed already when a line has
	})
	return s
}

const done = "= the block has ended ="

// run types a block and gives what it prints. A command that fails ends the shell, and the test.
func (s *shell) run(block string) string {
	s.t.Helper()
	_, err := io.WriteString(s.stdin, block+"\necho; echo '"+done+"'\n")
	require.NoError(s.t, err, s.stderr)
	var out strings.Builder
	for {
		line, err := s.stdout.ReadString('\n')
		require.NoError(s.t, err, "%s\nprinted: %s%s\n%s", block, out.String(), line, s.stderr)
		if strings.TrimSpace(line) == done {
			return out.String()
		}
		out.WriteString(line)
	}
}

// build makes programs of the guide's Go and TypeScript, side by side, and gives how to start each. TypeScript is checked as strictly as the pages are.
func build(t *testing.T, dir string, examples []example) map[string][]string {
	t.Helper()
	var wait sync.WaitGroup
	commands, typescript := map[string][]string{}, []string{}
	for _, e := range examples {
		source := filepath.Join(dir, e.name)
		require.NoError(t, os.WriteFile(source, []byte(e.text), 0o600))
		switch e.language {
		case "go":
			program := strings.TrimSuffix(source, ".go") + ".program"
			commands[e.name] = []string{program}
			wait.Go(func() {
				out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, source).CombinedOutput()
				if err != nil {
					t.Errorf("go build %s: %v\n%s", e.name, err, out)
				}
			})
		case "ts":
			commands[e.name] = []string{"node", strings.TrimSuffix(source, ".ts") + ".js"}
			typescript = append(typescript, source)
		}
	}
	top, err := filepath.Abs("../..")
	require.NoError(t, err)
	require.NoError(t, os.Symlink(filepath.Join(top, "node_modules"), filepath.Join(dir, "node_modules")))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "package.json"), []byte(`{"type": "module"}`), 0o600))
	arguments := append([]string{
		"node_modules/typescript/bin/tsc", "--strict", "--noUncheckedIndexedAccess", "--target", "es2023", "--module", "nodenext", "--moduleDetection", "force", "--types", "node", "--skipLibCheck",
	}, typescript...)
	tsc := exec.CommandContext(t.Context(), "node", arguments...)
	tsc.Dir = dir
	if out, err := tsc.CombinedOutput(); err != nil {
		t.Errorf("tsc: %v\n%s", err, out)
	}
	wait.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return commands
}

// busy stands before the portal: it answers the first request for deliveries with 429, and gives pages of one.
type busy struct {
	mu      sync.Mutex
	lists   int
	forward http.Handler
}

func (b *busy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet && r.URL.Path == "/api/v1/deliveries" {
		b.mu.Lock()
		b.lists++
		first := b.lists == 1
		b.mu.Unlock()
		if first {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		q := r.URL.Query()
		q.Set("limit", "1")
		r.URL.RawQuery = q.Encode()
	}
	b.forward.ServeHTTP(w, r)
}

// pulls runs a program that fetches what is pending, on two test deliveries.
func (g *guided) pulls(admin *person, command, env []string) {
	g.t.Helper()
	var sent [2]types.DeliveryHead
	for i := range sent {
		admin.post(g.config.PublicURL+"/api/v1/admin/providers/"+ProviderID+"/tests", nil, &sent[i])
	}
	to, err := url.Parse(g.config.PublicURL)
	require.NoError(g.t, err)
	before := &busy{forward: httputil.NewSingleHostReverseProxy(to)}
	web := httptest.NewServer(before)
	defer web.Close()
	cmd := exec.CommandContext(g.t.Context(), command[0], command[1:]...)
	cmd.Env = append(append(os.Environ(), env...), "PORTAL="+web.URL)
	out, err := cmd.CombinedOutput()
	require.NoError(g.t, err, "%s", out)
	require.GreaterOrEqual(g.t, before.lists, 3, "429, then two pages")
	for _, head := range sent {
		require.Contains(g.t, string(out), head.Number+" "+head.Id.String())
	}
	var left types.DeliveryHeadList
	admin.get(g.config.PublicURL+"/api/v1/admin/providers/"+ProviderID+"/deliveries?state=pending", &left)
	require.Empty(g.t, left.Items, "acknowledged")
}

// kept is a webhook as it came from the portal.
type kept struct {
	header http.Header
	body   []byte
}

// receives starts a program that takes webhooks, and gives it one: as it came, again, changed, and without a signature.
func receives(t *testing.T, command []string, secret string, w kept, id uuid.UUID) {
	t.Helper()
	free, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := free.Addr().String()
	_, port, _ := strings.Cut(address, ":")
	require.NoError(t, free.Close())
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Env = append(os.Environ(), "WEBHOOK_SECRET="+secret, "PORT="+port)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	require.NoError(t, cmd.Start())
	send := func(header http.Header, body []byte) int {
		var status int
		require.Eventually(t, func() bool { // until it listens
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/webhooks", bytes.NewReader(body))
			require.NoError(t, err)
			r.Header = header.Clone()
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				return false
			}
			status = res.StatusCode
			return res.Body.Close() == nil
		}, patience, 20*time.Millisecond, "%s", command)
		return status
	}
	require.Equal(t, http.StatusUnauthorized, send(w.header, bytes.Replace(w.body, []byte(`"test":true`), []byte(`"test":false`), 1)), "changed")
	require.Equal(t, http.StatusUnauthorized, send(http.Header{"Content-Type": {"application/json"}}, w.body), "without a signature")
	require.Equal(t, http.StatusNoContent, send(w.header, w.body))
	require.Equal(t, http.StatusNoContent, send(w.header, w.body), "the same again")
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait() // it was killed
	require.Equal(t, 1, strings.Count(out.String(), id.String()), "%s%s", out.String(), errs.String())
}

// TestGuide_EveryExample_WorksAsItStandsThere runs the guide for integrators from its first line to its last, against a portal.
func TestGuide_EveryExample_WorksAsItStandsThere(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("the guide's TypeScript needs Node.js")
	}
	examples := readGuide(t)
	dir := t.TempDir()
	built := make(chan map[string][]string, 1)
	var programs []example
	for _, e := range examples {
		if e.language == "go" || e.language == "ts" {
			programs = append(programs, e)
		}
	}
	go func() { built <- build(t, dir, programs) }()

	pushes := make(chan kept, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // what is cut off does not verify
		pushes <- kept{r.Header.Clone(), body}
	}))
	defer receiver.Close()

	g := newGuided(t)
	admin := newPerson(t)
	staff := sites()[0].Accounts[0]
	admin.signInHere(g.config.PublicURL, staff.Email, staff.Password)
	appID, _ := g.register(admin, types.ClientNative, []types.ClientScope{types.ScopeOpenid, types.ScopeApplicationsRead, types.ScopeApplicationsWrite}, "de.example.app:/back")
	scopes := []types.ClientScope{types.ScopeDeliveriesRead, types.ScopeDeliveriesWrite}
	clientID, clientSecret := g.register(admin, types.ClientMachine, scopes)
	webhookSecret := "whsec_" + secret(32)
	g.stop()
	require.NoError(t, writeJSON(g.config.Providers, providersFile{Providers: []providerEntry{
		{ID: ProviderID, Name: "Entsorgung Emsland", ClientID: clientID},
		{ID: "pushed", Name: "Bekommt es geschickt", DeliveryURL: receiver.URL, WebhookSecret: webhookSecret},
	}}))
	g.start()

	env := []string{"CLIENT_ID=" + clientID, "CLIENT_SECRET=" + clientSecret}
	t.Run("terminal", func(t *testing.T) {
		g.types(t, newShell(t, dir, append(env, "PORTAL="+g.config.PublicURL, "APP_ID="+appID)...), examples)
	})
	commands := <-built
	for _, name := range []string{"pull.go", "pull.ts"} {
		g.pulls(admin, commands[name], env)
	}
	g.searches(commands["search.ts"])
	var sent types.DeliveryHead
	admin.post(g.config.PublicURL+"/api/v1/admin/providers/pushed/tests", nil, &sent)
	w := <-pushes
	for _, name := range []string{"receive.go", "receive.ts"} {
		receives(t, commands[name], webhookSecret, w, sent.Id)
	}
	g.collects(clientID, clientSecret)
	checkBodies(t, examples)
}

// types runs the lines for the terminal in their order, and looks what has come of them.
func (g *guided) types(t *testing.T, terminal *shell, examples []example) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(terminal.dir, "abholschein.pdf"), []byte("%PDF-1.7\n%%EOF\n"), 0o600))
	for _, e := range examples {
		if e.language != "sh" {
			continue
		}
		out := terminal.run(e.text)
		if e.name == "authorize" {
			terminal.run("CODE=" + g.agree(t, strings.TrimSpace(out)))
		}
	}
	out := terminal.run(`curl -sS --fail-with-body "$PORTAL/api/v1/applications/$APPLICATION" -H "Authorization: Bearer $PERSON"`)
	var a types.Application
	require.NoError(t, json.Unmarshal([]byte(strings.TrimSpace(out)), &a))
	var told []types.EventKind
	for _, e := range a.Timeline {
		told = append(told, e.Kind)
	}
	require.Subset(t, told, []types.EventKind{types.Received, types.InProgress, types.Question, types.Closed}, "what the citizen sees")
}

// searches runs a program that looks for services.
func (g *guided) searches(command []string) {
	g.t.Helper()
	cmd := exec.CommandContext(g.t.Context(), command[0], command[1:]...)
	cmd.Env = append(os.Environ(), "PORTAL="+g.config.PublicURL)
	out, err := cmd.CombinedOutput()
	require.NoError(g.t, err, "%s", out)
	require.Contains(g.t, string(out), "9ad8ece6-ef44-41aa-bf97-55a2b0a9ac7f")
}

// checkBodies looks whether what the guide shows as JSON is, and fits the contract where it names a schema.
func checkBodies(t *testing.T, examples []example) {
	t.Helper()
	doc, err := types.GetSwagger()
	require.NoError(t, err)
	for _, e := range examples {
		if e.language != "json" {
			continue
		}
		var body any
		require.NoError(t, json.Unmarshal([]byte(e.text), &body), e.text)
		if e.name != "" {
			require.NoError(t, doc.Components.Schemas[e.name].Value.VisitJSON(body), e.name)
		}
	}
}
