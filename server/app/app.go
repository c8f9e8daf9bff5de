package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"portalverbund/api/types"
	"portalverbund/db"
	"portalverbund/server/accounts"
	"portalverbund/server/applications"
	"portalverbund/server/audit"
	"portalverbund/server/cases"
	"portalverbund/server/catalog"
	"portalverbund/server/catalog/editing"
	"portalverbund/server/catalog/finding"
	"portalverbund/server/catalog/sources"
	"portalverbund/server/credentials"
	"portalverbund/server/delivery"
	"portalverbund/server/federation"
	"portalverbund/server/federation/association"
	"portalverbund/server/federation/health"
	"portalverbund/server/forms"
	"portalverbund/server/identity"
	"portalverbund/server/mailbox"
	"portalverbund/server/oidc"
	"portalverbund/server/payments"
	"portalverbund/server/places"
	"portalverbund/server/platform/blob"
	"portalverbund/server/platform/envelope"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/jobs"
	"portalverbund/server/platform/keys"
	"portalverbund/server/platform/mail"
	"portalverbund/server/platform/notify"
	"portalverbund/server/platform/outbound"
	"portalverbund/server/platform/scan"
	"portalverbund/server/portal"
	"portalverbund/server/powers"
	"portalverbund/server/safe"
	"portalverbund/server/signin"
)

// App is one portal, put together.
type App struct {
	config   Config
	log      *slog.Logger
	db       *db.DB
	embedded *db.Embedded
	keys     *keys.Set
	jobs     *jobs.Client
	hub      *notify.Hub
	client   *http.Client
	metrics  *prometheus.Registry
	scanner  *scan.Scanner
	post     *mail.Sender // nil: no mail server
	returns  *mail.Returns
	self     types.PortalReference
	isHome   bool // whether citizens have accounts at this portal

	portal       *portal.Service
	places       *places.Service
	catalog      *catalog.Service
	editing      *editing.Service
	finding      *finding.Service
	sources      *sources.Service
	forms        *forms.Service
	accounts     *accounts.Service
	credentials  *credentials.Service
	signin       *signin.Service
	identity     *identity.Service
	oidc         *oidc.Service
	applications *applications.Service
	cases        *cases.Service
	delivery     *delivery.Service
	mailbox      *mailbox.Service
	powers       *powers.Service
	payments     *payments.Service
	safe         *safe.Service
	federation   *federation.Service
	association  *association.Service
	health       *health.Service
}

const callTimeout = 10 * time.Second // of calls to the account home

// Open opens the database, brings it to this version, and plugs the rooms together. Nothing runs yet. Close it.
// What a portal must not serve people with is refused by Serve, not here: administrators may import and migrate without.
func Open(ctx context.Context, c Config, log *slog.Logger) (_ *App, err error) {
	a := &App{config: c, log: log, metrics: prometheus.NewRegistry()}
	defer func() {
		if err != nil {
			a.Close()
		}
	}()
	a.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if a.keys, err = c.keys(); err != nil {
		return nil, err
	}
	if a.scanner, err = scan.New(c.Clamd, a.metrics); err != nil {
		return nil, fmt.Errorf("PORTAL_CLAMD: %w", err)
	}
	if err := a.openDatabase(ctx); err != nil {
		return nil, err
	}
	if a.jobs, err = jobs.New(a.db, log, jobs.Options{}); err != nil {
		return nil, err
	}
	a.hub = notify.New(a.db, log)
	a.client = outbound.Client(outbound.Options{Timeout: callTimeout, AllowLoopback: !c.production()})
	if err := a.plug(ctx); err != nil {
		return nil, err
	}
	return a, nil
}

// Close lets go of the database.
func (a *App) Close() {
	if a.db != nil {
		a.db.Close()
	}
	if a.embedded != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := a.embedded.Stop(ctx); err != nil {
			a.log.Error("PostgreSQL did not stop cleanly", "error", err)
		}
	}
}

// clock is that of the link to the others.
func (c Config) clock() func() time.Time {
	if c.Now != nil {
		return c.Now
	}
	return time.Now
}

