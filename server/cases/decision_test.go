package cases_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/pdf/pdftest"
)

// addressed is an application whose form asks for the address.
func (x setup) addressed() types.MessageApplication {
	app := x.application()
	app.FormId = x.offerID
	app.Data = map[string]any{"person": map[string]any{"strasse": "Am Kanal", "nr": "2", "plz": "49716", "ort": "Meppen"}}
	return app
}

func read(t *testing.T, content io.Reader) []byte {
	t.Helper()
	all, err := io.ReadAll(content)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestDecide_PaperGoesOut_AsItIsKept(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	app := x.addressed()
	id := x.open(t, app)
	draft, err := x.s.PrepareDecision(x.clerk, id)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "sender", draft.Sender, []string{"Stadt Meppen", "Markt 43", "49716 Meppen"})
	wantEqual(t, "recipient", draft.Recipient, []string{"Clara Beispiel", "Am Kanal 2", "49716 Meppen"})
	if draft.LegalBasis != "§ 4 Hundesteuersatzung" || !strings.Contains(draft.Remedy, "Widerspruch ist bei Stadt Meppen, Steueramt, Markt 43, 49716 Meppen, schriftlich") {
		t.Errorf("%+v", draft)
	}
	preview, _, err := x.s.PreviewDecision(x.clerk, id, granted("Marke 7."))
	if err != nil || !strings.Contains(pdftest.Text(t, preview), "Entwurf – Bescheid: Hund anmelden") {
		t.Fatalf("no draft: %v", err)
	}
	if x.read(t, id).Decision != nil || len(x.told(t, "document")) != 0 {
		t.Error("something is kept of a preview")
	}
	remedy := "Klage vor dem Verwaltungsgericht Osnabrück."
	d := granted("Die Marke hat die Nummer 7.")
	d.Remedy = &remedy
	for range 2 {
		if _, err := x.s.Decide(x.clerk, id, "a-key-of-its-own", d); err != nil {
			t.Fatal(err)
		}
	}
	sent := x.told(t, "document")
	if len(sent) != 1 || sent[0].Who != origin || sent[0].Kind != "Bescheid MEP-26-4F7K-2P9T-X.pdf application/pdf" {
		t.Fatalf("sent %+v", sent)
	}
	_, _, _, _, err = x.s.DocumentFor(t.Context(), "https://elsewhere.example", sent[0].Subject)
	wantStatus(t, err, http.StatusNotFound, "document-unknown")
	_, mediaType, size, content, err := x.s.DocumentFor(t.Context(), origin, sent[0].Subject)
	if err != nil {
		t.Fatal(err)
	}
	paper := read(t, content)
	if hash := sha256.Sum256(paper); hex.EncodeToString(hash[:]) != sent[0].Body || size != int64(len(paper)) || mediaType != "application/pdf" {
		t.Error("not what was announced")
	}
	p := pdftest.Read(t, paper)
	text, last := p.Text(), -1
	for _, part := range []string{
		"Stadt Meppen", "Steueramt Markt 43, 49716 Meppen 05931", "Clara Beispiel Am Kanal 2 49716 Meppen", "Antragsnummer: MEP-26-4F7K-2P9T-X", "Antrag vom: 23.11.2026",
		"Bescheid: Hund anmelden", "wird bewilligt.", "Begründung", "Nummer 7.", "Rechtsgrundlage", "§ 4 Hundesteuersatzung", "Rechtsbehelfsbelehrung", remedy, "Im Auftrag Bernd Beispiel",
	} {
		at := strings.Index(text, part)
		if at <= last {
			t.Errorf("%q is missing or not in its place in:\n%s", part, text)
		}
		last = at
	}
	if p.Language != "de-DE" || !p.Tagged || strings.Contains(text, "Widerspruch") || strings.Contains(p.Artifacts, "Entwurf") {
		t.Errorf("%q %v\n%s", p.Language, p.Tagged, text)
	}
	own, err := x.s.DecisionPaperOf(x.clerk, id)
	if err != nil || string(read(t, own.Content)) != string(paper) {
		t.Errorf("the clerk sees another paper, %v", err)
	}
	_, err = x.s.PrepareDecision(x.clerk, id)
	wantStatus(t, err, http.StatusConflict, "case-state")
	_, _, err = x.s.PreviewDecision(x.clerk, id, d)
	wantStatus(t, err, http.StatusConflict, "case-state")
}

