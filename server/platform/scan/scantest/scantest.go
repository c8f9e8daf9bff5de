// Package scantest plays clamd where there is none, for tests: it speaks INSTREAM and PING, and finds the EICAR test
// file, which every scanner knows, wherever it lies uncompressed.
package scantest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	connectionTime = 10 * time.Minute
	maxPiece       = 1 << 20 // bytes; clamd takes any up to its limit
)

// EICAR is the test file of the anti-virus industry. It is put together here, so that no scanner takes this program for it.
func EICAR() []byte {
	return []byte("X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-" + "ANTIVIRUS-TEST-FILE!$H+H*")
}

// Clamd is a stand-in for clamd.
type Clamd struct {
	Limit int64       // of a stream, in bytes, as StreamMaxLength; 0: none
	Down  atomic.Bool // takes connections and says nothing
	Asked atomic.Int64
	Seen  atomic.Int64 // streams
}

// Serve answers connections until the listener is closed.
func (c *Clamd) Serve(ctx context.Context, l net.Listener) error {
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()
	var running sync.WaitGroup
	defer running.Wait()
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		running.Go(func() {
			defer func() { _ = conn.Close() }() // what it had to say is said
			defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
			if conn.SetDeadline(time.Now().Add(connectionTime)) == nil {
				c.answer(conn)
			}
		})
	}
}

func (c *Clamd) answer(conn net.Conn) {
	c.Asked.Add(1)
	r := bufio.NewReaderSize(conn, pieceBuffer)
	command, err := r.ReadString(0)
	if err != nil || c.Down.Load() {
		return
	}
	reply := "UNKNOWN COMMAND"
	switch command {
	case "zPING\x00":
		reply = "PONG"
	case "zINSTREAM\x00":
		c.Seen.Add(1)
		if reply, err = c.stream(r); err != nil {
			return
		}
	}
	_, _ = conn.Write([]byte(reply + "\x00")) // who asked has gone when it fails
}

const pieceBuffer = 64 << 10

// stream reads pieces to the empty one, and says what is in them.
func (c *Clamd) stream(r io.Reader) (string, error) {
	wanted, total, found := EICAR(), int64(0), false
	var tail []byte // the end of what came before, in which a signature may begin
	piece := make([]byte, pieceBuffer)
	for {
		var length uint32
		if err := binary.Read(r, binary.BigEndian, &length); err != nil {
			return "", err
		}
		if length == 0 {
			break
		}
		if total += int64(length); c.Limit > 0 && total > c.Limit || length > maxPiece {
			return "INSTREAM size limit exceeded. ERROR", nil
		}
		for left := int(length); left > 0; {
			n, err := io.ReadFull(r, piece[:min(left, len(piece))])
			if err != nil {
				return "", err
			}
			left -= n
			tail = append(tail, piece[:n]...)
			found = found || bytes.Contains(tail, wanted)
			tail = append(tail[:0], tail[max(0, len(tail)-len(wanted)):]...)
		}
	}
	if found {
		return "stream: Eicar-Test-Signature FOUND", nil
	}
	return "stream: OK", nil
}
