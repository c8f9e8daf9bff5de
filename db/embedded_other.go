//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd

package db

import (
	"context"
	"errors"
	"fmt"
)

// Embedded is a PostgreSQL server that this program has started; not on this platform.
type Embedded struct{}

var errPlatform = errors.New("set DATABASE_URL: a PostgreSQL of the program's own runs on Linux, macOS and BSD only")

// StartEmbedded is not possible on this platform.
func StartEmbedded(context.Context, EmbeddedOptions) (*Embedded, error) {
	return nil, fmt.Errorf("%w: %w", ErrNoPostgres, errPlatform)
}

// CreateDatabase is not possible on this platform.
func (*Embedded) CreateDatabase(context.Context, string) error { return errPlatform }

// Stop does nothing on this platform.
func (*Embedded) Stop(context.Context) error { return nil }

// Done never ends on this platform.
func (*Embedded) Done() <-chan struct{} { return nil }

// PID is 0 on this platform.
func (*Embedded) PID() int { return 0 }

// Folder is empty on this platform.
func (*Embedded) Folder() string { return "" }

// URL is empty on this platform.
func (*Embedded) URL(string) string { return "" }

// WorkURL is empty on this platform.
func (*Embedded) WorkURL(string) string { return "" }

// AdminURL is empty on this platform.
func (*Embedded) AdminURL(string) string { return "" }

// Owner is empty on this platform.
func (*Embedded) Owner() string { return "" }
