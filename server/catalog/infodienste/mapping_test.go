package infodienste

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/catalog"
	"portalverbund/server/standins/behoerdenfinder/finder"
)

func ptr[T any](v T) *T { return &v }

func de(text string) catalog.Text { return catalog.Text{"de": text} }

func TestCollect_ServiceWithEverything_EachFieldInItsPlace(t *testing.T) {
	t.Parallel()
	d := newDirectory(t, finder.Options{})
	c := collectAll(t.Context(), d.source(t, "languages", "de_DE, en_GB"), "")
	if c.err != nil {
		t.Fatal(c.err)
	}
	got, record := read[catalog.ServiceEntry](t, c, catalog.KindService, "9001")
	want := catalog.ServiceEntry{
		ID: uuid.MustParse(id(catalog.KindService, "9001")), LeikaKey: "99036022001000", FurtherLeikaKeys: []string{"99036022000000"},
		ModulesEntry: catalog.ModulesEntry{
			Title: catalog.Text{"de": "Kurzzeitkennzeichen beantragen", "en": "Apply for a short-term number plate"},
			Teaser: catalog.Text{
				"de": "Sie wollen ein nicht zugelassenes Auto überführen oder Probe fahren? Dafür gibt es ein Kennzeichen, das fünf Tage gilt.",
				"en": "Do you want to move or test-drive a car that is not registered? There is a number plate for it, valid for five days.",
			},
			Description: catalog.Text{ // the script goes when the catalog takes it in
				"de": "<p>Mit einem Kurzzeitkennzeichen dürfen Sie ein Fahrzeug, das nicht zugelassen ist, bis zu <strong>fünf Tage</strong> lang fahren.</p><script>alert(1)</script>",
				"en": "<p>With a short-term plate you may drive a vehicle that is not registered for up to five days.</p>",
			},
			Procedure:      de("<p>Sie kommen mit den Unterlagen zur Zulassungsstelle und nehmen das Kennzeichen gleich mit.</p>"),
			Requirements:   de("<p>Das Fahrzeug hat eine gültige Hauptuntersuchung.</p>"),
			DocumentsText:  de("<ul><li>Ausweis</li><li>eVB-Nummer</li></ul>"),
			LegalBasisText: de("<p>§ 42 Fahrzeug-Zulassungsverordnung</p>"),
			Notes:          de("<p>Das Kennzeichen gilt nur in Deutschland sicher.</p>"),
			LegalRemedy:    de("<p>Widerspruch innerhalb eines Monats.</p>"),
			OtherTexts:     []catalog.OtherTextEntry{{Type: catalog.CodeEntry{Code: "77", Name: "Tipp der Redaktion"}, Text: de("<p>Kommen Sie am Vormittag.</p>")}},
			Documents:      []catalog.DocumentEntry{{Title: de("Personalausweis oder Reisepass"), Required: true}},
			Results:        []catalog.DocumentEntry{{Title: de("Fahrzeugschein für Kurzzeitkennzeichen"), Note: de("Gilt fünf Tage.")}},
			Fees: []catalog.FeeEntry{
				{Label: de("Zuteilung"), Kind: "fixed", Amount: ptr(int64(1310)), Currency: "EUR", Note: de("Schilder kosten extra."), Advance: ptr(true), URL: "https://www.example.org/gebuehren"},
				{Label: de("Schilder"), Kind: "range", Amount: ptr(int64(1500)), Max: ptr(int64(2999)), Currency: "EUR"},
			},
			Deadlines: []catalog.DeadlineEntry{
				{Text: de("Gültigkeit: Danach ist das Kennzeichen ungültig."), Duration: &catalog.DurationEntry{Value: 5, Unit: "day"}},
				{Text: de("Aufbewahrung der Papiere"), Duration: &catalog.DurationEntry{Value: 1, Unit: "year", Max: ptr(2)}},
				{Text: de("Annahme im Winter"), From: "2026-11-01", To: "2027-02-28"},
			},
			ProcessingTime: &catalog.TimeEntry{Terms: []catalog.DeadlineEntry{{Text: de("Bearbeitung: Meist sofort."), Duration: &catalog.DurationEntry{Value: 1, Unit: "day", Max: ptr(2)}}}},
			LegalBasis:     []catalog.LegalEntry{{Title: de("§ 42 FZV"), URL: "https://www.gesetze-im-internet.de/fzv_2023/__42.html"}},
			Links:          []catalog.LinkEntry{{Module: "description", Language: "de", URL: "https://www.example.org/kurzzeit", Title: "Mehr zum Kurzzeitkennzeichen"}},
		},
		Synonyms: map[string][]string{"de": {"5-Tages-Kennzeichen", "Überführungskennzeichen"}}, Audiences: []string{"citizen", "business"},
		TrustLevel: "substantial", SinglePointOfContact: ptr(false), SDGAreas: []string{"1010200"},
		SourceEntry: catalog.SourceEntry{
			Origin: &catalog.IdentifierEntry{Agency: "L1", Scheme: "LB", Value: "9001"},
			Extras: []catalog.ExtraEntry{{Name: "department", Text: "Verkehr"}},
		},
		ValidIn: []string{"03454"}, UpdatedAt: time.Date(2026, 10, 5, 6, 30, 0, 0, time.UTC),
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", dump(t, got), dump(t, want))
	}
	if len(record.Warnings) != 1 || record.Warnings[0] != `text block "77" (Tipp der Redaktion) is unknown: kept as a text of its own` {
		t.Errorf("warnings %q", record.Warnings)
	}

	special, _ := read[catalog.SpecialisationEntry](t, c, catalog.KindSpecialisation, "9001/10346")
	if special.ServiceID != want.ID || !reflect.DeepEqual(special.Areas, []string{"034540035035"}) ||
		special.Description["de"] != "<p>In Meppen bekommen Sie das Kennzeichen am Schalter 3.</p>" || len(special.Fees) != 1 || *special.Fees[0].Amount != 1400 ||
		special.Title != nil || special.Deadlines != nil {
		t.Errorf("specialisation %s", dump(t, special))
	}
}

