package scan_test

import (
	"archive/zip"
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"portalverbund/server/platform/scan"
	"portalverbund/server/platform/scan/scantest"
)

// realClamd starts ClamAV's own clamd with a database of one signature, that of the EICAR test file, wherever in a file it stands. It is told the
// limits that the README names.
func realClamd(t *testing.T) *scan.Scanner {
	t.Helper()
	program, err := exec.LookPath("clamd")
	if err != nil {
		program = "/usr/sbin/clamd"
	}
	if _, err := os.Stat(program); err != nil {
		t.Skip("there is no ClamAV (Debian, Ubuntu: apt-get install clamav-daemon); the stand-in speaks the same protocol")
	}
	folder, err := os.MkdirTemp("", "clamd") // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	socket, settings := filepath.Join(folder, "clamd.ctl"), filepath.Join(folder, "clamd.conf")
	for name, content := range map[string]string{
		"test.ndb":   "Portalverbund.EICAR:0:*:" + hex.EncodeToString(scantest.EICAR()) + "\n",
		"clamd.conf": "LocalSocket " + socket + "\nDatabaseDirectory " + folder + "\nForeground yes\nStreamMaxLength 250M\nMaxFileSize 250M\nMaxScanSize 500M\nAlertExceedsMax yes\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if os.Getuid() == 0 { // it refuses nothing then, and needs no user of its own
		t.Log("clamd runs as root")
	}
	command := exec.CommandContext(t.Context(), program, "--config-file="+settings)
	var said bytes.Buffer
	command.Stdout, command.Stderr = &said, &said
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = command.Wait(); close(ended) }() // the test ends it
	s, err := scan.New("unix://"+socket, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	deadline, tick := time.After(time.Minute), time.NewTicker(50*time.Millisecond)
	defer tick.Stop()
	for errors.Is(s.Check(t.Context(), bytes.NewReader(nil)), scan.ErrNotChecked) {
		select {
		case <-ended:
			t.Fatalf("clamd ended: %s", said.String())
		case <-deadline:
			t.Fatal("clamd does not answer")
		case <-tick.C:
		}
	}
	return s
}

func TestCheck_RealClamAV_FindsTheTestFileAlsoInArchivesAndBehindAPDF(t *testing.T) {
	t.Parallel()
	s := realClamd(t)
	archive := func(content []byte) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.Create("rechnung.txt")
		if err == nil {
			_, err = w.Write(content)
		}
		if err = errors.Join(err, z.Close()); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	beginning := []byte("%PDF-1.7\n")
	for name, c := range map[string]struct {
		content io.Reader
		found   bool
	}{
		"a text":                 {bytes.NewReader([]byte("ein Lageplan")), false},
		"a clean archive":        {bytes.NewReader(archive([]byte("ein Lageplan"))), false},
		"the test file":          {bytes.NewReader(scantest.EICAR()), true},
		"in an archive":          {bytes.NewReader(archive(scantest.EICAR())), true},
		"in an archive in one":   {bytes.NewReader(archive(archive(scantest.EICAR()))), true},
		"behind a PDF's start":   {bytes.NewReader(append(beginning, scantest.EICAR()...)), true},
		"200 MB":                 {io.LimitReader(zeros{}, 200<<20), false},
		"at the end of 200 MB":   {io.MultiReader(bytes.NewReader(beginning), io.LimitReader(zeros{}, 200<<20-100), bytes.NewReader(scantest.EICAR())), true},
		"more than its settings": {io.LimitReader(zeros{}, 251<<20), false},
	} {
		err := s.Check(t.Context(), c.content)
		if name == "more than its settings" {
			if !errors.Is(err, scan.ErrNotChecked) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if scan.IsFound(err) != c.found || !c.found && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
