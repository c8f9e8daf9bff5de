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
	StaffName  string                           `json:"staffName,omitempty"`
	StaffEmail string                           `json:"staffEmail,omitempty"` // as the directory names it
	Origins    map[types.ProfileItem]itemOrigin `json:"origins,omitempty"`    // by item; what is not listed was entered by the person
	// Organisation is what the identity provider says of an organisation, by item; nil for a person.
	Organisation map[string]string `json:"organisation,omitempty"`
	// OrganisationFrom says who said that, how well it was proved, and when.
	OrganisationFrom *organisationOrigin `json:"organisationFrom,omitempty"`
}

func (p profile) displayName() string {
	if p.StaffName != "" {
		return p.StaffName
	}
	if p.Organisation != nil {
		return p.Organisation[organisationName]
	}
	return strings.TrimSpace(p.GivenName + " " + p.FamilyName)
}

// words are what says nothing secret about the person.
func (p profile) words() []string { return strings.Fields(p.displayName()) }

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
	out, err := pick(row.Email, p, Items())
	if err != nil {
		return types.Profile{}, "", err
	}
	out.EmailReturned, err = s.stopped(ctx, row.Email)
	return out, etag(row.Revision), err
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
	before, err := s.openProfile(row)
	if err == nil && before.Organisation != nil {
		err = errOrganisation()
	}
	if err != nil {
		return types.Profile{}, "", err
	}
	p, err := before.changed(data, itemOrigin{Origin: types.Self, At: s.Now()})
	if err != nil {
		return types.Profile{}, "", err
	}
	if row.Revision, err = s.storeProfile(ctx, row, p); err != nil {
		return types.Profile{}, "", err
	}
	out, err := pick(row.Email, p, Items())
	if err != nil {
		return types.Profile{}, "", err
	}
	out.EmailReturned, err = s.stopped(ctx, row.Email)
	return out, etag(row.Revision), err
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
