package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/muenchen"
)

const berlin = "110000000000"

// writeOthers writes the services that are not meant: Berlin's, of which only the titles are known, and generated ones of other
// towns and of München itself.
func (c *evalCommand) writeOthers(path, titles string) error {
	in, err := os.Open(titles)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer out.Close()
	w := &distractors{generator: newGenerator(7), lines: json.NewEncoder(out)}
	w.office = w.id()
	w.write(catalog.KindOrganisation, catalog.OrganisationEntry{ID: w.office, Name: catalog.Text{"de": "Bürgeramt"}})
	place := berlin
	if c.Rivals {
		place = muenchen.Area
	}
	scanner := bufio.NewScanner(in)
	for scanner.Scan() {
		var t struct{ Title, Topic string }
		if err := json.Unmarshal(scanner.Bytes(), &t); err != nil {
			return fmt.Errorf("read %s: %w", titles, err)
		}
		w.service(catalog.Text{"de": strings.TrimSpace(t.Title)}, catalog.Text{"de": t.Topic}, nil, place)
	}
	for n := range c.Generated {
		if n%4 == 0 { // of the place itself: words of administration in new combinations
			w.service(catalog.Text{"de": w.title()}, catalog.Text{"de": w.text(1)}, []string{strings.ToLower(w.noun()), strings.ToLower(w.noun())}, muenchen.Area)
			continue
		}
		title, synonyms := w.realistic()
		w.service(catalog.Text{"de": title}, catalog.Text{"de": w.text(1)}, synonyms, pick(w.generator, words(towns)))
	}
	return errors.Join(scanner.Err(), w.err)
}

// distractors writes services, one after another.
type distractors struct {
	*generator
	lines  *json.Encoder
	office uuid.UUID
	err    error
}

func (w *distractors) write(kind string, entry any) {
	w.err = errors.Join(w.err, w.lines.Encode(withKind{kind, entry}))
}

func (w *distractors) service(title, teaser catalog.Text, synonyms []string, area string) {
	e := catalog.ServiceEntry{ID: w.id(), ModulesEntry: catalog.ModulesEntry{Title: title, Teaser: teaser}, TrustLevel: "low", UpdatedAt: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	if len(synonyms) > 0 {
		e.Synonyms = map[string][]string{"de": synonyms}
	}
	w.write(catalog.KindService, e)
	w.write(catalog.KindCompetence, catalog.CompetenceEntry{ID: w.id(), ServiceID: e.ID, OrganisationID: w.office, Area: area})
}

// realistic gives a title as other towns have it, and what people there call it.
func (w *distractors) realistic() (title string, synonyms []string) {
	object := pick(w.generator, strings.Split(objects, ","))
	names := strings.Split(strings.TrimSpace(object), "/")
	verb := pick(w.generator, w.verbs)
	title = strings.TrimSpace(names[0] + " " + verb + " " + pick(w.generator, audiences()))
	for _, name := range names[1:] {
		synonyms = append(synonyms, name, name+" "+verb)
	}
	return title, synonyms
}

// towns are those whose services stand beside München's.
const towns = `010020000000 020000000000 032410001001 034040000000 034540035035 040110000000 053150000000 053340002002 057110000000 064120000000
	071110000000 081110000000 082120000000 095640000000 097610000000 100410100100 130030000000 146120000000 150030000000 160510000000`

// objects are what such services are about, each with other names for it.
const objects = `Personalausweis/Perso/Ausweis,Reisepass/Pass,Wohnsitz/Umzug/Adresse,Meldebescheinigung/Meldebestätigung,Führungszeugnis,Fahrzeug/Auto/Kfz,
	Kennzeichen/Nummernschild,Fahrzeugschein/Zulassungsbescheinigung Teil I,Führerschein/Fahrerlaubnis,Parkausweis/Anwohnerparken,Gewerbe/Gewerbeschein,
	Gaststätte/Schankerlaubnis,Hund/Hundesteuer,Hundehaltung/Kampfhund,Eheschließung/Heirat/Hochzeit,Geburtsurkunde,Sterbeurkunde/Todesfall,Vaterschaft,Kirchenaustritt,
	Namensänderung/Name,Einbürgerung/Staatsangehörigkeit,Aufenthaltserlaubnis/Aufenthaltstitel,Niederlassungserlaubnis,Verpflichtungserklärung/Einladung,
	Waffenbesitzkarte/Waffe,Jagdschein/Jagd,Fischereischein/Angelschein,Fundsache/Fundbüro,Sperrmüll/Möbel,Restmülltonne/Mülltonne,Biotonne,Sondermüll/Schadstoffe,
	Baumfällung/Baum fällen,Bauantrag/Baugenehmigung,Bauakte,Wohngeld/Mietzuschuss,Wohnberechtigungsschein/Sozialwohnung,Elterngeld,Kindertagesstätte/Kita/Kindergarten,
	Schulanmeldung/Einschulung,Schülerbeförderung/Schulbus,Unterhaltsvorschuss,Bildungspaket,BAföG/Ausbildungsförderung,Schwerbehindertenausweis,Behindertenparkausweis,
	Grundsicherung/Sozialhilfe,Bürgergeld,Rente/Altersrente,Rundfunkbeitrag,Grundsteuer,Gewerbesteuer,Zweitwohnungssteuer,Friedhof/Grab,Bestattung/Beerdigung,
	Sondernutzung/Gerüst/Container,Halteverbot/Umzugsparkplatz,Straßenfest,Feuerwerk,Demonstration/Versammlung,Briefwahl/Wahlschein,Melderegisterauskunft/Adressauskunft,
	Auskunftssperre,Beglaubigung,Mietspiegel,Denkmalschutz,Hausnummer,Wasseranschluss,Kanalanschluss/Abwasser,Heizungstausch/Förderung,Schornsteinfeger,Lärmbeschwerde,
	Rattenbefall,Wespennest,Taxigenehmigung/Taxi,Personenbeförderungsschein,Reisegewerbekarte,Marktstand/Flohmarkt,Spielhalle,Bewachungsgewerbe,Lebensmittelbelehrung/Gesundheitszeugnis,
	Impfung,Stadtbibliothek/Bücherei,Volkshochschule,Musikschule,Sportanlage/Turnhalle,Ferienprogramm,Jugendzentrum,Seniorentreff,Ehrenamtskarte,Familienpass,Integrationskurs`
