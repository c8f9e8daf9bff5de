package saml_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	crewjam "github.com/crewjam/saml"
	"github.com/crewjam/saml/xmlenc"
	dsig "github.com/russellhaering/goxmldsig"
	"github.com/stretchr/testify/require"

	"portalverbund/server/identity/saml"
)

const request = "id-0123456789"

func TestFinish_Honest_IsRead(t *testing.T) {
	t.Parallel()
	for name, l := range map[string]lie{"only the assertion is signed": {}, "the response too": {signsResponse: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			a, err := w.provider.Finish(t.Context(), w.respond(request, l), request)
			require.NoError(t, err)
			require.Equal(t, []string{"BPK-clara"}, a.Attributes[person])
			require.Equal(t, "STORK-QAA-Level-3", a.Context)
			require.Equal(t, issuer, a.Issuer)
		})
	}
}

// TestFinish_NotRight_IsRefused sends every response that must not get through.
func TestFinish_NotRight_IsRefused(t *testing.T) {
	t.Parallel()
	for name, l := range lies() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			_, err := w.provider.Finish(t.Context(), w.respond(request, l), request)
			require.ErrorIs(t, err, saml.ErrRefused)
			t.Log(err)
		})
	}
	require.Greater(t, len(lies()), 55)
}

// evil makes an unsigned assertion about somebody else.
func evil(w *world) *etree.Element {
	return w.signed(lie{noSignature: true, assertion: func(a *crewjam.Assertion) { a.AttributeStatements[0].Attributes[0].Values[0].Value = "BPK-mallory" }}, request)
}

