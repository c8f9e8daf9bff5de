package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	accountsapi "portalverbund/api/accounts"
	applicationsapi "portalverbund/api/applications"
	associationapi "portalverbund/api/association"
	auditapi "portalverbund/api/audit"
	casesapi "portalverbund/api/cases"
	catalogapi "portalverbund/api/catalog"
	clientsapi "portalverbund/api/clients"
	credentialsapi "portalverbund/api/credentials"
	deliveriesapi "portalverbund/api/deliveries"
	editingapi "portalverbund/api/editing"
	exportapi "portalverbund/api/export"
	federationapi "portalverbund/api/federation"
	formsapi "portalverbund/api/forms"
	identityapi "portalverbund/api/identity"
	mailboxapi "portalverbund/api/mailbox"
	paymentsapi "portalverbund/api/payments"
	placesapi "portalverbund/api/places"
	portalapi "portalverbund/api/portal"
	powersapi "portalverbund/api/powers"
	safeapi "portalverbund/api/safe"
	searchapi "portalverbund/api/search"
	signinapi "portalverbund/api/signin"
	sourcesapi "portalverbund/api/sources"
	staffapi "portalverbund/api/staff"
	"portalverbund/api/types"
	"portalverbund/server/accounts"
	"portalverbund/server/applications"
	"portalverbund/server/audit"
	"portalverbund/server/cases"
	"portalverbund/server/catalog"
	"portalverbund/server/catalog/editing"
	"portalverbund/server/catalog/finding"
	"portalverbund/server/catalog/pages"
	"portalverbund/server/catalog/sources"
	"portalverbund/server/catalog/xzufi"
	"portalverbund/server/credentials"
	"portalverbund/server/delivery"
	"portalverbund/server/federation"
	"portalverbund/server/federation/association"
	"portalverbund/server/forms"
	"portalverbund/server/identity"
	"portalverbund/server/mailbox"
	"portalverbund/server/oidc"
	"portalverbund/server/payments"
	"portalverbund/server/places"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/portal"
	"portalverbund/server/powers"
	"portalverbund/server/safe"
	"portalverbund/server/signin"
)

// Serve runs a portal until ctx ends: requests, background work, and the link to the others. It ends cleanly: what has
// begun may finish within the drain timeout.
func Serve(ctx context.Context, c Config) error {
	log := c.Logger()
	if err := errors.Join(c.check(), c.checkKeys()); err != nil {
		return err
	}
	for {
		again, err := serveOnce(ctx, c, log)
		if err != nil || !again {
			return err
		}
	}
}

// serveOnce runs a portal until ctx ends, or until its place in the association has changed: then it is to be put together
// again, as all rooms are made with it. That takes a moment, in which requests wait.
func serveOnce(ctx context.Context, c Config, log *slog.Logger) (again bool, err error) {
	a, err := Open(ctx, c, log)
	if err != nil {
		return false, err
	}
	defer a.Close()
	if err := a.checkMasterKeys(); err != nil {
		return false, err
	}
	if err := a.oidc.BeginKeys(ctx); err != nil {
		return false, err
	}
	server, err := a.server()
	if err != nil {
		return false, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return false, fmt.Errorf("listen on %s: %w", c.Listen, err)
	}
	web := &http.Server{
		Handler: server.Echo, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	web.BaseContext = func(net.Listener) context.Context { return work }
	if err := a.hub.Start(work); err != nil {
		return false, err
	}
	if err := a.jobs.Start(work); err != nil {
		return false, err
	}
	var running sync.WaitGroup
	for name, own := range map[string]func(context.Context) error{
		"catalog": a.catalog.Run, "catalog views": a.catalog.CountViews, "missed searches": a.catalog.CountMissed, "federation": a.federation.Run,
	} {
		running.Go(func() { a.run(work, name, own) })
	}
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(listener) }()
	log.InfoContext(ctx, "portal is running", "portal", a.self.Id, "listen", listener.Addr().String())
	if c.Started != nil {
		c.Started(a)
	}
	select {
	case err = <-failed:
	case <-ctx.Done():
	case <-a.association.Outdated():
		again = true
		log.InfoContext(ctx, "the portal's place in its association has changed; it starts anew")
	}
	log.Info("portal is ending", "portal", a.self.Id)
	a.drain(web, stopWork)
	running.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return again, err
}

