package xzufi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/server/catalog"
	"portalverbund/server/catalog/codes"
)

const ownAgency = "L999999"

// generator invents entries that use everything that the model has.
type generator struct{ *rand.Rand }

func (g generator) id() uuid.UUID {
	var b [16]byte
	for i := range b {
		b[i] = byte(g.IntN(256))
	}
	b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80
	return b
}

func (g generator) yes() bool { return g.IntN(2) == 0 }

func (g generator) word() string {
	return pick(g, "Hund", "Anmeldung & Abmeldung", "§ 1 <Satzung>", "Größe", "„Zitat“", "a > b", "O'Neill", "100 %", "x/y", "\"in Anführung\"", "Śląsk", "Bescheid")
}

func pick[T any](g generator, list ...T) T { return list[g.IntN(len(list))] }

func (g generator) words() string { return g.word() + " " + g.word() + " " + fmt.Sprint(g.IntN(1000)) }

func (g generator) languages() []string {
	return pick(g, []string{"de"}, []string{"de", "en"}, []string{"de", "en", "de-x-ls", "uk"})
}

func (g generator) plain(languages []string) catalog.Text {
	t := catalog.Text{}
	for _, l := range languages {
		t[l] = g.words()
	}
	return t
}

func (g generator) html(languages []string) catalog.Text {
	t := catalog.Text{}
	for _, l := range languages {
		text := strings.NewReplacer("<", "&lt;", ">", "&gt;", "&", "&amp;").Replace(g.words())
		t[l] = pick(g, "<p>%s</p>", "<p>%s <a href=\"https://x.example/?a=1&amp;b=2\">Verweis</a></p>", "<ul><li>%s</li><li>zwei</li></ul>", "<h3>%s</h3><p>H<sub>2</sub>O<br>neu</p>", "%s")
		t[l] = fmt.Sprintf(strings.ReplaceAll(t[l], "%s", "%[1]s"), text)
	}
	return t
}

func (g generator) moment() *time.Time {
	t := time.Date(2000+g.IntN(40), 1, 1+g.IntN(300), g.IntN(24), 0, 0, g.IntN(1000)*1000, time.UTC)
	return &t
}

func (g generator) identifier() *catalog.IdentifierEntry {
	return &catalog.IdentifierEntry{Agency: "S100002", AgencyName: g.word(), Scheme: "LB", SchemeName: "Name", SchemeURI: "urn:x", SchemeVersion: "1", DataURI: "urn:d", Value: fmt.Sprint(g.IntN(1e6))}
}

func (g generator) extras(names ...string) []catalog.ExtraEntry {
	if g.yes() {
		return nil
	}
	return []catalog.ExtraEntry{{Name: pick(g, names...), Attributes: map[string]string{"schemeID": g.word()}, Elements: []catalog.ExtraEntry{{Name: "code", Bare: true, Text: g.word()}}}}
}

func (g generator) modules() catalog.ModulesEntry {
	l := g.languages()
	m := catalog.ModulesEntry{Title: g.plain(l), ModuleExtras: map[string][]catalog.ExtraEntry{}}
	if g.yes() {
		m.Designation = g.plain(l[:1])
	}
	for _, t := range codes.TextModules() {
		if t.HTML && g.yes() {
			*t.Text(&m) = g.html(l)
		}
		if g.IntN(4) == 0 {
			m.Links = append(m.Links, catalog.LinkEntry{Module: t.Name, URL: "https://link.example/" + fmt.Sprint(g.IntN(1000)), Title: g.words(), Description: g.words(), Language: l[0]})
		}
		if g.IntN(4) == 0 {
			m.ModuleExtras[t.Name] = []catalog.ExtraEntry{{Name: "positionDarstellung", Text: "3"}}
		}
	}
	if g.yes() {
		m.Teaser = g.plain(l)
	}
	m.FeesText, m.DeadlinesText, m.EnquiryNote = g.html(l), g.html(l), g.html(l)
	if g.yes() {
		m.OtherTexts = []catalog.OtherTextEntry{{Type: catalog.CodeEntry{List: "urn:eigene:liste", Version: "2", Code: "77", Name: g.word()}, Text: g.html(l), Extras: g.extras("gueltigkeit")}}
	}
	for range g.IntN(4) {
		m.Fees = append(m.Fees, g.fee(l))
		m.Deadlines = append(m.Deadlines, g.deadline(l))
		m.Documents = append(m.Documents, catalog.DocumentEntry{Title: g.plain([]string{"de", "en"}), Note: g.html(l), Required: g.yes(), Type: pick(g, "", "001"), Extras: g.extras("angabeSignatur")})
		m.Results = append(m.Results, catalog.DocumentEntry{Title: g.plain(l), Required: true})
		m.LegalBasis = append(m.LegalBasis, catalog.LegalEntry{Title: g.plain(l)})
	}
	for i := range g.IntN(3) {
		m.LegalBasis = append(m.LegalBasis, catalog.LegalEntry{Title: g.plain(l), URL: fmt.Sprintf("https://recht.example/%d", i)})
	}
	if g.yes() {
		m.ProcessingTime = &catalog.TimeEntry{Text: g.html(l)}
		for range g.IntN(3) {
			d := g.deadline(l)
			d.Type = ""
			m.ProcessingTime.Terms = append(m.ProcessingTime.Terms, d)
		}
	}
	return m
}

