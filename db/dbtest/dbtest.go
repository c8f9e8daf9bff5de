// Package dbtest gives every test a migrated PostgreSQL database of its own.
//
// The server is the one at TEST_DATABASE_URL (its role must be allowed to create databases). Without it, the test
// binary starts one for itself, which ends and is removed with the binary, even when that is killed. The migrations run
// once, into a template; a test's database is a copy of it, dropped when the test ends.
package dbtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/url"
	"strings"
	"testing"
	"time"

	"portalverbund/db"
)

// Option changes what a test gets.
type Option int

const (
	// Durable gives a server that writes through to the disk (fsync on), as in production: for tests of crashes and
	// for figures. It has no effect on a server given by TEST_DATABASE_URL.
	Durable Option = iota + 1
	// Empty gives a database without the migrations.
	Empty
)

const (
	setUpTimeout = 2 * time.Minute
	poolSize     = 8
)

// New opens a fresh, migrated database for the test and drops it when the test ends.
func New(t testing.TB, options ...Option) *db.DB {
	t.Helper()
	address := URL(t, options...)
	ctx, cancel := context.WithTimeout(context.Background(), setUpTimeout)
	defer cancel()
	database, err := db.Open(ctx, address, db.Options{ApplicationName: "dbtest", MaxConns: poolSize})
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	t.Cleanup(database.Close)
	return database
}

// URL makes a fresh, migrated database for the test and gives its URL, for child processes and for tests that open the
// database themselves. The database is dropped when the test ends, whoever is still connected.
func URL(t testing.TB, options ...Option) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), setUpTimeout)
	defer cancel()
	s, err := serverFor(has(options, Durable))
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	name := "test_" + randomHex()
	template := s.template
	if has(options, Empty) {
		template = "template0"
	}
	if err := s.create(ctx, name, template); err != nil {
		t.Fatalf("dbtest: create database: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), setUpTimeout)
		defer cancel()
		if err := s.drop(ctx, name); err != nil {
			t.Errorf("dbtest: drop database: %v", err)
		}
	})
	return s.url(name)
}

// Roles makes a fresh, migrated database and gives its URLs: for a role that works with it and has no right yet, and for its owner. work is
// empty on a server at TEST_DATABASE_URL whose role may make none.
func Roles(t testing.TB) (work, owner string) {
	t.Helper()
	owner = URL(t)
	ctx, cancel := context.WithTimeout(context.Background(), setUpTimeout)
	defer cancel()
	s, err := serverFor(false)
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	u, err := url.Parse(owner)
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	return s.working(ctx, strings.TrimPrefix(u.Path, "/")), owner
}

func has(options []Option, wanted Option) bool {
	for _, o := range options {
		if o == wanted {
			return true
		}
	}
	return false
}

func randomHex() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
