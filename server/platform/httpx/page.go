package httpx

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"
)

// Pages says what stands in a page of the application before it starts: for search engines, for readers without JavaScript, and
// while it loads.
type Pages interface {
	// Page describes the page at the address of r; nil where there is nothing to say about it. A Page that was answered is
	// not changed any more and may be answered again.
	Page(r *http.Request) (*Page, error)
}

// Page is what stands at an address before the application starts.
type Page struct {
	Status      int    // 0: 200
	Location    string // where the page is instead; then Status is a redirection and the rest is empty
	Language    string // of the texts, BCP 47
	Title       string
	Description string // empty: none
	Canonical   string // the one address under which search engines should list it; empty: none
	Alternates  []Alternate
	Hidden      bool            // not for search engines
	Data        json.RawMessage // structured data (JSON-LD); encoding/json escapes what would end the element
	Body        []byte          // HTML

	once sync.Once
	made made
}

// Alternate is the same page in another language.
type Alternate struct{ Language, Address string }

// made is a page as it is sent.
type made struct {
	plain, gzip []byte
	etag        string
}

// frame is the built index.html, cut where a page says something of its own.
type frame struct{ begin, head, body, end string }

// The marks in index.html: language, title, and the element that the application starts in.
const (
	languageMark = `<html lang="de">`
	titleBegin   = "<title>"
	titleEnd     = "</title>"
	rootMark     = `<div id="root"></div>`
)

func readFrame(file string) (*frame, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the built pages: %w", err)
	}
	begin, rest, ok1 := strings.Cut(string(content), languageMark)
	beforeTitle, rest, ok2 := strings.Cut(rest, titleBegin)
	_, rest, ok3 := strings.Cut(rest, titleEnd)
	head, end, ok4 := strings.Cut(rest, rootMark)
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return nil, fmt.Errorf("read the built pages: %s lacks one of %s %s %s", file, languageMark, titleBegin, rootMark)
	}
	return &frame{begin: begin, head: beforeTitle, body: head, end: withoutNoscript(end)}, nil
}

// withoutNoscript leaves out what tells readers that nothing can be read without JavaScript.
func withoutNoscript(text string) string {
	before, rest, found := strings.Cut(text, "<noscript>")
	_, after, ended := strings.Cut(rest, "</noscript>")
	if !found || !ended {
		return text
	}
	return before + after
}

// send answers with a page in the frame.
func (f *frame) send(c echo.Context, p *Page) error {
	header := c.Response().Header()
	header.Set("Cache-Control", "no-cache")
	header.Add("Vary", "Accept-Language")
	if p.Location != "" {
		return c.Redirect(p.Status, p.Location)
	}
	p.once.Do(func() { p.made = f.make(p) })
	header.Add("Vary", "Accept-Encoding")
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Language", p.Language)
	header.Set("Content-Security-Policy", pagePolicy)
	etag := p.made.etag
	body := p.made.plain
	if accepts(c.Request().Header.Get("Accept-Encoding"), "gzip") {
		body, etag = p.made.gzip, etag+"-gz"
		header.Set("Content-Encoding", "gzip")
	}
	status := p.Status
	if status == 0 {
		status = http.StatusOK
		header.Set("ETag", strconv.Quote(etag))
		if hasTag(c.Request().Header.Get("If-None-Match"), strconv.Quote(etag)) {
			header.Del("Content-Encoding")
			return c.NoContent(http.StatusNotModified)
		}
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	c.Response().WriteHeader(status)
	if c.Request().Method == http.MethodHead {
		return nil
	}
	_, err := c.Response().Write(body)
	return err
}

// hasTag compares weakly, as RFC 9110 section 13.1.2 asks for.
func hasTag(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		if tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/"); tag == etag || tag == "*" {
			return true
		}
	}
	return false
}

func (f *frame) make(p *Page) made {
	var b bytes.Buffer
	b.WriteString(f.begin)
	fmt.Fprintf(&b, `<html lang="%s">`, html.EscapeString(p.Language))
	b.WriteString(f.head)
	fmt.Fprintf(&b, "<title>%s</title>", html.EscapeString(p.Title))
	p.writeHead(&b)
	b.WriteString(f.body)
	b.WriteString(`<div id="root">`)
	b.Write(p.Body)
	b.WriteString("</div>")
	b.WriteString(f.end)
	plain := b.Bytes()
	sum := sha256.Sum256(plain)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(plain) // memory does not fail
	_ = w.Close()
	return made{plain: plain, gzip: packed.Bytes(), etag: hex.EncodeToString(sum[:12])}
}

// writeHead writes what the head says of this page alone. The application takes out what is marked when it shows another page.
func (p *Page) writeHead(b *bytes.Buffer) {
	meta := func(kind, name, content string) {
		if content != "" {
			fmt.Fprintf(b, `<meta %s="%s" content="%s" data-page>`, kind, name, html.EscapeString(content))
		}
	}
	meta("name", "description", p.Description)
	if p.Hidden {
		meta("name", "robots", "noindex")
		return
	}
	meta("property", "og:title", p.Title)
	meta("property", "og:description", p.Description)
	meta("property", "og:url", p.Canonical)
	if p.Canonical != "" {
		fmt.Fprintf(b, `<link rel="canonical" href="%s" data-page>`, html.EscapeString(p.Canonical))
	}
	for _, a := range p.Alternates {
		fmt.Fprintf(b, `<link rel="alternate" hreflang="%s" href="%s" data-page>`, html.EscapeString(a.Language), html.EscapeString(a.Address))
	}
	if len(p.Data) > 0 {
		fmt.Fprintf(b, `<script type="application/ld+json" data-page>%s</script>`, p.Data)
	}
}
