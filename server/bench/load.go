package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// client is one connection that is kept alive. It is small, so that most of the machine is left for what is measured.
type client struct {
	conn   net.Conn
	reader *bufio.Reader
}

func dial(ctx context.Context, address string) (*client, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &client{conn, bufio.NewReaderSize(conn, 16<<10)}, nil
}

// do sends a request as it is and reads the whole answer, which must be 200, 201 or 202.
func (c *client) do(request []byte) error { return c.ask(request, io.Discard) }

// ask is do for an answer that is needed.
func (c *client) ask(request []byte, answer io.Writer) error {
	if err := c.conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return err
	}
	if _, err := c.conn.Write(request); err != nil {
		return err
	}
	res, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusCreated && res.StatusCode != http.StatusAccepted {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 500)) // the status is what counts
		line, _, _ := strings.Cut(string(request), "\r\n")
		return fmt.Errorf("%s: %s: %s", line, res.Status, text)
	}
	_, err = io.Copy(answer, res.Body)
	return err
}

// get is a request for a path. Like a program's, it does not ask for compression.
func get(host, path string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nAccept: application/json\r\nAccept-Language: de\r\n\r\n")
}

// load says what is asked, by how many at once, and for how long: until so many requests are done (0: any number), or the time
// is over (0: any).
type load struct {
	address string
	clients int
	do      func(c *client, i int) error // makes the i-th request, or those that belong together
	time    time.Duration
	count   int
}

// singly makes requests one by one.
func singly(next func(i int) []byte) func(c *client, i int) error {
	return func(c *client, i int) error { return c.do(next(i)) }
}

// run loads a server and gives the times of all answers. The first error ends it.
func (l load) run(ctx context.Context) (took []time.Duration, whole time.Duration, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	clients := make([]*client, l.clients)
	for i := range clients {
		if clients[i], err = dial(ctx, l.address); err != nil {
			return nil, 0, err
		}
		defer clients[i].conn.Close()
	}
	var turn atomic.Int64
	times := make([][]time.Duration, l.clients)
	begun := time.Now()
	var wait sync.WaitGroup
	for n, c := range clients {
		wait.Go(func() {
			for ctx.Err() == nil {
				i := int(turn.Add(1)) - 1
				if l.count > 0 && i >= l.count || l.time > 0 && time.Since(begun) >= l.time {
					return
				}
				asked := time.Now()
				if err := l.do(c, i); err != nil {
					cancel(err)
					return
				}
				times[n] = append(times[n], time.Since(asked))
			}
		})
	}
	wait.Wait()
	whole = time.Since(begun)
	if ctx.Err() != nil {
		return nil, 0, context.Cause(ctx)
	}
	if took = slices.Concat(times...); len(took) == 0 {
		return nil, 0, errors.New("no answer in time")
	}
	return took, whole, nil
}

// percentile is of times in any order; p from 0 to 1.
func percentile(times []time.Duration, p float64) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[min(int(p*float64(len(sorted))), len(sorted)-1)]
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
