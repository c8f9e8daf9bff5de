package forms

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	api "portalverbund/api/forms"
	"portalverbund/api/types"
	"portalverbund/db/dbtest"
	"portalverbund/server/platform/problem"
)

const (
	self  = "http://localhost:8081"
	other = "http://localhost:8082"
)

// publications is a Publisher that remembers, or fails.
type publications struct {
	made []string
	last any
	err  error
}

func (p *publications) PublishCatalog(_ context.Context, kind, id string, payload any) error {
	p.made, p.last = append(p.made, kind+" "+id), payload
	return p.err
}

type portals struct{}

func (portals) Self() types.PortalReference {
	return types.PortalReference{Id: self, Name: "Stadt Meppen", Url: self}
}

func (portals) Member(id string) (types.PortalReference, bool) {
	return types.PortalReference{Id: other, Name: "Samtgemeinde Lathen", Url: other}, id == other
}

func stored(t *testing.T) (*Service, *publications) {
	t.Helper()
	p := &publications{}
	return New(Config{DB: dbtest.New(t), Publisher: p, Portals: portals{}, Now: func() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }}), p
}

func dogs(version int) json.RawMessage { return payload(version, dogsSchema, dogsLayout) }

func mustImport(t *testing.T, s *Service, p json.RawMessage) {
	t.Helper()
	if err := s.Import(t.Context(), p); err != nil {
		t.Fatal(err)
	}
}

func entryOf(t *testing.T, p json.RawMessage) types.CatalogEntry {
	t.Helper()
	var content map[string]any
	if err := json.Unmarshal(p, &content); err != nil {
		t.Fatal(err)
	}
	return types.CatalogEntry{Kind: Kind, Id: content["id"].(string), Payload: &p}
}

func TestImport_NewForm_IsThereAndPublished(t *testing.T) {
	t.Parallel()
	s, published := stored(t)
	mustImport(t, s, dogs(1))
	form, err := s.Form(t.Context(), uuid.MustParse(formID), 0)
	if err != nil {
		t.Fatal(err)
	}
	if form.Version != 1 || form.Title["de"] != "Hund anmelden" || form.Owner.Name != "Stadt Meppen" || len(form.Layout.Steps) != 2 || form.Schema["type"] != "object" {
		t.Errorf("form = %+v", form)
	}
	if len(published.made) != 1 || published.made[0] != "form "+formID {
		t.Errorf("published %v", published.made)
	}
	line, err := json.Marshal(published.last)
	if err != nil || !bytes.Contains(line, []byte(`"version":1`)) || !bytes.Contains(line, []byte(`"steps"`)) || bytes.Contains(line, []byte("digest")) {
		t.Errorf("published %s", line)
	}
}

func TestImport_SameAgain_HasNoEffect(t *testing.T) {
	t.Parallel()
	s, published := stored(t)
	mustImport(t, s, dogs(1))
	var spaced bytes.Buffer
	if err := json.Indent(&spaced, dogs(1), "", "   "); err != nil {
		t.Fatal(err)
	}
	mustImport(t, s, spaced.Bytes())
	if len(published.made) != 1 {
		t.Errorf("published %v", published.made)
	}
}

func TestImport_ChangedContent_NeedsAHigherVersion(t *testing.T) {
	t.Parallel()
	s, published := stored(t)
	changed := func(version int) json.RawMessage {
		return bytes.Replace(dogs(version), []byte("Hund anmelden"), []byte("Hund ummelden"), 1)
	}
	mustImport(t, s, dogs(2))
	for _, version := range []int{1, 2} {
		if err := s.Import(t.Context(), changed(version)); !problem.Is(err, "form-version-taken") {
			t.Errorf("version %d: err = %v, want form-version-taken", version, err)
		}
	}
	mustImport(t, s, changed(3))
	for version, title := range map[int]string{0: "Hund ummelden", 2: "Hund anmelden", 3: "Hund ummelden"} {
		form, err := s.Form(t.Context(), uuid.MustParse(formID), version)
		if err != nil || form.Title["de"] != title {
			t.Errorf("version %d is %q, %v, want %q", version, form.Title["de"], err, title)
		}
	}
	if len(published.made) != 2 {
		t.Errorf("published %v", published.made)
	}
}

func TestImport_PublishingFails_StoresNothing(t *testing.T) {
	t.Parallel()
	s, published := stored(t)
	published.err = context.DeadlineExceeded
	if err := s.Import(t.Context(), dogs(1)); err == nil {
		t.Fatal("no error")
	}
	if _, err := s.Form(t.Context(), uuid.MustParse(formID), 0); !problem.Is(err, "form-unknown") {
		t.Errorf("err = %v, want form-unknown", err)
	}
}

