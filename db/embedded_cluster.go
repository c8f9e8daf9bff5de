//go:build linux || darwin || freebsd || netbsd || openbsd

package db

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// cluster is a PostgreSQL data folder with the binaries of its major version.
type cluster struct {
	folder       string // the real one, no symbolic link
	passwordFile string
	password     string
	binaries     binaries
	account      *account // nil: the server runs as we do
}

// openCluster chooses binaries and account, and makes the data folder if it isn't there.
func openCluster(ctx context.Context, dataDir string, opts EmbeddedOptions) (cluster, error) {
	found, err := findBinaries(ctx, opts)
	if err != nil {
		return cluster{}, err
	}
	chosen, exists, err := chooseBinaries(dataDir, found)
	if err != nil {
		return cluster{}, err
	}
	name := "pg" + strconv.Itoa(chosen.major)
	c := cluster{folder: filepath.Join(dataDir, name), passwordFile: filepath.Join(dataDir, name+".password")}
	if c.account, err = serverAccount(c.folder); err != nil {
		return cluster{}, err
	}
	if c.binaries, err = reachableBinaries(chosen, c.account, opts); err != nil {
		return cluster{}, err
	}
	if c.password, err = readPassword(c.passwordFile, exists); err != nil {
		return cluster{}, err
	}
	if !exists {
		if err := c.make(ctx, opts); err != nil {
			return cluster{}, err
		}
	}
	if c.folder, err = filepath.EvalSymlinks(c.folder); err != nil {
		return cluster{}, fmt.Errorf("database folder: %w", err)
	}
	if err := c.account.own(c.folder); err != nil {
		return cluster{}, err
	}
	if err := c.account.canEnter(c.folder); err != nil {
		return cluster{}, err
	}
	return c, nil
}

// chooseBinaries lets the data folder choose: one that was made by PostgreSQL 15 needs 15. A new folder gets the first
// that was found.
func chooseBinaries(dataDir string, found []binaries) (_ binaries, exists bool, err error) {
	entries, err := os.ReadDir(dataDir)
	if err != nil {
		return binaries{}, false, fmt.Errorf("data folder: %w", err)
	}
	best, newest := binaries{}, 0
	for _, entry := range entries {
		major, err := strconv.Atoi(strings.TrimPrefix(entry.Name(), "pg"))
		if err != nil || entry.Name() != "pg"+strconv.Itoa(major) {
			continue
		}
		if _, err := os.Stat(filepath.Join(dataDir, entry.Name(), "PG_VERSION")); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		newest = max(newest, major)
		for _, b := range found {
			if b.major == major && major > best.major {
				best = b
			}
		}
	}
	if best.major > 0 {
		return best, true, nil
	}
	if newest > 0 {
		return binaries{}, false, fmt.Errorf("%w for %s: it was made by PostgreSQL %d, and only %s is here; "+
			"install PostgreSQL %d, or choose another data folder", ErrNoPostgres,
			filepath.Join(dataDir, "pg"+strconv.Itoa(newest)), newest, majors(found), newest)
	}
	return found[0], false, nil
}

func majors(found []binaries) string {
	names := make([]string, len(found))
	for i, b := range found {
		names[i] = b.version
	}
	return strings.Join(names, ", ")
}

