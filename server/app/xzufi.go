package app

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"time"

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
