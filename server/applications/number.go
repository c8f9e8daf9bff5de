package applications

import (
	"fmt"
	"io"
	"strings"
)

// A number for people, such as MEP-26-4F7K-2P9T-X: the portal's prefix, the year, forty random bits, and a check character.
// Read out on the phone it has no letters that sound or look alike (Crockford's base 32: no I, L, O, U). The check character
// finds every single wrong character and every swap of two, wherever they are.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// randomCharacters is how many characters of a number are random.
const randomCharacters = 8

// newNumber makes a number.
func newNumber(prefix string, year int, random io.Reader) (string, error) {
	bits := make([]byte, randomCharacters*5/8)
	if _, err := io.ReadFull(random, bits); err != nil {
		return "", fmt.Errorf("make number: %w", err)
	}
	var value uint64
	for _, b := range bits {
		value = value<<8 | uint64(b)
	}
	var code [randomCharacters]byte
	for i := range code {
		code[i] = crockford[value>>(5*(randomCharacters-1-i))&31]
	}
	year2 := fmt.Sprintf("%02d", year%100)
	check := checkCharacter(prefix, year2+string(code[:]))
	return fmt.Sprintf("%s-%s-%s-%s-%c", prefix, year2, code[:4], code[4:], check), nil
}

// ReadNumber brings a number that a person typed or heard into its form: small letters, spaces and missing dashes are put
// right, and so are letters that a number does not have (I and L for 1, O for 0). False when it is not one, or when the check
// character does not fit.
func ReadNumber(text string) (string, bool) {
	var plain []byte
	for _, r := range strings.ToUpper(text) {
		switch {
		case r == '-' || r == ' ':
		case r >= '0' && r <= '9' || r >= 'A' && r <= 'Z':
			plain = append(plain, byte(r))
		default:
			return "", false
		}
	}
	const rest = 2 + randomCharacters + 1
	split := len(plain) - rest
	if split < 2 || split > 4 || strings.ContainsAny(string(plain[:split]), "0123456789") {
		return "", false
	}
	prefix, code := string(plain[:split]), plain[split:]
	for i, c := range code {
		switch c {
		case 'I', 'L':
			code[i] = '1'
		case 'O':
			code[i] = '0'
		case 'U':
			return "", false
		}
	}
	body, check := string(code[:rest-1]), code[rest-1]
	if strings.Trim(body[:2], "0123456789") != "" || checkCharacter(prefix, body) != check {
		return "", false
	}
	return fmt.Sprintf("%s-%s-%s-%s-%c", prefix, body[:2], body[2:6], body[6:], check), true
}

// checkCharacter computes the sum of all characters, each times another power of a primitive element of the field of 32
// elements (x^5 + x^2 + 1). Two numbers that differ in one character, or in the order of two, never have the same.
func checkCharacter(prefix, code string) byte {
	sum, weight := byte(0), byte(2)
	add := func(value byte) {
		sum ^= multiply(value, weight)
		weight = multiply(weight, 2)
	}
	for _, c := range []byte(code) {
		add(byte(strings.IndexByte(crockford, c)))
	}
	for _, c := range []byte(prefix) {
		add(c - 'A')
	}
	return crockford[sum]
}

// multiply multiplies in the field of 32 elements.
func multiply(a, b byte) (product byte) {
	for ; b > 0; b >>= 1 {
		if b&1 == 1 {
			product ^= a
		}
		if a <<= 1; a&32 != 0 {
			a ^= 0b100101
		}
	}
	return product
}