// keys reads the portal's keys. A demonstration without any gets some of its own, which last, as others know the portal by
// them. A production portal gets passing ones, which end with the process; they are no keys to serve people with.
func (c Config) keys() (*keys.Set, error) {
	set, err := keys.Load(c.keysFolder())
	if errors.Is(err, keys.ErrMissing) && c.Members == "" {
		if set, err = keys.New(true); err != nil || c.production() {
			return set, err
		}
		return set, set.Save(c.keysFolder())
	}
	if errors.Is(err, keys.ErrMissing) {
		return nil, fmt.Errorf("%w; make them with: server admin keys", err)
	}
	return set, err
}

// masterKeys reads the master keys of the documents safe. Where there are none, it is as with the portal's keys.
func (c Config) masterKeys() (*envelope.Ring, error) {
	ring, err := envelope.Load(c.keysFolder())
	if errors.Is(err, envelope.ErrMissing) && c.Members == "" {
		if ring, err = envelope.New(true); err != nil || c.production() {
			return ring, err
		}
		return ring, ring.Save(c.keysFolder())
	}
	if errors.Is(err, envelope.ErrMissing) {
		return nil, fmt.Errorf("%w; make them with: server admin keys", err)
	}
	return ring, err
}

// checkMasterKeys refuses to serve people with a safe whose master keys were made for a demonstration, or are passing ones.
func (a *App) checkMasterKeys() error {
	if a.config.production() && a.safe.Master != nil && a.safe.Master.Demo() {
		return fmt.Errorf("master keys of the documents safe in %s that were made for a demonstration, or none: %w; make them with: server admin keys", a.config.keysFolder(), errUnsafe)
	}
	return nil
}

// checkKeys refuses to serve people with keys of a demonstration, or with passing ones.
func (c Config) checkKeys() error {
	set, err := c.keys()
	if err == nil && c.production() && set.Demo() {
		return fmt.Errorf("keys in %s that were made for a demonstration, or none: %w; make them with: server admin keys", c.keysFolder(), errUnsafe)
	}
	return err
}

func (c Config) keysFolder() string {
	if c.Keys != "" {
		return c.Keys
	}
	return filepath.Join(c.Data, "keys")
}

func (a *App) openDatabase(ctx context.Context) (err error) {
	url, owner := a.config.Database, a.config.DatabaseOwner
	if url == "" {
		if a.embedded, err = db.StartEmbedded(context.WithoutCancel(ctx), db.EmbeddedOptions{DataDir: a.config.Data, Log: a.log}); err != nil {
			return err
		}
		if err := a.embedded.CreateDatabase(ctx, "portal"); err != nil {
			return err
		}
		url, owner = a.embedded.WorkURL("portal"), a.embedded.URL("portal")
	}
	if err := a.migrate(ctx, url, owner); err != nil {
		return err
	}
	connections := a.config.Connections
	if connections != 0 {
		connections = max(connections, fewestConnections)
	}
	a.db, err = db.Open(ctx, url, db.Options{MaxConns: connections})
	return err
}

// fewestConnections are what work that holds one while it needs another can go on with.
const fewestConnections = 8

// migrate brings the database to this version: as its owner, for the role that works with it, where they are two.
func (a *App) migrate(ctx context.Context, url, owner string) error {
	if owner == "" {
		if a.config.production() {
			a.log.WarnContext(ctx, "the portal works with the role that owns its tables; DATABASE_OWNER_URL keeps them apart")
		}
		return db.Migrate(ctx, url)
	}
	role, err := db.WorkingRole(url)
	if err != nil {
		return err
	}
	return db.MigrateFor(ctx, owner, role)
}

// plug makes the rooms and gives each what it asks of the others.
func (a *App) plug(ctx context.Context) (err error) {
	if err := a.plugFederation(ctx); err != nil {
		return err
	}
	a.plugCatalog()
	if err := a.plugSources(ctx); err != nil {
		return err
	}
	if err := a.plugPeople(); err != nil {
		return err
	}
	if err := a.plugApplications(ctx); err != nil {
		return err
	}
	a.connectPeople()
	a.federation.ReadCatalog(a.catalog.ReadReplica)
	a.federation.HandleCatalog(a.forms.Replicate)
	a.federation.ServeAttachments(a.attachmentFor)
	a.federation.ServePersons(a.personalData)
	a.association.Connect(a.federation.Announce, a.providerMetadata)
	a.health, err = health.New(health.Config{
		DB: a.db, Links: a.federation, Trust: a.association, Mail: mail.NewQueue(a.jobs, a.keys), To: a.config.AlertEmail, Self: a.self, Now: a.config.clock(), Metrics: a.metrics,
	})
	if err != nil {
		return err
	}
	health.Register(a.jobs, a.health)
	return nil
}

