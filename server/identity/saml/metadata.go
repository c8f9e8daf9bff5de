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

	"github.com/crewjam/saml"
	"github.com/crewjam/saml/samlsp"
)

const (
	metadataKept  = time.Hour
	metadataAgain = 20 * time.Second // after a failure
	maxMetadata   = 1 << 20
)

// Source reads the description of an identity provider from a file or an address, and again each hour. What was good is
// kept when what comes next is not (expired, not signed as it should be, out of reach); the log tells of it.
type Source struct {
	Location   string // file or https address
	Signer     *x509.Certificate
	Production bool // refuse what belongs to a demonstration
	Client     *http.Client
	Log        *slog.Logger
	Now        func() time.Time

	mu      sync.Mutex
	known   *saml.EntityDescriptor
	nextAt  time.Time
	failure error
}

// Metadata gives the description.
func (s *Source) Metadata(ctx context.Context) (*saml.EntityDescriptor, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.Now()
	if now.Before(s.nextAt) {
		return s.known, s.failureNow()
	}
	found, err := s.read(ctx, now)
	if err != nil {
		if ctx.Err() != nil {
			return s.known, s.orError(ctx.Err())
		}
		s.failure, s.nextAt = err, now.Add(metadataAgain)
		s.Log.ErrorContext(ctx, "description of an identity provider is not usable", "from", s.Location, "keptTheLast", s.known != nil, "error", err)
		return s.known, s.failureNow()
	}
	s.known, s.failure, s.nextAt = found, nil, now.Add(metadataKept)
	return found, nil
}

func (s *Source) failureNow() error {
	if s.known != nil {
		return nil
	}
	return s.failure
}

func (s *Source) orError(err error) error {
	if s.known != nil {
		return nil
	}
	return err
}

func (s *Source) read(ctx context.Context, now time.Time) (*saml.EntityDescriptor, error) {
	data, err := s.fetch(ctx)
	if err != nil {
		return nil, err
	}
	if err := plainMetadata(data); err != nil {
		return nil, err
	}
	if s.Signer != nil {
		if data, err = saml.VerifyMetadataSignature(data, []*x509.Certificate{s.Signer}); err != nil {
			return nil, fmt.Errorf("its signature: %w", err)
		}
	}
	d, err := samlsp.ParseMetadata(data)
	if err != nil {
		return nil, fmt.Errorf("parse: %w", err)
	}
	if d.EntityID == "" || len(d.IDPSSODescriptors) == 0 {
		return nil, errors.New("not the description of an identity provider")
	}
	if !d.ValidUntil.IsZero() && !now.Before(d.ValidUntil) {
		return nil, errors.New("expired")
	}
	return d, s.checkPlaces(d)
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
		return os.ReadFile(s.Location)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Location, nil)
	if err != nil {
		return nil, fmt.Errorf("fetch: %w", err)
	}
	response, err := s.Client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("fetch: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch: %s", response.Status)
	}
	return io.ReadAll(io.LimitReader(response.Body, maxMetadata))
}
