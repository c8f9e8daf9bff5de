package account

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

// organisation marks the key as one of a demonstration: no portal in production believes it.
const organisation = "Portalverbund demonstration, not for production"

const keyBits = 2048

func random() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	return "id-" + hex.EncodeToString(b)
}

// loadKey reads the key of a folder, or makes one there.
func loadKey(dir string) (*rsa.PrivateKey, *x509.Certificate, error) {
	path := filepath.Join(dir, "key.pem")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = makeKey(dir, path)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("key: %w", err)
	}
	first, rest := pem.Decode(text)
	second, _ := pem.Decode(rest)
	if first == nil || second == nil {
		return nil, nil, fmt.Errorf("key: %s is not PEM", path)
	}
	key, err := x509.ParsePKCS1PrivateKey(first.Bytes)
	if err != nil {
		return nil, nil, fmt.Errorf("key: %w", err)
	}
	certificate, err := x509.ParseCertificate(second.Bytes)
	return key, certificate, err
}

func makeKey(dir, path string) ([]byte, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "Ausweisen (Beispiel)", Organization: []string{organisation}},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(5, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	text := append(
		pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})...,
	)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return text, os.WriteFile(path, text, 0o600)
}
