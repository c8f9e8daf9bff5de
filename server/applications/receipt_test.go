package applications_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
	"portalverbund/server/platform/pdf/pdftest"
)

func TestReceiptPaper_SaysWhatWasSent_ToItsOwnerOnly(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.submitted(t)
	content, name, err := x.s.ReceiptPaper(x.clara, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	p := pdftest.Read(t, content)
	text := p.Text()
	if name != "bestaetigung-"+a.Number+".pdf" || p.Language != "de" || !strings.Contains(text, "Antragsnummer: "+a.Number) || !strings.Contains(text, a.ContentHash) {
		t.Errorf("%s in %q:\n%s", name, p.Language, text)
	}
	if len(p.Root.All("H2")) < 2 {
		t.Errorf("the answers are missing in:\n%s", text)
	}
	_, name, err = x.s.ReceiptPaper(httpx.WithLanguage(x.clara, "en"), a.ID)
	if err != nil || name != "receipt-"+a.Number+".pdf" {
		t.Errorf("in English %q, %v", name, err)
	}
	_, _, err = x.s.ReceiptPaper(x.stefan, a.ID)
	wantProblem(t, err, 404, "application-unknown")
	_, _, err = x.s.ReceiptPaper(x.clara, uuid.New())
	wantProblem(t, err, 404, "application-unknown")
}

func TestPaperFor_TheOfficeReadsWhoAsksForWhatWithWhichFiles(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	a := x.submitted(t)
	app := types.MessageApplication{
		Number: a.Number, SubmittedAt: time.Date(2026, 11, 23, 22, 30, 0, 0, time.UTC), ServiceTitle: a.ServiceTitle, FormId: a.FormID, FormVersion: a.FormVersion, Data: a.Data,
		ContentHash: a.ContentHash, ApplicantName: "Clara Beispiel", ActsFor: &types.ActsFor{Name: "Bernd Beispiel"}, Attachments: []types.Attachment{{Id: uuid.New(), Name: "Lageplan.pdf"}},
	}
	read := func(ctx context.Context) pdftest.Paper {
		t.Helper()
		content, err := x.s.PaperFor(ctx, app)
		if err != nil {
			t.Fatal(err)
		}
		return pdftest.Read(t, content)
	}
	p := read(httpx.WithLanguage(t.Context(), "en")) // the office reads German, whatever the job was begun in
	text := p.Text()
	for _, want := range []string{"Antrag " + a.Number, "23.11.2026, 23:30", "Clara Beispiel", "Bernd Beispiel", "Lageplan.pdf", a.ContentHash} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}
	if p.Language != "de" || len(p.Root.All("H2")) < 3 {
		t.Errorf("in %q, with %d headings:\n%s", p.Language, len(p.Root.All("H2")), text)
	}
	app.Data, app.ActsFor, app.Attachments = nil, nil, nil
	if text := read(t.Context()).Text(); strings.Contains(text, "Lageplan") || strings.Contains(text, "Bernd") || !strings.Contains(text, a.ContentHash) {
		t.Errorf("of an application without answers and files:\n%s", text)
	}
	app.FormVersion = 99
	if _, err := x.s.PaperFor(t.Context(), app); err == nil {
		t.Error("an application of an unknown form is set as if it had no questions")
	}
}
