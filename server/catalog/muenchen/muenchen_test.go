package muenchen

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"portalverbund/server/catalog/jsonl"
)

// The lines here have the form of the city's files; their content is made up.
const (
	serviceLine = `{"id": "4711", "leika": "99050012104000", "title": "Laden eröffnen", "keywords": ["Geschäft", "Kiosk"],
		"description_html": "<p>Wer einen Laden eröffnet, sagt es vorher.<br>Das geht schnell.</p><ul><li>Erst Formular</li><li>dann Gebühr</li></ul>",
		"fees_html": "<ul>\n <li>einfach: 20 Euro</li>\n <li>mit Eile: 30 Euro</li>\n</ul>",
		"online_links": [{"name": "Datenschutz", "link": "https://stadt.example/datenschutz?a=1&b=2", "description": false},
			{"name": "Laden online anmelden", "link": "https://service.example/intelliform/forms/laden/index", "description": false},
			{"name": "Kaputt", "link": "kein Link", "description": false}],
		"forms": [], "appointment_minutes": 20, "office_ids": ["1", "2"], "updated": "2026-06-08T07:41:01"}`
	officeLine = `{"id": "1", "name": "Ladenamt (L-1)", "display_name": "Ladenamt", "organisation": "Landeshauptstadt", "unit": "Referat für Läden",
		"address": {"house_number": "3", "city": "Musterstadt", "postal_code": "80000", "street": "Musterweg"},
		"geo": {"lat": "48.1", "lon": "11.5"}, "contact": {"email": "laden@stadt.example", "phone": "030 23125 001", "webinfo": "https://stadt.example/laden"}, "service_ids": ["4711"]}`
)

func oneLine(s string) string {
	return strings.Join(strings.Fields(s), " ")
}

func collect(t *testing.T, lines func(func(jsonl.Line, error) bool)) []jsonl.Line {
	t.Helper()
	var all []jsonl.Line
	for line, err := range lines {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, line)
	}
	return all
}

func TestServices_Line_ServiceAndCompetencesOfItsOffices(t *testing.T) {
	t.Parallel()
	lines := collect(t, Services(strings.NewReader(oneLine(serviceLine))))
	if len(lines) != 3 || lines[0].Kind != "service" || lines[1].Kind != "competence" || lines[2].Kind != "competence" {
		t.Fatalf("%+v", lines)
	}
	var s serviceEntry
	if err := json.Unmarshal(lines[0].Payload, &s); err != nil {
		t.Fatal(err)
	}
	if s.ID != ServiceID("4711") || s.LeikaKey != "99050012104000" || s.Title["de"] != "Laden eröffnen" || s.Synonyms["de"][1] != "Kiosk" {
		t.Errorf("%+v", s)
	}
	if s.Teaser["de"] != "Wer einen Laden eröffnet, sagt es vorher. Das geht schnell. Erst Formular dann Gebühr" {
		t.Errorf("teaser %q", s.Teaser["de"])
	}
	if len(s.Fees) != 1 || s.Fees[0].Kind != "rule" || !strings.Contains(s.Fees[0].Note["de"], "<li>einfach: 20 Euro</li>") {
		t.Errorf("fees %+v", s.Fees)
	}
	if want := `<p>Formulare und weitere Informationen:</p><ul><li><a href="https://stadt.example/datenschutz?a=1&amp;b=2">Datenschutz</a></li></ul>`; s.Procedure["de"] != want {
		t.Errorf("links %s", s.Procedure["de"])
	}
	if len(lines[0].Warnings) != 1 || !strings.Contains(lines[0].Warnings[0], "Kaputt") {
		t.Errorf("warnings %q", lines[0].Warnings)
	}
	var c competenceEntry
	if err := json.Unmarshal(lines[2].Payload, &c); err != nil {
		t.Fatal(err)
	}
	if c.ServiceID != s.ID || c.OrganisationID != OrganisationID("2") || c.Area != "091620000000" || c.OnlineService.URL != "https://service.example/intelliform/forms/laden/index" {
		t.Errorf("%+v", c)
	}
	if again := collect(t, Services(strings.NewReader(oneLine(serviceLine)))); string(again[2].Payload) != string(lines[2].Payload) {
		t.Errorf("ids change from import to import")
	}
}

