package oidc

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"portalverbund/api/types"
	"portalverbund/server/platform/problem"
)

// fault is what is wrong with an address, in stable words and in words for people.
type fault struct {
	code string
	text problem.Text
}

func faultOf(code, de, en string) *fault { return &fault{code, problem.Text{De: de, En: en}} }

// checkRegistration says what is wrong with an application, field by field (422).
func (s *Service) checkRegistration(r Registration) error {
	if signsIn(r.Kind) && !s.AccountHome {
		return errAtHome()
	}
	var found []problem.FieldError
	add := func(pointer string, f *fault) {
		if f != nil {
			found = append(found, problem.FieldError{Pointer: pointer, Code: f.code, Message: f.text})
		}
	}
	if strings.TrimSpace(r.Name) == "" {
		add("/name", faultOf("required", "Geben Sie der Anwendung einen Namen.", "Give the application a name."))
	}
	if strings.TrimSpace(r.Purpose["de"]) == "" {
		add("/purpose/de", faultOf("required", "Schreiben Sie, wofür die Anwendung da ist.", "Say what the application is for."))
	}
	for pointer, address := range map[string]string{"/url": r.URL, "/privacyUrl": r.PrivacyURL, "/backChannelLogoutUri": r.LogoutURI, "/jwksUri": r.JWKSURI} {
		if address != "" {
			add(pointer, s.webAddress(address))
		}
	}
	if r.Kind == types.ClientNative && r.LogoutURI != "" {
		add("/backChannelLogoutUri", faultOf("native", "Eine App auf dem Gerät ist von hier aus nicht zu erreichen.", "An app on a device cannot be reached from here."))
	}
	for i, address := range r.RedirectURIs {
		add(fmt.Sprintf("/redirectUris/%d", i), s.redirectAddress(r.Kind, address))
	}
	for i, address := range r.AfterLogout {
		add(fmt.Sprintf("/postLogoutRedirectUris/%d", i), s.redirectAddress(r.Kind, address))
	}
	switch {
	case signsIn(r.Kind) && len(r.RedirectURIs) == 0:
		add("/redirectUris", faultOf("required", "Geben Sie an, wohin Menschen nach der Anmeldung zurückkehren.", "Say where people come back to after signing in."))
	case !signsIn(r.Kind) && len(r.RedirectURIs)+len(r.AfterLogout) > 0:
		add("/redirectUris", faultOf("machine", "Ein Programm ohne Menschen braucht keine Rückkehradressen.", "A program without people needs no addresses to come back to."))
	}
	found = append(found, checkAuthentication(r)...)
	found = append(found, checkScopes(r)...)
	if len(found) == 0 {
		return nil
	}
	slices.SortFunc(found, func(a, b problem.FieldError) int { return strings.Compare(a.Pointer, b.Pointer) })
	return problem.Invalid(found...)
}

func checkAuthentication(r Registration) []problem.FieldError {
	at := func(pointer, code, de, en string) []problem.FieldError {
		return []problem.FieldError{{Pointer: pointer, Code: code, Message: problem.Text{De: de, En: en}}}
	}
	native := r.Kind == types.ClientNative
	switch {
	case native && r.Authentication != types.NoAuthentication:
		return at("/authentication", "native", "Eine App auf dem Gerät kann kein Geheimnis bewahren.", "An app on a device can keep no secret.")
	case !native && r.Authentication == types.NoAuthentication:
		return at("/authentication", "required", "Diese Anwendung muss sich ausweisen.", "This application must prove itself.")
	case r.Authentication != types.PrivateKeyJwtAuthentication:
		return nil
	case (r.JWKS == "") == (r.JWKSURI == ""):
		return at("/jwksUri", "required", "Geben Sie entweder die Schlüssel oder ihre Adresse an.", "Give either the keys or their address.")
	case r.JWKS == "":
		return nil
	}
	if _, f := publicKeys([]byte(r.JWKS)); f != nil {
		return []problem.FieldError{{Pointer: "/jwks", Code: f.code, Message: f.text}}
	}
	return nil
}

