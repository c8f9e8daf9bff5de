// Package outbound makes HTTP clients for calls to addresses that others have chosen: linked portals, providers. A client
// of it reaches only public addresses (server-side request forgery finds nothing inside), follows no redirects, and
// reads no endless answers.
package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// Defaults of Options.
const (
	DefaultTimeout     = 10 * time.Second
	DefaultMaxResponse = 1 << 20
)

const (
	connectTimeout    = 5 * time.Second
	maxResponseHeader = 64 << 10
	maxIdlePerHost    = 4
	idleTimeout       = 90 * time.Second
)

var (
	// ErrAddressRefused is the cause of an error when a name led to an address that must not be called.
	ErrAddressRefused = errors.New("address is not allowed")
	// ErrSchemeRefused is the cause of an error when a URL is not https (or http to this machine, where that is allowed).
	ErrSchemeRefused = errors.New("only https is allowed")
	// ErrResponseTooLarge is returned by a response's body once it is longer than allowed.
	ErrResponseTooLarge = errors.New("response is too large")
)

// Options tune a client. The zero value is right for production.
type Options struct {
	// Timeout limits a whole request with its answer. Default DefaultTimeout; negative: only connecting and the wait for
	// the answer's head are limited, for long transfers.
	Timeout time.Duration
	// AllowLoopback lets the client call this machine, also by plain http. Never in production.
	AllowLoopback bool
	// AllowNetworks are networks that may be called although they are not public, such as an administration's own.
	AllowNetworks []netip.Prefix
	// MaxResponse limits an answer's body in bytes. Default DefaultMaxResponse; negative: no limit.
	MaxResponse int64
	// AllowPlain lets the client use plain http anywhere: for answers that are signed themselves, and questions that are no secret.
	AllowPlain bool
	// TLS sets certificate authorities or a client certificate. Default: the machine's authorities.
	TLS *tls.Config
}

// Client makes a client. Redirects are answered as they are (status 3xx), proxies of the environment are not used:
// both would lead past the check. The check is made on the address that is dialled, after the name is resolved.
func Client(o Options) *http.Client {
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.MaxResponse == 0 {
		o.MaxResponse = DefaultMaxResponse
	}
	headTimeout := max(o.Timeout, DefaultTimeout)
	dialer := &net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second, ControlContext: o.control}
	transport := &http.Transport{
		DialContext:            dialer.DialContext,
		TLSClientConfig:        o.TLS,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    connectTimeout,
		ResponseHeaderTimeout:  headTimeout,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: maxResponseHeader,
		MaxIdleConnsPerHost:    maxIdlePerHost,
		IdleConnTimeout:        idleTimeout,
	}
	return &http.Client{
		Transport:     guarded{next: transport, options: o},
		Timeout:       max(o.Timeout, 0),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// control refuses an address just before it is connected to.
func (o Options) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %s", ErrAddressRefused, address)
	}
	return o.Check(target.Addr())
}

// Check says whether an address may be called; the error's cause is ErrAddressRefused.
func (o Options) Check(address netip.Addr) error {
	plain := embedded(address)
	for _, network := range o.AllowNetworks {
		if network.Contains(plain) {
			return nil
		}
	}
	if plain.IsLoopback() && o.AllowLoopback {
		return nil
	}
	if !public(plain) {
		return fmt.Errorf("%w: %s", ErrAddressRefused, address)
	}
	return nil
}

// guarded checks a request's scheme before, and limits the answer after it.
type guarded struct {
	next    http.RoundTripper
	options Options
}

func (g guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := g.options.checkScheme(r); err != nil {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, err
	}
	response, err := g.next.RoundTrip(r)
	if err != nil || g.options.MaxResponse < 0 {
		return response, err
	}
	response.Body = &limited{ReadCloser: response.Body, left: g.options.MaxResponse}
	return response, nil
}

// CloseIdleConnections lets http.Client.CloseIdleConnections reach the transport.
func (g guarded) CloseIdleConnections() {
	if t, ok := g.next.(*http.Transport); ok {
		t.CloseIdleConnections()
	}
}

func (o Options) checkScheme(r *http.Request) error {
	switch r.URL.Scheme {
	case "https":
		return nil
	case "http":
		if o.AllowPlain || o.AllowLoopback && thisMachine(r.URL.Hostname()) {
			return nil
		}
	}
	return fmt.Errorf("%w: %s", ErrSchemeRefused, r.URL.Redacted())
}

func thisMachine(host string) bool {
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && embedded(address).IsLoopback()
}

// limited reads up to a limit and fails beyond it, so that a cut answer is never taken for a whole one.
type limited struct {
	io.ReadCloser
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	if int64(len(p)) > l.left+1 {
		p = p[:l.left+1]
	}
	n, err := l.ReadCloser.Read(p)
	if int64(n) > l.left {
		n = int(l.left)
		l.left = 0
		return n, ErrResponseTooLarge
	}
	l.left -= int64(n)
	return n, err
}
