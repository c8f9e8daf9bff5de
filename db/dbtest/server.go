package dbtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"portalverbund/db"
)

// server is a running PostgreSQL with the migrated template.
type server struct {
	admin    *pgxpool.Pool
	template string
	copying  string // how databases are made from the template
	url      func(database string) string
	work     func(database string) string // nil: the role to work with is made when it is asked for
	owner    string                       // of the databases, when it isn't the role that makes them
	watcher  io.Closer                    // open as long as the test binary lives
}

// The test binary has one server of each kind, started by the first test that asks for it.
//
//nolint:gochecknoglobals // the tests of a package share nothing else
var (
	relaxed = sync.OnceValues(func() (*server, error) { return start(false) })
	durable = sync.OnceValues(func() (*server, error) { return start(true) })
)

func serverFor(fsync bool) (*server, error) {
	if fsync && os.Getenv("TEST_DATABASE_URL") == "" {
		return durable()
	}
	return relaxed()
}

func start(fsync bool) (*server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), setUpTimeout)
	defer cancel()
	if given := os.Getenv("TEST_DATABASE_URL"); given != "" {
		return prepare(ctx, given, func(database string) string { return withDatabase(given, database) }, "")
	}
	in := "" // what is to outlive a crash lies on a disk
	if !fsync {
		in = inMemory()
	}
	folder, watcher, err := watchedFolder(in)
	if err != nil {
		return nil, err
	}
	embedded, err := db.StartEmbedded(context.WithoutCancel(ctx), db.EmbeddedOptions{DataDir: folder, Settings: settings(fsync)})
	if err != nil {
		return nil, errors.Join(err, watcher.Close())
	}
	s, err := prepare(ctx, embedded.AdminURL("postgres"), embedded.URL, embedded.Owner())
	if err != nil {
		return nil, errors.Join(err, watcher.Close())
	}
	s.watcher, s.work = watcher, embedded.WorkURL
	return s, nil
}

// settings are made for many short-lived databases; with fsync they stay close to production.
func settings(fsync bool) map[string]string {
	if fsync {
		return nil
	}
	return map[string]string{
		"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal",
		"max_wal_senders": "0", "autovacuum": "off", "shared_buffers": "32MB",
		"max_wal_size": "128MB",
	}
}

// prepare connects as a role that may create databases, and makes the template if it is missing.
func prepare(ctx context.Context, adminURL string, urlOf func(string) string, owner string) (*server, error) {
	config, err := pgxpool.ParseConfig(adminURL)
	if err != nil {
		return nil, fmt.Errorf("TEST_DATABASE_URL: %w", err)
	}
	config.MaxConns = 2
	admin, err := pgxpool.NewWithConfig(context.WithoutCancel(ctx), config)
	if err != nil {
		return nil, err
	}
	version, err := db.SchemaVersion()
	if err != nil {
		return nil, err
	}
	s := &server{admin: admin, template: "portal_template_" + version, url: urlOf, owner: owner}
	// Copying files is several times as fast as writing all of them to the log, at the price of a checkpoint, which is none without fsync.
	if err := admin.QueryRow(ctx, "SELECT CASE WHEN current_setting('server_version_num')::int >= 150000 AND current_setting('fsync') = 'off' THEN ' STRATEGY FILE_COPY' ELSE '' END").Scan(&s.copying); err != nil {
		return nil, err
	}
	if err := s.makeTemplate(ctx); err != nil {
		return nil, fmt.Errorf("make template: %w", err)
	}
	return s, nil
}

// makeTemplate migrates a database once for this state of the migrations. Several test binaries may share the server,
// so a lock guards it, and the template gets its name only when it is complete.
func (s *server) makeTemplate(ctx context.Context) error {
	conn, err := s.admin.Acquire(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Hijack().Close(context.WithoutCancel(ctx)) }() // gives the lock back
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(hashtext('dbtest'))"); err != nil {
		return err
	}
	var exists bool
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", s.template).Scan(&exists)
	if err != nil || exists {
		return err
	}
	half := s.template + "_half"
	if err := s.drop(ctx, half); err != nil {
		return err
	}
	if err := s.create(ctx, half, "template0"); err != nil {
		return err
	}
	if err := db.Migrate(ctx, s.url(half)); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "ALTER DATABASE "+quote(half)+" RENAME TO "+quote(s.template))
	return err
}

func (s *server) create(ctx context.Context, name, template string) error {
	statement := "CREATE DATABASE " + quote(name) + " TEMPLATE " + quote(template)
	if template == s.template {
		statement += s.copying
	}
	if template == "template0" { // the settings of db.StartEmbedded, whatever the server's own are
		statement += " ENCODING 'UTF8' LOCALE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'de-DE'"
	}
	if s.owner != "" {
		statement += " OWNER " + quote(s.owner)
	}
	_, err := s.admin.Exec(ctx, statement)
	return err
}

func (s *server) drop(ctx context.Context, name string) error {
	_, err := s.admin.Exec(ctx, "DROP DATABASE IF EXISTS "+quote(name)+" WITH (FORCE)")
	return err
}

// working gives the URL of a database for a role that works with it and owns nothing; empty where none can be made.
func (s *server) working(ctx context.Context, database string) string {
	if s.work != nil {
		return s.work(database)
	}
	role := "test_work_" + randomHex()
	if _, err := s.admin.Exec(ctx, "CREATE ROLE "+quote(role)+" LOGIN PASSWORD '"+role+"'"); err != nil {
		return ""
	}
	u, err := url.Parse(s.url(database))
	if err != nil {
		return ""
	}
	u.User = url.UserPassword(role, role)
	return u.String()
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

// withDatabase names another database in a postgres:// URL.
func withDatabase(given, database string) string {
	u, err := url.Parse(given)
	if err != nil {
		return given // prepare has parsed it already
	}
	u.Path = "/" + database
	return u.String()
}
