package infodienste

import (
	"fmt"
	"strings"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/adapter"
)

// office gives an organisational unit.
func (r *run) office(u unit) {
	at := "ou/" + string(u.ID)
	if u.ID == "" || u.Name == "" {
		r.out.Skip(catalog.KindOrganisation, at, "has no id or no name")
		return
	}
	var warnings []string
	id := r.id(catalog.KindOrganisation, string(u.ID))
	e := catalog.OrganisationEntry{ID: id, Name: german(u.Name), SourceEntry: r.origin("OE", string(u.ID)), OpeningHours: []catalog.HoursEntry{}}
	if u.ParentID != "" && u.ParentID != u.ID {
		parent := r.id(catalog.KindOrganisation, string(u.ParentID))
		e.ParentID = &parent
	}
	if a, ok := u.visit(); ok {
		e.Address = &catalog.AddressEntry{Street: string(a.Street), HouseNumber: string(a.HouseNumber), PostalCode: string(a.Zipcode), City: string(a.Area.Name)}
		e.Accessibility = german(word(a.accessibility()))
		if p := a.Position; p != nil {
			if strings.TrimPrefix(strings.ToUpper(string(p.Projection)), "EPSG:") == "4326" {
				e.Position = &catalog.PositionEntry{Lat: p.North, Lon: p.East}
			} else {
				warnings = append(warnings, fmt.Sprintf("a position by %.40q is left out", p.Projection))
			}
		}
	}
	for _, c := range u.Communications {
		value := string(c.Value)
		switch {
		case value == "":
		case c.Type.is("mail"):
			setFirst(&e.Email, value)
		case c.Type.is("internet", "web", "url", "homepage"):
			setFirst(&e.URL, value)
		case c.Type.is("fax"):
		case c.Type.is("tel", "phone"):
			setFirst(&e.Phone, value)
		}
	}
	if hours := adapter.Plain(string(u.OpeningHours)); hours != "" {
		e.HoursNote = catalog.Text{"de": hours}
	}
	if u.Appointment != nil {
		e.AppointmentURL = string(u.Appointment.Link)
	}
	r.out.Entry(catalog.KindOrganisation, id, e, at, warnings...)
}

func setFirst(target *string, value string) {
	if *target == "" {
		*target = value
	}
}

// visit gives the address to go to: one that is named so, else the first with a street.
func (u unit) visit() (address, bool) {
	for _, a := range u.Addresses {
		if a.Street != "" && a.Type.is("besuch", "haus") {
			return a, true
		}
	}
	for _, a := range u.Addresses {
		if a.Street != "" {
			return a, true
		}
	}
	return address{}, false
}

// accessibility says in words what is said of a building.
func (a address) accessibility() string {
	var parts []string
	say := func(is *bool, yes, no string) {
		if is == nil {
			return
		}
		if *is {
			parts = append(parts, yes)
			return
		}
		parts = append(parts, no)
	}
	say(a.Wheelchair, "Barrierefreier Zugang", "Kein barrierefreier Zugang")
	say(a.Elevator, "Aufzug vorhanden", "Kein Aufzug")
	if info := adapter.Plain(string(a.Accessible)); info != "" {
		parts = append(parts, info)
	}
	return strings.Join(parts, ". ")
}

// emitOnline gives an online service and for what it takes applications.
func (r *run) emitOnline(o onlineService, serviceID, areaID, ars string) {
	at := "os/" + string(o.ID)
	if o.ID == "" || o.Name == "" || o.Link == "" {
		r.out.Skip(catalog.KindOnlineService, at, "has no id, no name or no address")
		return
	}
	id := r.id(catalog.KindOnlineService, string(o.ID))
	e := catalog.OnlineServiceEntry{
		ID: id, Title: german(o.Name), Description: german(o.Description), TrustLevel: trustLevel(o.TrustLevel), SourceEntry: r.origin("OD", string(o.ID)),
		Links: []catalog.OnlineLinkEntry{{Type: "01", URL: string(o.Link), Title: string(o.LinkTitle)}}, UpdatedAt: longAgo(),
	}
	for _, language := range o.Languages {
		e.LanguageVersions = append(e.LanguageVersions, catalog.LanguageEntry{Language: bcp47(string(language))})
	}
	r.out.Entry(catalog.KindOnlineService, id, e, at)
	if ars == "" {
		r.out.Skip(catalog.KindOnlineCompetence, at, fmt.Sprintf("area %.40q is no place of the register", areaID))
		return
	}
	value := string(o.ID) + "/" + serviceID + "/" + ars
	c := catalog.OnlineCompetenceEntry{
		ID: r.id(catalog.KindOnlineCompetence, value), ServiceID: r.id(catalog.KindService, serviceID), OnlineServiceID: id, Areas: []string{ars}, SourceEntry: r.origin("", value),
	}
	r.out.Entry(catalog.KindOnlineCompetence, c.ID, c, at)
}
