package db

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
)

// SQLSTATE codes of the constraints (PostgreSQL, appendix A, class 23).
const (
	uniqueViolation     = "23505"
	foreignKeyViolation = "23503"
)

// UniqueViolation gives the name of the constraint or unique index that err says was violated.
func UniqueViolation(err error) (constraint string, ok bool) {
	return violation(err, uniqueViolation)
}

// ForeignKeyViolation gives the name of the foreign key that err says was violated.
func ForeignKeyViolation(err error) (constraint string, ok bool) {
	return violation(err, foreignKeyViolation)
}

func violation(err error, code string) (string, bool) {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) && pgErr.Code == code {
		return pgErr.ConstraintName, true
	}
	return "", false
}
