package accounts

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"portalverbund/api/types"
	"portalverbund/server/platform/problem"
)

// Purposes of sealing: what is sealed for one does not open for another.
const (
	sealProfile      = "accounts/profile"
	sealRegistration = "accounts/registration"
	sealReset        = "accounts/reset"
)

// profile is what is kept sealed of a person.
type profile struct {
	types.ProfileData
	StaffName string `json:"staffName,omitempty"`
}

func (p profile) displayName() string {
	if p.StaffName != "" {
		return p.StaffName
	}
	return strings.TrimSpace(p.GivenName + " " + p.FamilyName)
}

// words are what says nothing secret about the person.
func (p profile) words() []string { return strings.Fields(p.displayName()) }

// Items lists all data that a consent may cover.
func Items() []types.ProfileItem {
	return []types.ProfileItem{
		types.ProfileItemGivenName, types.ProfileItemFamilyName, types.ProfileItemBirthDate,
		types.ProfileItemStreet, types.ProfileItemHouseNumber, types.ProfileItemPostalCode, types.ProfileItemCity,
		types.ProfileItemEmail, types.ProfileItemPhone,
	}
}

// pick gives those of the person's data that are listed.
func pick(email string, p profile, items []types.ProfileItem) types.Profile {
	var out types.Profile
	for _, item := range items {
		switch item {
		case types.ProfileItemGivenName:
			out.GivenName = &p.GivenName
		case types.ProfileItemFamilyName:
			out.FamilyName = &p.FamilyName
		case types.ProfileItemBirthDate:
			out.BirthDate = p.BirthDate
		case types.ProfileItemStreet:
			out.Street = p.Street
		case types.ProfileItemHouseNumber:
			out.HouseNumber = p.HouseNumber
		case types.ProfileItemPostalCode:
			out.PostalCode = p.PostalCode
		case types.ProfileItemCity:
			out.City = p.City
		case types.ProfileItemEmail:
			out.Email = &email
		case types.ProfileItemPhone:
			out.Phone = p.Phone
		}
	}
	return out
}

// Profile gives the caller's own data with its ETag.
func (s *Service) Profile(ctx context.Context) (types.Profile, string, error) {
	id, err := s.citizen(ctx)
	if err != nil {
		return types.Profile{}, "", err
	}
	row, err := s.account(ctx, id)
	if err != nil {
		return types.Profile{}, "", err
	}
	p, err := s.openProfile(row)
	if err != nil {
		return types.Profile{}, "", err
	}
	return pick(row.Email, p, Items()), etag(row.Revision), nil
}

// UpdateProfile replaces the caller's data when it is still the version of ifMatch (else 412).
func (s *Service) UpdateProfile(ctx context.Context, ifMatch string, data types.ProfileData) (types.Profile, string, error) {
	id, err := s.citizen(ctx)
	if err != nil {
		return types.Profile{}, "", err
	}
	if err := s.checkProfile(&data); err != nil {
		return types.Profile{}, "", err
	}
	row, err := s.account(ctx, id)
	if err != nil {
		return types.Profile{}, "", err
	}
	if ifMatch != etag(row.Revision) {
		return types.Profile{}, "", problem.Changed()
	}
	p := profile{ProfileData: data}
	if row.Revision, err = s.storeProfile(ctx, row, p); err != nil {
		return types.Profile{}, "", err
	}
	return pick(row.Email, p, Items()), etag(row.Revision), nil
}

// earliestBirth is before anyone who is alive was born.
const earliestBirth = 1880

func (s *Service) checkProfile(d *types.ProfileData) error {
	d.GivenName, d.FamilyName = strings.TrimSpace(d.GivenName), strings.TrimSpace(d.FamilyName)
	fields := missingNames(d.GivenName, d.FamilyName)
	for _, field := range []**string{&d.Street, &d.HouseNumber, &d.PostalCode, &d.City, &d.Phone} {
		*field = trimmed(*field)
	}
	if b := d.BirthDate; b != nil && (b.After(s.Now()) || b.Year() < earliestBirth) {
		fields = append(fields, problem.FieldError{Pointer: "/birthDate", Code: "date", Message: problem.Text{
			De: "Bitte prüfen Sie das Geburtsdatum.", En: "Please check the date of birth.",
		}})
	}
	if len(fields) > 0 {
		return problem.Invalid(fields...)
	}
	return nil
}

func missingNames(givenName, familyName string) []problem.FieldError {
	var fields []problem.FieldError
	if givenName == "" {
		fields = append(fields, problem.FieldError{Pointer: "/givenName", Code: "required"})
	}
	if familyName == "" {
		fields = append(fields, problem.FieldError{Pointer: "/familyName", Code: "required"})
	}
	return fields
}

// trimmed takes white space off; nothing is left of an empty text.
func trimmed(text *string) *string {
	if text == nil {
		return nil
	}
	t := strings.TrimSpace(*text)
	if t == "" {
		return nil
	}
	return &t
}

func etag(revision int64) string { return fmt.Sprintf("%q", strconv.FormatInt(revision, 10)) }

// Birthday makes the date of birth that a profile holds.
func Birthday(year int, month time.Month, day int) *openapi_types.Date {
	return &openapi_types.Date{Time: time.Date(year, month, day, 0, 0, 0, 0, time.UTC)}
}
