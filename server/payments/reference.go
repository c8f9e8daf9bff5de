package payments

import (
	"context"
	"fmt"
	"strings"
)

// newReference draws a Kassenzeichen: two digits of the year, nine of a running number, and a check digit (ISO/IEC 7064, MOD 11,10), which
// finds every single wrong digit and nearly every pair that changed places.
func (s *Service) newReference(ctx context.Context) (string, error) {
	var n int64
	if err := s.DB.Pgx(ctx).QueryRow(ctx, "SELECT nextval('payment_reference_numbers')").Scan(&n); err != nil {
		return "", fmt.Errorf("draw reference: %w", err)
	}
	digits := fmt.Sprintf("%02d%09d", s.Now().Year()%100, n)
	return digits + string(checkDigit(digits)), nil
}

// referenceDigits is how long a Kassenzeichen is.
const referenceDigits = 12

func checkDigit(digits string) byte {
	product := 10
	for _, d := range []byte(digits) {
		sum := (int(d-'0') + product) % 10
		if sum == 0 {
			sum = 10
		}
		product = sum * 2 % 11
	}
	return byte('0' + (11-product)%10)
}

// ValidReference says whether a Kassenzeichen is written right; blanks do not count.
func ValidReference(reference string) bool {
	plain := strings.ReplaceAll(reference, " ", "")
	if len(plain) != referenceDigits || strings.Trim(plain, "0123456789") != "" {
		return false
	}
	return checkDigit(plain[:11]) == plain[11]
}
