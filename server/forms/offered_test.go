package forms

import (
	"bytes"
	"testing"

	"portalverbund/api/types"
	"portalverbund/server/platform/httpx"
)

func TestOffered_ByTitleOrId_NewestVersionOfWhatIsNotTakenBack(t *testing.T) {
	t.Parallel()
	s, _ := stored(t)
	mustImport(t, s, dogs(1))
	mustImport(t, s, dogs(2))
	theirs := bytes.ReplaceAll(dogs(1), []byte(formID), []byte("0197a3c2-7c3e-7d41-9a53-1f0c2b117e99"))
	entry := entryOf(t, bytes.Replace(theirs, []byte("Hund anmelden"), []byte("Katze 100 %"), 1))
	if err := s.Replicate(t.Context(), other, []types.CatalogEntry{entry}); err != nil {
		t.Fatal(err)
	}
	titles := func(words string) (got []string) {
		t.Helper()
		list, err := s.Offered(httpx.WithLanguage(t.Context(), "de"), words, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range list {
			if own := f.Id.String() == formID; f.Own != own || own && f.Version != 2 {
				t.Errorf("%+v", f)
			}
			got = append(got, f.Title)
		}
		return got
	}
	for words, want := range map[string]int{"": 2, "hund": 1, "HUND an": 1, "100 %": 1, "%": 1, "_": 0, formID: 1, "nichts": 0} {
		if got := titles(words); len(got) != want {
			t.Errorf("%q gives %q, want %d", words, got, want)
		}
	}
	if got := titles(""); got[0] != "Hund anmelden" {
		t.Errorf("order %q", got)
	}
	entry.Deleted, entry.Payload = true, nil
	if err := s.Replicate(t.Context(), other, []types.CatalogEntry{entry}); err != nil {
		t.Fatal(err)
	}
	if got := titles("katze"); len(got) != 0 {
		t.Errorf("taken back, and still offered: %q", got)
	}
}
