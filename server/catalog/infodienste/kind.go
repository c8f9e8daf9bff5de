package infodienste

import (
	"portalverbund/server/catalog/adapter"
)

// ID names this kind of source.
const ID = "infodienste"

// Kind describes sources of this kind, for those who configure them.
func Kind() adapter.Kind {
	return adapter.Kind{
		ID: ID, New: newSource,
		Title: adapter.Words{De: "BUS Niedersachsen (Infodienste, REST v4)", En: "BUS Niedersachsen (Infodienste, REST v4)"},
		Help: adapter.Words{
			De: "Holt Leistungen, Stellen, Zuständigkeiten, Online-Dienste und Formulare aus dem Behördenfinder eines Landes. Den Schlüssel vergibt die Zentralredaktion.",
			En: "Collects services, offices, competences, online services and forms from the directory of a Land. Its central editors give the key.",
		},
		Fields: []adapter.Field{fieldURL(), fieldKey(), fieldAreas(), fieldUnit(), fieldLanguages(), fieldAreasURL(), fieldAgency(), adapter.RateField()},
	}
}

func fieldURL() adapter.Field {
	return adapter.Field{
		Name: "url", Type: adapter.FieldURL, Required: true, Default: defaultURL,
		Label: adapter.Words{De: "Adresse der Schnittstelle", En: "Address of the interface"},
		Help:  adapter.Words{De: "Für Niedersachsen ist sie voreingestellt; andere Länder haben eine eigene.", En: "Set for Niedersachsen; other Länder have their own."},
	}
}

func fieldKey() adapter.Field {
	return adapter.Field{
		Name: "apiKey", Type: adapter.FieldSecret, Required: true,
		Label: adapter.Words{De: "Schlüssel (API-Key)", En: "API key"},
		Help:  adapter.Words{De: "Er wird verschlüsselt gespeichert und nicht wieder angezeigt.", En: "It is stored encrypted and not shown again."},
	}
}

func fieldAreas() adapter.Field {
	return adapter.Field{
		Name: "areaIds", Type: adapter.FieldList, Required: true,
		Label: adapter.Words{De: "Gebiete", En: "Areas"},
		Help:  adapter.Words{De: "Nummern der Gebiete im Behördenfinder, mit Komma getrennt, zum Beispiel 10345.", En: "Numbers of the areas in the directory, separated by commas, such as 10345."},
	}
}

func fieldUnit() adapter.Field {
	return adapter.Field{
		Name: "unitId", Type: adapter.FieldText,
		Label: adapter.Words{De: "Oberste Organisationseinheit", En: "Top organisational unit"},
		Help:  adapter.Words{De: "Nummer Ihrer Verwaltung im Behördenfinder. Ohne Angabe werden alle Stellen geholt.", En: "Number of your administration in the directory. Without it, all offices are collected."},
	}
}

func fieldLanguages() adapter.Field {
	return adapter.Field{
		Name: "languages", Type: adapter.FieldList, Advanced: true,
		Label: adapter.Words{De: "Weitere Sprachen", En: "Further languages"},
		Help:  adapter.Words{De: "Zum Beispiel en_GB. Jede Sprache verlängert den Abruf.", En: "Such as en_GB. Each language makes a run longer."},
	}
}

func fieldAreasURL() adapter.Field {
	return adapter.Field{
		Name: "areasUrl", Type: adapter.FieldURL, Default: defaultAreasURL, Advanced: true,
		Label: adapter.Words{De: "Adresse des Gebietsdienstes", En: "Address of the areas' service"},
		Help:  adapter.Words{De: "Er sagt, welcher Ort hinter der Nummer eines Gebiets steht.", En: "It says which place the number of an area stands for."},
	}
}

func fieldAgency() adapter.Field {
	return adapter.Field{
		Name: "agency", Type: adapter.FieldText, Advanced: true,
		Label: adapter.Words{De: "Kennung der Redaktion", En: "Identifier of the editorial office"},
		Help: adapter.Words{
			De: "Zum Beispiel L100042. Mit ihr erkennt das Portal Leistungen wieder, die auch über das PVOG kommen.",
			En: "Such as L100042. By it the portal recognises services that come through the PVOG, too.",
		},
	}
}
