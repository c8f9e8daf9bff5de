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
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
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
	ocsp                string // where it tells which certificates were revoked; empty: nowhere
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
func certify(name string, ca bool, usage x509.KeyUsage, public any, issuer *x509.Certificate, signer crypto.Signer, ocsp ...string) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(certificateLife),
		KeyUsage: usage, IsCA: ca, BasicConstraintsValid: true, OCSPServer: ocsp,
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
	var ocsp []string
	if a.ocsp != "" {
		ocsp = []string{a.ocsp}
	}
	leaf, err := certify("Zustellpunkt (Beispiel)", false, usage, public, a.between, a.betweenKey, ocsp...)
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

// renewBefore is when keys are made anew before their certificates run out.
const renewBefore = 60 * 24 * time.Hour

// KeepKeys reads keys from a file that it has written before; where there is none, or their certificates run out soon, it makes them.
func KeepKeys(path string) (Keys, error) {
	text, err := os.ReadFile(path)
	if err == nil {
		if k, err := parseKeys(text); err == nil && time.Now().Add(renewBefore).Before(k.authority.root.NotAfter) {
			return k, nil
		}
	}
	k, err := NewKeys()
	if err != nil {
		return k, err
	}
	if text, err = k.pem(); err != nil {
		return k, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return k, fmt.Errorf("keep keys: %w", err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return k, fmt.Errorf("keep keys: %w", err)
	}
	return k, nil
}

// pem writes the private keys in a fixed order, and the certificates of the authority.
func (k Keys) pem() (out []byte, err error) {
	for _, private := range []any{k.decryption, k.signing, k.service, k.authority.rootKey, k.authority.betweenKey} {
		der, err := x509.MarshalPKCS8PrivateKey(private)
		if err != nil {
			return nil, fmt.Errorf("keep keys: %w", err)
		}
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})...)
	}
	for _, c := range []*x509.Certificate{k.authority.root, k.authority.between} {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return out, nil
}

func parseKeys(text []byte) (k Keys, err error) {
	var private []any
	var certificates []*x509.Certificate
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if block.Type == "CERTIFICATE" {
			c, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return k, err
			}
			certificates = append(certificates, c)
			continue
		}
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return k, err
		}
		private = append(private, key)
	}
	if len(private) != 5 || len(certificates) != 2 {
		return k, errors.New("not the keys of a stand-in")
	}
	var right [5]bool
	k.decryption, right[0] = private[0].(*rsa.PrivateKey)
	k.signing, right[1] = private[1].(*rsa.PrivateKey)
	k.service, right[2] = private[2].(*rsa.PrivateKey)
	k.authority.rootKey, right[3] = private[3].(*ecdsa.PrivateKey)
	k.authority.betweenKey, right[4] = private[4].(*ecdsa.PrivateKey)
	if right != [5]bool{true, true, true, true, true} {
		return k, errors.New("not the keys of a stand-in")
	}
	k.authority.root, k.authority.between = certificates[0], certificates[1]
	return k, nil
}