func lies() map[string]lie {
	pairs := keyOnce()
	old, future := -20*time.Minute, 20*time.Minute
	all := map[string]lie{
		"unsigned":                  {noSignature: true},
		"signed by a stranger":      {by: &pairs[2]},
		"response by a stranger":    {by: &pairs[2], noSignature: true, signsResponse: true},
		"signed with SHA-1":         {method: dsig.RSASHA1SignatureMethod},
		"only the response signed":  {noSignature: true, signsResponse: true},
		"not encrypted":             {plain: true},
		"not encrypted, all signed": {plain: true, signsResponse: true},
		"for another audience": {assertion: func(a *crewjam.Assertion) {
			a.Conditions.AudienceRestrictions[0].Audience.Value = "https://other.example"
		}},
		"for no audience": {assertion: func(a *crewjam.Assertion) { a.Conditions.AudienceRestrictions = nil }},
		"for us and somebody else, in two restrictions": {assertion: func(a *crewjam.Assertion) {
			a.Conditions.AudienceRestrictions = append(a.Conditions.AudienceRestrictions, crewjam.AudienceRestriction{Audience: crewjam.Audience{Value: "https://other.example"}})
		}},
		"other recipient": {assertion: func(a *crewjam.Assertion) {
			a.Subject.SubjectConfirmations[0].SubjectConfirmationData.Recipient = "https://other.example/acs"
		}},
		"no recipient":         {assertion: func(a *crewjam.Assertion) { a.Subject.SubjectConfirmations[0].SubjectConfirmationData.Recipient = "" }},
		"other destination":    {response: func(r *crewjam.Response) { r.Destination = "https://other.example/acs" }},
		"other issuer":         {assertion: func(a *crewjam.Assertion) { a.Issuer.Value = "https://other.example" }},
		"response of another":  {response: func(r *crewjam.Response) { r.Issuer.Value = "https://other.example" }},
		"answers another":      {response: func(r *crewjam.Response) { r.InResponseTo = "id-other" }},
		"unsolicited response": {response: func(r *crewjam.Response) { r.InResponseTo = "" }},
		"unsolicited assertion": {assertion: func(a *crewjam.Assertion) {
			a.Subject.SubjectConfirmations[0].SubjectConfirmationData.InResponseTo = ""
		}},
		"assertion answers another": {assertion: func(a *crewjam.Assertion) {
			a.Subject.SubjectConfirmations[0].SubjectConfirmationData.InResponseTo = "id-other"
		}},
		"expired conditions": {assertion: func(a *crewjam.Assertion) { a.Conditions.NotOnOrAfter = a.Conditions.NotBefore.Add(-61 * time.Second) }},
		"expired confirmation": {assertion: func(a *crewjam.Assertion) {
			a.Subject.SubjectConfirmations[0].SubjectConfirmationData.NotOnOrAfter = a.IssueInstant.Add(-61 * time.Second)
		}},
		"no end": {assertion: func(a *crewjam.Assertion) {
			a.Subject.SubjectConfirmations[0].SubjectConfirmationData.NotOnOrAfter = time.Time{}
		}},
		"not good yet":           {assertion: func(a *crewjam.Assertion) { a.Conditions.NotBefore = a.IssueInstant.Add(61 * time.Second) }},
		"made in the future":     {assertion: func(a *crewjam.Assertion) { a.IssueInstant = a.IssueInstant.Add(61 * time.Second) }},
		"made far in the future": {assertion: func(a *crewjam.Assertion) { a.IssueInstant = a.IssueInstant.Add(future) }},
		"made long ago":          {assertion: func(a *crewjam.Assertion) { a.IssueInstant = a.IssueInstant.Add(old) }},
		"proved in the future":   {assertion: func(a *crewjam.Assertion) { a.AuthnStatements[0].AuthnInstant = a.IssueInstant.Add(61 * time.Second) }},
		"nobody proved":          {assertion: func(a *crewjam.Assertion) { a.AuthnStatements = nil }},
		"no subject":             {assertion: func(a *crewjam.Assertion) { a.Subject = nil }},
		"not a bearer": {assertion: func(a *crewjam.Assertion) {
			a.Subject.SubjectConfirmations[0].Method = "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"
		}},
		"value changed": {signed: func(_ *world, e *etree.Element) { e.FindElement("//Attribute/AttributeValue").SetText("BPK-mallory") }},
		"attribute added": {signed: func(_ *world, e *etree.Element) {
			statement := e.FindElement("//AttributeStatement")
			added := statement.ChildElements()[0].Copy()
			added.SelectAttr("Name").Value = "urn:oid:1.2.40.0.10.2.1.1.261.94"
			statement.AddChild(added)
		}},
		"attribute twice": {assertion: func(a *crewjam.Assertion) {
			again := a.AttributeStatements[0].Attributes[0]
			again.Values = []crewjam.AttributeValue{{Type: "xs:string", Value: "BPK-mallory"}}
			a.AttributeStatements[0].Attributes = append(a.AttributeStatements[0].Attributes, again)
		}},
		"document type": {text: func(s string) string { return `<!DOCTYPE x [<!ENTITY a "BPK-mallory">]>` + s }},
		"entities that grow": {text: func(s string) string {
			return `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>` + strings.Replace(s, "<saml:Issuer", "<saml:Issuer x=\"&b;\"", 1)
		}},
		"comment":                {text: func(s string) string { return strings.Replace(s, issuer, "https://konto<!-- -->.example/saml", 1) }},
		"processing instruction": {text: func(s string) string { return strings.Replace(s, "<saml:Issuer", "<?x y?><saml:Issuer", 1) }},
		"not XML":                {text: func(string) string { return "Clara" }},
		"endless": {text: func(s string) string {
			return strings.Replace(s, "<saml:Issuer", strings.Repeat("<x>", 5000)+"<saml:Issuer", 1)
		}},
		"CBC without a signed response": {encrypter: cbc()},
		"CBC with a signed response":    {encrypter: cbc(), signsResponse: true},
		"PKCS #1 version 1.5":           {encrypter: pkcs1()},
	}
	for name, wrapped := range wrappings() {
		all[name] = wrapped
	}
	return all
}

func cbc() xmlenc.Encrypter {
	e := xmlenc.OAEP()
	e.BlockCipher = xmlenc.AES256CBC
	return e
}

func pkcs1() xmlenc.Encrypter {
	e := xmlenc.PKCS1v15()
	e.BlockCipher = xmlenc.AES256GCM
	return e
}

