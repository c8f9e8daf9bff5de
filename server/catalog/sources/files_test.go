package sources

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	api "portalverbund/api/sources"
	"portalverbund/api/types"
	"portalverbund/server/catalog/adapter"
	"portalverbund/server/catalog/xzufi"
	"portalverbund/server/platform/problem"
)

// newFileBench is a bench that reads XZuFi, too.
func newFileBench(t testing.TB) *bench {
	t.Helper()
	b := newBench(t)
	b.formats = append(b.formats, xzufi.Format(xzufi.Options{}))
	b.kinds[0] = webFile(b.formats)
	return b
}

// leistung is a service in XZuFi.
func leistung(n int, title string) string {
	return fmt.Sprintf(`<schreibe><leistung><id schemeAgencyID="L100042" schemeID="LB">%d</id><modulText><leikaTextmodul><code>03</code></leikaTextmodul>
<inhalt languageCode="de">%s</inhalt></modulText><versionsinformation><geaendertDatumZeit>2026-01-01T00:00:00Z</geaendertDatumZeit></versionsinformation></leistung></schreibe>
`, n, title)
}

func delivery(objects ...string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>
<lieferung xmlns="http://xoev.de/schemata/xzufi/2_2_0" xzufiVersion="2.2"><nachrichtenkopf/>
` + strings.Join(objects, "") + `</lieferung>`
}

// member is a file of an archive.
type member struct{ name, content string }

func packed(t testing.TB, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range members {
		w, err := z.Create(m.name)
		if err == nil {
			_, err = io.WriteString(w, m.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (b *bench) upload(t testing.TB, name string, content []byte) (Run, error) {
	t.Helper()
	run, err := b.Upload(t.Context(), "test", key(), Upload{Name: name, Content: bytes.NewReader(content)})
	if err != nil {
		return run, err
	}
	return b.run(t, run.ID), nil
}

// shown gives the titles of the services that the catalog has.
func (b *bench) shown(t testing.TB) []string {
	t.Helper()
	return slices.Sorted(maps.Values(b.titles(t)))
}

func (b *bench) wantShown(t testing.TB, want ...string) {
	t.Helper()
	if got := b.shown(t); !slices.Equal(got, want) {
		t.Errorf("the catalog has %q, want %q", got, want)
	}
}

func TestUpload_Archive_ItsFilesInTheOrderOfTheIndex(t *testing.T) {
	t.Parallel()
	b := newFileBench(t)
	run, err := b.upload(t, "lieferung.zip", packed(t,
		member{"lieferung/a.xml", delivery(leistung(1, "Zuletzt"))},
		member{"lieferung/b.xml", delivery(leistung(1, "Zuerst"), leistung(2, "Hund"))},
		member{"lieferung/index.txt", "b.xml\r\na.xml\r\n"},
		member{"lieferung/c.xml", delivery(leistung(3, "Nicht genannt"))},
		member{"__MACOSX/._a.xml", "x"}, member{"lieferung/.DS_Store", "x"}))
	if err != nil {
		t.Fatal(err)
	}
	wantState(t, run, StateDone)
	b.wantShown(t, "Hund", "Zuletzt")
	notes, _, err := b.Notes(t.Context(), run.ID, 10, "", NoteFilter{})
	if err != nil || len(notes) == 0 || notes[0].Place != "lieferung.zip/lieferung/c.xml" || !notes[0].Skipped {
		t.Errorf("notes %+v, %v", notes, err)
	}
}

func TestUpload_Archive_UnknownFilesAreNamedAndTheOthersTaken(t *testing.T) {
	t.Parallel()
	b := newFileBench(t)
	run, err := b.upload(t, "vieles.zip", packed(t, member{"bild.png", "\x89PNG"}, member{"x.xml", delivery(leistung(1, "Hund"))},
		member{"y.jsonl", string(service(2, "Katze")) + "\n"}, member{"innen.zip", string(packed(t, member{"z.xml", delivery(leistung(3, "Innen"))}))}))
	if err != nil {
		t.Fatal(err)
	}
	wantState(t, run, StateDone)
	b.wantShown(t, "Hund", "Katze")
	if run.Skipped != 2 {
		t.Errorf("%d skipped, want the picture and the archive in the archive", run.Skipped)
	}
}

func TestUpload_BadArchives_RefusedOrNothingTaken(t *testing.T) {
	t.Parallel()
	good := packed(t, member{"x.xml", delivery(leistung(1, "Hund"))})
	cut := slices.Clone(good[:len(good)-30])
	nothing := packed(t, member{"bild.png", "\x89PNG"}, member{"leer.txt", ""})
	empty := packed(t)
	twice := packed(t, member{"x.xml", delivery(leistung(1, "Hund"))}, member{"x.xml", delivery(leistung(2, "Katze"))})
	elsewhere := packed(t, member{"index.txt", "../x.xml\n"}, member{"x.xml", delivery(leistung(1, "Hund"))})
	missing := packed(t, member{"index.txt", "x.xml\ny.xml\n"}, member{"x.xml", delivery(leistung(1, "Hund"))})
	large := slices.Clone(good) // says that it is 4 GiB
	at := bytes.Index(large, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(large[at+24:], 0xFFFFFFFE)
	for name, content := range map[string][]byte{"cut": cut, "nothing": nothing, "empty": empty, "twice": twice, "elsewhere": elsewhere, "missing": missing, "larger than it says": large} {
		b := newFileBench(t)
		if run, err := b.upload(t, name+".zip", content); !problem.Is(err, "import-format") {
			t.Errorf("%s: %s, %v", name, run.State, err)
		}
		b.wantShown(t)
	}
}

// TestOpenArchive_EndlessDirectory_GivenUp has a list of files that is longer than it may be.
func TestOpenArchive_EndlessDirectory_GivenUp(t *testing.T) {
	t.Parallel()
	var content bytes.Buffer
	z := zip.NewWriter(&content)
	for i := range 150_000 {
		if _, err := z.Create(fmt.Sprintf("%060d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := openArchive(t.Context(), "x.zip", bytes.NewReader(content.Bytes())); !errors.Is(err, errFile) || !strings.Contains(err.Error(), "too long") {
		t.Errorf("error %v", err)
	}
}

// endless gives a beginning and then zeros without end, and counts how much was read.
type endless struct {
	head string
	read int64
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.head)
	e.head = e.head[n:]
	clear(p[n:])
	e.read += int64(len(p))
	return len(p), nil
}

func TestUpload_UnknownContent_RefusedBeforeItIsReadWhole(t *testing.T) {
	t.Parallel()
	b := newFileBench(t)
	content := &endless{head: "\x89PNG"}
	_, err := b.Upload(t.Context(), "test", key(), Upload{Name: "bild.xml", Content: content})
	wantProblem(t, err, "import-format")
	if content.read > 1<<20 {
		t.Errorf("%d bytes were read of a file that can't be imported", content.read)
	}
}

type breaking struct{ io.Reader }

func (b breaking) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func TestUpload_BreaksOffOrTooLarge_SaidAndNothingKept(t *testing.T) {
	t.Parallel()
	b := newFileBench(t)
	_, err := b.Upload(t.Context(), "test", key(), Upload{Name: "x.xml", Content: breaking{strings.NewReader(delivery(leistung(1, "Hund")))}})
	wantProblem(t, err, "body")
	_, err = b.Upload(t.Context(), "test", key(), Upload{Name: "x.xml", Content: io.MultiReader(strings.NewReader(delivery()), tooLargeBody{})})
	wantProblem(t, err, "file-too-large")
	if runs, _, err := b.Runs(t.Context(), nil, 10, ""); err != nil || len(runs) != 0 {
		t.Errorf("runs %+v, %v", runs, err)
	}
}

// tooLargeBody breaks off as a body does that is larger than the contract allows.
type tooLargeBody struct{}

func (tooLargeBody) Read([]byte) (int, error) { return 0, &http.MaxBytesError{Limit: MaxUpload} }

func TestUpload_NameOfASource_DoesNotSpeakForIt(t *testing.T) {
	t.Parallel()
	b := newFileBench(t)
	b.directory.records = say("Hund", "Katze")
	source := b.source(t)
	wantState(t, b.start(t, source.ID, false), StateDone)
	run, err := b.Upload(t.Context(), "test", key(), Upload{Name: originOf(source.ID), Complete: true, Content: bytes.NewReader(service(3, "Maus"))})
	if err != nil {
		t.Fatal(err)
	}
	wantState(t, b.run(t, run.ID), StateDone)
	b.wantShown(t, "Hund", "Katze", "Maus")
}

func TestWebFile_Archive_IsRead(t *testing.T) {
	t.Parallel()
	b := newFileBench(t)
	content := packed(t, member{"x.xml", delivery(leistung(1, "Hund"))})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(content) }))
	t.Cleanup(server.Close)
	source, err := b.Create(t.Context(), "test", key(), Draft{Kind: KindWebFile, Name: "Datei", Settings: adapter.Settings{"url": server.URL + "/x.zip"}, Enabled: true})
	if err != nil {
		t.Fatal(err)
	}
	wantState(t, b.start(t, source.ID, false), StateDone)
	b.wantShown(t, "Hund")
}

func TestRunPath_FolderWithIndex_WhatItNoLongerNamesIsDeleted(t *testing.T) {
	t.Parallel()
	b := newFileBench(t)
	folder := t.TempDir()
	put := func(name, content string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func() (Run, error) { return b.RunPath(t.Context(), folder, CommandOptions{}) }
	put("b.xml", delivery(leistung(1, "Eins")))
	put("a.xml", delivery(leistung(2, "Zwei")))
	put("lies.mich", "Guten Tag")
	put(adapter.IndexName, "b.xml\r\na.xml\n")
	if r, err := run(); err != nil || r.State != StateDone || r.Skipped != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	b.wantShown(t, "Eins", "Zwei")
	put(adapter.IndexName, "a.xml\n")
	second, err := run()
	if err != nil || second.State != StateDone || second.Counts["service"].Deleted != 1 || second.Skipped != 1 {
		t.Fatalf("%+v, %v", second, err)
	}
	b.wantShown(t, "Zwei")
	put("a.xml", delivery(leistung(3, "Drei"))+"<")
	for name, index := range map[string]string{"empty": "\n", "elsewhere": "../a.xml\n", "missing": "a.xml\nc.xml\n", "twice": "a.xml\na.xml\n", "broken": "a.xml\n"} {
		put(adapter.IndexName, index)
		if r, err := run(); err == nil && r.State == StateDone {
			t.Errorf("an index that is %s is taken: %+v", name, r)
		}
	}
	b.wantShown(t, "Zwei")
	put("a.xml", delivery(leistung(2, "Zwei")))
	put(adapter.IndexName, "a.xml\n")
	if r, err := b.UndoPath(t.Context(), folder, CommandOptions{}); err != nil || r.State != StateDone {
		t.Fatalf("%+v, %v", r, err)
	}
	b.wantShown(t, "Eins", "Zwei")
}

func TestRunPath_WouldDeleteMost_EndsAndForceGoesOn(t *testing.T) {
	t.Parallel()
	b := newFileBench(t)
	path := filepath.Join(t.TempDir(), "x.jsonl")
	write := func(n int) {
		var text bytes.Buffer
		for i := range n {
			text.Write(service(i+1, fmt.Sprint("Leistung ", i)))
			text.WriteByte('\n')
		}
		if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(20)
	if r, err := b.RunPath(t.Context(), path, CommandOptions{Complete: true}); err != nil || r.State != StateDone {
		t.Fatalf("%+v, %v", r, err)
	}
	write(2)
	held, err := b.RunPath(t.Context(), path, CommandOptions{Complete: true})
	if err != nil || held.State != StateHeld || held.Lost != 18 {
		t.Fatalf("%+v, %v", held, err)
	}
	if _, err := b.Report(t.Context(), held); err == nil || !strings.Contains(err.Error(), "18 of the 20") {
		t.Errorf("report %v", err)
	}
	forced, err := b.RunPath(t.Context(), path, CommandOptions{Complete: true, Force: true})
	if err != nil || forced.State != StateDone {
		t.Fatalf("%+v, %v", forced, err)
	}
	if report, err := b.Report(t.Context(), forced); err != nil || report.Of("service").Deleted != 18 {
		t.Errorf("%s, %v", report, err)
	}
}

func TestHTTP_UploadNotesAndComparison(t *testing.T) {
	t.Parallel()
	b := newFileBench(t)
	h := NewHandlers(b.Service)
	admin := as(t.Context(), "admin", "de")
	send := func(ctx context.Context, name, content string) (types.ImportRun, error) {
		answer, err := h.UploadImport(ctx, api.UploadImportRequestObject{Params: types.UploadImportParams{Name: name, IdempotencyKey: key()}, Body: strings.NewReader(content)})
		if err != nil {
			return types.ImportRun{}, err
		}
		return types.ImportRun(answer.(api.UploadImport202JSONResponse)), nil
	}
	if _, err := send(as(t.Context(), "editor", "de"), "x.xml", delivery()); !problem.Is(err, "role-missing") {
		t.Errorf("an editor uploads: %v", err)
	}
	first, err := send(admin, "x.xml", delivery(leistung(1, "Hund"), leistung(2, "Katze")))
	if err != nil {
		t.Fatal(err)
	}
	b.run(t, first.Id)
	second, err := send(admin, "x.xml", delivery(leistung(1, "Hund anmelden"), leistung(2, "Katze"),
		`<loesche klasse="Unbekannt"><id>1</id></loesche>`, `<schreibe><leistung><id schemeAgencyID="L100042">3</id><neu/></leistung></schreibe>`))
	if err != nil {
		t.Fatal(err)
	}
	wantState(t, b.run(t, second.Id), StateDone)
	notes := func(skipped *bool, text string) []types.ImportNote {
		answer, err := h.ListImportNotes(admin, api.ListImportNotesRequestObject{RunId: second.Id, Params: types.ListImportNotesParams{Skipped: skipped, Q: &text}})
		if err != nil {
			t.Fatal(err)
		}
		return answer.(api.ListImportNotes200JSONResponse).Items
	}
	yes, no := true, false
	all, skipped, warned := notes(nil, ""), notes(&yes, ""), notes(&no, "")
	if len(skipped) == 0 || len(warned) == 0 || len(skipped)+len(warned) != len(all) || skipped[0].Line == nil || !skipped[0].Skipped || warned[0].Skipped {
		t.Errorf("skipped %+v, warned %+v", skipped, warned)
	}
	if found := notes(nil, "UNBEKANNT"); len(found) != 1 || *found[0].Place != "x.xml" {
		t.Errorf("found %+v", found)
	}
	if found := notes(nil, "%"); len(found) != 0 {
		t.Errorf("a sign stands for itself: %+v", found)
	}
	answer, err := h.GetImportDifference(admin, api.GetImportDifferenceRequestObject{RunId: second.Id, Number: 1})
	if err != nil {
		t.Fatal(err)
	}
	d := answer.(api.GetImportDifference200JSONResponse)
	title := func(e *types.ImportedEntry) any { return (*e)["title"].(map[string]any)["de"] }
	if d.Difference.Outcome != types.ImportChanged || title(d.Before) != "Hund" || title(d.After) != "Hund anmelden" {
		t.Errorf("%+v", d)
	}
	if _, err := h.GetImportDifference(admin, api.GetImportDifferenceRequestObject{RunId: second.Id, Number: 99}); !problem.Is(err, "difference-unknown") {
		t.Errorf("error %v", err)
	}
}
