// Package codes has the code lists of XZuFi that the catalog knows, in one place for all formats that use them: XZuFi itself,
// the interfaces of the PVOG and of the Infodienste.
package codes

import (
	"strings"

	"portalverbund/server/catalog"
)

// TextModule says where a text module goes.
type TextModule struct {
	Code string
	Name string // of the module in the catalog, for links and extras
	HTML bool
	Text func(m *catalog.ModulesEntry) *catalog.Text
}

// TextModules are the codes of urn:de:xzufi:codeliste:leistungstextmodulleika (20240216), in the order in which they are
// written.
func TextModules() []TextModule {
	type m = catalog.ModulesEntry
	return []TextModule{
		{"02", "designation", false, func(e *m) *catalog.Text { return &e.Designation }},
		{"03", "title", false, func(e *m) *catalog.Text { return &e.Title }},
		{"05", "summary", true, func(e *m) *catalog.Text { return &e.Summary }},
		{"06", "description", true, func(e *m) *catalog.Text { return &e.Description }},
		{"07", "legalBasis", true, func(e *m) *catalog.Text { return &e.LegalBasisText }},
		{"08", "documents", true, func(e *m) *catalog.Text { return &e.DocumentsText }},
		{"09", "requirements", true, func(e *m) *catalog.Text { return &e.Requirements }},
		{"11", "procedure", true, func(e *m) *catalog.Text { return &e.Procedure }},
		{"14", "forms", true, func(e *m) *catalog.Text { return &e.FormsText }},
		{"15", "furtherInformation", true, func(e *m) *catalog.Text { return &e.FurtherInformation }},
		{"16", "notes", true, func(e *m) *catalog.Text { return &e.Notes }},
		{"18", "author", true, func(e *m) *catalog.Text { return &e.Author }},
		{"22", "competentBody", true, func(e *m) *catalog.Text { return &e.CompetentBody }},
		{"23", "contactPoint", true, func(e *m) *catalog.Text { return &e.ContactPoint }},
		{"24", "teaser", false, func(e *m) *catalog.Text { return &e.Teaser }},
		{"25", "legalRemedy", true, func(e *m) *catalog.Text { return &e.LegalRemedy }},
	}
}

// ModuleOf gives the text module of a code, and whether there is one.
func ModuleOf(code string) (TextModule, bool) {
	for _, t := range TextModules() {
		if t.Code == code {
			return t, true
		}
	}
	return TextModule{}, false
}

// Pair is a code and what it is in the catalog.
type Pair struct{ Code, Word string }

// Audiences is the list of leistungsadressat. What the codes mean was inferred: the list itself was not at hand.
func Audiences() []Pair {
	return []Pair{{"001", "citizen"}, {"002", "business"}, {"003", "administration"}}
}

// Units is the list of units of time.
func Units() []Pair {
	return []Pair{
		{"SEKUNDE", "second"}, {"MINUTE", "minute"}, {"STUNDE", "hour"}, {"TAG", "day"}, {"WERKTAG", "weekday"}, {"ARBEITSTAG", "workday"},
		{"WOCHE", "week"}, {"MONAT", "month"}, {"JAHR", "year"},
	}
}

// TrustLevels is urn:xoev-de:fim:codeliste:vertrauensniveau, with the code that is written first; lower and unknown ones are
// read as low. What the codes mean was inferred from other systems: the list itself was not at hand.
func TrustLevels() []Pair {
	return []Pair{{"20", "low"}, {"30", "substantial"}, {"40", "high"}, {"00", "low"}, {"10", "low"}, {"15", "low"}}
}

// WordOf gives what a code is in the catalog; empty for one that is not in the list.
func WordOf(list []Pair, code string) string {
	for _, p := range list {
		if p.Code == code {
			return p.Word
		}
	}
	return ""
}

// CodeOf gives the first code of a list for what the catalog says; empty if there is none.
func CodeOf(list []Pair, word string) string {
	for _, p := range list {
		if p.Word == word {
			return p.Code
		}
	}
	return ""
}

// UnitOf is WordOf of Units for units that are written as other systems do: in German or English, one or several.
func UnitOf(unit string) string {
	unit = strings.ToUpper(strings.TrimSpace(unit))
	if word := WordOf(Units(), unit); word != "" {
		return word
	}
	for _, ending := range []string{"E", "EN", "N"} { // Tage, Wochen, Minuten
		if word := WordOf(Units(), strings.TrimSuffix(unit, ending)); word != "" {
			return word
		}
	}
	for _, p := range Units() {
		if english := strings.ToUpper(p.Word); unit == english || unit == english+"S" {
			return p.Word
		}
	}
	return ""
}

// Roles of a competence (rolle): the competent body (Zuständige Stelle), and a point of contact (Ansprechpunkt).
const (
	RoleCompetent = "01"
	RoleContact   = "03"
)

// IsRole says whether a code can be one of a role. Which there are beside 01 and 03 is not public, so others are kept as they are.
func IsRole(code string) bool {
	return code != "" && len(code) <= 20 && strings.Trim(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-") == ""
}
