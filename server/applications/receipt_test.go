package applications_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

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
