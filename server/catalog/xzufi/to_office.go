package xzufi

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/codes"
)

// organisation writes an Organisationseinheit.
func (p *producer) organisation(e *catalog.OrganisationEntry) *node {
	n := &node{name: elementOrganisation}
	n.add(p.identifier("id", schemeOrganisation, e.ID.String(), e.Origin))
	p.further(n, e.FurtherIDs)
	if e.ParentID != nil {
		n.add(p.stated(nameParent, catalog.KindOrganisation, schemeOrganisation, *e.ParentID, e.Extras))
	}
	name := &node{name: "name"}
	p.texts(name, "name", e.Name, false)
	n.add(name)
	address := &node{name: "anschrift"}
	if a := e.Address; a != nil {
		address.add(optional("strasse", a.Street), optional("hausnummer", a.HouseNumber), optional("postleitzahl", a.PostalCode), optional("ort", a.City))
	}
	if e.Position != nil {
		format := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
		address.add(with(namePosition, element("breitengrad", format(e.Position.Lat)), element("laengengrad", format(e.Position.Lon))))
	}
	if len(address.children) > 0 {
		n.add(address)
	}
	n.add(contact(contactPhone, e.Phone), contact(contactMail, e.Email))
	if e.URL != "" {
		n.add(with(nameWebAddress, element("uri", e.URL)))
	}
	if e.AppointmentURL != "" {
		n.add(with(nameWebAddress, element("uri", e.AppointmentURL), element("titel", titleAppointment)))
	}
	p.hours(n, e)
	n.add(p.administration(e))
	p.words(n, nameAccess, e.Accessibility)
	p.extras(n, withoutReferences(e.Extras))
	return n
}

// stated writes a reference by the identifier that the source named it by, while it still is what is meant, else as reference does.
func (p *producer) stated(name, kind, scheme string, id uuid.UUID, extras []catalog.ExtraEntry) *node {
	for _, x := range extras {
		if x.Name != name {
			continue
		}
		if i := identifier(fromExtra(x)); i != nil && catalog.EntryID(kind, *i) == id {
			return p.identifier(name, scheme, "", i)
		}
	}
	return p.reference(name, kind, scheme, id)
}

// withoutReferences takes out what stated reads.
func withoutReferences(extras []catalog.ExtraEntry) []catalog.ExtraEntry {
	references := []string{nameParent, nameService, nameObject}
	return slices.DeleteFunc(slices.Clone(extras), func(x catalog.ExtraEntry) bool { return slices.Contains(references, x.Name) })
}

func contact(kind, value string) *node {
	if value == "" {
		return nil
	}
	return with(nameContact, coded(nameContactKind, listContacts, kind), element(nameContactValue, value))
}

func (p *producer) hours(n *node, e *catalog.OrganisationEntry) {
	languages := map[string]bool{}
	for _, language := range p.languages(e.HoursNote) {
		languages[language] = true
	}
	for i := range e.SpecialHours {
		for _, language := range p.languages(e.SpecialHours[i].Note) {
			languages[language] = true
		}
	}
	if len(e.OpeningHours)+len(e.SpecialHours) > 0 {
		languages["de"] = true
	}
	for _, language := range slices.Sorted(maps.Keys(languages)) {
		n.add(&node{name: nameHours, text: hoursText(e, language), attrs: map[string]string{"languageCode": language}})
	}
}

// competence writes who does a service where.
func (p *producer) competence(e *catalog.CompetenceEntry) *node {
	k := &node{name: elementCompetence}
	k.add(p.identifier("id", schemeCompetence, e.ID.String(), e.Origin))
	p.further(k, e.FurtherIDs)
	k.add(p.stated(nameService, catalog.KindService, schemeService, e.ServiceID, e.Extras))
	areas(k, "gebietID", []string{e.Area})
	extras := withoutReferences(e.Extras)
	if !statesRole(e) { // it has been changed since it was imported, or was never stated
		extras = slices.DeleteFunc(extras, func(x catalog.ExtraEntry) bool { return x.Name == nameRole })
		if e.Role != "" {
			k.add(coded(nameRole, "", e.Role))
		}
	}
	p.words(k, "bemerkung", e.Note)
	p.periods(k, e.Validity)
	p.criteria(k, &e.TermsEntry)
	p.extras(k, extras)
	return with(elementCompetenceObject, p.stated(nameObject, catalog.KindOrganisation, schemeOrganisation, e.OrganisationID, e.Extras), k)
}

// statesRole says whether the role stands among the extras as its source wrote it.
func statesRole(e *catalog.CompetenceEntry) bool {
	return slices.ContainsFunc(e.Extras, func(x catalog.ExtraEntry) bool {
		return x.Name == nameRole && fromExtra(x).code() == cmp.Or(e.Role, codes.RoleCompetent)
	})
}

// onlineCompetence writes for which service an online service takes applications, and where.
func (p *producer) onlineCompetence(e *catalog.OnlineCompetenceEntry) *node {
	k := &node{name: elementCompetence}
	k.add(p.identifier("id", schemeOnlineCompetence, e.ID.String(), e.Origin))
	p.further(k, e.FurtherIDs)
	k.add(p.stated(nameService, catalog.KindService, schemeService, e.ServiceID, e.Extras))
	areas(k, "gebietID", e.Areas)
	p.extras(k, withoutReferences(e.Extras))
	return with(elementCompetenceObject, p.stated(nameObject, catalog.KindOnlineService, schemeOnlineService, e.OnlineServiceID, e.Extras), k)
}

// onlineService writes an Onlinedienst.
func (p *producer) onlineService(e *catalog.OnlineServiceEntry) *node {
	n := &node{name: elementOnlineService, attrs: map[string]string{"xsi:type": typeOnlineService}}
	n.add(p.identifier("id", schemeOnlineService, e.ID.String(), e.Origin))
	p.further(n, e.FurtherIDs)
	p.texts(n, "bezeichnung", e.Title, false)
	p.texts(n, "teaser", e.Teaser, false)
	p.texts(n, "beschreibung", e.Description, true)
	for _, l := range e.Links {
		link := &node{name: "link"}
		if l.Language != "" {
			if !p.speaks(l.Language) {
				continue
			}
			link.attrs = map[string]string{"languageCode": l.Language}
		}
		if l.Type != "" {
			link.add(coded("typ", listLinkTypes, l.Type))
		}
		link.add(element("link", l.URL), optional("titel", l.Title))
		p.extras(link, l.Extras)
		n.add(link)
	}
	if e.TrustLevel != "" {
		level := codes.CodeOf(codes.TrustLevels(), e.TrustLevel)
		for _, x := range e.Extras {
			if x.Name == "vertrauensniveau" && len(x.Elements) == 1 && codes.WordOf(codes.TrustLevels(), x.Elements[0].Text) == e.TrustLevel {
				level = x.Elements[0].Text
			}
		}
		n.add(coded("vertrauensniveau", listTrustLevels, level))
	}
	for _, payment := range e.Payments {
		n.add(code(namePayment, payment))
	}
	p.publisher(n, e.Publisher)
	n.add(version(nil, e.UpdatedAt, ""))
	p.spoken(n, e.LanguageVersions, e.Title)
	p.periods(n, e.Validity)
	p.extras(n, slices.DeleteFunc(slices.Clone(e.Extras), func(x catalog.ExtraEntry) bool { return x.Name == "vertrauensniveau" }))
	return n
}
