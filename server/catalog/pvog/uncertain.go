package pvog

import (
	"regexp"
	"strconv"
	"strings"
)

// What stands in this file was inferred, and not seen first-hand:
//   - the host of the Bereitstelldienst, and the name of its filter by place;
//   - which codes communications have: 02 is a telephone (seen); what a mail or web address is, its value tells;
//   - how an amount is written among the details of the costs;
//   - the part OD in the ids of online services.
const (
	defaultDeliveryURL = "https://pvog.fitko.net/bereitstelldienst/api/v3/verwaltungsobjekte/xzufi-2-3-1"
	deliveryFilter     = "ars"
	codeTelephone      = "02"
)

// Codes of details that are not those of text modules.
const (
	codeRelease    = "93"
	codePortals    = "94"
	codeProcessing = "95"
	codeDeadlines  = "97"
	codeFees       = "98"
)

// amounts reads texts that are nothing but an amount, or one from … to: 10 EUR, 10,50 Euro, 1.250,00 €, 5 bis 10 Euro.
type amounts struct{ one, two, free *regexp.Regexp }

func newAmounts() amounts {
	const number, currency = `([0-9]{1,3}(?:\.[0-9]{3})+|[0-9]{1,7})(?:,([0-9]{1,2}))?\s*`, `(?:€|EUR|Euro)`
	return amounts{
		one:  regexp.MustCompile(`^` + number + currency + `\.?$`),
		two:  regexp.MustCompile(`^(?:von\s+)?` + number + currency + `?\s*(?:-|–|bis)\s*` + number + currency + `\.?$`),
		free: regexp.MustCompile(`(?i)^(kostenlos|kostenfrei|gebührenfrei|keine|es fallen keine (gebühren|kosten) an)\.?$`),
	}
}

// read gives the kind of a fee and its amounts in cents.
func (a amounts) read(text string) (kind string, from, to *int64) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\u00a0", " "))
	if a.free.MatchString(text) {
		return "free", nil, nil
	}
	if m := a.one.FindStringSubmatch(text); m != nil {
		return "fixed", cents(m[1], m[2]), nil
	}
	if m := a.two.FindStringSubmatch(text); m != nil {
		if from, to := cents(m[1], m[2]), cents(m[3], m[4]); *from <= *to {
			return "range", from, to
		}
	}
	return "rule", nil, nil
}

func cents(whole, fraction string) *int64 {
	n, _ := strconv.ParseInt(strings.ReplaceAll(whole, ".", "")+(fraction + "00")[:2], 10, 64) // digits only
	return &n
}

// parts takes an id such as L100042.LB.101 apart: the agency, what it is, and the number.
func parts(id string) (agency, scheme, value string, ok bool) {
	agency, rest, _ := strings.Cut(id, ".")
	scheme, value, ok = strings.Cut(rest, ".")
	return agency, scheme, value, ok && agency != "" && value != ""
}