func TestCollect_Office_AddressPositionHoursAndWaysToReachIt(t *testing.T) {
	t.Parallel()
	d := newDirectory(t, finder.Options{})
	c := collectAll(t.Context(), d.source(t, "unitId", "7001"), "")
	if c.err != nil {
		t.Fatal(c.err)
	}
	got, _ := read[catalog.OrganisationEntry](t, c, catalog.KindOrganisation, "7002")
	parent := uuid.MustParse(id(catalog.KindOrganisation, "7001"))
	want := catalog.OrganisationEntry{
		ID: uuid.MustParse(id(catalog.KindOrganisation, "7002")), Name: de("Bürgerbüro des Landkreises (Beispiel)"), ParentID: &parent,
		Address:  &catalog.AddressEntry{Street: "Musterallee", HouseNumber: "3", PostalCode: "49716", City: "Meppen"},
		Position: &catalog.PositionEntry{Lat: 52.6938, Lon: 7.2935}, Phone: "030 23125 201", Email: "buero@finder.example", URL: "https://www.example.org/buero",
		OpeningHours: []catalog.HoursEntry{}, HoursNote: de("Montag bis Freitag 8 bis 12 Uhr"),
		Accessibility:  de("Barrierefreier Zugang. Aufzug vorhanden. Aufzug neben dem Haupteingang"),
		AppointmentURL: "https://termine.example.org/buero", SourceEntry: catalog.SourceEntry{Origin: &catalog.IdentifierEntry{Agency: "L1", Scheme: "OE", Value: "7002"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", dump(t, got), dump(t, want))
	}
	if n := len(c.ids(catalog.KindOrganisation)); n != 3 {
		t.Errorf("%d organisations, want the top one and the two below it", n)
	}
}

func TestCollect_Competences_EachServiceInEachAreaThatIsAPlace(t *testing.T) {
	t.Parallel()
	d := newDirectory(t, finder.Options{})
	c := collectAll(t.Context(), d.source(t), "")
	if c.err != nil {
		t.Fatal(c.err)
	}
	want := map[string]bool{}
	for _, value := range []string{"7002/9001/03454", "7002/9002/03454", "7002/9003/03454", "7002/9004/03454", "7003/9005/03454", "7003/9999/03454"} {
		want[id(catalog.KindCompetence, value)] = true
	}
	if got := c.ids(catalog.KindCompetence); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	one, _ := read[catalog.CompetenceEntry](t, c, catalog.KindCompetence, "7003/9005/03454")
	if one.Area != "03454" || one.ServiceID.String() != id(catalog.KindService, "9005") || one.OrganisationID.String() != id(catalog.KindOrganisation, "7003") {
		t.Errorf("%s", dump(t, one))
	}
	wantSkips := map[string]string{
		"competence ouCompetence/7002, 3": "names no area",
		"competence ouCompetence/7003, 1": `area "10399" (Unbekanntes Gebiet) is no place of the register`,
	}
	if skips := c.skips(); !reflect.DeepEqual(skips, wantSkips) {
		t.Errorf("skips %q", skips)
	}
}

func TestCollect_OnlineServiceAndForm_BelongToTheirService(t *testing.T) {
	t.Parallel()
	d := newDirectory(t, finder.Options{})
	c := collectAll(t.Context(), d.source(t), "")
	if c.err != nil {
		t.Fatal(c.err)
	}
	online, _ := read[catalog.OnlineServiceEntry](t, c, catalog.KindOnlineService, "5001")
	if online.Title["de"] != "Schwerbehindertenausweis online" || online.TrustLevel != "substantial" || online.Description["de"] == "" ||
		!reflect.DeepEqual(online.Links, []catalog.OnlineLinkEntry{{Type: "01", URL: "https://antrag.example.org/schwerbehinderung", Title: "Online beantragen"}}) ||
		!reflect.DeepEqual(online.LanguageVersions, []catalog.LanguageEntry{{Language: "de"}}) {
		t.Errorf("%s", dump(t, online))
	}
	competence, _ := read[catalog.OnlineCompetenceEntry](t, c, catalog.KindOnlineCompetence, "5001/9002/03454")
	if competence.OnlineServiceID != online.ID || competence.ServiceID.String() != id(catalog.KindService, "9002") || !reflect.DeepEqual(competence.Areas, []string{"03454"}) {
		t.Errorf("%s", dump(t, competence))
	}
	service, _ := read[catalog.ServiceEntry](t, c, catalog.KindService, "9002")
	wantLinks := []catalog.LinkEntry{{Module: "forms", URL: "https://formulare.example.org/schwerbehinderung.pdf", Title: "Antrag auf einen Schwerbehindertenausweis", Description: "Zum Ausdrucken"}}
	if !reflect.DeepEqual(service.Links, wantLinks) || service.Fees[0].Kind != "free" || service.ProcessingTime.Terms[0].Duration.Unit != "month" || service.TrustLevel != "low" {
		t.Errorf("%s", dump(t, service))
	}
}
