package accounts

import (
	"net/mail"
	"strings"

	"golang.org/x/net/idna"

	"portalverbund/server/platform/problem"
)

const maxEmail = 254 // RFC 5321, section 4.5.3.1.3

// foldEmail checks an address and gives the form under which the account is found: lower case, the domain in ASCII.
// The local part must be ASCII: folding more than that would make different people's addresses the same.
func foldEmail(email string) (string, error) {
	email = strings.TrimSpace(email)
	local, domain, found := cutLast(email, '@')
	if !found || local == "" || len(email) > maxEmail || strings.ContainsFunc(local, notPlain) {
		return "", errEmail()
	}
	domain, err := idna.Lookup.ToASCII(domain)
	if err != nil || !strings.Contains(domain, ".") {
		return "", errEmail()
	}
	folded := strings.ToLower(local + "@" + domain)
	parsed, err := mail.ParseAddress(folded)
	if err != nil || parsed.Address != folded || parsed.Name != "" || len(folded) > maxEmail {
		return "", errEmail()
	}
	return folded, nil
}

func notPlain(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"<>()[]\,;:`, r) }

func cutLast(s string, sep byte) (before, after string, found bool) {
	i := strings.LastIndexByte(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

func errEmail() error {
	return problem.Invalid(problem.FieldError{Pointer: "/email", Code: "format", Message: problem.Text{
		De: "Bitte geben Sie eine E-Mail-Adresse an, zum Beispiel name@example.org.",
		En: "Please enter an e-mail address, such as name@example.org.",
	}})
}
