//go:build linux || darwin || freebsd || netbsd || openbsd

package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	adminRole  = "postgres" // superuser, used here only
	portalRole = "portal"   // owns the databases; no other rights
	workRole   = "portal_work"

	stopTimeout     = 15 * time.Second
	restartAttempts = 5
	invalidPassword = "28P01"
	duplicateDB     = "42P04"
)

// Embedded is a PostgreSQL server that this program has started. When the server process dies it is started again on
// the same port.
type Embedded struct {
	log      *slog.Logger
	settings map[string]string
	cluster  cluster
	port     int
	lock     *os.File

	mu      sync.Mutex
	process *process

	stop context.CancelFunc
	done chan struct{} // closed when the server has ended for good
	err  error         // set before done is closed
}

// StartEmbedded starts PostgreSQL on the data folder, making the database cluster at the first start, and waits until
// it answers. The server listens on 127.0.0.1 only, with a generated password. It stops when ctx ends, when Stop is
// called, and (on Linux) when this program is killed; what a killed program left behind is stopped at the next start.
//
// As root, the server runs as the user postgres, else nobody. ErrInUse: another instance uses the folder.
// ErrNoPostgres: there is no PostgreSQL 15 or newer to start; the message says what to do.
func StartEmbedded(ctx context.Context, opts EmbeddedOptions) (_ *Embedded, err error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	folder, err := makeDataFolder(opts.DataDir)
	if err != nil {
		return nil, err
	}
	lock, err := lockFolder(folder)
	if err != nil {
		return nil, err
	}
	e := &Embedded{
		log: opts.Log, settings: opts.Settings, port: opts.Port, lock: lock,
		done: make(chan struct{}),
	}
	defer func() {
		if err != nil {
			unlockFolder(lock)
		}
	}()
	if e.cluster, err = openCluster(ctx, folder, opts); err != nil {
		return nil, err
	}
	if err := e.cluster.endLeftover(ctx, opts.Log); err != nil {
		return nil, err
	}
	if err := e.start(ctx, opts.Port == 0); err != nil {
		return nil, err
	}
	if err := e.makeRoles(ctx); err != nil {
		e.process.kill(syscall.SIGQUIT)
		<-e.process.exited
		return nil, err
	}
	e.log.InfoContext(ctx, "PostgreSQL is running", "version", e.cluster.binaries.version, "folder", e.cluster.folder, "port", e.port)
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	e.stop = stop
	go e.supervise(life)
	context.AfterFunc(ctx, func() {
		stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		_ = e.Stop(stopCtx)
	})
	return e, nil
}

// start runs the server until it answers. A port of our own choice that somebody else was quicker to take is chosen
// anew; a server that was killed may leave processes that need a moment to notice.
func (e *Embedded) start(ctx context.Context, choosePort bool) error {
	const attempts = 40
	for attempt := 1; ; attempt++ {
		if choosePort {
			port, err := freePort()
			if err != nil {
				return err
			}
			e.port = port
		}
		p, err := e.cluster.run(e.port, e.settings, e.log)
		if err != nil {
			return err
		}
		err = e.waitReady(ctx, p)
		if err == nil {
			e.mu.Lock()
			e.process = p
			e.mu.Unlock()
			return nil
		}
		p.kill(syscall.SIGQUIT)
		<-p.exited
		again := p.said("shared memory block") || p.said("lock file") || (choosePort && p.said("could not bind"))
		if !again || attempt == attempts {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(250 * time.Millisecond):
		}
	}
}

// waitReady asks until the server answers. Whatever else listens on the port need not, so each question has its time
// and ends with the process.
func (e *Embedded) waitReady(ctx context.Context, p *process) error {
	asking, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-p.exited:
			cancel()
		case <-asking.Done():
		}
	}()
	pause := 5 * time.Millisecond
	for {
		err := ping(asking, e.AdminURL("postgres"))
		if err == nil {
			return nil
		}
		var pgErr *pgconn.PgError
		if errors.As(err, &pgErr) && pgErr.Code == invalidPassword {
			return fmt.Errorf("the password in %s does not fit the database in %s", e.cluster.passwordFile, e.cluster.folder)
		}
		select {
		case <-p.exited:
			return fmt.Errorf("PostgreSQL did not start: %s", p.tail())
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL does not answer: %w", ctx.Err())
		case <-time.After(pause):
			pause = min(2*pause, 200*time.Millisecond)
		}
	}
}