func TestReplicate_FormOfAMember_IsOfferedUntilTakenBack(t *testing.T) {
	t.Parallel()
	s, published := stored(t)
	entry := entryOf(t, dogs(1))
	passed := types.CatalogEntry{Kind: "service", Id: "x"}
	if err := s.Replicate(t.Context(), other, []types.CatalogEntry{passed, entry}); err != nil {
		t.Fatal(err)
	}
	form, err := s.Form(t.Context(), uuid.MustParse(formID), 0)
	if err != nil || form.Owner.Name != "Samtgemeinde Lathen" {
		t.Fatalf("form of %q, %v", form.Owner.Name, err)
	}
	if len(published.made) != 0 {
		t.Errorf("published what is another's: %v", published.made)
	}
	if err := s.Replicate(t.Context(), other, []types.CatalogEntry{{Kind: Kind, Id: formID, Deleted: true}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Form(t.Context(), uuid.MustParse(formID), 0); !problem.Is(err, "form-unknown") {
		t.Errorf("err = %v, want form-unknown", err)
	}
	if _, err := s.Form(t.Context(), uuid.MustParse(formID), 1); err != nil {
		t.Errorf("drafts of version 1 have lost their form: %v", err)
	}
	if err := s.Replicate(t.Context(), other, []types.CatalogEntry{entry}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Form(t.Context(), uuid.MustParse(formID), 0); err != nil {
		t.Errorf("offered again, but not found: %v", err)
	}
}

func TestReplicate_BadEntries_AreLeftOutAndTheRestComesIn(t *testing.T) {
	t.Parallel()
	s, _ := stored(t)
	mustImport(t, s, dogs(1)) // formID is our own
	const good, bad = "01934d2c-5d50-7b7e-a5d3-8a4f1f0c2b12", "01934d2c-5d50-7b7e-a5d3-8a4f1f0c2b13"
	entries := []types.CatalogEntry{
		entryOf(t, dogs(7)), // not theirs
		{Kind: Kind, Id: "no uuid"},
		{Kind: Kind, Id: bad}, // no payload
		{Kind: Kind, Id: formID, Deleted: true},
		entryOf(t, bytes.Replace(bytes.Replace(dogs(1), []byte(formID), []byte(bad), 1), []byte(`"format": "email"`), []byte(`"format": "uri"`), 1)),
		{Kind: Kind, Id: bad, Payload: entryOf(t, dogs(1)).Payload}, // another id inside
		entryOf(t, bytes.Replace(dogs(1), []byte(formID), []byte(good), 1)),
	}
	if err := s.Replicate(t.Context(), other, entries); err != nil {
		t.Fatal(err)
	}
	if form, err := s.Form(t.Context(), uuid.MustParse(formID), 0); err != nil || form.Version != 1 || form.Owner.Id != self {
		t.Errorf("our own form became version %d of %s, %v", form.Version, form.Owner.Id, err)
	}
	if _, err := s.Form(t.Context(), uuid.MustParse(bad), 0); !problem.Is(err, "form-unknown") {
		t.Errorf("err = %v, want form-unknown", err)
	}
	if _, err := s.Form(t.Context(), uuid.MustParse(good), 0); err != nil {
		t.Error(err)
	}
}

func TestReplicate_ChangedVersion_StaysAsItWas(t *testing.T) {
	t.Parallel()
	s, _ := stored(t)
	for _, title := range []string{"Hund anmelden", "Katze anmelden"} {
		entry := entryOf(t, bytes.Replace(dogs(1), []byte("Hund anmelden"), []byte(title), 1))
		if err := s.Replicate(t.Context(), other, []types.CatalogEntry{entry}); err != nil {
			t.Fatal(err)
		}
	}
	if form, err := s.Form(t.Context(), uuid.MustParse(formID), 0); err != nil || form.Title["de"] != "Hund anmelden" {
		t.Errorf("form %q, %v", form.Title["de"], err)
	}
}

func TestForm_OwnerThatHasLeft_IsNamedByItsAddress(t *testing.T) {
	t.Parallel()
	s, _ := stored(t)
	if err := s.Replicate(t.Context(), "https://gone.example", []types.CatalogEntry{entryOf(t, dogs(1))}); err != nil {
		t.Fatal(err)
	}
	if form, err := s.Form(t.Context(), uuid.MustParse(formID), 1); err != nil || form.Owner.Name != "https://gone.example" {
		t.Errorf("owner %+v, %v", form.Owner, err)
	}
}

func TestGetForm_KnownAndUnknown_AnswersFormOr404(t *testing.T) {
	t.Parallel()
	s, _ := stored(t)
	mustImport(t, s, dogs(4))
	h := NewHandlers(s)
	got, err := h.GetForm(t.Context(), api.GetFormRequestObject{FormId: uuid.MustParse(formID)})
	if form, ok := got.(api.GetForm200JSONResponse); err != nil || !ok || form.Version != 4 {
		t.Errorf("got %T, %v", got, err)
	}
	three := 3
	_, err = h.GetForm(t.Context(), api.GetFormRequestObject{FormId: uuid.MustParse(formID), Params: types.GetFormParams{Version: &three}})
	if !problem.Is(err, "form-unknown") || !strings.Contains(problem.From(err).Title.De, "nicht bekannt") {
		t.Errorf("err = %v, want form-unknown", err)
	}
}
