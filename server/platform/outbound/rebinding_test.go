package outbound_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"portalverbund/server/platform/outbound"
)

// startNames runs a DNS server that gives a public address to the first question for an IPv4 address, and this machine's to all
// later ones.
func startNames(t *testing.T) (address string, asked *atomic.Int32) {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	asked = new(atomic.Int32)
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := socket.ReadFrom(buffer)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buffer[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			m.Response, m.Additionals = true, nil
			if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
				a := dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}
				if asked.Add(1) == 1 {
					a.A = [4]byte{93, 184, 216, 34}
				}
				m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}, Body: &a}}
			}
			if answer, err := m.Pack(); err == nil {
				_, _ = socket.WriteTo(answer, from)
			}
		}
	}()
	return socket.LocalAddr().String(), asked
}

// Not in parallel with others: it changes the resolver of the whole process.
func TestClient_NameLeadsElsewhereAfterTheCheck_RefusedWhenDialled(t *testing.T) {
	address, asked := startNames(t)
	usual := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", address)
	}}
	t.Cleanup(func() { net.DefaultResolver = usual })
	var calls atomic.Int32
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	// Who checks the name beforehand sees a public address …
	found, err := net.DefaultResolver.LookupNetIP(t.Context(), "ip4", "webhook.example.")
	if err != nil || len(found) != 1 {
		t.Fatalf("found %v, %v", found, err)
	}
	if err := (outbound.Options{}).Check(found[0].Unmap()); err != nil {
		t.Fatalf("the first answer: %v", err)
	}
	// … and a moment later the name leads to this machine.
	response, err := outbound.Client(outbound.Options{}).Get("https://webhook.example.:" + port)
	if err == nil {
		_ = response.Body.Close()
	}
	if !errors.Is(err, outbound.ErrAddressRefused) {
		t.Errorf("error %v, want ErrAddressRefused", err)
	}
	if asked.Load() < 2 || calls.Load() != 0 {
		t.Errorf("asked %d times, %d calls arrived", asked.Load(), calls.Load())
	}
}

func TestClient_ThisMachineInOtherForms_Refused(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	t.Cleanup(server.Close)
	port := netip.MustParseAddrPort(server.Listener.Addr().String()).Port()
	for _, host := range []string{"127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0x7f000001", "2130706433", "0177.0.0.1", "127.1", "0", "0.0.0.0", "localhost", "LOCALHOST.", "169.254.169.254", "10.0.0.1", "[64:ff9b::7f00:1]"} {
		ctx, cancel := context.WithTimeout(t.Context(), outbound.DefaultTimeout)
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+host+":"+strconv.Itoa(int(port)), nil)
		if err != nil {
			cancel()
			continue // not even an address
		}
		response, err := outbound.Client(outbound.Options{}).Do(request)
		cancel()
		if err == nil {
			_ = response.Body.Close()
			t.Errorf("%s was called", host)
			continue
		}
		var unknown *net.DNSError // forms that are names to Go, and nobody's
		if !errors.Is(err, outbound.ErrAddressRefused) && !errors.As(err, &unknown) {
			t.Errorf("%s: %v", host, err)
		}
	}
	if calls.Load() != 0 {
		t.Errorf("%d calls arrived", calls.Load())
	}
}
