// Package smime makes mails that only their recipient can read: signed (CMS SignedData), then encrypted to the recipient's certificate (CMS
// EnvelopedData), as S/MIME 4.0 describes it (RFC 8551, RFC 5652).
//
// The content is encrypted with AES-256 in CBC, its key with RSA (PKCS #1 v1.5): what every mail program that offices use can open. The newer
// AuthEnvelopedData with GCM (RFC 5083) cannot be opened by several of them, and the library does not write it.
package smime

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/smallstep/pkcs7"
)

const (
	minBits    = 2048 // of an RSA key
	lineLength = 76   // characters of base64 (RFC 2045, section 6.8)
	crlf       = "\r\n"
)

// Why nothing can be encrypted to a certificate.
var (
	ErrNotCertificate = errors.New("the file holds no certificate (PEM)")
	ErrExpired        = errors.New("the certificate has run out")
	ErrNotYet         = errors.New("the certificate is not valid yet")
	ErrKey            = errors.New("the certificate's key is not RSA with 2048 bits or more")
	ErrUsage          = errors.New("the certificate is not for encrypting mails")
	ErrAddress        = errors.New("the certificate is for another mail address")
	ErrUntrusted      = errors.New("the certificate does not lead to the configured roots")
	errWeak           = errors.New("the content was not encrypted with AES-256")
)

// Recipient is whom a mail is encrypted for.
type Recipient struct {
	Address     string
	Certificate *x509.Certificate
	Chain       []*x509.Certificate // what the file has beside it
	Roots       *x509.CertPool      // nil: the certificate itself is trusted, as somebody has put it there
}

// ParseRecipient reads a certificate, and what certifies it, from PEM. The first certificate is the recipient's.
func ParseRecipient(address string, data []byte) (Recipient, error) {
	r := Recipient{Address: address}
	for {
		var block *pem.Block
		block, data = pem.Decode(data)
		if block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return r, errors.Join(ErrNotCertificate, err)
		}
		if r.Certificate == nil {
			r.Certificate = certificate
		} else {
			r.Chain = append(r.Chain, certificate)
		}
	}
	if r.Certificate == nil {
		return r, ErrNotCertificate
	}
	return r, nil
}

// Check says why nothing can be encrypted for a recipient at a moment: validity, kind of key, key usage (RFC 8550, section 4.4), address, and
// who certifies it. Whether the certificate was revoked is asked with what Verify gives.
func (r Recipient) Check(now time.Time) error {
	_, err := r.Verify(now)
	return err
}

// Verify is Check, and gives the chain that leads from the certificate to a root; none where it is trusted as it is.
func (r Recipient) Verify(now time.Time) ([]*x509.Certificate, error) {
	c := r.Certificate
	switch key, isRSA := c.PublicKey.(*rsa.PublicKey); {
	case !isRSA || key.N.BitLen() < minBits:
		return nil, ErrKey
	case c.IsCA, c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageKeyEncipherment == 0, !forMail(c):
		return nil, ErrUsage
	case len(c.EmailAddresses) > 0 && !slices.ContainsFunc(c.EmailAddresses, func(known string) bool { return strings.EqualFold(known, r.Address) }):
		return nil, ErrAddress
	case now.Before(c.NotBefore):
		return nil, ErrNotYet
	case now.After(c.NotAfter):
		return nil, ErrExpired
	case r.Roots == nil:
		return nil, nil
	}
	between := x509.NewCertPool()
	for _, one := range r.Chain {
		between.AddCert(one)
	}
	verified, err := c.Verify(x509.VerifyOptions{Roots: r.Roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}})
	if err != nil {
		return nil, errors.Join(ErrUntrusted, err)
	}
	return verified[0], nil
}

// forMail says whether a certificate's extended key usage allows mail; one that names none allows everything.
func forMail(c *x509.Certificate) bool {
	if len(c.ExtKeyUsage) == 0 && len(c.UnknownExtKeyUsage) == 0 {
		return true
	}
	return slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageEmailProtection) || slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny)
}

// Signer signs mails.
type Signer struct {
	certificate *x509.Certificate
	chain       []*x509.Certificate
	key         crypto.PrivateKey
}

// ParseSigner reads a certificate with what certifies it, and its key, from PEM.
func ParseSigner(certificate, key []byte) (*Signer, error) {
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, fmt.Errorf("read certificate and key for mails: %w", err)
	}
	s := &Signer{certificate: pair.Leaf, key: pair.PrivateKey}
	for _, der := range pair.Certificate[1:] {
		one, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("read certificate for mails: %w", err)
		}
		s.chain = append(s.chain, one)
	}
	return s, nil
}

// ValidUntil is when the certificate runs out.
func (s *Signer) ValidUntil() time.Time { return s.certificate.NotAfter }

// File is something that a mail brings.
type File struct {
	Name, MediaType string
	Size            int64
	Open            func() (io.ReadCloser, error)
}

// Size is about how many bytes the sealed mail of such files has as it is sent: each byte of theirs is written in base64 twice.
func Size(files []File) int64 {
	const perMille, headers, signature = 1880, 1000, 16 << 10
	n := int64(signature)
	for _, f := range files {
		n += f.Size*perMille/1000 + headers
	}
	return n
}