func TestOffices_Line_OfficeAfterTheUnitsItBelongsTo(t *testing.T) {
	t.Parallel()
	second := strings.Replace(strings.Replace(oneLine(officeLine), `"id": "1"`, `"id": "2"`, 1), "laden@stadt.example", "kein@@mail", 1)
	lines := collect(t, Offices(strings.NewReader(oneLine(officeLine)+"\n"+second)))
	if len(lines) != 4 {
		t.Fatalf("%d lines, want two units and two offices", len(lines))
	}
	entries := make([]organisationEntry, len(lines))
	for i, line := range lines {
		if err := json.Unmarshal(line.Payload, &entries[i]); err != nil {
			t.Fatal(err)
		}
	}
	if *entries[1].ParentID != entries[0].ID || *entries[2].ParentID != entries[1].ID || *entries[3].ParentID != entries[1].ID {
		t.Errorf("%+v", entries)
	}
	if e := entries[2]; e.ID != OrganisationID("1") || e.Name["de"] != "Ladenamt" || e.Address.Street != "Musterweg" || e.Position.Lat != 48.1 || e.URL != "https://stadt.example/laden" {
		t.Errorf("%+v", e)
	}
	if entries[3].Email != "" || len(lines[3].Warnings) != 1 {
		t.Errorf("%+v %q", entries[3], lines[3].Warnings)
	}
}

func TestServices_BadLines_SkippedOrWarned(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"id":"1"}`:          "no id or no title",
		`{"id":1}`:            "can't be read",
		`nonsense`:            "not a JSON object",
		`{"title":"x"}`:       "no id or no title",
		`{"id":"1","title":{`: "not a JSON object",
	} {
		if lines := collect(t, Services(strings.NewReader(in))); len(lines) != 1 || !strings.Contains(lines[0].Skip, want) {
			t.Errorf("%s: %+v", in, lines)
		}
	}
	lines := collect(t, Services(strings.NewReader(`{"id":"1","title":"x","leika":"99050012104000, 99050012104001, 12"}`)))
	if len(lines) != 1 || len(lines[0].Warnings) != 4 { // two keys, one wrong, no time, no office
		t.Errorf("%+v", lines)
	}
	died := errors.New("died")
	for _, err := range Services(failing{died}) {
		if !errors.Is(err, died) {
			t.Errorf("%v", err)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestFees_SaysItIsFree_Free(t *testing.T) {
	t.Parallel()
	for html, kind := range map[string]string{"<p>kostenlos</p>": "free", "<p>Kostenfrei.</p>": "free", "<p>5 Euro</p>": "rule"} {
		if got := fees(html); len(got) != 1 || got[0].Kind != kind {
			t.Errorf("%s: %+v", html, got)
		}
	}
	if got := fees("<p> <br></p>"); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

func FuzzServices_AnyInput_EachEntryIsJSON(f *testing.F) {
	f.Add(oneLine(serviceLine))
	f.Add(oneLine(officeLine))
	f.Add("{\"id\":\"1\",\"title\":\"<\"}\n\n\x00")
	f.Fuzz(func(t *testing.T, text string) {
		for _, lines := range []func(func(jsonl.Line, error) bool){Services(strings.NewReader(text)), Offices(strings.NewReader(text))} {
			for line, err := range lines {
				if err != nil {
					t.Fatal(err)
				}
				if line.Skip == "" && !json.Valid(line.Payload) {
					t.Fatalf("%s", line.Payload)
				}
			}
		}
	})
}