// wrappings are the ways of XML signature wrapping (Somorovsky et al., “On Breaking SAML”, and SAML Raider's XSW1–XSW8):
// a signed part is moved to where nobody reads it, and an evil one put in its place. What is encrypted is wrapped inside of
// the encryption, what is not beside it.
func wrappings() map[string]lie {
	// inside wraps the signed assertion before it is encrypted.
	inside := func(f func(w *world, signed, evil *etree.Element) *etree.Element) lie {
		return lie{element: func(w *world, e *etree.Element) *etree.Element { return f(w, e, evil(w)) }}
	}
	signatureOf := func(e *etree.Element) *etree.Element { return e.SelectElement("Signature") }
	// beside puts something into the response, unsigned or after it was signed.
	beside := func(place func(w *world, root *etree.Element)) lie { return lie{document: place} }
	after := func(place func(w *world, root *etree.Element)) lie {
		return lie{signsResponse: true, afterSigning: place}
	}
	addEvil := func(w *world, root *etree.Element) { root.AddChild(evil(w)) }
	firstEvil := func(w *world, root *etree.Element) { root.InsertChildAt(0, evil(w)) }
	hidden := func(tag string) func(w *world, root *etree.Element) {
		return func(w *world, root *etree.Element) {
			place := etree.NewElement(tag)
			place.AddChild(evil(w))
			root.AddChild(place)
		}
	}
	return map[string]lie{
		"wrapped: the signed one as a child of the evil one": inside(func(_ *world, signed, evil *etree.Element) *etree.Element {
			evil.AddChild(signed)
			return evil
		}),
		"wrapped: the signature over the evil one, the signed one in it": inside(func(_ *world, signed, evil *etree.Element) *etree.Element {
			signature := signatureOf(signed).Copy()
			original := signed.Copy()
			original.RemoveChild(signatureOf(original))
			evil.InsertChildAt(1, signature)
			evil.AddChild(original)
			return evil
		}),
		"wrapped: the signed one in an Object of the signature": inside(func(_ *world, signed, evil *etree.Element) *etree.Element {
			signature := signatureOf(signed).Copy()
			original := signed.Copy()
			original.RemoveChild(signatureOf(original))
			object := etree.NewElement("ds:Object")
			object.AddChild(original)
			signature.AddChild(object)
			evil.InsertChildAt(1, signature)
			return evil
		}),
		"wrapped: the same id": inside(func(_ *world, signed, evil *etree.Element) *etree.Element {
			evil.SelectAttr("ID").Value = signed.SelectAttrValue("ID", "")
			evil.InsertChildAt(1, signatureOf(signed).Copy())
			evil.AddChild(signed)
			return evil
		}),
		"wrapped: the signed one in the advice": inside(func(_ *world, signed, evil *etree.Element) *etree.Element {
			advice := etree.NewElement("saml:Advice")
			advice.AddChild(signed)
			evil.AddChild(advice)
			evil.InsertChildAt(1, signatureOf(signed).Copy())
			return evil
		}),
		"evil assertion behind":                        beside(addEvil),
		"evil assertion in front":                      beside(firstEvil),
		"evil assertion in the extensions":             beside(hidden("samlp:Extensions")),
		"evil assertion behind, all signed":            after(addEvil),
		"evil assertion in front, all signed":          after(firstEvil),
		"evil assertion in the extensions, all signed": after(hidden("samlp:Extensions")),
		"two encrypted ones":                           beside(func(w *world, root *etree.Element) { root.AddChild(w.sealed(lie{}, w.signed(lie{}, request))) }),
		"an encrypted evil one beside":                 beside(func(w *world, root *etree.Element) { root.InsertChildAt(1, w.sealed(lie{}, evil(w))) }),
		"a response in the response": after(func(w *world, root *etree.Element) {
			inner := root.Copy()
			inner.SelectAttr("ID").Value = newID()
			root.AddChild(inner)
		}),
		"the signed response in an Object of its own signature": after(func(w *world, root *etree.Element) {
			original := root.Copy()
			original.RemoveChild(original.SelectElement("Signature"))
			object := etree.NewElement("ds:Object")
			object.AddChild(original)
			root.SelectElement("Signature").AddChild(object)
			root.SelectAttr("ID").Value = newID()
			root.RemoveChild(root.SelectElement("EncryptedAssertion"))
			root.AddChild(w.sealed(lie{}, evil(w)))
		}),
		"two signatures": after(func(_ *world, root *etree.Element) { root.AddChild(root.SelectElement("Signature").Copy()) }),
		"a failure that was signed, with an assertion": {
			response:      func(r *crewjam.Response) { r.Status.StatusCode.Value = "urn:oasis:names:tc:SAML:2.0:status:Responder" },
			signsResponse: true, document: func(_ *world, root *etree.Element) { root.RemoveChild(root.SelectElement("EncryptedAssertion")) }, afterSigning: addEvil,
		},
	}
}

