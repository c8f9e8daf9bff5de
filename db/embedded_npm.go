//go:build linux || darwin || freebsd || netbsd || openbsd

package db

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// mendedPackage gives the npm package with its symbolic links in place: npm can't ship them, and its install script that
// makes them is often not allowed to run. Where the package can't be written to, a copy is made.
func mendedPackage(folder string, opts EmbeddedOptions) (string, error) {
	err := mendLinks(folder)
	if err == nil || !errors.Is(err, fs.ErrPermission) && !errors.Is(err, syscall.EROFS) {
		return folder, err
	}
	base, err := cacheFolder(opts.CacheDir)
	if err != nil {
		return "", err
	}
	return copyPackage(folder, base)
}

func mendLinks(folder string) error {
	text, err := os.ReadFile(filepath.Join(folder, "native", "pg-symlinks.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(text, &links); err != nil {
		return fmt.Errorf("pg-symlinks.json: %w", err)
	}
	for _, link := range links {
		if !filepath.IsLocal(link.Source) || !filepath.IsLocal(link.Target) {
			return fmt.Errorf("pg-symlinks.json: %q leads out of the package", link.Target)
		}
		target := filepath.Join(folder, link.Target)
		if _, err := os.Stat(target); err == nil {
			continue
		}
		to, err := filepath.Rel(filepath.Dir(target), filepath.Join(folder, link.Source))
		if err != nil {
			return err
		}
		if err := os.Symlink(to, target); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

// copyPackage copies the npm package into base for everybody to read, once for each version, and mends its links.
func copyPackage(folder, base string) (string, error) {
	var about struct{ Version string }
	text, err := os.ReadFile(filepath.Join(folder, "package.json"))
	if err == nil {
		err = json.Unmarshal(text, &about)
	}
	if err != nil || !filepath.IsLocal(about.Version) {
		return "", fmt.Errorf("read the version of %s: %w", folder, err)
	}
	target := filepath.Join(base, "postgresql-"+about.Version+"-"+npmPlatform())
	if _, err := os.Stat(target); err == nil {
		return target, nil
	}
	half, err := os.MkdirTemp(base, ".postgresql-*")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(half) }()
	if err := copyTree(filepath.Join(folder, "native"), filepath.Join(half, "native")); err != nil {
		return "", fmt.Errorf("copy PostgreSQL: %w", err)
	}
	if err := mendLinks(half); err != nil {
		return "", err
	}
	if err := os.Chmod(half, 0o755); err != nil {
		return "", err
	}
	if err := os.Rename(half, target); err != nil {
		if _, statErr := os.Stat(target); statErr == nil {
			return target, nil // another process was quicker
		}
		return "", err
	}
	return target, nil
}

func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case entry.IsDir():
			if err := os.MkdirAll(target, 0o755); err != nil {
				return err
			}
			return os.Chmod(target, 0o755) // whatever the umask
		case entry.Type()&fs.ModeSymlink != 0:
			link, err := os.Readlink(path)
			if err != nil {
				return err
			}
			return os.Symlink(link, target)
		default:
			return copyFile(path, target)
		}
	})
}

func copyFile(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	mode := fs.FileMode(0o644)
	if info.Mode()&0o100 != 0 {
		mode = 0o755
	}
	if err := os.WriteFile(to, data, mode); err != nil {
		return err
	}
	return os.Chmod(to, mode)
}
