package oidc

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
)

const (
	sealSigningKey = "oidc/signing-key"
	keyLife        = 30 * 24 * time.Hour // a key signs so long
	publishAhead   = time.Hour           // a new key is published before it signs: clients keep what they have read
	publishAfter   = 48 * time.Hour      // longer than anything lasts that a former key has signed
	ringKept       = time.Minute         // a process looks for new keys so often; far shorter than publishAhead
	ringPause      = time.Second         // and not more often, whatever unknown keys it is asked for
)

// signingKey is one key of the ring; private is nil when this process cannot sign with it.
type signingKey struct {
	private    *ecdsa.PrivateKey
	public     jose.JSONWebKey
	activeFrom time.Time
	until      *time.Time // published until then
}

// ring is what a process has read of the signing keys.
type ring struct {
	mu     sync.Mutex
	keys   []signingKey // the newest first
	readAt time.Time
}

// SigningKey tells about one key that signs tokens, or has.
type SigningKey struct {
	ID         string
	ActiveFrom time.Time
	Until      *time.Time // published until then; nil for the newest ones
	Signing    bool       // whether it signs now
}

// ringNow gives the keys as read within the last maxAge or now; none before BeginKeys. Nobody waits for another's query: who waits may hold
// the connection that it needs.
func (s *Service) ringNow(ctx context.Context, maxAge time.Duration) ([]signingKey, error) {
	now := s.Now()
	s.ring.mu.Lock()
	known, readAt := s.ring.keys, s.ring.readAt
	s.ring.mu.Unlock()
	if len(known) > 0 && now.Sub(readAt) < maxAge {
		return known, nil
	}
	read, err := s.readRing(ctx)
	if err != nil {
		return nil, err
	}
	s.ring.mu.Lock()
	s.ring.keys, s.ring.readAt = read, now
	s.ring.mu.Unlock()
	return read, nil
}

func (s *Service) readRing(ctx context.Context) ([]signingKey, error) {
	rows, err := s.signingKeyRows(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]signingKey, 0, len(rows))
	for _, row := range rows {
		key, err := s.openSigningKey(row)
		if err != nil {
			return nil, err
		}
		out = append(out, key)
	}
	return out, nil
}

func (s *Service) openSigningKey(row signingKeyRow) (signingKey, error) {
	key := signingKey{activeFrom: row.ActiveFrom, until: row.PublishedUntil}
	if err := json.Unmarshal(row.Public, &key.public); err != nil {
		return key, fmt.Errorf("read signing key: %w", err)
	}
	if row.Sealed == nil {
		if row.ID == s.Keys.Signing.KeyID {
			key.private = s.Keys.Private()
		}
		return key, nil
	}
	der, err := s.Keys.Open(sealSigningKey, row.Sealed, []byte(row.ID))
	if err != nil {
		return key, err
	}
	if key.private, err = x509.ParseECPrivateKey(der); err != nil {
		return key, fmt.Errorf("read signing key: %w", err)
	}
	return key, nil
}

// signer is the key that signs now.
func (s *Service) signer(ctx context.Context) (signingKey, error) {
	all, err := s.ringNow(ctx, ringKept)
	if err != nil {
		return signingKey{}, err
	}
	key, ok := signerAt(all, s.Now())
	if !ok {
		return key, errors.New("no key to sign with")
	}
	return key, nil
}

func signerAt(all []signingKey, now time.Time) (signingKey, bool) {
	for _, key := range all { // the newest first
		if key.private != nil && !key.activeFrom.After(now) && (key.until == nil || now.Before(*key.until)) {
			return key, true
		}
	}
	return signingKey{}, false
}

// verificationKeys are the public keys of tokens that may still be about, and of those that come next.
func (s *Service) verificationKeys(ctx context.Context) ([]jose.JSONWebKey, error) {
	all, err := s.ringNow(ctx, ringKept)
	if err != nil {
		return nil, err
	}
	return published(all, s.Now()), nil
}

func published(all []signingKey, now time.Time) []jose.JSONWebKey {
	var out []jose.JSONWebKey
	for _, key := range all {
		if key.until == nil || now.Before(*key.until) {
			out = append(out, key.public)
		}
	}
	return out
}

// keyFor finds the public key that a token names. A key that this process does not know yet may be new.
func (s *Service) keyFor(ctx context.Context) jwt.Keyfunc {
	return func(t *jwt.Token) (any, error) {
		kid, _ := t.Header["kid"].(string)
		for _, maxAge := range []time.Duration{ringKept, ringPause} {
			all, err := s.ringNow(ctx, maxAge)
			if err != nil {
				return nil, err
			}
			for _, key := range published(all, s.Now()) {
				if key.KeyID == kid && key.IsPublic() {
					return key.Key, nil
				}
			}
		}
		return nil, errors.New("unknown key")
	}
}

