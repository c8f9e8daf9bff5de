package fitconnect

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// Room is what an attachment's buffer must have beyond its bytes, so that it is encrypted where it lies.
const Room = 16

const (
	cekBytes = 32
	ivBytes  = 12
	chunk    = 48 << 10 // a multiple of three: base64 has no filling within
)

// encrypt makes a compact JWE (RFC 7516) of a small text; contentType is application/json.
func encrypt(key jose.JSONWebKey, contentType string, plain []byte) (string, error) {
	options := (&jose.EncrypterOptions{}).WithContentType(jose.ContentType(contentType))
	e, err := jose.NewEncrypter(jose.A256GCM, jose.Recipient{Algorithm: jose.RSA_OAEP_256, Key: key.Key, KeyID: key.KeyID}, options)
	if err != nil {
		return "", fmt.Errorf("encrypt: %w", err)
	}
	sealed, err := e.Encrypt(plain)
	if err != nil {
		return "", fmt.Errorf("encrypt: %w", err)
	}
	return sealed.CompactSerialize()
}

// Tag is the authentication tag of a compact JWE, by which events speak of it; empty when it is none.
func Tag(jwe string) string {
	parts := strings.Split(jwe, ".")
	if len(parts) != 5 {
		return ""
	}
	return parts[4]
}

// sealed is a compact JWE of an attachment, whose bytes are turned into text only while they are read.
type sealed struct {
	head       string // header, key and vector, each with the dot after it
	ciphertext []byte
	tag        string
}

// encryptLarge makes a compact JWE as encrypt does, in the memory of plain, which has Room behind it and is lost. go-jose would hold an
// attachment four times.
func encryptLarge(key jose.JSONWebKey, contentType string, plain []byte) (sealed, error) {
	public, ok := key.Key.(*rsa.PublicKey)
	if !ok || cap(plain)-len(plain) < Room {
		return sealed{}, fmt.Errorf("encrypt: no RSA key, or no room for the tag")
	}
	header, err := json.Marshal(map[string]string{"alg": string(jose.RSA_OAEP_256), "enc": string(jose.A256GCM), "kid": key.KeyID, "cty": contentType})
	if err != nil {
		return sealed{}, err
	}
	secret := make([]byte, cekBytes+ivBytes)
	_, _ = rand.Read(secret) // never fails
	cek, iv := secret[:cekBytes], secret[cekBytes:]
	wrapped, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, public, cek, nil)
	if err != nil {
		return sealed{}, fmt.Errorf("encrypt: %w", err)
	}
	block, err := aes.NewCipher(cek)
	if err != nil {
		return sealed{}, fmt.Errorf("encrypt: %w", err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return sealed{}, fmt.Errorf("encrypt: %w", err)
	}
	protected := base64.RawURLEncoding.EncodeToString(header)
	out := gcm.Seal(plain[:0], iv, plain, []byte(protected))
	return sealed{
		head:       protected + "." + base64.RawURLEncoding.EncodeToString(wrapped) + "." + base64.RawURLEncoding.EncodeToString(iv) + ".",
		ciphertext: out[:len(plain)], tag: base64.RawURLEncoding.EncodeToString(out[len(plain):]),
	}, nil
}

// length is how long the text is.
func (s sealed) length() int64 {
	return int64(len(s.head) + base64.RawURLEncoding.EncodedLen(len(s.ciphertext)) + 1 + len(s.tag))
}

// reader reads the text; it may be asked for again.
func (s sealed) reader() io.Reader {
	return io.MultiReader(strings.NewReader(s.head), &base64Reader{left: s.ciphertext}, strings.NewReader("."+s.tag))
}

// base64Reader turns bytes into base64url without filling, a chunk at a time.
type base64Reader struct {
	left  []byte
	text  []byte // of the chunk, what is not read yet
	space []byte
}

// Read gives the next text.
func (r *base64Reader) Read(p []byte) (int, error) {
	if len(r.text) == 0 {
		if len(r.left) == 0 {
			return 0, io.EOF
		}
		n := min(len(r.left), chunk)
		r.space = base64.RawURLEncoding.AppendEncode(r.space[:0], r.left[:n])
		r.text, r.left = r.space, r.left[n:]
	}
	n := copy(p, r.text)
	r.text = r.text[n:]
	return n, nil
}
