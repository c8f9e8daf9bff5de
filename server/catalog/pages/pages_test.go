package pages_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"portalverbund/api/types"
	"portalverbund/db/dbtest"
	"portalverbund/server/catalog"
	"portalverbund/server/catalog/pages"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

const (
	self   = "https://meppen.example"
	county = "https://emsland.example"
	town   = "034540035035"
	dog    = "00000000-0000-7000-8000-000000000001"
	waste  = "00000000-0000-7000-8000-000000000011"
	bureau = "00000000-0000-7000-8000-000000000101"
)

const index = `<!doctype html>
<html lang="de">
  <head>
    <title>Serviceportal</title>
    <script type="module" src="/assets/app.js"></script>
  </head>
  <body>
    <div id="root"></div>
    <noscript><p>needs JavaScript</p></noscript>
  </body>
</html>`

var own = []string{
	`{"kind":"category","id":"animals","title":{"de":"Tiere","en":"Animals"},"icon":"paw","position":1}`,
	`{"kind":"organisation","id":"` + bureau + `","name":{"de":"Steueramt"},"address":{"street":"Markt","houseNumber":"43","postalCode":"49716","city":"Meppen"},"phone":"05931 1-0","openingHours":[{"days":["mo","tu"],"from":"08:00","to":"12:00"}]}`,
	`{"kind":"service","id":"` + dog + `","leikaKey":"99102013104000","title":{"de":"Hund <b>anmelden</b> & \"mehr\"","en":"Register a dog"},"teaser":{"de":"</title><script>alert(1)</script>"},"description":{"de":"<p>Gut.</p><script>alert(2)</script>"},"categories":["animals"],"trustLevel":"low","updatedAt":"2026-01-02T03:04:05Z","fees":[{"label":{"de":"Erster Hund"},"kind":"fixed","amount":6050,"currency":"EUR"}]}`,
	`{"kind":"competence","id":"00000000-0000-7000-8000-000000000201","serviceId":"` + dog + `","organisationId":"` + bureau + `","area":"` + town + `","onlineService":{"type":"link","url":"https://antrag.example/"}}`,
}

type portals struct{}

func (portals) Self() types.PortalReference {
	return types.PortalReference{Id: self, Url: self, Name: "Stadt Meppen"}
}
func (portals) Members() []types.PortalReference {
	return []types.PortalReference{{Id: county, Url: county, Name: "Landkreis Emsland"}}
}
func (portals) Portal() types.Portal {
	p := types.Portal{Id: self, Name: "Stadt Meppen", Areas: []string{town}, Languages: []string{"de", "en"}, Demonstration: true}
	p.Association.Name = "Emsland & Co"
	return p
}
func (portals) MayClaim(string, string) bool                                  { return true }
func (portals) Former(context.Context, []string) (map[string][]string, error) { return nil, nil }

func (portals) Place(_ context.Context, ars string) (types.Place, error) {
	if ars != town {
		return types.Place{}, problem.NotFound("place-unknown", "Unbekannt.", "Unknown.")
	}
	return types.Place{Ars: ars, Name: "Meppen, Stadt", Level: types.Gemeinde}, nil
}

// site is a portal's pages, as a browser or a search engine gets them.
type site struct {
	t       *testing.T
	catalog *catalog.Service
	handler http.Handler
}

