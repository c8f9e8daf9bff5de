package forms

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The length of an IBAN by its country, from the registry that SWIFT keeps for ISO 13616. The browser reads the same file.
//
//go:embed iban.lengths.json
var ibanLengthsFile []byte

func ibanLengths() (lengths map[string]int) {
	if err := json.Unmarshal(ibanLengthsFile, &lengths); err != nil {
		panic(fmt.Sprintf("lengths of IBANs: %v", err)) // it is part of the program
	}
	return lengths
}

// ownFormats gives those that JSON Schema does not have. Both sides judge them by the rules of testdata/README.md.
func ownFormats() []*jsonschema.Format {
	lengths := ibanLengths()
	return []*jsonschema.Format{
		{Name: "iban", Validate: textFormat(func(text string) bool { return isIBAN(text, lengths) }, "no IBAN")},
		{Name: "phone", Validate: textFormat(isPhone, "no telephone number")},
	}
}

// textFormat judges texts; what is no text is for the keyword type.
func textFormat(valid func(string) bool, why string) func(any) error {
	return func(value any) error {
		if text, ok := value.(string); ok && !valid(text) {
			return errors.New(why)
		}
		return nil
	}
}

var ibanSigns = regexp.MustCompile(`^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$`)

// isIBAN checks an IBAN in its electronic form: the length of its country, and ISO 7064 mod 97-10.
func isIBAN(iban string, lengths map[string]int) bool {
	if !ibanSigns.MatchString(iban) || lengths[iban[:2]] != len(iban) {
		return false
	}
	rest := 0
	for _, sign := range iban[4:] + iban[:4] {
		if sign >= 'A' {
			rest = (rest*100 + int(sign-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(sign-'0')) % 97
		}
	}
	return rest == 1
}

var phoneSigns = regexp.MustCompile(`^\+?[0-9 ()/.-]+$`)

// isPhone accepts what people write: digits in any grouping, with + in front for abroad; 5 to 15 digits (ITU-T E.164).
func isPhone(phone string) bool {
	digits := 0
	for _, sign := range phone {
		if sign >= '0' && sign <= '9' {
			digits++
		}
	}
	return phoneSigns.MatchString(phone) && digits >= 5 && digits <= 15
}

// normalIBAN is the electronic form of what people type: without spaces, in capital letters.
func normalIBAN(typed string) string {
	return strings.ToUpper(strings.Map(func(sign rune) rune {
		if sign == ' ' || sign == '\u00a0' {
			return -1
		}
		return sign
	}, typed))
}
