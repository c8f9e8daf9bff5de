// Package pvog collects from the Portalverbund Online-Gateway (PVOG) of FITKO: by place from its Suchdienst, and everything
// that changes from its Bereitstelldienst, as XZuFi 2.3.1.
//
// What of the interfaces could not be seen first-hand is in uncertain.go.
package pvog

import (
	"portalverbund/server/catalog/adapter"
)

// IDs of the kinds of sources.
const (
	SearchID   = "pvog-search"
	DeliveryID = "pvog-delivery"
)

// SearchKind describes sources that ask the Suchdienst.
func SearchKind() adapter.Kind {
	fields := []adapter.Field{fieldARS(), fieldClientID(), fieldLevels(), fieldKeys(), fieldSearchURL()}
	fields = append(fields, pathFields()...)
	return adapter.Kind{
		ID: SearchID, New: newSearch,
		Title: adapter.Words{De: "PVOG-Suchdienst", En: "PVOG Suchdienst"},
		Help: adapter.Words{
			De: "Holt alle Leistungen, die an einem Ort gelten, mit ihren Stellen und Online-Diensten aus dem Portalverbund.",
			En: "Collects all services that hold at a place, with their offices and online services, from the Portalverbund.",
		},
		Fields: append(fields, adapter.RateField()),
	}
}

// DeliveryKind describes sources that ask the Bereitstelldienst. read reads XZuFi.
func DeliveryKind(read adapter.Format) adapter.Kind {
	return adapter.Kind{
		ID:    DeliveryID,
		New:   func(s adapter.Settings, t adapter.Tools) (adapter.Source, error) { return newDelivery(read, s, t) },
		Title: adapter.Words{De: "PVOG-Bereitstelldienst (XZuFi)", En: "PVOG Bereitstelldienst (XZuFi)"},
		Help: adapter.Words{
			De: "Holt den ganzen Bestand und danach nur noch, was sich geändert hat. Zugangsdaten vergibt die FITKO.",
			En: "Collects the whole stock, and afterwards only what has changed. FITKO gives the credentials.",
		},
		Fields: []adapter.Field{fieldARSFilter(), fieldTokenURL(), fieldOAuthID(), fieldOAuthSecret(), fieldDeliveryURL(), adapter.RateField()},
	}
}

func fieldARS() adapter.Field {
	return adapter.Field{
		Name: "ars", Type: adapter.FieldARS, Required: true,
		Label: adapter.Words{De: "Orte", En: "Places"},
		Help:  adapter.Words{De: "Regionalschlüssel (ARS) mit 12 Ziffern, mehrere mit Komma getrennt.", En: "Regional keys (ARS) of 12 digits, several separated by commas."},
	}
}

func fieldARSFilter() adapter.Field {
	f := fieldARS()
	f.Required = false
	f.Help = adapter.Words{De: "Nur was für diese Regionalschlüssel (ARS) gilt. Ohne Angabe: alles.", En: "Only what holds for these regional keys (ARS). Without it: everything."}
	return f
}

func fieldClientID() adapter.Field {
	return adapter.Field{
		Name: "clientId", Type: adapter.FieldText,
		Label: adapter.Words{De: "Client-ID", En: "Client ID"},
		Help:  adapter.Words{De: "Vergibt die FITKO an jeden Betreiber; sie steht in jeder Anfrage.", En: "FITKO gives one to each operator; it is in every request."},
	}
}

func fieldLevels() adapter.Field {
	return adapter.Field{
		Name: "levels", Type: adapter.FieldList, Default: "ort, kreis, land, bund",
		Label: adapter.Words{De: "Ebenen", En: "Levels"},
		Help:  adapter.Words{De: "ort, kreis, land, bund: von welchen Ebenen Leistungen geholt werden.", En: "ort (place), kreis (county), land, bund (federation): from which levels services are collected."},
	}
}

func fieldKeys() adapter.Field {
	return adapter.Field{
		Name: "leikaKeys", Type: adapter.FieldList, Advanced: true,
		Label: adapter.Words{De: "Nur diese Leistungen", En: "Only these services"},
		Help:  adapter.Words{De: "LeiKa-Schlüssel mit 14 Ziffern. Ohne Angabe: alle.", En: "LeiKa keys of 14 digits. Without it: all."},
	}
}

func fieldSearchURL() adapter.Field {
	return adapter.Field{
		Name: "url", Type: adapter.FieldURL, Required: true, Default: "https://pvog.fitko.net/suchdienst/api", Advanced: true,
		Label: adapter.Words{De: "Adresse des Suchdienstes", En: "Address of the Suchdienst"},
		Help:  adapter.Words{De: "Zum Testen: https://stage.pvog.fitko.net/suchdienst/api.", En: "For tests: https://stage.pvog.fitko.net/suchdienst/api."},
	}
}

// pathFields let operators follow when FITKO retires a version of a path: each path has one of its own, and old ones go
// after three months.
func pathFields() []adapter.Field {
	field := func(name, path, de, en string) adapter.Field {
		return adapter.Field{
			Name: name, Type: adapter.FieldText, Required: true, Default: path, Advanced: true, Label: adapter.Words{De: de, En: en},
			Help: adapter.Words{De: "Mit der Version, die der Suchdienst gerade anbietet.", En: "With the version that the Suchdienst offers at present."},
		}
	}
	return []adapter.Field{
		field("pathList", "/v5/servicedescriptions/csv", "Pfad: Liste der Leistungen", "Path: list of services"),
		field("pathByKey", "/v3/servicedescriptions/leikaid", "Pfad: Leistungen nach Schlüssel", "Path: services by key"),
		field("pathDetail", "/v6/servicedescriptions/{id}/detail", "Pfad: eine Leistung", "Path: one service"),
		field("pathTitles", "/v2/organisationunits/titles", "Pfad: zuständige Stellen", "Path: competent offices"),
		field("pathUnit", "/v5/organisationunits/detail", "Pfad: eine Stelle", "Path: one office"),
		field("pathOnline", "/v1beta2/onlineservices", "Pfad: Online-Dienste", "Path: online services"),
	}
}

func fieldDeliveryURL() adapter.Field {
	return adapter.Field{
		Name: "url", Type: adapter.FieldURL, Required: true, Default: defaultDeliveryURL, Advanced: true,
		Label: adapter.Words{De: "Adresse des Bereitstelldienstes", En: "Address of the Bereitstelldienst"},
		Help:  adapter.Words{De: "Die ganze Adresse, mit Version.", En: "The whole address, with its version."},
	}
}

func fieldTokenURL() adapter.Field {
	return adapter.Field{
		Name: "tokenUrl", Type: adapter.FieldURL, Required: true,
		Label: adapter.Words{De: "Adresse für Zugangstoken", En: "Address for access tokens"},
		Help:  adapter.Words{De: "Token-Endpunkt der FITKO (OAuth 2.0 Client Credentials).", En: "FITKO's token end point (OAuth 2.0 client credentials)."},
	}
}

func fieldOAuthID() adapter.Field {
	f := fieldClientID()
	f.Required, f.Help = true, adapter.Words{De: "Vergibt die FITKO.", En: "Given by FITKO."}
	return f
}

func fieldOAuthSecret() adapter.Field {
	return adapter.Field{
		Name: "clientSecret", Type: adapter.FieldSecret, Required: true,
		Label: adapter.Words{De: "Client-Geheimnis", En: "Client secret"},
		Help:  adapter.Words{De: "Es wird verschlüsselt gespeichert und nicht wieder angezeigt.", En: "It is stored encrypted and not shown again."},
	}
}
