// Package app puts one portal together: configuration, database, rooms, HTTP server, workers. It is the only place that
// knows every room.
package app

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"net/url"
	"os"
	"strings"
	"time"

	"portalverbund/server/platform/scan"
)

// Modes of a portal.
const (
	Production    = "production"
	Demonstration = "demonstration"
)

// Config is what an operator sets, by flag or by environment. `server serve --help` lists it, and the README has the same
// table.
type Config struct {
	Mode          string        `env:"PORTAL_MODE" enum:"production,demonstration" default:"production" help:"production, or demonstration: shows a banner on every page and allows plain http on loopback and keys made for a demonstration."`
	PublicURL     string        `env:"PORTAL_PUBLIC_URL" default:"http://localhost:8080" help:"Address under which people reach this portal; it is the portal's entity id in the association."`
	Name          string        `env:"PORTAL_NAME" default:"Portal" help:"Name of the portal, until an association it joins grants it another."`
	Kind          string        `env:"PORTAL_KIND" enum:"county,jointMunicipality,municipality" default:"municipality" help:"Whose portal it is: county, jointMunicipality or municipality."`
	Association   string        `env:"PORTAL_ASSOCIATION" help:"Name of the association whose anchor this portal is (default: the portal's name)."`
	Areas         []string      `env:"PORTAL_AREAS" default:"01,02,03,04,05,06,07,08,09,10,11,12,13,14,15,16" help:"Areas (ARS prefixes) of the portal, until an association it joins grants it others."`
	Listen        string        `env:"PORTAL_LISTEN" default:"127.0.0.1:8080" help:"Address to listen on."`
	Database      string        `env:"DATABASE_URL" help:"PostgreSQL database of this portal (15 or later). Without it a PostgreSQL of its own is started in the data folder."`
	Connections   int32         `env:"PORTAL_DATABASE_CONNECTIONS" default:"16" help:"Most connections to the database at once, of each process; 8 at least."`
	DatabaseOwner string        `env:"DATABASE_OWNER_URL" help:"The same database as the role that owns its tables, which only migrates. DATABASE_URL is then a role that owns nothing; it is given the rights to read and write rows, and no others."`
	Data          string        `env:"PORTAL_DATA" default:".data" help:"Folder for what the portal keeps: its own PostgreSQL, attachments, keys, unless they are set elsewhere."`
	Keys          string        `env:"PORTAL_KEYS" help:"Folder with the portal's keys (default: keys in the data folder). Make them with: server admin keys."`
	Members       string        `env:"PORTAL_MEMBERS" help:"File that lists the members of the association with their areas and public keys (JSON), in place of trust chains: for tests and measurements."`
	Providers     string        `env:"PORTAL_PROVIDERS" help:"File that lists connected providers and apps with addresses and secrets (JSON, readable by the owner only)."`
	Payment       string        `env:"PORTAL_PAYMENT" help:"File that names the payment service at which fees are paid, with address and secrets (JSON, readable by the owner only)."`
	Identity      string        `env:"PORTAL_IDENTITY" help:"File that lists the identity providers of an account home, such as BundID and Mein Unternehmenskonto, and the directories that staff of any portal sign in by (JSON, readable by the owner only)."`
	Blob          string        `env:"PORTAL_BLOB" help:"Where attachments are kept: a folder, or s3://… (default: blob in the data folder)."`
	Clamd         string        `env:"PORTAL_CLAMD" help:"Virus scanner (ClamAV's clamd) that checks files: tcp://host:3310 or unix:///run/clamav/clamd.ctl; without it files are not checked."`
	SPA           string        `env:"PORTAL_SPA" default:"frontend/dist" help:"Folder with the built pages; empty when another web server has them."`
	NumberPrefix  string        `env:"PORTAL_NUMBER_PREFIX" default:"PV" help:"First letters of application numbers."`
	Agency        string        `env:"PORTAL_XZUFI_AGENCY" help:"Key of the editorial office (Redaktion, such as L100042) under which the portal's own ids stand in deliveries of XZuFi; without it the host of the portal's address."`
	HelpEmail     string        `env:"PORTAL_HELP_EMAIL" help:"Address shown where people need help."`
	SMTP          string        `env:"PORTAL_SMTP" help:"Mail server: smtp://user:password@host:587 (STARTTLS), smtps://…:465; smtp+plain://… without encryption is allowed on loopback only."`
	DKIMSelector  string        `env:"PORTAL_DKIM_SELECTOR" help:"Selector of the DKIM record (selector._domainkey of the sender's domain) when the portal is to sign its mails itself; most mail servers do that."`
	DKIMKey       string        `env:"PORTAL_DKIM_KEY" help:"File with the private key for it (PEM, RSA of 2048 bits or Ed25519, readable by the owner only)."`
	MailFrom      string        `env:"PORTAL_MAIL_FROM" default:"portal@example.org" help:"Sender of the portal's mails."`
	MailReturns   string        `env:"PORTAL_MAIL_RETURNS" help:"Address that mails come back to which could not be delivered, such as returns@example.org. The mail server takes it with anything behind a + (returns+…@) and hands what comes there to: server bounce."`
	MailCert      string        `env:"PORTAL_MAIL_CERTIFICATE" help:"File with the certificate (PEM, with what certifies it) that signs encrypted mails to offices (S/MIME); without it they are not signed."`
	MailKey       string        `env:"PORTAL_MAIL_KEY" help:"File with its key (PEM, readable by the owner only)."`
	StaffFactor   bool          `env:"PORTAL_STAFF_SECOND_FACTOR" default:"true" negatable:"" help:"Whether staff need a passkey or one-time codes beside their password to have their roles."`
	AlertEmail    string        `env:"PORTAL_ALERT_EMAIL" help:"Who is told by mail when a link to another portal is out of order and when it works again, and when a delivery was given up; needs PORTAL_SMTP."`
	LogLevel      string        `env:"PORTAL_LOG_LEVEL" enum:"debug,info,warn,error" default:"info" help:"debug, info, warn or error."`
	LogFormat     string        `env:"PORTAL_LOG_FORMAT" enum:"json,text" default:"json" help:"json or text."`
	TrustedProxy  []string      `env:"PORTAL_TRUSTED_PROXIES" help:"Address ranges (CIDR) of reverse proxies whose X-Forwarded-For counts."`
	MetricsToken  string        `env:"PORTAL_METRICS_TOKEN" help:"Bearer token for /metrics; without it /metrics answers loopback only."`
	Timeout       time.Duration `env:"PORTAL_TIMEOUT" default:"30s" help:"Longest time for a request that neither streams nor uploads a file."`
	UploadTimeout time.Duration `env:"PORTAL_UPLOAD_TIMEOUT" default:"10m" help:"Longest time for uploading a file."`
	MaxConcurrent int           `env:"PORTAL_MAX_CONCURRENT" default:"256" help:"Requests at once; more are answered with 503."`
	Rate          float64       `env:"PORTAL_RATE" default:"50" help:"Requests per second of one address in the long run; 0 for no limit."`
	RateBurst     int           `env:"PORTAL_RATE_BURST" default:"200" help:"Requests of one address at once."`
	DrainTimeout  time.Duration `env:"PORTAL_DRAIN" default:"10s" help:"How long running requests and jobs may go on after SIGTERM."`
	WithParent    bool          `env:"PORTAL_WITH_PARENT" hidden:"" help:"End when standard input ends."`

	// Now is the clock of the link between portals; nil is the machine's. No operator can set it: it is for tests.
	Now func() time.Time `json:"-" kong:"-" hidden:""`
	// Started learns of the portal once it runs; nil is nobody. It is for programs that measure.
	Started func(*App) `json:"-" kong:"-" hidden:""`
}

