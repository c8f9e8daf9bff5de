package httpx

import (
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/labstack/echo/v4"
)

// pagePolicy is the Content-Security-Policy of pages: everything from this portal, nothing inline.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; font-src 'self'; img-src 'self' data:; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// asset is a built file with the encodings in which it lies beside itself.
type asset struct {
	file        string
	contentType string
	br, gz      bool
	immutable   bool
}

// SPA serves a built single-page application from a folder: files as they are, precompressed where the browser takes it,
// and index.html for every other path outside the API, with what Pages say about it.
type SPA struct {
	assets map[string]asset
	index  asset
	frame  *frame
	pages  Pages
}

// NewSPA reads the list of files once. Files are named by their content (assets/…) or small, so a new build needs a new start.
// Without pages, every page is index.html as it was built.
func NewSPA(dir string, pages Pages) (*SPA, error) {
	s := &SPA{assets: map[string]asset{}, pages: pages}
	compressed := map[string]bool{}
	err := filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		relative, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		name := "/" + filepath.ToSlash(relative)
		if ext := path.Ext(name); ext == ".br" || ext == ".gz" {
			compressed[name] = true
			return nil
		}
		contentType := mime.TypeByExtension(path.Ext(name))
		switch {
		case path.Ext(name) == ".yaml":
			contentType = "application/yaml" // RFC 9512; not every machine knows it
		case contentType == "":
			contentType = "application/octet-stream"
		}
		s.assets[name] = asset{file: file, contentType: contentType, immutable: strings.HasPrefix(name, "/assets/")}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the built pages: %w", err)
	}
	for name, a := range s.assets {
		a.br, a.gz = compressed[name+".br"], compressed[name+".gz"]
		s.assets[name] = a
	}
	index, ok := s.assets["/index.html"]
	if !ok {
		return nil, fmt.Errorf("read the built pages: %s has no index.html; build them with: npm run build", dir)
	}
	s.index = index
	if s.frame, err = readFrame(index.file); err != nil {
		return nil, err
	}
	return s, nil
}

// Handle answers a GET or HEAD outside the API.
func (s *SPA) Handle(c echo.Context) error {
	name := path.Clean("/" + c.Request().URL.Path)
	a, ok := s.assets[name]
	if !ok {
		a, ok = s.assets[path.Join(name, "index.html")]
	}
	if !ok {
		if strings.HasPrefix(name, "/assets/") || reserved(name) {
			return echo.ErrNotFound
		}
		a = s.index
	}
	if a == s.index && s.pages != nil {
		return s.page(c)
	}
	return serve(c, a)
}

// page answers with index.html and what is to be said about the address. The application works without that, too: when it
// can't be said now, only programs are told to come again.
func (s *SPA) page(c echo.Context) error {
	p, err := s.pages.Page(c.Request())
	if err != nil {
		c.Response().Header().Set("Retry-After", "10")
		return s.frame.send(c, &Page{Status: http.StatusServiceUnavailable, Language: "de", Title: "Portal", Hidden: true})
	}
	if p == nil {
		return serve(c, s.index)
	}
	return s.frame.send(c, p)
}

// reserved paths are for programs: an unknown one there is an error, never a page.
func reserved(name string) bool {
	for _, prefix := range []string{"/api/", "/federation/", "/oauth2/", "/.well-known/"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

func serve(c echo.Context, a asset) error {
	header := c.Response().Header()
	header.Set("Content-Type", a.contentType)
	header.Set("Content-Security-Policy", pagePolicy)
	if a.immutable {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		header.Set("Cache-Control", "no-cache")
	}
	file := a.file
	if a.br || a.gz {
		header.Add("Vary", "Accept-Encoding")
		accepted := c.Request().Header.Get("Accept-Encoding")
		switch {
		case a.br && accepts(accepted, "br"):
			file += ".br"
			header.Set("Content-Encoding", "br")
		case a.gz && accepts(accepted, "gzip"):
			file += ".gz"
			header.Set("Content-Encoding", "gzip")
		}
	}
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("open a built page: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("open a built page: %w", err)
	}
	header.Set("ETag", fmt.Sprintf(`"%x-%x"`, info.ModTime().UnixNano(), info.Size()))
	http.ServeContent(c.Response(), c.Request(), "", info.ModTime(), f)
	return nil
}

func accepts(header, encoding string) bool {
	for _, part := range strings.Split(header, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(name, encoding) {
			return strings.TrimSpace(params) != "q=0"
		}
	}
	return false
}
