package xzufi

import (
	"net/mail"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/adapter"
	"portalverbund/server/catalog/codes"
)

// organisation reads an Organisationseinheit, and the competences that stand inside it.
func (c *converter) organisation(n *node) (*catalog.OrganisationEntry, []*catalog.CompetenceEntry) {
	e := &catalog.OrganisationEntry{}
	id := n.one("id")
	e.ID, e.Origin = c.id(catalog.KindOrganisation, id)
	e.FurtherIDs = c.identifiers(n.all("idSekundaer"))
	if outer := n.one("name"); outer != nil {
		names := outer.all("name")
		if len(names) == 0 {
			names = []*node{outer}
		}
		e.Name = c.shorten(outer, c.text(names, asString))
		e.Extras = append(e.Extras, c.inside(outer)...)
	}
	if len(e.Name) == 0 {
		c.warn(n, "has no name")
	}
	if parent := first(n.one(nameParent), n.one("uebergeordnetesOrganisationseinheitID")); parent != nil {
		if id := c.refer(catalog.KindOrganisation, nameParent, parent, &e.Extras); id != uuid.Nil {
			e.ParentID = &id
		}
	}
	if address := n.one("anschrift"); address != nil {
		c.address(address, e)
		e.Extras = append(e.Extras, c.inside(address)...)
	}
	c.contacts(n, e)
	c.hours(n, e)
	var competences []*catalog.CompetenceEntry
	for _, k := range n.all(elementCompetence) {
		if isAdministration(k) {
			e.Administers = append(e.Administers, c.areasOf(k, "gebietID")...)
			continue
		}
		competences = append(competences, c.competences(k, id)...)
	}
	e.Extras = append(e.Extras, c.rest(n)...)
	return e, competences
}

func (c *converter) address(n *node, e *catalog.OrganisationEntry) {
	a := catalog.AddressEntry{Street: n.value("strasse"), HouseNumber: n.value("hausnummer"), PostalCode: n.value("postleitzahl"), City: n.value("ort")}
	if a != (catalog.AddressEntry{}) {
		e.Address = &a
	}
	if position := n.child(namePosition); position != nil {
		lat, err1 := strconv.ParseFloat(strings.TrimSpace(position.child("breitengrad").raw()), 64)
		lon, err2 := strconv.ParseFloat(strings.TrimSpace(position.child("laengengrad").raw()), 64)
		if err1 == nil && err2 == nil && lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180 {
			e.Position = &catalog.PositionEntry{Lat: lat, Lon: lon}
			position.used = true
		}
	}
}

// raw is the text of an element that may be missing, which stays unread.
func (n *node) raw() string {
	if n == nil {
		return ""
	}
	return n.text
}

// contacts reads the first telephone number, mail and web address; further ones are kept as extras.
func (c *converter) contacts(n *node, e *catalog.OrganisationEntry) {
	for _, k := range n.children {
		switch k.name {
		case nameContact, "kommunikationssystem":
			kind := k.child(nameContactKind)
			value := strings.TrimSpace(first(k.child(nameContactValue), &node{}).text)
			if kind == nil || value == "" || len(k.children) > 2 {
				continue
			}
			code := strings.TrimSpace(first(kind.child("code"), kind).text)
			address, err := mail.ParseAddress(value)
			switch {
			case code == contactMail && e.Email == "" && err == nil && address.Address == value:
				e.Email, k.used = value, true
			case (code == contactPhone || code == contactMobile) && e.Phone == "" && len(value) <= 200 && kind.child("name") == nil:
				if code == contactPhone {
					e.Phone, k.used = value, true
				}
			}
		case nameWebAddress:
			c.pageOf(k, e)
		}
	}
}

func (c *converter) pageOf(k *node, e *catalog.OrganisationEntry) {
	uri := k.child("uri")
	title := strings.TrimSpace(first(k.child("titel"), &node{}).text)
	if uri == nil {
		return
	}
	switch {
	case strings.HasPrefix(title, "Termin") && e.AppointmentURL == "":
		if e.AppointmentURL = c.webAddress(uri); e.AppointmentURL != "" {
			k.used = true
		}
	case e.URL == "" && title == "":
		if e.URL = c.webAddress(uri); e.URL != "" {
			k.used = true
		}
	}
}

func (c *converter) hours(n *node, e *catalog.OrganisationEntry) {
	for _, h := range n.all(nameHours) {
		hours, special, note := readHours(adapter.Plain(h.text), h.language())
		if len(e.OpeningHours) == 0 {
			e.OpeningHours = hours
		}
		e.SpecialHours = mergeSpecial(e.SpecialHours, special)
		if note != "" {
			if e.HoursNote == nil {
				e.HoursNote = catalog.Text{}
			}
			e.HoursNote[h.language()] = note
		}
	}
	e.Accessibility = c.text(n.all(nameAccess), asPlain)
}

// competenceObject reads a zustaendigkeitTransferObjekt: which service, where, and by whom. The kind of its identifier says
// whether an office or an online service is meant.
func (c *converter) competenceObject(n *node) ([]*catalog.CompetenceEntry, *catalog.OnlineCompetenceEntry, string) {
	object := n.one(nameObject)
	k := n.one(elementCompetence)
	if object == nil || k == nil {
		return nil, nil, "names no office or no service"
	}
	id := first(k.child("id"), &node{})
	scheme := strings.ToLower(id.attrs["schemeID"] + " " + object.attrs["schemeID"])
	switch {
	case strings.Contains(scheme, "formular"):
		return nil, nil, "is for a form, which the catalog has with the service"
	case strings.Contains(scheme, "onlinedienst") || strings.TrimSpace(object.attrs["schemeID"]) == schemeOnlineService:
		return nil, c.onlineCompetence(k, object), ""
	}
	list := c.competences(k, object)
	if len(list) == 0 {
		return nil, nil, "names no area that is known"
	}
	return list, nil, ""
}

