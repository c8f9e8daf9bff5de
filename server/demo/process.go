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

	mu      sync.Mutex
	cmd     *exec.Cmd
	stdin   io.Closer
	exited  chan struct{}
	wanted  bool
	process sync.WaitGroup
}

// start runs the program and waits until it is ready.
func (p *program) start(ctx context.Context) error {
	p.mu.Lock()
	running := p.wanted
	p.wanted = true
	p.mu.Unlock()
	if !running {
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
	cmd := exec.Command(p.path, p.args...)
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
	p.cmd, p.stdin, p.exited = cmd, stdin, exited
	p.process.Add(1)
	go func() {
		defer p.process.Done()
		err := cmd.Wait()
		close(exited)
		p.ended(err)
	}()
	return nil
}

// ended starts the program again unless it was stopped on purpose.
func (p *program) ended(err error) {
	p.mu.Lock()
	wanted := p.wanted
	p.mu.Unlock()
	if !wanted {
		return
	}
	p.log.Warn("ended by itself, starting it again", "program", p.name, "error", err, "log", p.logs)
	time.Sleep(restartPause)
	if err := p.launch(); err != nil {
		p.log.Error("cannot be started again", "program", p.name, "error", err)
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
		if isReady(ctx, client, p.ready) {
			return nil
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
