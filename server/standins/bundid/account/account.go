// Package account is a SAML 2.0 identity provider with invented persons and organisations, in the words of the BundID and of
// Mein Unternehmenskonto.
package account

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"
	"github.com/crewjam/saml/samlsp"
	dsig "github.com/russellhaering/goxmldsig"
)

// Kind says which account is played.
type Kind string

// Kinds.
const (
	BundID Kind = "bundid"
	MUK    Kind = "muk"
)

// Options say how it runs.
type Options struct {
	Kind      Kind
	PublicURL string
	Portal    string // address of the metadata of the one service provider
	Data      string // folder for the key
	Log       *slog.Logger
}

// Account is the identity provider.
type Account struct {
	Options
	idp   saml.IdentityProvider
	pages *template.Template
	css   []byte

	mu     sync.Mutex
	portal *saml.EntityDescriptor
	readAt time.Time
}

//go:embed assets
var assets embed.FS

const (
	metadataKept = 10 * time.Second
	fetchTimeout = 5 * time.Second
	maxMetadata  = 1 << 20
	maxForm      = 200 << 10
)

// New makes the identity provider, with a key of its own.
func New(o Options) (*Account, error) {
	key, certificate, err := loadKey(o.Data)
	if err != nil {
		return nil, err
	}
	public, err := url.Parse(o.PublicURL)
	if err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	pages, err := template.ParseFS(assets, "assets/*.html")
	if err != nil {
		return nil, fmt.Errorf("read pages: %w", err)
	}
	css, err := assets.ReadFile("assets/style.css")
	if err != nil {
		return nil, fmt.Errorf("read style sheet: %w", err)
	}
	a := &Account{Options: o, pages: pages, css: css}
	a.idp = saml.IdentityProvider{
		Key: key, Certificate: certificate, MetadataURL: *public.JoinPath("metadata"), SSOURL: *public.JoinPath("saml"), SignatureMethod: dsig.RSASHA256SignatureMethod,
		ServiceProviderProvider: a, SessionProvider: a, ResponseWriter: a, WantAuthnRequestsSigned: true, RejectSHA1Signatures: true, SendErrorResponses: true,
		OnError: a.failed,
	}
	return a, nil
}

// Handler answers browsers and the portal.
func (a *Account) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metadata", a.idp.ServeMetadata)
	mux.HandleFunc("POST /saml", func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		a.idp.ServeSSO(w, r)
	})
	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		_, _ = w.Write(a.css) // the reader has gone when it fails
	})
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		a.show(w, http.StatusOK, "home", page{Kind: a.Kind, Title: a.title()})
	})
	return mux
}

func (a *Account) title() string {
	if a.Kind == MUK {
		return "Mein Unternehmenskonto (Beispiel)"
	}
	return "BundID (Beispiel)"
}

// GetServiceProvider reads the portal's description.
func (a *Account) GetServiceProvider(r *http.Request, id string) (*saml.EntityDescriptor, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.portal == nil || time.Since(a.readAt) > metadataKept {
		client := http.Client{Timeout: fetchTimeout}
		request, err := http.NewRequestWithContext(r.Context(), http.MethodGet, a.Portal, nil)
		if err != nil {
			return nil, fmt.Errorf("read the portal's description: %w", err)
		}
		response, err := client.Do(request)
		if err != nil {
			return nil, fmt.Errorf("read the portal's description: %w", err)
		}
		defer func() { _ = response.Body.Close() }() // it was only read
		text, err := io.ReadAll(io.LimitReader(response.Body, maxMetadata))
		if err != nil {
			return nil, fmt.Errorf("read the portal's description: %w", err)
		}
		if a.portal, err = samlsp.ParseMetadata(text); err != nil {
			return nil, fmt.Errorf("read the portal's description: %w", err)
		}
		a.readAt = time.Now()
	}
	if a.portal.EntityID != id {
		return nil, os.ErrNotExist
	}
	return a.portal, nil
}

// page is what the pages show.
type page struct {
	Kind            Kind
	Title, Asks     string // who asks
	Request, State  string
	Methods         []method // those that reach the level
	Lower           []method // those that do not: to see what the portal says
	Persons         []subject
	Needed, Problem string
	Address, Answer string // where the answer goes
}

