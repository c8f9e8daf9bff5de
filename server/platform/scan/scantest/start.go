package scantest

import (
	"context"
	"net"
	"path/filepath"
	"testing"

	"portalverbund/server/platform/scan"
)

// Start runs a stand-in until the test ends, and gives a scanner that asks it.
func Start(t *testing.T) (*scan.Scanner, *Clamd) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "clamd.ctl")
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	c := &Clamd{}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	t.Cleanup(stop)
	go func() { _ = c.Serve(ctx, l) }() // ends with the test
	s, err := scan.New("unix://"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}
