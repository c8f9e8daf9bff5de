package pdf_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"portalverbund/server/platform/pdf"
	"portalverbund/server/platform/pdf/pdftest"
)

// letter sets a paper with all that there is.
func letter(t testing.TB, paragraphs int) []byte {
	t.Helper()
	p, err := pdf.New(pdf.Head{Title: "Bescheid (MEP-1)", Author: "Stadt Meppen", Language: "de-DE", At: time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC)})
	require.NoError(t, err)
	p.Letterhead("Stadt Meppen", "Bürgerbüro", "Markt 43, 49716 Meppen")
	p.Recipient("Stadt Meppen, Markt 43, 49716 Meppen", "Zoë Łęcka-Çelik", "Straße des 17. Juni 1", "49716 Meppen")
	p.Facts(pdf.Fact{Label: "Antrag", Value: "MEP-1"}, pdf.Fact{Label: "Leer"}, pdf.Fact{Label: "Datum", Value: "29.11.2026"})
	p.Heading("Bewilligung: Hund anmelden")
	for range paragraphs {
		p.Text("Sehr geehrte Frau Łęcka-Çelik,\n\n„Ihr“ Antrag wird bewilligt – die Gebühr beträgt 12,50 €. Das Wort Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetzesverordnungsentwurfsfassung bricht um.")
	}
	p.Heading("Gebühren")
	rows := [][]string{}
	for range paragraphs {
		rows = append(rows, []string{"Grundgebühr für das erste Tier, einschließlich der Marke und der Zustellung", "12,50 €"})
	}
	p.Table([]float64{0.75, 0.25}, []string{"Wofür", "Betrag"}, rows...)
	p.List("Ausweis", "Impfpass")
	p.In("en")
	p.Text("A text in English.")
	p.In("")
	p.Link("Zum Antrag", "https://meppen.example/antraege/1")
	p.Small("Sinngemäß gilt: Ǆ Ș ț ạ ế Ω Жук, und was die Schrift nicht hat: 漢")
	p.Footer("Stadt Meppen")
	var b bytes.Buffer
	require.NoError(t, p.Write(&b))
	return b.Bytes()
}

func TestPaper_ReadByItsTags_SaysAllInOrder(t *testing.T) {
	t.Parallel()
	p := pdftest.Read(t, letter(t, 1))
	require.Equal(t, []any{"de-DE", "Bescheid (MEP-1)", true, true, 1}, []any{p.Language, p.Title, p.Tagged, p.ShowsTitle, p.Pages})
	require.Contains(t, p.Metadata, "<pdfuaid:part>1</pdfuaid:part>")
	require.Contains(t, p.Metadata, "Bescheid (MEP-1)")
	text := p.Text()
	last := -1
	for _, part := range []string{
		"Stadt Meppen", "Bürgerbüro Markt 43", "Zoë Łęcka-Çelik Straße des 17. Juni 1 49716 Meppen", "Antrag: MEP-1", "Datum: 29.11.2026", "Bewilligung: Hund anmelden",
		"Sehr geehrte", "12,50 €. Das Wort", "verordnungsentwurfsfassung bricht um.", "Gebühren", "Wofür: Betrag", "Zustellung: 12,50 €", "•Ausweis", "•Impfpass", "A text in English.", "Zum Antrag", "Ǆ Ș ț ạ ế Ω Жук", "hat: 漢",
	} {
		at := strings.Index(text, part)
		require.Greater(t, at, last, "%q is missing, or not in its place, in:\n%s", part, text)
		last = at
	}
	require.NotContains(t, text, "Leer")
	require.Contains(t, p.Artifacts, "Seite 1 von 1")
	require.NotContains(t, text, "Seite 1")
	require.Len(t, p.Root.All("H1"), 1)
	require.Len(t, p.Root.All("H2"), 1)
	var scopes []string
	for _, h := range p.Root.All("TH") {
		scopes = append(scopes, h.Scope)
	}
	require.Equal(t, []string{"Row", "Row", "Column", "Column"}, scopes)
	require.Len(t, p.Root.All("LI"), 2)
	require.Equal(t, 1, p.Root.All("Link")[0].Links)
	var english []string
	for _, e := range p.Root.Kids {
		if e.Language != "" {
			english = append(english, e.Language+" "+e.Text)
		}
	}
	require.Equal(t, []string{"en A text in English."}, english)
}

func TestPaper_OverManyPages_NothingIsLost(t *testing.T) {
	t.Parallel()
	const n = 60
	p := pdftest.Read(t, letter(t, n))
	require.Greater(t, p.Pages, 5)
	require.Equal(t, n, strings.Count(p.Text(), "verordnungsentwurfsfassung bricht um."))
	require.Equal(t, n, strings.Count(p.Text(), "Zustellung: 12,50 €"))
	require.Len(t, p.Root.All("Table"), 2)
	require.Equal(t, 1, strings.Count(p.Text(), "Wofür: Betrag"), "the head of the table is read once")
	require.Greater(t, strings.Count(p.Artifacts, "Wofür"), 1, "and seen on each page")
}

func TestPaper_OneCellOverPages_AndNothingInIt(t *testing.T) {
	t.Parallel()
	p, err := pdf.New(pdf.Head{Title: "Lang", Language: "en", At: time.Unix(0, 0)})
	require.NoError(t, err)
	p.Heading("Long")
	p.Text("")
	p.Facts(pdf.Fact{Label: "Answer", Value: strings.Repeat("A long answer\n", 150) + "the end"}, pdf.Fact{Label: "Next", Value: strings.Repeat("x", 400)})
	var b bytes.Buffer
	require.NoError(t, p.Write(&b))
	got := pdftest.Read(t, b.Bytes())
	require.Equal(t, 150, strings.Count(got.Text(), "A long answer "))
	require.Contains(t, got.Text(), "the end\nNext: "+strings.Repeat("x", 400))
	require.Contains(t, got.Artifacts, "Page 4 of 4")
}

func TestPaper_Same_SameBytes_Small(t *testing.T) {
	t.Parallel()
	one, two := letter(t, 3), letter(t, 3)
	require.True(t, bytes.Equal(one, two))
	require.Less(t, len(one), 60_000)
}

// Poppler is a reader that is used by many; where it is installed, it is asked too.
func TestPaper_PopplerReadsTheSame(t *testing.T) {
	t.Parallel()
	info, err := exec.LookPath("pdfinfo")
	if err != nil {
		t.Skip("poppler-utils are not installed")
	}
	name := filepath.Join(t.TempDir(), "a.pdf")
	require.NoError(t, os.WriteFile(name, letter(t, 2), 0o600))
	run := func(args ...string) string {
		out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput()
		require.NoError(t, err, string(out))
		require.NotContains(t, string(out), "Error")
		return string(out)
	}
	said := run(info, name)
	require.Regexp(t, `Tagged:\s+yes`, said)
	require.Regexp(t, `Title:\s+Bescheid \(MEP-1\)`, said)
	tree := run(info, "-struct-text", name)
	for _, part := range []string{"H1 (block)", `"Bewilligung: Hund anmelden"`, "TH:", "/Scope /Row", "/Scope /Column", `"•"`, `"Impfpass"`, "Link (inline)"} {
		require.Contains(t, tree, part)
	}
	text := run("pdftotext", name, "-")
	require.Contains(t, text, "Zoë Łęcka-Çelik")
	fonts := run("pdffonts", name)
	require.Equal(t, 2, strings.Count(fonts, "Identity-H       yes yes yes"), fonts)
}

func BenchmarkLetter(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		letter(b, 2)
	}
}