func (g generator) fee(languages []string) catalog.FeeEntry {
	low, high := int64(g.IntN(10000)), int64(10000+g.IntN(100000))
	f := catalog.FeeEntry{Kind: pick(g, "fixed", "range", "free", "rule"), Currency: pick(g, "EUR", "CHF"), Type: pick(g, "", "012"), Extras: g.extras("gueltigkeit")}
	if g.yes() {
		f.Label = g.plain(languages)
	}
	if g.yes() {
		f.Note = g.html(languages)
	}
	if f.Kind != "fixed" {
		f.Basis = g.plain(languages)
	}
	switch f.Kind {
	case "fixed":
		f.Amount = &low
	case "range":
		f.Amount, f.Max = pick(g, nil, &low), &high
	default:
		f.Currency = "EUR" // there is no amount that could have one
	}
	if g.yes() {
		f.Advance, f.URL = pick(g, new(bool), &[]bool{true}[0]), "https://kosten.example/"
	}
	return f
}

func (g generator) deadline(languages []string) catalog.DeadlineEntry {
	d := catalog.DeadlineEntry{Type: pick(g, "", "006"), Extras: g.extras("gueltigkeit")}
	if g.yes() {
		d.Text = g.html(languages)
	}
	last := 9 + g.IntN(5)
	switch g.IntN(3) {
	case 0:
		d.Duration = &catalog.DurationEntry{Value: g.IntN(9), Unit: pick(g, codes.Units()...).Word}
		if g.yes() {
			d.Duration.Max, d.Duration.MaxUnit = &last, pick(g, "", "year")
		}
	case 1:
		d.From, d.To = pick(g, "2026-03-31", "--03-31"), pick(g, "", "--12-24")
	default:
		d.Text = g.html(languages)
	}
	return d
}

func (g generator) publisher() *catalog.PublisherEntry {
	if g.yes() {
		return nil
	}
	return &catalog.PublisherEntry{ID: g.identifier(), Name: g.plain([]string{"de"}), ShortName: g.plain([]string{"de", "en"}), Extras: g.extras("standardZustaendigkeitsgebiet")}
}

func (g generator) source(kind string) (uuid.UUID, catalog.SourceEntry) {
	if g.yes() {
		return g.id(), catalog.SourceEntry{Extras: g.extras("struktur", "idProzess")}
	}
	origin := g.identifier()
	return catalog.EntryID(kind, *origin), catalog.SourceEntry{Origin: origin, FurtherIDs: []catalog.IdentifierEntry{*g.identifier()}, Extras: g.extras("struktur", "idProzess")}
}

func (g generator) service() any {
	e := &catalog.ServiceEntry{
		ModulesEntry: g.modules(), LeikaKey: pick(g, "", "99102013104000"), Synonyms: map[string][]string{"de": {g.word(), "perso"}, "en": {g.word()}},
		Audiences: pick(g, nil, []string{"citizen", "administration"}), TrustLevel: pick(g, "low", "substantial", "high"), SignatureRequired: g.yes(),
		SinglePointOfContact: pick(g, nil, new(bool)), SDGAreas: pick(g, nil, []string{"1010100"}), Typing: pick(g, nil, []string{"2/3a", "12"}),
		Categories: pick(g, nil, []string{"moving"}), Publisher: g.publisher(), ValidIn: pick(g, nil, []string{"03454", "034540035035"}),
		Validity: []catalog.PeriodEntry{{From: g.moment(), Note: g.plain([]string{"de"})}}, Version: g.word(), CreatedAt: g.moment(), UpdatedAt: *g.moment(),
		LanguageVersions: []catalog.LanguageEntry{{Language: "de", UpdatedAt: g.moment(), Version: "7"}},
		SourcePortals:    []catalog.SourcePortalEntry{{Language: "de", URL: "https://quelle.example/1", Title: g.words()}},
		Classifications:  []catalog.CodeEntry{{List: "urn:liste", Version: "3", Code: g.word(), Name: g.word()}},
	}
	if e.LeikaKey != "" {
		e.FurtherLeikaKeys = pick(g, nil, []string{"99102013012000"})
	}
	if g.yes() {
		e.Release = &catalog.ReleaseEntry{Date: "2026-01-31", By: g.plain([]string{"de", "en"})}
	}
	e.ID, e.SourceEntry = g.source(catalog.KindService)
	return e
}

