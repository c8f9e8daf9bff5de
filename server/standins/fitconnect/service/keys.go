package service

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	certificateLife = 365 * 24 * time.Hour
	destinationBits = 4096
	serviceBits     = 2048
)

// Keys are those of a destination, of the service, and of who certifies them. Making them takes seconds.
type Keys struct {
	decryption, signing *rsa.PrivateKey // of the destination
	service             *rsa.PrivateKey // of the service, and of the Self-Service-Portal
	authority           authority
}

type authority struct {
	root, between       *x509.Certificate
	rootKey, betweenKey *ecdsa.PrivateKey
}

// NewKeys makes keys, with certificates of an authority of their own.
func NewKeys() (Keys, error) {
	var k Keys
	var err error
	for _, one := range []struct {
		into **rsa.PrivateKey
		bits int
	}{{&k.decryption, destinationBits}, {&k.signing, destinationBits}, {&k.service, serviceBits}} {
		if *one.into, err = rsa.GenerateKey(rand.Reader, one.bits); err != nil {
			return k, fmt.Errorf("make key: %w", err)
		}
	}
	k.authority, err = newAuthority("Verwaltungs-PKI (Beispiel)")
	return k, err
}

func newAuthority(name string) (a authority, err error) {
	if a.rootKey, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return a, err
	}
	if a.betweenKey, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return a, err
	}
	if a.root, err = certify(name+" Root", true, x509.KeyUsageCertSign, &a.rootKey.PublicKey, nil, a.rootKey); err != nil {
		return a, err
	}
	a.between, err = certify(name+" CA", true, x509.KeyUsageCertSign, &a.betweenKey.PublicKey, a.root, a.rootKey)
	return a, err
}

// certify makes a certificate; by its own key when there is no issuer.
func certify(name string, ca bool, usage x509.KeyUsage, public any, issuer *x509.Certificate, signer crypto.Signer) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(certificateLife),
		KeyUsage: usage, IsCA: ca, BasicConstraintsValid: true,
	}
	if issuer == nil {
		issuer = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, public, signer)
	if err != nil {
		return nil, fmt.Errorf("make certificate: %w", err)
	}
	return x509.ParseCertificate(der)
}

// RootPEM is the certificate that keys of destinations lead to.
func (k Keys) RootPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: k.authority.root.Raw})
}

// jwk describes a public key of the destination as FIT-Connect does.
func (a authority) jwk(public *rsa.PublicKey, kid, alg, op string) (map[string]any, error) {
	usage := x509.KeyUsageKeyEncipherment
	if op == "verify" {
		usage = x509.KeyUsageDigitalSignature
	}
	leaf, err := certify("Zustellpunkt (Beispiel)", false, usage, public, a.between, a.betweenKey)
	if err != nil {
		return nil, err
	}
	chain := []string{}
	for _, c := range []*x509.Certificate{leaf, a.between, a.root} {
		chain = append(chain, base64.StdEncoding.EncodeToString(c.Raw))
	}
	return map[string]any{
		"kty": "RSA", "kid": kid, "alg": alg, "key_ops": []string{op}, "x5c": chain,
		"n": base64.RawURLEncoding.EncodeToString(public.N.Bytes()), "e": "AQAB",
	}, nil
}

// sign makes a token.
func sign(key *rsa.PrivateKey, kid, typ string, payload []byte) (string, error) {
	options := (&jose.SignerOptions{}).WithType(jose.ContentType(typ)).WithHeader("kid", kid)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.PS512, Key: key}, options)
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}
