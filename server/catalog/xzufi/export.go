package xzufi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/adapter"
)

// Catalog is what an export needs of the catalog.
type Catalog interface {
	OwnDigests(ctx context.Context, kind string) ([]catalog.OwnPart, error)
	OwnEntries(ctx context.Context, kind string, yield func(payloads []json.RawMessage) error) error
	OwnOrigins(ctx context.Context, kind string, ids []uuid.UUID) (map[uuid.UUID]catalog.IdentifierEntry, error)
	OwnOnlineOffers(ctx context.Context, yield func(catalog.OnlineOffer) error) error
}

// Exporter makes a full delivery of a portal's own entries in XZuFi 2.2: an index and files, as PVOG and BUS collect them. What a
// portal copied from linked portals is theirs to deliver.
type Exporter struct {
	Catalog Catalog
	Agency  string // under which this portal's ids stand
	URL     string // of the portal's pages
	// Languages are those of the texts that are delivered; nil is all. The rules of PVOG's collection allow DeliveredLanguages.
	Languages []string
	Now       func() time.Time
}

// DeliveredLanguages are the languages that PVOG takes. Texts in others, Leichte Sprache among them, stay at the portal.
func DeliveredLanguages() []string { return []string{"de", "en"} }

// splitAt is how many entries of a kind are in one file at most; where there are more, there are 16 files.
const splitAt = 5000

// File is a file of a delivery.
type File struct {
	Name string
	Tag  string // changes with what is in it

	kind  string
	digit string // of the ids in it; empty: all
}

// exported are the kinds with the names of their files, in the order in which they are read.
func exported() []struct{ name, kind string } {
	return []struct{ name, kind string }{
		{elementOrganisation, catalog.KindOrganisation}, {elementService, catalog.KindService}, {elementSpecialisation, catalog.KindSpecialisation},
		{elementOnlineService, catalog.KindOnlineService}, {elementCompetence, catalog.KindCompetence}, {"zustaendigkeit-onlinedienst", catalog.KindOnlineCompetence},
	}
}

// Files lists the files of the delivery as it is now.
func (x *Exporter) Files(ctx context.Context) ([]File, error) {
	competences, err := x.Catalog.OwnDigests(ctx, catalog.KindCompetence)
	if err != nil {
		return nil, err
	}
	services, err := x.Catalog.OwnDigests(ctx, catalog.KindService)
	if err != nil {
		return nil, err
	}
	var files []File
	for _, e := range exported() {
		parts, err := x.Catalog.OwnDigests(ctx, e.kind)
		if err != nil {
			return nil, err
		}
		count := 0
		for _, p := range parts {
			count += p.Count
		}
		if online(e.kind) { // those that stand in competences are there too
			parts = slices.Concat(parts, competences, services)
		} else if count > splitAt {
			for _, p := range parts {
				files = append(files, File{Name: e.name + "-" + p.Digit + ".xml", Tag: x.tag(e.name, []catalog.OwnPart{p}), kind: e.kind, digit: p.Digit})
			}
			continue
		}
		if len(parts) > 0 {
			files = append(files, File{Name: e.name + ".xml", Tag: x.tag(e.name, parts), kind: e.kind})
		}
	}
	return files, nil
}

func online(kind string) bool {
	return kind == catalog.KindOnlineService || kind == catalog.KindOnlineCompetence
}

// tag is of the entries, and of how they are written.
func (x *Exporter) tag(name string, parts []catalog.OwnPart) string {
	sum := sha256.New()
	_, _ = fmt.Fprintln(sum, "2", name, x.Agency, x.URL, x.Languages) // the number changes with the form
	for _, p := range parts {
		_, _ = fmt.Fprintln(sum, p.Digit, p.Count, p.Digest)
	}
	return hex.EncodeToString(sum.Sum(nil)[:12])
}

