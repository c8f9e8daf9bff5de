// Package codes has the code lists of XZuFi that the catalog reads, in one place for all formats that use them.
package codes

import (
	"strings"

	"portalverbund/server/catalog"
)

// TextModules lists the codes that TextModule knows.
func TextModules() []string {
	return []string{"02", "03", "05", "06", "07", "08", "09", "11", "14", "15", "16", "18", "22", "23", "24", "25"}
}

// TextModule gives the text of a service that a code of urn:de:xzufi:codeliste:leistungstextmodulleika (20240216) stands
// for, and the module's name; nil for a code that is not known.
func TextModule(m *catalog.ModulesEntry, code string) (text *catalog.Text, module string) {
	switch code {
	case "02":
		return &m.Designation, "designation"
	case "03":
		return &m.Title, "title"
	case "05":
		return &m.Summary, "summary"
	case "06":
		return &m.Description, "description"
	case "07":
		return &m.LegalBasisText, "legalBasis"
	case "08":
		return &m.DocumentsText, "documents"
	case "09":
		return &m.Requirements, "requirements"
	case "11":
		return &m.Procedure, "procedure"
	case "14":
		return &m.FormsText, "forms"
	case "15":
		return &m.FurtherInformation, "furtherInformation"
	case "16":
		return &m.Notes, "notes"
	case "18":
		return &m.Author, "author"
	case "22":
		return &m.CompetentBody, "competentBody"
	case "23":
		return &m.ContactPoint, "contactPoint"
	case "24":
		return &m.Teaser, "teaser"
	case "25":
		return &m.LegalRemedy, "legalRemedy"
	}
	return nil, ""
}

// TrustLevel reads a code of urn:xoev-de:fim:codeliste:vertrauensniveau; empty where the level is not said. What the codes
// mean (20 normal, 30 substantial, 40 high, 10 and 15 below) follows from their names in other systems; the list itself was
// not at hand.
func TrustLevel(code string) string {
	switch code {
	case "10", "15", "20":
		return "low"
	case "30":
		return "substantial"
	case "40":
		return "high"
	}
	return ""
}

// Audience reads a code of leistungsadressat; empty for one that is not known. The list itself was not at hand.
func Audience(code string) string {
	switch code {
	case "001":
		return "citizen"
	case "002":
		return "business"
	case "003":
		return "administration"
	}
	return ""
}

// Unit reads a unit of time of XZuFi (JAHR, TAG …), in German or English, one or several; empty for one that is not known.
func Unit(code string) string {
	switch strings.ToUpper(strings.TrimSpace(code)) {
	case "SEKUNDE", "SEKUNDEN", "SECOND", "SECONDS":
		return "second"
	case "MINUTE", "MINUTEN", "MINUTES":
		return "minute"
	case "STUNDE", "STUNDEN", "HOUR", "HOURS":
		return "hour"
	case "TAG", "TAGE", "DAY", "DAYS":
		return "day"
	case "WERKTAG", "WERKTAGE", "WEEKDAY", "WEEKDAYS":
		return "weekday"
	case "ARBEITSTAG", "ARBEITSTAGE", "WORKDAY", "WORKDAYS", "WORKING_DAY":
		return "workday"
	case "WOCHE", "WOCHEN", "WEEK", "WEEKS":
		return "week"
	case "MONAT", "MONATE", "MONTH", "MONTHS":
		return "month"
	case "JAHR", "JAHRE", "YEAR", "YEARS":
		return "year"
	}
	return ""
}

// Roles of a competence (rolle): 01 is the competent body (Zuständige Stelle), 03 a point of contact (Ansprechpunkt).
const (
	RoleCompetent = "01"
	RoleContact   = "03"
)
