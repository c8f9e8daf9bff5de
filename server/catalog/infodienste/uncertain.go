package infodienste

import (
	"html"
	"strings"

	"portalverbund/server/catalog/codes"
)

// What stands in this file was inferred, or seen at other Länder only, and not at the API of Niedersachsen:
//   - the host follows the pattern of Rheinland-Pfalz and Brandenburg;
//   - whether offset begins with 0 or 1 is said differently in different places, so both are borne (see pages);
//   - which keys types have: codes of XZuFi, or names. Both are read;
//   - what an empty restrictedArea means: that there is no restriction;
//   - how a document's direction and a period's unit are written.
const (
	defaultURL      = "https://restapi-v4-ni.infodienste.de"
	defaultAreasURL = "https://gd-api.zfinder.de"
	germanLanguage  = "de_DE"
)

// bcp47 turns en_GB into en: the catalog's texts are by language, without a country.
func bcp47(language string) string {
	language, _, _ = strings.Cut(strings.ToLower(language), "_")
	language, _, _ = strings.Cut(language, "-")
	return language
}

// moduleCode finds the code of a text block: its key or id if it is one of the list's, else by its name.
func moduleCode(k kind) string {
	for _, code := range []string{string(k.Key), string(k.ID)} {
		if len(code) == 1 {
			code = "0" + code
		}
		if len(code) == 2 && strings.Trim(code, "0123456789") == "" {
			return code
		}
	}
	name := strings.ToLower(string(k.Name))
	for _, known := range []struct{ part, code string }{
		{"leistungsbezeichnung ii", "03"}, {"leistungsbezeichnung", "02"}, {"kurztext", "05"}, {"volltext", "06"}, {"leistungsbeschreibung", "06"},
		{"rechtsgrundlage", "07"}, {"handlungsgrundlage", "07"}, {"unterlagen", "08"}, {"voraussetzung", "09"}, {"verfahrensablauf", "11"},
		{"formular", "14"}, {"weiterführende", "15"}, {"noch wissen", "16"}, {"hinweise", "16"}, {"urheber", "18"}, {"zuständige stelle", "22"},
		{"an wen muss ich", "22"}, {"ansprechpunkt", "23"}, {"teaser", "24"}, {"rechtsbehelf", "25"},
	} {
		if strings.Contains(name, known.part) {
			return known.code
		}
	}
	return ""
}

// trustLevel reads a level by its code, or by its name.
func trustLevel(texts ...word) string {
	for _, t := range texts {
		if level := codes.WordOf(codes.TrustLevels(), string(t)); level != "" {
			return level
		}
		switch name := strings.ToLower(string(t)); {
		case strings.Contains(name, "hoch"):
			return "high"
		case strings.Contains(name, "substan"):
			return "substantial"
		case strings.Contains(name, "normal"), strings.Contains(name, "niedrig"), strings.Contains(name, "basis"):
			return "low"
		}
	}
	return ""
}

// audience reads a receiver by its code, or by its name.
func audience(k kind) string {
	if a := codes.WordOf(codes.Audiences(), string(k.Key)); a != "" {
		return a
	}
	switch name := strings.ToLower(string(k.Name)); {
	case strings.Contains(name, "bürger"), strings.Contains(name, "privat"):
		return "citizen"
	case strings.Contains(name, "unternehm"), strings.Contains(name, "wirtschaft"):
		return "business"
	case strings.Contains(name, "verwaltung"):
		return "administration"
	}
	return ""
}

// outgoing says whether a document is one that people receive.
func (d document) outgoing() bool {
	direction := strings.ToLower(string(d.Direction))
	return strings.Contains(direction, "out") || strings.Contains(direction, "ausg")
}

// is says whether a type's key or name contains one of some words.
func (k kind) is(words ...string) bool {
	text := strings.ToLower(string(k.Key) + " " + string(k.Name))
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// named joins a name and a remark, which may have markup, to HTML.
func named(name, note word) string {
	switch {
	case note == "":
		return html.EscapeString(string(name))
	case name == "":
		return string(note)
	}
	return html.EscapeString(string(name)) + ": " + string(note)
}
