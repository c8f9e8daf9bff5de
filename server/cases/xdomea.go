package cases

import (
	"encoding/xml"
	"io"
	"time"

	"portalverbund/api/types"
)

// The message Aussonderung.Aussonderung.0503 of xdomea 3.0.0, with one Vorgang. Elements are in the order of its schema; those of code lists have no
// namespace. What of it was seen where stands in ARCHITECTURE.md.

const (
	xdomeaNamespace = "urn:xoev-de:xdomea:schema:3.0.0"
	xdomeaCodeList  = "urn:xoev-de:xdomea:codeliste:"
	otherFormat     = "100" // Sonstiges; its name stands beside it
)

type xCode struct {
	List    string `xml:"listURI,attr"`
	Version string `xml:"listVersionID,attr"`
	Code    string `xml:"code"`
	Name    string `xml:"name,omitempty"`
}

type xName struct {
	Name string `xml:"xdomea:Name"`
}

type xContact struct {
	Institution *xName `xml:"xdomea:Institution"`
	Unit        *xName `xml:"xdomea:Organisationseinheit"`
}

type xHead struct {
	Process     string   `xml:"xdomea:ProzessID"`
	Kind        xCode    `xml:"xdomea:Nachrichtentyp"`
	At          string   `xml:"xdomea:Erstellungszeitpunkt"`
	Sender      xContact `xml:"xdomea:Absender"`
	Recipient   xContact `xml:"xdomea:Empfaenger"`
	Import      int      `xml:"xdomea:Importbestaetigung"`
	ArchiveMark int      `xml:"xdomea:RueckmeldungArchivkennung"`
	Arrival     int      `xml:"xdomea:Empfangsbestaetigung"`
}

type xIdentity struct {
	ID     string `xml:"xdomea:ID"`
	Number int    `xml:"xdomea:NummerImUebergeordnetenContainer,omitempty"`
}

type xGeneral struct {
	Subject string `xml:"xdomea:Betreff"`
	Mark    string `xml:"xdomea:Kennzeichen,omitempty"`
	Lead    string `xml:"xdomea:Federfuehrung,omitempty"`
	Remark  string `xml:"xdomea:Bemerkung,omitempty"`
	Medium  xCode  `xml:"xdomea:Medium"`
}

type xKeeping struct {
	Years int `xml:"xdomea:AnzahlJahre"`
}

type xArchival struct {
	Keeping *xKeeping `xml:"xdomea:Aufbewahrungsdauer"`
	Until   string    `xml:"xdomea:Aufbewahrungsende,omitempty"`
}

type xPeriod struct {
	From string `xml:"xdomea:Beginn"`
	To   string `xml:"xdomea:Ende,omitempty"`
}

type xHistory struct {
	Actor  string `xml:"xdomea:Akteur"`
	At     string `xml:"xdomea:DatumUhrzeit"`
	Remark string `xml:"xdomea:Bemerkung,omitempty"`
	Action string `xml:"xdomea:Aktion"`
}

type xPrimary struct {
	Name     string `xml:"xdomea:Dateiname"`
	Original string `xml:"xdomea:DateinameOriginal,omitempty"`
	Author   string `xml:"xdomea:Ersteller,omitempty"`
	At       string `xml:"xdomea:DatumUhrzeit"`
}

type xFormat struct {
	Name    xCode    `xml:"xdomea:Name"`
	Other   string   `xml:"xdomea:SonstigerName"`
	Version string   `xml:"xdomea:Version"`
	Primary xPrimary `xml:"xdomea:Primaerdokument"`
}

type xVersion struct {
	Number string  `xml:"xdomea:Nummer"`
	Format xFormat `xml:"xdomea:Format"`
}

type xDocument struct {
	Identity xIdentity `xml:"xdomea:Identifikation"` //nolint:misspell // German
	General  xGeneral  `xml:"xdomea:AllgemeineMetadaten"`
	Date     string    `xml:"xdomea:DatumDesSchreibens"`
	Version  xVersion  `xml:"xdomea:Version"`
}

