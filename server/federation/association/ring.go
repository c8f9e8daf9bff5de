package association

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"portalverbund/server/platform/keys"
)

// Uses of a portal's keys in its association.
const (
	useFederation = "fed" // signs entity statements
	useSignature  = "sig" // signs messages, receipts, member tokens
	useEncryption = "enc" // others encrypt to it
)

const (
	sealKey = "association/key"

	// publishAhead is how long a key is published before it is used: longer than others keep what they have read.
	publishAhead = time.Hour
	// publishAfter is how long a former key stays published: receipts that it has signed are sent again for as long as a
	// message is tried (14 days), and statements that it has signed last for a week.
	publishAfter = 15 * 24 * time.Hour
	// messageKeyLife and federationKeyLife are how long a key is used before the next one is made by itself.
	messageKeyLife    = 90 * 24 * time.Hour
	federationKeyLife = 365 * 24 * time.Hour

	overdueAfter = 2 * 24 * time.Hour // a portal that was off for so long changes them late

	ringKept  = 5 * time.Second // a process reads its keys so often
	ringPause = 500 * time.Millisecond
)

// Key is one of the portal's own keys.
type Key struct {
	Public     jose.JSONWebKey
	Use        string // fed, sig, enc
	CreatedAt  time.Time
	ActiveFrom time.Time
	Until      *time.Time // published until then
	RevokedAt  *time.Time

	private *ecdsa.PrivateKey // nil when this process has it no more
}

func (k Key) published(now time.Time) bool { return k.Until == nil || now.Before(*k.Until) }

// Ring are the portal's own keys. It implements federation.Keyring.
type Ring struct {
	store store
	set   *keys.Set
	now   func() time.Time

	mu     sync.Mutex
	known  []Key
	readAt time.Time
}

