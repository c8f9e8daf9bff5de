package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/sources"
)

// ImportOptions say how files are imported. They are not for the register of places.
type ImportOptions struct {
	Complete bool // each file is all that there is under its name
	DryRun   bool // find out what would change, and change nothing
	Undo     bool // take back the last import of each file instead
	Force    bool // also if most would be deleted, or what is to be taken back has been changed since
}

// importFile finds out what a file or folder holds, and imports it.
func (a *App) importFile(ctx context.Context, path string, o ImportOptions) (fmt.Stringer, error) {
	places, err := isPlaces(path)
	if err != nil {
		return nil, fmt.Errorf("import: %w", err)
	}
	if places {
		if o != (ImportOptions{}) {
			return nil, fmt.Errorf("import %s: the register of places is taken in as it is, without options", path)
		}
		file, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("import: %w", err)
		}
		defer func() { _ = file.Close() }() // it was only read
		return a.places.Import(ctx, file)
	}
	options := sources.CommandOptions{Complete: o.Complete, DryRun: o.DryRun, Force: o.Force}
	run, err := a.runImport(ctx, path, o.Undo, options)
	if err != nil {
		return nil, err
	}
	return a.sources.Report(ctx, run)
}

func (a *App) runImport(ctx context.Context, path string, undo bool, o sources.CommandOptions) (sources.Run, error) {
	if undo {
		return a.sources.UndoPath(ctx, path, o)
	}
	return a.sources.RunPath(ctx, path, o)
}

// isPlaces says whether a file is the register of places.
func isPlaces(path string) (bool, error) {
	info, err := os.Stat(path)
	if err != nil || info.IsDir() {
		return false, err
	}
	file, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer func() { _ = file.Close() }() // it was only read
	head := make([]byte, 64)
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return false, err
	}
	return bytes.HasPrefix(bytes.TrimPrefix(head[:n], []byte("\ufeff")), []byte("ars,")), nil
}

// importCatalog imports a portal's own entries; what came from the same source before and is not in the file any more goes.
func (a *App) importCatalog(ctx context.Context, source string, r io.Reader) (catalog.Report, error) {
	return a.catalog.Import(ctx, source, r, catalog.ImportOptions{Complete: true})
}

// Take imports catalog entries (JSON Lines) at a portal that is running, as its pages do.
func (a *App) Take(ctx context.Context, name string, lines io.Reader) error {
	report, err := a.importCatalog(ctx, name, lines)
	if err != nil {
		return err
	}
	if len(report.Skipped) > 0 {
		return fmt.Errorf("import %s: %s", name, report)
	}
	return nil
}
