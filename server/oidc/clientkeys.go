package oidc

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	maxKeys      = 20
	minRSA       = 2048             // bits
	keysKept     = 10 * time.Minute // of what was read at a client's address
	keysPause    = 10 * time.Second // between two readings, whatever unknown keys are named
	maxKeysBytes = 64 << 10
	maxKeyCache  = 1000
)

// publicKeys reads a JSON Web Key Set: public keys only, of kinds that are strong enough.
func publicKeys(text []byte) (jose.JSONWebKeySet, *fault) {
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(text, &set); err != nil {
		return set, faultOf("jwks", "Das ist kein JSON Web Key Set.", "This is not a JSON Web Key Set.")
	}
	var usable jose.JSONWebKeySet
	for _, key := range set.Keys {
		if !key.IsPublic() {
			return set, faultOf("private-key", "Hier stehen private oder geheime Schlüssel. Geben Sie nur die öffentlichen an, und ersetzen Sie diese Schlüssel.", "These are private or secret keys. Give the public ones only, and replace these keys.")
		}
		if key.Use == "enc" {
			continue
		}
		switch k := key.Key.(type) {
		case *ecdsa.PublicKey:
			if k.Curve == elliptic.P256() {
				usable.Keys = append(usable.Keys, key)
			}
		case *rsa.PublicKey:
			if k.N.BitLen() >= minRSA {
				usable.Keys = append(usable.Keys, key)
			}
		}
	}
	if len(usable.Keys) == 0 || len(set.Keys) > maxKeys {
		return set, faultOf("no-usable-key", "Es ist kein passender Schlüssel dabei: ES256 (P-256) oder PS256 (RSA ab 2048 Bit).", "There is no fitting key: ES256 (P-256) or PS256 (RSA of 2048 bits or more).")
	}
	return usable, nil
}

// pick finds a key by its id; without an id there must be one only.
func pick(set jose.JSONWebKeySet, keyID string) *jose.JSONWebKey {
	if keyID == "" && len(set.Keys) == 1 {
		return &set.Keys[0]
	}
	if keys := set.Key(keyID); keyID != "" && len(keys) > 0 {
		return &keys[0]
	}
	return nil
}

// readKeys are those read at a client's address.
type readKeys struct {
	set     jose.JSONWebKeySet
	readAt  time.Time
	triedAt time.Time
}

// keyCache keeps what was read at clients' addresses.
type keyCache struct {
	mu    sync.Mutex
	known map[string]readKeys
}

// keysOf gives how the keys of a registered client are found.
func (s *Service) keysOf(r Registration) func(context.Context, string) (*jose.JSONWebKey, error) {
	return func(ctx context.Context, keyID string) (*jose.JSONWebKey, error) {
		if r.JWKS != "" {
			set, f := publicKeys([]byte(r.JWKS))
			if key := pick(set, keyID); f == nil && key != nil {
				return key, nil
			}
			return nil, errUnknownKey
		}
		return s.remoteKey(ctx, r.JWKSURI, keyID)
	}
}

// remoteKey finds a key at a client's address: among those read lately, else it reads again, though not too often.
func (s *Service) remoteKey(ctx context.Context, address, keyID string) (*jose.JSONWebKey, error) {
	now := s.Now()
	s.keyCache.mu.Lock()
	if s.keyCache.known == nil || len(s.keyCache.known) > maxKeyCache {
		s.keyCache.known = map[string]readKeys{}
	}
	kept := s.keyCache.known[address]
	key := pick(kept.set, keyID)
	fresh := key != nil && now.Sub(kept.readAt) < keysKept
	wait := now.Sub(kept.triedAt) < keysPause
	if !fresh && !wait {
		kept.triedAt = now
		s.keyCache.known[address] = kept
	}
	s.keyCache.mu.Unlock()
	if fresh || (wait && key != nil) {
		return key, nil
	}
	if wait {
		return nil, errUnknownKey
	}
	set, _, err := s.fetchKeys(ctx, address)
	if err != nil {
		return nil, err
	}
	s.keyCache.mu.Lock()
	s.keyCache.known[address] = readKeys{set: set, readAt: now, triedAt: now}
	s.keyCache.mu.Unlock()
	if key := pick(set, keyID); key != nil {
		return key, nil
	}
	return nil, errUnknownKey
}

// fetchKeys reads a JSON Web Key Set at an address; status is that of the answer, zero without one.
func (s *Service) fetchKeys(ctx context.Context, address string) (set jose.JSONWebKeySet, status int, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return set, 0, fmt.Errorf("read keys: %w", err)
	}
	r.Header.Set("Accept", "application/json")
	response, err := s.Client.Do(r)
	if err != nil {
		return set, 0, fmt.Errorf("read keys: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return set, response.StatusCode, fmt.Errorf("read keys: answered %s", response.Status)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxKeysBytes))
	if err != nil {
		return set, response.StatusCode, fmt.Errorf("read keys: %w", err)
	}
	set, f := publicKeys(text)
	if f != nil {
		return set, response.StatusCode, &keyFault{f}
	}
	return set, response.StatusCode, nil
}

// keyFault is an error that people can be told.
type keyFault struct{ fault *fault }

// Error gives the English words, for the log.
func (e *keyFault) Error() string { return e.fault.text.En }

func faultIn(err error) *fault {
	var known *keyFault
	if errors.As(err, &known) {
		return known.fault
	}
	return nil
}
