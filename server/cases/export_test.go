package cases_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/pdf/pdftest"
)

// exported reads an exported case: its entries by name.
func (x setup) exported(t *testing.T, id uuid.UUID) map[string][]byte {
	t.Helper()
	name, content, err := x.s.Export(x.clerk, id)
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	all, err := io.ReadAll(content)
	if err != nil {
		t.Fatal(err)
	}
	archive, err := zip.NewReader(bytes.NewReader(all), int64(len(all)))
	if err != nil {
		t.Fatal(err)
	}
	entries := map[string][]byte{"": []byte(name)}
	for _, file := range archive.File {
		opened, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		if entries[file.Name], err = io.ReadAll(opened); err != nil {
			t.Fatal(err)
		}
	}
	return entries
}

func TestExport_WholeFile_NamesAndHashesEverything(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.run()
	app := x.application([]byte("%PDF-1.7 Impfpass"))
	bernd := types.ConsentedApplicant{Name: "Bernd Nachbar", TrustLevel: types.Substantial, ConsentedAt: app.SubmittedAt, ContentHash: strings.Repeat("ab", 32)}
	app.CoApplicants = &[]types.ConsentedApplicant{bernd}
	id := x.open(t, app)
	waitFor(t, "the file", func() bool {
		return x.count(t, "SELECT count(*) FROM case_attachments WHERE state = 'available'") == 1
	})
	if c, err := x.s.Read(x.clerk, id); err != nil || c.CoApplicants == nil || (*c.CoApplicants)[0] != bernd {
		t.Errorf("the clerk sees %+v, %v", c.CoApplicants, err)
	}
	reason := types.PaymentReduction{From: types.Money{Amount: 5000, Currency: "EUR"}, To: types.Money{Amount: 2550, Currency: "EUR"}, Reason: "Zweiter Hund"}
	at := app.SubmittedAt
	x.set(func() {
		x.receipts = map[uuid.UUID]string{app.ApplicationId: "signed.by.portal"}
		x.fees = map[uuid.UUID][]types.PaymentRecord{app.ApplicationId: {{
			Id: uuid.New(), State: types.PaymentPaid, Amount: reason.To, Purpose: "Gebühr für die Marke", Reference: "EMS-4711", Reduction: &reason, CreatedAt: at, PaidAt: &at,
			Steps: []types.PaymentStep{{At: at, State: types.PaymentCreated, What: "assessed"}, {At: at, State: types.PaymentCreated, What: "reduced"}},
		}}}
	})
	if _, err := x.s.Note(x.clerk, id, "key-00001", "Rücksprache <gehalten>."); err != nil {
		t.Fatal(err)
	}
	if _, err := x.s.Decide(x.clerk, id, "key-00002", granted("Ihr Hund ist angemeldet.")); err != nil {
		t.Fatal(err)
	}
	entries := x.exported(t, id)

	var manifest struct {
		Number, Message string
		Missing         []string
		Files           []struct {
			Name, Title, SHA256 string
			Size                int
		}
	}
	if err := json.Unmarshal(entries["manifest.json"], &manifest); err != nil {
		t.Fatal(err)
	}
	if manifest.Number != app.Number || len(manifest.Files) != 4 || len(manifest.Missing) != 0 || len(entries) != 7 { // with its own name, the message and the manifest
		t.Fatalf("manifest %+v, %d entries", manifest, len(entries))
	}
	for _, f := range manifest.Files {
		sum := sha256.Sum256(entries[f.Name])
		if f.SHA256 != hex.EncodeToString(sum[:]) || f.Size != len(entries[f.Name]) {
			t.Errorf("%s: not what the manifest says", f.Name)
		}
	}
	attachment := app.Attachments[0].Id.String() + ".pdf"
	if string(entries[attachment]) != "%PDF-1.7 Impfpass" {
		t.Errorf("attachment %q", entries[attachment])
	}
	if string(entries[""]) != strings.TrimSuffix(manifest.Message, ".xml")+".zip" {
		t.Errorf("archive %s, message %s", entries[""], manifest.Message)
	}
	if decision := manifest.Files[3]; !strings.HasPrefix(decision.Title, "Bescheid") || !bytes.HasPrefix(entries[decision.Name], []byte("%PDF")) {
		t.Errorf("decision %+v", decision)
	} else if text := pdftest.Text(t, entries[decision.Name]); !strings.Contains(text, "Bernd Nachbar") {
		t.Errorf("the decision names not everybody whom it is for: %s", text)
	}
	page := string(entries[manifest.Files[0].Name])
	for _, want := range []string{"Clara Beispiel", "Bernd Nachbar", bernd.ContentHash, "Waldi", "Ihr Hund ist angemeldet.", "Rücksprache &lt;gehalten&gt;.", "Gebühr für die Marke", "50,00 €", "25,50 €: Zweiter Hund", "EMS-4711", `href="` + attachment + `"`, app.Number} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
	var data struct {
		ID            uuid.UUID
		Number        string
		ContentHash   string
		SignedReceipt string
		Data          map[string]any
		Timeline      []types.TimelineEvent
		Notes         []struct{ Author, Text string }
		Fees          []types.PaymentRecord
	}
	if err := json.Unmarshal(entries[manifest.Files[1].Name], &data); err != nil {
		t.Fatal(err)
	}
	if data.ID != app.ApplicationId || data.ContentHash != "aa" || data.SignedReceipt != "signed.by.portal" || len(data.Timeline) < 3 || data.Notes[0].Author != "Bernd Beispiel" || len(data.Fees) != 1 || data.Fees[0].Reduction.Reason != "Zweiter Hund" {
		t.Errorf("data %+v", data)
	}
	wantMessage(t, entries[manifest.Message], id, len(manifest.Files))
	if got := x.told(t, "access"); len(got) != 2 || got[0].Kind != "clerk application" || got[1].Kind != "clerk attachments" {
		t.Errorf("the person is told %+v", got)
	}
}

