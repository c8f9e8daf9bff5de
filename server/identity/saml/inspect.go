package saml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/beevik/etree"
)

const (
	nsProtocol  = "urn:oasis:names:tc:SAML:2.0:protocol"
	nsAssertion = "urn:oasis:names:tc:SAML:2.0:assertion"
	nsSignature = "http://www.w3.org/2000/09/xmldsig#"

	maxElements = 2000
	maxDepth    = 40
)

// signatureAlgorithms are what signatures may be made with. HMAC, DSA and SHA-1 are not among them.
func signatureAlgorithms() []string {
	return []string{
		"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
		"http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
		"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
		"http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1", "http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1",
	}
}

func digestAlgorithms() []string {
	return []string{"http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmldsig-more#sha384", "http://www.w3.org/2001/04/xmlenc#sha512"}
}

// transforms are what a signature may do to what it signs: leave itself out, and write it in one way.
func transforms() []string {
	return []string{"http://www.w3.org/2000/09/xmldsig#enveloped-signature", "http://www.w3.org/2001/10/xml-exc-c14n#"}
}

// encryptionAlgorithms are what assertions may be encrypted with: OAEP, never the padding of PKCS #1 version 1.5, and AES-GCM.
func encryptionAlgorithms(cbc bool) []string {
	known := []string{
		"http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p", "http://www.w3.org/2009/xmlenc11#rsa-oaep",
		"http://www.w3.org/2009/xmlenc11#aes128-gcm", "http://www.w3.org/2009/xmlenc11#aes192-gcm", "http://www.w3.org/2009/xmlenc11#aes256-gcm",
	}
	if cbc {
		known = append(known, "http://www.w3.org/2001/04/xmlenc#aes128-cbc", "http://www.w3.org/2001/04/xmlenc#aes256-cbc")
	}
	return known
}

// inspect looks at a response before anything in it is believed: no declarations and comments, one encrypted assertion in
// its one place and no other anywhere, no id twice, and only algorithms of today.
func inspect(document []byte, cbc bool) error {
	if err := plain(document); err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	tree := etree.NewDocument()
	if err := tree.ReadFromBytes(document); err != nil || tree.Root() == nil {
		return fmt.Errorf("%w: not XML", ErrRefused)
	}
	if err := shape(tree.Root(), cbc); err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return nil
}

// plain refuses what XML can do and a response need not: document types with their entities, processing instructions,
// comments (which readers may take for the end of a text), and endless nesting.
func plain(document []byte) error {
	decoder := xml.NewDecoder(bytes.NewReader(document))
	elements, depth := 0, 0
	for {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errors.New("not XML")
		}
		switch t := token.(type) {
		case xml.Directive:
			return errors.New("a document type")
		case xml.Comment:
			return errors.New("a comment")
		case xml.ProcInst:
			if t.Target != "xml" || elements > 0 {
				return errors.New("a processing instruction")
			}
		case xml.StartElement:
			elements++
			depth++
		case xml.EndElement:
			depth--
		}
		if elements > maxElements || depth > maxDepth {
			return errors.New("too many elements")
		}
	}
}

func shape(root *etree.Element, cbc bool) error {
	if root.Tag != "Response" || root.NamespaceURI() != nsProtocol {
		return errors.New("not a response")
	}
	ids, encrypted := map[string]bool{}, 0
	var walk func(e *etree.Element) error
	walk = func(e *etree.Element) error {
		for _, a := range e.Attr {
			if (a.Key == "ID" || a.Key == "Id" || a.Key == "id") && a.Space == "" {
				if ids[a.Value] {
					return errors.New("an id is there twice")
				}
				ids[a.Value] = true
			}
		}
		switch {
		case e.Tag == "Assertion": // in any namespace
			return errors.New("an assertion that is not encrypted")
		case e.Tag == "Response" && e != root:
			return errors.New("a response within a response")
		case e.Tag == "EncryptedAssertion":
			if encrypted++; e.Parent() != root || e.NamespaceURI() != nsAssertion {
				return errors.New("an assertion where none belongs")
			}
		case e.Tag == "Signature":
			if e.Parent() != root || e.NamespaceURI() != nsSignature {
				return errors.New("a signature where none belongs")
			}
			if err := checkSignature(e); err != nil {
				return err
			}
		case e.Tag == "EncryptionMethod" && !slices.Contains(encryptionAlgorithms(cbc), e.SelectAttrValue("Algorithm", "")):
			return fmt.Errorf("encrypted by %.80q", e.SelectAttrValue("Algorithm", ""))
		}
		for _, child := range e.ChildElements() {
			if err := walk(child); err != nil {
				return err
			}
		}
		return nil
	}
	if err := walk(root); err != nil {
		return err
	}
	// A response without an assertion tells of a failure; the library reads that.
	if status := root.FindElement("./Status/StatusCode"); encrypted != 1 && (encrypted > 1 || status == nil || status.SelectAttrValue("Value", "") == statusSuccess) {
		return errors.New("not exactly one encrypted assertion")
	}
	if len(root.SelectElements("Signature")) > 1 {
		return errors.New("several signatures")
	}
	return nil
}

const statusSuccess = "urn:oasis:names:tc:SAML:2.0:status:Success"

// checkSignature refuses a signature that uses another algorithm than those known to be good, covers more than one thing, or
// carries objects of its own.
func checkSignature(signature *etree.Element) error {
	lists := map[string][]string{"SignatureMethod": signatureAlgorithms(), "DigestMethod": digestAlgorithms(), "Transform": transforms()}
	seen := map[string]int{}
	var walk func(e *etree.Element) error
	walk = func(e *etree.Element) error {
		seen[e.Tag]++
		if list, ok := lists[e.Tag]; ok && !slices.Contains(list, e.SelectAttrValue("Algorithm", "")) {
			return fmt.Errorf("%s %.80q", e.Tag, e.SelectAttrValue("Algorithm", ""))
		}
		for _, child := range e.ChildElements() {
			if err := walk(child); err != nil {
				return err
			}
		}
		return nil
	}
	if err := walk(signature); err != nil {
		return err
	}
	for _, one := range []string{"SignedInfo", "SignatureMethod", "SignatureValue", "Reference", "DigestMethod"} {
		if seen[one] != 1 {
			return fmt.Errorf("%d times %s in a signature", seen[one], one)
		}
	}
	if seen["Object"] > 0 || seen["Manifest"] > 0 {
		return errors.New("a signature with objects")
	}
	return nil
}
