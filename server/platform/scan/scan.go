// Package scan has files checked by a virus scanner: ClamAV's clamd, by its command INSTREAM (clamd(8)). A file that could not be checked
// is not clean: callers keep it to themselves and ask again.
package scan

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"portalverbund/server/platform/problem"
)

const (
	dialTime  = 5 * time.Second
	pingTime  = 2 * time.Second
	writeTime = 30 * time.Second // for one piece
	replyTime = 5 * time.Minute  // after the last piece
	pieceSize = 64 << 10
	maxReply  = 4 << 10
	atOnce    = 4 // files; clamd has ten threads unless it is told otherwise
)

// ErrNotChecked says that the scanner could not be asked, or did not say.
var ErrNotChecked = errors.New("the virus scanner did not check the file")

// Found says what the scanner found in a file.
type Found struct{ Signature string }

// Error names the signature.
func (f *Found) Error() string { return "the virus scanner found " + f.Signature }

// IsFound says whether an error is that something was found.
func IsFound(err error) bool {
	var found *Found
	return errors.As(err, &found)
}

// Scanner asks clamd. A nil one finds everything clean: no scanner is configured. It is safe for use by several goroutines.
type Scanner struct {
	network, address string
	slots            chan struct{}
	dialer           net.Dialer
	scans            *prometheus.CounterVec
}

// New makes a Scanner for clamd at an address: tcp://host:port, or unix:///path of its socket; nil for an empty one. Its figures are registered:
// portal_virus_scans_total by result, and portal_virus_scanner_up, for which clamd is asked whenever the figures are read.
func New(address string, metrics prometheus.Registerer) (*Scanner, error) {
	if address == "" {
		return nil, nil
	}
	s := &Scanner{slots: make(chan struct{}, atOnce), dialer: net.Dialer{Timeout: dialTime}}
	var err error
	if s.network, s.address, err = Parse(address); err != nil {
		return nil, err
	}
	s.scans = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "portal_virus_scans_total", Help: "Files given to the virus scanner, by result: clean, found, failed.",
	}, []string{"result"})
	up := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "portal_virus_scanner_up", Help: "Whether the virus scanner answers; while it does not, new files stay in quarantine.",
	}, s.up)
	if metrics != nil {
		metrics.MustRegister(s.scans, up)
	}
	return s, nil
}

// Parse takes an address apart.
func Parse(address string) (network, where string, err error) {
	u, err := url.Parse(address)
	switch {
	case err == nil && u.Scheme == "tcp" && u.Hostname() != "" && u.Port() != "" && u.User == nil && strings.Trim(u.Path, "/") == "":
		return "tcp", u.Host, nil
	case err == nil && u.Scheme == "unix" && u.Host == "" && strings.HasPrefix(u.Path, "/"):
		return "unix", u.Path, nil
	}
	return "", "", errors.New("not an address of clamd, such as tcp://127.0.0.1:3310 or unix:///run/clamav/clamd.ctl")
}

// Check gives a file to the scanner, as it is read. nil says that it is clean; a *Found that something is in it; everything else, of which
// ErrNotChecked is the scanner's part, that nobody knows.
func (s *Scanner) Check(ctx context.Context, content io.Reader) error {
	if s == nil {
		return nil
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrNotChecked, ctx.Err())
	}
	err := s.check(ctx, content)
	switch {
	case err == nil:
		s.scans.WithLabelValues("clean").Inc()
	case IsFound(err):
		s.scans.WithLabelValues("found").Inc()
	default:
		s.scans.WithLabelValues("failed").Inc()
	}
	return err
}

func (s *Scanner) check(ctx context.Context, content io.Reader) error {
	conn, err := s.dialer.DialContext(ctx, s.network, s.address)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotChecked, err)
	}
	defer func() { _ = conn.Close() }() // the reply has been read, or there is none
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	sendErr := send(conn, content)
	var source *sourceError
	if errors.As(sendErr, &source) {
		return source.error
	}
	wait := replyTime
	if sendErr != nil {
		wait = dialTime // it has said why, or never will
	}
	_ = conn.SetReadDeadline(time.Now().Add(wait)) // the reading says what is wrong with the connection
	reply, err := io.ReadAll(io.LimitReader(conn, maxReply))
	reply, _, _ = bytes.Cut(reply, []byte{0})
	if len(reply) > 0 {
		return verdict(string(reply))
	}
	return fmt.Errorf("%w: %w", ErrNotChecked, errors.Join(sendErr, err, ctx.Err(), errors.New("no reply")))
}