// sign signs claims as a JWT of a type.
func (s *Service) sign(ctx context.Context, typ string, claims jwt.Claims) (string, error) {
	key, err := s.signer(ctx)
	if err != nil {
		return "", err
	}
	token := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
	token.Header["kid"], token.Header["typ"] = key.public.KeyID, typ
	signed, err := token.SignedString(key.private)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return signed, nil
}

// BeginKeys has the portal's own signing key be the first one where there is none, once for all processes. It is called when a process
// starts, so that no reading makes a key.
func (s *Service) BeginKeys(ctx context.Context) error {
	public, err := json.Marshal(s.Keys.Signing.Public())
	if err != nil {
		return fmt.Errorf("write signing key: %w", err)
	}
	now := s.Now()
	return s.ringTx(ctx, func(ctx context.Context) error {
		rows, err := s.signingKeyRows(ctx)
		if err != nil || len(rows) > 0 {
			return err
		}
		return s.insertSigningKey(ctx, signingKeyRow{ID: s.Keys.Signing.KeyID, Public: public, CreatedAt: now, ActiveFrom: now})
	})
}

// RotateKeys makes the next key when the newest one has signed long enough, and forgets those that nobody needs any more.
// atOnce makes a new key sign at once and withdraws the others, for the case that one has become known: what they have signed
// is no longer accepted.
func (s *Service) RotateKeys(ctx context.Context, atOnce bool) error {
	now := s.Now()
	err := s.ringTx(ctx, func(ctx context.Context) error {
		rows, err := s.signingKeyRows(ctx)
		if err != nil {
			return err
		}
		activeFrom := now.Add(publishAhead)
		switch {
		case atOnce:
			activeFrom = now
		case len(rows) > 0 && rows[0].ActiveFrom.After(now.Add(-keyLife)) && s.canSign(rows[0]):
			return s.retireKeys(ctx, rows, now)
		case len(rows) == 0 || !s.canSign(rows[0]):
			activeFrom = now
		}
		made, err := s.newSigningKey(activeFrom)
		if err != nil {
			return err
		}
		if err := s.insertSigningKey(ctx, made); err != nil {
			return err
		}
		if atOnce {
			return s.deleteOtherSigningKeys(ctx, made.ID)
		}
		return s.retireKeys(ctx, append([]signingKeyRow{made}, rows...), now)
	})
	s.forgetRing()
	return err
}

// forgetRing has the keys read anew by this process.
func (s *Service) forgetRing() {
	s.ring.mu.Lock()
	s.ring.readAt = time.Time{}
	s.ring.mu.Unlock()
}

// ReplaceKeys has a new key sign at once and withdraws the others, on an administrator's word.
func (s *Service) ReplaceKeys(ctx context.Context) error {
	defer s.forgetRing()
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.RotateKeys(ctx, true); err != nil {
			return err
		}
		if s.Audit == nil {
			return nil
		}
		return s.Audit.Record(ctx, "signing-key.replace", "portal", "")
	})
}

func (s *Service) canSign(row signingKeyRow) bool {
	return row.Sealed != nil || row.ID == s.Keys.Signing.KeyID
}

// retireKeys says until when keys are published that a newer one has taken over from, and deletes those whose time is over.
// rows has the newest first.
func (s *Service) retireKeys(ctx context.Context, rows []signingKeyRow, now time.Time) error {
	for i, row := range rows {
		switch {
		case row.PublishedUntil != nil && !now.Before(*row.PublishedUntil):
			if err := s.deleteSigningKey(ctx, row.ID); err != nil {
				return err
			}
		case row.PublishedUntil == nil && i > 0:
			if err := s.publishUntil(ctx, row.ID, rows[i-1].ActiveFrom.Add(publishAfter)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) newSigningKey(activeFrom time.Time) (signingKeyRow, error) {
	key, err := s.Keys.Make("sig", string(jose.ES256), sealSigningKey)
	return signingKeyRow{ID: key.ID, Sealed: key.Sealed, Public: key.Public, CreatedAt: s.Now(), ActiveFrom: activeFrom}, err
}

// SigningKeys lists the keys, the newest first.
func (s *Service) SigningKeys(ctx context.Context) ([]SigningKey, error) {
	all, err := s.ringNow(ctx, ringPause)
	if err != nil {
		return nil, err
	}
	signer, _ := signerAt(all, s.Now())
	out := make([]SigningKey, 0, len(all))
	for _, key := range all {
		out = append(out, SigningKey{ID: key.public.KeyID, ActiveFrom: key.activeFrom, Until: key.until, Signing: key.public.KeyID == signer.public.KeyID})
	}
	return out, nil
}
