package identity

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

// Items of a Statement's data, beside those of types.ProfileItem, whose names they share.
const (
	itemSubject      = "subject"
	itemLevel        = "level"
	itemGivenName    = "givenName"
	itemFamilyName   = "familyName"
	itemBirthName    = "birthName"
	itemBirthDate    = "birthDate"
	itemBirthPlace   = "birthPlace"
	itemNationality  = "nationality"
	itemStreet       = "street"
	itemHouseNumber  = "houseNumber"
	itemPostalCode   = "postalCode"
	itemCity         = "city"
	itemEmail        = "email"
	itemPhone        = "phone"
	itemOrganisation = "organisationName"
	itemLegalForm    = "legalForm"
	itemRegister     = "registerKind"
	itemRegisterNo   = "registerNumber"
	itemCourt        = "registerCourt"
	itemAddress      = "streetAddress" // street and house number in one: is taken apart
)

// dataItems are the data of persons that may be taken over into a profile, in the order in which they are shown.
func dataItems() []types.ProfileItem {
	return []types.ProfileItem{
		types.ProfileItemGivenName, types.ProfileItemFamilyName, types.ProfileItemBirthName, types.ProfileItemBirthDate, types.ProfileItemBirthPlace,
		types.ProfileItemNationality, types.ProfileItemStreet, types.ProfileItemHouseNumber,
		types.ProfileItemPostalCode, types.ProfileItemCity, types.ProfileItemPhone,
	}
}

// organisationItems are what is kept of an organisation.
func organisationItems() []string {
	return []string{itemOrganisation, itemLegalForm, itemRegister, itemRegisterNo, itemCourt, itemStreet, itemHouseNumber, itemPostalCode, itemCity}
}

const maxValue = 200 // characters of a value

// Mapping says what an identity provider's words mean here. Profiles (bundid, muk, openid) are mappings that come with the
// program; a configuration may change each entry.
type Mapping struct {
	Attributes map[string]string           // item → name of the attribute there
	Levels     map[string]types.TrustLevel // what it says was reached → level
	Ask        map[string]string           // level → what to ask for
}

// merge lays what is configured over a profile.
func (m Mapping) merge(over Mapping) Mapping {
	out := Mapping{Attributes: maps.Clone(m.Attributes), Levels: maps.Clone(m.Levels), Ask: maps.Clone(m.Ask)}
	if out.Attributes == nil {
		out.Attributes, out.Levels, out.Ask = map[string]string{}, map[string]types.TrustLevel{}, map[string]string{}
	}
	maps.Copy(out.Attributes, over.Attributes)
	maps.Copy(out.Levels, over.Levels)
	maps.Copy(out.Ask, over.Ask)
	return out
}

func (m Mapping) check() error {
	if m.Attributes[itemSubject] == "" {
		return fmt.Errorf("attributes: %s is missing", itemSubject)
	}
	if len(m.Levels) == 0 {
		return fmt.Errorf("levels: none")
	}
	for value, level := range m.Levels {
		if !knownLevel(string(level)) {
			return fmt.Errorf("levels: %q means %q, which is no trust level", value, level)
		}
	}
	for level := range m.Ask {
		if !knownLevel(level) {
			return fmt.Errorf("ask: %q is no trust level", level)
		}
	}
	return nil
}

func knownLevel(level string) bool { return httpx.LevelRank(level) >= 0 }

// statement reads what an identity provider said: attributes by name, and the class of authentication it states. Without an identifier
// or a level that is known nothing is believed.
func (m Mapping) statement(provider string, attributes map[string][]string, context string) (Statement, error) {
	st := Statement{Data: map[string]string{}}
	for item, name := range m.Attributes {
		if value := clean(first(attributes[name])); value != "" {
			st.Data[item] = value
		}
	}
	st.Subject = st.Data[itemSubject]
	if st.Subject == "" {
		return st, fmt.Errorf("no identifier of the person")
	}
	level, ok := m.level(st.Data[itemLevel], context)
	if !ok {
		return st, fmt.Errorf("no trust level that is known")
	}
	st.Level = level
	st.Methods = []string{provider}
	if level != types.Low {
		st.Methods = append(st.Methods, "mfa")
	}
	delete(st.Data, itemSubject)
	delete(st.Data, itemLevel)
	return st, normalise(st.Data)
}

// level is the lower one of those that attribute and class state; one that is stated and not known counts as nothing.
func (m Mapping) level(attribute, context string) (types.TrustLevel, bool) {
	stated := attribute
	if m.Attributes[itemLevel] == "" {
		stated = context
	}
	level, ok := m.Levels[stated]
	if !ok {
		return "", false
	}
	if other, known := m.Levels[context]; known && httpx.LevelRank(string(other)) < httpx.LevelRank(string(level)) {
		level = other
	}
	return level, true
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// clean takes white space off and refuses to keep what is no text of one line.
func clean(value string) string {
	value = joined(value)
	if len([]rune(value)) > maxValue || strings.ContainsFunc(value, unicode.IsControl) {
		return ""
	}
	return value
}

func joined(parts ...string) string {
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}

// normalise puts values into the form that profiles have.
func normalise(data map[string]string) error {
	if address := data[itemAddress]; address != "" {
		if data[itemStreet] == "" {
			data[itemStreet], data[itemHouseNumber] = splitAddress(address)
		}
		delete(data, itemAddress)
	}
	if born := data[itemBirthDate]; born != "" {
		date, ok := readDate(born)
		if !ok {
			return fmt.Errorf("a date of birth that cannot be read")
		}
		data[itemBirthDate] = date
	}
	for item, value := range data {
		if value == "" {
			delete(data, item)
		}
	}
	return nil
}

// splitAddress takes the house number off a street: what begins with the last part that begins with a digit.
func splitAddress(address string) (street, number string) {
	words := strings.Fields(address)
	for i := len(words) - 1; i > 0; i-- {
		if words[i][0] >= '0' && words[i][0] <= '9' {
			return strings.Join(words[:i], " "), strings.Join(words[i:], " ")
		}
	}
	return address, ""
}

// readDate reads the forms that identity providers write dates of birth in.
func readDate(text string) (string, bool) {
	for _, layout := range []string{time.DateOnly, "02.01.2006", "20060102", time.RFC3339} {
		if date, err := time.Parse(layout, text); err == nil && date.Year() > 1880 {
			return date.Format(time.DateOnly), true
		}
	}
	return "", false
}

// pick gives those of the data of a person that are listed.
func (st Statement) pick(items []types.ProfileItem) map[types.ProfileItem]string {
	out := map[types.ProfileItem]string{}
	for _, item := range dataItems() {
		if value := st.Data[string(item)]; value != "" && slices.Contains(items, item) {
			out[item] = value
		}
	}
	return out
}

// ofOrganisation gives what is kept of an organisation; nothing for a person.
func (st Statement) ofOrganisation() map[string]string {
	if !st.organisation() {
		return nil
	}
	out := map[string]string{}
	for _, item := range organisationItems() {
		if value := st.Data[item]; value != "" {
			out[item] = value
		}
	}
	return out
}
