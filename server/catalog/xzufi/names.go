package xzufi

// Namespace is that of XZuFi 2.2, in which is written. 2.1 and 2.3 differ in the number.
const (
	Namespace       = "http://xoev.de/schemata/xzufi/2_2_0"
	namespacePrefix = "http://xoev.de/schemata/xzufi/"
	schemaInstance  = "http://www.w3.org/2001/XMLSchema-instance"
)

// Code lists that are named in what is written.
const (
	listTextModules = "urn:de:xzufi:codeliste:leistungstextmodulleika"
	listLeika       = "urn:de:fim:leika:leistung"
	listLinkTypes   = "urn:xoev-de:fim:codeliste:onlinedienstlinktyp"
	listTrustLevels = "urn:xoev-de:fim:codeliste:vertrauensniveau"
	schemeARS       = "urn:de:bund:destatis:bevoelkerungsstatistik:schluessel:rs"
	schemeAGS       = "urn:de:bund:destatis:bevoelkerungsstatistik:schluessel:ags"
)

// What no public source names. It is plausible and stands here alone, so that it can be put right in one place: the root of a
// delivery, and how an office's ways of contact, opening hours and accessibility are called. The reader takes any root.
const (
	rootName         = "transfer"
	nameHours        = "infoOeffnungszeitenText"
	nameAccess       = "infoBarrierefreiheit"
	nameParent       = "uebergeordneteOrganisationseinheitID"
	nameContact      = "kommunikation"
	nameContactKind  = "kanal"
	nameContactValue = "kennung"
	nameWebAddress   = "internetadresse"
	namePosition     = "geokodierung"
	namePayment      = "zahlungsweise"
	nameCriterion    = "kriterium"
	listCriteria     = "urn:portalverbund:codeliste:zustaendigkeitskriterium"
	listContacts     = "urn:de:xoev:codeliste:erreichbarkeit"
	titleAppointment = "Terminvereinbarung"
)

// Ways of contact by their codes in listContacts.
const (
	contactMail   = "01"
	contactPhone  = "02"
	contactMobile = "03"
)

// Names of the schemes of identifiers: which kind of object is meant.
const (
	schemeService           = "LB"
	schemeSpecialisation    = "SP"
	schemeOrganisation      = "OE"
	schemeOnlineService     = "OD"
	schemeCategory          = "KAT"
	schemeCompetence        = "ZustaendigkeitOrganisationseinheit"
	schemeOnlineCompetence  = "ZustaendigkeitOnlinedienst"
	classService            = "Leistung"
	classSpecialisation     = "LeistungSpezialisierung"
	classOrganisation       = "Organisationseinheit"
	classOnlineService      = "Onlinedienst"
	classCompetence         = "Zustaendigkeit"
	elementService          = "leistung"
	elementSpecialisation   = "spezialisierung"
	elementOrganisation     = "organisationseinheit"
	elementOnlineService    = "onlinedienst"
	elementCompetence       = "zustaendigkeit"
	elementCompetenceObject = "zustaendigkeitTransferObjekt"
	nameRole                = "rolle"
	nameService             = "leistungID"
	nameObject              = "uebergeordnetesObjektID" // of a competence: the unit or online service
	nameParentCategory      = "uebergeordneteKategorieID"
	typeOnlineService       = "OnlinedienstErweitert" // the name of the type is not confirmed
)

// attributes are those that elements of the standard have.
func attributes() []string {
	return []string{
		"schemeAgencyID", "schemeAgencyName", "schemeDataURI", "schemeID", "schemeName", "schemeURI", "schemeVersionID", "languageCode", "listURI",
		"listVersionID", "currencyCode", "xsi:type",
	}
}

// orders give the order of an element's children where the standard has one, by the element's name. Other children come last.
func orders() map[string][]string {
	module := []string{"zugangskanal", "positionDarstellung", "id", "idSekundaer", "gueltigkeit"}
	after := func(names ...string) []string { return append(append([]string{}, module...), names...) }
	return map[string][]string{
		elementService:           serviceOrder(),
		elementSpecialisation:    serviceOrder(),
		"modulText":              after("leikaTextmodul", "leikaTextmodulAbweichendeBezeichnung", "inhalt", "weiterfuehrenderLink"),
		"modulTextIndividuell":   after("individuellesTextmodultyp", "inhalt", "weiterfuehrenderLink"),
		"modulFrist":             after("frist", "beschreibung", "weiterfuehrenderLink"),
		"modulKosten":            after("kosten", "beschreibung", "weiterfuehrenderLink"),
		"modulBearbeitungsdauer": after("bearbeitungsdauer", "beschreibung", "weiterfuehrenderLink"),
		"modulBegriffImKontext":  after("begriffImKontext"),
		"modulFachlicheFreigabe": after("fachlichFreigegebenAm", "fachlichFreigegebenDurch"),
		"modulAuskunftshinweis":  after("inhalt", "weiterfuehrenderLink"),
		"modulDokument":          after("dokumentEingehend", "dokumentAusgehend", "beschreibung", "weiterfuehrenderLink"),
		"modulUrsprungsportal":   after("uri", "titel"),
		"weiterfuehrenderLink":   {"uri", "titel", "beschreibung", "positionDarstellung"},
		"dokumentEingehend":      {"typ", "bezeichnung", "beschreibung", "referenzFormularID", "angabeSignatur"},
		"dokumentAusgehend":      {"typ", "bezeichnung", "beschreibung", "referenzFormularID", "angabeSignatur"},
		"kosten":                 {"typ", "kostenauswahl", "beschreibung", "vorkasse", "linkKostenbildung", "positionDarstellung", "gueltigkeit"},
		"kostenauswahl":          {"betrag", "betragUntergrenze", "betragObergrenze", "beschreibungVariabilitaet", "beschreibungKostenfreiheit"},
		"frist":                  {"typ", "fristauswahl", "beschreibung", "positionDarstellung", "gueltigkeit"},
		"bearbeitungsdauer":      {"fristauswahl", "beschreibung", "positionDarstellung", "gueltigkeit"},
		"fristauswahl":           {"dauer", "einheit", "dauerBis", "einheitBis", "von", "bis"},
		"kategorie":              {"id", "idSekundaer", "uebergeordneteKategorieID", "untergeordneteKategorieID", "bezeichnung", "beschreibung", "klasse"},
		"herausgeber":            {"id", "idSekundaer", "bezeichnung", "kurzbezeichnung", "beschreibung", "standardZustaendigkeitsgebiet"},
		"versionsinformation":    {"erstelltDatumZeit", "erstelltDurch", "geaendertDatumZeit", "geaendertDurch", "version"},
		"sprachversion": {"languageCode", "sprachbezeichnungDeutsch", "sprachbezeichnungNativ", "erstelltDatumZeit", "erstelltDurch",
			"geaendertDatumZeit", "geaendertDurch", "version"},
		"gueltigkeit": {"beginn", "ende", "zusatz"},
		elementOrganisation: {"id", "idSekundaer", nameParent, "kategorie", "name", "beschreibung", "anschrift", nameContact, nameWebAddress, nameHours,
			nameAccess, "herausgeber", "versionsinformation", "sprachversion", "gueltigkeit", elementCompetence},
		"anschrift":       {"typ", "strasse", "hausnummer", "postfach", "postleitzahl", "ort", "zusatz", "verwaltungspolitischeKodierung", namePosition},
		elementCompetence: {"id", "idSekundaer", nameService, "gebietID", nameRole, "bemerkung", "gueltigkeit", nameCriterion},
		elementOnlineService: {"id", "idSekundaer", "bezeichnung", "teaser", "beschreibung", "link", "vertrauensniveau", namePayment, "herausgeber",
			"versionsinformation", "sprachversion", "gueltigkeit"},
	}
}

