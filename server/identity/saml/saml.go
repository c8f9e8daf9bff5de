// Package saml is a portal as SAML 2.0 service provider of one identity provider, such as BundID or Mein Unternehmenskonto.
// Parsing, decryption and signatures are crewjam/saml's; what it lets through and this portal does not is refused here: a
// response must hold exactly one assertion, encrypted, signed by itself, with algorithms of today, fresh, for this portal's
// own request, and never seen before.
package saml

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"
)

// DefaultSkew is how much clocks may differ.
const DefaultSkew = time.Minute

// maxResponse is the longest response that is read, in bytes of base64: some attributes and certificates.
const maxResponse = 256 << 10

// maxLife is the longest time for which an assertion may be good. A longer one counts no longer.
const maxLife = 15 * time.Minute

var (
	// ErrCancelled is the cause of an error when the person gave up at the identity provider, or it could not do what was asked.
	ErrCancelled = errors.New("no assertion was given")
	// ErrRefused is the cause of an error when a response is not right.
	ErrRefused = errors.New("response refused")
	// ErrUnreachable is the cause of an error when nothing is known of the identity provider.
	ErrUnreachable = errors.New("identity provider is not reachable")
)

// Config is what a Provider is made of.
type Config struct {
	EntityID    string // of this service provider, and the address of its metadata
	Consumer    string // address that takes responses
	Key         *rsa.PrivateKey
	Certificate *x509.Certificate
	Retired     []*rsa.PrivateKey // still decrypt, while a new certificate gets around
	// Metadata gives the identity provider's description.
	Metadata func(ctx context.Context) (*saml.EntityDescriptor, error)
	// Contexts are the AuthnContextClassRefs to ask for, by level of this portal; none: it is not asked for.
	Contexts map[string]string
	// Extension is what an identity provider wants in the request's Extensions; nil: nothing.
	Extension func(level string) *etree.Element
	// AllowCBC takes AES-CBC when the whole response is signed, for identity providers that cannot do AES-GCM.
	AllowCBC bool
	// Consume notes the id of an assertion, and says whether it is new. The note must last until the time given.
	Consume func(ctx context.Context, id string, until time.Time) (fresh bool, err error)
	Skew    time.Duration // default DefaultSkew
	Now     func() time.Time
}

// Provider is the link to one identity provider.
type Provider struct{ config Config }