func TestDecision_IsNeverChanged_OpenedOnce(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	app := x.addressed()
	id := x.open(t, app)
	if _, err := x.s.Decide(x.clerk, id, "a-key-of-its-own", granted("Ja.")); err != nil {
		t.Fatal(err)
	}
	document := x.told(t, "document")[0].Subject
	opened := time.Now().Add(-time.Hour).UTC().Truncate(time.Microsecond)
	tell := func(from string, application, document uuid.UUID, at time.Time) {
		t.Helper()
		if err := x.s.DocumentOpened(t.Context(), from, types.MessageDocumentOpened{ApplicationId: application, DocumentId: document, At: at}); err != nil {
			t.Fatal(err)
		}
	}
	tell("https://elsewhere.example", app.ApplicationId, document, opened)
	tell(origin, uuid.New(), document, opened)
	tell(origin, app.ApplicationId, uuid.New(), opened) // a provider's
	if got := x.read(t, id).Decision; got == nil || got.OpenedAt != nil {
		t.Fatalf("opened by somebody else: %+v", got)
	}
	tell(origin, app.ApplicationId, document, opened)
	tell(origin, app.ApplicationId, document, time.Now())
	if got := x.read(t, id).Decision; got.OpenedAt == nil || !got.OpenedAt.Equal(opened) {
		t.Errorf("opened at %v, want %v", got.OpenedAt, opened)
	}
	for _, change := range []string{"content = 'x'", "sha256 = 'x'", "opened_at = now()", "opened_at = NULL"} {
		if err := x.d.From(t.Context()).Exec("UPDATE case_decisions SET "+change+" WHERE case_id = ?", id).Error; err == nil {
			t.Errorf("%s is possible", change)
		}
	}
}

func TestDecision_RemedyOfTheOffice_ElseAbove_ElseOfThePortal(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	id := x.open(t, x.addressed())
	write := func(text string, unit *uuid.UUID) {
		t.Helper()
		if _, err := x.s.CreateTemplate(x.clerk, uuid.NewString(), types.CaseTemplateText{Use: types.TemplateForRemedy, Title: "Klage", Text: text, Unit: unit}); err != nil {
			t.Fatal(err)
		}
	}
	want := func(remedy string) {
		t.Helper()
		if draft, err := x.s.PrepareDecision(x.clerk, id); err != nil || draft.Remedy != remedy {
			t.Errorf("%q, %v, want %q", draft.Remedy, err, remedy)
		}
	}
	elsewhere := uuid.New()
	write("Anderswo", &elsewhere)
	write("Portal: {authority}", nil)
	want("Portal: Stadt Meppen, Steueramt")
	write("Darüber", &x.above)
	want("Darüber")
	write("Hier: {address}", &x.offerID)
	want("Hier: Markt 43, 49716 Meppen")
	if got, err := x.s.Remedy(t.Context(), x.offerID); err != nil || got != "Hier: Markt 43, 49716 Meppen" {
		t.Errorf("for fees: %q, %v", got, err)
	}
	ofService := func(service uuid.UUID, text string, unit *uuid.UUID) error {
		_, err := x.s.CreateTemplate(x.clerk, uuid.NewString(), types.CaseTemplateText{Use: types.TemplateForServiceRemedy, Service: &service, Title: "Klage", Text: text, Unit: unit})
		return err
	}
	for _, err := range []error{ofService(unasked, "Andere Leistung", &x.offerID), ofService(x.offerID, "Leistung", nil)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	want("Leistung")
	if err := ofService(x.offerID, "Leistung hier", &x.above); err != nil {
		t.Fatal(err)
	}
	want("Leistung hier")
	if got, err := x.s.Remedy(t.Context(), x.offerID); err != nil || got != "Hier: Markt 43, 49716 Meppen" {
		t.Errorf("for fees: %q, %v", got, err)
	}
	wantField(t, "/service unknown", ofService(elsewhere, "Unbekannt", nil))
	for use, field := range map[types.CaseTemplateUse]string{types.TemplateForServiceRemedy: "/service required", types.TemplateForRemedy: "/service invalid"} {
		text := types.CaseTemplateText{Use: use, Title: "x", Text: "x"}
		if use == types.TemplateForRemedy {
			text.Service = &unasked
		}
		_, err := x.s.CreateTemplate(x.clerk, uuid.NewString(), text)
		wantField(t, field, err)
	}
	if got, err := x.s.Remedy(t.Context(), elsewhere); err != nil || got != "" {
		t.Errorf("of an office that is not there: %q, %v", got, err)
	}
}

func TestDecision_ClerkOfAnotherUnit_KnowsNothingOfIt(t *testing.T) {
	t.Parallel()
	x := newSetup(t)
	id := x.open(t, x.addressed())
	_, outside := x.hire(t, "Fred Fremd", uuid.New())
	_, err := x.s.PrepareDecision(outside, id)
	wantStatus(t, err, http.StatusNotFound, "case-unknown")
	_, _, err = x.s.PreviewDecision(outside, id, granted("Ja."))
	wantStatus(t, err, http.StatusNotFound, "case-unknown")
	_, err = x.s.DecisionPaperOf(x.clerk, id)
	wantStatus(t, err, http.StatusNotFound, "document-unknown")
	if _, err := x.s.Decide(x.clerk, id, "a-key-of-its-own", granted("Ja.")); err != nil {
		t.Fatal(err)
	}
	_, err = x.s.DecisionPaperOf(outside, id)
	wantStatus(t, err, http.StatusNotFound, "case-unknown")
}