// GetSession asks who is there, and reads what was chosen.
func (a *Account) GetSession(w http.ResponseWriter, r *http.Request, req *saml.IdpAuthnRequest) *saml.Session {
	form := r.PostForm
	if form.Get("cancel") != "" {
		if err := a.idp.SendErrorResponse(w, req, &saml.StatusError{TopLevel: saml.StatusRequester, SecondLevel: saml.StatusAuthnFailed, Message: "cancelled"}); err != nil {
			a.Log.Error("not sent", "error", err)
		}
		return nil
	}
	asks, needed := asked(req.RequestBuffer)
	enough, lower := split(methods(a.Kind), needed)
	p := page{
		Kind: a.Kind, Title: a.title(), Asks: asks, Request: base64.StdEncoding.EncodeToString(req.RequestBuffer), State: req.RelayState,
		Methods: enough, Lower: lower, Persons: subjects(a.Kind), Needed: levelWords(needed),
	}
	if form.Get("answer") == "" {
		a.show(w, http.StatusOK, "choose", p)
		return nil
	}
	who, ok := chosen(a.Kind, form)
	how, known := methodOf(methods(a.Kind), form.Get("method"))
	if !ok || !known {
		p.Problem = "Bitte wählen Sie, wer Sie sind und womit Sie sich ausweisen."
		a.show(w, http.StatusUnprocessableEntity, "choose", p)
		return nil
	}
	now := time.Now()
	return &saml.Session{
		ID: random(), Index: random(), CreateTime: now, ExpireTime: now.Add(time.Hour), NameID: random(), NameIDFormat: string(saml.TransientNameIDFormat),
		AuthnContextClassRef: storkLevel + how.Level, CustomAttributes: attributes(a.Kind, who, how, req.ServiceProviderMetadata.EntityID),
	}
}

// asked reads who asks (extension of the request) and for which level.
func asked(request []byte) (who, level string) {
	document := etree.NewDocument()
	if err := document.ReadFromBytes(request); err != nil {
		return "", "1"
	}
	if e := document.FindElement("//OrganizationDisplayName"); e != nil {
		who = e.Text()
	}
	level = "1"
	if e := document.FindElement("//AuthnContextClassRef"); e != nil {
		level = strings.TrimPrefix(e.Text(), storkLevel)
	}
	return who, level
}

// WriteResponse writes the page that sends the answer to the portal.
func (a *Account) WriteResponse(w http.ResponseWriter, req *saml.IdpAuthnRequest) error {
	form, err := req.PostBinding()
	if err != nil {
		return err
	}
	a.show(w, http.StatusOK, "send", page{Kind: a.Kind, Title: a.title(), Address: form.URL, Answer: form.SAMLResponse, State: form.RelayState})
	return nil
}

func (a *Account) failed(w http.ResponseWriter, _ *http.Request, status int, err error) {
	a.Log.Warn("request refused", "error", err)
	a.show(w, status, "message", page{Kind: a.Kind, Title: a.title(), Problem: "Diese Anfrage passt nicht. Bitte beginnen Sie am Portal noch einmal."})
}

// sendScript sends the form of the page "send"; no other script may run.
const sendScript = "document.forms[0].submit()"

func (a *Account) show(w http.ResponseWriter, status int, name string, p page) {
	var b bytes.Buffer
	if err := a.pages.ExecuteTemplate(&b, name, p); err != nil {
		a.Log.Error("page not written", "page", name, "error", err)
		http.Error(w, "Das hat nicht geklappt.", http.StatusInternalServerError)
		return
	}
	sum := sha256.Sum256([]byte(sendScript))
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'; frame-ancestors 'none'; base-uri 'none'")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // the reader has gone when it fails
}

// pseudonym is how one portal, and no other, knows somebody.
func pseudonym(kind Kind, who subject, portal string) string {
	sum := sha256.Sum256([]byte(string(kind) + "\n" + who.ID + "\n" + portal))
	prefix := "BPK2-"
	if kind == MUK {
		prefix = "du-"
	}
	return prefix + hex.EncodeToString(sum[:16])
}
