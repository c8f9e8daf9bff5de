package pages

import (
	"bufio"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/catalog"
)

const (
	sitemapPart    = 40_000 // entries in one file; sitemaps.org allows 50,000 addresses
	sitemapBatch   = 5_000  // entries read at once
	sitemapTimeout = 30 * time.Second
	sitemapSchema  = "http://www.sitemaps.org/schemas/sitemap/0.9"
)

// notListed are the pages that mean nothing to others than the person who is there.
const notListed = `Disallow: /api/
Disallow: /antraege
Disallow: /postfach
Disallow: /konto
Disallow: /merkliste
Disallow: /anmelden
Disallow: /registrieren
Disallow: /passwort
Disallow: /mitarbeit
Disallow: /redaktion
Disallow: /suche
`

// Robots answers GET /robots.txt (RFC 9309): what is not for search engines, and where the sitemap is.
func (p *Renderer) Robots(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	fmt.Fprintf(w, "User-agent: *\n%s\nSitemap: %s/sitemap.xml\n", notListed, p.portal.Portal().Id)
}

// Sitemap answers GET /sitemap.xml with this portal's own services and offices, its life situations and the letters
// (https://www.sitemaps.org/protocol.html). Where they do not fit into one file it is an index of parts. What linked portals have is in
// their own sitemaps.
func (p *Renderer) Sitemap(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), sitemapTimeout)
	defer cancel()
	from := r.URL.Query().Get("from")
	first, err := uuid.Parse(from)
	if from != "" && err != nil {
		http.NotFound(w, r)
		return
	}
	parts, err := p.catalog.OwnParts(ctx, sitemapPart)
	if err != nil {
		p.log.ErrorContext(ctx, "sitemap", "error", err)
		w.Header().Set("Retry-After", "60")
		http.Error(w, "try again later", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	out := bufio.NewWriter(w)
	if from == "" && len(parts) > 1 {
		writeIndex(out, p.portal.Portal().Id, parts)
	} else if err := p.writeAddresses(ctx, out, first); err != nil {
		p.log.ErrorContext(ctx, "sitemap", "error", err) // without its end, readers see that it is broken
	}
	_ = out.Flush() // the client has gone when it fails
}

func writeIndex(out io.Writer, base string, parts []uuid.UUID) {
	fmt.Fprintf(out, "%s<sitemapindex xmlns=%q>\n", xml.Header, sitemapSchema)
	for _, from := range parts {
		fmt.Fprintf(out, "<sitemap><loc>%s/sitemap.xml?from=%s</loc></sitemap>\n", escaped(base), from)
	}
	fmt.Fprint(out, "</sitemapindex>\n")
}

// writeAddresses writes one part, batch by batch.
func (p *Renderer) writeAddresses(ctx context.Context, out io.Writer, from uuid.UUID) error {
	base := escaped(p.portal.Portal().Id)
	fmt.Fprintf(out, "%s<urlset xmlns=%q>\n", xml.Header, sitemapSchema)
	if err := p.writeLists(ctx, out, base); err != nil {
		return err
	}
	for left := sitemapPart; left > 0; left -= sitemapBatch {
		batch, err := p.catalog.Own(ctx, from, min(left, sitemapBatch))
		if err != nil {
			return err
		}
		for _, e := range batch {
			if e.Over {
				continue
			}
			kind := "leistungen"
			if e.Kind == catalog.KindOrganisation {
				kind = "stellen"
			}
			changed := ""
			if e.Changed != nil {
				changed = "<lastmod>" + e.Changed.UTC().Format(time.DateOnly) + "</lastmod>"
			}
			fmt.Fprintf(out, "<url><loc>%s/%s/%s</loc>%s</url>\n", base, kind, e.ID, changed)
		}
		if len(batch) < sitemapBatch {
			break
		}
		from = following(batch[len(batch)-1].ID)
	}
	_, err := fmt.Fprint(out, "</urlset>\n")
	return err
}

// writeLists writes the addresses of the lists; every part has them, since they are few.
func (p *Renderer) writeLists(ctx context.Context, out io.Writer, base string) error {
	situations, err := p.catalog.Categories(ctx)
	if err != nil {
		return err
	}
	register, err := p.catalog.Register(ctx, "", 0, "")
	if err != nil {
		return err
	}
	paths := []string{"/", "/a-z"}
	for _, c := range situations {
		paths = append(paths, "/lebenslagen/"+c.Id)
	}
	for _, l := range register.Letters {
		paths = append(paths, "/a-z/"+strings.ToLower(l.Letter))
	}
	for _, path := range paths {
		fmt.Fprintf(out, "<url><loc>%s%s</loc></url>\n", base, escaped(path))
	}
	return nil
}

// following gives the next id in the order of PostgreSQL.
func following(id uuid.UUID) uuid.UUID {
	for i := len(id) - 1; i >= 0; i-- {
		if id[i]++; id[i] != 0 {
			break
		}
	}
	return id
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a builder takes everything
	return b.String()
}