func TestFinish_Replayed_IsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	response := w.respond(request, lie{})
	_, err := w.provider.Finish(t.Context(), response, request)
	require.NoError(t, err)
	_, err = w.provider.Finish(t.Context(), response, request)
	require.ErrorIs(t, err, saml.ErrRefused)
	require.ErrorContains(t, err, "already been used")
	for _, until := range w.used { // once the note may be gone, time refuses it
		w.used = map[string]time.Time{}
		w.now = until.Add(time.Millisecond)
		_, err = w.provider.Finish(t.Context(), response, request)
		require.ErrorContains(t, err, "expired")
		break
	}
}

// TestFinish_CommentInAValue_ReadsTheWholeValue: what is signed is the value without comments, so that is what is read: never
// the part before the comment.
func TestFinish_CommentInAValue_ReadsTheWholeValue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, err := w.provider.Finish(t.Context(), w.respond(request, lie{signed: func(_ *world, e *etree.Element) {
		value := e.FindElement("//Attribute/AttributeValue")
		value.SetText("BPK-")
		value.CreateComment(" x ")
		value.CreateText("clara")
	}}), request)
	require.NoError(t, err)
	require.Equal(t, []string{"BPK-clara"}, a.Attributes[person])
}

func TestFinish_ClocksDiffer_ALittleIsTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, by := range []time.Duration{-59 * time.Second, 59 * time.Second} {
		response := w.respond(request, lie{assertion: func(a *crewjam.Assertion) {
			a.IssueInstant, a.Conditions.NotBefore, a.AuthnStatements[0].AuthnInstant = a.IssueInstant.Add(by), a.Conditions.NotBefore.Add(by), a.IssueInstant.Add(by)
		}})
		_, err := w.provider.Finish(t.Context(), response, request)
		require.NoError(t, err, by)
	}
}

func TestFinish_WithoutARequest_IsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.provider.Finish(t.Context(), w.respond("", lie{}), "")
	require.ErrorIs(t, err, saml.ErrRefused)
}

func TestFinish_PersonGivesUp_IsNotAnAttack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := lie{
		response: func(r *crewjam.Response) { r.Status.StatusCode.Value = "urn:oasis:names:tc:SAML:2.0:status:Requester" },
		document: func(_ *world, root *etree.Element) { root.RemoveChild(root.SelectElement("EncryptedAssertion")) },
	}
	_, err := w.provider.Finish(t.Context(), w.respond(request, l), request)
	require.ErrorIs(t, err, saml.ErrCancelled)
}

func TestFinish_CBCWhereAllowed_NeedsASignedResponse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *saml.Config) { c.AllowCBC = true })
	_, err := w.provider.Finish(t.Context(), w.respond(request, lie{encrypter: cbc()}), request)
	require.ErrorIs(t, err, saml.ErrRefused)
	_, err = w.provider.Finish(t.Context(), w.respond(request, lie{encrypter: cbc(), signsResponse: true}), request)
	require.NoError(t, err)
}

// TestFinish_KeyOfTheProviderChanges_OldAndNewCountWhileBothAreNamed is the change of a signing key with an overlap.
func TestFinish_KeyOfTheProviderChanges_OldAndNewCountWhileBothAreNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	next := w.stranger
	send := func(by saml.KeyPair) error {
		_, err := w.provider.Finish(t.Context(), w.respond(request, lie{by: &by}), request)
		return err
	}
	require.NoError(t, send(w.idp))
	require.ErrorIs(t, send(next), saml.ErrRefused)
	w.metadata = describe(w.idp, next)
	require.NoError(t, send(w.idp))
	require.NoError(t, send(next))
	w.metadata = describe(next)
	require.ErrorIs(t, send(w.idp), saml.ErrRefused)
	require.NoError(t, send(next))
}

