package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// company is the whole program: orders, their reports to the portal, and the pages.
type company struct {
	config  config
	log     *slog.Logger
	now     func() time.Time
	orders  *orders
	webhook *standardwebhooks.Webhook
	portal  *portal
	staff   *sessions[struct{}]
	people  *sessions[person]
	signIns *sessions[signIn]
	guesses *limiter // of the staff's password
	lookups *limiter // of order numbers
	pages   pages
	wake    chan struct{} // there is something to report
}

func newCompany(c config, log *slog.Logger, now func() time.Time) (*company, error) {
	c.PublicURL, c.PortalURL = strings.TrimSuffix(c.PublicURL, "/"), strings.TrimSuffix(c.PortalURL, "/")
	webhook, err := standardwebhooks.NewWebhook(c.WebhookSecret)
	if err != nil {
		return nil, fmt.Errorf("webhook secret: %w", err)
	}
	kept, err := openOrders(c.Data)
	if err != nil {
		return nil, err
	}
	pages, err := loadPages()
	if err != nil {
		return nil, err
	}
	secure := strings.HasPrefix(c.PublicURL, "https://")
	return &company{
		config: c, log: log, now: now, orders: kept, webhook: webhook, portal: newPortal(c), pages: pages,
		staff:   newSessions[struct{}](cookieName(c, "dienst"), 8*time.Hour, secure, http.SameSiteStrictMode, now),
		people:  newSessions[person](cookieName(c, "konto"), time.Hour, secure, http.SameSiteLaxMode, now),
		signIns: newSessions[signIn](cookieName(c, "anmeldung"), 10*time.Minute, secure, http.SameSiteLaxMode, now),
		guesses: &limiter{now: now}, lookups: &limiter{now: now},
		wake: make(chan struct{}, 1),
	}, nil
}

// routes are the program's pages and its one interface.
func (c *company) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "ok") })
	mux.HandleFunc("POST /webhooks/deliveries", c.takeDelivery)
	mux.HandleFunc("GET /style.css", c.pages.style)
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /{$}", c.showOrders)
	mux.HandleFunc("POST /dienst/anmelden", c.signInStaff)
	mux.HandleFunc("POST /dienst/abmelden", c.signOutStaff)
	mux.HandleFunc("POST /auftraege/{id}/termin", c.promiseDate)
	mux.HandleFunc("POST /auftraege/{id}/erledigt", c.closeOrder)
	mux.HandleFunc("GET /auftraege/{id}/fotos/{photo}", c.showPhoto)
	mux.HandleFunc("GET /meine-abholungen", c.showMine)
	mux.HandleFunc("POST /meine-abholungen", c.findMine)
	mux.HandleFunc("POST /meine-abholungen/abmelden", c.signOutPerson)
	mux.HandleFunc("GET /anmeldung", c.startSignIn)
	mux.HandleFunc("GET /anmeldung/zurueck", c.finishSignIn)
	mux.HandleFunc("POST /abmeldung", c.takeLogout)
	mux.HandleFunc("/", c.notFound)
	return secured(http.NewCrossOriginProtection().Handler(mux))
}

// secured sets the headers that every answer carries. The pages need no scripts at all.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}
