package app

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"portalverbund/server/catalog"
)

const sniffed = 64 << 10 // bytes looked at to find what kind of file it is

// importFile finds out from its beginning what a file holds, and imports it.
func (a *App) importFile(ctx context.Context, path string) (fmt.Stringer, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("import: %w", err)
	}
	defer f.Close()
	name := filepath.Base(path)
	r := bufio.NewReaderSize(f, sniffed)
	start, err := r.Peek(sniffed)
	if err != nil && err != io.EOF && err != bufio.ErrBufferFull { //nolint:errorlint // Peek answers these as they are
		return nil, fmt.Errorf("import %s: %w", name, err)
	}
	first, _, _ := strings.Cut(string(start), "\n")
	switch {
	case strings.HasPrefix(strings.TrimPrefix(first, "\ufeff"), "ars,"):
		report, err := a.places.Import(ctx, r)
		return report, wrapImport(name, err)
	case strings.Contains(first, `"kind"`):
		report, err := a.importCatalog(ctx, name, r)
		return report, wrapImport(name, err)
	default:
		report, err := a.catalog.Import(ctx, name, r, catalog.ImportOptions{})
		return report, wrapImport(name, err)
	}
}

func wrapImport(name string, err error) error {
	if err != nil {
		return fmt.Errorf("import %s: %w", name, err)
	}
	return nil
}

// importCatalog imports a portal's own entries; what came from the same source before and is not in the file any more goes.
func (a *App) importCatalog(ctx context.Context, source string, r io.Reader) (catalog.Report, error) {
	return a.catalog.Import(ctx, source, r, catalog.ImportOptions{Complete: true})
}
