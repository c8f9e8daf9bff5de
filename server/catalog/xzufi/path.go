package xzufi

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/adapter"
)

// maxIndex is how long an index may be, in bytes.
const maxIndex = 16 << 20

// IsPath says whether there is a folder, or a file of XZuFi, at a path.
func IsPath(path string) (bool, error) {
	info, err := os.Stat(path)
	if err != nil || info.IsDir() {
		return err == nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }() // it was only read
	head := make([]byte, adapter.HeadSize)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return false, err
	}
	return Detect(head[:n]), nil
}

// Path gives what is in a file or folder. In a folder with an index, the files that it lists are read in its order, and they
// are a complete delivery; without one, all files that end with .xml by their names, and they are taken as changes. name is under
// which the catalog keeps where the entries come from.
func Path(ctx context.Context, path string, o Options) (records iter.Seq2[adapter.Record, error], name string, complete bool) {
	name = filepath.Base(filepath.Clean(path))
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return fromFiles(ctx, filepath.Dir(path), []string{name}, nil, o), name, false
	}
	files, unlisted, complete, err := list(path)
	if err != nil {
		return func(yield func(adapter.Record, error) bool) { yield(adapter.Record{}, fmt.Errorf("%s: %w", name, err)) }, name, false
	}
	return fromFiles(ctx, path, files, unlisted, o), name, complete
}

// list finds the files of a folder. unlisted are those that an index leaves out.
func list(folder string) (files, unlisted []string, complete bool, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, nil, false, err
	}
	var there []string
	for _, e := range entries {
		if e.Type().IsRegular() && strings.EqualFold(filepath.Ext(e.Name()), ".xml") && !strings.HasPrefix(e.Name(), ".") {
			there = append(there, e.Name())
		}
	}
	index, err := os.Open(filepath.Join(folder, IndexName))
	if errors.Is(err, fs.ErrNotExist) {
		if len(there) == 0 {
			return nil, nil, false, fmt.Errorf("holds neither %s nor files of XZuFi", IndexName)
		}
		return there, nil, false, nil
	}
	if err != nil {
		return nil, nil, false, err
	}
	defer func() { _ = index.Close() }() // it was only read
	if files, err = ReadIndex(index); err != nil {
		return nil, nil, false, err
	}
	listed := make(map[string]bool, len(files))
	for _, name := range files {
		listed[name] = true
	}
	for _, name := range there {
		if !listed[name] {
			unlisted = append(unlisted, name)
		}
	}
	return files, unlisted, true, nil
}

// ReadIndex reads an index: a name of a file on each line. One that lists nothing, or a file elsewhere, is refused: what a
// delivery does not name would be deleted.
func ReadIndex(r io.Reader) ([]string, error) {
	var files []string
	seen := map[string]bool{}
	scanner := bufio.NewScanner(io.LimitReader(r, maxIndex))
	for scanner.Scan() {
		name := strings.TrimSpace(strings.TrimPrefix(scanner.Text(), "\ufeff"))
		if name == "" {
			continue
		}
		if !filepath.IsLocal(name) {
			return nil, fmt.Errorf("%s names %.100q, which is not a file beside it", IndexName, name)
		}
		if seen[name] {
			return nil, fmt.Errorf("%s names %.100q twice", IndexName, name)
		}
		seen[name] = true
		files = append(files, name)
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", IndexName, err)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s is empty", IndexName)
	}
	return files, nil
}

// fromFiles reads files one after the other. One that is missing or broken ends it: nobody knows what would have been in it.
func fromFiles(ctx context.Context, folder string, files, unlisted []string, o Options) iter.Seq2[adapter.Record, error] {
	return func(yield func(adapter.Record, error) bool) {
		for _, name := range unlisted {
			r := adapter.Record{Kind: catalog.KindService, At: name, Skip: fmt.Sprintf("the file %.100q is not in %s", name, IndexName)}
			if !yield(r, nil) {
				return
			}
		}
		root, err := os.OpenRoot(folder) // names in an index lead nowhere else
		if err != nil {
			yield(adapter.Record{}, err)
			return
		}
		defer func() { _ = root.Close() }() // it was only read
		for _, name := range files {
			if !fromFile(ctx, root, name, o, yield) {
				return
			}
		}
	}
}

// fromFile reads a file, and says whether to go on.
func fromFile(ctx context.Context, root *os.Root, name string, o Options, yield func(adapter.Record, error) bool) bool {
	f, err := root.Open(name)
	if err != nil {
		yield(adapter.Record{}, err)
		return false
	}
	defer func() { _ = f.Close() }() // it was only read
	for r, err := range Read(ctx, name, f, o) {
		if !yield(r, err) || err != nil {
			return false
		}
	}
	return true
}