// scopesOf are what an application of a kind may ask for.
func scopesOf(kind types.ClientKind) []string {
	var known []string
	if signsIn(kind) {
		known = personScopes()
	}
	if fetches(kind) {
		known = append(known, scopeDeliverRead, scopeDeliverWrite)
	}
	return known
}

func checkScopes(r Registration) (found []problem.FieldError) {
	known := scopesOf(r.Kind)
	for i, scope := range r.Scopes {
		if !slices.Contains(known, scope) {
			found = append(found, problem.FieldError{Pointer: fmt.Sprintf("/scopes/%d", i), Code: "enum", Message: problem.Text{
				De: "Dieses Recht passt nicht zur Art der Anwendung.", En: "This right does not fit the kind of application.",
			}})
		}
	}
	if signsIn(r.Kind) && !slices.Contains(r.Scopes, scopeOpenID) {
		found = append(found, problem.FieldError{Pointer: "/scopes", Code: "required", Message: problem.Text{
			De: "Das Recht „openid“ gehört zu jeder Anmeldung.", En: "The right “openid” belongs to every sign-in.",
		}})
	}
	return found
}

// plainAddress refuses what browsers and servers read differently, and what never belongs into a registered address.
func plainAddress(address string) (*url.URL, *fault) {
	for _, r := range address {
		if r <= ' ' || r == 0x7f || r == '\\' || r == '*' || r > 0x7e {
			return nil, faultOf("address", "Diese Adresse enthält Zeichen, die nicht erlaubt sind.", "This address has characters that are not allowed.")
		}
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme == "" || !strings.HasPrefix(address, u.Scheme+":"):
		return nil, faultOf("address", "Das ist keine vollständige Adresse.", "This is not a complete address.")
	case strings.Contains(address, "#"):
		return nil, faultOf("fragment", "Eine Adresse darf kein „#“ enthalten.", "An address must not contain “#”.")
	case u.User != nil:
		return nil, faultOf("address", "Eine Adresse darf keine Zugangsdaten enthalten.", "An address must not contain credentials.")
	case slices.Contains(strings.Split(u.Path, "/"), ".."):
		return nil, faultOf("address", "Eine Adresse darf kein „..“ enthalten.", "An address must not contain “..”.")
	}
	return u, nil
}

// webAddress checks an address that servers or browsers call: https, on this machine also http where that is allowed.
func (s *Service) webAddress(address string) *fault {
	u, f := plainAddress(address)
	switch {
	case f != nil:
		return f
	case u.Host == "" || u.Hostname() == "":
		return faultOf("address", "Das ist keine vollständige Adresse.", "This is not a complete address.")
	case u.Scheme == "https", u.Scheme == "http" && s.Loopback && onThisMachine(u.Hostname()):
		return nil
	}
	return faultOf("https", "Die Adresse muss mit https:// beginnen.", "The address must begin with https://.")
}

// redirectAddress checks where a browser may come back to. Apps may use a claimed https address, a scheme of their own, or a
// loopback address with any port (RFC 8252, section 7).
func (s *Service) redirectAddress(kind types.ClientKind, address string) *fault {
	u, f := plainAddress(address)
	if f != nil {
		return f
	}
	if kind != types.ClientNative || u.Scheme == "https" {
		return s.webAddress(address)
	}
	if u.Scheme == "http" {
		if ip := net.ParseIP(u.Hostname()); ip != nil && ip.IsLoopback() {
			return nil
		}
		return faultOf("loopback", "Mit http geht nur 127.0.0.1 oder [::1]; der Port darf wechseln.", "With http, only 127.0.0.1 or [::1] will do; the port may vary.")
	}
	if !strings.Contains(u.Scheme, ".") || u.Host != "" && strings.Contains(u.Host, ":") {
		return faultOf("scheme", "Ein eigenes Schema muss aus einem umgedrehten Domainnamen bestehen, etwa de.meppen.app:/zurueck.", "A scheme of its own must be a reversed domain name, such as de.meppen.app:/back.")
	}
	return nil
}

func onThisMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}