func (a *App) plugFederation(ctx context.Context) error {
	if err := a.plugTrust(ctx); err != nil {
		return err
	}
	federation.Register(a.jobs, a.federation)
	a.self = a.federation.Self()
	association.Register(a.jobs, a.association)
	_, a.isHome = homes{a}.Home(a.self.Id)
	a.portal = portal.New(a.describe(), linked{a})
	return nil
}

// plugTrust makes the link to the other portals, on trust chains or on a fixed list of members.
func (a *App) plugTrust(ctx context.Context) (err error) {
	c := a.config
	calls := outbound.Options{AllowLoopback: !c.production()}
	if a.association, err = a.makeAssociation(ctx); err != nil {
		return err
	}
	var trust federation.Trust = a.association
	var ring federation.Keyring = a.association.Ring()
	if c.Members != "" {
		ring = nil
		if trust, err = federation.ReadTrustFile(c.Members, a.log); err != nil {
			return err
		}
	}
	a.federation, err = federation.New(ctx, federation.Config{
		ID: c.PublicURL, DB: a.db, Keys: a.keys, Keyring: ring, Trust: trust, Jobs: a.jobs, Log: a.log, Metrics: a.metrics, Outbound: calls, Now: c.Now,
	})
	return err
}

// standingAlone are the roles of a portal that is an association of its own.
func standingAlone() []string {
	return []string{federation.RoleAnchor, federation.RoleAccountHome, federation.RolePortal}
}

// signer is what proves this portal to an account home; nil where the members are a fixed list with the portal's first keys.
func (a *App) signer() signin.Signer {
	if a.config.Members != "" {
		return nil
	}
	return a.association.Ring()
}

// version is that of the program, as it was built.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return s.Value[:12]
		}
	}
	return info.Main.Version
}

func (a *App) describe() types.Portal {
	member, err := a.federation.Trusted(context.Background(), a.self.Id)
	if err != nil { // checked when the link was made
		member.Areas = a.config.Areas
	}
	p := types.Portal{
		Id: a.self.Id, Name: a.self.Name, Kind: a.self.Kind, Areas: member.Areas, Languages: []string{"de", "en"},
		Demonstration: !a.config.production(), IsAccountHome: a.isHome,
	}
	if a.config.HelpEmail != "" {
		p.HelpEmail = &a.config.HelpEmail
	}
	return p
}

func (a *App) plugCatalog() {
	areas := a.describe().Areas
	a.places = places.New(a.db, areas)
	a.forms = forms.New(forms.Config{DB: a.db, Publisher: a.federation, Portals: a.federation, Log: a.log})
	secret := a.keys.Derive("catalog/missed-searches")
	a.catalog = catalog.New(catalog.Config{
		DB: a.db, Portals: a.federation, Places: a.places, Areas: a.federation, Publisher: a.federation, Forms: a.forms,
		Hub: a.hub, Area: areas, Secret: secret[:], Log: a.log,
	})
	a.finding = finding.New(finding.Config{DB: a.db, Catalog: a.catalog, Audit: audit.New(a.db, time.Now), Now: time.Now})
	a.editing = editing.New(editing.Config{
		DB: a.db, Catalog: a.catalog, Jobs: a.jobs, Audit: audit.New(a.db, time.Now), Forms: a.forms, Log: a.log, Now: time.Now,
	})
	editing.Register(a.jobs, a.editing)
	a.forms.Connect(forms.Rooms{Audit: audit.New(a.db, time.Now), Review: a.editing, Services: a.catalog})
}

