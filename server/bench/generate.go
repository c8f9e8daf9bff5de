package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/catalog"
)

// generator invents services in words that such texts are made of. The same seed gives the same services.
type generator struct {
	random *rand.Rand
	source *rand.ChaCha8
	titles map[string]bool
	units  []uuid.UUID
	areas  []string // that competences are stated for

	firsts, seconds, verbs, states []string
}

func newGenerator(seed byte) *generator {
	source := rand.NewChaCha8([32]byte{seed})
	g := &generator{
		random: rand.New(source), source: source, titles: map[string]bool{}, //nolint:gosec // no secrets
		areas: areas(), firsts: words(firsts), seconds: words(seconds), verbs: words(verbs), states: words(states),
	}
	for range 50 {
		g.units = append(g.units, g.id())
	}
	return g
}

func words(text string) []string { return strings.Fields(text) }

const firsts = `Abfall Abwasser Anwohner Arbeits Archiv Ausbildungs Ausländer Bau Baum Behinderten Betreuungs Bewohner Bildungs Boden
		Brandschutz Brunnen Denkmal Eltern Energie Erbschafts Familien Feld Fenster Feuerwerks Fischerei Flohmarkt Flur Forst Friedhofs Fund
		Garten Gast Gebäude Gehweg Geräusch Gesundheits Gewässer Grab Grundstücks Güllelager Hafen Handwerks Haus Hecken Heizungs Hunde Hygiene
		Jagd Jugend Kamin Kanal Katzen Kinder Kleingarten Krippen Kultur Kur Laden Lager Landschafts Lebensmittel Lehr Markt Melde Miet Musik Nachbar
		Natur Nutztier Obst Park Pflege Plakat Quellen Radweg Regenwasser Reise Sammlungs Schank Schul Schwimm Senioren Sozial Spiel Sport Stall
		Stellplatz Straßen Tages Theater Tier Trinkwasser Umwelt Vereins Verkehrs Vermessungs Veterinär Wald Wasser Wege Weide Werbe Wohn Zelt Zuchttier`

const seconds = `abgabe akte antrag anzeige aufnahme aufsicht ausnahme ausweis beihilfe beitrag beratung berechtigung bescheid bescheinigung
		besichtigung bestätigung betrieb buch erklärung erlaubnis erstattung fläche förderung freigabe gebühr genehmigung gutachten hilfe karte
		kataster kennzeichen kontrolle konzession liste meldung nachweis nutzung ordnung pacht pass plakette plan platz protokoll prüfung rente
		sachverständige schein schutz schild sperrung steuer tafel umlage untersuchung unterlagen verfahren vermerk versicherung vertrag verwaltung
		verzeichnis vollmacht zertifikat zeugnis zulage zulassung zuschuss zustimmung`

const states = "beantragt bestätigt bezahlt erteilt geändert geprüft"

const verbs = `abmelden anmelden anfordern anzeigen ändern beantragen bestellen bezahlen einsehen erneuern ersetzen kündigen melden nachreichen
		prüfen übertragen ummelden verlängern verlieren vorlegen widerrufen zurückgeben`

func audiences() []string {
	return []string{
		"", "", "", "für Alleinerziehende", "für Auszubildende", "für Betriebe", "für Familien", "für Gaststätten", "für Handwerksbetriebe", "für Landwirte",
		"für Menschen mit Behinderung", "für Neubauten", "für Rentnerinnen und Rentner", "für Schulen", "für Studierende", "für Vereine", "im Außenbereich", "in Schutzgebieten",
	}
}

func situations() []string {
	return words("animals building business events family health identity moving school social vehicles waste")
}

func areas() []string {
	return []string{"03454", "03454", "034540035035", "034545404", "034540032032", "034540019019"}
}

func pick[T any](g *generator, list []T) T { return list[g.random.IntN(len(list))] }

func (g *generator) id() uuid.UUID {
	id, err := uuid.NewRandomFromReader(g.source)
	if err != nil {
		panic(err) // a generator gives as much as is wanted
	}
	return id
}

// title invents a title that no service before had.
func (g *generator) title() string {
	for {
		t := strings.TrimSpace(pick(g, g.firsts) + pick(g, g.seconds) + " " + pick(g, g.verbs) + " " + pick(g, audiences()))
		if !g.titles[t] {
			g.titles[t] = true
			return t
		}
	}
}

func (g *generator) noun() string { return pick(g, g.firsts) + pick(g, g.seconds) }