// all gives the keys as read within maxAge or now, the newest first. The first process of a portal makes the ring.
func (r *Ring) all(ctx context.Context, maxAge time.Duration) ([]Key, error) {
	now := time.Now()
	r.mu.Lock()
	known, readAt := r.known, r.readAt
	r.mu.Unlock()
	if known != nil && now.Sub(readAt) < maxAge {
		return known, nil
	}
	rows, err := r.store.keys(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the portal's keys: %w", err)
	}
	read, err := r.openAll(rows)
	if missing := r.missing(read); err == nil && len(missing) > 0 {
		if rows, err = r.begin(ctx); err == nil {
			read, err = r.openAll(rows)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read the portal's keys: %w", err)
	}
	r.mu.Lock()
	r.known, r.readAt = read, now
	r.mu.Unlock()
	return read, nil
}

func (r *Ring) forget() {
	r.mu.Lock()
	r.readAt = time.Time{}
	r.mu.Unlock()
}

func (r *Ring) open(row keyRow) (Key, error) {
	key := Key{Use: row.Use, CreatedAt: row.CreatedAt, ActiveFrom: row.ActiveFrom, Until: row.PublishedUntil, RevokedAt: row.RevokedAt}
	if err := json.Unmarshal(row.Public, &key.Public); err != nil {
		return key, fmt.Errorf("read key %s: %w", row.ID, err)
	}
	switch {
	case row.Sealed != nil:
		der, err := r.set.Open(sealKey, row.Sealed, []byte(row.ID))
		if err != nil {
			return key, nil //nolint:nilerr // sealed with keys that the portal has no more: it is of no use
		}
		if key.private, err = x509.ParseECPrivateKey(der); err != nil {
			return key, fmt.Errorf("read key %s: %w", row.ID, err)
		}
	case row.ID == r.set.Signing.KeyID:
		key.private, _ = r.set.Signing.Key.(*ecdsa.PrivateKey)
	case row.ID == r.set.Encryption.KeyID:
		key.private, _ = r.set.Encryption.Key.(*ecdsa.PrivateKey)
	}
	return key, nil
}

func (r *Ring) openAll(rows []keyRow) ([]Key, error) {
	read := make([]Key, 0, len(rows))
	for _, row := range rows {
		key, err := r.open(row)
		if err != nil {
			return nil, err
		}
		read = append(read, key)
	}
	return read, nil
}

// missing lists the uses for which there is no key that can be used.
func (r *Ring) missing(read []Key) []string {
	have := map[string]bool{}
	for _, key := range read {
		if key.private != nil && key.published(r.now()) {
			have[key.Use] = true
		}
	}
	var out []string
	for _, use := range []string{useFederation, useSignature, useEncryption} {
		if !have[use] {
			out = append(out, use)
		}
	}
	return out
}

// begin makes the first keys: those of the portal's set, and one for the federation.
func (r *Ring) begin(ctx context.Context) (rows []keyRow, err error) {
	err = r.store.db.Tx(ctx, func(ctx context.Context) error {
		if err := r.store.lock(ctx, "association keys"); err != nil {
			return err
		}
		if rows, err = r.store.keys(ctx); err != nil {
			return err
		}
		read, err := r.openAll(rows)
		if err != nil {
			return err
		}
		for _, use := range r.missing(read) {
			first, err := r.first(use, rows)
			if err != nil {
				return err
			}
			if err := r.store.addKey(ctx, first); err != nil {
				return err
			}
		}
		rows, err = r.store.keys(ctx)
		return err
	})
	return rows, err
}

// first gives the first key of a use: that of the portal's set where it has one that was not used here before.
func (r *Ring) first(use string, rows []keyRow) (keyRow, error) {
	now := r.now()
	own := r.set.Signing
	if use == useEncryption {
		own = r.set.Encryption
	}
	known := slices.ContainsFunc(rows, func(row keyRow) bool { return row.ID == own.KeyID })
	if use == useFederation || known {
		return r.make(use, now)
	}
	public, err := json.Marshal(own.Public())
	if err != nil {
		return keyRow{}, fmt.Errorf("write key: %w", err)
	}
	return keyRow{ID: own.KeyID, Use: use, Public: public, CreatedAt: now, ActiveFrom: now}, nil
}

func (r *Ring) make(use string, activeFrom time.Time) (keyRow, error) {
	of, alg := "sig", string(jose.ES256)
	if use == useEncryption {
		of, alg = "enc", string(jose.ECDH_ES_A256KW)
	}
	key, err := r.set.Make(of, alg, sealKey)
	return keyRow{ID: key.ID, Use: use, Sealed: key.Sealed, Public: key.Public, CreatedAt: r.now(), ActiveFrom: activeFrom}, err
}

// active gives the key of a use that is used now.
func (r *Ring) active(ctx context.Context, use string) (Key, error) {
	all, err := r.all(ctx, ringKept)
	if err != nil {
		return Key{}, err
	}
	now := r.now()
	for _, key := range all { // the newest first
		if key.Use == use && key.private != nil && !key.ActiveFrom.After(now) && key.published(now) {
			return key, nil
		}
	}
	return Key{}, errors.New("no key for " + use)
}

// Signing gives the key that signs messages, with its id.
func (r *Ring) Signing(ctx context.Context) (string, *ecdsa.PrivateKey, error) {
	key, err := r.active(ctx, useSignature)
	return key.Public.KeyID, key.private, err
}

// Decryption gives the private key with an id, as long as others may encrypt to it.
func (r *Ring) Decryption(ctx context.Context, id string) (any, bool, error) {
	for _, maxAge := range []time.Duration{ringKept, ringPause} { // one that is not known may be new
		all, err := r.all(ctx, maxAge)
		if err != nil {
			return nil, false, err
		}
		for _, key := range all {
			if key.Use == useEncryption && key.Public.KeyID == id && key.private != nil && key.published(r.now()) {
				return key.private, true, nil
			}
		}
	}
	return nil, false, nil
}

// Published gives the public keys for messages, the one to encrypt to first.
func (r *Ring) Published(ctx context.Context) (jose.JSONWebKeySet, error) {
	all, err := r.all(ctx, ringKept)
	if err != nil {
		return jose.JSONWebKeySet{}, err
	}
	now := r.now()
	var ahead, set jose.JSONWebKeySet
	for _, key := range all {
		switch {
		case key.Use == useFederation || !key.published(now) || key.private == nil:
		case key.ActiveFrom.After(now): // nobody encrypts to it yet
			ahead.Keys = append(ahead.Keys, key.Public)
		default:
			set.Keys = append(set.Keys, key.Public)
		}
	}
	set.Keys = append(set.Keys, ahead.Keys...)
	return set, nil
}

// federation gives the key that signs statements, and the public ones that are published.
func (r *Ring) federation(ctx context.Context) (jose.JSONWebKey, jose.JSONWebKeySet, error) {
	var set jose.JSONWebKeySet
	active, err := r.active(ctx, useFederation)
	if err != nil {
		return jose.JSONWebKey{}, set, err
	}
	all, err := r.all(ctx, ringKept)
	for _, key := range all {
		if key.Use == useFederation && key.published(r.now()) && key.private != nil {
			set.Keys = append(set.Keys, key.Public)
		}
	}
	signer := active.Public
	signer.Key = active.private
	return signer, set, err
}

// due gives when the first of the keys that are used now should have been changed.
func (r *Ring) due(ctx context.Context) (time.Time, error) {
	var first time.Time
	for _, use := range []string{useFederation, useSignature, useEncryption} {
		key, err := r.active(ctx, use)
		if err != nil {
			return first, err
		}
		if at := key.ActiveFrom.Add(lifeOf(use)).Add(overdueAfter); first.IsZero() || at.Before(first) {
			first = at
		}
	}
	return first, nil
}

func lifeOf(use string) time.Duration {
	if use == useFederation {
		return federationKeyLife
	}
	return messageKeyLife
}

// Rotate makes the next key of each use whose newest one has been used for long enough, or of those that are named. The
// next one is published at once and used after publishAhead; the former one stays published for publishAfter. at once
// is for a key that has become known: the next one is used now, and the others are withdrawn.
func (r *Ring) Rotate(ctx context.Context, atOnce bool, uses ...string) (made []string, err error) {
	if _, err := r.all(ctx, 0); err != nil { // there is at least one of each
		return nil, err
	}
	defer r.forget()
	err = r.store.db.Tx(ctx, func(ctx context.Context) error {
		if err := r.store.lock(ctx, "association keys"); err != nil {
			return err
		}
		made = nil
		rows, err := r.store.keys(ctx)
		if err != nil {
			return err
		}
		for _, use := range []string{useFederation, useSignature, useEncryption} {
			id, err := r.rotate(ctx, rows, use, contains(uses, use), atOnce)
			if err != nil {
				return err
			}
			if id != "" {
				made = append(made, id)
			}
		}
		if err := r.store.dropPrivate(ctx, r.now()); err != nil || len(made) == 0 {
			return err
		}
		return r.store.changed(ctx)
	})
	return made, err
}

func (r *Ring) rotate(ctx context.Context, rows []keyRow, use string, asked, atOnce bool) (string, error) {
	now := r.now()
	var newest *keyRow
	for i := range rows {
		if rows[i].Use == use && newest == nil {
			newest = &rows[i]
		}
	}
	due := newest == nil || newest.ActiveFrom.Before(now.Add(-lifeOf(use)))
	if asked && !atOnce && newest != nil && newest.ActiveFrom.After(now) {
		return "", nil // the next one is published already
	}
	if !asked && !due {
		return "", nil
	}
	activeFrom := now.Add(publishAhead)
	if asked && atOnce {
		activeFrom = now
	}
	next, err := r.make(use, activeFrom)
	if err != nil {
		return "", err
	}
	if err := r.store.addKey(ctx, next); err != nil {
		return "", err
	}
	if asked && atOnce {
		return next.ID, r.store.revoke(ctx, use, next.ID, now)
	}
	if newest != nil {
		err = r.store.publishUntil(ctx, newest.ID, activeFrom.Add(publishAfter))
	}
	return next.ID, err
}

func contains(list []string, word string) bool {
	for _, other := range list {
		if other == word {
			return true
		}
	}
	return false
}
