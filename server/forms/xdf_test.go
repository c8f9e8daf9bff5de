package forms

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/problem"
)

func dataSchema(t *testing.T, version string) (types.FormContent, []string) {
	t.Helper()
	text, err := os.ReadFile("testdata/xdf/stand-" + version + ".xml")
	if err != nil {
		t.Fatal(err)
	}
	content, err := contentOfXDF(string(text))
	if err != nil {
		t.Fatalf("%v %+v", err, problem.From(err).Fields)
	}
	if found := unstored().findings(uuid.New(), content); len(found) != 0 {
		t.Errorf("could not be released: %+v", found)
	}
	var noted []string
	for _, f := range remarks(content) {
		noted = append(noted, f.Pointer+" "+f.Message.De)
	}
	return content, noted
}

// asked lists the questions with their kinds and what judges them, by step.
func asked(content types.FormContent) (list []string) {
	steps := content.Schema["properties"].(map[string]any)
	for _, step := range content.Layout.Steps {
		schema := steps[step.Id].(map[string]any)
		list = append(list, step.Id+" "+step.Title["de"]+fmt.Sprint(schema["required"]))
		for _, field := range step.Fields {
			rules := schema["properties"].(map[string]any)[field.Name].(map[string]any)
			list = append(list, fmt.Sprintf("- %s %s %s %v %v", field.Name, field.Kind, field.Label["de"], rules["type"], rules["pattern"]))
		}
	}
	return list
}

func TestXDF3_GroupsBecomeSteps_WhatAFormCannotSayIsNoted(t *testing.T) {
	t.Parallel()
	content, noted := dataSchema(t, "3")
	want := []string{
		"g99000000001 Angaben zur Person[f99000000001 f99000000002]",
		"- f99000000001 text Nachname string <nil>",
		"- f99000000002 text Wohnung: Postleitzahl string ^(?:([0]{1}[1-9]{1}|[1-9]{1}[0-9]{1})[0-9]{3})$",
		"- f99000000002n2 text Betrieb: Postleitzahl string <nil>",
		"answers Stand auf dem Markt anmelden[f99000000003]",
		"- f99000000003 radio Art des Standes string <nil>",
		"- f99000000004 file Nachweise array <nil>",
		"sg99000000004 Helferin[g99000000004]",
		"- g99000000004 group Helferin array <nil>",
	}
	if got := asked(content); !reflect.DeepEqual(got, want) {
		t.Errorf("questions:\n%s", strings.Join(got, "\n"))
	}
	wantNoted := []string{
		"/schema/$comment Regel aus FIM: Es muss ein Name oder eine Firma angegeben sein.",
		"/schema/properties/answers/$comment Nicht übernommen, denn dafür gibt es keine Art von Frage: Versteckt",
		"/schema/properties/g99000000001/$comment Von den Angaben dieser Gruppe ist nur eine nötig: Betrieb",
		"/schema/properties/g99000000001/$comment Die Gruppe ist freiwillig. Was darin Pflicht war, ist jetzt auch freiwillig: Betrieb",
		"/schema/properties/g99000000001/properties/f99000000001/$comment Regel aus FIM: Titel gehören nicht in den Namen.",
		`/schema/properties/g99000000001/properties/f99000000002n2/$comment Diese Schreibweise kann hier nicht geprüft werden: \i\c*`,
		"/schema/properties/sg99000000004/properties/g99000000004/items/properties/f99000000006/$comment Eine Uhrzeit wird hier als Text erfragt.",
	}
	if !reflect.DeepEqual(noted, wantNoted) {
		t.Errorf("noted:\n%s", strings.Join(noted, "\n"))
	}
	if first := content.Layout.Steps[0]; (*first.Intro)["de"] != "Wer den Stand betreibt." || (*first.Fields[0].Hint)["de"] != "Wie im Ausweis." {
		t.Errorf("help = %+v", first)
	}
}

