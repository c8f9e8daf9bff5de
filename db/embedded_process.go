//go:build linux || darwin || freebsd || netbsd || openbsd

package db

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is one run of the server.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{}
	output *serverLog
}

// kill sends a signal; to a process that has ended, none.
func (p *process) kill(signal syscall.Signal) { _ = p.cmd.Process.Signal(signal) }

func (p *process) said(text string) bool { return strings.Contains(p.output.text(), text) }
func (p *process) tail() string          { return lastLines([]byte(p.output.text()), 5) }

// run starts the server process. The operating-system thread that starts it stays with it until it ends: Linux tells
// the server that its parent died when that thread dies.
func (c *cluster) run(port int, settings map[string]string, log *slog.Logger) (*process, error) {
	cmd := exec.CommandContext(context.Background(), c.binaries.path("postgres"), serverArgs(c.folder, port, settings)...)
	cmd.Env, cmd.Dir = serverEnv(), c.folder
	output := &serverLog{log: log}
	cmd.Stderr = output
	cmd.WaitDelay = 5 * time.Second
	// In a process group of its own, so that Ctrl-C reaches us and not the server: it goes last.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.account.apply(cmd)
	dieWithParent(cmd.SysProcAttr)
	p := &process{cmd: cmd, exited: make(chan struct{}), output: output}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in its output
			close(p.exited)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	return p, nil
}

// serverArgs are the settings of a small machine. What the server logs carries no values: neither statements nor the
// details of errors.
func serverArgs(folder string, port int, settings map[string]string) []string {
	all := map[string]string{
		"listen_addresses":        "127.0.0.1",
		"port":                    strconv.Itoa(port),
		"unix_socket_directories": "",
		"max_connections":         "200",
		"shared_buffers":          "64MB",
		"jit":                     "off",
		"timezone":                "UTC",
		"log_timezone":            "UTC",
		"log_destination":         "stderr",
		"logging_collector":       "off",
		"log_min_messages":        "log",
		"log_min_error_statement": "panic",
		"log_error_verbosity":     "terse",
		"log_checkpoints":         "off",
		"log_line_prefix":         "",
	}
	maps.Copy(all, settings)
	args := []string{"-D", folder}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		args = append(args, "-c", name+"="+all[name])
	}
	return args
}

// serverEnv is a small environment: settings meant for clients (PGHOST, PGDATA …) and secrets stay out.
func serverEnv() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=/", "LC_ALL=C", "TZ=UTC"}
}

// serverLog passes the server's lines on, FATAL and PANIC as warnings, and keeps the last ones.
type serverLog struct {
	log  *slog.Logger
	mu   sync.Mutex
	rest []byte
	last []string
}

func (l *serverLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, b...)
	for {
		line, rest, found := bytes.Cut(l.rest, []byte("\n"))
		if !found {
			return len(b), nil
		}
		l.rest = rest
		l.line(string(line))
	}
}

func (l *serverLog) line(text string) {
	const keep = 20
	if l.last = append(l.last, text); len(l.last) > keep {
		l.last = l.last[1:]
	}
	level := slog.LevelDebug
	if alarming(text) {
		level = slog.LevelWarn
	}
	l.log.Log(context.Background(), level, "PostgreSQL", "said", text)
}

// alarming tells whether somebody who runs the server wants to read the line. The ends of connections that belong to every
// start and every end of a server are not that.
func alarming(line string) bool {
	what, fatal := strings.CutPrefix(line, "FATAL:")
	if !fatal {
		return strings.HasPrefix(line, "PANIC:")
	}
	switch strings.TrimSpace(what) {
	case "the database system is starting up", "the database system is not yet accepting connections",
		"the database system is shutting down", "terminating connection due to administrator command":
		return false
	}
	return true
}

func (l *serverLog) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(append(slices.Clone(l.last), string(l.rest)), "\n")
}

func lastLines(text []byte, n int) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "; ")
}