// wantMessage looks whether a message of xdomea names the case and so many documents, each element in the namespace that the schema wants.
func wantMessage(t *testing.T, text []byte, id uuid.UUID, documents int) {
	t.Helper()
	var m struct {
		XMLName xml.Name `xml:"urn:xoev-de:xdomea:schema:3.0.0 Aussonderung.Aussonderung.0503"`
		Kind    string   `xml:"Kopf>Nachrichtentyp>code"`
		Case    struct {
			ID       string   `xml:"Identifikation>ID"` //nolint:misspell // German
			Closed   string   `xml:"ZdA"`
			Until    string   `xml:"ArchivspezifischeMetadaten>Aufbewahrungsende"`
			Actions  []string `xml:"HistorienProtokollInformation>Aktion"`
			Document []struct {
				File string `xml:"Version>Format>Primaerdokument>Dateiname"`
			} `xml:"Dokument"`
		} `xml:"Schriftgutobjekt>Vorgang"`
	}
	if err := xml.Unmarshal(text, &m); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if m.Kind != "0503" || m.Case.ID != id.String() || m.Case.Closed != "1" || m.Case.Until == "" || len(m.Case.Actions) < 3 || len(m.Case.Document) != documents || m.Case.Document[0].File == "" {
		t.Errorf("message %+v", m)
	}
	for in := xml.NewDecoder(bytes.NewReader(text)); ; {
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		start, ok := token.(xml.StartElement)
		codes := ok && (start.Name.Local == "code" || start.Name.Local == "name")
		if ok && (start.Name.Space == "") != codes {
			t.Errorf("<%s> is in %q", start.Name.Local, start.Name.Space)
		}
	}
}

func TestExport_AnotherUnitsCase_IsUnknown_AndNothingIsNoted(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	id := x.open(t, x.application())
	_, stranger := x.hire(t, "Fred Fremd", uuid.New())
	_, _, err := x.s.Export(stranger, id)
	wantStatus(t, err, http.StatusNotFound, "case-unknown")
	if len(x.told(t, "access")) != 0 || len(x.told(t, "audit")) != 0 {
		t.Error("it is noted")
	}
}

func TestExport_FileChangedInTheStore_BreaksOff(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	x.run()
	id := x.open(t, x.application([]byte("Impfpass")))
	waitFor(t, "the file", func() bool {
		return x.count(t, "SELECT count(*) FROM case_attachments WHERE state = 'available'") == 1
	})
	if err := x.d.From(t.Context()).Exec("UPDATE case_attachments SET sha256 = 'bb'").Error; err != nil {
		t.Fatal(err)
	}
	_, content, err := x.s.Export(x.clerk, id)
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	if _, err := io.ReadAll(content); err == nil {
		t.Error("an archive with another file is whole")
	}
}

func TestExport_AttachmentNotThereYet_IsNamedAsMissing(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	id := x.open(t, x.application([]byte("Impfpass")))
	entries := x.exported(t, id)
	if !bytes.Contains(entries["manifest.json"], []byte("Impfpass für „Waldi“.pdf")) || len(entries) != 5 {
		t.Errorf("manifest %s", entries["manifest.json"])
	}
}

func TestExport_LargeAttachment_TakesLittleMemory(t *testing.T) { // not parallel: it counts what the process allocates
	x := newSetup(t)
	x.run()
	id := x.open(t, x.application(bytes.Repeat([]byte("Impfpass"), 4<<20))) // 32 MB
	waitFor(t, "the file", func() bool {
		return x.count(t, "SELECT count(*) FROM case_attachments WHERE state = 'available'") == 1
	})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, content, err := x.s.Export(x.clerk, id)
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	n, err := io.Copy(io.Discard, content)
	runtime.ReadMemStats(&after)
	if allocated := after.TotalAlloc - before.TotalAlloc; err != nil || n < 32<<20 || allocated > 16<<20 {
		t.Errorf("%d bytes, %d allocated, %v", n, allocated, err)
	}
}

// ApplicationReceipt plays what this portal has signed.
func (r *rooms) ApplicationReceipt(_ context.Context, _ string, id uuid.UUID) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.receipts[id], nil
}
