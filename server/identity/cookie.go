package identity

import (
	"encoding/base64"
	"net/http"
	"net/url"

	"portalverbund/server/platform/secret"
)

const tokenLength = 43 // of the cookie's value in base64url

// cookie names the browser that begins a sign-in at an identity provider: what comes back counts in that one only. It is
// bound to the host with https; on plain-http loopback, which production refuses, its name holds the port.
type cookie struct {
	name   string
	secure bool
}

func newCookie(publicURL string) cookie {
	u, err := url.Parse(publicURL)
	if err != nil || u.Scheme == "https" {
		return cookie{name: "__Host-identity", secure: true}
	}
	port := u.Port()
	if port == "" {
		port = "80"
	}
	return cookie{name: "identity_" + port}
}

// read gives the hash of the browser's value; nil when it has none.
func (c cookie) read(r *http.Request) []byte {
	if r == nil {
		return nil
	}
	found, err := r.Cookie(c.name)
	if err != nil || len(found.Value) != tokenLength {
		return nil
	}
	if _, err := base64.RawURLEncoding.DecodeString(found.Value); err != nil {
		return nil
	}
	return secret.Hash(found.Value)
}

// make names a browser that has no name yet. It lasts as long as the browser runs: several tabs may sign in at once.
func (c cookie) make() (made *http.Cookie, hash []byte) {
	value, hash := secret.New()
	//nolint:gosec // Secure everywhere but on plain-http loopback, which production refuses
	return &http.Cookie{Name: c.name, Value: value, Path: "/", Secure: c.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode}, hash
}
