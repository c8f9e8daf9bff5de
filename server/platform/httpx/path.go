package httpx

import (
	"net/url"
	"strings"
)

// LocalPath says whether an address is a page of this portal, and leads nowhere else in any browser.
func LocalPath(address string) bool {
	if !strings.HasPrefix(address, "/") || strings.HasPrefix(address, "//") || len(address) > 500 {
		return false
	}
	for _, r := range address {
		if r < ' ' || r == 0x7f || r == '\\' { // browsers drop tabs and line breaks, and take a backslash for a slash
			return false
		}
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || strings.HasPrefix(u.Path, "//") {
		return false
	}
	for _, program := range []string{"/api/", "/oauth2/", "/federation/", "/identity/", "/.well-known/"} {
		if strings.HasPrefix(u.Path, program) {
			return false
		}
	}
	return true
}
