package catalog

import (
	"encoding/json"
	"fmt"
	"slices"

	"portalverbund/api/types"
)

// in gives the text in a language, else in German, else in English, else in the first language there is; empty when there is
// no text.
func (t Text) in(language string) string {
	return t[t.languageFor(language)]
}

func (t Text) languageFor(language string) string {
	for _, l := range []string{language, "de", "en"} {
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

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// serviceIn gives a service in one language; owner, time of the copy and variants are the caller's to add.
func serviceIn(language string, e *ServiceEntry) types.Service {
	language = e.Title.languageFor(language) // one language for the whole page where it can be had
	service := types.Service{
		Id: e.ID, LeikaKey: optional(e.LeikaKey), Title: e.Title.in(language), Teaser: e.Teaser.in(language),
		Description: optional(e.Description.in(language)), Procedure: optional(e.Procedure.in(language)),
		Requirements: optional(e.Requirements.in(language)), Documents: make([]types.RequiredDocument, 0, len(e.Documents)),
		Fees: make([]types.Fee, 0, len(e.Fees)), Deadlines: make([]string, 0, len(e.Deadlines)),
		LegalBasis: make([]types.LegalBasis, 0, len(e.LegalBasis)), Categories: notNil(e.Categories), Audiences: audiences(e.Audiences),
		TrustLevel: types.TrustLevel(e.TrustLevel), UpdatedAt: e.UpdatedAt, Language: language,
	}
	if e.ProcessingTime != nil {
		service.ProcessingTime = optional(e.ProcessingTime.Text.in(language))
	}
	for _, d := range e.Documents {
		service.Documents = append(service.Documents, types.RequiredDocument{Title: d.Title.in(language), Note: optional(d.Note.in(language)), Required: d.Required})
	}
	for _, f := range e.Fees {
		service.Fees = append(service.Fees, feeIn(language, f))
	}
	for _, d := range e.Deadlines {
		service.Deadlines = append(service.Deadlines, d.Text.in(language))
	}
	for _, l := range e.LegalBasis {
		service.LegalBasis = append(service.LegalBasis, types.LegalBasis{Title: l.Title.in(language), Url: optional(l.URL)})
	}
	return service
}

func feeIn(language string, f FeeEntry) types.Fee {
	fee := types.Fee{Label: f.Label.in(language), Kind: types.FeeKind(f.Kind), Note: optional(f.Note.in(language))}
	if f.Amount != nil {
		fee.Amount = &types.Money{Amount: *f.Amount, Currency: f.Currency}
	}
	if f.Max != nil {
		fee.Max = &types.Money{Amount: *f.Max, Currency: f.Currency}
	}
	return fee
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
