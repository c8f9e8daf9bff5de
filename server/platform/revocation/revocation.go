// Package revocation asks whether certificates were revoked since they were issued: by OCSP (RFC 6960, RFC 5019), or by the list of who issued them (CRL,
// RFC 5280). Answers are signed, so they may come by plain http, as they mostly do.
//
// It asks where the certificate says that one can ask. What names nobody cannot be asked about, and passes: who trusts its issuer has to know whether that is
// enough. Where an answer can be asked for and none is to be had, nothing passes.
package revocation

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ocsp"

	"portalverbund/server/platform/outbound"
)

const (
	timeout   = 10 * time.Second // of one answer
	maxOCSP   = 64 << 10         // bytes
	maxList   = 20 << 20         // bytes of a CRL; those of large trust centres have a few
	skew      = 5 * time.Minute  // by which the clock of who answers may be ahead
	longest   = 24 * time.Hour   // that an answer is remembered
	undated   = 24 * time.Hour   // that an answer counts which names no end
	remembers = 1000             // answers
)

var (
	// ErrRevoked says that a certificate must not be used any more.
	ErrRevoked = errors.New("the certificate was revoked")
	// ErrUnknown says that nobody answers whether it was; another time somebody may.
	ErrUnknown = errors.New("it cannot be found out at the moment whether the certificate was revoked")
)

// Checker asks, and remembers answers as long as they count. It may be used by many at once; nil asks nothing.
type Checker struct {
	ocsp, lists *http.Client
	now         func() time.Time

	mu    sync.Mutex
	known map[[sha256.Size]byte]answer
}

type answer struct {
	revoked bool
	until   time.Time
}

// New makes a Checker. Of o, what may be called counts.
func New(o outbound.Options, now func() time.Time) *Checker {
	o.Timeout, o.AllowPlain = timeout, true
	o.MaxResponse = maxOCSP
	c := &Checker{ocsp: outbound.Client(o), now: now, known: map[[sha256.Size]byte]answer{}}
	o.MaxResponse = maxList
	c.lists = outbound.Client(o)
	return c
}

// Check asks about each certificate of a verified chain, the one of the holder first, but not about the last, which is trusted as it is: ErrRevoked, ErrUnknown.
func (c *Checker) Check(ctx context.Context, chain []*x509.Certificate) error {
	if c == nil {
		return nil
	}
	for i := 0; i+1 < len(chain); i++ {
		if err := c.one(ctx, chain[i], chain[i+1]); err != nil {
			return err
		}
	}
	return nil
}

func (c *Checker) one(ctx context.Context, certificate, issuer *x509.Certificate) error {
	if len(certificate.OCSPServer)+len(certificate.CRLDistributionPoints) == 0 {
		return nil
	}
	key := sha256.Sum256(certificate.Raw)
	a, known := c.remembered(key)
	if !known {
		var err error
		if a, err = c.ask(ctx, certificate, issuer); err != nil {
			return fmt.Errorf("%w: %w", ErrUnknown, err)
		}
		c.remember(key, a)
	}
	if a.revoked {
		return ErrRevoked
	}
	return nil
}

func (c *Checker) remembered(key [sha256.Size]byte) (answer, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, known := c.known[key]
	return a, known && c.now().Before(a.until)
}

func (c *Checker) remember(key [sha256.Size]byte, a answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) >= remembers {
		clear(c.known)
	}
	if latest := c.now().Add(longest); a.until.After(latest) {
		a.until = latest
	}
	c.known[key] = a
}

// ask asks one after the other, until somebody gives an answer that counts.
func (c *Checker) ask(ctx context.Context, certificate, issuer *x509.Certificate) (answer, error) {
	var failed error
	for _, server := range certificate.OCSPServer {
		a, err := c.askOCSP(ctx, server, certificate, issuer)
		if err == nil {
			return a, nil
		}
		failed = errors.Join(failed, fmt.Errorf("OCSP: %w", err))
	}
	for _, list := range certificate.CRLDistributionPoints {
		a, err := c.askList(ctx, list, certificate, issuer)
		if err == nil {
			return a, nil
		}
		failed = errors.Join(failed, fmt.Errorf("CRL: %w", err))
	}
	return answer{}, failed
}

