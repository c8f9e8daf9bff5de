package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

const (
	stopPatience  = 12 * time.Second // between SIGTERM and SIGKILL
	startPatience = 60 * time.Second
	restartPause  = 500 * time.Millisecond
	longestPause  = 30 * time.Second
	livesLongAt   = 20 * time.Second // a program that has run so long has not failed at its start
	failuresToEnd = 3                // at the start: then it does not get ready any more
)

// program is one process of the association: a portal or a stand-in. It is started again when it ends by itself, and
// stays away when it was stopped on purpose.
type program struct {
	name  string // as typed in commands, such as landkreis
	path  string
	args  []string
	env   []string
	ready string // address that answers 200 when the program is ready
	logs  string // file for what it prints
	log   *slog.Logger

	mu     sync.Mutex
	cmd    *exec.Cmd
	stdin  io.Closer
	exited chan struct{}
	wanted bool
	since  time.Time // when the process was started
	failed int       // starts in a row that ended soon
}

// start runs the program and waits until it is ready.
func (p *program) start(ctx context.Context) error {
	p.mu.Lock()
	already := p.wanted
	p.wanted, p.failed = true, 0
	p.mu.Unlock()
	if !already {
		if err := p.launch(); err != nil {
			return err
		}
	}
	return p.waitReady(ctx)
}

func (p *program) launch() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.wanted {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(p.logs), 0o700); err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	logs, err := os.OpenFile(p.logs, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	defer logs.Close()
	cmd := exec.CommandContext(context.Background(), p.path, p.args...) //nolint:gosec // programs of this repository, beside this one
	cmd.Env = append(os.Environ(), p.env...)
	cmd.Stdout, cmd.Stderr = logs, logs
	cmd.SysProcAttr = ownGroup() // Ctrl-C in the terminal is for the demonstration, which ends its programs in order
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	exited := make(chan struct{})
	p.cmd, p.stdin, p.exited, p.since = cmd, stdin, exited, time.Now()
	go func() {
		err := cmd.Wait()
		close(exited)
		p.ended(err)
	}()
	return nil
}

// ended starts the program again unless it was stopped on purpose; later and later when it ends each time at once.
func (p *program) ended(err error) {
	p.mu.Lock()
	if time.Since(p.since) > livesLongAt {
		p.failed = 0
	}
	p.failed++
	wanted, pause := p.wanted, min(restartPause<<min(max(p.failed-1, 0), 10), longestPause)
	p.mu.Unlock()
	if !wanted {
		return
	}
	p.log.Warn("ended by itself, starting it again", "program", p.name, "error", err, "pause", pause, "log", p.logs)
	time.Sleep(pause)
	if err := p.launch(); err != nil {
		p.log.Error("cannot be started again", "program", p.name, "error", err)
	}
}

// gaveUp says whether the program ended at each of its last starts.
func (p *program) gaveUp() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed >= failuresToEnd
}

// running says whether the process is there now.
func (p *program) running() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.exited == nil {
		return false
	}
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

// stop ends the program: asked first, killed when it does not listen.
func (p *program) stop() {
	p.mu.Lock()
	p.wanted = false
	cmd, exited, stdin := p.cmd, p.exited, p.stdin
	p.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
	select {
	case <-exited:
	case <-time.After(stopPatience):
		_ = cmd.Process.Kill()
		<-exited
	}
	_ = stdin.Close()
}

// kill ends the program at once (kill -9), as a crash would; it is started again.
func (p *program) kill() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil || !p.wanted {
		return errors.New("not running")
	}
	p.failed = -1 // this end is no failure
	return p.cmd.Process.Kill()
}

func (p *program) pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil || !p.wanted {
		return 0
	}
	return p.cmd.Process.Pid
}

func (p *program) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	client := &http.Client{Timeout: 2 * time.Second}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if p.running() && isReady(ctx, client, p.ready) && p.running() {
			return nil // its own answer, not that of another program on its port
		}
		if p.gaveUp() {
			return fmt.Errorf("%s ends each time it is started; its log is %s", p.name, p.logs)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not get ready; its log is %s", p.name, p.logs)
		case <-tick.C:
		}
	}
}

func isReady(ctx context.Context, client *http.Client, address string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return false
	}
	res, err := client.Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	return res.StatusCode == http.StatusOK
}