// text invents sentences.
func (g *generator) text(sentences int) string {
	var b strings.Builder
	for range sentences {
		fmt.Fprintf(&b, "Die %s müssen Sie %s, wenn eine %s vorliegt und die %s nicht schon %s ist. ",
			g.noun(), pick(g, g.verbs), g.noun(), g.noun(), pick(g, g.states))
	}
	return strings.TrimSpace(b.String())
}

// service invents a service, and who does it where.
func (g *generator) service() (catalog.ServiceEntry, catalog.CompetenceEntry) {
	title, noun := g.title(), g.noun()
	days := 1 + g.random.IntN(60)
	amount := int64(g.random.IntN(20000))
	e := catalog.ServiceEntry{
		ID: g.id(), ModulesEntry: catalog.ModulesEntry{Title: catalog.Text{"de": title, "en": "Service " + title}, Teaser: catalog.Text{"de": g.text(1), "en": "What you need to know about it."},
			Description: catalog.Text{"de": "<p>" + g.text(3) + "</p><p>" + g.text(2) + "</p>", "en": "<p>This text describes the service in a few words.</p>"},
			Procedure:   catalog.Text{"de": "<ol><li>" + g.text(1) + "</li><li>" + g.text(1) + "</li></ol>"},
			Documents:   []catalog.DocumentEntry{{Title: catalog.Text{"de": noun, "en": "A document"}, Required: true}, {Title: catalog.Text{"de": g.noun()}}},
			Fees:        []catalog.FeeEntry{{Label: catalog.Text{"de": "Gebühr", "en": "Fee"}, Kind: "fixed", Amount: &amount, Currency: "EUR"}},
			Deadlines:   []catalog.DeadlineEntry{{Text: catalog.Text{"de": g.text(1)}}}, ProcessingTime: &catalog.TimeEntry{Text: catalog.Text{"de": fmt.Sprintf("%d Tage", days)}, Days: &days},
			LegalBasis: []catalog.LegalEntry{{Title: catalog.Text{"de": fmt.Sprintf("§ %d der Satzung", days)}}}},
		Synonyms:   map[string][]string{"de": {strings.ToLower(noun), strings.ToLower(g.noun()) + " " + pick(g, g.verbs)}},
		Categories: []string{pick(g, situations())}, Audiences: []string{pick(g, []string{"citizen", "business"})}, TrustLevel: "low",
		UpdatedAt: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	if second := pick(g, situations()); !slices.Contains(e.Categories, second) {
		e.Categories = append(e.Categories, second)
	}
	if g.random.IntN(2) == 0 {
		e.LeikaKey = fmt.Sprintf("99%012d", g.random.Int64N(1e12))
	}
	c := catalog.CompetenceEntry{ID: g.id(), ServiceID: e.ID, OrganisationID: pick(g, g.units), Area: pick(g, g.areas)}
	if g.random.IntN(3) == 0 {
		c.OnlineService = &catalog.OnlineEntry{Type: "link", URL: "https://antrag.example/" + c.ID.String()}
	}
	return e, c
}

// offices gives the units that competences name.
func (g *generator) offices() []catalog.OrganisationEntry {
	list := make([]catalog.OrganisationEntry, 0, len(g.units))
	for i, id := range g.units {
		list = append(list, catalog.OrganisationEntry{
			ID: id, Name: catalog.Text{"de": fmt.Sprintf("Fachbereich %d: %s", i+1, g.noun()), "en": fmt.Sprintf("Department %d", i+1)}, Phone: "030 23125 100",
		})
	}
	return list
}

// write writes units, services and competences as JSON Lines, and gives the services.
func (g *generator) write(out io.Writer, services int) ([]catalog.ServiceEntry, error) {
	buffered := bufio.NewWriter(out)
	encoder := json.NewEncoder(buffered)
	var err error
	line := func(kind string, entry any) { err = errors.Join(err, encoder.Encode(withKind{kind, entry})) }
	for _, office := range g.offices() {
		line(catalog.KindOrganisation, office)
	}
	list := make([]catalog.ServiceEntry, 0, services)
	for range services {
		e, c := g.service()
		list = append(list, e)
		line(catalog.KindService, e)
		line(catalog.KindCompetence, c)
	}
	return list, errors.Join(err, buffered.Flush())
}

// withKind writes an entry with its kind in front.
type withKind struct {
	kind  string
	entry any
}

// MarshalJSON puts the kind into the entry's object.
func (w withKind) MarshalJSON() ([]byte, error) {
	text, err := json.Marshal(w.entry)
	if err != nil {
		return nil, err
	}
	return append([]byte(`{"kind":"`+w.kind+`",`), text[1:]...), nil
}
