package adapter

import "strings"

// Country is the ARS of Germany as a whole.
const Country = "000000000000"

// Unpad gives an ARS as entries write it: without the zeros that pad it to 12 digits (2, 3, 5, 9 or 12 digits are left), and
// 000000000000 for the whole country. It is empty for what is no ARS.
func Unpad(ars string) string {
	ars = strings.TrimSpace(ars)
	if ars == "" || len(ars) > len(Country) || strings.Trim(ars, "0123456789") != "" {
		return ""
	}
	if strings.Trim(ars, "0") == "" {
		return Country
	}
	for _, n := range []int{2, 3, 5, 9, 12} {
		if n <= len(ars) && strings.Trim(ars[n:], "0") == "" {
			return ars[:n]
		}
	}
	return ""
}

// Pad gives an ARS with 12 digits.
func Pad(ars string) string { return ars + Country[min(len(ars), len(Country)):] }

// Covers says whether a place lies in an area or is it; both may be padded.
func Covers(area, place string) bool {
	area, place = Unpad(area), Unpad(place)
	return area == Country || area != "" && strings.HasPrefix(place, area)
}
