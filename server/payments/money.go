package payments

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"portalverbund/api/types"
	"portalverbund/server/platform/problem"
)

// Currency is the only one that is taken.
const Currency = "EUR"

// MaxAmount is the most that can be asked at once: 999,999.00 €, as XBezahldienste has it.
const MaxAmount Cents = 99_999_900

// Cents is an amount of money in cents of euros. No amount is ever a floating-point number. Amounts come as whole cents; only items
// of a fee that the authority sets are rounded (items.go).
type Cents int64

var errAmount = errors.New("not an amount in euros and cents")

// Decimal writes an amount in euros with two decimals, as providers have it: 12.50.
func (c Cents) Decimal() string {
	sign := ""
	if c < 0 {
		sign, c = "-", -c
	}
	return fmt.Sprintf("%s%d.%02d", sign, int64(c)/100, int64(c)%100)
}

// Words writes an amount for people: 12,50 € or €12.50.
func (c Cents) Words(language string) string {
	if language == "en" {
		return "€" + c.Decimal()
	}
	return strings.Replace(c.Decimal(), ".", ",", 1) + " €"
}

// ParseDecimal reads an amount in euros, digit by digit: 12, 12.5 or 12.50, at most MaxAmount. More than two decimals are refused unless they are zeros.
func ParseDecimal(text string) (Cents, error) {
	whole, part, _ := strings.Cut(text, ".")
	part = strings.TrimRight(part, "0")
	if whole == "" || len(whole) > 8 || len(part) > 2 || strings.Trim(whole+part, "0123456789") != "" {
		return 0, fmt.Errorf("%q: %w", text, errAmount)
	}
	cents, err := strconv.ParseInt(whole+(part + "00")[:2], 10, 64)
	if err != nil || Cents(cents) > MaxAmount {
		return 0, fmt.Errorf("%q: %w", text, errAmount)
	}
	return Cents(cents), nil
}

// money is an amount in the contract's words.
func money(c Cents) types.Money { return types.Money{Amount: int64(c), Currency: Currency} }

var errCurrency = problem.Unprocessable("currency", "Gebühren können nur in Euro bezahlt werden.", "Fees can be paid in euros only.").
	With(problem.Text{De: "Die zuständige Behörde muss die Gebühr in Euro festlegen.", En: "The competent authority must set the fee in euros."})

// FeeOf gives what an application costs: 0 where there is no fee. known is false when the answers do not say yet. An amount in another currency, or one
// that is no whole number of cents from 0 to MaxAmount, is refused.
func FeeOf(fee *types.OnlineFee, answers map[string]any) (amount Cents, known bool, err error) {
	switch {
	case fee == nil:
		return 0, true, nil
	case fee.Range != nil: // the authority sets it later
		return 0, false, nil
	case fee.Amount != nil:
		if fee.Amount.Currency != Currency {
			return 0, false, errCurrency
		}
		if fee.Amount.Amount < 0 || Cents(fee.Amount.Amount) > MaxAmount {
			return 0, false, fmt.Errorf("fee of %d cents: %w", fee.Amount.Amount, errAmount)
		}
		return Cents(fee.Amount.Amount), true, nil
	case fee.Pointer == nil:
		return 0, true, nil
	}
	value, there := at(answers, *fee.Pointer)
	if !there {
		return 0, false, nil
	}
	amount, ok := whole(value)
	if !ok || amount < 0 || amount > MaxAmount {
		return 0, false, problem.Invalid(problem.FieldError{Pointer: *fee.Pointer, Code: "format", Message: problem.Text{
			De: "Das ist kein Betrag in ganzen Cent.", En: "This is no amount in whole cents.",
		}})
	}
	return amount, true, nil
}

// at finds what a JSON pointer leads to in objects (RFC 6901).
func at(value any, pointer string) (any, bool) {
	for _, name := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		object, ok := value.(map[string]any)
		if !ok {
			return nil, false
		}
		if value, ok = object[strings.NewReplacer("~1", "/", "~0", "~").Replace(name)]; !ok {
			return nil, false
		}
	}
	return value, value != nil
}

// whole reads a whole number as JSON gives it. What encoding/json has made a double of is taken when it is a whole number that a double holds
// exactly.
func whole(value any) (Cents, bool) {
	switch v := value.(type) {
	case json.Number:
		n, err := strconv.ParseInt(string(v), 10, 64)
		return Cents(n), err == nil
	case int:
		return Cents(v), true
	case int64:
		return Cents(v), true
	case float64:
		n := int64(v)
		return Cents(n), float64(n) == v && n < 1<<53 && n > -(1<<53)
	}
	return 0, false
}