// Index is the list of files, a line each.
func Index(files []File) string {
	var b strings.Builder
	for _, f := range files {
		b.WriteString(f.Name + "\n")
	}
	return b.String()
}

// Write writes a file of the delivery, entry by entry, and says how many texts were left out because of their language.
func (x *Exporter) Write(ctx context.Context, f File, out io.Writer) (omitted int, err error) {
	categories, err := x.categories(ctx)
	if err != nil {
		return 0, err
	}
	origins := map[string]catalog.IdentifierEntry{}
	w := NewWriter(out, Settings{
		Own: x.Agency, Product: "Portalverbund", Maker: "Portalverbund", MessageID: uuid.NewSHA1(uuid.NameSpaceURL, []byte(x.URL+f.Name+f.Tag)),
		Created: x.Now(), Languages: x.Languages,
		Resolve:  func(kind, id string) (catalog.IdentifierEntry, bool) { i, ok := origins[kind+id]; return i, ok },
		Category: func(id string) *catalog.CategoryEntry { return categories[id] },
	})
	err = x.Catalog.OwnEntries(ctx, f.kind, func(payloads []json.RawMessage) error {
		clear(origins)
		entries, err := readEntries(f, payloads)
		if err != nil {
			return err
		}
		if err := x.origins(ctx, entries, origins); err != nil {
			return err
		}
		for _, e := range entries {
			if err := w.Entry(e); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && online(f.kind) {
		err = x.offers(ctx, f.kind, w, origins)
	}
	if err != nil {
		return 0, err
	}
	return w.Omitted(), w.Close()
}

// readEntries reads those entries that belong into a file.
func readEntries(f File, payloads []json.RawMessage) ([]any, error) {
	entries := make([]any, 0, len(payloads))
	for _, payload := range payloads {
		var e any
		switch f.kind {
		case catalog.KindService:
			e = &catalog.ServiceEntry{}
		case catalog.KindSpecialisation:
			e = &catalog.SpecialisationEntry{}
		case catalog.KindOrganisation:
			e = &catalog.OrganisationEntry{}
		case catalog.KindOnlineService:
			e = &catalog.OnlineServiceEntry{}
		case catalog.KindCompetence:
			e = &catalog.CompetenceEntry{}
		default:
			e = &catalog.OnlineCompetenceEntry{}
		}
		if f.digit != "" {
			var head struct {
				ID string `json:"id"`
			}
			if err := json.Unmarshal(payload, &head); err != nil {
				return nil, fmt.Errorf("export %s: %w", f.kind, err)
			}
			if !strings.HasSuffix(head.ID, f.digit) {
				continue
			}
		}
		if err := json.Unmarshal(payload, e); err != nil {
			return nil, fmt.Errorf("export %s: %w", f.kind, err)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// origins finds the identifiers of what entries refer to.
func (x *Exporter) origins(ctx context.Context, entries []any, origins map[string]catalog.IdentifierEntry) error {
	wanted := map[string][]uuid.UUID{}
	for _, e := range entries {
		switch e := e.(type) {
		case *catalog.SpecialisationEntry:
			wanted[catalog.KindService] = append(wanted[catalog.KindService], e.ServiceID)
		case *catalog.OrganisationEntry:
			if e.ParentID != nil {
				wanted[catalog.KindOrganisation] = append(wanted[catalog.KindOrganisation], *e.ParentID)
			}
		case *catalog.CompetenceEntry:
			wanted[catalog.KindService] = append(wanted[catalog.KindService], e.ServiceID)
			wanted[catalog.KindOrganisation] = append(wanted[catalog.KindOrganisation], e.OrganisationID)
		case *catalog.OnlineCompetenceEntry:
			wanted[catalog.KindService] = append(wanted[catalog.KindService], e.ServiceID)
			wanted[catalog.KindOnlineService] = append(wanted[catalog.KindOnlineService], e.OnlineServiceID)
		}
	}
	for kind, ids := range wanted { // three kinds at most
		found, err := x.Catalog.OwnOrigins(ctx, kind, ids)
		if err != nil {
			return err
		}
		for id, origin := range found {
			origins[kind+id.String()] = origin
		}
	}
	return nil
}

// categories reads all categories: there are few, and each service names some.
func (x *Exporter) categories(ctx context.Context) (map[string]*catalog.CategoryEntry, error) {
	categories := map[string]*catalog.CategoryEntry{}
	err := x.Catalog.OwnEntries(ctx, catalog.KindCategory, func(payloads []json.RawMessage) error {
		for _, payload := range payloads {
			e := &catalog.CategoryEntry{}
			if err := json.Unmarshal(payload, e); err != nil {
				return fmt.Errorf("export category: %w", err)
			}
			categories[e.ID] = e
		}
		return nil
	})
	return categories, err
}

// offers writes the ways to apply online that competences have as online services of their own: the form's page at the portal, or
// the address.
func (x *Exporter) offers(ctx context.Context, kind string, w *Writer, origins map[string]catalog.IdentifierEntry) error {
	return x.Catalog.OwnOnlineOffers(ctx, func(o catalog.OnlineOffer) error {
		c := o.Competence
		id := uuid.NewSHA1(c.ID, []byte(schemeOnlineService))
		if kind == catalog.KindOnlineCompetence {
			e := &catalog.OnlineCompetenceEntry{ID: uuid.NewSHA1(c.ID, []byte(schemeOnlineCompetence)), ServiceID: c.ServiceID, OnlineServiceID: id, Areas: []string{c.Area}}
			clear(origins)
			if err := x.origins(ctx, []any{e}, origins); err != nil {
				return err
			}
			return w.Entry(e)
		}
		e := &catalog.OnlineServiceEntry{ID: id, Title: o.Title, TrustLevel: o.TrustLevel}
		link := catalog.OnlineLinkEntry{Type: "01", URL: x.URL + "/leistungen/" + c.ServiceID.String()}
		if online := c.OnlineService; online != nil && online.Type == "link" {
			if link.URL = online.URL; len(online.Title) > 0 {
				e.Title = online.Title
			}
		}
		e.Links = []catalog.OnlineLinkEntry{link}
		e.UpdatedAt, _ = time.Parse(time.RFC3339, o.UpdatedAt) // as the catalog wrote it
		return w.Entry(e)
	})
}

// Folder writes the whole delivery into a folder. The index comes last, so that nobody collects half of it.
func (x *Exporter) Folder(ctx context.Context, folder string) (files []File, omitted int, err error) {
	if files, err = x.Files(ctx); err != nil {
		return nil, 0, err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // a delivery is for all to read
		return nil, 0, fmt.Errorf("export: %w", err)
	}
	for _, f := range files {
		n, err := x.toDisk(ctx, f, filepath.Join(folder, f.Name))
		if err != nil {
			return nil, 0, err
		}
		omitted += n
	}
	if err := os.WriteFile(filepath.Join(folder, adapter.IndexName), []byte(Index(files)), 0o644); err != nil { //nolint:gosec // see above
		return nil, 0, fmt.Errorf("export: %w", err)
	}
	return files, omitted, nil
}

// toDisk writes a file under another name first.
func (x *Exporter) toDisk(ctx context.Context, f File, path string) (omitted int, err error) {
	out, err := os.CreateTemp(filepath.Dir(path), "."+f.Name+"-*")
	if err != nil {
		return 0, fmt.Errorf("export: %w", err)
	}
	omitted, err = x.Write(ctx, f, out)
	err = errors.Join(err, out.Chmod(0o644), out.Close())
	if err == nil {
		err = os.Rename(out.Name(), path)
	}
	if err != nil {
		return 0, errors.Join(fmt.Errorf("export: %w", err), os.Remove(out.Name()))
	}
	return omitted, nil
}