// errUnsafe is what production refuses to start with.
var errUnsafe = errors.New("not allowed in production")

// check finds contradictions, and what is not safe to serve people with, before anything is started.
func (c Config) check() error {
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return fmt.Errorf("PORTAL_PUBLIC_URL %q: must be scheme and host, such as https://portal.example.de", c.PublicURL)
	}
	if strings.HasSuffix(c.PublicURL, "/") {
		return fmt.Errorf("PORTAL_PUBLIC_URL %q: without a slash at the end", c.PublicURL)
	}
	if u.Scheme == "http" {
		if c.production() {
			return fmt.Errorf("PORTAL_PUBLIC_URL %q: plain http is %w", c.PublicURL, errUnsafe)
		}
		if !loopback(u.Hostname()) {
			return fmt.Errorf("PORTAL_PUBLIC_URL %q: plain http is allowed on loopback only", c.PublicURL)
		}
	}
	if s, err := url.Parse(c.SMTP); c.SMTP != "" && (err != nil || (s.Scheme == "smtp+plain" && !loopback(s.Hostname()))) {
		return errors.New("PORTAL_SMTP: not a mail server's address, or without encryption to another machine")
	}
	if _, _, err := scan.Parse(c.Clamd); c.Clamd != "" && err != nil {
		return fmt.Errorf("PORTAL_CLAMD: %w", err)
	}
	if c.AlertEmail != "" {
		if to, err := mail.ParseAddress(c.AlertEmail); err != nil || to.Address != c.AlertEmail {
			return fmt.Errorf("PORTAL_ALERT_EMAIL %q: must be one mail address", c.AlertEmail)
		}
		if c.SMTP == "" {
			return errors.New("PORTAL_ALERT_EMAIL: there is no mail server (PORTAL_SMTP)")
		}
	}
	return nil
}

func (c Config) production() bool { return c.Mode == Production }

// secure says whether people reach the portal by https.
func (c Config) secure() bool { return strings.HasPrefix(c.PublicURL, "https://") }

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// Logger makes the log that the configuration asks for, on standard error.
func (c Config) Logger() *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.LogLevel)) // the flag's list of values has been checked
	options := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "text" {
		return slog.New(slog.NewTextHandler(os.Stderr, options))
	}
	return slog.New(slog.NewJSONHandler(os.Stderr, options))
}
