package scan_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/prometheus/client_golang/prometheus"

	"portalverbund/server/platform/scan"
	"portalverbund/server/platform/scan/scantest"
)

// standin runs a stand-in for clamd on a socket, and gives a Scanner for it and its figures.
func standin(t *testing.T, c *scantest.Clamd) (*scan.Scanner, *prometheus.Registry) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "clamd.ctl")
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- c.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	metrics := prometheus.NewRegistry()
	s, err := scan.New("unix://"+path, metrics)
	if err != nil {
		t.Fatal(err)
	}
	return s, metrics
}

func TestCheck_CleanAndHarmful_ToldApart(t *testing.T) {
	t.Parallel()
	s, _ := standin(t, &scantest.Clamd{})
	hidden := append(append(bytes.Repeat([]byte("x"), 64<<10-20), scantest.EICAR()...), bytes.Repeat([]byte("y"), 100<<10)...)
	for name, c := range map[string]struct {
		content []byte
		found   bool
	}{
		"empty":                 {nil, false},
		"text":                  {[]byte("%PDF-1.7 ein Lageplan"), false},
		"two pieces":            {bytes.Repeat([]byte("z"), 2*64<<10), false},
		"test file":             {scantest.EICAR(), true},
		"test file over pieces": {hidden, true},
	} {
		err := s.Check(t.Context(), bytes.NewReader(c.content))
		if c.found != scan.IsFound(err) || !c.found && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheck_ScannerAwayOrSilentOrUnwilling_IsNotClean(t *testing.T) {
	t.Parallel()
	down := &scantest.Clamd{}
	down.Down.Store(true)
	silent, metrics := standin(t, down)
	strict, _ := standin(t, &scantest.Clamd{Limit: 100 << 10})
	away, err := scan.New("unix://"+filepath.Join(t.TempDir(), "nobody.ctl"), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*scan.Scanner{"silent": silent, "away": away, "too large for it": strict} {
		if err := s.Check(t.Context(), strings.NewReader(strings.Repeat("x", 1<<20))); !errors.Is(err, scan.ErrNotChecked) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if up := figure(t, metrics, "portal_virus_scanner_up"); up != 0 {
		t.Errorf("a silent scanner counts as up: %v", up)
	}
	down.Down.Store(false)
	if up := figure(t, metrics, "portal_virus_scanner_up"); up != 1 {
		t.Errorf("a scanner that answers counts as down: %v", up)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if err := silent.Check(gone, strings.NewReader("x")); !errors.Is(err, scan.ErrNotChecked) {
		t.Errorf("caller has gone: %v", err)
	}
}

func figure(t *testing.T, metrics *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatalf("no figure %s", name)
	return 0
}

func TestCheck_SourceBreaks_IsItsError(t *testing.T) {
	t.Parallel()
	s, _ := standin(t, &scantest.Clamd{})
	err := s.Check(t.Context(), io.MultiReader(strings.NewReader("x"), iotest.ErrReader(io.ErrClosedPipe)))
	if !errors.Is(err, io.ErrClosedPipe) || errors.Is(err, scan.ErrNotChecked) {
		t.Errorf("err = %v", err)
	}
}

func TestCheck_NoneConfigured_EverythingIsClean(t *testing.T) {
	t.Parallel()
	s, err := scan.New("", nil)
	if err != nil || s != nil || s.Check(t.Context(), bytes.NewReader(scantest.EICAR())) != nil {
		t.Errorf("%v, %v", s, err)
	}
}

func TestParse_Addresses(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"tcp://127.0.0.1:3310", "tcp://clamav:3310", "tcp://[::1]:3310", "unix:///run/clamav/clamd.ctl"} {
		if _, _, err := scan.Parse(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"127.0.0.1:3310", "tcp://127.0.0.1", "http://127.0.0.1:3310", "unix://run/clamd.ctl", "tcp://u:p@host:1", "tcp://host:1/path", "clamd"} {
		if _, _, err := scan.Parse(bad); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestCheck_LargeFile_TakesLittleMemory(t *testing.T) { // not parallel: it counts what the process allocates
	s, _ := standin(t, &scantest.Clamd{})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := s.Check(t.Context(), io.LimitReader(zeros{}, 200<<20)); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 {
		t.Errorf("checking 200 MiB allocated %d KiB", used>>10)
	}
}