func (a *App) plugPeople() error {
	post, err := a.plugMail()
	if err != nil {
		return err
	}
	a.accounts = accounts.New(accounts.Config{
		DB: a.db, Keys: a.keys, Self: a.self, Homes: homes{a}, Mail: mail.NewQueue(a.jobs, a.keys), Post: post, Returns: a.returns, MailsReturn: a.config.MailReturns != "", Jobs: a.jobs,
		Client: a.client, Log: a.log, Now: time.Now, Address: httpx.AddressOf, Audit: audit.New(a.db, time.Now),
	})
	a.signin = signin.New(signin.Config{DB: a.db, Keys: a.keys, Signer: a.signer(), Self: a.self, Homes: homes{a}, Client: a.client, Log: a.log, Now: time.Now, StaffSecondFactor: a.config.StaffFactor})
	providers, err := a.config.providers()
	if err != nil {
		return err
	}
	if err := a.plugIdentity(); err != nil {
		return err
	}
	a.oidc, err = oidc.New(oidc.Config{
		DB: a.db, Keys: a.keys, Issuer: a.self.Id, AccountHome: a.isHome, Members: members{a.federation}, Clients: providers.clients(),
		Accounts: a.accounts, Services: a.catalog, Sessions: a.signin, Forms: asked{a}, Levels: a.identity.Levels(), Log: a.log, Now: time.Now,
		Audit: audit.New(a.db, time.Now), Client: a.client, Loopback: !a.config.production(),
	})
	if err != nil {
		return err
	}
	a.credentials, err = credentials.New(credentials.Config{DB: a.db, Keys: a.keys, Self: a.self, Log: a.log, Now: time.Now})
	if err != nil {
		return err
	}
	a.credentials.Connect(credentials.Rooms{Accounts: a.accounts, Sessions: a.signin})
	a.identity.Connect(identity.Rooms{Accounts: a.accounts, Credentials: a.credentials, Sessions: a.signin})
	identity.Register(a.jobs, a.identity)
	accounts.Register(a.jobs, a.accounts)
	credentials.Register(a.jobs, a.credentials)
	signin.Register(a.jobs, a.signin)
	oidc.Register(a.jobs, a.oidc)
	return nil
}

// plugMail has the jobs send mails. Where there is no mail server they wait in their queue.
func (a *App) plugMail() (*mail.Sender, error) {
	a.returns = mail.NewReturns(a.db, a.keys, time.Now)
	if a.config.SMTP == "" {
		return nil, nil
	}
	server, err := mail.ParseURL(a.config.SMTP, a.config.MailFrom)
	if err != nil {
		return nil, err
	}
	server.ReturnTo, server.Returns, server.Portal = a.config.MailReturns, a.returns, func() string { return a.federation.Self().Name }
	if server.DKIM, err = a.config.dkim(); err != nil {
		return nil, err
	}
	sender, err := mail.NewSender(server)
	if err != nil {
		return nil, err
	}
	mail.Register(a.jobs, a.keys, sender)
	a.post = sender
	return sender, nil
}

// plugIdentity links an account home with its identity providers, and each portal with the directories of its staff. Elsewhere people have
// no accounts that they could sign in to.
func (a *App) plugIdentity() error {
	providers, err := identity.Load(a.config.Identity, identity.Loading{Self: a.self, StaffOnly: !a.isHome, Production: a.config.production(), Client: a.client, Log: a.log, Now: time.Now})
	if err != nil {
		return err
	}
	a.identity = identity.New(identity.Config{DB: a.db, Keys: a.keys, Self: a.self, Providers: providers, Audit: audit.New(a.db, time.Now), Log: a.log, Now: time.Now})
	return nil
}

// connectPeople tells sign-in, powers and accounts their neighbours, once all of them are there.
func (a *App) connectPeople() {
	a.signin.Connect(signin.Rooms{Accounts: a.accounts, Credentials: a.credentials, Provider: a.oidc, Powers: a.powers})
	a.powers.Listen(a.signin, a.applications)
	a.accounts.Connect(accounts.Rooms{
		Sessions: a.signin, Tokens: a.oidc, Services: a.catalog, Purposes: a.signin,
		Forms: asked{a}, Messages: messages{a.federation}, Subjects: a.oidc, Portals: a.federation,
		Applications: a.applications, Mailbox: a.mailbox, Linked: a.federation, Powers: a.powers, Passkeys: a.credentials, Units: a.catalog, Files: a.safe, Directories: a.identity,
		Holders: []accounts.Holder{a.powers, a.safe, a.payments, a.applications, a.mailbox, a.signin, a.oidc},
	})
}