func ping(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// supervise starts the server again when it dies, and ends it when life ends.
func (e *Embedded) supervise(life context.Context) {
	defer close(e.done)
	defer unlockFolder(e.lock)
	for {
		p := e.current()
		select {
		case <-p.exited:
		case <-life.Done():
			p.kill(syscall.SIGINT) // fast shutdown
			<-p.exited
			return
		}
		if life.Err() != nil {
			return
		}
		e.log.Error("PostgreSQL ended unexpectedly, starting it again", "said", p.tail())
		if err := e.restart(life); err != nil {
			if life.Err() == nil {
				e.err = err
				e.log.Error("PostgreSQL can't be started again", "error", err)
			}
			return
		}
	}
}

func (e *Embedded) restart(ctx context.Context) error {
	var err error
	for attempt := range restartAttempts {
		if err = e.start(ctx, false); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(attempt+1) * time.Second):
		}
	}
	return err
}

func (e *Embedded) current() *process {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.process
}

// Stop ends the server: connections are closed, their transactions rolled back, everything is written to disk. When ctx
// ends earlier the server is ended at once, and recovers at its next start. Stop may be called again.
func (e *Embedded) Stop(ctx context.Context) error {
	e.stop()
	select {
	case <-e.done:
		return e.err
	case <-ctx.Done():
		e.current().kill(syscall.SIGQUIT) // immediate shutdown
		<-e.done
		return fmt.Errorf("stop PostgreSQL: %w", ctx.Err())
	}
}

// Done is closed when the server has ended for good: it was stopped, or it can't be started again.
func (e *Embedded) Done() <-chan struct{} { return e.done }

// PID is the process id of the server, for tests that kill it.
func (e *Embedded) PID() int { return e.current().cmd.Process.Pid }

// Folder is where the server keeps its files. It lies in the data folder unless PostgreSQL's user can't get in there.
func (e *Embedded) Folder() string { return e.cluster.folder }

// Owner is the role of URL, which owns the databases.
func (e *Embedded) Owner() string { return portalRole }

// URL connects to a database as its owner.
func (e *Embedded) URL(database string) string { return e.urlAs(portalRole, database) }

// WorkURL connects to a database as the role that works with its rows and owns nothing. MigrateFor gives it the rights.
func (e *Embedded) WorkURL(database string) string { return e.urlAs(workRole, database) }

// AdminURL connects to a database as superuser: for making databases, and for tests.
func (e *Embedded) AdminURL(database string) string { return e.urlAs(adminRole, database) }

func (e *Embedded) urlAs(role, database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(role, e.cluster.password),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(e.port)), Path: "/" + database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// CreateDatabase makes a database owned by the role of URL, unless it is there already.
func (e *Embedded) CreateDatabase(ctx context.Context, name string) error {
	conn, err := pgx.Connect(ctx, e.AdminURL("postgres"))
	if err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	defer func() { _ = conn.Close(ctx) }()
	var exists bool
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&exists)
	if err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	if exists {
		return nil
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()+" OWNER "+portalRole)
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) && (pgErr.Code == duplicateDB || pgErr.Code == uniqueViolation) {
		return nil // somebody else made it meanwhile
	}
	if err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

// makeRoles makes the role that owns the databases and the one that works with them, and gives them the password of this cluster.
func (e *Embedded) makeRoles(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, e.AdminURL("postgres"))
	if err != nil {
		return fmt.Errorf("make role: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	for _, role := range []string{portalRole, workRole} {
		var exists bool
		if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", role).Scan(&exists); err != nil {
			return fmt.Errorf("make role: %w", err)
		}
		if exists {
			continue
		}
		// The password is generated from hexadecimal digits: nothing to escape.
		if _, err := conn.Exec(ctx, "CREATE ROLE "+role+" LOGIN PASSWORD '"+e.cluster.password+"'"); err != nil {
			return fmt.Errorf("make role: %w", err)
		}
	}
	return nil
}

func freePort() (int, error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = listener.Close() }()
	addr, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return 0, fmt.Errorf("find a free port: got %v", listener.Addr())
	}
	return addr.Port, nil
}

// makeDataFolder makes the data folder. As root, others may pass through it, but not list it: PostgreSQL's user must
// reach its own folder inside.
func makeDataFolder(dir string) (string, error) {
	if dir == "" {
		return "", errors.New("no data folder given")
	}
	folder, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("data folder: %w", err)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("the data folder can't be made, choose another one: %w", err)
	}
	info, err := os.Stat(folder)
	if err != nil {
		return "", fmt.Errorf("data folder: %w", err)
	}
	const pass = 0o011
	if os.Geteuid() == 0 && info.Mode()&pass != pass {
		if err := os.Chmod(folder, info.Mode().Perm()|pass); err != nil {
			return "", fmt.Errorf("data folder: %w", err)
		}
	}
	return folder, nil
}
