package accounts

import (
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"portalverbund/api/types"
	"portalverbund/server/platform/problem"
)

// earliestBirth is before anyone who is alive was born.
const earliestBirth = 1880

// checkProfile tidies a person's data and names what is wrong with it (422).
func (s *Service) checkProfile(d *types.ProfileData) error {
	d.GivenName, d.FamilyName = strings.TrimSpace(d.GivenName), strings.TrimSpace(d.FamilyName)
	fields := missingNames(d.GivenName, d.FamilyName)
	for _, field := range []**string{
		&d.BirthName, &d.BirthPlace, &d.Nationality, &d.Street, &d.HouseNumber, &d.PostalCode, &d.City, &d.Phone, &d.Iban, &d.AccountHolder,
	} {
		*field = trimmed(*field)
	}
	fields = append(fields, checkBirth("/birthDate", d.BirthDate, s.Now())...)
	if d.Iban != nil {
		tidy, ok := parseIBAN(*d.Iban)
		if d.Iban = &tidy; !ok {
			fields = append(fields, problem.FieldError{Pointer: "/iban", Code: "iban", Message: problem.Text{
				De: "Diese IBAN stimmt nicht. Bitte prüfen Sie jede Stelle.", En: "This IBAN is not right. Please check each digit.",
			}})
		}
	}
	fields = append(fields, checkChildren(d, s.Now())...)
	fields = append(fields, checkVehicles(d)...)
	if len(fields) > 0 {
		return problem.Invalid(fields...)
	}
	return nil
}

func checkBirth(pointer string, b *openapi_types.Date, now time.Time) []problem.FieldError {
	if b == nil || !b.After(now) && b.Year() >= earliestBirth {
		return nil
	}
	return []problem.FieldError{{Pointer: pointer, Code: "date", Message: problem.Text{
		De: "Bitte prüfen Sie das Geburtsdatum.", En: "Please check the date of birth.",
	}}}
}

func checkChildren(d *types.ProfileData, now time.Time) (fields []problem.FieldError) {
	if d.Children == nil {
		return nil
	}
	for i := range *d.Children {
		child := &(*d.Children)[i]
		child.GivenName, child.FamilyName = strings.TrimSpace(child.GivenName), trimmed(child.FamilyName)
		if child.GivenName == "" {
			fields = append(fields, problem.FieldError{Pointer: fmt.Sprintf("/children/%d/givenName", i), Code: "required"})
		}
		fields = append(fields, checkBirth(fmt.Sprintf("/children/%d/birthDate", i), child.BirthDate, now)...)
	}
	if len(*d.Children) == 0 {
		d.Children = nil
	}
	return fields
}

var plate = regexp.MustCompile(`^[\p{Lu}\p{Nd}][\p{Lu}\p{Nd} -]{1,14}$`)

func checkVehicles(d *types.ProfileData) (fields []problem.FieldError) {
	if d.Vehicles == nil {
		return nil
	}
	for i := range *d.Vehicles {
		vehicle := &(*d.Vehicles)[i]
		vehicle.Plate, vehicle.Name = strings.ToUpper(strings.Join(strings.Fields(vehicle.Plate), " ")), trimmed(vehicle.Name)
		if !plate.MatchString(vehicle.Plate) {
			fields = append(fields, problem.FieldError{Pointer: fmt.Sprintf("/vehicles/%d/plate", i), Code: "pattern", Message: problem.Text{
				De: "Bitte geben Sie das Kennzeichen ein, zum Beispiel EL-AB 123.", En: "Please enter the registration plate, for example EL-AB 123.",
			}})
		}
	}
	if len(*d.Vehicles) == 0 {
		d.Vehicles = nil
	}
	return fields
}

var ibanShape = regexp.MustCompile(`^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$`)

// germanIBAN is how long an IBAN of Germany is; other countries have between 15 and 34 characters (ISO 13616-1).
const germanIBAN = 22

// parseIBAN takes spaces off an International Bank Account Number and checks its check digits (ISO 7064, MOD 97-10).
func parseIBAN(text string) (tidy string, ok bool) {
	tidy = strings.ToUpper(strings.Join(strings.Fields(text), ""))
	if !ibanShape.MatchString(tidy) || strings.HasPrefix(tidy, "DE") && len(tidy) != germanIBAN {
		return tidy, false
	}
	var digits strings.Builder
	for _, r := range tidy[4:] + tidy[:4] {
		if r >= 'A' {
			digits.WriteString(strconv.Itoa(int(r-'A') + 10))
			continue
		}
		digits.WriteRune(r)
	}
	number, _ := new(big.Int).SetString(digits.String(), 10) // digits only
	return tidy, new(big.Int).Mod(number, big.NewInt(97)).Int64() == 1
}
