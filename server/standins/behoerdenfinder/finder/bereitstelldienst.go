package finder

import (
	"crypto/rand"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

const tokenLife = 5 * time.Minute

// readBlocks reads the blocks in which the Bereitstelldienst gives what it has, in their order.
func readBlocks() ([]string, error) {
	names, err := fs.Glob(data, "data/*.xml") // sorted
	if err != nil {
		return nil, err
	}
	var blocks []string
	for _, name := range names {
		text, err := data.ReadFile(name)
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, string(text))
	}
	return blocks, nil
}

// Deliver adds a block to what the Bereitstelldienst has: something has changed.
func (f *Finder) Deliver(xml string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.blocks = append(f.blocks, xml)
}

// tokens are those that were given out and have not ended.
type tokens struct {
	mu    sync.Mutex
	valid map[string]time.Time
	now   func() time.Time
}

func (t *tokens) issue() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	token := rand.Text()
	t.valid[token] = t.now().Add(tokenLife)
	return token
}

func (t *tokens) accepts(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	t.mu.Lock()
	defer t.mu.Unlock()
	until, known := t.valid[token]
	return ok && known && t.now().Before(until)
}

func (f *Finder) routeBereitstelldienst(mux *http.ServeMux) {
	mux.HandleFunc("POST /token", f.giveToken)
	mux.HandleFunc("GET /bereitstelldienst/api/v3/verwaltungsobjekte/xzufi-2-3-1", f.deliver)
}

// giveToken is OAuth 2.0 client credentials (RFC 6749 section 4.4).
func (f *Finder) giveToken(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
	if r.FormValue("grant_type") != "client_credentials" || !same(r.FormValue("client_id"), f.options.ClientID) || !same(r.FormValue("client_secret"), f.options.ClientSecret) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"error":"invalid_client"}`)) // the other side may be gone
		return
	}
	writeJSON(w, object{"access_token": f.tokens.issue(), "token_type": "Bearer", "expires_in": int(tokenLife.Seconds())})
}

// deliver gives one block, and where the next is to be had. Whoever asks for more than there is gets an empty block.
func (f *Finder) deliver(w http.ResponseWriter, r *http.Request) {
	if !f.tokens.accepts(r) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	at := number(r, "index", 0)
	block, next := "", at
	if at < len(f.blocks) {
		block, next = f.blocks[at], at+1
	}
	address := url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path}
	q := url.Values{"index": {fmt.Sprint(next)}}
	if ars := r.URL.Query().Get("ars"); ars != "" {
		q.Set("ars", ars)
	}
	address.RawQuery = q.Encode()
	writeJSON(w, object{
		"xzufiObjekte": block, "vollstaendig": next >= len(f.blocks), "naechsterIndex": next, "naechsteAnfrageUrl": address.String(),
	})
}
