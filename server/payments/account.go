package payments

import (
	"fmt"
	"regexp"
	"strings"

	"portalverbund/api/types"
)

// BankAccount is the account to which people may transfer fees.
type BankAccount struct {
	Holder string `json:"holder"`
	IBAN   string `json:"iban"`
	BIC    string `json:"bic"` // may be empty: inside of the SEPA nobody needs it
}

var (
	ibanForm = regexp.MustCompile(`^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$`)
	bicForm  = regexp.MustCompile(`^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$`)
)

const maxHolder = 70 // characters, as the GiroCode has it

// Checked gives an account without blanks; an IBAN whose check digits are wrong (ISO 13616) is refused.
func (a BankAccount) Checked() (BankAccount, error) {
	a.IBAN, a.BIC, a.Holder = bare(a.IBAN), bare(a.BIC), strings.TrimSpace(a.Holder)
	switch {
	case !validIBAN(a.IBAN):
		return a, fmt.Errorf("account: %q is no IBAN", a.IBAN)
	case a.BIC != "" && !bicForm.MatchString(a.BIC):
		return a, fmt.Errorf("account: %q is no BIC", a.BIC)
	case a.Holder == "" || len([]rune(a.Holder)) > maxHolder || strings.ContainsAny(a.Holder, "\r\n"):
		return a, fmt.Errorf("account: holder has 1 to %d characters", maxHolder)
	}
	return a, nil
}

func bare(text string) string { return strings.ToUpper(strings.Join(strings.Fields(text), "")) }

// validIBAN checks form and check digits: the first four characters behind the others, letters as 10 to 35, the remainder by 97 is 1.
func validIBAN(iban string) bool {
	if !ibanForm.MatchString(iban) {
		return false
	}
	rest := 0
	for _, c := range iban[4:] + iban[:4] {
		if c >= 'A' {
			rest = (rest*100 + int(c-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(c-'0')) % 97
		}
	}
	return rest == 1
}

// giroCode is the text of the QR code from which banks' apps fill in a transfer (EPC069-12, version 002; known as GiroCode).
func giroCode(a BankAccount, amount Cents, reference string) string {
	return strings.Join([]string{"BCD", "002", "1", "SCT", a.BIC, a.Holder, a.IBAN, Currency + amount.Decimal(), "", "", reference}, "\n")
}

// transferOf says how an amount can be transferred; nil where it cannot.
func transferOf(a *BankAccount, amount Cents, reference string) *types.PaymentTransfer {
	if a == nil || amount < 1 {
		return nil
	}
	return &types.PaymentTransfer{Holder: a.Holder, Iban: a.IBAN, Bic: optional(a.BIC), Amount: money(amount), Reference: reference, Code: giroCode(*a, amount, reference)}
}
