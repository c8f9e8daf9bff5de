package catalog

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"portalverbund/api/types"
)

// TestDemo_EachPortal_FindsAndKnowsWho goes through the demonstration's three catalogs as each of the portals has them: its own,
// and the copies of the others.
func TestDemo_EachPortal_FindsAndKnowsWho(t *testing.T) {
	t.Parallel()
	owners := map[string]string{"landkreis": landkrs, "meppen": meppen, "lathen": lathen}
	lines := map[string][]string{}
	for name := range owners {
		text, err := os.ReadFile("../demo/data/" + name + ".jsonl")
		if err != nil {
			t.Fatal(err)
		}
		lines[name] = strings.Split(strings.TrimSpace(string(text)), "\n")
	}
	for own, id := range owners {
		t.Run(own, func(t *testing.T) {
			t.Parallel()
			p := newPortal(t)
			p.portals.self = reference(id)
			p.Service.areas = fakeAreas{landkrs: {"03454"}, meppen: {inMeppen}, lathen: {"034545404"}}
			p.portals.members = nil
			p.imports(t, lines[own]...)
			for other, otherID := range owners {
				if other != own {
					p.portals.members = append(p.portals.members, reference(otherID))
					p.replicates(t, otherID, withoutForms(t, lines[other])...)
				}
			}
			for q, want := range map[string]string{
				"sperrmüll": "Sperrmüll", "sperrmuell abholen": "Sperrmüll", "hund anmelden": "Hund", "hundesteuer": "Hund", "auto ummelden": "Fahrzeug",
				"auto abmelden": "Fahrzeug", "perso": "Personalausweis", "perso verloren": "Personalausweis", "umzug": "Wohnsitz", "führungszeugnis": "Führungszeugnis",
				"gewerbe anmelden": "Gewerbe", "anwohnerparken": "Bewohner", "wohngeld": "Wohngeld", "führerschein": "Führerschein",
			} {
				found, err := p.List(t.Context(), ListQuery{Words: q, ARS: inMeppen})
				if err != nil || len(found.Items) == 0 || !strings.Contains(found.Items[0].Title, want) {
					t.Errorf("%q finds %+v, %v, want %q first", q, found.Items, err, want)
					continue
				}
				for _, ars := range []string{inMeppen, inSustrum, inHaren} {
					offers, err := p.Offers(t.Context(), found.Items[0].Id, ars, Asker{})
					if err != nil || offers.Resolution == types.PlaceNeeded {
						t.Errorf("%q at %s: %s, %v", q, ars, offers.Resolution, err)
					}
				}
			}
			for _, c := range whoInDemo() {
				found, err := p.List(t.Context(), ListQuery{Words: c.words, ARS: c.ars})
				if err != nil || len(found.Items) == 0 {
					t.Fatalf("%q at %s: %v", c.words, c.ars, err)
				}
				offers, err := p.Offers(t.Context(), found.Items[0].Id, c.ars, c.asker)
				got := make([]string, 0, len(offers.Items))
				for _, o := range offers.Items {
					got = append(got, o.Organisation.Name)
				}
				if offers.Question != nil {
					got = append(got, "asks for "+string(offers.Question.About))
				}
				for _, o := range offers.TurnTo {
					if o.Kind == types.Administration {
						got = append(got, "turn to "+o.Name)
					}
				}
				if err != nil || strings.Join(got, "; ") != c.want {
					t.Errorf("%q (%s) at %s: %s %q, %v, want %q", c.words, found.Items[0].Title, c.ars, offers.Resolution, strings.Join(got, "; "), err, c.want)
				}
			}
			for ars, portal := range map[string]string{inMeppen: meppen, inSustrum: lathen} {
				found, err := p.List(t.Context(), ListQuery{Words: "hund anmelden", ARS: ars})
				if err != nil || found.Items[0].Owner.Id != portal || !found.Items[0].Online || found.Items[0].AuthorityName == nil {
					t.Errorf("at %s: %+v, %v, want that of %s", ars, found.Items[0], err, portal)
				}
			}
		})
	}
}

func withoutForms(t *testing.T, lines []string) []string {
	t.Helper()
	var rest []string
	for _, line := range lines {
		var head struct{ Kind string }
		if err := json.Unmarshal([]byte(line), &head); err != nil {
			t.Fatal(err)
		}
		if head.Kind != KindForm {
			rest = append(rest, line)
		}
	}
	return rest
}

// whoInDemo are questions to the demonstration with the competent units, what is asked back, or whom to turn to.
func whoInDemo() []struct {
	words, ars string
	asker      Asker
	want       string
} {
	const inPapenburg, inLingen = "034540041041", "034540032032"
	advance := "Jugendamt – Unterhaltsvorschuss A bis K; Jugendamt – Unterhaltsvorschuss L bis Z; asks for surname"
	bins := "Entsorgung Emsland (Beispiel); Entsorgung Emsland – Gewerbekunden (Beispiel); asks for audience"
	return []struct {
		words, ars string
		asker      Asker
		want       string
	}{
		{"sperrmüll", inMeppen, Asker{}, "Entsorgung Emsland (Beispiel)"},
		{"sperrmüll", inLingen, Asker{}, "Entsorgung Emsland – Betriebsstätte Süd (Beispiel)"},
		{"sperrmüll", inPapenburg, Asker{}, "Entsorgung Emsland – Betriebsstätte Nord (Beispiel)"},
		{"perso verloren", inMeppen, Asker{}, "Bürgerbüro Meppen"},
		{"perso verloren", inLathen, Asker{}, "Bürgerbüro Lathen"},
		{"perso verloren", inSustrum, Asker{}, "Bürgerbüro Niederlangen (Außenstelle)"},
		{"perso verloren", inPapenburg, Asker{}, "turn to Landkreis Emsland"},
		{"auto ummelden", inMeppen, Asker{}, "Zulassungsstelle Meppen"},
		{"auto ummelden", inLingen, Asker{}, "Zulassungsstelle Lingen (Außenstelle)"},
		{"auto ummelden", inPapenburg, Asker{}, "Zulassungsstelle Papenburg (Außenstelle)"},
		{"mülltonne", inMeppen, Asker{}, bins},
		{"mülltonne", inMeppen, Asker{Audience: "business"}, "Entsorgung Emsland – Gewerbekunden (Beispiel)"},
		{"mülltonne", inMeppen, Asker{Audience: "citizen"}, "Entsorgung Emsland (Beispiel)"},
		{"neuwagen anmelden", inPapenburg, Asker{Audience: "business"}, "Zulassungsstelle Papenburg (Außenstelle)"},
		{"neuwagen anmelden", inHaren, Asker{Audience: "business"}, "Zulassungsstelle Meppen – Schalter für Händler und Betriebe"},
		{"unterhaltsvorschuss", inHaren, Asker{}, advance},
		{"unterhaltsvorschuss", inHaren, Asker{Surname: "Beispiel"}, "Jugendamt – Unterhaltsvorschuss A bis K"},
		{"unterhaltsvorschuss", inHaren, Asker{Surname: "Muster"}, "Jugendamt – Unterhaltsvorschuss L bis Z"},
	}
}