// sourceError is a failure to read what is to be sent.
type sourceError struct{ error }

// send writes the command and the content: pieces with their lengths (4 bytes, big endian), and an empty one at the end.
func send(conn net.Conn, content io.Reader) error {
	write := func(p []byte) error {
		if err := conn.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
			return err
		}
		_, err := conn.Write(p)
		return err
	}
	if err := write([]byte("zINSTREAM\x00")); err != nil {
		return err
	}
	piece := make([]byte, 4+pieceSize)
	for {
		n, err := io.ReadFull(content, piece[4:])
		ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !ended {
			return &sourceError{fmt.Errorf("read what is to be checked: %w", err)}
		}
		if n > 0 {
			binary.BigEndian.PutUint32(piece, uint32(n))
			if err := write(piece[:4+n]); err != nil {
				return err
			}
		}
		if ended {
			return write([]byte{0, 0, 0, 0})
		}
	}
}

// verdict reads the reply: "stream: OK", "stream: <signature> FOUND", or what went wrong.
func verdict(reply string) error {
	reply = strings.TrimSpace(reply)
	if reply == "stream: OK" {
		return nil
	}
	if signature, found := strings.CutSuffix(reply, " FOUND"); found {
		return &Found{Signature: strings.TrimPrefix(signature, "stream: ")}
	}
	return fmt.Errorf("%w: it says %q", ErrNotChecked, reply)
}

// up asks clamd whether it is there: 1 or 0.
func (s *Scanner) up() float64 {
	ctx, cancel := context.WithTimeout(context.Background(), pingTime)
	defer cancel()
	conn, err := s.dialer.DialContext(ctx, s.network, s.address)
	if err != nil {
		return 0
	}
	defer func() { _ = conn.Close() }() // it was only asked
	if conn.SetDeadline(time.Now().Add(pingTime)) != nil {
		return 0
	}
	if _, err := conn.Write([]byte("zPING\x00")); err != nil {
		return 0
	}
	reply, _ := io.ReadAll(io.LimitReader(conn, maxReply))
	if string(bytes.TrimRight(reply, "\x00\n")) != "PONG" {
		return 0
	}
	return 1
}

// Opener opens what is kept, as blob.Store does.
type Opener interface {
	Open(ctx context.Context, key string) (io.ReadSeekCloser, int64, error)
}

// CheckKept is Check of a file that is kept under a key.
func (s *Scanner) CheckKept(ctx context.Context, store Opener, key string) error {
	if s == nil {
		return nil
	}
	content, _, err := store.Open(ctx, key)
	if err != nil {
		return fmt.Errorf("open what is to be checked: %w", err)
	}
	defer func() { _ = content.Close() }() // it was only read
	return s.Check(ctx, content)
}

// Problems that people meet.
var (
	ErrHarmful = problem.Unprocessable("file-harmful", "In dieser Datei wurde Schadsoftware gefunden.", "Something harmful was found in this file.").
			With(problem.Text{
			De: "Sie wurde nicht angenommen. Prüfen Sie Ihr Gerät mit einem Virenscanner, oder nehmen Sie eine andere Datei.",
			En: "It was not taken. Check your device with a virus scanner, or take another file.",
		})
	errAway = problem.Unavailable("virus-scanner-away", "Dateien können gerade nicht auf Schadsoftware geprüft werden.", "Files cannot be checked for harmful software at the moment.").
		With(problem.Text{De: "Bitte versuchen Sie es in ein paar Minuten noch einmal.", En: "Please try again in a few minutes."})
)

// Problem is what people are told where a file is taken only when it is clean: ErrHarmful, or that it could not be checked.
func Problem(err error) error {
	switch {
	case err == nil:
		return nil
	case IsFound(err):
		return ErrHarmful.Because(err)
	case errors.Is(err, ErrNotChecked):
		return errAway.Because(err)
	}
	return err
}
