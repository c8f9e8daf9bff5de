package accounts

import (
	_ "embed"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"portalverbund/server/platform/problem"
)

// Rules for passwords: long rather than complicated. No rule on kinds of characters, no expiry (BSI ORP.4, NIST 800-63B).
const (
	minPassword   = 12   // characters
	maxPassword   = 1024 // bytes
	minOwn        = 8    // characters that are left when words about the person and the portal are taken away
	minDistinct   = 5    // different characters
	minContext    = 4    // characters of a word that counts as context
	longestPeriod = 4    // a password that repeats so few characters is a pattern
)

//go:embed common.txt
var commonList string

// checkPassword applies the rules; context are words that say nothing secret about the person: names, parts of the
// address. The error names the field /password: minLength, maxLength, password-breached, password-common or password-context.
func (s *Service) checkPassword(password string, context []string) error {
	refuse := func(code string, params map[string]any, message problem.Text) error {
		return problem.Invalid(problem.FieldError{Pointer: "/password", Code: code, Params: params, Message: message})
	}
	if utf8.RuneCountInString(password) < minPassword {
		return refuse("minLength", map[string]any{"minLength": minPassword}, problem.Text{
			De: "Das Passwort braucht mindestens 12 Zeichen. Gut ist ein ganzer Satz.",
			En: "The password needs at least 12 characters. A whole sentence is good.",
		})
	}
	if len(password) > maxPassword || strings.ContainsRune(password, 0) {
		return refuse("maxLength", map[string]any{"maxLength": maxPassword}, problem.Text{
			De: "Das Passwort ist zu lang.", En: "The password is too long.",
		})
	}
	plain := simplified(password)
	if isCommon(plain) || isPattern(plain) {
		return refuse("password-common", nil, problem.Text{
			De: "Dieses Passwort wird oft benutzt und ist leicht zu erraten. Bitte wählen Sie ein anderes.",
			En: "This password is used often and easy to guess. Please choose another one.",
		})
	}
	if isBreached(plain) {
		return refuse("password-breached", nil, problem.Text{
			De: "Dieses Passwort steht in Listen gestohlener Passwörter. Bitte wählen Sie ein anderes.",
			En: "This password is in lists of stolen passwords. Please choose another one.",
		})
	}
	if utf8.RuneCountInString(withoutWords(plain, append(context, portalWords(s.Self.Name)...))) < minOwn {
		return refuse("password-context", nil, problem.Text{
			De: "Das Passwort besteht fast nur aus Ihrem Namen, Ihrer Adresse oder dem Namen des Portals. Bitte wählen Sie ein anderes.",
			En: "The password is little more than your name, your address or the name of the portal. Please choose another one.",
		})
	}
	return nil
}

// simplified takes case, spaces and punctuation away, for comparing only.
func simplified(password string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsPunct(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFC.String(password))
}

// isCommon says whether the password is in the list of those used most, also with a few digits behind.
func isCommon(plain string) bool {
	bare := strings.TrimRightFunc(plain, unicode.IsDigit)
	for line := range strings.Lines(commonList) {
		if word := strings.TrimSpace(line); word != "" && (plain == word || (bare == word && len(plain)-len(bare) <= 4)) {
			return true
		}
	}
	return false
}

// isPattern finds what is long without being hard to guess: few different characters, a short part over and over, or a run
// through the alphabet, the digits or a row of keys.
func isPattern(plain string) bool {
	runes := []rune(plain)
	distinct := map[rune]bool{}
	for _, r := range runes {
		distinct[r] = true
	}
	if len(distinct) < minDistinct {
		return true
	}
	for period := 1; period <= longestPeriod; period++ {
		if repeats(runes, period) {
			return true
		}
	}
	for _, row := range []string{
		"abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba", "01234567890123456789", "98765432109876543210",
		"qwertzuiopüasdfghjklöäyxcvbnm", "qwertyuiopasdfghjklzxcvbnm",
	} {
		if strings.Contains(row, plain) {
			return true
		}
	}
	return false
}

func repeats(runes []rune, period int) bool {
	for i := period; i < len(runes); i++ {
		if runes[i] != runes[i-period] {
			return false
		}
	}
	return true
}

// withoutWords takes words that anybody could know out of a password.
func withoutWords(plain string, words []string) string {
	for _, word := range words {
		if word = simplified(word); utf8.RuneCountInString(word) >= minContext {
			plain = strings.ReplaceAll(plain, word, "")
		}
	}
	return plain
}

func portalWords(name string) []string {
	return append(strings.Fields(name), "portalverbund", "serviceportal", "portal", "passwort", "password", "kennwort", "geheim", "anmeldung")
}

// emailWords are the parts of an address that say who it belongs to.
func emailWords(email string) []string {
	return strings.FieldsFunc(email, func(r rune) bool { return strings.ContainsRune("@.-_+", r) })
}
