// Package kept keeps what an identity provider publishes about itself: it is read anew each hour, and what was good stays in use while what comes next is not. Who
// waits for a sign-in never waits for the reading of something that is known already.
package kept

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"portalverbund/server/platform/outbound"
)

const (
	period = time.Hour
	again  = 20 * time.Second // after a failure
)

// Reason says in one word why something could not be used. The pages have words for each.
type Reason string

// Reasons.
const (
	Unreachable    Reason = "unreachable"    // no answer, or one that is no answer
	Slow           Reason = "slow"           // no answer in time
	Redirected     Reason = "redirected"     // sent elsewhere, which is not followed
	PrivateAddress Reason = "privateAddress" // the name leads to an address that must not be called
	TooLarge       Reason = "tooLarge"       // more than a description can be
	Malformed      Reason = "malformed"      // something else than a description
	Unsigned       Reason = "unsigned"       // not signed, though a signer is configured
	WrongSigner    Reason = "wrongSigner"    // signed by somebody else, or changed after it was signed
	Expired        Reason = "expired"        // its time is over
	OtherIssuer    Reason = "otherIssuer"    // of another than the one configured
	NotAllowed     Reason = "notAllowed"     // addresses without https or on this machine, keys of a demonstration
)

// Failure is the cause of an error, with its reason.
type Failure struct {
	Reason Reason
	Err    error
}

func (f *Failure) Error() string { return string(f.Reason) + ": " + f.Err.Error() }

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.Err }

// Because makes an error with a reason.
func Because(r Reason, err error) error { return &Failure{r, err} }

// ReasonOf gives the reason of an error; Unreachable when it has none.
func ReasonOf(err error) Reason {
	var f *Failure
	if errors.As(err, &f) {
		return f.Reason
	}
	return Unreachable
}

// State is what is known of the reading.
type State struct {
	ReadAt   time.Time // when what is used now was read; zero: nothing is known
	FailedAt time.Time // when the last reading failed; zero: it did not
	Reason   Reason    // of the last failure
}

// About is what an identity provider says of itself.
type About struct {
	ID           string    // entityID, issuer
	ValidUntil   time.Time // zero: it names none
	Certificates []Certificate
}

// Certificate is one of those that count.
type Certificate struct {
	Of          string // provider, signer, portal
	Fingerprint string // SHA-256, hexadecimal
	NotAfter    time.Time
}

// Of describes certificates.
func Of(whose string, certificates ...*x509.Certificate) []Certificate {
	out := make([]Certificate, 0, len(certificates))
	for _, c := range certificates {
		sum := sha256.Sum256(c.Raw)
		out = append(out, Certificate{Of: whose, Fingerprint: hex.EncodeToString(sum[:]), NotAfter: c.NotAfter})
	}
	return out
}

// Thing is what is kept.
type Thing[T any] struct {
	From string // for the log
	Read func(ctx context.Context, now time.Time) (T, error)
	Log  *slog.Logger
	Now  func() time.Time

	mu      sync.Mutex
	known   T
	state   State
	nextAt  time.Time
	failure error
	reading bool
}

// Get gives it, and reads it when it is due.
func (k *Thing[T]) Get(ctx context.Context) (T, error) {
	k.mu.Lock()
	now := k.Now()
	if now.Before(k.nextAt) || (k.reading && !k.state.ReadAt.IsZero()) {
		defer k.mu.Unlock()
		return k.known, k.orFailure()
	}
	k.reading = true
	k.mu.Unlock()
	return k.read(ctx, now)
}

// Refresh reads it now, and says what came of it.
func (k *Thing[T]) Refresh(ctx context.Context) State {
	_, _ = k.read(ctx, k.Now()) // the state tells of a failure
	return k.State()
}

// State says how it stands.
func (k *Thing[T]) State() State {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state
}

func (k *Thing[T]) read(ctx context.Context, now time.Time) (T, error) {
	found, err := k.Read(ctx, now)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.reading = false
	switch {
	case err == nil:
		k.known, k.failure, k.nextAt, k.state = found, nil, now.Add(period), State{ReadAt: now}
	case errors.Is(ctx.Err(), context.Canceled): // who asked has gone
		if k.state.ReadAt.IsZero() {
			return k.known, err
		}
	default:
		k.failure, k.nextAt = err, now.Add(again)
		k.state.FailedAt, k.state.Reason = now, ReasonOf(err)
		k.Log.ErrorContext(ctx, "description of an identity provider is not usable", "from", k.From, "reason", k.state.Reason, "keptTheLast", !k.state.ReadAt.IsZero(), "error", err)
	}
	return k.known, k.orFailure()
}

func (k *Thing[T]) orFailure() error {
	if !k.state.ReadAt.IsZero() {
		return nil
	}
	return k.failure
}

// OfCall gives the reason why a call failed.
func OfCall(err error) Reason {
	var (
		timeout interface{ Timeout() bool }
		syntax  *json.SyntaxError
		kind    *json.UnmarshalTypeError

		tooLarge *http.MaxBytesError
	)
	switch {
	case errors.Is(err, outbound.ErrAddressRefused), errors.Is(err, outbound.ErrSchemeRefused):
		return PrivateAddress
	case errors.Is(err, outbound.ErrResponseTooLarge), errors.As(err, &tooLarge):
		return TooLarge
	case errors.As(err, &syntax), errors.As(err, &kind), errors.Is(err, io.ErrUnexpectedEOF):
		return Malformed
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return Slow
	}
	return Unreachable
}
