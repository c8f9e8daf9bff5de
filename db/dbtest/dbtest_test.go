//go:build unix

package dbtest_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"portalverbund/db/dbtest"
)

func TestNew_TwoTests_DatabasesOfTheirOwn(t *testing.T) {
	t.Parallel()
	a, b := dbtest.New(t), dbtest.New(t)
	const insert = "INSERT INTO idempotency_keys (scope, key, request_hash) VALUES ('s', 'k', '')"
	if _, err := a.Pool().Exec(t.Context(), insert); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Pool().Exec(t.Context(), insert); err != nil {
		t.Fatalf("the second database sees the first: %v", err)
	}
}

func TestURL_EndOfTest_DatabaseIsDropped(t *testing.T) {
	t.Parallel()
	var url string
	t.Run("uses a database and leaves a connection open", func(t *testing.T) {
		url = dbtest.URL(t)
		if _, err := pgx.Connect(t.Context(), url); err != nil {
			t.Fatal(err)
		}
	})
	if conn, err := pgx.Connect(t.Context(), url); err == nil {
		_ = conn.Close(t.Context())
		t.Fatal("the database is still there")
	}
}

func TestNew_Durable_WritesThrough(t *testing.T) {
	t.Parallel()
	if os.Getenv("TEST_DATABASE_URL") != "" {
		t.Skip("the server at TEST_DATABASE_URL is as it is")
	}
	d := dbtest.New(t, dbtest.Durable)
	var fsync string
	if err := d.Pool().QueryRow(t.Context(), "SHOW fsync").Scan(&fsync); err != nil {
		t.Fatal(err)
	}
	if fsync != "on" {
		t.Errorf("fsync is %s", fsync)
	}
}

// child makes this test binary take a database, say so, and wait to be killed.
const child = "DBTEST_CHILD"

func TestURL_TestBinaryKilled_ServerAndFolderGo(t *testing.T) {
	t.Parallel()
	if os.Getenv(child) != "" {
		_ = dbtest.URL(t)
		fmt.Println("ready")
		select {}
	}
	temp, err := os.MkdirTemp("", "portalverbund-dbtest-*")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(temp) }()
	if err := os.Chmod(temp, 0o711); err != nil { // as root, the server's user must get in
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), child+"=1", "TMPDIR="+temp, "TEST_DATABASE_URL=")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if line != "ready\n" {
		_ = cmd.Process.Kill()
		t.Fatalf("the child said %q: %v", line, err)
	}
	pid := serverPID(t, temp)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	until(t, "the folder is gone", func() bool {
		left, err := os.ReadDir(temp)
		return err == nil && len(left) == 0
	})
	until(t, "the server is gone", func() bool { return !runs(pid) })
}

// runs says whether a process exists and is more than a dead one that nobody has waited for.
func runs(pid int) bool {
	if err := syscall.Kill(pid, 0); err != nil {
		return false
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)) // where there is /proc
	return err != nil || !strings.Contains(string(status), "State:\tZ")
}

func serverPID(t *testing.T, temp string) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(temp, "*", "pg*", "postmaster.pid"))
	if err != nil || len(files) != 1 {
		t.Fatalf("found lock files %v: %v", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Sscan(string(text), &pid); err != nil {
		t.Fatal(err)
	}
	return pid
}

func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("still waiting: %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func BenchmarkURL(b *testing.B) {
	for b.Loop() {
		dbtest.URL(b)
	}
}
