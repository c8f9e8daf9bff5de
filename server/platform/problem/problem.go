// Package problem holds the errors that reach people and programs, as RFC 9457 describes them. A room classifies an
// error once, with one of the constructors here; httpx turns it into a response in the person's language.
package problem

import (
	"errors"
	"net/http"
	"time"
)

// Text is a sentence for people, in German and English.
type Text struct{ De, En string }

// In gives the text in a language (BCP 47, lower case); German when there is no such text.
func (t Text) In(language string) string {
	if language == "en" && t.En != "" {
		return t.En
	}
	return t.De
}

// FieldError says what is wrong with one field of the input.
type FieldError struct {
	Pointer string         // JSON pointer into the body, or #/query/name
	Code    string         // stable word, as the contract's FieldError lists them
	Message Text           // for people; empty takes the words for Code
	Params  map[string]any // figures that the message speaks of
}

// Error is an error with a status, a stable code and words for people. The cause, if there is one, is for the log only.
type Error struct {
	Status     int
	Code       string // stable, kebab-case, such as place-unknown
	Title      Text
	Detail     Text // what to do about it; may be empty
	Fields     []FieldError
	RetryAfter time.Duration // sent as Retry-After when not zero
	Cause      error
}

// Error gives the English title and the cause, for logs.
func (e *Error) Error() string {
	text := e.Code + ": " + e.Title.En
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// With returns a copy with the sentence that tells what to do about it.
func (e *Error) With(detail Text) *Error { c := *e; c.Detail = detail; return &c }

// Because returns a copy that carries the cause for the log.
func (e *Error) Because(cause error) *Error { c := *e; c.Cause = cause; return &c }

// After returns a copy that tells when to try again.
func (e *Error) After(d time.Duration) *Error { c := *e; c.RetryAfter = d; return &c }

func newError(status int, code, de, en string) *Error {
	return &Error{Status: status, Code: code, Title: Text{De: de, En: en}}
}

// BadRequest is for a request that does not fit the contract (400).
func BadRequest(code, de, en string) *Error { return newError(http.StatusBadRequest, code, de, en) }

// Unauthorized is for a caller who is not signed in, or whose token is not valid (401).
func Unauthorized(code, de, en string) *Error { return newError(http.StatusUnauthorized, code, de, en) }

// Forbidden is for a caller who may not do this (403).
func Forbidden(code, de, en string) *Error { return newError(http.StatusForbidden, code, de, en) }

// NotFound is for what is unknown, or is not the caller's (404).
func NotFound(code, de, en string) *Error { return newError(http.StatusNotFound, code, de, en) }

// Conflict is for what is not possible in the present state (409).
func Conflict(code, de, en string) *Error { return newError(http.StatusConflict, code, de, en) }

// Gone is for what is used up or has run out (410).
func Gone(code, de, en string) *Error { return newError(http.StatusGone, code, de, en) }

// Changed is for If-Match that no longer fits (412).
func Changed() *Error {
	return newError(http.StatusPreconditionFailed, "changed-meanwhile", "Das wurde inzwischen an anderer Stelle geändert.", "This has been changed elsewhere in the meantime.").
		With(Text{De: "Laden Sie die Seite neu und versuchen Sie es noch einmal.", En: "Reload the page and try again."})
}

// TooLarge is for a body over the limit (413).
func TooLarge(code, de, en string) *Error {
	return newError(http.StatusRequestEntityTooLarge, code, de, en)
}

// UnsupportedMediaType is for content of a kind that is not taken (415).
func UnsupportedMediaType(code, de, en string) *Error {
	return newError(http.StatusUnsupportedMediaType, code, de, en)
}

// Invalid is for input with wrong fields (422). Every field is named.
func Invalid(fields ...FieldError) *Error {
	e := newError(http.StatusUnprocessableEntity, "invalid", "Bitte prüfen Sie Ihre Angaben.", "Please check what you entered.")
	e.Fields = fields
	return e
}

// Unprocessable is for input that is wrong as a whole (422).
func Unprocessable(code, de, en string) *Error {
	return newError(http.StatusUnprocessableEntity, code, de, en)
}

// TooMany is for a caller who asks too often (429).
func TooMany(wait time.Duration) *Error {
	return newError(http.StatusTooManyRequests, "too-many-requests", "Das waren zu viele Versuche in kurzer Zeit.", "Too many attempts in a short time.").
		With(Text{De: "Bitte warten Sie einen Moment.", En: "Please wait a moment."}).After(wait)
}

// Unavailable is for something outside that cannot be reached at the moment (503).
func Unavailable(code, de, en string) *Error {
	return newError(http.StatusServiceUnavailable, code, de, en).After(5 * time.Second)
}

// Internal is for everything that should not happen (500): the cause is logged, and not shown.
func Internal(cause error) *Error {
	return newError(http.StatusInternalServerError, "internal", "Bei uns ist etwas schiefgegangen.", "Something went wrong on our side.").
		With(Text{De: "Bitte versuchen Sie es später noch einmal. Wenn es wieder geschieht, nennen Sie uns die Vorgangsnummer.", En: "Please try again later. If it happens again, tell us the request id."}).
		Because(cause)
}

// From finds the Error in an error chain, or wraps the error as Internal.
func From(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return Internal(err)
}

// Is says whether err carries the stable code.
func Is(err error, code string) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}
