package catalog

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"portalverbund/api/types"
)

// in gives the text in a language, else in the language that it is a variety of, else in German, else in English, else in the
// first language there is; empty when there is no text.
func (t Text) in(language string) string {
	return t[t.languageFor(language)]
}

func (t Text) languageFor(language string) string {
	if t[language] != "" {
		return language
	}
	for _, l := range fallbacks(language) {
		if t[l] != "" {
			return l
		}
	}
	first := ""
	for l, value := range t {
		if value != "" && (first == "" || l < first) {
			first = l
		}
	}
	return first
}

// fallbacks gives the languages in which somebody reads who asked for one: de-x-ls, de, en.
func fallbacks(language string) []string {
	list := make([]string, 0, 5)
	for l := language; l != ""; {
		list = append(list, l)
		at := strings.LastIndexByte(l, '-')
		l = l[:max(at, 0)]
		l = strings.TrimSuffix(l, "-x") // x alone names no variety
	}
	return append(list, "de", "en")
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func audiences(names []string) []types.Audience {
	list := make([]types.Audience, 0, len(names))
	for _, name := range names {
		list = append(list, types.Audience(name))
	}
	return list
}

// organisationIn gives an office in one language, with the name of what it belongs to.
func organisationIn(language string, payload []byte, parent Text) (types.Organisation, error) {
	var e OrganisationEntry
	if err := json.Unmarshal(payload, &e); err != nil {
		return types.Organisation{}, fmt.Errorf("read organisation: %w", err)
	}
	o := types.Organisation{
		Id: e.ID, Name: e.Name.in(language), ParentName: optional(parent.in(language)), Phone: optional(e.Phone), Email: optional(e.Email),
		Url: optional(e.URL), HoursNote: optional(e.HoursNote.in(language)), Accessibility: optional(e.Accessibility.in(language)),
		AppointmentUrl: optional(e.AppointmentURL), OpeningHours: make([]types.OpeningHours, 0, len(e.OpeningHours)),
	}
	if e.Address != nil {
		o.Address = &types.Address{Street: e.Address.Street, HouseNumber: e.Address.HouseNumber, PostalCode: e.Address.PostalCode, City: e.Address.City}
	}
	if e.Position != nil {
		o.Position = &types.Position{Lat: e.Position.Lat, Lon: e.Position.Lon}
	}
	for _, h := range e.OpeningHours {
		days := make([]types.OpeningHoursDays, 0, len(h.Days))
		for _, d := range slices.Compact(h.Days) {
			days = append(days, types.OpeningHoursDays(d))
		}
		o.OpeningHours = append(o.OpeningHours, types.OpeningHours{Days: days, From: h.From, To: h.To})
	}
	return o, nil
}