func (c *Checker) askOCSP(ctx context.Context, server string, certificate, issuer *x509.Certificate) (answer, error) {
	question, err := ocsp.CreateRequest(certificate, issuer, nil)
	if err != nil {
		return answer{}, err
	}
	body, err := fetch(ctx, c.ocsp, http.MethodPost, server, question)
	if err != nil {
		return answer{}, err
	}
	got, err := ocsp.ParseResponseForCert(body, certificate, issuer)
	if err != nil {
		return answer{}, err
	}
	if err := c.mayAnswer(got.Certificate, issuer); err != nil {
		return answer{}, err
	}
	until, err := c.counts(got.ThisUpdate, got.NextUpdate)
	if err != nil {
		return answer{}, err
	}
	switch got.Status {
	case ocsp.Good:
		return answer{until: until}, nil
	case ocsp.Revoked:
		return answer{revoked: true, until: until}, nil
	}
	return answer{}, errors.New("it does not know the certificate")
}

// mayAnswer says whether who has signed an answer may: the issuer, or whom the issuer has certified for it (RFC 6960, section 4.2.2.2).
func (c *Checker) mayAnswer(signer, issuer *x509.Certificate) error {
	if signer == nil || bytes.Equal(signer.Raw, issuer.Raw) {
		return nil
	}
	now := c.now()
	switch {
	case !slices.Contains(signer.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning):
		return errors.New("it is signed by somebody who is not certified for it")
	case now.Before(signer.NotBefore) || now.After(signer.NotAfter):
		return errors.New("the certificate of who has signed it is not valid now")
	}
	return nil
}

// counts says until when an answer counts.
func (c *Checker) counts(from, until time.Time) (time.Time, error) {
	now := c.now()
	if until.IsZero() {
		until = from.Add(undated)
	}
	if from.After(now.Add(skew)) || !until.After(now) {
		return until, errors.New("the answer is not of now")
	}
	return until, nil
}

func (c *Checker) askList(ctx context.Context, address string, certificate, issuer *x509.Certificate) (answer, error) {
	body, err := fetch(ctx, c.lists, http.MethodGet, address, nil)
	if err != nil {
		return answer{}, err
	}
	list, err := x509.ParseRevocationList(body)
	if err != nil {
		return answer{}, err
	}
	if !bytes.Equal(list.RawIssuer, certificate.RawIssuer) {
		return answer{}, errors.New("it is of another issuer")
	}
	if err := list.CheckSignatureFrom(issuer); err != nil {
		return answer{}, err
	}
	for _, e := range list.Extensions {
		if err := covers(e.Id, e.Critical, e.Value, certificate); err != nil {
			return answer{}, err
		}
	}
	until, err := c.counts(list.ThisUpdate, list.NextUpdate)
	if err != nil {
		return answer{}, err
	}
	revoked := slices.ContainsFunc(list.RevokedCertificateEntries, func(e x509.RevocationListEntry) bool { return e.SerialNumber.Cmp(certificate.SerialNumber) == 0 })
	return answer{revoked: revoked, until: until}, nil
}

// issuingPoint says what a list is about (RFC 5280, section 5.2.5). The names of the point are not read: the certificate has led to it.
type issuingPoint struct {
	Point          asn1.RawValue  `asn1:"optional,tag:0"`
	UsersOnly      bool           `asn1:"optional,tag:1"`
	AuthorityOnly  bool           `asn1:"optional,tag:2"`
	SomeReasons    asn1.BitString `asn1:"optional,tag:3"`
	Indirect       bool           `asn1:"optional,tag:4"`
	AttributesOnly bool           `asn1:"optional,tag:5"`
}

// covers refuses a list that need not name a certificate although it was revoked, or that says more than is understood here.
func covers(id asn1.ObjectIdentifier, critical bool, value []byte, certificate *x509.Certificate) error {
	if !critical {
		return nil
	}
	if !id.Equal(asn1.ObjectIdentifier{2, 5, 29, 28}) { // such as the mark of a list of changes only
		return errors.New("the list has an extension that is not understood")
	}
	var p issuingPoint
	if rest, err := asn1.Unmarshal(value, &p); err != nil || len(rest) > 0 {
		return errors.New("what the list is about cannot be read")
	}
	if p.SomeReasons.BitLength > 0 || p.Indirect || p.AttributesOnly || p.UsersOnly && certificate.IsCA || p.AuthorityOnly && !certificate.IsCA {
		return errors.New("the list is about other certificates")
	}
	return nil
}

func fetch(ctx context.Context, client *http.Client, method, address string, question []byte) ([]byte, error) {
	if u, err := url.Parse(address); err != nil || u.Host == "" || !strings.HasPrefix(u.Scheme, "http") || u.User != nil {
		return nil, errors.New("the address is none that can be asked")
	}
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(question))
	if err != nil {
		return nil, err
	}
	if question != nil {
		request.Header.Set("Content-Type", "application/ocsp-request")
		request.Header.Set("Accept", "application/ocsp-response")
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("answered with status %d", response.StatusCode)
	}
	return io.ReadAll(response.Body)
}
