package demo

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// running is a demonstration started as a user would start it: a process of its own, with commands on standard input.
type running struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	places Addresses
	data   string
	mu     sync.Mutex
	output strings.Builder
	grown  chan struct{}
}

// programs builds the programs once for this test binary, or takes those that are built already.
var programs = sync.OnceValues(func() (string, error) {
	if folder := os.Getenv("PORTALVERBUND_BIN"); folder != "" {
		return folder, nil
	}
	folder, err := os.MkdirTemp("", "portalverbund-bin-")
	if err != nil {
		return "", err
	}
	out, err := exec.Command("go", "build", "-o", folder+"/", "portalverbund/server", "portalverbund/server/standins/...").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w: %s", err, out)
	}
	return folder, nil
})

// shift keeps the ports of this test binary apart from those of others on this machine, and from those that the system gives away.
func shift() int { return 1000 * (1 + os.Getpid()%22) }

// startDemo runs the demonstration on a data folder until the test ends.
func startDemo(t *testing.T, data string, args ...string) *running {
	t.Helper()
	folder, err := programs()
	require.NoError(t, err)
	pages := filepath.Join(t.TempDir(), "pages") // the pages are tested in the browser; here a single one will do
	require.NoError(t, os.MkdirAll(pages, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(pages, "index.html"), []byte(`<!doctype html><html lang="de"><title>Portal</title><div id="root"></div></html>`), 0o600))
	r := &running{t: t, data: data, grown: make(chan struct{}, 1)}
	r.cmd = exec.Command(filepath.Join(folder, "server"), append([]string{"demo", "--data", data, "--spa", pages, "--shift", strconv.Itoa(shift())}, args...)...)
	r.cmd.Dir = ".." + string(filepath.Separator) + ".."
	r.stdin, err = r.cmd.StdinPipe()
	require.NoError(t, err)
	out, err := r.cmd.StdoutPipe()
	require.NoError(t, err)
	r.cmd.Stderr = r.cmd.Stdout
	require.NoError(t, r.cmd.Start())
	go r.read(out)
	t.Cleanup(r.stop)
	r.waitFor("Commands here:", 3*time.Minute)
	file, err := os.ReadFile(filepath.Join(data, "association.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(file, &r.places))
	return r
}

func (r *running) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		r.mu.Lock()
		r.output.WriteString(lines.Text() + "\n")
		r.mu.Unlock()
		select {
		case r.grown <- struct{}{}:
		default:
		}
	}
}

func (r *running) printed() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.output.String()
}

// waitFor waits until the demonstration has printed a text.
func (r *running) waitFor(text string, patience time.Duration) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	for !strings.Contains(r.printed(), text) {
		select {
		case <-r.grown:
		case <-ctx.Done():
			require.FailNow(r.t, "the demonstration did not print "+text, r.printed())
		}
	}
}

// command types a line.
func (r *running) command(line string) {
	_, err := io.WriteString(r.stdin, line+"\n")
	require.NoError(r.t, err)
}

// stop ends the demonstration as Ctrl-C does, and keeps its logs when the test failed.
func (r *running) stop() {
	if r.cmd.ProcessState != nil {
		return
	}
	_ = r.cmd.Process.Signal(syscall.SIGINT)
	err := r.cmd.Wait()
	if r.t.Failed() {
		r.t.Log(r.printed())
		r.tellWhyEnded()
		return
	}
	require.NoError(r.t, err, "a clean end")
}

// tellWhyEnded logs what each program said last.
func (r *running) tellWhyEnded() {
	logs, _ := filepath.Glob(filepath.Join(r.data, "demo*", "logs", "*.log"))
	for _, name := range logs {
		text, _ := os.ReadFile(name)
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		r.t.Logf("%s: %s", filepath.Base(name), strings.Join(lines[max(0, len(lines)-5):], "\n"))
	}
}

func TestNext_PortTaken_NextFreeOneAndSaid(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	var said []string
	r := &reservation{}
	defer r.release()
	got, err := r.next("Stadt Papenburg", port, func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) })
	require.NoError(t, err)
	require.Greater(t, got, port)
	require.Equal(t, []string{fmt.Sprintf("Port %d is taken: Stadt Papenburg uses %d.", port, got)}, said)
}