// New makes a Provider.
func New(c Config) (*Provider, error) {
	for _, address := range []string{c.EntityID, c.Consumer} {
		if u, err := url.Parse(address); err != nil || u.Host == "" {
			return nil, fmt.Errorf("%q is not an address", address)
		}
	}
	if c.Key == nil || c.Certificate == nil {
		return nil, errors.New("key and certificate are missing")
	}
	if public, ok := c.Certificate.PublicKey.(*rsa.PublicKey); !ok || !public.Equal(c.Key.Public()) {
		return nil, errors.New("the certificate is not that of the key")
	}
	if c.Skew == 0 {
		c.Skew = DefaultSkew
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Provider{c}, nil
}

// Request is an AuthnRequest for the browser to carry (binding HTTP-POST).
type Request struct {
	ID       string // that the response must answer
	Address  string // where it goes
	Document string // SAMLRequest: base64
}

// Assertion is what an identity provider says of a person, checked.
type Assertion struct {
	ID         string
	Issuer     string
	Context    string // AuthnContextClassRef
	At         time.Time
	Attributes map[string][]string // by name
}

// serviceProvider makes the library's own part for one exchange.
func (p *Provider) serviceProvider(ctx context.Context) (*saml.ServiceProvider, error) {
	metadata, err := p.config.Metadata(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	sp, err := p.bare()
	if err != nil {
		return nil, err
	}
	sp.IDPMetadata = metadata
	sp.ReplayCache = replays{ctx: ctx, consume: p.config.Consume}
	return sp, nil
}

func (p *Provider) bare() (*saml.ServiceProvider, error) {
	c := p.config
	consumer, err := url.Parse(c.Consumer)
	if err != nil {
		return nil, fmt.Errorf("address of responses: %w", err)
	}
	metadata, err := url.Parse(c.EntityID)
	if err != nil {
		return nil, fmt.Errorf("entity id: %w", err)
	}
	clock := dsig.NewFakeClockAt(c.Now()) // one exchange has one time
	return &saml.ServiceProvider{
		EntityID: c.EntityID, MetadataURL: *metadata, AcsURL: *consumer, Key: c.Key, Certificate: c.Certificate, DecryptionKeys: c.Retired,
		AuthnNameIDFormat: saml.UnspecifiedNameIDFormat, SignatureMethod: dsig.RSASHA256SignatureMethod, Clock: clock,
		AssertionConsumerServiceBindings: []string{saml.HTTPPostBinding},
		RejectSHA1Signatures:             true, RejectUnknownConditions: true, RejectExpiredIDPMetadata: true, RequireSignedResponseForCBC: true,
	}, nil
}

// replays notes assertions for the library.
type replays struct {
	ctx     context.Context //nolint:containedctx // the library's interface has none
	consume func(ctx context.Context, id string, until time.Time) (bool, error)
}

// Consume implements saml.AssertionReplayCache.
func (r replays) Consume(id string, until time.Time) error {
	fresh, err := r.consume(r.ctx, id, until)
	if err == nil && !fresh {
		err = saml.ErrAssertionReplayed
	}
	return err
}

// Metadata describes this service provider, signed.
func (p *Provider) Metadata() ([]byte, error) {
	sp, err := p.bare()
	if err != nil {
		return nil, err
	}
	signed, err := sp.SignedMetadata()
	if err != nil {
		return nil, fmt.Errorf("sign metadata: %w", err)
	}
	document := etree.NewDocument()
	document.SetRoot(signed)
	return document.WriteToBytes()
}

// Start makes a signed request for a level of this portal. With force the person proves who they are again, also when the
// identity provider knows them still.
func (p *Provider) Start(ctx context.Context, level string, force bool) (Request, error) {
	sp, err := p.serviceProvider(ctx)
	if err != nil {
		return Request{}, err
	}
	address := sp.GetSSOBindingLocation(saml.HTTPPostBinding)
	if address == "" {
		return Request{}, fmt.Errorf("%w: its metadata names no address for HTTP-POST", ErrUnreachable)
	}
	if asked := p.config.Contexts[level]; asked != "" {
		sp.RequestedAuthnContext = &saml.RequestedAuthnContext{Comparison: "minimum", AuthnContextClassRefs: []string{asked}}
	}
	sp.ForceAuthn = &force
	method := sp.SignatureMethod
	sp.SignatureMethod = "" // signed here, with the extension in it
	request, err := sp.MakeAuthenticationRequest(address, saml.HTTPPostBinding, saml.HTTPPostBinding)
	if err != nil {
		return Request{}, fmt.Errorf("make request: %w", err)
	}
	sp.SignatureMethod = method
	document, err := p.sign(sp, request.Element(), level)
	if err != nil {
		return Request{}, err
	}
	return Request{ID: request.ID, Address: address, Document: base64.StdEncoding.EncodeToString(document)}, nil
}

// sign puts extension and signature where the schema wants them: after the issuer, in this order: Signature, Extensions.
func (p *Provider) sign(sp *saml.ServiceProvider, request *etree.Element, level string) ([]byte, error) {
	const afterIssuer = 1
	if p.config.Extension != nil {
		extensions := etree.NewElement("samlp:Extensions")
		extensions.AddChild(p.config.Extension(level))
		request.InsertChildAt(afterIssuer, extensions)
	}
	signing, err := saml.GetSigningContext(sp)
	if err != nil {
		return nil, fmt.Errorf("sign request: %w", err)
	}
	signed, err := signing.SignEnveloped(request)
	if err != nil {
		return nil, fmt.Errorf("sign request: %w", err)
	}
	last := len(signed.Child) - 1
	signature := signed.RemoveChildAt(last)
	signed.InsertChildAt(afterIssuer, signature)
	document := etree.NewDocument()
	document.SetRoot(signed)
	return document.WriteToBytes()
}

// Finish reads the response (base64) to a request. Whatever is not right is ErrRefused, with what it was for the log.
func (p *Provider) Finish(ctx context.Context, response, requestID string) (Assertion, error) {
	sp, err := p.serviceProvider(ctx)
	if err != nil {
		return Assertion{}, err
	}
	if len(response) > maxResponse {
		return Assertion{}, fmt.Errorf("%w: too long", ErrRefused)
	}
	document, err := base64.StdEncoding.DecodeString(response)
	if err != nil {
		return Assertion{}, fmt.Errorf("%w: not base64", ErrRefused)
	}
	if requestID == "" {
		return Assertion{}, fmt.Errorf("%w: nobody asked", ErrRefused)
	}
	if err := inspect(document, p.config.AllowCBC); err != nil {
		return Assertion{}, err
	}
	parsed, err := sp.ParseXMLResponse(document, []string{requestID}, sp.AcsURL)
	if err != nil {
		return Assertion{}, refusal(err)
	}
	if err := p.check(parsed); err != nil {
		return Assertion{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return read(parsed)
}

// refusal tells a person who gave up from a response that is not right.
func refusal(err error) error {
	var invalid *saml.InvalidResponseError
	if !errors.As(err, &invalid) {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	var status saml.ErrBadStatus
	if errors.As(invalid.PrivateErr, &status) {
		return fmt.Errorf("%w: status %.100q", ErrCancelled, status.Status)
	}
	return fmt.Errorf("%w: %w", ErrRefused, invalid.PrivateErr)
}

// check refuses what the library leaves open: an assertion that only the response's signature covers, weak algorithms, and
// clocks that differ by more than they may here.
func (p *Provider) check(a *saml.Assertion) error {
	if a.Signature == nil {
		return errors.New("the assertion is not signed")
	}
	if err := checkSignature(a.Signature); err != nil {
		return err
	}
	now, skew := p.config.Now(), p.config.Skew
	switch {
	case a.ID == "":
		return errors.New("the assertion has no id")
	case a.IssueInstant.After(now.Add(skew)):
		return errors.New("made in the future")
	case a.IssueInstant.Before(now.Add(-maxLife)):
		return errors.New("made too long ago")
	case !a.Conditions.NotBefore.IsZero() && a.Conditions.NotBefore.After(now.Add(skew)):
		return errors.New("not good yet")
	case !a.Conditions.NotOnOrAfter.IsZero() && !a.Conditions.NotOnOrAfter.After(now.Add(-skew)):
		return errors.New("no longer good")
	case a.AuthnStatements[0].AuthnInstant.After(now.Add(skew)):
		return errors.New("the person proved themselves in the future")
	}
	for _, s := range a.Subject.SubjectConfirmations {
		if s.SubjectConfirmationData != nil && !s.SubjectConfirmationData.NotOnOrAfter.After(now.Add(-skew)) {
			return errors.New("the confirmation is no longer good")
		}
	}
	return nil
}

// read takes over the attributes. One that stands twice could be read in two ways.
func read(a *saml.Assertion) (Assertion, error) {
	out := Assertion{ID: a.ID, Issuer: a.Issuer.Value, At: a.AuthnStatements[0].AuthnInstant, Attributes: map[string][]string{}}
	if class := a.AuthnStatements[0].AuthnContext.AuthnContextClassRef; class != nil {
		out.Context = class.Value
	}
	for _, statement := range a.AttributeStatements {
		for _, attribute := range statement.Attributes {
			if _, twice := out.Attributes[attribute.Name]; twice {
				return Assertion{}, fmt.Errorf("%w: attribute %.60q is there twice", ErrRefused, attribute.Name)
			}
			values := []string{}
			for _, value := range attribute.Values {
				values = append(values, value.Value)
			}
			out.Attributes[attribute.Name] = values
		}
	}
	return out, nil
}
