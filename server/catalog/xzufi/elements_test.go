package xzufi

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// leaves gives what stands in the records of messages: for each element without children its path, its attributes and its text.
func leaves(t *testing.T, files ...string) map[string]int {
	t.Helper()
	found := map[string]int{}
	for _, name := range files {
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		d := xml.NewDecoder(file)
		var path, texts []string
		var attributes [][]string
		leaf := false
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			switch token := token.(type) {
			case xml.StartElement:
				var list []string
				for _, a := range token.Attr {
					if a.Name.Space != "xmlns" {
						list = append(list, a.Name.Local+"="+a.Value)
					}
				}
				slices.Sort(list)
				path, texts, attributes, leaf = append(path, token.Name.Local), append(texts, ""), append(attributes, list), true
			case xml.CharData:
				if len(texts) > 0 {
					texts[len(texts)-1] += string(token)
				}
			case xml.EndElement:
				last := len(path) - 1
				if text := strings.TrimSpace(texts[last]); len(path) > 2 && path[1] != "nachrichtenkopf" && (leaf || len(attributes[last]) > 0) {
					if !leaf {
						text = ""
					}
					found[fmt.Sprintf("%s %v %s", strings.Join(path[2:], "/"), attributes[last], text)]++
				}
				path, texts, attributes, leaf = path[:last], texts[:last], attributes[:last], false
			}
		}
		_ = file.Close()
	}
	return found
}

func TestExport_EveryElement_StandsInTheDeliveryAgain(t *testing.T) {
	t.Parallel()
	c := newCatalog(t)
	const source = "testdata/every-element.xml"
	imports(t, c, source)
	folder := filepath.Join(t.TempDir(), "delivery")
	if _, _, err := newExporter(c, nil).Folder(t.Context(), folder); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.xml"))
	if err != nil {
		t.Fatal(err)
	}
	written, want := leaves(t, files...), leaves(t, source)
	const ars = "[schemeID=urn:de:bund:destatis:bevoelkerungsstatistik:schluessel:rs]"
	service := func(path string) string { return path + " [schemeAgencyID=L100042 schemeID=LB] 100" }
	inObject := func(path string) string { return elementCompetenceObject + "/" + path }
	// What says the same in other words; empty: nothing stands in its place.
	for from, to := range map[string]string{
		"leistung/modulText/inhalt [languageCode=de] <h2>Lang</h2><p onclick=\"a()\">und <b>breit</b><script>x</script></p>": "leistung/modulText/inhalt [languageCode=de] <h3>Lang</h3><p>und <strong>breit</strong></p>",
		"leistung/modulKosten/kosten/kostenauswahl/betragUntergrenze [currencyCode=EUR] 5":                                   "leistung/modulKosten/kosten/kostenauswahl/betragUntergrenze [currencyCode=EUR] 5.00",
		"leistung/modulKosten/kosten/kostenauswahl/betragObergrenze [currencyCode=EUR] 10,5":                                 "leistung/modulKosten/kosten/kostenauswahl/betragObergrenze [currencyCode=EUR] 10.50",
		"leistung/versionsinformation/geaendertDatumZeit [] 2026-01-01T00:00:00+01:00":                                       "leistung/versionsinformation/geaendertDatumZeit [] 2025-12-31T23:00:00Z",
		// A competence inside an office is delivered by itself, one for each area; the first has its identifier.
		"organisationseinheit/zustaendigkeit/id [schemeAgencyID=L100042 schemeID=ZustaendigkeitOrganisationseinheit] 300": inObject("zustaendigkeit/id [schemeAgencyID=L100042 schemeID=ZustaendigkeitOrganisationseinheit] 300"),
		service("organisationseinheit/zustaendigkeit/leistungID"):                                                         service(inObject("zustaendigkeit/leistungID")),
		"organisationseinheit/zustaendigkeit/gebietID " + ars + " 034540018018":                                           inObject("zustaendigkeit/gebietID " + ars + " 034540018018"),
		// Which areas an office administers is a property of the office and has no identifier.
		"organisationseinheit/zustaendigkeit/id [schemeAgencyID=L100042 schemeID=ZustaendigkeitOrganisationseinheit] 303": "",
		"id [schemeAgencyID=L100042 schemeID=ZustaendigkeitOrganisationseinheit] 299":                                     "", // of a deletion
	} {
		times := want[from]
		if times == 0 {
			t.Errorf("not in the source: %s", from)
		}
		if delete(want, from); to != "" {
			want[to] += times
		}
	}
	// The area that it is competent for, beside the one that it administers.
	administered := "organisationseinheit/zustaendigkeit/gebietID " + ars + " 034540035035"
	want[administered]--
	want[inObject("zustaendigkeit/gebietID "+ars+" 034540035035")]++
	for leaf, times := range want {
		if written[leaf] < times {
			t.Errorf("%d of %d: %s", written[leaf], times, leaf)
		}
	}
}

// The elements that the overview of XZuFi 2.2 names: what a delivery holds of each is told by the test above.
func TestEveryElement_HoldsWhatTheOverviewNames(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("testdata/every-element.xml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Fields(`transaktionID transaktionPosition schreibe loesche leistung spezialisierung organisationseinheit zustaendigkeit
		zustaendigkeitTransferObjekt onlinedienst id struktur leistungsobjektID verrichtung verrichtungsdetail referenzLeiKa modulText positionDarstellung
		inhalt leikaTextmodul modulFrist modulKosten modulBearbeitungsdauer modulBegriffImKontext begriffImKontext begriff modulFachlicheFreigabe
		fachlichFreigegebenAm fachlichFreigegebenDurch modulUrsprungsportal uri titel typisierung kennzeichenSchriftformerfordernis kategorie
		uebergeordneteKategorieID informationsbereichSDG gueltigkeitGebietID kennzeichenEA versionsinformation geaendertDatumZeit sprachversion
		name anschrift kommunikation infoOeffnungszeitenText leistungID gebietID bezeichnung link typ zahlungsweise vertrauensniveau`) {
		if !strings.Contains(string(content), "<xzufi:"+name) {
			t.Errorf("%s is missing", name)
		}
	}
}