type xCase struct {
	Identity  xIdentity   `xml:"xdomea:Identifikation"` //nolint:misspell // German
	General   xGeneral    `xml:"xdomea:AllgemeineMetadaten"`
	Archival  xArchival   `xml:"xdomea:ArchivspezifischeMetadaten"`
	Kind      string      `xml:"xdomea:Typ"`
	Closed    int         `xml:"xdomea:ZdA"`
	ClosedOn  string      `xml:"xdomea:ZdADatum,omitempty"`
	Period    xPeriod     `xml:"xdomea:Laufzeit"`
	History   []xHistory  `xml:"xdomea:HistorienProtokollInformation"`
	Documents []xDocument `xml:"xdomea:Dokument"`
}

type xMessage struct {
	XMLName   xml.Name `xml:"xdomea:Aussonderung.Aussonderung.0503"`
	Namespace string   `xml:"xmlns:xdomea,attr"`
	Head      xHead    `xml:"xdomea:Kopf"`
	Case      xCase    `xml:"xdomea:Schriftgutobjekt>xdomea:Vorgang"`
}

// message writes the message of xdomea, which names the files that were written before.
func (a *archive) message(w io.Writer) error {
	portal := a.c.OrganisationName["de"]
	m := xMessage{Namespace: xdomeaNamespace, Head: xHead{
		Process: derived(a.c.ID, "process").String(), Kind: xCode{xdomeaCodeList + "nachrichtentyp", "2.0", "0503", "Aussonderung.Aussonderung"}, At: xTime(a.at),
		Sender: xContact{Institution: &xName{portal}, Unit: &xName{portal}}, Recipient: xContact{Institution: &xName{"Zuständiges Archiv"}}, Import: 1,
	}}
	m.Case = xCase{
		Identity: xIdentity{ID: a.c.ID.String()},
		General: xGeneral{
			Subject: localized(a.c.ServiceTitle, "de") + ": " + a.c.ApplicantName, Mark: a.c.Number, Lead: portal, Remark: "Stand: " + stateWord(a.c.State).De, Medium: electronic(),
		},
		Kind: localized(a.c.ServiceTitle, "de"), Period: xPeriod{From: a.day(a.c.ReceivedAt)},
	}
	if a.months%12 == 0 {
		m.Case.Archival.Keeping = &xKeeping{Years: a.months / 12}
	}
	if a.c.DeleteOn != nil {
		m.Case.Archival.Until = a.c.DeleteOn.Format(time.DateOnly)
	}
	if a.closed != nil {
		m.Case.Closed, m.Case.ClosedOn, m.Case.Period.To = 1, a.day(*a.closed), a.day(*a.closed)
	}
	for _, e := range a.c.Timeline {
		m.Case.History = append(m.Case.History, xHistory{Actor: a.actor(e), At: xTime(e.At), Action: eventWord(e.Kind).De})
	}
	for i, f := range a.files {
		remark := "SHA-256: " + f.SHA256
		if f.Requested != "" {
			remark = "Angefordert: " + f.Requested + "; " + remark
		}
		m.Case.Documents = append(m.Case.Documents, xDocument{
			Identity: xIdentity{ID: derived(a.c.ID, "document "+f.ID.String()).String(), Number: i + 1},
			General:  xGeneral{Subject: f.Title, Remark: remark, Medium: electronic()},
			Date:     a.day(f.at),
			Version: xVersion{Number: "1", Format: xFormat{
				Name: xCode{xdomeaCodeList + "dateiformat", "2.0", otherFormat, ""}, Other: f.MediaType, Version: "unbekannt",
				Primary: xPrimary{Name: f.Name, Original: f.Title, Author: f.from, At: xTime(f.at)},
			}},
		})
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	out := xml.NewEncoder(w)
	out.Indent("", "  ")
	if err := out.Encode(m); err != nil {
		return err
	}
	return out.Close()
}

func electronic() xCode {
	return xCode{xdomeaCodeList + "medium", "1.0", "001", "Elektronisch: Das Schriftgutobjekt liegt ausschließlich in elektronischer Form vor."}
}

func xTime(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05Z") }

func (a *archive) day(at time.Time) string { return a.s.dayOf(at).Format(time.DateOnly) }

// actor names who did what the timeline tells.
func (a *archive) actor(e types.TimelineEvent) string {
	switch {
	case e.Name != nil && *e.Name != "":
		return *e.Name
	case e.By == types.EventAuthorCitizen:
		return a.c.ApplicantName
	case e.By == types.EventAuthorPortal:
		return "Portal"
	}
	return a.office()
}
