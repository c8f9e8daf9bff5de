package saml_test

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"sync"
	"testing"
	"time"

	"github.com/beevik/etree"
	crewjam "github.com/crewjam/saml"
	"github.com/crewjam/saml/xmlenc"
	dsig "github.com/russellhaering/goxmldsig"
	"github.com/stretchr/testify/require"

	"portalverbund/server/identity/saml"
)

const (
	entityID = "https://portal.example/identity/bundid/metadata"
	consumer = "https://portal.example/identity/bundid/acs"
	issuer   = "https://konto.example/saml"
	signOn   = "https://konto.example/saml/sso"
	person   = "urn:oid:1.3.6.1.4.1.25484.494450.3"
)

// keyOnce makes keys once: they take their time.
var keyOnce = sync.OnceValue(func() [3]saml.KeyPair {
	var pairs [3]saml.KeyPair
	for i := range pairs {
		text, err := saml.NewKey("test.example", true, time.Now())
		if err != nil {
			panic(err)
		}
		if pairs[i], err = saml.ParseKey(text); err != nil {
			panic(err)
		}
	}
	return pairs
})

// world is a service provider and an identity provider that can lie.
type world struct {
	t        *testing.T
	now      time.Time
	own      saml.KeyPair // of the service provider
	idp      saml.KeyPair
	stranger saml.KeyPair
	metadata *crewjam.EntityDescriptor
	provider *saml.Provider
	used     map[string]time.Time
}

func newWorld(t *testing.T, tune ...func(*saml.Config)) *world {
	t.Helper()
	pairs := keyOnce()
	w := &world{t: t, now: time.Now().UTC().Truncate(time.Millisecond), own: pairs[0], idp: pairs[1], stranger: pairs[2], used: map[string]time.Time{}}
	w.metadata = describe(w.idp)
	c := saml.Config{
		EntityID: entityID, Consumer: consumer, Key: w.own.Key, Certificate: w.own.Certificate,
		Metadata: func(context.Context) (*crewjam.EntityDescriptor, error) { return w.metadata, nil },
		Contexts: map[string]string{"substantial": "STORK-QAA-Level-3"},
		Consume: func(_ context.Context, id string, until time.Time) (bool, error) {
			_, known := w.used[id]
			w.used[id] = until
			return !known, nil
		},
		Now: func() time.Time { return w.now },
	}
	for _, f := range tune {
		f(&c)
	}
	var err error
	w.provider, err = saml.New(c)
	require.NoError(t, err)
	return w
}

func describe(pairs ...saml.KeyPair) *crewjam.EntityDescriptor {
	var keys []crewjam.KeyDescriptor
	for _, p := range pairs {
		keys = append(keys, crewjam.KeyDescriptor{Use: "signing", KeyInfo: crewjam.KeyInfo{X509Data: crewjam.X509Data{
			X509Certificates: []crewjam.X509Certificate{{Data: base64.StdEncoding.EncodeToString(p.Certificate.Raw)}},
		}}})
	}
	return &crewjam.EntityDescriptor{EntityID: issuer, IDPSSODescriptors: []crewjam.IDPSSODescriptor{{
		SSODescriptor:        crewjam.SSODescriptor{RoleDescriptor: crewjam.RoleDescriptor{ProtocolSupportEnumeration: "urn:oasis:names:tc:SAML:2.0:protocol", KeyDescriptors: keys}},
		SingleSignOnServices: []crewjam.Endpoint{{Binding: crewjam.HTTPPostBinding, Location: signOn}},
	}}}
}

// lie is what an attacker changes at each stage of a response; the zero value is an honest one.
type lie struct {
	assertion     func(*crewjam.Assertion)                        // before it is signed
	signed        func(w *world, signed *etree.Element)           // the assertion after it was signed
	plain         bool                                            // not encrypted
	encrypter     xmlenc.Encrypter                                // default OAEP with AES-256-GCM
	response      func(*crewjam.Response)                         // before the assertion goes in
	document      func(w *world, root *etree.Element)             // the response with its assertion
	text          func(text string) string                        // as it is sent
	by            *saml.KeyPair                                   // who signs; default: the identity provider
	method        string                                          // of the signature
	noSignature   bool                                            // of the assertion
	signsResponse bool                                            // in the end
	afterSigning  func(w *world, root *etree.Element)             // of the response
	element       func(w *world, e *etree.Element) *etree.Element // what is encrypted
}

func newID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b)
	return "id-" + hex.EncodeToString(b)
}

