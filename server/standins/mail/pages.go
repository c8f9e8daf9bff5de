package main

import (
	_ "embed"
	"encoding/json"
	"html/template"
	"net/http"
	"regexp"
	"strings"
)

//go:embed page.html
var pageSource string

//go:embed page.css
var styles []byte

const pagePolicy = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// newPages makes the handler of the pages and of /api/mails.
func newPages(s *store) http.Handler {
	page := template.Must(template.New("page").Funcs(template.FuncMap{"parts": parts, "join": strings.Join}).Parse(pageSource))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		to := strings.TrimSpace(r.URL.Query().Get("to"))
		show(w, page, http.StatusOK, view{To: to, Mails: s.list(to)})
	})
	mux.HandleFunc("GET /mails/{id}", func(w http.ResponseWriter, r *http.Request) {
		l, found := s.find(r.PathValue("id"))
		if !found {
			show(w, page, http.StatusNotFound, view{Missing: true})
			return
		}
		show(w, page, http.StatusOK, view{Mail: &l})
	})
	mux.HandleFunc("GET /api/mails", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_ = json.NewEncoder(w).Encode(map[string]any{"items": s.list(strings.TrimSpace(r.URL.Query().Get("to")))}) // the client has gone when it fails
	})
	mux.HandleFunc("GET /page.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		_, _ = w.Write(styles)
	})
	return guarded(mux)
}

// guarded sets the headers of every answer, and answers only to names of this machine: a page elsewhere must not reach it
// by a name of its own (DNS rebinding).
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		host, _, _ := strings.Cut(r.Host, ":")
		if host != "localhost" && host != "127.0.0.1" && !strings.HasPrefix(r.Host, "[::1]") {
			http.Error(w, "unknown host", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

type view struct {
	To      string
	Mails   []letter
	Mail    *letter
	Missing bool
}

func show(w http.ResponseWriter, page *template.Template, status int, v view) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = page.Execute(w, v) // the client has gone when it fails
}

// part is a piece of a mail's text; with an address it is a link.
type part struct{ Text, URL string }

var webAddress = regexp.MustCompile(`https?://[^\s<>"]+`)

// parts finds the web addresses in a text.
func parts(text string) []part {
	var out []part
	last := 0
	for _, span := range webAddress.FindAllStringIndex(text, -1) {
		end := span[0] + len(strings.TrimRight(text[span[0]:span[1]], ".,;:!?)"))
		out = append(out, part{Text: text[last:span[0]]}, part{Text: text[span[0]:end], URL: text[span[0]:end]})
		last = end
	}
	return append(out, part{Text: text[last:]})
}
