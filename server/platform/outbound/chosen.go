package outbound

import (
	"net/netip"
	"net/url"

	"portalverbund/server/platform/problem"
)

// CheckChosen says what is wrong with an address that somebody enters in the field at pointer, as a problem with status 422: it has to begin with
// https (or http, where this machine may be called), name nobody's password, and lead to no network inside. Where a name leads to is checked when it
// is called.
func (o Options) CheckChosen(pointer, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.Scheme != "https" && (u.Scheme != "http" || !o.AllowLoopback) {
		return problem.Invalid(problem.FieldError{Pointer: pointer, Code: "address", Message: problem.Text{
			De: "Bitte geben Sie eine Adresse an, die mit https:// beginnt, ohne Zugangsdaten.", En: "Please enter an address that begins with https://, without credentials.",
		}})
	}
	if number, err := netip.ParseAddr(u.Hostname()); err == nil && o.Check(number) != nil {
		return problem.Invalid(problem.FieldError{Pointer: pointer, Code: "address-not-public", Message: problem.Text{
			De: "Diese Adresse führt in ein internes Netz. Dorthin verbindet sich das Portal nicht.", En: "This address leads into a network that is not public. The portal does not connect to it.",
		}})
	}
	return nil
}

// Host is the host of an address with its port, for logs and lists; empty where it has none.
func Host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