func (a *App) plugApplications(ctx context.Context) error {
	store, err := blob.New(ctx, a.config.blobLocation(), a.keys.Derive("blob"))
	if err != nil {
		return err
	}
	providers, err := a.config.providers()
	if err != nil {
		return err
	}
	a.mailbox = mailbox.New(mailbox.Config{
		DB: a.db, Keys: a.keys, Jobs: a.jobs, Self: a.self.Id, Subjects: a.oidc, Home: accountHome{a}, Mails: a.accounts,
		Messages: messages{a.federation}, Now: time.Now,
	})
	a.plugPowers()
	if err := a.plugSafe(store); err != nil {
		return err
	}
	if err := a.plugPayments(); err != nil {
		return err
	}
	signer, err := a.config.mailSigner()
	if err != nil {
		return err
	}
	sealed := delivery.SealedMail(nil)
	if a.post != nil {
		sealed = a.post
	}
	a.delivery, err = delivery.New(delivery.Config{
		DB: a.db, Keys: a.keys, Jobs: a.jobs, Self: a.self.Id, Offers: a.catalog, Messages: messages{a.federation}, Powers: a.powers, Fees: a.payments, Audit: audit.New(a.db, time.Now), Hash: applications.ContentHash, ConsentHash: applications.ConsentHash, Mail: mail.NewQueue(a.jobs, a.keys), AlertTo: a.config.AlertEmail,
		Sealed: sealed, Signer: signer, Papers: papers{a},
		Store: store, Files: files{a}, Scanner: a.scanner, Providers: providers.deliveries(), AllowLoopback: !a.config.production(), Log: a.log, Now: time.Now,
	})
	if err != nil {
		return err
	}
	a.applications, err = applications.New(applications.Config{
		DB: a.db, Keys: a.keys, Store: store, Jobs: a.jobs, Hub: a.hub, Offers: a.catalog, Forms: a.forms, Places: a.places,
		Delivery: a.delivery, Mailbox: a.mailbox, Portals: a.federation, Powers: a.powers, Fees: a.payments, Accesses: a.accounts, Documents: a.safe, Scanner: a.scanner, Mail: mail.NewQueue(a.jobs, a.keys), Papers: papers{a}, NumberPrefix: a.config.NumberPrefix, PublicURL: a.config.PublicURL, Log: a.log,
	})
	if err != nil {
		return err
	}
	a.cases = cases.New(cases.Config{
		DB: a.db, Keys: a.keys, Jobs: a.jobs, Hub: a.hub, Offers: a.catalog, Services: a.catalog, Fees: a.payments, Reports: a.delivery, Files: files{a}, Store: store, Scanner: a.scanner,
		Audit: audit.New(a.db, time.Now), Portals: a.federation, Places: a.places, Units: a.catalog, Colleagues: a.accounts, Now: time.Now,
		Authorities: authorities{a.catalog}, Forms: a.forms, Receipts: a.federation, Mail: mail.NewQueue(a.jobs, a.keys), Self: a.self,
	})
	a.delivery.Connect(a.cases, a.applications)
	a.payments.Connect(payers{a.applications}, a.cases)
	payments.Register(a.jobs, a.payments)
	applications.Register(a.jobs, a.applications)
	cases.Register(a.jobs, a.cases)
	delivery.Register(a.jobs, a.delivery)
	mailbox.Register(a.jobs, a.mailbox)
	return nil
}

func (a *App) plugPowers() {
	a.powers = powers.New(powers.Config{
		DB: a.db, Keys: a.keys, Self: a.self, IsHome: a.isHome, Accounts: a.accounts, Services: a.catalog, Forms: asked{a}, Mail: mail.NewQueue(a.jobs, a.keys),
		Mailbox: a.mailbox, Subjects: a.oidc, Portals: a.federation, HomeKeys: homeKeys{a}, Messages: messages{a.federation}, AtHome: accountHome{a},
		Log: a.log, Now: time.Now,
	})
}

func (a *App) plugSafe(store *blob.Store) error {
	var master *envelope.Ring
	if a.isHome {
		var err error
		if master, err = a.config.masterKeys(); err != nil {
			return err
		}
	}
	a.safe = safe.New(safe.Config{
		DB: a.db, Keys: a.keys, Master: master, Store: store, Scanner: a.scanner, Jobs: a.jobs, Self: a.self, IsHome: a.isHome, Log: a.log, Now: time.Now,
	})
	a.mailbox.KeepIn(a.safe, papers{a}, a.accounts, a.self.Name)
	a.safe.Connect(safe.Rooms{AtHome: accountHome{a}, Portals: releasing{a.federation}, Accesses: a.accounts})
	safe.Register(a.jobs, a.safe)
	return nil
}

func (c Config) blobLocation() string {
	if c.Blob != "" {
		return c.Blob
	}
	return filepath.Join(c.Data, "blob")
}
