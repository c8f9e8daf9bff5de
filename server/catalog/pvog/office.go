package pvog

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/adapter"
	"portalverbund/server/catalog/codes"
	"portalverbund/server/platform/collect"
)

// competences gives the offices of a service in an area, and which are competent there.
func (r *run) competences(ctx context.Context, id string, service uuid.UUID, place string) error {
	var titles []struct {
		ID    string `json:"id"`
		Title string `json:"title"`
		Role  struct {
			Code string `json:"code"`
		} `json:"role"`
	}
	err := r.client.JSON(ctx, r.address("pathTitles", "", url.Values{"ars": {place}, "lbId": {id}}), &titles)
	if errors.Is(err, collect.ErrNotFound) {
		return nil // nobody is named
	}
	if err != nil {
		return err
	}
	area := adapter.Unpad(place)
	for _, t := range titles {
		office, origin, ok := entryID(catalog.KindOrganisation, t.ID)
		at := id + ", " + t.ID
		switch {
		case !ok:
			r.out.Skip(catalog.KindOrganisation, at, "is no id of the form agency.OE.number")
			continue
		case !codes.IsRole(t.Role.Code):
			r.out.Skip(catalog.KindCompetence, at, fmt.Sprintf("%.20q is no role", t.Role.Code))
			continue
		}
		there, err := r.office(ctx, t.ID, office, origin)
		if err != nil {
			return err
		}
		if !there {
			r.out.Skip(catalog.KindCompetence, at, "the office is not there")
			continue
		}
		identifier := catalog.IdentifierEntry{Agency: origin.Origin.Agency, Value: id + "/" + t.ID + "/" + area}
		if t.Role.Code != codes.RoleCompetent { // an office can have several roles
			identifier.Value += "/" + t.Role.Code
		}
		c := catalog.CompetenceEntry{ServiceID: service, OrganisationID: office, Area: area, Role: t.Role.Code, SourceEntry: catalog.SourceEntry{Origin: &identifier}}
		c.ID = catalog.EntryID(catalog.KindCompetence, identifier)
		r.out.Entry(catalog.KindCompetence, c.ID, c, at)
	}
	return nil
}

// unit is an organisational unit as the Suchdienst gives it.
type unit struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Location struct {
		Addresses []struct {
			Type   string `json:"type"`
			Street string `json:"street"`
			Zip    string `json:"zip"`
			City   string `json:"city"`
		} `json:"addresses"`
		Communications []struct {
			Code  string `json:"code"`
			Value string `json:"value"`
		} `json:"communications"`
	} `json:"location"`
	InternetAddresses []link `json:"internetAddresses"`
}

// office gives an office once in a run, and says whether there is one.
func (r *run) office(ctx context.Context, id string, uid uuid.UUID, origin catalog.SourceEntry) (bool, error) {
	if there, asked := r.units[id]; asked {
		return there, nil
	}
	var u unit
	err := r.client.JSON(ctx, r.address("pathUnit", "", url.Values{"q": {id}}), &u)
	switch {
	case errors.Is(err, collect.ErrNotFound):
		r.units[id] = false
		return false, nil
	case errors.Is(err, collect.ErrAnswer):
		r.units[id] = true // it may be in the catalog, and stays there
		r.out.Record(adapter.Record{Kind: catalog.KindOrganisation, ID: uid.String(), At: id, Skip: err.Error()})
		return true, nil
	case err != nil:
		return false, err
	}
	r.units[id] = u.Title != ""
	if u.Title != "" {
		e := u.entry()
		e.ID, e.SourceEntry = uid, origin
		r.out.Entry(catalog.KindOrganisation, uid, e, id)
	}
	return r.units[id], nil
}

func (u unit) entry() catalog.OrganisationEntry {
	e := catalog.OrganisationEntry{Name: german(adapter.Plain(u.Title)), OpeningHours: []catalog.HoursEntry{}}
	for _, a := range u.Location.Addresses {
		visit := strings.Contains(strings.ToLower(a.Type), "haus") || strings.Contains(strings.ToLower(a.Type), "besuch")
		if a.Street == "" || e.Address != nil && !visit {
			continue
		}
		street, number := splitStreet(a.Street)
		e.Address = &catalog.AddressEntry{Street: street, HouseNumber: number, PostalCode: a.Zip, City: a.City}
		if visit {
			break
		}
	}
	for _, c := range u.Location.Communications {
		value := strings.TrimSpace(c.Value)
		switch {
		case strings.Contains(value, "@") && !strings.Contains(value, "/"):
			setFirst(&e.Email, value)
		case strings.HasPrefix(value, "http://"), strings.HasPrefix(value, "https://"):
			setFirst(&e.URL, value)
		case c.Code == codeTelephone:
			setFirst(&e.Phone, value)
		}
	}
	for _, a := range u.InternetAddresses {
		setFirst(&e.URL, a.URI)
	}
	return e
}

func setFirst(target *string, value string) {
	if *target == "" {
		*target = value
	}
}

// splitStreet takes the house number off a street: Musterallee 9 a.
func splitStreet(street string) (name, number string) {
	m := regexp.MustCompile(`^(.*\pL.*?)\s+([0-9]+\s?[a-zA-Z]?(?:\s?[-–/]\s?[0-9]+\s?[a-zA-Z]?)?)$`).FindStringSubmatch(strings.TrimSpace(street))
	if m == nil {
		return street, ""
	}
	return m[1], m[2]
}
