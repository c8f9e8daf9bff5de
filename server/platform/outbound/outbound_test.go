package outbound_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"portalverbund/server/platform/outbound"
)

func TestCheck_OnlyPublicAddresses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		address                  string
		production, withLoopback bool // allowed by default, and when loopback is allowed
	}{
		{"93.184.216.34", true, true},
		{"2606:2800:220:1:248:1893:25c8:1946", true, true},
		{"64:ff9b::5db8:d822", true, true},
		{"127.0.0.1", false, true},
		{"127.8.9.10", false, true},
		{"::1", false, true},
		{"::ffff:127.0.0.1", false, true},
		{"64:ff9b::7f00:1", false, true},
		{"0.0.0.0", false, false},
		{"::", false, false},
		{"10.0.0.1", false, false},
		{"172.16.5.4", false, false},
		{"192.168.1.1", false, false},
		{"100.64.0.1", false, false},
		{"169.254.169.254", false, false},
		{"::ffff:169.254.169.254", false, false},
		{"64:ff9b::a9fe:a9fe", false, false},
		{"::7f00:1", false, false},
		{"2002:7f00:1::", false, false},
		{"2001:0:53aa:64c::1", false, false},
		{"fd00:ec2::254", false, false},
		{"fe80::1%eth0", false, false},
		{"224.0.0.1", false, false},
		{"ff02::1", false, false},
		{"255.255.255.255", false, false},
		{"192.0.2.1", false, false},
		{"2001:db8::1", false, false},
	}
	for _, tt := range tests {
		t.Run(tt.address, func(t *testing.T) {
			t.Parallel()
			address := netip.MustParseAddr(tt.address)
			for _, allow := range []bool{false, true} {
				want := tt.production
				if allow {
					want = tt.withLoopback
				}
				err := outbound.Options{AllowLoopback: allow}.Check(address)
				if (err == nil) != want {
					t.Errorf("loopback allowed: %v: got %v, want allowed: %v", allow, err, want)
				}
				if err != nil && !errors.Is(err, outbound.ErrAddressRefused) {
					t.Errorf("error %v is not ErrAddressRefused", err)
				}
			}
		})
	}
}

func TestCheck_NamedNetwork_IsAllowed(t *testing.T) {
	t.Parallel()
	o := outbound.Options{AllowNetworks: []netip.Prefix{netip.MustParsePrefix("10.20.0.0/16")}}
	if err := o.Check(netip.MustParseAddr("10.20.3.4")); err != nil {
		t.Errorf("named network: %v", err)
	}
	if err := o.Check(netip.MustParseAddr("::ffff:10.20.3.4")); err != nil {
		t.Errorf("named network, mapped: %v", err)
	}
	if err := o.Check(netip.MustParseAddr("10.21.0.1")); err == nil {
		t.Error("another network was allowed")
	}
}

func TestClient_Loopback_RefusedWhenDialled(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	t.Cleanup(server.Close)
	// By name: the check must come after the name is resolved.
	for _, address := range []string{server.URL, strings.Replace(server.URL, "127.0.0.1", "localhost", 1)} {
		response, err := outbound.Client(outbound.Options{}).Get(address)
		if err == nil {
			_ = response.Body.Close()
		}
		if !errors.Is(err, outbound.ErrAddressRefused) {
			t.Errorf("%s: error %v, want ErrAddressRefused", address, err)
		}
	}
	if calls.Load() != 0 {
		t.Errorf("%d calls arrived", calls.Load())
	}
}

func TestClient_PlainHTTP_OnlyToThisMachine(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }))
	t.Cleanup(server.Close)
	response, err := outbound.Client(outbound.Options{AllowLoopback: true}).Get(server.URL)
	if err != nil {
		t.Fatalf("loopback allowed: %v", err)
	}
	_ = response.Body.Close()
	for _, address := range []string{server.URL, "http://93.184.216.34/", "ftp://93.184.216.34/"} {
		response, err := outbound.Client(outbound.Options{AllowLoopback: address != server.URL}).Get(address)
		if err == nil {
			_ = response.Body.Close()
		}
		if !errors.Is(err, outbound.ErrSchemeRefused) {
			t.Errorf("%s: error %v, want ErrSchemeRefused", address, err)
		}
	}
}

func TestClient_Redirect_IsNotFollowed(t *testing.T) {
	t.Parallel()
	var inside atomic.Int32
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { inside.Add(1) }))
	t.Cleanup(target.Close)
	server := httptest.NewServer(http.RedirectHandler(target.URL, http.StatusTemporaryRedirect))
	t.Cleanup(server.Close)
	response, err := outbound.Client(outbound.Options{AllowLoopback: true}).Post(server.URL, "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusTemporaryRedirect || inside.Load() != 0 {
		t.Errorf("status %d, calls inside %d", response.StatusCode, inside.Load())
	}
}

func TestClient_LongAnswer_FailsAtTheLimit(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("x", len(r.URL.Path)-1))
	}))
	t.Cleanup(server.Close)
	client := outbound.Client(outbound.Options{AllowLoopback: true, MaxResponse: 10})
	for length, want := range map[int]error{9: nil, 10: nil, 11: outbound.ErrResponseTooLarge, 500: outbound.ErrResponseTooLarge} {
		response, err := client.Get(server.URL + "/" + strings.Repeat("a", length))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if !errors.Is(err, want) || len(body) > 10 {
			t.Errorf("%d bytes: read %d, error %v, want %v", length, len(body), err, want)
		}
	}
}