// serviceOrder is the order of Leistung in XZuFi 2.2.0. leistungID and gebietID are of a specialisation.
func serviceOrder() []string {
	return []string{
		"id", "idSekundaer", nameService, "gebietID", "struktur", "referenzLeiKa", "modulText", "modulTextIndividuell", "modulFrist", "modulKosten",
		"modulBearbeitungsdauer", "modulBegriffImKontext", "modulFachlicheFreigabe", "modulAuskunftshinweis", "modulDokument",
		"modulUrsprungsportal", "typisierung", "vertrauensniveau", "leistungsadressat", "kennzeichenSchriftformerfordernis", "kategorie",
		"klassifizierung", "informationsbereichSDG", "idLeistungImKontext", "idProzess", "herausgeber", "gueltigkeitGebietID", "kennzeichenEA",
		"relevantFuerWirtschaftszweig", "relevantFuerRechtsform", "relevantFuerStaatsangehoerigkeit", "versionsinformation", "sprachversion", "gueltigkeit",
	}
}

// later231 are elements that 2.3.1 has and 2.2 does not: they are kept, and not written to a delivery of 2.2.
func later231() []string {
	return []string{
		"zugangskanal", "referenzLeistungsschluessel", "statusKatalog", "statusBibliothek", "detailstufe", "bezugsortTyp", "kennzeichenFormularPersoenlich",
		"kennzeichenFormularFormlos", "informationsbereicheSDG", "leistungImKontextID", "prozessID", "durchfuehrbarEinheitlicheStelle",
		"pflichtangabetyp", "pflichtangabeGrundKontextabhaengigkeit", "kennzeichenAusloeser", "formularReferenz", "art", "dynamischeParameter",
		"beschreibungEingehend", "beschreibungAusgehend", "kennzeichenMaschinelleUebersetzung", "maschinelleUebersetzung",
	}
}

// known are the names of all elements of the standard, as far as they are known, that may be kept as extras. Others are reported
// and left out.
func known() map[string]bool {
	names := map[string]bool{}
	for parent, order := range orders() {
		names[parent] = true
		for _, name := range order {
			names[name] = true
		}
	}
	for _, name := range later231() {
		names[name] = true
	}
	for _, name := range []string{
		nameContactKind, nameContactValue, "code", "name", "leistungsgruppierung", "leistungsgruppierungLeiKa", "leistungsobjektID", "verrichtung", "verrichtungLeiKa", "verrichtungsdetail",
		"nichtGelisteterWert", "version", "piktogrammID", "typ", "spezifischeID", "wirtschaftszweig", "informationsbereichSDG1", "informationsbereichSDG2",
		"staatsangehoerigkeit", "staatengruppe", "bundesland", "kreis", "bezirk", "gemeindeschluessel", "regionalschluessel", "gemeindeverband",
		"nation", "parameterName", "originalSprache", "originalID", "uebersetztDurch", "zusatz", "kennungszusatz", "leistungskategorieID", nameCriterion,
		"untergeordneteOrganisationseinheitID", "kurzbeschreibung", "kurzbezeichnung", "kontaktperson", "bankverbindung", "synonym", "postfach", "ortsteil",
		"laengengrad", "breitengrad", "begriff", "dokument", "formularID", "onlinedienstID", "logo", "identifizierungsmittel", "parameter", "bezeichnung",
		"datei", "dateiID", "dateiURL", "copyright", "kennzeichenAufzug", "kennzeichenRollstuhlgerecht", "infoParkplatz", "infoOePNV", "infoSonstiges",
		"gebietID", nameService, "uebergeordnetesGebietID", "untergeordnetesGebietID", nameObject, "currencyCode", "value", "hinweis",
	} {
		names[name] = true
	}
	return names
}