// Seal gives text and files as CMS in DER for the recipient, signed when there is a signer. It checks the recipient first.
func Seal(to Recipient, by *Signer, now time.Time, text string, files []File) ([]byte, error) {
	if err := to.Check(now); err != nil {
		return nil, err
	}
	content, err := entity(text, files)
	if err != nil {
		return nil, err
	}
	if by != nil {
		if content, err = by.sign(content); err != nil {
			return nil, err
		}
	}
	return encrypt(to.Certificate, content)
}

// chooseAlgorithm sets the library's choice, which is one of the process: without it, it would take DES.
var chooseAlgorithm = sync.OnceFunc(func() { pkcs7.ContentEncryptionAlgorithm = pkcs7.EncryptionAlgorithmAES256CBC }) //nolint:gochecknoglobals // the library's choice is one

// encrypt makes EnvelopedData, and looks that it was made as asked.
func encrypt(to *x509.Certificate, content []byte) ([]byte, error) {
	chooseAlgorithm()
	sealed, err := pkcs7.Encrypt(content, []*x509.Certificate{to})
	if err != nil {
		return nil, fmt.Errorf("encrypt mail: %w", err)
	}
	algorithm, err := asn1.Marshal(pkcs7.OIDEncryptionAlgorithmAES256CBC)
	if err != nil {
		return nil, err
	}
	const head = 4096 // the algorithm stands before the content, after the recipient
	if !bytes.Contains(sealed[:min(head, len(sealed))], algorithm) {
		return nil, errWeak
	}
	return sealed, nil
}

// sign puts content before its detached signature (multipart/signed, RFC 1847), as a program that reads no signatures can show it, too.
func (s *Signer) sign(content []byte) ([]byte, error) {
	data, err := pkcs7.NewSignedData(content)
	if err != nil {
		return nil, fmt.Errorf("sign mail: %w", err)
	}
	data.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	if err := data.AddSignerChain(s.certificate, s.key, s.chain, pkcs7.SignerInfoConfig{}); err != nil {
		return nil, fmt.Errorf("sign mail: %w", err)
	}
	data.Detach()
	signature, err := data.Finish()
	if err != nil {
		return nil, fmt.Errorf("sign mail: %w", err)
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	boundary := w.Boundary()
	fmt.Fprintf(&body, "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256;\r\n boundary=%s\r\n\r\n--%s\r\n", boundary, boundary)
	body.Write(content)
	fmt.Fprintf(&body, "\r\n--%s\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n"+
		"Content-Disposition: attachment; filename=smime.p7s\r\n\r\n", boundary)
	if err := writeBase64(&body, bytes.NewReader(signature)); err != nil {
		return nil, err
	}
	fmt.Fprintf(&body, "\r\n--%s--\r\n", boundary)
	return body.Bytes(), nil
}

// entity writes text and files as MIME (RFC 2045, 2046), with its headers.
func entity(text string, files []File) ([]byte, error) {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	fmt.Fprintf(&body, "Content-Type: multipart/mixed;\r\n boundary=%s\r\n\r\n", w.Boundary())
	part, err := w.CreatePart(textproto.MIMEHeader{"Content-Type": {"text/plain; charset=UTF-8"}, "Content-Transfer-Encoding": {"quoted-printable"}})
	if err != nil {
		return nil, fmt.Errorf("write mail: %w", err)
	}
	quoted := quotedprintable.NewWriter(part)
	if _, err := io.WriteString(quoted, strings.ReplaceAll(text, "\n", crlf)); err != nil {
		return nil, fmt.Errorf("write mail: %w", err)
	}
	if err := quoted.Close(); err != nil {
		return nil, fmt.Errorf("write mail: %w", err)
	}
	for _, f := range files {
		if err := addFile(w, f); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("write mail: %w", err)
	}
	return body.Bytes(), nil
}

func addFile(w *multipart.Writer, f File) error {
	content, err := f.Open()
	if err != nil {
		return fmt.Errorf("open attachment: %w", err)
	}
	defer func() { _ = content.Close() }() // it was only read
	part, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Type": {f.MediaType}, "Content-Transfer-Encoding": {"base64"},
		"Content-Disposition": {mime.FormatMediaType("attachment", map[string]string{"filename": f.Name})},
	})
	if err != nil {
		return fmt.Errorf("write mail: %w", err)
	}
	return writeBase64(part, content)
}

// writeBase64 writes in lines, as mail servers want them.
func writeBase64(w io.Writer, content io.Reader) error {
	encoder := base64.NewEncoder(base64.StdEncoding, &lines{w: w})
	if _, err := io.Copy(encoder, content); err != nil {
		return fmt.Errorf("write mail: %w", err)
	}
	return encoder.Close()
}

// lines breaks what is written to it.
type lines struct {
	w  io.Writer
	at int
}

// Write writes p with a line break after each full line.
func (l *lines) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		if l.at == lineLength {
			if _, err := io.WriteString(l.w, crlf); err != nil {
				return n, err
			}
			l.at = 0
		}
		take := min(len(p), lineLength-l.at)
		written, err := l.w.Write(p[:take])
		n += written
		l.at += written
		if err != nil {
			return n, err
		}
		p = p[take:]
	}
	return n, nil
}
