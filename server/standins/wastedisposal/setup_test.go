package main

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const password = "Abfuhr-im-Test"

// county plays the county's portal: token endpoint and deliveries.
type county struct {
	*httptest.Server

	mu      sync.Mutex
	away    bool
	refuse  int
	tokens  int
	reports []received
	files   map[string]string // by delivery and attachment
	uploads []uploaded
}

const documentID = "0197a3c2-7c3e-7d41-9a53-0f6f5a1c2b3d"

type uploaded struct{ path, key, name, content string }

type received struct {
	path, token, key        string
	Status, Text, Reference string
	Documents               []string
}

func newCounty(t *testing.T) *county {
	t.Helper()
	p := &county{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /oauth2/token", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		id, secret, _ := r.BasicAuth()
		secret, _ = url.QueryUnescape(secret)
		if p.away || id != "entsorgung" || secret != "geheim+/=" || r.FormValue("grant_type") != "client_credentials" || r.FormValue("scope") != "deliveries:read deliveries:write" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		p.tokens++
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"access_token":"token-`+strconv.Itoa(p.tokens)+`","token_type":"Bearer","expires_in":600}`)
	})
	mux.HandleFunc("POST /api/v1/deliveries/{id}/status", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.away {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		got := received{path: r.PathValue("id"), token: r.Header.Get("Authorization"), key: r.Header.Get("Idempotency-Key")}
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		p.reports = append(p.reports, got)
		if p.refuse != 0 {
			w.WriteHeader(p.refuse)
			return
		}
		_, _ = io.WriteString(w, "{}")
	})
	mux.HandleFunc("GET /api/v1/deliveries/{id}/attachments/{attachment}", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		content, here := p.files[r.PathValue("id")+"/"+r.PathValue("attachment")]
		switch {
		case p.away:
			w.WriteHeader(http.StatusServiceUnavailable)
		case !here:
			w.WriteHeader(http.StatusConflict)
			_, _ = io.WriteString(w, `{"type":"urn:portalverbund:problem:attachment-pending"}`)
		default:
			_, _ = io.WriteString(w, content)
		}
	})
	mux.HandleFunc("POST /api/v1/deliveries/{id}/documents", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.away {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		content, _ := io.ReadAll(r.Body)
		p.uploads = append(p.uploads, uploaded{r.PathValue("id"), r.Header.Get("Idempotency-Key"), r.FormValue("name"), string(content)})
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"id":"`+documentID+`"}`)
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *county) set(fn func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fn()
}

func (p *county) seen() []received {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]received(nil), p.reports...)
}

// setup is the running company, with a browser.
type setup struct {
	*company
	url     string
	browser *http.Client
	hook    *standardwebhooks.Webhook
}

func newSetup(t *testing.T, folder, portalURL string) setup {
	t.Helper()
	secret := "whsec_" + base64.StdEncoding.EncodeToString([]byte("32 bytes that only we two know.."))
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	c, err := newCompany(config{
		PublicURL: server.URL, Data: folder, PortalURL: portalURL, ClientID: "entsorgung", ClientSecret: "geheim+/=", WebhookSecret: secret, StaffPassword: password,
	}, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	handler = c.routes()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	return setup{c, server.URL, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, hook}
}

const deliveryBody = `{"id":"%ID%","state":"%STATE%","number":"MEP-26-4F7K-2P9T-X","serviceTitle":"Sperrmüll abholen lassen","ars":"034540035035",
	"data":{"applicant":{"givenName":"Clara","familyName":"Beispiel <b>","street":"Lange Straße","houseNumber":"7","postalCode":"49716","city":"Meppen"},
	"items":{"objects":[{"kind":"sofa","count":2,"note":"rot"}],"photos":[]},"pickup":{"address":"own","location":"kerb","preferredDate":"2026-12-03","express":"no"}}}`

func body(id uuid.UUID, state string) string {
	return strings.NewReplacer("%ID%", id.String(), "%STATE%", state).Replace(deliveryBody)
}

// deliver posts a webhook, signed at a time.
func (x setup) deliver(t *testing.T, webhookID, content string, at time.Time, change func(http.Header)) (int, string) {
	t.Helper()
	signature, err := x.hook.Sign(webhookID, at, []byte(content))
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, x.url+"/webhooks/deliveries", strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("webhook-id", webhookID)
	request.Header.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
	request.Header.Set("webhook-signature", signature)
	if change != nil {
		change(request.Header)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(answer)
}

// get and post are the browser's.
func (x setup) get(t *testing.T, path string) (int, string) {
	t.Helper()
	response, err := x.browser.Get(x.url + path)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, response)
}

func (x setup) post(t *testing.T, path string, form url.Values) (int, string) {
	t.Helper()
	response, err := x.browser.PostForm(x.url+path, form)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, response)
}

func read(t *testing.T, response *http.Response) (int, string) {
	t.Helper()
	defer func() { _ = response.Body.Close() }()
	if policy := response.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'") {
		t.Errorf("content security policy %q", policy)
	}
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func waitFor(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for !condition() {
		select {
		case <-deadline:
			t.Fatalf("waited in vain: %s", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}
