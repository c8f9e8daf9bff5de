// Package envelope wraps keys of data by a master key (envelope encryption): each piece of data has a random key of its own, kept
// beside it, wrapped. Master keys lie in a file of the portal's folder of keys. A new one takes over at once; what older ones have
// wrapped still opens, and is wrapped anew without touching the data.
package envelope

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"portalverbund/server/platform/keys"
)

const file = "safe.json"

// ErrMissing is returned by Load when the folder holds no master keys.
var ErrMissing = errors.New("no master keys of the documents safe in this folder")

// KeySize is the size of the keys that are wrapped, in bytes.
const KeySize = 32

// Ring is a portal's master keys (AES-256-GCM), one of which wraps. It is safe for use by several goroutines.
type Ring struct {
	id     string // begins with keys.DemoPrefix when it was made for a demonstration
	handle *keyset.Handle
	aead   tink.AEAD
}

type stored struct {
	ID   string          `json:"id"`
	Keys json.RawMessage `json:"keys"` // Tink's keyset
}

// New makes a ring with one random key.
func New(demo bool) (*Ring, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make master key: %w", err)
	}
	id := strings.ToLower(rand.Text()[:16])
	if demo {
		id = keys.DemoPrefix + id
	}
	return ring(id, handle)
}

func ring(id string, handle *keyset.Handle) (*Ring, error) {
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("open master keys: %w", err)
	}
	return &Ring{id: id, handle: handle, aead: primitive}, nil
}

// Load reads the ring of a folder. It refuses a file that others may read.
func Load(dir string) (*Ring, error) {
	path := filepath.Join(dir, file)
	text, err := keys.ReadPrivate(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", dir, ErrMissing)
	}
	if err != nil {
		return nil, fmt.Errorf("read master keys: %w", err)
	}
	var s stored
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, fmt.Errorf("read master keys of %s: not valid", path)
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(s.Keys))) // the file is what keeps them
	if err != nil {
		return nil, fmt.Errorf("read master keys of %s: not valid", path)
	}
	return ring(s.ID, handle)
}

// Save writes the ring into a folder, readable for its owner only, in one step: a crash leaves the file as it was or as it is to be.
func (r *Ring) Save(dir string) (err error) {
	var set bytes.Buffer
	if err := insecurecleartextkeyset.Write(r.handle, keyset.NewJSONWriter(&set)); err != nil {
		return fmt.Errorf("write master keys: %w", err)
	}
	text, err := json.Marshal(stored{ID: r.id, Keys: set.Bytes()})
	if err != nil {
		return fmt.Errorf("write master keys: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("write master keys: %w", err)
	}
	f, err := os.CreateTemp(dir, file+".*") // 0600
	if err != nil {
		return fmt.Errorf("write master keys: %w", err)
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, file))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write master keys: %w", err), os.Remove(f.Name()))
	}
	return nil
}

// Rotate adds a new key, which wraps from now on. The keys before stay: they open what they have wrapped.
func (r *Ring) Rotate() (*Ring, error) {
	manager := keyset.NewManagerFromHandle(r.handle)
	id, err := manager.Add(aead.AES256GCMKeyTemplate())
	if err == nil {
		err = manager.SetPrimary(id)
	}
	if err != nil {
		return nil, fmt.Errorf("rotate master key: %w", err)
	}
	handle, err := manager.Handle()
	if err != nil {
		return nil, fmt.Errorf("rotate master key: %w", err)
	}
	return ring(r.id, handle)
}

// Prune takes away all keys but the one that wraps now, and says how many. What they have wrapped does not open any more.
func (r *Ring) Prune() (pruned *Ring, removed int, err error) {
	primary, err := r.handle.Primary()
	if err != nil {
		return nil, 0, fmt.Errorf("read master keys: %w", err)
	}
	manager := keyset.NewManagerFromHandle(r.handle)
	for i := range r.handle.Len() {
		entry, err := r.handle.Entry(i)
		if err != nil {
			return nil, 0, fmt.Errorf("read master keys: %w", err)
		}
		if entry.KeyID() == primary.KeyID() {
			continue
		}
		if err := manager.Delete(entry.KeyID()); err != nil {
			return nil, 0, fmt.Errorf("remove master key: %w", err)
		}
		removed++
	}
	handle, err := manager.Handle()
	if err != nil {
		return nil, 0, fmt.Errorf("remove master key: %w", err)
	}
	pruned, err = ring(r.id, handle)
	return pruned, removed, err
}

// Demo says whether the ring was made for a demonstration.
func (r *Ring) Demo() bool { return strings.HasPrefix(r.id, keys.DemoPrefix) }

// Current names the key that wraps now.
func (r *Ring) Current() (string, error) {
	primary, err := r.handle.Primary()
	if err != nil {
		return "", fmt.Errorf("read master keys: %w", err)
	}
	return strconv.FormatUint(uint64(primary.KeyID()), 10), nil
}

// Wrap encrypts a key by the present master key, bound to context: what was wrapped for one thing does not open for another.
func (r *Ring) Wrap(key [KeySize]byte, context []byte) ([]byte, error) {
	wrapped, err := r.aead.Encrypt(key[:], context)
	if err != nil {
		return nil, fmt.Errorf("wrap key: %w", err)
	}
	return wrapped, nil
}

// Unwrap decrypts what Wrap made with the same context, by whichever of the master keys.
func (r *Ring) Unwrap(wrapped, context []byte) (key [KeySize]byte, err error) {
	plain, err := r.aead.Decrypt(wrapped, context)
	if err != nil || len(plain) != KeySize {
		return key, errors.New("unwrap key: not wrapped by these master keys, or changed")
	}
	return [KeySize]byte(plain), nil
}
