//go:build !unix

package dbtest

import (
	"errors"
	"io"
)

func watchedFolder(string) (string, io.Closer, error) {
	return "", nil, errors.New("on this platform tests need a PostgreSQL at TEST_DATABASE_URL")
}
