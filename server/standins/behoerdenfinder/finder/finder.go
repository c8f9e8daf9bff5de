// Package finder answers as the big directories of public services do, from a handful of invented services, offices and
// competences: the REST API v4 of the Infodienste on which BUS Niedersachsen runs, the Suchdienst of the PVOG, and its
// Bereitstelldienst with XZuFi 2.3.1. It knows the products only by their public descriptions.
package finder

import (
	"crypto/subtle"
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

//go:embed data
var data embed.FS

// Options say who is let in.
type Options struct {
	APIKey       string // of the Infodienste
	ClientID     string // of the PVOG: header pvog-sud-api-client-id, and the client of the Bereitstelldienst
	ClientSecret string
	PageSize     int // the most that a page holds, whatever is asked for; default 500
	Now          func() time.Time
}

// Finder is one directory behind all of its interfaces.
type Finder struct {
	options   Options
	directory directory
	search    search
	tokens    tokens

	mu     sync.Mutex
	blocks []string // XZuFi messages of the Bereitstelldienst
}

// New makes a Finder from the data that come with it.
func New(o Options) (*Finder, error) {
	if o.PageSize <= 0 {
		o.PageSize = 500
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	f := &Finder{options: o, tokens: tokens{valid: map[string]time.Time{}, now: o.Now}}
	if err := readData("directory.json", &f.directory); err != nil {
		return nil, err
	}
	if err := readData("search.json", &f.search); err != nil {
		return nil, err
	}
	var err error
	f.blocks, err = readBlocks()
	return f, err
}

func readData(name string, into any) error {
	text, err := data.ReadFile("data/" + name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// Handler answers at /infodienste, /gebiete, /suchdienst/api, /bereitstelldienst/api and /token.
func (f *Finder) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	f.routeInfodienste(mux)
	f.routeSuchdienst(mux)
	f.routeBereitstelldienst(mux)
	return mux
}

func same(given, wanted string) bool {
	return subtle.ConstantTimeCompare([]byte(given), []byte(wanted)) == 1
}

func writeJSON(w http.ResponseWriter, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		http.Error(w, "cannot be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	_, _ = w.Write(text) // the other side may be gone
}

// number reads a number of the query, or takes the usual one.
func number(r *http.Request, name string, usual int) int {
	n, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil || n < 0 {
		return usual
	}
	return n
}

// page cuts a part out of a list.
func page[T any](list []T, offset, limit int) []T {
	offset = min(offset, len(list))
	return list[offset:min(offset+limit, len(list))]
}