// newSite makes a portal with its own entries, and more of them.
func newSite(t *testing.T, more ...string) *site {
	t.Helper()
	c := catalog.New(catalog.Config{DB: dbtest.New(t), Portals: portals{}, Places: portals{}, Areas: portals{}, Area: []string{town}})
	s := &site{t: t, catalog: c}
	if _, err := c.Import(t.Context(), "test", strings.NewReader(strings.Join(append(slices.Clone(own), more...), "\n")), catalog.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	s.replicate(county,
		`{"kind":"organisation","id":"00000000-0000-7000-8000-000000000111","name":{"de":"Abfallbetrieb"}}`,
		`{"kind":"service","id":"`+waste+`","title":{"de":"Sperrmüll abholen lassen"},"teaser":{"de":"Weg damit."},"trustLevel":"low","updatedAt":"2026-01-02T03:04:05Z"}`,
		`{"kind":"competence","id":"00000000-0000-7000-8000-000000000211","serviceId":"`+waste+`","organisationId":"00000000-0000-7000-8000-000000000111","area":"03454"}`)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = c.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	renderer, err := pages.New(c, portals{}, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte(index), 0o600); err != nil {
		t.Fatal(err)
	}
	spa, err := httpx.NewSPA(dir, renderer)
	if err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	e.GET("/robots.txt", echo.WrapHandler(http.HandlerFunc(renderer.Robots)))
	e.GET("/sitemap.xml", echo.WrapHandler(http.HandlerFunc(renderer.Sitemap)))
	e.GET("/*", spa.Handle)
	e.HEAD("/*", spa.Handle)
	s.handler = e
	return s
}

func (s *site) replicate(owner string, lines ...string) {
	s.t.Helper()
	var entries []types.CatalogEntry
	for _, line := range lines {
		var e types.CatalogEntry // a line carries its kind and id
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			s.t.Fatal(err)
		}
		payload := json.RawMessage(line)
		entries = append(entries, types.CatalogEntry{Kind: e.Kind, Id: e.Id, Payload: &payload})
	}
	if err := s.catalog.Replicate(s.t.Context(), owner, entries); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) get(path string, header ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

// wants asks for a page and checks its status and what stands in it.
func (s *site) wants(path string, status int, texts ...string) string {
	s.t.Helper()
	w := s.get(path)
	body := w.Body.String()
	if w.Code != status {
		s.t.Errorf("%s: %d, not %d", path, w.Code, status)
	}
	for _, text := range texts {
		if !strings.Contains(body, text) {
			s.t.Errorf("%s lacks %s:\n%s", path, text, body)
		}
	}
	if !strings.Contains(body, `src="/assets/app.js"`) {
		s.t.Errorf("%s does not start the application", path)
	}
	return body
}

func TestPages_WithoutJavaScript_EachNamesWhatItIsAbout(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.wants("/", 200, "Was möchten Sie erledigen?", `href="/lebenslagen/animals"`, `href="/a-z"`, `"@type":"WebSite"`, "Emsland &amp; Co")
	s.wants("/leistungen/"+waste, 200, "<h1>Sperrmüll abholen lassen</h1>", "Abfallbetrieb", `<link rel="canonical" href="`+county+"/leistungen/"+waste+`"`)
	s.wants("/leistungen/"+dog+"?ars="+town, 200, "Steueramt", "Markt 43", "49716 Meppen", "60,50\u00a0€", "Mo, Di: 08:00–12:00 Uhr", "online")
	s.wants("/stellen/"+bureau, 200, "<h1>Steueramt</h1>", `href="tel:0593110"`, `"@type":"GovernmentOffice"`)
	s.wants("/lebenslagen/animals", 200, "<h1>Tiere</h1>", `href="/leistungen/`+dog+`"`)
	s.wants("/a-z", 200, `href="/a-z/h"`, `href="/a-z/s"`)
	s.wants("/a-z/s", 200, "Leistungen mit S", "Sperrmüll abholen lassen")
	s.wants("/suche?q=sperrmuell", 200, "Ergebnisse für „sperrmuell“", "Sperrmüll abholen lassen", `content="noindex"`)
	s.wants("/suche?q=hund&ars="+town, 200, `href="/leistungen/`+dog+`?ars=`+town+`"`)
	s.wants("/antraege", 200, "needs JavaScript")
}

func TestPages_UnknownThings_404AndNotListed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, path := range []string{
		"/leistungen/00000000-0000-7000-8000-000000000099", "/leistungen/irgendwas", "/leistungen/99999999999999", "/stellen/" + dog,
		"/lebenslagen/nichts", "/lebenslagen/%3Cb%3E", "/a-z/q", "/a-z/12", "/leistungen/" + strings.ToUpper(strings.ReplaceAll(dog, "0", "a")),
		"/leistungen/" + dog + "?ars=999999999999",
	} {
		s.wants(path, 404, `content="noindex"`, "Diese Seite gibt es nicht")
	}
}

