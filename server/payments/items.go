package payments

import (
	"fmt"

	"portalverbund/api/types"
	"portalverbund/server/platform/problem"
)

const (
	hundredths = 100 // quantities are counted in them
	maxItems   = 20
	maxRate    = 30      // per cent of tax
	maxCount   = 9999999 // hundredths
	maxLabel   = 480     // bytes of 120 characters
)

// share gives amount × part / whole in whole cents, half a cent up. Nothing of it is negative, and the product of what the contract allows fits.
func share(amount, part, whole int64) int64 { return (amount*part + whole/2) / whole }

// itemise reckons the items of a fee. Each is rounded on its own: net, and then tax on net.
func itemise(requests []types.FeeItemRequest) (items []types.FeeItem, total Cents, err error) {
	for n, r := range requests {
		rate := or(r.TaxRate, 0)
		field := fmt.Sprintf("/items/%d/", n)
		switch {
		case r.Quantity < 1 || r.Quantity > maxCount:
			return nil, 0, notPossible(field + "quantity")
		case r.UnitAmount < 0 || Cents(r.UnitAmount) > MaxAmount:
			return nil, 0, notPossible(field + "unitAmount")
		case rate < 0 || rate > maxRate:
			return nil, 0, notPossible(field + "taxRate")
		}
		net := share(r.UnitAmount, r.Quantity, hundredths)
		tax := share(net, int64(rate), 100)
		items = append(items, types.FeeItem{Label: r.Label, Quantity: r.Quantity, UnitAmount: r.UnitAmount, TaxRate: rate, Net: net, Tax: tax, Gross: net + tax})
		total += Cents(net + tax)
		if total > MaxAmount {
			return nil, 0, notPossible(field + "unitAmount")
		}
	}
	return items, total, nil
}

func notPossible(pointer string) error {
	return problem.Invalid(problem.FieldError{Pointer: pointer, Code: "format", Message: problem.Text{De: "Dieser Wert ist nicht möglich.", En: "This value is not possible."}})
}

// itemised says whether items that another portal tells of are reckoned right, and sum to an amount. No items are right.
func itemised(items []types.FeeItem, amount Cents) bool {
	if len(items) == 0 {
		return true
	}
	requests := make([]types.FeeItemRequest, 0, len(items))
	for _, i := range items {
		if len(i.Label) > maxLabel {
			return false
		}
		requests = append(requests, types.FeeItemRequest{Label: i.Label, Quantity: i.Quantity, UnitAmount: i.UnitAmount, TaxRate: &i.TaxRate})
	}
	again, total, err := itemise(requests)
	if err != nil || total != amount || len(items) > maxItems {
		return false
	}
	for n := range items {
		if items[n] != again[n] {
			return false
		}
	}
	return true
}

// countWords writes a quantity in hundredths for people: 1,5.
func countWords(quantity int64, language string) string {
	point := ","
	if language == "en" {
		point = "."
	}
	switch whole, part := quantity/hundredths, quantity%hundredths; {
	case part == 0:
		return fmt.Sprint(whole)
	case part%10 == 0:
		return fmt.Sprintf("%d%s%d", whole, point, part/10)
	default:
		return fmt.Sprintf("%d%s%02d", whole, point, part)
	}
}

// itemLines writes what a fee is for, a line each.
func itemLines(items []types.FeeItem, language string) []string {
	net, tax := "netto", "Umsatzsteuer"
	if language == "en" {
		net, tax = "net", "VAT"
	}
	lines := make([]string, 0, len(items))
	for _, i := range items {
		line := fmt.Sprintf("%s: %s × %s = %s", i.Label, countWords(i.Quantity, language), Cents(i.UnitAmount).Words(language), Cents(i.Gross).Words(language))
		if i.TaxRate > 0 {
			line = fmt.Sprintf("%s: %s × %s = %s %s + %d %% %s %s = %s", i.Label, countWords(i.Quantity, language), Cents(i.UnitAmount).Words(language),
				Cents(i.Net).Words(language), net, i.TaxRate, tax, Cents(i.Tax).Words(language), Cents(i.Gross).Words(language))
		}
		lines = append(lines, line)
	}
	return lines
}
