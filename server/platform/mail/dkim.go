package mail

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/emersion/go-msgauth/dkim"
	gomail "github.com/wneessen/go-mail"
)

// DKIM signs mails in the name of the sender's domain (RFC 6376), where the mail server does not.
type DKIM struct {
	Selector string // the record is at <selector>._domainkey.<domain>
	Key      crypto.Signer
}

const minDKIMBits = 2048

var selectors = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)

// ParseDKIM reads a private key (PEM, PKCS #8 or #1): RSA with 2048 bits or more, or Ed25519.
func ParseDKIM(selector string, key []byte) (*DKIM, error) {
	if !selectors.MatchString(selector) {
		return nil, errors.New("the selector is letters, digits and dashes, 63 at most")
	}
	block, _ := pem.Decode(key)
	if block == nil {
		return nil, errors.New("the file holds no key (PEM)")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	}
	if err != nil {
		return nil, errors.New("the file holds no private key (PKCS #8)") // err may hold a part of it
	}
	switch k := parsed.(type) {
	case *rsa.PrivateKey:
		if k.N.BitLen() < minDKIMBits {
			return nil, fmt.Errorf("the key has less than %d bits", minDKIMBits)
		}
		return &DKIM{Selector: selector, Key: k}, nil
	case ed25519.PrivateKey:
		return &DKIM{Selector: selector, Key: k}, nil
	}
	return nil, errors.New("the key is neither RSA nor Ed25519")
}

// sign adds the header with the signature. What is added to a mail on its way, such as a list's footer, makes it invalid; headers that are not there are
// signed as missing, so that nobody adds a second sender.
func (d *DKIM) sign(letter *gomail.Msg, domain string) error {
	signer, err := dkim.NewSigner(&dkim.SignOptions{
		Domain: domain, Selector: d.Selector, Signer: d.Key, HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
		HeaderKeys: []string{"From", "From", "To", "To", "Subject", "Subject", "Date", "Date", "Message-ID", "Message-ID", "MIME-Version", "Content-Type", "Auto-Submitted"},
	})
	if err != nil {
		return fmt.Errorf("sign mail: %w", err)
	}
	var content bytes.Buffer
	if _, err := letter.WriteTo(&content); err != nil {
		return errors.Join(fmt.Errorf("sign mail: %w", err), signer.Close())
	}
	if _, err := signer.Write(content.Bytes()); err != nil {
		return fmt.Errorf("sign mail: %w", err)
	}
	if err := signer.Close(); err != nil {
		return fmt.Errorf("sign mail: %w", err)
	}
	_, value, _ := strings.Cut(signer.Signature(), ": ")
	letter.SetGenHeaderPreformatted("DKIM-Signature", strings.TrimRight(value, "\r\n"))
	return nil
}
