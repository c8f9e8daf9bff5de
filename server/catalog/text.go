package catalog

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// readText reads a text by language from valid JSON, for which the decoder would look at it four times more. ok is false for
// whatever is not written as this program writes it; the decoder then reads it.
func readText(b []byte) (t Text, ok bool) {
	if len(b) < 2 || b[0] != '{' {
		return nil, false
	}
	t = Text{}
	for b = b[1:]; ; b = b[1:] {
		var language, text string
		if language, b, ok = readString(b); !ok || len(b) == 0 || b[0] != ':' {
			return nil, false
		}
		if text, b, ok = readString(b[1:]); !ok || len(b) == 0 {
			return nil, false
		}
		t[language] = text
		switch {
		case b[0] == '}' && len(b) == 1:
			return t, true
		case b[0] != ',':
			return nil, false
		}
	}
}

// readString reads a string at the beginning of valid JSON, and gives what follows. ok is false for what is not well-formed UTF-8,
// and for characters written in two halves.
func readString(b []byte) (s string, rest []byte, ok bool) {
	if len(b) == 0 || b[0] != '"' {
		return "", nil, false
	}
	end := 1
	escaped := false
	for ; end < len(b) && b[end] != '"'; end++ {
		if b[end] == '\\' {
			escaped = true
			end++
		}
	}
	if end >= len(b) || !utf8.Valid(b[1:end]) {
		return "", nil, false
	}
	if !escaped {
		return string(b[1:end]), b[end+1:], true
	}
	s, ok = unescaped(b[1:end])
	return s, b[end+1:], ok
}

// unescaped gives the text of a string of JSON with escapes.
func unescaped(b []byte) (string, bool) {
	var out strings.Builder
	out.Grow(len(b))
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' {
			out.WriteByte(b[i])
			continue
		}
		i++
		if b[i] != 'u' {
			at := strings.IndexByte(`"\/bfnrt`, b[i])
			if at < 0 {
				return "", false
			}
			out.WriteByte("\"\\/\b\f\n\r\t"[at])
			continue
		}
		if len(b) < i+5 {
			return "", false
		}
		n, err := strconv.ParseUint(string(b[i+1:i+5]), 16, 16)
		if err != nil || n >= 0xd800 && n < 0xe000 {
			return "", false
		}
		out.WriteRune(rune(n))
		i += 4
	}
	return out.String(), true
}
