package saml

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"slices"
	"strings"
	"time"

	"portalverbund/server/identity/kept"
	"portalverbund/server/platform/keys"
)

// demonstration marks certificates of a demonstration: an organisation in their subject. Production refuses them.
const demonstration = "Portalverbund demonstration, not for production"

const (
	keyBits = 3072
	keyLife = 3 * 365 * 24 * time.Hour
)

// KeyPair is what a service provider signs with and is encrypted to.
type KeyPair struct {
	Key         *rsa.PrivateKey
	Certificate *x509.Certificate
	Retired     []*rsa.PrivateKey
}

// NewKey makes a key with a certificate of its own, as PEM, for a host.
func NewKey(host string, demo bool, now time.Time) ([]byte, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, fmt.Errorf("make certificate: %w", err)
	}
	subject := pkix.Name{CommonName: host}
	if demo {
		subject.Organization = []string{demonstration}
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: subject, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(keyLife),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment, BasicConstraintsValid: true,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make certificate: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("write key: %w", err)
	}
	return slices.Concat(
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}),
	), nil
}

// LoadKey reads a PEM file with a private key (RSA) and its certificate; further private keys still decrypt. A file that others
// may read is refused.
func LoadKey(path string) (KeyPair, error) {
	data, err := keys.ReadPrivate(path)
	if err != nil {
		return KeyPair{}, fmt.Errorf("read key: %w", err)
	}
	pair, err := ParseKey(data)
	if err != nil {
		return KeyPair{}, fmt.Errorf("read key %s: %w", path, err)
	}
	return pair, nil
}

// ParseKey reads what LoadKey reads from a file.
func ParseKey(data []byte) (KeyPair, error) {
	var pair KeyPair
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "CERTIFICATE":
			certificate, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return pair, errors.New("a certificate that cannot be read")
			}
			if pair.Certificate == nil {
				pair.Certificate = certificate
			}
		case "PRIVATE KEY", "RSA PRIVATE KEY":
			key, err := parsePrivate(block.Bytes)
			if err != nil {
				return pair, err
			}
			if pair.Key == nil {
				pair.Key = key
			} else {
				pair.Retired = append(pair.Retired, key)
			}
		}
	}
	if pair.Key == nil || pair.Certificate == nil {
		return pair, errors.New("key and certificate must both be there")
	}
	return pair, nil
}

func parsePrivate(der []byte) (*rsa.PrivateKey, error) {
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key, nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, errors.New("a key that cannot be read")
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("a key that is not RSA")
	}
	return key, nil
}

// Demonstration says whether a certificate was made for a demonstration.
func Demonstration(c *x509.Certificate) bool {
	return slices.Contains(c.Subject.Organization, demonstration)
}

// LoadCertificates reads the certificates of a file (PEM): the next one of who signs may stand there beside the one of now.
func LoadCertificates(path string) ([]*x509.Certificate, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	var found []*x509.Certificate
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("read certificate %s: %w", path, err)
		}
		found = append(found, certificate)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("read certificate %s: none in it", path)
	}
	return found, nil
}

func parseCertificate(text string) (*x509.Certificate, error) {
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return nil, errors.New("not base64")
	}
	return x509.ParseCertificate(der)
}

// plainMetadata refuses document types, whose entities grow. Descriptions may have comments.
func plainMetadata(data []byte) error {
	if len(data) >= maxMetadata {
		return kept.Because(kept.TooLarge, fmt.Errorf("%d bytes and more", maxMetadata))
	}
	decoder := xml.NewDecoder(bytes.NewReader(data))
	for {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return kept.Because(kept.Malformed, errors.New("not XML"))
		}
		if _, found := token.(xml.Directive); found {
			return kept.Because(kept.Malformed, errors.New("a document type"))
		}
	}
}
