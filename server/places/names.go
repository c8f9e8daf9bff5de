package places

import (
	"hash/fnv"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// isTitle names words that stand before or behind a name without being part of it: people leave them out, or add them
// where the register has none.
func isTitle(word string) bool {
	switch word {
	case "stadt", "gemeinde", "samtgemeinde", "verbandsgemeinde", "marktgemeinde", "hansestadt", "kreisstadt", "landeshauptstadt",
		"universitatsstadt", "stadtkreis", "kreisfreie":
		return true
	}
	return false
}

const (
	minTypoLength = 4  // shorter names have too many neighbours
	maxTypoLength = 40 // longer input is no name
)

// fold brings a name or a query into the form in which names are compared: lower case, without accents, one space
// between words, and ä, ae and a all the same (so are ö, oe, o and ü, ue, u), because people write Koeln and Koln.
// The fold of a beginning is a beginning of the fold.
func fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	var last rune
	for _, r := range norm.NFD.String(strings.ToLower(s)) {
		switch {
		case unicode.Is(unicode.Mn, r):
			continue
		case r == 'e' && (last == 'a' || last == 'o' || last == 'u'):
			last = ' ' // ae is ä; the next e counts again
			continue
		case r == 'ß':
			b.WriteString("ss")
		case r == 'ł':
			r = 'l'
			b.WriteRune(r)
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		case r == '\'' || r == '’':
			continue
		default:
			r = ' '
			b.WriteRune(r)
		}
		last = r
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// nameKey is the fold without titles; the fold itself when nothing else is left.
func nameKey(name string) string {
	folded := fold(name)
	words := slices.DeleteFunc(strings.Fields(folded), isTitle)
	if len(words) == 0 {
		return folded
	}
	return strings.Join(words, " ")
}

// shortKey is the key of a name without what tells it from others of that name: "Lingen (Ems), Stadt" is "lingen".
func shortKey(name string) string {
	if i := strings.IndexAny(name, "(,/"); i > 0 {
		name = name[:i]
	}
	return nameKey(name)
}

// typoHashes gives a hash of the key and of the key without each of its letters. Two keys that are one slip apart (a
// letter missing, added, wrong or swapped with its neighbour) have one in common. Others may too: withinOneSlip decides.
func typoHashes(key string) []int32 {
	if len(key) < minTypoLength || len(key) > maxTypoLength {
		return []int32{}
	}
	hashes := []int32{hash(key)}
	letters := []rune(key)
	for i := range letters {
		hashes = append(hashes, hash(string(letters[:i])+string(letters[i+1:])))
	}
	slices.Sort(hashes)
	return slices.Compact(hashes)
}

func hash(s string) int32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(s)) // never fails
	return int32(h.Sum32() >> 1)
}

// withinOneSlip says whether one letter missing, added, wrong, or swapped with its neighbour makes a into b.
func withinOneSlip(a, b string) bool {
	x, y := []rune(a), []rune(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(y)-len(x) > 1 {
		return false
	}
	i := 0
	for i < len(x) && x[i] == y[i] {
		i++
	}
	if i == len(x) {
		return true
	}
	if len(x) < len(y) {
		return slices.Equal(x[i:], y[i+1:])
	}
	if slices.Equal(x[i+1:], y[i+1:]) {
		return true
	}
	return i+1 < len(x) && x[i] == y[i+1] && x[i+1] == y[i] && slices.Equal(x[i+2:], y[i+2:])
}
