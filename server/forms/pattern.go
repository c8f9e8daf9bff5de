package forms

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// portable checks that a pattern is anchored and means the same in the browser (ECMAScript with the u flag) and here (RE2).
func portable(pattern string) error {
	if !strings.HasPrefix(pattern, "^") || !strings.HasSuffix(pattern, "$") {
		return errors.New("a pattern is anchored with ^ and $")
	}
	if err := scan(pattern); err != nil {
		return err
	}
	if _, err := regexp.Compile(pattern); err != nil {
		return fmt.Errorf("not a regular expression of RE2: %w", err)
	}
	return nil
}

// Escapes that mean the same on both sides: character classes, and signs that have a meaning without it.
const (
	classEscapes  = `dDwWtnrfv`
	syntaxEscapes = `^$\.*+?()[]{}|/`
)

var (
	quantifier   = regexp.MustCompile(`^\{[0-9]{1,4}(,[0-9]{0,4})?\}`)
	generalClass = regexp.MustCompile(`^\{(L[ulmot]?|N[dlo]?)\}`)
)

// scan goes through a pattern sign by sign, and names the first that only one side knows.
func scan(pattern string) error {
	inClass := false
	for i := 0; i < len(pattern); i++ {
		rest := pattern[i+1:]
		switch sign := pattern[i]; {
		case sign == '\\':
			length, err := escape(rest, inClass)
			if err != nil {
				return err
			}
			i += length
		case inClass:
			if strings.HasPrefix(pattern[i:], "[:") {
				return errors.New("named classes such as [:alpha:] are not known in the browser")
			}
			inClass = sign != ']'
		case sign == '[':
			if strings.HasPrefix(rest, "]") || strings.HasPrefix(rest, "^]") {
				return errors.New("an empty class, or a ] in a class without backslash")
			}
			inClass = true
		case sign == '(' && strings.HasPrefix(rest, "?") && !strings.HasPrefix(rest, "?:"):
			return errors.New("look-arounds, flags and named groups are not part of the form profile")
		case sign == '{':
			length := len(quantifier.FindString(pattern[i:]))
			if length == 0 {
				return errors.New("a { that is no quantifier needs a backslash")
			}
			i += length - 1
		case sign == '}' || sign == ']':
			return fmt.Errorf("a %c on its own needs a backslash", sign)
		}
	}
	return nil
}

// escape checks what follows a backslash, and says how many signs belong to it.
func escape(rest string, inClass bool) (int, error) {
	if rest == "" {
		return 0, errors.New("a backslash at the end")
	}
	switch sign := rest[0]; {
	case strings.IndexByte(classEscapes, sign) >= 0, strings.IndexByte(syntaxEscapes, sign) >= 0, inClass && sign == '-':
		return 1, nil
	case sign == 'p' || sign == 'P':
		if length := len(generalClass.FindString(rest[1:])); length > 0 {
			return 1 + length, nil
		}
		return 0, errors.New("of Unicode's classes only letters (L) and numbers (N) mean the same on both sides")
	default:
		return 0, fmt.Errorf(`\%c is not part of the form profile`, sign)
	}
}
