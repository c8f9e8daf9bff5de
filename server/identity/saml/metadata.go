package saml

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"
	"github.com/crewjam/saml/samlsp"

	"portalverbund/server/identity/kept"
)

const maxMetadata = 1 << 20

// Source reads the description of an identity provider from a file or an address, and again each hour. What was good is
// kept when what comes next is not (expired, not signed as it should be, out of reach); the log tells of it, and State.
type Source struct {
	Location   string              // file or https address
	Signers    []*x509.Certificate // one of them has signed it; none: it is believed for where it comes from
	Production bool                // refuse what belongs to a demonstration
	Client     *http.Client
	Log        *slog.Logger
	Now        func() time.Time

	once sync.Once
	kept *kept.Thing[*saml.EntityDescriptor]
}

func (s *Source) thing() *kept.Thing[*saml.EntityDescriptor] {
	s.once.Do(func() {
		s.kept = &kept.Thing[*saml.EntityDescriptor]{From: s.Location, Read: s.read, Log: s.Log, Now: s.Now}
	})
	return s.kept
}

// Metadata gives the description.
func (s *Source) Metadata(ctx context.Context) (*saml.EntityDescriptor, error) {
	return s.thing().Get(ctx)
}

// Refresh reads the description now.
func (s *Source) Refresh(ctx context.Context) kept.State { return s.thing().Refresh(ctx) }

// State says how the reading stands.
func (s *Source) State() kept.State { return s.thing().State() }

// About tells of the description in use.
func (s *Source) About(ctx context.Context) kept.About {
	about := kept.About{Certificates: kept.Of("signer", s.Signers...)}
	d, err := s.Metadata(ctx)
	if err != nil { // the state tells why
		return about
	}
	about.ID, about.ValidUntil = d.EntityID, d.ValidUntil
	for _, role := range d.IDPSSODescriptors {
		for _, descriptor := range role.KeyDescriptors {
			if descriptor.Use == "encryption" {
				continue
			}
			for _, certificate := range descriptor.KeyInfo.X509Data.X509Certificates {
				if parsed, err := parseCertificate(certificate.Data); err == nil {
					about.Certificates = append(about.Certificates, kept.Of("provider", parsed)...)
				}
			}
		}
	}
	return about
}

func (s *Source) read(ctx context.Context, now time.Time) (*saml.EntityDescriptor, error) {
	data, err := s.fetch(ctx)
	if err != nil {
		return nil, err
	}
	if err := plainMetadata(data); err != nil {
		return nil, err
	}
	if data, err = s.verified(data); err != nil {
		return nil, err
	}
	d, err := samlsp.ParseMetadata(data)
	if err != nil {
		return nil, kept.Because(kept.Malformed, err)
	}
	if d.EntityID == "" || len(d.IDPSSODescriptors) == 0 {
		return nil, kept.Because(kept.Malformed, errors.New("not the description of an identity provider"))
	}
	if !d.ValidUntil.IsZero() && !now.Before(d.ValidUntil) {
		return nil, kept.Because(kept.Expired, fmt.Errorf("was good until %s", d.ValidUntil.Format(time.RFC3339)))
	}
	if err := s.checkPlaces(d); err != nil {
		return nil, kept.Because(kept.NotAllowed, err)
	}
	return d, nil
}

// verified gives what a signer has signed of the description.
func (s *Source) verified(data []byte) ([]byte, error) {
	if len(s.Signers) == 0 {
		return data, nil
	}
	document := etree.NewDocument()
	if err := document.ReadFromBytes(data); err != nil || document.Root() == nil {
		return nil, kept.Because(kept.Malformed, errors.New("not XML"))
	}
	if document.Root().SelectElement("Signature") == nil {
		return nil, kept.Because(kept.Unsigned, errors.New("it has no signature"))
	}
	signed, err := saml.VerifyMetadataSignature(data, s.Signers)
	if err != nil {
		return nil, kept.Because(kept.WrongSigner, err)
	}
	return signed, nil
}

// checkPlaces refuses, in production, addresses without https or on this machine, and keys of a demonstration.
func (s *Source) checkPlaces(d *saml.EntityDescriptor) error {
	if !s.Production {
		return nil
	}
	for _, role := range d.IDPSSODescriptors {
		for _, service := range role.SingleSignOnServices {
			u, err := url.Parse(service.Location)
			if err != nil || u.Scheme != "https" || onThisMachine(u.Hostname()) {
				return fmt.Errorf("sign-in at %.200q", service.Location)
			}
		}
		for _, descriptor := range role.KeyDescriptors {
			for _, certificate := range descriptor.KeyInfo.X509Data.X509Certificates {
				if parsed, err := parseCertificate(certificate.Data); err != nil || Demonstration(parsed) {
					return errors.New("a key that was made for a demonstration, or none")
				}
			}
		}
	}
	return nil
}

func onThisMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || (ip != nil && ip.IsLoopback())
}

func (s *Source) fetch(ctx context.Context) ([]byte, error) {
	if !strings.HasPrefix(s.Location, "https://") && !strings.HasPrefix(s.Location, "http://") {
		data, err := os.ReadFile(s.Location)
		if err != nil {
			return nil, kept.Because(kept.Unreachable, err)
		}
		return data, nil
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Location, nil)
	if err != nil {
		return nil, fmt.Errorf("fetch: %w", err)
	}
	response, err := s.Client.Do(r)
	if err != nil {
		return nil, kept.Because(kept.OfCall(err), err)
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	if response.StatusCode >= http.StatusMultipleChoices && response.StatusCode < http.StatusBadRequest {
		return nil, kept.Because(kept.Redirected, fmt.Errorf("answers %s", response.Status))
	}
	if response.StatusCode != http.StatusOK {
		return nil, kept.Because(kept.Unreachable, fmt.Errorf("answers %s", response.Status))
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, maxMetadata))
	if err != nil {
		return nil, kept.Because(kept.OfCall(err), err)
	}
	return data, nil
}