func (g generator) specialisation() any {
	e := &catalog.SpecialisationEntry{ServiceID: g.id(), Areas: []string{"03454", "091620000000"}, ModulesEntry: g.modules(), Publisher: g.publisher(),
		Validity: []catalog.PeriodEntry{{To: g.moment()}}, Version: "2", CreatedAt: g.moment(), UpdatedAt: *g.moment()}
	e.ID, e.SourceEntry = g.source(catalog.KindSpecialisation)
	return e
}

func (g generator) organisation() any {
	parent := g.id()
	e := &catalog.OrganisationEntry{
		Name: g.plain(g.languages()), ParentID: pick(g, nil, &parent), Phone: pick(g, "", "030 23125 100"), Email: pick(g, "", "amt@stadt.example"),
		URL: pick(g, "", "https://stadt.example/"), AppointmentURL: pick(g, "", "https://termin.example/"), Position: pick(g, nil, &catalog.PositionEntry{Lat: 52.6911, Lon: 7.2918}),
		Address:      pick(g, nil, &catalog.AddressEntry{Street: "Markt", HouseNumber: "1 a", PostalCode: "49716", City: "Meppen"}),
		OpeningHours: pick(g, nil, []catalog.HoursEntry{{Days: []string{"mo", "th"}, From: "08:00", To: "12:30"}, {Days: []string{"sa"}, From: "09:00", To: "24:00"}}),
		SpecialHours: g.specialHours(), Administers: pick(g, nil, []string{"034540035035"}, []string{"000000000000", "03454"}),
		HoursNote: pick(g, nil, catalog.Text{"de": "Mit Termin.\nSonst: " + g.word(), "en": "By appointment"}), Accessibility: pick(g, nil, g.plain([]string{"de"})),
	}
	e.ID, e.SourceEntry = g.source(catalog.KindOrganisation)
	e.Extras = g.extras("bankverbindung", "synonym")
	return e
}

func (g generator) specialHours() []catalog.SpecialHoursEntry {
	note := pick(g, nil, g.plain([]string{"de"}), g.plain(g.languages()), catalog.Text{"en": "Stocktaking: closed – " + g.word()})
	return pick(g, nil, []catalog.SpecialHoursEntry{
		{From: "2026-12-24", To: "2026-12-24", Note: note},
		{From: "2026-12-28", To: "2027-01-02", Hours: []catalog.DayHoursEntry{{From: "09:00", To: "12:00"}, {From: "13:30", To: "24:00"}}, Note: g.plain([]string{"de"})},
		{From: "2026-12-28", To: "2027-01-02", Note: note},
	}, []catalog.SpecialHoursEntry{{From: "2028-02-29", To: "2028-02-29", Hours: []catalog.DayHoursEntry{{From: "00:00", To: "08:15"}}, Note: note}})
}

func (g generator) competence() any {
	e := &catalog.CompetenceEntry{ServiceID: g.id(), OrganisationID: g.id(), Area: pick(g, "03454", "034540035035", "000000000000"), Note: pick(g, nil, g.plain([]string{"de", "en"})), Role: pick(g, "", "01", "03", "02")}
	if g.yes() {
		e.Validity = []catalog.PeriodEntry{{From: g.moment(), Note: g.plain([]string{"de"})}, {To: g.moment()}}
	}
	if g.yes() {
		e.Audiences = pick(g, nil, []string{"citizen"}, []string{"business", "foundation"})
		e.Conditions = pick(g, nil, []catalog.ConditionEntry{{Kind: "surname", From: "A", To: "K"}, {Kind: "surname", From: "SCH"}, {Kind: "age", Min: new(18)}},
			[]catalog.ConditionEntry{{Kind: "age", Min: new(0), Max: new(17)}, {Kind: "district", From: "Nord"}})
		e.Rule = pick(g, nil, g.plain(g.languages()))
	}
	e.ID, e.SourceEntry = g.source(catalog.KindCompetence)
	e.Extras = g.extras("kriterium")
	return e
}

