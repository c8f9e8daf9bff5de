package cases_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	api "portalverbund/api/cases"
	"portalverbund/api/types"
	"portalverbund/server/platform/scan/scantest"
)

// newChecked is a setup with a stand-in for the virus scanner.
func newChecked(t *testing.T) (setup, *scantest.Clamd) {
	t.Helper()
	scanner, c := scantest.Start(t)
	return newSetupWith(t, time.Now, scanner), c
}

func TestCheck_HarmfulAttachmentOfAnotherPortal_IsDeletedAndSaid(t *testing.T) {
	t.Parallel()
	x, _ := newChecked(t)
	app := x.application(append([]byte("%PDF-1.7 "), scantest.EICAR()...), []byte("%PDF-1.7 fine"))
	id := x.open(t, app)
	x.run()
	waitFor(t, "one is refused, the other is here", func() bool {
		files := x.read(t, id).Attachments
		return files[0].State == "refused" && files[1].State == "available"
	})
	_, err := x.h.GetCaseAttachment(x.clerk, api.GetCaseAttachmentRequestObject{CaseId: id, AttachmentId: app.Attachments[0].Id})
	wantStatus(t, err, http.StatusGone, "attachment-refused")
	said := false
	for _, e := range x.read(t, id).Timeline {
		said = said || e.Kind == types.Message && e.Text != nil && strings.Contains(*e.Text, "Impfpass")
	}
	if !said {
		t.Errorf("timeline %+v", x.read(t, id).Timeline)
	}
	waitFor(t, "the citizen is told, and that all else is here", func() bool { return len(x.told(t, "report")) == 2 })
}

func TestCheck_ScannerDown_TheClerkIsNotGivenTheFileUntilItIsClean(t *testing.T) {
	t.Parallel()
	x, c := newChecked(t)
	c.Down.Store(true)
	app := x.application([]byte("%PDF-1.7 fine"))
	id := x.open(t, app)
	x.run()
	waitFor(t, "the scanner was asked", func() bool { return c.Asked.Load() > 0 })
	_, err := x.h.GetCaseAttachment(x.clerk, api.GetCaseAttachmentRequestObject{CaseId: id, AttachmentId: app.Attachments[0].Id})
	wantStatus(t, err, http.StatusConflict, "attachment-pending")
	c.Down.Store(false)
	waitFor(t, "it is here", func() bool { return x.read(t, id).Attachments[0].State == "available" })
}
