package catalog

import (
	"fmt"
	"strings"
)

const (
	arsLength  = 12
	countryARS = "000000000000"
)

// area is the ARS of a place of any level without padding, so that a place lies in an area when its ARS begins with it;
// empty for the whole country.
type area string

// levelLengths are how many digits the ARS of a Gemeinde, a Gemeindeverband, a Kreis, a Regierungsbezirk and a Land have.
func levelLengths() [5]int { return [...]int{12, 9, 5, 3, 2} }

// parseArea reads an ARS that may be padded with zeros to 12 digits.
func parseArea(ars string) (area, error) {
	ars = strings.TrimSpace(ars)
	if ars == countryARS {
		return "", nil
	}
	if ars == "" || len(ars) > arsLength || strings.Trim(ars, "0123456789") != "" {
		return "", fmt.Errorf("area %.40q is not an ARS", ars)
	}
	short, known := ars, false
	for _, n := range levelLengths() {
		switch {
		case n == len(ars):
			known = true
		case n < len(ars) && strings.Trim(ars[n:], "0") == "":
			short, known = ars[:n], true
		}
	}
	if !known {
		return "", fmt.Errorf("area %.40q does not have the 2, 3, 5, 9 or 12 digits of an ARS", ars)
	}
	return area(short), nil
}

// written is the area as entries have it.
func (a area) written() string {
	if a == "" {
		return countryARS
	}
	return string(a)
}

// padded is the ARS with 12 digits.
func (a area) padded() string { return string(a) + countryARS[min(len(a), arsLength):] }

// covers says whether other lies in the area.
func (a area) covers(other area) bool { return strings.HasPrefix(string(other), string(a)) }

// chain gives the areas that cover this one, the whole country first and the area itself last.
func (a area) chain() []string {
	chain := []string{""}
	lengths := levelLengths()
	for i := len(lengths) - 1; i >= 0; i-- {
		if lengths[i] <= len(a) {
			chain = append(chain, string(a[:lengths[i]]))
		}
	}
	return chain
}

// isMunicipality says whether the area is one Gemeinde: its key has all digits, or it is a Kreis or Land of one Gemeinde,
// which the level tells.
func (a area) isMunicipality(level string) bool { return len(a) == arsLength || level == "gemeinde" }
