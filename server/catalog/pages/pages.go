// Package pages says in plain HTML, with structured data, what the pages of the catalog are about: for search engines, for
// readers without JavaScript, and while the application loads. It writes the sitemap, too.
package pages

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/catalog"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/problem"
)

//go:embed page.html words.json
var files embed.FS

const (
	makeTimeout = 3 * time.Second
	makeAtOnce  = 8 // pages being made; who comes then gets the application alone
	pageItems   = 100
)

// Portal describes this portal and its association as it is now.
type Portal interface{ Portal() types.Portal }

// Renderer makes the pages. It implements httpx.Pages.
type Renderer struct {
	catalog  *catalog.Service
	portal   Portal
	log      *slog.Logger
	words    map[string]problem.Text
	template *template.Template
	cache    *cache
	making   chan struct{}
}

var _ httpx.Pages = (*Renderer)(nil)

// New makes the Renderer. now is the clock by which pages grow old.
func New(c *catalog.Service, portal Portal, log *slog.Logger, now func() time.Time) (*Renderer, error) {
	text, err := files.ReadFile("words.json")
	if err != nil {
		return nil, fmt.Errorf("read words of pages: %w", err)
	}
	var byLanguage map[string]map[string]string
	if err := json.Unmarshal(text, &byLanguage); err != nil {
		return nil, fmt.Errorf("read words of pages: %w", err)
	}
	words := map[string]problem.Text{}
	for key, w := range byLanguage {
		words[key] = problem.Text{De: w["de"], En: w["en"]}
	}
	t, err := template.ParseFS(files, "page.html")
	if err != nil {
		return nil, fmt.Errorf("read template of pages: %w", err)
	}
	return &Renderer{
		catalog: c, portal: portal, log: log, words: words, template: t, cache: newCache(now), making: make(chan struct{}, makeAtOnce),
	}, nil
}

// request is what an address asks for.
type request struct {
	parts    []string // of the path
	query    url.Values
	language string
	wished   bool // whether the address names the language
	portal   types.Portal
	words    map[string]string
}

// say fills in the places of a text.
func (q *request) say(key string, values ...any) string { return fmt.Sprintf(q.words[key], values...) }

// view is what the template shows.
type view struct {
	Demonstration       bool
	Portal, Association string
	Words               map[string]string
	Way                 []point
	Heading, Lead, Foot string
	Language            string   // of heading and lead; empty: that of the page
	Notes               []string // about the text
	Search              bool
	Query               string
	Sections            []section
}

type section struct {
	Title   string
	Texts   []string
	Rich    []passage
	Points  []point
	Offices []office
}

// passage is a text with markup. Language is empty where it is that of the page.
type passage struct {
	Language string
	HTML     template.HTML
}

// point is a line of a list: a title, the address of a link, a value, what is said beside it; the language of the title where it is
// not that of the page.
type point struct{ Title, Address, Value, Note, Language string }

// maker makes the page for an address of its kind.
type maker func(ctx context.Context, q *request) (*view, *httpx.Page, error)

// Page describes the page at the address of r; nil where the catalog has nothing to say about it.
func (p *Renderer) Page(r *http.Request) (*httpx.Page, error) {
	q, make := p.route(r)
	if make == nil {
		return nil, nil
	}
	key := strings.Join(append([]string{q.language, q.query.Encode()}, q.parts...), "\x00")
	generation := p.catalog.Generation()
	if page := p.cache.get(key, generation); page != nil {
		return page, nil
	}
	select {
	case p.making <- struct{}{}:
		defer func() { <-p.making }()
	default:
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(httpx.WithLanguage(r.Context(), q.language), makeTimeout)
	defer cancel()
	page, err := p.make(ctx, q, make)
	if err != nil {
		p.log.ErrorContext(ctx, "page", "page", q.parts[0], "error", err)
		return nil, err
	}
	p.cache.put(key, generation, page)
	return page, nil
}

func (p *Renderer) make(ctx context.Context, q *request, make maker) (*httpx.Page, error) {
	v, page, err := make(ctx, q)
	var known *problem.Error
	switch {
	case errors.As(err, &known) && known.Status < http.StatusInternalServerError:
		v = &view{Heading: q.words["unknown"], Lead: q.words["unknownText"], Search: true}
		page = &httpx.Page{Status: http.StatusNotFound, Hidden: true}
	case err != nil:
		return nil, err
	case page.Location != "":
		return page, nil
	}
	if v.Language == q.language {
		v.Language = ""
	}
	v.Demonstration, v.Portal, v.Association, v.Words = q.portal.Demonstration, q.portal.Name, q.portal.Association.Name, q.words
	var body bytes.Buffer
	if err := p.template.ExecuteTemplate(&body, "page", v); err != nil {
		return nil, fmt.Errorf("write a page: %w", err)
	}
	page.Language, page.Body = q.language, body.Bytes()
	page.Title = v.Heading + " – " + q.portal.Name
	if page.Description == "" {
		page.Description = v.Lead
	}
	return page, nil
}

var (
	leikaKey   = regexp.MustCompile(`^\d{14}$`)
	arsKey     = regexp.MustCompile(`^\d{12}$`)
	letterPart = regexp.MustCompile(`^([a-z]|0-9)$`)
	category   = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)
	languageIn = regexp.MustCompile(`^[a-z]{2,3}(-[a-zA-Z0-9]{1,8}){0,3}$`)
)

// route finds out which page an address asks for; nil when none of the catalog's.
func (p *Renderer) route(r *http.Request) (*request, maker) {
	q := &request{parts: strings.Split(strings.Trim(r.URL.Path, "/"), "/"), query: url.Values{}, language: httpx.LanguageOf(r.Context())}
	var make maker
	var asks []string
	switch {
	case len(q.parts) == 1:
		switch q.parts[0] {
		case "":
			make = p.start
		case "suche":
			make, asks = p.results, []string{"q", "ars", "kategorie", "cursor"}
		case "a-z":
			make = p.register
		}
	case len(q.parts) == 2:
		asks = []string{"cursor"}
		switch q.parts[0] {
		case "leistungen":
			make, asks = p.service, []string{"ars"}
		case "stellen":
			make = p.office
		case "lebenslagen":
			make = p.lifeSituation
		case "a-z":
			make = p.register
		}
	}
	if make == nil {
		return nil, nil
	}
	given := r.URL.Query()
	for _, name := range asks {
		if value := given.Get(name); value != "" && len(value) <= 500 {
			q.query.Set(name, value)
		}
	}
	if wish := given.Get("sprache"); languageIn.MatchString(wish) {
		q.language, q.wished = wish, true
	}
	q.portal = p.portal.Portal()
	q.words = map[string]string{}
	for key, text := range p.words {
		q.words[key] = text.In(q.language)
	}
	return q, make
}

// id reads the second part of the path.
func (q *request) id() (uuid.UUID, error) {
	id, err := uuid.Parse(q.parts[1])
	if err != nil || id.String() != q.parts[1] {
		return uuid.Nil, unknown()
	}
	return id, nil
}

func unknown() error {
	return problem.NotFound("page-unknown", "Diese Seite gibt es nicht.", "There is no such page.")
}

// ars is the place that the address names, empty when none.
func (q *request) ars() string {
	if ars := q.query.Get("ars"); arsKey.MatchString(ars) {
		return ars
	}
	return ""
}
