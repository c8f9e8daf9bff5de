// Package keys holds a portal's own keys: one to sign with, one that others encrypt to, and a secret from which keys for
// everything kept at rest are derived. They lie in a folder that only the portal's user may read.
package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

// DemoPrefix begins the ids of keys that were made for a demonstration. A portal in production refuses them.
const DemoPrefix = "demo-"

const file = "keys.json"

// Set is a portal's keys. Curves are P-256: signatures ES256, encryption ECDH-ES+A256KW with A256GCM.
type Set struct {
	Signing    jose.JSONWebKey // private, use sig, alg ES256
	Encryption jose.JSONWebKey // private, use enc, alg ECDH-ES+A256KW
	secret     []byte          // 32 bytes
	ciphers    sync.Map        // purpose → cipher.AEAD
}

type stored struct {
	Keys   jose.JSONWebKeySet `json:"keys"`
	Secret []byte             `json:"secret"`
}

// ErrMissing is returned by Load when the folder holds no keys.
var ErrMissing = errors.New("no keys in this folder")

// New makes a set with random keys. Ids of a demonstration begin with DemoPrefix.
func New(demo bool) (*Set, error) {
	signing, err := newKey("sig", string(jose.ES256), demo)
	if err != nil {
		return nil, err
	}
	encryption, err := newKey("enc", string(jose.ECDH_ES_A256KW), demo)
	if err != nil {
		return nil, err
	}
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	return &Set{Signing: signing, Encryption: encryption, secret: secret}, nil
}

func newKey(use, alg string, demo bool) (jose.JSONWebKey, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return jose.JSONWebKey{}, fmt.Errorf("make key: %w", err)
	}
	id := strings.ToLower(rand.Text()[:16])
	if demo {
		id = DemoPrefix + id
	}
	return jose.JSONWebKey{Key: private, KeyID: id, Algorithm: alg, Use: use}, nil
}

// Kept is a key that a portal makes while it runs, as its database keeps it.
type Kept struct {
	ID     string
	Public []byte // JWK
	Sealed []byte // the private half as SEC 1, bound to the id
}

// Make makes a key like those of the set, and seals its private half for a purpose.
func (s *Set) Make(use, alg, purpose string) (Kept, error) {
	key, err := newKey(use, alg, s.Demo())
	if err != nil {
		return Kept{}, err
	}
	der, err := x509.MarshalECPrivateKey(key.Key.(*ecdsa.PrivateKey))
	if err != nil {
		return Kept{}, fmt.Errorf("make key: %w", err)
	}
	public, err := json.Marshal(key.Public())
	if err != nil {
		return Kept{}, fmt.Errorf("make key: %w", err)
	}
	sealed, err := s.Seal(purpose, der, []byte(key.KeyID))
	return Kept{ID: key.KeyID, Public: public, Sealed: sealed}, err
}

// Load reads the keys of a folder. It refuses a file that others may read.
func Load(dir string) (*Set, error) {
	path := filepath.Join(dir, file)
	data, err := ReadPrivate(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", dir, ErrMissing)
	}
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	var s stored
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("read keys of %s: not valid", path)
	}
	set := &Set{secret: s.Secret}
	for _, k := range s.Keys.Keys {
		switch k.Use {
		case "sig":
			set.Signing = k
		case "enc":
			set.Encryption = k
		}
	}
	if !set.Signing.Valid() || !set.Encryption.Valid() || len(set.secret) != 32 {
		return nil, fmt.Errorf("read keys of %s: signing key, encryption key and secret must all be there", path)
	}
	return set, nil
}

// ReadPrivate reads a file that nobody but its owner may read, and refuses any other; fs.ErrNotExist when there is none.
func ReadPrivate(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s may be read by others; run: chmod 600 %s", path, path)
	}
	return os.ReadFile(path)
}

// Save writes the keys into a folder, readable for its owner only. It never replaces keys that are there.
func (s *Set) Save(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	data, err := json.MarshalIndent(stored{Keys: jose.JSONWebKeySet{Keys: []jose.JSONWebKey{s.Signing, s.Encryption}}, Secret: s.secret}, "", "  ") //nolint:gosec // this is the file of keys
	if err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, file), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	if _, err := f.Write(data); err != nil {
		_ = f.Close()
		return fmt.Errorf("write keys: %w", err)
	}
	if err := f.Sync(); err != nil {
		_ = f.Close()
		return fmt.Errorf("write keys: %w", err)
	}
	return f.Close()
}

// Demo says whether any key was made for a demonstration.
func (s *Set) Demo() bool {
	return strings.HasPrefix(s.Signing.KeyID, DemoPrefix) || strings.HasPrefix(s.Encryption.KeyID, DemoPrefix)
}

// Public gives the public keys, to be published.
func (s *Set) Public() jose.JSONWebKeySet {
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{s.Signing.Public(), s.Encryption.Public()}}
}

// Private gives the signing key for ES256.
func (s *Set) Private() *ecdsa.PrivateKey { return s.Signing.Key.(*ecdsa.PrivateKey) }

// Derive gives 32 bytes for one purpose (HKDF-SHA-256), always the same.
func (s *Set) Derive(purpose string) [32]byte {
	out, err := hkdf.Key(sha256.New, s.secret, nil, purpose, 32)
	if err != nil {
		panic(err) // 32 bytes of SHA-256 cannot fail
	}
	return [32]byte(out)
}

// Seal encrypts what is kept at rest (AES-256-GCM, random nonce in front), bound to purpose and context: what was sealed
// for one row does not open for another.
func (s *Set) Seal(purpose string, plain, context []byte) ([]byte, error) {
	aead, err := s.aead(purpose)
	if err != nil {
		return nil, err
	}
	return aead.Seal(nil, nil, plain, context), nil //nolint:gosec // the nonce is random, and made inside
}

// Open decrypts what Seal made with the same purpose and context.
func (s *Set) Open(purpose string, sealed, context []byte) ([]byte, error) {
	aead, err := s.aead(purpose)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, nil, sealed, context)
	if err != nil {
		return nil, fmt.Errorf("open %s: not sealed with these keys, or changed", purpose)
	}
	return plain, nil
}

// aead makes the cipher of a purpose once: there are some dozen.
func (s *Set) aead(purpose string) (cipher.AEAD, error) {
	if known, ok := s.ciphers.Load(purpose); ok {
		return known.(cipher.AEAD), nil
	}
	key := s.Derive(purpose)
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fmt.Errorf("cipher: %w", err)
	}
	made, err := cipher.NewGCMWithRandomNonce(block)
	if err == nil {
		s.ciphers.Store(purpose, made)
	}
	return made, err
}
