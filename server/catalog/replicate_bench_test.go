package catalog

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
)

// entriesOf gives n services and as many competences as a linked portal publishes them: about three kilobytes, and a few hundred bytes.
func entriesOf(b *testing.B, n int) []types.CatalogEntry {
	b.Helper()
	entries := make([]types.CatalogEntry, 0, 2*n)
	add := func(e entry) {
		payload, err := json.Marshal(e)
		if err != nil {
			b.Fatal(err)
		}
		raw := json.RawMessage(payload)
		entries = append(entries, types.CatalogEntry{Kind: e.kind(), Id: e.key(), Payload: &raw})
	}
	words := strings.Fields("Abfallgebühr Anwohnerparkausweis Brandschutznachweis Familienbeihilfe Gewässeraufsicht Hundesteuer Jagdschein Wohnsitz")
	text := func(i, sentences int) string {
		var t strings.Builder
		for s := range sentences {
			fmt.Fprintf(&t, "Die %s müssen Sie %s, wenn eine %s vorliegt und die %s nicht schon erteilt ist. ", words[(i+s)%8], words[(i/8+s)%8], words[(i/64+s)%8], words[(3*i+s)%8])
		}
		return strings.TrimSpace(t.String())
	}
	id := func(of string, i int) uuid.UUID { return uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append(nil, of, i)) }
	days, amount := 14, int64(2500)
	for i := range n {
		s := &ServiceEntry{
			ID: id("service", i), ModulesEntry: ModulesEntry{
				Title: Text{"de": fmt.Sprint(words[i%8], " ", i), "en": fmt.Sprint("Service ", i)}, Teaser: Text{"de": text(i, 1), "en": "What you need to know about it."},
				Description: Text{"de": "<p>" + text(i, 3) + "</p><p>" + text(i, 2) + "</p>", "en": "<p>This text describes the service.</p>"},
				Procedure:   Text{"de": "<ol><li>" + text(i, 1) + "</li><li>" + text(i+1, 1) + "</li></ol>"},
				Documents:   []DocumentEntry{{Title: Text{"de": words[i%8], "en": "A document"}, Required: true}, {Title: Text{"de": words[i/8%8]}}},
				Fees:        []FeeEntry{{Label: Text{"de": "Gebühr", "en": "Fee"}, Kind: "fixed", Amount: &amount, Currency: "EUR"}},
				Deadlines:   []DeadlineEntry{{Text: Text{"de": text(i, 1)}}}, ProcessingTime: &TimeEntry{Text: Text{"de": "14 Tage"}, Days: &days},
				LegalBasis: []LegalEntry{{Title: Text{"de": fmt.Sprintf("§ %d der Satzung", i)}}},
			},
			Synonyms: map[string][]string{"de": {words[i%8], words[i/8%8]}}, Categories: []string{"moving"}, Audiences: []string{"citizen"}, TrustLevel: "low",
			UpdatedAt: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), LeikaKey: fmt.Sprintf("99%012d", i),
		}
		add(s)
		add(&CompetenceEntry{ID: id("competence", i), ServiceID: s.ID, OrganisationID: id("unit", i%50), Area: "034545404"})
	}
	return entries
}

// BenchmarkReadReplica measures reading and checking the entries of a linked portal.
func BenchmarkReadReplica(b *testing.B) {
	p := newPortal(b)
	entries := entriesOf(b, 500)
	b.ReportAllocs()
	for b.Loop() {
		if read := p.readPortion(lathen, entries); read.refused.count > 0 {
			b.Fatal(read.refused.first)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(entries)), "µs/entry")
}

// BenchmarkReplicate measures taking in the entries of a linked portal that is new, in pages as they come, and as the floor a bare COPY
// of the same rows into tables without any index, in one run.
func BenchmarkReplicate(b *testing.B) {
	const n = 5000
	entries := entriesOf(b, n)
	var writing, copying time.Duration
	for b.Loop() {
		b.StopTimer()
		p := newPortal(b)
		var pages []func() error
		for from := 0; from < len(entries); from += 1000 {
			take := p.ReadReplica(b.Context(), lathen, entries[from:from+1000])
			pages = append(pages, func() error { return take(b.Context()) })
		}
		b.StartTimer()
		begun := time.Now()
		for _, take := range pages {
			if err := take(); err != nil {
				b.Fatal(err)
			}
		}
		writing += time.Since(begun)
		if got := p.count(b, "catalog_services", lathen) + p.count(b, "catalog_competences", lathen); got != 2*n {
			b.Fatal(got, " rows")
		}
		copying += bareCopy(b, p, "catalog_services", "catalog_competences")
	}
	b.ReportMetric(float64(b.N*len(entries))/writing.Seconds(), "entries/s")
	b.ReportMetric(copying.Seconds()/writing.Seconds(), "to-copy")
}

// bareCopy is how long the rows of tables take by COPY into tables without any index.
func bareCopy(b *testing.B, p *portal, tables ...string) (took time.Duration) {
	b.Helper()
	for _, table := range tables {
		_, err := p.db.Pool().Exec(b.Context(), "CREATE TABLE bare_"+table+" (LIKE "+table+")")
		if err != nil {
			b.Fatal(err)
		}
		var rows strings.Builder
		conn, err := p.db.Pool().Acquire(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := conn.Conn().PgConn().CopyTo(b.Context(), &rows, "COPY (SELECT * FROM "+table+") TO STDOUT (FORMAT binary)"); err != nil {
			b.Fatal(err)
		}
		begun := time.Now()
		if _, err := conn.Conn().PgConn().CopyFrom(b.Context(), strings.NewReader(rows.String()), "COPY bare_"+table+" FROM STDIN (FORMAT binary)"); err != nil {
			b.Fatal(err)
		}
		took += time.Since(begun)
		conn.Release()
	}
	return took
}
