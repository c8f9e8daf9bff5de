package identity

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"portalverbund/server/identity/openid"
)

// protocolPath is where identity providers and their browsers come: {id}/metadata and {id}/acs for SAML, {id}/callback for OpenID
// Connect. They are the protocols' own addresses and no part of the API.
const protocolPath = "/identity/"

const (
	maxForm       = 300 << 10
	answerTimeout = 20 * time.Second
)

// Protocol answers below protocolPath.
func (s *Service) Protocol() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+protocolPath+"{provider}/metadata", s.metadata)
	mux.HandleFunc("POST "+protocolPath+"{provider}/acs", s.assertionConsumer)
	mux.HandleFunc("GET "+protocolPath+"{provider}/callback", s.callback)
	return mux
}

// metadata describes this portal to an identity provider (SAML 2.0 Metadata).
func (s *Service) metadata(w http.ResponseWriter, r *http.Request) {
	p, err := s.provider(r.PathValue("provider"))
	if err != nil || p.saml == nil {
		http.NotFound(w, r)
		return
	}
	text, err := p.saml.Metadata()
	if err != nil {
		s.Log.ErrorContext(r.Context(), "metadata", "provider", p.ID, "error", err)
		http.Error(w, "not available", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/samlmetadata+xml")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	_, _ = w.Write(text) // the client has gone when it fails
}

var errNotSAML = errors.New("speaks another protocol")

// assertionConsumer takes a response (SAML 2.0 Bindings, section 3.5). The browser sends it from another site, without this
// portal's cookies; so it is led on by a GET, which has them.
func (s *Service) assertionConsumer(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), answerTimeout)
	defer cancel()
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") || r.ParseForm() != nil {
		http.Error(w, "not a form", http.StatusBadRequest)
		return
	}
	response := r.PostForm.Get("SAMLResponse")
	s.leadOn(w, r, s.answered(ctx, r.PathValue("provider"), r.PostForm.Get("RelayState"), func(p *Provider, f flow) (Statement, error) {
		if p.saml == nil {
			return Statement{}, errNotSAML
		}
		a, err := p.saml.Finish(ctx, response, f.RequestID)
		if err != nil {
			return Statement{}, err
		}
		return p.read(a.Attributes, a.Context, f)
	}))
}

// callback takes the answer of an OpenID Provider.
func (s *Service) callback(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), answerTimeout)
	defer cancel()
	q := r.URL.Query()
	answer := openid.Answer{Code: q.Get("code"), Issuer: q.Get("iss"), Error: q.Get("error")}
	s.leadOn(w, r, s.answered(ctx, r.PathValue("provider"), q.Get("state"), func(p *Provider, f flow) (Statement, error) {
		if p.openid == nil {
			return Statement{}, errNotSAML
		}
		c, err := p.openid.Finish(ctx, answer, f.Nonce, f.Verifier)
		if err != nil {
			return Statement{}, err
		}
		if p.staff != nil {
			return s.readStaff(ctx, p, c, f)
		}
		return p.read(c.Attributes, c.Context, f)
	}))
}

func (s *Service) leadOn(w http.ResponseWriter, r *http.Request, location string) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, location, http.StatusSeeOther) //nolint:gosec // a page of this portal
}
