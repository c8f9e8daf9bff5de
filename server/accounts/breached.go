package accounts

import (
	"crypto/sha256"
	_ "embed"
	"sort"
	"strings"
	"unicode"
)

// breached holds passwords that were found in leaks: the first breachedBytes of the SHA-256 of each, as simplified has it, in order.
// `npm run generate:passwords` makes it from the list of zxcvbn-ts (@zxcvbn-ts/language-common, MIT: breached.LICENSE.txt), so that none is spelt out here and
// none is loaded into memory. Of a hundred million other passwords about four are taken for one of them.
//
//go:embed breached.bin
var breached string

const (
	breachedBytes = 5
	maxDigits     = 4 // behind a password do not make another one of it
)

// isBreached says whether a password that simplified has reduced was found in leaks: as it is, twice in a row, or with a few digits behind.
func isBreached(plain string) bool {
	bare := strings.TrimRightFunc(plain, unicode.IsDigit)
	if inBreached(plain) || (len(plain)-len(bare) <= maxDigits && inBreached(bare)) {
		return true
	}
	half := len(bare) / 2
	return len(bare)%2 == 0 && bare[:half] == bare[half:] && len(plain)-len(bare) <= maxDigits && inBreached(bare[:half])
}

func inBreached(word string) bool {
	sum := sha256.Sum256([]byte(word))
	wanted := string(sum[:breachedBytes])
	at := func(i int) string { return breached[i*breachedBytes : (i+1)*breachedBytes] }
	n := len(breached) / breachedBytes
	i := sort.Search(n, func(i int) bool { return at(i) >= wanted })
	return i < n && at(i) == wanted
}
