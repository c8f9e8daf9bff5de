package account

import (
	"net/url"
	"strings"

	"github.com/crewjam/saml"
)

const storkLevel = "STORK-QAA-Level-"

// method is a way to prove oneself, and the level (STORK-QAA) that it reaches.
type method struct{ ID, Name, Level, LevelName string }

// split parts methods into those that reach a level and those that do not.
func split(all []method, needed string) (enough, lower []method) {
	for _, m := range all {
		if m.Level >= needed {
			enough = append(enough, m)
		} else {
			lower = append(lower, m)
		}
	}
	return enough, lower
}

func methods(kind Kind) []method {
	all := []method{
		{ID: "Benutzername", Name: "Benutzername und Passwort", Level: "1"},
		{ID: "Elster", Name: "ELSTER-Zertifikat", Level: "3"},
		{ID: "eID", Name: "Online-Ausweis", Level: "4"},
	}
	if kind == MUK {
		all = []method{{ID: "Elster", Name: "ELSTER-Organisationszertifikat", Level: "3"}}
	}
	for i := range all {
		all[i].LevelName = levelWords(all[i].Level)
	}
	return all
}

func methodOf(known []method, id string) (method, bool) {
	for _, m := range known {
		if m.ID == id {
			return m, true
		}
	}
	return method{}, false
}

func levelWords(level string) string {
	switch level {
	case "4":
		return "hoch"
	case "3":
		return "substanziell"
	}
	return "niedrig"
}

// subject is an invented person, or an organisation with the person who acts.
type subject struct {
	ID, GivenName, FamilyName, BirthDate, Address, PostalCode, City, Email      string
	Organisation, LegalForm, RegisterKind, RegisterNumber, Court, Street, House string
}

// Name is how it is called.
func (s subject) Name() string {
	if s.Organisation != "" {
		return s.Organisation
	}
	return s.GivenName + " " + s.FamilyName
}

func subjects(kind Kind) []subject {
	if kind == MUK {
		return []subject{
			{
				ID: "bau", Organisation: "Beispiel Bau GmbH", LegalForm: "Gesellschaft mit beschränkter Haftung", RegisterKind: "HRB", RegisterNumber: "123456",
				Court: "Amtsgericht Osnabrück", Street: "Hafenstraße", House: "12", PostalCode: "49716", City: "Meppen", GivenName: "Erika", FamilyName: "Muster", BirthDate: "12.08.1974",
			},
			{
				ID: "gaertnerei", Organisation: "Gärtnerei Musterblume e. K.", LegalForm: "Einzelunternehmen", RegisterKind: "HRA", RegisterNumber: "7788",
				Court: "Amtsgericht Osnabrück", Street: "Gartenweg", House: "3 a", PostalCode: "49762", City: "Lathen", GivenName: "Jan", FamilyName: "Blume", BirthDate: "02.02.1980",
			},
		}
	}
	return []subject{
		{ID: "clara", GivenName: "Clara", FamilyName: "Beispiel", BirthDate: "1988-04-12", Address: "Lange Straße 7", PostalCode: "49716", City: "Meppen", Email: "clara.beispiel@example.org"},
		{ID: "max", GivenName: "Max", FamilyName: "Mustermann", BirthDate: "1964-08-12", Address: "Musterweg 1 b", PostalCode: "49762", City: "Lathen", Email: "max.mustermann@example.org"},
		{ID: "aylin", GivenName: "Aylin", FamilyName: "Yıldız-Öztürk", BirthDate: "1999-12-31", Address: "Am Kanal 22", PostalCode: "49716", City: "Meppen"},
	}
}

// chosen reads who was chosen: one of the list, or somebody with a name of the tester's own.
func chosen(kind Kind, form url.Values) (subject, bool) {
	id := form.Get("person")
	for _, s := range subjects(kind) {
		if s.ID == id {
			return s, true
		}
	}
	given, family := strings.TrimSpace(form.Get("givenName")), strings.TrimSpace(form.Get("familyName"))
	if id != "other" || given == "" || family == "" {
		return subject{}, false
	}
	own := subject{
		ID: "other\n" + given + "\n" + family, GivenName: given, FamilyName: family, BirthDate: "1990-01-15", Address: "Testgasse 5", PostalCode: "49716", City: "Meppen",
		Email: strings.ToLower(strings.Join(strings.Fields(given+"."+family), ".")) + "@example.org",
	}
	if kind == MUK {
		own.Organisation, own.LegalForm, own.RegisterKind, own.RegisterNumber, own.Court = family+" GmbH", "Gesellschaft mit beschränkter Haftung", "HRB", "4711", "Amtsgericht Osnabrück"
		own.Street, own.House, own.BirthDate = "Testgasse", "5", "15.01.1990"
	}
	return own, true
}

// attributes writes what the account says, under the names that the account it plays uses.
func attributes(kind Kind, who subject, how method, portal string) []saml.Attribute {
	values := [][2]string{
		{"urn:oid:1.3.6.1.4.1.25484.494450.3", pseudonym(kind, who, portal)}, {"urn:oid:1.2.40.0.10.2.1.1.261.94", storkLevel + how.Level},
		{"urn:oid:1.3.6.1.4.1.25484.494450.2", how.ID}, {"urn:oid:2.5.4.42", who.GivenName}, {"urn:oid:2.5.4.4", who.FamilyName},
		{"urn:oid:1.2.40.0.10.2.1.1.55", who.BirthDate}, {"urn:oid:2.5.4.16", who.Address}, {"urn:oid:2.5.4.17", who.PostalCode}, {"urn:oid:2.5.4.7", who.City},
		{"urn:oid:0.9.2342.19200300.100.1.3", who.Email}, {"urn:oid:1.2.40.0.10.2.1.1.225599", "DE"},
	}
	if kind == MUK {
		values = [][2]string{
			{"DatenuebermittlerPseudonymID", pseudonym(kind, who, portal)}, {"ElsterVertrauensniveauAuthentifizierung", levelWords(how.Level)},
			{"Firmenname", who.Organisation}, {"RechtsformText", who.LegalForm}, {"Registerart", who.RegisterKind}, {"Registernummer", who.RegisterNumber},
			{"Registergericht", who.Court}, {"Strasse", who.Street}, {"Hausnummer", who.House}, {"PLZ", who.PostalCode}, {"Ort", who.City},
			{"Vorname", who.GivenName}, {"Name", who.FamilyName}, {"Geburtsdatum", who.BirthDate},
		}
	}
	var out []saml.Attribute
	for _, v := range values {
		if v[1] != "" {
			out = append(out, saml.Attribute{
				Name: v[0], NameFormat: "urn:oasis:names:tc:SAML:2.0:attrname-format:uri", Values: []saml.AttributeValue{{Type: "xs:string", Value: v[1]}},
			})
		}
	}
	return out
}
