//go:build linux || darwin || freebsd || netbsd || openbsd

package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the user that the server runs as when we are root, which PostgreSQL refuses to run as. A nil account
// changes nothing.
type account struct {
	name     string
	uid, gid uint32
}

// serverAccount is the owner of the database folder; for a new one postgres, else nobody. Nil when we are not root.
func serverAccount(folder string) (*account, error) {
	owner, ownerGroup, exists := ownerOf(folder)
	if euid := os.Geteuid(); euid != 0 {
		if exists && int(owner) != euid {
			return nil, fmt.Errorf("the database in %s belongs to user %d: start as that user, or choose another data folder", folder, owner)
		}
		return nil, nil //nolint:nilnil // no account means no change of user
	}
	if exists && owner != 0 {
		return &account{name: "user " + strconv.Itoa(int(owner)), uid: owner, gid: ownerGroup}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(found.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(found.Gid, 10, 32)
		if uidErr == nil && gidErr == nil && uid != 0 {
			return &account{name: name, uid: uint32(uid), gid: uint32(gid)}, nil
		}
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody: add one, or start as another user")
}

func ownerOf(path string) (uid, gid uint32, ok bool) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, 0, false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return stat.Uid, stat.Gid, true
}

// apply makes a command run as the account.
func (a *account) apply(cmd *exec.Cmd) {
	if a == nil {
		return
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
}

// own gives the account a database folder that belongs to root, as after a copy.
func (a *account) own(folder string) error {
	if a == nil {
		return nil
	}
	if uid, _, ok := ownerOf(folder); ok && uid != 0 {
		return nil
	}
	return filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, int(a.uid), int(a.gid))
	})
}

// canEnter tries whether the account reaches the folder.
func (a *account) canEnter(folder string) error {
	if a == nil {
		return nil
	}
	cmd := exec.CommandContext(context.Background(), "/bin/sh", "-c", "exit 0")
	cmd.Dir = folder
	a.apply(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("PostgreSQL runs as %s, which can't get into %s: choose another data folder: %w %s", a.name, folder, err, out)
	}
	return nil
}

// canRun tries whether the account reaches the program and its libraries.
func (a *account) canRun(program string) error {
	cmd := exec.CommandContext(context.Background(), program, "--version")
	cmd.Env, cmd.Dir = serverEnv(), "/"
	a.apply(cmd)
	return cmd.Run()
}

// place gives the folder in which the account makes a new database: the wanted one, or, where the account can't get in
// (a project in root's home), one of its own outside.
func (a *account) place(wanted string, opts EmbeddedOptions) (string, error) {
	if a == nil {
		return wanted, nil
	}
	if err := os.Chown(wanted, int(a.uid), int(a.gid)); err != nil {
		return "", fmt.Errorf("make database: %w", err)
	}
	if a.canEnter(wanted) == nil {
		return wanted, nil
	}
	base, err := cacheFolder(opts.CacheDir)
	if err != nil {
		return "", err
	}
	outside := filepath.Join(base, "data-"+randomHex(6))
	if err := os.Mkdir(outside, 0o700); err != nil {
		return "", fmt.Errorf("make database: %w", err)
	}
	if err := os.Chown(outside, int(a.uid), int(a.gid)); err != nil {
		return "", fmt.Errorf("make database: %w", err)
	}
	if err := a.canEnter(outside); err != nil {
		return "", err
	}
	opts.Log.Info("the user of the database can't get into the data folder, so the database is kept outside, with a link to it",
		"user", a.name, "folder", outside)
	return outside, nil
}

// write makes a file that only the account can read.
func (a *account) write(file, text string) error {
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return err
	}
	if a == nil {
		return nil
	}
	return os.Chown(file, int(a.uid), int(a.gid))
}

// reachableBinaries gives the binaries, or a copy of them where the account can't reach them.
func reachableBinaries(b binaries, a *account, opts EmbeddedOptions) (binaries, error) {
	if a == nil {
		return b, nil
	}
	err := a.canRun(b.path("postgres"))
	if err == nil {
		return b, nil
	}
	if b.npm == "" {
		return binaries{}, fmt.Errorf("user %s can't run %s: %w", a.name, b.path("postgres"), err)
	}
	base, err := cacheFolder(opts.CacheDir)
	if err != nil {
		return binaries{}, err
	}
	copied, err := copyPackage(b.npm, base)
	if err != nil {
		return binaries{}, err
	}
	b.dir = filepath.Join(copied, "native", "bin")
	if err := a.canRun(b.path("postgres")); err != nil {
		return binaries{}, fmt.Errorf("user %s can't run %s: %w", a.name, b.path("postgres"), err)
	}
	return b, nil
}

// cacheFolder gives the wanted folder; else for root one that all may pass and only root may write to, for others the
// user's cache.
func cacheFolder(wanted string) (string, error) {
	root := os.Geteuid() == 0
	candidates := []string{wanted}
	switch {
	case wanted != "":
	case root:
		candidates = []string{"/var/lib/portalverbund", filepath.Join(os.TempDir(), "portalverbund-root")}
	default:
		base, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("folder for PostgreSQL: %w", err)
		}
		candidates = []string{filepath.Join(base, "portalverbund")}
	}
	var failed error
	for _, folder := range candidates {
		if failed = os.MkdirAll(folder, 0o700); failed != nil {
			continue
		}
		if !root {
			return folder, nil
		}
		info, err := os.Lstat(folder)
		uid, _, ok := ownerOf(folder)
		if err != nil || !ok || uid != 0 || !info.IsDir() {
			failed = fmt.Errorf("%s does not belong to root", folder)
			continue
		}
		return folder, os.Chmod(folder, 0o755)
	}
	return "", fmt.Errorf("folder for PostgreSQL: %w", failed)
}
