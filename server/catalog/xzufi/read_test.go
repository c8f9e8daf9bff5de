package xzufi

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/adapter"
)

func message(content string) string {
	return `<x:transfer xmlns:x="` + Namespace + `" xmlns:xsi="` + schemaInstance + `"><x:nachrichtenkopf/>` + content + `</x:transfer>`
}

func leistung(id, title string, more ...string) string {
	return fmt.Sprintf(`<x:schreibe><x:leistung><x:id schemeAgencyID="L1" schemeID="LB">%s</x:id><x:modulText><x:leikaTextmodul><code>02</code></x:leikaTextmodul>`+
		`<x:inhalt languageCode="de">%s</x:inhalt></x:modulText>%s</x:leistung></x:schreibe>`+"\n", id, title, strings.Join(more, ""))
}

// records reads until the end, or until an error.
func records(content io.Reader) (list []adapter.Record, err error) {
	for r, e := range Read(context.Background(), "test.xml", content, Options{Own: ownAgency}) {
		if e != nil {
			return list, e
		}
		list = append(list, r)
	}
	return list, nil
}

func read(t *testing.T, content string) []adapter.Record {
	t.Helper()
	list, err := records(strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func serviceOf(t *testing.T, r adapter.Record) *catalog.ServiceEntry {
	t.Helper()
	e := &catalog.ServiceEntry{}
	if err := json.Unmarshal(r.Payload, e); err != nil {
		t.Fatalf("%+v: %v", r, err)
	}
	return e
}

func TestRead_FileWithEveryElement_ComesBackEqualFromWhatIsWritten(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("testdata/every-element.xml")
	if err != nil {
		t.Fatal(err)
	}
	normaliser := catalog.NewNormaliser()
	origins := map[string]catalog.IdentifierEntry{}
	categories := map[string]*catalog.CategoryEntry{}
	want := map[string]json.RawMessage{}
	var entries []any
	for _, r := range read(t, string(content)) {
		if r.Skip != "" || len(r.Warnings) > 0 {
			t.Errorf("%+v", r)
		}
		if r.Deleted {
			if r.Kind != catalog.KindCompetence {
				t.Errorf("deletes %+v", r)
			}
			continue
		}
		payload, err := normaliser.Entry(r.Kind, r.Payload)
		if err != nil {
			t.Fatalf("%s: %v", r.Kind, err)
		}
		want[r.Kind+" "+r.ID] = payload
		if r.Kind == catalog.KindCategory {
			category := &catalog.CategoryEntry{}
			if err := json.Unmarshal(payload, category); err != nil {
				t.Fatal(err)
			}
			categories[r.ID] = category
			continue
		}
		entry := decode(t, r.Kind, payload)
		entries = append(entries, entry)
		var source struct {
			Origin *catalog.IdentifierEntry `json:"origin"`
		}
		if err := json.Unmarshal(payload, &source); err != nil {
			t.Fatal(err)
		}
		if source.Origin != nil {
			origins[r.Kind+" "+r.ID] = *source.Origin
		}
	}
	// The superior category is only named in the file: whoever writes knows its identifier.
	parent := catalog.IdentifierEntry{Agency: "S100001", Scheme: "KAT", Value: "1"}
	categories["k-"+catalog.EntryID(catalog.KindCategory, parent).String()] = &catalog.CategoryEntry{SourceEntry: catalog.SourceEntry{Origin: &parent}}
	var b bytes.Buffer
	w := NewWriter(&b, Settings{
		Own:      ownAgency,
		Resolve:  func(kind, id string) (catalog.IdentifierEntry, bool) { i, ok := origins[kind+" "+id]; return i, ok },
		Category: func(id string) *catalog.CategoryEntry { return categories[id] },
	})
	for _, e := range entries {
		if err := w.Entry(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got := taken(t, b.Bytes())
	for key, payload := range want {
		if !bytes.Equal(payload, got[key]) {
			t.Errorf("%s comes back different: %s", key, difference(t, payload, orEmpty(got[key])))
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d entries come back, %d were read", len(got), len(want))
	}
	wantAllWritten(t, content, b.Bytes())
}

// named are the elements of XZuFi that the product's list of standards names, as paths of local names below the objects.
func named() map[string][]string {
	return map[string][]string{
		"leistung": {
			"id", "struktur/leistungsobjektID", "struktur/verrichtung", "struktur/verrichtungsdetail", "referenzLeiKa/code", "modulText/positionDarstellung",
			"modulText/inhalt", "modulText/leikaTextmodul/code", "modulFrist/beschreibung", "modulKosten/beschreibung", "modulBearbeitungsdauer/beschreibung",
			"modulBegriffImKontext/begriffImKontext/begriff", "modulFachlicheFreigabe/fachlichFreigegebenAm", "modulFachlicheFreigabe/fachlichFreigegebenDurch",
			"modulUrsprungsportal/uri", "modulUrsprungsportal/titel", "typisierung/code", "kennzeichenSchriftformerfordernis", "kategorie/uebergeordneteKategorieID",
			"informationsbereichSDG/code", "gueltigkeitGebietID", "kennzeichenEA", "versionsinformation/geaendertDatumZeit", "sprachversion",
		},
		"spezialisierung":      {"id", "leistungID"},
		"organisationseinheit": {"id", "name/name", "anschrift/strasse", "anschrift/ort", "kommunikation", "infoOeffnungszeitenText"},
		"zustaendigkeit":       {"id", "leistungID", "gebietID", "rolle/code", "gueltigkeit/beginn"},
		"onlinedienst":         {"id", "bezeichnung", "link/typ/code", "link/link", "link/titel", "vertrauensniveau/code", "zahlungsweise"},
	}
}

// paths gives the path of each element of a document, from the nearest object on, and what it holds below it.
func paths(t *testing.T, content []byte) map[string]bool {
	t.Helper()
	objects := named()
	found := map[string]bool{}
	var at []string
	for d := xml.NewDecoder(bytes.NewReader(content)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			at = append(at, e.Name.Local)
			for i := len(at) - 1; i >= 0; i-- {
				if objects[at[i]] != nil {
					path := strings.Join(at[i:], "/")
					found[path] = true
					for _, a := range e.Attr {
						found[path+"@"+a.Name.Local] = true
					}
					break
				}
			}
		case xml.EndElement:
			at = at[:len(at)-1]
		}
	}
}

// wantAllWritten compares the shapes of what was read and of what was written: every element and attribute is there again.
func wantAllWritten(t *testing.T, read, written []byte) {
	t.Helper()
	before, after := paths(t, read), paths(t, written)
	for object, list := range named() {
		for _, name := range list {
			if path := object + "/" + name; !before[path] || !after[path] {
				t.Errorf("%s: read %t, written %t", path, before[path], after[path])
			}
		}
	}
	for path := range before {
		if !after[path] {
			t.Errorf("%s was read and is not written", path)
		}
	}
}

func orEmpty(payload json.RawMessage) json.RawMessage {
	if payload == nil {
		return json.RawMessage("{}")
	}
	return payload
}

func TestRead_EveryElement_IsUnderstood(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("testdata/every-element.xml")
	if err != nil {
		t.Fatal(err)
	}
	list := read(t, string(content))
	kinds := map[string]int{}
	var service *catalog.ServiceEntry
	for _, r := range list {
		kinds[r.Kind]++
		if r.Kind == catalog.KindService {
			service = serviceOf(t, r)
		}
	}
	want := map[string]int{catalog.KindCategory: 1, catalog.KindService: 1, catalog.KindSpecialisation: 1, catalog.KindOrganisation: 1, catalog.KindCompetence: 6, catalog.KindOnlineService: 1, catalog.KindOnlineCompetence: 1}
	if fmt.Sprint(kinds) != fmt.Sprint(want) {
		t.Errorf("kinds %v, want %v", kinds, want)
	}
	e := service
	if e.Title["de"] != "Ausweis für Kinder holen" || e.Designation["de"] != "Personalausweis Ausstellung" || e.LeikaKey != "99008001012000" || !slices.Equal(e.FurtherLeikaKeys, []string{"99008001012001"}) {
		t.Errorf("names %v %v %v", e.Title, e.Designation, e.LeikaKey)
	}
	if len(e.Fees) != 3 || *e.Fees[0].Amount != 2280 || !*e.Fees[0].Advance || e.Fees[1].Kind != "range" || *e.Fees[1].Max != 1050 || e.Fees[2].Kind != "free" {
		t.Errorf("fees %+v", e.Fees)
	}
	if len(e.LegalBasis) != 3 || e.LegalBasis[1].Title["de"] != "§ 2 Beispielgesetz" || e.LegalBasis[2].URL != "https://recht.example/1" || e.LegalBasisText["de"] != "<p>Es gilt:</p>" {
		t.Errorf("legal basis %+v, %v", e.LegalBasis, e.LegalBasisText)
	}
	if d := e.Deadlines; len(d) != 2 || d[0].Duration.Unit != "week" || *d[0].Duration.Max != 1 || d[0].Duration.MaxUnit != "month" || d[1].From != "2026-01-01" || d[1].To != "--12-31" {
		t.Errorf("deadlines %+v", d)
	}
	if e.Release.Date != "2026-03-31" || !e.SignatureRequired || e.TrustLevel != "low" || !slices.Equal(e.Audiences, []string{"citizen", "administration"}) || e.UpdatedAt.String() != "2025-12-31 23:00:00 +0000 UTC" {
		t.Errorf("marks %+v", e)
	}
}

func TestRead_Versions_GiveTheSame(t *testing.T) {
	t.Parallel()
	content := message(leistung("1", "Eins", `<x:referenzLeiKa><code>99008001012000</code></x:referenzLeiKa>`))
	later := strings.ReplaceAll(strings.ReplaceAll(content, "2_2_0", "2_3_1"), `<x:referenzLeiKa><code>99008001012000</code></x:referenzLeiKa>`,
		`<x:referenzLeistungsschluessel>urn:de:fim:leika:leistung:99008001012000</x:referenzLeistungsschluessel><x:detailstufe><code>101</code></x:detailstufe>`)
	earlier := strings.ReplaceAll(content, "2_2_0", "2_1_0")
	without := strings.NewReplacer("<x:schreibe>", "", "</x:schreibe>", "").Replace(content)
	for name, c := range map[string]string{"2.1": earlier, "2.2": content, "2.3.1": later, "objects without operations": without} {
		list := read(t, c)
		if len(list) != 1 || len(list[0].Warnings) != 0 || serviceOf(t, list[0]).LeikaKey != "99008001012000" {
			t.Errorf("%s: %+v", name, list)
		}
	}
	unknown := read(t, strings.ReplaceAll(content, Namespace, "urn:fremd"))
	if len(unknown) != 1 || len(unknown[0].Warnings) != 1 || !strings.Contains(unknown[0].Warnings[0], "urn:fremd") {
		t.Errorf("an unknown namespace: %+v", unknown)
	}
}

func TestRead_UnknownElements_AreReportedWithTheirLine(t *testing.T) {
	t.Parallel()
	list := read(t, message("\n"+leistung("1", "Eins", "\n<x:neuartig>x</x:neuartig>")+`<x:fremd><x:a/></x:fremd>`+leistung("2", "Zwei")))
	if len(list) != 3 || list[0].Line != 2 || len(list[0].Warnings) != 1 || !strings.Contains(list[0].Warnings[0], "line 3, neuartig") {
		t.Errorf("%+v", list)
	}
	if !strings.Contains(list[1].Skip, "fremd") || list[1].Line != 4 || serviceOf(t, list[2]).Title["de"] != "" || serviceOf(t, list[2]).Designation["de"] != "Zwei" {
		t.Errorf("%+v", list)
	}
}

func TestRead_BadRecords_AreSkippedAndTheOthersTaken(t *testing.T) {
	t.Parallel()
	list := read(t, message(`<x:schreibe/><x:schreibe><x:leistung/></x:schreibe><x:loesche klasse="Leistung"/><x:loesche klasse="Wombat"><x:id>1</x:id></x:loesche>`+
		`<x:schreibe><x:wombat/></x:schreibe><x:schreibe><x:zustaendigkeitTransferObjekt/></x:schreibe>`+leistung("1", "Gut")))
	skipped := 0
	for _, r := range list {
		if r.Skip != "" {
			skipped++
		}
	}
	if skipped != 6 || serviceOf(t, list[len(list)-1]).Designation["de"] != "Gut" {
		t.Errorf("%d skipped of %+v", skipped, list)
	}
}

func TestRead_SeveralModulesOfOneCode_AreOneText(t *testing.T) {
	t.Parallel()
	module := func(language, text string) string {
		return `<x:modulText><x:leikaTextmodul><code>06</code></x:leikaTextmodul><x:inhalt languageCode="` + language + `">` + text + `</x:inhalt></x:modulText>`
	}
	list := read(t, message(leistung("1", "x", module("de", "Erst"), module("de", "dann"), module("EN", "first"), module("de_LS", "leicht"))))
	if got := serviceOf(t, list[0]).Description; got["de"] != "Erst\ndann" || got["en"] != "first" || got["de-LS"] != "leicht" {
		t.Errorf("%v", got)
	}
}

func TestRead_BrokenXML_WhatCameBeforeIsGivenAndTheLineSaid(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]string{"tags": "\n<x:schreibe><x:leistung></x:schreibe>", "the end": "", "text": "\n& <", "an entity": "\n<x:schreibe>&unbekannt;</x:schreibe>"} {
		list, err := records(strings.NewReader(strings.TrimSuffix(message("\n"+leistung("1", "Eins")), "</x:transfer>") + end))
		if err == nil || len(list) != 1 || !strings.Contains(err.Error(), "test.xml") {
			t.Errorf("%s: %d records, %v", name, len(list), err)
		}
		if end != "" && !strings.Contains(err.Error(), "line ") {
			t.Errorf("%s: no line in %v", name, err)
		}
	}
	for name, content := range map[string]string{"nothing": "", "HTML": "<html><body/></html>", "JSON": `{"a":1}`, "words": "Guten Tag"} {
		if list, err := records(strings.NewReader(content)); err == nil || len(list) > 1 {
			t.Errorf("%s is taken for a delivery: %+v, %v", name, list, err)
		}
	}
}

func TestRead_EntityBomb_RefusedBeforeItGrows(t *testing.T) {
	t.Parallel()
	bomb := `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>` + message(leistung("1", "&b;"))
	outside := `<!DOCTYPE x SYSTEM "file:///etc/passwd">` + message("")
	for _, content := range []string{bomb, outside, message("<!ENTITY x 'y'>")} {
		list, err := records(strings.NewReader(content))
		if !errors.Is(err, errDoctype) || len(list) != 0 {
			t.Errorf("%+v, %v", list, err)
		}
	}
}

func TestRead_Encodings_AreUnderstoodOrRefusedWithWords(t *testing.T) {
	t.Parallel()
	text := message(leistung("1", "Größe – Straße €"))
	declare := func(name, content string) string { return `<?xml version="1.0" encoding="` + name + `"?>` + content }
	encode := func(c string, e interface {
		String(string) (string, error)
	}) string {
		s, err := e.String(c)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	wide := encode(declare("UTF-16", text), unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder())
	big := encode(declare("UTF-16", text), unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder())
	windows := encode(declare("Windows-1252", text), charmap.Windows1252.NewEncoder())
	for name, content := range map[string]string{
		"UTF-8": text, "UTF-8 with mark": "\ufeff" + declare("utf-8", text), "UTF-16": wide, "UTF-16 without mark": big, "Windows-1252": windows,
		"ISO-8859-1 that is Windows-1252": strings.Replace(windows, "Windows-1252", "ISO-8859-1", 1), "UTF-8 that says UTF-16": declare("UTF-16", text),
	} {
		list, err := records(strings.NewReader(content))
		if err != nil || len(list) != 1 || len(list[0].Warnings) != 0 || serviceOf(t, list[0]).Designation["de"] != "Größe – Straße €" {
			t.Errorf("%s: %+v, %v", name, list, err)
		}
	}
	wrong := strings.Replace(windows, "Windows-1252", "UTF-8", 1)
	list, err := records(strings.NewReader(wrong))
	if err != nil || len(list) != 1 || serviceOf(t, list[0]).Designation["de"] != "Größe – Straße €" || len(list[0].Warnings) != 1 || !strings.Contains(list[0].Warnings[0], "Windows-1252") {
		t.Errorf("Windows-1252 that says UTF-8: %+v, %v", list, err)
	}
	if _, err := records(strings.NewReader(declare("EBCDIC-DE", text))); err == nil || !strings.Contains(err.Error(), "ebcdic-de") {
		t.Errorf("an encoding that nobody reads: %v", err)
	}
}

// repeated gives a text again and again until there are so many bytes.
type repeated struct {
	text string
	at   int
	left int64
}

func (r *repeated) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) && r.left > 0 {
		m := copy(p[n:], r.text[r.at:])
		r.at, r.left, n = (r.at+m)%len(r.text), r.left-int64(m), n+m
		if r.at == 0 && r.left < int64(len(r.text)) {
			r.left = 0
		}
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// peak reads a document and says how much memory was alive at most while doing so.
func peak(t *testing.T, content io.Reader) (count int, alive uint64) {
	t.Helper()
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for r, err := range Read(context.Background(), "large.xml", content, Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		count++
		if count%20_000 == 1 || r.Skip != "" {
			runtime.GC()
			runtime.ReadMemStats(&now)
			if now.HeapAlloc > before.HeapAlloc {
				alive = max(alive, now.HeapAlloc-before.HeapAlloc)
			}
		}
	}
	return count, alive
}

// TestRead_OneGigabyte_MemoryStaysFlat reads a document of 64 MiB that is made while it is read, or of 1 GiB with
// PORTALVERBUND_LARGE set.
func TestRead_OneGigabyte_MemoryStaysFlat(t *testing.T) { //nolint:paralleltest // looks at the memory of the process
	size := int64(64 << 20)
	if os.Getenv("PORTALVERBUND_LARGE") != "" {
		size = 1 << 30
	}
	record := leistung("1", "Eine Leistung", `<x:modulText><x:leikaTextmodul><code>06</code></x:leikaTextmodul><x:inhalt languageCode="de">`+strings.Repeat("Ein Satz, der nichts sagt. ", 4000)+`</x:inhalt></x:modulText>`)
	whole := message("|")
	begin, end, _ := strings.Cut(whole, "|")
	content := io.MultiReader(strings.NewReader(begin), &repeated{text: record, left: size}, strings.NewReader(end))
	count, alive := peak(t, content)
	if int64(count) != size/int64(len(record)) || alive > 32<<20 {
		t.Errorf("%d records of %d, %d MiB alive", count, size/int64(len(record)), alive>>20)
	}
}

func TestRead_MillionElementsInOneRecord_SkippedInLittleMemory(t *testing.T) { //nolint:paralleltest // looks at the memory of the process
	item := `<x:idSekundaer>1</x:idSekundaer>`
	begin, end, _ := strings.Cut(message("|"), "|")
	content := io.MultiReader(strings.NewReader(begin+"<x:schreibe><x:leistung>"), &repeated{text: item, left: int64(1_000_000 * len(item))},
		strings.NewReader("</x:leistung></x:schreibe>"+leistung("2", "Danach")+end))
	count, alive := peak(t, content)
	if count != 2 || alive > 64<<20 {
		t.Errorf("%d records, %d MiB alive", count, alive>>20)
	}
}

func TestRead_TextThatDoesNotEnd_IsCutAndItsRecordSkipped(t *testing.T) { //nolint:paralleltest // looks at the memory of the process
	for name, wrap := range map[string][2]string{"text": {"", ""}, "CDATA": {"<![CDATA[", "]]>"}, "comment": {"<!--", "-->"}} {
		begin, end, _ := strings.Cut(message(leistung("1", "|")+leistung("2", "Danach")), "|")
		content := io.MultiReader(strings.NewReader(begin+wrap[0]), &repeated{text: "Wort ] ", left: 64 << 20}, strings.NewReader(wrap[1]+end))
		list, err := records(content)
		if err != nil || len(list) != 2 || (list[0].Skip == "") != (name == "comment") || serviceOf(t, list[1]).Designation["de"] != "Danach" {
			t.Errorf("%s: %d records, %v", name, len(list), err)
		}
	}
	begin, _, _ := strings.Cut(message("|"), "|")
	content := io.MultiReader(strings.NewReader(begin+`<x:schreibe a="`), &repeated{text: "x", left: 64 << 20})
	if _, err := records(content); err == nil || !strings.Contains(err.Error(), "tag is larger") {
		t.Errorf("a tag without an end: %v", err)
	}
	deep := strings.Repeat("<x:struktur>", 100) + strings.Repeat("</x:struktur>", 100)
	list := read(t, message(leistung("1", "x", deep)+leistung("2", "Danach")))
	if len(list) != 2 || !strings.Contains(list[0].Skip, "deeper") {
		t.Errorf("%+v", list)
	}
}

func TestRead_DeletionsInMasses_AreGivenOneByOne(t *testing.T) { //nolint:paralleltest // looks at the memory of the process
	item := `<x:loesche klasse="Zustaendigkeit"><x:id schemeAgencyID="L1" schemeID="ZustaendigkeitOrganisationseinheit">299</x:id></x:loesche>` + "\n"
	begin, end, _ := strings.Cut(message("|"), "|")
	content := io.MultiReader(strings.NewReader(begin), &repeated{text: item, left: int64(200_000 * len(item))}, strings.NewReader(end))
	count, alive := peak(t, content)
	if count != 200_000 || alive > 16<<20 {
		t.Errorf("%d deletions, %d MiB alive", count, alive>>20)
	}
}

// FuzzRead checks that nothing makes the reader fall, and that what the catalog takes of it comes back equal from what is written.
func FuzzRead(f *testing.F) {
	every, err := os.ReadFile("testdata/every-element.xml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(every)
	f.Add([]byte(message(leistung("1", "Größe &amp; mehr", `<x:modulKosten><x:beschreibung languageCode="de">37,00 EUR</x:beschreibung></x:modulKosten>`))))
	f.Add([]byte("\xff\xfe<\x00a\x00>\x00"))
	f.Add([]byte(`<a><![CDATA[]]]]><!-- - -- ></a>`))
	normaliser := catalog.NewNormaliser()
	f.Fuzz(func(t *testing.T, content []byte) {
		list, err := records(bytes.NewReader(content))
		if err != nil {
			return
		}
		for _, r := range list {
			if r.Skip != "" || r.Deleted {
				continue
			}
			payload, err := normaliser.Entry(r.Kind, r.Payload)
			if err != nil || r.Kind == catalog.KindCategory {
				continue
			}
			message := write(t, nil, decode(t, r.Kind, payload))
			if again, err := records(bytes.NewReader(message)); err != nil || len(again) == 0 {
				t.Fatalf("what is written can't be read: %v\n%s", err, message)
			}
		}
	})
}

func TestRead_CriteriaThatAreNotUnderstood_AreKeptAsTheyCame(t *testing.T) {
	t.Parallel()
	const competence = `<zustaendigkeitTransferObjekt><uebergeordnetesObjektID schemeAgencyID="L1" schemeID="OE">1</uebergeordnetesObjektID><zustaendigkeit>
		<id schemeAgencyID="L1" schemeID="ZustaendigkeitOrganisationseinheit">2</id><leistungID schemeAgencyID="L1" schemeID="LB">3</leistungID>
		<gebietID schemeID="urn:de:bund:destatis:bevoelkerungsstatistik:schluessel:rs">034540035035</gebietID>%s</zustaendigkeit></zustaendigkeitTransferObjekt>`
	for criterion, want := range map[string]string{
		`<kriterium listURI="urn:example:other"><code>alter</code></kriterium>`:                                           `"extras":[{"name":"kriterium"`,
		`<kriterium listURI="` + listCriteria + `"><code>alter</code><von>alt</von></kriterium>`:                          `"extras":[{"name":"kriterium"`,
		`<kriterium listURI="` + listCriteria + `"><code>nachname</code><von>A1</von></kriterium>`:                        `"extras":[{"name":"kriterium"`,
		`<kriterium listURI="` + listCriteria + `"><code>nachname</code><von>A</von><bis>K</bis></kriterium>`:             `"conditions":[{"kind":"surname","from":"A","to":"K"}]`,
		`<kriterium listURI="` + listCriteria + `"><code>zielgruppe</code><value>002</value></kriterium>`:                 `"audiences":["business"]`,
		`<kriterium listURI="` + listCriteria + `"><code>regel</code><beschreibung>Nur nachts</beschreibung></kriterium>`: `"rule":{"de":"Nur nachts"}`,
	} {
		records := read(t, `<transfer xmlns="`+Namespace+`"><schreibe>`+fmt.Sprintf(competence, criterion)+`</schreibe></transfer>`)
		if len(records) != 1 || !strings.Contains(string(records[0].Payload), want) {
			t.Errorf("%s: %+v", criterion, records)
		}
	}
}
