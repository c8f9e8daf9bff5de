package signin

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"

	"portalverbund/server/platform/problem"
)

const tokenLength = 43 // of a session's token in base64url

// cookies names and makes this portal's cookies. With https they are bound to the host (__Host-). On plain-http loopback,
// where browsers share cookies between the ports of a host, the names hold the port.
type cookies struct {
	secure  bool
	session string
	flow    string // beginning of the names of cookies that hold a sign-in under way

	deviceName string // by which a browser is known again, signed in or not
	homeName   string // names the account home by which the browser last signed in
}

func newCookies(publicURL string) cookies {
	u, err := url.Parse(publicURL)
	if err != nil || u.Scheme == "https" {
		return cookies{secure: true, session: "__Host-session", flow: "__Host-signin_", deviceName: "__Host-device", homeName: "__Host-home"}
	}
	port := u.Port()
	if port == "" {
		port = "80"
	}
	return cookies{session: "session_" + port, flow: "signin_" + port + "_", deviceName: "device_" + port, homeName: "home_" + port}
}

func (c cookies) make(name, value string, maxAge int) *http.Cookie {
	//nolint:gosec // Secure everywhere but on plain-http loopback, which production refuses
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: maxAge, Secure: c.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// sessionCookie lives as long as the browser; the server decides when the session ends.
func (c cookies) sessionCookie(token string) *http.Cookie { return c.make(c.session, token, 0) }

func (c cookies) drop(name string) *http.Cookie { return c.make(name, "", -1) }

// token reads the session cookie's value; empty when there is none of the right form.
func (c cookies) token(r *http.Request) string {
	return read(r, c.session)
}

// device reads the value by which a browser is known again; empty when there is none of the right form.
func (c cookies) device(r *http.Request) string { return read(r, c.deviceName) }

// read gives the value of a cookie that holds a token.
func read(r *http.Request, name string) string {
	if r == nil {
		return ""
	}
	cookie, err := r.Cookie(name)
	if err != nil || len(cookie.Value) != tokenLength {
		return ""
	}
	if _, err := base64.RawURLEncoding.DecodeString(cookie.Value); err != nil {
		return ""
	}
	return cookie.Value
}

// csrfToken is derived from the cookie's value: another site can make the browser send the cookie, but not read it. It
// works before the sign-in too, when the cookie names no session yet.
func (s *Service) csrfToken(cookieValue string) string {
	key := s.Keys.Derive("signin/csrf")
	h := hmac.New(sha256.New, key[:])
	h.Write([]byte(cookieValue))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// checkForgery refuses a sign-in that another site makes in this browser: it must carry the token that GET /session gave
// for the cookie.
func (s *Service) checkForgery(r *http.Request) error {
	value := s.cookies.token(r)
	if value != "" && subtle.ConstantTimeCompare([]byte(s.csrfToken(value)), []byte(r.Header.Get("X-CSRF-Token"))) == 1 {
		return nil
	}
	return problem.Forbidden("csrf", "Die Anfrage kam nicht von einer Seite dieses Portals.", "The request did not come from a page of this portal.").
		With(problem.Text{De: "Laden Sie die Seite neu und versuchen Sie es noch einmal.", En: "Reload the page and try again."})
}