// drain lets requests and jobs that have begun finish within the drain timeout, and ends the rest.
func (a *App) drain(web *http.Server, stopWork context.CancelFunc) {
	defer stopWork()
	end, cancel := context.WithTimeout(context.Background(), a.config.DrainTimeout)
	defer cancel()
	go func() { // event streams last until their client leaves: they end with the work
		select {
		case <-time.After(a.config.DrainTimeout / 4):
		case <-end.Done():
		}
		stopWork()
	}()
	if shutdown := web.Shutdown(end); shutdown != nil {
		_ = web.Close() // what did not finish in time is cut off
	}
	if stop := a.jobs.Stop(end); stop != nil {
		a.log.Warn("jobs did not end in time; they run again later", "error", stop)
	}
}

// run keeps a room's own work going until ctx ends.
func (a *App) run(ctx context.Context, name string, work func(context.Context) error) {
	for ctx.Err() == nil {
		err := work(ctx)
		if ctx.Err() != nil {
			return
		}
		a.log.ErrorContext(ctx, "background work ended, beginning again", "room", name, "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// server mounts every room's operations, the OpenID Provider, the pages and what operators look at.
func (a *App) server() (*httpx.Server, error) {
	doc, err := types.GetSwagger()
	if err != nil {
		return nil, fmt.Errorf("read the contract: %w", err)
	}
	contract, err := httpx.NewContract(doc)
	if err != nil {
		return nil, err
	}
	c := a.config
	s, err := httpx.New(httpx.Config{
		Origin: c.PublicURL, RequestTimeout: c.Timeout, UploadTimeout: c.UploadTimeout, MaxConcurrent: c.MaxConcurrent, RatePerSecond: c.Rate, RateBurst: c.RateBurst,
		TrustedProxies: c.TrustedProxy, HSTS: c.secure(),
	}, contract, authenticator{a}, a.log, a.metrics)
	if err != nil {
		return nil, err
	}
	a.mount(s.Echo)
	routes := map[string]bool{}
	for _, r := range s.Echo.Routes() {
		routes[r.Method+" "+r.Path] = true
	}
	if missing := contract.Missing(routes); len(missing) > 0 {
		return nil, fmt.Errorf("operations of the contract that nobody answers: %v", missing)
	}
	provider := echo.WrapHandler(a.oidc.Handler())
	s.Echo.Any("/oauth2/*", provider)
	s.Echo.POST("/oauth2/backchannel-logout", echo.WrapHandler(a.signin.LogoutHandler()))
	s.Echo.Any("/identity/*", echo.WrapHandler(a.identity.Protocol()))
	s.Echo.GET("/.well-known/openid-configuration", provider)
	s.Echo.GET("/healthz", func(c echo.Context) error { return c.String(http.StatusOK, "ok\n") })
	s.Echo.GET("/readyz", a.ready)
	s.Echo.GET("/metrics", a.showMetrics())
	return s, a.mountPages(s.Echo)
}

// mountPages answers everything else with the application, and tells search engines what is where.
func (a *App) mountPages(e *echo.Echo) error {
	texts, err := pages.New(a.catalog, a.portal, a.log, time.Now)
	if err != nil {
		return err
	}
	e.GET("/robots.txt", echo.WrapHandler(http.HandlerFunc(texts.Robots)))
	e.GET("/sitemap.xml", echo.WrapHandler(http.HandlerFunc(texts.Sitemap)))
	if a.config.SPA == "" {
		return nil
	}
	spa, err := httpx.NewSPA(a.config.SPA, texts)
	if err != nil {
		return err
	}
	e.GET("/*", spa.Handle)
	e.HEAD("/*", spa.Handle)
	return nil
}

func (a *App) mount(e *echo.Echo) {
	portalapi.RegisterHandlers(e, portalapi.NewStrictHandler(portal.NewHandlers(a.portal), nil))
	placesapi.RegisterHandlers(e, placesapi.NewStrictHandler(places.NewHandlers(a.places), nil))
	catalogapi.RegisterHandlers(e, catalogapi.NewStrictHandler(catalog.NewHandlers(a.catalog), nil))
	exportapi.RegisterHandlers(e, exportapi.NewStrictHandler(xzufi.NewHandlers(a.exporter(xzufi.DeliveredLanguages())), nil))
	sourcesapi.RegisterHandlers(e, sourcesapi.NewStrictHandler(sources.NewHandlers(a.sources), nil))
	searchapi.RegisterHandlers(e, searchapi.NewStrictHandler(finding.NewHandlers(a.finding), nil))
	editingapi.RegisterHandlers(e, editingapi.NewStrictHandler(editing.NewHandlers(a.editing), nil))
	signinapi.RegisterHandlers(e, signinapi.NewStrictHandler(signin.NewHandlers(a.signin), nil))
	clientsapi.RegisterHandlers(e, clientsapi.NewStrictHandler(oidc.NewHandlers(a.oidc), nil))
	identityapi.RegisterHandlers(e, identityapi.NewStrictHandler(identity.NewHandlers(a.identity), nil))
	credentialsapi.RegisterHandlers(e, credentialsapi.NewStrictHandler(credentials.NewHandlers(a.credentials), nil))
	accountsapi.RegisterHandlers(e, accountsapi.NewStrictHandler(accounts.NewHandlers(a.accounts), nil))
	powersapi.RegisterHandlers(e, powersapi.NewStrictHandler(powers.NewHandlers(a.powers), nil))
	safeapi.RegisterHandlers(e, safeapi.NewStrictHandler(safe.NewHandlers(a.safe), nil))
	staffapi.RegisterHandlers(e, staffapi.NewStrictHandler(accounts.NewStaffHandlers(a.accounts), nil))
	auditapi.RegisterHandlers(e, auditapi.NewStrictHandler(audit.NewHandlers(audit.New(a.db, time.Now), a.accounts, a.catalog), nil))
	formsapi.RegisterHandlers(e, formsapi.NewStrictHandler(forms.NewHandlers(a.forms), nil))
	applicationsapi.RegisterHandlers(e, applicationsapi.NewStrictHandler(applications.NewHandlers(a.applications), nil))
	casesapi.RegisterHandlers(e, casesapi.NewStrictHandler(cases.NewHandlers(a.cases), nil))
	deliveriesapi.RegisterHandlers(e, deliveriesapi.NewStrictHandler(delivery.NewHandlers(a.delivery), nil))
	paymentsapi.RegisterHandlers(e, paymentsapi.NewStrictHandler(payments.NewHandlers(a.payments), nil))
	mailboxapi.RegisterHandlers(e, mailboxapi.NewStrictHandler(mailbox.NewHandlers(a.mailbox), nil))
	associationapi.RegisterHandlers(e, associationapi.NewStrictHandler(association.NewHandlers(a.association, a.federation, a.places, a.health), nil))
	federationapi.RegisterHandlers(e, federationapi.NewStrictHandler(federation.NewHandlers(a.federation), nil))
}

// ready says whether the portal can work: its database answers.
func (a *App) ready(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), 2*time.Second)
	defer cancel()
	if err := a.db.Ping(ctx); err != nil {
		return c.String(http.StatusServiceUnavailable, "the database does not answer\n")
	}
	return c.String(http.StatusOK, "ready\n")
}

// showMetrics answers Prometheus: with the token where one is set, else loopback only.
func (a *App) showMetrics() echo.HandlerFunc {
	handler := promhttp.HandlerFor(a.metrics, promhttp.HandlerOpts{})
	return func(c echo.Context) error {
		allowed := c.Request().Header.Get("Authorization") == "Bearer "+a.config.MetricsToken
		if a.config.MetricsToken == "" {
			ip := net.ParseIP(c.RealIP())
			allowed = ip != nil && ip.IsLoopback() && c.Request().Header.Get("X-Forwarded-For") == ""
		}
		if !allowed {
			return echo.ErrNotFound
		}
		handler.ServeHTTP(c.Response(), c.Request())
		return nil
	}
}
