// Package paging names places in lists that are ordered by a time and, where times are equal, by an id.
package paging

import (
	"encoding/base64"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/platform/problem"
)

// Cursor names the place behind an entry, as callers get it and hand it back. It is opaque to them: nothing in it is secret.
func Cursor(at time.Time, id uuid.UUID) string {
	return base64.RawURLEncoding.EncodeToString([]byte(at.UTC().Format(time.RFC3339Nano) + "|" + id.String()))
}

// Position reads a cursor. What is none is a caller's fault and gives a problem with status 400.
func Position(cursor string) (time.Time, uuid.UUID, error) {
	plain, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return time.Time{}, uuid.Nil, NoSuchPage()
	}
	first, second, _ := strings.Cut(string(plain), "|")
	at, err := time.Parse(time.RFC3339Nano, first)
	if err != nil {
		return time.Time{}, uuid.Nil, NoSuchPage()
	}
	id, err := uuid.Parse(second)
	if err != nil {
		return time.Time{}, uuid.Nil, NoSuchPage()
	}
	return at, id, nil
}

// NoSuchPage says that a cursor is none that this list gave, in the one way that callers can know it by.
func NoSuchPage() error {
	return problem.BadRequest("cursor-invalid", "Diese Seite der Liste gibt es nicht.", "There is no such page of the list.")
}
