package federation

import (
	"context"
	"crypto/ecdsa"

	"github.com/go-jose/go-jose/v4"

	"portalverbund/server/platform/keys"
)

// Keyring gives this portal's own keys. They change while the portal runs.
type Keyring interface {
	// Signing gives the key that signs now, with its id.
	Signing(ctx context.Context) (id string, private *ecdsa.PrivateKey, err error)
	// Decryption gives the private key with an id; false when others may not encrypt to it (any more).
	Decryption(ctx context.Context, id string) (private any, found bool, err error)
	// Published gives the public keys that others should know.
	Published(ctx context.Context) (jose.JSONWebKeySet, error)
}

// fixedKeys is a Keyring of keys that never change.
type fixedKeys struct{ *keys.Set }

// Signing implements Keyring.
func (k fixedKeys) Signing(context.Context) (string, *ecdsa.PrivateKey, error) {
	return k.Set.Signing.KeyID, k.Private(), nil
}

// Decryption implements Keyring.
func (k fixedKeys) Decryption(_ context.Context, id string) (any, bool, error) {
	return k.Encryption.Key, k.Encryption.KeyID == id, nil
}

// Published implements Keyring.
func (k fixedKeys) Published(context.Context) (jose.JSONWebKeySet, error) { return k.Public(), nil }
