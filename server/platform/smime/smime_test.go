package smime_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"portalverbund/server/platform/smime"
	"portalverbund/server/platform/smime/smimetest"
)

const office = "eingang@amt.example"

func recipient(t *testing.T, pair smimetest.Pair, roots []byte) smime.Recipient {
	t.Helper()
	r, err := smime.ParseRecipient(office, pair.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	if roots != nil {
		r.Roots = x509.NewCertPool()
		r.Roots.AppendCertsFromPEM(roots)
	}
	return r
}

func TestSeal_OpenSSLReadsAndVerifiesEveryByte(t *testing.T) {
	t.Parallel()
	ca := smimetest.NewAuthority(t)
	pair, own := ca.Certify(t, office), ca.Certify(t, "portal@kreis.example")
	signer, err := smime.ParseSigner(own.Certificate, own.Key)
	if err != nil {
		t.Fatal(err)
	}
	photo := make([]byte, 100_001)
	_, _ = rand.Read(photo)
	files := []smime.File{
		{Name: "Antrag für Müll.pdf", MediaType: "application/pdf", Size: int64(len(photo)), Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(photo)), nil }},
		{Name: "leer.json", MediaType: "application/json", Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("")), nil }},
	}
	const text = "Guten Tag,\n.\nFrom here\nÄpfel und eine sehr lange Zeile: Lorem ipsum dolor sit amet, consectetur adipisici elit, sed eiusmod tempor incidunt\n"
	for name, by := range map[string]*smime.Signer{"signed": signer, "not signed": nil} {
		sealed, err := smime.Seal(recipient(t, pair, ca.PEM), by, time.Now(), text, files)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(sealed, []byte("Guten")) || bytes.Contains(sealed, []byte(base64.StdEncoding.EncodeToString(photo[:30]))) {
			t.Errorf("%s: content is readable", name)
		}
		mail := []byte("MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n" + wrapped(sealed))
		content, structure := smimetest.Decrypt(t, mail, pair)
		if !strings.Contains(structure, "aes-256-cbc") {
			t.Errorf("%s: encrypted with %s", name, structure)
		}
		if by != nil {
			content = smimetest.Verify(t, content, ca)
		}
		got := read(t, content)
		if got[0] != strings.ReplaceAll(text, "\n", "\r\n") || got[1] != string(photo) || got[2] != "" {
			t.Errorf("%s: other content was read", name)
		}
		if over := smime.Size(files) - int64(len(mail)); over < 0 {
			t.Errorf("%s: the mail is %d bytes larger than was reckoned", name, -over)
		}
	}
}

func wrapped(content []byte) string {
	const line = 57 // bytes, 76 characters
	var b strings.Builder
	for len(content) > 0 {
		take := min(line, len(content))
		b.WriteString(base64.StdEncoding.EncodeToString(content[:take]) + "\r\n")
		content = content[take:]
	}
	return b.String()
}

// read gives the parts of a mail.
func read(t *testing.T, content []byte) (parts []string) {
	t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	reader := multipart.NewReader(m.Body, params["boundary"])
	for {
		p, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return parts
		}
		if err != nil {
			t.Fatal(err)
		}
		body := io.Reader(p)
		if p.Header.Get("Content-Transfer-Encoding") == "base64" {
			body = base64.NewDecoder(base64.StdEncoding, p)
		}
		text, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, string(text))
	}
}

func TestCheck_CertificateThatIsNotRight_NothingIsEncrypted(t *testing.T) {
	t.Parallel()
	ca, other := smimetest.NewAuthority(t), smimetest.NewAuthority(t)
	elliptical, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		pair  smimetest.Pair
		roots []byte
		want  error
	}{
		"right":                  {ca.Certify(t, office), ca.PEM, nil},
		"right, no roots stated": {ca.Certify(t, office), nil, nil},
		"names no address":       {ca.Certify(t, office, func(c *x509.Certificate) { c.EmailAddresses = nil }), nil, nil},
		"run out": {ca.Certify(t, office, func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().AddDate(-2, 0, 0), time.Now().Add(-time.Minute)
		}), ca.PEM, smime.ErrExpired},
		"not valid yet":       {ca.Certify(t, office, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }), ca.PEM, smime.ErrNotYet},
		"for signing only":    {ca.Certify(t, office, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature }), ca.PEM, smime.ErrUsage},
		"for web servers":     {ca.Certify(t, office, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }), ca.PEM, smime.ErrUsage},
		"another address":     {ca.Certify(t, "jemand@amt.example"), ca.PEM, smime.ErrAddress},
		"certified by others": {other.Certify(t, office), ca.PEM, smime.ErrUntrusted},
		"elliptic curve":      {ca.CertifyKey(t, office, elliptical, elliptical.Public()), ca.PEM, smime.ErrKey},
		"a short key":         {ca.CertifyKey(t, office, short, short.Public()), ca.PEM, smime.ErrKey},
		"an authority":        {smimetest.Pair{Certificate: ca.PEM}, nil, smime.ErrKey},
	} {
		r := recipient(t, c.pair, c.roots)
		if err := r.Check(time.Now()); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if _, err := smime.Seal(r, nil, time.Now(), "x", nil); !errors.Is(err, c.want) {
			t.Errorf("%s: sealed with %v, want %v", name, err, c.want)
		}
	}
	if _, err := smime.ParseRecipient(office, []byte("kein PEM")); !errors.Is(err, smime.ErrNotCertificate) {
		t.Errorf("no certificate: %v", err)
	}
}
