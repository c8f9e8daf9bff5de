package xzufi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"portalverbund/api/export"
	"portalverbund/api/types"
	"portalverbund/db/dbtest"
	"portalverbund/server/catalog"
	"portalverbund/server/catalog/adapter"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

// alone is a portal without links.
type alone struct{}

func (alone) Self() types.PortalReference      { return types.PortalReference{Id: "https://portal.example"} }
func (alone) Members() []types.PortalReference { return nil }

func newCatalog(t *testing.T) *catalog.Service {
	t.Helper()
	return catalog.New(catalog.Config{DB: dbtest.New(t), Portals: alone{}})
}

func imports(t *testing.T, c *catalog.Service, path string) catalog.Report {
	t.Helper()
	report, err := importPath(t.Context(), c, path)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func importPath(ctx context.Context, c *catalog.Service, path string) (catalog.Report, error) {
	names := []string{path}
	index, err := os.Open(filepath.Join(path, adapter.IndexName))
	complete := err == nil
	if complete {
		defer func() { _ = index.Close() }()
		if names, err = adapter.ReadIndex(index); err != nil {
			return catalog.Report{}, err
		}
		for i, name := range names {
			names[i] = filepath.Join(path, name)
		}
	}
	return c.ImportEntries(ctx, filepath.Base(path), func(yield func(catalog.Incoming, error) bool) {
		for _, name := range names {
			content, err := os.ReadFile(name)
			if err != nil {
				yield(catalog.Incoming{}, err)
				return
			}
			for r, err := range Read(ctx, name, bytes.NewReader(content), Options{Own: ownAgency}) {
				in := catalog.Incoming{Kind: r.Kind, Key: r.ID, Payload: r.Payload, Deleted: r.Deleted, At: r.At, Line: r.Line, Skip: r.Skip, Warnings: r.Warnings}
				if !yield(in, err) || err != nil {
					return
				}
			}
		}
	}, catalog.ImportOptions{Complete: complete})
}

func newExporter(c *catalog.Service, languages []string) *Exporter {
	return &Exporter{Catalog: c, Agency: ownAgency, URL: "https://portal.example", Languages: languages, Now: time.Now}
}

// all gives all entries of a catalog by kind and id.
func all(t *testing.T, c *catalog.Service) map[string]string {
	t.Helper()
	entries := map[string]string{}
	for _, kind := range []string{catalog.KindCategory, catalog.KindService, catalog.KindSpecialisation, catalog.KindOrganisation, catalog.KindCompetence, catalog.KindOnlineService, catalog.KindOnlineCompetence} {
		err := c.OwnEntries(t.Context(), kind, func(payloads []json.RawMessage) error {
			for _, payload := range payloads {
				var head struct{ ID string }
				if err := json.Unmarshal(payload, &head); err != nil {
					return err
				}
				entries[kind+" "+head.ID] = string(payload)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return entries
}

func TestExport_Folder_AnotherPortalHasTheSameEntries(t *testing.T) {
	t.Parallel()
	first, second := newCatalog(t), newCatalog(t)
	imports(t, first, "testdata/every-element.xml")
	folder := filepath.Join(t.TempDir(), "delivery")
	files, omitted, err := newExporter(first, nil).Folder(t.Context(), folder)
	if err != nil || omitted != 0 || len(files) != 6 {
		t.Fatalf("%d files, %d omitted, %v", len(files), omitted, err)
	}
	imports(t, second, folder)
	want, got := all(t, first), all(t, second)
	for key, payload := range want {
		if got[key] != payload {
			t.Errorf("%s\nwas    %s\nbecame %s", key, payload, got[key])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d entries, want %d", len(got), len(want))
	}
	if report := imports(t, second, folder); report.Of(catalog.KindService).Unchanged != 1 || report.Of(catalog.KindCompetence).Deleted != 0 {
		t.Errorf("again: %s", report)
	}
}

func TestExport_OnlineFormOfACompetence_IsDeliveredAsOnlineService(t *testing.T) {
	t.Parallel()
	c := newCatalog(t)
	lines := `{"kind":"organisation","id":"00000000-0000-4000-8000-000000000001","name":{"de":"Amt"}}
{"kind":"service","id":"00000000-0000-4000-8000-000000000002","title":{"de":"Hund anmelden","de-x-ls":"Hund"},"trustLevel":"substantial","updatedAt":"2026-01-01T00:00:00Z"}
{"kind":"competence","id":"00000000-0000-4000-8000-000000000003","serviceId":"00000000-0000-4000-8000-000000000002","organisationId":"00000000-0000-4000-8000-000000000001","area":"034540035035","onlineService":{"type":"form","formId":"00000000-0000-4000-8000-000000000009"}}`
	if _, err := c.Import(t.Context(), "test", strings.NewReader(lines), catalog.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	x := newExporter(c, DeliveredLanguages())
	files, err := x.Files(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]adapter.Record{}
	omitted := 0
	for _, f := range files {
		var b bytes.Buffer
		n, err := x.Write(t.Context(), f, &b)
		if err != nil {
			t.Fatal(err)
		}
		omitted += n
		for _, r := range read(t, b.String()) {
			found[r.Kind] = r
		}
	}
	var online catalog.OnlineServiceEntry
	if err := json.Unmarshal(found[catalog.KindOnlineService].Payload, &online); err != nil {
		t.Fatal(err)
	}
	if online.Links[0].URL != "https://portal.example/leistungen/00000000-0000-4000-8000-000000000002" || online.TrustLevel != "substantial" || online.Title["de"] != "Hund anmelden" {
		t.Errorf("%+v", online)
	}
	var where catalog.OnlineCompetenceEntry
	if err := json.Unmarshal(found[catalog.KindOnlineCompetence].Payload, &where); err != nil || where.OnlineServiceID != online.ID || !slices.Equal(where.Areas, []string{"034540035035"}) {
		t.Errorf("%+v, %v", where, err)
	}
	if omitted != 2 || strings.Contains(string(found[catalog.KindService].Payload), "de-x-ls") { // of the service and of its online service
		t.Errorf("%d texts in Leichte Sprache left out: %s", omitted, found[catalog.KindService].Payload)
	}
}

func TestExport_Asked_IndexFilesAndTags(t *testing.T) {
	t.Parallel()
	c := newCatalog(t)
	h := NewHandlers(newExporter(c, DeliveredLanguages()))
	get := func(file, known string) *httptest.ResponseRecorder {
		request := httptest.NewRequest(http.MethodGet, "/export/xzufi/2.2/"+file, nil)
		request.Header.Set("If-None-Match", known)
		ctx := httpx.WithRequest(t.Context(), request)
		w := httptest.NewRecorder()
		if file == adapter.IndexName {
			r, err := h.ListDeliveryFiles(ctx, export.ListDeliveryFilesRequestObject{})
			if err != nil || r.VisitListDeliveryFilesResponse(w) != nil {
				t.Fatal(err)
			}
			return w
		}
		r, err := h.GetDeliveryFile(ctx, export.GetDeliveryFileRequestObject{File: file})
		if err != nil {
			w.Code = problem.From(err).Status
			return w
		}
		if err := r.VisitGetDeliveryFileResponse(w); err != nil {
			t.Fatal(err)
		}
		return w
	}
	if empty := get(adapter.IndexName, ""); empty.Code != http.StatusOK || empty.Body.Len() != 0 {
		t.Errorf("of nothing: %d %q", empty.Code, empty.Body)
	}
	imports(t, c, "testdata/every-element.xml")
	index := get(adapter.IndexName, "")
	names := strings.Fields(index.Body.String())
	if !slices.Equal(names, []string{"organisationseinheit.xml", "leistung.xml", "spezialisierung.xml", "onlinedienst.xml", "zustaendigkeit.xml", "zustaendigkeit-onlinedienst.xml"}) {
		t.Fatalf("%q", names)
	}
	file := get("leistung.xml", "")
	if !strings.HasPrefix(file.Header().Get("Content-Type"), "application/xml") || len(read(t, file.Body.String())) != 2 {
		t.Errorf("%v %s", file.Header(), file.Body)
	}
	if again := get("leistung.xml", file.Header().Get("ETag")); again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("the same again: %d", again.Code)
	}
	if again := get(adapter.IndexName, index.Header().Get("ETag")); again.Code != http.StatusNotModified {
		t.Errorf("the same index again: %d", again.Code)
	}
	if other := get("wombat.xml", ""); other.Code != http.StatusNotFound {
		t.Errorf("an unknown file: %d", other.Code)
	}
	if _, err := c.Import(t.Context(), "test", strings.NewReader(`{"kind":"service","id":"00000000-0000-4000-8000-000000000002","title":{"de":"Neu"},"updatedAt":"2026-01-01T00:00:00Z"}`), catalog.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if changed := get("leistung.xml", file.Header().Get("ETag")); changed.Code != http.StatusOK {
		t.Errorf("after a change: %d", changed.Code)
	}
}

func TestExport_ManyEntries_AreInFilesByTheirIDs(t *testing.T) {
	t.Parallel()
	c := newCatalog(t)
	var lines strings.Builder
	for i := range splitAt + 1 {
		fmt.Fprintf(&lines, `{"kind":"organisation","id":"00000000-0000-4000-8000-%012x","name":{"de":"Amt %d"}}`+"\n", i, i)
	}
	if _, err := c.Import(t.Context(), "test", strings.NewReader(lines.String()), catalog.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	x := newExporter(c, nil)
	files, err := x.Files(t.Context())
	if err != nil || len(files) != 16 || files[10].Name != "organisationseinheit-a.xml" {
		t.Fatalf("%+v, %v", files, err)
	}
	count := 0
	for _, f := range files {
		var b bytes.Buffer
		if _, err := x.Write(t.Context(), f, &b); err != nil {
			t.Fatal(err)
		}
		for _, r := range read(t, b.String()) {
			if count++; !strings.HasSuffix(r.ID, f.digit) {
				t.Fatalf("%s is in %s", r.ID, f.Name)
			}
		}
	}
	if count != splitAt+1 {
		t.Errorf("%d of %d entries", count, splitAt+1)
	}
}
