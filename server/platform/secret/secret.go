// Package secret makes values that only their holder knows: session tokens, codes, tokens sent by mail. The portal keeps
// nothing but their hash.
package secret

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// New gives 32 random bytes as 43 characters that fit into a cookie, a URL and a mail, with their hash.
func New() (value string, hash []byte) {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	value = base64.RawURLEncoding.EncodeToString(b)
	return value, Hash(value)
}

// Hash is the SHA-256 of a value: enough for one with 256 random bits, never for a password.
func Hash(value string) []byte {
	sum := sha256.Sum256([]byte(value))
	return sum[:]
}