func TestPages_HostileTexts_AreText(t *testing.T) {
	t.Parallel()
	body := newSite(t).wants("/leistungen/"+dog, 200)
	if strings.Contains(body, "<script>") || strings.Contains(body, "alert(2)") || strings.Contains(body, "<b>") {
		t.Errorf("markup of a text got through:\n%s", body)
	}
	found := regexp.MustCompile(`(?s)<script type="application/ld\+json" data-page>(.*?)</script>`).FindStringSubmatch(body)
	if found == nil {
		t.Fatalf("no structured data:\n%s", body)
	}
	var data struct {
		Type        string `json:"@type"`
		Name        string
		Description string
		Identifier  struct{ Value string }
		Provider    []struct{ Name string }
		Offers      []struct {
			PriceSpecification struct{ Price float64 }
		}
	}
	if err := json.Unmarshal([]byte(found[1]), &data); err != nil {
		t.Fatal(err)
	}
	if data.Type != "GovernmentService" || data.Name != `Hund <b>anmelden</b> & "mehr"` || !strings.Contains(data.Description, "<script>") ||
		data.Identifier.Value != "99102013104000" || data.Provider[0].Name != "Steueramt" || data.Offers[0].PriceSpecification.Price != 60.5 {
		t.Errorf("%+v", data)
	}
	if body := newSite(t).wants(`/suche?q="><script>alert(1)</script>`, 200); strings.Contains(body, "<script>") {
		t.Errorf("markup of a query got through:\n%s", body)
	}
}

func TestPages_Headers_LanguageETagAndCompression(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	path := "/leistungen/" + dog
	german := s.get(path)
	etag := german.Header().Get("ETag")
	if etag == "" || german.Header().Get("Content-Language") != "de" || !strings.Contains(german.Header().Get("Content-Security-Policy"), "script-src 'self'") {
		t.Errorf("headers %v", german.Header())
	}
	if w := s.get(path, "If-None-Match", etag); w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("not changed: %d %d bytes", w.Code, w.Body.Len())
	}
	english := s.get(path+"?sprache=en", "If-None-Match", etag)
	if english.Code != http.StatusOK || !strings.Contains(english.Body.String(), `<html lang="en">`) || !strings.Contains(english.Body.String(), "<h1>Register a dog</h1>") {
		t.Errorf("in English: %d\n%s", english.Code, english.Body)
	}
	packed := s.get(path, "Accept-Encoding", "br, gzip")
	reader, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(reader)
	if err != nil || string(plain) != german.Body.String() || packed.Header().Get("ETag") == etag {
		t.Errorf("compressed: %v %s", err, packed.Header())
	}
	head := httptest.NewRecorder()
	s.handler.ServeHTTP(head, httptest.NewRequestWithContext(t.Context(), http.MethodHead, path, nil))
	if head.Code != http.StatusOK || head.Body.Len() != 0 || head.Header().Get("ETag") != etag {
		t.Errorf("HEAD: %d %d bytes %s", head.Code, head.Body.Len(), head.Header())
	}
}

func TestPages_LeikaKey_LeadsToTheService(t *testing.T) {
	t.Parallel()
	w := newSite(t).get("/leistungen/99102013104000?ars=" + town)
	if w.Code != http.StatusFound || w.Header().Get("Location") != "/leistungen/"+dog+"?ars="+town {
		t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
	}
}

func TestPages_CatalogCannotBeRead_ApplicationStillStarts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/leistungen/"+dog, nil)
	gone, cancel := context.WithCancel(r.Context())
	cancel()
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r.WithContext(gone))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "/assets/app.js") {
		t.Errorf("%d %v\n%s", w.Code, w.Header(), w.Body)
	}
}

func TestSitemap_OwnPagesOnly_EachOfThemExists(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var set struct {
		URL []struct {
			Loc     string `xml:"loc"`
			Lastmod string `xml:"lastmod"`
		} `xml:"url"`
	}
	if err := xml.Unmarshal(s.get("/sitemap.xml").Body.Bytes(), &set); err != nil {
		t.Fatal(err)
	}
	dated := 0
	for _, u := range set.URL {
		path, ours := strings.CutPrefix(u.Loc, self)
		if !ours {
			t.Errorf("%s is not of this portal", u.Loc)
		}
		if strings.Contains(path, waste) {
			t.Error("a linked portal's service is listed")
		}
		s.wants(path, 200)
		if u.Lastmod != "" {
			dated++
		}
	}
	if len(set.URL) < 7 || dated != 1 {
		t.Errorf("%+v", set)
	}
	robots := s.get("/robots.txt").Body.String()
	if !strings.Contains(robots, "Sitemap: "+self+"/sitemap.xml") || !strings.Contains(robots, "Disallow: /konto") {
		t.Error(robots)
	}
}