func TestXDF2_LimitsOfATextAndCodeLists(t *testing.T) {
	t.Parallel()
	content, noted := dataSchema(t, "2")
	step := content.Layout.Steps[0]
	rules := content.Schema["properties"].(map[string]any)["g99000001"].(map[string]any)["properties"].(map[string]any)
	if len(content.Layout.Steps) != 1 || (*step.Intro)["de"] != "Der Markt ist samstags." || len(step.Fields) != 4 {
		t.Fatalf("steps = %+v", content.Layout.Steps)
	}
	if width := rules["f99000001"].(map[string]any); width["minimum"] != 1.0 || width["maximum"] != 12.0 || width["type"] != "integer" {
		t.Errorf("width = %v", width)
	}
	if deposit := rules["f99000002"].(map[string]any); deposit["maximum"] != 9950.0 || step.Fields[1].Kind != types.FormFieldKindMoney {
		t.Errorf("deposit = %v", deposit)
	}
	if step.Fields[3].Kind != types.FormFieldKindRadio {
		t.Errorf("power = %+v", step.Fields[3])
	}
	want := []string{
		"/schema/properties/g99000001/properties/f99000001/$comment Regel aus FIM: Über acht Meter nur nach Rücksprache.",
		"/schema/properties/g99000001/properties/f99000003/$comment Die Antworten stehen in einer Codeliste. Machen Sie eine Frage mit Auswahl daraus: urn:de:bund:destatis:bevoelkerungsstatistik:schluessel:staat",
	}
	if !reflect.DeepEqual(noted, want) {
		t.Errorf("noted:\n%s", strings.Join(noted, "\n"))
	}
}

func TestXDF_OtherDocuments_AreRefused(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/xdf/stand-2.xml")
	if err != nil {
		t.Fatal(err)
	}
	whole := string(text)
	for name, bad := range map[string]string{
		"no XML":          "{}",
		"nothing":         "",
		"cut off":         whole[:len(whole)/2],
		"version 1":       strings.Replace(whole, "xdatenfelder_2", "xdatenfelder_1", 1),
		"a group alone":   strings.ReplaceAll(whole, "stammdatenschema.0102", "datenfeldgruppe.0103"),
		"definitions":     strings.Replace(whole, "<xdf:xdaten", `<!DOCTYPE x [<!ENTITY a "a">]><xdf:xdaten`, 1),
		"entity":          strings.Replace(whole, "Ihr Stand", "&a;", 1),
		"too deep":        strings.Replace(whole, "Ihr Stand", strings.Repeat("<a>", 200)+strings.Repeat("</a>", 200), 1),
		"asks nothing":    strings.ReplaceAll(whole, "xdf:struktur>", "xdf:anderes>"),
		"only other kind": strings.ReplaceAll(strings.ReplaceAll(whole, "<code>input", "<code>locked"), "<code>select", "<code>locked"),
	} {
		if _, err := contentOfXDF(bad); problem.From(err).Status != 422 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzXDF: whatever is sent, it is a form within its bounds or a clear refusal.
func FuzzXDF(f *testing.F) {
	for _, version := range []string{"2", "3"} {
		text, err := os.ReadFile("testdata/xdf/stand-" + version + ".xml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	s := unstored()
	f.Fuzz(func(t *testing.T, text string) {
		content, err := contentOfXDF(text)
		if err != nil {
			if status := problem.From(err).Status; status != 422 && status != 413 {
				t.Errorf("%v", err)
			}
			return
		}
		s.findings(uuid.New(), content)
		remarks(content)
	})
}

func TestEditing_XDatenfelder_BecomesAWorkingCopyWithWarnings(t *testing.T) {
	t.Parallel()
	s, _, n := desk(t)
	text, err := os.ReadFile("testdata/xdf/stand-3.xml")
	if err != nil {
		t.Fatal(err)
	}
	sent := string(text)
	e := s.mustCreate(t, n.anna, types.NewForm{Xdatenfelder: &sent})
	if e.Title != "Stand auf dem Markt anmelden" || len(e.Findings) != 0 || len(e.Remarks) != 7 {
		t.Errorf("created = %q %+v %+v", e.Title, e.Findings, e.Remarks)
	}
	if found := wire(n.anna, e).Body.Findings; len(found) != 7 || found[0].Severity != types.EditorialFindingSeverityWarning {
		t.Errorf("findings = %+v", found)
	}
	saved, err := s.Release(n.anna, e.Id, e.ETag(), "")
	if e = done(t, saved, err); value(e.Version) != 1 || len(e.Remarks) != 0 {
		t.Errorf("released = %+v", e)
	}
	_, err = s.Create(n.anna, uuid.NewString(), types.NewForm{Xdatenfelder: &sent, Schema: &map[string]any{}})
	if problem.From(err).Status != 422 {
		t.Errorf("two beginnings: %v", err)
	}
}