func TestFinish_OwnKeyChanges_OldOneStillDecrypts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	response := w.respond(request, lie{})
	changed := newWorld(t, func(c *saml.Config) {
		c.Retired = append(c.Retired, c.Key)
		c.Key, c.Certificate = w.stranger.Key, w.stranger.Certificate
	})
	_, err := changed.provider.Finish(t.Context(), response, request)
	require.NoError(t, err)
}

func TestStart_RequestIsSigned_WithExtensionAndLevel(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *saml.Config) {
		c.Extension = func(level string) *etree.Element {
			e := etree.NewElement("x:Wish")
			e.CreateAttr("xmlns:x", "urn:x")
			e.SetText(level)
			return e
		}
	})
	r, err := w.provider.Start(t.Context(), "substantial", true)
	require.NoError(t, err)
	require.Equal(t, signOn, r.Address)
	text, err := base64.StdEncoding.DecodeString(r.Document)
	require.NoError(t, err)
	document := etree.NewDocument()
	require.NoError(t, document.ReadFromBytes(text))
	root := document.Root()
	var order []string
	for _, child := range root.ChildElements() {
		order = append(order, child.Tag)
	}
	require.Equal(t, []string{"Issuer", "Signature", "Extensions", "NameIDPolicy", "RequestedAuthnContext"}, order)
	require.Equal(t, "substantial", root.FindElement("./Extensions/Wish").Text())
	context := root.FindElement("./RequestedAuthnContext")
	require.Equal(t, "minimum", context.SelectAttrValue("Comparison", ""))
	require.Equal(t, "STORK-QAA-Level-3", context.FindElement("./AuthnContextClassRef").Text())
	require.Equal(t, "true", root.SelectAttrValue("ForceAuthn", ""))
	require.Equal(t, r.ID, root.SelectAttrValue("ID", ""))
	store := dsig.MemoryX509CertificateStore{}
	store.Roots = append(store.Roots, w.own.Certificate)
	validation := dsig.NewDefaultValidationContext(&store)
	_, err = validation.Validate(root)
	require.NoError(t, err)
	root.FindElement("./Extensions/Wish").SetText("low")
	_, err = validation.Validate(root)
	require.Error(t, err, "the signature covers the extension")
}

func TestMetadata_IsSigned_AndNamesKeysAndAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text, err := w.provider.Metadata()
	require.NoError(t, err)
	require.Contains(t, string(text), consumer)
	require.Contains(t, string(text), `WantAssertionsSigned="true"`)
	require.Contains(t, string(text), `use="encryption"`)
	require.NotContains(t, string(text), "HTTP-Artifact")
	_, err = crewjam.VerifyMetadataSignature(text, nil)
	require.Error(t, err)
}

func TestFinish_NothingKnownOfTheProvider_IsUnreachable(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *saml.Config) {
		c.Metadata = func(context.Context) (*crewjam.EntityDescriptor, error) { return nil, errors.New("down") }
	})
	_, err := w.provider.Finish(t.Context(), "x", request)
	require.ErrorIs(t, err, saml.ErrUnreachable)
	_, err = w.provider.Start(t.Context(), "low", false)
	require.ErrorIs(t, err, saml.ErrUnreachable)
}

// FuzzFinish feeds anything: it must not panic, and nothing gets through.
func FuzzFinish(f *testing.F) {
	f.Add([]byte("<Response/>"))
	f.Add([]byte(`<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"><samlp:Status><samlp:StatusCode Value="x"/></samlp:Status></samlp:Response>`))
	pairs := keyOnce()
	provider, err := saml.New(saml.Config{
		EntityID: entityID, Consumer: consumer, Key: pairs[0].Key, Certificate: pairs[0].Certificate,
		Metadata: func(context.Context) (*crewjam.EntityDescriptor, error) { return describe(pairs[1]), nil },
		Consume:  func(context.Context, string, time.Time) (bool, error) { return true, nil },
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := provider.Finish(t.Context(), base64.StdEncoding.EncodeToString(text), request); err == nil {
			t.Fatal("let through")
		}
	})
}
