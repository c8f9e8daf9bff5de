package app

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/url"
	"time"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/adapter"
	"portalverbund/server/catalog/xzufi"
)

// agency is under which name this portal's ids stand in deliveries: what PVOG's operator gave it, else its host.
func (a *App) agency() string {
	if a.config.Agency != "" {
		return a.config.Agency
	}
	u, err := url.Parse(a.config.PublicURL)
	if err != nil { // checked at the start
		return a.config.PublicURL
	}
	return u.Host
}

func (a *App) exporter(languages []string) *xzufi.Exporter {
	return &xzufi.Exporter{Catalog: a.catalog, Agency: a.agency(), URL: a.config.PublicURL, Languages: languages, Now: time.Now}
}

// importXZuFi imports a file or folder. A folder with an index is all that its source has.
func (a *App) importXZuFi(ctx context.Context, path string) (fmt.Stringer, error) {
	records, name, complete := xzufi.Path(ctx, path, xzufi.Options{Own: a.agency(), Areas: a.places})
	return a.catalog.ImportEntries(ctx, name, incoming(records), catalog.ImportOptions{Complete: complete})
}

// incoming are records as the catalog takes them.
func incoming(records iter.Seq2[adapter.Record, error]) iter.Seq2[catalog.Incoming, error] {
	return func(yield func(catalog.Incoming, error) bool) {
		for r, err := range records {
			in := catalog.Incoming{
				Kind: r.Kind, Key: r.ID, Payload: r.Payload, Deleted: r.Deleted, At: r.At, Line: r.Line, Skip: r.Skip, Warnings: r.Warnings,
			}
			if !yield(in, err) || err != nil {
				return
			}
		}
	}
}

// Export writes the portal's own entries as a delivery in XZuFi 2.2 into a folder.
func Export(ctx context.Context, c Config, folder string, allLanguages bool, out io.Writer) error {
	a, err := Open(ctx, c, c.Logger())
	if err != nil {
		return err
	}
	defer a.Close()
	languages := xzufi.DeliveredLanguages()
	if allLanguages {
		languages = nil
	}
	files, omitted, err := a.exporter(languages).Folder(ctx, folder)
	if err != nil {
		return err
	}
	for _, f := range files {
		if _, err := fmt.Fprintln(out, f.Name); err != nil {
			return err
		}
	}
	if omitted > 0 {
		_, err = fmt.Fprintf(out, "left out %d texts in languages other than German and English; --all-languages writes them too\n", omitted)
	}
	return err
}
