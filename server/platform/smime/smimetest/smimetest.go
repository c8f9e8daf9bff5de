// Package smimetest makes certificates for mails in tests, and reads mails with OpenSSL, another program than the one that wrote them.
package smimetest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Pair is a certificate with its key, as PEM.
type Pair struct{ Certificate, Key []byte }

// Authority certifies.
type Authority struct {
	PEM []byte

	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// NewAuthority makes a root.
func NewAuthority(t *testing.T) Authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Verwaltungs-PKI (Beispiel)"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(10, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	certificate, err := x509.ParseCertificate(der)
	must(t, err)
	return Authority{PEM: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), certificate: certificate, key: key}
}

// List is the authority's list of revoked certificates (CRL), in DER.
func (a Authority) List(t *testing.T, revoked ...Pair) []byte {
	t.Helper()
	list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Now().Add(-time.Minute), NextUpdate: time.Now().Add(time.Hour)}
	for _, p := range revoked {
		block, _ := pem.Decode(p.Certificate)
		c, err := x509.ParseCertificate(block.Bytes)
		must(t, err)
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: c.SerialNumber, RevocationTime: time.Now().Add(-time.Hour)})
	}
	der, err := x509.CreateRevocationList(rand.Reader, list, a.certificate, a.key)
	must(t, err)
	return der
}

// Certify makes a certificate for mails to an address; change makes it another one.
func (a Authority) Certify(t *testing.T, address string, change ...func(*x509.Certificate)) Pair {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	return a.CertifyKey(t, address, key, key.Public(), change...)
}

// CertifyKey does so for a key that is there.
func (a Authority) CertifyKey(t *testing.T, address string, key, public any, change ...func(*x509.Certificate)) Pair {
	t.Helper()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Amt (Beispiel)"}, EmailAddresses: []string{address}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageKeyEncipherment | x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection},
	}
	for _, fn := range change {
		fn(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, public, a.key)
	must(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	return Pair{
		Certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), Key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
	}
}

// Decrypt opens a mail with OpenSSL, and gives what it says of the encryption, too.
func Decrypt(t *testing.T, mail []byte, to Pair) (content []byte, structure string) {
	t.Helper()
	in := file(t, "mail.eml", mail)
	content = openssl(t, "cms", "-decrypt", "-in", in, "-recip", file(t, "to.pem", to.Certificate), "-inkey", file(t, "to.key", to.Key))
	return content, string(openssl(t, "cms", "-cmsout", "-print", "-noout", "-in", in))
}

// Verify checks a signature with OpenSSL, and gives what was signed.
func Verify(t *testing.T, content []byte, by Authority) []byte {
	t.Helper()
	return openssl(t, "cms", "-verify", "-in", file(t, "signed.eml", content), "-CAfile", file(t, "roots.pem", by.PEM), "-purpose", "smimesign")
}

func openssl(t *testing.T, args ...string) []byte {
	t.Helper()
	path, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("OpenSSL is not installed: nobody else reads the mail")
	}
	var out, problems bytes.Buffer
	command := exec.CommandContext(t.Context(), path, args...)
	command.Stdout, command.Stderr = &out, &problems
	if err := command.Run(); err != nil {
		t.Fatalf("openssl %v: %v\n%s", args[:2], err, problems.String())
	}
	return out.Bytes()
}

func file(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	must(t, os.WriteFile(path, content, 0o600))
	return path
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