// competences reads a competence: one entry for each service and area that it names. The first has the id that its identifier
// stands for, the others one that is derived from it. object identifies the unit.
func (c *converter) competences(k, object *node) []*catalog.CompetenceEntry {
	id, origin := c.id(catalog.KindCompetence, k.one("id"))
	services := k.all(nameService)
	areas := c.areasOf(k, "gebietID")
	further := c.identifiers(k.all("idSekundaer"))
	note := c.text(k.all("bemerkung"), asPlain)
	validity := c.periods(k.all("gueltigkeit"))
	terms := c.criteria(k)
	terms.Validity = validity
	role, stated := c.role(k)
	extras := append(stated, c.rest(k)...)
	unit := c.refer(catalog.KindOrganisation, nameObject, object, &extras)
	var list []*catalog.CompetenceEntry
	for _, s := range services {
		extras := extras
		service := c.refer(catalog.KindService, nameService, s, &extras)
		for _, area := range areas {
			e := &catalog.CompetenceEntry{ID: id, ServiceID: service, OrganisationID: unit, Area: area, Note: note, Role: role}
			e.TermsEntry = terms
			e.Origin, e.FurtherIDs, e.Extras = origin, further, extras
			if len(list) > 0 {
				name := area
				if len(services) > 1 {
					name += " " + s.text
					if _, origin := c.id(catalog.KindService, s); origin != nil {
						name += " " + origin.Agency
					}
				}
				e.ID = uuid.NewSHA1(id, []byte(name))
				if e.Origin = nil; origin != nil {
					e.FurtherIDs = append([]catalog.IdentifierEntry{*origin}, further...)
				}
			}
			list = append(list, e)
		}
	}
	return list
}

// role reads in which role a unit is named: the code, and as an extra the element where it says more than a code that counts anyway.
func (c *converter) role(k *node) (role string, stated []catalog.ExtraEntry) {
	n := k.one(nameRole)
	if n == nil {
		return "", nil
	}
	whole := n.extra()
	role = n.code()
	if !codes.IsRole(role) {
		c.warn(n, "%.40q is no role", role)
		return "", nil
	}
	if role == codes.RoleCompetent || len(n.attrs) > 0 || len(n.children) > 1 {
		stated = append(stated, whole)
	}
	return role, stated
}

func (c *converter) onlineCompetence(k, object *node) *catalog.OnlineCompetenceEntry {
	e := &catalog.OnlineCompetenceEntry{}
	e.ID, e.Origin = c.id(catalog.KindOnlineCompetence, k.one("id"))
	e.Areas = c.areasOf(k, "gebietID")
	e.FurtherIDs = c.identifiers(k.all("idSekundaer"))
	service := k.one(nameService)
	e.Extras = c.rest(k)
	e.ServiceID = c.refer(catalog.KindService, nameService, service, &e.Extras)
	e.OnlineServiceID = c.refer(catalog.KindOnlineService, nameObject, object, &e.Extras)
	return e
}

// onlineService reads an Onlinedienst.
func (c *converter) onlineService(n *node) *catalog.OnlineServiceEntry {
	e := &catalog.OnlineServiceEntry{}
	e.ID, e.Origin = c.id(catalog.KindOnlineService, n.one("id"))
	e.FurtherIDs = c.identifiers(n.all("idSekundaer"))
	e.Title = c.shorten(n, c.text(n.all("bezeichnung"), asString))
	e.Teaser, e.Description = c.text(n.all("teaser"), asString), c.text(n.all("beschreibung"), asHTML)
	for _, l := range n.all("link") {
		uri := first(l.one("link"), l.one("uri"))
		if uri == nil && len(l.children) == 0 {
			uri = l
		}
		link := catalog.OnlineLinkEntry{Type: l.one("typ").code(), Title: words(l.one("titel"))}
		if link.URL = c.webAddress(first(uri, &node{name: "link"})); link.URL == "" {
			continue
		}
		if code := l.attrs["languageCode"]; code != "" {
			link.Language = tag(code)
		}
		link.Extras = c.rest(l)
		e.Links = append(e.Links, link)
	}
	if level := n.one("vertrauensniveau"); level != nil {
		code := level.code()
		e.TrustLevel = codes.WordOf(codes.TrustLevels(), code)
		if code != codes.CodeOf(codes.TrustLevels(), e.TrustLevel) {
			e.Extras = append(e.Extras, catalog.ExtraEntry{Name: "vertrauensniveau", Elements: []catalog.ExtraEntry{{Name: "code", Bare: true, Text: code}}})
		}
	}
	for _, p := range append(n.all(namePayment), n.all("bezahlverfahren")...) {
		if code := c.code(p); code.Code != "" || code.Name != "" {
			e.Payments = append(e.Payments, code)
		}
	}
	e.Publisher = c.publisher(n.one("herausgeber"))
	e.Validity = c.periods(n.all("gueltigkeit"))
	e.LanguageVersions = c.languageVersions(n, catalog.ModulesEntry{Title: e.Title})
	version := first(n.one("versionsinformation"), n.one("versionsinformationen"))
	if version != nil {
		if t := c.moment(version.one("geaendertDatumZeit")); t != nil {
			e.UpdatedAt = *t
		}
	}
	if e.UpdatedAt.IsZero() {
		e.UpdatedAt = unknownTime()
	}
	e.Extras = append(e.Extras, c.inside(version)...)
	e.Extras = append(e.Extras, c.rest(n)...)
	return e
}
