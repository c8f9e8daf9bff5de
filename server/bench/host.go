package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"time"

	"portalverbund/server/app"
)

const startsAtOnce = 3

// hostCommand runs many portals in one process: each has a database, keys, a port and all its rooms to itself, and they speak
// to each other over HTTP as if they were far apart. Only the process is shared, for the memory of one machine.
type hostCommand struct {
	Configs string `arg:"" help:"File with a list of configurations (JSON)."`
	Profile string `help:"File for a profile of the processor time (pprof)."`
}

// Run starts the portals, a few at a time, and then takes commands: a line "change PORTAL FILE" imports a file at a portal
// and answers "done NANOSECONDS" with the time of the commit. It ends when standard input does.
func (c *hostCommand) Run(ctx context.Context) error {
	text, err := os.ReadFile(c.Configs)
	if err != nil {
		return err
	}
	var configs []app.Config
	if err := json.Unmarshal(text, &configs); err != nil {
		return fmt.Errorf("read %s: %w", c.Configs, err)
	}
	if c.Profile != "" {
		file, err := os.Create(c.Profile)
		if err != nil {
			return err
		}
		defer file.Close()
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	portals := make([]*app.App, len(configs))
	var all sync.WaitGroup
	defer all.Wait()
	err = each(len(configs), startsAtOnce, func(i int) error {
		running, failed := make(chan struct{}), make(chan error, 1)
		config := configs[i]
		config.Started = func(a *app.App) { portals[i] = a; close(running) }
		all.Go(func() { failed <- app.Serve(ctx, config) })
		select {
		case <-running:
			return nil
		case err := <-failed:
			return fmt.Errorf("portal %d: %w", i, err)
		}
	})
	if err != nil {
		cancel()
		return err
	}
	fmt.Println("running")
	defer cancel()
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if err := change(ctx, portals, strings.Fields(lines.Text())); err != nil {
			return err
		}
	}
	return nil
}

func change(ctx context.Context, portals []*app.App, words []string) error {
	if len(words) != 3 || words[0] != "change" {
		return fmt.Errorf("not a command: %v", words)
	}
	i, err := strconv.Atoi(words[1])
	if err != nil || i < 0 || i >= len(portals) {
		return fmt.Errorf("no portal %q", words[1])
	}
	file, err := os.Open(words[2])
	if err != nil {
		return err
	}
	defer file.Close()
	if err := portals[i].Take(ctx, words[2], file); err != nil {
		return err
	}
	fmt.Println("done", time.Now().UnixNano())
	return nil
}
