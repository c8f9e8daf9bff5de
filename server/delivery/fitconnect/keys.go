package fitconnect

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
)

// What FIT-Connect wants of keys (docs.fitko.de/fit-connect/docs/details/crypto).
const (
	modulusBits  = 4096 // of a destination's keys
	serviceBits  = 2048 // at least, of the keys of the service and of the routing
	publicE      = 65537
	opWrap       = "wrapKey"
	opVerify     = "verify"
	maxChain     = 10
	wellKnownJWK = "/.well-known/jwks.json"
)

// heldKeys are keys that were read at an address.
type heldKeys struct {
	set jose.JSONWebKeySet
	at  time.Time
}

// publicKey is a JWK with what go-jose does not read of it.
type publicKey struct {
	jose.JSONWebKey
	Ops []string
}

// UnmarshalJSON reads the key, and that its certificate is for it.
func (k *publicKey) UnmarshalJSON(data []byte) error {
	var more struct {
		Ops []string `json:"key_ops"`
	}
	if err := json.Unmarshal(data, &more); err != nil {
		return err
	}
	k.Ops = more.Ops
	return k.JSONWebKey.UnmarshalJSON(data)
}

// destinationKey reads a key of a destination and checks that it is one for this use, certified by the administration.
func (c *Client) destinationKey(ctx context.Context, destination uuid.UUID, kid, alg, op string) (jose.JSONWebKey, error) {
	var k publicKey
	err := c.do(ctx, call{step: "key", method: http.MethodGet, url: c.o.SubmissionURL + "/v2/destinations/" + destination.String() + "/keys/" + url.PathEscape(kid)}, &k)
	if err != nil {
		return jose.JSONWebKey{}, err
	}
	chain, err := c.checkKey(k, kid, alg, op)
	if err != nil {
		return jose.JSONWebKey{}, fmt.Errorf("%w: %w", ErrKey, err)
	}
	if c.o.Revoked != nil {
		if err := c.o.Revoked(ctx, chain); err != nil {
			return jose.JSONWebKey{}, fmt.Errorf("certificate of a destination: %w", err)
		}
	}
	return k.JSONWebKey, nil
}

// checkKey gives the chain of certificates that leads from a key to a root; none where none is needed.
func (c *Client) checkKey(k publicKey, kid, alg, op string) ([]*x509.Certificate, error) {
	public, ok := k.Key.(*rsa.PublicKey)
	switch {
	case !ok:
		return nil, fmt.Errorf("it is no public RSA key")
	case k.KeyID != kid:
		return nil, fmt.Errorf("its id is another one")
	case k.Algorithm != alg:
		return nil, fmt.Errorf("it is for another algorithm than %s", alg)
	case !slices.Equal(k.Ops, []string{op}):
		return nil, fmt.Errorf("it is for another operation than %s", op)
	case public.N.BitLen() != modulusBits || public.E != publicE:
		return nil, fmt.Errorf("it has not %d bits with exponent %d", modulusBits, publicE)
	}
	return c.checkChain(k.Certificates, op)
}

// checkChain checks that the administration's PKI has certified a key. go-jose has checked that the first certificate is for this key.
func (c *Client) checkChain(chain []*x509.Certificate, op string) ([]*x509.Certificate, error) {
	if len(chain) == 0 && c.o.Uncertified {
		return nil, nil
	}
	if len(chain) == 0 || len(chain) > maxChain {
		return nil, fmt.Errorf("it has no certificate")
	}
	if c.o.Pool == nil {
		return nil, nil
	}
	between := x509.NewCertPool()
	for _, certificate := range chain[1:] {
		between.AddCert(certificate)
	}
	leaf := chain[0]
	verified, err := leaf.Verify(x509.VerifyOptions{Roots: c.o.Pool, Intermediates: between, CurrentTime: c.o.Now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if err != nil {
		return nil, fmt.Errorf("its certificate: %w", err)
	}
	usage := x509.KeyUsageKeyEncipherment | x509.KeyUsageDataEncipherment
	if op == opVerify {
		usage = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	}
	if leaf.KeyUsage != 0 && leaf.KeyUsage&usage == 0 {
		return nil, fmt.Errorf("its certificate is for another use")
	}
	return verified[0], nil
}

// serviceKey finds a key that a service publishes, by its id. Keys are remembered for an hour, and read again for one that is not among
// them, at most once a minute.
func (c *Client) serviceKey(ctx context.Context, address, kid string) (any, error) {
	c.mu.Lock()
	held, known := c.keys[address]
	c.mu.Unlock()
	age := c.o.Now().Sub(held.at)
	if !known || age > keysFor || len(held.set.Key(kid)) == 0 && age > keysAgain {
		held = heldKeys{at: c.o.Now()}
		if err := c.do(ctx, call{step: "keys", method: http.MethodGet, url: address, open: true}, &held.set); err != nil {
			return nil, err
		}
		c.mu.Lock()
		c.keys[address] = held
		c.mu.Unlock()
	}
	for _, k := range held.set.Key(kid) {
		public, ok := k.Key.(*rsa.PublicKey)
		if ok && (k.Algorithm == "" || k.Algorithm == string(jose.PS512)) && public.N.BitLen() >= serviceBits {
			return public, nil
		}
	}
	return nil, fmt.Errorf("%w: there is no such key", ErrSignature)
}
