package identity

import (
	"slices"
	"strconv"

	"github.com/beevik/etree"

	"portalverbund/api/types"
)

// Profiles that come with the program.
const (
	profileBundID = "bundid"
	profileMUK    = "muk"
	profileOpenID = "openid"
)

const storkLevel = "STORK-QAA-Level-"

// bundID is the mapping of the BundID. Names of attributes are object identifiers; what is marked (check) was not seen
// first-hand.
func bundID() Mapping {
	return Mapping{
		Attributes: map[string]string{
			itemSubject:     "urn:oid:1.3.6.1.4.1.25484.494450.3", // bPK2: the person, for this portal only
			itemLevel:       "urn:oid:1.2.40.0.10.2.1.1.261.94",   // EID-CITIZEN-QAA-LEVEL
			itemGivenName:   "urn:oid:2.5.4.42",
			itemFamilyName:  "urn:oid:2.5.4.4",
			itemBirthDate:   "urn:oid:1.2.40.0.10.2.1.1.55",
			itemBirthName:   "urn:oid:1.2.40.0.10.2.1.1.225566",
			itemBirthPlace:  "urn:oid:1.3.6.1.5.5.7.9.2",
			itemNationality: "urn:oid:1.2.40.0.10.2.1.1.225577",
			itemAddress:     "urn:oid:2.5.4.16",
			itemPostalCode:  "urn:oid:2.5.4.17",
			itemCity:        "urn:oid:2.5.4.7",
			itemEmail:       "urn:oid:0.9.2342.19200300.100.1.3",
			itemPhone:       "urn:oid:2.5.4.20",
		},
		Levels: storkLevels(),
		Ask:    map[string]string{string(types.Low): storkLevel + "1", string(types.Substantial): storkLevel + "3", string(types.High): storkLevel + "4"},
	}
}

// storkLevels reads STORK-QAA-Level-1 to -4, in words and as a bare number.
func storkLevels() map[string]types.TrustLevel {
	out := map[string]types.TrustLevel{}
	for number, level := range map[int]types.TrustLevel{1: types.Low, 2: types.Low, 3: types.Substantial, 4: types.High} {
		out[storkLevel+strconv.Itoa(number)], out[strconv.Itoa(number)] = level, level
	}
	return out
}

// muk is the mapping of Mein Unternehmenskonto (interface NEZO of ELSTER) (check): the names are those that public
// connectors use; what is structured there (Anschrift) is expected part by part. "substanziell" is spelt as it is there.
func muk() Mapping {
	return Mapping{
		Attributes: map[string]string{
			itemSubject:      "DatenuebermittlerPseudonymID",
			itemLevel:        "ElsterVertrauensniveauAuthentifizierung",
			itemOrganisation: "Firmenname",
			itemLegalForm:    "RechtsformText",
			itemRegister:     "Registerart",
			itemRegisterNo:   "Registernummer",
			itemCourt:        "Registergericht",
			itemStreet:       "Strasse",
			itemHouseNumber:  "Hausnummer",
			itemPostalCode:   "PLZ",
			itemCity:         "Ort",
			itemGivenName:    "Vorname",
			itemFamilyName:   "Name",
			itemBirthDate:    "Geburtsdatum",
			itemEmail:        "Email",
		},
		Levels: map[string]types.TrustLevel{
			"niedrig": types.Low, "normal": types.Low, "substanziell": types.Substantial, "substantiell": types.Substantial, "hoch": types.High,
		},
		Ask: map[string]string{string(types.Low): storkLevel + "1", string(types.Substantial): storkLevel + "3", string(types.High): storkLevel + "4"},
	}
}

// openID is the mapping of an OpenID Provider that speaks of levels as eIDAS does.
func openID() Mapping {
	return Mapping{
		Attributes: map[string]string{
			itemSubject: "sub", itemGivenName: "given_name", itemFamilyName: "family_name", itemBirthDate: "birthdate", itemEmail: "email", itemPhone: "phone_number",
		},
		Levels: map[string]types.TrustLevel{
			"low": types.Low, "substantial": types.Substantial, "high": types.High,
			"http://eidas.europa.eu/LoA/low": types.Low, "http://eidas.europa.eu/LoA/substantial": types.Substantial, "http://eidas.europa.eu/LoA/high": types.High,
		},
		Ask: map[string]string{
			string(types.Low): "http://eidas.europa.eu/LoA/low", string(types.Substantial): "http://eidas.europa.eu/LoA/substantial", string(types.High): "http://eidas.europa.eu/LoA/high",
		},
	}
}

// Namespaces of the extension of requests to the BundID.
const (
	nsAKDB      = "https://www.akdb.de/request/2018/09"
	nsClassicUI = "https://www.akdb.de/request/2018/09/classic-ui/v1"
)

// akdb makes the extension by which the BundID is told how people may prove themselves, what is asked for, and who asks.
func akdb(m Mapping, organisation, onlineServiceID string) func(level string) *etree.Element {
	return func(level string) *etree.Element {
		request := etree.NewElement("akdb:AuthenticationRequest")
		request.CreateAttr("xmlns:akdb", nsAKDB)
		request.CreateAttr("Version", "2")
		methods := request.CreateElement("akdb:AuthnMethods")
		for _, method := range authnMethods(level) {
			methods.CreateElement("akdb:" + method).CreateElement("akdb:Enabled").SetText("true")
		}
		attributes := request.CreateElement("akdb:RequestedAttributes")
		items := make([]string, 0, len(m.Attributes))
		for item := range m.Attributes {
			items = append(items, item)
		}
		slices.Sort(items)
		for _, item := range items {
			attribute := attributes.CreateElement("akdb:RequestedAttribute")
			attribute.CreateAttr("Name", m.Attributes[item])
			attribute.CreateAttr("RequiredAttribute", strconv.FormatBool(item == itemSubject || item == itemLevel))
		}
		version := request.CreateElement("akdb:DisplayInformation").CreateElement("classic-ui:Version")
		version.CreateAttr("xmlns:classic-ui", nsClassicUI)
		version.CreateElement("classic-ui:OrganizationDisplayName").SetText(organisation)
		version.CreateElement("classic-ui:OnlineServiceId").SetText(onlineServiceID)
		return request
	}
}

// authnMethods are the ways by which a level can be reached.
func authnMethods(level string) []string {
	switch types.TrustLevel(level) {
	case types.High:
		return []string{"eID"}
	case types.Substantial:
		return []string{"eID", "eIDAS", "Elster", "FINK"}
	}
	return []string{"Benutzername", "eID", "eIDAS", "Elster", "FINK"}
}
