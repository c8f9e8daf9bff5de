package pages

import (
	"encoding/json"
	"strings"

	"portalverbund/api/types"
)

// object is a thing of schema.org, as JSON-LD.
type object map[string]any

// data writes structured data; what ends a script element is escaped by encoding/json.
func data(o object) json.RawMessage {
	text, err := json.Marshal(o)
	if err != nil { // strings, lists and objects of them can always be written
		return nil
	}
	return text
}

// with adds a value, unless it is empty.
func with(o object, name string, value any) object {
	switch v := value.(type) {
	case nil:
		return o
	case string:
		if v == "" {
			return o
		}
	case *string:
		if v == nil || *v == "" {
			return o
		}
		value = *v
	case []object:
		if len(v) == 0 {
			return o
		}
	}
	o[name] = value
	return o
}

// siteData says what this portal is, and how to search it.
func siteData(q *request) object {
	return object{
		"@context": "https://schema.org", "@type": "WebSite", "name": q.portal.Name, "url": q.portal.Id + "/",
		"inLanguage": q.portal.Languages, "publisher": object{"@type": "GovernmentOrganization", "name": q.portal.Name, "url": q.portal.Id + "/"},
		"potentialAction": object{
			"@type": "SearchAction", "target": object{"@type": "EntryPoint", "urlTemplate": q.portal.Id + "/suche?q={search_term_string}"},
			"query-input": "required name=search_term_string",
		},
	}
}

// serviceData describes a service as a GovernmentService: https://schema.org/GovernmentService.
func serviceData(s types.Service, units []types.Organisation, address string, online bool) object {
	o := object{
		"@context": "https://schema.org", "@type": "GovernmentService", "@id": address, "url": address, "name": s.Title,
		"description": s.Teaser, "serviceType": s.Title,
		"mainEntityOfPage": object{"@type": "WebPage", "@id": address, "inLanguage": s.Language, "dateModified": s.UpdatedAt},
		"jurisdiction":     object{"@type": "AdministrativeArea", "name": s.Owner.Name},
		"serviceOperator":  object{"@type": "GovernmentOrganization", "name": s.Owner.Name, "url": s.Owner.Url},
	}
	if s.LeikaKey != nil {
		o["identifier"] = object{"@type": "PropertyValue", "propertyID": "LeiKa", "value": *s.LeikaKey}
	}
	var offices, channels, fees, audience []object
	for _, u := range units {
		offices = append(offices, officeData(u))
		channel := with(object{"@type": "ServiceChannel", "name": u.Name}, "servicePhone", phone(u))
		channels = append(channels, with(channel, "serviceLocation", location(u)))
	}
	if online {
		channels = append(channels, object{"@type": "ServiceChannel", "serviceUrl": address})
	}
	for _, f := range s.Fees {
		if f.Amount != nil || f.Max != nil || f.Kind == types.Free {
			fees = append(fees, priceData(f))
		}
	}
	for _, a := range s.Audiences {
		audience = append(audience, object{"@type": "Audience", "audienceType": string(a)})
	}
	return with(with(with(with(o, "provider", offices), "availableChannel", channels), "offers", fees), "audience", audience)
}

func priceData(f types.Fee) object {
	price := object{"@type": "PriceSpecification", "priceCurrency": "EUR"}
	amount := func(name string, m *types.Money) {
		if m != nil {
			price["priceCurrency"], price[name] = m.Currency, json.Number(decimal(*m))
		}
	}
	switch f.Kind {
	case types.Free:
		price["price"] = json.Number("0.00")
	case types.Range:
		amount("minPrice", f.Amount)
		amount("maxPrice", f.Max)
	default:
		amount("price", f.Amount)
	}
	return object{"@type": "Offer", "name": f.Label, "priceSpecification": price}
}

func phone(u types.Organisation) any {
	if u.Phone == nil {
		return nil
	}
	return object{"@type": "ContactPoint", "telephone": *u.Phone}
}

func location(u types.Organisation) any {
	if u.Address == nil {
		return nil
	}
	return object{"@type": "Place", "name": u.Name, "address": addressData(*u.Address)}
}

func addressData(a types.Address) object {
	return object{
		"@type": "PostalAddress", "streetAddress": strings.TrimSpace(a.Street + " " + a.HouseNumber), "postalCode": a.PostalCode,
		"addressLocality": a.City, "addressCountry": "DE",
	}
}

func weekday(day types.OpeningHoursDays) string {
	return map[types.OpeningHoursDays]string{
		"mo": "Monday", "tu": "Tuesday", "we": "Wednesday", "th": "Thursday", "fr": "Friday", "sa": "Saturday", "su": "Sunday",
	}[day]
}

// officeData describes an organisational unit as a GovernmentOffice: https://schema.org/GovernmentOffice.
func officeData(u types.Organisation) object {
	o := with(with(with(object{"@type": "GovernmentOffice", "name": u.Name}, "telephone", u.Phone), "email", u.Email), "url", u.Url)
	if u.ParentName != nil {
		o["parentOrganization"] = object{"@type": "GovernmentOrganization", "name": *u.ParentName}
	}
	if u.Address != nil {
		o["address"] = addressData(*u.Address)
	}
	if u.Position != nil {
		o["geo"] = object{"@type": "GeoCoordinates", "latitude": u.Position.Lat, "longitude": u.Position.Lon}
	}
	var hours []object
	for _, h := range u.OpeningHours {
		days := make([]string, 0, len(h.Days))
		for _, d := range h.Days {
			days = append(days, "https://schema.org/"+weekday(d))
		}
		hours = append(hours, object{"@type": "OpeningHoursSpecification", "dayOfWeek": days, "opens": h.From, "closes": h.To})
	}
	return with(o, "openingHoursSpecification", hours)
}