func (w *world) honest(requestID string) *crewjam.Assertion {
	class := crewjam.AuthnContextClassRef{Value: "STORK-QAA-Level-3"}
	attribute := func(name, value string) crewjam.Attribute {
		return crewjam.Attribute{Name: name, NameFormat: "urn:oasis:names:tc:SAML:2.0:attrname-format:uri", Values: []crewjam.AttributeValue{{Type: "xs:string", Value: value}}}
	}
	return &crewjam.Assertion{
		ID: newID(), IssueInstant: w.now, Version: "2.0", Issuer: crewjam.Issuer{Value: issuer},
		Subject: &crewjam.Subject{
			NameID: &crewjam.NameID{Format: string(crewjam.TransientNameIDFormat), Value: newID()},
			SubjectConfirmations: []crewjam.SubjectConfirmation{{
				Method:                  "urn:oasis:names:tc:SAML:2.0:cm:bearer",
				SubjectConfirmationData: &crewjam.SubjectConfirmationData{InResponseTo: requestID, NotOnOrAfter: w.now.Add(5 * time.Minute), Recipient: consumer},
			}},
		},
		Conditions: &crewjam.Conditions{
			NotBefore: w.now, NotOnOrAfter: w.now.Add(5 * time.Minute),
			AudienceRestrictions: []crewjam.AudienceRestriction{{Audience: crewjam.Audience{Value: entityID}}},
		},
		AuthnStatements:     []crewjam.AuthnStatement{{AuthnInstant: w.now, AuthnContext: crewjam.AuthnContext{AuthnContextClassRef: &class}}},
		AttributeStatements: []crewjam.AttributeStatement{{Attributes: []crewjam.Attribute{attribute(person, "BPK-clara"), attribute("urn:oid:2.5.4.42", "Clara")}}},
	}
}

func (w *world) signer(l lie) *dsig.SigningContext {
	pair := w.idp
	if l.by != nil {
		pair = *l.by
	}
	signing, err := dsig.NewSigningContext(pair.Key, [][]byte{pair.Certificate.Raw})
	require.NoError(w.t, err)
	signing.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	method := l.method
	if method == "" {
		method = dsig.RSASHA256SignatureMethod
	}
	require.NoError(w.t, signing.SetSignatureMethod(method))
	return signing
}

// signed makes a signed assertion as an element of its own.
func (w *world) signed(l lie, requestID string) *etree.Element {
	a := w.honest(requestID)
	if l.assertion != nil {
		l.assertion(a)
	}
	if l.noSignature {
		return a.Element()
	}
	signed, err := w.signer(l).SignEnveloped(a.Element())
	require.NoError(w.t, err)
	a.Signature = signed.Child[len(signed.Child)-1].(*etree.Element)
	e := a.Element()
	if l.signed != nil {
		l.signed(w, e)
	}
	return e
}

// sealed encrypts an element for the service provider.
func (w *world) sealed(l lie, e *etree.Element) *etree.Element {
	document := etree.NewDocument()
	document.SetRoot(e)
	plain, err := document.WriteToBytes()
	require.NoError(w.t, err)
	encrypter := l.encrypter
	if encrypter == nil {
		oaep := xmlenc.OAEP()
		oaep.BlockCipher = xmlenc.AES256GCM
		encrypter = oaep
	}
	data, err := encrypter.Encrypt(w.own.Certificate, plain, nil)
	require.NoError(w.t, err)
	data.CreateAttr("Type", "http://www.w3.org/2001/04/xmlenc#Element")
	sealed := etree.NewElement("saml:EncryptedAssertion")
	sealed.CreateAttr("xmlns:saml", "urn:oasis:names:tc:SAML:2.0:assertion")
	sealed.AddChild(data)
	return sealed
}

// respond makes a response to a request, with a lie.
func (w *world) respond(requestID string, l lie) string {
	e := w.signed(l, requestID)
	if l.element != nil {
		e = l.element(w, e)
	}
	if !l.plain {
		e = w.sealed(l, e)
	}
	r := &crewjam.Response{
		ID: newID(), InResponseTo: requestID, Version: "2.0", IssueInstant: w.now, Destination: consumer,
		Issuer: &crewjam.Issuer{Value: issuer}, Status: crewjam.Status{StatusCode: crewjam.StatusCode{Value: crewjam.StatusSuccess}},
	}
	if l.response != nil {
		l.response(r)
	}
	root := r.Element()
	root.AddChild(e)
	if l.document != nil {
		l.document(w, root)
	}
	if l.signsResponse {
		signed, err := w.signer(l).SignEnveloped(root)
		require.NoError(w.t, err)
		root = signed
		if l.afterSigning != nil {
			l.afterSigning(w, root)
		}
	}
	document := etree.NewDocument()
	document.SetRoot(root)
	text, err := document.WriteToString()
	require.NoError(w.t, err)
	if l.text != nil {
		text = l.text(text)
	}
	return base64.StdEncoding.EncodeToString([]byte(text))
}

func pemOf(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}