func (g generator) onlineService() any {
	e := &catalog.OnlineServiceEntry{
		Title: g.plain(g.languages()), Teaser: pick(g, nil, g.plain([]string{"de"})), Description: g.html([]string{"de", "en"}), TrustLevel: pick(g, "", "low", "high"),
		Links:    []catalog.OnlineLinkEntry{{Type: "01", Language: "de", URL: "https://antrag.example/?x=1&y=2", Title: g.words()}, {URL: "https://antrag.example/en"}},
		Payments: pick(g, nil, []catalog.CodeEntry{{Code: "001", Name: g.word()}}), Publisher: g.publisher(), UpdatedAt: *g.moment(),
		Validity: []catalog.PeriodEntry{{From: g.moment(), To: g.moment()}}, LanguageVersions: []catalog.LanguageEntry{{Language: "en", CreatedAt: g.moment()}},
	}
	e.ID, e.SourceEntry = g.source(catalog.KindOnlineService)
	e.Extras = g.extras("parameter")
	return e
}

func (g generator) onlineCompetence() any {
	e := &catalog.OnlineCompetenceEntry{ServiceID: g.id(), OnlineServiceID: g.id(), Areas: []string{"03454"}}
	e.ID, e.SourceEntry = g.source(catalog.KindOnlineCompetence)
	e.Extras = g.extras("kriterium")
	return e
}

// decode reads a payload as an entry.
func decode(t testing.TB, kind string, payload []byte) any {
	t.Helper()
	e := map[string]any{
		catalog.KindService: &catalog.ServiceEntry{}, catalog.KindSpecialisation: &catalog.SpecialisationEntry{}, catalog.KindOrganisation: &catalog.OrganisationEntry{},
		catalog.KindCompetence: &catalog.CompetenceEntry{}, catalog.KindOnlineService: &catalog.OnlineServiceEntry{}, catalog.KindOnlineCompetence: &catalog.OnlineCompetenceEntry{},
	}[kind]
	if e == nil {
		return nil
	}
	if err := json.Unmarshal(payload, e); err != nil {
		t.Fatal(err)
	}
	return e
}

// write writes entries as a message.
func write(t testing.TB, languages []string, entries ...any) []byte {
	t.Helper()
	var b bytes.Buffer
	w := NewWriter(&b, Settings{Own: ownAgency, Product: "Portalverbund", Maker: "Portalverbund", Created: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Languages: languages})
	for _, e := range entries {
		if err := w.Entry(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// taken reads a message and gives the entries as the catalog keeps them, by kind and id; nothing may be wrong with it.
func taken(t testing.TB, message []byte) map[string]json.RawMessage {
	t.Helper()
	normaliser := catalog.NewNormaliser()
	entries := map[string]json.RawMessage{}
	for r, err := range Read(context.Background(), "test.xml", bytes.NewReader(message), Options{Own: ownAgency}) {
		if err != nil || r.Skip != "" || len(r.Warnings) > 0 {
			t.Fatalf("%+v, %v\n%s", r, err, message)
		}
		payload, err := normaliser.Entry(r.Kind, r.Payload)
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", r.Kind, r.ID, err, message)
		}
		entries[r.Kind+" "+r.ID] = payload
	}
	return entries
}

func TestRoundTrip_EntriesOfEveryKind_ComeBackEqual(t *testing.T) {
	t.Parallel()
	normaliser := catalog.NewNormaliser()
	for seed := range uint64(100) {
		g := generator{rand.New(rand.NewPCG(seed, 1))}
		for kind, make := range map[string]func() any{
			catalog.KindService: g.service, catalog.KindSpecialisation: g.specialisation, catalog.KindOrganisation: g.organisation,
			catalog.KindCompetence: g.competence, catalog.KindOnlineService: g.onlineService, catalog.KindOnlineCompetence: g.onlineCompetence,
		} {
			raw, err := json.Marshal(make())
			if err != nil {
				t.Fatal(err)
			}
			want, err := normaliser.Entry(kind, raw)
			if err != nil {
				t.Fatalf("seed %d: %s: %v\n%s", seed, kind, err, raw)
			}
			message := write(t, nil, decode(t, kind, want))
			for key, got := range taken(t, message) {
				if strings.HasPrefix(key, kind+" ") && !bytes.Equal(got, want) {
					t.Fatalf("seed %d: %s comes back different: %s\nin\n%.3000s", seed, key, difference(t, want, got), message)
				}
			}
		}
	}
}

// difference shows the properties of two objects that differ.
func difference(t testing.TB, want, got []byte) string {
	t.Helper()
	var a, b map[string]json.RawMessage
	if err := errors.Join(json.Unmarshal(want, &a), json.Unmarshal(got, &b)); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for key := range a {
		if !bytes.Equal(a[key], b[key]) {
			fmt.Fprintf(&text, "\n%s was %s\nbecame %s", key, a[key], b[key])
		}
	}
	for key := range b {
		if a[key] == nil {
			fmt.Fprintf(&text, "\n%s is new: %s", key, b[key])
		}
	}
	return text.String()
}
