package app

import (
	"context"
	"fmt"
	"io"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/xzufi"
)

// importFile finds out what a file holds, and imports it.
func (a *App) importFile(ctx context.Context, path string) (fmt.Stringer, error) {
	if found, err := xzufi.IsPath(path); err != nil {
		return nil, fmt.Errorf("import: %w", err)
	} else if found {
		return a.importXZuFi(ctx, path)
	}
	places := func(ctx context.Context, r io.Reader) (fmt.Stringer, error) { return a.places.Import(ctx, r) }
	return a.catalog.ImportFile(ctx, path, places, catalog.ImportOptions{})
}

// importCatalog imports a portal's own entries; what came from the same source before and is not in the file any more goes.
func (a *App) importCatalog(ctx context.Context, source string, r io.Reader) (catalog.Report, error) {
	return a.catalog.Import(ctx, source, r, catalog.ImportOptions{Complete: true})
}