// readPassword reads the password, or generates it for a new cluster.
func readPassword(file string, clusterExists bool) (string, error) {
	text, err := os.ReadFile(file)
	if err == nil {
		return strings.TrimSpace(string(text)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("database password: %w", err)
	}
	if clusterExists {
		return "", fmt.Errorf("the database has lost its password file %s: bring it back, or choose another data folder", file)
	}
	password := randomHex(24)
	half := file + ".new"
	if err := os.WriteFile(half, []byte(password+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("database password: %w", err)
	}
	if err := os.Rename(half, file); err != nil {
		return "", fmt.Errorf("database password: %w", err)
	}
	return password, nil
}

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// make runs initdb in a folder beside the final one, which gets its name only when it is complete.
func (c *cluster) make(ctx context.Context, opts EmbeddedOptions) error {
	half := c.folder + ".new"
	if err := os.RemoveAll(half); err != nil { // of a first start that was killed
		return fmt.Errorf("make database: %w", err)
	}
	if err := os.Mkdir(half, 0o700); err != nil {
		return fmt.Errorf("make database: %w", err)
	}
	place, err := c.account.place(half, opts)
	if err != nil {
		return err
	}
	passwordFile := filepath.Join(place, ".password")
	initdb := filepath.Join(place, "data") // initdb wants an empty folder
	if err := c.account.write(passwordFile, c.password); err != nil {
		return fmt.Errorf("make database: %w", err)
	}
	args := []string{
		"--pgdata", initdb, "--username", adminRole, "--pwfile", passwordFile, "--auth", "scram-sha-256",
		"--encoding", "UTF8", "--locale", "C", "--locale-provider", "icu", "--icu-locale", "de-DE", "--data-checksums",
	}
	if opts.Settings["fsync"] == "off" {
		args = append(args, "--no-sync")
	}
	cmd := exec.CommandContext(ctx, c.binaries.path("initdb"), args...)
	cmd.Env, cmd.Dir = serverEnv(), place
	c.account.apply(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("make database: initdb: %w: %s", err, lastLines(out, 5))
	}
	if err := os.Remove(passwordFile); err != nil {
		return fmt.Errorf("make database: %w", err)
	}
	return c.settle(half, initdb)
}

// settle gives the new database its final name: a folder of its own in the data folder, or a link to where it had to
// be made.
func (c *cluster) settle(half, made string) error {
	if filepath.Dir(made) != half {
		if err := os.Symlink(made, c.folder); err != nil {
			return fmt.Errorf("make database: %w", err)
		}
		return os.Remove(half)
	}
	if err := os.Rename(made, c.folder); err != nil {
		return fmt.Errorf("make database: %w", err)
	}
	return os.Remove(half)
}

// endLeftover stops a server that a killed instance left on this folder. We hold the folder's lock, so nobody needs it.
func (c *cluster) endLeftover(ctx context.Context, log *slog.Logger) error {
	const quitAfter, giveUpAfter = 10 * time.Second, 30 * time.Second
	begin, signals := time.Now(), 0
	for {
		pid, port := c.readPID()
		if pid == 0 {
			return nil
		}
		switch state := c.stateOf(ctx, pid, port); {
		case state == gone:
			return nil // the server itself removes what a dead one left
		case state == foreign:
			return c.disownPID(pid)
		case time.Since(begin) > giveUpAfter:
			return fmt.Errorf("process %d seems to be a PostgreSQL on %s and does not end: end it; if it is something else, "+
				"delete postmaster.pid there", pid, c.folder)
		case state == ours && signals == 0:
			log.WarnContext(ctx, "stopping the PostgreSQL that a killed instance left behind", "pid", pid)
			_ = syscall.Kill(pid, syscall.SIGINT) // the state is looked at again
			signals++
		case state == ours && signals == 1 && time.Since(begin) > quitAfter:
			_ = syscall.Kill(pid, syscall.SIGQUIT)
			signals++
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// readPID reads process id (line 1) and port (line 4) from the server's lock file.
func (c *cluster) readPID() (pid, port int) {
	text, err := os.ReadFile(filepath.Join(c.folder, "postmaster.pid"))
	if err != nil {
		return 0, 0
	}
	lines := strings.Split(string(text), "\n")
	pid, _ = strconv.Atoi(strings.TrimSpace(lines[0]))
	if len(lines) > 3 {
		port, _ = strconv.Atoi(strings.TrimSpace(lines[3]))
	}
	return max(pid, 0), port
}

// disownPID writes a process id that can't exist into the lock file, whose own now belongs to something else (as after
// a restart of a container). The file itself must stay: with it the server checks that no process of the dead one is
// still at work on the folder.
func (c *cluster) disownPID(pid int) error {
	const nobody = 1<<31 - 2
	file := filepath.Join(c.folder, "postmaster.pid")
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("stale lock file: %w", err)
	}
	text = bytes.Replace(text, []byte(strconv.Itoa(pid)), []byte(strconv.Itoa(nobody)), 1)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return fmt.Errorf("stale lock file: %w", err)
	}
	return nil
}

type processState int

const (
	gone    processState = iota // no such process, or a dead one that nobody has waited for
	ours                        // a server on this folder
	foreign                     // something else
	unknown                     // can't be told
)

// stateOf says what a process id from the lock file stands for now.
func (c *cluster) stateOf(ctx context.Context, pid, port int) processState {
	err := syscall.Kill(pid, 0)
	if errors.Is(err, syscall.ESRCH) {
		return gone
	}
	if errors.Is(err, syscall.EPERM) {
		return foreign // a server on our folder runs as the folder's owner, whom we may signal
	}
	if state := inspectProcess(pid, c.folder); state != unknown {
		return state
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	probe := Embedded{cluster: *c, port: port}
	conn, err := pgx.Connect(ctx, probe.AdminURL("postgres"))
	if err != nil {
		return unknown
	}
	defer func() { _ = conn.Close(ctx) }()
	var folder string
	if err := conn.QueryRow(ctx, "SELECT current_setting('data_directory')").Scan(&folder); err != nil || folder != c.folder {
		return unknown
	}
	return ours
}
