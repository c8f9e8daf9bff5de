package accounts

import (
	"archive/zip"
	"io"
	"slices"
	"strings"
	"testing"

	"portalverbund/api/types"
)

func TestExport_AsAnArchive_HoldsThePageAndTheFiles_AndIsNeverTakenForWholeWhenBroken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	clara := w.citizen("clara@example.org")
	text, err := w.export(w.proved(clara, 0), types.ExportZIP)
	must(t, err)
	archive, err := zip.NewReader(strings.NewReader(text), int64(len(text)))
	must(t, err)
	var names []string
	for _, f := range archive.File {
		names = append(names, f.Name)
		r, err := f.Open()
		must(t, err)
		content, err := io.ReadAll(r)
		must(t, err)
		if want := map[bool]string{true: "clara@example.org", false: "of " + clara.String()}[f.Name == pageInArchive]; !strings.Contains(string(content), want) {
			t.Errorf("%s: %q", f.Name, content)
		}
	}
	if want := []string{"meine-daten.html", "dokumente/Pass.pdf", "dokumente/2 pass.pdf", "dokumente/.._etc_Pass.pdf"}; !slices.Equal(names, want) {
		t.Errorf("%q", names)
	}
	w.away = true
	text, err = w.export(w.proved(clara, 0), types.ExportZIP)
	if err == nil {
		t.Error("a file is missing and nobody is told")
	}
	if _, err := zip.NewReader(strings.NewReader(text), int64(len(text))); err == nil {
		t.Error("what broke off opens as a whole archive")
	}
	if _, err := w.export(w.as(clara), types.ExportZIP); code(err) != "reauthentication-needed" {
		t.Errorf("without a fresh proof: %v", err)
	}
}
